//! A program of the administrator's own: Alertmanager's webhook, version 4, so that whatever takes
//! alerts from Alertmanager takes them from here. With a secret, `X-Siaga-Signature` is
//! `sha256=` and the HMAC-SHA-256 of the body in hexadecimal; `Idempotency-Key` is the same for
//! every attempt to send one message.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use hmac::{Hmac, Mac as _};
use serde::Serialize;
use sha2::Sha256;
use siaga_decide::At;

use super::SendError;
use super::http::Http;
use super::text::plain;
use crate::config::Secret;
use crate::store::outbox::Message;

/// A receiver.
#[derive(Debug)]
pub(super) struct Webhook {
    pub(super) url: String,
    pub(super) secret: Option<Secret>,
    pub(super) external_url: String,
}

/// What stands in `endsAt` while an alert fires.
const NOT_ENDED: &str = "0001-01-01T00:00:00Z";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Payload<'a> {
    receiver: &'a str,
    status: &'static str,
    alerts: [Alert<'a>; 1],
    group_labels: BTreeMap<&'static str, &'a str>,
    common_labels: BTreeMap<&'static str, &'a str>,
    common_annotations: BTreeMap<&'static str, &'a str>,
    #[serde(rename = "externalURL")]
    external_url: &'a str,
    version: &'static str,
    group_key: &'a str,
    truncated_alerts: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Alert<'a> {
    status: &'static str,
    labels: BTreeMap<&'static str, &'a str>,
    annotations: BTreeMap<&'static str, &'a str>,
    starts_at: String,
    ends_at: String,
    #[serde(rename = "generatorURL")]
    generator_url: &'a str,
    fingerprint: String,
}

impl Webhook {
    /// One attempt.
    pub(super) async fn send(
        &self,
        http: &Http,
        message: &Message,
        now: At,
    ) -> Result<Option<String>, SendError> {
        let body = self.body(message)?;
        let signature = match &self.secret {
            Some(secret) => Some(sign(secret, &body)?),
            None => None,
        };
        // Ids are words of the configuration, but an address may hold anything.
        let key: String = message.key().chars().filter(|c| c.is_ascii_graphic()).collect();
        let mut headers: Vec<(&'static str, &str)> = vec![("idempotency-key", &key)];
        headers.extend(signature.as_deref().map(|value| ("x-siaga-signature", value)));
        let answer = http.post(&self.url, &headers, body).await?;
        if answer.status.is_success() {
            return Ok(None);
        }
        let code = answer.status.as_u16();
        let hint =
            if answer.status.is_redirection() { " (redirects are not followed)" } else { "" };
        Err(SendError {
            message: format!("the receiver says {code}{hint}: {}", answer.excerpt()),
            permanent: (300..500).contains(&code) && !matches!(code, 408 | 429),
            retry_after_ms: answer.retry_after_ms(now),
        })
    }

    fn body(&self, message: &Message) -> Result<Vec<u8>, SendError> {
        let draft = &message.draft;
        let ended = draft.word() == "ended";
        let status = if ended { "resolved" } else { "firing" };
        let (title, text) = (plain(&draft.title), plain(&draft.body));
        let link = draft.link.as_deref().unwrap_or(&self.external_url);
        let name = match draft.word() {
            "opened" | "cause_known" | "ended" => "SiagaOutage",
            "test" => "SiagaTest",
            _ => "SiagaWarning",
        };
        let mut labels = BTreeMap::from([
            ("alertname", name),
            ("change", draft.word()),
            ("subject", draft.subject.as_str()),
        ]);
        let mut group = BTreeMap::from([("alertname", name)]);
        if let Some(office) = &draft.office {
            labels.insert("office", office);
            group.insert("office", office);
        }
        let annotations = BTreeMap::from([
            ("summary", title.as_str()),
            ("description", text.as_str()),
            ("link", link),
        ]);
        let made = instant(message.made);
        let payload = Payload {
            receiver: &draft.address,
            status,
            alerts: [Alert {
                status,
                labels: labels.clone(),
                annotations: annotations.clone(),
                ends_at: if ended { made.clone() } else { NOT_ENDED.to_owned() },
                starts_at: made,
                generator_url: link,
                fingerprint: fingerprint(&draft.subject),
            }],
            group_labels: group,
            common_labels: labels,
            common_annotations: annotations,
            external_url: &self.external_url,
            version: "4",
            group_key: &draft.subject,
            truncated_alerts: 0,
        };
        serde_json::to_vec(&payload).map_err(|e| SendError::permanent(format!("message: {e}")))
    }
}

fn instant(at: At) -> String {
    jiff::Timestamp::from_millisecond(at.0).unwrap_or_default().to_string()
}

/// The same for every message about one thing, as receivers expect of an alert.
fn fingerprint(subject: &str) -> String {
    hex(&crate::token::hash(subject.as_bytes())[..8])
}

fn sign(secret: &Secret, body: &[u8]) -> Result<String, SendError> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes())
        .map_err(|e| SendError::permanent(format!("the secret cannot be used: {e}")))?;
    mac.update(body);
    Ok(format!("sha256={}", hex(&mac.finalize().into_bytes())))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
