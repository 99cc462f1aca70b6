//! From registers to a reading. Pure and total: what a device does not tell is absent, what it
//! tells by a sentinel is a word, what lies outside the plausible is no number.

use std::collections::BTreeMap;

use siaga_wire::{Reading, Saw};

use super::map::{Alarms, Condition, Map, Order, Point, RUNNING, Type, Yields};
use crate::probe::reading::{decimals, empty, four_digits, push_word, unreadable};

/// Registers that were read.
pub(super) type Registers = BTreeMap<u16, u16>;

/// The sentinel of a value that the model simply does not have.
const UNIMPLEMENTED: &str = "unimplemented";

/// What one point says.
#[derive(Debug, Clone, PartialEq)]
enum Said {
    Number(f64),
    Word(String),
    /// The device says why it does not tell.
    Fault(String),
    Nothing,
}

/// The reading of a whole map.
pub(super) fn parse(name: &str, map: &Map, registers: &Registers) -> Reading<'static> {
    if let Some(identify) = &map.identify
        && let Some(is) = registers.get(&identify.register)
        && !identify.equals.contains(is)
    {
        let what = format!(
            "register {} is {is}: this is no controller of the map {:?}",
            identify.register, map.id
        );
        return unreadable(name, what);
    }
    let mut reading = empty(name, Saw::Answered);
    let said: Vec<(&Point, Said)> =
        map.points.iter().map(|p| (p, say(map, p, registers))).collect();
    if let Some(running) = running(&map.any, &said) {
        reading.values.push(RUNNING, f64::from(u8::from(running)));
    }
    for (point, said) in &said {
        match said {
            Said::Number(number) => {
                reading.values.push(point.name.clone(), rounded(&point.name, *number))
            }
            Said::Word(word) => push_word(&mut reading.words, word),
            Said::Fault(fault) => push_word(&mut reading.words, &format!("{}:{fault}", point.name)),
            Said::Nothing => {}
        }
    }
    for alarms in &map.alarms {
        for word in active(alarms, registers) {
            push_word(&mut reading.words, &word);
        }
    }
    if reading.values.is_empty() && reading.words.is_empty() {
        return unreadable(
            name,
            format!("none of the registers of the map {:?} can be read", map.id),
        );
    }
    reading
}

fn say(map: &Map, point: &Point, registers: &Registers) -> Said {
    let Some(raw) = raw(point, registers) else { return Said::Nothing };
    let sentinel = map.sentinels.get(&point.kind).and_then(|words| words.get(&raw));
    match sentinel.map(String::as_str) {
        None => {}
        Some(UNIMPLEMENTED) => return Said::Nothing,
        Some(fault) => return Said::Fault(fault.to_owned()),
    }
    match &point.yields {
        Yields::Word(words) => match words.get(&raw) {
            Some(word) if word.is_empty() => Said::Nothing,
            Some(word) => Said::Word(word.clone()),
            // A code that the map does not know is carried on, not dropped.
            None => Said::Word(format!("{}_{raw}", point.name)),
        },
        Yields::Number { scale, offset, valid } => {
            let number = signed(point.kind, raw) * scale + offset;
            // Half a step of slack, so that a limit itself is inside whatever the scale does to it.
            let slack = scale.abs() / 2.0;
            let inside =
                |(least, most): &(f64, f64)| (least - slack..=most + slack).contains(&number);
            if !number.is_finite() || valid.as_ref().is_some_and(|valid| !inside(valid)) {
                return Said::Fault("out_of_range".to_owned());
            }
            Said::Number(number)
        }
    }
}

/// The bits of a value, one or two registers; nothing unless all were read.
fn raw(point: &Point, registers: &Registers) -> Option<u32> {
    let first = u32::from(*registers.get(&point.register)?);
    if point.kind.registers() == 1 {
        return Some(first);
    }
    let second = u32::from(*registers.get(&point.register.checked_add(1)?)?);
    Some(match point.order {
        Order::Big => first << 16 | second,
        Order::Little => second << 16 | first,
    })
}

fn signed(kind: Type, raw: u32) -> f64 {
    match kind {
        Type::U16 | Type::U32 => f64::from(raw),
        Type::S16 => f64::from(u16::try_from(raw).unwrap_or(u16::MAX).cast_signed()),
        Type::S32 => f64::from(raw.cast_signed()),
        Type::F32 => f64::from(f32::from_bits(raw)),
    }
}

/// Runs, does not, or nothing can tell.
fn running(any: &[Condition], said: &[(&Point, Said)]) -> Option<bool> {
    let met = |condition: &Condition| {
        let (_, said) = said.iter().find(|(point, _)| point.name == condition.point)?;
        match (said, &condition.is, condition.above) {
            (Said::Word(word), Some(is), _) => Some(word == is),
            (Said::Number(number), _, Some(above)) => Some(*number > above),
            (Said::Word(_) | Said::Number(_) | Said::Fault(_) | Said::Nothing, _, _) => None,
        }
    };
    let known: Vec<bool> = any.iter().filter_map(met).collect();
    (!known.is_empty()).then(|| known.contains(&true))
}

/// Counters whole, shares and the rest as far as they mean something.
fn rounded(name: &str, number: f64) -> f64 {
    match name {
        "run_seconds" | "starts" => number.round(),
        _ if name.ends_with("_ratio") => decimals(number, 3),
        _ => four_digits(number),
    }
}

/// The alarms that are on, `low_oil_pressure:shutdown`.
fn active(alarms: &Alarms, registers: &Registers) -> Vec<String> {
    let mut words = Vec::new();
    for place in 0..alarms.count {
        let Some(register) = alarms.register.checked_add(place).and_then(|r| registers.get(&r))
        else {
            continue;
        };
        for slot in 0..4 {
            let level = u32::from(register >> (12 - 4 * slot) & 0xF);
            let Some(level) = alarms.levels.get(&level) else { continue };
            let index = usize::from(place * 4 + slot);
            match alarms.names.get(index).filter(|name| !name.is_empty()) {
                Some(name) => words.push(format!("{name}:{level}")),
                None => words.push(format!("alarm_{}:{level}", index + 1)),
            }
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dse() -> Map {
        Map::parse(include_str!("../../../maps/dse.toml")).unwrap()
    }

    /// Registers as a file of `address value` lines.
    fn registers(text: &str) -> Registers {
        let number = |t: &str| {
            t.strip_prefix("0x").map_or(t.parse(), |h| u16::from_str_radix(h, 16)).unwrap()
        };
        let lines = text.lines().filter(|l| !l.is_empty() && !l.starts_with('#'));
        lines
            .map(|line| {
                let (address, value) = line.split_once(' ').unwrap();
                (number(address), number(value.split('#').next().unwrap().trim()))
            })
            .collect()
    }

    fn text(reading: &Reading<'_>) -> String {
        let values: Vec<String> =
            reading.values.0.iter().map(|(n, v)| format!("{n}={v}")).collect();
        let why = reading.why.as_deref().map(|w| format!("({w})")).unwrap_or_default();
        format!("{} [{}] {}{why}", reading.saw.word(), reading.words.join(" "), values.join(" "))
    }

    const RUNNING_SET: &str = include_str!("../../../testdata/generator/dse-running.txt");
    const STOPPED_SET: &str = include_str!("../../../testdata/generator/dse-stopped-faults.txt");

    #[test]
    fn a_running_set_is_read() {
        assert_eq!(
            text(&parse("power.generator", &dse(), &registers(RUNNING_SET))),
            "answered [running auto] generator_running=1 generator_frequency_hertz=50.1 \
             generator_fuel_ratio=0.64 generator_volts=229.8 engine_speed_rpm=1503 \
             coolant_celsius=82 oil_pressure_pascals=412000 starter_battery_volts=13.8 \
             run_seconds=1234567 starts=321 load_watts=11240"
        );
    }

    #[test]
    fn sentinels_are_absent_and_faults_and_alarms_are_words() {
        assert_eq!(
            text(&parse("power.generator", &dse(), &registers(STOPPED_SET))),
            "answered [stopped manual generator_fuel_ratio:transducer_fault \
             coolant_celsius:bad_data low_oil_pressure:shutdown fail_to_start:trip \
             alarm_20:warning] generator_running=0 generator_frequency_hertz=0 \
             generator_volts=0 engine_speed_rpm=0 starter_battery_volts=11.9 \
             run_seconds=1234567 starts=322 load_watts=-12"
        );
    }

    #[test]
    fn without_a_state_the_speed_tells() {
        let map = dse();
        let tell = |state: Option<u16>, rpm: Option<u16>| {
            let mut registers = Registers::new();
            registers.extend(state.map(|s| (1408, s)));
            registers.extend(rpm.map(|r| (1030, r)));
            parse("g", &map, &registers).values.get(RUNNING)
        };
        assert_eq!(tell(Some(15), Some(1500)), Some(1.0));
        assert_eq!(tell(Some(0xFFFF), Some(0)), Some(0.0));
        assert_eq!(tell(None, Some(0xFFFF)), None, "nothing can tell");
        assert_eq!(tell(Some(0), Some(0xFFFF)), Some(0.0));
        assert_eq!(tell(Some(4), Some(1500)), Some(1.0), "cooling down, still turning");
    }

    #[test]
    fn another_make_is_not_believed_and_an_unknown_code_is_carried() {
        let mut registers = registers(RUNNING_SET);
        registers.insert(1408, 9);
        assert!(parse("g", &dse(), &registers).words.iter().any(|w| w == "generator_state_9"));
        registers.insert(768, 7);
        let reading = parse("g", &dse(), &registers);
        assert_eq!(reading.saw, Saw::Unreadable);
        assert_eq!(parse("g", &dse(), &Registers::new()).saw, Saw::Unreadable);
    }

    #[test]
    fn the_implausible_is_no_number() {
        let mut registers = registers(RUNNING_SET);
        registers.insert(1031, 9000);
        let reading = parse("g", &dse(), &registers);
        assert_eq!(reading.values.get("generator_frequency_hertz"), None);
        assert!(reading.words.iter().any(|w| w == "generator_frequency_hertz:out_of_range"));
    }

    #[test]
    fn word_order_and_types() {
        let at = |kind, order| Point {
            name: "starts".into(),
            register: 0,
            kind,
            order,
            yields: Yields::Number { scale: 1.0, offset: 0.0, valid: None },
        };
        let registers = Registers::from([(0, 0x0001), (1, 0xFFFE)]);
        assert_eq!(raw(&at(Type::U32, Order::Big), &registers), Some(0x0001_FFFE));
        assert_eq!(raw(&at(Type::U32, Order::Little), &registers), Some(0xFFFE_0001));
        assert_eq!(raw(&at(Type::U32, Order::Big), &Registers::from([(0, 1)])), None);
        assert_eq!(signed(Type::S16, 0xFFFE), -2.0);
        assert_eq!(signed(Type::S32, 0xFFFF_FFFE), -2.0);
        assert_eq!(signed(Type::F32, 50.0_f32.to_bits()), 50.0);
        assert!(matches!(
            say(&dse(), &at(Type::F32, Order::Big), &Registers::from([(0, 0x7FC0), (1, 0)])),
            Said::Fault(_)
        ));
    }
}
