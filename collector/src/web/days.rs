//! Where the service hours of the last days went, day by day in the office's own zone, from the
//! outages as they are stored. The account of a month comes from `report.rs`; this is the picture
//! beside an office, and it never invents service for days of which nothing is known.

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use siaga_decide::{At, Calendar, Kind, Outage, Span};

/// One civil day of one office.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Day {
    pub(crate) date: Date,
    /// Milliseconds of service hours up to now.
    pub(crate) service: i64,
    /// Milliseconds charged to each cause, in the order of [`Kind::ALL`]; planned time excluded.
    pub(crate) down: [i64; Kind::ALL.len()],
    /// Milliseconds covered by planned work.
    pub(crate) planned: i64,
    /// Milliseconds of which nothing is known.
    pub(crate) unobserved: i64,
}

impl Day {
    /// Milliseconds down, planned work excluded.
    pub(crate) fn down_total(&self) -> i64 {
        self.down.iter().sum()
    }

    /// Milliseconds in service.
    pub(crate) fn in_service(&self) -> i64 {
        (self.service - self.down_total() - self.planned - self.unobserved).max(0)
    }
}

/// In service ÷ (service hours − planned − unobserved), as in the account; none where that is 0.
pub(crate) fn availability(days: &[Day]) -> Option<f64> {
    let known: i64 = days.iter().map(|d| d.service - d.planned - d.unobserved).sum();
    let served: i64 = days.iter().map(Day::in_service).sum();
    (known > 0).then(|| served as f64 / known as f64)
}

/// The days up to today. `known` are the spans in which the office was observed; `None` means
/// that they are not known apart, and all past service hours count as observed.
pub(crate) fn days(
    outages: &[&Outage],
    calendar: &Calendar,
    unobserved: &[Span],
    zone: &TimeZone,
    now: At,
    count: i64,
) -> Vec<Day> {
    let today = jiff::Timestamp::from_millisecond(now.0)
        .unwrap_or_default()
        .to_zoned_datetime(zone.clone())
        .date();
    (0..count)
        .rev()
        .filter_map(|back| today.checked_sub(back.days()).ok())
        .filter_map(|date| Some((date, day_span(date, zone)?)))
        .map(|(date, span)| {
            day(
                date,
                Span { from: span.from, to: span.to.min(now) },
                outages,
                calendar,
                unobserved,
                now,
            )
        })
        .collect()
}

/// From midnight to midnight; 23 or 25 hours where a zone says so.
pub(crate) fn day_span(date: Date, zone: &TimeZone) -> Option<Span> {
    let from = date.to_zoned_datetime(zone.clone()).ok()?;
    let to = date.tomorrow().ok()?.to_zoned_datetime(zone.clone()).ok()?;
    Some(Span {
        from: At(from.timestamp().as_millisecond()),
        to: At(to.timestamp().as_millisecond()),
    })
}

fn day(
    date: Date,
    span: Span,
    outages: &[&Outage],
    calendar: &Calendar,
    unobserved: &[Span],
    now: At,
) -> Day {
    let mut day = Day { date, service: 0, down: [0; Kind::ALL.len()], planned: 0, unobserved: 0 };
    for open in calendar.open.iter().filter_map(|o| cut(*o, span)) {
        day.service += open.to - open.from;
        for gap in unobserved.iter().filter_map(|g| cut(*g, open)) {
            day.unobserved += gap.to - gap.from;
        }
        for outage in outages.iter().filter(|o| !o.void) {
            let last = outage.charges.len().saturating_sub(1);
            for (i, charge) in outage.charges.iter().enumerate() {
                let mut of = charge.span;
                if outage.to.is_none() && i == last {
                    of.to = of.to.max(now);
                }
                let Some(part) = cut(of, open) else { continue };
                let ms = part.to - part.from;
                if charge.planned {
                    day.planned += ms;
                } else if charge.guessed {
                    // Silence alone is not known to be down; the ledger counts it as unobserved.
                    day.unobserved += ms;
                } else if let Some(sum) = Kind::ALL
                    .iter()
                    .position(|k| *k == charge.cause.kind)
                    .and_then(|i| day.down.get_mut(i))
                {
                    *sum += ms;
                }
            }
        }
    }
    day.unobserved = day.unobserved.min((day.service - day.down_total() - day.planned).max(0));
    day
}

/// What two spans share, where they share anything.
pub(crate) fn cut(a: Span, b: Span) -> Option<Span> {
    let both = Span { from: a.from.max(b.from), to: a.to.min(b.to) };
    (both.from < both.to).then_some(both)
}
