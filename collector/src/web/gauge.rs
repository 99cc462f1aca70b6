//! What a station's probes say about battery, link and devices, as short texts. Reads the newest
//! answers; judges nothing.

use siaga_decide::{ProbeView, Saw, StationState, StationView};

use super::moment::Reader;
use crate::config::Language;

/// What the numbers of the agent's probes are called in Indonesian.
const NAMES: [(&str, &str); 39] = [
    ("sent", "dikirim"),
    ("lost", "hilang"),
    ("rtt_seconds", "waktu tempuh"),
    ("rtt_min_seconds", "tercepat"),
    ("rtt_max_seconds", "terlama"),
    ("jitter_seconds", "naik-turun"),
    ("connect_seconds", "tersambung dalam"),
    ("battery_charge_ratio", "isi baterai"),
    ("battery_runtime_seconds", "sisa waktu baterai"),
    ("battery_volts", "tegangan baterai"),
    ("input_volts", "tegangan masuk"),
    ("input_frequency_hertz", "frekuensi masuk"),
    ("output_volts", "tegangan keluar"),
    ("load_ratio", "beban"),
    ("load_watts", "beban"),
    ("temperature_celsius", "suhu"),
    ("generator_running", "genset menyala"),
    ("generator_frequency_hertz", "frekuensi genset"),
    ("generator_fuel_ratio", "bahan bakar"),
    ("generator_volts", "tegangan genset"),
    ("generator_mode", "mode genset"),
    ("generator_state", "keadaan genset"),
    ("engine_speed_rpm", "putaran mesin"),
    ("coolant_celsius", "suhu pendingin"),
    ("oil_pressure_pascals", "tekanan oli"),
    ("starter_battery_volts", "tegangan aki"),
    ("run_seconds", "jam jalan"),
    ("starts", "kali dinyalakan"),
    ("device_present", "terpasang"),
    ("processes", "proses"),
    ("cpu_ratio", "CPU"),
    ("memory_used_ratio", "memori terpakai"),
    ("memory_total_bytes", "memori seluruhnya"),
    ("swap_used_ratio", "swap terpakai"),
    ("disk_free_ratio", "sisa disk"),
    ("disk_free_bytes", "sisa disk"),
    ("uptime_seconds", "menyala selama"),
    ("load1", "beban sistem"),
    ("disks_unreadable", "disk tak terbaca"),
];

/// A measured text and how much it deserves attention: the larger, the worse.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Gauge {
    pub(crate) text: String,
    /// The same in a row of many offices.
    pub(crate) short: String,
    pub(crate) rank: f64,
}

impl Gauge {
    fn new(text: &str, rank: f64) -> Self {
        Self { text: text.to_owned(), short: text.to_owned(), rank }
    }
}

fn number(probe: &ProbeView, name: &str) -> Option<f64> {
    probe.numbers.iter().find(|n| &*n.name == name).map(|n| n.last).filter(|v| v.is_finite())
}

fn is_under(name: &str, root: &str) -> bool {
    name.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// A probe name without its family: `fingerprint` of `device.fingerprint`.
fn tail(name: &str) -> &str {
    name.split_once('.').map_or(name, |(_, tail)| tail)
}

fn says(probe: &ProbeView, word: &str) -> bool {
    probe.answer.words.iter().any(|w| &**w == word)
}

/// The station's UPS: charge, runtime left, and whether it carries the load.
pub(crate) fn ups(r: &Reader, station: &StationView) -> Option<Gauge> {
    let of = |probe: &ProbeView| {
        if let Saw::Unreadable(_) = probe.answer.saw {
            return Gauge::new(r.pick("tak terbaca", "unreadable"), 0.5);
        }
        if probe.answer.saw != Saw::Answered {
            return Gauge::new(r.pick("tak menjawab", "no answer"), 0.6);
        }
        let charge = number(probe, "battery_charge_ratio");
        let mut parts = Vec::new();
        let on_battery = says(probe, "OB");
        parts.extend(charge.map(|c| r.whole_percent(c.clamp(0.0, 1.0))));
        parts.extend(number(probe, "battery_runtime_seconds").map(|s| r.about(s)));
        let rank = 1.0 - charge.unwrap_or(1.0) + if on_battery { 1.0 } else { 0.0 };
        let short = parts.join(" · ");
        if says(probe, "LB") {
            parts.push(r.pick("hampir habis", "low").to_owned());
        } else if on_battery {
            parts.push(r.pick("baterai", "on battery").to_owned());
        }
        if says(probe, "RB") {
            parts.push(r.pick("ganti baterai", "replace battery").to_owned());
        }
        if parts.is_empty() {
            parts.push(r.pick("menjawab", "answering").to_owned());
        }
        let short = if short.is_empty() { parts.join(" · ") } else { short };
        Gauge { text: parts.join(" · "), short, rank }
    };
    worst(station, "power.ups", of)
}

/// The way to the data center: round trip and loss, or what it saw instead; nothing where the
/// newest answer is one of the past.
pub(crate) fn link(r: &Reader, station: &StationView) -> Option<Gauge> {
    match station.state {
        StationState::Down | StationState::Serving | StationState::Unsure => {}
        StationState::Stopped
        | StationState::Unseen
        | StationState::Silent
        | StationState::NeverHeard => return None,
    }
    let of = |probe: &ProbeView| {
        let sent = number(probe, "sent").unwrap_or(0.0);
        let lost = number(probe, "lost").unwrap_or(0.0);
        match &probe.answer.saw {
            Saw::Answered => {
                let trip = number(probe, "rtt_seconds").or(number(probe, "connect_seconds"));
                let mut text =
                    trip.map_or(r.pick("baik", "good").to_owned(), |t| r.milliseconds(t));
                if lost > 0.0 && sent > 0.0 {
                    text.push_str(&format!(
                        " · {} {}",
                        r.whole_percent(lost / sent),
                        r.pick("hilang", "lost")
                    ));
                }
                Gauge::new(&text, trip.unwrap_or(0.0) + lost)
            }
            Saw::Timeout | Saw::Unreachable => Gauge::new(r.pick("putus", "down"), 100.0),
            saw @ (Saw::Refused | Saw::Error(_)) => {
                Gauge::new(&super::phrase::answer(r, saw).word.to_lowercase(), 100.0)
            }
            saw @ Saw::Unreadable(_) => {
                Gauge::new(&super::phrase::answer(r, saw).word.to_lowercase(), 50.0)
            }
        }
    };
    worst(station, "link.datacenter", of).or_else(|| worst(station, "link.path", of))
}

fn worst(station: &StationView, root: &str, of: impl Fn(&ProbeView) -> Gauge) -> Option<Gauge> {
    station
        .probes
        .iter()
        .filter(|(name, _)| is_under(name.as_str(), root))
        .map(|(_, probe)| of(probe))
        .max_by(|a, b| a.rank.total_cmp(&b.rank))
}

/// Anything else that somebody should look at: devices, generator, a full disk.
pub(crate) fn trouble(r: &Reader, station: &StationView) -> String {
    let mut notes = Vec::new();
    for (name, probe) in &station.probes {
        let name = name.as_str();
        if is_under(name, "device") {
            if absent(probe)
                || matches!(
                    probe.answer.saw,
                    Saw::Error(_) | Saw::Refused | Saw::Timeout | Saw::Unreachable
                )
            {
                notes.push(format!("{}: {}", tail(name), r.pick("tidak ada", "absent")));
            } else if let Saw::Unreadable(_) = probe.answer.saw {
                notes.push(format!("{}: {}", tail(name), r.pick("tak terbaca", "unreadable")));
            }
        } else if is_under(name, "power.generator") {
            if number(probe, "generator_running").is_some_and(|v| v > 0.0) {
                notes.push(r.pick("genset menyala", "generator running").to_owned());
            }
            if let Some(fuel) = number(probe, "generator_fuel_ratio").filter(|f| *f < 0.25) {
                notes.push(format!("{} {}", r.pick("solar", "fuel"), r.whole_percent(fuel)));
            }
        } else if is_under(name, "host")
            && let Some(free) = number(probe, "disk_free_ratio").filter(|f| *f < 0.1)
        {
            let what = r.pick("sisa disk", "disk free");
            notes.push(format!("{what} {}", r.whole_percent(free)));
        }
    }
    if notes.is_empty() { "–".to_owned() } else { notes.join(", ") }
}

/// Whether a device that the probe looked for is not there.
pub(crate) fn absent(probe: &ProbeView) -> bool {
    number(probe, "device_present").or(number(probe, "processes")) == Some(0.0)
}

/// A probe's numbers with their units, for the technician's table.
pub(crate) fn numbers(r: &Reader, probe: &ProbeView) -> String {
    let mut parts: Vec<String> = Vec::new();
    if !probe.answer.words.is_empty() {
        let words: Vec<&str> = probe.answer.words.iter().map(AsRef::as_ref).collect();
        parts.push(super::phrase::clean(&words.join(" ")));
    }
    if let Saw::Error(why) | Saw::Unreadable(why) = &probe.answer.saw {
        parts.push(super::phrase::clean(why));
    }
    parts.extend(
        probe
            .numbers
            .iter()
            .map(|n| format!("{} {}", label(r, &n.name), value(r, &n.name, n.last))),
    );
    parts.join(" · ")
}

/// What a number is called, without its unit, which stands beside the value: in Indonesian where
/// it has a name of its own, else the name that the agent gives it.
fn label(r: &Reader, name: &str) -> String {
    let known = NAMES.iter().find(|(known, _)| *known == name).map(|(_, text)| *text);
    if let Some(text) = known.filter(|_| r.language == Language::Indonesian) {
        return text.to_owned();
    }
    const UNITS: [&str; 9] = [
        "_seconds", "_ratio", "_volts", "_hertz", "_celsius", "_bytes", "_pascals", "_watts",
        "_rpm",
    ];
    let bare = UNITS.iter().find_map(|unit| name.strip_suffix(unit)).unwrap_or(name);
    super::phrase::clean(&bare.replace('_', " "))
}

fn value(r: &Reader, name: &str, v: f64) -> String {
    let unit = |unit: &str, decimals| format!("{} {unit}", r.number(v, decimals));
    match name.rsplit('_').next() {
        Some("seconds") if v < 60.0 => r.milliseconds(v),
        Some("seconds") => r.lasting((v * 1_000.0) as i64),
        Some("ratio") => r.whole_percent(v),
        Some("volts") => unit("V", 1),
        Some("hertz") => unit("Hz", 1),
        Some("celsius") => unit("°C", 1),
        Some("bytes") => format!("{} GiB", r.number(v / 1_073_741_824.0, 1)),
        Some("pascals") => format!("{} kPa", r.number(v / 1_000.0, 0)),
        Some("watts") => unit("W", 0),
        Some("rpm") => unit("rpm", 0),
        _ => r.number(v, usize::from(v.fract() != 0.0)),
    }
}
