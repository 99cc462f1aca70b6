//! Where boots lie that never made contact.

use super::*;
use crate::fact::PreviousEnd;
use crate::tape::{Tape, cycles, key};

/// Three boots, from second 100, 310 and 610 on, a minute each. The middle one never made contact;
/// its rows come from the last one. Wall clocks are off by so many milliseconds.
fn three(walls: [i64; 3], change: impl Fn(&mut Tape)) -> Tape {
    let mut tape = Tape::new();
    tape.wall_ms = walls[0];
    tape.good(cycles(100_000, 161_000));
    tape.push(160_000);
    tape.boot("boot2", 300_000);
    tape.run("run2");
    tape.wall_ms = walls[1];
    tape.start(310_000, PreviousEnd::Unclean, None, Some(("run1", 5)));
    tape.good(cycles(310_000, 371_000));
    change(&mut tape);
    tape.push_late(660_000);
    tape.boot("boot3", 600_000);
    tape.run("run3");
    tape.wall_ms = walls[2];
    tape.start(610_000, PreviousEnd::Unclean, None, Some(("run2", 6)));
    tape.good(cycles(610_000, 671_000));
    tape.push(670_000);
    tape
}

/// Where the middle one begins, give or take what; absent where nobody can tell.
fn middle(walls: [i64; 3]) -> Option<(i64, i64)> {
    place_of(&three(walls, |_| ()), "run2")
}

fn place_of(tape: &Tape, run: &str) -> Option<(i64, i64)> {
    let (runs, _) = place(&tape.evidence);
    match runs.iter().find(|r| r.id.as_str() == run)?.place {
        Place::About(zero, slack) => Some((zero, slack)),
        Place::Tied(_) | Place::Somewhere => None,
    }
}

#[test]
fn where_both_neighbours_show_the_same_clock_it_places_the_boot_between() {
    // Five seconds, and 100 ppm of the ten minutes between the neighbours.
    for years in [0, -500_000_000_000] {
        assert_eq!(middle([years; 3]), Some((300_000, 5_060)));
    }
    assert_eq!(middle([0, 2_530, 5_060]), Some((300_000, 5_060)), "they agree well enough");
    assert_eq!(middle([5_060, 2_530, 0]), Some((300_000, 5_060)));
    assert_eq!(middle([0, 2_530, 5_061]), None);
    assert_eq!(middle([5_061, 2_530, 0]), None);
}

#[test]
fn a_clock_that_was_set_places_nothing() {
    let stepped = |step: i64| {
        place_of(
            &three([0; 3], |tape| {
                tape.wall_ms = step;
                tape.good([372_000]);
            }),
            "run2",
        )
    };
    assert_eq!(stepped(5_000), Some((302_500, 5_060)), "the middle of what it showed");
    assert_eq!(stepped(5_001), None);
}

#[test]
fn it_must_fit_between_its_neighbours() {
    // The first ends at second 160, the last begins at 600; its own last row is 70 s after its
    // beginning.
    assert_eq!(middle([0, -145_060, 0]), Some((154_940, 5_060)));
    assert_eq!(middle([0, -145_061, 0]), None);
    assert_eq!(middle([0, 235_060, 0]), Some((535_060, 5_060)));
    assert_eq!(middle([0, 235_061, 0]), None);
}

#[test]
fn an_instant_of_a_boot_placed_so_is_an_interval() {
    let tape = three([0; 3], |_| ());
    let (runs, lost) = place(&tape.evidence);
    assert_eq!(lost, []);
    let ids: Vec<&str> = runs.iter().map(|r| r.id.as_str()).collect();
    assert_eq!(ids, ["run1", "run2", "run3"]);
    assert_eq!(runs[1].when(At(310_000)), When { lo: At(304_940), hi: At(315_060) });
    assert!(runs[0].when(At(100_000)).is_exact());
}

#[test]
fn a_boot_lies_before_the_one_that_names_it_and_else_nobody_knows() {
    let named = |by_next: bool, boot: &str| {
        let mut tape = Tape::new();
        tape.good([100_000]);
        tape.push(100_000);
        tape.boot(boot, 300_000);
        tape.run("run2");
        tape.good([310_000, 325_000]);
        tape.push_late(660_000);
        tape.boot("boot3", 600_000);
        tape.run("run3");
        let previous = if by_next { ("run2", 2) } else { ("run1", 1) };
        tape.start(610_000, PreviousEnd::Unclean, None, Some(previous));
        tape.push(670_000);
        let (runs, lost) = place(&tape.evidence);
        assert_eq!(lost.len(), usize::from(!by_next));
        runs.iter().map(|r| r.id.to_string()).collect::<Vec<String>>()
    };
    assert_eq!(named(true, "boot2"), ["run1", "run2", "run3"]);
    assert_eq!(named(true, "a boot whose name comes first"), ["run1", "run2", "run3"]);
    assert_eq!(named(false, "boot2"), ["run1", "run3"]);
}

/// One boot that was tied, and another that says it is the newest and that nothing ties.
fn newest(arrived_ms: i64, boots: [&str; 2]) -> (Option<(i64, i64)>, usize) {
    let mut tape = Tape::new();
    tape.boot(boots[0], 0);
    tape.good(cycles(100_000, 161_000));
    tape.push(160_000);
    tape.boot(boots[1], 0);
    tape.run("run2");
    tape.good([10_000, 40_000]);
    tape.push_late(arrived_ms);
    (place_of(&tape, "run2"), place(&tape.evidence).1.len())
}

#[test]
fn a_newest_boot_lies_at_the_end_as_late_as_its_rows_had_arrived() {
    for boots in [["a", "b"], ["b", "a"]] {
        assert_eq!(newest(400_000, boots), (Some((360_000, 0)), 0));
        assert_eq!(newest(200_000, boots), (Some((160_000, 0)), 0));
        assert_eq!(newest(199_999, boots), (None, 1), "the one before went on until then");
    }
    // One of which something newer is known does not.
    let mut tape = Tape::new();
    tape.boot("lost", 0);
    tape.good([10_000, 40_000]);
    tape.push_late(400_000);
    tape.boot("boot2", 500_000);
    tape.run("run2");
    tape.good([510_000]);
    tape.push(510_000);
    let (runs, lost) = place(&tape.evidence);
    assert_eq!((runs.len(), lost), (1, vec!["lost".into()]));
}

#[test]
fn runs_of_a_boot_come_in_their_order_also_while_their_first_rows_are_missing() {
    for names in [["a", "b"], ["b", "a"]] {
        let mut tape = Tape::new();
        for (name, from) in names.into_iter().zip([100_000, 300_000]) {
            tape.run(name);
            tape.withheld(1);
            tape.good([from, from + 15_000]);
            tape.push(from + 15_000);
        }
        let expected = names.map(|name| {
            let from = if name == names[0] { 100_000 } else { 300_000 };
            (name.into(), Some(Span::new(At(from), At(from + 15_000))))
        });
        assert_eq!(lived(&tape.evidence), expected);
    }
    assert_eq!(lived(&StationEvidence::default()), []);
    assert_eq!(key().station.as_str(), "pc1");
}

#[test]
fn a_run_of_which_nothing_but_its_existence_is_known_is_left_out() {
    let mut tape = Tape::new();
    tape.push(90_000);
    assert_eq!(lived(&tape.evidence), []);
}
