//! Where one run of an agent ends and the next begins, beside an edge of an outage.

use std::sync::Arc;

use siaga_decide::*;

use crate::world::{office, t};

fn key() -> StationKey {
    StationKey { office: "palaran".into(), station: "pc1".into() }
}

fn mark(seq: u64, at_ms: u64) -> Mark {
    Mark { seq, at_ms, wall: None }
}

fn reading(seq: u64, at_ms: u64, probe: &str, role: Role, saw: Saw) -> Row {
    let answer = Answer { saw, words: Arc::from([]) };
    Row::Reading(
        mark(seq, at_ms),
        What { probe: probe.into(), role: Some(role), answer, numbers: Vec::new() },
    )
}

/// A run of readings, one every second, each with the gateway's good word beside it.
fn run(name: &str, previous: Option<(RunId, u64)>, start_ms: u64, seen: &[(u64, Saw)]) -> Heard {
    let start = Start { previous_end: PreviousEnd::Unclean, log: None, previous };
    let mut rows = vec![Row::Start(mark(1, start_ms), start)];
    for (at_ms, saw) in seen {
        let seq = rows.len() as u64 + 1;
        rows.push(reading(seq, *at_ms, "link.datacenter", Role::Datacenter, saw.clone()));
        rows.push(reading(seq + 1, *at_ms, "link.gateway", Role::Gateway, Saw::Answered));
    }
    let last_ms = seen.last().map_or(start_ms, |(at, _)| *at);
    Heard {
        station: key(),
        boot: "boot".into(),
        run: name.into(),
        now_ms: Some(last_ms),
        wall: None,
        newest: rows.len() as u64,
        newest_of: None,
        rows,
    }
}

fn zero() -> At {
    t(9, 0, 0)
}

/// When the one outage ended, of two runs in the same boot.
fn end_of_the_outage(first: &[(u64, Saw)], start_ms: u64, second: &[(u64, Saw)]) -> When {
    let mut setup = Setup { cycle_ms: 1_000, ..Setup::default() };
    setup.offices.insert("palaran".into(), office(&["pc1"]));
    let mut inputs = Inputs::default();
    inputs.setups.push(SetupVersion { from: At(i64::MIN), setup: Arc::new(setup) });
    let first = run("run-1", None, 0, first);
    let before = (first.run.clone(), first.newest);
    for heard in [first, run("run-2", Some(before), start_ms, second)] {
        let arrival = zero() + i64::try_from(heard.now_ms.unwrap()).unwrap();
        inputs.hear(arrival, heard);
    }
    let ledger = ledger(&inputs, zero() + 71_000);
    assert_eq!(ledger.entries.len(), 1, "{ledger:#?}");
    ledger.entries[0].to.unwrap_or_else(|| panic!("it has not ended: {ledger:#?}"))
}

#[test]
fn a_run_that_begins_beside_the_end_of_an_outage_ends_it_at_its_first_reading() {
    let good = (0..20).map(|s| (s * 1_000, Saw::Answered));
    let bad = (20..41).map(|s| (s * 1_000, Saw::Timeout));
    let first: Vec<(u64, Saw)> = good.chain(bad).collect();
    let second: Vec<(u64, Saw)> = (0..30).map(|s| (42_003 + s * 1_000, Saw::Answered)).collect();
    let end = end_of_the_outage(&first, 41_003, &second);
    let off = (end.lo - (zero() + 40_000), end.hi - (zero() + 42_003));
    assert!(off.0.abs() <= 40 && off.1.abs() <= 40, "{off:?}");
}

#[test]
fn a_bad_reading_that_is_the_first_of_a_new_run_goes_on_with_the_outage() {
    let good = (0..20).map(|s| (s * 1_000, Saw::Answered));
    let bad = (20..41).map(|s| (s * 1_000, Saw::Timeout));
    let first: Vec<(u64, Saw)> = good.chain(bad).collect();
    let bad = [(41_003, Saw::Timeout)].into_iter();
    let second: Vec<(u64, Saw)> =
        bad.chain((1..30).map(|s| (41_003 + s * 1_000, Saw::Answered))).collect();
    let end = end_of_the_outage(&first, 40_001, &second);
    assert!((end.hi - zero() - 42_003).abs() <= 40, "{end:?}");
}
