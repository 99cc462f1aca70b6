//! Where one PC is cut off, by what it asks and what answers.

use std::collections::BTreeMap;
use std::sync::Arc;

use siaga_decide::*;

use crate::world::{CYCLE, all_lines, office, t};

const PROBES: [&str; 4] = ["link.gateway", "link.outside", "link.path", "link.datacenter"];

/// Rows of a PC that asks each cycle from eight on; `say` gives what each probe sees in each cycle,
/// absent where it does not ask.
fn charged(need: &str, say: impl Fn(&str, u64) -> Option<Saw>) -> Vec<String> {
    let mut palaran = office(&["pc1"]);
    for station in palaran.stations.values_mut() {
        station.needs = vec![need.into()];
    }
    let offices = BTreeMap::from([(OfficeId::from("palaran"), palaran)]);
    let setup = Arc::new(Setup { offices, cycle_ms: CYCLE, ..Setup::default() });
    let setups = vec![SetupVersion { from: At(i64::MIN), setup }];
    let mut inputs = Inputs { setups, ..Inputs::default() };
    let mut rows = Vec::new();
    for cycle in 0..480 {
        for (n, probe) in (0..).zip(PROBES.into_iter().chain(["link.outside.two"])) {
            let Some(saw) = say(probe, cycle) else { continue };
            let mark = Mark {
                seq: rows.len() as u64 + 1,
                at_ms: 1_800_000 + cycle * 15_000 + n * 1_000,
                wall: None,
            };
            let answer = Answer { saw, words: Vec::new().into() };
            let role = probe.starts_with("link.outside").then_some(Role::Outside);
            let what = What { probe: probe.into(), role, answer, numbers: Vec::new() };
            rows.push(Row::Reading(mark, what));
        }
    }
    let heard = Heard {
        station: StationKey { office: "palaran".into(), station: "pc1".into() },
        boot: "boot".into(),
        run: "run".into(),
        now_ms: Some(9_000_000),
        wall: None,
        newest: rows.len() as u64,
        newest_of: None,
        rows,
    };
    inputs.hear(t(10, 0, 0), heard);
    all_lines(&ledger(&inputs, t(10, 0, 0)))
}

/// The causes without their times.
fn words(lines: &[String]) -> Vec<String> {
    lines.iter().map(|l| l.split_once(' ').unwrap().1.to_owned()).collect()
}

/// The cause, in its middle, of a fault in cycles 100 to 199 of those that do not answer; only those listed are asked.
fn fault(need: &str, asked: &[(&str, Saw)]) -> String {
    let all = charged(need, |probe, cycle| {
        let (_, saw) = asked.iter().find(|(p, _)| *p == probe)?;
        Some(if (100..200).contains(&cycle) { saw.clone() } else { Saw::Answered })
    });
    let meanwhile = all.iter().filter(|l| &l[..8] < "08:37:30" && &l[9..17] > "08:37:30");
    words(&meanwhile.cloned().collect::<Vec<String>>()).concat()
}

#[test]
fn the_layer_beyond_the_farthest_that_answers_is_at_fault() {
    use Saw::{Answered, Refused, Timeout};
    let [gateway, outside, path, center] = PROBES;
    let all = |a: Saw, b: Saw, c: Saw, d: Saw| {
        fault(center, &[(gateway, a), (outside, b), (path, c), (center, d)])
    };
    assert_eq!(all(Timeout, Timeout, Timeout, Timeout), "link.lan!");
    assert_eq!(all(Answered, Timeout, Timeout, Timeout), "link.provider!");
    assert_eq!(all(Answered, Answered, Timeout, Timeout), "link.path");
    assert_eq!(all(Answered, Answered, Answered, Timeout), "center");
    assert_eq!(all(Answered, Timeout, Timeout, Refused), "center", "its host answers");
    assert_eq!(all(Answered, Timeout, Timeout, Saw::Error("500".into())), "center");
    // What answers shows that what lies before it lets through.
    assert_eq!(all(Timeout, Answered, Timeout, Timeout), "link.path");
    assert_eq!(all(Timeout, Timeout, Answered, Timeout), "center");
}

#[test]
fn where_layers_are_not_asked_the_next_that_is_says_less() {
    use Saw::{Answered, Timeout};
    let [gateway, outside, path, center] = PROBES;
    assert_eq!(fault(center, &[(center, Timeout)]), "link.path");
    assert_eq!(fault(center, &[(gateway, Answered), (center, Timeout)]), "link.provider");
    assert_eq!(fault(center, &[(gateway, Timeout), (center, Timeout)]), "link.lan!");
    let beyond = [(gateway, Answered), (path, Timeout), (center, Timeout)];
    assert_eq!(fault(center, &beyond), "link.provider");
    assert_eq!(fault(center, &[(outside, Answered), (center, Timeout)]), "link.path");
    assert_eq!(fault(center, &[(outside, Timeout), (center, Timeout)]), "link.provider");
    assert_eq!(fault(center, &[(path, Timeout), (center, Timeout)]), "link.path");
}

#[test]
fn what_is_needed_need_not_be_the_data_center() {
    use Saw::{Answered, Refused, Timeout};
    let [gateway, outside, path, center] = PROBES;
    assert_eq!(fault(gateway, &[(gateway, Timeout)]), "link.lan!");
    assert_eq!(fault(outside, &[(gateway, Answered), (outside, Timeout)]), "link.provider!");
    assert_eq!(fault(outside, &[(outside, Timeout)]), "link.provider");
    assert_eq!(fault(path, &[(path, Timeout)]), "link.path");
    assert_eq!(fault(path, &[(outside, Answered), (path, Refused)]), "link.path");
    // That the service answers says nothing against a path that does not, and the other way round.
    assert_eq!(fault(path, &[(path, Timeout), (center, Answered)]), "link.path");
}

#[test]
fn one_target_of_a_layer_that_answers_is_enough() {
    use Saw::{Answered, Timeout};
    let [gateway, outside, path, center] = PROBES;
    let two = |a: Saw, b: Saw| {
        let asked = [
            (gateway, Answered),
            (outside, a),
            ("link.outside.two", b),
            (path, Timeout),
            (center, Timeout),
        ];
        fault(center, &asked)
    };
    assert_eq!(two(Answered, Timeout), "link.path");
    assert_eq!(two(Timeout, Answered), "link.path");
    assert_eq!(two(Timeout, Timeout), "link.provider!");
    assert_eq!(two(Saw::Unreadable("x".into()), Timeout), "link.provider!");
    assert_eq!(two(Timeout, Saw::Unreadable("x".into())), "link.provider!");
    assert_eq!(two(Saw::Unreadable("x".into()), Answered), "link.path");
}

#[test]
fn seconds_between_probes_of_one_cycle_go_to_no_layer_that_was_never_at_fault() {
    use Saw::{Answered, Timeout};
    // Outside goes a second after the gateway was asked, and comes back a second before the center
    // is asked again.
    let lines = charged("link.datacenter", |probe, cycle| {
        let bad = (100..200).contains(&cycle) && probe != "link.gateway";
        Some(if bad { Timeout } else { Answered })
    });
    assert_eq!(words(&lines), ["link.provider!"]);
    // The center is gone first, then all but the gateway.
    let lines = charged("link.datacenter", |probe, cycle| {
        let bad = match probe {
            "link.outside.two" => return None,
            "link.datacenter" => (100..160).contains(&cycle),
            _ => (140..160).contains(&cycle) && probe != "link.gateway",
        };
        Some(if bad { Timeout } else { Answered })
    });
    assert_eq!(words(&lines), ["center", "link.provider!"]);
}

#[test]
fn a_blip_of_a_layer_between_is_no_fault_of_it() {
    use Saw::{Answered, Timeout};
    let lines = charged("link.datacenter", |probe, cycle| {
        let bad = match probe {
            "link.path" | "link.datacenter" => (100..200).contains(&cycle),
            "link.outside" => cycle == 150,
            _ => false,
        };
        Some(if bad { Timeout } else { Answered })
    });
    assert_eq!(words(&lines), ["link.path"]);
}
