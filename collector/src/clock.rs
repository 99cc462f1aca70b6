//! The only reader of clocks. Everything else takes `now` as an argument.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
#[cfg(not(unix))]
use std::time::Instant;
use std::time::SystemTime;

use siaga_decide::At;

/// A wall clock, and beside it a clock that nobody sets.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Manual(Arc<Hands>),
}

/// The hands of a clock that stands still until somebody moves it, for tests and simulations.
#[derive(Debug)]
pub struct Hands {
    wall_ms: AtomicI64,
    boot_ms: AtomicI64,
}

impl Hands {
    /// Lets time pass.
    pub fn pass(&self, ms: i64) {
        self.wall_ms.fetch_add(ms, Ordering::SeqCst);
        self.boot_ms.fetch_add(ms, Ordering::SeqCst);
    }

    /// Sets the wall clock forward or back, as an administrator would.
    pub fn step(&self, ms: i64) {
        self.wall_ms.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock {
    /// The machine's own.
    #[must_use]
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// One that moves only by its [`Hands`].
    #[must_use]
    pub fn manual(start: At) -> (Self, Arc<Hands>) {
        let hands =
            Arc::new(Hands { wall_ms: AtomicI64::new(start.0), boot_ms: AtomicI64::new(1_000) });
        (Self(Source::Manual(Arc::clone(&hands))), hands)
    }

    /// The present instant, as far as the wall clock is right.
    #[must_use]
    pub fn now(&self) -> At {
        match &self.0 {
            Source::System => wall(),
            Source::Manual(hands) => At(hands.wall_ms.load(Ordering::SeqCst)),
        }
    }

    /// Milliseconds since the machine's boot, sleep included. Only differences mean anything.
    #[must_use]
    pub fn boot_ms(&self) -> i64 {
        match &self.0 {
            Source::System => boot(),
            Source::Manual(hands) => hands.boot_ms.load(Ordering::SeqCst),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
fn wall() -> At {
    match SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => At(i64::try_from(since.as_millis()).unwrap_or(i64::MAX)),
        Err(before) => At(-i64::try_from(before.duration().as_millis()).unwrap_or(i64::MAX)),
    }
}

#[cfg(unix)]
fn boot() -> i64 {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let id = rustix::time::ClockId::Boottime;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let id = rustix::time::ClockId::Monotonic;
    let t = rustix::time::clock_gettime(id);
    t.tv_sec.saturating_mul(1_000).saturating_add(t.tv_nsec / 1_000_000)
}

#[cfg(not(unix))]
#[expect(clippy::disallowed_methods, reason = "the one place that reads the monotonic clock")]
fn boot() -> i64 {
    static FIRST: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    let first = FIRST.get_or_init(Instant::now);
    i64::try_from(first.elapsed().as_millis()).unwrap_or(i64::MAX)
}

/// Notices when the wall clock is set: it and the clock since boot must advance together.
#[derive(Debug)]
pub struct StepWatch {
    offset_ms: i64,
}

/// A wall clock that is slewed gains at most half a millisecond a second; a step is larger.
const STEP_MS: i64 = 500;

impl StepWatch {
    /// Starts watching.
    #[must_use]
    pub fn new(clock: &Clock) -> Self {
        Self { offset_ms: clock.now() - At(clock.boot_ms()) }
    }

    /// By how many milliseconds the wall clock was set since the last look; positive is forward.
    pub fn look(&mut self, now: At, boot_ms: i64) -> Option<i64> {
        let offset = now - At(boot_ms);
        let by = offset.saturating_sub(self.offset_ms);
        self.offset_ms = offset;
        (by.abs() >= STEP_MS).then_some(by)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_seen_once_and_passing_time_is_none() {
        let (clock, hands) = Clock::manual(At(1_000_000));
        let mut watch = StepWatch::new(&clock);
        let mut look = || watch.look(clock.now(), clock.boot_ms());
        hands.pass(3_600_000);
        assert_eq!(look(), None);
        hands.step(-7_000);
        assert_eq!(look(), Some(-7_000));
        assert_eq!(look(), None);
        hands.step(200);
        hands.pass(1_000);
        assert_eq!(look(), None, "slewed, not stepped");
    }

    #[test]
    fn the_system_clock_goes_forward() {
        let clock = Clock::system();
        assert!(clock.now() > At(1_700_000_000_000));
        assert!(clock.boot_ms() >= 0);
    }
}
