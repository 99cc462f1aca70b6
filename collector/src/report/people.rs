//! What an account says of stations, hours, weekdays, citizens and closing, in words. Must never
//! compute a figure.

use siaga_decide::wording::{Language, duration, instant, number};
use siaga_decide::{SavedBy, Terms, Unserved};

use super::text::{Writer, hours_minutes_seconds, share};

const WEEKDAYS: [(&str, &str); 7] = [
    ("Senin", "Monday"),
    ("Selasa", "Tuesday"),
    ("Rabu", "Wednesday"),
    ("Kamis", "Thursday"),
    ("Jumat", "Friday"),
    ("Sabtu", "Saturday"),
    ("Minggu", "Sunday"),
];

/// The name of a weekday, Monday first.
pub(super) fn weekday(i: usize, language: Language) -> &'static str {
    let (id, en) = WEEKDAYS.get(i).copied().unwrap_or_default();
    match language {
        Language::Id => id,
        Language::En => en,
    }
}

/// What saved seconds without mains: `genset menyelamatkan 3 jam 10 menit`.
#[must_use]
pub fn saved(by: SavedBy, seconds: i64, language: Language) -> String {
    let lasted = duration(seconds * 1_000, language);
    match (by, language) {
        (SavedBy::Battery, Language::Id) => format!("baterai UPS menyelamatkan {lasted}"),
        (SavedBy::Generator, Language::Id) => format!("genset menyelamatkan {lasted}"),
        (SavedBy::Battery, Language::En) => format!("UPS batteries saved {lasted}"),
        (SavedBy::Generator, Language::En) => format!("the generator saved {lasted}"),
    }
}

fn range(least: f64, most: f64, decimals: usize, language: Language) -> String {
    let (a, b) = (number(least, decimals, language), number(most, decimals, language));
    if a == b { a } else { format!("{a}–{b}") }
}

/// What downtime cost citizens, in lines: the range, its assumption, the hours that make up for
/// it, and the target.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "people of a nation are far below 2^53")]
pub fn unserved(u: &Unserved, language: Language) -> Vec<String> {
    let id = language == Language::Id;
    let (least, most) = (u.people.0 as f64, u.people.1 as f64);
    let people = range(least, most, 0, language);
    let pace = range(u.per_hour.0, u.per_hour.1, decimals(u.per_hour), language);
    let down = duration(u.down_seconds * 1_000, language);
    let mut lines = vec![if id {
        format!("Warga tidak terlayani: {people} orang (perekaman yang tidak terlaksana)")
    } else {
        format!("Citizens not served: {people} (recordings that did not take place)")
    }];
    let possible = (u.possibly_down_seconds > 0).then(|| {
        let lasted = duration(u.possibly_down_seconds * 1_000, language);
        if id {
            format!("; batas atas ikut menghitung {lasted} yang mungkin terganggu")
        } else {
            format!("; the upper end counts {lasted} that may have been down too")
        }
    });
    let possible = possible.unwrap_or_default();
    lines.push(if id {
        format!("  anggapan: {pace} perekaman per jam layanan, terganggu {down}{possible}")
    } else {
        format!("  assumption: {pace} recordings in an hour of service, down {down}{possible}")
    });
    let extra = range(u.extra_hours.0, u.extra_hours.1, 1, language);
    lines.push(if id {
        format!("  mengejarnya dengan laju yang sama perlu {extra} jam kerja tambahan")
    } else {
        format!("  making up for it at the same pace takes {extra} extra hours of work")
    });
    if let Some(target) = u.target {
        let parts = target.share(u.people.0).zip(target.share(u.people.1));
        let part =
            parts.map_or("–".to_owned(), |(a, b)| range(a * 100.0, b * 100.0, 2, language));
        let yearly = number(target.per_year as f64, 0, language);
        lines.push(if id {
            format!("  itu {part}% dari target {yearly} perekaman setahun")
        } else {
            format!("  that is {part}% of the target of {yearly} recordings in a year")
        });
        if let Some(due) = target.in_period {
            let due = number(due, 0, language);
            lines.push(if id {
                format!("  bagian target pada masa ini, menurut jam layanan: {due} perekaman")
            } else {
                format!("  the target's part in this period, by service hours: {due} recordings")
            });
        }
    }
    if u.offices_without > 0 {
        let n = u.offices_without;
        lines.push(if id {
            format!("  {n} kantor tanpa laju perekaman dalam konfigurasi tidak dihitung")
        } else {
            format!("  {n} offices have no pace in the configuration and are not counted")
        });
    }
    lines
}

fn decimals(pace: (f64, f64)) -> usize {
    usize::from(pace.0.fract() != 0.0 || pace.1.fract() != 0.0)
}

impl Writer<'_> {
    /// Whether the month is closed, and what late evidence would change.
    pub(super) fn closing(&mut self) {
        let (language, zone) = (self.report.language, self.report.zone);
        let Some(closed) = self.report.closed else { return };
        let at = instant(closed.at, zone, language);
        self.lines.push(match language {
            Language::Id => format!("Ditutup oleh {} pada {at}; angka resmi.", closed.by),
            Language::En => format!("Closed by {} at {at}; issued figures.", closed.by),
        });
        for said in &closed.verdicts {
            let at = instant(said.at, zone, language);
            let word = match said.accepted {
                true => self.pick("koreksi diterima", "correction accepted"),
                false => self.pick("koreksi ditolak", "correction refused"),
            };
            self.lines.push(format!("  {at}: {word} ({}): {}", said.by, said.why));
        }
        if let Some(proposal) = self.report.proposal {
            let label = self.pick(
                "Usulan koreksi dari bukti yang datang kemudian",
                "Correction proposed by evidence that came later",
            );
            self.lines.push(format!("  {label} ({}):", proposal.id));
            for (what, issued, proposed) in super::changes(self.report.account, &proposal.account) {
                let name = super::term_name(what, language);
                let (a, b) = (hours_minutes_seconds(issued), hours_minutes_seconds(proposed));
                self.lines.push(format!("    {name}: {a} → {b}"));
            }
        }
        self.lines.push(String::new());
    }

    pub(super) fn people(&mut self) {
        let language = self.report.language;
        for (by, seconds) in &self.report.account.at_risk {
            let period = match self.report.period.is_month() {
                true => self.pick("bulan ini", "this month"),
                false => self.pick("pada hari itu", "on that day"),
            };
            let text = saved(*by, *seconds, language);
            let first = text.chars().next().map_or(String::new(), |c| c.to_uppercase().to_string());
            let rest: String = text.chars().skip(1).collect();
            self.lines.push(format!("{first}{rest} {period}."));
        }
        if let Some(u) = &self.report.account.unserved {
            self.lines.extend(unserved(u, language));
        }
    }

    /// Hours of the day and weekdays that had any service hours.
    pub(super) fn slots(&mut self) {
        let language = self.report.language;
        let label = self.pick("Per jam (waktu setempat):", "By hour of the day (local time):");
        let hours = self.report.account.by_hour;
        let names = hours.iter().enumerate().map(|(h, t)| {
            let point = if language == Language::Id { '.' } else { ':' };
            (format!("{h:02}{point}00–{:02}{point}00", h + 1), *t)
        });
        self.table(label, names.collect());
        let label = self.pick("Per hari:", "By weekday:");
        let days = self.report.account.by_weekday;
        let names = days.iter().enumerate().map(|(i, t)| (weekday(i, language).to_owned(), *t));
        self.table(label, names.collect());
    }

    fn table(&mut self, label: &str, rows: Vec<(String, Terms)>) {
        let rows: Vec<_> = rows.into_iter().filter(|(_, t)| t.service > 0).collect();
        // One slot says nothing that the whole does not.
        if rows.len() < 2 {
            return;
        }
        self.lines.push(String::new());
        let (down, part) = (self.pick("terganggu", "down"), self.pick("bagian", "share"));
        self.lines.push(format!("{label:<36} {down:>11} {part:>9}"));
        for (name, terms) in rows {
            let share = share(terms.down, terms.service, self.report.language);
            let clock = hours_minutes_seconds(terms.down);
            self.lines.push(format!("  {name:<34} {clock:>11} {share:>9}"));
        }
    }

    pub(super) fn by_station(&mut self) {
        let stations = &self.report.account.by_station;
        if stations.is_empty() {
            return;
        }
        self.lines.push(String::new());
        let label = self.pick("Per PC:", "By PC:");
        let (down, unknown) =
            (self.pick("tak melayani", "not serving"), self.pick("tak teramati", "not observed"));
        self.lines.push(format!("{label:<31} {down:>14} {unknown:>14}"));
        for (id, s) in stations {
            let (down, unknown) =
                (hours_minutes_seconds(s.not_serving), hours_minutes_seconds(s.unknown));
            let name = id.as_str();
            self.lines.push(format!("  {name:<29} {down:>14} {unknown:>14}"));
        }
    }

    /// The offices of a group, the one with most downtime first.
    pub(super) fn parts(&mut self) {
        if self.report.parts.is_empty() {
            return;
        }
        let language = self.report.language;
        self.lines.push(String::new());
        let label = self.pick("Per kantor:", "By office:");
        let (down, percent, unknown) = (
            self.pick("terganggu", "down"),
            self.pick("tersedia", "available"),
            self.pick("tak teramati", "not observed"),
        );
        let mut parts: Vec<_> = self.report.parts.iter().collect();
        parts.sort_by_key(|p| std::cmp::Reverse(p.standing.account.down_seconds()));
        let names: Vec<String> = parts
            .iter()
            .map(|part| {
                let state = match (&part.standing.closed, part.standing.account.is_final) {
                    (Some(_), _) => self.pick(" (ditutup)", " (closed)"),
                    (None, true) => "",
                    (None, false) => self.pick(" (sementara)", " (provisional)"),
                };
                format!("{}{state}", part.name)
            })
            .collect();
        let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0).max(36);
        let head = width + 2;
        self.lines.push(format!("{label:<head$} {down:>11} {percent:>10} {unknown:>13}"));
        for (part, name) in parts.into_iter().zip(names) {
            let account = &part.standing.account;
            let available = account
                .availability()
                .map_or("–".to_owned(), |v| format!("{}%", number(v * 100.0, 2, language)));
            let (down, unknown) = (
                hours_minutes_seconds(account.down_seconds()),
                hours_minutes_seconds(account.unobserved_seconds),
            );
            self.lines.push(format!("  {name:<width$} {down:>11} {available:>10} {unknown:>13}"));
        }
    }
}
