//! Damaged spools, full disks, wrong clocks: nothing is lost beyond the damage, and what is lost
//! is said. The spool's own tests flip every bit; here the whole way is gone, on the real
//! programs, for one damage of each kind.

use std::fs;
use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use siaga_tests::rig::agent::Agent;
use siaga_tests::rig::clock::{now_ms, pause, until};
use siaga_tests::rig::collector::Office;
use siaga_tests::rig::journal::{self, Kept};
use siaga_tests::rig::pusher::Pusher;
use siaga_tests::rig::scene::{LIMIT, Scene};
use siaga_tests::rig::volume::Volume;

use crate::link::{assert_edges, closed_by};

/// A row as the spool had it before the damage: run, number, milliseconds since boot.
type Written = (String, u64, u64);

/// The rows of a spool, read from a copy, so that the original keeps its log.
fn written(data: &Path) -> Vec<Written> {
    let copy = tempfile::tempdir().unwrap();
    for name in ["spool.db", "spool.db-wal"] {
        if data.join(name).exists() {
            fs::copy(data.join(name), copy.path().join(name)).unwrap();
        }
    }
    let db = Connection::open(copy.path().join("spool.db")).unwrap();
    let mut rows = db.prepare("SELECT run, seq, at_ms FROM rows ORDER BY run, seq").unwrap();
    let rows = rows
        .query_map((), |row| Ok((row.get(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?)))
        .unwrap();
    let rows = rows.map(Result::unwrap);
    rows.map(|(run, seq, at)| (run, seq.unsigned_abs(), at.unsigned_abs())).collect()
}

/// One thing that a disk does to a file.
#[derive(Clone, Copy, Debug)]
enum Damage {
    /// Flips a bit at that share of the file, in thousandths.
    Flip(usize),
    /// Cuts the file at that share, in thousandths.
    Cut(usize),
    /// Writes zeros over all of it.
    Zeros,
    /// Writes noise over a page at that share, in thousandths.
    Noise(usize),
    /// Removes it.
    Remove,
}

impl Damage {
    fn strike(self, file: &Path) {
        let mut bytes = fs::read(file).unwrap();
        let at = |share: usize| bytes.len() * share / 1_000;
        match self {
            Self::Flip(share) => {
                let at = at(share);
                bytes[at] ^= 0x10;
            }
            Self::Cut(share) => bytes.truncate(at(share)),
            Self::Zeros => bytes.fill(0),
            Self::Noise(share) => {
                let from = at(share) & !4095;
                for (i, byte) in bytes.iter_mut().skip(from).take(4096).enumerate() {
                    *byte = u8::try_from((i * 167 + 13) % 251).unwrap();
                }
            }
            Self::Remove => return fs::remove_file(file).unwrap(),
        }
        fs::write(file, bytes).unwrap();
    }
}

const DAMAGES: [(&str, Damage); 14] = [
    ("spool.db", Damage::Flip(20)),
    ("spool.db", Damage::Flip(300)),
    ("spool.db", Damage::Flip(600)),
    ("spool.db", Damage::Flip(950)),
    ("spool.db", Damage::Noise(500)),
    ("spool.db", Damage::Cut(500)),
    ("spool.db", Damage::Cut(0)),
    ("spool.db", Damage::Zeros),
    ("spool.db", Damage::Remove),
    ("spool.db-wal", Damage::Flip(500)),
    ("spool.db-wal", Damage::Flip(50)),
    ("spool.db-wal", Damage::Cut(700)),
    ("spool.db-wal", Damage::Zeros),
    ("spool.db-wal", Damage::Remove),
];

#[test]
fn a_damaged_spool_hands_on_what_was_not_hit_and_says_what_was() {
    let stations: Vec<String> = (0..DAMAGES.len()).map(|i| format!("pc{i}")).collect();
    let names: Vec<&str> = stations.iter().map(String::as_str).collect();
    let scene = Scene::new(&[Office::always_open("o1", &names)]);
    let mut agents: Vec<Agent> = names.iter().map(|n| scene.agent("o1", n, "")).collect();
    scene.town.cut_line();
    agents.iter_mut().for_each(Agent::start);
    // Longer than the spool keeps its log, so that both files hold rows.
    pause(Duration::from_secs(32));
    agents.iter_mut().for_each(Agent::kill);

    let before: Vec<Vec<Written>> = agents.iter().map(|a| written(&a.data())).collect();
    for (agent, (file, damage)) in agents.iter().zip(DAMAGES) {
        damage.strike(&agent.data().join(file));
    }
    scene.town.mend_line();
    agents.iter_mut().for_each(Agent::start);
    for name in &names {
        until(&format!("the backlog of {name} to be taken"), LIMIT, || {
            let station = &scene.office("o1")["stations"];
            let station = station.get(name).cloned().unwrap_or_else(|| {
                let list = station.as_array().cloned().unwrap_or_default();
                list.into_iter().find(|s| s["id"] == **name).unwrap_or_default()
            });
            (station["backlog"] == false && station["state"] == "serving").then_some(())
        });
    }
    pause(Duration::from_secs(3));
    agents.iter_mut().for_each(Agent::kill);

    let kept = journal::read(&scene.collector.database());
    let database = scene.collector.database();
    for (i, (file, damage)) in DAMAGES.into_iter().enumerate() {
        let id: String = database
            .query_row("SELECT id FROM agents WHERE station = ?1", [names[i]], |row| row.get(0))
            .unwrap();
        assert_rows(&kept, &id, &before[i], &format!("{damage:?} of {file}"));
    }
    scene.finish();
}

/// Every row that was on disk has arrived as it was, or a gap covers it, or its end is missing
/// and the agent found less than there was.
#[track_caller]
fn assert_rows(kept: &Kept, agent: &str, before: &[Written], what: &str) {
    assert!(before.len() > 60, "{what}: only {} rows were written", before.len());
    let newest = kept.runs(agent);
    let (mut lost, mut tail) = (0, 0);
    for (run, seq, at_ms) in before {
        let key = (agent.to_owned(), run.clone(), *seq);
        if let Some(rows) = kept.rows.get(&key) {
            assert_eq!(rows.len(), 1, "{what}: kept twice: {rows:?}");
            assert_eq!(rows[0]["at_ms"].as_u64(), Some(*at_ms), "{what}: another row: {rows:?}");
        } else if kept.in_gap(agent, run, *seq) {
            lost += 1;
        } else {
            let known = newest.get(run).copied().unwrap_or_default();
            assert!(*seq > known, "{what}: {key:?} is lost in silence, {known} is known");
            tail += 1;
        }
    }
    let all = before.len();
    if what.starts_with("Flip") && what.ends_with("spool.db") {
        assert!(lost + tail <= all / 4, "{what}: {lost} of {all} rows lost, {tail} unknown");
    }
    if tail > 0 {
        // Rows of which the agent knows nothing: only where the log or the whole file is gone.
        assert!(
            what.ends_with("wal")
                || what.contains("Cut")
                || what.contains("Zeros")
                || what.contains("Remove"),
            "{what}: {tail} rows vanished"
        );
    }
}

/// The rows of the only run of the only agent must be there or be in a gap, without a hole.
#[track_caller]
fn assert_whole(scene: &Scene, runs: usize) {
    let kept = journal::read(&scene.collector.database());
    let agent = kept.rows.keys().next().expect("some rows").0.clone();
    let found = kept.runs(&agent);
    assert_eq!(found.len(), runs, "{found:?}");
    for (run, newest) in found {
        for seq in 1..=newest {
            let key = (agent.clone(), run.clone(), seq);
            let there = kept.rows.get(&key).is_some_and(|rows| rows.len() == 1);
            assert!(there || kept.in_gap(&agent, &run, seq), "{key:?} is lost in silence");
        }
    }
}

#[test]
fn an_agent_on_a_full_disk_goes_on_and_recovers_alone() {
    let scene = Scene::of_one_office();
    let mut agent = scene.agent("o1", "pc1", "");
    let disk = Volume::over(&agent.data(), 12);
    agent.start();
    scene.wait_state("o1", "serving");
    let broken = now_ms();
    scene.town.cut_line();
    pause(Duration::from_secs(3));
    disk.fill();
    pause(Duration::from_secs(8));
    assert!(agent.running().is_running(), "ended on a full disk\n{}", agent.running().log());
    let mended = now_ms();
    scene.town.mend_line();
    pause(Duration::from_secs(4));
    assert!(agent.running().is_running(), "ended on a full disk\n{}", agent.running().log());
    disk.clear();
    let entries = scene.wait_ledger("o1", "the provider's fault", closed_by("link.provider"));
    assert_edges(&entries[0], broken, mended);
    pause(Duration::from_secs(3));
    agent.stop();
    assert_whole(&scene, 1);
    scene.finish();
}

#[test]
fn a_collector_on_a_full_disk_acknowledges_nothing_and_recovers_alone() {
    let mut scene = Scene::of_one_office();
    let mut pusher = Pusher::enrol(&scene.town.col, &scene.collector.enrol("o1", "pc1"));
    scene.collector.stop();
    let disk = Volume::over(&scene.collector.dir.join("data"), 24);
    scene.collector.start();
    for _ in 0..5 {
        pusher.see_datacenter(true);
        assert!(pusher.push());
    }
    disk.fill();
    // What fits into pages that SQLite already has may still be taken; then nothing is.
    let mut refused = 0;
    until("the full disk to be felt", LIMIT, || {
        for _ in 0..200 {
            pusher.see_datacenter(true);
        }
        refused += usize::from(!pusher.push());
        (refused >= 5).then_some(())
    });
    assert!(scene.collector.running().is_running(), "{}", scene.collector.running().log());
    let healthy = scene.collector.ask("GET", "/healthz", "", b"").status;
    assert!([200, 503].contains(&healthy), "{healthy}");
    disk.clear();
    until("the collector to take reports again", LIMIT, || pusher.push().then_some(()));
    let kept = journal::read(&scene.collector.database());
    for (run, seq) in &pusher.acknowledged {
        let key = (pusher.agent.clone(), run.clone(), *seq);
        assert_eq!(kept.rows.get(&key).map(Vec::len), Some(1), "{key:?}");
    }
    scene.finish();
}

/// The wall clock is years off from the first boot on, and the collector cannot be reached then.
fn play_wrong_clock(time: &str) {
    let mut scene = Scene::of_one_office();
    let code = scene.collector.enrol("o1", "pc1");
    let mut agent = Agent::new(&scene.town.pc, scene.dir(), "agent", "");
    agent.wrong_clock(time);
    agent.join(&code);

    // A boot that never makes contact.
    scene.town.cut_line();
    agent.start();
    pause(Duration::from_secs(5));
    agent.kill();

    // The next one does: with nothing in the way but a closed port for a while.
    scene.town.mend_line();
    agent.boot();
    scene.wait_state("o1", "serving");
    pause(Duration::from_secs(3));
    let broken = now_ms();
    scene.town.close_service();
    pause(Duration::from_secs(6));
    let mended = now_ms();
    scene.town.open_service();
    until("the center's entry", LIMIT, || {
        let entries = scene.outages("o1");
        let entry = entries.iter().rfind(|e| e.kinds() == ["center"])?;
        entry.to_ms()?;
        assert_edges(entry, broken, mended);
        Some(())
    });
    pause(Duration::from_secs(3));
    agent.stop();
    assert_whole(&scene, 2);
    for entry in scene.outages("o1") {
        let year = 365 * 24 * 3_600_000;
        assert!((now_ms() - entry.from_ms()).abs() < year, "placed by a wrong clock: {entry:#?}");
    }
    scene.finish();
}

#[test]
fn a_clock_at_the_turn_of_the_century_loses_and_misplaces_nothing() {
    play_wrong_clock("@2001-01-01 00:00:00");
}

#[test]
fn a_clock_at_the_end_of_the_century_loses_and_misplaces_nothing() {
    play_wrong_clock("@2099-06-30 12:00:00");
}

#[test]
fn a_spool_that_is_open_elsewhere_is_left_alone() {
    let scene = Scene::of_one_office();
    let mut agent = scene.agent("o1", "pc1", "");
    agent.start();
    scene.wait_state("o1", "serving");
    let second = siaga_tests::rig::process::outcome(&mut agent.command(&["run"]));
    assert!(!second.status.success(), "a second agent ran on the same spool");
    assert!(agent.running().is_running());
    scene.finish();
}
