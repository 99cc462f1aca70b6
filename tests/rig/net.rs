//! Network namespaces: small hosts with their own addresses, joined by virtual cables.
//!
//! Names carry this process's id, so runs beside each other do not meet, and a later run removes
//! what a killed one left behind. Nothing here touches the machine's own network.

use std::fs::{self, File};
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use crate::rig::process::run;

const PREFIX: &str = "siaga-test-";

/// One network namespace, removed when dropped.
pub struct Namespace {
    name: String,
}

impl Namespace {
    /// A host of its own, with loopback up and forwarding on.
    ///
    /// # Panics
    /// When namespaces cannot be made here: it takes root.
    #[must_use]
    pub fn new(label: &str) -> Self {
        static SWEEP: Once = Once::new();
        static NEXT: AtomicU32 = AtomicU32::new(0);
        SWEEP.call_once(remove_leftovers);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("{PREFIX}{}-{number}-{label}", std::process::id());
        run(Command::new("ip").args(["netns", "add", &name]));
        let namespace = Self { name };
        namespace.ip("link set lo up");
        namespace.sh("echo 1 > /proc/sys/net/ipv4/ip_forward");
        // The agent pings without privileges, as on a PC that is set up for it.
        namespace.sh("echo '0 2147483647' > /proc/sys/net/ipv4/ping_group_range");
        namespace
    }

    /// A command that runs inside.
    #[must_use]
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name]).arg(program.as_ref());
        command
    }

    /// Runs `ip` on this host, with the words of `line`.
    pub fn ip(&self, line: &str) {
        run(Command::new("ip").args(["-n", &self.name]).args(line.split_whitespace()));
    }

    /// Runs a line of shell inside.
    pub fn sh(&self, line: &str) {
        run(self.command("sh").args(["-c", line]));
    }

    /// Does something on a thread that is inside. Sockets made there stay inside.
    ///
    /// # Panics
    /// When the namespace cannot be entered, or `act` panics.
    pub fn enter<T: Send>(&self, act: impl FnOnce() -> T + Send) -> T {
        let file = File::open(format!("/run/netns/{}", self.name)).expect("the namespace's file");
        thread::scope(|scope| {
            let inside = scope.spawn(move || {
                use std::os::fd::AsFd;
                move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network))
                    .expect("entering a namespace");
                act()
            });
            inside.join().expect("a thread inside the namespace")
        })
    }

    /// A listener on an address inside.
    ///
    /// # Panics
    /// When the address is taken or not of this host.
    #[must_use]
    pub fn listen(&self, address: &str) -> TcpListener {
        self.enter(|| TcpListener::bind(address).expect(address))
    }

    /// A connection from inside.
    ///
    /// # Errors
    /// When the peer refuses or does not answer within 5 s.
    pub fn connect(&self, address: SocketAddr) -> io::Result<TcpStream> {
        self.enter(|| TcpStream::connect_timeout(&address, Duration::from_secs(5)))
    }

    /// Lays a cable between two hosts; each end is `device address/prefix`.
    pub fn cable(&self, end: (&str, &str), peer: &Self, peer_end: (&str, &str)) {
        run(Command::new("ip")
            .args(["link", "add", end.0, "netns", &self.name, "type", "veth"])
            .args(["peer", "name", peer_end.0, "netns", &peer.name]));
        for (host, (device, address)) in [(self, end), (peer, peer_end)] {
            host.ip(&format!("addr add {address} dev {device}"));
            host.ip(&format!("link set {device} up"));
        }
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        remove(&self.name);
    }
}

fn remove(name: &str) {
    // A failure is worth no second panic: the next run sweeps.
    let _ = Command::new("ip").args(["netns", "del", name]).output();
}

/// Removes the namespaces of test processes that no longer live.
fn remove_leftovers() {
    let Ok(names) = fs::read_dir("/run/netns") else { return };
    for name in names.flatten().filter_map(|e| e.file_name().into_string().ok()) {
        let owner = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next());
        if owner.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
            remove(&name);
        }
    }
}
