//! The only reader of clocks in the tests, and the only place that waits.

use std::thread;
use std::time::{Duration, Instant};

/// Milliseconds since 1970, by this machine's clock.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the tests' one clock reader")]
pub fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// This machine's clock.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the tests' one clock reader")]
pub fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

/// A point on the monotonic clock, to measure spans with.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the tests' one clock reader")]
pub fn instant() -> Instant {
    Instant::now()
}

/// Seconds since this machine's boot, sleep included.
#[must_use]
pub fn uptime_seconds() -> i64 {
    rustix::time::clock_gettime(rustix::time::ClockId::Boottime).tv_sec
}

/// Milliseconds since this machine's boot, sleep included.
#[must_use]
pub fn uptime_ms() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    u64::try_from(time.tv_sec * 1_000 + time.tv_nsec / 1_000_000).unwrap_or(0)
}

/// Lets time pass.
pub fn pause(span: Duration) {
    thread::sleep(span);
}

/// Asks until there is an answer.
///
/// # Panics
/// When `limit` has passed without one; says what was waited for.
#[track_caller]
pub fn until<T>(what: &str, limit: Duration, mut ask: impl FnMut() -> Option<T>) -> T {
    let start = instant();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(start.elapsed() < limit, "waited {limit:?} in vain for: {what}");
        pause(Duration::from_millis(50));
    }
}
