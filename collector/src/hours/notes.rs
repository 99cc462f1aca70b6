//! What whoever reads a figure should know of the service hours behind it: lists that are missing
//! or do nothing, dates that nobody has decreed yet. Must never change the hours.

use jiff::civil::Date;
use siaga_decide::Span;

use super::{DayStatus, Hours};

/// Something about service hours that whoever reads a figure made with them should know.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum HoursNote {
    /// The office has holiday lists, but its hours do not mention `PH`: the lists do nothing.
    HolidaysUnused,
    /// The hours mention `PH`, but no list of the office covers that year.
    NoList {
        /// Which.
        year: i16,
    },
    /// A day that counts as a holiday here is not decreed yet.
    Estimated {
        /// Which.
        date: Date,
        /// What is celebrated.
        name: String,
    },
    /// The office has hours for Ramadan, but no list of it says when Ramadan is in that year.
    NoRamadan {
        /// Which.
        year: i16,
    },
    /// The days on which the hours of Ramadan apply are computed, not decreed.
    RamadanEstimated {
        /// The first.
        first: Date,
        /// The last.
        last: Date,
    },
}

impl Hours {
    /// What to know about these hours in a range; sorted, without doubles.
    #[must_use]
    pub fn notes(&self, range: Span) -> Vec<HoursNote> {
        let mut notes = Vec::new();
        if self.has_lists && !self.mentions_holidays {
            notes.push(HoursNote::HolidaysUnused);
        }
        let Some((first, last)) = self.civil_days(range) else { return notes };
        let years = first.year()..=last.year();
        if self.mentions_holidays {
            let missing = years.clone().filter(|year| !self.years_covered.contains(year));
            notes.extend(missing.map(|year| HoursNote::NoList { year }));
            let estimated = self.holidays.iter().filter(|d| d.status == DayStatus::Estimated);
            let here = estimated.filter(|d| d.date >= first && d.date <= last);
            notes.extend(here.map(|d| HoursNote::Estimated { date: d.date, name: d.name.clone() }));
        }
        if self.in_ramadan.is_some() {
            let touches = |year: i16| {
                self.ramadan.iter().any(|r| r.first.year() == year || r.last.year() == year)
            };
            let missing = years.filter(|year| !touches(*year));
            notes.extend(missing.map(|year| HoursNote::NoRamadan { year }));
            let estimated = self.ramadan.iter().filter(|r| r.status == DayStatus::Estimated);
            let here = estimated.filter(|r| r.last >= first && r.first <= last);
            notes
                .extend(here.map(|r| HoursNote::RamadanEstimated { first: r.first, last: r.last }));
        }
        notes.sort();
        notes.dedup();
        notes
    }
}
