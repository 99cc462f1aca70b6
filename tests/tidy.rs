//! The rules of the tree that no compiler checks: who may know whom, what a file begins with,
//! what no name and no line may contain, and under which licences we build.

mod layers;
mod licences;
mod source;

use source::{Source, files, is_test, root, sources};

#[track_caller]
fn none(rule: &str, found: Vec<String>) {
    assert!(found.is_empty(), "{rule}:\n  {}", found.join("\n  "));
}

#[test]
fn every_file_says_first_what_it_is_for() {
    let silent = sources().into_iter().filter(|s| !s.text.starts_with("//! "));
    none("a file begins with `//!`", silent.map(|s| s.path).collect());
}

#[test]
fn no_path_is_a_place_for_leftovers() {
    let words = ["util", "utils", "common", "helper", "helpers", "manager", "misc", "mod"];
    let vague = files().into_iter().filter(|path| {
        let parts = path.split(['/', '.', '_', '-']);
        path.ends_with(".rs") && parts.into_iter().any(|part| words.contains(&part))
    });
    none("a name says what is inside", vague.collect());
}

#[test]
fn nothing_unfinished_is_left() {
    // Spelt in two parts, so that this file does not find itself.
    let marks = [
        "TO\u{200b}DO",
        "FIX\u{200b}ME",
        "to\u{200b}do!(",
        "unimpl\u{200b}emented!(",
        "#[ig\u{200b}nore",
    ];
    let marks = marks.map(|mark| mark.replace('\u{200b}', ""));
    let found = sources().into_iter().flat_map(|s| {
        let hits = s.text.lines().enumerate().filter(|(_, l)| marks.iter().any(|m| l.contains(m)));
        let hits = hits.filter(|(_, l)| !l.contains("issue "));
        hits.map(|(i, l)| format!("{}:{}: {}", s.path, i + 1, l.trim())).collect::<Vec<_>>()
    });
    none("open work names its issue", found.collect());
}

#[test]
fn nothing_outside_tests_unwraps() {
    none("errors are handled", grep_code(&[".unwrap()"], |path| !is_test(path)));
}

#[test]
fn only_clock_rs_reads_a_clock() {
    let reads = [
        "SystemTime::now",
        "Instant::now",
        "Timestamp::now",
        "Zoned::now",
        "ZonedDateTime::now",
        "Utc::now",
        "Local::now",
        "clock_gettime",
    ];
    // What each system calls its clocks is in the platform files; `clock.rs` alone uses them. A
    // bench is a stopwatch around whole programs.
    let elsewhere = |path: &str| {
        let reader = path.ends_with("/clock.rs") || path.contains("/clock/");
        !reader
            && !path.starts_with("agent/src/platform")
            && path != "tests/tidy.rs"
            && !path.starts_with("tests/bench/")
    };
    none("`now` is an argument", grep_code(&reads, elsewhere));
}

#[test]
fn every_crate_forbids_unsafe_code() {
    let roots = sources().into_iter().filter(|s| {
        let name = s.path.rsplit('/').next().unwrap_or_default();
        let in_src = s.path.contains("/src/lib.rs") || s.path.contains("/src/main.rs");
        in_src
            || s.path == "tests/all.rs"
            || (s.path.starts_with("tests/") && ["lib.rs", "main.rs"].contains(&name))
    });
    let open = roots.filter(|s| !s.text.contains("#![forbid(unsafe_code)]"));
    none("a crate root forbids unsafe code", open.map(|s| s.path).collect());
}

#[test]
fn nothing_names_a_machine() {
    let homes = ["wo\u{200b}rk", "ro\u{200b}ot", "ho\u{200b}me", "Us\u{200b}ers"];
    let homes = homes.map(|h| format!("/{}/", h.replace('\u{200b}', "")));
    let mut found = Vec::new();
    for path in files().into_iter().filter(|p| !p.ends_with(".lock")) {
        let Ok(text) = std::fs::read_to_string(root().join(&path)) else { continue };
        for (i, line) in text.lines().enumerate() {
            let named = homes.iter().any(|home| {
                line.match_indices(home).any(|(at, _)| {
                    let before = line[..at].chars().next_back();
                    let after = line[at + home.len()..].chars().next();
                    // A path begins here, and goes on.
                    !before.is_some_and(|c| c.is_alphanumeric() || "._-}".contains(c))
                        && after.is_some_and(|c| c.is_ascii_lowercase() || c == '.')
                })
            });
            if named {
                found.push(format!("{path}:{}: {}", i + 1, line.trim()));
            }
        }
    }
    none("nothing committed knows a machine's folders", found);
}

/// Lines of code, tests and comments left out, that contain one of `words`.
fn grep_code(words: &[&str], wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for Source { path, text } in sources().into_iter().filter(|s| wanted(&s.path)) {
        for (number, line) in source::code(&text) {
            if words.iter().any(|word| line.contains(word)) {
                found.push(format!("{path}:{number}: {}", line.trim()));
            }
        }
    }
    found
}
