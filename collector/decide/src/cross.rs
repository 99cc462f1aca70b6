//! What one office can say about another: whether the data center could be reached in a second,
//! whether mains was there, whether a relay had power. The only place where offices meet.

use std::collections::BTreeMap;

use crate::cause::{Certainty, Kind, Sub, Thing, Why};
use crate::ids::{LineId, MainsId, OfficeId};
use crate::meaning::{About, Meaning};
use crate::memory::Shown;
use crate::power::{Neighbours, unclean_stops};
use crate::setup::{Office, Role};
use crate::span::{At, Span, intersect, subtract, union};
use crate::suspect::Suspect;
use crate::trace::{Series, Trace};

/// So many supporting or contradicting offices are named; the rest is no news.
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

/// Weighs what the office alone took for center or path against what others saw.
pub(crate) fn weigh(
    id: &OfficeId,
    office: &Office,
    reaches: &Reaches,
    cycle_ms: i64,
    suspects: Vec<Suspect>,
) -> Vec<Suspect> {
    let mut out = Vec::new();
    for suspect in suspects {
        match suspect.cause.kind {
            Kind::Center | Kind::LinkPath => {
                weigh_one(id, office, reaches, cycle_ms, suspect, &mut out);
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
    reaches: &Reaches,
    cycle_ms: i64,
    suspect: Suspect,
    out: &mut Vec<Suspect>,
) {
    let all = [suspect.span];
    let relayed = office.via.as_ref().and_then(|via| reaches.get(via).map(|r| (via, r)));
    let (relay, rest) = match relayed {
        Some((_, relay)) => {
            let powerless = reaching(&relay.shown.powerless, suspect.span, cycle_ms);
            (intersect(&all, &powerless), subtract(&all, &powerless))
        }
        None => (Vec::new(), all.to_vec()),
    };
    if let Some((via, _)) = relayed {
        for span in relay {
            let mut part = Suspect { span, ..suspect.clone() };
            part.cause.kind = Kind::LinkPath;
            part.cause.thing = Thing::Path;
            part.cause.sub = Some(Sub::RelayWithoutPower);
            part.cause.certainty = Certainty::Certain;
            part.cause.why.push(Why::AlsoSeenBy { office: via.clone(), station: None });
            out.push(part);
        }
    }
    let others = || reaches.iter().filter(|(other, _)| *other != id);
    let against = spread(others().map(|(o, r)| (o, &r.shown.good)), &suspect, cycle_ms);
    let other_line = |r: &Reach| r.line.is_none() || r.line != office.line;
    let with = spread(
        others().filter(|(_, r)| other_line(r)).map(|(o, r)| (o, &r.shown.bad)),
        &suspect,
        cycle_ms,
    );
    for span in intersect(&rest, &against.spans) {
        let mut part = Suspect { span, ..suspect.clone() };
        part.cause.kind = Kind::LinkPath;
        part.cause.thing = Thing::Path;
        part.cause.certainty = Certainty::Certain;
        let named = against.offices.iter().cloned();
        part.cause.why.extend(named.map(|office| Why::ContradictedBy { office, station: None }));
        out.push(part);
    }
    let rest = subtract(&rest, &against.spans);
    for span in intersect(&rest, &with.spans) {
        let mut part = Suspect { span, ..suspect.clone() };
        part.cause.kind = Kind::Center;
        part.cause.thing = Thing::Center;
        part.cause.certainty = Certainty::Certain;
        let named = with.offices.iter().cloned();
        part.cause.why.extend(named.map(|office| Why::AlsoSeenBy { office, station: None }));
        out.push(part);
    }
    for span in subtract(&rest, &with.spans) {
        out.push(Suspect { span, ..suspect.clone() });
    }
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
struct Spread {
    spans: Vec<Span>,
    offices: Vec<OfficeId>,
}

/// The parts of an episode in which others' readings say something. Their probes ask at other
/// moments of a cycle, so what comes within two cycles of an edge of the episode reaches to it.
fn spread<'a>(
    others: impl Iterator<Item = (&'a OfficeId, &'a Vec<Span>)>,
    suspect: &Suspect,
    cycle_ms: i64,
) -> Spread {
    let mut out = Spread { spans: Vec::new(), offices: Vec::new() };
    for (office, spans) in others {
        let met = intersect(&[suspect.seen], spans);
        if met.is_empty() {
            continue;
        }
        if out.offices.len() < NAMED_MOST {
            out.offices.push(office.clone());
        }
        out.spans.extend(met);
    }
    let near = 2 * cycle_ms;
    for span in &mut out.spans {
        if span.from - suspect.span.from <= near {
            span.from = suspect.span.from;
        }
        if suspect.span.to - span.to <= near {
            span.to = suspect.span.to;
        }
    }
    out.spans = union(out.spans);
    // Small holes between two answers of one episode are only the distance between readings.
    let mut joined: Vec<Span> = Vec::new();
    for span in out.spans {
        match joined.last_mut() {
            Some(last) if span.from - last.to <= near => last.to = span.to,
            Some(_) | None => joined.push(span),
        }
    }
    out.spans = joined;
    out
}
