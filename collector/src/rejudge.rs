//! Judging again: once through the judge in order of arrival, once from the set of everything
//! known, and both against what is stored.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use rusqlite::Connection;
use siaga_decide::{
    At, Decision, Input, Inputs, Judge, Outage, OutageId, PlanEntry, SetupVersion, StaffInput,
    StaffWhat, ledger,
};

use crate::config::Config;
use crate::drive::replay::{self, Audience};
use crate::store::{self, facts, journal, pulse, snapshots};

/// What was compared, and what differs.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Entries in the store.
    pub stored: usize,
    /// Inputs replayed.
    pub inputs: usize,
    /// One line for each difference.
    pub differences: Vec<String>,
    /// Where the replay began, if not at the very beginning: older reports are forgotten.
    pub from: Option<At>,
}

/// Compares. Reads one moment of the database; the collector may be running.
///
/// # Errors
/// When the database cannot be read.
pub fn run(config: &Config) -> anyhow::Result<Outcome> {
    let conn = store::open_reader(&config.database())?;
    let moment = conn.unchecked_transaction()?;
    let judged = pulse::judged(&moment)?;
    let stored: BTreeMap<OutageId, Outage> =
        store::ledger::between(&moment, None, At(i64::MIN), At(i64::MAX))?
            .into_iter()
            .map(|o| (o.id.clone(), o))
            .collect();
    let mut outcome = Outcome { stored: stored.len(), ..Outcome::default() };
    let (mut judge, from) = if journal::is_whole_after(&moment, 0)? {
        (Judge::new(Arc::default()), (0, At(i64::MIN)))
    } else {
        // Reports of the beginning are forgotten; what they led to is in the oldest snapshot.
        let oldest = snapshots::oldest(&moment)?;
        let oldest = oldest.context("older reports are forgotten and no snapshot is left")?;
        if !journal::is_whole_after(&moment, oldest.pos)? {
            bail!("reports after the oldest snapshot (row {}) are missing", oldest.pos);
        }
        outcome.from = Some(oldest.at);
        (Judge::load(oldest.memory), (oldest.pos, oldest.at))
    };
    let mut again = Again { inputs: inputs_before(&moment, &judge, from.0)?, ..Again::default() };
    let (_, newest) = replay::journal(&moment, &mut judge, from, judged.pos, &mut again)?;
    let upto = judged.at.max(newest);
    replay::ticks(&mut judge, upto, |at, decision| again.of_deadline(judged.pos, at, decision));
    outcome.inputs = again.count;
    let touched = |o: &&Outage| outcome.from.is_none() || again.entries.contains_key(&o.id);
    let compared: BTreeMap<OutageId, Outage> =
        stored.values().filter(touched).map(|o| (o.id.clone(), o.clone())).collect();
    compare("replayed", &compared, &again.entries, &mut outcome.differences);
    again.inputs.blind = judge.memory().life.blind;
    from_the_set(&again.inputs, judge.memory().now, &stored, &mut outcome.differences);
    Ok(outcome)
}

/// What the replay comes to: entries by the judge, and the set for the ledger.
#[derive(Default)]
struct Again {
    entries: BTreeMap<OutageId, Outage>,
    inputs: Inputs,
    count: usize,
}

impl Audience for Again {
    fn input(&mut self, _pos: i64, at: At, input: &Input) {
        self.count += 1;
        collect(&mut self.inputs, at, input);
    }

    fn of_input(&mut self, _pos: i64, _at: At, decision: Decision) {
        match decision {
            Decision::Open(outage)
            | Decision::Close(outage)
            | Decision::Correct { to: outage, .. } => {
                self.entries.insert(outage.id.clone(), outage);
            }
            Decision::Tell(_) => {}
        }
    }

    fn of_deadline(&mut self, pos: i64, at: At, decision: Decision) {
        self.of_input(pos, at, decision);
    }
}

/// What was known before the place where the replay begins: kept facts and other inputs.
fn inputs_before(conn: &Connection, judge: &Judge, pos: i64) -> anyhow::Result<Inputs> {
    let mut inputs = Inputs::default();
    if pos == 0 {
        return Ok(inputs);
    }
    for (_, at, other) in journal::others(conn)?.into_iter().filter(|(p, ..)| *p <= pos) {
        collect(&mut inputs, at, &other.read()?);
    }
    inputs.stations = facts::all(conn)?;
    // Rows that still waited for rows before them are in the snapshot alone.
    for (key, station) in judge.memory().stations {
        let kept = inputs.stations.entry(key).or_default();
        for (id, run) in station.runs {
            if let Some(kept) = kept.runs.get_mut(&id) {
                kept.waiting.extend(run.waiting);
            }
        }
    }
    Ok(inputs)
}

fn collect(inputs: &mut Inputs, at: At, input: &Input) {
    let staff = |outage: &OutageId, what| StaffInput { at, outage: outage.clone(), what };
    match input {
        Input::Setup(setup) => {
            inputs.setups.push(SetupVersion { from: at, setup: Arc::clone(setup) });
        }
        Input::Heard(heard) => inputs.hear(at, heard.clone()),
        Input::Acknowledged { outage, by, note } => {
            let what = StaffWhat::Acknowledged { by: by.clone(), note: note.clone() };
            inputs.staff.push(staff(outage, what));
        }
        Input::Note(note) => {
            inputs.staff.push(staff(&note.outage, StaffWhat::Note(note.clone())));
        }
        Input::Planned(plan) => {
            inputs.plans.push(PlanEntry { declared: at, plan: plan.clone() });
        }
        Input::Life(life) => inputs.life.push((at, *life)),
        Input::Corrected(said) => inputs.corrections.push(said.clone()),
        Input::Closed(_) | Input::Decided(_) | Input::Tick => {}
    }
}

fn compare(
    what: &str,
    stored: &BTreeMap<OutageId, Outage>,
    again: &BTreeMap<OutageId, Outage>,
    differences: &mut Vec<String>,
) {
    for (id, outage) in stored {
        match again.get(id) {
            Some(other) if other == outage => {}
            Some(_) => differences.push(format!("{id}: {what} differs from stored")),
            None => differences.push(format!("{id}: stored, but not {what}")),
        }
    }
    for id in again.keys().filter(|id| !stored.contains_key(*id)) {
        differences.push(format!("{id}: {what}, but not stored"));
    }
}

/// Entries that rest on silence are the judge's alone; all others must follow from the set.
fn from_the_set(
    inputs: &Inputs,
    until: At,
    stored: &BTreeMap<OutageId, Outage>,
    differences: &mut Vec<String>,
) {
    let truth = ledger(inputs, until);
    let stored: Vec<Outage> =
        stored.values().filter(|o| !o.void && !o.provisional).map(Outage::for_comparison).collect();
    let made: Vec<Outage> =
        truth.entries.iter().filter(|o| !o.provisional).map(Outage::for_comparison).collect();
    for outage in stored.iter().filter(|o| !made.contains(o)) {
        differences
            .push(format!("{}: stored at {:?}, but not in the set", outage.office, outage.from));
    }
    for outage in made.iter().filter(|o| !stored.contains(o)) {
        differences
            .push(format!("{}: in the set at {:?}, but not stored", outage.office, outage.from));
    }
}
