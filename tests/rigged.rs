//! The rig itself: breaking what joins its hosts breaks what it should, and nothing else.

use std::time::Duration;

use siaga_tests::rig::clock::until;
use siaga_tests::rig::net::Namespace;
use siaga_tests::rig::process::outcome;
use siaga_tests::rig::town::{OUTSIDE, SERVICE, Town};
use siaga_tests::rig::ups::Ups;

fn answers(place: &Namespace, host: &str) -> bool {
    outcome(place.command("ping").args(["-c1", "-W1", host])).status.success()
}

fn serves(place: &Namespace) -> bool {
    place.connect(SERVICE.parse().unwrap()).is_ok()
}

#[track_caller]
fn sees(town: &Town, gateway: bool, outside: bool, path: bool, service: bool) {
    let pc = &town.pc;
    let seen = |host| answers(pc, host);
    let want = (gateway, outside, path, service);
    let mut what = want;
    // A busy machine may lose an echo, or take a moment to find a neighbour that came back.
    for _ in 0..3 {
        what = (seen("10.1.0.1"), seen(OUTSIDE), seen("10.3.0.2"), serves(pc));
        if what == want {
            return;
        }
    }
    panic!("sees {what:?} and not {want:?} of gateway, outside, path and service");
}

#[test]
fn each_break_of_the_town_cuts_what_lies_behind_it_and_nothing_else() {
    let mut town = Town::new();
    sees(&town, true, true, true, true);
    town.cut_line();
    sees(&town, true, false, false, false);
    town.mend_line();
    sees(&town, true, true, true, true);
    town.swallow_line();
    sees(&town, true, false, false, false);
    town.unswallow_line();
    town.close_service();
    sees(&town, true, true, true, false);
    town.open_service();
    town.router_off();
    sees(&town, false, false, false, false);
    town.router_on();
    sees(&town, true, true, true, true);
}

#[test]
fn the_rigs_ups_says_what_the_test_sets() {
    let dir = tempfile::tempdir().unwrap();
    let pc = Namespace::new("ups");
    let mut ups = Ups::new(dir.path());
    ups.switch_on(&pc);
    let status = || {
        let output = outcome(pc.command("upsc").args(["ups@127.0.0.1:3493", "ups.status"]));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    for words in ["OL CHRG", "OB DISCHRG", "OB DISCHRG LB", "OL CHRG"] {
        ups.show(words, 0.5);
        until(words, Duration::from_secs(15), || (status() == words).then_some(()));
    }
    ups.die();
    assert_eq!(status(), "");
    ups.switch_on(&pc);
    assert_eq!(status(), "OL CHRG");
}
