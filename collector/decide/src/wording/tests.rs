//! Every kind of message in both languages against `testdata/wording/`, which `UPDATE=1` rewrites:
//! a reviewer reads that difference. The short form must fit one SMS whatever it tells.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use super::*;
use crate::cause::{Sub, Thing};
use crate::ids::StationId;
use crate::notice::{Change, Warning};
use crate::outage::{Acknowledgement, CauseSpan, Charge, Outage, Told};
use crate::setup::{Calendar, Line, Office};
use crate::span::{Span, When};
use crate::view::{OfficeState, StationState};

const URL: &str = "https://siaga.example/o/20261124-1";

fn at(text: &str) -> At {
    At(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

fn exact(text: &str) -> When {
    When::exact(at(text))
}

fn setup() -> Setup {
    let office = |name: &str, zone: &str| Office {
        name: name.into(),
        zone: TimeZone::get(zone).unwrap(),
        calendar: Calendar::default(),
        stations: BTreeMap::new(),
        stations_needed: 1,
        line: Some("telkom".into()),
        mains: None,
        via: None,
        open_after_ms: 60_000,
        close_after_ms: 60_000,
        merge_within_ms: 300_000,
        opening_grace_ms: 600_000,
        settle_after_ms: 0,
    };
    let offices = [
        ("selatan", office("Kantor Kecamatan Balikpapan Selatan", "Asia/Makassar")),
        ("utara", office("Kantor Kecamatan Balikpapan Utara", "Asia/Makassar")),
    ];
    Setup {
        offices: offices.into_iter().map(|(id, office)| (id.into(), office)).collect(),
        lines: [("telkom".into(), Line { provider: "Telkom Balikpapan".into() })].into(),
        ..Setup::default()
    }
}

fn bad(probe: &str) -> Why {
    Why::Bad { station: "pc-1".into(), probe: probe.into(), saw: "timeout".into() }
}

fn good(probe: &str) -> Why {
    Why::Good { station: "pc-1".into(), probe: probe.into() }
}

fn ups(words: &[&str], charge: f64, runtime_seconds: f64) -> Why {
    Why::UpsLastSeen {
        station: "pc-1".into(),
        at: exact("2026-11-24T01:00:40Z"),
        words: words.iter().map(|word| Arc::from(*word)).collect(),
        charge: Some(charge),
        runtime_seconds: Some(runtime_seconds),
    }
}

fn cause(kind: Kind, sub: Option<Sub>, certainty: Certainty, why: Vec<Why>) -> Cause {
    let thing = match kind {
        Kind::Power => Thing::Mains,
        Kind::Center => Thing::Center,
        Kind::LinkLan => Thing::Router,
        Kind::LinkProvider => Thing::Line,
        Kind::LinkPath => Thing::Path,
        Kind::Device => Thing::Device("pc-1".into(), "device.sidik-jari".into()),
        Kind::Station | Kind::Silent => Thing::Pc("pc-1".into()),
    };
    Cause { kind, sub, certainty, thing, why }
}

fn provider() -> Cause {
    let why = vec![good("link.gateway"), bad("link.outside"), bad("link.datacenter")];
    cause(Kind::LinkProvider, None, Certainty::Certain, why)
}

fn exhausted() -> Cause {
    let why = vec![
        Why::StoppedUnclean { station: "pc-1".into(), at: exact("2026-11-24T01:30:00Z") },
        ups(&["OB", "LB"], 0.08, 55.0),
    ];
    cause(Kind::Power, Some(Sub::UpsExhausted), Certainty::Certain, why)
}

fn silence() -> Cause {
    let why = Why::SilentSince { station: "pc-1".into(), at: exact("2026-11-24T01:00:40Z") };
    cause(Kind::Silent, None, Certainty::Likely, vec![why])
}

/// An outage of 09:00:40 WITA, charged from its beginning to each instant in turn.
fn outage(charges: &[(&str, Cause)]) -> Outage {
    let mut from = at("2026-11-24T01:00:40Z");
    let mut made = Vec::new();
    for (to, cause) in charges {
        let span = Span { from, to: at(to) };
        from = span.to;
        made.push(Charge { span, cause: cause.clone(), planned: false, guessed: false });
    }
    Outage {
        id: "selatan-20261124-1".into(),
        office: "selatan".into(),
        from: exact("2026-11-24T01:00:40Z"),
        to: None,
        downtime_ms: made.iter().map(|charge| charge.span.to - charge.span.from).sum(),
        charges: made,
        timeline: Vec::new(),
        provisional: false,
        void: false,
        told: Told::default(),
        acknowledged: None,
        expected_back: None,
    }
}

fn taken(mut outage: Outage, note: Option<&str>) -> Outage {
    outage.acknowledged = Some(Acknowledgement {
        by: "Sari".into(),
        at: at("2026-11-24T01:06:00Z"),
        note: note.map(Arc::from),
    });
    outage
}

fn ended(mut outage: Outage) -> Outage {
    outage.to = outage.charges.last().map(|charge| When::exact(charge.span.to));
    outage
}

/// Every kind of notice: its name, when it is told, and the notice.
fn notices() -> Vec<(&'static str, At, Notice)> {
    let soon = at("2026-11-24T01:02:00Z");
    let later = at("2026-11-24T03:18:00Z");
    let two = "2026-11-24T01:02:00Z";
    let tell = |name, now, change, outage| {
        (name, now, Notice::Outage { change, outage: Box::new(outage) })
    };
    let mut silent = outage(&[(two, silence())]);
    silent.provisional = true;
    let mut guessed = cause(
        Kind::Power,
        Some(Sub::UpsExhausted),
        Certainty::Likely,
        vec![
            Why::SilentSince { station: "pc-1".into(), at: exact("2026-11-24T01:00:40Z") },
            ups(&["OB", "DISCHRG"], 0.12, 240.0),
        ],
    );
    let mut on_battery = outage(&[(two, guessed.clone())]);
    on_battery.provisional = true;
    guessed.sub = None;
    let mut device = taken(
        outage(&[(
            two,
            cause(Kind::Device, None, Certainty::Certain, vec![bad("device.sidik-jari")]),
        )]),
        Some("bawa pemindai cadangan"),
    );
    device.expected_back = Some(at("2026-11-24T03:00:00Z"));
    let mut linked = outage(&[(two, provider())]);
    let risk = cause(Kind::Power, None, Certainty::Certain, vec![ups(&["OB"], 0.88, 1_440.0)]);
    linked.timeline = vec![CauseSpan { span: Span { from: soon - 60_000, to: soon }, cause: risk }];
    let path = cause(
        Kind::LinkPath,
        None,
        Certainty::Likely,
        vec![
            good("link.outside"),
            bad("link.path"),
            Why::ContradictedBy { office: "utara".into(), station: None },
        ],
    );
    let until_half = "2026-11-24T01:30:00Z";
    let until_end = "2026-11-24T03:17:20Z";
    let both = [(until_half, provider()), (until_end, exhausted())];
    let mut counted = taken(ended(outage(&both)), None);
    counted.downtime_ms -= 3_600_000;
    let mut void = ended(outage(&[(until_half, silence())]));
    void.void = true;
    let mut night = outage(&[(two, exhausted())]);
    night.from = When { lo: at("2026-11-23T14:10:00Z"), hi: at("2026-11-23T14:40:00Z") };
    let mut planned = ended(outage(&both));
    if let Some(charge) = planned.charges.first_mut() {
        charge.planned = true;
    }
    let unknown = ended(outage(&[(until_end, silence())]));
    let stopped = Warning::AgentStopped { station: "pc-1".into(), since: soon };
    let blind = Warning::CollectorBlind { since: soon };
    vec![
        tell("opened: silence", soon, Change::Opened, silent),
        tell("opened: silence on battery", soon, Change::Opened, on_battery),
        tell("opened: provider, on battery", soon, Change::Opened, linked),
        tell("opened: device, acknowledged", soon, Change::Opened, device),
        tell("opened: since last night", soon, Change::Opened, night),
        tell("cause known: goes on", later, Change::CauseKnown, outage(&[(until_end, path)])),
        tell("cause known: over", later, Change::CauseKnown, ended(outage(&both))),
        tell("ended: two causes", later, Change::Ended, counted),
        tell("ended: partly planned", later, Change::Ended, planned),
        tell("ended: unknown", later, Change::Ended, unknown),
        tell("ended: there was none", later, Change::Ended, void),
        (
            "warning: agent stopped",
            later,
            Notice::Warning { office: Some("selatan".into()), warning: stopped },
        ),
        ("warning: collector blind", later, Notice::Warning { office: None, warning: blind }),
    ]
}

fn compare(file: &str, text: &str) {
    let path = format!("{}/testdata/wording/{file}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap();
    assert!(expected == text, "{file} differs; now:\n{text}");
}

#[test]
fn messages() {
    let setup = setup();
    for language in Language::ALL {
        let mut text = String::new();
        for (name, now, notice) in notices() {
            let setting = Setting { language, setup: &setup, now, acknowledge_url: Some(URL) };
            let made = message(&notice, &setting);
            writeln!(text, "--- {name}\n{}\n{}\n>>> {}\n", made.title, made.long, made.short)
                .unwrap();
            assert_fits(&made.short);
        }
        compare(&format!("messages.{}.txt", language.word()), &text);
    }
}

#[test]
fn names_and_sentences() {
    let setup = setup();
    let zone = TimeZone::get("Asia/Makassar").unwrap();
    for language in Language::ALL {
        let voice = Voice { language, zone: &zone, setup: &setup, day: at("2026-11-24T01:02:00Z") };
        let mut text = String::new();
        for kind in Kind::ALL {
            writeln!(text, "{}: {}", kind.word(), cause_name(kind, None, language)).unwrap();
        }
        for (kind, sub) in every_sub() {
            let name = cause_name(kind, Some(sub), language);
            writeln!(text, "{} {}: {name}", kind.word(), sub.word()).unwrap();
        }
        for state in OfficeState::ALL {
            writeln!(text, "{}: {}", state.word(), office_state_name(state, language)).unwrap();
        }
        for state in StationState::ALL {
            writeln!(text, "{}: {}", state.word(), station_state_name(state, language)).unwrap();
        }
        for why in every_why() {
            writeln!(text, "- {}", why_sentence(&why, voice)).unwrap();
        }
        compare(&format!("words.{}.txt", language.word()), &text);
    }
}

fn every_sub() -> [(Kind, Sub); 16] {
    [
        (Kind::Power, Sub::NoUps),
        (Kind::Power, Sub::UpsDidNotHold),
        (Kind::Power, Sub::UpsExhausted),
        (Kind::Power, Sub::GeneratorDidNotStart),
        (Kind::Power, Sub::GeneratorStartedLate),
        (Kind::Power, Sub::GeneratorOutOfFuel),
        (Kind::Power, Sub::GeneratorNotSeen),
        (Kind::Power, Sub::NetworkNotBackedUp),
        (Kind::LinkProvider, Sub::WithMains),
        (Kind::LinkPath, Sub::RelayWithoutPower),
        (Kind::Station, Sub::Crashed),
        (Kind::Station, Sub::SwitchedOff),
        (Kind::Station, Sub::Asleep),
        (Kind::Station, Sub::Restarted),
        (Kind::Station, Sub::NotSwitchedOn),
        (Kind::Station, Sub::Cable),
    ]
}

fn every_why() -> Vec<Why> {
    let (station, office) = (|| StationId::from("pc-1"), || OfficeId::from("utara"));
    let moment = exact("2026-11-24T01:30:00Z");
    let between = When { lo: at("2026-11-23T14:10:00Z"), hi: at("2026-11-24T01:30:00Z") };
    vec![
        ups(&["OL", "CHRG"], 1.0, 1_800.0),
        ups(&["OB", "DISCHRG"], 0.12, 240.0),
        ups(&["OB", "LB"], 0.05, f64::NAN),
        ups(&["FSD", "OB", "LB"], f64::NAN, -1.0),
        ups(&["OL", "RB"], 0.99, 60.0),
        ups(&["ALARM"], 0.5, 1e9),
        Why::StoppedUnclean { station: station(), at: moment },
        Why::StoppedUnclean { station: station(), at: between },
        Why::StoppedOrderly { station: station(), at: moment, asleep: false },
        Why::StoppedOrderly { station: station(), at: moment, asleep: true },
        Why::SystemLog { station: station(), text: "power lost at 09:30".into() },
        good("link.gateway"),
        good("power.generator"),
        bad("link.outside.dns"),
        bad("device.printer"),
        bad("meter.kwh"),
        Why::Bad { station: station(), probe: "device.printer".into(), saw: "absent".into() },
        Why::AlsoSeenBy { office: office(), station: None },
        Why::AlsoSeenBy { office: office(), station: Some(station()) },
        Why::ContradictedBy { office: office(), station: None },
        Why::RelayWithoutPower { office: office() },
        Why::Offices { supporting: 5, contradicting: 0 },
        Why::Offices { supporting: 0, contradicting: 10 },
        Why::Offices { supporting: 20, contradicting: 1 },
        Why::Collector { reached: false },
        Why::Collector { reached: true },
        Why::GeneratorLastSeen { station: station(), at: moment, running: false, fuel: Some(0.04) },
        Why::GeneratorLastSeen { station: station(), at: moment, running: true, fuel: None },
        Why::NotObserved { station: station() },
        Why::JoinedInto { outage: "utara-20261124-1".into() },
        Why::SplitFrom { outage: "utara-20261124-1".into() },
        Why::SilentSince { station: station(), at: moment },
        Why::NoUpsSeen,
        Why::Staff { text: "PLN memadamkan gardu".into() },
    ]
}

fn assert_fits(short: &str) {
    assert!(short.chars().count() <= 160, "{short}");
    let allowed = |c: char| {
        (c.is_ascii() && !"[]{}\\|^~`".contains(c) && !c.is_ascii_control())
            || "£¥èéùìòÇØøÅåÆæßÉ¤¡ÄÖÑÜ§¿äöñüà".contains(c)
    };
    assert!(short.chars().all(allowed), "{short}");
}

#[test]
fn one_sms_whatever_it_tells() {
    let mut setup = setup();
    let long = "Kantor Kecamatan Muara Komam {barat} – “Dinas Kependudukan” Żółć 東京 \
                Kabupaten Paser, Kalimantan Timur, Loket Perekaman Nomor 2 dan Nomor 3";
    for name in ["Kantor Kecamatan Sepaku", long] {
        setup.offices.get_mut(&OfficeId::from("selatan")).unwrap().name = name.into();
        let two = "2026-11-24T01:02:00Z";
        for (kind, sub) in every_sub() {
            let whole = ended(outage(&[(two, cause(kind, Some(sub), Certainty::Likely, vec![]))]));
            for (change, language) in
                [(Change::Opened, Language::Id), (Change::CauseKnown, Language::En)]
            {
                let notice = Notice::Outage { change, outage: Box::new(whole.clone()) };
                let setting =
                    Setting { language, setup: &setup, now: at(two), acknowledge_url: Some(URL) };
                let short = message(&notice, &setting).short;
                assert_fits(&short);
                // An ordinary message has room for the address, and never for half of it.
                let has_url = short.ends_with(URL);
                assert!(has_url || !short.contains("http"), "{short}");
                assert!(has_url || name == long, "{short}");
            }
        }
    }
}

#[test]
fn durations() {
    let cases = [
        (-5_000, "0 detik", "0 s"),
        (999, "0 detik", "0 s"),
        (59_999, "59 detik", "59 s"),
        (60_000, "1 menit", "1 min"),
        (75_000, "1 menit 15 detik", "1 min 15 s"),
        (150_000, "3 menit", "3 min"),
        (3_599_999, "1 jam", "1 hour"),
        (86_399_999, "1 hari", "1 day"),
        (3_600_000, "1 jam", "1 hour"),
        (7_980_000, "2 jam 13 menit", "2 hours 13 min"),
        (86_400_000, "1 hari", "1 day"),
        (97_200_000, "1 hari 3 jam", "1 day 3 hours"),
        (i64::MAX, "106751991167 hari 7 jam", "106751991167 days 7 hours"),
    ];
    for (ms, id, en) in cases {
        assert_eq!(duration(ms, Language::Id), id);
        assert_eq!(duration(ms, Language::En), en);
    }
}

#[test]
fn numbers() {
    assert_eq!(number(1_234.5, 1, Language::Id), "1.234,5");
    assert_eq!(number(1_234.5, 1, Language::En), "1,234.5");
    assert_eq!(number(1_234_567.0, 0, Language::Id), "1.234.567");
    assert_eq!(number(-0.04, 1, Language::Id), "0,0");
    assert_eq!(number(-99.95, 2, Language::Id), "-99,95");
    assert_eq!(number(100.0, 0, Language::Id), "100");
    assert_eq!(number(f64::NAN, 1, Language::Id), "NaN");
    assert_eq!(number(f64::INFINITY, 1, Language::Id), "inf");
}

#[test]
fn instants_in_three_zones() {
    let moment = at("2026-08-17T15:05:59Z");
    for (zone, id, en) in [
        ("Asia/Jakarta", "17 Agu 2026 22.05 WIB", "17 Aug 2026 22:05 WIB"),
        ("Asia/Makassar", "17 Agu 2026 23.05 WITA", "17 Aug 2026 23:05 WITA"),
        ("Asia/Jayapura", "18 Agu 2026 00.05 WIT", "18 Aug 2026 00:05 WIT"),
    ] {
        let zone = TimeZone::get(zone).unwrap();
        assert_eq!(instant(moment, &zone, Language::Id), id);
        assert_eq!(instant(moment, &zone, Language::En), en);
    }
    assert_eq!(clock(moment, &TimeZone::UTC, Language::Id), "15.05 UTC");
    assert_eq!(instant(At(i64::MAX), &TimeZone::UTC, Language::Id), format!("@{}", i64::MAX));
}

fn said(setup: &Setup, change: Change, outage: Outage, now: &str) -> String {
    let setting = Setting { language: Language::En, setup, now: at(now), acknowledge_url: None };
    message(&Notice::Outage { change, outage: Box::new(outage) }, &setting).long
}

/// The line from 09:00:40 to 09:10, the same again from 09:12:30, with power in between if asked.
fn with_break(touching: bool) -> Outage {
    let mut flaps =
        outage(&[("2026-11-24T01:10:00Z", provider()), ("2026-11-24T01:20:00Z", provider())]);
    if !touching {
        flaps.charges[1].span.from = at("2026-11-24T01:12:30Z");
    }
    flaps
}

#[test]
fn an_outage_that_came_back_says_since_when_it_is_down_this_time() {
    let now = "2026-11-24T01:20:00Z";
    let text = said(&setup(), Change::Opened, with_break(false), now);
    assert!(text.contains("since 24 Nov 2026 09:12"), "{text}");
    assert!(text.contains("This outage began at 09:00 WITA, with breaks."), "{text}");
    let text = said(&setup(), Change::Opened, with_break(true), now);
    assert!(text.contains("since 24 Nov 2026 09:00") && !text.contains("breaks"), "{text}");
}

#[test]
fn a_cause_that_came_back_is_named_once_with_all_its_time() {
    let power = cause(Kind::Power, None, Certainty::Certain, Vec::new());
    let mut flaps = with_break(false);
    let mut between = flaps.charges[1].clone();
    between.cause = power;
    between.span = Span { from: at("2026-11-24T01:20:00Z"), to: at("2026-11-24T01:25:00Z") };
    flaps.charges.push(between);
    let text = said(&setup(), Change::Ended, ended(flaps), "2026-11-24T01:27:00Z");
    let line = text.lines().find(|l| l.starts_with("Cause")).unwrap();
    // 9 min 20 s and 7 min 30 s.
    assert!(line.contains("(17 min)") && line.contains("(5 min)"), "{line}");
    assert_eq!(line.matches("min)").count(), 2, "{line}");
}

#[test]
fn an_outage_that_ended_as_the_office_closed_was_over_only_later() {
    let mut setup = setup();
    let hours = Span { from: at("2026-11-24T00:00:00Z"), to: at("2026-11-24T01:20:00Z") };
    for office in setup.offices.values_mut() {
        office.calendar.open = vec![hours];
    }
    let now = "2026-11-24T01:27:00Z";
    let text = said(&setup, Change::Ended, ended(with_break(true)), now);
    assert!(text.starts_with("The office is ready to serve again."), "{text}");
    let later = ended(outage(&[("2026-11-24T01:20:01Z", provider())]));
    let text = said(&setup, Change::Ended, later, now);
    assert!(text.starts_with("The office serves again"), "{text}");
}

#[test]
fn what_rests_on_silence_is_counted_later_and_says_so() {
    let of = |guessed| {
        let mut entry = ended(with_break(true));
        entry.downtime_ms = 0;
        entry.charges[0].guessed = guessed;
        said(&setup(), Change::Ended, entry, "2026-11-24T01:27:00Z")
    };
    assert!(of(true).contains("awaits data still to come"));
    assert!(of(false).contains("of which 0 s count as service hours"), "{}", of(false));
}

#[test]
fn two_instants_in_two_offsets_each_name_theirs() {
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let when = When { lo: at("2026-10-24T22:30:00Z"), hi: at("2026-10-25T03:30:00Z") };
    let text = interval(when, &zone, Language::En);
    assert_eq!(text.matches("CE").count(), 2, "{text}");
}
