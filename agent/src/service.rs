//! Readiness and watchdog of the service manager (`sd_notify(3)`): says that the agent runs, and
//! goes on saying it from the loop itself, so that a stuck loop is restarted. Without a service
//! manager it does nothing.

use std::env;
use std::ffi::OsString;
use std::time::Duration;

use crate::platform;

/// The service manager, if there is one.
#[derive(Debug)]
pub struct Manager {
    socket: Option<OsString>,
    /// How often it wants to hear of us.
    alive_every: Option<Duration>,
    last_alive_ms: u64,
}

impl Manager {
    /// Looks into the environment that a service manager gives.
    #[must_use]
    pub fn from_env() -> Self {
        let text = |name: &str| env::var(name).ok();
        let alive_every = watchdog(text("WATCHDOG_USEC"), text("WATCHDOG_PID"), std::process::id());
        Self { socket: env::var_os("NOTIFY_SOCKET"), alive_every, last_alive_ms: 0 }
    }

    /// The agent runs.
    pub fn ready(&self) {
        self.tell("READY=1");
    }

    /// The agent stops.
    pub fn stopping(&self) {
        self.tell("STOPPING=1");
    }

    /// The loop turns; told as often as it is wanted.
    pub fn alive(&mut self, awake_ms: u64) {
        let Some(every) = self.alive_every else { return };
        if u128::from(awake_ms.saturating_sub(self.last_alive_ms)) >= every.as_millis() {
            self.last_alive_ms = awake_ms;
            self.tell("WATCHDOG=1");
        }
    }

    /// The longest that the loop may sleep.
    #[must_use]
    pub fn longest_sleep(&self) -> Duration {
        self.alive_every.unwrap_or(Duration::MAX)
    }

    fn tell(&self, state: &str) {
        let Some(socket) = &self.socket else { return };
        if let Err(error) = platform::notify(socket, state) {
            tracing::warn!(%error, state, "the service manager does not listen");
        }
    }
}

/// Half of the period that it allows, as `sd_watchdog_enabled(3)` advises.
fn watchdog(usec: Option<String>, pid: Option<String>, own_pid: u32) -> Option<Duration> {
    if pid.is_some_and(|pid| pid.parse() != Ok(own_pid)) {
        return None;
    }
    let usec: u64 = usec?.parse().ok().filter(|usec| *usec > 0)?;
    Some(Duration::from_micros(usec / 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_watchdog_is_fed_twice_per_period_and_only_by_the_one_it_watches() {
        let text = |t: &str| Some(t.to_owned());
        assert_eq!(watchdog(text("30000000"), None, 7), Some(Duration::from_secs(15)));
        assert_eq!(watchdog(text("30000000"), text("7"), 7), Some(Duration::from_secs(15)));
        assert_eq!(watchdog(text("30000000"), text("8"), 7), None);
        assert_eq!(watchdog(text("x"), None, 7), None);
        assert_eq!(watchdog(None, None, 7), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_manager_hears_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("notify");
        let socket = std::os::unix::net::UnixDatagram::bind(&path).unwrap();
        let mut manager = Manager {
            socket: Some(path.into()),
            alive_every: Some(Duration::from_secs(1)),
            last_alive_ms: 0,
        };
        manager.ready();
        manager.alive(999);
        manager.alive(1_000);
        let mut buffer = [0; 64];
        let mut heard = || {
            let n = socket.recv(&mut buffer).unwrap();
            String::from_utf8_lossy(&buffer[..n]).into_owned()
        };
        assert_eq!([heard(), heard()], ["READY=1", "WATCHDOG=1"]);
    }
}
