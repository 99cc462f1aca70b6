//! The one row that says how far the collector got and when it was last alive.

use rusqlite::Connection;
use siaga_decide::At;

use super::Result;

/// How far decisions are stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Judged {
    /// Those from inputs up to this place in the journal.
    pub pos: i64,
    /// Those from deadlines up to this instant.
    pub at: At,
}

/// How far decisions are stored.
///
/// # Errors
/// When the store fails.
pub fn judged(conn: &Connection) -> Result<Judged> {
    let sql = "SELECT judged_pos, judged_ms FROM pulse";
    Ok(conn.query_row(sql, (), |r| Ok(Judged { pos: r.get(0)?, at: At(r.get(1)?) }))?)
}

/// When the collector is known to have run last.
///
/// # Errors
/// When the store fails.
pub fn last_alive(conn: &Connection) -> Result<Option<At>> {
    let ms: Option<i64> = conn.query_row("SELECT alive_ms FROM pulse", (), |r| r.get(0))?;
    Ok(ms.map(At))
}

/// It runs at `now`, and decisions are stored so far.
///
/// # Errors
/// When the store fails.
pub fn beat(conn: &Connection, now: At, judged: Judged) -> Result<()> {
    conn.prepare_cached("UPDATE pulse SET alive_ms = ?1, judged_pos = ?2, judged_ms = ?3")?
        .execute((now.0, judged.pos, judged.at.0))?;
    Ok(())
}
