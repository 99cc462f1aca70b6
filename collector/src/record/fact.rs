//! Stretches of readings: answers, numbers, what a probe points at.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use siaga_decide::{Answer, BootId, Fact, Mark, Number, ProbeName, Role, RunId, Saw, StationKey};

use super::{Instant, Record, Text, Unreadable, by_word, shared, text};

/// The word of a role, as agents write it.
#[must_use]
pub fn role_word(role: Role) -> &'static str {
    match role {
        Role::Gateway => "gateway",
        Role::Outside => "outside",
        Role::Path => "path",
        Role::Datacenter => "datacenter",
    }
}

const ROLES: [Role; 4] = [Role::Gateway, Role::Outside, Role::Path, Role::Datacenter];

/// Reads [`role_word`].
#[must_use]
pub fn role(word: &str) -> Option<Role> {
    ROLES.into_iter().find(|role| role_word(*role) == word)
}

pub(super) fn read_role(word: Option<Text>) -> Result<Option<Role>, Unreadable> {
    word.map(|word| by_word("role", &word, &ROLES, role_word)).transpose()
}

/// A [`Mark`]: number, milliseconds since boot, the PC's clock.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct MarkRecord(u64, u64, #[serde(default)] Option<Instant>);

impl MarkRecord {
    /// The mirror of a mark.
    #[must_use]
    pub fn of(mark: Mark) -> Self {
        Self(mark.seq, mark.at_ms, mark.wall.map(Instant))
    }

    /// The mark.
    #[must_use]
    pub fn read(self) -> Mark {
        Mark { seq: self.0, at_ms: self.1, wall: self.2.map(|i| i.0) }
    }
}

/// An [`Answer`], as the API shows it too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerRecord {
    /// `answered`, `timeout`, …
    pub saw: Text,
    /// Why, for `error` and `unreadable`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Text>,
    /// Status words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<Text>,
}

impl Record<Answer> for AnswerRecord {
    fn of(answer: &Answer) -> Self {
        let (saw, why) = match &answer.saw {
            Saw::Answered => ("answered", None),
            Saw::Refused => ("refused", None),
            Saw::Timeout => ("timeout", None),
            Saw::Unreachable => ("unreachable", None),
            Saw::Error(why) => ("error", Some(why)),
            Saw::Unreadable(why) => ("unreadable", Some(why)),
        };
        Self {
            saw: Text::Borrowed(saw),
            why: why.map(|why| text(why)),
            words: answer.words.iter().map(|w| text(w)).collect(),
        }
    }

    fn read(self) -> Result<Answer, Unreadable> {
        let why = || shared(self.why.clone().unwrap_or_default());
        let saw = match &*self.saw {
            "answered" => Saw::Answered,
            "refused" => Saw::Refused,
            "timeout" => Saw::Timeout,
            "unreachable" => Saw::Unreachable,
            "error" => Saw::Error(why()),
            "unreadable" => Saw::Unreadable(why()),
            other => return Err(Unreadable(format!("{other:?} is not a known answer"))),
        };
        let words: Vec<Arc<str>> = self.words.into_iter().map(shared).collect();
        Ok(Answer { saw, words: words.into() })
    }
}

/// A [`Number`]: name, least, last, most.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NumberRecord(pub Text, pub f64, pub f64, pub f64);

impl NumberRecord {
    /// The mirror of a number.
    #[must_use]
    pub fn of(n: &Number) -> Self {
        Self(text(&n.name), n.least, n.last, n.most)
    }

    /// The number.
    #[must_use]
    pub fn read(self) -> Number {
        Number { name: shared(self.0), least: self.1, last: self.2, most: self.3 }
    }
}

/// A [`Fact`] inside its run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FactRecord {
    probe: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    role: Option<Text>,
    first: MarkRecord,
    last: MarkRecord,
    count: u32,
    #[serde(flatten)]
    answer: AnswerRecord,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    numbers: Vec<NumberRecord>,
}

impl FactRecord {
    /// The mirror of a fact.
    #[must_use]
    pub fn of(fact: &Fact) -> Self {
        Self {
            probe: text(fact.probe.as_str()),
            role: fact.role.map(|role| Text::Borrowed(role_word(role))),
            first: MarkRecord::of(fact.first),
            last: MarkRecord::of(fact.last),
            count: fact.count,
            answer: AnswerRecord::of(&fact.answer),
            numbers: fact.numbers.iter().map(NumberRecord::of).collect(),
        }
    }

    /// The fact, of that run.
    ///
    /// # Errors
    /// When it holds a word that this version does not know.
    pub fn read(self, key: &StationKey, boot: &BootId, run: &RunId) -> Result<Fact, Unreadable> {
        Ok(Fact {
            station: key.clone(),
            boot: boot.clone(),
            run: run.clone(),
            probe: ProbeName(shared(self.probe)),
            role: read_role(self.role)?,
            first: self.first.read(),
            last: self.last.read(),
            count: self.count,
            answer: self.answer.read()?,
            numbers: self.numbers.into_iter().map(NumberRecord::read).collect(),
        })
    }
}
