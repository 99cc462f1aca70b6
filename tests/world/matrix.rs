//! The confusion matrix: true cause against charged cause, in seconds of service hours.

use std::fmt::Write as _;

use super::check::Tally;
use super::oracle::Cause;

const ALL: [Cause; 7] = [
    Cause::Power,
    Cause::Center,
    Cause::Lan,
    Cause::Provider,
    Cause::Path,
    Cause::Device,
    Cause::Station,
];

/// The word of a cause, as in reports.
#[must_use]
pub fn word(cause: Cause) -> &'static str {
    match cause {
        Cause::Power => "power",
        Cause::Center => "center",
        Cause::Lan => "link.lan",
        Cause::Provider => "link.provider",
        Cause::Path => "link.path",
        Cause::Device => "device",
        Cause::Station => "station",
    }
}

/// The matrix as a table: a row for each true cause, a column for each that was charged, and what
/// nobody observed. In brackets what was only called likely.
#[must_use]
pub fn table(tally: &Tally) -> String {
    let seconds = |truly: Cause, charged: Option<Cause>, sure: bool| {
        tally.seconds.get(&(truly, charged, sure)).copied().unwrap_or(0)
    };
    let mut out = "| in truth, s |".to_owned();
    for cause in ALL {
        let _infallible = write!(out, " {} |", word(cause));
    }
    out.push_str(" unobserved |\n|---|");
    out.push_str(&"---:|".repeat(ALL.len() + 1));
    for truly in ALL {
        let _infallible = write!(out, "\n| {} |", word(truly));
        for charged in ALL {
            let (certain, likely) =
                (seconds(truly, Some(charged), true), seconds(truly, Some(charged), false));
            let _infallible = match (certain, likely) {
                (0, 0) => write!(out, " |"),
                (certain, 0) => write!(out, " {certain} |"),
                (certain, likely) => write!(out, " {certain} ({likely}) |"),
            };
        }
        let _infallible = write!(out, " {} |", seconds(truly, None, false));
    }
    out.push('\n');
    out
}
