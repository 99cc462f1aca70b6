//! The probes: a closed list of kinds, each asked once per period, each answering one reading.
//!
//! A probe reports what it saw. It never decides what is good or bad, never retries, never writes
//! to a device, and never turns "could not ask" into an answer: that is `Saw::Unreadable` with
//! the reason. Adding a kind is one file and one variant here; the compiler names the matches.

mod blocking;
pub mod command;
pub mod device;
mod dial;
pub mod gateway;
pub mod generator;
pub mod host;
pub mod http;
mod lookup;
mod network;
pub mod ping;
mod reading;
pub mod setting;
pub mod snmp;
pub mod sntp;
pub mod target;
pub mod tcp;
pub mod ups;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use siaga_wire::Reading;

pub use setting::{Problem, duration};

/// The `[[probe.…]]` tables of the configuration, as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawProbes {
    /// `[[probe.ping]]`
    #[serde(default)]
    pub ping: Vec<ping::Config>,
    /// `[[probe.tcp]]`
    #[serde(default)]
    pub tcp: Vec<tcp::Config>,
    /// `[[probe.http]]`
    #[serde(default)]
    pub http: Vec<http::Config>,
    /// `[[probe.ups]]`
    #[serde(default)]
    pub ups: Vec<ups::Config>,
    /// `[[probe.generator]]`
    #[serde(default)]
    pub generator: Vec<generator::Config>,
    /// `[[probe.device]]`
    #[serde(default)]
    pub device: Vec<device::Config>,
    /// `[[probe.command]]`
    #[serde(default)]
    pub command: Vec<command::Config>,
    /// `[[probe.sntp]]`
    #[serde(default)]
    pub sntp: Vec<sntp::Config>,
    /// `[[probe.host]]`
    #[serde(default)]
    pub host: Vec<host::Config>,
}

impl RawProbes {
    /// What the tables mean: the probes that can be built, in the order of kinds and of the file.
    /// Everything that is wrong goes to `problems`; nothing is opened, resolved or asked.
    pub fn build(self, cycle: Duration, problems: &mut Vec<Problem>) -> Vec<Probe> {
        let mut names = BTreeMap::new();
        let mut check = setting::Check { cycle, problems, names: &mut names };
        let mut probes = Vec::new();
        probes.extend(self.ping.into_iter().filter_map(|c| c.build(&mut check)).map(Probe::Ping));
        probes.extend(self.tcp.into_iter().filter_map(|c| c.build(&mut check)).map(Probe::Tcp));
        probes.extend(self.http.into_iter().filter_map(|c| c.build(&mut check)).map(Probe::Http));
        probes.extend(self.ups.into_iter().filter_map(|c| c.build(&mut check)).map(Probe::Ups));
        probes.extend(
            self.generator.into_iter().filter_map(|c| c.build(&mut check)).map(Probe::Generator),
        );
        probes
            .extend(self.device.into_iter().filter_map(|c| c.build(&mut check)).map(Probe::Device));
        probes.extend(
            self.command.into_iter().filter_map(|c| c.build(&mut check)).map(Probe::Command),
        );
        probes.extend(self.sntp.into_iter().filter_map(|c| c.build(&mut check)).map(Probe::Sntp));
        probes.extend(self.host.into_iter().filter_map(|c| c.build(&mut check)).map(Probe::Host));
        probes
    }
}

/// One configured measurement.
#[derive(Debug)]
pub enum Probe {
    /// ICMP echo.
    Ping(ping::Ping),
    /// A TCP connection.
    Tcp(tcp::Tcp),
    /// A page over HTTP or HTTPS.
    Http(http::Http),
    /// A UPS over NUT.
    Ups(ups::Ups),
    /// A generator's controller over Modbus TCP.
    Generator(generator::Generator),
    /// A USB device or a program.
    Device(device::Device),
    /// What a program prints.
    Command(command::CommandProbe),
    /// This PC's clock against a server's.
    Sntp(sntp::Sntp),
    /// The PC itself.
    Host(host::Host),
}

impl Probe {
    /// Name, period and deadline.
    #[must_use]
    pub fn timing(&self) -> &setting::Timing {
        match self {
            Self::Ping(p) => &p.timing,
            Self::Tcp(p) => &p.timing,
            Self::Http(p) => &p.timing,
            Self::Ups(p) => &p.timing,
            Self::Generator(p) => &p.timing,
            Self::Device(p) => &p.timing,
            Self::Command(p) => &p.timing,
            Self::Sntp(p) => &p.timing,
            Self::Host(p) => &p.timing,
        }
    }

    /// The probe's name, `link.datacenter`; unique in one agent.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.timing().name
    }

    /// How often it is asked: a whole number of cycles, or a whole part of one.
    #[must_use]
    pub fn every(&self) -> Duration {
        self.timing().every
    }

    /// How long one question may take. [`Probe::ask`] ends within it by itself; a caller that
    /// guards it anyway should allow a second more and then use [`Probe::overdue`].
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.timing().timeout
    }

    /// What a link probe watches, where its name does not say it.
    #[must_use]
    pub fn role(&self) -> Option<target::Role> {
        match self {
            Self::Ping(p) => p.role,
            Self::Tcp(p) => p.role,
            Self::Http(p) => p.role,
            Self::Ups(_)
            | Self::Generator(_)
            | Self::Device(_)
            | Self::Command(_)
            | Self::Sntp(_)
            | Self::Host(_) => None,
        }
    }

    /// The kind's word in the configuration, `ping`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Ping(_) => "ping",
            Self::Tcp(_) => "tcp",
            Self::Http(_) => "http",
            Self::Ups(_) => "ups",
            Self::Generator(_) => "generator",
            Self::Device(_) => "device",
            Self::Command(_) => "command",
            Self::Sntp(_) => "sntp",
            Self::Host(_) => "host",
        }
    }

    /// Asks once and says what was seen. Never fails: what could not be asked is unreadable.
    pub async fn ask(&mut self) -> Reading<'static> {
        match self {
            Self::Ping(p) => p.query().await,
            Self::Tcp(p) => p.query().await,
            Self::Http(p) => p.query().await,
            Self::Ups(p) => p.query().await,
            Self::Generator(p) => p.query().await,
            Self::Device(p) => p.query().await,
            Self::Command(p) => p.query().await,
            Self::Sntp(p) => p.query().await,
            Self::Host(p) => p.query().await,
        }
    }

    /// The reading of a probe that did not end by itself: this agent could not ask.
    #[must_use]
    pub fn overdue(&self) -> Reading<'static> {
        let why = format!("no result within {:?}; the system does not return", self.timeout());
        let role = self.role().map(|role| role.word().into());
        Reading { role, ..reading::unreadable(self.name(), why) }
    }
}
