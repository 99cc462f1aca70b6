//! The listeners: TLS for agents and browsers, plain HTTP on loopback for a reverse proxy. Slow and
//! idle connections are closed; one peer never holds up another.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::App;
use crate::ingest::{Ingest, Reply};
use crate::stop::Stop;

/// Connections at once; an agent holds one.
const CONNECTIONS: usize = 8_192;
/// Handshakes at once: they cost the most.
const HANDSHAKES: usize = 64;
const HANDSHAKE_DEADLINE: Duration = Duration::from_secs(10);
/// From the end of one request to the whole head of the next: a little over three cycles.
const HEAD_DEADLINE: Duration = Duration::from_secs(50);
const BUFFER_BYTES: usize = 32 * 1024;
/// How long requests under way may take once the program stops.
const LAST_REQUESTS: Duration = Duration::from_secs(5);

/// The sockets, bound by whoever starts the server: tests take any free port.
#[derive(Debug)]
pub struct Listeners {
    /// For TLS.
    pub tls: Option<TcpListener>,
    /// For plain HTTP.
    pub plain: Option<TcpListener>,
}

impl Listeners {
    /// Binds what the configuration names.
    ///
    /// # Errors
    /// When an address is taken or not this machine's.
    pub async fn bind(listen: SocketAddr, plain: Option<SocketAddr>) -> anyhow::Result<Self> {
        let bind = |address: SocketAddr| async move {
            let bound = TcpListener::bind(address).await;
            bound.with_context(|| format!("listening on {address}"))
        };
        let tls = Some(bind(listen).await?);
        let plain = match plain {
            Some(address) => Some(bind(address).await?),
            None => None,
        };
        Ok(Self { tls, plain })
    }
}

/// Who is at the other end.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    /// The address.
    pub address: IpAddr,
    /// Whether the connection is TLS.
    pub tls: bool,
}

struct Shared {
    ingest: Ingest,
    router: axum::Router,
    connections: Semaphore,
    handshakes: Semaphore,
    app: Arc<App>,
}

/// Serves until told to stop.
///
/// # Errors
/// When the routes cannot be prepared.
pub async fn run(
    app: Arc<App>,
    router: axum::Router,
    tls: Arc<ServerConfig>,
    listeners: Listeners,
    stop: Stop,
) -> anyhow::Result<()> {
    let shared = Arc::new(Shared {
        ingest: Ingest::new(Arc::clone(&app))?,
        router,
        connections: Semaphore::new(CONNECTIONS),
        handshakes: Semaphore::new(HANDSHAKES),
        app,
    });
    let graceful = GracefulShutdown::new();
    let secure = listeners.tls.map(|listener| {
        let acceptor = TlsAcceptor::from(tls);
        accept(listener, Some(acceptor), Arc::clone(&shared), &graceful, stop.clone())
    });
    let plain = listeners
        .plain
        .map(|listener| accept(listener, None, Arc::clone(&shared), &graceful, stop.clone()));
    let both = async {
        tokio::join!(
            async {
                if let Some(secure) = secure {
                    secure.await
                }
            },
            async {
                if let Some(plain) = plain {
                    plain.await
                }
            },
        )
    };
    both.await;
    if timeout(LAST_REQUESTS, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests under way were cut off by the stop");
    }
    Ok(())
}

async fn accept(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    shared: Arc<Shared>,
    graceful: &GracefulShutdown,
    mut stop: Stop,
) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.wait() => return,
        };
        let (stream, from) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file handles, most often: wait for some to come back.
                tracing::warn!(%error, "accepting a connection");
                tokio::time::sleep(Duration::from_millis(200)).await;
                continue;
            }
        };
        let (tls, shared, watcher) = (tls.clone(), Arc::clone(&shared), graceful.watcher());
        tokio::spawn(async move {
            let Ok(_place) = shared.connections.try_acquire() else { return };
            connection(stream, from, tls, &shared, watcher).await;
        });
    }
}

async fn connection(
    stream: TcpStream,
    from: SocketAddr,
    tls: Option<TlsAcceptor>,
    shared: &Arc<Shared>,
    watcher: Watcher,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "setting up a connection");
    }
    let peer = Peer { address: from.ip(), tls: tls.is_some() };
    match tls {
        None => talk(stream, peer, shared, watcher).await,
        Some(tls) => {
            let handshake = async {
                let _turn = shared.handshakes.acquire().await;
                tls.accept(stream).await
            };
            match timeout(HANDSHAKE_DEADLINE, handshake).await {
                Ok(Ok(stream)) => talk(stream, peer, shared, watcher).await,
                Ok(Err(error)) => tracing::debug!(%from, %error, "no handshake"),
                Err(_) => tracing::debug!(%from, "no handshake in time"),
            }
        }
    }
}

async fn talk<S>(stream: S, peer: Peer, shared: &Arc<Shared>, watcher: Watcher)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    use std::sync::atomic::Ordering;
    let meters = shared.app.handle.meters();
    meters.connections.fetch_add(1, Ordering::Relaxed);
    let mine = Arc::clone(shared);
    let service = service_fn(move |request| {
        let shared = Arc::clone(&mine);
        async move { Ok::<_, std::convert::Infallible>(answer(&shared, peer, request).await) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_DEADLINE)
        .max_buf_size(BUFFER_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = watcher.watch(served).await {
        tracing::debug!(from = %peer.address, %error, "a connection broke");
    }
    meters.connections.fetch_sub(1, Ordering::Relaxed);
}

async fn answer(shared: &Shared, peer: Peer, mut request: Request<Incoming>) -> Reply {
    if Ingest::is_for(request.method(), request.uri().path()) {
        return shared.ingest.answer(peer.address, request).await;
    }
    request.extensions_mut().insert(peer);
    let request = request.map(axum::body::Body::new);
    use tower_service::Service as _;
    // The router is always ready and never fails.
    let mut router = shared.router.clone();
    match router.as_service::<axum::body::Body>().call(request).await {
        Ok(reply) => reply,
        Err(never) => match never {},
    }
}
