//! Mains fail: what a real upsd last said decides what is charged.

use std::time::Duration;

use siaga_tests::rig::agent::Agent;
use siaga_tests::rig::clock::{now_ms, pause, until};
use siaga_tests::rig::ledger::{Charge, Entry};
use siaga_tests::rig::scene::{LIMIT, Scene};
use siaga_tests::rig::ups::Ups;

use crate::link::{assert_account_agrees, assert_told_once, closed_by};

pub(crate) const UPS_PROBE: &str =
    "[[probe.ups]]\nname = \"power.ups\"\nnut = \"ups@127.0.0.1:3493\"\nevery = \"1s\"\n";

/// A PC with a UPS on mains, serving.
pub(crate) fn with_ups(scene: &Scene) -> (Agent, Ups) {
    let mut ups = Ups::new(scene.dir());
    ups.switch_on(&scene.town.pc);
    let mut agent = scene.agent("o1", "pc1", UPS_PROBE);
    agent.start();
    scene.wait_state("o1", "serving");
    wait_words(scene, "OL");
    (agent, ups)
}

/// Waits until the collector has heard that UPS say a word.
#[track_caller]
pub(crate) fn wait_words(scene: &Scene, word: &str) {
    until(&format!("the UPS's {word} to arrive"), LIMIT, || {
        let probe = &scene.office("o1")["stations"].to_string();
        probe.contains(&format!("\"{word}\"")).then_some(())
    });
}

/// The PC loses power: nothing gets a last word.
fn lose_power(scene: &Scene, agent: &mut Agent, ups: &mut Ups) -> i64 {
    agent.kill();
    let gone = now_ms();
    ups.die();
    scene.town.pc_off();
    gone
}

/// Mains are back, somebody presses the button.
fn power_on(scene: &Scene, agent: &mut Agent, ups: &mut Ups) -> i64 {
    scene.town.pc_on();
    ups.show("OL CHRG", 0.2);
    ups.switch_on(&scene.town.pc);
    agent.boot();
    now_ms()
}

/// The one charge, from the PC's last reading to its first after the new boot.
#[track_caller]
fn the_charge(entries: &[Entry], gone_ms: i64, back_ms: i64) -> Charge {
    let charges = entries[0].charges();
    let [charge] = charges.as_slice() else { panic!("one charge, not {charges:#?}") };
    let from = charge.from_ms - gone_ms;
    let to = charge.to_ms.unwrap() - back_ms;
    assert!((-2_500..=500).contains(&from), "begins {from} ms after the end: {entries:#?}");
    assert!((-500..=4_000).contains(&to), "ends {to} ms after the new boot: {entries:#?}");
    charge.clone()
}

#[test]
fn a_ups_that_ran_empty_is_power_and_certain_and_no_second_goes_to_the_link() {
    let scene = Scene::of_one_office();
    let (mut agent, mut ups) = with_ups(&scene);
    ups.show("OB DISCHRG", 0.6);
    wait_words(&scene, "OB");
    ups.show("OB DISCHRG LB", 0.1);
    wait_words(&scene, "LB");
    pause(Duration::from_secs(2));
    let gone = lose_power(&scene, &mut agent, &mut ups);
    let told = scene.telegram.wait(1, LIMIT);
    pause(Duration::from_secs(3));
    let back = power_on(&scene, &mut agent, &mut ups);

    let entries = scene.wait_ledger("o1", "power", closed_by("power"));
    let charge = the_charge(&entries, gone, back);
    assert_eq!((charge.sub.as_str(), charge.certainty.as_str()), ("ups_exhausted", "certain"));
    scene.telegram.wait(2, LIMIT);
    pause(Duration::from_secs(6));
    // Opened, then the cause, then the end: the last two in one message where they coincide.
    let texts = scene.telegram.texts();
    assert!((2..=3).contains(&texts.len()), "first was {told:#?}: {texts:#?}");
    assert_told_once(&scene);
    assert_account_agrees(&scene, "o1");
    scene.finish();
}

#[test]
fn a_shutdown_that_the_empty_ups_ordered_is_still_power() {
    let scene = Scene::of_one_office();
    let (mut agent, mut ups) = with_ups(&scene);
    ups.show("OB DISCHRG", 0.6);
    wait_words(&scene, "OB");
    ups.show("OB DISCHRG LB", 0.1);
    wait_words(&scene, "LB");
    pause(Duration::from_secs(2));
    agent.shut_down();
    let gone = now_ms();
    ups.die();
    scene.town.pc_off();
    scene.telegram.wait(1, LIMIT);
    pause(Duration::from_secs(3));
    let back = power_on(&scene, &mut agent, &mut ups);

    let entries = scene.wait_ledger("o1", "power", closed_by("power"));
    let charge = the_charge(&entries, gone, back);
    assert_eq!((charge.sub.as_str(), charge.certainty.as_str()), ("ups_exhausted", "certain"));
    assert_account_agrees(&scene, "o1");
    scene.finish();
}

#[test]
fn a_pc_that_vanishes_on_mains_is_likely_a_ups_that_did_not_hold() {
    let scene = Scene::of_one_office();
    let (mut agent, mut ups) = with_ups(&scene);
    pause(Duration::from_secs(2));
    let gone = lose_power(&scene, &mut agent, &mut ups);
    scene.telegram.wait(1, LIMIT);
    pause(Duration::from_secs(3));
    let back = power_on(&scene, &mut agent, &mut ups);

    let entries = scene.wait_ledger("o1", "power", closed_by("power"));
    let charge = the_charge(&entries, gone, back);
    assert_eq!((charge.sub.as_str(), charge.certainty.as_str()), ("ups_did_not_hold", "likely"));
    assert_account_agrees(&scene, "o1");
    scene.finish();
}

#[test]
fn on_battery_the_office_serves_at_risk() {
    let scene = Scene::of_one_office();
    let (_agent, ups) = with_ups(&scene);
    ups.show("OB DISCHRG", 0.8);
    wait_words(&scene, "OB");
    until("the office at risk", LIMIT, || {
        let office = scene.office("o1");
        (office["state"] == "serving" && office["at_risk"] == true).then_some(())
    });
    ups.show("OL CHRG", 0.8);
    until("the risk over", LIMIT, || (scene.office("o1")["at_risk"] == false).then_some(()));
    assert!(scene.outages("o1").is_empty(), "{:#?}", scene.outages("o1"));
    assert_account_agrees(&scene, "o1");
    scene.finish();
}
