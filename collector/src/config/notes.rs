//! What is right in a configuration and yet worth knowing: service hours that rest on estimates or
//! on lists that end soon. Must never refuse anything: problems are found by `check.rs`.

use std::collections::BTreeMap;
use std::fmt;

use siaga_decide::{At, OfficeId, Span};

use super::{Config, calendar_range};
use crate::hours::HoursNote;

/// Something worth knowing about one or more offices.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Note {
    /// Whom it concerns; never empty.
    pub offices: Vec<OfficeId>,
    /// What.
    pub what: String,
    /// What to do about it.
    pub hint: &'static str,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let named: Vec<String> =
            self.offices.iter().take(3).map(|id| format!("{:?}", id.as_str())).collect();
        write!(f, "office {}", named.join(", "))?;
        if let Some(more) = self.offices.len().checked_sub(4) {
            write!(f, " and {} more", more + 1)?;
        }
        write!(f, ": note: {}\nhint: {}", self.what, self.hint)
    }
}

/// Everything worth knowing from `now` to the end of the calendar that the judge is given.
#[must_use]
pub fn notes(config: &Config, now: At) -> Vec<Note> {
    let range = Span { from: now, to: calendar_range(now).to };
    let mut found: BTreeMap<(String, &'static str), Vec<OfficeId>> = BTreeMap::new();
    for (id, office) in &config.offices {
        let known_to = office.hours.holidays_known_to();
        for note in office.hours.notes(range) {
            // One line says that the lists end, whatever years follow.
            let ends = known_to
                .filter(|last| matches!(note, HoursNote::NoList { year } if year > last.year()));
            let told = match ends {
                Some(last) => (format!("the days off are known until {last}"), NEXT_LIST),
                None => words(&note),
            };
            let offices = found.entry(told).or_default();
            if offices.last() != Some(id) {
                offices.push(id.clone());
            }
        }
    }
    let notes = found.into_iter();
    notes.map(|((what, hint), offices)| Note { offices, what, hint }).collect()
}

const NEXT_LIST: &str = "the joint decree for a year appears in September or October before it: \
                         write holidays/id-YEAR.toml after it and name it in \"holidays\"";

fn words(note: &HoursNote) -> (String, &'static str) {
    match note {
        HoursNote::HolidaysUnused => (
            "the lists in \"holidays\" do nothing: the service hours do not mention PH".to_owned(),
            "add \"; PH off\" at the end of the hours, or leave out \"holidays\"",
        ),
        HoursNote::NoList { year } => (format!("no list of holidays covers {year}"), NEXT_LIST),
        HoursNote::Estimated { date, name } => (
            format!("{date} counts as a holiday by estimate: {name}"),
            "when it is decreed, set its date and \"confirmed\" in the list",
        ),
        HoursNote::NoRamadan { year } => (
            format!("no list says when Ramadan is in {year}: the usual hours apply then"),
            "add [[ramadan]] with first and last to the list of that year",
        ),
        HoursNote::RamadanEstimated { first, last } => (
            format!("the hours of Ramadan apply from {first} to {last} by estimate"),
            "compare with the decree of the Minister of Religious Affairs, then set \"confirmed\"",
        ),
    }
}
