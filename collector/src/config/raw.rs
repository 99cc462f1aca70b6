//! The file as it is written: every value with its place, nothing checked but its type.

use serde::Deserialize;
use toml::Spanned;

pub(super) type Text = Spanned<String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub listen: Option<Text>,
    pub plain_listen: Option<Text>,
    #[serde(default)]
    pub names: Vec<Text>,
    pub data: Option<Text>,
    pub language: Option<Text>,
    pub cycle: Option<Text>,
    #[serde(default)]
    pub canary: Vec<Text>,
    pub raw_days: Option<Spanned<u32>>,
    #[serde(default)]
    pub line: Vec<Line>,
    #[serde(default)]
    pub office: Vec<Office>,
    #[serde(default)]
    pub contact: Vec<Contact>,
    #[serde(default)]
    pub channel: Channels,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    pub id: Text,
    pub provider: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Office {
    pub id: Text,
    pub name: Option<Text>,
    pub zone: Text,
    pub hours: Text,
    #[serde(default)]
    pub holidays: Vec<Text>,
    pub cuti_bersama: Option<bool>,
    pub stations_needed: Option<Spanned<usize>>,
    pub line: Option<Text>,
    pub mains: Option<Text>,
    pub via: Option<Text>,
    pub open_after: Option<Text>,
    pub close_after: Option<Text>,
    pub merge_within: Option<Text>,
    pub opening_grace: Option<Text>,
    pub settle_after: Option<Text>,
    #[serde(default)]
    pub station: Vec<Station>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Station {
    pub id: Text,
    pub needs: Option<Vec<Text>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Contact {
    pub id: Text,
    pub name: Option<Text>,
    pub language: Option<Text>,
    pub offices: Vec<Text>,
    pub role: Option<Text>,
    #[serde(default)]
    pub via: Vec<Via>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Via {
    pub channel: Text,
    pub to: Option<Text>,
}

// Kinds are tables of their own, because an error inside a tagged enum loses its place.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct Channels {
    #[serde(default)]
    pub telegram: Vec<Telegram>,
    #[serde(default)]
    pub ntfy: Vec<Ntfy>,
    #[serde(default)]
    pub webhook: Vec<Webhook>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Telegram {
    pub id: Text,
    pub token_file: Text,
    pub api: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ntfy {
    pub id: Text,
    pub url: Text,
    pub token_file: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Webhook {
    pub id: Text,
    pub url: Text,
    pub secret_file: Option<Text>,
}
