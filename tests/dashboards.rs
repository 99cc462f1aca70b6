//! The dashboard: fresh, well-formed, and every query of it answered by a real Prometheus that has
//! scraped a real collector with a working, a broken and a battery-driven station.

#[path = "panels/model.rs"]
mod model;
#[path = "panels/overview.rs"]
mod overview;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use siaga_tests::rig::clock::{now, pause, until};
use siaga_tests::rig::collector::{Collector, Office, PLAIN};
use siaga_tests::rig::http::Client;
use siaga_tests::rig::net::Namespace;
use siaga_tests::rig::process::{Running, run};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../dashboards")
}

#[test]
fn the_committed_dashboard_is_what_the_program_writes() {
    let committed = fs::read_to_string(folder().join("siaga-overview.json")).unwrap();
    assert!(
        committed == overview::text().unwrap(),
        "stale: run `cargo run -p siaga-tests --bin dashboards`"
    );
}

#[test]
fn every_panel_says_what_it_asks_and_how_its_answer_reads() {
    let board = serde_json::to_value(overview::dashboard()).unwrap();
    let panels = board["panels"].as_array().unwrap();
    let mut ids = BTreeSet::new();
    let mut taken = BTreeSet::new();
    for panel in panels {
        let title = panel["title"].as_str().unwrap();
        assert!(title.contains('·'), "{title}: Indonesian · English");
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{title}: its id is taken");
        let grid = |key: &str| panel["gridPos"][key].as_u64().unwrap();
        assert!(grid("x") + grid("w") <= 24, "{title}: too wide");
        for cell in (grid("x")..grid("x") + grid("w"))
            .flat_map(|x| (grid("y")..grid("y") + grid("h")).map(move |y| (x, y)))
        {
            assert!(taken.insert(cell), "{title}: lies over another panel at {cell:?}");
        }
        if panel["type"] == "row" {
            continue;
        }
        let description = panel["description"].as_str().unwrap();
        assert!(description.contains("\n\n"), "{title}: description in two languages");
        let defaults = &panel["fieldConfig"]["defaults"];
        assert!(defaults["unit"].is_string(), "{title}: unit");
        assert!(!defaults["noValue"].as_str().unwrap().is_empty(), "{title}: noValue");
        assert!(defaults["thresholds"]["steps"][0]["value"].is_null(), "{title}: thresholds");
        let targets = panel["targets"].as_array().unwrap();
        assert!(!targets.is_empty(), "{title}: targets");
        for target in targets {
            let expr = target["expr"].as_str().unwrap();
            let selectors = expr.matches('{').count();
            assert_eq!(expr.matches(r#"job=~"$job""#).count(), selectors, "{title}: job");
            assert_eq!(target["datasource"]["uid"], "${ds_prometheus}", "{title}: data source");
        }
    }
}

#[test]
fn promtool_accepts_rules_their_tests_and_the_scrape_example() {
    let promtool = |words: &[&str]| {
        run(Command::new("promtool").args(words).current_dir(folder()));
    };
    promtool(&["check", "rules", "rules.yml"]);
    promtool(&["test", "rules", "rules-test.yml", "rules-test-long.yml"]);
    promtool(&["check", "config", "--syntax-only", "prometheus.yml"]);
}

/// Where the test's Prometheus serves, inside its namespace.
const PROMETHEUS: &str = "127.0.0.1:9090";

#[test]
fn every_query_is_answered_by_a_prometheus_that_scraped_a_collector() {
    let dir = tempfile::tempdir().unwrap();
    let place = Arc::new(Namespace::new("grafana"));
    let offices = [
        Office::always_open("palaran", &["pc-1", "pc-2"]),
        Office::always_open("sambutan", &["pc-1"]),
    ];
    let mut collector = Collector::new(&place, dir.path(), &offices);
    collector.start();
    let mut stations = [
        Station::new(&collector, "palaran", "pc-1"),
        Station::new(&collector, "palaran", "pc-2"),
        Station::new(&collector, "sambutan", "pc-1"),
    ];
    let token = collector.token("viewer");
    let prometheus = prometheus(&place, dir.path(), &token);

    // Ten cycles of a second: the third station cannot reach the data center, the second one runs
    // on battery.
    for cycle in 0..12 {
        for (station, state) in stations.iter_mut().zip([State::Good, State::Battery, State::Cut]) {
            station.report(&collector, state, cycle);
        }
        pause(Duration::from_secs(1));
    }
    let metrics = collector.ask("GET", "/metrics", &token, b"").text();
    check_metrics(&metrics);

    let mut asked = 0;
    let board = serde_json::to_value(overview::dashboard()).unwrap();
    for panel in board["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().into_iter().flatten() {
            let expr = substituted(target["expr"].as_str().unwrap());
            let what = format!("{}: {expr}", panel["title"]);
            let values = if target["instant"] == true {
                instant(&place, &expr, &what)
            } else {
                range(&place, &expr, &what)
            };
            assert!(!values.is_empty(), "{what}: no answer\n{metrics}");
            assert!(values.iter().all(|v| v.is_finite() && *v >= 0.0), "{what}: {values:?}");
            if panel["fieldConfig"]["defaults"]["unit"] == "percentunit" {
                assert!(values.iter().all(|v| *v <= 1.0), "{what}: {values:?}");
            }
            asked += 1;
        }
    }
    assert!(asked >= 20, "only {asked} queries");
    let ask = |expr: &str| instant(&place, expr, expr);
    assert_eq!(ask(r#"sum(siaga_office_state{state="down"})"#), [1.0]);
    assert_eq!(ask(r#"siaga_office_state{office="palaran",state="serving"}"#), [1.0]);
    assert_eq!(ask("sum(siaga_outage_open)"), [1.0]);
    assert_eq!(ask(r#"siaga_ups_on_battery{station="pc-2"}"#), [1.0]);
    assert_eq!(ask(r#"siaga_ups_battery_charge_ratio{station="pc-2"}"#), [0.87]);
    assert_eq!(ask(r#"siaga_link_up{office="sambutan",layer="datacenter"}"#), [0.0]);
    assert_eq!(
        ask(r#"siaga_link_loss_ratio{office="palaran",station="pc-1",layer="path"}"#),
        [0.25]
    );
    let lost = ask("sum(siaga_downtime_seconds)")[0];
    assert!((3.0..60.0).contains(&lost), "{lost} s lost");
    assert!(ask("label_replace(siaga_generator_running, \"x\", \"\", \"\", \"\")").contains(&1.0));
    drop(prometheus);
    collector.stop();
}

fn substituted(expr: &str) -> String {
    let expr = expr.replace("$__rate_interval", "1m");
    ["$job", "$office", "$station"].iter().fold(expr, |expr, name| expr.replace(name, ".*"))
}

/// Names, help and base units, as promtool wants them.
fn check_metrics(text: &str) {
    use std::io::Write as _;
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    promtool.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = promtool.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "promtool: {said}\n{text}");
}

fn prometheus(place: &Namespace, dir: &Path, token: &str) -> Running {
    let config = dir.join("prometheus.yml");
    fs::write(dir.join("token"), token).unwrap();
    fs::write(
        &config,
        format!(
            "global:\n  scrape_interval: 1s\nscrape_configs:\n  - job_name: siaga\n    \
             authorization:\n      credentials_file: {}\n    static_configs:\n      - targets: \
             ['{PLAIN}']\n",
            dir.join("token").display()
        ),
    )
    .unwrap();
    let mut command = place.command("prometheus");
    command
        .arg(format!("--config.file={}", config.display()))
        .arg(format!("--storage.tsdb.path={}", dir.join("tsdb").display()))
        .arg(format!("--web.listen-address={PROMETHEUS}"));
    let running = Running::start(&mut command, &dir.join("prometheus.log"));
    until("Prometheus to be ready", Duration::from_secs(60), || {
        let mut client = Client::connect(place, PROMETHEUS.parse().ok()?).ok()?;
        (client.ask("GET", "/-/ready", &[], b"").ok()?.status == 200).then_some(())
    });
    running
}

fn query(place: &Namespace, path: &str, form: &str, what: &str) -> Value {
    let mut client = Client::connect(place, PROMETHEUS.parse().unwrap()).unwrap();
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let answer = client.ask("POST", path, &headers, form.as_bytes()).unwrap();
    assert_eq!(answer.status, 200, "{what}: {}", answer.text());
    answer.json()["data"]["result"].clone()
}

fn encoded(text: &str) -> String {
    text.bytes().map(|b| format!("%{b:02X}")).collect()
}

fn number(value: &Value) -> f64 {
    value.as_str().unwrap().parse().unwrap()
}

fn instant(place: &Namespace, expr: &str, what: &str) -> Vec<f64> {
    let form = format!("query={}", encoded(expr));
    let result = query(place, "/api/v1/query", &form, what);
    result.as_array().unwrap().iter().map(|s| number(&s["value"][1])).collect()
}

fn range(place: &Namespace, expr: &str, what: &str) -> Vec<f64> {
    let end = now().as_second();
    let form = format!("query={}&start={}&end={end}&step=1", encoded(expr), end - 10);
    let result = query(place, "/api/v1/query_range", &form, what);
    let series = result.as_array().unwrap().iter();
    series.flat_map(|s| s["values"].as_array().unwrap()).map(|v| number(&v[1])).collect()
}

/// How a station fares.
#[derive(Clone, Copy, PartialEq)]
enum State {
    Good,
    Battery,
    Cut,
}

/// An enrolled station whose reports the test writes itself, as plain JSON.
struct Station {
    token: String,
    run: String,
    seq: u64,
}

impl Station {
    fn new(collector: &Collector, office: &str, station: &str) -> Self {
        let code: siaga_wire::JoinCode = collector.enrol(office, station).parse().unwrap();
        let body = json!({ "code": code.secret_text() }).to_string();
        let answer = collector.ask("POST", "/api/v1/enrol", "", body.as_bytes());
        assert_eq!(answer.status, 201, "{}", answer.text());
        let token = answer.json()["token"].as_str().unwrap().to_owned();
        Self { token, run: format!("run-{office}-{station}"), seq: 0 }
    }

    fn report(&mut self, collector: &Collector, state: State, cycle: u64) {
        let at_ms = 600_000 + cycle * 1_000;
        let ping = |name: &str, good: bool, lost: u32| {
            if good {
                json!({ "probe": name, "saw": "answered", "values": { "sent": 4, "lost": lost,
                    "rtt_min_seconds": 0.03, "rtt_seconds": 0.031, "rtt_max_seconds": 0.04,
                    "jitter_seconds": 0.001 } })
            } else {
                json!({ "probe": name, "saw": "timeout", "values": { "sent": 4, "lost": 4 } })
            }
        };
        let good = state != State::Cut;
        let center = if good {
            json!({ "probe": "link.datacenter", "saw": "answered",
                "values": { "connect_seconds": 0.04 } })
        } else {
            json!({ "probe": "link.datacenter", "saw": "timeout" })
        };
        let (words, charge, volts) = match state {
            State::Battery => (["OB", "DISCHRG"], 0.87, 0),
            State::Good | State::Cut => (["OL", "CHRG"], 1.0, 219),
        };
        let mut rows = vec![
            ping("link.gateway", true, 0),
            ping("link.outside", good, 0),
            ping("link.path", good, u32::from(state == State::Good)),
            center,
            json!({ "probe": "power.ups", "saw": "answered", "words": words, "values": {
                "battery_charge_ratio": charge, "battery_runtime_seconds": 900,
                "input_volts": volts, "load_ratio": 0.23 } }),
            json!({ "probe": "power.generator", "saw": "answered", "words": ["running", "auto"],
                "values": { "generator_running": 1, "generator_frequency_hertz": 50,
                    "generator_fuel_ratio": 0.7 } }),
            json!({ "probe": "device.sidik-jari", "saw": "answered",
                "values": { "device_present": 1 } }),
            json!({ "probe": "host", "saw": "answered", "values": { "uptime_seconds": 600 + cycle,
                "cpu_ratio": 0.1, "memory_used_ratio": 0.5, "disk_free_ratio": 0.42 } }),
        ];
        if self.seq == 0 {
            rows.insert(0, json!({ "start": { "previous_end": "first" } }));
        }
        for row in &mut rows {
            self.seq += 1;
            row["seq"] = json!(self.seq);
            row["at_ms"] = json!(at_ms);
        }
        let body = json!({ "v": 1, "boot": format!("boot-{}", self.run), "run": self.run,
            "newest": self.seq, "now_ms": at_ms + 10, "rows": rows })
        .to_string();
        let answer = collector.ask("POST", "/api/v1/reports", &self.token, body.as_bytes());
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
}
