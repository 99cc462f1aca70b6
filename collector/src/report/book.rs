//! The account as a workbook for spreadsheets: numbers as numbers, dates as dates, a sheet for each
//! question. Must never write a text from people as a formula: it writes strings as strings.

use jiff::Timestamp;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet, XlsxError};
use siaga_decide::wording::{Language, cause_name};
use siaga_decide::{At, SavedBy};

use super::people::{unserved, weekday};
use super::{Report, term_name};

/// A workbook that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("the workbook could not be written: {0}")]
pub struct BookError(#[from] XlsxError);

struct Book<'a> {
    report: &'a Report<'a>,
    bold: Format,
    clock: Format,
    percent: Format,
    instant: Format,
}

/// The workbook's bytes.
///
/// # Errors
/// When it cannot be written, which memory never refuses.
pub fn xlsx(report: &Report) -> Result<Vec<u8>, BookError> {
    let book = Book {
        report,
        bold: Format::new().set_bold(),
        clock: Format::new().set_num_format("[h]:mm:ss"),
        percent: Format::new().set_num_format("0.000%"),
        instant: Format::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
    };
    let mut workbook = Workbook::new();
    book.terms(workbook.add_worksheet())?;
    if !report.parts.is_empty() {
        book.parts(workbook.add_worksheet())?;
    }
    book.outages(workbook.add_worksheet())?;
    book.slots(workbook.add_worksheet())?;
    book.stations(workbook.add_worksheet())?;
    Ok(workbook.save_to_buffer()?)
}

/// Seconds of centuries are far below the whole numbers that a double holds exactly.
#[allow(clippy::cast_precision_loss)]
fn days(seconds: i64) -> f64 {
    seconds as f64 / 86_400.0
}

impl Book<'_> {
    fn pick(&self, id: &'static str, en: &'static str) -> &'static str {
        match self.report.language {
            Language::Id => id,
            Language::En => en,
        }
    }

    fn head(&self, sheet: &mut Worksheet, name: &str, columns: &[&str]) -> Result<(), BookError> {
        sheet.set_name(name)?;
        for (i, column) in (0..).zip(columns) {
            sheet.write_string_with_format(0, i, *column, &self.bold)?;
            sheet.set_column_width(i, if i == 0 { 44 } else { 18 })?;
        }
        sheet.set_freeze_panes(1, 0)?;
        Ok(())
    }

    fn terms(&self, sheet: &mut Worksheet) -> Result<(), BookError> {
        let (account, language) = (self.report.account, self.report.language);
        let title = format!("{} {}", self.report.office_name, self.report.period.name());
        let columns = [title.as_str(), self.pick("lama", "time"), self.pick("detik", "seconds")];
        self.head(sheet, self.pick("Rekapitulasi", "Account"), &columns)?;
        let mut rows = vec![
            (term_name(super::Term::Service, language).to_owned(), account.service_seconds),
            (term_name(super::Term::InService, language).to_owned(), account.in_service_seconds),
        ];
        for (kind, down) in &account.down {
            for (sub, seconds) in &down.by_sub {
                let name = cause_name(*kind, *sub, language);
                rows.push((format!("{}: {name}", self.pick("terganggu", "down")), *seconds));
            }
        }
        rows.push((term_name(super::Term::Planned, language).to_owned(), account.planned_seconds));
        let name = term_name(super::Term::Unobserved, language);
        rows.push((name.to_owned(), account.unobserved_seconds));
        let name = self.pick("  di antaranya mungkin terganggu", "  of which possibly down");
        rows.push((name.to_owned(), account.possibly_down_seconds));
        for (by, seconds) in &account.at_risk {
            let name = match by {
                SavedBy::Battery => self.pick("diselamatkan baterai UPS", "saved by UPS battery"),
                SavedBy::Generator => self.pick("diselamatkan genset", "saved by the generator"),
            };
            rows.push((name.to_owned(), *seconds));
        }
        let mut row = 1;
        for (name, seconds) in &rows {
            sheet.write_string(row, 0, name)?;
            sheet.write_number_with_format(row, 1, days(*seconds), &self.clock)?;
            sheet.write_number(row, 2, days(*seconds) * 86_400.0)?;
            row += 1;
        }
        sheet.write_string(row, 0, self.pick("ketersediaan", "availability"))?;
        match account.availability() {
            Some(v) => sheet.write_number_with_format(row, 1, v, &self.percent)?,
            None => sheet.write_string(row, 1, "–")?,
        };
        row += 1;
        let state = match (self.report.closed, account.is_final) {
            (Some(_), _) => self.pick("angka resmi", "issued figures"),
            (None, true) => self.pick("angka final", "final figures"),
            (None, false) => self.pick("sementara", "provisional"),
        };
        sheet.write_string(row, 0, state)?;
        row += 1;
        for line in account.unserved.iter().flat_map(|u| unserved(u, language)) {
            sheet.write_string(row, 0, line.trim())?;
            row += 1;
        }
        Ok(())
    }

    fn parts(&self, sheet: &mut Worksheet) -> Result<(), BookError> {
        let columns = [
            self.pick("kantor", "office"),
            self.pick("jam layanan", "service hours"),
            self.pick("melayani", "in service"),
            self.pick("terganggu", "down"),
            self.pick("terencana", "planned"),
            self.pick("tidak teramati", "not observed"),
            self.pick("ketersediaan", "availability"),
        ];
        self.head(sheet, self.pick("Kantor", "Offices"), &columns)?;
        for (row, part) in (1..).zip(self.report.parts) {
            let account = &part.standing.account;
            sheet.write_string(row, 0, part.name)?;
            let terms = [
                account.service_seconds,
                account.in_service_seconds,
                account.down_seconds(),
                account.planned_seconds,
                account.unobserved_seconds,
            ];
            for (column, seconds) in (1..).zip(terms) {
                sheet.write_number_with_format(row, column, days(seconds), &self.clock)?;
            }
            if let Some(v) = account.availability() {
                sheet.write_number_with_format(row, 6, v, &self.percent)?;
            }
        }
        Ok(())
    }

    fn outages(&self, sheet: &mut Worksheet) -> Result<(), BookError> {
        let columns = [
            self.pick("nomor", "number"),
            self.pick("kantor", "office"),
            self.pick("mulai", "from"),
            self.pick("selesai", "to"),
            self.pick("terganggu", "down"),
            self.pick("terencana", "planned"),
            self.pick("penyebab", "cause"),
        ];
        self.head(sheet, self.pick("Gangguan", "Outages"), &columns)?;
        for (row, entry) in (1..).zip(&self.report.account.outages) {
            sheet.write_string(row, 0, entry.id.as_str())?;
            sheet.write_string(row, 1, entry.office.as_str())?;
            self.instant(sheet, row, 2, entry.from.lo)?;
            if let Some(to) = entry.to {
                self.instant(sheet, row, 3, to.hi)?;
            }
            let down = days(entry.down_seconds());
            sheet.write_number_with_format(row, 4, down, &self.clock)?;
            let planned = days(entry.planned_seconds);
            sheet.write_number_with_format(row, 5, planned, &self.clock)?;
            if let Some((kind, sub, _)) = entry.cause {
                sheet.write_string(row, 6, cause_name(kind, sub, self.report.language))?;
            }
        }
        Ok(())
    }

    /// Civil time of the office; an instant that no calendar reaches stays empty.
    fn instant(
        &self,
        sheet: &mut Worksheet,
        row: u32,
        column: u16,
        at: At,
    ) -> Result<(), BookError> {
        let Ok(instant) = Timestamp::from_millisecond(at.0) else { return Ok(()) };
        let civil = self.report.zone.to_datetime(instant);
        let text = civil.strftime("%Y-%m-%dT%H:%M:%S").to_string();
        let moment = ExcelDateTime::parse_from_str(&text)?;
        sheet.write_datetime_with_format(row, column, &moment, &self.instant)?;
        Ok(())
    }

    fn slots(&self, sheet: &mut Worksheet) -> Result<(), BookError> {
        let columns = [
            self.pick("jam atau hari", "hour or weekday"),
            self.pick("jam layanan", "service hours"),
            self.pick("terganggu", "down"),
            self.pick("tidak teramati", "not observed"),
        ];
        self.head(sheet, self.pick("Jam dan hari", "Hours and days"), &columns)?;
        let account = self.report.account;
        let hours = account.by_hour.iter().enumerate().map(|(h, t)| (format!("{h:02}"), t));
        let weekdays = account.by_weekday.iter().enumerate();
        let weekdays = weekdays.map(|(i, t)| (weekday(i, self.report.language).to_owned(), t));
        let rows = hours.chain(weekdays).filter(|(_, t)| t.service > 0);
        for (row, (name, terms)) in (1..).zip(rows) {
            sheet.write_string(row, 0, name)?;
            for (column, s) in (1..).zip([terms.service, terms.down, terms.unobserved]) {
                sheet.write_number_with_format(row, column, days(s), &self.clock)?;
            }
        }
        Ok(())
    }

    fn stations(&self, sheet: &mut Worksheet) -> Result<(), BookError> {
        let columns = [
            "PC",
            self.pick("dapat melayani", "could serve"),
            self.pick("tidak dapat", "could not"),
            self.pick("tidak teramati", "not observed"),
        ];
        self.head(sheet, "PC", &columns)?;
        for (row, (id, s)) in (1..).zip(&self.report.account.by_station) {
            sheet.write_string(row, 0, id.as_str())?;
            for (column, s) in (1..).zip([s.serving, s.not_serving, s.unknown]) {
                sheet.write_number_with_format(row, column, days(s), &self.clock)?;
            }
        }
        Ok(())
    }
}
