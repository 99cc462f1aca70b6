//! The office is cut off.

use siaga_decide::*;

use crate::world::*;

#[test]
fn a_cut_beyond_the_router_is_told_as_silence_and_then_as_the_providers() {
    let mut w = World::one();
    w.to(t(9, 0, 0));
    w.pc("pc1").cut();
    w.to(t(9, 10, 0));
    assert_eq!(w.told(), ["09:00:47 opened silent"]);
    assert_eq!(all_lines(&w.ledger()), ["08:59:47-09:10:00 silent?"]);
    w.pc("pc1").repair();
    w.to(t(9, 30, 0));
    assert_eq!(w.told(), ["09:00:47 opened silent", "09:11:02 ended link.provider"]);
    let ledger = w.ledger();
    assert_eq!(all_lines(&ledger), ["09:00:02-09:10:02 link.provider!"]);
    assert!((ledger.entries[0].downtime_ms - 600_000).abs() <= 20, "anchors are kept to 20 ms");
    assert!(ledger.entries[0].to.is_some() && !ledger.entries[0].provisional);
    assert!(w.decisions.iter().filter(|(_, d)| matches!(d, Decision::Open(_))).count() == 1);
}

#[test]
fn the_router_off_is_the_offices_own_network() {
    let mut w = World::one();
    w.to(t(9, 0, 0));
    w.pc("pc1").cut();
    w.pc("pc1").gateway = Saw::Timeout;
    w.to(t(9, 10, 0));
    w.pc("pc1").repair();
    w.to(t(9, 30, 0));
    assert_eq!(all_lines(&w.ledger()), ["09:00:02-09:10:02 link.lan!"]);
    assert_eq!(w.told(), ["09:00:47 opened silent", "09:11:02 ended link.lan"]);
}

#[test]
fn one_bad_reading_is_a_blip() {
    let mut w = World::one();
    w.to(t(9, 0, 0));
    w.pc("pc1").datacenter = Saw::Timeout;
    w.to(t(9, 0, 10));
    w.pc("pc1").datacenter = Saw::Answered;
    w.to(t(9, 5, 0));
    let ledger = w.ledger();
    assert_eq!(all_lines(&ledger), [""; 0]);
    let blips = &ledger.offices[&OfficeId::from("palaran")].blips;
    assert_eq!(blips.len(), 1);
    assert_eq!(clock(blips[0].at), "09:00:02");
    assert_eq!(w.told(), [""; 0]);
    assert!(w.decisions.is_empty());
}

#[test]
fn flaps_are_one_outage_and_told_once() {
    let mut w = World::one();
    w.to(t(9, 0, 0));
    for i in 0..6 {
        w.pc("pc1").datacenter = Saw::Refused;
        w.to(t(9, i, 40));
        w.pc("pc1").datacenter = Saw::Answered;
        w.to(t(9, i + 1, 0));
    }
    w.to(t(9, 20, 0));
    let ledger = w.ledger();
    assert_eq!(ledger.entries.len(), 1);
    assert_eq!(ledger.entries[0].charges.len(), 6);
    assert_eq!(ledger.entries[0].downtime_ms, 6 * 45_000);
    let told = w.told();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].ends_with("opened center") && told[1].ends_with("ended center"));
}

#[test]
fn a_cut_outside_service_hours_is_recorded_and_nobodys_news() {
    let mut w = World::one();
    w.to(t(18, 0, 0));
    w.pc("pc1").cut();
    w.to(t(19, 0, 0));
    w.pc("pc1").repair();
    w.to(t(33, 0, 0));
    let ledger = w.ledger();
    assert_eq!(ledger.entries[0].downtime_ms, 0);
    assert_eq!(w.told(), [""; 0]);
}

#[test]
fn a_cut_that_lasts_into_service_hours_keeps_its_beginning() {
    let mut w = World::one();
    w.to(t(7, 40, 0));
    w.pc("pc1").cut();
    w.to(t(9, 0, 0));
    assert_eq!(w.told(), ["08:11:00 opened silent"], "silence at opening waits for the grace");
    w.pc("pc1").repair();
    w.to(t(9, 30, 0));
    let ledger = w.ledger();
    assert_eq!(all_lines(&ledger), ["07:40:02-09:00:02 link.provider!"]);
    assert_eq!(ledger.entries[0].downtime_ms, 3_602_090);
    assert_eq!(w.told().len(), 2);
}

#[test]
fn a_lasting_cause_that_becomes_known_is_told_once() {
    // Two of two stations are needed; only one is cut off and comes back, the other has no center.
    let mut w = World::one();
    w.to(t(9, 0, 0));
    w.pc("pc1").cut();
    w.to(t(9, 10, 0));
    w.pc("pc1").connected = true;
    w.to(t(9, 30, 0));
    assert_eq!(w.told(), ["09:00:47 opened silent", "09:10:47 cause_known link.provider"]);
    w.pc("pc1").repair();
    w.to(t(9, 40, 0));
    assert_eq!(w.told().len(), 3);
    assert_eq!(w.told()[2], "09:31:02 ended link.provider");
    w.ledger();
}

#[test]
fn silence_that_was_only_the_way_to_the_collector_is_void() {
    let mut w = World::one();
    w.to(t(9, 0, 0));
    w.pc("pc1").connected = false;
    w.to(t(9, 10, 0));
    w.pc("pc1").connected = true;
    w.to(t(9, 30, 0));
    let told = w.told();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[1].ends_with("ended void"));
    assert!(w.ledger().entries.is_empty());
}

#[test]
fn an_unplugged_cable_is_the_stations() {
    let mut w = World::with(&[("palaran", &["pc1", "pc2"])]);
    w.setup.offices.get_mut(&OfficeId::from("palaran")).unwrap().stations_needed = 2;
    w.judge = Judge::new(std::sync::Arc::new(w.setup.clone()));
    w.to(t(9, 0, 0));
    w.pc("pc1").cut();
    w.pc("pc1").gateway = Saw::Timeout;
    w.to(t(9, 10, 0));
    w.pc("pc1").repair();
    w.to(t(9, 30, 0));
    assert_eq!(all_lines(&w.ledger()), ["09:00:02-09:10:02 station/cable!"]);
}

#[test]
fn a_pc_that_is_off_would_not_serve_without_the_line_either() {
    let mut w = World::with(&[("palaran", &["pc1", "pc2"])]);
    w.to(t(9, 0, 0));
    w.stop("pc1", LastWords::System);
    w.to(t(9, 10, 0));
    w.pc("pc2").cut();
    w.to(t(9, 30, 0));
    w.pc("pc2").repair();
    w.to(t(9, 40, 0));
    let ledger = w.ledger();
    assert_eq!(all_lines(&ledger), ["09:10:06-09:30:06 link.provider!"]);
    assert!(ledger.entries[0].timeline.iter().any(|c| c.cause.kind == Kind::Station));
}

#[test]
fn lightning_takes_the_router_and_one_pc() {
    let mut w = World::with(&[("palaran", &["pc1", "pc2"])]);
    w.to(t(9, 0, 0));
    w.die("pc1");
    w.pc("pc2").cut();
    w.pc("pc2").gateway = Saw::Unreachable;
    w.to(t(9, 30, 0));
    w.pc("pc2").repair();
    w.to(t(11, 0, 0));
    w.boot("pc1");
    w.to(t(11, 30, 0));
    // One PC is enough: without a new router it would not have served.
    let ledger = w.ledger();
    assert_eq!(all_lines(&ledger), ["09:00:06-09:30:06 link.lan!"]);
    let stations = &ledger.offices[&OfficeId::from("palaran")].stations;
    assert!(stations[&StationId::from("pc1")].iter().any(|(_, s)| *s == StationState::Stopped));
}
