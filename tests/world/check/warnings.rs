//! Warnings, checked: a technician's of an agent that was stopped alone, after a quarter of an
//! hour and once; the collector's own contact's, once for each time that it could not see.

use siaga_decide::{Notice, OfficeId, StationId, Warning};

use super::blind::hears_from;
use super::notices::{heard_live, second};
use super::{ANSWER, Mismatch, Said, View};
use crate::world::truth::{Second, Span, within};

/// A stopped agent is somebody's business after so many seconds.
const STOPPED: i64 = 900;

/// One warning about an agent.
struct Warned<'a> {
    at: Second,
    station: &'a StationId,
    since: Second,
}

pub(super) fn check(view: &View, said: &Said, id: &OfficeId, out: &mut Vec<Mismatch>) {
    let warned: Vec<Warned> = said
        .told
        .iter()
        .filter_map(|(at, notice)| match notice {
            Notice::Warning {
                office: Some(office),
                warning: Warning::AgentStopped { station, since },
            } if office == id => Some(Warned { at: second(*at), station, since: second(*since) }),
            Notice::Warning { .. } | Notice::Outage { .. } => None,
        })
        .collect();
    for one in &warned {
        unfounded(view, one, out);
    }
    missing(view, said, &warned, out);
    if view.office == 0 {
        blind(view, said, out);
    }
}

/// A warning is of an agent that said that it stops, so long ago, and has not been heard since.
fn unfounded(view: &View, one: &Warned, out: &mut Vec<Mismatch>) {
    let stations = &view.truth.offices[view.office].stations;
    let this = stations.iter().enumerate().find(|(_, s)| one.station.as_str() == s.id);
    let founded = this.is_some_and(|(place, s)| {
        s.agent_off.iter().any(|a| a.words && is_of(view, one, place, a.span.from))
    });
    let span = Span { from: one.at, to: one.at + 1 };
    if !founded {
        out.push(view.wrong(span, "warned of an agent that was not stopped".to_owned()));
    } else if one.at - one.since < STOPPED {
        out.push(view.wrong(span, "warned too early of a stopped agent".to_owned()));
    }
}

/// Whether a warning may date an agent's stop so. A boot is tied only as well as by its fastest
/// report: where all of them have been late so far, it is taken to be that much later.
fn is_of(view: &View, one: &Warned, place: usize, stop: Second) -> bool {
    let near = view.truth.cycle + ANSWER;
    let boots = view.ground.away[view.office][place].iter().filter(|a| !a.sleeps);
    let boots = boots.map(|a| a.span.to).take_while(|at| *at <= stop);
    let booted = boots.last().unwrap_or(view.truth.span.from);
    let delayed = &view.truth.offices[view.office].stations[place].delivery.delayed;
    let late = delayed.iter().find(|(span, _)| span.from <= booted && stop < span.to);
    (-near..=near + late.map_or(0, |(_, by)| *by)).contains(&(one.since - stop))
}

/// Each agent that said that it stops, and stays away, is warned of once, in service hours.
fn missing(view: &View, said: &Said, warned: &[Warned], out: &mut Vec<Mismatch>) {
    let (truth, cycle) = (view.truth, view.truth.cycle);
    let this = &truth.offices[view.office];
    for (place, station) in this.stations.iter().enumerate() {
        for away in station.agent_off.iter().filter(|a| a.words) {
            let told = warned.iter().filter(|w| {
                w.station.as_str() == station.id && is_of(view, w, place, away.span.from)
            });
            let count = told.count();
            if count > 1 {
                out.push(view.wrong(away.span, "warned twice of a stopped agent".to_owned()));
            }
            // Its last words must have been heard before it is due.
            let words = heard_live(view, place, away.span.from)
                && heard_live(view, place, away.span.from - cycle);
            let due = hears_from(view, said, away.span).max(away.span.from + STOPPED);
            let due = (due..away.span.to - cycle).find(|at| within(&this.open, *at));
            if words && count == 0 && due.is_some() {
                out.push(view.wrong(away.span, "not warned of a stopped agent".to_owned()));
            }
        }
    }
}

/// The collector's contact is told once, in time, of each cut of its own line.
fn blind(view: &View, said: &Said, out: &mut Vec<Mismatch>) {
    let cycle = view.truth.cycle;
    let told: Vec<Second> = said
        .told
        .iter()
        .filter(|(_, notice)| {
            matches!(notice, Notice::Warning { warning: Warning::CollectorBlind { .. }, .. })
        })
        .map(|(at, _)| second(*at))
        .collect();
    for cut in &view.truth.collector.cut {
        // The canary asks once a cycle, both at the beginning and at the end.
        let sure = Span { from: cut.from + 3 * cycle, to: cut.from + 4 * cycle + ANSWER };
        let whole = Span { from: cut.from, to: cut.to + cycle };
        let count = told.iter().filter(|at| whole.has(**at)).count();
        if count > 1 {
            out.push(view.wrong(whole, "the collector's contact was told twice".to_owned()));
        }
        if sure.to < cut.to && !told.iter().any(|at| (cut.from..sure.to).contains(at)) {
            out.push(view.wrong(whole, "the collector's contact was not told".to_owned()));
        }
    }
}
