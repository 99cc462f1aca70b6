//! The declared bands of every number a probe measures: a stretch ends when a number leaves its
//! band. A threshold on an edge below can be judged again over all time, any other only over the
//! raw days. Must never depend on anything but the name and the value, and an edge must never be
//! moved: old facts were cut at it.

/// The band of a value: equal bands belong to one stretch. Edges belong to the band above them.
///
/// Bands are as wide as the questions asked of old facts allow, so that an ordinary PC leaves a
/// band of some number about once an hour. A value that is not a number has a band of its own; a
/// name that is not declared here is told apart by sign and decade.
#[must_use]
pub fn band(value_name: &str, value: f64) -> u16 {
    in_scale(&scale(value_name), value)
}

/// Whether two values of a number lie in one band. Most readings repeat the one before.
pub(crate) fn same_band(value_name: &str, a: f64, b: f64) -> bool {
    if a.to_bits() == b.to_bits() {
        return true;
    }
    let scale = scale(value_name);
    in_scale(&scale, a) == in_scale(&scale, b)
}

fn in_scale(scale: &Scale, value: f64) -> u16 {
    if value.is_nan() {
        return u16::MAX;
    }
    match scale {
        Scale::Edges(edges) => place(edges.partition_point(|edge| *edge <= value)),
        Scale::Every(step) => count(value / step),
        Scale::Undeclared => decade(value),
    }
}

/// How one number is cut.
enum Scale {
    /// At these values, ascending.
    Edges(&'static [f64]),
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
const TRUTH: &[f64] = &[0.5];

/// Hours of running between two bands of an engine's hour meter: a service interval is a
/// multiple of it.
const ENGINE_HOURS: f64 = 10.0 * 3_600.0;

fn scale(value_name: &str) -> Scale {
    match value_name {
        "sent" | "lost" | "starts" => Scale::Every(1.0),
        "run_seconds" => Scale::Every(ENGINE_HOURS),
        "rtt_min_seconds" | "rtt_seconds" | "connect_seconds" => Scale::Edges(ROUND_TRIP),
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
        "processes" => Scale::Edges(PROCESSES),
        "device_present" | "generator_running" => Scale::Edges(TRUTH),
        _ => Scale::Undeclared,
    }
}

fn place(index: usize) -> u16 {
    u16::try_from(index).unwrap_or(u16::MAX - 1)
}

/// A whole number of steps; everything below nothing is nothing. A float cast saturates.
fn count(steps: f64) -> u16 {
    (steps.floor() as u16).min(u16::MAX - 1)
}

/// Sign and decade of a value nobody declared: 0 for nothing, then outwards on either side.
fn decade(value: f64) -> u16 {
    if value == 0.0 {
        return 0;
    }
    // Decades of finite numbers lie between -324 and 308; infinity saturates at the outermost.
    let decade = value.abs().log10().floor().clamp(-400.0, 400.0) as i16 + 401;
    let decade = decade.unsigned_abs();
    if value < 0.0 { decade + 1_000 } else { decade }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_belong_to_the_band_above() {
        assert_eq!(band("battery_charge_ratio", 0.3), 3);
        assert_eq!(band("battery_charge_ratio", 0.299_999), 2);
        assert_eq!(band("lost", 0.0), 0);
        assert_eq!(band("lost", 4.0), 4);
        assert_eq!(band("generator_running", 1.0), 1);
        assert_eq!(band("generator_running", 0.0), 0);
        assert_eq!(band("processes", 0.0), 0);
        assert_ne!(band("processes", 0.0), band("processes", 1.0));
    }

    #[test]
    fn a_full_battery_does_not_flap() {
        assert_eq!(band("battery_charge_ratio", 1.0), band("battery_charge_ratio", 0.99));
        assert_eq!(band("battery_charge_ratio", 1.0), 9);
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
            TRUTH,
        ] {
            assert!(edges.is_sorted_by(|a, b| a < b), "{edges:?}");
        }
    }

    #[test]
    fn strange_values_have_a_band_and_do_no_harm() {
        for name in ["lost", "rtt_seconds", "run_seconds", "never_heard_of"] {
            for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, 1e300, 5e-324, 0.0] {
                let here = band(name, value);
                assert_eq!(here == u16::MAX, value.is_nan(), "{name} {value}");
            }
        }
        assert_eq!(band("never_heard_of", 0.0), band("never_heard_of", -0.0));
        assert_ne!(band("never_heard_of", 5.0), band("never_heard_of", -5.0));
        assert_eq!(band("never_heard_of", 5.0), band("never_heard_of", 9.0));
    }

    #[test]
    fn an_ordinary_day_is_quiet() {
        for (name, values) in [
            ("rtt_seconds", [0.021, 0.034, 0.045]),
            ("input_volts", [217.0, 224.0, 229.0]),
            ("input_frequency_hertz", [49.9, 50.0, 50.1]),
            ("cpu_ratio", [0.02, 0.31, 0.55]),
            ("battery_volts", [13.4, 13.6, 13.7]),
            ("uptime_seconds", [90_000.0, 100_000.0, 110_000.0]),
        ] {
            assert!(values.iter().all(|v| band(name, *v) == band(name, values[0])), "{name}");
        }
    }
}
