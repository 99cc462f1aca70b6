//! Single rows, written by hand, and what is made of them: where the small world of the other
//! tests is too well-behaved to ask.

use std::collections::BTreeMap;
use std::sync::Arc;

use siaga_decide::*;

use crate::world::{CYCLE, office, t};

/// What one agent writes in one run; its boot began at half past seven.
struct Tape {
    key: StationKey,
    rows: Vec<Row>,
}

impl Tape {
    fn new(station: &str) -> Self {
        let key = StationKey { office: "palaran".into(), station: station.into() };
        Self { key, rows: Vec::new() }
    }

    fn mark(&self, second: u64) -> Mark {
        Mark { seq: self.rows.len() as u64 + 1, at_ms: second * 1_000, wall: None }
    }

    fn say(&mut self, second: u64, probe: &str, saw: Saw, numbers: &[(&str, f64)]) {
        let answer = Answer { saw, words: Vec::new().into() };
        let numbers = numbers.iter().map(|(n, v)| (Arc::from(*n), *v)).collect();
        let what = What { probe: probe.into(), role: None, answer, numbers };
        self.rows.push(Row::Reading(self.mark(second), what));
    }

    /// A report of some of its rows, sent at that second of the boot.
    fn report(&self, second: u64, rows: &[usize]) -> (At, Heard) {
        let heard = Heard {
            station: self.key.clone(),
            boot: "boot".into(),
            run: "run".into(),
            now_ms: Some(second * 1_000),
            wall: None,
            newest: rows.iter().max().map_or(0, |i| *i as u64 + 1),
            newest_of: None,
            rows: rows.iter().map(|i| self.rows[*i].clone()).collect(),
        };
        (t(7, 30, 0) + i64::try_from(second).unwrap() * 1_000, heard)
    }

    fn all(&self, second: u64) -> (At, Heard) {
        self.report(second, &(0..self.rows.len()).collect::<Vec<usize>>())
    }
}

fn inputs(stations: &[&str], needed: usize, needs: &[&str]) -> Inputs {
    let mut palaran = office(stations);
    palaran.stations_needed = needed;
    for station in palaran.stations.values_mut() {
        station.needs = needs.iter().map(|n| ProbeName::from(*n)).collect();
    }
    let offices = BTreeMap::from([(OfficeId::from("palaran"), palaran)]);
    let setup = Arc::new(Setup { offices, cycle_ms: CYCLE, ..Setup::default() });
    Inputs { setups: vec![SetupVersion { from: At(i64::MIN), setup }], ..Inputs::default() }
}

fn hear(inputs: &mut Inputs, (at, heard): (At, Heard)) {
    inputs.hear(at, heard);
}

fn run<'a>(inputs: &'a Inputs, tape: &Tape) -> &'a Run {
    &inputs.stations[&tape.key].runs[&RunId::from("run")]
}

#[test]
fn a_ping_is_bad_only_when_every_packet_is_lost() {
    let down = |lost: f64, sent: f64| {
        let (mut inputs, mut tape) = (inputs(&["pc1"], 1, &["link.datacenter"]), Tape::new("pc1"));
        for cycle in 0..400 {
            let numbers = [("lost", lost), ("sent", sent)];
            tape.say(1_800 + cycle * 15, "link.datacenter", Saw::Answered, &numbers);
        }
        hear(&mut inputs, tape.all(7_800));
        ledger(&inputs, t(9, 40, 0)).entries.len()
    };
    assert_eq!(down(4.0, 4.0), 1);
    assert_eq!(down(5.0, 4.0), 1, "a reply to an older packet is counted too");
    assert_eq!(down(3.0, 4.0), 0);
    assert_eq!(down(0.0, 4.0), 0);
    assert_eq!(down(0.0, 0.0), 0, "nothing was sent, so nothing was lost");
}

#[test]
fn a_row_that_waits_is_not_replaced_by_another_of_its_number() {
    let (mut inputs, mut tape) = (inputs(&["pc1"], 1, &["link.datacenter"]), Tape::new("pc1"));
    for second in [10, 25, 40] {
        tape.say(second, "link.datacenter", Saw::Answered, &[]);
    }
    hear(&mut inputs, tape.report(41, &[0, 2]));
    let mut forged = Tape::new("pc1");
    for second in [10, 25, 40] {
        forged.say(second, "link.datacenter", Saw::Timeout, &[]);
    }
    hear(&mut inputs, forged.report(42, &[2]));
    hear(&mut inputs, tape.report(43, &[1]));
    let facts = &run(&inputs, &tape).facts;
    assert_eq!(facts.len(), 1);
    assert_eq!((facts[0].count, &facts[0].answer.saw), (3, &Saw::Answered));
}

#[test]
fn a_rhythm_is_learned_after_the_first_two_readings() {
    let (mut inputs, mut tape) = (inputs(&["pc1"], 1, &["link.datacenter"]), Tape::new("pc1"));
    // A change is asked about at once; what follows is the rhythm.
    for second in [10, 12, 42, 72, 102] {
        tape.say(second, "link.datacenter", Saw::Answered, &[]);
    }
    hear(&mut inputs, tape.all(103));
    let rhythm = run(&inputs, &tape).head.rhythms[&ProbeName::from("link.datacenter")];
    assert_eq!(rhythm.period_ms, 30_000);
}

#[test]
fn last_words_are_kept_in_their_order_however_they_arrive() {
    let (mut inputs, mut tape) = (inputs(&["pc1"], 1, &["link.datacenter"]), Tape::new("pc1"));
    for second in [10, 500, 900] {
        let mark = tape.mark(second);
        tape.rows.push(Row::LastWords(mark, LastWords::Sleep));
    }
    for row in [1, 0, 2] {
        hear(&mut inputs, tape.report(1_000, &[row]));
    }
    let seqs: Vec<u64> = run(&inputs, &tape).head.ends.iter().map(|(m, _)| m.seq).collect();
    assert_eq!(seqs, [1, 2, 3]);
}

#[test]
fn what_too_many_rows_wait_for_is_given_up_as_lost() {
    let (mut inputs, mut tape) = (inputs(&["pc1"], 1, &["link.datacenter"]), Tape::new("pc1"));
    const ROWS: usize = 16_390;
    for row in 0..ROWS as u64 {
        tape.say(10 + row * 15, "link.datacenter", Saw::Answered, &[]);
    }
    // The second row and the one before the last never come.
    let rows: Vec<usize> = (0..ROWS).filter(|row| ![1, ROWS - 2].contains(row)).collect();
    hear(&mut inputs, tape.report(300_000, &rows));
    let head = &run(&inputs, &tape).head;
    let gaps: Vec<(u64, u64)> = head.gaps.iter().map(|g| (g.first, g.last)).collect();
    let before_last = ROWS as u64 - 1;
    assert_eq!(gaps, [(2, 2), (before_last, before_last)]);
    assert_eq!((head.folded, head.covered.as_slice()), (ROWS as u64, &[(1, ROWS as u64)][..]));
}

#[test]
fn after_a_step_of_its_clock_the_collector_is_blind_for_three_cycles() {
    let mut inputs = inputs(&["pc1"], 1, &["link.datacenter"]);
    inputs.life = vec![
        (t(9, 0, 0), Life::ClockStepped { by_ms: 10_000 }),
        (t(10, 0, 0), Life::ClockStepped { by_ms: -10_000 }),
    ];
    let blind = ledger(&inputs, t(11, 0, 0)).blind;
    let expected = [Span::new(t(8, 59, 50), t(9, 0, 45)), Span::new(t(10, 0, 0), t(10, 0, 45))];
    assert_eq!(blind, expected);
}

#[test]
fn what_alone_keeps_the_office_from_serving_is_charged_though_another_began_first() {
    let needs = ["link.datacenter", "device.kamera"];
    let mut inputs = inputs(&["pc1", "pc2", "pc3"], 2, &needs);
    let bad =
        |from: u64, second: u64| if second < from { Saw::Answered } else { Saw::Error("x".into()) };
    // The camera of the second fails at nine; the third has lost camera and service before.
    for (station, link, camera) in
        [("pc1", u64::MAX, u64::MAX), ("pc2", u64::MAX, 5_400), ("pc3", 5_000, 4_000)]
    {
        let mut tape = Tape::new(station);
        for second in (1_800..7_200).step_by(15) {
            tape.say(second, "link.datacenter", bad(link, second), &[]);
            tape.say(second, "device.kamera", bad(camera, second), &[]);
        }
        hear(&mut inputs, tape.all(7_200));
    }
    let entries = ledger(&inputs, t(9, 30, 0)).entries;
    assert_eq!(entries.len(), 1, "{entries:?}");
    let things: Vec<&Thing> = entries[0].charges.iter().map(|c| &c.cause.thing).collect();
    assert_eq!(things, [&Thing::Device("pc2".into(), "device.kamera".into())]);
}

#[test]
fn a_short_sleep_is_a_stop_too() {
    let (mut inputs, mut tape) = (inputs(&["pc1"], 1, &["link.datacenter"]), Tape::new("pc1"));
    for cycle in 0..20 {
        tape.say(5_400 + cycle * 15, "link.datacenter", Saw::Answered, &[]);
    }
    // It sleeps for twenty seconds: less than two and a half periods.
    let mark = tape.mark(5_688);
    tape.rows.push(Row::LastWords(mark, LastWords::Sleep));
    for cycle in 0..20 {
        tape.say(5_708 + cycle * 15, "link.datacenter", Saw::Answered, &[]);
    }
    hear(&mut inputs, tape.all(6_000));
    let ledger = ledger(&inputs, t(9, 10, 0));
    let office = &ledger.offices[&OfficeId::from("palaran")];
    let stops: Vec<Span> = office.stations[&StationId::from("pc1")]
        .iter()
        .filter(|(_, state)| *state == StationState::Stopped)
        .map(|(span, _)| *span)
        .collect();
    assert_eq!(stops, [Span::new(t(9, 4, 48), t(9, 5, 8))]);
    assert_eq!(ledger.entries.len(), 1);
    assert_eq!(ledger.entries[0].charges[0].cause.sub, Some(Sub::Asleep));
}

/// When the judge has a row of that second of the boot, from reports that were so many seconds on
/// their way.
fn dated(sent: &[(u64, i64)], order: &[usize], second: u64) -> At {
    let (mut inputs, mut tape) = (inputs(&["pc1"], 1, &["link.datacenter"]), Tape::new("pc1"));
    tape.say(second, "link.datacenter", Saw::Answered, &[]);
    for i in order {
        let (second, late) = sent[*i];
        let (at, heard) = tape.report(second, &[0]);
        hear(&mut inputs, (at + late * 1_000, heard));
    }
    let ledger = ledger(&inputs, t(23, 0, 0));
    ledger.offices[&OfficeId::from("palaran")].states[0].0.from
}

#[test]
fn hours_of_late_reports_move_no_row() {
    // Reports each quarter of an hour; those of four hours are five minutes on their way.
    let late = |n: u64| if (4..20).contains(&n) { 300 } else { 0 };
    let sent: Vec<(u64, i64)> = (0..30).map(|n| (n * 900 + 60, late(n))).collect();
    let forth: Vec<usize> = (0..30).collect();
    let back: Vec<usize> = (0..30).rev().collect();
    for second in [3_000, 9_000, 12_000, 18_000] {
        let at = dated(&sent, &forth, second);
        assert_eq!(at, dated(&sent, &back, second));
        let off = at - (t(7, 30, 0) + i64::try_from(second).unwrap() * 1_000);
        assert!((0..=2_000).contains(&off), "{second}: {off} ms");
    }
}

#[test]
fn a_clock_that_drifts_is_followed() {
    // Five seconds a day too slow: each report seems to come later, and is not late.
    let sent: Vec<(u64, i64)> =
        (0..60).map(|n| (n * 1_440 + 60, i64::try_from(n / 12).unwrap())).collect();
    let forth: Vec<usize> = (0..60).collect();
    let at = dated(&sent, &forth, 50_000);
    assert_eq!(at - (t(7, 30, 0) + 50_000_000), 2_000);
}
