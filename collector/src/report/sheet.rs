//! The account as one CSV table, a figure or an outage to a row. Must never let a cell become a
//! formula: names and notes come from people.

use jiff::Timestamp;
use siaga_decide::{At, Kind, SavedBy, Sub, When};

use super::Report;
use super::json::certainty_word;
use crate::hours::HoursNote;

/// For whom.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum CsvStyle {
    /// Programs: commas, decimal points, no byte order mark (RFC 4180).
    #[default]
    Plain,
    /// Spreadsheets set to Indonesian: semicolons, decimal commas, a byte order mark.
    Excel,
}

/// A table that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("the table could not be written: {0}")]
pub struct SheetError(String);

const HEADER: [&str; 11] =
    ["office", "period", "row", "id", "cause", "detail", "from", "to", "value", "unit", "note"];

/// The table: a row for each figure, then one for each outage, then the notes. Instants are the
/// civil time of the office, `2026-11-24 09:05:00`, and outages not yet over have no end.
///
/// # Errors
/// See [`super::render`].
pub fn csv(report: &Report, style: CsvStyle) -> Result<String, SheetError> {
    let delimiter = match style {
        CsvStyle::Plain => b',',
        CsvStyle::Excel => b';',
    };
    let mut table = Table {
        report,
        style,
        writer: ::csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new()),
    };
    table.writer.write_record(HEADER).map_err(failed)?;
    table.figures()?;
    table.outages()?;
    table.notes()?;
    let bytes = table.writer.into_inner().map_err(failed)?;
    let body = String::from_utf8(bytes).map_err(failed)?;
    Ok(match style {
        CsvStyle::Plain => body,
        CsvStyle::Excel => format!("\u{feff}{body}"),
    })
}

fn failed(error: impl std::fmt::Display) -> SheetError {
    SheetError(error.to_string())
}

struct Table<'a> {
    report: &'a Report<'a>,
    style: CsvStyle,
    writer: ::csv::Writer<Vec<u8>>,
}

/// One row; what a row has not is empty.
#[derive(Default)]
struct Row<'a> {
    row: &'a str,
    id: &'a str,
    cause: &'a str,
    detail: &'a str,
    from: String,
    to: String,
    value: String,
    unit: &'a str,
    note: String,
}

impl Table<'_> {
    fn write(&mut self, row: &Row) -> Result<(), SheetError> {
        let cells = [
            safe(self.report.account.office.as_str()),
            self.report.period.name().to_owned(),
            row.row.to_owned(),
            safe(row.id),
            row.cause.to_owned(),
            safe(row.detail),
            row.from.clone(),
            row.to.clone(),
            row.value.clone(),
            row.unit.to_owned(),
            safe(&row.note),
        ];
        self.writer.write_record(&cells).map_err(failed)
    }

    fn seconds(&mut self, row: &str, seconds: i64) -> Result<(), SheetError> {
        self.write(&Row { row, value: seconds.to_string(), unit: "s", ..Row::default() })
    }

    fn figures(&mut self) -> Result<(), SheetError> {
        let account = self.report.account;
        self.seconds("service", account.service_seconds)?;
        self.seconds("in_service", account.in_service_seconds)?;
        for (kind, down) in &account.down {
            for (sub, seconds) in &down.by_sub {
                self.write(&Row {
                    row: "down",
                    cause: kind.word(),
                    detail: sub.map(Sub::word).unwrap_or_default(),
                    value: seconds.to_string(),
                    unit: "s",
                    ..Row::default()
                })?;
            }
            if down.likely_seconds > 0 {
                let value = down.likely_seconds.to_string();
                let (row, cause) = ("down_likely", kind.word());
                self.write(&Row { row, cause, value, unit: "s", ..Row::default() })?;
            }
        }
        self.seconds("planned", account.planned_seconds)?;
        self.seconds("unobserved", account.unobserved_seconds)?;
        self.seconds("possibly_down", account.possibly_down_seconds)?;
        for (station, seconds) in &account.unobserved_by_station {
            let (row, detail) = ("unobserved_by_station", station.as_str());
            let value = seconds.to_string();
            self.write(&Row { row, detail, value, unit: "s", ..Row::default() })?;
        }
        for (station, s) in &account.by_station {
            let (row, detail) = ("station_not_serving", station.as_str());
            let value = s.not_serving.to_string();
            self.write(&Row { row, detail, value, unit: "s", ..Row::default() })?;
        }
        let hours = account.by_hour.iter().enumerate().map(|(h, t)| ("hour_down", h, t));
        let weekdays = account.by_weekday.iter().enumerate();
        let weekdays = weekdays.map(|(i, t)| ("iso_weekday_down", i + 1, t));
        for (row, slot, terms) in hours.chain(weekdays).filter(|(.., t)| t.service > 0) {
            let (detail, value) = (format!("{slot:02}"), terms.down.to_string());
            self.write(&Row { row, detail: &detail, value, unit: "s", ..Row::default() })?;
        }
        if let Some(u) = &account.unserved {
            let pace = (self.decimal(u.per_hour.0, 1), self.decimal(u.per_hour.1, 1));
            let note = format!("assuming {} to {} recordings per service hour", pace.0, pace.1);
            for (row, value) in [
                ("citizens_not_served_least", u.people.0.to_string()),
                ("citizens_not_served_most", u.people.1.to_string()),
                ("extra_hours_least", self.decimal(u.extra_hours.0, 1)),
                ("extra_hours_most", self.decimal(u.extra_hours.1, 1)),
            ] {
                let unit = if row.starts_with("extra") { "h" } else { "1" };
                self.write(&Row { row, value, unit, note: note.clone(), ..Row::default() })?;
            }
        }
        for part in self.report.parts {
            let account = &part.standing.account;
            self.write(&Row {
                row: "office_down",
                id: account.office.as_str(),
                detail: part.name,
                value: account.down_seconds().to_string(),
                unit: "s",
                ..Row::default()
            })?;
        }
        for (saved_by, seconds) in &account.at_risk {
            let detail = match saved_by {
                SavedBy::Battery => "battery",
                SavedBy::Generator => "generator",
            };
            let value = seconds.to_string();
            self.write(&Row { row: "at_risk", detail, value, unit: "s", ..Row::default() })?;
        }
        let value = account.availability().map(|v| self.decimal(v, 6)).unwrap_or_default();
        self.write(&Row { row: "availability", value, unit: "1", ..Row::default() })?;
        let value = account.outage_count().to_string();
        self.write(&Row { row: "outages", value, unit: "1", ..Row::default() })?;
        for (row, mean) in [
            ("mean_between_failures", account.mean_seconds_between_failures()),
            ("mean_to_repair", account.mean_seconds_to_repair()),
        ] {
            let value = mean.map(|mean| self.decimal(mean, 1)).unwrap_or_default();
            self.write(&Row { row, value, unit: "s", ..Row::default() })?;
        }
        let value = if account.is_final { "1" } else { "0" }.to_owned();
        self.write(&Row { row: "final", value, unit: "1", ..Row::default() })
    }

    fn outages(&mut self) -> Result<(), SheetError> {
        for entry in &self.report.account.outages {
            let (kind, sub, certainty) = match entry.cause {
                Some((kind, sub, certainty)) => (Some(kind), sub, certainty_word(certainty)),
                None => (None, None, ""),
            };
            let by = entry.acknowledged_by.as_ref().map_or("", |by| by.as_str());
            let note = match (certainty, by) {
                (certainty, "") => certainty.to_owned(),
                (certainty, by) => format!("{certainty}, acknowledged by {by}"),
            };
            let row = Row {
                row: "outage",
                id: entry.id.as_str(),
                cause: kind.map(Kind::word).unwrap_or_default(),
                detail: sub.map(Sub::word).unwrap_or_default(),
                from: self.when(entry.from, |when| when.lo),
                to: entry.to.map(|to| self.when(to, |when| when.hi)).unwrap_or_default(),
                value: entry.down_seconds().to_string(),
                unit: "s",
                note,
            };
            self.write(&row)?;
        }
        Ok(())
    }

    fn notes(&mut self) -> Result<(), SheetError> {
        for note in self.report.notes {
            let (detail, note) = match note {
                HoursNote::HolidaysUnused => ("holidays_unused", String::new()),
                HoursNote::NoList { year } => ("no_holiday_list", year.to_string()),
                HoursNote::Estimated { date, name } => {
                    ("estimated_holiday", format!("{date} {name}"))
                }
                HoursNote::NoRamadan { year } => ("no_ramadan", year.to_string()),
                HoursNote::RamadanEstimated { first, last } => {
                    ("estimated_ramadan", format!("{first} {last}"))
                }
            };
            self.write(&Row { row: "note", detail, note, ..Row::default() })?;
        }
        Ok(())
    }

    fn decimal(&self, value: f64, decimals: usize) -> String {
        let plain = format!("{value:.decimals$}");
        match self.style {
            CsvStyle::Plain => plain,
            CsvStyle::Excel => plain.replace('.', ","),
        }
    }

    /// The widest end of an interval, in the office's civil time.
    fn when(&self, when: When, end: impl Fn(When) -> At) -> String {
        let at = end(when);
        match Timestamp::from_millisecond(at.0) {
            Ok(instant) => {
                let civil = self.report.zone.to_datetime(instant);
                civil.strftime("%Y-%m-%d %H:%M:%S").to_string()
            }
            Err(_) => at.0.to_string(),
        }
    }
}

/// A cell that no spreadsheet takes for a formula (OWASP, CSV injection): a quote before the
/// characters that begin one.
fn safe(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}
