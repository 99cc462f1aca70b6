//! Configuration errors, as the administrator reads them.

use super::*;

const GOOD: &str = r#"
names = ["siaga.example"]
data = "data"
[[line]]
id = "telkom"
provider = "Telkom"
[[office]]
id = "palaran"
name = "Palaran"
zone = "Asia/Makassar"
hours = "Mo-Fr 08:00-16:00"
line = "telkom"
[[office.station]]
id = "pc-1"
[[channel.webhook]]
id = "hook"
url = "http://127.0.0.1:9/x"
[[contact]]
id = "teknisi"
offices = ["*"]
role = "technician"
[[contact.via]]
channel = "hook"
to = "x"
"#;

fn shown(text: &str) -> String {
    let problems = parse(Path::new("c.toml"), text).unwrap_err();
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_good_file_gets_every_default() {
    let config = parse(Path::new("c.toml"), GOOD).unwrap();
    assert_eq!(config.listen.port(), 8443);
    assert_eq!(config.cycle_ms, 15_000);
    assert_eq!(config.raw_days, 7);
    assert_eq!(config.data, Path::new("data"));
    let office = config.offices.values().next().unwrap();
    assert_eq!(office.open_after_ms, 60_000);
    assert_eq!(office.stations.values().next().unwrap().needs[0].as_str(), "link.datacenter");
    assert_eq!(config.public_url(), "https://siaga.example:8443");
    let setup = config.setup(calendar_range());
    assert!(!setup.offices.values().next().unwrap().calendar.open.is_empty());
}

fn calendar_range() -> siaga_decide::Span {
    super::super::calendar_range(siaga_decide::At(1_795_000_000_000))
}

#[test]
fn the_calendar_covers_whole_years_around_now() {
    let range = calendar_range();
    assert_eq!(format!("{range:?}"), "2025-01-01T00:00:00Z..2028-01-01T00:00:00Z");
}

#[test]
fn every_problem_is_reported_at_once_with_its_place() {
    let text = r#"
listen = "8443"
plain_listen = "10.0.0.1:80"
names = ["https://x"]
cycle = "15"
raw_days = 0
langauge = "id"
[[office]]
id = "palaran"
name = "Palaran"
zone = "Asia/Samarinda"
hours = "Senin 08:00-16:00"
line = "telkm"
stations_needed = 3
open_after = 60
[[office.station]]
id = "pc 1"
[[line]]
id = "telkom"
provider = "Telkom"
[[contact]]
id = "teknisi"
offices = ["balikpapan"]
role = "boss"
[[contact.via]]
channel = "sms"
"#;
    let want = r#"c.toml:1:1: data: is missing
hint: a directory for database, keys and certificates
c.toml:2:10: listen: "8443" is not an address and port
hint: like 0.0.0.0:8443 or [::]:8443
c.toml:3:16: plain_listen: 10.0.0.1 is not a loopback address: tokens would travel in the clear
hint: use 127.0.0.1, and a reverse proxy on this machine
c.toml:4:10: names: "https://x" is neither a DNS name nor an address
hint: leave out https:// and the port
c.toml:5:9: cycle: "15" is not a duration
hint: like 60s, 5m, 8h or 14d
c.toml:6:12: raw_days: must be from 1 to 3650
c.toml:7:1: langauge: is not a known word here
hint: did you mean "language"?
c.toml:8:1: office "palaran": station: the office has no station
hint: add [[office.station]] with an id, one for each recording PC
c.toml:11:8: office "palaran": zone: "Asia/Samarinda" is not an IANA time zone
hint: Asia/Jakarta (WIB), Asia/Makassar (WITA) or Asia/Jayapura (WIT)
c.toml:12:10: office "palaran": hours: cannot read the service hours from "Senin 08:00-16:00" on
hint: days have two letters (Mo Tu We Th Fr Sa Su): Mo instead of senin
c.toml:13:8: office "palaran": line: there is no line "telkm"
hint: did you mean "telkom"?
c.toml:14:19: office "palaran": stations_needed: 3 must serve, but the office has 0
c.toml:15:14: office "palaran": open_after: must be a text in quotes, not integer
"#;
    let got = shown(text);
    assert!(got.starts_with(want), "{got}");
    for part in [
        "cannot be an id",
        "\"boss\" is not a role",
        "there is no channel \"sms\"",
        "contact \"teknisi\": via[0]: to: is missing",
    ] {
        assert!(got.contains(part), "{part:?} is missing in\n{got}");
    }
}

#[test]
fn a_look_at_the_data_center_needs_a_canary_and_a_line_that_exists() {
    let with = |words: &str| GOOD.replacen("names =", &format!("{words}\nnames ="), 1);
    let good = "canary = [\"10.0.0.1:53\"]\ndatacenter = [\"10.0.0.2:443\"]\nown_line = \"telkom\"";
    let config = parse(Path::new("c.toml"), &with(good)).unwrap();
    assert_eq!(config.datacenter, ["10.0.0.2:443"]);
    let setup = config.setup(calendar_range());
    assert_eq!(setup.line.as_ref().map(siaga_decide::LineId::as_str), Some("telkom"));
    let alone = shown(&with("datacenter = [\"10.0.0.2:443\"]"));
    assert!(alone.contains("datacenter: needs a canary"), "{alone}");
    let wrong =
        shown(&with("canary = [\"x:1\"]\ndatacenter = [\"10.0.0.2\"]\nown_line = \"telkm\""));
    for part in
        ["datacenter: must be host:port", "own_line: there is no [[line]] with the id \"telkm\""]
    {
        assert!(wrong.contains(part), "{part:?} is missing in\n{wrong}");
    }
}

#[test]
fn wrong_service_hours_point_into_the_text() {
    let got = shown(&GOOD.replace("Mo-Fr 08:00-16:00", "Mo-Fr 08:00-16:00; Senin off"));
    assert!(got.starts_with("c.toml:11:"), "{got}");
    assert!(got.contains("Mo"), "{got}");
}

#[test]
fn broken_toml_says_where() {
    let got = shown("data = \"x\nnames = [\n");
    assert!(got.starts_with("c.toml:1:"), "{got}");
}

#[test]
fn relays_must_exist_and_not_go_round() {
    let two = GOOD.replace("line = \"telkom\"", "via = \"palaran\"");
    assert!(shown(&two).contains("leads back to this office"));
    let none = GOOD.replace("line = \"telkom\"", "via = \"palarn\"");
    assert!(shown(&none).contains("there is no office \"palarn\""));
}

#[test]
fn a_secret_that_everybody_can_read_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("token"), "123:abc\n").unwrap();
    let text = GOOD.replace(
        "[[channel.webhook]]",
        "[[channel.telegram]]\nid = \"tg\"\ntoken_file = \"token\"\n[[channel.webhook]]",
    );
    let path = dir.path().join("c.toml");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |m| {
            let path = dir.path().join("token");
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(m)).unwrap();
        };
        mode(0o644);
        let problems = parse(&path, &text).unwrap_err();
        assert!(problems[0].what.contains("everybody"), "{problems:?}");
        mode(0o600);
    }
    let config = parse(&path, &text).unwrap();
    assert!(!format!("{config:?}").contains("123:abc"), "secrets stay out of logs");
}
