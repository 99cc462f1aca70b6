//! The writer by hand, round by round, on a clock that stands still.

mod months;

use std::path::Path;

use siaga_decide::{OutageId, StationKey};
use siaga_wire::Encoder;
use tokio::sync::oneshot::error::TryRecvError;

use super::start::prepare;
use super::writer::Writer;
use super::*;
use crate::clock::{Clock, Hands};
use crate::config::Config;
use crate::store::{accounts, journal, ledger, outbox};

const CONFIG: &str = r#"
names = ["siaga.example"]
data = "DATA"
cycle = "15s"
[[office]]
id = "palaran"
name = "Palaran"
zone = "Asia/Makassar"
hours = "24/7"
[[office.station]]
id = "pc-1"
[[office.station]]
id = "pc-2"
[[channel.webhook]]
id = "hook"
url = "http://127.0.0.1:9/x"
[[contact]]
id = "teknisi"
offices = ["*"]
role = "technician"
via = [{ channel = "hook", to = "x" }]
"#;

struct Rig {
    dir: tempfile::TempDir,
    config: Arc<Config>,
    clock: Clock,
    hands: Arc<Hands>,
    writer: Writer,
    handle: Handle,
    agents: Vec<Agent>,
}

impl Rig {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let text = CONFIG.replace("DATA", dir.path().to_str().unwrap());
        let config = Arc::new(crate::config::parse(Path::new("c.toml"), &text).unwrap());
        let (clock, hands) = Clock::manual(At(1_795_000_000_000));
        let (writer, handle) = prepare(&config, &clock).unwrap();
        let mut rig = Self { dir, config, clock, hands, writer, handle, agents: Vec::new() };
        for station in ["pc-1", "pc-2"] {
            let agent = rig.enrol(station);
            rig.agents.push(agent);
        }
        rig.round();
        rig
    }

    fn conn(&self) -> &Connection {
        &self.writer.conn
    }

    fn enrol(&self, station: &str) -> Agent {
        let key = StationKey { office: "palaran".into(), station: station.into() };
        let code = crate::token::hash(station.as_bytes());
        let conn = crate::store::open_writer(&self.config.database()).unwrap();
        crate::store::agents::add_code(&conn, self.clock.now(), &code, &key).unwrap();
        let token = crate::token::hash(format!("token {station}").as_bytes());
        let made = crate::store::agents::redeem(&conn, self.clock.now(), &code, station, &token);
        made.unwrap().unwrap()
    }

    /// What the thread does over and over.
    fn round(&mut self) {
        let mut batch = Vec::new();
        self.writer.queue.take(&mut batch, 1_000, std::time::Duration::ZERO);
        self.writer.round(&mut batch);
    }

    /// Lets time pass as a running collector sees it.
    fn pass(&mut self, seconds: i64) {
        for _ in 0..seconds {
            self.hands.pass(1_000);
            self.round();
        }
        self.round();
    }

    /// The same database after a crash: nothing was said at the end.
    fn crash(self) -> Self {
        let Self { dir, config, clock, hands, writer, handle, agents } = self;
        drop((writer, handle));
        let (writer, handle) = prepare(&config, &clock).unwrap();
        Self { dir, config, clock, hands, writer, handle, agents }
    }

    /// Hands in a report; the answer comes with the next round.
    fn send(
        &self,
        agent: usize,
        json: &str,
    ) -> oneshot::Receiver<Result<Vec<(u64, u64)>, Refused>> {
        let report: siaga_wire::Report = serde_json::from_str(json).unwrap();
        let agent = self.agents[agent].clone();
        let heard = crate::ingest::heard(&report, &agent.station).unwrap();
        let body = Encoder::new().unwrap().pack(&report).unwrap().into();
        let (reply, answer) = oneshot::channel();
        let arrival = Arrival { agent, body, packed: true, heard };
        self.handle.queue.put(Job::Report(Box::new(arrival), reply)).unwrap();
        answer
    }

    fn report(&mut self, agent: usize, json: &str) -> Vec<(u64, u64)> {
        let mut answer = self.send(agent, json);
        assert_eq!(answer.try_recv().unwrap_err(), TryRecvError::Empty, "not before the commit");
        self.round();
        answer.try_recv().unwrap().unwrap()
    }

    /// Something that another part of the collector has the writer do.
    async fn write(&mut self) -> Result<At, Refused> {
        let handle = self.handle.clone();
        let asked = tokio::spawn(async move { handle.write(|_, now| Ok(now)).await });
        tokio::task::yield_now().await;
        self.round();
        asked.await.unwrap()
    }

    fn outages(&self) -> Vec<siaga_decide::Outage> {
        ledger::between(self.conn(), None, At(i64::MIN), At(i64::MAX)).unwrap()
    }

    fn told(&self) -> Vec<String> {
        let all = outbox::list(self.conn(), None, 100).unwrap();
        // `opened:` and so on is followed by when the outage began.
        let word = |change: &str| change.split(':').next().unwrap().to_owned();
        all.iter().rev().map(|m| word(&m.draft.change)).collect()
    }
}

/// A report of the present with one reading of the data center for each number.
fn present(run: &str, rows: std::ops::RangeInclusive<u64>, saw: &str) -> String {
    let last = *rows.end();
    let rows: Vec<String> = rows
        .map(|seq| {
            let at_ms = seq * 15_000;
            format!(
                r#"{{"seq":{seq},"at_ms":{at_ms},"probe":"link.datacenter","saw":"{saw}","values":{{"sent":4,"lost":0}}}}"#
            )
        })
        .collect();
    format!(
        r#"{{"v":1,"boot":"b-{run}","run":"{run}","newest":{last},"now_ms":{},"rows":[{}]}}"#,
        last * 15_000,
        rows.join(",")
    )
}

#[test]
fn every_row_is_kept_once_whatever_is_sent_twice() {
    let mut rig = Rig::new();
    assert_eq!(rig.report(0, &present("r", 1..=4, "answered")), [(1, 4)]);
    let rows = journal::newest(rig.conn()).unwrap();
    assert_eq!(rig.report(0, &present("r", 1..=4, "answered")), [(1, 4)], "a lost answer");
    assert_eq!(journal::newest(rig.conn()).unwrap(), rows, "nothing new is kept");
    assert_eq!(rig.report(0, &present("r", 3..=6, "answered")), [(3, 6)]);
    // Twice in one commit.
    let mut first = rig.send(0, &present("r", 7..=8, "answered"));
    let mut second = rig.send(0, &present("r", 7..=9, "answered"));
    rig.round();
    assert_eq!(first.try_recv().unwrap().unwrap(), [(7, 8)]);
    assert_eq!(second.try_recv().unwrap().unwrap(), [(7, 9)]);
    // The same numbers of another run, and of another agent, are other rows.
    assert_eq!(rig.report(0, &present("q", 1..=1, "answered")), [(1, 1)]);
    assert_eq!(rig.report(1, &present("r", 1..=1, "answered")), [(1, 1)]);
    let mut rig = rig.crash();
    assert_eq!(rig.report(0, &present("r", 1..=9, "answered")), [(1, 9)], "also after a crash");
    let mut reader = replay::Reader::new(rig.conn()).unwrap();
    let mut seen: Vec<(i64, String, u64)> = Vec::new();
    for entry in journal::after(rig.conn(), 0, 900).unwrap() {
        let journal::What::Report { agent_no, .. } = entry.what else { continue };
        let siaga_decide::Input::Heard(heard) = reader.input(&entry).unwrap() else { panic!() };
        seen.extend(heard.rows.iter().map(|r| (agent_no, heard.run.to_string(), r.range().0)));
    }
    let n = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!((seen.len(), n), (11, 11), "{seen:?}");
}

#[test]
fn a_revoked_credential_is_refused_in_the_same_second() {
    let mut rig = Rig::new();
    rig.report(0, &present("r", 1..=1, "answered"));
    crate::enrol::revoke(&rig.config, &rig.agents[0].station, At(1)).unwrap();
    let mut answer = rig.send(0, &present("r", 2..=2, "answered"));
    rig.round();
    assert!(matches!(answer.try_recv().unwrap(), Err(Refused::Revoked)));
}

/// Serves, fails, is told, serves again; with crashes where `crash` says so.
fn story(crash: impl Fn(usize) -> bool) -> (Vec<siaga_decide::Outage>, Vec<String>) {
    let mut rig = Rig::new();
    for n in 1..=44_u64 {
        let saw = if (6..=16).contains(&n) { "timeout" } else { "answered" };
        rig.report(0, &present("r", n..=n, saw));
        rig.report(1, &present("r", n..=n, saw));
        if crash(usize::try_from(n).unwrap()) {
            rig = rig.crash();
        }
        rig.pass(15);
    }
    (rig.outages(), rig.told())
}

#[test]
fn a_crash_anywhere_changes_neither_the_ledger_nor_what_is_told() {
    let (outages, told) = story(|_| false);
    assert_eq!(outages.len(), 1, "{outages:#?}");
    assert!(outages[0].to.is_some());
    assert_eq!(told.first().map(String::as_str), Some("opened"), "{told:?}");
    assert_eq!(told.last().map(String::as_str), Some("ended"), "{told:?}");
    let mut once = told.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), told.len(), "each told once: {told:?}");
    for at in [3, 7, 9, 12, 17, 18, 20] {
        let (again, told_again) = story(|n| n == at);
        let edges = |all: &[siaga_decide::Outage]| -> Vec<_> {
            all.iter().map(|o| (o.id.clone(), o.from, o.to)).collect()
        };
        assert_eq!(edges(&again), edges(&outages), "a crash after round {at}");
        assert_eq!(told_again, told, "a crash after round {at}");
    }
}

#[test]
fn what_is_stored_follows_from_the_journal() {
    let mut rig = Rig::new();
    for n in 1..=30_u64 {
        let saw = if (6..=16).contains(&n) { "timeout" } else { "answered" };
        if n != 20 {
            rig.report(0, &present("r", n..=n, saw));
        }
        rig.report(1, &present("r", n..=n, saw));
        if n == 13 {
            let outage: OutageId = rig.outages()[0].id.clone();
            let (reply, mut answer) = oneshot::channel();
            let by = PersonId::from("ani");
            let job = Job::Acknowledge { outage, by, note: None, reply };
            rig.handle.queue.put(job).unwrap();
            rig.round();
            answer.try_recv().unwrap().unwrap();
        }
        if n % 9 == 0 {
            rig = rig.crash();
        }
        rig.pass(15);
    }
    // Silent for good, then stopped for a while.
    rig.pass(200);
    rig.hands.pass(900_000);
    rig = rig.crash();
    rig.pass(60);
    let outcome = crate::rejudge::run(&rig.config).unwrap();
    assert_eq!(outcome.differences, Vec::<String>::new());
    assert!(outcome.stored > 0 && outcome.inputs > 30);
}

/// The hour's work, while the writer goes on.
fn upkeep(rig: &mut Rig) {
    let work = super::upkeep::Upkeep {
        queue: Arc::clone(&rig.writer.queue),
        database: rig.config.database(),
        backups: rig.config.data.join("backup"),
        now: rig.writer.now,
    };
    let busy = std::thread::spawn(|| work.run());
    while !busy.is_finished() {
        std::thread::sleep(std::time::Duration::from_millis(2));
        rig.round();
    }
    busy.join().unwrap();
}

fn reports(conn: &Connection) -> Vec<(i64, At, siaga_decide::Input)> {
    let mut reader = replay::Reader::new(conn).unwrap();
    let mut all = Vec::new();
    let mut pos = 0;
    loop {
        let entries = journal::after(conn, pos, 900).unwrap();
        let Some(last) = entries.last() else { return all };
        pos = last.pos;
        all.extend(entries.iter().map(|e| (e.pos, e.at, reader.input(e).unwrap())));
    }
}

#[test]
fn what_is_packed_is_read_as_before_and_a_copy_goes_on_alone() {
    let mut rig = Rig::new();
    for n in 1..=1_000_u64 {
        // A number that goes to and fro over an edge makes a stretch of each reading.
        let saw = if n % 3 == 0 { "timeout" } else { "answered" };
        let answers = [0, 1].map(|agent| rig.send(agent, &present("r", n..=n, saw)));
        rig.hands.pass(9_000);
        rig.round();
        for mut answer in answers {
            answer.try_recv().unwrap().unwrap();
        }
    }
    rig.pass(2);
    let before = reports(rig.conn());
    rig.writer.snapshot();
    for _ in 0..400 {
        rig.hands.pass(9_500);
        rig.round();
    }
    upkeep(&mut rig);
    let packed: i64 =
        rig.conn().query_row("SELECT sum(reports) FROM packs", (), |r| r.get(0)).unwrap();
    assert_eq!(packed, 1_920);
    let mut after = reports(rig.conn());
    after.truncate(before.len());
    assert!(before == after, "the same inputs in the same order");
    assert_eq!(crate::rejudge::run(&rig.config).unwrap().differences, Vec::<String>::new());

    let outages = rig.outages();
    assert!(!outages.is_empty());
    let mut copies = std::fs::read_dir(rig.config.data.join("backup")).unwrap();
    let copy = copies.next().unwrap().unwrap().path();
    let elsewhere = tempfile::tempdir().unwrap();
    std::fs::copy(copy, elsewhere.path().join("siaga.db")).unwrap();
    let text = CONFIG.replace("DATA", elsewhere.path().to_str().unwrap());
    let config = Arc::new(crate::config::parse(Path::new("c.toml"), &text).unwrap());
    let (writer, handle) = prepare(&config, &rig.clock).unwrap();
    let mut rig = Rig { dir: elsewhere, config, writer, handle, ..rig };
    assert_eq!(rig.outages(), outages, "the ledger is whole");
    assert_eq!(rig.report(0, &present("r", 995..=1_001, "answered")), [(995, 1_001)]);
    rig.pass(2);
    let outcome = crate::rejudge::run(&rig.config).unwrap();
    assert_eq!(outcome.differences, Vec::<String>::new());
    assert!(outcome.from.is_some(), "older reports are not in the copy");
}

#[test]
fn a_step_of_the_clock_makes_nobody_silent() {
    let mut rig = Rig::new();
    rig.report(0, &present("r", 1..=1, "answered"));
    rig.report(1, &present("r", 1..=1, "answered"));
    rig.pass(5);
    rig.hands.step(3_600_000);
    rig.pass(20);
    assert_eq!(rig.told(), Vec::<String>::new());
    assert_eq!(rig.outages().iter().filter(|o| !o.void).count(), 0, "{:#?}", rig.outages());
}

#[test]
fn a_store_that_takes_nothing_answers_nobody_and_recovers_alone() {
    let mut rig = Rig::new();
    rig.report(0, &present("r", 1..=1, "answered"));
    // Another program holds the write lock for longer than the writer waits.
    rig.conn().busy_timeout(std::time::Duration::ZERO).unwrap();
    let other = crate::store::open_writer(&rig.config.database()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut answer = rig.send(0, &present("r", 2..=2, "answered"));
    rig.round();
    assert!(matches!(answer.try_recv(), Err(TryRecvError::Closed) | Ok(Err(_))));
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(rig.report(0, &present("r", 2..=2, "answered")), [(2, 2)]);
    rig.pass(1);
    assert_eq!(crate::rejudge::run(&rig.config).unwrap().differences, Vec::<String>::new());
}

#[test]
fn a_full_disk_is_refused_and_forgotten_once_there_is_space() {
    let mut rig = Rig::new();
    let pages: i64 = rig.conn().query_row("PRAGMA page_count", (), |r| r.get(0)).unwrap();
    let cap = |conn: &Connection, most: i64| {
        conn.query_row(&format!("PRAGMA max_page_count = {most}"), (), |r| r.get::<_, i64>(0))
            .unwrap();
    };
    cap(rig.conn(), pages);
    let mut refused = None;
    for n in 1..=400 {
        let first = (n - 1) * 20 + 1;
        let mut answer = rig.send(0, &present("r", first..=first + 19, "answered"));
        rig.round();
        if !matches!(answer.try_recv(), Ok(Ok(_))) {
            refused = Some(first);
            break;
        }
    }
    let first = refused.expect("the disk is full at last");
    cap(rig.conn(), pages + 10_000);
    let again = present("r", first..=first + 19, "answered");
    assert_eq!(rig.report(0, &again), [(first, first + 19)]);
    rig.pass(1);
    assert_eq!(crate::rejudge::run(&rig.config).unwrap().differences, Vec::<String>::new());
}

#[tokio::test]
async fn who_waited_for_a_commit_that_failed_is_told_so_and_not_that_the_collector_stops() {
    let mut rig = Rig::new();
    rig.writer.conn.busy_timeout(std::time::Duration::ZERO).unwrap();
    let other = crate::store::open_beside(&rig.config.database()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = rig.write().await.unwrap_err();
    assert!(matches!(refused, Refused::NotStored), "{refused}");
    other.execute_batch("ROLLBACK").unwrap();
    rig.write().await.unwrap();
}

#[tokio::test]
async fn of_a_thousand_who_use_one_code_one_wins() {
    let rig = Rig::new();
    let Rig { dir: _dir, config, writer, .. } = rig;
    drop(writer);
    let drive = start(&config, &Clock::system()).unwrap();
    let key = StationKey { office: "palaran".into(), station: "pc-1".into() };
    let code = [9; 32];
    let now = Clock::system().now();
    let add = drive.handle.write(move |conn, _| store::agents::add_code(conn, now, &code, &key));
    add.await.unwrap();
    let mut tries = tokio::task::JoinSet::new();
    for n in 0..1_000_u32 {
        let handle = drive.handle.clone();
        tries.spawn(async move {
            let token = crate::token::hash(&n.to_le_bytes());
            let id = format!("agent-{n}");
            handle
                .write(move |conn, now| store::agents::redeem(conn, now, &code, &id, &token))
                .await
        });
    }
    let mut won = 0;
    while let Some(tried) = tries.join_next().await {
        won += usize::from(tried.unwrap().unwrap().is_some());
    }
    assert_eq!(won, 1);
    tokio::task::spawn_blocking(move || drive.stop()).await.unwrap();
}

#[test]
fn work_that_fails_leaves_nothing_and_harms_nobody_else() {
    let mut rig = Rig::new();
    let (reply, mut failed) = oneshot::channel();
    let work: Work = Box::new(move |conn, now| {
        accounts::set(conn, now, "x", accounts::Role::Viewer, "hash")?;
        let _gone = reply.send(());
        Err(StoreError::Record("changed my mind".into()))
    });
    rig.handle.queue.put(Job::Write(work)).unwrap();
    let mut answer = rig.send(0, &present("r", 1..=1, "answered"));
    rig.round();
    failed.try_recv().unwrap();
    assert_eq!(answer.try_recv().unwrap().unwrap(), [(1, 1)]);
    assert_eq!(accounts::count(rig.conn()).unwrap(), 0);
}
