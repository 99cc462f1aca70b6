//! The collector's memory: one SQLite file, written by one task, read through a pool.
//!
//! Limits and settings: WAL, `synchronous=FULL`, no memory mapping, `busy_timeout` 5 s, SQLite at
//! least 3.51.3 (earlier ones can lose a WAL reset). A commit is durable when it returns. Nothing
//! here judges, tells or parses reports; functions take a connection and plain values, so that a
//! second engine could stand behind them.

pub mod accounts;
pub mod agents;
pub mod backup;
pub mod fact_packs;
pub mod facts;
pub mod journal;
pub mod ledger;
pub mod months;
mod open;
pub mod orders;
pub mod outbox;
pub mod owner;
pub mod packs;
pub mod pulse;
pub mod runs;
pub mod snapshots;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;

pub use open::{APPLICATION_ID, SCHEMA_VERSION, open_beside, open_reader, open_writer};

/// Why the store did not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk is full.
    #[error("the disk is full")]
    Full,
    /// Another program holds the database.
    #[error("the database is busy")]
    Busy,
    /// The disk failed.
    #[error("the disk failed: {0}")]
    Io(rusqlite::Error),
    /// The file is damaged.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// The file is not this program's, or a newer program's.
    #[error("{0}")]
    Foreign(String),
    /// What is stored cannot be understood.
    #[error("a stored record cannot be read: {0}")]
    Record(String),
    /// A file beside the database.
    #[error("{0}: {1}")]
    File(PathBuf, std::io::Error),
    /// Anything else that SQLite says.
    #[error("database: {0}")]
    Sqlite(rusqlite::Error),
}

impl StoreError {
    /// Whether it can pass without anybody changing the program or the request.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Full | Self::Busy | Self::Io(_) | Self::File(..) => true,
            Self::Damaged(_) | Self::Foreign(_) | Self::Record(_) | Self::Sqlite(_) => false,
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode as Code;
        match error.sqlite_error_code() {
            Some(Code::DiskFull) => Self::Full,
            Some(Code::DatabaseBusy | Code::DatabaseLocked) => Self::Busy,
            Some(
                Code::SystemIoFailure | Code::CannotOpen | Code::ReadOnly | Code::PermissionDenied,
            ) => Self::Io(error),
            Some(Code::DatabaseCorrupt | Code::NotADatabase) => Self::Damaged(error.to_string()),
            _ => Self::Sqlite(error),
        }
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::Record(error.to_string())
    }
}

/// What a store function answers.
pub type Result<T> = std::result::Result<T, StoreError>;

/// Readers kept open between uses.
const IDLE_READERS: usize = 8;

/// The database as readers see it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    path: Arc<Path>,
    idle: Arc<Mutex<Vec<Connection>>>,
}

impl Store {
    /// The store in that file, which [`open_writer`] has prepared.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self { path: path.into(), idle: Arc::default() }
    }

    /// The database's file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads on this thread. What `f` sees is one moment of the database.
    ///
    /// # Errors
    /// When the database cannot be opened, or `f` fails.
    pub fn read_here<T>(&self, f: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let conn = match idle {
            Some(conn) => conn,
            None => open_reader(&self.path)?,
        };
        let answer = {
            // Several statements must see the same moment.
            let moment = conn.unchecked_transaction()?;
            f(&moment)
        };
        if answer.is_ok() {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            if idle.len() < IDLE_READERS {
                idle.push(conn);
            }
        }
        answer
    }

    /// Reads without holding up other tasks.
    ///
    /// # Errors
    /// When the database cannot be opened, or `f` fails.
    pub async fn read<T, F>(&self, f: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        let store = self.clone();
        match tokio::task::spawn_blocking(move || store.read_here(f)).await {
            Ok(answer) => answer,
            Err(gone) => Err(StoreError::Record(format!("the reading task ended: {gone}"))),
        }
    }
}
