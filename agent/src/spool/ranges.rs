//! Pure: a set of sequence numbers as sorted ranges that neither overlap nor touch.

use std::fmt;
use std::str::FromStr;

/// A set of sequence numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ranges(Vec<(u64, u64)>);

impl Ranges {
    /// Adds all numbers from `first` to `last`, both included.
    pub fn insert(&mut self, first: u64, last: u64) {
        if first > last {
            return;
        }
        // The common case: it follows or extends the newest range.
        match self.0.last_mut() {
            Some(end) if first > end.1.saturating_add(1) => return self.0.push((first, last)),
            Some(end) if first >= end.0 => {
                end.1 = end.1.max(last);
                return;
            }
            Some(_) => {}
            None => return self.0.push((first, last)),
        }
        let from = self.0.partition_point(|r| r.1.saturating_add(1) < first);
        let to = self.0.partition_point(|r| r.0 <= last.saturating_add(1));
        let (mut low, mut high) = (first, last);
        if let Some(touched) = self.0.get(from..to)
            && let (Some(a), Some(b)) = (touched.first(), touched.last())
        {
            (low, high) = (low.min(a.0), high.max(b.1));
        }
        self.0.splice(from..to.max(from), [(low, high)]);
    }

    /// Takes away all numbers from `first` to `last`.
    pub fn remove(&mut self, first: u64, last: u64) {
        let mut kept = Vec::with_capacity(self.0.len() + 1);
        for &(a, b) in &self.0 {
            if b < first || a > last {
                kept.push((a, b));
                continue;
            }
            if a < first {
                kept.push((a, first - 1));
            }
            if b > last {
                kept.push((last + 1, b));
            }
        }
        self.0 = kept;
    }

    /// Whether `number` is in it.
    #[must_use]
    pub fn contains(&self, number: u64) -> bool {
        let at = self.0.partition_point(|r| r.1 < number);
        self.0.get(at).is_some_and(|r| r.0 <= number)
    }

    /// The numbers from `first` to `last` that are not in it.
    #[must_use]
    pub fn missing(&self, first: u64, last: u64) -> Ranges {
        let mut missing = Ranges::default();
        let mut next = first;
        for &(a, b) in &self.0 {
            if a > last {
                break;
            }
            if a > next {
                missing.insert(next, a - 1);
            }
            next = next.max(b.saturating_add(1));
        }
        missing.insert(next, last);
        missing
    }

    /// The ranges, lowest first, both ends included.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (u64, u64)> + '_ {
        self.0.iter().copied()
    }

    /// The smallest number.
    #[must_use]
    pub fn first(&self) -> Option<u64> {
        self.0.first().map(|r| r.0)
    }

    /// The largest number.
    #[must_use]
    pub fn last(&self) -> Option<u64> {
        self.0.last().map(|r| r.1)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many numbers.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.iter().map(|r| r.1 - r.0 + 1).fold(0, u64::saturating_add)
    }
}

/// `1-5 8 10-12`, as it is stored.
impl fmt::Display for Ranges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (a, b)) in self.0.iter().enumerate() {
            let space = if i == 0 { "" } else { " " };
            if a == b { write!(f, "{space}{a}")? } else { write!(f, "{space}{a}-{b}")? }
        }
        Ok(())
    }
}

impl FromStr for Ranges {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut ranges = Self::default();
        for part in text.split_whitespace() {
            let (a, b) = part.split_once('-').unwrap_or((part, part));
            ranges.insert(a.parse()?, b.parse()?);
        }
        Ok(ranges)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str) -> Ranges {
        text.parse().unwrap()
    }

    #[test]
    fn ranges_agree_with_a_plain_list_of_numbers() {
        let mut state = 12345_u64;
        for _ in 0..500 {
            let (mut ranges, mut plain) = (Ranges::default(), std::collections::BTreeSet::new());
            for _ in 0..12 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let (a, length, add) =
                    ((state >> 33) % 30 + 1, (state >> 50) % 6, (state >> 60) % 3);
                if add > 0 {
                    ranges.insert(a, a + length);
                    plain.extend(a..=a + length);
                } else {
                    ranges.remove(a, a + length);
                    plain.retain(|n| !(a..=a + length).contains(n));
                }
                let missing = ranges.missing(3, 33);
                for n in 1..40 {
                    assert_eq!(ranges.contains(n), plain.contains(&n));
                    assert_eq!(missing.contains(n), (3..=33).contains(&n) && !plain.contains(&n));
                }
                assert_eq!(ranges.count(), plain.len() as u64);
                assert_eq!(set(&ranges.to_string()), ranges);
                assert!(ranges.0.windows(2).all(|w| w[0].1 + 1 < w[1].0), "{ranges}");
            }
        }
    }

    #[test]
    fn the_largest_numbers_do_not_overflow() {
        let mut ranges = set("5-18446744073709551615");
        ranges.insert(u64::MAX, u64::MAX);
        ranges.insert(1, 3);
        assert_eq!(ranges.to_string(), "1-3 5-18446744073709551615");
        assert!(ranges.missing(1, u64::MAX).contains(4));
        ranges.remove(4, u64::MAX);
        assert_eq!(ranges.to_string(), "1-3");
    }
}
