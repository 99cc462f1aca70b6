//! Copies of the whole database that open on their own.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use siaga_decide::At;

use super::{Result, StoreError};

/// So many copies are kept, the newest ones.
const KEPT: usize = 3;

/// Copies the database at `path` into `folder`. A copy is one moment; the writer goes on meanwhile.
///
/// # Errors
/// When the copy cannot be written; the database itself is untouched.
pub fn copy(path: &Path, folder: &Path, now: At) -> Result<PathBuf> {
    let file = |e| StoreError::File(folder.to_owned(), e);
    crate::private::folder(folder).map_err(file)?;
    let stamp = crate::record::rfc3339(now).unwrap_or_else(|| now.0.to_string());
    let stamp: String = stamp.chars().filter(char::is_ascii_alphanumeric).collect();
    let target = folder.join(format!("siaga-{stamp}.db"));
    let part = folder.join("unfinished.db");
    if part.exists() {
        fs::remove_file(&part).map_err(file)?;
    }
    let name = part.to_str().ok_or_else(|| {
        StoreError::Record(format!("{} is not a name SQLite can use", part.display()))
    })?;
    let conn = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    conn.busy_timeout(Duration::from_secs(5))?;
    conn.execute("VACUUM INTO ?1", [name])?;
    fs::File::open(&part).and_then(|f| f.sync_all()).map_err(file)?;
    fs::rename(&part, &target).map_err(file)?;
    let mut copies: Vec<PathBuf> = fs::read_dir(folder)
        .map_err(file)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
            name.starts_with("siaga-") && name.ends_with(".db")
        })
        .collect();
    copies.sort();
    for old in copies.iter().rev().skip(KEPT) {
        fs::remove_file(old).map_err(file)?;
    }
    Ok(target)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{open_reader, open_writer};

    #[test]
    fn a_copy_opens_on_its_own_and_old_ones_go() {
        let dir = tempfile::tempdir().unwrap();
        let conn = open_writer(&dir.path().join("siaga.db")).unwrap();
        conn.execute("INSERT INTO settings VALUES ('a', 'b')", ()).unwrap();
        let folder = dir.path().join("backup");
        let mut newest = PathBuf::new();
        for hour in 0..5 {
            newest = copy(&dir.path().join("siaga.db"), &folder, At(hour * 3_600_000)).unwrap();
        }
        assert_eq!(fs::read_dir(&folder).unwrap().count(), KEPT);
        let read = open_reader(&newest).unwrap();
        let b: String = read.query_row("SELECT value FROM settings", (), |r| r.get(0)).unwrap();
        assert_eq!(b, "b");
    }
}
