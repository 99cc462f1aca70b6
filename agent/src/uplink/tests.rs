//! When the uplink sends what, and how long it waits.

use super::*;
use crate::spool::ranges::Ranges;

const CYCLE: Duration = Duration::from_secs(15);
const HALF_AN_HOUR_MS: u64 = 30 * 60 * 1000;

fn pending(run: &str, newest: u64, numbers: &str) -> Pending {
    let numbers: Ranges = numbers.parse().unwrap();
    Pending { run: run.into(), boot: "b".into(), newest, numbers }
}

fn sent(next: Next) -> Send {
    match next {
        Next::Send(send) => send,
        Next::Wait(_) | Next::Nothing => panic!("{next:?}"),
    }
}

fn wait(next: Next) -> u64 {
    match next {
        Next::Wait(until_ms) => until_ms,
        Next::Send(_) | Next::Nothing => panic!("{next:?}"),
    }
}

#[test]
fn the_newest_rows_go_first_then_the_backlog_oldest_first() {
    let mut uplink = Uplink::new(CYCLE, 1);
    let spool = [pending("old", 90, "40-90"), pending("now", 12, "1-12")];
    uplink.added(11, 12);
    let live = sent(uplink.next(0, &spool));
    assert_eq!((live.run.as_str(), live.range, live.newest_of.clone()), ("now", (11, 12), None));
    assert_eq!(uplink.next(0, &spool), Next::Nothing, "one at a time");
    uplink.answered(100, &live, 2, &Outcome::Committed);

    let spool = [pending("old", 90, "40-90"), pending("now", 12, "1-10")];
    let backlog = sent(uplink.next(100, &spool));
    assert_eq!((backlog.run.as_str(), backlog.range), ("old", (40, 90)));
    assert_eq!(backlog.newest_of, Some(("now".into(), 12)));
    // A new cycle in between goes before the rest of the backlog.
    uplink.added(13, 20);
    uplink.answered(200, &backlog, 51, &Outcome::Committed);
    let spool = [pending("old", 90, ""), pending("now", 20, "1-10 13-20")];
    let live = sent(uplink.next(200, &spool));
    assert_eq!((live.run.as_str(), live.range), ("now", (13, 20)));
    uplink.answered(300, &live, 8, &Outcome::Committed);
    let spool = [pending("old", 90, ""), pending("now", 20, "1-10")];
    let rest = sent(uplink.next(300, &spool));
    assert_eq!((rest.run.as_str(), rest.range, rest.newest_of), ("now", (1, 10), None));
}

#[test]
fn nothing_to_send_sends_nothing() {
    let mut uplink = Uplink::new(CYCLE, 1);
    assert_eq!(uplink.next(0, &[]), Next::Nothing);
    assert_eq!(uplink.next(0, &[pending("now", 9, "")]), Next::Nothing);
}

#[test]
fn the_window_grows_to_half_an_hour_and_the_jitter_fills_all_of_it() {
    let spool = [pending("now", 4, "1-4")];
    let mut delays = Vec::new();
    for seed in 0..400 {
        let mut uplink = Uplink::new(CYCLE, seed);
        uplink.added(1, 4);
        let mut now_ms = 0;
        for _ in 0..12 {
            let send = sent(uplink.next(now_ms, &spool));
            uplink.answered(now_ms, &send, 4, &Outcome::Failed);
            let until_ms = wait(uplink.next(now_ms, &spool));
            assert!(until_ms > now_ms && until_ms <= now_ms + HALF_AN_HOUR_MS);
            delays.push(until_ms - now_ms);
            now_ms = until_ms;
        }
    }
    let last: Vec<u64> = delays.iter().skip(11).step_by(12).copied().collect();
    let mean = last.iter().sum::<u64>() / last.len() as u64;
    assert!((HALF_AN_HOUR_MS / 3..HALF_AN_HOUR_MS * 2 / 3).contains(&mean), "{mean}");
    assert!(
        last.iter().any(|d| *d < HALF_AN_HOUR_MS / 10)
            && last.iter().any(|d| *d > HALF_AN_HOUR_MS * 9 / 10)
    );
    assert!(delays.iter().step_by(12).all(|d| *d <= 15_000), "the first try is soon");
}

#[test]
fn what_the_collector_asks_for_is_obeyed_to_the_second_and_nothing_shortens_it() {
    let spool = [pending("now", 4, "1-4")];
    let mut uplink = Uplink::new(CYCLE, 7);
    uplink.added(1, 4);
    let send = sent(uplink.next(1_000, &spool));
    uplink.answered(1_000, &send, 4, &Outcome::Later(Duration::from_secs(90)));
    uplink.hurry(2_000);
    uplink.urgent(2_000);
    assert_eq!(wait(uplink.next(2_000, &spool)), 91_000);
    let send = sent(uplink.next(91_000, &spool));
    uplink.answered(91_000, &send, 4, &Outcome::Later(Duration::MAX));
    assert_eq!(
        wait(uplink.next(91_000, &spool)),
        91_000 + 3_600_000,
        "nobody may silence it for ever"
    );
}

#[test]
fn a_link_that_answers_ends_the_long_window_and_power_gets_one_try_a_cycle() {
    let spool = [pending("now", 4, "1-4")];
    let mut uplink = Uplink::new(CYCLE, 3);
    uplink.added(1, 4);
    let mut now_ms = 0;
    for _ in 0..12 {
        let send = sent(uplink.next(now_ms, &spool));
        uplink.answered(now_ms, &send, 4, &Outcome::Failed);
        now_ms = wait(uplink.next(now_ms, &spool));
    }
    let send = sent(uplink.next(now_ms, &spool));
    uplink.answered(now_ms, &send, 4, &Outcome::Unauthorized);
    uplink.hurry(now_ms);
    assert!(wait(uplink.next(now_ms, &spool)) <= now_ms + 15_000);
    uplink.urgent(now_ms);
    let send = sent(uplink.next(now_ms, &spool));
    uplink.answered(now_ms, &send, 4, &Outcome::Failed);
    uplink.urgent(now_ms + 5_000);
    assert!(matches!(uplink.next(now_ms, &spool), Next::Wait(_)), "one a cycle");
}

#[test]
fn a_report_too_large_is_halved_and_a_poisoned_row_is_given_up() {
    let spool = [pending("now", 400, "1-400")];
    let mut uplink = Uplink::new(CYCLE, 5);
    let (mut rows, mut now_ms) = (400, 0);
    loop {
        let send = sent(uplink.next(now_ms, &spool));
        assert!(send.rows_most >= 1);
        rows = rows.min(send.rows_most);
        let give_up = uplink.answered(now_ms, &send, rows, &Outcome::TooLarge);
        if rows == 1 {
            assert_eq!(give_up, Some(0));
            break;
        }
        assert_eq!(give_up, None);
        now_ms = wait(uplink.next(now_ms, &spool));
    }
    now_ms = wait(uplink.next(now_ms, &spool));
    let send = sent(uplink.next(now_ms, &spool));
    assert_eq!(uplink.answered(now_ms, &send, 3, &Outcome::Refused(Some(2))), Some(2));
    now_ms = wait(uplink.next(now_ms, &spool));
    let send = sent(uplink.next(now_ms, &spool));
    assert_eq!(
        uplink.answered(now_ms, &send, 3, &Outcome::Refused(Some(9))),
        None,
        "a row that was not sent"
    );
}
