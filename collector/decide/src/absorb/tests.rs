//! What a report changes: which rows make a stretch, and when there is something to judge.

use super::*;
use crate::fact::{Answer, Gap, PreviousEnd, Saw, Start};
use crate::ids::ProbeName;
use crate::setup::Role;

const CYCLE: i64 = 15_000;
const LINK: &str = "link.datacenter";

/// One station, and what was last made of its reports.
#[derive(Clone, Default)]
struct Heap {
    station: StationEvidence,
}

fn heard(run: &str, rows: Vec<Row>) -> Heard {
    Heard {
        station: StationKey { office: "palaran".into(), station: "pc1".into() },
        boot: "boot".into(),
        run: run.into(),
        now_ms: None,
        wall: None,
        newest: rows.iter().map(|row| row.range().1).max().unwrap_or(0),
        newest_of: None,
        rows,
    }
}

impl Heap {
    /// A report that arrives so many seconds after 1970, when its boot began, without delay.
    fn at(&mut self, second: u64, report: Heard) -> Absorbed {
        let report = Heard { now_ms: Some(second * 1_000), ..report };
        self.take(i64::try_from(second).unwrap() * 1_000, report)
    }

    fn take(&mut self, arrived_ms: i64, report: Heard) -> Absorbed {
        absorb(&mut self.station, report, At(arrived_ms), CYCLE)
    }

    /// Rows each in a report of its own, as soon as they are made; what the last of them changed.
    fn live(&mut self, rows: &[Row]) -> Absorbed {
        let mut last = Absorbed::default();
        for row in rows {
            let second = row.mark().unwrap().at_ms / 1_000;
            last = self.at(second, heard("run", vec![row.clone()]));
        }
        last
    }

    fn run(&self) -> &Run {
        &self.station.runs[&RunId::from("run")]
    }

    fn counts(&self) -> Vec<u32> {
        self.run().facts.iter().map(|f| f.count).collect()
    }

    fn period(&self) -> u64 {
        self.run().head.rhythms[&ProbeName::from(LINK)].period_ms
    }
}

fn what(probe: &str, saw: Saw, numbers: &[(&str, f64)]) -> What {
    let answer = Answer { saw, words: Vec::new().into() };
    let numbers = numbers.iter().map(|(n, v)| (std::sync::Arc::from(*n), *v)).collect();
    What { probe: probe.into(), role: None, answer, numbers }
}

fn mark(seq: u64, at_ms: u64) -> Mark {
    Mark { seq, at_ms, wall: None }
}

fn row(seq: u64, second: u64, saw: Saw) -> Row {
    Row::Reading(mark(seq, second * 1_000), what(LINK, saw, &[]))
}

fn good(seq: u64, second: u64) -> Row {
    row(seq, second, Saw::Answered)
}

/// Good readings each cycle from second 15 on, in reports of their own.
fn calm(readings: u64) -> Heap {
    let mut heap = Heap::default();
    let rows: Vec<Row> = (1..=readings).map(|seq| good(seq, seq * 15)).collect();
    heap.live(&rows);
    heap
}

#[test]
fn a_report_that_only_lengthens_a_stretch_is_nothing_to_judge() {
    let mut heap = calm(4);
    let done = heap.live(&[good(5, 75)]);
    assert_eq!(done, Absorbed { changed_from: Some(5), ..Absorbed::default() });
    assert_eq!(heap.counts(), [5]);
    assert_eq!(heap.live(&[good(5, 75)]), Absorbed::default(), "nor is one that says it again");
}

#[test]
fn a_boot_is_news_when_it_is_heard_of_and_when_it_is_first_tied() {
    let mut heap = Heap::default();
    // Handed in by a later boot: nothing ties it.
    let done = heap.take(90_000, heard("run", vec![good(1, 15)]));
    assert!(done.material && done.boot_changed);
    // A row of it that shows another wall clock helps to place it; the same again does not.
    let hint = |wall| {
        let mark = Mark { wall: Some(At(wall)), ..mark(1, 15_000) };
        heard("run", vec![Row::Reading(mark, what(LINK, Saw::Answered, &[]))])
    };
    let done = heap.take(100_000, hint(15_000));
    assert!(done.material && done.boot_changed);
    let done = heap.take(110_000, hint(15_000));
    assert!(!done.material && !done.boot_changed);
    let done = heap.at(120, heard("run", Vec::new()));
    assert!(done.material && done.boot_changed, "it is tied now");
    // A boot that is tied needs no hints, and a better tie moves rows without being news.
    let done = heap.take(130_000, hint(19_000));
    assert!(!done.material && done.boot_changed);
    let better = Heard { now_ms: Some(135_500), ..heard("run", Vec::new()) };
    let done = heap.take(135_000, better);
    assert!(!done.material && done.boot_changed);
    assert_eq!(done.moved_from_ms, Some(0));
}

#[test]
fn a_silence_is_over_after_more_than_three_cycles() {
    let since = |second: u64, ms: i64| {
        let mut heap = calm(4);
        let report = Heard { now_ms: None, ..heard("run", Vec::new()) };
        let first = heap.station.contact_since;
        let done = heap.take(i64::try_from(second).unwrap() * 1_000 + ms, report);
        assert_eq!(done.material, heap.station.contact_since != first);
        heap.station.contact_since
    };
    assert_eq!(since(105, 0), Some(At(15_000)));
    assert_eq!(since(105, 1), Some(At(105_001)));
}

#[test]
fn an_agent_that_asks_seldom_is_missed_after_two_and_a_half_of_its_questions() {
    let since = |late_ms: i64| {
        let mut heap = Heap::default();
        let rows: Vec<Row> = (1..=4).map(|seq| good(seq, seq * 60)).collect();
        heap.live(&rows);
        assert_eq!(heap.run().fastest_ms(), Some(60_000));
        heap.take(240_000 + late_ms, Heard { now_ms: None, ..heard("run", Vec::new()) });
        heap.station.contact_since
    };
    // Its first three reports each came after a silence: nobody knew how often it asks.
    assert_eq!(since(150_000), Some(At(180_000)));
    assert_eq!(since(150_001), Some(At(390_001)));
}

#[test]
fn a_rhythm_that_is_not_known_yet_is_not_the_fastest() {
    let mut heap = calm(4);
    let other = what("link.gateway", Saw::Answered, &[]);
    heap.live(&[Row::Reading(mark(5, 75_000), other)]);
    assert_eq!(heap.run().fastest_ms(), Some(15_000));
}

#[test]
fn the_newest_row_that_an_agent_spoke_of_is_never_taken_back() {
    let mut heap = calm(4);
    let newest = |heap: &Heap| heap.station.newest.clone().map(|(run, seq)| (run.to_string(), seq));
    let says = |run: &str, newest, of: Option<(&str, u64)>| Heard {
        newest,
        newest_of: of.map(|(run, seq)| (run.into(), seq)),
        ..heard(run, Vec::new())
    };
    heap.at(61, says("run", 9, None));
    let done = heap.at(62, says("run", 7, None));
    assert_eq!(newest(&heap), Some(("run".into(), 9)), "a report that was overtaken");
    assert!(!done.material && !heap.run().is_complete());
    heap.at(63, says("run", 9, Some(("next", 5))));
    assert_eq!(newest(&heap), Some(("next".into(), 5)), "a run is followed by another");
    heap.at(64, says("next", 3, None));
    heap.at(65, says("run", 9, Some(("next", 2))));
    assert_eq!(newest(&heap), Some(("next".into(), 5)));
    heap.at(66, says("last", 1, None));
    assert_eq!(newest(&heap), Some(("last".into(), 1)), "another run counts from the beginning");
}

#[test]
fn that_rows_are_still_to_come_is_news_and_so_is_that_none_are() {
    let mut heap = calm(4);
    let more = Heard { newest: 6, ..heard("run", Vec::new()) };
    assert!(heap.at(61, more).material);
    assert!(!heap.run().is_complete());
    assert!(heap.live(&[good(6, 90)]).material, "it waits for the fifth");
    assert!(heap.live(&[good(5, 75)]).material);
    assert!(heap.run().is_complete());
    assert_eq!(heap.counts(), [6]);
}

#[test]
fn a_clock_beyond_all_time_is_as_far_as_any() {
    assert_eq!(millis(u64::MAX), i64::MAX / 4);
    assert_eq!(millis(7), 7);
}

#[test]
fn numbers_that_no_agent_gives_are_left_out() {
    let mut heap = calm(4);
    let gap = |first, last| Row::Gap(Gap { first, last, why: "damaged".into() });
    heap.at(61, heard("run", vec![good(0, 60), gap(9, 8), gap(0, 2)]));
    assert_eq!(heap.run().head.covered, [(1, 4)]);
    assert!(heap.run().head.gaps.is_empty());
    // One that covers more than is known counts, though its last row is known.
    heap.at(75, heard("run", vec![good(7, 75)]));
    heap.at(76, heard("run", vec![gap(5, 7)]));
    assert_eq!(heap.run().head.covered, [(1, 7)]);
    assert_eq!(heap.run().head.gaps.len(), 1);
}

#[test]
fn gaps_are_kept_in_order_and_the_first_start_is_the_start() {
    let mut heap = Heap::default();
    let gap = |first, last| Row::Gap(Gap { first, last, why: "damaged".into() });
    let start = |seq, end| {
        Row::Start(mark(seq, seq * 1_000), Start { previous_end: end, log: None, previous: None })
    };
    let rows = [gap(8, 9), gap(3, 4), start(5, PreviousEnd::Lost), start(1, PreviousEnd::First)];
    for (n, row) in (10..).zip(rows) {
        assert!(heap.at(n, heard("run", vec![row])).material);
    }
    heap.at(20, heard("run", vec![start(2, PreviousEnd::Lost)]));
    let gaps: Vec<u64> = heap.run().head.gaps.iter().map(|g| g.first).collect();
    assert_eq!(gaps, [3, 8]);
    let (first, start) = heap.run().head.start.clone().unwrap();
    assert_eq!((first.seq, start.previous_end), (1, PreviousEnd::First));
}

#[test]
fn so_many_rows_may_wait_and_no_more() {
    let most = u64::try_from(WAITING_MOST).unwrap();
    let mut heap = Heap::default();
    let waiting: Vec<Row> = (2..most + 2).map(|seq| good(seq, seq * 15)).collect();
    heap.at(most * 15, heard("run", waiting));
    assert_eq!((heap.run().waiting.len(), heap.run().head.gaps.len()), (WAITING_MOST, 0));
    heap.at(most * 15, heard("run", vec![good(most + 2, most * 15)]));
    assert_eq!((heap.run().waiting.len(), heap.run().head.gaps.len()), (0, 1));
}

#[test]
fn a_stretch_that_the_agent_made_carries_its_extremes() {
    let numbers = [("rtt_max_seconds", 0.05), ("rtt_seconds", 0.03)];
    let ends = |a, b| vec![("rtt_seconds".into(), a), ("rtt_max_seconds".into(), b)];
    let (least, most) = (ends(0.01, 0.02), ends(0.04, 0.12));
    let since = Since { first: mark(1, 15_000), count: 7, least, most };
    let mut heap = Heap::default();
    let row = Row::Stretch(mark(7, 105_000), what(LINK, Saw::Answered, &numbers), since);
    heap.at(105, heard("run", vec![Row::Gap(Gap { first: 1, last: 6, why: "thinned".into() })]));
    heap.at(105, heard("run", vec![row]));
    let fact = &heap.run().facts[0];
    assert_eq!((fact.count, fact.first.seq, fact.last.seq), (7, 1, 7));
    let made: Vec<(f64, f64, f64)> =
        fact.numbers.iter().map(|n| (n.least, n.last, n.most)).collect();
    assert_eq!(made, [(0.02, 0.05, 0.12), (0.01, 0.03, 0.04)]);
}

/// The stretches that readings make, one every cycle: the same whether each comes in a report of
/// its own or all in one.
fn stretches(readings: &[What]) -> usize {
    let rows =
        (1..).zip(readings).map(|(seq, what)| Row::Reading(mark(seq, seq * 15_000), what.clone()));
    let rows: Vec<Row> = rows.collect();
    let (mut live, mut late) = (Heap::default(), Heap::default());
    live.live(&rows);
    late.at(rows.len() as u64 * 15, heard("run", rows));
    assert_eq!(live.run().facts, late.run().facts);
    live.run().facts.len()
}

#[test]
fn a_stretch_is_one_answer_one_role_and_one_band_of_each_number() {
    let plain = || what(LINK, Saw::Answered, &[("load1", 3.0), ("rtt_seconds", 0.02)]);
    let two = |other: What| stretches(&[plain(), plain(), other]);
    assert_eq!(two(plain()), 1);
    assert_eq!(two(what(LINK, Saw::Answered, &[("load1", 4.0), ("rtt_seconds", 0.03)])), 1);
    assert_eq!(two(what(LINK, Saw::Timeout, &[("load1", 3.0), ("rtt_seconds", 0.02)])), 2);
    assert_eq!(two(What { role: Some(Role::Path), ..plain() }), 2);
    assert_eq!(two(what(LINK, Saw::Answered, &[("load1", 3.0)])), 2);
    assert_eq!(two(what(LINK, Saw::Answered, &[("load1", 3.0), ("lost", 0.02)])), 2);
    assert_eq!(two(what(LINK, Saw::Answered, &[("load1", 3.0), ("rtt_seconds", 0.9)])), 2);
    assert_eq!(two(what(LINK, Saw::Answered, &[("load1", 20.0), ("rtt_seconds", 0.02)])), 2);
}

#[test]
fn a_stretch_ends_at_a_hole_and_at_a_sleep_however_it_arrives() {
    let mut heap = calm(4);
    // Two and a half cycles are near, a millisecond more is not.
    let near = Row::Reading(mark(5, 97_500), what(LINK, Saw::Answered, &[]));
    let far = Row::Reading(mark(6, 135_001), what(LINK, Saw::Answered, &[]));
    heap.live(&[near]);
    assert!(heap.live(&[far]).material, "nobody knows what was in between");
    assert_eq!(heap.counts(), [5, 1]);
    heap.at(150, heard("run", vec![Row::LastWords(mark(7, 150_000), LastWords::Sleep)]));
    heap.live(&[good(8, 150), good(9, 165), good(10, 180)]);
    assert_eq!(heap.counts(), [5, 1, 3], "one sleep ends one stretch");
}

#[test]
fn only_what_leads_to_another_judgement_is_news() {
    let news = |probe: &str, saw: Saw, numbers: &[(&str, f64)]| {
        let mut heap = Heap::default();
        let calm = (1..5).map(|seq| {
            Row::Reading(
                mark(seq, seq * 15_000),
                what(probe, Saw::Answered, &[("rtt_seconds", 0.02)]),
            )
        });
        heap.live(&calm.collect::<Vec<Row>>());
        heap.live(&[Row::Reading(mark(5, 75_000), what(probe, saw, numbers))]).material
    };
    assert!(news(LINK, Saw::Timeout, &[("rtt_seconds", 0.02)]));
    assert!(!news(LINK, Saw::Answered, &[("rtt_seconds", 0.9)]), "slower, but it answers");
    assert!(!news("host.cpu", Saw::Timeout, &[]), "the PC's own health");
}

#[test]
fn a_probe_that_speaks_for_the_first_time_is_news_unless_it_is_the_pcs_health() {
    let first = |probe: &str| {
        calm(4).live(&[Row::Reading(mark(5, 75_000), what(probe, Saw::Answered, &[]))]).material
    };
    assert!(first("link.gateway"));
    assert!(!first("host.cpu"));
}

#[test]
fn the_second_bad_reading_in_a_row_is_news_and_no_other() {
    let mut heap = calm(4);
    let bad = |seq: u64| row(seq, seq * 15, Saw::Timeout);
    assert!(heap.live(&[bad(5)]).material);
    assert!(heap.live(&[bad(6)]).material, "now it is down");
    assert!(!heap.live(&[bad(7)]).material);
    assert!(heap.live(&[good(8, 120)]).material);
    assert!(!heap.live(&[good(9, 135)]).material, "good is good from the first on");
}

/// The rhythm after readings at those milliseconds, and whether the last of them changed it.
fn rhythm(at_ms: &[u64]) -> (u64, bool) {
    let mut heap = Heap::default();
    let mut material = false;
    for (seq, at_ms) in (1..).zip(at_ms) {
        let row = Row::Reading(mark(seq, *at_ms), what(LINK, Saw::Answered, &[]));
        material = heap.at(1_000, heard("run", vec![row])).material;
    }
    (heap.period(), material)
}

#[test]
fn a_rhythm_is_the_least_distance_but_for_jitter() {
    assert_eq!(rhythm(&[0, 60_000]), (0, false), "two readings show none");
    assert_eq!(rhythm(&[0, 60_000, 120_000]), (60_000, true));
    assert_eq!(rhythm(&[0, 60_000, 120_000, 177_000]), (60_000, false), "a twentieth is jitter");
    assert_eq!(rhythm(&[0, 60_000, 120_000, 176_999]), (56_999, true));
    assert_eq!(rhythm(&[0, 60_000, 120_000, 120_000]), (60_000, false), "no time is no rhythm");
    assert_eq!(rhythm(&[0, 60_000, 60_000]), (0, false));
    // Faster than the cycle is as good as the cycle.
    assert_eq!(rhythm(&[0, 15_000, 30_000, 40_000]), (15_000, false));
    assert_eq!(rhythm(&[0, 15_001, 30_002, 40_002]), (10_000, true));
}

#[test]
fn a_number_is_covered_only_by_a_range_that_holds_it() {
    let ranges = [(3, 5), (9, 9)];
    assert!(covers(&ranges, 3, 5) && covers(&ranges, 4, 4) && covers(&ranges, 9, 9));
    for (first, last) in [(2, 3), (5, 6), (6, 8), (8, 9), (9, 10), (3, 9), (1, 1), (11, 11)] {
        assert!(!covers(&ranges, first, last), "{first} to {last}");
    }
    let mut ranges = vec![(3, 5), (9, 9), (20, 30)];
    cover(&mut ranges, 6, 6);
    cover(&mut ranges, 11, 12);
    assert_eq!(ranges, [(3, 6), (9, 9), (11, 12), (20, 30)]);
    cover(&mut ranges, 8, 19);
    assert_eq!(ranges, [(3, 6), (8, 30)]);
}
