//! What was true, made from the store: the ledger of everything known, and from it the account of
//! any office over any period. For pages, the API and the `report` command alike. Reads one moment
//! of the database; decides nothing itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context as _;
use jiff::tz::TimeZone;
use rusqlite::Connection;
use siaga_decide::{
    Account, At, Calendar, Case, Corrected, Input, Inputs, Ledger, Month, OfficeId, Outage,
    OutageId, PlanEntry, Setup, SetupVersion, Span, StaffInput, StaffWhat, Throughput, account,
    combine, ledger,
};

use crate::config::Config;
use crate::drive::replay::Reader;
use crate::store::{self, facts, journal, snapshots};

/// So many journal rows are read at once.
const ROWS: usize = 900;

/// So much before and after a range is judged with it.
const MARGIN_MS: i64 = 2 * 86_400_000;

/// The ledger as of an instant.
#[derive(Debug)]
pub struct Truth {
    at: At,
    asked: Span,
    ledger: Ledger,
    /// Its entries under the ids by which people know them.
    outages: Vec<Outage>,
    offices: BTreeMap<OfficeId, Rules>,
}

/// What an office's seconds are counted by.
#[derive(Debug)]
struct Rules {
    calendar: Calendar,
    zone: TimeZone,
    settle_after_ms: i64,
    throughput: Option<Throughput>,
}

impl Truth {
    /// Makes the ledger of a range of time, and of as much around it as it takes to judge it. Takes
    /// as long as the range is: not to be called on the threads that serve requests.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn read(conn: &Connection, config: &Config, now: At, asked: Span) -> anyhow::Result<Self> {
        // An outage that reaches over an edge is judged whole.
        let beside = store::ledger::between(conn, None, asked.from, asked.to)?;
        let live = || beside.iter().filter(|o| !o.void);
        let from = live().map(|o| o.from.lo).min().map_or(asked.from, |at| at.min(asked.from));
        let to = live().map(|o| o.to.map_or(now, |to| to.hi)).max();
        let to = to.map_or(asked.to, |at| at.max(asked.to));
        let range = Span::new(from - MARGIN_MS, (to + MARGIN_MS).min(now));
        let (inputs, month_hours) = inputs(conn, range, range.to == now)?;
        let newest = inputs.setups.last().map(|v| Arc::clone(&v.setup)).unwrap_or_default();
        let offices = newest.offices.iter().map(|(id, office)| {
            let versions = inputs.setups.iter();
            let versions =
                versions.filter_map(|v| Some((v.from, &v.setup.offices.get(id)?.calendar)));
            let mut calendar = combine(versions);
            for (_, month, setup) in month_hours.iter().filter(|(of, ..)| of == id) {
                let corrected = setup.offices.get(id).map(|office| &office.calendar);
                if let (Some(span), Some(corrected)) = (month.span(&office.zone), corrected) {
                    calendar = calendar.with(span, corrected);
                }
            }
            let rules = Rules {
                calendar,
                zone: office.zone.clone(),
                settle_after_ms: office.settle_after_ms,
                throughput: config.offices.get(id).and_then(|office| office.throughput),
            };
            (id.clone(), rules)
        });
        let ledger = ledger(&inputs, range.to);
        let stored = store::ledger::between(conn, None, range.from, range.to)?;
        let outages = known(&ledger.entries, stored);
        Ok(Self { at: now, asked, offices: offices.collect(), ledger, outages })
    }

    /// An entry as it is at this instant. What is stored of one that lasts is as old as its last
    /// change; who was told and who answered stays as stored.
    #[must_use]
    pub fn present(&self, stored: Outage) -> Outage {
        let fresh = self.outages.iter().find(|o| o.id == stored.id && o.to.is_none());
        match fresh.filter(|_| stored.to.is_none()) {
            Some(fresh) => Outage {
                charges: fresh.charges.clone(),
                timeline: fresh.timeline.clone(),
                downtime_ms: fresh.downtime_ms,
                ..stored
            },
            None => stored,
        }
    }

    /// Whether it was made for all of that span.
    #[must_use]
    pub fn covers(&self, span: Span) -> bool {
        self.asked.from <= span.from && span.to.min(self.at) <= self.asked.to
    }

    /// As of when.
    #[must_use]
    pub fn at(&self) -> At {
        self.at
    }

    /// The account of an office over a period; none where the configuration knows no such office.
    #[must_use]
    pub fn account(&self, office: &OfficeId, period: Span) -> Option<Account> {
        let rules = self.offices.get(office)?;
        let timeline = self.ledger.offices.get(office)?;
        Some(account(&Case {
            office,
            timeline,
            outages: &self.outages,
            calendar: &rules.calendar,
            zone: &rules.zone,
            throughput: rules.throughput,
            period,
            until: self.at,
            settle_after_ms: rules.settle_after_ms,
        }))
    }
}

/// Entries of the ledger with the ids under which they were told, and those stored ones that rest
/// on silence alone, which no ledger has.
fn known(entries: &[Outage], stored: Vec<Outage>) -> Vec<Outage> {
    let mut named: BTreeMap<OutageId, Outage> = BTreeMap::new();
    let mut nameless = Vec::new();
    let mut of_office: BTreeMap<&OfficeId, Vec<&Outage>> = BTreeMap::new();
    for outage in stored.iter().filter(|s| !s.void) {
        of_office.entry(&outage.office).or_default().push(outage);
    }
    for entry in entries {
        let mut entry = entry.clone();
        let same = of_office
            .get(&entry.office)
            .into_iter()
            .flatten()
            .filter(|s| !named.contains_key(&s.id))
            .map(|s| (shared_ms(s, &entry), *s))
            .filter(|(ms, _)| *ms > 0)
            .max_by_key(|(ms, _)| *ms);
        match same {
            Some((_, s)) => {
                entry.id = s.id.clone();
                entry.told = s.told;
                entry.acknowledged.clone_from(&s.acknowledged);
                entry.expected_back = s.expected_back;
                named.insert(entry.id.clone(), entry);
            }
            None => nameless.push(entry),
        }
    }
    let guessed = stored.into_iter().filter(|s| s.provisional && !s.void);
    nameless.extend(guessed.filter(|s| !named.contains_key(&s.id)));
    nameless.extend(named.into_values());
    nameless.sort_by(|a, b| (a.from, &a.office).cmp(&(b.from, &b.office)));
    nameless
}

/// Milliseconds in which both last; one that has not ended lasts for ever.
fn shared_ms(a: &Outage, b: &Outage) -> i64 {
    let end = |o: &Outage| o.to.map_or(i64::MAX, |to| to.hi.0);
    end(a).min(end(b)).saturating_sub(a.from.lo.0.max(b.from.lo.0))
}

/// Months whose service hours somebody corrected by name, with the configuration of then.
type MonthHours = Vec<(OfficeId, Month, Arc<Setup>)>;

/// All that judgement of a range depends on: what snapshots have kept of readings, everything else
/// that the journal holds, and, where the range reaches up to now, the reports since.
fn inputs(conn: &Connection, range: Span, lately: bool) -> anyhow::Result<(Inputs, MonthHours)> {
    let mut inputs = Inputs { stations: facts::around(conn, range)?, ..Inputs::default() };
    let mut month_hours = MonthHours::new();
    for (pos, at, other) in journal::others(conn)? {
        let input = other.read().with_context(|| format!("reading journal row {pos}"))?;
        if let Input::Corrected(said) = &input
            && let Corrected::Calendar { month } = said.what
            && let Some(version) = inputs.setups.last()
        {
            month_hours.push((said.office.clone(), month, Arc::clone(&version.setup)));
        }
        take(&mut inputs, at, input);
    }
    let mut pos = 0;
    if let Some(snapshot) = snapshots::newest(conn)? {
        pos = snapshot.pos;
        inputs.blind = snapshot.memory.life.blind;
        // Rows that still waited for rows before them are in the snapshot alone.
        for (key, station) in snapshot.memory.stations {
            let kept = inputs.stations.entry(key).or_default();
            for (id, run) in station.runs {
                if let Some(kept) = kept.runs.get_mut(&id) {
                    kept.waiting.extend(run.waiting);
                }
            }
        }
    }
    if !lately {
        return Ok((inputs, month_hours));
    }
    let mut reader = Reader::new(conn)?;
    loop {
        let entries = journal::after(conn, pos, ROWS)?;
        let Some(last) = entries.last() else { return Ok((inputs, month_hours)) };
        pos = last.pos;
        for entry in entries.iter().filter(|e| matches!(e.what, journal::What::Report { .. })) {
            if let Input::Heard(heard) = reader.input(entry)? {
                inputs.hear(entry.at, heard);
            }
        }
    }
}

fn take(inputs: &mut Inputs, at: At, input: Input) {
    match input {
        Input::Setup(setup) => inputs.setups.push(SetupVersion { from: at, setup }),
        Input::Heard(heard) => inputs.hear(at, heard),
        Input::Acknowledged { outage, by, note } => {
            inputs.staff.push(StaffInput {
                at,
                outage,
                what: StaffWhat::Acknowledged { by, note },
            });
        }
        Input::Note(note) => {
            let outage = note.outage.clone();
            inputs.staff.push(StaffInput { at, outage, what: StaffWhat::Note(note) });
        }
        Input::Planned(plan) => inputs.plans.push(PlanEntry { declared: at, plan }),
        Input::Life(life) => inputs.life.push((at, life)),
        Input::Corrected(said) => inputs.corrections.push(said),
        Input::Closed(_) | Input::Decided(_) | Input::Tick => {}
    }
}

#[cfg(test)]
mod tests;
