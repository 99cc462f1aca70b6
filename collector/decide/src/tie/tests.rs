//! Which ties are kept, and from where on a better one moves rows.

use super::*;

const SLOT: u64 = ANCHOR_EACH_MS;

fn anchor(slot: u64, zero_ms: i64) -> Anchor {
    Anchor { now_ms: slot * SLOT + 7, zero_ms }
}

fn boot(ties: &[(u64, i64)]) -> Boot {
    let mut boot = Boot::default();
    for (slot, zero_ms) in ties {
        boot.tie(anchor(*slot, *zero_ms));
    }
    boot
}

/// What one more tie changes, and those that are kept then.
fn then(ties: &[(u64, i64)], slot: u64, zero_ms: i64) -> (Tied, Vec<(u64, i64)>) {
    let mut boot = boot(ties);
    let tied = boot.tie(anchor(slot, zero_ms));
    let kept = boot.anchors.iter().map(|a| (self::slot(a.now_ms), a.zero_ms));
    (tied, kept.collect())
}

fn from(slot: u64) -> Tied {
    Tied::Better { moved_from_ms: Some(slot * SLOT) }
}

#[test]
fn one_tie_is_kept_for_each_ten_minutes_the_least_and_the_earliest() {
    assert_eq!(then(&[], 3, 1_000), (Tied::First, vec![(3, 1_000)]));
    assert_eq!(then(&[(3, 1_000)], 3, 1_020), (Tied::Same, vec![(3, 1_000)]));
    assert_eq!(then(&[(3, 1_000)], 3, 1_000), (Tied::Same, vec![(3, 1_000)]));
    assert_eq!(then(&[(3, 1_000)], 3, 980).1, [(3, 980)]);
    let mut boot = Boot::default();
    for now_ms in [50, 20, 80] {
        boot.tie(Anchor { now_ms, zero_ms: 1_000 });
    }
    assert_eq!(boot.anchors, [Anchor { now_ms: 20, zero_ms: 1_000 }]);
}

#[test]
fn a_tie_that_another_contradicts_by_more_than_drift_is_not_kept() {
    // Ten minutes on either side and those between: 200 ppm of them are 120 ms each.
    assert_eq!(then(&[(3, 1_000)], 4, 1_240).1, [(3, 1_000), (4, 1_240)]);
    assert_eq!(then(&[(3, 1_000)], 4, 1_260), (Tied::Same, vec![(3, 1_000)]));
    assert_eq!(then(&[(3, 1_000)], 5, 1_360).1, [(3, 1_000), (5, 1_360)]);
    assert_eq!(then(&[(3, 1_000)], 5, 1_380).0, Tied::Same);
    assert_eq!(then(&[(3, 1_000)], 1, 1_380).0, Tied::Same);
    // The other way round it drives out what it contradicts.
    assert_eq!(then(&[(3, 1_000)], 4, 760).1, [(3, 1_000), (4, 760)]);
    assert_eq!(then(&[(3, 1_000)], 4, 740), (from(0), vec![(4, 740)]));
}

#[test]
fn a_better_tie_moves_rows_from_the_ten_minutes_before_it() {
    let row: Vec<(u64, i64)> = (0..5).map(|slot| (slot, 1_000)).collect();
    assert_eq!(then(&row, 3, 980).0, from(2));
    assert_eq!(then(&row, 5, 1_000).0, from(4), "beyond the last drift was allowed for");
    // One that says what its neighbours say moves nothing, nor does one that takes its place.
    let without: Vec<(u64, i64)> = row.iter().copied().filter(|(slot, _)| *slot != 2).collect();
    assert_eq!(then(&without, 2, 1_000).0, Tied::Better { moved_from_ms: None });
    let late: Vec<(u64, i64)> =
        row.iter().map(|(slot, zero)| (*slot, zero + 20 * i64::from(*slot == 2))).collect();
    assert_eq!(then(&late, 2, 1_000).0, Tied::Better { moved_from_ms: None });
}

#[test]
fn a_tie_with_none_near_before_it_moves_all_rows() {
    let ties = [(0, 1_000), (6, 1_000)];
    assert_eq!(then(&ties, 1, 1_000).0, from(0));
    assert_eq!(then(&ties, 2, 1_000).0, from(0));
    assert_eq!(then(&ties, 7, 1_000).0, from(6));
    assert_eq!(then(&ties, 6, 980).0, from(0), "it may always have been alone");
    assert_eq!(then(&[(5, 1_000)], 5, 980).0, from(0));
}

#[test]
fn once_a_day_a_tie_that_moves_rows_moves_them_all() {
    let row: Vec<(u64, i64)> = (140..150).map(|slot| (slot, 1_000)).collect();
    assert_eq!(then(&row, 143, 980).0, from(142));
    assert_eq!(then(&row, 144, 980).0, from(0));
    assert_eq!(then(&row, 145, 980).0, from(144));
}

#[test]
fn ties_are_found_as_by_looking_at_all() {
    let mut dice = 0x5EED_u64;
    let mut roll = |sides: u64| {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (dice >> 33) % sides
    };
    for _ in 0..300 {
        let mut boot = Boot::default();
        for _ in 0..roll(30) {
            boot.tie(anchor(roll(40), 1_000));
        }
        for here in 0..45 {
            let near = |a: &Anchor| slot(a.now_ms) + 1 < here;
            assert_eq!(boot.first_near(here), boot.anchors.iter().filter(|a| near(a)).count());
        }
    }
}

#[test]
fn a_row_lies_where_the_least_tie_of_half_an_hour_says() {
    let boot = boot(&[(0, 1_100), (1, 1_060), (2, 1_000), (3, 1_080)]);
    let zero = |slot: u64| boot.zero_at(slot * SLOT);
    assert_eq!([zero(0), zero(1), zero(2), zero(4)], [1_060, 1_000, 1_000, 1_080].map(Some));
    assert_eq!(Boot::default().zero_at(0), None);
    // Farther off, as much later as clocks drift meanwhile.
    let alone = Boot { anchors: vec![Anchor { now_ms: 0, zero_ms: 1_000 }], ..Boot::default() };
    assert_eq!(alone.zero_at(10 * SLOT), Some(1_000 + 1_200));
    assert_eq!(reach(&Anchor { now_ms: 10 * SLOT, zero_ms: 1_000 }, 0), 2_200);
}

fn heard(now_ms: Option<u64>, wall: Option<At>) -> Heard {
    Heard {
        station: crate::ids::StationKey { office: "palaran".into(), station: "pc1".into() },
        boot: "boot".into(),
        run: "run".into(),
        now_ms,
        wall,
        newest: 0,
        newest_of: None,
        rows: Vec::new(),
    }
}

#[test]
fn a_tie_is_rounded_up_and_never_places_a_row_before_it_was_made() {
    for (arrived, zero) in [(5_000, 4_000), (5_001, 4_020), (5_019, 4_020), (5_020, 4_020)] {
        let mut boot = Boot::default();
        assert_eq!(tie_boot(&mut boot, &heard(Some(1_000), None), At(arrived)), Tied::First);
        assert_eq!(boot.anchors[0].zero_ms, zero, "{arrived}");
    }
}

#[test]
fn a_report_that_ties_nothing_may_still_show_the_clock() {
    let mut boot = Boot::default();
    let tied = |boot: &mut Boot, wall| tie_boot(boot, &heard(Some(1_000), wall), At(5_000));
    assert_eq!(tied(&mut boot, Some(At(9_000))), Tied::First, "more than a hint");
    assert_eq!(tied(&mut boot, Some(At(9_000))), Tied::Same);
    assert_eq!(tied(&mut boot, None), Tied::Same);
    assert_eq!(tied(&mut boot, Some(At(8_500))), Tied::Hints);
    assert_eq!(boot.wall, Some((7_500, 8_000)));
}
