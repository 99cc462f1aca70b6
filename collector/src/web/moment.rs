//! Instants, lengths of time and numbers as a person reads them, in the office's own zone and in
//! the reader's language. Never reads a clock.

use std::sync::Arc;

use jiff::ZonedDateTime;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use siaga_decide::wording::{Voice, number};
use siaga_decide::{At, Setup, When};

use crate::config::Language;

const MONTHS: [(&str, &str); 12] = [
    ("Jan", "Jan"),
    ("Feb", "Feb"),
    ("Mar", "Mar"),
    ("Apr", "Apr"),
    ("Mei", "May"),
    ("Jun", "Jun"),
    ("Jul", "Jul"),
    ("Agu", "Aug"),
    ("Sep", "Sep"),
    ("Okt", "Oct"),
    ("Nov", "Nov"),
    ("Des", "Dec"),
];
const WEEKDAYS: [(&str, &str); 7] = [
    ("Senin", "Monday"),
    ("Selasa", "Tuesday"),
    ("Rabu", "Wednesday"),
    ("Kamis", "Thursday"),
    ("Jumat", "Friday"),
    ("Sabtu", "Saturday"),
    ("Minggu", "Sunday"),
];

const LONG_MONTHS_ID: [&str; 12] = [
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
const LONG_MONTHS_EN: [&str; 12] = [
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

/// What a text needs to know about its reader: the language, the office's zone, the present.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    pub(crate) language: Language,
    pub(crate) zone: TimeZone,
    pub(crate) now: At,
    /// Whether instants name their zone, because the page around them is in another.
    pub(crate) name_zone: bool,
    /// For the names of offices in sentences.
    pub(crate) setup: Arc<Setup>,
}

impl Reader {
    /// Who speaks in sentences that phones and reports use too.
    pub(crate) fn voice(&self) -> Voice<'_> {
        let (language, zone, setup) = (self.language.wording(), &self.zone, &*self.setup);
        Voice { language, zone, setup, day: self.now }
    }

    /// Chooses by language.
    pub(crate) fn pick<'a>(&self, indonesian: &'a str, english: &'a str) -> &'a str {
        match self.language {
            Language::Indonesian => indonesian,
            Language::English => english,
        }
    }

    /// The instant in the office's zone.
    pub(crate) fn civil(&self, at: At) -> ZonedDateTime {
        // Out of jiff's range only by a broken clock of a PC; the epoch shows that it is one.
        jiff::Timestamp::from_millisecond(at.0)
            .unwrap_or_default()
            .to_zoned_datetime(self.zone.clone())
    }

    /// `24 Nov 2026`.
    pub(crate) fn date(&self, date: Date) -> String {
        format!("{} {} {}", date.day(), self.month(date), date.year())
    }

    /// `Selasa, 24 Nov 2026`.
    pub(crate) fn weekday_date(&self, date: Date) -> String {
        format!("{}, {}", self.weekday(date), self.date(date))
    }

    /// `Selasa`.
    pub(crate) fn weekday(&self, date: Date) -> &'static str {
        let (id, en) = WEEKDAYS
            .get(date.weekday().to_monday_zero_offset().unsigned_abs() as usize)
            .copied()
            .unwrap_or(("", ""));
        self.pick(id, en)
    }

    /// `November 2026`.
    pub(crate) fn month_year(&self, date: Date) -> String {
        let names = match self.language {
            Language::Indonesian => LONG_MONTHS_ID,
            Language::English => LONG_MONTHS_EN,
        };
        let i = usize::from(date.month().unsigned_abs()).saturating_sub(1);
        format!("{} {}", names.get(i).copied().unwrap_or_default(), date.year())
    }

    /// A weekday by its number, Monday 0.
    pub(crate) fn day_name(&self, i: usize) -> String {
        let (id, en) = WEEKDAYS.get(i).copied().unwrap_or_default();
        self.pick(id, en).to_owned()
    }

    fn month(&self, date: Date) -> &'static str {
        let (id, en) =
            MONTHS.get(date.month().unsigned_abs() as usize - 1).copied().unwrap_or(("", ""));
        self.pick(id, en)
    }

    /// `14.05`, `14:05`.
    pub(crate) fn clock(&self, at: At) -> String {
        let t = self.civil(at);
        match self.language {
            Language::Indonesian => format!("{:02}.{:02}", t.hour(), t.minute()),
            Language::English => format!("{:02}:{:02}", t.hour(), t.minute()),
        }
    }

    /// `14.05.30`, `14:05:30`.
    pub(crate) fn clock_seconds(&self, at: At) -> String {
        let t = self.civil(at);
        match self.language {
            Language::Indonesian => {
                format!("{:02}.{:02}.{:02}", t.hour(), t.minute(), t.second())
            }
            Language::English => format!("{:02}:{:02}:{:02}", t.hour(), t.minute(), t.second()),
        }
    }

    /// `WITA`.
    pub(crate) fn zone_name(&self, at: At) -> String {
        self.civil(at).strftime("%Z").to_string()
    }

    /// Seconds for a ledger: `24 Nov 2026 14.05.30`.
    pub(crate) fn exact(&self, at: At) -> String {
        format!("{} {}", self.date(self.civil(at).date()), self.clock_seconds(at))
    }

    /// As short as it stays clear: `14.05` today, `24 Nov 14.05` on another day of this year.
    pub(crate) fn brief(&self, at: At) -> String {
        let text = self.bare(at);
        if self.name_zone { format!("{text} {}", self.zone_name(at)) } else { text }
    }

    /// The same with the zone in any case: `14.05 WITA`.
    pub(crate) fn brief_in_zone(&self, at: At) -> String {
        format!("{} {}", self.bare(at), self.zone_name(at))
    }

    fn bare(&self, at: At) -> String {
        let (day, today) = (self.civil(at).date(), self.civil(self.now).date());
        if day == today {
            self.clock(at)
        } else if day.year() == today.year() {
            format!("{} {} {}", day.day(), self.month(day), self.clock(at))
        } else {
            format!("{} {}", self.date(day), self.clock(at))
        }
    }

    /// `09.05 (1 jam 12 mnt)`.
    pub(crate) fn since(&self, at: At) -> String {
        format!("{} ({})", self.brief(at), self.lasting(self.now - at))
    }

    /// An instant that is known, or the interval in which it lies, to the second.
    pub(crate) fn when(&self, when: When) -> String {
        if when.hi - when.lo < 1_000 {
            self.exact(when.lo)
        } else if self.civil(when.lo).date() == self.civil(when.hi).date() {
            format!("{}–{}", self.exact(when.lo), self.clock_seconds(when.hi))
        } else {
            format!("{} – {}", self.exact(when.lo), self.exact(when.hi))
        }
    }

    /// `12 mnt lalu`.
    pub(crate) fn ago(&self, at: At) -> String {
        let ms = self.now - at;
        if ms < 1_000 {
            return self.pick("baru saja", "just now").to_owned();
        }
        let lasting = self.lasting(ms);
        match self.language {
            Language::Indonesian => format!("{lasting} lalu"),
            Language::English => format!("{lasting} ago"),
        }
    }

    /// The two largest units that are not nothing: `45 dtk`, `12 mnt`, `1 jam 12 mnt`, `3 hari 4 jam`.
    pub(crate) fn lasting(&self, ms: i64) -> String {
        let seconds = ms.max(0) / 1_000;
        let (days, hours) = (seconds / 86_400, seconds / 3_600 % 24);
        let (minutes, rest) = (seconds / 60 % 60, seconds % 60);
        let day = match (self.language, days) {
            (Language::Indonesian, _) => "hari",
            (Language::English, 1) => "day",
            (Language::English, _) => "days",
        };
        let (h, m, s) = (self.pick("jam", "h"), self.pick("mnt", "min"), self.pick("dtk", "s"));
        let (large, small) = if days > 0 {
            ((days, day), (hours, h))
        } else if hours > 0 {
            ((hours, h), (minutes, m))
        } else if minutes >= 10 || (minutes > 0 && rest == 0) {
            ((minutes, m), (0, s))
        } else if minutes > 0 {
            ((minutes, m), (rest, s))
        } else {
            ((rest, s), (0, s))
        };
        if small.0 == 0 {
            format!("{} {}", large.0, large.1)
        } else {
            format!("{} {} {} {}", large.0, large.1, small.0, small.1)
        }
    }

    /// Hours and minutes of a sum: `7 j 30 m`, `7 h 30 m`; nothing is `–`.
    pub(crate) fn sum(&self, ms: i64) -> String {
        if ms <= 0 { "–".to_owned() } else { self.lasting(ms) }
    }

    /// A number with so many decimals, as reports write it.
    pub(crate) fn number(&self, value: f64, decimals: usize) -> String {
        number(value, decimals, self.language.wording())
    }

    /// `99,2%`; all of it only where nothing is missing.
    pub(crate) fn percent(&self, ratio: f64) -> String {
        let percent = ratio * 100.0;
        let decimals = usize::from(percent > 0.0 && percent < 100.0);
        // 99.97 must not be printed as 100.0.
        let cut = if percent < 100.0 { (percent * 10.0).floor() / 10.0 } else { percent };
        self.percents(cut, decimals)
    }

    /// `84%`, of a charge or a load.
    pub(crate) fn whole_percent(&self, ratio: f64) -> String {
        self.percents(ratio * 100.0, 0)
    }

    fn percents(&self, percent: f64, decimals: usize) -> String {
        format!("{}%", self.number(percent, decimals))
    }

    /// The largest unit alone: `26 mnt`, `95 dtk`.
    pub(crate) fn about(&self, seconds: f64) -> String {
        let (value, unit) = if seconds < 120.0 {
            (seconds, self.pick("dtk", "s"))
        } else if seconds < 7_200.0 {
            (seconds / 60.0, self.pick("mnt", "min"))
        } else {
            (seconds / 3_600.0, self.pick("jam", "h"))
        };
        format!("{}\u{a0}{unit}", self.number(value.max(0.0).floor(), 0))
    }

    /// `31 ms`, `0,8 ms`, `1,2 dtk`.
    pub(crate) fn milliseconds(&self, seconds: f64) -> String {
        let ms = seconds * 1_000.0;
        if ms < 10.0 {
            format!("{} ms", self.number(ms, 1))
        } else if ms < 1_000.0 {
            format!("{} ms", self.number(ms, 0))
        } else {
            format!("{} {}", self.number(seconds, 1), self.pick("dtk", "s"))
        }
    }
}

/// For `<time datetime>`.
pub(crate) fn iso(at: At) -> String {
    jiff::Timestamp::from_millisecond(at.0).unwrap_or_default().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(language: Language) -> Reader {
        Reader {
            language,
            zone: TimeZone::get("Asia/Makassar").unwrap(),
            now: at("2026-11-24T06:05:30Z"),
            name_zone: false,
            setup: Arc::default(),
        }
    }

    fn at(text: &str) -> At {
        At(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
    }

    #[test]
    fn instants_are_written_in_the_offices_zone_and_the_readers_way() {
        let id = reader(Language::Indonesian);
        let en = reader(Language::English);
        assert_eq!(id.exact(id.now), "24 Nov 2026 14.05.30");
        assert_eq!(en.exact(en.now), "24 Nov 2026 14:05:30");
        assert_eq!(id.zone_name(id.now), "WITA");
        assert_eq!(id.brief(at("2026-11-24T01:00:00Z")), "09.00");
        assert_eq!(id.brief(at("2026-05-03T01:00:00Z")), "3 Mei 09.00");
        assert_eq!(id.brief(at("2025-08-17T01:00:00Z")), "17 Agu 2025 09.00");
        let elsewhere = Reader { name_zone: true, ..id.clone() };
        assert_eq!(elsewhere.brief(at("2026-05-03T01:00:00Z")), "3 Mei 09.00 WITA");
        assert_eq!(id.weekday_date(id.civil(id.now).date()), "Selasa, 24 Nov 2026");
        assert_eq!(id.since(at("2026-11-24T04:53:30Z")), "12.53 (1 jam 12 mnt)");
    }

    #[test]
    fn lengths_are_written_in_their_two_largest_units() {
        let id = reader(Language::Indonesian);
        for (seconds, text) in [
            (0, "0 dtk"),
            (59, "59 dtk"),
            (60, "1 mnt"),
            (95, "1 mnt 35 dtk"),
            (725, "12 mnt"),
            (3_600, "1 jam"),
            (4_320, "1 jam 12 mnt"),
            (90_000, "1 hari 1 jam"),
        ] {
            assert_eq!(id.lasting(seconds * 1_000), text);
        }
        assert_eq!(reader(Language::English).lasting(2 * 86_400_000), "2 days");
    }

    #[test]
    fn almost_all_is_not_all() {
        let id = reader(Language::Indonesian);
        assert_eq!(id.percent(1.0), "100%");
        assert_eq!(id.percent(0.999_7), "99,9%");
        assert_eq!(id.percent(0.0), "0%");
        assert_eq!(reader(Language::English).percent(0.5), "50.0%");
    }

    #[test]
    fn an_instant_beyond_all_calendars_does_not_panic() {
        let id = reader(Language::Indonesian);
        assert!(!id.exact(At(i64::MAX)).is_empty());
        assert!(!id.since(At(i64::MIN)).is_empty());
    }
}
