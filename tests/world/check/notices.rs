//! What people were told, checked apart from the ledger: each outage above its limit once, in
//! time, with an all-clear; silence only where nothing could be heard; a cause only if it is true;
//! nothing outside service hours, and nothing while the collector could not see. What is told of
//! agents and of the collector itself is in `warnings.rs`.

use siaga_decide::{At, Certainty, Change, Charge, Kind, Notice, OfficeId, Outage, Sub};

use super::blind::{BACK_OFF, hears_from, tried, troubles};
use super::{ANSWER, Is, Mismatch, Said, View, cause_of, is, warnings, whole};
use crate::world::delivery::arrives_at_once;
use crate::world::oracle::Cause;
use crate::world::truth::{How, Plan, Scope, Second, Span, within};

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
    loose: &[bool],
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
    dark(view, &told, out);
    for one in &told {
        causes(view, one, loose, out);
        match one.change {
            Change::Opened => {
                opened(view, said, one, out);
                grace(view, one, out);
            }
            Change::Ended => over(view, one, out),
            Change::CauseKnown => {}
        }
    }
    told_once(view, said, &told, out);
    cleared(view, &told, out);
    warnings::check(view, said, id, out);
}

pub(super) fn second(at: At) -> Second {
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

/// While its own line is cut, the collector tells nobody of an office.
fn dark(view: &View, told: &[Told], out: &mut Vec<Mismatch>) {
    let cut = &view.truth.collector.cut;
    // Its canary asks once a cycle.
    let knows = |c: &Span| Span { from: c.from + view.truth.cycle, to: c.to };
    for one in told.iter().filter(|t| cut.iter().map(knows).any(|c| c.has(t.at))) {
        let span = Span { from: one.at, to: one.at + 1 };
        out.push(view.wrong(span, format!("told {} while it could not see", one.change.word())));
    }
}

/// Whether the row of that second of that station could reach the collector at once.
pub(super) fn heard_live(view: &View, station: usize, at: Second) -> bool {
    arrives_at_once(view.truth, view.office, station, at)
}

/// An opening is told of what was down, or of what could not be heard.
fn opened(view: &View, said: &Said, one: &Told, out: &mut Vec<Mismatch>) {
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
    if troubles(view).iter().any(|t| (t.to..t.to + 3 * cycle).contains(&one.at)) {
        out.push(view.wrong(span, "told of a silence as soon as it could hear".to_owned()));
    }
    // Silence: for the whole wait, too few stations served and could be heard, or had said that
    // only their agents stop.
    let wait = this.open_after.max(3 * cycle);
    let window = Span { from: one.at - wait + 2 * cycle, to: one.at - cycle };
    let loud = |station: usize| {
        let heard =
            |at| heard_live(view, station, at) && truth.station_serves(view.office, station, at);
        let says = heard(window.from) && tried(view, said, station, window.to);
        (says && (window.from..window.to).all(heard)) || stopped(view, station, window)
    };
    let loud = (0..this.stations.len()).filter(|s| loud(*s)).count();
    if loud >= this.stations_needed && window.from < window.to {
        out.push(view.wrong(span, "told of a silence although it could be heard".to_owned()));
    }
}

/// What stands still or is silent since before opening is not told before the grace is over.
fn grace(view: &View, one: &Told, out: &mut Vec<Mismatch>) {
    let this = &view.truth.offices[view.office];
    let i = this.open.partition_point(|o| o.to <= one.at);
    let Some(hours) = this.open.get(i) else { return };
    let charges: Vec<(Span, &Charge)> =
        one.outage.charges.iter().map(|c| (whole(c.span), c)).collect();
    // What lasted into an earlier closing has counted there.
    let counted = |s: &Span| this.open[..i].iter().any(|o| s.from < o.to && o.from < s.to);
    let waits = charges.iter().all(|(s, c)| !counted(s) && is_still(c));
    let unbroken = charges.windows(2).all(|pair| pair[0].0.to >= pair[1].0.from);
    let began = charges.first().is_some_and(|(s, _)| s.from <= hours.from);
    let least = hours.from + this.opening_grace;
    if waits && unbroken && began && one.at < least {
        let span = Span { from: one.at, to: one.at + 1 };
        let what = format!("told {} s before the grace was over", least - one.at);
        out.push(view.wrong(span, what));
    }
}

/// Whether a cause means that a PC stands still, or that nothing is heard of it.
fn is_still(charge: &Charge) -> bool {
    match (charge.cause.kind, charge.cause.sub) {
        (Kind::Station, Some(Sub::Cable)) | (Kind::Power, Some(Sub::NetworkNotBackedUp)) => false,
        (Kind::Station | Kind::Power | Kind::Silent, _) => true,
        (Kind::Center | Kind::LinkLan | Kind::LinkProvider | Kind::LinkPath | Kind::Device, _) => {
            false
        }
    }
}

/// An end is told of what served again, and has for `close_after`.
fn over(view: &View, one: &Told, out: &mut Vec<Mismatch>) {
    let (truth, cycle) = (view.truth, view.truth.cycle);
    let Some(to) = one.outage.to.filter(|_| !one.outage.void) else { return };
    let end = second(to.hi);
    let least = end + truth.offices[view.office].close_after;
    let span = Span { from: one.at, to: one.at + 1 };
    if one.at < least {
        out.push(view.wrong(span, format!("its end was told {} s too early", least - one.at)));
    }
    if (end - 2 * cycle..=one.at).all(|at| !truth.serves(view.office, at)) {
        out.push(view.wrong(span, "told of an end that was none".to_owned()));
    }
}

/// Whether an agent alone was away throughout, and its last words had said so.
fn stopped(view: &View, station: usize, window: Span) -> bool {
    let this = &view.truth.offices[view.office].stations[station];
    let away = this.agent_off.iter().find(|a| a.span.has(window.from));
    away.is_some_and(|a| {
        a.words && window.to <= a.span.to && heard_live(view, station, a.span.from - 1)
    })
}

/// A cause that is told as certain is the truth, or what all evidence proves. As in the ledger,
/// what lies in an interval that no contact has tied is excused; so is what is told while reports
/// are late, for a boot is tied only as well as by its fastest report so far.
fn causes(view: &View, one: &Told, loose: &[bool], out: &mut Vec<Mismatch>) {
    let knows = match one.change {
        Change::CauseKnown => true,
        Change::Opened | Change::Ended => one.outage.told.cause.is_some(),
    };
    let stations = &view.truth.offices[view.office].stations;
    let mut delayed = stations.iter().flat_map(|s| &s.delivery.delayed);
    let late = delayed.any(|(s, by)| s.from <= one.at && one.at < s.to + by);
    if !knows || one.outage.void || late {
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
        let rival = |list: &[super::Stretch]| {
            let i = list.partition_point(|s| s.span.to <= middle);
            list.get(i).is_some_and(|s| s.rival == Some(told))
        };
        let fits = |found: Option<Is>| matches!(found, Some(Is::Down(c, _, _)) if c == told);
        let edge = view
            .was
            .iter()
            .chain(view.proven)
            .any(|s| (s.span.from - middle).abs() <= 2 * view.truth.cycle + ANSWER);
        let edge = edge || rival(view.was) || rival(view.proven);
        let excused = edge || view.place(middle).is_some_and(|place| loose[place]);
        if !excused && !fits(at(view.was)) && !fits(at(view.proven)) {
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
fn told_once(view: &View, said: &Said, told: &[Told], out: &mut Vec<Mismatch>) {
    let (truth, cycle) = (view.truth, view.truth.cycle);
    let this = &truth.offices[view.office];
    let wait = this.open_after.max(3 * cycle);
    for mut due in dues(view) {
        due.counts.from = after_work(view, due.counts, wait);
        due.counts.from = hears_from(view, said, due.counts);
        let length = due.counts.to - due.counts.from;
        // A silence is noticed after two and a half periods, but dated from its last reading; a
        // fault after its second reading.
        let slack = 3 * cycle + 2 * ANSWER;
        if length <= wait + slack || !rows_in_time(view, due.counts) {
            continue;
        }
        let last = due.counts.from + wait + slack;
        let by_then = |t: &Told| {
            t.change == Change::Opened && second(t.outage.from.lo) <= last && t.at <= last
        };
        // Not ended again before this one began.
        let still = told
            .iter()
            .enumerate()
            .filter(|(_, t)| by_then(t))
            .any(|(i, _)| end_told(told, i).is_none_or(|end| end > due.counts.from));
        if !still {
            out.push(view.wrong(due.counts, "an outage was not told in time".to_owned()));
        }
    }
}

/// When the end of what that message opened was told; messages are in the order in which they
/// were told, often several in a second.
fn end_told(told: &[Told], opened: usize) -> Option<Second> {
    let id = &told[opened].outage.id;
    let later = &told[opened + 1..];
    later.iter().find(|t| t.change == Change::Ended && t.outage.id == *id).map(|t| t.at)
}

/// From when a silence is not what planned work lets expect: an office that falls silent while its
/// line, its mains or itself is worked on is told of only when it goes on after that.
fn after_work(view: &View, counts: Span, wait: i64) -> Second {
    let this = &view.truth.offices[view.office];
    let silent = (0..this.stations.len()).all(|s| !heard_live(view, s, counts.from));
    let covers = |plan: &&Plan| {
        let near = plan.declared <= counts.from
            && plan.span.from < counts.from + wait + 3 * view.truth.cycle
            && counts.from < plan.span.to;
        near && match plan.scope {
            Scope::Office(office) => office == view.office,
            Scope::Line(line) => line == this.line,
            Scope::Mains(mains) => mains == this.mains && this.mains_named,
            Scope::Center => false,
        }
    };
    let ends = view.truth.plans.iter().filter(covers).map(|p| p.span.to);
    ends.max().filter(|_| silent).unwrap_or(counts.from)
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
        // What begins within a cycle of an opening may be dated from the reading before it.
        let near = view.truth.cycle + ANSWER;
        let opening = this.open.iter().find(|o| (0..=near).contains(&(counts.from - o.from)));
        if let Some(opening) = opening
            && !shows_at_opening(view, cause, opening.from)
        {
            counts.from = opening.from + this.opening_grace;
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

/// Whether readings show at opening what is wrong. What stands still or is silent then waits for
/// the grace: a PC that nobody has switched on yet looks the same.
fn shows_at_opening(view: &View, cause: Cause, opening: Second) -> bool {
    let reported = match cause {
        Cause::Center | Cause::Path | Cause::Device => true,
        Cause::Power | Cause::Lan | Cause::Provider | Cause::Station => false,
    };
    let this = &view.truth.offices[view.office];
    let around = opening - 4 * view.truth.cycle..opening + this.opening_grace;
    reported && (0..this.stations.len()).all(|s| around.clone().all(|at| heard_live(view, s, at)))
}

/// Whether nobody's rows are late, and no agent is away.
fn rows_in_time(view: &View, span: Span) -> bool {
    let wide = Span { from: span.from - 300, to: span.to + 60 };
    let apart = |s: &Span| s.to + 120 < wide.from || wide.to < s.from;
    let stations = &view.truth.offices[view.office].stations;
    let agents = stations.iter().flat_map(|s| &s.agent_off).all(|a| apart(&a.span));
    let late = stations.iter().enumerate().all(|(place, s)| {
        let delivery = &s.delivery;
        // A spool is lost when the agent starts, and with it what that PC last did before.
        let gone = |at: &Second| view.ground.starts(view.office, place).find(|start| start >= at);
        delivery.delayed.iter().all(|(span, by)| apart(&Span { from: span.from, to: span.to + by }))
            && delivery.acks_lost.iter().all(&apart)
            && delivery
                .spool_lost
                .iter()
                .filter_map(gone)
                .all(|at| apart(&Span { from: at, to: at }))
            && delivery.damaged.iter().all(&apart)
            && s.uplink_cut.iter().all(&apart)
            && s.link_unreadable.iter().all(&apart)
    });
    // Offices that fall silent together make the collector take itself for blind.
    let alone = view.truth.offices.len() < 3;
    let common = view.truth.center.site_down.iter().all(&apart);
    agents && late && (alone || !view.truth.collector.behind_path || common)
}

/// Whether the collector itself runs and hears all the while.
fn is_undisturbed(view: &View, span: Span) -> bool {
    let own = &view.truth.collector;
    let apart = |s: &Span| s.to + 120 < span.from - 300 || span.to + 60 < s.from;
    own.away.iter().all(|a| apart(&a.span)) && own.cut.iter().all(apart)
}

/// The all-clear of whatever was opened, were it nothing in the end: after `close_after` of calm
/// service that could be heard.
fn cleared(view: &View, told: &[Told], out: &mut Vec<Mismatch>) {
    let (truth, cycle) = (view.truth, view.truth.cycle);
    let this = &truth.offices[view.office];
    let wait = this.close_after + BACK_OFF + CAUSE_WAITS + 4 * cycle;
    let opened = told.iter().enumerate().filter(|(_, t)| t.change == Change::Opened);
    for (i, one) in opened {
        let until = end_told(told, i).unwrap_or(truth.span.to).min(truth.span.to);
        let mut calm = Span { from: one.at, to: one.at };
        for at in one.at..until {
            if !is_calm(view, at) {
                calm.from = at + 1;
            }
            calm.to = at + 1;
            if calm.to - calm.from < wait {
                continue;
            }
            if rows_in_time(view, calm) && is_undisturbed(view, calm) {
                out.push(view.wrong(calm, "its end was not told".to_owned()));
                break;
            }
            calm.from = at + 1;
        }
    }
}

/// Whether the office is open and serves, and nobody sleeps, whose rows would come much later.
fn is_calm(view: &View, at: Second) -> bool {
    let this = &view.truth.offices[view.office];
    let asleep = |s: usize| {
        matches!(view.truth.pc_off(view.office, s, at).map(|o| o.how), Some(How::Asleep))
    };
    within(&this.open, at)
        && view.was[view.was.partition_point(|s| s.span.to <= at)].serves
        && !(0..this.stations.len()).any(asleep)
}
