//! What the agent costs a PC: eight probes on a 15 s cycle, TLS, spool and push included, against
//! real peers in network namespaces: upsd, a Modbus controller, pings over two routers, the
//! collector beyond them.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use anyhow::Context as _;
use siaga_tests::rig::net::Namespace;
use siaga_tests::rig::town::{COLLECTOR, OUTSIDE, SERVICE, Town};
use siaga_tests::rig::ups::Ups;

use crate::figure::{Bar, Figures};
use crate::program::{self, Running, run};

const CYCLE_SECONDS: u64 = 15;
/// Cycles measured: five minutes.
const CYCLES: u64 = 20;
/// Cycles under strace, which slows a program down and is therefore not in the other figures.
const TRACED: u64 = 4;

/// Measures one agent over real cycles.
pub(crate) fn measure(figures: &mut Figures) -> anyhow::Result<()> {
    let binary = fs::metadata(program::path("siaga-agent")?)?.len();
    figures.add("agent.binary", mebibytes(binary), "MiB", Bar::AtMost(8.0))?;
    let folder = tempfile::tempdir()?;
    let town = Town::new();
    let mut ups = Ups::new(folder.path());
    ups.switch_on(&town.pc);
    modbus(&town.pc);
    let _collector = collector(&town.col, folder.path())?;
    let agent = agent(&town, folder.path())?;
    // Start-up and the first pushes are not what an hour costs.
    thread::sleep(Duration::from_secs(2 * CYCLE_SECONDS + 5));
    let before = agent.cpu_seconds()?;
    thread::sleep(Duration::from_secs(CYCLES * CYCLE_SECONDS));
    let spent = agent.cpu_seconds()? - before;
    #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
    let hour = spent * 3600.0 / (CYCLES * CYCLE_SECONDS) as f64;
    figures.add("agent.rss", agent.status("VmRSS")? / 1024.0, "MiB", Bar::AtMost(9.0))?;
    figures.add("agent.rss_peak", agent.status("VmHWM")? / 1024.0, "MiB", Bar::None)?;
    figures.add("agent.cpu", hour, "cpu-s/hour", Bar::AtMost(2.0))?;
    figures.add("agent.threads", agent.status("Threads")?, "threads", Bar::None)?;
    let commits = commits(&agent, folder.path())?;
    figures.add("agent.commits", commits, "per cycle", Bar::AtMost(1.0))?;
    agent.stop()
}

fn mebibytes(bytes: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a program's size")]
    let bytes = bytes as f64;
    bytes / f64::from(1 << 20)
}

/// Commits of the spool per cycle: each syncs the log once. A checkpoint syncs the log and then
/// the database, and is no commit.
fn commits(agent: &Running, folder: &Path) -> anyhow::Result<f64> {
    let log = folder.join("strace.log");
    let mut strace = Command::new("strace")
        .args(["-f", "-y", "-qq", "-e", "trace=fdatasync,fsync", "-p", &agent.id().to_string()])
        .arg("-o")
        .arg(&log)
        .stderr(std::process::Stdio::null())
        .spawn()
        .context("strace")?;
    thread::sleep(Duration::from_secs(TRACED * CYCLE_SECONDS));
    strace.kill()?;
    strace.wait()?;
    let text = fs::read_to_string(&log)?;
    let logs = text.lines().filter(|line| line.contains("-wal>")).count();
    let checkpoints = text.lines().filter(|l| l.contains("sync(") && !l.contains("-wal>")).count();
    anyhow::ensure!(logs > 0, "no commit seen:\n{text}");
    #[expect(clippy::cast_precision_loss, reason = "a few")]
    let commits = logs.saturating_sub(checkpoints) as f64;
    #[expect(clippy::cast_precision_loss, reason = "a few")]
    let cycles = TRACED as f64;
    Ok(commits / cycles)
}

fn collector(place: &Namespace, folder: &Path) -> anyhow::Result<Running> {
    let config = folder.join("collector.toml");
    fs::write(
        &config,
        format!(
            "listen = \"0.0.0.0:8443\"\nnames = [\"{COLLECTOR}\"]\ndata = \"{}\"\ncycle = \"15s\"\n\
             [[line]]\nid = \"satu\"\nprovider = \"Satu\"\n\
             [[office]]\nid = \"palaran\"\nname = \"Palaran\"\nzone = \"Asia/Makassar\"\n\
             hours = \"24/7\"\nline = \"satu\"\n[[office.station]]\nid = \"pc-1\"\n",
            folder.join("collector").display()
        ),
    )?;
    let binary = program::path("siaga-collector")?;
    let mut command = place.command(&binary);
    command.args(["serve", "--config"]).arg(&config);
    let mut running = Running::start(&mut command, &folder.join("collector.log"))?;
    running.wait("the collector", || {
        place.connect("127.0.0.1:8443".parse().expect("an address")).is_ok()
    })?;
    Ok(running)
}

fn agent(town: &Town, folder: &Path) -> anyhow::Result<Running> {
    let config = folder.join("agent.toml");
    fs::write(&config, agent_text(folder))?;
    let mut enrol = town.col.command(program::path("siaga-collector")?);
    enrol.args(["enrol", "--office", "palaran", "--station", "pc-1", "--config"]);
    let said = run(enrol.arg(folder.join("collector.toml")))?;
    let code = said.split_whitespace().find(|w| w.starts_with("siaga1-")).context("no code")?;
    let binary = program::path("siaga-agent")?;
    run(town.pc.command(&binary).args(["join", code, "--config"]).arg(&config))?;
    let mut command = town.pc.command(&binary);
    command.args(["run", "--config"]).arg(&config);
    Running::start(&mut command, &folder.join("agent.log"))
}

fn agent_text(folder: &Path) -> String {
    let path = SERVICE.split(':').next().unwrap_or_default();
    let mut text = format!(
        "collector = \"https://{COLLECTOR}:8443\"\ndata = \"{}\"\ncycle = \"{CYCLE_SECONDS}s\"\n",
        folder.join("agent").display()
    );
    for (role, target) in [("gateway", "auto"), ("outside", OUTSIDE), ("path", path)] {
        text.push_str(&format!(
            "[[probe.ping]]\nname = \"link.{role}\"\nrole = \"{role}\"\ntarget = \"{target}\"\n"
        ));
    }
    text.push_str(&format!(
        "[[probe.tcp]]\nname = \"link.datacenter\"\nrole = \"datacenter\"\ntarget = \"{SERVICE}\"\n\
         [[probe.ups]]\nname = \"power.ups\"\nnut = \"ups@127.0.0.1:3493\"\n\
         [[probe.generator]]\nname = \"power.generator\"\nmodbus = \"127.0.0.1:502\"\nunit = 10\n\
         map = \"dse\"\n\
         [[probe.device]]\nname = \"device.upsd\"\nprocess = \"upsd\"\n\
         [[probe.host]]\nname = \"host\"\nevery = \"15s\"\n"
    ));
    text
}

/// A controller whose registers all read 0, or as many as are asked for: enough to cost what a
/// real one costs.
fn modbus(place: &Namespace) {
    let listener = place.listen("127.0.0.1:502");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || registers(stream));
        }
    });
}

/// Answers "read holding registers" until the peer hangs up (Modbus TCP: a head of seven bytes,
/// then function, first register and count).
fn registers(mut stream: TcpStream) {
    let mut request = [0_u8; 12];
    while stream.read_exact(&mut request).is_ok() {
        let count = usize::from(u16::from_be_bytes([request[10], request[11]])).min(125);
        let bytes = 2 * count;
        let mut reply = request[..4].to_vec();
        reply.extend_from_slice(&u16::try_from(bytes + 3).unwrap_or(0).to_be_bytes());
        reply.extend_from_slice(&[request[6], request[7], u8::try_from(bytes).unwrap_or(0)]);
        // 50.0 Hz in tenths, 220.0 V, 0 where a wide value has a high half.
        reply.extend((0..count).flat_map(|i| if i % 2 == 0 { [0, 0] } else { [0x01, 0xF4] }));
        if stream.write_all(&reply).is_err() {
            return;
        }
    }
}
