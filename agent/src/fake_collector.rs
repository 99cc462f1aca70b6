//! A collector for the tests: a real TLS server with a private CA of its own, whose answers the
//! test chooses, and which remembers every report it got.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use siaga_wire::{Answer, Decoder, Report, Row};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::push::pinned::spki_pin;

/// How the next requests are answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Manner {
    /// As a collector that commits everything.
    Commit,
    /// With that status, `Retry-After` and body.
    Say(u16, Option<u64>, &'static str),
}

/// One row as it arrived: run, first and last number, JSON.
pub(crate) type Arrived = (String, u64, u64, String);

#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) requests: Vec<(String, bool)>,
    pub(crate) rows: Vec<Arrived>,
    pub(crate) reports: Vec<String>,
}

/// What its certificate says.
pub(crate) struct Dates {
    pub(crate) from: (i32, u8, u8),
    pub(crate) to: (i32, u8, u8),
}

pub(crate) const PRESENT: Dates = Dates { from: (2020, 1, 1), to: (2099, 1, 1) };

pub(crate) struct FakeCollector {
    pub(crate) address: SocketAddr,
    pub(crate) pin: [u8; 32],
    pub(crate) manner: Arc<Mutex<Manner>>,
    pub(crate) heard: Arc<Mutex<Heard>>,
    task: JoinHandle<()>,
}

impl Drop for FakeCollector {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl FakeCollector {
    pub(crate) async fn start(name: &str, dates: &Dates) -> Self {
        let (tls, pin) = certificates(name, dates);
        Self::listen("127.0.0.1:0".parse().unwrap(), tls, pin).await
    }

    async fn listen(address: SocketAddr, tls: Arc<ServerConfig>, pin: [u8; 32]) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let manner = Arc::new(Mutex::new(Manner::Commit));
        let heard = Arc::new(Mutex::new(Heard::default()));
        let address = listener.local_addr().unwrap();
        let task =
            tokio::spawn(accept(listener, TlsAcceptor::from(tls), manner.clone(), heard.clone()));
        Self { address, pin, manner, heard, task }
    }

    pub(crate) fn says(&self, manner: Manner) {
        *self.manner.lock().unwrap() = manner;
    }

    pub(crate) fn rows(&self) -> Vec<Arrived> {
        self.heard.lock().unwrap().rows.clone()
    }
}

fn certificates(name: &str, dates: &Dates) -> (Arc<ServerConfig>, [u8; 32]) {
    let mut ca = CertificateParams::new(Vec::new()).unwrap();
    ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let ca_key = KeyPair::generate().unwrap();
    let ca_cert = ca.self_signed(&ca_key).unwrap();
    let issuer = Issuer::new(ca, ca_key);
    let mut leaf = CertificateParams::new(vec![name.to_owned()]).unwrap();
    let date = |d: (i32, u8, u8)| rcgen::date_time_ymd(d.0, d.1, d.2);
    (leaf.not_before, leaf.not_after) = (date(dates.from), date(dates.to));
    let leaf_key = KeyPair::generate().unwrap();
    let leaf = leaf.signed_by(&leaf_key, &issuer).unwrap();
    let chain: Vec<CertificateDer<'static>> = vec![leaf.der().clone(), ca_cert.der().clone()];
    let pin = spki_pin(&chain[1]).unwrap();
    let key = PrivateKeyDer::try_from(leaf_key.serialize_der()).unwrap();
    let config =
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
    (Arc::new(config), pin)
}

async fn accept(
    listener: TcpListener,
    tls: TlsAcceptor,
    manner: Arc<Mutex<Manner>>,
    heard: Arc<Mutex<Heard>>,
) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let (tls, manner, heard) = (tls.clone(), manner.clone(), heard.clone());
        tokio::spawn(async move {
            let Ok(stream) = tls.accept(stream).await else { return };
            let service = service_fn(move |request| answer(request, manner.clone(), heard.clone()));
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    manner: Arc<Mutex<Manner>>,
    heard: Arc<Mutex<Heard>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let packed = request.headers().get("content-encoding").is_some();
    let path = request.uri().path().to_owned();
    let authorised = request.headers().get("authorization").is_some_and(|a| a == "Bearer token-1");
    let body = request.into_body().collect().await.unwrap().to_bytes();
    heard.lock().unwrap().requests.push((path.clone(), packed));
    let said = match manner.lock().unwrap().clone() {
        Manner::Say(status, retry_after, body) => Some((status, retry_after, body.to_owned())),
        Manner::Commit => None,
    };
    let (status, retry_after, text) = match (said, path.as_str()) {
        (Some(said), _) => said,
        (None, "/api/v1/enrol") => {
            let enrolled =
                r#"{"agent":"a1","office":"palaran","station":"pc-1","token":"token-1"}"#;
            (201, None, enrolled.to_owned())
        }
        (None, _) if !authorised => (401, None, r#"{"error":"unknown token"}"#.to_owned()),
        (None, _) => (200, None, commit(&body, packed, &mut heard.lock().unwrap())),
    };
    let mut response = Response::builder().status(status);
    if let Some(seconds) = retry_after {
        response = response.header("retry-after", seconds);
    }
    Ok(response.body(Full::new(text.into())).unwrap())
}

fn commit(body: &[u8], packed: bool, heard: &mut Heard) -> String {
    let mut decoder = Decoder::new().unwrap();
    let json = if packed { decoder.unpack(body).unwrap().to_vec() } else { body.to_vec() };
    let report: Report = serde_json::from_slice(&json).unwrap();
    let mut committed: Vec<(u64, u64)> = Vec::new();
    for row in &report.rows {
        let (first, last) = row.range();
        committed.push((first, last));
        let text = serde_json::to_string::<Row>(row).unwrap();
        heard.rows.push((report.run.to_string(), first, last, text));
    }
    heard.reports.push(String::from_utf8(json.clone()).unwrap());
    serde_json::to_string(&Answer { committed, now: "2026-11-24T02:56:00Z".into() }).unwrap()
}
