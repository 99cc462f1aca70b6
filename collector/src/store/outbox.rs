//! Messages to people: added in the transaction of the change that caused them, claimed under a
//! lease, done or tried again. One row for each (subject, change, contact, channel, address), so
//! nothing is told twice; a crash between sending and [`done`] repeats one message at most once.

use rusqlite::{Connection, Row};
use siaga_decide::At;

use super::Result;

/// After so many failures a message is parked.
const MOST_TRIES: u32 = 40;

/// A message to be sent, in its final words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The outage's id, or the key of a warning.
    pub subject: String,
    /// `opened`, `cause_known`, `ended`, `warning`, … and after a colon which spell of it.
    pub change: String,
    /// To whom.
    pub contact: String,
    /// Over which channel.
    pub channel: String,
    /// Chat id, topic, …
    pub address: String,
    /// Which office it is about, where it is about one.
    pub office: Option<String>,
    /// `id` or `en`.
    pub language: String,
    /// One line.
    pub title: String,
    /// The rest.
    pub body: String,
    /// Where to acknowledge.
    pub link: Option<String>,
}

/// Where a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// To be sent.
    Due,
    /// Being sent.
    Leased,
    /// Sent.
    Done,
    /// Given up; somebody must look.
    Parked,
}

impl State {
    /// The word in the table.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Leased => "leased",
            Self::Done => "done",
            Self::Parked => "parked",
        }
    }
}

/// A stored message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its number; the idempotency key is [`Message::key`].
    pub id: i64,
    /// The words.
    pub draft: Draft,
    /// When it was decided.
    pub made: At,
    /// Where it stands.
    pub state: State,
    /// How often it was tried.
    pub tries: u32,
    /// Why it failed last.
    pub error: Option<String>,
    /// When it was sent.
    pub done: Option<At>,
    /// When it is due, or its lease ends.
    pub due: At,
}

impl Draft {
    /// The change without its spell.
    #[must_use]
    pub fn word(&self) -> &str {
        self.change.split(':').next().unwrap_or_default()
    }
}

impl Message {
    /// The same for every attempt to send this message, and for no other message.
    #[must_use]
    pub fn key(&self) -> String {
        let d = &self.draft;
        format!("{}/{}/{}/{}/{}", d.subject, d.change, d.contact, d.channel, d.address)
    }
}

const COLUMNS: &str = "id, subject, change, contact, channel, address, office, language, title, \
                       body, link, made_ms, state, tries, error, done_ms, due_ms";

fn message(row: &Row) -> rusqlite::Result<Message> {
    let state: String = row.get(12)?;
    Ok(Message {
        id: row.get(0)?,
        draft: Draft {
            subject: row.get(1)?,
            change: row.get(2)?,
            contact: row.get(3)?,
            channel: row.get(4)?,
            address: row.get(5)?,
            office: row.get(6)?,
            language: row.get(7)?,
            title: row.get(8)?,
            body: row.get(9)?,
            link: row.get(10)?,
        },
        made: At(row.get(11)?),
        state: match state.as_str() {
            "due" => State::Due,
            "leased" => State::Leased,
            "done" => State::Done,
            _ => State::Parked,
        },
        tries: row.get(13)?,
        error: row.get(14)?,
        done: row.get::<_, Option<i64>>(15)?.map(At),
        due: At(row.get(16)?),
    })
}

/// Adds a message, due at once. False where this one was already decided before.
///
/// # Errors
/// When the store fails.
pub fn add(conn: &Connection, now: At, draft: &Draft) -> Result<bool> {
    let added = conn
        .prepare_cached(
            "INSERT INTO outbox (subject, change, contact, channel, address, office, language, \
             title, body, link, made_ms, state, due_ms) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, 'due', ?11) \
             ON CONFLICT DO NOTHING",
        )?
        .execute((
            &draft.subject,
            &draft.change,
            &draft.contact,
            &draft.channel,
            &draft.address,
            &draft.office,
            &draft.language,
            &draft.title,
            &draft.body,
            &draft.link,
            now.0,
        ))?;
    Ok(added == 1)
}

/// Takes up to `most` messages of that channel that are due, or whose lease has run out, for
/// `lease_ms`; oldest first. A message taken counts as tried.
///
/// # Errors
/// When the store fails.
pub fn claim(
    conn: &Connection,
    now: At,
    channel: &str,
    lease_ms: i64,
    most: u32,
) -> Result<Vec<Message>> {
    let sql = format!(
        "UPDATE outbox SET state = 'leased', due_ms = ?2, tries = tries + 1 WHERE id IN \
         (SELECT id FROM outbox WHERE state IN ('due', 'leased') AND due_ms <= ?1 \
         AND channel = ?3 ORDER BY id LIMIT ?4) RETURNING {COLUMNS}"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map((now.0, (now + lease_ms).0, channel, most), message)?;
    let mut taken = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    taken.sort_by_key(|m| m.id);
    Ok(taken)
}

/// It was sent; `receipt` is what the provider calls it.
///
/// # Errors
/// When the store fails.
pub fn done(conn: &Connection, now: At, id: i64, receipt: Option<&str>) -> Result<()> {
    conn.prepare_cached(
        "UPDATE outbox SET state = 'done', done_ms = ?2, receipt = ?3, error = NULL WHERE id = ?1",
    )?
    .execute((id, now.0, receipt))?;
    Ok(())
}

/// Ends the lease of messages that were claimed and not tried.
///
/// # Errors
/// When the store fails.
pub fn give_back(conn: &Connection, now: At, ids: &[i64]) -> Result<()> {
    let mut statement = conn.prepare_cached(
        "UPDATE outbox SET state = 'due', due_ms = ?2, tries = max(tries - 1, 0) WHERE id = ?1 \
         AND state = 'leased'",
    )?;
    for id in ids {
        statement.execute((id, now.0))?;
    }
    Ok(())
}

/// Ends every lease: the process that held them is known to be gone. What it sent and could not
/// mark is sent once more.
///
/// # Errors
/// When the store fails.
pub fn release(conn: &Connection, now: At) -> Result<()> {
    conn.execute("UPDATE outbox SET state = 'due', due_ms = ?1 WHERE state = 'leased'", [now.0])?;
    Ok(())
}

/// It was not sent. A permanent failure, or one too many, parks it; any other is tried again
/// after `pause_ms`. Answers where it stands now.
///
/// # Errors
/// When the store fails.
pub fn failed(
    conn: &Connection,
    now: At,
    message: &Message,
    error: &str,
    pause_ms: i64,
    permanent: bool,
) -> Result<State> {
    let state = if permanent || message.tries >= MOST_TRIES { State::Parked } else { State::Due };
    conn.prepare_cached("UPDATE outbox SET state = ?2, due_ms = ?3, error = ?4 WHERE id = ?1")?
        .execute((message.id, state.word(), (now + pause_ms.max(0)).0, error))?;
    Ok(state)
}

/// When the next message is due or its lease ends; none where there is nothing to send.
///
/// # Errors
/// When the store fails.
pub fn next_due(conn: &Connection) -> Result<Option<At>> {
    let due: Option<i64> = conn
        .prepare_cached("SELECT min(due_ms) FROM outbox WHERE state IN ('due', 'leased')")?
        .query_row((), |row| row.get(0))?;
    Ok(due.map(At))
}

/// A parked message is to be tried again, because somebody has mended the reason.
///
/// # Errors
/// When the store fails.
pub fn unpark(conn: &Connection, now: At, id: i64) -> Result<bool> {
    let changed = conn.execute(
        "UPDATE outbox SET state = 'due', due_ms = ?2, tries = 0 WHERE id = ?1 \
         AND state = 'parked'",
        (id, now.0),
    )?;
    Ok(changed == 1)
}

/// Messages, newest first.
///
/// # Errors
/// When the store fails.
pub fn list(conn: &Connection, state: Option<State>, most: u32) -> Result<Vec<Message>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM outbox WHERE ?1 IS NULL OR state = ?1 ORDER BY id DESC LIMIT ?2"
    );
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map((state.map(State::word), most), message)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The messages about one outage, oldest first.
///
/// # Errors
/// When the store fails.
pub fn about(conn: &Connection, subject: &str) -> Result<Vec<Message>> {
    let sql = format!("SELECT {COLUMNS} FROM outbox WHERE subject = ?1 ORDER BY id");
    let mut statement = conn.prepare_cached(&sql)?;
    let rows = statement.query_map([subject], message)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// How many messages stand in each state.
///
/// # Errors
/// When the store fails.
pub fn counts(conn: &Connection) -> Result<Vec<(String, i64)>> {
    let mut statement =
        conn.prepare_cached("SELECT state, count(*) FROM outbox GROUP BY state ORDER BY state")?;
    let rows = statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

#[cfg(test)]
mod tests;
