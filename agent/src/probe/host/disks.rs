//! The disks that hold something of this PC. sysinfo leaves out what may hang (network mounts).

use sysinfo::{DiskRefreshKind, Disks};

/// Below this size a mount is no disk that fills up: a firmware partition, a device of its own.
const DISK_MIN_BYTES: u64 = 64 * 1024 * 1024;

/// A mounted disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disk {
    /// Where it is mounted, `/`, `C:\`.
    pub mount: String,
    /// Bytes that a program may still use.
    pub free_bytes: u64,
    /// Bytes altogether.
    pub total_bytes: u64,
}

impl Disk {
    /// Free share, 0 to 1.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a ratio needs no more")]
    pub fn free_ratio(&self) -> f64 {
        if self.total_bytes == 0 {
            return 1.0;
        }
        self.free_bytes as f64 / self.total_bytes as f64
    }
}

/// Writable local disks. May hang on a bad one.
///
/// # Errors
/// Why they cannot be listed.
pub fn list() -> Result<Vec<Disk>, String> {
    let listed =
        Disks::new_with_refreshed_list_specifics(DiskRefreshKind::nothing().with_storage())
            .map_err(|error| format!("cannot list disks: {error}"))?;
    let fills_up = |d: &&sysinfo::Disk| !d.is_read_only() && d.total_space() >= DISK_MIN_BYTES;
    let disks = listed.iter().filter(fills_up).map(|disk| Disk {
        mount: disk.mount_point().to_string_lossy().into_owned(),
        free_bytes: disk.available_space(),
        total_bytes: disk.total_space(),
    });
    Ok(disks.collect())
}
