//! Causes and their evidence.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use siaga_decide::{
    Cause, Certainty, Kind, OfficeId, OutageId, ProbeName, StationId, Sub, Thing, Why,
};

use super::{Record, Text, Unreadable, WhenRecord, all, by_word, of_all, shared, text};

pub(super) const SUBS: [Sub; 16] = [
    Sub::NoUps,
    Sub::UpsDidNotHold,
    Sub::UpsExhausted,
    Sub::GeneratorDidNotStart,
    Sub::GeneratorStartedLate,
    Sub::GeneratorOutOfFuel,
    Sub::GeneratorNotSeen,
    Sub::NetworkNotBackedUp,
    Sub::WithMains,
    Sub::RelayWithoutPower,
    Sub::Crashed,
    Sub::SwitchedOff,
    Sub::Asleep,
    Sub::Restarted,
    Sub::NotSwitchedOn,
    Sub::Cable,
];

/// A [`Cause`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CauseRecord {
    /// `power`, `link.provider`, …
    pub cause: Text,
    /// `ups_exhausted`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub: Option<Text>,
    /// `certain` or `likely`.
    pub certainty: Text,
    /// What is at fault.
    pub thing: ThingRecord,
    /// By what evidence.
    #[serde(default)]
    pub why: Vec<WhyRecord>,
}

impl Record<Cause> for CauseRecord {
    fn of(cause: &Cause) -> Self {
        Self {
            cause: Text::Borrowed(cause.kind.word()),
            sub: cause.sub.map(|sub| Text::Borrowed(sub.word())),
            certainty: Text::Borrowed(match cause.certainty {
                Certainty::Certain => "certain",
                Certainty::Likely => "likely",
            }),
            thing: ThingRecord::of(&cause.thing),
            why: of_all(&cause.why),
        }
    }

    fn read(self) -> Result<Cause, Unreadable> {
        let sub = self.sub.map(|word| by_word("sub-cause", &word, &SUBS, Sub::word));
        Ok(Cause {
            kind: by_word("cause", &self.cause, &Kind::ALL, Kind::word)?,
            sub: sub.transpose()?,
            certainty: match &*self.certainty {
                "certain" => Certainty::Certain,
                "likely" => Certainty::Likely,
                other => return Err(Unreadable(format!("{other:?} is not a known certainty"))),
            },
            thing: self.thing.read()?,
            why: all(self.why)?,
        })
    }
}

/// A [`Thing`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ThingRecord {
    /// Mains, UPS, generator.
    Mains,
    /// The data center.
    Center,
    /// Router or switch.
    Router,
    /// The provider's line.
    Line,
    /// Tunnel or route.
    Path,
    /// One device.
    Device {
        /// On which station.
        station: Text,
        /// By which probe.
        probe: Text,
    },
    /// One PC.
    Pc {
        /// Which.
        station: Text,
    },
}

impl Record<Thing> for ThingRecord {
    fn of(thing: &Thing) -> Self {
        match thing {
            Thing::Mains => Self::Mains,
            Thing::Center => Self::Center,
            Thing::Router => Self::Router,
            Thing::Line => Self::Line,
            Thing::Path => Self::Path,
            Thing::Device(station, probe) => {
                Self::Device { station: text(station.as_str()), probe: text(probe.as_str()) }
            }
            Thing::Pc(station) => Self::Pc { station: text(station.as_str()) },
        }
    }

    fn read(self) -> Result<Thing, Unreadable> {
        Ok(match self {
            Self::Mains => Thing::Mains,
            Self::Center => Thing::Center,
            Self::Router => Thing::Router,
            Self::Line => Thing::Line,
            Self::Path => Thing::Path,
            Self::Device { station, probe } => {
                Thing::Device(StationId(shared(station)), ProbeName(shared(probe)))
            }
            Self::Pc { station } => Thing::Pc(StationId(shared(station))),
        })
    }
}

/// A [`Why`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each field says what the one of the same name in Why says")]
pub enum WhyRecord {
    UpsLastSeen {
        station: Text,
        at: WhenRecord,
        words: Vec<Text>,
        charge: Option<f64>,
        runtime_seconds: Option<f64>,
    },
    StoppedUnclean {
        station: Text,
        at: WhenRecord,
    },
    StoppedOrderly {
        station: Text,
        at: WhenRecord,
        asleep: bool,
    },
    SystemLog {
        station: Text,
        text: Text,
    },
    Good {
        station: Text,
        probe: Text,
    },
    Bad {
        station: Text,
        probe: Text,
        saw: Text,
    },
    AlsoSeenBy {
        office: Text,
        station: Option<Text>,
    },
    ContradictedBy {
        office: Text,
        station: Option<Text>,
    },
    RelayWithoutPower {
        office: Text,
    },
    Offices {
        supporting: u32,
        contradicting: u32,
    },
    Collector {
        reached: bool,
    },
    GeneratorLastSeen {
        station: Text,
        at: WhenRecord,
        running: bool,
        fuel: Option<f64>,
    },
    NotObserved {
        station: Text,
    },
    JoinedInto {
        outage: Text,
    },
    SplitFrom {
        outage: Text,
    },
    SilentSince {
        station: Text,
        at: WhenRecord,
    },
    NoUpsSeen,
    Staff {
        text: Text,
    },
}

impl Record<Why> for WhyRecord {
    fn of(why: &Why) -> Self {
        let id = |station: &StationId| text(station.as_str());
        let optional = |station: &Option<StationId>| station.as_ref().map(id);
        match why {
            Why::UpsLastSeen { station, at, words, charge, runtime_seconds } => Self::UpsLastSeen {
                station: id(station),
                at: (*at).into(),
                words: words.iter().map(|w| text(w)).collect(),
                charge: *charge,
                runtime_seconds: *runtime_seconds,
            },
            Why::StoppedUnclean { station, at } => {
                Self::StoppedUnclean { station: id(station), at: (*at).into() }
            }
            Why::StoppedOrderly { station, at, asleep } => {
                Self::StoppedOrderly { station: id(station), at: (*at).into(), asleep: *asleep }
            }
            Why::SystemLog { station, text: log } => {
                Self::SystemLog { station: id(station), text: text(log) }
            }
            Why::Good { station, probe } => {
                Self::Good { station: id(station), probe: text(probe.as_str()) }
            }
            Why::Bad { station, probe, saw } => {
                Self::Bad { station: id(station), probe: text(probe.as_str()), saw: text(saw) }
            }
            Why::AlsoSeenBy { office, station } => {
                Self::AlsoSeenBy { office: text(office.as_str()), station: optional(station) }
            }
            Why::ContradictedBy { office, station } => {
                Self::ContradictedBy { office: text(office.as_str()), station: optional(station) }
            }
            Why::RelayWithoutPower { office } => {
                Self::RelayWithoutPower { office: text(office.as_str()) }
            }
            Why::Offices { supporting, contradicting } => {
                Self::Offices { supporting: *supporting, contradicting: *contradicting }
            }
            Why::Collector { reached } => Self::Collector { reached: *reached },
            Why::GeneratorLastSeen { station, at, running, fuel } => Self::GeneratorLastSeen {
                station: id(station),
                at: (*at).into(),
                running: *running,
                fuel: *fuel,
            },
            Why::NotObserved { station } => Self::NotObserved { station: id(station) },
            Why::JoinedInto { outage } => Self::JoinedInto { outage: text(outage.as_str()) },
            Why::SplitFrom { outage } => Self::SplitFrom { outage: text(outage.as_str()) },
            Why::SilentSince { station, at } => {
                Self::SilentSince { station: id(station), at: (*at).into() }
            }
            Why::NoUpsSeen => Self::NoUpsSeen,
            Why::Staff { text: said } => Self::Staff { text: text(said) },
        }
    }

    fn read(self) -> Result<Why, Unreadable> {
        let id = |station: Text| StationId(shared(station));
        Ok(match self {
            Self::UpsLastSeen { station, at, words, charge, runtime_seconds } => Why::UpsLastSeen {
                station: id(station),
                at: at.into(),
                words: words.into_iter().map(shared).collect::<Vec<Arc<str>>>().into(),
                charge,
                runtime_seconds,
            },
            Self::StoppedUnclean { station, at } => {
                Why::StoppedUnclean { station: id(station), at: at.into() }
            }
            Self::StoppedOrderly { station, at, asleep } => {
                Why::StoppedOrderly { station: id(station), at: at.into(), asleep }
            }
            Self::SystemLog { station, text } => {
                Why::SystemLog { station: id(station), text: shared(text) }
            }
            Self::Good { station, probe } => {
                Why::Good { station: id(station), probe: ProbeName(shared(probe)) }
            }
            Self::Bad { station, probe, saw } => {
                Why::Bad { station: id(station), probe: ProbeName(shared(probe)), saw: shared(saw) }
            }
            Self::AlsoSeenBy { office, station } => {
                Why::AlsoSeenBy { office: OfficeId(shared(office)), station: station.map(id) }
            }
            Self::ContradictedBy { office, station } => {
                Why::ContradictedBy { office: OfficeId(shared(office)), station: station.map(id) }
            }
            Self::RelayWithoutPower { office } => {
                Why::RelayWithoutPower { office: OfficeId(shared(office)) }
            }
            Self::Offices { supporting, contradicting } => {
                Why::Offices { supporting, contradicting }
            }
            Self::Collector { reached } => Why::Collector { reached },
            Self::GeneratorLastSeen { station, at, running, fuel } => {
                Why::GeneratorLastSeen { station: id(station), at: at.into(), running, fuel }
            }
            Self::NotObserved { station } => Why::NotObserved { station: id(station) },
            Self::JoinedInto { outage } => Why::JoinedInto { outage: OutageId(shared(outage)) },
            Self::SplitFrom { outage } => Why::SplitFrom { outage: OutageId(shared(outage)) },
            Self::SilentSince { station, at } => {
                Why::SilentSince { station: id(station), at: at.into() }
            }
            Self::NoUpsSeen => Why::NoUpsSeen,
            Self::Staff { text } => Why::Staff { text: shared(text) },
        })
    }
}
