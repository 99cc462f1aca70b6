//! The simulated world: offices, lines, mains, PCs and clocks in virtual time, driving the agent's
//! pure parts and the real judge, with an oracle that knows the truth and neither of them.

pub mod ask;
pub mod bugs;
pub mod chance;
pub mod check;
pub mod clock;
pub mod collector;
pub mod convert;
pub mod delivery;
pub mod faults;
pub mod ground;
pub mod life;
pub mod matrix;
pub mod oracle;
pub mod pace;
pub mod pc;
pub mod proof;
pub mod setup;
pub mod sim;
pub mod spool;
pub mod steady;
pub mod story;
pub mod truth;
