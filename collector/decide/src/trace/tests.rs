//! When an agent lived, what its probes said, and what counts as said.

use super::*;
use crate::fact::{LastWords, Saw};
use crate::tape::{CYCLE, LINK, Tape, cycles, key};

const NEAR: i64 = 5 * CYCLE / 2;

/// Where the pieces of the needed probe begin and how far they cover.
fn covers(tape: &Tape, until_ms: i64) -> Vec<(i64, i64)> {
    let trace = tape.trace(until_ms);
    let pieces = &trace.series[&ProbeName::from(LINK)].pieces;
    pieces.iter().map(|p| (p.from.0, p.to.0)).collect()
}

#[test]
fn a_reading_covers_up_to_the_next_or_not_at_all() {
    for (next, covered) in [(160_000 + NEAR, 160_000 + NEAR), (160_001 + NEAR, 160_000)] {
        let mut tape = Tape::new();
        tape.good([130_000, 145_000, 160_000]);
        tape.say(next, LINK, Saw::Timeout);
        tape.push(next);
        assert_eq!(covers(&tape, next), [(130_000, covered), (next, next)]);
    }
}

#[test]
fn a_slow_probe_covers_two_and_a_half_of_its_own_periods() {
    for (next, covered) in [(370_000, 370_000), (370_001, 220_000)] {
        let mut tape = Tape::new();
        tape.good([100_000, 160_000, 220_000]);
        tape.say(next, LINK, Saw::Timeout);
        tape.push(next);
        assert_eq!(covers(&tape, next)[0], (100_000, covered));
    }
}

#[test]
fn the_newest_row_covers_the_present_a_while_and_each_probe_as_it_asks() {
    let mut tape = Tape::new();
    for at in cycles(100_000, 221_000) {
        tape.say(at, "link.gateway", Saw::Answered);
        if (at - 100_000) % 60_000 == 0 {
            tape.good([at]);
        }
    }
    tape.push(220_000);
    let life = |until: i64| tape.trace(until).alive[0];
    assert_eq!(life(220_000 + NEAR).span.to, At(220_000 + NEAR));
    assert_eq!(life(220_001 + NEAR).span.to, At(220_000));
    // What had not happened yet is no part of it, but it is not cut either.
    assert_eq!(life(150_000).span.to, At(220_000));
    let to = |probe: &str, until: i64| {
        let trace = tape.trace(until);
        trace.series[&ProbeName::from(probe)].pieces.last().map(|p| p.to)
    };
    assert_eq!(to(LINK, 220_000 + NEAR), Some(At(220_000 + NEAR)));
    assert_eq!(to("link.gateway", 220_000 + NEAR), Some(At(220_000 + NEAR)));
    // One that asks seldom still speaks for what others show to live.
    for at in cycles(235_000, 361_000) {
        tape.say(at, "link.gateway", Saw::Answered);
    }
    tape.push(355_000);
    let to = |until: i64| {
        let trace = tape.trace(until);
        trace.series[&ProbeName::from(LINK)].pieces.last().map(|p| p.to)
    };
    assert_eq!(to(370_000), Some(At(370_000)));
    assert_eq!(to(370_001), Some(At(355_000)));
}

#[test]
fn after_last_words_nothing_covers_the_present() {
    let mut tape = Tape::new();
    tape.good(cycles(100_000, 161_000));
    tape.last_words(161_000, LastWords::System);
    tape.push(161_000);
    assert_eq!(tape.trace(162_000).alive[0].span.to, At(161_000));
}

#[test]
fn a_run_too_young_to_show_its_rhythm_has_that_of_the_one_before() {
    let mut tape = Tape::new();
    tape.good([100_000, 160_000, 220_000]);
    tape.push(220_000);
    tape.run("run2");
    tape.good([300_000]);
    tape.push(300_000);
    assert_eq!(tape.trace(301_000).alive[1].hole_ms, 150_000);
}

#[test]
fn lives_never_overlap_and_the_later_one_gives_way() {
    let mut tape = Tape::new();
    tape.good(cycles(100_000, 161_000));
    tape.push(160_000);
    tape.boot("boot2", 120_000);
    tape.run("run2");
    tape.good([150_000, 165_000]);
    tape.push(165_000);
    let spans: Vec<(i64, i64)> =
        tape.trace(166_000).alive.iter().map(|a| (a.span.from.0, a.span.to.0)).collect();
    assert_eq!(spans, [(100_000, 160_000), (160_000, 166_000)]);
}

/// Pieces of one run, back to back: readings of that meaning, that often, a cycle apart.
fn series(parts: &[(Saw, u32)]) -> Series<'static> {
    let mut tape = Tape::new();
    let mut at = 100_000;
    for (saw, count) in parts {
        for _ in 0..*count {
            tape.say(at, LINK, saw.clone());
            at += CYCLE;
        }
    }
    tape.push(at - CYCLE);
    owned(&tape, at - CYCLE)
}

/// The same, apart from what it was read from.
fn owned(tape: &Tape, until_ms: i64) -> Series<'static> {
    let trace = tape.trace(until_ms);
    let series = &trace.series[&ProbeName::from(LINK)];
    let own = |p: &Piece| Piece {
        from: p.from,
        last: p.last,
        to: p.to,
        hole_ms: p.hole_ms,
        meaning: p.meaning,
        blip: p.blip,
        fact: Told::Waiting(Box::new((*p.fact).clone())),
    };
    Series { about: series.about, pieces: series.pieces.iter().map(own).collect() }
}

fn nth(n: i64) -> At {
    At(100_000 + n * CYCLE)
}

fn unreadable() -> Saw {
    Saw::Unreadable("denied".into())
}

fn blips(parts: &[(Saw, u32)]) -> Vec<bool> {
    series(parts).pieces.iter().map(|p| p.blip).collect()
}

#[test]
fn one_bad_reading_is_a_blip_and_two_in_a_row_are_not() {
    use Saw::{Answered, Refused, Timeout};
    assert_eq!(blips(&[(Answered, 3), (Timeout, 1), (Answered, 3)]), [false, true, false]);
    assert_eq!(blips(&[(Answered, 3), (Timeout, 2), (Answered, 3)]), [false; 3]);
    assert_eq!(blips(&[(Answered, 3), (Timeout, 1), (Refused, 1)]), [false; 3]);
    let between = [(Answered, 3), (Timeout, 1), (unreadable(), 2), (Refused, 1), (Answered, 1)];
    assert_eq!(blips(&between), [false; 5], "unreadable ones are not counted");
    let one = [(Timeout, 1), (unreadable(), 2), (Answered, 1), (Refused, 1)];
    assert_eq!(blips(&one), [true, false, false, true]);
}

/// Whether a bad reading that is the last of one run and one that is the first of the next make a
/// row, so many milliseconds apart.
fn row_across(apart_ms: i64) -> bool {
    let mut tape = Tape::new();
    tape.good([100_000, 115_000]);
    tape.say(130_000, LINK, Saw::Timeout);
    tape.push(130_000);
    tape.run("run2");
    tape.say(130_000 + apart_ms, LINK, Saw::Timeout);
    tape.good([130_000 + apart_ms + CYCLE]);
    tape.push(130_000 + apart_ms + CYCLE);
    let pieces = owned(&tape, 130_000 + apart_ms + CYCLE).pieces;
    let bad: Vec<bool> =
        pieces.iter().filter(|p| p.meaning == Meaning::Bad).map(|p| p.blip).collect();
    assert_eq!(bad[0], bad[1]);
    !bad[0]
}

#[test]
fn a_row_of_two_goes_on_across_an_agent_that_came_back_at_once() {
    assert!(row_across(CYCLE) && row_across(NEAR));
    assert!(!row_across(NEAR + 1) && !row_across(600_000));
    // Each of two that are far apart, with nothing readable between, is alone.
    let mut tape = Tape::new();
    tape.say(100_000, LINK, unreadable());
    tape.push(100_000);
    tape.run("run2");
    tape.say(300_000, LINK, Saw::Timeout);
    tape.push(300_000);
    let blips: Vec<bool> = owned(&tape, 300_000).pieces.iter().map(|p| p.blip).collect();
    assert_eq!(blips, [false, true]);
}

#[test]
fn a_blip_counts_as_what_went_before_and_else_as_what_comes_after() {
    use Saw::{Answered, Timeout};
    let at = |parts: &[(Saw, u32)], n| series(parts).at(nth(n)).map(|(meaning, _)| meaning);
    let between = [(Answered, 2), (Timeout, 1), (unreadable(), 3)];
    assert_eq!(at(&between, 2), Some(Meaning::Good));
    assert_eq!(at(&[(unreadable(), 2), (Timeout, 1), (Answered, 2)], 2), Some(Meaning::Unreadable));
    assert_eq!(at(&[(Timeout, 1), (Answered, 2)], 0), Some(Meaning::Good));
    assert_eq!(at(&[(Answered, 2), (Timeout, 2)], 2), Some(Meaning::Bad));
    assert_eq!(at(&[(Answered, 2)], -1), None);
    assert_eq!(at(&[(Answered, 2)], 3), None);
    // One that is alone in its run says nothing, whatever another run said.
    let mut tape = Tape::new();
    tape.good([85_000]);
    tape.push(85_000);
    tape.run("run2");
    tape.say(100_000, LINK, Saw::Timeout);
    tape.push(100_000);
    tape.run("run3");
    tape.good([115_000, 130_000]);
    tape.push(130_000);
    let mut series = owned(&tape, 130_000);
    series.pieces[0].to = At(100_000);
    series.pieces[1].to = At(115_000);
    assert_eq!(series.at(At(100_000)).map(|(m, _)| m), Some(Meaning::Unreadable));
    // Nor does one that a hole parts from its neighbours.
    let mut series = owned_blip();
    assert_eq!(series.at(nth(2)).map(|(m, _)| m), Some(Meaning::Good));
    series.pieces[0].to = series.pieces[0].last;
    assert_eq!(series.at(nth(2)).map(|(m, _)| m), Some(Meaning::Unreadable));
    series.pieces[2].meaning = Meaning::Good;
    assert_eq!(series.at(nth(2)).map(|(m, _)| m), Some(Meaning::Good), "it comes after");
    series.pieces[2].from = series.pieces[2].from + 1;
    assert_eq!(series.at(nth(2)).map(|(m, _)| m), Some(Meaning::Unreadable));
}

fn owned_blip() -> Series<'static> {
    series(&[(Saw::Answered, 2), (Saw::Timeout, 1), (unreadable(), 3)])
}

#[test]
fn bad_stretches_that_touch_are_one_and_blips_are_none() {
    use Saw::{Answered, Refused, Timeout};
    let parts =
        [(Answered, 2), (Timeout, 2), (Refused, 2), (Answered, 2), (Timeout, 1), (Answered, 1)];
    let series = series(&parts);
    assert_eq!(series.bad(Span::new(nth(0), nth(20))), [Span::new(nth(2), nth(6))]);
    assert_eq!(series.bad(Span::new(nth(4), nth(4))), [Span::new(nth(2), nth(6))]);
    assert_eq!(series.bad(Span::new(nth(5), nth(20))), [Span::new(nth(4), nth(6))]);
    assert_eq!(series.bad(Span::new(nth(7), nth(20))), []);
    let mut torn = series.clone();
    torn.pieces[1].to = torn.pieces[1].last;
    let expected = [Span::new(nth(2), nth(3)), Span::new(nth(4), nth(6))];
    assert_eq!(torn.bad(Span::new(nth(0), nth(20))), expected);
}

#[test]
fn pieces_touch_a_span_from_end_to_beginning() {
    let series = series(&[(Saw::Answered, 2), (Saw::Timeout, 2), (Saw::Answered, 2)]);
    let touching = |from, to| series.touching(Span::new(nth(from), nth(to))).count();
    assert_eq!([touching(0, 5), touching(2, 4), touching(3, 3)], [3, 3, 1]);
    assert_eq!([touching(-3, -1), touching(-3, 0), touching(4, 9), touching(6, 9)], [0, 1, 2, 0]);
}

#[test]
fn the_last_good_reading_before_an_instant_is_found_behind_bad_ones() {
    let series = series(&[(Saw::Answered, 3), (Saw::Timeout, 2), (Saw::Answered, 2)]);
    let before = |n| series.good_before(nth(n));
    assert_eq!([before(0), before(1), before(4)], [None, Some(nth(1)), Some(nth(2))]);
    assert_eq!([before(5), before(6), before(9)], [Some(nth(2)), Some(nth(6)), Some(nth(6))]);
}

#[test]
fn a_row_that_waits_for_others_says_already_what_it_saw() {
    let mut tape = Tape::new();
    tape.good(cycles(100_000, 131_000));
    tape.withheld(1);
    tape.say(145_000, LINK, Saw::Timeout);
    tape.push(145_000);
    let series = owned(&tape, 145_000);
    assert_eq!(series.pieces.len(), 2);
    assert!(matches!(
        tape.trace(145_000).series[&ProbeName::from(LINK)].pieces[1].fact,
        Told::Waiting(_)
    ));
    assert_eq!(tape.trace(145_000).station, key().station);
}
