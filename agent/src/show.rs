//! What a technician sees: probes asked once, their readings with units. Shows what was measured,
//! never whether it is good; keeps and sends nothing.

pub mod detect;
mod units;

use std::io::{self, Write};
use std::time::Duration;

use serde::Serialize;
use siaga_wire::{Reading, Values};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::clock;
use crate::probe::{Probe, ping};

/// How a request to show probes ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Shown {
    /// They were asked and shown, whatever they saw.
    Done,
    /// No probe has that name; these are the names.
    NoSuchProbe(Vec<String>),
}

/// A probe's own deadline plus this is the end of waiting for it.
const GRACE: Duration = Duration::from_secs(1);

/// One probe, asked.
struct Asked {
    kind: &'static str,
    reading: Reading<'static>,
    took: Duration,
}

/// Asks the probes called `name`, or below it (`link` is every link probe), all of them without a
/// name, all at the same time; writes what they saw in the order of the configuration.
///
/// # Errors
/// When `out` cannot be written.
pub async fn probe(
    probes: Vec<Probe>,
    name: Option<&str>,
    json: bool,
    out: &mut impl Write,
) -> io::Result<Shown> {
    let names: Vec<String> = probes.iter().map(|p| p.name().to_owned()).collect();
    let wanted: Vec<Probe> = probes
        .into_iter()
        .filter(|probe| name.is_none_or(|name| is_or_is_below(probe.name(), name)))
        .collect();
    if wanted.is_empty() && name.is_some() {
        return Ok(Shown::NoSuchProbe(names));
    }
    let pings = wanted.iter().any(|probe| matches!(probe, Probe::Ping(_)));
    let asked = ask(wanted).await;
    if json {
        as_json(&asked, out)?
    } else {
        as_text(&asked, pings, out)?
    }
    Ok(Shown::Done)
}

fn is_or_is_below(probe: &str, name: &str) -> bool {
    probe.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

async fn ask(probes: Vec<Probe>) -> Vec<Asked> {
    let mut running = JoinSet::new();
    for (place, mut probe) in probes.into_iter().enumerate() {
        running.spawn(async move {
            let started = clock::instant();
            let deadline = probe.timeout() + GRACE;
            let reading = match timeout(deadline, probe.ask()).await {
                Ok(reading) => reading,
                Err(_) => probe.overdue(),
            };
            (place, Asked { kind: probe.kind(), reading, took: started.elapsed() })
        });
    }
    let mut asked = running.join_all().await;
    asked.sort_by_key(|(place, _)| *place);
    asked.into_iter().map(|(_, asked)| asked).collect()
}

/// A reading as `--json` prints it: the words of the wire, the kind, and how long it took.
#[derive(Serialize)]
struct Json<'a> {
    probe: &'a str,
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'a str>,
    saw: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
    words: &'a [std::borrow::Cow<'static, str>],
    values: &'a Values<'static>,
    took_seconds: f64,
}

fn as_json(asked: &[Asked], out: &mut impl Write) -> io::Result<()> {
    let list: Vec<Json<'_>> = asked
        .iter()
        .map(|one| Json {
            probe: &one.reading.probe,
            kind: one.kind,
            role: one.reading.role.as_deref(),
            saw: one.reading.saw.word(),
            why: one.reading.why.as_deref(),
            words: &one.reading.words,
            values: &one.reading.values,
            took_seconds: (one.took.as_secs_f64() * 1e3).round() / 1e3,
        })
        .collect();
    serde_json::to_writer_pretty(&mut *out, &list)?;
    writeln!(out)
}

fn as_text(asked: &[Asked], pings: bool, out: &mut impl Write) -> io::Result<()> {
    if pings {
        writeln!(out, "ICMP: {}\n", icmp())?;
    }
    let width = asked.iter().map(|one| one.reading.probe.chars().count()).max().unwrap_or(0);
    for one in asked {
        let reading = &one.reading;
        let role = reading.role.as_deref().map(|role| format!(", {role}")).unwrap_or_default();
        let (saw, took) = (reading.saw.word(), one.took.as_secs_f64());
        writeln!(out, "{:width$}  {saw:<11}  {}{role}, {took:.2} s", reading.probe, one.kind)?;
        if let Some(why) = &reading.why {
            writeln!(out, "{:width$}  {why}", "")?;
        }
        if !reading.words.is_empty() {
            writeln!(out, "{:width$}  {}", "", reading.words.join(" "))?;
        }
        for (name, value) in &reading.values.0 {
            let (name, value) = units::readable(name, *value);
            writeln!(out, "{:width$}  {name:<22} {value}", "")?;
        }
    }
    Ok(())
}

/// How this PC may send ICMP, in words.
fn icmp() -> String {
    match ping::mode() {
        Ok(ping::Mode::Raw) => "raw socket; sees who reports a target unreachable".to_owned(),
        Ok(ping::Mode::Datagram) => {
            "datagram socket; an unreachable target looks silent (CAP_NET_RAW would tell)"
                .to_owned()
        }
        Err(why) => why,
    }
}

#[cfg(test)]
mod tests {
    use siaga_wire::Saw;

    use super::*;

    fn asked() -> Vec<Asked> {
        let reading = |probe: &'static str, saw, why: Option<&'static str>| Reading {
            probe: probe.into(),
            role: None,
            saw,
            why: why.map(Into::into),
            words: Vec::new(),
            values: Values::default(),
        };
        let mut ups = reading("power.ups", Saw::Answered, None);
        ups.words = vec!["OB".into(), "DISCHRG".into()];
        ups.values.push("battery_charge_ratio", 0.88);
        ups.values.push("battery_runtime_seconds", 1230.0);
        let mut link =
            reading("link.vpn", Saw::Unreachable, Some("host unreachable, says 10.9.0.1"));
        link.role = Some("path".into());
        link.values.push("sent", 4.0);
        link.values.push("lost", 4.0);
        vec![
            Asked { kind: "ping", reading: link, took: Duration::from_millis(1234) },
            Asked { kind: "ups", reading: ups, took: Duration::from_millis(5) },
        ]
    }

    #[test]
    fn readings_are_shown_with_units() {
        let mut out = Vec::new();
        as_text(&asked(), false, &mut out).unwrap();
        let expected = "\
link.vpn   unreachable  ping, path, 1.23 s
           host unreachable, says 10.9.0.1
           sent                   4
           lost                   4
power.ups  answered     ups, 0.01 s
           OB DISCHRG
           battery charge         88 %
           battery runtime        20 min 30 s
";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn json_is_an_array_of_readings() {
        let mut out = Vec::new();
        as_json(&asked(), &mut out).unwrap();
        let list: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(list[0]["saw"], "unreachable");
        assert_eq!(list[0]["role"], "path");
        assert_eq!(list[1]["words"], serde_json::json!(["OB", "DISCHRG"]));
        assert_eq!(list[1]["values"]["battery_charge_ratio"], 0.88);
        assert_eq!(list[0]["took_seconds"], 1.234);
    }

    #[tokio::test]
    async fn a_name_covers_what_is_below_it_and_a_wrong_one_is_told() {
        assert!(is_or_is_below("link.path", "link") && is_or_is_below("link", "link"));
        assert!(!is_or_is_below("linkage", "link") && !is_or_is_below("link", "link.path"));
        let mut out = Vec::new();
        let shown = probe(Vec::new(), Some("nobody"), false, &mut out).await.unwrap();
        assert_eq!(shown, Shown::NoSuchProbe(Vec::new()));
    }
}
