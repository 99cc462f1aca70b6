//! The present as pages see it, and what the ledger knows beside its entries.

use siaga_decide::*;

use crate::world::*;

fn palaran() -> OfficeId {
    "palaran".into()
}

fn seen(w: &World) -> OfficeView {
    w.judge.view(w.now).offices[&palaran()].clone()
}

#[test]
fn the_present_names_state_cause_outage_and_since_when() {
    let mut w = World::one();
    let before = seen(&w);
    assert_eq!((before.state, before.open), (OfficeState::Unobserved, false));
    assert_eq!(before.stations[&StationId::from("pc1")].state, StationState::NeverHeard);
    w.to(t(9, 0, 0));
    let now = seen(&w);
    assert_eq!(
        (now.state, now.open, now.cause, now.outage),
        (OfficeState::Serving, true, None, None)
    );
    let pc = &now.stations[&StationId::from("pc1")];
    assert_eq!(
        (pc.state, clock(pc.since), pc.backlog),
        (StationState::Serving, "07:30:02".into(), false)
    );
    w.pc("pc1").datacenter = Saw::Refused;
    w.to(t(9, 5, 0));
    let now = seen(&w);
    assert_eq!((now.state, clock(now.since)), (OfficeState::Down, "09:00:02".into()));
    assert_eq!(
        now.cause.map(|c| (c.cause.kind, clock(c.since))),
        Some((Kind::Center, "09:00:02".into()))
    );
    assert_eq!(now.outage, Some("palaran-20261124-1".into()));
    assert_eq!(now.stations[&StationId::from("pc1")].state, StationState::Down);
    w.pc("pc1").datacenter = Saw::Answered;
    w.to(t(9, 10, 0));
    let now = seen(&w);
    assert_eq!((now.state, now.cause, now.outage), (OfficeState::Serving, None, None));
}

#[test]
fn the_newest_of_two_outages_is_the_one_that_goes_on() {
    let mut w = World::one();
    w.to(t(9, 0, 0));
    for from in [0, 30] {
        w.to(t(9, from, 0));
        w.pc("pc1").datacenter = Saw::Refused;
        w.to(t(9, from + 10, 0));
        w.pc("pc1").datacenter = Saw::Answered;
    }
    assert_eq!(seen(&w).outage, Some("palaran-20261124-2".into()));
    w.to(t(9, 50, 0));
    assert_eq!(seen(&w).outage, None);
    // One that was void is not going on.
    w.pc("pc1").connected = false;
    w.to(t(10, 0, 0));
    assert_eq!(seen(&w).outage, Some("palaran-20261124-3".into()));
    assert_eq!(seen(&w).stations[&StationId::from("pc1")].state, StationState::Silent);
    w.pc("pc1").connected = true;
    w.to(t(10, 10, 0));
    assert_eq!(seen(&w).outage, None);
}

#[test]
fn each_probe_shows_what_it_saw_last_and_since_when() {
    let mut w = World::one();
    w.pc("pc1").ups = Some(("OL", 1.0));
    w.to(t(9, 0, 0));
    w.pc("pc1").ups = Some(("OB", 0.8));
    w.to(t(9, 10, 0));
    let probes = seen(&w).stations[&StationId::from("pc1")].probes.clone();
    let names: Vec<&str> = probes.keys().map(ProbeName::as_str).collect();
    assert_eq!(
        names,
        ["link.datacenter", "link.gateway", "link.outside", "link.path", "power.ups"]
    );
    let ups = &probes[&ProbeName::from("power.ups")];
    assert_eq!((clock(ups.since), clock(ups.at)), ("09:00:02".into(), "09:09:47".into()));
    assert_eq!(ups.answer.words, ["OB".into()].into());
    assert!((ups.numbers[0].last - 0.8).abs() < 1e-9);
    // After a restart of the agent what the new run sees holds, not what the old one saw.
    w.stop("pc1", LastWords::Agent);
    w.pc("pc1").ups = Some(("OL", 0.9));
    w.start_agent("pc1");
    w.to(t(9, 20, 0));
    let probes = seen(&w).stations[&StationId::from("pc1")].probes.clone();
    let ups = &probes[&ProbeName::from("power.ups")];
    assert_eq!((&*ups.answer.words[0], clock(ups.at)), ("OL", "09:19:47".into()));
}

fn report(seq: u64, second: u64, newest: u64, saw: Saw) -> Heard {
    let answer = Answer { saw, words: Vec::new().into() };
    let what = What { probe: "link.datacenter".into(), role: None, answer, numbers: Vec::new() };
    let mark = Mark { seq, at_ms: second * 1_000, wall: None };
    Heard {
        station: StationKey { office: palaran(), station: "pc1".into() },
        boot: "boot".into(),
        run: "run".into(),
        now_ms: Some(second * 1_000),
        wall: None,
        newest,
        newest_of: None,
        rows: vec![Row::Reading(mark, what)],
    }
}

#[test]
fn a_reading_that_waits_for_others_is_shown_and_the_backlog_said() {
    let mut w = World::from(World::one().setup);
    let at = |second: u64| t(9, 0, 0) + i64::try_from(second).unwrap() * 1_000;
    let hear = |w: &mut World, seq, second, newest, saw| {
        w.now = at(second);
        w.input(Input::Heard(report(seq, second, newest, saw)));
        let pc = &seen(w).stations[&StationId::from("pc1")];
        let probe = &pc.probes[&ProbeName::from("link.datacenter")];
        (pc.backlog, probe.answer.saw.clone(), (probe.at - at(0)) / 1_000)
    };
    assert_eq!(hear(&mut w, 1, 15, 1, Saw::Answered), (false, Saw::Answered, 15));
    assert_eq!(hear(&mut w, 4, 60, 4, Saw::Timeout), (true, Saw::Timeout, 60));
    assert_eq!(hear(&mut w, 3, 45, 4, Saw::Refused), (true, Saw::Timeout, 60), "an older one");
    assert_eq!(hear(&mut w, 2, 30, 4, Saw::Refused), (false, Saw::Timeout, 60));
    assert_eq!(hear(&mut w, 5, 75, 9, Saw::Answered), (true, Saw::Answered, 75));
}

#[test]
fn a_station_down_beside_a_serving_office_is_on_the_timeline() {
    let mut w = World::with(&[("palaran", &["pc1", "pc2"])]);
    w.to(t(9, 0, 0));
    w.pc("pc1").datacenter = Saw::Refused;
    w.to(t(9, 10, 0));
    w.pc("pc1").datacenter = Saw::Answered;
    w.to(t(9, 20, 0));
    let ledger = w.ledger();
    let office = &ledger.offices[&palaran()];
    let beside: Vec<(&str, String, String)> = office
        .station_spans_down
        .iter()
        .flat_map(|(id, spans)| spans.iter().map(|s| (id.as_str(), clock(s.from), clock(s.to))))
        .collect();
    assert_eq!(beside, [("pc1", "09:00:02".into(), "09:10:02".into())]);
    let states: Vec<StationState> =
        office.stations[&StationId::from("pc1")].iter().map(|(_, s)| *s).collect();
    use StationState::{Down, NeverHeard, Serving};
    assert_eq!(states, [NeverHeard, Serving, Down, Serving]);
    assert_eq!(office.states.len(), 2, "{:?}", office.states);
}

#[test]
fn evidence_is_complete_up_to_where_nothing_is_still_to_come() {
    let mut w = World::with(&[("palaran", &["pc1", "pc2"])]);
    w.to(t(9, 0, 0));
    let complete = |w: &World| w.ledger().offices[&palaran()].complete_to.map(clock);
    assert_eq!(complete(&w), Some("09:00:00".into()));
    w.pc("pc2").connected = false;
    w.to(t(9, 10, 0));
    assert_eq!(complete(&w), Some("08:59:51".into()));
}

#[test]
fn rows_that_are_gone_and_boots_without_a_place_are_named() {
    let mut w = World::from(World::one().setup);
    w.now = t(9, 0, 0);
    let mut heard = report(1, 15, 6, Saw::Answered);
    let gap = |first, last, why: &str| Row::Gap(Gap { first, last, why: why.into() });
    heard.rows.extend([gap(2, 3, "damaged"), gap(4, 6, "thinned")]);
    w.heard.push((w.now, heard));
    let lost = Heard {
        boot: "other".into(),
        run: "run2".into(),
        now_ms: None,
        ..report(1, 15, 1, Saw::Answered)
    };
    w.heard.push((w.now, lost));
    let said: Vec<String> =
        ledger(&w.inputs(), t(9, 1, 0)).problems.iter().map(|p| p.what.to_string()).collect();
    let expected =
        ["boot other cannot be placed in time: left out", "run run: rows 2 to 3 are gone: damaged"];
    assert_eq!(said, expected);
}

/// What kept the office serving while mains was away from 09:00, and whether it is at risk now.
fn risks(w: &World) -> (Vec<(SavedBy, String, String)>, bool) {
    let ledger = w.ledger();
    let all = ledger.offices[&palaran()].at_risk.iter();
    (all.map(|r| (r.saved_by, clock(r.span.from), clock(r.span.to))).collect(), seen(w).at_risk)
}

#[test]
fn a_generator_that_starts_in_time_saves_what_the_battery_did_not() {
    let mut w = World::one();
    (w.pc("pc1").ups, w.pc("pc1").generator) = (Some(("OL", 1.0)), Some((false, 0.9)));
    w.to(t(9, 0, 0));
    assert_eq!(risks(&w), (Vec::new(), false));
    w.pc("pc1").ups = Some(("OB", 0.9));
    w.to(t(9, 2, 0));
    w.pc("pc1").generator = Some((true, 0.9));
    w.pc("pc1").ups = Some(("OL", 0.9));
    w.to(t(9, 20, 0));
    let battery = || (SavedBy::Battery, "09:00:02".to_owned(), "09:02:02".to_owned());
    let (spans, now) = risks(&w);
    assert_eq!(spans[0], battery());
    assert_eq!((spans[1].0, &*spans[1].1), (SavedBy::Generator, "09:02:02"));
    assert!(now, "it runs on its generator");
    w.pc("pc1").generator = Some((false, 0.8));
    w.to(t(9, 40, 0));
    let (spans, now) = risks(&w);
    assert_eq!(spans, [battery(), (SavedBy::Generator, "09:02:02".into(), "09:20:02".into())]);
    assert!(!now);
}

#[test]
fn a_generator_that_runs_for_a_test_saves_nothing() {
    // Long after mains went and came back, and before it went at all.
    for (from, to) in [(30, 40), (1, 5)] {
        let mut w = World::one();
        (w.pc("pc1").ups, w.pc("pc1").generator) = (Some(("OL", 1.0)), Some((false, 0.9)));
        w.to(t(9, from, 0));
        w.pc("pc1").generator = Some((true, 0.9));
        w.to(t(9, to, 0));
        assert!(!seen(&w).at_risk);
        w.pc("pc1").generator = Some((false, 0.9));
        w.to(t(9, to + 1, 0));
        w.pc("pc1").ups = Some(("OB", 0.9));
        w.to(t(9, to + 2, 0));
        w.pc("pc1").ups = Some(("OL", 0.9));
        w.to(t(9, 50, 0));
        let spans = risks(&w).0;
        assert!(
            spans.iter().all(|(by, ..)| *by == SavedBy::Battery) && spans.len() == 1,
            "{spans:?}"
        );
    }
}
