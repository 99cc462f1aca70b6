//! What people say about an outage or about planned work, read and checked before it goes to the
//! journal: lengths, instants, things that exist.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use siaga_decide::{At, LineId, MainsId, OfficeId, PlanScope, Span};

use crate::config::{Config, Language};

/// The longest note or reason, in characters.
const MOST_TEXT: usize = 2_000;
/// Nobody expects anything back later than this.
const FARTHEST_MS: i64 = 366 * 86_400_000;
/// Work that gives no end is limited to this.
pub(crate) const PLAN_LIMIT_MS: i64 = 8 * 3_600_000;

/// Why it is not taken: for people in their language, for programs in English.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Wrong {
    id: Cow<'static, str>,
    en: Cow<'static, str>,
}

impl Wrong {
    /// The same in both languages.
    pub(crate) const fn new(id: &'static str, en: &'static str) -> Self {
        Self { id: Cow::Borrowed(id), en: Cow::Borrowed(en) }
    }

    /// What only a program can have done.
    pub(crate) fn of_program(what: String) -> Self {
        Self { id: Cow::Owned(what.clone()), en: Cow::Owned(what) }
    }

    /// For a program.
    pub(crate) fn english(&self) -> &str {
        &self.en
    }

    /// For somebody who reads that language.
    pub(crate) fn text(&self, language: Language) -> &str {
        match language {
            Language::Indonesian => &self.id,
            Language::English => &self.en,
        }
    }
}

/// There is no such office.
pub(crate) const NO_OFFICE: Wrong = Wrong::new("Kantor itu tidak ada.", "there is no such office");
/// There is no such outage.
pub(crate) const NO_OUTAGE: Wrong =
    Wrong::new("Gangguan itu tidak ada.", "there is no such outage");
/// Whatever needs a reason has none.
pub(crate) const NO_REASON: Wrong = Wrong::new("Alasannya belum diisi.", "a reason is missing");

/// A text without what surrounds it; none where nothing is left.
pub(crate) fn text(given: Option<&str>) -> Result<Option<Arc<str>>, Wrong> {
    let Some(text) = given.map(str::trim).filter(|t| !t.is_empty()) else { return Ok(None) };
    if text.chars().count() > MOST_TEXT {
        return Err(Wrong::new(
            "Teksnya lebih dari 2.000 huruf.",
            "a text is longer than 2000 characters",
        ));
    }
    Ok(Some(text.into()))
}

/// A local date and time as forms send it, `2026-11-24T11:16`, in the office's zone.
pub(crate) fn local(given: &str, zone: &TimeZone, now: At) -> Result<At, Wrong> {
    const WRONG: Wrong =
        Wrong::new("Tanggal atau jamnya tidak terbaca.", "an instant is not a date and a time");
    let civil: DateTime = given.parse().map_err(|_| WRONG)?;
    let at = civil.to_zoned_datetime(zone.clone()).map_err(|_| WRONG)?;
    near(At(at.timestamp().as_millisecond()), now)
}

/// An instant as programs send it: RFC 3339.
pub(crate) fn instant(given: &str, now: At) -> Result<At, Wrong> {
    let wrong = |_| Wrong::new("Waktunya tidak terbaca.", "an instant is not RFC 3339");
    let at: jiff::Timestamp = given.parse().map_err(wrong)?;
    near(At(at.as_millisecond()), now)
}

fn near(at: At, now: At) -> Result<At, Wrong> {
    if (at - now).abs() > FARTHEST_MS {
        return Err(Wrong::new(
            "Waktunya lebih dari setahun dari sekarang.",
            "an instant is more than a year away",
        ));
    }
    Ok(at)
}

/// It would end before it begins.
pub(crate) const END_FIRST: Wrong =
    Wrong::new("Akhirnya tidak sesudah mulainya.", "the end is not after the beginning");

/// From when to when; without an end, eight hours.
pub(crate) fn span(from: At, to: Option<At>) -> Result<Span, Wrong> {
    let to = to.unwrap_or(from + PLAN_LIMIT_MS);
    if to <= from {
        return Err(END_FIRST);
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
            if known { Ok(PlanScope::Office(office)) } else { Err(NO_OFFICE) }
        }
        "line" => {
            let line = LineId::from(id);
            let known = config.lines.contains_key(&line);
            let wrong = Wrong::new("Jaringan itu tidak ada.", "there is no such line");
            if known { Ok(PlanScope::Line(line)) } else { Err(wrong) }
        }
        "mains" => {
            let mains = MainsId::from(id);
            let known = config.offices.values().any(|o| o.mains.as_ref() == Some(&mains));
            let wrong =
                Wrong::new("Tidak ada kantor pada gardu itu.", "no office is on such mains");
            if known { Ok(PlanScope::Mains(mains)) } else { Err(wrong) }
        }
        _ => Err(Wrong::new("Cakupannya tidak dikenal.", "scope is office, line, mains or center")),
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
        let wrong = text(Some(&"x".repeat(2_001))).unwrap_err();
        assert!(wrong.text(Language::Indonesian).contains("lebih dari"));
        assert_eq!(wrong.text(Language::English), wrong.english());
    }
}
