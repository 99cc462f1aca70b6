//! Where a station that cannot work is cut off: its own network, the provider, the path, the
//! center or a device. What other offices saw is weighed in `cross.rs`.

use crate::cause::{Cause, Certainty, Kind, Sub, Thing, Why};
use crate::fact::Saw;
use crate::meaning::{About, Meaning, covers};
use crate::setup::Role;
use crate::span::{At, Span, intersect, subtract};
use crate::suspect::{Scene, Suspect, bad, cause, good, near, shown};
use crate::trace::{Piece, Series, Trace};

/// Lost and back with mains: the loss within this of the mains' loss,
const WITH_LOSS_MS: i64 = 30_000;
/// or seen up to this and a cycle before the UPS was asked about it,
const NOTICED_MS: i64 = 10_000;
/// and the return within this of the mains' return, in milliseconds.
const WITH_RETURN_MS: i64 = 300_000;

/// What a layer said at an instant.
#[derive(Clone, Copy)]
struct Layer<'t> {
    meaning: Option<Meaning>,
    piece: Option<&'t Piece<'t>>,
}

/// Finds what is at fault while a station is down.
pub(crate) fn down(scene: &Scene, index: usize, span: Span, out: &mut Vec<Suspect>) {
    let (Some(trace), Some(needs)) = (scene.traces.get(index), scene.needs.get(index)) else {
        return;
    };
    for (name, series) in &trace.series {
        if !needs.iter().any(|need| covers(need, name)) {
            continue;
        }
        for episode in series.bad(span) {
            let Some(here) = episode.intersection(span) else { continue };
            match series.about {
                About::Link(role) => layers(scene, index, series, role, here, out),
                About::Device | About::Ups | About::Generator | About::Other => {
                    device(trace, series, here, out);
                }
            }
        }
    }
}

/// A needed device that is absent or in error.
fn device(trace: &Trace, series: &Series, span: Span, out: &mut Vec<Suspect>) {
    let Some(piece) = piece_at(series, span.from) else { return };
    let thing = Thing::Device(trace.station.clone(), piece.fact.probe.clone());
    let why = vec![bad(&trace.station, piece)];
    out.push(shown(
        &trace.station,
        span,
        span,
        cause(Kind::Device, Certainty::Certain, thing, why),
    ));
}

fn piece_at<'s, 'a>(series: &'s Series<'a>, at: At) -> Option<&'s Piece<'a>> {
    let i = series.pieces.partition_point(|p| p.from <= at).checked_sub(1)?;
    series.pieces.get(i)
}

/// Cuts an episode where another layer changes, and names the layer at fault in each part.
fn layers(
    scene: &Scene,
    index: usize,
    series: &Series,
    role: Role,
    span: Span,
    out: &mut Vec<Suspect>,
) {
    let Some(trace) = scene.traces.get(index) else { return };
    let mut edges = vec![span.from, span.to];
    let others: Vec<(&Series, Role, Vec<Span>)> = trace
        .series
        .values()
        .filter_map(|s| match s.about {
            About::Link(r) => Some((s, r, widened(s, series, span, scene.cycle_ms))),
            About::Ups | About::Generator | About::Device | About::Other => None,
        })
        .collect();
    for (s, _, wide) in &others {
        edges.extend(wide.iter().flat_map(|w| [w.from, w.to]));
        edges.extend(s.touching(span).map(|p| p.from));
    }
    edges.retain(|at| *at == span.to || span.contains(*at));
    edges.sort_unstable();
    edges.dedup();
    let mut parts: Vec<(Span, Cause)> = Vec::new();
    for pair in edges.windows(2) {
        let [from, to] = pair else { continue };
        let Some(needed) = piece_at(series, *from) else { continue };
        let found = fault(trace, &others, needed, role, *from);
        match parts.last_mut() {
            Some((last, cause)) if last.to == *from && same(cause, &found) => last.to = *to,
            Some(_) | None => parts.push((Span::new(*from, *to), found)),
        }
    }
    for (part, found) in parts {
        for (part, mut found) in apart(scene, index, part, found) {
            refine(scene, index, part, &mut found);
            let seen = seen(series, part);
            out.push(shown(&trace.station, part, seen, found));
        }
    }
}

/// Cuts a fault of the gateway where another station reached it between two readings of this one
/// that did not: there it is this PC's cable.
fn apart(scene: &Scene, index: usize, part: Span, found: Cause) -> Vec<(Span, Cause)> {
    let Some(own) = scene.traces.get(index).filter(|_| found.thing == Thing::Router) else {
        return vec![(part, found)];
    };
    let bad = gateway(own).into_iter().flat_map(|s| s.touching(part));
    let bad: Vec<&Piece> = bad.filter(|p| p.meaning == Meaning::Bad).collect();
    // A reading of the other after the last of these shows only that it is over.
    let ends = bad.iter().skip(1).map(|p| p.from).chain([part.to]);
    let bad: Vec<(&Piece, At)> = bad.iter().copied().zip(ends).collect();
    let while_bad = |good: Span| {
        let all = bad.iter().filter(move |(p, _)| good.from <= p.last);
        all.filter_map(move |(p, end)| good.intersection(Span::new(p.from, p.to.max(*end))))
    };
    let mut out = Vec::new();
    let mut rest = vec![part];
    for (_, trace) in scene.traces.iter().enumerate().filter(|(i, _)| *i != index) {
        let Some(series) = gateway(trace) else { continue };
        let newest = series.pieces.last().filter(|p| p.meaning == Meaning::Good);
        let mut good = crate::cross::good_readings(series);
        good.extend(newest.map(|p| Span::new(p.last, p.to)));
        let good = crate::span::union(good);
        let reached = crate::span::union(good.into_iter().flat_map(while_bad).collect());
        let Some(first) = series.pieces.iter().find(|p| p.meaning == Meaning::Good) else {
            continue;
        };
        for span in intersect(&rest, &reached) {
            let mut cable = found.clone();
            cable.kind = Kind::Station;
            cable.sub = Some(Sub::Cable);
            cable.thing = Thing::Pc(own.station.clone());
            cable.certainty = Certainty::Certain;
            cable.why.push(crate::suspect::good(&trace.station, first));
            out.push((span, cable));
        }
        rest = subtract(&rest, &reached);
    }
    out.extend(rest.into_iter().map(|span| (span, found.clone())));
    out.sort_by_key(|(span, _)| *span);
    out
}

fn gateway<'t, 'a>(trace: &'t Trace<'a>) -> Option<&'t Series<'a>> {
    trace.series.values().find(|s| s.about == About::Link(Role::Gateway))
}

fn same(a: &Cause, b: &Cause) -> bool {
    (a.kind, a.sub, a.certainty, &a.thing) == (b.kind, b.sub, b.certainty, &b.thing)
}

/// The first and last bad reading of a part.
fn seen(series: &Series, part: Span) -> Span {
    let i = series.pieces.partition_point(|p| p.to <= part.from);
    let last = series.pieces.iter().skip(i).take_while(|p| p.from < part.to).last();
    Span::new(part.from, last.map_or(part.from, |p| p.last.min(part.to)).max(part.from))
}

/// Bad stretches of a layer around `span`, as wide as they may truly have been: probes of one cycle
/// answer one after the other, and the seconds between must not be charged to a layer that was
/// never at fault. Backwards to its last good reading; forwards as far as `needed` was not asked
/// again.
fn widened(series: &Series, needed: &Series, span: Span, cycle_ms: i64) -> Vec<Span> {
    let around = Span::new(span.from - cycle_ms, span.to + cycle_ms);
    let wider = |s: Span| {
        let before = series.pieces.partition_point(|p| p.from < s.from).checked_sub(1);
        let before = before.and_then(|i| series.pieces.get(i)).filter(|p| p.to == s.from);
        let waits = piece_at(needed, s.to)
            .filter(|p| p.meaning == Meaning::Bad && p.last < s.to && s.to < p.to);
        Span::new(before.map_or(s.from - cycle_ms, |p| p.last + 1), waits.map_or(s.to, |p| p.to))
    };
    crate::span::union(series.bad(around).into_iter().map(wider).collect())
}

/// What a layer said: good where any of its targets answers, for one target alone may be at fault
/// itself.
fn layer<'t>(others: &'t [(&'t Series<'t>, Role, Vec<Span>)], role: Role, at: At) -> Layer<'t> {
    let mut out = Layer { meaning: None, piece: None };
    for (series, _, wide) in others.iter().filter(|(_, r, _)| *r == role) {
        let lost = wide.iter().any(|w| w.contains(at));
        let said = series.at(at);
        let meaning = if lost { Some(Meaning::Bad) } else { said.map(|(m, _)| m) };
        let piece = if lost { bad_piece(series, at) } else { said.map(|(_, p)| p) };
        let better = match (out.meaning, meaning) {
            (_, None) | (Some(Meaning::Good), _) => false,
            (None | Some(Meaning::Unreadable), Some(_)) => true,
            (Some(Meaning::Bad), Some(m)) => m == Meaning::Good,
        };
        if better {
            out = Layer { meaning, piece };
        }
    }
    out
}

/// The bad stretch nearest to an instant in a widened one.
fn bad_piece<'s, 'a>(series: &'s Series<'a>, at: At) -> Option<&'s Piece<'a>> {
    let bad = |p: &&Piece| p.meaning == Meaning::Bad && !p.blip;
    let (before, after) = series.pieces.split_at(series.pieces.partition_point(|p| p.from <= at));
    let (before, after) = (before.iter().rev().find(bad), after.iter().find(bad));
    let both = before.into_iter().chain(after);
    both.min_by_key(|p| if p.from > at { p.from - at } else { (at - p.to).max(0) })
}

/// The layer at fault when `needed` is bad: the first one beyond the farthest that answers.
fn fault(
    trace: &Trace,
    others: &[(&Series, Role, Vec<Span>)],
    needed: &Piece,
    role: Role,
    at: At,
) -> Cause {
    let station = &trace.station;
    let said =
        [Role::Gateway, Role::Outside, Role::Path, Role::Datacenter].map(|r| layer(others, r, at));
    let is = |i: usize, m: Meaning| said.get(i).is_some_and(|l| l.meaning == Some(m));
    // A refusal and an error come from the far host: the way there works.
    let far_host = |p: &Piece| matches!(p.fact.answer.saw, Saw::Refused | Saw::Error(_));
    let reached = role == Role::Datacenter
        && (far_host(needed) || is(3, Meaning::Good) || said[3].piece.is_some_and(far_host));
    let depth = match role {
        Role::Gateway => 0,
        Role::Outside => 1,
        Role::Path => 2,
        Role::Datacenter => 3,
    };
    let farthest = if reached { Some(2) } else { (0..depth).rev().find(|i| is(*i, Meaning::Good)) };
    let mut why = vec![bad(station, needed)];
    let near_bad = (farthest.map_or(0, |f| f + 1)..depth).find(|i| is(*i, Meaning::Bad));
    if let Some(piece) = near_bad.and_then(|i| said.get(i)).and_then(|l| l.piece) {
        why.push(bad(station, piece));
    }
    if let Some(piece) = farthest.and_then(|f| said.get(f)).and_then(|l| l.piece) {
        why.push(good(station, piece));
    }
    let (layer, certain) = match (farthest, near_bad) {
        // Nothing answers: the nearest thing that does not.
        (None, Some(i)) => (i, i == 0),
        (None, None) if depth == 0 => (0, true),
        // Only the far end was asked: the way there is the better guess.
        (None, None) => (depth.min(2), false),
        (Some(0), Some(1)) => (1, true),
        // The gateway answers, and nothing that was asked beyond it.
        (Some(0), Some(_)) => (1, false),
        (Some(0), None) => (1, depth == 1),
        (Some(1), Some(_) | None) => (2, false),
        (Some(_), Some(_) | None) => (3, false),
    };
    let (kind, thing) = match layer {
        0 => (Kind::LinkLan, Thing::Router),
        1 => (Kind::LinkProvider, Thing::Line),
        2 => (Kind::LinkPath, Thing::Path),
        _ => (Kind::Center, Thing::Center),
    };
    let certainty = if certain { Certainty::Certain } else { Certainty::Likely };
    cause(kind, certainty, thing, why)
}

/// What the office's other stations and its mains say about a fault of the network.
fn refine(scene: &Scene, index: usize, part: Span, found: &mut Cause) {
    if found.kind == Kind::LinkLan && found.thing == Thing::Router {
        if let Some(why) = with_mains(scene, index, part) {
            found.kind = Kind::Power;
            found.sub = Some(Sub::NetworkNotBackedUp);
            found.thing = Thing::Mains;
            found.certainty = Certainty::Certain;
            found.why.extend(why);
        }
    } else if found.kind == Kind::LinkProvider
        && let Some(why) = with_mains(scene, index, part)
    {
        found.sub = Some(Sub::WithMains);
        found.why.extend(why);
    }
}

/// Each loss of mains, up to the end of those that follow it before what hangs on it can be back.
fn chains(batteries: &[Span]) -> impl Iterator<Item = Span> {
    batteries.iter().enumerate().map(|(i, first)| {
        let mut chain = *first;
        for next in batteries.iter().skip(i + 1) {
            if next.from - chain.to > WITH_RETURN_MS {
                break;
            }
            chain.to = next.to;
        }
        chain
    })
}

/// Evidence that something was lost and came back with the mains.
fn with_mains(scene: &Scene, index: usize, part: Span) -> Option<Vec<Why>> {
    // It may have been lost at any time since anybody last reached it, until somebody did not and
    // it was missed ever since: in a hole it may have come back and been lost again.
    let (within, before) = (WITH_LOSS_MS + scene.cycle_ms, NOTICED_MS + scene.cycle_ms);
    let gateways = || scene.traces.iter().filter_map(gateway);
    let good = gateways().filter_map(|g| g.good_before(part.from)).max().unwrap_or(part.from);
    let missed = gateways().flat_map(|g| g.bad(Span::new(good, part.from)));
    let missed = crate::span::union(missed.filter(|b| b.from > good).collect());
    let missed = missed.iter().find(|b| b.from <= part.from && part.from <= b.to);
    let missed = missed.map_or(part.from, |b| b.from);
    let may_be_lost = Span::new(good.min(missed - within), missed);
    for (trace, batteries) in scene.traces.iter().zip(scene.batteries) {
        for battery in chains(batteries) {
            let noticed = Span::new(missed, missed + before + 1);
            let lost = may_be_lost.contains(battery.from) || noticed.contains(battery.from);
            let mains = || crate::power::mains_shown(scene, None, battery.to);
            if lost && mains().is_none_or(|back| part.to - back <= WITH_RETURN_MS) {
                return Some(crate::power::ups_at(trace, battery.from).into_iter().collect());
            }
        }
    }
    // Who stayed up saw when it went.
    let watched = scene.traces.iter().enumerate().filter(|(i, _)| *i != index).any(|(_, trace)| {
        let bad = gateway(trace).map(|s| s.bad(part)).unwrap_or_default();
        bad.iter().any(|b| b.from < part.from - scene.cycle_ms)
    });
    if watched {
        return None;
    }
    // It is still starting up after the power that the PC itself had lost.
    let after_power =
        scene.traces.iter().zip(scene.states).enumerate().find_map(|(i, (_, states))| {
            let stop = states.iter().find(|s| {
                s.gap.is_some()
                    && s.span.to <= part.from
                    && near(s.span.to, part.from, scene.cycle_ms)
            })?;
            let short = part.length_ms() <= WITH_RETURN_MS;
            (short && stop.state == crate::view::StationState::Stopped)
                .then(|| stop.gap.and_then(|g| crate::power::power_behind(scene, i, g)))
                .flatten()
        });
    after_power.map(|cause| cause.why)
}

#[cfg(test)]
mod tests;
