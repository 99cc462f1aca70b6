//! Register maps: one TOML file per controller, read into points that can be decoded. A map
//! cannot say a write. Pure: text in, map or every problem out.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

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

/// Most registers that Modbus reads at once (Modbus application protocol 1.1b3, 6.3).
const READ_MAX_REGISTERS: u16 = 125;
/// A map beyond this is a mistake, and each register costs time on a serial line.
const REGISTERS_MAX: usize = 1000;

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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMap {
    schema: Spanned<i64>,
    id: Spanned<String>,
    #[expect(dead_code, reason = "for the reader of the file")]
    vendor: Option<String>,
    #[expect(dead_code, reason = "for the reader of the file")]
    models: Option<Vec<String>>,
    #[serde(default)]
    link: RawLink,
    read: RawRead,
    identify: Option<Identify>,
    #[serde(default)]
    sentinels: BTreeMap<Type, BTreeMap<Spanned<String>, String>>,
    #[serde(default)]
    point: Vec<Spanned<RawPoint>>,
    #[serde(default)]
    alarms: Vec<Spanned<RawAlarms>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawLink {
    unit: Option<u8>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRead {
    function: Spanned<u8>,
    #[serde(default)]
    address_base: u16,
    #[serde(default)]
    word_order: Order,
    byte_order: Option<Spanned<Order>>,
    max_registers: Option<Spanned<u16>>,
    max_gap: Option<u16>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPoint {
    name: Spanned<String>,
    register: Option<u16>,
    #[serde(rename = "type")]
    kind: Option<Type>,
    word_order: Option<Order>,
    scale: Option<f64>,
    offset: Option<f64>,
    valid: Option<(f64, f64)>,
    map: Option<BTreeMap<Spanned<String>, String>>,
    any: Option<Vec<Condition>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAlarms {
    register: u16,
    count: u16,
    #[serde(rename = "type")]
    kind: Spanned<String>,
    levels: BTreeMap<Spanned<String>, String>,
    #[serde(default)]
    names: Vec<String>,
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

/// Problems so far, and the names seen.
#[derive(Default)]
struct Check {
    problems: Vec<Problem>,
    names: BTreeSet<String>,
}

impl Check {
    fn problem(&mut self, span: Range<usize>, path: &str, what: String, hint: &str) {
        let hint = Some(hint.to_owned()).filter(|hint| !hint.is_empty());
        self.problems.push(Problem { span, path: path.to_owned(), what, hint });
    }

    fn map(&mut self, raw: RawMap) -> Map {
        if *raw.schema.get_ref() != 1 {
            self.problem(
                raw.schema.span(),
                "schema",
                format!("{} is not known", raw.schema.get_ref()),
                "schema = 1",
            );
        }
        let function = self.function(&raw.read);
        let max_registers = self.max_registers(raw.read.max_registers.as_ref());
        let base = raw.read.address_base;
        let order = raw.read.word_order;
        let mut map = Map {
            id: raw.id.into_inner(),
            unit: raw.link.unit.unwrap_or(1),
            function,
            max_registers,
            max_gap: raw.read.max_gap.unwrap_or(0),
            identify: raw.identify,
            sentinels: BTreeMap::new(),
            points: Vec::new(),
            any: Vec::new(),
            alarms: Vec::new(),
        };
        if let Some(identify) = &mut map.identify {
            identify.register = identify.register.saturating_sub(base);
        }
        for (kind, words) in raw.sentinels {
            let words = self.numbers("sentinels", words);
            map.sentinels.insert(kind, words);
        }
        for point in raw.point {
            self.point(point, base, order, &mut map);
        }
        for alarms in raw.alarms {
            let alarms = self.alarms(alarms, base);
            map.alarms.extend(alarms);
        }
        self.conditions(&map);
        self.size(&map);
        map
    }

    fn function(&mut self, read: &RawRead) -> Function {
        if let Some(order) = read.byte_order.as_ref().filter(|o| *o.get_ref() == Order::Little) {
            self.problem(
                order.span(),
                "read.byte_order",
                "little is not supported".into(),
                "big, as Modbus defines",
            );
        }
        match read.function.get_ref() {
            3 => Function::Holding,
            4 => Function::Input,
            other => {
                let what = format!("{other} is not supported");
                self.problem(
                    read.function.span(),
                    "read.function",
                    what,
                    "3 (holding registers) or 4 (input registers)",
                );
                Function::Holding
            }
        }
    }

    fn max_registers(&mut self, written: Option<&Spanned<u16>>) -> u16 {
        let Some(written) = written else { return READ_MAX_REGISTERS };
        if !(1..=READ_MAX_REGISTERS).contains(written.get_ref()) {
            let what = format!("{} is out of range", written.get_ref());
            self.problem(written.span(), "read.max_registers", what, "between 1 and 125");
        }
        *written.get_ref()
    }

    /// Keys that are numbers, decimal or with `0x`.
    fn numbers(
        &mut self,
        path: &str,
        words: BTreeMap<Spanned<String>, String>,
    ) -> BTreeMap<u32, String> {
        let mut numbers = BTreeMap::new();
        for (key, word) in words {
            let text = key.get_ref();
            let number = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => text.parse(),
            };
            match number {
                Ok(number) => {
                    numbers.insert(number, word);
                }
                Err(_) => self.problem(
                    key.span(),
                    path,
                    format!("{text:?} is not a number"),
                    "such as 3 or 0xFFFF",
                ),
            }
        }
        numbers
    }

    fn point(&mut self, point: Spanned<RawPoint>, base: u16, order: Order, map: &mut Map) {
        let span = point.span();
        let raw = point.into_inner();
        let name = raw.name.get_ref().clone();
        let path = format!("point {name:?}");
        if !self.names.insert(name.clone()) {
            self.problem(raw.name.span(), &path, "is there twice".into(), "");
        }
        if name == RUNNING {
            match raw.any {
                Some(any) => map.any = any,
                None => self.problem(
                    span,
                    &path,
                    "has no any".into(),
                    "any = [{ point = \"generator_state\", is = \"running\" }]",
                ),
            }
            return;
        }
        let (Some(register), Some(kind)) = (raw.register, raw.kind) else {
            self.problem(span, &path, "needs register and type".into(), "");
            return;
        };
        let Some(register) = register.checked_sub(base) else {
            self.problem(
                span,
                &path,
                format!("register {register} is below address_base {base}"),
                "",
            );
            return;
        };
        let is_word = WORDS.contains(&name.as_str());
        if !is_word && !NUMBERS.contains(&name.as_str()) {
            let hint = format!("names are {}, {RUNNING}, {}", WORDS.join(", "), NUMBERS.join(", "));
            self.problem(raw.name.span(), &path, "is not a known name".into(), &hint);
            return;
        }
        let yields = match (is_word, raw.map) {
            (true, Some(words)) => Yields::Word(self.numbers(&path, words)),
            (false, None) => Yields::Number {
                scale: raw.scale.unwrap_or(1.0),
                offset: raw.offset.unwrap_or(0.0),
                valid: raw.valid,
            },
            (true, None) => {
                return self.problem(span, &path, "has no map".into(), "map = { 0 = \"stopped\" }");
            }
            (false, Some(_)) => {
                return self.problem(span, &path, "is a number and has a map".into(), "");
            }
        };
        map.points.push(Point {
            name,
            register,
            kind,
            order: raw.word_order.unwrap_or(order),
            yields,
        });
    }

    fn alarms(&mut self, alarms: Spanned<RawAlarms>, base: u16) -> Option<Alarms> {
        let span = alarms.span();
        let raw = alarms.into_inner();
        if raw.kind.get_ref() != "packed4" {
            let what = format!("type {:?} is not supported", raw.kind.get_ref());
            self.problem(
                raw.kind.span(),
                "alarms",
                what,
                "packed4: four alarms of four bits in a register",
            );
        }
        let register = raw.register.checked_sub(base);
        let fits = register.is_some_and(|r| r.checked_add(raw.count).is_some());
        if !fits || raw.count == 0 || raw.names.len() > usize::from(raw.count) * 4 {
            self.problem(
                span,
                "alarms",
                "register, count and names do not fit together".into(),
                "four names per register",
            );
        }
        let levels = self.numbers("alarms", raw.levels);
        Some(Alarms { register: register?, count: raw.count, levels, names: raw.names })
    }

    fn conditions(&mut self, map: &Map) {
        for condition in &map.any {
            let path = format!("point {RUNNING:?}");
            let point = map.points.iter().find(|p| p.name == condition.point);
            let word = point.map(|p| matches!(p.yields, Yields::Word(_)));
            let fits = match (&condition.is, condition.above) {
                (Some(_), None) => word == Some(true),
                (None, Some(_)) => word == Some(false),
                (None, None) | (Some(_), Some(_)) => false,
            };
            if !fits {
                let what = format!("the condition on {:?} cannot be met", condition.point);
                self.problem(
                    0..0,
                    &path,
                    what,
                    "a point of this map with is = \"word\", or above = number",
                );
            }
        }
    }

    fn size(&mut self, map: &Map) {
        let points: usize = map.points.iter().map(|p| usize::from(p.kind.registers())).sum();
        let alarms: usize = map.alarms.iter().map(|a| usize::from(a.count)).sum();
        if points == 0 {
            self.problem(0..0, "point", "is missing".into(), "a map has at least one point");
        }
        if points + alarms > REGISTERS_MAX {
            self.problem(0..0, "map", format!("reads more than {REGISTERS_MAX} registers"), "");
        }
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
