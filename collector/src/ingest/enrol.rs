//! `POST /api/v1/enrol`: a one-time code for a credential of one's own.

use std::net::IpAddr;
use std::sync::PoisonError;

use hyper::body::Incoming;
use hyper::{Request, StatusCode};
use siaga_wire::{EnrolRequest, Enrolled, JoinCode};

use super::{Ingest, No, Reply, body, json, no};
use crate::drive::Refused;
use crate::store::agents;
use crate::token;

/// A body with one code in it.
const BODY_MAX_BYTES: usize = 4 * 1024;
/// Wrong codes from one address within the window; 128 bits cannot be guessed, logs can be filled.
const WRONG_MOST: u32 = 30;
const WINDOW_MS: i64 = 60_000;
/// Addresses remembered.
const ADDRESSES_MOST: usize = 10_000;

/// Wrong codes from one address.
#[derive(Clone, Copy)]
pub(super) struct Attempts {
    since_ms: i64,
    wrong: u32,
}

impl Ingest {
    pub(super) async fn enrol(
        &self,
        from: IpAddr,
        request: Request<Incoming>,
    ) -> Result<Reply, No> {
        self.may_try(from)?;
        let body = body(request, BODY_MAX_BYTES).await?;
        let asked: EnrolRequest = serde_json::from_slice(&body)
            .map_err(|e| no(StatusCode::BAD_REQUEST, format!("not an enrolment: {e}")))?;
        let Some(secret) = JoinCode::secret_from_text(&asked.code) else {
            return Err(self.wrong(from));
        };
        let secrets = token::new_token().and_then(|t| Ok((t, token::random::<8>()?)));
        let (token, id) = secrets.map_err(|e| self.later(&e.to_string()))?;
        let id: String = id.iter().map(|b| format!("{b:02x}")).collect();
        let (code, hash, agent_id) = (token::hash(&secret), token::hash(token.as_bytes()), id);
        let made = self
            .app
            .handle
            .write(move |conn, now| agents::redeem(conn, now, &code, &agent_id, &hash))
            .await;
        match made {
            Ok(Some(agent)) => {
                tracing::info!(agent = agent.id, station = ?agent.station, "enrolled");
                let enrolled = Enrolled {
                    agent: agent.id,
                    office: agent.station.office.to_string(),
                    station: agent.station.station.to_string(),
                    token,
                };
                Ok(json(StatusCode::CREATED, &enrolled))
            }
            Ok(None) => Err(self.wrong(from)),
            Err(refused) => Err(match refused {
                Refused::Busy
                | Refused::Store(_)
                | Refused::NotStored
                | Refused::Stopping
                | Refused::Revoked
                | Refused::Overtaken(_)
                | Refused::NoSuchOutage => self.refused(refused),
            }),
        }
    }

    fn may_try(&self, from: IpAddr) -> Result<(), No> {
        let now = self.app.clock.boot_ms();
        let codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        let tried = codes.get(&from).filter(|a| now - a.since_ms < WINDOW_MS);
        if tried.is_none_or(|a| a.wrong < WRONG_MOST) {
            return Ok(());
        }
        let mut no = no(StatusCode::TOO_MANY_REQUESTS, "too many wrong codes");
        no.retry_after = Some(60);
        Err(no)
    }

    /// Used, expired and never made are one answer.
    fn wrong(&self, from: IpAddr) -> No {
        let now = self.app.clock.boot_ms();
        let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        if codes.len() >= ADDRESSES_MOST {
            codes.retain(|_, a| now - a.since_ms < WINDOW_MS);
        }
        let tried = codes.entry(from).or_insert(Attempts { since_ms: now, wrong: 0 });
        if now - tried.since_ms >= WINDOW_MS {
            *tried = Attempts { since_ms: now, wrong: 0 };
        }
        tried.wrong += 1;
        no(StatusCode::FORBIDDEN, "this code was used before, has expired, or never was one")
    }
}
