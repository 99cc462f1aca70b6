//! What people must be told. Who that is, and over which channel, is the collector's table of
//! contacts; whether and when is decided here.

use crate::ids::{OfficeId, StationId};
use crate::outage::Outage;
use crate::span::At;

/// What about an outage.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Change {
    /// It has opened.
    Opened,
    /// Its cause is known now, while it lasts or after.
    CauseKnown,
    /// It has ended; with its cause where that is known by then.
    Ended,
}

impl Change {
    /// The word in the outbox key and in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::CauseKnown => "cause_known",
            Self::Ended => "ended",
        }
    }
}

/// Something that is not an outage but somebody should look at.
#[derive(Clone, PartialEq, Debug)]
pub enum Warning {
    /// The agent was stopped while its PC, as far as is known, runs on.
    AgentStopped {
        /// Which.
        station: StationId,
        /// Since when.
        since: At,
    },
    /// The collector itself cannot see.
    CollectorBlind {
        /// Since when.
        since: At,
    },
}

/// Something a person must be told.
#[derive(Clone, PartialEq, Debug)]
pub enum Notice {
    /// About an outage: the entry as it is at this moment.
    Outage {
        /// What about it.
        change: Change,
        /// The entry.
        outage: Box<Outage>,
    },
    /// A warning to a technician.
    Warning {
        /// Which office; none where it is about the collector.
        office: Option<OfficeId>,
        /// What.
        warning: Warning,
    },
}
