//! Outages one to one with the truth, each edge on its own side, and flaps grouped as promised.

use siaga_decide::{At, Outage};

use super::notices::second;
use super::{ANSWER, Mismatch, View, whole};
use crate::world::oracle::{Cause, Doing, Stretch};
use crate::world::truth::{Second, Span};

/// What ended or began an outage.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Turn {
    /// A PC stopped: the outage is dated from the reading before.
    Stop,
    /// Something was seen to fail: from the reading after.
    Seen,
    /// Both, or something else changed within two periods: on either side.
    Mixed,
}

/// A true outage.
struct Run {
    span: Span,
    begins: Turn,
    ends: Turn,
}

pub(super) fn check(view: &View, mine: &[&Outage], loose: &[bool], out: &mut Vec<Mismatch>) {
    let runs = runs(view);
    let flaps = flaps(mine);
    for flap in &flaps {
        blip(view, *flap, &runs, out);
        one_flap(view, *flap, &runs, &flaps, loose, out);
    }
    for run in &runs {
        one_run(view, run, &flaps, loose, out);
    }
    for entry in mine {
        let seconds = entry.charges.iter().map(|c| whole(c.span)).flat_map(|s| s.from..s.to);
        if !seconds.filter_map(|at| view.place(at)).all(|p| loose[p]) {
            inside(view, entry, &runs, out);
        }
    }
    grouped(view, mine, out);
}

/// Down stretches of the ledger that rest on evidence; touching ones are one.
fn flaps(mine: &[&Outage]) -> Vec<Span> {
    let mut all: Vec<Span> = mine
        .iter()
        .flat_map(|e| &e.charges)
        .filter(|c| !c.guessed)
        .map(|c| whole(c.span))
        .filter(|s| s.from < s.to)
        .collect();
    all.sort_unstable();
    let mut out: Vec<Span> = Vec::new();
    for span in all {
        match out.last_mut() {
            Some(last) if span.from <= last.to => last.to = last.to.max(span.to),
            Some(_) | None => out.push(span),
        }
    }
    out
}

fn runs(view: &View) -> Vec<Run> {
    let mut out: Vec<Run> = Vec::new();
    for (i, stretch) in view.was.iter().enumerate() {
        if stretch.serves || stretch.charged.is_none() {
            continue;
        }
        let ends = turn(view, stretch.span.to, view.was.get(i + 1), Some(stretch));
        match out.last_mut() {
            Some(last) if last.span.to == stretch.span.from => {
                last.span.to = stretch.span.to;
                last.ends = ends;
            }
            Some(_) | None => {
                let before = i.checked_sub(1).and_then(|i| view.was.get(i));
                let begins = turn(view, stretch.span.from, before, Some(stretch));
                out.push(Run { span: stretch.span, begins, ends });
            }
        }
    }
    out
}

/// What turned between serving and not at that second: clean only if nothing else changed nearby.
fn turn(view: &View, at: Second, served: Option<&Stretch>, down: Option<&Stretch>) -> Turn {
    let near = 2 * view.truth.cycle + ANSWER;
    let changes = view.was.iter().chain(view.proven).filter(|s| {
        let d = (s.span.from - at).abs();
        d <= near && d > 0
    });
    let (Some(served), Some(down)) = (served, down) else { return Turn::Mixed };
    // What ends because it is nobody's fault any more is dated like a stop.
    if changes.count() > 0 || served.open != down.open || !served.serves {
        return Turn::Mixed;
    }
    let other = |a: &&(_, _)| a.0 != a.1;
    let changed: Vec<_> =
        served.stations.iter().zip(&down.stations).filter(|p| other(&p)).map(|p| p.1).collect();
    let stop = |doing: &&Doing| match doing {
        Doing::Fails(faults) => {
            faults.iter().any(|f| !f.shared && matches!(f.cause, Cause::Power | Cause::Station))
        }
        Doing::Serves | Doing::Unknown => false,
    };
    let stops = changed.iter().filter(|d| stop(d)).count();
    // A cable is seen, a stop is not, and both look alike from here.
    let cables = &view.truth.offices[view.office].stations;
    let cable = cables.iter().any(|s| s.cable_out.iter().any(|c| c.from <= at && at <= c.to));
    match (stops, changed.len()) {
        _ if cable => Turn::Mixed,
        (0, _) => Turn::Seen,
        (a, b) if a == b => Turn::Stop,
        (_, _) => Turn::Mixed,
    }
}

/// What is over before the same probe can ask again is one bad reading alone: a blip, no outage.
fn blip(view: &View, flap: Span, runs: &[Run], out: &mut Vec<Mismatch>) {
    let near = view.truth.cycle + ANSWER;
    let about = Span { from: flap.from - near, to: flap.to + near };
    let met: Vec<&Run> = runs.iter().filter(|r| r.span.meets(about)).collect();
    let (Some(first), Some(last)) = (met.first(), met.last()) else { return };
    let fault = Span { from: first.span.from, to: last.span.to };
    let brief = fault.to - fault.from < view.truth.cycle - ANSWER;
    // Nothing else may have happened there.
    let mut others = view.proven.iter().filter(|s| s.span.meets(about) && !s.span.meets(fault));
    let served = others.next().filter(|s| s.serves && !s.stations.contains(&Doing::Unknown));
    let alone = served.is_some_and(|served| others.all(|s| s.stations == served.stations));
    if brief && alone {
        out.push(view.wrong(flap, "a blip is counted as an outage".to_owned()));
    }
}

/// A flap must be an outage, and its edges those of the truth.
fn one_flap(
    view: &View,
    flap: Span,
    runs: &[Run],
    flaps: &[Span],
    loose: &[bool],
    out: &mut Vec<Mismatch>,
) {
    let (cycle, truth) = (view.truth.cycle, view.truth);
    let near = cycle + ANSWER;
    // Nobody can tell of seconds that all lie about a change.
    if (flap.from..flap.to).filter_map(|at| view.place(at)).all(|p| loose[p]) {
        return;
    }
    let met: Vec<&Run> = runs
        .iter()
        .filter(|r| r.span.from < flap.to + near && flap.from - near < r.span.to)
        .collect();
    let (Some(first), Some(last)) = (met.first(), met.last()) else {
        if excused(view, flap, loose) < flap.to - flap.from {
            out.push(view.wrong(flap, "an outage that never was".to_owned()));
        }
        return;
    };
    for pair in met.windows(2) {
        let [a, b] = pair else { continue };
        if b.span.from - a.span.to > near && flap.from < a.span.to && b.span.from < flap.to {
            let good = Span { from: a.span.to, to: b.span.from };
            if excused(view, good, loose) < good.to - good.from {
                out.push(view.wrong(good, "service between two outages is gone".to_owned()));
            }
        }
    }
    // What nobody observed at an edge leaves it open: `inside` asks that the truth lies in it.
    let open = |at: Second| {
        view.proven
            .iter()
            .any(|s| !s.serves && !s.down && s.span.from <= at + near && at - near <= s.span.to)
            || [-1, 1].iter().any(|side| {
                // A whole stretch is excused only where time is an interval; it may lie on either
                // side of the edge.
                let seconds = (0..3).map(|i| at + side * i * 60);
                seconds.filter_map(|at| view.place(at)).all(|p| loose[p])
            })
    };
    // Of several parts of one outage only the first begins it and only the last ends it; whether
    // it may be in parts is `one_run`'s question.
    let earlier = flaps.iter().any(|f| f.to <= flap.from && f.to > first.span.from);
    let later = flaps.iter().any(|f| f.from >= flap.to && f.from < last.span.to);
    // What is shorter than two cycles need not be seen at all.
    let seen = |r: &&&Run| r.span.to - r.span.from > 2 * cycle + ANSWER;
    let began = |run: &&&Run| {
        let (least, most) = match run.begins {
            Turn::Stop => (-near, ANSWER),
            Turn::Seen => (-1, near),
            Turn::Mixed => (-near - cycle, near + cycle),
        };
        (least..=most).contains(&(flap.from - run.span.from))
    };
    let firsts = met.iter().position(|r| seen(&r)).unwrap_or(met.len() - 1);
    let begin = flap.from - first.span.from;
    if !earlier
        && !open(flap.from)
        && !taken(view, flap.from + near)
        && flap.from > truth.span.from
        && !met.iter().take(firsts + 1).any(|r| began(&r))
    {
        let what = format!("begins {begin} s from the truth ({:?})", first.begins);
        out.push(view.wrong(flap, what));
    }
    let ended = |run: &&&Run| {
        let (least, most) = match run.ends {
            Turn::Stop | Turn::Seen => (-1, near),
            Turn::Mixed => (-near - cycle, near + cycle),
        };
        (least..=most).contains(&(flap.to - run.span.to))
    };
    let lasts = met.iter().rposition(|r| seen(&r)).unwrap_or(0);
    let end = flap.to - last.span.to;
    if !later
        && !open(flap.to)
        && !taken(view, flap.to - near)
        && flap.to < truth.span.to
        && !met.iter().skip(lasts).any(|r| ended(&r))
    {
        let what = format!("ends {end} s from the truth ({:?})", last.ends);
        out.push(view.wrong(flap, what));
    }
}

/// Whether evidence makes an outage of a PC that may be off then: one that ended without a word is
/// taken for want of power. There the edge need only be that of the evidence.
fn taken(view: &View, at: Second) -> bool {
    let holds = |list: &[Stretch]| {
        let i = list.partition_point(|s| s.span.to <= at);
        list.get(i).is_some_and(|s| s.span.has(at) && s.charged.is_some())
    };
    !holds(view.was) && holds(view.proven)
}

/// How many seconds of a span the evidence leaves open, or shows as an outage: a PC that crashed, or
/// that nobody switched on, may be taken to lack power until it is back.
fn excused(view: &View, span: Span, loose: &[bool]) -> i64 {
    let shown = |at: Second| {
        let i = view.proven.partition_point(|s| s.span.to <= at);
        view.proven.get(i).is_some_and(|s| s.charged.is_some())
    };
    let excused = |at: Second| {
        view.place(at).is_some_and(|p| loose[p] || view.proven_unknown(p)) || shown(at)
    };
    (span.from..span.to).map(|at| i64::from(excused(at))).sum()
}

impl View<'_> {
    /// Whether evidence shows neither service nor anything at fault in that second: it is unknown, or
    /// the office is closed and its PCs may be off.
    fn proven_open(&self, at: Second) -> bool {
        let i = self.proven.partition_point(|s| s.span.to <= at);
        self.proven.get(i).is_none_or(|s| !s.serves && s.charged.is_none())
    }

    fn proven_unknown(&self, place: usize) -> bool {
        let at = self.truth.span.from + i64::try_from(place).unwrap_or(0);
        let i = self.proven.partition_point(|s| s.span.to <= at);
        self.proven.get(i).is_none_or(|s| !s.serves && !s.down)
    }
}

/// A true outage of two periods and more that evidence shows is in the ledger, once.
fn one_run(view: &View, run: &Run, flaps: &[Span], loose: &[bool], out: &mut Vec<Mismatch>) {
    let near = view.truth.cycle + ANSWER;
    let met: Vec<&Span> =
        flaps.iter().filter(|f| f.from < run.span.to && run.span.from < f.to).collect();
    let shown = view.proven.iter().filter(|s| s.down && s.charged.is_some());
    let seconds = shown.flat_map(|s| s.span.from.max(run.span.from)..s.span.to.min(run.span.to));
    let shown = seconds.filter_map(|at| view.place(at)).filter(|p| !loose[*p]).count();
    let shown = i64::try_from(shown).unwrap_or(i64::MAX);
    if met.is_empty() && shown > 2 * view.truth.cycle + ANSWER {
        out.push(view.wrong(run.span, "an outage is missing".to_owned()));
    }
    for pair in met.windows(2) {
        let [a, b] = pair else { continue };
        let hole = Span { from: a.to, to: b.from };
        let known = (hole.from..hole.to)
            .filter(|at| view.place(*at).is_some() && !view.proven_open(*at))
            .count();
        if known > usize::try_from(near).unwrap_or(usize::MAX) {
            out.push(view.wrong(hole, "one outage is torn in two".to_owned()));
        }
    }
}

/// Where the reported edge is an interval, a true edge lies in it.
fn inside(view: &View, entry: &Outage, runs: &[Run], out: &mut Vec<Mismatch>) {
    if entry.provisional || entry.void {
        return;
    }
    let near = view.truth.cycle + ANSWER;
    let floor = |at: At| at.0.div_euclid(1000);
    let holds = |when: siaga_decide::When, edge: fn(&Run) -> Second| {
        let (lo, hi) = (floor(when.lo) - near, floor(when.hi) + near + 1);
        runs.iter().any(|r| (lo..=hi).contains(&edge(r)))
    };
    let span = Span { from: floor(entry.from.lo), to: floor(entry.from.hi) };
    let first = view.truth.span.from + 600;
    // A PC that stops as the office closes has not served to the last second, as far as is seen.
    let stops = view.was.windows(2).any(|pair| {
        let at = second(entry.from.lo) - near..=second(entry.from.hi) + near + 1;
        pair[0].serves && !pair[1].serves && at.contains(&pair[1].span.from)
    });
    if !entry.from.is_exact() && span.to > first && !stops && !holds(entry.from, |r| r.span.from) {
        out.push(view.wrong(span, "no outage began within the reported interval".to_owned()));
    }
    if let Some(to) = entry.to
        && !to.is_exact()
        && !holds(to, |r| r.span.to)
    {
        let span = Span { from: floor(to.lo), to: floor(to.hi) };
        out.push(view.wrong(span, "no outage ended within the reported interval".to_owned()));
    }
}

/// Flaps closer than `merge_within` are one entry; served longer between them, they are two.
fn grouped(view: &View, mine: &[&Outage], out: &mut Vec<Mismatch>) {
    let within = view.truth.offices[view.office].merge_within * 1000;
    let mut all: Vec<(siaga_decide::Span, &Outage)> = mine
        .iter()
        .flat_map(|e| e.charges.iter().filter(|c| !c.guessed).map(move |c| (c.span, *e)))
        .collect();
    all.sort_by_key(|(s, _)| *s);
    for pair in all.windows(2) {
        let [(a, x), (b, y)] = pair else { continue };
        let gap = Span { from: whole(*a).to, to: b.from.0.div_euclid(1000) };
        let served = (gap.from..gap.to)
            .filter_map(|at| view.place(at))
            .any(|p| view.judged[p] == super::Is::Served);
        let far = b.from - a.to > within;
        let same = x.id == y.id;
        if b.from < a.to {
            out.push(view.wrong(gap, format!("entries overlap: {} and {}", x.id, y.id)));
        }
        if far && served && same {
            out.push(view.wrong(gap, format!("{} goes on over service", x.id)));
        }
        if !far && !same {
            out.push(view.wrong(gap, format!("{} and {} are one outage", x.id, y.id)));
        }
    }
}
