//! From the outcomes of single echoes to one reading. Pure.

use std::net::IpAddr;
use std::time::Duration;

use siaga_wire::{Reading, Saw};

use crate::probe::reading::{because, decimals, empty, four_digits, unreadable};

/// What became of one echo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It came back after this long.
    Answered(Duration),
    /// Nothing came back.
    Silent,
    /// Somebody on the way, or this PC's own network, said that it cannot get there.
    Unreachable { what: &'static str, from: Option<IpAddr> },
    /// This PC could not send it.
    CouldNotSend(String),
}

/// The reading: `sent` and `lost` always, round trips where there are any.
///
/// Round trip is the median of the answered; jitter the mean difference between one answered echo
/// and the next (in the manner of RFC 3550 6.4.1), absent below two answers.
pub(super) fn parse(name: &str, outcomes: &[Outcome]) -> Reading<'static> {
    let mut seconds = Vec::new();
    let mut sent = 0_u32;
    let mut unreachable = None;
    let mut not_sent = None;
    for outcome in outcomes {
        match outcome {
            Outcome::Answered(took) => seconds.push(took.as_secs_f64()),
            Outcome::Silent => {}
            Outcome::Unreachable { what, from } => unreachable = Some((*what, *from)),
            Outcome::CouldNotSend(why) => {
                not_sent = Some(why);
                continue;
            }
        }
        sent += 1;
    }
    if sent == 0 {
        let why = not_sent.map_or("nothing was sent", String::as_str);
        return unreadable(name, format!("cannot send: {why}"));
    }
    let mut reading = match (seconds.is_empty(), unreachable) {
        (false, _) => empty(name, Saw::Answered),
        (true, None) => empty(name, Saw::Timeout),
        (true, Some((what, None))) => because(name, Saw::Unreachable, what),
        (true, Some((what, Some(from)))) => {
            because(name, Saw::Unreachable, format!("{what}, says {from}"))
        }
    };
    let answered = u32::try_from(seconds.len()).unwrap_or(sent);
    reading.values.push("sent", f64::from(sent));
    reading.values.push("lost", f64::from(sent.saturating_sub(answered)));
    round_trips(&mut reading, &seconds);
    reading
}

fn round_trips(reading: &mut Reading<'static>, seconds: &[f64]) {
    let mut sorted = seconds.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (Some(least), Some(most)) = (sorted.first(), sorted.last()) else { return };
    let middle = sorted.len() / 2;
    let median = match (sorted.len() % 2, sorted.get(middle.wrapping_sub(1)), sorted.get(middle)) {
        (0, Some(below), Some(above)) => f64::midpoint(*below, *above),
        (_, _, Some(one)) => *one,
        (_, _, None) => return,
    };
    let mut push = |key: &'static str, value: f64| {
        reading.values.push(key, four_digits(decimals(value, 6)));
    };
    push("rtt_min_seconds", *least);
    push("rtt_seconds", median);
    push("rtt_max_seconds", *most);
    if seconds.len() >= 2 {
        let steps: f64 = seconds.windows(2).map(|pair| (pair[1] - pair[0]).abs()).sum();
        let pairs = u32::try_from(seconds.len() - 1).unwrap_or(u32::MAX);
        push("jitter_seconds", steps / f64::from(pairs));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Outcome {
        Outcome::Answered(Duration::from_millis(ms))
    }

    fn values(outcomes: &[Outcome]) -> String {
        let reading = parse("link.path", outcomes);
        let mut text = reading.saw.word().to_owned();
        for (name, value) in &reading.values.0 {
            text += &format!(" {name}={value}");
        }
        text + &reading.why.map(|why| format!(" ({why})")).unwrap_or_default()
    }

    #[test]
    fn the_definitions_hold() {
        assert_eq!(
            values(&[ms(10), ms(30), Outcome::Silent, ms(20)]),
            "answered sent=4 lost=1 rtt_min_seconds=0.01 rtt_seconds=0.02 rtt_max_seconds=0.03 \
             jitter_seconds=0.015"
        );
        assert_eq!(
            values(&[ms(10), ms(20)]),
            "answered sent=2 lost=0 rtt_min_seconds=0.01 rtt_seconds=0.015 rtt_max_seconds=0.02 \
             jitter_seconds=0.01"
        );
    }

    #[test]
    fn absent_is_not_zero() {
        assert_eq!(values(&[Outcome::Silent, Outcome::Silent]), "timeout sent=2 lost=2");
        assert_eq!(
            values(&[ms(7), Outcome::Silent]),
            "answered sent=2 lost=1 rtt_min_seconds=0.007 rtt_seconds=0.007 rtt_max_seconds=0.007"
        );
    }

    #[test]
    fn unreachable_says_who_says_so() {
        let from = Some("10.9.0.1".parse().unwrap());
        let dead = Outcome::Unreachable { what: "host unreachable", from };
        assert_eq!(
            values(&[Outcome::Silent, dead.clone()]),
            "unreachable sent=2 lost=2 (host unreachable, says 10.9.0.1)"
        );
        assert!(values(&[ms(1), dead]).starts_with("answered sent=2 lost=1"));
    }

    #[test]
    fn an_echo_that_could_not_be_sent_is_neither_sent_nor_lost() {
        let not = Outcome::CouldNotSend("Operation not permitted".into());
        assert_eq!(
            values(&[not.clone(), not.clone()]),
            "unreadable (cannot send: Operation not permitted)"
        );
        assert_eq!(values(&[not, Outcome::Silent]), "timeout sent=1 lost=1");
        assert_eq!(values(&[]), "unreadable (cannot send: nothing was sent)");
    }
}
