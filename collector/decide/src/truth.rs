//! What was true of one office, from its evidence and from what other offices show. Both
//! questions end here: `ledger.rs` asks it of everything, `judge.rs` of what it still remembers.
//! Never knows what people were told.

use std::collections::BTreeMap;

use crate::cause::{Certainty, Kind, Sub};
use crate::charge::charges;
use crate::cross::{Reach, Reaches, Witnesses, neighbours, reach, weigh};
use crate::entry::{Matter, entries, threshold_ms};
use crate::evidence::StationEvidence;
use crate::gap::GapKind;
use crate::ids::{BootId, OfficeId, ProbeName, StationKey};
use crate::input::Plan;
use crate::life::meaningless;
use crate::memory::{OfficeMemory, Shown};
use crate::office::{OfficeStretch, states as office_states};
use crate::outage::Outage;
use crate::power::{batteries, on_mains};
use crate::setup::Office;
use crate::span::{At, Span, intersect, subtract, union};
use crate::staff::{StaffCorrection, correct, overrule};
use crate::station::{Stretch, states as station_states};
use crate::suspect::{Scene, Suspect, suspects};
use crate::trace::{Trace, trace};
use crate::view::{OfficeState, StationState};

/// A backlog is waited for so long after contact before entries are brought into line,
/// milliseconds: long enough for days of readings, shorter than anything is told in.
const POURING_MS: i64 = 30_000;

/// One office, its evidence laid out.
pub(crate) struct Look<'a> {
    pub(crate) id: &'a OfficeId,
    pub(crate) office: &'a Office,
    pub(crate) hours: &'a [Span],
    pub(crate) cycle_ms: i64,
    pub(crate) until: At,
    pub(crate) traces: Vec<Trace<'a>>,
    pub(crate) stations: Vec<Vec<Stretch>>,
    pub(crate) states: Vec<OfficeStretch>,
    pub(crate) batteries: Vec<Vec<Span>>,
    pub(crate) mains: Vec<Vec<Span>>,
    pub(crate) window: Span,
    /// Where it is settled, and what it showed to others before that.
    shown: Option<(At, Shown)>,
    staff: Vec<&'a StaffCorrection>,
}

/// What was true of one office.
#[derive(Clone, Debug)]
pub(crate) struct Truth {
    pub(crate) entries: Vec<Outage>,
    /// A silence that is too young to be an entry.
    pub(crate) young: Option<Outage>,
    pub(crate) suspects: Vec<Suspect>,
}

/// The newest row of a station: when it was made can move as its boot is tied better.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct NewestRow {
    pub(crate) boot: BootId,
    pub(crate) at_ms: u64,
    pub(crate) at: At,
}

/// All offices' reach, and the faults that each can tell by itself.
pub(crate) fn meet(looks: &[Look]) -> (Reaches, Vec<Vec<Suspect>>) {
    let shown: Reaches = looks.iter().map(|l| (l.id.clone(), l.reach(&[]))).collect();
    let suspects: Vec<Vec<Suspect>> = looks.iter().map(|l| l.suspects(&shown)).collect();
    let pairs = looks.iter().zip(&suspects);
    let reaches = pairs.map(|(l, s)| (l.id.clone(), l.reach(s))).collect();
    (reaches, suspects)
}

/// Lays out the evidence of one office, from where it is settled.
pub(crate) fn look<'a>(
    id: &'a OfficeId,
    office: &'a Office,
    hours: &'a [Span],
    evidence: &'a BTreeMap<StationKey, StationEvidence>,
    cycle_ms: i64,
    past: Option<&OfficeMemory>,
    until: At,
) -> Look<'a> {
    let mut traces = Vec::with_capacity(office.stations.len());
    let mut stations = Vec::with_capacity(office.stations.len());
    for (station, config) in &office.stations {
        let key = StationKey { office: id.clone(), station: station.clone() };
        let laid = trace(&key, evidence.get(&key), cycle_ms, until);
        stations.push(station_states(&laid, &config.needs));
        traces.push(laid);
    }
    let first = traces.iter().filter_map(|t| t.alive.first()).map(|a| a.span.from).min();
    let settled = past.and_then(|p| p.settled);
    let first = first.unwrap_or(until).max(settled.unwrap_or(At(i64::MIN)));
    let window = Span::new(first.min(until), until);
    let states = office_states(&traces, &stations, office.stations_needed, window);
    let batteries = traces.iter().map(batteries).collect();
    let mains = traces.iter().map(on_mains).collect();
    let staff = Vec::new();
    Look {
        id,
        office,
        hours,
        cycle_ms,
        until,
        traces,
        stations,
        states,
        batteries,
        mains,
        window,
        shown: past.and_then(|p| Some((p.settled?, p.shown.clone()))),
        staff,
    }
}

impl Truth {
    /// Whether some fault depends on what other offices see, and then whether one lasts.
    pub(crate) fn crossed(&self) -> Option<bool> {
        let faults = self.suspects.iter().filter(|s| match s.cause.kind {
            Kind::Center | Kind::LinkPath => true,
            Kind::Power
            | Kind::LinkLan
            | Kind::LinkProvider
            | Kind::Device
            | Kind::Station
            | Kind::Silent => false,
        });
        let newest = faults.map(|s| s.span.to).max()?;
        let open = self.entries.iter().any(|e| e.to.is_none() && e.from.lo <= newest);
        Some(open)
    }
}

/// Whether a station in that state may be serving.
fn may_serve(state: StationState) -> bool {
    match state {
        StationState::Serving | StationState::Unsure | StationState::Unseen => true,
        StationState::Down
        | StationState::Stopped
        | StationState::Silent
        | StationState::NeverHeard => false,
    }
}

/// Where only silence is heard.
fn silence(states: &[OfficeStretch]) -> Vec<Span> {
    states.iter().filter(|s| s.silence).map(|s| s.span).collect()
}

/// The same, but unsure over those spans of that gap.
fn unsure(states: Vec<Stretch>, gap: usize, spans: &[Span]) -> Vec<Stretch> {
    if spans.is_empty() {
        return states;
    }
    let mut out = Vec::with_capacity(states.len() + spans.len());
    for stretch in states {
        if stretch.gap != Some(gap) {
            out.push(stretch);
            continue;
        }
        let part = |state, gap| move |span| Stretch { span, state, gap };
        let mut parts: Vec<Stretch> = subtract(&[stretch.span], spans)
            .into_iter()
            .map(part(stretch.state, stretch.gap))
            .collect();
        let unsure = intersect(&[stretch.span], spans).into_iter();
        parts.extend(unsure.map(part(StationState::Unsure, None)));
        parts.sort_by_key(|s| s.span);
        out.append(&mut parts);
    }
    out
}

impl<'a> Look<'a> {
    /// The same where the staff say otherwise.
    pub(crate) fn overruled(mut self, all: &'a [StaffCorrection]) -> Self {
        self.staff = all.iter().filter(|c| c.office == *self.id).collect();
        if !self.staff.is_empty() {
            self.states = overrule(std::mem::take(&mut self.states), &self.staff);
        }
        self
    }
}

impl Look<'_> {
    /// Until when at most to wait for a backlog that has begun to arrive and is not complete yet;
    /// absent where none is.
    pub(crate) fn pouring(&self, evidence: &BTreeMap<StationKey, StationEvidence>) -> Option<At> {
        let keys = self
            .office
            .stations
            .keys()
            .map(|station| StationKey { office: self.id.clone(), station: station.clone() });
        let evidence = keys.filter_map(|key| evidence.get(&key));
        let pouring = evidence.filter(|e| {
            let heard = e.last_heard.is_some_and(|at| self.until - at <= POURING_MS);
            heard && !crate::present::is_complete(e)
        });
        let until = pouring.filter_map(|e| e.contact_since).map(|at| at + POURING_MS).max();
        until.filter(|at| *at > self.until)
    }

    /// When each station that is in contact began to be, after a silence.
    pub(crate) fn contacts(&self, evidence: &BTreeMap<StationKey, StationEvidence>) -> Vec<At> {
        let keys = self
            .office
            .stations
            .keys()
            .map(|station| StationKey { office: self.id.clone(), station: station.clone() });
        keys.filter_map(|key| evidence.get(&key)?.contact_since).collect()
    }

    /// Whether the next opening may begin an outage: a PC that is off then.
    pub(crate) fn opening_matters(&self) -> bool {
        self.states.last().is_some_and(|s| s.state != OfficeState::Serving)
    }

    /// When the first station that is heard now will be silent if nothing more comes.
    pub(crate) fn silence_begins(&self) -> Option<At> {
        let lives = self.traces.iter().filter_map(|t| t.alive.last());
        let silent = lives.map(|a| a.last_row + a.hole_ms + 1);
        silent.filter(|at| *at > self.until).min()
    }

    /// Whether all stations that are heard serve: while their reports go on as they are, only
    /// silence can change anything.
    pub(crate) fn heard_serve(&self) -> bool {
        let newest = self.stations.iter().filter_map(|list| list.last());
        newest.filter(|s| s.gap.is_none()).all(|s| s.state == StationState::Serving)
    }

    /// Until when the office may be serving, although as far as is heard it does not: too many of
    /// those that are missing may be back and only wait for their next try.
    pub(crate) fn may_serve_until(&self, blind: &[Span]) -> Option<At> {
        let mut ends = Vec::new();
        let mut others = 0;
        for (list, trace) in self.stations.iter().zip(&self.traces) {
            let Some(last) = list.last() else { continue };
            let gap = last.gap.and_then(|i| trace.gaps.get(i));
            let waits = gap.map(|g| meaningless(g, 0, blind, self.cycle_ms)).unwrap_or_default();
            match waits.iter().find(|w| w.contains(self.until)) {
                Some(wait) => ends.push(wait.to),
                None => others += usize::from(may_serve(last.state)),
            }
        }
        let needed = self.office.stations_needed.clamp(1, self.stations.len().max(1));
        (others < needed && others + ends.len() >= needed).then(|| ends.into_iter().min()).flatten()
    }

    /// Of each station, after how many milliseconds without a row it is silent, if it is not yet.
    pub(crate) fn heard(&self) -> impl Iterator<Item = (StationKey, Option<i64>)> {
        self.traces.iter().map(|t| {
            let station = StationKey { office: self.id.clone(), station: t.station.clone() };
            let life = t.alive.last().filter(|a| a.last_row + a.hole_ms + 1 > self.until);
            (station, life.map(|a| a.hole_ms))
        })
    }

    /// When to look again at an office that does not serve and that nothing is said of: at steps
    /// from when that began, so that it does not matter when else it was looked at.
    pub(crate) fn look_again(&self, now: At) -> At {
        let since = self.states.last().map_or(now, |s| s.span.from);
        let step = threshold_ms(self.office, self.cycle_ms).max(1);
        since + ((now - since) / step + 1) * step
    }

    /// Whether silence alone is heard of it now.
    pub(crate) fn is_silent(&self) -> bool {
        self.states.last().is_some_and(|s| s.silence)
    }

    /// The beginning of what is judged.
    pub(crate) fn first(&self) -> At {
        self.window.from
    }

    /// Each station's newest row.
    pub(crate) fn newest_rows(&self) -> Vec<(StationKey, NewestRow)> {
        let rows = self.traces.iter().filter_map(|t| {
            let station = StationKey { office: self.id.clone(), station: t.station.clone() };
            let life = t.alive.last()?;
            let boot = t.runs.get(life.run)?.run.head.boot.clone();
            let (at_ms, at) = (life.last_mark.at_ms, life.last_row);
            Some((station, NewestRow { boot, at_ms, at }))
        });
        rows.collect()
    }

    /// What is at fault as far as this office, and those on its mains, can tell.
    pub(crate) fn suspects(&self, reaches: &Reaches) -> Vec<Suspect> {
        let needs: Vec<&[ProbeName]> =
            self.office.stations.values().map(|s| s.needs.as_slice()).collect();
        let neighbours = neighbours(self.id, self.office, reaches);
        let scene = Scene {
            traces: &self.traces,
            states: &self.stations,
            batteries: &self.batteries,
            mains: &self.mains,
            office: self.id,
            neighbours: &neighbours,
            hours: self.hours,
            cycle_ms: self.cycle_ms,
            needs: &needs,
        };
        suspects(&scene, self.window)
    }

    /// What it shows to other offices, its faults among it where those are known yet.
    pub(crate) fn reach(&self, suspects: &[Suspect]) -> Reach {
        let mut out = reach(self.office, &self.traces, &self.batteries, &self.mains);
        out.silent_since = self.silent_since();
        out.shown.open = silence(&self.states);
        if let Some(last) = out.shown.open.last_mut().filter(|s| s.to == self.until) {
            last.to = At(i64::MAX);
        }
        let mut bad = Vec::new();
        let mut powerless = Vec::new();
        for s in suspects {
            match s.cause.kind {
                Kind::Center | Kind::LinkPath => bad.push(s.seen),
                Kind::Power if !s.guessed => powerless.push(s.span),
                Kind::Power
                | Kind::LinkLan
                | Kind::LinkProvider
                | Kind::Device
                | Kind::Station
                | Kind::Silent => {}
            }
        }
        out.shown.bad = union(bad);
        let down = self.states.iter().filter(|s| s.state == OfficeState::Down).map(|s| s.span);
        out.shown.powerless = intersect(&union(powerless), &down.collect::<Vec<Span>>());
        if let Some((settled, before)) = &self.shown {
            out.shown = before.then(&out.shown.within(Span::new(*settled, At(i64::MAX))));
        }
        out
    }

    /// Since when only silence is heard of it, up to now.
    fn silent_since(&self) -> Option<At> {
        let last = self.states.last().filter(|s| s.silence && s.span.to == self.until)?;
        let tail = self
            .traces
            .iter()
            .filter_map(|t| t.gaps.last())
            .filter(|g| g.kind == GapKind::Silent { agent: false } && g.span.to == self.until);
        tail.map(|g| g.span.from).max().map(|at| at.max(last.span.from))
    }

    /// The outages, from the faults that the office itself can tell.
    pub(crate) fn truth(
        &self,
        suspects: Vec<Suspect>,
        witnesses: Witnesses,
        plans: &[&Plan],
        blind: &[Span],
    ) -> Truth {
        let suspects = self.without_unheard(suspects, blind);
        let mut suspects = weigh(self.id, self.office, witnesses, self.cycle_ms, suspects);
        suspects.sort_by_key(|s| s.span);
        let charged = charges(
            self.id,
            self.office,
            &self.traces,
            &self.stations,
            &self.states,
            &suspects,
            plans,
        );
        let charged = correct(charged, &self.staff, self.office.stations.keys().next());
        let deaf = self.deaf(blind);
        let matter = Matter {
            id: self.id,
            office: self.office,
            hours: self.hours,
            deaf: &deaf,
            states: &self.states,
            suspects: &suspects,
            traces: &self.traces,
            cycle_ms: self.cycle_ms,
            until: self.until,
        };
        let (entries, young) = entries(&matter, charged);
        Truth { entries, young, suspects }
    }

    /// Without what rests only on not having heard of a PC since it went orderly, where it may be on
    /// again and wait for its next try.
    fn without_unheard(&self, suspects: Vec<Suspect>, blind: &[Span]) -> Vec<Suspect> {
        let mut out = Vec::with_capacity(suspects.len());
        for suspect in suspects {
            let unheard = suspect.cause.sub == Some(Sub::NotSwitchedOn)
                && suspect.cause.certainty == Certainty::Likely;
            let trace = self.traces.iter().find(|t| unheard && t.station == suspect.station);
            let gap = trace.and_then(|t| t.gaps.last());
            let waits = gap.map(|g| meaningless(g, 0, blind, self.cycle_ms)).unwrap_or_default();
            let parts = subtract(&[suspect.span], &waits).into_iter();
            out.extend(parts.map(|span| Suspect { span, ..suspect.clone() }));
        }
        out
    }

    /// Where silence says nothing of the office: the collector was blind, or too many agents may
    /// only have waited for their next try after that.
    fn deaf(&self, blind: &[Span]) -> Vec<Span> {
        let mut stations = self.stations.clone();
        let mut waits = false;
        for (list, trace) in stations.iter_mut().zip(&self.traces) {
            for (i, gap) in trace.gaps.iter().enumerate() {
                let hole_ms = gap.before.and_then(|i| trace.alive.get(i)).map_or(0, |a| a.hole_ms);
                let waited = meaningless(gap, hole_ms, blind, self.cycle_ms);
                waits |= !waited.is_empty();
                *list = unsure(std::mem::take(list), i, &waited);
            }
        }
        let mut deaf = blind.to_vec();
        if waits {
            let needed = self.office.stations_needed;
            let heard = office_states(&self.traces, &stations, needed, self.window);
            deaf.extend(subtract(&silence(&self.states), &silence(&heard)));
        }
        union(deaf)
    }
}
