//! Commands of the agent: reads arguments, chooses, and turns the outcome into an exit code.
//! Everything else is in the library.
#![forbid(unsafe_code)]

use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use siaga_agent::config::{self, Config};
use siaga_agent::credential::CredentialError;
use siaga_agent::show::{self, Shown};
use siaga_agent::{enrol, platform, run};
use siaga_wire::JoinCode;
use tracing_subscriber::filter::LevelFilter;

/// Wrong usage or configuration (`EX_USAGE`).
const USAGE: u8 = 64;
/// A question to the system that hangs does not hold up the end.
const SHUTDOWN: Duration = Duration::from_millis(200);

/// Observes a recording PC, keeps what it saw, and pushes it to the collector.
#[derive(Parser)]
#[command(name = "siaga-agent", version, about, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Obtains this agent's credential with a one-time code from `siaga-collector enrol`.
    Join {
        /// The code.
        code: String,
        #[command(flatten)]
        config: ConfigFile,
    },
    /// Runs until it is told to stop.
    Run {
        #[command(flatten)]
        config: ConfigFile,
    },
    /// Asks probes once and shows what they saw; keeps and sends nothing.
    Probe {
        /// One probe, or every probe below that name; all if left out.
        name: Option<String>,
        /// As an array of readings.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        config: ConfigFile,
    },
    /// Looks at this PC and prints a configuration for it.
    Detect,
    /// Lists every problem of the configuration; opens nothing else.
    CheckConfig {
        #[command(flatten)]
        config: ConfigFile,
    },
}

#[derive(clap::Args)]
struct ConfigFile {
    /// The configuration.
    #[arg(long = "config", value_name = "FILE")]
    path: PathBuf,
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Clap's own 2 means something else to the scripts of operators.
            let shown = error.print().is_ok();
            return if error.use_stderr() || !shown {
                ExitCode::from(USAGE)
            } else {
                ExitCode::SUCCESS
            };
        }
    };
    match arguments.command {
        Command::Join { code, config } => with_config(&config.path, |c| join(&code, &c)),
        Command::Run { config } => with_config(&config.path, run_agent),
        Command::Probe { name, json, config } => {
            with_config(&config.path, |c| probe(c, name.as_deref(), json))
        }
        Command::Detect => detect(),
        Command::CheckConfig { config } => with_config(&config.path, |c| {
            say(&format!("{}: {} probes, no problem", config.path.display(), c.probes.len()));
            ExitCode::SUCCESS
        }),
    }
}

fn with_config(path: &Path, work: impl FnOnce(Config) -> ExitCode) -> ExitCode {
    match config::load(path) {
        Ok(config) => work(config),
        Err(problems) => {
            for problem in problems {
                complain(&problem.to_string());
            }
            ExitCode::from(USAGE)
        }
    }
}

fn join(code: &str, config: &Config) -> ExitCode {
    let code: JoinCode = match code.parse() {
        Ok(code) => code,
        Err(error) => {
            complain(&format!(
                "{error}\nhint: copy the whole line that `siaga-collector enrol` printed"
            ));
            return ExitCode::from(USAGE);
        }
    };
    match in_runtime(|| enrol::join(&code, config)) {
        Ok(credential) => {
            say(&format!(
                "joined as station {} of office {}",
                credential.station, credential.office
            ));
            ExitCode::SUCCESS
        }
        Err(error) => fail(&error),
    }
}

fn run_agent(config: Config) -> ExitCode {
    // No filter language: it would cost more of the binary than all probes together.
    let level = std::env::var("SIAGA_LOG").ok().and_then(|level| level.parse().ok());
    tracing_subscriber::fmt()
        .with_max_level(level.unwrap_or(LevelFilter::INFO))
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
    let outcome = in_runtime(|| async {
        let stop = platform::told_to_stop()?;
        run(config, stop).await
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

fn probe(config: Config, name: Option<&str>, json: bool) -> ExitCode {
    let asking =
        || async { Ok(show::probe(config.probes, name, json, &mut io::stdout().lock()).await?) };
    match in_runtime(asking) {
        Ok(Shown::Done) => ExitCode::SUCCESS,
        Ok(Shown::NoSuchProbe(names)) => {
            let name = name.unwrap_or_default();
            complain(&format!(
                "no probe is called {name:?}\nhint: probes are {}",
                names.join(", ")
            ));
            ExitCode::from(USAGE)
        }
        Err(error) => fail(&error),
    }
}

fn detect() -> ExitCode {
    let looking = || async { Ok(show::detect::detect(&mut io::stdout().lock()).await?) };
    match in_runtime(looking) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

/// One thread, and one beside it where the system has to be asked something that may hang.
fn in_runtime<T, F: Future<Output = anyhow::Result<T>>>(
    work: impl FnOnce() -> F,
) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(8)
        .thread_keep_alive(Duration::from_secs(1))
        .build()?;
    let outcome = runtime.block_on(async { work().await });
    runtime.shutdown_timeout(SHUTDOWN);
    outcome
}

fn fail(error: &anyhow::Error) -> ExitCode {
    complain(&format!("{error:#}"));
    if let Some(hint) = siaga_agent::run::hint(error) {
        complain(&format!("hint: {hint}"));
    }
    if error.is::<CredentialError>() { ExitCode::from(USAGE) } else { ExitCode::FAILURE }
}

/// A reader that has gone away is no reason to fail.
fn say(text: &str) {
    let _ = writeln!(io::stdout().lock(), "{text}");
}

fn complain(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}
