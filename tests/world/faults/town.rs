//! The towns that things befall: offices with their hours, lines, mains, generators, PCs and
//! clocks, before anything has gone wrong.

use jiff::civil::{Date, date};
use jiff::tz::TimeZone;

use super::super::chance::Chance;
use super::super::truth::{
    Center, Clock, Collector, Generator, How, Line, Mains, Off, Office, Router, Second, Span,
    Station, Truth, Ups,
};
use super::{Kind, insert_off};

/// The clock of a PC whose battery is dead: 2009-01-01.
const DEAD_BATTERY: Second = 1_230_768_000;

/// A town in which nothing has happened yet.
pub(super) fn found(kind: Kind, seed: u64, chance: &mut Chance) -> Truth {
    let (first, days) = match kind {
        // A month's last day, and an ordinary one.
        Kind::Day => (chance.pick(&[date(2026, 11, 30), date(2026, 11, 24)]), 1),
        // Ordinary ones, a month end, and both nights on which European clocks change.
        Kind::Week => {
            let mondays =
                [date(2026, 11, 23), date(2026, 11, 30), date(2026, 3, 23), date(2026, 10, 19)];
            (chance.pick(&mondays), 7)
        }
        Kind::Month => (chance.pick(&[date(2026, 11, 14), date(2026, 3, 16)]), 30),
    };
    let european = matches!((first.month(), first.day()), (3, 23) | (10, 19)) && chance.percent(70);
    let zones: &[&str] = if european {
        &["Europe/Berlin", "America/New_York"]
    } else {
        &["Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"]
    };
    let offices = match kind {
        Kind::Day => chance.pick(&[1, 2, 2, 3]),
        Kind::Week => chance.pick(&[1, 2, 3, 3, 3, 4]),
        Kind::Month => 3,
    };
    let mut truth = Truth { seed, cycle: 15, ..Truth::default() };
    let zone = chance.pick(zones);
    truth.span.from = instant(first, 0, 0, zone);
    truth.span.to = truth.span.from + i64::from(days) * 86_400;
    truth.center = Center::default();
    let behind_path = chance.percent(30);
    // One that stands in the center sees nothing that its offices do not.
    truth.collector = Collector { behind_path, watches: !behind_path, ..Collector::default() };
    for place in 0..offices {
        let line = if place > 0 && chance.percent(20) { place - 1 } else { place };
        truth.lines.push(Line { id: format!("line-{}", letter(place)), ..Line::default() });
        let mains = if place > 0 && chance.percent(35) { place - 1 } else { place };
        truth.mains.push(Mains { id: format!("mains-{}", letter(place)), ..Mains::default() });
        let mut office = office(place, chance);
        office.line = line;
        office.mains = mains;
        office.via = (place > 0 && chance.percent(25)).then_some(0);
        office.zone =
            if chance.percent(80) { zone.to_owned() } else { chance.pick(zones).to_owned() };
        office.open = hours(first, days, &office.zone, chance);
        truth.offices.push(office);
    }
    truth
}

fn letter(place: usize) -> char {
    char::from(b'a'.saturating_add(u8::try_from(place).unwrap_or(25)))
}

fn office(place: usize, chance: &mut Chance) -> Office {
    let count = chance.pick(&[1, 2, 2, 2, 3]);
    let stations: Vec<Station> = (0..count).map(|i| station(i, chance)).collect();
    let needed = if count > 1 && chance.percent(30) { 2 } else { 1 };
    let generator = chance.percent(35).then(|| Generator {
        starts_after: chance.percent(85).then(|| chance.pick(&[8, 15, 30, 60, 299, 301, 900])),
        fuel_for: chance.percent(30).then(|| chance.pick(&[600, 1_800, 3_600])),
        refuses: Vec::new(),
        asked_by: vec![0],
        unreadable: Vec::new(),
    });
    Office {
        id: format!("office-{}", letter(place)),
        stations_needed: needed,
        mains_named: chance.percent(80),
        generator,
        router: Router {
            ups_for: chance.pick(&[0, 0, 10, 600, 1_800, 7_200]),
            starts_in: chance.pick(&[1, 20, 45, 90, 200]),
            broken: Vec::new(),
        },
        provider_battery: chance.percent(30).then(|| chance.pick(&[0, 5, 600, 3_600])),
        stations,
        open_after: chance.pick(&[60, 60, 60, 30, 120]),
        close_after: chance.pick(&[60, 60, 30, 120]),
        merge_within: chance.pick(&[300, 300, 120, 0]),
        opening_grace: chance.pick(&[600, 600, 300]),
        settle_after: 14 * 86_400,
        ..Office::default()
    }
}

fn station(place: usize, chance: &mut Chance) -> Station {
    let ups = chance.percent(85).then(|| {
        let holds = chance.pick(&[0, 20, 60, 300, 600, 1_200, 2_400]);
        Ups {
            holds,
            low: (holds / 5).min(120),
            orders_shutdown: holds >= 60 && chance.percent(40),
            asked: chance.percent(94),
            unreadable: Vec::new(),
        }
    });
    Station {
        id: format!("pc-{}", place + 1),
        ups,
        boots_in: chance.pick(&[40, 60, 90, 150]),
        needs_device: chance.percent(40),
        log_tells_power: chance.percent(85),
        clock: clock(chance),
        ..Station::default()
    }
}

fn clock(chance: &mut Chance) -> Clock {
    let (wall_ahead, after_cut) = match chance.place(6) {
        0 => (chance.pick(&[-3_600, -25, 25, 3_600, 7 * 3_600]), None),
        1 => (0, Some(DEAD_BATTERY)),
        _ => (chance.between(-2, 2), None),
    };
    Clock {
        drift_ppm: chance.between(-60, 60),
        wall_ahead,
        wall_after_cut: after_cut,
        set_right_after: after_cut.and_then(|_| chance.percent(50).then_some(120)),
        steps: Vec::new(),
    }
}

/// The service hours of an office; days off are drawn.
fn hours(first: Date, days: i32, zone: &str, chance: &mut Chance) -> Vec<Span> {
    let kinds: [&[(i8, i8, i8, i8)]; 6] = [
        &[(8, 0, 16, 0)],
        &[(8, 0, 16, 0)],
        &[(7, 30, 12, 0), (13, 0, 15, 30)],
        &[(8, 0, 11, 30), (13, 0, 16, 30)],
        &[(0, 0, 24, 0)],
        &[(21, 0, 29, 0)],
    ];
    let parts = chance.pick(&kinds);
    let always = parts[0].2 > 16;
    let mut out: Vec<Span> = Vec::new();
    for day in 0..days {
        let today = first.saturating_add(jiff::Span::new().days(day));
        let weekend = today.weekday().to_monday_zero_offset() >= 5;
        if !always && (weekend || chance.percent(6)) {
            continue;
        }
        for (h, m, until_h, until_m) in parts {
            let span = Span {
                from: instant(today, *h, *m, zone),
                to: instant(today, *until_h, *until_m, zone),
            };
            // What reaches beyond the end of the play is left out whole.
            if span.to <= instant(first.saturating_add(jiff::Span::new().days(days)), 0, 0, zone) {
                super::add(&mut out, span);
            }
        }
    }
    out
}

/// A civil moment as an instant; hours from 24 on belong to the next day.
fn instant(day: Date, hour: i8, minute: i8, zone: &str) -> Second {
    let day = day.saturating_add(jiff::Span::new().days(hour / 24));
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    let civil = day.at(hour % 24, minute, 0, 0);
    zone.to_ambiguous_timestamp(civil).compatible().map_or(0, |t| t.as_second())
}

/// PCs that are switched off at night, and on again around opening.
pub(super) fn nights(truth: &mut Truth, chance: &mut Chance) {
    for office in 0..truth.offices.len() {
        if !chance.percent(50) {
            continue;
        }
        for station in 0..truth.offices[office].stations.len() {
            let open = truth.offices[office].open.clone();
            for pair in open.windows(2) {
                let [today, tomorrow] = pair else { continue };
                if tomorrow.from - today.to < 4 * 3_600 || chance.percent(10) {
                    continue;
                }
                let from = today.to + chance.pick(&[-600, -61, -1, 0, 1, 60, 900, 900, 1_800]);
                let late =
                    [-3_600, -900, -900, -900, -300, -60, -1, 0, 1, 60, 300, 599, 601, 660, 1_800];
                let boots_in = truth.offices[office].stations[station].boots_in;
                let to = tomorrow.from + chance.pick(&late) - boots_in;
                let calm = from > truth.span.from + super::CALM && to < truth.span.to - super::CALM;
                if calm && !truth.mains_off(office, from) && !truth.mains_off(office, from - 60) {
                    let how = if chance.percent(90) { How::SwitchedOff } else { How::Asleep };
                    insert_off(truth, office, station, Off { span: Span { from, to }, how });
                }
            }
        }
    }
}
