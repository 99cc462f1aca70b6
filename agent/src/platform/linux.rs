//! Linux: clocks, boot identity, how the boot before ended, and whether the system is stopping.

mod journal;
mod utmp;

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
/// Blocks for as long as `systemctl` takes.
#[must_use]
pub fn system_is_stopping() -> Option<bool> {
    if Path::new("/run/systemd/system").exists() {
        // "stopping" from the moment at which a shutdown is queued, before any service is told.
        let state = output("systemctl", &["is-system-running"]);
        return match state.as_deref().map(str::trim) {
            Some("stopping") => Some(true),
            Some("offline" | "unknown" | "") | None => {
                Path::new("/run/nologin").exists().then_some(true)
            }
            Some(_) => Some(false),
        };
    }
    let level = fs::read("/run/utmp").ok().and_then(|bytes| utmp::run_level(&bytes));
    level.map(|level| matches!(level, '0' | '6'))
}

/// What the system's own log says about how the boot before this one ended: `shutdown at T` or
/// `log ends at T`. Blocks for as long as `journalctl` takes; best effort.
#[must_use]
pub fn previous_end_log(previous_boot: &str) -> Option<String> {
    let shutdown =
        tail("/var/log/wtmp", WTMP_TAIL_BYTES).and_then(|bytes| utmp::shutdown_before_boot(&bytes));
    if let Some(at_ms) = shutdown {
        return Some(format!("shutdown at {}", crate::clock::wall_text(at_ms)));
    }
    let boots = output("journalctl", &["--list-boots", "--output=json", "--no-pager", "--quiet"])?;
    let at_ms = journal::last_entry_ms(&boots, previous_boot)?;
    Some(format!("log ends at {}", crate::clock::wall_text(at_ms)))
}

/// Many months of sign-ins.
const WTMP_TAIL_BYTES: u64 = 384 * 512;

fn tail(path: &str, bytes: u64) -> Option<Vec<u8>> {
    use std::io::{Read as _, Seek as _, SeekFrom};
    let mut file = fs::File::open(path).ok()?;
    let length = file.metadata().ok()?.len();
    let from = length.saturating_sub(bytes) / utmp::RECORD_BYTES as u64 * utmp::RECORD_BYTES as u64;
    file.seek(SeekFrom::Start(from)).ok()?;
    let mut read = Vec::new();
    file.take(bytes + utmp::RECORD_BYTES as u64).read_to_end(&mut read).ok()?;
    Some(read)
}

/// What a program of the system prints; its exit status may well be a word too.
fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = std::process::Command::new(program)
        .args(arguments)
        .env("LC_ALL", "C")
        .stdin(std::process::Stdio::null())
        .output()
        .ok()?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Tells the service manager something; whether there is one that listens.
///
/// # Errors
/// When its socket cannot be written.
pub fn notify(socket: &std::ffi::OsStr, state: &str) -> io::Result<()> {
    use std::os::linux::net::SocketAddrExt as _;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::net::{SocketAddr, UnixDatagram};
    let address = match socket.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
        _ => SocketAddr::from_pathname(socket)?,
    };
    let datagram = UnixDatagram::unbound()?;
    datagram.set_nonblocking(true)?;
    datagram.send_to_addr(state.as_bytes(), &address)?;
    Ok(())
}

/// Creates a file that only this user can read; fails if it exists.
///
/// # Errors
/// When the system refuses.
pub fn create_private(path: &Path) -> io::Result<fs::File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// Creates a directory, and those above it, that only this user can read.
///
/// # Errors
/// When the system refuses.
pub fn create_private_dir(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Whether nobody else can read or change that file.
#[must_use]
pub fn is_private(file: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.permissions().mode() & 0o077 == 0
}

/// Makes renames in a directory durable.
///
/// # Errors
/// When the disk refuses.
pub fn sync_dir(dir: &Path) -> io::Result<()> {
    fs::File::open(dir)?.sync_all()
}

/// Ends when this process is told to stop: SIGTERM or SIGINT.
///
/// # Errors
/// When the signals cannot be listened to.
pub fn told_to_stop() -> io::Result<impl Future<Output = ()> + Unpin> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(Box::pin(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    }))
}
