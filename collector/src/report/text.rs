//! The account as a person reads it on a terminal or prints it. Must show all four terms beside
//! the availability, so that nobody has to believe one number.

use siaga_decide::wording::{Language, cause_name, instant, interval, number};
use siaga_decide::{At, Certainty, Entry, Kind, SavedBy, Sub};

use super::Report;
use crate::hours::HoursNote;

/// Width of the column of labels.
const LABEL: usize = 46;

/// The text, ending in a line feed.
#[must_use]
pub fn text(report: &Report) -> String {
    let mut writer = Writer { report, lines: Vec::new() };
    writer.head();
    writer.closing();
    writer.terms();
    writer.availability();
    writer.people();
    writer.parts();
    writer.slots();
    writer.by_station();
    writer.stations();
    writer.outages();
    writer.notes();
    let mut text = writer.lines.join("\n");
    text.push('\n');
    text
}

pub(super) struct Writer<'a> {
    pub(super) report: &'a Report<'a>,
    pub(super) lines: Vec<String>,
}

impl Writer<'_> {
    pub(super) fn pick(&self, id: &'static str, en: &'static str) -> &'static str {
        match self.report.language {
            Language::Id => id,
            Language::En => en,
        }
    }

    fn instant(&self, at: At) -> String {
        instant(at, self.report.zone, self.report.language)
    }

    fn head(&mut self) {
        let account = self.report.account;
        self.lines.push(format!("{} ({})", self.report.office_name, account.office));
        let title = match (self.report.period.is_month(), self.report.language) {
            (true, _) => month_name(self.report),
            (false, _) => self.report.period.first_day().to_string(),
        };
        let state = if self.report.closed.is_some() {
            self.pick("angka resmi", "issued figures").to_owned()
        } else if account.is_final {
            self.pick("angka final", "final figures").to_owned()
        } else {
            let until = self.instant(account.until);
            match self.report.language {
                Language::Id => format!("sementara, dihitung sampai {until}"),
                Language::En => format!("provisional, counted up to {until}"),
            }
        };
        self.lines.push(format!("{title}: {state}"));
        self.lines.push(String::new());
    }

    /// A label, `hours:minutes:seconds`, and the share of the service hours.
    fn term(&mut self, indent: usize, label: &str, seconds: i64) {
        let label = format!("{:indent$}{label}", "");
        let whole = self.report.account.service_seconds;
        let share = share(seconds, whole, self.report.language);
        let clock = hours_minutes_seconds(seconds);
        self.lines.push(format!("{label:<LABEL$} {clock:>11} {share:>9}"));
    }

    fn terms(&mut self) {
        let account = self.report.account;
        let language = self.report.language;
        self.term(0, self.pick("Jam layanan", "Service hours"), account.service_seconds);
        self.term(2, self.pick("melayani", "in service"), account.in_service_seconds);
        for (saved_by, seconds) in &account.at_risk {
            let label = match saved_by {
                SavedBy::Battery => {
                    self.pick("di antaranya memakai baterai UPS", "of which on battery")
                }
                SavedBy::Generator => {
                    self.pick("di antaranya memakai genset", "of which on generator")
                }
            };
            self.term(4, label, *seconds);
        }
        self.term(2, self.pick("terganggu", "down"), account.down_seconds());
        for (kind, down) in &account.down {
            self.term(4, cause_name(*kind, None, language), down.seconds);
            for (sub, seconds) in &down.by_sub {
                if let Some(sub) = sub {
                    self.term(6, cause_name(*kind, Some(*sub), language), *seconds);
                }
            }
            if down.likely_seconds > 0 {
                let label = self.pick("di antaranya hanya kemungkinan", "of which only likely");
                self.term(6, label, down.likely_seconds);
            }
        }
        self.term(2, self.pick("pekerjaan terencana", "planned work"), account.planned_seconds);
        self.term(2, self.pick("tidak teramati", "not observed"), account.unobserved_seconds);
        if account.possibly_down_seconds > 0 {
            let label = self.pick("di antaranya mungkin terganggu", "of which possibly down");
            self.term(4, label, account.possibly_down_seconds);
        }
        self.lines.push(String::new());
    }

    fn availability(&mut self) {
        let (account, language) = (self.report.account, self.report.language);
        let availability = account
            .availability()
            .map_or_else(|| "–".to_owned(), |v| format!("{}%", number(v * 100.0, 3, language)));
        let rule = self.pick(
            "melayani ÷ (jam layanan − terencana − tidak teramati)",
            "in service ÷ (service hours − planned − not observed)",
        );
        let label = self.pick("Ketersediaan", "Availability");
        self.lines.push(format!("{label}: {availability} = {rule}"));
        let count = account.outage_count();
        let mut parts = vec![format!("{}: {count}", self.pick("Gangguan", "Outages"))];
        if let Some(longest) = account.longest_seconds() {
            let longest = hours_minutes_seconds(longest);
            parts.push(format!("{} {longest}", self.pick("terlama", "longest")));
        }
        for (label, mean) in [
            (
                self.pick("rata-rata waktu pulih", "mean time to repair"),
                account.mean_seconds_to_repair(),
            ),
            (
                self.pick(
                    "jam layanan di antara dua gangguan rata-rata",
                    "mean service hours between failures",
                ),
                account.mean_seconds_between_failures(),
            ),
        ] {
            if let Some(mean) = mean {
                parts.push(format!("{label} {}", hours_minutes_seconds(mean as i64)));
            }
        }
        self.lines.push(parts.join(", "));
        if account.blips > 0 {
            let label = self.pick(
                "Kedipan (satu pengukuran buruk, dihitung melayani)",
                "Blips (one bad reading, counted as service)",
            );
            self.lines.push(format!("{label}: {}", account.blips));
        }
    }

    fn outages(&mut self) {
        for entry in &self.report.account.outages {
            self.lines.push(String::new());
            self.outage(entry);
        }
    }

    fn outage(&mut self, entry: &Entry) {
        let (zone, language) = (self.report.zone, self.report.language);
        let from = interval(entry.from, zone, language);
        let to = match entry.to {
            Some(to) => interval(to, zone, language),
            None => self.pick("masih berlangsung", "goes on").to_owned(),
        };
        self.lines.push(format!("{}: {from} – {to}", entry.id));
        let mut costs = vec![hours_minutes_seconds(entry.down_seconds())];
        costs.push(self.pick("terganggu di jam layanan", "down in service hours").to_owned());
        if entry.planned_seconds > 0 {
            let planned = hours_minutes_seconds(entry.planned_seconds);
            costs.push(format!("+ {planned} {}", self.pick("terencana", "planned")));
        }
        let cause = entry.cause.map_or_else(
            || self.pick("penyebab belum diketahui", "cause not known").to_owned(),
            |cause| self.cause(cause),
        );
        self.lines.push(format!("  {}: {cause}", costs.join(" ")));
        if entry.down.len() > 1 {
            let parts: Vec<String> = entry
                .down
                .iter()
                .map(|(kind, seconds)| {
                    let name = cause_name(*kind, None, language);
                    format!("{name} {}", hours_minutes_seconds(*seconds))
                })
                .collect();
            self.lines.push(format!("  {}", parts.join("; ")));
        }
        if let Some(by) = &entry.acknowledged_by {
            self.lines.push(format!("  {} {by}", self.pick("ditangani", "handled by")));
        }
        if entry.provisional {
            let note = self.pick(
                "hanya berdasar tidak ada kabar, belum dihitung",
                "rests on silence alone, not counted yet",
            );
            self.lines.push(format!("  {note}"));
        }
    }

    fn cause(&self, (kind, sub, certainty): (Kind, Option<Sub>, Certainty)) -> String {
        let name = cause_name(kind, sub, self.report.language);
        match certainty {
            Certainty::Certain => name.to_owned(),
            Certainty::Likely => format!("{} {name}", self.pick("kemungkinan", "probably")),
        }
    }

    fn stations(&mut self) {
        if self.report.account.unobserved_by_station.is_empty() {
            return;
        }
        self.lines.push(String::new());
        self.lines.push(self.pick("Tidak teramati, per PC:", "Not observed, by PC:").to_owned());
        for (station, seconds) in &self.report.account.unobserved_by_station {
            self.term(2, station.as_str(), *seconds);
        }
    }

    fn notes(&mut self) {
        if self.report.notes.is_empty() {
            return;
        }
        self.lines.push(String::new());
        self.lines.push(self.pick("Catatan:", "Notes:").to_owned());
        for note in self.report.notes {
            let line = match (note, self.report.language) {
                (HoursNote::HolidaysUnused, Language::Id) => {
                    "daftar hari libur tidak dipakai: jam layanan tidak menyebut PH".to_owned()
                }
                (HoursNote::HolidaysUnused, Language::En) => {
                    "the holiday lists do nothing: the service hours do not mention PH".to_owned()
                }
                (HoursNote::NoList { year }, Language::Id) => {
                    format!("tidak ada daftar hari libur untuk {year}")
                }
                (HoursNote::NoList { year }, Language::En) => {
                    format!("there is no list of holidays for {year}")
                }
                (HoursNote::Estimated { date, name }, Language::Id) => {
                    format!("{date} dihitung libur menurut perkiraan: {name}")
                }
                (HoursNote::Estimated { date, name }, Language::En) => {
                    format!("{date} counts as a holiday by estimate: {name}")
                }
                (HoursNote::NoRamadan { year }, Language::Id) => {
                    format!("tidak ada tanggal Ramadan untuk {year}: jam biasa yang dipakai")
                }
                (HoursNote::NoRamadan { year }, Language::En) => {
                    format!("no list says when Ramadan is in {year}: the usual hours apply")
                }
                (HoursNote::RamadanEstimated { first, last }, Language::Id) => {
                    format!("jam Ramadan dipakai menurut perkiraan: {first} sampai {last}")
                }
                (HoursNote::RamadanEstimated { first, last }, Language::En) => {
                    format!("the hours of Ramadan apply by estimate: {first} to {last}")
                }
            };
            self.lines.push(format!("  {line}"));
        }
    }
}

fn month_name(report: &Report) -> String {
    const ID: [&str; 12] = [
        "Januari",
        "Februari",
        "Maret",
        "April",
        "Mei",
        "Juni",
        "Juli",
        "Agustus",
        "September",
        "Oktober",
        "November",
        "Desember",
    ];
    const EN: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let first = report.period.first_day();
    let names = match report.language {
        Language::Id => ID,
        Language::En => EN,
    };
    let month = usize::from(first.month().unsigned_abs()).saturating_sub(1);
    format!("{} {}", names.get(month).copied().unwrap_or_default(), first.year())
}

/// `123:04:05`, exact.
pub(super) fn hours_minutes_seconds(seconds: i64) -> String {
    format!("{}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

/// Seconds of centuries are far below the whole numbers that a double holds exactly.
pub(super) fn share(part: i64, whole: i64, language: Language) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    format!("{}%", number(part as f64 / whole as f64 * 100.0, 2, language))
}
