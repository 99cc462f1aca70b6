//! Stands before every route: who asks, whether they may, whether the request really comes from
//! one of our own pages. Decides from the one table of routes.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};
use siaga_decide::At;

use super::access::{self, Access, Route};
use super::reply;
use super::site::Site;
use crate::server::Peer;
use crate::store::accounts::{self, Person, Role};
use crate::token::{self, Hash};

/// A sign-in is marked as used at most this often.
const MARK_EVERY_MS: i64 = 5 * 60_000;

/// The connection as far as trust goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    /// Who asks, for the limit on sign-ins.
    pub(crate) from: IpAddr,
    /// Whether nobody on the way can read along.
    pub(crate) secure: bool,
}

/// Somebody who may use what they asked for.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) person: Person,
    /// The secret of their sign-in; none for a program with a token.
    pub(crate) cookie: Option<String>,
}

impl Caller {
    /// What the forms of this sign-in must carry; empty for a program.
    pub(crate) fn csrf(&self) -> String {
        self.cookie.as_deref().map_or_else(String::new, csrf)
    }
}

/// The token that belongs to a cookie's secret: whoever cannot read the cookie cannot make it.
pub(crate) fn csrf(secret: &str) -> String {
    use base64::Engine as _;
    let hash = token::hash(format!("csrf:{secret}").as_bytes());
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(hash)
}

/// Whether a form or header carries the token of that secret.
pub(crate) fn csrf_fits(secret: &str, given: &str) -> bool {
    use subtle::ConstantTimeEq as _;
    csrf(secret).as_bytes().ct_eq(given.as_bytes()).into()
}

/// The name of the sign-in cookie. Over TLS its prefix keeps other hosts from setting it.
pub(crate) fn cookie_name(secure: bool) -> &'static str {
    if secure { "__Host-siaga" } else { "siaga" }
}

/// A cookie of the request.
pub(crate) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let all = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
}

/// The middleware.
pub(crate) async fn guard(
    State(site): State<Arc<Site>>,
    mut request: Request,
    next: Next,
) -> Response {
    let path = request.extensions().get::<MatchedPath>().map(|p| p.as_str().to_owned());
    let route = path.and_then(|path| access::find(request.method(), &path));
    let Some(route) = route else { return reply::no_such_route(request.uri().path()) };
    let line = line(&request);
    let unsafe_method = !matches!(*request.method(), Method::GET | Method::HEAD);
    if unsafe_method && !is_our_own(&site, request.headers()) {
        return refuse(route, StatusCode::FORBIDDEN, "this request comes from another site");
    }
    let caller = match who(&site, request.headers(), line.secure).await {
        Ok(caller) => caller,
        Err(error) => {
            tracing::error!(%error, "cannot tell who asks");
            return refuse(route, StatusCode::SERVICE_UNAVAILABLE, "the store cannot be read");
        }
    };
    if let Some(denied) = denied(route, caller.as_ref(), &request) {
        return denied;
    }
    if let Some(caller) = caller {
        request.extensions_mut().insert(caller);
    }
    request.extensions_mut().insert(line);
    next.run(request).await
}

fn denied(route: &Route, caller: Option<&Caller>, request: &Request) -> Option<Response> {
    let Access::Needs(role) = route.access else { return None };
    let Some(caller) = caller else { return Some(unknown(route, request)) };
    if caller.person.role < role {
        return Some(refuse(route, StatusCode::FORBIDDEN, "this account may not do this"));
    }
    // A form carries the token of its page; JSON of a signed-in browser carries it as a header.
    let browser_json = route.program && *request.method() == Method::POST;
    if browser_json && let Some(secret) = &caller.cookie {
        let given = request.headers().get("x-csrf-token").and_then(|v| v.to_str().ok());
        if !given.is_some_and(|given| csrf_fits(secret, given)) {
            return Some(refuse(route, StatusCode::FORBIDDEN, "x-csrf-token is missing or wrong"));
        }
    }
    None
}

fn unknown(route: &Route, request: &Request) -> Response {
    if route.program {
        let challenge = [(header::WWW_AUTHENTICATE, "Bearer")];
        let answer = reply::problem(StatusCode::UNAUTHORIZED, "sign in, or send a bearer token");
        return (challenge, answer).into_response();
    }
    if *request.method() == Method::GET {
        let asked = request.uri().path_and_query().map_or("/", |p| p.as_str());
        let next = reply::encode(asked);
        return Redirect::to(&format!("/login?next={next}")).into_response();
    }
    refuse(route, StatusCode::UNAUTHORIZED, "sign in first")
}

fn refuse(route: &Route, status: StatusCode, what: &str) -> Response {
    if route.program { reply::problem(status, what) } else { reply::plain(status, what) }
}

/// Who asks: by bearer token, else by sign-in cookie.
async fn who(
    site: &Arc<Site>,
    headers: &HeaderMap,
    secure: bool,
) -> crate::store::Result<Option<Caller>> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        // A wrong token is nobody, whatever cookie comes with it.
        let Some(secret) = token::bearer(value.as_bytes()) else { return Ok(None) };
        let hash = token::hash(secret);
        let person = site.app.store.read(move |conn| accounts::by_token(conn, &hash)).await?;
        return Ok(person.map(|person| Caller { person, cookie: None }));
    }
    let Some(secret) = cookie(headers, cookie_name(secure)) else { return Ok(None) };
    let (hash, now) = (token::hash(secret.as_bytes()), site.now());
    let found = site.app.store.read(move |conn| accounts::signed_in(conn, now, &hash)).await?;
    let Some((person, used)) = found else { return Ok(None) };
    if now - used > MARK_EVERY_MS {
        mark(site, hash, now);
    }
    Ok(Some(Caller { person, cookie: Some(secret) }))
}

fn mark(site: &Arc<Site>, hash: Hash, now: At) {
    let handle = site.app.handle.clone();
    tokio::spawn(async move {
        let marked = handle.write(move |conn, _| accounts::used(conn, now, &hash)).await;
        if let Err(error) = marked {
            tracing::warn!(%error, "a sign-in cannot be marked as used; it may idle out early");
        }
    });
}

/// Whether a browser sent this from a page of this site. Programs send no `Origin`.
fn is_our_own(site: &Site, headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|v| v.to_str().ok());
    if let Some(origin) = headers.get(header::ORIGIN) {
        let host = origin.to_str().ok().and_then(|o| o.split_once("://")).map(|(_, host)| host);
        let Some(host) = host else { return false };
        let bare = host.rsplit_once(':').map_or(host, |(name, _)| name);
        let bare = bare.trim_start_matches('[').trim_end_matches(']');
        return text("host") == Some(host) || site.app.config.names.iter().any(|n| n == bare);
    }
    text("sec-fetch-site").is_none_or(|from| matches!(from, "same-origin" | "none"))
}

/// The connection. A proxy on this machine says whom it speaks for.
fn line(request: &Request) -> Line {
    let peer = request.extensions().get::<Peer>().copied();
    let peer = peer.unwrap_or(Peer { address: IpAddr::from([127, 0, 0, 1]), tls: false });
    let behind_proxy = !peer.tls && peer.address.is_loopback();
    let forwarded = |name: &str| {
        let value = request.headers().get(name).filter(|_| behind_proxy)?;
        value.to_str().ok().map(|v| v.rsplit(',').next().unwrap_or(v).trim().to_owned())
    };
    Line {
        from: forwarded("x-forwarded-for").and_then(|a| a.parse().ok()).unwrap_or(peer.address),
        secure: peer.tls || forwarded("x-forwarded-proto").is_some_and(|p| p == "https"),
    }
}

/// Whether somebody of that role may act on what goes on.
pub(crate) fn may_act(role: Role) -> bool {
    role >= Role::Operator
}

/// Whether somebody of that role answers for figures.
pub(crate) fn may_answer(role: Role) -> bool {
    role >= Role::Supervisor
}
