//! One office as a card: state, what is wrong and why, gauges, stations, the last thirty days, and
//! the form with which somebody takes an outage on. Pure: from values to values.

use siaga_decide::{At, Kind, OfficeState, OfficeView, Outage, StationState, StationView};

use super::chart::{Spark, spark};
use super::days::{Day, availability};
use super::gauge;
use super::moment::Reader;
use super::page::{OfficeFacts, Visitor};
use super::phrase::{self, Badge, CauseLabel};

/// One office on the staff page.
#[derive(Clone, Debug)]
pub(crate) struct Card {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) href: String,
    pub(crate) badge: Badge,
    pub(crate) cause: Option<CauseLabel>,
    pub(crate) sentence: String,
    pub(crate) since: String,
    pub(crate) serving: String,
    pub(crate) ups: String,
    pub(crate) link: String,
    pub(crate) availability: String,
    pub(crate) downtime: String,
    pub(crate) chart: Spark,
    pub(crate) by_cause: Vec<CauseSum>,
    pub(crate) expanded: bool,
    pub(crate) outage: Option<Respond>,
    pub(crate) stations: Vec<StationRow>,
    /// Worst first: smaller is worse.
    pub(crate) rank: (u8, At),
}

/// One station on a card.
#[derive(Clone, Debug)]
pub(crate) struct StationRow {
    pub(crate) id: String,
    pub(crate) badge: Badge,
    pub(crate) since: String,
    pub(crate) heard: String,
    pub(crate) backlog: bool,
    pub(crate) ups: String,
    pub(crate) link: String,
    pub(crate) trouble: String,
}

/// Downtime of one cause.
#[derive(Clone, Debug)]
pub(crate) struct CauseSum {
    pub(crate) class: &'static str,
    pub(crate) text: String,
    pub(crate) lasted: String,
}

/// Who is on an outage, when it should be over, and the forms to say so.
#[derive(Clone, Debug)]
pub(crate) struct Respond {
    pub(crate) id: String,
    pub(crate) href: String,
    pub(crate) acknowledged: Option<String>,
    pub(crate) expected: Option<String>,
    /// How long outages like it went on.
    pub(crate) forecast: Option<String>,
    pub(crate) may_respond: bool,
    pub(crate) csrf: String,
    pub(crate) back: String,
    pub(crate) zone: String,
    pub(crate) now_local: String,
}

/// The card of an office.
pub(crate) fn card(visitor: &Visitor, facts: &OfficeFacts, expand_all: bool) -> Card {
    let r = visitor.reader(&facts.zone);
    let view = facts.view.as_ref();
    let badge =
        view.map_or(phrase::station(&r, StationState::NeverHeard), |v| phrase::office(&r, v));
    let rank = rank(view);
    let worst = |of: fn(&Reader, &StationView) -> Option<gauge::Gauge>| {
        view.into_iter()
            .flat_map(|v| v.stations.values())
            .filter_map(|s| of(&r, s))
            .max_by(|a, b| a.rank.total_cmp(&b.rank))
            .map_or("–".to_owned(), |g| g.short)
    };
    let down: i64 = facts.days.iter().map(Day::down_total).sum();
    Card {
        id: facts.id.to_string(),
        name: facts.name.clone(),
        href: format!("/offices/{}", facts.id),
        badge,
        cause: view.and_then(|v| v.cause.as_ref()).map(|c| phrase::cause(&r, &c.cause)),
        sentence: view.map_or_else(String::new, |v| sentence(&r, v, facts)),
        since: view.map_or("–".to_owned(), |v| since(&r, office_since(v, facts.open.as_ref()))),
        serving: serving(view),
        ups: worst(gauge::ups),
        link: worst(gauge::link),
        availability: availability(&facts.days).map_or("–".to_owned(), |a| r.percent(a)),
        downtime: if down > 0 {
            r.lasting(down)
        } else {
            r.pick("tanpa gangguan", "no downtime").to_owned()
        },
        chart: spark(&r, &facts.days),
        by_cause: by_cause(&r, &facts.days),
        expanded: expand_all || rank.0 < 4,
        outage: facts.open.as_ref().map(|o| {
            let forecast = facts.forecast.as_ref().map(|f| phrase::forecast(&r, f, true));
            let forecast = forecast.map(|text| phrase::capital(&text));
            Respond { forecast, ..respond(visitor, &r, o, "/") }
        }),
        stations: view
            .into_iter()
            .flat_map(|v| &v.stations)
            .map(|(id, s)| station_row(&r, id.as_str(), s))
            .collect(),
        rank,
    }
}

/// An outage's true beginning says more than the newest change of state.
fn office_since(view: &OfficeView, open: Option<&Outage>) -> At {
    open.map_or(view.since, |o| o.from.lo)
}

fn since(r: &Reader, at: At) -> String {
    // Nothing is known from before 2001; a state that has always been has no beginning to show.
    if at.0 < 1_000_000_000_000 { "–".to_owned() } else { r.since(at) }
}

fn serving(view: Option<&OfficeView>) -> String {
    view.map_or("–".to_owned(), |v| {
        let serving = v.stations.values().filter(|s| s.state == StationState::Serving).count();
        format!("{serving}/{}", v.stations.len())
    })
}

/// Worst first: down or silent, unobserved in service hours, at risk, a station amiss, all well,
/// closed; the longest first within each.
fn rank(view: Option<&OfficeView>) -> (u8, At) {
    let Some(v) = view else { return (1, At(0)) };
    let class = match v.state {
        _ if v.outage.is_some() => 0,
        OfficeState::Down if v.open => 0,
        OfficeState::Unobserved if v.open => 1,
        OfficeState::Serving if v.at_risk => 2,
        OfficeState::Serving if v.open && amiss(v).next().is_some() => 3,
        OfficeState::Serving => 4,
        OfficeState::Down | OfficeState::Unobserved => 5,
    };
    (class, v.since)
}

fn amiss(view: &OfficeView) -> impl Iterator<Item = (&str, &StationView)> {
    view.stations
        .iter()
        .filter(|(_, s)| s.state != StationState::Serving)
        .map(|(id, s)| (id.as_str(), s))
}

/// What is wrong and why, in one sentence; nothing where nothing is.
fn sentence(r: &Reader, view: &OfficeView, facts: &OfficeFacts) -> String {
    if let Some(now) = &view.cause {
        return now.cause.why.first().map_or_else(String::new, |w| phrase::why(r, w));
    }
    if view.at_risk {
        let running = view.stations.values().any(|s| {
            s.probes
                .values()
                .any(|p| p.numbers.iter().any(|n| &*n.name == "generator_running" && n.last > 0.0))
        });
        return if running {
            r.pick(
                "Listrik padam; melayani dengan genset",
                "Mains is out; serving on the generator",
            )
        } else {
            r.pick(
                "Listrik padam; melayani dengan baterai UPS",
                "Mains is out; serving on UPS battery",
            )
        }
        .to_owned();
    }
    let mut parts = Vec::new();
    if !view.open {
        let opens = facts.calendar.next_opening(r.now).map_or_else(String::new, |at| {
            format!(", {} {}", r.pick("buka", "opens"), r.brief(at))
        });
        parts.push(format!("{}{opens}", r.pick("Di luar jam layanan", "Outside service hours")));
    }
    if view.open || view.state == OfficeState::Serving {
        let odd: Vec<String> = amiss(view)
            .take(3)
            .map(|(id, s)| format!("{id} {}", phrase::station(r, s.state).word.to_lowercase()))
            .collect();
        if !odd.is_empty() {
            parts.push(odd.join(", "));
        }
    }
    parts.join(" · ")
}

/// Downtime by cause, the largest first.
pub(crate) fn by_cause(r: &Reader, days: &[Day]) -> Vec<CauseSum> {
    let mut sums: Vec<(Kind, i64)> = Kind::ALL
        .iter()
        .enumerate()
        .map(|(i, kind)| (*kind, days.iter().filter_map(|d| d.down.get(i)).sum()))
        .filter(|(_, ms)| *ms > 0)
        .collect();
    sums.sort_by_key(|(_, ms)| std::cmp::Reverse(*ms));
    let mut out: Vec<CauseSum> = sums
        .into_iter()
        .map(|(kind, ms)| CauseSum {
            class: phrase::class(kind),
            text: phrase::kind(r, kind).to_owned(),
            lasted: r.lasting(ms),
        })
        .collect();
    let planned: i64 = days.iter().map(|d| d.planned).sum();
    let unobserved: i64 = days.iter().map(|d| d.unobserved).sum();
    for (class, ms, word) in [
        ("planned", planned, r.pick("Terencana", "Planned")),
        ("unobserved", unobserved, r.pick("Tidak teramati", "Unobserved")),
    ] {
        if ms > 0 {
            out.push(CauseSum { class, text: word.to_owned(), lasted: r.lasting(ms) });
        }
    }
    out
}

fn station_row(r: &Reader, id: &str, s: &StationView) -> StationRow {
    let text = |g: Option<gauge::Gauge>| g.map_or("–".to_owned(), |g| g.text);
    StationRow {
        id: id.to_owned(),
        badge: phrase::station(r, s.state),
        since: since(r, s.since),
        heard: s.last_heard.map_or("–".to_owned(), |at| r.ago(at)),
        backlog: s.backlog,
        ups: text(gauge::ups(r, s)),
        link: text(gauge::link(r, s)),
        trouble: gauge::trouble(r, s),
    }
}

/// The forms of an outage that lasts; also who is on it.
pub(crate) fn respond(visitor: &Visitor, r: &Reader, outage: &Outage, back: &str) -> Respond {
    let user = visitor.user.as_ref();
    Respond {
        id: outage.id.to_string(),
        href: format!("/outages/{}", outage.id),
        acknowledged: outage.acknowledged.as_ref().map(|a| {
            let said =
                a.note.as_deref().map_or_else(String::new, |n| format!(": {}", phrase::clean(n)));
            format!("{} {} ({}){said}", r.pick("Ditangani", "Handled by"), a.by, r.brief(a.at))
        }),
        expected: outage.expected_back.map(|at| {
            let late = at < r.now;
            format!(
                "{} {}{}",
                r.pick("Perkiraan pulih", "Expected back"),
                r.brief_in_zone(at),
                if late { r.pick(" (sudah lewat)", " (overdue)") } else { "" }
            )
        }),
        forecast: None,
        may_respond: outage.to.is_none() && !outage.void && user.is_some_and(|u| u.may_respond),
        csrf: user.map_or_else(String::new, |u| u.csrf.clone()),
        back: back.to_owned(),
        zone: r.zone_name(r.now),
        now_local: r.civil(r.now).strftime("%Y-%m-%dT%H:%M").to_string(),
    }
}
