//! Programs under test: found, started, killed, and their logs shown when a test fails.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::rig::clock::{instant, pause};

/// The path of one of the workspace's programs, beside this test binary.
///
/// # Panics
/// When it has not been built.
#[must_use]
pub fn program(name: &str) -> PathBuf {
    let here = std::env::current_exe().expect("the test's own path");
    let target = here.parent().and_then(Path::parent).expect("deps lies in the target folder");
    let path = target.join(name);
    assert!(path.exists(), "{name} is missing: run `cargo build --workspace` first");
    path
}

/// Runs a command to its end.
///
/// # Panics
/// When it cannot be started or fails.
#[track_caller]
pub fn run(command: &mut Command) -> String {
    let output = outcome(command);
    assert!(output.status.success(), "{command:?} failed:\n{}", said(&output));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Runs a command to its end, whatever that is.
///
/// # Panics
/// When it cannot be started.
#[track_caller]
pub fn outcome(command: &mut Command) -> Output {
    command.stdin(Stdio::null()).output().unwrap_or_else(|e| panic!("{command:?}: {e}"))
}

/// What a finished command printed, both streams.
#[must_use]
pub fn said(output: &Output) -> String {
    let out = String::from_utf8_lossy(&output.stdout);
    let err = String::from_utf8_lossy(&output.stderr);
    format!("{}{}{}", output.status, indent(&out), indent(&err))
}

fn indent(text: &str) -> String {
    text.lines().map(|line| format!("\n  | {line}")).collect()
}

/// A program that runs in the background, killed when dropped. Its output goes to a log.
pub struct Running {
    child: Child,
    pid: Pid,
    log: PathBuf,
}

impl Running {
    /// Starts it; output is appended to `log`.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn start(command: &mut Command, log: &Path) -> Self {
        let file = File::options().create(true).append(true).open(log).expect("a log file");
        let errors = file.try_clone().expect("a second handle");
        command.stdin(Stdio::null()).stdout(file).stderr(errors);
        let child = command.spawn().unwrap_or_else(|e| panic!("{command:?}: {e}"));
        let pid = Pid::from_child(&child);
        Self { child, pid, log: log.to_owned() }
    }

    /// Takes the only child of the started process for the program itself: for wrappers that
    /// have to fork.
    ///
    /// # Panics
    /// When there is no child within 5 s.
    #[must_use]
    pub fn behind_wrapper(mut self) -> Self {
        let id = self.child.id();
        let children = format!("/proc/{id}/task/{id}/children");
        let child = crate::rig::clock::until("the wrapped program", Duration::from_secs(5), || {
            fs::read_to_string(&children).ok()?.split_whitespace().next()?.parse().ok()
        });
        self.pid = Pid::from_raw(child).expect("a process id");
        self
    }

    /// The process id.
    #[must_use]
    pub fn id(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        // Gone already is as good as signalled.
        let _ = kill_process(self.pid, signal);
    }

    /// Kills it with no chance of last words.
    pub fn kill(mut self) {
        self.end();
    }

    /// Asks it to stop and waits.
    ///
    /// # Panics
    /// When it has not stopped after `limit`.
    #[track_caller]
    pub fn stop(mut self, limit: Duration) -> ExitStatus {
        self.signal(Signal::TERM);
        let start = instant();
        loop {
            if let Ok(Some(status)) = self.child.try_wait() {
                return status;
            }
            assert!(start.elapsed() < limit, "did not stop within {limit:?}\n{}", self.log());
            pause(Duration::from_millis(20));
        }
    }

    /// The end of what it printed.
    #[must_use]
    pub fn log(&self) -> String {
        let text = fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        let from = lines.len().saturating_sub(60);
        format!("--- {} (last {} lines)\n{}", self.log.display(), lines.len() - from, {
            lines[from..].join("\n")
        })
    }

    /// A figure of `/proc/PID/status` in bytes, such as `VmRSS`.
    #[must_use]
    pub fn memory(&self, key: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap_or_default();
        let line = status.lines().find_map(|l| l.strip_prefix(key)?.strip_prefix(':'));
        let kib = line.and_then(|l| l.split_whitespace().next()?.parse::<u64>().ok());
        kib.unwrap_or(0) * 1024
    }

    fn end(&mut self) {
        self.signal(Signal::KILL);
        // The wrapper, where there is one, ends with what it wrapped; else this is the same one.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
        if std::thread::panicking() {
            show(&self.log());
        }
    }
}

/// Shows a log beside a failing test.
#[expect(clippy::print_stderr, reason = "the test runner collects it")]
pub fn show(text: &str) {
    eprintln!("{text}");
}
