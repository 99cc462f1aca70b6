//! Commands that print something for people: an account, a test message, who would be told what.
//! They read the configuration and one moment of the store; only the order to close a month is
//! written, for the collector to carry out.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use siaga_collector::accounts::{self, Group, NotClosable};
use siaga_collector::clock::Clock;
use siaga_collector::config::{Config, Office};
use siaga_collector::notify;
use siaga_collector::report::{self, CsvStyle, Format, Period, Report};
use siaga_collector::store::{self, ledger, outbox};
use siaga_collector::{contacts, record};
use siaga_decide::{At, Change, ContactId, Notice, OfficeId, Outage, PersonId};

use crate::Wrong;

/// Which account, and how it is written.
#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("whose").required(true).args(["office", "district", "all"]))]
pub(crate) struct ReportArgs {
    /// The collector's configuration.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// An office that the configuration names.
    #[arg(long, value_name = "ID")]
    office: Option<String>,
    /// A district that the configuration names: its offices added up.
    #[arg(long, value_name = "NAME")]
    district: Option<String>,
    /// All offices added up.
    #[arg(long)]
    all: bool,
    /// A month (2026-11) or a day (2026-11-24).
    #[arg(long, value_name = "P")]
    period: String,
    /// text, csv, json or xlsx.
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
    let Some(format) = Format::from_word(&args.format) else {
        let what = format!("{:?} is no format\nhint: text, csv, json or xlsx", args.format);
        return Err(Wrong::error(what));
    };
    let style = if args.excel { CsvStyle::Excel } else { CsvStyle::Plain };
    let conn = store::open_reader(&config.database())?;
    let moment = conn.unchecked_transaction()?;
    if let Some(office) = &args.office {
        let (id, office, period) = place(config, office, &args.period)?;
        let standing = accounts::read(&moment, config, now, &id, &period)?;
        let standing = standing.context("the collector has not run with this office yet")?;
        let made = report::render(
            &Report {
                account: &standing.account,
                period: &period,
                office_name: &office.name,
                zone: &office.zone,
                language: config.language.wording(),
                notes: &office.hours.notes(period.span()),
                closed: standing.closed.as_ref(),
                proposal: standing.proposal.as_ref(),
                parts: &[],
            },
            format,
            style,
        )?;
        out.write_all(&made)?;
        return Ok(ExitCode::SUCCESS);
    }
    let group = match &args.district {
        Some(district) => Group::District(district.clone()),
        None => Group::All,
    };
    let sum = accounts::read_sum(&moment, config, now, &group, &args.period)?;
    let sum = sum.map_err(|e| Wrong::error(e.to_string()))?;
    out.write_all(&sum.render(config, &group, &args.period, format, style)?)?;
    Ok(ExitCode::SUCCESS)
}

/// An office and a period in its civil time.
fn place<'a>(
    config: &'a Config,
    office: &str,
    period: &str,
) -> anyhow::Result<(OfficeId, &'a Office, Period)> {
    let id = OfficeId::from(office);
    let Some(configured) = config.offices.get(&id) else {
        return Err(Wrong::error(format!("the configuration names no office {office:?}")));
    };
    let period = Period::parse(period, &configured.zone)
        .map_err(|e| Wrong::error(format!("{e}\nhint: {}", e.hint)))?;
    Ok((id, configured, period))
}

/// Which month of which office.
#[derive(clap::Args)]
pub(crate) struct CloseArgs {
    /// The collector's configuration.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// An office that the configuration names.
    #[arg(long, value_name = "ID")]
    office: String,
    /// A month: 2026-11.
    #[arg(long, value_name = "YYYY-MM")]
    period: String,
    /// Who closes it; the name stands beside the figures.
    #[arg(long, value_name = "NAME", default_value = "command line")]
    by: String,
}

/// Closes a month, by leaving the order where the writer finds it: of the collector that runs, else
/// of the next that starts.
pub(crate) fn close_month(
    args: &CloseArgs,
    config: Config,
    out: &mut impl Write,
) -> anyhow::Result<ExitCode> {
    let (id, _, period) = place(&config, &args.office, &args.period)?;
    let now = Clock::system().now();
    let conn = store::open_reader(&config.database())?;
    let moment = conn.unchecked_transaction()?;
    let standing = accounts::read(&moment, &config, now, &id, &period)?;
    drop(moment);
    let standing = standing.context("the collector has not run with this office yet")?;
    let by = PersonId::from(args.by.as_str());
    let closed = accounts::closing(&standing, &period, by);
    let (closing, figures) = closed.map_err(|e| match e {
        NotClosable::NoMonth => Wrong::error(e.to_string()),
        NotClosable::Already | NotClosable::Provisional => e.into(),
    })?;
    store::orders::leave(&store::open_beside(&config.database())?, now, &closing, &figures)?;
    writeln!(
        out,
        "{} {}: ordered; a collector that runs closes it within seconds, else its next start",
        id,
        period.name()
    )?;
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
