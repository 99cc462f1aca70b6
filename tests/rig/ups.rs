//! A real upsd with the dummy-ups driver: the UPS of a PC, whose words the test sets.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::rig::clock::until;
use crate::rig::net::Namespace;
use crate::rig::process::{Running, outcome};

/// Where the programs of Debian's nut-server lie; the wrapper in `/sbin` does nothing unless
/// the machine is configured for it.
const NUT: &str = "/lib/nut";

/// A UPS as the PC's upsd sees it.
pub struct Ups {
    dir: PathBuf,
    programs: Option<(Running, Running)>,
}

impl Ups {
    /// Writes its files under `dir`; on mains, full.
    ///
    /// # Panics
    /// When nut-server is not installed.
    #[must_use]
    pub fn new(dir: &Path) -> Self {
        assert!(Path::new(NUT).join("upsd").exists(), "install nut-server and nut-client");
        let dir = dir.join("nut");
        fs::create_dir_all(dir.join("run")).expect("a folder for upsd");
        let device = dir.join("live.dev");
        let write = |name: &str, text: String| fs::write(dir.join(name), text).expect(name);
        write(
            "ups.conf",
            format!(
                "maxretry = 1\npollinterval = 1\n[ups]\n driver = dummy-ups\n port = {}\n \
                 mode = dummy-once\n desc = \"test UPS\"\n synchronous = yes\n",
                device.display()
            ),
        );
        write("upsd.conf", "LISTEN 127.0.0.1 3493\nMAXAGE 15\n".into());
        write("upsd.users", "[admin]\n password = test\n actions = SET FSD\n".into());
        let ups = Self { dir, programs: None };
        ups.show("OL CHRG", 1.0);
        ups
    }

    /// Starts driver and upsd inside a namespace, where they have loopback to themselves.
    pub fn switch_on(&mut self, place: &Namespace) {
        let start = |program: &str, words: &[&str]| {
            let mut command = place.command(Path::new(NUT).join(program));
            let run = self.dir.join("run");
            command.args(words).env("NUT_CONFPATH", &self.dir);
            for key in ["NUT_STATEPATH", "NUT_ALTPIDPATH", "NUT_PIDPATH"] {
                command.env(key, &run);
            }
            Running::start(&mut command, &self.dir.join(format!("{program}.log")))
        };
        let driver = start("dummy-ups", &["-u", "root", "-D", "-a", "ups"]);
        let socket = self.dir.join("run/dummy-ups-ups");
        until("the UPS driver's socket", Duration::from_secs(20), || socket.exists().then_some(()));
        let upsd = start("upsd", &["-u", "root", "-D"]);
        self.programs = Some((driver, upsd));
        until("upsd to answer", Duration::from_secs(30), || {
            let answer = outcome(place.command("upsc").args(["ups@127.0.0.1:3493", "ups.status"]));
            // "WAIT" is what upsd says until the driver has told it everything.
            let words = String::from_utf8_lossy(&answer.stdout);
            (answer.status.success() && words.trim() != "WAIT").then_some(())
        });
    }

    /// Ends driver and upsd at once, as a power cut does.
    pub fn die(&mut self) {
        if let Some((driver, upsd)) = self.programs.take() {
            upsd.kill();
            driver.kill();
        }
        let _ = fs::remove_file(self.dir.join("run/dummy-ups-ups"));
    }

    /// Sets status words and charge (0 to 1).
    ///
    /// # Panics
    /// When the file cannot be written.
    pub fn show(&self, words: &str, charge: f64) {
        let runtime = (charge * 1200.0).round();
        let volts = if words.split(' ').any(|w| w == "OB") { 0.0 } else { 221.0 };
        let text = format!(
            "battery.charge: {:.0}\nbattery.runtime: {runtime:.0}\ninput.voltage: {volts:.1}\n\
             ups.load: 23\nups.status: {words}\n",
            charge * 100.0
        );
        let new = self.dir.join("new.dev");
        fs::write(&new, text).expect("the UPS's new state");
        fs::rename(&new, self.dir.join("live.dev")).expect("the UPS's new state in place");
    }
}
