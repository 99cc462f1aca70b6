//! Folds rows into stretches. The result depends on the set of rows heard, never on the order,
//! the number of times or the parcels in which they came: a run's rows are folded strictly by
//! their numbers, and a row whose predecessors are missing waits as it is.

use crate::band::stays;
use crate::evidence::{Rhythm, Run, RunHead, StationEvidence};
use crate::fact::{Fact, Heard, LastWords, Mark, Number, Row, Since, What};
use crate::ids::{BootId, RunId, StationKey};
use crate::meaning::{matters, same_meaning, turns_down};
use crate::span::At;
use crate::tie::{Tied, tie_boot};

/// So many rows of a run may wait for the ones before them; then those are given up as lost.
const WAITING_MOST: usize = 16_384;
/// Before a probe's rhythm is known, readings farther apart than so many cycles are not one
/// stretch.
const UNKNOWN_RHYTHM_CYCLES: u64 = 10;

/// What a report changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Absorbed {
    /// Something that judgement may depend on.
    pub(crate) material: bool,
    /// Rows at or above this number of its run are new in the stretches.
    pub(crate) changed_from: Option<u64>,
    /// The boot has a new tie.
    pub(crate) boot_changed: bool,
    /// Rows of the boot made so many milliseconds after it or later may be placed a little earlier
    /// than before.
    pub(crate) moved_from_ms: Option<u64>,
}

/// Takes in a report that arrived at `now`.
pub(crate) fn absorb(
    station: &mut StationEvidence,
    heard: Heard,
    now: At,
    cycle_ms: i64,
) -> Absorbed {
    let mut done = Absorbed::default();
    let known = station.boots.contains_key(&heard.boot);
    let boot = station.boots.entry(heard.boot.clone()).or_default();
    let tied = tie_boot(boot, &heard, now);
    done.boot_changed = tied != Tied::Same || !known;
    done.material = tied == Tied::First || !known;
    // Where some boot has nothing better hints count, and so does how its neighbours are tied.
    let loose = station.boots.values().any(|b| b.anchors.is_empty());
    if let Tied::Better { moved_from_ms } = tied {
        done.moved_from_ms = moved_from_ms.map(|from_ms| if loose { 0 } else { from_ms });
    }
    done.material |= tied == Tied::Hints && loose;

    let silent_for = station.last_heard.map_or(i64::MAX, |last| now - last);
    let rhythm = station.runs.get(&heard.run).and_then(Run::fastest_ms).unwrap_or(0);
    if silent_for > (3 * cycle_ms).max(millis(rhythm.saturating_mul(5) / 2)) {
        station.contact_since = Some(now);
        done.material = true;
    }
    station.last_heard = station.last_heard.max(Some(now));
    if heard.newest_of.is_none() {
        let newest = station.newest.as_ref().map_or(
            0,
            |(run, seq)| {
                if *run == heard.run { *seq } else { 0 }
            },
        );
        station.newest = Some((heard.run.clone(), heard.newest.max(newest)));
    } else if station.newest.as_ref().is_none_or(|(run, _)| *run == heard.run) {
        station.newest.clone_from(&heard.newest_of);
    }

    let run = station.runs.entry(heard.run.clone()).or_insert_with(|| {
        done.material = true;
        Run::new(heard.boot.clone())
    });
    let before = run.is_complete();
    run.head.newest = run.head.newest.max(heard.newest);
    for row in heard.rows {
        take_row(run, row, cycle_ms, &mut done);
    }
    if let Some((_, last)) = run.head.covered.last() {
        run.head.newest = run.head.newest.max(*last);
    }
    fold(run, &heard.station, &heard.run, cycle_ms, &mut done);
    done.material |= before != run.is_complete();
    done
}

pub(crate) fn millis(at_ms: u64) -> i64 {
    i64::try_from(at_ms).unwrap_or(i64::MAX / 4).min(i64::MAX / 4)
}

impl Run {
    fn new(boot: BootId) -> Self {
        let head = RunHead {
            boot,
            start: None,
            ends: Vec::new(),
            gaps: Vec::new(),
            covered: Vec::new(),
            newest: 0,
            folded: 0,
            marks: None,
            rhythms: std::collections::BTreeMap::new(),
        };
        Self { head, facts: Vec::new(), waiting: std::collections::BTreeMap::new() }
    }

    /// How often the probe asks that asks most often, milliseconds, as far as it is learned.
    pub(crate) fn fastest_ms(&self) -> Option<u64> {
        self.head.rhythms.values().map(|r| r.period_ms).filter(|p| *p > 0).min()
    }

    /// Whether every row up to the newest that the agent has spoken of was heard or is known to
    /// be gone.
    pub(crate) fn is_complete(&self) -> bool {
        self.head.newest <= self.head.folded
    }
}

/// Notes a row, unless its number was heard before.
fn take_row(run: &mut Run, row: Row, cycle_ms: i64, done: &mut Absorbed) {
    let (first, last) = row.range();
    if first == 0 || first > last {
        return;
    }
    if covers(&run.head.covered, first, last) {
        return;
    }
    cover(&mut run.head.covered, first, last);
    // Nearly every row is the next one and only makes its stretch longer.
    if let Row::Reading(mark, what) = &row
        && run.waiting.is_empty()
        && first == run.head.folded + 1
        && lengthen(run, *mark, what, cycle_ms, done)
    {
        folded(&mut run.head, *mark, done);
        run.head.folded = first;
        return;
    }
    match row {
        Row::Start(mark, start) => {
            done.material = true;
            if run.head.start.as_ref().is_none_or(|(known, _)| mark.seq < known.seq) {
                run.head.start = Some((mark, start));
            }
            run.waiting.insert(mark.seq, Row::Unknown(mark));
        }
        Row::LastWords(mark, words) => {
            done.material = true;
            let i = run.head.ends.partition_point(|(m, _)| m.seq < mark.seq);
            run.head.ends.insert(i, (mark, words));
            run.waiting.insert(mark.seq, Row::Unknown(mark));
        }
        Row::Gap(gap) => {
            done.material = true;
            let i = run.head.gaps.partition_point(|g| (g.first, g.last) < (gap.first, gap.last));
            run.head.gaps.insert(i, gap);
        }
        Row::Reading(mark, what) => {
            run.waiting.insert(mark.seq, Row::Reading(mark, what));
        }
        Row::Stretch(mark, what, since) => {
            run.waiting.insert(mark.seq, Row::Stretch(mark, what, since));
        }
        Row::Unknown(mark) => {
            run.waiting.insert(mark.seq, Row::Unknown(mark));
        }
    }
}

/// Folds the waiting rows that have all their predecessors.
fn fold(run: &mut Run, station: &StationKey, id: &RunId, cycle_ms: i64, done: &mut Absorbed) {
    let end = match run.head.covered.first() {
        Some((1, end)) => *end,
        Some(_) | None => 0,
    };
    let mut end = end.max(run.head.folded);
    if run.waiting.len() > WAITING_MOST {
        let missing = run.waiting.keys().next_back().copied().unwrap_or(end);
        give_up(run, missing);
        done.material = true;
        end = missing;
    }
    while let Some(entry) = run.waiting.first_entry().filter(|e| *e.key() <= end) {
        let row = entry.remove();
        if let Some(mark) = row.mark() {
            folded(&mut run.head, mark, done);
        }
        match row {
            Row::Reading(mark, what) => {
                let fact = new_fact(station, id, &run.head.boot, mark, mark, what);
                add(run, fact, cycle_ms, done);
            }
            Row::Stretch(mark, what, since) => {
                let fact =
                    thinned(new_fact(station, id, &run.head.boot, since.first, mark, what), &since);
                add(run, fact, cycle_ms, done);
            }
            Row::Start(..) | Row::LastWords(..) | Row::Gap(_) | Row::Unknown(_) => {}
        }
    }
    if end != run.head.folded {
        run.head.folded = end;
    }
    done.material |= !run.waiting.is_empty();
}

/// Notes a row that is in the stretches now.
fn folded(head: &mut RunHead, mark: Mark, done: &mut Absorbed) {
    done.changed_from.get_or_insert(mark.seq);
    let first = head.marks.map_or(mark, |(first, _)| first);
    head.marks = Some((first, mark));
}

/// Declares what is missing below `end` as gone.
fn give_up(run: &mut Run, end: u64) {
    let mut next = run.head.folded + 1;
    let mut lost = Vec::new();
    for (first, last) in &run.head.covered {
        if *first > end {
            break;
        }
        if *first > next {
            lost.push((next, first - 1));
        }
        next = next.max(last + 1);
    }
    for (first, last) in lost {
        cover(&mut run.head.covered, first, last);
        run.head.gaps.push(crate::fact::Gap { first, last, why: "missing".into() });
    }
    run.head.gaps.sort_by_key(|g| (g.first, g.last));
}

/// A stretch of one reading.
pub(crate) fn new_fact(
    station: &StationKey,
    run: &RunId,
    boot: &BootId,
    first: Mark,
    last: Mark,
    what: What,
) -> Fact {
    let mut numbers: Vec<Number> = what
        .numbers
        .into_iter()
        .map(|(name, value)| Number { name, least: value, last: value, most: value })
        .collect();
    numbers.sort_by(|a, b| a.name.cmp(&b.name));
    Fact {
        station: station.clone(),
        boot: boot.clone(),
        run: run.clone(),
        probe: what.probe,
        role: what.role,
        first,
        last,
        count: 1,
        answer: what.answer,
        numbers,
    }
}

/// What the agent says of a stretch it has made itself.
fn thinned(mut fact: Fact, since: &Since) -> Fact {
    fact.count = since.count.max(1);
    for number in &mut fact.numbers {
        let find = |list: &[(std::sync::Arc<str>, f64)]| {
            list.iter().find(|(name, _)| *name == number.name).map(|(_, value)| *value)
        };
        number.least = find(&since.least).map_or(number.least, |v| v.min(number.least));
        number.most = find(&since.most).map_or(number.most, |v| v.max(number.most));
    }
    fact
}

/// Adds a stretch after the newest of its probe, or makes that longer.
fn add(run: &mut Run, fact: Fact, cycle_ms: i64, done: &mut Absorbed) {
    let cycle_ms = cycle_ms.max(1).unsigned_abs();
    let next = run.facts.len();
    let Some(rhythm) = run.head.rhythms.get_mut(&fact.probe) else {
        done.material |= matters(&fact.probe);
        let rhythm = Rhythm { period_ms: 0, newest: next };
        run.head.rhythms.insert(fact.probe.clone(), rhythm);
        run.facts.push(fact);
        return;
    };
    let Some(newest) = run.facts.get_mut(rhythm.newest) else { return };
    let near = is_near(&run.head.ends, rhythm, newest, fact.first, cycle_ms);
    if near && joins(newest, &fact) {
        learn(rhythm, newest, fact.first, cycle_ms, done);
        extend(newest, fact);
    } else {
        done.material |= matters(&fact.probe) && (!near || !same_meaning(newest, &fact));
        rhythm.newest = next;
        run.facts.push(fact);
    }
}

/// Makes the newest stretch of a probe longer by a reading, where that belongs to it; whether it
/// does.
fn lengthen(run: &mut Run, at: Mark, what: &What, cycle_ms: i64, done: &mut Absorbed) -> bool {
    let cycle_ms = cycle_ms.max(1).unsigned_abs();
    let Some(rhythm) = run.head.rhythms.get_mut(&what.probe) else { return false };
    let Some(newest) = run.facts.get_mut(rhythm.newest) else { return false };
    let belongs = newest.answer == what.answer
        && newest.role == what.role
        && newest.numbers.len() == what.numbers.len()
        && newest
            .numbers
            .iter()
            .zip(&what.numbers)
            .all(|(x, (name, value))| x.name == *name && stays(x, *value, *value));
    if !belongs || !is_near(&run.head.ends, rhythm, newest, at, cycle_ms) {
        return false;
    }
    learn(rhythm, newest, at, cycle_ms, done);
    newest.last = at;
    newest.count = newest.count.saturating_add(1);
    for (number, (_, value)) in newest.numbers.iter_mut().zip(&what.numbers) {
        number.least = number.least.min(*value);
        number.most = number.most.max(*value);
        number.last = *value;
    }
    true
}

/// Whether a reading comes so soon after a stretch that nothing is missing between them.
fn is_near(
    ends: &[(Mark, LastWords)],
    rhythm: &Rhythm,
    newest: &Fact,
    next: Mark,
    cycle_ms: u64,
) -> bool {
    // What sleeps and wakes is two lives, however short it was.
    let between = |m: &Mark| newest.last.seq < m.seq && m.seq < next.seq;
    let slept = ends.iter().rev().any(|(mark, _)| between(mark));
    let distance = next.at_ms.saturating_sub(newest.last.at_ms);
    !slept && distance <= hole_ms(rhythm.period_ms, cycle_ms)
}

/// What the next reading of a stretch says of its probe's rhythm, and of a verdict that two
/// readings make.
fn learn(rhythm: &mut Rhythm, newest: &Fact, next: Mark, cycle_ms: u64, done: &mut Absorbed) {
    let (known, distance) = (rhythm.period_ms, next.at_ms.saturating_sub(newest.last.at_ms));
    // A rhythm below the cycle changes nothing, and one a twentieth shorter is only jitter.
    let news = known == 0 || (known > cycle_ms && distance * 20 < known * 19);
    if newest.count >= 2 && distance > 0 && news {
        rhythm.period_ms = distance;
        done.material |= matters(&newest.probe);
    }
    done.material |= newest.count == 1 && turns_down(newest);
}

/// Farther apart than this two readings of a probe leave a hole: 2.5 periods, where a period is
/// never taken for shorter than a cycle, because a change is asked about at once.
pub(crate) fn hole_ms(period_ms: u64, cycle_ms: u64) -> u64 {
    if period_ms == 0 {
        return cycle_ms.saturating_mul(UNKNOWN_RHYTHM_CYCLES);
    }
    period_ms.max(cycle_ms).saturating_mul(5) / 2
}

/// Whether two neighbouring stretches of a probe are one: the same answer, each number in the
/// same band.
fn joins(a: &Fact, b: &Fact) -> bool {
    a.answer == b.answer
        && a.role == b.role
        && a.numbers.len() == b.numbers.len()
        && a.numbers
            .iter()
            .zip(&b.numbers)
            .all(|(x, y)| x.name == y.name && stays(x, y.least, y.most))
}

fn extend(a: &mut Fact, b: Fact) {
    a.last = b.last;
    a.count = a.count.saturating_add(b.count);
    for (x, y) in a.numbers.iter_mut().zip(b.numbers) {
        x.least = x.least.min(y.least);
        x.most = x.most.max(y.most);
        x.last = y.last;
    }
}

/// Whether the whole range is covered.
fn covers(ranges: &[(u64, u64)], first: u64, last: u64) -> bool {
    let i = ranges.partition_point(|(_, end)| *end < first);
    ranges.get(i).is_some_and(|(start, end)| *start <= first && last <= *end)
}

/// Adds a range to sorted disjoint ranges.
fn cover(ranges: &mut Vec<(u64, u64)>, mut first: u64, mut last: u64) {
    let from = ranges.partition_point(|(_, end)| end.saturating_add(1) < first);
    let mut to = from;
    while let Some((start, end)) =
        ranges.get(to).filter(|(start, _)| *start <= last.saturating_add(1))
    {
        first = first.min(*start);
        last = last.max(*end);
        to += 1;
    }
    ranges.splice(from..to, [(first, last)]);
}

#[cfg(test)]
mod tests;
