//! One station's evidence laid out on the collector's time: when its agent lived, what each probe
//! said, and what lies between. No verdict on service here.

use std::collections::BTreeMap;
use std::ops::Deref;

use crate::absorb::{hole_ms, millis};
use crate::evidence::StationEvidence;
use crate::fact::{Fact, Mark, Row};
use crate::gap::{GapSpan, gaps, last_words_at};
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
    pub(crate) first_mark: Mark,
    /// When its last row was made.
    pub(crate) last_row: At,
    pub(crate) last_mark: Mark,
    /// Index of its run.
    pub(crate) run: usize,
    /// Without a row for longer than this, milliseconds, the agent is not heard.
    pub(crate) hole_ms: i64,
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
    pub(crate) fact: Told<'a>,
}

/// What a piece is made of; small, because pieces are moved about by the ten thousand.
#[derive(Clone, Debug)]
pub(crate) enum Told<'a> {
    /// A stretch as it was folded.
    Folded(&'a Fact),
    /// A row that still waits for rows before it.
    Waiting(Box<Fact>),
}

impl Deref for Told<'_> {
    type Target = Fact;

    fn deref(&self) -> &Fact {
        match self {
            Self::Folded(fact) => fact,
            Self::Waiting(fact) => fact,
        }
    }
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
    // A run that is too young to show its rhythm is taken to have that of the one before.
    let mut rhythm = None;
    for index in 0..out.runs.len() {
        let Some(placed) = out.runs.get(index).cloned() else { continue };
        if matches!(placed.place, Place::Somewhere) {
            continue;
        }
        let facts = facts_of(key, &placed);
        rhythm = placed.run.fastest_ms().or(rhythm);
        let lives = lives(&placed, index, &facts, hole_ms(rhythm.unwrap_or(0), cycle));
        out.alive.extend(lives);
        add_series(&mut out.series, &placed, facts, cycle);
    }
    for series in out.series.values_mut() {
        mark_blips(&mut series.pieces);
    }
    keep_order(&mut out.alive);
    reach_present(&mut out, until);
    gaps(&mut out, evidence, until);
    out
}

/// A run's stretches, folded and waiting, in order of their numbers.
fn facts_of<'a>(key: &StationKey, placed: &PlacedRun<'a>) -> Vec<Told<'a>> {
    let mut facts: Vec<Told> = placed.run.facts.iter().map(Told::Folded).collect();
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
        facts.push(Told::Waiting(Box::new(fact)));
    }
    facts
}

/// The stretches in which a run's agent lived: without a row for longer than `hole` milliseconds
/// it did not.
fn lives(placed: &PlacedRun, run: usize, facts: &[Told], hole: u64) -> Vec<Alive> {
    let head = &placed.run.head;
    let mut rows: Vec<(Mark, Mark)> = facts.iter().map(|f| (f.first, f.last)).collect();
    rows.extend(head.start.iter().map(|(m, _)| (*m, *m)));
    rows.extend(head.ends.iter().map(|(m, _)| (*m, *m)));
    rows.extend(placed.marks().into_iter().flat_map(|(a, b)| [(a, a), (b, b)]));
    rows.sort_by_key(|(a, b)| (a.at_ms, b.at_ms, a.seq));
    let is_end = |mark: &Mark| head.ends.iter().any(|(m, _)| m.seq == mark.seq);
    let mut out: Vec<(Mark, Mark)> = Vec::new();
    for (first, last) in rows {
        // What sleeps and wakes is two lives even where it was short.
        match out.last_mut() {
            Some((_, end))
                if first.at_ms <= end.at_ms.saturating_add(hole)
                    && (first.seq <= end.seq || !is_end(end)) =>
            {
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
            let (first_mark, last_mark, last_row) = (first, last, span.to);
            Some(Alive { span, first_mark, last_row, last_mark, run, hole_ms: millis(hole) })
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
    let Some(life) = out.alive.last() else { return };
    if ended || until < life.span.to || until - life.last_row > life.hole_ms {
        return;
    }
    let last = out.alive.len() - 1;
    go_on(out, last, until);
}

/// Lets a life go on after its last row, and what its last readings said with it.
pub(crate) fn go_on(out: &mut Trace, life: usize, to: At) {
    let Some(life) = out.alive.get_mut(life) else { return };
    let (run, hole, end) = (life.run, life.hole_ms, life.span.to);
    life.span.to = to;
    let Some(run) = out.runs.get(run) else { return };
    for series in out.series.values_mut() {
        let i = series.pieces.partition_point(|p| p.from <= end);
        let Some(piece) = i.checked_sub(1).and_then(|i| series.pieces.get_mut(i)) else { continue };
        let own = rhythm_hole(Some(run), &piece.fact.probe).max(hole);
        if *run.id == piece.fact.run && to - piece.last <= own {
            piece.to = piece.to.max(to);
        }
    }
}

fn rhythm_hole(run: Option<&PlacedRun>, probe: &ProbeName) -> i64 {
    let period = run.and_then(|r| r.run.head.rhythms.get(probe)).map_or(0, |r| r.period_ms);
    millis(period.saturating_mul(5) / 2)
}

/// Adds what a run's probes said.
fn add_series<'a>(
    all: &mut BTreeMap<ProbeName, Series<'a>>,
    placed: &PlacedRun<'a>,
    facts: Vec<Told<'a>>,
    cycle: u64,
) {
    let mut by_probe: Vec<(ProbeName, Vec<Piece<'a>>)> = Vec::new();
    let end_ms = placed.marks().map_or(0, |(_, last)| last.at_ms);
    for fact in facts {
        let (Some(from), Some(last)) = (placed.at(fact.first), placed.at(fact.last)) else {
            continue;
        };
        let last = last.max(from);
        let meaning = meaning(&fact);
        let piece = Piece { from, last, to: last, hole_ms: 0, meaning, blip: false, fact };
        match by_probe.iter_mut().find(|(probe, _)| *probe == piece.fact.probe) {
            Some((_, pieces)) => pieces.push(piece),
            None => by_probe.push((piece.fact.probe.clone(), vec![piece])),
        }
    }
    for (probe, mut pieces) in by_probe {
        pieces.sort_by_key(|p| (p.fact.first.at_ms, p.fact.first.seq));
        let period = placed.run.head.rhythms.get(&probe).map_or(0, |r| r.period_ms);
        // A rhythm that is not known yet is taken for the cycle's, where nothing else is near.
        let hole = hole_ms(period.max(1), cycle);
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
        match all.get_mut(&probe) {
            Some(series) => series.pieces.extend(pieces),
            None => {
                let about = about(&probe, role);
                all.insert(probe, Series { about, pieces });
            }
        }
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

impl<'a> Series<'a> {
    /// The pieces that touch a span.
    pub(crate) fn touching(&self, span: Span) -> impl Iterator<Item = &Piece<'a>> {
        let i = self.pieces.partition_point(|p| p.to < span.from);
        self.pieces.iter().skip(i).take_while(move |p| p.from <= span.to)
    }

    /// The last good reading before an instant.
    pub(crate) fn good_before(&self, at: At) -> Option<At> {
        let i = self.pieces.partition_point(|p| p.from < at);
        let mut before = self.pieces.iter().take(i).rev();
        before.find(|p| p.meaning == Meaning::Good).map(|p| p.last.min(at))
    }

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

    /// The stretches that touch `within` and were bad at least twice in a row, as (first reading,
    /// cover). What lies outside is left out, so that a year of them costs a day's work a day.
    pub(crate) fn bad(&self, within: Span) -> Vec<Span> {
        let mut out: Vec<Span> = Vec::new();
        for p in self.touching(within) {
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

#[cfg(test)]
mod tests;
