//! What has been heard of the stations: boots, runs and the stretches their readings were folded
//! into. Knows rows and their order, never what they mean for service.

use std::collections::BTreeMap;

use crate::fact::{Fact, Gap, LastWords, Mark, Row, Start};
use crate::ids::{BootId, ProbeName, RunId, StationKey};
use crate::span::At;

/// All that was ever heard of one station, or as much of it as is still needed.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct StationEvidence {
    /// Its boots.
    pub boots: BTreeMap<BootId, Boot>,
    /// Its runs.
    pub runs: BTreeMap<RunId, Run>,
    /// When a report last arrived.
    pub last_heard: Option<At>,
    /// The newest row that the agent said it holds, over all its runs.
    pub newest: Option<(RunId, u64)>,
    /// When reports began to arrive again after the last silence.
    pub contact_since: Option<At>,
}

/// One life of the operating system, and what ties its clock to the collector's.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Boot {
    /// The ties that no other tie makes needless, by `now_ms`.
    pub anchors: Vec<Anchor>,
    /// The PC's wall clock minus its clock since boot, least and most seen.
    pub wall: Option<(i64, i64)>,
    /// Not later than this, in milliseconds since 1970, did it begin: its rows had arrived.
    pub begun_before: Option<i64>,
}

/// One tie between a boot's clock and the collector's.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Anchor {
    /// Milliseconds since the boot.
    pub now_ms: u64,
    /// Arrival minus `now_ms`: the boot's beginning, in milliseconds since 1970, or a little after.
    pub zero_ms: i64,
}

/// One life of an agent process.
#[derive(Clone, PartialEq, Debug)]
pub struct Run {
    /// What is small and kept for ever.
    pub head: RunHead,
    /// Its stretches, by number of their first reading.
    pub facts: Vec<Fact>,
    /// Rows that wait for rows before them, by number.
    pub waiting: BTreeMap<u64, Row>,
}

/// What is small about a run and kept for ever.
#[derive(Clone, PartialEq, Debug)]
pub struct RunHead {
    /// Its boot.
    pub boot: BootId,
    /// Its start row.
    pub start: Option<(Mark, Start)>,
    /// Its last words, in order; after sleep a run goes on.
    pub ends: Vec<(Mark, LastWords)>,
    /// Rows that are gone.
    pub gaps: Vec<Gap>,
    /// Numbers heard of (rows and gaps), as sorted disjoint ranges with both ends included.
    pub covered: Vec<(u64, u64)>,
    /// The newest row the agent ever made in it, as far as it has said.
    pub newest: u64,
    /// Rows up to this one are folded into stretches.
    pub folded: u64,
    /// The first and last row folded.
    pub marks: Option<(Mark, Mark)>,
    /// How often each probe asks, as learned.
    pub rhythms: BTreeMap<ProbeName, Rhythm>,
}

/// How often a probe asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Rhythm {
    /// The least distance between two readings of the same stretch after its first two,
    /// milliseconds; 0 where none is known yet.
    pub period_ms: u64,
    /// Index of its newest stretch in [`Run::facts`].
    pub newest: usize,
}

/// What changed in the evidence since this was last asked: to be written into the store, where it
/// stays for ever. Keys: a fact (station, run, first number, probe), a run, a boot.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Changed {
    /// Stretches, new or longer.
    pub facts: Vec<Fact>,
    /// Heads of runs.
    pub runs: Vec<(StationKey, RunId, RunHead)>,
    /// Boots.
    pub boots: Vec<(StationKey, BootId, Boot)>,
}
