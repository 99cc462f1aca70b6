//! Agents' credentials and the one-time codes that make them. Only hashes are stored.

use rusqlite::{Connection, OptionalExtension as _};
use siaga_decide::{At, OfficeId, StationId, StationKey};

use super::Result;
use crate::token::Hash;

/// A join code is good for a day.
pub const CODE_LIFE_MS: i64 = 24 * 3_600_000;

/// One credential of one station.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Agent {
    /// Its number in the journal.
    pub no: i64,
    /// Its id, as it was told.
    pub id: String,
    /// Its office and station, whatever a report may claim.
    pub station: StationKey,
    /// Whether the credential has been used.
    pub used: bool,
}

/// Keeps a new join code.
///
/// # Errors
/// When the store fails.
pub fn add_code(conn: &Connection, now: At, code: &Hash, station: &StationKey) -> Result<()> {
    conn.execute(
        "INSERT INTO join_codes (code_hash, office, station, created_ms, expires_ms) \
         VALUES (?1, ?2, ?3, ?4, ?5)",
        (code, station.office.as_str(), station.station.as_str(), now.0, (now + CODE_LIFE_MS).0),
    )?;
    Ok(())
}

/// Burns a join code and makes the credential, in the caller's transaction. `None` where the
/// code is unknown, used or expired.
///
/// # Errors
/// When the store fails.
pub fn redeem(
    conn: &Connection,
    now: At,
    code: &Hash,
    id: &str,
    token: &Hash,
) -> Result<Option<Agent>> {
    let burned: Option<(String, String)> = conn
        .query_row(
            "UPDATE join_codes SET used_ms = ?2 WHERE code_hash = ?1 AND used_ms IS NULL \
             AND expires_ms > ?2 RETURNING office, station",
            (code, now.0),
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    let Some((office, station)) = burned else { return Ok(None) };
    conn.execute(
        "INSERT INTO agents (id, office, station, token_hash, created_ms) \
         VALUES (?1, ?2, ?3, ?4, ?5)",
        (id, &office, &station, token, now.0),
    )?;
    let no = conn.last_insert_rowid();
    conn.execute("UPDATE join_codes SET agent_no = ?2 WHERE code_hash = ?1", (code, no))?;
    changed(conn)?;
    let station = key(&office, &station);
    Ok(Some(Agent { no, id: id.to_owned(), station, used: false }))
}

/// Marks the first use of a credential, which ends the station's earlier ones.
///
/// # Errors
/// When the store fails.
pub fn first_use(conn: &Connection, now: At, agent: &Agent) -> Result<()> {
    conn.execute(
        "UPDATE agents SET used_ms = ?2 WHERE no = ?1 AND used_ms IS NULL",
        (agent.no, now.0),
    )?;
    conn.execute(
        "UPDATE agents SET revoked_ms = ?4 WHERE office = ?1 AND station = ?2 AND no < ?3 \
         AND revoked_ms IS NULL",
        (agent.station.office.as_str(), agent.station.station.as_str(), agent.no, now.0),
    )?;
    changed(conn)
}

/// Ends every credential and every open code of a station; answers how many credentials.
///
/// # Errors
/// When the store fails.
pub fn revoke(conn: &Connection, now: At, station: &StationKey) -> Result<usize> {
    let names = (station.office.as_str(), station.station.as_str());
    let ended = conn.execute(
        "UPDATE agents SET revoked_ms = ?3 WHERE office = ?1 AND station = ?2 \
         AND revoked_ms IS NULL",
        (names.0, names.1, now.0),
    )?;
    conn.execute(
        "UPDATE join_codes SET expires_ms = ?3 WHERE office = ?1 AND station = ?2 \
         AND used_ms IS NULL AND expires_ms > ?3",
        (names.0, names.1, now.0),
    )?;
    changed(conn)?;
    Ok(ended)
}

fn changed(conn: &Connection) -> Result<()> {
    conn.execute("UPDATE pulse SET agents_version = agents_version + 1", ())?;
    Ok(())
}

/// Raised whenever a credential is made or ended, by whatever program.
///
/// # Errors
/// When the store fails.
pub fn version(conn: &Connection) -> Result<i64> {
    let sql = "SELECT agents_version FROM pulse";
    Ok(conn.prepare_cached(sql)?.query_row((), |row| row.get(0))?)
}

/// Every credential that is good, with the hash of its token.
///
/// # Errors
/// When the store fails.
pub fn live(conn: &Connection) -> Result<Vec<(Hash, Agent)>> {
    let mut statement = conn.prepare_cached(
        "SELECT token_hash, no, id, office, station, used_ms IS NOT NULL FROM agents \
         WHERE revoked_ms IS NULL",
    )?;
    let rows = statement.query_map((), |row| {
        let (office, station): (String, String) = (row.get(3)?, row.get(4)?);
        let station = key(&office, &station);
        Ok((row.get(0)?, Agent { no: row.get(1)?, id: row.get(2)?, station, used: row.get(5)? }))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The station of every credential that ever was, by number: journal rows name them.
///
/// # Errors
/// When the store fails.
pub fn stations(conn: &Connection) -> Result<Vec<(i64, StationKey)>> {
    let mut statement = conn.prepare_cached("SELECT no, office, station FROM agents")?;
    let rows = statement.query_map((), |row| {
        let (office, station): (String, String) = (row.get(1)?, row.get(2)?);
        Ok((row.get(0)?, key(&office, &station)))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn key(office: &str, station: &str) -> StationKey {
    StationKey { office: OfficeId::from(office), station: StationId::from(station) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::open_writer;

    #[test]
    fn a_code_is_good_once_and_a_new_credential_ends_the_old_at_its_first_use() {
        let dir = tempfile::tempdir().unwrap();
        let conn = open_writer(&dir.path().join("siaga.db")).unwrap();
        let station = key("palaran", "loket-1");
        for (code, token) in [([1; 32], [11; 32]), ([2; 32], [12; 32])] {
            add_code(&conn, At(0), &code, &station).unwrap();
            let before = version(&conn).unwrap();
            let id = format!("agent-{}", code[0]);
            let agent = redeem(&conn, At(5), &code, &id, &token).unwrap().unwrap();
            assert!(version(&conn).unwrap() > before);
            assert_eq!(agent.station, station);
            assert_eq!(redeem(&conn, At(6), &code, "again", &[13; 32]).unwrap(), None);
        }
        assert_eq!(live(&conn).unwrap().len(), 2, "both work until the new one is used");
        let second = live(&conn).unwrap().into_iter().find(|(h, _)| *h == [12; 32]).unwrap().1;
        first_use(&conn, At(7), &second).unwrap();
        let left = live(&conn).unwrap();
        assert_eq!(left.len(), 1);
        assert!(left[0].1.used);
        assert_eq!(revoke(&conn, At(8), &station).unwrap(), 1);
        assert!(live(&conn).unwrap().is_empty());
        add_code(&conn, At(0), &[3; 32], &station).unwrap();
        let late = redeem(&conn, At(CODE_LIFE_MS), &[3; 32], "late", &[14; 32]).unwrap();
        assert_eq!(late, None, "expired");
        assert_eq!(stations(&conn).unwrap().len(), 2);
    }
}
