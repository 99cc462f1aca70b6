//! The JSON routes. The shapes of ledger entries and causes are those of `record.rs`, of accounts
//! those of `report`: a figure looks the same wherever it is read.

mod say;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use siaga_decide::{
    At, Basis, Forecast, OfficeId, OfficeView, Outage, ProbeView, Saw, StationView,
};

use super::reply::{failed_program, json, problem};
use super::site::Site;
use crate::accounts::{Group, NoSum};
use crate::record::{CauseRecord, CorrectionRecord, Instant, OutageRecord, Record as _};
use crate::report::{self, Period, Report};
use crate::store::{self, ledger};

pub(crate) use say::{acknowledge, note, planned};

/// Entries in one answer.
const MOST_OUTAGES: usize = 5_000;
/// An account is made of a ledger at most this old.
const ACCOUNT_AGE_MS: i64 = 500;

#[derive(Serialize)]
struct Offices<'a> {
    at: Instant,
    blind_since: Option<Instant>,
    offices: Vec<OneOffice<'a>>,
}

#[derive(Serialize)]
struct OneOffice<'a> {
    id: &'a str,
    name: &'a str,
    zone: Option<&'a str>,
    state: &'static str,
    since: Instant,
    open: bool,
    at_risk: bool,
    cause: Option<Cause>,
    outage: Option<&'a str>,
    forecast: Option<OneForecast>,
    stations: Vec<OneStation<'a>>,
}

/// How much longer outages like the one that is open went on.
#[derive(Serialize)]
struct OneForecast {
    cases: usize,
    basis: &'static str,
    median_remaining_seconds: i64,
    nine_in_ten_remaining_seconds: i64,
    median_total_seconds: i64,
    nine_in_ten_total_seconds: i64,
}

fn one_forecast(forecast: &Forecast) -> OneForecast {
    OneForecast {
        cases: forecast.cases,
        basis: match forecast.basis {
            Basis::Office => "office",
            Basis::All => "all",
        },
        median_remaining_seconds: forecast.median_ms / 1_000,
        nine_in_ten_remaining_seconds: forecast.nine_in_ten_ms / 1_000,
        median_total_seconds: forecast.median_total_ms / 1_000,
        nine_in_ten_total_seconds: forecast.nine_in_ten_total_ms / 1_000,
    }
}

#[derive(Serialize)]
struct Cause {
    since: Instant,
    #[serde(flatten)]
    cause: CauseRecord,
}

#[derive(Serialize)]
struct OneStation<'a> {
    id: &'a str,
    state: &'static str,
    since: Instant,
    last_heard: Option<Instant>,
    backlog: bool,
    probes: Vec<OneProbe<'a>>,
}

#[derive(Serialize)]
struct OneProbe<'a> {
    probe: &'a str,
    at: Instant,
    since: Instant,
    saw: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    words: Vec<&'a str>,
    values: BTreeMap<&'a str, f64>,
}

fn one_office<'a>(
    id: &'a OfficeId,
    configured: &'a crate::config::Office,
    view: &'a OfficeView,
    forecast: Option<&Forecast>,
) -> OneOffice<'a> {
    OneOffice {
        id: id.as_str(),
        name: &configured.name,
        zone: configured.zone.iana_name(),
        state: view.state.word(),
        since: Instant(view.since),
        open: view.open,
        at_risk: view.at_risk,
        cause: view
            .cause
            .as_ref()
            .map(|now| Cause { since: Instant(now.since), cause: CauseRecord::of(&now.cause) }),
        outage: view.outage.as_ref().map(|o| o.as_str()),
        forecast: forecast.map(one_forecast),
        stations: view.stations.iter().map(|(id, s)| one_station(id.as_str(), s)).collect(),
    }
}

fn one_station<'a>(id: &'a str, station: &'a StationView) -> OneStation<'a> {
    OneStation {
        id,
        state: station.state.word(),
        since: Instant(station.since),
        last_heard: station.last_heard.map(Instant),
        backlog: station.backlog,
        probes: station.probes.iter().map(|(name, p)| one_probe(name.as_str(), p)).collect(),
    }
}

fn one_probe<'a>(name: &'a str, probe: &'a ProbeView) -> OneProbe<'a> {
    let (saw, why) = match &probe.answer.saw {
        Saw::Answered => ("answered", None),
        Saw::Refused => ("refused", None),
        Saw::Timeout => ("timeout", None),
        Saw::Unreachable => ("unreachable", None),
        Saw::Error(why) => ("error", Some(&**why)),
        Saw::Unreadable(why) => ("unreadable", Some(&**why)),
    };
    let finite = probe.numbers.iter().filter(|n| n.last.is_finite());
    OneProbe {
        probe: name,
        at: Instant(probe.at),
        since: Instant(probe.since),
        saw,
        why,
        words: probe.answer.words.iter().map(AsRef::as_ref).collect(),
        values: finite.map(|n| (&*n.name, n.last)).collect(),
    }
}

/// Where the store cannot be read, the present is shown all the same.
async fn forecasts(site: &Arc<Site>) -> BTreeMap<OfficeId, Forecast> {
    match site.app.store.read(ledger::open).await {
        Ok(open) => site.forecasts(&open).await,
        Err(error) => {
            tracing::error!(%error, "reading what lasts");
            BTreeMap::new()
        }
    }
}

/// `GET /api/v1/offices`.
pub(crate) async fn offices(State(site): State<Arc<Site>>) -> Response {
    let view = site.app.handle.view();
    let configured = &site.app.config.offices;
    let forecasts = forecasts(&site).await;
    let offices = configured.iter().filter_map(|(id, office)| {
        Some(one_office(id, office, view.offices.get(id)?, forecasts.get(id)))
    });
    json(&Offices {
        at: Instant(view.at),
        blind_since: view.blind_since.map(Instant),
        offices: offices.collect(),
    })
}

/// `GET /api/v1/offices/{office}`.
pub(crate) async fn office(State(site): State<Arc<Site>>, Path(office): Path<String>) -> Response {
    let view = site.app.handle.view();
    let id = OfficeId::from(office.as_str());
    match (site.app.config.offices.get(&id), view.offices.get(&id)) {
        (Some(configured), Some(view)) => {
            json(&one_office(&id, configured, view, forecasts(&site).await.get(&id)))
        }
        (Some(_), None) => {
            problem(StatusCode::SERVICE_UNAVAILABLE, "nothing is known of this office yet")
        }
        (None, _) => problem(StatusCode::NOT_FOUND, "there is no such office"),
    }
}

/// Which entries.
#[derive(Deserialize)]
pub(crate) struct Which {
    office: Option<String>,
    from: Option<String>,
    to: Option<String>,
}

#[derive(Serialize)]
struct Outages {
    outages: Vec<OneOutage>,
    /// There are more, older ones.
    truncated: bool,
}

#[derive(Serialize)]
struct OneOutage {
    #[serde(flatten)]
    entry: OutageRecord,
    corrections: Vec<CorrectionRecord>,
    notes: Vec<Note>,
}

#[derive(Serialize)]
struct Note {
    at: Instant,
    by: String,
    text: Option<String>,
    expected_back: Option<Instant>,
}

/// `GET /api/v1/outages?office=&from=&to=`: entries that overlap `[from, to)`.
pub(crate) async fn outages(State(site): State<Arc<Site>>, Query(which): Query<Which>) -> Response {
    let office = which.office.filter(|id| !id.is_empty());
    let configured = office.as_deref().map(OfficeId::from);
    let zone = configured
        .and_then(|id| site.app.config.offices.get(&id).map(|o| o.zone.clone()))
        .unwrap_or_else(|| site.zone());
    let edge = |given: &Option<String>, open: At| match given.as_deref().filter(|t| !t.is_empty()) {
        None => Ok(open),
        Some(text) => edge(text, &zone),
    };
    let (from, to) = match (edge(&which.from, At(i64::MIN)), edge(&which.to, At(i64::MAX))) {
        (Ok(from), Ok(to)) => (from, to),
        (Err(what), _) | (_, Err(what)) => return problem(StatusCode::BAD_REQUEST, what),
    };
    let read = move |conn: &rusqlite::Connection| {
        let mut found = ledger::between(conn, office.as_deref(), from, to)?;
        let truncated = found.len() > MOST_OUTAGES;
        found.drain(..found.len().saturating_sub(MOST_OUTAGES));
        let outages = found.iter().map(|o| one_outage(conn, o)).collect::<store::Result<_>>()?;
        Ok(Outages { outages, truncated })
    };
    match site.app.store.read(read).await {
        Ok(found) => json(&found),
        Err(error) => failed_program(&error),
    }
}

/// RFC 3339, or a day in the office's zone.
fn edge(text: &str, zone: &jiff::tz::TimeZone) -> Result<At, &'static str> {
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return Ok(At(at.as_millisecond()));
    }
    let day = text.parse::<jiff::civil::Date>().ok();
    let day = day.and_then(|day| super::days::day_span(day, zone));
    day.map(|day| day.from).ok_or("from and to are RFC 3339 or YYYY-MM-DD")
}

fn one_outage(conn: &rusqlite::Connection, outage: &Outage) -> store::Result<OneOutage> {
    let id = outage.id.as_str();
    let notes = ledger::notes(conn, id)?.into_iter().map(|(at, note)| Note {
        at: Instant(at),
        by: note.by.to_string(),
        text: note.text.map(|t| t.to_string()),
        expected_back: note.expected_back.map(Instant),
    });
    Ok(OneOutage {
        entry: OutageRecord::of(outage),
        corrections: ledger::corrections(conn, id)?.iter().map(CorrectionRecord::of).collect(),
        notes: notes.collect(),
    })
}

/// `GET /api/v1/outages/{id}`.
pub(crate) async fn outage(State(site): State<Arc<Site>>, Path(id): Path<String>) -> Response {
    let read = move |conn: &rusqlite::Connection| {
        ledger::get(conn, &id)?.map(|outage| one_outage(conn, &outage)).transpose()
    };
    match site.app.store.read(read).await {
        Ok(Some(found)) => json(&found),
        Ok(None) => problem(StatusCode::NOT_FOUND, "there is no such outage"),
        Err(error) => failed_program(&error),
    }
}

/// `GET /api/v1/accounts/{office}/{period}`.
pub(crate) async fn account(
    State(site): State<Arc<Site>>,
    Path((office, period)): Path<(String, String)>,
) -> Response {
    let id = OfficeId::from(office.as_str());
    let Some(configured) = site.app.config.offices.get(&id) else {
        return problem(StatusCode::NOT_FOUND, "there is no such office");
    };
    let period = match Period::parse(&period, &configured.zone) {
        Ok(period) => period,
        Err(error) => return problem(StatusCode::BAD_REQUEST, error.hint),
    };
    let standing = match site.standing(&id, &period, ACCOUNT_AGE_MS).await {
        Ok(Some(standing)) => standing,
        Ok(None) => {
            return problem(StatusCode::SERVICE_UNAVAILABLE, "nothing is known of this office yet");
        }
        Err(error) => return failed_program(&error),
    };
    json(&report::json(&Report {
        account: &standing.account,
        period: &period,
        office_name: &configured.name,
        zone: &configured.zone,
        language: site.app.config.language.wording(),
        notes: &configured.hours.notes(period.span()),
        closed: standing.closed.as_ref(),
        proposal: standing.proposal.as_ref(),
        parts: &[],
    }))
}

/// `GET /api/v1/accounts/all/{period}`.
pub(crate) async fn account_of_all(
    State(site): State<Arc<Site>>,
    Path(period): Path<String>,
) -> Response {
    group(&site, Group::All, period).await
}

/// `GET /api/v1/accounts/district/{district}/{period}`.
pub(crate) async fn account_of_district(
    State(site): State<Arc<Site>>,
    Path((district, period)): Path<(String, String)>,
) -> Response {
    group(&site, Group::District(district), period).await
}

async fn group(site: &Arc<Site>, group: Group, period: String) -> Response {
    match site.sum(&group, &period).await {
        Ok(Ok(sum)) => {
            let made =
                sum.with(&site.app.config, &group, &period, |report| Ok(report::json(report)));
            match made {
                Ok(value) => json(&value),
                Err(error) => failed_program(&error),
            }
        }
        Ok(Err(why)) => {
            let status = match why {
                NoSum::NoDistrict => StatusCode::NOT_FOUND,
                NoSum::NoPeriod => StatusCode::BAD_REQUEST,
                NoSum::NothingKnown => StatusCode::SERVICE_UNAVAILABLE,
            };
            problem(status, why.to_string().lines().next().unwrap_or_default())
        }
        Err(error) => failed_program(&error),
    }
}
