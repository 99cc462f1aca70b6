//! What a configuration may say, and how everything wrong with it is told at once.

use std::time::Duration;

use super::{Collector, StopMeans, parse};

const GOOD: &str = r#"
collector = "https://siaga.example:8443"
data = "/var/lib/siaga-agent"
[[probe.host]]
name = "host"
"#;

fn problems(text: &str) -> Vec<String> {
    parse("agent.toml", text).unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn defaults_are_those_that_the_example_names() {
    let config = parse("agent.toml", GOOD).unwrap();
    let collector = Collector { tls: true, host: "siaga.example".into(), port: 8443 };
    assert_eq!(config.collector, collector);
    assert_eq!(config.cycle, Duration::from_secs(15));
    assert_eq!(config.spool.max_bytes, 67_108_864);
    assert_eq!(config.stop_means, StopMeans::Auto);
    assert_eq!(config.metrics, None);
    assert_eq!(config.probes.len(), 1);
}

#[test]
fn the_shipped_example_is_read() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../config/agent.toml");
    let config = super::load(path.as_ref()).unwrap();
    let kinds: std::collections::BTreeSet<_> = config.probes.iter().map(|p| p.kind()).collect();
    assert_eq!(kinds.len(), 9, "every kind is shown: {kinds:?}");
}

#[test]
fn all_that_is_wrong_in_one_probe_is_told_at_once() {
    let probe = "[[probe.ping]]\nname = \"link.gateway\"\ntarget = \"192.0.2.1\"\n\
                 role = \"gatway\"\ncoun = 4\nevery = 15\n";
    let found = problems(&format!("{GOOD}{probe}"));
    let lines: Vec<&str> = found.iter().map(|p| p.split(':').nth(1).unwrap()).collect();
    assert_eq!(lines, ["9", "10", "11"], "{found:#?}");
    assert!(found[0].contains("gateway"), "{found:#?}");
    assert!(found[1].contains("count"), "{found:#?}");
    let missing = problems(&format!("{GOOD}[[probe.ping]]\nname = \"link.gateway\"\n"));
    assert!(missing.iter().any(|p| p.contains("target")), "{missing:#?}");
}

#[test]
fn every_problem_is_told_at_once_with_its_place_and_a_hint() {
    let found = problems(
        r#"collector = "http://siaga.example"
cycle = "soon"
metrics = "0.0.0.0:9464"
stop_means = "maybe"
colour = "blue"
[spool]
max_bytes = 5
[[probe.ping]]
name = "link.gateway"
target = "auto"
colour = "red"
[[probe.ping]]
name = "Link"
target = "auto"
[[probe.song]]
name = "la"
"#,
    );
    let places: Vec<&str> = found.iter().map(|p| p.split(": ").next().unwrap()).collect();
    assert_eq!(
        places,
        [
            "agent.toml:1:1",
            "agent.toml:1:13",
            "agent.toml:2:9",
            "agent.toml:3:11",
            "agent.toml:4:14",
            "agent.toml:5:1",
            "agent.toml:7:13",
            "agent.toml:11:1",
            "agent.toml:13:8",
            "agent.toml:15:9",
        ],
        "{found:#?}"
    );
    assert_eq!(found[0], "agent.toml:1:1: data: is missing\nhint: data = \"/var/lib/siaga-agent\"");
    assert!(found[1].contains("in the clear\nhint: use https://"), "{}", found[1]);
    assert!(
        found[5].contains("colour: is not a setting\nhint: settings are collector, cycle, data")
    );
}

#[test]
fn what_is_not_toml_is_told_where() {
    let found = problems("collector = \ndata = \"x\"\nspool = {\n");
    assert!(found[0].starts_with("agent.toml:1:"), "{found:#?}");
    assert!(found.len() >= 2, "{found:#?}");
    assert!(!found.iter().any(|p| p.contains("is missing")));
}

#[test]
fn a_file_without_probes_says_so() {
    let found = problems("collector = \"https://a\"\ndata = \"d\"\n");
    assert_eq!(found.len(), 1);
    assert!(found[0].contains("nothing would be measured"));
}

#[test]
fn a_file_that_is_not_there_is_a_problem_too() {
    let found = super::load("nowhere/agent.toml".as_ref()).unwrap_err();
    assert!(found[0].to_string().starts_with("nowhere/agent.toml:1:1: file: cannot be read"));
}

#[test]
fn addresses_of_collectors() {
    let read = |address: &str| {
        let text = GOOD.replace("https://siaga.example:8443", address);
        parse("agent.toml", &text).ok().map(|c| (c.collector.tls, c.collector.authority()))
    };
    let good = [
        ("https://a", true, "a:443"),
        ("https://10.0.0.1:1/", true, "10.0.0.1:1"),
        ("https://[2001:db8::1]:8443", true, "[2001:db8::1]:8443"),
        ("https://[2001:db8::1]", true, "[2001:db8::1]:443"),
        ("http://127.0.0.1:8080", false, "127.0.0.1:8080"),
        ("http://[::1]:80", false, "[::1]:80"),
        ("http://localhost", false, "localhost:80"),
    ];
    for (address, tls, authority) in good {
        assert_eq!(read(address), Some((tls, authority.to_owned())), "{address}");
    }
    let bad = [
        "",
        "a",
        "ftp://a",
        "https://",
        "https://:1",
        "https://a:",
        "https://a:0",
        "https://a:99999",
        "https://a/path",
        "https://u@a",
        "https://a b",
        "https://[::1",
        "https://[::1]x",
        "https://[zz]",
        "http://siaga.example",
        "http://10.0.0.1",
        "http://localhost.example",
    ];
    for address in bad {
        assert_eq!(read(address), None, "{address}");
    }
}
