//! Copies of the database that open and go on on their own. They hold everything but single
//! readings from before the newest snapshot: those are most of the database, and only a replay
//! of the past needs them.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use siaga_decide::At;

use super::{Result, StoreError, journal};

/// So many copies are kept, the newest ones.
const KEPT: usize = 3;

/// In this order every row finds those it refers to.
const TABLES: [&str; 21] = [
    "agents",
    "join_codes",
    "runs",
    "facts",
    "fact_packs",
    "run_heads",
    "boots",
    "outages",
    "corrections",
    "outbox",
    "notes",
    "plans",
    "months",
    "verdicts",
    "orders",
    "accounts",
    "sessions",
    "staff_tokens",
    "settings",
    "snapshots",
    "journal",
];

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
    for suffix in ["", "-wal", "-shm"] {
        let old = folder.join(format!("unfinished.db{suffix}"));
        if old.exists() {
            fs::remove_file(&old).map_err(file)?;
        }
    }
    let conn = super::open_writer(&part)?;
    fill(&conn, path)?;
    // One file, that is whole without its log.
    conn.query_row("PRAGMA journal_mode = DELETE", (), |_| Ok(()))?;
    drop(conn);
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

fn fill(conn: &Connection, path: &Path) -> Result<()> {
    let name = path.to_str().ok_or_else(|| {
        StoreError::Record(format!("{} is not a name SQLite can use", path.display()))
    })?;
    conn.execute("ATTACH DATABASE ?1 AS live", [name])?;
    let tx = conn.unchecked_transaction()?;
    let snapshot: i64 =
        tx.query_row("SELECT coalesce(max(pos), 0) FROM live.snapshots", (), |r| r.get(0))?;
    for table in TABLES {
        let only = match table {
            "snapshots" => format!("WHERE pos = {snapshot}"),
            "journal" => format!("WHERE kind <> 1 OR pos > {snapshot}"),
            _ => String::new(),
        };
        tx.execute(&format!("INSERT INTO main.{table} SELECT * FROM live.{table} {only}"), ())?;
    }
    tx.execute("DELETE FROM main.pulse", ())?;
    tx.execute("INSERT INTO main.pulse SELECT * FROM live.pulse", ())?;
    journal::forgotten_up_to(&tx, snapshot)?;
    tx.commit()?;
    conn.execute("DETACH DATABASE live", ())?;
    Ok(())
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
        let tables = |conn: &Connection| -> Vec<String> {
            let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE \
                       'sqlite%' ORDER BY name";
            let mut statement = conn.prepare(sql).unwrap();
            statement.query_map((), |r| r.get(0)).unwrap().map(|n| n.unwrap()).collect()
        };
        let mut copied: Vec<String> = TABLES.map(String::from).to_vec();
        copied.extend(["packs", "pulse"].map(String::from));
        copied.sort();
        assert_eq!(copied, tables(&conn), "a new table is copied, or left out on purpose");
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
