//! The device probe and USB as umockdev plays it, and processes of this machine.

use std::path::Path;
use std::process::Command;

use siaga_wire::Saw;

use super::namespace::{Seen, seen};
use super::process::{Running, done};
use super::{probe, until};

const TABLES: &str = "collector = \"http://127.0.0.1:1\"\ndata = \"unused\"\n
[[probe.device]]\nname = \"device.fingerprint\"\nusb = [\"16d1:1027\", \"1c7a:0570\"]\n
[[probe.device]]\nname = \"device.iris\"\nusb = [\"0bda:58f4\"]\n
[[probe.device]]\nname = \"device.swapped\"\nusb = [\"1c7a:0570:FP0002\"]\n";

fn devices(wrapper: &mut Command) -> Vec<Seen> {
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("agent.toml");
    std::fs::write(&config, TABLES).expect("a configuration");
    let agent = env!("CARGO_BIN_EXE_siaga-agent");
    seen(&done(wrapper.args([agent, "probe", "--json", "--config"]).arg(&config)).stdout)
}

#[test]
fn a_fingerprint_reader_is_present_and_an_iris_scanner_is_not() {
    let umockdev = Path::new("/usr/bin/umockdev-run");
    assert!(umockdev.exists(), "install umockdev");
    let reader = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/usb/fingerprint.umockdev");
    let seen = devices(Command::new(umockdev).arg("-d").arg(reader).arg("--"));
    let present = |one: &Seen| (one.saw, one.values["device_present"], one.words.join(" "));
    assert_eq!(present(&seen[0]), (Saw::Answered, 1.0, "1c7a:0570 serial:FP0001".into()));
    assert_eq!(present(&seen[1]), (Saw::Answered, 0.0, String::new()));
    assert_eq!(present(&seen[2]), (Saw::Answered, 0.0, String::new()), "another serial number");
}

#[test]
fn without_a_usb_bus_nothing_is_called_absent() {
    // An empty testbed of umockdev is a PC on which the system shows no bus.
    let seen = devices(Command::new("/usr/bin/umockdev-run").arg("--"));
    for one in &seen {
        assert_eq!(one.saw, Saw::Unreadable, "{one:?}");
        assert!(one.values.is_empty() && one.why.is_some(), "{one:?}");
    }
}

#[tokio::test]
async fn a_program_is_seen_while_it_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = folder.path().join("perekaman-wajah-dan-sidik");
    std::fs::copy("/bin/sleep", &program).expect("a program");
    let mut probe =
        probe("[[probe.device]]\nname = \"device.app\"\nprocess = \"perekaman-wajah-dan-sidik\"\n");
    assert_eq!(probe.ask().await.values.get("processes"), Some(0.0));
    let running = Running::start(Command::new(&program).arg("600"), &folder.path().join("log"));
    let seen = until(&mut probe, |r| r.values.get("processes") == Some(1.0)).await;
    assert_eq!(seen.values.get("device_present"), Some(1.0));
    running.kill();
    until(&mut probe, |r| r.values.get("processes") == Some(0.0)).await;
}
