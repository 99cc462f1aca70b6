//! The judge: what to tell people from what is knowable now. Never decides what was true on its
//! own: it asks the same rules as `ledger.rs`, and keeps the difference to what it said before.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::absorb::absorb;
use crate::cache::{Cache, affected, next_opening};
use crate::cross::Witnesses;
use crate::evidence::Changed;
use crate::fact::Heard;
use crate::ids::{OfficeId, OutageId, RunId, StationKey};
use crate::input::{Input, Life};
use crate::ledger::{plans_of, staff_says};
use crate::memory::{Memory, PlanEntry, SetupVersion, StaffWhat};
use crate::notice::{Notice, Warning};
use crate::outage::Decision;
use crate::reconcile::{Light, reconcile};
use crate::setup::{Office, Setup};
use crate::span::{At, Span};
use crate::staff::StaffCorrection;
use crate::tell::{Moment, earliest, is_open};
use crate::truth::look;
use crate::view::View;

/// The judge. `handle` must be given instants that never go back; before any other input it must
/// be given every deadline that has passed, as `handle(deadline, Input::Tick)`. One input comes
/// before its deadlines: [`crate::Life::Started`]. What fell due while the collector was away was
/// not seen by anybody, and handing it in first would call every office silent.
#[derive(Clone, Debug)]
pub struct Judge {
    pub(crate) memory: Memory,
    /// What of the evidence is not in the store yet.
    dirty: Dirty,
    /// The same, copied before it was forgotten here.
    unsaved: Changed,
    /// Follows from the memory, and is made anew from it at every start.
    pub(crate) cache: Cache,
}

#[derive(Clone, Debug, Default)]
struct Dirty {
    /// Of each run, the least row number that is new.
    runs: BTreeMap<(StationKey, RunId), u64>,
    boots: BTreeSet<(StationKey, crate::ids::BootId)>,
}

impl Judge {
    /// A judge that has heard nothing yet.
    #[must_use]
    pub fn new(setup: Arc<Setup>) -> Self {
        let setups = vec![SetupVersion { from: At(i64::MIN), setup }];
        Self::load(Memory { setups, ..Memory::default() })
    }

    /// Goes on where `memory` was taken.
    #[must_use]
    pub fn load(memory: Memory) -> Self {
        let (dirty, unsaved) = (Dirty::default(), Changed::default());
        let mut judge = Self { memory, dirty, unsaved, cache: Cache::default() };
        judge.use_setup();
        judge
    }

    /// Everything needed to go on exactly here.
    #[must_use]
    pub fn memory(&self) -> Memory {
        self.memory.clone()
    }

    /// What is to be stored and told because of that input at that instant.
    pub fn handle(&mut self, now: At, input: Input) -> Vec<Decision> {
        let mut out = Vec::new();
        if let Input::Life(Life::Started { last_alive: Some(last) }) = input {
            self.catch_up(last.min(now), &mut out);
        }
        let now = now.max(self.memory.now);
        self.memory.now = now;
        match input {
            Input::Heard(heard) => self.heard(now, heard, &mut out),
            Input::Tick => {
                let due = self.cache.deadlines.iter().take_while(|(at, _)| *at <= now);
                let due: Vec<OfficeId> = due.map(|(_, id)| id.clone()).collect();
                self.judge_all(now, due, &mut out);
            }
            Input::Setup(setup) => {
                self.memory.setups.push(SetupVersion { from: now, setup });
                self.use_setup();
                self.judge_everything(now, &mut out);
            }
            Input::Planned(plan) => {
                self.memory.plans.push(PlanEntry { declared: now, plan });
                self.judge_everything(now, &mut out);
            }
            Input::Life(life) => {
                crate::life::take(&mut self.memory.life, now, life, self.cache.setup.cycle_ms);
                self.judge_everything(now, &mut out);
            }
            Input::Acknowledged { outage, by, note } => {
                self.staff(now, &outage, &StaffWhat::Acknowledged { by, note }, &mut out);
            }
            Input::Corrected(correction) => self.corrected(now, correction, &mut out),
            // The figures of a month are the account's; what is going on does not change.
            Input::Closed(_) | Input::Decided(_) => {}
            Input::Note(note) => {
                let outage = note.outage.clone();
                self.staff(now, &outage, &StaffWhat::Note(note), &mut out);
            }
        }
        out
    }

    /// When to hand in the next [`Input::Tick`].
    #[must_use]
    pub fn next_deadline(&self) -> Option<At> {
        let office = self.cache.deadlines.first().map(|(at, _)| *at);
        earliest(office, self.blind_due())
    }

    /// The present.
    #[must_use]
    pub fn view(&self, now: At) -> View {
        crate::present::view(self, now)
    }

    /// What changed in the evidence since the last call, to be stored for ever. To be called
    /// before every [`Judge::memory`], because a judge that is loaded starts with nothing changed.
    pub fn changed(&mut self) -> Changed {
        let dirty = std::mem::take(&mut self.dirty);
        let mut out = std::mem::take(&mut self.unsaved);
        for ((key, id), from) in dirty.runs {
            let Some(run) = self.memory.stations.get(&key).and_then(|s| s.runs.get(&id)) else {
                continue;
            };
            out.facts.extend(run.facts.iter().filter(|f| f.last.seq >= from).cloned());
            out.runs.push((key, id, run.head.clone()));
        }
        for (key, id) in dirty.boots {
            if let Some(boot) = self.memory.stations.get(&key).and_then(|s| s.boots.get(&id)) {
                out.boots.push((key, id, boot.clone()));
            }
        }
        out
    }

    /// Takes back what could not be stored: it is handed out again, before what came later.
    pub fn changed_again(&mut self, mut changed: Changed) {
        changed.facts.append(&mut self.unsaved.facts);
        changed.runs.append(&mut self.unsaved.runs);
        changed.boots.append(&mut self.unsaved.boots);
        self.unsaved = changed;
    }

    /// What fell due while the collector still ran.
    fn catch_up(&mut self, last: At, out: &mut Vec<Decision>) {
        while let Some(due) = self.next_deadline().filter(|at| *at <= last) {
            out.extend(self.handle(due, Input::Tick));
            if self.next_deadline().is_some_and(|next| next <= due) {
                break;
            }
        }
    }

    fn heard(&mut self, now: At, heard: Heard, out: &mut Vec<Decision>) {
        let cycle_ms = self.cache.setup.cycle_ms;
        let key = heard.station.clone();
        let run = (key.clone(), heard.run.clone());
        let boot = (key.clone(), heard.boot.clone());
        let newest = heard.rows.iter().filter_map(crate::fact::Row::mark).map(|m| m.at_ms).max();
        let station = self.memory.stations.entry(key.clone()).or_default();
        let done = absorb(station, heard, now, cycle_ms);
        let at = |at_ms: u64| {
            let zero = station.boots.get(&boot.1)?.zero_at(at_ms)?;
            Some(At(zero.saturating_add(crate::absorb::millis(at_ms))))
        };
        let moved_from = done.moved_from_ms.and_then(at);
        self.cache.note_row(&key, &boot.1, newest, at);
        let from = done.changed_from.unwrap_or(u64::MAX);
        let known = self.dirty.runs.entry(run).or_insert(from);
        *known = from.min(*known);
        if done.boot_changed {
            self.dirty.boots.insert(boot);
        }
        if !self.cache.setup.offices.contains_key(&key.office) {
            return;
        }
        let office = self.memory.offices.get(&key.office);
        let judged = office.is_some_and(|o| o.judged.is_some());
        // What others see of a fault that lasts is weighed against rows of every office.
        let alone = self.is_blind().is_none() && !self.cache.crossed.values().any(|open| *open);
        let calm = office.and_then(|o| o.calm_since).filter(|_| alone);
        let moved = done.moved_from_ms.is_some()
            && !calm.zip(moved_from).is_some_and(|(since, from)| crate::calm::reaches(since, from));
        if done.material || moved || !judged {
            self.judge_all(now, vec![key.office], out);
            return;
        }
        self.go_on(&key.office);
        self.look_across(now, out);
    }

    /// A report that only says that all goes on as it was.
    fn go_on(&mut self, office: &OfficeId) {
        if self.cache.setup.offices.len() > 1 && !self.cache.stale.contains(office) {
            self.cache.stale.insert(office.clone());
        }
        let Some(memory) = self.memory.offices.get_mut(office) else { return };
        let deadline = match (memory.quiet, memory.due) {
            // An office with nothing under way waits for silence alone.
            (true, _) => self.cache.quiet_until(office),
            (false, Some(due)) => earliest(Some(due), self.cache.silent_at(office)),
            (false, None) => None,
        };
        if let Some(deadline) = deadline {
            self.cache.set_deadline(office, memory.deadline, Some(deadline));
            memory.deadline = Some(deadline);
        }
    }

    /// Faults that depend on what others see are looked at again each cycle while they last.
    fn look_across(&mut self, now: At, out: &mut Vec<Decision>) {
        let cycle = self.cache.setup.cycle_ms;
        let open = self.cache.crossed.iter().filter(|(_, open)| **open).map(|(id, _)| id);
        let judged = |id: &OfficeId| self.memory.offices.get(id).and_then(|o| o.judged);
        let due: Vec<OfficeId> =
            open.filter(|id| judged(id).is_none_or(|at| now - at >= cycle)).cloned().collect();
        for id in &due {
            if let Some(office) = self.memory.offices.get_mut(id) {
                office.judged = Some(now);
            }
        }
        if !due.is_empty() {
            self.judge_all(now, due, out);
        }
    }

    fn staff(&mut self, now: At, id: &OutageId, what: &StaffWhat, out: &mut Vec<Decision>) {
        let all = self.memory.offices.values_mut().flat_map(|o| &mut o.outages);
        let Some(kept) = all.into_iter().find(|k| k.outage.id == *id) else { return };
        staff_says(&mut kept.outage, now, what);
        let to = kept.outage.clone();
        out.push(Decision::Correct { to, why: Vec::new(), recorded: false });
    }

    /// The staff say otherwise. What is still judged is judged again in that light; an entry that
    /// is older than what is remembered is corrected as it was handed in.
    fn corrected(&mut self, now: At, said: StaffCorrection, out: &mut Vec<Decision>) {
        let Some(span) = said.span() else { return };
        let office = said.office.clone();
        let Some(configured) = self.cache.setup.offices.get(&office) else { return };
        let first = configured.stations.keys().next().cloned();
        let why = said.evidence();
        let settled = self.settled(&office);
        let old = said.entry.as_deref().filter(|e| settled.is_some_and(|at| e.from.lo < at));
        if let Some(entry) = old {
            let hours = self.cache.hours(&office);
            let to = said.patch(entry, first.as_ref(), hours);
            let memory = self.memory.offices.entry(office.clone()).or_default();
            if let Some(kept) = memory.outages.iter_mut().find(|k| k.outage.id == to.id) {
                kept.outage = to.clone();
            }
            out.push(Decision::Correct { to, why: vec![why.clone()], recorded: true });
        }
        if settled.is_none_or(|at| span.to > at) {
            self.memory.corrections.push(said);
        }
        let before = out.len();
        self.judge_all(now, vec![office.clone()], out);
        for decision in out.iter_mut().skip(before) {
            if let Decision::Correct { to, why: evidence, recorded: true } = decision
                && to.office == office
                && !evidence.contains(&why)
            {
                evidence.push(why.clone());
            }
        }
    }

    fn judge_everything(&mut self, now: At, out: &mut Vec<Decision>) {
        let all: Vec<OfficeId> = self.cache.setup.offices.keys().cloned().collect();
        self.judge_all(now, all, out);
    }

    /// Judges offices, and then those for which they changed something.
    fn judge_all(&mut self, now: At, mut waiting: Vec<OfficeId>, out: &mut Vec<Decision>) {
        let mut seen: BTreeSet<OfficeId> = waiting.iter().cloned().collect();
        while let Some(id) = waiting.pop() {
            for other in self.judge_office(now, &id, out) {
                if seen.insert(other.clone()) {
                    waiting.push(other);
                }
            }
        }
        let cycle_ms = self.cache.setup.cycle_ms;
        if crate::life::note_lost(&mut self.memory.life, &self.cache.reaches, cycle_ms, now) {
            // In the dark, what others fell silent about is not told either; in the light it is.
            let all: Vec<OfficeId> = self.cache.setup.offices.keys().cloned().collect();
            for id in all {
                self.judge_office(now, &id, out);
            }
        }
        self.warn_blind(now, out);
    }

    pub(crate) fn is_blind(&self) -> Option<At> {
        earliest(self.memory.life.blind_since, self.memory.life.lost_since)
    }

    /// When the collector's own contact is to be told that it cannot see.
    fn blind_due(&self) -> Option<At> {
        let since = self.is_blind().filter(|_| !self.memory.life.warned)?;
        Some(since + 3 * self.cache.setup.cycle_ms)
    }

    /// Tells the collector's own contact once.
    fn warn_blind(&mut self, now: At, out: &mut Vec<Decision>) {
        let Some(since) = self.is_blind() else {
            self.memory.life.warned = false;
            return;
        };
        if self.blind_due().is_some_and(|due| due <= now) {
            self.memory.life.warned = true;
            let warning = Warning::CollectorBlind { since };
            out.push(Decision::Tell(Notice::Warning { office: None, warning }));
        }
    }

    /// Judges one office; which others have to be judged again because of it.
    fn judge_office(&mut self, now: At, id: &OfficeId, out: &mut Vec<Decision>) -> Vec<OfficeId> {
        let setup = self.cache.setup.clone();
        let Some(office) = setup.offices.get(id) else { return Vec::new() };
        let hours = self.cache.hours(id).to_vec();
        let (memory, cache) = (&mut self.memory, &mut self.cache);
        // Faults weigh more or less by what offices on the same mains, or the relay, show now.
        if office.mains.is_some() || office.via.is_some() {
            cache.refresh(memory, now);
        }
        let past = memory.offices.get(id);
        let look = look(id, office, &hours, &memory.stations, setup.cycle_ms, past, now)
            .overruled(&memory.corrections);
        let suspects = look.suspects(&cache.reaches);
        let reach = look.reach(&suspects);
        if !reach.shown.bad.is_empty() {
            cache.refresh(memory, now);
        }
        cache.stale.remove(id);
        let before = cache.reaches.insert(id.clone(), reach.clone());
        let others = affected(id, &setup, &cache.crossed, before.as_ref(), &reach);
        let blind = crate::life::blind(&memory.life, &cache.reaches, setup.cycle_ms, now);
        let dark = crate::life::blind_since(&memory.life, &cache.reaches, setup.cycle_ms, now);
        let witnesses = Witnesses {
            reaches: &cache.reaches,
            own: &memory.life.own,
            own_line: setup.line.as_ref(),
        };
        let truth = look.truth(suspects, witnesses, &plans_of(&memory.plans), &blind);
        cache.note_crossed(id, &truth);
        let decided = memory.offices.entry(id.clone()).or_default();
        let plans = plans_of(&memory.plans);
        let light = Light { look: &look, plans: &plans, now };
        let contacts = look.contacts(&memory.stations);
        let (open, dark) = (is_open(&hours, now), dark.is_some());
        let relay = office.via.as_ref().and_then(|via| cache.reaches.get(via));
        let relay = relay.map(|r| r.shown.open.clone()).unwrap_or_default();
        let may_serve = look.may_serve_until(&blind);
        let blind = &blind;
        let moment = Moment { look: &look, now, open, contacts, relay, blind, dark, may_serve };
        // While a backlog pours in nothing is final: entries are brought into line once.
        let told = match look.pouring(&memory.stations) {
            Some(until) => Some(until),
            None => {
                reconcile(decided, truth.entries.clone(), &light, out);
                crate::tell::outages(decided, truth.young.as_ref(), &moment, out)
            }
        };
        let agents = crate::tell::agents(decided, &moment, out);
        let other = earliest(told, agents);
        let plans = memory.plans.iter().flat_map(|p| [p.plan.span.from, p.plan.span.to + 1]);
        let open = truth.young.is_some() || decided.outages.iter().any(|k| k.outage.to.is_none());
        // Silence that is hidden, or only begins now.
        let entries = decided.outages.iter().map(|k| &k.outage).chain(&truth.young);
        let seen = entries.filter_map(|o| o.charges.last()).any(|c| c.span.to == now);
        let hidden = (look.is_silent() || (moment.open && look.opening_matters())) && !seen;
        let other = earliest(other, hidden.then(|| look.look_again(now)));
        let plan = plans.filter(|at| open && *at > now).min();
        let opening = look.opening_matters().then(|| next_opening(&hours, now)).flatten();
        let next = earliest(earliest(other, plan), opening.map(|at| at + 1));
        let heard_serve = look.heard_serve();
        decided.quiet = next.is_none() && heard_serve;
        decided.due = next.map(|at| at.max(now + 1)).filter(|_| heard_serve);
        decided.calm_since = crate::calm::since(&look).filter(|_| decided.quiet);
        let silence = look.silence_begins();
        let deadline = earliest(next, silence).map(|at| at.max(now + 1));
        let before = std::mem::replace(&mut decided.deadline, deadline);
        self.cache.set_deadline(id, before, deadline);
        self.cache.heed(&look);
        decided.judged.get_or_insert(now);
        let view = crate::present::office(&look, decided, now);
        self.cache.views.insert(id.clone(), view);
        let cut = crate::retain::cut(decided, office, Some(look.first()), now);
        if let Some(cut) = cut {
            self.forget(id, office, cut);
        }
        others
    }

    fn settled(&self, id: &OfficeId) -> Option<At> {
        self.memory.offices.get(id).and_then(|o| o.settled)
    }

    /// Forgets what no judgement of the office can need.
    fn forget(&mut self, id: &OfficeId, office: &Office, cut: At) {
        // What is not in the store yet is kept until it is.
        self.unsaved = self.changed();
        let memory = &mut self.memory;
        let Some(decided) = memory.offices.get_mut(id) else { return };
        // Others may still be judged by what it showed.
        if let Some(reach) = self.cache.reaches.get(id) {
            decided.shown = reach.shown.within(Span::new(At(i64::MIN), cut));
        }
        crate::retain::forget(decided, &mut memory.stations, id, office, cut);
        let heard = |id: &OfficeId| memory.stations.keys().any(|key| key.office == *id);
        let judged = memory.offices.iter().filter(|(id, _)| heard(id));
        if let Some(Some(before)) = judged.map(|(_, o)| o.settled).min() {
            crate::retain::forget_past(memory, before);
        }
    }

    /// Takes the newest configuration into use and makes anew what follows from the memory.
    fn use_setup(&mut self) {
        if let Some(cache) = Cache::of(&self.memory) {
            self.cache = cache;
        }
    }
}
