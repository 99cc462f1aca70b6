//! Evidence in words. Must never add a conclusion: it says what was seen, by whom and when.

use std::sync::Arc;

use super::moment::{duration, interval, number, on_day};
use super::name::probe_title;
use super::{Language, Voice, office_name};
use crate::cause::Why;
use crate::ids::{OfficeId, StationId};
use crate::span::When;

pub(super) fn sentence(why: &Why, voice: Voice) -> String {
    let language = voice.language;
    match why {
        Why::UpsLastSeen { station, at, words, charge, runtime_seconds } => {
            ups(voice, station, *at, words, *charge, *runtime_seconds)
        }
        Why::StoppedUnclean { station, at } => {
            let at = when(*at, voice);
            match language {
                Language::Id => format!("{station} berhenti tanpa pamit, terakhir terdengar {at}"),
                Language::En => format!("{station} stopped without last words, last heard {at}"),
            }
        }
        Why::StoppedOrderly { station, at, asleep } => {
            let at = when(*at, voice);
            match (language, asleep) {
                (Language::Id, false) => format!("{station} dimatikan secara normal {at}"),
                (Language::En, false) => format!("{station} was shut down in an orderly way {at}"),
                (Language::Id, true) => format!("{station} masuk mode tidur {at}"),
                (Language::En, true) => format!("{station} went to sleep {at}"),
            }
        }
        Why::SystemLog { station, text } => match language {
            Language::Id => format!("catatan sistem {station}: {text}"),
            Language::En => format!("system log of {station}: {text}"),
        },
        Why::Good { station, probe } => {
            let what = probe_title(probe, language);
            match language {
                Language::Id => format!("{what} menjawab {station}"),
                Language::En => format!("{what} answers {station}"),
            }
        }
        Why::Bad { station, probe, saw } => {
            let (what, saw) = (probe_title(probe, language), saw_words(saw, language));
            match language {
                Language::Id if probe.as_str().starts_with("device.") => {
                    format!("{what} di {station} tidak siap ({saw})")
                }
                Language::En if probe.as_str().starts_with("device.") => {
                    format!("{what} on {station} is not ready ({saw})")
                }
                Language::Id => format!("{what} tidak menjawab {station} ({saw})"),
                Language::En => format!("{what} does not answer {station} ({saw})"),
            }
        }
        Why::AlsoSeenBy { office, station } => {
            let who = witness(voice, office, station.as_ref());
            match language {
                Language::Id => format!("{who} mengalami hal yang sama"),
                Language::En => format!("{who} sees the same"),
            }
        }
        Why::ContradictedBy { office, station } => {
            let who = witness(voice, office, station.as_ref());
            match language {
                Language::Id => format!("tetapi {who} tidak mengalaminya"),
                Language::En => format!("but {who} does not see it"),
            }
        }
        Why::RelayWithoutPower { office } => {
            let relay = office_name(voice.setup, office);
            match language {
                Language::Id => format!("{relay} tanpa listrik"),
                Language::En => format!("{relay} has no power"),
            }
        }
        Why::Offices { supporting, contradicting } => {
            offices(*supporting, *contradicting, language)
        }
        Why::Collector { reached: false } => language
            .of(
                "server Siaga sendiri juga tidak bisa menghubungi pusat data",
                "the Siaga server itself cannot reach the data center either",
            )
            .to_owned(),
        Why::Collector { reached: true } => language
            .of(
                "tetapi server Siaga bisa menghubungi pusat data",
                "but the Siaga server does reach the data center",
            )
            .to_owned(),
        Why::GeneratorLastSeen { station, at, running, fuel } => {
            generator(voice, station, *at, *running, *fuel)
        }
        Why::NotObserved { station } => match language {
            Language::Id => format!("{station} hidup, tetapi pemantaunya tidak berjalan"),
            Language::En => format!("{station} was on, but nothing watched there"),
        },
        Why::JoinedInto { outage } => match language {
            Language::Id => format!("ternyata satu gangguan dengan {outage}"),
            Language::En => format!("it is one outage with {outage}"),
        },
        Why::SplitFrom { outage } => match language {
            Language::Id => format!("semula tercatat sebagai bagian dari {outage}"),
            Language::En => format!("it was recorded as part of {outage} before"),
        },
        Why::SilentSince { station, at } => {
            let at = when(*at, voice);
            match language {
                Language::Id => format!("tidak ada kabar dari {station} sejak {at}"),
                Language::En => format!("nothing heard from {station} since {at}"),
            }
        }
        Why::NoUpsSeen => language
            .of("di kantor ini tidak pernah terlihat UPS", "no UPS was ever seen in this office")
            .to_owned(),
        Why::Staff { text } => match language {
            Language::Id => format!("kata petugas: {text}"),
            Language::En => format!("staff say: {text}"),
        },
    }
}

/// The clock of an instant, with its date on another day; or both ends of its interval with theirs.
fn when(at: When, voice: Voice) -> String {
    if at.is_exact() {
        on_day(at.lo, voice.day, voice.zone, voice.language)
    } else {
        interval(at, voice.zone, voice.language)
    }
}

fn witness(voice: Voice, office: &OfficeId, station: Option<&StationId>) -> String {
    let name = office_name(voice.setup, office);
    match station {
        Some(station) => {
            let of = voice.language.of("di", "at");
            format!("{station} {of} {name}")
        }
        None => name.to_owned(),
    }
}

/// How many others lost the data center, and how many did not. Above three, counts are steps.
fn offices(supporting: u32, contradicting: u32, language: Language) -> String {
    let some = |count: u32| match (language, count) {
        (Language::Id, 0..=3) => format!("{count} kantor lain"),
        (Language::Id, _) => format!("sedikitnya {count} kantor lain"),
        (Language::En, 1) => "one other office".to_owned(),
        (Language::En, 0..=3) => format!("{count} other offices"),
        (Language::En, _) => format!("at least {count} other offices"),
    };
    let lost = language.of("juga putus", "lost it too");
    let reached = language.of("tetap tersambung", "stayed connected");
    match (supporting, contradicting) {
        (lose, 0) => format!("{} {lost}", some(lose)),
        (0, reach) => format!("{} {reached}", some(reach)),
        (lose, reach) => format!("{} {lost}, {} {reached}", some(lose), some(reach)),
    }
}

fn ups(
    voice: Voice,
    station: &StationId,
    at: When,
    words: &[Arc<str>],
    charge: Option<f64>,
    runtime_seconds: Option<f64>,
) -> String {
    let language = voice.language;
    let mut parts = vec![match language {
        Language::Id => format!("UPS {station} {}", ups_state(words, language)),
        Language::En => format!("the UPS of {station} is {}", ups_state(words, language)),
    }];
    if let Some(charge) = charge.filter(|charge| charge.is_finite()) {
        let percent = number(charge * 100.0, 0, language);
        parts.push(match language {
            Language::Id => format!("isi {percent}%"),
            Language::En => format!("charge {percent}%"),
        });
    }
    if let Some(runtime) = runtime(runtime_seconds, language) {
        parts.push(match language {
            Language::Id => format!("sisa {runtime}"),
            Language::En => format!("{runtime} left"),
        });
    }
    let at = when(at, voice);
    parts.push(match language {
        Language::Id => format!("terakhir terlihat {at}"),
        Language::En => format!("last seen {at}"),
    });
    parts.join(", ")
}

fn generator(
    voice: Voice,
    station: &StationId,
    at: When,
    running: bool,
    fuel: Option<f64>,
) -> String {
    let language = voice.language;
    let state = match running {
        true => language.of("menyala", "runs"),
        false => language.of("tidak menyala", "does not run"),
    };
    let mut parts = vec![match language {
        Language::Id => format!("genset di {station} {state}"),
        Language::En => format!("the generator at {station} {state}"),
    }];
    if let Some(fuel) = fuel.filter(|fuel| fuel.is_finite()) {
        let percent = number(fuel * 100.0, 0, language);
        parts.push(match language {
            Language::Id => format!("bahan bakar {percent}%"),
            Language::En => format!("fuel {percent}%"),
        });
    }
    let at = when(at, voice);
    parts.push(match language {
        Language::Id => format!("terakhir terlihat {at}"),
        Language::En => format!("last seen {at}"),
    });
    parts.join(", ")
}

/// The state of a UPS for an SMS: `UPS memakai baterai 12%`.
pub(super) fn ups_in_brief(why: &Why, language: Language) -> Option<String> {
    let Why::UpsLastSeen { words, charge, .. } = why else { return None };
    let charge = charge
        .filter(|charge| charge.is_finite())
        .map(|charge| format!(" {}%", number(charge * 100.0, 0, language)))
        .unwrap_or_default();
    Some(format!("UPS {}{charge}", ups_state(words, language)))
}

fn runtime(seconds: Option<f64>, language: Language) -> Option<String> {
    // More than a day, or less than nothing, is a UPS that does not know.
    let seconds = seconds.filter(|s| (0.0..86_400.0).contains(s))?;
    #[allow(clippy::cast_possible_truncation)]
    let ms = (seconds * 1_000.0) as i64;
    Some(duration(ms, language))
}

/// The status words of RFC 9271 that say where the power comes from; the worst first.
fn ups_state(words: &[Arc<str>], language: Language) -> String {
    let has = |word: &str| words.iter().any(|w| &**w == word);
    let state = if has("FSD") {
        language.of("menyuruh mati karena baterai habis", "ordering a shutdown, its battery empty")
    } else if has("OB") && has("LB") {
        language.of("memakai baterai yang hampir habis", "on battery, nearly empty")
    } else if has("OB") {
        language.of("memakai baterai", "on battery")
    } else if has("BYPASS") {
        language.of("dilewati (bypass)", "bypassed")
    } else if has("OFF") {
        language.of("mati", "off")
    } else if has("OL") && has("RB") {
        language
            .of("memakai listrik PLN, baterainya perlu diganti", "on mains and needs a new battery")
    } else if has("OL") {
        language.of("memakai listrik PLN", "on mains")
    } else {
        return words.join(" ");
    };
    state.to_owned()
}

fn saw_words(saw: &str, language: Language) -> &str {
    match saw {
        "answered" => language.of("menjawab, tetapi tidak baik", "answered, but badly"),
        "refused" => language.of("menolak", "refused"),
        "timeout" => language.of("tanpa balasan", "no reply"),
        "lost" => language.of("semua paket hilang", "all packets lost"),
        "unreachable" => language.of("tidak terjangkau", "unreachable"),
        "absent" => language.of("tidak terpasang", "absent"),
        other => other,
    }
}
