//! What a story costs, and the words that people got for it.

use std::fmt::Write as _;

use siaga_decide::wording::{Language, Setting, message};
use siaga_decide::*;

use crate::world::*;

fn day_of(w: &World, until: At) -> Account {
    let ledger = w.ledger();
    let office = OfficeId::from("palaran");
    let made = account(&Case {
        office: &office,
        timeline: &ledger.offices[&office],
        outages: &ledger.entries,
        calendar: &w.setup.offices[&office].calendar,
        zone: &w.setup.offices[&office].zone,
        throughput: None,
        period: Span::new(t(0, 0, 0), t(24, 0, 0)),
        until,
        settle_after_ms: w.setup.offices[&office].settle_after_ms,
    });
    let terms = made.in_service_seconds
        + made.down_seconds()
        + made.planned_seconds
        + made.unobserved_seconds;
    assert_eq!(terms, made.service_seconds);
    made
}

/// All messages so far, in both languages.
fn messages(w: &World) -> String {
    let mut text = String::new();
    for (at, decision) in &w.decisions {
        let Decision::Tell(notice) = decision else { continue };
        for language in Language::ALL {
            let url = Some("https://siaga.example/o/1");
            let setting = Setting { language, setup: &w.setup, now: *at, acknowledge_url: url };
            let made = message(notice, &setting);
            writeln!(text, "{}\n{}\n>>> {}\n", made.title, made.long, made.short).unwrap();
        }
    }
    text
}

fn compare(file: &str, text: &str) {
    let path = format!("{}/testdata/wording/{file}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap();
    assert!(expected == text, "{file} differs; now:\n{text}");
}

#[test]
fn a_cut_costs_its_seconds_and_nothing_else() {
    let mut w = World::one();
    w.to(t(9, 0, 0));
    w.pc("pc1").cut();
    w.to(t(9, 10, 0));
    // While it is silent, nothing of it is known to be down.
    let made = day_of(&w, t(9, 10, 0));
    assert_eq!(made.down_seconds(), 0);
    assert!((595..=615).contains(&made.unobserved_seconds), "{made:?}");
    w.pc("pc1").repair();
    w.to(t(17, 0, 0));
    let made = day_of(&w, t(17, 0, 0));
    assert_eq!(made.service_seconds, 8 * 3_600);
    assert_eq!(made.down[&Kind::LinkProvider].seconds, 600);
    assert_eq!(made.down.len(), 1);
    assert_eq!(made.in_service_seconds, 8 * 3_600 - 600);
    assert_eq!((made.unobserved_seconds, made.outage_count()), (0, 1));
    compare("story.cut.txt", &messages(&w));
}

#[test]
fn power_takes_the_pc_and_not_a_second_goes_to_the_link() {
    let mut w = World::one();
    w.pc("pc1").ups = Some(("OL", 1.0));
    w.to(t(9, 0, 0));
    w.pc("pc1").ups = Some(("OB", 0.9));
    w.to(t(9, 20, 0));
    w.pc("pc1").ups = Some(("OB LB", 0.05));
    w.to(t(9, 25, 0));
    w.die("pc1");
    w.to(t(10, 0, 0));
    w.pc("pc1").ups = Some(("OL", 0.1));
    w.boot("pc1");
    w.to(t(17, 0, 0));
    let made = day_of(&w, t(17, 0, 0));
    assert_eq!(made.down.keys().collect::<Vec<_>>(), [&Kind::Power], "{made:?}");
    assert!((2_050..=2_200).contains(&made.down_seconds()), "{}", made.down_seconds());
    assert!((1_400..=1_520).contains(&made.at_risk_seconds()), "{}", made.at_risk_seconds());
    compare("story.power.txt", &messages(&w));
}
