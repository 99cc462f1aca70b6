//! The account of a period: service hours = in service + down (by cause) + planned + unobserved,
//! to the second, always. Must never add up anything but whole seconds, each judged once.
//!
//! A second belongs to whatever holds at its first instant. So every second has one judgement,
//! the terms of a period add up exactly, and the accounts of the days of a month add up to it.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use crate::cause::{Certainty, Kind, Sub};
use crate::ids::{OfficeId, OutageId, PersonId, StationId};
use crate::ledger::{OfficeTimeline, SavedBy};
use crate::outage::Outage;
use crate::setup::Calendar;
use crate::span::{At, Span, When};

mod citizens;
mod civil;
mod count;
mod layer;
mod total;

pub use citizens::{Target, Throughput, Unserved};
pub use total::total;

/// What an account is made of.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// Whose.
    pub office: &'a OfficeId,
    /// Its states.
    pub timeline: &'a OfficeTimeline,
    /// Its outages; those of other offices and void ones are passed over.
    pub outages: &'a [Outage],
    /// Its service hours, see [`crate::combine`].
    pub calendar: &'a Calendar,
    /// Whose hours of the day and weekdays.
    pub zone: &'a TimeZone,
    /// How many people it records in an hour, where that is configured.
    pub throughput: Option<Throughput>,
    /// Over what.
    pub period: Span,
    /// Now: seconds from here on are not counted yet.
    pub until: At,
    /// Milliseconds after the period after which it is final although evidence is missing.
    pub settle_after_ms: i64,
}

/// An account, of one office or of several together. Seconds are whole; all lie inside service
/// hours.
#[derive(Clone, PartialEq, Debug)]
pub struct Account {
    /// Whose: an office's, or the name under which several are summed up.
    pub office: OfficeId,
    /// Over what, as asked.
    pub period: Span,
    /// Counted up to here: the end of the period, or now.
    pub until: At,
    /// All of them.
    pub service_seconds: i64,
    /// Served.
    pub in_service_seconds: i64,
    /// Certainly down and not planned, by cause.
    pub down: BTreeMap<Kind, DownSeconds>,
    /// Down with planned work among the candidates.
    pub planned_seconds: i64,
    /// Not known.
    pub unobserved_seconds: i64,
    /// Of the unobserved, those that may have been down.
    pub possibly_down_seconds: i64,
    /// Of those in service, the ones on battery or generator.
    pub at_risk: BTreeMap<SavedBy, i64>,
    /// Of the unobserved, how many each station could not say anything about.
    pub unobserved_by_station: BTreeMap<StationId, i64>,
    /// All service seconds again, by what each station could do.
    pub by_station: BTreeMap<StationId, StationSeconds>,
    /// All again, by hour of the day in the office's own civil time.
    pub by_hour: [Terms; 24],
    /// All again, by weekday there; Monday first.
    pub by_weekday: [Terms; 7],
    /// The outages that cost service in the period, planned or not, and those that rest on
    /// silence so far and may; by beginning.
    pub outages: Vec<Entry>,
    /// Single bad readings, which count as service.
    pub blips: usize,
    /// What downtime cost citizens, where the pace of the office is known.
    pub unserved: Option<Unserved>,
    /// Nothing will move it any more but a correction by a person.
    pub is_final: bool,
}

/// The terms that seconds are made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Terms {
    /// Service hours.
    pub service: i64,
    /// Served.
    pub in_service: i64,
    /// Certainly down and not planned.
    pub down: i64,
    /// Down with planned work among the candidates.
    pub planned: i64,
    /// Not known.
    pub unobserved: i64,
}

impl Terms {
    fn add(&mut self, other: &Self) {
        self.service += other.service;
        self.in_service += other.in_service;
        self.down += other.down;
        self.planned += other.planned;
        self.unobserved += other.unobserved;
    }

    /// In service ÷ (in service + down); none where that is nothing.
    #[must_use]
    pub fn availability(&self) -> Option<f64> {
        ratio(self.in_service, self.in_service + self.down)
    }
}

/// What one station could do in the service hours of its office, seconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct StationSeconds {
    /// It could serve.
    pub serving: i64,
    /// It could not: off, asleep, or something it needs was bad.
    pub not_serving: i64,
    /// Nobody knows.
    pub unknown: i64,
}

/// Down seconds of one cause.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DownSeconds {
    /// All.
    pub seconds: i64,
    /// Of them, those whose cause is only likely.
    pub likely_seconds: i64,
    /// All again, by what exactly.
    pub by_sub: BTreeMap<Option<Sub>, i64>,
}

/// One outage in an account.
#[derive(Clone, PartialEq, Debug)]
pub struct Entry {
    /// Its id.
    pub id: OutageId,
    /// Whose.
    pub office: OfficeId,
    /// When it began, which may lie before the period.
    pub from: When,
    /// When it ended; absent while it lasts.
    pub to: Option<When>,
    /// Down seconds of this account, by cause.
    pub down: BTreeMap<Kind, i64>,
    /// Planned seconds of this account.
    pub planned_seconds: i64,
    /// What it is mostly charged to here, with its certainty.
    pub cause: Option<(Kind, Option<Sub>, Certainty)>,
    /// Who was on it.
    pub acknowledged_by: Option<PersonId>,
    /// It rests on silence alone, so far.
    pub provisional: bool,
}

impl Entry {
    /// Down seconds of all causes.
    #[must_use]
    pub fn down_seconds(&self) -> i64 {
        self.down.values().sum()
    }
}

impl Account {
    /// Down seconds of all causes.
    #[must_use]
    pub fn down_seconds(&self) -> i64 {
        self.down.values().map(|down| down.seconds).sum()
    }

    /// Seconds on battery or generator.
    #[must_use]
    pub fn at_risk_seconds(&self) -> i64 {
        self.at_risk.values().sum()
    }

    /// In service ÷ (service − planned − unobserved), 0 to 1; none where that is nothing.
    #[must_use]
    pub fn availability(&self) -> Option<f64> {
        ratio(self.in_service_seconds, self.in_service_seconds + self.down_seconds())
    }

    /// How many outages cost service, planned ones not counted.
    #[must_use]
    pub fn outage_count(&self) -> usize {
        self.outages.iter().filter(|entry| entry.down_seconds() > 0).count()
    }

    /// Down seconds of the longest outage.
    #[must_use]
    pub fn longest_seconds(&self) -> Option<i64> {
        self.outages.iter().map(Entry::down_seconds).filter(|seconds| *seconds > 0).max()
    }

    /// Mean time between failures: seconds in service for each outage.
    #[must_use]
    pub fn mean_seconds_between_failures(&self) -> Option<f64> {
        ratio(self.in_service_seconds, i64::try_from(self.outage_count()).ok()?)
    }

    /// Mean time to repair: down seconds for each outage.
    #[must_use]
    pub fn mean_seconds_to_repair(&self) -> Option<f64> {
        ratio(self.down_seconds(), i64::try_from(self.outage_count()).ok()?)
    }
}

/// Seconds of centuries are far below the whole numbers that a double holds exactly.
#[allow(clippy::cast_precision_loss)]
fn ratio(part: i64, whole: i64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// The account of a case.
#[must_use]
pub fn account(case: &Case) -> Account {
    count::account(case)
}

#[cfg(test)]
mod tests;
