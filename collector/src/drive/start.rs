//! Starting: the newest snapshot, the journal after it, and then the thread that goes on.

use std::sync::Arc;
use std::thread::JoinHandle;

use anyhow::Context as _;
use rusqlite::Connection;
use siaga_decide::{At, Decision, Input, Judge, Life};
use tokio::sync::{Notify, watch};

use super::keep::{self, Codec, Pending};
use super::queue::Queue;
use super::replay::{self, Audience, Poison};
use super::writer::Writer;
use super::{Handle, MOST_WAITING, Meters};
use crate::clock::{Clock, StepWatch};
use crate::config::{Config, calendar_range};
use crate::store::pulse::Judged;
use crate::store::{self, Store, journal, outbox, owner, pulse, snapshots};

/// The running writer.
#[derive(Debug)]
pub struct Drive {
    /// The way to it.
    pub handle: Handle,
    /// The database, for reading.
    pub store: Store,
    thread: JoinHandle<()>,
    ended: watch::Receiver<()>,
}

impl Drive {
    /// Waits for the end of the writer, which before [`Drive::stop`] only a failure brings.
    pub fn ended(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut ended = self.ended.clone();
        async move {
            // Nothing is ever sent: the sender goes with the thread.
            let _gone = ended.changed().await;
        }
    }

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
    let (writer, handle) = prepare(config, clock)?;
    let store = Store::new(&config.database());
    let (ending, ended) = watch::channel(());
    let thread = std::thread::Builder::new()
        .name("writer".into())
        .spawn(move || {
            let _ending = ending;
            // However it ends, nobody may go on waiting for it.
            let _closing = Closing(Arc::clone(&writer.queue));
            writer.run();
        })
        .context("starting the writer")?;
    Ok(Drive { handle, store, thread, ended })
}

/// The writer as it goes on, and the way to it.
pub(super) fn prepare(config: &Arc<Config>, clock: &Clock) -> anyhow::Result<(Writer, Handle)> {
    let path = config.database();
    let owner = owner::own(&path)?;
    let conn = store::open_writer(&path).with_context(|| format!("opening {}", path.display()))?;
    // Whoever was sending is gone, or this one would not own the directory.
    outbox::release(&conn, clock.now())?;
    let resumed = resume(&conn, config, clock.now())?;
    let now = clock.now().max(resumed.now);
    let (tell, view) = watch::channel(Arc::new(resumed.judge.view(now)));
    let queue = Arc::new(Queue::new(MOST_WAITING));
    let filled = Arc::new(Notify::new());
    let meters = Arc::new(Meters::default());
    let handle = Handle {
        queue: Arc::clone(&queue),
        view,
        outbox: Arc::clone(&filled),
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
        outbox: filled,
        _owner: owner,
        meters,
        looks: [None; 2],
        chores: Default::default(),
        last_error: None,
        clones: Default::default(),
        again: Vec::new(),
    };
    let last_alive = pulse::last_alive(&writer.conn)?.map(|_| resumed.now);
    writer.first_inputs(last_alive)?;
    Ok((writer, handle))
}

/// Closes the queue and lets go of everybody who waits, also when the writer panics.
struct Closing(Arc<Queue<super::Job>>);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.close();
        let mut left = Vec::new();
        self.0.take(&mut left, usize::MAX, std::time::Duration::ZERO);
    }
}

struct Resumed {
    judge: Judge,
    setup: Arc<siaga_decide::Setup>,
    pending: Pending,
    next_pos: i64,
    ticked: At,
    now: At,
}

fn resume(conn: &Connection, config: &Config, now: At) -> anyhow::Result<Resumed> {
    loop {
        let error = match resume_once(conn, config, now) {
            Ok(resumed) => return Ok(resumed),
            Err(error) => error,
        };
        let Some(Poison { pos }) = error.downcast_ref::<Poison>() else { return Err(error) };
        tracing::error!(pos, "the judge failed at this journal row; it is left out from now on");
        replay::skip(conn, *pos)?;
    }
}

fn resume_once(conn: &Connection, config: &Config, now: At) -> anyhow::Result<Resumed> {
    let judged = pulse::judged(conn)?;
    let (mut judge, pos, at) = match snapshots::newest(conn)? {
        Some(s) => (Judge::load(s.memory), s.pos, s.at),
        None => (Judge::new(Arc::default()), 0, At(i64::MIN)),
    };
    let mut replay = Replay { judged, pending: Pending::default() };
    let (pos, newest) = replay::journal(conn, &mut judge, (pos, at), i64::MAX, &mut replay)?;
    // Deadlines after the last input were judged too, while the collector lived.
    let alive = pulse::last_alive(conn)?.unwrap_or(At(i64::MIN)).max(judged.at).max(newest);
    let ticked = replay::ticks(&mut judge, alive, |at, decision| {
        replay.of_deadline(pos, at, decision);
    });
    let used = judge.memory().setups.last().map(|v| Arc::clone(&v.setup)).unwrap_or_default();
    let configured = config.setup(calendar_range(now));
    let setup = if *used == configured { used } else { Arc::new(configured) };
    Ok(Resumed {
        judge,
        setup,
        pending: replay.pending,
        next_pos: journal::newest(conn)?.max(pos) + 1,
        ticked: judged.at.max(ticked.unwrap_or(At(i64::MIN))),
        now: alive,
    })
}

/// Keeps the decisions that are not stored yet.
struct Replay {
    judged: Judged,
    pending: Pending,
}

impl Audience for Replay {
    fn of_input(&mut self, pos: i64, at: At, decision: Decision) {
        if pos > self.judged.pos {
            self.pending.decisions.push((pos, at, decision));
        }
    }

    fn of_deadline(&mut self, pos: i64, at: At, decision: Decision) {
        if at > self.judged.at {
            self.pending.decisions.push((pos, at, decision));
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
