//! Judging again: once through the judge in order of arrival, once from the set of everything
//! known, and both against what is stored.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use anyhow::Context as _;
use siaga_decide::{
    At, Decision, Input, Inputs, Judge, Life, Outage, OutageId, PlanEntry, Setup, SetupVersion,
    StaffInput, StaffWhat, StationKey, ledger,
};

use crate::config::Config;
use crate::drive::replay;
use crate::store::{self, agents, journal, pulse};

/// What was compared, and what differs.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Entries in the store.
    pub stored: usize,
    /// Inputs replayed.
    pub inputs: usize,
    /// One line for each difference.
    pub differences: Vec<String>,
    /// Older reports are forgotten: nothing could be replayed.
    pub incomplete: bool,
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
    if !journal::is_whole_after(&moment, 0)? {
        outcome.incomplete = true;
        return Ok(outcome);
    }
    let stations: HashMap<i64, StationKey> = agents::stations(&moment)?.into_iter().collect();
    let mut replayed = BTreeMap::new();
    let mut judge = Judge::new(Arc::new(Setup::default()));
    let mut inputs = Inputs::default();
    let mut pos = 0;
    let mut reader = replay::Reader::new()?;
    loop {
        let entries = journal::after(&moment, pos, 1_000)?;
        let Some(last) = entries.last() else { break };
        pos = last.pos;
        for entry in entries.into_iter().filter(|e| e.pos <= judged.pos) {
            let input = reader
                .input(&entry, &stations)
                .with_context(|| format!("reading journal row {}", entry.pos))?;
            outcome.inputs += 1;
            collect(&mut inputs, entry.at, &input);
            if !matches!(input, Input::Life(Life::Started { .. })) {
                ticks(&mut judge, entry.at, &mut replayed);
            }
            keep(judge.handle(entry.at, input), &mut replayed);
        }
    }
    ticks(&mut judge, judged.at, &mut replayed);
    compare("replayed", &stored, &replayed, &mut outcome.differences);
    inputs.blind = judge.memory().life.blind;
    from_the_set(&inputs, judge.memory().now, &stored, &mut outcome.differences);
    Ok(outcome)
}

fn ticks(judge: &mut Judge, upto: At, into: &mut BTreeMap<OutageId, Outage>) {
    while let Some(deadline) = judge.next_deadline().filter(|d| *d <= upto) {
        keep(judge.handle(deadline, Input::Tick), into);
    }
}

fn keep(decisions: Vec<Decision>, into: &mut BTreeMap<OutageId, Outage>) {
    for decision in decisions {
        match decision {
            Decision::Open(outage) | Decision::Close(outage) | Decision::Correct { to: outage, .. } => {
                into.insert(outage.id.clone(), outage);
            }
            Decision::Tell(_) => {}
        }
    }
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
        Input::Tick => {}
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
    let stored: Vec<Outage> = stored
        .values()
        .filter(|o| !o.void && !o.provisional)
        .map(Outage::for_comparison)
        .collect();
    let made: Vec<Outage> =
        truth.entries.iter().filter(|o| !o.provisional).map(Outage::for_comparison).collect();
    for outage in stored.iter().filter(|o| !made.contains(o)) {
        differences.push(format!("{}: stored at {:?}, but not in the set", outage.office, outage.from));
    }
    for outage in made.iter().filter(|o| !stored.contains(o)) {
        differences.push(format!("{}: in the set at {:?}, but not stored", outage.office, outage.from));
    }
}
