//! The ups probe and a real upsd with the dummy-ups driver.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use siaga_agent::probe::ups;
use siaga_wire::{Reading, Saw};
use tempfile::TempDir;

use super::clock::Stopwatch;
use super::process::{Running, free_port, listening};
use super::{probe, text, unreadable, until};

/// Where the programs lie; the wrapper in `/sbin` does nothing unless the machine is set up.
const NUT: &str = "/lib/nut";

/// A folder with the files of one upsd.
struct Office {
    folder: TempDir,
    port: u16,
}

impl Office {
    fn new() -> Self {
        assert!(Path::new(NUT).join("upsd").exists(), "install nut-server");
        let office = Self { folder: tempfile::tempdir().expect("a folder"), port: free_port() };
        fs::create_dir(office.path("run")).expect("a folder");
        office.show("100", "OL");
        let device = office.path("live.dev");
        let file = |name: &str, text: &str| {
            fs::write(office.path(name), text).expect(name);
            let mode = std::os::unix::fs::PermissionsExt::from_mode(0o640);
            fs::set_permissions(office.path(name), mode).expect(name);
        };
        let driver = "driver = dummy-ups\nmode = dummy-once\nsynchronous = yes\ndesc = \"Ruang \\\"rekam\\\"\"";
        let device = device.display();
        file(
            "ups.conf",
            &format!("maxretry = 1\npollinterval = 1\n[ups]\n{driver}\nport = {device}\n"),
        );
        file("upsd.conf", &format!("LISTEN 127.0.0.1 {}\nMAXAGE 3\n", office.port));
        file("upsd.users", "[admin]\npassword = test\nactions = SET FSD\ninstcmds = ALL\n");
        office
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn start(&self, program: &str, words: &[&str]) -> Running {
        let mut command = Command::new(Path::new(NUT).join(program));
        command.args(words).env("NUT_CONFPATH", self.folder.path());
        for key in ["NUT_STATEPATH", "NUT_ALTPIDPATH", "NUT_PIDPATH"] {
            command.env(key, self.path("run"));
        }
        Running::start(&mut command, &self.path(&format!("{program}.log")))
    }

    fn driver(&self) -> Running {
        let driver = self.start("dummy-ups", &["-u", "root", "-D", "-a", "ups"]);
        let started = Stopwatch::start();
        while !self.path("run/dummy-ups-ups").exists() {
            started.patience(|| {
                let said = fs::read_to_string(self.path("dummy-ups.log")).unwrap_or_default();
                format!("no driver: {said}")
            });
            std::thread::sleep(Duration::from_millis(20));
        }
        driver
    }

    fn upsd(&self) -> Running {
        let upsd = self.start("upsd", &["-u", "root", "-D"]);
        listening(self.port, &self.path("upsd.log"));
        upsd
    }

    /// What the UPS says from now on.
    fn show(&self, charge: &str, status: &str) {
        let text = format!(
            "battery.charge: {charge}\nbattery.runtime: 1200\ninput.voltage: 221.0\n\
             ups.load: 23\nups.status: {status}\n"
        );
        fs::write(self.path("new.dev"), text).expect("a state");
        fs::rename(self.path("new.dev"), self.path("live.dev")).expect("a state in place");
    }

    /// Orders a forced shutdown, as upsmon does.
    fn order_shutdown(&self) {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).expect("upsd");
        let mut lines = BufReader::new(stream.try_clone().expect("upsd")).lines();
        for say in ["USERNAME admin", "PASSWORD test", "FSD ups"] {
            writeln!(&stream, "{say}").expect(say);
            let answer = lines.next().expect("an answer").expect("an answer");
            assert!(answer.starts_with("OK"), "{say}: {answer}");
        }
    }

    fn table(&self) -> String {
        format!("[[probe.ups]]\nname = \"power.ups\"\nnut = \"ups@127.0.0.1:{}\"\n", self.port)
    }
}

/// Unreadable for that reason.
fn because(reading: &Reading<'_>, reason: &str) -> bool {
    reading.saw == Saw::Unreadable && reading.why.as_ref().is_some_and(|why| why.contains(reason))
}

#[tokio::test]
async fn a_ups_is_followed_from_mains_to_battery_to_its_end() {
    let office = Office::new();
    let _driver = office.driver();
    let _upsd = office.upsd();
    let mut probe = probe(&office.table());
    let on_mains = until(&mut probe, |r| r.words == ["OL"]).await;
    assert_eq!(
        text(&on_mains),
        "answered [OL] battery_charge_ratio=1 battery_runtime_seconds=1200 input_volts=221 \
         load_ratio=0.23"
    );
    office.show("60", "OB DISCHRG");
    let on_battery = until(&mut probe, |r| r.words.iter().any(|w| w == "OB")).await;
    assert_eq!(on_battery.words, ["OB", "DISCHRG"]);
    office.show("15", "OB DISCHRG LB");
    let low = until(&mut probe, |r| r.words.len() == 3).await;
    assert_eq!(low.words, ["OB", "DISCHRG", "LB"]);
    assert_eq!(low.values.get("battery_charge_ratio"), Some(0.15));
    office.order_shutdown();
    let ordered = until(&mut probe, |r| r.words.iter().any(|w| w == "FSD")).await;
    assert!(ordered.words.iter().any(|w| w == "OB"), "{}", text(&ordered));

    let upsd = std::net::SocketAddr::from((Ipv4Addr::LOCALHOST, office.port));
    let units = ups::units(upsd, Duration::from_secs(60)).await.expect("the list of units");
    assert_eq!(units, [("ups".to_owned(), "Ruang \"rekam\"".to_owned())]);
}

#[tokio::test]
async fn a_driver_or_upsd_that_fails_is_unreadable_and_never_the_last_value() {
    let office = Office::new();
    let driver = office.driver();
    let upsd = office.upsd();
    let mut probe = probe(&office.table());
    until(&mut probe, |r| r.words == ["OL"]).await;

    driver.signal("STOP");
    let stale = until(&mut probe, |r| because(r, "DATA-STALE")).await;
    unreadable(&stale);
    driver.signal("CONT");
    until(&mut probe, |r| r.words == ["OL"]).await;

    driver.kill();
    let gone = until(&mut probe, |r| because(r, "DRIVER-NOT-CONNECTED")).await;
    unreadable(&gone);
    let driver = office.driver();
    until(&mut probe, |r| r.words == ["OL"]).await;

    upsd.kill();
    let refused = until(&mut probe, |r| because(r, "no connection to upsd")).await;
    unreadable(&refused);
    let _upsd = office.upsd();
    until(&mut probe, |r| r.words == ["OL"]).await;
    drop(driver);
}

#[tokio::test]
async fn an_upsd_that_was_restarted_between_two_questions_loses_none() {
    let office = Office::new();
    let _driver = office.driver();
    let upsd = office.upsd();
    let mut probe = probe(&office.table());
    until(&mut probe, |r| r.words == ["OL"]).await;
    upsd.kill();
    let _upsd = office.upsd();
    // upsd has to hear the driver first; it never is "closed".
    until(&mut probe, |r| {
        assert!(!because(r, "connection"), "the old connection was held against it: {}", text(r));
        r.words == ["OL"]
    })
    .await;
}

#[tokio::test]
async fn a_ups_that_upsd_does_not_know_is_named() {
    let office = Office::new();
    let _driver = office.driver();
    let _upsd = office.upsd();
    let mut probe = probe(&office.table().replace("ups@", "nobody@"));
    let reading = probe.ask().await;
    assert!(unreadable(&reading).contains("no UPS named \"nobody\""), "{}", text(&reading));
}
