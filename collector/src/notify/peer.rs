//! A provider for tests: keeps every request exactly as it came, and answers as it is told.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What it does with a request.
#[derive(Clone, Debug)]
pub(super) enum Play {
    /// Answers with this status, these header lines and this body.
    Answer(u16, &'static str, String),
    /// Reads the request and never answers.
    Hang,
    /// Answers with what is no HTTP.
    Garbage,
    /// Answers with a body that does not end.
    Flood,
    /// Closes the connection.
    Close,
}

/// A request.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) line: String,
    headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Request {
    pub(super) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value)
    }

    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

#[derive(Default)]
struct Book {
    requests: Vec<Request>,
    plays: VecDeque<Play>,
}

/// The provider. What it does when nothing is planned is its last play.
pub(super) struct Peer {
    pub(super) url: String,
    book: Arc<Mutex<Book>>,
}

impl Peer {
    pub(super) async fn new(plays: Vec<Play>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let book = Arc::new(Mutex::new(Book { plays: plays.into(), ..Book::default() }));
        let shared = Arc::clone(&book);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Self { url, book }
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        self.book.lock().unwrap().requests.clone()
    }
}

async fn serve(mut stream: TcpStream, book: Arc<Mutex<Book>>) {
    let Some(request) = read(&mut stream).await else { return };
    let play = {
        let mut book = book.lock().unwrap();
        book.requests.push(request);
        match book.plays.len() {
            1 => book.plays[0].clone(),
            _ => book.plays.pop_front().unwrap(),
        }
    };
    let text = match play {
        Play::Answer(status, headers, body) => {
            format!("HTTP/1.1 {status} X\r\n{headers}content-length: {}\r\n\r\n{body}", body.len())
        }
        Play::Hang => {
            let mut rest = [0; 1];
            let _gone = stream.read(&mut rest).await;
            return;
        }
        Play::Garbage => "SSH-2.0-OpenSSH_9.2\r\n".to_owned(),
        Play::Flood => {
            let head = "HTTP/1.1 200 OK\r\n\r\n";
            let mut sent = stream.write_all(head.as_bytes()).await;
            while sent.is_ok() {
                sent = stream.write_all(&[b'x'; 8192]).await;
            }
            return;
        }
        Play::Close => return,
    };
    let _gone = stream.write_all(text.as_bytes()).await;
}

async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let mut part = [0; 4096];
    loop {
        let n = stream.read(&mut part).await.ok().filter(|n| *n > 0)?;
        bytes.extend_from_slice(&part[..n]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let mut lines = head.split("\r\n");
        let line = lines.next()?.to_owned();
        let headers: Vec<(String, String)> = lines
            .filter_map(|l| l.split_once(": "))
            .map(|(n, v)| (n.to_owned(), v.to_owned()))
            .collect();
        let request = Request { line, headers, body: body.to_owned() };
        if body.len() >= request.header("content-length").parse().unwrap_or(0) {
            return Some(request);
        }
    }
}
