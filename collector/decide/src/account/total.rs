//! Accounts of several offices together: a district, or all. Must never weigh: every second of
//! every office counts once, so that the sums add up as each of them does.

use std::collections::BTreeMap;

use super::{Account, DownSeconds, StationSeconds, Terms, citizens};
use crate::ids::{OfficeId, StationId};
use crate::span::Span;

/// The sum of accounts under a name of its own; `None` of no account. Each office counts in its
/// own civil time; stations are called `office/station`. It is final when all of them are.
#[must_use]
pub fn total(name: OfficeId, accounts: &[&Account]) -> Option<Account> {
    let first = accounts.first()?;
    let mut sum = Account { office: name, ..empty(first) };
    for account in accounts {
        add(&mut sum, account);
    }
    sum.unserved = citizens::together(accounts.iter().map(|a| a.unserved.as_ref()));
    sum.outages.sort_by(|a, b| (a.from, &a.id).cmp(&(b.from, &b.id)));
    Some(sum)
}

fn empty(like: &Account) -> Account {
    Account {
        office: like.office.clone(),
        period: like.period,
        until: like.until,
        service_seconds: 0,
        in_service_seconds: 0,
        down: BTreeMap::new(),
        planned_seconds: 0,
        unobserved_seconds: 0,
        possibly_down_seconds: 0,
        at_risk: BTreeMap::new(),
        unobserved_by_station: BTreeMap::new(),
        by_station: BTreeMap::new(),
        by_hour: [Terms::default(); 24],
        by_weekday: [Terms::default(); 7],
        outages: Vec::new(),
        blips: 0,
        unserved: None,
        is_final: true,
    }
}

fn add(sum: &mut Account, one: &Account) {
    sum.period =
        Span { from: sum.period.from.min(one.period.from), to: sum.period.to.max(one.period.to) };
    sum.until = sum.until.max(one.until);
    sum.service_seconds += one.service_seconds;
    sum.in_service_seconds += one.in_service_seconds;
    sum.planned_seconds += one.planned_seconds;
    sum.unobserved_seconds += one.unobserved_seconds;
    sum.possibly_down_seconds += one.possibly_down_seconds;
    sum.blips += one.blips;
    sum.is_final &= one.is_final;
    for (kind, down) in &one.down {
        let known: &mut DownSeconds = sum.down.entry(*kind).or_default();
        known.seconds += down.seconds;
        known.likely_seconds += down.likely_seconds;
        for (sub, seconds) in &down.by_sub {
            *known.by_sub.entry(*sub).or_default() += seconds;
        }
    }
    for (saved_by, seconds) in &one.at_risk {
        *sum.at_risk.entry(*saved_by).or_default() += seconds;
    }
    let named = |station: &StationId| StationId::from(format!("{}/{station}", one.office).as_str());
    for (station, seconds) in &one.unobserved_by_station {
        *sum.unobserved_by_station.entry(named(station)).or_default() += seconds;
    }
    for (station, seconds) in &one.by_station {
        let known: &mut StationSeconds = sum.by_station.entry(named(station)).or_default();
        known.serving += seconds.serving;
        known.not_serving += seconds.not_serving;
        known.unknown += seconds.unknown;
    }
    for (known, terms) in sum.by_hour.iter_mut().zip(&one.by_hour) {
        known.add(terms);
    }
    for (known, terms) in sum.by_weekday.iter_mut().zip(&one.by_weekday) {
        known.add(terms);
    }
    sum.outages.extend(one.outages.iter().cloned());
}

#[cfg(test)]
mod tests;
