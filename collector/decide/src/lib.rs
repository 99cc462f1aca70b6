//! The pure judge. Deterministic: no clock, no file, no network, no random number; `now` is an
//! argument and every answer is a value. The same inputs give the same answers, always.
//!
//! Two questions, two functions: [`Judge::handle`] decides what to tell people from what is
//! knowable now; [`ledger`] decides what was true. They share the rules of `station.rs`,
//! `office.rs` and `cause.rs`, and nothing else.
#![forbid(unsafe_code)]

mod absorb;
mod account;
mod band;
mod cache;
mod calendar;
mod calm;
mod cause;
mod charge;
mod cross;
mod entry;
mod evidence;
mod fact;
mod forecast;
mod gap;
mod generator;
mod ids;
mod input;
mod judge;
mod ledger;
mod life;
mod link;
mod meaning;
mod memory;
mod notice;
mod office;
mod outage;
mod own;
mod place;
mod power;
mod present;
mod reconcile;
mod retain;
mod setup;
mod span;
mod staff;
mod station;
mod suspect;
#[cfg(test)]
mod tape;
mod tell;
mod tie;
mod timeline;
mod trace;
mod truth;
mod view;
pub mod wording;

pub use account::{
    Account, Case, DownSeconds, Entry, StationSeconds, Target, Terms, Throughput, Unserved,
    account, total,
};
pub use calendar::combine;
pub use cause::{Cause, Certainty, Kind, Sub, Thing, Why};
pub use evidence::{Anchor, Boot, Changed, Rhythm, Run, RunHead, StationEvidence};
pub use fact::{
    Answer, Fact, Gap, Heard, LastWords, Mark, Number, PreviousEnd, Row, Saw, Since, Start, What,
};
pub use forecast::{Basis, Forecast, Past, forecast};
pub use ids::{
    BootId, ContactId, LineId, MainsId, OfficeId, OutageId, PersonId, ProbeName, RunId, StationId,
    StationKey,
};
pub use input::{Input, Life, Plan, PlanScope, StaffNote};
pub use judge::Judge;
pub use ledger::{AtRisk, Blip, Inputs, Ledger, OfficeTimeline, Problem, SavedBy, ledger};
pub use memory::{
    AgentStopped, Kept, LifeMemory, Memory, OfficeMemory, PlanEntry, SetupVersion, Shown,
    StaffInput, StaffWhat,
};
pub use notice::{Change, Notice, Warning};
pub use outage::{Acknowledgement, CauseSpan, Charge, Correction, Decision, Outage, Told};
pub use own::OwnLook;
pub use place::lived;
pub use setup::{Calendar, Line, Office, Role, Setup, Station};

pub use span::{At, Span, When, inside_ms, intersect, subtract, union};
pub use staff::{Closing, Corrected, Month, StaffCorrection, Verdict};
pub use view::{CauseNow, OfficeState, OfficeView, ProbeView, StationState, StationView, View};
