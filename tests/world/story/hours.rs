//! Service hours in a story: a week, days that differ, and back from instants to both. Knows
//! nothing of how configurations write them.

use std::collections::BTreeMap;

use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;

use super::moment::{self, Hint};
use crate::world::truth::Span;

/// How a week is written.
pub(super) const WEEK: Hint = "write hours as Mo-Th 08:00-16:00; Fr 08:00-11:30,13:00-16:00";
const NAMES: [&str; 7] = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"];

/// Hours of one day, `08:00-12:00,13:00-16:00`; empty is closed.
pub(super) type Day = String;

/// An office's hours.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Hours {
    /// From Monday.
    pub(super) week: [Day; 7],
    /// Days that differ.
    pub(super) days: BTreeMap<Date, Day>,
}

/// `Mo-Th 08:00-16:00; Fr 08:00-11:30,13:00-16:00`.
pub(super) fn week(text: &str) -> Result<[Day; 7], Hint> {
    let mut out: [Day; 7] = Default::default();
    for rule in text.split(';').map(str::trim).filter(|rule| !rule.is_empty()) {
        let (days, hours) = rule.split_once(' ').ok_or(WEEK)?;
        for part in days.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let place = |name: &str| NAMES.iter().position(|n| *n == name).ok_or(WEEK);
            let (first, last) = (place(first)?, place(last)?);
            for (day, text) in out.iter_mut().enumerate() {
                let inside = if first <= last {
                    (first..=last).contains(&day)
                } else {
                    day >= first || day <= last
                };
                if inside {
                    hours.trim().clone_into(text);
                }
            }
        }
    }
    Ok(out)
}

/// The spans of one day.
pub(super) fn spans(date: Date, hours: &str, zone: &TimeZone) -> Result<Vec<Span>, Hint> {
    let parts = hours.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts
        .map(|part| {
            // `01:30+02:00-05:00` has an offset; the dash before the last time is the one.
            let dashes = part.match_indices('-').map(|(at, _)| at);
            let both = dashes.filter_map(|at| Some((part.get(..at)?, part.get(at + 1..)?)));
            let mut read = both.filter_map(|(from, to)| {
                let from = moment::second(date, from, zone).ok()?;
                let to = moment::second(date, to, zone).ok()?;
                (from < to).then_some(Span { from, to })
            });
            read.next().ok_or("write hours as 08:00-12:00,13:00-16:00, the end after the beginning")
        })
        .collect()
}

/// All days from one to the other.
fn days(first: Date, last: Date) -> impl Iterator<Item = Date> {
    first.series(1.day()).take_while(move |day| *day <= last)
}

/// The days on which the week holds: those that are played, one before and one after.
fn range(play: Span, zone: &TimeZone) -> (Date, Date) {
    let first = moment::civil(play.from, zone).date();
    let last = moment::civil(play.to, zone).date();
    (first.yesterday().unwrap_or(first), last.tomorrow().unwrap_or(last))
}

fn place(day: Weekday) -> usize {
    usize::from(day.to_monday_zero_offset().unsigned_abs())
}

/// Hours as instants.
pub(super) fn open(hours: &Hours, play: Span, zone: &TimeZone) -> Result<Vec<Span>, Hint> {
    let (first, last) = range(play, zone);
    let mut out = Vec::new();
    for day in days(first, last).filter(|day| !hours.days.contains_key(day)) {
        out.extend(spans(day, &hours.week[place(day.weekday())], zone)?);
    }
    for (day, text) in &hours.days {
        out.extend(spans(*day, text, zone)?);
    }
    out.sort_unstable();
    Ok(out)
}

/// Instants as hours, such that [`open`] gives them back.
pub(super) fn describe(open: &[Span], play: Span, zone: &TimeZone) -> Hours {
    let mut by_day: BTreeMap<Date, Day> = BTreeMap::new();
    for span in open {
        let day = moment::civil(span.from, zone).date();
        let (from, to) = (moment::time(span.from, day, zone), moment::time(span.to, day, zone));
        let text = by_day.entry(day).or_default();
        if !text.is_empty() {
            text.push(',');
        }
        text.push_str(&format!("{from}-{to}"));
    }
    let (first, last) = range(play, zone);
    let mut hours = Hours::default();
    for (i, usual) in hours.week.iter_mut().enumerate() {
        let mut found: BTreeMap<&str, usize> = BTreeMap::new();
        for day in days(first, last).filter(|day| place(day.weekday()) == i) {
            *found.entry(by_day.get(&day).map_or("", |text| text)).or_default() += 1;
        }
        let most = found.iter().max_by_key(|(_, count)| **count);
        *usual = most.map_or(String::new(), |(text, _)| (*text).to_owned());
    }
    for day in days(first, last) {
        let text = by_day.get(&day).cloned().unwrap_or_default();
        if text != hours.week[place(day.weekday())] {
            hours.days.insert(day, text);
        }
    }
    let outside = by_day.into_iter().filter(|(day, _)| *day < first || *day > last);
    hours.days.extend(outside);
    hours
}

/// The week as [`week`] reads it; nothing where the office is never open.
pub(super) fn week_text(week: &[Day; 7]) -> String {
    let mut rules: Vec<String> = Vec::new();
    let mut i = 0;
    while i < 7 {
        let same = (i..7).take_while(|j| week[*j] == week[i]).count();
        if !week[i].is_empty() {
            let days = match same {
                1 => NAMES[i].to_owned(),
                _ => format!("{}-{}", NAMES[i], NAMES[i + same - 1]),
            };
            rules.push(format!("{days} {}", week[i]));
        }
        i += same;
    }
    rules.join("; ")
}
