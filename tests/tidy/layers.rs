//! Who may know whom: the table of dependencies, between crates and inside them.

use std::collections::BTreeSet;
use std::fs;

use super::none;
use super::source::{Source, code, is_test, root, sources};

/// The names of a crate's ordinary dependencies.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let text = fs::read_to_string(root().join(manifest)).unwrap();
    let table: toml::Table = text.parse().unwrap();
    let mut names = BTreeSet::new();
    let targets = table.get("target").and_then(toml::Value::as_table);
    let targets = targets.into_iter().flat_map(|t| t.values()).filter_map(toml::Value::as_table);
    for part in std::iter::once(&table).chain(targets) {
        let part = part.get("dependencies").and_then(toml::Value::as_table);
        names.extend(part.into_iter().flat_map(|d| d.keys().cloned()));
    }
    names
}

#[test]
fn the_judge_is_pure_by_its_dependency_list() {
    let names = dependencies("collector/decide/Cargo.toml");
    assert_eq!(names, BTreeSet::from(["jiff".to_owned()]));
}

#[test]
fn wire_knows_nothing_of_ours_and_little_else() {
    let allowed = ["serde", "serde_json", "zstd", "jiff", "thiserror"];
    let names = dependencies("wire/Cargo.toml");
    none(
        "wire stays small",
        names.into_iter().filter(|n| !allowed.contains(&n.as_str())).collect(),
    );
}

#[test]
fn the_agent_does_not_know_the_collector() {
    let names = dependencies("agent/Cargo.toml");
    let ours: Vec<&String> = names.iter().filter(|n| n.starts_with("siaga-")).collect();
    assert_eq!(ours, ["siaga-wire"]);
}

/// The first names after `crate::` that a file mentions, in braces too.
fn mentions(source: &Source) -> BTreeSet<String> {
    let text: String =
        code(&source.text).into_iter().map(|(_, line)| format!("{line}\n")).collect();
    let mut names = BTreeSet::new();
    for (at, prefix) in text.match_indices("crate::").chain(text.match_indices("siaga_collector::"))
    {
        let rest = &text[at + prefix.len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut word = String::new();
            for c in group.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => names.extend(first(&std::mem::take(&mut word))),
                    c if depth == 0 => word.push(c),
                    _ => {}
                }
            }
            names.extend(first(&word));
        } else {
            names.extend(first(rest));
        }
    }
    names
}

fn first(path: &str) -> Option<String> {
    let word: String =
        path.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (!word.is_empty()).then_some(word)
}

/// Whether `path` is module `module` of the crate at `src`, or lies below it.
fn is_module(path: &str, src: &str, module: &str) -> bool {
    let Some(rest) = path.strip_prefix(src) else { return false };
    rest == format!("{module}.rs") || rest.starts_with(&format!("{module}/"))
}

#[test]
fn modules_of_the_collector_know_only_what_lies_below_them() {
    let never: [(&str, &[&str]); 7] = [
        ("hours", &["store", "notify", "web", "ingest", "drive"]),
        ("store", &["web", "notify", "ingest", "drive"]),
        ("ingest", &["notify", "web"]),
        ("notify", &["web", "ingest"]),
        ("config", &["store", "notify", "web", "ingest", "drive", "server"]),
        ("clock", &["store", "notify", "web", "ingest", "drive", "config", "server"]),
        ("record", &["notify", "web", "ingest", "drive", "config", "server"]),
    ];
    let mut found = Vec::new();
    for source in sources() {
        for (module, others) in never {
            if is_module(&source.path, "collector/src/", module) && !is_test(&source.path) {
                let known = mentions(&source);
                let wrong = others.iter().filter(|other| known.contains(**other));
                found.extend(wrong.map(|other| format!("{} uses {other}", source.path)));
            }
        }
    }
    none("a module knows only what lies below it", found);
}

/// Files of the collector, outside the named modules, whose code contains one of `words`.
fn collector_lines(words: &[&str], except: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    let ours = |path: &str| path.starts_with("collector/src/") && !is_test(path);
    for source in sources().into_iter().filter(|s| ours(&s.path)) {
        if except.iter().any(|module| is_module(&source.path, "collector/src/", module)) {
            continue;
        }
        for (number, line) in code(&source.text) {
            if words.iter().any(|word| line.contains(word)) {
                found.push(format!("{}:{number}: {}", source.path, line.trim()));
            }
        }
    }
    found
}

#[test]
fn only_the_drive_and_the_rejudge_make_a_judge() {
    let words = ["Judge::new", "Judge::load", "siaga_decide::ledger"];
    none("nobody bypasses the drive", collector_lines(&words, &["drive", "rejudge"]));
}

#[test]
fn only_the_hours_know_the_crates_of_the_calendar_syntax() {
    let words = ["opening_hours::", "chrono::", "chrono_tz::"];
    none("chrono stays in hours.rs", collector_lines(&words, &["hours"]));
}

#[test]
fn only_the_quickstart_knows_the_agent() {
    none(
        "the collector judges from reports alone",
        collector_lines(&["siaga_agent"], &["main", "quickstart"]),
    );
}

#[test]
fn pure_modules_of_the_agent_do_no_io() {
    let pure = ["schedule", "uplink", "spool/record", "spool/budget"];
    let words = ["tokio", "rusqlite", "clock::", "std::fs", "std::net", "std::io", "hyper"];
    let mut found = Vec::new();
    for source in sources() {
        if !pure.iter().any(|module| is_module(&source.path, "agent/src/", module)) {
            continue;
        }
        for (number, line) in code(&source.text) {
            if words.iter().any(|word| line.contains(word)) {
                found.push(format!("{}:{number}: {}", source.path, line.trim()));
            }
        }
    }
    none("a pure module stays pure", found);
}
