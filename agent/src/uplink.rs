//! Pure: what to send next, and when.
//!
//! One report at a time. The newest rows go first, then the backlog, oldest first. After a
//! failure the next try comes at a random moment of a window that doubles from one cycle to half
//! an hour; the jitter is drawn after the cap, so that PCs which failed together do not come back
//! together. What the collector asks for (`Retry-After`) is obeyed to the second.

use std::time::Duration;

use crate::spool::Pending;

const WINDOW_MOST_MS: u64 = 30 * 60 * 1000;
/// Even the luckiest draw leaves the collector some air.
const DELAY_LEAST_MS: u64 = 500;
/// Nobody, not even the collector, may silence an agent for longer.
const RETRY_AFTER_MOST: Duration = Duration::from_secs(3600);
/// Rows of a report in ordinary times.
const ROWS_MOST: usize = 500;

/// What to do now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Send these rows.
    Send(Send),
    /// Ask again at that instant, milliseconds since boot.
    Wait(u64),
    /// A report is under way, or there is nothing to send.
    Nothing,
}

/// Rows to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Send {
    /// Of this run.
    pub run: String,
    /// Made in this boot.
    pub boot: String,
    /// The newest number of that run.
    pub newest: u64,
    /// Numbers, both ends included.
    pub range: (u64, u64),
    /// At most so many rows.
    pub rows_most: usize,
    /// The newest row of the newest run, where that is another.
    pub newest_of: Option<(String, u64)>,
}

/// How a report ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The collector has rows of it.
    Committed,
    /// No answer, or one that is not a collector's.
    Failed,
    /// The collector asks for patience.
    Later(Duration),
    /// The report is too large.
    TooLarge,
    /// The report is not understood; which row, where it says.
    Refused(Option<usize>),
    /// It does not know this agent.
    Unauthorized,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Connected,
    BackingOff {
        until_ms: u64,
        /// Chosen by the collector: nothing shortens it.
        ordered: bool,
    },
}

/// The state of the way to the collector.
#[derive(Debug, Clone)]
pub struct Uplink {
    state: State,
    cycle_ms: u64,
    failures: u32,
    in_flight: bool,
    /// Newest rows of the present run that were never tried.
    live: Option<(u64, u64)>,
    /// The rows of the newest commit: what goes first after a failure.
    newest: Option<(u64, u64)>,
    rows_most: usize,
    urgent_at_ms: Option<u64>,
    random: u64,
}

impl Uplink {
    /// `random` seeds the jitter.
    #[must_use]
    pub fn new(cycle: Duration, random: u64) -> Self {
        Self {
            state: State::Connected,
            cycle_ms: u64::try_from(cycle.as_millis()).unwrap_or(15_000).max(1),
            failures: 0,
            in_flight: false,
            live: None,
            newest: None,
            rows_most: ROWS_MOST,
            urgent_at_ms: None,
            random,
        }
    }

    /// Whether the last report was answered.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.state == State::Connected
    }

    /// Rows of the present run were added.
    pub fn added(&mut self, first: u64, last: u64) {
        if first > last {
            return;
        }
        self.newest = Some((first, last));
        self.live = match self.live {
            // While nothing gets through, older rows are backlog.
            Some((from, _)) if self.is_connected() => Some((from, last)),
            _ => Some((first, last)),
        };
    }

    /// Something in the way to the collector began to answer again: the long window is over, but
    /// the others in the province have seen it too.
    pub fn hurry(&mut self, now_ms: u64) {
        if let State::BackingOff { until_ms, ordered: false } = self.state {
            let soon = now_ms.saturating_add(self.draw(self.cycle_ms));
            self.failures = 0;
            self.state = State::BackingOff { until_ms: until_ms.min(soon), ordered: false };
        }
    }

    /// A change that may be the last one this PC can tell: one try at once, at most one a cycle.
    pub fn urgent(&mut self, now_ms: u64) {
        let recent = self.urgent_at_ms.is_some_and(|at| now_ms < at.saturating_add(self.cycle_ms));
        if let State::BackingOff { ordered: false, .. } = self.state
            && !recent
        {
            self.urgent_at_ms = Some(now_ms);
            self.state = State::BackingOff { until_ms: now_ms, ordered: false };
        }
    }

    /// What to do at `now_ms`, with what the spool holds; the present run is the last of it.
    pub fn next(&mut self, now_ms: u64, pending: &[Pending]) -> Next {
        if self.in_flight {
            return Next::Nothing;
        }
        let Some(send) = self.choose(pending) else { return Next::Nothing };
        match self.state {
            State::BackingOff { until_ms, .. } if now_ms < until_ms => Next::Wait(until_ms),
            State::BackingOff { .. } | State::Connected => {
                self.in_flight = true;
                Next::Send(send)
            }
        }
    }

    fn choose(&mut self, pending: &[Pending]) -> Option<Send> {
        let present = pending.last()?;
        let newest_of = Some((present.run.clone(), present.newest));
        let live = self.live.filter(|(first, last)| {
            let have = &present.numbers;
            have.contains(*first) || have.contains(*last)
        });
        if let Some(range) = live {
            return Some(self.send(present, range, None));
        }
        let oldest = pending.iter().find(|p| !p.numbers.is_empty())?;
        let range = (oldest.numbers.first()?, oldest.numbers.last()?);
        let newest_of = newest_of.filter(|(run, _)| *run != oldest.run);
        Some(self.send(oldest, range, newest_of))
    }

    fn send(&self, of: &Pending, range: (u64, u64), newest_of: Option<(String, u64)>) -> Send {
        Send {
            run: of.run.clone(),
            boot: of.boot.clone(),
            newest: of.newest,
            range,
            rows_most: self.rows_most,
            newest_of,
        }
    }

    /// How the report ended. Returns the index of the row to give up, where one can never be
    /// accepted: a poisoned row must not hold up the others.
    pub fn answered(
        &mut self,
        now_ms: u64,
        sent: &Send,
        rows: usize,
        outcome: &Outcome,
    ) -> Option<usize> {
        self.in_flight = false;
        let tried_live =
            self.live.is_some_and(|live| live.0 == sent.range.0 && sent.newest_of.is_none());
        match outcome {
            Outcome::Committed => {
                self.failures = 0;
                self.state = State::Connected;
                self.rows_most = (self.rows_most * 2).clamp(1, ROWS_MOST);
                if tried_live {
                    // Rows that were added meanwhile are still new.
                    self.live =
                        self.live.filter(|l| l.1 > sent.range.1).map(|l| (sent.range.1 + 1, l.1));
                }
                None
            }
            Outcome::Later(patience) => {
                let patience =
                    u64::try_from((*patience).min(RETRY_AFTER_MOST).as_millis()).unwrap_or(0);
                self.failures = self.failures.saturating_add(1);
                self.back_off(now_ms.saturating_add(patience.max(DELAY_LEAST_MS)), true);
                None
            }
            Outcome::Failed => {
                self.fail(now_ms);
                None
            }
            Outcome::Unauthorized => {
                self.failures = u32::MAX;
                self.fail(now_ms);
                None
            }
            Outcome::TooLarge | Outcome::Refused(None) => {
                self.fail(now_ms);
                let alone = rows <= 1;
                self.rows_most = (rows / 2).max(1);
                alone.then_some(0)
            }
            Outcome::Refused(Some(row)) => {
                self.fail(now_ms);
                (*row < rows).then_some(*row)
            }
        }
    }

    fn fail(&mut self, now_ms: u64) {
        self.failures = self.failures.saturating_add(1);
        let doublings = self.failures.saturating_sub(1).min(16);
        let window_ms = self.cycle_ms.saturating_mul(1 << doublings).min(WINDOW_MOST_MS);
        let delay_ms = self.draw(window_ms).max(DELAY_LEAST_MS);
        self.back_off(now_ms.saturating_add(delay_ms), false);
    }

    fn back_off(&mut self, until_ms: u64, ordered: bool) {
        self.state = State::BackingOff { until_ms, ordered };
        self.live = self.newest;
    }

    /// A number from 0 to `most`: SplitMix64, which is enough for jitter.
    fn draw(&mut self, most: u64) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % most.saturating_add(1).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spool::ranges::Ranges;

    const CYCLE: Duration = Duration::from_secs(15);
    const HALF_AN_HOUR_MS: u64 = 30 * 60 * 1000;

    fn pending(run: &str, newest: u64, numbers: &str) -> Pending {
        let numbers: Ranges = numbers.parse().unwrap();
        Pending { run: run.into(), boot: "b".into(), newest, numbers }
    }

    fn sent(next: Next) -> Send {
        match next {
            Next::Send(send) => send,
            Next::Wait(_) | Next::Nothing => panic!("{next:?}"),
        }
    }

    fn wait(next: Next) -> u64 {
        match next {
            Next::Wait(until_ms) => until_ms,
            Next::Send(_) | Next::Nothing => panic!("{next:?}"),
        }
    }

    #[test]
    fn the_newest_rows_go_first_then_the_backlog_oldest_first() {
        let mut uplink = Uplink::new(CYCLE, 1);
        let spool = [pending("old", 90, "40-90"), pending("now", 12, "1-12")];
        uplink.added(11, 12);
        let live = sent(uplink.next(0, &spool));
        assert_eq!(
            (live.run.as_str(), live.range, live.newest_of.clone()),
            ("now", (11, 12), None)
        );
        assert_eq!(uplink.next(0, &spool), Next::Nothing, "one at a time");
        uplink.answered(100, &live, 2, &Outcome::Committed);

        let spool = [pending("old", 90, "40-90"), pending("now", 12, "1-10")];
        let backlog = sent(uplink.next(100, &spool));
        assert_eq!((backlog.run.as_str(), backlog.range), ("old", (40, 90)));
        assert_eq!(backlog.newest_of, Some(("now".into(), 12)));
        // A new cycle in between goes before the rest of the backlog.
        uplink.added(13, 20);
        uplink.answered(200, &backlog, 51, &Outcome::Committed);
        let spool = [pending("old", 90, ""), pending("now", 20, "1-10 13-20")];
        let live = sent(uplink.next(200, &spool));
        assert_eq!((live.run.as_str(), live.range), ("now", (13, 20)));
        uplink.answered(300, &live, 8, &Outcome::Committed);
        let spool = [pending("old", 90, ""), pending("now", 20, "1-10")];
        let rest = sent(uplink.next(300, &spool));
        assert_eq!((rest.run.as_str(), rest.range, rest.newest_of), ("now", (1, 10), None));
    }

    #[test]
    fn nothing_to_send_sends_nothing() {
        let mut uplink = Uplink::new(CYCLE, 1);
        assert_eq!(uplink.next(0, &[]), Next::Nothing);
        assert_eq!(uplink.next(0, &[pending("now", 9, "")]), Next::Nothing);
    }

    #[test]
    fn the_window_grows_to_half_an_hour_and_the_jitter_fills_all_of_it() {
        let spool = [pending("now", 4, "1-4")];
        let mut delays = Vec::new();
        for seed in 0..400 {
            let mut uplink = Uplink::new(CYCLE, seed);
            uplink.added(1, 4);
            let mut now_ms = 0;
            for _ in 0..12 {
                let send = sent(uplink.next(now_ms, &spool));
                uplink.answered(now_ms, &send, 4, &Outcome::Failed);
                let until_ms = wait(uplink.next(now_ms, &spool));
                assert!(until_ms > now_ms && until_ms <= now_ms + HALF_AN_HOUR_MS);
                delays.push(until_ms - now_ms);
                now_ms = until_ms;
            }
        }
        let last: Vec<u64> = delays.iter().skip(11).step_by(12).copied().collect();
        let mean = last.iter().sum::<u64>() / last.len() as u64;
        assert!((HALF_AN_HOUR_MS / 3..HALF_AN_HOUR_MS * 2 / 3).contains(&mean), "{mean}");
        assert!(
            last.iter().any(|d| *d < HALF_AN_HOUR_MS / 10)
                && last.iter().any(|d| *d > HALF_AN_HOUR_MS * 9 / 10)
        );
        assert!(delays.iter().step_by(12).all(|d| *d <= 15_000), "the first try is soon");
    }

    #[test]
    fn what_the_collector_asks_for_is_obeyed_to_the_second_and_nothing_shortens_it() {
        let spool = [pending("now", 4, "1-4")];
        let mut uplink = Uplink::new(CYCLE, 7);
        uplink.added(1, 4);
        let send = sent(uplink.next(1_000, &spool));
        uplink.answered(1_000, &send, 4, &Outcome::Later(Duration::from_secs(90)));
        uplink.hurry(2_000);
        uplink.urgent(2_000);
        assert_eq!(wait(uplink.next(2_000, &spool)), 91_000);
        let send = sent(uplink.next(91_000, &spool));
        uplink.answered(91_000, &send, 4, &Outcome::Later(Duration::MAX));
        assert_eq!(
            wait(uplink.next(91_000, &spool)),
            91_000 + 3_600_000,
            "nobody may silence it for ever"
        );
    }

    #[test]
    fn a_link_that_answers_ends_the_long_window_and_power_gets_one_try_a_cycle() {
        let spool = [pending("now", 4, "1-4")];
        let mut uplink = Uplink::new(CYCLE, 3);
        uplink.added(1, 4);
        let mut now_ms = 0;
        for _ in 0..12 {
            let send = sent(uplink.next(now_ms, &spool));
            uplink.answered(now_ms, &send, 4, &Outcome::Failed);
            now_ms = wait(uplink.next(now_ms, &spool));
        }
        let send = sent(uplink.next(now_ms, &spool));
        uplink.answered(now_ms, &send, 4, &Outcome::Unauthorized);
        uplink.hurry(now_ms);
        assert!(wait(uplink.next(now_ms, &spool)) <= now_ms + 15_000);
        uplink.urgent(now_ms);
        let send = sent(uplink.next(now_ms, &spool));
        uplink.answered(now_ms, &send, 4, &Outcome::Failed);
        uplink.urgent(now_ms + 5_000);
        assert!(matches!(uplink.next(now_ms, &spool), Next::Wait(_)), "one a cycle");
    }

    #[test]
    fn a_report_too_large_is_halved_and_a_poisoned_row_is_given_up() {
        let spool = [pending("now", 400, "1-400")];
        let mut uplink = Uplink::new(CYCLE, 5);
        let (mut rows, mut now_ms) = (400, 0);
        loop {
            let send = sent(uplink.next(now_ms, &spool));
            assert!(send.rows_most >= 1);
            rows = rows.min(send.rows_most);
            let give_up = uplink.answered(now_ms, &send, rows, &Outcome::TooLarge);
            if rows == 1 {
                assert_eq!(give_up, Some(0));
                break;
            }
            assert_eq!(give_up, None);
            now_ms = wait(uplink.next(now_ms, &spool));
        }
        now_ms = wait(uplink.next(now_ms, &spool));
        let send = sent(uplink.next(now_ms, &spool));
        assert_eq!(uplink.answered(now_ms, &send, 3, &Outcome::Refused(Some(2))), Some(2));
        now_ms = wait(uplink.next(now_ms, &spool));
        let send = sent(uplink.next(now_ms, &spool));
        assert_eq!(
            uplink.answered(now_ms, &send, 3, &Outcome::Refused(Some(9))),
            None,
            "a row that was not sent"
        );
    }
}
