//! The link breaks: at the provider, at the data center, at the office's own router.

use std::time::Duration;

use siaga_tests::rig::clock::{now_ms, pause};
use siaga_tests::rig::collector::PLAIN;
use siaga_tests::rig::ledger::Entry;
use siaga_tests::rig::scene::{LIMIT, Scene};
use siaga_tests::rig::town::SERVICE;

/// One cycle, the probes' own time-out, and what a busy machine adds.
pub(crate) const EDGE_MS: i64 = 1_000 + 500 + 700;
/// Long enough for anything that would be told twice.
const QUIET: Duration = Duration::from_secs(8);

/// Asserts that the entry began and ended where the test broke and mended.
#[track_caller]
pub(crate) fn assert_edges(entry: &Entry, broken_ms: i64, mended_ms: i64) {
    let from = entry.from_ms() - broken_ms;
    let to = entry.to_ms().unwrap_or_else(|| panic!("still open: {entry:#?}")) - mended_ms;
    // The commands that break and mend take their time too.
    assert!((-300..=EDGE_MS).contains(&from), "begins {from} ms after the break: {entry:#?}");
    assert!((-300..=EDGE_MS).contains(&to), "ends {to} ms after the repair: {entry:#?}");
}

/// Asserts that no change of an outage was told twice on any channel.
#[track_caller]
pub(crate) fn assert_told_once(scene: &Scene) {
    for phone in [&scene.telegram, &scene.ntfy, &scene.webhook] {
        let mut texts = phone.texts();
        let count = texts.len();
        texts.sort();
        texts.dedup();
        assert_eq!(texts.len(), count, "something was told twice: {texts:#?}");
    }
}

/// One entry, closed, charged to that cause alone.
pub(crate) fn closed_by<'a>(kind: &'a str) -> impl Fn(&[Entry]) -> bool + 'a {
    move |entries| match entries {
        [entry] => entry.to_ms().is_some() && entry.kinds() == [kind],
        _ => false,
    }
}

/// Ledger and account of an office must tell the same seconds.
#[track_caller]
pub(crate) fn assert_account_agrees(scene: &Scene, office: &str) {
    let today = siaga_tests::rig::clock::now().in_tz("Asia/Makassar").unwrap().date();
    let path = format!("/api/v1/accounts/{office}/{today}");
    let account = scene.collector.json(&path, &scene.token);
    let seconds = |key: &str| account[key].as_f64().unwrap_or_else(|| panic!("{key}: {account}"));
    let down = account["down_seconds"].as_object().unwrap();
    let down_total: f64 = down.values().filter_map(serde_json::Value::as_f64).sum();
    let terms = seconds("in_service_seconds")
        + down_total
        + seconds("planned_seconds")
        + seconds("unobserved_seconds");
    assert!((seconds("service_seconds") - terms).abs() < 0.5, "the terms do not add up: {account}");

    let entries = scene.outages(office);
    let charges = entries.iter().flat_map(Entry::charges);
    let mut by_kind = std::collections::BTreeMap::<String, f64>::new();
    for charge in charges {
        let to = charge.to_ms.unwrap_or_else(now_ms);
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of a test")]
        let seconds = (to - charge.from_ms) as f64 / 1_000.0;
        *by_kind.entry(charge.kind).or_default() += seconds;
    }
    for (kind, seconds) in &by_kind {
        let accounted = down.get(kind).and_then(serde_json::Value::as_f64).unwrap_or(0.0);
        assert!((accounted - seconds).abs() <= 1.0, "{kind}: ledger {seconds}, account {account}");
    }
}

#[test]
fn a_cut_line_is_told_as_silence_and_then_as_the_providers_fault_with_its_true_edges() {
    let scene = Scene::of_one_office();
    let mut agent = scene.agent("o1", "pc1", "");
    agent.start();
    scene.wait_state("o1", "serving");
    pause(Duration::from_secs(4));
    assert_eq!(scene.telegram.texts(), [""; 0], "nothing is wrong yet");

    let broken = now_ms();
    scene.town.cut_line();
    let first = scene.telegram.wait(1, LIMIT);
    assert!(first[0].contains("Kantor o1"), "{first:#?}");
    let calls = scene.telegram.calls();
    let call = &calls[0].request;
    assert_eq!((call.method.as_str(), call.path.as_str()), ("POST", "/bot123:abc/sendMessage"));
    assert_eq!(call.json()["chat_id"].to_string().trim_matches('"'), "4242");
    // open_after, one cycle, two seconds.
    let waited = calls[0].at_ms - broken;
    assert!(waited < 3_000 + 1_000 + 2_000 + 1_500, "told {waited} ms after the cut");

    pause(Duration::from_secs(4));
    let mended = now_ms();
    scene.town.mend_line();
    let entries = scene.wait_ledger("o1", "the provider's fault", closed_by("link.provider"));
    assert_edges(&entries[0], broken, mended);
    let texts = scene.telegram.wait(2, LIMIT);
    pause(QUIET);
    assert_eq!(scene.telegram.texts().len(), 2, "silence, then cause and end: {texts:#?}");
    assert_told_once(&scene);
    assert_account_agrees(&scene, "o1");
    scene.finish();
}

#[test]
fn a_line_that_swallows_everything_is_the_providers_fault_too() {
    let scene = Scene::of_one_office();
    let mut agent = scene.agent("o1", "pc1", "");
    agent.start();
    scene.wait_state("o1", "serving");
    pause(Duration::from_secs(3));
    let broken = now_ms();
    scene.town.swallow_line();
    scene.telegram.wait(1, LIMIT);
    pause(Duration::from_secs(3));
    let mended = now_ms();
    scene.town.unswallow_line();
    let entries = scene.wait_ledger("o1", "the provider's fault", closed_by("link.provider"));
    assert_edges(&entries[0], broken, mended);
    assert_account_agrees(&scene, "o1");
    scene.finish();
}

#[test]
fn a_closed_port_of_a_data_center_that_answers_ping_is_likely_the_center() {
    let mut scene = Scene::of_one_office();
    let mut agent = scene.agent("o1", "pc1", "");
    agent.start();
    scene.wait_state("o1", "serving");
    pause(Duration::from_secs(3));
    let broken = now_ms();
    scene.town.close_service();
    scene.telegram.wait(1, LIMIT);
    pause(Duration::from_secs(3));
    let mended = now_ms();
    scene.town.open_service();
    let entries = scene.wait_ledger("o1", "the center's fault", closed_by("center"));
    assert_edges(&entries[0], broken, mended);
    assert!(entries[0].charges().iter().all(|c| c.certainty == "likely"), "{entries:#?}");
    scene.telegram.wait(2, LIMIT);
    pause(QUIET);
    assert!(scene.telegram.texts().len() <= 3, "{:#?}", scene.telegram.texts());
    assert_told_once(&scene);
    assert_account_agrees(&scene, "o1");
    scene.finish();
}

#[test]
fn a_collector_that_does_not_reach_the_data_center_either_makes_it_certain() {
    let mut scene = Scene::of_one_office();
    // What always answers here is the collector itself.
    scene.collector.add_words(&format!("canary = [\"{PLAIN}\"]\ndatacenter = [\"{SERVICE}\"]"));
    scene.collector.stop();
    scene.collector.start();
    let mut agent = scene.agent("o1", "pc1", "");
    agent.start();
    scene.wait_state("o1", "serving");
    pause(Duration::from_secs(3));
    let broken = now_ms();
    scene.town.close_service();
    let first = scene.telegram.wait(1, LIMIT);
    assert!(first[0].contains("server Siaga sendiri juga tidak bisa"), "{first:#?}");
    pause(Duration::from_secs(8));
    let mended = now_ms();
    scene.town.open_service();
    let entries = scene.wait_ledger("o1", "the center's fault", closed_by("center"));
    assert_edges(&entries[0], broken, mended);
    assert!(entries[0].charges().iter().all(|c| c.certainty == "certain"), "{entries:#?}");
    assert_account_agrees(&scene, "o1");
    scene.finish();
}

#[test]
fn a_router_that_is_off_is_the_offices_own_network() {
    let scene = Scene::of_one_office();
    let mut agent = scene.agent("o1", "pc1", "");
    agent.start();
    scene.wait_state("o1", "serving");
    pause(Duration::from_secs(3));
    let broken = now_ms();
    scene.town.router_off();
    scene.telegram.wait(1, LIMIT);
    pause(Duration::from_secs(3));
    let mended = now_ms();
    scene.town.router_on();
    let entries = scene.wait_ledger("o1", "the office's network", closed_by("link.lan"));
    assert_edges(&entries[0], broken, mended);
    pause(QUIET);
    assert_eq!(scene.telegram.texts().len(), 2, "{:#?}", scene.telegram.texts());
    assert_account_agrees(&scene, "o1");
    scene.finish();
}
