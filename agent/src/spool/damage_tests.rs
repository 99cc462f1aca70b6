//! Damage of every byte of a small spool, database and log: nothing is lost beyond the damage,
//! nothing false is read, and every loss is recorded.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use siaga_wire::Row;

use super::record::{Kind, Record};
use super::tests::{all, cycle, open, start};

/// Memory-backed where there is one: thousands of spools are opened.
fn workplace() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        tempfile::tempdir_in(memory).unwrap()
    } else {
        tempfile::tempdir().unwrap()
    }
}

/// A spool with rows in the database and in the log, as a killed agent leaves it.
struct Sample {
    files: BTreeMap<&'static str, Vec<u8>>,
    rows: Vec<Record>,
    /// Rows that only the log holds.
    in_log: u64,
}

/// What the collector has already: rows that may be forgotten, but never sent as something else.
const ACKNOWLEDGED: std::ops::RangeInclusive<u64> = 2..=4;

impl Sample {
    /// With a log, or moved into the database as after an orderly end.
    fn new(with_log: bool) -> Self {
        let dir = workplace();
        let (mut spool, _) = open(dir.path(), "r1", "b1");
        spool.commit(vec![start()]).unwrap();
        (1..5).for_each(|n| spool.commit(cycle(n)).unwrap());
        spool.finish().unwrap();
        let in_database = spool.newest();
        spool.acknowledge("r1", &[(2, 4)]);
        (5..7).for_each(|n| spool.commit(cycle(n)).unwrap());
        if !with_log {
            spool.finish().unwrap();
        }
        let rows = all(&mut spool);
        let in_log = spool.newest() - in_database;
        let read = |name: &'static str| Some((name, fs::read(dir.path().join(name)).ok()?));
        let files = ["spool.db", "spool.db-wal"].into_iter().filter_map(read).collect();
        Self { files, rows, in_log }
    }

    /// A directory with these files, one of them changed or left out.
    fn lay_out(&self, dir: &Path, name: &str, changed: Option<&[u8]>) {
        for (file, bytes) in &self.files {
            match changed {
                Some(changed) if *file == name => fs::write(dir.join(file), changed).unwrap(),
                None if *file == name => {}
                _ => fs::write(dir.join(file), bytes).unwrap(),
            }
        }
    }

    /// Opens the damaged spool and checks what must hold whatever was hit. Returns how many rows
    /// were lost.
    fn check(&self, dir: &Path, what: &str) -> u64 {
        let (mut spool, found) = open(dir, "r2", "b2");
        spool.commit(vec![start()]).unwrap();
        let records = all(&mut spool);
        let known: BTreeMap<(&str, u64), &Record> =
            self.rows.iter().map(|r| ((r.run.as_str(), r.seq), r)).collect();
        let mut lost = 0;
        let mut covered = super::ranges::Ranges::default();
        for record in records.iter().filter(|r| r.run == "r1") {
            covered.insert(record.first, record.seq);
            if record.kind == Kind::Gap {
                lost += (record.first..=record.seq).filter(|n| !ACKNOWLEDGED.contains(n)).count()
                    as u64;
                assert!(matches!(record.row().unwrap(), Row::Gap(gap) if gap.why == "damaged"));
            } else if !ACKNOWLEDGED.contains(&record.seq) {
                assert_eq!(Some(&record), known.get(&("r1", record.seq)), "{what}: a false row");
            }
        }
        // A run of which nothing is left is a lost spool; else all numbers up to the newest that
        // is known are there, lost, or acknowledged.
        match found.previous {
            Some((run, newest, _)) => {
                assert_eq!(run, "r1", "{what}");
                covered.insert(2, 4);
                assert_eq!(covered.to_string(), format!("1-{newest}"), "{what}");
                lost + self.rows.last().unwrap().seq - newest
            }
            None => {
                assert!(found.missing || found.quarantined > 0, "{what}: a loss without a word");
                self.rows.len() as u64
            }
        }
    }
}

fn fresh(parent: &Path) -> PathBuf {
    let dir = parent.join("spool");
    if dir.exists() {
        fs::remove_dir_all(&dir).unwrap();
    }
    fs::create_dir(&dir).unwrap();
    dir
}

/// Flips one bit of every byte (or of one byte in `step`) in turn.
fn flip_each_byte(sample: &Sample, name: &str, step: usize, lost_most: u64) {
    let parent = workplace();
    let good = &sample.files[name];
    let mut worst = 0;
    for at in (0..good.len()).step_by(step) {
        let mut bad = good.clone();
        // Another bit at every byte; a flip of one bit is the hardest to notice.
        bad[at] ^= 1 << (at % 8);
        let dir = fresh(parent.path());
        sample.lay_out(&dir, name, Some(&bad));
        let lost = sample.check(&dir, &format!("{name} byte {at}"));
        assert!(lost <= lost_most, "{name} byte {at}: {lost} rows lost");
        worst = worst.max(lost);
    }
    assert_eq!(worst, lost_most, "a hit row is noticed");
}

#[test]
fn a_flipped_bit_in_the_database_costs_the_row_it_hit() {
    flip_each_byte(&Sample::new(false), "spool.db", 1, 1);
}

#[test]
fn a_flipped_bit_in_a_database_whose_log_has_the_page_costs_nothing() {
    flip_each_byte(&Sample::new(true), "spool.db", 7, 0);
}

#[test]
fn a_flipped_bit_in_the_log_costs_the_row_it_hit() {
    flip_each_byte(&Sample::new(true), "spool.db-wal", 1, 1);
}

#[test]
fn a_file_cut_at_each_byte_or_missing_or_zeroed_is_damage_and_not_a_clean_start() {
    let sample = Sample::new(true);
    let parent = workplace();
    for (name, good) in &sample.files {
        // Every byte near the edges of pages and frames, and a step between.
        let cuts = (0..good.len()).filter(|at| at % 61 == 0 || at % 4096 < 3 || at % 4120 < 40);
        for at in cuts {
            let dir = fresh(parent.path());
            sample.lay_out(&dir, name, Some(&good[..at]));
            sample.check(&dir, &format!("{name} cut at {at}"));
        }
        let dir = fresh(parent.path());
        sample.lay_out(&dir, name, Some(&vec![0; good.len()]));
        let lost = sample.check(&dir, &format!("{name} zeroed"));
        assert!(lost <= sample.rows.len() as u64);
        let dir = fresh(parent.path());
        sample.lay_out(&dir, name, None);
        let lost = sample.check(&dir, &format!("{name} missing"));
        if *name == "spool.db-wal" {
            assert_eq!(lost, sample.in_log, "only what was in the log");
        }
    }
}

#[test]
fn a_database_that_is_gone_leaves_the_rows_of_its_log() {
    let sample = Sample::new(true);
    let parent = workplace();
    let dir = fresh(parent.path());
    sample.lay_out(&dir, "spool.db", None);
    let (mut spool, found) = open(&dir, "r2", "b2");
    assert_eq!(found.quarantined, 1);
    let saved = all(&mut spool).iter().filter(|r| r.kind == Kind::Reading).count() as u64;
    assert!(saved >= sample.in_log, "{saved}");
}

#[test]
fn a_changed_body_is_a_gap_of_one_row_even_where_sqlite_sees_nothing() {
    let dir = workplace();
    let (mut spool, _) = open(dir.path(), "r1", "b1");
    (1..30).for_each(|n| spool.commit(cycle(n)).unwrap());
    spool.finish().unwrap();
    drop(spool);
    let good = fs::read(dir.path().join("spool.db")).unwrap();
    let body = b"rtt_seconds";
    let places: Vec<_> = good.windows(body.len()).enumerate().filter(|w| w.1 == body).collect();
    let mut lost_rows = Vec::new();
    for (at, _) in &places {
        let mut bad = good.clone();
        bad[*at] ^= 1;
        let dir = workplace();
        fs::write(dir.path().join("spool.db"), bad).unwrap();
        let (mut spool, found) = open(dir.path(), "r2", "b1");
        let gaps = all(&mut spool).into_iter().filter(|r| r.kind == Kind::Gap).count() as u64;
        assert_eq!(gaps, found.lost_rows);
        lost_rows.push(found.lost_rows);
    }
    // Some places are what a page split left behind.
    assert!(lost_rows.iter().all(|n| *n <= 1));
    assert_eq!(lost_rows.iter().sum::<u64>(), 29 * 3);
}

#[test]
fn damage_under_a_running_agent_costs_the_pages_it_hit_and_the_agent_goes_on() {
    let dir = workplace();
    let (mut spool, _) = open(dir.path(), "r1", "b1");
    (1..=900).for_each(|n| spool.commit(cycle(n)).unwrap());
    spool.finish().unwrap();
    let path = dir.path().join("spool.db");
    let mut bytes = fs::read(&path).unwrap();
    // More than SQLite keeps in memory, so that it has to look.
    assert!(bytes.len() > 100 * 4096, "{}", bytes.len());
    bytes[20 * 4096..24 * 4096].fill(0xff);
    fs::write(&path, bytes).unwrap();
    let read = spool.read("r1", 1, 2_700, 5_000);
    assert!(read.is_err(), "the damage is noticed");
    spool.commit(cycle(901)).unwrap();
    let records = all(&mut spool);
    let mut covered = super::ranges::Ranges::default();
    records.iter().for_each(|r| covered.insert(r.first, r.seq));
    assert_eq!(covered.to_string(), "1-2703");
    let lost: u64 =
        records.iter().filter(|r| r.kind == Kind::Gap).map(|r| r.seq - r.first + 1).sum();
    assert!((1..100).contains(&lost), "{lost} rows of four pages");
    assert!(dir.path().join("spool-1.quarantine").exists());
    spool.commit(cycle(902)).unwrap();
    drop(spool);
    let (_, found) = open(dir.path(), "r2", "b1");
    assert_eq!((found.lost_rows, found.quarantined), (0, 0), "it was recorded once");
}

#[test]
fn a_set_that_was_set_aside_by_a_killed_start_is_read_by_the_next() {
    let sample = Sample::new(true);
    let parent = workplace();
    let dir = fresh(parent.path());
    for (name, bytes) in &sample.files {
        fs::write(dir.join(name.replace("spool.db", "spool-7.damaged")), bytes).unwrap();
    }
    let (mut spool, found) = open(&dir, "r2", "b2");
    assert_eq!(found.quarantined, 1);
    assert_eq!(found.previous, Some(("r1".into(), sample.rows.last().unwrap().seq, false)));
    assert_eq!(found.lost_rows, 0);
    assert_eq!(all(&mut spool), sample.rows);
    assert!(dir.join("spool-7.quarantine").exists() && dir.join("spool-7.quarantine-wal").exists());
}
