//! The quickstart as a newcomer meets it: one command, an outage by a second one, the message, the
//! ledger line; then the same again with the same data.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use siaga_tests::rig::clock::until;
use siaga_tests::rig::http::Client;
use siaga_tests::rig::net::Namespace;
use siaga_tests::rig::process::{Running, program, run};

/// A newcomer waits two minutes.
const PATIENCE: Duration = Duration::from_secs(120);

struct Quickstart<'a> {
    place: &'a Namespace,
    running: Running,
    pages: SocketAddr,
    phone: SocketAddr,
    password: String,
}

impl<'a> Quickstart<'a> {
    fn start(place: &'a Namespace, dir: &Path, log: &str) -> Self {
        let mut command = place.command(program("siaga-collector"));
        command.arg("--data").arg(dir.join("data")).env_remove("RUST_LOG");
        let running = Running::start(&mut command, &dir.join(log));
        let said = until("the quickstart to say where it is", PATIENCE, || {
            let said = running.log();
            said.contains("Ctrl-C").then_some(said)
        });
        let first = said.lines().nth(1).unwrap();
        assert!(first.contains("staff page"), "the first line is the staff page's: {said}");
        let address = |label: &str| {
            let line = said.lines().find(|line| line.contains(label)).unwrap();
            let at = line.split("http://").nth(1).unwrap().trim_end_matches('/');
            at.parse().unwrap_or_else(|_| panic!("no address in {line}"))
        };
        let password = said.split("admin / ").nth(1).unwrap().lines().next().unwrap().to_owned();
        let (pages, phone) = (address("staff page"), address("phone"));
        Self { place, running, pages, phone, password }
    }

    fn ask(&self, to: SocketAddr, method: &str, path: &str, body: &str) -> (u16, String) {
        let mut client = Client::connect(self.place, to).unwrap();
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let answer = client.ask(method, path, &form, body.as_bytes()).unwrap();
        (answer.status, answer.text())
    }

    fn switch(&self, to: &str) {
        let (status, said) = self.ask(self.phone, "POST", &format!("/standin/{to}"), "");
        assert_eq!(status, 200, "{said}");
    }

    fn wait_to_say(&self, what: &str) {
        until(&format!("{what:?} on the terminal"), PATIENCE, || {
            self.running.log().contains(what).then_some(())
        });
    }
}

#[test]
fn two_commands_show_an_outage_a_message_and_a_ledger_line_and_a_second_start_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let place = Namespace::new("newcomer");
    let first = Quickstart::start(&place, dir.path(), "first.log");
    until("the pages to be ready", PATIENCE, || {
        (first.ask(first.pages, "GET", "/readyz", "").0 == 200).then_some(())
    });
    assert_eq!(first.ask(first.pages, "GET", "/board/percobaan", "").0, 200);
    let config = dir.path().join("data/collector.toml");
    // Two in one place would both judge and both tell: the other is refused and changes nothing.
    let written = std::fs::read_to_string(&config).unwrap();
    let mut other = place.command(program("siaga-collector"));
    let refused = other.arg("--data").arg(dir.path().join("data")).output().unwrap();
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && said.contains("already works in"), "{said}");
    assert_eq!(std::fs::read_to_string(&config).unwrap(), written);
    // Nothing is an outage before the agent has said that all is well.
    let mut told = place.command(program("siaga-collector"));
    told.args(["token", "--role", "viewer", "--config"]).arg(&config);
    let token = run(&mut told).trim().to_owned();
    until("the station to serve", PATIENCE, || {
        let mut client = Client::connect(&place, first.pages).ok()?;
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str())];
        let answer = client.ask("GET", "/api/v1/offices/percobaan", &headers, b"").ok()?;
        answer.text().contains("\"serving\"").then_some(())
    });
    first.switch("off");
    first.wait_to_say("phone: GANGGUAN");
    let (_, page) = first.ask(first.phone, "GET", "/", "");
    assert!(page.contains("GANGGUAN") && page.contains("pusat data tiruan"), "{page}");
    first.switch("on");
    first.wait_to_say("Buku · ledger: ");
    first.wait_to_say("phone: PULIH");
    let (pages, phone, password) = (first.pages, first.phone, first.password.clone());
    assert!(first.running.stop(Duration::from_secs(20)).success());

    let second = Quickstart::start(&place, dir.path(), "second.log");
    assert_eq!((second.pages, second.phone), (pages, phone), "bookmarks still hold");
    assert_eq!(second.password, password);
    assert!(second.running.stop(Duration::from_secs(20)).success());
    let mut again = place.command(program("siaga-collector"));
    let said = run(again.args(["rejudge", "--config"]).arg(&config));
    assert!(said.contains(" 0 differences") && said.contains("1 entries"), "{said}");
}
