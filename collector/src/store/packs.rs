//! Older reports, packed many to a row: what repeats from report to report is stored once.

use rusqlite::Connection;
use siaga_decide::At;
use siaga_wire::Decoder;

use super::journal::{Entry, What};
use super::{Result, StoreError};

/// So many reports share a pack; where there are fewer, they wait.
const REPORTS: usize = 1_920;
/// Reports younger than this are read often and are left as they came.
const YOUNG_MS: i64 = 3_600_000;
/// Far above every pack.
const UNPACKED_MAX_BYTES: usize = 512 * 1024 * 1024;
/// Packing is done once, beside the writer.
const LEVEL: i32 = 12;

fn broken(e: impl std::fmt::Display) -> StoreError {
    StoreError::Record(format!("packing reports: {e}"))
}

/// Reports that are packed and not kept yet.
#[derive(Debug)]
pub struct Pack {
    pos: (i64, i64),
    ms: (i64, i64),
    reports: i64,
    body: Vec<u8>,
}

/// Packs the oldest reports that still lie alone; `None` where there are too few. Only reads.
///
/// # Errors
/// When the store fails or a report cannot be read.
pub fn make(conn: &Connection, now: At) -> Result<Option<Pack>> {
    let mut statement = conn.prepare_cached(
        "SELECT pos, at_ms, agent_no, body FROM journal WHERE kind = 1 AND at_ms < ?1 \
         ORDER BY pos LIMIT ?2",
    )?;
    let most = i64::try_from(REPORTS).map_err(broken)?;
    let mut rows = statement.query(((now - YOUNG_MS).0, most))?;
    let mut decoder = Decoder::new().map_err(broken)?;
    let mut reports: Vec<(i64, i64, i64, Vec<u8>)> = Vec::new();
    while let Some(row) = rows.next()? {
        let body: Vec<u8> = row.get(3)?;
        let json = decoder.unpack(&body).map_err(broken)?.to_vec();
        reports.push((row.get(0)?, row.get(1)?, row.get(2)?, json));
    }
    let (Some(first), Some(last)) = (reports.first(), reports.last()) else { return Ok(None) };
    if reports.len() < REPORTS {
        return Ok(None);
    }
    let (pos, ms) = ((first.0, last.0), (first.1, last.1));
    // One agent's reports resemble each other most.
    reports.sort_by_key(|(pos, _, agent, _)| (*agent, *pos));
    let mut plain = Vec::new();
    for (pos, at, agent, json) in &reports {
        for number in [*pos, *at, *agent, i64::try_from(json.len()).map_err(broken)?] {
            plain.extend_from_slice(&number.to_le_bytes());
        }
        plain.extend_from_slice(json);
    }
    let body = zstd::bulk::compress(&plain, LEVEL).map_err(broken)?;
    Ok(Some(Pack { pos, ms, reports: most, body }))
}

/// Keeps a pack in place of its reports. In a transaction.
///
/// # Errors
/// When the store fails.
pub fn keep(conn: &Connection, pack: &Pack) -> Result<()> {
    conn.execute(
        "INSERT INTO packs VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        (pack.pos.0, pack.pos.1, pack.ms.0, pack.ms.1, pack.reports, &pack.body),
    )?;
    conn.execute(
        "DELETE FROM journal WHERE kind = 1 AND pos BETWEEN ?1 AND ?2",
        (pack.pos.0, pack.pos.1),
    )?;
    Ok(())
}

/// The packed reports with `after < pos <= upto`, in order of their packs.
///
/// # Errors
/// When the store fails or a pack cannot be read.
pub fn between(conn: &Connection, after: i64, upto: i64) -> Result<Vec<Entry>> {
    // Two packs hold more than any caller asks for at once.
    let mut statement = conn.prepare_cached(
        "SELECT body FROM packs WHERE last_pos > ?1 AND first_pos <= ?2 ORDER BY first_pos LIMIT 4",
    )?;
    let bodies = statement
        .query_map((after, upto), |row| row.get::<_, Vec<u8>>(0))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let mut out = Vec::new();
    for body in bodies {
        unpack(&body, &mut out)?;
    }
    out.retain(|e| e.pos > after && e.pos <= upto);
    out.sort_by_key(|e| e.pos);
    Ok(out)
}

fn unpack(body: &[u8], out: &mut Vec<Entry>) -> Result<()> {
    let plain = zstd::stream::decode_all(body).map_err(broken)?;
    if plain.len() > UNPACKED_MAX_BYTES {
        return Err(broken("a pack is too large"));
    }
    let mut rest = plain.as_slice();
    while !rest.is_empty() {
        let mut numbers = [0_i64; 4];
        for number in &mut numbers {
            let (bytes, after) = rest.split_first_chunk::<8>().ok_or_else(|| broken("cut off"))?;
            *number = i64::from_le_bytes(*bytes);
            rest = after;
        }
        let [pos, at, agent_no, length] = numbers;
        let length = usize::try_from(length).map_err(broken)?;
        let (json, after) = rest.split_at_checked(length).ok_or_else(|| broken("cut off"))?;
        rest = after;
        out.push(Entry { pos, at: At(at), what: What::Report { agent_no, body: json.to_vec() } });
    }
    Ok(())
}
