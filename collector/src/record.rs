//! The JSON of the judge's values, for the store, the API and snapshots alike. The judge's crate
//! knows no serde, so each type has a mirror here with the words of the contract. Reading never
//! guesses: a word that this version does not know is an error that names it.

mod account;
mod cause;
mod evidence;
mod fact;
mod input;
mod memory;
mod outage;
mod setup;
mod staff;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::de::{DeserializeOwned, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use siaga_decide::{At, Span, When};

pub use account::AccountRecord;
pub use cause::{CauseRecord, ThingRecord, WhyRecord};
pub use evidence::{BootRecord, RowRecord, RunHeadRecord};
pub use fact::{AnswerRecord, FactRecord, MarkRecord, NumberRecord, role, role_word};
pub use input::{LifeRecord, NoteRecord, OtherInput, PlanRecord, ScopeRecord};
pub use memory::MemoryRecord;
pub use outage::{
    AcknowledgementRecord, CauseSpanRecord, ChargeRecord, CorrectionRecord, OutageRecord,
    ToldRecord,
};
pub use setup::SetupRecord;
pub use staff::{ClosingRecord, CorrectedRecord, StaffCorrectionRecord, VerdictRecord};

/// A stored value that this version cannot read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(pub String);

/// A mirror of `T`.
pub trait Record<T>: Sized {
    /// The mirror of a value.
    fn of(value: &T) -> Self;
    /// The value.
    ///
    /// # Errors
    /// When it holds a word that this version does not know.
    fn read(self) -> Result<T, Unreadable>;
}

/// The value as JSON.
///
/// # Errors
/// Never for values of the judge; serde's interface has the error.
pub fn to_json<T, R: Record<T> + Serialize>(value: &T) -> Result<String, serde_json::Error> {
    serde_json::to_string(&R::of(value))
}

/// The value from JSON.
///
/// # Errors
/// When it is not that JSON.
pub fn from_json<T, R: Record<T> + DeserializeOwned>(text: &str) -> Result<T, Unreadable> {
    let record: R = serde_json::from_str(text).map_err(|e| Unreadable(e.to_string()))?;
    record.read()
}

/// An instant: RFC 3339 in UTC to the millisecond; a number of milliseconds where no calendar
/// reaches.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Instant(pub At);

/// RFC 3339 in UTC, to the millisecond.
#[must_use]
pub fn rfc3339(at: At) -> Option<String> {
    let t = jiff::Timestamp::from_millisecond(at.0).ok()?;
    Some(format!("{t:.3}"))
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match rfc3339(self.0) {
            Some(text) => s.serialize_str(&text),
            None => s.serialize_i64(self.0.0),
        }
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V;
        impl Visitor<'_> for V {
            type Value = Instant;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an instant")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Instant, E> {
                let t: jiff::Timestamp = text.parse().map_err(E::custom)?;
                Ok(Instant(At(t.as_millisecond())))
            }
            fn visit_i64<E>(self, ms: i64) -> Result<Instant, E> {
                Ok(Instant(At(ms)))
            }
            fn visit_u64<E: serde::de::Error>(self, ms: u64) -> Result<Instant, E> {
                Ok(Instant(At(i64::try_from(ms).map_err(E::custom)?)))
            }
        }
        d.deserialize_any(V)
    }
}

impl From<At> for Instant {
    fn from(at: At) -> Self {
        Self(at)
    }
}

/// `[from, to)`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SpanRecord {
    /// First instant inside.
    pub from: Instant,
    /// First instant after.
    pub to: Instant,
}

impl From<Span> for SpanRecord {
    fn from(span: Span) -> Self {
        Self { from: Instant(span.from), to: Instant(span.to) }
    }
}

impl From<SpanRecord> for Span {
    fn from(span: SpanRecord) -> Self {
        Self { from: span.from.0, to: span.to.0 }
    }
}

/// An instant that is known, or the interval in which it lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum WhenRecord {
    /// Known.
    Exact(Instant),
    /// Somewhere in between.
    Between {
        /// Not before.
        lo: Instant,
        /// Not after.
        hi: Instant,
    },
}

impl From<When> for WhenRecord {
    fn from(when: When) -> Self {
        if when.is_exact() {
            Self::Exact(Instant(when.lo))
        } else {
            Self::Between { lo: Instant(when.lo), hi: Instant(when.hi) }
        }
    }
}

impl From<WhenRecord> for When {
    fn from(when: WhenRecord) -> Self {
        match when {
            WhenRecord::Exact(at) => Self::exact(at.0),
            WhenRecord::Between { lo, hi } => Self { lo: lo.0, hi: hi.0 },
        }
    }
}

/// Text in both directions without copying on the way out.
type Text = Cow<'static, str>;

fn text(t: &str) -> Text {
    Cow::Owned(t.to_owned())
}

fn shared(t: Text) -> Arc<str> {
    Arc::from(t)
}

/// The member of `all` whose word it is.
fn by_word<T: Copy>(
    what: &str,
    word: &str,
    all: &[T],
    word_of: impl Fn(T) -> &'static str,
) -> Result<T, Unreadable> {
    let found = all.iter().copied().find(|t| word_of(*t) == word);
    found.ok_or_else(|| Unreadable(format!("{word:?} is not a known {what}")))
}

fn all<T, R: Record<T>>(records: Vec<R>) -> Result<Vec<T>, Unreadable> {
    records.into_iter().map(Record::read).collect()
}

fn of_all<T, R: Record<T>>(values: &[T]) -> Vec<R> {
    values.iter().map(R::of).collect()
}

#[cfg(test)]
mod tests;
