//! Signing in and out. A wrong name and a wrong password get the same answer after the same work;
//! whoever fails too often waits; every sign-in has a secret of its own.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use askama::Template;
use axum::Form;
use axum::extract::{Extension, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use tokio::sync::Semaphore;

use super::guard::{Caller, Line, cookie, cookie_name, csrf, csrf_fits};
use super::page::{Shell, Visitor};
use super::pages::visitor;
use super::reply;
use super::site::Site;
use super::words::Words;
use crate::store::accounts::{self, SESSION_LIFE_MS};
use crate::token;

/// So many failures of one address within [`WINDOW_MS`], or of everybody on one name, are enough.
const MOST_OF_ADDRESS: u32 = 10;
const MOST_OF_NAME: u32 = 50;
const WINDOW_MS: i64 = 10 * 60_000;
/// Addresses and names remembered; the oldest windows go first.
const MOST_REMEMBERED: usize = 10_000;
/// Passwords checked at once: each takes 19 MiB and a core.
const CHECKS: usize = 2;
const MOST_NAME: usize = 100;
const MOST_PASSWORD: usize = 1_000;

/// Counts failures.
pub(crate) struct Attempts {
    failures: Mutex<BTreeMap<Who, (i64, u32)>>,
    checks: Semaphore,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Address(IpAddr),
    Name(String),
}

impl Default for Attempts {
    fn default() -> Self {
        Self { failures: Mutex::default(), checks: Semaphore::new(CHECKS) }
    }
}

impl Attempts {
    fn keys(from: IpAddr, name: &str) -> [(Who, u32); 2] {
        // A household's or attacker's IPv6 network is one address.
        let from = match from {
            IpAddr::V4(_) => from,
            IpAddr::V6(v6) => IpAddr::from((u128::from(v6) >> 64 << 64).to_be_bytes()),
        };
        [(Who::Address(from), MOST_OF_ADDRESS), (Who::Name(name.to_owned()), MOST_OF_NAME)]
    }

    fn may_try(&self, boot_ms: i64, from: IpAddr, name: &str) -> bool {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        Self::keys(from, name).iter().all(|(who, most)| {
            failures.get(who).is_none_or(|(since, n)| boot_ms - since > WINDOW_MS || n < most)
        })
    }

    fn failed(&self, boot_ms: i64, from: IpAddr, name: &str) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() >= MOST_REMEMBERED {
            failures.retain(|_, (since, _)| boot_ms - *since <= WINDOW_MS);
        }
        if failures.len() >= MOST_REMEMBERED {
            failures.pop_first();
        }
        for (who, _) in Self::keys(from, name) {
            let entry = failures.entry(who).or_insert((boot_ms, 0));
            if boot_ms - entry.0 > WINDOW_MS {
                *entry = (boot_ms, 0);
            }
            entry.1 = entry.1.saturating_add(1);
        }
    }
}

/// The page.
#[derive(Template, Debug)]
#[template(path = "login.html")]
pub(crate) struct LoginPage {
    w: &'static Words,
    shell: Shell,
    problem: Option<&'static str>,
    csrf: String,
    next: String,
    name: String,
}

/// The page before somebody is known.
pub(crate) fn login_page(
    visitor: &Visitor,
    problem: Option<&'static str>,
    secret: &str,
    next: &str,
    name: &str,
) -> LoginPage {
    let w = visitor.words();
    LoginPage {
        w,
        shell: visitor.shell(w.sign_in, 0),
        problem,
        csrf: csrf(secret),
        next: local(next).to_owned(),
        name: name.to_owned(),
    }
}

/// Where to go after signing in: a path of this site, and nothing else.
fn local(next: &str) -> &str {
    let fits = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains(['\\', '\r', '\n', '\t'])
        && next.len() < 500;
    if fits { next } else { "/" }
}

/// Where the page was asked from.
#[derive(Deserialize)]
pub(crate) struct Asked {
    next: Option<String>,
}

/// `GET /login`.
pub(crate) async fn form(
    State(site): State<Arc<Site>>,
    Extension(line): Extension<Line>,
    caller: Option<Extension<Caller>>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    uri: axum::http::Uri,
) -> Response {
    let next = asked.next.unwrap_or_default();
    if caller.is_some() {
        return Redirect::to(local(&next)).into_response();
    }
    let visitor = visitor(&site, None, &headers, &uri);
    shown(&visitor, line, &headers, None, &next, "")
}

/// The form's own secret lives in a cookie before anybody has signed in.
fn form_cookie(secure: bool) -> &'static str {
    if secure { "__Host-siaga-form" } else { "siaga-form" }
}

fn shown(
    visitor: &Visitor,
    line: Line,
    headers: &HeaderMap,
    problem: Option<&'static str>,
    next: &str,
    name: &str,
) -> Response {
    let known = cookie(headers, form_cookie(line.secure)).filter(|s| s.len() >= 22);
    let secret = match known {
        Some(secret) => secret,
        None => match token::new_token() {
            Ok(secret) => secret,
            Err(error) => {
                tracing::error!(%error, "no sign-in form can be made");
                return reply::plain(StatusCode::SERVICE_UNAVAILABLE, "no random numbers");
            }
        },
    };
    let page = reply::page(&login_page(visitor, problem, &secret, next, name));
    with_cookie(page, form_cookie(line.secure), &secret, line.secure, 3_600)
}

fn with_cookie(
    mut response: Response,
    name: &str,
    value: &str,
    secure: bool,
    seconds: i64,
) -> Response {
    let tail = if secure { "; Secure" } else { "" };
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{tail}");
    // Names are constants and values base64url: this always is a header.
    if let Ok(value) = HeaderValue::from_str(&text) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

/// What the form sends.
#[derive(Deserialize)]
pub(crate) struct SignIn {
    csrf: String,
    #[serde(default)]
    next: String,
    name: String,
    password: String,
}

/// `POST /login`.
pub(crate) async fn sign_in(
    State(site): State<Arc<Site>>,
    Extension(line): Extension<Line>,
    headers: HeaderMap,
    uri: axum::http::Uri,
    Form(sent): Form<SignIn>,
) -> Response {
    let visitor = visitor(&site, None, &headers, &uri);
    let w = visitor.words();
    let again = |status: StatusCode, problem| {
        let name: String = sent.name.chars().take(MOST_NAME).collect();
        let mut page = shown(&visitor, line, &headers, Some(problem), &sent.next, &name);
        *page.status_mut() = status;
        page
    };
    let secret = cookie(&headers, form_cookie(line.secure)).unwrap_or_default();
    if !csrf_fits(&secret, &sent.csrf) || secret.len() < 22 {
        return again(StatusCode::FORBIDDEN, w.form_expired);
    }
    if !site.attempts.may_try(site.app.clock.boot_ms(), line.from, &sent.name) {
        tracing::warn!(from = %line.from, "too many sign-ins failed; this one was not looked at");
        return again(StatusCode::TOO_MANY_REQUESTS, w.sign_in_limited);
    }
    match right(&site, &sent.name, &sent.password).await {
        Ok(true) => {}
        Ok(false) => {
            site.attempts.failed(site.app.clock.boot_ms(), line.from, &sent.name);
            tracing::warn!(from = %line.from, "a sign-in failed");
            return again(StatusCode::FORBIDDEN, w.sign_in_failed);
        }
        Err(error) => {
            tracing::error!(%error, "a password cannot be checked");
            return again(StatusCode::SERVICE_UNAVAILABLE, w.failed_text);
        }
    }
    begin(&site, line, &sent).await.unwrap_or_else(|error| {
        tracing::error!(%error, "a sign-in cannot be stored");
        again(StatusCode::SERVICE_UNAVAILABLE, w.failed_text)
    })
}

async fn right(site: &Site, name: &str, password: &str) -> anyhow::Result<bool> {
    if name.len() > MOST_NAME * 4 || password.len() > MOST_PASSWORD * 4 {
        return Ok(false);
    }
    let _turn = site.attempts.checks.acquire().await?;
    let name = name.to_owned();
    let stored = site.app.store.read(move |conn| accounts::password_of(conn, &name)).await?;
    let password = password.to_owned();
    let checked = tokio::task::spawn_blocking(move || {
        accounts::verify_password(stored.as_deref(), &password)
    });
    Ok(checked.await??)
}

/// A new secret at every sign-in: one that somebody planted before is worth nothing.
async fn begin(site: &Site, line: Line, sent: &SignIn) -> anyhow::Result<Response> {
    let secret = token::new_token()?;
    let (hash, name) = (token::hash(secret.as_bytes()), sent.name.clone());
    site.app.handle.write(move |conn, now| accounts::sign_in(conn, now, &name, &hash)).await?;
    tracing::info!(name = %sent.name, from = %line.from, "signed in");
    let response = Redirect::to(local(&sent.next)).into_response();
    let life = SESSION_LIFE_MS / 1_000;
    Ok(with_cookie(response, cookie_name(line.secure), &secret, line.secure, life))
}

/// What the button sends.
#[derive(Deserialize)]
pub(crate) struct SignOut {
    csrf: String,
}

/// `POST /logout`.
pub(crate) async fn sign_out(
    State(site): State<Arc<Site>>,
    Extension(line): Extension<Line>,
    caller: Option<Extension<Caller>>,
    Form(sent): Form<SignOut>,
) -> Response {
    let secret = caller.and_then(|Extension(caller)| caller.cookie);
    if let Some(secret) = secret {
        if !csrf_fits(&secret, &sent.csrf) {
            return reply::plain(StatusCode::FORBIDDEN, "the form has expired");
        }
        let hash = token::hash(secret.as_bytes());
        let ended = site.app.handle.write(move |conn, _| accounts::sign_out(conn, &hash)).await;
        if let Err(error) = ended {
            tracing::error!(%error, "a sign-in cannot be ended");
            return reply::plain(StatusCode::SERVICE_UNAVAILABLE, "try again shortly");
        }
    }
    with_cookie(
        Redirect::to("/login").into_response(),
        cookie_name(line.secure),
        "",
        line.secure,
        0,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_to_another_site() {
        for evil in ["https://x.example", "//x.example", "/\\x.example", "", "x", "/a\r\nb: c"] {
            assert_eq!(local(evil), "/", "{evil:?}");
        }
        assert_eq!(local("/outages/a-1?lang=en"), "/outages/a-1?lang=en");
    }

    #[test]
    fn ten_failures_of_an_address_are_enough_for_ten_minutes() {
        let attempts = Attempts::default();
        let (here, there) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        for i in 0..10 {
            assert!(attempts.may_try(i, here, "rini"));
            attempts.failed(i, here, "rini");
        }
        assert!(!attempts.may_try(11, here, "budi"));
        assert!(attempts.may_try(11, there, "rini"));
        assert!(attempts.may_try(WINDOW_MS + 1, here, "rini"));
    }

    #[test]
    fn many_addresses_together_do_not_get_at_one_name() {
        let attempts = Attempts::default();
        for i in 0..50u8 {
            attempts.failed(0, IpAddr::from([10, 0, 1, i]), "rini");
        }
        assert!(!attempts.may_try(1, IpAddr::from([10, 0, 2, 1]), "rini"));
        assert!(attempts.may_try(1, IpAddr::from([10, 0, 2, 1]), "budi"));
    }
}
