//! What a probe of a PC sees of the truth at one second, as the reading that the real probe would
//! make of it.

use siaga_agent::schedule::Pace;
use siaga_wire::{Reading, Saw, Values};

use super::chance::Chance;
use super::truth::{Second, Truth, within};

/// The probes of the world.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Probe {
    /// The office's router.
    Gateway,
    /// Something beyond the provider.
    Outside,
    /// The other end of the tunnel.
    Path,
    /// The data center's service.
    Service,
    /// The UPS under the PC.
    Ups,
    /// The generator.
    Generator,
    /// The scanner.
    Device,
    /// The PC itself.
    Host,
}

/// The scanner's probe, as the configuration names it.
pub const DEVICE: &str = "device.scanner";

impl Probe {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Gateway => "link.gateway",
            Self::Outside => "link.outside",
            Self::Path => "link.path",
            Self::Service => "link.datacenter",
            Self::Ups => "power.ups",
            Self::Generator => "power.generator",
            Self::Device => DEVICE,
            Self::Host => "host",
        }
    }

    /// How often it asks, in a world with such a cycle.
    #[must_use]
    pub fn pace(self, cycle: i64) -> Pace {
        let every = match self {
            Self::Ups => cycle / 3,
            Self::Host => cycle * 4,
            Self::Gateway
            | Self::Outside
            | Self::Path
            | Self::Service
            | Self::Generator
            | Self::Device => cycle,
        };
        Pace { every_ms: every.unsigned_abs() * 1000 }
    }
}

/// The probes of one station.
#[must_use]
pub fn probes(truth: &Truth, office: usize, station: usize) -> Vec<Probe> {
    let mut out = vec![Probe::Gateway, Probe::Outside, Probe::Path, Probe::Service];
    let this = &truth.offices[office];
    if this.stations[station].ups.as_ref().is_some_and(|ups| ups.asked) {
        out.push(Probe::Ups);
    }
    if this.generator.as_ref().is_some_and(|g| g.asked_by.contains(&station)) {
        out.push(Probe::Generator);
    }
    out.extend([Probe::Device, Probe::Host]);
    out
}

/// What that probe sees when it asks in that second, and after how many milliseconds it says so.
pub fn ask(
    truth: &Truth,
    (office, station): (usize, usize),
    probe: Probe,
    at: Second,
    chance: &mut Chance,
) -> (Reading<'static>, i64) {
    let this = &truth.offices[office].stations[station];
    match probe {
        Probe::Gateway => ping(probe, truth.reaches_gateway(office, station, at), this, at, chance),
        Probe::Outside => ping(probe, truth.reaches_outside(office, station, at), this, at, chance),
        Probe::Path => ping(probe, truth.reaches_path(office, station, at), this, at, chance),
        Probe::Service => service(truth, (office, station), at, chance),
        Probe::Ups => (ups(truth, office, station, at), chance.between(3, 40)),
        Probe::Generator => (generator(truth, office, at), chance.between(5, 90)),
        Probe::Device => {
            if within(&this.device_unreadable, at) {
                return (unreadable(probe, "access denied"), 2);
            }
            let mut reading = reading(probe, Saw::Answered);
            let there = !within(&this.device_out, at);
            reading.values.push("device_present", f64::from(u8::from(there)));
            (reading, 2)
        }
        Probe::Host => {
            let mut reading = reading(probe, Saw::Answered);
            let load = f64::from(u8::try_from(chance.between(2, 55)).unwrap_or(2));
            reading.values.push("cpu_ratio", load / 100.0);
            reading.values.push("memory_used_ratio", 0.5);
            (reading, 4)
        }
    }
}

fn reading(probe: Probe, saw: Saw) -> Reading<'static> {
    Reading {
        probe: probe.name().into(),
        role: None,
        saw,
        why: None,
        words: Vec::new(),
        values: Values::default(),
    }
}

fn unreadable(probe: Probe, why: &'static str) -> Reading<'static> {
    Reading { why: Some(why.into()), ..reading(probe, Saw::Unreadable) }
}

fn rtt(chance: &mut Chance) -> f64 {
    // As on a real line: it leaves its band (below 50 ms) about once an hour.
    let slow = chance.between(0, 249) == 0;
    let ms = if slow { chance.between(50, 90) } else { chance.between(8, 45) };
    f64::from(u16::try_from(ms).unwrap_or(8)) / 1000.0
}

fn ping(
    probe: Probe,
    good: bool,
    station: &super::truth::Station,
    at: Second,
    chance: &mut Chance,
) -> (Reading<'static>, i64) {
    let (saw, lost, delay) = match (good, within(&station.cable_out, at)) {
        (true, _) => (Saw::Answered, 0.0, chance.between(10, 900)),
        (false, true) => (Saw::Unreachable, 4.0, chance.between(5, 50)),
        (false, false) => (Saw::Timeout, 4.0, chance.between(2_000, 4_500)),
    };
    let mut reading = reading(probe, saw);
    reading.values.push("sent", 4.0);
    reading.values.push("lost", lost);
    if saw == Saw::Answered {
        reading.values.push("rtt_seconds", rtt(chance));
    } else if saw == Saw::Unreachable {
        reading.why = Some("network is unreachable".into());
    }
    (reading, delay)
}

fn service(
    truth: &Truth,
    (office, station): (usize, usize),
    at: Second,
    chance: &mut Chance,
) -> (Reading<'static>, i64) {
    let this = &truth.offices[office].stations[station];
    if within(&this.link_unreadable, at) {
        return (unreadable(Probe::Service, "cannot open a socket"), 2);
    }
    if truth.reaches_service(office, station, at) {
        let mut reading = reading(Probe::Service, Saw::Answered);
        reading.values.push("connect_seconds", rtt(chance));
        return (reading, chance.between(8, 400));
    }
    if truth.reaches_host(office, station, at) {
        return (reading(Probe::Service, Saw::Refused), chance.between(8, 100));
    }
    if within(&this.cable_out, at) {
        return (reading(Probe::Service, Saw::Unreachable), chance.between(2, 20));
    }
    (reading(Probe::Service, Saw::Timeout), chance.between(3_000, 4_500))
}

fn ups(truth: &Truth, office: usize, station: usize, at: Second) -> Reading<'static> {
    let Some(ups) = truth.offices[office].stations[station].ups.as_ref() else {
        return unreadable(Probe::Ups, "no such ups");
    };
    if within(&ups.unreadable, at) {
        return unreadable(Probe::Ups, "data is stale");
    }
    let mut reading = reading(Probe::Ups, Saw::Answered);
    let Some(dark) = truth.dark_since(office, at) else {
        reading.words.push("OL".into());
        reading.values.push("battery_charge_ratio", 1.0);
        return reading;
    };
    let left = (ups.holds - (at - dark)).max(0);
    reading.words.push("OB".into());
    reading.words.push("DISCHRG".into());
    if left <= ups.low {
        reading.words.push("LB".into());
    }
    reading.values.push("battery_charge_ratio", ratio(left, ups.holds));
    reading.values.push("battery_runtime_seconds", ratio(left, 1));
    reading
}

#[expect(clippy::cast_precision_loss, reason = "seconds of a battery")]
fn ratio(a: i64, b: i64) -> f64 {
    a as f64 / b.max(1) as f64
}

fn generator(truth: &Truth, office: usize, at: Second) -> Reading<'static> {
    let this = truth.offices[office].generator.as_ref();
    if this.is_none_or(|g| within(&g.unreadable, at)) {
        return unreadable(Probe::Generator, "no answer on Modbus");
    }
    let runs = truth.generator_runs(office, at);
    let mut reading = reading(Probe::Generator, Saw::Answered);
    reading.words.push("auto".into());
    reading.words.push(if runs { "running" } else { "stopped" }.into());
    reading.values.push("generator_running", f64::from(u8::from(runs)));
    if let Some(fuel) = this.and_then(|g| g.fuel_for) {
        // Filled up again after each cut.
        let fed = truth.cut(office, at).and_then(|cut| truth.fed(office, cut));
        let burnt = fed.map_or(0, |fed| (at.min(fed.to) - fed.from).max(0));
        reading.values.push("generator_fuel_ratio", ratio(fuel - burnt, fuel));
    }
    reading
}
