//! Answers that all routes share: JSON and its problems, short pages, the site's own files, and
//! the headers that keep browsers from doing what no page of ours asks for.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use serde::Serialize;

use super::assets;
use super::page::{Shell, Visitor};
use super::said::{NO_OUTAGE, Wrong};
use super::site::Site;
use super::words::Words;
use crate::drive::Refused;
use crate::store::StoreError;

/// A request ends after this, whoever is slow.
const DEADLINE: Duration = Duration::from_secs(20);

/// Nothing is loaded from elsewhere, nothing inline runs, nobody frames a page.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
                      connect-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

/// Headers and deadline of every answer.
pub(crate) async fn harden(request: Request, next: Next) -> Response {
    let mut response = match tokio::time::timeout(DEADLINE, next.run(request)).await {
        Ok(response) => response,
        Err(_) => plain(StatusCode::REQUEST_TIMEOUT, "this took too long"),
    };
    let passing = matches!(
        response.status(),
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS
    );
    let headers = response.headers_mut();
    if passing {
        headers.entry(header::RETRY_AFTER).or_insert(HeaderValue::from_static("10"));
    }
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        // `no-referrer` would take the origin from our own forms.
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// What went wrong, for a program.
#[derive(Serialize)]
struct Problem<'a> {
    error: &'a str,
}

/// What went wrong, for a program.
pub(crate) fn problem(status: StatusCode, what: &str) -> Response {
    (status, json(&Problem { error: what })).into_response()
}

/// What went wrong, in a line.
pub(crate) fn plain(status: StatusCode, what: &str) -> Response {
    (status, format!("{what}\n")).into_response()
}

/// A value as JSON.
pub(crate) fn json<T: Serialize>(value: &T) -> Response {
    match serde_json::to_vec(value) {
        Ok(body) => ([(header::CONTENT_TYPE, "application/json")], body).into_response(),
        Err(error) => {
            tracing::error!(%error, "an answer cannot be written as JSON");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// JSON that stands ready.
pub(crate) fn json_text(text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], text).into_response()
}

/// A page.
pub(crate) fn page(template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => Html(text).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page cannot be rendered");
            plain(StatusCode::INTERNAL_SERVER_ERROR, "the page cannot be shown")
        }
    }
}

/// A short page that says what went wrong.
#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage {
    w: &'static Words,
    shell: Shell,
    title: String,
    text: String,
}

/// A page that says what went wrong.
pub(crate) fn problem_page(
    visitor: &Visitor,
    status: StatusCode,
    title: &str,
    text: &str,
) -> Response {
    let shown = ProblemPage {
        w: visitor.words(),
        shell: visitor.shell(title, 0),
        title: title.to_owned(),
        text: text.to_owned(),
    };
    (status, page(&shown)).into_response()
}

/// There is no such office or outage.
pub(crate) fn not_found(visitor: &Visitor) -> Response {
    let w = visitor.words();
    problem_page(visitor, StatusCode::NOT_FOUND, w.not_found, w.not_found_text)
}

/// The store failed under a page.
pub(crate) fn failed(visitor: &Visitor, error: &StoreError) -> Response {
    tracing::error!(%error, "a page cannot be made");
    let w = visitor.words();
    problem_page(visitor, StatusCode::SERVICE_UNAVAILABLE, w.failed, w.failed_text)
}

/// The store failed under a program's request.
pub(crate) fn failed_program(error: &dyn std::fmt::Display) -> Response {
    tracing::error!(%error, "an answer cannot be made");
    problem(StatusCode::SERVICE_UNAVAILABLE, "the store cannot be read now")
}

/// The writer did not take what somebody said.
pub(crate) fn refused(error: &Refused) -> (StatusCode, Wrong) {
    const LATER: Wrong = Wrong::new(
        "Server Siaga sedang sibuk atau berhenti. Coba lagi sebentar.",
        "the collector cannot take this now",
    );
    const NOT_STORED: Wrong = Wrong::new(
        "Server Siaga sedang tidak dapat menyimpannya. Coba lagi sebentar.",
        "the collector cannot store this now",
    );
    match error {
        Refused::NoSuchOutage => (StatusCode::NOT_FOUND, NO_OUTAGE),
        Refused::Overtaken(what) => (
            StatusCode::CONFLICT,
            Wrong::new("Keadaannya sudah berubah: buka lagi halamannya.", what),
        ),
        Refused::Busy | Refused::Stopping => (StatusCode::SERVICE_UNAVAILABLE, LATER),
        Refused::NotStored => (StatusCode::SERVICE_UNAVAILABLE, NOT_STORED),
        Refused::Store(error) => {
            tracing::error!(%error, "what somebody said cannot be stored");
            (StatusCode::SERVICE_UNAVAILABLE, NOT_STORED)
        }
        Refused::Revoked => (
            StatusCode::FORBIDDEN,
            Wrong::new("Izin masuknya sudah dicabut.", "the credential was ended"),
        ),
    }
}

/// One of the site's own files, to be kept for ever: another version has another name.
pub(crate) async fn asset(State(_site): State<Arc<Site>>, Path(name): Path<String>) -> Response {
    match assets::find(&format!("/assets/{name}")) {
        Some(asset) => {
            let headers = [
                (header::CONTENT_TYPE, asset.kind),
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
            ];
            (headers, asset.body).into_response()
        }
        None => plain(StatusCode::NOT_FOUND, "there is no such file"),
    }
}

/// Nobody serves this path.
pub(crate) fn no_such_route(path: &str) -> Response {
    let what = "there is nothing at this address";
    if path.starts_with("/api/") {
        problem(StatusCode::NOT_FOUND, what)
    } else {
        plain(StatusCode::NOT_FOUND, what)
    }
}

/// Nobody serves this path.
pub(crate) async fn nothing_there(request: Request) -> Response {
    no_such_route(request.uri().path())
}

/// The path is served, but not for this method.
pub(crate) async fn wrong_method(request: Request) -> Response {
    let what = "this address does not take that method";
    if request.uri().path().starts_with("/api/") {
        problem(StatusCode::METHOD_NOT_ALLOWED, what)
    } else {
        plain(StatusCode::METHOD_NOT_ALLOWED, what)
    }
}

/// For a value in a query: everything but letters, digits and `-._~/` as `%XX`.
pub(crate) fn encode(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::new(), |mut out, b| {
        if b.is_ascii_alphanumeric() || b"-._~/".contains(&b) {
            out.push(char::from(b));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(out, "%{b:02X}");
        }
        out
    })
}
