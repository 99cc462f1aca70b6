//! What is written comes back equal.

use std::collections::BTreeMap;

use siaga_decide::*;

use super::*;

fn there_and_back<T: PartialEq + fmt::Debug, R: Record<T> + Serialize + DeserializeOwned>(
    value: &T,
) {
    let json = to_json::<T, R>(value).unwrap();
    assert_eq!(&from_json::<T, R>(&json).unwrap(), value, "{json}");
}

fn cause(thing: Thing) -> Cause {
    let station = StationId::from("pc-1");
    let at = When { lo: At(1_795_000_000_001), hi: At(1_795_000_000_999) };
    Cause {
        kind: Kind::Power,
        sub: Some(Sub::UpsExhausted),
        certainty: Certainty::Certain,
        thing,
        why: vec![
            Why::UpsLastSeen {
                station: station.clone(),
                at: When::exact(At(1_795_000_000_000)),
                words: vec![Arc::from("LB"), Arc::from("OB")].into(),
                charge: Some(0.1 + 0.2),
                runtime_seconds: None,
            },
            Why::StoppedUnclean { station: station.clone(), at },
            Why::StoppedOrderly { station: station.clone(), at, asleep: true },
            Why::SystemLog { station: station.clone(), text: "power lost".into() },
            Why::Good { station: station.clone(), probe: "link.gateway".into() },
            Why::Bad { station: station.clone(), probe: "link.path".into(), saw: "timeout".into() },
            Why::AlsoSeenBy { office: "palaran".into(), station: None },
            Why::ContradictedBy { office: "palaran".into(), station: Some(station.clone()) },
            Why::RelayWithoutPower { office: "palaran".into() },
            Why::Offices { supporting: 2, contradicting: 1 },
            Why::Collector { reached: true },
            Why::GeneratorLastSeen { station: station.clone(), at, running: true, fuel: Some(0.5) },
            Why::NotObserved { station: station.clone() },
            Why::JoinedInto { outage: "palaran-20261118-1".into() },
            Why::SplitFrom { outage: "palaran-20261118-1".into() },
            Why::SilentSince { station, at },
            Why::NoUpsSeen,
            Why::Staff { text: "PLN \"padam\"".into() },
        ],
    }
}

fn outage() -> Outage {
    let span = Span { from: At(1_795_000_000_000), to: At(1_795_000_060_000) };
    let things = [
        Thing::Mains,
        Thing::Center,
        Thing::Router,
        Thing::Line,
        Thing::Path,
        Thing::Device("pc-1".into(), "device.sidik".into()),
        Thing::Pc("pc-1".into()),
    ];
    let timeline = things.iter().map(|t| CauseSpan { span, cause: cause(t.clone()) }).collect();
    Outage {
        id: "palaran-20261118-1".into(),
        office: "palaran".into(),
        from: When { lo: span.from - 5, hi: span.from },
        to: Some(When::exact(span.to)),
        charges: vec![Charge { span, cause: cause(Thing::Mains), planned: true, guessed: true }],
        timeline,
        provisional: true,
        void: true,
        downtime_ms: 60_000,
        told: Told { opened: Some(span.from), cause: None, ended: Some(span.to) },
        acknowledged: Some(Acknowledgement {
            by: "ani".into(),
            at: span.from,
            note: Some("saya jalan".into()),
        }),
        expected_back: Some(span.to),
    }
}

#[test]
fn outages_and_corrections_come_back_equal() {
    let before = outage();
    there_and_back::<Outage, OutageRecord>(&before);
    let correction = Correction { at: At(5), why: before.charges[0].cause.why.clone(), before };
    there_and_back::<Correction, CorrectionRecord>(&correction);
    let mut open = outage();
    (open.to, open.acknowledged, open.expected_back) = (None, None, None);
    there_and_back::<Outage, OutageRecord>(&open);
}

#[test]
fn inputs_come_back_equal() {
    let plan = |scope| {
        let span = Span { from: At(1), to: At(2) };
        Input::Planned(Plan { scope, span, by: "ani".into(), reason: "panel".into() })
    };
    let note = |text: Option<&str>| {
        Input::Note(StaffNote {
            outage: "x".into(),
            by: "ani".into(),
            text: text.map(Arc::from),
            expected_back: Some(At(7)),
        })
    };
    let acknowledged =
        Input::Acknowledged { outage: "x".into(), by: "ani".into(), note: Some("ya".into()) };
    let inputs = [
        acknowledged,
        note(None),
        note(Some("teks")),
        plan(PlanScope::Office("palaran".into())),
        plan(PlanScope::Line("telkom".into())),
        plan(PlanScope::Mains("gardu".into())),
        plan(PlanScope::Center),
        Input::Life(Life::Started { last_alive: None }),
        Input::Life(Life::Started { last_alive: Some(At(9)) }),
        Input::Life(Life::Stopping),
        Input::Life(Life::ClockStepped { by_ms: -5 }),
        Input::Life(Life::Canary { ok: false }),
        Input::Life(Life::Datacenter { reached: Some(false) }),
        Input::Life(Life::Datacenter { reached: None }),
        Input::Setup(Arc::new(setup())),
    ];
    for input in inputs {
        let record = OtherInput::of(&input).unwrap();
        let json = serde_json::to_string(&record).unwrap();
        let back: OtherInput = serde_json::from_str(&json).unwrap();
        assert_eq!(back.kind(), record.kind());
        assert_eq!(back.read().unwrap(), input, "{json}");
    }
    assert!(OtherInput::of(&Input::Tick).is_none());
}

fn setup() -> Setup {
    let open = vec![Span { from: At(100), to: At(200) }, Span { from: At(300), to: At(450) }];
    let known = Some(Span { from: At(0), to: At(1_000) });
    let office = Office {
        name: "Palaran".into(),
        zone: jiff::tz::TimeZone::get("Asia/Makassar").unwrap(),
        calendar: Calendar { open, known },
        stations: BTreeMap::from([(
            StationId::from("pc-1"),
            Station { needs: vec!["link.datacenter".into()] },
        )]),
        stations_needed: 1,
        line: Some("telkom".into()),
        mains: None,
        via: Some("samboja".into()),
        open_after_ms: 1,
        close_after_ms: 2,
        merge_within_ms: 3,
        opening_grace_ms: 4,
        settle_after_ms: 5,
    };
    Setup {
        offices: BTreeMap::from([(OfficeId::from("palaran"), office)]),
        lines: BTreeMap::from([(LineId::from("telkom"), Line { provider: "Telkom".into() })]),
        line: Some("telkom".into()),
        cycle_ms: 15_000,
    }
}

/// Reports of every kind of row, so that the memory has something of everything.
fn heard(run: &str, first: u64, wall: Option<At>) -> Heard {
    let mark = |seq: u64| Mark { seq, at_ms: seq * 15_000, wall };
    let what = |saw, value| What {
        probe: "link.datacenter".into(),
        role: Some(Role::Datacenter),
        answer: Answer { saw, words: vec![Arc::from("OL")].into() },
        numbers: vec![("rtt_seconds".into(), value)],
    };
    let start = Start {
        previous_end: PreviousEnd::Unclean,
        log: Some("power lost".into()),
        previous: Some(("r0".into(), 9)),
    };
    let since = Since {
        first: mark(first + 2),
        count: 3,
        least: vec![("rtt_seconds".into(), 0.1)],
        most: Vec::new(),
    };
    let rows = vec![
        Row::Start(mark(first), start),
        Row::Reading(mark(first + 1), what(Saw::Answered, 0.1 + 0.2)),
        Row::Gap(Gap { first: first + 2, last: first + 4, why: "thinned".into() }),
        Row::Stretch(mark(first + 5), what(Saw::Timeout, 0.3), since),
        Row::Reading(mark(first + 6), what(Saw::Unreadable("why".into()), 1.0 / 3.0)),
        Row::LastWords(mark(first + 7), LastWords::Sleep),
        Row::Unknown(mark(first + 8)),
    ];
    Heard {
        station: StationKey { office: "palaran".into(), station: "pc-1".into() },
        boot: format!("boot-{run}").as_str().into(),
        run: run.into(),
        now_ms: wall.is_none().then_some((first + 9) * 15_000),
        wall,
        newest: first + 8,
        newest_of: None,
        rows,
    }
}

#[test]
fn the_judges_memory_comes_back_equal_and_goes_on_alike() {
    let mut judge = Judge::new(Arc::new(setup()));
    let at = |s: i64| At(1_795_000_000_000 + s * 1_000);
    judge.handle(at(0), Input::Life(Life::Started { last_alive: Some(at(-100)) }));
    judge.handle(at(200), Input::Heard(heard("r1", 1, None)));
    // Rows before these are missing: they wait.
    judge.handle(at(300), Input::Heard(heard("r2", 40, Some(at(250)))));
    let plan = Plan {
        scope: PlanScope::Center,
        span: Span { from: at(1), to: at(500) },
        by: "ani".into(),
        reason: "uji".into(),
    };
    judge.handle(at(310), Input::Planned(plan));
    let memory = judge.memory();
    assert!(memory.stations.values().any(|s| s.runs.values().any(|r| !r.waiting.is_empty())));
    there_and_back::<Memory, MemoryRecord>(&memory);
    let json = to_json::<Memory, MemoryRecord>(&memory).unwrap();
    let mut again = Judge::load(from_json::<Memory, MemoryRecord>(&json).unwrap());
    for s in [400, 900] {
        let input = Input::Heard(heard("r1", 10 + u64::try_from(s).unwrap(), None));
        assert_eq!(judge.handle(at(s), input.clone()), again.handle(at(s), input));
    }
    assert_eq!(judge.memory(), again.memory());
}

#[test]
fn what_changed_in_the_evidence_comes_back_equal() {
    let mut judge = Judge::new(Arc::new(setup()));
    judge.handle(At(1_795_000_200_000), Input::Heard(heard("r1", 1, None)));
    let changed = judge.changed();
    assert!(!changed.facts.is_empty() && !changed.runs.is_empty() && !changed.boots.is_empty());
    let dir = tempfile::tempdir().unwrap();
    let conn = crate::store::open_writer(&dir.path().join("siaga.db")).unwrap();
    for _twice in 0..2 {
        crate::store::facts::keep(&conn, &changed).unwrap();
    }
    let all = crate::store::facts::all(&conn).unwrap();
    let memory = judge.memory();
    let (kept, known) = (all.values().next().unwrap(), memory.stations.values().next().unwrap());
    assert_eq!(kept.boots, known.boots);
    for (id, run) in &known.runs {
        assert_eq!(kept.runs[id].head, run.head);
        let mut facts = run.facts.clone();
        facts.sort_by(|a, b| (a.first.seq, &a.probe).cmp(&(b.first.seq, &b.probe)));
        assert_eq!(kept.runs[id].facts, facts);
    }
}

#[test]
fn a_word_of_a_newer_version_is_an_error_that_names_it() {
    let json = to_json::<Outage, OutageRecord>(&outage()).unwrap();
    let newer = json.replace("\"power\"", "\"meteor\"");
    let error = from_json::<Outage, OutageRecord>(&newer).unwrap_err();
    assert!(error.0.contains("meteor"), "{error}");
}

#[test]
fn instants_are_readable_and_none_is_lost() {
    assert_eq!(rfc3339(At(1_795_000_000_123)).unwrap(), "2026-11-18T11:06:40.123Z");
    for at in [At(i64::MIN), At(i64::MAX), At(0), At(-1), At(1_795_000_000_123)] {
        let json = serde_json::to_string(&Instant(at)).unwrap();
        assert_eq!(serde_json::from_str::<Instant>(&json).unwrap().0, at, "{json}");
    }
}
