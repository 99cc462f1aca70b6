//! A whole scene: the town, a collector that runs in it, and the phones it tells.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::rig::agent::Agent;
use crate::rig::clock::until;
use crate::rig::collector::{Collector, NTFY, Office, TELEGRAM, WEBHOOK};
use crate::rig::ledger::Entry;
use crate::rig::phone::{Phone, Service};
use crate::rig::town::Town;

/// How long anything may take that a busy machine can hold up.
pub const LIMIT: Duration = Duration::from_secs(60);

/// The stage of a test. What it started ends with it, in this order.
pub struct Scene {
    /// The collector, running.
    pub collector: Collector,
    /// Where the technician is told, in Indonesian.
    pub telegram: Phone,
    /// Where the head is told, in English.
    pub ntfy: Phone,
    /// Where the service desk's program is told, as JSON.
    pub webhook: Phone,
    /// The hosts.
    pub town: Town,
    /// A staff token.
    pub token: String,
    dir: TempDir,
}

impl Scene {
    /// Lays the town and starts a collector for these offices.
    ///
    /// # Panics
    /// When something of it cannot be made.
    #[must_use]
    pub fn new(offices: &[Office]) -> Self {
        let dir = TempDir::with_prefix("siaga-test-").expect("a folder");
        let town = Town::new();
        let telegram = Phone::new(&town.col, TELEGRAM, Service::Telegram);
        let ntfy = Phone::new(&town.col, NTFY, Service::Ntfy);
        let webhook = Phone::new(&town.col, WEBHOOK, Service::Webhook);
        let mut collector = Collector::new(&town.col, dir.path(), offices);
        collector.start();
        let token = collector.token("admin");
        Self { collector, telegram, ntfy, webhook, town, token, dir }
    }

    /// The usual one: an office `o1` with a station `pc1`, always open.
    #[must_use]
    pub fn of_one_office() -> Self {
        Self::new(&[Office::always_open("o1", &["pc1"])])
    }

    /// The scene's folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// An enrolled agent on the PC, not started; `more` is TOML for its further probes.
    #[must_use]
    #[track_caller]
    pub fn agent(&self, office: &str, station: &str, more: &str) -> Agent {
        let agent =
            Agent::new(&self.town.pc, self.dir.path(), &format!("{office}-{station}"), more);
        agent.join(&self.collector.enrol(office, station));
        agent
    }

    /// The office's state now.
    #[must_use]
    #[track_caller]
    pub fn office(&self, office: &str) -> Value {
        self.collector.json(&format!("/api/v1/offices/{office}"), &self.token)
    }

    /// Waits until an office is in a state.
    ///
    /// # Panics
    /// When it is not within [`LIMIT`].
    #[track_caller]
    pub fn wait_state(&self, office: &str, state: &str) {
        until(&format!("office {office} to be {state}"), LIMIT, || {
            (self.office(office)["state"] == state).then_some(())
        });
    }

    /// The ledger's entries of an office, oldest first.
    #[must_use]
    #[track_caller]
    pub fn outages(&self, office: &str) -> Vec<Entry> {
        self.collector.outages(office, &self.token).into_iter().map(Entry).collect()
    }

    /// Waits until the office's ledger satisfies `holds`.
    ///
    /// # Panics
    /// When it does not within [`LIMIT`]; shows the ledger.
    #[track_caller]
    pub fn wait_ledger(
        &self,
        office: &str,
        what: &str,
        holds: impl Fn(&[Entry]) -> bool,
    ) -> Vec<Entry> {
        let start = crate::rig::clock::instant();
        loop {
            let entries = self.outages(office);
            if holds(&entries) {
                return entries;
            }
            assert!(start.elapsed() < LIMIT, "in vain for {what}: {entries:#?}");
            crate::rig::clock::pause(Duration::from_millis(100));
        }
    }

    /// Stops the collector, and checks that `rejudge` finds no difference to what it stored.
    #[track_caller]
    pub fn finish(mut self) {
        self.collector.assert_rejudged();
        self.collector.stop();
        self.collector.assert_rejudged();
    }
}
