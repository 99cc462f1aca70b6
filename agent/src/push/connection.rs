//! One kept-alive HTTP/1.1 connection to the collector, over TLS to the pinned CA.
//!
//! Every request has one deadline over everything: name, connect, handshake, request, answer.
//! Redirects are never followed and an answer is read up to a cap.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HOST, RETRY_AFTER, USER_AGENT};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::client::Resumption;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::pinned::PinnedCa;
use crate::config::Collector;

/// Everything about one request ends within this.
const DEADLINE: Duration = Duration::from_secs(20);
/// One address of several may be dead.
const CONNECT_DEADLINE: Duration = Duration::from_secs(5);
/// Far above any honest answer.
const ANSWER_MAX_BYTES: usize = 64 * 1024;
const BUFFER_MAX_BYTES: usize = 16 * 1024;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum NoAnswer {
    /// The name has no address.
    #[error("{0} has no address: {1}")]
    Name(String, String),
    /// Nobody there.
    #[error("{0} cannot be reached: {1}")]
    Connect(String, std::io::Error),
    /// Not the pinned server, or no TLS.
    #[error("{0} is not the collector of the join code: {1}")]
    Tls(String, std::io::Error),
    /// The connection broke, or the answer is no HTTP.
    #[error("the connection to {0} broke: {1}")]
    Http(String, String),
    /// No whole answer in time.
    #[error("no answer from {0} within {1:?}")]
    Deadline(String, Duration),
}

/// An answer with its body.
#[derive(Debug)]
pub struct Reply {
    /// HTTP status.
    pub status: StatusCode,
    /// `Retry-After` in seconds, where it is one.
    pub retry_after: Option<Duration>,
    /// At most `ANSWER_MAX_BYTES`.
    pub body: Bytes,
}

/// What is sent.
#[derive(Debug, Clone)]
pub struct Post {
    /// `/api/v1/reports`
    pub path: &'static str,
    /// Bearer token, except for the enrolment.
    pub token: Option<String>,
    /// The body.
    pub body: Bytes,
    /// Whether the body is packed with zstd.
    pub packed: bool,
}

struct Open {
    sender: SendRequest<Full<Bytes>>,
    driver: JoinHandle<()>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

struct Tls {
    connector: TlsConnector,
    name: ServerName<'static>,
    trust: Arc<PinnedCa>,
}

/// The way to one collector.
pub struct Connection {
    collector: Collector,
    tls: Option<Tls>,
    open: Option<Open>,
}

impl Connection {
    /// Prepares; opens nothing.
    ///
    /// # Errors
    /// When the collector's host is no name that a certificate could carry.
    pub fn new(
        collector: &Collector,
        pin: [u8; 32],
        known: Option<CertificateDer<'static>>,
    ) -> Result<Self, rustls::Error> {
        let tls = if collector.tls { Some(Tls::new(&collector.host, pin, known)?) } else { None };
        Ok(Self { collector: collector.clone(), tls, open: None })
    }

    /// The pinned CA's certificate (DER), once a server has presented it.
    #[must_use]
    pub fn ca(&self) -> Option<Vec<u8>> {
        self.tls.as_ref()?.trust.certificate().map(|c| c.to_vec())
    }

    /// Posts and reads the answer.
    ///
    /// # Errors
    /// When there is none within the deadline; the connection is then given up.
    pub async fn post(&mut self, post: &Post) -> Result<Reply, NoAnswer> {
        // Taken out, so that a connection whose answer did not come is never used again.
        let kept = self.open.take();
        match timeout(DEADLINE, self.exchange(kept, post)).await {
            Ok(Ok((open, reply))) => {
                self.open = Some(open).filter(|o| !o.sender.is_closed());
                Ok(reply)
            }
            Ok(Err(error)) => Err(error),
            Err(_) => Err(NoAnswer::Deadline(self.collector.authority(), DEADLINE)),
        }
    }

    async fn exchange(&self, kept: Option<Open>, post: &Post) -> Result<(Open, Reply), NoAnswer> {
        if let Some(mut open) = kept
            && open.sender.ready().await.is_ok()
            // The server may have closed it meanwhile; posting twice changes nothing there.
            && let Ok(reply) = self.request(&mut open, post).await
        {
            return Ok((open, reply));
        }
        let mut open = self.connect().await?;
        let reply = self.request(&mut open, post).await?;
        Ok((open, reply))
    }

    async fn request(&self, open: &mut Open, post: &Post) -> Result<Reply, NoAnswer> {
        let broke = |error: String| NoAnswer::Http(self.collector.authority(), error);
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(post.path)
            .header(HOST, self.collector.authority())
            .header(USER_AGENT, concat!("siaga-agent/", env!("CARGO_PKG_VERSION")))
            .header(CONTENT_TYPE, "application/json");
        if post.packed {
            request = request.header(CONTENT_ENCODING, "zstd");
        }
        if let Some(token) = &post.token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        let request =
            request.body(Full::new(post.body.clone())).map_err(|e| broke(e.to_string()))?;
        let response = open.sender.send_request(request).await.map_err(|e| broke(e.to_string()))?;
        let status = response.status();
        let retry_after = response
            .headers()
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok())
            .and_then(|text| text.trim().parse().ok())
            .map(Duration::from_secs);
        let body = Limited::new(response.into_body(), ANSWER_MAX_BYTES).collect().await;
        let body = body.map_err(|e| broke(e.to_string()))?.to_bytes();
        Ok(Reply { status, retry_after, body })
    }

    async fn connect(&self) -> Result<Open, NoAnswer> {
        let stream = self.tcp().await?;
        match &self.tls {
            Some(Tls { connector, name, .. }) => {
                let tls = connector
                    .connect(name.clone(), stream)
                    .await
                    .map_err(|e| NoAnswer::Tls(self.collector.authority(), e))?;
                self.handshake(tls).await
            }
            None => self.handshake(stream).await,
        }
    }

    async fn handshake<S>(&self, stream: S) -> Result<Open, NoAnswer>
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin + 'static,
    {
        let (sender, connection) = Builder::new()
            .max_buf_size(BUFFER_MAX_BYTES)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|e| NoAnswer::Http(self.collector.authority(), e.to_string()))?;
        let driver = tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "the connection to the collector ended");
            }
        });
        Ok(Open { sender, driver })
    }

    async fn tcp(&self) -> Result<TcpStream, NoAnswer> {
        let authority = self.collector.authority();
        let mut failure = std::io::Error::other("it has no address");
        for address in self.addresses().await? {
            match timeout(CONNECT_DEADLINE, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => {
                    if let Err(error) = stream.set_nodelay(true) {
                        tracing::debug!(%error, "nodelay");
                    }
                    return Ok(stream);
                }
                Ok(Err(error)) => failure = error,
                Err(_) => failure = std::io::ErrorKind::TimedOut.into(),
            }
        }
        Err(NoAnswer::Connect(authority, failure))
    }

    async fn addresses(&self) -> Result<Vec<SocketAddr>, NoAnswer> {
        let Collector { host, port, .. } = &self.collector;
        if let Ok(ip) = host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(ip, *port)]);
        }
        let found = tokio::net::lookup_host((host.as_str(), *port)).await;
        let addresses: Vec<SocketAddr> =
            found.map_err(|e| NoAnswer::Name(host.clone(), e.to_string()))?.collect();
        // Plain HTTP is for this machine alone, whatever the name service says.
        Ok(addresses.into_iter().filter(|a| self.collector.tls || a.ip().is_loopback()).collect())
    }
}

impl Tls {
    fn new(
        host: &str,
        pin: [u8; 32],
        known: Option<CertificateDer<'static>>,
    ) -> Result<Self, rustls::Error> {
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| rustls::Error::General(format!("{host:?} is no host name")))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let trust = Arc::new(PinnedCa::new(pin, known, provider.clone()));
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(trust.clone())
            .with_no_client_auth();
        config.resumption = Resumption::in_memory_sessions(2);
        Ok(Self { connector: TlsConnector::from(Arc::new(config)), name, trust })
    }
}
