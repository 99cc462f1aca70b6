//! The configuration: TOML text → checked settings, or every problem at once.
//!
//! Reading opens the file and what it names, nothing else: no address is resolved, no port bound.
//! Each table is read by itself, so that one mistake does not hide the next.

mod piece;
mod text;

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;
use toml::de::DeTable;

use crate::probe::{Probe, Problem as Wrong, RawProbes, duration};

use piece::{from_toml, one, probes};
use text::Place;
pub use text::Problem;

/// The settings of one agent.
#[derive(Debug)]
pub struct Config {
    /// Where the collector is.
    pub collector: Collector,
    /// The directory of spool and credential.
    pub data: PathBuf,
    /// The one clock.
    pub cycle: Duration,
    /// Where Prometheus may read; loopback only.
    pub metrics: Option<SocketAddr>,
    /// What an order to stop means.
    pub stop_means: StopMeans,
    /// Limits of the spool.
    pub spool: SpoolLimits,
    /// What to measure.
    pub probes: Vec<Probe>,
}

/// The collector's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collector {
    /// Whether TLS is used; plain HTTP is allowed to loopback alone.
    pub tls: bool,
    /// Name or address, without brackets.
    pub host: String,
    /// Port.
    pub port: u16,
}

impl Collector {
    /// `host:port`, an IPv6 address in brackets: the `Host` header and what is connected to.
    #[must_use]
    pub fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

/// What the agent's last words say when it is told to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StopMeans {
    /// Ask the system whether all of it is going down.
    #[default]
    Auto,
    /// An order to stop comes only with a shutdown: for init systems that do not say.
    System,
    /// An order to stop never is a shutdown: for containers.
    Agent,
}

/// Limits of the spool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpoolLimits {
    /// Database, log and quarantined files together.
    pub max_bytes: u64,
}

const MAX_BYTES_DEFAULT: u64 = 64 * 1024 * 1024;
/// Below this even a week of changes does not fit.
const MAX_BYTES_LEAST: u64 = 1024 * 1024;
const CYCLE_DEFAULT: Duration = Duration::from_secs(15);
const CYCLE_LEAST: Duration = Duration::from_secs(1);
const CYCLE_MOST: Duration = Duration::from_secs(300);
const KEYS: [&str; 7] = ["collector", "cycle", "data", "metrics", "probe", "spool", "stop_means"];

/// Reads and checks the file.
///
/// # Errors
/// Every problem of the file, in the order of its lines.
pub fn load(path: &Path) -> Result<Config, Vec<Problem>> {
    let name = path.display().to_string();
    let text = fs::read_to_string(path).map_err(|error| {
        vec![Problem {
            file: name.clone(),
            line: 1,
            column: 1,
            path: "file".into(),
            what: format!("cannot be read: {error}"),
            hint: Some("name the file with --config; `siaga-agent detect` writes one".into()),
        }]
    })?;
    parse(&name, &text)
}

/// Checks the text of a file called `name`.
///
/// # Errors
/// Every problem of the text, in the order of its lines.
pub fn parse(name: &str, text: &str) -> Result<Config, Vec<Problem>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut problems: Vec<Wrong> = errors.iter().map(|e| from_toml(e, String::new())).collect();
    // A file that is not TOML would only repeat itself as missing settings.
    let config = if problems.is_empty() {
        Raw::read(table.into_inner(), &mut problems).check(&mut problems)
    } else {
        None
    };
    match config {
        Some(config) if problems.is_empty() => Ok(config),
        _ => {
            problems.sort_by_key(|p| p.span.start);
            let place = Place::new(name, text);
            Err(problems.into_iter().map(|p| place.problem(p)).collect())
        }
    }
}

/// What was written, table by table.
#[derive(Default)]
struct Raw {
    collector: Option<Spanned<String>>,
    data: Option<Spanned<String>>,
    cycle: Option<Spanned<String>>,
    metrics: Option<Spanned<String>>,
    stop_means: StopMeans,
    spool: RawSpool,
    probes: RawProbes,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSpool {
    max_bytes: Option<Spanned<u64>>,
}

impl Raw {
    fn read(table: DeTable<'_>, problems: &mut Vec<Wrong>) -> Self {
        let mut raw = Self::default();
        for (key, value) in table {
            let span = key.span();
            match key.get_ref().as_ref() {
                "collector" => raw.collector = one(value, "collector", problems),
                "data" => raw.data = one(value, "data", problems),
                "cycle" => raw.cycle = one(value, "cycle", problems),
                "metrics" => raw.metrics = one(value, "metrics", problems),
                "stop_means" => {
                    raw.stop_means = one(value, "stop_means", problems).unwrap_or_default()
                }
                "spool" => raw.spool = one(value, "spool", problems).unwrap_or_default(),
                "probe" => raw.probes = probes(value, problems),
                other => problems.push(Wrong {
                    span,
                    path: other.to_owned(),
                    what: "is not a setting".into(),
                    hint: Some(format!("settings are {}", KEYS.join(", "))),
                }),
            }
        }
        raw
    }

    fn check(self, problems: &mut Vec<Wrong>) -> Option<Config> {
        let cycle = check_cycle(self.cycle, problems);
        let collector = required(self.collector, "collector", "\"https://name:8443\"", problems)
            .and_then(|text| check_collector(&text, problems));
        let data = required(self.data, "data", "\"/var/lib/siaga-agent\"", problems);
        let metrics = self.metrics.and_then(|text| check_metrics(&text, problems));
        let spool = check_spool(&self.spool, problems);
        let probes = self.probes.build(cycle, problems);
        if probes.is_empty() && problems.is_empty() {
            problems.push(Wrong {
                span: 0..0,
                path: "probe".into(),
                what: "there is none: nothing would be measured".into(),
                hint: Some("`siaga-agent detect` proposes probes for this PC".into()),
            });
        }
        Some(Config {
            collector: collector?,
            data: PathBuf::from(data?.into_inner()),
            cycle,
            metrics,
            stop_means: self.stop_means,
            spool,
            probes,
        })
    }
}

fn required(
    value: Option<Spanned<String>>,
    key: &str,
    example: &str,
    problems: &mut Vec<Wrong>,
) -> Option<Spanned<String>> {
    let empty = value.as_ref().is_none_or(|v| v.get_ref().trim().is_empty());
    if empty && !problems.iter().any(|p| p.path == key) {
        problems.push(Wrong {
            span: value.as_ref().map_or(0..0, Spanned::span),
            path: key.to_owned(),
            what: "is missing".into(),
            hint: Some(format!("{key} = {example}")),
        });
    }
    value.filter(|_| !empty)
}

fn check_cycle(text: Option<Spanned<String>>, problems: &mut Vec<Wrong>) -> Duration {
    let Some(text) = text else { return CYCLE_DEFAULT };
    match duration(text.get_ref()) {
        Some(cycle) if (CYCLE_LEAST..=CYCLE_MOST).contains(&cycle) => cycle,
        _ => {
            problems.push(Wrong {
                span: text.span(),
                path: "cycle".into(),
                what: format!("{:?} is not a usable cycle", text.get_ref()),
                hint: Some("between 1s and 5m, such as \"15s\"".into()),
            });
            CYCLE_DEFAULT
        }
    }
}

fn check_collector(text: &Spanned<String>, problems: &mut Vec<Wrong>) -> Option<Collector> {
    let wrong = |what: &str, hint: &str| Wrong {
        span: text.span(),
        path: "collector".into(),
        what: format!("{:?} {what}", text.get_ref()),
        hint: Some(hint.to_owned()),
    };
    match text::address(text.get_ref()) {
        Ok(collector) if !collector.tls && !text::is_loopback(&collector.host) => {
            problems.push(wrong(
                "would send the credential in the clear",
                "use https://; plain http:// is allowed to 127.0.0.1, [::1] and localhost alone",
            ));
            None
        }
        Ok(collector) => Some(collector),
        Err(what) => {
            problems.push(wrong(what, "such as \"https://siaga.example:8443\""));
            None
        }
    }
}

fn check_metrics(text: &Spanned<String>, problems: &mut Vec<Wrong>) -> Option<SocketAddr> {
    match text.get_ref().parse::<SocketAddr>() {
        Ok(address) if address.ip().is_loopback() => return Some(address),
        Ok(_) => problems.push(Wrong {
            span: text.span(),
            path: "metrics".into(),
            what: format!("{:?} can be reached from other machines", text.get_ref()),
            hint: Some("loopback only, such as \"127.0.0.1:9464\"".into()),
        }),
        Err(_) => problems.push(Wrong {
            span: text.span(),
            path: "metrics".into(),
            what: format!("{:?} is not an address with a port", text.get_ref()),
            hint: Some("such as \"127.0.0.1:9464\"".into()),
        }),
    }
    None
}

fn check_spool(raw: &RawSpool, problems: &mut Vec<Wrong>) -> SpoolLimits {
    let Some(written) = &raw.max_bytes else { return SpoolLimits { max_bytes: MAX_BYTES_DEFAULT } };
    let max_bytes = *written.get_ref();
    if !(MAX_BYTES_LEAST..=1 << 40).contains(&max_bytes) {
        problems.push(Wrong {
            span: written.span(),
            path: "spool.max_bytes".into(),
            what: format!("{max_bytes} is out of range"),
            hint: Some("at least 1048576; 67108864 (64 MiB) is the default".into()),
        });
    }
    SpoolLimits { max_bytes }
}

#[cfg(test)]
mod tests;
