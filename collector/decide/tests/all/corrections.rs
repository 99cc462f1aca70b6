//! The staff say otherwise, and the judge with them.

use siaga_decide::*;

use crate::world::*;

fn span(from: At, to: At) -> Span {
    Span::new(from, to)
}

/// The line was dead for ten minutes after nine.
fn cut() -> World {
    let mut w = World::one();
    w.to(t(9, 0, 0));
    w.pc("pc1").cut();
    w.to(t(9, 10, 0));
    w.pc("pc1").repair();
    w.to(t(9, 30, 0));
    w
}

fn says() -> Why {
    Why::Staff { text: "sari: telpon".into() }
}

/// What the newest input made of entries, and by what evidence.
fn newest(w: &World, before: usize) -> Vec<(String, Vec<Why>)> {
    let corrected = w.decisions.iter().skip(before).filter_map(|(_, d)| match d {
        Decision::Correct { to, why, recorded: true } => Some((lines(to).join(", "), why.clone())),
        Decision::Correct { .. } | Decision::Open(_) | Decision::Close(_) | Decision::Tell(_) => {
            None
        }
    });
    corrected.collect()
}

fn power(from: At, to: At) -> Corrected {
    Corrected::Cause { span: span(from, to), kind: Kind::Power, sub: None }
}

#[test]
fn another_cause_is_charged_from_now_on_and_says_by_whom() {
    let mut w = cut();
    let before = w.decisions.len();
    w.correct("palaran", power(t(9, 5, 0), t(9, 20, 0)), None);
    let lines = ["09:00:02-09:05:00 link.provider!", "09:05:00-09:10:02 power!"];
    assert_eq!(all_lines(&w.ledger()), lines);
    let made = newest(&w, before);
    assert_eq!(made.len(), 1, "{made:?}");
    assert_eq!(made[0].0, lines.join(", "));
    assert_eq!(made[0].1.iter().filter(|why| **why == says()).count(), 1);
}

#[test]
fn edges_that_the_staff_move_move_the_outage() {
    let mut w = cut();
    let edges = Corrected::Edges {
        down: vec![span(t(8, 55, 0), t(9, 1, 0))],
        served: vec![span(t(9, 8, 0), t(9, 12, 0))],
        kind: Kind::LinkProvider,
        sub: None,
    };
    let before = w.decisions.len();
    w.correct("palaran", edges, None);
    let ledger = w.ledger();
    assert_eq!(all_lines(&ledger), ["08:55:00-09:08:00 link.provider!"]);
    let [entry] = ledger.entries.as_slice() else { panic!("{ledger:?}") };
    assert_eq!((entry.from, entry.to), (When::exact(t(8, 55, 0)), Some(When::exact(t(9, 8, 0)))));
    assert_eq!(entry.downtime_ms, 13 * 60_000);
    assert!(newest(&w, before)[0].1.contains(&says()));
}

#[test]
fn where_nothing_was_seen_the_staff_may_say_that_it_was_down() {
    let mut w = World::one();
    w.to(t(10, 0, 0));
    let edges = Corrected::Edges {
        down: vec![span(t(9, 0, 0), t(9, 20, 0))],
        served: Vec::new(),
        kind: Kind::Station,
        sub: None,
    };
    w.correct("palaran", edges, None);
    assert_eq!(all_lines(&w.ledger()), ["09:00:00-09:20:00 station!"]);
    assert_eq!(w.told(), [""; 0], "that is nobody's news");
}

#[test]
fn an_outage_that_the_staff_know_not_to_have_been_is_void() {
    let mut w = cut();
    let served = vec![span(t(9, 0, 0), t(9, 11, 0))];
    let edges = Corrected::Edges { down: Vec::new(), served, kind: Kind::Power, sub: None };
    let before = w.decisions.len();
    w.correct("palaran", edges, None);
    assert!(w.ledger().entries.is_empty());
    let why = Why::Good { station: "pc1".into(), probe: "link.datacenter".into() };
    let made = newest(&w, before);
    assert!(made.len() == 1 && made[0].1.contains(&says()), "{made:?} {why:?}");
}

#[test]
fn another_office_is_not_corrected() {
    let mut w = World::with(&[("palaran", &["pc1"]), ("sungai", &["pc1"])]);
    w.to(t(9, 0, 0));
    w.pc("palaran").cut();
    w.to(t(9, 10, 0));
    w.pc("palaran").repair();
    w.to(t(9, 30, 0));
    let before = w.decisions.len();
    w.correct("sungai", power(t(9, 5, 0), t(9, 20, 0)), None);
    assert_eq!(all_lines(&w.ledger()), ["09:00:02-09:10:02 link.provider!"]);
    assert_eq!(newest(&w, before), []);
    w.correct("nowhere", power(t(9, 5, 0), t(9, 20, 0)), None);
    assert_eq!(w.decisions.len(), before);
}

/// Six days with an outage each morning, of which four are settled.
fn six_days() -> World {
    let mut w = World::one();
    w.setup.offices.get_mut(&OfficeId::from("palaran")).unwrap().settle_after_ms = 86_400_000;
    w.judge = Judge::new(std::sync::Arc::new(w.setup.clone()));
    for day in 0..6 {
        w.to(t(day * 24 + 9, 0, 0));
        w.pc("pc1").datacenter = Saw::Refused;
        w.to(t(day * 24 + 9, 10, 0));
        w.pc("pc1").datacenter = Saw::Answered;
        w.to(t(day * 24 + 16, 30, 0));
        w.stop("pc1", LastWords::System);
        w.to(t(day * 24 + 31, 45, 0));
        w.boot("pc1");
    }
    w.to(t(6 * 24 + 12, 0, 0));
    w
}

#[test]
fn what_is_older_than_the_judge_remembers_is_corrected_as_it_was_stored() {
    let mut w = six_days();
    let entries = ledger(&w.inputs(), w.now).entries;
    let settled = w.judge.memory().offices[&OfficeId::from("palaran")].settled.unwrap();
    let (old, new) = (&entries[1], &entries[5]);
    assert!(old.to.unwrap().hi < settled && new.from.lo > settled);
    let before = w.decisions.len();
    w.correct("palaran", power(t(33, 5, 0), t(33, 20, 0)), Some(old.clone()));
    let made = newest(&w, before);
    assert_eq!(
        made,
        [("1d09:00:02-1d09:05:00 center, 1d09:05:00-1d09:10:02 power!".into(), vec![says()])]
    );
    assert!(w.judge.memory().corrections.is_empty(), "nothing that is judged is spoken of");
    // One that is still judged is judged again; that it was handed in says only which was meant.
    let before = w.decisions.len();
    w.correct("palaran", power(t(129, 5, 0), t(129, 20, 0)), Some(new.clone()));
    let made = newest(&w, before);
    assert_eq!(made.len(), 1, "{made:?}");
    assert_eq!(made[0].0, "5d09:00:02-5d09:05:00 center, 5d09:05:00-5d09:10:02 power!");
    assert_eq!(w.judge.memory().corrections.len(), 1);
    let end = ledger(&w.inputs(), w.now).entries;
    assert_eq!(lines(&end[1]).len() + lines(&end[5]).len(), 4, "the ledger says the same");
}

#[test]
fn a_correction_up_to_where_it_is_settled_is_not_kept() {
    let mut w = six_days();
    let settled = w.judge.memory().offices[&OfficeId::from("palaran")].settled.unwrap();
    w.correct("palaran", power(t(33, 5, 0), settled), None);
    assert!(w.judge.memory().corrections.is_empty());
    w.correct("palaran", power(t(33, 5, 0), settled + 1), None);
    assert_eq!(w.judge.memory().corrections.len(), 1);
}

#[test]
fn what_could_not_be_stored_is_handed_out_again_before_what_came_later() {
    let mut w = World::one();
    w.to(t(8, 0, 0));
    let first = w.judge.changed();
    assert!(!first.facts.is_empty() && !first.runs.is_empty() && !first.boots.is_empty());
    assert_eq!(w.judge.changed(), Changed::default());
    w.judge.changed_again(first.clone());
    w.pc("pc1").datacenter = Saw::Refused;
    w.to(t(8, 5, 0));
    let again = w.judge.changed();
    assert_eq!(again.facts[..first.facts.len()], first.facts);
    assert_eq!(again.runs[..first.runs.len()], first.runs);
    assert!(again.facts.len() > first.facts.len() && again.boots.len() >= first.boots.len());
}
