//! One row of a report: a reading, a start, last words or a gap.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How a probe's question ended. A measurement, never a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Saw {
    /// The peer answered; words and numbers say what.
    Answered,
    /// The peer's host answered, its service refused (TCP reset, ICMP port unreachable).
    Refused,
    /// Nothing came back before the probe's deadline.
    Timeout,
    /// A host on the way said that the target cannot be reached, or there is no route.
    Unreachable,
    /// The peer answered with an error of its own; `why` says which.
    Error,
    /// The probe could not ask, or could not understand; `why` says why. Neither good nor bad.
    Unreadable,
}

impl Saw {
    /// The word on the wire.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Refused => "refused",
            Self::Timeout => "timeout",
            Self::Unreachable => "unreachable",
            Self::Error => "error",
            Self::Unreadable => "unreadable",
        }
    }
}

/// Numbers by name, in the order they were measured. Names are metric names without the prefix
/// and the kind (`rtt_seconds`), so units are in the name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Values<'a>(pub Vec<(Cow<'a, str>, f64)>);

impl<'a> Values<'a> {
    /// The value of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<f64> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, v)| *v)
    }

    /// Adds a value; one that is not finite is left out, because absent is not zero.
    pub fn push(&mut self, name: impl Into<Cow<'a, str>>, value: f64) {
        if value.is_finite() {
            self.0.push((name.into(), value));
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Values<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut map = s.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            // A whole number is written without ".0": the counts are most of a report.
            if value.fract() == 0.0 && value.abs() < 9e15 {
                #[expect(clippy::cast_possible_truncation, reason = "whole and below 2^53")]
                map.serialize_entry(name, &(*value as i64))?;
            } else {
                map.serialize_entry(name, value)?;
            }
        }
        map.end()
    }
}

/// A number as plain JSON: `null` is refused, so that absent stays absent.
struct ValuesVisitor;

impl<'de> Visitor<'de> for ValuesVisitor {
    type Value = Values<'de>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object of numbers by name")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut values = Vec::with_capacity(map.size_hint().unwrap_or(8).min(64));
        while let Some(Name(name)) = map.next_key()? {
            let value: f64 = map.next_value()?;
            values.push((name, value));
        }
        Ok(Values(values))
    }
}

/// A key that borrows from the input where JSON allows it.
struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Name<'de>;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a name")
            }
            fn visit_borrowed_str<E>(self, v: &'de str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Borrowed(v)))
            }
            fn visit_str<E>(self, v: &str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Owned(v.to_owned())))
            }
        }
        d.deserialize_str(V)
    }
}

/// Text that may be absent. Serde itself copies what is inside an option.
pub(crate) fn maybe_text<'de: 'a, 'a, D: Deserializer<'de>>(
    d: D,
) -> Result<Option<Cow<'a, str>>, D::Error> {
    Ok(Option::<Name>::deserialize(d)?.map(|text| text.0))
}

/// A list of texts.
fn texts<'de: 'a, 'a, D: Deserializer<'de>>(d: D) -> Result<Vec<Cow<'a, str>>, D::Error> {
    struct V;
    impl<'de> Visitor<'de> for V {
        type Value = Vec<Cow<'de, str>>;
        fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
            f.write_str("a list of words")
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            let mut texts = Vec::new();
            while let Some(Name(text)) = seq.next_element()? {
                texts.push(text);
            }
            Ok(texts)
        }
    }
    d.deserialize_seq(V)
}

impl<'de: 'a, 'a> Deserialize<'de> for Values<'a> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_map(ValuesVisitor)
    }
}

/// What one probe saw at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading<'a> {
    /// The probe's name, `link.datacenter`.
    pub probe: Cow<'a, str>,
    /// The role of a link probe (`gateway`, `outside`, `path`, `datacenter`) where its name does
    /// not begin with `link.<role>`.
    pub role: Option<Cow<'a, str>>,
    /// How the question ended.
    pub saw: Saw,
    /// The reason, for [`Saw::Error`] and [`Saw::Unreadable`].
    pub why: Option<Cow<'a, str>>,
    /// Status words as the device gave them, unknown ones too.
    pub words: Vec<Cow<'a, str>>,
    /// Numbers.
    pub values: Values<'a>,
}

/// Why an agent stops, in its own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LastWords {
    /// The operating system shuts down or restarts.
    System,
    /// The PC goes to sleep.
    Sleep,
    /// Only the agent stops.
    Agent,
}

/// How the run before this one ended, as the agent found at its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PreviousEnd {
    /// It left last words.
    Orderly,
    /// It left none.
    Unclean,
    /// This is the first run of this agent.
    First,
    /// The spool was missing or empty on an agent that had been enrolled.
    Lost,
}

/// The first row of every run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Start<'a> {
    /// How the run before ended.
    pub previous_end: PreviousEnd,
    /// What the operating system's log says of it, `power lost at 2026-11-24T02:10:05Z`.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub log: Option<Cow<'a, str>>,
    /// The last `[run, seq]` that the spool held at the start.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<(Cow<'a, str>, u64)>,
}

/// A range of sequence numbers whose rows are gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap<'a> {
    /// First and last sequence number, both included.
    pub range: (u64, u64),
    /// `damaged`, `dropped`, `lost`, …
    pub why: Cow<'a, str>,
}

/// Where a stretch began, and how far its numbers went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Since<'a> {
    /// Number of the first reading in the run.
    pub seq: u64,
    /// Milliseconds since the boot of the first reading.
    pub at_ms: u64,
    /// The PC's own clock then, for rows of an earlier boot.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub wall: Option<Cow<'a, str>>,
    /// How many readings it holds, first and last included.
    pub count: u64,
    /// The smallest of each number, where it is not the last.
    #[serde(borrow, default, skip_serializing_if = "Values::is_empty")]
    pub least: Values<'a>,
    /// The largest of each number, where it is not the last.
    #[serde(borrow, default, skip_serializing_if = "Values::is_empty")]
    pub most: Values<'a>,
}

/// One row of a report.
#[derive(Debug, Clone, PartialEq)]
pub enum Row<'a> {
    /// A reading.
    Reading {
        /// Its number in the run, from 1.
        seq: u64,
        /// Milliseconds since the boot.
        at_ms: u64,
        /// The PC's own clock, for rows of an earlier boot.
        wall: Option<Cow<'a, str>>,
        /// What was seen.
        reading: Reading<'a>,
    },
    /// Readings of one probe that all saw the same, thinned to one row by an agent whose spool
    /// was full. `seq`, `at_ms` and `reading` are those of the last one; the numbers of the rows
    /// between are covered by a gap `thinned`.
    Stretch {
        /// Number of the last reading in the run.
        seq: u64,
        /// Milliseconds since the boot of the last reading.
        at_ms: u64,
        /// The PC's own clock then, for rows of an earlier boot.
        wall: Option<Cow<'a, str>>,
        /// What the last reading saw.
        reading: Reading<'a>,
        /// Where the stretch began.
        since: Since<'a>,
    },
    /// The start of the run.
    Start {
        /// Its number in the run.
        seq: u64,
        /// Milliseconds since the boot.
        at_ms: u64,
        /// The PC's own clock, for rows of an earlier boot.
        wall: Option<Cow<'a, str>>,
        /// What the agent found.
        start: Start<'a>,
    },
    /// An orderly end.
    LastWords {
        /// Its number in the run.
        seq: u64,
        /// Milliseconds since the boot.
        at_ms: u64,
        /// The PC's own clock, for rows of an earlier boot.
        wall: Option<Cow<'a, str>>,
        /// Who stops.
        last_words: LastWords,
    },
    /// Rows that are gone.
    Gap(Gap<'a>),
    /// A row of a kind that only a newer agent knows. It is acknowledged, so that the agent moves
    /// on, and means nothing to this version.
    Unknown {
        /// Its number in the run.
        seq: u64,
        /// Milliseconds since the boot.
        at_ms: u64,
    },
}

impl Row<'_> {
    /// The sequence numbers that this row covers, both ends included.
    #[must_use]
    pub fn range(&self) -> (u64, u64) {
        match self {
            Self::Reading { seq, .. }
            | Self::Stretch { seq, .. }
            | Self::Start { seq, .. }
            | Self::LastWords { seq, .. }
            | Self::Unknown { seq, .. } => (*seq, *seq),
            Self::Gap(gap) => gap.range,
        }
    }
}

/// The row as JSON spells it: one flat object, so that it parses without buffering.
#[derive(Serialize, Deserialize, Default)]
struct Flat<'a> {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at_ms: Option<u64>,
    #[serde(
        borrow,
        default,
        deserialize_with = "maybe_text",
        skip_serializing_if = "Option::is_none"
    )]
    wall: Option<Cow<'a, str>>,
    #[serde(
        borrow,
        default,
        deserialize_with = "maybe_text",
        skip_serializing_if = "Option::is_none"
    )]
    probe: Option<Cow<'a, str>>,
    #[serde(
        borrow,
        default,
        deserialize_with = "maybe_text",
        skip_serializing_if = "Option::is_none"
    )]
    role: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    saw: Option<Saw>,
    #[serde(borrow, default, deserialize_with = "texts", skip_serializing_if = "Vec::is_empty")]
    words: Vec<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Values::is_empty")]
    values: Values<'a>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    since: Option<Since<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_words: Option<LastWords>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    start: Option<Start<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gap: Option<(u64, u64)>,
    #[serde(
        borrow,
        default,
        deserialize_with = "maybe_text",
        skip_serializing_if = "Option::is_none"
    )]
    why: Option<Cow<'a, str>>,
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        self.clone().into_flat().serialize(s)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Row<'a> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::from_flat(Flat::deserialize(d)?).map_err(D::Error::custom)
    }
}

impl<'a> Row<'a> {
    fn into_flat(self) -> Flat<'a> {
        match self {
            Self::Reading { seq, at_ms, wall, reading } => Flat {
                seq: Some(seq),
                at_ms: Some(at_ms),
                wall,
                probe: Some(reading.probe),
                role: reading.role,
                saw: Some(reading.saw),
                why: reading.why,
                words: reading.words,
                values: reading.values,
                ..Flat::default()
            },
            Self::Stretch { seq, at_ms, wall, reading, since } => Flat {
                since: Some(since),
                ..Self::Reading { seq, at_ms, wall, reading }.into_flat()
            },
            Self::Start { seq, at_ms, wall, start } => Flat {
                seq: Some(seq),
                at_ms: Some(at_ms),
                wall,
                start: Some(start),
                ..Flat::default()
            },
            Self::LastWords { seq, at_ms, wall, last_words } => Flat {
                seq: Some(seq),
                at_ms: Some(at_ms),
                wall,
                last_words: Some(last_words),
                ..Flat::default()
            },
            Self::Gap(gap) => Flat { gap: Some(gap.range), why: Some(gap.why), ..Flat::default() },
            Self::Unknown { seq, at_ms } => {
                Flat { seq: Some(seq), at_ms: Some(at_ms), ..Flat::default() }
            }
        }
    }

    fn from_flat(flat: Flat<'a>) -> Result<Self, &'static str> {
        if let Some((first, last)) = flat.gap {
            if first == 0 || first > last {
                return Err("gap: the first number must be at least 1 and not above the last");
            }
            let why = flat.why.unwrap_or(Cow::Borrowed("lost"));
            return Ok(Self::Gap(Gap { range: (first, last), why }));
        }
        let seq = flat.seq.ok_or("seq is missing (or gap)")?;
        if seq == 0 {
            return Err("seq counts from 1");
        }
        let at_ms = flat.at_ms.ok_or("at_ms is missing")?;
        let wall = flat.wall;
        if let Some(start) = flat.start {
            return Ok(Self::Start { seq, at_ms, wall, start });
        }
        if let Some(last_words) = flat.last_words {
            return Ok(Self::LastWords { seq, at_ms, wall, last_words });
        }
        let Some(probe) = flat.probe else { return Ok(Self::Unknown { seq, at_ms }) };
        let saw = flat.saw.ok_or("saw is missing")?;
        if matches!(saw, Saw::Error | Saw::Unreadable) && flat.why.is_none() {
            return Err("why is missing: error and unreadable say why");
        }
        let reading = Reading {
            probe,
            role: flat.role,
            saw,
            why: flat.why,
            words: flat.words,
            values: flat.values,
        };
        let Some(since) = flat.since else {
            return Ok(Self::Reading { seq, at_ms, wall, reading });
        };
        if since.seq == 0 || since.seq > seq || since.at_ms > at_ms || since.count == 0 {
            return Err("since: a stretch begins at or before its last reading");
        }
        Ok(Self::Stretch { seq, at_ms, wall, reading, since })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn same(text: &str) {
        let row: Row = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&row).unwrap(), text);
    }

    #[test]
    fn rows_read_and_write_the_contract_text() {
        same(
            r#"{"seq":811,"at_ms":734512,"probe":"link.datacenter","saw":"answered","values":{"sent":4,"lost":0,"rtt_seconds":0.031}}"#,
        );
        same(
            r#"{"seq":812,"at_ms":734900,"probe":"power.ups","saw":"answered","words":["OB","DISCHRG"],"values":{"battery_charge_ratio":0.88}}"#,
        );
        same(
            r#"{"seq":812,"at_ms":734900,"probe":"host","saw":"answered","values":{"cpu_ratio":0.2},"since":{"seq":8,"at_ms":1400,"count":90,"most":{"cpu_ratio":0.7}}}"#,
        );
        same(r#"{"gap":[700,702],"why":"damaged"}"#);
        same(r#"{"seq":813,"at_ms":735000,"last_words":"system"}"#);
        same(
            r#"{"seq":1,"at_ms":52000,"start":{"previous_end":"unclean","log":"power lost at 2026-11-24T02:10:05Z"}}"#,
        );
    }

    #[test]
    fn unknown_fields_and_unknown_rows_of_a_newer_agent_are_tolerated() {
        let row: Row = serde_json::from_str(
            r#"{"seq":3,"at_ms":1,"probe":"x","saw":"timeout","mood":{"a":[1]}}"#,
        )
        .unwrap();
        assert!(matches!(row, Row::Reading { seq: 3, .. }));
        let row: Row = serde_json::from_str(r#"{"seq":3,"at_ms":1,"song":"la"}"#).unwrap();
        assert_eq!(row, Row::Unknown { seq: 3, at_ms: 1 });
    }

    #[test]
    fn nothing_is_copied_that_can_be_borrowed() {
        let text = r#"{"seq":3,"at_ms":1,"wall":"w","probe":"x","role":"path","saw":"error","why":"y","words":["OL"],"values":{"a":1}}"#;
        let Row::Reading { wall, reading, .. } = serde_json::from_str(text).unwrap() else {
            panic!()
        };
        let (name, _) = &reading.values.0[0];
        let all = [
            wall.as_ref().unwrap(),
            &reading.probe,
            reading.role.as_ref().unwrap(),
            reading.why.as_ref().unwrap(),
            &reading.words[0],
            name,
        ];
        assert!(all.iter().all(|text| matches!(text, Cow::Borrowed(_))), "{reading:?}");
        let escaped: Row =
            serde_json::from_str(r#"{"seq":3,"at_ms":1,"probe":"x\u0041","saw":"timeout"}"#)
                .unwrap();
        assert!(matches!(escaped, Row::Reading { reading, .. } if reading.probe == "xA"));
    }

    #[test]
    fn a_row_without_a_reason_where_one_is_owed_is_refused() {
        let bad = [
            r#"{"seq":3,"at_ms":1,"probe":"x","saw":"unreadable"}"#,
            r#"{"seq":0,"at_ms":1,"probe":"x","saw":"timeout"}"#,
            r#"{"at_ms":1,"probe":"x","saw":"timeout"}"#,
            r#"{"gap":[5,4]}"#,
            r#"{"seq":3,"at_ms":1,"probe":"x","saw":"timeout","since":{"seq":4,"at_ms":1,"count":2}}"#,
            r#"{"seq":3,"at_ms":1,"probe":"x","saw":"answered","values":{"a":null}}"#,
            r#"{"seq":3,"at_ms":1,"probe":"x","saw":"fine"}"#,
        ];
        for text in bad {
            assert!(serde_json::from_str::<Row>(text).is_err(), "{text}");
        }
    }
}
