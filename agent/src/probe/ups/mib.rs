//! What the UPS-MIB (RFC 1628) says, in the words of NUT, as a pure function of the values that a card
//! answered. Total: any values yield a reading. Every object but the source of the output is optional.

use siaga_wire::{Reading, Saw};

use super::rounded;
use crate::probe::reading::{empty, push_word, unreadable};
use crate::probe::snmp::Value;

/// `upsMIB`
const BASE: [u32; 8] = [1, 3, 6, 1, 2, 1, 33, 1];
/// Alarms beyond these are not read; a card lists a handful.
pub(super) const ALARMS_MAX: usize = 16;

/// Objects that say a state: `upsOutputSource`, `upsBatteryStatus`, `upsAlarmsPresent`.
const STATES: [&[u32]; 3] = [&[4, 1, 0], &[2, 1, 0], &[6, 1, 0]];

/// Objects that become values: name below the base, name here, factor. Of the tables the first line.
const VALUES: [(&[u32], &str, f64); 9] = [
    (&[2, 4, 0], "battery_charge_ratio", 0.01),
    (&[2, 3, 0], "battery_runtime_seconds", 60.0),
    (&[2, 5, 0], "battery_volts", 0.1),
    (&[3, 3, 1, 3, 1], "input_volts", 1.0),
    (&[3, 3, 1, 2, 1], "input_frequency_hertz", 0.1),
    (&[4, 4, 1, 2, 1], "output_volts", 1.0),
    (&[4, 4, 1, 5, 1], "load_ratio", 0.01),
    (&[4, 4, 1, 4, 1], "load_watts", 1.0),
    (&[2, 7, 0], "temperature_celsius", 1.0),
];

fn named(below: &[u32]) -> Vec<u32> {
    BASE.iter().chain(below).copied().collect()
}

/// The objects to ask for.
pub(super) fn objects() -> Vec<Vec<u32>> {
    STATES.iter().copied().chain(VALUES.iter().map(|(below, _, _)| *below)).map(named).collect()
}

/// `upsAlarmDescr`, the column with the alarms that are on.
pub(super) fn alarm_column() -> Vec<u32> {
    named(&[6, 2, 1, 2])
}

/// What a card answered for [`objects`], in that order.
#[derive(Debug, Clone)]
pub(super) struct Card(pub(super) Vec<Option<Value>>);

impl Card {
    fn number(&self, place: usize) -> Option<i64> {
        match self.0.get(place) {
            Some(Some(Value::Number(number))) => Some(*number),
            Some(Some(Value::Bytes(_) | Value::Name(_)) | None) | None => None,
        }
    }

    /// Whether the alarms are worth asking for. A card that does not count them may still have some.
    pub(super) fn may_have_alarms(&self) -> bool {
        self.number(0).is_some() && self.number(2) != Some(0)
    }

    /// What the card says, with the alarms that are on.
    pub(super) fn reading(&self, name: &str, alarms: &[Value]) -> Reading<'static> {
        let Some(source) = self.number(0) else {
            return unreadable(
                name,
                "the device does not say where its output comes from (UPS-MIB)",
            );
        };
        let alarms: Vec<u32> = alarms.iter().filter_map(well_known).collect();
        if alarms.contains(&COMMUNICATIONS_LOST) {
            return unreadable(name, "the card has lost the UPS (upsAlarmCommunicationsLost)");
        }
        let mut reading = empty(name, Saw::Answered);
        let mut say = |word: &str| push_word(&mut reading.words, word);
        match source {
            2 => say("OFF"),
            3 => say("OL"),
            4 => say("BYPASS"),
            5 => say("OB"),
            6 => ["OL", "BOOST"].iter().for_each(|word| say(word)),
            7 => ["OL", "TRIM"].iter().for_each(|word| say(word)),
            1 => say("OTHER"),
            unknown => say(&format!("SOURCE-{unknown}")),
        }
        if matches!(self.number(1), Some(3 | 4)) {
            say("LB");
        }
        for alarm in alarms {
            match alarm {
                // On battery, on bypass: the source says it.
                2 | 9 => {}
                1 => say("RB"),
                3 | 4 => say("LB"),
                8 => say("OVER"),
                22 | 23 => say("FSD"),
                24 => say("TEST"),
                other => say(&format!("ALARM-{other}")),
            }
        }
        for (place, (_, value_name, factor)) in VALUES.iter().enumerate() {
            let Some(number) = self.number(STATES.len() + place) else { continue };
            // Cards write -1 for what they do not know; only a temperature may be below nothing.
            if number < 0 && !value_name.ends_with("_celsius") {
                continue;
            }
            #[expect(clippy::cast_precision_loss, reason = "volts and percents are small")]
            reading.values.push(*value_name, rounded(value_name, number as f64 * factor));
        }
        reading
    }
}

/// `upsAlarmCommunicationsLost`
const COMMUNICATIONS_LOST: u32 = 20;

/// The number of a well-known alarm (`upsWellKnownAlarms`); a maker's own alarm has none.
fn well_known(alarm: &Value) -> Option<u32> {
    let Value::Name(name) = alarm else { return None };
    match name.strip_prefix(named(&[6, 3]).as_slice()) {
        Some([number]) => Some(*number),
        Some(_) | None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(numbers: &[Option<i64>]) -> Card {
        Card(numbers.iter().map(|n| n.map(Value::Number)).collect())
    }

    fn said(card: &Card, alarms: &[u32]) -> String {
        let alarms: Vec<Value> = alarms.iter().map(|a| Value::Name(named(&[6, 3, *a]))).collect();
        let reading = card.reading("x", &alarms);
        let values: Vec<String> =
            reading.values.0.iter().map(|(n, v)| format!("{n}={v}")).collect();
        let why = reading.why.map(|w| format!("({w})")).unwrap_or_default();
        format!("{} {} {}{why}", reading.saw.word(), reading.words.join("+"), values.join(" "))
    }

    #[test]
    fn a_whole_card_is_read_in_the_units_of_nut() {
        let whole = [3, 2, 0, 88, 20, 273, 221, 499, 220, 23, 138, 31].map(Some);
        assert_eq!(objects().len(), whole.len());
        assert_eq!(
            said(&card(&whole), &[]),
            "answered OL battery_charge_ratio=0.88 battery_runtime_seconds=1200 \
             battery_volts=27.3 input_volts=221 input_frequency_hertz=49.9 output_volts=220 \
             load_ratio=0.23 load_watts=138 temperature_celsius=31"
        );
        assert!(!card(&whole).may_have_alarms());
    }

    #[test]
    fn sources_batteries_and_alarms_become_words() {
        for (source, words) in [
            (1, "OTHER"),
            (2, "OFF"),
            (4, "BYPASS"),
            (5, "OB"),
            (6, "OL+BOOST"),
            (7, "OL+TRIM"),
            (99, "SOURCE-99"),
        ] {
            assert_eq!(said(&card(&[Some(source)]), &[]), format!("answered {words} "));
        }
        assert_eq!(said(&card(&[Some(5), Some(3)]), &[2, 3]), "answered OB+LB ");
        assert_eq!(said(&card(&[Some(3)]), &[1, 8, 24, 13]), "answered OL+RB+OVER+TEST+ALARM-13 ");
        assert_eq!(said(&card(&[Some(5), Some(4)]), &[23]), "answered OB+LB+FSD ");
    }

    #[test]
    fn a_card_without_its_ups_is_unreadable() {
        assert!(said(&card(&[Some(3)]), &[20]).starts_with("unreadable  (the card has lost"));
        for nothing in [card(&[]), card(&[None, Some(2)])] {
            assert!(said(&nothing, &[]).starts_with("unreadable  (the device does not say"));
            assert!(!nothing.may_have_alarms());
        }
        let text = Card(vec![Some(Value::Bytes(b"3".to_vec()))]);
        assert!(said(&text, &[]).starts_with("unreadable"));
    }

    #[test]
    fn what_a_card_does_not_know_is_absent() {
        let odd = card(&[Some(3), None, None, Some(-1), Some(-1), None, Some(i64::MAX)]);
        assert_eq!(said(&odd, &[]), "answered OL input_volts=9223000000000000000");
        assert!(odd.may_have_alarms());
        let makers = [Value::Name(vec![1, 3, 6, 1, 4, 1, 318]), Value::Number(1)];
        assert!(odd.reading("x", &makers).words == ["OL"]);
    }
}
