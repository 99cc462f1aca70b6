//! What is done once an hour beside the writer, so that nobody waits for it: packing what is old,
//! and a copy of the database. Reads on a connection of its own; what it has packed is handed to
//! the writer as one small piece of work.

use std::path::PathBuf;
use std::sync::Arc;

use rusqlite::Connection;
use siaga_decide::At;
use tokio::sync::oneshot;

use super::queue::Queue;
use super::{Job, Refused, Undo};
use crate::store::{self, StoreError, backup, fact_packs, open_reader, packs};

/// One hour's work.
pub(super) struct Upkeep {
    pub(super) queue: Arc<Queue<Job>>,
    pub(super) database: PathBuf,
    pub(super) backups: PathBuf,
    pub(super) now: At,
}

impl Upkeep {
    /// Does it. What fails is logged and tried again in an hour; nothing depends on it.
    pub(super) fn run(self) {
        if let Err(error) = self.pack() {
            tracing::warn!(%error, "packing what is old");
        }
        if let Err(error) = backup::copy(&self.database, &self.backups, self.now) {
            tracing::error!(%error, "copying the database");
        }
    }

    fn pack(&self) -> Result<(), Refused> {
        let conn = open_reader(&self.database)?;
        while let Some(pack) = packs::make(&conn, self.now)? {
            self.write(move |conn| packs::keep(conn, &pack))?;
        }
        while let Some(pack) = fact_packs::make(&conn)? {
            self.write(move |conn| fact_packs::keep(conn, &pack))?;
        }
        Ok(())
    }

    /// Has the writer do something, and waits until it is durable.
    fn write<F>(&self, f: F) -> Result<(), Refused>
    where
        F: FnOnce(&Connection) -> store::Result<()> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let work = move |conn: &Connection, _now| -> Result<Undo, StoreError> {
            f(conn)?;
            Ok(Box::new(move |committed| {
                let _gone = reply.send(committed);
            }))
        };
        self.queue.put(Job::Write(Box::new(work))).map_err(|_| Refused::Busy)?;
        // A piece that failed lets go of the reply.
        Ok(answer.blocking_recv().map_err(|_| Refused::NotStored)??)
    }
}
