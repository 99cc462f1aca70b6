//! What a station can do, stretch by stretch.

use super::*;
use crate::fact::{PreviousEnd, Saw};
use crate::tape::{CYCLE, LINK, Tape, cycles};

use StationState::{Down, NeverHeard, Serving, Silent, Stopped, Unseen, Unsure};

/// The stretches from the first row on, as (from, to, state) with seconds.
fn states_of(tape: &Tape, needs: &[&str], until_ms: i64) -> Vec<(i64, i64, StationState)> {
    let needs: Vec<ProbeName> = needs.iter().map(|n| (*n).into()).collect();
    let made = states(&tape.trace(until_ms), &needs);
    assert_eq!(made[0].state, NeverHeard);
    for pair in made.windows(2) {
        assert_eq!(pair[0].span.to, pair[1].span.from, "{made:?}");
    }
    made[1..].iter().map(|s| (s.span.from.0 / 1_000, s.span.to.0 / 1_000, s.state)).collect()
}

#[test]
fn it_serves_while_all_that_it_needs_is_good() {
    let mut tape = Tape::new();
    for at in cycles(100_000, 400_000) {
        let link = if (200_000..260_000).contains(&at) { Saw::Timeout } else { Saw::Answered };
        let scanner = if at < 300_000 { Saw::Answered } else { Saw::Unreadable("x".into()) };
        tape.say(at, LINK, link);
        tape.say(at, "device.scanner", scanner);
    }
    tape.push(385_000);
    let link = [(100, 205, Serving), (205, 265, Down), (265, 390, Serving)];
    assert_eq!(states_of(&tape, &[LINK], 390_000), link);
    let both = [(100, 205, Serving), (205, 265, Down), (265, 310, Serving), (310, 390, Unsure)];
    assert_eq!(states_of(&tape, &[LINK, "device"], 390_000), both);
    assert_eq!(states_of(&tape, &["device", LINK], 390_000), both);
    // What is needed and never asked, and nothing needed at all, is not known.
    assert_eq!(states_of(&tape, &[LINK, "power"], 390_000)[0], (100, 205, Unsure));
    assert_eq!(states_of(&tape, &[LINK, "power"], 390_000)[1], (205, 265, Down));
    assert_eq!(states_of(&tape, &["power", LINK], 390_000)[0], (100, 205, Unsure));
    assert_eq!(states_of(&tape, &[], 390_000), [(100, 390, Unsure)]);
}

#[test]
fn of_two_probes_of_one_need_both_count() {
    let mut tape = Tape::new();
    for at in cycles(100_000, 200_000) {
        tape.say(at, "link.datacenter.tcp", Saw::Answered);
        tape.say(at, "link.datacenter.tls", Saw::Unreadable("x".into()));
    }
    tape.push(190_000);
    assert_eq!(states_of(&tape, &[LINK], 191_000), [(100, 191, Unsure)]);
}

/// A PC that stopped at second 160, whose agent speaks again at 400 and asks what is needed so many
/// milliseconds later.
fn back_after(ms: i64) -> Vec<(i64, i64, StationState)> {
    let mut tape = Tape::new();
    tape.good(cycles(100_000, 161_000));
    tape.push(160_000);
    tape.boot("boot2", 380_000);
    tape.run("run2");
    tape.start(400_000, PreviousEnd::Unclean, None, None);
    for at in cycles(400_000, 400_000 + ms) {
        tape.say(at, "host.cpu", Saw::Answered);
    }
    tape.good(cycles(400_000 + ms, 400_000 + ms + 60_000));
    tape.push(400_000 + ms + 45_000);
    states_of(&tape, &[LINK], 400_000 + ms + 50_000)
}

#[test]
fn a_stop_lasts_to_the_first_reading_of_what_is_needed_where_that_comes_soon() {
    let hole = 5 * CYCLE / 2;
    assert_eq!(back_after(0), [(100, 160, Serving), (160, 400, Stopped), (400, 450, Serving)]);
    assert_eq!(back_after(9_000)[1..], [(160, 409, Stopped), (409, 459, Serving)]);
    assert_eq!(back_after(hole)[1], (160, 437, Stopped));
    let late = [(160, 400, Stopped), (400, 438, Unsure), (438, 488, Serving)];
    assert_eq!(back_after(hole + 1_000)[1..], late);
}

#[test]
fn gaps_of_either_kind_are_stretches_of_their_own() {
    let mut tape = Tape::new();
    tape.good(cycles(100_000, 161_000));
    tape.push(160_000);
    tape.run("run2");
    tape.good(cycles(400_000, 461_000));
    tape.push(460_000);
    let expected =
        [(100, 160, Serving), (160, 400, Unseen), (400, 460, Serving), (460, 600, Silent)];
    assert_eq!(states_of(&tape, &[LINK], 600_000), expected);
    // A needed probe that falls quiet while the agent goes on is not known any more.
    let mut tape = Tape::new();
    tape.good(cycles(100_000, 161_000));
    for at in cycles(160_000, 400_000) {
        tape.say(at, "host.cpu", Saw::Answered);
    }
    tape.push(385_000);
    assert_eq!(states_of(&tape, &[LINK], 386_000), [(100, 160, Serving), (160, 386, Unsure)]);
}
