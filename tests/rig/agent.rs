//! The real `siaga-agent` on a PC of the rig: configured, enrolled, started, killed, booted anew.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use crate::rig::clock::{instant, uptime_seconds};
use crate::rig::net::Namespace;
use crate::rig::process::{Running, outcome, program, run, said};
use crate::rig::town::{COLLECTOR, OUTSIDE, SERVICE};

/// An agent and the PC it believes to run on.
pub struct Agent {
    place: Arc<Namespace>,
    /// Its folder: configuration, data, log, the boot's identity.
    pub dir: PathBuf,
    running: Option<Running>,
    boots: u32,
    /// Seconds to take off the clock since boot: what a new boot starts with.
    boot_offset: Option<i64>,
    /// Environment, such as a wrong clock.
    pub environment: Vec<(String, String)>,
}

impl Agent {
    /// Writes its configuration: cycles of a second, the four link probes and `more` TOML.
    ///
    /// # Panics
    /// When files cannot be written.
    #[must_use]
    pub fn new(place: &Arc<Namespace>, dir: &Path, name: &str, more: &str) -> Self {
        let dir = dir.join(name);
        fs::create_dir_all(&dir).expect("a folder for the agent");
        let text = format!(
            "collector = \"https://{COLLECTOR}:8443\"\ndata = \"{}\"\ncycle = \"1s\"\n{}\n{more}\n",
            dir.join("data").display(),
            link_probes(),
        );
        fs::write(dir.join("agent.toml"), text).expect("the agent's configuration");
        let mut agent = Self {
            place: Arc::clone(place),
            dir,
            running: None,
            boots: 0,
            boot_offset: None,
            environment: Vec::new(),
        };
        agent.name_boot();
        agent
    }

    fn name_boot(&mut self) {
        self.boots += 1;
        let id = format!("{:08x}-0000-4000-8000-{:012x}\n", std::process::id(), self.boots);
        fs::write(self.dir.join("boot_id"), id).expect("a boot's identity");
        // A system that runs under systemd, with a log of its own that says nothing.
        let _ = fs::remove_dir_all(self.dir.join("run"));
        for folder in ["run/systemd/system", "log", "bin"] {
            fs::create_dir_all(self.dir.join(folder)).expect("the boot's folders");
        }
        self.system_state("running");
        let state = self.dir.join("run/state").display().to_string();
        for (program, does) in
            [("systemctl", format!("cat '{state}'")), ("journalctl", "exit 1".into())]
        {
            use std::os::unix::fs::PermissionsExt;
            let file = self.dir.join("bin").join(program);
            fs::write(&file, format!("#!/bin/sh\n{does}\n")).expect("a program of the system");
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("its mode");
        }
    }

    /// What `systemctl is-system-running` answers on this PC.
    fn system_state(&self, state: &str) {
        fs::write(self.dir.join("run/state"), format!("{state}\n")).expect("the system's state");
    }

    /// The folder with its spool and credential.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.dir.join("data")
    }

    /// The configuration's path.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.dir.join("agent.toml")
    }

    /// A command of its own that ends by itself.
    #[must_use]
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = self.place.command(program("siaga-agent"));
        command.args(words).arg("--config").arg(self.config());
        command.envs(self.environment.iter().map(|(key, value)| (key, value)));
        command
    }

    /// Sets the PC's wall clock wrong from its next start on; the clock since boot stays right.
    /// `time` is what libfaketime understands, such as `@2001-01-01 00:00:00`.
    ///
    /// # Panics
    /// When faketime is not installed.
    pub fn wrong_clock(&mut self, time: &str) {
        let folders = fs::read_dir("/usr/lib").expect("/usr/lib").flatten();
        let mut files = folders.map(|f| f.path().join("faketime/libfaketimeMT.so.1"));
        let library = files.find(|f| f.exists()).expect("faketime: install it");
        let set = |key: &str, value: String| (key.to_owned(), value);
        self.environment = vec![
            set("LD_PRELOAD", library.display().to_string()),
            set("FAKETIME", time.to_owned()),
            set("FAKETIME_DONT_FAKE_MONOTONIC", "1".into()),
            set("FAKETIME_DONT_RESET", "1".into()),
        ];
    }

    /// Enrols it.
    #[track_caller]
    pub fn join(&self, code: &str) {
        run(&mut self.command(&["join", code]));
    }

    /// Starts it in the present boot.
    pub fn start(&mut self) {
        // `ip netns exec` has given the shell a mount namespace of its own: the false identity
        // of the boot, its /run and its logs are seen by nobody else.
        let script = format!(
            "mount --bind '{0}/boot_id' /proc/sys/kernel/random/boot_id && \
             mount --bind '{0}/run' /run && mount --bind '{0}/log' /var/log && \
             export PATH='{0}/bin':\"$PATH\" && {1} exec '{2}' run --config '{3}'",
            self.dir.display(),
            self.environment.iter().map(|(k, v)| format!("export {k}='{v}';")).collect::<String>(),
            program("siaga-agent").display(),
            self.config().display(),
        );
        let log = self.dir.join("agent.log");
        let running = match self.boot_offset {
            None => Running::start(self.place.command("sh").args(["-c", &script]), &log),
            Some(offset) => {
                let mut command = self.place.command("unshare");
                command.args(["-T", "--boottime", &offset.to_string(), "--fork"]);
                command.args(["--kill-child=KILL", "sh", "-c", &script]);
                Running::start(&mut command, &log).behind_wrapper()
            }
        };
        self.running = Some(running);
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
            assert!(status.success(), "an orderly stop of the agent ended with {status}");
        }
    }

    /// Shuts the PC down in order: the system says that it is going down, then stops the agent.
    ///
    /// # Panics
    /// When the agent does not stop within 20 s or not with status 0.
    #[track_caller]
    pub fn shut_down(&mut self) {
        self.system_state("stopping");
        self.stop();
    }

    /// Boots the PC anew: another identity, the clock since boot from 20 s on. The agent must
    /// not be running.
    ///
    /// # Panics
    /// When it is.
    pub fn boot(&mut self) {
        assert!(self.running.is_none(), "the PC is still on");
        self.name_boot();
        self.boot_offset = Some(20 - uptime_seconds());
        self.start();
    }

    /// The running program.
    ///
    /// # Panics
    /// When it does not run.
    #[must_use]
    pub fn running(&mut self) -> &mut Running {
        self.running.as_mut().expect("a running agent")
    }

    /// Runs the probes once and gives what they saw.
    ///
    /// # Panics
    /// When that fails.
    #[must_use]
    pub fn probe(&self) -> String {
        let start = instant();
        let output = outcome(&mut self.command(&["probe", "--json"]));
        assert!(output.status.success(), "probe after {:?}: {}", start.elapsed(), said(&output));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

fn link_probes() -> String {
    let ping = |role: &str, target: &str| {
        format!(
            "[[probe.ping]]\nname = \"link.{role}\"\nrole = \"{role}\"\ntarget = \"{target}\"\n\
             every = \"1s\"\ntimeout = \"500ms\"\ncount = 1\n"
        )
    };
    let dc = SERVICE.split(':').next().unwrap_or_default();
    format!(
        "{}{}{}[[probe.tcp]]\nname = \"link.datacenter\"\nrole = \"datacenter\"\n\
         target = \"{SERVICE}\"\nevery = \"1s\"\ntimeout = \"500ms\"\n",
        ping("gateway", "auto"),
        ping("outside", OUTSIDE),
        ping("path", dc),
    )
}
