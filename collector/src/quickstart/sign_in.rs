//! The administrator of the quickstart: a password made once and kept beside the data, readable by
//! its owner alone, so that it can be shown again at every start.

use std::path::Path;

use anyhow::Context as _;
use rusqlite::Connection;
use siaga_collector::clock::Clock;
use siaga_collector::store::accounts::{self, Role};
use siaga_collector::token;

/// The account's name.
pub(crate) const NAME: &str = "admin";
const FILE: &str = "sign-in.txt";
/// Letters and digits that are not taken for each other.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// The password: that of the last time, or a new one.
///
/// # Errors
/// When it can be neither read nor kept.
pub(crate) fn password(data: &Path, db: &Connection, clock: &Clock) -> anyhow::Result<String> {
    let file = data.join(FILE);
    if accounts::password_of(db, NAME)?.is_some()
        && let Ok(text) = std::fs::read_to_string(&file)
    {
        return Ok(text.trim().to_owned());
    }
    let password = invent()?;
    write(&file, &password).with_context(|| format!("cannot write {}", file.display()))?;
    let hash = accounts::hash_password(&password)?;
    accounts::set(db, clock.now(), NAME, Role::Admin, &hash)?;
    Ok(password)
}

/// Four groups of four letters: 80 bits.
fn invent() -> anyhow::Result<String> {
    let random = token::random::<16>()?;
    let letter = |byte: &u8| char::from(LETTERS[usize::from(byte % 32)]);
    let groups: Vec<String> = random.chunks(4).map(|g| g.iter().map(letter).collect()).collect();
    Ok(groups.join("-"))
}

fn write(file: &Path, password: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut options = std::fs::File::options();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    writeln!(options.open(file)?, "{password}")
}
