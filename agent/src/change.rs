//! Pure: whether a probe's answer changed, and what that is worth.

use siaga_wire::{Reading, Saw};

use crate::spool::budget::STATES;

/// What a probe saw, without its numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    saw: Saw,
    words: Vec<String>,
    states: [Option<u64>; STATES.len()],
}

impl Answer {
    /// The answer of a reading.
    #[must_use]
    pub fn of(reading: &Reading<'_>) -> Self {
        let mut words: Vec<String> = reading.words.iter().map(ToString::to_string).collect();
        words.sort_unstable();
        words.dedup();
        let states = STATES.map(|name| reading.values.get(name).map(f64::to_bits));
        Self { saw: reading.saw, words, states }
    }
}

/// What a change asks for, beyond being kept at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// The answer is the one before, or the first.
    Same,
    /// It changed.
    Changed,
    /// The way to the collector may be back.
    LinkAnswers,
    /// It may be the last word of this PC.
    Power,
}

/// Compares with the answer before.
#[must_use]
pub fn weigh(before: Option<&Answer>, now: &Answer, probe: &str) -> Weight {
    let Some(before) = before.filter(|before| *before != now) else { return Weight::Same };
    if probe == "power" || probe.starts_with("power.") {
        Weight::Power
    } else if probe.starts_with("link.") && before.saw != Saw::Answered && now.saw == Saw::Answered
    {
        Weight::LinkAnswers
    } else {
        Weight::Changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use siaga_wire::Values;

    fn answer(saw: Saw, words: &[&'static str], values: &[(&'static str, f64)]) -> Answer {
        let mut all = Values::default();
        values.iter().for_each(|(name, value)| all.push(*name, *value));
        Answer::of(&Reading {
            probe: "x".into(),
            role: None,
            saw,
            why: None,
            words: words.iter().map(|w| (*w).into()).collect(),
            values: all,
        })
    }

    #[test]
    fn numbers_are_no_change_but_words_and_states_are() {
        let on_line = answer(Saw::Answered, &["OL", "CHRG"], &[("load_ratio", 0.2)]);
        let still = answer(Saw::Answered, &["CHRG", "OL", "OL"], &[("load_ratio", 0.9)]);
        let battery = answer(Saw::Answered, &["OB"], &[]);
        assert_eq!(weigh(None, &on_line, "power.ups"), Weight::Same);
        assert_eq!(weigh(Some(&on_line), &still, "power.ups"), Weight::Same);
        assert_eq!(weigh(Some(&on_line), &battery, "power.ups"), Weight::Power);
        let off = answer(Saw::Answered, &[], &[("device_present", 0.0)]);
        let on = answer(Saw::Answered, &[], &[("device_present", 1.0)]);
        assert_eq!(weigh(Some(&off), &on, "device.scanner"), Weight::Changed);
    }

    #[test]
    fn a_link_that_answers_again_is_told_apart() {
        let good = answer(Saw::Answered, &[], &[]);
        let bad = answer(Saw::Timeout, &[], &[]);
        assert_eq!(weigh(Some(&bad), &good, "link.path"), Weight::LinkAnswers);
        assert_eq!(weigh(Some(&good), &bad, "link.path"), Weight::Changed);
    }
}
