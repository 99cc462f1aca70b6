//! What was true: outages, states and at-risk spans from everything that is known. Pure, from
//! nothing: it shares the rules of judging with `judge.rs`, and none of its memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::evidence::StationEvidence;
use crate::ids::{OfficeId, ProbeName, StationId, StationKey};
use crate::input::Life;
use crate::memory::{PlanEntry, SetupVersion, StaffInput};
use crate::outage::Outage;
use crate::span::{At, Span};
use crate::view::{OfficeState, StationState};

/// All that judgement depends on, as a set.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Inputs {
    /// Versions of the configuration, oldest first; the first applies to all time before it too.
    pub setups: Vec<SetupVersion>,
    /// All that was heard.
    pub stations: BTreeMap<StationKey, StationEvidence>,
    /// Planned work, in order of declaration.
    pub plans: Vec<PlanEntry>,
    /// What the staff said about outages, in order.
    pub staff: Vec<StaffInput>,
    /// The collector's own life, in order.
    pub life: Vec<(At, Life)>,
}

/// What was true.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Ledger {
    /// Outages, by beginning and office. Their ids are made here, by rule; what people were told
    /// is not known here.
    pub entries: Vec<Outage>,
    /// Timelines by office.
    pub offices: BTreeMap<OfficeId, OfficeTimeline>,
    /// Spans in which the collector could not see.
    pub blind: Vec<Span>,
    /// Facts that make no sense, and what was done about them.
    pub problems: Vec<Problem>,
}

/// One office over time. Spans are sorted, disjoint and back to back over the range judged.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct OfficeTimeline {
    /// Whether it served.
    pub states: Vec<(Span, OfficeState)>,
    /// Serving on battery or generator; sorted, disjoint.
    pub at_risk: Vec<AtRisk>,
    /// Its stations.
    pub stations: BTreeMap<StationId, Vec<(Span, StationState)>>,
    /// Single bad readings, which count as service.
    pub blips: Vec<Blip>,
    /// Outages of a station while its office served.
    pub station_spans_down: BTreeMap<StationId, Vec<Span>>,
    /// Evidence of all its stations is complete up to here.
    pub complete_to: Option<At>,
}

/// A span that served on battery or generator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AtRisk {
    /// From when to when.
    pub span: Span,
    /// What saved it.
    pub saved_by: SavedBy,
}

/// What kept an office serving without mains.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum SavedBy {
    /// The UPS's battery.
    Battery,
    /// The generator.
    Generator,
}

/// One bad reading alone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Blip {
    /// When.
    pub at: At,
    /// On which station.
    pub station: StationId,
    /// Of which probe.
    pub probe: ProbeName,
}

/// A fact that makes no sense, and what was done about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// Whose.
    pub station: StationKey,
    /// What, in English, for the technician's log.
    pub what: Arc<str>,
}

/// What was true of all offices up to `until`.
#[must_use]
pub fn ledger(inputs: &Inputs, until: At) -> Ledger {
    let _ = (inputs, until);
    Ledger::default()
}
