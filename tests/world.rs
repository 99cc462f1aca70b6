//! The simulated world: offices, lines, mains, PCs and clocks in virtual time, driving the agent's
//! pure parts and the real judge, with an oracle that knows the truth and neither of them.

pub mod chance;
pub mod check;
pub mod faults;
pub mod oracle;
pub mod proof;
pub mod truth;
