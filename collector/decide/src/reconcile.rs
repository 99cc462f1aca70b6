//! Brings what was decided before into line with what is true now: which entry is which, what has
//! opened, changed or ended. An id, once given, stays with its outage.

use crate::cause::Why;
use crate::charge::same_cause;
use crate::ledger::outage_id;
use crate::memory::{Kept, OfficeMemory};
use crate::outage::{Charge, Decision, Outage};
use crate::span::{At, When};

/// A change that moves no edge by this many milliseconds is a refinement.
const REFINED_MS: i64 = 1_000;

/// Replaces an office's entries by the true ones and says what changed.
pub(crate) fn reconcile(
    memory: &mut OfficeMemory,
    entries: Vec<Outage>,
    zone: &jiff::tz::TimeZone,
    now: At,
    out: &mut Vec<Decision>,
) {
    let mut matched = vec![false; memory.outages.len()];
    let mut kept: Vec<Kept> = Vec::with_capacity(entries.len());
    for entry in entries {
        let best = memory
            .outages
            .iter()
            .enumerate()
            .filter(|(i, k)| !k.outage.void && !matched.get(*i).copied().unwrap_or(true))
            .map(|(i, k)| (i, overlap_ms(&k.outage, &entry, now)))
            .filter(|(_, overlap)| *overlap >= 0)
            // Of two that overlap alike the older keeps its id.
            .max_by_key(|(i, overlap)| (*overlap, std::cmp::Reverse(*i)));
        match best.and_then(|(i, _)| memory.outages.get(i).map(|k| (i, k.clone()))) {
            Some((i, before)) => {
                if let Some(flag) = matched.get_mut(i) {
                    *flag = true;
                }
                kept.push(replace(before, entry, out));
            }
            None => kept.push(open(memory, entry, zone, out)),
        }
    }
    for (i, old) in std::mem::take(&mut memory.outages).into_iter().enumerate() {
        if matched.get(i).copied().unwrap_or(false) {
            continue;
        }
        kept.push(if old.outage.void || is_settled(&old, memory.settled) {
            old
        } else {
            void(old, out)
        });
    }
    kept.sort_by(|a, b| (a.outage.from, &a.outage.id).cmp(&(b.outage.from, &b.outage.id)));
    memory.outages = kept;
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
    zone: &jiff::tz::TimeZone,
    out: &mut Vec<Decision>,
) -> Kept {
    let id = outage_id(&entry.office, entry.from.hi, zone, &mut memory.numbers);
    let outage = Outage { id, ..entry };
    out.push(Decision::Open(outage.clone()));
    // What has ended before it was known of is nobody's news.
    let late = outage.to.is_some();
    Kept { outage, first_contact: None, late }
}

/// The entry as it is now, under the id it has.
fn replace(before: Kept, entry: Outage, out: &mut Vec<Decision>) -> Kept {
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
        out.push(Decision::Correct { to: new.clone(), why: evidence(&new), recorded });
    }
    if closes {
        out.push(Decision::Close(new.clone()));
    }
    Kept { outage: new, ..before }
}

/// Late evidence showed that there was none.
fn void(old: Kept, out: &mut Vec<Decision>) -> Kept {
    let outage = Outage {
        to: Some(old.outage.from),
        charges: Vec::new(),
        timeline: Vec::new(),
        provisional: false,
        void: true,
        downtime_ms: 0,
        ..old.outage
    };
    out.push(Decision::Correct { to: outage.clone(), why: Vec::new(), recorded: true });
    Kept { outage, ..old }
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

impl Outage {
    /// The entry without its id, without what people were told or said, and, while it lasts,
    /// without how far it has come: what `handle` stored and what `ledger` finds are then equal.
    #[must_use]
    pub fn for_comparison(&self) -> Self {
        let mut out = Self {
            id: crate::ids::OutageId::from(""),
            told: crate::outage::Told::default(),
            acknowledged: None,
            expected_back: None,
            ..self.clone()
        };
        if out.to.is_some() {
            return out;
        }
        out.downtime_ms = 0;
        let end = out.charges.last().map(|c| c.span.to);
        let still = |to: At| Some(to) == end;
        for span in out.charges.iter_mut().map(|c| &mut c.span) {
            if still(span.to) {
                span.to = span.from;
            }
        }
        for span in out.timeline.iter_mut().map(|c| &mut c.span) {
            if still(span.to) {
                span.to = span.from;
            }
        }
        out
    }
}
