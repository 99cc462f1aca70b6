//! The judge's memory at a place in the journal, so that a start need not replay everything.

use rusqlite::{Connection, OptionalExtension as _};
use siaga_decide::{At, Memory};

use super::{Result, StoreError};
use crate::record::{MemoryRecord, Record as _};

/// The shape of the body; a snapshot of another shape is left aside and the journal replayed.
const FORMAT: i64 = 1;
const DAY_MS: i64 = 86_400_000;

/// A snapshot.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// After the input at this place,
    pub pos: i64,
    /// and all deadlines up to this instant.
    pub at: At,
    /// The judge's memory then.
    pub memory: Memory,
}

/// Keeps a snapshot. Of those before it, the oldest of each of the last `days` days stays, so
/// that a replay can begin there.
///
/// # Errors
/// When the store fails.
pub fn save(conn: &Connection, snapshot: &Snapshot, days: u32) -> Result<()> {
    let body = pack(&snapshot.memory)
        .map_err(|e| StoreError::Record(format!("packing a snapshot: {e}")))?;
    conn.execute(
        "INSERT INTO snapshots VALUES (?1, ?2, ?3, ?4) ON CONFLICT (pos) DO UPDATE SET \
         at_ms = excluded.at_ms, format = excluded.format, body = excluded.body",
        (snapshot.pos, snapshot.at.0, FORMAT, body),
    )?;
    conn.execute(
        "DELETE FROM snapshots WHERE pos < ?1 AND pos NOT IN \
         (SELECT min(pos) FROM snapshots WHERE at_ms >= ?2 GROUP BY at_ms / ?3)",
        (snapshot.pos, (snapshot.at - (i64::from(days) + 1) * DAY_MS).0, DAY_MS),
    )?;
    Ok(())
}

/// The newest snapshot that this version can read.
///
/// # Errors
/// When the store fails or the snapshot is damaged.
pub fn newest(conn: &Connection) -> Result<Option<Snapshot>> {
    one(conn, "SELECT pos, at_ms, body FROM snapshots WHERE format = ?1 ORDER BY pos DESC LIMIT 1")
}

/// The oldest snapshot that this version can read: where a replay can begin once older reports
/// are forgotten.
///
/// # Errors
/// When the store fails or the snapshot is damaged.
pub fn oldest(conn: &Connection) -> Result<Option<Snapshot>> {
    one(conn, "SELECT pos, at_ms, body FROM snapshots WHERE format = ?1 ORDER BY pos LIMIT 1")
}

/// The place of the oldest snapshot: reports after it must stay.
///
/// # Errors
/// When the store fails.
pub fn oldest_pos(conn: &Connection) -> Result<Option<i64>> {
    Ok(conn.query_row("SELECT min(pos) FROM snapshots", (), |r| r.get(0))?)
}

fn one(conn: &Connection, sql: &str) -> Result<Option<Snapshot>> {
    let found: Option<(i64, i64, Vec<u8>)> =
        conn.query_row(sql, [FORMAT], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?))).optional()?;
    let Some((pos, at, body)) = found else { return Ok(None) };
    let memory = unpack(&body).map_err(|e| StoreError::Record(format!("snapshot {pos}: {e}")))?;
    Ok(Some(Snapshot { pos, at: At(at), memory }))
}

/// The text of a large memory is many times its size: it is packed as it is written.
fn pack(memory: &Memory) -> std::io::Result<Vec<u8>> {
    let zstd = zstd::stream::write::Encoder::new(Vec::new(), 3)?;
    let mut text = std::io::BufWriter::new(zstd);
    serde_json::to_writer(&mut text, &MemoryRecord::of(memory))?;
    text.into_inner().map_err(std::io::IntoInnerError::into_error)?.finish()
}

fn unpack(body: &[u8]) -> std::io::Result<Memory> {
    let text = std::io::BufReader::new(zstd::stream::read::Decoder::new(body)?);
    let record: MemoryRecord = serde_json::from_reader(text)?;
    record.read().map_err(std::io::Error::other)
}
