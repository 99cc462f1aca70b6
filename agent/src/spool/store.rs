//! Writes to disk: one transaction for everything that waits, and what is done when that fails.
//! A full disk gives up readings from the oldest on; a failing one gets a new file.

use super::ballast::ROOM_BYTES;
use super::file::{Batch, File, Read, Trouble};
use super::record::Record;
use super::{
    Found, RETRY_COMMITS, RunState, Spool, THIN_BLOCK_ROWS, WAITING_MAX_ROWS, budget, mend, salvage,
};

/// Blocks that one commit looks at for something to thin.
const BLOCKS_PER_COMMIT: usize = 8;

/// Whether the disk has taken the last transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Space {
    /// It has.
    Enough,
    /// It was full: room is made inside the file.
    Short,
}

impl Spool {
    /// Writes everything that waits in one transaction, and gives up what the space asks for.
    pub(super) fn store(&mut self, space: Space) -> Result<(), Trouble> {
        if self.file.is_none() {
            self.retry_in = self.retry_in.saturating_sub(1);
            if self.retry_in > 0 {
                return Err(Trouble::Unusable("waiting before the next try".into()));
            }
            self.retry_in = RETRY_COMMITS;
            self.open_file(&mut Found::default())?;
        }
        if let Some(trouble) = self.distrusted.take() {
            return Err(trouble);
        }
        let plan = self.thinning(space)?;
        let Some(file) = &mut self.file else { return Ok(()) };
        let mut batch = Batch { delete: self.delete.clone(), ..Batch::default() };
        batch.delete.extend(plan.delete.iter().map(|id| (*id, *id)));
        batch.put.extend(plan.put.iter().chain(&self.waiting));
        batch.runs.extend(self.runs.iter().filter(|r| r.dirty).map(RunState::stored));
        // The present run and the one before it are never forgotten: they are the counter.
        let old = self.runs.len().saturating_sub(2);
        let finished = |r: &&RunState| r.pending().is_empty();
        batch.forget.extend(self.runs.iter().take(old).filter(finished).map(|r| r.run.base));
        file.write(&batch)?;
        let forget = batch.forget;
        self.runs.retain(|r| !forget.contains(&r.run.base));
        self.runs.iter_mut().for_each(|r| r.dirty = false);
        self.waiting.clear();
        self.delete.clear();
        self.retry_in = 0;
        Ok(())
    }

    /// What a full spool gives up in the next transaction.
    fn thinning(&mut self, space: Space) -> Result<budget::Plan, Trouble> {
        let Some(file) = &self.file else { return Ok(budget::Plan::default()) };
        let over_budget = file.used_bytes()? >= self.max_bytes / 100 * 85;
        if !over_budget && space == Space::Enough {
            return Ok(budget::Plan::default());
        }
        if let Some((plan, last)) = self.first_plan(self.thin_from, budget::thin)? {
            self.thin_from = last + 1;
            return Ok(plan);
        }
        self.thin_from = 0;
        // A full disk is not ours to empty: only what the budget forbids is dropped.
        let dropped = if over_budget { self.first_plan(0, budget::drop_readings)? } else { None };
        let plan = dropped.map_or_else(budget::Plan::default, |(plan, _)| plan);
        if !plan.delete.is_empty() {
            tracing::warn!(
                rows = plan.delete.len(),
                "the spool is full of changes: the oldest readings are dropped"
            );
        }
        Ok(plan)
    }

    /// The first block, from that id on, of which `plan` makes something; and its last id.
    fn first_plan(
        &self,
        from: i64,
        plan: fn(&[Record], i64) -> Option<budget::Plan>,
    ) -> Result<Option<(budget::Plan, i64)>, Trouble> {
        let Some(file) = &self.file else { return Ok(None) };
        let Some((oldest, newest)) = file.id_range()? else { return Ok(None) };
        let mut from = from.max(oldest);
        for _ in 0..BLOCKS_PER_COMMIT {
            let block = self.block(from, newest)?;
            let (Some(first), Some(last)) = (block.first(), block.last()) else { break };
            let Some(base) = self.base_of(&first.run) else { break };
            if let Some(plan) = plan(&block, base) {
                return Ok(Some((plan, last.id)));
            }
            from = last.id + 1;
        }
        Ok(None)
    }

    /// Rows of one run from that id on, with good CRCs.
    fn block(&self, from: i64, newest: i64) -> Result<Vec<Record>, Trouble> {
        let Some(file) = &self.file else { return Ok(Vec::new()) };
        let mut block: Vec<Record> = Vec::new();
        for read in file.read(from, newest, THIN_BLOCK_ROWS)? {
            match read {
                Read::Good(record) if block.first().is_none_or(|f| f.run == record.run) => {
                    block.push(record)
                }
                Read::Good(_) => break,
                Read::Bad(_) => return Err(Trouble::Damaged("a row fails its check".into())),
            }
        }
        Ok(block)
    }

    pub(super) fn base_of(&self, run: &str) -> Option<i64> {
        self.runs.iter().find(|r| r.run.run == run).map(|r| r.run.base)
    }

    /// After an I/O error nothing that the handle says is believed: the file is set aside, the
    /// rows in memory go into a new one, and what the old one holds is read without writing to it.
    pub(super) fn replace_file(&mut self) -> Result<(), Trouble> {
        self.file = None;
        self.retry_in = RETRY_COMMITS;
        let path = self.guard.path();
        salvage::set_aside(&path).map_err(|e| Trouble::Unusable(e.to_string()))?;
        let mut file = File::open(&path, self.max_bytes)?;
        let runs = self.runs_known();
        file.write(&Batch { put: self.waiting.iter().collect(), runs, ..Batch::default() })?;
        self.waiting.clear();
        let mended = mend::mend(self.guard.dir(), file, Vec::new(), &self.runs_known())?;
        // What was to be deleted is either not in the new file, or went when it was mended.
        self.delete.clear();
        self.take_runs(mended.runs);
        self.file = Some(mended.file);
        salvage::trim_quarantine(self.guard.dir(), self.max_bytes / 4)
            .map_err(|e| Trouble::Unusable(e.to_string()))
    }

    pub(super) fn make_room(&mut self) -> Result<(), Trouble> {
        let freed = self.ballast.release().map_err(|e| Trouble::Unusable(e.to_string()))?;
        if !std::mem::replace(&mut self.short, true) || freed {
            tracing::error!(ballast_freed = freed, "the disk is full");
        }
        Ok(())
    }

    /// Work that may fail without harm to the cycle.
    pub(super) fn look_after(&mut self) {
        let Some(file) = self.file.as_mut().filter(|f| f.log_is_long()) else { return };
        match file.checkpoint() {
            Ok(()) => {
                let room = crate::platform::free_bytes(self.guard.dir());
                self.short &= room.is_ok_and(|free| free < ROOM_BYTES);
                if let Err(error) = self.ballast.restore() {
                    tracing::warn!(%error, "no ballast for a full disk");
                }
            }
            // It is in the log, so nothing is lost; the next commit meets the same trouble.
            Err(trouble @ (Trouble::Full(_) | Trouble::Unusable(_))) => {
                tracing::warn!(%trouble, "checkpoint")
            }
            Err(trouble) => {
                tracing::error!(%trouble, "checkpoint failed: going on in a new spool file");
                if let Err(trouble) = self.replace_file() {
                    tracing::error!(%trouble, "rows wait in memory");
                }
            }
        }
    }

    /// Keeps memory bounded while nothing can be written.
    pub(super) fn shorten_waiting(&mut self) {
        if self.waiting.len() <= WAITING_MAX_ROWS {
            return;
        }
        let Some(base) = self.runs.last().map(|r| r.run.base) else { return };
        let plan = budget::thin(&self.waiting, base)
            .or_else(|| budget::drop_readings(&self.waiting, base));
        if let Some(plan) = plan {
            self.waiting.retain(|r| !plan.delete.contains(&r.id));
            self.waiting.extend(plan.put);
            self.waiting.sort_by_key(|r| r.id);
        }
    }
}
