//! How many reports a collector on one core takes in per second of its own processor time, every
//! one durable before its answer: 1,000 agents, 32 kept-alive connections, 60 values a report.

use std::io::{BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use rustls::pki_types::pem::PemObject as _;
use siaga_wire::Encoder;

use crate::collector::{Collector, Credential, Plan, answer, names};
use crate::figure::{Bar, Figures};
use crate::program::{fsync_ms, instant, pin, quantile, size_of};
use crate::traffic::Station;

const AGENTS: usize = 1_000;
const CONNECTIONS: usize = 32;
/// Requests of one agent in one measurement.
const ROUNDS: usize = 100;
/// Far apart enough that no reading is of the future: the collector takes longer than this for
/// one round of all agents, so each boot's clock stays where its first report put it.
const STEP_MS: u64 = 20;

/// One agent, ready to send.
struct Sender {
    token: String,
    station: Station,
}

/// What one connection saw.
#[derive(Default)]
struct Seen {
    milliseconds: Vec<f64>,
    refused: usize,
}

/// Over plain HTTP, then over TLS, to one collector.
pub(crate) fn measure(figures: &mut Figures) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let fsync = fsync_ms(folder.path())?;
    let plan = Plan {
        offices: AGENTS / 2,
        stations: 2,
        cycle: "15s",
        office: String::new(),
        more: String::new(),
        core: Some(0),
    };
    let mut collector = Collector::start(folder.path(), &plan)?;
    let mut senders = enrol(&collector)?;
    // Everything below makes load; the collector has the other core to itself.
    if thread::available_parallelism()?.get() > 1 {
        pin(1)?;
    }
    figures.add("ingest.fsync", fsync, "ms", Bar::None)?;
    let plain = Way::Plain(collector.plain);
    // Every agent once, so that a first report's cost is not in the figure.
    drive(&plain, &mut senders, 1)?;
    round(figures, "ingest", &collector, &plain, &mut senders, 12_000.0, fsync)?;
    let tls = Way::Tls(collector.tls, trust(&collector.data)?);
    drive(&tls, &mut senders, 1)?;
    round(figures, "ingest.tls", &collector, &tls, &mut senders, 9_000.0, fsync)?;
    figures.add("ingest.rss", collector.running.status("VmRSS")? / 1024.0, "MiB", Bar::None)?;
    let rows: u64 = senders.iter().map(|s| s.station.rows()).sum();
    collector.running.kill();
    let stored = stored_rows(&collector.data)?;
    #[expect(clippy::cast_precision_loss, reason = "a few million")]
    figures.add("ingest.lost_by_kill", rows.abs_diff(stored) as f64, "rows", Bar::AtMost(0.0))?;
    #[expect(clippy::cast_precision_loss, reason = "a few hundred MiB")]
    let mebibytes = size_of(&collector.data)? as f64 / f64::from(1 << 20);
    figures.add("ingest.disk", mebibytes, "MiB", Bar::None)
}

fn enrol(collector: &Collector) -> anyhow::Result<Vec<Sender>> {
    (0..AGENTS)
        .map(|i| {
            let (office, station) = names(i / 2, i % 2);
            let Credential { token } = collector.enrol(&office, &station)?;
            Ok(Sender { token, station: Station::new(i as u64) })
        })
        .collect()
}

fn round(
    figures: &mut Figures,
    name: &str,
    collector: &Collector,
    way: &Way,
    senders: &mut [Sender],
    bar: f64,
    fsync: f64,
) -> anyhow::Result<()> {
    let before = collector.running.cpu_seconds()?;
    let (seen, seconds) = drive(way, senders, ROUNDS)?;
    let cpu = collector.running.cpu_seconds()? - before;
    #[expect(clippy::cast_precision_loss, reason = "a few hundred thousand")]
    let count = seen.milliseconds.len() as f64;
    anyhow::ensure!(seen.refused == 0, "{} of {count} reports were refused", seen.refused);
    let mut milliseconds = seen.milliseconds;
    milliseconds.sort_by(f64::total_cmp);
    figures.add(&format!("{name}.rate"), count / cpu, "reports/cpu-s", Bar::AtLeast(bar))?;
    figures.add(&format!("{name}.rate_wall"), count / seconds, "reports/s", Bar::None)?;
    figures.add(&format!("{name}.p50"), quantile(&milliseconds, 0.5), "ms", Bar::None)?;
    // The bar holds for a disk whose fsync takes a millisecond or less.
    let p99 = if fsync <= 1.0 { Bar::AtMost(100.0) } else { Bar::None };
    figures.add(&format!("{name}.p99"), quantile(&milliseconds, 0.99), "ms", p99)
}

/// How a connection is made.
#[derive(Clone)]
enum Way {
    Plain(SocketAddr),
    Tls(SocketAddr, Arc<rustls::ClientConfig>),
}

trait Both: Read + Write + Send {}
impl<T: Read + Write + Send> Both for T {}

impl Way {
    fn connect(&self) -> anyhow::Result<Box<dyn Both>> {
        let (Self::Plain(to) | Self::Tls(to, _)) = self;
        let stream = TcpStream::connect(to)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        Ok(match self {
            Self::Plain(_) => Box::new(stream),
            Self::Tls(_, config) => {
                let name = rustls::pki_types::ServerName::try_from("localhost")?;
                let tls = rustls::ClientConnection::new(Arc::clone(config), name)?;
                Box::new(rustls::StreamOwned::new(tls, stream))
            }
        })
    }
}

/// Trusts the collector's own CA, as its agents do.
fn trust(data: &Path) -> anyhow::Result<Arc<rustls::ClientConfig>> {
    let mut roots = rustls::RootCertStore::empty();
    for entry in std::fs::read_dir(data)?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".pem") && name.contains("ca") && !name.contains("key") {
            for certificate in rustls::pki_types::CertificateDer::pem_file_iter(entry.path())? {
                roots.add(certificate?)?;
            }
        }
    }
    anyhow::ensure!(!roots.is_empty(), "no CA certificate in {}", data.display());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// Every agent sends `rounds` reports, over all connections at once; how long that took.
fn drive(way: &Way, senders: &mut [Sender], rounds: usize) -> anyhow::Result<(Seen, f64)> {
    let share = senders.len().div_ceil(CONNECTIONS);
    // Packed beforehand: the load maker must not be what is measured.
    let lanes: Vec<Vec<Vec<u8>>> =
        senders.chunks_mut(share).map(|chunk| requests(chunk, rounds)).collect::<Result<_, _>>()?;
    let start = instant();
    let threads: Vec<_> = lanes
        .into_iter()
        .map(|lane| {
            let way = way.clone();
            thread::spawn(move || send(&way, &lane))
        })
        .collect();
    let mut all = Seen::default();
    for thread in threads {
        let seen = thread.join().ok().context("a connection's thread ended")??;
        all.milliseconds.extend(seen.milliseconds);
        all.refused += seen.refused;
    }
    Ok((all, start.elapsed().as_secs_f64()))
}

fn requests(senders: &mut [Sender], rounds: usize) -> anyhow::Result<Vec<Vec<u8>>> {
    let mut encoder = Encoder::new()?;
    let mut requests = Vec::with_capacity(rounds * senders.len());
    for _ in 0..rounds {
        for sender in &mut *senders {
            let body = encoder.pack(&sender.station.next(STEP_MS))?;
            let mut request = format!(
                "POST /api/v1/reports HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\
                 content-type: application/json\r\ncontent-encoding: zstd\r\n\
                 content-length: {}\r\n\r\n",
                sender.token,
                body.len()
            )
            .into_bytes();
            request.extend_from_slice(&body);
            requests.push(request);
        }
    }
    Ok(requests)
}

fn send(way: &Way, lane: &[Vec<u8>]) -> anyhow::Result<Seen> {
    let mut stream = BufReader::new(way.connect()?);
    let mut seen = Seen::default();
    for request in lane {
        let start = instant();
        stream.get_mut().write_all(request)?;
        let (status, body) = answer(&mut stream)?;
        seen.milliseconds.push(start.elapsed().as_secs_f64() * 1e3);
        if status != 200 {
            seen.refused += 1;
            anyhow::ensure!(seen.refused < 10, "{status} {}", String::from_utf8_lossy(&body));
        }
    }
    Ok(seen)
}

/// Rows whose numbers the database holds, after the kill.
fn stored_rows(data: &Path) -> anyhow::Result<u64> {
    let db = rusqlite::Connection::open(data.join("siaga.db"))?;
    let mut statement = db.prepare("SELECT committed FROM runs")?;
    let texts = statement.query_map([], |row| row.get::<_, String>(0))?;
    let mut rows = 0;
    for text in texts {
        let ranges: Vec<(u64, u64)> = serde_json::from_str(&text?)?;
        rows += ranges.iter().map(|(first, last)| last - first + 1).sum::<u64>();
    }
    Ok(rows)
}
