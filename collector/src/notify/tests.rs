//! Each channel against a local provider: the exact request, what it makes of every answer; and
//! the whole loop with several channels.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use siaga_decide::At;

use super::peer::{Peer, Play};
use super::*;
use crate::clock::Clock;
use crate::config::Secret;
use crate::drive;
use crate::stop;

const NOW: At = At(1_795_000_000_000);

fn http() -> Http {
    Http::trusting(rustls::RootCertStore::empty()).unwrap()
}

fn message(change: &str) -> Message {
    Message {
        id: 7,
        draft: Draft {
            subject: "palaran-20261124-1".into(),
            change: change.into(),
            contact: "teknisi".into(),
            channel: "hp".into(),
            address: "-100123".into(),
            office: Some("palaran".into()),
            language: "id".into(),
            title: "Palaran: jaringan penyedia putus".into(),
            body: "Sejak 09.02 WITA.\nUPS <b>100 %</b> \u{202e}".into(),
            link: Some("https://siaga.example/outages/palaran-20261124-1".into()),
        },
        made: NOW,
        state: State::Leased,
        tries: 1,
        error: None,
        done: None,
        due: NOW,
    }
}

fn ok(body: &str) -> Play {
    Play::Answer(200, "", body.to_owned())
}

fn telegram(peer: &Peer) -> Channel {
    let token = Secret::new("123:TOKEN".into());
    Channel::new(
        &config::Channel::Telegram { token, api: peer.url.clone() },
        "https://siaga.example",
    )
}

fn ntfy(peer: &Peer, token: Option<&str>) -> Channel {
    let token = token.map(|t| Secret::new(t.into()));
    Channel::new(&config::Channel::Ntfy { url: peer.url.clone(), token }, "https://siaga.example")
}

fn webhook(peer: &Peer, secret: Option<&str>) -> Channel {
    let secret = secret.map(|t| Secret::new(t.into()));
    let url = format!("{}/hook?a=1", peer.url);
    Channel::new(&config::Channel::Webhook { url, secret }, "https://siaga.example")
}

async fn outcome(channel: &Channel) -> Result<Option<String>, SendError> {
    channel.send(&http(), &message("opened"), NOW).await
}

#[tokio::test]
async fn telegram_gets_plain_text_and_a_button() {
    let peer = Peer::new(vec![ok(r#"{"ok":true,"result":{"message_id":77}}"#)]).await;
    assert_eq!(outcome(&telegram(&peer)).await, Ok(Some("77".into())));
    let request = &peer.requests()[0];
    assert_eq!(request.line, "POST /bot123:TOKEN/sendMessage HTTP/1.1");
    assert_eq!(request.header("content-type"), "application/json");
    assert_eq!(
        request.json(),
        json!({
            "chat_id": -100_123,
            "text": "Palaran: jaringan penyedia putus\nSejak 09.02 WITA.\nUPS <b>100 %</b> ",
            "link_preview_options": { "is_disabled": true },
            "reply_markup": { "inline_keyboard": [[{
                "text": "Saya tangani",
                "url": "https://siaga.example/outages/palaran-20261124-1",
            }]] },
        })
    );
}

#[tokio::test]
async fn telegram_says_no_in_many_ways() {
    let waits = r#"{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 35","parameters":{"retry_after":35}}"#;
    let gone = r#"{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}"#;
    for (play, permanent, retry) in [
        // 200 does not mean that it was taken.
        (ok(r#"{"ok":false,"error_code":500,"description":"x"}"#), false, None),
        (ok(gone), true, None),
        (Play::Answer(429, "", waits.into()), false, Some(35_000)),
        (Play::Answer(400, "", gone.into()), true, None),
        (Play::Answer(403, "", r#"{"ok":false,"error_code":403,"description":"Forbidden: bot was blocked by the user"}"#.into()), true, None),
        (Play::Answer(401, "", r#"{"ok":false,"error_code":401,"description":"Unauthorized"}"#.into()), true, None),
        (Play::Answer(502, "retry-after: 7\r\n", "<html>bad gateway</html>".into()), false, Some(7_000)),
        (ok("<html>Silakan masuk ke Wi-Fi</html>"), false, None),
        (Play::Garbage, false, None),
        (Play::Flood, false, None),
        (Play::Close, false, None),
    ] {
        let peer = Peer::new(vec![play.clone()]).await;
        let error = outcome(&telegram(&peer)).await.unwrap_err();
        assert_eq!((error.permanent, error.retry_after_ms), (permanent, retry), "{play:?}: {error:?}");
        assert!(!error.message.contains("TOKEN"), "{error:?}");
    }
}

#[tokio::test]
async fn a_group_that_moved_and_a_button_it_does_not_take_are_no_failures() {
    let moved = r#"{"ok":false,"error_code":400,"description":"Bad Request: group chat was upgraded to a supergroup chat","parameters":{"migrate_to_chat_id":-1009}}"#;
    let button = r#"{"ok":false,"error_code":400,"description":"Bad Request: BUTTON_URL_INVALID"}"#;
    let taken = r#"{"ok":true,"result":{"message_id":1}}"#;
    let plays =
        vec![Play::Answer(400, "", moved.into()), Play::Answer(400, "", button.into()), ok(taken)];
    let peer = Peer::new(plays).await;
    assert_eq!(outcome(&telegram(&peer)).await, Ok(Some("1".into())));
    let last = peer.requests()[2].json();
    assert_eq!(last["chat_id"], -1009);
    assert!(last.get("reply_markup").is_none());
    assert!(
        last["text"]
            .as_str()
            .unwrap()
            .ends_with("https://siaga.example/outages/palaran-20261124-1")
    );
}

#[tokio::test]
async fn ntfy_gets_json_with_priority_and_action() {
    let peer = Peer::new(vec![ok(r#"{"id":"abc","time":1}"#)]).await;
    assert_eq!(outcome(&ntfy(&peer, Some("tk_1"))).await, Ok(Some("abc".into())));
    let request = &peer.requests()[0];
    assert_eq!(request.line, "POST / HTTP/1.1");
    assert_eq!(request.header("authorization"), "Bearer tk_1");
    assert_eq!(
        request.json(),
        json!({
            "topic": "-100123",
            "title": "Palaran: jaringan penyedia putus",
            "message": "Sejak 09.02 WITA.\nUPS <b>100 %</b> ",
            "priority": 4,
            "tags": ["rotating_light"],
            "click": "https://siaga.example/outages/palaran-20261124-1",
            "actions": [{
                "action": "view",
                "label": "Saya tangani",
                "url": "https://siaga.example/outages/palaran-20261124-1",
                "clear": true,
            }],
        })
    );
}

#[tokio::test]
async fn ntfy_says_no_in_many_ways() {
    for (play, permanent, retry) in [
        (
            Play::Answer(
                429,
                "retry-after: 60\r\n",
                r#"{"code":42901,"error":"limit reached"}"#.into(),
            ),
            false,
            Some(60_000),
        ),
        (Play::Answer(403, "", r#"{"code":40301,"error":"forbidden"}"#.into()), true, None),
        (Play::Answer(500, "", String::new()), false, None),
        (Play::Answer(301, "location: http://evil.example/\r\n", String::new()), true, None),
        (ok("<html>welcome</html>"), false, None),
    ] {
        let peer = Peer::new(vec![play.clone()]).await;
        let error = outcome(&ntfy(&peer, Some("tk_1"))).await.unwrap_err();
        assert_eq!(
            (error.permanent, error.retry_after_ms),
            (permanent, retry),
            "{play:?}: {error:?}"
        );
        assert!(!error.message.contains("tk_1"), "{error:?}");
        assert_eq!(peer.requests().len(), 1, "a redirect was followed");
    }
}

#[tokio::test]
async fn a_webhook_gets_what_alertmanager_would_send_and_can_check_who_did() {
    let peer = Peer::new(vec![Play::Answer(204, "", String::new())]).await;
    let channel = webhook(&peer, Some("rahasia"));
    assert_eq!(outcome(&channel).await, Ok(None));
    let ended = channel.send(&http(), &message("ended:1795000000000"), NOW).await;
    assert_eq!(ended, Ok(None));
    let requests = peer.requests();
    let opened = &requests[0];
    assert_eq!(opened.line, "POST /hook?a=1 HTTP/1.1");
    assert_eq!(opened.header("idempotency-key"), "palaran-20261124-1/opened/teknisi/hp/-100123");
    let body = opened.json();
    assert_eq!(body["version"], "4");
    assert_eq!(body["status"], "firing");
    assert_eq!(body["groupKey"], "palaran-20261124-1");
    let alert = &body["alerts"][0];
    assert_eq!(alert["labels"]["alertname"], "SiagaOutage");
    assert_eq!(alert["labels"]["office"], "palaran");
    assert_eq!(alert["annotations"]["summary"], "Palaran: jaringan penyedia putus");
    assert_eq!(alert["endsAt"], "0001-01-01T00:00:00Z");
    let mut keys: Vec<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    assert_eq!(
        keys,
        [
            "alerts",
            "commonAnnotations",
            "commonLabels",
            "externalURL",
            "groupKey",
            "groupLabels",
            "receiver",
            "status",
            "truncatedAlerts",
            "version",
        ]
    );
    let over = requests[1].json();
    assert_eq!(over["status"], "resolved");
    assert_eq!(over["alerts"][0]["fingerprint"], alert["fingerprint"]);
    assert_eq!(over["alerts"][0]["endsAt"], over["alerts"][0]["startsAt"]);

    use hmac::{Hmac, Mac as _};
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(b"rahasia").unwrap();
    mac.update(opened.body.as_bytes());
    let hex: String = mac.finalize().into_bytes().iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(opened.header("x-siaga-signature"), format!("sha256={hex}"));
}

#[tokio::test]
async fn a_webhooks_date_in_retry_after_is_obeyed() {
    let headers = "retry-after: Wed, 18 Nov 2026 12:26:50 GMT\r\n";
    let peer = Peer::new(vec![Play::Answer(503, headers, "tunggu".into())]).await;
    let at: jiff::Timestamp = "2026-11-18T12:26:20Z".parse().unwrap();
    let now = At(at.as_millisecond());
    let error = webhook(&peer, None).send(&http(), &message("opened"), now).await.unwrap_err();
    assert_eq!((error.permanent, error.retry_after_ms), (false, Some(30_000)));
    assert!(error.message.contains("503") && error.message.contains("tunggu"));
}

#[tokio::test]
async fn a_provider_that_hangs_is_left_at_the_deadline() {
    let peer = Peer::new(vec![Play::Hang]).await;
    let short = Duration::from_millis(200);
    let sent = telegram(&peer).send_within(short, &http(), &message("opened"), NOW).await;
    let error = sent.unwrap_err();
    assert_eq!((error.permanent, error.retry_after_ms), (false, None));
    assert!(error.message.starts_with("no answer within"), "{error:?}");
    assert_eq!(peer.requests().len(), 1);
}

#[tokio::test]
async fn nobody_listening_and_no_address_are_told_apart() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let send = |url: String| async move {
        let channel = Channel::new(&config::Channel::Ntfy { url, token: None }, "");
        outcome(&channel).await.unwrap_err()
    };
    assert!(!send(url).await.permanent);
    assert!(send("ftp://x.example".into()).await.permanent);
    assert!(send("::".into()).await.permanent);
}

const CONFIG: &str = r#"
names = ["siaga.example"]
data = "data"
[[office]]
id = "palaran"
name = "Palaran"
zone = "Asia/Makassar"
hours = "24/7"
[[office.station]]
id = "pc-1"
"#;

async fn wait(what: &str, mut is: impl FnMut() -> bool) {
    for _ in 0..600 {
        if is() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{what} did not come");
}

/// A collector with these channels, its outbox, and the loop that empties it.
fn running(
    channels: &[(&str, &str)],
) -> (tempfile::TempDir, Arc<App>, drive::Drive, stop::Stopper) {
    let dir = tempfile::tempdir().unwrap();
    let mut config = crate::config::parse(Path::new("c.toml"), CONFIG).unwrap();
    config.data = dir.path().to_owned();
    for (id, url) in channels {
        let channel = config::Channel::Ntfy { url: (*url).to_owned(), token: None };
        config.channels.insert(ChannelId(Arc::from(*id)), channel);
    }
    let (config, clock) = (Arc::new(config), Clock::system());
    let drive = drive::start(&config, &clock).unwrap();
    let app =
        Arc::new(App { config, store: drive.store.clone(), handle: drive.handle.clone(), clock });
    let (stopper, stop) = stop::signal();
    tokio::spawn(run(Arc::clone(&app), http(), stop));
    (dir, app, drive, stopper)
}

async fn add(app: &App, channel: &str, subject: &str) {
    let draft = Draft {
        channel: channel.into(),
        subject: subject.into(),
        address: "topik".into(),
        ..message("opened").draft
    };
    app.handle.write(move |conn, now| outbox::add(conn, now, &draft)).await.unwrap();
}

async fn states(app: &App) -> Vec<(String, State, u32)> {
    let listed = app.store.read(|conn| outbox::list(conn, None, 50)).await.unwrap();
    listed.into_iter().map(|m| (m.draft.subject, m.state, m.tries)).collect()
}

#[tokio::test]
async fn a_channel_that_hangs_delays_no_other_and_a_failure_is_tried_again() {
    let hung = Peer::new(vec![Play::Hang]).await;
    let good = Peer::new(vec![
        Play::Answer(500, "", String::new()),
        ok(r#"{"id":"a"}"#),
        ok(r#"{"id":"b"}"#),
    ])
    .await;
    let channels = [("hung", hung.url.as_str()), ("good", good.url.as_str())];
    let (_dir, app, drive, stopper) = running(&channels);
    add(&app, "hung", "h").await;
    add(&app, "good", "g").await;
    wait("the request on the hung channel", || !hung.requests().is_empty()).await;
    wait("the second attempt on the good one", || good.requests().len() >= 2).await;
    let mut sent = false;
    for _ in 0..100 {
        sent = states(&app).await.contains(&("g".into(), State::Done, 2));
        if sent {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(sent, "{:?}", states(&app).await);
    assert_eq!(good.requests().len(), 2, "told once");
    stopper.stop();
    drive.stop();
}

#[tokio::test]
async fn what_is_refused_for_good_is_parked_and_the_rest_goes_on() {
    let peer = Peer::new(vec![
        Play::Answer(403, "", r#"{"error":"forbidden"}"#.into()),
        ok(r#"{"id":"b"}"#),
    ])
    .await;
    let (_dir, app, drive, stopper) = running(&[("hp", &peer.url)]);
    add(&app, "hp", "first").await;
    wait("the first request", || peer.requests().len() == 1).await;
    add(&app, "hp", "second").await;
    wait("the second request", || peer.requests().len() == 2).await;
    for _ in 0..100 {
        if states(&app).await.contains(&("second".into(), State::Done, 1)) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut states = states(&app).await;
    states.sort_by(|a, b| a.0.cmp(&b.0));
    let want = [("first".to_owned(), State::Parked, 1), ("second".to_owned(), State::Done, 1)];
    assert_eq!(states, want);
    stopper.stop();
    drive.stop();
}

/// A TLS server that takes one message, and the certificate it shows.
async fn tls_peer() -> (String, rustls::pki_types::CertificateDer<'static>) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let certificate = made.cert.der().clone();
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let server = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key.into())
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(server));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut part = [0; 4096];
            let _some = stream.read(&mut part).await;
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{\"id\":\"x\"}";
            let _gone = stream.write_all(answer).await;
            let _gone = stream.shutdown().await;
        }
    });
    (url, certificate)
}

#[tokio::test]
async fn a_message_goes_over_tls_to_whom_it_trusts_and_to_nobody_else() {
    let (url, certificate) = tls_peer().await;
    let channel = Channel::new(&config::Channel::Ntfy { url, token: None }, "");
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate).unwrap();
    let trusting = Http::trusting(roots).unwrap();
    let sent = channel.send(&trusting, &message("opened"), NOW).await;
    assert_eq!(sent, Ok(Some("x".into())));
    let error = channel.send(&http(), &message("opened"), NOW).await.unwrap_err();
    assert!(error.message.starts_with("no TLS with localhost"), "{error:?}");
    assert!(!error.permanent);
}
