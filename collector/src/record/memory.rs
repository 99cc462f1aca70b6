//! The judge's memory, as snapshots keep it.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use siaga_decide::{
    AgentStopped, Kept, LifeMemory, Memory, OfficeId, OfficeMemory, OwnLook, PlanEntry,
    SetupVersion, Shown, Span, StationId,
};

use super::cause::CauseRecord;
use super::evidence::StationRecord;
use super::input::PlanRecord;
use super::outage::OutageRecord;
use super::setup::SetupRecord;
use super::staff::StaffCorrectionRecord;
use super::{Instant, Record, SpanRecord, Text, Unreadable, all, of_all, shared, text};

/// A [`Memory`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MemoryRecord {
    setups: Vec<(Instant, SetupRecord)>,
    stations: Vec<StationRecord>,
    offices: Vec<OfficeRecord>,
    plans: Vec<(Instant, PlanRecord)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    corrections: Vec<StaffCorrectionRecord>,
    life: LifeMemoryRecord,
    now: Instant,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct OfficeRecord {
    id: Text,
    outages: Vec<KeptRecord>,
    settled: Option<Instant>,
    numbers: Vec<(u32, u32)>,
    agents_stopped: Vec<(Text, Instant, bool)>,
    deadline: Option<Instant>,
    quiet: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    due: Option<Instant>,
    judged: Option<Instant>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    calm_since: Option<Instant>,
    #[serde(default)]
    shown: ShownRecord,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct ShownRecord {
    good: Vec<SpanRecord>,
    bad: Vec<SpanRecord>,
    lost: Vec<Instant>,
    present: Vec<SpanRecord>,
    powerless: Vec<SpanRecord>,
    open: Vec<SpanRecord>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct KeptRecord {
    outage: OutageRecord,
    first_contact: Option<Instant>,
    late: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    said: Option<CauseRecord>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct LifeMemoryRecord {
    blind: Vec<SpanRecord>,
    blind_since: Option<Instant>,
    #[serde(default)]
    lost_since: Option<Instant>,
    canary_lost: bool,
    warned: bool,
    #[serde(default)]
    own: OwnLookRecord,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct OwnLookRecord {
    good: Vec<SpanRecord>,
    bad: Vec<SpanRecord>,
}

impl Record<Memory> for MemoryRecord {
    fn of(memory: &Memory) -> Self {
        let life = &memory.life;
        Self {
            setups: memory
                .setups
                .iter()
                .map(|v| (Instant(v.from), SetupRecord::of(&v.setup)))
                .collect(),
            stations: memory.stations.iter().map(|(k, s)| StationRecord::of(k, s)).collect(),
            offices: memory.offices.iter().map(|(id, o)| OfficeRecord::of(id, o)).collect(),
            plans: memory
                .plans
                .iter()
                .map(|p| (Instant(p.declared), PlanRecord::of(&p.plan)))
                .collect(),
            corrections: of_all(&memory.corrections),
            life: LifeMemoryRecord {
                blind: life.blind.iter().map(|s| SpanRecord::from(*s)).collect(),
                blind_since: life.blind_since.map(Instant),
                lost_since: life.lost_since.map(Instant),
                canary_lost: life.canary_lost,
                warned: life.warned,
                own: OwnLookRecord {
                    good: life.own.good.iter().map(|s| SpanRecord::from(*s)).collect(),
                    bad: life.own.bad.iter().map(|s| SpanRecord::from(*s)).collect(),
                },
            },
            now: Instant(memory.now),
        }
    }

    fn read(self) -> Result<Memory, Unreadable> {
        let setup = |(from, setup): (Instant, SetupRecord)| {
            Ok(SetupVersion { from: from.0, setup: Arc::new(setup.read()?) })
        };
        let plan = |(declared, plan): (Instant, PlanRecord)| {
            Ok(PlanEntry { declared: declared.0, plan: plan.read()? })
        };
        let stations = self.stations.into_iter().map(StationRecord::read);
        let offices = self.offices.into_iter().map(OfficeRecord::read);
        let life = self.life;
        Ok(Memory {
            setups: self.setups.into_iter().map(setup).collect::<Result<_, Unreadable>>()?,
            stations: stations.collect::<Result<_, _>>()?,
            offices: offices.collect::<Result<_, _>>()?,
            plans: self.plans.into_iter().map(plan).collect::<Result<_, Unreadable>>()?,
            corrections: all(self.corrections)?,
            life: LifeMemory {
                blind: life.blind.into_iter().map(Into::into).collect(),
                blind_since: life.blind_since.map(|i| i.0),
                lost_since: life.lost_since.map(|i| i.0),
                canary_lost: life.canary_lost,
                warned: life.warned,
                own: OwnLook {
                    good: life.own.good.into_iter().map(Into::into).collect(),
                    bad: life.own.bad.into_iter().map(Into::into).collect(),
                },
            },
            now: self.now.0,
        })
    }
}

impl ShownRecord {
    fn of(shown: &Shown) -> Self {
        let spans = |list: &[Span]| list.iter().map(|s| SpanRecord::from(*s)).collect();
        Self {
            good: spans(&shown.good),
            bad: spans(&shown.bad),
            lost: shown.lost.iter().map(|at| Instant(*at)).collect(),
            present: spans(&shown.present),
            powerless: spans(&shown.powerless),
            open: spans(&shown.open),
        }
    }

    fn read(self) -> Shown {
        let spans = |list: Vec<SpanRecord>| list.into_iter().map(Into::into).collect();
        Shown {
            good: spans(self.good),
            bad: spans(self.bad),
            lost: self.lost.into_iter().map(|i| i.0).collect(),
            present: spans(self.present),
            powerless: spans(self.powerless),
            open: spans(self.open),
        }
    }
}

impl OfficeRecord {
    fn of(id: &OfficeId, office: &OfficeMemory) -> Self {
        let kept = |kept: &Kept| KeptRecord {
            outage: OutageRecord::of(&kept.outage),
            first_contact: kept.first_contact.map(Instant),
            late: kept.late,
            said: kept.said.as_ref().map(CauseRecord::of),
        };
        let stopped =
            |(id, s): (&StationId, &AgentStopped)| (text(id.as_str()), Instant(s.since), s.warned);
        Self {
            id: text(id.as_str()),
            outages: office.outages.iter().map(kept).collect(),
            settled: office.settled.map(Instant),
            numbers: office.numbers.iter().map(|(day, n)| (*day, *n)).collect(),
            agents_stopped: office.agents_stopped.iter().map(stopped).collect(),
            deadline: office.deadline.map(Instant),
            quiet: office.quiet,
            due: office.due.map(Instant),
            judged: office.judged.map(Instant),
            calm_since: office.calm_since.map(Instant),
            shown: ShownRecord::of(&office.shown),
        }
    }

    fn read(self) -> Result<(OfficeId, OfficeMemory), Unreadable> {
        let kept = |kept: KeptRecord| {
            let first_contact = kept.first_contact.map(|i| i.0);
            let said = kept.said.map(CauseRecord::read).transpose()?;
            Ok(Kept { outage: kept.outage.read()?, first_contact, late: kept.late, said })
        };
        let stopped = |(id, since, warned): (Text, Instant, bool)| {
            (StationId(shared(id)), AgentStopped { since: since.0, warned })
        };
        let memory = OfficeMemory {
            outages: self.outages.into_iter().map(kept).collect::<Result<_, Unreadable>>()?,
            settled: self.settled.map(|i| i.0),
            numbers: self.numbers.into_iter().collect(),
            agents_stopped: self.agents_stopped.into_iter().map(stopped).collect(),
            deadline: self.deadline.map(|i| i.0),
            quiet: self.quiet,
            due: self.due.map(|i| i.0),
            judged: self.judged.map(|i| i.0),
            calm_since: self.calm_since.map(|i| i.0),
            shown: self.shown.read(),
        };
        Ok((OfficeId(shared(self.id)), memory))
    }
}
