//! Good, bad and unreadable, by example.

use super::*;
use crate::fact::{Answer, Mark, Number};
use crate::ids::StationKey;

fn fact(probe: &str, saw: Saw, words: &[&str], numbers: &[(&str, f64)]) -> Fact {
    let words: Vec<std::sync::Arc<str>> = words.iter().map(|w| (*w).into()).collect();
    let mark = Mark { seq: 1, at_ms: 0, wall: None };
    let number = |(name, value): &(&str, f64)| Number {
        name: (*name).into(),
        least: *value,
        last: *value,
        most: *value,
    };
    Fact {
        station: StationKey { office: "palaran".into(), station: "pc1".into() },
        boot: "boot".into(),
        run: "run".into(),
        probe: probe.into(),
        role: None,
        first: mark,
        last: mark,
        count: 2,
        answer: Answer { saw, words: words.into() },
        numbers: numbers.iter().map(number).collect(),
    }
}

fn answered(probe: &str, words: &[&str], numbers: &[(&str, f64)]) -> Fact {
    fact(probe, Saw::Answered, words, numbers)
}

#[test]
fn a_device_is_bad_when_it_is_absent_or_no_process_of_it_is_left() {
    let of = |probe: &str, name: &str, value: f64| meaning(&answered(probe, &[], &[(name, value)]));
    assert_eq!(of("device.scanner", "device_present", 0.0), Meaning::Bad);
    assert_eq!(of("device.scanner", "device_present", 0.5), Meaning::Good);
    assert_eq!(of("device.scanner", "device_present", 1.0), Meaning::Good);
    assert_eq!(of("device.app", "processes", 0.0), Meaning::Bad);
    assert_eq!(of("device.app", "processes", 0.5), Meaning::Good);
    assert_eq!(of("device.app", "processes", 3.0), Meaning::Good);
    // How many processes a PC runs is no device.
    assert_eq!(of("host.cpu", "processes", 0.0), Meaning::Good);
    assert_eq!(of("device.scanner", "resets", 0.0), Meaning::Good);
}

#[test]
fn a_ups_is_on_battery_when_it_says_so_and_low_only_without_mains() {
    let says = |words: &[&str]| on_battery(&answered("power.ups", words, &[]));
    for (words, battery) in [
        (&["OL"][..], Some(false)),
        (&["OL", "CHRG"], Some(false)),
        (&["OL", "LB"], Some(false)),
        (&["LB"], Some(true)),
        (&["OB"], Some(true)),
        (&["FSD", "OL"], Some(true)),
        (&["CAL", "OB"], None),
        (&[], Some(false)),
    ] {
        assert_eq!(says(words), battery, "{words:?}");
    }
    assert_eq!(on_battery(&fact("power.ups", Saw::Timeout, &["OB"], &[])), None);
}

#[test]
fn a_generator_runs_when_its_number_or_its_word_says_so() {
    let number = |value| {
        running(&answered("power.generator", &["running"], &[("generator_running", value)]))
    };
    assert_eq!([number(0.0), number(0.5), number(1.0)], [Some(false), Some(true), Some(true)]);
    let words = |words: &[&str]| running(&answered("power.generator", words, &[]));
    assert_eq!(words(&["running"]), Some(true));
    assert_eq!(words(&["stopped"]), Some(false));
    assert_eq!(words(&["running", "stopped"]), None);
    assert_eq!(words(&["warm"]), None);
    assert_eq!(running(&fact("power.generator", Saw::Timeout, &["running"], &[])), None);
}

#[test]
fn two_stretches_mean_the_same_where_they_lead_to_the_same_judgement() {
    let both = |a: &Fact, b: &Fact| same_meaning(a, b);
    for probe in ["link.path", "device.scanner", "power.meter"] {
        let good = answered(probe, &[], &[("rtt_seconds", 0.01)]);
        let (silent, refused) =
            (fact(probe, Saw::Timeout, &[], &[]), fact(probe, Saw::Refused, &[], &[]));
        assert!(both(&good, &answered(probe, &[], &[("rtt_seconds", 0.9)])), "{probe}");
        assert!(!both(&good, &silent) && !both(&silent, &good));
        assert!(!both(&silent, &refused), "a host that refuses is there");
        assert!(both(&silent, &silent.clone()));
        let alone = Fact { count: 1, ..silent.clone() };
        assert!(!both(&alone, &silent), "a second bad reading makes it down");
        let role = Fact { role: Some(Role::Gateway), ..good.clone() };
        assert!(!both(&good, &role));
    }
    let ups = |words: &[&str]| answered("power.ups", words, &[]);
    assert!(both(&ups(&["OL"]), &ups(&["OL", "CHRG"])));
    assert!(!both(&ups(&["OL"]), &ups(&["OB"])));
    let generator = |value| answered("power.generator", &[], &[("generator_running", value)]);
    assert!(both(&generator(1.0), &generator(1.0)));
    assert!(!both(&generator(0.0), &generator(1.0)));
}

#[test]
fn the_pcs_own_health_does_not_matter_and_only_what_is_bad_turns_down() {
    assert!(!matters(&"host".into()) && !matters(&"host.cpu".into()));
    assert!(matters(&"hostel".into()) && matters(&"link.path".into()));
    assert!(turns_down(&fact("link.path", Saw::Timeout, &[], &[])));
    assert!(!turns_down(&answered("link.path", &[], &[])));
    assert!(!turns_down(&fact("link.path", Saw::Unreadable("x".into()), &[], &[])));
}
