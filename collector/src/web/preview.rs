//! Renders every page from made-up data into files, to be looked at in a browser:
//! `SIAGA_PREVIEW=DIR cargo test -p siaga-collector preview`. Without that variable the pages are
//! rendered all the same and must hold what they should.

use askama::Template as _;
use siaga_decide::OfficeView;

use super::board::{board, public};
use super::office::Shared;
use super::page::Visitor;
use super::sample::sample;
use super::staff::ParkedLine;
use crate::config::Language;

fn write(name: &str, page: &str) {
    let Ok(dir) = std::env::var("SIAGA_PREVIEW") else { return };
    let dir = std::path::Path::new(&dir);
    let assets = dir.join("assets");
    std::fs::create_dir_all(&assets).unwrap();
    for path in
        [&super::assets::ASSETS.style, &super::assets::ASSETS.refresh, &super::assets::ASSETS.mark]
    {
        let asset = super::assets::find(path).unwrap();
        std::fs::write(dir.join(path.trim_start_matches('/')), asset.body).unwrap();
    }
    let page = page.replace("\"/assets/", "\"assets/");
    std::fs::write(dir.join(format!("{name}.html")), page).unwrap();
}

#[test]
fn preview_of_every_page_holds_what_it_should() {
    for language in [Language::Indonesian, Language::English] {
        let code = language.code();
        let s = sample(language);
        let parked = vec![ParkedLine {
            when: "24 Nov 08.12".into(),
            contact: "kepala".into(),
            channel: "telegram".into(),
            message: "Palaran: jaringan penyedia internet putus".into(),
            attempts: 6,
            error: "chat not found".into(),
        }];
        let page =
            super::staff::staff(&s.visitor, None, &s.offices, &s.recent, parked).render().unwrap();
        assert!(page.contains("Kantor Kecamatan Palaran") && page.contains("csrf"));
        write(&format!("staff-{code}"), &page);
        let shared = Shared { line: true, mains: false };
        let page =
            super::office::office(&s.visitor, &s.offices[0], shared, &s.recent).render().unwrap();
        write(&format!("office-{code}"), &page);
        let page = super::outage::outage(&s.visitor, &s.offices[0], &s.recent[0], &s.around)
            .render()
            .unwrap();
        write(&format!("outage-{code}"), &page);
        for (i, name) in [(0, "down"), (4, "running"), (6, "checking")] {
            let o = &s.offices[i];
            let p = public(
                &o.name,
                &o.zone,
                &o.calendar,
                o.view.as_ref(),
                o.open.as_ref(),
                s.visitor.now,
            );
            write(
                &format!("board-{name}-{code}"),
                &board(&s.visitor, &o.zone, &p).render().unwrap(),
            );
        }
        let o = &s.offices[4];
        let evening = Visitor { now: s.visitor.now + 9 * 3_600_000, ..s.visitor.clone() };
        let view = OfficeView { open: false, ..o.view.clone().unwrap() };
        let p = public(&o.name, &o.zone, &o.calendar, Some(&view), None, evening.now);
        write(&format!("board-closed-{code}"), &board(&evening, &o.zone, &p).render().unwrap());
    }
}
