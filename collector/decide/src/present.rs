//! The present, made of what was last judged and of the newest readings. Decides nothing.

use std::collections::BTreeMap;

use crate::absorb::millis;
use crate::evidence::StationEvidence;
use crate::fact::{Fact, Row};
use crate::ids::{ProbeName, StationKey};
use crate::judge::Judge;
use crate::memory::OfficeMemory;
use crate::span::At;
use crate::tell::is_open;
use crate::truth::Look;
use crate::view::{CauseNow, OfficeState, OfficeView, ProbeView, StationState, StationView, View};

/// Everything, now.
pub(crate) fn view(judge: &Judge, now: At) -> View {
    let mut offices = BTreeMap::new();
    for (id, office) in &judge.cache.setup.offices {
        let mut view = judge.cache.views.get(id).cloned().unwrap_or_else(|| unheard(now));
        view.open = is_open(judge.cache.hours(id), now);
        for station in office.stations.keys() {
            let key = StationKey { office: id.clone(), station: station.clone() };
            let known = view.stations.entry(station.clone()).or_insert_with(|| never(now));
            if let Some(evidence) = judge.memory.stations.get(&key) {
                known.last_heard = evidence.last_heard;
                known.backlog = !is_complete(evidence);
                known.probes = probes(evidence);
            }
        }
        offices.insert(id.clone(), view);
    }
    View { at: now, offices, blind_since: judge.is_blind() }
}

fn unheard(now: At) -> OfficeView {
    OfficeView {
        state: OfficeState::Unobserved,
        since: now,
        open: false,
        at_risk: false,
        cause: None,
        outage: None,
        stations: BTreeMap::new(),
    }
}

fn never(now: At) -> StationView {
    StationView {
        state: StationState::NeverHeard,
        since: now,
        last_heard: None,
        backlog: false,
        probes: BTreeMap::new(),
    }
}

/// Whether nothing is still to come.
pub(crate) fn is_complete(evidence: &StationEvidence) -> bool {
    evidence.runs.values().all(crate::evidence::Run::is_complete)
        && evidence
            .newest
            .as_ref()
            .is_none_or(|(run, seq)| evidence.runs.get(run).is_some_and(|r| r.head.folded >= *seq))
}

/// The newest stretch of each probe.
fn probes(evidence: &StationEvidence) -> BTreeMap<ProbeName, ProbeView> {
    let mut out: BTreeMap<ProbeName, ProbeView> = BTreeMap::new();
    for run in evidence.runs.values() {
        let Some(boot) = evidence.boots.get(&run.head.boot) else { continue };
        let at = |ms: u64| boot.zero_at(ms).map(|zero| At(zero.saturating_add(millis(ms))));
        let newest = run.head.rhythms.values().filter_map(|r| run.facts.get(r.newest));
        for fact in newest {
            if let (Some(last), Some(first)) = (at(fact.last.at_ms), at(fact.first.at_ms)) {
                keep_newer(&mut out, fact, first, last);
            }
        }
        for row in run.waiting.values() {
            let Row::Reading(mark, what) = row else { continue };
            let Some(at) = at(mark.at_ms) else { continue };
            let numbers = what.numbers.iter().map(|(name, value)| crate::fact::Number {
                name: name.clone(),
                least: *value,
                last: *value,
                most: *value,
            });
            let fresh = ProbeView {
                at,
                since: at,
                answer: what.answer.clone(),
                numbers: numbers.collect(),
            };
            if out.get(&what.probe).is_none_or(|known| known.at < at) {
                out.insert(what.probe.clone(), fresh);
            }
        }
    }
    out
}

fn keep_newer(out: &mut BTreeMap<ProbeName, ProbeView>, fact: &Fact, since: At, at: At) {
    if out.get(&fact.probe).is_some_and(|known| known.at >= at) {
        return;
    }
    let view =
        ProbeView { at, since, answer: fact.answer.clone(), numbers: fact.numbers.clone().into() };
    out.insert(fact.probe.clone(), view);
}

/// One office as it was last judged.
pub(crate) fn office(look: &Look, decided: &OfficeMemory, now: At) -> OfficeView {
    let last = look.states.last();
    let open = decided.outages.iter().rev().find(|k| k.outage.to.is_none() && !k.outage.void);
    let cause = open
        .and_then(|k| k.outage.charges.last())
        .map(|charge| CauseNow { cause: charge.cause.clone(), since: charge.span.from });
    let first = look.states.first().map_or(now, |s| s.span.from);
    let mut stations = BTreeMap::new();
    for (trace, list) in look.traces.iter().zip(&look.stations) {
        let newest = list.last();
        stations.insert(
            trace.station.clone(),
            StationView {
                state: newest.map_or(StationState::NeverHeard, |s| s.state),
                since: newest.map_or(now, |s| s.span.from.max(first)),
                ..never(now)
            },
        );
    }
    OfficeView {
        state: last.map_or(OfficeState::Unobserved, |s| s.state),
        since: last.map_or(now, |s| s.span.from),
        open: is_open(look.hours, now),
        at_risk: look.is_at_risk(),
        cause,
        outage: open.map(|k| k.outage.id.clone()),
        stations,
    }
}
