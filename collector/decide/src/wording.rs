//! The sentences people read about an outage, in Indonesian and English: on a phone, on a page,
//! in a report. Must never decide anything: who is told, when and about what is settled before.

mod gsm;
mod moment;
mod name;
mod outage;
mod warning;
mod why;

use jiff::tz::TimeZone;

use crate::cause::{Cause, Certainty, Kind, Why};
use crate::ids::OfficeId;
use crate::notice::Notice;
use crate::setup::Setup;
use crate::span::At;

pub use moment::{clock, date, duration, instant, interval, number, since};
pub use name::{cause_name, office_state_name, probe_title, station_state_name};

/// In which language.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Language {
    /// Indonesian.
    #[default]
    Id,
    /// English.
    En,
}

impl Language {
    /// The word in configuration and in HTML: `id` or `en`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::En => "en",
        }
    }

    /// All of them.
    pub const ALL: [Self; 2] = [Self::Id, Self::En];

    /// The one of two texts that is in this language.
    fn of<T>(self, id: T, en: T) -> T {
        match self {
            Self::Id => id,
            Self::En => en,
        }
    }
}

/// Who speaks: the language, the zone of the office that is spoken of, and the names of offices.
#[derive(Clone, Copy, Debug)]
pub struct Voice<'a> {
    /// In which language.
    pub language: Language,
    /// In whose civil time.
    pub zone: &'a TimeZone,
    /// For the names of offices.
    pub setup: &'a Setup,
    /// Of which day it speaks: an instant of another day is said with its date.
    pub day: At,
}

/// A text for people.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    /// What it is about, in a few words: a subject line.
    pub title: String,
    /// One SMS: at most 160 characters of the GSM 7-bit default alphabet (3GPP TS 23.038).
    pub short: String,
    /// The whole message in a few lines, the title not repeated.
    pub long: String,
}

/// What a message needs besides the notice.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    /// In which language.
    pub language: Language,
    /// For names and zones.
    pub setup: &'a Setup,
    /// Now, for how long something lasts.
    pub now: At,
    /// Where to acknowledge; none where this reader cannot.
    pub acknowledge_url: Option<&'a str>,
}

/// The message of a notice.
#[must_use]
pub fn message(notice: &Notice, setting: &Setting) -> Message {
    match notice {
        Notice::Outage { change, outage } => {
            let zone = zone_of(setting.setup, Some(&outage.office));
            let (language, setup, day) = (setting.language, setting.setup, outage.from.lo);
            let voice = Voice { language, zone: &zone, setup, day };
            outage::Teller { voice, setting, outage }.message(*change)
        }
        Notice::Warning { office, warning } => {
            let zone = zone_of(setting.setup, office.as_ref());
            let (language, setup, day) = (setting.language, setting.setup, setting.now);
            let voice = Voice { language, zone: &zone, setup, day };
            warning::message(voice, setting, office.as_ref(), warning)
        }
    }
}

/// The sentence of a piece of evidence, without a full stop.
#[must_use]
pub fn why_sentence(why: &Why, voice: Voice) -> String {
    why::sentence(why, voice)
}

/// A cause with how sure it is and what exactly is at fault: `kemungkinan listrik padam`.
#[must_use]
pub fn cause_phrase(cause: &Cause, language: Language) -> String {
    let name = name::cause_with_thing(cause, language);
    let sure = cause.certainty == Certainty::Certain || cause.kind == Kind::Silent;
    if sure { name } else { format!("{} {name}", language.of("kemungkinan", "probably")) }
}

/// The zone of an office; of a warning about the collector itself, that of the first office.
fn zone_of(setup: &Setup, office: Option<&OfficeId>) -> TimeZone {
    office
        .and_then(|id| setup.offices.get(id))
        .or_else(|| setup.offices.values().next())
        .map_or(TimeZone::UTC, |office| office.zone.clone())
}

fn office_name<'a>(setup: &'a Setup, id: &'a OfficeId) -> &'a str {
    setup.offices.get(id).map_or(id.as_str(), |office| &office.name)
}

#[cfg(test)]
mod tests;
