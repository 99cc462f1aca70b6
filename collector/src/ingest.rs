//! Reports and enrolments: who sends, what it says, whether it may. Answers only what is durable.
//! A bad report is refused with a reason and harms nobody else's. Old agents are understood here.

mod convert;
mod enrol;
mod sender;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http_body_util::{BodyExt as _, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use hyper::{Method, Request, Response, StatusCode};
use siaga_wire::{Answer, CodecError, Decoder, Refusal, Report, WIRE_MAX_BYTES};
use tokio::time::timeout;

use crate::App;
use crate::drive::{Arrival, Meters, Refused};
use crate::store::agents::Agent;
use crate::token;

pub use convert::{Unfit, heard};
pub use sender::Senders;

/// The route of reports.
pub const REPORTS: &str = "/api/v1/reports";
/// The route of enrolments.
pub const ENROL: &str = "/api/v1/enrol";

/// A whole body arrives within this or not at all.
const BODY_DEADLINE: Duration = Duration::from_secs(20);
/// The least and most seconds that a shed agent is sent away for; the collector spreads the herd.
const SHED_SECONDS: (u64, u64) = (5, 60);

/// An answer of these two routes.
pub type Reply = Response<axum::body::Body>;

/// What the two routes need.
pub struct Ingest {
    app: Arc<App>,
    senders: Senders,
    decoder: Mutex<Decoder>,
    shed: std::sync::atomic::AtomicU64,
    codes: Mutex<BTreeMap<std::net::IpAddr, enrol::Attempts>>,
}

impl std::fmt::Debug for Ingest {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str("Ingest(…)")
    }
}

/// A refusal with its status.
struct No {
    status: StatusCode,
    error: String,
    row: Option<usize>,
    retry_after: Option<u64>,
}

fn no(status: StatusCode, error: impl Into<String>) -> No {
    No { status, error: error.into(), row: None, retry_after: None }
}

impl Ingest {
    /// Ready to take reports.
    ///
    /// # Errors
    /// When the store cannot be read or zstd cannot start.
    pub fn new(app: Arc<App>) -> anyhow::Result<Self> {
        let senders = Senders::new(&app.store)?;
        let decoder = Mutex::new(Decoder::new()?);
        let shed = std::sync::atomic::AtomicU64::new(0);
        Ok(Self { app, senders, decoder, shed, codes: Mutex::default() })
    }

    /// Whether these routes are meant.
    #[must_use]
    pub fn is_for(method: &Method, path: &str) -> bool {
        *method == Method::POST && (path == REPORTS || path == ENROL)
    }

    /// Answers a request to one of the two routes.
    pub async fn answer(&self, from: std::net::IpAddr, request: Request<Incoming>) -> Reply {
        let done = match request.uri().path() {
            REPORTS => self.report(request).await,
            _ => self.enrol(from, request).await,
        };
        match done {
            Ok(reply) => reply,
            Err(no) => {
                Meters::add(&self.app.handle.meters().refused, 1);
                let refusal = Refusal { error: no.error, row: no.row };
                let mut reply = json(no.status, &refusal);
                if let Some(seconds) = no.retry_after {
                    reply.headers_mut().insert(RETRY_AFTER, seconds.into());
                }
                reply
            }
        }
    }

    async fn report(&self, request: Request<Incoming>) -> Result<Reply, No> {
        let agent = self.sender(&request)?;
        let packed = match request.headers().get(CONTENT_ENCODING).map(|v| v.as_bytes()) {
            None | Some(b"identity") => false,
            Some(b"zstd") => true,
            Some(_) => {
                let what = "this collector takes plain JSON or zstd";
                return Err(no(StatusCode::UNSUPPORTED_MEDIA_TYPE, what));
            }
        };
        let body = body(request, WIRE_MAX_BYTES).await?;
        self.spend(&agent, body.len())?;
        let arrival = self.read(&agent, &body, packed)?;
        let committed = self.app.handle.report(arrival).await.map_err(|r| self.refused(r))?;
        let now = crate::record::rfc3339(self.app.clock.now()).unwrap_or_default();
        Ok(json(StatusCode::OK, &Answer { committed, now }))
    }

    fn sender(&self, request: &Request<Incoming>) -> Result<Arc<Agent>, No> {
        let token = request.headers().get(AUTHORIZATION).and_then(|v| token::bearer(v.as_bytes()));
        let agent = token.map(|t| self.senders.find(&self.app.store, &token::hash(t)));
        match agent {
            Some(Ok(Some(agent))) => Ok(agent),
            Some(Err(error)) => {
                tracing::warn!(%error, "credentials cannot be read");
                Err(self.later("the collector cannot read its store"))
            }
            Some(Ok(None)) | None => {
                Err(no(StatusCode::UNAUTHORIZED, "this credential is not known or has been ended"))
            }
        }
    }

    fn spend(&self, agent: &Agent, bytes: usize) -> Result<(), No> {
        self.senders.spend(agent.no, bytes, self.app.clock.boot_ms()).map_err(|seconds| No {
            retry_after: Some(seconds),
            ..no(StatusCode::TOO_MANY_REQUESTS, "this agent sends too much")
        })
    }

    fn read(&self, agent: &Agent, body: &Bytes, packed: bool) -> Result<Arrival, No> {
        let mut decoder = self.decoder.lock().unwrap_or_else(PoisonError::into_inner);
        let json = if packed { decoder.unpack(body).map_err(unpacking)? } else { body.as_ref() };
        if packed {
            // A few bytes that unpack to millions cost what they cost.
            self.spend(agent, json.len() / 8)?;
        }
        let report: Report = serde_json::from_slice(json).map_err(|error| {
            let row = convert::row_at_fault(json);
            No { row, ..no(StatusCode::BAD_REQUEST, format!("not a report: {error}")) }
        })?;
        let heard = heard(&report, &agent.station)
            .map_err(|unfit| No { row: unfit.row, ..no(StatusCode::BAD_REQUEST, unfit.what) })?;
        Ok(Arrival { agent: agent.clone(), body: body.clone(), packed, heard })
    }

    fn refused(&self, refused: Refused) -> No {
        match refused {
            Refused::Busy | Refused::NotStored | Refused::Store(_) | Refused::Stopping => {
                Meters::add(&self.app.handle.meters().shed, 1);
                self.later(&refused.to_string())
            }
            Refused::Revoked => no(StatusCode::UNAUTHORIZED, refused.to_string()),
            Refused::NoSuchOutage => no(StatusCode::NOT_FOUND, refused.to_string()),
            Refused::Overtaken(_) => no(StatusCode::CONFLICT, refused.to_string()),
        }
    }

    /// Come back, each at another time: successive answers walk through the whole window.
    fn later(&self, why: &str) -> No {
        let (least, most) = SHED_SECONDS;
        let n = self.shed.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        // A step that shares no factor with the window visits every second of it.
        let seconds = least + n.wrapping_mul(17) % (most - least + 1);
        No { retry_after: Some(seconds), ..no(StatusCode::SERVICE_UNAVAILABLE, why) }
    }
}

fn unpacking(error: CodecError) -> No {
    let status = match error {
        CodecError::Dictionary(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        CodecError::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
        CodecError::Frame(_) | CodecError::Json(_) | CodecError::Library(_) => {
            StatusCode::BAD_REQUEST
        }
    };
    no(status, error.to_string())
}

async fn body(request: Request<Incoming>, most: usize) -> Result<Bytes, No> {
    let body = Limited::new(request.into_body(), most);
    match timeout(BODY_DEADLINE, body.collect()).await {
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => {
            Err(no(StatusCode::PAYLOAD_TOO_LARGE, format!("at most {most} bytes")))
        }
        Ok(Err(error)) => Err(no(StatusCode::BAD_REQUEST, format!("the body broke off: {error}"))),
        Err(_) => Err(no(StatusCode::REQUEST_TIMEOUT, "the body did not arrive in time")),
    }
}

fn json<T: serde::Serialize>(status: StatusCode, value: &T) -> Reply {
    let text = serde_json::to_vec(value).unwrap_or_default();
    let mut reply = Response::new(axum::body::Body::from(text));
    *reply.status_mut() = status;
    let json = hyper::header::HeaderValue::from_static("application/json");
    reply.headers_mut().insert(CONTENT_TYPE, json);
    reply
}
