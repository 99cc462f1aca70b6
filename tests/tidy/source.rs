//! The files of the tree, and what of a source file is code that ships.

use std::fs;
use std::path::{Path, PathBuf};

/// A source file.
pub(super) struct Source {
    /// From the top of the tree, with `/`.
    pub(super) path: String,
    /// Whole.
    pub(super) text: String,
}

/// The top of the tree.
pub(super) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Every file of the tree that is ours, sorted; build output left out.
pub(super) fn files() -> Vec<String> {
    fn walk(dir: &Path, from: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(dir).unwrap().flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            if name == "target" || name == ".git" {
                continue;
            }
            if entry.file_type().is_ok_and(|t| t.is_dir()) {
                walk(&path, from, found);
            } else {
                found.push(path.strip_prefix(from).unwrap().to_string_lossy().replace('\\', "/"));
            }
        }
    }
    let mut found = Vec::new();
    walk(&root(), &root(), &mut found);
    found.sort();
    assert!(found.iter().any(|f| f == "Cargo.toml"), "this is not the tree: {found:?}");
    found
}

/// Every Rust file.
pub(super) fn sources() -> Vec<Source> {
    let paths = files().into_iter().filter(|path| path.ends_with(".rs"));
    let read =
        |path: String| Source { text: fs::read_to_string(root().join(&path)).unwrap(), path };
    paths.map(read).collect()
}

/// Whether a whole file is test code: it lies among tests, or is a module for tests alone.
pub(super) fn is_test(path: &str) -> bool {
    path.contains("/tests/") || path.starts_with("tests/") || is_declared_for_tests(path)
}

/// Whether the file that declares this module, or one above it, says `#[cfg(test)] mod …;`.
fn is_declared_for_tests(path: &str) -> bool {
    let Some(path) = path.strip_suffix(".rs") else { return false };
    let Some((dir, name)) = path.rsplit_once('/') else { return false };
    let parents = [format!("{dir}.rs"), format!("{dir}/lib.rs"), format!("{dir}/main.rs")];
    let declared = parents.iter().any(|parent| {
        let text = fs::read_to_string(root().join(parent)).unwrap_or_default();
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        lines.windows(2).any(|pair| {
            let module = pair[1].trim_start_matches("pub(crate) ").trim_start_matches("pub ");
            pair[0] == "#[cfg(test)]" && module == format!("mod {name};")
        })
    });
    declared || is_declared_for_tests(&format!("{dir}.rs"))
}

/// The numbered lines that are code and ship: no comments, nothing from `#[cfg(test)] mod` on,
/// which by our layout is the end of a file.
pub(super) fn code(text: &str) -> Vec<(usize, &str)> {
    let lines: Vec<&str> = text.lines().collect();
    let end = lines.windows(2).position(|pair| {
        pair[0].trim() == "#[cfg(test)]"
            && pair[1].trim_start().starts_with("mod ")
            && pair[1].ends_with('{')
    });
    let lines = lines.into_iter().enumerate().take(end.unwrap_or(usize::MAX));
    let lines = lines.filter(|(_, line)| !line.trim_start().starts_with("//"));
    lines.map(|(i, line)| (i + 1, line)).collect()
}
