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

use files::Facts;
use phone::Phone;
use ports::{Ports, bind};
use standin::Standin;

/// Options of the quickstart.
#[derive(clap::Args, Debug, Default)]
pub struct Options {
    /// Folder of everything that is kept; the user's own data folder if left out.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// A real service to watch, instead of the stand-in data center.
    #[arg(long, value_name = "HOST:PORT")]
    pub datacenter: Option<String>,
}

/// Runs until it is told to stop.
///
/// # Errors
/// When the folder cannot be written, no port is free, or a part of it fails.
pub fn run(options: &Options) -> anyhow::Result<()> {
    let data = match &options.data {
        Some(data) => std::path::absolute(data)?,
        None => default_folder().context(
            "no home directory is known\nhint: name a folder with --data DIR",
        )?,
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
