//! The account of a month or a day for people and programs: as text, CSV, JSON and a
//! workbook. Must never
//! compute a figure: the account has them all, and here they are only written down.

mod book;
mod json;
mod people;
mod period;
mod sheet;
mod text;

use jiff::tz::TimeZone;
use siaga_decide::wording::Language;
use siaga_decide::{Account, Kind};

use crate::accounts::{Proposal, Standing};
use crate::hours::HoursNote;
use crate::store::months::Closed;

pub use book::{BookError, xlsx};
pub use json::json;
pub use people::{saved, unserved};
pub use period::{Period, PeriodError};
pub use sheet::{CsvStyle, SheetError, csv};
pub use text::text;

/// An account and what is needed to write it down.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// The figures.
    pub account: &'a Account,
    /// As asked for; its span is the account's.
    pub period: &'a Period,
    /// What the office is called.
    pub office_name: &'a str,
    /// In whose civil time.
    pub zone: &'a TimeZone,
    /// For the words of the text; CSV and JSON have the words of the contract.
    pub language: Language,
    /// What the service hours rest on: [`crate::hours::Hours::notes`] of the period.
    pub notes: &'a [HoursNote],
    /// The closing of the month, where it is closed: then these are issued figures.
    pub closed: Option<&'a Closed>,
    /// What late evidence proposes beside issued figures.
    pub proposal: Option<&'a Proposal>,
    /// The offices that are added up here; none for one office alone.
    pub parts: &'a [Part<'a>],
}

/// One office of several that are added up.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// As people call it.
    pub name: &'a str,
    /// Its own account.
    pub standing: &'a Standing,
}

/// A term of an account that can differ between issued and proposed figures.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Term {
    /// Service hours.
    Service,
    /// Served.
    InService,
    /// Down by a cause.
    Down(Kind),
    /// Planned work.
    Planned,
    /// Not known.
    Unobserved,
}

/// The terms in which two accounts differ: which, before, after.
#[must_use]
pub fn changes(before: &Account, after: &Account) -> Vec<(Term, i64, i64)> {
    let down = |account: &Account, kind| account.down.get(&kind).map_or(0, |d| d.seconds);
    let mut all = vec![
        (Term::Service, before.service_seconds, after.service_seconds),
        (Term::InService, before.in_service_seconds, after.in_service_seconds),
    ];
    all.extend(Kind::ALL.map(|kind| (Term::Down(kind), down(before, kind), down(after, kind))));
    all.push((Term::Planned, before.planned_seconds, after.planned_seconds));
    all.push((Term::Unobserved, before.unobserved_seconds, after.unobserved_seconds));
    all.retain(|(_, a, b)| a != b);
    all
}

/// What a term is called.
#[must_use]
pub fn term_name(term: Term, language: Language) -> &'static str {
    let (id, en) = match term {
        Term::Service => ("jam layanan", "service hours"),
        Term::InService => ("melayani", "in service"),
        Term::Down(kind) => return siaga_decide::wording::cause_name(kind, None, language),
        Term::Planned => ("pekerjaan terencana", "planned work"),
        Term::Unobserved => ("tidak teramati", "not observed"),
    };
    match language {
        Language::Id => id,
        Language::En => en,
    }
}

/// How to write it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// For people.
    Text,
    /// For spreadsheets.
    Csv,
    /// For programs.
    Json,
    /// For spreadsheets, as a workbook.
    Xlsx,
}

impl Format {
    /// The word on the command line.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Xlsx => "xlsx",
        }
    }

    /// Reads [`Self::word`].
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Text, Self::Csv, Self::Json, Self::Xlsx]
            .into_iter()
            .find(|format| format.word() == word)
    }
}

/// A report that could not be written.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// As a table.
    #[error(transparent)]
    Sheet(#[from] SheetError),
    /// As a workbook.
    #[error(transparent)]
    Book(#[from] BookError),
}

/// The report in a format; texts end in a line feed.
///
/// # Errors
/// Only when CSV or a workbook cannot be written, which memory never refuses.
pub fn render(report: &Report, format: Format, style: CsvStyle) -> Result<Vec<u8>, RenderError> {
    match format {
        Format::Text => Ok(text(report).into_bytes()),
        Format::Csv => Ok(csv(report, style)?.into_bytes()),
        Format::Json => Ok(format!("{:#}\n", json(report)).into_bytes()),
        Format::Xlsx => Ok(xlsx(report)?),
    }
}

#[cfg(test)]
mod tests;
