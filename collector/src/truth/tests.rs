//! A month's account from a store that holds a year.

use siaga_decide::{Anchor, Answer, Boot, Changed, Fact, Life, Mark, RunHead, Saw, StationKey};

use super::*;
use crate::record::OtherInput;

const DAY_MS: i64 = 86_400_000;
const HOUR_MS: u64 = 3_600_000;
const PROBES: [&str; 3] = ["link.datacenter", "link.gateway", "power.ups"];
const CONFIG: &str = r#"
data = "x"
[[office]]
id = "palaran"
name = "Palaran"
zone = "Asia/Makassar"
hours = "Mo-Fr 08:00-16:00"
[[office.station]]
id = "pc-1"
"#;

fn mark(seq: u64, at_ms: u64) -> Mark {
    Mark { seq, at_ms, wall: None }
}

/// A boot of ten hours, a stretch of each probe in each; the center is lost in one of them.
fn day(key: &StationKey, day: i64, from: At) -> Changed {
    let mut changed = Changed::default();
    let (run, boot) = (format!("r{day}"), format!("b{day}"));
    let mut seq = 0;
    for hour in 0..10_u64 {
        for (i, probe) in (0_u64..).zip(PROBES) {
            let lost = day % 7 == 4 && hour == 4 && i == 0;
            let at_ms = 60_000 + hour * HOUR_MS + i * 10;
            changed.facts.push(Fact {
                station: key.clone(),
                boot: boot.as_str().into(),
                run: run.as_str().into(),
                probe: probe.into(),
                role: None,
                first: mark(seq + i + 1, at_ms),
                last: mark(seq + i + 1 + 3 * 239, at_ms + HOUR_MS - 15_000),
                count: 240,
                answer: Answer {
                    saw: if lost { Saw::Timeout } else { Saw::Answered },
                    words: [format!("{hour}").as_str().into()].into(),
                },
                numbers: Vec::new(),
            });
        }
        seq += 3 * 240;
    }
    let newest = |i: usize| siaga_decide::Rhythm { period_ms: 15_000, newest: 27 + i };
    let last = 60_000 + 10 * HOUR_MS - 15_000 + 20;
    let head = RunHead {
        boot: boot.as_str().into(),
        start: None,
        ends: Vec::new(),
        gaps: Vec::new(),
        covered: vec![(1, seq)],
        newest: seq,
        folded: seq,
        marks: Some((mark(1, 60_000), mark(seq, last))),
        rhythms: (0_usize..).zip(PROBES).map(|(i, p)| (p.into(), newest(i))).collect(),
    };
    let zero_ms = (from + day * DAY_MS).0;
    let anchors = vec![Anchor { now_ms: last, zero_ms }];
    changed.runs.push((key.clone(), run.as_str().into(), head));
    let made = Boot { anchors, wall: None, begun_before: None };
    changed.boots.push((key.clone(), boot.as_str().into(), made));
    changed
}

#[test]
fn a_month_reads_only_what_lies_around_it_and_counts_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let config = crate::config::parse(&dir.path().join("c.toml"), CONFIG).unwrap();
    let conn = store::open_writer(&dir.path().join("siaga.db")).unwrap();
    // 2026-01-01 00:00 UTC is eight o'clock there.
    let from = At(1_767_225_600_000 - 600_000);
    let now = from + 330 * DAY_MS;
    let key = StationKey { office: "palaran".into(), station: "pc-1".into() };
    let tx = conn.unchecked_transaction().unwrap();
    let setup = config.setup(crate::config::calendar_range(now));
    let inputs = [Input::Life(Life::Started { last_alive: None }), Input::Setup(Arc::new(setup))];
    for (pos, input) in (1..).zip(inputs) {
        journal::add_other(&tx, pos, from, &OtherInput::of(&input).unwrap()).unwrap();
    }
    for n in 0..330 {
        facts::keep(&tx, &day(&key, n, from)).unwrap();
    }
    tx.commit().unwrap();
    let mut packs = 0;
    while let Some(made) = store::fact_packs::make(&conn).unwrap() {
        let tx = conn.unchecked_transaction().unwrap();
        store::fact_packs::keep(&tx, &made).unwrap();
        tx.commit().unwrap();
        packs += 1;
    }
    assert!(packs >= 2, "{packs} packs");
    let all = Truth::read(&conn, &config, now, Span::new(from - DAY_MS, now)).unwrap();
    let zone = &config.offices[&key.office].zone;
    for month in 1..=11 {
        let name = format!("2026-{month:02}");
        let span = crate::report::Period::parse(&name, zone).unwrap().span();
        let part = Truth::read(&conn, &config, now, span).unwrap();
        let bare = |a: Account| Account { outages: Vec::new(), ..a };
        let made = bare(part.account(&key.office, span).unwrap());
        assert!(made.in_service_seconds > 0 && made.down_seconds() > 0, "{name}: {made:?}");
        assert_eq!(made, bare(all.account(&key.office, span).unwrap()), "{name}");
        let of = |all: BTreeMap<StationKey, siaga_decide::StationEvidence>| -> usize {
            all.values().flat_map(|s| s.runs.values()).map(|r| r.facts.len()).sum()
        };
        let read = of(facts::around(&conn, span).unwrap());
        assert!(read * 5 < of(facts::all(&conn).unwrap()), "{name}: {read} stretches");
    }
}
