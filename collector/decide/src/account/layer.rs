//! One thing that holds over spans, asked second by second. Must never lose or invent a second:
//! spans that overlap are cut, and the earlier in the list keeps the seconds they share.

use crate::span::{At, Span};

/// The whole seconds whose first instant lies in a span: `[first, after the last)`. Spans that
/// are back to back share none and leave none out.
pub(super) fn seconds(span: Span) -> (i64, i64) {
    (first_second(span.from), first_second(span.to))
}

/// The first whole second at or after an instant.
fn first_second(at: At) -> i64 {
    at.0.div_euclid(1_000) + i64::from(at.0.rem_euclid(1_000) > 0)
}

/// Values over spans of whole seconds, sorted and disjoint.
pub(super) struct Layer<T> {
    spans: Vec<(i64, i64, T)>,
}

impl<T> Layer<T> {
    /// A layer of spans in any order; where two overlap, the one that began first holds, of two
    /// that began together the one given first.
    pub(super) fn new(spans: impl IntoIterator<Item = (Span, T)>) -> Self {
        let of_seconds = spans.into_iter().map(|(span, value)| {
            let (from, to) = seconds(span);
            (from, to, value)
        });
        Self::of_seconds(of_seconds.collect())
    }

    /// The same, of whole seconds.
    pub(super) fn of_seconds(mut given: Vec<(i64, i64, T)>) -> Self {
        given.sort_by_key(|(from, _, _)| *from);
        let mut spans: Vec<(i64, i64, T)> = Vec::with_capacity(given.len());
        for (from, to, value) in given {
            let from = spans.last().map_or(from, |(_, end, _)| from.max(*end));
            if from < to {
                spans.push((from, to, value));
            }
        }
        Self { spans }
    }

    /// What holds in that second.
    pub(super) fn at(&self, second: i64) -> Option<&T> {
        let i = self.spans.partition_point(|(_, to, _)| *to <= second);
        self.spans.get(i).filter(|(from, _, _)| *from <= second).map(|(_, _, value)| value)
    }

    /// The next second after this one in which something begins or ends to hold.
    pub(super) fn next_change(&self, second: i64) -> i64 {
        let i = self.spans.partition_point(|(_, to, _)| *to <= second);
        match self.spans.get(i) {
            Some((from, to, _)) => {
                if *from > second {
                    *from
                } else {
                    *to
                }
            }
            None => i64::MAX,
        }
    }

    /// All seconds in which something begins or ends to hold.
    pub(super) fn edges(&self) -> impl Iterator<Item = i64> + '_ {
        self.spans.iter().flat_map(|(from, to, _)| [*from, *to])
    }
}
