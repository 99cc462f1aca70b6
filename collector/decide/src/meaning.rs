//! What a stretch means for judging: good, bad or unreadable; and what a probe is about, by its
//! name. A reading stays a measurement: only here does it become a verdict.

use crate::fact::{Fact, Saw};
use crate::ids::ProbeName;
use crate::setup::Role;

/// What one answer says about the thing asked.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Meaning {
    /// It works.
    Good,
    /// It does not.
    Bad,
    /// Nobody could ask: neither good nor bad.
    Unreadable,
}

/// What a probe is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum About {
    /// A place on the way to the data center.
    Link(Role),
    /// A UPS.
    Ups,
    /// A generator.
    Generator,
    /// A device or a process.
    Device,
    /// Anything else: it counts only where it is needed.
    Other,
}

/// What a stretch says.
pub(crate) fn meaning(fact: &Fact) -> Meaning {
    match fact.answer.saw {
        Saw::Unreadable(_) => Meaning::Unreadable,
        Saw::Refused | Saw::Timeout | Saw::Unreachable | Saw::Error(_) => Meaning::Bad,
        Saw::Answered => {
            if is_bad(fact) {
                Meaning::Bad
            } else {
                Meaning::Good
            }
        }
    }
}

/// Whether the numbers of an answer say that nothing works. One pass without searching: every
/// judgement asks this of every stretch.
fn is_bad(fact: &Fact) -> bool {
    let (mut lost, mut sent, mut absent, mut none) = (None, None, false, false);
    for number in &fact.numbers {
        match &*number.name {
            "lost" => lost = Some(number.last),
            "sent" => sent = Some(number.last),
            "device_present" => absent = number.last < 0.5,
            "processes" => none = number.last < 0.5,
            _ => {}
        }
    }
    let all_lost = lost.zip(sent).is_some_and(|(lost, sent)| sent > 0.0 && lost >= sent);
    all_lost || absent || (none && about(&fact.probe, fact.role) == About::Device)
}

/// The newest value of a number.
pub(crate) fn number(fact: &Fact, name: &str) -> Option<f64> {
    let i = fact.numbers.binary_search_by(|n| (*n.name).cmp(name)).ok()?;
    fact.numbers.get(i).map(|n| n.last)
}

/// What a probe of that name is about.
pub(crate) fn about(probe: &ProbeName, role: Option<Role>) -> About {
    let name = probe.as_str();
    let mut parts = name.split('.');
    match parts.next() {
        Some("link") => {
            let named = match parts.next() {
                Some("gateway") => Some(Role::Gateway),
                Some("outside") => Some(Role::Outside),
                Some("path") => Some(Role::Path),
                Some("datacenter") => Some(Role::Datacenter),
                Some(_) | None => None,
            };
            role.or(named).map_or(About::Other, About::Link)
        }
        Some("power") => match parts.next() {
            Some("ups") => About::Ups,
            Some("generator") => About::Generator,
            Some(_) | None => About::Other,
        },
        Some("device") => About::Device,
        Some(_) | None => role.map_or(About::Other, About::Link),
    }
}

/// Whether `need` covers that probe: itself and everything below it.
pub(crate) fn covers(need: &ProbeName, probe: &ProbeName) -> bool {
    probe
        .as_str()
        .strip_prefix(need.as_str())
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Whether judging may depend on that probe at all. The PC's own health never does, unless the
/// configuration needs it; then its changes count when something else is judged.
pub(crate) fn matters(probe: &ProbeName) -> bool {
    !covers(&ProbeName::from("host"), probe)
}

/// Whether two stretches of a probe lead to the same judgement.
pub(crate) fn same_meaning(a: &Fact, b: &Fact) -> bool {
    if meaning(a) != meaning(b) || a.role != b.role {
        return false;
    }
    match about(&a.probe, a.role) {
        // The kind of failure tells a host that refuses from one that is silent.
        About::Link(_) | About::Device | About::Other => {
            meaning(a) != Meaning::Bad || (a.answer == b.answer && a.count > 1)
        }
        About::Ups => on_battery(a) == on_battery(b),
        About::Generator => running(a) == running(b),
    }
}

/// Whether a second reading like it makes a difference: one bad reading alone is a blip.
pub(crate) fn turns_down(fact: &Fact) -> bool {
    meaning(fact) == Meaning::Bad
}

/// Whether it carries that status word.
pub(crate) fn says(fact: &Fact, word: &str) -> bool {
    fact.answer.words.iter().any(|w| &**w == word)
}

/// Whether a UPS lives on its battery: on battery, in forced shutdown, or low without mains. A
/// battery that is being tested is not.
pub(crate) fn on_battery(fact: &Fact) -> Option<bool> {
    if meaning(fact) != Meaning::Good || says(fact, "CAL") {
        return None;
    }
    let low = says(fact, "LB") && !says(fact, "OL");
    Some(says(fact, "OB") || says(fact, "FSD") || low)
}

/// Whether a generator runs.
pub(crate) fn running(fact: &Fact) -> Option<bool> {
    if meaning(fact) != Meaning::Good {
        return None;
    }
    if let Some(value) = number(fact, "generator_running") {
        return Some(value >= 0.5);
    }
    match (says(fact, "running"), says(fact, "stopped")) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        (true, true) | (false, false) => None,
    }
}

#[cfg(test)]
mod tests;
