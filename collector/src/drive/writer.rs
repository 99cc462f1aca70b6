//! The one thread that writes and judges.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;
use siaga_decide::{At, Input, Judge, Life, Setup, StaffCorrection, View};
use tokio::sync::{Notify, watch};

use super::clones::Clones;
use super::keep::{self, Codec, Pending};
use super::queue::Queue;
use super::replay::{lived_until, ticks};
use super::upkeep::Upkeep;
use super::{Arrival, Figures, Job, Look, Meters, Refused, Reply, Undo};
use crate::clock::{Clock, StepWatch};
use crate::config::{CALENDAR_LEFT_MS, Config, calendar_range};
use crate::store::owner::Owner;
use crate::store::pulse::Judged;
use crate::store::runs::{self, Ranges};
use crate::store::{StoreError, agents, facts, journal, ledger, months, orders, snapshots};

/// So many jobs share a commit at most.
const BATCH: usize = 1_024;
const SECOND: Duration = Duration::from_secs(1);
const SNAPSHOT_MS: i64 = 5 * 60_000;
/// A restart replays at most about so many reports.
const SNAPSHOT_REPORTS: u64 = 200_000;
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// Runs whose ranges are kept in memory.
const KNOWN_MOST: usize = 100_000;

pub(super) struct Writer {
    pub(super) conn: Connection,
    /// Nobody else writes here meanwhile.
    pub(super) _owner: Owner,
    pub(super) config: Arc<Config>,
    pub(super) setup: Arc<Setup>,
    pub(super) clock: Clock,
    pub(super) steps: StepWatch,
    pub(super) judge: Judge,
    pub(super) codec: Codec,
    pub(super) pending: Pending,
    pub(super) known: HashMap<(i64, Arc<str>), Ranges>,
    pub(super) agents: Live,
    pub(super) next_pos: i64,
    pub(super) ticked: At,
    pub(super) now: At,
    pub(super) queue: Arc<Queue<Job>>,
    pub(super) view: watch::Sender<Arc<View>>,
    pub(super) outbox: Arc<Notify>,
    pub(super) meters: Arc<Meters>,
    /// What the collector itself saw last, as far as the store took it.
    pub(super) looks: [Option<Look>; 2],
    pub(super) chores: Chores,
    pub(super) last_error: Option<String>,
    pub(super) clones: Clones,
    /// Inputs of the collector's own that the store did not take: they come first next time.
    pub(super) again: Vec<Input>,
}

/// The credentials that are good, by number, and whether each was used.
#[derive(Debug, Default)]
pub(super) struct Live {
    version: i64,
    numbers: HashMap<i64, bool>,
}

/// When what was done last.
#[derive(Debug, Default)]
pub(super) struct Chores {
    snapshot: Option<At>,
    reports: u64,
    hourly: Option<At>,
    viewed: Option<At>,
    pulse: Option<At>,
    upkeep: Option<std::thread::JoinHandle<()>>,
}

/// What a job becomes once the commit is known.
enum Outcome {
    Report {
        pos: i64,
        arrival: Box<Arrival>,
        key: (i64, Arc<str>),
        known: Ranges,
        answer: Answer,
    },
    Input {
        pos: i64,
        input: Input,
        reply: Option<Reply<()>>,
    },
    /// A report whose rows were all durable before.
    Known(Answer),
    Write(Undo),
}

struct Answer {
    reply: Reply<Vec<(u64, u64)>>,
    ranges: Vec<(u64, u64)>,
}

impl Writer {
    pub(super) fn run(mut self) {
        let mut batch = Vec::new();
        // What the start decided is stored before anything else.
        loop {
            let patience = self.patience();
            let more = self.queue.take(&mut batch, BATCH, patience);
            self.round(&mut batch);
            if !more {
                break;
            }
        }
        self.end();
    }

    fn patience(&self) -> Duration {
        if !self.pending.decisions.is_empty() && self.last_error.is_none() {
            return Duration::ZERO;
        }
        let deadline = self.judge.next_deadline().map_or(1_000, |d| d - self.clock.now());
        Duration::from_millis(deadline.clamp(1, 1_000).unsigned_abs()).min(SECOND)
    }

    /// Everything that waits, in one commit.
    pub(super) fn round(&mut self, batch: &mut Vec<Job>) {
        let wall = self.clock.now();
        let stepped = self.steps.look(wall, self.clock.boot_ms());
        let before = self.now;
        self.now = self.now.max(wall);
        let mut inputs = std::mem::take(&mut self.again);
        if let Some(by_ms) = stepped {
            tracing::error!(by_ms, "the collector's clock was set; nothing is judged silent now");
            inputs.push(Input::Life(Life::ClockStepped { by_ms }));
        } else if self.now - before > self.asleep_after_ms() {
            let asleep_ms = self.now - before;
            tracing::warn!(asleep_ms, "the collector did not run for a while, and saw nothing");
            inputs.push(Input::Life(Life::Started { last_alive: Some(before) }));
        }
        let lived = inputs.iter().map(|input| lived_until(self.now, input)).min();
        self.tick_to(lived.unwrap_or(self.now));
        if self.calendar_ends() {
            let setup = self.config.setup(calendar_range(self.now));
            inputs.push(Input::Setup(Arc::new(setup)));
        }
        let every = (self.config.cycle_ms / 3).clamp(1_000, 5_000);
        let pulse_due = self.chores.pulse.is_none_or(|at| self.now - at >= every);
        if !batch.is_empty()
            || !inputs.is_empty()
            || !self.pending.decisions.is_empty()
            || pulse_due
        {
            self.commit(std::mem::take(batch), inputs);
            self.chores.pulse = Some(self.now);
        }
        self.show();
        self.chores();
    }

    /// A machine that slept, or a disk that hung: agents waited, and their silence means nothing.
    fn asleep_after_ms(&self) -> i64 {
        self.config.cycle_ms.max(10_000)
    }

    fn calendar_ends(&self) -> bool {
        let known = self.setup.offices.values().filter_map(|o| o.calendar.known).map(|k| k.to);
        known.min().is_some_and(|to| to - self.now < CALENDAR_LEFT_MS)
    }

    /// Judges every deadline up to that instant, each at its own instant.
    fn tick_to(&mut self, upto: At) {
        let pos = self.next_pos - 1;
        let pending = &mut self.pending.decisions;
        let newest = ticks(&mut self.judge, upto, |at, decision| pending.push((pos, at, decision)));
        self.ticked = newest.map_or(self.ticked, |at| at.max(self.ticked));
    }

    pub(super) fn judge_one(&mut self, pos: i64, input: Input) {
        let at = self.now;
        for decision in self.judge.handle(at, input) {
            self.pending.decisions.push((pos, at, decision));
        }
    }

    fn commit(&mut self, jobs: Vec<Job>, inputs: Vec<Input>) {
        let begun = self.clock.boot_ms();
        let mut outcomes = Vec::with_capacity(jobs.len());
        let own = inputs.clone();
        let written = self.write(jobs, inputs, &mut outcomes);
        let micros = u64::try_from(self.clock.boot_ms() - begun).unwrap_or(0) * 1_000;
        Meters::add(&self.meters.commit_micros, micros);
        match written {
            Ok(told) => {
                Meters::add(&self.meters.commits, 1);
                if self.last_error.take().is_some() {
                    tracing::info!("the store takes writes again");
                }
                self.pending.decisions.clear();
                if told {
                    self.outbox.notify_waiters();
                }
                outcomes.into_iter().for_each(|o| self.settle(o));
            }
            Err(error) => {
                Meters::add(&self.meters.commits_failed, 1);
                let text = error.to_string();
                if self.last_error.as_ref() != Some(&text) {
                    tracing::error!(error = text, "the store does not take writes");
                }
                self.last_error = Some(text.clone());
                // A transaction that failed half-way must not stay open.
                if !self.conn.is_autocommit()
                    && let Err(error) = self.conn.execute_batch("ROLLBACK")
                {
                    tracing::error!(%error, "rolling back");
                }
                self.next_pos -= i64::try_from(
                    outcomes
                        .iter()
                        .filter(|o| matches!(o, Outcome::Report { .. } | Outcome::Input { .. }))
                        .count(),
                )
                .unwrap_or(0);
                outcomes.into_iter().for_each(|o| refuse(o, &text));
                self.again = own;
                self.looks = [None; 2];
            }
        }
    }

    fn write(
        &mut self,
        jobs: Vec<Job>,
        inputs: Vec<Input>,
        outcomes: &mut Vec<Outcome>,
    ) -> Result<bool, StoreError> {
        self.conn.execute_batch("BEGIN IMMEDIATE")?;
        self.refresh_agents()?;
        let told = keep::decisions(&self.conn, &self.config, &self.setup, &self.pending)?;
        for input in inputs {
            self.add_input(input, None, outcomes)?;
        }
        for job in jobs {
            self.add_job(job, outcomes)?;
        }
        while let Some((closing, figures)) = orders::take(&self.conn)? {
            let (month, office) = (closing.month.to_string(), closing.office.clone());
            if months::is_closed(&self.conn, &office, &month)? {
                tracing::warn!(%office, month, "the month is closed already: the order is dropped");
                continue;
            }
            months::close(&self.conn, self.now, &closing, &figures)?;
            self.add_input(Input::Closed(closing), None, outcomes)?;
        }
        // Decisions of inputs in this commit come with the next one.
        let pos = self.pending_pos(outcomes);
        keep::beat(&self.conn, self.now, Judged { pos, at: self.ticked })?;
        self.conn.execute_batch("COMMIT")?;
        Ok(told)
    }

    /// Up to which place decisions are stored by this commit: all before its own inputs.
    fn pending_pos(&self, outcomes: &[Outcome]) -> i64 {
        let first = outcomes.iter().find_map(|o| match o {
            Outcome::Report { pos, .. } | Outcome::Input { pos, .. } => Some(*pos),
            Outcome::Known(_) | Outcome::Write(_) => None,
        });
        first.unwrap_or(self.next_pos) - 1
    }

    /// Other programs end credentials too; inside the transaction nobody can any more.
    fn refresh_agents(&mut self) -> Result<(), StoreError> {
        let version = agents::version(&self.conn)?;
        if version != self.agents.version {
            let live = agents::live(&self.conn)?;
            self.agents =
                Live { version, numbers: live.into_iter().map(|(_, a)| (a.no, a.used)).collect() };
        }
        Ok(())
    }

    fn add_input(
        &mut self,
        input: Input,
        reply: Option<Reply<()>>,
        outcomes: &mut Vec<Outcome>,
    ) -> Result<(), StoreError> {
        let pos = self.next_pos;
        let kept = keep::other(&self.conn, pos, self.now, &input);
        self.next_pos += 1;
        outcomes.push(Outcome::Input { pos, input, reply });
        kept
    }

    fn add_job(&mut self, job: Job, outcomes: &mut Vec<Outcome>) -> Result<(), StoreError> {
        match job {
            Job::Report(arrival, reply) => self.add_report(arrival, reply, outcomes),
            Job::Look(look) => {
                let (known, life) = match look {
                    Look::Canary(ok) => (&mut self.looks[0], Life::Canary { ok }),
                    Look::Datacenter(reached) => (&mut self.looks[1], Life::Datacenter { reached }),
                };
                if known.replace(look) == Some(look) {
                    return Ok(());
                }
                self.add_input(Input::Life(life), None, outcomes)
            }
            Job::Acknowledge { outage, by, note, reply } => {
                if ledger::get(&self.conn, outage.as_str())?.is_none() {
                    let _gone = reply.send(Err(Refused::NoSuchOutage));
                    return Ok(());
                }
                self.add_input(Input::Acknowledged { outage, by, note }, Some(reply), outcomes)
            }
            Job::Note(note, reply) => {
                if ledger::get(&self.conn, note.outage.as_str())?.is_none() {
                    let _gone = reply.send(Err(Refused::NoSuchOutage));
                    return Ok(());
                }
                self.add_input(Input::Note(note), Some(reply), outcomes)
            }
            Job::Planned(plan, reply) => {
                self.add_input(Input::Planned(plan), Some(reply), outcomes)
            }
            Job::Correct(said, reply) => self.add_correction(*said, reply, outcomes),
            Job::Close(closing, figures, reply) => {
                if months::is_closed(&self.conn, &closing.office, &closing.month.to_string())? {
                    let _gone = reply.send(Err(Refused::Overtaken("the month is closed already")));
                    return Ok(());
                }
                months::close(&self.conn, self.now, &closing, &figures)?;
                self.add_input(Input::Closed(closing), Some(reply), outcomes)
            }
            Job::Decide(verdict, figures, reply) => {
                let month = verdict.month.to_string();
                let closed = months::get(&self.conn, &verdict.office, &month)?;
                if closed.is_none_or(|c| *c.issued() != figures.issued) {
                    let what = "the issued figures are others by now: look again";
                    let _gone = reply.send(Err(Refused::Overtaken(what)));
                    return Ok(());
                }
                let (now, pos) = (self.now, self.next_pos);
                let Figures { proposed, issued } = &*figures;
                months::decide(&self.conn, now, pos, &verdict, proposed, issued)?;
                self.add_input(Input::Decided(verdict), Some(reply), outcomes)
            }
            Job::Write(work) => {
                self.conn.execute_batch("SAVEPOINT work")?;
                match work(&self.conn, self.now) {
                    Ok(undo) => {
                        self.conn.execute_batch("RELEASE work")?;
                        outcomes.push(Outcome::Write(undo));
                        Ok(())
                    }
                    // The asker has its answer; the others' work goes on.
                    Err(_) => Ok(self.conn.execute_batch("ROLLBACK TO work; RELEASE work")?),
                }
            }
        }
    }

    /// A correction carries the outage as it is stored, for a judge that has forgotten it.
    fn add_correction(
        &mut self,
        mut said: StaffCorrection,
        reply: Reply<()>,
        outcomes: &mut Vec<Outcome>,
    ) -> Result<(), StoreError> {
        if let Some(meant) = &said.entry {
            let Some(stored) = ledger::get(&self.conn, meant.id.as_str())? else {
                let _gone = reply.send(Err(Refused::NoSuchOutage));
                return Ok(());
            };
            let same = |o: &Outcome| match o {
                Outcome::Input { input: Input::Corrected(other), .. } => {
                    other.outage() == Some(&stored.id)
                }
                Outcome::Input { .. }
                | Outcome::Report { .. }
                | Outcome::Known(_)
                | Outcome::Write(_) => false,
            };
            // An earlier correction in this very commit is not in what is stored yet.
            if outcomes.iter().any(same) {
                let _gone = reply.send(Err(Refused::Busy));
                return Ok(());
            }
            said.entry = Some(Box::new(stored));
        }
        self.add_input(Input::Corrected(said), Some(reply), outcomes)
    }

    fn add_report(
        &mut self,
        mut arrival: Box<Arrival>,
        reply: Reply<Vec<(u64, u64)>>,
        outcomes: &mut Vec<Outcome>,
    ) -> Result<(), StoreError> {
        let Some(used) = self.agents.numbers.get(&arrival.agent.no).copied() else {
            let _gone = reply.send(Err(Refused::Revoked));
            return Ok(());
        };
        if !used {
            agents::first_use(&self.conn, self.now, &arrival.agent)?;
            self.refresh_agents()?;
        }
        if self.clones.shown_by(arrival.agent.no, &arrival.heard) {
            Meters::add(&self.meters.clones, 1);
            tracing::warn!(
                station = ?arrival.agent.station,
                agent = arrival.agent.id,
                "two agents use one credential: revoke it and enrol both anew"
            );
        }
        let key = (arrival.agent.no, Arc::clone(&arrival.heard.run.0));
        // Two reports of one run may share this commit: the second must see the first's rows.
        let earlier = outcomes.iter().rev().find_map(|o| match o {
            Outcome::Report { key: k, known, .. } if *k == key => Some(known.clone()),
            Outcome::Report { .. }
            | Outcome::Input { .. }
            | Outcome::Known(_)
            | Outcome::Write(_) => None,
        });
        let mut known = match earlier.or_else(|| self.known.get(&key).cloned()) {
            Some(known) => known,
            None => runs::load(&self.conn, key.0, &key.1)?,
        };
        if keep::is_known(&arrival, &known) {
            // It changes nothing, but is answered only after rows that came in this very commit.
            let ranges = keep::ranges(&arrival);
            outcomes.push(Outcome::Known(Answer { reply, ranges }));
            return Ok(());
        }
        let pos = self.next_pos;
        let ranges = match keep::report(
            &self.conn,
            &mut self.codec,
            pos,
            self.now,
            &mut arrival,
            &mut known,
        ) {
            Ok(ranges) => ranges,
            // Only this report is odd; the others' work goes on.
            Err(error @ StoreError::Record(_)) => {
                tracing::error!(%error, station = ?arrival.agent.station, "a report");
                let _gone = reply.send(Err(Refused::Store(error)));
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        self.next_pos += 1;
        let answer = Answer { reply, ranges };
        outcomes.push(Outcome::Report { pos, arrival, key, known, answer });
        Ok(())
    }

    /// Durable: answered, and judged.
    fn settle(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Report { pos, arrival, key, known, answer } => {
                let rows = arrival.heard.rows.len() as u64;
                Meters::add(&self.meters.reports, 1);
                Meters::add(&self.meters.rows, rows);
                self.chores.reports += 1;
                if self.known.len() >= KNOWN_MOST {
                    self.known.clear();
                }
                self.known.insert(key, known);
                let _gone = answer.reply.send(Ok(answer.ranges));
                self.judge_one(pos, Input::Heard(arrival.heard));
            }
            Outcome::Input { pos, input, reply } => {
                if let Some(reply) = reply {
                    let _gone = reply.send(Ok(()));
                }
                if let Input::Setup(setup) = &input {
                    self.setup = Arc::clone(setup);
                }
                self.judge_one(pos, input);
            }
            Outcome::Known(answer) => {
                Meters::add(&self.meters.duplicates, 1);
                let _gone = answer.reply.send(Ok(answer.ranges));
            }
            Outcome::Write(done) => done(Ok(())),
        }
    }

    fn show(&mut self) {
        let due = self.chores.viewed.is_none_or(|at| self.now - at >= 1_000);
        if due || !self.pending.decisions.is_empty() {
            self.chores.viewed = Some(self.now);
            self.view.send_replace(Arc::new(self.judge.view(self.now)));
        }
    }

    fn chores(&mut self) {
        if self.last_error.is_some() || !self.pending.decisions.is_empty() {
            return;
        }
        let snapshot = self.chores.snapshot.get_or_insert(self.now);
        if self.now - *snapshot >= SNAPSHOT_MS || self.chores.reports >= SNAPSHOT_REPORTS {
            self.snapshot();
        }
        let hourly = *self.chores.hourly.get_or_insert(self.now);
        if self.now - hourly >= HOUR_MS {
            self.chores.hourly = Some(self.now);
            self.hourly();
        }
    }

    pub(super) fn snapshot(&mut self) {
        self.chores.snapshot = Some(self.now);
        self.chores.reports = 0;
        let changed = self.judge.changed();
        let at = self.ticked.max(self.now);
        let taken = snapshots::Snapshot { pos: self.next_pos - 1, at, memory: self.judge.memory() };
        let kept = (|| {
            let tx = self.conn.unchecked_transaction()?;
            facts::keep(&tx, &changed)?;
            snapshots::save(&tx, &taken, self.config.raw_days)?;
            tx.commit().map_err(StoreError::from)
        })();
        if let Err(error) = kept {
            // What changed is in the journal still, and comes again from the last snapshot.
            tracing::error!(%error, "taking a snapshot");
            self.judge.changed_again(changed);
        }
    }

    /// Forgets what is old; the rest of the hour's work has a thread of its own.
    fn hourly(&mut self) {
        let forgotten = (|| -> Result<(), StoreError> {
            let upto = snapshots::oldest_pos(&self.conn)?.unwrap_or(0);
            let old = self.now - i64::from(self.config.raw_days) * DAY_MS;
            let tx = self.conn.unchecked_transaction()?;
            journal::forget(&tx, old, upto)?;
            tx.commit()?;
            self.conn.execute_batch("PRAGMA incremental_vacuum(2048)")?;
            Ok(())
        })();
        if let Err(error) = forgotten {
            tracing::error!(%error, "forgetting old reports");
        }
        if self.chores.upkeep.as_ref().is_some_and(|busy| !busy.is_finished()) {
            tracing::warn!("the last hour's packing is not done yet");
            return;
        }
        let upkeep = Upkeep {
            queue: Arc::clone(&self.queue),
            database: self.config.database(),
            backups: self.config.data.join("backup"),
            now: self.now,
        };
        let begun = std::thread::Builder::new().name("upkeep".into()).spawn(|| upkeep.run());
        match begun {
            Ok(thread) => self.chores.upkeep = Some(thread),
            Err(error) => tracing::error!(%error, "starting the hourly packing"),
        }
    }

    /// An orderly end: it is known that the collector stopped, and the next start is quick.
    fn end(&mut self) {
        self.commit(Vec::new(), vec![Input::Life(Life::Stopping)]);
        self.commit(Vec::new(), Vec::new());
        if self.last_error.is_none() {
            self.snapshot();
        }
    }
}

fn refuse(outcome: Outcome, text: &str) {
    let error = || StoreError::Record(text.to_owned());
    match outcome {
        Outcome::Report { answer, .. } => {
            let _gone = answer.reply.send(Err(Refused::Store(error())));
        }
        Outcome::Input { reply, .. } => {
            if let Some(reply) = reply {
                let _gone = reply.send(Err(Refused::Store(error())));
            }
        }
        Outcome::Known(answer) => {
            let _gone = answer.reply.send(Err(Refused::Store(error())));
        }
        Outcome::Write(undo) => undo(Err(error())),
    }
}
