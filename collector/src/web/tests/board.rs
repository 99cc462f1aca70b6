//! The public board tells what it may, and has no way to tell anything else.

use askama::Template as _;
use axum::http::StatusCode;

use super::stage::{Stage, Who};
use crate::config::Language;
use crate::web::board::{board, public};
use crate::web::page::Visitor;
use crate::web::sample::sample;

/// What a reader sees, piece by piece.
fn words(html: &str) -> Vec<String> {
    let body = html.split_once("<main").unwrap().1;
    let mut out = Vec::new();
    let mut rest = body.split_once('>').unwrap().1;
    while let Some((text, tail)) = rest.split_once('<') {
        let text = text.trim();
        if !text.is_empty() {
            out.push(text.to_owned());
        }
        rest = tail.split_once('>').map_or("", |(_, tail)| tail);
    }
    out
}

#[test]
fn a_board_says_state_reason_since_when_and_estimate_and_nothing_more() {
    let s = sample(Language::Indonesian);
    let o = &s.offices[0];
    let visitor = Visitor { user: None, path: "/board/palaran".into(), ..s.visitor.clone() };
    let told = public(&o.name, &o.zone, &o.calendar, o.view.as_ref(), o.open.as_ref(), visitor.now);
    let page = board(&visitor, &o.zone, &told).render().unwrap();
    assert_eq!(
        words(&page),
        [
            "Kantor Kecamatan Palaran",
            "Selasa, 24 Nov 2026",
            "Gangguan",
            "Listrik di kantor ini padam.",
            "Layanan yang memerlukan pusat data berhenti untuk sementara. Mohon maaf atas \
             ketidaknyamanannya.",
            "Sejak",
            "09.30 WITA",
            "1 jam 11 menit",
            "Perkiraan kembali",
            "11.16 WITA",
            "menurut petugas",
            "Jam layanan hari ini",
            "08.00–16.00",
            "WITA",
            "Diperbarui 10.41.20 WITA",
            "English",
            "Tidak dapat memperbarui halaman ini. Yang tampak adalah keadaan terakhir yang \
             diketahui.",
        ]
    );
    for private in ["rini", "pc-1", "pc-2", "solar", "palaran-2026", "UPS", "OB", "csrf"] {
        assert!(!page.contains(private), "{private} is on the board");
    }
}

#[tokio::test]
async fn a_board_needs_no_sign_in_and_names_are_escaped() {
    let stage = Stage::new().await;
    let page = stage.get("/board/palaran", &Who::default()).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains("Kantor &#60;b&#62;Palaran"), "{}", page.text);
    assert!(!page.text.contains("<b>Palaran"));
    assert!(page.headers.get("set-cookie").is_none());
    let english = stage.get("/board/palaran?lang=en", &Who::default()).await;
    assert!(english.text.contains("lang=\"en\""));
    // A screen's browser does not choose the language of a hall.
    let who = Who { headers: vec![("accept-language", "en-US".into())], ..Who::default() };
    assert!(stage.get("/board/palaran", &who).await.text.contains("lang=\"id\""));
}
