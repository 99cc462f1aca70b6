//! What the staff decided after the fact, as the journal keeps it.

use serde::{Deserialize, Serialize};
use siaga_decide::{
    Closing, Corrected, Kind, Month, OfficeId, Outage, PersonId, StaffCorrection, Sub, Verdict,
};

use super::cause::SUBS;
use super::outage::OutageRecord;
use super::{Record, SpanRecord, Text, Unreadable, by_word, shared, text};

/// `2026-11`.
fn month(word: &str) -> Result<Month, Unreadable> {
    Month::parse(word).ok_or_else(|| Unreadable(format!("{word:?} is not a month")))
}

/// A [`Closing`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ClosingRecord {
    /// Whose month.
    pub office: Text,
    /// `2026-11`.
    pub month: Text,
    /// By whom.
    pub by: Text,
}

impl Record<Closing> for ClosingRecord {
    fn of(c: &Closing) -> Self {
        Self {
            office: text(c.office.as_str()),
            month: c.month.to_string().into(),
            by: text(c.by.as_str()),
        }
    }

    fn read(self) -> Result<Closing, Unreadable> {
        let month = month(&self.month)?;
        Ok(Closing { office: OfficeId(shared(self.office)), month, by: PersonId(shared(self.by)) })
    }
}

/// A [`Verdict`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct VerdictRecord {
    /// Whose month.
    pub office: Text,
    /// `2026-11`.
    pub month: Text,
    /// Which proposal.
    pub proposal: Text,
    /// Whether its figures are issued.
    pub accepted: bool,
    /// By whom.
    pub by: Text,
    /// Why.
    pub why: Text,
}

impl Record<Verdict> for VerdictRecord {
    fn of(v: &Verdict) -> Self {
        Self {
            office: text(v.office.as_str()),
            month: v.month.to_string().into(),
            proposal: text(&v.proposal),
            accepted: v.accepted,
            by: text(v.by.as_str()),
            why: text(&v.why),
        }
    }

    fn read(self) -> Result<Verdict, Unreadable> {
        Ok(Verdict {
            month: month(&self.month)?,
            office: OfficeId(shared(self.office)),
            proposal: shared(self.proposal),
            accepted: self.accepted,
            by: PersonId(shared(self.by)),
            why: shared(self.why),
        })
    }
}

/// A [`StaffCorrection`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StaffCorrectionRecord {
    /// Whose.
    pub office: Text,
    /// What is corrected.
    pub what: CorrectedRecord,
    /// By whom.
    pub by: Text,
    /// Why.
    pub why: Text,
    /// The outage that was meant, as it was stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<Box<OutageRecord>>,
}

/// A [`Corrected`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each variant is the one of the same name in Corrected")]
pub enum CorrectedRecord {
    Cause {
        #[serde(flatten)]
        span: SpanRecord,
        cause: Text,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sub: Option<Text>,
    },
    Planned(SpanRecord),
    Edges {
        down: Vec<SpanRecord>,
        served: Vec<SpanRecord>,
        cause: Text,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sub: Option<Text>,
    },
    Calendar {
        month: Text,
    },
}

fn sub_of(word: Option<Text>) -> Result<Option<Sub>, Unreadable> {
    word.map(|word| by_word("sub-cause", &word, &SUBS, Sub::word)).transpose()
}

impl Record<Corrected> for CorrectedRecord {
    fn of(what: &Corrected) -> Self {
        let word = |sub: Option<Sub>| sub.map(|sub| Text::Borrowed(sub.word()));
        let cause = |kind: Kind| Text::Borrowed(kind.word());
        match what {
            Corrected::Cause { span, kind, sub } => {
                Self::Cause { span: (*span).into(), cause: cause(*kind), sub: word(*sub) }
            }
            Corrected::Planned { span } => Self::Planned((*span).into()),
            Corrected::Edges { down, served, kind, sub } => Self::Edges {
                down: down.iter().map(|s| (*s).into()).collect(),
                served: served.iter().map(|s| (*s).into()).collect(),
                cause: cause(*kind),
                sub: word(*sub),
            },
            Corrected::Calendar { month } => Self::Calendar { month: month.to_string().into() },
        }
    }

    fn read(self) -> Result<Corrected, Unreadable> {
        let kind = |word: &str| by_word("cause", word, &Kind::ALL, Kind::word);
        Ok(match self {
            Self::Cause { span, cause, sub } => {
                Corrected::Cause { span: span.into(), kind: kind(&cause)?, sub: sub_of(sub)? }
            }
            Self::Planned(span) => Corrected::Planned { span: span.into() },
            Self::Edges { down, served, cause, sub } => Corrected::Edges {
                down: down.into_iter().map(Into::into).collect(),
                served: served.into_iter().map(Into::into).collect(),
                kind: kind(&cause)?,
                sub: sub_of(sub)?,
            },
            Self::Calendar { month: word } => Corrected::Calendar { month: month(&word)? },
        })
    }
}

impl Record<StaffCorrection> for StaffCorrectionRecord {
    fn of(c: &StaffCorrection) -> Self {
        Self {
            office: text(c.office.as_str()),
            what: CorrectedRecord::of(&c.what),
            by: text(c.by.as_str()),
            why: text(&c.why),
            entry: c.entry.as_deref().map(|entry| Box::new(OutageRecord::of(entry))),
        }
    }

    fn read(self) -> Result<StaffCorrection, Unreadable> {
        let entry = self.entry.map(|entry| Record::<Outage>::read(*entry)).transpose()?;
        Ok(StaffCorrection {
            office: OfficeId(shared(self.office)),
            what: self.what.read()?,
            by: PersonId(shared(self.by)),
            why: shared(self.why),
            entry: entry.map(Box::new),
        })
    }
}
