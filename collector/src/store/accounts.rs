//! People who sign in, their sign-ins, and tokens for scripts.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use rusqlite::{Connection, OptionalExtension as _};
use siaga_decide::At;

use super::{Result, StoreError};
use crate::token::Hash;

/// What somebody may do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Role {
    /// Reads.
    Viewer,
    /// Reads, acknowledges, writes notes, declares planned work.
    Operator,
    /// All that, and answers for figures: corrects outages, closes months, accepts corrections.
    Supervisor,
    /// Everything.
    Admin,
}

impl Role {
    /// All of them, the least first.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Operator, Self::Supervisor, Self::Admin];

    /// The word in the table and on the command line.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Supervisor => "supervisor",
            Self::Admin => "admin",
        }
    }

    /// Reads [`Self::word`].
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }
}

/// A sign-in ends after so long without use,
pub const SESSION_IDLE_MS: i64 = 12 * 3_600_000;
/// and after so long in any case.
pub const SESSION_LIFE_MS: i64 = 30 * 24 * 3_600_000;

/// Somebody who is signed in, or a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Their name, which goes into the journal with what they do.
    pub name: String,
    /// What they may do.
    pub role: Role,
}

/// argon2id with 19 MiB, two passes, one lane (the least that OWASP recommends).
fn hasher() -> Result<Argon2<'static>> {
    let params = Params::new(19 * 1024, 2, 1, None)
        .map_err(|e| StoreError::Record(format!("password parameters: {e}")))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// What is stored of a password. Takes tens of milliseconds: not to be called on the threads
/// that serve requests.
///
/// # Errors
/// When there are no random numbers.
pub fn hash_password(password: &str) -> Result<String> {
    let hash = hasher()?
        .hash_password(password.as_bytes())
        .map_err(|e| StoreError::Record(format!("password hash: {e}")))?;
    Ok(hash.to_string())
}

/// Whether the password is that one. As slow as [`hash_password`], also for a name that does not
/// exist, so that names cannot be found by time.
///
/// # Errors
/// When what is stored cannot be read.
pub fn verify_password(stored: Option<&str>, password: &str) -> Result<bool> {
    let Some(stored) = stored else {
        let _same_time = hash_password(password)?;
        return Ok(false);
    };
    let parsed = PasswordHash::new(stored)
        .map_err(|e| StoreError::Record(format!("stored password: {e}")))?;
    Ok(hasher()?.verify_password(password.as_bytes(), &parsed).is_ok())
}

/// Makes an account or changes its role and password; every sign-in of it ends.
///
/// # Errors
/// When the store fails.
pub fn set(conn: &Connection, now: At, name: &str, role: Role, password_hash: &str) -> Result<()> {
    conn.execute(
        "INSERT INTO accounts VALUES (?1, ?2, ?3, ?4) ON CONFLICT (name) DO UPDATE SET \
         role = excluded.role, password_hash = excluded.password_hash, \
         changed_ms = excluded.changed_ms",
        (name, role.word(), password_hash, now.0),
    )?;
    conn.execute("DELETE FROM sessions WHERE account = ?1", [name])?;
    Ok(())
}

/// How many accounts there are.
///
/// # Errors
/// When the store fails.
pub fn count(conn: &Connection) -> Result<i64> {
    Ok(conn.query_row("SELECT count(*) FROM accounts", (), |row| row.get(0))?)
}

/// The stored password of an account, for [`verify_password`].
///
/// # Errors
/// When the store fails.
pub fn password_of(conn: &Connection, name: &str) -> Result<Option<String>> {
    let sql = "SELECT password_hash FROM accounts WHERE name = ?1";
    Ok(conn.query_row(sql, [name], |row| row.get(0)).optional()?)
}

/// Somebody has signed in; `id_hash` is the hash of the cookie's secret. Old sign-ins go.
///
/// # Errors
/// When the store fails.
pub fn sign_in(conn: &Connection, now: At, name: &str, id_hash: &Hash) -> Result<()> {
    conn.execute(
        "DELETE FROM sessions WHERE used_ms < ?1 OR created_ms < ?2",
        ((now - SESSION_IDLE_MS).0, (now - SESSION_LIFE_MS).0),
    )?;
    conn.execute("INSERT INTO sessions VALUES (?1, ?2, ?3, ?3)", (id_hash, name, now.0))?;
    Ok(())
}

/// Who that cookie is, and when it was last marked as used.
///
/// # Errors
/// When the store fails.
pub fn signed_in(conn: &Connection, now: At, id_hash: &Hash) -> Result<Option<(Person, At)>> {
    let found: Option<(String, String, i64)> = conn
        .prepare_cached(
            "SELECT name, role, used_ms FROM sessions JOIN accounts ON name = account \
             WHERE id_hash = ?1 AND used_ms >= ?2 AND created_ms >= ?3",
        )?
        .query_row((id_hash, (now - SESSION_IDLE_MS).0, (now - SESSION_LIFE_MS).0), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    Ok(found.and_then(|(name, role, used)| {
        Some((Person { name, role: Role::from_word(&role)? }, At(used)))
    }))
}

/// The sign-in was used. Worth calling once in a few minutes, not for every page.
///
/// # Errors
/// When the store fails.
pub fn used(conn: &Connection, now: At, id_hash: &Hash) -> Result<()> {
    conn.execute("UPDATE sessions SET used_ms = ?2 WHERE id_hash = ?1", (id_hash, now.0))?;
    Ok(())
}

/// The sign-in ends.
///
/// # Errors
/// When the store fails.
pub fn sign_out(conn: &Connection, id_hash: &Hash) -> Result<()> {
    conn.execute("DELETE FROM sessions WHERE id_hash = ?1", [id_hash])?;
    Ok(())
}

/// Keeps a script's token.
///
/// # Errors
/// When the store fails.
pub fn add_token(conn: &Connection, now: At, name: &str, role: Role, hash: &Hash) -> Result<()> {
    conn.execute(
        "INSERT INTO staff_tokens VALUES (?1, ?2, ?3, ?4, NULL)",
        (hash, name, role.word(), now.0),
    )?;
    Ok(())
}

/// Whose token that is.
///
/// # Errors
/// When the store fails.
pub fn by_token(conn: &Connection, hash: &Hash) -> Result<Option<Person>> {
    let found: Option<(String, String)> = conn
        .prepare_cached(
            "SELECT name, role FROM staff_tokens WHERE token_hash = ?1 AND revoked_ms IS NULL",
        )?
        .query_row([hash], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(found.and_then(|(name, role)| Some(Person { name, role: Role::from_word(&role)? })))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::open_writer;

    #[test]
    fn a_sign_in_lasts_until_it_idles_or_the_password_changes() {
        let dir = tempfile::tempdir().unwrap();
        let conn = open_writer(&dir.path().join("siaga.db")).unwrap();
        let hash = hash_password("sebuah kata sandi yang panjang").unwrap();
        set(&conn, At(0), "admin", Role::Admin, &hash).unwrap();
        let stored = password_of(&conn, "admin").unwrap();
        assert!(verify_password(stored.as_deref(), "sebuah kata sandi yang panjang").unwrap());
        assert!(!verify_password(stored.as_deref(), "lain").unwrap());
        assert!(!verify_password(None, "lain").unwrap());

        let id = crate::token::hash(b"cookie");
        sign_in(&conn, At(0), "admin", &id).unwrap();
        let (person, _) = signed_in(&conn, At(SESSION_IDLE_MS), &id).unwrap().unwrap();
        assert_eq!(person, Person { name: "admin".into(), role: Role::Admin });
        assert_eq!(signed_in(&conn, At(SESSION_IDLE_MS + 1), &id).unwrap(), None);
        set(&conn, At(1), "admin", Role::Admin, &hash).unwrap();
        assert_eq!(signed_in(&conn, At(2), &id).unwrap(), None);
    }
}
