//! Pure: thins the oldest rows into stretches, so that a long outage fits the budget.
//!
//! Readings of one probe that saw the same become one row: first, last, count, least and most.
//! Changes of answer, starts, last words and gaps stay, and so does every hole in time: where a
//! probe was not asked for more than two and a half periods, the stretch ends. What is taken away
//! is named by gap rows, `thinned`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use siaga_wire::{Reading, Row, Since, Values};

use super::ranges::Ranges;
use super::record::{Kind, Record};

/// The word of a gap whose readings live on in stretches.
pub const THINNED: &str = "thinned";
/// The word of a gap whose readings had to go.
pub const DROPPED: &str = "dropped";

/// What to change in the spool.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// Rows to delete, by id.
    pub delete: Vec<i64>,
    /// Rows to write, after the deletions.
    pub put: Vec<Record>,
}

/// Thins rows of one run, oldest first. `None` if that would not save a quarter of them.
#[must_use]
pub fn thin(rows: &[Record], base: i64) -> Option<Plan> {
    let mut groups: BTreeMap<String, Vec<Piece>> = BTreeMap::new();
    let mut done: Vec<Piece> = Vec::new();
    let parsed: Vec<Option<Row<'_>>> = rows.iter().map(|r| r.row().ok()).collect();
    let periods = periods(&parsed);
    let mut absorbed = Ranges::default();
    for (index, row) in parsed.iter().enumerate() {
        match row {
            Some(Row::Reading { reading, .. } | Row::Stretch { reading, .. }) => {
                let Some(piece) = row.as_ref().and_then(|row| Piece::new(row, rows, index)) else {
                    continue;
                };
                let open = groups.entry(reading.probe.to_string()).or_default();
                let limit = periods.get(reading.probe.as_ref()).copied().unwrap_or(0);
                match open.last_mut() {
                    Some(last)
                        if last.same(&piece)
                            && piece.from_ms.saturating_sub(last.to_ms) * 2 <= limit * 5 =>
                    {
                        last.extend(piece);
                    }
                    _ => open.push(piece),
                }
            }
            Some(Row::Gap(gap)) if gap.why == THINNED => absorbed.insert(gap.range.0, gap.range.1),
            Some(Row::Gap(_) | Row::Start { .. } | Row::LastWords { .. } | Row::Unknown { .. })
            | None => {}
        }
    }
    done.extend(groups.into_values().flatten());
    let mut plan = Plan::default();
    for piece in done.iter().filter(|p| p.members.len() > 1) {
        let Some(last) = piece.members.last().and_then(|i| rows.get(*i)) else { continue };
        for member in piece.members.iter().filter_map(|i| rows.get(*i)) {
            plan.delete.push(member.id);
            absorbed.insert(member.first, member.seq);
        }
        absorbed.remove(last.seq, last.seq);
        plan.put.push(piece.record(last)?);
    }
    finish(plan, rows, base, absorbed, THINNED)
}

/// The last resort: gives up every reading, and says so.
#[must_use]
pub fn drop_readings(rows: &[Record], base: i64) -> Option<Plan> {
    let mut plan = Plan::default();
    let mut dropped = Ranges::default();
    for row in rows {
        let gone = match row.kind {
            Kind::Reading | Kind::Stretch => true,
            Kind::Gap => row
                .row()
                .is_ok_and(|r| matches!(r, Row::Gap(g) if g.why == THINNED || g.why == DROPPED)),
            Kind::Start | Kind::LastWords => false,
        };
        if gone {
            plan.delete.push(row.id);
            dropped.insert(row.first, row.seq);
        }
    }
    finish(plan, rows, base, dropped, DROPPED)
}

/// Replaces the gap rows of the same word by larger ones, and judges whether it was worth it.
fn finish(mut plan: Plan, rows: &[Record], base: i64, absorbed: Ranges, why: &str) -> Option<Plan> {
    for row in rows.iter().filter(|r| r.kind == Kind::Gap) {
        if absorbed.contains(row.first) && !plan.delete.contains(&row.id) {
            plan.delete.push(row.id);
        }
    }
    for (first, last) in absorbed.iter() {
        let near = rows.iter().find(|r| r.seq >= first)?;
        plan.put.push(Record::gap(near, base, first, last, why));
    }
    let saved = plan.delete.len().saturating_sub(plan.put.len());
    (saved * 4 >= rows.len().max(1)).then_some(plan)
}

/// The usual distance of two readings of each probe: the median, so that a few extra readings at
/// changes do not make the ordinary ones look late.
fn periods(rows: &[Option<Row<'_>>]) -> BTreeMap<String, u64> {
    let mut last: BTreeMap<&str, u64> = BTreeMap::new();
    let mut distances: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for row in rows.iter().flatten() {
        let (probe, at_ms) = match row {
            Row::Reading { reading, at_ms, .. } => (reading.probe.as_ref(), *at_ms),
            Row::Stretch { reading, at_ms, since, .. } => {
                if since.count > 1 {
                    let inside = at_ms.saturating_sub(since.at_ms) / (since.count - 1);
                    distances.entry(&reading.probe).or_default().push(inside);
                }
                last.insert(&reading.probe, *at_ms);
                continue;
            }
            Row::Start { .. } | Row::LastWords { .. } | Row::Gap(_) | Row::Unknown { .. } => {
                continue;
            }
        };
        if let Some(before) = last.insert(probe, at_ms) {
            distances.entry(probe).or_default().push(at_ms.saturating_sub(before));
        }
    }
    distances
        .into_iter()
        .filter_map(|(probe, mut all)| {
            all.sort_unstable();
            all.get(all.len() / 2).map(|median| (probe.to_owned(), *median))
        })
        .collect()
}

/// A stretch under way.
struct Piece {
    reading: Reading<'static>,
    words: Vec<String>,
    from_seq: u64,
    from_ms: u64,
    to_seq: u64,
    to_ms: u64,
    count: u64,
    least: Values<'static>,
    most: Values<'static>,
    members: Vec<usize>,
}

impl Piece {
    fn new(row: &Row<'_>, rows: &[Record], index: usize) -> Option<Self> {
        rows.get(index)?;
        let (seq, at_ms, reading, since) = match row {
            Row::Reading { seq, at_ms, reading, .. } => (*seq, *at_ms, reading, None),
            Row::Stretch { seq, at_ms, reading, since, .. } => (*seq, *at_ms, reading, Some(since)),
            Row::Start { .. } | Row::LastWords { .. } | Row::Gap(_) | Row::Unknown { .. } => {
                return None;
            }
        };
        let reading = owned(reading);
        let mut words: Vec<String> = reading.words.iter().map(ToString::to_string).collect();
        words.sort_unstable();
        words.dedup();
        let (mut least, mut most) = (reading.values.clone(), reading.values.clone());
        if let Some(since) = since {
            merge(&mut least, &since.least, f64::min);
            merge(&mut most, &since.most, f64::max);
        }
        Some(Self {
            words,
            from_seq: since.map_or(seq, |s| s.seq),
            from_ms: since.map_or(at_ms, |s| s.at_ms),
            to_seq: seq,
            to_ms: at_ms,
            count: since.map_or(1, |s| s.count),
            least,
            most,
            members: vec![index],
            reading,
        })
    }

    /// Whether the answer is the same. States that a device gives as a number are answers too.
    fn same(&self, next: &Self) -> bool {
        let states = |r: &Reading<'_>| STATES.map(|name| r.values.get(name).map(f64::to_bits));
        self.reading.saw == next.reading.saw
            && self.words == next.words
            && self.reading.why == next.reading.why
            && states(&self.reading) == states(&next.reading)
    }

    fn extend(&mut self, next: Self) {
        self.to_seq = next.to_seq;
        self.to_ms = next.to_ms;
        self.count = self.count.saturating_add(next.count);
        merge(&mut self.least, &next.least, f64::min);
        merge(&mut self.most, &next.most, f64::max);
        self.members.extend(next.members);
        self.reading = next.reading;
    }

    /// The stretch as a row in the place of its last reading.
    fn record(&self, last: &Record) -> Option<Record> {
        let differs = |values: &Values<'static>| {
            let mut kept = values.clone();
            kept.0.retain(|(name, value)| self.reading.values.get(name) != Some(*value));
            kept
        };
        let row = Row::Stretch {
            seq: self.to_seq,
            at_ms: self.to_ms,
            wall: None,
            reading: self.reading.clone(),
            since: Since {
                seq: self.from_seq,
                at_ms: self.from_ms,
                wall: None,
                count: self.count,
                least: differs(&self.least),
                most: differs(&self.most),
            },
        };
        let body = serde_json::to_vec(&row).ok()?;
        Some(Record { kind: Kind::Stretch, first: last.seq, body, before: 0, ..last.clone() })
    }
}

/// Numbers that are states: a change of one of them is a change of answer.
pub const STATES: [&str; 2] = ["device_present", "generator_running"];

/// Takes the other's extreme of each number, and numbers that only the other has.
fn merge(into: &mut Values<'static>, from: &Values<'_>, extreme: fn(f64, f64) -> f64) {
    for (name, value) in &from.0 {
        match into.0.iter_mut().find(|(n, _)| n == name) {
            Some((_, own)) => *own = extreme(*own, *value),
            None => into.push(Cow::Owned(name.to_string()), *value),
        }
    }
}

/// The reading with nothing borrowed.
fn owned(reading: &Reading<'_>) -> Reading<'static> {
    let own = |text: &Cow<'_, str>| Cow::Owned(text.to_string());
    Reading {
        probe: own(&reading.probe),
        role: reading.role.as_ref().map(own),
        saw: reading.saw,
        why: reading.why.as_ref().map(own),
        words: reading.words.iter().map(own).collect(),
        values: Values(reading.values.0.iter().map(|(n, v)| (own(n), *v)).collect()),
    }
}
