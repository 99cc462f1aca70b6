//! Civil times, days and durations as a story writes them. Reads no clock.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use crate::world::truth::Second;

/// What a text should have been.
pub(super) type Hint = &'static str;

/// How a time is written.
pub(super) const TIME: Hint = "write a time as 09:05 or 09:05:30";
/// How a day is written.
pub(super) const DAY: Hint = "write a day as 2026-11-24";
/// How a duration is written.
pub(super) const DURATION: Hint = "write a duration as 90s, 5m, 3h or 14d";

/// `2026-11-24`.
pub(super) fn date(text: &str) -> Result<Date, Hint> {
    text.parse().map_err(|_| DAY)
}

/// The zone of that name.
pub(super) fn zone(name: &str) -> Result<TimeZone, Hint> {
    TimeZone::get(name).map_err(|_| "write an IANA zone, as Asia/Makassar")
}

/// `09:05`, `09:05:30`, in a night that has the hour twice `01:30+02:00`; `26:00` is 02:00 of the
/// next day.
pub(super) fn second(day: Date, text: &str, zone: &TimeZone) -> Result<Second, Hint> {
    let (text, offset) = match text.find(['+', '-']) {
        Some(at) => (text.get(..at).ok_or(TIME)?, Some(text.get(at..).ok_or(TIME)?)),
        None => (text, None),
    };
    let mut parts = text.split(':').map(|part| part.parse::<i64>().map_err(|_| TIME));
    let hour = parts.next().ok_or(TIME)??;
    let minute = parts.next().ok_or(TIME)??;
    let second = parts.next().unwrap_or(Ok(0))?;
    let small = |value: i64| i8::try_from(value).map_err(|_| TIME);
    let time = Time::new(small(hour % 24)?, small(minute)?, small(second)?, 0).map_err(|_| TIME)?;
    let days = SignedDuration::from_hours(hour / 24 * 24);
    let civil = DateTime::from_parts(day.checked_add(days).map_err(|_| DAY)?, time);
    let at = match offset {
        Some(offset) => to_offset(offset)?.to_timestamp(civil).map_err(|_| TIME)?,
        None => zone.to_timestamp(civil).map_err(|_| TIME)?,
    };
    Ok(at.as_second())
}

fn to_offset(text: &str) -> Result<Offset, Hint> {
    let (hours, minutes) = text.split_once(':').ok_or(TIME)?;
    let number = |text: &str| text.parse::<i32>().map_err(|_| TIME);
    let sign = if hours.starts_with('-') { -1 } else { 1 };
    let seconds = number(hours)? * 3_600 + sign * number(minutes)? * 60;
    Offset::from_seconds(seconds).map_err(|_| TIME)
}

/// The civil time of a second.
pub(super) fn civil(at: Second, zone: &TimeZone) -> DateTime {
    let at = Timestamp::from_second(at).unwrap_or(Timestamp::UNIX_EPOCH);
    zone.to_datetime(at)
}

/// A second as a time of `day`, such that [`second`] gives it back.
pub(super) fn time(at: Second, day: Date, zone: &TimeZone) -> String {
    let civil = civil(at, zone);
    let days = day.until(civil.date()).map_or(0, |span| span.get_days());
    let hour = i32::from(civil.hour()) + days * 24;
    let mut text = format!("{hour:02}:{:02}", civil.minute());
    if civil.second() != 0 {
        text.push_str(&format!(":{:02}", civil.second()));
    }
    if second(day, &text, zone) != Ok(at) {
        let stamp = Timestamp::from_second(at).unwrap_or(Timestamp::UNIX_EPOCH);
        let offset = zone.to_offset(stamp).seconds();
        let sign = if offset < 0 { '-' } else { '+' };
        let (hours, minutes) = (offset.abs() / 3_600, offset.abs() / 60 % 60);
        text.push_str(&format!("{sign}{hours:02}:{minutes:02}"));
    }
    text
}

/// `90s`, `5m`, `3h`, `14d`, `-20s`: seconds.
pub(super) fn duration(text: &str) -> Result<i64, Hint> {
    let unit = match text.chars().last() {
        Some('s') => 1,
        Some('m') => 60,
        Some('h') => 3_600,
        Some('d') => 86_400,
        Some(_) | None => return Err(DURATION),
    };
    let number = text.get(..text.len() - 1).and_then(|n| n.parse::<i64>().ok());
    number.and_then(|n| n.checked_mul(unit)).ok_or(DURATION)
}

/// Seconds as [`duration`] reads them, in the largest unit that says them exactly.
pub(super) fn lasting(seconds: i64) -> String {
    let units = [(86_400, 'd'), (3_600, 'h'), (60, 'm')];
    let unit = units.into_iter().find(|(unit, _)| seconds != 0 && seconds % unit == 0);
    let (unit, letter) = unit.unwrap_or((1, 's'));
    format!("{}{letter}", seconds / unit)
}
