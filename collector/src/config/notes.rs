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
        let more = self.offices.len() - named.len();
        if more > 0 {
            write!(f, " and {more} more")?;
        }
        write!(f, ": note: {}\nhint: {}", self.what, self.hint)
    }
}

/// Everything worth knowing from `now` to the end of the calendar that the judge is given.
#[must_use]
pub fn notes(config: &Config, now: At) -> Vec<Note> {
    // The last day belongs to the next year in zones east of Greenwich.
    let range = Span { from: now, to: calendar_range(now).to - DAY_MS };
    let mut found: BTreeMap<(String, &'static str), Vec<OfficeId>> = BTreeMap::new();
    let mut note = |told: (String, &'static str), id: &OfficeId| {
        let offices = found.entry(told).or_default();
        if offices.last() != Some(id) {
            offices.push(id.clone());
        }
    };
    for (id, office) in &config.offices {
        let known_to = office.hours.holidays_known_to();
        if let Some(last) = known_to {
            note((format!("the days off are known until {last}"), NEXT_LIST), id);
        }
        let mut estimated = Vec::new();
        for found in office.hours.notes(range) {
            match &found {
                // That the lists end is said already, whatever years follow.
                HoursNote::NoList { year } if known_to.is_some_and(|l| *year > l.year()) => {}
                HoursNote::Estimated { date, name } => estimated.push(format!("{date} ({name})")),
                HoursNote::NoList { .. }
                | HoursNote::HolidaysUnused
                | HoursNote::NoRamadan { .. }
                | HoursNote::RamadanEstimated { .. } => note(words(&found), id),
            }
        }
        if !estimated.is_empty() {
            let days = estimated.join(", ");
            note((format!("these count as days off by estimate: {days}"), DECREED), id);
        }
    }
    let notes = found.into_iter();
    notes.map(|((what, hint), offices)| Note { offices, what, hint }).collect()
}

const DAY_MS: i64 = 86_400_000;
const DECREED: &str = "compare with the decree, then set the dates and \"confirmed\" in the list";
const NEXT_LIST: &str = "the joint decree for a year appears in September or October before it: \
                         write holidays/id-YEAR.toml after it and name it in \"holidays\"";

fn words(note: &HoursNote) -> (String, &'static str) {
    match note {
        HoursNote::HolidaysUnused => (
            "the lists in \"holidays\" do nothing: the service hours do not mention PH".to_owned(),
            "add \"; PH off\" at the end of the hours, or leave out \"holidays\"",
        ),
        HoursNote::NoList { year } => (format!("no list of holidays covers {year}"), NEXT_LIST),
        HoursNote::Estimated { date, name } => {
            (format!("{date} ({name}) counts as a day off by estimate"), DECREED)
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_figures_will_rest_on_is_told_once_for_all_offices() {
        let list = |year: u32| {
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../config/holidays");
            format!("{folder}/id-{year}.toml")
        };
        let office = |id: &str, hours: &str, more: &str| {
            format!(
                "[[office]]\nid = \"{id}\"\nname = \"{id}\"\nzone = \"Asia/Jayapura\"\n\
                 hours = \"{hours}\"\n{more}\n[[office.station]]\nid = \"pc\"\n"
            )
        };
        let lists = format!("holidays = [{:?}]", list(2026));
        let folder = tempfile::tempdir().unwrap();
        let computed = folder.path().join("computed.toml");
        let text = "year = 2026\nsource = \"hisab\"\n[[ramadan]]\nfirst = 2026-02-19\n\
                    last = 2026-03-20\nsource = \"hisab\"\n";
        std::fs::write(&computed, text).unwrap();
        let fasting =
            format!("holidays = [{computed:?}]\nhours_ramadan = \"Mo-Fr 08:00-15:00; PH off\"");
        let text = "data = \"data\"\n".to_owned()
            + &office("a", "Mo-Fr 08:00-16:00; PH off", &lists)
            + &office("b", "Mo-Fr 08:00-16:00; PH off", &fasting)
            + &office("c", "Mo-Fr 08:00-16:00", &lists)
            + &office("d", "24/7", "");
        let config = crate::config::parse(std::path::Path::new("c.toml"), &text).unwrap();
        let now: jiff::Timestamp = "2026-02-01T00:00:00Z".parse().unwrap();
        let told: Vec<String> =
            notes(&config, At(now.as_millisecond())).iter().map(ToString::to_string).collect();
        let begins = |start: &str| told.iter().filter(|note| note.starts_with(start)).count();
        assert_eq!(begins("office \"a\", \"b\": note: the days off are known until 2026-12-31"), 1);
        assert_eq!(begins("office \"b\": note: no list says when Ramadan is in 2027"), 1);
        assert_eq!(begins("office \"b\": note: the hours of Ramadan apply from 2026-02-19"), 1);
        assert_eq!(begins("office \"c\": note: the lists in \"holidays\" do nothing"), 1);
        assert_eq!(told.len(), 4, "{told:?}");
    }

    #[test]
    fn of_many_offices_three_are_named() {
        let offices = ["a", "b", "c", "d", "e"].map(OfficeId::from).to_vec();
        let note = Note { offices, what: "x".to_owned(), hint: "y" };
        assert_eq!(note.to_string(), "office \"a\", \"b\", \"c\" and 2 more: note: x\nhint: y");
    }
}
