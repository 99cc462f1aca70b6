//! The declared bands of every number a probe measures: a stretch ends when a number leaves its
//! band. A threshold on an edge below can be judged again over all time, to within the slack of
//! that edge; any other only over the raw days. Must never depend on anything but the name and the
//! values, and an edge must never be moved: old facts were cut at it.

use crate::fact::Number;

/// A stretch may go beyond the edges of its band by this part of the narrower band beside them: a
/// value that rests on an edge and trembles would else end a stretch with every reading.
const SLACK: f64 = 0.25;

/// Whether a number that is in a band may go from `least` to `most` and still be in it. Bands are
/// as wide as the questions asked of old facts allow, so that an ordinary PC leaves a band of some
/// number about once an hour. What is not a number has a band of its own; a name that is not
/// declared here is told apart by sign and decade.
pub(crate) fn stays(number: &Number, least: f64, most: f64) -> bool {
    // Most readings lie between those before.
    if number.least <= least && most <= number.most {
        return true;
    }
    if number.last.is_nan() || least.is_nan() {
        return number.last.is_nan() && least.is_nan();
    }
    share(&scale(&number.name), number.least.min(least), number.most.max(most))
}

/// Whether one band, with its slack, holds all from `low` to `high`. The highest band that holds
/// `low` reaches farthest.
fn share(scale: &Scale, low: f64, high: f64) -> bool {
    match scale {
        Scale::Edges(edges) => {
            let wide = |i: usize| slack(edges, i).zip(edges.get(i).copied());
            let above = |i: &usize| wide(*i).is_some_and(|(slack, edge)| edge - slack <= low);
            let band = (0..edges.len()).take_while(above).count();
            wide(band).is_none_or(|(slack, edge)| high < edge + slack)
        }
        Scale::Counts(edges) => {
            let place = |value: f64| edges.partition_point(|edge| *edge <= value);
            place(low) == place(high)
        }
        Scale::Every(step) => (low / step).floor() == (high / step).floor(),
        Scale::Undeclared => share_decade(low, high),
    }
}

/// How far beyond that edge its two bands reach. The first edge has nothing below it.
fn slack(edges: &[f64], i: usize) -> Option<f64> {
    let edge = edges.get(i)?;
    let below = edge - i.checked_sub(1).and_then(|i| edges.get(i)).unwrap_or(&0.0);
    let above = edges.get(i + 1).map_or(f64::INFINITY, |next| next - edge);
    Some(below.min(above) * SLACK)
}

/// The same where every power of ten is an edge, on either side of nothing.
fn share_decade(low: f64, high: f64) -> bool {
    if low == high || low.signum() != high.signum() {
        return low == high;
    }
    // Nothing is infinitely many decades below all else.
    let (near, far) = (low.abs().min(high.abs()), low.abs().max(high.abs()));
    // The narrower band beside 10^n is the one below it, nine tenths of 10^n wide.
    let slack = 0.9 * SLACK;
    let decade = (near / (1.0 - slack)).log10().floor();
    (far / (1.0 + slack)).log10() < decade + 1.0
}

/// How one number is cut.
enum Scale {
    /// At these values, ascending; trembling at one does not count.
    Edges(&'static [f64]),
    /// At these values exactly.
    Counts(&'static [f64]),
    /// At every multiple of this.
    Every(f64),
    /// Nobody has said.
    Undeclared,
}

/// The band 0.9 to 1 is one: a full battery floats between 99 and 100 %.
const TENTHS: &[f64] = &[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
const MEMORY: &[f64] = &[0.2, 0.4, 0.6, 0.8, 0.95];
/// Busy is what is asked of old facts; below, a PC in use moves all the time.
const CPU: &[f64] = &[0.6, 0.8, 0.95];
const LOAD: &[f64] = &[0.5, 0.8, 0.9, 1.0];
const FREE: &[f64] = &[0.01, 0.05, 0.1, 0.2, 0.5];
const FREE_BYTES: &[f64] = &[1e8, 1e9, 5e9, 1e10, 5e10, 1e11];
const ROUND_TRIP: &[f64] = &[0.05, 0.15, 0.4, 1.0, 3.0];
/// The slowest of a few pings, and their spread, jump from cycle to cycle.
const SPREAD: &[f64] = &[0.15, 1.0];
const RUNTIME: &[f64] =
    &[60.0, 120.0, 180.0, 300.0, 600.0, 1_200.0, 2_400.0, 4_800.0, 9_600.0, 19_200.0];
/// Lead batteries of 12, 24 and 48 V: empty, half, charging, overcharged.
const BATTERY_VOLTS: &[f64] =
    &[1.0, 10.5, 11.5, 12.6, 15.0, 21.0, 23.0, 25.2, 30.0, 42.0, 46.0, 50.4, 60.0];
/// 230 V with its tolerance of +5 % and -10 % (SPLN 1), then steps further out.
const MAINS_VOLTS: &[f64] = &[50.0, 160.0, 184.0, 207.0, 241.5, 253.0, 265.0];
/// 50 Hz within 1 Hz, then what makes a UPS switch over or a generator stop.
const FREQUENCY: &[f64] = &[1.0, 45.0, 47.5, 49.0, 51.0, 52.5, 55.0];
const TEMPERATURE: &[f64] = &[0.0, 40.0, 60.0, 80.0, 95.0];
const COOLANT: &[f64] = &[40.0, 80.0, 95.0, 105.0];
/// Generators of 1500 and 3000 revolutions a minute, within 5 and 10 %.
const ENGINE_SPEED: &[f64] =
    &[1.0, 100.0, 1_350.0, 1_425.0, 1_575.0, 1_650.0, 2_700.0, 2_850.0, 3_150.0, 3_300.0];
const OIL_PRESSURE: &[f64] = &[5e4, 1e5, 2e5, 8e5];
const WATTS: &[f64] = &[1.0, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5];
const LOAD_AVERAGE: &[f64] = &[2.0, 8.0, 32.0];
const UPTIME: &[f64] = &[600.0, 86_400.0, 604_800.0, 2_592_000.0, 7_776_000.0];
const MEMORY_BYTES: &[f64] = &[1.5e9, 3e9, 6e9, 12e9, 24e9, 48e9];
/// None, one, two: what counts for a needed process. Beyond that only its order of size.
const PROCESSES: &[f64] = &[1.0, 2.0, 3.0, 50.0, 500.0, 2_000.0, 10_000.0];
/// A PC's clock against a server's, either way: more than 5 s is worth a look.
const CLOCK_OFFSET: &[f64] = &[-3_600.0, -60.0, -5.0, -1.0, 1.0, 5.0, 60.0, 3_600.0];
const TRUTH: &[f64] = &[0.5];

/// Hours of running between two bands of an engine's hour meter: a service interval is a
/// multiple of it.
const ENGINE_HOURS: f64 = 10.0 * 3_600.0;

fn scale(value_name: &str) -> Scale {
    match value_name {
        "sent" | "lost" | "starts" | "http_status" | "stratum" => Scale::Every(1.0),
        "run_seconds" => Scale::Every(ENGINE_HOURS),
        "rtt_min_seconds" | "rtt_seconds" | "connect_seconds" | "tls_seconds"
        | "answer_seconds" => Scale::Edges(ROUND_TRIP),
        "rtt_max_seconds" | "jitter_seconds" => Scale::Edges(SPREAD),
        "battery_charge_ratio" | "generator_fuel_ratio" => Scale::Edges(TENTHS),
        "battery_runtime_seconds" => Scale::Edges(RUNTIME),
        "battery_volts" | "starter_battery_volts" => Scale::Edges(BATTERY_VOLTS),
        "input_volts" | "output_volts" | "generator_volts" => Scale::Edges(MAINS_VOLTS),
        "input_frequency_hertz" | "generator_frequency_hertz" => Scale::Edges(FREQUENCY),
        "load_ratio" => Scale::Edges(LOAD),
        "cpu_ratio" => Scale::Edges(CPU),
        "memory_used_ratio" | "swap_used_ratio" => Scale::Edges(MEMORY),
        "memory_total_bytes" => Scale::Edges(MEMORY_BYTES),
        "disk_free_ratio" => Scale::Edges(FREE),
        "disk_free_bytes" => Scale::Edges(FREE_BYTES),
        "load1" => Scale::Edges(LOAD_AVERAGE),
        "temperature_celsius" => Scale::Edges(TEMPERATURE),
        "coolant_celsius" => Scale::Edges(COOLANT),
        "engine_speed_rpm" => Scale::Edges(ENGINE_SPEED),
        "oil_pressure_pascals" => Scale::Edges(OIL_PRESSURE),
        "load_watts" => Scale::Edges(WATTS),
        "uptime_seconds" => Scale::Edges(UPTIME),
        "clock_offset_seconds" => Scale::Counts(CLOCK_OFFSET),
        "processes" => Scale::Counts(PROCESSES),
        "device_present" | "generator_running" => Scale::Counts(TRUTH),
        _ => Scale::Undeclared,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a stretch with that value goes on with the next, and the other way round.
    fn together(name: &str, a: f64, b: f64) -> bool {
        let number = |value| Number { name: name.into(), least: value, last: value, most: value };
        let there = stays(&number(a), b, b);
        assert_eq!(there, stays(&number(b), a, a), "{name}: {a} and {b}");
        there
    }

    /// How many stretches these values make.
    fn stretches(name: &str, values: impl IntoIterator<Item = f64>) -> usize {
        let mut all: Vec<Number> = Vec::new();
        for value in values {
            match all.last_mut() {
                Some(number) if stays(number, value, value) => {
                    number.least = number.least.min(value);
                    number.most = number.most.max(value);
                    number.last = value;
                }
                _ => {
                    let name = name.into();
                    all.push(Number { name, least: value, last: value, most: value });
                }
            }
        }
        all.len()
    }

    #[test]
    fn counts_and_truths_are_told_apart_exactly() {
        for (name, a, b) in [
            ("lost", 0.0, 1.0),
            ("lost", 3.0, 4.0),
            ("http_status", 200.0, 204.0),
            ("generator_running", 0.0, 1.0),
            ("device_present", 1.0, 0.0),
            ("processes", 0.0, 1.0),
            ("processes", 1.0, 2.0),
        ] {
            assert!(!together(name, a, b), "{name}: {a} and {b}");
        }
        assert!(together("processes", 4.0, 49.0));
    }

    #[test]
    fn a_value_that_trembles_on_an_edge_stays() {
        for (name, values) in [
            ("battery_charge_ratio", [1.0, 0.99, 1.0]),
            ("battery_charge_ratio", [0.9, 0.89, 0.91]),
            ("starter_battery_volts", [12.5, 12.7, 12.6]),
            ("input_volts", [206.0, 209.0, 204.0]),
            ("generator_frequency_hertz", [48.9, 49.1, 49.0]),
            ("never_heard_of", [9.0, 11.0, 10.0]),
            ("never_heard_of", [-9.0, -11.0, -10.0]),
        ] {
            assert_eq!(stretches(name, values.repeat(100)), 1, "{name}");
        }
    }

    #[test]
    fn bands_are_as_wide_as_declared() {
        // An engine's hour meter in steps of ten hours, a disk's free share as it runs full.
        assert!(together("run_seconds", 0.0, 35_999.0));
        assert!(!together("run_seconds", 35_999.0, 36_000.0));
        assert!(together("disk_free_ratio", 0.5, 0.99));
        assert!(together("disk_free_ratio", 0.011, 0.049));
        assert!(!together("disk_free_ratio", 0.035, 0.065));
    }

    #[test]
    fn every_name_has_the_bands_declared_for_it() {
        // Two values of one band that lie decades apart, and two of one decade in two bands.
        for (name, same, apart) in [
            ("rtt_min_seconds", (0.001, 0.04), (0.2, 0.9)),
            ("rtt_seconds", (0.001, 0.04), (0.2, 0.9)),
            ("connect_seconds", (0.001, 0.04), (0.2, 0.9)),
            ("rtt_max_seconds", (0.001, 0.1), (0.11, 0.9)),
            ("jitter_seconds", (0.001, 0.1), (0.11, 0.9)),
            ("battery_charge_ratio", (0.001, 0.09), (0.2, 0.5)),
            ("generator_fuel_ratio", (0.001, 0.09), (0.2, 0.5)),
            ("battery_runtime_seconds", (1.0, 50.0), (100.0, 400.0)),
            ("battery_volts", (0.01, 0.9), (12.0, 14.5)),
            ("starter_battery_volts", (0.01, 0.9), (12.0, 14.5)),
            ("input_volts", (1.0, 40.0), (170.0, 230.0)),
            ("output_volts", (1.0, 40.0), (170.0, 230.0)),
            ("generator_volts", (1.0, 40.0), (170.0, 230.0)),
            ("input_frequency_hertz", (0.01, 0.9), (46.0, 50.0)),
            ("generator_frequency_hertz", (0.01, 0.9), (46.0, 50.0)),
            ("load_ratio", (0.01, 0.4), (0.6, 0.88)),
            ("cpu_ratio", (0.01, 0.4), (0.65, 0.9)),
            ("memory_used_ratio", (0.001, 0.1), (0.3, 0.7)),
            ("swap_used_ratio", (0.001, 0.1), (0.3, 0.7)),
            ("memory_total_bytes", (1e7, 1e9), (2e9, 9e9)),
            ("disk_free_ratio", (0.0001, 0.009), (0.2, 0.9)),
            ("disk_free_bytes", (1e5, 9e7), (2e9, 8e9)),
            ("load1", (0.01, 1.5), (2.0, 9.9)),
            ("temperature_celsius", (1.0, 30.0), (30.0, 70.0)),
            ("coolant_celsius", (1.0, 30.0), (25.0, 70.0)),
            ("engine_speed_rpm", (0.01, 0.9), (1_000.0, 2_000.0)),
            ("oil_pressure_pascals", (1e2, 4e4), (1.1e5, 5e5)),
            ("load_watts", (0.01, 0.9), (1_100.0, 4_000.0)),
            ("uptime_seconds", (1.0, 500.0), (300.0, 900.0)),
            ("processes", (4.0, 49.0), (25.0, 60.0)),
            ("device_present", (1.0, 20.0), (0.1, 0.6)),
            ("generator_running", (1.0, 20.0), (0.1, 0.6)),
            ("run_seconds", (1.0, 30_000.0), (30_000.0, 40_000.0)),
            ("sent", (0.01, 0.9), (4.0, 5.0)),
            ("lost", (0.01, 0.9), (4.0, 5.0)),
            ("starts", (0.01, 0.9), (4.0, 5.0)),
        ] {
            assert!(together(name, same.0, same.1), "{name}: {same:?}");
            assert!(!together(name, apart.0, apart.1), "{name}: {apart:?}");
        }
    }

    #[test]
    fn an_edge_is_passed_by_a_quarter_of_the_narrower_band_beside_it() {
        // Below 600 the band is the narrower one, above 241.5 it is the next.
        assert!(together("uptime_seconds", 100.0, 749.0));
        assert!(!together("uptime_seconds", 100.0, 750.0));
        assert!(together("input_volts", 230.0, 244.0));
        assert!(!together("input_volts", 230.0, 244.5));
        // The band below a power of ten is nine tenths of it.
        assert!(together("never_heard_of", 5.0, 12.2));
        assert!(!together("never_heard_of", 5.0, 12.3));
        assert!(together("run_seconds", 36_000.0, 71_999.0));
        assert!(!together("run_seconds", 36_000.0, 72_000.0));
    }

    #[test]
    fn a_value_that_moves_on_leaves() {
        let fall = (0..=100).rev().map(|percent| f64::from(percent) / 100.0);
        assert_eq!(stretches("battery_charge_ratio", fall), 10);
        assert!(!together("input_volts", 220.0, 180.0));
        assert!(!together("input_frequency_hertz", 50.0, 0.0));
        assert!(!together("battery_runtime_seconds", 40.0, 80.0));
        let rise = (1..=1_000).map(f64::from);
        assert_eq!(stretches("never_heard_of", rise), 3);
    }

    #[test]
    fn every_edge_list_ascends() {
        for edges in [
            TENTHS,
            MEMORY,
            CPU,
            LOAD,
            FREE,
            FREE_BYTES,
            ROUND_TRIP,
            SPREAD,
            RUNTIME,
            BATTERY_VOLTS,
            MAINS_VOLTS,
            FREQUENCY,
            TEMPERATURE,
            COOLANT,
            ENGINE_SPEED,
            OIL_PRESSURE,
            WATTS,
            LOAD_AVERAGE,
            UPTIME,
            MEMORY_BYTES,
            PROCESSES,
            CLOCK_OFFSET,
            TRUTH,
        ] {
            assert!(edges.is_sorted_by(|a, b| a < b), "{edges:?}");
        }
    }

    #[test]
    fn strange_values_are_alone_and_do_no_harm() {
        let values = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 1e300, 5e-324, 0.0];
        for name in ["lost", "rtt_seconds", "run_seconds", "never_heard_of"] {
            for a in values {
                assert!(together(name, a, a), "{name} {a}");
                for b in values.into_iter().filter(|b| a.is_nan() != b.is_nan()) {
                    assert!(!together(name, a, b), "{name} {a} {b}");
                }
            }
        }
        assert!(together("never_heard_of", 0.0, -0.0));
        assert!(!together("never_heard_of", 5.0, -5.0));
        assert!(!together("never_heard_of", 0.0, 1e-9));
        assert!(together("never_heard_of", 5.0, 9.0));
    }

    #[test]
    fn an_ordinary_day_is_quiet() {
        for (name, values) in [
            ("rtt_seconds", [0.021, 0.034, 0.045]),
            ("input_volts", [217.0, 224.0, 229.0]),
            ("input_frequency_hertz", [49.9, 50.0, 50.1]),
            ("cpu_ratio", [0.02, 0.31, 0.55]),
            ("battery_volts", [13.4, 13.6, 13.7]),
            ("clock_offset_seconds", [-0.4, 0.3, 0.9]),
            ("uptime_seconds", [90_000.0, 100_000.0, 110_000.0]),
        ] {
            assert_eq!(stretches(name, values), 1, "{name}");
        }
    }
}
