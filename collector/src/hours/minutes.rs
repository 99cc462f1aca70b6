//! Service minutes once more, counted by a clock on the wall: minute after minute from UTC to civil
//! time, with tables written by hand. Must share nothing with the reading of the text or with the
//! way from civil time to UTC; only the offsets of the zones are the same.
//!
//! The clock on the wall of an office never goes back: where an hour comes twice, the second time
//! it stands at the end of that hour. So who closes at 02:45 does not open again at 02:00.

use std::collections::BTreeSet;
use std::path::Path;

use super::*;

/// Minutes of a day from midnight, from and to; beyond 1440 they belong to the night after.
type Spans = &'static [(i64, i64)];
/// From Monday to Sunday.
type Week = [Spans; 7];

/// What a wall shows, written by hand beside the text that says the same.
#[derive(Default)]
struct Wall {
    text: &'static str,
    week: Week,
    ramadan: Option<(&'static str, Week)>,
    /// Days since 1970 on which it is closed.
    off: BTreeSet<i64>,
    /// First and last day since 1970 of each Ramadan.
    fasts: Vec<(i64, i64)>,
}

impl Wall {
    fn kind(&self, day: i64) -> bool {
        self.ramadan.is_some() && self.fasts.iter().any(|(a, b)| (*a..=*b).contains(&day))
    }

    fn spans(&self, day: i64) -> Spans {
        if self.off.contains(&day) {
            return &[];
        }
        // 1970-01-01 was a Thursday.
        let weekday = usize::try_from((day + 3).rem_euclid(7)).unwrap();
        match &self.ramadan {
            Some((_, week)) if self.kind(day) => week[weekday],
            Some(_) | None => self.week[weekday],
        }
    }

    /// Whether it is open at a civil minute, counted from 1970-01-01 00:00.
    fn is_open(&self, civil: i64) -> bool {
        let (day, minute) = (civil.div_euclid(1_440), civil.rem_euclid(1_440));
        let within = |spans: Spans, at: i64| spans.iter().any(|(a, b)| (*a..*b).contains(&at));
        let night = self.kind(day) == self.kind(day - 1);
        within(self.spans(day), minute) || (night && within(self.spans(day - 1), minute + 1_440))
    }
}

/// Walks the minutes of a range; the first that disagree, and how many were open.
fn compare(wall: &Wall, hours: &Hours, from: i64, to: i64) -> (Vec<String>, i64) {
    let ms = |minute: i64| At(minute * 60_000);
    let calendar = evaluate(hours, Span { from: ms(from), to: ms(to) });
    let mut open = calendar.open.iter().peekable();
    let (mut wrong, mut count, mut latest) = (Vec::new(), 0, i64::MIN);
    for minute in from - 1_440..to {
        let instant = jiff::Timestamp::from_second(minute * 60).unwrap();
        let offset = i64::from(hours.zone.to_offset(instant).seconds());
        assert_eq!(offset % 60, 0);
        latest = latest.max(minute + offset / 60);
        if minute < from {
            continue;
        }
        while open.next_if(|span| span.to <= ms(minute)).is_some() {}
        let given = open.peek().is_some_and(|span| span.from <= ms(minute));
        let whole = open.peek().is_none_or(|s| s.from >= ms(minute + 1) || s.to >= ms(minute + 1));
        count += i64::from(given);
        if given != wall.is_open(latest) || !whole {
            wrong.push(format!("{instant}: given {given}"));
        }
    }
    wrong.truncate(5);
    (wrong, count)
}

/// Minutes since 1970 of a year's beginning in UTC.
fn new_year(year: i16) -> i64 {
    civil::date(year, 1, 1).to_zoned_datetime(TimeZone::UTC).unwrap().timestamp().as_second() / 60
}

fn day_number(text: &str) -> i64 {
    let date: civil::Date = text.trim().parse().unwrap();
    date.to_zoned_datetime(TimeZone::UTC).unwrap().timestamp().as_second() / 86_400
}

/// Reads the shipped lists line by line: days off and Ramadan.
fn read(lists: &[String], joint_leave: bool) -> (BTreeSet<i64>, Vec<(i64, i64)>) {
    let (mut off, mut fasts) = (BTreeSet::new(), Vec::new());
    let (mut day, mut first) = (0, 0);
    for line in lists.iter().flat_map(|text| text.lines()) {
        match line.split_once(" = ") {
            Some(("date", date)) => day = day_number(date),
            Some(("first", date)) => first = day_number(date),
            Some(("last", date)) => fasts.push((first, day_number(date))),
            Some(("kind", kind)) if joint_leave || !kind.contains("cuti_bersama") => {
                off.insert(day);
            }
            Some(_) | None => {}
        }
    }
    (off, fasts)
}

fn shipped() -> Vec<String> {
    let path =
        |year: &str| format!("{}/../config/holidays/id-{year}.toml", env!("CARGO_MANIFEST_DIR"));
    ["2025", "2026", "2027"].map(|y| std::fs::read_to_string(path(y)).unwrap()).to_vec()
}

const DAY: Spans = &[(480, 720), (780, 960)];
const FRIDAY: Spans = &[(480, 690), (810, 960)];
const FASTING: Spans = &[(480, 720), (750, 900)];
const FASTING_FRIDAY: Spans = &[(480, 690), (750, 930)];
const NIGHTS: Spans = &[(1_320, 1_590)];

#[test]
fn three_years_of_indonesia_agree_minute_by_minute() {
    let texts = shipped();
    let lists: Vec<HolidayList> =
        texts.iter().map(|text| load_holidays(Path::new("id.toml"), text).unwrap()).collect();
    for zone in ["Asia/Jakarta", "Asia/Pontianak", "Asia/Makassar", "Asia/Jayapura"] {
        for joint_leave in [false, true] {
            let (off, fasts) = read(&texts, joint_leave);
            let office = Wall {
                text: "Mo-Th 08:00-12:00,13:00-16:00; Fr 08:00-11:30,13:30-16:00; PH off",
                week: [DAY, DAY, DAY, DAY, FRIDAY, &[], &[]],
                ramadan: Some((
                    "Mo-Th 08:00-12:00,12:30-15:00; Fr 08:00-11:30,12:30-15:30; PH off",
                    [FASTING, FASTING, FASTING, FASTING, FASTING_FRIDAY, &[], &[]],
                )),
                off,
                fasts,
            };
            let zone_of = TimeZone::get(zone).unwrap();
            let usual = Hours::parse(office.text, &zone_of, &lists, joint_leave).unwrap();
            let hours = usual.with_ramadan(office.ramadan.unwrap().0).unwrap();
            let (wrong, open) = compare(&office, &hours, new_year(2025), new_year(2028));
            assert_eq!(wrong, Vec::<String>::new(), "{zone} {joint_leave}");
            // Some 240 working days of 7 hours a year.
            assert!((270_000..310_000).contains(&open), "{zone}: {open} minutes");
        }
    }
}

#[test]
fn every_night_on_which_clocks_change_agrees_minute_by_minute() {
    let split: Spans = &[(0, 75), (105, 140), (160, 185), (1_410, 1_470)];
    let walls = [
        Wall { text: "Mo-Su 00:00-24:00", week: [&[(0, 1_440)]; 7], ..Wall::default() },
        Wall { text: "Mo-Su 22:00-26:30", week: [NIGHTS; 7], ..Wall::default() },
        Wall {
            text: "Mo-Su 00:00-01:15,01:45-02:20,02:40-03:05,23:30-24:30",
            week: [split; 7],
            ..Wall::default()
        },
        Wall {
            text: "Fr-Sa 22:00-26:30, Su 02:30-03:30",
            week: [&[], &[], &[], &[], NIGHTS, NIGHTS, &[(150, 210)]],
            ..Wall::default()
        },
    ];
    let (from, to) = (new_year(2010), new_year(2031));
    let (mut zones, mut changes) = (0, 0);
    for name in jiff::tz::db().available() {
        let zone = TimeZone::get(name.as_str()).unwrap();
        let start = jiff::Timestamp::from_second(from * 60).unwrap();
        let nights: Vec<i64> = zone
            .following(start)
            .map(|change| change.timestamp().as_second().div_euclid(60))
            .take_while(|minute| *minute < to)
            .collect();
        zones += usize::from(!nights.is_empty());
        for (i, night) in nights.iter().enumerate() {
            changes += 1;
            // One text a night, each in its turn: a zone changes more often than there are texts.
            let wall = &walls[i / 2 % walls.len()];
            let hours = Hours::parse(wall.text, &zone, &[], false).unwrap();
            let (wrong, _) = compare(wall, &hours, night - 1_500, night + 1_500);
            assert_eq!(wrong, Vec::<String>::new(), "{} {:?}", name.as_str(), wall.text);
        }
    }
    // A database that knew no changes would agree with anything.
    assert!(zones > 250 && changes > 5_000, "{zones} zones, {changes} changes");
}
