//! HTTP/1.1 by hand: a blocking client, and the reading of requests for the servers of the rig.
//!
//! By hand, so that a test can also send what no decent client would.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::rig::net::Namespace;

const LIMIT: Duration = Duration::from_secs(20);

/// A request that a server of the rig got.
#[derive(Debug, Clone)]
pub struct Request {
    /// `POST`.
    pub method: String,
    /// With the query.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// Whole.
    pub body: Vec<u8>,
}

/// What a server answered.
#[derive(Debug, Clone)]
pub struct Response {
    /// 200.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// Whole.
    pub body: Vec<u8>,
}

impl Request {
    /// A header's value; the name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// The body as JSON, null if it is none.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Response {
    /// A header's value; the name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// The body as JSON, null if it is none.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// A kept-alive connection to a server.
pub struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    /// Connects from a namespace.
    ///
    /// # Errors
    /// When nobody answers.
    pub fn connect(from: &Namespace, to: SocketAddr) -> io::Result<Self> {
        Self::connect_within(from, to, LIMIT)
    }

    /// Connects from a namespace, with a limit for each answer.
    ///
    /// # Errors
    /// When nobody answers.
    pub fn connect_within(from: &Namespace, to: SocketAddr, limit: Duration) -> io::Result<Self> {
        let stream = from.connect(to)?;
        stream.set_read_timeout(Some(limit))?;
        stream.set_write_timeout(Some(limit))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    /// Sends a request and reads the answer.
    ///
    /// # Errors
    /// When the connection breaks or the answer is not HTTP.
    pub fn ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<Response> {
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: collector\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(body);
        // A server that refuses early closes its side: its answer is what counts.
        let written = self.stream.get_mut().write_all(&bytes);
        self.answer().map_err(|e| written.err().unwrap_or(e))
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    /// When the connection breaks.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    /// Says that nothing more will be sent.
    ///
    /// # Errors
    /// When the connection is gone.
    pub fn hang_up(&mut self) -> io::Result<()> {
        self.stream.get_mut().shutdown(std::net::Shutdown::Write)
    }

    /// Reads one answer.
    ///
    /// # Errors
    /// When the connection breaks or the answer is not HTTP.
    pub fn answer(&mut self) -> io::Result<Response> {
        let (first, headers, body) = message(&mut self.stream)?.ok_or_else(closed)?;
        let status = first.split(' ').nth(1).and_then(|s| s.parse().ok()).ok_or_else(closed)?;
        Ok(Response { status, headers, body })
    }
}

/// Reads one request; none where the peer has hung up.
///
/// # Errors
/// When the connection breaks or it is not HTTP.
pub fn read_request(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Request>> {
    let Some((first, headers, body)) = message(stream)? else { return Ok(None) };
    let mut words = first.split(' ').map(str::to_owned);
    let (Some(method), Some(path)) = (words.next(), words.next()) else { return Err(closed()) };
    Ok(Some(Request { method, path, headers, body }))
}

fn closed() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "no whole HTTP message")
}

type Message = (String, Vec<(String, String)>, Vec<u8>);

fn message(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Message>> {
    let Some(first) = line(stream)? else { return Ok(None) };
    let mut headers = Vec::new();
    loop {
        let text = line(stream)?.ok_or_else(closed)?;
        if text.is_empty() {
            break;
        }
        let (name, value) = text.split_once(':').ok_or_else(closed)?;
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let find = |name: &str| headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
    let mut body = Vec::new();
    if find("transfer-encoding").is_some_and(|v| v.contains("chunked")) {
        read_chunks(stream, &mut body)?;
    } else if let Some(length) = find("content-length").and_then(|v| v.parse().ok()) {
        body.resize(length, 0);
        stream.read_exact(&mut body)?;
    } else if first.starts_with("HTTP/") && !matches!(first.get(9..12), Some("204" | "304")) {
        stream.read_to_end(&mut body)?;
    }
    Ok(Some((first, headers, body)))
}

fn line(stream: &mut BufReader<TcpStream>) -> io::Result<Option<String>> {
    let mut text = String::new();
    if stream.read_line(&mut text)? == 0 {
        return Ok(None);
    }
    text.truncate(text.trim_end().len());
    Ok(Some(text))
}

fn read_chunks(stream: &mut BufReader<TcpStream>, body: &mut Vec<u8>) -> io::Result<()> {
    loop {
        let size = line(stream)?.ok_or_else(closed)?;
        let size = usize::from_str_radix(&size, 16).map_err(|_| closed())?;
        let from = body.len();
        body.resize(from + size, 0);
        stream.read_exact(&mut body[from..])?;
        line(stream)?;
        if size == 0 {
            return Ok(());
        }
    }
}
