//! For tests: what agents write and when it arrives, row by row, and the trace that it makes.

use crate::absorb::absorb;
use crate::evidence::StationEvidence;
use crate::fact::{Answer, Gap, Heard, LastWords, Mark, PreviousEnd, Row, Saw, Start, What};
use crate::ids::StationKey;
use crate::span::At;
use crate::trace::{Trace, trace};

pub(crate) const CYCLE: i64 = 15_000;
pub(crate) const LINK: &str = "link.datacenter";

/// One station's agents; instants are milliseconds since 1970.
#[derive(Clone, Default)]
pub(crate) struct Tape {
    pub(crate) evidence: StationEvidence,
    boot: String,
    zero_ms: i64,
    run: String,
    seq: u64,
    /// The PC's wall clock minus the truth.
    pub(crate) wall_ms: i64,
    spool: Vec<Row>,
}

impl Tape {
    /// A first run in a first boot that began at the beginning of 1970.
    pub(crate) fn new() -> Self {
        let mut tape = Self::default();
        tape.boot("boot1", 0);
        tape.run("run1");
        tape
    }

    pub(crate) fn boot(&mut self, name: &str, zero_ms: i64) {
        (self.boot, self.zero_ms) = (name.to_owned(), zero_ms);
    }

    /// Another run, which says nothing of the one before.
    pub(crate) fn run(&mut self, name: &str) {
        (self.run, self.seq) = (name.to_owned(), 0);
    }

    fn mark(&mut self, at_ms: i64) -> Mark {
        self.seq += 1;
        let at_ms = u64::try_from(at_ms - self.zero_ms).unwrap();
        Mark {
            seq: self.seq,
            at_ms,
            wall: Some(At(self.zero_ms + self.wall_ms) + i64::try_from(at_ms).unwrap()),
        }
    }

    pub(crate) fn start(
        &mut self,
        at_ms: i64,
        end: PreviousEnd,
        log: Option<&str>,
        previous: Option<(&str, u64)>,
    ) {
        let previous = previous.map(|(run, seq)| (run.into(), seq));
        let start = Start { previous_end: end, log: log.map(Into::into), previous };
        let mark = self.mark(at_ms);
        self.spool.push(Row::Start(mark, start));
    }

    pub(crate) fn last_words(&mut self, at_ms: i64, words: LastWords) {
        let mark = self.mark(at_ms);
        self.spool.push(Row::LastWords(mark, words));
    }

    pub(crate) fn gone(&mut self, rows: u64, why: &str) {
        let first = self.seq + 1;
        self.seq += rows;
        self.spool.push(Row::Gap(Gap { first, last: self.seq, why: why.into() }));
    }

    /// Rows that the agent has written and that do not arrive.
    pub(crate) fn withheld(&mut self, rows: u64) {
        self.seq += rows;
    }

    pub(crate) fn say(&mut self, at_ms: i64, probe: &str, saw: Saw) {
        self.read(at_ms, probe, saw, &[], &[]);
    }

    pub(crate) fn read(
        &mut self,
        at_ms: i64,
        probe: &str,
        saw: Saw,
        words: &[&str],
        numbers: &[(&str, f64)],
    ) {
        let words: Vec<std::sync::Arc<str>> = words.iter().map(|w| (*w).into()).collect();
        let answer = Answer { saw, words: words.into() };
        let numbers = numbers.iter().map(|(n, v)| ((*n).into(), *v)).collect();
        let mark = self.mark(at_ms);
        let what = What { probe: probe.into(), role: None, answer, numbers };
        self.spool.push(Row::Reading(mark, what));
    }

    /// Good readings of the needed probe at those instants.
    pub(crate) fn good(&mut self, at_ms: impl IntoIterator<Item = i64>) {
        for at_ms in at_ms {
            self.say(at_ms, LINK, Saw::Answered);
        }
    }

    /// What was written arrives, without delay.
    pub(crate) fn push(&mut self, at_ms: i64) {
        let now_ms = u64::try_from(at_ms - self.zero_ms).ok();
        self.send(at_ms, now_ms);
    }

    /// What was written arrives from a later boot: nothing ties its own.
    pub(crate) fn push_late(&mut self, at_ms: i64) {
        self.send(at_ms, None);
    }

    fn send(&mut self, at_ms: i64, now_ms: Option<u64>) {
        let heard = Heard {
            station: key(),
            boot: self.boot.as_str().into(),
            run: self.run.as_str().into(),
            now_ms,
            wall: now_ms.map(|_| At(at_ms + self.wall_ms)),
            newest: self.seq,
            newest_of: None,
            rows: std::mem::take(&mut self.spool),
        };
        absorb(&mut self.evidence, heard, At(at_ms), CYCLE);
    }

    pub(crate) fn trace(&self, until_ms: i64) -> Trace<'_> {
        trace(&key(), Some(&self.evidence), CYCLE, At(until_ms))
    }
}

pub(crate) fn key() -> StationKey {
    StationKey { office: "palaran".into(), station: "pc1".into() }
}

/// Instants a cycle apart, the first and as many as fit before the second.
pub(crate) fn cycles(from_ms: i64, before_ms: i64) -> impl Iterator<Item = i64> {
    (0..).map(move |n| from_ms + n * CYCLE).take_while(move |at| *at < before_ms)
}
