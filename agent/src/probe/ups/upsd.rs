//! A UPS as upsd of Network UPS Tools tells of it (RFC 9271). Reads variables, never sets
//! one, never logs in. Stale data, a missing driver and a silent upsd are unreadable: never "on
//! mains", and never the last value.

use std::net::SocketAddr;
use std::time::Duration;

use siaga_wire::{Reading, Saw};
use tokio::time::timeout_at;

use super::client::{Client, Failure};
use super::nut::{self, List};
use super::rounded;
use crate::clock;
use crate::probe::lookup::Lookup;
use crate::probe::reading::{empty, push_word, unreadable};
use crate::probe::setting::Timing;
use crate::probe::target::{Host, host_port};

/// A UPS's name travels in a command line, so it is letters, digits and `.`, `_`, `-` only.
pub(super) fn target(text: &str) -> Option<(String, Host, u16)> {
    let (ups, server) = text.split_once('@')?;
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if ups.is_empty() || ups.len() > 64 || !ups.chars().all(good) {
        return None;
    }
    let (host, port) = host_port(server, Some(super::PORT))?;
    Some((ups.to_owned(), host, port))
}

/// A UPS at an upsd. It keeps its connection; one that failed or was late is dropped, because a late
/// answer would be taken for the next one.
#[derive(Debug)]
pub(super) struct Upsd {
    ups: String,
    lookup: Lookup,
    port: u16,
    connection: Option<Client>,
}

impl Upsd {
    pub(super) fn new((ups, host, port): (String, Host, u16)) -> Self {
        Self { ups, lookup: Lookup::new(host), port, connection: None }
    }

    pub(super) async fn query(&mut self, timing: &Timing) -> Reading<'static> {
        let deadline = clock::instant() + timing.timeout;
        // Taken out for the time of the question: whatever ends it early drops the connection.
        let kept = self.connection.take();
        let asked = timeout_at(deadline, self.variables(kept, timing.timeout)).await;
        match asked {
            Ok(Ok((client, answer))) => {
                self.connection = Some(client);
                match answer {
                    Ok(variables) => parse(&timing.name, &variables),
                    Err(refusal) => unreadable(&timing.name, refusal.explain(&self.ups)),
                }
            }
            Ok(Err(why)) => unreadable(&timing.name, why),
            Err(_) => unreadable(
                &timing.name,
                format!(
                    "upsd on {} port {} did not answer within {:?}",
                    self.lookup.host(),
                    self.port,
                    timing.timeout
                ),
            ),
        }
    }

    /// Asks over the kept connection; over a new one if there is none, or if upsd has closed the
    /// old one since the last question.
    async fn variables(
        &mut self,
        kept: Option<Client>,
        patience: Duration,
    ) -> Result<(Client, Answer), String> {
        if let Some(mut client) = kept {
            match client.list(List::variables(&self.ups)).await {
                Ok(answer) => return Ok((client, answer)),
                Err(Failure::Closed) => {}
                Err(failure) => return Err(failure.explain()),
            }
        }
        let found = self.lookup.addresses(patience / 2).await?;
        let mut client = Err("the name has no address".to_owned());
        for address in found.list {
            client = Client::connect(SocketAddr::new(address, self.port)).await;
            if client.is_ok() {
                break;
            }
        }
        let mut client = client?;
        let answer = client.list(List::variables(&self.ups)).await.map_err(Failure::explain)?;
        Ok((client, answer))
    }
}

/// The names and descriptions of every UPS that an upsd knows.
///
/// # Errors
/// Why it could not be asked.
pub async fn units(upsd: SocketAddr, patience: Duration) -> Result<Vec<(String, String)>, String> {
    let asking = async {
        let mut client = Client::connect(upsd).await?;
        let answer = client.list(List::units()).await.map_err(Failure::explain)?;
        answer.map_err(|refusal| refusal.explain(""))
    };
    timeout_at(clock::instant() + patience, asking)
        .await
        .unwrap_or_else(|_| Err(format!("upsd on {upsd} did not answer within {patience:?}")))
}

/// What upsd said: entries by name, or an error of its own.
pub(super) type Answer = Result<Vec<(String, String)>, nut::Refusal>;

/// Variables that become values: name at NUT, name here, factor.
const VALUES: [(&str, &str, f64); 9] = [
    ("battery.charge", "battery_charge_ratio", 0.01),
    ("battery.runtime", "battery_runtime_seconds", 1.0),
    ("battery.voltage", "battery_volts", 1.0),
    ("input.voltage", "input_volts", 1.0),
    ("input.frequency", "input_frequency_hertz", 1.0),
    ("output.voltage", "output_volts", 1.0),
    ("ups.load", "load_ratio", 0.01),
    ("ups.realpower", "load_watts", 1.0),
    ("ups.temperature", "temperature_celsius", 1.0),
];

/// The whole status set as words, the numbers the device has; everything but the status is
/// optional. A driver that is still starting knows nothing yet.
fn parse(name: &str, variables: &[(String, String)]) -> Reading<'static> {
    let find = |key: &str| variables.iter().find(|(k, _)| k == key).map(|(_, v)| v.trim());
    let status = find("ups.status").unwrap_or_default();
    if status.is_empty() {
        return unreadable(name, "the UPS reports no status (ups.status)");
    }
    if status == "WAIT" {
        return unreadable(name, "the driver is still starting (WAIT)");
    }
    let mut reading = empty(name, Saw::Answered);
    for word in status.split_ascii_whitespace() {
        push_word(&mut reading.words, word);
    }
    for (key, value_name, factor) in VALUES {
        let Some(number) = find(key).and_then(|text| text.parse::<f64>().ok()) else { continue };
        reading.values.push(value_name, rounded(value_name, number * factor));
    }
    reading
}

#[cfg(test)]
mod tests {
    use super::*;

    fn captured(bytes: &[u8]) -> Answer {
        let mut list = List::variables("ups");
        for line in bytes.split(|b| *b == b'\n') {
            match list.line(line) {
                nut::Step::More => {}
                nut::Step::Done => return Ok(list.into_entries()),
                nut::Step::Refused(refusal) => return Err(refusal),
                nut::Step::Garbage(why) => panic!("{why}"),
            }
        }
        panic!("the capture has no end");
    }

    fn text(bytes: &[u8]) -> String {
        let reading = match captured(bytes) {
            Ok(variables) => parse("power.ups", &variables),
            Err(refusal) => unreadable("power.ups", refusal.explain("ups")),
        };
        let values: Vec<String> =
            reading.values.0.iter().map(|(n, v)| format!("{n}={v}")).collect();
        let why = reading.why.map(|w| format!("({w})")).unwrap_or_default();
        format!("{} {} {}{why}", reading.saw.word(), reading.words.join("+"), values.join(" "))
    }

    #[test]
    fn captured_answers_of_upsd_are_read() {
        assert_eq!(
            text(include_bytes!("../../../testdata/ups/on-battery-low.txt")),
            "answered OB+DISCHRG+LB battery_charge_ratio=0.15 battery_runtime_seconds=70 \
             input_volts=0 load_ratio=0.23"
        );
        assert_eq!(
            text(include_bytes!("../../../testdata/ups/usbhid.txt")),
            "answered OL+CHRG+NEWWORD battery_charge_ratio=0.88 battery_runtime_seconds=1230 \
             battery_volts=13.5 input_volts=221.4 input_frequency_hertz=49.9 output_volts=220.1 \
             load_ratio=0.23 load_watts=138 temperature_celsius=31.5"
        );
    }

    #[test]
    fn a_megatec_unit_with_next_to_nothing_is_read() {
        assert_eq!(
            text(include_bytes!("../../../testdata/ups/megatec.txt")),
            "answered OB input_volts=0 battery_volts=11.2"
                .replace("input_volts=0 battery_volts=11.2", "battery_volts=11.2 input_volts=0")
        );
    }

    #[test]
    fn stale_and_disconnected_are_unreadable() {
        for (bytes, word) in [
            (include_bytes!("../../../testdata/ups/stale.txt").as_slice(), "DATA-STALE"),
            (
                include_bytes!("../../../testdata/ups/driver-gone.txt").as_slice(),
                "DRIVER-NOT-CONNECTED",
            ),
            (include_bytes!("../../../testdata/ups/unknown.txt").as_slice(), "UNKNOWN-UPS"),
        ] {
            let said = text(bytes);
            assert!(said.starts_with("unreadable  (") && said.contains(word), "{said}");
        }
    }

    #[test]
    fn no_status_is_not_on_mains() {
        let variables = |status: &str| vec![("ups.status".to_owned(), status.to_owned())];
        assert_eq!(parse("x", &[]).saw, Saw::Unreadable);
        assert_eq!(parse("x", &variables(" ")).saw, Saw::Unreadable);
        assert_eq!(parse("x", &variables("WAIT")).saw, Saw::Unreadable);
        let odd = [
            ("ups.status".into(), "OL".into()),
            ("battery.charge".into(), "NaN".into()),
            ("ups.load".into(), "n/a".into()),
        ];
        let reading = parse("x", &odd);
        assert!(reading.saw == Saw::Answered && reading.values.is_empty(), "{reading:?}");
    }

    #[test]
    fn targets_carry_no_command() {
        assert!(target("ups@127.0.0.1").is_some_and(|t| t.2 == super::super::PORT));
        assert!(target("apc_1500@nut.example:4000").is_some_and(|t| t.2 == 4000));
        for bad in ["ups", "@h", "a b@h", "a\"@h", "a\nFSD@h", "ups@", "ups@h:0", "ups@a b"] {
            assert!(target(bad).is_none(), "{bad:?}");
        }
    }
}
