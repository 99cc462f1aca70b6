//! One agent per spool: a lock file that the system gives back when the process ends.

use std::fs;
use std::path::{Path, PathBuf};

use super::file::{File, Trouble};
use super::salvage;

/// Nobody else may use the spool while this lives.
#[derive(Debug)]
pub struct Guard {
    dir: PathBuf,
    _lock: fs::File,
}

impl Guard {
    /// Locks the spool in `dir`.
    ///
    /// # Errors
    /// When another agent has it.
    pub fn new(dir: &Path) -> Result<Self, Trouble> {
        let path = dir.join("spool.lock");
        let open = fs::OpenOptions::new().create(true).truncate(false).write(true).open(&path);
        let lock = open.map_err(|e| Trouble::Unusable(format!("{}: {e}", path.display())))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { dir: dir.to_owned(), _lock: lock }),
            Err(fs::TryLockError::WouldBlock) => Err(Trouble::Locked(dir.display().to_string())),
            Err(fs::TryLockError::Error(e)) => {
                Err(Trouble::Unusable(format!("{}: {e}", path.display())))
            }
        }
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// The database.
    pub(super) fn path(&self) -> PathBuf {
        self.dir.join("spool.db")
    }

    /// Keeps a spool whose rows must not be sent as quarantine. Whether there was one.
    ///
    /// # Errors
    /// When it cannot be renamed.
    pub fn set_aside(&self) -> Result<bool, Trouble> {
        salvage::set_aside_unread(&self.path()).map_err(|e| Trouble::Unusable(e.to_string()))
    }

    /// Makes the spool if there is none: from now on a missing one is a loss.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn create(&self, max_bytes: u64) -> Result<(), Trouble> {
        match File::open(&self.path(), max_bytes) {
            // What it holds is checked when the agent runs.
            Ok(_) | Err(Trouble::Damaged(_)) => Ok(()),
            Err(trouble) => Err(trouble),
        }
    }
}
