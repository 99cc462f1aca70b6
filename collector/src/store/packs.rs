//! Older reports, packed many to a row: what repeats from report to report is stored once.

use rusqlite::Connection;
use siaga_decide::At;
use siaga_wire::Decoder;

use super::journal::{Entry, What};
use super::{Result, StoreError};

/// So many reports share a pack.
const REPORTS: i64 = 480;
/// Reports younger than this are read often and are left as they came.
const YOUNG_MS: i64 = 3_600_000;
/// Above every pack: [`REPORTS`] reports of the largest size would be refused by SQLite first.
const UNPACKED_MAX_BYTES: usize = 512 * 1024 * 1024;
/// Packing is done once, hourly, by the one writer: a level that costs about 10 ms a pack.
const LEVEL: i32 = 9;

fn broken(e: impl std::fmt::Display) -> StoreError {
    StoreError::Record(format!("packing reports: {e}"))
}

/// Packs one run of old reports up to `pos`; false where there are too few. In a transaction.
///
/// # Errors
/// When the store fails or a report cannot be read.
pub fn pack_one(conn: &Connection, now: At, pos: i64) -> Result<bool> {
    let mut statement = conn.prepare_cached(
        "SELECT pos, at_ms, agent_no, body FROM journal WHERE kind = 1 AND at_ms < ?1 \
         AND pos <= ?2 ORDER BY pos LIMIT ?3",
    )?;
    let mut rows = statement.query(((now - YOUNG_MS).0, pos, REPORTS))?;
    let mut decoder = Decoder::new().map_err(broken)?;
    let mut reports: Vec<(i64, i64, i64, Vec<u8>)> = Vec::new();
    while let Some(row) = rows.next()? {
        let body: Vec<u8> = row.get(3)?;
        let json = decoder.unpack(&body).map_err(broken)?.to_vec();
        reports.push((row.get(0)?, row.get(1)?, row.get(2)?, json));
    }
    let (Some(first), Some(last)) = (reports.first(), reports.last()) else { return Ok(false) };
    if reports.len() < usize::try_from(REPORTS).unwrap_or(1) {
        return Ok(false);
    }
    let (first_pos, first_ms, last_pos, last_ms) = (first.0, first.1, last.0, last.1);
    let count = reports.len();
    // One agent's reports resemble each other most.
    reports.sort_by_key(|(pos, _, agent, _)| (*agent, *pos));
    let mut plain = Vec::new();
    for (pos, at, agent, json) in &reports {
        for number in [*pos, *at, *agent, i64::try_from(json.len()).map_err(broken)?] {
            plain.extend_from_slice(&number.to_le_bytes());
        }
        plain.extend_from_slice(json);
    }
    let mut zstd = zstd::bulk::Compressor::new(LEVEL).map_err(broken)?;
    zstd.long_distance_matching(true).map_err(broken)?;
    let body = zstd.compress(&plain).map_err(broken)?;
    conn.execute(
        "INSERT INTO packs VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        (first_pos, last_pos, first_ms, last_ms, i64::try_from(count).map_err(broken)?, body),
    )?;
    conn.execute(
        "DELETE FROM journal WHERE kind = 1 AND pos BETWEEN ?1 AND ?2",
        (first_pos, last_pos),
    )?;
    Ok(true)
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
