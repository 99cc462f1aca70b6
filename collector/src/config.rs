//! The configuration: checked values whose types rule out bad states. Reading it opens the file
//! and the files it names, and nothing else.

mod check;
mod contacts;
mod durations;
mod notes;
mod offices;
mod place;
mod setup;
mod walk;

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use siaga_decide::{ContactId, LineId, MainsId, OfficeId, ProbeName, StationId};

pub use check::{load, parse};
pub use notes::{Note, notes};
pub use setup::{CALENDAR_LEFT_MS, calendar_range};

/// Everything the collector is told by its administrator.
#[derive(Clone, Debug)]
pub struct Config {
    /// The file it came from; empty for one made in the program.
    pub path: PathBuf,
    /// Where agents and browsers connect over TLS.
    pub listen: SocketAddr,
    /// Where a reverse proxy on the same machine connects without TLS.
    pub plain_listen: Option<SocketAddr>,
    /// DNS names and addresses for the server's certificate; the first is used in links.
    pub names: Vec<String>,
    /// Database, keys and certificates.
    pub data: PathBuf,
    /// Language of pages, and of contacts that name none.
    pub language: Language,
    /// Milliseconds of the agents' cycle.
    pub cycle_ms: i64,
    /// `host:port` that always answer while the collector can see.
    pub canary: Vec<String>,
    /// `host:port` of the data center, where the collector can reach it by itself.
    pub datacenter: Vec<String>,
    /// The line on which the collector hangs, if it is one of the offices' lines.
    pub line: Option<LineId>,
    /// Days for which single readings are kept.
    pub raw_days: u32,
    /// Lines that offices share.
    pub lines: BTreeMap<LineId, Line>,
    /// Offices by id.
    pub offices: BTreeMap<OfficeId, Office>,
    /// Channels by id.
    pub channels: BTreeMap<ChannelId, Channel>,
    /// Contacts by id.
    pub contacts: BTreeMap<ContactId, Contact>,
}

/// A language in which people are told.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Language {
    /// Bahasa Indonesia.
    #[default]
    Indonesian,
    /// English.
    English,
}

impl Language {
    /// `id` or `en`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Indonesian => "id",
            Self::English => "en",
        }
    }

    /// The same for the sentences of the judge's crate.
    #[must_use]
    pub fn wording(self) -> siaga_decide::wording::Language {
        match self {
            Self::Indonesian => siaga_decide::wording::Language::Id,
            Self::English => siaga_decide::wording::Language::En,
        }
    }

    /// Reads [`Self::code`].
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "id" => Some(Self::Indonesian),
            "en" => Some(Self::English),
            _ => None,
        }
    }
}

/// A channel, as the configuration names it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChannelId(pub Arc<str>);

impl ChannelId {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ChannelId {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for ChannelId {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A secret that no log shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps it.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// Shows it, to whoever must send it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("…")
    }
}

/// A provider's line.
#[derive(Clone, Debug)]
pub struct Line {
    /// Who runs it.
    pub provider: Arc<str>,
}

/// One office.
#[derive(Clone, Debug)]
pub struct Office {
    /// As people call it.
    pub name: Arc<str>,
    /// The district it is counted in, where there is one.
    pub district: Option<Arc<str>>,
    /// How many people it records in an hour, where that is known.
    pub throughput: Option<siaga_decide::Throughput>,
    /// IANA zone.
    pub zone: jiff::tz::TimeZone,
    /// Service hours, checked.
    pub hours: Arc<crate::hours::Hours>,
    /// Stations by id.
    pub stations: BTreeMap<StationId, Station>,
    /// How many must serve.
    pub stations_needed: usize,
    /// The line it uses.
    pub line: Option<LineId>,
    /// The mains it shares.
    pub mains: Option<MainsId>,
    /// The relay office.
    pub via: Option<OfficeId>,
    /// See `siaga_decide::Office`; milliseconds.
    pub open_after_ms: i64,
    /// Milliseconds.
    pub close_after_ms: i64,
    /// Milliseconds.
    pub merge_within_ms: i64,
    /// Milliseconds.
    pub opening_grace_ms: i64,
    /// Milliseconds.
    pub settle_after_ms: i64,
}

/// One station.
#[derive(Clone, Debug)]
pub struct Station {
    /// What must be good for it to serve.
    pub needs: Vec<ProbeName>,
}

/// A way to reach people. It only sends.
#[derive(Clone, Debug)]
pub enum Channel {
    /// A Telegram bot.
    Telegram {
        /// The bot's token.
        token: Secret,
        /// Base address of the API, without a slash at the end.
        api: String,
    },
    /// An ntfy server.
    Ntfy {
        /// Base address of the server, without a slash at the end.
        url: String,
        /// Access token, where the server wants one.
        token: Option<Secret>,
    },
    /// A program of the administrator's own.
    Webhook {
        /// Where the message is posted.
        url: String,
        /// Key of the HMAC-SHA-256 signature, where there is one.
        secret: Option<Secret>,
    },
}

/// Whom to tell.
#[derive(Clone, Debug)]
pub struct Contact {
    /// As people call them.
    pub name: Arc<str>,
    /// In which language.
    pub language: Language,
    /// About which offices.
    pub offices: Offices,
    /// What concerns them.
    pub role: ContactRole,
    /// Over which channels; never empty.
    pub via: Vec<Via>,
}

/// About which offices somebody is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Offices {
    /// Every one.
    All,
    /// These.
    These(Vec<OfficeId>),
}

impl Offices {
    /// Whether that office is among them.
    #[must_use]
    pub fn cover(&self, office: &OfficeId) -> bool {
        match self {
            Self::All => true,
            Self::These(ids) => ids.contains(office),
        }
    }
}

/// What concerns a contact.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ContactRole {
    /// Outages, and warnings that are none.
    Technician,
    /// Outages only.
    Supervisor,
}

/// One way to one contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Via {
    /// Which channel.
    pub channel: ChannelId,
    /// Chat id, topic or name, as the channel understands it.
    pub to: String,
}

/// One thing that is wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// In which file.
    pub file: PathBuf,
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// `office "palaran": contact "night"`.
    pub path: String,
    /// What is wrong.
    pub what: String,
    /// What to do, where that can be said.
    pub hint: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}:{}:{}: ", self.file.display(), self.line, self.column)?;
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.what)?;
        if let Some(hint) = &self.hint {
            write!(f, "\nhint: {hint}")?;
        }
        Ok(())
    }
}

impl Config {
    /// The offices of a district, by id.
    pub fn district<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a OfficeId> {
        let inside = move |office: &Office| office.district.as_deref() == Some(name);
        self.offices.iter().filter(move |(_, office)| inside(office)).map(|(id, _)| id)
    }

    /// The database's file.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.data.join("siaga.db")
    }

    /// Where links in messages point, without a slash at the end.
    #[must_use]
    pub fn public_url(&self) -> String {
        let name = self.names.first().map_or("localhost", String::as_str);
        // On this machine alone, the plain listener spares people a warning about the certificate.
        if let (Some(plain), "localhost" | "127.0.0.1") = (self.plain_listen, name) {
            return format!("http://{plain}");
        }
        let name = if name.contains(':') { format!("[{name}]") } else { name.to_owned() };
        match self.listen.port() {
            443 => format!("https://{name}"),
            port => format!("https://{name}:{port}"),
        }
    }

    /// The path that a relative one in this configuration means.
    #[must_use]
    pub fn beside(&self, path: &Path) -> PathBuf {
        self.path.parent().map_or_else(|| path.to_owned(), |dir| dir.join(path))
    }
}
