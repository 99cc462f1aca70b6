//! Periods as people name them, `2026-11` or `2026-11-24`, in the civil time of an office. Must
//! never guess: anything else is an error with a hint.

use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use siaga_decide::{At, Span};

/// A month or a day of an office.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Period {
    name: String,
    first: Date,
    is_month: bool,
    span: Span,
}

/// A text that names no period.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{given:?} is neither a month nor a day")]
pub struct PeriodError {
    /// What was given.
    pub given: String,
    /// What to write instead.
    pub hint: &'static str,
}

impl Period {
    /// Reads `YYYY-MM` or `YYYY-MM-DD`.
    ///
    /// # Errors
    /// Any other text, or a day that no calendar has.
    pub fn parse(text: &str, zone: &TimeZone) -> Result<Self, PeriodError> {
        Self::read(text, zone).ok_or_else(|| PeriodError {
            given: text.to_owned(),
            hint: "a month is 2026-11, a day is 2026-11-24",
        })
    }

    fn read(text: &str, zone: &TimeZone) -> Option<Self> {
        let digits = |part: &str| {
            let plain = part.bytes().all(|b| b.is_ascii_digit());
            plain.then(|| part.parse::<i16>().ok()).flatten()
        };
        let (is_month, day) = match text.len() {
            7 => (true, "01"),
            10 if text.as_bytes().get(7) == Some(&b'-') => (false, text.get(8..)?),
            _ => return None,
        };
        if text.as_bytes().get(4) != Some(&b'-') {
            return None;
        }
        let (year, month) = (digits(text.get(..4)?)?, digits(text.get(5..7)?)?);
        let (month, day) = (i8::try_from(month).ok()?, i8::try_from(digits(day)?).ok()?);
        let first = Date::new(year, month, day).ok()?;
        let next = first.checked_add(if is_month { 1.month() } else { 1.day() }).ok()?;
        let start = |date: Date| {
            let midnight = date.to_zoned_datetime(zone.clone()).ok()?;
            Some(At(midnight.timestamp().as_millisecond()))
        };
        let span = Span { from: start(first)?, to: start(next)? };
        Some(Self { name: text.to_owned(), first, is_month, span })
    }

    /// As it was named.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// From its first midnight to the one after its last day.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span
    }

    /// Its first day.
    #[must_use]
    pub fn first_day(&self) -> Date {
        self.first
    }

    /// Whether it is a month.
    #[must_use]
    pub fn is_month(&self) -> bool {
        self.is_month
    }
}
