//! How far a bad stretch of a layer may truly have reached.

use super::*;
use crate::fact::Saw;
use crate::ids::ProbeName;
use crate::tape::{CYCLE, LINK, Tape, cycles};

/// The layer is asked three seconds before what is needed; each is bad in a span of its own.
fn wide(layer: (i64, i64), needed: (i64, i64), first_good: bool) -> Vec<(i64, i64)> {
    let mut tape = Tape::new();
    let saw = |at: i64, bad: (i64, i64)| {
        if (bad.0..bad.1).contains(&at) { Saw::Timeout } else { Saw::Answered }
    };
    for at in cycles(100_000, 400_000) {
        if first_good || at >= layer.0 * 1_000 {
            tape.say(at, "link.outside", saw(at / 1_000, layer));
        }
        tape.say(at + 3_000, LINK, saw(at / 1_000, needed));
    }
    tape.push(398_000);
    let trace = tape.trace(399_000);
    let series = |name: &str| &trace.series[&ProbeName::from(name)];
    let span = Span::new(At(layer.0 * 1_000), At(layer.1 * 1_000));
    let made = widened(series("link.outside"), series(LINK), span, CYCLE);
    made.iter().map(|s| (s.from.0, s.to.0)).collect()
}

#[test]
fn backwards_to_its_last_good_reading_and_forwards_until_the_needed_one_is_asked_again() {
    // Bad at 205 to 250, good again at 265; the needed one asked at 253 and again at 268.
    assert_eq!(wide((205, 265), (205, 265), true), [(190_001, 268_000)]);
    // Where the needed one is good by then, or goes on being bad, it was asked.
    assert_eq!(wide((205, 265), (205, 250), true), [(190_001, 265_000)]);
    assert_eq!(wide((205, 265), (205, 295), true), [(190_001, 265_000)]);
    // Where nothing was read before it, a cycle.
    assert_eq!(wide((205, 265), (205, 250), false), [(190_000, 265_000)]);
}

#[test]
fn the_bad_stretch_nearest_to_an_instant_is_its_evidence() {
    let mut tape = Tape::new();
    for at in cycles(100_000, 700_000) {
        let bad = (205..265).contains(&(at / 1_000)) || (505..565).contains(&(at / 1_000));
        let blip = at == 400_000;
        let saw = if bad || blip { Saw::Timeout } else { Saw::Answered };
        tape.say(at, LINK, saw);
    }
    tape.push(685_000);
    let trace = tape.trace(690_000);
    let series = &trace.series[&ProbeName::from(LINK)];
    let nearest = |second: i64| bad_piece(series, At(second * 1_000)).map(|p| p.from.0 / 1_000);
    assert_eq!([nearest(120), nearest(230), nearest(300)], [Some(205), Some(205), Some(205)]);
    assert_eq!([nearest(384), nearest(386), nearest(401)], [Some(205), Some(505), Some(505)]);
    assert_eq!([nearest(520), nearest(680)], [Some(505), Some(505)]);
}

#[test]
fn losses_of_mains_that_follow_each_other_are_one_chain() {
    let span = |from, to| Span::new(At(from), At(to));
    let five = WITH_RETURN_MS;
    let all = [span(0, 10), span(10 + five, 20 + five), span(21 + 2 * five, 30 + 2 * five)];
    let made: Vec<Span> = chains(&all).collect();
    assert_eq!(made, [span(0, 20 + five), span(10 + five, 20 + five), all[2]]);
    let three = [span(0, 10), span(20, 30), span(40, 50)];
    assert_eq!(chains(&three).map(|s| s.to.0).collect::<Vec<i64>>(), [50, 50, 50]);
}

#[test]
fn the_gateway_is_found_among_all_that_is_asked() {
    let mut tape = Tape::new();
    tape.say(100_000, "link.datacenter", Saw::Answered);
    let trace = tape.clone();
    assert!(gateway(&trace.trace(101_000)).is_none());
    tape.say(100_000, "link.gateway", Saw::Timeout);
    tape.push(100_000);
    let trace = tape.trace(101_000);
    assert_eq!(gateway(&trace).map(|s| s.about), Some(About::Link(Role::Gateway)));
    let mut tape = Tape::new();
    tape.good([100_000]);
    tape.push(100_000);
    assert!(gateway(&tape.trace(101_000)).is_none());
}
