//! The simulated world: what truly happens, for the tests to hold the judge against.
#![forbid(unsafe_code)]
