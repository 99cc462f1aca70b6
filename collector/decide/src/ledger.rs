//! What was true: outages, states and at-risk spans from everything that is known. Pure, from
//! nothing: it shares the rules of judging with `judge.rs`, and none of its memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::calendar::combine;
use crate::cross::Witnesses;
use crate::evidence::StationEvidence;
use crate::fact::Heard;
use crate::ids::{OfficeId, OutageId, ProbeName, StationId, StationKey};
use crate::input::{Life, Plan};
use crate::memory::{LifeMemory, PlanEntry, SetupVersion, StaffInput, StaffWhat};
use crate::outage::{Acknowledgement, Outage};
use crate::span::{At, Span};
use crate::staff::StaffCorrection;
use crate::truth::{Look, look, meet};
use crate::view::{OfficeState, StationState};

/// All that judgement depends on, as a set.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Inputs {
    /// Versions of the configuration, oldest first; the first applies to all time before it too.
    pub setups: Vec<SetupVersion>,
    /// All that was heard.
    pub stations: BTreeMap<StationKey, StationEvidence>,
    /// Planned work, in order of declaration.
    pub plans: Vec<PlanEntry>,
    /// What the staff said about outages, in order.
    pub staff: Vec<StaffInput>,
    /// What the staff corrected, in order.
    pub corrections: Vec<StaffCorrection>,
    /// The collector's own life, in order.
    pub life: Vec<(At, Life)>,
    /// Spans in which the judge found itself blind: [`crate::LifeMemory::blind`]. That most
    /// offices fell silent together is known only while it lasts.
    pub blind: Vec<Span>,
}

/// What was true.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Ledger {
    /// Outages, by beginning and office. Their ids are made here, by rule; what people were told
    /// is not known here.
    pub entries: Vec<Outage>,
    /// Timelines by office.
    pub offices: BTreeMap<OfficeId, OfficeTimeline>,
    /// Spans in which the collector could not see.
    pub blind: Vec<Span>,
    /// Facts that make no sense, and what was done about them.
    pub problems: Vec<Problem>,
}

/// One office over time. Spans are sorted, disjoint and back to back over the range judged.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct OfficeTimeline {
    /// Whether it served.
    pub states: Vec<(Span, OfficeState)>,
    /// Serving on battery or generator; sorted, disjoint.
    pub at_risk: Vec<AtRisk>,
    /// Its stations.
    pub stations: BTreeMap<StationId, Vec<(Span, StationState)>>,
    /// Single bad readings, which count as service.
    pub blips: Vec<Blip>,
    /// Outages of a station while its office served.
    pub station_spans_down: BTreeMap<StationId, Vec<Span>>,
    /// Evidence of all its stations is complete up to here.
    pub complete_to: Option<At>,
}

/// A span that served on battery or generator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AtRisk {
    /// From when to when.
    pub span: Span,
    /// What saved it.
    pub saved_by: SavedBy,
}

/// What kept an office serving without mains.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum SavedBy {
    /// The UPS's battery.
    Battery,
    /// The generator.
    Generator,
}

/// One bad reading alone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Blip {
    /// When.
    pub at: At,
    /// On which station.
    pub station: StationId,
    /// Of which probe.
    pub probe: ProbeName,
}

/// A fact that makes no sense, and what was done about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// Whose.
    pub station: StationKey,
    /// What, in English, for the technician's log.
    pub what: Arc<str>,
}

/// What was true of all offices up to `until`.
#[must_use]
pub fn ledger(inputs: &Inputs, until: At) -> Ledger {
    let mut out = Ledger::default();
    let Some(newest) = inputs.setups.last().map(|v| v.setup.clone()) else { return out };
    let mut life = LifeMemory::default();
    for (at, event) in inputs.life.iter().filter(|(at, _)| *at <= until) {
        crate::life::take(&mut life, *at, *event, newest.cycle_ms);
    }
    life.blind.extend(inputs.blind.iter().copied());
    let hours = opening_hours(&inputs.setups);
    let closed = Vec::new();
    let looks: Vec<Look> = newest
        .offices
        .iter()
        .map(|(id, office)| {
            let hours = hours.get(id).unwrap_or(&closed);
            look(id, office, hours, &inputs.stations, newest.cycle_ms, None, until)
                .overruled(&inputs.corrections)
        })
        .collect();
    let (reaches, suspects) = meet(&looks);
    out.blind = crate::life::blind(&life, &reaches, newest.cycle_ms, until);
    let plans = plans_of(&inputs.plans);
    let witnesses = Witnesses { reaches: &reaches, own: &life.own, own_line: newest.line.as_ref() };
    for (look, suspects) in looks.iter().zip(suspects) {
        let mut truth = look.truth(suspects, witnesses, &plans, &out.blind);
        number(&mut truth.entries, &look.office.zone);
        out.entries.append(&mut truth.entries);
        out.offices.insert(look.id.clone(), look.timeline());
        out.problems.append(&mut look.problems());
    }
    out.entries.sort_by(|a, b| (a.from, &a.office).cmp(&(b.from, &b.office)));
    for staff in &inputs.staff {
        if let Some(entry) = out.entries.iter_mut().find(|e| e.id == staff.outage) {
            staff_says(entry, staff.at, &staff.what);
        }
    }
    out
}

/// The service hours of every office, each version of the calendar in its time.
pub(crate) fn opening_hours(setups: &[SetupVersion]) -> BTreeMap<OfficeId, Vec<Span>> {
    let mut out = BTreeMap::new();
    let Some(newest) = setups.last() else { return out };
    for id in newest.setup.offices.keys() {
        let versions = setups
            .iter()
            .filter_map(|v| v.setup.offices.get(id).map(|office| (v.from, &office.calendar)));
        out.insert(id.clone(), combine(versions).open);
    }
    out
}

/// The plans that judging has to look at.
pub(crate) fn plans_of(plans: &[PlanEntry]) -> Vec<&Plan> {
    plans.iter().map(|p| &p.plan).collect()
}

/// Gives ids by rule: the office, the civil day on which the outage began, and a number.
fn number(entries: &mut [Outage], zone: &jiff::tz::TimeZone) {
    let mut numbers: BTreeMap<u32, u32> = BTreeMap::new();
    for entry in entries {
        entry.id = outage_id(&entry.office, entry.from.hi, zone, &mut numbers);
    }
}

/// The next id of an office for an outage that began then: `OFFICE-20261124-1`.
pub(crate) fn outage_id(
    office: &OfficeId,
    began: At,
    zone: &jiff::tz::TimeZone,
    numbers: &mut BTreeMap<u32, u32>,
) -> OutageId {
    let day = jiff::Timestamp::from_millisecond(began.0)
        .map(|t| t.to_zoned_datetime(zone.clone()).date())
        .map_or(0, |d| {
            let year = u32::from(d.year().unsigned_abs());
            year * 10_000
                + u32::from(d.month().unsigned_abs()) * 100
                + u32::from(d.day().unsigned_abs())
        });
    let number = numbers.entry(day).or_insert(0);
    *number += 1;
    OutageId::from(format!("{office}-{day:08}-{number}").as_str())
}

/// Puts into an entry what the staff said of it.
pub(crate) fn staff_says(entry: &mut Outage, at: At, what: &StaffWhat) {
    match what {
        StaffWhat::Acknowledged { by, note } => {
            let note = note.clone();
            entry.acknowledged = Some(Acknowledgement { by: by.clone(), at, note });
        }
        StaffWhat::Note(note) => {
            if let Some(back) = note.expected_back {
                entry.expected_back = Some(back);
            }
            if let (Some(text), Some(ack)) = (&note.text, &mut entry.acknowledged) {
                ack.note = Some(text.clone());
            }
        }
    }
}

impl Inputs {
    /// Takes in a report that arrived at that instant. The order of calls makes no difference.
    pub fn hear(&mut self, arrived: At, heard: Heard) {
        let cycle_ms = self.setups.last().map_or(15_000, |v| v.setup.cycle_ms);
        let station = self.stations.entry(heard.station.clone()).or_default();
        crate::absorb::absorb(station, heard, arrived, cycle_ms);
    }
}
