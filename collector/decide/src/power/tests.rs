//! What a UPS said, and for how long it speaks.

use super::*;
use crate::fact::Saw;
use crate::tape::{CYCLE, Tape};

fn ups(readings: &[(i64, &str)]) -> Tape {
    let mut tape = Tape::new();
    for (second, word) in readings {
        tape.read(second * 1_000, "power.ups", Saw::Answered, &[word], &[]);
    }
    tape.push(readings.last().map_or(1, |r| r.0) * 1_000);
    tape
}

#[test]
fn a_reading_speaks_for_a_stop_up_to_a_minute_or_four_cycles_later() {
    let tape = ups(&[(100, "OB")]);
    let trace = tape.trace(900_000);
    let speaks =
        |second: i64, cycle_ms| ups_at_stop(&trace, At(second * 1_000), cycle_ms).is_some();
    assert!(speaks(160, CYCLE) && !speaks(161, CYCLE) && !speaks(99, CYCLE));
    assert!(speaks(160, 5_000), "a minute at least");
    assert!(speaks(220, 30_000) && !speaks(221, 30_000));
}

#[test]
fn it_was_on_its_battery_from_its_first_reading_to_where_its_last_one_covers() {
    let tape = ups(&[(100, "OL"), (115, "OB"), (130, "OB"), (145, "OL")]);
    let span = |from, to| Span::new(At(from), At(to));
    assert_eq!(batteries(&tape.trace(150_000)), [span(115_000, 145_000)]);
    let mains = on_mains(&tape.trace(150_000));
    assert_eq!(mains, [span(100_000, 115_000), span(145_000, 150_000)]);
    assert_eq!(batteries(&ups(&[(100, "OB")]).trace(400_000)), [span(100_000, 100_001)]);
}

#[test]
fn the_evidence_names_the_last_words_of_the_ups_before_an_instant() {
    let mut tape = ups(&[(100, "OL"), (115, "OB")]);
    tape.run("run2");
    tape.read(130_000, "power.ups", Saw::Answered, &["CAL"], &[]);
    tape.push(130_000);
    let trace = tape.trace(140_000);
    let said = |at| match ups_at(&trace, At(at)) {
        Some(Why::UpsLastSeen { at, words, .. }) => {
            Some((at.lo.0, at.is_exact(), words[0].to_string()))
        }
        Some(_) | None => None,
    };
    assert_eq!(said(99_999), None);
    assert_eq!(said(110_000), Some((100_000, true, "OL".into())));
    assert_eq!(said(135_000), Some((115_000, true, "OB".into())), "a test of it says nothing");
}
