//! The programs under the bench: started, read through `/proc`, ended. Linux only, like the bars.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use rustix::process::{Pid, Signal, kill_process};

/// The unit of `/proc/PID/stat`: USER_HZ, 100 on every Linux architecture that Rust knows.
const TICKS_PER_SECOND: f64 = 100.0;

/// The path of a release program, beside the bench itself.
pub(crate) fn path(name: &str) -> anyhow::Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name(name);
    anyhow::ensure!(path.exists(), "{} is missing: use tests/bench/run", path.display());
    Ok(path)
}

/// The time, for durations.
#[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
pub(crate) fn instant() -> Instant {
    Instant::now()
}

/// A program that runs until this value is dropped.
pub(crate) struct Running {
    child: Child,
    log: PathBuf,
}

impl Running {
    /// Starts it; what it prints goes to `log`.
    pub(crate) fn start(command: &mut Command, log: &Path) -> anyhow::Result<Self> {
        let file = File::options().create(true).append(true).open(log)?;
        let errors = file.try_clone()?;
        let child = command
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(errors)
            .spawn()
            .with_context(|| format!("{command:?}"))?;
        Ok(Self { child, log: log.to_owned() })
    }

    /// Its process id. `taskset` becomes the program that it starts, so this is the program's.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until `ready` says so.
    pub(crate) fn wait(
        &mut self,
        what: &str,
        mut ready: impl FnMut() -> bool,
    ) -> anyhow::Result<()> {
        let start = instant();
        while start.elapsed() < Duration::from_secs(60) {
            if ready() {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                anyhow::bail!("{what}: ended with {status}\n{}", self.said());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        anyhow::bail!("{what}: not within a minute\n{}", self.said())
    }

    /// Everything it printed.
    pub(crate) fn said(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Seconds of processor time that it has used, all threads.
    pub(crate) fn cpu_seconds(&self) -> anyhow::Result<f64> {
        // Nanoseconds by thread; the ticks of /proc/PID/stat are too coarse for the agent. A thread
        // that has ended takes its time with it, so the ticks are the lower bound.
        let mut nanoseconds = 0.0;
        for task in fs::read_dir(format!("/proc/{}/task", self.id()))?.flatten() {
            let text = fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
            let spent = text.split_whitespace().next().and_then(|n| n.parse::<f64>().ok());
            nanoseconds += spent.unwrap_or(0.0);
        }
        Ok((nanoseconds / 1e9).max(self.ticks()? / TICKS_PER_SECOND))
    }

    fn ticks(&self) -> anyhow::Result<f64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.id()))?;
        // Fields after the name in brackets: state is the 3rd of the file, utime the 14th.
        let rest = stat.rsplit(')').next().unwrap_or_default();
        let fields: Vec<f64> = rest.split_whitespace().map(|f| f.parse().unwrap_or(0.0)).collect();
        Ok(fields.get(11).unwrap_or(&0.0) + fields.get(12).unwrap_or(&0.0))
    }

    /// A figure of `/proc/PID/status`: KiB for memory, a count for threads.
    pub(crate) fn status(&self, key: &str) -> anyhow::Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id()))?;
        let line = status.lines().find_map(|l| l.strip_prefix(key)?.strip_prefix(':'));
        let value = line.and_then(|l| l.split_whitespace().next()?.parse().ok());
        value.with_context(|| format!("no {key} in /proc/{}/status", self.id()))
    }

    /// Kills it with no chance of last words.
    pub(crate) fn kill(&mut self) {
        // Gone already is as good as killed.
        let _gone = self.child.kill();
        let _status = self.child.wait();
    }

    /// Asks it to stop and waits for it.
    pub(crate) fn stop(mut self) -> anyhow::Result<()> {
        kill_process(Pid::from_child(&self.child), Signal::TERM)?;
        let start = instant();
        while self.child.try_wait()?.is_none() {
            anyhow::ensure!(start.elapsed() < Duration::from_secs(60), "does not stop");
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Runs a command to its end; what it printed.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<String> {
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("{command:?}"))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "{command:?}: {}\n{said}{errors}", output.status);
    Ok(said)
}

/// The bytes of all files below a folder.
pub(crate) fn size_of(folder: &Path) -> anyhow::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)?.flatten() {
        let meta = entry.metadata()?;
        bytes += if meta.is_dir() { size_of(&entry.path())? } else { meta.len() };
    }
    Ok(bytes)
}

/// Keeps this thread on one core.
pub(crate) fn pin(core: usize) -> anyhow::Result<()> {
    let mut set = rustix::thread::CpuSet::new();
    set.set(core);
    Ok(rustix::thread::sched_setaffinity(None, &set)?)
}

/// Milliseconds that one durable write of 4 KiB takes in this folder, the median of many.
pub(crate) fn fsync_ms(folder: &Path) -> anyhow::Result<f64> {
    use std::os::unix::fs::FileExt as _;
    let path = folder.join("fsync");
    let file = File::create(&path)?;
    let mut times = Vec::new();
    for i in 0..200_u64 {
        let start = instant();
        file.write_all_at(&[7; 4096], i * 4096)?;
        file.sync_data()?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    fs::remove_file(path)?;
    times.sort_by(f64::total_cmp);
    Ok(times[times.len() / 2])
}

/// The value at that share of a sorted list.
pub(crate) fn quantile(sorted: &[f64], share: f64) -> f64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index"
    )]
    let at = (sorted.len() as f64 * share) as usize;
    sorted.get(at.min(sorted.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
}
