//! Places boots and runs in time. A boot that made contact is tied to the collector's clock; one
//! that never did is bounded by its neighbours, and placed by its wall clock only where both
//! neighbours vouch for that. Knows nothing of service.

use std::collections::BTreeMap;

use crate::absorb::millis;
use crate::evidence::{Boot, Run, StationEvidence};
use crate::fact::Mark;
use crate::ids::{BootId, RunId};
use crate::span::{At, Span, When};

/// Wall clocks of two neighbours agree when they differ by at most this, in milliseconds, plus
/// 100 parts per million of the distance.
const WALL_AGREES_MS: i64 = 5_000;

/// Where a boot lies.
#[derive(Clone, Debug)]
pub(crate) enum Place<'a> {
    /// Tied to the collector's clock.
    Tied(&'a Boot),
    /// At this zero, give or take so many milliseconds.
    About(i64, i64),
    /// After the boot before it and before the next: somewhere.
    Somewhere,
}

impl Place<'_> {
    /// The best single instant of a row, where there is one.
    pub(crate) fn at(&self, mark: Mark) -> Option<At> {
        let zero = match self {
            Self::Tied(boot) => boot.zero_at(mark.at_ms)?,
            Self::About(zero, _) => *zero,
            Self::Somewhere => return None,
        };
        Some(At(zero.saturating_add(millis(mark.at_ms))))
    }

    /// Half the width of the interval in which a row lies.
    pub(crate) fn slack_ms(&self) -> i64 {
        match self {
            Self::Tied(_) | Self::Somewhere => 0,
            Self::About(_, slack) => *slack,
        }
    }
}

/// A run in its place.
#[derive(Clone, Debug)]
pub(crate) struct PlacedRun<'a> {
    pub(crate) id: &'a RunId,
    pub(crate) run: &'a Run,
    pub(crate) place: Place<'a>,
    /// Where the PC's own clock had the boot's zero, if it stayed the same all the while.
    pub(crate) wall: Option<i64>,
}

impl PlacedRun<'_> {
    /// When a row was made.
    pub(crate) fn at(&self, mark: Mark) -> Option<At> {
        self.place.at(mark)
    }

    /// The interval around an instant of this run.
    pub(crate) fn when(&self, at: At) -> When {
        let slack = self.place.slack_ms();
        When { lo: at - slack, hi: at + slack }
    }

    /// Its first and last row.
    pub(crate) fn marks(&self) -> Option<(Mark, Mark)> {
        let waiting = || self.run.waiting.values().filter_map(crate::fact::Row::mark);
        let folded = self.run.head.marks;
        let first = folded.map(|m| m.0).or_else(|| waiting().next())?;
        let last = waiting().next_back().or(folded.map(|m| m.1))?;
        Some((first, last))
    }
}

/// The runs of a station in the order in which they happened, and the boots whose place nobody
/// can tell even from their neighbours.
pub(crate) fn place(station: &StationEvidence) -> (Vec<PlacedRun<'_>>, Vec<BootId>) {
    let runs_of = runs_by_boot(station);
    let mut order: Vec<(&BootId, &Boot, Place)> = Vec::new();
    for (id, boot) in &station.boots {
        if !boot.anchors.is_empty() && runs_of.contains_key(id) {
            order.push((id, boot, Place::Tied(boot)));
        }
    }
    order.sort_by_key(|(id, boot, _)| (boot.zero_at(0), *id));
    let mut loose: Vec<(&BootId, &Boot)> = station
        .boots
        .iter()
        .filter(|(id, boot)| boot.anchors.is_empty() && runs_of.contains_key(*id))
        .collect();
    // Oldest bound first, so that the order does not depend on names alone.
    loose.sort_by_key(|(id, boot)| (boot.begun_before, *id));
    loop {
        let before = loose.len();
        loose.retain(|(id, boot)| {
            let Some(i) = slot(station, &runs_of, &order, id) else { return true };
            order.insert(i, (id, boot, Place::Somewhere));
            false
        });
        if loose.is_empty() || loose.len() == before {
            break;
        }
    }
    // One whose agent says that nothing newer exists lies at the end, though nothing ties it.
    let newest = station.newest.as_ref().and_then(|(run, _)| station.runs.get(run));
    let is_newest = |id: &BootId| newest.is_some_and(|run| run.head.boot == *id);
    let mut lost = Vec::new();
    for (id, boot) in loose {
        let end = order.last().and_then(|(id, _, place)| last_at(&runs_of, id, place));
        match boot.begun_before {
            Some(zero) if is_newest(id) && end.is_none_or(|end| end.0 <= zero) => {
                order.push((id, boot, Place::About(zero, 0)));
            }
            Some(_) | None => lost.push(id.clone()),
        }
    }
    place_by_wall(&mut order, &runs_of);
    let mut out = Vec::new();
    for (id, boot, place) in &order {
        let wall = steady_wall(boot);
        for (run_id, run) in runs_of.get(*id).into_iter().flatten() {
            out.push(PlacedRun { id: run_id, run, place: place.clone(), wall });
        }
    }
    (out, lost)
}

/// The runs of a station in the order in which they happened, each with the span of its rows where
/// that is known: so that a store can read what lies around a time, and nothing else.
#[must_use]
pub fn lived(station: &StationEvidence) -> Vec<(RunId, Option<Span>)> {
    let (runs, _) = place(station);
    let span = |run: &PlacedRun| {
        let (first, last) = run.marks()?;
        Some(Span::new(run.at(first)?, run.at(last)?))
    };
    runs.iter().map(|run| (run.id.clone(), span(run))).collect()
}

type RunsOf<'a> = BTreeMap<&'a BootId, Vec<(&'a RunId, &'a Run)>>;

fn runs_by_boot(station: &StationEvidence) -> RunsOf<'_> {
    let mut out: RunsOf = BTreeMap::new();
    for (id, run) in &station.runs {
        if run.head.marks.is_some() || !run.waiting.is_empty() {
            out.entry(&run.head.boot).or_default().push((id, run));
        }
    }
    for runs in out.values_mut() {
        runs.sort_by_key(|(id, run)| (first_ms(run), *id));
    }
    out
}

fn first_ms(run: &Run) -> u64 {
    let waiting = run.waiting.values().find_map(crate::fact::Row::mark);
    run.head.marks.map(|m| m.0).or(waiting).map_or(0, |m| m.at_ms)
}

fn last_ms(run: &Run) -> u64 {
    let waiting = run.waiting.values().rev().find_map(crate::fact::Row::mark);
    waiting.or(run.head.marks.map(|m| m.1)).map_or(0, |m| m.at_ms)
}

fn last_at(runs_of: &RunsOf, boot: &BootId, place: &Place) -> Option<At> {
    let last = runs_of.get(boot)?.iter().map(|(_, run)| last_ms(run)).max()?;
    place.at(Mark { seq: 0, at_ms: last, wall: None })
}

/// Where an untied boot goes in the order: after the boot that its first run names as the one
/// before, else before the boot whose run names one of its.
fn slot(
    station: &StationEvidence,
    runs_of: &RunsOf,
    order: &[(&BootId, &Boot, Place)],
    boot: &BootId,
) -> Option<usize> {
    let boot_of = |run: &RunId| station.runs.get(run).map(|r| &r.head.boot);
    let names = |run: &Run| {
        run.head.start.as_ref().and_then(|(_, start)| start.previous.clone()).map(|(id, _)| id)
    };
    let runs = runs_of.get(boot)?;
    let before = runs.first().and_then(|(_, run)| names(run)).and_then(|id| boot_of(&id).cloned());
    if let Some(i) = before.and_then(|before| order.iter().position(|(id, _, _)| **id == before)) {
        return Some(i + 1);
    }
    order.iter().position(|(id, _, _)| {
        let first = runs_of.get(id).and_then(|runs| runs.first());
        first.and_then(|(_, run)| names(run)).is_some_and(|run| boot_of(&run) == Some(boot))
    })
}

/// The PC's wall clock minus its clock since boot, where nobody saw that clock step.
fn steady_wall(boot: &Boot) -> Option<i64> {
    let (least, most) = boot.wall?;
    (most - least <= WALL_AGREES_MS).then_some(least + (most - least) / 2)
}

/// Gives untied boots the place their wall clock says, where the nearest tied boots on both sides
/// show the same offset and neither saw a step.
fn place_by_wall(order: &mut [(&BootId, &Boot, Place)], runs_of: &RunsOf) {
    let tied: Vec<(usize, i64, i64)> = order
        .iter()
        .enumerate()
        .filter_map(|(i, (_, boot, place))| match place {
            Place::Tied(_) => boot.zero_at(0).map(|zero| (i, zero, boot)),
            Place::About(..) | Place::Somewhere => None,
        })
        .filter_map(|(i, zero, boot)| Some((i, zero, steady_wall(boot)? - zero)))
        .collect();
    for i in 0..order.len() {
        let Some((id, boot, Place::Somewhere)) = order.get(i) else { continue };
        let left = tied.iter().rev().find(|(j, _, _)| *j < i);
        let right = tied.iter().find(|(j, _, _)| *j > i);
        let (Some((l, lz, lo)), Some((r, rz, ro))) = (left, right) else { continue };
        let Some(wall) = steady_wall(boot) else { continue };
        let bound = WALL_AGREES_MS + (rz - lz).max(0) / 10_000;
        if (lo - ro).abs() > bound {
            continue;
        }
        let zero = wall - (lo + (ro - lo) / 2);
        let after = order.get(*l).and_then(|(id, _, place)| last_at(runs_of, id, place));
        let last = runs_of.get(*id).and_then(|runs| runs.iter().map(|(_, run)| last_ms(run)).max());
        let end = zero.saturating_add(millis(last.unwrap_or(0)));
        let before = order.get(*r).and_then(|(_, boot, _)| boot.zero_at(0));
        let fits = after.is_some_and(|at| at.0 - bound <= zero)
            && before.is_some_and(|next| end <= next + bound);
        if fits && let Some((_, _, place)) = order.get_mut(i) {
            *place = Place::About(zero, bound);
        }
    }
}

#[cfg(test)]
mod tests;
