//! Does what uplink says, over HTTPS to the pinned CA.
//!
//! An answer counts only if it is a collector's own JSON: a captive portal answers 200 too. This
//! module never decides when to try again.

pub mod connection;
pub mod pinned;

use std::time::Duration;

use hyper::StatusCode;
use hyper::body::Bytes;
use rustls::pki_types::CertificateDer;
use siaga_wire::{Answer, Encoder, Refusal, Report, VERSION};

use crate::clock;
use crate::config::Collector;
use crate::credential::Credential;
use crate::spool::record::Record;
use crate::uplink::{Outcome, Send};
use connection::{Connection, Post, Reply};

const REPORTS: &str = "/api/v1/reports";
/// Below the collector's caps on packed and unpacked bodies, with room for the frame around.
const PLAIN_MAX_BYTES: usize = 200 * 1024;
const UNPACKED_MAX_BYTES: usize = 1024 * 1024;
/// Where a collector asks for patience without saying how long.
const PATIENCE: Duration = Duration::from_secs(30);

/// What came back.
#[derive(Debug)]
pub struct Pushed {
    /// How it ended.
    pub outcome: Outcome,
    /// Ranges that the collector has.
    pub committed: Vec<(u64, u64)>,
    /// Why it failed, for the log.
    pub why: Option<String>,
    /// Bytes of the body that was sent.
    pub sent_bytes: usize,
    /// How many rows it held.
    pub rows: usize,
}

/// Posts reports; keeps the connection and the packer's tables between them.
pub struct Pusher {
    connection: Connection,
    token: String,
    /// Absent once a collector did not know the dictionary.
    encoder: Option<Encoder>,
}

impl Pusher {
    /// Prepares; opens nothing.
    ///
    /// # Errors
    /// When TLS or the packer cannot be prepared.
    pub fn new(collector: &Collector, credential: &Credential) -> anyhow::Result<Self> {
        let known = credential.ca.clone().map(CertificateDer::from);
        let connection = Connection::new(collector, credential.pin, known)?;
        Ok(Self { connection, token: credential.token.clone(), encoder: Some(Encoder::new()?) })
    }

    /// Posts those rows. `present_boot` tells which rows are of this boot.
    pub async fn push(&mut self, send: &Send, records: &[Record], present_boot: &str) -> Pushed {
        let limit = if self.encoder.is_some() { UNPACKED_MAX_BYTES } else { PLAIN_MAX_BYTES };
        let records = fitting(records, limit);
        let nothing = |why: String| Pushed {
            outcome: Outcome::Failed,
            committed: Vec::new(),
            why: Some(why),
            sent_bytes: 0,
            rows: records.len(),
        };
        let body = match self.body(send, records, present_boot) {
            Ok(body) => body,
            Err(error) => return nothing(error.to_string()),
        };
        let sent_bytes = body.len();
        let packed = self.encoder.is_some();
        let post =
            Post { path: REPORTS, token: Some(self.token.clone()), body: body.into(), packed };
        let reply = match self.connection.post(&post).await {
            Ok(reply) => reply,
            Err(error) => return Pushed { sent_bytes, ..nothing(error.to_string()) },
        };
        if reply.status == StatusCode::UNSUPPORTED_MEDIA_TYPE && packed {
            self.encoder = None;
        }
        let (outcome, committed, why) = read_reply(&reply);
        Pushed { outcome, committed, why, sent_bytes, rows: records.len() }
    }

    fn body(
        &mut self,
        send: &Send,
        records: &[Record],
        present_boot: &str,
    ) -> anyhow::Result<Vec<u8>> {
        let present = send.boot == present_boot;
        let now = clock::sample();
        let mut rows = Vec::with_capacity(records.len());
        for record in records {
            let mut row = record.row()?;
            if !present {
                date(&mut row, record);
            }
            rows.push(row);
        }
        let report = Report {
            v: VERSION,
            boot: send.boot.as_str().into(),
            run: send.run.as_str().into(),
            newest: send.newest,
            now_ms: present.then_some(now.boot_ms),
            wall: Some(clock::wall_text(now.wall_ms).into()),
            newest_of: send.newest_of.as_ref().map(|(run, seq)| (run.as_str().into(), *seq)),
            rows,
        };
        Ok(match &mut self.encoder {
            Some(encoder) => encoder.pack(&report)?,
            None => serde_json::to_vec(&report)?,
        })
    }
}

/// The first rows whose bodies fit; at least one.
fn fitting(records: &[Record], max_bytes: usize) -> &[Record] {
    let mut bytes = 0;
    // A wall clock and commas come on top.
    let fits = records.iter().take_while(|r| {
        bytes += r.body.len() + 48;
        bytes <= max_bytes
    });
    let count = fits.count().max(1).min(records.len());
    records.get(..count).unwrap_or(records)
}

/// Rows of an earlier boot carry the PC's own clock: it is all there is to place them.
fn date<'a>(row: &mut siaga_wire::Row<'a>, record: &Record) {
    use siaga_wire::Row;
    let text = || Some(clock::wall_text(record.wall_ms).into());
    match row {
        Row::Reading { wall, .. } | Row::Start { wall, .. } | Row::LastWords { wall, .. } => {
            *wall = text()
        }
        Row::Stretch { wall, since, at_ms, .. } => {
            *wall = text();
            let earlier = i64::try_from(at_ms.saturating_sub(since.at_ms)).unwrap_or(0);
            since.wall = Some(clock::wall_text(record.wall_ms.saturating_sub(earlier)).into());
        }
        Row::Gap(_) | Row::Unknown { .. } => {}
    }
}

fn read_reply(reply: &Reply) -> (Outcome, Vec<(u64, u64)>, Option<String>) {
    let patience = reply.retry_after.unwrap_or(PATIENCE);
    let failed = |outcome, why: String| (outcome, Vec::new(), Some(why));
    match reply.status {
        StatusCode::OK => match serde_json::from_slice::<Answer>(&reply.body) {
            Ok(answer) if answer.committed.iter().any(|(a, b)| a <= b) => {
                (Outcome::Committed, answer.committed, None)
            }
            Ok(_) => failed(Outcome::Failed, "the collector committed nothing of it".into()),
            Err(_) => failed(Outcome::Failed, "somebody answers who is not a collector".into()),
        },
        StatusCode::BAD_REQUEST => {
            let refusal: Option<Refusal> = serde_json::from_slice(&reply.body).ok();
            match refusal {
                Some(refusal) => failed(Outcome::Refused(refusal.row), refusal.error),
                None => failed(Outcome::Failed, "400 from somebody who is not a collector".into()),
            }
        }
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => failed(
            Outcome::Unauthorized,
            "the collector does not know this agent; hint: join again".into(),
        ),
        StatusCode::PAYLOAD_TOO_LARGE => failed(Outcome::TooLarge, "too large".into()),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => failed(
            Outcome::Later(Duration::ZERO),
            "unknown dictionary: plain JSON from now on".into(),
        ),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            failed(Outcome::Later(patience), format!("asked to wait {} s", patience.as_secs()))
        }
        other => failed(Outcome::Failed, format!("unexpected answer {other}")),
    }
}

/// Posts an enrolment. The pin is checked in the handshake, before the code is sent.
///
/// # Errors
/// When there is no answer.
pub(crate) async fn post_enrolment(
    connection: &mut Connection,
    body: Vec<u8>,
) -> Result<Reply, connection::NoAnswer> {
    let body = Bytes::from(body);
    connection.post(&Post { path: "/api/v1/enrol", token: None, body, packed: false }).await
}
