//! Pages, JSON, metrics: what people and programs may see of the collector, and the few things
//! they may say to it. Reads the present and the store; writes only sign-ins itself, and hands
//! acknowledgements, notes and planned work to `drive`. Never judges.
//!
//! The pages are pure values that tests render; their routes are not served yet.

#[cfg(test)]
mod assets;
#[cfg(test)]
mod board;
#[cfg(test)]
mod card;
#[cfg(test)]
mod chart;
#[cfg(test)]
mod days;
#[cfg(test)]
mod gauge;
#[cfg(test)]
mod moment;
#[cfg(test)]
mod office;
#[cfg(test)]
mod outage;
#[cfg(test)]
mod page;
#[cfg(test)]
mod phrase;
#[cfg(test)]
mod preview;
#[cfg(test)]
mod staff;
#[cfg(test)]
mod words;

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;

use crate::App;

/// What is served so far: the operators' health routes.
pub fn router(app: Arc<App>) -> axum::Router {
    axum::Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .with_state(app)
}

/// Ready once the store can be read.
async fn ready(State(app): State<Arc<App>>) -> (StatusCode, String) {
    match app.store.read(crate::store::pulse::judged).await {
        Ok(_) => (StatusCode::OK, "ready\n".into()),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")),
    }
}
