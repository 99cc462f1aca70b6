//! Why a PC stopped, or may have: mains, UPS, generator, the PC itself or its staff. Charges
//! nothing to power that was observed to be something else.

use crate::cause::{Cause, Certainty, Kind, Sub, Thing, Why};
use crate::fact::{LastWords, Mark};
use crate::gap::{GapKind, GapSpan};
use crate::generator::saw;
use crate::ids::OfficeId;
use crate::meaning::{About, number, on_battery, says};
use crate::place::PlacedRun;
use crate::span::{At, Span, intersect, subtract, union};
use crate::suspect::{Scene, Suspect, cause, near, shown};
use crate::trace::{Piece, Trace};

/// Two that lose mains within this lost the same mains, in milliseconds.
pub(crate) const TOGETHER_MS: i64 = 30_000;
/// A PC still off so long after mains came back was not switched on.
const SWITCH_ON_MS: i64 = 300_000;
/// A stop that ends in another boot within this was a restart.
const RESTART_MS: i64 = 300_000;
/// A UPS reading older than this at a stop says nothing about it.
const UPS_FRESH_MS: i64 = 60_000;

/// Words of a log that power was lost.
const POWER_LOST: [&str; 2] = ["power lost", "power was lost"];
/// Words of a log that speaks of an end which was not the power's.
const CRASHED: [&str; 4] = ["crash", "bugcheck", "panic", "button"];

/// What offices on the same mains show.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Neighbours {
    /// When they lost it.
    pub(crate) lost: Vec<(OfficeId, At)>,
    /// When their UPS said that it was there.
    pub(crate) present: Vec<(OfficeId, Span)>,
}

/// When a station's UPS lived on its battery.
pub(crate) fn batteries(trace: &Trace) -> Vec<Span> {
    ups_spans(trace, true)
}

/// Whether a UPS of a station said last that it lives on its battery.
pub(crate) fn is_on_battery(trace: &Trace) -> bool {
    let mut all = trace.series.values().filter(|s| s.about == About::Ups);
    all.any(|s| s.pieces.last().is_some_and(|p| on_battery(&p.fact) == Some(true)))
}

/// When a station's UPS said that mains was there.
pub(crate) fn on_mains(trace: &Trace) -> Vec<Span> {
    ups_spans(trace, false)
}

fn ups_spans(trace: &Trace, battery: bool) -> Vec<Span> {
    let pieces = trace.series.values().filter(|s| s.about == About::Ups).flat_map(|s| &s.pieces);
    let spans = pieces.filter(|p| on_battery(&p.fact) == Some(battery));
    crate::span::union(spans.map(|p| Span::new(p.from, p.to.max(p.last + 1))).collect())
}

/// The newest reading of a UPS that could be understood, before an instant.
fn ups_before<'s, 'a>(trace: &'s Trace<'a>, at: At) -> Option<&'s Piece<'a>> {
    let series = trace.series.values().filter(|s| s.about == About::Ups);
    let newest = series.filter_map(|s| {
        let i = s.pieces.partition_point(|p| p.from <= at);
        s.pieces.get(..i)?.iter().rev().find(|p| on_battery(&p.fact).is_some())
    });
    newest.max_by_key(|p| p.last)
}

/// What the UPS said at an instant, as evidence.
pub(crate) fn ups_at(trace: &Trace, at: At) -> Option<Why> {
    ups_before(trace, at).map(|p| ups_why(trace, p))
}

fn ups_why(trace: &Trace, piece: &Piece) -> Why {
    let at = trace
        .runs
        .iter()
        .find(|r| *r.id == piece.fact.run)
        .map_or(crate::span::When::exact(piece.last), |r| r.when(piece.last));
    Why::UpsLastSeen {
        station: trace.station.clone(),
        at,
        words: piece.fact.answer.words.clone(),
        charge: number(&piece.fact, "battery_charge_ratio"),
        runtime_seconds: number(&piece.fact, "battery_runtime_seconds"),
    }
}

/// The UPS reading that still speaks for the instant of a stop.
fn ups_at_stop<'s, 'a>(trace: &'s Trace<'a>, at: At, cycle_ms: i64) -> Option<&'s Piece<'a>> {
    ups_before(trace, at).filter(|p| at - p.last <= UPS_FRESH_MS.max(4 * cycle_ms))
}

/// Finds why a PC was off over `span`, a part of its gap.
pub(crate) fn stopped(scene: &Scene, index: usize, gap: usize, span: Span, out: &mut Vec<Suspect>) {
    let Some(trace) = scene.traces.get(index) else { return };
    let Some(gap) = trace.gaps.get(gap) else { return };
    let found = why_stopped(scene, index, gap);
    if found.kind != Kind::Power {
        in_hours(scene, trace, gap, span, &found, out);
        return;
    }
    let dark = dark(scene, index, gap);
    for part in intersect(&[span], &dark) {
        out.push(shown(&trace.station, part, part, found.clone()));
    }
    let mut idle = station(trace, Certainty::Certain, Some(Sub::NotSwitchedOn), Vec::new());
    idle.why.extend(words_why(trace, gap));
    for part in subtract(&[span], &dark) {
        in_hours(scene, trace, gap, part, &idle, out);
    }
}

/// A stop that nothing but the PC or its staff explains counts inside service hours only: outside
/// them a PC may be off.
fn in_hours(
    scene: &Scene,
    trace: &Trace,
    gap: &GapSpan,
    span: Span,
    found: &Cause,
    out: &mut Vec<Suspect>,
) {
    let first = scene.hours.partition_point(|h| h.to <= span.from);
    for open in scene.hours.iter().skip(first).take_while(|h| h.from < span.to) {
        let Some(part) = open.intersection(span) else { continue };
        let mut cause = found.clone();
        if open.from > gap.span.from && cause.sub != Some(Sub::Crashed) {
            cause.sub = Some(Sub::NotSwitchedOn);
            // One of which nothing has come since may be on and cut off.
            if gap.after.is_none() {
                cause.certainty = Certainty::Likely;
            }
        }
        out.push(shown(&trace.station, part, part, cause));
    }
}

/// The power cause behind a gap, where it is one.
pub(crate) fn power_behind(scene: &Scene, index: usize, gap: usize) -> Option<Cause> {
    let gap = scene.traces.get(index)?.gaps.get(gap)?;
    Some(why_stopped(scene, index, gap)).filter(|c| c.kind == Kind::Power)
}

fn station(trace: &Trace, certainty: Certainty, sub: Option<Sub>, why: Vec<Why>) -> Cause {
    Cause { sub, ..cause(Kind::Station, certainty, Thing::Pc(trace.station.clone()), why) }
}

fn words_why(trace: &Trace, gap: &GapSpan) -> Option<Why> {
    let life = trace.alive.get(gap.before?)?;
    let run = trace.runs.get(life.run)?;
    let at = run.when(life.last_row);
    let station = trace.station.clone();
    Some(match gap.kind {
        GapKind::Stopped(Some(words)) => {
            let at = run.when(gap.span.from);
            Why::StoppedOrderly { station, at, asleep: words == LastWords::Sleep }
        }
        GapKind::Stopped(None) => Why::StoppedUnclean { station, at },
        GapKind::Unseen { .. } | GapKind::Silent { .. } | GapKind::NeverHeard => {
            Why::SilentSince { station, at }
        }
    })
}

/// What the system's log of the next boot says of the end.
fn log<'a>(trace: &'a Trace, gap: &GapSpan) -> Option<&'a std::sync::Arc<str>> {
    let run: &PlacedRun = trace.runs.get(trace.alive.get(gap.after?)?.run)?;
    run.run.head.start.as_ref()?.1.log.as_ref()
}

fn log_says(trace: &Trace, gap: &GapSpan, words: &[&str]) -> bool {
    let text = log(trace, gap).map(|t| t.to_ascii_lowercase());
    text.is_some_and(|t| words.iter().any(|w| t.contains(w)))
}

/// Why the PC stopped at the beginning of that gap.
fn why_stopped(scene: &Scene, index: usize, gap: &GapSpan) -> Cause {
    let Some(trace) = scene.traces.get(index) else {
        return cause(Kind::Silent, Certainty::Likely, Thing::Mains, Vec::new());
    };
    let ups = ups_at_stop(trace, gap.span.from, scene.cycle_ms);
    let mut why: Vec<Why> = words_why(trace, gap).into_iter().collect();
    if let Some(piece) = ups.filter(|p| on_battery(&p.fact) == Some(true)) {
        why.insert(0, ups_why(trace, piece));
        let battery = scene.batteries.get(index).and_then(|b| b.iter().rev().find(on(piece)));
        let out = battery.map(|b| Span::new(b.from, gap.span.from));
        let (sub, seen) = out.map(|out| saw(scene.traces, out, gap.span.to)).unwrap_or_default();
        why.extend(seen);
        let sub = sub.unwrap_or(Sub::UpsExhausted);
        return Cause { sub: Some(sub), ..power(Certainty::Certain, why) };
    }
    let says_log = |words: &[&str]| log_says(trace, gap, words);
    if let Some(text) = log(trace, gap) {
        why.push(Why::SystemLog { station: trace.station.clone(), text: text.clone() });
    }
    let orderly = matches!(gap.kind, GapKind::Stopped(Some(_)));
    if says_log(&POWER_LOST) && !orderly {
        let sub = held(trace, ups, &mut why);
        return Cause { sub, ..power(Certainty::Certain, why) };
    }
    if let GapKind::Stopped(Some(words)) = gap.kind {
        let restart = gap.after.is_some() && gap.span.length_ms() <= RESTART_MS;
        let sub = match words {
            LastWords::Sleep => Sub::Asleep,
            LastWords::System | LastWords::Agent if restart => Sub::Restarted,
            LastWords::System | LastWords::Agent => Sub::SwitchedOff,
        };
        return station(trace, Certainty::Certain, Some(sub), why);
    }
    if says_log(&CRASHED) {
        return station(trace, Certainty::Certain, Some(Sub::Crashed), why);
    }
    match witness(scene, index, gap.span.from) {
        Some(Witness::Lost(seen)) => {
            why.push(seen);
            let sub = held(trace, ups, &mut why);
            Cause { sub, ..power(Certainty::Certain, why) }
        }
        Some(Witness::Stayed(seen, certainty)) => {
            why.push(seen);
            station(trace, certainty, None, why)
        }
        None => {
            let sub = held(trace, ups, &mut why);
            Cause { sub, ..power(Certainty::Likely, why) }
        }
    }
}

/// The battery that a reading spoke of.
fn on<'p>(piece: &'p Piece) -> impl Fn(&&Span) -> bool + 'p {
    |battery| battery.from <= piece.last
}

fn power(certainty: Certainty, why: Vec<Why>) -> Cause {
    cause(Kind::Power, certainty, Thing::Mains, why)
}

/// Whether a UPS should have held.
fn held(trace: &Trace, ups: Option<&Piece>, why: &mut Vec<Why>) -> Option<Sub> {
    if let Some(piece) = ups {
        why.insert(0, ups_why(trace, piece));
        return Some(Sub::UpsDidNotHold);
    }
    let ever = trace.series.values().filter(|s| s.about == About::Ups);
    let mut pieces = ever.flat_map(|s| &s.pieces);
    if pieces.any(|p| on_battery(&p.fact).is_some()) {
        return None;
    }
    why.push(Why::NoUpsSeen);
    Some(Sub::NoUps)
}

/// When a PC stopped because power was lost, as its log says.
pub(crate) fn power_lost(trace: &Trace) -> impl Iterator<Item = At> {
    let stops = trace.gaps.iter().filter(|g| g.kind == GapKind::Stopped(None));
    stops.filter(|g| log_says(trace, g, &POWER_LOST)).map(|g| g.span.from)
}

/// When a PC stopped without a word, unless its log says that it was not the power.
pub(crate) fn unclean_stops(trace: &Trace) -> impl Iterator<Item = At> {
    let stops = trace.gaps.iter().filter(|g| g.kind == GapKind::Stopped(None));
    stops.filter(|g| !log_says(trace, g, &CRASHED)).map(|g| g.span.from)
}

/// What somebody else on the same mains shows.
enum Witness {
    Lost(Why),
    Stayed(Why, Certainty),
}

fn witness(scene: &Scene, index: usize, at: At) -> Option<Witness> {
    let within = TOGETHER_MS + scene.cycle_ms;
    let others = || {
        let all = scene.traces.iter().zip(scene.states).zip(scene.batteries).enumerate();
        all.filter(move |(i, _)| *i != index).map(|(_, ((t, s), b))| (t, s, b))
    };
    let mains = scene.mains.iter().enumerate().filter(|(i, _)| *i != index).map(|(_, m)| m);
    let lost = others().find(|(trace, _, batteries)| {
        let battery = batteries.iter().any(|b| near(b.from, at, within) || b.contains(at));
        battery || unclean_stops(trace).any(|stop| near(stop, at, within))
    });
    // The office itself is not repeated in its own evidence; the station names it.
    let here = scene.office;
    if let Some((trace, _, _)) = lost {
        let station = Some(trace.station.clone());
        return Some(Witness::Lost(Why::AlsoSeenBy { office: here.clone(), station }));
    }
    if let Some((office, _)) = scene.neighbours.lost.iter().find(|(_, t)| near(*t, at, within)) {
        return Some(Witness::Lost(Why::AlsoSeenBy { office: office.clone(), station: None }));
    }
    let stayed = others().zip(mains).find_map(|((trace, _, _), mains)| {
        let lives = trace.alive.iter().any(|a| a.span.from <= at && at + within < a.span.to);
        let mains = mains.iter().any(|m| m.from <= at && at + within < m.to);
        lives.then_some((trace, if mains { Certainty::Certain } else { Certainty::Likely }))
    });
    if let Some((trace, certainty)) = stayed {
        let station = Some(trace.station.clone());
        return Some(Witness::Stayed(
            Why::ContradictedBy { office: here.clone(), station },
            certainty,
        ));
    }
    let present = |m: &Span| m.from <= at && at + within < m.to;
    let (office, _) = scene.neighbours.present.iter().find(|(_, m)| present(m))?;
    let why = Why::ContradictedBy { office: office.clone(), station: None };
    Some(Witness::Stayed(why, Certainty::Certain))
}

/// When the PC is known to have had power again after a gap: where it booted, its agent came only
/// later; else where it had stopped, when it went on.
fn begun(trace: &Trace, gap: &GapSpan) -> Option<At> {
    let run = |life: Option<usize>| trace.runs.get(trace.alive.get(life?)?.run);
    let after = run(gap.after)?;
    let booted = run(gap.before).is_none_or(|r| r.run.head.boot != after.run.head.boot);
    let zero = after.at(Mark { seq: 0, at_ms: 0, wall: None }).filter(|_| booted);
    match gap.kind {
        GapKind::Stopped(_) => Some(zero.map_or(gap.span.to, |at| at.max(gap.span.from))),
        GapKind::Unseen { .. } | GapKind::Silent { .. } | GapKind::NeverHeard => {
            zero.filter(|at| gap.span.contains(*at))
        }
    }
}

/// The first evidence of the office from that instant on, but for one station, that mains is there:
/// a UPS says so, or a PC begins to boot. That a battery was not heard of any more is none.
pub(crate) fn mains_shown(scene: &Scene, but: Option<usize>, from: At) -> Option<At> {
    let others = |i: &usize| Some(*i) != but;
    let said =
        scene.mains.iter().enumerate().filter(|(i, _)| others(i)).filter_map(|(_, mains)| {
            // One that says so until now has only not noticed yet.
            let i = mains.partition_point(|m| m.to <= from + TOGETHER_MS);
            mains.get(i).map(|m| m.from.max(from))
        });
    let traces = scene.traces.iter().enumerate().filter(|(i, _)| others(i));
    let boots = traces.flat_map(|(_, t)| t.gaps.iter().filter_map(|g| begun(t, g)));
    said.chain(boots.filter(|at| *at >= from)).min()
}

/// The parts of a stop by power in which the PC had none, as far as witnesses of the office show,
/// and the time that it is given to be switched on. Once that has passed it stays the PC's own.
fn dark(scene: &Scene, index: usize, gap: &GapSpan) -> Vec<Span> {
    let mut lost = Vec::new();
    for (i, trace) in scene.traces.iter().enumerate().filter(|(i, _)| *i != index) {
        lost.extend(scene.batteries.get(i).into_iter().flatten().map(|b| b.from));
        for (g, stop) in trace.gaps.iter().enumerate() {
            if matches!(stop.kind, GapKind::Stopped(_))
                && stop.span.intersection(gap.span).is_some()
            {
                lost.extend(power_behind(scene, i, g).map(|_| stop.span.from));
            }
        }
    }
    let mut out = Vec::new();
    let mut from = Some(gap.span.from);
    while let Some(at) = from {
        let back = mains_shown(scene, Some(index), at);
        out.push(Span::new(at, back.map_or(At(i64::MAX), |back| back + SWITCH_ON_MS)));
        let again = |back: At| lost.iter().copied().filter(move |l| *l > back).min();
        from = back.and_then(|back| again(back).filter(|l| *l - back < SWITCH_ON_MS));
    }
    union(out)
}

/// The best guess about a PC of which nothing more has been heard.
pub(crate) fn silent(scene: &Scene, index: usize, gap: usize, span: Span, out: &mut Vec<Suspect>) {
    let Some(trace) = scene.traces.get(index) else { return };
    let Some(gap) = trace.gaps.get(gap) else { return };
    let mut why: Vec<Why> = Vec::new();
    if let Some(life) = gap.before.and_then(|i| trace.alive.get(i)) {
        let at = trace.runs.get(life.run).map(|r| r.when(life.last_row));
        why.extend(at.map(|at| Why::SilentSince { station: trace.station.clone(), at }));
    }
    let ups = ups_at_stop(trace, gap.span.from, scene.cycle_ms);
    if let Some(piece) = ups.filter(|p| on_battery(&p.fact) == Some(true)) {
        why.insert(0, ups_why(trace, piece));
        let low = says(&piece.fact, "LB") || says(&piece.fact, "FSD");
        let sub = low.then_some(Sub::UpsExhausted);
        let guess = Cause { sub, ..power(Certainty::Likely, why) };
        out.push(Suspect { guessed: true, ..shown(&trace.station, span, span, guess) });
        return;
    }
    let guess = cause(Kind::Silent, Certainty::Likely, Thing::Pc(trace.station.clone()), why);
    for part in intersect(&[span], scene.hours) {
        out.push(Suspect { guessed: true, ..shown(&trace.station, part, part, guess.clone()) });
    }
}

#[cfg(test)]
mod tests;
