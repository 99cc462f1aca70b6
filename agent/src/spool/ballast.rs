//! A file that holds space in reserve. Deleting rows needs space too, so on a full disk it is
//! given up, and made again when there is room.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

const BALLAST_BYTES: u64 = 4 * 1024 * 1024;
/// Room that must be free beside it before it is made again.
pub(super) const ROOM_BYTES: u64 = 4 * BALLAST_BYTES;

pub(super) struct Ballast(PathBuf);

impl Ballast {
    pub(super) fn new(dir: &Path) -> Self {
        Self(dir.join("ballast"))
    }

    /// Gives the space up. Whether there was any.
    pub(super) fn release(&self) -> io::Result<bool> {
        match fs::remove_file(&self.0) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Makes it, if it is not there and there is room.
    pub(super) fn restore(&self) -> io::Result<()> {
        if fs::metadata(&self.0).is_ok_and(|m| m.len() == BALLAST_BYTES) {
            return Ok(());
        }
        let dir = self.0.parent().unwrap_or(Path::new("."));
        if crate::platform::free_bytes(dir)? < ROOM_BYTES {
            return Ok(());
        }
        let made =
            fs::File::create(&self.0).and_then(|f| crate::platform::reserve(&f, BALLAST_BYTES));
        if made.is_err() {
            // Half a ballast would be mistaken for one.
            self.release()?;
        }
        made
    }
}
