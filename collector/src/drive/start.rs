//! Starting: the newest snapshot, the journal after it, and then the thread that goes on.

use std::sync::Arc;
use std::thread::JoinHandle;

use anyhow::Context as _;
use rusqlite::Connection;
use siaga_decide::{At, Input, Judge, Life, StationKey};
use tokio::sync::{Notify, watch};

use super::keep::{self, Codec, Pending};
use super::queue::Queue;
use super::writer::Writer;
use super::{Handle, MOST_WAITING, Meters};
use crate::clock::{Clock, StepWatch};
use crate::config::{Config, calendar_range};
use crate::store::pulse::Judged;
use crate::store::{self, Store, agents, journal, pulse, snapshots};
use crate::ingest;

/// The running writer.
#[derive(Debug)]
pub struct Drive {
    /// The way to it.
    pub handle: Handle,
    /// The database, for reading.
    pub store: Store,
    thread: JoinHandle<()>,
}

impl Drive {
    /// Takes nothing more in, writes what waits, takes a snapshot and ends.
    pub fn stop(self) {
        self.handle.queue.close();
        if self.thread.join().is_err() {
            tracing::error!("the writer ended in a panic");
        }
    }
}

/// Reads where the collector was, and goes on there.
///
/// # Errors
/// When the database is damaged, foreign, or cannot be written.
pub fn start(config: &Arc<Config>, clock: &Clock) -> anyhow::Result<Drive> {
    let path = config.database();
    let conn = store::open_writer(&path).with_context(|| format!("opening {}", path.display()))?;
    let resumed = resume(&conn, config, clock.now())?;
    let now = clock.now().max(resumed.now);
    let (tell, view) = watch::channel(Arc::new(resumed.judge.view(now)));
    let queue = Arc::new(Queue::new(MOST_WAITING));
    let outbox = Arc::new(Notify::new());
    let meters = Arc::new(Meters::default());
    let handle = Handle {
        queue: Arc::clone(&queue),
        view,
        outbox: Arc::clone(&outbox),
        meters: Arc::clone(&meters),
    };
    let mut writer = Writer {
        conn,
        config: Arc::clone(config),
        setup: resumed.setup,
        clock: clock.clone(),
        steps: StepWatch::new(clock),
        judge: resumed.judge,
        codec: Codec::new()?,
        pending: resumed.pending,
        known: Default::default(),
        agents: Default::default(),
        next_pos: resumed.next_pos,
        ticked: resumed.ticked,
        now,
        queue,
        view: tell,
        outbox,
        meters,
        canary: None,
        chores: Default::default(),
        last_error: None,
    };
    let last_alive = pulse::last_alive(&writer.conn)?;
    writer.first_inputs(last_alive)?;
    let store = Store::new(&path);
    let thread = std::thread::Builder::new()
        .name("writer".into())
        .spawn(move || writer.run())
        .context("starting the writer")?;
    Ok(Drive { handle, store, thread })
}

struct Resumed {
    judge: Judge,
    setup: Arc<siaga_decide::Setup>,
    pending: Pending,
    next_pos: i64,
    ticked: At,
    now: At,
}

/// So many journal rows are read at once.
const ROWS: usize = 1_000;

fn resume(conn: &Connection, config: &Config, now: At) -> anyhow::Result<Resumed> {
    let judged = pulse::judged(conn)?;
    let snapshot = snapshots::newest(conn)?;
    let configured = Arc::new(config.setup(calendar_range(now)));
    let (mut judge, mut pos, at) = match snapshot {
        Some(s) => (Judge::load(s.memory), s.pos, s.at),
        None => (Judge::new(Arc::new(siaga_decide::Setup::default())), 0, At(i64::MIN)),
    };
    let stations: std::collections::HashMap<i64, StationKey> =
        agents::stations(conn)?.into_iter().collect();
    let mut replay = Replay { judged, pending: Pending::default(), ticked: at };
    let mut newest = at;
    loop {
        let entries = journal::after(conn, pos, ROWS)?;
        let Some(last) = entries.last() else { break };
        pos = last.pos;
        newest = newest.max(last.at);
        let mut codec = Codec::new()?;
        for entry in entries {
            let input = input_of(&entry, &stations, &mut codec)
                .with_context(|| format!("reading journal row {}", entry.pos))?;
            replay.feed(&mut judge, entry.pos, entry.at, input);
        }
    }
    if judged.at > newest {
        // Deadlines after the last input were judged too.
        replay.ticks(&mut judge, pos, judged.at);
        newest = judged.at;
    }
    let setups = judge.memory().setups;
    let used = setups.last().map(|v| Arc::clone(&v.setup)).unwrap_or_default();
    let setup = if *used == *configured { used } else { configured };
    let Replay { pending, ticked, .. } = replay;
    Ok(Resumed { judge, setup, pending, next_pos: journal::newest(conn)? + 1, ticked, now: newest })
}

/// Feeds a judge as the live collector did, and keeps the decisions that are not stored yet.
struct Replay {
    judged: Judged,
    pending: Pending,
    ticked: At,
}

impl Replay {
    fn feed(&mut self, judge: &mut Judge, pos: i64, at: At, input: Input) {
        // A start comes before the deadlines that passed while nobody was there.
        if !matches!(input, Input::Life(Life::Started { .. })) {
            self.ticks(judge, pos - 1, at);
        }
        for decision in judge.handle(at, input) {
            if pos > self.judged.pos {
                self.pending.decisions.push((pos, at, decision));
            }
        }
    }

    fn ticks(&mut self, judge: &mut Judge, pos: i64, upto: At) {
        while let Some(deadline) = judge.next_deadline().filter(|d| *d <= upto) {
            for decision in judge.handle(deadline, Input::Tick) {
                if deadline > self.judged.at {
                    self.pending.decisions.push((pos, deadline, decision));
                }
            }
            self.ticked = self.ticked.max(deadline);
        }
    }
}

/// An input as the judge gets it.
pub(crate) fn input_of(
    entry: &journal::Entry,
    stations: &std::collections::HashMap<i64, StationKey>,
    codec: &mut Codec,
) -> anyhow::Result<Input> {
    match &entry.what {
        journal::What::Other(other) => Ok((**other).clone().read()?),
        journal::What::Report { agent_no, body } => {
            let station = stations
                .get(agent_no)
                .with_context(|| format!("no agent has the number {agent_no}"))?;
            let json = if body.first() == Some(&b'{') { body } else { codec.decoder.unpack(body)? };
            let report: siaga_wire::Report = serde_json::from_slice(json)?;
            let heard = ingest::heard(&report, station).map_err(|u| anyhow::anyhow!(u.what))?;
            Ok(Input::Heard(heard))
        }
    }
}

impl Writer {
    /// What a start adds to the journal: a configuration that changed, and the start itself.
    fn first_inputs(&mut self, last_alive: Option<At>) -> anyhow::Result<()> {
        // The start comes first, and before the deadlines that passed while nobody was there:
        // until the judge knows of that, every office would have fallen silent.
        let mut inputs = vec![Input::Life(Life::Started { last_alive })];
        let used = self.judge.memory().setups.last().map(|v| Arc::clone(&v.setup));
        if used.is_none_or(|used| *used != *self.setup) {
            inputs.push(Input::Setup(Arc::clone(&self.setup)));
        }
        let tx = self.conn.unchecked_transaction()?;
        let first = self.next_pos;
        for (pos, input) in (first..).zip(&inputs) {
            keep::other(&tx, pos, self.now, input)?;
        }
        tx.commit().context("writing the start into the journal")?;
        for input in inputs {
            let pos = self.next_pos;
            self.next_pos += 1;
            self.judge_one(pos, input);
        }
        Ok(())
    }
}
