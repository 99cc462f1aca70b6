//! Power: what a UPS says of itself, by upsd of Network UPS Tools or by apcupsd. The words are those
//! of NUT whoever is asked. Reads, never sets anything, never logs in. Stale data, a missing driver
//! and a silent server are unreadable: never "on mains", and never the last value.

mod apcupsd;
mod client;
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
use super::target::host_port;

pub use self::upsd::units;

/// The registered port of upsd.
pub const PORT: u16 = 3493;
/// The usual port of apcupsd's network information server.
pub const APCUPSD_PORT: u16 = 3551;

/// `[[probe.ups]]`: one of `nut` and `apcupsd`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The probe's name.
    pub name: Spanned<String>,
    /// `ups@host:port`, the port 3493 if left out.
    pub nut: Option<Spanned<String>>,
    /// `host:port`, the port 3551 if left out.
    pub apcupsd: Option<Spanned<String>>,
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

    fn source(&self, check: &mut Check<'_>) -> Option<Source> {
        let wrong = |at, key: &str, what: String, hint: &str, check: &mut Check<'_>| {
            check.problem(at, path("ups", self.name.get_ref(), key), what, hint);
            None
        };
        match (&self.nut, &self.apcupsd) {
            (Some(nut), None) => match upsd::target(nut.get_ref()) {
                Some(target) => Some(Source::Upsd(Upsd::new(target))),
                None => {
                    let what = format!("{:?} is not ups@host:port", nut.get_ref());
                    let hint = "such as ups@127.0.0.1:3493; upsc -l names them";
                    wrong(nut.span(), "nut", what, hint, check)
                }
            },
            (None, Some(server)) => match host_port(server.get_ref(), Some(APCUPSD_PORT)) {
                Some((host, port)) => Some(Source::Apcupsd(Apcupsd::new(host, port))),
                None => {
                    let what = format!("{:?} is not host:port", server.get_ref());
                    wrong(server.span(), "apcupsd", what, "such as 127.0.0.1:3551", check)
                }
            },
            (Some(_), Some(both)) => {
                let what = "stands beside nut".to_owned();
                wrong(both.span(), "apcupsd", what, "one probe asks one server", check)
            }
            (None, None) => {
                let what = "is missing, and apcupsd too".to_owned();
                let hint = "nut = \"ups@127.0.0.1\" or apcupsd = \"127.0.0.1\"";
                wrong(self.name.span(), "nut", what, hint, check)
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
}

impl Ups {
    pub(super) async fn query(&mut self) -> Reading<'static> {
        match &mut self.source {
            Source::Upsd(upsd) => upsd.query(&self.timing).await,
            Source::Apcupsd(apcupsd) => apcupsd.query(&self.timing).await,
        }
    }
}

/// A value with the digits that mean something.
fn rounded(value_name: &str, value: f64) -> f64 {
    if value_name.ends_with("_ratio") { decimals(value, 3) } else { four_digits(value) }
}
