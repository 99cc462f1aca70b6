//! Opening the database: settings, whose file it is, migrations. Must never repair by guessing.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::{Result, StoreError};

/// `Siag` in the file's header: another program's database is never touched.
pub const APPLICATION_ID: i32 = 0x5369_6167;

/// The schema that this program writes.
pub const SCHEMA_VERSION: i64 = MIGRATIONS.len() as i64;

/// Numbered, never edited after a release. Index + 1 is the version after it.
const MIGRATIONS: [&str; 2] = [include_str!("schema/0001.sql"), include_str!("schema/0002.sql")];

/// The first SQLite without the WAL-reset bug.
const SQLITE_LEAST: i32 = 3_051_003;

const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// A few statements more than this program has.
const CACHED_STATEMENTS: usize = 128;

/// Opens for writing; makes the file where there is none, and brings its schema up to date.
///
/// # Errors
/// When the file is damaged, not ours, newer than this program, or cannot be written.
pub fn open_writer(path: &Path) -> Result<Connection> {
    open(path, true)
}

/// The same for a command beside a collector that runs: the file was checked at its start, and a
/// check takes as long as the file is large.
///
/// # Errors
/// When the file is not ours, newer than this program, or cannot be written.
pub fn open_beside(path: &Path) -> Result<Connection> {
    open(path, false)
}

fn open(path: &Path, check_pages: bool) -> Result<Connection> {
    if rusqlite::version_number() < SQLITE_LEAST {
        return Err(StoreError::Foreign(format!(
            "SQLite {} is too old: it can lose a WAL reset; 3.51.3 or later is needed",
            rusqlite::version()
        )));
    }
    // SQLite would make a file that everybody may read, and its log takes the file's mode.
    crate::private::touch(path).map_err(|e| StoreError::File(path.to_owned(), e))?;
    let mut conn = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    conn.busy_timeout(BUSY_TIMEOUT)?;
    conn.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    let version = whose(&conn, path)?;
    if version > 0 {
        if check_pages {
            check(&conn)?;
        }
    } else {
        // Only before the first table can these two be chosen.
        conn.pragma_update(None, "page_size", 8192)?;
        conn.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    }
    settle(&conn)?;
    migrate(&mut conn, version)?;
    Ok(conn)
}

/// Opens for reading alone.
///
/// # Errors
/// When the file is missing, not ours, newer than this program, or older and not yet brought up to
/// date.
pub fn open_reader(path: &Path) -> Result<Connection> {
    let conn = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    conn.busy_timeout(BUSY_TIMEOUT)?;
    conn.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    let version = whose(&conn, path)?;
    if version < SCHEMA_VERSION {
        return Err(StoreError::Foreign(format!(
            "{} was written by an older version (schema {version}); a collector that starts with \
             this version brings it up to date",
            path.display()
        )));
    }
    conn.pragma_update(None, "mmap_size", 0)?;
    conn.pragma_update(None, "query_only", true)?;
    Ok(conn)
}

/// The version of the schema; 0 for a new file.
fn whose(conn: &Connection, path: &Path) -> Result<i64> {
    let id: i32 = conn.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let version: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let tables: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0))?;
    if id != APPLICATION_ID && (id != 0 || version != 0 || tables != 0) {
        return Err(StoreError::Foreign(format!(
            "{} is not a Siaga collector's database",
            path.display()
        )));
    }
    if version > SCHEMA_VERSION {
        return Err(StoreError::Foreign(format!(
            "{} was written by a newer version (schema {version}, this one knows {SCHEMA_VERSION})",
            path.display()
        )));
    }
    Ok(version)
}

fn settle(conn: &Connection) -> Result<()> {
    let mode: String = conn.pragma_update_and_check(None, "journal_mode", "WAL", |r| r.get(0))?;
    if !mode.eq_ignore_ascii_case("wal") {
        return Err(StoreError::Foreign(format!(
            "the database cannot use a write-ahead log here (it says {mode:?}): is it on a \
             network file system?"
        )));
    }
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "mmap_size", 0)?;
    conn.pragma_update(None, "foreign_keys", true)?;
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    conn.pragma_update(None, "cache_size", -16_384)?;
    conn.pragma_update(None, "wal_autocheckpoint", 512)?;
    conn.pragma_update(None, "journal_size_limit", 8 * 1024 * 1024)?;
    Ok(())
}

/// Structure only; what a record means is checked when it is read.
fn check(conn: &Connection) -> Result<()> {
    let verdict: String = conn.query_row("PRAGMA quick_check(1)", (), |row| row.get(0))?;
    if verdict == "ok" { Ok(()) } else { Err(StoreError::Damaged(verdict)) }
}

fn migrate(conn: &mut Connection, from: i64) -> Result<()> {
    for (version, sql) in (1_i64..).zip(MIGRATIONS).skip_while(|(v, _)| *v <= from) {
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Somebody else may have been faster while this one waited for the lock.
        let now: i64 = tx.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if now < version {
            tx.execute_batch(sql)?;
            tx.pragma_update(None, "application_id", APPLICATION_ID)?;
            tx.pragma_update(None, "user_version", version)?;
        }
        tx.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> (tempfile::TempDir, std::path::PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("siaga.db");
        (dir, path)
    }

    #[test]
    fn a_new_file_gets_the_schema_and_opens_again() {
        let (_dir, path) = file();
        let conn = open_writer(&path).unwrap();
        conn.execute("INSERT INTO settings VALUES ('a', 'b')", ()).unwrap();
        drop(conn);
        let conn = open_writer(&path).unwrap();
        let mode: String = conn.pragma_query_value(None, "journal_mode", |r| r.get(0)).unwrap();
        let full: i64 = conn.pragma_query_value(None, "synchronous", |r| r.get(0)).unwrap();
        assert_eq!((mode.as_str(), full), ("wal", 2));
        let read = open_reader(&path).unwrap();
        let b: String = read.query_row("SELECT value FROM settings", (), |r| r.get(0)).unwrap();
        assert_eq!(b, "b");
        assert!(read.execute("DELETE FROM settings", ()).is_err(), "a reader never writes");
    }

    #[test]
    fn a_newer_schema_another_program_and_damage_are_refused() {
        let (_dir, path) = file();
        let conn = open_writer(&path).unwrap();
        conn.pragma_update(None, "user_version", SCHEMA_VERSION + 1).unwrap();
        drop(conn);
        let error = open_writer(&path).unwrap_err().to_string();
        assert!(error.contains("newer version"), "{error}");

        let (_dir, path) = file();
        let conn = Connection::open(&path).unwrap();
        conn.execute_batch("CREATE TABLE cats (name TEXT)").unwrap();
        drop(conn);
        let error = open_writer(&path).unwrap_err().to_string();
        assert!(error.contains("not a Siaga"), "{error}");

        let (_dir, path) = file();
        std::fs::write(&path, [b'x'; 9000]).unwrap();
        assert!(matches!(open_writer(&path), Err(StoreError::Damaged(_))));
    }

    /// A database as version 1 left it, with something in every table.
    fn version_1(path: &Path) -> Connection {
        let conn = Connection::open(path).unwrap();
        conn.pragma_update(None, "page_size", 8192).unwrap();
        conn.pragma_update(None, "auto_vacuum", "INCREMENTAL").unwrap();
        settle(&conn).unwrap();
        conn.execute_batch(MIGRATIONS[0]).unwrap();
        conn.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
        conn.pragma_update(None, "user_version", 1).unwrap();
        conn.execute_batch(include_str!("../../testdata/store/version-1.sql")).unwrap();
        conn
    }

    type Rows = Vec<Vec<rusqlite::types::Value>>;

    fn rows(conn: &Connection, sql: &str) -> Rows {
        let mut statement = conn.prepare(sql).unwrap();
        let columns = statement.column_count();
        let of = |row: &rusqlite::Row| (0..columns).map(|i| row.get(i)).collect();
        let read: rusqlite::Result<Rows> = statement.query_map((), of).unwrap().collect();
        read.unwrap()
    }

    /// All rows of those columns, table by table.
    fn content(conn: &Connection, tables: &[(String, String)]) -> Vec<(String, Rows)> {
        let of = |(name, columns): &(String, String)| {
            let sql = format!("SELECT {columns} FROM {name} ORDER BY {columns}");
            (name.clone(), rows(conn, &sql))
        };
        tables.iter().map(of).collect()
    }

    #[test]
    fn a_database_of_version_1_is_brought_up_to_date_and_loses_nothing() {
        let (_dir, path) = file();
        let old = version_1(&path);
        let mut tables = Vec::new();
        let sql = "SELECT m.name, group_concat('\"' || c.name || '\"') FROM sqlite_schema m, \
                   pragma_table_info(m.name) c WHERE m.type = 'table' GROUP BY m.name";
        for row in rows(&old, sql) {
            let [rusqlite::types::Value::Text(name), rusqlite::types::Value::Text(columns)] =
                row.as_slice()
            else {
                panic!("{row:?}")
            };
            tables.push((name.clone(), columns.clone()));
        }
        let before = content(&old, &tables);
        for (name, rows) in &before {
            assert!(!rows.is_empty(), "the old database has nothing in {name}");
        }
        drop(old);
        let error = open_reader(&path).unwrap_err().to_string();
        assert!(error.contains("older version"), "{error}");

        let conn = open_writer(&path).unwrap();
        assert_eq!(content(&conn, &tables), before);
        assert!(rows(&conn, "PRAGMA foreign_key_check").is_empty());
        let version: i64 = conn.pragma_query_value(None, "user_version", |r| r.get(0)).unwrap();
        assert_eq!(version, SCHEMA_VERSION);

        let (_dir, path) = file();
        let schema = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name";
        let made_anew = open_writer(&path).unwrap();
        assert_eq!(rows(&conn, schema), rows(&made_anew, schema));
    }

    #[test]
    fn a_damaged_page_is_noticed_at_the_start() {
        let (_dir, path) = file();
        let conn = open_writer(&path).unwrap();
        for i in 0..2000 {
            conn.execute("INSERT INTO settings VALUES (?1, 'x')", [format!("key {i}")]).unwrap();
        }
        drop(conn);
        let mut bytes = std::fs::read(&path).unwrap();
        let root = bytes.len() - 8192;
        bytes[root..root + 64].fill(0xEE);
        std::fs::write(&path, bytes).unwrap();
        assert!(matches!(open_writer(&path), Err(StoreError::Damaged(_))));
    }
}
