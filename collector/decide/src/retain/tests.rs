//! What may be forgotten, and what not yet.

use super::*;
use crate::memory::{Kept, PlanEntry, Shown};
use crate::outage::{Outage, Told};
use crate::span::When;
use crate::tape::{LINK, Tape, key};

const DAY: i64 = EACH_MS;

fn office() -> Office {
    Office {
        name: "Palaran".into(),
        zone: jiff::tz::TimeZone::UTC,
        calendar: crate::setup::Calendar::default(),
        stations: [("pc1".into(), crate::setup::Station { needs: vec![LINK.into()] })].into(),
        stations_needed: 1,
        line: None,
        mains: None,
        via: None,
        open_after_ms: 60_000,
        close_after_ms: 60_000,
        merge_within_ms: 300_000,
        opening_grace_ms: 600_000,
        settle_after_ms: 2 * DAY,
    }
}

fn outage(from: i64, to: Option<i64>) -> Kept {
    let outage = Outage {
        id: "palaran-1".into(),
        office: "palaran".into(),
        from: When { lo: At(from), hi: At(from + 50) },
        to: to.map(|to| When { lo: At(to - 50), hi: At(to) }),
        charges: Vec::new(),
        timeline: Vec::new(),
        provisional: false,
        void: false,
        downtime_ms: 0,
        told: Told::default(),
        acknowledged: None,
        expected_back: None,
    };
    Kept { outage, first_contact: None, late: false, said: None }
}

fn memory(outages: Vec<Kept>) -> OfficeMemory {
    OfficeMemory { outages, ..OfficeMemory::default() }
}

/// Where an office whose evidence begins at 0 is cut at that instant.
fn cut_at(now: i64, outages: Vec<Kept>) -> Option<i64> {
    cut(&memory(outages), &office(), Some(At(0)), At(now)).map(|at| at.0)
}

#[test]
fn a_day_is_settled_when_a_day_more_than_that_has_passed() {
    assert_eq!(cut_at(3 * DAY - 1, Vec::new()), None);
    assert_eq!(cut_at(3 * DAY, Vec::new()), Some(DAY));
    let settled = OfficeMemory { settled: Some(At(DAY)), ..OfficeMemory::default() };
    let cut = |now| cut(&settled, &office(), Some(At(0)), At(now));
    assert_eq!([cut(4 * DAY - 1), cut(4 * DAY)], [None, Some(At(2 * DAY))]);
    assert_eq!(super::cut(&memory(Vec::new()), &office(), None, At(9 * DAY)), None);
}

#[test]
fn no_outage_is_cut_through_nor_the_grace_after_it() {
    let now = 4 * DAY;
    let (plain, grace) = (2 * DAY, 600_000);
    assert_eq!(cut_at(now, Vec::new()), Some(plain));
    // It may be joined by another, or wait for the grace, as long as that lasts.
    let early = plain - 1_000_000;
    assert_eq!(cut_at(now, vec![outage(early, Some(plain - grace - 1))]), Some(plain));
    assert_eq!(cut_at(now, vec![outage(early, Some(plain - grace))]), Some(early - grace));
    assert_eq!(cut_at(now, vec![outage(early, None)]), Some(early - grace));
    let later = vec![outage(early, Some(early + 9_000)), outage(plain + DAY, None)];
    assert_eq!(cut_at(now, later), Some(plain));
    let mut void = outage(early, None);
    void.outage.void = true;
    assert_eq!(cut_at(now, vec![void]), Some(plain));
    // One after the other, each drags the cut before the one before.
    let chain = vec![outage(early, Some(plain - grace)), outage(plain - 900, Some(plain + 900))];
    assert_eq!(cut_at(now, chain), Some(early - grace));
}

#[test]
fn less_than_half_a_day_is_not_worth_the_work() {
    let to_half = |ms: i64| vec![outage(DAY / 2 + 600_000 + ms, None)];
    assert_eq!(cut_at(4 * DAY, to_half(0)), None);
    assert_eq!(cut_at(4 * DAY, to_half(1)), Some(DAY / 2 + 1));
}

#[test]
fn what_all_share_is_kept_as_long_as_it_may_count_for_any() {
    let span = |from, to| Span::new(At(from), At(to));
    let before = 10 * WITNESS_MS;
    let plan = |to| PlanEntry {
        declared: At(0),
        plan: crate::input::Plan {
            scope: crate::input::PlanScope::Center,
            span: span(0, to),
            by: "sari".into(),
            reason: "kabel".into(),
        },
    };
    let said = |to| crate::staff::StaffCorrection {
        office: "palaran".into(),
        what: crate::staff::Corrected::Planned { span: span(0, to) },
        by: "sari".into(),
        why: "telpon".into(),
        entry: None,
    };
    let shown = Shown { good: vec![span(0, 2 * before)], ..Shown::default() };
    let palaran = OfficeMemory { shown, ..OfficeMemory::default() };
    let mut memory = Memory {
        plans: vec![plan(before - 1), plan(before)],
        corrections: vec![said(before), said(before - 1)],
        offices: [("palaran".into(), palaran)].into(),
        ..Memory::default()
    };
    forget_past(&mut memory, At(before));
    assert_eq!(memory.plans, [plan(before)]);
    assert_eq!(memory.corrections, [said(before)]);
    let shown = &memory.offices[&OfficeId::from("palaran")].shown;
    assert_eq!(shown.good, [span(before - WITNESS_MS, 2 * before)]);
}

/// Three boots of two probes each, from second 100, 400 and 700 on, for a minute each.
fn three() -> Tape {
    let mut tape = Tape::new();
    for (n, from) in (1..).zip([100_000, 400_000, 700_000]) {
        tape.boot(&format!("boot{n}"), from - 50_000);
        tape.run(&format!("run{n}"));
        for at in [from, from + 15_000, from + 30_000] {
            tape.say(at, LINK, crate::fact::Saw::Answered);
            tape.say(at, "link.gateway", crate::fact::Saw::Answered);
        }
        tape.say(from + 45_000, LINK, crate::fact::Saw::Timeout);
        tape.say(from + 60_000, LINK, crate::fact::Saw::Answered);
        tape.push(from + 60_000);
    }
    tape
}

/// The runs that are left after a cut, each with its stretches of the needed probe.
fn left(tape: &Tape, cut: i64) -> Vec<(String, usize)> {
    let mut evidence = tape.evidence.clone();
    forget_station(&mut evidence, At(cut));
    let runs: Vec<_> = evidence.runs.values().map(|r| r.head.boot.clone()).collect();
    assert_eq!(evidence.boots.keys().cloned().collect::<Vec<_>>(), runs);
    for run in evidence.runs.values() {
        for (probe, rhythm) in &run.head.rhythms {
            assert_eq!(run.facts[rhythm.newest].probe, *probe);
            let last = run.facts.iter().rposition(|f| f.probe == *probe);
            assert_eq!(last, Some(rhythm.newest), "the newest of {probe}");
        }
    }
    let count = |run: &Run| run.facts.iter().filter(|f| f.probe.as_str() == LINK).count();
    evidence.runs.iter().map(|(id, run)| (id.to_string(), count(run))).collect()
}

#[test]
fn a_run_is_forgotten_when_the_next_one_began_before_the_cut() {
    let tape = three();
    let named = |list: &[(&str, usize)]| {
        list.iter().map(|(id, n)| ((*id).to_owned(), *n)).collect::<Vec<_>>()
    };
    let all = [("run1", 3), ("run2", 3), ("run3", 3)];
    assert_eq!(left(&tape, 100_000), named(&all));
    // How the cut began is told by the last life before it.
    assert_eq!(left(&tape, 400_000), named(&[("run1", 1), ("run2", 3), ("run3", 3)]));
    assert_eq!(left(&tape, 400_001), named(&[("run2", 3), ("run3", 3)]));
    assert_eq!(left(&tape, 460_000), named(&[("run2", 1), ("run3", 3)]));
    assert_eq!(left(&tape, 430_000), named(&[("run2", 3), ("run3", 3)]), "it ended then");
    assert_eq!(left(&tape, 430_001), named(&[("run2", 2), ("run3", 3)]));
    assert_eq!(left(&tape, 760_001), named(&[("run3", 1)]));
    assert_eq!(left(&tape, 9_000_000), named(&[("run3", 1)]), "the last is never forgotten");
}

#[test]
fn a_run_whose_end_lies_on_the_cut_or_that_waits_is_kept() {
    let mut tape = Tape::new();
    tape.good([100_000, 115_000]);
    tape.withheld(1);
    tape.good([145_000]);
    tape.push(145_000);
    tape.boot("boot2", 150_000);
    tape.run("run2");
    tape.good([200_000]);
    tape.push(200_000);
    assert_eq!(left(&tape, 300_000).len(), 2, "a row of it is still to come");
    let mut tape = Tape::new();
    tape.good([100_000, 115_000]);
    tape.push(115_000);
    tape.boot("boot2", 60_000);
    tape.run("run2");
    tape.good([110_000, 130_000]);
    tape.push(130_000);
    assert_eq!(left(&tape, 115_000).len(), 2);
    assert_eq!(left(&tape, 115_001).len(), 1);
}

#[test]
fn entries_and_evidence_before_the_cut_go_together() {
    let tape = three();
    let mut stations = BTreeMap::from([(key(), tape.evidence)]);
    let mut decided =
        memory(vec![outage(0, Some(399_999)), outage(0, Some(400_001)), outage(0, None)]);
    forget(&mut decided, &mut stations, &"palaran".into(), &office(), At(400_001));
    assert_eq!(decided.settled, Some(At(400_001)));
    assert_eq!(decided.outages.len(), 2);
    assert_eq!(stations[&key()].runs.len(), 2);
}
