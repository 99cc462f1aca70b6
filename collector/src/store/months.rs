//! Months that were closed, as they were issued, and what people said to figures that late
//! evidence proposed instead. Rows are added, never changed.

use rusqlite::{Connection, OptionalExtension as _};
use siaga_decide::{Account, At, Closing, OfficeId, PersonId, Verdict};

use super::{Result, StoreError};
use crate::record::{AccountRecord, from_json, to_json};

/// A closed month.
#[derive(Clone, PartialEq, Debug)]
pub struct Closed {
    /// When.
    pub at: At,
    /// By whom.
    pub by: PersonId,
    /// The figures as first issued.
    pub first: Account,
    /// What was said since, in order.
    pub verdicts: Vec<Said>,
}

/// A verdict as it is kept.
#[derive(Clone, PartialEq, Debug)]
pub struct Said {
    /// When.
    pub at: At,
    /// Which proposal.
    pub proposal: String,
    /// Whether it was accepted.
    pub accepted: bool,
    /// Who said so.
    pub by: PersonId,
    /// Why.
    pub why: String,
    /// The figures that were proposed.
    pub figures: Account,
}

impl Closed {
    /// The figures that are issued now: as first issued, or as accepted last.
    #[must_use]
    pub fn issued(&self) -> &Account {
        let accepted = self.verdicts.iter().rev().find(|v| v.accepted);
        accepted.map_or(&self.first, |v| &v.figures)
    }
}

/// Figures as they were kept.
fn account(body: &str) -> Result<Account> {
    from_json::<Account, AccountRecord>(body)
        .map_err(|e| StoreError::Record(format!("an issued account: {e}")))
}

/// A month, where it is closed.
///
/// # Errors
/// When the store fails or an account cannot be read.
pub fn get(conn: &Connection, office: &OfficeId, month: &str) -> Result<Option<Closed>> {
    let row: Option<(i64, String, String)> = conn
        .prepare_cached("SELECT closed_ms, by, body FROM months WHERE office = ?1 AND period = ?2")?
        .query_row((office.as_str(), month), |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))
        .optional()?;
    let Some((at, by, body)) = row else { return Ok(None) };
    let mut statement = conn.prepare_cached(
        "SELECT at_ms, proposal, accepted, by, why, body FROM verdicts \
         WHERE office = ?1 AND period = ?2 ORDER BY pos",
    )?;
    let mut rows = statement.query((office.as_str(), month))?;
    let mut verdicts = Vec::new();
    while let Some(r) = rows.next()? {
        let (by, body): (String, String) = (r.get(3)?, r.get(5)?);
        verdicts.push(Said {
            at: At(r.get(0)?),
            proposal: r.get(1)?,
            accepted: r.get(2)?,
            by: PersonId::from(by.as_str()),
            why: r.get(4)?,
            figures: account(&body)?,
        });
    }
    let by = PersonId::from(by.as_str());
    Ok(Some(Closed { at: At(at), by, first: account(&body)?, verdicts }))
}

/// Whether a month is closed.
///
/// # Errors
/// When the store fails.
pub fn is_closed(conn: &Connection, office: &OfficeId, month: &str) -> Result<bool> {
    let sql = "SELECT 1 FROM months WHERE office = ?1 AND period = ?2";
    Ok(conn.prepare_cached(sql)?.exists((office.as_str(), month))?)
}

/// Every closed month: office, month, when, by whom.
///
/// # Errors
/// When the store fails.
pub fn all(conn: &Connection) -> Result<Vec<(OfficeId, String, At, PersonId)>> {
    let mut statement = conn.prepare_cached(
        "SELECT office, period, closed_ms, by FROM months ORDER BY office, period",
    )?;
    let rows = statement.query_map((), |r| {
        let (office, by): (String, String) = (r.get(0)?, r.get(3)?);
        let (office, by) = (OfficeId::from(office.as_str()), PersonId::from(by.as_str()));
        Ok((office, r.get(1)?, At(r.get(2)?), by))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Issues the figures of a month.
///
/// # Errors
/// When the store fails, or it is closed already.
pub fn close(conn: &Connection, now: At, closing: &Closing, figures: &Account) -> Result<()> {
    let body = to_json::<Account, AccountRecord>(figures)?;
    conn.execute(
        "INSERT INTO months (office, period, closed_ms, by, body) VALUES (?1, ?2, ?3, ?4, ?5)",
        (closing.office.as_str(), closing.month.to_string(), now.0, closing.by.as_str(), body),
    )?;
    Ok(())
}

/// Keeps what was said to a proposal, with its figures and those issued until then.
///
/// # Errors
/// When the store fails.
pub fn decide(
    conn: &Connection,
    now: At,
    pos: i64,
    verdict: &Verdict,
    figures: &Account,
    before: &Account,
) -> Result<()> {
    conn.execute(
        "INSERT INTO verdicts VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        (
            pos,
            verdict.office.as_str(),
            verdict.month.to_string(),
            &*verdict.proposal,
            verdict.accepted,
            now.0,
            verdict.by.as_str(),
            &*verdict.why,
            to_json::<Account, AccountRecord>(figures)?,
            to_json::<Account, AccountRecord>(before)?,
        ),
    )?;
    Ok(())
}
