//! The collector itself was not there, or could not see.

use siaga_decide::*;

use crate::world::*;

#[test]
fn a_restart_of_the_collector_is_nobodys_outage() {
    let mut w = World::one();
    w.to(t(9, 0, 0));
    w.collector_dies();
    w.to(t(9, 30, 0));
    w.collector_starts(t(9, 0, 0));
    w.to(t(10, 0, 0));
    assert_eq!(w.told(), [""; 0]);
    let ledger = w.ledger();
    assert!(ledger.entries.is_empty());
    assert_eq!(ledger.blind, [Span::new(t(9, 0, 0), t(9, 30, 0))]);
}

#[test]
fn an_office_that_stays_silent_after_a_long_absence_is_told_when_its_agent_must_have_tried() {
    let mut w = World::one();
    w.to(t(9, 0, 0));
    w.collector_dies();
    w.pc("pc1").cut();
    w.to(t(9, 30, 0));
    w.collector_starts(t(9, 0, 0));
    w.to(t(10, 45, 0));
    // Half an hour is the longest that an agent waits for its next try.
    assert_eq!(w.told(), ["10:01:00 opened silent"]);
    w.pc("pc1").repair();
    w.to(t(11, 0, 0));
    assert_eq!(all_lines(&w.ledger()), ["09:00:02-10:45:02 link.provider!"]);
    assert_eq!(w.told().len(), 2);
}

#[test]
fn an_agent_that_waits_for_its_next_try_is_nobodys_outage() {
    let mut w = World::one();
    w.to(t(9, 0, 0));
    w.collector_dies();
    w.pc("pc1").connected = false;
    w.to(t(9, 30, 0));
    w.collector_starts(t(9, 0, 0));
    w.to(t(9, 58, 0));
    w.pc("pc1").connected = true;
    w.to(t(10, 30, 0));
    assert_eq!(w.told(), [""; 0]);
    assert!(w.ledger().entries.is_empty());
}

#[test]
fn an_agent_that_has_come_back_is_missed_as_soon_as_ever() {
    let mut w = World::one();
    w.to(t(9, 0, 0));
    w.collector_dies();
    w.pc("pc1").connected = false;
    w.to(t(9, 30, 0));
    w.collector_starts(t(9, 0, 0));
    w.to(t(9, 35, 0));
    w.pc("pc1").connected = true;
    w.to(t(9, 36, 0));
    w.pc("pc1").cut();
    w.to(t(9, 45, 0));
    assert_eq!(w.told(), ["09:36:47 opened silent"]);
}

#[test]
fn a_short_absence_is_waited_for_only_as_long_as_agents_wait_after_it() {
    let mut w = World::one();
    w.to(t(9, 0, 0));
    w.collector_dies();
    w.pc("pc1").cut();
    w.to(t(9, 0, 10));
    w.collector_starts(t(9, 0, 0));
    w.to(t(9, 30, 0));
    // Sixteen times the ten seconds and a cycle, and then the wait before an outage is told.
    assert_eq!(w.told(), ["09:07:50 opened silent"]);
}

#[test]
fn a_station_that_may_be_waiting_hides_that_the_other_is_gone() {
    let mut w = World::with(&[("palaran", &["pc1", "pc2"])]);
    w.to(t(9, 0, 0));
    w.collector_dies();
    w.pc("pc2").connected = false;
    w.to(t(9, 10, 0));
    w.collector_starts(t(9, 0, 0));
    w.to(t(9, 11, 0));
    w.pc("pc1").cut();
    w.to(t(9, 50, 0));
    // The other may serve until its longest wait is over; then both are silent.
    assert_eq!(w.told(), ["09:41:00 opened silent"]);
}

#[test]
fn with_two_of_two_needed_one_that_is_gone_is_enough() {
    let mut w = World::with(&[("palaran", &["pc1", "pc2"])]);
    w.setup.offices.get_mut(&OfficeId::from("palaran")).unwrap().stations_needed = 2;
    w.input(Input::Setup(std::sync::Arc::new(w.setup.clone())));
    w.to(t(9, 0, 0));
    w.collector_dies();
    w.pc("pc2").connected = false;
    w.to(t(9, 10, 0));
    w.collector_starts(t(9, 0, 0));
    w.to(t(9, 11, 0));
    w.pc("pc1").cut();
    w.to(t(9, 20, 0));
    assert_eq!(w.told(), ["09:11:47 opened silent"]);
}

#[test]
fn a_lost_canary_hides_silence_and_is_told_once() {
    let mut w = World::one();
    w.to(t(9, 0, 0));
    w.tell_life(Life::Canary { ok: false });
    w.pc("pc1").connected = false;
    w.to(t(9, 30, 0));
    w.tell_life(Life::Canary { ok: true });
    w.pc("pc1").connected = true;
    w.to(t(10, 0, 0));
    let told = w.told();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told, ["09:00:45 blind"]);
    assert!(w.ledger().entries.is_empty());
}

#[test]
fn the_collectors_contact_is_told_also_when_no_office_is_open() {
    let mut w = World::one();
    w.to(t(17, 0, 0));
    w.stop("pc1", LastWords::System);
    w.to(t(22, 0, 0));
    w.tell_life(Life::Canary { ok: false });
    w.to(t(23, 0, 0));
    assert_eq!(w.told(), ["22:00:45 blind"]);
}

#[test]
fn in_the_dark_nobody_is_told_of_what_is_known_either() {
    let mut w = World::one();
    w.to(t(9, 0, 0));
    w.pc("pc1").datacenter = Saw::Refused;
    w.to(t(9, 0, 30));
    w.tell_life(Life::Canary { ok: false });
    w.to(t(9, 10, 0));
    assert_eq!(w.told(), ["09:01:15 blind"]);
    w.tell_life(Life::Canary { ok: true });
    w.to(t(9, 11, 0));
    assert_eq!(w.told()[1..], ["09:10:00 opened center"]);
}

#[test]
fn a_stopped_agent_is_warned_of_only_when_it_must_have_tried() {
    let mut w = World::one();
    w.to(t(9, 0, 0));
    w.stop("pc1", LastWords::Agent);
    w.to(t(9, 5, 0));
    w.collector_dies();
    w.to(t(9, 6, 0));
    w.collector_starts(t(9, 5, 0));
    w.to(t(10, 0, 0));
    // Sixteen times the minute and a cycle.
    assert_eq!(w.told(), ["09:26:00 agent stopped"]);
}

#[test]
fn what_was_over_when_half_of_its_evidence_came_is_not_told() {
    let mut w = World::with(&[("palaran", &["pc1", "pc2"])]);
    w.setup.offices.get_mut(&OfficeId::from("palaran")).unwrap().stations_needed = 2;
    w.input(Input::Setup(std::sync::Arc::new(w.setup.clone())));
    w.to(t(9, 0, 0));
    w.collector_dies();
    w.pc("pc1").cut();
    w.pc("pc2").cut();
    w.to(t(9, 5, 0));
    w.pc("pc1").repair();
    w.pc("pc2").repair();
    w.pc("pc1").connected = false;
    w.pc("pc2").connected = false;
    w.to(t(9, 30, 0));
    w.collector_starts(t(9, 0, 0));
    w.pc("pc1").connected = true;
    w.to(t(9, 50, 0));
    w.pc("pc2").connected = true;
    w.to(t(10, 0, 0));
    assert_eq!(w.told(), [""; 0]);
    assert_eq!(w.ledger().entries.len(), 1);
}

#[test]
fn a_pc_that_was_off_before_may_be_on_again() {
    let mut w = World::one();
    w.to(t(7, 40, 0));
    w.stop("pc1", LastWords::System);
    w.to(t(7, 50, 0));
    w.collector_dies();
    w.to(t(8, 0, 0));
    w.boot("pc1");
    w.to(t(8, 50, 0));
    w.pc("pc1").connected = false;
    w.collector_starts(t(7, 50, 0));
    w.to(t(9, 10, 0));
    assert_eq!(w.told(), [""; 0]);
    w.to(t(9, 30, 0));
    assert_eq!(w.told(), ["09:21:00 opened station"]);
}
