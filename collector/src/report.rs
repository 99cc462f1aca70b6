//! The account of a month or a day for people and programs: as text, CSV and JSON. Must never
//! compute a figure: the account has them all, and here they are only written down.

mod json;
mod period;
mod sheet;
mod text;

use jiff::tz::TimeZone;
use siaga_decide::Account;
use siaga_decide::wording::Language;

use crate::hours::HoursNote;

pub use json::json;
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
}

impl Format {
    /// The word on the command line.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }

    /// Reads [`Self::word`].
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Text, Self::Csv, Self::Json].into_iter().find(|format| format.word() == word)
    }
}

/// The report in a format, ending in a line feed.
///
/// # Errors
/// Only when CSV cannot be written, which memory never refuses.
pub fn render(report: &Report, format: Format, style: CsvStyle) -> Result<String, SheetError> {
    match format {
        Format::Text => Ok(text(report)),
        Format::Csv => csv(report, style),
        Format::Json => Ok(format!("{:#}\n", json(report))),
    }
}

#[cfg(test)]
mod tests;
