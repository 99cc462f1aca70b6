//! What one commit writes: journal rows, decisions and the messages they cause.

use rusqlite::Connection;
use siaga_decide::{At, Decision, Input, Setup, StaffNote};
use siaga_wire::{Decoder, Encoder, Report, Row};

use super::Arrival;
use crate::config::Config;
use crate::contacts;
use crate::record::OtherInput;
use crate::store::pulse::Judged;
use crate::store::runs::{self, Ranges};
use crate::store::{Result, StoreError, journal, ledger, outbox, pulse};

/// Decisions that are not stored yet, in order, with the place and instant of their input.
#[derive(Debug, Default)]
pub(super) struct Pending {
    pub(super) decisions: Vec<(i64, At, Decision)>,
}

/// Packs what came plain, and what must be trimmed.
pub(super) struct Codec {
    pub(super) encoder: Encoder,
    pub(super) decoder: Decoder,
}

impl Codec {
    pub(super) fn new() -> anyhow::Result<Self> {
        Ok(Self { encoder: Encoder::new()?, decoder: Decoder::new()? })
    }

    /// The packed bytes of a report without the rows that are known already.
    fn trimmed(&mut self, arrival: &Arrival, known: &Ranges) -> Result<Vec<u8>> {
        let odd = |e: &dyn std::fmt::Display| StoreError::Record(format!("packing a report: {e}"));
        let json = if arrival.packed {
            self.decoder.unpack(&arrival.body).map_err(|e| odd(&e))?
        } else {
            &arrival.body
        };
        let mut report: Report = serde_json::from_slice(json).map_err(|e| odd(&e))?;
        report.rows.retain(|row: &Row| !known.holds(row.range()));
        self.encoder.pack(&report).map_err(|e| odd(&e))
    }
}

/// Whether a report says nothing that is not durable already.
pub(super) fn is_known(arrival: &Arrival, known: &Ranges) -> bool {
    let rows = &arrival.heard.rows;
    !rows.is_empty() && rows.iter().all(|row| known.holds(row.range()))
}

/// The numbers that a report's rows cover.
pub(super) fn ranges(arrival: &Arrival) -> Vec<(u64, u64)> {
    let mut all = Ranges::default();
    for row in &arrival.heard.rows {
        all.add(row.range());
    }
    all.parts().to_vec()
}

/// Writes a report into the journal, without rows that are known; adds them to `known`. Answers
/// the ranges that are durable after the commit.
pub(super) fn report(
    conn: &Connection,
    codec: &mut Codec,
    pos: i64,
    now: At,
    arrival: &mut Arrival,
    known: &mut Ranges,
) -> Result<Vec<(u64, u64)>> {
    let told = ranges(arrival);
    let before = arrival.heard.rows.len();
    arrival.heard.rows.retain(|row| !known.holds(row.range()));
    let fresh = arrival.heard.rows.len();
    if fresh == before && arrival.packed {
        journal::add_report(conn, pos, now, arrival.agent.no, &arrival.body)?;
    } else {
        let body = codec.trimmed(arrival, known)?;
        journal::add_report(conn, pos, now, arrival.agent.no, &body)?;
    }
    if fresh > 0 {
        for range in &told {
            known.add(*range);
        }
        runs::save(conn, now, arrival.agent.no, arrival.heard.run.as_str(), known)?;
    }
    Ok(told)
}

/// Writes any other input into the journal, and what the pages show of it.
pub(super) fn other(conn: &Connection, pos: i64, now: At, input: &Input) -> Result<()> {
    let Some(record) = OtherInput::of(input) else {
        return Err(StoreError::Record("a deadline is not an input to keep".into()));
    };
    journal::add_other(conn, pos, now, &record)?;
    match input {
        Input::Note(note) => ledger::add_note(conn, now, pos, note),
        // The entry keeps the newest note alone; what was said first stays here.
        Input::Acknowledged { outage, by, note: Some(note) } => {
            let (outage, by, text) = (outage.clone(), by.clone(), Some(note.clone()));
            ledger::add_note(conn, now, pos, &StaffNote { outage, by, text, expected_back: None })
        }
        Input::Planned(plan) => ledger::add_plan(conn, now, pos, plan),
        Input::Setup(_)
        | Input::Heard(_)
        | Input::Acknowledged { note: None, .. }
        | Input::Life(_)
        | Input::Closed(_)
        | Input::Corrected(_)
        | Input::Decided(_)
        | Input::Tick => Ok(()),
    }
}

/// Writes decisions, and the messages they cause. Answers whether there are messages.
pub(super) fn decisions(
    conn: &Connection,
    config: &Config,
    setup: &Setup,
    pending: &Pending,
) -> Result<bool> {
    let mut told = false;
    for (pos, now, decision) in &pending.decisions {
        match decision {
            Decision::Open(outage) | Decision::Close(outage) => {
                ledger::put(conn, *now, *pos, outage)?;
            }
            Decision::Correct { to, why, recorded } => {
                if *recorded {
                    match ledger::correct(conn, *now, to, why) {
                        // The entry as it is now counts more than the history it lacks.
                        Err(error @ StoreError::Record(_)) => {
                            tracing::error!(%error, "a correction")
                        }
                        other => other?,
                    }
                }
                ledger::put(conn, *now, *pos, to)?;
            }
            Decision::Tell(notice) => {
                for draft in contacts::drafts(notice, config, setup, *now) {
                    told |= outbox::add(conn, *now, &draft)?;
                }
            }
        }
    }
    Ok(told)
}

/// Marks how far the collector got.
pub(super) fn beat(conn: &Connection, now: At, judged: Judged) -> Result<()> {
    pulse::beat(conn, now, judged)
}
