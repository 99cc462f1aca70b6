//! Deliberate bugs: each patch of `tests/bugs` is put into a copy of the workspace, the judge and
//! the world are built there, and a few days are played. A bug that no day notices, or a patch that
//! no longer applies, is a failure of the world. Must never touch the tree it copies from.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Days that the judge passes as it is, and that between them notice every bug: the first ones
/// notice most.
const SEEDS: &[u64] = &[27, 28, 61, 31, 64, 38, 4, 40, 59, 54, 13, 56, 29, 43, 15, 35];

/// What has to be copied: the judge, the world and what they stand on.
const PARTS: &[&str] = &[
    "Cargo.toml",
    "Cargo.lock",
    "wire",
    "agent",
    "collector/Cargo.toml",
    "collector/decide",
    "tests",
];

/// What became of a bug.
enum Fate {
    /// A day noticed it: which.
    Caught(u64),
    /// None did.
    Survived,
    /// The patch does not apply, or what it makes does not build.
    Useless(String),
}

/// Plays all patches and says what became of each; whether every one was caught.
///
/// # Errors
/// Where the workspace cannot be copied or a program cannot be started.
pub fn run(out: &mut impl Write) -> io::Result<bool> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?;
    let place = std::env::temp_dir().join(format!("siaga-bugs-{}", std::process::id()));
    let result = all(out, &root, &place);
    fs::remove_dir_all(&place)?;
    result
}

fn all(out: &mut impl Write, root: &Path, place: &Path) -> io::Result<bool> {
    let mut patches: Vec<PathBuf> = fs::read_dir(root.join("tests/bugs"))?
        .map(|entry| entry.map(|e| e.path()))
        .collect::<io::Result<Vec<PathBuf>>>()?;
    patches.retain(|path| path.extension().is_some_and(|e| e == "patch"));
    patches.sort();
    let copy = place.join("tree");
    for part in PARTS {
        copy_all(&root.join(part), &copy.join(part))?;
    }
    // The workspace names the collector; nothing here needs more of it than its name.
    fs::create_dir_all(copy.join("collector/src"))?;
    fs::write(copy.join("collector/src/lib.rs"), "//! Empty.\n")?;
    let target = root.join("target/bugs");
    if let Fate::Caught(seed) = play(&copy, &target)? {
        writeln!(out, "without a bug day {seed} fails already: mend that first")?;
        return Ok(false);
    }
    let mut well = !patches.is_empty();
    for patch in &patches {
        let name = patch.file_stem().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let fate = one(&copy, &target, patch)?;
        match fate {
            Fate::Caught(seed) => writeln!(out, "caught    {name} (day {seed})")?,
            Fate::Survived => writeln!(out, "SURVIVED  {name}")?,
            Fate::Useless(ref why) => writeln!(out, "USELESS   {name}: {why}")?,
        }
        out.flush()?;
        well &= matches!(fate, Fate::Caught(_));
    }
    writeln!(
        out,
        "{} bugs, {}",
        patches.len(),
        if well { "all caught" } else { "not all caught" }
    )?;
    Ok(well)
}

fn one(copy: &Path, target: &Path, patch: &Path) -> io::Result<Fate> {
    if !apply(copy, patch, &[])? {
        return Ok(Fate::Useless("the patch does not apply".to_owned()));
    }
    let fate = play(copy, target);
    apply(copy, patch, &["--reverse"])?;
    fate
}

fn apply(copy: &Path, patch: &Path, more: &[&str]) -> io::Result<bool> {
    let status = Command::new("patch")
        .args([
            "-p1",
            "--batch",
            "--silent",
            "--no-backup-if-mismatch",
            "--reject-file=-",
            "--input",
        ])
        .arg(patch)
        .args(more)
        .current_dir(copy)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    Ok(status.success())
}

/// Builds what lies there and plays the days until one fails.
fn play(copy: &Path, target: &Path) -> io::Result<Fate> {
    let built = Command::new("cargo")
        .args(["build", "--quiet", "--locked", "--profile", "world", "-p", "siaga-tests"])
        .args(["--no-default-features", "--bin", "world"])
        .env("CARGO_TARGET_DIR", target)
        .current_dir(copy)
        .stdout(Stdio::null())
        .output()?;
    if !built.status.success() {
        let text = String::from_utf8_lossy(&built.stderr);
        let first = text.lines().find(|l| l.starts_with("error")).unwrap_or("it does not build");
        return Ok(Fate::Useless(first.to_owned()));
    }
    for seed in SEEDS {
        // A bug that panics is caught too.
        let status = Command::new(target.join("world/world"))
            .args(["run", "--kind", "day", "--seeds", "1", "--shuffle-each", "1", "--from"])
            .arg(seed.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()?;
        match status.code() {
            Some(0) => {}
            Some(64) => return Ok(Fate::Useless("the world cannot be asked".to_owned())),
            Some(_) | None => return Ok(Fate::Caught(*seed)),
        }
    }
    Ok(Fate::Survived)
}

/// Copies a file or a folder. Times are kept, so that only what a patch changes is built again.
fn copy_all(from: &Path, to: &Path) -> io::Result<()> {
    if from.is_dir() {
        fs::create_dir_all(to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            if entry.file_name() != "target" {
                copy_all(&entry.path(), &to.join(entry.file_name()))?;
            }
        }
        return Ok(());
    }
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::copy(from, to)?;
    let modified = fs::metadata(from)?.modified()?;
    fs::File::options().write(true).open(to)?.set_modified(modified)
}
