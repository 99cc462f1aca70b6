//! Reports as fourteen probes of a recording PC make them: 60 values a cycle that drift as real ones
//! do. Seeded, so that two runs send the same bytes.

use std::borrow::Cow;

use siaga_wire::{Reading, Report, Row, Saw, VERSION, Values};

/// One PC whose cycles follow each other.
pub(crate) struct Station {
    boot: String,
    run: String,
    seq: u64,
    at_ms: u64,
    rng: u64,
    charge: f64,
    disk: f64,
    fuel: f64,
    /// Whether the data center answers.
    pub link: bool,
    /// Whether mains is there.
    pub mains: bool,
}

impl Station {
    /// A PC that has been up for ten minutes.
    pub(crate) fn new(number: u64) -> Self {
        let rng = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        Self {
            boot: format!("{number:08x}-3c1d-4f0a-9b7e-{number:012x}"),
            run: format!("{:016x}", rng ^ 0xABCD),
            seq: 0,
            at_ms: 600_000,
            rng,
            charge: 1.0,
            disk: 0.42,
            fuel: 0.7,
            link: true,
            mains: true,
        }
    }

    /// Rows sent so far.
    pub(crate) fn rows(&self) -> u64 {
        self.seq
    }

    fn random(&mut self) -> f64 {
        self.rng ^= self.rng << 13;
        self.rng ^= self.rng >> 7;
        self.rng ^= self.rng << 17;
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit")]
        let share = (self.rng >> 11) as f64 / (1_u64 << 53) as f64;
        share
    }

    fn near(&mut self, middle: f64, spread: f64, digits: i32) -> f64 {
        let value = middle + (self.random() - 0.5) * 2.0 * spread;
        let scale = 10_f64.powi(digits);
        (value * scale).round() / scale
    }

    /// The report of the next cycle, `cycle_ms` after the last.
    pub(crate) fn next(&mut self, cycle_ms: u64) -> Report<'static> {
        self.at_ms += cycle_ms;
        let mut rows = Vec::with_capacity(14);
        let pings = [
            ("link.gateway", 0.0008, true),
            ("link.outside", 0.021, self.link),
            ("link.path", 0.034, self.link),
            ("link.path.cadangan", 0.31, self.link),
        ];
        for (name, rtt, good) in pings {
            let reading = self.ping(name, rtt, good);
            rows.push(self.row(reading));
        }
        for name in ["link.datacenter", "link.datacenter.verifikasi"] {
            let reading = self.tcp(name);
            rows.push(self.row(reading));
        }
        let ups = self.ups();
        rows.push(self.row(ups));
        let generator = self.generator();
        rows.push(self.row(generator));
        for name in [
            "device.sidik-jari",
            "device.kamera",
            "device.printer",
            "device.aplikasi",
            "device.tanda-tangan",
        ] {
            let reading = reading(name, Saw::Answered, &[], &[("device_present", 1.0)]);
            rows.push(self.row(reading));
        }
        let host = self.host();
        rows.push(self.row(host));
        Report {
            v: VERSION,
            boot: self.boot.clone().into(),
            run: self.run.clone().into(),
            newest: self.seq,
            now_ms: Some(self.at_ms + 900),
            wall: None,
            newest_of: None,
            rows,
        }
    }

    fn row(&mut self, reading: Reading<'static>) -> Row<'static> {
        self.seq += 1;
        Row::Reading { seq: self.seq, at_ms: self.at_ms, wall: None, reading }
    }

    fn ping(&mut self, name: &'static str, rtt: f64, good: bool) -> Reading<'static> {
        if !good {
            return reading(name, Saw::Timeout, &[], &[("sent", 4.0), ("lost", 4.0)]);
        }
        let lost = if self.random() < 0.01 { 1.0 } else { 0.0 };
        let least = self.near(rtt, rtt / 8.0, 5);
        let median = self.near(rtt * 1.1, rtt / 8.0, 5).max(least);
        let most = self.near(rtt * 1.4, rtt / 4.0, 5).max(median);
        let jitter = self.near(rtt / 10.0, rtt / 20.0, 6);
        let values = [
            ("sent", 4.0),
            ("lost", lost),
            ("rtt_min_seconds", least),
            ("rtt_seconds", median),
            ("rtt_max_seconds", most),
            ("jitter_seconds", jitter),
        ];
        reading(name, Saw::Answered, &[], &values)
    }

    fn tcp(&mut self, name: &'static str) -> Reading<'static> {
        if !self.link {
            return reading(name, Saw::Timeout, &[], &[]);
        }
        let connect = self.near(0.036, 0.004, 5);
        reading(name, Saw::Answered, &[], &[("connect_seconds", connect)])
    }

    fn ups(&mut self) -> Reading<'static> {
        self.charge = (self.charge + if self.mains { 0.002 } else { -0.01 }).clamp(0.05, 1.0);
        let words: &[&str] = if self.mains { &["OL", "CHRG"] } else { &["OB", "DISCHRG"] };
        let values = [
            ("battery_charge_ratio", (self.charge * 100.0).round() / 100.0),
            ("battery_runtime_seconds", (self.charge * 1500.0).round()),
            ("battery_volts", self.near(13.5, 0.1, 1)),
            ("input_volts", if self.mains { self.near(219.0, 4.0, 1) } else { 0.0 }),
            ("input_frequency_hertz", self.near(50.0, 0.1, 1)),
            ("output_volts", self.near(220.0, 1.0, 1)),
            ("load_ratio", self.near(0.23, 0.02, 2)),
            ("temperature_celsius", self.near(31.0, 1.0, 1)),
        ];
        reading("power.ups", Saw::Answered, words, &values)
    }

    fn generator(&mut self) -> Reading<'static> {
        self.fuel = (self.fuel - self.random() * 1e-6).max(0.1);
        let values = [
            ("generator_running", 0.0),
            ("generator_frequency_hertz", 0.0),
            ("generator_fuel_ratio", (self.fuel * 100.0).round() / 100.0),
            ("generator_volts", 0.0),
            ("engine_speed_rpm", 0.0),
            ("coolant_celsius", self.near(29.0, 1.0, 0)),
            ("oil_pressure_pascals", 0.0),
            ("starter_battery_volts", self.near(12.6, 0.1, 1)),
            ("run_seconds", 1_843_200.0),
            ("starts", 214.0),
            ("load_watts", 0.0),
        ];
        reading("power.generator", Saw::Answered, &["stopped", "auto"], &values)
    }

    fn host(&mut self) -> Reading<'static> {
        self.disk = (self.disk - self.random() * 1e-6).max(0.05);
        #[expect(clippy::cast_precision_loss, reason = "below 2^53")]
        let uptime = (self.at_ms / 1000) as f64;
        let values = [
            ("uptime_seconds", uptime),
            ("cpu_ratio", self.near(0.12, 0.1, 3)),
            ("memory_used_ratio", self.near(0.58, 0.01, 3)),
            ("memory_total_bytes", 8_589_934_592.0),
            ("swap_used_ratio", 0.02),
            ("disk_free_ratio", (self.disk * 1000.0).round() / 1000.0),
            ("disk_free_bytes", (self.disk * 120e9 / 4096.0).round() * 4096.0),
            ("load1", self.near(0.4, 0.3, 2)),
            ("temperature_celsius", self.near(52.0, 3.0, 1)),
            ("processes", self.near(143.0, 4.0, 0)),
        ];
        reading("host", Saw::Answered, &[], &values)
    }
}

fn reading(
    probe: &'static str,
    saw: Saw,
    words: &[&'static str],
    values: &[(&'static str, f64)],
) -> Reading<'static> {
    Reading {
        probe: probe.into(),
        role: None,
        saw,
        why: None,
        words: words.iter().map(|w| Cow::Borrowed(*w)).collect(),
        values: Values(values.iter().map(|(n, v)| (Cow::Borrowed(*n), *v)).collect()),
    }
}
