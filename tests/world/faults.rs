//! Truths from a seed: towns of offices that share lines, mains, relays and the center, and what
//! befalls them. Lengths and distances crowd around the thresholds of the rules, a probe or a
//! second to either side; causes overlap, abut and follow each other at once.
//!
//! Not played, because the rules cannot tell it and say so: an agent that crashes and whose PC
//! then loses power before it is back (the stop is dated from its last row), somebody who shuts a
//! PC down by hand while it lives on its battery (that is power by definition), and a PC that
//! loses power while it sleeps (what it would say of its sleep it says when it wakes up).

use super::chance::Chance;
use super::truth::{Ack, AgentOff, Away, How, Off, Plan, Scope, Second, Span, Truth, holding};

mod town;

/// How much is played.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// One long day of one or two offices: what a deliberate bug is looked for in.
    Day,
    /// A week of one to four offices.
    Week,
    /// Thirty days across a month end.
    Month,
}

/// Nothing happens within this of the ends: every agent has been heard before, and after.
const CALM: i64 = 3_600;
/// An agent is away alone only while its PC runs so long before and after.
const ALONE: i64 = 300;
/// Seconds about a loss of mains in which no cable is pulled.
const WITH_MAINS: i64 = 60;

/// The truth of a seed.
#[must_use]
pub fn truth(kind: Kind, seed: u64) -> Truth {
    let mut chance = Chance::new(
        seed ^ match kind {
            Kind::Day => 0x6461_7900,
            Kind::Week => 0,
            Kind::Month => 0x6d6f_6e74_6800,
        },
    );
    let mut truth = town::found(kind, seed, &mut chance);
    let mut last = None;
    for _ in 0..incidents(kind, &truth, &mut chance) {
        let office = chance.place(truth.offices.len());
        let span = when(&truth, office, last, &mut chance);
        if span.from >= truth.span.from + CALM && span.to <= truth.span.to - CALM {
            befall(&mut truth, office, span, &mut chance);
            last = Some(span);
        }
    }
    town::nights(&mut truth, &mut chance);
    idlers(&mut truth, &mut chance);
    sleepers(&mut truth);
    cables(&mut truth);
    deliveries(&mut truth, &mut chance);
    collector(&mut truth, &mut chance);
    agents(&mut truth, &mut chance);
    staff(&mut truth, &mut chance);
    glitches(kind, &mut truth);
    truth
}

/// Whether every row that an agent made is still there to be sent.
#[must_use]
pub fn is_undamaged(truth: &Truth) -> bool {
    truth
        .offices
        .iter()
        .flat_map(|o| &o.stations)
        .all(|s| s.delivery.damaged.is_empty() && s.delivery.spool_lost.is_empty())
}

fn incidents(kind: Kind, truth: &Truth, chance: &mut Chance) -> i64 {
    let offices = i64::try_from(truth.offices.len()).unwrap_or(1);
    match kind {
        Kind::Day => offices * chance.between(8, 14),
        Kind::Week => offices * chance.between(12, 24),
        Kind::Month => offices * chance.between(30, 60),
    }
}

/// A length: mostly around a threshold of the rules, a probe or a second beside it.
fn length(truth: &Truth, office: usize, chance: &mut Chance) -> i64 {
    let (this, cycle) = (&truth.offices[office], truth.cycle);
    let exact = match chance.place(16) {
        0 => cycle,
        1 | 2 => 2 * cycle,
        3 => 3 * cycle,
        4 => cycle * 5 / 2,
        5 => 30,
        6 | 7 => this.open_after,
        8 => this.close_after,
        9 => this.merge_within,
        10 => 300,
        11 => this.opening_grace,
        12 => 900,
        13 => chance.between(1, 1_800),
        14 => chance.between(600, 7_200),
        _ => chance.between(3_600, 4 * 3_600),
    };
    (exact + beside(cycle, chance)).max(1)
}

/// A probe or a second to either side, or none.
fn beside(cycle: i64, chance: &mut Chance) -> i64 {
    chance.pick(&[-cycle - 1, -cycle, 1 - cycle, -1, 0, 0, 0, 1, cycle - 1, cycle, cycle + 1])
}

/// What is over before a probe asks again: most of it nobody notices, the rest is one bad reading.
fn glitches(kind: Kind, truth: &mut Truth) {
    let mut chance = Chance::new(truth.seed ^ 0x676c_6974);
    let each = match kind {
        Kind::Day => 4,
        Kind::Week => 10,
        Kind::Month => 30,
    };
    let most = truth.cycle / 2;
    for office in 0..truth.offices.len() {
        for _ in 0..each {
            let open = &truth.offices[office].open;
            let hours = if open.is_empty() { truth.span } else { chance.pick(open) };
            let from = chance.between(hours.from, hours.to);
            let span = Span { from, to: from + chance.between(1, most) };
            let calm = truth.span.from + CALM..truth.span.to - CALM;
            if !calm.contains(&span.from) || !calm.contains(&span.to) {
                continue;
            }
            match chance.place(3) {
                0 => add(&mut truth.center.service_down, span),
                1 => add(&mut truth.offices[office].path_down, span),
                _ => {
                    let line = truth.offices[office].line;
                    add(&mut truth.lines[line].down, span);
                }
            }
        }
    }
}

/// When something begins and ends: in service hours, around an opening, a closing or midnight, or
/// close to what befell last.
fn when(truth: &Truth, office: usize, last: Option<Span>, chance: &mut Chance) -> Span {
    let length = length(truth, office, chance);
    let cycle = truth.cycle;
    let open = &truth.offices[office].open;
    let hours = if open.is_empty() { truth.span } else { chance.pick(open) };
    let day =
        truth.span.from + chance.between(1, (truth.span.to - truth.span.from) / 86_400) * 86_400;
    let from = match (chance.place(20), last) {
        (0, _) => hours.from + beside(cycle, chance),
        (1, _) => hours.from - length + beside(cycle, chance),
        (2, _) => hours.from - length / 2,
        (3, _) => hours.to - length + beside(cycle, chance),
        (4, _) => hours.to - length / 2,
        (5, _) => day - length / 2 + beside(cycle, chance),
        (6, _) => chance.between(truth.span.from, truth.span.to),
        (7, Some(last)) => last.to,
        (8, Some(last)) => last.to - beside(cycle, chance),
        (9, Some(last)) => last.from + beside(cycle, chance),
        (10, Some(last)) => last.from + (last.to - last.from) / 2,
        (11..=13, Some(last)) => {
            let this = &truth.offices[office];
            let gap = chance.pick(&[this.merge_within, this.close_after, 30, 300, 2 * cycle]);
            last.to + gap + beside(cycle, chance)
        }
        _ => chance.between(hours.from, hours.to),
    };
    Span { from, to: from + length }
}

/// Adds a span to a sorted, disjoint list; what it meets becomes one with it.
pub fn add(list: &mut Vec<Span>, span: Span) {
    let mut all = std::mem::take(list);
    all.push(span);
    all.sort_unstable();
    for next in all {
        match list.last_mut() {
            Some(last) if next.from <= last.to => last.to = last.to.max(next.to),
            Some(_) | None => list.push(next),
        }
    }
}

/// One thing that befalls an office.
fn befall(truth: &mut Truth, office: usize, span: Span, chance: &mut Chance) {
    let (line, mains) = (truth.offices[office].line, truth.offices[office].mains);
    let station = chance.place(truth.offices[office].stations.len());
    let many = truth.offices.len() > 1;
    match chance.place(24) {
        0..=3 => add(&mut truth.lines[line].down, span),
        4..=8 => {
            add(&mut truth.mains[mains].off, span);
            // The link often dies while the battery still holds.
            if chance.percent(25) {
                let from = span.from + length(truth, office, chance);
                let link = Span { from, to: from + length(truth, office, chance) };
                add(&mut truth.lines[line].down, link);
            }
        }
        9 | 10 => add(&mut truth.offices[office].router.broken, span),
        11 => add(&mut truth.offices[office].path_down, span),
        12 if many => add(&mut truth.offices[office].shut_out, span),
        13 | 14 if many => add(&mut truth.center.service_down, span),
        15 if many => add(&mut truth.center.host_down, span),
        16 if many => add(&mut truth.center.site_down, span),
        17 | 18 => {
            truth.offices[office].stations[station].needs_device = true;
            add(&mut truth.offices[office].stations[station].device_out, span);
        }
        19 if truth.offices[office].stations.len() > 1 => {
            add(&mut truth.offices[office].stations[station].cable_out, span);
        }
        20 => add(&mut truth.offices[office].stations[station].link_unreadable, span),
        21 => add(&mut truth.offices[office].stations[station].uplink_cut, span),
        22 => {
            if let Some(ups) = &mut truth.offices[office].stations[station].ups {
                add(&mut ups.unreadable, span);
            }
        }
        _ => put_off(truth, office, station, span, chance),
    }
}

/// Somebody or something stops a PC that has mains.
fn put_off(truth: &mut Truth, office: usize, station: usize, span: Span, chance: &mut Chance) {
    let how = match chance.place(6) {
        0 | 1 => How::SwitchedOff,
        2 => How::Restarted,
        3 => How::Asleep,
        4 => How::Crashed { logged: true },
        _ => How::Crashed { logged: false },
    };
    let lit = !truth.mains_off(office, span.from) && !truth.mains_off(office, span.from - 60);
    if lit {
        insert_off(truth, office, station, Off { span, how });
    }
}

/// Adds a stop where it neither meets nor touches another.
pub(crate) fn insert_off(truth: &mut Truth, office: usize, station: usize, off: Off) -> bool {
    let list = &mut truth.offices[office].stations[station].off;
    let i = list.partition_point(|o| o.span.from < off.span.from);
    let before =
        i.checked_sub(1).and_then(|i| list.get(i)).is_none_or(|o| o.span.to < off.span.from);
    let after = list.get(i).is_none_or(|o| off.span.to < o.span.from);
    if before && after {
        list.insert(i, off);
    }
    before && after
}

/// PCs that nobody switches on when mains is back: around the five minutes that a PC is given.
fn idlers(truth: &mut Truth, chance: &mut Chance) {
    for office in 0..truth.offices.len() {
        for cut in truth.mains[truth.offices[office].mains].off.clone() {
            for station in 0..truth.offices[office].stations.len() {
                let dead = cut.to - 1;
                let dies = !truth.pc_powered(office, station, dead)
                    && truth.pc_off(office, station, dead).is_none();
                if dies && chance.percent(25) {
                    let to =
                        cut.to + chance.pick(&[30, 300, 600, 2_700]) + beside(truth.cycle, chance);
                    let off = Off { span: Span { from: dead, to }, how: How::NotSwitchedOn };
                    insert_off(truth, office, station, off);
                }
            }
        }
    }
}

/// A cable pulled as mains goes, or just after, looks exactly as a router that died with it: it stays.
fn cables(truth: &mut Truth) {
    for office in &mut truth.offices {
        let cuts = &truth.mains[office.mains].off;
        let near = |out: &Span| {
            cuts.iter()
                .any(|cut| (cut.from - WITH_MAINS..=cut.from + WITH_MAINS).contains(&out.from))
        };
        for station in &mut office.stations {
            station.cable_out.retain(|out| !near(out));
        }
    }
}

/// PCs that would lose power in their sleep are shut down instead; one that has no power when it is
/// put off can only be left off.
fn sleepers(truth: &mut Truth) {
    for office in 0..truth.offices.len() {
        for station in 0..truth.offices[office].stations.len() {
            let lit = |off: &Off| {
                (off.span.from..=off.span.to).all(|at| truth.pc_powered(office, station, at))
            };
            let list = &truth.offices[office].stations[station].off;
            let how = |off: &Off| {
                if !truth.pc_powered(office, station, off.span.from) {
                    How::NotSwitchedOn
                } else if off.how == How::Asleep && !lit(off) {
                    How::SwitchedOff
                } else {
                    off.how
                }
            };
            let hows: Vec<How> = list.iter().map(how).collect();
            for (off, how) in truth.offices[office].stations[station].off.iter_mut().zip(hows) {
                off.how = how;
            }
        }
    }
}

/// What happens to reports and spools: often something, rarely a loss.
fn deliveries(truth: &mut Truth, chance: &mut Chance) {
    for office in 0..truth.offices.len() {
        for station in 0..truth.offices[office].stations.len() {
            for _ in 0..chance.between(0, 4) {
                let span = when(truth, office, None, chance);
                let calm = span.from < truth.span.from + CALM || span.to > truth.span.to - CALM;
                let delivery = &mut truth.offices[office].stations[station].delivery;
                match chance.place(8) {
                    _ if calm => {}
                    0..=2 => add(&mut delivery.acks_lost, span),
                    3..=5 => {
                        let late = chance.pick(&[1, 14, 15, 16, 29, 31, 61, 299, 601, 3_601]);
                        let free = delivery
                            .delayed
                            .iter()
                            .all(|(s, _)| s.to <= span.from || span.to <= s.from);
                        if free {
                            delivery.delayed.push((span, late));
                            delivery.delayed.sort_unstable();
                        }
                    }
                    6 if chance.percent(30) => add(&mut delivery.damaged, span),
                    7 if chance.percent(10) => {
                        delivery.spool_lost.push(span.to);
                        delivery.spool_lost.sort_unstable();
                    }
                    _ => {}
                }
            }
        }
    }
}

/// The collector's own troubles.
fn collector(truth: &mut Truth, chance: &mut Chance) {
    for _ in 0..chance.between(0, 2) {
        let office = chance.place(truth.offices.len());
        let mut span = when(truth, office, None, chance);
        if chance.percent(30) {
            span.to = span.from + 3 * 3_600;
        }
        if span.from < truth.span.from + CALM || span.to > truth.span.to - CALM {
            continue;
        }
        let own = &mut truth.collector;
        let free =
            own.away.iter().all(|a| a.span.to + 60 < span.from || span.to + 60 < a.span.from);
        if !free {
            continue;
        }
        if chance.percent(60) {
            own.away.push(Away { span, orderly: chance.percent(50) });
            own.away.sort_by_key(|a| a.span);
        } else {
            add(&mut own.cut, span);
        }
    }
    let own = &mut truth.collector;
    let away = own.away.clone();
    own.cut
        .retain(|cut| away.iter().all(|a| a.span.to < cut.from - 60 || cut.to + 60 < a.span.from));
}

/// Agents that stop or crash alone while their PC runs.
fn agents(truth: &mut Truth, chance: &mut Chance) {
    for office in 0..truth.offices.len() {
        for station in 0..truth.offices[office].stations.len() {
            for _ in 0..chance.between(0, 2) {
                let mut span = when(truth, office, None, chance);
                span.to = span.to.min(span.from + 3_600);
                let inside = span.from - ALONE > truth.span.from + CALM
                    && span.to + ALONE < truth.span.to - CALM;
                let runs =
                    |at: Second| truth.pc_up(office, station, at) && !truth.mains_off(office, at);
                if !inside || !(span.from - ALONE..span.to + ALONE).all(runs) {
                    continue;
                }
                let words = chance.percent(50);
                let list = &mut truth.offices[office].stations[station].agent_off;
                if list
                    .iter()
                    .all(|a| a.span.to + ALONE < span.from || span.to + ALONE < a.span.from)
                {
                    list.push(AgentOff { span, words });
                    list.sort_by_key(|a| a.span);
                }
            }
        }
    }
}

/// Planned work around something that happens, and acknowledgements.
fn staff(truth: &mut Truth, chance: &mut Chance) {
    for _ in 0..chance.between(0, 2) {
        let office = chance.place(truth.offices.len());
        let this = &truth.offices[office];
        let (scope, spans) = match chance.place(5) {
            0 => (Scope::Office(office), &this.router.broken),
            1 => (Scope::Line(this.line), &truth.lines[this.line].down),
            2 if this.mains_named => (Scope::Mains(this.mains), &truth.mains[this.mains].off),
            3 => (Scope::Center, &truth.center.service_down),
            _ => (Scope::Line(this.line), &this.path_down),
        };
        if spans.is_empty() {
            continue;
        }
        let work = chance.pick(spans);
        let from = work.from + chance.pick(&[-900, -60, 0, 0, 60, 300]);
        let to = (work.to + chance.pick(&[-120, -60, 0, 60, 900])).max(from + 60);
        let declared = if chance.percent(60) { from - 600 } else { work.to + 1_800 };
        let declared = declared.clamp(truth.span.from + 60, truth.span.to - 60);
        // Nobody can declare anything to a collector that does not run.
        let away = truth.collector.away.iter().find(|a| a.span.has(declared));
        let declared = away.map_or(declared, |a| a.span.to + 60);
        truth.plans.push(Plan { scope, span: Span { from, to }, declared });
    }
    truth.plans.sort_by_key(|p| p.declared);
    for _ in 0..chance.between(0, 3) {
        let office = chance.place(truth.offices.len());
        let down = &truth.lines[truth.offices[office].line].down;
        if let Some(at) =
            down.first().map(|s| s.from + 120).filter(|at| holding(down, *at).is_some())
        {
            truth.acks.push(Ack { office, at });
        }
    }
    truth.acks.sort_by_key(|a| a.at);
    truth.acks.dedup_by_key(|a| a.at);
}
