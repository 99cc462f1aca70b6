//! The collector's commands. Chooses, does not work; exit status 0 done, 1 failed or found a
//! difference, 64 wrong usage or configuration.
#![forbid(unsafe_code)]

mod command;
mod quickstart;

use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, Subcommand};
use siaga_collector::clock::Clock;
use siaga_collector::config::{self, Config};
use siaga_collector::server::Listeners;
use siaga_collector::store::accounts::{self, Role};
use siaga_collector::{enrol, private, rejudge, serve, stop, store, token};

/// Wrong usage or configuration.
const USAGE: u8 = 64;

#[derive(Parser)]
#[command(
    version,
    args_conflicts_with_subcommands = true,
    about = "Receives agents' reports, judges outages, keeps the ledger, tells people"
)]
struct Cli {
    #[command(flatten)]
    quickstart: quickstart::Options,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(clap::Args)]
struct File {
    /// The collector's configuration.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

#[derive(clap::Args)]
struct Place {
    #[command(flatten)]
    file: File,
    /// An office that the configuration names.
    #[arg(long, value_name = "ID")]
    office: String,
    /// One of its stations.
    #[arg(long, value_name = "ID")]
    station: String,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the collector.
    Serve(File),
    /// Reads the configuration and what it names, and says everything that is wrong.
    CheckConfig(File),
    /// Prints a one-time join code for a station, good for a day.
    Enrol(Place),
    /// Ends the credential of a station at once.
    Revoke(Place),
    /// Makes a bearer token for scripts.
    Token {
        #[command(flatten)]
        file: File,
        /// What it may do: viewer, operator, supervisor or admin.
        #[arg(long)]
        role: String,
    },
    /// Makes a sign-in for a person, or gives it a new password and role; prints the password.
    Person {
        #[command(flatten)]
        file: File,
        /// Who: this name stands beside what they do.
        #[arg(long)]
        name: String,
        /// What they may do: viewer, operator, supervisor or admin.
        #[arg(long)]
        role: String,
    },
    /// Prints the account of an office, a district or all, over a month or a day.
    Report(command::ReportArgs),
    /// Closes a month of an office: its figures are issued and never moved again.
    CloseMonth(command::CloseArgs),
    /// Judges everything again and compares it with what is stored.
    Rejudge(File),
    /// Sends one message to a contact over each of its channels.
    TestMessage {
        #[command(flatten)]
        file: File,
        /// A contact that the configuration names.
        #[arg(long, value_name = "ID")]
        contact: String,
    },
    /// Says who is told what of an outage, and what became of it.
    Explain(command::ExplainArgs),
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(help) => {
            let code = if help.use_stderr() { USAGE } else { 0 };
            return if help.print().is_ok() { ExitCode::from(code) } else { ExitCode::FAILURE };
        }
    };
    // The quickstart has a person in front of it, who reads its own lines.
    log(if cli.command.is_some() { "info" } else { "warn" });
    let outcome = match &cli.command {
        Some(command) => run(command),
        None => quickstart::run(&cli.quickstart).map(|()| ExitCode::SUCCESS),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            complain(&error);
            if error.is::<Wrong>() { ExitCode::from(USAGE) } else { ExitCode::FAILURE }
        }
    }
}

fn log(level: &str) {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(level));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
}

/// Wrong usage; everything else that goes wrong is a failure.
#[derive(Debug)]
struct Wrong(String);

impl Wrong {
    fn error(what: impl Into<String>) -> anyhow::Error {
        Self(what.into()).into()
    }
}

impl std::fmt::Display for Wrong {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Wrong {}

/// The error in one line, and its hints in lines of their own.
fn complain(error: &anyhow::Error) {
    let mut what = Vec::new();
    let mut hints = Vec::new();
    for cause in error.chain() {
        let text = cause.to_string();
        for line in text.lines() {
            if line.starts_with("hint: ") { &mut hints } else { &mut what }.push(line.to_owned());
        }
    }
    // Nobody is left to tell where standard error is closed.
    let _closed = writeln!(io::stderr(), "siaga-collector: {}", what.join(": "));
    for hint in hints {
        let _closed = writeln!(io::stderr(), "{hint}");
    }
}

fn load(file: &Path) -> Result<Config, ExitCode> {
    config::load(file).map_err(|problems| {
        for problem in problems {
            let _closed = writeln!(io::stderr(), "{problem}");
        }
        ExitCode::from(USAGE)
    })
}

fn run(command: &Command) -> anyhow::Result<ExitCode> {
    let now = Clock::system().now();
    let file = match command {
        Command::Serve(file) | Command::CheckConfig(file) | Command::Rejudge(file) => &file.config,
        Command::Enrol(place) | Command::Revoke(place) => &place.file.config,
        Command::Token { file, .. }
        | Command::Person { file, .. }
        | Command::TestMessage { file, .. } => &file.config,
        Command::Report(args) => &args.config,
        Command::CloseMonth(args) => &args.config,
        Command::Explain(args) => &args.config,
    };
    let config = match load(file) {
        Ok(config) => config,
        Err(code) => return Ok(code),
    };
    let mut out = io::stdout().lock();
    match command {
        Command::CheckConfig(_) => {
            for note in config::notes(&config, now) {
                writeln!(out, "{}: {note}", file.display())?;
            }
            writeln!(out, "{}: ok", file.display())?;
        }
        Command::Serve(_) => {
            drop(out);
            run_collector(config, file)?;
        }
        Command::Enrol(place) => {
            let station = enrol::station(&config, &place.office, &place.station);
            let station = station.map_err(|e| Wrong::error(e.to_string()))?;
            writeln!(out, "{}", enrol::code(&config, &station, now)?)?;
        }
        Command::Revoke(place) => {
            let station = enrol::station(&config, &place.office, &place.station);
            let station = station.map_err(|e| Wrong::error(e.to_string()))?;
            let ended = enrol::revoke(&config, &station, now)?;
            let what = if ended == 1 { "credential" } else { "credentials" };
            writeln!(out, "{ended} {what} ended")?;
        }
        Command::Token { role, .. } => {
            let role = role_of(role)?;
            let token = token::new_token()?;
            let conn = store::open_beside(&config.database())?;
            accounts::add_token(&conn, now, "script", role, &token::hash(token.as_bytes()))?;
            writeln!(out, "{token}")?;
        }
        Command::Person { name, role, .. } => {
            let role = role_of(role)?;
            if name.trim() != name || name.is_empty() || name.chars().any(char::is_control) {
                return Err(Wrong::error(format!("{name:?} is no name to sign in with")));
            }
            let password = token::new_token()?;
            let hash = accounts::hash_password(&password)?;
            let conn = store::open_beside(&config.database())?;
            accounts::set(&conn, now, name, role, &hash)?;
            writeln!(out, "{password}")?;
        }
        Command::Rejudge(_) => return again(&config, &mut out),
        Command::Report(args) => return command::report(args, &config, now, &mut out),
        Command::CloseMonth(args) => return command::close_month(args, config, &mut out),
        Command::TestMessage { contact, .. } => {
            return command::test_message(contact, &config, now, &mut out);
        }
        Command::Explain(args) => return command::explain(args, &config, now, &mut out),
    }
    Ok(ExitCode::SUCCESS)
}

fn role_of(word: &str) -> anyhow::Result<Role> {
    Role::from_word(word).ok_or_else(|| {
        let roles = Role::ALL.map(Role::word).join(", ");
        Wrong::error(format!("{word:?} is no role\nhint: roles are {roles}"))
    })
}

fn again(config: &Config, out: &mut impl io::Write) -> anyhow::Result<ExitCode> {
    let outcome = rejudge::run(config)?;
    if let Some(from) = outcome.from {
        let from = siaga_collector::record::rfc3339(from).unwrap_or_default();
        writeln!(out, "older reports are forgotten: judged again from {from} on")?;
    }
    for difference in &outcome.differences {
        writeln!(out, "{difference}")?;
    }
    let (stored, inputs, n) = (outcome.stored, outcome.inputs, outcome.differences.len());
    writeln!(out, "{stored} entries, {inputs} inputs, {n} differences")?;
    Ok(if n == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The very first start makes an administrator and prints the password, once.
fn first_start(config: &Config, file: &Path) -> anyhow::Result<()> {
    private::folder(&config.data).with_context(|| format!("making {}", config.data.display()))?;
    let conn = store::open_writer(&config.database())?;
    if accounts::count(&conn)? > 0 {
        return Ok(());
    }
    let password = token::new_token()?;
    let hash = accounts::hash_password(&password)?;
    accounts::set(&conn, Clock::system().now(), "admin", Role::Admin, &hash)?;
    let mut out = io::stdout().lock();
    writeln!(out, "First start. Sign in as \"admin\" with the password {password}")?;
    writeln!(out, "It is not shown again. The staff page is {}/", config.public_url())?;
    writeln!(out, "Next, for each station:")?;
    writeln!(out, "  siaga-collector enrol --config {} --office ID --station ID", file.display())?;
    Ok(())
}

fn run_collector(config: Config, file: &Path) -> anyhow::Result<()> {
    first_start(&config, file)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let asked = asked_to_stop();
        let listeners = Listeners::bind(config.listen, config.plain_listen).await?;
        tracing::info!(listen = %config.listen, "ready");
        let (stopper, stop) = stop::signal();
        tokio::spawn(async move {
            asked.await;
            stopper.stop();
        });
        serve(config, listeners, stop).await
    })
}

/// Ends when somebody asks this program to stop. It listens from the call on, not from the first
/// poll: an order that comes while the program starts is obeyed in order too.
#[cfg(unix)]
fn asked_to_stop() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let orders = signal(SignalKind::terminate()).and_then(|terminate| {
        let interrupt = signal(SignalKind::interrupt())?;
        Ok((terminate, interrupt))
    });
    async move {
        match orders {
            Ok((mut terminate, mut interrupt)) => {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
            }
            Err(error) => {
                tracing::error!(%error, "no signal can be heard");
                std::future::pending::<()>().await;
            }
        }
    }
}

/// Ends when somebody asks this program to stop.
#[cfg(not(unix))]
async fn asked_to_stop() {
    if let Err(error) = tokio::signal::ctrl_c().await {
        tracing::error!(%error, "no signal can be heard");
        std::future::pending::<()>().await;
    }
}
