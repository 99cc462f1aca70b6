//! Every route with every kind of caller, from the same table that the guard works from.

use axum::http::StatusCode;

use super::stage::{OUTAGE, Stage, Who, request};
use crate::store::accounts::Role;
use crate::web::access::{Access, ROUTES, Route};

/// A request that the route would answer well, were the caller allowed.
fn path(route: &Route) -> String {
    route
        .path
        .replace("{office}", "palaran")
        .replace("{id}", OUTAGE)
        .replace("{period}", "2026-11")
        .replace("{district}", "Samarinda")
        .replace("{name}", crate::web::assets::ASSETS.style.trim_start_matches("/assets/"))
}

fn body(route: &Route, who: &Who) -> (&'static str, String) {
    let form = "application/x-www-form-urlencoded";
    let now = jiff::Timestamp::from_second(1_795_000_000).unwrap();
    match (route.method, route.path) {
        ("GET", _) => ("", String::new()),
        (_, "/api/v1/planned") => {
            let plan = format!(
                r#"{{"scope":"office","id":"palaran","from":"{now}","reason":"rawat genset"}}"#
            );
            ("application/json", plan)
        }
        (_, "/api/v1/outages/{id}/correct") => {
            ("application/json", r#"{"cause":"power","reason":"PLN"}"#.into())
        }
        (_, path) if path.starts_with("/api/v1/accounts") => {
            ("application/json", r#"{"accept":true,"reason":"x"}"#.into())
        }
        (_, path) if path.starts_with("/api/") => {
            ("application/json", r#"{"text":"x","note":"x"}"#.into())
        }
        (_, "/planned") => {
            let fields = "office=palaran&scope=office&from=2026-11-24T10:00&reason=rawat";
            (form, format!("csrf={}&{fields}", who.csrf))
        }
        (_, "/login") => (form, format!("csrf={}&name=x&password=y", who.csrf)),
        _ => (form, format!("csrf={}&text=x&note=x&what=power&reason=x&verdict=accept", who.csrf)),
    }
}

async fn status(stage: &Stage, route: &Route, who: &Who) -> StatusCode {
    let mut who = who.clone();
    if route.program && !who.csrf.is_empty() {
        who.headers.push(("x-csrf-token", who.csrf.clone()));
    }
    let (kind, body) = body(route, &who);
    stage.ask(request(route.method, &path(route), &who, kind, body)).await.status
}

#[tokio::test]
async fn every_route_serves_those_who_may_and_nobody_else() {
    let stage = Stage::new().await;
    for route in ROUTES.iter().filter(|r| r.path != "/login" && r.path != "/logout") {
        for role in std::iter::once(None).chain(Role::ALL.map(Some)) {
            let callers = match role {
                None => vec![Who::default()],
                // A program sends no forms: its token does not open them.
                Some(role) if route.program => {
                    vec![stage.program(role).await, stage.browser(role).await]
                }
                Some(role) => vec![stage.browser(role).await],
            };
            for who in callers {
                let got = status(&stage, route, &who).await;
                let may = match (route.access, role) {
                    (Access::Public, _) => true,
                    (Access::Needs(_), None) => false,
                    (Access::Needs(least), Some(role)) => role >= least,
                };
                let what = format!("{} {} as {role:?}: {got}", route.method, route.path);
                // A month that is not over, and a correction that nobody proposes.
                let refused = got == StatusCode::CONFLICT && route.path.contains("{period}/c");
                if may {
                    let served = got.is_success() || got == StatusCode::SEE_OTHER;
                    assert!(served || refused, "{what}");
                } else if role.is_some() {
                    assert_eq!(got, StatusCode::FORBIDDEN, "{what}");
                } else if route.program || route.method != "GET" {
                    assert_eq!(got, StatusCode::UNAUTHORIZED, "{what}");
                } else {
                    assert_eq!(got, StatusCode::SEE_OTHER, "{what}");
                }
            }
        }
    }
}

#[tokio::test]
async fn wrong_tokens_and_cookies_are_nobody() {
    let stage = Stage::new().await;
    let admin = stage.browser(Role::Admin).await;
    for wrong in ["Bearer ", "Bearer x", "Basic YTpi", ""] {
        // Even beside a good cookie: whoever sends a token means it.
        let mut who = admin.clone();
        who.headers.push(("authorization", wrong.to_owned()));
        let answer = stage.get("/api/v1/offices", &who).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{wrong:?}");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
    let who = Who { headers: vec![("cookie", "__Host-siaga=x".into())], ..Who::default() };
    assert_eq!(stage.get("/", &who).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn json_of_a_signed_in_browser_needs_its_token_in_a_header() {
    let stage = Stage::new().await;
    let who = stage.browser(Role::Operator).await;
    let path = format!("/api/v1/outages/{OUTAGE}/ack");
    assert_eq!(stage.post_json(&path, &who, "{}").await.status, StatusCode::FORBIDDEN);
    let mut right = who.clone();
    right.headers.push(("x-csrf-token", who.csrf.clone()));
    assert_eq!(stage.post_json(&path, &right, "{}").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_form_that_is_not_taken_says_why_in_the_readers_language() {
    let stage = Stage::new().await;
    let mut who = stage.browser(Role::Supervisor).await;
    for (language, why) in [("id", "Alasannya belum diisi."), ("en", "a reason is missing")] {
        who.headers.retain(|(name, _)| *name != "accept-language");
        who.headers.push(("accept-language", language.to_owned()));
        let sent = stage.form(&format!("/outages/{OUTAGE}/correct"), &who, "what=power").await;
        assert_eq!(sent.status, StatusCode::BAD_REQUEST);
        assert!(sent.text.contains(why), "{}", sent.text);
    }
}

#[tokio::test]
async fn what_was_said_with_an_acknowledgement_stays_beside_later_notes() {
    let stage = Stage::new().await;
    let who = stage.browser(Role::Operator).await;
    for (path, fields) in [("ack", "note=menuju+lokasi"), ("note", "text=tiket+4412")] {
        let sent = stage.form(&format!("/outages/{OUTAGE}/{path}"), &who, fields).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER);
    }
    let page = stage.get(&format!("/outages/{OUTAGE}"), &who).await.text;
    assert!(page.contains("menuju lokasi") && page.contains("tiket 4412"), "{page}");
    // Correcting and closing is not an operator's.
    assert!(!page.contains("/correct"), "{page}");
}

#[tokio::test]
async fn another_sites_form_changes_nothing() {
    let stage = Stage::new().await;
    let path = format!("/outages/{OUTAGE}/ack");
    for (name, value) in
        [("origin", "https://evil.example"), ("origin", "null"), ("sec-fetch-site", "cross-site")]
    {
        let mut who = stage.browser(Role::Operator).await;
        who.headers.retain(|(n, _)| *n != "origin");
        who.headers.push((name, value.to_owned()));
        let answer = stage.form(&path, &who, "note=x").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}: {value}");
    }
    let other = stage.browser(Role::Admin).await;
    let mut who = stage.browser(Role::Operator).await;
    who.csrf = other.csrf;
    assert_eq!(stage.form(&path, &who, "note=x").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn unknown_addresses_offices_and_outages_are_not_there() {
    let stage = Stage::new().await;
    let program = stage.program(Role::Admin).await;
    for path in [
        "/api/v1/nothing",
        "/api/v1/offices/nirgends",
        "/api/v1/outages/nichts",
        "/api/v1/accounts/nirgends/2026-11",
    ] {
        let answer = stage.get(path, &program).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert!(answer.json()["error"].is_string(), "{path}");
    }
    let answer = stage.post_json("/api/v1/outages/nichts/ack", &program, "{}").await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let browser = stage.browser(Role::Viewer).await;
    for path in ["/offices/x", "/outages/x", "/board/x", "/assets/style-0.css", "/../etc/passwd"] {
        assert_eq!(stage.get(path, &browser).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}
