//! What others on the same mains say of a PC that stopped, and what mains says of the network.

use siaga_decide::*;

use crate::world::*;

/// Two PCs, both needed; the first is gone without a word at nine and back at half past.
fn first_of_two(meanwhile: impl FnOnce(&mut World)) -> Vec<String> {
    let mut w = World::with(&[("palaran", &["pc1", "pc2"])]);
    w.setup.offices.get_mut(&OfficeId::from("palaran")).unwrap().stations_needed = 2;
    w.judge = Judge::new(std::sync::Arc::new(w.setup.clone()));
    w.to(t(8, 59, 0));
    meanwhile(&mut w);
    w.to(t(9, 30, 0));
    w.boot("pc1");
    if w.pc("pc2").boot.is_none() {
        w.boot("pc2");
    }
    w.to(t(9, 45, 0));
    all_lines(&w.ledger())
}

#[test]
fn one_that_stops_within_half_a_minute_and_a_cycle_lost_the_same_mains() {
    let both = |second| {
        first_of_two(|w| {
            w.to(t(9, 0, 0));
            w.die("pc1");
            w.to(t(9, 0, second));
            w.die("pc2");
        })
    };
    assert_eq!(both(30), ["08:59:47-09:30:06 power/no_ups!"]);
    let lines = both(40);
    assert_eq!(lines[0], "08:59:47-09:30:02 station", "it was up long enough to tell");
}

#[test]
fn one_whose_ups_has_mains_all_the_while_is_sure_of_it() {
    let with_ups = first_of_two(|w| {
        w.pc("pc2").ups = Some(("OL", 1.0));
        w.to(t(9, 0, 0));
        w.die("pc1");
    });
    assert_eq!(with_ups, ["08:59:47-09:30:02 station!"]);
    let begins_later = first_of_two(|w| {
        w.to(t(9, 0, 0));
        w.die("pc1");
        w.pc("pc2").ups = Some(("OL", 1.0));
    });
    assert_eq!(begins_later, ["08:59:47-09:30:02 station"]);
    let ends_sooner = first_of_two(|w| {
        w.pc("pc2").ups = Some(("OL", 1.0));
        w.to(t(9, 0, 0));
        w.die("pc1");
        w.to(t(9, 0, 20));
        w.pc("pc2").ups = None;
    });
    assert_eq!(ends_sooner, ["08:59:47-09:30:02 station"]);
    let on_battery = first_of_two(|w| {
        w.pc("pc2").ups = Some(("OB", 1.0));
        w.to(t(9, 0, 0));
        w.die("pc1");
        w.to(t(9, 20, 0));
        w.pc("pc2").ups = Some(("OL", 1.0));
    });
    // Five minutes after mains is back somebody could have switched it on.
    assert_eq!(
        on_battery,
        ["08:59:47-09:25:06 power/no_ups!", "09:25:06-09:30:02 station/not_switched_on!"]
    );
}

/// What is charged to the PC of one office that is gone at nine, where another, on that mains, has
/// such a UPS before and after.
fn beside(
    mains: &'static str,
    before: Option<&'static str>,
    after: Option<&'static str>,
) -> String {
    let mut w = World::with(&[("palaran", &["pc1"]), ("sungai", &["pc1"])]);
    for (id, mains) in [("palaran", "gardu"), ("sungai", mains)] {
        w.setup.offices.get_mut(&OfficeId::from(id)).unwrap().mains = Some(mains.into());
    }
    w.judge = Judge::new(std::sync::Arc::new(w.setup.clone()));
    w.pc("sungai").ups = before.map(|words| (words, 0.9));
    w.to(t(9, 0, 0));
    w.die("palaran");
    w.pc("sungai").ups = after.map(|words| (words, 0.9));
    w.to(t(9, 30, 0));
    w.boot("palaran");
    w.to(t(9, 45, 0));
    let ledger = w.ledger();
    let entry = ledger.entries.iter().find(|e| e.office.as_str() == "palaran").unwrap();
    lines(entry)[0].clone()
}

#[test]
fn an_office_on_the_same_mains_says_whether_it_was_there() {
    assert_eq!(beside("gardu", None, None), "08:59:47-09:30:02 power/no_ups");
    assert_eq!(beside("gardu", Some("OL"), Some("OB")), "08:59:47-09:30:02 power/no_ups!");
    assert_eq!(beside("gardu", Some("OL"), Some("OL")), "08:59:47-09:30:02 station!");
    assert_eq!(beside("gardu", None, Some("OL")), "08:59:47-09:30:02 power/no_ups");
    assert_eq!(beside("gardu", Some("OL"), None), "08:59:47-09:30:02 power/no_ups");
    assert_eq!(beside("other", Some("OL"), Some("OB")), "08:59:47-09:30:02 power/no_ups");
    assert_eq!(beside("other", Some("OL"), Some("OL")), "08:59:47-09:30:02 power/no_ups");
}

#[test]
fn the_log_of_a_loss_of_power_counts_unless_somebody_shut_down() {
    let with = |orderly: bool| {
        let mut w = World::one();
        w.to(t(9, 0, 0));
        if orderly {
            w.stop("pc1", LastWords::System)
        } else {
            w.die("pc1")
        }
        w.pc("pc1").log = Some("power lost at some time".into());
        w.to(t(9, 30, 0));
        w.boot("pc1");
        w.to(t(9, 45, 0));
        all_lines(&w.ledger())
    };
    assert_eq!(with(false), ["08:59:47-09:30:02 power/no_ups!"]);
    assert_eq!(with(true), ["09:00:00-09:30:02 station/switched_off!"]);
}

#[test]
fn a_pc_that_stops_at_opening_was_on() {
    let mut w = World::one();
    w.to(t(8, 0, 0));
    w.stop("pc1", LastWords::Sleep);
    w.to(t(8, 30, 0));
    let ledger = w.ledger();
    assert_eq!(all_lines(&ledger), ["08:00:00-08:30:00 station/asleep!"]);
    let why = &ledger.entries[0].charges[0].cause.why;
    assert!(why.iter().any(|w| matches!(w, Why::StoppedOrderly { asleep: true, .. })), "{why:?}");
    let mut w = World::one();
    w.to(t(8, 0, 0));
    w.stop("pc1", LastWords::System);
    w.to(t(8, 30, 0));
    let why = w.ledger().entries[0].charges[0].cause.why.clone();
    assert!(why.iter().any(|w| matches!(w, Why::StoppedOrderly { asleep: false, .. })), "{why:?}");
}

#[test]
fn a_guess_about_a_silent_pc_is_not_charged_where_another_shows_a_fault() {
    for ups in [None, Some(("OB", 0.5))] {
        let lines = first_of_two(|w| {
            w.pc("pc1").ups = ups;
            w.to(t(9, 0, 0));
            w.pc("pc1").connected = false;
            w.to(t(9, 10, 0));
            w.pc("pc2").datacenter = Saw::Refused;
            w.to(t(9, 20, 0));
            let now: Vec<String> = all_lines(&w.ledger());
            assert!(now.iter().any(|l| l == "09:10:06-09:20:00 center"), "{now:?}");
            w.pc("pc2").datacenter = Saw::Answered;
            w.pc("pc1").connected = true;
        });
        assert_eq!(lines[0], "09:10:06-09:20:06 center");
    }
}

/// The provider, lost so many seconds after the UPS went on its battery at 9:00:02 and back so many
/// after mains was there again at 9:10:02.
fn provider(lost: i64, back: i64) -> Vec<String> {
    let mut w = World::one();
    w.pc("pc1").ups = Some(("OL", 1.0));
    let at = |minute: i64, second: i64| t(9, minute, second);
    let mut steps = vec![(at(0, 0), 0), (at(0, lost), 1), (at(10, 0), 2), (at(10, back), 3)];
    steps.sort();
    for (at, what) in steps {
        w.to(at);
        match what {
            0 => w.pc("pc1").ups = Some(("OB", 0.9)),
            1 => w.pc("pc1").cut(),
            2 => w.pc("pc1").ups = Some(("OL", 0.9)),
            _ => w.pc("pc1").repair(),
        }
    }
    w.to(t(9, 30, 0));
    all_lines(&w.ledger())
}

#[test]
fn a_provider_lost_and_back_with_mains_is_its_battery() {
    let is = |lost, back| provider(lost, back)[0].ends_with("link.provider/with_mains!");
    assert!(is(0, 0) && is(45, 0) && !is(60, 0), "{:?}", provider(45, 0));
    assert!(is(0, 300) && !is(0, 315));
    assert!(is(-15, 0) && !is(-45, 0), "noticed up to a while later");
}

/// A provider lost with mains at nine and back at that minute, where mains comes back for so many
/// minutes in between: from minute 2 on.
fn flickering(again: i64, back: i64) -> bool {
    let mut w = World::one();
    w.pc("pc1").ups = Some(("OL", 1.0));
    w.to(t(9, 0, 0));
    w.pc("pc1").ups = Some(("OB", 0.9));
    w.pc("pc1").cut();
    w.to(t(9, 2, 0));
    w.pc("pc1").ups = Some(("OL", 0.9));
    w.to(t(9, 2 + again, 0));
    w.pc("pc1").ups = Some(("OB", 0.9));
    w.to(t(9, 4 + again, 0));
    w.pc("pc1").ups = Some(("OL", 0.9));
    w.to(t(9, back, 0));
    w.pc("pc1").repair();
    w.to(t(9, 45, 0));
    all_lines(&w.ledger()).iter().all(|l| l.ends_with("with_mains!"))
}

#[test]
fn losses_of_mains_within_five_minutes_of_each_other_are_one() {
    assert!(flickering(5, 14) && !flickering(5, 15));
    assert!(!flickering(6, 14), "the first was over long before");
}

/// One PC without a UPS and its router lose mains at nine; both have it again at 9:20, the gateway
/// answers so many minutes after that.
fn starting_up(minutes: i64, watched: bool) -> Vec<String> {
    let mut w = World::with(&[("palaran", if watched { &["pc1", "pc2"] } else { &["pc1"] })]);
    w.to(t(9, 0, 0));
    w.die("pc1");
    if watched {
        w.pc("pc2").cut();
        w.pc("pc2").gateway = Saw::Timeout;
    }
    w.pc("pc1").cut();
    w.pc("pc1").gateway = Saw::Timeout;
    w.to(t(9, 20, 0));
    w.boot("pc1");
    w.to(t(9, 20 + minutes, 0));
    w.pc("pc1").repair();
    if watched {
        w.pc("pc2").repair();
    }
    w.to(t(9, 50, 0));
    all_lines(&w.ledger())
}

#[test]
fn a_gateway_that_is_still_starting_when_the_pc_is_back_lost_mains_with_it() {
    let whole =
        ["08:59:47-09:20:02 power/no_ups", "09:20:02-09:23:02 power/network_not_backed_up!"];
    assert_eq!(starting_up(3, false), whole);
    assert!(starting_up(5, false)[1].ends_with("network_not_backed_up!"));
    assert!(starting_up(6, false)[1].ends_with("link.lan!"), "{:?}", starting_up(6, false));
    // Who stayed up saw when it went.
    let watched = starting_up(3, true);
    assert!(watched.iter().all(|l| l.contains("link.lan!")), "{watched:?}");
}
