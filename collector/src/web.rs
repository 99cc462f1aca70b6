//! Pages, JSON, metrics: what people and programs may see of the collector, and the few things
//! they may say to it. Reads the present and the store; writes only sign-ins itself, and hands
//! acknowledgements, notes and planned work to `drive`. Never judges.
//!
//! Every route stands in one table, `access::ROUTES`, with what it takes to use it. A route that
//! is not in the table is refused.

mod access;
mod api;
mod assets;
mod board;
mod card;
mod chart;
mod days;
mod forms;
mod gauge;
mod guard;
mod login;
mod metrics;
mod moment;
mod month;
mod months;
mod office;
mod outage;
mod page;
mod pages;
mod phrase;
#[cfg(test)]
mod preview;
mod reply;
mod said;
#[cfg(test)]
mod sample;
mod site;
mod staff;
#[cfg(test)]
mod tests;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};

use crate::App;
use site::Site;

/// The longest form or JSON that anybody sends here.
const MOST_BODY: usize = 32 * 1024;

/// The description of the JSON routes.
const OPENAPI: &str = include_str!("../assets/openapi.json");

/// All routes but the two of agents.
pub fn router(app: Arc<App>) -> Router {
    let site = Arc::new(Site::new(app));
    Router::new()
        .route("/", get(pages::staff))
        .route("/offices/{office}", get(pages::office))
        .route("/outages/{id}", get(pages::outage))
        .route("/offices/{office}/months/{period}", get(pages::month))
        .route("/offices/{office}/months/{period}/close", post(months::form_close))
        .route("/offices/{office}/months/{period}/corrections/{id}", post(months::form_decide))
        .route("/outages/{id}/correct", post(months::form_amend))
        .route("/outages/{id}/ack", post(forms::acknowledge))
        .route("/outages/{id}/note", post(forms::note))
        .route("/planned", post(forms::planned))
        .route("/board/{office}", get(pages::board))
        .route("/login", get(login::form).post(login::sign_in))
        .route("/logout", post(login::sign_out))
        .route("/assets/{name}", get(reply::asset))
        .route("/api/v1/offices", get(api::offices))
        .route("/api/v1/offices/{office}", get(api::office))
        .route("/api/v1/outages", get(api::outages))
        .route("/api/v1/outages/{id}", get(api::outage))
        .route("/api/v1/accounts/{office}/{period}", get(api::account))
        .route("/api/v1/accounts/{office}/{period}/close", post(months::api_close))
        .route("/api/v1/accounts/{office}/{period}/hours", post(months::api_hours))
        .route("/api/v1/accounts/{office}/{period}/corrections/{id}", post(months::api_decide))
        .route("/api/v1/outages/{id}/correct", post(months::api_amend))
        .route("/api/v1/accounts/all/{period}", get(api::account_of_all))
        .route("/api/v1/accounts/district/{district}/{period}", get(api::account_of_district))
        .route("/api/v1/outages/{id}/ack", post(api::acknowledge))
        .route("/api/v1/outages/{id}/note", post(api::note))
        .route("/api/v1/planned", post(api::planned))
        .route("/metrics", get(metrics::scrape))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(metrics::ready))
        .route("/openapi.json", get(|| async { reply::json_text(OPENAPI) }))
        .method_not_allowed_fallback(reply::wrong_method)
        .route_layer(from_fn_with_state(Arc::clone(&site), guard::guard))
        .fallback(reply::nothing_there)
        .layer(DefaultBodyLimit::max(MOST_BODY))
        .layer(from_fn(reply::harden))
        .with_state(site)
}
