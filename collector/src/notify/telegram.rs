//! Telegram: `sendMessage` of the Bot API. Plain text without markup, so nothing in a name can
//! change what a message looks like; a button leads to the page where one acknowledges.

use serde::{Deserialize, Serialize};
use siaga_decide::At;

use super::SendError;
use super::http::{Answer, Http};
use super::text::{button, cut_utf16, plain};
use crate::config::Secret;
use crate::store::outbox::Message;

/// The longest text that the Bot API takes, in UTF-16 units.
const MOST_TEXT: usize = 4_096;

/// A bot.
#[derive(Debug)]
pub(super) struct Telegram {
    pub(super) token: Secret,
    /// `https://api.telegram.org`, or a relay of the administrator's own.
    pub(super) api: String,
}

#[derive(Serialize)]
struct SendMessage<'a> {
    chat_id: Chat<'a>,
    text: String,
    link_preview_options: NoPreview,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply_markup: Option<Keyboard<'a>>,
}

/// A number, or `@name` of a channel.
#[derive(Serialize)]
#[serde(untagged)]
enum Chat<'a> {
    Number(i64),
    Name(&'a str),
}

#[derive(Serialize)]
struct NoPreview {
    is_disabled: bool,
}

#[derive(Serialize)]
struct Keyboard<'a> {
    inline_keyboard: [[Button<'a>; 1]; 1],
}

#[derive(Serialize)]
struct Button<'a> {
    text: &'static str,
    url: &'a str,
}

#[derive(Deserialize)]
struct Reply {
    ok: bool,
    result: Option<Sent>,
    error_code: Option<u16>,
    description: Option<String>,
    parameters: Option<Parameters>,
}

#[derive(Deserialize)]
struct Sent {
    message_id: i64,
}

#[derive(Deserialize)]
struct Parameters {
    retry_after: Option<i64>,
    migrate_to_chat_id: Option<i64>,
}

/// How one request ended.
enum Outcome {
    Sent(Option<String>),
    /// The group has become a supergroup with another number.
    Moved(i64),
    /// It does not take this address on a button: `localhost`, for one.
    NoButton,
    Failed(SendError),
}

impl Telegram {
    /// One attempt; at most three requests.
    pub(super) async fn send(
        &self,
        http: &Http,
        message: &Message,
        now: At,
    ) -> Result<Option<String>, SendError> {
        let mut chat = match message.draft.address.parse() {
            Ok(number) => Chat::Number(number),
            Err(_) => Chat::Name(&message.draft.address),
        };
        let mut with_button = true;
        for _ in 0..3 {
            let body = body(message, &chat, with_button)?;
            let url = format!("{}/bot{}/sendMessage", self.api, self.token.expose());
            let answer = http.post(&url, &[], body).await?;
            match read(&answer, now) {
                Outcome::Sent(receipt) => return Ok(receipt),
                Outcome::Failed(error) => return Err(error),
                Outcome::Moved(number) => chat = Chat::Number(number),
                Outcome::NoButton => with_button = false,
            }
        }
        Err(SendError::permanent("the chat keeps moving"))
    }
}

fn body(message: &Message, chat: &Chat, with_button: bool) -> Result<Vec<u8>, SendError> {
    let draft = &message.draft;
    let mut text = plain(&draft.title);
    if !draft.body.is_empty() {
        text.push('\n');
        text.push_str(&plain(&draft.body));
    }
    let link = draft.link.as_deref();
    let text = match link {
        Some(link) if !with_button => {
            let room = MOST_TEXT.saturating_sub(link.len() + 1);
            format!("{}\n{link}", cut_utf16(&text, room))
        }
        _ => cut_utf16(&text, MOST_TEXT),
    };
    let request = SendMessage {
        chat_id: match chat {
            Chat::Number(number) => Chat::Number(*number),
            Chat::Name(name) => Chat::Name(name),
        },
        text,
        link_preview_options: NoPreview { is_disabled: true },
        reply_markup: link.filter(|_| with_button).map(|url| Keyboard {
            inline_keyboard: [[Button { text: button(&draft.language, draft.word()), url }]],
        }),
    };
    serde_json::to_vec(&request).map_err(|e| SendError::permanent(format!("message: {e}")))
}

fn read(answer: &Answer, now: At) -> Outcome {
    let Ok(reply) = serde_json::from_slice::<Reply>(&answer.body) else {
        // A proxy or a captive portal on the way, not the Bot API: it may go away.
        return Outcome::Failed(SendError {
            retry_after_ms: answer.retry_after_ms(now),
            ..SendError::passing(format!(
                "status {} without an answer of the Bot API: {}",
                answer.status.as_u16(),
                answer.excerpt()
            ))
        });
    };
    if reply.ok && answer.status.is_success() {
        return Outcome::Sent(reply.result.map(|sent| sent.message_id.to_string()));
    }
    let code = reply.error_code.unwrap_or(answer.status.as_u16());
    let said = plain(reply.description.as_deref().unwrap_or("no description"));
    let parameters = reply.parameters;
    if let Some(number) = parameters.as_ref().and_then(|p| p.migrate_to_chat_id) {
        return Outcome::Moved(number);
    }
    if code == 400
        && (said.contains("BUTTON_URL_INVALID") || said.contains("inline keyboard button URL"))
    {
        return Outcome::NoButton;
    }
    Outcome::Failed(SendError {
        // 400: no such chat; 401, 404: no such bot; 403: the bot was put out. 408, 429 and 5xx pass.
        permanent: (400..500).contains(&code) && !matches!(code, 408 | 429),
        retry_after_ms: parameters
            .and_then(|p| p.retry_after)
            .map(|seconds| seconds.saturating_mul(1_000))
            .or_else(|| answer.retry_after_ms(now)),
        message: format!("Telegram says {code}: {said}"),
    })
}
