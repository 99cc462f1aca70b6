//! Link: can a TCP connection be made. Connected, refused, timed out and unreachable are
//! different answers. Sends nothing over the connection.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use serde::Deserialize;
use siaga_wire::{Reading, Saw};
use tokio::net::TcpStream;
use tokio::time::timeout;
use toml::Spanned;

use super::lookup::{Addresses, Lookup};
use super::reading::{because, empty, four_digits, push_word};
use super::setting::{Check, RawTiming, Timing, path};
use super::target::{Host, Role, host_port, role};
use crate::clock;

/// `[[probe.tcp]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The probe's name.
    pub name: Spanned<String>,
    /// What it watches, where the name does not say it.
    pub role: Option<Spanned<Role>>,
    /// `host:port`
    pub target: Spanned<String>,
    /// Period; 15s.
    pub every: Option<Spanned<String>>,
    /// Deadline; 5s.
    pub timeout: Option<Spanned<String>>,
}

impl Config {
    pub(super) fn build(self, check: &mut Check<'_>) -> Option<Tcp> {
        let timing = check.timing(&RawTiming {
            kind: "tcp",
            name: &self.name,
            every: self.every.as_ref(),
            timeout: self.timeout.as_ref(),
            default_every: Duration::from_secs(15),
            default_timeout: Duration::from_secs(5),
        });
        let role = role(check, "tcp", &self.name, self.role.as_ref());
        let target = host_port(self.target.get_ref(), None);
        if target.is_none() {
            let path = path("tcp", self.name.get_ref(), "target");
            let what = format!("{:?} is not host:port", self.target.get_ref());
            check.problem(self.target.span(), path, what, "such as 10.30.0.10:443");
        }
        let (host, port) = target?;
        Some(Tcp { timing: timing?, role, lookup: Lookup::new(host), port })
    }
}

/// The probe.
#[derive(Debug)]
pub struct Tcp {
    pub(super) timing: Timing,
    pub(super) role: Option<Role>,
    lookup: Lookup,
    port: u16,
}

impl Tcp {
    /// The host that is asked.
    #[must_use]
    pub fn host(&self) -> (&Host, u16) {
        (self.lookup.host(), self.port)
    }

    pub(super) async fn query(&mut self) -> Reading<'static> {
        let started = clock::instant();
        let found = self.lookup.addresses(self.timing.timeout / 2).await;
        let mut reading = match found {
            Ok(found) => {
                let left = self.timing.timeout.saturating_sub(started.elapsed());
                connect(&self.timing.name, &found, self.port, left).await
            }
            Err(why) => because(&self.timing.name, Saw::Unreadable, why),
        };
        reading.role = self.role.map(|role| role.word().into());
        reading
    }
}

/// Tries the addresses one after the other, each with its share of the time left; the first that
/// connects wins, else the outcome that says most.
async fn connect(name: &str, found: &Addresses, port: u16, left: Duration) -> Reading<'static> {
    let share = left / u32::try_from(found.list.len().max(1)).unwrap_or(1);
    let mut best: Option<Reading<'static>> = None;
    for address in &found.list {
        let started = clock::instant();
        let outcome = timeout(share, TcpStream::connect(SocketAddr::new(*address, port))).await;
        let seconds = started.elapsed().as_secs_f64();
        let reading = parse(name, outcome.map(|r| r.map(drop)).ok(), seconds);
        let better = best.as_ref().is_none_or(|best| weight(reading.saw) > weight(best.saw));
        if better {
            best = Some(reading);
        }
        if best.as_ref().is_some_and(|best| best.saw == Saw::Answered) {
            break;
        }
    }
    let mut reading =
        best.unwrap_or_else(|| because(name, Saw::Unreadable, "the name has no address"));
    if found.stale {
        push_word(&mut reading.words, "name_not_resolved");
    }
    reading
}

/// How much an outcome says about the target.
fn weight(saw: Saw) -> u8 {
    match saw {
        Saw::Unreadable | Saw::Error => 0,
        Saw::Timeout => 1,
        Saw::Unreachable => 2,
        Saw::Refused => 3,
        Saw::Answered => 4,
    }
}

/// What a try to connect means; `None` is the deadline.
fn parse(name: &str, outcome: Option<io::Result<()>>, seconds: f64) -> Reading<'static> {
    let error = match outcome {
        None => return empty(name, Saw::Timeout),
        Some(Ok(())) => {
            let mut reading = empty(name, Saw::Answered);
            reading.values.push("connect_seconds", four_digits(seconds));
            return reading;
        }
        Some(Err(error)) => error,
    };
    match super::network::saw_of(&error) {
        Some(saw) => empty(name, saw),
        None => because(name, Saw::Unreadable, format!("cannot connect: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_told_apart() {
        let saw = |kind| parse("x", Some(Err(io::Error::from(kind))), 0.0).saw;
        assert_eq!(parse("x", None, 0.0).saw, Saw::Timeout);
        assert_eq!(saw(io::ErrorKind::ConnectionRefused), Saw::Refused);
        assert_eq!(saw(io::ErrorKind::ConnectionReset), Saw::Refused);
        assert_eq!(saw(io::ErrorKind::TimedOut), Saw::Timeout);
        assert_eq!(saw(io::ErrorKind::HostUnreachable), Saw::Unreachable);
        assert_eq!(saw(io::ErrorKind::NetworkUnreachable), Saw::Unreachable);
        assert_eq!(saw(io::ErrorKind::PermissionDenied), Saw::Unreadable);
        assert_eq!(saw(io::ErrorKind::AddrNotAvailable), Saw::Unreadable);
        let good = parse("x", Some(Ok(())), 0.012_345_6);
        assert_eq!(good.values.get("connect_seconds"), Some(0.01235));
    }
}
