//! Civil time, durations and numbers as people write them: `24 Nov 2026 14.05 WITA`, `1.234,5`.
//! Must never be used to compute: what it makes is only read.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};

use super::Language;
use crate::span::{At, When};

/// `24 Nov 2026 14.05 WITA` in Indonesian, `24 Nov 2026 14:05 WITA` in English.
#[must_use]
pub fn instant(at: At, zone: &TimeZone, language: Language) -> String {
    match civil(at, zone) {
        Some(civil) => format!("{} {}", day(&civil, language), time(&civil, language)),
        None => beyond(at),
    }
}

/// `14.05 WITA`.
#[must_use]
pub fn clock(at: At, zone: &TimeZone, language: Language) -> String {
    civil(at, zone).map_or_else(|| beyond(at), |civil| time(&civil, language))
}

/// `14.05 WITA`, or with its date where that is not the day of the other.
#[must_use]
pub(super) fn on_day(at: At, day: At, zone: &TimeZone, language: Language) -> String {
    if date(at, zone, language) == date(day, zone, language) {
        clock(at, zone, language)
    } else {
        instant(at, zone, language)
    }
}

/// `24 Nov 2026`.
#[must_use]
pub fn date(at: At, zone: &TimeZone, language: Language) -> String {
    civil(at, zone).map_or_else(|| beyond(at), |civil| day(&civil, language))
}

/// `sejak 24 Nov 2026 14.05 WITA`; where the instant is not known exactly, between which two.
#[must_use]
pub fn since(when: When, zone: &TimeZone, language: Language) -> String {
    let interval = interval(when, zone, language);
    let exact = instant(when.lo, zone, language) == interval;
    match (language, exact) {
        (Language::Id, true) => format!("sejak {interval}"),
        (Language::Id, false) => format!("sejak suatu saat {interval}"),
        (Language::En, true) => format!("since {interval}"),
        (Language::En, false) => format!("since some time {interval}"),
    }
}

/// An instant, or the two between which it lies: `antara 24 Nov 2026 14.05 dan 14.20 WITA`.
#[must_use]
pub fn interval(when: When, zone: &TimeZone, language: Language) -> String {
    let (from, to) = (instant(when.lo, zone, language), instant(when.hi, zone, language));
    if from == to {
        return from;
    }
    let one_day = date(when.lo, zone, language) == date(when.hi, zone, language);
    let to = if one_day { clock(when.hi, zone, language) } else { to };
    // The zone is said once, at the end.
    let zone_name = |text: &str| text.rsplit_once(' ').map(|(_, zone)| zone.to_owned());
    let from = match from.rsplit_once(' ') {
        Some((bare, zone)) if zone_name(&to).as_deref() == Some(zone) => bare,
        Some(_) | None => &from,
    };
    match language {
        Language::Id => format!("antara {from} dan {to}"),
        Language::En => format!("between {from} and {to}"),
    }
}

/// A duration, rounded to one or two units: `45 detik`, `1 menit 15 detik`, `12 menit`,
/// `1 jam 5 menit`, `2 hari 3 jam`. A negative duration is nothing.
#[must_use]
pub fn duration(ms: i64, language: Language) -> String {
    let exact = ms.max(0) / 1_000;
    let unit = if exact < 120 {
        1
    } else if exact < 86_400 {
        60
    } else {
        3_600
    };
    let seconds = exact.saturating_add(unit / 2) / unit * unit;
    let word = |count: i64, id: &str, one: &str, many: &str| match language {
        Language::Id => format!("{count} {id}"),
        Language::En => format!("{count} {}", if count == 1 { one } else { many }),
    };
    let days = (seconds / 86_400 > 0).then(|| word(seconds / 86_400, "hari", "day", "days"));
    let hours =
        (seconds / 3_600 % 24 > 0).then(|| word(seconds / 3_600 % 24, "jam", "hour", "hours"));
    let minutes = (seconds / 60 % 60 > 0).then(|| word(seconds / 60 % 60, "menit", "min", "min"));
    let rest = (seconds % 60 > 0 || seconds == 0).then(|| word(seconds % 60, "detik", "s", "s"));
    [days, hours, minutes, rest].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// A number with so many decimals: `1.234,5` in Indonesian, `1,234.5` in English.
#[must_use]
pub fn number(value: f64, decimals: usize, language: Language) -> String {
    let plain = format!("{:.*}", decimals, value.abs());
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let (group, point) = language.of(('.', ','), (',', '.'));
    let mut text = String::with_capacity(plain.len() + 8);
    if value < 0.0 && plain.contains(|c: char| c.is_ascii_digit() && c != '0') {
        text.push('-');
    }
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) && digit.is_ascii_digit() {
            text.push(group);
        }
        text.push(digit);
    }
    if !fraction.is_empty() {
        text.push(point);
        text.push_str(fraction);
    }
    text
}

fn civil(at: At, zone: &TimeZone) -> Option<ZonedDateTime> {
    Timestamp::from_millisecond(at.0).ok().map(|at| at.to_zoned_datetime(zone.clone()))
}

/// An instant that no calendar reaches; only broken input has one.
fn beyond(at: At) -> String {
    format!("@{}", at.0)
}

fn day(civil: &ZonedDateTime, language: Language) -> String {
    const ID: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des"];
    const EN: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = usize::from(civil.month().unsigned_abs()).saturating_sub(1);
    let month = language.of(ID, EN).get(month).copied().unwrap_or_default();
    format!("{} {month} {}", civil.day(), civil.year())
}

fn time(civil: &ZonedDateTime, language: Language) -> String {
    let zone = civil.time_zone().to_offset_info(civil.timestamp());
    let point = language.of('.', ':');
    format!("{:02}{point}{:02} {}", civil.hour(), civil.minute(), zone.abbreviation())
}
