//! The account as JSON, with the keys of the contract. Must never lose a key: scripts read them
//! also when there is nothing to say.

use serde_json::{Map, Value, json};
use siaga_decide::{Account, At, Certainty, Entry, Kind, SavedBy, Terms, Unserved, When};

use super::{Report, Term, changes};
use crate::hours::HoursNote;

/// The causes that seconds can be charged to in an account.
pub(super) const CHARGEABLE: [Kind; 7] = [
    Kind::Power,
    Kind::Center,
    Kind::LinkLan,
    Kind::LinkProvider,
    Kind::LinkPath,
    Kind::Device,
    Kind::Station,
];

/// The account. Seconds are whole numbers; instants are RFC 3339 in UTC.
#[must_use]
pub fn json(report: &Report) -> Value {
    let account = report.account;
    let seconds_of = |kind: Kind| account.down.get(&kind).map_or(0, |down| down.seconds);
    let likely_of = |kind: Kind| account.down.get(&kind).map_or(0, |down| down.likely_seconds);
    let by_cause = |of: &dyn Fn(Kind) -> i64| -> Map<String, Value> {
        CHARGEABLE.iter().map(|kind| (kind.word().to_owned(), of(*kind).into())).collect()
    };
    let detail: Vec<Value> = account
        .down
        .iter()
        .flat_map(|(kind, down)| down.by_sub.iter().map(move |(sub, s)| (kind, sub, s)))
        .map(|(kind, sub, seconds)| {
            json!({ "cause": kind.word(), "sub": sub.map(|sub| sub.word()), "seconds": seconds })
        })
        .collect();
    let saved = |by: SavedBy| account.at_risk.get(&by).copied().unwrap_or_default();
    let stations: Map<String, Value> = account
        .unobserved_by_station
        .iter()
        .map(|(station, seconds)| (station.as_str().to_owned(), (*seconds).into()))
        .collect();
    let mut made = json!({
        "office": account.office.as_str(),
        "office_name": report.office_name,
        "period": report.period.name(),
        "from": instant(account.period.from),
        "to": instant(account.period.to),
        "until": instant(account.until),
        "final": account.is_final,
        "service_seconds": account.service_seconds,
        "in_service_seconds": account.in_service_seconds,
        "down_seconds": by_cause(&seconds_of),
        "down_seconds_total": account.down_seconds(),
        "down_likely_seconds": by_cause(&likely_of),
        "down_detail": detail,
        "planned_seconds": account.planned_seconds,
        "unobserved_seconds": account.unobserved_seconds,
        "possibly_down_seconds": account.possibly_down_seconds,
        "unobserved_by_station": stations,
        "at_risk_seconds": account.at_risk_seconds(),
        "at_risk_by": {
            "battery": saved(SavedBy::Battery),
            "generator": saved(SavedBy::Generator),
        },
        "availability": account.availability(),
        "outage_count": account.outage_count(),
        "longest_seconds": account.longest_seconds(),
        "mean_seconds_between_failures": account.mean_seconds_between_failures(),
        "mean_seconds_to_repair": account.mean_seconds_to_repair(),
        "blips": account.blips,
        "outages": account.outages.iter().map(entry).collect::<Vec<_>>(),
        "notes": report.notes.iter().map(note).collect::<Vec<_>>(),
    });
    if let Some(all) = made.as_object_mut() {
        more(report, all);
    }
    made
}

/// Keys that were added later; scripts of before do without them.
fn more(report: &Report, all: &mut Map<String, Value>) {
    let account = report.account;
    let mut add = |key: &str, value: Value| all.insert(key.to_owned(), value);
    let stations = account.by_station.iter().map(|(id, s)| {
        let value = json!({
            "serving_seconds": s.serving,
            "not_serving_seconds": s.not_serving,
            "unobserved_seconds": s.unknown,
        });
        (id.as_str().to_owned(), value)
    });
    add("by_station", stations.collect::<Map<_, _>>().into());
    let slots = |all: &[Terms], key: &str, from: usize| -> Value {
        let slots = all.iter().enumerate().map(|(i, t)| {
            json!({
                key: i + from,
                "service_seconds": t.service,
                "in_service_seconds": t.in_service,
                "down_seconds": t.down,
                "planned_seconds": t.planned,
                "unobserved_seconds": t.unobserved,
            })
        });
        slots.collect::<Vec<_>>().into()
    };
    add("by_hour", slots(&account.by_hour, "hour", 0));
    add("by_weekday", slots(&account.by_weekday, "iso_weekday", 1));
    add("citizens_not_served", account.unserved.as_ref().map(citizens).unwrap_or_default());
    let state = match (report.closed, account.is_final) {
        (Some(_), _) => "issued",
        (None, true) => "ready",
        (None, false) => "provisional",
    };
    add("state", state.into());
    let closed = report.closed.map(|closed| {
        let verdicts = closed.verdicts.iter().map(|v| {
            json!({
                "id": v.proposal,
                "at": instant(v.at),
                "accepted": v.accepted,
                "by": v.by.as_str(),
                "reason": v.why,
                "changes": differences(&closed.first, &v.figures),
            })
        });
        json!({
            "at": instant(closed.at),
            "by": closed.by.as_str(),
            "corrections": verdicts.collect::<Vec<_>>(),
        })
    });
    add("closed", closed.unwrap_or_default());
    let proposal = report.proposal.map(
        |proposal| json!({ "id": proposal.id, "changes": differences(account, &proposal.account) }),
    );
    add("proposed_correction", proposal.unwrap_or_default());
    if !report.parts.is_empty() {
        let parts = report.parts.iter().map(|part| {
            let account = &part.standing.account;
            json!({
                "office": account.office.as_str(),
                "office_name": part.name,
                "service_seconds": account.service_seconds,
                "in_service_seconds": account.in_service_seconds,
                "down_seconds_total": account.down_seconds(),
                "planned_seconds": account.planned_seconds,
                "unobserved_seconds": account.unobserved_seconds,
                "availability": account.availability(),
                "final": account.is_final,
                "closed": part.standing.closed.is_some(),
            })
        });
        add("offices", parts.collect::<Vec<_>>().into());
    }
}

/// What differs, in seconds.
fn differences(before: &Account, after: &Account) -> Vec<Value> {
    let word = |term: Term| match term {
        Term::Service => "service".to_owned(),
        Term::InService => "in_service".to_owned(),
        Term::Down(kind) => format!("down.{}", kind.word()),
        Term::Planned => "planned".to_owned(),
        Term::Unobserved => "unobserved".to_owned(),
    };
    let changes = changes(before, after).into_iter();
    changes
        .map(|(term, a, b)| json!({ "term": word(term), "issued_seconds": a, "proposed_seconds": b }))
        .collect()
}

fn citizens(u: &Unserved) -> Value {
    json!({
        "least": u.people.0,
        "most": u.people.1,
        "extra_hours_least": u.extra_hours.0,
        "extra_hours_most": u.extra_hours.1,
        "assumption": {
            "per_hour_min": u.per_hour.0,
            "per_hour_max": u.per_hour.1,
            "down_seconds": u.down_seconds,
            "possibly_down_seconds": u.possibly_down_seconds,
            "offices_without_pace": u.offices_without,
        },
        "target_per_year": u.target.map(|t| t.per_year),
        "target_in_period": u.target.and_then(|t| t.in_period),
    })
}

fn entry(entry: &Entry) -> Value {
    let down: Map<String, Value> =
        entry.down.iter().map(|(kind, s)| (kind.word().to_owned(), (*s).into())).collect();
    json!({
        "id": entry.id.as_str(),
        "office": entry.office.as_str(),
        "from": when(entry.from),
        "to": entry.to.map(when),
        "cause": entry.cause.map(|(kind, _, _)| kind.word()),
        "sub": entry.cause.and_then(|(_, sub, _)| sub).map(|sub| sub.word()),
        "certainty": entry.cause.map(|(_, _, certainty)| certainty_word(certainty)),
        "down_seconds": down,
        "down_seconds_total": entry.down_seconds(),
        "planned_seconds": entry.planned_seconds,
        "acknowledged_by": entry.acknowledged_by.as_ref().map(|by| by.as_str()),
        "provisional": entry.provisional,
    })
}

fn note(note: &HoursNote) -> Value {
    match note {
        HoursNote::HolidaysUnused => json!({ "note": "holidays_unused" }),
        HoursNote::NoList { year } => json!({ "note": "no_holiday_list", "year": year }),
        HoursNote::Estimated { date, name } => {
            json!({ "note": "estimated_holiday", "date": date.to_string(), "name": name })
        }
        HoursNote::NoRamadan { year } => json!({ "note": "no_ramadan", "year": year }),
        HoursNote::RamadanEstimated { first, last } => json!({
            "note": "estimated_ramadan", "first": first.to_string(), "last": last.to_string()
        }),
    }
}

pub(super) fn certainty_word(certainty: Certainty) -> &'static str {
    match certainty {
        Certainty::Likely => "likely",
        Certainty::Certain => "certain",
    }
}

/// An instant, or both ends of the interval in which it lies.
fn when(when: When) -> Value {
    if when.is_exact() {
        return instant(when.lo);
    }
    json!([instant(when.lo), instant(when.hi)])
}

/// RFC 3339 in UTC, or the bare milliseconds of an instant that no calendar reaches.
fn instant(at: At) -> Value {
    match jiff::Timestamp::from_millisecond(at.0) {
        Ok(at) => at.to_string().into(),
        Err(_) => at.0.into(),
    }
}
