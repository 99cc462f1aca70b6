//! How much longer an outage is likely to last, from how long those before it lasted. Must never
//! say anything from fewer than [`FEWEST`] cases, nor from outages that only a silence spoke of.
//!
//! The outage has lasted so long already: only cases that lasted longer than that are like it. So
//! the longer it lasts, the fewer there are, until nothing is said any more.

use std::collections::BTreeMap;

use crate::cause::Kind;
use crate::ids::OfficeId;
use crate::outage::Outage;

/// With fewer cases than this nothing is said.
pub(crate) const FEWEST: usize = 10;

/// An outage that is over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Past {
    /// Whose.
    pub office: OfficeId,
    /// What it was charged to for the longest time.
    pub kind: Kind,
    /// From its beginning to its end, milliseconds; the nights too.
    pub lasted_ms: i64,
}

/// Whose history a forecast rests on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Basis {
    /// The same cause at the same office.
    Office,
    /// The same cause anywhere, because the office alone has too few cases.
    All,
}

/// How long outages like this one went on. Each figure is the least length within which that part
/// of the cases was over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Forecast {
    /// How many outages it rests on.
    pub cases: usize,
    /// Whose.
    pub basis: Basis,
    /// Half of them were over within so many milliseconds from now.
    pub median_ms: i64,
    /// Nine in ten were.
    pub nine_in_ten_ms: i64,
    /// The same from their beginning.
    pub median_total_ms: i64,
    /// The same from their beginning.
    pub nine_in_ten_total_ms: i64,
}

impl Past {
    /// An outage as a case; `None` where it is not over, did not happen, was planned work, or rests
    /// on silence.
    #[must_use]
    pub fn of(outage: &Outage) -> Option<Self> {
        let to = outage.to?;
        if outage.void || outage.provisional {
            return None;
        }
        let mut shares: BTreeMap<(bool, Kind), i64> = BTreeMap::new();
        let seen = outage.charges.iter().filter(|c| !c.guessed && c.cause.kind != Kind::Silent);
        for charge in seen {
            *shares.entry((charge.planned, charge.cause.kind)).or_default() +=
                charge.span.length_ms();
        }
        // The first of the longest: by the order of ties among causes.
        let ((planned, kind), _) = shares.into_iter().rev().max_by_key(|(_, ms)| *ms)?;
        // The middle of what is known of either end.
        let middle = |when: crate::span::When| when.lo.0 / 2 + when.hi.0 / 2;
        let lasted_ms = middle(to).saturating_sub(middle(outage.from));
        (!planned && lasted_ms > 0).then(|| Self { office: outage.office.clone(), kind, lasted_ms })
    }
}

/// How much longer an outage of that cause at that office lasts that has lasted so long; `None`
/// with too few cases, and where the cause is not known.
#[must_use]
pub fn forecast<'a>(
    history: impl IntoIterator<Item = &'a Past>,
    office: &OfficeId,
    kind: Kind,
    lasted_ms: i64,
) -> Option<Forecast> {
    if kind == Kind::Silent {
        return None;
    }
    let (mut here, mut anywhere) = (Vec::new(), Vec::new());
    for past in history.into_iter().filter(|p| p.kind == kind && p.lasted_ms > lasted_ms) {
        anywhere.push(past.lasted_ms);
        if past.office == *office {
            here.push(past.lasted_ms);
        }
    }
    let (basis, mut lengths) =
        if here.len() >= FEWEST { (Basis::Office, here) } else { (Basis::All, anywhere) };
    if lengths.len() < FEWEST {
        return None;
    }
    lengths.sort_unstable();
    let (median, nine) = (within(&lengths, 1, 2)?, within(&lengths, 9, 10)?);
    let lasted = lasted_ms.max(0);
    Some(Forecast {
        cases: lengths.len(),
        basis,
        median_ms: median - lasted,
        nine_in_ten_ms: nine - lasted,
        median_total_ms: median,
        nine_in_ten_total_ms: nine,
    })
}

/// The least of sorted lengths that at least `part / whole` of them do not exceed.
fn within(sorted: &[i64], part: usize, whole: usize) -> Option<i64> {
    let count = (sorted.len() * part).div_ceil(whole);
    sorted.get(count.saturating_sub(1)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cause::{Cause, Certainty, Thing};
    use crate::outage::{Charge, Told};
    use crate::span::{At, Span, When};

    struct Dice(u64);

    impl Dice {
        fn below(&mut self, n: u64) -> i64 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            i64::try_from((self.0 >> 1) % n).unwrap()
        }
    }

    fn past(office: &str, kind: Kind, lasted_ms: i64) -> Past {
        Past { office: office.into(), kind, lasted_ms }
    }

    #[test]
    fn figures_agree_with_counting_the_cases() {
        let mut dice = Dice(0x5EED_0003);
        let (mut said, mut of_office) = (0, 0);
        for _ in 0..3_000 {
            let count = dice.below(60);
            let history: Vec<Past> = (0..count)
                .map(|_| {
                    let office = if dice.below(2) == 0 { "utara" } else { "selatan" };
                    let kind = if dice.below(3) == 0 { Kind::Center } else { Kind::Power };
                    // Few different lengths, so that many are alike.
                    past(office, kind, 1 + dice.below(12) * 1_000)
                })
                .collect();
            let lasted = dice.below(12_000);
            let made = forecast(&history, &"selatan".into(), Kind::Power, lasted);
            let like = |p: &&Past| p.kind == Kind::Power && p.lasted_ms > lasted;
            let here = |p: &&Past| p.office == "selatan".into();
            let mut cases: Vec<&Past> = history.iter().filter(like).filter(here).collect();
            let basis = if cases.len() >= 10 { Basis::Office } else { Basis::All };
            if basis == Basis::All {
                cases = history.iter().filter(like).collect();
            }
            let Some(made) = made else {
                assert!(cases.len() < 10);
                continue;
            };
            said += 1;
            of_office += usize::from(basis == Basis::Office);
            assert_eq!((made.cases, made.basis), (cases.len(), basis));
            for (remaining, total, part) in [
                (made.median_ms, made.median_total_ms, 5),
                (made.nine_in_ten_ms, made.nine_in_ten_total_ms, 9),
            ] {
                assert!(remaining > 0, "it still lasts");
                assert_eq!(remaining + lasted, total);
                let over_by = |ms: i64| cases.iter().filter(|c| c.lasted_ms <= ms).count();
                assert!(over_by(total) * 10 >= cases.len() * part);
                assert!(over_by(total - 1) * 10 < cases.len() * part);
            }
        }
        assert!(said > 500 && of_office > 100 && of_office < said);
    }

    #[test]
    fn nothing_is_said_of_a_silence_or_after_too_long() {
        let history: Vec<Past> = (1..=10).map(|n| past("a", Kind::Silent, n * 1_000)).collect();
        assert_eq!(forecast(&history, &"a".into(), Kind::Silent, 0), None);
        let history: Vec<Past> = (1..=10).map(|n| past("a", Kind::Power, n * 1_000)).collect();
        assert!(forecast(&history, &"a".into(), Kind::Power, 999).is_some());
        assert_eq!(forecast(&history, &"a".into(), Kind::Power, 1_000), None);
    }

    #[test]
    fn only_what_happened_and_is_over_is_a_case() {
        let span = |from: i64, to: i64| Span::new(At(from), At(to));
        let charge = |span, kind| Charge {
            span,
            cause: Cause {
                kind,
                sub: None,
                certainty: Certainty::Certain,
                thing: Thing::Mains,
                why: Vec::new(),
            },
            planned: false,
            guessed: false,
        };
        let outage = Outage {
            id: "a-1".into(),
            office: "a".into(),
            from: When { lo: At(0), hi: At(2_000) },
            to: Some(When::exact(At(61_000))),
            charges: vec![
                charge(span(2_000, 20_000), Kind::LinkLan),
                charge(span(20_000, 61_000), Kind::Power),
            ],
            timeline: Vec::new(),
            provisional: false,
            void: false,
            downtime_ms: 0,
            told: Told::default(),
            acknowledged: None,
            expected_back: None,
        };
        assert_eq!(Past::of(&outage), Some(past("a", Kind::Power, 60_000)));
        let with = |change: &dyn Fn(&mut Outage)| {
            let mut other = outage.clone();
            change(&mut other);
            Past::of(&other)
        };
        assert_eq!(with(&|o| o.to = None), None);
        assert_eq!(with(&|o| o.void = true), None);
        assert_eq!(with(&|o| o.provisional = true), None);
        assert_eq!(with(&|o| o.charges[1].planned = true), None);
        let guessed = with(&|o| o.charges[1].guessed = true);
        assert_eq!(guessed.map(|p| p.kind), Some(Kind::LinkLan));
    }
}
