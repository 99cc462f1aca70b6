//! Two offices and their sum, term by term.

use super::*;
use crate::cause::{Kind, Sub};
use crate::ledger::SavedBy;
use crate::span::At;

/// An office whose every term is another multiple of `n`.
fn office(id: &str, n: i64) -> Account {
    let down = DownSeconds {
        seconds: 7 * n,
        likely_seconds: 3 * n,
        by_sub: [(Some(Sub::NoUps), 2 * n), (None, 5 * n)].into(),
    };
    let station = StationSeconds { serving: 60 * n, not_serving: 20 * n, unknown: 20 * n };
    let terms = |k| Terms {
        service: k * n,
        in_service: 2 * k * n,
        down: 3 * k * n,
        planned: 4 * k * n,
        unobserved: 5 * k * n,
    };
    let mut made = Account {
        office: id.into(),
        period: Span::new(At(1_000 * n), At(90_000 * n)),
        until: At(80_000 * n),
        service_seconds: 100 * n,
        in_service_seconds: 70 * n,
        down: [(Kind::Power, down)].into(),
        planned_seconds: 11 * n,
        unobserved_seconds: 12 * n,
        possibly_down_seconds: 5 * n,
        at_risk: [(SavedBy::Battery, 9 * n), (SavedBy::Generator, 4 * n)].into(),
        unobserved_by_station: [(StationId::from("pc1"), 6 * n)].into(),
        by_station: [(StationId::from("pc1"), station)].into(),
        by_hour: [Terms::default(); 24],
        by_weekday: [Terms::default(); 7],
        outages: Vec::new(),
        blips: usize::try_from(n).unwrap(),
        unserved: None,
        is_final: true,
    };
    made.by_hour[9] = terms(1);
    made.by_weekday[2] = terms(10);
    made
}

#[test]
fn every_term_of_a_sum_is_the_sum_of_that_term() {
    let all = [office("palaran", 1), office("palaran", 10), office("palaran", 100)];
    let sum = total("semua".into(), &all.iter().collect::<Vec<_>>()).unwrap();
    let whole = office("palaran", 111);
    let station = StationId::from("palaran/pc1");
    let by_station = whole.by_station[&StationId::from("pc1")];
    assert_eq!(sum.by_station, [(station.clone(), by_station)].into());
    assert_eq!(sum.unobserved_by_station, [(station, 666)].into());
    let expected = Account {
        office: "semua".into(),
        period: Span::new(At(1_000), At(9_000_000)),
        until: At(8_000_000),
        by_station: sum.by_station.clone(),
        unobserved_by_station: sum.unobserved_by_station.clone(),
        ..whole
    };
    assert_eq!(sum, expected);
}

#[test]
fn offices_keep_their_stations_apart() {
    let all = [office("palaran", 1), office("sungai", 2)];
    let sum = total("semua".into(), &all.iter().collect::<Vec<_>>()).unwrap();
    let names: Vec<&str> = sum.by_station.keys().map(StationId::as_str).collect();
    assert_eq!(names, ["palaran/pc1", "sungai/pc1"]);
}

#[test]
fn a_sum_is_final_when_all_of_it_is() {
    let open = Account { is_final: false, ..office("sungai", 1) };
    for (first, second, is_final) in [
        (office("a", 1), office("b", 1), true),
        (office("a", 1), open.clone(), false),
        (open.clone(), office("b", 1), false),
    ] {
        assert_eq!(total("semua".into(), &[&first, &second]).unwrap().is_final, is_final);
    }
}
