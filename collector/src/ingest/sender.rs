//! Who sends: credentials by the hash of their token, and how much each may send.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use crate::store::agents::{self, Agent};
use crate::store::{Result, Store};
use crate::token::Hash;

/// Bytes that an agent may send at once: a backlog of days,
const BURST_BYTES: i64 = 8 * 1024 * 1024;
/// and what it may send every second, far above an ordinary 30.
const BYTES_PER_SECOND: i64 = 64 * 1024;

/// The good credentials, kept in step with the store, which other programs write too.
pub struct Senders {
    known: RwLock<Known>,
    version: AtomicI64,
    quotas: Mutex<HashMap<i64, Quota>>,
}

type Known = HashMap<Hash, Arc<Agent>>;

#[derive(Clone, Copy)]
struct Quota {
    bytes: i64,
    at_ms: i64,
}

impl Senders {
    /// Reads the good credentials.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn new(store: &Store) -> Result<Self> {
        let senders =
            Self { known: RwLock::default(), version: AtomicI64::new(0), quotas: Mutex::default() };
        senders.refresh(store)?;
        Ok(senders)
    }

    /// Takes over what other programs changed. Called for an unknown token; one that was ended
    /// and is still known here is refused by the writer, inside its transaction.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn refresh(&self, store: &Store) -> Result<()> {
        let version = store.read_here(agents::version)?;
        if version == self.version.load(Ordering::Acquire) {
            return Ok(());
        }
        let live = store.read_here(agents::live)?;
        let known = live.into_iter().map(|(hash, agent)| (hash, Arc::new(agent))).collect();
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = known;
        self.version.store(version, Ordering::Release);
        Ok(())
    }

    /// Whose token that is.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn find(&self, store: &Store, token: &Hash) -> Result<Option<Arc<Agent>>> {
        let look = || {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            known.get(token).cloned()
        };
        if let Some(agent) = look() {
            return Ok(Some(agent));
        }
        // It may have been made a moment ago, by this program or another.
        self.refresh(store)?;
        Ok(look())
    }

    /// Takes bytes from an agent's quota; else after how many seconds to come back.
    pub fn spend(&self, agent_no: i64, bytes: usize, now_ms: i64) -> std::result::Result<(), u64> {
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        let mut quotas = self.quotas.lock().unwrap_or_else(PoisonError::into_inner);
        let quota = quotas.entry(agent_no).or_insert(Quota { bytes: BURST_BYTES, at_ms: now_ms });
        let since = now_ms.saturating_sub(quota.at_ms).clamp(0, 3_600_000);
        quota.bytes = (quota.bytes + since * BYTES_PER_SECOND / 1_000).min(BURST_BYTES);
        quota.at_ms = now_ms;
        if quota.bytes >= bytes {
            quota.bytes -= bytes;
            return Ok(());
        }
        let lacks = (bytes - quota.bytes) / BYTES_PER_SECOND + 1;
        Err(lacks.clamp(1, 600).unsigned_abs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_is_spent_and_comes_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("siaga.db");
        drop(crate::store::open_writer(&path).unwrap());
        let senders = Senders::new(&Store::new(&path)).unwrap();
        let mib = 1024 * 1024;
        for _ in 0..8 {
            senders.spend(1, mib, 0).unwrap();
        }
        let seconds = senders.spend(1, mib, 0).unwrap_err();
        assert_eq!(seconds, 17);
        senders.spend(2, mib, 0).unwrap();
        senders.spend(1, mib, i64::try_from(seconds).unwrap() * 1_000).unwrap();
    }
}
