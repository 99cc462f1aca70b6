//! Damaged files: set aside as a whole, read by their raw bytes, kept as evidence.
//!
//! A set (database, log, shared memory) moves together and in two steps: `spool-N.damaged` still
//! has to be read, `spool-N.quarantine` has been. A crash at any point leaves names that the next
//! start understands. Nothing here deletes a file that has not been read.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::carve::{self, Carved, FRAME_BYTES, PAGE_BYTES};
use super::file::{File, Trouble};
use super::ranges::Ranges;
use super::record::{Record, Run};

const DAMAGED: &str = "damaged";
const QUARANTINE: &str = "quarantine";
const SUFFIXES: [&str; 3] = ["", "-wal", "-shm"];
/// A log is short by design; a longer one is read up to here.
const WAL_MAX_BYTES: u64 = 16 * 1024 * 1024;
const ROWS_PER_TRANSACTION: usize = 500;

/// The file beside `path`: `spool.db` → `spool.db-wal`.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Sets `path` and its companions aside, to be read. Whether there was anything.
pub(super) fn set_aside(path: &Path) -> io::Result<bool> {
    move_away(path, DAMAGED)
}

/// Sets `path` and its companions aside as evidence alone.
pub(super) fn set_aside_unread(path: &Path) -> io::Result<bool> {
    move_away(path, QUARANTINE)
}

fn move_away(path: &Path, kind: &str) -> io::Result<bool> {
    let dir = path.parent().unwrap_or(Path::new("."));
    let number = sets(dir, DAMAGED)?
        .into_iter()
        .chain(sets(dir, QUARANTINE)?)
        .map(|set| set.0 + 1)
        .max()
        .unwrap_or(1);
    let to = dir.join(format!("spool-{number}.{kind}"));
    let moved = rename_set(path, &to)?;
    if moved {
        crate::platform::sync_dir(dir)?;
    }
    Ok(moved)
}

/// The log goes first: a database that has lost its log is only older, but a log without its
/// database would be taken for that of the next one.
fn rename_set(from: &Path, to: &Path) -> io::Result<bool> {
    let mut moved = false;
    for suffix in SUFFIXES.iter().rev() {
        match fs::rename(beside(from, suffix), beside(to, suffix)) {
            Ok(()) => moved = true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(moved)
}

/// Sets of that kind, oldest first: number and path of the database.
fn sets(dir: &Path, kind: &str) -> io::Result<Vec<(u64, PathBuf)>> {
    let mut numbers = std::collections::BTreeSet::new();
    for entry in fs::read_dir(dir)? {
        let name = entry?.file_name();
        let name = name.to_string_lossy();
        let Some(rest) = name.strip_prefix("spool-") else { continue };
        let Some((number, rest)) = rest.split_once('.') else { continue };
        if SUFFIXES.iter().any(|suffix| rest.strip_suffix(suffix) == Some(kind))
            && let Ok(number) = number.parse::<u64>()
        {
            numbers.insert(number);
        }
    }
    Ok(numbers.into_iter().map(|n| (n, dir.join(format!("spool-{n}.{kind}")))).collect())
}

/// What was found in damaged files.
#[derive(Debug, Default)]
pub(super) struct Salvaged {
    /// The newest state of each run.
    pub(super) runs: Vec<Run>,
    /// How many sets were read.
    pub(super) sets: usize,
}

/// Reads every damaged set into `file`, then marks it as read. Rows keep their ids. What `known`
/// runs or the sets themselves say is with the collector, is left behind.
pub(super) fn read_damaged(
    dir: &Path,
    file: &mut File,
    known: &[Run],
) -> Result<Salvaged, Trouble> {
    let mut salvaged = Salvaged { runs: known.to_vec(), ..Salvaged::default() };
    for (number, path) in sets(dir, DAMAGED).map_err(unusable)? {
        read_set(&path, &mut |found| {
            let runs = found.into_iter().filter_map(Carved::run);
            runs.for_each(|run| merge_run(&mut salvaged.runs, run));
            Ok(())
        })?;
        match adopt_rows(&path, file, &salvaged.runs) {
            // What does not fit is recorded as lost; trying again would not make it fit.
            Err(trouble @ Trouble::Full(_)) => {
                tracing::error!(%trouble, "not all rows can be saved")
            }
            other => other?,
        }
        file.checkpoint_and_truncate()?;
        let to = dir.join(format!("spool-{number}.{QUARANTINE}"));
        rename_set(&path, &to).map_err(unusable)?;
        salvaged.sets += 1;
    }
    Ok(salvaged)
}

fn adopt_rows(path: &Path, file: &mut File, runs: &[Run]) -> Result<(), Trouble> {
    let gone: Vec<(&str, Ranges)> =
        runs.iter().map(|r| (r.run.as_str(), r.gone.parse().unwrap_or_default())).collect();
    let is_gone =
        |row: &Record| gone.iter().any(|(run, gone)| *run == row.run && gone.contains(row.seq));
    let mut batch: Vec<Record> = Vec::new();
    read_set(path, &mut |found| {
        batch.extend(found.into_iter().filter_map(Carved::row).filter(|row| !is_gone(row)));
        if batch.len() < ROWS_PER_TRANSACTION {
            return Ok(());
        }
        file.adopt(&std::mem::take(&mut batch))
    })?;
    file.adopt(&batch)
}

fn read_set(path: &Path, take: Take<'_>) -> Result<(), Trouble> {
    read_pages(path, take)?;
    read_log(&beside(path, "-wal"), take)
}

fn unusable(error: io::Error) -> Trouble {
    Trouble::Unusable(error.to_string())
}

/// Old versions of a run lie about in a file; the one with the most history is the newest.
pub(super) fn merge_run(runs: &mut Vec<Run>, run: Run) {
    let progress = |run: &Run| {
        let gone = run.gone.parse::<Ranges>().unwrap_or_default().count();
        (run.newest, gone, run.ended)
    };
    match runs.iter_mut().find(|r| r.base == run.base && r.run == run.run) {
        Some(known) if progress(known) < progress(&run) => *known = run,
        Some(_) => {}
        None => runs.push(run),
    }
}

type Take<'a> = &'a mut dyn FnMut(Vec<Carved>) -> Result<(), Trouble>;

/// Page by page, so that a large file needs little memory. A page that cannot be read is skipped.
fn read_pages(path: &Path, take: Take<'_>) -> Result<(), Trouble> {
    let Ok(mut file) = fs::File::open(path) else { return Ok(()) };
    let mut page = vec![0; PAGE_BYTES];
    loop {
        match read_full(&mut file, &mut page) {
            Ok(0) => return Ok(()),
            Ok(length) => {
                let mut found = Vec::new();
                carve::page(page.get(..length).unwrap_or_default(), &mut found);
                take(found)?;
            }
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "a page of a damaged spool cannot be read");
                if io::Seek::seek(&mut file, io::SeekFrom::Current(PAGE_BYTES as i64)).is_err() {
                    return Ok(());
                }
            }
        }
    }
}

fn read_full(file: &mut fs::File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|r| !r.is_empty()) {
        match file.read(rest) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

fn read_log(path: &Path, take: Take<'_>) -> Result<(), Trouble> {
    let wal = read_start(path, WAL_MAX_BYTES);
    for frame in carve::frames(&wal) {
        let mut found = Vec::new();
        carve::page(frame, &mut found);
        take(found)?;
    }
    Ok(())
}

/// Rows and runs in frames that SQLite will ignore although they belong to the log. Must be called
/// before SQLite opens the file, because its next write begins the log anew.
pub(super) fn ignored_by_sqlite(database: &Path) -> Vec<Carved> {
    let wal = read_start(&beside(database, "-wal"), WAL_MAX_BYTES);
    let mut found = Vec::new();
    for frame in carve::ignored_frames(&wal) {
        carve::page(frame, &mut found);
    }
    found
}

fn read_start(path: &Path, most: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Ok(file) = fs::File::open(path)
        && let Err(error) =
            file.take(most / FRAME_BYTES as u64 * FRAME_BYTES as u64).read_to_end(&mut bytes)
    {
        tracing::warn!(path = %path.display(), %error, "the log of the spool cannot be read to its end");
    }
    bytes
}

/// Deletes the oldest quarantined sets until the rest fits `max_bytes`.
pub(super) fn trim_quarantine(dir: &Path, max_bytes: u64) -> io::Result<()> {
    let mut kept = 0_u64;
    for (_, path) in sets(dir, QUARANTINE)?.into_iter().rev() {
        let files = SUFFIXES.map(|suffix| beside(&path, suffix));
        kept += files.iter().filter_map(|f| fs::metadata(f).ok()).map(|m| m.len()).sum::<u64>();
        if kept > max_bytes {
            for file in files {
                match fs::remove_file(&file) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
        }
    }
    Ok(())
}
