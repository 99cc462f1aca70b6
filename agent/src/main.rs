//! Commands of the agent: reads arguments, chooses, and turns the outcome into an exit code.
#![forbid(unsafe_code)]

fn main() {}
