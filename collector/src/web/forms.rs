//! What people say with the forms of the pages. Each form carries the token of its sign-in, and
//! leads back to the page it stood on.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse as _, Redirect, Response};
use jiff::tz::TimeZone;
use serde::Deserialize;
use siaga_decide::{At, OfficeId, PersonId, Plan, StaffNote};

use super::guard::{Caller, csrf_fits};
use super::pages::visitor;
use super::reply;
use super::said;
use super::site::Site;
use crate::drive::Refused;

/// A request with a form, and who sent it.
struct Sender<'a> {
    site: &'a Arc<Site>,
    caller: &'a Caller,
    headers: &'a HeaderMap,
    uri: &'a Uri,
}

impl Sender<'_> {
    fn by(&self) -> PersonId {
        PersonId::from(self.caller.person.name.as_str())
    }

    /// Whether the form came from a page of this sign-in.
    fn is_real(&self, csrf: &str) -> bool {
        self.caller.cookie.as_deref().is_some_and(|secret| csrf_fits(secret, csrf))
    }

    fn wrong(&self, status: StatusCode, what: &said::Wrong) -> Response {
        let visitor = visitor(self.site, Some(self.caller), self.headers, self.uri);
        let text = what.text(visitor.language);
        reply::problem_page(&visitor, status, visitor.words().not_taken, text)
    }

    fn expired(&self) -> Response {
        let visitor = visitor(self.site, Some(self.caller), self.headers, self.uri);
        let w = visitor.words();
        reply::problem_page(&visitor, StatusCode::FORBIDDEN, w.not_allowed, w.form_expired)
    }

    fn done(&self, outcome: Result<(), Refused>, back: &str) -> Response {
        match outcome {
            Ok(()) => Redirect::to(&back_to(back)).into_response(),
            Err(error) => {
                let (status, what) = reply::refused(&error);
                self.wrong(status, &what)
            }
        }
    }
}

/// A page of this site that has forms; ids in it stay what they are.
fn back_to(back: &str) -> String {
    let known = back == "/" || back.starts_with("/outages/") || back.starts_with("/offices/");
    let plain = back.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    if known && plain { back.to_owned() } else { "/".to_owned() }
}

/// The form of an acknowledgement.
#[derive(Deserialize)]
pub(crate) struct Acknowledged {
    csrf: String,
    #[serde(default)]
    back: String,
    note: Option<String>,
}

/// `POST /outages/{id}/ack`.
pub(crate) async fn acknowledge(
    State(site): State<Arc<Site>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    headers: HeaderMap,
    uri: Uri,
    Form(sent): Form<Acknowledged>,
) -> Response {
    let sender = Sender { site: &site, caller: &caller, headers: &headers, uri: &uri };
    if !sender.is_real(&sent.csrf) {
        return sender.expired();
    }
    match said::text(sent.note.as_deref()) {
        Ok(note) => {
            let outcome = site.app.handle.acknowledge(id.as_str().into(), sender.by(), note).await;
            sender.done(outcome, &sent.back)
        }
        Err(what) => sender.wrong(StatusCode::BAD_REQUEST, &what),
    }
}

/// The form of a note or an estimate.
#[derive(Deserialize)]
pub(crate) struct Noted {
    csrf: String,
    #[serde(default)]
    back: String,
    text: Option<String>,
    in_minutes: Option<i64>,
    expected_back: Option<String>,
}

/// `POST /outages/{id}/note`.
pub(crate) async fn note(
    State(site): State<Arc<Site>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    headers: HeaderMap,
    uri: Uri,
    Form(sent): Form<Noted>,
) -> Response {
    let sender = Sender { site: &site, caller: &caller, headers: &headers, uri: &uri };
    if !sender.is_real(&sent.csrf) {
        return sender.expired();
    }
    let zone = match zone_of(&site, &id).await {
        Ok(zone) => zone,
        Err(error) => {
            let visitor = visitor(&site, Some(&caller), &headers, &uri);
            return reply::failed(&visitor, &error);
        }
    };
    let read = || {
        let text = said::text(sent.text.as_deref())?;
        let back = expected(&sent, &zone, site.now())?;
        if text.is_none() && back.is_none() {
            return Err(said::Wrong::new(
                "Belum ada yang diisi: catatan atau perkiraan pulih.",
                "nothing was said",
            ));
        }
        Ok((text, back))
    };
    match read() {
        Ok((text, expected_back)) => {
            let note =
                StaffNote { outage: id.as_str().into(), by: sender.by(), text, expected_back };
            let outcome = site.app.handle.note(note).await;
            sender.done(outcome, &sent.back)
        }
        Err(what) => sender.wrong(StatusCode::BAD_REQUEST, &what),
    }
}

/// Minutes from now, or a local time.
fn expected(sent: &Noted, zone: &TimeZone, now: At) -> Result<Option<At>, said::Wrong> {
    if let Some(minutes) = sent.in_minutes {
        if !(0..=7 * 24 * 60).contains(&minutes) {
            return Err(said::Wrong::new(
                "Perkiraannya lebih dari seminggu.",
                "the minutes are out of range",
            ));
        }
        return Ok(Some(now + minutes * 60_000));
    }
    match sent.expected_back.as_deref().filter(|t| !t.is_empty()) {
        Some(text) => said::local(text, zone, now).map(Some),
        None => Ok(None),
    }
}

async fn zone_of(site: &Site, outage: &str) -> crate::store::Result<TimeZone> {
    let id = outage.to_owned();
    let found = site.app.store.read(move |conn| crate::store::ledger::get(conn, &id)).await?;
    let office = found.and_then(|o| site.app.config.offices.get(&o.office).map(|o| o.zone.clone()));
    Ok(office.unwrap_or_else(|| site.zone()))
}

/// The form of planned work.
#[derive(Deserialize)]
pub(crate) struct Planned {
    csrf: String,
    office: String,
    scope: String,
    from: String,
    #[serde(default)]
    to: String,
    reason: String,
}

/// `POST /planned`.
pub(crate) async fn planned(
    State(site): State<Arc<Site>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    uri: Uri,
    Form(sent): Form<Planned>,
) -> Response {
    let sender = Sender { site: &site, caller: &caller, headers: &headers, uri: &uri };
    if !sender.is_real(&sent.csrf) {
        return sender.expired();
    }
    match plan(&site, &sent, sender.by()) {
        Ok(plan) => {
            let outcome = site.app.handle.planned(plan).await;
            sender.done(outcome, &format!("/offices/{}", sent.office))
        }
        Err(what) => sender.wrong(StatusCode::BAD_REQUEST, &what),
    }
}

/// The office's page offers the office itself and what it shares with others.
fn plan(site: &Site, sent: &Planned, by: PersonId) -> Result<Plan, said::Wrong> {
    let config = &site.app.config;
    let id = OfficeId::from(sent.office.as_str());
    let office = config.offices.get(&id).ok_or(said::NO_OFFICE)?;
    let thing = match sent.scope.as_str() {
        "line" => office.line.as_ref().map(|line| line.as_str()),
        "mains" => office.mains.as_ref().map(|mains| mains.as_str()),
        _ => Some(id.as_str()),
    };
    let scope = said::scope(config, &sent.scope, thing)?;
    let now = site.now();
    let from = said::local(&sent.from, &office.zone, now)?;
    let to = match sent.to.as_str() {
        "" => None,
        text => Some(said::local(text, &office.zone, now)?),
    };
    let reason = said::text(Some(&sent.reason))?.ok_or(said::NO_REASON)?;
    Ok(Plan { scope, span: said::span(from, to)?, by, reason })
}
