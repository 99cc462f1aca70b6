//! What the collector's own troubles, and the agents' waiting after them, excuse in telling: how
//! long silence may mean nothing, and from when it means something again.

use super::{ANSWER, Said, View};
use crate::world::delivery::arrives_at_once;
use crate::world::truth::{How, Second, Span, Truth, within};

/// After a failure an agent may wait so long before it tries again: the longest window of its
/// uplink. What it holds is not knowable earlier.
pub(super) const BACK_OFF: i64 = 1_800;

/// That window doubles with each failure; but for one in a million it is at most so many times as
/// long as all that has failed.
const LUCK: i64 = 16;

/// Of fewer offices nothing can be concluded from their silence.
const OFFICES_LEAST: usize = 3;

/// Silence is looked at so often, seconds; it may be longer by that at either end.
const LOOK: i64 = 5;

/// The collector's own troubles: it was away, or its line was cut.
pub(super) fn troubles(view: &View) -> Vec<Span> {
    let own = &view.truth.collector;
    own.away.iter().map(|a| a.span).chain(own.cut.iter().copied()).collect()
}

/// Spans in which most offices are silent that fell silent together: as far as the collector can
/// tell it is itself that cannot hear, until reports come again.
pub(super) fn common_silences(truth: &Truth, said: &Said) -> Vec<Span> {
    let offices = 0..truth.offices.len();
    let most = |count: usize| count >= OFFICES_LEAST && count * 2 > truth.offices.len();
    if !most(truth.offices.len()) {
        return Vec::new();
    }
    let near = truth.cycle + ANSWER;
    let heard = |office: usize, at| {
        (0..truth.offices[office].stations.len()).any(|s| arrives_at_once(truth, office, s, at))
    };
    let expected = |office: usize, at| {
        let stations = &truth.offices[office].stations;
        (0..stations.len()).all(|s| {
            let away = stations[s].agent_off.iter().any(|a| a.words && a.span.has(at));
            let off = truth.pc_off(office, s, at).map(|off| off.how);
            away || matches!(off, Some(How::SwitchedOff | How::Restarted | How::Asleep))
        })
    };
    let reports = |office: usize, span: Span| {
        (0..truth.offices[office].stations.len())
            .any(|station| arrived(said, (office, station), span).is_some())
    };
    let mut since: Vec<Option<Second>> = vec![None; truth.offices.len()];
    let mut out: Vec<Span> = Vec::new();
    for at in (truth.span.from..truth.span.to).step_by(LOOK.unsigned_abs() as usize) {
        let just = Span { from: at - LOOK, to: at };
        for office in offices.clone() {
            let heard = heard(office, at);
            let silent = match since[office] {
                Some(_) => !(heard && reports(office, just)),
                None => !heard && !expected(office, at),
            };
            since[office] = if silent { since[office].or(Some(just.from)) } else { None };
        }
        let starts: Vec<Second> = since.iter().flatten().copied().collect();
        let together = |from: &&Second| {
            most(starts.iter().filter(|s| (0..=near).contains(&(**s - **from))).count())
        };
        let Some(from) = starts.iter().filter(together).min().copied() else { continue };
        match out.last_mut().filter(|last| last.from == from) {
            Some(last) => last.to = at + LOOK,
            None => out.push(Span { from, to: at + LOOK }),
        }
    }
    out
}

/// When reports of a station arrived in a span.
fn arrived(said: &Said, place: (usize, usize), span: Span) -> Option<Second> {
    let all = said.arrivals.get(&place)?;
    all.get(all.partition_point(|at| *at < span.from)).copied().filter(|at| *at < span.to)
}

/// From when at the latest silence of the office over a span must be noticed: not while the
/// collector cannot hear, and after that not before every agent has come back, or would have.
pub(super) fn hears_from(view: &View, said: &Said, span: Span) -> Second {
    let cycle = view.truth.cycle;
    let mut from = span.from;
    let all = troubles(view).into_iter().chain(view.silences.iter().copied());
    for trouble in all.filter(|t| t.from - 3 * cycle < span.to) {
        // The canary asks once a cycle, and agents have failed since before it noticed.
        let failed = trouble.to - trouble.from + 2 * cycle;
        let waits = trouble.to + cycle + (LUCK * failed).min(BACK_OFF);
        let back = |station: usize| {
            // A report that was under way says nothing of the next one.
            let after = Span { from: trouble.to + 2 * cycle, to: waits };
            arrived(said, (view.office, station), after).map_or(waits, |at| at + cycle)
        };
        let stations = view.truth.offices[view.office].stations.len();
        from = from.max((0..stations).map(back).max().unwrap_or(waits));
    }
    from
}

/// Whether an agent has tried again by then, if its own way to the collector was broken before: a
/// report has arrived since, or its longest window has passed. The collector's own troubles are
/// nobody's way.
pub(super) fn tried(view: &View, said: &Said, station: usize, by: Second) -> bool {
    let broken = (by - BACK_OFF - view.truth.cycle..by).rev().find(|at| !way(view, station, *at));
    let Some(broken) = broken else { return true };
    arrived(said, (view.office, station), Span { from: broken + 1, to: by }).is_some()
}

/// Whether a station ran and its own way to the collector was whole.
fn way(view: &View, station: usize, at: Second) -> bool {
    let (truth, office) = (view.truth, view.office);
    let this = &truth.offices[office].stations[station];
    let reaches = if truth.collector.behind_path {
        truth.reaches_path(office, station, at)
    } else {
        truth.reaches_outside(office, station, at)
    };
    reaches
        && truth.pc_up(office, station, at)
        && !this.agent_off.iter().any(|a| a.span.has(at))
        && !within(&this.uplink_cut, at)
        && !within(&this.delivery.acks_lost, at)
        && !this.delivery.delayed.iter().any(|(s, by)| s.from <= at && at < s.to + by)
}
