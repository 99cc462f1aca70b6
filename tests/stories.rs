//! Every `stories/*.txt`: a script, `---`, and what came of it: ledger, corrections, accounts and
//! notices. `UPDATE=1` writes what comes of it now below the line, for a person to read and judge.

use std::fs;
use std::path::{Path, PathBuf};

use siaga_tests::world::sim::play;
use siaga_tests::world::story::{outcome, read, shrink, write};
use siaga_tests::world::truth::Truth;

const LINE: &str = "\n---\n";

fn stories() -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("stories");
    let mut found: Vec<PathBuf> = fs::read_dir(dir).unwrap().map(|f| f.unwrap().path()).collect();
    found.retain(|path| path.extension().is_some_and(|e| e == "txt"));
    found.sort();
    assert!(found.len() >= 30, "only {} stories", found.len());
    found
}

fn parts(path: &Path) -> (String, String) {
    let text = fs::read_to_string(path).unwrap();
    let (script, golden) = text.split_once(LINE).unwrap_or((&text, ""));
    (script.to_owned(), golden.to_owned())
}

fn understood(path: &Path, script: &str) -> Truth {
    let name = path.file_name().unwrap().to_string_lossy();
    read(&name, script).unwrap_or_else(|problems| {
        let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        panic!("{}", told.join("\n"))
    })
}

#[test]
fn every_story_ends_as_written() {
    let update = std::env::var_os("UPDATE").is_some();
    let only = std::env::var("STORY").ok();
    let mut differing = Vec::new();
    for path in stories() {
        if only.as_ref().is_some_and(|only| !path.to_string_lossy().contains(only.as_str())) {
            continue;
        }
        let (script, golden) = parts(&path);
        let truth = understood(&path, &script);
        let now = outcome(&truth, &play(&truth, false));
        if now == golden {
            continue;
        }
        if update {
            fs::write(&path, format!("{}{LINE}{now}", script.trim_end())).unwrap();
        } else {
            differing.push(format!("{}:\n{}", path.display(), difference(&golden, &now)));
        }
    }
    assert!(differing.is_empty(), "{}\nUPDATE=1 rewrites them: then read", differing.join("\n"));
}

/// The lines from the first to the last that differ.
fn difference(before: &str, now: &str) -> String {
    let (a, b): (Vec<&str>, Vec<&str>) = (before.lines().collect(), now.lines().collect());
    let head = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[head..], &b[head..]);
    let tail = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    let minus = a[..a.len() - tail].iter().map(|line| format!("- {line}"));
    let plus = b[..b.len() - tail].iter().map(|line| format!("+ {line}"));
    minus.chain(plus).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_truth_reads_back_from_its_story() {
    for path in stories() {
        let truth = understood(&path, &parts(&path).0);
        let text = write(&truth);
        let again = read("again", &text).unwrap();
        assert_eq!(again, truth, "{}:\n{text}", path.display());
        assert_eq!(write(&again), text);
    }
}

#[test]
fn what_is_not_understood_is_told_with_its_line() {
    let text = "play 2026-11-24 07:00 to 2026-11-24 09:00\noffice a\n  station b\n08:00 mains of\n\
                08:10 pc b on\nfrog\n08:99 mains off\n08:20 line down extra\n";
    let problems = read("a.txt", text).unwrap_err();
    let lines: Vec<usize> = problems.iter().map(|p| p.line).collect();
    assert_eq!(lines, [4, 5, 6, 7, 8]);
    let told = problems[0].to_string();
    assert!(told.starts_with("a.txt:4: mains of\nhint: write mains"), "{told}");
}

#[test]
fn only_what_makes_it_fail_is_left() {
    let text = "play 2026-11-24 07:00 to 2026-11-24 09:00\noffice a\n  station b\n07:10 line down\n\
                07:20 line up\n07:30 mains off\n07:40 mains on\n08:00 cable out\n08:10 cable in\n";
    let truth = read("a.txt", text).unwrap();
    let least = shrink(&truth, |t| t.mains[0].off.len() == 1);
    assert!(write(&least).contains("07:30 mains off"));
    assert!(least.lines[0].down.is_empty() && least.offices[0].stations[0].cable_out.is_empty());
}
