//! What every page has in common: the frame around it, who looks at it, and where its files are.

use std::sync::Arc;

use jiff::tz::TimeZone;
use siaga_decide::{Account, At, Calendar, Forecast, OfficeId, OfficeView, Outage, Setup};

use super::assets::{ASSETS, Assets};
use super::days::Day;
use super::moment::Reader;
use super::words::Words;
use crate::config::Language;

/// Who looks at a page, and in which language.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    pub(crate) language: Language,
    pub(crate) now: At,
    /// The zone of the collector's own texts; an office's texts are in the office's zone.
    pub(crate) zone: TimeZone,
    /// The path that was asked for, without a query.
    pub(crate) path: String,
    pub(crate) user: Option<User>,
    pub(crate) setup: Arc<Setup>,
}

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) role: &'static str,
    /// Goes into every form; empty for a program with a token, which sends no forms.
    pub(crate) csrf: String,
    pub(crate) may_respond: bool,
    pub(crate) may_plan: bool,
    /// Corrects outages, closes months.
    pub(crate) may_answer: bool,
}

impl Visitor {
    /// The texts.
    pub(crate) fn words(&self) -> &'static Words {
        Words::of(self.language)
    }

    /// How texts about that zone are written.
    pub(crate) fn reader(&self, zone: &TimeZone) -> Reader {
        Reader {
            language: self.language,
            zone: zone.clone(),
            now: self.now,
            name_zone: *zone != self.zone,
            setup: Arc::clone(&self.setup),
        }
    }

    /// The frame of a page.
    pub(crate) fn shell(&self, title: &str, refresh_seconds: u32) -> Shell {
        let reader = self.reader(&self.zone);
        Shell {
            language: self.language,
            title: title.to_owned(),
            assets: &ASSETS,
            refresh_seconds,
            crumbs: Vec::new(),
            now: format!("{} {}", reader.clock_seconds(self.now), reader.zone_name(self.now)),
            languages: self.languages(),
            user: self.user.clone(),
        }
    }

    /// The way to the same page in each language.
    pub(crate) fn languages(&self) -> Vec<LanguageLink> {
        [(Language::Indonesian, "Indonesia", "ID"), (Language::English, "English", "EN")]
            .map(|(language, text, short)| LanguageLink {
                tag: language.code(),
                text,
                short,
                href: format!("{}?lang={}", self.path, language.code()),
                current: language == self.language,
            })
            .to_vec()
    }
}

/// The frame around a page.
#[derive(Clone, Debug)]
pub(crate) struct Shell {
    pub(crate) language: Language,
    pub(crate) title: String,
    pub(crate) assets: &'static Assets,
    pub(crate) refresh_seconds: u32,
    pub(crate) crumbs: Vec<Crumb>,
    pub(crate) now: String,
    pub(crate) languages: Vec<LanguageLink>,
    pub(crate) user: Option<User>,
}

/// A step on the way back.
#[derive(Clone, Debug)]
pub(crate) struct Crumb {
    pub(crate) href: String,
    pub(crate) text: String,
}

/// The same page in a language.
#[derive(Clone, Debug)]
pub(crate) struct LanguageLink {
    pub(crate) tag: &'static str,
    pub(crate) text: &'static str,
    pub(crate) short: &'static str,
    pub(crate) href: String,
    pub(crate) current: bool,
}

/// All that is known of one office, gathered for its pages.
#[derive(Clone, Debug)]
pub(crate) struct OfficeFacts {
    pub(crate) id: OfficeId,
    pub(crate) name: String,
    pub(crate) zone: TimeZone,
    pub(crate) calendar: Arc<Calendar>,
    pub(crate) view: Option<OfficeView>,
    pub(crate) open: Option<Outage>,
    pub(crate) days: Vec<Day>,
    /// How much longer the open outage is likely to last.
    pub(crate) forecast: Option<Forecast>,
    /// The account of the running month.
    pub(crate) month: Option<Account>,
}
