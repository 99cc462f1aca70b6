//! Chooses the one cause that every down second is charged to (design section 4.4), and says
//! whether planned work covers it.

use crate::cause::{Cause, Kind, Sub, Thing};
use crate::ids::OfficeId;
use crate::input::{Plan, PlanScope};
use crate::office::OfficeStretch;
use crate::outage::{CauseSpan, Charge};
use crate::setup::Office;
use crate::span::{At, Span};
use crate::station::Stretch;
use crate::suspect::Suspect;
use crate::trace::Trace;
use crate::view::{OfficeState, StationState};

/// The charges of an office over its down and silent stretches, sorted and disjoint; the suspects
/// are sorted by their spans. A second for
/// which no evidence shows anything at fault is charged to nothing: a PC that is off at night.
pub(crate) fn charges(
    id: &OfficeId,
    office: &Office,
    traces: &[Trace],
    stations: &[Vec<Stretch>],
    states: &[OfficeStretch],
    suspects: &[Suspect],
    plans: &[&Plan],
) -> Vec<Charge> {
    let mut out: Vec<Charge> = Vec::new();
    let needed = office.stations_needed.clamp(1, traces.len().max(1));
    let ends = ends(suspects);
    for stretch in states {
        let down = stretch.state == OfficeState::Down;
        if !down && !stretch.silence {
            continue;
        }
        let from = ends.partition_point(|end| *end <= stretch.span.from);
        let here: Vec<&Suspect> = suspects
            .iter()
            .skip(from)
            .take_while(|s| s.span.from < stretch.span.to)
            .filter(|s| s.span.intersection(stretch.span).is_some())
            .collect();
        for span in cut(stretch.span, &here, stations, plans) {
            // What is shown to be down is charged to what is shown, never to a guess beside it.
            let candidates: Vec<&Suspect> = here
                .iter()
                .copied()
                .filter(|s| s.span.contains(span.from) && !(down && s.guessed))
                .collect();
            let serving = serving_without(traces, stations, &candidates, span.from);
            let Some(chosen) = choose(&candidates, needed, &serving, suspects) else { continue };
            let planned = plans.iter().any(|plan| {
                plan.span.contains(span.from)
                    && candidates.iter().any(|c| in_scope(&plan.scope, id, office, &c.cause))
            });
            push(&mut out, Charge { span, cause: chosen.cause.clone(), planned, guessed: !down });
        }
    }
    out
}

/// For each suspect the latest end up to it: those before the first that is late enough are over.
fn ends(suspects: &[Suspect]) -> Vec<At> {
    let mut latest = At(i64::MIN);
    let end = |s: &Suspect| {
        latest = latest.max(s.span.to);
        latest
    };
    suspects.iter().map(end).collect()
}

/// The parts of a stretch in which nothing changes.
fn cut(span: Span, here: &[&Suspect], stations: &[Vec<Stretch>], plans: &[&Plan]) -> Vec<Span> {
    let mut edges = vec![span.from, span.to];
    edges.extend(here.iter().flat_map(|s| [s.span.from, s.span.to]));
    edges.extend(plans.iter().flat_map(|p| [p.span.from, p.span.to]));
    for list in stations {
        let i = list.partition_point(|s| s.span.to <= span.from);
        let near = list.iter().skip(i).take_while(|s| s.span.from < span.to);
        edges.extend(near.map(|s| s.span.from));
    }
    edges.retain(|at| *at == span.to || span.contains(*at));
    edges.sort_unstable();
    edges.dedup();
    edges.windows(2).filter_map(|p| Some(Span::new(*p.first()?, *p.get(1)?))).collect()
}

/// For each station whether it serves, and the things at fault there. What the whole office shares
/// keeps every station from serving, also one that is off and cannot say so; unless one serves,
/// which shows that it is there. Without mains nobody could have switched on one that is off.
fn serving_without<'s>(
    traces: &[Trace],
    stations: &[Vec<Stretch>],
    candidates: &[&'s Suspect],
    at: At,
) -> Vec<(bool, Vec<&'s Thing>)> {
    let state = |list: &Vec<Stretch>| {
        let i = list.partition_point(|s| s.span.to <= at);
        list.get(i).filter(|s| s.span.contains(at)).map(|s| s.state)
    };
    let contradicted = stations.iter().any(|l| state(l) == Some(StationState::Serving));
    let pairs = traces.iter().zip(stations);
    pairs
        .map(|(trace, list)| {
            let state = state(list);
            let off = state == Some(StationState::Stopped);
            let stands = |c: &&&Suspect| {
                c.station == trace.station
                    || (!contradicted && is_shared(&c.cause))
                    || (off && c.cause.thing == Thing::Mains)
            };
            let own = candidates.iter().any(|c| c.station == trace.station);
            let things = candidates.iter().filter(stands).filter(|_| own);
            (state == Some(StationState::Serving), things.map(|c| &c.cause.thing).collect())
        })
        .collect()
}

/// Whether it takes every station of the office with it.
fn is_shared(cause: &Cause) -> bool {
    match cause.thing {
        Thing::Center | Thing::Router | Thing::Line | Thing::Path => true,
        // A PC may live on its own UPS; a network without one takes all.
        Thing::Mains => cause.sub == Some(Sub::NetworkNotBackedUp),
        Thing::Device(..) | Thing::Pc(_) => false,
    }
}

/// The candidate that alone keeps the office from serving, else the one that began first.
fn choose<'s>(
    candidates: &[&'s Suspect],
    needed: usize,
    stations: &[(bool, Vec<&Thing>)],
    all: &[Suspect],
) -> Option<&'s Suspect> {
    let would_serve = |thing: &Thing| {
        let count = stations.iter().filter(|(serving, things)| {
            *serving || (!things.is_empty() && things.iter().all(|t| *t == thing))
        });
        count.count() >= needed
    };
    let order = |s: &&&Suspect| {
        (
            began(s, all),
            tie(s.cause.kind),
            s.guessed,
            s.cause.thing.clone(),
            std::cmp::Reverse(s.cause.certainty),
        )
    };
    let first = candidates.iter().min_by_key(order)?;
    let mut alone: Vec<&Thing> = Vec::new();
    for candidate in candidates {
        if would_serve(&candidate.cause.thing) && !alone.contains(&&candidate.cause.thing) {
            alone.push(&candidate.cause.thing);
        }
    }
    match alone.as_slice() {
        [thing] => {
            candidates.iter().filter(|c| c.cause.thing == **thing).min_by_key(order).copied()
        }
        _ => Some(first),
    }
}

/// When evidence began to show that thing at fault, without a break.
fn began(suspect: &Suspect, all: &[Suspect]) -> At {
    let mut from = suspect.span.from;
    let same = |s: &&Suspect| s.cause.thing == suspect.cause.thing;
    while let Some(earlier) =
        all.iter().filter(same).find(|s| s.span.from < from && s.span.to >= from)
    {
        from = earlier.span.from;
    }
    from
}

/// Ties: power, center, link, device, station.
fn tie(kind: Kind) -> usize {
    Kind::ALL.iter().position(|k| *k == kind).unwrap_or(Kind::ALL.len())
}

/// Whether planned work of that scope covers a cause. An office that falls silent while its line or
/// its mains is worked on does what was to be expected; what its spool says later is looked at
/// again.
fn in_scope(scope: &PlanScope, id: &OfficeId, office: &Office, cause: &Cause) -> bool {
    match scope {
        PlanScope::Office(planned) => {
            planned == id
                && matches!(
                    cause.kind,
                    Kind::Power | Kind::LinkLan | Kind::Device | Kind::Station | Kind::Silent
                )
        }
        PlanScope::Line(line) => {
            office.line.as_ref() == Some(line)
                && matches!(cause.kind, Kind::LinkProvider | Kind::LinkPath | Kind::Silent)
        }
        PlanScope::Mains(mains) => {
            office.mains.as_ref() == Some(mains) && matches!(cause.kind, Kind::Power | Kind::Silent)
        }
        PlanScope::Center => cause.kind == Kind::Center,
    }
}

fn same(a: &Charge, b: &Charge) -> bool {
    a.planned == b.planned && a.guessed == b.guessed && same_cause(&a.cause, &b.cause)
}

/// Whether two causes are the same, whatever the evidence.
pub(crate) fn same_cause(a: &Cause, b: &Cause) -> bool {
    (a.kind, a.sub, a.certainty, &a.thing) == (b.kind, b.sub, b.certainty, &b.thing)
}

pub(crate) fn push(out: &mut Vec<Charge>, next: Charge) {
    match out.last_mut() {
        Some(last) if last.span.to == next.span.from && same(last, &next) => {
            last.span.to = next.span.to;
        }
        Some(_) | None => out.push(next),
    }
}

/// Every candidate within a span, one line per thing and cause, whether charged or not.
pub(crate) fn timeline(suspects: &[Suspect], within: Span) -> Vec<CauseSpan> {
    let mut out: Vec<CauseSpan> = Vec::new();
    let mut here: Vec<(Span, &Suspect)> =
        suspects.iter().filter_map(|s| s.span.intersection(within).map(|span| (span, s))).collect();
    here.sort_by(|(a, s), (b, t)| {
        (a, &s.cause.thing, &s.station).cmp(&(b, &t.cause.thing, &t.station))
    });
    for (span, suspect) in here {
        let known =
            out.iter_mut().find(|c| same_cause(&c.cause, &suspect.cause) && c.span.to >= span.from);
        match known {
            Some(known) => known.span.to = known.span.to.max(span.to),
            None => out.push(CauseSpan { span, cause: suspect.cause.clone() }),
        }
    }
    out
}

#[cfg(test)]
mod tests;
