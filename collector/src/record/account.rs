//! An account as it was issued, and as it was proposed instead: kept word for word for ever.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use siaga_decide::{
    Account, Certainty, DownSeconds, Entry, Kind, OfficeId, OutageId, PersonId, SavedBy, StationId,
    StationSeconds, Sub, Target, Terms, Unserved,
};

use super::cause::SUBS;
use super::{Instant, Record, SpanRecord, Text, Unreadable, WhenRecord, by_word, shared, text};

/// An [`Account`].
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct AccountRecord {
    office: Text,
    #[serde(flatten)]
    period: SpanRecord,
    until: Instant,
    service: i64,
    in_service: i64,
    down: Vec<DownRecord>,
    planned: i64,
    unobserved: i64,
    possibly_down: i64,
    battery: i64,
    generator: i64,
    unobserved_by_station: BTreeMap<String, i64>,
    by_station: BTreeMap<String, [i64; 3]>,
    by_hour: Vec<[i64; 5]>,
    by_weekday: Vec<[i64; 5]>,
    outages: Vec<EntryRecord>,
    blips: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unserved: Option<UnservedRecord>,
    #[serde(rename = "final")]
    is_final: bool,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct DownRecord {
    cause: Text,
    seconds: i64,
    likely: i64,
    by_sub: Vec<(Option<Text>, i64)>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct EntryRecord {
    id: Text,
    office: Text,
    from: WhenRecord,
    to: Option<WhenRecord>,
    down: Vec<(Text, i64)>,
    planned: i64,
    cause: Option<(Text, Option<Text>, bool)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    acknowledged_by: Option<Text>,
    provisional: bool,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct UnservedRecord {
    people: (i64, i64),
    extra_hours: (f64, f64),
    target: Option<(i64, Option<f64>)>,
    per_hour: (f64, f64),
    down: i64,
    possibly_down: i64,
    offices_without: usize,
}

fn kind(word: &str) -> Result<Kind, Unreadable> {
    by_word("cause", word, &Kind::ALL, Kind::word)
}

fn sub_word(sub: Option<Sub>) -> Option<Text> {
    sub.map(|sub| Text::Borrowed(sub.word()))
}

fn sub_of(word: Option<Text>) -> Result<Option<Sub>, Unreadable> {
    word.map(|word| by_word("sub-cause", &word, &SUBS, Sub::word)).transpose()
}

fn terms(t: &Terms) -> [i64; 5] {
    [t.service, t.in_service, t.down, t.planned, t.unobserved]
}

fn slots<const N: usize>(slots: &[[i64; 5]]) -> Result<[Terms; N], Unreadable> {
    let of = |[service, in_service, down, planned, unobserved]: [i64; 5]| Terms {
        service,
        in_service,
        down,
        planned,
        unobserved,
    };
    let made: Vec<Terms> = slots.iter().copied().map(of).collect();
    made.try_into().map_err(|_| Unreadable(format!("not {N} parts of a day or week")))
}

impl AccountRecord {
    /// The figures alone, by which two accounts are compared: without what people said since, how
    /// far it was counted, and what the configuration assumes of citizens.
    #[must_use]
    pub fn figures(&self) -> Self {
        let mut out = self.clone();
        out.until = out.period.to;
        out.is_final = true;
        out.unserved = None;
        for entry in &mut out.outages {
            entry.acknowledged_by = None;
        }
        out
    }
}

impl Record<Account> for AccountRecord {
    fn of(a: &Account) -> Self {
        let saved = |by| a.at_risk.get(&by).copied().unwrap_or_default();
        let name = |id: &StationId| id.as_str().to_owned();
        Self {
            office: text(a.office.as_str()),
            period: a.period.into(),
            until: Instant(a.until),
            service: a.service_seconds,
            in_service: a.in_service_seconds,
            down: a.down.iter().map(|(kind, down)| down_record(*kind, down)).collect(),
            planned: a.planned_seconds,
            unobserved: a.unobserved_seconds,
            possibly_down: a.possibly_down_seconds,
            battery: saved(SavedBy::Battery),
            generator: saved(SavedBy::Generator),
            unobserved_by_station: a
                .unobserved_by_station
                .iter()
                .map(|(id, s)| (name(id), *s))
                .collect(),
            by_station: a
                .by_station
                .iter()
                .map(|(id, s)| (name(id), [s.serving, s.not_serving, s.unknown]))
                .collect(),
            by_hour: a.by_hour.iter().map(terms).collect(),
            by_weekday: a.by_weekday.iter().map(terms).collect(),
            outages: a.outages.iter().map(EntryRecord::of).collect(),
            blips: a.blips,
            unserved: a.unserved.as_ref().map(|u| UnservedRecord {
                people: u.people,
                extra_hours: u.extra_hours,
                target: u.target.map(|t| (t.per_year, t.in_period)),
                per_hour: u.per_hour,
                down: u.down_seconds,
                possibly_down: u.possibly_down_seconds,
                offices_without: u.offices_without,
            }),
            is_final: a.is_final,
        }
    }

    fn read(self) -> Result<Account, Unreadable> {
        let saved = [(SavedBy::Battery, self.battery), (SavedBy::Generator, self.generator)];
        let station = |id: &String| StationId::from(id.as_str());
        let down = self.down.into_iter().map(|d| {
            let by_sub = d.by_sub.into_iter().map(|(sub, s)| Ok((sub_of(sub)?, s)));
            let down = DownSeconds {
                seconds: d.seconds,
                likely_seconds: d.likely,
                by_sub: by_sub.collect::<Result<_, Unreadable>>()?,
            };
            Ok((kind(&d.cause)?, down))
        });
        Ok(Account {
            office: OfficeId(shared(self.office)),
            period: self.period.into(),
            until: self.until.0,
            service_seconds: self.service,
            in_service_seconds: self.in_service,
            down: down.collect::<Result<_, Unreadable>>()?,
            planned_seconds: self.planned,
            unobserved_seconds: self.unobserved,
            possibly_down_seconds: self.possibly_down,
            at_risk: saved.into_iter().filter(|(_, s)| *s > 0).collect(),
            unobserved_by_station: self
                .unobserved_by_station
                .iter()
                .map(|(id, s)| (station(id), *s))
                .collect(),
            by_station: self
                .by_station
                .iter()
                .map(|(id, [serving, not_serving, unknown])| {
                    let (serving, not_serving, unknown) = (*serving, *not_serving, *unknown);
                    (station(id), StationSeconds { serving, not_serving, unknown })
                })
                .collect(),
            by_hour: slots(&self.by_hour)?,
            by_weekday: slots(&self.by_weekday)?,
            outages: self
                .outages
                .into_iter()
                .map(EntryRecord::read)
                .collect::<Result<_, Unreadable>>()?,
            blips: self.blips,
            unserved: self.unserved.map(|u| Unserved {
                people: u.people,
                extra_hours: u.extra_hours,
                target: u.target.map(|(per_year, in_period)| Target { per_year, in_period }),
                per_hour: u.per_hour,
                down_seconds: u.down,
                possibly_down_seconds: u.possibly_down,
                offices_without: u.offices_without,
            }),
            is_final: self.is_final,
        })
    }
}

fn down_record(kind: Kind, down: &DownSeconds) -> DownRecord {
    DownRecord {
        cause: Text::Borrowed(kind.word()),
        seconds: down.seconds,
        likely: down.likely_seconds,
        by_sub: down.by_sub.iter().map(|(sub, s)| (sub_word(*sub), *s)).collect(),
    }
}

impl EntryRecord {
    fn of(e: &Entry) -> Self {
        Self {
            id: text(e.id.as_str()),
            office: text(e.office.as_str()),
            from: e.from.into(),
            to: e.to.map(Into::into),
            down: e.down.iter().map(|(kind, s)| (Text::Borrowed(kind.word()), *s)).collect(),
            planned: e.planned_seconds,
            cause: e.cause.map(|(kind, sub, certainty)| {
                (Text::Borrowed(kind.word()), sub_word(sub), certainty == Certainty::Certain)
            }),
            acknowledged_by: e.acknowledged_by.as_ref().map(|by| text(by.as_str())),
            provisional: e.provisional,
        }
    }

    fn read(self) -> Result<Entry, Unreadable> {
        let cause = self.cause.map(|(word, sub, certain)| {
            let certainty = if certain { Certainty::Certain } else { Certainty::Likely };
            Ok((kind(&word)?, sub_of(sub)?, certainty))
        });
        Ok(Entry {
            id: OutageId(shared(self.id)),
            office: OfficeId(shared(self.office)),
            from: self.from.into(),
            to: self.to.map(Into::into),
            down: self
                .down
                .into_iter()
                .map(|(word, s)| Ok((kind(&word)?, s)))
                .collect::<Result<_, Unreadable>>()?,
            planned_seconds: self.planned,
            cause: cause.transpose()?,
            acknowledged_by: self.acknowledged_by.map(|by| PersonId(shared(by))),
            provisional: self.provisional,
        })
    }
}
