//! Facts: what the collector keeps of readings for ever, and the rows they are made of.

use std::sync::Arc;

use crate::ids::{BootId, ProbeName, RunId, StationKey};
use crate::setup::Role;
use crate::span::At;

/// A place in a run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Mark {
    /// Number in the run, from 1.
    pub seq: u64,
    /// Milliseconds since the boot.
    pub at_ms: u64,
    /// The PC's own clock: a hint, given for rows of an earlier boot.
    pub wall: Option<At>,
}

/// How a probe's question ended.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Saw {
    /// The peer answered.
    Answered,
    /// Its host answered, its service refused.
    Refused,
    /// Nothing came back in time.
    Timeout,
    /// A host on the way, or this one, knows no way to it.
    Unreachable,
    /// The peer answered with an error: which.
    Error(Arc<str>),
    /// The probe could not ask: why. Neither good nor bad.
    Unreadable(Arc<str>),
}

/// What a probe saw, without its numbers: two equal answers belong to one stretch.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Answer {
    /// How the question ended.
    pub saw: Saw,
    /// Status words, sorted, without doubles.
    pub words: Arc<[Arc<str>]>,
}

/// One number over a stretch.
#[derive(Clone, PartialEq, Debug)]
pub struct Number {
    /// `rtt_seconds`, …
    pub name: Arc<str>,
    /// The smallest seen.
    pub least: f64,
    /// The newest seen.
    pub last: f64,
    /// The largest seen.
    pub most: f64,
}

/// A stretch in which one probe's answer stayed the same and each number stayed in its band.
#[derive(Clone, PartialEq, Debug)]
pub struct Fact {
    /// Whose.
    pub station: StationKey,
    /// In which boot.
    pub boot: BootId,
    /// In which run.
    pub run: RunId,
    /// Which probe.
    pub probe: ProbeName,
    /// For a link probe, what it points at.
    pub role: Option<Role>,
    /// First reading.
    pub first: Mark,
    /// Last reading.
    pub last: Mark,
    /// How many readings.
    pub count: u32,
    /// What they all saw.
    pub answer: Answer,
    /// Their numbers, sorted by name.
    pub numbers: Vec<Number>,
}

/// Why an agent stopped.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum LastWords {
    /// Shutdown or restart of the system.
    System,
    /// Sleep.
    Sleep,
    /// Only the agent.
    Agent,
}

/// How the run before ended, as the agent found.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum PreviousEnd {
    /// With last words.
    Orderly,
    /// Without.
    Unclean,
    /// There was none.
    First,
    /// The spool was gone.
    Lost,
}

/// The first row of a run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Start {
    /// How the run before ended.
    pub previous_end: PreviousEnd,
    /// What the system's log says of it.
    pub log: Option<Arc<str>>,
    /// The last row of the run before, where the spool still knew it.
    pub previous: Option<(RunId, u64)>,
}

/// Rows that are gone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Gap {
    /// First sequence number.
    pub first: u64,
    /// Last sequence number.
    pub last: u64,
    /// `damaged`, `dropped`, …
    pub why: Arc<str>,
}

/// One reading of one probe.
#[derive(Clone, PartialEq, Debug)]
pub struct What {
    /// Which probe.
    pub probe: ProbeName,
    /// For a link probe, what it points at.
    pub role: Option<Role>,
    /// What it saw.
    pub answer: Answer,
    /// Its numbers.
    pub numbers: Vec<(Arc<str>, f64)>,
}

/// Where a stretch that the agent itself has made began, and how far its numbers went.
#[derive(Clone, PartialEq, Debug)]
pub struct Since {
    /// Its first reading.
    pub first: Mark,
    /// How many readings it holds, first and last included.
    pub count: u32,
    /// The smallest of each number, where it is not the last.
    pub least: Vec<(Arc<str>, f64)>,
    /// The largest of each number, where it is not the last.
    pub most: Vec<(Arc<str>, f64)>,
}

/// A row as it arrived.
#[derive(Clone, PartialEq, Debug)]
pub enum Row {
    /// A reading.
    Reading(Mark, What),
    /// Readings that all saw the same, thinned to one row by an agent whose spool was full: the
    /// last of them, and where they began. The numbers between are covered by a gap `thinned`.
    Stretch(Mark, What, Since),
    /// A start.
    Start(Mark, Start),
    /// An orderly end.
    LastWords(Mark, LastWords),
    /// Rows that are gone.
    Gap(Gap),
    /// A row that this version does not understand; it only counts for completeness.
    Unknown(Mark),
}

/// A report: what was heard of one run of one agent at one moment.
#[derive(Clone, PartialEq, Debug)]
pub struct Heard {
    /// Whose.
    pub station: StationKey,
    /// In which boot its rows were made.
    pub boot: BootId,
    /// In which run.
    pub run: RunId,
    /// Milliseconds since `boot` when it was sent, where that boot is the present one: together
    /// with the instant of arrival it anchors the boot.
    pub now_ms: Option<u64>,
    /// The PC's clock when it was sent.
    pub wall: Option<At>,
    /// The newest row of `run` that the agent ever made, acknowledged or not.
    pub newest: u64,
    /// The newest row of the newest run, where that is another: older rows are still to come.
    pub newest_of: Option<(RunId, u64)>,
    /// The rows, oldest first.
    pub rows: Vec<Row>,
}

impl Row {
    /// The numbers it covers, both ends included.
    #[must_use]
    pub fn range(&self) -> (u64, u64) {
        match self {
            Self::Reading(mark, _)
            | Self::Stretch(mark, _, _)
            | Self::Start(mark, _)
            | Self::LastWords(mark, _)
            | Self::Unknown(mark) => (mark.seq, mark.seq),
            Self::Gap(gap) => (gap.first, gap.last),
        }
    }

    /// Where it lies, unless it stands for rows that are gone.
    #[must_use]
    pub fn mark(&self) -> Option<Mark> {
        match self {
            Self::Reading(mark, _)
            | Self::Stretch(mark, _, _)
            | Self::Start(mark, _)
            | Self::LastWords(mark, _)
            | Self::Unknown(mark) => Some(*mark),
            Self::Gap(_) => None,
        }
    }
}

impl Gap {
    /// Whether rows of it carried evidence that is gone: a range that was only thinned into
    /// stretches did not.
    #[must_use]
    pub fn is_loss(&self) -> bool {
        &*self.why != "thinned"
    }
}
