//! Makes entries of charges: which flaps are one outage, where it begins and ends, and how much
//! of it lies inside service hours.

use crate::cause::{Cause, Kind, Sub};
use crate::charge::timeline;
use crate::ids::{OfficeId, OutageId, ProbeName};
use crate::meaning::covers;
use crate::office::{OfficeStretch, at};
use crate::outage::{Charge, Outage, Told};
use crate::place::Place;
use crate::setup::Office;
use crate::span::{At, Span, When, inside_ms, intersect, subtract};
use crate::suspect::Suspect;
use crate::trace::Trace;
use crate::view::OfficeState;

/// What entries are made of.
pub(crate) struct Matter<'a> {
    pub(crate) id: &'a OfficeId,
    pub(crate) office: &'a Office,
    pub(crate) hours: &'a [Span],
    /// Where silence says nothing.
    pub(crate) deaf: &'a [Span],
    pub(crate) states: &'a [OfficeStretch],
    pub(crate) suspects: &'a [Suspect],
    pub(crate) traces: &'a [Trace<'a>],
    pub(crate) cycle_ms: i64,
    pub(crate) until: At,
}

/// The entries, and the silence that is too young to be one.
pub(crate) fn entries(matter: &Matter, charges: Vec<Charge>) -> (Vec<Outage>, Option<Outage>) {
    let mut groups: Vec<Vec<Charge>> = Vec::new();
    for charge in charges {
        for charge in seen(charge, matter.deaf) {
            match groups.last_mut() {
                Some(group) if joins(matter, group, &charge) => group.push(charge),
                Some(_) | None => groups.push(vec![charge]),
            }
        }
    }
    let mut out: Vec<Outage> = Vec::new();
    let mut young = None;
    for group in groups {
        let entry = entry(matter, group);
        let counted = counted_ms(&entry.charges, matter.hours, matter.office.opening_grace_ms);
        if !entry.provisional || counted >= threshold_ms(matter.office, matter.cycle_ms) {
            out.push(entry);
        } else if entry.to.is_none() {
            young = Some(entry);
        }
    }
    (out, young)
}

/// A guess about a silence says nothing where the collector could not hear.
fn seen(charge: Charge, deaf: &[Span]) -> Vec<Charge> {
    if !charge.guessed || deaf.is_empty() {
        return vec![charge];
    }
    let parts = subtract(&[charge.span], deaf);
    parts.into_iter().map(|span| Charge { span, ..charge.clone() }).collect()
}

/// How long an outage must have lasted before it is told, milliseconds.
pub(crate) fn threshold_ms(office: &Office, cycle_ms: i64) -> i64 {
    office.open_after_ms.max(3 * cycle_ms)
}

/// Whether a charge belongs to the same outage: the office did not serve in between, or only for
/// a short while.
fn joins(matter: &Matter, group: &[Charge], next: &Charge) -> bool {
    let Some(last) = group.last() else { return false };
    let between = Span::new(last.span.to, next.span.from);
    between.length_ms() <= matter.office.merge_within_ms || !served(matter.states, between)
}

/// Whether the office served at any time of a span.
fn served(states: &[OfficeStretch], span: Span) -> bool {
    let i = states.partition_point(|s| s.span.to <= span.from);
    states
        .iter()
        .skip(i)
        .take_while(|s| s.span.from < span.to)
        .any(|s| s.state == OfficeState::Serving)
}

fn entry(matter: &Matter, charges: Vec<Charge>) -> Outage {
    let from = charges.first().map_or(matter.until, |c| c.span.from);
    let end = charges.last().map_or(matter.until, |c| c.span.to);
    let over = served(matter.states, Span::new(end, matter.until));
    Outage {
        id: OutageId::from(""),
        office: matter.id.clone(),
        from: began(matter, from),
        to: over.then(|| ended(matter, end)),
        timeline: timeline(matter.suspects, Span::new(from, end)),
        provisional: charges.iter().all(|c| c.guessed),
        void: false,
        downtime_ms: downtime_ms(&charges, matter.hours),
        told: Told::default(),
        acknowledged: None,
        expected_back: None,
        charges,
    }
}

/// Down time that counts: shown by evidence, not planned, inside service hours.
pub(crate) fn downtime_ms(charges: &[Charge], hours: &[Span]) -> i64 {
    charges.iter().filter(|c| !c.guessed && !c.planned).map(|c| inside_ms(c.span, hours)).sum()
}

/// The beginning: earlier by what nobody observed just before it, and by a bad reading before that
/// which would have been one of a row, had there been another.
fn began(matter: &Matter, from: At) -> When {
    let slack = slack_ms(matter.traces, from);
    let before = at(matter.states, from - 1)
        .filter(|s| s.state == OfficeState::Unobserved && !s.silence && s.span.to == from)
        .filter(|s| matter.states.first().is_some_and(|first| first.span.from < s.span.from));
    let lo = before.map_or(from, |s| {
        let last = blips_at(matter, s.span.from).map(|b| b.from);
        last.min().unwrap_or(s.span.from)
    });
    When { lo: lo - slack, hi: from + slack }
}

/// The end: later by what nobody observed just after it, and by a bad reading after that.
fn ended(matter: &Matter, end: At) -> When {
    let slack = slack_ms(matter.traces, end);
    let after = at(matter.states, end)
        .filter(|s| s.state == OfficeState::Unobserved && s.span.from == end)
        .filter(|s| at(matter.states, s.span.to).is_some_and(|n| n.state == OfficeState::Serving));
    let hi = after.map_or(end, |s| {
        let first = blips_at(matter, s.span.to).map(|b| b.to);
        first.max().unwrap_or(s.span.to)
    });
    When { lo: end - slack, hi: hi + slack }
}

/// Bad readings of what is needed that were alone, and cover an instant or end there.
fn blips_at<'a>(matter: &'a Matter, at: At) -> impl Iterator<Item = Span> + 'a {
    let all = matter.traces.iter().zip(matter.office.stations.values());
    all.flat_map(move |(trace, station)| {
        let needed = move |name: &ProbeName| station.needs.iter().any(|need| covers(need, name));
        let series = trace.series.iter().filter(move |(name, _)| needed(name));
        let pieces = series.flat_map(move |(_, s)| s.touching(Span::new(at, at)));
        pieces.filter(|p| p.blip).map(|p| Span::new(p.from, p.to))
    })
}

/// How far off an instant may be that lies in, or at the edge of, a life placed by its wall clock.
fn slack_ms(traces: &[Trace], at: At) -> i64 {
    let lives = traces.iter().flat_map(|t| t.alive.iter().map(move |life| (t, life)));
    lives
        .filter(|(_, life)| life.span.from <= at && at <= life.span.to)
        .filter_map(|(t, life)| t.runs.get(life.run))
        .filter(|run| matches!(run.place, Place::About(..)))
        .map(|run| run.place.slack_ms())
        .max()
        .unwrap_or(0)
}

/// The seconds that count towards telling: inside service hours, not planned; of PCs that
/// are still off or silent at opening only those after the grace, whoever is charged by then.
pub(crate) fn counted(charges: &[Charge], hours: &[Span], grace_ms: i64) -> Vec<Span> {
    let mut out = Vec::new();
    // What has stood still since an opening: up to when that is known, and the end of its grace.
    let mut waiting: Option<(At, At)> = None;
    for charge in charges {
        for mut span in intersect(&[charge.span], hours) {
            let i = hours.partition_point(|h| h.from < span.from);
            let opens = hours.get(i).is_some_and(|h| h.from == span.from);
            let goes_on = waiting.filter(|(known, _)| *known == span.from).map(|(_, grace)| grace);
            let grace = goes_on.or_else(|| opens.then(|| span.from + grace_ms));
            let grace = grace.filter(|_| is_still(&charge.cause));
            waiting = grace.map(|grace| (span.to, grace));
            span.from = span.from.max(grace.unwrap_or(span.from));
            if !span.is_empty() && !charge.planned {
                out.push(span);
            }
        }
    }
    out
}

/// Whether a cause means that the PC stands still, or that nothing is heard of it.
pub(crate) fn is_still(cause: &Cause) -> bool {
    match cause.kind {
        Kind::Station => cause.sub != Some(Sub::Cable),
        Kind::Silent => true,
        Kind::Power => cause.sub != Some(Sub::NetworkNotBackedUp),
        Kind::Center | Kind::LinkLan | Kind::LinkProvider | Kind::LinkPath | Kind::Device => false,
    }
}

/// How many milliseconds count towards telling.
pub(crate) fn counted_ms(charges: &[Charge], hours: &[Span], grace_ms: i64) -> i64 {
    counted(charges, hours, grace_ms).into_iter().map(Span::length_ms).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cause::{Certainty, Thing};
    use crate::setup::Calendar;

    fn span(from: i64, to: i64) -> Span {
        Span::new(At(from), At(to))
    }

    fn charge(from: i64, to: i64, kind: Kind, sub: Option<Sub>) -> Charge {
        let cause = Cause {
            kind,
            sub,
            certainty: Certainty::Certain,
            thing: Thing::Mains,
            why: Vec::new(),
        };
        Charge { span: span(from, to), cause, planned: false, guessed: false }
    }

    fn office() -> Office {
        Office {
            name: "Palaran".into(),
            zone: jiff::tz::TimeZone::UTC,
            calendar: Calendar::default(),
            stations: std::collections::BTreeMap::new(),
            stations_needed: 1,
            line: None,
            mains: None,
            via: None,
            open_after_ms: 60_000,
            close_after_ms: 0,
            merge_within_ms: 0,
            opening_grace_ms: 0,
            settle_after_ms: 0,
        }
    }

    #[test]
    fn nothing_is_told_before_three_cycles() {
        let mut office = office();
        assert_eq!(
            [threshold_ms(&office, 15_000), threshold_ms(&office, 25_000)],
            [60_000, 75_000]
        );
        office.open_after_ms = 0;
        assert_eq!(threshold_ms(&office, 15_000), 45_000);
    }

    #[test]
    fn what_stands_still_at_opening_counts_after_the_grace_and_nothing_else_waits() {
        let hours = [span(100, 200), span(300, 400)];
        let counted = |charges: &[Charge]| {
            counted(charges, &hours, 20).iter().map(|s| (s.from.0, s.to.0)).collect::<Vec<_>>()
        };
        let off = |from, to| charge(from, to, Kind::Station, None);
        assert_eq!(counted(&[off(50, 150)]), [(120, 150)]);
        assert_eq!(counted(&[off(100, 150)]), [(120, 150)]);
        assert_eq!(counted(&[off(101, 150)]), [(101, 150)], "it was on at opening");
        assert_eq!(counted(&[off(50, 115)]), [], "it was switched on in the grace");
        assert_eq!(counted(&[off(50, 350)]), [(120, 200), (320, 350)]);
        // The grace goes on while any stands still, whoever is charged; not across a break.
        assert_eq!(counted(&[off(50, 110), charge(110, 150, Kind::Power, None)]), [(120, 150)]);
        assert_eq!(counted(&[off(50, 110), off(111, 150)]), [(111, 150)]);
        assert_eq!(counted(&[off(50, 110), charge(110, 150, Kind::Center, None)]), [(110, 150)]);
        let mut planned = off(50, 110);
        planned.planned = true;
        assert_eq!(counted(&[planned, off(110, 150)]), [(120, 150)]);
    }

    #[test]
    fn a_pc_stands_still_without_power_switched_off_or_silent() {
        let still = |kind, sub| is_still(&charge(0, 1, kind, sub).cause);
        assert!(
            still(Kind::Station, None) && still(Kind::Power, None) && still(Kind::Silent, None)
        );
        assert!(!still(Kind::Station, Some(Sub::Cable)));
        assert!(!still(Kind::Power, Some(Sub::NetworkNotBackedUp)));
        for kind in [Kind::Center, Kind::LinkLan, Kind::LinkProvider, Kind::LinkPath, Kind::Device]
        {
            assert!(!still(kind, None));
        }
    }

    /// A boot from second 100 to 160 that is tied, and one that only its wall clock places, from
    /// 310 to 370, give or take five seconds.
    #[test]
    fn an_instant_in_a_life_placed_by_its_wall_clock_is_that_far_off_up_to_its_edges() {
        let mut tape = crate::tape::Tape::new();
        tape.good(crate::tape::cycles(100_000, 161_000));
        tape.push(160_000);
        tape.boot("boot2", 300_000);
        tape.run("run2");
        let end = crate::fact::PreviousEnd::Unclean;
        tape.start(310_000, end, None, Some(("run1", 5)));
        tape.good(crate::tape::cycles(310_000, 371_000));
        tape.push_late(660_000);
        tape.boot("boot3", 600_000);
        tape.run("run3");
        tape.start(610_000, end, None, Some(("run2", 6)));
        tape.push(610_000);
        let traces = [tape.trace(620_000)];
        let slack = |ms: i64| slack_ms(&traces, At(ms));
        assert_eq!([slack(310_000), slack(340_000), slack(370_000)], [5_060; 3]);
        assert_eq!([slack(309_999), slack(370_001), slack(130_000), slack(610_000)], [0; 4]);
        // What begins or ends there may have begun that much earlier, or ended that much later.
        let office = office();
        let serving =
            OfficeStretch { span: span(0, 700_000), state: OfficeState::Serving, silence: false };
        let matter = Matter {
            id: &"palaran".into(),
            office: &office,
            hours: &[],
            deaf: &[],
            states: &[serving],
            suspects: &[],
            traces: &traces,
            cycle_ms: 15_000,
            until: At(700_000),
        };
        let around = |at: i64| When { lo: At(at - 5_060), hi: At(at + 5_060) };
        assert_eq!(began(&matter, At(340_000)), around(340_000));
        assert_eq!(ended(&matter, At(340_000)), around(340_000));
        assert_eq!(began(&matter, At(130_000)), When::exact(At(130_000)));
    }

    /// The edges of an outage from 50 to 60 where the office was in those states around it.
    fn edges(states: &[(i64, i64, OfficeState, bool)]) -> [(i64, i64); 2] {
        let states: Vec<OfficeStretch> = states
            .iter()
            .map(|(from, to, state, silence)| OfficeStretch {
                span: span(*from, *to),
                state: *state,
                silence: *silence,
            })
            .collect();
        let office = office();
        let matter = Matter {
            id: &"palaran".into(),
            office: &office,
            hours: &[],
            deaf: &[],
            states: &states,
            suspects: &[],
            traces: &[],
            cycle_ms: 15_000,
            until: At(100),
        };
        let plain = |when: When| (when.lo.0, when.hi.0);
        [plain(began(&matter, At(50))), plain(ended(&matter, At(60)))]
    }

    #[test]
    fn an_edge_beside_what_nobody_observed_may_lie_anywhere_in_it() {
        use OfficeState::{Down, Serving, Unobserved};
        let serves = [(0, 50, Serving, false), (50, 60, Down, false), (60, 90, Serving, false)];
        assert_eq!(edges(&serves), [(50, 50), (60, 60)]);
        let unseen = [
            (0, 30, Serving, false),
            (30, 50, Unobserved, false),
            (50, 60, Down, false),
            (60, 80, Unobserved, false),
            (80, 90, Serving, false),
        ];
        assert_eq!(edges(&unseen), [(30, 50), (60, 80)]);
        // Not in a silence before it, which is charged, nor in what was before all evidence.
        let mut silent = unseen;
        silent[1].3 = true;
        assert_eq!(edges(&silent)[0], (50, 50));
        let first =
            [(30, 50, Unobserved, false), (50, 60, Down, false), (60, 80, Unobserved, false)];
        assert_eq!(edges(&first), [(50, 50), (60, 60)], "nor after it, before it is seen to serve");
        // What is unobserved but does not touch the edge says nothing of it.
        let apart = [
            (0, 20, Serving, false),
            (20, 40, Unobserved, false),
            (40, 60, Down, false),
            (60, 70, Serving, false),
            (70, 80, Unobserved, false),
        ];
        assert_eq!(edges(&apart), [(50, 50), (60, 60)]);
    }

    #[test]
    fn an_office_served_in_a_span_where_any_of_it_lies_inside() {
        let states = [(0, 10, OfficeState::Down), (10, 20, OfficeState::Serving)];
        let states: Vec<OfficeStretch> = states
            .iter()
            .map(|(a, b, state)| OfficeStretch {
                span: span(*a, *b),
                state: *state,
                silence: false,
            })
            .collect();
        assert!(served(&states, span(5, 11)) && served(&states, span(19, 30)));
        assert!(!served(&states, span(5, 10)) && !served(&states, span(20, 30)));
    }
}
