//! What things are called: causes, states, probes. Must never know of any particular outage.

use super::Language;
use crate::cause::{Cause, Kind, Sub, Thing};
use crate::ids::ProbeName;
use crate::view::{OfficeState, StationState};

/// What a cause is called: `listrik padam, baterai UPS habis`.
#[must_use]
pub fn cause_name(kind: Kind, sub: Option<Sub>, language: Language) -> &'static str {
    if let Some(sub) = sub {
        return sub_name(sub, language);
    }
    match kind {
        Kind::Power => language.of("listrik padam", "no mains power"),
        Kind::Center => {
            language.of("layanan pusat data tidak menjawab", "the data center does not answer")
        }
        Kind::LinkLan => {
            language.of("jaringan di dalam kantor putus", "the office's own network is down")
        }
        Kind::LinkProvider => {
            language.of("jaringan penyedia internet putus", "the provider's line is down")
        }
        Kind::LinkPath => {
            language.of("jalur ke pusat data putus", "the path to the data center is down")
        }
        Kind::Device => language.of("perangkat tidak siap", "a device is not ready"),
        Kind::Station => language.of("PC tidak hidup", "the PC is not running"),
        Kind::Silent => language.of("tidak ada kabar", "nothing is heard"),
    }
}

fn sub_name(sub: Sub, language: Language) -> &'static str {
    match sub {
        Sub::NoUps => language.of("listrik padam, tanpa UPS", "no mains power, no UPS"),
        Sub::UpsDidNotHold => {
            language.of("listrik padam, UPS tidak menahan", "no mains power, the UPS did not hold")
        }
        Sub::UpsExhausted => {
            language.of("listrik padam, baterai UPS habis", "no mains power, UPS battery empty")
        }
        Sub::GeneratorDidNotStart => language
            .of("listrik padam, genset tidak menyala", "no mains power, generator did not start"),
        Sub::GeneratorStartedLate => language.of(
            "listrik padam, genset terlambat menyala",
            "no mains power, generator started late",
        ),
        Sub::GeneratorOutOfFuel => language.of(
            "listrik padam, genset kehabisan bahan bakar",
            "no mains power, generator out of fuel",
        ),
        Sub::GeneratorNotSeen => language.of(
            "listrik padam, genset tidak terpantau",
            "no mains power, nobody saw the generator",
        ),
        Sub::NetworkNotBackedUp => language.of(
            "listrik padam, perangkat jaringan tanpa UPS",
            "no mains power, network without UPS",
        ),
        Sub::WithMains => language.of(
            "jaringan penyedia internet putus bersama listrik",
            "the provider's line is down with the mains",
        ),
        Sub::RelayWithoutPower => language.of(
            "jalur ke pusat data putus, kantor perantara tanpa listrik",
            "the path is down, the relay office has no power",
        ),
        Sub::Crashed => language.of("PC berhenti mendadak", "the PC crashed"),
        Sub::SwitchedOff => language.of("PC dimatikan", "the PC was switched off"),
        Sub::Asleep => language.of("PC dalam mode tidur", "the PC is asleep"),
        Sub::Restarted => language.of("PC dinyalakan ulang", "the PC was restarted"),
        Sub::NotSwitchedOn => language.of("PC belum dinyalakan", "the PC is not switched on"),
        Sub::Cable => language
            .of("PC terputus dari jaringan kantor", "the PC is cut off from the office network"),
    }
}

/// The cause, and which device or PC it is.
pub(super) fn cause_with_thing(cause: &Cause, language: Language) -> String {
    let name = cause_name(cause.kind, cause.sub, language);
    let at = language.of("di", "on");
    match &cause.thing {
        Thing::Device(station, probe) => {
            let title = probe_title(probe, language);
            let device = probe.as_str().strip_prefix("device.").unwrap_or(&title);
            format!("{name}: {device} {at} {station}")
        }
        Thing::Pc(station) => format!("{name} ({station})"),
        Thing::Mains | Thing::Center | Thing::Router | Thing::Line | Thing::Path => name.to_owned(),
    }
}

/// The state of an office: `melayani`, `terganggu`, `tidak teramati`.
#[must_use]
pub fn office_state_name(state: OfficeState, language: Language) -> &'static str {
    match state {
        OfficeState::Serving => language.of("melayani", "serving"),
        OfficeState::Down => language.of("terganggu", "down"),
        OfficeState::Unobserved => language.of("tidak teramati", "not observed"),
    }
}

/// The state of a station.
#[must_use]
pub fn station_state_name(state: StationState, language: Language) -> &'static str {
    match state {
        StationState::Down => language.of("terganggu", "down"),
        StationState::Serving => language.of("melayani", "serving"),
        StationState::Unsure => language.of("belum pasti", "unsure"),
        StationState::Stopped => language.of("mati", "off"),
        StationState::Unseen => language.of("tidak teramati", "not observed"),
        StationState::Silent => language.of("tidak ada kabar", "silent"),
        StationState::NeverHeard => language.of("belum pernah terdengar", "never heard"),
    }
}

/// What a probe looks at, from what its name promises: `link.gateway` is the office's router.
/// Names outside the convention are given as they are.
#[must_use]
pub fn probe_title(probe: &ProbeName, language: Language) -> String {
    let mut parts = probe.as_str().splitn(3, '.');
    let (first, second) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let rest = parts.next();
    let title = match (first, second) {
        ("link", "gateway") => language.of("router kantor", "the office router"),
        ("link", "outside") => language.of("internet", "the internet"),
        ("link", "path") => language.of("jalur ke pusat data", "the path to the data center"),
        ("link", "datacenter") => language.of("layanan pusat data", "the data center's service"),
        ("power", "ups") => language.of("UPS", "the UPS"),
        ("power", "generator") => language.of("genset", "the generator"),
        ("device", what) if !what.is_empty() => {
            let what = rest.map_or_else(|| what.to_owned(), |rest| format!("{what} {rest}"));
            return match language {
                Language::Id => format!("perangkat {what}"),
                Language::En => format!("device {what}"),
            };
        }
        ("host", _) => language.of("PC", "the PC"),
        (_, _) => return probe.as_str().to_owned(),
    };
    rest.map_or_else(|| title.to_owned(), |rest| format!("{title} ({rest})"))
}

/// The name of an office for an SMS: what all of them have in common is left out.
pub(super) fn short_office(name: &str) -> String {
    for (long, short) in
        [("Kantor Kecamatan ", "Kec. "), ("Kantor Kelurahan ", "Kel. "), ("Kecamatan ", "Kec. ")]
    {
        if let Some(rest) = name.strip_prefix(long) {
            return format!("{short}{rest}");
        }
    }
    name.to_owned()
}
