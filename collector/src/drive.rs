//! The shell's loop: input → journal → commit → judge → decisions → commit → wake the senders.
//!
//! One thread owns the database and the judge. It takes everything that waits, writes it into the
//! journal together with the decisions made since, and commits once; only then are reports
//! answered and handed to the judge. So an answer means durable, a failed commit leaves the judge
//! untouched, and whatever the judge has seen is in the journal in that order: a restart replays
//! it and goes on in the same state. Nobody else calls the judge.

mod clones;
mod keep;
mod queue;
pub(crate) mod replay;
mod start;
#[cfg(test)]
mod tests;
mod upkeep;
mod writer;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hyper::body::Bytes;
use rusqlite::Connection;
use siaga_decide::{
    Account, At, Closing, Heard, OutageId, PersonId, Plan, StaffCorrection, StaffNote, Verdict,
    View,
};
use tokio::sync::{Notify, oneshot, watch};

use crate::store::agents::Agent;
use crate::store::{self, StoreError};
use queue::{NotTaken, Queue};
pub use start::{Drive, start};

/// The most that may wait for the writer before more is refused.
const MOST_WAITING: usize = 4096;

/// Why the writer did not do it. Nothing of it is stored.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// Too much waits.
    #[error("too much waits to be written")]
    Busy,
    /// The disk or the database does not take it now.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The commit that it waited for failed before its turn came.
    #[error("the store does not take this now")]
    NotStored,
    /// The collector stops.
    #[error("the collector is stopping")]
    Stopping,
    /// The credential was ended while the report waited.
    #[error("this credential has been ended")]
    Revoked,
    /// What it is about is another by now.
    #[error("{0}")]
    Overtaken(&'static str),
    /// There is no such outage.
    #[error("there is no outage with that id")]
    NoSuchOutage,
}

/// Something the writer does inside its transaction.
type Work = Box<dyn FnOnce(&Connection, At) -> Result<Undo, StoreError> + Send>;
/// Called with the outcome of the commit.
type Undo = Box<dyn FnOnce(Result<(), StoreError>) + Send>;

/// A report that was read and found good.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// Whose.
    pub agent: Agent,
    /// As it came.
    pub body: Bytes,
    /// Whether `body` is packed.
    pub packed: bool,
    /// What it says.
    pub heard: Heard,
}

/// What the collector sees itself. Only what changes is written down.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Look {
    /// Whether at least one of its own targets answers.
    Canary(bool),
    /// Whether the data center does; nothing where its own way is cut.
    Datacenter(Option<bool>),
}

enum Job {
    Report(Box<Arrival>, Reply<Vec<(u64, u64)>>),
    Look(Look),
    Acknowledge { outage: OutageId, by: PersonId, note: Option<Arc<str>>, reply: Reply<()> },
    Note(StaffNote, Reply<()>),
    Planned(Plan, Reply<()>),
    Correct(Box<StaffCorrection>, Reply<()>),
    Close(Closing, Box<Account>, Reply<()>),
    Decide(Verdict, Box<Figures>, Reply<()>),
    Write(Work),
}

/// What a verdict is about: the proposed figures, and those issued until then.
#[derive(Clone, Debug)]
pub struct Figures {
    /// As proposed.
    pub proposed: Account,
    /// As issued.
    pub issued: Account,
}

type Reply<T> = oneshot::Sender<Result<T, Refused>>;

/// What the collector counts about itself.
#[derive(Debug, Default)]
pub struct Meters {
    /// Commits that the disk took.
    pub commits: AtomicU64,
    /// Commits that failed.
    pub commits_failed: AtomicU64,
    /// Reports committed.
    pub reports: AtomicU64,
    /// Rows committed.
    pub rows: AtomicU64,
    /// Reports whose rows were all known.
    pub duplicates: AtomicU64,
    /// Reports refused, for whatever reason.
    pub refused: AtomicU64,
    /// Reports shed because too much waited or the store did not take them.
    pub shed: AtomicU64,
    /// Microseconds spent in commits.
    pub commit_micros: AtomicU64,
    /// Credentials that were seen in two places at once.
    pub clones: AtomicU64,
    /// Open connections.
    pub connections: AtomicU64,
}

impl Meters {
    /// Adds to a counter.
    pub fn add(counter: &AtomicU64, n: u64) {
        counter.fetch_add(n, Ordering::Relaxed);
    }
}

/// The way to the writer and to the present. Cheap to clone.
#[derive(Clone)]
pub struct Handle {
    queue: Arc<Queue<Job>>,
    view: watch::Receiver<Arc<View>>,
    outbox: Arc<Notify>,
    meters: Arc<Meters>,
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "drive::Handle({} waiting)", self.queue.waiting())
    }
}

impl Handle {
    /// A report. When this returns, its rows in these ranges are durable, by this report or an
    /// earlier one.
    ///
    /// # Errors
    /// When it cannot be written now, or its credential was ended meanwhile.
    pub async fn report(&self, arrival: Arrival) -> Result<Vec<(u64, u64)>, Refused> {
        self.ask(|reply| Job::Report(Box::new(arrival), reply)).await
    }

    /// What the collector sees of its own way out, and of the data center.
    pub fn looked(&self, look: Look) {
        // A full queue says by itself that there is work enough; the next look comes soon.
        let _full = self.queue.put(Job::Look(look));
    }

    /// Somebody is on it. Durable when this returns.
    ///
    /// # Errors
    /// When there is no such outage, or it cannot be written now.
    pub async fn acknowledge(
        &self,
        outage: OutageId,
        by: PersonId,
        note: Option<Arc<str>>,
    ) -> Result<(), Refused> {
        self.ask(|reply| Job::Acknowledge { outage, by, note, reply }).await
    }

    /// A note or an estimate of the return. Durable when this returns.
    ///
    /// # Errors
    /// When there is no such outage, or it cannot be written now.
    pub async fn note(&self, note: StaffNote) -> Result<(), Refused> {
        self.ask(|reply| Job::Note(note, reply)).await
    }

    /// Planned work. Durable when this returns.
    ///
    /// # Errors
    /// When it cannot be written now.
    pub async fn planned(&self, plan: Plan) -> Result<(), Refused> {
        self.ask(|reply| Job::Planned(plan, reply)).await
    }

    /// The staff correct something. Durable when this returns.
    ///
    /// # Errors
    /// When the outage is not there or changed meanwhile, or it cannot be written now.
    pub async fn correct(&self, said: StaffCorrection) -> Result<(), Refused> {
        self.ask(|reply| Job::Correct(Box::new(said), reply)).await
    }

    /// A month is closed with these figures. Durable when this returns.
    ///
    /// # Errors
    /// When it is closed already, or it cannot be written now.
    pub async fn close(&self, closing: Closing, figures: Account) -> Result<(), Refused> {
        self.ask(|reply| Job::Close(closing, Box::new(figures), reply)).await
    }

    /// A person accepts or refuses proposed figures. Durable when this returns.
    ///
    /// # Errors
    /// When the issued figures have changed meanwhile, or it cannot be written now.
    pub async fn decide(&self, verdict: Verdict, figures: Figures) -> Result<(), Refused> {
        self.ask(|reply| Job::Decide(verdict, Box::new(figures), reply)).await
    }

    /// Runs `f` in the writer's next transaction, alone in a savepoint: sign-ins, the outbox.
    /// `f` gets the present instant. What it wrote is durable when this returns; where it fails,
    /// nothing of it is written.
    ///
    /// # Errors
    /// When `f` fails, or it cannot be written now.
    pub async fn write<T, F>(&self, f: F) -> Result<T, Refused>
    where
        T: Send + 'static,
        F: FnOnce(&Connection, At) -> store::Result<T> + Send + 'static,
    {
        self.ask(|reply| {
            Job::Write(Box::new(move |conn, now| match f(conn, now) {
                Ok(value) => Ok(Box::new(move |committed| {
                    let _gone = reply.send(committed.map(|()| value).map_err(Refused::Store));
                })),
                Err(error) => {
                    let text = error.to_string();
                    let _gone = reply.send(Err(Refused::Store(error)));
                    Err(StoreError::Record(text))
                }
            }))
        })
        .await
    }

    /// The present, at most a second old.
    #[must_use]
    pub fn view(&self) -> Arc<View> {
        Arc::clone(&self.view.borrow())
    }

    /// Hears of every new present.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<Arc<View>> {
        self.view.clone()
    }

    /// Woken when messages were added to the outbox.
    #[must_use]
    pub fn outbox_filled(&self) -> Arc<Notify> {
        Arc::clone(&self.outbox)
    }

    /// How much waits for the writer.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.queue.waiting()
    }

    /// What the collector counts about itself.
    #[must_use]
    pub fn meters(&self) -> &Meters {
        &self.meters
    }

    async fn ask<T>(&self, job: impl FnOnce(Reply<T>) -> Job) -> Result<T, Refused> {
        let (reply, answer) = oneshot::channel();
        self.queue.put(job(reply)).map_err(|not| match not {
            NotTaken::Full => Refused::Busy,
            NotTaken::Closed => Refused::Stopping,
        })?;
        // Whoever cannot answer lets go of the reply.
        answer.await.unwrap_or_else(|_| {
            Err(if self.queue.is_closed() { Refused::Stopping } else { Refused::NotStored })
        })
    }
}
