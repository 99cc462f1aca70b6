//! The JSON routes, their description, and the metrics.

use axum::http::StatusCode;

use super::stage::{OUTAGE, Stage};
use crate::store::accounts::Role;
use crate::web::access::ROUTES;

#[test]
fn the_description_has_every_route_for_programs_and_no_other() {
    let doc: serde_json::Value = serde_json::from_str(crate::web::OPENAPI).unwrap();
    let mut described: Vec<String> = Vec::new();
    for (path, methods) in doc["paths"].as_object().unwrap() {
        described.extend(methods.as_object().unwrap().keys().map(|m| format!("{m} {path}")));
    }
    let programs = ROUTES.iter().filter(|r| r.program);
    let mut served: Vec<String> =
        programs.map(|r| format!("{} {}", r.method.to_lowercase(), r.path)).collect();
    // These two are answered before the router, by `ingest`.
    served.extend(["post /api/v1/reports", "post /api/v1/enrol"].map(String::from));
    described.sort();
    served.sort();
    assert_eq!(described, served);
    let text = crate::web::OPENAPI;
    for part in text.split("\"$ref\": \"#/").skip(1) {
        let path = part.split('"').next().unwrap();
        assert!(doc.pointer(&format!("/{path}")).is_some(), "{path} is described nowhere");
    }
}

#[tokio::test]
async fn outages_are_given_with_charges_corrections_and_notes() {
    let stage = Stage::new().await;
    let program = stage.program(Role::Operator).await;
    let note = r#"{"text":"PLN memperbaiki gardu","expected_back":"2026-11-24T11:00:00Z"}"#;
    let path = format!("/api/v1/outages/{OUTAGE}/note");
    assert_eq!(stage.post_json(&path, &program, note).await.status, StatusCode::OK);
    let all = stage.get("/api/v1/outages?office=palaran", &program).await.json();
    assert_eq!(all["truncated"], false);
    let entry = &all["outages"][0];
    assert_eq!(entry["id"], OUTAGE);
    assert_eq!(entry["charges"][0]["cause"], "power");
    assert_eq!(entry["corrections"].as_array().unwrap().len(), 0);
    assert_eq!(entry["notes"][0]["text"], "PLN memperbaiki gardu");
    assert_eq!(entry["notes"][0]["by"], "skrip");
    let one = stage.get(&format!("/api/v1/outages/{OUTAGE}"), &program).await.json();
    assert_eq!(one["id"], OUTAGE);
    let none = stage.get("/api/v1/outages?office=samboja", &program).await.json();
    assert_eq!(none["outages"].as_array().unwrap().len(), 0);
    let past = stage.get("/api/v1/outages?to=2020-01-01", &program).await.json();
    assert_eq!(past["outages"].as_array().unwrap().len(), 0);
    let wrong = stage.get("/api/v1/outages?from=kemarin", &program).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn an_account_has_its_keys_and_its_terms_add_up() {
    let stage = Stage::new().await;
    let program = stage.program(Role::Viewer).await;
    let today = super::super::days::today(
        &stage.app.config.offices[&"palaran".into()].zone,
        stage.app.clock.now(),
    );
    let account = stage.get(&format!("/api/v1/accounts/palaran/{today}"), &program).await;
    assert_eq!(account.status, StatusCode::OK, "{}", account.text);
    let account = account.json();
    let term = |key: &str| account[key].as_i64().unwrap_or_else(|| panic!("{key}: {account}"));
    let down = account["down_seconds"].as_object().unwrap();
    assert_eq!(down.len(), 7);
    let down: i64 = down.values().map(|v| v.as_i64().unwrap()).sum();
    let sum =
        term("in_service_seconds") + down + term("planned_seconds") + term("unobserved_seconds");
    assert_eq!(term("service_seconds"), sum);
    let wrong = stage.get("/api/v1/accounts/palaran/november", &program).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_with_a_reason() {
    let stage = Stage::new().await;
    let program = stage.program(Role::Admin).await;
    for (path, body) in [
        (
            "/api/v1/planned",
            r#"{"scope":"office","id":"x","from":"2026-11-24T00:00:00Z","reason":"r"}"#,
        ),
        (
            "/api/v1/planned",
            r#"{"scope":"kantor","id":"palaran","from":"2026-11-24T00:00:00Z","reason":"r"}"#,
        ),
        ("/api/v1/planned", r#"{"scope":"center","from":"besok","reason":"r"}"#),
        ("/api/v1/planned", r#"{"scope":"center","from":"2026-11-24T00:00:00Z"}"#),
        ("/api/v1/planned", "[]"),
        ("/api/v1/outages/palaran-20261124-1/note", "{}"),
        ("/api/v1/outages/palaran-20261124-1/note", "{\"text\":1}"),
        ("/api/v1/outages/palaran-20261124-1/ack", "{"),
    ] {
        let answer = stage.post_json(path, &program, body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path} {body}");
        assert!(answer.json()["error"].is_string(), "{path} {body}");
    }
    let long = format!("{{\"note\":\"{}\"}}", "x".repeat(40_000));
    let answer = stage.post_json(&format!("/api/v1/outages/{OUTAGE}/ack"), &program, &long).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn every_series_is_there_from_the_start() {
    let stage = Stage::new().await;
    let program = stage.program(Role::Viewer).await;
    let text = stage.get("/metrics", &program).await.text;
    for line in [
        r#"siaga_office_state{office="palaran",state="serving"} 0"#,
        r#"siaga_station_state{office="palaran",state="never_heard",station="pc-2"} 1"#,
        r#"siaga_outage_open{cause="link.provider",office="samboja"} 0"#,
        r#"siaga_downtime_seconds{cause="device",office="samboja"} 0"#,
        r#"siaga_in_service_seconds{office="samboja"} 0"#,
        r#"siaga_outbox_messages{state="parked"} 0"#,
        "siaga_reports_total 0",
        "siaga_collector_blind 0",
    ] {
        assert!(text.lines().any(|l| l == line), "{line} is not in\n{text}");
    }
}
