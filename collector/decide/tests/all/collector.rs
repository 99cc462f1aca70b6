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
fn an_office_that_stays_silent_after_a_restart_is_told_after_it() {
    let mut w = World::one();
    w.to(t(9, 0, 0));
    w.collector_dies();
    w.pc("pc1").cut();
    w.to(t(9, 30, 0));
    w.collector_starts(t(9, 0, 0));
    w.to(t(9, 45, 0));
    assert_eq!(w.told(), ["09:31:00 opened silent"]);
    w.pc("pc1").repair();
    w.to(t(10, 0, 0));
    assert_eq!(all_lines(&w.ledger()), ["09:00:02-09:45:02 link.provider!"]);
    assert_eq!(w.told().len(), 2);
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
    assert!(told[0].ends_with("blind"));
    assert!(w.ledger().entries.is_empty());
}
