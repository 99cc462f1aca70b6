//! What the configuration says, checked: offices, stations, what they share, when they serve.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::ids::{LineId, MainsId, OfficeId, ProbeName, StationId};
use crate::span::{At, Span};

/// What a link probe points at, nearest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Role {
    /// The office's own router.
    Gateway,
    /// Something beyond the provider.
    Outside,
    /// The tunnel or route to the data center: its host.
    Path,
    /// The data center's service.
    Datacenter,
}

/// One version of the whole configuration, as the judge needs it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Setup {
    /// Offices by id.
    pub offices: BTreeMap<OfficeId, Office>,
    /// Lines by id.
    pub lines: BTreeMap<LineId, Line>,
    /// The line on which the collector itself hangs, if offices use it too.
    pub line: Option<LineId>,
    /// Milliseconds of the agents' cycle.
    pub cycle_ms: i64,
}

/// A provider's line.
#[derive(Clone, PartialEq, Debug)]
pub struct Line {
    /// Who runs it.
    pub provider: Arc<str>,
}

/// One office.
#[derive(Clone, PartialEq, Debug)]
pub struct Office {
    /// As people call it.
    pub name: Arc<str>,
    /// IANA zone; only wording uses it here.
    pub zone: jiff::tz::TimeZone,
    /// When it serves.
    pub calendar: Calendar,
    /// Its stations by id.
    pub stations: BTreeMap<StationId, Station>,
    /// How many stations must serve for the office to serve.
    pub stations_needed: usize,
    /// The line it uses.
    pub line: Option<LineId>,
    /// The mains it shares with other offices.
    pub mains: Option<MainsId>,
    /// The relay office its path runs through.
    pub via: Option<OfficeId>,
    /// Milliseconds inside service hours before an outage is told.
    pub open_after_ms: i64,
    /// Milliseconds of service before its end is told.
    pub close_after_ms: i64,
    /// Flaps closer than this, in milliseconds, are one outage.
    pub merge_within_ms: i64,
    /// Milliseconds after opening in which a PC still off is not told.
    pub opening_grace_ms: i64,
    /// Milliseconds after which silence stays unobserved for good.
    pub settle_after_ms: i64,
}

/// One station.
#[derive(Clone, PartialEq, Debug)]
pub struct Station {
    /// The probes that must be good for it to serve. A name covers itself and everything below
    /// it: `link.datacenter` also `link.datacenter.tcp`.
    pub needs: Vec<ProbeName>,
}

/// Service hours as instants, evaluated by the caller over a range.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Calendar {
    /// Spans in which the office is open, sorted, disjoint.
    pub open: Vec<Span>,
    /// The range over which `open` is known; outside it nothing counts as service hours.
    pub known: Option<Span>,
}

impl Calendar {
    /// Whether the office is open at that instant.
    #[must_use]
    pub fn is_open(&self, at: At) -> bool {
        let i = self.open.partition_point(|s| s.to <= at);
        self.open.get(i).is_some_and(|s| s.from <= at)
    }

    /// The next opening at or after that instant.
    #[must_use]
    pub fn next_opening(&self, at: At) -> Option<At> {
        let i = self.open.partition_point(|s| s.from < at);
        self.open.get(i).map(|s| s.from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_office_is_open_from_its_opening_up_to_its_closing() {
        let span = |from, to| Span::new(At(from), At(to));
        let calendar = Calendar { open: vec![span(10, 20), span(30, 40)], known: None };
        let open = [9, 10, 19, 20, 29, 30].map(|at| calendar.is_open(At(at)));
        assert_eq!(open, [false, true, true, false, false, true]);
        let next = [9, 10, 11, 30, 31].map(|at| calendar.next_opening(At(at)).map(|at| at.0));
        assert_eq!(next, [Some(10), Some(10), Some(30), Some(30), None]);
    }
}
