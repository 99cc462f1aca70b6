//! What waits for the collector: which numbers, their rows, and what becomes of them once the
//! collector has answered. Nothing here writes to the file; the next commit does.

use super::file::{Read, Trouble};
use super::record::Record;
use super::{Pending, Spool, mend};

impl Spool {
    /// The collector has these numbers of that run. They are forgotten with the next commit; if
    /// that never comes, they are sent again, which changes nothing there.
    pub fn acknowledge(&mut self, run: &str, committed: &[(u64, u64)]) {
        let Some(state) = self.runs.iter_mut().find(|r| r.run.run == run) else { return };
        for &(first, last) in committed {
            let (first, last) = (first.max(1), last.min(state.run.newest));
            if first > last {
                continue;
            }
            state.gone.insert(first, last);
            state.dirty = true;
            let base = state.run.base;
            self.delete.push((base + first.cast_signed(), base + last.cast_signed()));
            self.waiting.retain(|r| r.run != run || r.first < first || r.seq > last);
        }
    }

    /// What waits for the collector, oldest run first; the present run is the last.
    #[must_use]
    pub fn pending(&self) -> Vec<Pending> {
        self.runs
            .iter()
            .map(|r| Pending {
                run: r.run.run.clone(),
                boot: r.run.boot.clone(),
                newest: r.run.newest,
                numbers: r.pending(),
            })
            .collect()
    }

    /// Rows of `run` that stand for numbers from `first` to `last`, at most `limit`; every CRC is
    /// checked. A number that should have a row and has none comes as a gap, which is stored with
    /// the next commit.
    ///
    /// # Errors
    /// When the file cannot be read; the next commit replaces it.
    pub fn read(
        &mut self,
        run: &str,
        first: u64,
        last: u64,
        limit: usize,
    ) -> Result<Vec<Record>, Trouble> {
        let Some(state) = self.runs.iter().find(|r| r.run.run == run) else {
            return Ok(Vec::new());
        };
        let (base, newest) = (state.run.base, state.run.newest);
        let last = last.min(newest).min(first.saturating_add(limit as u64 - 1));
        let mut records = Vec::new();
        if let Some(file) = &self.file {
            let (a, b) = (base + first.cast_signed(), base + last.cast_signed());
            let read = file
                .read(a, b, limit)
                .inspect_err(|trouble| self.distrusted = Some(trouble.clone()))?;
            for read in read {
                match read {
                    Read::Good(record) if self.is_to_be_deleted(record.id) => {}
                    Read::Good(record) if record.row().is_ok() => records.push(record),
                    Read::Good(Record { id, .. }) | Read::Bad(id) => self.delete.push((id, id)),
                }
            }
        }
        records.extend(
            self.waiting
                .iter()
                .filter(|r| r.run == run && (first..=last).contains(&r.first))
                .cloned(),
        );
        records.sort_by_key(|r| r.id);
        self.fill_holes(run, (first, last), &mut records);
        Ok(records)
    }

    /// Acknowledged, or given up, and still in the file until the next commit.
    fn is_to_be_deleted(&self, id: i64) -> bool {
        self.delete.iter().any(|(first, last)| (*first..=*last).contains(&id))
    }

    fn fill_holes(&mut self, run: &str, (first, last): (u64, u64), records: &mut Vec<Record>) {
        let Some(state) = self.runs.iter().find(|r| r.run.run == run) else { return };
        let mut covered = state.gone.clone();
        records.iter().for_each(|r| covered.insert(r.first, r.seq));
        let lost: Vec<(u64, u64)> = covered.missing(first, last).iter().collect();
        for (a, b) in lost {
            tracing::error!(run, first = a, last = b, "rows of the spool are damaged");
            let near =
                Record { boot: state.run.boot.clone(), run: run.to_owned(), ..mend::nowhere() };
            let gap = Record::gap(&near, state.run.base, a, b, mend::DAMAGED);
            self.waiting.push(gap.clone());
            records.push(gap);
        }
        records.sort_by_key(|r| r.id);
    }

    /// The collector will never take that row: a gap takes its place, so that it does not hold up
    /// the others.
    pub fn give_up(&mut self, record: &Record, why: &str) {
        let Some(base) = self.base_of(&record.run) else { return };
        self.delete.push((record.id, record.id));
        self.waiting.retain(|r| r.id != record.id);
        self.waiting.push(Record::gap(record, base, record.first, record.seq, why));
        self.waiting.sort_by_key(|r| r.id);
    }
}
