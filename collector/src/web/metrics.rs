//! `/metrics` for Prometheus, and `/readyz`. Everything is made anew from the present at each
//! scrape, so a series never outlives what it speaks of. Names of metrics and labels come from
//! tables here and from the configuration, never from what an agent sends.

mod probes;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use prometheus::{CounterVec, Encoder as _, GaugeVec, Opts, Registry, TextEncoder};
use siaga_decide::{Kind, OfficeState, StationState, View};

use super::reply;
use super::site::{Known, Site};
use crate::store::outbox;

/// The metrics of one scrape.
struct Page {
    registry: Registry,
}

impl Page {
    fn gauge(&self, name: &str, help: &str, labels: &[&str]) -> prometheus::Result<GaugeVec> {
        let family = GaugeVec::new(Opts::new(format!("siaga_{name}"), help), labels)?;
        self.registry.register(Box::new(family.clone()))?;
        Ok(family)
    }

    fn counter(&self, name: &str, help: &str, value: f64) -> prometheus::Result<()> {
        let family = CounterVec::new(Opts::new(format!("siaga_{name}"), help), &[])?;
        family.with_label_values::<&str>(&[]).inc_by(value.max(0.0));
        self.registry.register(Box::new(family))
    }

    fn single(&self, name: &str, help: &str, value: f64) -> prometheus::Result<()> {
        self.gauge(name, help, &[])?.with_label_values::<&str>(&[]).set(value);
        Ok(())
    }
}

/// `GET /metrics`.
pub(crate) async fn scrape(State(site): State<Arc<Site>>) -> Response {
    let known = site.known_lately().await;
    let outbox = match site.app.store.read(outbox::counts).await {
        Ok(counts) => counts,
        Err(error) => return reply::failed_program(&error),
    };
    match text(&site, known.as_deref(), &outbox) {
        Ok(text) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text)
            .into_response(),
        Err(error) => {
            tracing::error!(%error, "metrics cannot be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn text(
    site: &Site,
    known: Option<&Known>,
    outbox: &[(String, i64)],
) -> prometheus::Result<Vec<u8>> {
    let page = Page { registry: Registry::new() };
    let view = site.app.handle.view();
    states(&page, site, &view)?;
    accounts(&page, site, known)?;
    probes::write(&page, site, &view)?;
    own(&page, site, &view, outbox)?;
    let mut out = Vec::new();
    TextEncoder::new().encode(&page.registry.gather(), &mut out)?;
    Ok(out)
}

/// Every office and station of the configuration in every state, 0 or 1, from the start.
fn states(page: &Page, site: &Site, view: &View) -> prometheus::Result<()> {
    let office_state =
        page.gauge("office_state", "1 for the state the office is in.", &["office", "state"])?;
    let station_state = page.gauge(
        "station_state",
        "1 for the state the station is in.",
        &["office", "station", "state"],
    )?;
    let at_risk =
        page.gauge("office_at_risk", "1 while it serves on battery or generator.", &["office"])?;
    let open = page.gauge(
        "outage_open",
        "Outages that are open, by the cause charged now.",
        &["office", "cause"],
    )?;
    for (id, configured) in &site.app.config.offices {
        let office = view.offices.get(id);
        let id = id.as_str();
        for state in OfficeState::ALL {
            let is = office.map_or(state == OfficeState::Unobserved, |o| o.state == state);
            office_state.with_label_values(&[id, state.word()]).set(f64::from(u8::from(is)));
        }
        let risk = office.is_some_and(|o| o.at_risk);
        at_risk.with_label_values(&[id]).set(f64::from(u8::from(risk)));
        let cause = office.filter(|o| o.outage.is_some());
        let cause = cause.map(|o| o.cause.as_ref().map_or(Kind::Silent, |now| now.cause.kind));
        for kind in Kind::ALL {
            let is = cause == Some(kind);
            open.with_label_values(&[id, kind.word()]).set(f64::from(u8::from(is)));
        }
        for station in configured.stations.keys() {
            let now = office.and_then(|o| o.stations.get(station)).map(|s| s.state);
            let now = now.unwrap_or(StationState::NeverHeard);
            for state in StationState::ALL {
                let labels = [id, station.as_str(), state.word()];
                station_state.with_label_values(&labels).set(f64::from(u8::from(now == state)));
            }
        }
    }
    Ok(())
}

/// The account of the running month.
fn accounts(page: &Page, site: &Site, known: Option<&Known>) -> prometheus::Result<()> {
    let sum = |name, help| page.gauge(name, help, &["office"]);
    let service = sum("service_seconds", "Service hours of the running month so far.")?;
    let served = sum("in_service_seconds", "Of them, in service.")?;
    let planned = sum("planned_seconds", "Of them, down for planned work.")?;
    let unobserved = sum("unobserved_seconds", "Of them, not known.")?;
    let risk = sum("at_risk_seconds", "Of those in service, on battery or generator.")?;
    let down = page.gauge(
        "downtime_seconds",
        "Service time lost in the running month, by cause.",
        &["office", "cause"],
    )?;
    for id in site.app.config.offices.keys() {
        let month = known.and_then(|k| k.months.get(id));
        let id = [id.as_str()];
        for (family, value) in [
            (&service, month.map_or(0, |m| m.service_seconds)),
            (&served, month.map_or(0, |m| m.in_service_seconds)),
            (&planned, month.map_or(0, |m| m.planned_seconds)),
            (&unobserved, month.map_or(0, |m| m.unobserved_seconds)),
            (&risk, month.map_or(0, siaga_decide::Account::at_risk_seconds)),
        ] {
            family.with_label_values(&id).set(value as f64);
        }
        for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::Silent) {
            let lost = month.and_then(|m| m.down.get(&kind)).map_or(0, |d| d.seconds);
            down.with_label_values(&[id[0], kind.word()]).set(lost as f64);
        }
    }
    Ok(())
}

/// The collector's own health.
fn own(page: &Page, site: &Site, view: &View, outbox: &[(String, i64)]) -> prometheus::Result<()> {
    let meters = site.app.handle.meters();
    let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed) as f64;
    for (name, help, counter) in [
        ("reports_total", "Reports committed.", &meters.reports),
        ("rows_total", "Rows committed.", &meters.rows),
        ("reports_known_total", "Reports all of whose rows were known.", &meters.duplicates),
        ("reports_refused_total", "Reports refused.", &meters.refused),
        ("reports_shed_total", "Reports shed because the store did not keep up.", &meters.shed),
        ("commits_total", "Commits that the disk took.", &meters.commits),
        ("commits_failed_total", "Commits that failed.", &meters.commits_failed),
    ] {
        page.counter(name, help, read(counter))?;
    }
    let seconds = read(&meters.commit_micros) / 1e6;
    page.counter("commit_seconds_total", "Time spent in commits.", seconds)?;
    page.single("connections", "Open connections.", read(&meters.connections))?;
    let waiting = site.app.handle.waiting() as f64;
    page.single("queue_waiting", "Requests that wait for the writer.", waiting)?;
    let messages = page.gauge("outbox_messages", "Messages to people, by state.", &["state"])?;
    for state in ["due", "leased", "done", "parked"] {
        let count = outbox.iter().find(|(s, _)| s == state).map_or(0, |(_, n)| *n);
        messages.with_label_values(&[state]).set(count as f64);
    }
    let blind = f64::from(u8::from(view.blind_since.is_some()));
    page.single("collector_blind", "1 while the collector itself cannot see.", blind)?;
    let age = (site.now() - view.at).max(0) as f64 / 1_000.0;
    page.single("view_age_seconds", "Age of the present that is shown.", age)?;
    page.gauge("build_info", "The version.", &["version"])?
        .with_label_values(&[env!("CARGO_PKG_VERSION")])
        .set(1.0);
    Ok(())
}

/// `GET /readyz`: ready once the store can be read.
pub(crate) async fn ready(State(site): State<Arc<Site>>) -> Response {
    match site.app.store.read(crate::store::pulse::judged).await {
        Ok(_) => "ready\n".into_response(),
        Err(error) => {
            tracing::error!(%error, "not ready");
            reply::plain(StatusCode::SERVICE_UNAVAILABLE, "the store cannot be read")
        }
    }
}
