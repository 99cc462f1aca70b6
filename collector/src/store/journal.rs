//! Every input in order of arrival, never edited. Reports as their packed wire bytes; everything
//! else as packed JSON.

use rusqlite::Connection;
use siaga_decide::At;

use super::{Result, StoreError};
use crate::record::OtherInput;

/// What the number in `kind` says: a report. Others are in [`OtherInput::kind`].
pub const REPORT: i64 = 1;

/// A row of the journal.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its place in the order of arrival.
    pub pos: i64,
    /// When it arrived.
    pub at: At,
    /// What it is.
    pub what: What,
}

/// What a row of the journal is.
#[derive(Clone, Debug)]
pub enum What {
    /// A report, as packed on the wire, of that agent.
    Report {
        /// The agent's number.
        agent_no: i64,
        /// Packed wire bytes.
        body: Vec<u8>,
    },
    /// Anything else.
    Other(Box<OtherInput>),
}

/// The newest place; 0 for an empty journal.
///
/// # Errors
/// When the store fails.
pub fn newest(conn: &Connection) -> Result<i64> {
    let packed: i64 =
        conn.query_row("SELECT coalesce(max(last_pos), 0) FROM packs", (), |r| r.get(0))?;
    let rows: i64 =
        conn.query_row("SELECT coalesce(max(pos), 0) FROM journal", (), |r| r.get(0))?;
    Ok(rows.max(packed))
}

/// Adds a report.
///
/// # Errors
/// When the store fails.
pub fn add_report(conn: &Connection, pos: i64, at: At, agent_no: i64, body: &[u8]) -> Result<()> {
    conn.prepare_cached("INSERT INTO journal VALUES (?1, ?2, 1, ?3, ?4)")?
        .execute((pos, at.0, agent_no, body))?;
    Ok(())
}

/// Adds any other input.
///
/// # Errors
/// When the store fails.
pub fn add_other(conn: &Connection, pos: i64, at: At, input: &OtherInput) -> Result<()> {
    let json = serde_json::to_vec(input)?;
    let body = zstd::bulk::compress(&json, 3).map_err(|e| StoreError::Record(e.to_string()))?;
    conn.prepare_cached("INSERT INTO journal VALUES (?1, ?2, ?3, NULL, ?4)")?.execute((
        pos,
        at.0,
        input.kind(),
        body,
    ))?;
    Ok(())
}

/// The largest packed input other than a report: a configuration with years of service hours.
const OTHER_MAX_BYTES: usize = 64 * 1024 * 1024;

/// Up to `most` rows after `pos`, in order. Packed reports are unpacked on the way.
///
/// # Errors
/// When the store fails or a row cannot be read.
pub fn after(conn: &Connection, pos: i64, most: usize) -> Result<Vec<Entry>> {
    let most_rows = i64::try_from(most).unwrap_or(i64::MAX);
    let mut statement = conn.prepare_cached(
        "SELECT pos, at_ms, kind, agent_no, body FROM journal WHERE pos > ?1 ORDER BY pos LIMIT ?2",
    )?;
    let mut rows = statement.query((pos, most_rows))?;
    let mut out = Vec::new();
    while let Some(row) = rows.next()? {
        let (pos, kind): (i64, i64) = (row.get(0)?, row.get(2)?);
        let body: Vec<u8> = row.get(4)?;
        let what = if kind == REPORT {
            What::Report { agent_no: row.get(3)?, body }
        } else {
            What::Other(Box::new(other(pos, &body)?))
        };
        out.push(Entry { pos, at: At(row.get(1)?), what });
    }
    let last = out.last().map_or(i64::MAX, |e: &Entry| e.pos);
    let packed = super::packs::between(conn, pos, if out.len() < most { i64::MAX } else { last })?;
    if !packed.is_empty() {
        out.extend(packed);
        out.sort_by_key(|e| e.pos);
        out.truncate(most);
    }
    Ok(out)
}

/// Every input other than reports, in order: few, and kept for ever.
///
/// # Errors
/// When the store fails or a row cannot be read.
pub fn others(conn: &Connection) -> Result<Vec<(i64, At, OtherInput)>> {
    let mut statement =
        conn.prepare_cached("SELECT pos, at_ms, body FROM journal WHERE kind <> 1 ORDER BY pos")?;
    let mut rows = statement.query(())?;
    let mut out = Vec::new();
    while let Some(row) = rows.next()? {
        let pos: i64 = row.get(0)?;
        let body: Vec<u8> = row.get(2)?;
        out.push((pos, At(row.get(1)?), other(pos, &body)?));
    }
    Ok(out)
}

fn other(pos: i64, body: &[u8]) -> Result<OtherInput> {
    let unreadable = |e: &dyn std::fmt::Display| StoreError::Record(format!("journal {pos}: {e}"));
    let json = zstd::bulk::decompress(body, OTHER_MAX_BYTES).map_err(|e| unreadable(&e))?;
    serde_json::from_slice(&json).map_err(|e| unreadable(&e))
}

/// Whether every report after that place is still there, so that it can be replayed from there.
///
/// # Errors
/// When the store fails.
pub fn is_whole_after(conn: &Connection, pos: i64) -> Result<bool> {
    Ok(forgotten(conn)? <= pos)
}

const FORGOTTEN: &str = "journal_forgotten_pos";

fn forgotten(conn: &Connection) -> Result<i64> {
    use rusqlite::OptionalExtension as _;
    let sql = "SELECT value FROM settings WHERE key = ?1";
    let text: Option<String> = conn.query_row(sql, [FORGOTTEN], |r| r.get(0)).optional()?;
    Ok(text.and_then(|t| t.parse().ok()).unwrap_or(0))
}

/// Forgets reports older than that, up to `pos` at most. What they said stays as facts.
///
/// # Errors
/// When the store fails.
pub fn forget(conn: &Connection, before: At, pos: i64) -> Result<usize> {
    let rows = conn.execute(
        "DELETE FROM journal WHERE kind = 1 AND at_ms < ?1 AND pos <= ?2",
        (before.0, pos),
    )?;
    let packs =
        conn.execute("DELETE FROM packs WHERE last_ms < ?1 AND last_pos <= ?2", (before.0, pos))?;
    if rows + packs > 0 {
        // What is left of the oldest kind begins after everything that went.
        let first: Option<i64> = conn.query_row(
            "SELECT min(p) FROM (SELECT min(pos) AS p FROM journal WHERE kind = 1 \
             UNION ALL SELECT min(first_pos) FROM packs)",
            (),
            |r| r.get(0),
        )?;
        forgotten_up_to(conn, first.map_or(pos, |first| first - 1))?;
    }
    Ok(rows + packs)
}

/// Notes that reports up to `pos` may be missing.
///
/// # Errors
/// When the store fails.
pub(super) fn forgotten_up_to(conn: &Connection, pos: i64) -> Result<()> {
    let gone = pos.max(forgotten(conn)?);
    conn.execute(
        "INSERT INTO settings VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET \
         value = excluded.value",
        (FORGOTTEN, gone.to_string()),
    )?;
    Ok(())
}
