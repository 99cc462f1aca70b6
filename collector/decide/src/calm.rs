//! Whether nothing goes on in an office. Ties between clocks are refined by milliseconds all the
//! time, and each refinement moves the rows of some minutes; where those are minutes of calm no
//! edge lies among them, so nothing that was decided is decided otherwise.

use crate::span::{At, Span};
use crate::truth::Look;
use crate::view::{OfficeState, StationState};

/// What happens within this of each other may belong together, milliseconds: no rule looks farther
/// from an edge than five minutes.
const TOGETHER_MS: i64 = 900_000;
/// When the last thing happened to an office that serves; absent where something may be under way.
pub(crate) fn since(look: &Look) -> Option<At> {
    let office = look.states.last().filter(|s| s.state == OfficeState::Serving)?;
    let mut since = office.span.from;
    for states in &look.stations {
        let last = states.last()?;
        match last.state {
            StationState::Serving | StationState::Stopped | StationState::NeverHeard => {
                since = since.max(last.span.from);
            }
            StationState::Down
            | StationState::Unsure
            | StationState::Unseen
            | StationState::Silent => return None,
        }
    }
    let newest = |lists: &[Vec<Span>]| lists.iter().filter_map(|l| l.last().copied()).max();
    since = since.max(newest(&look.batteries).map_or(since, |s| s.to));
    Some(since.max(newest(&look.mains).map_or(since, |s| s.from)))
}

/// Whether a calm that began then reaches far enough back for rows made from `from` on to be placed
/// a little otherwise without judging again.
pub(crate) fn reaches(since: At, from: At) -> bool {
    from - since >= TOGETHER_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_of_an_hour_without_anything_is_a_calm() {
        let since = At(1_000);
        assert!(reaches(since, At(901_000)) && !reaches(since, At(900_999)));
    }
}
