//! When people are told, around the edges of service hours.

use siaga_decide::*;

use crate::world::*;

fn refused(from: At, to: At, until: At) -> Vec<String> {
    let mut w = World::one();
    w.to(from);
    w.pc("pc1").datacenter = Saw::Refused;
    w.to(to);
    w.pc("pc1").datacenter = Saw::Answered;
    w.to(until);
    w.told()
}

#[test]
fn what_readings_show_at_opening_waits_for_no_grace() {
    let told = refused(t(7, 40, 0), t(9, 0, 0), t(9, 30, 0));
    assert_eq!(told, ["08:01:00 opened center", "09:01:02 ended center"]);
}

#[test]
fn what_had_not_lasted_long_enough_at_closing_goes_on_counting_at_opening() {
    let told = refused(t(15, 59, 30), t(33, 0, 0), t(34, 0, 0));
    // 28 seconds of the first day and 32 of the second.
    assert_eq!(told, ["1d08:00:32 opened center", "1d09:01:02 ended center"]);
}

#[test]
fn what_had_lasted_long_enough_as_the_office_closed_is_told_then() {
    let told = refused(t(15, 58, 0), t(33, 0, 0), t(34, 0, 0));
    assert_eq!(told[0], "15:59:02 opened center");
    // One that had lasted the minute exactly at closing waits for the opening.
    let told = refused(t(15, 59, 15), t(33, 0, 0), t(34, 0, 0));
    assert_eq!(told[0], "1d08:00:17 opened center");
}

#[test]
fn an_end_in_the_evening_is_told_in_the_morning() {
    let told = refused(t(15, 50, 0), t(15, 59, 30), t(33, 0, 0));
    assert_eq!(told, ["15:51:02 opened center", "1d08:00:00 ended center"]);
    let told = refused(t(15, 50, 0), t(15, 58, 30), t(33, 0, 0));
    assert_eq!(told, ["15:51:02 opened center", "15:59:32 ended center"]);
}

#[test]
fn a_cause_that_becomes_known_in_the_evening_is_told_in_the_morning_while_it_lasts() {
    let mut w = World::one();
    w.to(t(15, 50, 0));
    w.pc("pc1").cut();
    w.to(t(16, 5, 0));
    w.pc("pc1").connected = true;
    w.to(t(33, 0, 0));
    assert_eq!(w.told(), ["15:50:47 opened silent", "1d08:00:00 cause_known link.provider"]);
}

#[test]
fn an_agent_stopped_in_the_evening_is_warned_of_in_the_morning() {
    let mut w = World::one();
    w.to(t(15, 50, 0));
    w.stop("pc1", LastWords::Agent);
    w.to(t(33, 0, 0));
    assert_eq!(w.told(), ["1d08:00:00 agent stopped"]);
    // One that is started and stopped again is another matter.
    w.start_agent("pc1");
    w.to(t(33, 10, 0));
    w.stop("pc1", LastWords::Agent);
    w.to(t(34, 0, 0));
    assert_eq!(w.told()[1..], ["1d09:25:00 agent stopped"]);
}

#[test]
fn silence_at_opening_waits_for_the_grace_and_then_as_long_as_any_other() {
    let mut w = World::one();
    w.to(t(7, 59, 50));
    w.pc("pc1").connected = false;
    w.to(t(9, 0, 0));
    assert_eq!(w.told(), ["08:11:00 opened silent"]);
    // A silence that begins a little after opening does not.
    let mut w = World::one();
    w.to(t(8, 0, 10));
    w.pc("pc1").connected = false;
    w.to(t(9, 0, 0));
    assert_eq!(w.told(), ["08:01:02 opened silent"]);
}

#[test]
fn an_outage_that_comes_back_after_its_end_was_told_counts_anew() {
    let mut w = World::one();
    for (from, to) in [(0, 5), (8, 15)] {
        w.to(t(9, from, 0));
        w.pc("pc1").datacenter = Saw::Refused;
        w.to(t(9, to, 0));
        w.pc("pc1").datacenter = Saw::Answered;
    }
    w.to(t(9, 30, 0));
    let all = [
        "09:01:02 opened center",
        "09:06:02 ended center",
        "09:09:02 opened center",
        "09:16:02 ended center",
    ];
    assert_eq!(w.told(), all);
    assert_eq!(w.ledger().entries.len(), 1);
}

#[test]
fn evidence_of_two_stations_is_waited_for_ten_minutes() {
    let mut w = World::with(&[("palaran", &["pc1", "pc2"])]);
    w.to(t(9, 0, 0));
    for name in ["pc1", "pc2"] {
        w.pc(name).cut();
    }
    w.to(t(9, 20, 0));
    w.pc("pc1").repair();
    w.to(t(9, 50, 0));
    // The first is back at 9:20:02 and serves; the second may still say something of the cause.
    assert_eq!(w.told(), ["09:00:51 opened silent", "09:30:02 ended link.provider"]);
}

#[test]
fn planned_work_that_ends_overnight_is_told_of_in_the_morning_if_it_is_still_down() {
    let mut w = World::one();
    let span = Span::new(t(15, 0, 0), t(20, 0, 0));
    let (by, reason) = ("sari".into(), "kabel".into());
    w.plan(Plan { scope: PlanScope::Center, span, by, reason });
    w.to(t(15, 10, 0));
    w.pc("pc1").datacenter = Saw::Refused;
    w.to(t(33, 0, 0));
    assert_eq!(w.told(), ["1d08:01:00 opened center"]);
}

#[test]
fn a_backlog_that_pours_in_is_looked_at_once_it_is_complete() {
    let mut w = World::one();
    w.to(t(9, 0, 0));
    w.pc("pc1").cut();
    w.to(t(11, 0, 0));
    let before = w.decisions.len();
    w.pc("pc1").repair();
    w.to(t(11, 20, 0));
    let made: Vec<String> = w.decisions[before..]
        .iter()
        .filter_map(|(at, d)| match d {
            Decision::Correct { recorded: true, .. } => Some(format!("{} corrected", clock(*at))),
            Decision::Close(_) => Some(format!("{} closed", clock(*at))),
            Decision::Open(_) => Some(format!("{} opened", clock(*at))),
            Decision::Correct { .. } | Decision::Tell(_) => None,
        })
        .collect();
    assert_eq!(made, ["11:00:02 corrected", "11:00:02 closed"]);
}
