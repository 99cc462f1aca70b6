//! What one office can say about another: whether the data center could be reached in a second,
//! whether mains was there, whether a relay had power. The only place where offices meet. The
//! collector's own look at the data center is one witness more, on a line of its own.

use std::collections::BTreeMap;

use crate::cause::{Cause, Certainty, Kind, Sub, Thing, Why};
use crate::ids::{LineId, MainsId, OfficeId};
use crate::meaning::{About, Meaning};
use crate::memory::Shown;
use crate::own::OwnLook;
use crate::power::{Neighbours, unclean_stops};
use crate::setup::{Office, Role};
use crate::span::{At, Span, intersect, subtract, union};
use crate::suspect::Suspect;
use crate::trace::{Series, Trace};

/// So many supporting or contradicting offices are named; the rest is counted.
const NAMED_MOST: usize = 3;

/// One office as the others see it.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Reach {
    pub(crate) line: Option<LineId>,
    pub(crate) mains: Option<MainsId>,
    pub(crate) shown: Shown,
    /// Since when only silence is heard of it.
    pub(crate) silent_since: Option<At>,
}

impl Reach {
    /// Whether `after` reached the data center when this did, and only longer at the end.
    pub(crate) fn goes_on(&self, after: &Self) -> bool {
        match (self.shown.good.split_last(), after.shown.good.split_last()) {
            (Some((a, before)), Some((b, rest))) => {
                before == rest && a.from == b.from && a.to <= b.to
            }
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        }
    }
}

impl Shown {
    /// The part of it in a span.
    pub(crate) fn within(&self, span: Span) -> Self {
        let clip = |list: &[Span]| intersect(list, &[span]);
        Self {
            good: clip(&self.good),
            bad: clip(&self.bad),
            lost: self.lost.iter().copied().filter(|at| span.contains(*at)).collect(),
            present: clip(&self.present),
            powerless: clip(&self.powerless),
            open: clip(&self.open),
        }
    }

    /// This and what came after it.
    pub(crate) fn then(&self, after: &Self) -> Self {
        let join = |a: &[Span], b: &[Span]| union([a, b].concat());
        Self {
            good: join(&self.good, &after.good),
            bad: join(&self.bad, &after.bad),
            lost: [self.lost.as_slice(), &after.lost].concat(),
            present: join(&self.present, &after.present),
            powerless: join(&self.powerless, &after.powerless),
            open: join(&self.open, &after.open),
        }
    }
}

/// All offices' reach.
pub(crate) type Reaches = BTreeMap<OfficeId, Reach>;

/// When an office's readings reached the data center.
pub(crate) fn good(traces: &[Trace]) -> Vec<Span> {
    let series = traces.iter().flat_map(|t| t.series.values());
    let asked = series.filter(|s| s.about == About::Link(Role::Datacenter));
    union(asked.flat_map(good_readings).collect())
}

/// From a good reading to a good reading. Two good stretches that abut differ in some number only:
/// it was reached between them too.
pub(crate) fn good_readings(series: &Series) -> Vec<Span> {
    let next = series.pieces.iter().skip(1).map(Some).chain([None]);
    let good = series.pieces.iter().zip(next).filter(|(p, _)| p.meaning == Meaning::Good);
    let spans = good.map(|(p, next)| {
        let abuts = next.filter(|n| n.meaning == Meaning::Good && n.from == p.to);
        Span::new(p.from, abuts.map_or(p.last, |n| n.from))
    });
    union(spans.collect())
}

/// What an office shows to the others, apart from its faults.
pub(crate) fn reach(
    office: &Office,
    traces: &[Trace],
    batteries: &[Vec<Span>],
    mains: &[Vec<Span>],
) -> Reach {
    let emptied = batteries.iter().flatten().map(|b| b.from);
    let mut lost: Vec<At> = emptied.chain(traces.iter().flat_map(unclean_stops)).collect();
    lost.sort_unstable();
    let shown = Shown {
        good: good(traces),
        lost,
        present: union(mains.iter().flatten().copied().collect()),
        ..Shown::default()
    };
    Reach { line: office.line.clone(), mains: office.mains.clone(), shown, silent_since: None }
}

/// What offices on the same mains show.
pub(crate) fn neighbours(id: &OfficeId, office: &Office, reaches: &Reaches) -> Neighbours {
    let mut out = Neighbours::default();
    let Some(mains) = &office.mains else { return out };
    for (other, reach) in reaches {
        if other != id && reach.mains.as_ref() == Some(mains) {
            out.lost.extend(reach.shown.lost.iter().map(|at| (other.clone(), *at)));
            out.present.extend(reach.shown.present.iter().map(|m| (other.clone(), *m)));
        }
    }
    out
}

/// Who can say something about an office's way to the data center.
#[derive(Clone, Copy)]
pub(crate) struct Witnesses<'a> {
    /// All offices.
    pub(crate) reaches: &'a Reaches,
    /// The collector itself,
    pub(crate) own: &'a OwnLook,
    /// and the line on which it hangs, if offices use it too.
    pub(crate) own_line: Option<&'a LineId>,
}

/// Weighs what the office alone took for center or path against what others saw.
pub(crate) fn weigh(
    id: &OfficeId,
    office: &Office,
    witnesses: Witnesses,
    cycle_ms: i64,
    suspects: Vec<Suspect>,
) -> Vec<Suspect> {
    let mut out = Vec::new();
    for suspect in suspects {
        match suspect.cause.kind {
            Kind::Center | Kind::LinkPath => {
                weigh_one(id, office, witnesses, cycle_ms, suspect, &mut out);
            }
            Kind::Power
            | Kind::LinkLan
            | Kind::LinkProvider
            | Kind::Device
            | Kind::Station
            | Kind::Silent => out.push(suspect),
        }
    }
    out
}

fn weigh_one(
    id: &OfficeId,
    office: &Office,
    Witnesses { reaches, own, own_line }: Witnesses,
    cycle_ms: i64,
    suspect: Suspect,
    out: &mut Vec<Suspect>,
) {
    let whole = [suspect.span];
    let relay = office.via.as_ref().and_then(|via| reaches.get(via).map(|r| (via, r)));
    let rest = match relay {
        Some((via, relay)) => {
            let powerless = reaching(&relay.shown.powerless, suspect.span, cycle_ms);
            let why = [Why::RelayWithoutPower { office: via.clone() }];
            let parts = intersect(&whole, &powerless).into_iter();
            out.extend(parts.map(|span| Suspect {
                cause: Cause { sub: Some(Sub::RelayWithoutPower), ..certain(&suspect, PATH, &why) },
                span,
                ..suspect.clone()
            }));
            subtract(&whole, &powerless)
        }
        None => whole.to_vec(),
    };
    let others = || reaches.iter().filter(|(other, _)| *other != id);
    let reached = others().map(|(o, r)| (Some(o), r.shown.good.as_slice()));
    let against = spread(reached.chain([(None, own.good.as_slice())]), &suspect, cycle_ms);
    let elsewhere = |line: Option<&LineId>| line.is_none() || line != office.line.as_ref();
    let lost = others().filter(|(_, r)| elsewhere(r.line.as_ref()));
    let lost = lost.map(|(o, r)| (Some(o), r.shown.bad.as_slice()));
    let lost_here = elsewhere(own_line).then_some((None, own.bad.as_slice()));
    let with = spread(lost.chain(lost_here), &suspect, cycle_ms);
    let count = offices(&with, &against);
    let part = |span, cause: &Cause| Suspect { span, cause: cause.clone(), ..suspect.clone() };
    let path = certain(&suspect, PATH, &against.why(count.clone(), false));
    let center = certain(&suspect, CENTER, &with.why(count, true));
    out.extend(intersect(&rest, &against.spans).into_iter().map(|span| part(span, &path)));
    let rest = subtract(&rest, &against.spans);
    out.extend(intersect(&rest, &with.spans).into_iter().map(|span| part(span, &center)));
    let alone = subtract(&rest, &with.spans).into_iter();
    out.extend(alone.map(|span| part(span, &suspect.cause)));
}

const PATH: (Kind, Thing) = (Kind::LinkPath, Thing::Path);
const CENTER: (Kind, Thing) = (Kind::Center, Thing::Center);

/// The cause of a suspect as others' evidence makes it.
fn certain(suspect: &Suspect, (kind, thing): (Kind, Thing), why: &[Why]) -> Cause {
    let why = [suspect.cause.why.as_slice(), why].concat();
    Cause { kind, thing, certainty: Certainty::Certain, why, ..suspect.cause.clone() }
}

/// How many offices support and contradict an episode, where that is more than the names say.
fn offices(with: &Spread, against: &Spread) -> Option<Why> {
    let named =
        with.count.max(against.count) <= NAMED_MOST && (with.count == 0 || against.count == 0);
    let count = |spread: &Spread| at_least(spread.count);
    (!named).then(|| Why::Offices { supporting: count(with), contradicting: count(against) })
}

/// A count, rounded down to a step: while an outage of the center spreads to hundreds of offices,
/// each of their entries changes a few times and not hundreds of times.
fn at_least(count: usize) -> u32 {
    const STEPS: [u32; 11] = [1_000, 500, 200, 100, 50, 20, 10, 5, 3, 2, 1];
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    STEPS.into_iter().find(|step| *step <= count).unwrap_or(0)
}

/// Spans of another office, each as far as the edge of an episode that it all but touches: probes
/// of two offices ask at other moments of a cycle.
fn reaching(spans: &[Span], episode: Span, cycle_ms: i64) -> Vec<Span> {
    let near = 2 * cycle_ms;
    let met = spans.iter().filter(|s| s.intersection(episode).is_some());
    let reached = met.map(|s| Span {
        from: if s.from - episode.from <= near { s.from.min(episode.from) } else { s.from },
        to: if episode.to - s.to <= near { s.to.max(episode.to) } else { s.to },
    });
    union(reached.collect())
}

/// Where others' spans meet an episode.
#[derive(Default)]
struct Spread {
    spans: Vec<Span>,
    /// Offices, the first few of them,
    offices: Vec<OfficeId>,
    /// and how many there are.
    count: usize,
    /// The collector itself is among the witnesses.
    collector: bool,
}

impl Spread {
    /// The witnesses as evidence; `alike` if they saw the same, else the contrary.
    fn why(&self, count: Option<Why>, alike: bool) -> Vec<Why> {
        let named = self.offices.iter().cloned().map(|office| match alike {
            true => Why::AlsoSeenBy { office, station: None },
            false => Why::ContradictedBy { office, station: None },
        });
        let own = self.collector.then_some(Why::Collector { reached: !alike });
        named.chain(count).chain(own).collect()
    }
}

/// The parts of an episode in which others' readings say something; no office is the collector
/// itself. Their probes ask at other moments of a cycle, so what comes within two cycles of an edge
/// of the episode reaches to it.
fn spread<'a>(
    others: impl Iterator<Item = (Option<&'a OfficeId>, &'a [Span])>,
    suspect: &Suspect,
    cycle_ms: i64,
) -> Spread {
    let mut out = Spread::default();
    for (office, spans) in others {
        let met = intersect(&[suspect.seen], spans);
        if met.is_empty() {
            continue;
        }
        match office {
            Some(office) => {
                out.count += 1;
                out.offices.extend((out.count <= NAMED_MOST).then(|| office.clone()));
            }
            None => out.collector = true,
        }
        out.spans.extend(met);
    }
    out.spans = reaching(&out.spans, suspect.span, cycle_ms);
    // Small holes between two answers of one episode are only the distance between readings.
    let mut joined: Vec<Span> = Vec::new();
    for span in out.spans {
        match joined.last_mut() {
            Some(last) if span.from - last.to <= 2 * cycle_ms => last.to = span.to,
            Some(_) | None => joined.push(span),
        }
    }
    out.spans = joined;
    out
}

#[cfg(test)]
mod tests;
