//! The loop: what is due is asked, what is answered is kept, what is kept is sent.
//!
//! One thread. The probes of a cycle run side by side, each under its own deadline; when they have
//! answered, their readings are committed once. A change of answer is committed and sent at once.
//! Nothing in here waits for the collector: it is asked when the uplink says so, and everything
//! else goes on meanwhile. The commit itself blocks the thread, which is meant: a disk that does
//! not answer stops the watchdog, and no reading may be dated after one that is on disk.

mod ask;
mod sending;
mod system;

use std::future::Future;
use std::time::Duration;

use anyhow::Context as _;
use siaga_wire::{LastWords, Reading, Saw, Values};
use tokio::task::{JoinError, JoinSet};

use crate::change::{Answer, Weight, weigh};
use crate::clock::{self, Sample, Watch};
use crate::config::{Collector, Config, StopMeans};
use crate::credential::{self, Credential};
use crate::metrics::{self, Metrics};
use crate::probe::Probe;
use crate::push::Pusher;
use crate::schedule::{Pace, Schedule};
use crate::service::Manager;
use crate::spool::{Content, Entry, Spool};
use crate::uplink::Uplink;
use crate::{platform, spool};
use ask::Asked;
use sending::{Flight, landed};
use system::{last_words, start_row};

/// Sleep and clock steps are noticed at least this often.
const NAP_MOST: Duration = Duration::from_secs(5);
/// The last words get this long to reach the collector.
const GOODBYE: Duration = Duration::from_secs(2);
/// The name under which sleep and steps of the clock are kept.
const CLOCK_PROBE: &str = "host.clock";

/// Runs the agent until `stop` ends, which becomes its last words.
///
/// # Errors
/// When it cannot start: no credential, another agent, no boot identity, the metrics port taken.
/// Once it runs, nothing ends it but `stop`.
pub async fn run(config: Config, stop: impl Future<Output = ()>) -> anyhow::Result<()> {
    let credential = credential::load(&config.data)?;
    let metrics = Metrics::new();
    let metrics_task = match config.metrics {
        Some(address) => {
            Some(tokio::spawn(metrics::serve(metrics::listen(address).await?, metrics.clone())))
        }
        None => None,
    };
    let mut agent = Agent::start(config, &credential, metrics).await?;
    tokio::pin!(stop);
    agent.live(stop).await;
    agent.end().await;
    if let Some(task) = metrics_task {
        task.abort();
    }
    Ok(())
}

struct Agent {
    boot: String,
    run: String,
    stop_means: StopMeans,
    schedule: Schedule,
    /// The probes that are not being asked.
    idle: Vec<Option<Probe>>,
    answers: Vec<Option<Answer>>,
    asking: JoinSet<Asked>,
    /// Readings of this cycle that are not committed yet.
    entries: Vec<Entry>,
    entries_cycle: u64,
    watch: Watch,
    /// Questions asked before this instant were interrupted by sleep.
    woke_ms: u64,
    spool: Spool,
    spool_failed: bool,
    uplink: Uplink,
    connected: Option<bool>,
    collector: Collector,
    credential: Credential,
    pusher: Option<Pusher>,
    flight: Option<Flight>,
    manager: Manager,
    metrics: Metrics,
    metrics_on: bool,
}

impl Agent {
    async fn start(
        config: Config,
        credential: &Credential,
        metrics: Metrics,
    ) -> anyhow::Result<Self> {
        let boot = platform::boot_id().context("reading the identity of this boot")?;
        let run = format!("{:016x}", random()?);
        let (spool, found) = Spool::open(&config.data, config.spool.max_bytes, &run, &boot)?;
        let now = clock::sample();
        let paces: Vec<Pace> =
            config.probes.iter().map(|p| Pace { every_ms: millis(p.every()) }).collect();
        let mut agent = Self {
            stop_means: config.stop_means,
            schedule: Schedule::new(config.cycle, random()?, now.boot_ms, &paces),
            answers: vec![None; config.probes.len()],
            idle: config.probes.into_iter().map(Some).collect(),
            asking: JoinSet::new(),
            entries: Vec::new(),
            entries_cycle: 0,
            watch: Watch::new(now),
            woke_ms: 0,
            spool,
            spool_failed: false,
            uplink: Uplink::new(config.cycle, random()?),
            connected: None,
            pusher: Some(Pusher::new(&config.collector, credential)?),
            collector: config.collector,
            credential: credential.clone(),
            flight: None,
            manager: Manager::from_env(),
            metrics,
            metrics_on: config.metrics.is_some(),
            boot,
            run,
        };
        tracing::info!(run = agent.run, boot = agent.boot, station = ?credential, "started");
        let start = start_row(found, &agent.boot.clone()).await;
        agent.keep(now, Content::Start(start));
        agent.commit(now);
        agent.manager.ready();
        Ok(agent)
    }

    async fn live(&mut self, mut stop: impl Future<Output = ()> + Unpin) {
        loop {
            let now = clock::sample();
            self.notice(now);
            self.ask_due(now);
            self.commit_if_complete(now);
            let wake_ms = self.send_if_due(now).min(self.schedule.next_ms(now.boot_ms));
            self.manager.alive(now.awake_ms);
            let nap = Duration::from_millis(wake_ms.saturating_sub(now.boot_ms).max(1));
            let nap = nap.min(NAP_MOST).min(self.manager.longest_sleep());
            tokio::select! {
                () = &mut stop => return,
                Some(asked) = self.asking.join_next() => self.answered(asked),
                pushed = landed(&mut self.flight) => self.pushed(pushed),
                () = tokio::time::sleep(nap) => {}
            }
        }
    }

    /// Sleep and steps of the clock become rows, before anything that was measured after them.
    fn notice(&mut self, now: Sample) {
        let last = self.watch.last();
        let noticed = self.watch.notice(now);
        if noticed.is_nothing() {
            return;
        }
        let mut values = Values::default();
        let mut words = Vec::new();
        if let Some(slept) = noticed.slept {
            tracing::info!(slept_s = slept.as_secs(), "the PC slept");
            self.woke_ms = now.boot_ms;
            // Written afterwards, dated before: the system does not tell everybody in time.
            self.keep(last, Content::LastWords(LastWords::Sleep));
            values.push("suspended_seconds", slept.as_secs_f64());
            words.push("SUSPENDED".into());
        }
        if let Some(step_ms) = noticed.stepped_ms {
            tracing::warn!(step_ms, "the PC's clock was set");
            #[expect(clippy::cast_precision_loss, reason = "a step is measured in seconds")]
            values.push("clock_step_seconds", step_ms as f64 / 1_000.0);
            words.push("STEPPED".into());
        }
        let probe = CLOCK_PROBE.into();
        let reading = Reading { probe, role: None, saw: Saw::Answered, why: None, words, values };
        self.keep(now, Content::Reading(reading));
        self.commit(now);
    }

    fn ask_due(&mut self, now: Sample) {
        for due in self.schedule.due(now.boot_ms) {
            match self.idle.get_mut(due.probe).and_then(Option::take) {
                Some(probe) => {
                    self.asking.spawn(ask::ask(probe, due));
                }
                None => self.schedule.finished(due.probe),
            }
        }
    }

    fn answered(&mut self, asked: Result<Asked, JoinError>) {
        // The task itself cannot panic, and nobody cancels it.
        let Ok(Asked { due, at, probe, reading }) = asked else { return };
        self.schedule.finished(due.probe);
        let now = clock::sample();
        self.notice(now);
        if at.boot_ms < self.woke_ms {
            self.put_back(due.probe, probe);
            return;
        }
        if self.metrics_on {
            self.metrics.enter(probe.kind(), &reading, at.wall_ms);
        }
        let answer = Answer::of(&reading);
        let before = self.answers.get(due.probe).and_then(Option::as_ref);
        let weight = weigh(before, &answer, probe.name());
        if weight != Weight::Same {
            tracing::info!(probe = probe.name(), saw = reading.saw.word(), words = ?reading.words, "changed");
        }
        if let Some(slot) = self.answers.get_mut(due.probe) {
            *slot = Some(answer);
        }
        self.put_back(due.probe, probe);
        if due.keep || weight != Weight::Same {
            self.keep(at, Content::Reading(reading));
        }
        match weight {
            Weight::Same => return,
            Weight::Changed => {}
            Weight::LinkAnswers => self.uplink.hurry(now.boot_ms),
            Weight::Power => self.uplink.urgent(now.boot_ms),
        }
        self.commit(now);
    }

    fn put_back(&mut self, index: usize, probe: Probe) {
        if let Some(slot) = self.idle.get_mut(index) {
            *slot = Some(probe);
        }
    }

    fn keep(&mut self, at: Sample, content: Content) {
        if self.entries.is_empty() {
            self.entries_cycle = self.schedule.cycle_of(at.boot_ms);
        }
        self.entries.push(Entry { at_ms: at.boot_ms, wall_ms: at.wall_ms, content });
    }

    /// One commit per cycle: when all have answered, at the latest when the next cycle begins.
    fn commit_if_complete(&mut self, now: Sample) {
        let turned = self.entries_cycle != self.schedule.cycle_of(now.boot_ms);
        if !self.entries.is_empty() && (turned || self.schedule.is_idle()) {
            self.commit(now);
        }
    }

    fn commit(&mut self, now: Sample) {
        let mut entries = std::mem::take(&mut self.entries);
        if entries.is_empty() {
            return;
        }
        entries.sort_by_key(|e| e.at_ms);
        let first = self.spool.newest() + 1;
        let outcome = self.spool.commit(entries);
        self.uplink.added(first, self.spool.newest());
        match (&outcome, self.spool_failed) {
            (Err(trouble), false) => tracing::error!(%trouble, "rows wait in memory"),
            (Ok(()), true) => tracing::info!("the spool can be written again"),
            (Ok(()), false) | (Err(_), true) => {}
        }
        self.spool_failed = outcome.is_err();
        if self.metrics_on {
            self.metrics.count("commits", if outcome.is_ok() { "durable" } else { "failed" });
            #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
            if let Some(bytes) = self.spool.used_bytes() {
                self.metrics.set("spool_bytes", bytes as f64);
            }
            let pending: u64 = self.spool.pending().iter().map(|p| p.numbers.count()).sum();
            #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
            self.metrics.set("spool_rows", pending as f64);
        }
        self.manager.alive(now.awake_ms);
    }

    /// Last words: on disk first, then two seconds to reach the collector.
    async fn end(mut self) {
        self.manager.stopping();
        let last_words = last_words(self.stop_means).await;
        tracing::info!(?last_words, "stopping");
        let now = clock::sample();
        self.keep(now, Content::LastWords(last_words));
        self.commit(now);
        self.uplink.urgent(now.boot_ms);
        let newest = self.spool.newest();
        if tokio::time::timeout(GOODBYE, self.say_goodbye(newest)).await.is_err() {
            tracing::warn!("the last words stay in the spool");
        }
        if let Err(trouble) = self.spool.finish() {
            tracing::error!(%trouble, "closing the spool");
        }
    }
}

fn random() -> anyhow::Result<u64> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|e| anyhow::anyhow!("drawing a random number: {e}"))?;
    Ok(u64::from_le_bytes(bytes))
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// Trouble at the start that only another configuration or a person can end.
#[must_use]
pub fn hint(error: &anyhow::Error) -> Option<String> {
    if let Some(credential) = error.downcast_ref::<credential::CredentialError>() {
        return Some(credential.hint());
    }
    match error.downcast_ref::<spool::Trouble>()? {
        spool::Trouble::Locked(_) => Some("one agent per data directory; stop the other".into()),
        spool::Trouble::Unusable(_) => {
            Some("the data directory must exist and belong to the agent's user".into())
        }
        spool::Trouble::Full(_)
        | spool::Trouble::Damaged(_)
        | spool::Trouble::Io(_)
        | spool::Trouble::OldSqlite(_) => None,
    }
}

#[cfg(test)]
mod tests;
