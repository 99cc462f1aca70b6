//! Where the service hours of the last days went, day by day in the office's own zone: the accounts
//! of those days. Nothing is added up here that the account does not say.

use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use siaga_decide::{Account, At, Kind, Span};

/// How many days a page shows.
pub(crate) const COUNT: i64 = 30;

/// One civil day of one office.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Day {
    pub(crate) date: Date,
    /// Milliseconds of service hours up to now.
    pub(crate) service: i64,
    /// Milliseconds charged to each cause, in the order of [`Kind::ALL`]; planned time excluded.
    pub(crate) down: [i64; Kind::ALL.len()],
    /// Milliseconds down with planned work among the candidates.
    pub(crate) planned: i64,
    /// Milliseconds of which nothing is known.
    pub(crate) unobserved: i64,
    /// Milliseconds in service.
    pub(crate) in_service: i64,
}

impl Day {
    /// That day as its account has it.
    pub(crate) fn of(date: Date, account: &Account) -> Self {
        Self {
            date,
            service: account.service_seconds * 1_000,
            down: Kind::ALL
                .map(|kind| account.down.get(&kind).map_or(0, |down| down.seconds * 1_000)),
            planned: account.planned_seconds * 1_000,
            unobserved: account.unobserved_seconds * 1_000,
            in_service: account.in_service_seconds * 1_000,
        }
    }

    /// Milliseconds down, planned work excluded.
    pub(crate) fn down_total(&self) -> i64 {
        self.down.iter().sum()
    }
}

/// In service ÷ (service hours − planned − unobserved), as in the account; none where that is 0.
pub(crate) fn availability(days: &[Day]) -> Option<f64> {
    let known: i64 = days.iter().map(|d| d.service - d.planned - d.unobserved).sum();
    let served: i64 = days.iter().map(|d| d.in_service).sum();
    (known > 0).then(|| served as f64 / known as f64)
}

/// The last so many civil days up to today, each from midnight to midnight.
pub(crate) fn last_days(zone: &TimeZone, now: At) -> Vec<(Date, Span)> {
    let today = today(zone, now);
    (0..COUNT)
        .rev()
        .filter_map(|back| today.checked_sub(back.days()).ok())
        .filter_map(|date| Some((date, day_span(date, zone)?)))
        .collect()
}

/// The civil day there.
pub(crate) fn today(zone: &TimeZone, now: At) -> Date {
    // Out of range only by a broken clock; the epoch shows that it is one.
    jiff::Timestamp::from_millisecond(now.0)
        .unwrap_or_default()
        .to_zoned_datetime(zone.clone())
        .date()
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

/// The running civil month there, up to its end.
pub(crate) fn month_span(zone: &TimeZone, now: At) -> Option<Span> {
    let first = today(zone, now).first_of_month();
    let next = first.checked_add(1.month()).ok()?;
    Some(Span { from: day_span(first, zone)?.from, to: day_span(next, zone)?.from })
}

/// What two spans share, where they share anything.
pub(crate) fn cut(a: Span, b: Span) -> Option<Span> {
    let both = Span { from: a.from.max(b.from), to: a.to.min(b.to) };
    (both.from < both.to).then_some(both)
}
