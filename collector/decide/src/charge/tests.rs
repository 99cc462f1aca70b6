//! Which candidate is charged, by hand.

use super::*;
use crate::cause::Certainty;

fn span(from: i64, to: i64) -> Span {
    Span::new(At(from), At(to))
}

fn cause(kind: Kind, thing: Thing) -> Cause {
    Cause { kind, sub: None, certainty: Certainty::Certain, thing, why: Vec::new() }
}

fn suspect(station: &str, from: i64, to: i64, cause: Cause) -> Suspect {
    Suspect {
        span: span(from, to),
        cause,
        station: station.into(),
        guessed: false,
        seen: span(from, to),
    }
}

fn pc(station: &str) -> Thing {
    Thing::Pc(station.into())
}

fn office(stations: &[&str], needed: usize) -> Office {
    let station = |id: &&str| ((*id).into(), crate::setup::Station { needs: Vec::new() });
    Office {
        name: "Palaran".into(),
        zone: jiff::tz::TimeZone::UTC,
        calendar: crate::setup::Calendar::default(),
        stations: stations.iter().map(station).collect(),
        stations_needed: needed,
        line: Some("line1".into()),
        mains: Some("gardu".into()),
        via: None,
        open_after_ms: 0,
        close_after_ms: 0,
        merge_within_ms: 0,
        opening_grace_ms: 0,
        settle_after_ms: 0,
    }
}

fn trace(station: &str) -> Trace<'static> {
    Trace {
        station: station.into(),
        runs: Vec::new(),
        alive: Vec::new(),
        gaps: Vec::new(),
        series: std::collections::BTreeMap::new(),
        lost: Vec::new(),
    }
}

/// What is charged from 0 to 100, in an office of these stations, each in one state throughout:
/// `from-to word`, a `p` where planned.
fn charged(
    stations: &[(&str, StationState)],
    needed: usize,
    suspects: &[Suspect],
    plans: &[&Plan],
) -> Vec<String> {
    let ids: Vec<&str> = stations.iter().map(|(id, _)| *id).collect();
    let traces: Vec<Trace> = ids.iter().map(|id| trace(id)).collect();
    let states: Vec<Vec<Stretch>> = stations
        .iter()
        .map(|(_, state)| vec![Stretch { span: span(-500, 500), state: *state, gap: None }])
        .collect();
    let whole = OfficeStretch { span: span(0, 100), state: OfficeState::Down, silence: false };
    let mut sorted = suspects.to_vec();
    sorted.sort_by_key(|s| s.span);
    let office = office(&ids, needed);
    let made = charges(&"palaran".into(), &office, &traces, &states, &[whole], &sorted, plans);
    let line = |c: &Charge| {
        let planned = if c.planned { " p" } else { "" };
        format!("{}-{} {}{planned}", c.span.from.0, c.span.to.0, c.cause.kind.word())
    };
    made.iter().map(line).collect()
}

use StationState::{Down, Serving, Stopped};

#[test]
fn of_several_at_one_pc_the_first_to_begin_is_charged() {
    let line = suspect("pc1", -10, 100, cause(Kind::LinkProvider, Thing::Line));
    let scanner =
        suspect("pc1", -20, 60, cause(Kind::Device, Thing::Device("pc1".into(), "d".into())));
    let made = charged(&[("pc1", Down)], 1, &[line, scanner], &[]);
    assert_eq!(made, ["0-60 device", "60-100 link.provider"]);
}

#[test]
fn of_those_that_began_together_power_center_link_device_station() {
    let order = [
        cause(Kind::Power, Thing::Mains),
        cause(Kind::Center, Thing::Center),
        cause(Kind::LinkLan, Thing::Router),
        cause(Kind::LinkProvider, Thing::Line),
        cause(Kind::LinkPath, Thing::Path),
        cause(Kind::Device, Thing::Device("pc1".into(), "d".into())),
        cause(Kind::Station, pc("pc1")),
    ];
    for pair in order.windows(2) {
        for pair in [[&pair[0], &pair[1]], [&pair[1], &pair[0]]] {
            let both = pair.map(|c| suspect("pc1", 0, 100, c.clone()));
            let first = pair.iter().map(|c| c.kind).min().unwrap();
            let made = charged(&[("pc1", Down)], 1, &both, &[]);
            assert_eq!(made, [format!("0-100 {}", first.word())]);
        }
    }
}

#[test]
fn a_thing_began_where_its_evidence_began_without_a_break() {
    let scanner = || cause(Kind::Device, Thing::Device("pc1".into(), "d".into()));
    let line = suspect("pc1", -30, 100, cause(Kind::LinkProvider, Thing::Line));
    let with = |early: Suspect| {
        charged(&[("pc1", Down)], 1, &[early, suspect("pc1", 0, 100, scanner()), line.clone()], &[])
    };
    assert_eq!(with(suspect("pc1", -40, 0, scanner())), ["0-100 device"]);
    assert_eq!(with(suspect("pc1", -40, -1, scanner())), ["0-100 link.provider"]);
    assert_eq!(with(suspect("pc1", -20, 0, scanner())), ["0-100 link.provider"]);
    let other = cause(Kind::Device, Thing::Device("pc1".into(), "e".into()));
    assert_eq!(with(suspect("pc1", -40, 0, other)), ["0-100 link.provider"]);
    // Over two steps, and not from what begins as it does.
    let steps = [
        suspect("pc1", -60, -20, scanner()),
        suspect("pc1", -20, 5, scanner()),
        suspect("pc1", 0, 100, scanner()),
        line,
    ];
    assert_eq!(charged(&[("pc1", Down)], 1, &steps, &[]), ["0-100 device"]);
}

#[test]
fn what_alone_keeps_the_office_from_serving_is_charged() {
    // One of two is enough: each alone would do, so the first; with two needed, neither would.
    let both = [
        suspect("pc1", -10, 100, cause(Kind::Station, pc("pc1"))),
        suspect("pc2", -20, 100, cause(Kind::Device, Thing::Device("pc2".into(), "d".into()))),
    ];
    assert_eq!(charged(&[("pc1", Down), ("pc2", Down)], 1, &both, &[]), ["0-100 device"]);
    // A third serves and two are needed: the one with a single fault is the one.
    let mut three = both.to_vec();
    three.push(suspect(
        "pc2",
        -40,
        100,
        cause(Kind::LinkPath, Thing::Device("pc2".into(), "e".into())),
    ));
    let made = charged(&[("pc1", Down), ("pc2", Down), ("pc3", Serving)], 2, &three, &[]);
    assert_eq!(made, ["0-100 station"]);
}

#[test]
fn what_the_office_shares_stands_in_the_way_of_a_pc_that_is_off_unless_one_serves() {
    let off = suspect("pc1", -50, 100, cause(Kind::Station, pc("pc1")));
    for (kind, thing) in [
        (Kind::Center, Thing::Center),
        (Kind::LinkLan, Thing::Router),
        (Kind::LinkProvider, Thing::Line),
        (Kind::LinkPath, Thing::Path),
    ] {
        let shared = suspect("pc2", -10, 100, cause(kind, thing));
        let states = [("pc1", Stopped), ("pc2", Down)];
        let made = charged(&states, 1, &[off.clone(), shared.clone()], &[]);
        assert_eq!(made, [format!("0-100 {}", kind.word())]);
        // Where a third serves through it, each of the two alone would do.
        let states = [("pc1", Stopped), ("pc2", Down), ("pc3", Serving)];
        assert_eq!(charged(&states, 2, &[off.clone(), shared], &[]), ["0-100 station"]);
    }
}

#[test]
fn without_mains_nobody_could_have_switched_on_a_pc_that_is_off() {
    let off = suspect("pc1", -50, 100, cause(Kind::Station, pc("pc1")));
    let mains = suspect("pc2", -10, 100, cause(Kind::Power, Thing::Mains));
    let both = [off, mains];
    assert_eq!(charged(&[("pc1", Stopped), ("pc2", Stopped)], 1, &both, &[]), ["0-100 power"]);
    // One that is on lives on its UPS: it is another's mains, unless the network hangs on it.
    assert_eq!(charged(&[("pc1", Down), ("pc2", Stopped)], 1, &both, &[]), ["0-100 station"]);
    let mut network = both.to_vec();
    network[1].cause.sub = Some(Sub::NetworkNotBackedUp);
    assert_eq!(charged(&[("pc1", Down), ("pc2", Stopped)], 1, &network, &[]), ["0-100 power"]);
}

#[test]
fn a_guess_is_never_charged_beside_what_is_shown() {
    let mut guess = suspect("pc1", -50, 100, cause(Kind::Silent, pc("pc1")));
    guess.guessed = true;
    let line = suspect("pc2", 20, 60, cause(Kind::LinkProvider, Thing::Line));
    let states = [("pc1", Down), ("pc2", Down)];
    assert_eq!(charged(&states, 1, &[guess, line], &[]), ["20-60 link.provider"]);
}

fn plan(scope: PlanScope, from: i64, to: i64) -> Plan {
    Plan { scope, span: span(from, to), by: "sari".into(), reason: "kabel".into() }
}

#[test]
fn planned_work_covers_what_lies_in_its_scope_from_its_beginning_to_its_end() {
    let all = [
        (cause(Kind::Power, Thing::Mains), "office mains"),
        (cause(Kind::Center, Thing::Center), "center"),
        (cause(Kind::LinkLan, Thing::Router), "office"),
        (cause(Kind::LinkProvider, Thing::Line), "line"),
        (cause(Kind::LinkPath, Thing::Path), "line"),
        (cause(Kind::Device, Thing::Device("pc1".into(), "d".into())), "office"),
        (cause(Kind::Station, pc("pc1")), "office"),
        (cause(Kind::Silent, pc("pc1")), "office mains line"),
    ];
    let scopes = [
        ("office", PlanScope::Office("palaran".into()), PlanScope::Office("sungai".into())),
        ("mains", PlanScope::Mains("gardu".into()), PlanScope::Mains("other".into())),
        ("line", PlanScope::Line("line1".into()), PlanScope::Line("line2".into())),
    ];
    for (cause, covered) in &all {
        let word = cause.kind.word();
        let made = |scope: &PlanScope| {
            let plan = plan(scope.clone(), 20, 60);
            charged(&[("pc1", Down)], 1, &[suspect("pc1", 0, 100, cause.clone())], &[&plan])
        };
        let planned = [format!("0-20 {word}"), format!("20-60 {word} p"), format!("60-100 {word}")];
        let not = [format!("0-100 {word}")];
        for (name, own, others) in &scopes {
            let is_in = covered.split(' ').any(|scope| scope == *name);
            assert_eq!(made(own), if is_in { &planned[..] } else { &not[..] }, "{word} {name}");
            assert_eq!(made(others), not, "{word} {name}");
        }
        let center = if cause.kind == Kind::Center { &planned[..] } else { &not[..] };
        assert_eq!(made(&PlanScope::Center), center, "{word}");
    }
}

#[test]
fn a_stretch_is_cut_where_a_suspect_a_plan_or_a_station_changes() {
    let states = |edges: &[i64]| -> Vec<Stretch> {
        let pairs = edges.windows(2);
        pairs.map(|e| Stretch { span: span(e[0], e[1]), state: Down, gap: None }).collect()
    };
    let suspect = suspect("pc1", 30, 200, cause(Kind::Station, pc("pc1")));
    let plan = plan(PlanScope::Center, -50, 70);
    let stations = [states(&[-50, 0, 10, 100, 120]), states(&[-50, 45, 90, 300])];
    let made = cut(span(0, 100), &[&suspect], &stations, &[&plan]);
    let edges: Vec<i64> = made.iter().map(|s| s.from.0).chain([100]).collect();
    assert_eq!(edges, [0, 10, 30, 45, 70, 90, 100]);
}

#[test]
fn suspects_that_are_over_are_passed_by() {
    let of = |spans: &[(i64, i64)]| -> Vec<Suspect> {
        let made =
            spans.iter().map(|(a, b)| suspect("pc1", *a, *b, cause(Kind::Station, pc("pc1"))));
        made.collect()
    };
    let made = ends(&of(&[(0, 50), (10, 20), (20, 60), (30, 40)]));
    assert_eq!(made, [At(50), At(50), At(60), At(60)]);
}

#[test]
fn a_timeline_has_one_line_for_each_thing_and_cause_without_a_break() {
    let scanner = || cause(Kind::Device, Thing::Device("pc1".into(), "d".into()));
    let all = [
        suspect("pc1", 0, 20, scanner()),
        suspect("pc2", 10, 15, scanner()),
        suspect("pc1", 20, 30, scanner()),
        suspect("pc1", 31, 60, scanner()),
        suspect("pc1", 5, 200, cause(Kind::LinkPath, Thing::Path)),
    ];
    let made = timeline(&all, span(5, 100));
    let lines: Vec<(i64, i64, Kind)> =
        made.iter().map(|c| (c.span.from.0, c.span.to.0, c.cause.kind)).collect();
    let expected = [(5, 30, Kind::Device), (5, 100, Kind::LinkPath), (31, 60, Kind::Device)];
    assert_eq!(lines, expected);
}
