//! Whether the PC was off, ran unobserved or is silent, by what its rows show.

use super::*;
use crate::fact::Saw;
use crate::tape::{CYCLE, LINK, Tape, cycles};

const PENDING: GapKind = GapKind::Unseen { pending: true };
const UNSEEN: GapKind = GapKind::Unseen { pending: false };
const OFF: GapKind = GapKind::Stopped(None);

/// The gaps after the first life, as (from, to, kind) with seconds.
fn gaps_of(tape: &Tape, until_ms: i64) -> Vec<(i64, i64, GapKind)> {
    let trace = tape.trace(until_ms);
    let all = trace.gaps.iter().filter(|g| g.kind != GapKind::NeverHeard);
    all.map(|g| (g.span.from.0 / 1_000, g.span.to.0 / 1_000, g.kind)).collect()
}

/// A run of five readings up to second 160; what it wrote is still in the spool.
fn before() -> Tape {
    let mut tape = Tape::new();
    tape.good(cycles(100_000, 161_000));
    tape
}

/// Another run from second 400 on, in a boot of its own or in the same.
fn and_another(tape: &mut Tape, boots: bool, start: impl FnOnce(&mut Tape)) {
    if boots {
        tape.boot("boot2", 380_000);
    }
    tape.run("run2");
    start(tape);
    tape.good(cycles(400_000, 461_000));
    tape.push(460_000);
}

fn says_nothing(tape: &mut Tape) {
    tape.start(400_000, PreviousEnd::Unclean, None, None);
}

#[test]
fn between_two_boots_the_pc_was_off_and_between_two_runs_of_one_nobody_knows() {
    for (boots, kind) in [(true, OFF), (false, UNSEEN)] {
        let mut tape = before();
        tape.push(160_000);
        and_another(&mut tape, boots, says_nothing);
        assert_eq!(gaps_of(&tape, 461_000), [(160, 400, kind)]);
    }
}

#[test]
fn while_rows_of_the_earlier_run_are_to_come_what_lies_between_is_pending() {
    let mut tape = before();
    tape.withheld(1);
    tape.push(160_000);
    and_another(&mut tape, true, says_nothing);
    assert_eq!(gaps_of(&tape, 461_000), [(160, 400, PENDING)]);
    // The later run may know of rows that nobody else has spoken of.
    for (previous, kind) in [
        (("run1", 5), OFF),
        (("run1", 4), OFF),
        (("run1", 6), PENDING),
        // A run of which nothing has been heard, and one of which all was.
        (("run0", 3), PENDING),
        (("run2", 3), OFF),
    ] {
        let mut tape = before();
        tape.push(160_000);
        and_another(&mut tape, true, |tape| {
            tape.start(400_000, PreviousEnd::Unclean, None, Some(previous));
        });
        assert_eq!(gaps_of(&tape, 461_000), [(160, 400, kind)], "{previous:?}");
    }
}

#[test]
fn a_life_that_nobody_can_place_may_have_been_anywhere_between() {
    for (missing, kind) in [(0, UNSEEN), (2, PENDING)] {
        let mut tape = before();
        tape.push(160_000);
        tape.boot("lost", 0);
        tape.run("between");
        tape.start(10_000, PreviousEnd::Unclean, None, Some(("run1", 5)));
        tape.good([20_000]);
        tape.withheld(missing);
        tape.push_late(460_000);
        and_another(&mut tape, true, says_nothing);
        assert_eq!(gaps_of(&tape, 461_000), [(160, 400, kind)]);
    }
}

#[test]
fn where_the_end_of_a_run_is_gone_nobody_knows_when_it_stopped() {
    let with_gap = |rows: &[(u64, &str)], end: PreviousEnd| {
        let mut tape = before();
        for (count, why) in rows {
            tape.gone(*count, why);
        }
        tape.push(160_000);
        and_another(&mut tape, true, |tape| tape.start(400_000, end, None, None));
        gaps_of(&tape, 461_000)[0].2
    };
    assert_eq!(with_gap(&[], PreviousEnd::Unclean), OFF);
    assert_eq!(with_gap(&[(3, "damaged")], PreviousEnd::Unclean), UNSEEN);
    assert_eq!(with_gap(&[(3, "thinned")], PreviousEnd::Unclean), OFF, "what they saw is told");
    assert_eq!(with_gap(&[], PreviousEnd::Lost), UNSEEN, "nor whether there was more");
    // Rows that are gone before the last one say nothing of the end.
    let mut tape = before();
    tape.gone(2, "damaged");
    tape.good([175_000]);
    tape.push(175_000);
    and_another(&mut tape, true, says_nothing);
    assert_eq!(gaps_of(&tape, 461_000), [(175, 400, OFF)]);
}

#[test]
fn inside_one_run_only_rows_missing_there_are_to_come() {
    // Nothing missing: the agent stood still. Rows missing in it: they will tell. Missing later.
    for (inside, after, kind) in [(0, 0, UNSEEN), (2, 0, PENDING), (0, 2, UNSEEN)] {
        let mut tape = before();
        tape.withheld(inside);
        tape.good(cycles(400_000, 431_000));
        tape.withheld(after);
        tape.good([431_000]);
        tape.push(431_000);
        assert_eq!(gaps_of(&tape, 432_000), [(160, 400, kind)], "{inside} {after}");
    }
}

#[test]
fn rows_missing_beside_a_hole_are_not_rows_of_it() {
    // The first row before it, or the last after it, stands alone between rows that are missing.
    let mut tape = Tape::new();
    tape.withheld(1);
    tape.good([160_000]);
    tape.good([400_000]);
    tape.withheld(2);
    tape.good([415_000]);
    tape.push(415_000);
    assert_eq!(gaps_of(&tape, 416_000), [(160, 400, UNSEEN)]);
}

#[test]
fn what_sleeps_and_wakes_was_asleep_unless_rows_are_missing_there() {
    for (missing, kind) in [(0, GapKind::Stopped(Some(LastWords::Sleep))), (1, PENDING)] {
        let mut tape = before();
        tape.last_words(161_000, LastWords::Sleep);
        tape.withheld(missing);
        tape.good(cycles(400_000, 431_000));
        tape.push(430_000);
        assert_eq!(gaps_of(&tape, 431_000), [(161, 400, kind)]);
    }
}

/// A boot whose last row was made at second 160, and what the next one's log says of its end.
fn logged_as(words: Option<LastWords>, word: &str, at_ms: i64) -> Vec<(i64, i64, GapKind)> {
    let mut tape = before();
    if let Some(words) = words {
        tape.last_words(160_000, words);
    }
    tape.push(160_000);
    let at = jiff::Timestamp::from_millisecond(at_ms).unwrap();
    and_another(&mut tape, true, |tape| {
        tape.start(400_000, PreviousEnd::Unclean, Some(&format!("{word} at {at}")), None);
    });
    gaps_of(&tape, 461_000)
}

#[test]
fn a_logged_end_dates_the_stop_and_the_last_readings_cover_a_little() {
    let near = 5 * CYCLE / 2;
    let orderly = GapKind::Stopped(Some(LastWords::System));
    assert_eq!(logged_as(None, "log ends", 170_000), [(170, 400, OFF)]);
    assert_eq!(logged_as(None, "shutdown", 170_000), [(170, 400, orderly)]);
    assert_eq!(logged_as(None, "log ends", 160_000 + near), [(197, 400, OFF)]);
    let far = [(160, 197, UNSEEN), (197, 400, OFF)];
    assert_eq!(logged_as(None, "log ends", 160_000 + near + 1), far);
    // Its last words prove that the PC went on, and nothing covers that.
    let agent = Some(LastWords::Agent);
    assert_eq!(logged_as(agent, "shutdown", 170_000), [(160, 170, UNSEEN), (170, 400, orderly)]);
    assert_eq!(logged_as(agent, "shutdown", 399_999), [(160, 399, UNSEEN), (399, 400, orderly)]);
}

#[test]
fn a_logged_end_at_an_edge_of_the_gap_is_not_believed() {
    for at_ms in [159_000, 160_000, 400_000, 401_000] {
        assert_eq!(logged_as(None, "shutdown", at_ms), [(160, 400, OFF)], "{at_ms}");
    }
}

#[test]
fn after_its_last_row_a_pc_is_covered_a_while_and_then_silent() {
    let mut tape = before();
    tape.push(160_000);
    let silent = GapKind::Silent { agent: false };
    let near = 160_000 + 5 * CYCLE / 2;
    assert_eq!(gaps_of(&tape, 160_000), []);
    assert_eq!(gaps_of(&tape, near), []);
    assert_eq!(gaps_of(&tape, near + 1_000), [(160, 198, silent)]);
    for (words, kind) in [
        (LastWords::System, GapKind::Stopped(Some(LastWords::System))),
        (LastWords::Sleep, GapKind::Stopped(Some(LastWords::Sleep))),
        (LastWords::Agent, GapKind::Silent { agent: true }),
    ] {
        let mut tape = tape.clone();
        tape.last_words(160_500, words);
        tape.push(160_500);
        assert_eq!(gaps_of(&tape, 161_000), [(160, 161, kind)]);
    }
}

#[test]
fn before_its_first_row_a_station_was_never_heard_for_all_time() {
    let mut tape = before();
    assert_eq!(tape.trace(90_000).gaps.len(), 1);
    assert_eq!(tape.trace(90_000).gaps[0].after, None);
    tape.push(160_000);
    let trace = tape.trace(161_000);
    let [never] = trace.gaps.as_slice() else { panic!("{:?}", trace.gaps) };
    assert_eq!((never.kind, never.before, never.after), (GapKind::NeverHeard, None, Some(0)));
    assert!(never.span.contains(At(-1_000_000_000_000)) && never.span.to == At(100_000));
    // One that speaks of nothing that is needed is heard all the same.
    let mut tape = Tape::new();
    tape.say(100_000, "host.cpu", Saw::Answered);
    tape.push(100_000);
    assert_eq!(tape.trace(100_500).series.len(), 1);
    assert!(!tape.trace(100_500).series.contains_key(&LINK.into()));
}
