//! When the collector is taken for blind, and what a silence says after it.

use super::*;
use crate::cross::Reach;

const CYCLE: i64 = 15_000;

/// Offices, each with its line and the second since which it is silent.
fn reaches(offices: &[(Option<&str>, Option<i64>)]) -> Reaches {
    let made = offices.iter().enumerate().map(|(n, (line, since))| {
        let silent_since = since.map(|s| At(s * 1_000));
        let line = line.map(Into::into);
        let id = format!("office{n}");
        (id.as_str().into(), Reach { line, silent_since, ..Reach::default() })
    });
    made.collect()
}

fn lost(offices: &[(Option<&str>, Option<i64>)]) -> Option<At> {
    lost_together(&reaches(offices), &[], CYCLE, At(2_000_000))
}

#[test]
fn three_offices_on_different_lines_and_more_than_half_are_lost_together() {
    let (a, b, c) = ((Some("a"), Some(1_000)), (Some("b"), Some(1_010)), (Some("c"), Some(1_015)));
    let heard = (Some("d"), None);
    assert_eq!(lost(&[a, b, c]), Some(At(1_000_000)));
    assert_eq!(lost(&[a, b, c, heard, heard]), Some(At(1_000_000)));
    assert_eq!(lost(&[a, b, c, heard, heard, heard]), None, "half is not more than half");
    assert_eq!(lost(&[a, b, heard]), None);
    assert_eq!(lost(&[a, b, (Some("b"), Some(1_015)), heard]), None, "two lines");
    // Offices without a named line have one of their own.
    assert_eq!(lost(&[a, (None, Some(1_010)), (None, Some(1_015))]), Some(At(1_000_000)));
    assert_eq!(lost(&[a, b, (Some("c"), Some(1_016))]), None, "not within a cycle");
    // One that fell silent long before is not of them.
    let early = (Some("e"), Some(500));
    assert_eq!(lost(&[early, a, b, c]), Some(At(1_000_000)));
}

#[test]
fn a_silence_from_before_the_end_of_a_known_blindness_is_no_news() {
    let three = |since| {
        reaches(&[(Some("a"), Some(since)), (Some("b"), Some(since)), (Some("c"), Some(since))])
    };
    // Blind for 100 s: agents may wait for 16 times that and a cycle, until 1100 + 1840.
    let blind = [Span::new(At(1_000_000), At(1_100_000))];
    let lost =
        |since, now: i64| lost_together(&three(since), &blind, CYCLE, At(now * 1_000)).is_some();
    assert!(!lost(1_050, 1_200) && !lost(900, 1_200) && !lost(1_099, 1_200));
    assert!(lost(1_100, 1_200), "it fell silent after the end");
    assert!(!lost(1_050, 2_899) && lost(1_050, 2_900), "they must have tried by then");
    assert!(lost(900, 999) && !lost(900, 1_000), "a blindness to come says nothing");
}

fn gap(kind: GapKind, after: Option<usize>) -> GapSpan {
    GapSpan { span: Span::new(At(1_000_000), At(2_000_000)), kind, before: Some(0), after }
}

const SILENT: GapKind = GapKind::Silent { agent: false };

#[test]
fn only_what_may_still_be_heard_of_waits() {
    let blind = [Span::new(At(1_500_000), At(1_510_000))];
    let waits = |kind, after| !meaningless(&gap(kind, after), 0, &blind, CYCLE).is_empty();
    assert!(waits(SILENT, None) && waits(GapKind::Silent { agent: true }, None));
    assert!(waits(GapKind::Unseen { pending: true }, Some(1)));
    assert!(!waits(GapKind::Unseen { pending: false }, Some(1)));
    assert!(!waits(GapKind::NeverHeard, Some(0)));
    assert!(waits(GapKind::Stopped(None), None) && !waits(GapKind::Stopped(None), Some(1)));
}

#[test]
fn a_silence_waits_from_the_blindness_or_where_it_was_too_young_from_its_beginning() {
    let waits = |from: i64, to: i64, hole_ms| {
        let blind = [Span::new(At(from * 1_000), At(to * 1_000))];
        let made = meaningless(&gap(SILENT, None), hole_ms, &blind, CYCLE);
        made.iter().map(|s| (s.from.0 / 1_000, s.to.0 / 1_000)).collect::<Vec<_>>()
    };
    // Ten seconds and a cycle, sixteen times.
    assert_eq!(waits(1_500, 1_510, 0), [(1_500, 1_910)]);
    assert_eq!(waits(1_040, 1_050, 40_000), [(1_000, 1_450)]);
    assert_eq!(waits(1_041, 1_051, 40_000), [(1_041, 1_451)]);
    // Half an hour is the longest.
    assert_eq!(waits(1_500, 1_900, 0), [(1_500, 3_700)]);
    // One that is over as the silence begins, or begins as it ends, says nothing of it.
    assert_eq!(waits(900, 1_000, 0), []);
    assert_eq!(waits(2_000, 2_100, 0), []);
    assert_eq!(waits(900, 1_001, 0), [(1_000, 2_801)]);
}

#[test]
fn the_collectors_life_makes_spans_in_which_it_could_not_see() {
    let mut memory = LifeMemory::default();
    let mut at = |second: i64, life: Life| {
        take(&mut memory, At(second * 1_000), life, CYCLE);
        let blind: Vec<(i64, i64)> =
            memory.blind.iter().map(|s| (s.from.0 / 1_000, s.to.0 / 1_000)).collect();
        (blind, memory.blind_since.map(|s| s.0 / 1_000), memory.canary_lost)
    };
    assert_eq!(at(10, Life::Started { last_alive: None }), (vec![], None, false));
    assert_eq!(at(20, Life::Canary { ok: false }), (vec![], Some(20), true));
    assert_eq!(at(30, Life::Canary { ok: false }), (vec![], Some(20), true));
    assert_eq!(at(40, Life::Canary { ok: true }), (vec![(20, 40)], None, false));
    assert_eq!(at(50, Life::Canary { ok: false }), (vec![(20, 40)], Some(50), true));
    assert_eq!(at(60, Life::Stopping), (vec![(20, 40)], Some(50), true));
    // It starts anew and knows nothing of its canary.
    let start = Life::Started { last_alive: Some(At(65_000)) };
    assert_eq!(at(90, start), (vec![(20, 40), (50, 90)], None, false));
    assert_eq!(at(200, Life::ClockStepped { by_ms: 5_000 }).0[2], (195, 245));
    assert_eq!(at(400, Life::ClockStepped { by_ms: -5_000 }).0[3], (400, 445));
}
