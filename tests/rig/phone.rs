//! The phone: a local server that stands where Telegram, ntfy or a webhook's receiver stands,
//! keeps every request as it came, and answers as the real one does.

use std::collections::VecDeque;
use std::io::{BufReader, Write};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::rig::clock::{now_ms, until};
use crate::rig::http::{Request, read_request};
use crate::rig::net::Namespace;

/// Which service it plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// `POST /bot<token>/sendMessage`.
    Telegram,
    /// A JSON message to the server's root.
    Ntfy,
    /// Any POST.
    Webhook,
}

/// A request and when it came.
#[derive(Debug, Clone)]
pub struct Call {
    /// Milliseconds since 1970.
    pub at_ms: i64,
    /// What was asked.
    pub request: Request,
    /// What was answered.
    pub status: u16,
}

#[derive(Default)]
struct Book {
    calls: Vec<Call>,
    refusals: VecDeque<(u16, String)>,
}

/// A server that keeps what it is told.
pub struct Phone {
    book: Arc<Mutex<Book>>,
    /// `http://address:port`.
    pub url: String,
    service: Service,
}

impl Phone {
    /// Serves on an address inside a namespace until the test process ends.
    #[must_use]
    pub fn new(place: &Namespace, address: &str, service: Service) -> Self {
        let listener = place.listen(address);
        let url = format!("http://{}", listener.local_addr().expect("a bound address"));
        let book = Arc::new(Mutex::new(Book::default()));
        let shared = Arc::clone(&book);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let book = Arc::clone(&shared);
                thread::spawn(move || serve(stream, service, &book));
            }
        });
        Self { book, url, service }
    }

    /// Answers the next requests with these errors, one each: status and body.
    pub fn refuse(&self, answers: &[(u16, &str)]) {
        let answers = answers.iter().map(|(status, body)| (*status, (*body).to_owned()));
        lock(&self.book).refusals.extend(answers);
    }

    /// Everything that was asked, refused requests too.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        lock(&self.book).calls.clone()
    }

    /// The texts of the messages that were taken, oldest first.
    #[must_use]
    pub fn texts(&self) -> Vec<String> {
        let calls = self.calls();
        let taken = calls.iter().filter(|call| call.status == 200);
        taken.map(|call| self.text(&call.request)).collect()
    }

    /// Waits until at least `count` messages were taken and gives their texts.
    ///
    /// # Panics
    /// When they have not come within `limit`.
    #[track_caller]
    pub fn wait(&self, count: usize, limit: Duration) -> Vec<String> {
        until(&format!("{count} messages, have {:#?}", self.texts()), limit, || {
            let texts = self.texts();
            (texts.len() >= count).then_some(texts)
        })
    }

    fn text(&self, request: &Request) -> String {
        let body = request.json();
        match self.service {
            Service::Telegram => body["text"].as_str().unwrap_or_default().to_owned(),
            Service::Ntfy => {
                let title = body["title"].as_str().unwrap_or_default();
                format!("{title}\n{}", body["message"].as_str().unwrap_or_default())
            }
            Service::Webhook => request.text(),
        }
    }
}

fn lock(book: &Mutex<Book>) -> MutexGuard<'_, Book> {
    book.lock().unwrap_or_else(PoisonError::into_inner)
}

fn serve(stream: TcpStream, service: Service, book: &Mutex<Book>) {
    let mut stream = BufReader::new(stream);
    while let Ok(Some(request)) = read_request(&mut stream) {
        let (status, body) = {
            let mut book = lock(book);
            let number = book.calls.len() + 1;
            let refusal = book.refusals.pop_front();
            let (status, body) = refusal.unwrap_or_else(|| judge(service, &request, number));
            book.calls.push(Call { at_ms: now_ms(), request, status });
            (status, body)
        };
        let answer = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        if stream.get_mut().write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

/// Answers as the real service would: it refuses what that one would refuse.
fn judge(service: Service, request: &Request, number: usize) -> (u16, String) {
    let body = request.json();
    let json = request.header("content-type").is_some_and(|t| t.starts_with("application/json"));
    let bad =
        |what: &str| (400, format!(r#"{{"ok":false,"error_code":400,"description":"{what}"}}"#));
    if request.method != "POST" || !json || body.is_null() {
        return bad("Bad Request: a JSON POST is wanted");
    }
    match service {
        Service::Telegram => {
            let token =
                request.path.strip_prefix("/bot").and_then(|p| p.strip_suffix("/sendMessage"));
            if token.is_none_or(|t| t.is_empty() || t.contains('/')) {
                return (404, r#"{"ok":false,"error_code":404,"description":"Not Found"}"#.into());
            }
            if body["chat_id"].is_null() {
                return bad("Bad Request: chat_id is empty");
            }
            match body["text"].as_str().map(|t| t.chars().count()) {
                None | Some(0) => return bad("Bad Request: message text is empty"),
                Some(n) if n > 4096 => return bad("Bad Request: message is too long"),
                Some(_) => {}
            }
            (200, format!(r#"{{"ok":true,"result":{{"message_id":{number},"date":1}}}}"#))
        }
        Service::Ntfy => {
            if body["topic"].as_str().is_none_or(str::is_empty) {
                return (
                    400,
                    r#"{"code":40009,"http":400,"error":"invalid request: topic invalid"}"#.into(),
                );
            }
            (200, format!(r#"{{"id":"m{number}","event":"message"}}"#))
        }
        Service::Webhook => (200, "{}".into()),
    }
}
