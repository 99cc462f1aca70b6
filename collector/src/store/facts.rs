//! What was heard, for ever: runs, boots and stretches of equal answers.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _};
use siaga_decide::{At, BootId, Changed, OfficeId, Run, RunId, StationEvidence, StationId, StationKey};

use super::{Result, StoreError};
use crate::record::{BootRecord, FactRecord, Record as _, RunHeadRecord, to_json};

/// Keeps what changed.
///
/// # Errors
/// When the store fails.
pub fn put(conn: &Connection, now: At, changed: &Changed) -> Result<()> {
    let mut numbers: BTreeMap<(&StationKey, &RunId), i64> = BTreeMap::new();
    for (key, run, head) in &changed.runs {
        let head = to_json::<_, RunHeadRecord>(head)?;
        let no = conn
            .prepare_cached(
                "INSERT INTO heard_runs (office, station, run, heard_ms, head) \
                 VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (office, station, run) DO UPDATE SET \
                 heard_ms = excluded.heard_ms, head = excluded.head RETURNING no",
            )?
            .query_row(
                (key.office.as_str(), key.station.as_str(), run.as_str(), now.0, head),
                |row| row.get(0),
            )?;
        numbers.insert((key, run), no);
    }
    for (key, boot, value) in &changed.boots {
        conn.prepare_cached(
            "INSERT INTO heard_boots VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT DO UPDATE SET body = excluded.body",
        )?
        .execute((
            key.office.as_str(),
            key.station.as_str(),
            boot.as_str(),
            to_json::<_, BootRecord>(value)?,
        ))?;
    }
    for fact in &changed.facts {
        let known = numbers.get(&(&fact.station, &fact.run)).copied();
        let no = match known {
            Some(no) => no,
            None => number(conn, &fact.station, &fact.run)?,
        };
        numbers.insert((&fact.station, &fact.run), no);
        conn.prepare_cached(
            "INSERT INTO facts VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT DO UPDATE SET body = excluded.body",
        )?
        .execute((
            no,
            i64::try_from(fact.first.seq).unwrap_or(i64::MAX),
            fact.probe.as_str(),
            serde_json::to_string(&FactRecord::of(fact))?,
        ))?;
    }
    Ok(())
}

fn number(conn: &Connection, key: &StationKey, run: &RunId) -> Result<i64> {
    let no = conn
        .prepare_cached(
            "SELECT no FROM heard_runs WHERE office = ?1 AND station = ?2 AND run = ?3",
        )?
        .query_row((key.office.as_str(), key.station.as_str(), run.as_str()), |row| row.get(0))
        .optional()?;
    no.ok_or_else(|| StoreError::Record(format!("a stretch of {run} before its run")))
}

/// Everything that was heard of runs of which something was kept at or after `since`. Rows that
/// still wait for rows before them are in the newest snapshot alone.
///
/// # Errors
/// When the store fails or a record cannot be read.
pub fn evidence(conn: &Connection, since: At) -> Result<BTreeMap<StationKey, StationEvidence>> {
    let mut stations: BTreeMap<StationKey, StationEvidence> = BTreeMap::new();
    let mut statement = conn.prepare_cached(
        "SELECT no, office, station, run, head FROM heard_runs WHERE heard_ms >= ?1 ORDER BY no",
    )?;
    let mut rows = statement.query([since.0])?;
    while let Some(row) = rows.next()? {
        let key = key(row.get(1)?, row.get(2)?);
        let run = RunId::from(row.get::<_, String>(3)?.as_str());
        let head: RunHeadRecord = serde_json::from_str(&row.get::<_, String>(4)?)?;
        let head = head.read().map_err(unreadable)?;
        let facts = facts(conn, row.get(0)?, &key, &head.boot, &run)?;
        let station = stations.entry(key).or_default();
        station.runs.insert(run, Run { head, facts, waiting: BTreeMap::new() });
    }
    let mut statement = conn.prepare_cached("SELECT office, station, boot, body FROM heard_boots")?;
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        let Some(station) = stations.get_mut(&key(row.get(0)?, row.get(1)?)) else { continue };
        let body: BootRecord = serde_json::from_str(&row.get::<_, String>(3)?)?;
        let boot = BootId::from(row.get::<_, String>(2)?.as_str());
        station.boots.insert(boot, body.read().map_err(unreadable)?);
    }
    Ok(stations)
}

fn facts(
    conn: &Connection,
    no: i64,
    key: &StationKey,
    boot: &BootId,
    run: &RunId,
) -> Result<Vec<siaga_decide::Fact>> {
    let mut statement = conn
        .prepare_cached("SELECT body FROM facts WHERE run_no = ?1 ORDER BY first_seq, probe")?;
    let mut rows = statement.query([no])?;
    let mut out = Vec::new();
    while let Some(row) = rows.next()? {
        let record: FactRecord = serde_json::from_str(&row.get::<_, String>(0)?)?;
        out.push(record.read(key, boot, run).map_err(unreadable)?);
    }
    Ok(out)
}

fn unreadable(e: crate::record::Unreadable) -> StoreError {
    StoreError::Record(format!("what was heard: {e}"))
}

fn key(office: String, station: String) -> StationKey {
    StationKey { office: OfficeId::from(office.as_str()), station: StationId::from(station.as_str()) }
}
