//! One request over one connection: asks for a page, reads the answer up to a cap, follows no
//! redirect. The caller holds the deadline.

use http_body_util::{BodyExt as _, Empty};
use hyper::Request;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::Builder;
use hyper::header::{ACCEPT, CACHE_CONTROL, CONNECTION, HOST, LOCATION, USER_AGENT};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinHandle;

use super::answer::{Answer, holds};
use super::url::Url;

/// The expected text has to stand within so much of the body.
const BODY_MAX_BYTES: usize = 64 * 1024;
/// Most bytes of the answer's head.
const HEAD_MAX_BYTES: usize = 16 * 1024;
/// Longest target of a redirect that is kept, in letters.
const LOCATION_MAX: usize = 160;

/// What reads and writes the connection; ends with the question.
struct Driver(JoinHandle<()>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Asks; `body` is the text that reading can end with. The error is what came instead of HTTP.
pub(super) async fn get<S>(stream: S, url: &Url, body: Option<&str>) -> Result<Answer, String>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let shake = Builder::new().max_buf_size(HEAD_MAX_BYTES).handshake(TokioIo::new(stream));
    let (mut sender, connection) = shake.await.map_err(|error| explain(&error))?;
    let _driver = Driver(tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "the connection of an http probe ended");
        }
    }));
    let request = Request::get(&url.path)
        .header(HOST, &url.authority)
        .header(USER_AGENT, concat!("siaga-agent/", env!("CARGO_PKG_VERSION")))
        .header(ACCEPT, "*/*")
        // A proxy's copy would say nothing of the service.
        .header(CACHE_CONTROL, "no-cache")
        .header(CONNECTION, "close")
        .body(Empty::<Bytes>::new())
        .map_err(|error| format!("the request cannot be made: {error}"))?;
    let response = sender.send_request(request).await.map_err(|error| explain(&error))?;
    let location = response.headers().get(LOCATION);
    let location = location
        .map(|l| String::from_utf8_lossy(l.as_bytes()).chars().take(LOCATION_MAX).collect());
    let status = response.status().as_u16();
    let body = match body {
        Some(text) => read(response.into_body(), text).await?,
        None => Vec::new(),
    };
    Ok(Answer { status, location, body })
}

/// Reads until the text is there, the cap is reached or the body ends.
async fn read(mut incoming: Incoming, text: &str) -> Result<Vec<u8>, String> {
    let mut body: Vec<u8> = Vec::new();
    while let Some(frame) = incoming.frame().await {
        let Ok(piece) = frame.map_err(|error| explain(&error))?.into_data() else { continue };
        // The text may lie across two pieces.
        let new_from = body.len().saturating_sub(text.len());
        body.extend_from_slice(&piece[..piece.len().min(BODY_MAX_BYTES - body.len())]);
        if body.len() == BODY_MAX_BYTES || holds(&body[new_from..], text.as_bytes()) {
            break;
        }
    }
    Ok(body)
}

fn explain(error: &hyper::Error) -> String {
    if error.is_parse() || error.is_parse_too_large() {
        return format!("what answers is not HTTP: {error}");
    }
    match std::error::Error::source(error) {
        Some(source) => format!("the connection broke: {error}: {source}"),
        None => format!("the connection broke: {error}"),
    }
}
