//! The power goes.

use siaga_decide::*;

use crate::world::*;

fn on_ups() -> World {
    let mut w = World::one();
    w.pc("pc1").ups = Some(("OL CHRG", 1.0));
    w.to(t(9, 0, 0));
    w
}

#[test]
fn a_ups_that_runs_empty_is_certain_and_none_of_it_the_links() {
    let mut w = on_ups();
    w.pc("pc1").ups = Some(("OB DISCHRG", 0.6));
    w.to(t(9, 5, 0));
    w.pc("pc1").ups = Some(("OB DISCHRG LB", 0.1));
    w.to(t(9, 6, 0));
    w.die("pc1");
    w.to(t(9, 30, 0));
    assert_eq!(w.told(), ["09:06:47 opened power"]);
    assert_eq!(all_lines(&w.ledger()), ["09:05:47-09:30:00 power/ups_exhausted?"]);
    w.pc("pc1").ups = Some(("OL CHRG", 0.1));
    w.boot("pc1");
    w.to(t(9, 45, 0));
    assert_eq!(w.told(), ["09:06:47 opened power", "09:31:02 ended power"]);
    let ledger = w.ledger();
    assert_eq!(all_lines(&ledger), ["09:05:47-09:30:02 power/ups_exhausted!"]);
    let risk = &ledger.offices[&OfficeId::from("palaran")].at_risk;
    assert_eq!(risk.len(), 1);
    assert_eq!(risk[0].saved_by, SavedBy::Battery);
    assert!((risk[0].span.length_ms() - 345_000).abs() <= CYCLE);
}

#[test]
fn an_orderly_shutdown_on_a_low_battery_is_still_power() {
    let mut w = on_ups();
    w.pc("pc1").ups = Some(("OB DISCHRG LB", 0.1));
    w.to(t(9, 1, 0));
    w.stop("pc1", LastWords::System);
    w.to(t(9, 30, 0));
    assert_eq!(w.told(), ["09:02:00 opened power"]);
    w.pc("pc1").ups = Some(("OL", 0.2));
    w.boot("pc1");
    w.to(t(9, 45, 0));
    assert_eq!(all_lines(&w.ledger()), ["09:01:00-09:30:02 power/ups_exhausted!"]);
    assert_eq!(w.told(), ["09:02:00 opened power", "09:31:02 ended power"]);
}

#[test]
fn a_ups_on_mains_when_last_seen_did_not_hold() {
    let mut w = on_ups();
    w.die("pc1");
    w.to(t(9, 30, 0));
    w.boot("pc1");
    w.to(t(9, 45, 0));
    assert_eq!(all_lines(&w.ledger()), ["08:59:47-09:30:02 power/ups_did_not_hold"]);
    assert_eq!(w.told(), ["09:00:47 opened silent", "09:31:02 ended power"]);
}

#[test]
fn an_unclean_stop_without_a_ups_is_likely_power() {
    let mut w = World::one();
    w.to(t(9, 0, 0));
    w.die("pc1");
    w.to(t(9, 30, 0));
    w.boot("pc1");
    w.to(t(9, 45, 0));
    assert_eq!(all_lines(&w.ledger()), ["08:59:47-09:30:02 power/no_ups"]);
}

#[test]
fn a_second_pc_that_stays_up_says_it_was_not_the_mains() {
    let mut w = World::with(&[("palaran", &["pc1", "pc2"])]);
    w.setup.offices.get_mut(&OfficeId::from("palaran")).unwrap().stations_needed = 2;
    w.judge = Judge::new(std::sync::Arc::new(w.setup.clone()));
    w.to(t(9, 0, 0));
    w.die("pc1");
    w.to(t(9, 30, 0));
    w.boot("pc1");
    w.to(t(9, 45, 0));
    assert_eq!(all_lines(&w.ledger()), ["08:59:47-09:30:02 station"]);
}

#[test]
fn two_pcs_that_stop_together_are_each_others_witness() {
    let mut w = World::with(&[("palaran", &["pc1", "pc2"])]);
    w.to(t(9, 0, 0));
    w.die("pc1");
    w.die("pc2");
    w.to(t(9, 20, 0));
    w.boot("pc1");
    w.to(t(9, 30, 0));
    w.boot("pc2");
    w.to(t(9, 45, 0));
    let lines = all_lines(&w.ledger());
    assert_eq!(lines, ["08:59:51-09:20:02 power/no_ups!"]);
}

#[test]
fn the_example_of_the_design() {
    // Mains lost 09:00, link dead 09:05, UPS empty 09:30, PC up 10:00 with the link good.
    let mut w = on_ups();
    w.pc("pc1").ups = Some(("OB DISCHRG", 0.8));
    w.to(t(9, 5, 0));
    w.pc("pc1").cut();
    w.to(t(9, 30, 0));
    w.die("pc1");
    w.to(t(10, 0, 0));
    w.pc("pc1").repair();
    w.pc("pc1").ups = Some(("OL", 0.2));
    w.boot("pc1");
    w.to(t(10, 15, 0));
    assert_eq!(
        all_lines(&w.ledger()),
        ["09:05:02-09:29:47 link.provider!", "09:29:47-10:00:02 power/ups_exhausted!",]
    );
    assert_eq!(w.told().len(), 2, "{:?}", w.told());
}

#[test]
fn a_router_without_a_ups_is_power() {
    let mut w = on_ups();
    w.pc("pc1").ups = Some(("OB DISCHRG", 0.9));
    w.pc("pc1").cut();
    w.pc("pc1").gateway = Saw::Unreachable;
    w.to(t(9, 10, 0));
    w.pc("pc1").ups = Some(("OL CHRG", 0.5));
    w.to(t(9, 11, 0));
    w.pc("pc1").repair();
    w.to(t(9, 20, 0));
    let ledger = w.ledger();
    assert_eq!(all_lines(&ledger), ["09:00:02-09:11:02 power/network_not_backed_up!"]);
}

#[test]
fn a_battery_test_is_nobodys_outage() {
    let mut w = on_ups();
    w.pc("pc1").ups = Some(("OB LB CAL", 0.1));
    w.to(t(9, 1, 0));
    w.die("pc1");
    w.to(t(9, 30, 0));
    w.pc("pc1").ups = Some(("OL", 0.2));
    w.boot("pc1");
    w.to(t(9, 45, 0));
    let lines = all_lines(&w.ledger());
    assert_eq!(
        lines,
        ["09:00:47-09:30:02 power/ups_did_not_hold"],
        "the last it said plainly was mains"
    );
}

/// A PC whose UPS holds for a while after nine and whose generator does that meanwhile: the story
/// of each step, minute by minute.
fn with_generator(meanwhile: &[Option<(bool, f64)>], back: Option<(bool, f64)>) -> Vec<String> {
    let mut w = on_ups();
    w.pc("pc1").generator = Some((false, 0.8));
    w.to(t(9, 1, 0));
    w.pc("pc1").ups = Some(("OB DISCHRG", 0.6));
    for (i, state) in (2..).zip(meanwhile) {
        w.pc("pc1").generator = *state;
        w.to(t(9, i, 0));
    }
    w.die("pc1");
    w.to(t(9, 30, 0));
    w.pc("pc1").ups = Some(("OL", 0.2));
    w.pc("pc1").generator = back;
    w.boot("pc1");
    w.to(t(9, 45, 0));
    all_lines(&w.ledger())
}

#[test]
fn a_generator_is_judged_only_where_it_was_seen() {
    let (stopped, runs) = (Some((false, 0.8)), Some((true, 0.8)));
    let said = |sub: &str, minute: i64| vec![format!("09:0{minute}:47-09:30:02 power/{sub}!")];
    let did_not_start = with_generator(&[stopped, stopped], stopped);
    assert_eq!(did_not_start, said("generator_did_not_start", 2));
    let late = with_generator(&[stopped, stopped], runs);
    assert_eq!(late, said("generator_started_late", 2));
    let dry = [stopped, runs, Some((true, 0.03)), Some((false, 0.02))];
    assert_eq!(with_generator(&dry, stopped), said("generator_out_of_fuel", 4));
    assert_eq!(with_generator(&[None, None], stopped), said("generator_not_seen", 2));
    assert_eq!(with_generator(&[runs, runs], stopped), said("ups_exhausted", 2), "it ran");
}

#[test]
fn a_generator_that_runs_dry_takes_the_ups_with_it() {
    let mut w = on_ups();
    w.pc("pc1").generator = Some((false, 0.5));
    w.to(t(9, 1, 0));
    w.pc("pc1").ups = Some(("OB DISCHRG", 0.6));
    w.to(t(9, 2, 0));
    w.pc("pc1").generator = Some((true, 0.1));
    w.pc("pc1").ups = Some(("OL CHRG", 0.6));
    w.to(t(9, 12, 0));
    w.pc("pc1").generator = Some((false, 0.01));
    w.pc("pc1").ups = Some(("OB DISCHRG", 0.7));
    w.to(t(9, 15, 0));
    w.die("pc1");
    w.to(t(9, 30, 0));
    w.pc("pc1").ups = Some(("OL", 0.2));
    w.boot("pc1");
    w.to(t(9, 45, 0));
    let ledger = w.ledger();
    assert_eq!(all_lines(&ledger), ["09:14:47-09:30:02 power/generator_out_of_fuel!"]);
    let why = &ledger.entries[0].charges[0].cause.why;
    assert!(why.iter().any(|w| matches!(w, Why::GeneratorLastSeen { running: false, .. })));
}

#[test]
fn a_pc_that_crashed_says_nothing_about_the_mains_of_another() {
    let mut w = World::with(&[("palaran", &["pc1", "pc2"])]);
    w.to(t(9, 0, 0));
    w.die("pc1");
    w.die("pc2");
    w.pc("pc2").log = Some("bugcheck 0x124".into());
    w.to(t(9, 20, 0));
    w.boot("pc1");
    w.boot("pc2");
    w.to(t(9, 45, 0));
    let ledger = w.ledger();
    let causes: Vec<(Kind, Option<Sub>, Certainty)> = ledger.entries[0]
        .timeline
        .iter()
        .map(|c| (c.cause.kind, c.cause.sub, c.cause.certainty))
        .collect();
    assert!(causes.contains(&(Kind::Power, Some(Sub::NoUps), Certainty::Likely)), "{causes:?}");
    assert!(causes.contains(&(Kind::Station, Some(Sub::Crashed), Certainty::Certain)));
}

#[test]
fn a_pc_that_power_left_off_over_night_waits_for_the_grace() {
    let mut w = on_ups();
    w.to(t(17, 0, 0));
    w.pc("pc1").ups = Some(("OB LB", 0.1));
    w.to(t(17, 1, 0));
    w.stop("pc1", LastWords::System);
    w.to(t(24 + 9, 0, 0));
    assert_eq!(w.told(), ["1d08:11:00 opened power"]);
    w.pc("pc1").ups = Some(("OL", 0.9));
    w.boot("pc1");
    w.to(t(24 + 9, 30, 0));
    let ledger = w.ledger();
    assert_eq!(all_lines(&ledger), ["17:01:00-1d09:00:02 power/ups_exhausted!"]);
    assert_eq!(ledger.entries[0].downtime_ms, 3_602_090, "it counts from opening");
}

#[test]
fn while_it_serves_on_battery_the_present_says_at_risk() {
    let mut w = World::one();
    w.pc("pc1").ups = Some(("OL", 1.0));
    w.to(t(9, 0, 0));
    assert!(!w.judge.view(w.now).offices[&OfficeId::from("palaran")].at_risk);
    w.pc("pc1").ups = Some(("OB", 0.9));
    for second in [20, 40, 59] {
        w.to(t(9, 0, second));
        assert!(w.judge.view(w.now).offices[&OfficeId::from("palaran")].at_risk, "{second}");
    }
    w.pc("pc1").ups = Some(("OL", 0.9));
    for second in [20, 40, 59] {
        w.to(t(9, 1, second));
        assert!(!w.judge.view(w.now).offices[&OfficeId::from("palaran")].at_risk, "{second}");
    }
}

/// Two PCs without UPS lose mains; one boots when it is back, nobody switches the other on.
fn one_left_off() -> World {
    let mut w = World::with(&[("palaran", &["pc1", "pc2"])]);
    w.setup.offices.get_mut(&OfficeId::from("palaran")).unwrap().stations_needed = 2;
    w.judge = Judge::new(std::sync::Arc::new(w.setup.clone()));
    w.to(t(9, 0, 0));
    w.die("pc1");
    w.die("pc2");
    w.to(t(9, 20, 0));
    w.boot("pc1");
    w
}

#[test]
fn mains_is_back_when_a_witness_began_to_boot() {
    let mut w = one_left_off();
    w.to(t(9, 40, 0));
    w.boot("pc2");
    w.to(t(9, 50, 0));
    // Its clock says that it had begun forty seconds before its agent.
    assert_eq!(
        all_lines(&w.ledger()),
        ["08:59:47-09:24:20 power/no_ups!", "09:24:20-09:40:06 station/not_switched_on!"]
    );
}

#[test]
fn a_pc_that_stayed_off_is_not_to_blame_for_the_next_loss_of_mains() {
    let mut w = World::with(&[("palaran", &["pc1", "pc2"])]);
    w.to(t(9, 0, 0));
    w.die("pc1");
    w.die("pc2");
    w.to(t(9, 20, 0));
    w.boot("pc1");
    w.to(t(9, 40, 0));
    w.die("pc1");
    w.to(t(9, 50, 0));
    w.boot("pc1");
    w.to(t(10, 0, 0));
    w.boot("pc2");
    w.to(t(10, 10, 0));
    // With mains the one would have served; the other could not have been switched on without.
    assert_eq!(
        all_lines(&w.ledger()),
        ["08:59:51-09:20:02 power/no_ups!", "09:39:47-09:50:02 power/no_ups"]
    );
}

#[test]
fn a_network_without_a_battery_stands_in_the_way_of_a_pc_that_is_off() {
    // One PC is off since morning, one dies with mains, one lives on its UPS behind a dead router.
    let mut w = World::with(&[("palaran", &["pc1", "pc2", "pc3"])]);
    w.pc("pc2").ups = Some(("OL", 1.0));
    w.to(t(8, 30, 0));
    w.stop("pc3", LastWords::System);
    w.to(t(9, 0, 0));
    w.die("pc1");
    w.pc("pc2").ups = Some(("OB DISCHRG", 0.9));
    w.pc("pc2").cut();
    w.pc("pc2").gateway = Saw::Unreachable;
    w.to(t(9, 20, 0));
    w.pc("pc2").ups = Some(("OL CHRG", 0.7));
    w.pc("pc2").repair();
    w.boot("pc1");
    w.to(t(9, 30, 0));
    assert_eq!(all_lines(&w.ledger()), ["09:00:06-09:20:02 power/no_ups!"]);
}

/// What a generator is said to have saved, seconds.
fn saved_by_generator(w: &World) -> i64 {
    let ledger = w.ledger();
    let risk = &ledger.offices[&OfficeId::from("palaran")].at_risk;
    let spans = risk.iter().filter(|r| r.saved_by == SavedBy::Generator);
    spans.map(|r| r.span.length_ms()).sum::<i64>() / 1_000
}

/// A PC whose UPS is on mains and whose generator stands still, at nine.
fn beside_a_generator() -> World {
    let mut w = on_ups();
    w.pc("pc1").generator = Some((false, 0.8));
    w.to(t(9, 0, 0));
    w
}

#[test]
fn a_generator_that_is_started_by_hand_saves_what_the_ups_bridged() {
    let mut w = beside_a_generator();
    w.pc("pc1").ups = Some(("OB DISCHRG", 0.6));
    w.to(t(9, 12, 0));
    w.pc("pc1").ups = Some(("OL CHRG", 0.3));
    w.pc("pc1").generator = Some((true, 0.8));
    w.to(t(10, 0, 0));
    w.pc("pc1").generator = Some((false, 0.7));
    w.to(t(10, 30, 0));
    let saved = saved_by_generator(&w);
    assert!((47 * 60..=49 * 60).contains(&saved), "{saved}");
}

#[test]
fn a_test_run_saves_nothing() {
    let mut w = beside_a_generator();
    w.pc("pc1").ups = Some(("OB DISCHRG", 0.9));
    w.to(t(9, 1, 0));
    w.pc("pc1").ups = Some(("OL CHRG", 0.9));
    w.to(t(9, 4, 0));
    w.pc("pc1").generator = Some((true, 0.8));
    w.to(t(9, 30, 0));
    w.pc("pc1").generator = Some((false, 0.7));
    w.to(t(10, 0, 0));
    assert_eq!(saved_by_generator(&w), 0);
}

#[test]
fn a_pc_that_starts_on_the_generator_lives_on_it() {
    let mut w = beside_a_generator();
    w.pc("pc1").ups = Some(("OB DISCHRG LB", 0.1));
    w.to(t(9, 5, 0));
    w.die("pc1");
    w.to(t(11, 0, 0));
    w.pc("pc1").ups = Some(("OL CHRG", 0.1));
    w.pc("pc1").generator = Some((true, 0.8));
    w.boot("pc1");
    w.to(t(13, 0, 0));
    let saved = saved_by_generator(&w);
    assert!((118 * 60..=120 * 60).contains(&saved), "{saved}");
    // Mains is back, and later the generator runs once more: a test.
    w.pc("pc1").generator = Some((false, 0.6));
    w.to(t(13, 30, 0));
    w.pc("pc1").generator = Some((true, 0.6));
    w.to(t(14, 0, 0));
    assert!(saved_by_generator(&w) - saved <= CYCLE / 1_000);
}
