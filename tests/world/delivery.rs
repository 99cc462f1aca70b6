//! What becomes of a report on its way.

use siaga_wire::Report;

use super::chance::Chance;
use super::truth::{Second, Truth, within};

/// After so long an agent takes a report for lost, milliseconds.
const DEADLINE_MS: i64 = 20_000;
/// After so long it gives up connecting.
const CONNECT_MS: i64 = 5_000;

/// A report that will arrive.
#[derive(Clone, Debug)]
pub struct Post {
    /// When.
    pub arrives_ms: i64,
    /// From which office and station, by place.
    pub place: (usize, usize),
    /// When each of its rows was truly made, milliseconds.
    pub times: Vec<i64>,
    /// What it says.
    pub report: Report<'static>,
}

/// What becomes of a report.
pub struct Fate {
    /// When it reaches the collector, if it does.
    pub arrives_ms: Option<i64>,
    /// The agent hears that its rows are committed.
    pub answered: bool,
    /// When the agent knows how it ended.
    pub ends_ms: i64,
}

impl Fate {
    /// Of a report that station sends then.
    pub fn of(truth: &Truth, place: (usize, usize), now_ms: i64, chance: &mut Chance) -> Self {
        let (office, station) = place;
        let at = now_ms.div_euclid(1000);
        let way = chance.between(15, 250);
        if !truth.reaches_collector(office, station, at) {
            let ends_ms = now_ms + CONNECT_MS;
            return Self { arrives_ms: None, answered: false, ends_ms };
        }
        let delivery = &truth.offices[office].stations[station].delivery;
        let late = delivery.delayed.iter().find(|(span, _)| span.has(at)).map_or(0, |(_, s)| *s);
        let arrives_ms = now_ms + way + late * 1000;
        let there = arrives_ms.div_euclid(1000);
        let taken = !truth.collector.away.iter().any(|away| away.span.has(there));
        let lost = within(&delivery.acks_lost, at);
        let back_ms = arrives_ms + chance.between(15, 250);
        let in_time = late == 0 && back_ms - now_ms < DEADLINE_MS;
        let answered = taken && !lost && in_time;
        let ends_ms = if answered { back_ms } else { now_ms + DEADLINE_MS };
        Self { arrives_ms: taken.then_some(arrives_ms), answered, ends_ms }
    }
}

/// Whether the row that a station makes in that second reaches the collector at once.
#[must_use]
pub fn arrives_at_once(truth: &Truth, office: usize, station: usize, at: Second) -> bool {
    let this = &truth.offices[office].stations[station];
    truth.pc_up(office, station, at)
        && !this.agent_off.iter().any(|a| a.span.has(at))
        && truth.reaches_collector(office, station, at)
        && !this.delivery.delayed.iter().any(|(span, _)| span.has(at))
        && !within(&this.delivery.acks_lost, at)
}
