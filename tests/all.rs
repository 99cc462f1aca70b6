//! All integration tests in one binary: one link, one run. Each module is one concern; what must
//! hold is in the names of the tests.
#![forbid(unsafe_code)]

mod rigged;
mod tidy;
