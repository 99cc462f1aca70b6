//! Who is told what: a notice and the table of contacts become messages in their final words.
//! Pure. Whether and when something is told was decided by the judge.

use siaga_decide::wording::{Setting, message};
use siaga_decide::{At, Change, Notice, OfficeId, Setup, Warning};

use crate::config::{Config, Contact, ContactRole, Offices};
use crate::store::outbox::Draft;

/// The messages of a notice: one for each way to each contact whom it concerns.
#[must_use]
pub fn drafts(notice: &Notice, config: &Config, setup: &Setup, now: At) -> Vec<Draft> {
    let about = About::of(notice, config);
    let mut out = Vec::new();
    for (id, contact) in config.contacts.iter().filter(|(_, c)| concerns(notice, c)) {
        let setting = Setting {
            language: contact.language.wording(),
            setup,
            now,
            acknowledge_url: about.link.as_deref().filter(|_| about.can_acknowledge),
        };
        let words = message(notice, &setting);
        for via in &contact.via {
            out.push(Draft {
                subject: about.subject.clone(),
                change: about.change.clone(),
                contact: id.as_str().to_owned(),
                channel: via.channel.as_str().to_owned(),
                address: via.to.clone(),
                office: about.office.map(|office| office.as_str().to_owned()),
                language: contact.language.code().to_owned(),
                title: words.title.clone(),
                body: words.long.clone(),
                link: about.link.clone(),
            });
        }
    }
    out
}

/// Whether a contact is told of this.
#[must_use]
pub fn concerns(notice: &Notice, contact: &Contact) -> bool {
    match notice {
        Notice::Outage { outage, .. } => contact.offices.cover(&outage.office),
        Notice::Warning { office: Some(office), .. } => {
            contact.role == ContactRole::Technician && contact.offices.cover(office)
        }
        Notice::Warning { office: None, .. } => {
            contact.role == ContactRole::Technician && contact.offices == Offices::All
        }
    }
}

/// The parts of a message that are the same for everybody.
struct About<'a> {
    subject: String,
    /// The word, and when this spell was first told: an office that goes down again after its end
    /// was told is news again, under the same id.
    change: String,
    office: Option<&'a OfficeId>,
    link: Option<String>,
    can_acknowledge: bool,
}

impl<'a> About<'a> {
    fn of(notice: &'a Notice, config: &Config) -> Self {
        match notice {
            Notice::Outage { change, outage } => Self {
                subject: outage.id.as_str().to_owned(),
                change: match outage.told.opened {
                    Some(told) => format!("{}:{}", change.word(), told.0),
                    None => change.word().to_owned(),
                },
                office: Some(&outage.office),
                link: Some(format!("{}/outages/{}", config.public_url(), outage.id)),
                can_acknowledge: match change {
                    Change::Opened | Change::CauseKnown => outage.to.is_none(),
                    Change::Ended => false,
                },
            },
            Notice::Warning { office, warning } => Self {
                subject: match warning {
                    Warning::AgentStopped { station, since } => {
                        let office = office.as_ref().map_or("", OfficeId::as_str);
                        format!("agent_stopped:{office}/{station}:{}", since.0)
                    }
                    Warning::CollectorBlind { since } => format!("collector_blind:{}", since.0),
                },
                change: "warning".to_owned(),
                office: office.as_ref(),
                link: None,
                can_acknowledge: false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use siaga_decide::{Outage, StationId, Told, When};

    use super::*;

    const CONFIG: &str = r#"
names = ["siaga.example"]
data = "data"
[[office]]
id = "palaran"
name = "Palaran"
zone = "Asia/Makassar"
hours = "24/7"
[[office.station]]
id = "pc-1"
[[office]]
id = "samboja"
name = "Samboja"
zone = "Asia/Makassar"
hours = "24/7"
[[office.station]]
id = "pc-1"
[[channel.webhook]]
id = "hook"
url = "http://127.0.0.1:9/x"
[[channel.ntfy]]
id = "ntfy"
url = "http://127.0.0.1:9"
[[contact]]
id = "all"
offices = ["*"]
role = "technician"
via = [{ channel = "hook", to = "a" }, { channel = "ntfy", to = "b" }]
[[contact]]
id = "head"
language = "en"
offices = ["palaran"]
role = "supervisor"
via = [{ channel = "ntfy", to = "c" }]
[[contact]]
id = "one"
offices = ["samboja"]
role = "technician"
via = [{ channel = "ntfy", to = "d" }]
"#;

    fn told(notice: &Notice) -> Vec<String> {
        let config = crate::config::parse(Path::new("c.toml"), CONFIG).unwrap();
        let setup = config.setup(crate::config::calendar_range(At(1_795_000_000_000)));
        let drafts = drafts(notice, &config, &setup, At(1_795_000_060_000));
        drafts.iter().map(|d| format!("{} {} {}", d.contact, d.channel, d.language)).collect()
    }

    fn outage(office: &str) -> Notice {
        let outage = Outage {
            id: "palaran-20261118-1".into(),
            office: office.into(),
            from: When::exact(At(1_795_000_000_000)),
            to: None,
            charges: Vec::new(),
            timeline: Vec::new(),
            provisional: true,
            void: false,
            downtime_ms: 60_000,
            told: Told::default(),
            acknowledged: None,
            expected_back: None,
        };
        Notice::Outage { change: Change::Opened, outage: Box::new(outage) }
    }

    #[test]
    fn everybody_who_is_concerned_is_told_over_each_way_in_their_language() {
        assert_eq!(told(&outage("palaran")), ["all hook id", "all ntfy id", "head ntfy en"]);
        assert_eq!(told(&outage("samboja")), ["all hook id", "all ntfy id", "one ntfy id"]);
    }

    #[test]
    fn what_is_told_again_after_its_end_is_another_message() {
        let config = crate::config::parse(Path::new("c.toml"), CONFIG).unwrap();
        let setup = config.setup(crate::config::calendar_range(At(1_795_000_000_000)));
        let change = |told: i64| {
            let mut notice = outage("palaran");
            if let Notice::Outage { outage, .. } = &mut notice {
                outage.told.opened = Some(At(told));
            }
            drafts(&notice, &config, &setup, At(told))[0].change.clone()
        };
        assert_eq!(change(1_795_000_060_000), "opened:1795000060000");
        assert_ne!(change(1_795_000_060_000), change(1_795_000_400_000));
    }

    #[test]
    fn warnings_go_to_technicians_and_those_about_the_collector_to_the_ones_for_all() {
        let warning = Warning::AgentStopped { station: StationId::from("pc-1"), since: At(5) };
        let notice = Notice::Warning { office: Some("palaran".into()), warning };
        assert_eq!(told(&notice), ["all hook id", "all ntfy id"]);
        let warning = Warning::CollectorBlind { since: At(5) };
        assert_eq!(
            told(&Notice::Warning { office: None, warning }),
            ["all hook id", "all ntfy id"]
        );
    }
}
