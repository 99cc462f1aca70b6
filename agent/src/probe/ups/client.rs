//! A connection to upsd: sends a request, reads lines, gives up on one that is too long. The
//! caller holds the deadline and drops a connection that missed it.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::nut::{List, Step};

/// Longest line; upsd's own buffer is 1024 bytes.
const LINE_MAX_BYTES: usize = 4096;
/// Most bytes of one answer; a large unit sends about 8 KiB.
const ANSWER_MAX_BYTES: usize = 128 * 1024;

/// Why there was no answer that can be trusted.
#[derive(Debug)]
pub(super) enum Failure {
    /// upsd closed the connection before it answered.
    Closed,
    /// The network failed in the middle.
    Io(io::Error),
    /// What came is not the protocol.
    Garbage(String),
}

impl Failure {
    pub(super) fn explain(self) -> String {
        match self {
            Self::Closed => "upsd closed the connection".to_owned(),
            Self::Io(error) => format!("the connection to upsd failed: {error}"),
            Self::Garbage(what) => format!("what answers is not upsd: {what}"),
        }
    }
}

/// A connection in step: every answer asked for was read to its end.
#[derive(Debug)]
pub(super) struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    /// Connects; the error says why not.
    pub(super) async fn connect(address: SocketAddr) -> Result<Self, String> {
        let stream = TcpStream::connect(address)
            .await
            .map_err(|error| format!("no connection to upsd on {address}: {error}"))?;
        Ok(Self { stream: BufReader::with_capacity(1024, stream) })
    }

    /// Asks for a list and reads it to its end.
    pub(super) async fn list(&mut self, mut list: List) -> Result<super::upsd::Answer, Failure> {
        let request = list.request();
        self.stream.get_mut().write_all(request.as_bytes()).await.map_err(ended)?;
        let mut line = Vec::new();
        let mut total = 0;
        loop {
            self.line(&mut line).await?;
            total += line.len();
            if total > ANSWER_MAX_BYTES {
                return Err(Failure::Garbage(format!("more than {ANSWER_MAX_BYTES} bytes")));
            }
            match list.line(&line) {
                Step::More => {}
                Step::Done => return Ok(Ok(list.into_entries())),
                Step::Refused(refusal) => return Ok(Err(refusal)),
                Step::Garbage(what) => return Err(Failure::Garbage(what)),
            }
        }
    }

    /// Reads one line, without its line feed.
    async fn line(&mut self, line: &mut Vec<u8>) -> Result<(), Failure> {
        line.clear();
        loop {
            let ready = self.stream.fill_buf().await.map_err(ended)?;
            if ready.is_empty() {
                return Err(Failure::Closed);
            }
            let end = ready.iter().position(|b| *b == b'\n');
            let part = end.unwrap_or(ready.len());
            line.extend_from_slice(&ready[..part]);
            self.stream.consume(end.map_or(part, |end| end + 1));
            if line.len() > LINE_MAX_BYTES {
                return Err(Failure::Garbage(format!(
                    "a line of more than {LINE_MAX_BYTES} bytes"
                )));
            }
            if end.is_some() {
                return Ok(());
            }
        }
    }
}

/// A connection that the other end has closed shows as one of these, by system and moment.
fn ended(error: io::Error) -> Failure {
    let closed = [
        io::ErrorKind::BrokenPipe,
        io::ErrorKind::ConnectionReset,
        io::ErrorKind::ConnectionAborted,
        io::ErrorKind::NotConnected,
        io::ErrorKind::UnexpectedEof,
    ];
    if closed.contains(&error.kind()) { Failure::Closed } else { Failure::Io(error) }
}
