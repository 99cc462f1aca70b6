//! The collector: receives agents' reports, judges, remembers, tells.
//!
//! | module | does |
//! |---|---|
//! | [`config`] | reads and checks the configuration |
//! | [`hours`] | service hours as spans of UTC |
//! | [`server`], [`tls`] | the listener, its certificates, connections |
//! | [`ingest`], [`enrol`] | the two routes of agents |
//! | [`drive`] | the one writer: journal, judge, decisions, in one order |
//! | [`contacts`] | who is told what |
//! | [`store`], [`record`] | SQLite, and the JSON shapes of what it keeps |
//! | [`notify`] | sends what waits in the outbox |
//! | [`web`] | pages, API, metrics |
//! | [`report`], [`rejudge`] | the account of a month; judging again from the journal |
//!
//! A report goes server → ingest → drive (journal, commit) → answer, and inside drive on to the
//! judge, whose decisions are committed together with the messages they cause. Only `drive`
//! calls the judge, only `clock` reads clocks, and nothing here is a verdict of its own.
#![forbid(unsafe_code)]

pub mod accounts;
mod canary;
pub mod clock;
pub mod config;
pub mod contacts;
pub mod drive;
pub mod enrol;
pub mod hours;
pub mod ingest;
pub mod notify;
pub mod private;
pub mod record;
pub mod rejudge;
pub mod report;
pub mod server;
pub mod stop;
pub mod store;
pub mod tls;
pub mod token;
pub mod truth;
pub mod web;

use std::sync::Arc;

/// What the parts of a running collector share.
#[derive(Debug)]
pub struct App {
    /// The configuration.
    pub config: Arc<config::Config>,
    /// The database, for reading.
    pub store: store::Store,
    /// The writer and judge.
    pub handle: drive::Handle,
    /// The clock.
    pub clock: clock::Clock,
}

/// Runs a collector until it is told to stop.
///
/// # Errors
/// When its data cannot be read or written, or a file of the channels is missing.
pub async fn serve(
    config: config::Config,
    listeners: server::Listeners,
    stop: stop::Stop,
) -> anyhow::Result<()> {
    let clock = clock::Clock::system();
    let config = Arc::new(config);
    private::folder(&config.data)?;
    let identity = tls::prepare(&config.data, &config.names, clock.now())?;
    let running = drive::start(&config, &clock)?;
    let app = Arc::new(App {
        config: Arc::clone(&config),
        store: running.store.clone(),
        handle: running.handle.clone(),
        clock,
    });
    let http = notify::Http::new()?;
    let telling = tokio::spawn(notify::run(Arc::clone(&app), http, stop.clone()));
    let router = web::router(Arc::clone(&app));
    let watching = tokio::spawn(canary::watch(Arc::clone(&app), stop.clone()));
    let ended = running.ended();
    let served = tokio::select! {
        served = server::run(app, router, identity.server, listeners, stop) => served,
        () = ended => Err(anyhow::anyhow!("the writer has ended: see the log above")),
    };
    watching.abort();
    if served.is_err() {
        telling.abort();
    }
    if let Err(error) = telling.await
        && !error.is_cancelled()
    {
        tracing::error!(%error, "the sender of messages ended in a panic");
    }
    tokio::task::spawn_blocking(move || running.stop()).await?;
    served
}
