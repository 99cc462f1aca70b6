//! kill -9 at any moment: what was acknowledged is kept once, what happened is told, and the
//! ledger says what was true.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use siaga_tests::rig::chance::Chance;
use siaga_tests::rig::clock::{now_ms, pause, until};
use siaga_tests::rig::collector::Office;
use siaga_tests::rig::journal::{self, Kept};
use siaga_tests::rig::ledger::Entry;
use siaga_tests::rig::pusher::{Pusher, Trouble};
use siaga_tests::rig::scene::{LIMIT, Scene};

/// `KILLS` in the environment asks for fewer, to try something out.
fn kills() -> usize {
    std::env::var("KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(200)
}

const OFFICES: [&str; 5] = ["o1", "s1", "s2", "s3", "s4"];
/// Each office in turn loses the data center: so long under kills, …
const DOWN: Duration = Duration::from_secs(11);
/// … so long without, because nobody can be told by a program that is not let live, …
const LASTING: Duration = Duration::from_secs(10);
/// … and then nobody does for so long, under kills again.
const CALM: Duration = Duration::from_secs(5);
/// Stations that only make load.
const CROWD: usize = 8;

/// What the test does to the world, shared with the simulated agents.
#[derive(Default)]
struct Truth {
    /// Index of the office that is down, plus one; 0 for none.
    down: AtomicUsize,
    over: AtomicBool,
}

impl Truth {
    fn is_down(&self, office: usize) -> bool {
        self.down.load(Ordering::Relaxed) == office + 1
    }
}

fn offices() -> Vec<Office> {
    let mut offices: Vec<Office> = OFFICES
        .iter()
        .enumerate()
        .map(|(i, id)| Office {
            line: format!("line{i}"),
            merge_within: "8s".into(),
            ..Office::always_open(id, &["pc1"])
        })
        .collect();
    let crowd: Vec<String> = (0..CROWD).map(|i| format!("pc{i}")).collect();
    let crowd: Vec<&str> = crowd.iter().map(String::as_str).collect();
    offices.push(Office::always_open("crowd", &crowd));
    offices
}

/// Lets a simulated agent live until the test is over, then until all it made is acknowledged.
fn live(mut pusher: Pusher, truth: &Truth, office: usize, cycle: Duration) -> Pusher {
    let mut cycles = 0_u32;
    while !truth.over.load(Ordering::Relaxed) {
        pusher.see_datacenter(!truth.is_down(office));
        pusher.push();
        cycles += 1;
        if cycles.is_multiple_of(50) {
            pusher.restart();
        }
        pause(cycle);
    }
    until("a simulated agent's backlog to be taken", LIMIT, || pusher.push().then_some(()));
    pusher
}

/// What chance did to the programs.
#[derive(Default)]
struct Killed {
    agent_ms: Vec<i64>,
    collector: usize,
}

/// Kills agent and collector at random moments while outages come and go.
fn play(scene: &mut Scene, truth: &Truth, chance: &mut Chance) -> (Killed, Vec<(usize, Trouble)>) {
    let mut agent = scene.agent("o1", "pc1", "");
    agent.start();
    scene.wait_state("o1", "serving");
    let mut killed = Killed::default();
    let mut troubles = Vec::new();
    let mut office = 0;
    while killed.agent_ms.len() + killed.collector < kills() {
        for (span, down) in [(DOWN, true), (CALM, false)] {
            let from_ms = now_ms();
            if down && office == 0 {
                scene.town.close_service();
            } else if office == 0 {
                scene.town.open_service();
            }
            truth.down.store(if down { office + 1 } else { 0 }, Ordering::Relaxed);
            if let (false, Some((_, trouble))) = (down, troubles.last_mut()) {
                let trouble: &mut Trouble = trouble;
                trouble.to_ms = from_ms;
            }
            if down {
                troubles.push((office, Trouble { from_ms, to_ms: i64::MAX }));
            }
            let end = from_ms + i64::try_from(span.as_millis()).unwrap();
            loop {
                pause(Duration::from_millis(chance.between(300, 2_500)));
                if now_ms() >= end {
                    break;
                }
                if chance.number().is_multiple_of(2) {
                    agent.kill();
                    killed.agent_ms.push(now_ms());
                    agent.start();
                } else {
                    scene.collector.kill();
                    killed.collector += 1;
                    scene.collector.launch();
                }
            }
            if down {
                pause(LASTING);
            }
        }
        office = (office + 1) % OFFICES.len();
    }
    scene.collector.wait_ready();
    until("the real agent's backlog to be taken", LIMIT, || {
        let station = scene.office("o1")["stations"].to_string();
        station.contains("\"backlog\":false").then_some(())
    });
    pause(Duration::from_secs(8));
    agent.kill();
    (killed, troubles)
}

#[test]
fn two_hundred_kills_lose_no_acknowledged_row_and_no_message_and_bend_no_edge() {
    let mut chance = Chance::from_environment();
    let mut scene = Scene::new(&offices());
    let truth = Arc::new(Truth::default());
    let mut threads = Vec::new();
    let mut enlist = |office: usize, id: &str, station: &str, cycle: u64| {
        let pusher = Pusher::enrol(&scene.town.col, &scene.collector.enrol(id, station));
        let truth = Arc::clone(&truth);
        let cycle = Duration::from_millis(cycle);
        threads.push(thread::spawn(move || live(pusher, &truth, office, cycle)));
    };
    for (office, id) in OFFICES.iter().enumerate().skip(1) {
        enlist(office, id, "pc1", 1_000);
    }
    for i in 0..CROWD {
        enlist(usize::MAX - 1, "crowd", &format!("pc{i}"), 250);
    }

    let (killed, troubles) = play(&mut scene, &truth, &mut chance);
    truth.over.store(true, Ordering::Relaxed);
    let pushers: Vec<Pusher> = threads.into_iter().map(|t| t.join().unwrap()).collect();

    let ledger: BTreeMap<&str, Vec<Entry>> = OFFICES
        .iter()
        .map(|id| {
            let entries =
                scene.wait_ledger(id, "no open outage", |e| e.iter().all(|e| e.to_ms().is_some()));
            (*id, entries)
        })
        .collect();
    assert_rows_kept_once(&journal::read(&scene.collector.database()), &pushers);
    assert_edges_hold(&ledger, &troubles, &killed);
    assert_told(&scene, &ledger, killed.collector);
    scene.finish();
}

/// Every acknowledged row is there once and is what was sent; nothing is there twice.
fn assert_rows_kept_once(kept: &Kept, pushers: &[Pusher]) {
    let doubled: Vec<_> = kept.rows.iter().filter(|(_, rows)| rows.len() != 1).collect();
    assert!(doubled.is_empty(), "kept twice: {:?}", &doubled[..doubled.len().min(10)]);
    for pusher in pushers {
        for (run, seq) in &pusher.acknowledged {
            let key = (pusher.agent.clone(), run.clone(), *seq);
            let Some(rows) = kept.rows.get(&key) else { panic!("acknowledged and lost: {key:?}") };
            // A reading carries its own number.
            let mark = rows[0]["values"]["mark"].as_u64();
            assert!(mark.is_none_or(|mark| mark == *seq), "{key:?} is another row: {rows:?}");
        }
        assert_eq!(pusher.acknowledged, pusher.made, "everything made was acknowledged");
    }
    // The real agent: whatever its spool has handed on is there without a hole.
    let simulated: Vec<&str> = pushers.iter().map(|p| p.agent.as_str()).collect();
    let mut real = 0;
    for agent in kept.rows.keys().map(|(agent, _, _)| agent.as_str()) {
        if simulated.contains(&agent) {
            continue;
        }
        real += 1;
        if real > 1 {
            continue;
        }
        let runs = kept.runs(agent);
        assert!(runs.len() > kills() / 5, "{} runs of the real agent", runs.len());
        for (run, newest) in runs {
            for seq in 1..=newest {
                let key = (agent.to_owned(), run.clone(), seq);
                let there = kept.rows.contains_key(&key) || kept.in_gap(agent, &run, seq);
                assert!(there, "the real agent's row is lost: {key:?}");
            }
        }
    }
    assert!(real > 0, "the real agent was heard");
}

/// One entry for each trouble, its edges within a cycle of the truth; where a kill of the agent
/// hides an edge, within the time that it took to come back.
fn assert_edges_hold(
    ledger: &BTreeMap<&str, Vec<Entry>>,
    troubles: &[(usize, Trouble)],
    killed: &Killed,
) {
    for (office, id) in OFFICES.iter().enumerate() {
        let entries: Vec<&Entry> = ledger[id].iter().filter(|e| !e.is_void()).collect();
        let truths: Vec<&Trouble> =
            troubles.iter().filter(|(o, _)| *o == office).map(|(_, t)| t).collect();
        let brief = |e: &&Entry| (e.id().to_owned(), e.from_ms(), e.to_ms(), e.kinds());
        let story = format!(
            "{id}: the truth was {truths:?}\nthe ledger says {:?}\nkills of the agent {:?}",
            entries.iter().map(brief).collect::<Vec<_>>(),
            killed.agent_ms,
        );
        assert_eq!(entries.len(), truths.len(), "{story}");
        for (entry, truth) in entries.iter().zip(truths) {
            for (edge, at) in [
                (entry.began_between(), truth.from_ms),
                (entry.ended_between().unwrap(), truth.to_ms),
            ] {
                let hidden = office == 0
                    && killed.agent_ms.iter().any(|kill| (at - 4_000..at + 4_000).contains(kill));
                // A simulated agent waits for an answer before it looks again.
                let late = match (office, hidden) {
                    (0, true) => 4_000,
                    (0, false) => 0,
                    _ => 1_000,
                };
                let most = crate::link::EDGE_MS + late;
                let least = if hidden { -3_000 } else { -300 };
                // Where a new run hides the edge, the truth lies inside what is reported, and that
                // is no wider than the run took to begin.
                let (lo, hi) = edge;
                let off = (lo - at, hi - at);
                assert!(off.1 >= least && off.0 <= most, "an edge is {off:?} ms off: {story}");
                assert!(hi - lo <= 4_000, "an edge is {} ms wide: {story}", hi - lo);
            }
        }
    }
}

/// Each outage told, each message at most once more per kill.
fn assert_told(scene: &Scene, ledger: &BTreeMap<&str, Vec<Entry>>, kills: usize) {
    until("the outbox to be empty", LIMIT, || {
        let due: i64 = scene
            .collector
            .database()
            .query_row("SELECT count(*) FROM outbox WHERE state <> 'done'", (), |row| row.get(0))
            .unwrap();
        (due == 0).then_some(())
    });
    let database = scene.collector.database();
    for entry in ledger.values().flatten().filter(|e| !e.is_void()) {
        for change in ["opened", "ended"] {
            let rows: i64 = database
                .query_row(
                    "SELECT count(*) FROM outbox WHERE subject = ?1 AND change LIKE ?2 || '%'",
                    (entry.id(), change),
                    |row| row.get(0),
                )
                .unwrap();
            assert!(rows > 0, "nobody was told that it {change}: {entry:#?}");
        }
    }
    for (phone, contact) in
        [(&scene.telegram, "tech"), (&scene.ntfy, "head"), (&scene.webhook, "desk")]
    {
        let mut texts = phone.texts();
        let sent = texts.len();
        texts.sort();
        texts.dedup();
        let rows: i64 = database
            .query_row("SELECT count(*) FROM outbox WHERE contact = ?1", [contact], |r| r.get(0))
            .unwrap();
        let rows = usize::try_from(rows).unwrap();
        assert!(sent >= rows, "{contact}: {rows} messages to send, {sent} came");
        assert!(sent - rows <= kills, "{contact}: {sent} came for {rows}, {kills} kills");
    }
}
