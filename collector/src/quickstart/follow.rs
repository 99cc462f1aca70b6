//! Prints a line for each entry of the ledger that has ended, as it stands in the database. Reads
//! only.

use std::collections::BTreeMap;
use std::time::Duration;

use siaga_collector::clock::Clock;
use siaga_collector::config::Config;
use siaga_collector::store::{Store, ledger};
use siaga_decide::wording::{Language, cause_phrase, clock, date, duration};
use siaga_decide::{At, Outage, OutageId};

use super::say;

const EVERY: Duration = Duration::from_secs(1);

/// Follows the ledger from now on.
///
/// # Errors
/// When the database can no longer be read.
pub(crate) async fn ledger(config: &Config) -> anyhow::Result<()> {
    let store = Store::new(&config.database());
    let time = Clock::system();
    let started = time.now();
    let mut said: BTreeMap<OutageId, String> = BTreeMap::new();
    loop {
        tokio::time::sleep(EVERY).await;
        let now = time.now();
        // One entry may begin before this start: what lasted over it.
        let entries =
            store.read(move |db| ledger::between(db, None, started, At(now.0 + 1))).await?;
        for entry in entries {
            if let Some(line) = line(config, &entry)
                && said.get(&entry.id) != Some(&line)
            {
                say::lines(&format!("\n{line}"));
                said.insert(entry.id, line);
            }
        }
    }
}

/// An entry that has ended, in one line.
fn line(config: &Config, entry: &Outage) -> Option<String> {
    let end = entry.to?;
    if entry.void || entry.provisional {
        return None;
    }
    let zone = &config.offices.get(&entry.office)?.zone;
    let cause = &entry.charges.last()?.cause;
    let language = Language::Id;
    Some(format!(
        "Buku · ledger: {}  {} {} – {}  {}: {}  hilang · lost {}",
        entry.id,
        date(entry.from.lo, zone, language),
        clock(entry.from.lo, zone, language),
        clock(end.hi, zone, language),
        cause.kind.word(),
        cause_phrase(cause, language),
        duration(entry.downtime_ms, language),
    ))
}
