//! One station's evidence laid out on the collector's time: when its agent lived, what each probe
//! said, and what lies between. No verdict on service here.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::absorb::{hole_ms, millis};
use crate::evidence::StationEvidence;
use crate::fact::{Fact, LastWords, Mark, PreviousEnd, Row};
use crate::ids::{BootId, ProbeName, StationId, StationKey};
use crate::meaning::{About, Meaning, about, meaning};
use crate::place::{Place, PlacedRun, place};
use crate::span::{At, Span};

/// A station on the collector's time.
#[derive(Clone, Debug)]
pub(crate) struct Trace<'a> {
    pub(crate) station: StationId,
    pub(crate) runs: Vec<PlacedRun<'a>>,
    /// When the agent lived; sorted, disjoint.
    pub(crate) alive: Vec<Alive>,
    /// What lies between and after those.
    pub(crate) gaps: Vec<GapSpan>,
    /// What each probe said, over all runs; sorted, disjoint.
    pub(crate) series: BTreeMap<ProbeName, Series<'a>>,
    /// Boots whose place nobody can tell.
    pub(crate) lost: Vec<BootId>,
}

/// A stretch in which the agent lived, from a row to a row; the newest one reaches into the
/// present as far as its last row covers it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Alive {
    pub(crate) span: Span,
    /// When its last row was made.
    pub(crate) last_row: At,
    pub(crate) last_mark: Mark,
    /// Index of its run.
    pub(crate) run: usize,
    /// Without a row for longer than this, milliseconds, the agent is not heard.
    pub(crate) hole_ms: i64,
}

/// Why nobody observed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum GapKind {
    /// The PC was off or asleep; with its last words, where it left any.
    Stopped(Option<LastWords>),
    /// The PC may have run. `pending`: rows of it are still to come.
    Unseen { pending: bool },
    /// Nothing later has arrived. `agent`: the agent alone said that it stops.
    Silent { agent: bool },
    /// Nothing earlier has ever arrived.
    NeverHeard,
}

/// A stretch without readings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GapSpan {
    pub(crate) span: Span,
    pub(crate) kind: GapKind,
    /// Indices of the lives before and after.
    pub(crate) before: Option<usize>,
    pub(crate) after: Option<usize>,
}

/// What one probe said.
#[derive(Clone, Debug)]
pub(crate) struct Series<'a> {
    pub(crate) about: About,
    pub(crate) pieces: Vec<Piece<'a>>,
}

/// A stretch of one probe on the collector's time.
#[derive(Clone, Debug)]
pub(crate) struct Piece<'a> {
    /// First reading.
    pub(crate) from: At,
    /// Last reading.
    pub(crate) last: At,
    /// Up to where it covers: the next reading, or the last one itself where that is too far.
    pub(crate) to: At,
    /// Without a reading for longer than this, milliseconds, the probe is not heard.
    pub(crate) hole_ms: i64,
    pub(crate) meaning: Meaning,
    /// A bad one that is alone, and so counts as what went before.
    pub(crate) blip: bool,
    pub(crate) fact: Cow<'a, Fact>,
}

/// Lays out a station's evidence up to `until`.
pub(crate) fn trace<'a>(
    key: &StationKey,
    evidence: Option<&'a StationEvidence>,
    cycle_ms: i64,
    until: At,
) -> Trace<'a> {
    let (runs, lost) = evidence.map(place).unwrap_or_default();
    let mut out = Trace {
        station: key.station.clone(),
        runs,
        alive: Vec::new(),
        gaps: Vec::new(),
        series: BTreeMap::new(),
        lost,
    };
    let cycle = cycle_ms.max(1).unsigned_abs();
    for index in 0..out.runs.len() {
        let Some(placed) = out.runs.get(index).cloned() else { continue };
        if matches!(placed.place, Place::Somewhere) {
            continue;
        }
        let facts = facts_of(key, &placed);
        let lives = lives(&placed, index, &facts, cycle);
        out.alive.extend(lives);
        add_series(&mut out.series, &placed, facts, cycle);
    }
    for series in out.series.values_mut() {
        mark_blips(&mut series.pieces);
    }
    keep_order(&mut out.alive);
    reach_present(&mut out, until);
    out.gaps = gaps(&out, evidence, until);
    out
}

/// A run's stretches, folded and waiting, in order of their numbers.
fn facts_of<'a>(key: &StationKey, placed: &PlacedRun<'a>) -> Vec<Cow<'a, Fact>> {
    let mut facts: Vec<Cow<Fact>> = placed.run.facts.iter().map(Cow::Borrowed).collect();
    for row in placed.run.waiting.values() {
        let (first, last, what, count) = match row {
            Row::Reading(mark, what) => (*mark, *mark, what, 1),
            Row::Stretch(mark, what, since) => (since.first, *mark, what, since.count.max(1)),
            Row::Start(..) | Row::LastWords(..) | Row::Gap(_) | Row::Unknown(_) => continue,
        };
        let mut fact = crate::absorb::new_fact(
            key,
            placed.id,
            &placed.run.head.boot,
            first,
            last,
            what.clone(),
        );
        fact.count = count;
        facts.push(Cow::Owned(fact));
    }
    facts
}

/// The stretches in which a run's agent lived.
fn lives(placed: &PlacedRun, run: usize, facts: &[Cow<Fact>], cycle: u64) -> Vec<Alive> {
    let head = &placed.run.head;
    let period = head.rhythms.values().map(|r| r.period_ms).filter(|p| *p > 0).min();
    let hole = hole_ms(period.unwrap_or(cycle), cycle);
    let mut rows: Vec<(Mark, Mark)> = facts.iter().map(|f| (f.first, f.last)).collect();
    rows.extend(head.start.iter().map(|(m, _)| (*m, *m)));
    rows.extend(head.ends.iter().map(|(m, _)| (*m, *m)));
    rows.extend(placed.marks().into_iter().flat_map(|(a, b)| [(a, a), (b, b)]));
    rows.sort_by_key(|(a, b)| (a.at_ms, b.at_ms));
    let mut out: Vec<(Mark, Mark)> = Vec::new();
    for (first, last) in rows {
        // What sleeps and wakes is two lives even where it was short.
        match out.last_mut() {
            Some((_, end)) if first.at_ms <= end.at_ms.saturating_add(hole) => {
                if (last.at_ms, last.seq) > (end.at_ms, end.seq) {
                    *end = last;
                }
            }
            Some(_) | None => out.push((first, last)),
        }
    }
    out.into_iter()
        .filter_map(|(first, last)| {
            let (from, to) = (placed.at(first)?, placed.at(last)?);
            let span = Span::new(from, to.max(from));
            Some(Alive { span, last_row: span.to, last_mark: last, run, hole_ms: millis(hole) })
        })
        .collect()
}

/// Lives never overlap: where ties disagree by milliseconds, the later one gives way.
fn keep_order(alive: &mut [Alive]) {
    let mut end = At(i64::MIN);
    for life in alive {
        life.span.from = life.span.from.max(end);
        life.span.to = life.span.to.max(life.span.from);
        end = life.span.to;
    }
}

/// Lets the newest life cover the present as far as its last row does.
fn reach_present(out: &mut Trace, until: At) {
    let ended = out.alive.last().is_some_and(|life| {
        out.runs.get(life.run).is_some_and(|r| last_words_at(r, life.last_mark).is_some())
    });
    let Some(life) = out.alive.last_mut() else { return };
    if ended || until < life.span.to || until - life.last_row > life.hole_ms {
        return;
    }
    let (run, hole) = (life.run, life.hole_ms);
    life.span.to = until;
    for series in out.series.values_mut() {
        if let Some(piece) = series.pieces.last_mut() {
            let here = out.runs.get(run).is_some_and(|r| *r.id == piece.fact.run);
            let own = rhythm_hole(out.runs.get(run), &piece.fact.probe).max(hole);
            if here && until - piece.last <= own {
                piece.to = piece.to.max(until);
            }
        }
    }
}

fn rhythm_hole(run: Option<&PlacedRun>, probe: &ProbeName) -> i64 {
    let period = run.and_then(|r| r.run.head.rhythms.get(probe)).map_or(0, |r| r.period_ms);
    millis(period.saturating_mul(5) / 2)
}

/// The last words that are a run's row there, if they are.
fn last_words_at(run: &PlacedRun, mark: Mark) -> Option<LastWords> {
    run.run.head.ends.iter().find(|(m, _)| m.seq == mark.seq).map(|(_, words)| *words)
}

/// Adds what a run's probes said.
fn add_series<'a>(
    all: &mut BTreeMap<ProbeName, Series<'a>>,
    placed: &PlacedRun<'a>,
    facts: Vec<Cow<'a, Fact>>,
    cycle: u64,
) {
    let mut by_probe: BTreeMap<ProbeName, Vec<Piece<'a>>> = BTreeMap::new();
    let end_ms = placed.marks().map_or(0, |(_, last)| last.at_ms);
    for fact in facts {
        let (Some(from), Some(last)) = (placed.at(fact.first), placed.at(fact.last)) else {
            continue;
        };
        let last = last.max(from);
        let meaning = meaning(&fact);
        let piece = Piece { from, last, to: last, hole_ms: 0, meaning, blip: false, fact };
        by_probe.entry(piece.fact.probe.clone()).or_default().push(piece);
    }
    for (probe, mut pieces) in by_probe {
        pieces.sort_by_key(|p| (p.fact.first.at_ms, p.fact.first.seq));
        let period = placed.run.head.rhythms.get(&probe).map_or(0, |r| r.period_ms);
        // A rhythm that is not known yet is taken for the cycle's, where nothing else is near.
        let hole = hole_ms(period.max(1).max(if period == 0 { cycle } else { 0 }), cycle);
        for i in 0..pieces.len() {
            let next = pieces.get(i + 1).map(|p| (p.from, p.fact.first.at_ms));
            let Some(piece) = pieces.get_mut(i) else { continue };
            let last_ms = piece.fact.last.at_ms;
            let (to, to_ms) = next.unwrap_or_else(|| {
                let mark = Mark { seq: 0, at_ms: end_ms, wall: None };
                (placed.at(mark).unwrap_or(piece.last), end_ms)
            });
            let far = to_ms.saturating_sub(last_ms) > hole;
            piece.to = if far { piece.last } else { to.max(piece.last) };
            piece.hole_ms = millis(hole);
        }
        let role = pieces.first().and_then(|p| p.fact.role);
        let series = all
            .entry(probe.clone())
            .or_insert_with(|| Series { about: about(&probe, role), pieces: Vec::new() });
        series.pieces.extend(pieces);
    }
}

/// Marks bad readings that are alone: fewer than two in a row, unreadable ones not counted. An
/// agent that came back at once did not interrupt the row.
fn mark_blips(pieces: &mut [Piece]) {
    let mut i = 0;
    while i < pieces.len() {
        let mut end = i;
        let mut bad = 0u32;
        let mut before: Option<(At, i64)> = None;
        while let Some(piece) = pieces.get(end) {
            let torn = before
                .is_some_and(|(last, hole_ms)| piece.from - last > hole_ms.max(piece.hole_ms));
            if piece.meaning == Meaning::Good || (torn && bad > 0) {
                break;
            }
            if piece.meaning == Meaning::Bad {
                bad = bad.saturating_add(piece.fact.count);
            }
            before = Some((piece.last, piece.hole_ms));
            end += 1;
        }
        if bad == 1 {
            for piece in pieces.get_mut(i..end).into_iter().flatten() {
                piece.blip = piece.meaning == Meaning::Bad;
            }
        }
        i = end.max(i + 1);
    }
}

/// What lies between the lives, and after the last.
fn gaps(out: &Trace, evidence: Option<&StationEvidence>, until: At) -> Vec<GapSpan> {
    let mut gaps = Vec::new();
    for (i, pair) in out.alive.windows(2).enumerate() {
        let [a, b] = pair else { continue };
        let span = Span::new(a.span.to, b.span.from);
        if !span.is_empty() {
            let kind = between(out, evidence, a, b);
            gaps.push(GapSpan { span, kind, before: Some(i), after: Some(i + 1) });
        }
    }
    match out.alive.last() {
        Some(life) if life.span.to < until => {
            let words = out.runs.get(life.run).and_then(|r| last_words_at(r, life.last_mark));
            let kind = match words {
                Some(LastWords::System | LastWords::Sleep) => GapKind::Stopped(words),
                Some(LastWords::Agent) => GapKind::Silent { agent: true },
                None => GapKind::Silent { agent: false },
            };
            let span = Span::new(life.span.to, until);
            gaps.push(GapSpan { span, kind, before: Some(out.alive.len() - 1), after: None });
        }
        Some(_) | None => {}
    }
    let first = out.alive.first().map_or(until, |life| life.span.from);
    let span = Span::new(At(i64::MIN / 4), first);
    let after = (!out.alive.is_empty()).then_some(0);
    gaps.insert(0, GapSpan { span, kind: GapKind::NeverHeard, before: None, after });
    gaps
}

/// Why nobody observed between two lives.
fn between(out: &Trace, evidence: Option<&StationEvidence>, a: &Alive, b: &Alive) -> GapKind {
    let (Some(x), Some(y)) = (out.runs.get(a.run), out.runs.get(b.run)) else {
        return GapKind::Unseen { pending: false };
    };
    let words = last_words_at(x, a.last_mark);
    if a.run == b.run {
        let missing = !x.run.is_complete() && rows_missing(x, a.last_mark.seq, b.last_mark.seq);
        return match words {
            Some(LastWords::Sleep | LastWords::System) if !missing => GapKind::Stopped(words),
            Some(_) | None => GapKind::Unseen { pending: missing },
        };
    }
    let between = out.runs.get(a.run + 1..b.run).unwrap_or_default();
    let incomplete = !x.run.is_complete() || between.iter().any(|r| !r.run.is_complete());
    if incomplete || named_later(x, y, evidence) {
        return GapKind::Unseen { pending: true };
    }
    // A life of the PC lies in between, nobody can tell where.
    if between.iter().any(|r| matches!(r.place, Place::Somewhere)) {
        return GapKind::Unseen { pending: false };
    }
    let same_boot = x.run.head.boot == y.run.head.boot;
    match words {
        Some(LastWords::System | LastWords::Sleep) => GapKind::Stopped(words),
        // It proves that the PC went on without its agent: until when, nobody can tell.
        Some(LastWords::Agent) => GapKind::Unseen { pending: false },
        None if same_boot || rows_lost(x, y) => GapKind::Unseen { pending: false },
        None => GapKind::Stopped(None),
    }
}

/// Whether rows between two numbers of a run have not been heard.
fn rows_missing(run: &PlacedRun, from: u64, to: u64) -> bool {
    let covered = &run.run.head.covered;
    let i = covered.partition_point(|(_, end)| *end < from);
    covered.get(i).is_none_or(|(first, last)| *first > from || *last < to)
}

/// Whether the later run names rows of the earlier one that have not been heard.
fn named_later(x: &PlacedRun, y: &PlacedRun, evidence: Option<&StationEvidence>) -> bool {
    let named = y.run.head.start.as_ref().and_then(|(_, start)| start.previous.as_ref());
    match named {
        Some((run, seq)) if run == x.id => *seq > x.run.head.folded,
        // A run in between has not been heard of at all.
        Some((run, _)) => evidence.is_some_and(|e| !e.runs.contains_key(run)),
        None => false,
    }
}

/// Whether the end of the earlier run is gone: then nobody knows when it stopped.
fn rows_lost(x: &PlacedRun, y: &PlacedRun) -> bool {
    let end = x.run.head.gaps.last().is_some_and(|g| {
        g.is_loss() && x.run.head.marks.is_some_and(|(_, last)| g.last > last.seq)
    });
    let spool = y.run.head.start.as_ref().is_some_and(|(_, s)| s.previous_end == PreviousEnd::Lost);
    end || spool
}

impl<'a> Series<'a> {
    /// What it said at an instant; a blip counts as what went before, else as what comes after.
    pub(crate) fn at(&self, at: At) -> Option<(Meaning, &Piece<'a>)> {
        let i = self.pieces.partition_point(|p| p.from <= at).checked_sub(1)?;
        let piece = self.pieces.get(i)?;
        if piece.to <= at {
            return None;
        }
        if !piece.blip {
            return Some((piece.meaning, piece));
        }
        let before =
            i.checked_sub(1).and_then(|i| self.pieces.get(i)).filter(|p| p.to == piece.from);
        let after = || self.pieces.get(i + 1).filter(|p| p.from == piece.to);
        let same_run = |p: &&Piece| p.fact.run == piece.fact.run && !p.blip;
        let near = before.filter(same_run).or_else(|| after().filter(same_run));
        // Alone, without a neighbour, it says nothing.
        Some((near.map_or(Meaning::Unreadable, |p| p.meaning), piece))
    }

    /// The stretches in which it was bad at least twice in a row, as (first reading, cover).
    pub(crate) fn bad(&self) -> Vec<Span> {
        let mut out: Vec<Span> = Vec::new();
        for p in &self.pieces {
            if p.meaning != Meaning::Bad || p.blip {
                continue;
            }
            match out.last_mut() {
                Some(last) if last.to >= p.from => last.to = p.to,
                Some(_) | None => out.push(Span::new(p.from, p.to)),
            }
        }
        out.retain(|s| s.to >= s.from);
        out
    }
}
