//! People of several offices.

use super::*;

fn office(n: i64, per_year: Option<i64>, in_period: Option<f64>) -> Unserved {
    Unserved {
        people: (n, 2 * n),
        extra_hours: (double(n) / 4.0, double(n) / 2.0),
        target: per_year.map(|per_year| Target { per_year, in_period }),
        per_hour: (double(n), double(n) + 8.0),
        down_seconds: 100 * n,
        possibly_down_seconds: 10 * n,
        offices_without: 0,
    }
}

#[test]
fn people_hours_and_targets_add_up_and_paces_span_all() {
    let (a, b, c) = (
        office(4, Some(1_000), Some(80.0)),
        office(8, Some(500), Some(40.0)),
        office(20, Some(7), Some(1.0)),
    );
    let sum = together([Some(&a), None, Some(&b), Some(&c), None]).unwrap();
    assert_eq!(sum.people, (32, 64));
    assert_eq!(sum.extra_hours, (8.0, 16.0));
    assert_eq!(sum.target, Some(Target { per_year: 1_507, in_period: Some(121.0) }));
    assert_eq!(sum.per_hour, (4.0, 28.0));
    assert_eq!((sum.down_seconds, sum.possibly_down_seconds), (3_200, 320));
    assert_eq!(sum.offices_without, 2);
}

#[test]
fn a_target_is_the_groups_only_where_every_office_has_one() {
    let (with, without) = (office(4, Some(1_000), Some(80.0)), office(8, None, None));
    assert_eq!(together([Some(&with), Some(&without)]).unwrap().target, None);
    let year_unknown = office(8, Some(500), None);
    let target = together([Some(&with), Some(&year_unknown)]).unwrap().target;
    assert_eq!(target, Some(Target { per_year: 1_500, in_period: None }));
    assert_eq!(together([None, None]), None);
}
