//! Finished stretches, packed many to a row: alone, each would repeat its names in full, for ever.

use rusqlite::Connection;
use siaga_decide::{Span, StationKey};

use super::{Result, StoreError};

/// So many stretches share a pack; where there are fewer, they wait.
const FACTS: usize = 4_000;
const UNPACKED_MAX_BYTES: usize = 256 * 1024 * 1024;
const LEVEL: i32 = 12;

fn broken(e: impl std::fmt::Display) -> StoreError {
    StoreError::Record(format!("packing stretches: {e}"))
}

/// A stretch as it is kept: office, station, run, probe, number of the first reading, body.
pub(super) type Kept = (String, String, String, String, i64, String);

/// Stretches that are packed and not kept yet.
#[derive(Debug)]
pub struct Pack {
    facts: Vec<Kept>,
    body: Vec<u8>,
    /// Over what they reach; none where that is not known of all.
    span: Option<Span>,
}

/// Packs stretches that are not the newest of their probe, so that they are finished; `None`
/// where there are too few. Only reads.
///
/// # Errors
/// When the store fails.
pub fn make(conn: &Connection) -> Result<Option<Pack>> {
    let mut statement = conn.prepare_cached(
        "SELECT office, station, run, probe, first_seq, body FROM facts f WHERE first_seq < \
         (SELECT max(first_seq) FROM facts g WHERE g.office = f.office AND g.station = f.station \
         AND g.run = f.run AND g.probe = f.probe) LIMIT ?1",
    )?;
    let most = i64::try_from(FACTS).map_err(broken)?;
    let facts = statement
        .query_map([most], |r| {
            Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?, r.get(4)?, r.get(5)?))
        })?
        .collect::<rusqlite::Result<Vec<Kept>>>()?;
    if facts.len() < FACTS {
        return Ok(None);
    }
    let plain = serde_json::to_vec(&facts)?;
    let body = zstd::bulk::compress(&plain, LEVEL).map_err(broken)?;
    let span = reach(conn, &facts)?;
    Ok(Some(Pack { facts, body, span }))
}

/// Keeps a pack in place of its stretches. In a transaction. One that has changed since it was
/// read stays, and counts instead of what is in the pack.
///
/// # Errors
/// When the store fails.
pub fn keep(conn: &Connection, pack: &Pack) -> Result<()> {
    let count = i64::try_from(pack.facts.len()).map_err(broken)?;
    conn.execute(
        "INSERT INTO fact_packs (facts, body, from_ms, to_ms) VALUES (?1, ?2, ?3, ?4)",
        (count, &pack.body, pack.span.map(|s| s.from.0), pack.span.map(|s| s.to.0)),
    )?;
    let mut statement = conn.prepare_cached(
        "DELETE FROM facts WHERE office = ?1 AND station = ?2 AND run = ?3 AND probe = ?4 \
         AND first_seq = ?5 AND body = ?6",
    )?;
    for (office, station, run, probe, first, body) in &pack.facts {
        statement.execute((office, station, run, probe, first, body))?;
    }
    Ok(())
}

/// Over what stretches reach.
fn reach(conn: &Connection, facts: &[Kept]) -> Result<Option<Span>> {
    let stations = super::facts::boots(conn)?;
    let mut out: Option<Span> = None;
    for (office, station, run, _, _, body) in facts {
        let key = StationKey { office: office.as_str().into(), station: station.as_str().into() };
        let evidence = stations.get(&key);
        let boot = evidence.and_then(|s| s.boots.get(&s.runs.get(&run.as_str().into())?.head.boot));
        let Some(boot) = boot else { return Ok(None) };
        let Some(span) = super::facts::span_of(boot, body)? else { return Ok(None) };
        out = Some(out.map_or(span, |s| Span::new(s.from.min(span.from), s.to.max(span.to))));
    }
    Ok(out)
}

/// A boot's place is mended later by at most this.
const MENDED_MS: i64 = 86_400_000;

/// Every packed stretch that may lie in a range, older packs first; others come along.
///
/// # Errors
/// When the store fails or a pack cannot be read.
pub(super) fn within(
    conn: &Connection,
    range: Span,
    mut each: impl FnMut(Kept) -> Result<()>,
) -> Result<()> {
    let mut statement = conn.prepare_cached(
        "SELECT body FROM fact_packs WHERE from_ms IS NULL OR (from_ms <= ?2 AND to_ms >= ?1) \
         ORDER BY no",
    )?;
    let mut rows = statement.query(((range.from - MENDED_MS).0, (range.to + MENDED_MS).0))?;
    while let Some(row) = rows.next()? {
        let body: Vec<u8> = row.get(0)?;
        let plain = zstd::bulk::decompress(&body, UNPACKED_MAX_BYTES).map_err(broken)?;
        let facts: Vec<Kept> = serde_json::from_slice(&plain)?;
        facts.into_iter().try_for_each(&mut each)?;
    }
    Ok(())
}
