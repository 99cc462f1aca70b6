//! What people say about an outage or about planned work, read and checked before it goes to the
//! journal: lengths, instants, things that exist.

use std::sync::Arc;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use siaga_decide::{At, LineId, MainsId, OfficeId, PlanScope, Span};

use crate::config::Config;

/// The longest note or reason, in characters.
const MOST_TEXT: usize = 2_000;
/// Nobody expects anything back later than this.
const FARTHEST_MS: i64 = 366 * 86_400_000;
/// Work that gives no end is limited to this.
pub(crate) const PLAN_LIMIT_MS: i64 = 8 * 3_600_000;

/// Why it is not taken.
pub(crate) type Wrong = &'static str;

/// A text without what surrounds it; none where nothing is left.
pub(crate) fn text(given: Option<&str>) -> Result<Option<Arc<str>>, Wrong> {
    let Some(text) = given.map(str::trim).filter(|t| !t.is_empty()) else { return Ok(None) };
    if text.chars().count() > MOST_TEXT {
        return Err("a text is longer than 2000 characters");
    }
    Ok(Some(text.into()))
}

/// A local date and time as forms send it, `2026-11-24T11:16`, in the office's zone.
pub(crate) fn local(given: &str, zone: &TimeZone, now: At) -> Result<At, Wrong> {
    let wrong = "an instant is not a date and a time";
    let civil: DateTime = given.parse().map_err(|_| wrong)?;
    let at = civil.to_zoned_datetime(zone.clone()).map_err(|_| wrong)?;
    near(At(at.timestamp().as_millisecond()), now)
}

/// An instant as programs send it: RFC 3339.
pub(crate) fn instant(given: &str, now: At) -> Result<At, Wrong> {
    let at: jiff::Timestamp = given.parse().map_err(|_| "an instant is not RFC 3339")?;
    near(At(at.as_millisecond()), now)
}

fn near(at: At, now: At) -> Result<At, Wrong> {
    if (at - now).abs() > FARTHEST_MS {
        return Err("an instant is more than a year away");
    }
    Ok(at)
}

/// From when to when; without an end, eight hours.
pub(crate) fn span(from: At, to: Option<At>) -> Result<Span, Wrong> {
    let to = to.unwrap_or(from + PLAN_LIMIT_MS);
    if to <= from {
        return Err("the end is not after the beginning");
    }
    Ok(Span { from, to })
}

/// What planned work covers, where it exists.
pub(crate) fn scope(config: &Config, kind: &str, id: Option<&str>) -> Result<PlanScope, Wrong> {
    let id = id.unwrap_or_default();
    match kind {
        "center" => Ok(PlanScope::Center),
        "office" => {
            let office = OfficeId::from(id);
            let known = config.offices.contains_key(&office);
            if known { Ok(PlanScope::Office(office)) } else { Err("there is no such office") }
        }
        "line" => {
            let line = LineId::from(id);
            let known = config.lines.contains_key(&line);
            if known { Ok(PlanScope::Line(line)) } else { Err("there is no such line") }
        }
        "mains" => {
            let mains = MainsId::from(id);
            let known = config.offices.values().any(|o| o.mains.as_ref() == Some(&mains));
            if known { Ok(PlanScope::Mains(mains)) } else { Err("no office is on such mains") }
        }
        _ => Err("scope is office, line, mains or center"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_in_the_offices_zone_and_within_reason() {
        let zone = TimeZone::get("Asia/Makassar").unwrap();
        let now = instant("2026-11-24T02:41:20Z", At(1_795_000_000_000)).unwrap();
        let eta = local("2026-11-24T11:16", &zone, now).unwrap();
        assert_eq!(eta - now, 2_080_000);
        assert!(local("besok", &zone, now).is_err());
        assert!(local("9999-01-01T00:00", &zone, now).is_err());
        assert!(instant("2026-11-24 11:16", now).is_err());
    }

    #[test]
    fn a_plan_without_an_end_has_eight_hours() {
        assert_eq!(span(At(0), None).unwrap().to, At(PLAN_LIMIT_MS));
        assert!(span(At(5), Some(At(5))).is_err());
    }

    #[test]
    fn texts_are_trimmed_and_bounded() {
        assert_eq!(text(Some("  ")).unwrap(), None);
        assert_eq!(text(Some(" a ")).unwrap().as_deref(), Some("a"));
        assert!(text(Some(&"x".repeat(2_001))).is_err());
    }
}
