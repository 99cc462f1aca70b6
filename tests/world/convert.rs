//! Wire to judge, without the collector's limits: the rows of the world are never hostile. The rig
//! compares it with the collector's own conversion.

use std::collections::BTreeSet;
use std::sync::Arc;

use siaga_decide::{self as decide, At, BootId, Heard, Mark, ProbeName, RunId, StationKey};
use siaga_wire::{self as wire, Reading, Report, Row, Values};

/// The report of that station, for the judge.
#[must_use]
pub fn heard(report: &Report, station: &StationKey) -> Heard {
    let mut rows: Vec<decide::Row> = report.rows.iter().map(row).collect();
    rows.sort_by_key(decide::Row::range);
    rows.dedup_by_key(|row| row.range());
    let newest = rows.iter().map(|row| row.range().1).max().unwrap_or(0);
    Heard {
        station: station.clone(),
        boot: BootId::from(&*report.boot),
        run: RunId::from(&*report.run),
        now_ms: report.now_ms,
        wall: instant(report.wall.as_deref()),
        newest: report.newest.max(newest),
        newest_of: report.newest_of.as_ref().map(|(run, seq)| (RunId::from(&**run), *seq)),
        rows,
    }
}

fn instant(text: Option<&str>) -> Option<At> {
    let t: jiff::Timestamp = text?.parse().ok()?;
    Some(At(t.as_millisecond()))
}

fn mark(seq: u64, at_ms: u64, wall: Option<&str>) -> Mark {
    Mark { seq, at_ms, wall: instant(wall) }
}

fn row(row: &Row) -> decide::Row {
    match row {
        Row::Reading { seq, at_ms, wall, reading } => {
            decide::Row::Reading(mark(*seq, *at_ms, wall.as_deref()), what(reading))
        }
        Row::Stretch { seq, at_ms, wall, reading, since } => {
            let since = decide::Since {
                first: mark(since.seq, since.at_ms, since.wall.as_deref()),
                count: u32::try_from(since.count).unwrap_or(u32::MAX),
                least: numbers(&since.least),
                most: numbers(&since.most),
            };
            decide::Row::Stretch(mark(*seq, *at_ms, wall.as_deref()), what(reading), since)
        }
        Row::Start { seq, at_ms, wall, start } => {
            decide::Row::Start(mark(*seq, *at_ms, wall.as_deref()), begun(start))
        }
        Row::LastWords { seq, at_ms, wall, last_words } => {
            let words = match last_words {
                wire::LastWords::System => decide::LastWords::System,
                wire::LastWords::Sleep => decide::LastWords::Sleep,
                wire::LastWords::Agent => decide::LastWords::Agent,
            };
            decide::Row::LastWords(mark(*seq, *at_ms, wall.as_deref()), words)
        }
        Row::Gap(gap) => decide::Row::Gap(decide::Gap {
            first: gap.range.0,
            last: gap.range.1,
            why: Arc::from(&*gap.why),
        }),
        Row::Unknown { seq, at_ms } => decide::Row::Unknown(mark(*seq, *at_ms, None)),
    }
}

fn begun(start: &wire::Start) -> decide::Start {
    decide::Start {
        previous_end: match start.previous_end {
            wire::PreviousEnd::Orderly => decide::PreviousEnd::Orderly,
            wire::PreviousEnd::Unclean => decide::PreviousEnd::Unclean,
            wire::PreviousEnd::First => decide::PreviousEnd::First,
            wire::PreviousEnd::Lost => decide::PreviousEnd::Lost,
        },
        log: start.log.as_deref().map(Arc::from),
        previous: start.previous.as_ref().map(|(run, seq)| (RunId::from(&**run), *seq)),
    }
}

fn what(reading: &Reading) -> decide::What {
    let why = || Arc::from(reading.why.as_deref().unwrap_or_default());
    let saw = match reading.saw {
        wire::Saw::Answered => decide::Saw::Answered,
        wire::Saw::Refused => decide::Saw::Refused,
        wire::Saw::Timeout => decide::Saw::Timeout,
        wire::Saw::Unreachable => decide::Saw::Unreachable,
        wire::Saw::Error => decide::Saw::Error(why()),
        wire::Saw::Unreadable => decide::Saw::Unreadable(why()),
    };
    let words: BTreeSet<Arc<str>> = reading.words.iter().map(|w| Arc::from(&**w)).collect();
    let words: Vec<Arc<str>> = words.into_iter().collect();
    decide::What {
        probe: ProbeName::from(&*reading.probe),
        role: role(&reading.probe, reading.role.as_deref()),
        answer: decide::Answer { saw, words: words.into() },
        numbers: numbers(&reading.values),
    }
}

fn role(name: &str, said: Option<&str>) -> Option<decide::Role> {
    let named = || name.strip_prefix("link.").and_then(|rest| rest.split('.').next());
    match said.or_else(named)? {
        "gateway" => Some(decide::Role::Gateway),
        "outside" => Some(decide::Role::Outside),
        "path" => Some(decide::Role::Path),
        "datacenter" => Some(decide::Role::Datacenter),
        _ => None,
    }
}

fn numbers(values: &Values) -> Vec<(Arc<str>, f64)> {
    let mut out: Vec<(Arc<str>, f64)> =
        values.0.iter().map(|(name, value)| (Arc::from(&**name), *value)).collect();
    out.sort_by(|a, b| a.0.cmp(&b.0));
    out.dedup_by(|a, b| a.0 == b.0);
    out
}
