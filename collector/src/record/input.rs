//! Inputs other than reports, as the journal keeps them.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use siaga_decide::{
    Input, Life, LineId, MainsId, OfficeId, OutageId, PersonId, Plan, PlanScope, Setup, StaffNote,
};

use super::setup::SetupRecord;
use super::staff::{ClosingRecord, StaffCorrectionRecord, VerdictRecord};
use super::{Instant, Record, SpanRecord, Text, Unreadable, shared, text};

/// An input that is not a report.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OtherInput {
    /// A version of the configuration.
    Setup(Box<SetupRecord>),
    /// Somebody is on it.
    Acknowledged {
        /// Which outage.
        outage: Text,
        /// Who.
        by: Text,
        /// What they said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<Text>,
    },
    /// A note.
    Note(NoteRecord),
    /// Planned work.
    Planned(PlanRecord),
    /// The collector's own life.
    Life(LifeRecord),
    /// A month is closed.
    Closed(ClosingRecord),
    /// The staff correct something.
    Corrected(StaffCorrectionRecord),
    /// A person decides on a proposed correction.
    Decided(VerdictRecord),
}

impl OtherInput {
    /// The number in the journal's column `kind`.
    #[must_use]
    pub fn kind(&self) -> i64 {
        match self {
            Self::Setup(_) => 2,
            Self::Acknowledged { .. } => 3,
            Self::Note(_) => 4,
            Self::Planned(_) => 5,
            Self::Life(_) => 6,
            Self::Closed(_) => 7,
            Self::Corrected(_) => 8,
            Self::Decided(_) => 9,
        }
    }

    /// The mirror of an input; `None` for reports and deadlines, which are not kept this way.
    #[must_use]
    pub fn of(input: &Input) -> Option<Self> {
        match input {
            Input::Setup(setup) => Some(Self::Setup(Box::new(SetupRecord::of(setup)))),
            Input::Acknowledged { outage, by, note } => Some(Self::Acknowledged {
                outage: text(outage.as_str()),
                by: text(by.as_str()),
                note: note.as_ref().map(|note| text(note)),
            }),
            Input::Note(note) => Some(Self::Note(NoteRecord::of(note))),
            Input::Planned(plan) => Some(Self::Planned(PlanRecord::of(plan))),
            Input::Life(life) => Some(Self::Life(LifeRecord::of(life))),
            Input::Closed(closing) => Some(Self::Closed(ClosingRecord::of(closing))),
            Input::Corrected(said) => Some(Self::Corrected(StaffCorrectionRecord::of(said))),
            Input::Decided(verdict) => Some(Self::Decided(VerdictRecord::of(verdict))),
            Input::Heard(_) | Input::Tick => None,
        }
    }

    /// The input.
    ///
    /// # Errors
    /// When it holds a word that this version does not know.
    pub fn read(self) -> Result<Input, Unreadable> {
        Ok(match self {
            Self::Setup(setup) => {
                let setup: Setup = setup.read()?;
                Input::Setup(Arc::new(setup))
            }
            Self::Acknowledged { outage, by, note } => Input::Acknowledged {
                outage: OutageId(shared(outage)),
                by: PersonId(shared(by)),
                note: note.map(shared),
            },
            Self::Note(note) => Input::Note(note.read()?),
            Self::Planned(plan) => Input::Planned(plan.read()?),
            Self::Life(life) => Input::Life(life.read()?),
            Self::Closed(closing) => Input::Closed(closing.read()?),
            Self::Corrected(said) => Input::Corrected(said.read()?),
            Self::Decided(verdict) => Input::Decided(verdict.read()?),
        })
    }
}

/// A [`StaffNote`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NoteRecord {
    /// On which outage.
    pub outage: Text,
    /// By whom.
    pub by: Text,
    /// The words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Text>,
    /// When they expect it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_back: Option<Instant>,
}

impl Record<StaffNote> for NoteRecord {
    fn of(note: &StaffNote) -> Self {
        Self {
            outage: text(note.outage.as_str()),
            by: text(note.by.as_str()),
            text: note.text.as_ref().map(|t| text(t)),
            expected_back: note.expected_back.map(Instant),
        }
    }

    fn read(self) -> Result<StaffNote, Unreadable> {
        Ok(StaffNote {
            outage: OutageId(shared(self.outage)),
            by: PersonId(shared(self.by)),
            text: self.text.map(shared),
            expected_back: self.expected_back.map(|i| i.0),
        })
    }
}

/// A [`PlanScope`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScopeRecord {
    /// Everything inside an office.
    Office(Text),
    /// A line and the path over it.
    Line(Text),
    /// A mains supply.
    Mains(Text),
    /// The data center.
    Center,
}

impl Record<PlanScope> for ScopeRecord {
    fn of(scope: &PlanScope) -> Self {
        match scope {
            PlanScope::Office(id) => Self::Office(text(id.as_str())),
            PlanScope::Line(id) => Self::Line(text(id.as_str())),
            PlanScope::Mains(id) => Self::Mains(text(id.as_str())),
            PlanScope::Center => Self::Center,
        }
    }

    fn read(self) -> Result<PlanScope, Unreadable> {
        Ok(match self {
            Self::Office(id) => PlanScope::Office(OfficeId(shared(id))),
            Self::Line(id) => PlanScope::Line(LineId(shared(id))),
            Self::Mains(id) => PlanScope::Mains(MainsId(shared(id))),
            Self::Center => PlanScope::Center,
        })
    }
}

/// A [`Plan`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PlanRecord {
    /// What it covers.
    pub scope: ScopeRecord,
    /// From when to when.
    #[serde(flatten)]
    pub span: SpanRecord,
    /// Who declared it.
    pub by: Text,
    /// Why.
    pub reason: Text,
}

impl Record<Plan> for PlanRecord {
    fn of(plan: &Plan) -> Self {
        Self {
            scope: ScopeRecord::of(&plan.scope),
            span: plan.span.into(),
            by: text(plan.by.as_str()),
            reason: text(&plan.reason),
        }
    }

    fn read(self) -> Result<Plan, Unreadable> {
        Ok(Plan {
            scope: self.scope.read()?,
            span: self.span.into(),
            by: PersonId(shared(self.by)),
            reason: shared(self.reason),
        })
    }
}

/// A [`Life`].
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each variant is the one of the same name in Life")]
pub enum LifeRecord {
    Started { last_alive: Option<Instant> },
    Stopping,
    ClockStepped { by_ms: i64 },
    Canary { ok: bool },
    Datacenter { reached: Option<bool> },
}

impl Record<Life> for LifeRecord {
    fn of(life: &Life) -> Self {
        match *life {
            Life::Started { last_alive } => Self::Started { last_alive: last_alive.map(Instant) },
            Life::Stopping => Self::Stopping,
            Life::ClockStepped { by_ms } => Self::ClockStepped { by_ms },
            Life::Canary { ok } => Self::Canary { ok },
            Life::Datacenter { reached } => Self::Datacenter { reached },
        }
    }

    fn read(self) -> Result<Life, Unreadable> {
        Ok(match self {
            Self::Started { last_alive } => Life::Started { last_alive: last_alive.map(|i| i.0) },
            Self::Stopping => Life::Stopping,
            Self::ClockStepped { by_ms } => Life::ClockStepped { by_ms },
            Self::Canary { ok } => Life::Canary { ok },
            Self::Datacenter { reached } => Life::Datacenter { reached },
        })
    }
}
