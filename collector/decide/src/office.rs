//! The state of an office over time, from the states of its stations (design section 4.2).

use crate::gap::GapKind;
use crate::span::{At, Span};
use crate::station::Stretch;
use crate::trace::Trace;
use crate::view::{OfficeState, StationState};

/// A stretch of one state of an office.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct OfficeStretch {
    pub(crate) span: Span,
    pub(crate) state: OfficeState,
    /// Unobserved, and only silence makes it so: without the silent stations too few are left.
    /// People are told of such a stretch; the ledger does not count it.
    pub(crate) silence: bool,
}

/// What one station counts as.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Counts {
    Serving,
    Not,
    Unknown,
    Silent,
}

/// The states of an office over `window`, back to back.
pub(crate) fn states(
    traces: &[Trace],
    stations: &[Vec<Stretch>],
    needed: usize,
    window: Span,
) -> Vec<OfficeStretch> {
    let mut edges = vec![window.from, window.to];
    for stretch in stations.iter().flatten() {
        edges.extend(
            [stretch.span.from, stretch.span.to].into_iter().filter(|at| window.contains(*at)),
        );
    }
    edges.sort_unstable();
    edges.dedup();
    let needed = needed.clamp(1, stations.len().max(1));
    let mut cursors = vec![0usize; stations.len()];
    let mut out: Vec<OfficeStretch> = Vec::new();
    for pair in edges.windows(2) {
        let [from, to] = pair else { continue };
        let mut tally = [0usize; 4];
        for ((list, cursor), trace) in stations.iter().zip(&mut cursors).zip(traces) {
            while list.get(*cursor).is_some_and(|s| s.span.to <= *from) {
                *cursor += 1;
            }
            let stretch = list.get(*cursor).filter(|s| s.span.contains(*from));
            tally[counts(trace, stretch) as usize] += 1;
        }
        let [serving, _, unknown, silent] = tally;
        let state = if serving >= needed {
            OfficeState::Serving
        } else if !stations.is_empty() && serving + unknown + silent < needed {
            OfficeState::Down
        } else {
            OfficeState::Unobserved
        };
        let silence = state == OfficeState::Unobserved && silent > 0 && serving + unknown < needed;
        push(&mut out, OfficeStretch { span: Span::new(*from, *to), state, silence });
    }
    out
}

fn counts(trace: &Trace, stretch: Option<&Stretch>) -> Counts {
    let Some(stretch) = stretch else { return Counts::Unknown };
    match stretch.state {
        StationState::Serving => Counts::Serving,
        StationState::Down | StationState::Stopped => Counts::Not,
        StationState::Unsure | StationState::NeverHeard => Counts::Unknown,
        StationState::Unseen | StationState::Silent => {
            let kind = stretch.gap.and_then(|i| trace.gaps.get(i)).map(|g| g.kind);
            match kind {
                Some(GapKind::Silent { agent: false } | GapKind::Unseen { pending: true }) => {
                    Counts::Silent
                }
                Some(
                    GapKind::Silent { agent: true }
                    | GapKind::Unseen { pending: false }
                    | GapKind::Stopped(_)
                    | GapKind::NeverHeard,
                )
                | None => Counts::Unknown,
            }
        }
    }
}

fn push(out: &mut Vec<OfficeStretch>, next: OfficeStretch) {
    match out.last_mut() {
        Some(last) if last.state == next.state && last.silence == next.silence => {
            last.span.to = next.span.to;
        }
        Some(_) | None => out.push(next),
    }
}

/// The stretch that holds an instant.
pub(crate) fn at(list: &[OfficeStretch], at: At) -> Option<&OfficeStretch> {
    let i = list.partition_point(|s| s.span.to <= at);
    list.get(i).filter(|s| s.span.contains(at))
}
