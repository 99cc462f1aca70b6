//! The real `siaga-collector`: configured, started, killed, asked.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::rig::clock::until;
use crate::rig::http::{Client, Response};
use crate::rig::net::Namespace;
use crate::rig::process::{Running, outcome, program, run, said};

/// Where the collector serves plain HTTP to the tests, on its host's own loopback.
pub const PLAIN: &str = "127.0.0.1:8080";
/// Where the rig's Telegram serves, on the collector's host.
pub const TELEGRAM: &str = "127.0.0.1:9001";
/// Where the rig's ntfy serves, on the collector's host.
pub const NTFY: &str = "127.0.0.1:9002";
/// Where the rig's webhook receiver serves, on the collector's host.
pub const WEBHOOK: &str = "127.0.0.1:9003";

/// An office of the test's configuration.
pub struct Office {
    /// Its id.
    pub id: String,
    /// Its stations.
    pub stations: Vec<String>,
    /// `opening_hours` text.
    pub hours: String,
    /// The line it uses.
    pub line: String,
    /// Flaps closer than this are one outage, `2s`.
    pub merge_within: String,
    /// Further lines of TOML.
    pub more: String,
}

impl Office {
    /// One that is open day and night, with these stations.
    #[must_use]
    pub fn always_open(id: &str, stations: &[&str]) -> Self {
        Self {
            id: id.into(),
            stations: stations.iter().map(|s| (*s).into()).collect(),
            hours: "24/7".into(),
            line: "line1".into(),
            merge_within: "2s".into(),
            more: String::new(),
        }
    }
}

/// A collector on a host.
pub struct Collector {
    place: Arc<Namespace>,
    /// Its folder: configuration, data, log.
    pub dir: PathBuf,
    running: Option<Running>,
    wrap: Vec<String>,
}

impl Collector {
    /// Writes the configuration: cycles of a second, and thresholds to match.
    ///
    /// # Panics
    /// When files cannot be written.
    #[must_use]
    pub fn new(place: &Arc<Namespace>, dir: &Path, offices: &[Office]) -> Self {
        let dir = dir.join("collector");
        fs::create_dir_all(&dir).expect("a folder for the collector");
        let place = Arc::clone(place);
        let collector = Self { place, dir, running: None, wrap: Vec::new() };
        for (name, secret) in [("telegram.token", "123:abc"), ("webhook.secret", "shh")] {
            let file = collector.dir.join(name);
            fs::write(&file, secret).expect("a secret");
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("its mode");
        }
        collector.configure(offices);
        collector
    }

    /// Writes the configuration (again).
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn configure(&self, offices: &[Office]) {
        let mut text = format!(
            "listen = \"0.0.0.0:8443\"\nnames = [\"{}\"]\ndata = \"{}\"\nlanguage = \"id\"\n\
             cycle = \"1s\"\nplain_listen = \"{PLAIN}\"\n",
            crate::rig::town::COLLECTOR,
            self.dir.join("data").display(),
        );
        let mut lines: Vec<&str> = offices.iter().map(|o| o.line.as_str()).collect();
        lines.sort_unstable();
        lines.dedup();
        for line in lines {
            text.push_str(&format!("[[line]]\nid = \"{line}\"\nprovider = \"Provider {line}\"\n"));
        }
        for office in offices {
            text.push_str(&office_text(office));
        }
        text.push_str(&format!(
            "[[channel.telegram]]\nid = \"tele\"\ntoken_file = \"telegram.token\"\n\
             api = \"http://{TELEGRAM}\"\n\
             [[channel.ntfy]]\nid = \"ntfy\"\nurl = \"http://{NTFY}\"\n\
             [[channel.webhook]]\nid = \"hook\"\nurl = \"http://{WEBHOOK}/hook\"\n\
             secret_file = \"webhook.secret\"\n\
             [[contact]]\nid = \"tech\"\nname = \"Teknisi\"\nlanguage = \"id\"\noffices = [\"*\"]\n\
             role = \"technician\"\n\
             [[contact.via]]\nchannel = \"tele\"\nto = \"4242\"\n\
             [[contact]]\nid = \"head\"\nname = \"Head\"\nlanguage = \"en\"\noffices = [\"*\"]\n\
             role = \"supervisor\"\n\
             [[contact.via]]\nchannel = \"ntfy\"\nto = \"siaga-test\"\n\
             [[contact]]\nid = \"desk\"\nname = \"Desk\"\nlanguage = \"en\"\noffices = [\"*\"]\n\
             role = \"technician\"\n\
             [[contact.via]]\nchannel = \"hook\"\nto = \"desk\"\n"
        ));
        fs::write(self.config(), text).expect("the collector's configuration");
    }

    /// Adds words to the top of the configuration; they apply from the next start.
    ///
    /// # Panics
    /// When it cannot be read or written.
    pub fn add_words(&self, words: &str) {
        let text = fs::read_to_string(self.config()).expect("the collector's configuration");
        fs::write(self.config(), format!("{words}\n{text}")).expect("the same");
    }

    /// The configuration's path.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.dir.join("collector.toml")
    }

    /// Words to put before the program's own, such as `faketime`.
    pub fn wrap(&mut self, words: &[&str]) {
        self.wrap = words.iter().map(|w| (*w).to_owned()).collect();
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = match self.wrap.split_first() {
            Some((first, rest)) => {
                let mut command = self.place.command(first);
                command.args(rest).arg(program("siaga-collector"));
                command
            }
            None => self.place.command(program("siaga-collector")),
        };
        command.args(words).arg("--config").arg(self.config());
        command
    }

    /// Starts it and waits until it is ready.
    pub fn start(&mut self) {
        self.launch();
        self.wait_ready();
    }

    /// Starts it.
    pub fn launch(&mut self) {
        let log = self.dir.join("log");
        self.running = Some(Running::start(&mut self.command(&["serve"]), &log));
    }

    /// Waits until it says that it is ready.
    ///
    /// # Panics
    /// When it ends, or is not ready within 60 s.
    pub fn wait_ready(&mut self) {
        until("the collector to be ready", Duration::from_secs(60), || {
            if let Some(running) = &mut self.running
                && !running.is_running()
            {
                panic!("the collector ended\n{}", running.log());
            }
            let answer = self.client().ok()?.ask("GET", "/readyz", &[], b"").ok()?;
            (answer.status == 200).then_some(())
        });
    }

    /// Kills it.
    pub fn kill(&mut self) {
        if let Some(running) = self.running.take() {
            running.kill();
        }
    }

    /// Stops it in order.
    ///
    /// # Panics
    /// When it does not stop within 20 s or not with status 0.
    #[track_caller]
    pub fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            let status = running.stop(Duration::from_secs(20));
            assert!(status.success(), "an orderly stop of the collector ended with {status}");
        }
    }

    /// The running program.
    ///
    /// # Panics
    /// When it does not run.
    #[must_use]
    pub fn running(&mut self) -> &mut Running {
        self.running.as_mut().expect("a running collector")
    }

    /// Runs one of its other commands.
    #[must_use]
    pub fn outcome(&self, words: &[&str]) -> Output {
        outcome(&mut self.command(words))
    }

    /// A join code for a station.
    #[must_use]
    pub fn enrol(&self, office: &str, station: &str) -> String {
        let words = ["enrol", "--office", office, "--station", station];
        let text = run(&mut self.command(&words));
        let code = text.split_whitespace().find(|w| w.starts_with("siaga1-"));
        code.unwrap_or_else(|| panic!("no join code in {text}")).to_owned()
    }

    /// The database.
    ///
    /// # Panics
    /// When it cannot be opened for reading.
    #[must_use]
    pub fn database(&self) -> rusqlite::Connection {
        let file = self.dir.join("data/siaga.db");
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
        let db = rusqlite::Connection::open_with_flags(file, flags).expect("the database");
        db.busy_timeout(Duration::from_secs(10)).expect("a time-out");
        db
    }

    /// A connection to its plain listener.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn client(&self) -> std::io::Result<Client> {
        Client::connect(&self.place, plain())
    }

    /// A staff token.
    #[must_use]
    pub fn token(&self, role: &str) -> String {
        let text = run(&mut self.command(&["token", "--role", role]));
        let token = text.split_whitespace().rfind(|w| w.len() >= 32);
        token.unwrap_or_else(|| panic!("no token in {text}")).to_owned()
    }

    /// Asks a staff route.
    ///
    /// # Panics
    /// When it does not answer.
    #[must_use]
    #[track_caller]
    pub fn ask(&self, method: &str, path: &str, token: &str, body: &[u8]) -> Response {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let mut client = self.client().expect("the collector's plain listener");
        client.ask(method, path, &headers, body).expect(path)
    }

    /// A staff route's JSON.
    ///
    /// # Panics
    /// When it is not answered with 200.
    #[must_use]
    #[track_caller]
    pub fn json(&self, path: &str, token: &str) -> Value {
        let answer = self.ask("GET", path, token, b"");
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        answer.json()
    }

    /// The ledger's entries of an office, oldest first.
    #[must_use]
    #[track_caller]
    pub fn outages(&self, office: &str, token: &str) -> Vec<Value> {
        let answer = self.json(&format!("/api/v1/outages?office={office}"), token);
        let list = answer.get("outages").unwrap_or(&answer);
        let mut list = list.as_array().cloned().unwrap_or_else(|| panic!("no list: {answer}"));
        // An instant that is known is text, one that lies between two is an object.
        list.sort_by_key(|entry| crate::rig::ledger::instant_ms(&entry["from"]));
        list
    }

    /// What is stored must be what `rejudge` makes of the journal, both ways.
    ///
    /// # Panics
    /// When it finds a difference.
    #[track_caller]
    pub fn assert_rejudged(&self) {
        let output = self.outcome(&["rejudge"]);
        assert!(output.status.success(), "rejudge found a difference: {}", said(&output));
    }
}

/// The plain listener's address.
///
/// # Panics
/// Never: the address is a constant.
#[must_use]
pub fn plain() -> SocketAddr {
    PLAIN.parse().expect("an address")
}

fn office_text(office: &Office) -> String {
    let mut text = format!(
        "[[office]]\nid = \"{0}\"\nname = \"Kantor {0}\"\nzone = \"Asia/Makassar\"\n\
         hours = \"{1}\"\nline = \"{2}\"\nopen_after = \"3s\"\nclose_after = \"3s\"\n\
         merge_within = \"{3}\"\nopening_grace = \"5s\"\n{4}\n",
        office.id, office.hours, office.line, office.merge_within, office.more
    );
    for station in &office.stations {
        text.push_str(&format!("[[office.station]]\nid = \"{station}\"\n"));
    }
    text
}
