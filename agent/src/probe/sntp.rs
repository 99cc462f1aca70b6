//! Clock: how far this PC's clock is from a server's, by SNTP (RFC 4330). Never sets the clock.
//! Asks once per question: servers turn away who asks too often.

mod packet;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use serde::Deserialize;
use siaga_wire::{Reading, Saw};
use tokio::net::UdpSocket;
use tokio::time::timeout_at;
use toml::Spanned;

use self::packet::{BYTES, NoAnswer, answer, compare, question};
use super::lookup::Lookup;
use super::reading::{decimals, empty, four_digits, push_word, unreadable};
use super::setting::{Check, RawTiming, Timing, path};
use super::target::host_port;
use crate::clock;

/// The registered port of NTP.
pub const PORT: u16 = 123;
/// Most packets that are looked at while waiting for the one that answers.
const FOREIGN_MAX: usize = 16;

/// `[[probe.sntp]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The probe's name, `clock`.
    pub name: Spanned<String>,
    /// `host` or `host:port`; the data center's own server says most.
    pub target: Spanned<String>,
    /// Period; 10m.
    pub every: Option<Spanned<String>>,
    /// Deadline; 3s.
    pub timeout: Option<Spanned<String>>,
}

impl Config {
    pub(super) fn build(self, check: &mut Check<'_>) -> Option<Sntp> {
        let timing = check.timing(&RawTiming {
            kind: "sntp",
            name: &self.name,
            every: self.every.as_ref(),
            timeout: self.timeout.as_ref(),
            default_every: Duration::from_secs(600),
            default_timeout: Duration::from_secs(3),
        });
        let target = host_port(self.target.get_ref(), Some(PORT));
        if target.is_none() {
            let path = path("sntp", self.name.get_ref(), "target");
            let what = format!("{:?} is not host or host:port", self.target.get_ref());
            check.problem(self.target.span(), path, what, "such as ntp.bmkg.go.id");
        }
        let (host, port) = target?;
        Some(Sntp { timing: timing?, lookup: Lookup::new(host), port })
    }
}

/// The probe.
#[derive(Debug)]
pub struct Sntp {
    pub(super) timing: Timing,
    lookup: Lookup,
    port: u16,
}

impl Sntp {
    pub(super) async fn query(&mut self) -> Reading<'static> {
        let deadline = clock::instant() + self.timing.timeout;
        match timeout_at(deadline, self.measure()).await {
            Ok(Ok(reading)) => reading,
            Ok(Err(why)) => unreadable(&self.timing.name, why),
            Err(_) => {
                let (host, port, patience) = (self.lookup.host(), self.port, self.timing.timeout);
                let why = format!("{host} port {port} did not answer within {patience:?}");
                unreadable(&self.timing.name, why)
            }
        }
    }

    async fn measure(&mut self) -> Result<Reading<'static>, String> {
        let found = self.lookup.addresses(self.timing.timeout / 2).await?;
        // A name stands for equal servers; one of them is enough.
        let Some(address) = found.list.first() else {
            return Err("the name has no address".to_owned());
        };
        let server = SocketAddr::new(*address, self.port);
        let here: IpAddr = match address {
            IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        let cannot = |error| format!("cannot ask {server}: {error}");
        let socket = UdpSocket::bind(SocketAddr::new(here, 0)).await.map_err(cannot)?;
        // Connected: packets of others do not come in, and a closed port is told at once.
        socket.connect(server).await.map_err(cannot)?;
        let cookie = getrandom::u64().map_err(|error| format!("no random number: {error}"))?;
        let (wall_ns, started) = (clock::wall_ns(), clock::instant());
        socket.send(&question(cookie)).await.map_err(cannot)?;
        for _ in 0..FOREIGN_MAX {
            let mut packet = [0; BYTES * 4];
            let length = socket.recv(&mut packet).await.map_err(cannot)?;
            let took_ns = i64::try_from(started.elapsed().as_nanos()).unwrap_or(i64::MAX);
            match answer(packet.get(..length).unwrap_or_default(), cookie) {
                Ok(answer) => {
                    let mut reading = empty(&self.timing.name, Saw::Answered);
                    let (offset, round_trip) = compare(answer, wall_ns, took_ns)?;
                    // Tenths of a millisecond: the way to the server is no more certain.
                    reading.values.push("clock_offset_seconds", decimals(offset, 4));
                    reading.values.push("rtt_seconds", four_digits(round_trip));
                    reading.values.push("stratum", f64::from(answer.stratum));
                    if found.stale {
                        push_word(&mut reading.words, "name_not_resolved");
                    }
                    return Ok(reading);
                }
                Err(NoAnswer::Foreign) => {}
                Err(NoAnswer::Useless(why)) => return Err(format!("{server}: {why}")),
            }
        }
        Err(format!("{server} sends answers to questions of others"))
    }
}
