//! Signing in and out as a browser does it.

use axum::http::StatusCode;

use super::stage::{PASSWORD, Stage, Who};
use crate::store::accounts::{self, Role};

async fn with_account() -> Stage {
    let stage = Stage::new().await;
    let hash = accounts::hash_password(PASSWORD).unwrap();
    let set = move |conn: &rusqlite::Connection, now| {
        accounts::set(conn, now, "rini", Role::Operator, &hash)
    };
    stage.app.handle.write(set).await.unwrap();
    stage
}

/// The form as it was shown, ready to be sent.
async fn form(stage: &Stage, next: &str) -> (Who, String) {
    let page = stage.get(&format!("/login?next={next}"), &Who::default()).await;
    assert_eq!(page.status, StatusCode::OK);
    let who = Who { headers: vec![("cookie", page.cookies())], csrf: page.field("csrf") };
    (who, page.field("next"))
}

#[tokio::test]
async fn the_right_password_opens_the_page_that_was_asked_for() {
    let stage = with_account().await;
    let asked = stage.get("/outages/a-1?lang=en", &Who::default()).await;
    let login = asked.header("location").to_owned();
    assert_eq!(login, "/login?next=/outages/a-1%3Flang%3Den");
    let (who, next) = form(&stage, login.split_once("next=").unwrap().1).await;
    let fields = format!("name=rini&password={}&next={next}", PASSWORD.replace(' ', "+"));
    let entered = stage.form("/login", &who, &fields).await;
    assert_eq!(entered.status, StatusCode::SEE_OTHER, "{}", entered.text);
    assert_eq!(entered.header("location"), "/outages/a-1?lang=en");
    let cookie = entered.header("set-cookie");
    for part in ["__Host-siaga=", "; Path=/", "; HttpOnly", "; SameSite=Lax", "; Secure"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let mut inside = Who { headers: vec![("cookie", entered.cookies())], csrf: String::new() };
    let page = stage.get("/", &inside).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("rini"));
    inside.csrf = page.field("csrf");

    let out = stage.form("/logout", &inside, "").await;
    assert_eq!(out.status, StatusCode::SEE_OTHER);
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(stage.get("/", &inside).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn wrong_names_and_wrong_passwords_get_the_same_answer_and_then_none() {
    let stage = with_account().await;
    let (who, _) = form(&stage, "/").await;
    let wrong = stage.form("/login", &who, "name=rini&password=salah").await;
    let nobody = stage.form("/login", &who, "name=siti&password=salah").await;
    assert_eq!(wrong.status, StatusCode::FORBIDDEN);
    let bare = |text: &str| {
        let lines = text.lines().filter(|l| !l.contains("class=\"now\""));
        lines.collect::<Vec<_>>().join("\n").replace("siti", "rini")
    };
    assert_eq!(nobody.status, wrong.status);
    assert_eq!(bare(&nobody.text), bare(&wrong.text));
    for _ in 0..8 {
        stage.form("/login", &who, "name=rini&password=salah").await;
    }
    let right = format!("name=rini&password={}", PASSWORD.replace(' ', "+"));
    let limited = stage.form("/login", &who, &right).await;
    assert_eq!(limited.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(!limited.header("retry-after").is_empty());
}

#[tokio::test]
async fn a_form_without_its_token_signs_nobody_in() {
    let stage = with_account().await;
    let (who, _) = form(&stage, "/").await;
    let right = format!("name=rini&password={}", PASSWORD.replace(' ', "+"));
    for (cookie, csrf) in [
        (who.headers[0].1.clone(), "x".to_owned()),
        (String::new(), who.csrf.clone()),
        (String::new(), crate::web::guard::csrf("")),
    ] {
        let who = Who { headers: vec![("cookie", cookie)], csrf };
        assert_eq!(stage.form("/login", &who, &right).await.status, StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn a_changed_password_ends_every_sign_in() {
    let stage = with_account().await;
    let who = stage.browser(Role::Viewer).await;
    assert_eq!(stage.get("/", &who).await.status, StatusCode::OK);
    let change = |conn: &rusqlite::Connection, now| {
        accounts::set(conn, now, Role::Viewer.word(), Role::Viewer, "another")
    };
    stage.app.handle.write(change).await.unwrap();
    assert_eq!(stage.get("/", &who).await.status, StatusCode::SEE_OTHER);
}
