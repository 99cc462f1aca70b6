//! Ties a boot's clock to the collector's: which ties are kept, and where the boot began by them.
//! Knows reports and their arrival, never what their rows say.

use crate::absorb::millis;
use crate::evidence::{Anchor, Boot};
use crate::fact::{Heard, Row};
use crate::span::At;

/// Anchors are kept to this many milliseconds, rounded up: a PC's clock drifts less than this in
/// minutes, and a tie that rounds up never places a row before it was made.
const ANCHOR_STEP_MS: i64 = 20;
/// One tie is kept for each so many milliseconds of a boot, the best one.
const ANCHOR_EACH_MS: u64 = 600_000;
/// Once in so many ten minutes a tie that moves rows counts as one that moves them all: so every
/// office is judged once a day, and what is too old is forgotten then, however calm it is.
const JUDGED_EACH_SLOTS: u64 = 144;
/// Clocks drift at most this many milliseconds per second: 200 parts per million.
const DRIFT_PER_MILLION: i64 = 200;

/// What a report changed about a boot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tied {
    /// Nothing.
    Same,
    /// Only what bounds it or what its wall clock says.
    Hints,
    /// It is tied to the collector's clock for the first time.
    First,
    /// A tie was added or took the place of a worse one.
    Better {
        /// From where on rows are placed anew by it, milliseconds since the boot; absent where
        /// none is.
        moved_from_ms: Option<u64>,
    },
}

/// Ties the boot's clock to the collector's.
pub(crate) fn tie_boot(boot: &mut Boot, heard: &Heard, now: At) -> Tied {
    let before = (boot.wall, boot.begun_before);
    let newest_row = heard.rows.iter().filter_map(Row::mark).map(|m| m.at_ms).max();
    if let Some(at_ms) = newest_row.filter(|_| heard.now_ms.is_none()) {
        let bound = now.0.saturating_sub(millis(at_ms));
        boot.begun_before = Some(boot.begun_before.map_or(bound, |b| b.min(bound)));
    }
    if let (Some(now_ms), Some(wall)) = (heard.now_ms, heard.wall) {
        see_wall(boot, wall, now_ms);
    }
    for mark in heard.rows.iter().filter_map(Row::mark) {
        if let Some(wall) = mark.wall {
            see_wall(boot, wall, mark.at_ms);
        }
    }
    if let Some(now_ms) = heard.now_ms {
        let zero = now.0.saturating_sub(millis(now_ms));
        let steps =
            zero.div_euclid(ANCHOR_STEP_MS) + i64::from(zero.rem_euclid(ANCHOR_STEP_MS) > 0);
        let tied = boot.tie(Anchor { now_ms, zero_ms: steps.saturating_mul(ANCHOR_STEP_MS) });
        if tied != Tied::Same {
            return tied;
        }
    }
    if (boot.wall, boot.begun_before) == before { Tied::Same } else { Tied::Hints }
}

fn see_wall(boot: &mut Boot, wall: At, at_ms: u64) {
    let zero = wall.0.saturating_sub(millis(at_ms));
    let (least, most) = boot.wall.unwrap_or((zero, zero));
    boot.wall = Some((least.min(zero), most.max(zero)));
}

impl Boot {
    /// Adds a tie unless another makes it needless. A tie can only be late, by the time the report
    /// was on its way; so the least one is right, as far as clocks drift. Which ties are kept
    /// depends on the set of reports alone, never on their order.
    fn tie(&mut self, anchor: Anchor) -> Tied {
        let slot = slot(anchor.now_ms);
        let i = self.anchors.partition_point(|a| self::slot(a.now_ms) < slot);
        let old = self.anchors.get(i).filter(|a| self::slot(a.now_ms) == slot).copied();
        if old.is_some_and(|old| !is_needless(&old, &anchor))
            || self.anchors.iter().any(|a| is_needless(&anchor, a))
        {
            return Tied::Same;
        }
        if self.anchors.is_empty() {
            self.anchors.push(anchor);
            return Tied::First;
        }
        // Where no tie is near, rows hang on the next one on either side.
        let before = i.checked_sub(1).and_then(|i| self.anchors.get(i));
        let alone = before.is_none_or(|a| self::slot(a.now_ms) + 1 < slot);
        let hole = old.is_none() && alone;
        let around = [slot.saturating_sub(1), slot, slot.saturating_add(1)];
        let near = around.map(|slot| slot.saturating_mul(ANCHOR_EACH_MS));
        let before = near.map(|at| self.zero_at(at));
        let count = self.anchors.len();
        self.anchors.retain(|a| !is_needless(a, &anchor));
        let others = count - self.anchors.len() > usize::from(old.is_some());
        let i = self.anchors.partition_point(|a| self::slot(a.now_ms) < slot);
        self.anchors.insert(i, anchor);
        let moved = hole || others || near.map(|at| self.zero_at(at)) != before;
        let all = alone || others || slot.is_multiple_of(JUDGED_EACH_SLOTS);
        Tied::Better { moved_from_ms: moved.then_some(if all { 0 } else { near[0] }) }
    }

    /// Where the boot's clock had its zero, in milliseconds since 1970, seen from a row made
    /// `at_ms` after it; absent where nothing ties it. The least tie of these ten minutes and
    /// their neighbours: in half an hour clocks drift by at most a third of a second.
    pub(crate) fn zero_at(&self, at_ms: u64) -> Option<i64> {
        let here = slot(at_ms);
        let first = self.first_near(here);
        let near = self.anchors.get(first..).unwrap_or_default();
        let least = near.iter().take_while(|a| slot(a.now_ms) <= here + 1).map(|a| a.zero_ms).min();
        least.or_else(|| {
            let left = first.checked_sub(1).and_then(|i| self.anchors.get(i));
            left.into_iter().chain(near.first()).map(|a| reach(a, at_ms)).min()
        })
    }

    /// The index of the first tie of the ten minutes before `here`, or later. Nearly every ten
    /// minutes have one, so it lies about as far from the first and from the last tie as they do.
    fn first_near(&self, here: u64) -> usize {
        let (Some(first), Some(last)) = (self.anchors.first(), self.anchors.last()) else {
            return 0;
        };
        let (near, count) = (here.saturating_sub(1), self.anchors.len());
        let places = |slots: u64| usize::try_from(slots).unwrap_or(usize::MAX).min(count);
        let most = places(near.saturating_sub(slot(first.now_ms)));
        let least = count - places((slot(last.now_ms) + 1).saturating_sub(near));
        let among = self.anchors.get(least..most).unwrap_or_default();
        least + among.partition_point(|a| slot(a.now_ms) < near)
    }
}

/// Whether a tie says nothing beside another: that one is less, by more than clocks drift between
/// their two stretches of ten minutes.
fn is_needless(tie: &Anchor, beside: &Anchor) -> bool {
    let apart = slot(tie.now_ms).abs_diff(slot(beside.now_ms));
    if apart == 0 {
        return (beside.zero_ms, beside.now_ms) < (tie.zero_ms, tie.now_ms);
    }
    let distance = millis(ANCHOR_EACH_MS.saturating_mul(apart + 1));
    beside.zero_ms + distance / (1_000_000 / DRIFT_PER_MILLION) < tie.zero_ms
}

/// Which ten minutes of its boot an instant lies in.
fn slot(at_ms: u64) -> u64 {
    at_ms / ANCHOR_EACH_MS
}

/// The latest zero that a tie allows at another instant of the boot.
fn reach(anchor: &Anchor, at_ms: u64) -> i64 {
    let distance = millis(anchor.now_ms.abs_diff(at_ms));
    anchor.zero_ms.saturating_add(distance / (1_000_000 / DRIFT_PER_MILLION))
}

#[cfg(test)]
mod tests;
