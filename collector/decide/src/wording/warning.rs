//! Warnings: what a technician should look at, and what to do about it. Must never sound like an
//! outage.

use super::moment::{duration, instant};
use super::{Language, Message, Setting, Voice, gsm, name, office_name};
use crate::ids::OfficeId;
use crate::notice::Warning;

/// A warning: what, since when, and what to do.
pub(super) fn message(
    voice: Voice,
    setting: &Setting,
    office: Option<&OfficeId>,
    what: &Warning,
) -> Message {
    let language = voice.language;
    let word = language.of("PERINGATAN", "WARNING");
    let subject = office.map_or("Siaga", |id| office_name(voice.setup, id));
    let (brief, long) = match what {
        Warning::AgentStopped { station, since } => {
            let at = instant(*since, voice.zone, language);
            let lasts = duration(setting.now - *since, language);
            match language {
                Language::Id => (
                    format!("agen di {station} berhenti sejak {at}"),
                    format!(
                        "Agen Siaga di {station} dihentikan pada {at} ({lasts} yang lalu), \
                         PC-nya sendiri tidak dimatikan.\nSelama agen tidak jalan, keadaan PC itu \
                         tidak teramati. Jalankan lagi layanan siaga-agent."
                    ),
                ),
                Language::En => (
                    format!("agent on {station} stopped since {at}"),
                    format!(
                        "The Siaga agent on {station} was stopped at {at} ({lasts} ago); the PC \
                         itself was not switched off.\nWithout it nobody observes that PC. Start \
                         the service siaga-agent again."
                    ),
                ),
            }
        }
        Warning::CollectorBlind { since } => {
            let at = instant(*since, voice.zone, language);
            match language {
                Language::Id => (
                    format!("server tidak bisa melihat kantor sejak {at}"),
                    format!(
                        "Server Siaga tidak bisa melihat kantor-kantor sejak {at}.\nSelama itu \
                         kantor yang tidak terdengar belum tentu terganggu, dan tidak ada yang \
                         dikabari. Periksa jaringan server ini."
                    ),
                ),
                Language::En => (
                    format!("server cannot see the offices since {at}"),
                    format!(
                        "The Siaga server cannot see the offices since {at}.\nUntil it can, \
                         silence of an office means nothing and nobody is told. Check this \
                         server's own network."
                    ),
                ),
            }
        }
    };
    Message {
        title: format!("{word}: {subject}"),
        short: gsm::sms(&format!("{word} {}:", name::short_office(subject)), &brief, &[], None),
        long,
    }
}
