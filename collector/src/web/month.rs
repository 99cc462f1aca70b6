//! The page of one month of one office: where its service hours went, what it cost, and, for those
//! who may, the closing of it and the verdict on what late evidence proposes. Pure: from values to
//! a page.

use askama::Template;
use siaga_decide::wording::{cause_name, number};
use siaga_decide::{Account, Kind, Terms};

use super::moment::Reader;
use super::page::{Crumb, Shell, Visitor};
use super::phrase::{capital, class, clean};
use super::words::Words;
use crate::accounts::Standing;
use crate::report::{Period, changes, saved, term_name, unserved};

/// The page.
#[derive(Template, Debug)]
#[template(path = "month.html")]
pub(crate) struct MonthPage {
    w: &'static Words,
    shell: Shell,
    title: String,
    state: String,
    href: String,
    before: (String, String),
    after: Option<(String, String)>,
    terms: Vec<TermRow>,
    figures: Vec<String>,
    costs: Vec<String>,
    hours: Vec<SlotRow>,
    weekdays: Vec<SlotRow>,
    stations: Vec<StationRow>,
    csrf: Option<String>,
    may_close: bool,
    proposal: Option<ProposalBlock>,
    verdicts: Vec<String>,
}

#[derive(Debug)]
struct TermRow {
    depth: usize,
    class: &'static str,
    name: String,
    time: String,
    share: String,
}

#[derive(Debug)]
struct SlotRow {
    name: String,
    service: String,
    down: String,
    share: String,
}

#[derive(Debug)]
struct StationRow {
    name: String,
    serving: String,
    not_serving: String,
    unknown: String,
}

#[derive(Debug)]
struct ProposalBlock {
    id: String,
    rows: Vec<(String, String, String)>,
}

/// A month as the office's own page shows it: the main figures and the way to the whole.
#[derive(Clone, Debug)]
pub(crate) struct MonthSection {
    pub(crate) title: String,
    pub(crate) href: String,
    pub(crate) lines: Vec<String>,
}

/// The section of a running month.
pub(crate) fn section(r: &Reader, office: &str, account: &Account) -> MonthSection {
    let first = r.civil(account.period.from).date();
    let mut lines = vec![summary(r, account)];
    lines.extend(costs(r, account));
    MonthSection {
        title: capital(&r.month_year(first)),
        href: format!("/offices/{office}/months/{}", first.strftime("%Y-%m")),
        lines,
    }
}

fn summary(r: &Reader, account: &Account) -> String {
    let available = account.availability().map_or("–".to_owned(), |a| r.percent(a));
    let down = r.sum(account.down_seconds() * 1_000);
    format!(
        "{} {available} · {} {down} · {} {}",
        r.pick("Ketersediaan", "Availability"),
        r.pick("terganggu", "down"),
        account.outage_count(),
        r.pick("gangguan", "outages"),
    )
}

fn costs(r: &Reader, account: &Account) -> Vec<String> {
    let language = r.language.wording();
    let saved = account.at_risk.iter().map(|(by, s)| {
        let month = r.pick("bulan ini", "this month");
        capital(&format!("{} {month}", saved(*by, *s, language)))
    });
    let mut lines: Vec<String> = saved.collect();
    lines.extend(account.unserved.iter().flat_map(|u| unserved(u, language)));
    lines.into_iter().map(|line| capital(line.trim())).collect()
}

/// Builds the page.
pub(crate) fn month(
    visitor: &Visitor,
    office: (&str, &str),
    zone: &jiff::tz::TimeZone,
    period: &Period,
    standing: &Standing,
) -> MonthPage {
    let (w, r) = (visitor.words(), visitor.reader(zone));
    let (id, name) = office;
    let account = &standing.account;
    let first = period.first_day();
    let href = |date: jiff::civil::Date| format!("/offices/{id}/months/{}", date.strftime("%Y-%m"));
    let before = first.yesterday().map_or(first, |d| d.first_of_month());
    let after = first.last_of_month().tomorrow().unwrap_or(first);
    let after = (after <= r.civil(r.now).date()).then(|| (href(after), r.month_year(after)));
    let user = visitor.user.as_ref().filter(|u| u.may_answer);
    let mut shell = visitor.shell(name, 0);
    shell.crumbs.push(Crumb { href: format!("/offices/{id}"), text: name.to_owned() });
    MonthPage {
        w,
        shell,
        title: format!("{name}, {}", r.month_year(first)),
        state: state(&r, standing),
        href: href(first),
        before: (href(before), r.month_year(before)),
        after,
        terms: terms(&r, account),
        figures: figures(&r, account),
        costs: costs(&r, account),
        hours: slots(&r, account.by_hour.iter().enumerate().map(|(h, t)| (hour(&r, h), t))),
        weekdays: slots(&r, (0_usize..).zip(&account.by_weekday).map(|(i, t)| (r.day_name(i), t))),
        stations: account
            .by_station
            .iter()
            .map(|(id, s)| StationRow {
                name: clean(id.as_str()),
                serving: clock(s.serving),
                not_serving: clock(s.not_serving),
                unknown: clock(s.unknown),
            })
            .collect(),
        csrf: user.map(|u| u.csrf.clone()),
        may_close: standing.closed.is_none() && account.is_final,
        proposal: standing.proposal.as_ref().map(|proposal| ProposalBlock {
            id: proposal.id.clone(),
            rows: changes(account, &proposal.account)
                .into_iter()
                .map(|(term, a, b)| {
                    let name = term_name(term, r.language.wording());
                    (capital(name), clock(a), clock(b))
                })
                .collect(),
        }),
        verdicts: standing.closed.iter().flat_map(|c| &c.verdicts).map(|v| said(&r, v)).collect(),
    }
}

fn said(r: &Reader, v: &crate::store::months::Said) -> String {
    let word = match v.accepted {
        true => r.pick("koreksi diterima oleh", "correction accepted by"),
        false => r.pick("koreksi ditolak oleh", "correction refused by"),
    };
    format!("{}: {word} {}: {}", r.exact(v.at), clean(v.by.as_str()), clean(&v.why))
}

fn state(r: &Reader, standing: &Standing) -> String {
    match (&standing.closed, standing.account.is_final) {
        (Some(closed), _) => format!(
            "{} {} ({})",
            r.pick("Angka resmi, ditutup oleh", "Issued figures, closed by"),
            clean(closed.by.as_str()),
            r.exact(closed.at)
        ),
        (None, true) => {
            r.pick("Bukti lengkap; siap ditutup.", "Evidence is complete; ready to close.").into()
        }
        (None, false) => format!(
            "{} {}",
            r.pick("Sementara, dihitung sampai", "Provisional, counted up to"),
            r.exact(standing.account.until)
        ),
    }
}

/// `123:04:05`, exact.
fn clock(seconds: i64) -> String {
    format!("{}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

fn hour(r: &Reader, hour: usize) -> String {
    let point = r.pick(".", ":");
    format!("{hour:02}{point}00–{:02}{point}00", hour + 1)
}

/// Seconds of centuries are far below the whole numbers that a double holds exactly.
#[allow(clippy::cast_precision_loss)]
fn share(r: &Reader, part: i64, whole: i64) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    format!("{}%", number(part as f64 / whole as f64 * 100.0, 2, r.language.wording()))
}

fn terms(r: &Reader, account: &Account) -> Vec<TermRow> {
    let whole = account.service_seconds;
    let row = |depth, class, name: &str, seconds| TermRow {
        depth,
        class,
        name: capital(name),
        time: clock(seconds),
        share: share(r, seconds, whole),
    };
    let pick = |id, en| r.pick(id, en);
    let mut rows = vec![
        row(0, "", pick("jam layanan", "service hours"), whole),
        row(1, "service", pick("melayani", "in service"), account.in_service_seconds),
        row(1, "", pick("terganggu", "down"), account.down_seconds()),
    ];
    for kind in Kind::ALL {
        let Some(down) = account.down.get(&kind) else { continue };
        let language = r.language.wording();
        rows.push(row(2, class(kind), cause_name(kind, None, language), down.seconds));
        for (sub, seconds) in &down.by_sub {
            if let Some(sub) = sub {
                rows.push(row(3, "", cause_name(kind, Some(*sub), language), *seconds));
            }
        }
        if down.likely_seconds > 0 {
            let name = pick("di antaranya hanya kemungkinan", "of which only likely");
            rows.push(row(3, "", name, down.likely_seconds));
        }
    }
    let name = pick("pekerjaan terencana", "planned work");
    rows.push(row(1, "planned", name, account.planned_seconds));
    let name = pick("tidak teramati", "not observed");
    rows.push(row(1, "unobserved", name, account.unobserved_seconds));
    if account.possibly_down_seconds > 0 {
        let name = pick("di antaranya mungkin terganggu", "of which possibly down");
        rows.push(row(2, "", name, account.possibly_down_seconds));
    }
    rows
}

#[allow(clippy::cast_possible_truncation, reason = "seconds of a month")]
fn figures(r: &Reader, account: &Account) -> Vec<String> {
    let mut lines = vec![format!(
        "{}: {} = {}",
        r.pick("Ketersediaan", "Availability"),
        account.availability().map_or("–".to_owned(), |a| r.percent(a)),
        r.pick(
            "melayani ÷ (jam layanan − terencana − tidak teramati)",
            "in service ÷ (service hours − planned − not observed)"
        )
    )];
    lines.push(format!("{}: {}", r.pick("Gangguan", "Outages"), account.outage_count()));
    let seconds = |label: &str, value: Option<i64>| value.map(|s| format!("{label}: {}", clock(s)));
    lines.extend(seconds(r.pick("Terlama", "Longest"), account.longest_seconds()));
    let mean = account.mean_seconds_to_repair().map(|s| s as i64);
    lines.extend(seconds(r.pick("Rata-rata waktu pulih", "Mean time to repair"), mean));
    let mean = account.mean_seconds_between_failures().map(|s| s as i64);
    let label = r.pick(
        "Jam layanan di antara dua gangguan, rata-rata",
        "Mean service hours between failures",
    );
    lines.extend(seconds(label, mean));
    lines
}

fn slots<'a>(r: &Reader, slots: impl Iterator<Item = (String, &'a Terms)>) -> Vec<SlotRow> {
    slots
        .filter(|(_, t)| t.service > 0)
        .map(|(name, t)| SlotRow {
            name,
            service: clock(t.service),
            down: clock(t.down),
            share: share(r, t.down, t.service),
        })
        .collect()
}
