//! Power: what a UPS says of itself, by upsd of Network UPS Tools, by apcupsd, or by its card's SNMP. The words are those
//! of NUT whoever is asked. Reads, never sets anything, never logs in. Stale data, a missing driver
//! and a silent server are unreadable: never "on mains", and never the last value.

mod apcupsd;
mod card;
mod client;
mod mib;
mod nis;
mod nut;
mod upsd;

use std::time::Duration;

use serde::Deserialize;
use siaga_wire::Reading;
use toml::Spanned;

use self::apcupsd::Apcupsd;
use self::upsd::Upsd;
use super::reading::{decimals, four_digits};
use super::setting::{Check, RawTiming, Timing, path};
use super::snmp::{self, Snmp};
use super::target::host_port;

pub use self::apcupsd::apcupsd_answers;
pub use self::upsd::units;

/// The registered port of upsd.
pub const PORT: u16 = 3493;
/// The usual port of apcupsd's network information server.
pub const APCUPSD_PORT: u16 = 3551;

/// `[[probe.ups]]`: one of `nut`, `apcupsd` and `snmp`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The probe's name.
    pub name: Spanned<String>,
    /// `ups@host:port`, the port 3493 if left out.
    pub nut: Option<Spanned<String>>,
    /// `host:port`, the port 3551 if left out.
    pub apcupsd: Option<Spanned<String>>,
    /// A card with the UPS-MIB.
    pub snmp: Option<Spanned<snmp::Config>>,
    /// Period; 5s, because a weak battery may hold ten.
    pub every: Option<Spanned<String>>,
    /// Deadline; 3s.
    pub timeout: Option<Spanned<String>>,
}

impl Config {
    pub(super) fn build(self, check: &mut Check<'_>) -> Option<Ups> {
        let timing = check.timing(&RawTiming {
            kind: "ups",
            name: &self.name,
            every: self.every.as_ref(),
            timeout: self.timeout.as_ref(),
            default_every: Duration::from_secs(5),
            default_timeout: Duration::from_secs(3),
        });
        let source = self.source(check);
        Some(Ups { timing: timing?, source: source? })
    }

    fn source(self, check: &mut Check<'_>) -> Option<Source> {
        let wrong = |at, key: &str, what: String, hint: &str, check: &mut Check<'_>| {
            check.problem(at, path("ups", self.name.get_ref(), key), what, hint);
            None
        };
        match (self.nut, self.apcupsd, self.snmp) {
            (Some(nut), None, None) => match upsd::target(nut.get_ref()) {
                Some(target) => Some(Source::Upsd(Upsd::new(target))),
                None => {
                    let what = format!("{:?} is not ups@host:port", nut.get_ref());
                    let hint = "such as ups@127.0.0.1:3493; upsc -l names them";
                    wrong(nut.span(), "nut", what, hint, check)
                }
            },
            (None, Some(server), None) => match host_port(server.get_ref(), Some(APCUPSD_PORT)) {
                Some((host, port)) => Some(Source::Apcupsd(Apcupsd::new(host, port))),
                None => {
                    let what = format!("{:?} is not host:port", server.get_ref());
                    wrong(server.span(), "apcupsd", what, "such as 127.0.0.1:3551", check)
                }
            },
            (None, None, Some(card)) => {
                let card = card.into_inner();
                card.build("ups", self.name.get_ref(), check).map(Source::Card)
            }
            (None, None, None) => {
                let what = "is missing, and apcupsd and snmp too".to_owned();
                let hint = "nut = \"ups@127.0.0.1\", apcupsd = \"127.0.0.1\" or snmp = { … }";
                wrong(self.name.span(), "nut", what, hint, check)
            }
            (_, _, _) => {
                let what = "stands beside another way to the UPS".to_owned();
                wrong(self.name.span(), "nut", what, "one of nut, apcupsd and snmp", check)
            }
        }
    }
}

/// The probe.
#[derive(Debug)]
pub struct Ups {
    pub(super) timing: Timing,
    source: Source,
}

/// Who tells of the UPS.
#[derive(Debug)]
enum Source {
    Upsd(Upsd),
    Apcupsd(Apcupsd),
    Card(Snmp),
}

impl Ups {
    pub(super) async fn query(&mut self) -> Reading<'static> {
        match &mut self.source {
            Source::Upsd(upsd) => upsd.query(&self.timing).await,
            Source::Apcupsd(apcupsd) => apcupsd.query(&self.timing).await,
            Source::Card(snmp) => card::query(snmp, &self.timing).await,
        }
    }
}

/// A value with the digits that mean something.
fn rounded(value_name: &str, value: f64) -> f64 {
    if value_name.ends_with("_ratio") { decimals(value, 3) } else { four_digits(value) }
}
