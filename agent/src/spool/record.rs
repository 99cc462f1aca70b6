//! Pure: a spool row and its guards.
//!
//! A row carries a CRC32C over all its columns, computed over the bytes that are stored, and the
//! hash of the row before it in its run. SQLite's own checks see structure, not payload: one
//! flipped bit in a body passes them all, so nobody may use a row whose CRC has not been checked.

use sha2::{Digest, Sha256};
use siaga_wire::{Gap, LastWords, Row};

/// What a row is. The numbers are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A reading.
    Reading = 1,
    /// Thinned readings.
    Stretch = 2,
    /// The start of a run.
    Start = 3,
    /// An orderly end.
    LastWords = 4,
    /// Rows that are gone.
    Gap = 5,
}

impl Kind {
    /// The kind of a stored number.
    #[must_use]
    pub fn of(number: i64) -> Option<Self> {
        [Self::Reading, Self::Stretch, Self::Start, Self::LastWords, Self::Gap]
            .into_iter()
            .find(|kind| *kind as i64 == number)
    }
}

/// One row as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Place in the spool; never used twice, also not after a file was replaced.
    pub id: i64,
    /// The run that made it.
    pub run: String,
    /// The boot in which it was made.
    pub boot: String,
    /// What it is.
    pub kind: Kind,
    /// First sequence number it stands for; differs from `seq` for a gap alone.
    pub first: u64,
    /// Its sequence number, the last one of a gap.
    pub seq: u64,
    /// Milliseconds since the boot.
    pub at_ms: u64,
    /// The PC's own clock, Unix milliseconds.
    pub wall_ms: i64,
    /// Hash of the row before it in this run; 0 for the first.
    pub before: i64,
    /// JSON of the wire row, without `wall`.
    pub body: Vec<u8>,
}

/// A body larger than this would need an overflow page, which salvage could not read.
pub const BODY_MAX_BYTES: usize = 3_000;

impl Record {
    /// The CRC32C over all columns.
    #[must_use]
    pub fn crc(&self) -> u32 {
        self.feed(0, crc32c::crc32c_append)
    }

    /// The hash that the next row carries: eight bytes of SHA-256 over all columns.
    #[must_use]
    pub fn hash(&self) -> i64 {
        let digest = self
            .feed(Sha256::new(), |mut hasher, bytes| {
                hasher.update(bytes);
                hasher
            })
            .finalize();
        let mut first = [0; 8];
        first.copy_from_slice(&digest[..8]);
        i64::from_le_bytes(first)
    }

    fn feed<S>(&self, state: S, add: impl Fn(S, &[u8]) -> S) -> S {
        let numbers = [
            self.id,
            self.kind as i64,
            self.first.cast_signed(),
            self.seq.cast_signed(),
            self.at_ms.cast_signed(),
            self.wall_ms,
            self.before,
        ];
        let state = numbers.iter().fold(state, |state, n| add(state, &n.to_le_bytes()));
        // Lengths first: "ab" + "c" and "a" + "bc" are different rows.
        [self.run.as_bytes(), self.boot.as_bytes(), &self.body].iter().fold(
            state,
            |state, bytes| {
                let state = add(state, &(bytes.len() as u64).to_le_bytes());
                add(state, bytes)
            },
        )
    }

    /// The row inside.
    ///
    /// # Errors
    /// When the body is not a row that this version can read.
    pub fn row(&self) -> Result<Row<'_>, serde_json::Error> {
        serde_json::from_slice(&self.body)
    }

    /// Whether the run ended with it. Sleep is no end: the same run goes on after it.
    #[must_use]
    pub fn is_end(&self) -> bool {
        let end = |row| {
            matches!(row, Row::LastWords { last_words: LastWords::System | LastWords::Agent, .. })
        };
        self.kind == Kind::LastWords && self.row().is_ok_and(end)
    }

    /// Whether it was written later than another row in the same place and stands for more: a
    /// stretch or a gap takes the place of a reading, and grows when it is thinned again.
    #[must_use]
    pub fn says_more_than(&self, other: &Self) -> bool {
        let reach = |record: &Self| match record.row() {
            Ok(Row::Stretch { since, seq, .. }) => (1, seq.saturating_sub(since.seq)),
            Ok(Row::Gap(gap)) => (2, gap.range.1.saturating_sub(gap.range.0)),
            Ok(
                Row::Reading { .. }
                | Row::Start { .. }
                | Row::LastWords { .. }
                | Row::Unknown { .. },
            )
            | Err(_) => (0, 0),
        };
        reach(self) > reach(other)
    }

    /// A gap of that run. `near` lends boot and times, because a gap has none of its own.
    #[must_use]
    pub fn gap(near: &Record, base: i64, first: u64, last: u64, why: &str) -> Self {
        let row = Row::Gap(Gap { range: (first, last), why: why.into() });
        Self {
            id: base.saturating_add(first.cast_signed()),
            run: near.run.clone(),
            boot: near.boot.clone(),
            kind: Kind::Gap,
            first,
            seq: last,
            at_ms: near.at_ms,
            wall_ms: near.wall_ms,
            before: 0,
            // A gap of two numbers and a word is always valid JSON.
            body: serde_json::to_vec(&row).unwrap_or_default(),
        }
    }
}

/// What the spool knows of one run, also after its rows are gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// `id` of its rows minus their `seq`.
    pub base: i64,
    /// Its identity.
    pub run: String,
    /// The boot it ran in.
    pub boot: String,
    /// The newest number it used.
    pub newest: u64,
    /// Whether it left last words.
    pub ended: bool,
    /// Numbers that the collector has, as [`super::ranges::Ranges`] prints them.
    pub gone: String,
}

impl Run {
    /// The CRC32C over all columns.
    #[must_use]
    pub fn crc(&self) -> u32 {
        let text = format!(
            "{}\n{}\n{}\n{}\n{}\n{}",
            self.base, self.run, self.boot, self.newest, self.ended, self.gone
        );
        crc32c::crc32c(text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        Record {
            id: 812,
            run: "a1".into(),
            boot: "b2".into(),
            kind: Kind::Reading,
            first: 12,
            seq: 12,
            at_ms: 734_512,
            wall_ms: -5,
            before: 99,
            body: br#"{"seq":12,"at_ms":734512,"probe":"host","saw":"timeout"}"#.to_vec(),
        }
    }

    #[test]
    fn every_column_is_guarded() {
        let good = record();
        let changed: Vec<Record> = vec![
            Record { id: 813, ..good.clone() },
            Record { run: "a2".into(), ..good.clone() },
            Record { run: "a1b".into(), boot: "2".into(), ..good.clone() },
            Record { kind: Kind::Start, ..good.clone() },
            Record { first: 11, ..good.clone() },
            Record { seq: 13, ..good.clone() },
            Record { at_ms: 0, ..good.clone() },
            Record { wall_ms: 5, ..good.clone() },
            Record { before: 98, ..good.clone() },
            Record { body: b"{}".to_vec(), ..good.clone() },
        ];
        for bad in changed {
            assert_ne!(bad.crc(), good.crc(), "{bad:?}");
            assert_ne!(bad.hash(), good.hash(), "{bad:?}");
        }
    }

    #[test]
    fn a_gap_stands_for_its_range() {
        let gap = Record::gap(&record(), 800, 3, 7, "damaged");
        assert_eq!((gap.id, gap.first, gap.seq), (803, 3, 7));
        assert_eq!(gap.row().unwrap().range(), (3, 7));
    }
}
