//! When the collector itself could not see (design section 4.6), and until when agents may still
//! be waiting to try again after it. In such a span silence means nothing; what the spools say of
//! it later counts as usual.

use std::collections::BTreeSet;

use crate::cross::Reaches;
use crate::gap::{GapKind, GapSpan};
use crate::input::Life;
use crate::memory::LifeMemory;
use crate::span::{At, Span, union};

/// So many offices on different lines, and more than half of all, are not lost together by
/// themselves.
const OFFICES_LEAST: usize = 3;

/// The longest window in which an agent draws the moment of its next try, milliseconds.
const RETRY_MOST_MS: i64 = 1_800_000;

/// That window begins at a cycle and doubles with each try that fails, and the moment is drawn
/// evenly from all of it. So luck can make it longer than all that went before, but fewer than one
/// wait in a million is longer than so many times the span over which the tries have failed.
const RETRY_FACTOR: i64 = 16;

/// Takes in an event of the collector's life.
pub(crate) fn take(memory: &mut LifeMemory, now: At, life: Life, cycle_ms: i64) {
    match life {
        Life::Started { last_alive } => {
            if let Some(since) = memory.blind_since.take() {
                add(memory, Span::new(since, now));
                memory.canary_lost = false;
            }
            if let Some(last) = last_alive {
                add(memory, Span::new(last, now));
            }
            memory.own.lose(last_alive.unwrap_or(now), cycle_ms);
        }
        Life::Stopping => {}
        Life::ClockStepped { by_ms } => {
            let from = now - by_ms.max(0);
            let distrusted = Span::new(from, now + 3 * cycle_ms);
            add(memory, distrusted);
            memory.own.skip(distrusted, cycle_ms);
        }
        Life::Canary { ok: false } => {
            memory.canary_lost = true;
            memory.blind_since.get_or_insert(now);
        }
        Life::Canary { ok: true } => {
            memory.canary_lost = false;
            if let Some(since) = memory.blind_since.take() {
                add(memory, Span::new(since, now));
            }
        }
        Life::Datacenter { reached } => memory.own.saw(now, reached, cycle_ms),
    }
}

/// Notes that most offices fell silent together, or that it is over; whether that is news.
pub(crate) fn note_lost(
    memory: &mut LifeMemory,
    reaches: &Reaches,
    cycle_ms: i64,
    now: At,
) -> bool {
    match (memory.lost_since, lost_together(reaches, &memory.blind, cycle_ms, now)) {
        (None, Some(since)) => {
            memory.lost_since = Some(since);
            true
        }
        (Some(since), None) => {
            memory.lost_since = None;
            add(memory, Span::new(since, now));
            true
        }
        (None, None) | (Some(_), Some(_)) => false,
    }
}

fn add(memory: &mut LifeMemory, span: Span) {
    memory.blind.push(span);
    memory.blind = union(std::mem::take(&mut memory.blind));
}

/// All spans up to `until` in which the collector could not see.
pub(crate) fn blind(memory: &LifeMemory, reaches: &Reaches, cycle_ms: i64, until: At) -> Vec<Span> {
    let mut spans = memory.blind.clone();
    let since = blind_since(memory, reaches, cycle_ms, until);
    spans.extend(since.map(|since| Span::new(since, until)));
    union(spans)
}

/// Since when it cannot see, where that is so now.
pub(crate) fn blind_since(
    memory: &LifeMemory,
    reaches: &Reaches,
    cycle_ms: i64,
    now: At,
) -> Option<At> {
    let lost = memory.lost_since.or_else(|| lost_together(reaches, &memory.blind, cycle_ms, now));
    memory.blind_since.into_iter().chain(lost).min()
}

/// Until when an agent that has not been heard since that blindness may only be waiting for its
/// next try. Its tries may have begun to fail a cycle before anybody here noticed.
fn retries_until(blind: Span, cycle_ms: i64) -> At {
    let failed_for = blind.length_ms() + cycle_ms;
    blind.to + (RETRY_FACTOR * failed_for).min(RETRY_MOST_MS)
}

/// The part of a gap in which that nothing is heard says nothing of the station: from where the
/// collector became blind until the agent must have tried again. A silence that was too young to
/// be noticed by then says nothing from its beginning. A PC that was off may be on again.
pub(crate) fn meaningless(gap: &GapSpan, hole_ms: i64, blind: &[Span], cycle_ms: i64) -> Vec<Span> {
    let open = match gap.kind {
        GapKind::Silent { .. } | GapKind::Unseen { pending: true } => true,
        GapKind::Stopped(_) => gap.after.is_none(),
        GapKind::Unseen { pending: false } | GapKind::NeverHeard => false,
    };
    if !open {
        return Vec::new();
    }
    let met = blind.iter().filter(|b| gap.span.from < b.to && b.from < gap.span.to);
    let spans = met.map(|b| {
        let young = b.from <= gap.span.from + hole_ms;
        let from = if young { gap.span.from } else { b.from };
        Span::new(from, retries_until(*b, cycle_ms))
    });
    union(spans.collect())
}

/// Since when most offices are silent that fell silent within one cycle: then it is the collector
/// that cannot hear. Those that fell silent before the end of a blindness that is known, and may
/// still wait for their next try, say nothing new.
pub(crate) fn lost_together(
    reaches: &Reaches,
    blind: &[Span],
    cycle_ms: i64,
    now: At,
) -> Option<At> {
    let known = |at: At| {
        blind.iter().any(|b| b.from <= now && at < b.to && now < retries_until(*b, cycle_ms))
    };
    let mut silent: Vec<_> = reaches
        .iter()
        .filter_map(|(id, r)| r.silent_since.map(|at| (at, id, &r.line)))
        .filter(|(at, ..)| !known(*at))
        .collect();
    silent.sort();
    for (i, (since, ..)) in silent.iter().enumerate() {
        let together: Vec<_> =
            silent.iter().skip(i).take_while(|(at, ..)| *at - *since <= cycle_ms).collect();
        let mut lines = BTreeSet::new();
        for (_, id, line) in &together {
            // An office without a named line has one of its own.
            lines.insert(line.as_ref().map_or_else(|| (1, id.as_str()), |l| (0, l.as_str())));
        }
        if lines.len() >= OFFICES_LEAST && together.len() * 2 > reaches.len() {
            return Some(*since);
        }
    }
    None
}

#[cfg(test)]
mod tests;
