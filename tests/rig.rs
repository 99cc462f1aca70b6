//! The rig: namespaces, peers and programs that the integration tests are played with.
//!
//! Everything here runs on this machine alone: traffic goes to loopback or to addresses inside
//! network namespaces that the rig made. It never judges: what must hold is said by the tests.

pub mod agent;
pub mod chance;
pub mod clock;
pub mod collector;
pub mod http;
pub mod journal;
pub mod ledger;
pub mod net;
pub mod phone;
pub mod process;
pub mod pusher;
pub mod scene;
pub mod town;
pub mod ups;
pub mod volume;
