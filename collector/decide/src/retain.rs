//! Forgets what no judgement can need any more, so that a judge that runs for years stays small.
//! What it forgets is in the store; the ledger is made from there.

use std::collections::BTreeMap;

use crate::evidence::{Run, StationEvidence};
use crate::ids::{OfficeId, StationKey};
use crate::memory::{Memory, OfficeMemory};
use crate::place::{Place, place};
use crate::setup::Office;
use crate::span::{At, Span};

/// How often it is worth the work, milliseconds.
const EACH_MS: i64 = 86_400_000;

/// How long after it what an office shows may count for another, with much to spare, milliseconds.
const WITNESS_MS: i64 = 3_600_000;

/// Where an office may be cut now, if it is time: before anything that may still change.
pub(crate) fn cut(
    decided: &OfficeMemory,
    office: &Office,
    first: Option<At>,
    now: At,
) -> Option<At> {
    let from = decided.settled.or(first)?;
    if now - from < office.settle_after_ms + EACH_MS {
        return None;
    }
    let margin = office.merge_within_ms.max(office.opening_grace_ms);
    let mut cut = now - office.settle_after_ms;
    // No outage is cut through.
    for kept in decided.outages.iter().rev().filter(|k| !k.outage.void) {
        if kept.outage.to.is_none_or(|to| to.hi + margin >= cut) {
            cut = cut.min(kept.outage.from.lo - margin);
        }
    }
    (cut - from > EACH_MS / 2).then_some(cut)
}

/// Forgets what lies before the cut.
pub(crate) fn forget(
    decided: &mut OfficeMemory,
    stations: &mut BTreeMap<StationKey, StationEvidence>,
    id: &OfficeId,
    office: &Office,
    cut: At,
) {
    decided.settled = Some(cut);
    decided.outages.retain(|k| k.outage.to.is_none_or(|to| to.hi >= cut));
    for station in office.stations.keys() {
        let key = StationKey { office: id.clone(), station: station.clone() };
        if let Some(evidence) = stations.get_mut(&key) {
            forget_station(evidence, cut);
        }
    }
}

/// What all offices share, before everything that is still judged of any.
pub(crate) fn forget_past(memory: &mut Memory, before: At) {
    memory.plans.retain(|p| p.plan.span.to >= before);
    memory.corrections.retain(|c| c.span().is_some_and(|span| span.to >= before));
    // Offices witness for each other over some cycles, and a mains loss over minutes.
    let lasting = Span::new(before - WITNESS_MS, At(i64::MAX));
    memory.life.own.forget(lasting.from);
    for office in memory.offices.values_mut() {
        office.shown = office.shown.within(lasting);
    }
}

fn forget_station(evidence: &mut StationEvidence, cut: At) {
    let (runs, _) = place(evidence);
    let mut gone = Vec::new();
    let mut thin = Vec::new();
    for (i, run) in runs.iter().enumerate() {
        let Place::Tied(_) = run.place else { break };
        let ends = |i: usize| {
            let run = runs.get(i)?;
            run.marks().and_then(|(first, last)| Some((run.at(first)?, run.at(last)?)))
        };
        let Some((first, last)) = ends(i) else { break };
        // The last life before the cut says how the cut began.
        let next = ends(i + 1).is_some_and(|(next, _)| next < cut);
        if last < cut && next && run.run.waiting.is_empty() {
            gone.push(run.id.clone());
        } else if first < cut {
            let old = run.run.facts.iter().map(|f| run.at(f.last).is_some_and(|at| at < cut));
            thin.push((run.id.clone(), old.collect::<Vec<bool>>()));
        }
    }
    for id in gone {
        evidence.runs.remove(&id);
    }
    for (id, old) in thin {
        if let Some(run) = evidence.runs.get_mut(&id) {
            thin_run(run, &old);
        }
    }
    let used: Vec<_> = evidence.runs.values().map(|r| r.head.boot.clone()).collect();
    evidence.boots.retain(|id, _| used.contains(id));
}

/// Drops stretches that ended before the cut, but for the newest of each probe.
fn thin_run(run: &mut Run, old: &[bool]) {
    let newest: Vec<usize> = run.head.rhythms.values().map(|r| r.newest).collect();
    let keeps = |i: usize| !old.get(i).copied().unwrap_or(false) || newest.contains(&i);
    let mut moved: Vec<usize> = Vec::with_capacity(run.facts.len());
    let mut count = 0;
    for i in 0..run.facts.len() {
        moved.push(count);
        count += usize::from(keeps(i));
    }
    let mut i = 0;
    run.facts.retain(|_| {
        i += 1;
        keeps(i - 1)
    });
    for rhythm in run.head.rhythms.values_mut() {
        rhythm.newest = moved.get(rhythm.newest).copied().unwrap_or(rhythm.newest);
    }
}

#[cfg(test)]
mod tests;
