//! What the handlers share: the parts of the collector, the calendars of the running year, the
//! ledger as it was made last, and the limit on sign-ins.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use siaga_decide::{
    Account, At, Calendar, Forecast, OfficeId, Outage, OutageId, Past, Setup, Span, forecast,
};

use super::days::{Day, last_days, month_span};
use super::login::Attempts;
use super::page::OfficeFacts;
use crate::App;
use crate::accounts::{self, Group, NoSum, Standing, Sum};
use crate::config::calendar_range;
use crate::report::Period;
use crate::store::{self, StoreError};
use crate::truth::Truth;

/// What the handlers share.
pub(crate) struct Site {
    pub(crate) app: Arc<App>,
    pub(crate) attempts: Attempts,
    plan: Mutex<Option<Arc<Plan>>>,
    known: Mutex<Option<Arc<Known>>>,
    history: Mutex<History>,
    /// Held by whoever makes the ledger anew; others wait and take theirs.
    making: tokio::sync::Mutex<()>,
}

/// The configuration with its calendars over the years around now.
#[derive(Debug)]
pub(crate) struct Plan {
    range: Span,
    pub(crate) setup: Arc<Setup>,
    calendars: BTreeMap<OfficeId, Arc<Calendar>>,
}

/// The ledger as it was made last, and what pages and metrics show of it.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) truth: Truth,
    pub(crate) days: BTreeMap<OfficeId, Vec<Day>>,
    pub(crate) months: BTreeMap<OfficeId, Account>,
    /// Milliseconds that making it took.
    took_ms: i64,
}

/// So far back the ledger at hand may reach.
const AT_HAND_MS: i64 = 32 * 86_400_000;

/// How long outages lasted, as far as it was read.
#[derive(Debug, Default)]
struct History {
    upto: Option<At>,
    cases: BTreeMap<OutageId, Past>,
    shown: Arc<Vec<Past>>,
}

/// The history is read again at most this often.
const HISTORY_AGE_MS: i64 = 30_000;

/// A new ledger is made at most this often,
const LEAST_AGE_MS: i64 = 2_000;
/// and never for more than this part of the time.
const SHARE: i64 = 20;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is behind these locks is replaced whole: a panic elsewhere leaves it as it was.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Site {
    /// For one router.
    pub(crate) fn new(app: Arc<App>) -> Self {
        Self {
            app,
            attempts: Attempts::default(),
            plan: Mutex::default(),
            known: Mutex::default(),
            history: Mutex::default(),
            making: tokio::sync::Mutex::default(),
        }
    }

    /// The present instant.
    pub(crate) fn now(&self) -> At {
        self.app.clock.now()
    }

    /// The configuration with its calendars.
    pub(crate) fn plan(&self) -> Arc<Plan> {
        let range = calendar_range(self.now());
        let mut plan = lock(&self.plan);
        if let Some(plan) = plan.as_ref().filter(|p| p.range == range) {
            return Arc::clone(plan);
        }
        let setup = self.app.config.setup(range);
        let calendars = setup.offices.iter();
        let calendars = calendars.map(|(id, o)| (id.clone(), Arc::new(o.calendar.clone())));
        let fresh =
            Arc::new(Plan { range, calendars: calendars.collect(), setup: Arc::new(setup) });
        *plan = Some(Arc::clone(&fresh));
        fresh
    }

    /// The zone of texts about the collector itself: that of the first office.
    pub(crate) fn zone(&self) -> TimeZone {
        let first = self.app.config.offices.values().next();
        first.map_or(TimeZone::UTC, |office| office.zone.clone())
    }

    /// The ledger, at most so old.
    pub(crate) async fn known(self: &Arc<Self>, age_ms: i64) -> anyhow::Result<Arc<Known>> {
        if let Some(known) = self.known_if(age_ms) {
            return Ok(known);
        }
        // A task of its own: whoever gives up waiting does not throw the work away.
        let site = Arc::clone(self);
        tokio::spawn(async move {
            let _turn = site.making.lock().await;
            if let Some(known) = site.known_if(age_ms) {
                return Ok(known);
            }
            let maker = Arc::clone(&site);
            let made = Arc::new(tokio::task::spawn_blocking(move || maker.make()).await??);
            *lock(&site.known) = Some(Arc::clone(&made));
            Ok(made)
        })
        .await?
    }

    fn known_if(&self, age_ms: i64) -> Option<Arc<Known>> {
        let now = self.now();
        // A clock that was set back must not keep an old ledger for hours.
        let young = |k: &&Arc<Known>| (0..=age_ms).contains(&(now - k.truth.at()));
        lock(&self.known).as_ref().filter(young).map(Arc::clone)
    }

    /// The ledger for pages and metrics: young enough, or the last one while another is made.
    /// None where the store cannot be read: pages show the present all the same.
    pub(crate) async fn known_lately(self: &Arc<Self>) -> Option<Arc<Known>> {
        let last = lock(&self.known).as_ref().map(Arc::clone);
        let outcome = match last {
            None => self.known(LEAST_AGE_MS).await,
            Some(last) => {
                let age = (last.took_ms * SHARE).clamp(LEAST_AGE_MS, 10 * 60_000);
                if let Some(known) = self.known_if(age) {
                    return Some(known);
                }
                if last.took_ms < 200 {
                    self.known(age).await
                } else {
                    let site = Arc::clone(self);
                    tokio::spawn(async move {
                        if let Err(error) = site.known(age).await {
                            tracing::error!(%error, "making the ledger for the pages");
                        }
                    });
                    Ok(last)
                }
            }
        };
        outcome.map_err(|error| tracing::error!(%error, "making the ledger for the pages")).ok()
    }

    /// Slow: on a thread that may block.
    fn make(&self) -> anyhow::Result<Known> {
        let begun = self.app.clock.boot_ms();
        let now = self.now();
        let conn = store::open_reader(self.app.store.path())?;
        let moment = conn.unchecked_transaction().map_err(StoreError::from)?;
        let offices = &self.app.config.offices;
        // The running month, and the thirty days of the charts.
        let shown = offices.values().flat_map(|office| {
            let days = last_days(&office.zone, now);
            let ends = [days.first(), days.last()].into_iter().flatten().map(|(_, span)| *span);
            ends.chain(month_span(&office.zone, now)).collect::<Vec<Span>>()
        });
        let shown: Vec<Span> = shown.collect();
        let from = shown.iter().map(|s| s.from).min().unwrap_or(now);
        let truth = Truth::read(&moment, &self.app.config, now, Span { from, to: now })?;
        let days = offices.iter().map(|(id, office)| {
            let days = last_days(&office.zone, now);
            let of = |(date, span): (Date, Span)| {
                truth.account(id, span).map(|account| Day::of(date, &account))
            };
            (id.clone(), days.into_iter().filter_map(of).collect())
        });
        let months = offices.iter().filter_map(|(id, office)| {
            let span = month_span(&office.zone, now)?;
            Some((id.clone(), truth.account(id, span)?))
        });
        Ok(Known {
            days: days.collect(),
            months: months.collect(),
            truth,
            took_ms: self.app.clock.boot_ms() - begun,
        })
    }

    /// How long outages lasted, all that are over. Of what changed since it was read last only.
    async fn history(self: &Arc<Self>) -> store::Result<Arc<Vec<Past>>> {
        let now = self.now();
        let since = {
            let history = lock(&self.history);
            let young = |upto: &At| (0..HISTORY_AGE_MS).contains(&(now - *upto));
            if history.upto.as_ref().is_some_and(young) {
                return Ok(Arc::clone(&history.shown));
            }
            history.upto.unwrap_or(At(i64::MIN))
        };
        let changed = move |conn: &rusqlite::Connection| {
            store::ledger::changed_since(conn, since - HISTORY_AGE_MS)
        };
        let changed = self.app.store.read(changed).await?;
        let mut history = lock(&self.history);
        for outage in changed {
            match Past::of(&outage) {
                Some(past) => history.cases.insert(outage.id, past),
                None => history.cases.remove(&outage.id),
            };
        }
        history.shown = Arc::new(history.cases.values().cloned().collect());
        history.upto = Some(now);
        Ok(Arc::clone(&history.shown))
    }

    /// How much longer the outage of an office is likely to last, where that is known.
    pub(crate) async fn forecasts(
        self: &Arc<Self>,
        open: &[Outage],
    ) -> BTreeMap<OfficeId, Forecast> {
        if open.is_empty() {
            return BTreeMap::new();
        }
        let history = match self.history().await {
            Ok(history) => history,
            Err(error) => {
                tracing::error!(%error, "reading how long outages lasted");
                return BTreeMap::new();
            }
        };
        let (now, view) = (self.now(), self.app.handle.view());
        let of = |outage: &Outage| {
            let cause = view.offices.get(&outage.office)?.cause.as_ref()?;
            let lasted = now - outage.from.lo;
            let made = forecast(&*history, &outage.office, cause.cause.kind, lasted)?;
            Some((outage.office.clone(), made))
        };
        open.iter().filter_map(of).collect()
    }

    /// The account of an office as it stands: from the ledger at hand, at most so old, where that
    /// reaches back far enough; else read for it.
    pub(crate) async fn standing(
        self: &Arc<Self>,
        office: &OfficeId,
        period: &Period,
        age_ms: i64,
    ) -> anyhow::Result<Option<Standing>> {
        let known = match period.span().from >= self.now() - AT_HAND_MS {
            true => Some(self.known(age_ms).await?),
            false => None,
        };
        let (site, office, period) = (Arc::clone(self), office.clone(), period.clone());
        let read = move || {
            let conn = store::open_reader(site.app.store.path())?;
            let moment = conn.unchecked_transaction().map_err(StoreError::from)?;
            match known.filter(|k| k.truth.covers(period.span())) {
                Some(known) => Ok(accounts::standing(&moment, &known.truth, &office, &period)?),
                None => accounts::read(&moment, &site.app.config, site.now(), &office, &period),
            }
        };
        tokio::task::spawn_blocking(read).await?
    }

    /// The accounts of several offices.
    pub(crate) async fn sum(
        self: &Arc<Self>,
        group: &Group,
        period: &str,
    ) -> anyhow::Result<Result<Sum, NoSum>> {
        let (site, group, period) = (Arc::clone(self), group.clone(), period.to_owned());
        let read = move || {
            let conn = store::open_reader(site.app.store.path())?;
            let moment = conn.unchecked_transaction().map_err(StoreError::from)?;
            accounts::read_sum(&moment, &site.app.config, site.now(), &group, &period)
        };
        tokio::task::spawn_blocking(read).await?
    }

    /// All that is known of every office that the configuration names.
    pub(crate) async fn offices(self: &Arc<Self>) -> store::Result<Vec<OfficeFacts>> {
        let open = self.app.store.read(store::ledger::open).await?;
        let known = self.known_lately().await;
        let forecasts = self.forecasts(&open).await;
        let (plan, view) = (self.plan(), self.app.handle.view());
        let offices = self.app.config.offices.iter().map(|(id, office)| OfficeFacts {
            id: id.clone(),
            name: office.name.to_string(),
            zone: office.zone.clone(),
            calendar: plan.calendars.get(id).map(Arc::clone).unwrap_or_default(),
            view: view.offices.get(id).cloned(),
            open: open_of(&open, id).map(|o| present(known.as_deref(), o)),
            days: known.as_ref().and_then(|k| k.days.get(id).cloned()).unwrap_or_default(),
            forecast: forecasts.get(id).copied(),
            month: known.as_ref().and_then(|k| k.months.get(id).cloned()),
        });
        Ok(offices.collect())
    }

    /// The same of one office, without its days.
    pub(crate) async fn board(
        self: &Arc<Self>,
        id: &OfficeId,
    ) -> store::Result<Option<OfficeFacts>> {
        let Some(office) = self.app.config.offices.get(id) else { return Ok(None) };
        let open = self.app.store.read(store::ledger::open).await?;
        let mine: Vec<Outage> = open_of(&open, id).into_iter().collect();
        let forecasts = self.forecasts(&mine).await;
        Ok(Some(OfficeFacts {
            id: id.clone(),
            name: office.name.to_string(),
            zone: office.zone.clone(),
            calendar: self.plan().calendars.get(id).map(Arc::clone).unwrap_or_default(),
            view: self.app.handle.view().offices.get(id).cloned(),
            open: open_of(&open, id),
            days: Vec::new(),
            forecast: forecasts.get(id).copied(),
            month: None,
        }))
    }
}

/// An entry as it is now, where that is known.
pub(crate) fn present(known: Option<&Known>, outage: Outage) -> Outage {
    match known {
        Some(known) => known.truth.present(outage),
        None => outage,
    }
}

/// An office has at most one that lasts; the newest, should that ever fail.
fn open_of(open: &[Outage], office: &OfficeId) -> Option<Outage> {
    open.iter().rev().find(|o| o.office == *office).cloned()
}
