//! Register maps: one TOML file per controller, read into points that can be decoded. A map
//! cannot say a write. Pure: text in, map or every problem out.

mod check;

use std::collections::BTreeMap;

use serde::Deserialize;

use self::check::{Check, RawMap};
use crate::probe::setting::Problem;

/// Names of numbers that a point may have; units are in the name.
pub(super) const NUMBERS: [&str; 10] = [
    "generator_frequency_hertz",
    "generator_fuel_ratio",
    "generator_volts",
    "engine_speed_rpm",
    "coolant_celsius",
    "oil_pressure_pascals",
    "starter_battery_volts",
    "run_seconds",
    "starts",
    "load_watts",
];
/// Names of points that yield a word.
pub(super) const WORDS: [&str; 2] = ["generator_state", "generator_mode"];
/// The point that other points decide.
pub(super) const RUNNING: &str = "generator_running";

/// A checked map.
#[derive(Debug, Clone, PartialEq)]
pub struct Map {
    /// `dse`
    pub id: String,
    /// Unit number where the configuration gives none.
    pub unit: u8,
    pub(super) function: Function,
    pub(super) max_registers: u16,
    pub(super) max_gap: u16,
    pub(super) identify: Option<Identify>,
    pub(super) sentinels: BTreeMap<Type, BTreeMap<u32, String>>,
    pub(super) points: Vec<Point>,
    pub(super) any: Vec<Condition>,
    pub(super) alarms: Vec<Alarms>,
}

/// What Modbus calls the registers; both only read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    /// Function 3.
    Holding,
    /// Function 4.
    Input,
}

/// A register that tells the controller's make.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Identify {
    pub(super) register: u16,
    pub(super) equals: Vec<u16>,
}

/// How registers become a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Type {
    U16,
    S16,
    U32,
    S32,
    F32,
}

impl Type {
    pub(super) fn registers(self) -> u16 {
        match self {
            Self::U16 | Self::S16 => 1,
            Self::U32 | Self::S32 | Self::F32 => 2,
        }
    }
}

/// Which register of a pair comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Order {
    /// The high one.
    #[default]
    Big,
    /// The low one.
    Little,
}

/// One value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Point {
    pub(super) name: String,
    pub(super) register: u16,
    pub(super) kind: Type,
    pub(super) order: Order,
    pub(super) yields: Yields,
}

/// What a point yields.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Yields {
    /// raw × scale + offset, absent outside `valid`.
    Number { scale: f64, offset: f64, valid: Option<(f64, f64)> },
    /// A word; one that is empty means that the device does not tell.
    Word(BTreeMap<u32, String>),
}

/// One way to see that the generator runs.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Condition {
    pub(super) point: String,
    pub(super) is: Option<String>,
    pub(super) above: Option<f64>,
}

/// Alarms of four bits each, the first in the highest bits.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Alarms {
    pub(super) register: u16,
    pub(super) count: u16,
    pub(super) levels: BTreeMap<u32, String>,
    pub(super) names: Vec<String>,
}

impl Map {
    /// Reads a map.
    ///
    /// # Errors
    /// Every problem, with its place in the text.
    pub fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        let raw: RawMap = toml::from_str(text).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            vec![Problem {
                span,
                path: "map".to_owned(),
                what: error.message().to_owned(),
                hint: None,
            }]
        })?;
        let mut check = Check::default();
        let map = check.map(raw);
        if check.problems.is_empty() { Ok(map) } else { Err(check.problems) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DSE: &str = include_str!("../../../maps/dse.toml");

    #[test]
    fn the_shipped_map_is_read() {
        let map = Map::parse(DSE).unwrap();
        assert_eq!((map.id.as_str(), map.unit, map.function), ("dse", 10, Function::Holding));
        assert_eq!(map.points.len(), NUMBERS.len() + WORDS.len(), "every name is mapped");
        assert_eq!(map.sentinels[&Type::U32][&0xFFFF_FFFC], "transducer_fault");
        assert_eq!(map.any.len(), 2);
    }

    #[track_caller]
    fn wrong(from: &str, to: &str) -> Vec<String> {
        assert!(DSE.contains(from), "{from}");
        let text = DSE.replacen(from, to, 1);
        let problems = Map::parse(&text).expect_err(to);
        problems.into_iter().map(|p| format!("{}: {}", p.path, p.what)).collect()
    }

    #[test]
    fn mistakes_are_named() {
        assert_eq!(wrong("function = 3", "function = 16"), ["read.function: 16 is not supported"]);
        assert_eq!(wrong("0xFFFF =", "0xFFFG ="), ["sentinels: \"0xFFFG\" is not a number"]);
        assert_eq!(
            wrong("name = \"starts\"", "name = \"begins\""),
            ["point \"begins\": is not a known name"]
        );
        assert_eq!(
            wrong("above = 100", "is = \"fast\""),
            ["point \"generator_running\": the condition on \"engine_speed_rpm\" cannot be met"]
        );
        assert!(
            wrong("schema = 1", "schema = 1\nwrite = 4104")[0].contains("unknown field `write`")
        );
        assert_eq!(
            wrong("max_registers = 100", "max_registers = 126"),
            ["read.max_registers: 126 is out of range"]
        );
        assert_eq!(
            wrong("count = 9", "count = 8"),
            ["alarms: register, count and names do not fit together"]
        );
        let all = DSE.replace("function = 3", "function = 9").replace("schema = 1", "schema = 2");
        assert_eq!(Map::parse(&all).unwrap_err().len(), 2, "all problems at once");
    }
}
