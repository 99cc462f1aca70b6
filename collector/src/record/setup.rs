//! A version of the configuration as the judge had it.

use serde::{Deserialize, Serialize};
use siaga_decide::{
    At, Calendar, Line, LineId, MainsId, Office, OfficeId, ProbeName, Setup, Span, Station,
    StationId,
};

use super::{Record, Text, Unreadable, shared, text};

/// A [`Setup`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SetupRecord {
    cycle_ms: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    line: Option<Text>,
    lines: Vec<(Text, Text)>,
    offices: Vec<OfficeRecord>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct OfficeRecord {
    id: Text,
    name: Text,
    zone: Text,
    /// Opening and closing instants in turn, milliseconds, each as the distance to the one before.
    open: Vec<i64>,
    known: Option<(i64, i64)>,
    stations: Vec<(Text, Vec<Text>)>,
    stations_needed: usize,
    line: Option<Text>,
    mains: Option<Text>,
    via: Option<Text>,
    open_after_ms: i64,
    close_after_ms: i64,
    merge_within_ms: i64,
    opening_grace_ms: i64,
    settle_after_ms: i64,
}

impl Record<Setup> for SetupRecord {
    fn of(setup: &Setup) -> Self {
        let line = |(id, line): (&LineId, &Line)| (text(id.as_str()), text(&line.provider));
        Self {
            cycle_ms: setup.cycle_ms,
            line: setup.line.as_ref().map(|id| text(id.as_str())),
            lines: setup.lines.iter().map(line).collect(),
            offices: setup.offices.iter().map(|(id, o)| OfficeRecord::of(id, o)).collect(),
        }
    }

    fn read(self) -> Result<Setup, Unreadable> {
        let line = |(id, provider)| (LineId(shared(id)), Line { provider: shared(provider) });
        let offices = self.offices.into_iter().map(OfficeRecord::read);
        Ok(Setup {
            cycle_ms: self.cycle_ms,
            line: self.line.map(|id| LineId(shared(id))),
            lines: self.lines.into_iter().map(line).collect(),
            offices: offices.collect::<Result<_, _>>()?,
        })
    }
}

impl OfficeRecord {
    fn of(id: &OfficeId, office: &Office) -> Self {
        let station = |(id, s): (&StationId, &Station)| {
            (text(id.as_str()), s.needs.iter().map(|n| text(n.as_str())).collect())
        };
        Self {
            id: text(id.as_str()),
            name: text(&office.name),
            zone: text(office.zone.iana_name().unwrap_or("UTC")),
            open: distances(&office.calendar.open),
            known: office.calendar.known.map(|s| (s.from.0, s.to.0)),
            stations: office.stations.iter().map(station).collect(),
            stations_needed: office.stations_needed,
            line: office.line.as_ref().map(|id| text(id.as_str())),
            mains: office.mains.as_ref().map(|id| text(id.as_str())),
            via: office.via.as_ref().map(|id| text(id.as_str())),
            open_after_ms: office.open_after_ms,
            close_after_ms: office.close_after_ms,
            merge_within_ms: office.merge_within_ms,
            opening_grace_ms: office.opening_grace_ms,
            settle_after_ms: office.settle_after_ms,
        }
    }

    fn read(self) -> Result<(OfficeId, Office), Unreadable> {
        let station = |(id, needs): (Text, Vec<Text>)| {
            let needs = needs.into_iter().map(|n| ProbeName(shared(n))).collect();
            (StationId(shared(id)), Station { needs })
        };
        let zone = jiff::tz::TimeZone::get(&self.zone)
            .map_err(|e| Unreadable(format!("zone {:?}: {e}", self.zone)))?;
        let known = self.known.map(|(from, to)| Span { from: At(from), to: At(to) });
        let office = Office {
            name: shared(self.name),
            zone,
            calendar: Calendar { open: spans(&self.open), known },
            stations: self.stations.into_iter().map(station).collect(),
            stations_needed: self.stations_needed,
            line: self.line.map(|id| LineId(shared(id))),
            mains: self.mains.map(|id| MainsId(shared(id))),
            via: self.via.map(|id| OfficeId(shared(id))),
            open_after_ms: self.open_after_ms,
            close_after_ms: self.close_after_ms,
            merge_within_ms: self.merge_within_ms,
            opening_grace_ms: self.opening_grace_ms,
            settle_after_ms: self.settle_after_ms,
        };
        Ok((OfficeId(shared(self.id)), office))
    }
}

/// Weekly hours repeat, so distances pack far better than instants.
fn distances(spans: &[Span]) -> Vec<i64> {
    let mut before = 0;
    let instants = spans.iter().flat_map(|s| [s.from.0, s.to.0]);
    instants.map(|at| at - std::mem::replace(&mut before, at)).collect()
}

fn spans(distances: &[i64]) -> Vec<Span> {
    let mut at = 0_i64;
    let mut next = |by: i64| {
        at = at.saturating_add(by);
        At(at)
    };
    let (pairs, _) = distances.as_chunks::<2>();
    pairs.iter().map(|[from, to]| Span { from: next(*from), to: next(*to) }).collect()
}
