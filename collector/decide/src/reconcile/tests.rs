//! What is a correction, what has to be stored again, and which entry is which.

use super::*;
use crate::cause::{Cause, Certainty, Kind, Sub, Thing};
use crate::outage::{CauseSpan, Told};

fn when(lo: i64, hi: i64) -> When {
    When { lo: At(lo), hi: At(hi) }
}

fn charge(from: i64, to: i64) -> Charge {
    let why = vec![Why::NoUpsSeen];
    let (kind, thing) = (Kind::LinkProvider, Thing::Line);
    let cause = Cause { kind, sub: None, certainty: Certainty::Certain, thing, why };
    Charge { span: Span::new(At(from), At(to)), cause, planned: false, guessed: false }
}

/// An outage of two charges, from 10 to 40 s, that lasts.
fn lasting() -> Outage {
    let charges = vec![charge(10_000, 20_000), charge(30_000, 40_000)];
    Outage {
        id: "palaran-1".into(),
        office: "palaran".into(),
        from: When::exact(At(10_000)),
        to: None,
        timeline: vec![CauseSpan {
            span: Span::new(At(10_000), At(40_000)),
            cause: charges[0].cause.clone(),
        }],
        charges,
        provisional: false,
        void: false,
        downtime_ms: 20_000,
        told: Told::default(),
        acknowledged: None,
        expected_back: None,
    }
}

/// The same when it has ended.
fn over() -> Outage {
    Outage { to: Some(When::exact(At(40_000))), ..lasting() }
}

/// An entry changed in one way.
fn but(entry: Outage, change: impl FnOnce(&mut Outage)) -> Outage {
    let mut entry = entry;
    change(&mut entry);
    entry
}

/// Whether the second says something else than the first, and whether it has to be stored.
fn news(old: &Outage, new: &Outage) -> (bool, bool) {
    (is_corrected(old, new), is_changed(old, new))
}

const NOTHING: (bool, bool) = (false, false);
const REFINED: (bool, bool) = (false, true);
const CORRECTED: (bool, bool) = (true, true);

#[test]
fn that_time_goes_on_is_no_news() {
    assert_eq!(news(&lasting(), &lasting()), NOTHING);
    assert_eq!(news(&over(), &over()), NOTHING);
    let later = but(lasting(), |o| {
        o.charges[1].span.to = At(55_000);
        o.timeline[0].span.to = At(55_000);
        o.downtime_ms = 35_000;
    });
    assert_eq!(news(&lasting(), &later), NOTHING);
}

#[test]
fn that_an_outage_ends_is_stored_and_no_correction_and_that_it_has_not_is_one() {
    assert_eq!(news(&lasting(), &over()), REFINED);
    assert_eq!(news(&over(), &lasting()), CORRECTED);
}

#[test]
fn an_edge_that_moves_by_a_second_is_a_correction() {
    for entry in [lasting(), over()] {
        for (from, expected) in [
            (when(10_000, 10_999), REFINED),
            (when(9_001, 10_000), REFINED),
            (when(9_000, 10_000), CORRECTED),
            (when(10_000, 11_000), CORRECTED),
            (when(11_000, 11_000), CORRECTED),
        ] {
            let moved = but(entry.clone(), |o| o.from = from);
            assert_eq!(news(&entry, &moved), expected, "{from:?}");
        }
    }
    for (to, expected) in [
        (when(40_000, 40_999), REFINED),
        (when(39_000, 40_000), CORRECTED),
        (when(40_000, 41_000), CORRECTED),
    ] {
        let moved = but(over(), |o| o.to = Some(to));
        assert_eq!(news(&over(), &moved), expected, "{to:?}");
    }
}

#[test]
fn an_edge_between_two_charges_counts_like_one_of_the_outage() {
    for entry in [lasting(), over()] {
        for (moved_ms, expected) in [(999, REFINED), (1_000, CORRECTED), (-1_000, CORRECTED)] {
            let from = but(entry.clone(), |o| o.charges[1].span.from.0 += moved_ms);
            assert_eq!(news(&entry, &from), expected, "{moved_ms}");
            let to = but(entry.clone(), |o| o.charges[0].span.to.0 += moved_ms);
            assert_eq!(is_corrected(&entry, &to), expected.0, "{moved_ms}");
        }
    }
    // The last one ends with the outage, and goes on while that lasts.
    let last = |entry: Outage| but(entry, |o| o.charges[1].span.to.0 += 1_000);
    assert!(!is_corrected(&lasting(), &last(lasting())));
    assert!(is_corrected(&over(), &last(over())));
}

#[test]
fn a_further_charge_is_news_of_an_outage_that_is_over_and_no_correction_of_one_that_lasts() {
    let further = |entry: Outage| but(entry, |o| o.charges.push(charge(50_000, 60_000)));
    assert_eq!(news(&lasting(), &further(lasting())), REFINED);
    assert_eq!(news(&over(), &further(over())), CORRECTED);
    let fewer = |entry: Outage| but(entry, |o| o.charges.truncate(1));
    assert_eq!(news(&lasting(), &fewer(lasting())), CORRECTED);
    assert_eq!(news(&over(), &fewer(over())), CORRECTED);
}

#[test]
fn another_cause_is_a_correction_and_other_evidence_for_it_is_not() {
    type Change = fn(&mut Outage);
    let causes: [Change; 7] = [
        |o| o.charges[0].planned = true,
        |o| o.charges[0].guessed = true,
        |o| o.charges[0].cause.kind = Kind::Power,
        |o| o.charges[1].cause.sub = Some(Sub::WithMains),
        |o| o.charges[1].cause.certainty = Certainty::Likely,
        |o| o.charges[1].cause.thing = Thing::Path,
        |o| o.provisional = true,
    ];
    for entry in [lasting(), over()] {
        for change in causes {
            let changed = but(entry.clone(), change);
            assert_eq!(news(&entry, &changed), CORRECTED, "{changed:?}");
        }
        let why = but(entry.clone(), |o| o.charges[1].cause.why.clear());
        assert_eq!(news(&entry, &why), REFINED);
        let more = but(entry.clone(), |o| o.timeline.push(o.timeline[0].clone()));
        assert_eq!(news(&entry, &more), REFINED);
    }
}

fn kept(outage: Outage) -> Kept {
    Kept { outage, first_contact: None, late: false, said: None }
}

fn spanning(from: i64, to: Option<i64>) -> Outage {
    let to = to.map(|to| When::exact(At(to)));
    Outage { from: When::exact(At(from)), to, ..lasting() }
}

#[test]
fn entries_lie_over_each_other_from_edge_to_edge_and_lasting_ones_to_the_present() {
    let now = At(100);
    let over = |a: (i64, Option<i64>), b: (i64, Option<i64>)| {
        let (a, b) = (spanning(a.0, a.1), spanning(b.0, b.1));
        assert_eq!(overlap_ms(&a, &b, now), overlap_ms(&b, &a, now));
        overlap_ms(&a, &b, now)
    };
    assert_eq!(over((10, Some(30)), (20, Some(50))), 10);
    assert_eq!(over((10, Some(30)), (30, Some(50))), 0);
    assert_eq!(over((10, Some(30)), (45, Some(50))), -15);
    assert_eq!(over((10, None), (90, Some(95))), 5);
    assert_eq!(over((10, None), (90, None)), 11, "one that begins now lies over it too");
}

/// Old entries and new ones, and which is which.
fn chosen(olds: Vec<Outage>, new: &[Outage]) -> Vec<(usize, usize)> {
    let mut chosen = choose(&olds.into_iter().map(kept).collect::<Vec<Kept>>(), new, At(100));
    chosen.sort_unstable();
    chosen
}

#[test]
fn the_longest_over_each_other_are_the_same_entry_and_of_two_alike_the_older() {
    let new = [spanning(10, Some(20)), spanning(25, Some(60))];
    assert_eq!(chosen(vec![spanning(10, Some(60))], &new), [(0, 1)]);
    let two = || vec![spanning(10, Some(30)), spanning(30, Some(50))];
    assert_eq!(chosen(two(), &[spanning(20, Some(40))]), [(0, 0)]);
    assert_eq!(chosen(two(), &[spanning(21, Some(41))]), [(1, 0)]);
    assert_eq!(chosen(two(), &[spanning(12, Some(22)), spanning(34, Some(44))]), [(0, 0), (1, 1)]);
    // One that only touches is the same; one that does not is another.
    assert_eq!(chosen(vec![spanning(10, Some(30))], &[spanning(30, Some(50))]), [(0, 0)]);
    assert_eq!(chosen(vec![spanning(10, Some(30))], &[spanning(31, Some(50))]), []);
    let void = Outage { void: true, ..spanning(10, Some(30)) };
    assert_eq!(chosen(vec![void], &[spanning(10, Some(30))]), []);
}

#[test]
fn what_people_know_of_and_what_lasts_keeps_its_id() {
    let new = [spanning(10, Some(60)), spanning(70, None)];
    let told = |to, ended| {
        let told = Told { opened: Some(At(20)), cause: None, ended };
        Outage { told, ..spanning(10, to) }
    };
    assert_eq!(chosen(vec![told(None, None)], &new), [(0, 1)]);
    assert_eq!(chosen(vec![told(Some(95), None)], &new), [(0, 0)], "it is over");
    assert_eq!(chosen(vec![told(None, Some(At(90)))], &new), [(0, 0)], "so they were told");
    assert_eq!(chosen(vec![spanning(10, None)], &new), [(0, 0)], "nobody was told");
    // The one that lasts goes to the one that was told, though another lies longer over it.
    let olds = vec![spanning(5, None), Outage { from: When::exact(At(80)), ..told(None, None) }];
    assert_eq!(chosen(olds, &[spanning(5, None)]), [(1, 0)]);
}

#[test]
fn what_lies_before_what_is_still_judged_is_settled() {
    let over = kept(over());
    assert!(is_settled(&over, Some(At(40_000))));
    assert!(!is_settled(&over, Some(At(39_999))));
    assert!(!is_settled(&over, None) && !is_settled(&kept(lasting()), Some(At(90_000))));
}

#[test]
fn what_is_void_holds_nothing() {
    let made = emptied(Outage { provisional: true, ..lasting() });
    assert_eq!((made.to, made.downtime_ms), (Some(made.from), 0));
    assert!(made.void && !made.provisional && made.charges.is_empty() && made.timeline.is_empty());
}

#[test]
fn evidence_is_named_once_and_a_plan_where_it_covers_planned_time() {
    let mut entry = lasting();
    entry.charges[1].cause.why.push(Why::SplitFrom { outage: "palaran-2".into() });
    let split = Why::SplitFrom { outage: "palaran-2".into() };
    assert_eq!(evidence(&entry), [Why::NoUpsSeen, split]);
    entry.charges[0].planned = true;
    let plan = |from, to| Plan {
        scope: crate::input::PlanScope::Center,
        span: Span::new(At(from), At(to)),
        by: "sari".into(),
        reason: "kabel".into(),
    };
    let (over, beside) = (plan(19_000, 25_000), plan(20_000, 35_000));
    let says = Why::Staff { text: "sari: kabel".into() };
    assert_eq!(plans_over(&entry, &[&beside, &over, &beside]), [says]);
}
