//! Sentences and marks for what the judge found: causes, evidence, states. Chooses words, never
//! facts: everything said here stands in the values it is given.

use siaga_decide::wording::{cause_phrase, office_state_name, station_state_name, why_sentence};
use siaga_decide::{
    Basis, Cause, Certainty, Forecast, Kind, OfficeState, OfficeView, Saw, StationState, Why,
};

use super::moment::Reader;
use crate::config::Language;

/// A state as a page shows it: an icon, a colour, and always the word beside them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Badge {
    pub(crate) icon: &'static str,
    pub(crate) tone: &'static str,
    pub(crate) word: String,
}

/// A cause as a page shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct CauseLabel {
    pub(crate) class: &'static str,
    pub(crate) icon: &'static str,
    pub(crate) text: String,
}

/// The colour class of a cause in the style sheet.
pub(crate) fn class(kind: Kind) -> &'static str {
    match kind {
        Kind::Power => "power",
        Kind::Center => "center",
        Kind::LinkLan => "link-lan",
        Kind::LinkProvider => "link-provider",
        Kind::LinkPath => "link-path",
        Kind::Device => "device",
        Kind::Station => "station",
        Kind::Silent => "silent",
    }
}

/// The icon of a cause.
pub(crate) fn icon(kind: Kind) -> &'static str {
    match kind {
        Kind::Power => "power",
        Kind::Center => "center",
        Kind::LinkLan | Kind::LinkProvider | Kind::LinkPath => "link",
        Kind::Device => "device",
        Kind::Station => "station",
        Kind::Silent => "silent",
    }
}

/// The cause in two or three words.
pub(crate) fn kind(r: &Reader, kind: Kind) -> &'static str {
    let (id, en) = match kind {
        Kind::Power => ("Listrik", "Power"),
        Kind::Center => ("Pusat data", "Data center"),
        Kind::LinkLan => ("Jaringan kantor", "Office network"),
        Kind::LinkProvider => ("Jaringan penyedia", "Provider's line"),
        Kind::LinkPath => ("Jalur ke pusat data", "Path to the data center"),
        Kind::Device => ("Perangkat", "Device"),
        Kind::Station => ("PC", "Station PC"),
        Kind::Silent => ("Tanpa kabar", "No word"),
    };
    r.pick(id, en)
}

/// The cause as it is called on phones too, with what exactly and how sure.
pub(crate) fn cause(r: &Reader, cause: &Cause) -> CauseLabel {
    let text = capital(&cause_phrase(cause, r.language.wording()));
    CauseLabel { class: class(cause.kind), icon: icon(cause.kind), text: clean(&text) }
}

/// With a capital letter, as a label begins.
pub(crate) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// One piece of evidence as a sentence.
pub(crate) fn why(r: &Reader, why: &Why) -> String {
    clean(&why_sentence(why, r.voice()))
}

/// Text of another program without control and direction characters, which could disguise it.
pub(crate) fn clean(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}' => '\u{fffd}',
            c if c.is_control() => ' ',
            c => c,
        })
        .take(500)
        .collect()
}

/// An office's state.
pub(crate) fn office(r: &Reader, view: &OfficeView) -> Badge {
    let badge = |icon, tone, id: &'static str, en: &'static str| Badge {
        icon,
        tone,
        word: r.pick(id, en).to_owned(),
    };
    let named = |icon, tone| Badge {
        icon,
        tone,
        word: capital(office_state_name(view.state, r.language.wording())),
    };
    match view.state {
        OfficeState::Serving if view.at_risk => badge("risk", "risk", "Berisiko", "At risk"),
        OfficeState::Serving => named("ok", "ok"),
        OfficeState::Down if view.open || view.outage.is_some() => named("down", "down"),
        OfficeState::Unobserved if view.outage.is_some() => {
            badge("down", "down", "Tanpa kabar", "Silent")
        }
        OfficeState::Down => badge("closed", "closed", "Tutup", "Closed"),
        OfficeState::Unobserved if !view.open => badge("closed", "closed", "Tutup", "Closed"),
        OfficeState::Unobserved => named("unknown", "unknown"),
    }
}

/// A station's state.
pub(crate) fn station(r: &Reader, state: StationState) -> Badge {
    let (icon, tone) = match state {
        StationState::Down => ("down", "down"),
        StationState::Serving => ("ok", "ok"),
        StationState::Stopped => ("closed", "closed"),
        StationState::Unsure
        | StationState::Unseen
        | StationState::Silent
        | StationState::NeverHeard => ("unknown", "unknown"),
    };
    Badge { icon, tone, word: capital(station_state_name(state, r.language.wording())) }
}

/// A probe's answer.
pub(crate) fn answer(r: &Reader, saw: &Saw) -> Badge {
    let (icon, tone, id, en) = match saw {
        Saw::Answered => ("ok", "ok", "Menjawab", "Answered"),
        Saw::Refused => ("down", "down", "Menolak", "Refused"),
        Saw::Timeout => ("down", "down", "Tak ada jawaban", "No answer"),
        Saw::Unreachable => ("down", "down", "Tak terjangkau", "Unreachable"),
        Saw::Error(_) => ("down", "down", "Galat", "Error"),
        Saw::Unreadable(_) => ("unknown", "unknown", "Tak terbaca", "Unreadable"),
    };
    Badge { icon, tone, word: r.pick(id, en).to_owned() }
}

/// `biasanya pulih dalam 20 mnt lagi; 9 dari 10 dalam 1 jam 5 mnt (dari 14 gangguan)`.
pub(crate) fn forecast(r: &Reader, forecast: &Forecast, cases: bool) -> String {
    let (median, nine) = (r.lasting(forecast.median_ms), r.lasting(forecast.nine_in_ten_ms));
    let mut text = match r.language {
        Language::Indonesian => {
            format!("biasanya pulih dalam {median} lagi; 9 dari 10 dalam {nine}")
        }
        Language::English => format!("usually back within {median}; 9 in 10 within {nine}"),
    };
    if cases {
        let n = forecast.cases;
        text.push_str(&match (r.language, forecast.basis) {
            (Language::Indonesian, Basis::Office) => format!(" (dari {n} gangguan serupa di sini)"),
            (Language::Indonesian, Basis::All) => format!(" (dari {n} gangguan serupa)"),
            (Language::English, Basis::Office) => format!(" (of {n} like it here)"),
            (Language::English, Basis::All) => format!(" (of {n} like it)"),
        });
    }
    text
}

/// What a citizen at the counter is told of a cause: no device, person, station or address.
pub(crate) fn public_reason(r: &Reader, kind: Kind, certainty: Certainty) -> String {
    let text = match kind {
        Kind::Power => r.pick("Listrik di kantor ini padam.", "This office has no electricity."),
        Kind::Center => r.pick(
            "Pusat data tidak dapat dihubungi. Gangguannya tidak berada di kantor ini.",
            "The data center cannot be reached. The fault is not in this office.",
        ),
        Kind::LinkLan => {
            r.pick("Jaringan di dalam kantor terganggu.", "The network inside the office is down.")
        }
        Kind::LinkProvider => r.pick(
            "Sambungan internet kantor terputus di pihak penyedia.",
            "The office's internet line is down at the provider.",
        ),
        Kind::LinkPath => {
            r.pick("Jalur ke pusat data terputus.", "The path to the data center is down.")
        }
        Kind::Device => {
            r.pick("Alat perekaman sedang rusak.", "A recording device is out of order.")
        }
        Kind::Station => r.pick(
            "Komputer perekaman sedang tidak dapat dipakai.",
            "The recording computer cannot be used.",
        ),
        Kind::Silent => {
            return r
                .pick("Penyebabnya sedang diperiksa.", "The cause is being looked into.")
                .to_owned();
        }
    };
    match certainty {
        Certainty::Certain => text.to_owned(),
        Certainty::Likely => {
            let (first, rest) = text.split_at(text.chars().next().map_or(0, char::len_utf8));
            format!("{} {}{rest}", r.pick("Kemungkinan", "Probably:"), first.to_lowercase())
        }
    }
}
