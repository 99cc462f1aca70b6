//! Channels and contacts: how people are reached, and who they are.

use std::collections::BTreeMap;
use std::path::Path;

use siaga_decide::{ContactId, OfficeId};

use super::check::{beside, id, language, no_such};
use super::walk::{Section, Text};
use super::{Channel, ChannelId, Contact, ContactRole, Language, Office, Offices, Secret, Via};

pub(super) fn channels(top: &Section, dir: &Path) -> BTreeMap<ChannelId, Channel> {
    let mut channels = BTreeMap::new();
    let Some(kinds) = top.table("channel") else { return channels };
    for section in kinds.tables("telegram") {
        let token = section.must_text("token_file", "a file with the bot's token alone");
        let token = token.and_then(|file| secret(&section, "token_file", dir, &file));
        let api = url(&section, "api", section.text("api"));
        let channel = token.map(|token| Channel::Telegram {
            token,
            api: api.unwrap_or_else(|| "https://api.telegram.org".to_owned()),
        });
        keep(&mut channels, section, channel);
    }
    for section in kinds.tables("ntfy") {
        let base = section.must_text("url", "like https://ntfy.example.org");
        let base = url(&section, "url", base);
        let token = optional_secret(&section, "token_file", dir);
        let channel = base.zip(token).map(|(url, token)| Channel::Ntfy { url, token });
        keep(&mut channels, section, channel);
    }
    for section in kinds.tables("webhook") {
        let target = section.must_text("url", "like https://example.org/siaga");
        let target = url(&section, "url", target);
        let secret = optional_secret(&section, "secret_file", dir);
        let channel = target.zip(secret).map(|(url, secret)| Channel::Webhook { url, secret });
        keep(&mut channels, section, channel);
    }
    kinds.finish();
    channels
}

fn keep(channels: &mut BTreeMap<ChannelId, Channel>, section: Section, channel: Option<Channel>) {
    let id = id(&section, |id| channels.contains_key(&ChannelId(id.into())));
    if let (Some(id), Some(channel)) = (id, channel) {
        channels.insert(ChannelId(id.text.into()), channel);
    }
    section.finish();
}

fn url(section: &Section, key: &str, text: Option<Text>) -> Option<String> {
    let text = text?;
    let rest = text.text.strip_prefix("https://").or_else(|| text.text.strip_prefix("http://"));
    let good = rest.is_some_and(|rest| {
        let host = rest.split('/').next().unwrap_or_default();
        !host.is_empty() && !rest.chars().any(|c| c.is_whitespace() || c.is_control())
    }) && text.text.parse::<axum::http::Uri>().is_ok();
    if !good {
        let what = format!("{:?} is not an address", text.text);
        section.problem(text.at, key, what, "https://host or https://host/path".to_owned());
        return None;
    }
    Some(text.text.trim_end_matches('/').to_owned())
}

/// `None` where the file cannot be used, `Some(None)` where none is named.
fn optional_secret(section: &Section, key: &'static str, dir: &Path) -> Option<Option<Secret>> {
    match section.text(key) {
        None => Some(None),
        Some(file) => secret(section, key, dir, &file).map(Some),
    }
}

fn secret(section: &Section, key: &str, dir: &Path, file: &Text) -> Option<Secret> {
    let path = beside(dir, &file.text);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text.trim().to_owned(),
        Err(error) => {
            let what = format!("cannot read {}: {error}", path.display());
            section.problem(file.at, key, what, None);
            return None;
        }
    };
    if text.is_empty() || text.chars().any(char::is_control) {
        let what = format!("{} must hold the secret alone, on one line", path.display());
        section.problem(file.at, key, what, None);
        return None;
    }
    if !others_kept_out(&path) {
        let what = format!("{} can be read by everybody on this machine", path.display());
        let hint = format!("chmod 640 {}", path.display());
        section.problem(file.at, key, what, hint);
        return None;
    }
    Some(Secret::new(text))
}

#[cfg(unix)]
fn others_kept_out(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).is_ok_and(|meta| meta.permissions().mode() & 0o004 == 0)
}

#[cfg(not(unix))]
fn others_kept_out(_path: &Path) -> bool {
    true
}

pub(super) fn read(
    top: &Section,
    offices: &BTreeMap<OfficeId, Office>,
    channels: &BTreeMap<ChannelId, Channel>,
    default: Language,
) -> BTreeMap<ContactId, Contact> {
    let mut contacts = BTreeMap::new();
    for section in top.tables("contact") {
        let id = id(&section, |id| contacts.contains_key(&ContactId::from(id)));
        let name = section.text("name").map(|name| name.text);
        let language = language(&section).unwrap_or(default);
        let covered = covered(&section, offices);
        let role = role(&section);
        let via = via(&section, channels);
        if let Some(id) = id {
            let name = name.unwrap_or_else(|| id.text.clone()).into();
            let contact = Contact { name, language, offices: covered, role, via };
            contacts.insert(ContactId::from(id.text.as_str()), contact);
        }
        section.finish();
    }
    contacts
}

fn covered(section: &Section, offices: &BTreeMap<OfficeId, Office>) -> Offices {
    let Some(names) = section.texts("offices") else {
        let hint = "[\"*\"] for all, or a list of office ids".to_owned();
        section.problem(section.at, "offices", "is missing", hint);
        return Offices::These(Vec::new());
    };
    if names.iter().any(|name| name.text == "*") {
        return Offices::All;
    }
    let known: Vec<&str> = offices.keys().map(OfficeId::as_str).collect();
    for name in names.iter().filter(|name| !known.contains(&name.text.as_str())) {
        no_such(section, "offices", name, "office", &known);
    }
    Offices::These(names.iter().map(|name| OfficeId::from(name.text.as_str())).collect())
}

fn role(section: &Section) -> ContactRole {
    match section.text("role") {
        None => ContactRole::Supervisor,
        Some(role) => match role.text.as_str() {
            "technician" => ContactRole::Technician,
            "supervisor" => ContactRole::Supervisor,
            _ => {
                let what = format!("{:?} is not a role", role.text);
                let hint = "\"technician\" or \"supervisor\"".to_owned();
                section.problem(role.at, "role", what, hint);
                ContactRole::Supervisor
            }
        },
    }
}

fn via(section: &Section, channels: &BTreeMap<ChannelId, Channel>) -> Vec<Via> {
    let known: Vec<&str> = channels.keys().map(ChannelId::as_str).collect();
    let mut ways = Vec::new();
    let mut written = false;
    for way in section.tables("via") {
        written = true;
        let channel = way.must_text("channel", "the id of a channel");
        let to = way.must_text("to", "chat id, topic or name, as the channel wants it");
        if let Some(channel) = &channel
            && !known.contains(&channel.text.as_str())
        {
            no_such(&way, "channel", channel, "channel", &known);
        }
        way.finish();
        if let (Some(channel), Some(to)) = (channel, to) {
            ways.push(Via { channel: ChannelId(channel.text.into()), to: to.text });
        }
    }
    // One that is wrong is a problem of its own.
    if !written {
        let hint = "add [[contact.via]] with channel and to".to_owned();
        section.problem(section.at, "via", "this contact cannot be reached", hint);
    }
    ways
}
