//! What the judge remembers: a plain value that can be stored and loaded, so that a restart at any
//! moment goes on exactly where it was.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::cause::Cause;
use crate::evidence::StationEvidence;
use crate::ids::{OfficeId, OutageId, StationId, StationKey};
use crate::input::Plan;
use crate::outage::Outage;
use crate::own::OwnLook;
use crate::setup::Setup;
use crate::span::{At, Span};
use crate::staff::StaffCorrection;

/// Everything that is needed to resume exactly.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Memory {
    /// The versions of the configuration that still matter, oldest first.
    pub setups: Vec<SetupVersion>,
    /// The evidence that still matters.
    pub stations: BTreeMap<StationKey, StationEvidence>,
    /// What is decided, by office.
    pub offices: BTreeMap<OfficeId, OfficeMemory>,
    /// Planned work, in order of declaration.
    pub plans: Vec<PlanEntry>,
    /// Corrections by the staff that still matter, in order.
    pub corrections: Vec<StaffCorrection>,
    /// The collector's own life.
    pub life: LifeMemory,
    /// The instant of the newest input.
    pub now: At,
}

/// A version of the configuration.
#[derive(Clone, PartialEq, Debug)]
pub struct SetupVersion {
    /// From when it applies; the first applies to all time before it too.
    pub from: At,
    /// The version.
    pub setup: Arc<Setup>,
}

/// Planned work and when it was declared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlanEntry {
    /// When it was declared.
    pub declared: At,
    /// What.
    pub plan: Plan,
}

/// What is decided about one office.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct OfficeMemory {
    /// Its outages that are open or may still be corrected, oldest first.
    pub outages: Vec<Kept>,
    /// Before this instant nothing is judged again; the evidence may be gone.
    pub settled: Option<At>,
    /// How many outages began on a civil day (`20261124`) have been given an id.
    pub numbers: BTreeMap<u32, u32>,
    /// Stations whose agent was stopped: when, and whether somebody was warned.
    pub agents_stopped: BTreeMap<StationId, AgentStopped>,
    /// When it must be looked at again although nothing arrives.
    pub deadline: Option<At>,
    /// Nothing is under way: that deadline waits for silence alone.
    pub quiet: bool,
    /// When what is under way is due apart from silence, where all that is heard serves.
    pub due: Option<At>,
    /// When it was first judged, or last because of what others may have seen meanwhile.
    pub judged: Option<At>,
    /// Since when nothing has happened to it; absent where something may be under way.
    pub calm_since: Option<At>,
    /// What it showed to other offices before it was settled, as long as one of them is not.
    pub shown: Shown,
}

/// What one office shows to the others. Spans are sorted and disjoint.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Shown {
    /// When its readings reached the data center: from a good reading to a good reading.
    pub good: Vec<Span>,
    /// When it lost path or service.
    pub bad: Vec<Span>,
    /// When it lost mains.
    pub lost: Vec<At>,
    /// When its UPS said that mains was there.
    pub present: Vec<Span>,
    /// When no station of it had power.
    pub powerless: Vec<Span>,
    /// When silence alone leaves open whether it served: its evidence is still to come.
    pub open: Vec<Span>,
}

/// An agent that said it stops, alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AgentStopped {
    /// When.
    pub since: At,
    /// Whether somebody was warned.
    pub warned: bool,
}

/// An outage and what telling needs to know of it.
#[derive(Clone, PartialEq, Debug)]
pub struct Kept {
    /// The entry as decided last.
    pub outage: Outage,
    /// When evidence on it first came from a station that had been silent.
    pub first_contact: Option<At>,
    /// It was all over when its evidence arrived: never told.
    pub late: bool,
    /// The cause that people were told at its opening, without its evidence.
    pub said: Option<Cause>,
}

/// The collector's own life.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct LifeMemory {
    /// Spans in which it could not see, oldest first.
    pub blind: Vec<Span>,
    /// Since when it cannot see, where that is so.
    pub blind_since: Option<At>,
    /// Since when most offices are silent that fell silent together, where that is so.
    pub lost_since: Option<At>,
    /// Whether its own targets answer.
    pub canary_lost: bool,
    /// Whether its contact was warned of the present blindness.
    pub warned: bool,
    /// What it sees of the data center itself.
    pub own: OwnLook,
}

/// What the staff said about an outage.
#[derive(Clone, PartialEq, Debug)]
pub struct StaffInput {
    /// When.
    pub at: At,
    /// On which outage.
    pub outage: OutageId,
    /// What.
    pub what: StaffWhat,
}

/// What the staff can say about an outage.
#[derive(Clone, PartialEq, Debug)]
pub enum StaffWhat {
    /// Somebody is on it.
    Acknowledged {
        /// Who.
        by: crate::ids::PersonId,
        /// What they said.
        note: Option<Arc<str>>,
    },
    /// A note or an estimate.
    Note(crate::input::StaffNote),
}
