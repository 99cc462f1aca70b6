//! The whole agent against a real TLS server on loopback: nothing is lost, nothing is sent to the
//! wrong one, whatever the collector says.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use siaga_wire::JoinCode;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::config::{self, Config};
use crate::enrol;
use crate::fake_collector::{Dates, FakeCollector, Manner, PRESENT};
use crate::spool::Spool;

fn settings(dir: &Path, collector: SocketAddr, host: &str, probe: SocketAddr) -> Config {
    let text = format!(
        r#"
        collector = "https://{host}:{}"
        data = "{}"
        cycle = "1s"
        stop_means = "system"
        [[probe.tcp]]
        name = "link.datacenter"
        role = "datacenter"
        target = "{probe}"
        timeout = "500ms"
        "#,
        collector.port(),
        dir.display(),
    );
    config::parse("agent.toml", &text).unwrap()
}

async fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

struct Running {
    stop: oneshot::Sender<()>,
    task: JoinHandle<anyhow::Result<()>>,
}

fn start(config: Config) -> Running {
    let (stop, stopped) = oneshot::channel();
    let stopped = async move {
        stopped.await.ok();
    };
    Running { stop, task: tokio::spawn(crate::run(config, stopped)) }
}

impl Running {
    async fn stop(self) {
        self.stop.send(()).unwrap();
        self.task.await.unwrap().unwrap();
    }
}

async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    for _ in 0..600 {
        if condition() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("not within 30 s: {what}");
}

fn code(collector: &FakeCollector) -> JoinCode {
    JoinCode { secret: [9; 16], pin: collector.pin }
}

/// Every number of every run from 1 to its newest, each once or more, each time the same.
fn check_complete(collector: &FakeCollector) {
    let mut runs: BTreeMap<String, BTreeMap<u64, String>> = BTreeMap::new();
    for (run, first, last, text) in collector.rows() {
        for seq in first..=last {
            let strip = |t: &str| t.split("\"wall\"").next().unwrap_or("").to_owned();
            let before = runs.entry(run.clone()).or_default().insert(seq, text.clone());
            assert!(before.is_none_or(|b| strip(&b) == strip(&text)), "{text}");
        }
    }
    for (run, rows) in &runs {
        let newest = *rows.keys().last().unwrap();
        assert_eq!(rows.len() as u64, newest, "{run}: {:?}", rows.keys());
        assert!(rows[&1].contains("\"start\""), "{}", rows[&1]);
    }
}

#[tokio::test]
async fn from_a_probe_to_an_acknowledgement_and_last_words() {
    let collector = FakeCollector::start("localhost", &PRESENT).await;
    let (service, target) = listener().await;
    let dir = tempfile::tempdir().unwrap();
    let config = settings(dir.path(), collector.address, "localhost", target);
    let credential = enrol::join(&code(&collector), &config).await.unwrap();
    assert_eq!(credential.station, "pc-1");
    assert!(credential.ca.is_some());

    let agent = start(config);
    until("three readings", || collector.rows().len() >= 4).await;
    drop(service);
    until("a refusal", || collector.rows().iter().any(|r| r.3.contains("\"refused\""))).await;
    agent.stop().await;

    let rows = collector.rows();
    assert!(rows[0].3.contains(r#""previous_end":"first""#), "{}", rows[0].3);
    assert!(rows.last().unwrap().3.contains(r#""last_words":"system""#));
    check_complete(&collector);
    let first: serde_json::Value =
        serde_json::from_str(&collector.heard.lock().unwrap().reports[0]).unwrap();
    assert!(first["now_ms"].as_u64().unwrap() > 0 && first["newest"].as_u64().unwrap() >= 1);
    let (spool, found) = Spool::open(dir.path(), 1 << 20, "next", "boot").unwrap();
    assert!(
        spool.pending().iter().all(|p| p.numbers.is_empty()),
        "all is acknowledged and forgotten"
    );
    assert!(found.previous.is_some_and(|p| p.2), "an orderly end");
}

#[tokio::test]
async fn a_second_run_names_the_first_and_sends_what_that_left() {
    let collector = FakeCollector::start("localhost", &PRESENT).await;
    let (_service, target) = listener().await;
    let dir = tempfile::tempdir().unwrap();
    let config = || settings(dir.path(), collector.address, "localhost", target);
    enrol::join(&code(&collector), &config()).await.unwrap();
    collector.says(Manner::Say(500, None, "no"));
    let agent = start(config());
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    agent.task.abort(); // as if it was killed
    let _ = agent.task.await;
    assert!(collector.rows().is_empty());
    collector.says(Manner::Commit);
    let agent = start(config());
    until("both runs", || {
        let rows = collector.rows();
        let runs: std::collections::BTreeSet<_> = rows.iter().map(|r| r.0.clone()).collect();
        runs.len() == 2 && rows.len() >= 6
    })
    .await;
    agent.stop().await;
    check_complete(&collector);
    let rows = collector.rows();
    let starts: Vec<_> = rows.iter().filter(|r| r.3.contains("\"start\"")).collect();
    assert!(
        starts.iter().any(|r| r.3.contains(r#""previous_end":"unclean","previous":[""#)),
        "{starts:?}"
    );
    assert!(rows[0].3.contains("unclean"), "the present goes first");
    let reports = collector.heard.lock().unwrap().reports.clone();
    assert!(reports.iter().any(|r| r.contains("\"newest_of\"")), "older rows name the newest run");
}

#[tokio::test]
async fn what_the_collector_says_is_obeyed_and_nothing_is_lost() {
    let collector = FakeCollector::start("localhost", &PRESENT).await;
    let (_service, target) = listener().await;
    let dir = tempfile::tempdir().unwrap();
    let config = || settings(dir.path(), collector.address, "localhost", target);
    enrol::join(&code(&collector), &config()).await.unwrap();
    let requests = || collector.heard.lock().unwrap().requests.len();
    // A captive portal, with TLS broken open or not, is no collector.
    collector.says(Manner::Say(200, None, "<html>please sign in</html>"));
    let agent = start(config());
    until("the portal", || requests() >= 2).await;
    collector.says(Manner::Say(415, None, r#"{"error":"unknown dictionary"}"#));
    let plain = || {
        collector.heard.lock().unwrap().requests.iter().any(|r| r.0.ends_with("reports") && !r.1)
    };
    until("plain JSON", plain).await;
    agent.stop().await;
    // A new process begins without a window.
    collector.says(Manner::Say(503, Some(3), ""));
    // The last request of the run before may still be on its way through a busy machine.
    let mut before = usize::MAX;
    while before != requests() {
        before = requests();
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let agent = start(config());
    until("busy", || requests() > before).await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(requests(), before + 1, "it waits as long as it was asked to");
    collector.says(Manner::Say(413, None, "{}"));
    until("too large", || requests() > before + 1).await;
    agent.stop().await;
    collector.says(Manner::Commit);
    let agent = start(config());
    until("rows", || collector.rows().len() > 5).await;
    agent.stop().await;
    check_complete(&collector);
}

#[tokio::test]
async fn a_wrong_clock_locks_nobody_out() {
    for dates in [
        Dates { from: (1999, 1, 1), to: (2001, 1, 1) },
        Dates { from: (2090, 1, 1), to: (2095, 1, 1) },
    ] {
        let collector = FakeCollector::start("localhost", &dates).await;
        let (_service, target) = listener().await;
        let dir = tempfile::tempdir().unwrap();
        let config = settings(dir.path(), collector.address, "localhost", target);
        enrol::join(&code(&collector), &config).await.unwrap();
    }
}

#[tokio::test]
async fn another_ca_or_another_name_never_sees_the_code() {
    let good = FakeCollector::start("localhost", &PRESENT).await;
    let other_name = FakeCollector::start("elsewhere.example", &PRESENT).await;
    let other_ca = FakeCollector::start("localhost", &PRESENT).await;
    let (_service, target) = listener().await;
    let dir = tempfile::tempdir().unwrap();
    let bad = [(&other_ca, code(&good)), (&other_name, code(&other_name))];
    for (collector, code) in bad {
        let config = settings(dir.path(), collector.address, "localhost", target);
        let error = enrol::join(&code, &config).await.unwrap_err();
        assert!(format!("{error:#}").contains("not the collector of the join code"), "{error:#}");
        assert!(collector.heard.lock().unwrap().requests.is_empty());
    }
    assert!(crate::credential::load(dir.path()).is_err());
}

#[tokio::test]
async fn a_used_code_says_so_and_an_agent_without_a_credential_does_not_run() {
    let collector = FakeCollector::start("localhost", &PRESENT).await;
    collector.says(Manner::Say(403, None, r#"{"error":"used"}"#));
    let (_service, target) = listener().await;
    let dir = tempfile::tempdir().unwrap();
    let config = || settings(dir.path(), collector.address, "localhost", target);
    let error = enrol::join(&code(&collector), &config()).await.unwrap_err();
    assert!(error.to_string().contains("hint: ask for a new one"), "{error}");
    let error = crate::run(config(), std::future::pending()).await.unwrap_err();
    assert!(super::hint(&error).unwrap().contains("siaga-agent join CODE"));
}
