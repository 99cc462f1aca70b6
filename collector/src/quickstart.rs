//! The quickstart: what the program does without a command. A whole collector with its pages on
//! loopback, in the same process an agent that watches this machine, a stand-in data center that
//! can be switched off, and a phone that shows the messages. Needs no root, no internet, nothing
//! installed. Everything is the real thing: reports travel over TLS, messages through the outbox,
//! and every other command works on the two configuration files that it leaves behind.

mod files;
mod follow;
mod machine;
mod phone;
mod ports;
mod say;
mod sign_in;
mod standin;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use siaga_collector::clock::Clock;
use siaga_collector::server::Listeners;
use siaga_collector::{config, enrol, stop, store, tls};

use crate::asked_to_stop;
use files::Facts;
use phone::Phone;
use ports::{Ports, bind};
use standin::Standin;

/// Options of the quickstart.
#[derive(clap::Args, Debug, Default)]
pub(crate) struct Options {
    /// Folder of everything that is kept; the user's own data folder if left out.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// A real service to watch, instead of the stand-in data center.
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) datacenter: Option<String>,
}

/// Runs until it is told to stop.
///
/// # Errors
/// When the folder cannot be written, no port is free, or a part of it fails.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let data = match &options.data {
        Some(data) => std::path::absolute(data)?,
        None => default_folder()
            .context("no home directory is known\nhint: name a folder with --data DIR")?,
    };
    private_folder(&data)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(play(&data, options.datacenter.as_deref()))
}

/// `siaga` in the user's data folder, by the rules of each system.
fn default_folder() -> Option<PathBuf> {
    let from = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let base = if cfg!(windows) {
        from("LOCALAPPDATA")
    } else {
        let xdg = from("XDG_DATA_HOME").filter(|path| path.is_absolute());
        xdg.or_else(|| Some(from("HOME")?.join(".local/share")))
    };
    Some(base?.join("siaga"))
}

/// Nobody else on this machine reads keys and passwords.
fn private_folder(data: &Path) -> anyhow::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(data).with_context(|| format!("cannot make {}", data.display()))
}

async fn play(data: &Path, datacenter: Option<&str>) -> anyhow::Result<()> {
    let asked = asked_to_stop();
    // Ports and files of one that runs are not written over.
    let _owner = store::owner::own(&data.join("quickstart"))?;
    let mut ports = Ports::last(data);
    let standin = match datacenter {
        None => Some(Standin::open(ports.service, ports.host).await?),
        Some(_) => None,
    };
    let phone_listener = bind(ports.phone).await?;
    let phone_at = phone_listener.local_addr()?;
    // The collector binds these two itself, from its configuration; they are free now.
    let pages = reserve(ports.pages).await?;
    let agents = reserve(ports.agents).await?;
    let facts = Facts {
        zone: zone(),
        pages,
        agents,
        phone: phone_at,
        datacenter: standin.as_ref().map_or_else(
            || datacenter.unwrap_or_default().to_owned(),
            |standin| standin.service.to_string(),
        ),
        path: standin.as_ref().map(|standin| standin.host),
        machine: machine::look().await,
    };
    ports = Ports {
        pages: Some(pages.port()),
        agents: Some(agents.port()),
        phone: Some(phone_at.port()),
        service: standin.as_ref().map_or(ports.service, |s| Some(s.service.port())),
        host: standin.as_ref().map_or(ports.host, |s| Some(s.host.port())),
    };
    ports.keep(data)?;
    let files = files::write(data, &facts)?;
    let config = config::load(&files.collector).map_err(|p| all(&p))?;
    let agent_config = siaga_agent::config::load(&files.agent).map_err(|p| all(&p))?;

    let code = prepare(&config, &agent_config)?;
    let password = {
        let db = store::open_writer(&config.database())?;
        sign_in::password(data, &db, &Clock::system())?
    };
    say::welcome(&facts, standin.is_some(), &password, &files);

    let listeners = Listeners::bind(config.listen, config.plain_listen).await?;
    let (stopper, stop) = stop::signal();
    let phone = Phone::new(standin, format!("http://{pages}/"), say::message);
    let collector = siaga_collector::serve(config.clone(), listeners, stop);
    let everything_else = async {
        let ended = tokio::select! {
            ended = watch(agent_config, code, asked) => ended,
            ended = phone.serve(phone_listener) => ended.context("the phone"),
            ended = follow::ledger(&config) => ended,
        };
        // The agent's last words are in by now; the collector stops after it.
        stopper.stop();
        ended
    };
    let (collector, rest) = tokio::join!(collector, everything_else);
    collector?;
    rest
}

/// A port of loopback that is free.
async fn reserve(wanted: Option<u16>) -> anyhow::Result<SocketAddr> {
    Ok(bind(wanted).await?.local_addr()?)
}

/// The database, the CA, and a join code where the agent has no credential yet.
fn prepare(
    config: &config::Config,
    agent: &siaga_agent::config::Config,
) -> anyhow::Result<Option<siaga_wire::JoinCode>> {
    private_folder(&config.data)?;
    let now = Clock::system().now();
    tls::prepare(&config.data, &config.names, now)?;
    drop(store::open_writer(&config.database())?);
    if siaga_agent::credential::load(&agent.data).is_ok() {
        return Ok(None);
    }
    let station = enrol::station(config, files::OFFICE, files::STATION)?;
    Ok(Some(enrol::code(config, &station, now)?))
}

/// The agent of this machine, until somebody stops the program.
async fn watch(
    config: siaga_agent::config::Config,
    code: Option<siaga_wire::JoinCode>,
    asked: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    if let Some(code) = code {
        siaga_agent::enrol::join(&code, &config).await.context("the agent cannot join")?;
    }
    siaga_agent::run(config, asked).await.context("the agent")
}

/// Every problem of a file, as one error.
fn all<P: std::fmt::Display>(problems: &[P]) -> anyhow::Error {
    let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
    anyhow::anyhow!(texts.join("\n"))
}

/// This machine's zone; that of most offices if it does not say.
fn zone() -> String {
    let link = std::fs::read_link("/etc/localtime").ok();
    let link = link.and_then(|path| path.to_str().map(str::to_owned));
    let named = [
        std::env::var("TZ").ok(),
        link.and_then(|path| Some(path.split_once("zoneinfo/")?.1.to_owned())),
        std::fs::read_to_string("/etc/timezone").ok().map(|text| text.trim().to_owned()),
    ];
    let known = |name: &String| jiff::tz::TimeZone::get(name).is_ok();
    named.into_iter().flatten().find(known).unwrap_or_else(|| "Asia/Jakarta".into())
}
