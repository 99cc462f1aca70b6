//! The configuration as the judge needs it: service hours evaluated over a range of time.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use siaga_decide::{At, Line, Setup, Span, Station};

use super::Config;
use crate::hours::evaluate;

/// A calendar is evaluated again when less than this is left of it.
pub const CALENDAR_LEFT_MS: i64 = 90 * 86_400_000;

/// The whole years for which service hours are evaluated: the one before, this one and the next.
/// Fixed edges, so that a restart does not make a new version of the configuration.
#[must_use]
pub fn calendar_range(now: At) -> Span {
    let year: i16 =
        Timestamp::from_millisecond(now.0).map_or(2026, |t| TimeZone::UTC.to_datetime(t).year());
    let start = |year: i16| {
        jiff::civil::Date::new(year, 1, 1)
            .and_then(|d| TimeZone::UTC.to_timestamp(d.at(0, 0, 0, 0)))
            .map_or(now, |t| At(t.as_millisecond()))
    };
    Span { from: start(year.saturating_sub(1)), to: start(year.saturating_add(2)) }
}

impl Config {
    /// This configuration for the judge, with service hours over `range`.
    #[must_use]
    pub fn setup(&self, range: Span) -> Setup {
        let offices = self.offices.iter().map(|(id, office)| {
            let stations = office.stations.iter();
            let stations =
                stations.map(|(id, s)| (id.clone(), Station { needs: s.needs.clone() })).collect();
            let judged = siaga_decide::Office {
                name: Arc::clone(&office.name),
                zone: office.zone.clone(),
                calendar: evaluate(&office.hours, range),
                stations,
                stations_needed: office.stations_needed,
                line: office.line.clone(),
                mains: office.mains.clone(),
                via: office.via.clone(),
                open_after_ms: office.open_after_ms,
                close_after_ms: office.close_after_ms,
                merge_within_ms: office.merge_within_ms,
                opening_grace_ms: office.opening_grace_ms,
                settle_after_ms: office.settle_after_ms,
            };
            (id.clone(), judged)
        });
        let lines = self.lines.iter();
        let lines =
            lines.map(|(id, line)| (id.clone(), Line { provider: Arc::clone(&line.provider) }));
        Setup {
            offices: offices.collect(),
            lines: lines.collect(),
            line: self.line.clone(),
            cycle_ms: self.cycle_ms,
        }
    }
}
