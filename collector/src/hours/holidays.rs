//! Dated lists of holidays and joint leave: TOML files, one per year. Must never guess a day: a
//! line that cannot be read is a problem with its place, and the list is refused as a whole.

use std::path::Path;

use jiff::civil::Date;
use serde::Deserialize;
use toml::Spanned;

/// What kind of day it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayKind {
    /// A national public holiday (*libur nasional*).
    National,
    /// Joint leave (*cuti bersama*): closes the offices that are configured so.
    #[serde(rename = "cuti_bersama")]
    JointLeave,
    /// A day off of a province, a regency or an election; closes every office that names the list.
    Local,
}

/// How sure the date is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayStatus {
    /// Decreed.
    Confirmed,
    /// Computed, or to be set again by a later decree.
    Estimated,
}

/// One day.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Holiday {
    /// When.
    pub date: Date,
    /// As people call it.
    pub name: String,
    /// What kind.
    pub kind: DayKind,
    /// How sure.
    pub status: DayStatus,
}

/// When Ramadan is, both days included.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ramadan {
    /// The first day of the fast.
    pub first: Date,
    /// The last.
    pub last: Date,
    /// How sure the dates are.
    pub status: DayStatus,
}

/// One file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HolidayList {
    /// The file's name without its ending.
    pub name: String,
    /// The year that the list covers completely; none for a list that only adds days.
    pub year: Option<i16>,
    /// The decree.
    pub source: String,
    /// The days, sorted by date.
    pub days: Vec<Holiday>,
    /// When Ramadan is, where the list says so; sorted.
    pub ramadan: Vec<Ramadan>,
}

/// One thing wrong with a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HolidayProblem {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// The entry, `day[3].date`; empty where the file as a whole is meant.
    pub path: String,
    /// What is wrong.
    pub what: String,
    /// What to write instead.
    pub hint: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawList {
    year: Option<i16>,
    source: Spanned<String>,
    #[serde(default)]
    day: Vec<RawDay>,
    #[serde(default)]
    ramadan: Vec<RawRamadan>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRamadan {
    first: Spanned<toml::value::Datetime>,
    last: Spanned<toml::value::Datetime>,
    source: Spanned<String>,
    #[serde(default = "estimated")]
    status: DayStatus,
}

fn estimated() -> DayStatus {
    DayStatus::Estimated
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDay {
    date: Spanned<toml::value::Datetime>,
    name: Spanned<String>,
    kind: DayKind,
    #[serde(default = "confirmed")]
    status: DayStatus,
}

fn confirmed() -> DayStatus {
    DayStatus::Confirmed
}

/// Reads a list from the text of the file at `path`, which itself is not opened.
///
/// # Errors
/// Everything that is wrong with it, at once.
pub fn load_holidays(path: &Path, text: &str) -> Result<HolidayList, Vec<HolidayProblem>> {
    let raw: RawList = toml::from_str(text).map_err(|e| vec![unreadable(text, &e)])?;
    let mut problems = Vec::new();
    let mut problem = |at: usize, path: String, what: String, hint: &str| {
        let (line, column) = place(text, at);
        problems.push(HolidayProblem { line, column, path, what, hint: hint.to_owned() });
    };
    if raw.source.get_ref().trim().is_empty() {
        let at = raw.source.span().start;
        problem(at, "source".to_owned(), "is empty".to_owned(), "name the decree");
    }
    let mut days: Vec<Holiday> = Vec::with_capacity(raw.day.len());
    for (i, day) in raw.day.iter().enumerate() {
        let (at, key) = (day.date.span().start, format!("day[{i}].date"));
        let Some(date) = civil_date(day.date.get_ref()) else {
            let what = format!("{} is not a date alone", day.date.get_ref());
            problem(at, key, what, "write it as 2026-08-17, without quotes and time");
            continue;
        };
        if day.name.get_ref().trim().is_empty() {
            let at = day.name.span().start;
            problem(at, format!("day[{i}].name"), "is empty".to_owned(), "say what the day is");
        }
        if let Some(year) = raw.year.filter(|year| *year != date.year()) {
            let what = format!("{date} is not in {year}");
            problem(at, key.clone(), what, "one list is for one year; leave out year for others");
        }
        if days.iter().any(|other| other.date == date) {
            problem(at, key, format!("{date} is in the list already"), "keep one of them");
        }
        days.push(Holiday {
            date,
            name: day.name.get_ref().clone(),
            kind: day.kind,
            status: day.status,
        });
    }
    let mut ramadan: Vec<Ramadan> = Vec::new();
    for (i, raw_ramadan) in raw.ramadan.iter().enumerate() {
        let (at, key) = (raw_ramadan.first.span().start, format!("ramadan[{i}].first"));
        let ends = [&raw_ramadan.first, &raw_ramadan.last].map(|d| civil_date(d.get_ref()));
        let [Some(first), Some(last)] = ends else {
            let what = "is not from a date to a date".to_owned();
            problem(at, key, what, "first = 2026-02-19 and last = 2026-03-20, without quotes");
            continue;
        };
        if raw_ramadan.source.get_ref().trim().is_empty() {
            let at = raw_ramadan.source.span().start;
            let key = format!("ramadan[{i}].source");
            problem(at, key, "is empty".to_owned(), "name the decree, or the computation");
        }
        let days = (last - first).get_days() + 1;
        if !(29..=30).contains(&days) {
            let what = format!("from {first} to {last} are {days} days");
            problem(at, key.clone(), what, "Ramadan has 29 or 30, both ends included");
        }
        if let Some(year) = raw.year.filter(|year| *year != first.year()) {
            let what = format!("{first} is not in {year}");
            problem(at, key.clone(), what, "it belongs in the list of the year it begins in");
        }
        if ramadan.iter().any(|other| other.first <= last && first <= other.last) {
            let what = format!("{first} lies in another Ramadan of the list");
            problem(at, key, what, "keep one of them");
        }
        ramadan.push(Ramadan { first, last, status: raw_ramadan.status });
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    ramadan.sort_by_key(|r| r.first);
    days.sort_by_key(|day| day.date);
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    Ok(HolidayList { name, year: raw.year, source: raw.source.into_inner(), days, ramadan })
}

fn civil_date(given: &toml::value::Datetime) -> Option<Date> {
    let date = given.date.filter(|_| given.time.is_none() && given.offset.is_none())?;
    let (month, day) = (i8::try_from(date.month).ok()?, i8::try_from(date.day).ok()?);
    Date::new(i16::try_from(date.year).ok()?, month, day).ok()
}

fn unreadable(text: &str, error: &toml::de::Error) -> HolidayProblem {
    let (line, column) = error.span().map_or((1, 1), |span| place(text, span.start));
    HolidayProblem {
        line,
        column,
        path: String::new(),
        what: error.message().replace('\n', " "),
        hint: "a list is: year = 2026, source = \"…\", then [[day]] with date = 2026-08-17, \
               name = \"…\", kind = \"national\", \"cuti_bersama\" or \"local\", \
               status = \"confirmed\" or \"estimated\""
            .to_owned(),
    }
}

/// Line and column, from 1, of a byte offset.
fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}
