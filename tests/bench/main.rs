//! The benches: the real release programs, measured from outside, against the bars of
//! `README.md` beside this file. Prints one line per figure and exits 1 if one is short.
#![forbid(unsafe_code)]

mod agent;
mod collector;
mod disk;
mod figure;
mod ingest;
mod judge;
mod notice;
mod program;
mod traffic;
mod wire;
mod year;

use std::process::ExitCode;

use figure::Figures;

fn main() -> anyhow::Result<ExitCode> {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let known = ["agent", "ingest", "disk", "notice", "judge"];
    if let Some(other) = wanted.iter().find(|w| !known.contains(&w.as_str())) {
        anyhow::bail!("no bench {other:?}; there are {}", known.join(", "));
    }
    let all = wanted.is_empty();
    let run = |name: &str| all || wanted.iter().any(|w| w == name);
    let mut figures = Figures::default();
    if run("agent") {
        wire::measure(&mut figures)?;
        agent::measure(&mut figures)?;
    }
    if run("ingest") {
        ingest::measure(&mut figures)?;
    }
    if run("disk") {
        disk::measure(&mut figures)?;
    }
    if run("notice") {
        notice::measure(&mut figures)?;
    }
    if run("judge") {
        judge::measure(&mut figures)?;
        year::measure(&mut figures)?;
    }
    Ok(figures.verdict())
}
