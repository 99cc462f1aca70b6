//! All that judgement depends on.

use std::sync::Arc;

use crate::fact::Heard;
use crate::ids::{LineId, MainsId, OfficeId, OutageId, PersonId};
use crate::setup::Setup;
use crate::span::{At, Span};
use crate::staff::{Closing, StaffCorrection, Verdict};

/// One input; journalled in order of arrival, never edited.
#[derive(Clone, PartialEq, Debug)]
pub enum Input {
    /// A version of the configuration; it applies from now on.
    Setup(Arc<Setup>),
    /// A report's rows.
    Heard(Heard),
    /// Somebody acknowledged an outage.
    Acknowledged {
        /// Which.
        outage: OutageId,
        /// Who.
        by: PersonId,
        /// What they said.
        note: Option<Arc<str>>,
    },
    /// Somebody wrote a note or an estimate.
    Note(StaffNote),
    /// Work is planned, or was.
    Planned(Plan),
    /// A month is closed.
    Closed(Closing),
    /// The staff correct an outage, or a month's service hours.
    Corrected(StaffCorrection),
    /// A person accepts or refuses what late evidence proposes for a closed month.
    Decided(Verdict),
    /// The collector's own life.
    Life(Life),
    /// A deadline has come.
    Tick,
}

/// A note of the staff on an outage.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StaffNote {
    /// On which.
    pub outage: OutageId,
    /// By whom.
    pub by: PersonId,
    /// The words, where there are any.
    pub text: Option<Arc<str>>,
    /// When they expect it back.
    pub expected_back: Option<At>,
}

/// The collector's own life: in a span that it could not see, silence means nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Life {
    /// It has started; `last_alive` is the last instant at which it is known to have run.
    Started {
        /// Absent at the very first start.
        last_alive: Option<At>,
    },
    /// It stops in an orderly way.
    Stopping,
    /// Its clock has stepped by so many milliseconds.
    ClockStepped {
        /// Positive is forward.
        by_ms: i64,
    },
    /// Its own targets answer (or not).
    Canary {
        /// Whether at least one answers.
        ok: bool,
    },
    /// What it sees of the data center itself has changed.
    Datacenter {
        /// Whether it reaches it; nothing where its own way is cut and it cannot say.
        reached: Option<bool>,
    },
}

/// What planned work covers.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum PlanScope {
    /// Everything inside the office.
    Office(OfficeId),
    /// A provider's line and the path over it.
    Line(LineId),
    /// A mains supply.
    Mains(MainsId),
    /// The data center.
    Center,
}

/// Planned work.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    /// What it covers.
    pub scope: PlanScope,
    /// From when to when; work without an end is given its limit by the caller.
    pub span: Span,
    /// Who declared it.
    pub by: PersonId,
    /// Why.
    pub reason: Arc<str>,
}
