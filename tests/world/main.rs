//! `world -- run|replay|matrix|bugs`: the simulated world from the command line.
#![forbid(unsafe_code)]

fn main() -> std::process::ExitCode {
    std::process::ExitCode::from(64)
}
