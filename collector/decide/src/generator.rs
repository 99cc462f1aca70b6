//! What the office's generator was seen to do while mains was away. Says nothing where nobody saw.

use crate::cause::{Sub, Why};
use crate::meaning::{About, number, running};
use crate::power::TOGETHER_MS;
use crate::span::{At, Span};
use crate::trace::{Piece, Trace};

/// At or below this a tank is empty.
const LOW_RATIO: f64 = 0.05;
/// A generator that runs when a PC is back, and is seen within this, had started meanwhile, in
/// milliseconds.
const SEEN_AFTER_MS: i64 = 300_000;

/// When a generator was seen to run.
pub(crate) fn generating(trace: &Trace) -> Vec<Span> {
    let spans = understood(trace).filter(|p| running(&p.fact) == Some(true));
    crate::span::union(spans.map(|p| Span::new(p.from, p.to.max(p.last + 1))).collect())
}

/// Whether the newest reading of a generator says that it runs, and nothing was seen after `upto`.
pub(crate) fn runs_on(trace: &Trace, upto: At) -> bool {
    let newest = understood(trace).max_by_key(|p| p.last);
    newest.is_some_and(|p| running(&p.fact) == Some(true) && p.last <= upto)
}

/// Readings of a generator that could be understood.
fn understood<'t, 'a>(trace: &'t Trace<'a>) -> impl Iterator<Item = &'t Piece<'a>> {
    let series = trace.series.values().filter(|s| s.about == About::Generator);
    series.flat_map(|s| &s.pieces).filter(|p| running(&p.fact).is_some())
}

/// What the generator did between the loss of mains and the end of the UPS (`out`), and up to the
/// return of the PC at `back`; with the evidence. Nothing where the office has none, where it did
/// run, or where the UPS did not last long enough for one to start.
pub(crate) fn saw(traces: &[Trace], out: Span, back: At) -> (Option<Sub>, Option<Why>) {
    let all = || traces.iter().flat_map(|t| understood(t).map(move |p| (t, p)));
    if out.length_ms() < TOGETHER_MS || all().next().is_none() {
        return (None, None);
    }
    let early = out.from - TOGETHER_MS;
    let newest = all()
        .filter(|(_, p)| p.from < out.to && p.last >= early)
        .max_by_key(|(_, p)| p.last.min(out.to));
    let Some((trace, newest)) = newest else { return (Some(Sub::GeneratorNotSeen), None) };
    let why = why(trace, newest, out.to);
    let runs = |p: &Piece| running(&p.fact) == Some(true);
    let ran = all().any(|(_, p)| runs(p) && p.from < out.to && p.last >= early);
    let empty = number(&newest.fact, "generator_fuel_ratio").is_some_and(|f| f <= LOW_RATIO);
    if ran {
        return (empty.then_some(Sub::GeneratorOutOfFuel), why);
    }
    if newest.last - out.from < TOGETHER_MS {
        return (Some(Sub::GeneratorNotSeen), why);
    }
    let late = all().any(|(_, p)| runs(p) && p.from >= out.to && p.from - back <= SEEN_AFTER_MS);
    (Some(if late { Sub::GeneratorStartedLate } else { Sub::GeneratorDidNotStart }), why)
}

/// The reading as evidence; what goes on after the stop is no part of it.
fn why(trace: &Trace, piece: &Piece, stop: At) -> Option<Why> {
    let run = trace.runs.iter().find(|r| *r.id == piece.fact.run)?;
    Some(Why::GeneratorLastSeen {
        station: trace.station.clone(),
        at: run.when(piece.last.min(stop)),
        running: running(&piece.fact)?,
        fuel: number(&piece.fact, "generator_fuel_ratio"),
    })
}

#[cfg(test)]
mod tests;
