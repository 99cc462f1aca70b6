//! Probes asked of real peers: upsd, a Modbus server, sockets of this machine and of network
//! namespaces, USB as umockdev plays it. Traffic stays on loopback or inside namespaces made here;
//! only processes started here are ended, each by its own handle.
#![forbid(unsafe_code)]

mod apcupsd;
mod clock;
mod command;
mod evil;
mod http;
mod link;
mod modbus;
mod namespace;
mod process;
mod snmp;
mod sntp;
mod upsd;
mod usb;

use std::time::Duration;

use siaga_agent::probe::Probe;
use siaga_wire::{Reading, Saw};

/// The one probe of a configuration that holds only this table.
#[track_caller]
fn probe(table: &str) -> Probe {
    let text = format!("collector = \"http://127.0.0.1:1\"\ndata = \"unused\"\n{table}");
    let mut config =
        siaga_agent::config::parse("test.toml", &text).unwrap_or_else(|wrong| panic!("{wrong:?}"));
    assert_eq!(config.probes.len(), 1, "{table}");
    config.probes.remove(0)
}

/// What a reading says, in one line.
fn text(reading: &Reading<'_>) -> String {
    let mut text = format!("{} [{}]", reading.saw.word(), reading.words.join(" "));
    for (name, value) in &reading.values.0 {
        text += &format!(" {name}={value}");
    }
    text + &reading.why.as_ref().map(|why| format!(" ({why})")).unwrap_or_default()
}

/// Asks until the answer is as wanted: what a peer does next has an order, but no known time.
async fn until(probe: &mut Probe, wanted: impl Fn(&Reading<'_>) -> bool) -> Reading<'static> {
    let started = clock::Stopwatch::start();
    loop {
        let reading = probe.ask().await;
        if wanted(&reading) {
            return reading;
        }
        started.patience(|| text(&reading));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A reading that says why nothing could be asked, and that reason.
#[track_caller]
fn unreadable<'a>(reading: &'a Reading<'_>) -> &'a str {
    assert_eq!(reading.saw, Saw::Unreadable, "{}", text(reading));
    assert!(reading.words.is_empty() && reading.values.is_empty(), "{}", text(reading));
    reading.why.as_deref().expect("a reason")
}
