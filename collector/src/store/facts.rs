//! Stretches, runs and boots, for ever: what is left of readings once they are forgotten, and the
//! set from which the ledger can be made again.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;
use siaga_decide::{
    At, Boot, BootId, Changed, Mark, OfficeId, Run, RunHead, RunId, Span, StationEvidence,
    StationId, StationKey, lived,
};

use super::{Result, StoreError, fact_packs};
use crate::record::{BootRecord, FactRecord, MarkRecord, Record as _, RunHeadRecord};

/// Keeps what changed since it was kept last.
///
/// # Errors
/// When the store fails.
pub fn keep(conn: &Connection, changed: &Changed) -> Result<()> {
    let mut fact = conn.prepare_cached(
        "INSERT INTO facts VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
         ON CONFLICT (office, station, run, probe, first_seq) DO UPDATE SET body = excluded.body",
    )?;
    for f in &changed.facts {
        fact.execute((
            f.station.office.as_str(),
            f.station.station.as_str(),
            f.run.as_str(),
            f.probe.as_str(),
            f.first.seq.cast_signed(),
            serde_json::to_string(&FactRecord::of(f))?,
        ))?;
    }
    let mut head = conn.prepare_cached(
        "INSERT INTO run_heads VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT (office, station, run) DO UPDATE SET body = excluded.body",
    )?;
    for (key, run, h) in &changed.runs {
        let body = serde_json::to_string(&RunHeadRecord::of(h))?;
        head.execute((key.office.as_str(), key.station.as_str(), run.as_str(), body))?;
    }
    let mut boot = conn.prepare_cached(
        "INSERT INTO boots VALUES (?1, ?2, ?3, ?4) \
         ON CONFLICT (office, station, boot) DO UPDATE SET body = excluded.body",
    )?;
    for (key, id, b) in &changed.boots {
        let body = serde_json::to_string(&BootRecord::of(b))?;
        boot.execute((key.office.as_str(), key.station.as_str(), id.as_str(), body))?;
    }
    Ok(())
}

/// Everything ever heard, by station.
///
/// # Errors
/// When the store fails or a record cannot be read.
pub fn all(conn: &Connection) -> Result<BTreeMap<StationKey, StationEvidence>> {
    let mut stations = heads(conn)?;
    read_facts(conn, &mut stations, Span::new(At(i64::MIN), At(i64::MAX)))?;
    Ok(stations)
}

/// What was heard around a range of time, by station: every run that touches it, the nearest
/// before and after it, and those of which nobody knows when they were. Stretches of a run that
/// lie far outside may be missing.
///
/// # Errors
/// When the store fails or a record cannot be read.
pub fn around(conn: &Connection, range: Span) -> Result<BTreeMap<StationKey, StationEvidence>> {
    let mut stations = heads(conn)?;
    let mut reach = range;
    for station in stations.values_mut() {
        let lived = lived(station);
        let before = lived.iter().rposition(|(_, s)| s.is_some_and(|s| s.to < range.from));
        let after = lived.iter().position(|(_, s)| s.is_some_and(|s| s.from > range.to));
        let mut kept = BTreeSet::new();
        for (i, (id, span)) in lived.into_iter().enumerate() {
            if before.is_none_or(|b| i >= b) && after.is_none_or(|a| i <= a) {
                // The newest stretches before the range say what went on when it began.
                let beside = Some(i) == before || Some(i) == after;
                if let Some(span) = span.filter(|_| beside) {
                    reach.from = reach.from.min(span.to - BESIDE_MS);
                    reach.to = reach.to.max(span.from + BESIDE_MS);
                }
                kept.insert(id);
            }
        }
        station.runs.retain(|id, _| kept.contains(id));
        let boots: BTreeSet<BootId> = station.runs.values().map(|r| r.head.boot.clone()).collect();
        station.boots.retain(|id, _| boots.contains(id));
    }
    read_facts(conn, &mut stations, reach)?;
    Ok(stations)
}

/// When a stretch was, as far as its boot is tied to the collector's clock.
pub(super) fn span_of(boot: &Boot, body: &str) -> Result<Option<Span>> {
    #[derive(serde::Deserialize)]
    struct Ends {
        first: MarkRecord,
        last: MarkRecord,
    }
    let ends: Ends = serde_json::from_str(body)?;
    let (first, last) = (ends.first.read(), ends.last.read());
    let at = |mark: Mark| {
        let anchor = boot.anchors.iter().min_by_key(|a| a.now_ms.abs_diff(mark.at_ms))?;
        Some(At(anchor.zero_ms.saturating_add(i64::try_from(mark.at_ms).ok()?)))
    };
    Ok(at(first).zip(at(last)).map(|(from, to)| Span::new(from, to)))
}

/// The boot of every run, as it is known now.
pub(super) fn boots(conn: &Connection) -> Result<BTreeMap<StationKey, StationEvidence>> {
    heads(conn)
}

/// So much of a run beside a range is read.
const BESIDE_MS: i64 = 2 * 86_400_000;

/// Boots and runs, without stretches.
fn heads(conn: &Connection) -> Result<BTreeMap<StationKey, StationEvidence>> {
    let mut stations: BTreeMap<StationKey, StationEvidence> = BTreeMap::new();
    let mut statement = conn.prepare_cached("SELECT office, station, boot, body FROM boots")?;
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        let (key, id, body) = keyed(row)?;
        let record: BootRecord = serde_json::from_str(&body)?;
        let boot: Boot = record.read().map_err(|e| broken("a boot", &e))?;
        stations.entry(key).or_default().boots.insert(BootId::from(id.as_str()), boot);
    }
    let mut statement = conn.prepare_cached("SELECT office, station, run, body FROM run_heads")?;
    let mut rows = statement.query(())?;
    while let Some(row) = rows.next()? {
        let (key, id, body) = keyed(row)?;
        let record: RunHeadRecord = serde_json::from_str(&body)?;
        let head: RunHead = record.read().map_err(|e| broken("a run", &e))?;
        let run = Run { head, facts: Vec::new(), waiting: BTreeMap::new() };
        stations.entry(key).or_default().runs.insert(RunId::from(id.as_str()), run);
    }
    Ok(stations)
}

fn read_facts(
    conn: &Connection,
    stations: &mut BTreeMap<StationKey, StationEvidence>,
    range: Span,
) -> Result<()> {
    // By run, then by number and probe, which is the order of the evidence; a stretch that lies
    // alone is newer than the one of the same key in a pack.
    type Ordered = BTreeMap<(i64, String), String>;
    let mut runs: BTreeMap<(String, String, String), Ordered> = BTreeMap::new();
    let mut wanted = BTreeSet::new();
    for (key, station) in &*stations {
        let (office, station_id) = (key.office.to_string(), key.station.to_string());
        let ids = station.runs.keys();
        wanted.extend(ids.map(|id| (office.clone(), station_id.clone(), id.to_string())));
    }
    let whole = range.from == At(i64::MIN) && range.to == At(i64::MAX);
    let mut take = |(office, station, run, probe, first, body): fact_packs::Kept| {
        let key = (office, station, run);
        if !whole && !wanted.contains(&key) {
            return Ok(());
        }
        runs.entry(key).or_default().insert((first, probe), body);
        Ok(())
    };
    fact_packs::within(conn, range, &mut take)?;
    let mut statement =
        conn.prepare_cached("SELECT office, station, run, probe, first_seq, body FROM facts")?;
    let mut rows = statement.query(())?;
    while let Some(r) = rows.next()? {
        take((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?, r.get(4)?, r.get(5)?))?;
    }
    for ((office, station, id), facts) in runs {
        let key = StationKey {
            office: OfficeId::from(office.as_str()),
            station: StationId::from(station.as_str()),
        };
        let id = RunId::from(id.as_str());
        let Some(run) = stations.get_mut(&key).and_then(|s| s.runs.get_mut(&id)) else {
            return Err(StoreError::Record(format!("a stretch of {key:?} has no run {id}")));
        };
        for body in facts.into_values() {
            let record: FactRecord = serde_json::from_str(&body)?;
            let fact = record.read(&key, &run.head.boot, &id);
            run.facts.push(fact.map_err(|e| broken("a stretch", &e))?);
        }
        // Where some are left out, the newest of each probe is at another place.
        for (i, fact) in run.facts.iter().enumerate() {
            if let Some(rhythm) = run.head.rhythms.get_mut(&fact.probe) {
                rhythm.newest = i;
            }
        }
    }
    Ok(())
}

fn keyed(row: &rusqlite::Row) -> Result<(StationKey, String, String)> {
    let (office, station): (String, String) = (row.get(0)?, row.get(1)?);
    let key = StationKey {
        office: OfficeId::from(office.as_str()),
        station: StationId::from(station.as_str()),
    };
    Ok((key, row.get(2)?, row.get(3)?))
}

fn broken(what: &str, e: &crate::record::Unreadable) -> StoreError {
    StoreError::Record(format!("{what}: {e}"))
}
