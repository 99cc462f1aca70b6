//! Link: ICMP echo. Counts what was sent and lost and how long the answered ones took; says who
//! reported the target unreachable. A silent target is an answer (timeout), a PC that may not
//! send ICMP is not.

mod echo;
mod summary;

use std::net::IpAddr;
use std::time::Duration;

use serde::Deserialize;
use siaga_wire::{Reading, Saw};
use toml::Spanned;

use super::gateway::{DefaultRoute, default_route};
use super::lookup::{Addresses, Lookup};
use super::reading::{because, push_word, unreadable};
use super::setting::{Check, RawTiming, Timing, path};
use super::target::{Host, Role, host, role};
use crate::clock;

pub use echo::{Mode, mode};

/// Most echoes of one question: a metered link pays for each.
const COUNT_MAX: u16 = 20;

/// `[[probe.ping]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The probe's name.
    pub name: Spanned<String>,
    /// What it watches, where the name does not say it.
    pub role: Option<Spanned<Role>>,
    /// Address or name; `auto` is the default gateway at that moment.
    pub target: Spanned<String>,
    /// Period; 15s.
    pub every: Option<Spanned<String>>,
    /// Deadline for all echoes together; 2s.
    pub timeout: Option<Spanned<String>>,
    /// Echoes of one question; 4.
    pub count: Option<Spanned<i64>>,
}

impl Config {
    pub(super) fn build(self, check: &mut Check<'_>) -> Option<Ping> {
        let timing = check.timing(&RawTiming {
            kind: "ping",
            name: &self.name,
            every: self.every.as_ref(),
            timeout: self.timeout.as_ref(),
            default_every: Duration::from_secs(15),
            default_timeout: Duration::from_secs(2),
        });
        let role = role(check, "ping", &self.name, self.role.as_ref());
        let count = self.count(check);
        let target = match self.target.get_ref().as_str() {
            "auto" => Some(Target::Gateway),
            text => host(text).map(|host| Target::Host(Lookup::new(host))),
        };
        if target.is_none() {
            let path = path("ping", self.name.get_ref(), "target");
            let what = format!("{:?} is neither an address nor a name", self.target.get_ref());
            check.problem(
                self.target.span(),
                path,
                what,
                "such as 10.30.0.1, or auto for the default gateway",
            );
        }
        Some(Ping { timing: timing?, role, target: target?, count: count? })
    }

    fn count(&self, check: &mut Check<'_>) -> Option<u16> {
        let Some(written) = &self.count else { return Some(4) };
        let count = u16::try_from(*written.get_ref()).ok().filter(|n| (1..=COUNT_MAX).contains(n));
        if count.is_none() {
            let path = path("ping", self.name.get_ref(), "count");
            let what = format!("{} is out of range", written.get_ref());
            check.problem(written.span(), path, what, "between 1 and 20");
        }
        count
    }
}

/// The probe.
#[derive(Debug)]
pub struct Ping {
    pub(super) timing: Timing,
    pub(super) role: Option<Role>,
    target: Target,
    count: u16,
}

#[derive(Debug)]
enum Target {
    /// The default gateway, looked up at each question.
    Gateway,
    Host(Lookup),
}

impl Ping {
    /// The host that is asked; `None` is the default gateway.
    #[must_use]
    pub fn host(&self) -> Option<&Host> {
        match &self.target {
            Target::Gateway => None,
            Target::Host(lookup) => Some(lookup.host()),
        }
    }

    pub(super) async fn query(&mut self) -> Reading<'static> {
        let mut reading = self.ask().await;
        reading.role = self.role.map(|role| role.word().into());
        reading
    }

    async fn ask(&mut self) -> Reading<'static> {
        let name = self.timing.name.clone();
        let deadline = clock::instant() + self.timing.timeout;
        let found = match &mut self.target {
            Target::Gateway => gateway(),
            Target::Host(lookup) => lookup
                .addresses(self.timing.timeout / 2)
                .await
                .map_err(|why| (Saw::Unreadable, why)),
        };
        let found = match found {
            Ok(found) => found,
            Err((saw, why)) => return because(&name, saw, why),
        };
        let Some(address) = first_of_a_family_we_have(&found.list) else {
            return unreadable(&name, "the name has no address");
        };
        let mut reading = match echo::all(address, self.count, deadline).await {
            Ok(outcomes) => summary::parse(&name, &outcomes),
            Err(why) => unreadable(&name, why),
        };
        if found.stale {
            push_word(&mut reading.words, "name_not_resolved");
        }
        reading
    }
}

/// IPv4 first: offices have it, and a name's IPv6 address often leads nowhere there.
fn first_of_a_family_we_have(list: &[IpAddr]) -> Option<IpAddr> {
    list.iter().find(|a| a.is_ipv4()).or_else(|| list.first()).copied()
}

/// The address of the default gateway. Without a default route nothing can be reached, which is
/// an answer; a route that names no router is a wrong setting, which is not.
fn gateway() -> Result<Addresses, (Saw, String)> {
    match default_route() {
        Ok(DefaultRoute::Via(address)) => {
            Ok(Addresses { list: vec![IpAddr::V4(address)], stale: false })
        }
        Ok(DefaultRoute::Bare { interface }) => {
            let why = format!(
                "the default route over {interface} names no router; write an address as target"
            );
            Err((Saw::Unreadable, why))
        }
        Ok(DefaultRoute::None) => {
            Err((Saw::Unreachable, "this PC has no default gateway".to_owned()))
        }
        Err(why) => Err((Saw::Unreadable, why)),
    }
}
