//! A truth as a text that a technician can read and write: what there is, and then what happened,
//! one thing a line, in civil time. Must never judge anything.
//!
//! ```text
//! zone Asia/Makassar
//! play 2026-11-24 07:00 to 2026-11-24 17:00
//! line Telkom
//! mains kota
//! office palaran name "Kantor Kecamatan Palaran" zone Asia/Makassar router-ups 10m
//!   hours Mo-Th 08:00-16:00; Fr 08:00-11:30,13:00-16:00
//!   day 2026-11-25 closed
//!   station loket-1 ups 30m
//!   generator starts 20s fuel 3h asked-by loket-1
//!
//! 09:00 mains off
//! 09:05 line down
//! 10:00 mains on
//! 10:20 pc loket-1 switched off
//! 10:30 pc loket-1 on
//! 12:00 plan office from 13:00 to 15:00
//! 13:05 acknowledged
//! ```
//!
//! A line with nothing but a day, `2026-11-25`, says of what day the times below it are. What
//! nobody ends lasts to the end of the play. A name may be left out where there is one thing of
//! its kind, and the office of a station (`palaran/loket-1`) where no other has one of that name.
//! Times are those of the `zone`, or of the first office; service hours those of their office.

mod hours;
mod moment;
mod names;
mod outcome;
mod read;
mod shrink;
mod switch;
mod write;

use std::fmt;

use super::truth::Truth;

pub use outcome::outcome;
pub use shrink::shrink;

/// What is wrong with a story, and what to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// In which file.
    pub file: String,
    /// In which line.
    pub line: usize,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub hint: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}:{}: {}\nhint: {}", self.file, self.line, self.what, self.hint)
    }
}

/// What a text tells.
///
/// # Errors
/// Every line that cannot be understood.
pub fn read(file: &str, text: &str) -> Result<Truth, Vec<Problem>> {
    read::read(file, text)
}

/// A truth as text; [`read`] gives the same truth back.
#[must_use]
pub fn write(truth: &Truth) -> String {
    write::write(truth)
}
