//! What pages do with texts from elsewhere, and with their readers' languages.

use axum::http::StatusCode;

use super::stage::{OUTAGE, Stage, Who};
use crate::store::accounts::Role;

const EVIL: &[&str] = &[
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'><svg/onload=alert(1)>",
    "</textarea><script>alert(1)</script>",
    "javascript:alert(1)",
    "\u{202e}gnp.exe",
    "{{7*7}}<b>",
];

#[tokio::test]
async fn what_people_write_is_text_on_every_page() {
    let stage = Stage::new().await;
    let who = stage.browser(Role::Operator).await;
    for evil in EVIL {
        let coded: String = evil.bytes().map(|b| format!("%{b:02X}")).collect();
        for (path, field) in [("ack", "note"), ("note", "text")] {
            let path = format!("/outages/{OUTAGE}/{path}");
            let answer = stage.form(&path, &who, &format!("{field}={coded}")).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{evil}");
        }
    }
    for path in ["/".to_owned(), "/offices/palaran".to_owned(), format!("/outages/{OUTAGE}")] {
        let page = stage.get(&path, &who).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        for tag in [
            "<script>",
            "<img src=x",
            "<svg/",
            "<b>Palaran",
            "7}}<b>",
            "\u{202e}",
            "href=\"javascript:",
        ] {
            assert!(!page.text.contains(tag), "{tag} in {path}");
        }
        assert!(page.header("content-security-policy").contains("default-src 'none'"));
        assert!(!page.text.contains("style=\""), "inline style in {path}");
    }
    let page = stage.get(&format!("/outages/{OUTAGE}"), &who).await;
    assert!(page.text.contains("&#60;script&#62;alert(1)&#60;/script&#62;"));
}

#[tokio::test]
async fn forms_reach_the_ledger_and_lead_back() {
    let stage = Stage::new().await;
    let who = stage.browser(Role::Operator).await;
    let path = format!("/outages/{OUTAGE}");
    let ack = format!("{path}/ack");
    let answer = stage.form(&ack, &who, &format!("note=menuju+lokasi&back={path}")).await;
    assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, path.as_str()));
    let answer = stage.form(&ack, &who, "back=https://evil.example/").await;
    assert_eq!(answer.header("location"), "/");
    let answer = stage.form(&format!("{path}/note"), &who, "in_minutes=30").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let empty = stage.form(&format!("{path}/note"), &who, "text=+&expected_back=").await;
    assert_eq!(empty.status, StatusCode::BAD_REQUEST);
    let gone = stage.form("/outages/nichts/ack", &who, "note=x").await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    let notes = stage.get(&path, &who).await.text;
    assert!(notes.contains("perkiraan pulih"), "{notes}");
}

#[tokio::test]
async fn pages_speak_the_readers_language() {
    let stage = Stage::new().await;
    let who = stage.browser(Role::Viewer).await;
    let with = |name, value: &str| {
        let mut who = who.clone();
        who.headers.push((name, value.to_owned()));
        who
    };
    assert!(stage.get("/", &who).await.text.contains("<html lang=\"id\">"));
    let english = stage.get("/", &with("accept-language", "en-GB,en;q=0.9,id;q=0.5")).await;
    assert!(english.text.contains("<html lang=\"en\">"));
    let old = stage.get("/", &with("accept-language", "in-ID")).await;
    assert!(old.text.contains("<html lang=\"id\">"));
    let chosen = stage.get("/?lang=en", &who).await;
    assert!(chosen.text.contains("<html lang=\"en\">"));
    assert!(chosen.header("set-cookie").starts_with("lang=en; Path=/"));
}

#[tokio::test]
async fn own_files_are_kept_for_ever_under_the_name_of_their_content() {
    let stage = Stage::new().await;
    let page = stage.get("/board/palaran", &Who::default()).await.text;
    for (kind, end) in [("text/css", ".css"), ("text/javascript", ".js"), ("image/svg", ".svg")] {
        let path = page.split('"').find(|p| p.starts_with("/assets/") && p.ends_with(end)).unwrap();
        let file = stage.get(path, &Who::default()).await;
        assert_eq!(file.status, StatusCode::OK, "{path}");
        assert!(file.header("content-type").starts_with(kind));
        assert!(file.header("cache-control").contains("immutable"));
        assert_eq!(file.header("x-content-type-options"), "nosniff");
    }
    assert_eq!(stage.get("/healthz", &Who::default()).await.header("cache-control"), "no-store");
}
