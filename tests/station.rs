//! Somebody switches the PC off: at night that is nobody's business, by day it is the station's.

use std::time::Duration;

use siaga_tests::rig::clock::{now, now_ms, pause};
use siaga_tests::rig::collector::Office;
use siaga_tests::rig::scene::{LIMIT, Scene};

use crate::link::{assert_account_agrees, closed_by};
use crate::power::with_ups;

/// Service hours of an office that is closed for hours yet.
fn hours_later() -> String {
    let local = now().in_tz("Asia/Makassar").unwrap();
    let hour = |later: i8| (local.hour() + later) % 24;
    format!("Mo-Su {:02}:00-{:02}:00", hour(6), if hour(8) == 0 { 24 } else { hour(8) })
}

#[test]
fn a_pc_that_is_shut_down_after_hours_is_nobodys_business() {
    let mut office = Office::always_open("o1", &["pc1"]);
    office.hours = hours_later();
    let scene = Scene::new(&[office]);
    let mut agent = scene.agent("o1", "pc1", "");
    agent.start();
    scene.wait_state("o1", "serving");
    agent.shut_down();
    pause(Duration::from_secs(12));
    assert_eq!(scene.telegram.texts(), [""; 0]);
    assert_eq!(scene.webhook.texts(), [""; 0]);
    assert!(scene.outages("o1").is_empty(), "{:#?}", scene.outages("o1"));
    assert_account_agrees(&scene, "o1");
    scene.finish();
}

#[test]
fn a_pc_that_is_shut_down_on_mains_in_service_hours_was_switched_off() {
    let scene = Scene::of_one_office();
    let (mut agent, _ups) = with_ups(&scene);
    pause(Duration::from_secs(2));
    agent.shut_down();
    let gone = now_ms();
    scene.telegram.wait(1, LIMIT);
    // While it is off it was switched off; that somebody restarted it shows when it is back.
    scene.wait_ledger("o1", "an open entry by the station", |entries| match entries {
        [entry] => entry.charges().iter().all(|c| c.kind == "station" && c.sub == "switched_off"),
        _ => false,
    });
    pause(Duration::from_secs(2));
    agent.boot();
    let back = now_ms();

    let entries = scene.wait_ledger("o1", "the station's fault", closed_by("station"));
    let charges = entries[0].charges();
    assert_eq!(charges[0].sub, "restarted", "{entries:#?}");
    let edges = (charges[0].from_ms - gone, charges[0].to_ms.unwrap() - back);
    assert!((-2_500..=500).contains(&edges.0), "{edges:?}: {entries:#?}");
    assert!((-500..=4_000).contains(&edges.1), "{edges:?}: {entries:#?}");
    assert_account_agrees(&scene, "o1");
    scene.finish();
}
