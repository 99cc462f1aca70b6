//! Wire → judge: the one place that knows both. What old agents leave out is filled in here.

use std::collections::BTreeSet;
use std::sync::Arc;

use siaga_decide::{self as decide, At, BootId, Heard, Mark, ProbeName, RunId, StationKey};
use siaga_wire::{Reading, Report, Row, VERSION, Values};

/// Far above any honest id.
const ID_MAX_BYTES: usize = 128;
const ROWS_MAX: usize = 5_000;
const TEXT_MAX_BYTES: usize = 500;
/// What one device tells at once; each name is kept for ever.
const VALUES_MAX: usize = 256;
const WORDS_MAX: usize = 128;
/// A hundred years of uptime, in milliseconds: no sum with an instant overflows.
const BOOT_MS_MAX: u64 = 100 * 366 * 86_400_000;
/// JSON's numbers are exact up to here.
const SEQ_MAX: u64 = 1 << 53;

/// Why a report that is good JSON is refused all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfit {
    /// What is wrong.
    pub what: String,
    /// In which row, from 0.
    pub row: Option<usize>,
}

fn unfit(what: impl Into<String>) -> Unfit {
    Unfit { what: what.into(), row: None }
}

/// The report of that station, for the judge.
///
/// # Errors
/// When it is of a newer version, or a value is out of all bounds.
pub fn heard(report: &Report, station: &StationKey) -> Result<Heard, Unfit> {
    if report.v == 0 || report.v > VERSION {
        return Err(unfit(format!("v: this collector knows versions 1 to {VERSION}")));
    }
    if report.rows.len() > ROWS_MAX {
        return Err(unfit(format!("rows: at most {ROWS_MAX} in one report")));
    }
    for (what, id) in [("boot", &report.boot), ("run", &report.run)] {
        if id.is_empty() || id.len() > ID_MAX_BYTES || id.chars().any(char::is_control) {
            return Err(unfit(format!("{what}: 1 to {ID_MAX_BYTES} bytes without controls")));
        }
    }
    let newest_of = report.newest_of.as_ref().map(|(run, _)| run.len());
    if newest_of.is_some_and(|length| length > ID_MAX_BYTES) {
        return Err(unfit(format!("newest_of: a run has 1 to {ID_MAX_BYTES} bytes")));
    }
    if report.now_ms.is_some_and(|ms| ms > BOOT_MS_MAX) {
        return Err(unfit("now_ms: longer than any PC has run"));
    }
    let mut rows = Vec::with_capacity(report.rows.len());
    for (i, wire) in report.rows.iter().enumerate() {
        let fault = |what: String| Unfit { what, row: Some(i) };
        if wire.range().1 > SEQ_MAX {
            return Err(fault("seq: larger than any run gets".into()));
        }
        rows.push(row(wire).map_err(fault)?);
    }
    // Senders need not sort, and a number twice in one report says nothing new.
    rows.sort_by_key(decide::Row::range);
    rows.dedup_by_key(|row| row.range());
    let newest = rows.iter().map(|row| row.range().1).max().unwrap_or(0);
    Ok(Heard {
        station: station.clone(),
        boot: BootId::from(&*report.boot),
        run: RunId::from(&*report.run),
        now_ms: report.now_ms,
        wall: instant(report.wall.as_deref()),
        newest: report.newest.max(newest).min(SEQ_MAX),
        newest_of: report.newest_of.as_ref().map(|(run, seq)| (RunId::from(&**run), *seq)),
        rows,
    })
}

/// A PC's clock is a hint: what cannot be read is no hint.
fn instant(text: Option<&str>) -> Option<At> {
    let t: jiff::Timestamp = text?.parse().ok()?;
    Some(At(t.as_millisecond()))
}

fn mark(seq: u64, at_ms: u64, wall: Option<&str>) -> Result<Mark, String> {
    if at_ms > BOOT_MS_MAX {
        return Err("at_ms: longer than any PC has run".into());
    }
    Ok(Mark { seq, at_ms, wall: instant(wall) })
}

fn row(row: &Row) -> Result<decide::Row, String> {
    Ok(match row {
        Row::Reading { seq, at_ms, wall, reading } => {
            decide::Row::Reading(mark(*seq, *at_ms, wall.as_deref())?, what(reading)?)
        }
        Row::Stretch { seq, at_ms, wall, reading, since } => {
            let first = mark(since.seq, since.at_ms, since.wall.as_deref())?;
            let since = decide::Since {
                first,
                count: u32::try_from(since.count).unwrap_or(u32::MAX),
                least: numbers(&since.least)?,
                most: numbers(&since.most)?,
            };
            decide::Row::Stretch(mark(*seq, *at_ms, wall.as_deref())?, what(reading)?, since)
        }
        Row::Start { seq, at_ms, wall, start } => {
            let previous = start.previous.as_ref().map(|(run, seq)| (RunId::from(&**run), *seq));
            let start = decide::Start {
                previous_end: match start.previous_end {
                    siaga_wire::PreviousEnd::Orderly => decide::PreviousEnd::Orderly,
                    siaga_wire::PreviousEnd::Unclean => decide::PreviousEnd::Unclean,
                    siaga_wire::PreviousEnd::First => decide::PreviousEnd::First,
                    siaga_wire::PreviousEnd::Lost => decide::PreviousEnd::Lost,
                },
                log: start.log.as_deref().map(short),
                previous,
            };
            decide::Row::Start(mark(*seq, *at_ms, wall.as_deref())?, start)
        }
        Row::LastWords { seq, at_ms, wall, last_words } => {
            let words = match last_words {
                siaga_wire::LastWords::System => decide::LastWords::System,
                siaga_wire::LastWords::Sleep => decide::LastWords::Sleep,
                siaga_wire::LastWords::Agent => decide::LastWords::Agent,
            };
            decide::Row::LastWords(mark(*seq, *at_ms, wall.as_deref())?, words)
        }
        Row::Gap(gap) => decide::Row::Gap(decide::Gap {
            first: gap.range.0,
            last: gap.range.1,
            why: short(&gap.why),
        }),
        Row::Unknown { seq, at_ms } => decide::Row::Unknown(mark(*seq, *at_ms, None)?),
    })
}

/// Text of a device or a system goes no further than this; a bad one must not fill a disk.
fn short(text: &str) -> Arc<str> {
    let mut end = text.len().min(TEXT_MAX_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    Arc::from(text.get(..end).unwrap_or_default())
}

fn what(reading: &Reading) -> Result<decide::What, String> {
    let name = &*reading.probe;
    if name.is_empty() || name.len() > ID_MAX_BYTES || name.chars().any(char::is_control) {
        return Err(format!("probe: 1 to {ID_MAX_BYTES} bytes without controls"));
    }
    let why = || short(reading.why.as_deref().unwrap_or_default());
    let saw = match reading.saw {
        siaga_wire::Saw::Answered => decide::Saw::Answered,
        siaga_wire::Saw::Refused => decide::Saw::Refused,
        siaga_wire::Saw::Timeout => decide::Saw::Timeout,
        siaga_wire::Saw::Unreachable => decide::Saw::Unreachable,
        siaga_wire::Saw::Error => decide::Saw::Error(why()),
        siaga_wire::Saw::Unreadable => decide::Saw::Unreadable(why()),
    };
    if reading.words.len() > WORDS_MAX {
        return Err(format!("words: at most {WORDS_MAX} in one row"));
    }
    // Sets are compared: order and doubles of a device's words mean nothing.
    let words: BTreeSet<Arc<str>> = reading.words.iter().map(|w| short(w)).collect();
    let words: Vec<Arc<str>> = words.into_iter().collect();
    Ok(decide::What {
        probe: ProbeName::from(name),
        role: role(name, reading.role.as_deref()),
        answer: decide::Answer { saw, words: words.into() },
        numbers: numbers(&reading.values)?,
    })
}

/// What a link probe points at: as the row says, or as its name begins.
fn role(name: &str, said: Option<&str>) -> Option<decide::Role> {
    let word = said.or_else(|| name.strip_prefix("link.").and_then(|rest| rest.split('.').next()));
    crate::record::role(word?)
}

fn numbers(values: &Values) -> Result<Vec<(Arc<str>, f64)>, String> {
    if values.0.len() > VALUES_MAX {
        return Err(format!("values: at most {VALUES_MAX} in one row"));
    }
    let mut out: Vec<(Arc<str>, f64)> = Vec::with_capacity(values.0.len());
    for (name, value) in &values.0 {
        if name.is_empty() || name.len() > ID_MAX_BYTES {
            return Err(format!("values: a name has 1 to {ID_MAX_BYTES} bytes"));
        }
        if !value.is_finite() {
            return Err(format!("values: {name} is not a number"));
        }
        out.push((Arc::from(&**name), *value));
    }
    out.sort_by(|a, b| a.0.cmp(&b.0));
    out.dedup_by(|a, b| a.0 == b.0);
    Ok(out)
}

/// Which row of a report that does not parse is at fault, where it is one.
pub(super) fn row_at_fault(json: &[u8]) -> Option<usize> {
    #[derive(serde::Deserialize)]
    struct Rows<'a> {
        // Left as text: whoever sends nonsense must not have a tree made of it.
        #[serde(borrow)]
        rows: Vec<&'a serde_json::value::RawValue>,
    }
    let report: Rows = serde_json::from_slice(json).ok()?;
    report.rows.iter().position(|row| serde_json::from_str::<Row>(row.get()).is_err())
}

#[cfg(test)]
mod tests;
