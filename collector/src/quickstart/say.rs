//! What the quickstart prints. Standard output only, a whole piece at a time, so that the lines of
//! the parts that run beside each other do not mix.

use std::io::Write as _;

/// Prints lines. A terminal that is gone is no reason to stop.
pub(crate) fn lines(text: &str) {
    let mut out = std::io::stdout().lock();
    let _gone = writeln!(out, "{}", text.trim_end()).and_then(|()| out.flush());
}
