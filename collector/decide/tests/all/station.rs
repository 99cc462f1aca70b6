//! The PC, its agent and its staff.

use siaga_decide::*;

use crate::world::*;

#[test]
fn a_clean_shutdown_after_hours_is_nothing() {
    let mut w = World::one();
    w.to(t(16, 30, 0));
    w.stop("pc1", LastWords::System);
    w.to(t(31, 50, 0));
    w.boot("pc1");
    w.to(t(34, 0, 0));
    assert!(w.ledger().entries.is_empty());
    assert_eq!(w.told(), [""; 0]);
    assert!(w.decisions.is_empty());
}

#[test]
fn a_clean_shutdown_in_service_hours_was_somebodys_order() {
    let mut w = World::one();
    w.pc("pc1").ups = Some(("OL", 1.0));
    w.to(t(9, 0, 0));
    w.stop("pc1", LastWords::System);
    w.to(t(9, 20, 0));
    w.boot("pc1");
    w.to(t(9, 30, 0));
    assert_eq!(all_lines(&w.ledger()), ["09:00:00-09:20:02 station/switched_off!"]);
    assert_eq!(w.told(), ["09:01:00 opened station", "09:21:02 ended station"]);
}

#[test]
fn a_short_restart_is_recorded_and_nobodys_news() {
    let mut w = World::one();
    w.to(t(9, 0, 0));
    w.stop("pc1", LastWords::System);
    w.to(t(9, 0, 50));
    w.boot("pc1");
    w.to(t(9, 10, 0));
    assert_eq!(all_lines(&w.ledger()), ["09:00:00-09:01:02 station/restarted!"]);
    assert_eq!(w.told().len(), 2, "a minute and more is told: {:?}", w.told());
}

#[test]
fn a_pc_asleep_is_the_stations() {
    let mut w = World::one();
    w.to(t(9, 0, 0));
    let pc = w.pc("pc1").clone();
    w.stop("pc1", LastWords::Sleep);
    w.to(t(9, 20, 0));
    // It wakes in the same boot and the same run.
    w.pc("pc1").boot = pc.boot;
    w.pc("pc1").agent = true;
    w.to(t(9, 30, 0));
    assert_eq!(all_lines(&w.ledger()), ["09:00:00-09:20:02 station/asleep!"]);
}

#[test]
fn a_pc_not_switched_on_counts_from_opening_and_is_told_after_the_grace() {
    let mut w = World::one();
    w.to(t(16, 30, 0));
    w.stop("pc1", LastWords::System);
    w.to(t(24 + 8, 5, 0));
    assert_eq!(w.told(), [""; 0]);
    w.to(t(24 + 8, 30, 0));
    assert_eq!(w.told(), ["1d08:11:00 opened station"]);
    w.boot("pc1");
    w.to(t(24 + 9, 0, 0));
    let ledger = w.ledger();
    assert_eq!(all_lines(&ledger), ["1d08:00:00-1d08:30:02 station/not_switched_on!"]);
    assert_eq!(ledger.entries[0].downtime_ms, 1_802_090);
}

#[test]
fn an_agent_stopped_alone_is_a_warning_and_no_downtime() {
    let mut w = World::one();
    w.to(t(9, 0, 0));
    w.stop("pc1", LastWords::Agent);
    w.to(t(10, 0, 0));
    assert_eq!(w.told(), ["09:15:00 agent stopped"]);
    w.start_agent("pc1");
    w.to(t(10, 30, 0));
    let ledger = w.ledger();
    assert!(ledger.entries.is_empty());
    let states = &ledger.offices[&OfficeId::from("palaran")].states;
    assert!(
        states
            .iter()
            .any(|(s, state)| *state == OfficeState::Unobserved && s.length_ms() > 3_500_000)
    );
    assert_eq!(w.told().len(), 1);
}

#[test]
fn a_crashed_agent_in_the_same_boot_is_unobserved() {
    let mut w = World::one();
    w.to(t(9, 0, 0));
    w.crash_agent("pc1");
    w.to(t(9, 10, 0));
    assert_eq!(w.told(), ["09:00:47 opened silent"]);
    w.start_agent("pc1");
    w.to(t(9, 30, 0));
    assert!(w.ledger().entries.is_empty());
    let told = w.told();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[1].ends_with("ended void"));
}

#[test]
fn a_missing_scanner_is_the_devices() {
    let mut w = World::one();
    let office = w.setup.offices.get_mut(&OfficeId::from("palaran")).unwrap();
    office.stations.get_mut(&StationId::from("pc1")).unwrap().needs.push("device".into());
    w.judge = Judge::new(std::sync::Arc::new(w.setup.clone()));
    w.pc("pc1").device = Some(true);
    w.to(t(9, 0, 0));
    w.pc("pc1").device = Some(false);
    w.to(t(9, 10, 0));
    w.pc("pc1").device = Some(true);
    w.to(t(9, 20, 0));
    let ledger = w.ledger();
    assert_eq!(all_lines(&ledger), ["09:00:02-09:10:02 device!"]);
    let thing = &ledger.entries[0].charges[0].cause.thing;
    assert_eq!(*thing, Thing::Device("pc1".into(), "device.fingerprint".into()));
}

#[test]
fn an_agent_that_asks_seldom_is_not_silent_between_its_questions() {
    let mut w = World::one();
    w.pc("pc1").period = 120_000;
    w.to(t(10, 0, 0));
    w.stop("pc1", LastWords::System);
    w.to(t(10, 1, 0));
    w.boot("pc1");
    w.to(t(11, 0, 30));
    let told = w.told();
    assert!(told.iter().all(|t| !t.contains("silent")), "{told:?}");
    // It is silent once it has missed more than two of them.
    w.pc("pc1").cut();
    w.to(t(11, 30, 0));
    let told = w.told();
    assert!(told.last().is_some_and(|t| t == "11:05:02 opened silent"), "{told:?}");
    w.pc("pc1").repair();
    w.to(t(12, 0, 0));
    assert!(all_lines(&w.ledger()).iter().any(|l| l.contains("11:02:02-11:30:02 link.provider!")));
}

#[test]
fn a_guess_is_told_as_likely_however_sure_its_reason_is() {
    let mut w = World::with(&[("palaran", &["pc1", "pc2"])]);
    w.to(t(9, 0, 0));
    w.stop("pc1", LastWords::System);
    w.to(t(9, 10, 0));
    w.pc("pc2").cut();
    w.to(t(9, 20, 0));
    let sure = w.decisions.iter().filter_map(|(_, d)| match d {
        Decision::Tell(Notice::Outage { outage, .. }) => {
            Some(outage.charges.iter().any(|c| c.cause.certainty == Certainty::Certain))
        }
        Decision::Tell(_) | Decision::Open(_) | Decision::Correct { .. } | Decision::Close(_) => {
            None
        }
    });
    assert_eq!(sure.collect::<Vec<bool>>(), [false]);
}

#[test]
fn a_station_that_does_not_serve_does_not_hide_that_the_other_is_silent() {
    let mut w = World::with(&[("palaran", &["pc1", "pc2"])]);
    w.to(t(9, 0, 0));
    w.pc("pc2").datacenter = Saw::Refused;
    w.to(t(9, 10, 0));
    w.die("pc1");
    w.to(t(9, 20, 0));
    assert_eq!(w.told(), ["09:10:47 opened center"]);
}
