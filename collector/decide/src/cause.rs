//! What can be at fault, how sure that is, and by what evidence.

use std::sync::Arc;

use crate::ids::{OfficeId, OutageId, ProbeName, StationId};
use crate::span::When;

/// The causes an outage can be charged to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// Mains, UPS or generator.
    Power,
    /// The data center's own service.
    Center,
    /// The office's own network.
    LinkLan,
    /// The provider's line.
    LinkProvider,
    /// The tunnel or route to the data center.
    LinkPath,
    /// A needed device.
    Device,
    /// A PC: crashed, switched off, asleep, unplugged from the network.
    Station,
    /// Nothing has been heard, and nothing better is known yet.
    Silent,
}

impl Kind {
    /// The word in JSON, metrics and reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Power => "power",
            Self::Center => "center",
            Self::LinkLan => "link.lan",
            Self::LinkProvider => "link.provider",
            Self::LinkPath => "link.path",
            Self::Device => "device",
            Self::Station => "station",
            Self::Silent => "silent",
        }
    }

    /// All of them, in the order in which ties are broken.
    pub const ALL: [Self; 8] = [
        Self::Power,
        Self::Center,
        Self::LinkLan,
        Self::LinkProvider,
        Self::LinkPath,
        Self::Device,
        Self::Station,
        Self::Silent,
    ];
}

/// What exactly, where that is known.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Sub {
    /// Power: no UPS was ever seen.
    NoUps,
    /// Power: the UPS was on mains when last seen, and did not hold.
    UpsDidNotHold,
    /// Power: the UPS ran empty.
    UpsExhausted,
    /// Power: a generator was seen not to run.
    GeneratorDidNotStart,
    /// Power: a generator started after the UPS had gone.
    GeneratorStartedLate,
    /// Power: a generator ran out of fuel.
    GeneratorOutOfFuel,
    /// Power: there is a generator, and nobody saw what it did.
    GeneratorNotSeen,
    /// Power: the router lost power while the PC did not.
    NetworkNotBackedUp,
    /// Provider: lost and back together with mains.
    WithMains,
    /// Path: the relay office is without power.
    RelayWithoutPower,
    /// Station: ended in a crash.
    Crashed,
    /// Station: switched off, in an orderly way, on mains.
    SwitchedOff,
    /// Station: asleep.
    Asleep,
    /// Station: restarted.
    Restarted,
    /// Station: not switched on after opening or after mains came back.
    NotSwitchedOn,
    /// Station: alone without the gateway.
    Cable,
}

impl Sub {
    /// The word in JSON and reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::NoUps => "no_ups",
            Self::UpsDidNotHold => "ups_did_not_hold",
            Self::UpsExhausted => "ups_exhausted",
            Self::GeneratorDidNotStart => "generator_did_not_start",
            Self::GeneratorStartedLate => "generator_started_late",
            Self::GeneratorOutOfFuel => "generator_out_of_fuel",
            Self::GeneratorNotSeen => "generator_not_seen",
            Self::NetworkNotBackedUp => "network_not_backed_up",
            Self::WithMains => "with_mains",
            Self::RelayWithoutPower => "relay_without_power",
            Self::Crashed => "crashed",
            Self::SwitchedOff => "switched_off",
            Self::Asleep => "asleep",
            Self::Restarted => "restarted",
            Self::NotSwitchedOn => "not_switched_on",
            Self::Cable => "cable",
        }
    }
}

/// How sure.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Certainty {
    /// The best guess.
    Likely,
    /// Shown by evidence.
    Certain,
}

/// The thing at fault.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Thing {
    /// The mains of the office, with its UPS and generator.
    Mains,
    /// The data center.
    Center,
    /// The office's router or switch.
    Router,
    /// The provider's line.
    Line,
    /// The tunnel or route.
    Path,
    /// One device, by its probe, on one station.
    Device(StationId, ProbeName),
    /// One PC.
    Pc(StationId),
}

/// The evidence for a cause: a value, from which the words on phone, report and log are made.
#[derive(Clone, PartialEq, Debug)]
pub enum Why {
    /// The station's UPS said this when it was last asked.
    UpsLastSeen {
        /// Whose.
        station: StationId,
        /// When.
        at: When,
        /// Its status words.
        words: Arc<[Arc<str>]>,
        /// Charge, 0 to 1.
        charge: Option<f64>,
        /// Seconds of runtime left.
        runtime_seconds: Option<f64>,
    },
    /// The station stopped without last words.
    StoppedUnclean {
        /// Which.
        station: StationId,
        /// Last reading.
        at: When,
    },
    /// The station stopped with last words.
    StoppedOrderly {
        /// Which.
        station: StationId,
        /// When.
        at: When,
        /// Whether it went to sleep.
        asleep: bool,
    },
    /// The system's log says this of the end.
    SystemLog {
        /// Whose.
        station: StationId,
        /// What it says.
        text: Arc<str>,
    },
    /// A probe answered.
    Good {
        /// Whose.
        station: StationId,
        /// Which.
        probe: ProbeName,
    },
    /// A probe did not answer, or answered badly.
    Bad {
        /// Whose.
        station: StationId,
        /// Which.
        probe: ProbeName,
        /// What it saw: `timeout`, `refused`, …
        saw: Arc<str>,
    },
    /// Another station or office saw the same.
    AlsoSeenBy {
        /// Which office.
        office: OfficeId,
        /// Which station there, where it is one.
        station: Option<StationId>,
    },
    /// Another station or office saw the contrary.
    ContradictedBy {
        /// Which office.
        office: OfficeId,
        /// Which station there, where it is one.
        station: Option<StationId>,
    },
    /// The office through which the path runs had no power.
    RelayWithoutPower {
        /// Which.
        office: OfficeId,
    },
    /// How many other offices, at least, lost it too, and how many reached it in that time.
    Offices {
        /// On other lines, without path or service at the same time.
        supporting: u32,
        /// With an answer of the data center at the same time.
        contradicting: u32,
    },
    /// The collector itself looked at the data center at the same time.
    Collector {
        /// Whether it reached it.
        reached: bool,
    },
    /// The generator said this when it was last asked.
    GeneratorLastSeen {
        /// By which station.
        station: StationId,
        /// When.
        at: When,
        /// Whether it ran.
        running: bool,
        /// Fuel, 0 to 1.
        fuel: Option<f64>,
    },
    /// Nobody observed there: the PC ran, as far as is known, and its agent did not.
    NotObserved {
        /// Which station.
        station: StationId,
    },
    /// Evidence showed that this outage and an older one are the same: it goes on under that id.
    JoinedInto {
        /// The id that stays.
        outage: OutageId,
    },
    /// Evidence showed that what was one outage are two: this one was part of that.
    SplitFrom {
        /// The id that both had.
        outage: OutageId,
    },
    /// Nothing has been heard since.
    SilentSince {
        /// Which station.
        station: StationId,
        /// Its last reading.
        at: When,
    },
    /// No UPS probe was ever answered here.
    NoUpsSeen,
    /// A member of staff says so.
    Staff {
        /// Who and what.
        text: Arc<str>,
    },
}

/// A cause over a stretch of an outage.
#[derive(Clone, PartialEq, Debug)]
pub struct Cause {
    /// Which.
    pub kind: Kind,
    /// What exactly.
    pub sub: Option<Sub>,
    /// How sure.
    pub certainty: Certainty,
    /// What is at fault.
    pub thing: Thing,
    /// By what evidence.
    pub why: Vec<Why>,
}
