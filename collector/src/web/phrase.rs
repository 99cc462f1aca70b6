//! Sentences and marks for what the judge found: causes, evidence, states. Chooses words, never
//! facts: everything said here stands in the values it is given.

use siaga_decide::{
    Cause, Certainty, Kind, OfficeId, OfficeState, OfficeView, Saw, StationId, StationState, Sub,
    Why,
};

use super::moment::Reader;

/// A state as a page shows it: an icon, a colour, and always the word beside them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Badge {
    pub(crate) icon: &'static str,
    pub(crate) tone: &'static str,
    pub(crate) word: &'static str,
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
        Kind::LinkProvider => ("Tautan penyedia", "Provider's line"),
        Kind::LinkPath => ("Jalur ke pusat data", "Path to the data center"),
        Kind::Device => ("Perangkat", "Device"),
        Kind::Station => ("Komputer", "Station PC"),
        Kind::Silent => ("Tanpa kabar", "No word"),
    };
    r.pick(id, en)
}

fn sub(r: &Reader, sub: Sub) -> &'static str {
    match sub {
        Sub::NoUps => r.pick("tanpa UPS", "no UPS"),
        Sub::UpsDidNotHold => r.pick("UPS tidak menahan", "UPS did not hold"),
        Sub::UpsExhausted => r.pick("UPS habis", "UPS exhausted"),
        Sub::GeneratorDidNotStart => r.pick("genset tidak menyala", "generator did not start"),
        Sub::GeneratorStartedLate => r.pick("genset terlambat menyala", "generator started late"),
        Sub::GeneratorOutOfFuel => r.pick("genset kehabisan bahan bakar", "generator out of fuel"),
        Sub::NetworkNotBackedUp => {
            r.pick("perangkat jaringan tanpa cadangan listrik", "network not backed up")
        }
        Sub::WithMains => r.pick("padam bersama listrik", "lost together with mains"),
        Sub::RelayWithoutPower => {
            r.pick("kantor perantara tanpa listrik", "relay office without power")
        }
        Sub::Crashed => r.pick("macet", "crashed"),
        Sub::SwitchedOff => r.pick("dimatikan", "switched off"),
        Sub::Asleep => r.pick("tidur", "asleep"),
        Sub::Restarted => r.pick("dinyalakan ulang", "restarted"),
        Sub::NotSwitchedOn => r.pick("belum dinyalakan", "not switched on"),
        Sub::Cable => r.pick("kabel jaringan lepas", "network cable"),
    }
}

/// The cause with what exactly, and the word *kemungkinan* where it is only likely.
pub(crate) fn cause(r: &Reader, cause: &Cause) -> CauseLabel {
    let mut text = kind(r, cause.kind).to_owned();
    if let Some(s) = cause.sub {
        text.push_str(": ");
        text.push_str(sub(r, s));
    } else if let siaga_decide::Thing::Device(_, probe) = &cause.thing {
        text.push_str(": ");
        text.push_str(probe.as_str().trim_start_matches("device."));
    }
    if cause.certainty == Certainty::Likely && cause.kind != Kind::Silent {
        text.push_str(r.pick(" (kemungkinan)", " (likely)"));
    }
    CauseLabel { class: class(cause.kind), icon: icon(cause.kind), text }
}

/// How sure.
pub(crate) fn certainty(r: &Reader, c: Certainty) -> &'static str {
    match c {
        Certainty::Certain => r.pick("pasti", "certain"),
        Certainty::Likely => r.pick("kemungkinan", "likely"),
    }
}

fn place(office: &OfficeId, station: Option<&StationId>) -> String {
    station.map_or_else(|| office.to_string(), |s| format!("{office}/{s}"))
}

/// One piece of evidence as a sentence.
pub(crate) fn why(r: &Reader, why: &Why) -> String {
    let id = r.language == crate::config::Language::Indonesian;
    match why {
        Why::UpsLastSeen { station, at, words, charge, runtime_seconds } => {
            let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
            let mut text = if id {
                format!("UPS di {station} terakhir melapor {}", words.join(" "))
            } else {
                format!("the UPS at {station} last said {}", words.join(" "))
            };
            if let Some(charge) = charge {
                text.push_str(", ");
                text.push_str(&r.whole_percent(*charge));
            }
            if let Some(seconds) = runtime_seconds {
                let left = r.about(*seconds);
                text.push_str(&if id {
                    format!(", sisa {left}")
                } else {
                    format!(", {left} left")
                });
            }
            format!("{text} ({})", r.brief_when(*at))
        }
        Why::StoppedUnclean { station, at } if id => {
            format!("{station} berhenti mendadak setelah {}", r.brief_when(*at))
        }
        Why::StoppedUnclean { station, at } => {
            format!("{station} stopped without a word after {}", r.brief_when(*at))
        }
        Why::StoppedOrderly { station, at, asleep } => match (id, asleep) {
            (true, false) => {
                format!("{station} dimatikan dengan tertib pada {}", r.brief_when(*at))
            }
            (true, true) => format!("{station} masuk mode tidur pada {}", r.brief_when(*at)),
            (false, false) => format!("{station} was shut down in order at {}", r.brief_when(*at)),
            (false, true) => format!("{station} went to sleep at {}", r.brief_when(*at)),
        },
        Why::SystemLog { station, text } if id => {
            format!("log sistem {station}: {}", clean(text))
        }
        Why::SystemLog { station, text } => format!("{station}'s system log: {}", clean(text)),
        Why::Good { station, probe } if id => format!("{probe} di {station} menjawab"),
        Why::Good { station, probe } => format!("{probe} at {station} answered"),
        Why::Bad { station, probe, saw } if id => {
            format!("{probe} di {station} tidak baik: {}", saw_word(r, saw))
        }
        Why::Bad { station, probe, saw } => {
            format!("{probe} at {station} was bad: {}", saw_word(r, saw))
        }
        Why::AlsoSeenBy { office, station } if id => {
            format!("{} melihat hal yang sama", place(office, station.as_ref()))
        }
        Why::AlsoSeenBy { office, station } => {
            format!("{} saw the same", place(office, station.as_ref()))
        }
        Why::ContradictedBy { office, station } if id => {
            format!("{} melihat sebaliknya", place(office, station.as_ref()))
        }
        Why::ContradictedBy { office, station } => {
            format!("{} saw the contrary", place(office, station.as_ref()))
        }
        Why::SilentSince { station, at } if id => {
            format!("{station} tanpa kabar sejak {}", r.brief_when(*at))
        }
        Why::SilentSince { station, at } => {
            format!("nothing heard from {station} since {}", r.brief_when(*at))
        }
        Why::NoUpsSeen => r
            .pick("tidak pernah ada UPS yang menjawab di kantor ini", "no UPS was ever seen here")
            .to_owned(),
        Why::Staff { text } if id => format!("petugas: {}", clean(text)),
        Why::Staff { text } => format!("staff: {}", clean(text)),
    }
}

fn saw_word<'a>(r: &'a Reader, saw: &'a str) -> std::borrow::Cow<'a, str> {
    match saw {
        "timeout" => r.pick("tidak ada jawaban", "no answer").into(),
        "refused" => r.pick("menolak sambungan", "refused").into(),
        "unreachable" => r.pick("tidak terjangkau", "unreachable").into(),
        other => clean(other).into(),
    }
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
    let badge =
        |icon, tone, id: &'static str, en: &'static str| Badge { icon, tone, word: r.pick(id, en) };
    match view.state {
        OfficeState::Serving if view.at_risk => badge("risk", "risk", "Berisiko", "At risk"),
        OfficeState::Serving => badge("ok", "ok", "Melayani", "Serving"),
        OfficeState::Down if view.open || view.outage.is_some() => {
            badge("down", "down", "Terganggu", "Down")
        }
        OfficeState::Unobserved if view.outage.is_some() => {
            badge("down", "down", "Tanpa kabar", "Silent")
        }
        OfficeState::Down => badge("closed", "closed", "Tutup", "Closed"),
        OfficeState::Unobserved => badge("unknown", "unknown", "Tak teramati", "Unobserved"),
    }
}

/// A station's state.
pub(crate) fn station(r: &Reader, state: StationState) -> Badge {
    let (icon, tone, id, en) = match state {
        StationState::Down => ("down", "down", "Terganggu", "Down"),
        StationState::Serving => ("ok", "ok", "Melayani", "Serving"),
        StationState::Unsure => ("unknown", "unknown", "Tidak pasti", "Unsure"),
        StationState::Stopped => ("closed", "closed", "Mati", "Stopped"),
        StationState::Unseen => ("unknown", "unknown", "Tak terlihat", "Unseen"),
        StationState::Silent => ("unknown", "unknown", "Tanpa kabar", "Silent"),
        StationState::NeverHeard => ("unknown", "unknown", "Belum pernah", "Never heard"),
    };
    let word = r.pick(id, en);
    Badge { icon, tone, word }
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
    let word = r.pick(id, en);
    Badge { icon, tone, word }
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
