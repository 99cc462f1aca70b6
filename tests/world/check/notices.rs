//! What people were told, checked apart from the ledger: each outage above its limit once, in
//! time, with an all-clear; silence only where nothing could be heard; a cause only if it is true;
//! nothing outside service hours.

use siaga_decide::{At, Certainty, Change, Notice, OfficeId, Outage};

use super::{ANSWER, Is, Mismatch, Said, View, cause_of, is, whole};
use crate::world::oracle::Cause;
use crate::world::proof::Proof;
use crate::world::truth::{How, Second, Span, within};

/// After a silence an agent may wait so long before it tries again: the longest window of its
/// uplink. What it holds is not knowable earlier.
const BACK_OFF: i64 = 1_800;
/// A cause may be waited for so long after first contact, and with it the end.
const CAUSE_WAITS: i64 = 600;

/// One message about an outage.
struct Told<'a> {
    at: Second,
    change: Change,
    outage: &'a Outage,
}

pub(super) fn check(
    view: &View,
    said: &Said,
    id: &OfficeId,
    proof: &Proof,
    out: &mut Vec<Mismatch>,
) {
    let told: Vec<Told> = said
        .told
        .iter()
        .filter_map(|(at, notice)| match notice {
            Notice::Outage { change, outage } if outage.office == *id => {
                Some(Told { at: at.0.div_euclid(1000), change: *change, outage })
            }
            Notice::Outage { .. } | Notice::Warning { .. } => None,
        })
        .collect();
    hours(view, said, id, out);
    order(view, &told, out);
    for one in &told {
        causes(view, one, out);
        if one.change == Change::Opened {
            opened(view, one, out);
        }
    }
    told_once(view, &told, proof, out);
}

fn second(at: At) -> Second {
    at.0.div_euclid(1000)
}

/// Nothing rings outside service hours.
fn hours(view: &View, said: &Said, id: &OfficeId, out: &mut Vec<Mismatch>) {
    let open = &view.truth.offices[view.office].open;
    for (at, notice) in said.told {
        let (about, what) = match notice {
            Notice::Outage { change, outage } => (outage.office == *id, change.word()),
            Notice::Warning { office, .. } => (office.as_ref() == Some(id), "warning"),
        };
        if about && !within(open, second(*at)) {
            let span = Span { from: second(*at), to: second(*at) + 1 };
            out.push(view.wrong(span, format!("told {what} outside service hours")));
        }
    }
}

/// Opened, perhaps a cause, ended; and again only if it came back.
fn order(view: &View, told: &[Told], out: &mut Vec<Mismatch>) {
    let mut ids: Vec<&Outage> = told.iter().map(|t| t.outage).collect();
    ids.sort_by(|a, b| a.id.cmp(&b.id));
    ids.dedup_by(|a, b| a.id == b.id);
    for outage in ids {
        let mut open = false;
        let mut cause = false;
        for one in told.iter().filter(|t| t.outage.id == outage.id) {
            let fits = match one.change {
                Change::Opened => !open,
                Change::CauseKnown => open && !cause,
                Change::Ended => open,
            };
            if !fits {
                let span = Span { from: one.at, to: one.at + 1 };
                let what = format!("{} of {} does not follow", one.change.word(), outage.id);
                out.push(view.wrong(span, what));
            }
            open = one.change != Change::Ended;
            cause = open && (cause || one.change == Change::CauseKnown);
        }
    }
}

/// Whether the row of that second of that station could reach the collector at once.
fn heard_live(view: &View, station: usize, at: Second) -> bool {
    let (truth, office) = (view.truth, view.office);
    let this = &truth.offices[office].stations[station];
    truth.pc_up(office, station, at)
        && !this.agent_off.iter().any(|a| a.span.has(at))
        && truth.reaches_collector(office, station, at)
        && !this.delivery.delayed.iter().any(|(span, _)| span.has(at))
        && !within(&this.delivery.acks_lost, at)
}

/// An opening is told of what was down, or of what could not be heard.
fn opened(view: &View, one: &Told, out: &mut Vec<Mismatch>) {
    let (truth, cycle) = (view.truth, view.truth.cycle);
    let this = &truth.offices[view.office];
    let guessed = one.outage.charges.last().is_none_or(|c| c.guessed);
    let span = Span { from: one.at, to: one.at + 1 };
    // What counts towards telling is never more than what has passed.
    let least = second(one.outage.from.lo) + this.open_after.max(3 * cycle);
    if one.at < least {
        out.push(view.wrong(span, format!("told {} s too early", least - one.at)));
    }
    if !guessed {
        let wait = this.open_after.max(3 * cycle);
        let was = (one.at - wait - 2 * cycle..=one.at).any(|at| !truth.serves(view.office, at));
        if !was {
            out.push(view.wrong(span, "told of an outage that is over".to_owned()));
        }
        return;
    }
    // Silence: for the whole wait, too few stations both served and could be heard.
    let wait = this.open_after.max(3 * cycle);
    let from = one.at - wait + 2 * cycle;
    let loud = |station: usize| {
        (from..one.at - cycle).all(|at| {
            heard_live(view, station, at) && truth.station_serves(view.office, station, at)
        })
    };
    let loud = (0..this.stations.len()).filter(|s| loud(*s)).count();
    let needed = this.stations_needed;
    if loud >= needed && from < one.at - cycle {
        out.push(view.wrong(span, "told of a silence although it could be heard".to_owned()));
    }
}

/// A cause that is told as certain is the truth, or what all evidence proves.
fn causes(view: &View, one: &Told, out: &mut Vec<Mismatch>) {
    let knows = match one.change {
        Change::CauseKnown => true,
        Change::Ended => one.outage.told.cause.is_some(),
        Change::Opened => false,
    };
    if !knows || one.outage.void {
        return;
    }
    for charge in one.outage.charges.iter().filter(|c| !c.guessed) {
        let span = whole(charge.span);
        let short = span.to - span.from <= 4 * view.truth.cycle + 2 * ANSWER;
        let Some(told) = cause_of(charge.cause.kind) else { continue };
        if short || charge.cause.certainty == Certainty::Likely {
            continue;
        }
        let middle = span.from + (span.to - span.from) / 2;
        let at = |list: &[super::Stretch]| {
            let i = list.partition_point(|s| s.span.to <= middle);
            list.get(i).map(is)
        };
        let fits = |found: Option<Is>| matches!(found, Some(Is::Down(c, _, _)) if c == told);
        let edge = view
            .was
            .iter()
            .chain(view.proven)
            .any(|s| (s.span.from - middle).abs() <= 2 * view.truth.cycle + ANSWER);
        if !edge && !fits(at(view.was)) && !fits(at(view.proven)) {
            let what = format!("told {told:?} as certain, it was {:?}", at(view.was));
            out.push(view.wrong(span, what));
        }
    }
}

/// A stretch of a true outage that counts for telling, and when it is due.
struct Due {
    counts: Span,
    until: Second,
}

/// Each outage that counts long enough is told within the promised delay, and its end too.
fn told_once(view: &View, told: &[Told], _proof: &Proof, out: &mut Vec<Mismatch>) {
    let (truth, cycle) = (view.truth, view.truth.cycle);
    let this = &truth.offices[view.office];
    let wait = this.open_after.max(3 * cycle);
    for due in dues(view) {
        let length = due.counts.to - due.counts.from;
        // A silence is noticed after two and a half periods, but dated from its last reading; a
        // fault after its second reading.
        let slack = 3 * cycle + 2 * ANSWER;
        if length <= wait + slack || !collector_sees(view, due.counts) {
            continue;
        }
        let last = due.counts.from + wait + slack;
        let by_then = |t: &&Told| {
            t.change == Change::Opened && second(t.outage.from.lo) <= last && t.at <= last
        };
        let still = told.iter().filter(by_then).any(|o| {
            // Not ended again before this one began.
            let ends = told
                .iter()
                .filter(|t| t.change == Change::Ended && t.outage.id == o.outage.id && t.at > o.at);
            ends.map(|t| t.at).min().is_none_or(|end| end > due.counts.from)
        });
        if !still {
            out.push(view.wrong(due.counts, "an outage was not told in time".to_owned()));
            continue;
        }
        ended(view, told, &due, out);
    }
}

/// Stretches of the truth that must be told: down, in service hours, not planned, past the grace.
fn dues(view: &View) -> Vec<Due> {
    let this = &view.truth.offices[view.office];
    let mut out: Vec<Due> = Vec::new();
    for stretch in view.was {
        let Is::Down(cause, _, false) = is(stretch) else { continue };
        if !stretch.open {
            continue;
        }
        let mut counts = stretch.span;
        let opens = this.open.iter().any(|o| o.from == counts.from);
        if opens && cause != Cause::Provider {
            // Silence and stops wait for the grace; and much looks like silence then.
            counts.from += this.opening_grace;
        }
        match out.last_mut() {
            Some(last) if last.until == stretch.span.from => {
                last.counts.to = counts.to;
                last.until = stretch.span.to;
            }
            Some(_) | None => out.push(Due { counts, until: stretch.span.to }),
        }
    }
    out.retain(|d| d.counts.from < d.counts.to);
    out
}

/// Whether the collector could judge all the while: running, its line whole, nobody's rows late.
fn collector_sees(view: &View, span: Span) -> bool {
    let own = &view.truth.collector;
    let wide = Span { from: span.from - 300, to: span.to + 60 };
    let apart = |s: &Span| s.to + 120 < wide.from || wide.to < s.from;
    let stations = &view.truth.offices[view.office].stations;
    let agents = stations.iter().flat_map(|s| &s.agent_off).all(|a| apart(&a.span));
    let late = stations.iter().all(|s| {
        let delivery = &s.delivery;
        delivery.delayed.iter().all(|(span, by)| apart(&Span { from: span.from, to: span.to + by }))
            && delivery.acks_lost.iter().all(&apart)
            && delivery.spool_lost.iter().all(|at| apart(&Span { from: *at, to: *at }))
            && delivery.damaged.iter().all(&apart)
            && s.uplink_cut.iter().all(&apart)
            && s.link_unreadable.iter().all(&apart)
    });
    // Offices that fall silent together make the collector take itself for blind.
    let alone = view.truth.offices.len() < 3;
    let common = view.truth.center.site_down.iter().all(&apart);
    own.away.iter().all(|a| apart(&a.span))
        && own.cut.iter().all(&apart)
        && agents
        && late
        && (alone || !view.truth.collector.behind_path || common)
}

/// The all-clear: after `close_after` of service, while the office is open and can be heard.
fn ended(view: &View, told: &[Told], due: &Due, out: &mut Vec<Mismatch>) {
    let (truth, cycle) = (view.truth, view.truth.cycle);
    let this = &truth.offices[view.office];
    let wait = this.close_after + BACK_OFF + CAUSE_WAITS + 4 * cycle;
    let after = Span { from: due.until, to: due.until + wait };
    if after.to > truth.span.to || !collector_sees(view, after) {
        return;
    }
    let calm = (after.from..after.to).all(|at| {
        within(&this.open, at)
            && view.was[view.was.partition_point(|s| s.span.to <= at)].serves
            && (0..this.stations.len()).all(|s| {
                !matches!(truth.pc_off(view.office, s, at).map(|o| o.how), Some(How::Asleep))
            })
    });
    let opened = told.iter().rev().find(|t| t.change == Change::Opened && t.at < after.to);
    let Some(opened) = opened.filter(|_| calm) else { return };
    let clear = told.iter().any(|t| {
        t.change == Change::Ended
            && t.outage.id == opened.outage.id
            && t.at > opened.at
            && t.at <= after.to
    });
    if !clear {
        out.push(view.wrong(after, "its end was not told".to_owned()));
    }
}
