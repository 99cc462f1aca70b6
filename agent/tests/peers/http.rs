//! The http probe and pages: a real TLS server (openssl), a data center with good and bad
//! certificates, a sign-in page in between, and peers that hang, babble and break off.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use siaga_wire::{Reading, Saw};
use tempfile::TempDir;

use super::clock::Stopwatch;
use super::evil::{Peer, drip, flood, hang, hang_up, say};
use super::process::{Running, free_port, listening};
use super::{probe, text};

fn table(url: &str, more: &str) -> String {
    format!("[[probe.http]]\nname = \"link.datacenter\"\nurl = \"{url}\"\ntimeout = \"2s\"\n{more}")
}

fn page(peer: &Peer) -> String {
    format!("http://127.0.0.1:{}/status", peer.port)
}

/// A whole answer.
fn answer(head: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

#[track_caller]
fn is(reading: &Reading<'_>, saw: Saw, words: &[&str], why: &str) {
    let said = reading.why.as_deref().unwrap_or_default();
    assert!(
        reading.saw == saw && reading.words == words && said.contains(why),
        "wanted {saw:?} {words:?} {why:?}: {}",
        text(reading)
    );
}

#[tokio::test]
async fn a_page_is_told_from_the_pages_in_between() {
    let good = Peer::new(say(answer("200 OK", "status: siap melayani")));
    let expects = "body = \"siap melayani\"\n";
    let mut probe_good = probe(&table(&page(&good), expects));
    for _ in 0..2 {
        let reading = probe_good.ask().await;
        is(&reading, Saw::Answered, &[], "");
        assert_eq!(reading.role.as_deref(), None, "the name says it");
        assert_eq!(reading.values.get("http_status"), Some(200.0));
        for name in ["connect_seconds", "answer_seconds"] {
            assert!(reading.values.get(name).is_some_and(|s| s >= 0.0), "{}", text(&reading));
        }
        assert_eq!(reading.values.get("tls_seconds"), None);
    }
    for (head, body, saw, words, why) in [
        ("200 OK", "<h1>Kuota habis</h1>", Saw::Error, vec!["unexpected_body"], "Kuota habis"),
        ("503 Service Unavailable", "", Saw::Error, vec!["unexpected_status"], "HTTP 503"),
        (
            "302 Found\r\nLocation: http://login.provider.example/?u=dc",
            "",
            Saw::Error,
            vec!["redirect_elsewhere"],
            "login.provider.example",
        ),
        ("302 Found\r\nLocation: /status/", "siap melayani", Saw::Answered, vec!["redirect"], ""),
        ("511 Network Authentication Required", "", Saw::Error, vec!["unexpected_status"], "511"),
    ] {
        let peer = Peer::new(say(answer(head, body)));
        is(&probe(&table(&page(&peer), expects)).ask().await, saw, &words, why);
    }
    drop(good);
}

#[tokio::test]
async fn a_body_in_pieces_is_read_as_far_as_needed_and_no_farther() {
    let pieces = Peer::new(|_, mut stream: TcpStream| {
        let _ = stream.read(&mut [0; 1024]);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        for piece in ["3\r\nsia\r\n", "3\r\np m\r\n"] {
            let _ = stream.write_all(piece.as_bytes());
            std::thread::sleep(std::time::Duration::from_millis(30));
        }
        // No end: whoever waits for it runs into the deadline.
        let _ = stream.read(&mut [0; 1024]);
    });
    is(&probe(&table(&page(&pieces), "body = \"siap m\"\n")).ask().await, Saw::Answered, &[], "");
    let endless = Peer::new(|_, mut stream: TcpStream| {
        let _ = stream.read(&mut [0; 1024]);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while stream.write_all(&[b'x'; 4096]).is_ok() {}
    });
    is(
        &probe(&table(&page(&endless), "body = \"siap\"\n")).ask().await,
        Saw::Error,
        &["unexpected_body"],
        "begins \"xxx",
    );
    let broken = Peer::new(say(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nsi".to_vec()));
    let reading = probe(&table(&page(&broken), "body = \"siap\"\n")).ask().await;
    is(&reading, Saw::Timeout, &[], "HTTP did not answer");
}

#[tokio::test]
async fn peers_that_hang_babble_and_break_off_are_told_in_time() {
    type Case = (&'static str, Peer, Saw, &'static [&'static str], &'static str);
    let peers: Vec<Case> = vec![
        ("hangs", Peer::new(hang), Saw::Timeout, &[], "HTTP did not answer within 2s"),
        ("hangs up", Peer::new(hang_up), Saw::Error, &["no_http"], ""),
        ("drips", Peer::new(drip), Saw::Error, &["no_http"], "not HTTP"),
        ("noise", Peer::new(say((0..=255).collect())), Saw::Error, &["no_http"], "not HTTP"),
        ("floods", Peer::new(flood(b"x")), Saw::Error, &["no_http"], "not HTTP"),
        ("headers for ever", Peer::new(headers), Saw::Error, &["no_http"], "not HTTP"),
        ("upsd", Peer::new(say(b"ERR UNKNOWN-COMMAND\n".to_vec())), Saw::Error, &["no_http"], ""),
    ];
    for (what, peer, saw, words, why) in &peers {
        let started = Stopwatch::start();
        let reading = probe(&table(&page(peer), "")).ask().await;
        is(&reading, *saw, words, why);
        assert!(started.took() < std::time::Duration::from_secs(7), "{what}");
        let tls = page(peer).replace("http:", "https:");
        let dir = tempfile::tempdir().expect("a folder");
        let office = Authority::new(dir.path(), "ca");
        let reading = probe(&table(&tls, &office.trusted())).ask().await;
        assert!(matches!(reading.saw, Saw::Timeout | Saw::Error), "{what}: {}", text(&reading));
        assert!(reading.why.is_some() && reading.values.get("http_status").is_none());
    }
    let refused = format!("http://127.0.0.1:{}/", free_port());
    is(&probe(&table(&refused, "")).ask().await, Saw::Refused, &[], "");
    let nobody = probe(&table("http://nobody.invalid/", "")).ask().await;
    is(&nobody, Saw::Unreadable, &[], "cannot resolve");
}

/// Headers without end.
fn headers(_: usize, mut stream: TcpStream) {
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
    while stream.write_all(b"X-Filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n").is_ok() {}
}

/// A certificate authority whose certificate lies in a file.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    file: PathBuf,
}

impl Authority {
    fn new(folder: &Path, name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        let key = KeyPair::generate().expect("a key");
        let issuer = CertifiedIssuer::self_signed(params, key).expect("an authority");
        let file = folder.join(format!("{name}.pem"));
        std::fs::write(&file, issuer.pem()).expect("a file");
        Self { issuer, file }
    }

    fn trusted(&self) -> String {
        format!("ca = {:?}\n", self.file.display().to_string())
    }

    /// A certificate for that name from the first to the second year.
    fn sign(&self, name: &str, from: i32, to: i32) -> (CertificateDer<'static>, KeyPair) {
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("parameters");
        params.not_before = rcgen::date_time_ymd(from, 1, 1);
        params.not_after = rcgen::date_time_ymd(to, 1, 1);
        let key = KeyPair::generate().expect("a key");
        let signed = params.signed_by(&key, &self.issuer).expect("a certificate");
        (signed.der().clone(), key)
    }
}

/// A server that shows that certificate and answers every request.
fn tls((certificate, key): (CertificateDer<'static>, KeyPair)) -> Peer {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("protocols")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("a certificate with its key");
    let config = Arc::new(config);
    Peer::new(move |_, stream| {
        let connection = rustls::ServerConnection::new(Arc::clone(&config)).expect("a connection");
        let mut stream = rustls::StreamOwned::new(connection, stream);
        if matches!(stream.read(&mut [0; 1024]), Ok(n) if n > 0) {
            let _ = stream.write_all(&answer("200 OK", "siap melayani"));
        }
    })
}

#[tokio::test]
async fn certificates_are_judged_by_name_authority_and_time_apart_from_the_clock() {
    let folder = tempfile::tempdir().expect("a folder");
    let ours = Authority::new(folder.path(), "ours");
    let other = Authority::new(folder.path(), "other");
    let ask = async |peer: &Peer, more: &str| {
        let url = page(peer).replace("http:", "https:");
        probe(&table(&url, more)).ask().await
    };
    let good = tls(ours.sign("127.0.0.1", 2020, 2120));
    let reading = ask(&good, &ours.trusted()).await;
    is(&reading, Saw::Answered, &[], "");
    let day = |year: f64| (year - 1970.0) * 31_556_952.0;
    let expiry = reading.values.get("tls_expiry_timestamp_seconds").expect("an end");
    assert!((expiry - day(2120.0)).abs() < 172_800.0, "{expiry}");
    assert!(reading.values.get("tls_seconds").is_some(), "{}", text(&reading));

    is(&ask(&good, &other.trusted()).await, Saw::Error, &["certificate_untrusted"], "no TLS");
    is(&ask(&good, "").await, Saw::Error, &["certificate_untrusted"], "no TLS");
    let wrong = tls(ours.sign("dc.example", 2020, 2120));
    is(&ask(&wrong, &ours.trusted()).await, Saw::Error, &["certificate_wrong_name"], "no TLS");
    let expired = tls(ours.sign("127.0.0.1", 2010, 2015));
    let reading = ask(&expired, &ours.trusted()).await;
    is(&reading, Saw::Error, &["certificate_expired"], "ended 2015-01-01T00:00:00Z");
    assert!(reading.values.get("tls_expiry_timestamp_seconds").is_some());
    // A PC whose clock is behind: the page answers, and the word says what to mend.
    let future = tls(ours.sign("127.0.0.1", 2100, 2120));
    let reading = ask(&future, &ours.trusted()).await;
    is(&reading, Saw::Answered, &["clock_before_certificate"], "");
}

/// `openssl` serves its status page with a self-signed certificate.
#[tokio::test]
async fn a_real_server_with_a_certificate_of_its_own_is_trusted_by_that_certificate() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str| folder.path().join(name);
    super::process::done(
        Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"])
            .args(["-nodes", "-days", "30", "-subj", "/CN=dc", "-keyout"])
            .arg(file("key.pem"))
            .arg("-out")
            .arg(file("cert.pem")),
    );
    let port = free_port();
    let server = start(&folder, port);
    let url = format!("https://127.0.0.1:{port}/");
    let ca = format!("ca = {:?}\nbody = \"s_server\"\n", file("cert.pem").display().to_string());
    let mut probe = probe(&table(&url, &ca));
    is(&probe.ask().await, Saw::Answered, &[], "");
    let reading = super::probe(&table(&url, "")).ask().await;
    is(&reading, Saw::Error, &["certificate_untrusted"], "no TLS");

    server.signal("STOP");
    is(&probe.ask().await, Saw::Timeout, &[], "TLS did not answer");
    server.signal("CONT");
    super::until(&mut probe, |r| r.saw == Saw::Answered).await;
    server.kill();
    is(&probe.ask().await, Saw::Refused, &[], "");
    let _server = start(&folder, port);
    super::until(&mut probe, |r| r.saw == Saw::Answered).await;
}

fn start(folder: &TempDir, port: u16) -> Running {
    let file = |name: &str| folder.path().join(name);
    let log = file("server.log");
    let mut command = Command::new("openssl");
    command.args(["s_server", "-quiet", "-www", "-accept", &format!("127.0.0.1:{port}")]);
    let server = Running::start(
        command.arg("-key").arg(file("key.pem")).arg("-cert").arg(file("cert.pem")),
        &log,
    );
    listening(port, &log);
    server
}
