//! The PC itself: processor, memory, disks, uptime, load, temperature. Each value is absent where
//! this system does not tell it. No list of processes is built.

mod count;
mod disks;

use std::time::Duration;

use serde::Deserialize;
use siaga_wire::{Reading, Saw, Values};
use sysinfo::{MINIMUM_CPU_UPDATE_INTERVAL, MemoryRefreshKind, System};
use toml::Spanned;

use super::blocking::Blocking;
use super::reading::{decimals, empty, push_word, unreadable};
use super::setting::{Check, RawTiming, Timing};

pub use disks::{Disk, list as disks};

/// `[[probe.host]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The probe's name.
    pub name: Spanned<String>,
    /// Period; 60s.
    pub every: Option<Spanned<String>>,
    /// Deadline; 5s.
    pub timeout: Option<Spanned<String>>,
}

impl Config {
    pub(super) fn build(self, check: &mut Check<'_>) -> Option<Host> {
        let timing = check.timing(&RawTiming {
            kind: "host",
            name: &self.name,
            every: self.every.as_ref(),
            timeout: self.timeout.as_ref(),
            default_every: Duration::from_secs(60),
            default_timeout: Duration::from_secs(5),
        })?;
        Some(Host { timing, system: None, slow: Blocking::new() })
    }
}

/// The probe.
#[derive(Debug)]
pub struct Host {
    pub(super) timing: Timing,
    /// Kept, because the use of the processor is the difference between two looks.
    system: Option<System>,
    slow: Blocking<Slow>,
}

/// What may hang on a bad disk or sensor.
#[derive(Debug)]
struct Slow {
    disks: Result<Vec<Disk>, String>,
    celsius: Option<f64>,
}

impl Host {
    pub(super) async fn query(&mut self) -> Reading<'static> {
        let name = self.timing.name.clone();
        let mut system = match self.system.take().map_or_else(System::new, Ok) {
            Ok(system) => system,
            Err(error) => return unreadable(&name, format!("cannot look at this PC: {error}")),
        };
        if system.cpus().is_empty() {
            // The first look gives no use yet; the second must not follow at once.
            system.refresh_cpu_usage();
            tokio::time::sleep(MINIMUM_CPU_UPDATE_INTERVAL).await;
        }
        system.refresh_cpu_usage();
        system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram().with_swap());
        let mut reading = empty(&name, Saw::Answered);
        own_values(&mut reading.values, &system);
        self.system = Some(system);
        let left = self.timing.timeout.saturating_sub(MINIMUM_CPU_UPDATE_INTERVAL * 2);
        match self.slow.ask(left, slow).await {
            Ok(slow) => slow_values(&mut reading, &slow),
            Err(_) => push_word(&mut reading.words, "disks_do_not_answer"),
        }
        if reading.values.is_empty() {
            return unreadable(&name, "this system tells nothing about itself");
        }
        reading
    }
}

fn slow() -> Slow {
    Slow { disks: disks::list(), celsius: hottest() }
}

/// The highest of all sensors; virtual machines have none.
fn hottest() -> Option<f64> {
    let components = sysinfo::Components::new_with_refreshed_list().ok()?;
    let plausible = |celsius: &f32| (-40.0..=200.0).contains(celsius);
    components
        .iter()
        .filter_map(|c| c.temperature())
        .filter(plausible)
        .map(f64::from)
        .reduce(f64::max)
}

fn own_values(values: &mut Values<'static>, system: &System) {
    if let Ok(seconds) = System::uptime() {
        values.push("uptime_seconds", whole(seconds));
    }
    if !system.cpus().is_empty() {
        values.push("cpu_ratio", decimals(f64::from(system.global_cpu_usage()) / 100.0, 3));
    }
    let total = system.total_memory();
    if total > 0 {
        values.push("memory_used_ratio", used(total, system.available_memory()));
        values.push("memory_total_bytes", whole(total));
    }
    // Without swap there is no ratio: absent, not zero.
    if system.total_swap() > 0 {
        values.push("swap_used_ratio", used(system.total_swap(), system.free_swap()));
    }
    if let Ok(load) = System::load_average() {
        values.push("load1", decimals(load.one, 2));
    }
    if let Some(processes) = count::processes() {
        values.push("processes", f64::from(processes));
    }
}

/// The fullest disk's share and bytes, its name as a word.
fn slow_values(reading: &mut Reading<'static>, slow: &Slow) {
    match &slow.disks {
        Ok(disks) => {
            let fullest = disks.iter().min_by(|a, b| a.free_ratio().total_cmp(&b.free_ratio()));
            if let Some(disk) = fullest {
                push_word(&mut reading.words, &format!("fullest:{}", disk.mount));
                reading.values.push("disk_free_ratio", decimals(disk.free_ratio(), 3));
                // A tenth of a gigabyte is what can be acted on; more digits only cost bytes.
                reading
                    .values
                    .push("disk_free_bytes", (whole(disk.free_bytes) / 1e8).round() * 1e8);
            }
        }
        Err(_) => push_word(&mut reading.words, "disks_unreadable"),
    }
    if let Some(celsius) = slow.celsius {
        reading.values.push("temperature_celsius", decimals(celsius, 1));
    }
}

#[expect(clippy::cast_precision_loss, reason = "bytes and seconds of a PC lie below 2^53")]
fn whole(number: u64) -> f64 {
    number as f64
}

fn used(total: u64, free: u64) -> f64 {
    decimals(whole(total.saturating_sub(free)) / whole(total), 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn this_pc_tells_about_itself() {
        let timing = Timing {
            name: "host".into(),
            every: Duration::from_secs(60),
            timeout: Duration::from_secs(20),
        };
        let mut host = Host { timing, system: None, slow: Blocking::new() };
        for _ in 0..2 {
            let reading = host.query().await;
            assert_eq!(reading.saw, Saw::Answered);
            for name in ["uptime_seconds", "cpu_ratio", "memory_used_ratio", "memory_total_bytes"] {
                assert!(reading.values.get(name).is_some_and(|v| v >= 0.0), "{name}: {reading:?}");
            }
            for (name, value) in &reading.values.0 {
                assert!(!name.ends_with("_ratio") || (0.0..=1.0).contains(value), "{name} {value}");
            }
        }
    }

    #[test]
    fn the_fullest_disk_is_told() {
        let disk = |mount: &str, free_bytes, total_bytes| Disk {
            mount: mount.into(),
            free_bytes,
            total_bytes,
        };
        let disks = vec![
            disk("/", 50_000_000_000, 100_000_000_000),
            disk("/var", 1_234_567_890, 20_000_000_000),
        ];
        let mut reading = empty("host", Saw::Answered);
        slow_values(&mut reading, &Slow { disks: Ok(disks), celsius: Some(41.26) });
        assert_eq!(reading.words, ["fullest:/var"]);
        assert_eq!(reading.values.get("disk_free_ratio"), Some(0.062));
        assert_eq!(reading.values.get("disk_free_bytes"), Some(1.2e9));
        assert_eq!(reading.values.get("temperature_celsius"), Some(41.3));
        let mut reading = empty("host", Saw::Answered);
        slow_values(&mut reading, &Slow { disks: Err("no".into()), celsius: None });
        assert!(reading.values.is_empty() && reading.words == ["disks_unreadable"]);
    }
}
