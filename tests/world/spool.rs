//! The agent's spool in memory: the same numbers, the same three states of a number, the same
//! forgetting with the next commit; what a crash undoes is undone.

use std::collections::BTreeMap;

use siaga_agent::spool::ranges::Ranges;
use siaga_agent::spool::{Content, Pending};
use siaga_wire::{Gap, LastWords, Row};

use super::truth::Span;

/// A row to keep.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Milliseconds since the boot.
    pub at_ms: u64,
    /// The PC's wall clock, milliseconds.
    pub wall_ms: i64,
    /// When it truly was, milliseconds.
    pub true_ms: i64,
    /// What.
    pub content: Content,
}

/// A row that is kept.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The PC's wall clock, milliseconds.
    pub wall_ms: i64,
    /// When it truly was, milliseconds.
    pub true_ms: i64,
    /// The row.
    pub row: Row<'static>,
}

/// One run.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its identity.
    pub id: String,
    /// Its boot.
    pub boot: String,
    /// The newest number.
    pub newest: u64,
    ended: bool,
    gone: Ranges,
    rows: BTreeMap<u64, Kept>,
}

/// The spool of one agent.
#[derive(Clone, Debug, Default)]
pub struct Spool {
    runs: Vec<Run>,
    /// Acknowledged, and not yet forgotten on disk.
    acked: Vec<(String, u64, u64)>,
}

/// The run before, as a new one finds it.
pub struct Previous {
    /// Its identity.
    pub run: String,
    /// Its newest row.
    pub newest: u64,
    /// It left last words.
    pub ended: bool,
    /// Its boot.
    pub boot: String,
}

impl Spool {
    /// A new run begins.
    pub fn begin(&mut self, run: &str, boot: &str) -> Option<Previous> {
        let previous = self.runs.last().map(|r| Previous {
            run: r.id.clone(),
            newest: r.newest,
            ended: r.ended,
            boot: r.boot.clone(),
        });
        self.runs.push(Run {
            id: run.to_owned(),
            boot: boot.to_owned(),
            newest: 0,
            ended: false,
            gone: Ranges::default(),
            rows: BTreeMap::new(),
        });
        previous
    }

    /// All of it is gone.
    pub fn lose(&mut self) {
        self.runs.clear();
        self.acked.clear();
    }

    /// Rows made in that span of seconds are damaged: gaps stand for them.
    pub fn damage(&mut self, span: Span) {
        for run in &mut self.runs {
            let hit: Vec<u64> = run
                .rows
                .iter()
                .filter(|(_, kept)| span.has(kept.true_ms.div_euclid(1000)))
                .map(|(seq, _)| *seq)
                .collect();
            let mut lost = Ranges::default();
            for seq in hit {
                if let Some(kept) = run.rows.remove(&seq) {
                    let range = kept.row.range();
                    lost.insert(range.0, range.1);
                }
            }
            for range in lost.iter() {
                let row = Row::Gap(Gap { range, why: "damaged".into() });
                run.rows.insert(range.0, Kept { wall_ms: 0, true_ms: span.from * 1000, row });
            }
        }
    }

    /// Numbers the entries and keeps them, and forgets what was acknowledged. Answers the numbers.
    pub fn commit(&mut self, entries: Vec<Entry>) -> Option<(u64, u64)> {
        self.settle();
        let run = self.runs.last_mut()?;
        let first = run.newest + 1;
        for Entry { at_ms, wall_ms, true_ms, content } in entries {
            run.newest += 1;
            run.ended = matches!(content, Content::LastWords(LastWords::System | LastWords::Agent));
            let (seq, wall) = (run.newest, None);
            let row = match content {
                Content::Reading(reading) => Row::Reading { seq, at_ms, wall, reading },
                Content::Start(start) => Row::Start { seq, at_ms, wall, start },
                Content::LastWords(last_words) => Row::LastWords { seq, at_ms, wall, last_words },
            };
            run.rows.insert(seq, Kept { wall_ms, true_ms, row });
        }
        let newest = run.newest;
        // The present run and the one before it are never forgotten.
        let old = self.runs.len().saturating_sub(2);
        let mut i = 0;
        self.runs.retain(|r| {
            i += 1;
            i > old || !r.pending().is_empty()
        });
        Some((first, newest))
    }

    /// What was acknowledged is forgotten.
    pub fn settle(&mut self) {
        for (run, first, last) in std::mem::take(&mut self.acked) {
            if let Some(run) = self.runs.iter_mut().find(|r| r.id == run) {
                let gone: Vec<u64> = run.rows.range(first..=last).map(|(seq, _)| *seq).collect();
                for seq in gone {
                    run.rows.remove(&seq);
                }
            }
        }
    }

    /// The agent died: acknowledgements that were not on disk are not known any more.
    pub fn crash(&mut self) {
        for (run, first, last) in std::mem::take(&mut self.acked) {
            if let Some(run) = self.runs.iter_mut().find(|r| r.id == run) {
                run.gone.remove(first, last);
            }
        }
    }

    /// The collector has these.
    pub fn acknowledge(&mut self, run: &str, committed: &[(u64, u64)]) {
        let Some(state) = self.runs.iter_mut().find(|r| r.id == run) else { return };
        for (first, last) in committed {
            let last = (*last).min(state.newest);
            state.gone.insert(*first, last);
            self.acked.push((run.to_owned(), *first, last));
        }
    }

    /// What waits, oldest run first; the present run is the last, whatever it has.
    #[must_use]
    pub fn pending(&self) -> Vec<Pending> {
        let present = self.runs.len().saturating_sub(1);
        let mut out = Vec::with_capacity(2);
        for (i, run) in self.runs.iter().enumerate() {
            let numbers = run.pending();
            if i == present || !numbers.is_empty() {
                let (id, boot) = (run.id.clone(), run.boot.clone());
                out.push(Pending { run: id, boot, newest: run.newest, numbers });
            }
        }
        out
    }

    /// Whether anything waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.runs.iter().all(|r| r.pending().is_empty())
    }

    /// The newest number of the present run, and whether the collector has it.
    #[must_use]
    pub fn newest(&self) -> (u64, bool) {
        self.runs.last().map_or((0, true), |r| (r.newest, r.gone.contains(r.newest)))
    }

    /// Rows of a run that the collector does not have.
    #[must_use]
    pub fn read(&self, run: &str, first: u64, last: u64, limit: usize) -> Vec<&Kept> {
        let Some(state) = self.runs.iter().find(|r| r.id == run) else { return Vec::new() };
        let last = last.min(state.newest).min(first.saturating_add(limit as u64 - 1));
        let rows = state.rows.range(first..=last);
        rows.filter(|(seq, _)| !state.gone.contains(**seq)).map(|(_, kept)| kept).collect()
    }
}

impl Run {
    fn pending(&self) -> Ranges {
        self.gone.missing(1, self.newest)
    }
}
