//! Ledger entries and their corrections.

use serde::{Deserialize, Serialize};
use siaga_decide::{
    Acknowledgement, CauseSpan, Charge, Correction, OfficeId, Outage, OutageId, PersonId, Told,
};

use super::cause::{CauseRecord, WhyRecord};
use super::{Instant, Record, SpanRecord, Text, Unreadable, WhenRecord, all, of_all, shared, text};

/// An [`Outage`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OutageRecord {
    /// Its id, kept for ever.
    pub id: Text,
    /// Whose.
    pub office: Text,
    /// When it began.
    pub from: WhenRecord,
    /// When it ended; null while it lasts.
    pub to: Option<WhenRecord>,
    /// Down stretches with the cause each is charged to: its flaps.
    pub charges: Vec<ChargeRecord>,
    /// Every candidate, charged or not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timeline: Vec<CauseSpanRecord>,
    /// It rests on silence alone, so far.
    pub provisional: bool,
    /// Late evidence showed that there was none.
    #[serde(default)]
    pub void: bool,
    /// Milliseconds inside service hours.
    pub downtime_ms: i64,
    /// What people were told.
    pub told: ToldRecord,
    /// Who is on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<AcknowledgementRecord>,
    /// The staff's own estimate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_back: Option<Instant>,
}

impl Record<Outage> for OutageRecord {
    fn of(o: &Outage) -> Self {
        Self {
            id: text(o.id.as_str()),
            office: text(o.office.as_str()),
            from: o.from.into(),
            to: o.to.map(Into::into),
            charges: of_all(&o.charges),
            timeline: of_all(&o.timeline),
            provisional: o.provisional,
            void: o.void,
            downtime_ms: o.downtime_ms,
            told: ToldRecord {
                opened: o.told.opened.map(Instant),
                cause: o.told.cause.map(Instant),
                ended: o.told.ended.map(Instant),
            },
            acknowledged: o.acknowledged.as_ref().map(AcknowledgementRecord::of),
            expected_back: o.expected_back.map(Instant),
        }
    }

    fn read(self) -> Result<Outage, Unreadable> {
        let at = |instant: Option<Instant>| instant.map(|i| i.0);
        Ok(Outage {
            id: OutageId(shared(self.id)),
            office: OfficeId(shared(self.office)),
            from: self.from.into(),
            to: self.to.map(Into::into),
            charges: all(self.charges)?,
            timeline: all(self.timeline)?,
            provisional: self.provisional,
            void: self.void,
            downtime_ms: self.downtime_ms,
            told: Told {
                opened: at(self.told.opened),
                cause: at(self.told.cause),
                ended: at(self.told.ended),
            },
            acknowledged: self.acknowledged.map(Record::read).transpose()?,
            expected_back: at(self.expected_back),
        })
    }
}

/// A [`Charge`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ChargeRecord {
    /// From when to when.
    #[serde(flatten)]
    pub span: SpanRecord,
    /// To what.
    #[serde(flatten)]
    pub cause: CauseRecord,
    /// Whether planned work covers it.
    #[serde(default)]
    pub planned: bool,
    /// It rests on silence.
    #[serde(default)]
    pub guessed: bool,
}

impl Record<Charge> for ChargeRecord {
    fn of(c: &Charge) -> Self {
        Self {
            span: c.span.into(),
            cause: CauseRecord::of(&c.cause),
            planned: c.planned,
            guessed: c.guessed,
        }
    }

    fn read(self) -> Result<Charge, Unreadable> {
        let (planned, guessed) = (self.planned, self.guessed);
        Ok(Charge { span: self.span.into(), cause: self.cause.read()?, planned, guessed })
    }
}

/// A [`CauseSpan`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CauseSpanRecord {
    /// From when to when evidence shows it.
    #[serde(flatten)]
    pub span: SpanRecord,
    /// Which.
    #[serde(flatten)]
    pub cause: CauseRecord,
}

impl Record<CauseSpan> for CauseSpanRecord {
    fn of(c: &CauseSpan) -> Self {
        Self { span: c.span.into(), cause: CauseRecord::of(&c.cause) }
    }

    fn read(self) -> Result<CauseSpan, Unreadable> {
        Ok(CauseSpan { span: self.span.into(), cause: self.cause.read()? })
    }
}

/// What people were told, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ToldRecord {
    /// Its opening.
    #[serde(default)]
    pub opened: Option<Instant>,
    /// Its cause.
    #[serde(default)]
    pub cause: Option<Instant>,
    /// Its end.
    #[serde(default)]
    pub ended: Option<Instant>,
}

/// Somebody is on it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AcknowledgementRecord {
    /// Who.
    pub by: Text,
    /// When.
    pub at: Instant,
    /// What they said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text>,
}

impl Record<Acknowledgement> for AcknowledgementRecord {
    fn of(a: &Acknowledgement) -> Self {
        let note = a.note.as_ref().map(|note| text(note));
        Self { by: text(a.by.as_str()), at: Instant(a.at), note }
    }

    fn read(self) -> Result<Acknowledgement, Unreadable> {
        let note = self.note.map(shared);
        Ok(Acknowledgement { by: PersonId(shared(self.by)), at: self.at.0, note })
    }
}

/// A [`Correction`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CorrectionRecord {
    /// When it was made.
    pub at: Instant,
    /// By what evidence.
    pub why: Vec<WhyRecord>,
    /// The entry before.
    pub before: OutageRecord,
}

impl Record<Correction> for CorrectionRecord {
    fn of(c: &Correction) -> Self {
        Self { at: Instant(c.at), why: of_all(&c.why), before: OutageRecord::of(&c.before) }
    }

    fn read(self) -> Result<Correction, Unreadable> {
        Ok(Correction { at: self.at.0, why: all(self.why)?, before: self.before.read()? })
    }
}
