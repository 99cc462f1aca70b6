//! The page of one office: its card, thirty days in detail, every probe's newest answer, planned
//! work. Pure: from values to a page.

use askama::Template;
use siaga_decide::Outage;

use super::card::{Card, CauseSum, by_cause, card};
use super::chart::{DayChart, day_chart};
use super::days::availability;
use super::gauge;
use super::moment::Reader;
use super::month::{MonthSection, section};
use super::page::{OfficeFacts, Shell, Visitor};
use super::phrase::{self, Badge};
use super::staff::{OutageLine, line};
use super::words::Words;

/// The page.
#[derive(Template, Debug)]
#[template(path = "office.html")]
pub(crate) struct OfficePage {
    w: &'static Words,
    shell: Shell,
    office: Card,
    days: DaySection,
    legend: Vec<CauseSum>,
    month: Option<MonthSection>,
    probes: Vec<ProbeRow>,
    plan_form: Option<PlanForm>,
    recent: Vec<OutageLine>,
}

#[derive(Debug)]
struct DaySection {
    width: usize,
    height: i64,
    label: String,
    rects: Vec<super::chart::Rect>,
    first: String,
    last: String,
    table: Vec<DayRow>,
}

#[derive(Debug)]
struct DayRow {
    day: String,
    service: String,
    in_service: String,
    down: String,
    planned: String,
    unobserved: String,
    availability: String,
}

#[derive(Debug)]
struct ProbeRow {
    station: String,
    probe: String,
    badge: Badge,
    numbers: String,
    since: String,
    heard: String,
}

#[derive(Debug)]
struct PlanForm {
    csrf: String,
    zone: String,
    now_local: String,
    scopes: Vec<Scope>,
}

#[derive(Debug)]
struct Scope {
    value: &'static str,
    text: &'static str,
}

/// What planned work at this office may cover beside the office itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shared {
    pub(crate) line: bool,
    pub(crate) mains: bool,
}

/// Builds the page.
pub(crate) fn office(
    visitor: &Visitor,
    facts: &OfficeFacts,
    shared: Shared,
    recent: &[Outage],
) -> OfficePage {
    let (w, r) = (visitor.words(), visitor.reader(&facts.zone));
    let mut card = card(visitor, facts, true);
    let legend = by_cause(&r, &facts.days);
    card.by_cause = Vec::new();
    if let Some(o) = &mut card.outage {
        o.back = card.href.clone();
    }
    OfficePage {
        w,
        shell: visitor.shell(&facts.name, 20),
        office: card,
        days: day_section(&r, day_chart(&r, &facts.days), facts),
        legend,
        month: facts.month.as_ref().map(|a| section(&r, facts.id.as_str(), a)),
        probes: probes(&r, facts),
        plan_form: visitor.user.as_ref().filter(|u| u.may_plan).map(|u| PlanForm {
            csrf: u.csrf.clone(),
            zone: r.zone_name(r.now),
            now_local: r.civil(r.now).strftime("%Y-%m-%dT%H:%M").to_string(),
            scopes: scopes(w, shared),
        }),
        recent: recent.iter().map(|o| line(visitor, std::slice::from_ref(facts), o)).collect(),
    }
}

fn scopes(w: &'static Words, shared: Shared) -> Vec<Scope> {
    let mut scopes = vec![Scope { value: "office", text: w.scope_office }];
    if shared.line {
        scopes.push(Scope { value: "line", text: w.scope_line });
    }
    if shared.mains {
        scopes.push(Scope { value: "mains", text: w.scope_mains });
    }
    scopes.push(Scope { value: "center", text: w.scope_center });
    scopes
}

fn day_section(r: &Reader, chart: DayChart, facts: &OfficeFacts) -> DaySection {
    let name = |i: Option<&super::days::Day>| i.map_or(String::new(), |d| r.date(d.date));
    DaySection {
        width: chart.width,
        height: chart.height,
        label: chart.label,
        rects: chart.rects,
        first: name(facts.days.first()),
        last: name(facts.days.last()),
        table: facts
            .days
            .iter()
            .rev()
            .map(|d| DayRow {
                day: r.weekday_date(d.date),
                service: r.sum(d.service),
                in_service: r.sum(d.in_service),
                down: r.sum(d.down_total()),
                planned: r.sum(d.planned),
                unobserved: r.sum(d.unobserved),
                availability: availability(std::slice::from_ref(d))
                    .map_or("–".to_owned(), |a| r.percent(a)),
            })
            .collect(),
    }
}

fn probes(r: &Reader, facts: &OfficeFacts) -> Vec<ProbeRow> {
    let stations = facts.view.iter().flat_map(|v| &v.stations);
    stations
        .flat_map(|(id, s)| s.probes.iter().map(move |(name, p)| (id, name, p)))
        .map(|(id, name, p)| ProbeRow {
            station: phrase::clean(id.as_str()),
            probe: phrase::clean(name.as_str()),
            badge: if name.as_str().starts_with("device.") && gauge::absent(p) {
                Badge { icon: "down", tone: "down", word: r.pick("Tidak ada", "Absent").to_owned() }
            } else {
                phrase::answer(r, &p.answer.saw)
            },
            numbers: gauge::numbers(r, p),
            since: r.since(p.since),
            heard: r.ago(p.at),
        })
        .collect()
}
