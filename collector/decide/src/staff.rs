//! What the staff decide after the fact: corrections of outages and of a month's service hours,
//! the closing of months, and the verdict on what late evidence proposes. Applies corrections to
//! what evidence shows. Must never look at who is told what.

use std::fmt;
use std::sync::Arc;

use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::cause::{Cause, Certainty, Kind, Sub, Thing, Why};
use crate::charge::push;
use crate::entry::downtime_ms;
use crate::ids::{OfficeId, OutageId, PersonId, StationId};
use crate::office::OfficeStretch;
use crate::outage::{Charge, Outage};
use crate::span::{At, Span, When, subtract, union};
use crate::view::OfficeState;

/// A civil month of an office.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Month {
    /// The year.
    pub year: i16,
    /// 1 to 12.
    pub month: i8,
}

impl Month {
    /// Reads `2026-11`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('-')?;
        let digits = |part: &str, n| part.len() == n && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(year, 4) || !digits(month, 2) {
            return None;
        }
        let made = Self { year: year.parse().ok()?, month: month.parse().ok()? };
        made.first_day().map(|_| made)
    }

    /// Its first day; none where there is no such month.
    #[must_use]
    pub fn first_day(self) -> Option<Date> {
        Date::new(self.year, self.month, 1).ok()
    }

    /// From its first midnight there to the one after its last day.
    #[must_use]
    pub fn span(self, zone: &TimeZone) -> Option<Span> {
        let first = self.first_day()?;
        let next = first.checked_add(1.month()).ok()?;
        let midnight = |date: Date| {
            let midnight = date.to_zoned_datetime(zone.clone()).ok()?;
            Some(At(midnight.timestamp().as_millisecond()))
        };
        Some(Span { from: midnight(first)?, to: midnight(next)? })
    }
}

/// `2026-11`.
impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

/// A month is closed: its figures are issued and never moved again but by a [`Verdict`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Closing {
    /// Whose.
    pub office: OfficeId,
    /// Which.
    pub month: Month,
    /// By whom.
    pub by: PersonId,
}

/// What a person says to figures that late evidence proposes beside the issued ones.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// Whose month.
    pub office: OfficeId,
    /// Which.
    pub month: Month,
    /// Which proposal: it is named after its figures, so that no other can be meant.
    pub proposal: Arc<str>,
    /// Whether its figures are issued from now on.
    pub accepted: bool,
    /// Who says so.
    pub by: PersonId,
    /// Why.
    pub why: Arc<str>,
}

/// A correction by the staff. It holds for the office and instants it names, whatever ids the
/// outages have there, so that it means the same to whoever judges again.
#[derive(Clone, PartialEq, Debug)]
pub struct StaffCorrection {
    /// Whose.
    pub office: OfficeId,
    /// What is corrected.
    pub what: Corrected,
    /// By whom.
    pub by: PersonId,
    /// Why.
    pub why: Arc<str>,
    /// The outage that was meant, as it was stored: what is corrected where it is older than
    /// what the judge remembers.
    pub entry: Option<Box<Outage>>,
}

/// What the staff can correct.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Corrected {
    /// Down seconds in the span had another cause.
    Cause {
        /// Where.
        span: Span,
        /// Which cause.
        kind: Kind,
        /// What exactly.
        sub: Option<Sub>,
    },
    /// Down seconds in the span were planned work, declared after the fact.
    Planned {
        /// Where.
        span: Span,
    },
    /// The edges of an outage lie elsewhere: the office was down, or did serve.
    Edges {
        /// Down here, whatever was seen.
        down: Vec<Span>,
        /// Served here, whatever was seen.
        served: Vec<Span>,
        /// The cause of the seconds that are down now.
        kind: Kind,
        /// What exactly.
        sub: Option<Sub>,
    },
    /// The service hours of a month are those of the calendar in use now, not of the one then.
    Calendar {
        /// Which month.
        month: Month,
    },
}

impl StaffCorrection {
    /// The outage that was meant.
    #[must_use]
    pub fn outage(&self) -> Option<&OutageId> {
        self.entry.as_ref().map(|entry| &entry.id)
    }

    /// The span it says anything about; none for one of the calendar.
    #[must_use]
    pub fn span(&self) -> Option<Span> {
        match &self.what {
            Corrected::Cause { span, .. } | Corrected::Planned { span } => Some(*span),
            Corrected::Edges { .. } => {
                let all = union([self.down(), self.served()].concat());
                Some(Span { from: all.first()?.from, to: all.last()?.to })
            }
            Corrected::Calendar { .. } => None,
        }
    }

    /// The evidence that it is.
    #[must_use]
    pub fn evidence(&self) -> Why {
        Why::Staff { text: format!("{}: {}", self.by, self.why).into() }
    }

    fn down(&self) -> Vec<Span> {
        match &self.what {
            Corrected::Edges { down, .. } => union(down.clone()),
            Corrected::Cause { .. } | Corrected::Planned { .. } | Corrected::Calendar { .. } => {
                Vec::new()
            }
        }
    }

    fn served(&self) -> Vec<Span> {
        match &self.what {
            Corrected::Edges { served, .. } => union(served.clone()),
            Corrected::Cause { .. } | Corrected::Planned { .. } | Corrected::Calendar { .. } => {
                Vec::new()
            }
        }
    }

    /// The corrected charges of an office, sorted and disjoint as they were.
    fn apply(&self, charges: Vec<Charge>, first_station: Option<&StationId>) -> Vec<Charge> {
        match &self.what {
            Corrected::Cause { span, kind, sub } => split(charges, *span, |charge| {
                let thing = match charge.cause.kind == *kind {
                    true => charge.cause.thing.clone(),
                    false => thing(*kind, first_station),
                };
                charge.cause = self.cause(*kind, *sub, thing);
            }),
            Corrected::Planned { span } => split(charges, *span, |charge| {
                charge.planned = true;
                let why = self.evidence();
                if !charge.cause.why.contains(&why) {
                    charge.cause.why.push(why);
                }
            }),
            Corrected::Edges { kind, sub, .. } => {
                let down = self.down();
                let overruled = union([down.clone(), self.served()].concat());
                let mut left: Vec<Charge> = charges
                    .iter()
                    .flat_map(|charge| {
                        let rest = subtract(&[charge.span], &overruled);
                        rest.into_iter().map(|span| Charge { span, ..charge.clone() })
                    })
                    .collect();
                let same = charges.iter().find(|c| c.cause.kind == *kind);
                let thing =
                    same.map_or_else(|| thing(*kind, first_station), |c| c.cause.thing.clone());
                left.extend(down.into_iter().map(|span| {
                    let cause = self.cause(*kind, *sub, thing.clone());
                    Charge { span, cause, planned: false, guessed: false }
                }));
                left.sort_by_key(|charge| charge.span);
                joined(left)
            }
            Corrected::Calendar { .. } => charges,
        }
    }

    fn cause(&self, kind: Kind, sub: Option<Sub>, thing: Thing) -> Cause {
        Cause { kind, sub, certainty: Certainty::Certain, thing, why: vec![self.evidence()] }
    }

    /// An entry that nothing judges any more, as it is from now on.
    pub(crate) fn patch(
        &self,
        entry: &Outage,
        first: Option<&StationId>,
        hours: &[Span],
    ) -> Outage {
        let charges = self.apply(entry.charges.clone(), first);
        let edge = |charge: Option<&Charge>, of: fn(Span) -> At| charge.map(|c| of(c.span));
        let (first, last) = (charges.first(), charges.last());
        let mut out = Outage { downtime_ms: downtime_ms(&charges, hours), ..entry.clone() };
        match (edge(first, |s| s.from), edge(last, |s| s.to)) {
            (Some(from), Some(to)) => {
                if edge(entry.charges.first(), |s| s.from) != Some(from) {
                    out.from = When::exact(from);
                }
                let moved = edge(entry.charges.last(), |s| s.to) != Some(to);
                if moved && entry.to.is_some() {
                    out.to = Some(When::exact(to));
                }
                out.provisional = charges.iter().all(|c| c.guessed);
            }
            (None, _) | (_, None) => {
                out.to = Some(out.from);
                out.timeline = Vec::new();
                out.provisional = false;
                out.void = true;
            }
        }
        Outage { charges, ..out }
    }
}

/// The states of an office where the staff say otherwise; later corrections hold.
pub(crate) fn overrule(
    states: Vec<OfficeStretch>,
    corrections: &[&StaffCorrection],
) -> Vec<OfficeStretch> {
    let mut out = states;
    for correction in corrections {
        for (spans, state) in
            [(correction.down(), OfficeState::Down), (correction.served(), OfficeState::Serving)]
        {
            for span in spans {
                out = set(out, span, state);
            }
        }
    }
    out
}

/// The states with one of them set over a span, as far as they reach.
fn set(states: Vec<OfficeStretch>, span: Span, state: OfficeState) -> Vec<OfficeStretch> {
    let mut out: Vec<OfficeStretch> = Vec::with_capacity(states.len() + 2);
    let mut add = |stretch: OfficeStretch| {
        if stretch.span.is_empty() {
            return;
        }
        match out.last_mut() {
            Some(last) if (last.state, last.silence) == (stretch.state, stretch.silence) => {
                last.span.to = stretch.span.to;
            }
            Some(_) | None => out.push(stretch),
        }
    };
    for stretch in states {
        let Some(both) = stretch.span.intersection(span) else {
            add(stretch);
            continue;
        };
        add(OfficeStretch { span: Span::new(stretch.span.from, both.from), ..stretch });
        add(OfficeStretch { span: both, state, silence: false });
        add(OfficeStretch { span: Span::new(both.to, stretch.span.to), ..stretch });
    }
    out
}

/// The charges of an office where the staff say otherwise, in the order in which they said it.
pub(crate) fn correct(
    charges: Vec<Charge>,
    corrections: &[&StaffCorrection],
    first_station: Option<&StationId>,
) -> Vec<Charge> {
    corrections.iter().fold(charges, |charges, c| c.apply(charges, first_station))
}

/// What is at fault where the staff name a cause of their own.
fn thing(kind: Kind, first_station: Option<&StationId>) -> Thing {
    match (kind, first_station) {
        (Kind::Power, _) => Thing::Mains,
        (Kind::Center, _) => Thing::Center,
        (Kind::LinkLan, _) => Thing::Router,
        (Kind::LinkProvider | Kind::Silent, _) => Thing::Line,
        (Kind::LinkPath, _) => Thing::Path,
        (Kind::Device, Some(station)) => Thing::Device(station.clone(), "device".into()),
        (Kind::Station, Some(station)) => Thing::Pc(station.clone()),
        (Kind::Device | Kind::Station, None) => Thing::Router,
    }
}

/// Changes what lies in a span, cutting charges that lie only partly in it.
fn split(charges: Vec<Charge>, span: Span, change: impl Fn(&mut Charge)) -> Vec<Charge> {
    let mut out = Vec::with_capacity(charges.len());
    for charge in charges {
        let Some(both) = charge.span.intersection(span) else {
            out.push(charge);
            continue;
        };
        let before = Span::new(charge.span.from, both.from);
        let after = Span::new(both.to, charge.span.to);
        let mut changed = Charge { span: both, ..charge.clone() };
        change(&mut changed);
        out.extend((!before.is_empty()).then(|| Charge { span: before, ..charge.clone() }));
        out.push(changed);
        out.extend((!after.is_empty()).then_some(Charge { span: after, ..charge }));
    }
    joined(out)
}

fn joined(charges: Vec<Charge>) -> Vec<Charge> {
    let mut out = Vec::with_capacity(charges.len());
    for charge in charges {
        push(&mut out, charge);
    }
    out
}

#[cfg(test)]
mod tests;
