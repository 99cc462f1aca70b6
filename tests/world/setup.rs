//! The configuration that a collector in this world would have.

use std::sync::Arc;

use jiff::tz::TimeZone;
use siaga_decide::{
    At, Calendar, Line, LineId, MainsId, OfficeId, PlanScope, ProbeName, Setup, Station, StationId,
};

use super::ask::DEVICE;
use super::truth::{Office, Scope, Span, Truth};

const DAY: i64 = 86_400;

/// The configuration.
#[must_use]
pub fn setup(truth: &Truth) -> Setup {
    let known = Span { from: truth.span.from - DAY, to: truth.span.to + 40 * DAY };
    let lines = truth.lines.iter().map(|l| {
        (LineId::from(l.id.as_str()), Line { provider: Arc::from(format!("provider of {}", l.id)) })
    });
    let offices =
        truth.offices.iter().map(|o| (OfficeId::from(o.id.as_str()), office(truth, o, known)));
    Setup {
        offices: offices.collect(),
        lines: lines.collect(),
        line: None,
        cycle_ms: truth.cycle * 1000,
    }
}

fn office(truth: &Truth, office: &Office, known: Span) -> siaga_decide::Office {
    let stations = office.stations.iter().map(|s| {
        let mut needs = vec![ProbeName::from("link.datacenter")];
        if s.needs_device {
            needs.push(ProbeName::from(DEVICE));
        }
        (StationId::from(s.id.as_str()), Station { needs })
    });
    let zone = match office.zone.as_str() {
        "" => TimeZone::UTC,
        name => TimeZone::get(name).unwrap_or(TimeZone::UTC),
    };
    let name = if office.name.is_empty() { &office.id } else { &office.name };
    siaga_decide::Office {
        name: Arc::from(name.as_str()),
        zone,
        calendar: Calendar {
            open: office.open.iter().copied().map(span).collect(),
            known: Some(span(known)),
        },
        stations: stations.collect(),
        stations_needed: office.stations_needed,
        line: truth.lines.get(office.line).map(|l| LineId::from(l.id.as_str())),
        mains: truth
            .mains
            .get(office.mains)
            .filter(|_| office.mains_named)
            .map(|m| MainsId::from(m.id.as_str())),
        via: office
            .via
            .and_then(|via| truth.offices.get(via))
            .map(|relay| OfficeId::from(relay.id.as_str())),
        open_after_ms: office.open_after * 1000,
        close_after_ms: office.close_after * 1000,
        merge_within_ms: office.merge_within * 1000,
        opening_grace_ms: office.opening_grace * 1000,
        settle_after_ms: office.settle_after * 1000,
    }
}

/// Seconds of the truth for the judge.
#[must_use]
pub fn span(span: Span) -> siaga_decide::Span {
    siaga_decide::Span::new(At(span.from * 1000), At(span.to * 1000))
}

/// What planned work covers.
#[must_use]
pub fn scope(truth: &Truth, scope: Scope) -> PlanScope {
    match scope {
        Scope::Office(i) => PlanScope::Office(OfficeId::from(truth.offices[i].id.as_str())),
        Scope::Line(i) => PlanScope::Line(LineId::from(truth.lines[i].id.as_str())),
        Scope::Mains(i) => PlanScope::Mains(MainsId::from(truth.mains[i].id.as_str())),
        Scope::Center => PlanScope::Center,
    }
}
