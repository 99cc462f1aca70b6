//! One small HTTP client: one request on its own connection, no redirects, a capped answer. The
//! caller sets the deadline. Errors name the host and never the path, where a token may stand.

use std::sync::Arc;

use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::Bytes;
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::{Method, Request, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use siaga_decide::At;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// No provider answers a message with more.
const MOST_ANSWER: usize = 64 * 1024;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The address cannot be used.
    #[error("not an address of http:// or https://: {0}")]
    Address(&'static str),
    /// A header or token holds characters that cannot be sent.
    #[error("the request cannot be made: {0}")]
    Request(hyper::http::Error),
    /// Nobody took the connection.
    #[error("cannot connect to {0}: {1}")]
    Connect(String, std::io::Error),
    /// The other side is not who it should be, or speaks no TLS.
    #[error("no TLS with {0}: {1}")]
    Tls(String, std::io::Error),
    /// The connection broke, or the answer was no HTTP.
    #[error("{0} did not answer in HTTP: {1}")]
    Exchange(String, hyper::Error),
    /// The answer was too long.
    #[error("the answer of {0} is longer than {MOST_ANSWER} bytes")]
    TooLong(String),
}

impl HttpError {
    /// Whether trying again cannot help.
    pub(super) fn is_permanent(&self) -> bool {
        match self {
            Self::Address(_) | Self::Request(_) => true,
            Self::Connect(..) | Self::Tls(..) | Self::Exchange(..) | Self::TooLong(_) => false,
        }
    }
}

/// An answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Answer {
    /// Milliseconds that `Retry-After` asks for, given in seconds or as a date.
    pub(super) fn retry_after_ms(&self, now: At) -> Option<i64> {
        let text = self.headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
        if let Ok(seconds) = text.parse::<i64>() {
            return Some(seconds.clamp(0, 7 * 86_400) * 1_000);
        }
        let at = jiff::fmt::rfc2822::parse(text).ok()?;
        Some((at.timestamp().as_millisecond() - now.0).max(0))
    }

    /// The beginning of the body as one line, for an error text.
    pub(super) fn excerpt(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        let line: Vec<&str> = text.split_whitespace().collect();
        super::text::cut_bytes(&super::text::plain(&line.join(" ")), 200)
    }
}

/// The client. Cheap to clone.
#[derive(Clone)]
pub struct Http {
    tls: Arc<ClientConfig>,
}

impl std::fmt::Debug for Http {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str("Http")
    }
}

impl Http {
    /// Trusts what the system trusts; `SSL_CERT_FILE` and `SSL_CERT_DIR` name other stores.
    ///
    /// # Errors
    /// When the TLS library does not take its own defaults.
    pub fn new() -> Result<Self, rustls::Error> {
        let mut roots = RootCertStore::empty();
        let found = rustls_native_certs::load_native_certs();
        for error in &found.errors {
            tracing::debug!(%error, "a trusted certificate of the system cannot be read");
        }
        let (taken, _) = roots.add_parsable_certificates(found.certs);
        if taken == 0 {
            tracing::warn!(
                "the system trusts no certificate authority: messages over https cannot be sent"
            );
        }
        Self::trusting(roots)
    }

    /// Trusts these.
    ///
    /// # Errors
    /// When the TLS library does not take its own defaults.
    pub fn trusting(roots: RootCertStore) -> Result<Self, rustls::Error> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self { tls: Arc::new(tls) })
    }

    /// Posts JSON.
    pub(super) async fn post(
        &self,
        url: &str,
        headers: &[(&'static str, &str)],
        body: Vec<u8>,
    ) -> Result<Answer, HttpError> {
        let uri: Uri = url.parse().map_err(|_| HttpError::Address("it cannot be read"))?;
        let tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(HttpError::Address("the scheme is another")),
        };
        let host = uri.host().ok_or(HttpError::Address("there is no host"))?;
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let port = uri.port_u16().unwrap_or(if tls { 443 } else { 80 });
        let request = request(&uri, headers, body)?;
        let stream = TcpStream::connect((host.as_str(), port))
            .await
            .map_err(|e| HttpError::Connect(format!("{host}:{port}"), e))?;
        // A request is one small write; waiting for more only delays it. Failing is harmless.
        let _ignored = stream.set_nodelay(true);
        if tls {
            let name = ServerName::try_from(host.clone())
                .map_err(|_| HttpError::Address("the host is no name"))?;
            let stream = tokio_rustls::TlsConnector::from(Arc::clone(&self.tls))
                .connect(name, stream)
                .await
                .map_err(|e| HttpError::Tls(host.clone(), e))?;
            exchange(stream, request, &host).await
        } else {
            exchange(stream, request, &host).await
        }
    }
}

fn request(
    uri: &Uri,
    headers: &[(&'static str, &str)],
    body: Vec<u8>,
) -> Result<Request<Full<Bytes>>, HttpError> {
    let target = uri.path_and_query().map_or("/", |p| p.as_str());
    let authority = uri.authority().map_or("", |a| a.as_str());
    // What stands before an @ is a password, and none of the other side's business as a name.
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let mut builder = Request::builder()
        .method(Method::POST)
        .uri(target)
        .header(header::HOST, host)
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/json")
        .header(header::USER_AGENT, concat!("siaga-collector/", env!("CARGO_PKG_VERSION")))
        .header(header::CONNECTION, "close");
    for (name, value) in headers {
        let mut value = HeaderValue::from_str(value).map_err(|e| HttpError::Request(e.into()))?;
        value.set_sensitive(*name == "authorization");
        builder = builder.header(*name, value);
    }
    builder.body(Full::new(Bytes::from(body))).map_err(HttpError::Request)
}

async fn exchange<S>(
    stream: S,
    request: Request<Full<Bytes>>,
    host: &str,
) -> Result<Answer, HttpError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let broken = |e| HttpError::Exchange(host.to_owned(), e);
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    let answer = async {
        let response = sender.send_request(request).await.map_err(broken)?;
        let (head, body) = response.into_parts();
        let body =
            Limited::new(body, MOST_ANSWER).collect().await.map_err(|e| match e
                .downcast::<LengthLimitError>()
            {
                Ok(_) => HttpError::TooLong(host.to_owned()),
                Err(other) => match other.downcast::<hyper::Error>() {
                    Ok(e) => broken(*e),
                    Err(other) => HttpError::Connect(host.to_owned(), std::io::Error::other(other)),
                },
            })?;
        Ok(Answer { status: head.status, headers: head.headers, body: body.to_bytes() })
    };
    // The connection has to be driven beside the request; whoever is first decides.
    tokio::pin!(answer);
    tokio::select! {
        biased;
        outcome = &mut answer => outcome,
        driven = connection => match driven {
            Ok(()) => answer.await,
            Err(e) => Err(broken(e)),
        },
    }
}
