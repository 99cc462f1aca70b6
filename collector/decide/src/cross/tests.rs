//! What one office says about another, span by span.

use super::*;
use crate::cause::Cause;
use crate::ids::StationId;

const CYCLE: i64 = 15_000;

fn span(from: i64, to: i64) -> Span {
    Span::new(At(from * 1_000), At(to * 1_000))
}

fn good(spans: &[(i64, i64)]) -> Reach {
    let good = spans.iter().map(|(a, b)| span(*a, *b)).collect();
    Reach { shown: Shown { good, ..Shown::default() }, ..Reach::default() }
}

#[test]
fn a_reach_goes_on_where_only_its_end_has_moved_on() {
    let now = good(&[(0, 10), (20, 30)]);
    assert!(now.goes_on(&now) && now.goes_on(&good(&[(0, 10), (20, 35)])));
    assert!(Reach::default().goes_on(&Reach::default()));
    for other in [
        good(&[(0, 10), (20, 25)]),
        good(&[(0, 10), (21, 35)]),
        good(&[(0, 11), (20, 35)]),
        good(&[(0, 10), (20, 30), (40, 50)]),
        good(&[(0, 10)]),
        Reach::default(),
    ] {
        assert!(!now.goes_on(&other), "{other:?}");
    }
    assert!(!Reach::default().goes_on(&now));
}

fn all_at(from: i64, to: i64) -> Shown {
    let one = vec![span(from, to)];
    Shown {
        good: one.clone(),
        bad: one.clone(),
        lost: vec![At(from * 1_000)],
        present: one.clone(),
        powerless: one.clone(),
        open: one,
    }
}

#[test]
fn what_is_shown_is_cut_and_put_together_in_every_respect() {
    assert_eq!(all_at(10, 30).within(span(0, 20)), all_at(10, 20));
    assert_eq!(all_at(10, 30).within(span(40, 50)), Shown::default());
    let late = all_at(10, 30).within(span(20, 50));
    assert_eq!((late.good, late.lost), (vec![span(20, 30)], Vec::new()));
    let both = all_at(10, 20).then(&all_at(20, 30));
    let lost = vec![At(10_000), At(20_000)];
    assert_eq!(both, Shown { lost, ..all_at(10, 30) });
}

#[test]
fn neighbours_are_those_on_the_same_mains_and_not_the_office_itself() {
    let office = |mains: Option<&str>| Reach {
        mains: mains.map(Into::into),
        shown: all_at(10, 20),
        ..Reach::default()
    };
    let reaches: Reaches = [
        ("palaran".into(), office(Some("gardu"))),
        ("sungai".into(), office(Some("gardu"))),
        ("loa".into(), office(Some("other"))),
        ("anggana".into(), office(None)),
    ]
    .into();
    let of = |mains: Option<&str>| {
        let mut setup = setup(None);
        setup.mains = mains.map(Into::into);
        neighbours(&"palaran".into(), &setup, &reaches)
    };
    let found = of(Some("gardu"));
    assert_eq!(found.lost, [("sungai".into(), At(10_000))]);
    assert_eq!(found.present, [("sungai".into(), span(10, 20))]);
    assert_eq!(of(None), Neighbours::default());
}

fn setup(via: Option<&str>) -> Office {
    Office {
        name: "Palaran".into(),
        zone: jiff::tz::TimeZone::UTC,
        calendar: crate::setup::Calendar::default(),
        stations: BTreeMap::new(),
        stations_needed: 1,
        line: Some("line1".into()),
        mains: None,
        via: via.map(Into::into),
        open_after_ms: 0,
        close_after_ms: 0,
        merge_within_ms: 0,
        opening_grace_ms: 0,
        settle_after_ms: 0,
    }
}

/// A fault from second 1000 to 2000, last seen at 1990, that the office alone takes for that kind.
fn fault(kind: Kind) -> Suspect {
    let thing = if kind == Kind::Center { Thing::Center } else { Thing::Path };
    let cause = Cause { kind, sub: None, certainty: Certainty::Likely, thing, why: Vec::new() };
    let station = StationId::from("pc1");
    Suspect { span: span(1_000, 2_000), cause, station, guessed: false, seen: span(1_000, 1_990) }
}

/// What becomes of it: `1000-2000 center!`, with how many offices are named.
fn weighed(kind: Kind, via: Option<&str>, others: &[(&str, Reach)]) -> Vec<String> {
    let reaches: Reaches = others.iter().map(|(id, r)| ((*id).into(), r.clone())).collect();
    let witnesses = Witnesses { reaches: &reaches, own: &OwnLook::default(), own_line: None };
    let made = weigh(&"palaran".into(), &setup(via), witnesses, CYCLE, vec![fault(kind)]);
    let names = |w: &&Why| {
        use Why::{AlsoSeenBy, ContradictedBy, RelayWithoutPower};
        matches!(w, AlsoSeenBy { .. } | ContradictedBy { .. } | RelayWithoutPower { .. })
    };
    let line = |s: &Suspect| {
        let sure = if s.cause.certainty == Certainty::Certain { "!" } else { "" };
        let sub = s.cause.sub.map_or(String::new(), |s| format!("/{}", s.word()));
        let (from, to) = (s.span.from.0 / 1_000, s.span.to.0 / 1_000);
        let named = s.cause.why.iter().filter(names).count();
        format!("{from}-{to} {}{sub}{sure} {named}", s.cause.kind.word())
    };
    let mut lines: Vec<String> = made.iter().map(line).collect();
    lines.sort();
    lines
}

fn bad(line: Option<&str>, from: i64, to: i64) -> Reach {
    let shown = Shown { bad: vec![span(from, to)], ..Shown::default() };
    Reach { line: line.map(Into::into), shown, ..Reach::default() }
}

#[test]
fn alone_a_fault_is_what_the_office_took_it_for() {
    assert_eq!(weighed(Kind::Center, None, &[]), ["1000-2000 center 0"]);
    let others = [("palaran", good(&[(900, 2_100)])), ("sungai", Reach::default())];
    assert_eq!(weighed(Kind::LinkPath, None, &others), ["1000-2000 link.path 0"]);
    let reached = [("sungai", good(&[(900, 2_100)]))];
    assert_eq!(weighed(Kind::LinkProvider, None, &reached), ["1000-2000 link.provider 0"]);
}

#[test]
fn while_another_office_reached_it_it_is_the_path() {
    let all = [("sungai", good(&[(900, 2_100)]))];
    assert_eq!(weighed(Kind::Center, None, &all), ["1000-2000 link.path! 1"]);
    let part = [("sungai", good(&[(900, 1_500)]))];
    let expected = ["1000-1500 link.path! 1", "1500-2000 center 0"];
    assert_eq!(weighed(Kind::Center, None, &part), expected);
    let before = [("sungai", good(&[(900, 1_000)]))];
    assert_eq!(weighed(Kind::Center, None, &before), ["1000-2000 center 0"]);
}

#[test]
fn what_comes_within_two_cycles_of_an_edge_or_of_the_next_reaches_to_it() {
    for (from, to, expected) in [
        (1_030, 1_970, vec!["1000-2000 link.path! 1"]),
        (1_031, 1_970, vec!["1000-1031 center 0", "1031-2000 link.path! 1"]),
        (1_030, 1_969, vec!["1000-1969 link.path! 1", "1969-2000 center 0"]),
    ] {
        assert_eq!(weighed(Kind::Center, None, &[("sungai", good(&[(from, to)]))]), expected);
    }
    let holes = |hole: i64| [("sungai", good(&[(900, 1_500), (1_500 + hole, 2_100)]))];
    assert_eq!(weighed(Kind::Center, None, &holes(30)), ["1000-2000 link.path! 1"]);
    let expected = ["1000-1500 link.path! 1", "1500-1531 center 0", "1531-2000 link.path! 1"];
    assert_eq!(weighed(Kind::Center, None, &holes(31)), expected);
}

#[test]
fn an_office_on_another_line_that_lost_it_too_makes_it_the_center() {
    for line in [Some("line2"), None] {
        let other = [("sungai", bad(line, 900, 1_500))];
        let expected = ["1000-1500 center! 1", "1500-2000 link.path 0"];
        assert_eq!(weighed(Kind::LinkPath, None, &other), expected);
    }
    let same = [("sungai", bad(Some("line1"), 900, 2_100))];
    assert_eq!(weighed(Kind::LinkPath, None, &same), ["1000-2000 link.path 0"]);
    // Who reached it weighs more than who did not.
    let both = [("sungai", bad(None, 900, 2_100)), ("loa", good(&[(900, 1_500)]))];
    let expected = ["1000-1500 link.path! 1", "1500-2000 center! 1"];
    assert_eq!(weighed(Kind::LinkPath, None, &both), expected);
}

#[test]
fn three_offices_are_named_and_no_more() {
    let all = ["a", "b", "c", "d", "e"].map(|id| (id, bad(None, 900, 2_100)));
    assert_eq!(weighed(Kind::Center, None, &all[..2]), ["1000-2000 center! 2"]);
    assert_eq!(weighed(Kind::Center, None, &all), ["1000-2000 center! 3"]);
}

#[test]
fn a_relay_without_power_is_the_path_whoever_else_speaks() {
    let relay = |from, to| {
        let shown = Shown { powerless: vec![span(from, to)], ..Shown::default() };
        Reach { shown, ..Reach::default() }
    };
    let dark = |from, to| [("relay", relay(from, to)), ("sungai", bad(None, 900, 2_100))];
    let made = |from, to| weighed(Kind::LinkPath, Some("relay"), &dark(from, to));
    let whole = ["1000-2000 link.path/relay_without_power! 1"];
    assert_eq!(made(900, 2_100), whole);
    assert_eq!(made(1_030, 1_970), whole, "within two cycles of either edge");
    assert_eq!(
        made(1_031, 1_500),
        [
            "1000-1031 center! 1",
            "1031-1500 link.path/relay_without_power! 1",
            "1500-2000 center! 1"
        ]
    );
    assert_eq!(
        made(1_030, 1_969),
        ["1000-1969 link.path/relay_without_power! 1", "1969-2000 center! 1"]
    );
    // One that is not its relay says nothing by being without power.
    assert_eq!(weighed(Kind::LinkPath, None, &dark(900, 2_100)), ["1000-2000 center! 1"]);
}
