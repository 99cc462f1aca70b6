//! The loop's way to the collector: does what the uplink says, one report at a time, beside
//! everything else.

use std::time::Duration;

use tokio::task::{JoinError, JoinHandle};

use super::Agent;
use crate::clock::{self, Sample};
use crate::push::{Pushed, Pusher};
use crate::spool::record::Record;
use crate::uplink::{Next, Outcome, Send};

/// A report under way.
pub(super) struct Flight {
    send: Send,
    records: Vec<Record>,
    task: JoinHandle<(Pusher, Pushed)>,
}

impl Agent {
    /// Sends if it is time. Returns when to look again, milliseconds since boot.
    pub(super) fn send_if_due(&mut self, now: Sample) -> u64 {
        if self.flight.is_some() || self.pusher.is_none() {
            return u64::MAX;
        }
        let send = match self.uplink.next(now.boot_ms, &self.spool.pending()) {
            Next::Send(send) => send,
            Next::Wait(until_ms) => return until_ms,
            Next::Nothing => return u64::MAX,
        };
        let read = self.spool.read(&send.run, send.range.0, send.range.1, send.rows_most);
        let records = read.unwrap_or_else(|trouble| {
            tracing::error!(%trouble, "reading rows to send");
            Vec::new()
        });
        let Some(mut pusher) = self.pusher.take().filter(|_| !records.is_empty()) else {
            self.uplink.answered(now.boot_ms, &send, 0, &Outcome::Failed);
            return now.boot_ms + 1_000;
        };
        let (to_send, boot, rows) = (send.clone(), self.boot.clone(), records.clone());
        let task = tokio::spawn(async move {
            let pushed = pusher.push(&to_send, &rows, &boot).await;
            (pusher, pushed)
        });
        self.flight = Some(Flight { send, records, task });
        u64::MAX
    }

    pub(super) fn pushed(
        &mut self,
        (flight, landed): (Flight, Result<(Pusher, Pushed), JoinError>),
    ) {
        let now = clock::sample();
        let Ok((pusher, pushed)) = landed else {
            tracing::error!("pushing a report panicked: this is a bug");
            self.pusher = Pusher::new(&self.collector, &self.credential).ok();
            self.uplink.answered(now.boot_ms, &flight.send, 0, &Outcome::Failed);
            return;
        };
        self.pusher = Some(pusher);
        self.spool.acknowledge(&flight.send.run, &pushed.committed);
        let give_up = self.uplink.answered(now.boot_ms, &flight.send, pushed.rows, &pushed.outcome);
        if let Some(record) = give_up.and_then(|row| flight.records.get(row)) {
            tracing::error!(
                run = record.run,
                seq = record.seq,
                why = pushed.why,
                "the collector will never take this row"
            );
            self.spool.give_up(record, "refused");
        }
        self.report_connection(&pushed);
    }

    /// A change of the connection is worth a line; its going on is not.
    fn report_connection(&mut self, pushed: &Pushed) {
        let connected = pushed.outcome == Outcome::Committed;
        if self.metrics_on {
            self.metrics.count("reports", if connected { "committed" } else { "failed" });
            #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
            self.metrics.set("report_bytes", pushed.sent_bytes as f64);
        }
        let why = pushed.why.as_deref().unwrap_or("");
        match (self.connected, connected) {
            (Some(true), true) | (Some(false), false) => {
                tracing::debug!(?pushed.outcome, why, pushed.sent_bytes, "report")
            }
            (_, true) => tracing::info!(sent_bytes = pushed.sent_bytes, "the collector answers"),
            (_, false) => {
                tracing::warn!(outcome = ?pushed.outcome, why, "reports stay in the spool")
            }
        }
        self.connected = Some(connected);
    }

    /// Sends until the collector has the row `newest`.
    pub(super) async fn say_goodbye(&mut self, newest: u64) {
        while self.spool.pending().last().is_some_and(|p| p.numbers.contains(newest)) {
            let now = clock::sample();
            let wake_ms = self.send_if_due(now);
            if self.flight.is_some() {
                let pushed = landed(&mut self.flight).await;
                self.pushed(pushed);
            } else {
                let nap_ms = wake_ms.saturating_sub(now.boot_ms).clamp(10, 500);
                tokio::time::sleep(Duration::from_millis(nap_ms)).await;
            }
        }
    }
}

/// The report that was under way, once it has ended; never, if there is none.
pub(super) async fn landed(
    flight: &mut Option<Flight>,
) -> (Flight, Result<(Pusher, Pushed), JoinError>) {
    let Some(under_way) = flight else { return std::future::pending().await };
    let result = (&mut under_way.task).await;
    match flight.take() {
        Some(flight) => (flight, result),
        None => std::future::pending().await,
    }
}
