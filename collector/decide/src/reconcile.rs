//! Brings what was decided before into line with what is true now: which entry is which, what has
//! opened, changed or ended. An id, once given, stays with its outage.

use crate::cause::Why;
use crate::charge::same_cause;
use crate::ids::{OutageId, ProbeName};
use crate::input::Plan;
use crate::ledger::outage_id;
use crate::meaning::covers;
use crate::memory::{Kept, OfficeMemory};
use crate::outage::{Charge, Decision, Outage};
use crate::span::{At, Span, When, inside_ms, union};
use crate::truth::Look;
use crate::view::StationState;

/// A change that moves no edge by this many milliseconds is a refinement.
const REFINED_MS: i64 = 1_000;

/// In what light an office's entries are looked at again.
pub(crate) struct Light<'a> {
    pub(crate) look: &'a Look<'a>,
    pub(crate) plans: &'a [&'a Plan],
    pub(crate) now: At,
}

/// Replaces an office's entries by the true ones and says what changed.
pub(crate) fn reconcile(
    memory: &mut OfficeMemory,
    entries: Vec<Outage>,
    light: &Light,
    out: &mut Vec<Decision>,
) {
    let olds = std::mem::take(&mut memory.outages);
    let chosen = choose(&olds, &entries, light.now);
    let mut kept: Vec<Kept> = Vec::with_capacity(entries.len());
    for (i, entry) in entries.into_iter().enumerate() {
        let before = chosen.iter().find(|(_, e)| *e == i).and_then(|(old, _)| olds.get(*old));
        match before {
            Some(before) => kept.push(replace(before.clone(), entry, light, out)),
            None => {
                let part_of = olds.iter().filter(|k| !k.outage.void);
                let part_of = part_of.max_by_key(|k| overlap_ms(&k.outage, &entry, light.now));
                let part_of = part_of.filter(|k| overlap_ms(&k.outage, &entry, light.now) > 0);
                let part_of = part_of.map(|k| k.outage.id.clone());
                kept.push(open(memory, entry, part_of, light, out));
            }
        }
    }
    for (i, old) in olds.into_iter().enumerate() {
        if chosen.iter().any(|(known, _)| *known == i) {
            continue;
        }
        if old.outage.void || is_settled(&old, memory.settled) {
            kept.push(old);
            continue;
        }
        let goes_on = kept
            .iter_mut()
            .filter(|k| !k.outage.void)
            .map(|k| (overlap_ms(&k.outage, &old.outage, light.now), k))
            .filter(|(overlap, _)| *overlap > 0)
            .max_by_key(|(overlap, _)| *overlap);
        let gone = match goes_on {
            Some((_, into)) => join(old, into, light.now, out),
            None => void(old, light, out),
        };
        kept.push(gone);
    }
    kept.sort_by(|a, b| (a.outage.from, &a.outage.id).cmp(&(b.outage.from, &b.outage.id)));
    memory.outages = kept;
}

/// Which old entry each new one is, as pairs of indices. What people were told of and what still
/// lasts keeps its id; else the two that lie longest over each other are the same, and of two that
/// lie alike the older one.
fn choose(olds: &[Kept], entries: &[Outage], now: At) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    for (i, old) in olds.iter().enumerate().filter(|(_, k)| !k.outage.void) {
        let told = old.outage.told.opened.is_some() && old.outage.told.ended.is_none();
        for (j, entry) in entries.iter().enumerate() {
            let overlap = overlap_ms(&old.outage, entry, now);
            if overlap >= 0 {
                let lasts = told && old.outage.to.is_none() && entry.to.is_none();
                pairs.push((!lasts, -overlap, i, j));
            }
        }
    }
    pairs.sort_unstable();
    let mut chosen: Vec<(usize, usize)> = Vec::new();
    for (_, _, i, j) in pairs {
        if !chosen.iter().any(|(a, b)| *a == i || *b == j) {
            chosen.push((i, j));
        }
    }
    chosen
}

/// Whether an entry lies before what can still be judged.
fn is_settled(kept: &Kept, settled: Option<At>) -> bool {
    settled.is_some_and(|at| kept.outage.to.is_some_and(|to| to.hi <= at))
}

/// How long two entries lie over each other, milliseconds; negative where they do not meet.
fn overlap_ms(a: &Outage, b: &Outage, now: At) -> i64 {
    let end = |o: &Outage| o.to.map_or(now + 1, |to| to.hi);
    end(a).min(end(b)) - a.from.lo.max(b.from.lo)
}

fn open(
    memory: &mut OfficeMemory,
    entry: Outage,
    part_of: Option<OutageId>,
    light: &Light,
    out: &mut Vec<Decision>,
) -> Kept {
    let zone = &light.look.office.zone;
    let id = outage_id(&entry.office, entry.from.hi, zone, &mut memory.numbers);
    let outage = Outage { id, ..entry };
    out.push(Decision::Open(outage.clone()));
    if let Some(part_of) = part_of {
        let mut why = evidence(&outage);
        why.push(Why::SplitFrom { outage: part_of });
        out.push(Decision::Correct { to: outage.clone(), why, recorded: true });
    }
    // What has ended before it was known of is nobody's news.
    let late = outage.to.is_some();
    Kept { outage, first_contact: None, late, said: None }
}

/// The entry as it is now, under the id it has.
fn replace(before: Kept, entry: Outage, light: &Light, out: &mut Vec<Decision>) -> Kept {
    let old = &before.outage;
    let new = Outage {
        id: old.id.clone(),
        told: old.told,
        acknowledged: old.acknowledged.clone(),
        expected_back: old.expected_back,
        ..entry
    };
    let recorded = is_corrected(old, &new);
    let closes = old.to.is_none() && new.to.is_some();
    if recorded || (!closes && is_changed(old, &new)) {
        let mut why = evidence(&new);
        if planned(old) != planned(&new) {
            why.extend(plans_over(&new, light.plans));
        }
        out.push(Decision::Correct { to: new.clone(), why, recorded });
    }
    if closes {
        out.push(Decision::Close(new.clone()));
    }
    Kept { outage: new, ..before }
}

/// Where planned work covers an entry.
fn planned(outage: &Outage) -> Vec<Span> {
    union(outage.charges.iter().filter(|c| c.planned).map(|c| c.span).collect())
}

/// Who planned the work over an entry, and why.
fn plans_over(outage: &Outage, plans: &[&Plan]) -> Vec<Why> {
    let covered = planned(outage);
    let over = plans.iter().filter(|p| inside_ms(p.span, &covered) > 0);
    over.map(|p| Why::Staff { text: format!("{}: {}", p.by, p.reason).into() }).collect()
}

/// Late evidence showed that there was none.
fn void(old: Kept, light: &Light, out: &mut Vec<Decision>) -> Kept {
    let why = contrary(&old.outage, light);
    let outage = emptied(old.outage.clone());
    out.push(Decision::Correct { to: outage.clone(), why, recorded: true });
    Kept { outage, ..old }
}

/// Late evidence showed that two are one: the entry goes on under the other's id, with what people
/// were told of either.
fn join(old: Kept, into: &mut Kept, now: At, out: &mut Vec<Decision>) -> Kept {
    let mut outage = emptied(old.outage.clone());
    let (told, theirs) = (outage.told, &mut into.outage);
    if let Some(opened) = told.opened {
        let first = theirs.told.opened.map_or(opened, |at| at.min(opened));
        theirs.told.opened = Some(first);
        if told.ended.is_none() {
            theirs.told.ended = None;
        }
        outage.told.ended = told.ended.or(Some(now));
    }
    if theirs.acknowledged.is_none() {
        theirs.acknowledged.clone_from(&outage.acknowledged);
    }
    theirs.expected_back = theirs.expected_back.or(outage.expected_back);
    let mut why = evidence(theirs);
    why.push(Why::JoinedInto { outage: theirs.id.clone() });
    let to = theirs.clone();
    out.push(Decision::Correct { to, why: Vec::new(), recorded: false });
    out.push(Decision::Correct { to: outage.clone(), why, recorded: true });
    Kept { outage, ..old }
}

fn emptied(outage: Outage) -> Outage {
    Outage {
        to: Some(outage.from),
        charges: Vec::new(),
        timeline: Vec::new(),
        provisional: false,
        void: true,
        downtime_ms: 0,
        ..outage
    }
}

/// What each station shows against an entry: it served, or nobody watched while it ran.
fn contrary(outage: &Outage, light: &Light) -> Vec<Why> {
    let look = light.look;
    let over: Vec<Span> = union(outage.charges.iter().map(|c| c.span).collect());
    let stations = look.traces.iter().zip(&look.stations).zip(look.office.stations.values());
    let shows = stations.filter_map(|((trace, states), config)| {
        let inside = || states.iter().filter(|s| inside_ms(s.span, &over) > 0);
        let station = trace.station.clone();
        if inside().any(|s| s.state == StationState::Serving) {
            let needed = |p: &&ProbeName| config.needs.iter().any(|need| covers(need, p));
            let probe = trace.series.keys().find(needed)?.clone();
            return Some(Why::Good { station, probe });
        }
        inside().any(|s| s.state == StationState::Unseen).then_some(Why::NotObserved { station })
    });
    shows.collect()
}

/// The evidence of an entry, each once.
fn evidence(outage: &Outage) -> Vec<Why> {
    let mut out: Vec<Why> = Vec::new();
    for why in outage.charges.iter().flat_map(|c| &c.cause.why) {
        if !out.contains(why) {
            out.push(why.clone());
        }
    }
    out
}

/// Whether an entry says something else than before: another cause, or an edge moved by a second.
/// That time goes on, and that an outage ends, says nothing else.
fn is_corrected(old: &Outage, new: &Outage) -> bool {
    let moved =
        |a: When, b: When| (a.lo - b.lo).abs() >= REFINED_MS || (a.hi - b.hi).abs() >= REFINED_MS;
    if old.provisional != new.provisional || moved(old.from, new.from) {
        return true;
    }
    match (old.to, new.to) {
        (Some(a), Some(b)) if moved(a, b) => return true,
        (Some(_), None) => return true,
        (Some(_) | None, _) => {}
    }
    let (a, b) = (&old.charges, &new.charges);
    let growing = old.to.is_none();
    a.len() > b.len()
        || (!growing && a.len() != b.len())
        || a.iter().zip(b).enumerate().any(|(i, (x, y))| {
            let last = growing && i + 1 == a.len();
            !same_charge(x, y)
                || (x.span.from - y.span.from).abs() >= REFINED_MS
                || (!last && (x.span.to - y.span.to).abs() >= REFINED_MS)
        })
}

fn same_charge(a: &Charge, b: &Charge) -> bool {
    a.planned == b.planned && a.guessed == b.guessed && same_cause(&a.cause, &b.cause)
}

/// Whether the stored entry has to be written again: anything but the passing of time.
fn is_changed(old: &Outage, new: &Outage) -> bool {
    if old.to.is_some() || new.to.is_some() {
        return old != new;
    }
    old.charges.len() != new.charges.len()
        || old.timeline.len() != new.timeline.len()
        || old.from != new.from
        || old.provisional != new.provisional
        || old.charges.iter().zip(&new.charges).any(|(x, y)| {
            !same_charge(x, y) || x.cause.why != y.cause.why || x.span.from != y.span.from
        })
}

#[cfg(test)]
mod tests;
