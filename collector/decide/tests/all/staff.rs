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
