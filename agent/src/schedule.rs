//! Pure: which probes are due at an instant.
//!
//! One cycle clock with a random phase, so that PCs which start together do not ask together.
//! Periods are whole cycles or whole parts of one. A probe that still runs is not started again,
//! and instants missed while the PC slept are skipped, never caught up.

use std::time::Duration;

/// How often a probe is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// The period in milliseconds, a whole number of cycles or a whole part of one.
    pub every_ms: u64,
}

/// A probe to ask now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// Index of the probe.
    pub probe: usize,
    /// Whether its answer is kept in any case; else only where it changed.
    pub keep: bool,
}

#[derive(Debug, Clone)]
struct Item {
    every_ms: u64,
    /// The next instant, milliseconds since boot.
    next_ms: u64,
    running: bool,
    /// The cycle whose answer was kept last.
    kept: Option<u64>,
}

/// The one cycle clock.
#[derive(Debug, Clone)]
pub struct Schedule {
    cycle_ms: u64,
    phase_ms: u64,
    items: Vec<Item>,
}

impl Schedule {
    /// Begins at `now_ms` since boot: everything is due at once, then on the clock of that cycle.
    /// `random` chooses the phase.
    #[must_use]
    pub fn new(cycle: Duration, random: u64, now_ms: u64, paces: &[Pace]) -> Self {
        let cycle_ms = ms(cycle).max(1);
        let items = paces
            .iter()
            .map(|pace| Item {
                every_ms: pace.every_ms.max(1),
                next_ms: now_ms,
                running: false,
                kept: None,
            })
            .collect();
        Self { cycle_ms, phase_ms: random % cycle_ms, items }
    }

    /// The probes to ask at `now_ms`; each counts as running until [`Self::finished`].
    pub fn due(&mut self, now_ms: u64) -> Vec<Due> {
        let cycle = self.cycle_of(now_ms);
        let mut due = Vec::new();
        for (probe, item) in self.items.iter_mut().enumerate() {
            if now_ms < item.next_ms {
                continue;
            }
            item.next_ms = next_on_grid(now_ms, self.phase_ms, item.every_ms);
            if item.running {
                continue;
            }
            item.running = true;
            // A period below the cycle is kept once per cycle: the first answer in it.
            let keep = item.every_ms >= self.cycle_ms || item.kept != Some(cycle);
            if keep {
                item.kept = Some(cycle);
            }
            due.push(Due { probe, keep });
        }
        due
    }

    /// The probe has answered.
    pub fn finished(&mut self, probe: usize) {
        if let Some(item) = self.items.get_mut(probe) {
            item.running = false;
        }
    }

    /// Whether none is running: the cycle's answers are all in.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.items.iter().all(|item| !item.running)
    }

    /// When something is due next, milliseconds since boot.
    #[must_use]
    pub fn next_ms(&self, now_ms: u64) -> u64 {
        let cycle = next_on_grid(now_ms, self.phase_ms, self.cycle_ms);
        self.items.iter().map(|item| item.next_ms).min().unwrap_or(cycle).min(cycle)
    }

    /// The number of the cycle that `now_ms` lies in.
    #[must_use]
    pub fn cycle_of(&self, now_ms: u64) -> u64 {
        // Cycles begin at `phase`, `phase + cycle`, …; what lies before the first is cycle 0.
        match now_ms.checked_sub(self.phase_ms) {
            Some(since) => (since / self.cycle_ms).saturating_add(1),
            None => 0,
        }
    }
}

fn ms(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// The first instant after `now_ms` of the grid `phase + n × every`.
fn next_on_grid(now_ms: u64, phase_ms: u64, every_ms: u64) -> u64 {
    let phase_ms = phase_ms % every_ms;
    if now_ms < phase_ms {
        return phase_ms;
    }
    phase_ms
        .saturating_add(((now_ms - phase_ms) / every_ms).saturating_add(1).saturating_mul(every_ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    const CYCLE: Duration = Duration::from_secs(15);

    fn paces(every_s: &[u64]) -> Vec<Pace> {
        every_s.iter().map(|s| Pace { every_ms: s * 1_000 }).collect()
    }

    /// Runs the clock with probes that answer at once: instants (ms), probe, keep.
    fn play(schedule: &mut Schedule, from_ms: u64, until_ms: u64) -> Vec<(u64, usize, bool)> {
        let mut now_ms = from_ms;
        let mut all = Vec::new();
        while now_ms < until_ms {
            for due in schedule.due(now_ms) {
                all.push((now_ms, due.probe, due.keep));
                schedule.finished(due.probe);
            }
            let next = schedule.next_ms(now_ms);
            assert!(next > now_ms);
            now_ms = next;
        }
        all
    }

    #[test]
    fn everything_is_asked_at_the_start_and_then_on_one_clock() {
        let mut schedule = Schedule::new(CYCLE, 7_000, 100_000, &paces(&[15, 60]));
        let all = play(&mut schedule, 100_000, 200_000);
        let of = |p| all.iter().filter(|a| a.1 == p).map(|a| a.0).collect::<Vec<_>>();
        assert_eq!(of(0), [100_000, 112_000, 127_000, 142_000, 157_000, 172_000, 187_000]);
        assert_eq!(of(1), [100_000, 127_000, 187_000]);
        assert!(all.iter().all(|a| a.2));
    }

    #[test]
    fn a_ups_is_asked_every_5_s_and_kept_once_a_cycle() {
        let mut schedule = Schedule::new(CYCLE, 0, 30_000, &paces(&[5]));
        let all = play(&mut schedule, 30_000, 60_000);
        let kept: Vec<_> = all.iter().map(|a| (a.0, a.2)).collect();
        assert_eq!(
            kept,
            [
                (30_000, true),
                (35_000, false),
                (40_000, false),
                (45_000, true),
                (50_000, false),
                (55_000, false)
            ]
        );
    }

    #[test]
    fn a_probe_that_still_runs_is_not_started_again() {
        let mut schedule = Schedule::new(CYCLE, 0, 0, &paces(&[15]));
        assert_eq!(schedule.due(0).len(), 1);
        assert!(!schedule.is_idle());
        assert!(schedule.due(15_000).is_empty());
        schedule.finished(0);
        assert!(schedule.is_idle());
        assert_eq!(schedule.due(30_000), [Due { probe: 0, keep: true }]);
    }

    #[test]
    fn a_kept_instant_missed_while_running_is_owed() {
        let mut schedule = Schedule::new(CYCLE, 0, 10_000, &paces(&[5]));
        assert_eq!(schedule.due(10_000), [Due { probe: 0, keep: true }]);
        assert!(schedule.due(15_000).is_empty(), "still running");
        schedule.finished(0);
        assert_eq!(schedule.due(20_000), [Due { probe: 0, keep: true }]);
    }

    #[test]
    fn a_night_asleep_is_not_caught_up() {
        let mut schedule = Schedule::new(CYCLE, 0, 0, &paces(&[5, 15, 60]));
        play(&mut schedule, 0, 60_000);
        let all = play(&mut schedule, 36_000_123, 36_000_124);
        assert_eq!(all.len(), 3, "each once");
        assert!(schedule.next_ms(36_000_123) <= 36_005_000);
    }

    #[test]
    fn nonsense_does_not_panic() {
        let mut schedule =
            Schedule::new(Duration::ZERO, u64::MAX, u64::MAX, &[Pace { every_ms: 0 }]);
        schedule.due(u64::MAX);
        schedule.finished(99);
        assert_eq!(schedule.next_ms(u64::MAX), u64::MAX);
        assert!(schedule.cycle_of(u64::MAX) > 0);
    }
}
