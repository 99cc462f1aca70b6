//! The answer of apcupsd's network information server to `status`, as pure functions of what came over
//! the wire: records of a length (two bytes, big-endian) and a line `KEY      : VALUE`, ended by an
//! empty record. Total: any bytes yield a reading, never a panic; what is kept is bounded.
//!
//! Lines and words are those of apcupsd 3.14.14 (`src/lib/apcstatus.c` of its sources), as it sends
//! them.

use siaga_wire::{Reading, Saw};

use super::rounded;
use crate::probe::reading::{empty, push_word, unreadable};

/// The question: `status`, with its length before it.
pub(super) const QUESTION: &[u8] = b"\x00\x06status";

/// Most records; apcupsd sends about 60.
const RECORDS_MAX: usize = 256;
/// Longest record; apcupsd's own buffer is 256 bytes.
const RECORD_MAX_BYTES: usize = 1024;

/// What the next two bytes, a length, ask for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// A record of so many bytes.
    Record(usize),
    /// The answer is whole.
    Done,
    /// Not what apcupsd sends.
    Garbage(String),
}

/// An answer record by record.
#[derive(Debug, Default)]
pub(super) struct Status {
    records: usize,
    lines: Vec<(String, String)>,
}

impl Status {
    /// Takes a length.
    pub(super) fn next(&mut self, length: [u8; 2]) -> Next {
        let length = usize::from(u16::from_be_bytes(length));
        self.records += 1;
        if length == 0 {
            Next::Done
        } else if length > RECORD_MAX_BYTES {
            Next::Garbage(format!("a record of {length} bytes"))
        } else if self.records > RECORDS_MAX {
            Next::Garbage(format!("more than {RECORDS_MAX} records"))
        } else {
            Next::Record(length)
        }
    }

    /// Takes a record. One that is no `KEY : VALUE` says nothing.
    pub(super) fn record(&mut self, bytes: &[u8]) {
        let line = String::from_utf8_lossy(bytes);
        if let Some((key, value)) = line.split_once(':') {
            self.lines.push((key.trim().to_owned(), value.trim().to_owned()));
        }
    }

    fn find(&self, key: &str) -> Option<&str> {
        self.lines.iter().find(|(k, _)| k == key).map(|(_, value)| value.as_str())
    }

    /// Whether it is an answer of apcupsd at all.
    pub(super) fn names_a_state(&self) -> bool {
        self.find("STATUS").is_some()
    }

    /// What the whole answer says.
    pub(super) fn reading(&self, name: &str) -> Reading<'static> {
        let find = |key: &str| self.find(key);
        let Some(status) = find("STATUS") else {
            return unreadable(name, "what answers is not apcupsd: it names no STATUS");
        };
        let mut reading = empty(name, Saw::Answered);
        let words: Vec<&str> = status.split_ascii_whitespace().collect();
        if words.contains(&"COMMLOST") {
            return unreadable(name, "apcupsd has lost the UPS (COMMLOST)");
        }
        for word in &words {
            push_word(&mut reading.words, word_of_nut(word));
        }
        let known = ["OL", "OB", "FSD"];
        if !reading.words.iter().any(|word| known.contains(&word.as_ref())) {
            return unreadable(
                name,
                format!("apcupsd does not say where power comes from: {status:?}"),
            );
        }
        for (key, value_name, factor) in VALUES {
            // A number, then its unit.
            let number = find(key).and_then(|text| text.split_ascii_whitespace().next());
            let Some(number) = number.and_then(|text| text.parse::<f64>().ok()) else { continue };
            if number.is_finite() {
                reading.values.push(value_name, rounded(value_name, number * factor));
            }
        }
        reading
    }
}

/// The word that NUT has for one of apcupsd's; one that it has no word for stays as it is.
fn word_of_nut(word: &str) -> &str {
    match word {
        "ONLINE" => "OL",
        "ONBATT" => "OB",
        "LOWBATT" => "LB",
        "REPLACEBATT" => "RB",
        "OVERLOAD" => "OVER",
        // Two words of one meaning: SHUTTING DOWN.
        "SHUTTING" | "DOWN" => "FSD",
        other => other,
    }
}

/// Lines that become values: key at apcupsd, name here, factor.
const VALUES: [(&str, &str, f64); 8] = [
    ("BCHARGE", "battery_charge_ratio", 0.01),
    ("TIMELEFT", "battery_runtime_seconds", 60.0),
    ("BATTV", "battery_volts", 1.0),
    ("LINEV", "input_volts", 1.0),
    ("LINEFREQ", "input_frequency_hertz", 1.0),
    ("OUTPUTV", "output_volts", 1.0),
    ("LOADPCT", "load_ratio", 0.01),
    ("ITEMP", "temperature_celsius", 1.0),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a whole answer as it came.
    fn read(mut bytes: &[u8]) -> Result<Reading<'static>, String> {
        let mut status = Status::default();
        loop {
            let (length, rest) = bytes.split_first_chunk::<2>().ok_or("no end")?;
            match status.next(*length) {
                Next::Done => return Ok(status.reading("power.ups")),
                Next::Garbage(what) => return Err(what),
                Next::Record(length) => {
                    let (record, rest) = rest.split_at_checked(length).ok_or("cut")?;
                    status.record(record);
                    bytes = rest;
                }
            }
        }
    }

    fn text(reading: &Reading<'_>) -> String {
        let values: Vec<String> =
            reading.values.0.iter().map(|(n, v)| format!("{n}={v}")).collect();
        let why = reading.why.as_ref().map(|w| format!("({w})")).unwrap_or_default();
        format!("{} {} {}{why}", reading.saw.word(), reading.words.join("+"), values.join(" "))
    }

    fn said(status: &str) -> String {
        let mut answer = Status::default();
        answer.record(b"APC      : 001,018,0428\n");
        answer.record(format!("STATUS   : {status}\n").as_bytes());
        text(&answer.reading("x"))
    }

    #[test]
    fn a_captured_answer_is_read() {
        let reading = read(include_bytes!("../../../testdata/ups/apcupsd-online.bin")).unwrap();
        assert_eq!(
            text(&reading),
            "answered OL+SLAVE battery_charge_ratio=0.88 battery_runtime_seconds=1230 \
             battery_volts=27.3 input_volts=221 input_frequency_hertz=49.9 output_volts=220.1 \
             load_ratio=0.23 temperature_celsius=31.5"
        );
    }

    #[test]
    fn status_words_are_those_of_nut_and_unknown_ones_stay() {
        assert_eq!(said("ONBATT LOWBATT "), "answered OB+LB ");
        assert_eq!(said("BOOST ONLINE OVERLOAD REPLACEBATT"), "answered BOOST+OL+OVER+RB ");
        assert_eq!(said("CAL ONLINE NOBATT"), "answered CAL+OL+NOBATT ");
        assert_eq!(said("SHUTTING DOWN"), "answered FSD ");
    }

    #[test]
    fn a_lost_ups_is_unreadable_and_never_on_mains() {
        assert!(said("COMMLOST ").starts_with("unreadable  (apcupsd has lost"));
        assert!(said("ONLINE COMMLOST").starts_with("unreadable"));
        // What apcupsd says before its driver has heard anything.
        assert!(said(" ").starts_with("unreadable"));
        assert!(said("SLAVE").starts_with("unreadable"));
        assert!(Status::default().reading("x").why.unwrap().contains("not apcupsd"));
    }

    #[test]
    fn cut_and_strange_answers_do_no_harm() {
        let whole = include_bytes!("../../../testdata/ups/apcupsd-online.bin");
        for end in 0..whole.len() {
            assert!(read(&whole[..end]).is_err(), "{end}");
        }
        assert_eq!(
            Status::default().next([0xff, 0xff]),
            Next::Garbage("a record of 65535 bytes".into())
        );
        let mut status = Status::default();
        for _ in 0..RECORDS_MAX {
            assert_eq!(status.next([0, 1]), Next::Record(1));
            status.record(b"\xff:\xfe");
        }
        assert!(matches!(status.next([0, 1]), Next::Garbage(_)));
        let mut odd = Status::default();
        for line in ["STATUS: ONLINE", "LINEV: N/A", "BCHARGE:", "LOADPCT: NaN Percent", "ITEMP"] {
            odd.record(line.as_bytes());
        }
        assert_eq!(text(&odd.reading("x")), "answered OL ");
    }
}
