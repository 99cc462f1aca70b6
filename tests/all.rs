//! All integration tests in one binary: one link, one run. Each module is one concern; what must
//! hold is in the names of the tests.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "all of it is test code")]

mod agent_stops;
mod damage;
mod dashboards;
mod days;
mod hostile;
mod kills;
mod link;
mod power;
mod quickstart;
mod rigged;
mod shipped;
mod station;
mod stories;
mod tidy;
