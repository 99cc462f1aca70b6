//! An outage as the ledger keeps it, and the decisions that change it.

use std::sync::Arc;

use crate::cause::{Cause, Why};
use crate::ids::{OfficeId, OutageId, PersonId};
use crate::notice::Notice;
use crate::span::{At, Span, When};

/// A stretch charged to one cause.
#[derive(Clone, PartialEq, Debug)]
pub struct Charge {
    /// From when to when; back to back within a flap.
    pub span: Span,
    /// To what.
    pub cause: Cause,
    /// Whether planned work covers it.
    pub planned: bool,
    /// It rests on silence: a guess for telling and for pages, never counted as down.
    pub guessed: bool,
}

/// A candidate on the timeline, charged or not.
#[derive(Clone, PartialEq, Debug)]
pub struct CauseSpan {
    /// From when to when evidence shows it.
    pub span: Span,
    /// Which.
    pub cause: Cause,
}

/// What people have been told of an outage.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Told {
    /// When its opening was told.
    pub opened: Option<At>,
    /// When its cause was told.
    pub cause: Option<At>,
    /// When its end was told.
    pub ended: Option<At>,
}

/// Somebody is on it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Acknowledgement {
    /// Who.
    pub by: PersonId,
    /// When.
    pub at: At,
    /// What they said.
    pub note: Option<Arc<str>>,
}

/// A span in which an office could not serve.
#[derive(Clone, PartialEq, Debug)]
pub struct Outage {
    /// Its id, kept for ever.
    pub id: OutageId,
    /// Whose.
    pub office: OfficeId,
    /// When it began; the true beginning, also where that was before opening.
    pub from: When,
    /// When it ended; absent while it lasts.
    pub to: Option<When>,
    /// Down stretches with the cause each is charged to. Good seconds between flaps are not in it.
    pub charges: Vec<Charge>,
    /// Every candidate, charged or not.
    pub timeline: Vec<CauseSpan>,
    /// It rests on silence alone, so far.
    pub provisional: bool,
    /// Late evidence showed that there was none; kept, because people were told.
    pub void: bool,
    /// Milliseconds of charged time inside service hours, planned time excluded.
    pub downtime_ms: i64,
    /// What people were told.
    pub told: Told,
    /// Who is on it.
    pub acknowledged: Option<Acknowledgement>,
    /// The staff's own estimate of the return.
    pub expected_back: Option<At>,
}

/// One change of a ledger entry.
#[derive(Clone, PartialEq, Debug)]
pub struct Correction {
    /// When it was made.
    pub at: At,
    /// What evidence moved it.
    pub why: Vec<Why>,
    /// The entry before.
    pub before: Outage,
}

/// What the shell has to do. All decisions of one call belong in one transaction.
#[derive(Clone, PartialEq, Debug)]
pub enum Decision {
    /// A new entry.
    Open(Outage),
    /// The entry of that id is now this; `why` names the evidence. A change that moves no edge by
    /// a second and no cause is a refinement: stored, but not a correction.
    Correct {
        /// The entry as it is now.
        to: Outage,
        /// By what evidence.
        why: Vec<Why>,
        /// Whether it goes into the list of corrections.
        recorded: bool,
    },
    /// The entry of that id has ended and is now this.
    Close(Outage),
    /// Somebody must be told.
    Tell(Notice),
}

impl Outage {
    /// The entry without its id, without what people were told or said, and, while it lasts,
    /// without how far it has come: what `handle` stored and what `ledger` finds are then equal.
    #[must_use]
    pub fn for_comparison(&self) -> Self {
        let mut out = Self {
            id: OutageId::from(""),
            told: Told::default(),
            acknowledged: None,
            expected_back: None,
            ..self.clone()
        };
        if out.to.is_some() {
            return out;
        }
        out.downtime_ms = 0;
        let end = out.charges.last().map(|c| c.span.to);
        let still = |to: At| Some(to) == end;
        for span in out.charges.iter_mut().map(|c| &mut c.span) {
            if still(span.to) {
                span.to = span.from;
            }
        }
        for span in out.timeline.iter_mut().map(|c| &mut c.span) {
            if still(span.to) {
                span.to = span.from;
            }
        }
        out
    }
}
