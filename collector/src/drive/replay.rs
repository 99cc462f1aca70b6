//! Feeding a judge from the journal exactly as the live collector fed it.
//!
//! The one rule beside the order of the journal: before an input the judge gets every deadline
//! that has passed, each at its own instant, *as far as the collector lived and its clock was
//! right*: [`lived_until`]. The writer, the start and `rejudge` share it, so that all three
//! judge alike.

use std::collections::{BTreeSet, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::Context as _;
use rusqlite::{Connection, OptionalExtension as _};
use siaga_decide::{At, Decision, Input, Judge, Life, StationKey};

use super::keep::Codec;
use crate::ingest;
use crate::store::journal::{self, Entry, What};
use crate::store::{self, agents};

/// Up to which instant deadlines are judged before an input that came `at`.
pub(crate) fn lived_until(at: At, input: &Input) -> At {
    match input {
        // What passed while nobody was there is judged after the start, in its light.
        Input::Life(Life::Started { last_alive }) => last_alive.unwrap_or(At(i64::MIN)).min(at),
        // So is what a jump of the clock made to seem passed.
        Input::Life(Life::ClockStepped { by_ms }) => at - (*by_ms).max(0),
        Input::Life(Life::Stopping | Life::Canary { .. } | Life::Datacenter { .. })
        | Input::Setup(_)
        | Input::Heard(_)
        | Input::Acknowledged { .. }
        | Input::Note(_)
        | Input::Planned(_)
        | Input::Closed(_)
        | Input::Corrected(_)
        | Input::Decided(_)
        | Input::Tick => at,
    }
}

/// Judges every deadline up to that instant; the newest one judged.
pub(crate) fn ticks(
    judge: &mut Judge,
    upto: At,
    mut decided: impl FnMut(At, Decision),
) -> Option<At> {
    let mut newest = None;
    while let Some(deadline) = judge.next_deadline().filter(|d| *d <= upto) {
        for decision in judge.handle(deadline, Input::Tick) {
            decided(deadline, decision);
        }
        newest = newest.max(Some(deadline));
        if judge.next_deadline().is_some_and(|next| next <= deadline) {
            tracing::error!(?deadline, "the judge asks for the same deadline again");
            break;
        }
    }
    newest
}

/// Reads journal rows back into inputs.
pub(crate) struct Reader {
    codec: Codec,
    stations: HashMap<i64, StationKey>,
}

impl Reader {
    pub(crate) fn new(conn: &Connection) -> anyhow::Result<Self> {
        let stations = agents::stations(conn)?.into_iter().collect();
        Ok(Self { codec: Codec::new()?, stations })
    }

    /// The input that a row holds.
    pub(crate) fn input(&mut self, entry: &Entry) -> anyhow::Result<Input> {
        let input = match &entry.what {
            What::Other(other) => (**other).clone().read().map_err(anyhow::Error::from),
            What::Report { agent_no, body } => self.report(*agent_no, body),
        };
        input.with_context(|| format!("reading journal row {}", entry.pos))
    }

    fn report(&mut self, agent_no: i64, body: &[u8]) -> anyhow::Result<Input> {
        let station = self.stations.get(&agent_no);
        let station = station.with_context(|| format!("no agent has the number {agent_no}"))?;
        let json =
            if body.first() == Some(&b'{') { body } else { self.codec.decoder.unpack(body)? };
        let report: siaga_wire::Report = serde_json::from_slice(json)?;
        let heard = ingest::heard(&report, station).map_err(|u| anyhow::anyhow!(u.what))?;
        Ok(Input::Heard(heard))
    }
}

/// So many journal rows are read at once.
const ROWS: usize = 900;

/// What a replay does with what the judge decides.
pub(crate) trait Audience {
    /// An input is about to be judged.
    fn input(&mut self, _pos: i64, _at: At, _input: &Input) {}
    /// A decision because of the input at `pos`,
    fn of_input(&mut self, pos: i64, at: At, decision: Decision);
    /// or because of a deadline at `at`, before the input after `pos`.
    fn of_deadline(&mut self, pos: i64, at: At, decision: Decision);
}

/// Feeds the journal after `pos`, up to `upto`, to the judge. Answers the last place and the
/// newest instant it got to.
pub(crate) fn journal(
    conn: &Connection,
    judge: &mut Judge,
    (mut pos, mut newest): (i64, At),
    upto: i64,
    audience: &mut impl Audience,
) -> anyhow::Result<(i64, At)> {
    let mut reader = Reader::new(conn)?;
    let skipped = skipped(conn)?;
    loop {
        let entries = journal::after(conn, pos, ROWS)?;
        if entries.first().is_none_or(|first| first.pos > upto) {
            return Ok((pos, newest));
        }
        for entry in entries.into_iter().take_while(|e| e.pos <= upto) {
            let before = pos;
            pos = entry.pos;
            newest = newest.max(entry.at);
            if skipped.contains(&pos) {
                continue;
            }
            let input = reader.input(&entry)?;
            audience.input(pos, entry.at, &input);
            let limit = lived_until(entry.at, &input);
            ticks(judge, limit, |at, decision| audience.of_deadline(before, at, decision));
            let handled = catch_unwind(AssertUnwindSafe(|| judge.handle(entry.at, input)));
            let Ok(decisions) = handled else { return Err(Poison { pos }.into()) };
            for decision in decisions {
                audience.of_input(pos, entry.at, decision);
            }
        }
    }
}

/// An input at which the judge fails. Whoever may write notes it with [`skip`] and begins again.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the judge failed at journal row {pos}")]
pub(crate) struct Poison {
    /// Its place.
    pub(crate) pos: i64,
}

const SKIPPED: &str = "journal_skipped";

fn skipped(conn: &Connection) -> store::Result<BTreeSet<i64>> {
    let sql = "SELECT value FROM settings WHERE key = ?1";
    let text: Option<String> = conn.query_row(sql, [SKIPPED], |row| row.get(0)).optional()?;
    Ok(text.unwrap_or_default().split_whitespace().filter_map(|n| n.parse().ok()).collect())
}

/// From now on that row is never judged. It stays in the journal for whoever mends the judge.
pub(crate) fn skip(conn: &Connection, pos: i64) -> store::Result<()> {
    let mut all = skipped(conn)?;
    all.insert(pos);
    let all: Vec<String> = all.iter().map(i64::to_string).collect();
    conn.execute(
        "INSERT INTO settings VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET \
         value = excluded.value",
        (SKIPPED, all.join(" ")),
    )?;
    Ok(())
}
