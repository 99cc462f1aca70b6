//! Reports as recording PCs make them, for training the dictionary and for measuring it. Seeded:
//! the same seed is the same PC. Names and words are those of the agent's probes.

use std::borrow::Cow;

use siaga_wire::{Gap, LastWords, PreviousEnd, Reading, Report, Row, Saw, Start, VERSION, Values};

/// One recording PC.
pub(crate) struct Pc {
    random: u64,
    boot: String,
    run: String,
    seq: u64,
    at_ms: u64,
    wall_s: u64,
    on_battery: bool,
    link: Saw,
    charge: f64,
    disk: f64,
    extra: Vec<&'static str>,
}

const DEVICES: [&str; 8] = [
    "device.sidik-jari",
    "device.kamera",
    "device.printer",
    "device.tanda-tangan",
    "device.iris",
    "device.aplikasi-rekam",
    "device.pembaca-kartu",
    "device.pemindai",
];

impl Pc {
    /// The PC of that seed.
    pub(crate) fn new(seed: u64) -> Self {
        let mut pc = Self {
            random: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(0x1234_5678_9abc_def1),
            boot: String::new(),
            run: String::new(),
            seq: 0,
            at_ms: 0,
            wall_s: 0,
            on_battery: false,
            link: Saw::Answered,
            charge: 1.0,
            disk: 0.0,
            extra: Vec::new(),
        };
        let (a, b) = (pc.draw(), pc.draw());
        pc.boot = format!(
            "{:08x}-{:04x}-4{:03x}-9{:03x}-{:012x}",
            a >> 32,
            a & 0xffff,
            b >> 52,
            (b >> 40) & 0xfff,
            b & 0xffff_ffff_ffff
        );
        pc.run = format!("{:016x}", pc.draw());
        pc.at_ms = pc.draw() % 30_000_000 + 40_000;
        pc.wall_s = pc.draw() % 28_000_000;
        pc.seq = pc.at_ms / 1_800;
        pc.disk = 0.1 + pc.share() * 0.8;
        let devices = (pc.draw() % 5) as usize;
        pc.extra =
            DEVICES.into_iter().cycle().skip((pc.draw() % 8) as usize).take(devices + 1).collect();
        pc
    }

    fn draw(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn share(&mut self) -> f64 {
        (self.draw() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.draw().is_multiple_of(n)
    }

    /// A number near `middle`, with so many digits behind the point.
    fn near(&mut self, middle: f64, spread: f64, digits: i32) -> f64 {
        let scale = 10_f64.powi(digits);
        ((middle + (self.share() * 2.0 - 1.0) * spread) * scale).round() / scale
    }

    /// The next cycle of the full set of probes: 60 numbers where all of them answer.
    pub(crate) fn full(&mut self) -> Report<'static> {
        self.pass();
        let mut readings = Vec::new();
        for (probe, rtt) in [
            ("link.gateway", 0.0006),
            ("link.outside", 0.019),
            ("link.path", 0.034),
            ("link.path.cadangan", 0.21),
        ] {
            readings.push(self.ping(probe, rtt));
        }
        readings.push(self.tcp("link.datacenter"));
        readings.push(self.tcp("link.datacenter.verifikasi"));
        readings.push(self.ups());
        readings.push(self.generator());
        readings.push(self.host());
        for probe in ["device.sidik-jari", "device.kamera", "device.printer", "device.tanda-tangan"]
        {
            readings.push(device(probe, "16d1:1027", true));
        }
        let processes = self.near(1.0, 0.4, 0);
        readings.push(answered("device.aplikasi-rekam", &[], &[("processes", processes)]));
        self.report(readings)
    }

    /// The next cycle of some probes, with whatever happens to them.
    pub(crate) fn some(&mut self) -> Report<'static> {
        self.pass();
        if self.one_in(12) {
            self.on_battery = !self.on_battery;
        }
        if self.one_in(10) {
            let all = [Saw::Answered, Saw::Timeout, Saw::Unreachable, Saw::Refused];
            self.link = all[(self.draw() % 4) as usize];
        }
        if self.one_in(20) {
            return self.rare();
        }
        let mut readings =
            vec![self.ping("link.gateway", 0.0006), self.ping("link.outside", 0.019)];
        if !self.one_in(4) {
            readings.push(self.ping("link.path", 0.034));
        }
        readings.push(self.tcp("link.datacenter"));
        if !self.one_in(5) {
            readings.push(self.ups());
        }
        if self.one_in(3) {
            readings.push(self.generator());
        }
        if self.one_in(4) {
            readings.push(self.host());
        }
        if self.one_in(2) {
            for probe in self.extra.clone() {
                let there = !self.one_in(15);
                readings.push(device(probe, "16d1:1027", there));
            }
        }
        self.report(readings)
    }

    fn pass(&mut self) {
        let jitter = self.draw() % 40;
        self.at_ms += 15_000 + jitter;
        self.wall_s += 15;
    }

    fn wall(&self) -> String {
        let (day, second) = (self.wall_s / 86_400, self.wall_s % 86_400);
        let (month, day) = (day / 28 % 12 + 1, day % 28 + 1);
        let ms = self.at_ms % 1_000;
        format!(
            "2026-{month:02}-{day:02}T{:02}:{:02}:{:02}.{ms:03}Z",
            second / 3600,
            second / 60 % 60,
            second % 60
        )
    }

    fn report(&mut self, readings: Vec<Reading<'static>>) -> Report<'static> {
        let at_ms = self.at_ms;
        let rows = readings
            .into_iter()
            .map(|reading| {
                self.seq += 1;
                Row::Reading { seq: self.seq, at_ms, wall: None, reading }
            })
            .collect();
        self.around(rows)
    }

    fn around(&mut self, rows: Vec<Row<'static>>) -> Report<'static> {
        Report {
            v: VERSION,
            boot: self.boot.clone().into(),
            run: self.run.clone().into(),
            newest: self.seq,
            now_ms: Some(self.at_ms + 200 + self.draw() % 1_500),
            wall: Some(self.wall().into()),
            newest_of: None,
            rows,
        }
    }

    /// Starts, last words, gaps, rows of another boot.
    fn rare(&mut self) -> Report<'static> {
        self.seq += 1;
        let (seq, at_ms) = (self.seq, self.at_ms);
        let row = match self.draw() % 4 {
            0 => Row::LastWords { seq, at_ms, wall: None, last_words: LastWords::System },
            1 => Row::Gap(Gap { range: (seq - 1, seq), why: "damaged".into() }),
            2 => {
                let ends = [PreviousEnd::Unclean, PreviousEnd::Orderly];
                let previous_end = ends[(self.draw() % 2) as usize];
                let previous = Some((format!("{:016x}", self.draw()).into(), self.draw() % 90_000));
                let log = Some(format!("log ends at {}", self.wall()).into());
                Row::Start {
                    seq: 1,
                    at_ms,
                    wall: None,
                    start: Start { previous_end, log, previous },
                }
            }
            _ => {
                let reading = Reading {
                    why: Some("cannot reach upsd at 127.0.0.1:3493: connection refused".into()),
                    saw: Saw::Unreadable,
                    ..answered("power.ups", &[], &[])
                };
                Row::Reading { seq, at_ms, wall: Some(self.wall().into()), reading }
            }
        };
        let mut report = self.around(vec![row]);
        if self.one_in(2) {
            report.now_ms = None;
            report.newest_of = Some((format!("{:016x}", self.draw()).into(), self.draw() % 90_000));
        }
        report
    }

    fn ping(&mut self, probe: &'static str, rtt: f64) -> Reading<'static> {
        if self.link != Saw::Answered && probe != "link.gateway" {
            return Reading {
                saw: self.link,
                ..answered(probe, &[], &[("sent", 4.0), ("lost", 4.0)])
            };
        }
        let lost = if self.one_in(40) { 1.0 } else { 0.0 };
        let least = self.near(rtt, rtt / 8.0, 6);
        let median = self.near(rtt * 1.1, rtt / 8.0, 6).max(least);
        let most = self.near(rtt * 1.4, rtt / 4.0, 6).max(median);
        let jitter = self.near(rtt / 10.0, rtt / 20.0, 6);
        answered(
            probe,
            &[],
            &[
                ("sent", 4.0),
                ("lost", lost),
                ("rtt_min_seconds", least),
                ("rtt_seconds", median),
                ("rtt_max_seconds", most),
                ("jitter_seconds", jitter),
            ],
        )
    }

    fn tcp(&mut self, probe: &'static str) -> Reading<'static> {
        if self.link != Saw::Answered {
            return Reading { saw: self.link, ..answered(probe, &[], &[]) };
        }
        let connect = self.near(0.036, 0.006, 6);
        answered(probe, &[], &[("connect_seconds", connect)])
    }

    fn ups(&mut self) -> Reading<'static> {
        self.charge = (self.charge + if self.on_battery { -0.02 } else { 0.01 }).clamp(0.05, 1.0);
        let words: &[&'static str] = match (self.on_battery, self.charge < 0.2) {
            (true, true) => &["OB", "LB", "DISCHRG"],
            (true, false) => &["OB", "DISCHRG"],
            (false, _) if self.charge < 1.0 => &["OL", "CHRG"],
            (false, _) => &["OL"],
        };
        let values = [
            ("battery_charge_ratio", (self.charge * 100.0).round() / 100.0),
            ("battery_runtime_seconds", (self.charge * 1500.0).round()),
            ("battery_volts", self.near(13.5, 0.3, 1)),
            ("input_volts", if self.on_battery { 0.0 } else { self.near(218.0, 8.0, 1) }),
            ("input_frequency_hertz", self.near(50.0, 0.2, 1)),
            ("output_volts", self.near(220.0, 2.0, 1)),
            ("load_ratio", self.near(0.23, 0.1, 2)),
            ("temperature_celsius", self.near(31.0, 3.0, 1)),
        ];
        answered("power.ups", words, &values)
    }

    fn generator(&mut self) -> Reading<'static> {
        let on = self.on_battery && !self.one_in(3);
        let if_on = |value: f64| if on { value } else { 0.0 };
        let values = [
            ("generator_running", if_on(1.0)),
            ("generator_frequency_hertz", if_on(self.near(50.1, 0.3, 1))),
            ("generator_fuel_ratio", self.near(0.6, 0.2, 2)),
            ("generator_volts", if_on(self.near(229.0, 3.0, 1))),
            ("engine_speed_rpm", if_on(self.near(1500.0, 20.0, 0))),
            ("coolant_celsius", self.near(31.0, 5.0, 0)),
            ("oil_pressure_pascals", if_on(self.near(400_000.0, 20_000.0, -3))),
            ("starter_battery_volts", self.near(12.6, 0.3, 1)),
            ("run_seconds", self.near(1_800_000.0, 900_000.0, 0)),
            ("starts", self.near(214.0, 100.0, 0)),
            ("load_watts", if_on(self.near(5_200.0, 900.0, -1))),
        ];
        let words: &[&'static str] = if on { &["running", "auto"] } else { &["stopped", "auto"] };
        answered("power.generator", words, &values)
    }

    fn host(&mut self) -> Reading<'static> {
        let values = [
            ("uptime_seconds", (self.at_ms / 1_000) as f64),
            ("cpu_ratio", self.near(0.12, 0.1, 3)),
            ("memory_used_ratio", self.near(0.58, 0.1, 3)),
            ("memory_total_bytes", 8_321_499_136.0),
            ("swap_used_ratio", self.near(0.02, 0.02, 3)),
            ("disk_free_ratio", (self.disk * 1_000.0).round() / 1_000.0),
            ("disk_free_bytes", (self.disk * 1_200.0).round() * 1e8),
            ("load1", self.near(0.4, 0.3, 2)),
            ("temperature_celsius", self.near(52.0, 6.0, 1)),
            ("processes", self.near(143.0, 20.0, 0)),
        ];
        let words: &[&'static str] =
            if self.disk > 0.5 { &["fullest:/"] } else { &["fullest:C:\\"] };
        answered("host", words, &values)
    }
}

fn device(probe: &'static str, id: &'static str, there: bool) -> Reading<'static> {
    let words: &[&'static str] = if there { &[id] } else { &[] };
    answered(probe, words, &[("device_present", f64::from(u8::from(there)))])
}

fn answered(
    probe: &'static str,
    words: &[&'static str],
    values: &[(&'static str, f64)],
) -> Reading<'static> {
    Reading {
        probe: probe.into(),
        role: None,
        saw: Saw::Answered,
        why: None,
        words: words.iter().map(|w| Cow::Borrowed(*w)).collect(),
        values: Values(values.iter().map(|(n, v)| (Cow::Borrowed(*n), *v)).collect()),
    }
}
