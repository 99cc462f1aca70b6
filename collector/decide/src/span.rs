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
