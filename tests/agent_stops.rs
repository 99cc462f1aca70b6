//! Only the agent stops: nobody knows how the office fares, and a technician should look.
//!
//! Named to begin first: it waits a quarter of an hour, as the technician's warning does.

use std::time::Duration;

use siaga_tests::rig::clock::{now_ms, pause, until};
use siaga_tests::rig::scene::Scene;

use crate::link::assert_account_agrees;

/// After last words of the agent alone, silence is a warning after this long.
const WARNED_AFTER_MS: i64 = 15 * 60_000;

#[test]
fn an_agent_stopped_alone_is_unobserved_time_and_a_warning_after_a_quarter_of_an_hour() {
    let scene = Scene::of_one_office();
    let mut agent = scene.agent("o1", "pc1", "");
    agent.start();
    scene.wait_state("o1", "serving");
    pause(Duration::from_secs(2));
    agent.stop();
    let stopped = now_ms();
    scene.wait_state("o1", "unobserved");
    let limit = Duration::from_secs(16 * 60);
    let calls = until("the technician's warning", limit, || {
        let calls = scene.telegram.calls();
        (!calls.is_empty()).then_some(calls)
    });
    let waited = calls[0].at_ms - stopped;
    assert!((WARNED_AFTER_MS - 5_000..WARNED_AFTER_MS + 20_000).contains(&waited), "{waited} ms");
    // The supervisor has no use for it.
    assert_eq!(scene.ntfy.texts(), [""; 0]);
    assert!(scene.outages("o1").is_empty(), "{:#?}", scene.outages("o1"));

    agent.start();
    scene.wait_state("o1", "serving");
    pause(Duration::from_secs(3));
    assert!(scene.outages("o1").is_empty(), "no downtime: {:#?}", scene.outages("o1"));
    assert_account_agrees(&scene, "o1");
    scene.finish();
}
