//! The only reader of clocks, and the pure code that notices what they did.
//!
//! [`sample`] is one line per clock; [`Watch`] compares two samples and says whether the PC slept
//! or its wall clock was set. Nothing outside this file asks what time it is.

use std::time::Duration;

/// What the three clocks said at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// Milliseconds since the boot, time asleep included: what rows are dated by.
    pub boot_ms: u64,
    /// Milliseconds that the system was awake.
    pub awake_ms: u64,
    /// The PC's own calendar clock, Unix milliseconds. A hint: after a power cut a dead battery
    /// puts it years off.
    pub wall_ms: i64,
}

/// What happened to the clocks between two samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Noticed {
    /// The PC slept that long.
    pub slept: Option<Duration>,
    /// The wall clock was set: by so many milliseconds, forward is positive.
    pub stepped_ms: Option<i64>,
}

impl Noticed {
    /// Whether nothing happened.
    #[must_use]
    pub fn is_nothing(self) -> bool {
        self == Self::default()
    }
}

/// Sleep shorter than this is a stall of the sampling, not a suspend.
const SLEPT_MIN_MS: u64 = 2_000;
/// A slewed clock moves at most 500 ppm: 30 ms a minute. More than this is a step.
const STEPPED_MIN_MS: u64 = 1_000;

/// Compares samples, oldest first.
#[derive(Debug, Clone, Copy)]
pub struct Watch {
    last: Sample,
}

impl Watch {
    /// Begins with a first sample.
    #[must_use]
    pub fn new(first: Sample) -> Self {
        Self { last: first }
    }

    /// The sample before.
    #[must_use]
    pub fn last(&self) -> Sample {
        self.last
    }

    /// What happened since the sample before.
    pub fn notice(&mut self, now: Sample) -> Noticed {
        let last = std::mem::replace(&mut self.last, now);
        let passed = now.boot_ms.saturating_sub(last.boot_ms);
        let slept = passed.saturating_sub(now.awake_ms.saturating_sub(last.awake_ms));
        let walled = now.wall_ms.saturating_sub(last.wall_ms);
        let stepped = walled.saturating_sub(i64::try_from(passed).unwrap_or(i64::MAX));
        Noticed {
            slept: (slept >= SLEPT_MIN_MS).then(|| Duration::from_millis(slept)),
            stepped_ms: (stepped.unsigned_abs() >= STEPPED_MIN_MS).then_some(stepped),
        }
    }
}

/// Reads the clocks.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this file is the one that reads clocks")]
pub fn sample() -> Sample {
    let wall = std::time::SystemTime::now();
    let (boot_ms, awake_ms) = crate::platform::since_boot_ms();
    Sample { boot_ms, awake_ms, wall_ms: unix_ms(wall) }
}

/// This PC's wall clock, as exactly as it can be read: Unix nanoseconds, for comparing clocks.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this file is the one that reads clocks")]
pub fn wall_ns() -> i64 {
    let ns = |span: std::time::Duration| i64::try_from(span.as_nanos()).unwrap_or(i64::MAX);
    match std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH) {
        Ok(after) => ns(after),
        Err(before) => ns(before.duration()).wrapping_neg(),
    }
}

/// A point on the runtime's monotonic clock: for deadlines, and for how long something took.
#[must_use]
pub fn instant() -> tokio::time::Instant {
    tokio::time::Instant::now()
}

/// Unix milliseconds; negative before 1970, which dead clocks reach.
fn unix_ms(wall: std::time::SystemTime) -> i64 {
    match wall.duration_since(std::time::UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_millis()).unwrap_or(i64::MAX),
        Err(before) => {
            i64::try_from(before.duration().as_millis()).map_or(i64::MIN, i64::wrapping_neg)
        }
    }
}

/// A wall clock as the wire spells it: RFC 3339 in UTC. A year that the calendar cannot hold is
/// its nearest end.
#[must_use]
pub fn wall_text(wall_ms: i64) -> String {
    let instant = jiff::Timestamp::from_millisecond(wall_ms).unwrap_or(if wall_ms < 0 {
        jiff::Timestamp::MIN
    } else {
        jiff::Timestamp::MAX
    });
    instant.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(boot_ms: u64, awake_ms: u64, wall_ms: i64) -> Sample {
        Sample { boot_ms, awake_ms, wall_ms }
    }

    #[test]
    fn an_ordinary_cycle_notices_nothing() {
        let mut watch = Watch::new(at(1_000, 1_000, 50_000));
        assert!(watch.notice(at(16_003, 16_003, 65_010)).is_nothing());
        assert!(watch.notice(at(31_003, 31_003, 80_400)).is_nothing(), "slewing is not a step");
    }

    #[test]
    fn a_night_asleep_is_noticed_once() {
        let mut watch = Watch::new(at(1_000, 1_000, 0));
        let noticed = watch.notice(at(36_016_000, 16_000, 36_015_000));
        assert_eq!(noticed.slept, Some(Duration::from_secs(36_000)));
        assert_eq!(noticed.stepped_ms, None);
        assert!(watch.notice(at(36_031_000, 31_000, 36_030_000)).is_nothing());
    }

    #[test]
    fn steps_of_years_either_way_are_noticed_and_nothing_overflows() {
        let mut watch = Watch::new(at(0, 0, 0));
        let forward = watch.notice(at(15_000, 15_000, 4_102_444_800_000));
        assert_eq!(forward.stepped_ms, Some(4_102_444_785_000));
        let back = watch.notice(at(30_000, 30_000, -2_000_000_000_000));
        assert!(back.stepped_ms.is_some_and(|s| s < 0));
        watch.notice(at(u64::MAX, 0, i64::MAX));
        watch.notice(at(0, u64::MAX, i64::MIN));
    }

    #[test]
    fn wall_clocks_outside_the_calendar_still_print() {
        assert_eq!(wall_text(0), "1970-01-01T00:00:00Z");
        assert_eq!(wall_text(1_795_000_000_123), "2026-11-18T11:06:40.123Z");
        assert!(wall_text(i64::MIN).starts_with('-'));
        assert!(wall_text(i64::MAX).starts_with("9999"));
    }

    #[test]
    fn the_clocks_of_this_machine_run() {
        let now = sample();
        assert!(now.boot_ms >= now.awake_ms && now.awake_ms > 0);
    }
}
