//! What is shipped works: example files load, README commands exist.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use siaga_tests::rig::process::{outcome, program, said};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The example as it is shipped, with the secrets it names beside it.
fn shipped_collector(dir: &Path) -> PathBuf {
    let text = fs::read_to_string(root().join("config/collector.toml")).unwrap();
    let text = text.replace("/etc/siaga/", &format!("{}/", dir.display()));
    for name in ["telegram.token", "ntfy.token", "webhook.secret"] {
        use std::os::unix::fs::PermissionsExt;
        fs::write(dir.join(name), "123:secret").unwrap();
        fs::set_permissions(dir.join(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
    fs::create_dir_all(dir.join("holidays")).unwrap();
    for file in fs::read_dir(root().join("config/holidays")).unwrap().flatten() {
        fs::copy(file.path(), dir.join("holidays").join(file.file_name())).unwrap();
    }
    let file = dir.join("collector.toml");
    fs::write(&file, text).unwrap();
    file
}

#[test]
fn the_collectors_example_loads() {
    let dir = tempfile::tempdir().unwrap();
    let file = shipped_collector(dir.path());
    let mut command = Command::new(program("siaga-collector"));
    let output = outcome(command.args(["check-config", "--config"]).arg(file));
    assert!(output.status.success(), "{}", said(&output));
}

#[test]
fn the_agents_example_loads_and_shows_every_kind_of_probe() {
    let file = root().join("config/agent.toml");
    let mut command = Command::new(program("siaga-agent"));
    let output = outcome(command.args(["check-config", "--config"]).arg(&file));
    assert!(output.status.success(), "{}", said(&output));
    let text = fs::read_to_string(file).unwrap();
    for kind in ["ping", "tcp", "http", "ups", "generator", "device", "command", "sntp", "host"] {
        assert!(text.contains(&format!("[[probe.{kind}]]")), "no example of {kind}");
    }
}

/// Breaks the examples in several places at once: every one must be named with its line.
#[test]
fn check_config_names_every_problem_with_its_line_and_ends_with_64() {
    let dir = tempfile::tempdir().unwrap();
    let file = shipped_collector(dir.path());
    let text = fs::read_to_string(&file).unwrap();
    let text = text
        .replace("zone = \"Asia/Makassar\"", "zone = \"Asia/Atlantis\"")
        .replace("channel = \"ntfy\"", "channel = \"pigeon\"")
        .replace("cycle = \"15s\"", "cycle = \"soon\"");
    fs::write(&file, &text).unwrap();
    let mut command = Command::new(program("siaga-collector"));
    let output = outcome(command.args(["check-config", "--config"]).arg(&file));
    assert_eq!(output.status.code(), Some(64), "{}", said(&output));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    for wrong in ["Asia/Atlantis", "pigeon", "soon"] {
        let number = text.lines().position(|l| l.contains(wrong)).unwrap() + 1;
        let place = format!("collector.toml:{number}:");
        assert!(said.contains(&place), "{wrong}: no {place} in\n{said}");
    }
    assert!(said.contains("hint: "), "{said}");

    let agent = dir.path().join("agent.toml");
    let text = fs::read_to_string(root().join("config/agent.toml")).unwrap();
    let text = text
        .replace("cycle = \"15s\"", "cycle = \"soon\"")
        .replace("role = \"outside\"", "role = \"elsewhere\"");
    fs::write(&agent, text).unwrap();
    let mut command = Command::new(program("siaga-agent"));
    let output = outcome(command.args(["check-config", "--config"]).arg(&agent));
    assert_eq!(output.status.code(), Some(64), "{}", siaga_tests::rig::process::said(&output));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("soon") || said.contains("cycle"), "{said}");
    assert!(said.contains("elsewhere") || said.contains("role"), "{said}");
}

#[test]
fn wrong_usage_ends_with_64_and_help_and_version_with_0() {
    for name in ["siaga-agent", "siaga-collector"] {
        let status =
            |words: &[&str]| outcome(Command::new(program(name)).args(words)).status.code();
        assert_eq!(status(&["--help"]), Some(0), "{name}");
        assert_eq!(status(&["--version"]), Some(0), "{name}");
        assert_eq!(status(&["no-such-command"]), Some(64), "{name}");
        let absent = ["check-config", "--config", "/nonexistent/file.toml"];
        assert_eq!(status(&absent), Some(64), "{name}");
    }
}

/// Every command line of the README that begins with one of the programs must be one that the
/// program knows.
#[test]
fn a_person_gets_a_password_and_later_a_new_one() {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("collector.toml");
    let office = "[[office]]\nid = \"a\"\nname = \"A\"\nzone = \"Asia/Makassar\"\nhours = \"24/7\"\n\
                  [[office.station]]\nid = \"pc\"\n";
    fs::write(&config, format!("data = \".\"\n{office}")).unwrap();
    let person = |role: &str| {
        let args = ["--name", "rini", "--role", role];
        outcome(
            Command::new(program("siaga-collector"))
                .arg("person")
                .arg("--config")
                .arg(&config)
                .args(args),
        )
    };
    let passwords = ["operator", "supervisor"].map(|role| {
        let output = person(role);
        assert!(output.status.success(), "{}", said(&output));
        String::from_utf8(output.stdout).unwrap()
    });
    assert!(passwords.iter().all(|p| p.trim().len() == 43) && passwords[0] != passwords[1]);
    let wrong = person("boss");
    assert_eq!(wrong.status.code(), Some(64), "{}", said(&wrong));
    assert!(said(&wrong).contains("supervisor"), "{}", said(&wrong));
}

#[test]
fn every_command_of_the_readme_exists() {
    let text = fs::read_to_string(root().join("README.md")).unwrap();
    let mut found = 0;
    for line in text.lines() {
        let mut words = line.trim_start().trim_start_matches("$ ").split_whitespace();
        let Some(name) = words.next().filter(|word| is_program(word)) else { continue };
        let Some(word) = words.next().filter(|word| word.starts_with(char::is_lowercase)) else {
            continue;
        };
        let output = outcome(Command::new(program(name)).args([word, "--help"]));
        assert!(output.status.success(), "README: {line}\n{}", said(&output));
        let help = String::from_utf8_lossy(&output.stdout).into_owned();
        for option in words.filter(|word| word.starts_with("--")) {
            assert!(help.contains(option), "README: {line}: no {option} in\n{help}");
        }
        found += 1;
    }
    assert!(found >= 3, "the README shows {found} commands");
}

fn is_program(word: &str) -> bool {
    ["siaga-agent", "siaga-collector"].contains(&word)
}
