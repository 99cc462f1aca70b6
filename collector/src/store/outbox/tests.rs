//! Leases, what ends them, and when a message is tried again or given up.

use super::*;
use crate::store::open_writer;

fn store() -> (tempfile::TempDir, Connection) {
    let dir = tempfile::tempdir().unwrap();
    let conn = open_writer(&dir.path().join("siaga.db")).unwrap();
    (dir, conn)
}

fn draft(change: &str) -> Draft {
    Draft {
        subject: "palaran-20261124-1".into(),
        change: change.into(),
        contact: "teknisi".into(),
        channel: "telegram".into(),
        address: "-100".into(),
        office: Some("palaran".into()),
        language: "id".into(),
        title: "Palaran: tautan putus".into(),
        body: "sejak 09:02".into(),
        link: None,
    }
}

#[test]
fn the_same_change_is_told_once() {
    let (_dir, conn) = store();
    assert!(add(&conn, At(1), &draft("opened")).unwrap());
    assert!(!add(&conn, At(9), &draft("opened")).unwrap());
    assert!(add(&conn, At(9), &draft("ended")).unwrap());
    let other = Draft { contact: "kasi".into(), ..draft("opened") };
    assert!(add(&conn, At(9), &other).unwrap());
    assert_eq!(list(&conn, None, 10).unwrap().len(), 3);
}

#[test]
fn a_lease_keeps_others_away_until_it_ends() {
    let (_dir, conn) = store();
    add(&conn, At(1), &draft("opened")).unwrap();
    let taken = claim(&conn, At(10), "telegram", 1000, 5).unwrap();
    assert_eq!(taken.len(), 1);
    assert_eq!(claim(&conn, At(1009), "telegram", 1000, 5).unwrap(), []);
    assert_eq!(next_due(&conn).unwrap(), Some(At(1010)));
    // Whoever held it is gone: it is sent again, once.
    let again = claim(&conn, At(1010), "telegram", 1000, 5).unwrap();
    assert_eq!(again.len(), 1);
    assert_eq!(again[0].key(), taken[0].key());
    done(&conn, At(1011), again[0].id, Some("77")).unwrap();
    assert_eq!(claim(&conn, At(99_999), "telegram", 1000, 5).unwrap(), []);
    assert_eq!(next_due(&conn).unwrap(), None);
}

#[test]
fn a_start_ends_the_leases_of_the_process_before_it() {
    let (_dir, conn) = store();
    add(&conn, At(1), &draft("opened")).unwrap();
    add(&conn, At(1), &draft("ended")).unwrap();
    let taken = claim(&conn, At(10), "telegram", 90_000, 2).unwrap();
    done(&conn, At(11), taken[0].id, None).unwrap();
    give_back(&conn, At(15), &[taken[0].id]).unwrap();
    release(&conn, At(20)).unwrap();
    let again = claim(&conn, At(20), "telegram", 90_000, 2).unwrap();
    let again: Vec<_> = again.iter().map(|m| (m.id, m.tries)).collect();
    assert_eq!(again, [(taken[1].id, 2)]);
}

#[test]
fn what_was_claimed_and_not_tried_is_due_as_before() {
    let (_dir, conn) = store();
    add(&conn, At(1), &draft("opened")).unwrap();
    let taken = claim(&conn, At(10), "telegram", 90_000, 1).unwrap();
    give_back(&conn, At(11), &[taken[0].id]).unwrap();
    let again = claim(&conn, At(11), "telegram", 90_000, 1).unwrap();
    assert_eq!(again[0].tries, 1);
}

#[test]
fn failures_wait_as_told_and_permanent_ones_are_parked() {
    let (_dir, conn) = store();
    add(&conn, At(0), &draft("opened")).unwrap();
    let m = claim(&conn, At(0), "telegram", 1_000, 1).unwrap().remove(0);
    failed(&conn, At(10), &m, "no route", 7_000, false).unwrap();
    assert_eq!(next_due(&conn).unwrap(), Some(At(7_010)));
    let m = claim(&conn, At(7_010), "telegram", 1_000, 1).unwrap().remove(0);
    assert_eq!(m.error.as_deref(), Some("no route"));
    let now = At(7_020);
    assert_eq!(failed(&conn, now, &m, "no such chat", 7_000, true).unwrap(), State::Parked);
    assert_eq!(next_due(&conn).unwrap(), None);
    let parked = list(&conn, Some(State::Parked), 10).unwrap();
    assert_eq!(parked[0].error.as_deref(), Some("no such chat"));
    assert!(unpark(&conn, now, parked[0].id).unwrap());
    assert_eq!(next_due(&conn).unwrap(), Some(now));
}

#[test]
fn one_failure_too_many_parks_a_message() {
    let (_dir, conn) = store();
    add(&conn, At(0), &draft("opened")).unwrap();
    for n in 0..MOST_TRIES {
        let m = claim(&conn, At(0), "telegram", 1_000, 1).unwrap().remove(0);
        let state = failed(&conn, At(0), &m, "no route", 0, false).unwrap();
        let last = n + 1 == MOST_TRIES;
        assert_eq!(state, if last { State::Parked } else { State::Due }, "{n}");
    }
}
