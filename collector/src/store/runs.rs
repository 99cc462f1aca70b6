//! Which rows of which run are durable: what makes replays and duplicates mean nothing.

use rusqlite::{Connection, OptionalExtension as _};
use siaga_decide::At;

use super::{Result, StoreError};

/// Sorted, disjoint ranges of sequence numbers, both ends included, never touching.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Ranges(Vec<(u64, u64)>);

impl Ranges {
    /// Whether all of `range` is inside.
    #[must_use]
    pub fn holds(&self, range: (u64, u64)) -> bool {
        let i = self.0.partition_point(|r| r.1 < range.0);
        self.0.get(i).is_some_and(|r| r.0 <= range.0 && range.1 <= r.1)
    }

    /// Adds a range.
    pub fn add(&mut self, range: (u64, u64)) {
        let (mut first, mut last) = range;
        // Ranges that overlap or touch the new one become part of it.
        let from = self.0.partition_point(|r| r.1.saturating_add(1) < first);
        let to = self.0.partition_point(|r| r.0 <= last.saturating_add(1));
        if let Some(part) = self.0.get(from..to)
            && let (Some(a), Some(b)) = (part.first(), part.last())
        {
            first = first.min(a.0);
            last = last.max(b.1);
        }
        self.0.splice(from..to.max(from), [(first, last)]);
    }

    /// The ranges, first to last.
    #[must_use]
    pub fn parts(&self) -> &[(u64, u64)] {
        &self.0
    }

    /// `[[1,812]]`
    fn text(&self) -> Result<String> {
        Ok(serde_json::to_string(&self.0)?)
    }

    fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().map(Self)
    }
}

/// The durable rows of a run.
///
/// # Errors
/// When the store fails.
pub fn load(conn: &Connection, agent_no: i64, run: &str) -> Result<Ranges> {
    let text: Option<String> = conn
        .prepare_cached("SELECT committed FROM runs WHERE agent_no = ?1 AND run = ?2")?
        .query_row((agent_no, run), |r| r.get(0))
        .optional()?;
    let Some(text) = text else { return Ok(Ranges::default()) };
    Ranges::read(&text).ok_or_else(|| StoreError::Record(format!("ranges of run {run}: {text:?}")))
}

/// Keeps the durable rows of a run.
///
/// # Errors
/// When the store fails.
pub fn save(conn: &Connection, now: At, agent_no: i64, run: &str, rows: &Ranges) -> Result<()> {
    conn.prepare_cached(
        "INSERT INTO runs VALUES (?1, ?2, ?3, ?3, ?4) ON CONFLICT (agent_no, run) DO UPDATE SET \
         last_ms = excluded.last_ms, committed = excluded.committed",
    )?
    .execute((agent_no, run, now.0, rows.text()?))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_join_where_they_touch_and_hold_only_what_was_added() {
        let mut ranges = Ranges::default();
        for range in [(5, 7), (1, 2), (9, 9), (3, 3), (8, 8), (20, 30), (25, 40)] {
            ranges.add(range);
        }
        assert_eq!(ranges.parts(), [(1, 3), (5, 9), (20, 40)]);
        assert!(ranges.holds((5, 9)) && ranges.holds((21, 22)));
        assert!(!ranges.holds((3, 5)) && !ranges.holds((41, 41)) && !ranges.holds((4, 4)));
        ranges.add((2, 50));
        assert_eq!(ranges.parts(), [(1, 50)]);
        assert_eq!(Ranges::read(&ranges.text().unwrap()), Some(ranges));
        let mut top = Ranges::default();
        top.add((u64::MAX, u64::MAX));
        top.add((u64::MAX - 1, u64::MAX - 1));
        assert_eq!(top.parts(), [(u64::MAX - 1, u64::MAX)]);
    }

    #[test]
    fn every_order_of_adding_gives_the_same_ranges() {
        // A small generator of its own: the same seed, the same orders.
        let mut state = 7_u64;
        let mut next = |n: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) % n
        };
        for _ in 0..200 {
            let mut parts: Vec<(u64, u64)> = Vec::new();
            for _ in 0..12 {
                let first = next(40) + 1;
                parts.push((first, first + next(4)));
            }
            let mut one = Ranges::default();
            parts.iter().for_each(|p| one.add(*p));
            let mut shuffled = parts.clone();
            for i in (1..shuffled.len()).rev() {
                shuffled.swap(i, usize::try_from(next(i as u64 + 1)).unwrap());
            }
            let mut other = Ranges::default();
            shuffled.iter().for_each(|p| other.add(*p));
            assert_eq!(one, other);
            let inside = |n: u64| parts.iter().any(|p| p.0 <= n && n <= p.1);
            for n in 1..50 {
                assert_eq!(one.holds((n, n)), inside(n), "{n} in {parts:?}");
            }
        }
    }
}
