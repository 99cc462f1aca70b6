//! What follows from the judge's memory and is kept beside it: what offices show each other, the
//! newest rows, the deadlines. Never stored: a judge that is loaded makes it anew, and must then
//! wake and decide as the one that lived on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::cross::{Reach, Reaches, Witnesses};
use crate::ids::{BootId, OfficeId, StationKey};
use crate::ledger::{opening_hours, plans_of};
use crate::memory::Memory;
use crate::setup::{Office, Setup};
use crate::span::{At, Span};
use crate::truth::{Look, NewestRow, Truth, look, meet};
use crate::view::OfficeView;

#[derive(Clone, Debug, Default)]
pub(crate) struct Cache {
    pub(crate) setup: Arc<Setup>,
    pub(crate) hours: BTreeMap<OfficeId, Vec<Span>>,
    pub(crate) reaches: Reaches,
    pub(crate) deadlines: BTreeSet<(At, OfficeId)>,
    /// Each station's newest row.
    pub(crate) newest: BTreeMap<StationKey, NewestRow>,
    /// After so many milliseconds without a row each station is silent that was heard when its
    /// office was last judged.
    pub(crate) heard: BTreeMap<StationKey, i64>,
    pub(crate) views: BTreeMap<OfficeId, OfficeView>,
    /// Offices some of whose faults depend on what others see, and whether one lasts.
    pub(crate) crossed: BTreeMap<OfficeId, bool>,
    /// Offices whose reach may have grown since it was last looked at.
    pub(crate) stale: BTreeSet<OfficeId>,
}

impl Cache {
    /// Made anew from the memory; absent where that has no configuration yet.
    pub(crate) fn of(memory: &Memory) -> Option<Self> {
        let setup = memory.setups.last()?.setup.clone();
        let now = memory.now;
        let mut cache =
            Self { setup: setup.clone(), hours: opening_hours(&memory.setups), ..Self::default() };
        let offices = setup.offices.iter();
        let looks: Vec<Look> =
            offices.map(|(id, office)| cache.look_at(memory, id, office, now)).collect();
        let (reaches, suspects) = meet(&looks);
        let blind = crate::life::blind(&memory.life, &reaches, setup.cycle_ms, now);
        let (mut views, mut crossed) = (BTreeMap::new(), BTreeMap::new());
        let (mut newest, mut heard) = (BTreeMap::new(), BTreeMap::new());
        let witnesses =
            Witnesses { reaches: &reaches, own: &memory.life.own, own_line: setup.line.as_ref() };
        for (look, suspects) in looks.iter().zip(suspects) {
            newest.extend(look.newest_rows());
            heard.extend(look.heard().filter_map(|(station, hole_ms)| Some((station, hole_ms?))));
            let truth = look.truth(suspects, witnesses, &plans_of(&memory.plans), &blind);
            crossed.extend(truth.crossed().map(|open| (look.id.clone(), open)));
            if let Some(decided) = memory.offices.get(look.id) {
                views.insert(look.id.clone(), crate::present::office(look, decided, now));
            }
        }
        drop(looks);
        (cache.reaches, cache.views, cache.crossed) = (reaches, views, crossed);
        (cache.newest, cache.heard) = (newest, heard);
        for (id, decided) in &memory.offices {
            cache.deadlines.extend(decided.deadline.map(|at| (at, id.clone())));
        }
        Some(cache)
    }

    /// An office's service hours; none where it is not configured.
    pub(crate) fn hours(&self, id: &OfficeId) -> &[Span] {
        self.hours.get(id).map_or(&[], Vec::as_slice)
    }

    /// Lays out an office from what is remembered of it.
    fn look_at<'a>(
        &'a self,
        memory: &'a Memory,
        id: &'a OfficeId,
        office: &'a Office,
        now: At,
    ) -> Look<'a> {
        let (hours, past) = (self.hours(id), memory.offices.get(id));
        look(id, office, hours, &memory.stations, self.setup.cycle_ms, past, now)
            .overruled(&memory.corrections)
    }

    /// Notes a station's newest row; `at` says when a row of that boot was made. A report without
    /// rows may tie it better too.
    pub(crate) fn note_row(
        &mut self,
        key: &StationKey,
        boot: &BootId,
        newest: Option<u64>,
        at: impl Fn(u64) -> Option<At>,
    ) {
        let known = self.newest.get(key);
        let same = known.filter(|k| k.boot == *boot).map(|k| k.at_ms);
        let Some(at_ms) = newest.max(same) else { return };
        let newer = |at: &At| known.is_none_or(|k| k.boot == *boot || k.at <= *at);
        if let Some(at) = at(at_ms).filter(newer) {
            self.newest.insert(key.clone(), NewestRow { boot: boot.clone(), at_ms, at });
        }
    }

    /// Looks again at what offices show, where it may have grown.
    pub(crate) fn refresh(&mut self, memory: &Memory, now: At) {
        let setup = self.setup.clone();
        for id in std::mem::take(&mut self.stale) {
            let Some(office) = setup.offices.get(&id) else { continue };
            let look = self.look_at(memory, &id, office, now);
            let reach = look.reach(&look.suspects(&self.reaches));
            self.reaches.insert(id, reach);
        }
    }

    /// Notes which stations are heard.
    pub(crate) fn heed(&mut self, look: &Look) {
        for (station, hole_ms) in look.heard() {
            match hole_ms {
                Some(hole_ms) => self.heard.insert(station, hole_ms),
                None => self.heard.remove(&station),
            };
        }
    }

    pub(crate) fn note_crossed(&mut self, id: &OfficeId, truth: &Truth) {
        match truth.crossed() {
            Some(open) => {
                self.crossed.insert(id.clone(), open);
            }
            None => {
                self.crossed.remove(id);
            }
        }
    }

    pub(crate) fn set_deadline(&mut self, id: &OfficeId, before: Option<At>, after: Option<At>) {
        if before == after {
            return;
        }
        if let Some(at) = before {
            self.deadlines.remove(&(at, id.clone()));
        }
        self.deadlines.extend(after.map(|at| (at, id.clone())));
    }

    /// When an office may begin to be silent: when so many of its stations have not been heard for
    /// 2.5 cycles that too few are left.
    pub(crate) fn quiet_until(&self, id: &OfficeId) -> Option<At> {
        let office = self.setup.offices.get(id)?;
        let mut rows: Vec<At> = office
            .stations
            .keys()
            .filter_map(|station| {
                let key = StationKey { office: id.clone(), station: station.clone() };
                self.newest.get(&key).map(|n| n.at)
            })
            .collect();
        rows.sort_unstable_by(|a, b| b.cmp(a));
        let needed = office.stations_needed.clamp(1, office.stations.len().max(1));
        rows.get(needed - 1).or(rows.last()).map(|at| *at + self.setup.cycle_ms * 5 / 2 + 1)
    }

    /// When the first station that is heard will be silent if nothing more comes.
    pub(crate) fn silent_at(&self, id: &OfficeId) -> Option<At> {
        let stations = self.setup.offices.get(id)?.stations.keys();
        let silent = stations.filter_map(|station| {
            let key = StationKey { office: id.clone(), station: station.clone() };
            Some(self.newest.get(&key)?.at + *self.heard.get(&key)? + 1)
        });
        silent.min()
    }
}

pub(crate) fn next_opening(hours: &[Span], now: At) -> Option<At> {
    // At the very moment of an opening nothing has lasted into it yet.
    let i = hours.partition_point(|h| h.from < now);
    hours.get(i).map(|h| h.from)
}

/// The offices whose judgement may change with what one office shows now.
pub(crate) fn affected(
    id: &OfficeId,
    setup: &Setup,
    crossed: &BTreeMap<OfficeId, bool>,
    before: Option<&Reach>,
    after: &Reach,
) -> Vec<OfficeId> {
    let Some(before) = before else { return Vec::new() };
    let mut out: BTreeSet<OfficeId> = BTreeSet::new();
    if before.shown.bad != after.shown.bad || !before.goes_on(after) {
        out.extend(crossed.keys().cloned());
    }
    if before.shown.powerless != after.shown.powerless || before.shown.open != after.shown.open {
        let relayed = setup.offices.iter().filter(|(_, office)| office.via.as_ref() == Some(id));
        out.extend(relayed.map(|(other, _)| other.clone()));
    }
    let mains = |r: &Reach| (r.shown.lost.clone(), r.shown.present.clone());
    if mains(before) != mains(after) && after.mains.is_some() {
        let same = setup.offices.iter().filter(|(_, office)| office.mains == after.mains);
        out.extend(same.map(|(other, _)| other.clone()));
    }
    out.remove(id);
    out.into_iter().collect()
}

#[cfg(test)]
mod tests;
