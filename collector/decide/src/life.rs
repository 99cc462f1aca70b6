//! When the collector itself could not see (design section 4.6). In such a span silence means
//! nothing; what the spools say of it later counts as usual.

use std::collections::BTreeSet;

use crate::cross::Reaches;
use crate::input::Life;
use crate::memory::LifeMemory;
use crate::span::{At, Span, union};

/// So many offices on different lines, and more than half of all, are not lost together by
/// themselves.
const OFFICES_LEAST: usize = 3;

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
            memory.seeing_from = Some(now + 3 * cycle_ms);
        }
        Life::Stopping => {}
        Life::ClockStepped { by_ms } => {
            let from = now - by_ms.max(0);
            add(memory, Span::new(from, now + 3 * cycle_ms));
            memory.seeing_from = Some(now + 3 * cycle_ms);
        }
        Life::Canary { ok: false } => {
            memory.canary_lost = true;
            memory.blind_since.get_or_insert(now);
        }
        Life::Canary { ok: true } => {
            memory.canary_lost = false;
            if let Some(since) = memory.blind_since.take() {
                add(memory, Span::new(since, now));
                memory.warned = false;
            }
        }
    }
}

/// Notes that most offices fell silent together, or that it is over; whether that is news.
pub(crate) fn note_lost(
    memory: &mut LifeMemory,
    reaches: &Reaches,
    cycle_ms: i64,
    now: At,
) -> bool {
    match (memory.lost_since, lost_together(reaches, cycle_ms)) {
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
    spans.extend(memory.blind_since.map(|since| Span::new(since, until)));
    let lost = memory.lost_since.or_else(|| lost_together(reaches, cycle_ms));
    spans.extend(lost.map(|since| Span::new(since, until)));
    union(spans)
}

/// Since when most offices are silent that fell silent within one cycle: then it is the collector
/// that cannot hear.
pub(crate) fn lost_together(reaches: &Reaches, cycle_ms: i64) -> Option<At> {
    let mut silent: Vec<_> =
        reaches.iter().filter_map(|(id, r)| r.silent_since.map(|at| (at, id, &r.line))).collect();
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
