//! The data center, and what offices say about each other.

use siaga_decide::*;

use crate::world::*;

fn offices(n: usize) -> World {
    let all: [(&'static str, &'static [&'static str]); 7] = [
        ("palaran", &["pc1"]),
        ("sungai", &["pc1"]),
        ("loa", &["pc1"]),
        ("sambutan", &["pc1"]),
        ("anggana", &["pc1"]),
        ("muara", &["pc1"]),
        ("tenggarong", &["pc1"]),
    ];
    let mut w = World::with(&all[..n]);
    for (i, office) in w.setup.offices.values_mut().enumerate() {
        office.line = Some(LineId::from(format!("line{i}").as_str()));
    }
    w.judge = Judge::new(std::sync::Arc::new(w.setup.clone()));
    w
}

#[test]
fn a_refused_port_at_one_office_is_likely_the_center() {
    let mut w = World::one();
    w.to(t(9, 0, 0));
    w.pc("pc1").datacenter = Saw::Refused;
    w.to(t(9, 10, 0));
    assert_eq!(w.told(), ["09:01:02 opened center"]);
    w.pc("pc1").datacenter = Saw::Answered;
    w.to(t(9, 30, 0));
    assert_eq!(all_lines(&w.ledger()), ["09:00:02-09:10:02 center"]);
    assert_eq!(w.told(), ["09:01:02 opened center", "09:11:02 ended center"]);
}

#[test]
fn two_offices_on_two_lines_make_it_certain() {
    let mut w = offices(2);
    w.to(t(9, 0, 0));
    for name in ["palaran", "sungai"] {
        w.pc(name).datacenter = Saw::Refused;
    }
    w.to(t(9, 10, 0));
    for name in ["palaran", "sungai"] {
        w.pc(name).datacenter = Saw::Answered;
    }
    w.to(t(9, 30, 0));
    let ledger = w.ledger();
    assert_eq!(all_lines(&ledger), ["09:00:02-09:10:02 center!", "09:00:06-09:10:06 center!"]);
    let why = &ledger.entries[0].charges[0].cause.why;
    assert!(
        why.iter()
            .any(|w| matches!(w, Why::AlsoSeenBy { office, .. } if office.as_str() == "sungai"))
    );
    assert_eq!(w.told().len(), 4);
}

#[test]
fn an_office_that_reached_it_contradicts() {
    let mut w = offices(2);
    w.to(t(9, 0, 0));
    w.pc("palaran").datacenter = Saw::Refused;
    w.to(t(9, 10, 0));
    assert_eq!(w.told(), ["09:01:02 opened link.path"]);
    w.pc("palaran").datacenter = Saw::Answered;
    w.to(t(9, 30, 0));
    let ledger = w.ledger();
    assert_eq!(all_lines(&ledger), ["09:00:02-09:10:02 link.path!"]);
}

#[test]
fn a_silent_tunnel_alone_is_the_path_likely() {
    let mut w = World::one();
    w.to(t(9, 0, 0));
    w.pc("pc1").path = Saw::Timeout;
    w.pc("pc1").datacenter = Saw::Timeout;
    w.to(t(9, 10, 0));
    w.pc("pc1").repair();
    w.to(t(9, 30, 0));
    assert_eq!(all_lines(&w.ledger()), ["09:00:02-09:10:02 link.path"]);
}

#[test]
fn a_relay_without_power_is_the_path() {
    let mut w = offices(2);
    w.setup.offices.get_mut(&OfficeId::from("sungai")).unwrap().via = Some("palaran".into());
    w.judge = Judge::new(std::sync::Arc::new(w.setup.clone()));
    w.pc("palaran").ups = Some(("OL", 1.0));
    w.to(t(8, 59, 0));
    w.pc("palaran").ups = Some(("OB LB", 0.1));
    w.to(t(9, 0, 0));
    w.die("palaran");
    w.pc("sungai").path = Saw::Timeout;
    w.pc("sungai").datacenter = Saw::Timeout;
    w.to(t(9, 10, 0));
    w.pc("palaran").ups = Some(("OL", 0.1));
    w.boot("palaran");
    w.pc("sungai").repair();
    w.to(t(9, 30, 0));
    let ledger = w.ledger();
    let relayed: Vec<&Outage> =
        ledger.entries.iter().filter(|e| e.office.as_str() == "sungai").collect();
    assert_eq!(lines(relayed[0])[0], "09:00:06-09:10:06 link.path/relay_without_power!");
}

#[test]
fn most_offices_lost_at_once_is_a_blind_collector() {
    let mut w = offices(5);
    w.to(t(9, 0, 0));
    for pc in w.pcs.values_mut() {
        pc.connected = false;
    }
    w.to(t(9, 10, 0));
    let told = w.told();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].ends_with("blind"));
    for pc in w.pcs.values_mut() {
        pc.connected = true;
    }
    w.to(t(9, 30, 0));
    assert_eq!(w.told().len(), 1);
    assert!(w.ledger().entries.is_empty());
}

/// What people were told of an office: what, the last cause, and whether that was certain.
fn told_of(w: &World, id: &str) -> Vec<String> {
    let told = w.decisions.iter().filter_map(|(at, d)| match d {
        Decision::Tell(Notice::Outage { change, outage }) if outage.office.as_str() == id => {
            let cause = &outage.charges.last()?.cause;
            let sure = if cause.certainty == Certainty::Certain { "!" } else { "" };
            Some(format!("{} {} {}{sure}", clock(*at), change.word(), cause.kind.word()))
        }
        Decision::Tell(_) | Decision::Open(_) | Decision::Correct { .. } | Decision::Close(_) => {
            None
        }
    });
    told.collect()
}

#[test]
fn while_the_relay_is_silent_two_offices_behind_it_do_not_make_the_center_certain() {
    let mut w = offices(3);
    for name in ["sungai", "loa"] {
        w.setup.offices.get_mut(&OfficeId::from(name)).unwrap().via = Some("palaran".into());
    }
    w.judge = Judge::new(std::sync::Arc::new(w.setup.clone()));
    w.pc("palaran").ups = Some(("OL", 1.0));
    w.to(t(8, 59, 30));
    w.pc("palaran").connected = false;
    w.pc("palaran").ups = Some(("OB LB", 0.1));
    w.to(t(9, 0, 0));
    w.die("palaran");
    for name in ["sungai", "loa"] {
        w.pc(name).path = Saw::Timeout;
        w.pc(name).datacenter = Saw::Timeout;
    }
    w.to(t(9, 20, 0));
    w.pc("palaran").ups = Some(("OL", 0.1));
    w.pc("palaran").connected = true;
    w.boot("palaran");
    for name in ["sungai", "loa"] {
        w.pc(name).repair();
    }
    w.to(t(9, 40, 0));
    // That it is likely the center was said at its opening, and is not said again.
    let all = ["09:01:06 opened center", "09:21:06 ended link.path!"];
    assert_eq!(told_of(&w, "sungai"), all);
}

#[test]
fn the_collectors_own_look_decides_for_an_office_that_stands_alone() {
    for (reached, line) in [(false, "center!"), (true, "link.path!")] {
        let mut w = World::one();
        w.tell_life(Life::Datacenter { reached: Some(true) });
        w.to(t(9, 0, 0));
        w.pc("pc1").path = Saw::Timeout;
        w.pc("pc1").datacenter = Saw::Timeout;
        w.to(t(9, 0, 12));
        w.tell_life(Life::Datacenter { reached: Some(reached) });
        w.to(t(9, 10, 0));
        w.pc("pc1").repair();
        w.to(t(9, 10, 14));
        w.tell_life(Life::Datacenter { reached: Some(true) });
        w.to(t(9, 30, 0));
        let ledger = w.ledger();
        assert_eq!(all_lines(&ledger), [format!("09:00:02-09:10:02 {line}")]);
        let why = &ledger.entries[0].charges[0].cause.why;
        assert!(why.contains(&Why::Collector { reached }), "{why:?}");
    }
}

#[test]
fn a_collector_on_the_offices_own_line_or_in_the_dark_is_no_witness() {
    let mut shared = World::one();
    shared.setup.line = Some("line0".into());
    shared.setup.offices.values_mut().next().unwrap().line = Some("line0".into());
    shared.judge = Judge::new(std::sync::Arc::new(shared.setup.clone()));
    let mut dark = World::one();
    for (w, reached) in [(&mut shared, Some(false)), (&mut dark, None)] {
        w.tell_life(Life::Datacenter { reached: Some(true) });
        w.to(t(9, 0, 0));
        w.pc("pc1").path = Saw::Timeout;
        w.pc("pc1").datacenter = Saw::Timeout;
        w.tell_life(Life::Datacenter { reached });
        w.to(t(9, 10, 0));
        w.pc("pc1").repair();
        w.tell_life(Life::Datacenter { reached: Some(true) });
        w.to(t(9, 30, 0));
        assert_eq!(all_lines(&w.ledger()), ["09:00:02-09:10:02 link.path"]);
    }
}

#[test]
fn what_the_collector_saw_before_it_was_away_holds_up_to_then() {
    let mut w = World::one();
    w.tell_life(Life::Datacenter { reached: Some(false) });
    w.to(t(9, 0, 0));
    w.pc("pc1").datacenter = Saw::Refused;
    w.to(t(9, 5, 0));
    w.tell_life(Life::Started { last_alive: Some(t(9, 5, 0)) });
    w.to(t(9, 10, 0));
    w.pc("pc1").repair();
    w.to(t(9, 30, 0));
    let ledger = w.ledger();
    assert_eq!(
        lines(&ledger.entries[0]),
        ["09:00:02-09:04:40 center!", "09:04:40-09:10:02 center"]
    );
}

#[test]
fn many_offices_are_counted_in_steps() {
    let mut w = offices(7);
    w.to(t(9, 0, 0));
    let names: Vec<&'static str> = w.pcs.keys().copied().collect();
    for name in &names {
        w.pc(name).datacenter = Saw::Refused;
    }
    w.to(t(9, 10, 0));
    let ledger = w.ledger();
    assert_eq!(ledger.entries.len(), 7);
    for entry in &ledger.entries {
        let why = &entry.charges[0].cause.why;
        assert!(why.contains(&Why::Offices { supporting: 5, contradicting: 0 }), "{why:?}");
    }
}
