//! Network namespaces: small hosts of their own, for what loopback cannot show.

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use siaga_wire::Saw;

use super::process::done;

/// A host of its own, removed when dropped.
pub(crate) struct Namespace(String);

impl Namespace {
    /// With loopback up.
    pub(crate) fn new(label: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("siaga-peers-{}-{number}-{label}", std::process::id());
        let mut command = Command::new("ip");
        let made = command.args(["netns", "add", &name]).output().expect("install iproute2");
        let said = String::from_utf8_lossy(&made.stderr);
        assert!(made.status.success(), "a network namespace needs root: {said}");
        let namespace = Self(name);
        namespace.ip("link set lo up");
        namespace
    }

    /// Runs `ip` inside.
    pub(crate) fn ip(&self, line: &str) {
        done(Command::new("ip").args(["-n", &self.0]).args(line.split(' ')));
    }

    /// Runs a shell line inside.
    pub(crate) fn sh(&self, line: &str) {
        done(&mut self.command(&["sh", "-c", line]));
    }

    /// A command that runs inside.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.0]).args(words);
        command
    }

    /// Lays a cable to another host; each end is a device with its address.
    pub(crate) fn cable(&self, end: (&str, &str), peer: &Self, peer_end: (&str, &str)) {
        done(
            Command::new("ip")
                .args(["link", "add", end.0, "netns", &self.0, "type", "veth"])
                .args(["peer", "name", peer_end.0, "netns", &peer.0]),
        );
        for (host, (device, address)) in [(self, end), (peer, peer_end)] {
            host.ip(&format!("addr add {address} dev {device}"));
            host.ip(&format!("link set {device} up"));
        }
    }

    /// What `siaga-agent probe --json` says inside, by the probes' names. `wrapper` stands before
    /// the program.
    pub(crate) fn probe(&self, tables: &str, wrapper: &[&str]) -> Vec<Seen> {
        let folder = tempfile::tempdir().expect("a folder");
        let config = folder.path().join("agent.toml");
        let head = "collector = \"http://127.0.0.1:1\"\ndata = \"unused\"\n";
        std::fs::write(&config, format!("{head}{tables}")).expect("a configuration");
        let mut words = wrapper.to_vec();
        words.extend([env!("CARGO_BIN_EXE_siaga-agent"), "probe", "--json", "--config"]);
        let output = done(self.command(&words).arg(&config));
        seen(&output.stdout)
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let _ = Command::new("ip").args(["netns", "del", &self.0]).output();
    }
}

/// A reading as `probe --json` prints it.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct Seen {
    pub(crate) probe: String,
    pub(crate) saw: Saw,
    pub(crate) why: Option<String>,
    pub(crate) words: Vec<String>,
    pub(crate) values: std::collections::BTreeMap<String, f64>,
}

/// The readings that `probe --json` printed.
pub(crate) fn seen(json: &[u8]) -> Vec<Seen> {
    serde_json::from_slice(json).expect("an array of readings")
}
