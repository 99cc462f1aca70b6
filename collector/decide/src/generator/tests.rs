//! What a generator was seen to do while mains was away, at the edges of each rule.

use super::*;
use crate::fact::Saw;
use crate::tape::Tape;

const PROBE: &str = "power.generator";

/// Readings of the generator: second, whether it ran, and its fuel.
fn tape(readings: &[(i64, bool, f64)]) -> Tape {
    let mut tape = Tape::new();
    for (second, runs, fuel) in readings {
        let numbers =
            [("generator_fuel_ratio", *fuel), ("generator_running", f64::from(u8::from(*runs)))];
        tape.read(second * 1_000, PROBE, Saw::Answered, &[], &numbers);
    }
    tape.push(readings.last().map_or(1, |r| r.0) * 1_000);
    tape
}

/// What it did while mains was away from second 1000 to `out`, where the PC was back at 2000.
fn seen(readings: &[(i64, bool, f64)], out: i64) -> Option<Sub> {
    let tape = tape(readings);
    let trace = tape.trace(5_000_000);
    let out = Span::new(At(1_000_000), At(out * 1_000));
    saw(&[trace], out, At(2_000_000)).0
}

const STOPPED: [(i64, bool, f64); 3] =
    [(990, false, 0.8), (1_005, false, 0.8), (1_030, false, 0.8)];

#[test]
fn a_ups_that_lasts_less_than_half_a_minute_leaves_no_time_to_start() {
    assert_eq!(seen(&STOPPED, 1_030), Some(Sub::GeneratorDidNotStart));
    assert_eq!(seen(&STOPPED, 1_029), None);
    assert_eq!(seen(&[], 1_100), None, "an office without one");
}

#[test]
fn it_was_not_seen_where_no_reading_is_later_than_half_a_minute_after_the_loss() {
    assert_eq!(seen(&STOPPED[..2], 1_100), Some(Sub::GeneratorNotSeen));
    let at = |second| [(second - 15, false, 0.8), (second, false, 0.8)];
    assert_eq!(seen(&at(1_030), 1_100), Some(Sub::GeneratorDidNotStart));
    assert_eq!(seen(&at(1_029), 1_100), Some(Sub::GeneratorNotSeen));
    assert_eq!(seen(&at(900), 1_100), Some(Sub::GeneratorNotSeen));
    assert_eq!(seen(&at(1_200), 1_100), Some(Sub::GeneratorNotSeen), "only afterwards");
}

#[test]
fn one_that_ran_is_to_blame_only_where_its_tank_was_empty() {
    let ran = |fuel| [(990, false, 0.8), (1_020, true, 0.8), (1_060, true, fuel)];
    assert_eq!(seen(&ran(0.5), 1_100), None);
    assert_eq!(seen(&ran(0.05), 1_100), Some(Sub::GeneratorOutOfFuel));
    assert_eq!(seen(&ran(0.06), 1_100), None);
    // It may have run a little before the loss was noticed, and not only after the UPS was empty.
    let early = |second| [(second, true, 0.8), (1_005, false, 0.8), (1_060, false, 0.8)];
    assert_eq!(seen(&early(970), 1_100), None);
    assert_eq!(seen(&early(900), 1_100), Some(Sub::GeneratorDidNotStart));
    let late = [(990, false, 0.8), (1_060, false, 0.8), (1_100, true, 0.8)];
    assert_eq!(seen(&late, 1_100), Some(Sub::GeneratorStartedLate));
}

#[test]
fn one_that_runs_within_five_minutes_of_the_return_started_late() {
    let then = |second| [(1_005, false, 0.8), (1_060, false, 0.8), (second, true, 0.8)];
    assert_eq!(seen(&then(2_300), 1_100), Some(Sub::GeneratorStartedLate));
    assert_eq!(seen(&then(2_301), 1_100), Some(Sub::GeneratorDidNotStart));
}

#[test]
fn it_ran_from_its_first_reading_to_where_its_last_one_covers() {
    let tape = tape(&[(100, false, 0.8), (115, true, 0.8), (130, true, 0.8), (145, false, 0.8)]);
    assert_eq!(generating(&tape.trace(200_000)), [Span::new(At(115_000), At(145_000))]);
    assert!(!runs_on(&tape.trace(200_000), At(500_000)));
    let alone = self::tape(&[(100, true, 0.8)]);
    let trace = alone.trace(400_000);
    assert_eq!(generating(&trace), [Span::new(At(100_000), At(100_001))], "a moment at least");
    assert!(runs_on(&trace, At(100_000)) && !runs_on(&trace, At(99_999)));
}

#[test]
fn the_evidence_is_of_the_run_that_saw_it_and_not_later_than_the_stop() {
    let mut tape = tape(&[(100, true, 0.8), (1_060, true, 0.7), (1_300, true, 0.6)]);
    tape.run("run2");
    tape.read(1_400_000, PROBE, Saw::Answered, &[], &[("generator_running", 0.0)]);
    tape.push(1_400_000);
    let trace = tape.trace(1_500_000);
    let out = Span::new(At(1_000_000), At(1_100_000));
    let Some(Why::GeneratorLastSeen { at, running, fuel, .. }) =
        saw(&[trace], out, At(2_000_000)).1
    else {
        panic!("nothing was seen");
    };
    assert_eq!((at.lo, running, fuel), (At(1_060_000), true, Some(0.7)));
}
