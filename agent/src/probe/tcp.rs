//! Link: can a TCP connection be made. Connected, refused, timed out and unreachable are
//! different answers. Sends nothing over the connection.

use std::time::Duration;

use serde::Deserialize;
use siaga_wire::{Reading, Saw};
use toml::Spanned;

use super::dial::{Dialled, NoConnection, dial};
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

/// Connects, and lets go of the connection at once.
async fn connect(name: &str, found: &Addresses, port: u16, left: Duration) -> Reading<'static> {
    let mut reading = match dial(found, port, left).await {
        Ok(Dialled { seconds, .. }) => {
            let mut reading = empty(name, Saw::Answered);
            reading.values.push("connect_seconds", four_digits(seconds));
            reading
        }
        Err(NoConnection { saw, why: Some(why) }) => because(name, saw, why),
        Err(NoConnection { saw, why: None }) => empty(name, saw),
    };
    if found.stale {
        push_word(&mut reading.words, "name_not_resolved");
    }
    reading
}
