//! When to try again: pauses that double with jitter, and the breaker of a channel. Pure, but for
//! the random part of a pause.

use std::time::Duration;

use super::SendError;

const FIRST_MS: i64 = 5_000;
const LONGEST_MS: i64 = 30 * 60_000;
/// A provider that asks for a longer pause is asked again after this one.
const LONGEST_ASKED_MS: i64 = 6 * 3_600_000;

/// Milliseconds until a message that has been tried so often is tried again. At least what the
/// provider asks for; else doubling from 5 s to 30 min, the second half of it at random, so that
/// messages that failed together do not come back together.
pub(super) fn pause_ms(tries: u32, asked_ms: Option<i64>) -> i64 {
    if let Some(asked) = asked_ms {
        return asked.clamp(1_000, LONGEST_ASKED_MS);
    }
    let whole = FIRST_MS.saturating_mul(1 << tries.saturating_sub(1).min(20)).min(LONGEST_MS);
    let half = whole / 2;
    half + random_below(half)
}

fn random_below(limit: i64) -> i64 {
    // Without random numbers the pause is the whole one: still right, only less spread.
    let random = crate::token::random::<8>().map_or(u64::MAX, u64::from_le_bytes);
    let part = (u128::from(random) * limit.unsigned_abs() as u128) >> 64;
    i64::try_from(part).unwrap_or(0)
}

/// A channel that failed so often in a row is left alone.
const TRIP_AFTER: u32 = 3;

/// Notices that a channel as a whole does not work, so that the messages that wait for it do not
/// use up their attempts one after another.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    in_a_row: u32,
    asked_ms: Option<i64>,
}

impl Breaker {
    /// A message got through.
    pub(super) fn succeeded(&mut self) {
        *self = Self::default();
    }

    /// A message did not. A permanent refusal concerns that message and says that the channel works.
    pub(super) fn failed(&mut self, error: &SendError) {
        if error.permanent {
            self.succeeded();
        } else {
            self.in_a_row = self.in_a_row.saturating_add(1);
            self.asked_ms = error.retry_after_ms;
        }
    }

    /// Whether messages flow freely.
    pub(super) fn is_closed(&self) -> bool {
        self.in_a_row < TRIP_AFTER && self.asked_ms.is_none()
    }

    /// How long the channel is left alone before one message is tried.
    pub(super) fn pause(&self) -> Duration {
        let ms = match self.asked_ms {
            Some(asked) => asked.clamp(1_000, LONGEST_ASKED_MS),
            None if self.is_closed() => 0,
            None => {
                FIRST_MS.saturating_mul(1 << (self.in_a_row - TRIP_AFTER).min(10)).min(5 * 60_000)
            }
        };
        Duration::from_millis(ms.unsigned_abs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_to_half_an_hour_and_never_fall_short_of_what_is_asked() {
        for (tries, whole) in
            [(1, 5_000), (2, 10_000), (5, 80_000), (12, 1_800_000), (40, 1_800_000)]
        {
            for _ in 0..50 {
                let pause = pause_ms(tries, None);
                assert!((whole / 2..=whole).contains(&pause), "{tries}: {pause}");
            }
        }
        assert_eq!(pause_ms(1, Some(35_000)), 35_000);
        assert_eq!(pause_ms(1, Some(-7)), 1_000);
    }

    #[test]
    fn three_failures_in_a_row_open_the_breaker_and_one_success_closes_it() {
        let mut breaker = Breaker::default();
        for _ in 0..2 {
            breaker.failed(&SendError::passing("refused"));
        }
        assert!(breaker.is_closed());
        breaker.failed(&SendError::passing("refused"));
        assert!(!breaker.is_closed());
        assert_eq!(breaker.pause(), Duration::from_secs(5));
        breaker.failed(&SendError::passing("refused"));
        assert_eq!(breaker.pause(), Duration::from_secs(10));
        breaker.succeeded();
        assert!(breaker.is_closed());
    }

    #[test]
    fn a_refusal_for_good_says_that_the_channel_works() {
        let mut breaker = Breaker::default();
        for _ in 0..9 {
            breaker.failed(&SendError::permanent("chat not found"));
        }
        assert!(breaker.is_closed());
        let slow = SendError { retry_after_ms: Some(35_000), ..SendError::passing("slow down") };
        breaker.failed(&slow);
        assert_eq!(breaker.pause(), Duration::from_secs(35));
    }
}
