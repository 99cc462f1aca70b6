//! Readings on disk until the collector has them.
//!
//! Limits and settings:
//! - one SQLite file `spool.db`: WAL, `synchronous=FULL`, no mmap, exclusive lock, 4 KiB pages;
//!   one transaction per cycle, so one fsync per cycle; a row counts once its COMMIT returned
//! - the log is moved into the database after 24 commits or 700 rows, about 256 KiB
//! - `max_bytes` (64 MiB): from 85 % on the oldest readings are thinned into stretches, then
//!   dropped; `max_page_count` is the hard cap; nothing is ever judged by its age
//! - at most 2,000 rows wait in memory while the file cannot be written; they are thinned too
//! - quarantined files take at most a quarter of `max_bytes` more, the ballast 4 MiB
//!   (made at the first checkpoint, when there is room for four of it)
//!
//! Numbers: rows of a run count from 1 without holes. A row's id is the run's base plus its
//! number, and no id is used twice. A number is in one of three states: the collector has it
//! (`gone`), a row stands for it, or it is lost, and then a gap row says so. [`Spool::open`]
//! checks every row and restores that rule.
//!
//! It never throws a row away in silence, never believes a handle after an I/O error, and never
//! panics on what a file contains.

mod ballast;
pub mod budget;
pub mod carve;
mod file;
mod guard;
mod mend;
mod outgoing;
pub mod ranges;
pub mod record;
mod salvage;
mod store;

use std::fs;
use std::path::Path;

use siaga_wire::{LastWords, Reading, Row, Start};

use ballast::Ballast;
use carve::PAGE_BYTES;
use file::File;
pub use file::Trouble;
pub use guard::Guard;
use ranges::Ranges;
use record::{BODY_MAX_BYTES, Kind, Record, Run};
use store::Space;

const WAITING_MAX_ROWS: usize = 2_000;
const THIN_BLOCK_ROWS: usize = 2_000;
/// A file that was just replaced and fails again is left alone for so many commits.
const RETRY_COMMITS: u32 = 20;

/// What a row is about.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// What a probe saw.
    Reading(Reading<'static>),
    /// The start of this run.
    Start(Start<'static>),
    /// Its orderly end, or sleep.
    LastWords(LastWords),
}

/// A row to keep.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Milliseconds since the boot.
    pub at_ms: u64,
    /// The PC's own clock, Unix milliseconds.
    pub wall_ms: i64,
    /// What it is about.
    pub content: Content,
}

/// What the spool found when it was opened.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Found {
    /// The last run and the newest number in it, and whether it left last words.
    pub previous: Option<(String, u64, bool)>,
    /// The boot of that run.
    pub previous_boot: Option<String>,
    /// There was no file, or an empty one: on an enrolled agent that is a loss.
    pub missing: bool,
    /// Numbers that are lost, over all runs.
    pub lost_rows: u64,
    /// Files that were set aside.
    pub quarantined: usize,
}

/// What waits for the collector in one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// The run.
    pub run: String,
    /// Its boot.
    pub boot: String,
    /// The newest number it used.
    pub newest: u64,
    /// Numbers that the collector does not have.
    pub numbers: Ranges,
}

#[derive(Debug)]
struct RunState {
    run: Run,
    gone: Ranges,
    dirty: bool,
}

impl RunState {
    fn pending(&self) -> Ranges {
        self.gone.missing(1, self.run.newest)
    }

    /// The last id that it used.
    fn end(&self) -> i64 {
        self.run.base.saturating_add(self.run.newest.cast_signed())
    }

    fn stored(&self) -> Run {
        Run { gone: self.gone.to_string(), ..self.run.clone() }
    }
}

/// The spool of one agent.
pub struct Spool {
    guard: Guard,
    max_bytes: u64,
    /// The present run.
    run: String,
    /// Absent while no file can be opened; rows then wait in memory.
    file: Option<File>,
    ballast: Ballast,
    /// All runs that are known, oldest first; the last one is the present run.
    runs: Vec<RunState>,
    /// Rows that no file holds yet.
    waiting: Vec<Record>,
    /// Ids to delete with the next transaction.
    delete: Vec<(i64, i64)>,
    /// Hash of the newest row of the present run.
    last_hash: i64,
    /// Where thinning goes on, by id.
    thin_from: i64,
    retry_in: u32,
    /// The disk was full, and nothing shows yet that it is not.
    short: bool,
    /// Reading failed: the next commit does not go into that file.
    distrusted: Option<Trouble>,
}

impl Spool {
    /// Opens the spool in `dir` for a new run, checks all of it, and mends what is damaged.
    ///
    /// # Errors
    /// When another agent uses it or the library is too old. A disk that cannot be used is no
    /// error: rows wait in memory until it can.
    pub fn open(
        dir: &Path,
        max_bytes: u64,
        run: &str,
        boot: &str,
    ) -> Result<(Self, Found), Trouble> {
        let guard = Guard::new(dir)?;
        let mut found = Found::default();
        let mut spool = Self {
            guard,
            max_bytes,
            run: run.to_owned(),
            file: None,
            ballast: Ballast::new(dir),
            runs: Vec::new(),
            waiting: Vec::new(),
            delete: Vec::new(),
            last_hash: 0,
            thin_from: 0,
            retry_in: 0,
            short: false,
            distrusted: None,
        };
        match spool.open_file(&mut found) {
            Err(trouble @ Trouble::OldSqlite(_)) => return Err(trouble),
            Err(trouble) => {
                tracing::error!(%trouble, "rows wait in memory");
                found.missing = true;
            }
            Ok(()) => {}
        }
        found.previous_boot = spool.runs.last().map(|r| r.run.boot.clone());
        found.previous = spool.runs.last().map(|r| (r.run.run.clone(), r.run.newest, r.run.ended));
        let base =
            spool.runs.iter().map(|r| r.run.base + r.run.newest.cast_signed()).max().unwrap_or(0);
        let run = Run {
            base,
            run: run.to_owned(),
            boot: boot.to_owned(),
            newest: 0,
            ended: false,
            gone: String::new(),
        };
        spool.runs.push(RunState { run, gone: Ranges::default(), dirty: true });
        Ok((spool, found))
    }

    /// Opens the file, and a new one where it is damaged.
    fn open_file(&mut self, found: &mut Found) -> Result<(), Trouble> {
        let path = self.guard.path();
        let unusable = |error: std::io::Error| Trouble::Unusable(error.to_string());
        let length = fs::metadata(&path).map(|m| m.len()).ok();
        // SQLite takes less than a page for a new, healthy database.
        let stump = length.is_some_and(|l| l < PAGE_BYTES as u64);
        found.missing |= length.is_none() || stump;
        let log_alone = length.is_none() && salvage::beside(&path, "-wal").exists();
        if log_alone || stump {
            salvage::set_aside(&path).map_err(unusable)?;
        }
        let ignored = salvage::ignored_by_sqlite(&path);
        let mended = File::open(&path, self.max_bytes)
            .and_then(|file| mend::mend(self.guard.dir(), file, ignored, &self.runs_known()));
        let mended = match mended {
            Err(trouble @ (Trouble::Damaged(_) | Trouble::Io(_))) => {
                tracing::error!(%trouble, "setting the spool aside and reading what is left");
                salvage::set_aside(&path).map_err(unusable)?;
                let file = File::open(&path, self.max_bytes)?;
                mend::mend(self.guard.dir(), file, Vec::new(), &self.runs_known())?
            }
            other => other?,
        };
        found.lost_rows += mended.lost_rows;
        found.quarantined += mended.quarantined;
        found.missing &= mended.runs.is_empty();
        if length.is_none() {
            crate::platform::sync_dir(self.guard.dir()).map_err(unusable)?;
        }
        // A new file knows nothing of the runs yet.
        self.runs.iter_mut().for_each(|r| r.dirty = true);
        self.take_runs(mended.runs);
        self.rebase();
        self.file = Some(mended.file);
        salvage::trim_quarantine(self.guard.dir(), self.max_bytes / 4).map_err(unusable)
    }

    /// What memory knows of the runs, which is more than any file does.
    fn runs_known(&self) -> Vec<Run> {
        self.runs.iter().map(RunState::stored).collect()
    }

    fn take_runs(&mut self, runs: Vec<Run>) {
        for run in runs {
            if self.runs.iter().any(|r| r.run.run == run.run) {
                continue;
            }
            let gone = run.gone.parse().unwrap_or_default();
            self.runs.push(RunState { run, gone, dirty: false });
        }
        self.runs.sort_by_key(|r| r.run.base);
    }

    /// Where the file could not be opened at the start, this run was given ids that others have:
    /// it gets new ones before any of its rows is written.
    fn rebase(&mut self) {
        let ends = self.runs.iter().filter(|r| r.run.run != self.run).map(RunState::end);
        let end = ends.max().unwrap_or(0);
        let Some(state) = self.runs.iter_mut().find(|r| r.run.run == self.run && r.run.base < end)
        else {
            return;
        };
        state.run.base = end;
        self.last_hash = 0;
        for record in &mut self.waiting {
            record.id = end + record.first.cast_signed();
            record.before = self.last_hash;
            self.last_hash = record.hash();
        }
        self.runs.sort_by_key(|r| r.run.base);
    }

    /// Numbers the entries and commits them with everything else that waits: rows of earlier
    /// cycles that could not be written, deletions of what was acknowledged, thinning.
    ///
    /// # Errors
    /// The rows are then kept in memory and go with the next commit; nothing has to be repeated.
    pub fn commit(&mut self, entries: Vec<Entry>) -> Result<(), Trouble> {
        for entry in entries {
            self.number(entry);
        }
        let mut outcome = self.store(Space::Enough);
        if let Err(trouble @ (Trouble::Damaged(_) | Trouble::Io(_))) = &outcome {
            tracing::error!(%trouble, "going on in a new spool file");
            outcome = self.replace_file().and_then(|()| self.store(Space::Enough));
        } else if let Err(Trouble::Full(_)) = &outcome {
            outcome = self.make_room().and_then(|()| self.store(Space::Short));
        }
        match &outcome {
            Ok(()) => self.look_after(),
            Err(_) => self.shorten_waiting(),
        }
        outcome
    }

    fn number(&mut self, entry: Entry) {
        let Some(state) = self.runs.last_mut() else { return };
        state.run.newest += 1;
        state.run.ended =
            matches!(entry.content, Content::LastWords(LastWords::System | LastWords::Agent));
        state.dirty = true;
        let (seq, Entry { at_ms, wall_ms, content }) = (state.run.newest, entry);
        let (kind, body) = body(seq, at_ms, content);
        let record = Record {
            id: state.run.base + seq.cast_signed(),
            run: state.run.run.clone(),
            boot: state.run.boot.clone(),
            kind,
            first: seq,
            seq,
            at_ms,
            wall_ms,
            before: self.last_hash,
            body,
        };
        self.last_hash = record.hash();
        self.waiting.push(record);
    }

    /// Bytes in use, where the file can tell.
    #[must_use]
    pub fn used_bytes(&self) -> Option<u64> {
        self.file.as_ref().and_then(|f| f.used_bytes().ok())
    }

    /// Rows that no file holds.
    #[must_use]
    pub fn waiting_rows(&self) -> usize {
        self.waiting.len()
    }

    /// The newest number of this run.
    #[must_use]
    pub fn newest(&self) -> u64 {
        self.runs.last().map_or(0, |r| r.run.newest)
    }

    /// An orderly end: what was acknowledged is forgotten, and the log is moved into the database,
    /// so that the file is whole by itself.
    ///
    /// # Errors
    /// When that failed; the log then holds the rows, and the next start reads it.
    pub fn finish(&mut self) -> Result<(), Trouble> {
        if !self.delete.is_empty() {
            self.store(Space::Enough)?;
        }
        self.file.as_mut().map_or(Ok(()), File::checkpoint_and_truncate)
    }
}

/// The row as JSON. One that is too large for a page is replaced by a reading that says so.
fn body(seq: u64, at_ms: u64, content: Content) -> (Kind, Vec<u8>) {
    let (kind, row) = match content {
        Content::Reading(reading) => {
            (Kind::Reading, Row::Reading { seq, at_ms, wall: None, reading })
        }
        Content::Start(start) => (Kind::Start, Row::Start { seq, at_ms, wall: None, start }),
        Content::LastWords(last_words) => {
            (Kind::LastWords, Row::LastWords { seq, at_ms, wall: None, last_words })
        }
    };
    let text = serde_json::to_vec(&row).unwrap_or_default();
    if (1..=BODY_MAX_BYTES).contains(&text.len()) {
        return (kind, text);
    }
    let small = match row {
        Row::Reading { reading, .. } => {
            let why = format!("the answer is too large to keep: {} bytes", text.len());
            let probe = reading.probe.chars().take(64).collect::<String>().into();
            let reading = Reading {
                probe,
                role: None,
                saw: siaga_wire::Saw::Unreadable,
                why: Some(why.into()),
                words: Vec::new(),
                values: siaga_wire::Values::default(),
            };
            Row::Reading { seq, at_ms, wall: None, reading }
        }
        Row::Start { start, .. } => {
            Row::Start { seq, at_ms, wall: None, start: Start { log: None, ..start } }
        }
        other @ (Row::LastWords { .. }
        | Row::Stretch { .. }
        | Row::Gap(_)
        | Row::Unknown { .. }) => other,
    };
    (kind, serde_json::to_vec(&small).unwrap_or_default())
}

#[cfg(test)]
mod damage_tests;
#[cfg(test)]
mod tests;
