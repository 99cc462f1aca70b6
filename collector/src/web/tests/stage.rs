//! A collector for tests: its store, writer and router in a folder of its own, asked without a
//! socket.

use std::path::Path;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use siaga_decide::{
    At, Cause, CauseSpan, Certainty, Charge, Kind, Outage, Span, Thing, Told, When, Why,
};
use tower_service::Service as _;

use crate::App;
use crate::clock::Clock;
use crate::drive::{self, Drive};
use crate::server::Peer;
use crate::store::accounts::{self, Role};
use crate::store::ledger;
use crate::token;
use crate::web::guard;

pub(super) const CONFIG: &str = r#"
names = ["siaga.example"]
data = "data"
[[line]]
id = "astinet"
provider = "Astinet"
[[office]]
id = "palaran"
name = "Kantor <b>Palaran</b> & \"Rekan\""
zone = "Asia/Makassar"
district = "Samarinda"
hours = "24/7"
line = "astinet"
[[office.station]]
id = "pc-1"
[[office.station]]
id = "pc-2"
[[office]]
id = "samboja"
name = "Kantor Samboja"
zone = "Asia/Makassar"
hours = "24/7"
[[office.station]]
id = "pc-1"
"#;

pub(super) const OUTAGE: &str = "palaran-20261124-1";
pub(super) const PASSWORD: &str = "sebuah kata sandi yang panjang";

pub(super) struct Stage {
    _dir: tempfile::TempDir,
    pub(super) app: Arc<App>,
    router: axum::Router,
    drive: Option<Drive>,
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Some(drive) = self.drive.take() {
            drive.stop();
        }
    }
}

/// An answer, read whole.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) text: String,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default()
    }

    /// The cookies that it sets, as a browser sends them back.
    pub(super) fn cookies(&self) -> String {
        let set = self.headers.get_all("set-cookie").into_iter();
        let pairs: Vec<&str> =
            set.map(|v| v.to_str().unwrap().split(';').next().unwrap()).collect();
        pairs.join("; ")
    }

    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {}", self.text))
    }

    /// The value of the first hidden field of that name.
    pub(super) fn field(&self, name: &str) -> String {
        let mark = format!("name=\"{name}\" value=\"");
        let rest = self.text.split_once(&mark).unwrap_or_else(|| panic!("no {name}")).1;
        rest.split('"').next().unwrap().to_owned()
    }
}

/// Somebody who asks.
#[derive(Clone, Debug, Default)]
pub(super) struct Who {
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) csrf: String,
}

impl Stage {
    pub(super) async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut config = crate::config::parse(Path::new("c.toml"), CONFIG).unwrap();
        config.data = dir.path().to_owned();
        let (config, clock) = (Arc::new(config), Clock::system());
        let drive = drive::start(&config, &clock).unwrap();
        let app = Arc::new(App {
            config,
            store: drive.store.clone(),
            handle: drive.handle.clone(),
            clock,
        });
        let router = crate::web::router(Arc::clone(&app));
        let stage = Self { _dir: dir, app, router, drive: Some(drive) };
        stage.put(outage(stage.app.clock.now())).await;
        stage
    }

    pub(super) async fn put(&self, outage: Outage) {
        let put = move |conn: &rusqlite::Connection, now| ledger::put(conn, now, 0, &outage);
        self.app.handle.write(put).await.unwrap();
    }

    pub(super) async fn ask(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().call(request).await.unwrap();
        let (head, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        Answer {
            status: head.status,
            headers: head.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    pub(super) async fn get(&self, path: &str, who: &Who) -> Answer {
        self.ask(request("GET", path, who, "", String::new())).await
    }

    pub(super) async fn form(&self, path: &str, who: &Who, fields: &str) -> Answer {
        let body = format!("csrf={}&{fields}", who.csrf);
        self.ask(request("POST", path, who, "application/x-www-form-urlencoded", body)).await
    }

    pub(super) async fn post_json(&self, path: &str, who: &Who, body: &str) -> Answer {
        self.ask(request("POST", path, who, "application/json", body.to_owned())).await
    }

    /// A program with a token.
    pub(super) async fn program(&self, role: Role) -> Who {
        let secret = token::new_token().unwrap();
        let hash = token::hash(secret.as_bytes());
        let add = move |conn: &rusqlite::Connection, now| {
            accounts::add_token(conn, now, "skrip", role, &hash)
        };
        self.app.handle.write(add).await.unwrap();
        let headers = vec![("authorization", format!("Bearer {secret}"))];
        Who { headers, csrf: String::new() }
    }

    /// Somebody in a browser, signed in.
    pub(super) async fn browser(&self, role: Role) -> Who {
        let secret = token::new_token().unwrap();
        let hash = token::hash(secret.as_bytes());
        let enter = move |conn: &rusqlite::Connection, now| {
            let name = role.word();
            accounts::set(conn, now, name, role, "unused")?;
            accounts::sign_in(conn, now, name, &hash)
        };
        self.app.handle.write(enter).await.unwrap();
        let headers = vec![
            ("cookie", format!("__Host-siaga={secret}")),
            ("origin", "https://siaga.example".to_owned()),
            ("host", "siaga.example".to_owned()),
        ];
        Who { headers, csrf: guard::csrf(&secret) }
    }
}

pub(super) fn request(
    method: &str,
    path: &str,
    who: &Who,
    kind: &str,
    body: String,
) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in &who.headers {
        request = request.header(*name, value);
    }
    if !kind.is_empty() {
        request = request.header("content-type", kind);
    }
    let mut request = request.body(Body::from(body)).unwrap();
    request.extensions_mut().insert(Peer { address: [10, 0, 0, 9].into(), tls: true });
    request
}

/// An outage that lasts, with a sign of what is private in every field that has one.
pub(super) fn outage(now: At) -> Outage {
    let from = now - 10 * 60_000;
    let cause = Cause {
        kind: Kind::Power,
        sub: None,
        certainty: Certainty::Certain,
        thing: Thing::Mains,
        why: vec![Why::Staff { text: "<script>alert(1)</script>".into() }],
    };
    let span = Span { from, to: now };
    Outage {
        id: OUTAGE.into(),
        office: "palaran".into(),
        from: When::exact(from),
        to: None,
        charges: vec![Charge { span, cause: cause.clone(), planned: false, guessed: false }],
        timeline: vec![CauseSpan { span, cause }],
        provisional: false,
        void: false,
        downtime_ms: 600_000,
        told: Told { opened: Some(from + 60_000), ..Told::default() },
        acknowledged: None,
        expected_back: Some(now + 3_600_000),
    }
}
