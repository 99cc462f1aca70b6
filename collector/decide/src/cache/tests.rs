//! Whom a change concerns, and when an office has to be looked at again.

use super::*;
use crate::ids::ProbeName;
use crate::memory::Shown;
use crate::setup::{Calendar, Station};

const CYCLE: i64 = 15_000;

fn span(from: i64, to: i64) -> Span {
    Span::new(At(from), At(to))
}

#[test]
fn the_next_opening_is_now_or_later() {
    let hours = [span(10, 20), span(30, 40)];
    let next = |now| next_opening(&hours, At(now)).map(|at| at.0);
    assert_eq!(
        [next(9), next(10), next(11), next(30), next(31)],
        [Some(10), Some(10), Some(30), Some(30), None]
    );
}

fn office(stations: &[&str], needed: usize, via: Option<&str>, mains: Option<&str>) -> Office {
    let station = |id: &&str| ((*id).into(), Station { needs: vec![ProbeName::from("link")] });
    Office {
        name: "Kantor".into(),
        zone: jiff::tz::TimeZone::UTC,
        calendar: Calendar::default(),
        stations: stations.iter().map(station).collect(),
        stations_needed: needed,
        line: None,
        mains: mains.map(Into::into),
        via: via.map(Into::into),
        open_after_ms: 60_000,
        close_after_ms: 60_000,
        merge_within_ms: 300_000,
        opening_grace_ms: 600_000,
        settle_after_ms: 86_400_000,
    }
}

/// Three offices: `a`; `b`, which is relayed over it; `c`, on its mains. Faults of `a` and `c`
/// depend on what others see.
fn concerned(change: impl Fn(&mut Reach)) -> Vec<String> {
    let offices = [
        ("a", office(&["pc1"], 1, None, Some("gardu"))),
        ("b", office(&["pc1"], 1, Some("a"), None)),
        ("c", office(&["pc1"], 1, None, Some("gardu"))),
        ("d", office(&["pc1"], 1, None, None)),
    ];
    let offices = offices.into_iter().map(|(id, o)| (id.into(), o)).collect();
    let setup = Setup { offices, cycle_ms: CYCLE, ..Setup::default() };
    let crossed = [("a".into(), true), ("c".into(), false)].into();
    let good = vec![span(0, 10)];
    let shown = Shown { good, ..Shown::default() };
    let before = Reach { mains: Some("gardu".into()), shown, ..Reach::default() };
    let mut after = before.clone();
    change(&mut after);
    let found = affected(&"a".into(), &setup, &crossed, Some(&before), &after);
    assert_eq!(affected(&"a".into(), &setup, &crossed, None, &after), []);
    found.iter().map(ToString::to_string).collect()
}

#[test]
fn a_change_concerns_those_whose_faults_it_may_weigh() {
    let none: [&str; 0] = [];
    assert_eq!(concerned(|_| ()), none);
    assert_eq!(concerned(|r| r.shown.good = vec![span(0, 20)]), none, "it goes on");
    assert_eq!(concerned(|r| r.shown.good = vec![span(0, 9)]), ["c"]);
    assert_eq!(concerned(|r| r.shown.bad = vec![span(0, 9)]), ["c"]);
    assert_eq!(concerned(|r| r.shown.powerless = vec![span(0, 9)]), ["b"]);
    assert_eq!(concerned(|r| r.shown.open = vec![span(0, 9)]), ["b"]);
    assert_eq!(concerned(|r| r.shown.lost = vec![At(3)]), ["c"]);
    assert_eq!(concerned(|r| r.shown.present = vec![span(0, 9)]), ["c"]);
    let alone = |r: &mut Reach| (r.mains, r.shown.lost) = (None, vec![At(3)]);
    assert_eq!(concerned(alone), none, "an office without a named mains shares none");
}

/// A cache that knows the newest rows of three stations, seconds apart, and after how many
/// milliseconds two of them are silent.
fn cache(needed: usize) -> Cache {
    let office = office(&["pc1", "pc2", "pc3"], needed, None, None);
    let offices = [("a".into(), office)].into();
    let setup = Setup { offices, cycle_ms: CYCLE, ..Setup::default() };
    let mut cache = Cache { setup: Arc::new(setup), ..Cache::default() };
    for (station, at) in [("pc1", 100_000), ("pc2", 107_000), ("pc3", 103_000)] {
        cache.note_row(&key(station), &"boot".into(), Some(7), |_| Some(At(at)));
    }
    cache.heard = [(key("pc1"), 37_500), (key("pc2"), 20_000)].into();
    cache
}

fn key(station: &str) -> StationKey {
    StationKey { office: "a".into(), station: station.into() }
}

#[test]
fn an_office_is_quiet_until_too_few_of_its_stations_can_be_heard() {
    let until = |needed| cache(needed).quiet_until(&"a".into()).map(|at| at.0);
    assert_eq!(until(1), Some(107_000 + 37_501));
    assert_eq!(until(2), Some(103_000 + 37_501));
    assert_eq!(until(3), Some(100_000 + 37_501));
    assert_eq!(cache(1).quiet_until(&"b".into()), None);
    let mut one = cache(3);
    one.newest.retain(|k, _| *k == key("pc2"));
    assert_eq!(one.quiet_until(&"a".into()), Some(At(107_000 + 37_501)));
}

#[test]
fn the_first_of_the_stations_that_are_heard_to_be_silent_counts() {
    assert_eq!(cache(1).silent_at(&"a".into()), Some(At(127_001)));
    let mut none = cache(1);
    none.heard.clear();
    assert_eq!(none.silent_at(&"a".into()), None);
}

#[test]
fn the_newest_row_is_that_of_the_newest_boot_and_moves_with_its_tie() {
    let mut cache = cache(1);
    let at = |cache: &Cache| {
        let row = &cache.newest[&key("pc1")];
        (row.boot.to_string(), row.at_ms, row.at.0)
    };
    let note = |cache: &mut Cache, boot: &str, newest, zero: i64| {
        let at = |ms: u64| Some(At(zero + i64::try_from(ms).unwrap()));
        cache.note_row(&key("pc1"), &boot.into(), newest, at);
    };
    note(&mut cache, "boot", Some(50), 100_000);
    assert_eq!(at(&cache), ("boot".into(), 50, 100_050));
    // An older row of it, or none, moves nothing but the tie.
    note(&mut cache, "boot", Some(20), 99_900);
    assert_eq!(at(&cache), ("boot".into(), 50, 99_950));
    note(&mut cache, "boot", None, 99_800);
    assert_eq!(at(&cache), ("boot".into(), 50, 99_850));
    // Rows of a boot before it are no news, rows of one after it are.
    note(&mut cache, "early", Some(9_000), 0);
    assert_eq!(at(&cache), ("boot".into(), 50, 99_850));
    note(&mut cache, "next", None, 200_000);
    assert_eq!(at(&cache), ("boot".into(), 50, 99_850));
    note(&mut cache, "next", Some(5), 200_000);
    assert_eq!(at(&cache), ("next".into(), 5, 200_005));
    cache.note_row(&key("pc1"), &"next".into(), Some(900), |_| None);
    assert_eq!(at(&cache), ("next".into(), 5, 200_005), "one that nothing ties");
    note(&mut cache, "same", Some(5), 200_000);
    assert_eq!(at(&cache).0, "same", "of two at one instant the later one heard");
}
