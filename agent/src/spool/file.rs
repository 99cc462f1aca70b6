//! One SQLite file of the spool: open it with the right settings, write a transaction, read rows.
//! It never decides what to do about trouble; it says what kind of trouble there is.

use std::path::{Path, PathBuf};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, params};

use super::carve::PAGE_BYTES;
use super::record::{Kind, Record, Run};

/// "Siag" in ASCII: `file` and `sqlite3` can tell whose it is.
const APPLICATION_ID: i64 = 0x5369_6167;
const SCHEMA: [&str; 1] = [include_str!("schema/1.sql")];
/// Older versions can damage a file when two connections write and checkpoint (fixed in 3.51.3).
const SQLITE_LEAST: i32 = 3_051_003;
const CACHE_KIB: i64 = 256;
const CHECKPOINT_COMMITS: u32 = 24;
/// About 256 KiB of log.
const CHECKPOINT_ROWS: usize = 700;

/// Why a file cannot be used; each kind is treated in another way.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// No space, or the page limit is reached. Nothing was written.
    #[error("the spool is full: {0}")]
    Full(String),
    /// The content is not what was written.
    #[error("the spool is damaged: {0}")]
    Damaged(String),
    /// The disk failed: after this, nothing that the handle says can be believed.
    #[error("the disk of the spool failed: {0}")]
    Io(String),
    /// It cannot be opened or written at present: read-only, permissions, held by another program.
    #[error("the spool cannot be written: {0}")]
    Unusable(String),
    /// Another agent uses it.
    #[error("another siaga-agent uses {0}")]
    Locked(String),
    /// The library has a known fault.
    #[error("SQLite {0} can damage the spool; at least 3.51.3 is needed")]
    OldSqlite(String),
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        let text = error.to_string();
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full(text),
            Some(ErrorCode::SystemIoFailure) => Self::Io(text),
            Some(
                ErrorCode::CannotOpen
                | ErrorCode::ReadOnly
                | ErrorCode::PermissionDenied
                | ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::OutOfMemory,
            ) => Self::Unusable(text),
            // What was written by us and does not read like it, is damaged.
            _ => Self::Damaged(text),
        }
    }
}

/// One transaction.
#[derive(Debug, Default)]
pub(super) struct Batch<'a> {
    /// Ranges of ids to delete, both ends included, before anything is written.
    pub(super) delete: Vec<(i64, i64)>,
    /// Rows to write.
    pub(super) put: Vec<&'a Record>,
    /// Runs to write.
    pub(super) runs: Vec<Run>,
    /// Bases of runs to forget.
    pub(super) forget: Vec<i64>,
}

/// A row as it was read, and whether its CRC holds.
pub(super) enum Read {
    Good(Record),
    /// The id of a row that must not be used.
    Bad(i64),
}

pub(super) struct File {
    db: Connection,
    path: PathBuf,
    commits_since_checkpoint: u32,
    rows_since_checkpoint: usize,
}

impl File {
    /// Opens or creates the file.
    pub(super) fn open(path: &Path, max_bytes: u64) -> Result<Self, Trouble> {
        if rusqlite::version_number() < SQLITE_LEAST {
            return Err(Trouble::OldSqlite(rusqlite::version().to_owned()));
        }
        check_header(path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(path, flags)?;
        // A handle that is closed because of trouble must not write once more.
        db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        db.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        db.busy_timeout(std::time::Duration::from_secs(2))?;
        // Exclusive: no shared-memory file, and no other program can write beside us.
        db.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
        db.pragma_update(None, "page_size", PAGE_BYTES as i64)?;
        db.pragma_update(None, "mmap_size", 0)?;
        db.pragma_update(None, "cache_size", -CACHE_KIB)?;
        db.pragma_update(None, "temp_store", "MEMORY")?;
        db.pragma_update(None, "foreign_keys", true)?;
        db.pragma_update(None, "trusted_schema", false)?;
        let mode: String = db.query_row("PRAGMA journal_mode = WAL", [], |r| r.get(0))?;
        if mode != "wal" {
            return Err(Trouble::Damaged(format!("journal mode {mode}")));
        }
        db.pragma_update(None, "synchronous", "FULL")?;
        // Checkpoints are ours: the automatic one swallows its errors.
        db.pragma_update(None, "wal_autocheckpoint", 0)?;
        let pages = i64::try_from(max_bytes / PAGE_BYTES as u64).unwrap_or(i64::MAX);
        db.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?;
        db.set_prepared_statement_cache_capacity(12);
        let mut file = Self {
            db,
            path: path.to_owned(),
            commits_since_checkpoint: 0,
            rows_since_checkpoint: 0,
        };
        file.check_schema()?;
        Ok(file)
    }

    fn check_schema(&mut self) -> Result<(), Trouble> {
        let pragma = |name: &str| self.db.pragma_query_value(None, name, |r| r.get::<_, i64>(0));
        let (application, version) = (pragma("application_id")?, pragma("user_version")?);
        let tables: i64 =
            self.db.query_row("SELECT count(*) FROM sqlite_schema", [], |r| r.get(0))?;
        if application == 0 && version == 0 && tables == 0 {
            return self.migrate(0);
        }
        if application != APPLICATION_ID {
            return Err(Trouble::Damaged(format!("application id {application:#x}")));
        }
        let known = i64::try_from(SCHEMA.len()).unwrap_or(i64::MAX);
        if !(1..=known).contains(&version) {
            return Err(Trouble::Damaged(format!("schema version {version}, known is {known}")));
        }
        self.check_tables()?;
        let verdict: String = self.db.query_row("PRAGMA quick_check(1)", [], |r| r.get(0))?;
        if verdict != "ok" {
            return Err(Trouble::Damaged(verdict));
        }
        self.migrate(usize::try_from(version).unwrap_or(0))
    }

    /// A flipped letter in a table's definition can pass every check and change what columns mean.
    fn check_tables(&self) -> Result<(), Trouble> {
        let mut statement = self.db.prepare("SELECT sql FROM sqlite_schema")?;
        let mut tables = statement.query([])?;
        while let Some(table) = tables.next()? {
            let sql: String = table.get(0)?;
            if !SCHEMA.iter().any(|known| known.contains(&sql)) {
                return Err(Trouble::Damaged("a table is not defined as it was".into()));
            }
        }
        Ok(())
    }

    fn migrate(&mut self, from: usize) -> Result<(), Trouble> {
        if from >= SCHEMA.len() {
            return Ok(());
        }
        let transaction = self.db.transaction()?;
        for sql in SCHEMA.iter().skip(from) {
            transaction.execute_batch(sql)?;
        }
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", SCHEMA.len() as i64)?;
        transaction.commit()?;
        // A file without its log must still be recognisable as ours.
        self.checkpoint_and_truncate()
    }

    /// One transaction, durable when this returns `Ok`.
    pub(super) fn write(&mut self, batch: &Batch<'_>) -> Result<(), Trouble> {
        let transaction =
            self.db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        {
            let mut delete =
                transaction.prepare_cached("DELETE FROM rows WHERE id BETWEEN ?1 AND ?2")?;
            for (first, last) in &batch.delete {
                delete.execute(params![first, last])?;
            }
            let mut put = transaction.prepare_cached(
                "INSERT OR REPLACE INTO rows (id, run, boot, kind, first, seq, at_ms, wall_ms, before, crc, body)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            )?;
            for r in &batch.put {
                put.execute(params![
                    r.id,
                    r.run,
                    r.boot,
                    r.kind as i64,
                    r.first.cast_signed(),
                    r.seq.cast_signed(),
                    r.at_ms.cast_signed(),
                    r.wall_ms,
                    r.before,
                    r.crc(),
                    r.body
                ])?;
            }
            let mut run = transaction.prepare_cached(
                "INSERT OR REPLACE INTO runs (base, run, boot, newest, ended, gone, crc) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?;
            for r in &batch.runs {
                run.execute(params![
                    r.base,
                    r.run,
                    r.boot,
                    r.newest.cast_signed(),
                    r.ended,
                    r.gone,
                    r.crc()
                ])?;
            }
            let mut forget = transaction.prepare_cached("DELETE FROM runs WHERE base = ?1")?;
            for base in &batch.forget {
                forget.execute([base])?;
            }
        }
        transaction.commit()?;
        self.commits_since_checkpoint += 1;
        self.rows_since_checkpoint += batch.put.len() + batch.delete.len();
        Ok(())
    }

    /// Writes rows that another file held; what is already here stays, unless it says less.
    pub(super) fn adopt(&mut self, rows: &[Record]) -> Result<(), Trouble> {
        let mut put: Vec<&Record> = Vec::new();
        for row in rows {
            let here = match self.read(row.id, row.id, 1)?.pop() {
                Some(Read::Good(here)) => !row.says_more_than(&here),
                Some(Read::Bad(_)) | None => false,
            };
            let twice = put.iter_mut().find(|other| other.id == row.id);
            match twice {
                _ if here => {}
                Some(other) if row.says_more_than(other) => *other = row,
                Some(_) => {}
                None => put.push(row),
            }
        }
        self.write(&Batch { put, ..Batch::default() })
    }

    /// Moves the log into the database, so that damage to the log costs little. The log keeps its
    /// space and is written from its beginning again: on a disk that fills up it is already ours.
    pub(super) fn checkpoint(&mut self) -> Result<(), Trouble> {
        self.checkpoint_by("PASSIVE")
    }

    /// As [`Self::checkpoint`], and empties the log: the file is whole by itself.
    pub(super) fn checkpoint_and_truncate(&mut self) -> Result<(), Trouble> {
        self.checkpoint_by("TRUNCATE")
    }

    fn checkpoint_by(&mut self, mode: &str) -> Result<(), Trouble> {
        self.db.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |_| Ok(()))?;
        (self.commits_since_checkpoint, self.rows_since_checkpoint) = (0, 0);
        Ok(())
    }

    /// Whether the log is long enough to be moved into the database.
    pub(super) fn log_is_long(&self) -> bool {
        self.commits_since_checkpoint >= CHECKPOINT_COMMITS
            || self.rows_since_checkpoint >= CHECKPOINT_ROWS
    }

    /// Rows with ids from `first` to `last`, oldest first, at most `limit`.
    pub(super) fn read(&self, first: i64, last: i64, limit: usize) -> Result<Vec<Read>, Trouble> {
        let mut statement = self.db.prepare_cached(
            "SELECT id, run, boot, kind, first, seq, at_ms, wall_ms, before, crc, body FROM rows
             WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT ?3",
        )?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut rows = statement.query(params![first, last, limit])?;
        let mut read = Vec::new();
        while let Some(row) = rows.next()? {
            let id: i64 = row.get(0)?;
            read.push(record(row, id).map_or(Read::Bad(id), Read::Good));
        }
        Ok(read)
    }

    /// The runs, oldest first.
    pub(super) fn runs(&self) -> Result<Vec<Run>, Trouble> {
        let mut statement = self
            .db
            .prepare("SELECT base, run, boot, newest, ended, gone, crc FROM runs ORDER BY base")?;
        let mut rows = statement.query([])?;
        let mut runs = Vec::new();
        while let Some(row) = rows.next()? {
            // Older versions of it may lie in the file or in the log.
            runs.push(run(row).ok_or_else(|| Trouble::Damaged("a run fails its check".into()))?);
        }
        Ok(runs)
    }

    /// Database without its free pages, plus the log.
    pub(super) fn used_bytes(&self) -> Result<u64, Trouble> {
        let pragma = |name: &str| self.db.pragma_query_value(None, name, |r| r.get::<_, i64>(0));
        let pages = pragma("page_count")?.saturating_sub(pragma("freelist_count")?);
        let log =
            std::fs::metadata(super::salvage::beside(&self.path, "-wal")).map_or(0, |m| m.len());
        Ok(u64::try_from(pages).unwrap_or(0) * PAGE_BYTES as u64 + log)
    }

    /// Ids in use.
    pub(super) fn id_range(&self) -> Result<Option<(i64, i64)>, Trouble> {
        let range = self.db.query_row("SELECT min(id), max(id) FROM rows", [], |r| {
            Ok((r.get::<_, Option<i64>>(0)?, r.get::<_, Option<i64>>(1)?))
        })?;
        Ok(range.0.zip(range.1))
    }
}

/// A file that claims to be of a newer kind opens as read-only, which would look like trouble with
/// permissions. Bytes 18 and 19 of ours are 2 (file format, section 1.3.3).
fn check_header(path: &Path) -> Result<(), Trouble> {
    use std::io::Read as _;
    let mut header = Vec::new();
    match std::fs::File::open(path).and_then(|file| file.take(20).read_to_end(&mut header)) {
        Ok(20) if header.get(18..20) != Some(&[2, 2]) => {
            Err(Trouble::Damaged("another kind of file".into()))
        }
        // What is too short is new, or told by SQLite.
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Trouble::Unusable(error.to_string())),
    }
}

fn record(row: &rusqlite::Row<'_>, id: i64) -> Option<Record> {
    let unsigned = |i: usize| row.get::<_, i64>(i).ok().map(i64::cast_unsigned);
    let record = Record {
        id,
        run: row.get(1).ok()?,
        boot: row.get(2).ok()?,
        kind: Kind::of(row.get(3).ok()?)?,
        first: unsigned(4)?,
        seq: unsigned(5)?,
        at_ms: unsigned(6)?,
        wall_ms: row.get(7).ok()?,
        before: row.get(8).ok()?,
        body: row.get(10).ok()?,
    };
    (row.get::<_, i64>(9).ok()? == i64::from(record.crc())).then_some(record)
}

fn run(row: &rusqlite::Row<'_>) -> Option<Run> {
    let run = Run {
        base: row.get(0).ok()?,
        run: row.get(1).ok()?,
        boot: row.get(2).ok()?,
        newest: row.get::<_, i64>(3).ok()?.cast_unsigned(),
        ended: row.get(4).ok()?,
        gone: row.get(5).ok()?,
    };
    (row.get::<_, i64>(6).ok()? == i64::from(run.crc())).then_some(run)
}
