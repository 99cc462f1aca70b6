//! Programs that the tests start: ended with the test, by their own handle.

use std::fs::File;
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use super::clock::Stopwatch;

/// A running program, killed when dropped.
pub(crate) struct Running(Child);

impl Running {
    /// Starts it, its output in a file.
    pub(crate) fn start(command: &mut Command, log: &Path) -> Self {
        let file = File::create(log).expect("a log file");
        let errors = file.try_clone().expect("a log file");
        let child = command.stdin(Stdio::null()).stdout(file).stderr(errors).spawn();
        Self(child.unwrap_or_else(|error| panic!("{command:?}: {error}")))
    }

    /// Stops it where it stands (`STOP`), lets it go on (`CONT`).
    pub(crate) fn signal(&self, name: &str) {
        done(Command::new("kill").arg(format!("-{name}")).arg(self.0.id().to_string()));
    }

    /// Ends it at once.
    pub(crate) fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

/// Runs a command that must succeed.
#[track_caller]
pub(crate) fn done(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}: {said}", output.status);
    output
}

/// A port of loopback that nobody listens on now.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("its address").port()
}

/// A UDP port of loopback that nobody uses now.
pub(crate) fn free_udp_port() -> u16 {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    socket.local_addr().expect("its address").port()
}

/// Waits until something listens.
pub(crate) fn listening(port: u16, log: &Path) {
    let started = Stopwatch::start();
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        started.patience(|| {
            let said = std::fs::read_to_string(log).unwrap_or_default();
            format!("nobody listens on {port}: {said}")
        });
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}
