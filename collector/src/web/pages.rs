//! The pages people look at: gathers what a page needs, and hands it to the module that writes it.

use std::sync::Arc;

use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::Response;
use siaga_decide::{At, OfficeId, Outage};

use super::board::public;
use super::guard::{Caller, cookie, may_act, may_answer};
use super::office::Shared;
use super::outage::{Around, MessageLine, StaffLine};
use super::page::{OfficeFacts, User, Visitor};
use super::reply;
use super::site::{Site, present};
use super::staff::ParkedLine;
use super::words::Words;
use crate::config::Language;
use crate::store::accounts::Role;
use crate::store::outbox::{self, State as Stand};
use crate::store::{self, ledger};

/// Lines in a table of recent outages.
const RECENT: usize = 40;
/// Recent means this long.
const RECENT_MS: i64 = 30 * 86_400_000;
/// Lines in the table of messages that were given up.
const PARKED: u32 = 50;

/// The page of a month is made of a ledger at most this old.
const MONTH_AGE_MS: i64 = 5_000;

const LANGUAGE_COOKIE: &str = "lang";

/// Who looks, and in which language.
pub(crate) fn visitor(
    site: &Site,
    caller: Option<&Caller>,
    headers: &HeaderMap,
    uri: &Uri,
) -> Visitor {
    let chosen = asked_language(uri)
        .or_else(|| cookie(headers, LANGUAGE_COOKIE).and_then(|code| Language::from_code(&code)))
        .or_else(|| accepted_language(headers));
    let language = chosen.unwrap_or(site.app.config.language);
    let w = Words::of(language);
    Visitor {
        language,
        now: site.now(),
        zone: site.zone(),
        path: uri.path().to_owned(),
        user: caller.map(|caller| User {
            name: caller.person.name.clone(),
            role: match caller.person.role {
                Role::Viewer => w.role_viewer,
                Role::Operator => w.role_operator,
                Role::Supervisor => w.role_supervisor,
                Role::Admin => w.role_admin,
            },
            csrf: caller.csrf(),
            // A program with a token sends JSON, not forms.
            may_respond: caller.cookie.is_some() && may_act(caller.person.role),
            may_plan: caller.cookie.is_some() && may_act(caller.person.role),
            may_answer: caller.cookie.is_some() && may_answer(caller.person.role),
        }),
        setup: Arc::clone(&site.plan().setup),
    }
}

/// `?lang=en`.
fn asked_language(uri: &Uri) -> Option<Language> {
    uri.query()?.split('&').find_map(|pair| Language::from_code(pair.strip_prefix("lang=")?))
}

/// The first language of `Accept-Language` that the pages have; its order is its weight in every
/// browser that matters.
fn accepted_language(headers: &HeaderMap) -> Option<Language> {
    let text = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
    text.split(',').find_map(|part| {
        let tag = part.split(';').next()?.trim().to_ascii_lowercase();
        match tag.split('-').next()? {
            // `in` is the old code of Indonesian, which some systems still send.
            "id" | "in" => Some(Language::Indonesian),
            "en" => Some(Language::English),
            _ => None,
        }
    })
}

/// Keeps a language that was asked for.
fn keep_language(mut response: Response, uri: &Uri) -> Response {
    if let Some(language) = asked_language(uri) {
        let code = language.code();
        let text = format!("{LANGUAGE_COOKIE}={code}; Path=/; SameSite=Lax; Max-Age=31536000");
        if let Ok(value) = HeaderValue::from_str(&text) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    response
}

/// `GET /`.
pub(crate) async fn staff(
    State(site): State<Arc<Site>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let visitor = visitor(&site, Some(&caller), &headers, &uri);
    let gathered = async {
        let offices = site.offices().await?;
        let recent = recent(&site, None).await?;
        let parked = parked(&site, &visitor, &offices).await?;
        Ok::<_, store::StoreError>((offices, recent, parked))
    };
    match gathered.await {
        Ok((offices, recent, parked)) => {
            let blind = site.app.handle.view().blind_since;
            let page = super::staff::staff(&visitor, blind, &offices, &recent, parked);
            keep_language(reply::page(&page), &uri)
        }
        Err(error) => reply::failed(&visitor, &error),
    }
}

/// The newest outages of an office, or of all; newest first.
async fn recent(site: &Arc<Site>, office: Option<OfficeId>) -> store::Result<Vec<Outage>> {
    let from = site.now() - RECENT_MS;
    let found = site
        .app
        .store
        .read(move |conn| {
            let office = office.as_ref().map(OfficeId::as_str);
            ledger::between(conn, office, from, At(i64::MAX))
        })
        .await?;
    let known = site.known_lately().await;
    let mut found: Vec<Outage> =
        found.into_iter().filter(|o| !o.void).map(|o| present(known.as_deref(), o)).collect();
    found.reverse();
    found.sort_by_key(|o| o.to.is_some());
    found.truncate(RECENT);
    Ok(found)
}

async fn parked(
    site: &Site,
    visitor: &Visitor,
    offices: &[OfficeFacts],
) -> store::Result<Vec<ParkedLine>> {
    let read = |conn: &rusqlite::Connection| outbox::list(conn, Some(Stand::Parked), PARKED);
    let messages = site.app.store.read(read).await?;
    let lines = messages.into_iter().map(|m| {
        let office = offices.iter().find(|o| Some(o.id.as_str()) == m.draft.office.as_deref());
        let r = visitor.reader(office.map_or(&visitor.zone, |o| &o.zone));
        ParkedLine {
            when: r.brief(m.made),
            contact: m.draft.contact,
            channel: m.draft.channel,
            message: m.draft.title,
            attempts: m.tries,
            error: m.error.unwrap_or_default(),
        }
    });
    Ok(lines.collect())
}

/// `GET /offices/{office}`.
pub(crate) async fn office(
    State(site): State<Arc<Site>>,
    Extension(caller): Extension<Caller>,
    Path(office): Path<String>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let visitor = visitor(&site, Some(&caller), &headers, &uri);
    let id = OfficeId::from(office.as_str());
    let Some(configured) = site.app.config.offices.get(&id) else {
        return reply::not_found(&visitor);
    };
    let shared = Shared { line: configured.line.is_some(), mains: configured.mains.is_some() };
    let gathered = async {
        let offices = site.offices().await?;
        let recent = recent(&site, Some(id.clone())).await?;
        Ok::<_, store::StoreError>((offices, recent))
    };
    match gathered.await {
        Ok((offices, recent)) => match offices.iter().find(|o| o.id == id) {
            Some(facts) => {
                let page = super::office::office(&visitor, facts, shared, &recent);
                keep_language(reply::page(&page), &uri)
            }
            None => reply::not_found(&visitor),
        },
        Err(error) => reply::failed(&visitor, &error),
    }
}

/// `GET /offices/{office}/months/{period}`.
pub(crate) async fn month(
    State(site): State<Arc<Site>>,
    Extension(caller): Extension<Caller>,
    Path((office, period)): Path<(String, String)>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let visitor = visitor(&site, Some(&caller), &headers, &uri);
    let placed = super::months::place(&site, &office, &period);
    let Ok((id, configured, period)) = placed else { return reply::not_found(&visitor) };
    if !period.is_month() {
        return reply::not_found(&visitor);
    }
    match site.standing(&id, &period, MONTH_AGE_MS).await {
        Ok(Some(standing)) => {
            let office = (id.as_str(), &*configured.name);
            let zone = &configured.zone;
            let page = super::month::month(&visitor, office, zone, &period, &standing);
            keep_language(reply::page(&page), &uri)
        }
        Ok(None) => reply::not_found(&visitor),
        Err(error) => reply::failed(&visitor, &store::StoreError::Record(format!("{error:#}"))),
    }
}

/// `GET /outages/{id}`.
pub(crate) async fn outage(
    State(site): State<Arc<Site>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    let visitor = visitor(&site, Some(&caller), &headers, &uri);
    let found = async {
        let read = site.app.store.read(move |conn| around(conn, &id)).await?;
        let Some((outage, around)) = read else { return Ok(None) };
        let known = site.known_lately().await;
        let outage = present(known.as_deref(), outage);
        let office = site.board(&outage.office).await?;
        Ok::<_, store::StoreError>(Some((outage, around, office)))
    };
    match found.await {
        Ok(Some((outage, around, office))) => {
            // An office that the configuration no longer names keeps its ledger.
            let office = office.unwrap_or_else(|| OfficeFacts {
                id: outage.office.clone(),
                name: outage.office.to_string(),
                zone: visitor.zone.clone(),
                calendar: Arc::default(),
                view: None,
                open: None,
                days: Vec::new(),
                forecast: None,
                month: None,
            });
            let page = super::outage::outage(&visitor, &office, &outage, &around);
            keep_language(reply::page(&page), &uri)
        }
        Ok(None) => reply::not_found(&visitor),
        Err(error) => reply::failed(&visitor, &error),
    }
}

fn around(conn: &rusqlite::Connection, id: &str) -> store::Result<Option<(Outage, Around)>> {
    let Some(outage) = ledger::get(conn, id)? else { return Ok(None) };
    let notes = ledger::notes(conn, id)?.into_iter().map(|(at, note)| StaffLine {
        at,
        by: note.by.to_string(),
        text: note.text.map(|t| t.to_string()),
        expected_back: note.expected_back,
    });
    let messages = outbox::about(conn, id)?.into_iter().map(|m| MessageLine {
        at: m.made,
        to: m.draft.contact,
        channel: m.draft.channel,
        title: m.draft.title,
        sent: m.done,
        error: m.error,
    });
    let around = Around {
        corrections: ledger::corrections(conn, id)?,
        notes: notes.collect(),
        messages: messages.collect(),
    };
    Ok(Some((outage, around)))
}

/// `GET /board/{office}`: for everybody, so only [`public`] may look at what is known.
pub(crate) async fn board(
    State(site): State<Arc<Site>>,
    Path(office): Path<String>,
    uri: Uri,
) -> Response {
    // A hall's screen speaks the collector's language, whatever its browser was installed in.
    let visitor = Visitor {
        language: asked_language(&uri).unwrap_or(site.app.config.language),
        now: site.now(),
        zone: site.zone(),
        path: uri.path().to_owned(),
        user: None,
        setup: Arc::default(),
    };
    match site.board(&OfficeId::from(office.as_str())).await {
        Ok(Some(o)) => {
            let told = public(
                &o.name,
                &o.zone,
                &o.calendar,
                o.view.as_ref(),
                o.open.as_ref(),
                visitor.now,
            );
            let told = super::board::Public { forecast: o.forecast, ..told };
            reply::page(&super::board::board(&visitor, &o.zone, &told))
        }
        Ok(None) => reply::not_found(&visitor),
        Err(error) => reply::failed(&visitor, &error),
    }
}
