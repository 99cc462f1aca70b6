//! What was true, made from the store: the ledger of everything known, and from it the account of
//! any office over any period. For pages, the API and the `report` command alike. Reads one moment
//! of the database; decides nothing itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context as _;
use rusqlite::Connection;
use siaga_decide::{
    Account, At, Calendar, Case, Input, Inputs, Ledger, OfficeId, Outage, PlanEntry, SetupVersion,
    Span, StaffInput, StaffWhat, account, combine, ledger,
};

use crate::drive::replay::Reader;
use crate::store::{self, facts, journal, snapshots};

/// So many journal rows are read at once.
const ROWS: usize = 900;

/// The ledger as of an instant.
#[derive(Debug)]
pub struct Truth {
    at: At,
    ledger: Ledger,
    stored: Vec<Outage>,
    offices: BTreeMap<OfficeId, Rules>,
}

/// What an office's seconds are counted by.
#[derive(Debug)]
struct Rules {
    calendar: Calendar,
    settle_after_ms: i64,
}

impl Truth {
    /// Makes the ledger from everything that is stored. Takes as long as there is history: not to
    /// be called on the threads that serve requests.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn read(conn: &Connection, now: At) -> anyhow::Result<Self> {
        let inputs = inputs(conn)?;
        let newest = inputs.setups.last().map(|v| Arc::clone(&v.setup)).unwrap_or_default();
        let offices = newest.offices.iter().map(|(id, office)| {
            let versions = inputs.setups.iter();
            let versions =
                versions.filter_map(|v| Some((v.from, &v.setup.offices.get(id)?.calendar)));
            let rules =
                Rules { calendar: combine(versions), settle_after_ms: office.settle_after_ms };
            (id.clone(), rules)
        });
        Ok(Self {
            at: now,
            offices: offices.collect(),
            ledger: ledger(&inputs, now),
            stored: store::ledger::between(conn, None, At(i64::MIN), At(i64::MAX))?,
        })
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
            outages: &self.stored,
            calendar: &rules.calendar,
            period,
            until: self.at,
            settle_after_ms: rules.settle_after_ms,
        }))
    }
}

/// All that judgement depends on: what snapshots have kept of readings, everything else that the
/// journal holds, and the reports since.
fn inputs(conn: &Connection) -> anyhow::Result<Inputs> {
    let mut inputs = Inputs { stations: facts::all(conn)?, ..Inputs::default() };
    for (pos, at, other) in journal::others(conn)? {
        let input = other.read().with_context(|| format!("reading journal row {pos}"))?;
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
    let mut reader = Reader::new(conn)?;
    loop {
        let entries = journal::after(conn, pos, ROWS)?;
        let Some(last) = entries.last() else { return Ok(inputs) };
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
        Input::Tick => {}
    }
}
