//! What the collector itself sees of the data center: a witness that needs no second office. It
//! counts as one more line, so an office that stands alone in its town can learn whether it is cut
//! off or the center is gone. Knows nothing of offices.

use crate::span::{At, Span};

/// A look takes so long at most, milliseconds, or a third of a cycle where that is less.
const LOOK_MS: i64 = 5_000;

/// When the collector itself reached the data center, and when it did not though its own way was
/// good. Spans are sorted and disjoint; what it still sees ends at the end of time.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OwnLook {
    /// It did.
    pub good: Vec<Span>,
    /// It did not.
    pub bad: Vec<Span>,
}

impl OwnLook {
    /// A look that says something else than the one before; nothing if it cannot say.
    pub(crate) fn saw(&mut self, now: At, reached: Option<bool>, cycle_ms: i64) {
        self.lose(now, cycle_ms);
        match reached {
            Some(true) => self.good.push(Span::new(now, At(i64::MAX))),
            Some(false) => self.bad.push(Span::new(now, At(i64::MAX))),
            None => {}
        }
    }

    /// From then on nobody looks. What was seen holds up to the look before: at most a cycle, and
    /// what a look takes, earlier.
    pub(crate) fn lose(&mut self, now: At, cycle_ms: i64) {
        for list in [&mut self.good, &mut self.bad] {
            let Some(open) = list.last_mut().filter(|s| s.to == At(i64::MAX)) else { continue };
            open.to = now - cycle_ms - LOOK_MS.min(cycle_ms / 3);
            if open.to <= open.from {
                list.pop();
            }
        }
    }

    /// Goes on seeing the same, but for a span in which the clock cannot be trusted.
    pub(crate) fn skip(&mut self, gap: Span, cycle_ms: i64) {
        let lasts = |list: &[Span]| list.last().is_some_and(|s| s.to == At(i64::MAX));
        let reached = match (lasts(&self.good), lasts(&self.bad)) {
            (true, _) => true,
            (false, true) => false,
            (false, false) => return,
        };
        self.saw(gap.from, None, cycle_ms);
        let list = if reached { &mut self.good } else { &mut self.bad };
        list.push(Span::new(gap.to, At(i64::MAX)));
    }

    /// Drops what ended before.
    pub(crate) fn forget(&mut self, before: At) {
        for list in [&mut self.good, &mut self.bad] {
            list.retain(|s| s.to >= before);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CYCLE: i64 = 15_000;

    fn span(from: i64, to: i64) -> Span {
        Span::new(At(from), At(to))
    }

    #[test]
    fn what_was_seen_holds_up_to_the_look_before() {
        let mut own = OwnLook::default();
        own.saw(At(0), Some(true), CYCLE);
        assert_eq!(own.good, [span(0, i64::MAX)]);
        own.saw(At(60_000), Some(false), CYCLE);
        assert_eq!(own.good, [span(0, 40_000)]);
        assert_eq!(own.bad, [span(60_000, i64::MAX)]);
        own.saw(At(90_000), None, CYCLE);
        assert_eq!(own.bad, [span(60_000, 70_000)]);
        assert_eq!(own.good.len(), 1);
    }

    #[test]
    fn one_look_alone_shows_nothing() {
        let mut own = OwnLook::default();
        own.saw(At(0), Some(false), CYCLE);
        own.saw(At(15_000), Some(true), CYCLE);
        assert!(own.bad.is_empty());
    }

    #[test]
    fn a_step_of_the_clock_leaves_a_hole() {
        let mut own = OwnLook::default();
        own.saw(At(0), Some(false), CYCLE);
        own.skip(span(100_000, 145_000), CYCLE);
        assert_eq!(own.bad, [span(0, 80_000), span(145_000, i64::MAX)]);
        own.skip(span(145_000, 150_000), CYCLE);
        assert_eq!(own.bad, [span(0, 80_000), span(150_000, i64::MAX)]);
        own.forget(At(90_000));
        assert_eq!(own.bad, [span(150_000, i64::MAX)]);
        let mut nothing = OwnLook::default();
        nothing.skip(span(0, 1), CYCLE);
        assert_eq!(nothing, OwnLook::default());
    }
}
