//! The clocks of one boot of one PC: time since boot with its drift, time awake, and the wall clock
//! with whatever is wrong with it. Instants outside are true ones, in milliseconds since 1970.

use siaga_agent::clock::Sample;

use super::truth::Clock;

/// The clocks of one boot.
#[derive(Clone, Debug)]
pub struct Clocks {
    zero_ms: i64,
    drift_ppm: i64,
    /// Milliseconds of true time spent asleep.
    asleep_ms: i64,
    /// Where the wall clock was at the beginning, if it was reset, and until when.
    reset: Option<(i64, i64)>,
    ahead_ms: i64,
    steps: Vec<(i64, i64)>,
}

impl Clocks {
    /// A boot that began then; `cut` where it followed a loss of power.
    #[must_use]
    pub fn new(clock: &Clock, zero_ms: i64, cut: bool) -> Self {
        let until = clock.set_right_after.map_or(i64::MAX, |s| zero_ms + s * 1000);
        Self {
            zero_ms,
            drift_ppm: clock.drift_ppm,
            asleep_ms: 0,
            reset: clock.wall_after_cut.filter(|_| cut).map(|wall| (wall * 1000, until)),
            ahead_ms: clock.wall_ahead * 1000,
            steps: clock.steps.iter().map(|(at, by)| (at * 1000, by * 1000)).collect(),
        }
    }

    /// What they say at that instant.
    #[must_use]
    pub fn sample(&self, now_ms: i64) -> Sample {
        let boot_ms = self.boot_ms(now_ms);
        let asleep = self.asleep_ms.unsigned_abs();
        Sample { boot_ms, awake_ms: boot_ms.saturating_sub(asleep), wall_ms: self.wall_ms(now_ms) }
    }

    /// Milliseconds since the boot.
    #[must_use]
    pub fn boot_ms(&self, now_ms: i64) -> u64 {
        let passed = (now_ms - self.zero_ms).max(0);
        (passed + passed * self.drift_ppm / 1_000_000).max(0).unsigned_abs()
    }

    /// The first instant at which so many milliseconds since the boot have passed.
    #[must_use]
    pub fn when(&self, boot_ms: u64) -> i64 {
        let Ok(boot) = i64::try_from(boot_ms) else { return i64::MAX };
        if boot > i64::MAX / 2_000_000 {
            return i64::MAX;
        }
        let mut now =
            self.zero_ms + boot - boot * self.drift_ppm / (1_000_000 + self.drift_ppm) - 2;
        while self.boot_ms(now) < boot_ms {
            now += 1;
        }
        now
    }

    /// The PC slept so long.
    pub fn slept(&mut self, ms: i64) {
        self.asleep_ms += ms;
    }

    fn wall_ms(&self, now_ms: i64) -> i64 {
        if let Some((wall, until)) = self.reset
            && now_ms < until
        {
            return wall + (now_ms - self.zero_ms);
        }
        let stepped: i64 = self.steps.iter().filter(|(at, _)| *at <= now_ms).map(|s| s.1).sum();
        now_ms + self.ahead_ms + stepped
    }
}
