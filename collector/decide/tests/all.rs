//! Stories about offices, told to the judge through its front door: what people are told, and
//! what the ledger says afterwards. Nothing here knows how the judge works inside.
#![allow(missing_docs, unreachable_pub, clippy::unwrap_used)]

#[path = "all/account.rs"]
mod account;
#[path = "all/center.rs"]
mod center;
#[path = "all/collector.rs"]
mod collector;
#[path = "all/corrections.rs"]
mod corrections;
#[path = "all/evidence.rs"]
mod evidence;
#[path = "all/late.rs"]
mod late;
#[path = "all/layers.rs"]
mod layers;
#[path = "all/link.rs"]
mod link;
#[path = "all/order.rs"]
mod order;
#[path = "all/power.rs"]
mod power;
#[path = "all/runs.rs"]
mod runs;
#[path = "all/staff.rs"]
mod staff;
#[path = "all/station.rs"]
mod station;
#[path = "all/time.rs"]
mod time;
#[path = "all/told.rs"]
mod told;
#[path = "all/view.rs"]
mod view;
#[path = "all/witness.rs"]
mod witness;
#[path = "all/world.rs"]
mod world;
