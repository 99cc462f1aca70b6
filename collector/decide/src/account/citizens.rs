//! What downtime cost citizens, as a range: from how many people an office serves in an hour, which
//! its configuration says, never from a measurement. Recording alone: what is printed depends on
//! blanks that another office hands out, and nothing is claimed about it.

use super::{Account, ratio};

/// How many people an office records in an hour of service, and what it is to reach in a year.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Throughput {
    /// On a slow day.
    pub per_hour_min: f64,
    /// On a busy day; not less than that.
    pub per_hour_max: f64,
    /// Recordings in a year, where there is a target.
    pub target_per_year: Option<u32>,
}

/// What downtime cost, both ends of the range.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Unserved {
    /// People who could not be recorded: at least for the certain down seconds on a slow day, at
    /// most for the certain and the possible ones on a busy day.
    pub people: (i64, i64),
    /// Hours of work beside the service hours in which that is made up for.
    pub extra_hours: (f64, f64),
    /// Against the office's own target.
    pub target: Option<Target>,
    /// The slowest and the fastest pace assumed, people in an hour.
    pub per_hour: (f64, f64),
    /// Certain down seconds it rests on.
    pub down_seconds: i64,
    /// Seconds that may have been down, in the upper end alone.
    pub possibly_down_seconds: i64,
    /// Of several offices: those for which no pace is known and nothing is counted.
    pub offices_without: usize,
}

/// What an office is to reach.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Target {
    /// Recordings in a year.
    pub per_year: i64,
    /// Of them, those that fall to the period by its part of the year's service hours.
    pub in_period: Option<f64>,
}

impl Target {
    /// What part of the year's target that many people are.
    #[must_use]
    pub fn share(&self, people: i64) -> Option<f64> {
        ratio(people, self.per_year)
    }
}

/// Service hours of the period and of the whole year around it, seconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hours {
    pub(super) period: i64,
    pub(super) year: Option<i64>,
}

/// What the downtime of an account cost.
pub(super) fn unserved(account: &Account, pace: &Throughput, hours: Hours) -> Unserved {
    let (down, possible) = (account.down_seconds(), account.possibly_down_seconds);
    let (slow, fast) = (pace.per_hour_min, pace.per_hour_max.max(pace.per_hour_min));
    let least = whole((in_hours(down) * slow).floor());
    let most = whole((in_hours(down + possible) * fast).ceil());
    let over = |people: i64, pace: f64| if pace > 0.0 { double(people) / pace } else { 0.0 };
    Unserved {
        people: (least, most),
        extra_hours: (over(least, fast), over(most, slow)),
        target: pace.target_per_year.map(|per_year| Target {
            per_year: per_year.into(),
            in_period: hours
                .year
                .and_then(|year| ratio(hours.period, year))
                .map(|part| part * f64::from(per_year)),
        }),
        per_hour: (slow, fast),
        down_seconds: down,
        possibly_down_seconds: possible,
        offices_without: 0,
    }
}

/// Of several offices together; `None` where no pace is known for any.
pub(super) fn together<'a>(
    all: impl IntoIterator<Item = Option<&'a Unserved>>,
) -> Option<Unserved> {
    let mut sum: Option<Unserved> = None;
    let mut without = 0;
    for one in all {
        let Some(one) = one else {
            without += 1;
            continue;
        };
        sum = Some(match sum {
            None => *one,
            Some(sum) => add(&sum, one),
        });
    }
    sum.map(|sum| Unserved { offices_without: without, ..sum })
}

fn add(a: &Unserved, b: &Unserved) -> Unserved {
    let both = |(x, y): (f64, f64), (z, w): (f64, f64)| (x + z, y + w);
    // A target is only the group's where every office that counts has one.
    let target = a.target.zip(b.target).map(|(x, y)| Target {
        per_year: x.per_year + y.per_year,
        in_period: x.in_period.zip(y.in_period).map(|(x, y)| x + y),
    });
    Unserved {
        people: (a.people.0 + b.people.0, a.people.1 + b.people.1),
        extra_hours: both(a.extra_hours, b.extra_hours),
        target,
        per_hour: (a.per_hour.0.min(b.per_hour.0), a.per_hour.1.max(b.per_hour.1)),
        down_seconds: a.down_seconds + b.down_seconds,
        possibly_down_seconds: a.possibly_down_seconds + b.possibly_down_seconds,
        offices_without: 0,
    }
}

fn in_hours(seconds: i64) -> f64 {
    double(seconds) / 3_600.0
}

/// Seconds of centuries and people of a nation are far below what a double holds exactly.
#[allow(clippy::cast_precision_loss)]
fn double(count: i64) -> f64 {
    count as f64
}

#[allow(clippy::cast_possible_truncation)]
fn whole(value: f64) -> i64 {
    value as i64
}

#[cfg(test)]
mod tests;
