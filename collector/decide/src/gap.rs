//! What lies between an agent's lives: whether the PC was off, ran unobserved, or is silent. Takes
//! no side on why.

use crate::evidence::StationEvidence;
use crate::fact::{LastWords, Mark, PreviousEnd};
use crate::place::{Place, PlacedRun};
use crate::span::{At, Span};
use crate::trace::{Alive, Trace};

/// Why nobody observed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum GapKind {
    /// The PC was off or asleep; with its last words, where it left any.
    Stopped(Option<LastWords>),
    /// The PC may have run. `pending`: rows of it are still to come.
    Unseen { pending: bool },
    /// Nothing later has arrived. `agent`: the agent alone said that it stops.
    Silent { agent: bool },
    /// Nothing earlier has ever arrived.
    NeverHeard,
}

/// A stretch without readings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GapSpan {
    pub(crate) span: Span,
    pub(crate) kind: GapKind,
    /// Indices of the lives before and after.
    pub(crate) before: Option<usize>,
    pub(crate) after: Option<usize>,
}

/// What the system's log of the next boot says of the end of the one before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Logged {
    /// When, on the collector's time: it ran at least until then.
    at: At,
    /// It was shut down in an orderly way.
    orderly: bool,
}

/// Finds what lies between the lives, and after the last. Where the system's log shows that the PC
/// went on a little, the life before goes on with it.
pub(crate) fn gaps(out: &mut Trace, evidence: Option<&StationEvidence>, until: At) {
    let mut gaps = Vec::new();
    for i in 0..out.alive.len().saturating_sub(1) {
        let (Some(a), Some(b)) = (out.alive.get(i).copied(), out.alive.get(i + 1).copied()) else {
            continue;
        };
        let span = Span::new(a.span.to, b.span.from);
        if span.is_empty() {
            continue;
        }
        let kind = between(out, evidence, &a, &b);
        let gap = GapSpan { span, kind, before: Some(i), after: Some(i + 1) };
        let logged = match kind {
            GapKind::Stopped(None) | GapKind::Unseen { pending: false } => logged(out, &a, &b),
            GapKind::Stopped(Some(_))
            | GapKind::Unseen { pending: true }
            | GapKind::Silent { .. }
            | GapKind::NeverHeard => None,
        };
        let Some(end) = logged else {
            gaps.push(gap);
            continue;
        };
        let unseen = Span::new(span.from, end.at);
        if kind == GapKind::Stopped(None) && unseen.length_ms() <= a.hole_ms {
            // Its last readings still cover that.
            crate::trace::go_on(out, i, end.at);
        } else if !unseen.is_empty() {
            gaps.push(GapSpan { span: unseen, kind: GapKind::Unseen { pending: false }, ..gap });
        }
        let words = end.orderly.then_some(LastWords::System);
        let span = Span::new(end.at, span.to);
        gaps.push(GapSpan { span, kind: GapKind::Stopped(words), ..gap });
    }
    match out.alive.last() {
        Some(life) if life.span.to < until => {
            let words = out.runs.get(life.run).and_then(|r| last_words_at(r, life.last_mark));
            let kind = match words {
                Some(LastWords::System | LastWords::Sleep) => GapKind::Stopped(words),
                Some(LastWords::Agent) => GapKind::Silent { agent: true },
                None => GapKind::Silent { agent: false },
            };
            let span = Span::new(life.span.to, until);
            gaps.push(GapSpan { span, kind, before: Some(out.alive.len() - 1), after: None });
        }
        Some(_) | None => {}
    }
    let first = out.alive.first().map_or(until, |life| life.span.from);
    let span = Span::new(At(i64::MIN / 4), first);
    let after = (!out.alive.is_empty()).then_some(0);
    gaps.insert(0, GapSpan { span, kind: GapKind::NeverHeard, before: None, after });
    out.gaps = gaps;
}

/// The last words that are a run's row there, if they are.
pub(crate) fn last_words_at(run: &PlacedRun, mark: Mark) -> Option<LastWords> {
    run.run.head.ends.iter().find(|(m, _)| m.seq == mark.seq).map(|(_, words)| *words)
}

/// Why nobody observed between two lives.
fn between(out: &Trace, evidence: Option<&StationEvidence>, a: &Alive, b: &Alive) -> GapKind {
    let (Some(x), Some(y)) = (out.runs.get(a.run), out.runs.get(b.run)) else {
        return GapKind::Unseen { pending: false };
    };
    let words = last_words_at(x, a.last_mark);
    if a.run == b.run {
        let missing = !x.run.is_complete() && rows_missing(x, a.last_mark.seq, b.first_mark.seq);
        return match words {
            Some(LastWords::Sleep | LastWords::System) if !missing => GapKind::Stopped(words),
            Some(_) | None => GapKind::Unseen { pending: missing },
        };
    }
    let earlier = out.runs.get(a.run..b.run).unwrap_or_default();
    let incomplete = earlier.iter().any(|r| !r.run.is_complete());
    if incomplete || named_later(x, y, evidence) {
        return GapKind::Unseen { pending: true };
    }
    // A life of the PC lies in between, nobody can tell where.
    if earlier.iter().any(|r| matches!(r.place, Place::Somewhere)) {
        return GapKind::Unseen { pending: false };
    }
    let same_boot = x.run.head.boot == y.run.head.boot;
    match words {
        Some(LastWords::System | LastWords::Sleep) => GapKind::Stopped(words),
        // It proves that the PC went on without its agent: until when, only its log can tell.
        Some(LastWords::Agent) => GapKind::Unseen { pending: false },
        None if same_boot || rows_lost(x, y) => GapKind::Unseen { pending: false },
        None => GapKind::Stopped(None),
    }
}

/// When the earlier of two boots ended, as the log that the later one found says. The log is dated
/// by the PC's own clock, which is believed only as far as that boot's rows have tied it to the
/// collector's, and only inside the gap.
fn logged(out: &Trace, a: &Alive, b: &Alive) -> Option<Logged> {
    let (x, y) = (out.runs.get(a.run)?, out.runs.get(b.run)?);
    if x.run.head.boot == y.run.head.boot {
        return None;
    }
    let text = y.run.head.start.as_ref()?.1.log.as_ref()?;
    let said: jiff::Timestamp = text.rsplit(' ').next()?.parse().ok()?;
    let zero = x.wall?;
    let at_ms = u64::try_from(said.as_millisecond().saturating_sub(zero)).ok()?;
    let at = x.at(Mark { seq: 0, at_ms, wall: None })?;
    let inside = a.span.to < at && at < b.span.from;
    inside.then(|| Logged { at, orderly: text.to_ascii_lowercase().starts_with("shutdown") })
}

/// Whether rows between two numbers of a run have not been heard.
fn rows_missing(run: &PlacedRun, from: u64, to: u64) -> bool {
    let covered = &run.run.head.covered;
    let i = covered.partition_point(|(_, end)| *end < from);
    covered.get(i).is_none_or(|(first, last)| *first > from || *last < to)
}

/// Whether the later run names rows of the earlier one that have not been heard.
fn named_later(x: &PlacedRun, y: &PlacedRun, evidence: Option<&StationEvidence>) -> bool {
    let named = y.run.head.start.as_ref().and_then(|(_, start)| start.previous.as_ref());
    match named {
        Some((run, seq)) if run == x.id => *seq > x.run.head.folded,
        // A run in between has not been heard of at all.
        Some((run, _)) => evidence.is_some_and(|e| !e.runs.contains_key(run)),
        None => false,
    }
}

/// Whether the end of the earlier run is gone: then nobody knows when it stopped.
fn rows_lost(x: &PlacedRun, y: &PlacedRun) -> bool {
    let end = x.run.head.gaps.last().is_some_and(|g| {
        g.is_loss() && x.run.head.marks.is_some_and(|(_, last)| g.last > last.seq)
    });
    let spool = y.run.head.start.as_ref().is_some_and(|(_, s)| s.previous_end == PreviousEnd::Lost);
    end || spool
}

#[cfg(test)]
mod tests;
