//! Commands that print something for people: an account, a test message, who would be told what.
//! They read the configuration and one moment of the store; none of them writes.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use siaga_collector::config::Config;
use siaga_collector::notify;
use siaga_collector::report::{self, CsvStyle, Format, Period, Report};
use siaga_collector::store::{self, ledger, outbox};
use siaga_collector::truth::Truth;
use siaga_collector::{contacts, record};
use siaga_decide::{At, Change, ContactId, Notice, OfficeId, Outage};

use crate::Wrong;

/// Which account, and how it is written.
#[derive(clap::Args)]
pub(crate) struct ReportArgs {
    /// The collector's configuration.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// An office that the configuration names.
    #[arg(long, value_name = "ID")]
    office: String,
    /// A month (2026-11) or a day (2026-11-24).
    #[arg(long, value_name = "P")]
    period: String,
    /// text, csv or json.
    #[arg(long, default_value = "text")]
    format: String,
    /// CSV for spreadsheets set to Indonesian: semicolons and decimal commas.
    #[arg(long)]
    excel: bool,
}

/// The account of a month or a day.
pub(crate) fn report(
    args: &ReportArgs,
    config: &Config,
    now: At,
    out: &mut impl Write,
) -> anyhow::Result<ExitCode> {
    let id = OfficeId::from(args.office.as_str());
    let Some(office) = config.offices.get(&id) else {
        return Err(Wrong::error(format!("the configuration names no office {:?}", args.office)));
    };
    let period = Period::parse(&args.period, &office.zone)
        .map_err(|e| Wrong::error(format!("{e}\nhint: {}", e.hint)))?;
    let Some(format) = Format::from_word(&args.format) else {
        let what = format!("{:?} is no format\nhint: text, csv or json", args.format);
        return Err(Wrong::error(what));
    };
    let conn = store::open_reader(&config.database())?;
    let moment = conn.unchecked_transaction()?;
    let truth = Truth::read(&moment, config, now, period.span())?;
    let account = truth.account(&id, period.span());
    let account = account.context("the collector has not run with this office yet")?;
    let text = report::render(
        &Report {
            account: &account,
            period: &period,
            office_name: &office.name,
            zone: &office.zone,
            language: config.language.wording(),
            notes: &office.hours.notes(period.span()),
        },
        format,
        if args.excel { CsvStyle::Excel } else { CsvStyle::Plain },
    )?;
    out.write_all(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

/// Sends one message to a contact over each of its channels.
pub(crate) fn test_message(
    contact: &str,
    config: &Config,
    now: At,
    out: &mut impl Write,
) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let http = notify::Http::new()?;
    let contact = ContactId::from(contact);
    let sent = runtime.block_on(notify::send_test(config, &http, &contact, now));
    let Some(sent) = sent else {
        let known: Vec<&str> = config.contacts.keys().map(ContactId::as_str).collect();
        let hint = format!("hint: contacts are {}", known.join(", "));
        return Err(Wrong::error(format!("there is no contact {contact}\n{hint}")));
    };
    let mut failed = false;
    for tried in sent {
        let way = format!("{contact} over {} to {}", tried.channel, tried.to);
        match tried.outcome {
            Ok(_) => writeln!(out, "{way}: sent")?,
            Err(error) => {
                failed = true;
                let lasting = if error.permanent { ", and will not by trying again" } else { "" };
                writeln!(out, "{way}: not sent: {}{lasting}", error.message)?;
            }
        }
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// What to explain.
#[derive(clap::Args)]
pub(crate) struct ExplainArgs {
    /// The collector's configuration.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// One outage; the newest of each office if left out.
    #[arg(long, value_name = "ID")]
    outage: Option<String>,
}

/// Who would be told what of an outage, and what became of what was told.
pub(crate) fn explain(
    args: &ExplainArgs,
    config: &Config,
    now: At,
    out: &mut impl Write,
) -> anyhow::Result<ExitCode> {
    let conn = store::open_reader(&config.database())?;
    let moment = conn.unchecked_transaction()?;
    let outages = match &args.outage {
        Some(id) => vec![ledger::get(&moment, id)?.with_context(|| format!("no outage {id}"))?],
        None => newest_of_each(ledger::between(&moment, None, At(i64::MIN), At(i64::MAX))?),
    };
    if outages.is_empty() {
        writeln!(out, "no outage yet; {} contacts would be told of one:", config.contacts.len())?;
    }
    for (office, _) in config.offices.iter().filter(|_| outages.is_empty()) {
        let told = config.contacts.iter().filter(|(_, c)| c.offices.cover(office));
        let told: Vec<&str> = told.map(|(id, _)| id.as_str()).collect();
        writeln!(out, "  {office}: {}", told.join(", "))?;
    }
    let setup = config.setup(siaga_collector::config::calendar_range(now));
    for outage in outages {
        let from = record::rfc3339(outage.from.lo).unwrap_or_default();
        let to = outage.to.and_then(|to| record::rfc3339(to.hi));
        let to = to.unwrap_or_else(|| "still going on".into());
        writeln!(out, "{} at {}: {from} to {to}", outage.id, outage.office)?;
        if outage.void {
            writeln!(out, "  late evidence showed that there was none")?;
        }
        for span in outage.charges.iter().map(|c| (&c.cause, c.planned)) {
            let (cause, planned) = span;
            let planned = if planned { " (planned)" } else { "" };
            let words = siaga_decide::wording::cause_phrase(cause, config.language.wording());
            writeln!(out, "  charged: {words}{planned}")?;
        }
        let change = if outage.to.is_some() { Change::Ended } else { Change::Opened };
        let id = outage.id.clone();
        let notice = Notice::Outage { change, outage: Box::new(outage) };
        for draft in contacts::drafts(&notice, config, &setup, now) {
            let (who, way, to) = (&draft.contact, &draft.channel, &draft.address);
            writeln!(out, "  would be told: {who} over {way} to {to}: {}", draft.title)?;
        }
        for message in outbox::about(&moment, id.as_str())? {
            let (d, state) = (&message.draft, message.state.word());
            let why = message.error.map(|e| format!(" ({e})")).unwrap_or_default();
            writeln!(out, "  {} {} over {}: {state}{why}", d.change, d.contact, d.channel)?;
        }
    }
    if config.contacts.is_empty() {
        bail!("there is no contact: nobody would be told of anything");
    }
    Ok(ExitCode::SUCCESS)
}

fn newest_of_each(outages: Vec<Outage>) -> Vec<Outage> {
    let mut newest = std::collections::BTreeMap::new();
    for outage in outages {
        newest.insert(outage.office.clone(), outage);
    }
    newest.into_values().collect()
}
