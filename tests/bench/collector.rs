//! A release collector for a bench: its configuration, its agents, its start.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Context as _;

use crate::program::{self, Running, run};

/// What the bench asks of it.
pub(crate) struct Plan {
    /// Offices, each with as many stations.
    pub offices: usize,
    /// Stations of an office.
    pub stations: usize,
    /// `15s`
    pub cycle: &'static str,
    /// Lines added to each office.
    pub office: String,
    /// Channels and contacts.
    pub more: String,
    /// The core it is pinned to.
    pub core: Option<usize>,
}

/// A collector that is ready.
pub(crate) struct Collector {
    /// The program.
    pub running: Running,
    /// Plain HTTP.
    pub plain: SocketAddr,
    /// TLS.
    pub tls: SocketAddr,
    /// Its data directory.
    pub data: PathBuf,
    config: PathBuf,
}

/// An agent's credential and place.
pub(crate) struct Credential {
    /// Bearer token.
    pub token: String,
}

/// A loopback port that was free a moment ago.
pub(crate) fn free_port() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

impl Collector {
    /// Writes the configuration, starts the program, waits until it is ready.
    pub(crate) fn start(folder: &Path, plan: &Plan) -> anyhow::Result<Self> {
        let (plain, tls) = (free_port()?, free_port()?);
        let data = folder.join("collector");
        let config = folder.join("collector.toml");
        fs::write(&config, text(plan, &data, plain, tls))?;
        let binary = program::path("siaga-collector")?;
        let mut command = match plan.core {
            Some(core) => {
                let mut command = Command::new("taskset");
                command.args(["-c", &core.to_string()]).arg(binary);
                command
            }
            None => Command::new(binary),
        };
        command.args(["serve", "--config"]).arg(&config).env("RUST_LOG", "warn");
        let mut running = Running::start(&mut command, &folder.join("collector.log"))?;
        running.wait("the collector", || get(plain, "/readyz").is_ok_and(|s| s == 200))?;
        Ok(Self { running, plain, tls, data, config })
    }

    /// One of its other commands.
    pub(crate) fn command(&self, words: &[&str]) -> anyhow::Result<String> {
        let mut command = Command::new(program::path("siaga-collector")?);
        run(command.args(words).arg("--config").arg(&self.config))
    }

    /// A join code.
    pub(crate) fn code(&self, office: &str, station: &str) -> anyhow::Result<String> {
        let said = self.command(&["enrol", "--office", office, "--station", station])?;
        let code = said.split_whitespace().find(|w| w.starts_with("siaga1-"));
        code.map(str::to_owned).with_context(|| format!("no join code in {said}"))
    }

    /// Enrols a station as an agent would.
    pub(crate) fn enrol(&self, office: &str, station: &str) -> anyhow::Result<Credential> {
        let code: siaga_wire::JoinCode = self.code(office, station)?.parse()?;
        let request = siaga_wire::EnrolRequest { code: code.secret_text() };
        let body = serde_json::to_vec(&request)?;
        let head = format!(
            "POST /api/v1/enrol HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n",
            body.len()
        );
        let mut stream = TcpStream::connect(self.plain)?;
        stream.write_all(head.as_bytes())?;
        stream.write_all(&body)?;
        let (status, answer) = answer(&mut BufReader::new(stream))?;
        anyhow::ensure!(status == 201, "enrol: {status} {}", String::from_utf8_lossy(&answer));
        let enrolled: siaga_wire::Enrolled = serde_json::from_slice(&answer)?;
        Ok(Credential { token: enrolled.token })
    }
}

/// The id of an office and a station by number.
pub(crate) fn names(office: usize, station: usize) -> (String, String) {
    (format!("kantor-{office}"), format!("pc-{station}"))
}

fn text(plan: &Plan, data: &Path, plain: SocketAddr, tls: SocketAddr) -> String {
    let mut text = format!(
        "listen = \"{tls}\"\nplain_listen = \"{plain}\"\nnames = [\"localhost\"]\n\
         data = \"{}\"\nlanguage = \"id\"\ncycle = \"{}\"\n\
         [[line]]\nid = \"satu\"\nprovider = \"Satu\"\n[[line]]\nid = \"dua\"\nprovider = \"Dua\"\n",
        data.display(),
        plan.cycle
    );
    for office in 0..plan.offices {
        let line = if office % 2 == 0 { "satu" } else { "dua" };
        let (id, _) = names(office, 0);
        text.push_str(&format!(
            "[[office]]\nid = \"{id}\"\nname = \"Kantor {office}\"\nzone = \"Asia/Makassar\"\n\
             hours = \"24/7\"\nline = \"{line}\"\n{}\n",
            plan.office
        ));
        for station in 0..plan.stations {
            let (_, id) = names(office, station);
            text.push_str(&format!("[[office.station]]\nid = \"{id}\"\n"));
        }
    }
    text.push_str(&plan.more);
    text
}

fn get(to: SocketAddr, path: &str) -> anyhow::Result<u16> {
    let mut stream = TcpStream::connect(to)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: bench\r\n\r\n").as_bytes())?;
    Ok(answer(&mut BufReader::new(stream))?.0)
}

/// Reads one answer: status and body.
pub(crate) fn answer(stream: &mut BufReader<impl std::io::Read>) -> anyhow::Result<(u16, Vec<u8>)> {
    let mut line = String::new();
    anyhow::ensure!(stream.read_line(&mut line)? > 0, "the collector hung up");
    let status = line.get(9..12).and_then(|s| s.parse().ok()).context("not HTTP")?;
    let mut length = 0;
    loop {
        line.clear();
        stream.read_line(&mut line)?;
        let text = line.trim_end();
        if text.is_empty() {
            break;
        }
        if let Some((name, value)) = text.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse()?;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok((status, body))
}
