//! What the spool promises in ordinary and in full times.

use std::fs;
use std::path::Path;

use siaga_wire::{LastWords, PreviousEnd, Reading, Row, Saw, Start, Values};

use super::record::Record;
use super::{Content, Entry, Found, Spool, Trouble};

pub(super) const MIB: u64 = 1024 * 1024;

pub(super) fn open(dir: &Path, run: &str, boot: &str) -> (Spool, Found) {
    Spool::open(dir, 4 * MIB, run, boot).unwrap()
}

pub(super) fn reading(probe: &'static str, at_ms: u64, saw: Saw, rtt: f64) -> Entry {
    let mut values = Values::default();
    values.push("sent", 4.0);
    values.push("lost", 0.0);
    values.push("rtt_seconds", rtt);
    let reading =
        Reading { probe: probe.into(), role: None, saw, why: None, words: Vec::new(), values };
    Entry { at_ms, wall_ms: 1_795_000_000_000 + at_ms as i64, content: Content::Reading(reading) }
}

pub(super) fn start() -> Entry {
    let start = Start { previous_end: PreviousEnd::First, log: None, previous: None };
    Entry { at_ms: 1, wall_ms: 1_795_000_000_001, content: Content::Start(start) }
}

/// One cycle of three probes.
pub(super) fn cycle(n: u64) -> Vec<Entry> {
    ["link.gateway", "link.datacenter", "host"]
        .into_iter()
        .map(|probe| reading(probe, n * 15_000, Saw::Answered, 0.01 + n as f64 / 1e4))
        .collect()
}

/// Everything that waits for the collector, oldest first.
pub(super) fn all(spool: &mut Spool) -> Vec<Record> {
    let mut records = Vec::new();
    for pending in spool.pending() {
        for (first, last) in pending.numbers.iter() {
            records.extend(spool.read(&pending.run, first, last, 100_000).unwrap());
        }
    }
    records
}

fn acknowledge_everything(spool: &mut Spool) {
    for pending in spool.pending() {
        let ranges: Vec<_> = pending.numbers.iter().collect();
        spool.acknowledge(&pending.run, &ranges);
    }
}

#[test]
fn rows_come_back_until_they_are_acknowledged_and_numbers_are_never_used_twice() {
    let dir = tempfile::tempdir().unwrap();
    let (mut spool, found) = open(dir.path(), "r1", "b1");
    assert!(found.missing && found.previous.is_none());
    spool.commit(vec![start()]).unwrap();
    spool.commit(cycle(1)).unwrap();
    drop(spool);

    let (mut spool, found) = open(dir.path(), "r2", "b1");
    assert_eq!(found.previous, Some(("r1".into(), 4, false)));
    assert_eq!(found.previous_boot.as_deref(), Some("b1"));
    assert!(!found.missing && found.lost_rows == 0);
    let records = all(&mut spool);
    assert_eq!(
        records.iter().map(|r| (r.run.as_str(), r.seq)).collect::<Vec<_>>(),
        [("r1", 1), ("r1", 2), ("r1", 3), ("r1", 4)]
    );
    assert!(records.windows(2).all(|w| w[1].before == w[0].hash()));
    acknowledge_everything(&mut spool);
    assert!(all(&mut spool).is_empty());
    spool.commit(cycle(2)).unwrap();
    acknowledge_everything(&mut spool);
    spool.finish().unwrap();
    let last_id = spool.runs.last().map(|r| r.run.base + 3).unwrap();
    drop(spool);

    let (mut spool, found) = open(dir.path(), "r3", "b2");
    assert_eq!(found.previous, Some(("r2".into(), 3, false)));
    assert!(all(&mut spool).is_empty(), "what was acknowledged stays forgotten");
    assert_eq!(found.lost_rows, 0);
    spool.commit(cycle(3)).unwrap();
    assert!(
        all(&mut spool).iter().all(|r| r.id > last_id),
        "no id twice after all rows were deleted"
    );
}

#[test]
fn a_lost_acknowledgement_only_sends_again() {
    let dir = tempfile::tempdir().unwrap();
    let (mut spool, _) = open(dir.path(), "r1", "b1");
    spool.commit(cycle(1)).unwrap();
    spool.acknowledge("r1", &[(1, 2)]);
    assert_eq!(all(&mut spool).len(), 1);
    drop(spool); // killed before the next commit
    let (mut spool, _) = open(dir.path(), "r2", "b1");
    assert_eq!(all(&mut spool).len(), 3);
    spool.acknowledge("nobody", &[(1, 2)]);
    spool.acknowledge("r1", &[(0, u64::MAX)]);
    spool.commit(cycle(2)).unwrap();
    assert_eq!(all(&mut spool).len(), 3);
}

#[test]
fn last_words_make_an_orderly_end_and_sleep_does_not() {
    let dir = tempfile::tempdir().unwrap();
    let words = |w| Entry { at_ms: 9, wall_ms: 9, content: Content::LastWords(w) };
    let (mut spool, _) = open(dir.path(), "r1", "b1");
    spool.commit(vec![words(LastWords::Sleep)]).unwrap();
    drop(spool);
    let (mut spool, found) = open(dir.path(), "r2", "b1");
    assert_eq!(found.previous, Some(("r1".into(), 1, false)));
    spool.commit(vec![words(LastWords::System)]).unwrap();
    drop(spool);
    let (_spool, found) = open(dir.path(), "r3", "b1");
    assert_eq!(found.previous, Some(("r2".into(), 1, true)));
}

#[test]
fn a_second_agent_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let (_spool, _) = open(dir.path(), "r1", "b1");
    assert!(matches!(Spool::open(dir.path(), MIB, "r2", "b1"), Err(Trouble::Locked(_))));
}

#[test]
fn a_spool_made_at_enrolment_is_not_missing() {
    let dir = tempfile::tempdir().unwrap();
    super::Guard::new(dir.path()).unwrap().create(MIB).unwrap();
    let (_, found) = open(dir.path(), "r1", "b1");
    assert_eq!(found, Found::default());
}

#[test]
fn a_month_without_a_collector_fits_and_no_change_of_answer_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let budget = MIB;
    let (mut spool, _) = Spool::open(dir.path(), budget, "r1", "b1").unwrap();
    spool.commit(vec![start()]).unwrap();
    let (mut changes, mut before) = (Vec::new(), None);
    for n in 1..3_000_u64 {
        let saw = if n % 700 < 9 { Saw::Timeout } else { Saw::Answered };
        let mut entries = cycle(n);
        entries.push(reading("link.path", n * 15_000, saw, 0.02));
        spool.commit(entries).unwrap();
        if before.replace(saw) != Some(saw) {
            changes.push((n * 15_000, saw));
        }
    }
    assert!(spool.used_bytes().unwrap() < budget);
    let records = all(&mut spool);
    let rows: Vec<Row> = records.iter().map(|r| r.row().unwrap()).collect();
    assert!(matches!(rows[0], Row::Start { .. }), "the start is kept");
    let mut covered = super::ranges::Ranges::default();
    let mut told = Vec::new();
    let mut readings = 0;
    for row in &rows {
        covered.insert(row.range().0, row.range().1);
        match row {
            Row::Reading { at_ms, reading, .. } => {
                readings += 1;
                if reading.probe == "link.path" {
                    told.push((*at_ms, *at_ms, reading.saw));
                }
            }
            Row::Stretch { at_ms, reading, since, .. } => {
                readings += since.count;
                if reading.probe == "link.path" {
                    told.push((since.at_ms, *at_ms, reading.saw));
                }
            }
            Row::Gap(gap) => assert_eq!(gap.why, "thinned"),
            Row::Start { .. } | Row::LastWords { .. } | Row::Unknown { .. } => {}
        }
    }
    assert_eq!(readings, 2_999 * 4, "every reading is counted");
    assert_eq!(covered.to_string(), format!("1-{}", spool.newest()), "no number is missing");
    told.sort_by_key(|t| t.0);
    let mut edges: Vec<(u64, Saw)> = Vec::new();
    for (from_ms, _, saw) in told {
        if edges.last().map(|e| e.1) != Some(saw) {
            edges.push((from_ms, saw));
        }
    }
    assert_eq!(edges, changes);
}

#[test]
fn a_spool_full_of_changes_drops_the_oldest_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let (mut spool, _) = Spool::open(dir.path(), MIB, "r1", "b1").unwrap();
    spool.commit(vec![start()]).unwrap();
    for n in 1..3_000_u64 {
        let saw = if n % 2 == 0 { Saw::Timeout } else { Saw::Answered };
        let flapping = ["a", "b", "c"].map(|p| reading(p, n * 15_000, saw, 0.02));
        spool.commit(flapping.into()).unwrap();
    }
    assert!(spool.used_bytes().unwrap() < MIB);
    let records = all(&mut spool);
    let mut covered = super::ranges::Ranges::default();
    records.iter().for_each(|r| covered.insert(r.first, r.seq));
    assert_eq!(covered.to_string(), format!("1-{}", spool.newest()));
    assert!(matches!(records[0].row().unwrap(), Row::Start { .. }));
    assert!(matches!(records[1].row().unwrap(), Row::Gap(gap) if gap.why == "dropped"));
    assert!(matches!(records.last().unwrap().row().unwrap(), Row::Reading { .. }));
}

#[test]
fn a_hole_in_time_ends_a_stretch() {
    let at = |n: u64| reading("host", n * 15_000, Saw::Answered, 0.01);
    let dir = tempfile::tempdir().unwrap();
    let (mut spool, _) = open(dir.path(), "r1", "b1");
    spool.commit((1..50).chain(60..100).map(at).collect()).unwrap();
    let records = all(&mut spool);
    let plan = super::budget::thin(&records, 0).unwrap();
    let stretches: Vec<_> = plan
        .put
        .iter()
        .filter_map(|r| match r.row().unwrap() {
            Row::Stretch { at_ms, since, .. } => {
                Some((since.at_ms / 15_000, at_ms / 15_000, since.count))
            }
            Row::Reading { .. }
            | Row::Start { .. }
            | Row::LastWords { .. }
            | Row::Gap(_)
            | Row::Unknown { .. } => None,
        })
        .collect();
    assert_eq!(stretches, [(1, 49, 49), (60, 99, 40)]);
}

#[test]
fn a_row_that_the_collector_never_takes_becomes_a_gap() {
    let dir = tempfile::tempdir().unwrap();
    let (mut spool, _) = open(dir.path(), "r1", "b1");
    spool.commit(cycle(1)).unwrap();
    let poison = all(&mut spool).remove(1);
    spool.give_up(&poison, "refused");
    for _ in 0..2 {
        let records = all(&mut spool);
        let row =
            records.iter().find(|r| r.kind == super::record::Kind::Gap).unwrap().row().unwrap();
        assert!(matches!(row, Row::Gap(gap) if gap.range == (2, 2) && gap.why == "refused"));
        assert!(records.iter().filter(|r| (r.first..=r.seq).contains(&2)).count() <= 1);
        spool.commit(cycle(2)).unwrap();
    }
    assert_eq!(all(&mut spool).iter().filter(|r| r.seq == 2).count(), 1);
}

#[test]
fn an_answer_too_large_for_a_page_is_kept_as_unreadable() {
    let dir = tempfile::tempdir().unwrap();
    let (mut spool, _) = open(dir.path(), "r1", "b1");
    let mut entry = reading("power.ups", 1, Saw::Answered, 0.1);
    if let Content::Reading(reading) = &mut entry.content {
        reading.words = (0..2_000).map(|i| format!("WORD{i}").into()).collect();
    }
    spool.commit(vec![entry]).unwrap();
    let records = all(&mut spool);
    assert!(
        matches!(records[0].row().unwrap(), Row::Reading { reading, .. } if reading.saw == Saw::Unreadable)
    );
}

#[test]
fn a_file_that_cannot_be_opened_keeps_rows_in_memory_and_joins_them_later() {
    let dir = tempfile::tempdir().unwrap();
    let (mut spool, _) = open(dir.path(), "r0", "b1");
    (1..=3).for_each(|n| spool.commit(cycle(n)).unwrap());
    spool.finish().unwrap();
    drop(spool);
    // A directory in the place of the file: nobody can open it, not even root.
    let (path, away) = (dir.path().join("spool.db"), dir.path().join("away"));
    fs::rename(&path, &away).unwrap();
    fs::create_dir(&path).unwrap();
    let (mut spool, found) = open(dir.path(), "r1", "b1");
    assert!(found.previous.is_none());
    for n in 1..=5 {
        assert!(spool.commit(cycle(n)).is_err());
    }
    assert_eq!(all(&mut spool).len(), 15, "rows in memory can be sent");
    fs::remove_dir(&path).unwrap();
    fs::rename(&away, &path).unwrap();
    for n in 6..=40 {
        let _ = spool.commit(cycle(n));
    }
    assert_eq!(spool.waiting_rows(), 0);
    drop(spool);
    let (mut spool, found) = open(dir.path(), "r2", "b1");
    assert_eq!(found.previous, Some(("r1".into(), 120, false)));
    assert_eq!(found.lost_rows, 0);
    let records = all(&mut spool);
    assert_eq!(records.iter().filter(|r| r.run == "r0").count(), 9);
    assert_eq!(records.iter().filter(|r| r.run == "r1").count(), 120);
    assert!(records.windows(2).all(|w| w[0].id < w[1].id));
}

#[test]
fn the_hard_cap_of_pages_is_survived() {
    // Full at each n-th page: the cap takes the place of the disk's end.
    for pages in 4..40_u64 {
        let dir = tempfile::tempdir().unwrap();
        let (mut spool, _) = Spool::open(dir.path(), pages * 4096, "r1", "b1").unwrap();
        spool.commit(vec![start()]).ok();
        for n in 1..60 {
            spool.commit(cycle(n)).ok();
        }
        let records = all(&mut spool);
        let mut covered = super::ranges::Ranges::default();
        records.iter().for_each(|r| covered.insert(r.first, r.seq));
        assert_eq!(covered.to_string(), format!("1-{}", spool.newest()), "{pages} pages");
        assert!(spool.waiting_rows() <= super::WAITING_MAX_ROWS + 200);
    }
}
