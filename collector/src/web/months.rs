//! Closing of months and corrections by staff: what programs send, what forms send, and what both
//! come to. Checks what is said; the writer alone takes it.

use std::sync::Arc;

use axum::Form;
use axum::body::Bytes;
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::{Deserialize, Serialize};
use siaga_decide::{At, Corrected, Kind, Month, OfficeId, Outage, PersonId, Span, StaffCorrection};

use super::guard::{Caller, csrf_fits};
use super::pages::visitor;
use super::reply::{self, json, problem, refused};
use super::said::{self, NO_OFFICE, NO_OUTAGE, NO_REASON, Wrong};
use super::site::Site;
use crate::accounts::{self, NotClosable, Standing};
use crate::config::Office;
use crate::report::Period;
use crate::store::ledger;

/// Why it was not done: for a program its status, for both the words.
type No = (StatusCode, Wrong);

/// A month's figures must not be older than this when somebody decides on them.
const FRESH_MS: i64 = 0;

fn failed(error: &dyn std::fmt::Display) -> No {
    const WHAT: Wrong = Wrong::new(
        "Data sedang tidak dapat dibaca. Coba lagi sebentar.",
        "the store cannot be read now",
    );
    tracing::error!(%error, "a month cannot be read");
    (StatusCode::SERVICE_UNAVAILABLE, WHAT)
}

fn bad(what: Wrong) -> No {
    (StatusCode::BAD_REQUEST, what)
}

fn person(caller: &Caller) -> PersonId {
    PersonId::from(caller.person.name.as_str())
}

/// An office and one of its periods.
pub(crate) fn place<'a>(
    site: &'a Site,
    office: &str,
    period: &str,
) -> Result<(OfficeId, &'a Office, Period), No> {
    let id = OfficeId::from(office);
    let configured = site.app.config.offices.get(&id);
    let configured = configured.ok_or((StatusCode::NOT_FOUND, NO_OFFICE))?;
    let period = Period::parse(period, &configured.zone).map_err(|e| {
        let id = "Bulan ditulis seperti 2026-11, hari seperti 2026-11-24.";
        bad(Wrong::new(id, e.hint))
    })?;
    Ok((id, configured, period))
}

async fn fresh(site: &Arc<Site>, id: &OfficeId, period: &Period) -> Result<Standing, No> {
    match site.standing(id, period, FRESH_MS).await {
        Ok(Some(standing)) => Ok(standing),
        Ok(None) => Err((
            StatusCode::SERVICE_UNAVAILABLE,
            Wrong::new(
                "Belum ada yang diketahui tentang kantor ini.",
                "nothing is known of this office yet",
            ),
        )),
        Err(error) => Err(failed(&error)),
    }
}

async fn close(site: &Arc<Site>, caller: &Caller, office: &str, period: &str) -> Result<(), No> {
    let (id, _, period) = place(site, office, period)?;
    let standing = fresh(site, &id, &period).await?;
    let closing = accounts::closing(&standing, &period, person(caller));
    let (closing, figures) = closing.map_err(|e| (StatusCode::CONFLICT, not_closable(&e)))?;
    site.app.handle.close(closing, figures).await.map_err(|e| refused(&e))
}

fn not_closable(error: &NotClosable) -> Wrong {
    match error {
        NotClosable::NoMonth => {
            Wrong::new("Hanya satu bulan penuh yang dapat ditutup.", "only a month can be closed")
        }
        NotClosable::Already => {
            Wrong::new("Bulan ini sudah ditutup.", "the month is closed already")
        }
        NotClosable::Provisional => Wrong::new(
            "Masih ada bukti yang belum tiba: angkanya masih sementara.",
            "evidence is still to come: the figures are provisional",
        ),
    }
}

async fn decide(
    site: &Arc<Site>,
    caller: &Caller,
    (office, period, proposal): (&str, &str, &str),
    accepted: bool,
    reason: Option<&str>,
) -> Result<(), No> {
    let (id, _, period) = place(site, office, period)?;
    let why = said::text(reason).map_err(bad)?;
    let why = why.ok_or_else(|| bad(NO_REASON))?;
    let standing = fresh(site, &id, &period).await?;
    let by = person(caller);
    let made = accounts::verdict(standing, &period, proposal, accepted, by, &why);
    let (verdict, figures) = made.ok_or((
        StatusCode::CONFLICT,
        Wrong::new(
            "Bukan itu yang diusulkan sekarang: buka lagi halamannya.",
            "this is not what is proposed now: look again",
        ),
    ))?;
    site.app.handle.decide(verdict, figures).await.map_err(|e| refused(&e))
}

/// The service hours of a month become those of the calendar in use now.
async fn new_hours(
    site: &Arc<Site>,
    caller: &Caller,
    office: &str,
    period: &str,
    reason: Option<&str>,
) -> Result<(), No> {
    let (office, _, period) = place(site, office, period)?;
    let month = Month::parse(period.name()).ok_or_else(|| {
        bad(Wrong::new(
            "Hanya satu bulan penuh yang dapat dikoreksi.",
            "only a month can be corrected",
        ))
    })?;
    let why = said::text(reason).map_err(bad)?.ok_or_else(|| bad(NO_REASON))?;
    let what = Corrected::Calendar { month };
    send(site, StaffCorrection { office, what, by: person(caller), why, entry: None }).await
}

async fn send(site: &Arc<Site>, said: StaffCorrection) -> Result<(), No> {
    site.app.handle.correct(said).await.map_err(|e| refused(&e))
}

/// What somebody says of an outage after the fact: exactly one of cause, planned, or edges.
#[derive(Deserialize, Default)]
pub(crate) struct Amended {
    cause: Option<String>,
    #[serde(default)]
    planned: bool,
    from: Option<String>,
    to: Option<String>,
    reason: Option<String>,
}

async fn amend(site: &Arc<Site>, caller: &Caller, id: &str, sent: &Amended) -> Result<(), No> {
    let wanted = id.to_owned();
    let found = site.app.store.read(move |conn| ledger::get(conn, &wanted)).await;
    let outage = found.map_err(|e| failed(&e))?.filter(|o| !o.void);
    let outage = outage.ok_or((StatusCode::NOT_FOUND, NO_OUTAGE))?;
    let why = said::text(sent.reason.as_deref()).map_err(bad)?;
    let why = why.ok_or_else(|| bad(NO_REASON))?;
    let what = amended(sent, &outage, site.now()).map_err(bad)?;
    let (office, by) = (outage.office.clone(), person(caller));
    send(site, StaffCorrection { office, what, by, why, entry: Some(Box::new(outage)) }).await
}

fn amended(sent: &Amended, outage: &Outage, now: At) -> Result<Corrected, Wrong> {
    let span = Span::new(outage.from.lo, outage.to.map_or(now, |to| to.hi));
    let given = |text: &Option<String>| {
        let text = text.as_deref().map(str::trim).filter(|t| !t.is_empty());
        text.map(str::to_owned)
    };
    let (cause, from, to) = (given(&sent.cause), given(&sent.from), given(&sent.to));
    match (cause, sent.planned, from.is_some() || to.is_some()) {
        (Some(word), false, false) => {
            let known = Kind::ALL.into_iter().find(|k| k.word() == word && *k != Kind::Silent);
            let wrong = Wrong::new("Penyebab itu tidak dikenal.", "there is no such cause");
            let kind = known.ok_or(wrong)?;
            Ok(Corrected::Cause { span, kind, sub: None })
        }
        (None, true, false) => Ok(Corrected::Planned { span }),
        (None, false, true) => edges(outage, span, from, to, now),
        (_, _, _) => Err(Wrong::new(
            "Pilih satu: penyebab, pekerjaan terencana, atau waktunya.",
            "one of cause, planned, or from and to",
        )),
    }
}

/// Down where the edges move out, served where they move in.
fn edges(
    outage: &Outage,
    span: Span,
    from: Option<String>,
    to: Option<String>,
    now: At,
) -> Result<Corrected, Wrong> {
    let from = from.map(|text| said::instant(&text, now)).transpose()?;
    let to = to.map(|text| said::instant(&text, now)).transpose()?;
    let (began, ended) = (from.unwrap_or(span.from), to.unwrap_or(span.to));
    if ended <= began {
        return Err(said::END_FIRST);
    }
    if ended > now {
        return Err(Wrong::new("Akhirnya belum terjadi.", "the end lies in the future"));
    }
    const NOTHING: Wrong = Wrong::new(
        "Tidak ada waktu terganggu dalam gangguan ini.",
        "nothing of this outage is down",
    );
    let first = outage.charges.first().ok_or(NOTHING)?;
    let last = outage.charges.last().unwrap_or(first);
    let spans = |pairs: [(At, At); 2]| -> Vec<Span> {
        let spans = pairs.into_iter().map(|(from, to)| Span::new(from, to));
        spans.filter(|s| !s.is_empty()).collect()
    };
    let down = spans([
        if from.is_some() { (began, first.span.from) } else { (began, began) },
        if to.is_some() { (last.span.to, ended) } else { (ended, ended) },
    ]);
    let served = spans([(span.from, began), (ended, span.to)]);
    let (kind, sub) = (first.cause.kind, first.cause.sub);
    if kind == Kind::Silent {
        return Err(Wrong::new(
            "Sebutkan dulu penyebabnya: yang diketahui hanya bahwa tidak ada kabar.",
            "name the cause first: nothing is known of this outage but silence",
        ));
    }
    Ok(Corrected::Edges { down, served, kind, sub })
}

fn answer(outcome: Result<(), No>) -> Response {
    #[derive(Serialize)]
    struct Done {
        ok: bool,
    }
    match outcome {
        Ok(()) => json(&Done { ok: true }),
        Err((status, what)) => problem(status, what.english()),
    }
}

/// JSON of a body; nothing at all is an empty object.
fn body<'a, T: Deserialize<'a> + Default>(bytes: &'a Bytes) -> Result<T, No> {
    if bytes.is_empty() {
        return Ok(T::default());
    }
    serde_json::from_slice(bytes)
        .map_err(|e| bad(Wrong::of_program(format!("the body is not the JSON it should be: {e}"))))
}

const ACCEPT_OR_REFUSE: Wrong =
    Wrong::new("Terima atau tolak usulannya.", "accept is true or false");

#[derive(Deserialize, Default)]
struct Decided {
    accept: Option<bool>,
    reason: Option<String>,
}

/// `POST /api/v1/accounts/{office}/{period}/close`.
pub(crate) async fn api_close(
    State(site): State<Arc<Site>>,
    Extension(caller): Extension<Caller>,
    Path((office, period)): Path<(String, String)>,
) -> Response {
    answer(close(&site, &caller, &office, &period).await)
}

/// `POST /api/v1/accounts/{office}/{period}/corrections/{id}`.
pub(crate) async fn api_decide(
    State(site): State<Arc<Site>>,
    Extension(caller): Extension<Caller>,
    Path((office, period, id)): Path<(String, String, String)>,
    bytes: Bytes,
) -> Response {
    let sent: Decided = match body(&bytes) {
        Ok(sent) => sent,
        Err(no) => return answer(Err(no)),
    };
    let Some(accept) = sent.accept else {
        return answer(Err(bad(ACCEPT_OR_REFUSE)));
    };
    let which = (office.as_str(), period.as_str(), id.as_str());
    answer(decide(&site, &caller, which, accept, sent.reason.as_deref()).await)
}

/// `POST /api/v1/accounts/{office}/{period}/hours`.
pub(crate) async fn api_hours(
    State(site): State<Arc<Site>>,
    Extension(caller): Extension<Caller>,
    Path((office, period)): Path<(String, String)>,
    bytes: Bytes,
) -> Response {
    match body::<Decided>(&bytes) {
        Ok(sent) => {
            answer(new_hours(&site, &caller, &office, &period, sent.reason.as_deref()).await)
        }
        Err(no) => answer(Err(no)),
    }
}

/// `POST /api/v1/outages/{id}/correct`.
pub(crate) async fn api_amend(
    State(site): State<Arc<Site>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    bytes: Bytes,
) -> Response {
    match body::<Amended>(&bytes) {
        Ok(sent) => answer(amend(&site, &caller, &id, &sent).await),
        Err(no) => answer(Err(no)),
    }
}

/// What the forms of a month, and of an outage's correction, send.
#[derive(Deserialize)]
pub(crate) struct Sent {
    csrf: String,
    #[serde(default)]
    verdict: String,
    #[serde(default)]
    what: String,
    reason: Option<String>,
}

struct Sender<'a> {
    site: &'a Arc<Site>,
    caller: &'a Caller,
    headers: &'a HeaderMap,
    uri: &'a Uri,
}

impl Sender<'_> {
    fn is_real(&self, csrf: &str) -> bool {
        self.caller.cookie.as_deref().is_some_and(|secret| csrf_fits(secret, csrf))
    }

    fn expired(&self) -> Response {
        let visitor = visitor(self.site, Some(self.caller), self.headers, self.uri);
        let w = visitor.words();
        reply::problem_page(&visitor, StatusCode::FORBIDDEN, w.not_allowed, w.form_expired)
    }

    fn done(&self, outcome: Result<(), No>, back: &str) -> Response {
        match outcome {
            Ok(()) => Redirect::to(back).into_response(),
            Err((status, what)) => {
                let visitor = visitor(self.site, Some(self.caller), self.headers, self.uri);
                let text = what.text(visitor.language);
                reply::problem_page(&visitor, status, visitor.words().not_taken, text)
            }
        }
    }
}

/// `POST /offices/{office}/months/{period}/close`.
pub(crate) async fn form_close(
    State(site): State<Arc<Site>>,
    Extension(caller): Extension<Caller>,
    Path((office, period)): Path<(String, String)>,
    headers: HeaderMap,
    uri: Uri,
    Form(sent): Form<Sent>,
) -> Response {
    let sender = Sender { site: &site, caller: &caller, headers: &headers, uri: &uri };
    if !sender.is_real(&sent.csrf) {
        return sender.expired();
    }
    let outcome = close(&site, &caller, &office, &period).await;
    let (office, period) = (reply::encode(&office), reply::encode(&period));
    sender.done(outcome, &format!("/offices/{office}/months/{period}"))
}

/// `POST /offices/{office}/months/{period}/corrections/{id}`.
pub(crate) async fn form_decide(
    State(site): State<Arc<Site>>,
    Extension(caller): Extension<Caller>,
    Path((office, period, id)): Path<(String, String, String)>,
    headers: HeaderMap,
    uri: Uri,
    Form(sent): Form<Sent>,
) -> Response {
    let sender = Sender { site: &site, caller: &caller, headers: &headers, uri: &uri };
    if !sender.is_real(&sent.csrf) {
        return sender.expired();
    }
    let which = (office.as_str(), period.as_str(), id.as_str());
    let outcome = match sent.verdict.as_str() {
        "accept" => decide(&site, &caller, which, true, sent.reason.as_deref()).await,
        "refuse" => decide(&site, &caller, which, false, sent.reason.as_deref()).await,
        _ => Err(bad(ACCEPT_OR_REFUSE)),
    };
    let (office, period) = (reply::encode(&office), reply::encode(&period));
    sender.done(outcome, &format!("/offices/{office}/months/{period}"))
}

/// `POST /outages/{id}/correct`: a cause, or `planned`.
pub(crate) async fn form_amend(
    State(site): State<Arc<Site>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    headers: HeaderMap,
    uri: Uri,
    Form(sent): Form<Sent>,
) -> Response {
    let sender = Sender { site: &site, caller: &caller, headers: &headers, uri: &uri };
    if !sender.is_real(&sent.csrf) {
        return sender.expired();
    }
    let planned = sent.what == "planned";
    let cause = (!planned).then_some(sent.what);
    let amended = Amended { cause, planned, reason: sent.reason, ..Amended::default() };
    let outcome = amend(&site, &caller, &id, &amended).await;
    sender.done(outcome, &format!("/outages/{}", reply::encode(&id)))
}
