//! The state of one station over time (design section 4.1).

use crate::gap::GapKind;
use crate::ids::ProbeName;
use crate::meaning::{Meaning, covers};
use crate::span::{At, Span};
use crate::trace::{Series, Trace};
use crate::view::StationState;

/// A stretch of one state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Stretch {
    pub(crate) span: Span,
    pub(crate) state: StationState,
    /// The gap it lies in, by index in the trace.
    pub(crate) gap: Option<usize>,
}

/// The states of a station, back to back over all time up to the trace's end.
pub(crate) fn states(trace: &Trace, needs: &[ProbeName]) -> Vec<Stretch> {
    let needed: Vec<Vec<&Series>> = needs
        .iter()
        .map(|need| {
            trace.series.iter().filter(|(name, _)| covers(need, name)).map(|(_, s)| s).collect()
        })
        .collect();
    let mut out: Vec<Stretch> = Vec::new();
    let mut gaps = trace.gaps.iter().enumerate().peekable();
    for life in &trace.alive {
        while let Some((i, gap)) =
            gaps.next_if(|(_, gap)| gap.span.from < life.span.to.max(life.span.from))
        {
            push(&mut out, Stretch { span: gap.span, state: state_of(gap.kind), gap: Some(i) });
            if gap.span.to >= life.span.from {
                break;
            }
        }
        let from = first_word(&needed, life.span, life.hole_ms);
        if let Some(last) =
            out.last_mut().filter(|s| s.gap.is_some() && s.span.to == life.span.from)
        {
            last.span.to = from;
        }
        live(&mut out, &needed, Span::new(from, life.span.to));
    }
    for (i, gap) in gaps {
        push(&mut out, Stretch { span: gap.span, state: state_of(gap.kind), gap: Some(i) });
    }
    out
}

fn state_of(kind: GapKind) -> StationState {
    match kind {
        GapKind::Stopped(_) => StationState::Stopped,
        GapKind::Unseen { .. } => StationState::Unseen,
        GapKind::Silent { .. } => StationState::Silent,
        GapKind::NeverHeard => StationState::NeverHeard,
    }
}

/// A gap lasts to the first reading of what is needed, where that comes within the first cycles
/// of the new life.
fn first_word(needed: &[Vec<&Series>], life: Span, hole_ms: i64) -> At {
    let mut latest = life.from;
    for probes in needed {
        let first = probes
            .iter()
            .filter_map(|s| {
                let i = s.pieces.partition_point(|p| p.to <= life.from && p.last < life.from);
                s.pieces.get(i).map(|p| p.from.max(life.from))
            })
            .min();
        match first {
            Some(at) if at - life.from <= hole_ms && at <= life.to => latest = latest.max(at),
            Some(_) | None => {}
        }
    }
    latest
}

/// The states within one life.
fn live(out: &mut Vec<Stretch>, needed: &[Vec<&Series>], span: Span) {
    if span.is_empty() {
        return;
    }
    let mut edges = vec![span.from, span.to];
    for series in needed.iter().flatten() {
        let i = series.pieces.partition_point(|p| p.to < span.from);
        for piece in series.pieces.iter().skip(i).take_while(|p| p.from < span.to) {
            edges.extend([piece.from, piece.to].into_iter().filter(|at| span.contains(*at)));
        }
    }
    edges.sort_unstable();
    edges.dedup();
    for pair in edges.windows(2) {
        let [from, to] = pair else { continue };
        let state = at(needed, *from);
        push(out, Stretch { span: Span::new(*from, *to), state, gap: None });
    }
}

/// The state at a covered instant: the first that the evidence supports.
fn at(needed: &[Vec<&Series>], at: At) -> StationState {
    let mut unsure = needed.is_empty();
    for probes in needed {
        let mut heard = false;
        for series in probes {
            match series.at(at).map(|(meaning, _)| meaning) {
                Some(Meaning::Bad) => return StationState::Down,
                Some(Meaning::Good) => heard = true,
                Some(Meaning::Unreadable) => unsure = true,
                None => {}
            }
        }
        unsure |= !heard;
    }
    if unsure { StationState::Unsure } else { StationState::Serving }
}

fn push(out: &mut Vec<Stretch>, next: Stretch) {
    if next.span.is_empty() {
        return;
    }
    match out.last_mut() {
        Some(last)
            if last.state == next.state
                && last.gap == next.gap
                && last.span.to >= next.span.from =>
        {
            last.span.to = last.span.to.max(next.span.to);
        }
        Some(_) | None => out.push(next),
    }
}

#[cfg(test)]
mod tests;
