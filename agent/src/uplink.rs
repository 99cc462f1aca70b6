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
mod tests;
