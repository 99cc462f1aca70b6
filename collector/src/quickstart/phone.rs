//! A phone on this machine's loopback: receives the messages that the collector's outbox really
//! sends, prints them and shows them on a page, with the switch of the stand-in data center beside
//! them. It decides nothing and keeps only what it shows.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use tokio::net::TcpListener;

use super::standin::Standin;

/// Messages kept for the page.
const KEPT: usize = 50;
/// No message is longer.
const LONGEST: usize = 64 * 1024;

/// One message as it arrived: of the webhook's payload (version 4 of Alertmanager's), what a phone
/// would show.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Message {
    /// The texts.
    #[serde(rename = "commonAnnotations")]
    pub text: Text,
}

/// The texts of a message.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Text {
    /// First line.
    pub summary: String,
    /// The rest.
    #[serde(default)]
    pub description: String,
    /// Where to acknowledge.
    #[serde(default)]
    pub link: Option<String>,
}

/// What the page needs to know.
#[derive(Debug, Clone)]
pub(crate) struct Phone {
    /// The stand-in, unless a real data center is watched.
    pub standin: Option<Standin>,
    /// Address of the staff page.
    pub pages: String,
    /// Called with each message, to print it.
    pub arrived: fn(&Message),
    messages: Arc<Mutex<VecDeque<Message>>>,
}

impl Phone {
    /// A phone without messages.
    pub(crate) fn new(standin: Option<Standin>, pages: String, arrived: fn(&Message)) -> Self {
        Self { standin, pages, arrived, messages: Arc::default() }
    }

    /// Receives until the program ends.
    ///
    /// # Errors
    /// When the listener fails.
    pub(crate) async fn serve(self, listener: TcpListener) -> std::io::Result<()> {
        let routes = Router::new()
            .route("/", get(page))
            .route("/message", post(message))
            .route("/standin/on", post(on))
            .route("/standin/off", post(off))
            .layer(DefaultBodyLimit::max(LONGEST))
            .with_state(self);
        axum::serve(listener, routes).await
    }

    fn keep(&self, message: Message) {
        let mut messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        messages.push_front(message);
        messages.truncate(KEPT);
    }

    fn all(&self) -> Vec<Message> {
        let messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        messages.iter().cloned().collect()
    }
}

async fn message(State(phone): State<Phone>, body: axum::body::Bytes) -> Response {
    let Ok(message) = serde_json::from_slice::<Message>(&body) else {
        return (StatusCode::BAD_REQUEST, "not a message\n").into_response();
    };
    (phone.arrived)(&message);
    phone.keep(message);
    StatusCode::NO_CONTENT.into_response()
}

async fn on(State(phone): State<Phone>, headers: HeaderMap) -> Response {
    switch(&phone, &headers, true)
}

async fn off(State(phone): State<Phone>, headers: HeaderMap) -> Response {
    switch(&phone, &headers, false)
}

fn switch(phone: &Phone, headers: &HeaderMap, on: bool) -> Response {
    let text = |name| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    // A page of somebody else's, open in the same browser, must not press this button.
    let origin = text(header::ORIGIN);
    let here = text(header::HOST);
    if !origin.is_empty() && origin.strip_prefix("http://") != Some(here) {
        return (StatusCode::FORBIDDEN, "from another page\n").into_response();
    }
    let Some(standin) = &phone.standin else {
        return (StatusCode::NOT_FOUND, "a real data center is watched, there is no stand-in\n")
            .into_response();
    };
    standin.switch(on);
    if text(header::ACCEPT).contains("text/html") {
        return Redirect::to("/").into_response();
    }
    let said = if on {
        "Pusat data tiruan menyala. · The stand-in data center is on.\n"
    } else {
        "Pusat data tiruan mati. · The stand-in data center is off.\n"
    };
    said.into_response()
}

async fn page(State(phone): State<Phone>) -> Response {
    let mut list = String::new();
    for message in phone.all() {
        // Writing to a String cannot fail.
        let _ok = write!(
            list,
            "<article><h2>{}</h2><p>{}</p>{}</article>",
            escaped(&message.text.summary),
            escaped(&message.text.description).replace('\n', "<br>"),
            message.text.link.as_deref().map(link).unwrap_or_default(),
        );
    }
    if list.is_empty() {
        list.push_str("<p class=none>Belum ada pesan. · No message yet.</p>");
    }
    let switch = match &phone.standin {
        None => String::new(),
        Some(standin) => {
            let (state, action, label) = if standin.is_on() {
                ("menyala · on", "off", "Matikan · Switch off")
            } else {
                ("mati · off", "on", "Nyalakan · Switch on")
            };
            format!(
                "<form method=post action=/standin/{action}><p>Pusat data tiruan · Stand-in data \
                 center: <b>{state}</b></p><button>{label}</button></form>"
            )
        }
    };
    let html = PAGE
        .replace("{pages}", &escaped(&phone.pages))
        .replace("{switch}", &switch)
        .replace("{list}", &list);
    let policy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'";
    ([(header::CONTENT_SECURITY_POLICY, policy)], Html(html)).into_response()
}

/// A link, if it leads to a page and nowhere else.
fn link(address: &str) -> String {
    if !address.starts_with("http://") && !address.starts_with("https://") {
        return String::new();
    }
    let address = escaped(address);
    format!("<p><a href=\"{address}\">Buka halaman gangguan · Open its page</a></p>")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

const PAGE: &str = r#"<!doctype html>
<html lang="id"><head><meta charset="utf-8"><title>Siaga: telepon percobaan</title>
<meta name="viewport" content="width=device-width"><meta http-equiv="refresh" content="3">
<style>
body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:2rem auto;padding:0 1rem;color:#1c2733}
article{overflow-wrap:anywhere;border:1px solid #c8d1da;border-radius:.6rem;padding:.2rem 1rem;margin:1rem 0}
h1{font-size:1.3rem}h2{font-size:1.05rem}form{background:#eef3f7;border-radius:.6rem;padding:.6rem 1rem}
button{font:inherit;padding:.4rem 1rem}.none{color:#5b6b7a}
</style></head><body>
<h1>Telepon percobaan · the phone of this trial</h1>
<p>Di sini masuk pesan yang sebenarnya, dari kotak keluar server Siaga. · Real messages arrive here, from
the collector's outbox. <a href="{pages}">Halaman staf · staff page</a></p>
{switch}
{list}
</body></html>
"#;

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;

    async fn ask(to: std::net::SocketAddr, request: &str) -> String {
        let mut stream = TcpStream::connect(to).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test]
    async fn a_message_is_shown_as_text_and_the_switch_obeys_this_page_alone() {
        let standin = Standin::open(None, None).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let phone = Phone::new(Some(standin.clone()), "http://127.0.0.1:1/".into(), |_| ());
        tokio::spawn(phone.serve(listener));

        let body = r#"{"version":"4","commonAnnotations":{"summary":"<b>Palaran</b>","description":"a\nb","link":"javascript:x"}}"#;
        let request = format!(
            "POST /message HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        assert!(ask(at, &request).await.starts_with("HTTP/1.1 204"));
        let get = format!("GET / HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\r\n");
        let page = ask(at, &get).await;
        assert!(page.contains("&lt;b&gt;Palaran") && page.contains("a<br>b"), "{page}");
        assert!(!page.contains("javascript"), "{page}");

        let off = |origin: &str| {
            format!(
                "POST /standin/off HTTP/1.1\r\nHost: {at}\r\n{origin}Connection: close\r\n\
                 Content-Length: 0\r\n\r\n"
            )
        };
        assert!(ask(at, &off("Origin: http://evil.example\r\n")).await.contains("403"));
        assert!(standin.is_on());
        assert!(ask(at, &off("")).await.contains("tiruan mati"));
        assert!(!standin.is_on());
    }
}
