//! Orders that a command leaves for the writer, because one task alone writes the journal. The
//! writer takes them in its next round, or at its next start.

use rusqlite::{Connection, OptionalExtension as _};
use siaga_decide::{Account, At, Closing};

use super::{Result, StoreError};
use crate::record::{AccountRecord, ClosingRecord, Record as _};

/// Leaves the order to close a month with these figures.
///
/// # Errors
/// When the store fails.
pub fn leave(conn: &Connection, now: At, closing: &Closing, figures: &Account) -> Result<()> {
    let body = serde_json::to_string(&(ClosingRecord::of(closing), AccountRecord::of(figures)))?;
    conn.execute("INSERT INTO orders (at_ms, body) VALUES (?1, ?2)", (now.0, body))?;
    Ok(())
}

/// Takes the oldest order away. In a transaction. One that cannot be read is dropped, because it
/// rides in the same transaction as everybody's reports.
///
/// # Errors
/// When the store fails.
pub fn take(conn: &Connection) -> Result<Option<(Closing, Account)>> {
    let sql = "DELETE FROM orders WHERE no = (SELECT min(no) FROM orders) RETURNING body";
    let mut oldest = conn.prepare_cached(sql)?;
    while let Some(body) = oldest.query_row((), |r| r.get::<_, String>(0)).optional()? {
        match read(&body) {
            Ok(order) => return Ok(Some(order)),
            Err(error) => tracing::error!(%error, "an order cannot be read and is dropped"),
        }
    }
    Ok(None)
}

fn read(body: &str) -> Result<(Closing, Account)> {
    let (closing, figures): (ClosingRecord, AccountRecord) = serde_json::from_str(body)?;
    let odd = |e: crate::record::Unreadable| StoreError::Record(e.to_string());
    Ok((closing.read().map_err(odd)?, figures.read().map_err(odd)?))
}
