//! The counting behind an account. Must never look at a second twice, nor at none: it walks the
//! service hours from change to change, and each stretch between two is all alike.

use std::collections::BTreeMap;

use super::citizens::{Hours, unserved};
use super::civil::{Civil, Slot};
use super::layer::{Layer, seconds};
use super::{Account, Case, Entry, StationSeconds, Terms};
use crate::cause::{Certainty, Kind, Sub};
use crate::ids::StationId;
use crate::ledger::SavedBy;
use crate::outage::{Charge, Outage};
use crate::span::{At, Span};
use crate::view::{OfficeState, StationState};

/// See [`super::account`].
pub(super) fn account(case: &Case) -> Account {
    let outages: Vec<&Outage> =
        case.outages.iter().filter(|o| o.office == *case.office && !o.void).collect();
    let facts = Facts::new(case, &outages);
    let range = Span { from: case.period.from, to: case.period.to.min(case.until) };
    let mut made = Made::new(case, &outages, range.to.max(range.from));
    let mut civil = Civil::new(case.zone);
    for open in case.calendar.open_within(range) {
        let (from, to) = seconds(open);
        let mut at = from;
        while at < to {
            let slot = civil.at(at);
            let end = facts.next_change(at).min(to).min(slot.ends);
            made.add(&facts, slot, at, end - at);
            at = end;
        }
    }
    made.finish(case)
}

/// A cause, what exactly, and how sure.
type Exactly = (Kind, Option<Sub>, Certainty);

/// What holds in a second.
#[derive(Clone, Copy)]
enum Second<'a> {
    InService,
    Down(&'a Charged),
    Planned(&'a Charged),
    Unobserved { possibly_down: bool },
}

/// A charge, by the number of its outage.
struct Charged {
    outage: usize,
    kind: Kind,
    sub: Option<Sub>,
    certainty: Certainty,
    planned: bool,
}

/// Everything that can hold in a second, as layers of whole seconds.
struct Facts<'a> {
    charges: Layer<Charged>,
    /// The ends of outages that are only known to lie somewhere in here.
    left_open: Layer<()>,
    states: Layer<OfficeState>,
    /// Unobserved stretches beside down ones.
    beside_down: Layer<()>,
    at_risk: Layer<SavedBy>,
    stations: Vec<(&'a StationId, Layer<StationState>)>,
}

impl<'a> Facts<'a> {
    fn new(case: &Case<'a>, outages: &[&Outage]) -> Self {
        // A guess that rests on silence is for telling: what it covers is unobserved.
        let counted = |charge: &&Charge| !charge.guessed && charge.cause.kind != Kind::Silent;
        let charges = Layer::new(outages.iter().enumerate().flat_map(|(outage, entry)| {
            entry.charges.iter().filter(counted).map(move |charge| {
                let cause = &charge.cause;
                let (kind, sub, certainty) = (cause.kind, cause.sub, cause.certainty);
                let planned = charge.planned;
                (charge.span, Charged { outage, kind, sub, certainty, planned })
            })
        }));
        let left_open = Layer::new(
            outages
                .iter()
                .flat_map(|o| [Some(o.from), o.to])
                .flatten()
                .map(|when| (Span { from: when.lo, to: when.hi }, ())),
        );
        let timeline = case.timeline;
        let states = Layer::new(timeline.states.iter().copied());
        let beside_down = unobserved_beside_down(&states, &charges, &left_open);
        Self {
            charges,
            left_open,
            states,
            beside_down,
            at_risk: Layer::new(timeline.at_risk.iter().map(|risk| (risk.span, risk.saved_by))),
            stations: timeline
                .stations
                .iter()
                .map(|(id, states)| (id, Layer::new(states.iter().copied())))
                .collect(),
        }
    }

    fn judge(&self, second: i64) -> Second<'_> {
        if self.left_open.at(second).is_some() {
            return Second::Unobserved { possibly_down: true };
        }
        if let Some(charged) = self.charges.at(second) {
            return if charged.planned { Second::Planned(charged) } else { Second::Down(charged) };
        }
        match self.states.at(second) {
            // Down without a charge is a single bad reading: a blip, which counts as service.
            Some(OfficeState::Serving | OfficeState::Down) => Second::InService,
            Some(OfficeState::Unobserved) | None => {
                Second::Unobserved { possibly_down: self.beside_down.at(second).is_some() }
            }
        }
    }

    /// The next second after this one in which anything may change.
    fn next_change(&self, second: i64) -> i64 {
        self.stations
            .iter()
            .map(|(_, layer)| layer.next_change(second))
            .chain([
                self.charges.next_change(second),
                self.left_open.next_change(second),
                self.states.next_change(second),
                self.beside_down.next_change(second),
                self.at_risk.next_change(second),
            ])
            .min()
            .unwrap_or(i64::MAX)
    }
}

/// The unobserved stretches that touch a down second on either side. What an unobserved stretch
/// is, is decided without regard to service hours: a night between does not make it harmless.
fn unobserved_beside_down(
    states: &Layer<OfficeState>,
    charges: &Layer<Charged>,
    left_open: &Layer<()>,
) -> Layer<()> {
    let down = |second: i64| charges.at(second).is_some() || left_open.at(second).is_some();
    let unknown = |second: i64| {
        !down(second) && matches!(states.at(second), None | Some(OfficeState::Unobserved))
    };
    let mut edges: Vec<i64> =
        states.edges().chain(charges.edges()).chain(left_open.edges()).collect();
    edges.sort_unstable();
    edges.dedup();
    let mut beside = Vec::new();
    // A stretch runs from an edge after which nothing is known to the next edge where something is.
    let mut start = None;
    for edge in edges {
        match (start, unknown(edge)) {
            (None, true) => start = Some(edge),
            (Some(from), false) => {
                if down(edge) || down(from - 1) {
                    beside.push((from, edge, ()));
                }
                start = None;
            }
            (None, false) | (Some(_), true) => {}
        }
    }
    if let Some(from) = start.filter(|from| down(from - 1)) {
        beside.push((from, i64::MAX, ()));
    }
    Layer::of_seconds(beside)
}

/// The account in the making.
struct Made {
    account: Account,
    /// Seconds of each outage by cause, to find what it is mostly charged to.
    shares: Vec<BTreeMap<Exactly, i64>>,
}

impl Made {
    fn new(case: &Case, outages: &[&Outage], until: At) -> Self {
        let entries = outages.iter().map(|outage| Entry {
            id: outage.id.clone(),
            office: outage.office.clone(),
            from: outage.from,
            to: outage.to,
            down: BTreeMap::new(),
            planned_seconds: 0,
            cause: None,
            acknowledged_by: outage.acknowledged.as_ref().map(|a| a.by.clone()),
            provisional: outage.provisional,
        });
        let account = Account {
            office: case.office.clone(),
            period: case.period,
            until,
            service_seconds: 0,
            in_service_seconds: 0,
            down: BTreeMap::new(),
            planned_seconds: 0,
            unobserved_seconds: 0,
            possibly_down_seconds: 0,
            at_risk: BTreeMap::new(),
            unobserved_by_station: BTreeMap::new(),
            by_station: case
                .timeline
                .stations
                .keys()
                .map(|id| (id.clone(), StationSeconds::default()))
                .collect(),
            by_hour: [Terms::default(); 24],
            by_weekday: [Terms::default(); 7],
            outages: entries.collect(),
            blips: 0,
            unserved: None,
            is_final: false,
        };
        Self { account, shares: vec![BTreeMap::new(); outages.len()] }
    }

    /// Counts `length` seconds, all like the one at `second`.
    fn add(&mut self, facts: &Facts, slot: Slot, second: i64, length: i64) {
        self.account.service_seconds += length;
        let judged = facts.judge(second);
        self.add_slot(slot, &judged, length);
        self.add_stations(facts, second, length);
        match judged {
            Second::InService => {
                self.account.in_service_seconds += length;
                if let Some(saved_by) = facts.at_risk.at(second) {
                    *self.account.at_risk.entry(*saved_by).or_default() += length;
                }
            }
            Second::Down(charged) => self.add_down(charged, length),
            Second::Planned(charged) => {
                self.account.planned_seconds += length;
                if let Some(entry) = self.account.outages.get_mut(charged.outage) {
                    entry.planned_seconds += length;
                }
                self.share(charged, length);
            }
            Second::Unobserved { possibly_down } => {
                self.account.unobserved_seconds += length;
                if possibly_down {
                    self.account.possibly_down_seconds += length;
                }
                for (station, states) in &facts.stations {
                    if states.at(second).is_none_or(|state| is_unknown(*state)) {
                        let of = &mut self.account.unobserved_by_station;
                        *of.entry((*station).clone()).or_default() += length;
                    }
                }
            }
        }
    }

    fn add_slot(&mut self, slot: Slot, judged: &Second, length: i64) {
        let of_hour = self.account.by_hour.get_mut(slot.hour);
        let of_weekday = self.account.by_weekday.get_mut(slot.weekday);
        for terms in of_hour.into_iter().chain(of_weekday) {
            terms.service += length;
            *match judged {
                Second::InService => &mut terms.in_service,
                Second::Down(_) => &mut terms.down,
                Second::Planned(_) => &mut terms.planned,
                Second::Unobserved { .. } => &mut terms.unobserved,
            } += length;
        }
    }

    fn add_stations(&mut self, facts: &Facts, second: i64, length: i64) {
        for (station, states) in &facts.stations {
            let Some(of) = self.account.by_station.get_mut(*station) else { continue };
            *match states.at(second) {
                Some(StationState::Serving) => &mut of.serving,
                Some(StationState::Down | StationState::Stopped) => &mut of.not_serving,
                Some(
                    StationState::Unsure
                    | StationState::Unseen
                    | StationState::Silent
                    | StationState::NeverHeard,
                )
                | None => &mut of.unknown,
            } += length;
        }
    }

    fn add_down(&mut self, charged: &Charged, length: i64) {
        let down = self.account.down.entry(charged.kind).or_default();
        down.seconds += length;
        if charged.certainty == Certainty::Likely {
            down.likely_seconds += length;
        }
        *down.by_sub.entry(charged.sub).or_default() += length;
        if let Some(entry) = self.account.outages.get_mut(charged.outage) {
            *entry.down.entry(charged.kind).or_default() += length;
        }
        self.share(charged, length);
    }

    fn share(&mut self, charged: &Charged, length: i64) {
        if let Some(shares) = self.shares.get_mut(charged.outage) {
            let cause = (charged.kind, charged.sub, charged.certainty);
            *shares.entry(cause).or_default() += length;
        }
    }

    fn finish(mut self, case: &Case) -> Account {
        for (entry, shares) in self.account.outages.iter_mut().zip(&self.shares) {
            // The first of the longest: by the order of ties among causes.
            entry.cause = shares.iter().rev().max_by_key(|(_, s)| **s).map(|(cause, _)| *cause);
        }
        let counted = Span { from: case.period.from, to: self.account.until };
        // Nothing touches a period that is still to come.
        let touches = |entry: &Entry| {
            entry.from.lo < counted.to
                && entry.to.is_none_or(|to| to.hi > counted.from)
                && counted.from < counted.to
        };
        self.account.outages.retain(|entry| {
            let costs = entry.down_seconds() > 0 || entry.planned_seconds > 0;
            costs || (entry.provisional && touches(entry))
        });
        self.account.outages.sort_by(|a, b| (a.from, &a.id).cmp(&(b.from, &b.id)));
        let period = case.period;
        let inside = |at: At| at >= period.from && at < period.to && case.calendar.is_open(at);
        self.account.blips = case.timeline.blips.iter().filter(|blip| inside(blip.at)).count();
        let complete = case.timeline.complete_to.is_some_and(|to| to >= period.to);
        let settled = case.until - period.to >= case.settle_after_ms;
        self.account.is_final = case.until >= period.to && (complete || settled);
        if let Some(pace) = &case.throughput {
            let hours = Hours { period: open_seconds(case, period), year: year_seconds(case) };
            self.account.unserved = Some(unserved(&self.account, pace, hours));
        }
        self.account
    }
}

fn open_seconds(case: &Case, span: Span) -> i64 {
    case.calendar.open_ms(span) / 1_000
}

/// Service hours of the civil year in which the period begins, where all of it is known.
fn year_seconds(case: &Case) -> Option<i64> {
    let at = jiff::Timestamp::from_millisecond(case.period.from.0).ok()?;
    let year = at.to_zoned_datetime(case.zone.clone()).year();
    let midnight = |year: i16| {
        let first = jiff::civil::Date::new(year, 1, 1).ok()?;
        let midnight = first.to_zoned_datetime(case.zone.clone()).ok()?;
        Some(At(midnight.timestamp().as_millisecond()))
    };
    let span = Span { from: midnight(year)?, to: midnight(year.checked_add(1)?)? };
    case.calendar.knows(span).then(|| open_seconds(case, span))
}

fn is_unknown(state: StationState) -> bool {
    match state {
        StationState::Unsure
        | StationState::Unseen
        | StationState::Silent
        | StationState::NeverHeard => true,
        StationState::Down | StationState::Serving | StationState::Stopped => false,
    }
}
