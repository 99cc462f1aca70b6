//! Instants, intervals of uncertainty, and half-open spans.

use std::fmt;
use std::ops::{Add, Sub};

/// An instant: milliseconds since 1970-01-01 00:00 UTC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct At(pub i64);

impl fmt::Debug for At {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(t) => write!(f, "{t}"),
            Err(_) => write!(f, "At({})", self.0),
        }
    }
}

/// Adds milliseconds.
impl Add<i64> for At {
    type Output = Self;
    fn add(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }
}

/// Takes milliseconds away.
impl Sub<i64> for At {
    type Output = Self;
    fn sub(self, ms: i64) -> Self {
        Self(self.0.saturating_sub(ms))
    }
}

/// Milliseconds between two instants.
impl Sub for At {
    type Output = i64;
    fn sub(self, other: Self) -> i64 {
        self.0.saturating_sub(other.0)
    }
}

/// A half-open span `[from, to)`; never longer than nothing when `to <= from`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First instant inside.
    pub from: At,
    /// First instant after.
    pub to: At,
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{:?}..{:?}", self.from, self.to)
    }
}

/// When something happened: an exact instant (`lo == hi`) where the boot is anchored to the
/// collector's clock, else the interval in which it must lie.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct When {
    /// Not before.
    pub lo: At,
    /// Not after.
    pub hi: At,
}

impl When {
    /// A known instant.
    #[must_use]
    pub fn exact(at: At) -> Self {
        Self { lo: at, hi: at }
    }

    /// Whether the instant is known.
    #[must_use]
    pub fn is_exact(self) -> bool {
        self.lo == self.hi
    }
}

impl Span {
    /// The span between two instants.
    #[must_use]
    pub fn new(from: At, to: At) -> Self {
        Self { from, to }
    }

    /// Milliseconds; never negative.
    #[must_use]
    pub fn length_ms(self) -> i64 {
        (self.to - self.from).max(0)
    }

    /// Whether nothing lies inside.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.to <= self.from
    }

    /// Whether the instant lies inside.
    #[must_use]
    pub fn contains(self, at: At) -> bool {
        self.from <= at && at < self.to
    }

    /// What lies in both, where anything does.
    #[must_use]
    pub fn intersection(self, other: Self) -> Option<Self> {
        let both = Self { from: self.from.max(other.from), to: self.to.min(other.to) };
        (!both.is_empty()).then_some(both)
    }
}

/// What lies in a span of both lists. Lists of spans are sorted and disjoint here and below.
#[must_use]
pub fn intersect(a: &[Span], b: &[Span]) -> Vec<Span> {
    let mut out = Vec::new();
    let (mut i, mut j) = (0, 0);
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        out.extend(x.intersection(*y));
        if x.to <= y.to { i += 1 } else { j += 1 }
    }
    out
}

/// What lies in a span of `a` and in none of `b`.
#[must_use]
pub fn subtract(a: &[Span], b: &[Span]) -> Vec<Span> {
    let mut out = Vec::new();
    let mut j = 0;
    for x in a {
        let mut rest = *x;
        while b.get(j).is_some_and(|y| y.to <= rest.from) {
            j += 1;
        }
        let mut k = j;
        while let Some(y) = b.get(k).filter(|y| y.from < rest.to) {
            let before = Span { from: rest.from, to: y.from };
            if !before.is_empty() {
                out.push(before);
            }
            rest.from = rest.from.max(y.to);
            k += 1;
        }
        if !rest.is_empty() {
            out.push(rest);
        }
    }
    out
}

/// Any spans at all, in any order, as a sorted and disjoint list; touching ones become one.
#[must_use]
pub fn union(mut spans: Vec<Span>) -> Vec<Span> {
    spans.retain(|s| !s.is_empty());
    spans.sort_unstable();
    let mut out: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match out.last_mut() {
            Some(last) if span.from <= last.to => last.to = last.to.max(span.to),
            Some(_) | None => out.push(span),
        }
    }
    out
}

/// Milliseconds of `span` that lie in the list.
#[must_use]
pub fn inside_ms(span: Span, list: &[Span]) -> i64 {
    let start = list.partition_point(|s| s.to <= span.from);
    list.iter()
        .skip(start)
        .take_while(|s| s.from < span.to)
        .filter_map(|s| s.intersection(span))
        .map(Span::length_ms)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(pairs: &[(i64, i64)]) -> Vec<Span> {
        pairs.iter().map(|(a, b)| Span::new(At(*a), At(*b))).collect()
    }

    #[test]
    fn lists_of_spans_meet_differ_and_join() {
        let a = spans(&[(0, 10), (20, 30), (40, 50)]);
        let b = spans(&[(5, 25), (28, 29), (45, 60)]);
        assert_eq!(intersect(&a, &b), spans(&[(5, 10), (20, 25), (28, 29), (45, 50)]));
        assert_eq!(subtract(&a, &b), spans(&[(0, 5), (25, 28), (29, 30), (40, 45)]));
        assert_eq!(
            union(spans(&[(5, 6), (1, 3), (3, 4), (2, 3), (7, 7)])),
            spans(&[(1, 4), (5, 6)])
        );
        assert_eq!(inside_ms(Span::new(At(8), At(42)), &a), 2 + 10 + 2);
    }
}
