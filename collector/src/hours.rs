//! Service hours: an OpenStreetMap `opening_hours` text, dated lists of holidays and an IANA zone
//! become spans of UTC. The only user of the opening-hours crate and of chrono; must never read a
//! clock, and knows nothing of outages.

mod holidays;
mod notes;

use std::str::FromStr;

use jiff::civil;
use jiff::tz::{AmbiguousOffset, TimeZone};
use opening_hours::{Context, ContextHolidays, OpeningHours, RuleKind};
use siaga_decide::{At, Calendar, Span};

pub use holidays::{
    DayKind, DayStatus, Holiday, HolidayList, HolidayProblem, Ramadan, load_holidays,
};
pub use notes::HoursNote;

type SyntaxError = <OpeningHours as FromStr>::Err;

/// What is wrong with a text of service hours.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{what}")]
pub struct HoursError {
    /// Where in the text, in characters from 1.
    pub column: usize,
    /// What is wrong.
    pub what: String,
    /// What to write instead.
    pub hint: String,
}

/// The checked service hours of one office.
#[derive(Clone, Debug)]
pub struct Hours {
    rules: OpeningHours,
    /// What holds on the days of Ramadan instead, where that is something else.
    in_ramadan: Option<OpeningHours>,
    /// When Ramadan is, sorted, disjoint.
    ramadan: Vec<Ramadan>,
    zone: TimeZone,
    /// The days that count as `PH`, sorted.
    holidays: Vec<Holiday>,
    years_covered: Vec<i16>,
    has_lists: bool,
    mentions_holidays: bool,
}

impl Hours {
    /// Reads a text like `Mo-Th 08:00-12:00,13:00-16:00; PH off`. `PH` are the national and local
    /// days of `lists`, and their days of joint leave too where `joint_leave` closes this office.
    ///
    /// After a semicolon a rule for a day replaces all that was said of it before, the end of the
    /// night before included; after a comma it adds to it.
    ///
    /// # Errors
    /// A text outside the syntax, or one whose meaning would depend on something nobody gave:
    /// the sun, school holidays, an unknown state.
    pub fn parse(
        text: &str,
        zone: &TimeZone,
        lists: &[HolidayList],
        joint_leave: bool,
    ) -> Result<Self, HoursError> {
        let rules = rules(text)?;
        let mut holidays: Vec<Holiday> = lists
            .iter()
            .flat_map(|list| &list.days)
            .filter(|day| joint_leave || day.kind != DayKind::JointLeave)
            .cloned()
            .collect();
        holidays.sort_by_key(|day| day.date);
        let mut days = ContextHolidays::default().get_public().clone();
        for day in &holidays {
            if let Some(date) = to_chrono(day.date) {
                days.insert(date);
            }
        }
        let context = Context::default()
            .with_holidays(ContextHolidays::new(days.into(), std::sync::Arc::default()));
        let mut ramadan: Vec<Ramadan> =
            lists.iter().flat_map(|list| list.ramadan.iter().cloned()).collect();
        ramadan.sort_by_key(|r| (r.first, r.last));
        Ok(Self {
            rules: rules.with_context(context),
            in_ramadan: None,
            ramadan,
            zone: zone.clone(),
            holidays,
            years_covered: lists.iter().filter_map(|list| list.year).collect(),
            has_lists: !lists.is_empty(),
            mentions_holidays: mask_comments(text).contains("PH"),
        })
    }

    /// The same hours, but on the days that the lists call Ramadan those of `text` instead, with
    /// the same holidays. What goes on over midnight ends there with the last day of its kind.
    ///
    /// # Errors
    /// As [`Hours::parse`]; and a text that works on holidays where the other does not.
    pub fn with_ramadan(mut self, text: &str) -> Result<Self, HoursError> {
        let rules = rules(text)?;
        if self.mentions_holidays && !mask_comments(text).contains("PH") {
            return Err(HoursError {
                column: text.chars().count().max(1),
                what: "the hours of Ramadan do not mention PH, the other hours do".to_owned(),
                hint: "write \"; PH off\" at the end of both".to_owned(),
            });
        }
        self.in_ramadan = Some(rules.with_context(self.rules.get_context().clone()));
        Ok(self)
    }

    /// Until when the days off are known: the end of the last year that a list covers completely,
    /// without a year missing before it; none where no list does, or where the hours do not
    /// mention `PH`.
    #[must_use]
    pub fn holidays_known_to(&self) -> Option<civil::Date> {
        let first = self.years_covered.iter().min().filter(|_| self.mentions_holidays);
        let mut last = *first?;
        while self.years_covered.contains(&last.saturating_add(1)) {
            last = last.saturating_add(1);
        }
        civil::Date::new(last, 12, 31).ok()
    }

    /// The parts of a range of days that one text rules, in order: `from` up to before `to`.
    fn seasons(&self, from: civil::Date, to: civil::Date) -> Vec<Season<'_>> {
        let Some(in_ramadan) = &self.in_ramadan else {
            return vec![Season { rules: &self.rules, from, to }];
        };
        let mut out = Vec::new();
        let mut at = from;
        for ramadan in &self.ramadan {
            let after = ramadan.last.tomorrow().unwrap_or(ramadan.last);
            let (first, after) = (ramadan.first.clamp(at, to), after.clamp(at, to));
            out.push(Season { rules: &self.rules, from: at, to: first });
            out.push(Season { rules: in_ramadan, from: first, to: after });
            at = after;
        }
        out.push(Season { rules: &self.rules, from: at, to });
        out.retain(|season| season.from < season.to);
        out
    }

    /// The zone of the office.
    #[must_use]
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The first and the last day that a range touches; none where it is empty or out of bounds.
    fn civil_days(&self, range: Span) -> Option<(civil::Date, civil::Date)> {
        if range.to <= range.from {
            return None;
        }
        let day = |at: At| {
            let at = jiff::Timestamp::from_millisecond(at.0).ok()?;
            Some(self.zone.to_datetime(at).date())
        };
        Some((day(range.from)?, day(range.to - 1)?))
    }
}

/// Days that one text rules.
struct Season<'a> {
    rules: &'a OpeningHours,
    from: civil::Date,
    to: civil::Date,
}

fn rules(text: &str) -> Result<OpeningHours, HoursError> {
    refuse_what_cannot_be_known(text)?;
    OpeningHours::from_str(text).map_err(|e| syntax_error(text, &e))
}

/// The spans within `range` in which the office is open: sorted, disjoint, never touching. A range
/// beyond the years that instants can name (-9999 to 9999) gives no spans and is not known.
#[must_use]
pub fn evaluate(hours: &Hours, range: Span) -> Calendar {
    let Some((first, last)) = hours.civil_days(range) else { return Calendar::default() };
    let bounds = first.yesterday().ok().zip(last.tomorrow().and_then(civil::Date::tomorrow).ok());
    let Some((from, to)) = bounds else { return Calendar::default() };
    let midnight = |date| to_chrono(date).map(|d| d.and_time(chrono::NaiveTime::MIN));
    let mut open: Vec<Span> = Vec::new();
    let seasons = hours.seasons(from, to).into_iter();
    let stretches = seasons
        .filter_map(|season| {
            let (from, to) = midnight(season.from).zip(midnight(season.to))?;
            Some(season.rules.iter_range(from, to))
        })
        .flatten();
    for stretch in stretches {
        if stretch.kind != RuleKind::Open {
            continue;
        }
        let ends =
            instant(&hours.zone, stretch.range.start).zip(instant(&hours.zone, stretch.range.end));
        let Some((start, end)) = ends else { continue };
        let span = Span { from: start.max(range.from), to: end.min(range.to) };
        if span.to <= span.from {
            continue;
        }
        match open.last_mut() {
            Some(before) if span.from <= before.to => before.to = before.to.max(span.to),
            Some(_) | None => open.push(span),
        }
    }
    Calendar { open, known: Some(range) }
}

/// The instant of a civil time: the first of two where clocks go back, the end of the gap where
/// they go forward. So later civil times never map to earlier instants, and spans stay disjoint.
fn instant(zone: &TimeZone, time: chrono::NaiveDateTime) -> Option<At> {
    use chrono::{Datelike, Timelike};
    let civil = civil::DateTime::new(
        i16::try_from(time.year()).ok()?,
        i8::try_from(time.month()).ok()?,
        i8::try_from(time.day()).ok()?,
        i8::try_from(time.hour()).ok()?,
        i8::try_from(time.minute()).ok()?,
        i8::try_from(time.second()).ok()?,
        0,
    )
    .ok()?;
    let ambiguous = zone.to_ambiguous_timestamp(civil);
    let at = match ambiguous.offset() {
        AmbiguousOffset::Gap { .. } => {
            let before = ambiguous.earlier().ok()?;
            zone.following(before).next()?.timestamp()
        }
        AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => {
            ambiguous.compatible().ok()?
        }
    };
    Some(At(at.as_millisecond()))
}

fn to_chrono(date: civil::Date) -> Option<chrono::NaiveDate> {
    let (month, day) = (date.month().unsigned_abs(), date.day().unsigned_abs());
    chrono::NaiveDate::from_ymd_opt(date.year().into(), month.into(), day.into())
}

/// The text with everything between quotes blanked: comments mean nothing here.
fn mask_comments(text: &str) -> String {
    let mut quoted = false;
    text.chars()
        .map(|c| {
            if c == '"' {
                quoted = !quoted;
            }
            if quoted { ' ' } else { c }
        })
        .collect()
}

/// The crate would answer these with times of day it made up.
fn refuse_what_cannot_be_known(text: &str) -> Result<(), HoursError> {
    let masked = mask_comments(text);
    if masked.chars().all(|c| c.is_whitespace() || c == ';' || c == '"') {
        // The crate takes it for "always".
        return Err(HoursError {
            column: 1,
            what: "there are no service hours".to_owned(),
            hint: format!("an office that never closes is 24/7; {}", hint_for("")),
        });
    }
    let lower = masked.to_ascii_lowercase();
    for word in ["sunrise", "sunset", "dawn", "dusk"] {
        if let Some(at) = lower.find(word) {
            return Err(HoursError {
                column: column(&masked, at),
                what: format!("{word:?} depends on where the office is, which is not configured"),
                hint: "write a time of day, like 06:00".to_owned(),
            });
        }
    }
    if let Some(at) = masked.find("SH") {
        return Err(HoursError {
            column: column(&masked, at),
            what: "there are no lists of school holidays (SH)".to_owned(),
            hint: "write the days as date ranges, like 2026 Dec 21-2027 Jan 02 off".to_owned(),
        });
    }
    if let Some(at) = lower.find("unknown") {
        return Err(HoursError {
            column: column(&masked, at),
            what: "an office is either open or closed, not \"unknown\"".to_owned(),
            hint: "leave the word out, or write off".to_owned(),
        });
    }
    Ok(())
}

/// Characters before a byte offset, from 1.
fn column(text: &str, byte: usize) -> usize {
    text.get(..byte).map_or(1, |before| before.chars().count() + 1)
}

/// The parser's error with its place and what to do about it.
fn syntax_error(text: &str, error: &SyntaxError) -> HoursError {
    let shown = error.to_string();
    // pest prints " --> line:column" first; its own types are not ours to name.
    let column: usize = shown
        .split_once("--> ")
        .and_then(|(_, rest)| rest.split_whitespace().next())
        .and_then(|place| place.split_once(':'))
        .and_then(|(_, column)| column.parse().ok())
        .unwrap_or(1);
    let what = if matches!(error, SyntaxError::Syntax(_)) {
        let rest: String = text.chars().skip(column.saturating_sub(1)).take(20).collect();
        if rest.trim().is_empty() {
            "the service hours end too early".to_owned()
        } else {
            format!("cannot read the service hours from {rest:?} on")
        }
    } else {
        shown
    };
    HoursError { column, what, hint: hint_for(text) }
}

/// The commonest slips: day names in another language, dots in times, no text at all.
fn hint_for(text: &str) -> String {
    const EXAMPLE: &str = "Mo-Th 08:00-12:00,13:00-16:00; Fr 08:00-11:30,13:30-16:00; PH off";
    const DAYS: [(&str, &str); 14] = [
        ("senin", "Mo"),
        ("selasa", "Tu"),
        ("rabu", "We"),
        ("kamis", "Th"),
        ("jumat", "Fr"),
        ("sabtu", "Sa"),
        ("minggu", "Su"),
        ("mon", "Mo"),
        ("tue", "Tu"),
        ("wed", "We"),
        ("thu", "Th"),
        ("fri", "Fr"),
        ("sat", "Sa"),
        ("sun", "Su"),
    ];
    let lower = text.to_lowercase();
    if let Some((found, day)) = DAYS.iter().find(|(name, _)| lower.contains(name)) {
        return format!("days have two letters (Mo Tu We Th Fr Sa Su): {day} instead of {found}");
    }
    let dotted = lower
        .as_bytes()
        .windows(5)
        .any(|w| w[2] == b'.' && [w[0], w[1], w[3], w[4]].iter().all(u8::is_ascii_digit));
    if dotted {
        return "times have a colon: 08:00, not 08.00".to_owned();
    }
    if lower.contains("libur") || lower.contains("tutup") {
        return "closed is \"off\": PH off".to_owned();
    }
    format!("an example: {EXAMPLE}")
}

#[cfg(test)]
mod minutes;
#[cfg(test)]
mod tests;
