//! The agent of one recording PC: observes, keeps, pushes. It never judges.
//!
//! ```text
//! schedule ─► probe ─► Reading ─► spool (SQLite, one fsync a cycle) ─► uplink ─► push ─► ack
//! ```
//!
//! | module | is for |
//! |---|---|
//! | [`config`] | TOML → checked settings; every problem at once |
//! | [`probe`] | the closed list of probes; each yields one reading |
//! | [`change`] | pure: whether an answer changed, and what that is worth |
//! | [`schedule`] | pure: which probes are due |
//! | [`spool`] | readings on disk until the collector has them |
//! | [`uplink`] | pure: what to send next and when |
//! | [`push`] | does what uplink says, over HTTPS to the pinned CA |
//! | [`enrol`], [`credential`] | the one-time join code and what it buys |
//! | [`clock`] | the only reader of clocks |
//! | [`platform`] | what only the operating system can tell; one file per system |
//! | [`service`] | readiness and watchdog of the service manager |
//! | [`show`] | what a technician sees: probes asked once, a configuration for this PC |
//! | [`metrics`] | optional `GET /metrics` on loopback |
//! | [`mod@run`] | the loop that ties them together |
//!
//! No module knows what is good or bad: thresholds live at the collector. Nothing here listens on
//! the network except `metrics`, on loopback, if it is configured. The agent takes no commands.
#![forbid(unsafe_code)]

pub mod change;
pub mod clock;
pub mod config;
pub mod credential;
pub mod enrol;
pub mod metrics;
pub mod platform;
pub mod probe;
pub mod push;
pub mod run;
pub mod schedule;
pub mod service;
pub mod show;
pub mod spool;
pub mod uplink;

pub use run::run;

#[cfg(test)]
mod fake_collector;
