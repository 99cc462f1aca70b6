//! Settings that every probe has, and how a wrong one is reported. Never opens or asks anything.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use toml::Spanned;

/// Something wrong in the configuration: where, which setting, what, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Bytes of the file.
    pub span: Range<usize>,
    /// The setting, `probe.ping "link.gateway" target`.
    pub path: String,
    /// What is wrong, with the value.
    pub what: String,
    /// What would be right.
    pub hint: Option<String>,
}

/// Name, period and deadline of a probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timing {
    /// `link.datacenter`
    pub name: String,
    /// Period.
    pub every: Duration,
    /// Deadline of one question.
    pub timeout: Duration,
}

/// What a check needs to know, and where it puts problems.
pub(super) struct Check<'a> {
    /// The agent's cycle.
    pub(super) cycle: Duration,
    /// Problems so far.
    pub(super) problems: &'a mut Vec<Problem>,
    /// Names so far.
    pub(super) names: &'a mut BTreeMap<String, Range<usize>>,
}

/// The timing settings of one table, as written.
pub(super) struct RawTiming<'a> {
    /// `ping`
    pub(super) kind: &'static str,
    pub(super) name: &'a Spanned<String>,
    pub(super) every: Option<&'a Spanned<String>>,
    pub(super) timeout: Option<&'a Spanned<String>>,
    /// Used where nothing is written; a default above the cycle is kept, one below is rounded.
    pub(super) default_every: Duration,
    pub(super) default_timeout: Duration,
}

/// Longest name of a probe, in bytes: names travel in every row.
const NAME_MAX_BYTES: usize = 64;
const TIMEOUT_MIN: Duration = Duration::from_millis(50);
const PERIOD_MAX: Duration = Duration::from_secs(24 * 3600);

impl Check<'_> {
    /// Adds a problem with the setting `key` of the probe `name`.
    pub(super) fn problem(
        &mut self,
        at: Range<usize>,
        path: String,
        what: impl Into<String>,
        hint: impl Into<String>,
    ) {
        let hint = Some(hint.into()).filter(|h: &String| !h.is_empty());
        self.problems.push(Problem { span: at, path, what: what.into(), hint });
    }

    /// Checks name, period and deadline; nothing if one of them cannot be used.
    pub(super) fn timing(&mut self, raw: &RawTiming<'_>) -> Option<Timing> {
        let before = self.problems.len();
        self.name(raw);
        let default_every = whole_cycles(raw.default_every, self.cycle);
        let every = self.span(raw, raw.every, "every", default_every);
        if every < Duration::from_secs(1) || every > PERIOD_MAX {
            self.timing_problem(
                raw,
                raw.every,
                "every",
                format!("{every:?} is out of range"),
                "between 1s and 24h",
            );
        }
        let every = whole_cycles(every, self.cycle);
        let default_timeout = raw.default_timeout.min(every.min(self.cycle));
        let timeout = self.span(raw, raw.timeout, "timeout", default_timeout);
        let limit = every.min(self.cycle);
        if timeout < TIMEOUT_MIN || timeout > limit {
            let hint = format!(
                "between 50ms and {limit:?}: a deadline lies inside the period and the cycle"
            );
            self.timing_problem(
                raw,
                raw.timeout,
                "timeout",
                format!("{timeout:?} is out of range"),
                &hint,
            );
        }
        let name = raw.name.get_ref().clone();
        (self.problems.len() == before).then_some(Timing { name, every, timeout })
    }

    fn timing_problem(
        &mut self,
        raw: &RawTiming<'_>,
        at: Option<&Spanned<String>>,
        key: &str,
        what: String,
        hint: &str,
    ) {
        let span = at.map_or_else(|| raw.name.span(), Spanned::span);
        self.problem(span, path(raw.kind, raw.name.get_ref(), key), what, hint);
    }

    fn name(&mut self, raw: &RawTiming<'_>) {
        let name = raw.name.get_ref();
        let path = format!("probe.{} name", raw.kind);
        if let Some(wrong) = name_problem(name) {
            let hint = "small letters, digits, '-' and '_' in parts joined by '.', such as link.datacenter";
            self.problem(raw.name.span(), path, format!("{name:?} {wrong}"), hint);
        } else if self.names.insert(name.clone(), raw.name.span()).is_some() {
            self.problem(
                raw.name.span(),
                path,
                format!("{name:?} is used twice"),
                "every probe has a name of its own",
            );
        }
    }

    fn span(
        &mut self,
        raw: &RawTiming<'_>,
        written: Option<&Spanned<String>>,
        key: &str,
        default: Duration,
    ) -> Duration {
        let Some(text) = written else { return default };
        duration(text.get_ref()).unwrap_or_else(|| {
            let what = format!("{:?} is not a duration", text.get_ref());
            self.timing_problem(
                raw,
                written,
                key,
                what,
                "a number with ms, s, m or h, such as \"15s\"",
            );
            default
        })
    }
}

/// The path of a setting as problems print it.
pub(super) fn path(kind: &str, name: &str, key: &str) -> String {
    format!("probe.{kind} {name:?} {key}")
}

fn name_problem(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        return Some("is empty");
    }
    if name.len() > NAME_MAX_BYTES {
        return Some("is longer than 64 letters");
    }
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if name.split('.').all(|part| !part.is_empty() && part.chars().all(good)) {
        return None;
    }
    Some("is not a name")
}

/// The period that fits the cycle: the next whole number of cycles above one cycle, the next
/// lower whole part of a cycle below it.
fn whole_cycles(every: Duration, cycle: Duration) -> Duration {
    let (every_ms, cycle_ms) = (every.as_millis().max(1), cycle.as_millis().max(1));
    if every_ms >= cycle_ms {
        let cycles = u32::try_from(every_ms.div_ceil(cycle_ms)).unwrap_or(u32::MAX);
        cycle.saturating_mul(cycles)
    } else {
        let parts = u32::try_from(cycle_ms.div_ceil(every_ms)).unwrap_or(1).max(1);
        cycle / parts
    }
}

/// A duration as the configuration writes it: whole numbers with `ms`, `s`, `m`, `h` or `d`,
/// largest unit first, `90s` or `1h30m`.
#[must_use]
pub fn duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return None;
    }
    let mut total = Duration::ZERO;
    let mut last_unit_ms = u64::MAX;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: u64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let unit_ms = match &rest[..letters] {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return None,
        };
        if unit_ms >= last_unit_ms {
            return None;
        }
        last_unit_ms = unit_ms;
        rest = &rest[letters..];
        total = total.checked_add(Duration::from_millis(number.checked_mul(unit_ms)?))?;
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_nonsense_is_not() {
        for (text, ms) in
            [("15s", 15_000), ("250ms", 250), ("1h30m", 5_400_000), ("14d", 1_209_600_000)]
        {
            assert_eq!(duration(text), Some(Duration::from_millis(ms)), "{text}");
        }
        for text in [
            "",
            "15",
            "s",
            "-1s",
            "1.5s",
            "1s1h",
            "1s1s",
            "15 s",
            "999999999999999999999s",
            "18446744073709551615d",
            "1µs",
        ] {
            assert_eq!(duration(text), None, "{text}");
        }
    }

    #[test]
    fn periods_fit_the_cycle() {
        let s = Duration::from_secs;
        assert_eq!(whole_cycles(s(5), s(15)), s(5));
        assert_eq!(whole_cycles(s(4), s(15)), Duration::from_millis(3750));
        assert_eq!(whole_cycles(s(15), s(15)), s(15));
        assert_eq!(whole_cycles(s(20), s(15)), s(30));
        assert_eq!(whole_cycles(s(5), s(2)), s(6));
    }

    #[test]
    fn names_are_dotted_words() {
        for good in ["host", "link.datacenter", "device.sidik-jari", "link.path.2_b"] {
            assert_eq!(name_problem(good), None, "{good}");
        }
        for bad in ["", ".", "a.", "A", "a b", "a..b", "é"] {
            assert!(name_problem(bad).is_some(), "{bad}");
        }
    }
}
