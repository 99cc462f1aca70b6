//! A made-up morning in a city of seven offices, for the tests that render pages.

use std::sync::Arc;

use jiff::tz::TimeZone;
use siaga_decide::{
    Acknowledgement, Answer, At, Basis, Calendar, Cause, CauseNow, CauseSpan, Certainty, Charge,
    Correction, Forecast, Kind, Number, OfficeState, OfficeView, Outage, ProbeName, ProbeView, Saw,
    Span, StationState, StationView, Sub, Thing, Told, When, Why,
};

use super::days::{Day, cut, last_days};
use super::outage::{Around, MessageLine, StaffLine};
use super::page::{OfficeFacts, User, Visitor};
use crate::config::Language;

pub(super) fn at(text: &str) -> At {
    At(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

fn zone() -> TimeZone {
    TimeZone::get("Asia/Makassar").unwrap()
}

/// Monday to Friday, 08.00 to 16.00 in the zone +8, over sixty days.
fn calendar(now: At) -> Calendar {
    let midnight = now.0 - (now.0 + 8 * 3_600_000).rem_euclid(86_400_000);
    let open = (-45..15)
        .map(|d| midnight + d * 86_400_000)
        .filter(|ms| {
            let day = (ms + 8 * 3_600_000).div_euclid(86_400_000).rem_euclid(7);
            // 1970-01-01 was a Thursday.
            !matches!(day, 2 | 3)
        })
        .map(|ms| Span { from: At(ms + 8 * 3_600_000), to: At(ms + 16 * 3_600_000) })
        .collect::<Vec<_>>();
    let known =
        Some(Span { from: At(midnight - 45 * 86_400_000), to: At(midnight + 15 * 86_400_000) });
    Calendar { open, known }
}

fn cause(kind: Kind, sub: Option<Sub>, certainty: Certainty, thing: Thing, why: Vec<Why>) -> Cause {
    Cause { kind, sub, certainty, thing, why }
}

fn power(now: At) -> Cause {
    let why = vec![
        Why::UpsLastSeen {
            station: "pc-1".into(),
            at: When::exact(now - 50 * 60_000),
            words: vec!["OB".into(), "DISCHRG".into(), "LB".into()].into(),
            charge: Some(0.08),
            runtime_seconds: Some(95.0),
        },
        Why::StoppedUnclean { station: "pc-1".into(), at: When::exact(now - 48 * 60_000) },
        Why::AlsoSeenBy { office: "palaran".into(), station: Some("pc-2".into()) },
    ];
    cause(Kind::Power, Some(Sub::UpsExhausted), Certainty::Certain, Thing::Mains, why)
}

fn provider() -> Cause {
    let why = vec![
        Why::Bad { station: "pc-1".into(), probe: "link.outside".into(), saw: "timeout".into() },
        Why::Good { station: "pc-1".into(), probe: "link.gateway".into() },
    ];
    cause(Kind::LinkProvider, None, Certainty::Certain, Thing::Line, why)
}

fn probe(now: At, saw: Saw, words: &[&str], numbers: &[(&str, f64)]) -> ProbeView {
    ProbeView {
        at: now - 7_000,
        since: now - 5 * 3_600_000,
        answer: Answer { saw, words: words.iter().map(|w| Arc::from(*w)).collect() },
        numbers: numbers
            .iter()
            .map(|(name, v)| Number { name: Arc::from(*name), least: *v, last: *v, most: *v })
            .collect(),
    }
}

fn station(
    now: At,
    state: StationState,
    ups: &[&str],
    charge: f64,
    rtt: Option<f64>,
) -> StationView {
    let mut probes = std::collections::BTreeMap::<ProbeName, ProbeView>::new();
    let link = match rtt {
        Some(t) => probe(
            now,
            Saw::Answered,
            &[],
            &[
                ("sent", 4.0),
                ("lost", 0.0),
                ("rtt_seconds", t),
                ("rtt_min_seconds", t * 0.8),
                ("jitter_seconds", 0.004),
            ],
        ),
        None => probe(now, Saw::Timeout, &[], &[("sent", 4.0), ("lost", 4.0)]),
    };
    probes.insert("link.datacenter".into(), link);
    probes
        .insert("link.gateway".into(), probe(now, Saw::Answered, &[], &[("rtt_seconds", 0.0007)]));
    probes.insert(
        "power.ups".into(),
        probe(
            now,
            Saw::Answered,
            ups,
            &[
                ("battery_charge_ratio", charge),
                ("battery_runtime_seconds", charge * 1_900.0),
                ("input_volts", 221.4),
                ("load_ratio", 0.31),
            ],
        ),
    );
    probes.insert(
        "device.fingerprint".into(),
        probe(now, Saw::Answered, &[], &[("device_present", 1.0)]),
    );
    probes.insert(
        "host".into(),
        probe(
            now,
            Saw::Answered,
            &[],
            &[
                ("cpu_ratio", 0.12),
                ("memory_used_ratio", 0.46),
                ("disk_free_bytes", 64e9),
                ("uptime_seconds", 18_400.0),
            ],
        ),
    );
    StationView {
        state,
        since: now - 5 * 3_600_000,
        last_heard: Some(now - 7_000),
        backlog: false,
        probes,
    }
}

fn outage_of(office: &str, id: &str, from: At, to: Option<At>, charges: Vec<Charge>) -> Outage {
    let down = charges.iter().map(|c| c.span.to - c.span.from).sum();
    Outage {
        id: id.into(),
        office: office.into(),
        from: When::exact(from),
        to: to.map(When::exact),
        timeline: charges
            .iter()
            .map(|c| CauseSpan { span: c.span, cause: c.cause.clone() })
            .collect(),
        charges,
        provisional: false,
        void: false,
        downtime_ms: down,
        told: Told { opened: Some(from + 60_000), cause: None, ended: to },
        acknowledged: None,
        expected_back: None,
    }
}

fn charge(from: At, minutes: i64, cause: Cause) -> Charge {
    Charge {
        span: Span { from, to: from + minutes * 60_000 },
        cause,
        planned: false,
        guessed: false,
    }
}

fn office_view(now: At, state: OfficeState, stations: Vec<(&str, StationView)>) -> OfficeView {
    OfficeView {
        state,
        since: now - 5 * 3_600_000,
        open: true,
        at_risk: false,
        cause: None,
        outage: None,
        stations: stations.into_iter().map(|(id, s)| (id.into(), s)).collect(),
    }
}

/// The days as their accounts would have them.
fn days(outages: &[&Outage], calendar: &Calendar, now: At) -> Vec<Day> {
    let day = |(date, span): (jiff::civil::Date, Span)| {
        let span = Span { from: span.from, to: span.to.min(now) };
        let open: Vec<Span> = calendar.open.iter().filter_map(|o| cut(*o, span)).collect();
        let long = |s: &Span| s.to - s.from;
        let mut down = [0; Kind::ALL.len()];
        for charge in outages.iter().flat_map(|o| &o.charges) {
            let i = Kind::ALL.iter().position(|k| *k == charge.cause.kind).unwrap();
            down[i] +=
                open.iter().filter_map(|o| cut(*o, charge.span)).map(|s| long(&s)).sum::<i64>();
        }
        let service: i64 = open.iter().map(long).sum();
        let in_service = service - down.iter().sum::<i64>();
        Day { date, service, down, planned: 0, unobserved: 0, in_service }
    };
    last_days(&zone(), now).into_iter().map(day).collect()
}

pub(super) struct Sample {
    pub(super) visitor: Visitor,
    pub(super) offices: Vec<OfficeFacts>,
    pub(super) recent: Vec<Outage>,
    pub(super) around: Around,
}

pub(super) fn sample(language: Language) -> Sample {
    let now = at("2026-11-24T02:41:20Z");
    let visitor = Visitor {
        language,
        now,
        zone: zone(),
        path: "/".into(),
        user: Some(User {
            name: "rini".into(),
            role: "operator",
            csrf: "t0k3n".into(),
            may_respond: true,
            may_plan: true,
            may_answer: true,
        }),
        setup: Arc::default(),
    };
    let serving = || station(now, StationState::Serving, &["OL"], 1.0, Some(0.031));
    let mut offices: Vec<(&str, &str, OfficeView, Option<Outage>)> = Vec::new();

    let mut down = office_view(
        now,
        OfficeState::Down,
        vec![
            (
                "pc-1",
                StationView {
                    last_heard: Some(now - 48 * 60_000),
                    ..station(now, StationState::Silent, &["OB", "DISCHRG", "LB"], 0.08, None)
                },
            ),
            (
                "pc-2",
                StationView {
                    last_heard: Some(now - 52 * 60_000),
                    backlog: true,
                    ..station(now, StationState::Stopped, &["OB"], 0.31, None)
                },
            ),
        ],
    );
    down.cause = Some(CauseNow { cause: power(now), since: now - 48 * 60_000 });
    down.outage = Some("palaran-20261124-1".into());
    let start = now - 71 * 60_000;
    let mut open = outage_of(
        "palaran",
        "palaran-20261124-1",
        start,
        None,
        vec![charge(start, 23, provider()), charge(start + 23 * 60_000, 48, power(now))],
    );
    open.acknowledged = Some(Acknowledgement {
        by: "rini".into(),
        at: now - 40 * 60_000,
        note: Some("genset sedang diisi solar".into()),
    });
    open.expected_back = Some(now + 35 * 60_000);
    open.timeline
        .push(CauseSpan { span: Span { from: start - 6 * 60_000, to: now }, cause: power(now) });
    offices.push(("palaran", "Kantor Kecamatan Palaran", down, Some(open.clone())));

    let mut line = office_view(
        now,
        OfficeState::Down,
        vec![("rekam-1", station(now, StationState::Down, &["OL"], 1.0, None))],
    );
    line.cause = Some(CauseNow {
        cause: Cause { certainty: Certainty::Likely, ..provider() },
        since: now - 4 * 60_000,
    });
    line.outage = Some("sambutan-20261124-1".into());
    let short = outage_of(
        "sambutan",
        "sambutan-20261124-1",
        now - 4 * 60_000,
        None,
        vec![charge(now - 4 * 60_000, 4, provider())],
    );
    offices.push(("sambutan", "Kantor Kecamatan Sambutan", line, Some(short)));

    let mut risk = office_view(
        now,
        OfficeState::Serving,
        vec![
            ("pc-1", station(now, StationState::Serving, &["OB", "DISCHRG"], 0.72, Some(0.044))),
            ("pc-2", serving()),
        ],
    );
    risk.at_risk = true;
    offices.push(("loa-janan", "Kantor Kecamatan Loa Janan Ilir", risk, None));

    let mut amiss = office_view(
        now,
        OfficeState::Serving,
        vec![
            ("pc-1", serving()),
            ("pc-2", station(now, StationState::Stopped, &["OL"], 1.0, None)),
            ("pc-3", serving()),
        ],
    );
    if let Some(s) = amiss.stations.get_mut(&"pc-1".into()) {
        s.probes.insert(
            "device.camera".into(),
            probe(now, Saw::Answered, &[], &[("device_present", 0.0)]),
        );
    }
    offices.push(("samarinda-ulu", "Kantor Kecamatan Samarinda Ulu", amiss, None));
    offices.push((
        "sungai-kunjang",
        "Kantor Kecamatan Sungai Kunjang",
        office_view(now, OfficeState::Serving, vec![("pc-1", serving()), ("pc-2", serving())]),
        None,
    ));
    offices.push((
        "sungai-pinang",
        "Kantor Kecamatan Sungai Pinang",
        office_view(now, OfficeState::Serving, vec![("pc-1", serving())]),
        None,
    ));
    offices.push((
        "seberang",
        "Kantor Kecamatan Samarinda Seberang",
        office_view(
            now,
            OfficeState::Unobserved,
            vec![(
                "pc-1",
                StationView {
                    state: StationState::NeverHeard,
                    since: At(0),
                    last_heard: None,
                    backlog: false,
                    probes: Default::default(),
                },
            )],
        ),
        None,
    ));

    let mut recent = vec![open];
    for (office, day, hour, minutes, what) in [
        ("palaran", 1, 1, 95, provider()),
        ("sambutan", 4, 3, 18, provider()),
        ("palaran", 5, 4, 210, power(now)),
        (
            "samarinda-ulu",
            8,
            2,
            42,
            cause(Kind::Center, None, Certainty::Likely, Thing::Center, Vec::new()),
        ),
        (
            "samarinda-ulu",
            11,
            1,
            26,
            cause(
                Kind::Station,
                Some(Sub::NotSwitchedOn),
                Certainty::Certain,
                Thing::Pc("pc-1".into()),
                Vec::new(),
            ),
        ),
        (
            "palaran",
            15,
            1,
            55,
            cause(Kind::LinkLan, None, Certainty::Certain, Thing::Router, Vec::new()),
        ),
        (
            "sungai-pinang",
            19,
            5,
            130,
            cause(
                Kind::LinkPath,
                Some(Sub::RelayWithoutPower),
                Certainty::Certain,
                Thing::Path,
                Vec::new(),
            ),
        ),
        ("loa-janan", 21, 1, 240, power(now)),
    ] {
        let from = now - (day * 24 - hour) * 3_600_000;
        let to = from + minutes * 60_000;
        let id = format!("{office}-d{day}");
        recent.push(outage_of(office, &id, from, Some(to), vec![charge(from, minutes, what)]));
    }
    let calendar = Arc::new(calendar(now));
    let offices = offices
        .into_iter()
        .map(|(id, name, view, open)| {
            let mine: Vec<&Outage> = recent
                .iter()
                .chain(&open)
                .filter(|o| {
                    o.office.as_str() == id
                        && (open.is_none() || o.to.is_some() || Some(*o) == open.as_ref())
                })
                .collect();
            let mut seen: Vec<&Outage> = Vec::new();
            for o in mine {
                if !seen.iter().any(|s| s.id == o.id) {
                    seen.push(o);
                }
            }
            OfficeFacts {
                id: id.into(),
                name: name.into(),
                zone: zone(),
                days: days(&seen, &calendar, now),
                calendar: calendar.clone(),
                view: Some(view),
                forecast: open.as_ref().map(|_| Forecast {
                    cases: 14,
                    basis: Basis::Office,
                    median_ms: 20 * 60_000,
                    nine_in_ten_ms: 65 * 60_000,
                    median_total_ms: 91 * 60_000,
                    nine_in_ten_total_ms: 136 * 60_000,
                }),
                month: None,
                open,
            }
        })
        .collect();
    let before = Outage { provisional: true, told: Told::default(), ..recent[0].clone() };
    let around = Around {
        corrections: vec![Correction {
            at: now - 30 * 60_000,
            why: vec![Why::SystemLog {
                station: "pc-2".into(),
                text: "power lost at 09:53:02".into(),
            }],
            before: Outage {
                charges: vec![charge(
                    start,
                    71,
                    cause(
                        Kind::Silent,
                        None,
                        Certainty::Likely,
                        Thing::Pc("pc-1".into()),
                        Vec::new(),
                    ),
                )],
                downtime_ms: 60_000,
                ..before
            },
        }],
        notes: vec![StaffLine {
            at: now - 35 * 60_000,
            by: "rini".into(),
            text: Some("PLN: gardu dalam perbaikan".into()),
            expected_back: Some(now + 35 * 60_000),
        }],
        messages: vec![
            MessageLine {
                at: start + 60_000,
                to: "teknisi".into(),
                channel: "telegram".into(),
                title: "Palaran: jaringan penyedia internet putus".into(),
                sent: Some(start + 62_000),
                error: None,
            },
            MessageLine {
                at: start + 60_000,
                to: "kasi".into(),
                channel: "ntfy".into(),
                title: "Palaran: jaringan penyedia internet putus".into(),
                sent: None,
                error: Some("connection refused".into()),
            },
        ],
    };
    Sample { visitor, offices, recent, around }
}
