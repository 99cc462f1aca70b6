//! Evidence that comes late: what it does to entries, and what nobody is told because of it.

use siaga_decide::*;

use crate::world::*;

/// Recorded corrections, as `id: evidence`.
fn corrections(w: &World) -> Vec<(OutageId, Vec<Why>)> {
    let all = w.decisions.iter().filter_map(|(_, d)| match d {
        Decision::Correct { to, why, recorded: true } => Some((to.id.clone(), why.clone())),
        Decision::Correct { .. } | Decision::Open(_) | Decision::Close(_) | Decision::Tell(_) => {
            None
        }
    });
    all.collect()
}

#[test]
fn one_silence_that_was_two_outages_keeps_its_id_where_it_lasts() {
    let mut w = World::one();
    w.to(t(9, 0, 0));
    w.pc("pc1").cut();
    w.to(t(9, 20, 0));
    w.pc("pc1").repair();
    w.pc("pc1").connected = false;
    w.to(t(9, 50, 0));
    w.pc("pc1").datacenter = Saw::Refused;
    w.to(t(10, 10, 0));
    w.pc("pc1").connected = true;
    w.to(t(10, 30, 0));
    let ledger = w.ledger();
    assert_eq!(
        all_lines(&ledger),
        ["09:00:02-09:20:02 link.provider!", "09:50:02-10:30:00 center"]
    );
    // People know of the one that lasts; the other is over and nobody's news.
    assert_eq!(w.told(), ["09:00:47 opened silent", "10:10:47 cause_known center"]);
    let memory = w.judge.memory();
    let kept = &memory.offices[&OfficeId::from("palaran")].outages;
    let ids: Vec<&str> = kept.iter().map(|k| k.outage.id.as_str()).collect();
    assert_eq!(ids, ["palaran-20261124-2", "palaran-20261124-1"]);
    let split = Why::SplitFrom { outage: "palaran-20261124-1".into() };
    assert!(
        corrections(&w).iter().any(|(id, why)| id.as_str() == ids[0] && why.contains(&split)),
        "{:?}",
        corrections(&w)
    );
}

#[test]
fn two_that_turn_out_to_be_one_say_into_which_it_went() {
    let mut w = World::one();
    for from in [0, 12] {
        w.to(t(9, from, 0));
        w.pc("pc1").datacenter = Saw::Refused;
        w.to(t(9, from + 5, 0));
        w.pc("pc1").datacenter = Saw::Answered;
    }
    w.to(t(9, 30, 0));
    assert_eq!(w.told().len(), 4);
    w.setup.offices.get_mut(&OfficeId::from("palaran")).unwrap().merge_within_ms = 600_000;
    w.input(Input::Setup(std::sync::Arc::new(w.setup.clone())));
    w.to(t(9, 40, 0));
    assert_eq!(w.ledger().entries.len(), 1);
    assert_eq!(w.told().len(), 4, "{:?}", w.told());
    let joined = Why::JoinedInto { outage: "palaran-20261124-1".into() };
    let of = corrections(&w);
    assert!(
        of.iter().any(|(id, why)| id.as_str() == "palaran-20261124-2" && why.contains(&joined)),
        "{of:?}"
    );
    let memory = w.judge.memory();
    let kept = &memory.offices[&OfficeId::from("palaran")].outages;
    assert!(kept.iter().any(|k| k.outage.void && k.outage.id.as_str() == "palaran-20261124-2"));
}

#[test]
fn what_is_void_names_who_served_or_that_nobody_watched() {
    let mut w = World::one();
    w.to(t(9, 0, 0));
    w.pc("pc1").connected = false;
    w.to(t(9, 10, 0));
    w.pc("pc1").connected = true;
    w.to(t(9, 30, 0));
    w.crash_agent("pc1");
    w.to(t(9, 40, 0));
    w.start_agent("pc1");
    w.to(t(10, 0, 0));
    let of = corrections(&w);
    let served = Why::Good { station: "pc1".into(), probe: "link.datacenter".into() };
    assert!(of.iter().any(|(_, why)| *why == [served.clone()]), "{of:?}");
    let unseen = Why::NotObserved { station: "pc1".into() };
    assert!(of.iter().any(|(_, why)| *why == [unseen.clone()]), "{of:?}");
}

#[test]
fn while_evidence_is_still_to_come_a_cause_is_told_once_and_as_likely() {
    let mut w = World::with(&[("palaran", &["pc1", "pc2"])]);
    w.setup.offices.get_mut(&OfficeId::from("palaran")).unwrap().stations_needed = 2;
    w.judge = Judge::new(std::sync::Arc::new(w.setup.clone()));
    w.to(t(9, 0, 0));
    w.pc("pc2").connected = false;
    w.to(t(9, 0, 10));
    // The first is cut off and says so over another way; the second says nothing.
    w.pc("pc1").cut();
    w.pc("pc1").connected = true;
    w.to(t(9, 30, 0));
    let told: Vec<(At, Change, Certainty)> = w
        .decisions
        .iter()
        .filter_map(|(at, d)| match d {
            Decision::Tell(Notice::Outage { change, outage }) => {
                let last = outage.charges.last()?;
                Some((*at, *change, last.cause.certainty))
            }
            Decision::Tell(Notice::Warning { .. })
            | Decision::Open(_)
            | Decision::Correct { .. }
            | Decision::Close(_) => None,
        })
        .collect();
    assert_eq!(told.len(), 2, "{told:?}");
    let (at, change, certainty) = told[1];
    assert_eq!((change, certainty), (Change::CauseKnown, Certainty::Likely));
    assert!(at - told[0].0 <= 600_000 && at - t(9, 0, 0) >= 600_000, "{told:?}");
    // The ledger knows better.
    w.pc("pc2").connected = true;
    w.to(t(9, 40, 0));
    assert!(all_lines(&w.ledger()).iter().all(|l| l.contains("link.provider!")));
    assert_eq!(w.told().len(), 2, "later changes are nobody's news");
}

#[test]
fn a_past_that_arrives_late_pages_nobody() {
    let mut w = World::with(&[("palaran", &["pc1", "pc2"])]);
    w.setup.offices.get_mut(&OfficeId::from("palaran")).unwrap().stations_needed = 1;
    w.to(t(9, 0, 0));
    // Nobody hears of the hour in which both could not work: neither may speak, one looks fine.
    w.collector_dies();
    for name in ["pc1", "pc2"] {
        w.pc(name).datacenter = Saw::Refused;
    }
    w.to(t(9, 20, 0));
    for name in ["pc1", "pc2"] {
        w.pc(name).datacenter = Saw::Answered;
    }
    w.to(t(9, 30, 0));
    w.collector_starts(t(9, 0, 0));
    w.to(t(10, 0, 0));
    assert_eq!(w.told(), [""; 0]);
    assert_eq!(all_lines(&w.ledger()), ["09:00:06-09:20:02 center"]);
}
