//! Clocks that cannot be trusted.

use siaga_decide::*;

use crate::world::*;

const YEARS: i64 = -17 * 365 * 86_400_000;

#[test]
fn a_clock_in_2009_moves_nothing() {
    let mut w = World::one();
    w.pc("pc1").wall_ms = YEARS;
    w.to(t(9, 0, 0));
    w.pc("pc1").cut();
    w.to(t(9, 10, 0));
    w.pc("pc1").repair();
    w.to(t(9, 30, 0));
    assert_eq!(all_lines(&w.ledger()), ["09:00:02-09:10:02 link.provider!"]);
}

#[test]
fn a_boot_without_contact_is_placed_by_its_wall_clock_where_both_neighbours_vouch() {
    for wall in [0, YEARS] {
        let mut w = World::one();
        w.stop("pc1", LastWords::System);
        w.pc("pc1").wall_ms = wall;
        w.to(t(7, 40, 0));
        w.boot("pc1");
        w.to(t(9, 0, 0));
        w.pc("pc1").cut();
        w.to(t(9, 10, 0));
        w.stop("pc1", LastWords::System);
        w.to(t(9, 15, 0));
        w.boot("pc1");
        w.to(t(9, 40, 0));
        w.stop("pc1", LastWords::System);
        w.to(t(9, 50, 0));
        w.pc("pc1").repair();
        w.boot("pc1");
        w.to(t(10, 10, 0));
        let ledger = w.ledger();
        let all = all_lines(&ledger);
        assert_eq!(all.len(), 4, "{all:?}");
        assert!(
            all[1].contains("station/restarted!") || all[1].contains("switched_off"),
            "{all:?}"
        );
        assert!(all[2].contains("link.provider!"), "{all:?}");
        let from = ledger.entries[0].charges[2].span.from;
        assert!((from - t(9, 15, 2)).abs() <= 5_200, "{from:?}");
    }
}

#[test]
fn a_boot_whose_clock_nobody_vouches_for_leaves_the_time_open() {
    let mut w = World::one();
    w.to(t(9, 0, 0));
    w.pc("pc1").cut();
    w.to(t(9, 10, 0));
    w.die("pc1");
    w.to(t(9, 15, 0));
    w.pc("pc1").wall_ms = YEARS;
    w.boot("pc1");
    w.to(t(9, 40, 0));
    w.die("pc1");
    w.to(t(9, 50, 0));
    w.pc("pc1").wall_ms = 0;
    w.pc("pc1").repair();
    w.boot("pc1");
    w.to(t(10, 10, 0));
    let ledger = w.ledger();
    assert_eq!(all_lines(&ledger), ["09:00:02-09:09:47 link.provider!"]);
    let entry = &ledger.entries[0];
    assert_eq!(clock(entry.to.unwrap().hi), "09:50:02", "it may have lasted until then");
    assert_eq!(w.told().len(), 2, "{:?}", w.told());
}

#[test]
fn a_judge_forgets_what_is_settled_and_nothing_else() {
    let mut w = World::one();
    w.setup.offices.get_mut(&OfficeId::from("palaran")).unwrap().settle_after_ms = 86_400_000;
    w.judge = Judge::new(std::sync::Arc::new(w.setup.clone()));
    for day in 0..6 {
        w.to(t(day * 24 + 9, 0, 0));
        w.pc("pc1").datacenter = Saw::Refused;
        w.to(t(day * 24 + 9, 10, 0));
        w.pc("pc1").datacenter = Saw::Answered;
        w.to(t(day * 24 + 16, 30, 0));
        w.stop("pc1", LastWords::System);
        w.to(t(day * 24 + 31, 45, 0));
        w.boot("pc1");
    }
    w.to(t(6 * 24 + 12, 0, 0));
    let memory = w.judge.memory();
    let office = &memory.offices[&OfficeId::from("palaran")];
    let settled = office.settled.unwrap();
    assert!(settled >= t(4 * 24, 0, 0), "{settled:?}");
    let evidence = memory.stations.values().next().unwrap();
    assert!(evidence.runs.len() <= 4 && evidence.boots.len() <= 4, "{}", evidence.runs.len());
    let all = ledger(&w.inputs(), w.now);
    assert_eq!(all.entries.len(), 6);
    let late: Vec<Outage> =
        all.entries.into_iter().filter(|e| e.to.unwrap().hi >= settled).collect();
    assert_eq!(w.stored(), plain(&late));
    // What was forgotten is handed out for the store; a later word on a thing replaces the earlier.
    let changed = w.judge.changed();
    let runs: std::collections::BTreeSet<_> = changed.runs.iter().map(|(_, id, _)| id).collect();
    assert_eq!(runs.len(), 7);
    let key = |f: &Fact| (f.run.clone(), f.probe.clone(), f.first.seq);
    let stored: std::collections::BTreeMap<_, Fact> =
        changed.facts.iter().map(|f| (key(f), f.clone())).collect();
    let inputs = w.inputs();
    let all = inputs.stations.values().flat_map(|s| s.runs.values()).flat_map(|r| &r.facts);
    let all: std::collections::BTreeMap<_, Fact> = all.map(|f| (key(f), f.clone())).collect();
    assert_eq!(stored, all);
}

/// `shutdown at T` as the next boot finds it in the log of the PC whose clock is off by `wall_ms`.
fn logged(word: &str, at: At, wall_ms: i64) -> Option<String> {
    let text = jiff::Timestamp::from_millisecond((at + wall_ms).0).unwrap();
    Some(format!("{word} at {text}"))
}

#[test]
fn an_agent_that_stopped_before_its_pc_is_unseen_up_to_the_logged_end() {
    for wall in [0, YEARS] {
        let mut w = World::one();
        w.stop("pc1", LastWords::System);
        w.pc("pc1").wall_ms = wall;
        w.to(t(7, 40, 0));
        w.boot("pc1");
        w.to(t(9, 0, 0));
        w.stop("pc1", LastWords::Agent);
        w.to(t(9, 30, 0));
        w.die("pc1");
        w.pc("pc1").log = logged("shutdown", t(9, 30, 0), wall);
        w.to(t(10, 0, 0));
        w.boot("pc1");
        w.to(t(10, 30, 0));
        let ledger = w.ledger();
        assert_eq!(all_lines(&ledger), ["09:30:00-10:00:02 station/switched_off!"]);
        let states = &ledger.offices[&OfficeId::from("palaran")].states;
        assert!(
            states.contains(&(
                Span::new(t(9, 0, 0), ledger.entries[0].charges[0].span.from),
                OfficeState::Unobserved
            )),
            "{states:?}"
        );
    }
}

#[test]
fn a_log_that_ends_soon_after_the_last_reading_dates_the_stop() {
    let mut w = World::one();
    w.to(t(9, 0, 0));
    w.die("pc1");
    w.pc("pc1").log = logged("log ends", t(8, 59, 59), 0);
    w.to(t(9, 30, 0));
    w.boot("pc1");
    w.to(t(9, 45, 0));
    assert_eq!(all_lines(&w.ledger()), ["08:59:59-09:30:02 power/no_ups"]);
}

#[test]
fn a_log_that_goes_on_long_after_the_last_reading_leaves_the_time_between_open() {
    let mut w = World::one();
    w.to(t(9, 0, 0));
    w.crash_agent("pc1");
    w.to(t(9, 20, 0));
    w.die("pc1");
    w.pc("pc1").log = logged("log ends", t(9, 20, 0), 0);
    w.to(t(9, 30, 0));
    w.boot("pc1");
    w.to(t(9, 45, 0));
    let ledger = w.ledger();
    assert_eq!(all_lines(&ledger), ["09:20:00-09:30:02 power/no_ups"]);
    let from = ledger.entries[0].from;
    assert_eq!((clock(from.lo), clock(from.hi)), ("08:59:47".into(), "09:20:00".into()));
}

#[test]
fn a_logged_end_outside_its_gap_is_not_believed() {
    for at in [t(8, 0, 0), t(9, 40, 0)] {
        let mut w = World::one();
        w.to(t(9, 0, 0));
        w.die("pc1");
        w.pc("pc1").log = logged("log ends", at, 0);
        w.to(t(9, 30, 0));
        w.boot("pc1");
        w.to(t(9, 45, 0));
        assert_eq!(all_lines(&w.ledger()), ["08:59:47-09:30:02 power/no_ups"]);
    }
}
