//! The collector in virtual time: de-duplication by number, the order of deadlines and inputs that
//! its drive promises, its own life, and the real judge.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use siaga_agent::spool::ranges::Ranges;
use siaga_decide::{
    At, Decision, Heard, Input, Inputs, Judge, Life, Notice, OfficeId, Outage, OutageId, PersonId,
    PlanEntry, Setup, SetupVersion, StaffInput, StaffWhat, StationId, StationKey,
};

use super::convert;
use super::delivery::Post;
use super::proof;
use super::truth::{Second, Span, Truth};

/// One run of one station: which of its rows arrived, and when they were truly made.
#[derive(Default)]
struct Rows {
    place: (usize, usize),
    boot: String,
    known: Ranges,
    /// Rows without a hole, by the first number: the last, and from when to when, in seconds. A
    /// month has millions of rows and few holes.
    made: BTreeMap<u64, (u64, Span)>,
}

impl Rows {
    /// A row that is new was made at that second.
    fn add(&mut self, seq: u64, at: Second) {
        let (mut first, mut last, mut span) = (seq, seq, Span { from: at, to: at });
        let before = self.made.range(..seq).next_back().map(|(first, made)| (*first, *made));
        if let Some((begun, (_, earlier))) = before.filter(|(_, (end, _))| *end + 1 == seq) {
            first = begun;
            span = Span { from: span.from.min(earlier.from), to: span.to.max(earlier.to) };
        }
        if let Some((end, later)) = self.made.remove(&(seq + 1)) {
            last = end;
            span = Span { from: span.from.min(later.from), to: span.to.max(later.to) };
        }
        self.made.insert(first, (last, span));
    }

    /// What they cover: a reading holds until the next one of its run, at most 2.5 periods, whether
    /// there were others between (design section 4.1).
    fn covers(&self, cycle: i64) -> Vec<Span> {
        let mut out: Vec<Span> = Vec::new();
        for (_, span) in self.made.values() {
            match out.last_mut() {
                Some(last) if 2 * (span.from - last.to) <= 5 * cycle => {
                    last.to = last.to.max(span.to);
                }
                Some(_) | None => out.push(*span),
            }
        }
        out
    }
}

/// Somebody who wants to know of every report that said something new.
pub type Listens<'a> = &'a mut dyn FnMut(&siaga_wire::Report, &Heard);

/// The seconds in which reports arrived, by office and station; sorted.
pub type Arrivals = BTreeMap<(usize, usize), Vec<Second>>;

/// The collector.
pub struct Collector {
    /// The judge.
    pub judge: Judge,
    /// Everything handed to the judge but ticks, if it is kept.
    pub journal: Vec<(At, Input)>,
    /// Everything it decided.
    pub decisions: Vec<(At, Decision)>,
    /// The entries as stored.
    pub entries: BTreeMap<OutageId, Outage>,
    /// The inputs as a set.
    pub inputs: Inputs,
    /// What should not have happened.
    pub trouble: Vec<String>,
    /// Reports that said something new.
    pub reports: usize,
    /// Rows that were new.
    pub rows: usize,
    runs: BTreeMap<(usize, usize, String), Rows>,
    tied: BTreeSet<String>,
    /// When reports of each station arrived.
    pub arrivals: Arrivals,
    keep: bool,
    alive: bool,
    /// A second judge that was loaded from the first one's memory, and until when it is compared.
    shadow: Option<(Judge, usize)>,
    handled: usize,
}

/// Of so many inputs one is where a second judge is loaded,
const SHADOW_EACH: usize = 9_973;
/// and so many inputs long both must decide alike.
const SHADOW_FOR: usize = 1_500;

impl Collector {
    /// One that starts for the first time at that instant.
    #[must_use]
    pub fn new(setup: &Arc<Setup>, now: At, keep: bool) -> Self {
        let mut inputs = Inputs::default();
        inputs.setups.push(SetupVersion { from: At(i64::MIN), setup: Arc::clone(setup) });
        let mut out = Self {
            judge: Judge::new(Arc::clone(setup)),
            journal: Vec::new(),
            decisions: Vec::new(),
            entries: BTreeMap::new(),
            inputs,
            trouble: Vec::new(),
            reports: 0,
            rows: 0,
            runs: BTreeMap::new(),
            tied: BTreeSet::new(),
            arrivals: Arrivals::new(),
            keep,
            alive: true,
            shadow: None,
            handled: 0,
        };
        out.input(now, Input::Life(Life::Started { last_alive: None }));
        out
    }

    /// When the judge wants to be woken.
    #[must_use]
    pub fn deadline(&self) -> Option<At> {
        self.judge.next_deadline().filter(|_| self.alive)
    }

    /// Every deadline up to that instant, each at its own.
    pub fn tick_to(&mut self, upto: At) {
        while let Some(due) = self.deadline().filter(|due| *due <= upto) {
            let decided = self.judge.handle(due, Input::Tick);
            if let Some((shadow, _)) = &mut self.shadow {
                if shadow.next_deadline() != Some(due) {
                    let other = shadow.next_deadline();
                    self.trouble.push(format!("{due:?}: a loaded judge wakes at {other:?}"));
                    self.shadow = None;
                } else if shadow.handle(due, Input::Tick) != decided {
                    self.trouble
                        .push(format!("{due:?}: a loaded judge decides otherwise at a deadline"));
                    self.shadow = None;
                }
            }
            self.take(due, decided);
            if self.judge.next_deadline().is_some_and(|next| next <= due) {
                self.trouble.push(format!("{due:?}: the judge asks for the same deadline again"));
                break;
            }
        }
    }

    /// An input, after the deadlines before it.
    pub fn input(&mut self, now: At, input: Input) {
        if !matches!(input, Input::Life(Life::Started { .. })) {
            self.tick_to(now);
        }
        collect(&mut self.inputs, now, &input);
        if self.keep {
            self.journal.push((now, input.clone()));
        }
        self.handled += 1;
        if let Some((shadow, left)) = &mut self.shadow {
            let alike = shadow.handle(now, input.clone());
            *left -= 1;
            let over = *left == 0;
            let decided = self.judge.handle(now, input);
            if alike != decided {
                let (a, b) = (decided.len(), alike.len());
                self.trouble.push(format!(
                    "{now:?}: a loaded judge decides otherwise ({a} against {b} decisions)"
                ));
                self.shadow = None;
            } else if over {
                self.shadow = None;
            }
            self.take(now, decided);
            return;
        }
        let decided = self.judge.handle(now, input);
        self.take(now, decided);
        if self.handled.is_multiple_of(SHADOW_EACH) {
            self.shadow = Some((Judge::load(self.judge.memory()), SHADOW_FOR));
        }
    }

    fn take(&mut self, now: At, decided: Vec<Decision>) {
        for decision in decided {
            match &decision {
                Decision::Open(outage)
                | Decision::Close(outage)
                | Decision::Correct { to: outage, .. } => {
                    let fresh = matches!(decision, Decision::Open(_));
                    if fresh == self.entries.contains_key(&outage.id) {
                        let id = &outage.id;
                        self.trouble.push(format!("{now:?}: {id} is opened twice, or never was"));
                    }
                    self.entries.insert(outage.id.clone(), outage.clone());
                }
                Decision::Tell(_) => {}
            }
            self.decisions.push((now, decision));
        }
    }

    /// A report arrives; who listens gets what is new of it as sent and as converted.
    pub fn report(&mut self, truth: &Truth, post: Post, listens: Listens) {
        if !self.alive {
            return;
        }
        let now = At(post.arrives_ms);
        let Post { place, times, mut report, .. } = post;
        self.arrivals.entry(place).or_default().push(now.0.div_euclid(1000));
        let key = (place.0, place.1, report.run.to_string());
        let rows = self.runs.entry(key).or_default();
        (rows.place, rows.boot) = (place, report.boot.to_string());
        if report.now_ms.is_some() {
            self.tied.insert(rows.boot.clone());
        }
        let mut fresh = Vec::with_capacity(report.rows.len());
        for (row, time) in report.rows.drain(..).zip(times) {
            let (first, last) = row.range();
            if rows.known.missing(first, last).is_empty() {
                continue;
            }
            if !matches!(row, siaga_wire::Row::Gap(_)) {
                rows.add(first, time.div_euclid(1000));
            }
            fresh.push(row);
        }
        if fresh.is_empty() {
            return;
        }
        for row in &fresh {
            let (first, last) = row.range();
            rows.known.insert(first, last);
        }
        self.reports += 1;
        self.rows += fresh.len();
        report.rows = fresh;
        let office = &truth.offices[place.0];
        let station = StationKey {
            office: OfficeId::from(office.id.as_str()),
            station: StationId::from(office.stations[place.1].id.as_str()),
        };
        let heard: Heard = convert::heard(&report, &station);
        listens(&report, &heard);
        self.input(now, Input::Heard(heard));
    }

    /// It stops, or is killed.
    pub fn stop(&mut self, now: At, orderly: bool) {
        self.tick_to(now);
        if orderly {
            self.input(now, Input::Life(Life::Stopping));
        }
        self.alive = false;
    }

    /// It starts again, from its memory alone.
    pub fn start(&mut self, now: At, last_alive: At) {
        self.alive = true;
        self.shadow = None;
        self.judge = Judge::load(self.judge.memory());
        self.input(now, Input::Life(Life::Started { last_alive: Some(last_alive) }));
    }

    /// Whether it runs.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.alive
    }

    /// Somebody acknowledges what is open in that office.
    pub fn acknowledge(&mut self, now: At, office: &OfficeId) {
        self.tick_to(now);
        let open = self.entries.values().find(|e| e.office == *office && e.to.is_none() && !e.void);
        let Some(outage) = open.map(|e| e.id.clone()) else { return };
        let (by, note) = (PersonId::from("petugas"), None);
        self.input(now, Input::Acknowledged { outage, by, note });
    }

    /// What was told, and when.
    #[must_use]
    pub fn told(&self) -> Vec<(At, Notice)> {
        let all = self.decisions.iter();
        all.filter_map(|(at, decision)| match decision {
            Decision::Tell(notice) => Some((*at, notice.clone())),
            Decision::Open(_) | Decision::Correct { .. } | Decision::Close(_) => None,
        })
        .collect()
    }

    /// Rows that arrived, by station, without a hole that is longer than a reading holds.
    #[must_use]
    pub fn heard(&self, cycle: i64) -> Vec<proof::Heard> {
        let mut out = Vec::new();
        for rows in self.runs.values() {
            let tied = self.tied.contains(&rows.boot);
            let (office, station) = rows.place;
            let spans = rows.covers(cycle).into_iter();
            out.extend(spans.map(|span| proof::Heard { office, station, span, tied }));
        }
        out.sort_unstable();
        out
    }
}

/// Adds an input to the set of them, as the collector does to rebuild its ledger.
pub fn collect(inputs: &mut Inputs, at: At, input: &Input) {
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
