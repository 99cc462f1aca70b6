//! ntfy: JSON publishing at the server's root, with priority, a title, and a button that leads to
//! the page where one acknowledges.

use serde::{Deserialize, Serialize};
use siaga_decide::At;

use super::SendError;
use super::http::Http;
use super::text::{button, cut_bytes, plain};
use crate::config::Secret;
use crate::store::outbox::Message;

/// Longer texts become attachments, which phones do not show at once.
const MOST_TEXT: usize = 4_000;
const MOST_TITLE: usize = 250;

/// A server.
#[derive(Debug)]
pub(super) struct Ntfy {
    pub(super) url: String,
    pub(super) token: Option<Secret>,
}

#[derive(Serialize)]
struct Publish<'a> {
    topic: &'a str,
    title: String,
    message: String,
    priority: u8,
    tags: [&'static str; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    click: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    actions: Vec<Action<'a>>,
}

#[derive(Serialize)]
struct Action<'a> {
    action: &'static str,
    label: &'static str,
    url: &'a str,
    clear: bool,
}

#[derive(Deserialize)]
struct Reply {
    id: Option<String>,
    error: Option<String>,
}

impl Ntfy {
    /// One attempt.
    pub(super) async fn send(
        &self,
        http: &Http,
        message: &Message,
        now: At,
    ) -> Result<Option<String>, SendError> {
        let authorization = self.token.as_ref().map(|t| format!("Bearer {}", t.expose()));
        let mut headers: Vec<(&'static str, &str)> = Vec::new();
        headers.extend(authorization.as_deref().map(|value| ("authorization", value)));
        let answer = http.post(&self.url, &headers, body(message)?).await?;
        let reply = serde_json::from_slice::<Reply>(&answer.body).ok();
        if answer.status.is_success() {
            // A web page that answers 200 to everything has not taken the message.
            let id = reply.and_then(|r| r.id);
            return id.map(Some).ok_or_else(|| {
                SendError::passing(format!("an answer without a message id: {}", answer.excerpt()))
            });
        }
        let code = answer.status.as_u16();
        let said = reply.and_then(|r| r.error).map_or_else(|| answer.excerpt(), |e| plain(&e));
        Err(SendError {
            message: format!("ntfy says {code}: {said}"),
            permanent: (300..500).contains(&code) && !matches!(code, 408 | 429),
            retry_after_ms: answer.retry_after_ms(now),
        })
    }
}

fn body(message: &Message) -> Result<Vec<u8>, SendError> {
    let draft = &message.draft;
    let (priority, tag) = match draft.word() {
        "opened" => (4, "rotating_light"),
        "ended" => (3, "white_check_mark"),
        "cause_known" => (3, "mag"),
        _ => (3, "information_source"),
    };
    let link = draft.link.as_deref();
    let publish = Publish {
        topic: &draft.address,
        title: cut_bytes(&plain(&draft.title).replace('\n', " "), MOST_TITLE),
        message: cut_bytes(&plain(&draft.body), MOST_TEXT),
        priority,
        tags: [tag],
        click: link,
        actions: link
            .map(|url| Action {
                action: "view",
                label: button(&draft.language, draft.word()),
                url,
                clear: true,
            })
            .into_iter()
            .collect(),
    };
    serde_json::to_vec(&publish).map_err(|e| SendError::permanent(format!("message: {e}")))
}
