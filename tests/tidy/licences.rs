//! What we build with: licences that let anybody use Siaga, no library that we have banned, and
//! one SQLite that is new enough.

use std::process::Command;

use serde_json::Value;

use super::none;
use super::source::root;

const ALLOWED: [&str; 14] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Need cmake, NASM or a system library, or pull a second TLS in.
const BANNED: [&str; 5] = ["openssl-sys", "native-tls", "aws-lc-sys", "aws-lc-rs", "openssl"];

fn packages() -> Vec<Value> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["metadata", "--format-version", "1", "--locked"]).current_dir(root());
    let text = siaga_tests::rig::process::run(&mut command);
    let metadata: Value = serde_json::from_str(&text).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

fn name(package: &Value) -> &str {
    package["name"].as_str().unwrap_or_default()
}

/// Whether an SPDX expression leaves a choice that is allowed; `/` is the old spelling of OR.
fn is_allowed(expression: &str) -> bool {
    let plain = expression.replace('/', " OR ").replace(['(', ')'], " ");
    plain.split(" OR ").any(|choice| {
        let mut parts = choice.split(" AND ").map(str::trim);
        parts.all(|part| ALLOWED.contains(&part))
    })
}

#[test]
fn every_dependency_is_free_to_use() {
    let bad = packages().into_iter().filter(|p| !is_allowed(p["license"].as_str().unwrap_or("")));
    none(
        "licences are permissive",
        bad.map(|p| format!("{} {}", name(&p), p["license"])).collect(),
    );
}

#[test]
fn no_banned_library_is_pulled_in() {
    let packages = packages();
    let bad = packages.iter().filter(|p| BANNED.contains(&name(p)));
    none("banned", bad.map(|p| name(p).to_owned()).collect());
    let sqlites = packages.iter().filter(|p| name(p) == "libsqlite3-sys").count();
    assert_eq!(sqlites, 1, "one SQLite for the whole workspace");
}

#[test]
fn every_dependency_comes_from_the_registry_or_this_tree() {
    let foreign = packages().into_iter().filter(|p| {
        let source = p["source"].as_str().unwrap_or_default();
        !source.is_empty() && !source.starts_with("registry+")
    });
    none("no git dependencies", foreign.map(|p| name(&p).to_owned()).collect());
}

#[test]
fn sqlite_has_the_fix_of_its_journal() {
    // Before 3.51.3 two connections that write and checkpoint could damage the file.
    assert!(rusqlite::version_number() >= 3_051_003, "SQLite {}", rusqlite::version());
}
