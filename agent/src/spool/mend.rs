//! Restores the spool's rule after a start or a loss: every number of every run is with the
//! collector, in a row whose CRC holds, or in a gap row.

use std::path::Path;

use super::carve::Carved;
use super::file::{Batch, File, Read, Trouble};
use super::ranges::Ranges;
use super::record::{Kind, Record, Run};
use super::salvage::{self, merge_run};

/// The word of a gap whose rows were damaged on disk.
pub(super) const DAMAGED: &str = "damaged";
const ROWS_PER_READ: usize = 500;

/// A file in which the rule holds.
pub(super) struct Mended {
    pub(super) file: File,
    /// Oldest first.
    pub(super) runs: Vec<Run>,
    pub(super) lost_rows: u64,
    pub(super) quarantined: usize,
}

/// What one run has in the file.
struct Seen {
    run: Run,
    gone: Ranges,
    covered: Ranges,
    newest_row: u64,
}

/// Reads damaged sets and `ignored` frames into `file`, checks every row, and writes the gaps.
/// `known` is what memory knows of the runs and beats what files say.
pub(super) fn mend(
    dir: &Path,
    mut file: File,
    ignored: Vec<Carved>,
    known: &[Run],
) -> Result<Mended, Trouble> {
    let salvaged = salvage::read_damaged(dir, &mut file, known)?;
    let mut runs = file.runs()?;
    let mut rows = Vec::new();
    for carved in ignored {
        match carved {
            Carved::Row(row) => rows.push(row),
            Carved::Run(run) => merge_run(&mut runs, run),
        }
    }
    file.adopt(&rows)?;
    salvaged.runs.into_iter().for_each(|run| merge_run(&mut runs, run));
    let mut seen: Vec<Seen> = runs.into_iter().map(Seen::new).collect();
    let bad = scan(&file, &mut seen)?;
    seen.sort_by_key(|s| s.run.base);
    let mut gaps = Vec::new();
    let mut batch = Batch::default();
    batch.delete.extend(bad.into_iter().map(|id| (id, id)));
    let mut lost_rows = 0;
    for one in &mut seen {
        one.run.newest = one.run.newest.max(one.newest_row);
        let id = |seq: u64| one.run.base + seq.cast_signed();
        batch.delete.extend(one.gone.iter().map(|(a, b)| (id(a), id(b))));
        let mut there = one.covered.clone();
        one.gone.iter().for_each(|(a, b)| there.insert(a, b));
        // The present run's newest rows may still wait in memory, and its own row goes with them.
        let present = known.last().is_some_and(|k| k.run == one.run.run);
        let newest = if present { there.last().unwrap_or(0) } else { one.run.newest };
        for (first, last) in there.missing(1, newest).iter() {
            lost_rows += last - first + 1;
            tracing::error!(run = one.run.run, first, last, "rows of the spool are damaged");
            let near = Record { run: one.run.run.clone(), boot: one.run.boot.clone(), ..nowhere() };
            gaps.push(Record::gap(&near, one.run.base, first, last, DAMAGED));
        }
        if !present {
            batch.runs.push(Run { gone: one.gone.to_string(), ..one.run.clone() });
        }
    }
    batch.put.extend(&gaps);
    let unchanged =
        batch.delete.is_empty() && gaps.is_empty() && salvaged.sets == 0 && rows.is_empty();
    if !unchanged {
        file.write(&batch)?;
    }
    let runs = batch.runs;
    Ok(Mended { file, runs, lost_rows, quarantined: salvaged.sets })
}

/// Reads every row. Returns the ids of those that must not be used.
fn scan(file: &File, seen: &mut Vec<Seen>) -> Result<Vec<i64>, Trouble> {
    let mut bad = Vec::new();
    let Some((mut from, to)) = file.id_range()? else { return Ok(bad) };
    let mut before: Option<Record> = None;
    loop {
        let rows = file.read(from, to, ROWS_PER_READ)?;
        let Some(last) = rows.last() else { return Ok(bad) };
        from = match last {
            Read::Good(record) => record.id + 1,
            Read::Bad(id) => id + 1,
        };
        for row in rows {
            match row {
                Read::Good(record) if record.row().is_ok() && Seen::enter(seen, &record) => {
                    check_chain(before.as_ref(), &record);
                    before = Some(record);
                }
                Read::Good(Record { id, .. }) | Read::Bad(id) => bad.push(id),
            }
        }
    }
}

/// Two good rows that do not follow each other: a page of an earlier time came back. The rows are
/// true all the same, so they are kept.
fn check_chain(before: Option<&Record>, record: &Record) {
    if let Some(before) = before
        && before.id + 1 == record.id
        && before.run == record.run
        && matches!(before.kind, Kind::Reading | Kind::Start | Kind::LastWords)
        && matches!(record.kind, Kind::Reading | Kind::LastWords)
        && before.hash() != record.before
    {
        tracing::warn!(
            run = record.run,
            seq = record.seq,
            "a row does not carry the hash of the row before"
        );
    }
}

impl Seen {
    fn new(run: Run) -> Self {
        // The text is guarded by the run's CRC; if it were nonsense, rows would be sent again.
        let gone = run.gone.parse().unwrap_or_default();
        Self { run, gone, covered: Ranges::default(), newest_row: 0 }
    }

    /// Enters a row; `false` if it contradicts what is known.
    fn enter(seen: &mut Vec<Self>, record: &Record) -> bool {
        let place = if record.kind == Kind::Gap { record.first } else { record.seq };
        let base = record.id.saturating_sub(place.cast_signed());
        let known = seen.iter().position(|s| s.run.run == record.run && s.run.base == base);
        let index = known.unwrap_or_else(|| {
            // The run's own row was damaged: its rows tell most of it again.
            seen.push(Self::new(Run {
                base,
                run: record.run.clone(),
                boot: record.boot.clone(),
                newest: 0,
                ended: false,
                gone: String::new(),
            }));
            seen.len() - 1
        });
        let Some(one) = seen.get_mut(index) else { return false };
        if record.first > record.seq || one.covered.contains(record.seq) {
            return false;
        }
        one.covered.insert(record.first, record.seq);
        if record.seq >= one.newest_row {
            one.newest_row = record.seq;
            if one.run.newest <= record.seq {
                one.run.ended = record.is_end();
            }
        }
        true
    }
}

/// A record without a place, to lend times to a gap that has none.
pub(super) fn nowhere() -> Record {
    Record {
        id: 0,
        run: String::new(),
        boot: String::new(),
        kind: Kind::Gap,
        first: 0,
        seq: 0,
        at_ms: 0,
        wall_ms: 0,
        before: 0,
        body: Vec::new(),
    }
}
