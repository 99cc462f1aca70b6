//! Accounts by example, and random ones against a count second by second.

use std::sync::Arc;

use super::*;
use crate::cause::{Cause, Thing};
use crate::ledger::{AtRisk, Blip};
use crate::outage::{Acknowledgement, Charge, Told};
use crate::view::{OfficeState, StationState};

const HOUR: i64 = 3_600_000;

fn span(from: i64, to: i64) -> Span {
    Span { from: At(from), to: At(to) }
}

fn cause(kind: Kind, certainty: Certainty) -> Cause {
    Cause { kind, sub: None, certainty, thing: Thing::Line, why: Vec::new() }
}

fn charge(from: i64, to: i64, kind: Kind) -> Charge {
    let cause = cause(kind, Certainty::Certain);
    Charge { span: span(from, to), cause, planned: false, guessed: false }
}

fn outage(id: &str, charges: Vec<Charge>) -> Outage {
    let from = charges.first().map_or(At(0), |c| c.span.from);
    let to = charges.last().map(|c| When::exact(c.span.to));
    Outage {
        id: id.into(),
        office: "selatan".into(),
        from: When::exact(from),
        to,
        charges,
        timeline: Vec::new(),
        provisional: false,
        void: false,
        downtime_ms: 0,
        told: Told::default(),
        acknowledged: None,
        expected_back: None,
    }
}

/// One office that is open from 8 to 16 on day 0 and serves all day, but for what is added.
struct World {
    timeline: OfficeTimeline,
    outages: Vec<Outage>,
    calendar: Calendar,
    period: Span,
    until: At,
}

impl World {
    fn new(states: Vec<(Span, OfficeState)>) -> Self {
        let timeline = OfficeTimeline { states, ..OfficeTimeline::default() };
        let calendar = Calendar {
            open: vec![span(8 * HOUR, 16 * HOUR)],
            known: Some(span(-100 * HOUR, 100 * HOUR)),
        };
        let period = span(0, 24 * HOUR);
        Self { timeline, outages: Vec::new(), calendar, period, until: At(24 * HOUR) }
    }

    fn account(&self) -> Account {
        let office = OfficeId::from("selatan");
        let made = account(&Case {
            office: &office,
            timeline: &self.timeline,
            outages: &self.outages,
            calendar: &self.calendar,
            zone: &TimeZone::UTC,
            throughput: Some(PACE),
            period: self.period,
            until: self.until,
            settle_after_ms: 14 * 24 * HOUR,
        });
        check_sums(&made);
        made
    }
}

/// A slow and a fast pace, and a target.
const PACE: Throughput =
    Throughput { per_hour_min: 4.0, per_hour_max: 8.0, target_per_year: Some(1_500) };

fn check_sums(made: &Account) {
    for slots in [&made.by_hour[..], &made.by_weekday[..]] {
        let mut sum = Terms::default();
        slots.iter().for_each(|slot| sum.add(slot));
        let whole = Terms {
            service: made.service_seconds,
            in_service: made.in_service_seconds,
            down: made.down_seconds(),
            planned: made.planned_seconds,
            unobserved: made.unobserved_seconds,
        };
        assert_eq!(sum, whole, "{made:?}");
    }
    for station in made.by_station.values() {
        let sum = station.serving + station.not_serving + station.unknown;
        assert_eq!(sum, made.service_seconds, "{made:?}");
    }
    assert_eq!(
        made.service_seconds,
        made.in_service_seconds
            + made.down_seconds()
            + made.planned_seconds
            + made.unobserved_seconds,
        "{made:?}"
    );
    let of_entries: i64 = made.outages.iter().map(Entry::down_seconds).sum();
    assert_eq!(of_entries, made.down_seconds(), "{made:?}");
    let planned: i64 = made.outages.iter().map(|e| e.planned_seconds).sum();
    assert_eq!(planned, made.planned_seconds);
    for down in made.down.values() {
        assert_eq!(down.seconds, down.by_sub.values().sum::<i64>());
        assert!(down.likely_seconds <= down.seconds);
    }
    assert!(made.possibly_down_seconds <= made.unobserved_seconds);
    assert!(made.at_risk_seconds() <= made.in_service_seconds);
}

fn serving(from: i64, to: i64) -> (Span, OfficeState) {
    (span(from, to), OfficeState::Serving)
}

fn unobserved(from: i64, to: i64) -> (Span, OfficeState) {
    (span(from, to), OfficeState::Unobserved)
}

fn down(from: i64, to: i64) -> (Span, OfficeState) {
    (span(from, to), OfficeState::Down)
}

#[test]
fn power_and_link_that_follow_each_other() {
    // Mains lost 9:00 (at risk), link 9:05 to 9:30, then power to 10:00: the example of the design.
    let m = 60_000;
    let (nine, five, half, ten) = (9 * HOUR, 9 * HOUR + 5 * m, 9 * HOUR + 30 * m, 10 * HOUR);
    let mut world = World::new(vec![serving(0, five), down(five, ten), serving(ten, 24 * HOUR)]);
    world.timeline.at_risk = vec![AtRisk { span: span(nine, half), saved_by: SavedBy::Battery }];
    let charges = vec![charge(five, half, Kind::LinkProvider), charge(half, ten, Kind::Power)];
    world.outages = vec![outage("a", charges)];
    let made = world.account();
    assert_eq!(made.service_seconds, 8 * 3_600);
    assert_eq!(made.down[&Kind::LinkProvider].seconds, 25 * 60);
    assert_eq!(made.down[&Kind::Power].seconds, 30 * 60);
    assert_eq!(made.in_service_seconds, 8 * 3_600 - 55 * 60);
    assert_eq!(made.at_risk_seconds(), 5 * 60);
    assert_eq!(made.outage_count(), 1);
    assert_eq!(made.longest_seconds(), Some(55 * 60));
    assert_eq!(made.mean_seconds_to_repair(), Some(3_300.0));
    assert_eq!(made.outages[0].cause, Some((Kind::Power, None, Certainty::Certain)));
    let availability = made.availability().unwrap();
    assert!((availability - 25_500.0 / 28_800.0).abs() < 1e-12);
    assert!(!made.is_final);
}

#[test]
fn nothing_known_has_no_availability() {
    let made = World::new(Vec::new()).account();
    assert_eq!(made.unobserved_seconds, 8 * 3_600);
    assert_eq!(made.possibly_down_seconds, 0);
    assert_eq!(made.availability(), None);
    assert_eq!(made.mean_seconds_between_failures(), None);
    assert_eq!(made.longest_seconds(), None);
}

#[test]
fn a_cut_from_the_night_counts_from_opening() {
    let mut world = World::new(vec![
        serving(0, 5 * HOUR),
        down(5 * HOUR, 9 * HOUR),
        serving(9 * HOUR, 24 * HOUR),
    ]);
    world.outages = vec![outage("a", vec![charge(5 * HOUR, 9 * HOUR, Kind::Power)])];
    let made = world.account();
    assert_eq!(made.down_seconds(), 3_600);
    assert_eq!(made.outages[0].from, When::exact(At(5 * HOUR)));
    // One that ended before opening costs nothing and is not listed.
    world.outages = vec![outage("a", vec![charge(5 * HOUR, 8 * HOUR, Kind::Power)])];
    assert!(world.account().outages.is_empty());
}

#[test]
fn seconds_are_judged_at_their_first_instant() {
    let (a, b) = (9 * HOUR + 1, 9 * HOUR + 2_500);
    let mut world = World::new(vec![serving(0, a), down(a, b), serving(b, 24 * HOUR)]);
    world.outages = vec![outage("a", vec![charge(a, b, Kind::Center)])];
    // 09:00:00.001 to 09:00:02.500 holds the first instants of seconds 1 and 2.
    assert_eq!(world.account().down_seconds(), 2);
}

#[test]
fn planned_silent_void_and_foreign() {
    let mut world = World::new(vec![serving(0, 24 * HOUR)]);
    let mut planned = charge(9 * HOUR, 10 * HOUR, Kind::Power);
    planned.planned = true;
    let mut silent = outage("b", vec![charge(11 * HOUR, 12 * HOUR, Kind::Silent)]);
    silent.provisional = true;
    let mut void = outage("c", vec![charge(12 * HOUR, 13 * HOUR, Kind::Power)]);
    void.void = true;
    let mut foreign = outage("d", vec![charge(13 * HOUR, 14 * HOUR, Kind::Power)]);
    foreign.office = "utara".into();
    world.outages = vec![outage("a", vec![planned]), silent, void, foreign];
    world.timeline.states = vec![
        serving(0, 11 * HOUR),
        unobserved(11 * HOUR, 12 * HOUR),
        serving(12 * HOUR, 24 * HOUR),
    ];
    let made = world.account();
    assert_eq!(made.planned_seconds, 3_600);
    assert_eq!(made.unobserved_seconds, 3_600);
    assert_eq!((made.down_seconds(), made.possibly_down_seconds), (0, 0));
    let ids: Vec<&str> = made.outages.iter().map(|e| e.id.as_str()).collect();
    assert_eq!(ids, ["a", "b"]);
    assert_eq!(made.outage_count(), 0);
    assert_eq!(made.availability(), Some(1.0));
}

#[test]
fn unobserved_beside_down_may_have_been_down() {
    let mut world = World::new(vec![
        unobserved(0, 9 * HOUR),
        down(9 * HOUR, 10 * HOUR),
        unobserved(10 * HOUR, 11 * HOUR),
        serving(11 * HOUR, 12 * HOUR),
        unobserved(12 * HOUR, 13 * HOUR),
        serving(13 * HOUR, 24 * HOUR),
    ]);
    world.outages = vec![outage("a", vec![charge(9 * HOUR, 10 * HOUR, Kind::LinkPath)])];
    let made = world.account();
    assert_eq!(made.unobserved_seconds, 3 * 3_600);
    assert_eq!(made.possibly_down_seconds, 2 * 3_600);
}

#[test]
fn an_end_left_open_is_possibly_down() {
    let mut world = World::new(vec![
        serving(0, 9 * HOUR),
        down(9 * HOUR, 11 * HOUR),
        serving(11 * HOUR, 24 * HOUR),
    ]);
    let mut entry = outage("a", vec![charge(9 * HOUR, 11 * HOUR, Kind::Power)]);
    entry.to = Some(When { lo: At(10 * HOUR), hi: At(11 * HOUR) });
    world.outages = vec![entry];
    let made = world.account();
    assert_eq!(made.down_seconds(), 3_600);
    assert_eq!((made.unobserved_seconds, made.possibly_down_seconds), (3_600, 3_600));
}

#[test]
fn the_running_day_counts_up_to_now() {
    let mut world = World::new(vec![serving(0, 24 * HOUR)]);
    world.until = At(10 * HOUR);
    let made = world.account();
    assert_eq!((made.service_seconds, made.in_service_seconds), (7_200, 7_200));
    assert_eq!(made.until, At(10 * HOUR));
    world.until = At(-HOUR);
    assert_eq!(world.account().service_seconds, 0);
}

#[test]
fn final_once_complete_or_settled() {
    let mut world = World::new(vec![serving(0, 24 * HOUR)]);
    world.timeline.complete_to = Some(At(24 * HOUR));
    assert!(world.account().is_final);
    world.until = At(23 * HOUR);
    assert!(!world.account().is_final);
    world.timeline.complete_to = None;
    world.until = At(24 * HOUR + 14 * 24 * HOUR - 1);
    assert!(!world.account().is_final);
    world.until = At(24 * HOUR + 14 * 24 * HOUR);
    assert!(world.account().is_final);
}

#[test]
fn hours_weekdays_and_stations_each_have_all_seconds() {
    let mut world =
        World::new(vec![serving(0, 9 * HOUR), down(9 * HOUR, 10 * HOUR), serving(10 * HOUR, HOUR)]);
    world.timeline.states[2].0.to = At(24 * HOUR);
    world.outages = vec![outage("a", vec![charge(9 * HOUR, 10 * HOUR, Kind::Power)])];
    let down = vec![
        (span(8 * HOUR, 9 * HOUR), StationState::Serving),
        (span(9 * HOUR, 10 * HOUR), StationState::Stopped),
        (span(10 * HOUR, 12 * HOUR), StationState::Silent),
    ];
    world.timeline.stations = [("pc-1".into(), down)].into();
    let made = world.account();
    assert_eq!(made.by_hour[9].down, 3_600);
    assert_eq!(made.by_hour[8].in_service, 3_600);
    assert_eq!(made.by_hour[8].availability(), Some(1.0));
    // 1970-01-01 was a Thursday.
    assert_eq!(made.by_weekday[3].service, 8 * 3_600);
    let station = made.by_station[&StationId::from("pc-1")];
    assert_eq!((station.serving, station.not_serving, station.unknown), (3_600, 3_600, 6 * 3_600));
}

#[test]
fn people_who_were_not_served_are_a_range() {
    let mut world = World::new(vec![
        serving(0, 9 * HOUR),
        down(9 * HOUR, 10 * HOUR),
        unobserved(10 * HOUR, 10 * HOUR + HOUR / 2),
        serving(10 * HOUR + HOUR / 2, 24 * HOUR),
    ]);
    world.outages = vec![outage("a", vec![charge(9 * HOUR, 10 * HOUR, Kind::Power)])];
    world.calendar.known = Some(span(-9_000 * HOUR, 9_000 * HOUR));
    let made = world.account().unserved.unwrap();
    // One hour down on a slow day; that and the half hour beside it on a busy one.
    assert_eq!(made.people, (4, 12));
    assert_eq!(made.extra_hours, (0.5, 3.0));
    let target = made.target.unwrap();
    assert_eq!(target.per_year, 1_500);
    assert_eq!(target.in_period, Some(1_500.0), "the only day of the year");
    assert_eq!(target.share(12), Some(12.0 / 1_500.0));
}

#[test]
fn a_total_has_every_second_of_every_office_once() {
    let mut dice = Dice(0x5EED_0002);
    for _ in 0..300 {
        let accounts: Vec<Account> =
            (0..3).map(|_| dice.world()).map(|world| world.account()).collect();
        let all: Vec<&Account> = accounts.iter().collect();
        let sum = total("semua".into(), &all).unwrap();
        check_sums(&sum);
        let of = |f: fn(&Account) -> i64| accounts.iter().map(f).sum::<i64>();
        assert_eq!(sum.service_seconds, of(|a| a.service_seconds));
        assert_eq!(sum.down_seconds(), of(Account::down_seconds));
        assert_eq!(sum.possibly_down_seconds, of(|a| a.possibly_down_seconds));
        assert_eq!(sum.at_risk_seconds(), of(Account::at_risk_seconds));
        assert_eq!(sum.outages.len(), accounts.iter().map(|a| a.outages.len()).sum::<usize>());
        let people = |end: fn((i64, i64)) -> i64| {
            accounts.iter().filter_map(|a| a.unserved).map(|u| end(u.people)).sum::<i64>()
        };
        assert_eq!(sum.unserved.unwrap().people, (people(|p| p.0), people(|p| p.1)));
    }
    assert!(total("semua".into(), &[]).is_none());
}

#[test]
fn an_outage_is_named_after_what_took_most_of_it_and_says_how_sure_that_is() {
    let (nine, ten) = (9 * HOUR, 10 * HOUR);
    let mut world =
        World::new(vec![serving(0, nine), down(nine, 12 * HOUR), serving(12 * HOUR, 24 * HOUR)]);
    let mut likely = charge(nine, ten + HOUR, Kind::Station);
    likely.cause.certainty = Certainty::Likely;
    world.outages = vec![outage("a", vec![likely, charge(ten + HOUR, 12 * HOUR, Kind::Power)])];
    let made = world.account();
    assert_eq!(made.outages[0].cause, Some((Kind::Station, None, Certainty::Likely)));
    assert_eq!(
        (made.down[&Kind::Station].seconds, made.down[&Kind::Station].likely_seconds),
        (7_200, 7_200)
    );
    assert_eq!(made.down[&Kind::Power].likely_seconds, 0);
    assert_eq!(made.mean_seconds_between_failures(), Some(5.0 * 3_600.0));
    assert_eq!(made.by_hour[9].availability(), Some(0.0));
    assert_eq!(made.by_weekday[3].availability(), Some(5.0 / 8.0));
    assert_eq!(made.by_hour[3].availability(), None);
}

#[test]
fn what_nobody_saw_after_the_last_down_second_may_have_been_down() {
    let mut world = World::new(vec![serving(0, 9 * HOUR), down(9 * HOUR, 10 * HOUR)]);
    world.outages = vec![outage("a", vec![charge(9 * HOUR, 10 * HOUR, Kind::Power)])];
    let made = world.account();
    assert_eq!((made.unobserved_seconds, made.possibly_down_seconds), (6 * 3_600, 6 * 3_600));
}

#[test]
fn a_silence_is_listed_where_it_lies_in_the_period() {
    let listed_at = |until: i64, from: i64, to: Option<i64>| {
        let mut world = World::new(vec![serving(-48 * HOUR, 72 * HOUR)]);
        world.until = At(until);
        let mut silent = outage("a", vec![charge(from, to.unwrap_or(from), Kind::Silent)]);
        (silent.provisional, silent.to) = (true, to.map(|to| When::exact(At(to))));
        world.outages = vec![silent];
        !world.account().outages.is_empty()
    };
    let listed = |from, to| listed_at(72 * HOUR, from, to);
    assert!(listed(-HOUR, Some(1)) && !listed(-HOUR, Some(0)));
    assert!(listed(24 * HOUR - 1, Some(30 * HOUR)) && !listed(24 * HOUR, Some(30 * HOUR)));
    assert!(listed(-HOUR, None) && !listed(24 * HOUR, None));
    // What goes on now is not in a day that is still to come.
    assert!(!listed_at(-1, -HOUR, None) && !listed_at(0, -HOUR, None) && listed_at(1, -HOUR, None));
}

#[test]
fn a_blip_counts_inside_the_period_and_inside_service_hours() {
    let count = |at: i64| {
        let mut world = World::new(vec![serving(0, 24 * HOUR)]);
        world.period = span(9 * HOUR, 10 * HOUR);
        let (station, probe) = ("pc-1".into(), "link.datacenter".into());
        world.timeline.blips = vec![Blip { at: At(at), station, probe }];
        world.account().blips
    };
    assert_eq!(
        [count(9 * HOUR - 1), count(9 * HOUR), count(10 * HOUR - 1), count(10 * HOUR)],
        [0, 1, 1, 0]
    );
    assert_eq!(count(20 * HOUR), 0);
}

#[test]
fn a_period_has_its_part_of_the_years_target() {
    let mut world = World::new(vec![serving(0, 24 * HOUR)]);
    world.calendar.open.push(span(32 * HOUR, 56 * HOUR));
    world.calendar.known = Some(span(-9_000 * HOUR, 9_000 * HOUR));
    let target = world.account().unserved.unwrap().target.unwrap();
    assert_eq!(target.in_period, Some(375.0), "8 of 32 hours");
    world.calendar.known = Some(span(-100 * HOUR, 100 * HOUR));
    assert_eq!(world.account().unserved.unwrap().target.unwrap().in_period, None);
}

#[test]
fn blips_stations_and_people() {
    let mut world = World::new(vec![
        serving(0, 9 * HOUR),
        down(9 * HOUR, 9 * HOUR + 15_000),
        serving(9 * HOUR + 15_000, 10 * HOUR),
        unobserved(10 * HOUR, 11 * HOUR),
        serving(11 * HOUR, 24 * HOUR),
    ]);
    let blip = |at| Blip { at: At(at), station: "pc-1".into(), probe: "link.datacenter".into() };
    world.timeline.blips = vec![blip(9 * HOUR), blip(20 * HOUR)];
    let silent = vec![(span(10 * HOUR, 11 * HOUR), StationState::Silent)];
    let stopped = vec![(span(10 * HOUR, 10 * HOUR + HOUR / 2), StationState::Stopped)];
    world.timeline.stations = [("pc-1".into(), silent), ("pc-2".into(), stopped)].into();
    let mut entry = outage("a", vec![charge(14 * HOUR, 15 * HOUR, Kind::Device)]);
    let note: Option<Arc<str>> = None;
    entry.acknowledged = Some(Acknowledgement { by: "sari".into(), at: At(14 * HOUR), note });
    world.outages = vec![entry];
    let made = world.account();
    assert_eq!(made.blips, 1);
    assert_eq!(made.unobserved_by_station[&StationId::from("pc-1")], 3_600);
    assert_eq!(made.unobserved_by_station[&StationId::from("pc-2")], 1_800);
    assert_eq!(made.outages[0].acknowledged_by, Some("sari".into()));
    assert_eq!(made.down_seconds(), 3_600);
}

/// Numbers that look random and are the same every time (xorshift64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: i64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        i64::try_from(self.0 >> 1).unwrap() % n
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::try_from(self.below(from.len().try_into().unwrap())).unwrap()]
    }

    /// Disjoint spans in `[0, length)`, edges anywhere between seconds, about `count` of them.
    fn spans(&mut self, length: i64, count: i64, touching: bool) -> Vec<Span> {
        let mut cuts: Vec<i64> = (0..count * 2).map(|_| self.below(length)).collect();
        cuts.sort_unstable();
        let step = if touching { 1 } else { 2 };
        cuts.windows(2).step_by(step).map(|w| span(w[0], w[1])).filter(|s| s.from < s.to).collect()
    }

    fn world(&mut self) -> World {
        let length = 400_000;
        let states = [OfficeState::Serving, OfficeState::Unobserved, OfficeState::Down];
        let count = 1 + self.below(12);
        let stretches = self.spans(length, count, true);
        let mut world =
            World::new(stretches.into_iter().map(|s| (s, self.pick(&states))).collect());
        world.calendar.open = self.spans(length, 3, false);
        world.period = span(self.below(100_000), 200_000 + self.below(250_000));
        world.until = At(world.period.from.0 + self.below(450_000));
        let risks = self.spans(length, 4, false);
        let saviours = [SavedBy::Battery, SavedBy::Generator];
        world.timeline.at_risk =
            risks.into_iter().map(|span| AtRisk { span, saved_by: self.pick(&saviours) }).collect();
        let count = self.below(5);
        for (i, whole) in self.spans(length, count, false).into_iter().enumerate() {
            let third = (whole.to - whole.from) / 3;
            let charges = (0..3)
                .map(|n| Charge {
                    span: Span { from: whole.from + n * third, to: whole.from + (n + 1) * third },
                    cause: cause(
                        self.pick(&Kind::ALL),
                        self.pick(&[Certainty::Likely, Certainty::Certain]),
                    ),
                    planned: self.below(4) == 0,
                    guessed: self.below(6) == 0,
                })
                .collect();
            let mut entry = outage(&format!("o{i}"), charges);
            if self.below(3) == 0 {
                entry.from = When { lo: entry.from.lo - self.below(9_000), hi: entry.from.hi };
            }
            if self.below(3) == 0 {
                entry.to = None;
            }
            entry.void = self.below(8) == 0;
            world.outages.push(entry);
        }
        world
    }
}

fn holds(span: Span, at: At) -> bool {
    span.from <= at && at < span.to
}

/// Service, in service, down, planned, unobserved, at risk: counted one second after the other.
fn brute_force(world: &World) -> [i64; 6] {
    let mut counts = [0; 6];
    for second in -10..500 {
        let at = At(second * 1_000);
        let counted = holds(world.period, at)
            && at < world.until
            && world.calendar.open.iter().any(|s| holds(*s, at));
        if !counted {
            continue;
        }
        counts[0] += 1;
        let live = || world.outages.iter().filter(|o| !o.void);
        let mut ends = live().flat_map(|o| [Some(o.from), o.to]).flatten();
        let left_open = ends.any(|when| when.lo <= at && at < when.hi);
        let charge = live()
            .flat_map(|o| &o.charges)
            .find(|c| holds(c.span, at) && c.cause.kind != Kind::Silent && !c.guessed);
        let state = world.timeline.states.iter().find(|(s, _)| holds(*s, at)).map(|(_, s)| *s);
        let known = matches!(state, Some(OfficeState::Serving | OfficeState::Down));
        match charge {
            _ if left_open => counts[4] += 1,
            Some(charge) if charge.planned => counts[3] += 1,
            Some(_) => counts[2] += 1,
            None if known => {
                counts[1] += 1;
                counts[5] += i64::from(world.timeline.at_risk.iter().any(|r| holds(r.span, at)));
            }
            None => counts[4] += 1,
        }
    }
    counts
}

#[test]
fn the_terms_always_add_up() {
    let mut dice = Dice(0x5EED_0001);
    for round in 0..3_000 {
        let mut world = dice.world();
        let made = world.account();
        let counts = [
            made.service_seconds,
            made.in_service_seconds,
            made.down_seconds(),
            made.planned_seconds,
            made.unobserved_seconds,
            made.at_risk_seconds(),
        ];
        assert_eq!(counts, brute_force(&world), "round {round}");
        // Two parts of a period make the whole, wherever it is cut.
        let whole = world.period;
        let cut = At(whole.from.0 + dice.below(whole.to - whole.from));
        world.period = Span { from: whole.from, to: cut };
        let first = world.account();
        world.period = Span { from: cut, to: whole.to };
        let second = world.account();
        assert_eq!(first.service_seconds + second.service_seconds, made.service_seconds);
        assert_eq!(first.down_seconds() + second.down_seconds(), made.down_seconds());
        assert_eq!(
            first.possibly_down_seconds + second.possibly_down_seconds,
            made.possibly_down_seconds
        );
    }
}
