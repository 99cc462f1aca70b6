//! How readings are built: sensible digits, short reasons. Knows no kind of probe.

use std::borrow::Cow;

use siaga_wire::{Reading, Saw, Values};

/// Longest reason, in letters: it may quote what a peer sent.
const WHY_MAX: usize = 200;
/// Longest status word, in letters.
const WORD_MAX: usize = 48;
/// Most status words of one reading.
const WORDS_MAX: usize = 32;

/// A reading without words and values.
pub(super) fn empty(name: &str, saw: Saw) -> Reading<'static> {
    Reading {
        probe: Cow::Owned(name.to_owned()),
        role: None,
        saw,
        why: None,
        words: Vec::new(),
        values: Values::default(),
    }
}

/// The reading of a probe that could not ask, or could not understand.
pub(super) fn unreadable(name: &str, why: impl AsRef<str>) -> Reading<'static> {
    because(name, Saw::Unreadable, why)
}

/// A reading with a reason.
pub(super) fn because(name: &str, saw: Saw, why: impl AsRef<str>) -> Reading<'static> {
    Reading { why: Some(Cow::Owned(printable(why.as_ref(), WHY_MAX))), ..empty(name, saw) }
}

/// Adds a status word, once; one that is empty or beyond the limit is left out.
pub(super) fn push_word(words: &mut Vec<Cow<'static, str>>, word: &str) {
    let word = printable(word, WORD_MAX);
    if !word.is_empty() && words.len() < WORDS_MAX && !words.iter().any(|w| *w == word) {
        words.push(Cow::Owned(word));
    }
}

/// Text without control letters, cut to `max` letters.
pub(super) fn printable(text: &str, max: usize) -> String {
    let clean = |c: char| if c.is_control() { ' ' } else { c };
    text.trim().chars().map(clean).take(max).collect()
}

/// `value` with four significant digits: more is noise, and noise costs bytes in every report.
pub(super) fn four_digits(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    // Through decimal text, so that the shortest form has at most four digits.
    format!("{value:.3e}").parse().unwrap_or(value)
}

/// `value` with that many decimals.
pub(super) fn decimals(value: f64, digits: usize) -> f64 {
    format!("{value:.digits$}").parse::<f64>().map_or(value, |v| if v == 0.0 { 0.0 } else { v })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_the_digits_that_mean_something() {
        assert_eq!(four_digits(0.000_123_456).to_string(), "0.0001235");
        assert_eq!(four_digits(0.031_204_9).to_string(), "0.0312");
        assert_eq!(four_digits(123_456.0).to_string(), "123500");
        assert_eq!(four_digits(-0.0), 0.0);
        assert_eq!(decimals(0.876_54, 3).to_string(), "0.877");
        assert_eq!(decimals(-0.000_1, 3).to_string(), "0");
        assert!(four_digits(f64::NAN).is_nan());
    }

    #[test]
    fn what_a_peer_says_is_cut_and_cleaned() {
        let long = "x\u{7}\n".repeat(500);
        let r = unreadable("power.ups", &long);
        let why = r.why.unwrap();
        assert_eq!(why.chars().count(), WHY_MAX);
        assert!(!why.chars().any(char::is_control));
        let mut words = Vec::new();
        for n in 0..100 {
            push_word(&mut words, &format!("W{n}"));
            push_word(&mut words, "W0");
            push_word(&mut words, " ");
        }
        assert_eq!(words.len(), WORDS_MAX);
    }
}
