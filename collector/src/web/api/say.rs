//! What programs say: acknowledgements, notes, planned work. Checked by `said.rs`, as forms are.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Extension, Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use siaga_decide::{PersonId, Plan, StaffNote};

use crate::drive::Refused;
use crate::web::guard::Caller;
use crate::web::reply::{json, problem, refused};
use crate::web::said;
use crate::web::site::Site;

#[derive(Deserialize, Default)]
struct Acknowledged {
    note: Option<String>,
}

/// JSON of a body; nothing at all is an empty object.
fn body<'a, T: Deserialize<'a> + Default>(bytes: &'a Bytes) -> Result<T, String> {
    if bytes.is_empty() {
        return Ok(T::default());
    }
    serde_json::from_slice(bytes).map_err(|e| format!("the body is not the JSON it should be: {e}"))
}

fn by(caller: &Caller) -> PersonId {
    PersonId::from(caller.person.name.as_str())
}

fn done(outcome: Result<(), Refused>) -> Response {
    #[derive(Serialize)]
    struct Done {
        ok: bool,
    }
    match outcome {
        Ok(()) => json(&Done { ok: true }),
        Err(error) => {
            let (status, what) = refused(&error);
            problem(status, what.english())
        }
    }
}

/// `POST /api/v1/outages/{id}/ack`.
pub(crate) async fn acknowledge(
    State(site): State<Arc<Site>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    bytes: Bytes,
) -> Response {
    let sent: Acknowledged = match body(&bytes) {
        Ok(sent) => sent,
        Err(what) => return problem(StatusCode::BAD_REQUEST, &what),
    };
    match said::text(sent.note.as_deref()) {
        Ok(note) => done(site.app.handle.acknowledge(id.as_str().into(), by(&caller), note).await),
        Err(what) => problem(StatusCode::BAD_REQUEST, what.english()),
    }
}

#[derive(Deserialize, Default)]
struct Noted {
    text: Option<String>,
    expected_back: Option<String>,
}

/// `POST /api/v1/outages/{id}/note`.
pub(crate) async fn note(
    State(site): State<Arc<Site>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    bytes: Bytes,
) -> Response {
    let sent: Noted = match body(&bytes) {
        Ok(sent) => sent,
        Err(what) => return problem(StatusCode::BAD_REQUEST, &what),
    };
    let read = || {
        let text = said::text(sent.text.as_deref())?;
        let back = sent.expected_back.as_deref().map(|t| said::instant(t, site.now()));
        let back = back.transpose()?;
        if text.is_none() && back.is_none() {
            return Err(said::Wrong::of_program("text or expected_back is missing".into()));
        }
        Ok((text, back))
    };
    match read() {
        Ok((text, expected_back)) => {
            let outage = id.as_str().into();
            let note = StaffNote { outage, by: by(&caller), text, expected_back };
            done(site.app.handle.note(note).await)
        }
        Err(what) => problem(StatusCode::BAD_REQUEST, what.english()),
    }
}

#[derive(Deserialize, Default)]
struct Planned {
    #[serde(default)]
    scope: String,
    id: Option<String>,
    #[serde(default)]
    from: String,
    to: Option<String>,
    #[serde(default)]
    reason: String,
}

/// `POST /api/v1/planned`.
pub(crate) async fn planned(
    State(site): State<Arc<Site>>,
    Extension(caller): Extension<Caller>,
    bytes: Bytes,
) -> Response {
    let sent: Planned = match body(&bytes) {
        Ok(sent) => sent,
        Err(what) => return problem(StatusCode::BAD_REQUEST, &what),
    };
    let now = site.now();
    let read = || -> Result<Plan, said::Wrong> {
        let scope = said::scope(&site.app.config, &sent.scope, sent.id.as_deref())?;
        let from = said::instant(&sent.from, now)?;
        let to = sent.to.as_deref().map(|t| said::instant(t, now)).transpose()?;
        let reason = said::text(Some(&sent.reason))?.ok_or(said::NO_REASON)?;
        Ok(Plan { scope, span: said::span(from, to)?, by: by(&caller), reason })
    };
    match read() {
        Ok(plan) => done(site.app.handle.planned(plan).await),
        Err(what) => problem(StatusCode::BAD_REQUEST, what.english()),
    }
}
