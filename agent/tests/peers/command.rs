//! The command probe and programs that answer, fail, hang, flood and leave others behind.

use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use siaga_agent::probe::Probe;
use tempfile::TempDir;

use super::clock::Stopwatch;
use super::{probe, text, unreadable};

/// A program with that text, and its probe.
fn program(script: &str) -> (TempDir, Probe) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("program");
    std::fs::write(&file, format!("#!/bin/sh\n{script}\n")).expect("a program");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).expect("a program");
    let probe = probe(&format!(
        "[[probe.command]]\nname = \"device.ribbon\"\nprogram = {:?}\n\
         args = [\"$HOME; `id`\", \"b c\"]\ntimeout = \"1s\"\n",
        file.display().to_string()
    ));
    (folder, probe)
}

#[tokio::test]
async fn what_a_program_prints_is_read_and_nothing_passes_a_shell() {
    let (_folder, mut probe) =
        program("echo ribbon_left=120; echo state=ready; echo \"word=$#:$1:$2\"");
    for _ in 0..2 {
        assert_eq!(
            text(&probe.ask().await),
            "answered [state:ready 2:$HOME; `id`:b c] ribbon_left=120"
        );
    }
    // Of the agent's own environment only what programs need is passed on.
    let (_folder, mut probe) = program("echo manifest=${CARGO_MANIFEST_DIR-none} lang=$LC_ALL");
    assert_eq!(text(&probe.ask().await), "answered [manifest:none lang=C]");
}

#[tokio::test]
async fn a_program_that_fails_is_unreadable_with_what_it_said() {
    for (script, why) in [
        ("echo a=1; echo no printer >&2; exit 3", "exit status: 3: no printer"),
        ("kill -9 $$", "signal: 9"),
        ("echo hello", "\"hello\" is not key=value"),
        ("true", "printed no key=value"),
        ("printf '\\377\\376'", "no text"),
        ("while :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaa=1; done", "more than 16384 bytes"),
        ("sleep 600", "did not end within 1s"),
        ("echo a=1; sleep 600 & exec sleep 600", "did not end within 1s"),
        ("echo a=1; while :; do echo x >&2; done", "did not end within 1s"),
    ] {
        let (_folder, mut probe) = program(script);
        for _ in 0..2 {
            let started = Stopwatch::start();
            let reading = probe.ask().await;
            assert!(unreadable(&reading).contains(why), "{script}: {}", text(&reading));
            assert!(started.took() < Duration::from_secs(6), "{script}");
        }
    }
    let mut absent =
        probe("[[probe.command]]\nname = \"device.x\"\nprogram = \"/nonexistent/program\"\n");
    assert!(unreadable(&absent.ask().await).contains("cannot start it"));
}

#[tokio::test]
async fn what_a_late_program_started_is_ended_with_it() {
    let (folder, mut probe) = program("sleep 600 & echo $! > \"$(dirname \"$0\")/child\"; wait");
    unreadable(&probe.ask().await);
    let child = std::fs::read_to_string(folder.path().join("child")).expect("a process");
    let started = Stopwatch::start();
    // Gone, or ended and not yet collected.
    let alive = || {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.trim()));
        stat.is_ok_and(|stat| !stat.contains(") Z "))
    };
    while alive() {
        started.patience(|| format!("process {} runs", child.trim()));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
