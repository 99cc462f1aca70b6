//! What probes measure, as metrics. A probe's numbers disappear when it has not been read for a
//! while: a curve with a hole is honest, a flat line is not.

use std::collections::BTreeMap;

use prometheus::GaugeVec;
use siaga_decide::{ProbeName, ProbeView, Saw, View};

use super::Page;
use crate::web::site::Site;

/// Older readings are no longer the present.
const STALE_MS: i64 = 5 * 60_000;

/// Values that become metrics: of which probes, their key in a report, the metric, its meaning.
const VALUES: &[(&str, &str, &str, &str)] = &[
    ("link", "rtt_seconds", "link_rtt_seconds", "Median round trip."),
    ("link", "rtt_min_seconds", "link_rtt_min_seconds", "Least round trip."),
    ("link", "rtt_max_seconds", "link_rtt_max_seconds", "Largest round trip."),
    ("link", "jitter_seconds", "link_jitter_seconds", "Mean difference of successive round trips."),
    ("link", "connect_seconds", "link_connect_seconds", "Time until a connection stood."),
    ("link", "tls_seconds", "link_tls_seconds", "Time of the TLS handshake."),
    ("link", "answer_seconds", "link_answer_seconds", "Time until the page began to answer."),
    ("link", "http_status", "link_http_status", "Status of the page's answer."),
    (
        "link",
        "tls_expiry_timestamp_seconds",
        "link_tls_expiry_timestamp_seconds",
        "Earliest end of the certificates.",
    ),
    ("power.ups", "battery_charge_ratio", "ups_battery_charge_ratio", "Charge of the battery."),
    ("power.ups", "battery_runtime_seconds", "ups_battery_runtime_seconds", "Runtime left."),
    ("power.ups", "battery_volts", "ups_battery_volts", "Voltage of the battery."),
    ("power.ups", "input_volts", "ups_input_volts", "Voltage of the mains."),
    ("power.ups", "input_frequency_hertz", "ups_input_frequency_hertz", "Frequency of the mains."),
    ("power.ups", "output_volts", "ups_output_volts", "Voltage that the UPS gives."),
    ("power.ups", "load_ratio", "ups_load_ratio", "Load of what the UPS can carry."),
    ("power.ups", "temperature_celsius", "ups_temperature_celsius", "Temperature of the UPS."),
    ("power.generator", "generator_running", "generator_running", "1 while it runs."),
    ("power.generator", "generator_frequency_hertz", "generator_frequency_hertz", "Its frequency."),
    ("power.generator", "generator_fuel_ratio", "generator_fuel_ratio", "Fuel in the tank."),
    ("power.generator", "generator_volts", "generator_volts", "Its voltage."),
    ("power.generator", "coolant_celsius", "generator_coolant_celsius", "Its coolant."),
    ("power.generator", "oil_pressure_pascals", "generator_oil_pressure_pascals", "Its oil."),
    (
        "power.generator",
        "starter_battery_volts",
        "generator_starter_battery_volts",
        "Its starter battery.",
    ),
    ("power.generator", "run_seconds", "generator_run_seconds", "How long it has run in its life."),
    ("power.generator", "starts", "generator_starts", "How often it has started in its life."),
    ("power.generator", "load_watts", "generator_load_watts", "What it delivers."),
    ("device", "device_present", "device_present", "1 while the device is there."),
    ("device", "processes", "device_processes", "Processes of that name."),
    ("host", "uptime_seconds", "host_uptime_seconds", "Since its boot."),
    ("host", "cpu_ratio", "host_cpu_ratio", "Share of its processors in use."),
    ("host", "memory_used_ratio", "host_memory_used_ratio", "Share of its memory in use."),
    ("host", "swap_used_ratio", "host_swap_used_ratio", "Share of its swap in use."),
    ("clock", "clock_offset_seconds", "clock_offset_seconds", "Server's clock ahead of the PC's."),
    ("host", "disk_free_ratio", "host_disk_free_ratio", "Free share of its fullest disk."),
    ("host", "disk_free_bytes", "host_disk_free_bytes", "Free bytes of its fullest disk."),
    ("host", "load1", "host_load1", "Load over a minute."),
    ("host", "temperature_celsius", "host_temperature_celsius", "Its hottest sensor."),
    ("host", "processes", "host_processes", "Processes on it."),
];

/// Words of a UPS, each its own 0 or 1.
const UPS_WORDS: [&str; 14] = [
    "OL", "OB", "LB", "HB", "RB", "CHRG", "DISCHRG", "BYPASS", "CAL", "OFF", "OVER", "TRIM",
    "BOOST", "FSD",
];

const PROBE: [&str; 3] = ["office", "station", "probe"];
const LINK: [&str; 4] = ["office", "station", "probe", "layer"];

/// One probe of one station.
struct Series<'a> {
    office: &'a str,
    station: &'a str,
    name: &'a ProbeName,
    probe: &'a ProbeView,
}

fn is_under(name: &str, root: &str) -> bool {
    name.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

impl Series<'_> {
    fn number(&self, key: &str) -> Option<f64> {
        let number = self.probe.numbers.iter().find(|n| &*n.name == key)?;
        number.last.is_finite().then_some(number.last)
    }

    /// `gateway`, `outside`, `path`, `datacenter`; of another name the part after `link.`.
    fn layer(&self) -> Option<&str> {
        let rest = self.name.as_str().strip_prefix("link.")?;
        Some(rest.split('.').next().unwrap_or(rest))
    }

    fn set(&self, family: &GaugeVec, value: f64) {
        let mut labels = vec![self.office, self.station, self.name.as_str()];
        labels.extend(self.layer());
        family.with_label_values(&labels).set(value);
    }
}

/// Writes every probe of every station that the configuration names.
pub(super) fn write(page: &Page, site: &Site, view: &View) -> prometheus::Result<()> {
    let all = series(site, view);
    let now = site.now();
    let fresh: Vec<&Series> = all.iter().filter(|s| now - s.probe.at <= STALE_MS).collect();
    values(page, &fresh)?;
    links(page, &fresh)?;
    ups(page, &fresh)?;
    let success = page.gauge(
        "probe_last_success_timestamp_seconds",
        "When the probe last answered; of one that does not, when that began.",
        &PROBE,
    )?;
    for s in &all {
        let at = if s.probe.answer.saw == Saw::Answered { s.probe.at } else { s.probe.since };
        let labels = [s.office, s.station, s.name.as_str()];
        success.with_label_values(&labels).set(at.0 as f64 / 1_000.0);
    }
    Ok(())
}

fn series<'a>(site: &'a Site, view: &'a View) -> Vec<Series<'a>> {
    let mut all = Vec::new();
    for (id, configured) in &site.app.config.offices {
        let Some(office) = view.offices.get(id) else { continue };
        for station in configured.stations.keys() {
            let Some(seen) = office.stations.get(station) else { continue };
            all.extend(seen.probes.iter().map(|(name, probe)| Series {
                office: id.as_str(),
                station: station.as_str(),
                name,
                probe,
            }));
        }
    }
    all
}

fn values(page: &Page, fresh: &[&Series]) -> prometheus::Result<()> {
    let mut families = BTreeMap::new();
    for (root, key, metric, help) in VALUES {
        let labels: &[&str] = if *root == "link" { &LINK } else { &PROBE };
        for s in fresh.iter().filter(|s| is_under(s.name.as_str(), root)) {
            if *root == "link" && s.layer().is_none() {
                continue;
            }
            let Some(value) = s.number(key) else { continue };
            if !families.contains_key(metric) {
                families.insert(*metric, page.gauge(metric, help, labels)?);
            }
            if let Some(family) = families.get(metric) {
                s.set(family, value);
            }
        }
    }
    Ok(())
}

fn links(page: &Page, fresh: &[&Series]) -> prometheus::Result<()> {
    let up = page.gauge("link_up", "1 if the newest reading is good.", &LINK)?;
    let loss = page.gauge("link_loss_ratio", "Lost of those sent, newest reading.", &LINK)?;
    for s in fresh.iter().filter(|s| s.layer().is_some()) {
        let (sent, lost) = (s.number("sent"), s.number("lost"));
        if let (Some(sent), Some(lost)) = (sent, lost)
            && sent > 0.0
        {
            s.set(&loss, (lost / sent).clamp(0.0, 1.0));
        }
        match s.probe.answer.saw {
            Saw::Answered => s.set(&up, 1.0),
            Saw::Refused | Saw::Timeout | Saw::Unreachable | Saw::Error(_) => s.set(&up, 0.0),
            // Nobody could look: neither good nor bad.
            Saw::Unreadable(_) => {}
        }
    }
    Ok(())
}

fn ups(page: &Page, fresh: &[&Series]) -> prometheus::Result<()> {
    let on_battery = page.gauge("ups_on_battery", "1 on battery.", &PROBE)?;
    let status = page.gauge(
        "ups_status",
        "1 for each word of the UPS's status.",
        &["office", "station", "probe", "status"],
    )?;
    for s in fresh {
        let answered = s.probe.answer.saw == Saw::Answered;
        if !is_under(s.name.as_str(), "power.ups") || !answered {
            continue;
        }
        let says = |word: &str| s.probe.answer.words.iter().any(|w| &**w == word);
        s.set(&on_battery, f64::from(u8::from(says("OB"))));
        for word in UPS_WORDS {
            let labels = [s.office, s.station, s.name.as_str(), word];
            status.with_label_values(&labels).set(f64::from(u8::from(says(word))));
        }
    }
    Ok(())
}
