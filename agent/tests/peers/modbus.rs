//! The generator probe and a real Modbus server (pymodbus).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use siaga_wire::Saw;
use tempfile::TempDir;

use super::process::{Running, free_port, listening};
use super::{probe, text, unreadable, until};

/// The Python that has pymodbus: `tests/run` makes it and says where.
fn python() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let python = std::env::var_os("SIAGA_TESTS_PYTHON")
        .map_or_else(|| root.join("target/tests-venv/bin/python"), PathBuf::from);
    assert!(python.exists(), "no {}: tests/run installs pymodbus there", python.display());
    python
}

/// A controller with the registers of a captured file.
struct Controller {
    folder: TempDir,
    port: u16,
}

impl Controller {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder"), port: free_port() }
    }

    fn start(&self, registers: &str) -> Running {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let server = Running::start(
            Command::new(python())
                .arg(here.join("tests/peers/pymodbus_server.py"))
                .args([&self.port.to_string(), "10"])
                .arg(here.join("testdata/generator").join(registers)),
            &self.log(),
        );
        listening(self.port, &self.log());
        server
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("server.log")
    }

    fn table(&self) -> String {
        format!(
            "[[probe.generator]]\nname = \"power.generator\"\nmodbus = \"127.0.0.1:{}\"\nmap = \"dse\"\n",
            self.port
        )
    }
}

#[tokio::test]
async fn a_generator_is_read_around_its_holes_and_nothing_is_ever_written() {
    let controller = Controller::new();
    let server = controller.start("dse-running.txt");
    let mut probe = probe(&controller.table());
    // The second question already knows which registers must be asked alone.
    for _ in 0..2 {
        assert_eq!(
            text(&probe.ask().await),
            "answered [running auto] generator_running=1 generator_frequency_hertz=50.1 \
             generator_fuel_ratio=0.64 generator_volts=229.8 engine_speed_rpm=1503 \
             coolant_celsius=82 oil_pressure_pascals=412000 starter_battery_volts=13.8 \
             run_seconds=1234567 starts=321 load_watts=11240"
        );
    }
    let log = fs::read_to_string(controller.log()).expect("the server's log");
    let functions: Vec<&str> = log.lines().filter(|l| l.starts_with("function")).collect();
    assert!(functions.len() > 10 && functions.iter().all(|l| *l == "function 3"), "{log}");

    server.kill();
    let gone = until(&mut probe, |r| r.saw != Saw::Answered).await;
    assert!(unreadable(&gone).contains("no connection to Modbus"), "{}", text(&gone));
    let _server = controller.start("dse-stopped-faults.txt");
    let stopped = until(&mut probe, |r| r.saw == Saw::Answered).await;
    assert_eq!(stopped.values.get("generator_running"), Some(0.0));
    assert_eq!(stopped.values.get("generator_fuel_ratio"), None);
    for word in ["stopped", "generator_fuel_ratio:transducer_fault", "low_oil_pressure:shutdown"] {
        assert!(stopped.words.iter().any(|w| w == word), "{word}: {}", text(&stopped));
    }
}

#[tokio::test]
async fn a_unit_that_is_not_there_is_unreadable() {
    let controller = Controller::new();
    let _server = controller.start("dse-running.txt");
    let mut probe = probe(&format!("{}unit = 77\ntimeout = \"1s\"\n", controller.table()));
    let reading = probe.ask().await;
    unreadable(&reading);
}
