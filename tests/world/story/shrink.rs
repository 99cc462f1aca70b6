//! The least that still fails: what a person has to read of a failing seed.

use super::names::all;
use super::switch::{MOMENTS, On, SWITCHES};
use crate::world::truth::{Ack, Plan, Second, Span, Truth};

/// One thing that happens.
#[derive(Clone)]
enum Event {
    Switch(usize, On, Span, i64),
    Moment(usize, On, Second, i64),
    Plan(Plan),
    Ack(Ack),
}

/// Takes away what happens, first by halves, then one thing after the other, as long as it still
/// fails.
#[must_use]
pub fn shrink(truth: &Truth, fails: impl Fn(&Truth) -> bool) -> Truth {
    let quiet = quiet(truth);
    let mut events = events(truth);
    let mut size = events.len().div_ceil(2);
    while size > 0 {
        let mut at = 0;
        let before = events.len();
        while at < events.len() {
            let mut fewer = events.clone();
            fewer.drain(at..(at + size).min(events.len()));
            if fails(&with(&quiet, &fewer)) { events = fewer } else { at += size }
        }
        if size > 1 || events.len() == before {
            size /= 2;
        }
    }
    with(&quiet, &events)
}

fn events(truth: &Truth) -> Vec<Event> {
    let mut out = Vec::new();
    for (row, switch) in SWITCHES.iter().enumerate() {
        for (on, _) in all(truth, switch.names) {
            let spans = (switch.read)(truth, on);
            out.extend(spans.into_iter().map(|(s, length)| Event::Switch(row, on, s, length)));
        }
    }
    for (row, moment) in MOMENTS.iter().enumerate() {
        for (on, _) in all(truth, moment.names) {
            let moments = (moment.read)(truth, on);
            out.extend(moments.into_iter().map(|(at, length)| Event::Moment(row, on, at, length)));
        }
    }
    out.extend(truth.plans.iter().cloned().map(Event::Plan));
    out.extend(truth.acks.iter().cloned().map(Event::Ack));
    out
}

/// The same world, in which nothing happens: the head of its story.
fn quiet(truth: &Truth) -> Truth {
    let text = super::write(truth);
    let head = text.split("\n\n").next().unwrap_or_default();
    let quiet = super::read("shrink", head);
    quiet.unwrap_or_else(|problems| panic!("a story does not read back: {problems:?}"))
}

fn with(quiet: &Truth, events: &[Event]) -> Truth {
    let mut out = quiet.clone();
    for event in events {
        match event {
            Event::Switch(row, on, span, length) => {
                (SWITCHES[*row].add)(&mut out, *on, *span, *length);
            }
            Event::Moment(row, on, at, length) => {
                (MOMENTS[*row].add)(&mut out, *on, *at, *length);
            }
            Event::Plan(plan) => out.plans.push(plan.clone()),
            Event::Ack(ack) => out.acks.push(ack.clone()),
        }
    }
    out
}
