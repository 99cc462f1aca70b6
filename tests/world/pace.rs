//! What an office-week costs: one fixed week of one office with two stations of eight probes each,
//! played, judged, put into a ledger and compared, on one thread. Must never change with the seeds
//! of `faults.rs`: its figure is compared over time.

use std::io::{self, Write};

use clock::thread_seconds;

use super::check::compare;
use super::sim::play;
use super::steady;
use super::story::read;

mod clock;

/// The week: written once from a seed whose office is of that size, as full of troubles as any.
const WEEK: &str = include_str!("pace.txt");
/// So many seconds of one core it may take.
const MOST_SECONDS: f64 = 3.0;

/// Plays the week as most seeds are played, and then with the replay and the shuffled deliveries
/// that one seed of a few gets on top. Whether the first is fast enough and both are well.
///
/// # Errors
/// Where the week cannot be read or nothing can be written.
pub fn measure(out: &mut impl Write) -> io::Result<bool> {
    let truth = read("pace.txt", WEEK).map_err(|problems| {
        let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        io::Error::other(told.join("\n"))
    })?;
    let mut well = true;
    for (name, keep) in [("world.office_week", false), ("world.office_week_replayed", true)] {
        let start = thread_seconds();
        let played = play(&truth, keep);
        let (mismatches, _) = compare(&truth, &played.said());
        let mut wrong = steady::check(truth.seed, &played);
        wrong.extend(mismatches.iter().map(ToString::to_string));
        let seconds = thread_seconds() - start;
        let (bar, verdict) = match (keep, seconds <= MOST_SECONDS) {
            (true, _) => ("-".to_owned(), "ok"),
            (false, true) => (format!("<={MOST_SECONDS}"), "ok"),
            (false, false) => (format!("<={MOST_SECONDS}"), "short"),
        };
        writeln!(out, "{name} {seconds:.3} s {bar} {verdict}")?;
        for line in &wrong {
            writeln!(out, "  {line}")?;
        }
        well &= verdict == "ok" && wrong.is_empty();
    }
    Ok(well)
}
