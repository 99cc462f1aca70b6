//! What the tests are played with: the rig of real programs in network namespaces, and the
//! simulated world. The world needs no program of ours but the agent's pure parts and the judge,
//! so it builds without the rig (`--no-default-features`).
#![forbid(unsafe_code)]

#[cfg(feature = "rig")]
pub mod rig;
pub mod world;
