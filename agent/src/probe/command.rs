//! Anything else: what a program prints as `key=value`, such as a maker's tool that reads a ribbon. The
//! program is started as it is written, without a shell, without the agent's own environment, and
//! ended at the deadline. One that fails, is late or prints something else is unreadable.

mod output;

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use siaga_wire::Reading;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::time::{timeout, timeout_at};
use toml::Spanned;

use self::output::{OUTPUT_MAX_BYTES, parse};
use super::reading::unreadable;
use super::setting::{Check, RawTiming, Timing, path};
use crate::clock;

/// A program that was ended is gone by then, unless the system holds it (a dead disk, a driver).
const ENDING: Duration = Duration::from_millis(500);
/// So much of what it complains is kept.
const COMPLAINT_MAX_BYTES: usize = 512;
/// Variables that a program may need to start at all; nothing else of the agent's is passed on.
const ENVIRONMENT: [&str; 5] = ["PATH", "HOME", "SystemRoot", "TEMP", "TMPDIR"];

/// `[[probe.command]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The probe's name.
    pub name: Spanned<String>,
    /// The program, as an absolute path.
    pub program: Spanned<String>,
    /// Its arguments, each as it is.
    #[serde(default)]
    pub args: Vec<String>,
    /// Period; 60s.
    pub every: Option<Spanned<String>>,
    /// Deadline; 10s. The program is ended then.
    pub timeout: Option<Spanned<String>>,
}

impl Config {
    pub(super) fn build(self, check: &mut Check<'_>) -> Option<CommandProbe> {
        let timing = check.timing(&RawTiming {
            kind: "command",
            name: &self.name,
            every: self.every.as_ref(),
            timeout: self.timeout.as_ref(),
            default_every: Duration::from_secs(60),
            default_timeout: Duration::from_secs(10),
        });
        let program = self.program.get_ref();
        // By a bare name, whoever can write to a folder of PATH would run as the agent.
        if !Path::new(program).is_absolute() {
            let path = path("command", self.name.get_ref(), "program");
            let what = format!("{program:?} is not an absolute path");
            check.problem(self.program.span(), path, what, "such as /usr/local/bin/ribbon");
            return None;
        }
        let program = self.program.into_inner();
        Some(CommandProbe { timing: timing?, program, args: self.args, hanging: None })
    }
}

/// The probe.
#[derive(Debug)]
pub struct CommandProbe {
    pub(super) timing: Timing,
    program: String,
    args: Vec<String>,
    /// One that was ended but has not gone: the system holds it.
    hanging: Option<Child>,
}

impl CommandProbe {
    pub(super) async fn query(&mut self) -> Reading<'static> {
        match self.run().await {
            Ok(output) => parse(&self.timing.name, &output),
            Err(why) => unreadable(&self.timing.name, why),
        }
    }

    /// Runs it to its end and returns what it printed.
    async fn run(&mut self) -> Result<Vec<u8>, String> {
        if let Some(mut hanging) = self.hanging.take()
            && matches!(hanging.try_wait(), Ok(None))
        {
            self.hanging = Some(hanging);
            return Err("the system still has not ended it since an earlier question".to_owned());
        }
        let deadline = clock::instant() + self.timing.timeout;
        let mut child = self.command().spawn().map_err(|e| format!("cannot start it: {e}"))?;
        let outcome = timeout_at(deadline, ended(&mut child)).await;
        let outcome = outcome.unwrap_or_else(|_| {
            Err(format!("it did not end within {:?}, and was ended", self.timing.timeout))
        });
        // Only where it has not ended by itself; what it started goes with it. Its number cannot be
        // another's yet, because nobody has collected it.
        end_group(child.id());
        if matches!(child.try_wait(), Ok(None)) {
            if let Err(error) = child.start_kill() {
                tracing::debug!(%error, "ending a program");
            }
            if timeout(ENDING, child.wait()).await.is_err() {
                self.hanging = Some(child);
            }
        }
        outcome
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(&self.args)
            .env_clear()
            .envs(ENVIRONMENT.iter().filter_map(|key| Some((*key, std::env::var_os(key)?))))
            // Numbers with a point, whatever the PC's language is.
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        // No window on a recording PC's screen: CREATE_NO_WINDOW.
        #[cfg(windows)]
        command.creation_flags(0x0800_0000);
        command
    }
}

/// Its output, once it has ended well.
async fn ended(child: &mut Child) -> Result<Vec<u8>, String> {
    let (output, complaint) = (child.stdout.take(), child.stderr.take());
    let (output, complaint) = tokio::try_join!(
        async {
            let (output, whole) = read(output, OUTPUT_MAX_BYTES, true).await?;
            if whole {
                Ok(output)
            } else {
                Err(format!("it prints more than {OUTPUT_MAX_BYTES} bytes"))
            }
        },
        read(complaint, COMPLAINT_MAX_BYTES, false)
    )?;
    let status = child.wait().await.map_err(|error| format!("cannot wait for it: {error}"))?;
    if status.success() {
        return Ok(output);
    }
    let said = String::from_utf8_lossy(&complaint.0);
    Err(format!("it ended with {status}: {}", said.trim()))
}

/// The first bytes of a pipe, and whether that was all. The rest is read and dropped, so that the
/// program can end, unless `strict` says that too much is enough.
async fn read(
    pipe: Option<impl AsyncRead + Unpin>,
    max: usize,
    strict: bool,
) -> Result<(Vec<u8>, bool), String> {
    let (mut kept, mut piece) = (Vec::new(), [0; 1024]);
    let Some(mut pipe) = pipe else { return Ok((kept, true)) };
    let mut whole = true;
    loop {
        let length =
            pipe.read(&mut piece).await.map_err(|error| format!("cannot read it: {error}"))?;
        let new = piece.get(..length).unwrap_or_default();
        let room = max - kept.len();
        kept.extend(new.iter().take(room));
        whole &= new.len() <= room;
        if length == 0 || (strict && !whole) {
            return Ok((kept, whole));
        }
    }
}

/// Ends the program and everything it started and did not set apart.
#[cfg(unix)]
fn end_group(group: Option<u32>) {
    use rustix::process::{Pid, Signal, kill_process_group};
    let group = group.and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    if let Some(Err(error)) = group.map(|group| kill_process_group(group, Signal::KILL)) {
        // Usually: there is nobody left.
        tracing::debug!(%error, "ending what a program started");
    }
}

/// Only the program itself is ended here; what it started lives on.
#[cfg(not(unix))]
fn end_group(_group: Option<u32>) {}
