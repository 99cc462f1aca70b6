//! Which credential belongs to which station, in memory. The database is the truth: whoever holds
//! this looks at its version before trusting it.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use rusqlite::Connection;

use crate::store;
use crate::store::agents::{self, Agent};
use crate::token::Hash;

/// The credentials that are good, by the hash of their token.
#[derive(Debug, Default)]
pub struct Directory(RwLock<Inner>);

#[derive(Debug, Default)]
struct Inner {
    version: i64,
    agents: HashMap<Hash, Arc<Agent>>,
}

impl Directory {
    /// The agent that shows this token.
    #[must_use]
    pub fn find(&self, token: &Hash) -> Option<Arc<Agent>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).agents.get(token).cloned()
    }

    /// Whether the credential is still good.
    #[must_use]
    pub fn is_good(&self, token: &Hash, agent: &Agent) -> bool {
        self.find(token).is_some_and(|known| known.no == agent.no)
    }

    /// Reads the credentials again where they have changed; whether they had.
    ///
    /// # Errors
    /// When the store fails; what was known before stays.
    pub fn follow(&self, conn: &Connection) -> store::Result<bool> {
        let version = agents::version(conn)?;
        if self.0.read().unwrap_or_else(PoisonError::into_inner).version == version {
            return Ok(false);
        }
        let live = agents::live(conn)?;
        let agents = live.into_iter().map(|(hash, agent)| (hash, Arc::new(agent))).collect();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Inner { version, agents };
        Ok(true)
    }
}
