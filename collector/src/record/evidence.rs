//! What has been heard: runs, boots, rows that wait. Stretches are `fact.rs`'s.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use siaga_decide::{
    Anchor, Boot, BootId, Gap, LastWords, Mark, OfficeId, PreviousEnd, ProbeName, Rhythm, Row, Run,
    RunHead, RunId, Since, Start, StationEvidence, StationId, StationKey, What,
};

use super::fact::{AnswerRecord, FactRecord, MarkRecord, read_role, role_word};
use super::{Instant, Record, Text, Unreadable, all, by_word, of_all, shared, text};

/// A [`StationKey`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct KeyRecord {
    /// Its office.
    pub office: Text,
    /// Its id there.
    pub station: Text,
}

impl KeyRecord {
    /// The mirror of a key.
    #[must_use]
    pub(crate) fn of(key: &StationKey) -> Self {
        Self { office: text(key.office.as_str()), station: text(key.station.as_str()) }
    }

    /// The key.
    #[must_use]
    pub(crate) fn read(self) -> StationKey {
        StationKey {
            office: OfficeId(shared(self.office)),
            station: StationId(shared(self.station)),
        }
    }
}

/// A [`Row`] that waits for the rows before it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each variant is the one of the same name in Row")]
pub enum RowRecord {
    Reading(MarkRecord, WhatRecord),
    Stretch(MarkRecord, WhatRecord, SinceRecord),
    Start(MarkRecord, StartRecord),
    LastWords(MarkRecord, Text),
    Gap(GapRecord),
    Unknown(MarkRecord),
}

type Pairs = Vec<(Text, f64)>;

fn pairs_of(pairs: &[(Arc<str>, f64)]) -> Pairs {
    pairs.iter().map(|(name, value)| (text(name), *value)).collect()
}

fn pairs(record: Pairs) -> Vec<(Arc<str>, f64)> {
    record.into_iter().map(|(name, value)| (shared(name), value)).collect()
}

/// A [`What`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WhatRecord {
    probe: Text,
    role: Option<Text>,
    answer: AnswerRecord,
    numbers: Pairs,
}

impl Record<What> for WhatRecord {
    fn of(what: &What) -> Self {
        Self {
            probe: text(what.probe.as_str()),
            role: what.role.map(|role| Text::Borrowed(role_word(role))),
            answer: AnswerRecord::of(&what.answer),
            numbers: pairs_of(&what.numbers),
        }
    }

    fn read(self) -> Result<What, Unreadable> {
        Ok(What {
            probe: ProbeName(shared(self.probe)),
            role: read_role(self.role)?,
            answer: self.answer.read()?,
            numbers: pairs(self.numbers),
        })
    }
}

/// A [`Since`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SinceRecord {
    first: MarkRecord,
    count: u32,
    least: Pairs,
    most: Pairs,
}

const LAST_WORDS: [LastWords; 3] = [LastWords::System, LastWords::Sleep, LastWords::Agent];

fn last_words_word(words: LastWords) -> &'static str {
    match words {
        LastWords::System => "system",
        LastWords::Sleep => "sleep",
        LastWords::Agent => "agent",
    }
}

const ENDS: [PreviousEnd; 4] =
    [PreviousEnd::Orderly, PreviousEnd::Unclean, PreviousEnd::First, PreviousEnd::Lost];

fn end_word(end: PreviousEnd) -> &'static str {
    match end {
        PreviousEnd::Orderly => "orderly",
        PreviousEnd::Unclean => "unclean",
        PreviousEnd::First => "first",
        PreviousEnd::Lost => "lost",
    }
}

impl Record<Row> for RowRecord {
    fn of(row: &Row) -> Self {
        let mark = |m: &Mark| MarkRecord::of(*m);
        match row {
            Row::Reading(m, what) => Self::Reading(mark(m), WhatRecord::of(what)),
            Row::Stretch(m, what, since) => {
                let record = SinceRecord {
                    first: mark(&since.first),
                    count: since.count,
                    least: pairs_of(&since.least),
                    most: pairs_of(&since.most),
                };
                Self::Stretch(mark(m), WhatRecord::of(what), record)
            }
            Row::Start(m, start) => Self::Start(mark(m), StartRecord::of(start)),
            Row::LastWords(m, words) => {
                Self::LastWords(mark(m), Text::Borrowed(last_words_word(*words)))
            }
            Row::Gap(gap) => Self::Gap(GapRecord::of(gap)),
            Row::Unknown(m) => Self::Unknown(mark(m)),
        }
    }

    fn read(self) -> Result<Row, Unreadable> {
        Ok(match self {
            Self::Reading(m, what) => Row::Reading(m.read(), what.read()?),
            Self::Stretch(m, what, since) => {
                let since = Since {
                    first: since.first.read(),
                    count: since.count,
                    least: pairs(since.least),
                    most: pairs(since.most),
                };
                Row::Stretch(m.read(), what.read()?, since)
            }
            Self::Start(m, start) => Row::Start(m.read(), start.read()?),
            Self::LastWords(m, words) => {
                Row::LastWords(m.read(), by_word("end", &words, &LAST_WORDS, last_words_word)?)
            }
            Self::Gap(gap) => Row::Gap(gap.read()?),
            Self::Unknown(m) => Row::Unknown(m.read()),
        })
    }
}

/// A [`Start`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StartRecord {
    previous_end: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    log: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous: Option<(Text, u64)>,
}

impl Record<Start> for StartRecord {
    fn of(start: &Start) -> Self {
        Self {
            previous_end: Text::Borrowed(end_word(start.previous_end)),
            log: start.log.as_ref().map(|log| text(log)),
            previous: start.previous.as_ref().map(|(run, seq)| (text(run.as_str()), *seq)),
        }
    }

    fn read(self) -> Result<Start, Unreadable> {
        Ok(Start {
            previous_end: by_word("end", &self.previous_end, &ENDS, end_word)?,
            log: self.log.map(shared),
            previous: self.previous.map(|(run, seq)| (RunId(shared(run)), seq)),
        })
    }
}

/// A [`Gap`]: first, last, why.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct GapRecord(u64, u64, Text);

impl Record<Gap> for GapRecord {
    fn of(gap: &Gap) -> Self {
        Self(gap.first, gap.last, text(&gap.why))
    }

    fn read(self) -> Result<Gap, Unreadable> {
        Ok(Gap { first: self.0, last: self.1, why: shared(self.2) })
    }
}

/// A [`Boot`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BootRecord {
    anchors: Vec<(u64, i64)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    wall: Option<(i64, i64)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    begun_before: Option<i64>,
}

impl Record<Boot> for BootRecord {
    fn of(boot: &Boot) -> Self {
        Self {
            anchors: boot.anchors.iter().map(|a| (a.now_ms, a.zero_ms)).collect(),
            wall: boot.wall,
            begun_before: boot.begun_before,
        }
    }

    fn read(self) -> Result<Boot, Unreadable> {
        let anchor = |(now_ms, zero_ms)| Anchor { now_ms, zero_ms };
        Ok(Boot {
            anchors: self.anchors.into_iter().map(anchor).collect(),
            wall: self.wall,
            begun_before: self.begun_before,
        })
    }
}

/// A [`RunHead`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RunHeadRecord {
    boot: Text,
    start: Option<(MarkRecord, StartRecord)>,
    ends: Vec<(MarkRecord, Text)>,
    gaps: Vec<GapRecord>,
    covered: Vec<(u64, u64)>,
    newest: u64,
    folded: u64,
    marks: Option<(MarkRecord, MarkRecord)>,
    rhythms: Vec<(Text, u64, usize)>,
}

impl Record<RunHead> for RunHeadRecord {
    fn of(head: &RunHead) -> Self {
        let end = |(m, words): &(Mark, LastWords)| {
            (MarkRecord::of(*m), Text::Borrowed(last_words_word(*words)))
        };
        let rhythm =
            |(probe, r): (&ProbeName, &Rhythm)| (text(probe.as_str()), r.period_ms, r.newest);
        Self {
            boot: text(head.boot.as_str()),
            start: head.start.as_ref().map(|(m, s)| (MarkRecord::of(*m), StartRecord::of(s))),
            ends: head.ends.iter().map(end).collect(),
            gaps: of_all(&head.gaps),
            covered: head.covered.clone(),
            newest: head.newest,
            folded: head.folded,
            marks: head.marks.map(|(a, b)| (MarkRecord::of(a), MarkRecord::of(b))),
            rhythms: head.rhythms.iter().map(rhythm).collect(),
        }
    }

    fn read(self) -> Result<RunHead, Unreadable> {
        let end = |(m, words): (MarkRecord, Text)| {
            Ok((m.read(), by_word("end", &words, &LAST_WORDS, last_words_word)?))
        };
        let rhythm =
            |(probe, period_ms, newest)| (ProbeName(shared(probe)), Rhythm { period_ms, newest });
        Ok(RunHead {
            boot: BootId(shared(self.boot)),
            start: match self.start {
                Some((m, start)) => Some((m.read(), start.read()?)),
                None => None,
            },
            ends: self.ends.into_iter().map(end).collect::<Result<_, Unreadable>>()?,
            gaps: all(self.gaps)?,
            covered: self.covered,
            newest: self.newest,
            folded: self.folded,
            marks: self.marks.map(|(a, b)| (a.read(), b.read())),
            rhythms: self.rhythms.into_iter().map(rhythm).collect(),
        })
    }
}

/// A [`StationEvidence`] with its key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct StationRecord {
    #[serde(flatten)]
    key: KeyRecord,
    boots: Vec<(Text, BootRecord)>,
    runs: Vec<RunRecord>,
    last_heard: Option<Instant>,
    newest: Option<(Text, u64)>,
    contact_since: Option<Instant>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct RunRecord {
    run: Text,
    head: RunHeadRecord,
    facts: Vec<FactRecord>,
    waiting: Vec<(u64, RowRecord)>,
}

impl StationRecord {
    /// The mirror of a station's evidence.
    #[must_use]
    pub(crate) fn of(key: &StationKey, station: &StationEvidence) -> Self {
        let run = |(id, run): (&RunId, &Run)| RunRecord {
            run: text(id.as_str()),
            head: RunHeadRecord::of(&run.head),
            facts: run.facts.iter().map(FactRecord::of).collect(),
            waiting: run.waiting.iter().map(|(seq, row)| (*seq, RowRecord::of(row))).collect(),
        };
        let boot = |(id, boot): (&BootId, &Boot)| (text(id.as_str()), BootRecord::of(boot));
        Self {
            key: KeyRecord::of(key),
            boots: station.boots.iter().map(boot).collect(),
            runs: station.runs.iter().map(run).collect(),
            last_heard: station.last_heard.map(Instant),
            newest: station.newest.as_ref().map(|(run, seq)| (text(run.as_str()), *seq)),
            contact_since: station.contact_since.map(Instant),
        }
    }

    /// The evidence, with its station.
    ///
    /// # Errors
    /// When it holds a word that this version does not know.
    pub(crate) fn read(self) -> Result<(StationKey, StationEvidence), Unreadable> {
        let key = self.key.read();
        let boot = |(id, boot): (Text, BootRecord)| Ok((BootId(shared(id)), boot.read()?));
        let run = |record: RunRecord| {
            let (id, head) = (RunId(shared(record.run)), record.head.read()?);
            let facts = record.facts.into_iter().map(|f| f.read(&key, &head.boot, &id));
            let facts = facts.collect::<Result<_, Unreadable>>()?;
            let waiting = record.waiting.into_iter().map(|(seq, row)| Ok((seq, row.read()?)));
            let waiting = waiting.collect::<Result<_, Unreadable>>()?;
            Ok((id, Run { head, facts, waiting }))
        };
        let evidence = StationEvidence {
            boots: self.boots.into_iter().map(boot).collect::<Result<_, Unreadable>>()?,
            runs: self.runs.into_iter().map(run).collect::<Result<_, Unreadable>>()?,
            last_heard: self.last_heard.map(|i| i.0),
            newest: self.newest.map(|(run, seq)| (RunId(shared(run)), seq)),
            contact_since: self.contact_since.map(|i| i.0),
        };
        Ok((key, evidence))
    }
}
