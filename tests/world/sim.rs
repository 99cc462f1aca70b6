//! Plays a truth: PCs, network, collector and judge in virtual time, from one thing that happens to
//! the next.

use std::collections::BTreeMap;
use std::sync::Arc;

use siaga_decide::{
    At, Decision, Input, Inputs, Ledger, Life, Notice, OfficeId, Outage, OutageId, PersonId, Plan,
    Setup, ledger,
};

use super::chance::Chance;
use super::check::Said;
use super::collector::{Arrivals, Collector, Listens};
use super::delivery::Post;
use super::life::AFTER;
use super::pc::Pc;
use super::proof;
use super::setup::{scope, setup, span};
use super::truth::{Truth, within};

/// After the truth's end so long at least, seconds: what is to be told, is told by then.
const SETTLES: i64 = 3_600;

/// What a play left behind.
pub struct Played {
    /// The configuration.
    pub setup: Arc<Setup>,
    /// The last instant.
    pub ended: At,
    /// All that was handed to the judge, but ticks; empty where it was not kept.
    pub journal: Vec<(At, Input)>,
    /// All that was decided.
    pub decisions: Vec<(At, Decision)>,
    /// What was told.
    pub told: Vec<(At, Notice)>,
    /// The entries as they are stored at the end.
    pub entries: BTreeMap<OutageId, Outage>,
    /// The inputs as a set.
    pub inputs: Inputs,
    /// What was true, from that set.
    pub ledger: Ledger,
    /// What reached the collector.
    pub heard: Vec<proof::Heard>,
    /// When reports arrived.
    pub arrivals: Arrivals,
    /// Reports and rows that said something new.
    pub reports: usize,
    /// Rows that were new.
    pub rows: usize,
    /// What should not have happened, whatever the truth.
    pub trouble: Vec<String>,
}

impl Played {
    /// What of it is compared with the truth.
    #[must_use]
    pub fn said(&self) -> Said<'_> {
        Said {
            ledger: &self.ledger,
            told: &self.told,
            heard: &self.heard,
            arrivals: &self.arrivals,
        }
    }
}

/// Something in the collector's own life, or done by its staff.
#[derive(Clone)]
enum Own {
    Stop { orderly: bool },
    Start { last_alive: At },
    Canary { ok: bool },
    Datacenter { reached: Option<bool> },
    Plan(usize),
    Ack(usize),
}

/// Plays it; `keep` keeps the journal, which takes some hundred megabytes for a week of an office.
#[must_use]
pub fn play(truth: &Truth, keep: bool) -> Played {
    play_to(truth, keep, &mut |_, _| {})
}

/// The same, and `listens` is told of every report that says something new.
#[must_use]
pub fn play_to(truth: &Truth, keep: bool, listens: Listens) -> Played {
    let setup = Arc::new(setup(truth));
    let start_ms = truth.span.from * 1000;
    let mut collector = Collector::new(&setup, At(start_ms), keep);
    let mut pcs: Vec<Pc> = truth
        .offices
        .iter()
        .enumerate()
        .flat_map(|(o, office)| (0..office.stations.len()).map(move |s| (o, s)))
        .map(|(o, s)| Pc::new(truth, o, s))
        .collect();
    let own = own_life(truth);
    let mut next_own = 0;
    let mut posts: Vec<Post> = Vec::new();
    let least_ms = (truth.span.to + SETTLES) * 1000;
    let most_ms = (truth.span.to + AFTER) * 1000;
    let mut now = start_ms;
    while now < most_ms {
        let pc = pcs.iter().enumerate().map(|(i, pc)| (pc.next_ms(), i)).min();
        let post = posts.iter().enumerate().map(|(i, p)| (p.arrives_ms, i)).min();
        let own_ms = own.get(next_own).map_or(i64::MAX, |(at, _)| *at);
        let pc_ms = pc.map_or(i64::MAX, |(at, _)| at);
        let post_ms = post.map_or(i64::MAX, |(at, _)| at);
        now = own_ms.min(pc_ms).min(post_ms);
        if now >= most_ms || (now >= least_ms && posts.is_empty() && pcs.iter().all(Pc::is_done)) {
            break;
        }
        if own_ms == now {
            if let Some((_, event)) = own.get(next_own) {
                happens(truth, &mut collector, At(now), event);
            }
            next_own += 1;
        } else if post_ms == now
            && let Some((_, i)) = post
        {
            let post = posts.swap_remove(i);
            collector.report(truth, post, &mut *listens);
        } else if let Some(pc) = pc.and_then(|(_, i)| pcs.get_mut(i)) {
            pc.turn(truth, now, &mut posts);
        }
    }
    let ended = At(now.clamp(least_ms, most_ms));
    collector.tick_to(ended);
    let (told, heard) = (collector.told(), collector.heard(truth.cycle));
    let mut inputs = collector.inputs;
    inputs.blind = collector.judge.memory().life.blind;
    Played {
        setup,
        ended,
        journal: collector.journal,
        decisions: collector.decisions,
        told,
        entries: collector.entries,
        ledger: ledger(&inputs, ended),
        inputs,
        heard,
        arrivals: collector.arrivals,
        reports: collector.reports,
        rows: collector.rows,
        trouble: collector.trouble,
    }
}

/// What happens to the collector itself, in order of time (milliseconds).
fn own_life(truth: &Truth) -> Vec<(i64, Own)> {
    let mut chance = Chance::new(truth.seed ^ 0x6f77_6e00);
    let cycle_ms = truth.cycle * 1000;
    let mut out = vec![(truth.span.from * 1000 + 200, Own::Canary { ok: true })];
    for away in &truth.collector.away {
        let (from, to) = (away.span.from * 1000, away.span.to * 1000);
        out.push((from, Own::Stop { orderly: away.orderly }));
        let last_alive = At(from - chance.between(0, 1_000) * i64::from(!away.orderly));
        out.push((to, Own::Start { last_alive }));
        out.push((to + 300, Own::Canary { ok: true }));
    }
    // The canary asks once a cycle: what lies between two of its questions it does not notice.
    let phase_ms = chance.between(0, cycle_ms);
    let asks_ms = |at_ms: i64| at_ms + (phase_ms - at_ms).rem_euclid(cycle_ms);
    for cut in &truth.collector.cut {
        let (fails, answers) = (asks_ms(cut.from * 1000), asks_ms(cut.to * 1000));
        if fails < answers {
            out.push((fails, Own::Canary { ok: false }));
            out.push((answers, Own::Canary { ok: true }));
        }
    }
    if truth.collector.watches {
        looks(truth, asks_ms(truth.span.from * 1000), &mut out);
    }
    out.extend(truth.plans.iter().enumerate().map(|(i, p)| (p.declared * 1000, Own::Plan(i))));
    out.extend(truth.acks.iter().enumerate().map(|(i, a)| (a.at * 1000, Own::Ack(i))));
    out.sort_by_key(|(at, _)| *at);
    out
}

/// What it sees of the center, from a first look once a cycle: what changes.
fn looks(truth: &Truth, first_ms: i64, out: &mut Vec<(i64, Own)>) {
    let own = &truth.collector;
    let mut before = None;
    let mut at_ms = first_ms;
    while at_ms < truth.span.to * 1000 {
        let at = at_ms.div_euclid(1000);
        let alive = !own.away.iter().any(|away| away.span.has(at));
        let reached = truth.center_answers(at);
        let said = (!within(&own.cut, at)).then_some(reached);
        if !alive {
            before = None;
        } else if before != Some(said) {
            // What does not answer is waited for.
            let takes_ms = if said == Some(true) { 30 } else { 5_000 };
            out.push((at_ms + takes_ms, Own::Datacenter { reached: said }));
            before = Some(said);
        }
        at_ms += truth.cycle * 1000;
    }
}

fn happens(truth: &Truth, collector: &mut Collector, now: At, event: &Own) {
    match event {
        Own::Stop { orderly } => collector.stop(now, *orderly),
        Own::Start { last_alive } => collector.start(now, *last_alive),
        _ if !collector.is_alive() => {}
        Own::Canary { ok } => collector.input(now, Input::Life(Life::Canary { ok: *ok })),
        Own::Datacenter { reached } => {
            collector.input(now, Input::Life(Life::Datacenter { reached: *reached }));
        }
        Own::Plan(i) => {
            let plan = &truth.plans[*i];
            let plan = Plan {
                scope: scope(truth, plan.scope),
                span: span(plan.span),
                by: PersonId::from("petugas"),
                reason: Arc::from("work"),
            };
            collector.input(now, Input::Planned(plan));
        }
        Own::Ack(i) => {
            let office = OfficeId::from(truth.offices[truth.acks[*i].office].id.as_str());
            collector.acknowledge(now, &office);
        }
    }
}
