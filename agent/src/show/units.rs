//! Names and numbers of readings as people read them. Pure.

/// `battery_runtime_seconds`, 1230 → `battery runtime`, `20 min 30 s`.
pub(super) fn readable(name: &str, value: f64) -> (String, String) {
    let (stem, unit) = UNITS
        .iter()
        .find_map(|(suffix, unit)| name.strip_suffix(suffix).map(|stem| (stem, Some(unit))))
        .unwrap_or((name, None));
    let value = unit.map_or_else(|| plain(value, 3), |unit| unit(value));
    (stem.replace('_', " "), value)
}

type Unit = fn(f64) -> String;

const UNITS: [(&str, Unit); 11] = [
    ("_timestamp_seconds", day),
    ("_ratio", |v| format!("{} %", plain(v * 100.0, 1))),
    ("_seconds", seconds),
    ("_volts", |v| format!("{} V", plain(v, 2))),
    ("_hertz", |v| format!("{} Hz", plain(v, 2))),
    ("_watts", |v| format!("{} W", plain(v, 1))),
    ("_celsius", |v| format!("{} °C", plain(v, 1))),
    ("_pascals", |v| format!("{} kPa", plain(v / 1000.0, 1))),
    ("_rpm", |v| format!("{} rpm", plain(v, 0))),
    ("_bytes", |v| format!("{} GB", plain(v / 1e9, 1))),
    ("_present", |v| if v == 0.0 { "no".to_owned() } else { "yes".to_owned() }),
];

/// At most that many decimals, without zeros at the end.
fn plain(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    if !text.contains('.') {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn seconds(value: f64) -> String {
    if value < 0.0 {
        return format!("-{}", seconds(-value));
    }
    if value < 1.0 {
        return format!("{} ms", plain(value * 1000.0, 3));
    }
    if value < 60.0 {
        return format!("{} s", plain(value, 1));
    }
    let whole = value.round();
    let (days, hours) = ((whole / 86_400.0).floor(), (whole / 3_600.0).floor() % 24.0);
    let (minutes, rest) = ((whole / 60.0).floor() % 60.0, whole % 60.0);
    if days > 0.0 {
        format!("{days} d {hours} h")
    } else if hours > 0.0 {
        format!("{hours} h {minutes} min")
    } else {
        format!("{minutes} min {rest} s")
    }
}

/// Unix seconds as a day and a time in UTC.
fn day(value: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "saturates, and the calendar ends earlier")]
    let text = crate::clock::wall_text((value * 1000.0) as i64);
    text.replace('T', " ").replace('Z', " UTC")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_those_of_the_name() {
        let text = |name: &str, value| {
            let (name, value) = readable(name, value);
            format!("{name}: {value}")
        };
        assert_eq!(text("rtt_seconds", 0.000_352), "rtt: 0.352 ms");
        assert_eq!(text("jitter_seconds", 0.0), "jitter: 0 ms");
        assert_eq!(text("connect_seconds", 1.5), "connect: 1.5 s");
        assert_eq!(text("clock_offset_seconds", -75.0), "clock offset: -1 min 15 s");
        assert_eq!(text("uptime_seconds", 100_000.0), "uptime: 1 d 3 h");
        assert_eq!(text("run_seconds", 7_260.0), "run: 2 h 1 min");
        assert_eq!(text("battery_charge_ratio", 0.885), "battery charge: 88.5 %");
        assert_eq!(text("oil_pressure_pascals", 412_000.0), "oil pressure: 412 kPa");
        assert_eq!(text("memory_total_bytes", 4.11e9), "memory total: 4.1 GB");
        assert_eq!(
            text("tls_expiry_timestamp_seconds", 1_793_750_400.0),
            "tls expiry: 2026-11-04 00:00:00 UTC"
        );
        assert_eq!(text("device_present", 1.0), "device: yes");
        assert_eq!(text("processes", 20.0), "processes: 20");
        assert_eq!(text("load1", 0.25), "load1: 0.25");
    }
}
