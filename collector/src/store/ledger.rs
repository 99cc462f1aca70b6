//! Ledger entries and their corrections, notes and plans: what pages and reports read.

use rusqlite::{Connection, OptionalExtension as _, Row};
use siaga_decide::{At, Correction, Outage, Plan, PlanScope, StaffNote, Why};

use super::{Result, StoreError};
use crate::record::{CorrectionRecord, OutageRecord, Record as _, WhyRecord, from_json, to_json};

fn unreadable(what: &str, e: impl std::fmt::Display) -> StoreError {
    StoreError::Record(format!("{what}: {e}"))
}

/// The cause charged last, which is the one to name where one word is wanted.
#[must_use]
pub fn main_cause(outage: &Outage) -> &'static str {
    outage.charges.last().map_or("silent", |charge| charge.cause.kind.word())
}

/// Writes an entry, new or changed.
///
/// # Errors
/// When the store fails.
pub fn put(conn: &Connection, now: At, pos: i64, outage: &Outage) -> Result<()> {
    let body = to_json::<Outage, OutageRecord>(outage)?;
    conn.prepare_cached(
        "INSERT INTO outages VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) \
         ON CONFLICT (id) DO UPDATE SET office = excluded.office, from_ms = excluded.from_ms, \
         to_ms = excluded.to_ms, cause = excluded.cause, void = excluded.void, \
         provisional = excluded.provisional, downtime_ms = excluded.downtime_ms, \
         changed_ms = excluded.changed_ms, body = excluded.body",
    )?
    .execute((
        outage.id.as_str(),
        outage.office.as_str(),
        outage.from.lo.0,
        outage.to.map(|to| to.hi.0),
        main_cause(outage),
        outage.void,
        outage.provisional,
        outage.downtime_ms,
        pos,
        now.0,
        body,
    ))?;
    Ok(())
}

/// Adds a correction: the entry as it is stored now becomes its "before".
///
/// # Errors
/// When the store fails, or there is no such entry.
pub fn correct(conn: &Connection, now: At, to: &Outage, why: &[Why]) -> Result<()> {
    let before: Option<String> = conn
        .prepare_cached("SELECT body FROM outages WHERE id = ?1")?
        .query_row([to.id.as_str()], |r| r.get(0))
        .optional()?;
    let Some(before) = before else {
        return Err(unreadable(to.id.as_str(), "corrected before it was opened"));
    };
    let why: Vec<WhyRecord> = why.iter().map(WhyRecord::of).collect();
    conn.prepare_cached(
        "INSERT INTO corrections SELECT ?1, coalesce(max(n), 0) + 1, ?2, ?3, ?4 \
         FROM corrections WHERE outage = ?1",
    )?
    .execute((to.id.as_str(), now.0, serde_json::to_string(&why)?, before))?;
    Ok(())
}

fn outage(row: &Row) -> rusqlite::Result<String> {
    row.get(0)
}

fn read_all(bodies: Vec<String>) -> Result<Vec<Outage>> {
    let read = |body: String| {
        from_json::<Outage, OutageRecord>(&body).map_err(|e| unreadable("an outage", e))
    };
    bodies.into_iter().map(read).collect()
}

/// One entry.
///
/// # Errors
/// When the store fails.
pub fn get(conn: &Connection, id: &str) -> Result<Option<Outage>> {
    let body: Option<String> = conn
        .prepare_cached("SELECT body FROM outages WHERE id = ?1")?
        .query_row([id], outage)
        .optional()?;
    Ok(read_all(body.into_iter().collect())?.pop())
}

/// Entries that overlap `[from, to)`, of one office or of all, oldest first; void ones too.
///
/// # Errors
/// When the store fails.
pub fn between(conn: &Connection, office: Option<&str>, from: At, to: At) -> Result<Vec<Outage>> {
    let mut statement = conn.prepare_cached(
        "SELECT body FROM outages WHERE (?1 IS NULL OR office = ?1) AND from_ms < ?3 \
         AND (to_ms IS NULL OR to_ms > ?2) ORDER BY from_ms, office, id",
    )?;
    let bodies = statement.query_map((office, from.0, to.0), outage)?;
    read_all(bodies.collect::<rusqlite::Result<_>>()?)
}

/// Entries that changed at or after an instant, in no order.
///
/// # Errors
/// When the store fails.
pub fn changed_since(conn: &Connection, since: At) -> Result<Vec<Outage>> {
    let mut statement = conn.prepare_cached("SELECT body FROM outages WHERE changed_ms >= ?1")?;
    let bodies = statement.query_map([since.0], outage)?;
    read_all(bodies.collect::<rusqlite::Result<_>>()?)
}

/// Entries that last.
///
/// # Errors
/// When the store fails.
pub fn open(conn: &Connection) -> Result<Vec<Outage>> {
    let mut statement = conn.prepare_cached(
        "SELECT body FROM outages WHERE to_ms IS NULL AND void = 0 ORDER BY from_ms, id",
    )?;
    let bodies = statement.query_map((), outage)?;
    read_all(bodies.collect::<rusqlite::Result<_>>()?)
}

/// The corrections of an entry, oldest first.
///
/// # Errors
/// When the store fails.
pub fn corrections(conn: &Connection, id: &str) -> Result<Vec<Correction>> {
    let mut statement = conn.prepare_cached(
        "SELECT at_ms, why, before FROM corrections WHERE outage = ?1 ORDER BY n",
    )?;
    let mut rows = statement.query([id])?;
    let mut out = Vec::new();
    while let Some(row) = rows.next()? {
        let (why, before): (String, String) = (row.get(1)?, row.get(2)?);
        let record = CorrectionRecord {
            at: At(row.get(0)?).into(),
            why: serde_json::from_str(&why)?,
            before: serde_json::from_str(&before)?,
        };
        out.push(record.read().map_err(|e| unreadable("a correction", e))?);
    }
    Ok(out)
}

/// Keeps what the staff wrote.
///
/// # Errors
/// When the store fails.
pub fn add_note(conn: &Connection, now: At, pos: i64, note: &StaffNote) -> Result<()> {
    conn.prepare_cached("INSERT INTO notes VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?.execute((
        pos,
        note.outage.as_str(),
        now.0,
        note.by.as_str(),
        note.text.as_deref(),
        note.expected_back.map(|at| at.0),
    ))?;
    Ok(())
}

/// What the staff wrote about an outage, oldest first, with when.
///
/// # Errors
/// When the store fails.
pub fn notes(conn: &Connection, id: &str) -> Result<Vec<(At, StaffNote)>> {
    let mut statement = conn.prepare_cached(
        "SELECT at_ms, by, text, expected_back_ms FROM notes WHERE outage = ?1 ORDER BY pos",
    )?;
    let rows = statement.query_map([id], |row| {
        let (by, text): (String, Option<String>) = (row.get(1)?, row.get(2)?);
        let note = StaffNote {
            outage: id.into(),
            by: by.as_str().into(),
            text: text.map(Into::into),
            expected_back: row.get::<_, Option<i64>>(3)?.map(At),
        };
        Ok((At(row.get(0)?), note))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Keeps planned work for the pages.
///
/// # Errors
/// When the store fails.
pub fn add_plan(conn: &Connection, now: At, pos: i64, plan: &Plan) -> Result<()> {
    let (scope, id) = match &plan.scope {
        PlanScope::Office(id) => ("office", Some(id.as_str())),
        PlanScope::Line(id) => ("line", Some(id.as_str())),
        PlanScope::Mains(id) => ("mains", Some(id.as_str())),
        PlanScope::Center => ("center", None),
    };
    conn.prepare_cached("INSERT INTO plans VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")?.execute((
        pos,
        scope,
        id,
        plan.span.from.0,
        plan.span.to.0,
        plan.by.as_str(),
        &*plan.reason,
        now.0,
    ))?;
    Ok(())
}
