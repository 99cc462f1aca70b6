//! A register map as written, and what is wrong with it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use super::{
    Alarms, Condition, Function, Identify, Map, NUMBERS, Order, Point, RUNNING, Type, WORDS, Yields,
};
use crate::probe::setting::Problem;

/// Most registers that Modbus reads at once (Modbus application protocol 1.1b3, 6.3).
const READ_MAX_REGISTERS: u16 = 125;
/// A map beyond this is a mistake, and each register costs time on a serial line.
const REGISTERS_MAX: usize = 1000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMap {
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

/// Problems so far, and the names seen.
#[derive(Default)]
pub(super) struct Check {
    pub(super) problems: Vec<Problem>,
    names: BTreeSet<String>,
}

impl Check {
    fn problem(&mut self, span: Range<usize>, path: &str, what: String, hint: &str) {
        let hint = Some(hint.to_owned()).filter(|hint| !hint.is_empty());
        self.problems.push(Problem { span, path: path.to_owned(), what, hint });
    }

    pub(super) fn map(&mut self, raw: RawMap) -> Map {
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
