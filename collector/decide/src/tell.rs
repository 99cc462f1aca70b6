//! Whether and when people are told (design section 4.5). Each change of an outage is told once;
//! evidence about the past pages nobody.

use crate::cause::{Cause, Certainty, Kind};
use crate::entry::{counted, counted_ms, is_still, threshold_ms};
use crate::gap::GapKind;
use crate::life::meaningless;
use crate::memory::{Kept, OfficeMemory};
use crate::notice::{Change, Notice, Warning};
use crate::outage::{Charge, Decision, Outage, Told};
use crate::span::{At, Span};
use crate::truth::Look;

/// After the first contact a cause waits at most so long for the rest of the evidence.
const CAUSE_WAITS_MS: i64 = 600_000;
/// After the first contact a cause waits at least so many cycles: what is back shows in the cycle
/// after the one that brought the evidence, and then cause and end are one message.
const CAUSE_SETTLES_CYCLES: i64 = 3;
/// A stopped agent is somebody's business after this.
const AGENT_STOPPED_MS: i64 = 900_000;

/// What telling has to know about an office besides its entries.
pub(crate) struct Moment<'a> {
    pub(crate) look: &'a Look<'a>,
    pub(crate) now: At,
    pub(crate) open: bool,
    /// When each station that is in contact began to be.
    pub(crate) contacts: Vec<At>,
    /// When the evidence of its relay office is still to come.
    pub(crate) relay: Vec<Span>,
    /// When the collector could not see.
    pub(crate) blind: &'a [Span],
    /// It cannot see now: nobody is told anything. When it can, everything is judged again.
    pub(crate) dark: bool,
    /// Until when the office may be serving, with agents that wait for their next try.
    pub(crate) may_serve: Option<At>,
}

impl Moment<'_> {
    fn next_opening(&self) -> Option<At> {
        let i = self.look.hours.partition_point(|h| h.from <= self.now);
        self.look.hours.get(i).map(|h| h.from)
    }
}

/// Tells what is to be told now of every outage, and returns when to look again.
pub(crate) fn outages(
    memory: &mut OfficeMemory,
    young: Option<&Outage>,
    moment: &Moment,
    out: &mut Vec<Decision>,
) -> Option<At> {
    let mut next: Option<At> = None;
    for kept in &mut memory.outages {
        let before = kept.outage.told;
        let step = outage(kept, moment, out);
        next = earliest(next, step);
        if kept.outage.told != before {
            let to = kept.outage.clone();
            out.push(Decision::Correct { to, why: Vec::new(), recorded: false });
        }
    }
    if let Some(young) = young {
        next = earliest(next, due(young, moment, None));
    }
    next
}

pub(crate) fn earliest(a: Option<At>, b: Option<At>) -> Option<At> {
    a.into_iter().chain(b).min()
}

/// Tells what is due of one outage, and returns when the next may be.
fn outage(kept: &mut Kept, moment: &Moment, out: &mut Vec<Decision>) -> Option<At> {
    contact(kept, moment);
    if moment.dark {
        return None;
    }
    let told = kept.outage.told;
    if kept.outage.to.is_none() && !kept.outage.void {
        return match (told.opened, told.ended) {
            (Some(_), None) => cause(kept, moment, out),
            // It has come back after its end was told: that is news again.
            (_, since) => opening(kept, moment, since, out),
        };
    }
    if told.opened.is_none() || told.ended.is_some() {
        return None;
    }
    ending(kept, moment, out)
}

/// Notes when evidence on an outage first came: from a station that was silent, or at once from
/// one that never was.
fn contact(kept: &mut Kept, moment: &Moment) {
    let from = kept.outage.from.lo;
    if kept.first_contact.is_none() {
        let shown = kept.outage.charges.iter().any(|c| !c.guessed).then_some(moment.now);
        let back = moment.contacts.iter().filter(|at| **at > from).min().copied();
        kept.first_contact = back.or(shown);
    }
}

fn opening(
    kept: &mut Kept,
    moment: &Moment,
    since: Option<At>,
    out: &mut Vec<Decision>,
) -> Option<At> {
    let due = due(&kept.outage, moment, since)?.max(moment.may_serve.unwrap_or(moment.now));
    if due > moment.now {
        return Some(due);
    }
    if !moment.open {
        return moment.next_opening();
    }
    let known = cause_known(kept, moment);
    kept.late = false;
    // Told once with an earlier end, a cause is no news while it comes and goes.
    let cause = kept.outage.told.cause.or(known.then_some(moment.now));
    kept.outage.told = Told { opened: Some(moment.now), cause, ended: None };
    let told = so_far(&kept.outage, moment);
    kept.said = told.charges.last().map(|c| Cause { why: Vec::new(), ..c.cause.clone() });
    tell(Change::Opened, &told, out);
    if known { None } else { waits(kept, moment) }
}

/// When an open outage has lasted long enough to be told, counted from `since` where an end was
/// told; absent where it does not count now.
fn due(outage: &Outage, moment: &Moment, since: Option<At>) -> Option<At> {
    let office = moment.look.office;
    let last = outage.charges.last()?;
    if last.span.to < moment.now {
        // It does not go on as far as is known; its next change brings it back here.
        return moment.next_opening().map(|at| at + 1);
    }
    let spans = counted(&outage.charges, moment.look.hours, office.opening_grace_ms);
    let spans = spans.into_iter().map(|s| Span::new(s.from.max(since.unwrap_or(s.from)), s.to));
    let counted: i64 = spans.map(Span::length_ms).sum();
    let left = threshold_ms(office, moment.look.cycle_ms) - counted;
    if left <= 0 {
        return Some(moment.now);
    }
    if last.planned {
        // The end of the work brings it back here.
        return moment.next_opening().map(|at| at + 1);
    }
    if !moment.open {
        return moment.next_opening().map(|at| at + left);
    }
    // In the grace after opening nothing counts yet.
    let (grace, now) = (office.opening_grace_ms, moment.now);
    let opened = moment.look.hours.iter().find(|h| h.contains(now)).map_or(now, |h| h.from);
    let waits = is_still(&last.cause)
        && last.span.from <= opened
        && counted_ms(std::slice::from_ref(last), moment.look.hours, grace) == 0;
    let start = if waits { (opened + grace).max(now) } else { now };
    Some(start + left)
}

/// Whether the cause is known as well as it will be: nothing of the time in question is still to
/// come, or it has been waited for long enough.
fn cause_known(kept: &Kept, moment: &Moment) -> bool {
    let shown = kept.outage.charges.iter().any(|c| !c.guessed);
    let waited = kept.first_contact.is_some_and(|at| moment.now - at >= CAUSE_WAITS_MS);
    let complete = !is_pending(&kept.outage, moment);
    (shown && complete) || (waited && (shown || kept.outage.to.is_some()))
}

/// Whether a station, or the relay office, may still tell something about the time of an outage.
fn is_pending(outage: &Outage, moment: &Moment) -> bool {
    own_pending(outage, moment) || outage.charges.iter().any(|c| relay_pending(c, moment))
}

fn own_pending(outage: &Outage, moment: &Moment) -> bool {
    let end = outage.to.map_or(moment.now, |to| to.hi);
    let span = Span::new(outage.from.lo, end.max(outage.from.lo + 1));
    let gaps = moment.look.traces.iter().flat_map(|t| &t.gaps);
    let waits = |kind: GapKind| match kind {
        GapKind::Silent { agent } => !agent,
        GapKind::Unseen { pending } => pending,
        GapKind::Stopped(_) | GapKind::NeverHeard => false,
    };
    gaps.filter(|g| waits(g.kind)).any(|g| g.span.intersection(span).is_some())
}

/// Whether the relay office may still show that it was without power: two offices behind it lose
/// their paths together then, and look as if the center had failed.
fn relay_pending(charge: &Charge, moment: &Moment) -> bool {
    charge.cause.kind == Kind::Center
        && moment.relay.iter().any(|s| s.intersection(charge.span).is_some())
}

fn cause(kept: &mut Kept, moment: &Moment, out: &mut Vec<Decision>) -> Option<At> {
    if kept.outage.told.cause.is_some() {
        return None;
    }
    if !cause_known(kept, moment) {
        return waits(kept, moment);
    }
    let settles = kept.first_contact.map(|at| at + CAUSE_SETTLES_CYCLES * moment.look.cycle_ms);
    if let Some(at) = settles.filter(|at| *at > moment.now) {
        return Some(at);
    }
    if !moment.open {
        return moment.next_opening();
    }
    kept.outage.told.cause = Some(moment.now);
    let known = so_far(&kept.outage, moment);
    if known.charges.iter().any(|c| !is_said(&c.cause, kept.said.as_ref())) {
        tell(Change::CauseKnown, &known, out);
    }
    None
}

/// Whether people know that cause already.
fn is_said(cause: &Cause, said: Option<&Cause>) -> bool {
    let words = |c: &Cause| (c.kind, c.sub, c.certainty);
    said.is_some_and(|said| words(said) == words(cause))
}

/// When waiting for evidence ends.
fn waits(kept: &Kept, moment: &Moment) -> Option<At> {
    let end = kept.first_contact.map(|at| at + CAUSE_WAITS_MS)?;
    (end > moment.now).then_some(end)
}

/// The end is told once the office has served for `close_after`, together with the cause; the
/// cause may keep it waiting for the rest of the evidence.
fn ending(kept: &mut Kept, moment: &Moment, out: &mut Vec<Decision>) -> Option<At> {
    let office = moment.look.office;
    if !kept.outage.void {
        let served = kept.outage.to.map_or(moment.now, |to| to.hi) + office.close_after_ms;
        if served > moment.now {
            return Some(served);
        }
    }
    let known = cause_known(kept, moment);
    let open_question =
        kept.outage.told.cause.is_none() && !known && is_pending(&kept.outage, moment);
    if open_question && let Some(end) = waits(kept, moment) {
        return Some(end);
    }
    if !moment.open {
        return moment.next_opening();
    }
    kept.outage.told.ended = Some(moment.now);
    if known && kept.outage.told.cause.is_none() {
        kept.outage.told.cause = Some(moment.now);
    }
    tell(Change::Ended, &so_far(&kept.outage, moment), out);
    None
}

/// The entry as it may be told: while evidence is still to come, no cause is certain.
fn so_far(outage: &Outage, moment: &Moment) -> Outage {
    let own = own_pending(outage, moment);
    let mut out = outage.clone();
    for charge in out.charges.iter_mut().filter(|c| own || relay_pending(c, moment)) {
        charge.cause.certainty = Certainty::Likely;
    }
    out
}

fn tell(change: Change, outage: &Outage, out: &mut Vec<Decision>) {
    out.push(Decision::Tell(Notice::Outage { change, outage: Box::new(outage.clone()) }));
}

/// Warns of agents that were stopped while their PCs, as far as is known, run on.
pub(crate) fn agents(
    memory: &mut OfficeMemory,
    moment: &Moment,
    out: &mut Vec<Decision>,
) -> Option<At> {
    let mut next = None;
    for trace in &moment.look.traces {
        let tail = trace.gaps.last().filter(|g| g.kind == GapKind::Silent { agent: true });
        let Some(gap) = tail else {
            memory.agents_stopped.remove(&trace.station);
            continue;
        };
        let since = gap.span.from;
        let fresh = crate::memory::AgentStopped { since, warned: false };
        let known = memory.agents_stopped.entry(trace.station.clone()).or_insert(fresh);
        if known.since != since {
            *known = fresh;
        }
        if known.warned || moment.dark {
            continue;
        }
        // It may be back and only wait for its next try.
        let waits = meaningless(gap, 0, moment.blind, moment.look.cycle_ms);
        let due = waits.last().map_or(since, |w| w.to).max(since + AGENT_STOPPED_MS);
        if due > moment.now {
            next = earliest(next, Some(due));
        } else if !moment.open {
            next = earliest(next, moment.next_opening());
        } else {
            known.warned = true;
            let station = trace.station.clone();
            let warning = Warning::AgentStopped { station, since };
            out.push(Decision::Tell(Notice::Warning {
                office: Some(moment.look.id.clone()),
                warning,
            }));
        }
    }
    next
}

/// Whether an office is open at an instant.
pub(crate) fn is_open(hours: &[Span], at: At) -> bool {
    let i = hours.partition_point(|h| h.to <= at);
    hours.get(i).is_some_and(|h| h.contains(at))
}
