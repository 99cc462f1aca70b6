//! Staff: planned work, acknowledgements, estimates.

use siaga_decide::*;

use crate::world::*;

fn plan(scope: PlanScope, from: At, to: At) -> Plan {
    Plan { scope, span: Span::new(from, to), by: "kepala".into(), reason: "kabel baru".into() }
}

#[test]
fn planned_work_is_no_downtime_and_what_outlasts_it_is_told() {
    let mut w = World::one();
    w.setup.offices.get_mut(&OfficeId::from("palaran")).unwrap().line = Some("astinet".into());
    w.judge = Judge::new(std::sync::Arc::new(w.setup.clone()));
    w.plan(plan(PlanScope::Center, t(9, 0, 0), t(10, 0, 0)));
    w.to(t(9, 10, 0));
    w.pc("pc1").datacenter = Saw::Refused;
    w.to(t(9, 55, 0));
    assert_eq!(w.told(), [""; 0]);
    w.to(t(10, 10, 0));
    assert_eq!(w.told(), ["10:01:00 opened center"]);
    w.pc("pc1").datacenter = Saw::Answered;
    w.to(t(10, 30, 0));
    let ledger = w.ledger();
    assert_eq!(
        all_lines(&ledger),
        ["09:10:02-10:00:00 center planned", "10:00:00-10:10:02 center"]
    );
    assert_eq!(ledger.entries.len(), 1);
    assert_eq!(ledger.entries[0].downtime_ms, 602_090);
}

#[test]
fn a_cause_out_of_scope_is_charged_as_usual() {
    let mut w = World::one();
    w.plan(plan(PlanScope::Center, t(9, 0, 0), t(10, 0, 0)));
    w.to(t(9, 10, 0));
    w.pc("pc1").cut();
    w.to(t(9, 20, 0));
    w.pc("pc1").repair();
    w.to(t(9, 30, 0));
    assert_eq!(all_lines(&w.ledger()), ["09:10:02-09:20:02 link.provider!"]);
}

#[test]
fn an_acknowledgement_and_an_estimate_stay_with_the_outage() {
    let mut w = World::one();
    w.to(t(9, 0, 0));
    w.pc("pc1").datacenter = Saw::Refused;
    w.to(t(9, 5, 0));
    let id = w.judge.memory().offices[&OfficeId::from("palaran")].outages[0].outage.id.clone();
    assert_eq!(id.as_str(), "palaran-20261124-1");
    w.input(Input::Acknowledged { outage: id.clone(), by: "budi".into(), note: None });
    let back = Some(t(10, 0, 0));
    w.input(Input::Note(StaffNote {
        outage: id.clone(),
        by: "budi".into(),
        text: None,
        expected_back: back,
    }));
    w.to(t(9, 10, 0));
    w.pc("pc1").datacenter = Saw::Answered;
    w.to(t(9, 30, 0));
    let kept = w.judge.memory().offices[&OfficeId::from("palaran")].outages[0].outage.clone();
    assert_eq!(kept.id, id);
    assert_eq!(kept.acknowledged.map(|a| a.by), Some("budi".into()));
    assert_eq!(kept.expected_back, back);
    assert_eq!(w.told().len(), 2);
}

fn on_a_line() -> World {
    let mut w = World::one();
    w.setup.offices.get_mut(&OfficeId::from("palaran")).unwrap().line = Some("astinet".into());
    w.judge = Judge::new(std::sync::Arc::new(w.setup.clone()));
    w
}

#[test]
fn what_was_told_before_a_plan_is_not_told_again_when_it_ends() {
    let mut w = on_a_line();
    w.to(t(9, 0, 0));
    w.pc("pc1").datacenter = Saw::Refused;
    w.to(t(9, 10, 0));
    assert_eq!(w.told(), ["09:01:02 opened center"]);
    w.plan(plan(PlanScope::Center, t(9, 10, 0), t(9, 40, 0)));
    w.to(t(10, 0, 0));
    assert_eq!(w.told().len(), 1, "{:?}", w.told());
    w.pc("pc1").datacenter = Saw::Answered;
    w.to(t(10, 30, 0));
    assert_eq!(w.told().len(), 2);
    let ledger = w.ledger();
    assert_eq!(ledger.entries.len(), 1, "a plan does not split an outage");
    assert_eq!(
        all_lines(&ledger),
        [
            "09:00:02-09:10:00 center",
            "09:10:00-09:40:00 center planned",
            "09:40:00-10:00:02 center"
        ]
    );
}

#[test]
fn work_declared_after_the_fact_is_a_correction_with_who_and_why() {
    let mut w = on_a_line();
    w.to(t(9, 0, 0));
    w.pc("pc1").cut();
    w.to(t(9, 10, 0));
    w.pc("pc1").repair();
    w.to(t(9, 30, 0));
    let (told, before) = (w.told().len(), w.decisions.len());
    w.plan(plan(PlanScope::Line("astinet".into()), t(8, 0, 0), t(10, 0, 0)));
    w.to(t(9, 40, 0));
    let ledger = w.ledger();
    assert_eq!(all_lines(&ledger), ["09:00:02-09:10:02 link.provider! planned"]);
    assert_eq!(ledger.entries[0].downtime_ms, 0);
    assert_eq!(w.told().len(), told);
    let says = Why::Staff { text: "kepala: kabel baru".into() };
    let corrected = w.decisions.iter().skip(before).any(
        |(_, d)| matches!(d, Decision::Correct { why, recorded: true, .. } if why.contains(&says)),
    );
    assert!(corrected);
}

#[test]
fn silence_during_work_on_the_line_is_told_only_when_it_outlasts_it() {
    let mut w = on_a_line();
    w.plan(plan(PlanScope::Line("astinet".into()), t(9, 0, 0), t(9, 30, 0)));
    w.to(t(9, 5, 0));
    w.pc("pc1").cut();
    w.to(t(9, 29, 0));
    assert_eq!(w.told(), [""; 0]);
    w.to(t(9, 40, 0));
    assert_eq!(w.told(), ["09:31:00 opened silent"]);
    w.pc("pc1").repair();
    w.to(t(10, 0, 0));
    assert_eq!(
        all_lines(&w.ledger()),
        ["09:05:02-09:30:00 link.provider! planned", "09:30:00-09:40:02 link.provider!"]
    );
}

#[test]
fn a_second_that_served_inside_a_plan_is_in_service() {
    let mut w = on_a_line();
    w.plan(plan(PlanScope::Office("palaran".into()), t(9, 0, 0), t(10, 0, 0)));
    w.to(t(9, 10, 0));
    w.stop("pc1", LastWords::System);
    w.to(t(9, 20, 0));
    w.boot("pc1");
    w.to(t(10, 30, 0));
    let ledger = w.ledger();
    assert_eq!(all_lines(&ledger), ["09:10:00-09:20:02 station/switched_off! planned"]);
    let states = &ledger.offices[&OfficeId::from("palaran")].states;
    let last = states.last().unwrap();
    assert_eq!((clock(last.0.from), last.1), ("09:20:02".into(), OfficeState::Serving));
    assert_eq!(w.told(), [""; 0]);
}
