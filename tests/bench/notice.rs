//! From the cut to the request at the phone: a data center that stops answering, and a PC that
//! falls silent. Real agent, real collector, a phone on loopback.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use crate::collector::{Collector, Plan, names};
use crate::figure::{Bar, Figures};
use crate::program::{self, Running, instant, run};

const CYCLE_SECONDS: f64 = 5.0;
const OPEN_AFTER_SECONDS: f64 = 15.0;
const TRIES: usize = 3;

/// Cuts each way a few times; the slowest counts.
pub(crate) fn measure(figures: &mut Figures) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let (phone, calls) = phone()?;
    let plan = Plan {
        offices: 2 * TRIES,
        stations: 1,
        cycle: "5s",
        office: "open_after = \"15s\"\nclose_after = \"5s\"".into(),
        more: format!(
            "[[channel.webhook]]\nid = \"telepon\"\nurl = \"http://{phone}/\"\n\
             [[contact]]\nid = \"piket\"\nname = \"Piket\"\nlanguage = \"id\"\noffices = [\"*\"]\n\
             role = \"supervisor\"\n[[contact.via]]\nchannel = \"telepon\"\nto = \"piket\"\n"
        ),
        core: None,
    };
    let collector = Collector::start(folder.path(), &plan)?;
    let bar = Bar::AtMost(OPEN_AFTER_SECONDS + CYCLE_SECONDS + 2.0);
    let closed = slowest(folder.path(), &collector, &calls, Cut::Service)?;
    figures.add("notice.service_closed", closed, "s", bar)?;
    let silent = slowest(folder.path(), &collector, &calls, Cut::Silence)?;
    figures.add("notice.silence", silent, "s", bar)
}

#[derive(Clone, Copy, PartialEq)]
enum Cut {
    /// The data center's port is closed.
    Service,
    /// The agent is killed: nothing more is heard.
    Silence,
}

fn slowest(
    folder: &Path,
    collector: &Collector,
    calls: &Receiver<(Instant, String)>,
    cut: Cut,
) -> anyhow::Result<f64> {
    let mut slowest: f64 = 0.0;
    for number in 0..TRIES {
        let number = number + if cut == Cut::Silence { TRIES } else { 0 };
        let (office, station) = names(number, 0);
        let service = TcpListener::bind("127.0.0.1:0")?;
        let mut agent = agent(folder, collector, &office, &station, service.local_addr()?)?;
        // A few cycles of good service, and a cut that is not in step with them.
        thread::sleep(Duration::from_millis(12_000 + 1_700 * number as u64));
        let start = instant();
        match cut {
            Cut::Service => drop(service),
            Cut::Silence => agent.kill(),
        }
        let limit = Duration::from_secs(60);
        loop {
            let left = limit.saturating_sub(start.elapsed());
            let (at, said) = calls.recv_timeout(left).context("no message within a minute")?;
            // Others end while this one lasts.
            if at > start && said.contains(&format!("Kantor {number}")) {
                slowest = slowest.max((at - start).as_secs_f64());
                break;
            }
        }
    }
    Ok(slowest)
}

fn agent(
    folder: &Path,
    collector: &Collector,
    office: &str,
    station: &str,
    service: SocketAddr,
) -> anyhow::Result<Running> {
    let config = folder.join(format!("{office}.toml"));
    fs::write(
        &config,
        format!(
            "collector = \"https://{}\"\ndata = \"{}\"\ncycle = \"5s\"\nstop_means = \"agent\"\n\
             [[probe.tcp]]\nname = \"link.datacenter\"\ntarget = \"{service}\"\nevery = \"5s\"\n\
             timeout = \"2s\"\n",
            collector.tls,
            folder.join(office).display()
        ),
    )?;
    let binary = program::path("siaga-agent")?;
    let code = collector.code(office, station)?;
    run(Command::new(&binary).args(["join", &code, "--config"]).arg(&config))?;
    let mut command = Command::new(binary);
    command.args(["run", "--config"]).arg(&config);
    Running::start(&mut command, &folder.join(format!("{office}.log")))
}

/// A server that says when it was asked, and with what.
fn phone() -> anyhow::Result<(SocketAddr, Receiver<(Instant, String)>)> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let (tell, calls) = channel();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let tell = tell.clone();
            thread::spawn(move || {
                while let Ok(said) = take(&stream) {
                    // The bench may be over.
                    if tell.send((instant(), said)).is_err() {
                        return;
                    }
                }
            });
        }
    });
    Ok((address, calls))
}

fn take(stream: &TcpStream) -> anyhow::Result<String> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        anyhow::ensure!(reader.read_line(&mut line)? > 0, "hung up");
        if line.trim_end().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    (&*stream).write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")?;
    Ok(String::from_utf8_lossy(&body).into_owned())
}
