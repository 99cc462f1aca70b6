//! The present, for pages, metrics and the API.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::cause::Cause;
use crate::fact::{Answer, Number};
use crate::ids::{OfficeId, OutageId, ProbeName, StationId};
use crate::span::At;

/// The state of a station at an instant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum StationState {
    /// A needed probe is bad.
    Down,
    /// All needed probes are good.
    Serving,
    /// None is bad, one could not be read.
    Unsure,
    /// The PC was off or asleep.
    Stopped,
    /// Nobody observed, inside one boot.
    Unseen,
    /// No readings, and nothing later has arrived.
    Silent,
    /// Nothing has ever been heard.
    NeverHeard,
}

impl StationState {
    /// The word in JSON and metrics.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Down => "down",
            Self::Serving => "serving",
            Self::Unsure => "unsure",
            Self::Stopped => "stopped",
            Self::Unseen => "unseen",
            Self::Silent => "silent",
            Self::NeverHeard => "never_heard",
        }
    }

    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Down,
        Self::Serving,
        Self::Unsure,
        Self::Stopped,
        Self::Unseen,
        Self::Silent,
        Self::NeverHeard,
    ];
}

/// The state of an office at an instant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum OfficeState {
    /// Enough stations serve.
    Serving,
    /// Too few can.
    Down,
    /// Not known.
    Unobserved,
}

impl OfficeState {
    /// The word in JSON and metrics.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Serving => "serving",
            Self::Down => "down",
            Self::Unobserved => "unobserved",
        }
    }

    /// All of them.
    pub const ALL: [Self; 3] = [Self::Serving, Self::Down, Self::Unobserved];
}

/// Everything, now.
#[derive(Clone, PartialEq, Debug)]
pub struct View {
    /// As of when.
    pub at: At,
    /// Offices by id.
    pub offices: BTreeMap<OfficeId, OfficeView>,
    /// Since when the collector cannot see, where that is so.
    pub blind_since: Option<At>,
}

/// One office, now.
#[derive(Clone, PartialEq, Debug)]
pub struct OfficeView {
    /// Whether it serves.
    pub state: OfficeState,
    /// Since when it is in that state.
    pub since: At,
    /// Whether these are service hours.
    pub open: bool,
    /// Serving on battery or generator.
    pub at_risk: bool,
    /// What is at fault, where something is.
    pub cause: Option<CauseNow>,
    /// The outage that is open.
    pub outage: Option<OutageId>,
    /// Stations by id.
    pub stations: BTreeMap<StationId, StationView>,
}

/// What is at fault now.
#[derive(Clone, PartialEq, Debug)]
pub struct CauseNow {
    /// The cause.
    pub cause: Cause,
    /// Since when.
    pub since: At,
}

/// One station, now.
#[derive(Clone, PartialEq, Debug)]
pub struct StationView {
    /// Its state.
    pub state: StationState,
    /// Since when.
    pub since: At,
    /// When it was last heard.
    pub last_heard: Option<At>,
    /// Whether older rows are still to come.
    pub backlog: bool,
    /// The newest reading of each probe.
    pub probes: BTreeMap<ProbeName, ProbeView>,
}

/// The newest stretch of one probe.
#[derive(Clone, PartialEq, Debug)]
pub struct ProbeView {
    /// When the newest reading was made.
    pub at: At,
    /// Since when the answer is the same.
    pub since: At,
    /// What it saw.
    pub answer: Answer,
    /// Its numbers.
    pub numbers: Arc<[Number]>,
}
