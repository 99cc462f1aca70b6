//! The ups probe and a real snmpd that plays a UPS's network card, over v2c and v3.

use std::net::{Ipv4Addr, UdpSocket};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;

use siaga_wire::Saw;
use tempfile::TempDir;

use super::process::{Running, free_udp_port};
use super::{probe, text, unreadable, until};

/// Serves `values` (object, type, value a line, in their order) below the UPS-MIB.
const PASS: &str = r#"#!/bin/sh
table=$(dirname "$0")/values
show='{ print $1; print $2; print $3; exit }'
if [ "$1" = -g ]; then awk -v o="$2" '$1 == o '"$show" "$table"
elif grep -q "^$2 " "$table"; then awk -v o="$2" 'on '"$show"' $1 == o { on = 1 }' "$table"
else awk -v o="$2." 'index($1, o) == 1 '"$show" "$table"; fi
"#;

/// A card in a folder.
struct Card {
    folder: TempDir,
    port: u16,
}

impl Card {
    fn new() -> Self {
        let card = Self { folder: tempfile::tempdir().expect("a folder"), port: free_udp_port() };
        let file = |name: &str, text: &str, mode: u32| {
            std::fs::write(card.path(name), text).expect(name);
            let mode = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(card.path(name), mode).expect(name);
        };
        file("pass.sh", PASS, 0o755);
        file("auth", "authpass123\n", 0o600);
        file("privacy", "privpass123\n", 0o600);
        let config = format!(
            "agentAddress udp:127.0.0.1:{}\nrocommunity public 127.0.0.1\n\
             createUser monitor SHA-256 authpass123 AES privpass123\nrouser monitor priv\n\
             pass .1.3.6.1.2.1.33 {}\n",
            card.port,
            card.path("pass.sh").display()
        );
        file("snmpd.conf", &config, 0o600);
        card
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn start(&self) -> Running {
        let mut command = Command::new("/usr/sbin/snmpd");
        command.env("SNMP_PERSISTENT_DIR", self.path("state")).args(["-f", "-Lo", "-C", "-c"]);
        command.arg(self.path("snmpd.conf")).arg("-p").arg(self.path("pid"));
        Running::start(&mut command, &self.path("snmpd.log"))
    }

    /// What the UPS says from now on: objects below the UPS-MIB, integers or names of objects.
    fn show(&self, objects: &[(&str, &str)]) {
        let line = |(name, value): &(&str, &str)| {
            let kind = if value.starts_with('.') { "objectid" } else { "integer" };
            format!(".1.3.6.1.2.1.33.1.{name} {kind} {value}\n")
        };
        std::fs::write(self.path("new"), objects.iter().map(line).collect::<String>())
            .expect("values");
        std::fs::rename(self.path("new"), self.path("values")).expect("values in place");
    }

    fn table(&self, more: &str) -> String {
        format!(
            "[[probe.ups]]\nname = \"power.ups\"\n\
             snmp = {{ target = \"127.0.0.1:{}\"{more} }}\n",
            self.port
        )
    }

    fn v3(&self, auth: &str) -> String {
        let file = |name: &str| self.path(name).display().to_string();
        self.table(&format!(
            ", user = \"monitor\", auth = \"sha256\", auth_file = {:?}, privacy_file = {:?}",
            file(auth),
            file("privacy")
        ))
    }
}

const ON_MAINS: [(&str, &str); 12] = [
    ("2.1.0", "2"),
    ("2.3.0", "20"),
    ("2.4.0", "88"),
    ("2.5.0", "273"),
    ("2.7.0", "31"),
    ("3.3.1.2.1", "499"),
    ("3.3.1.3.1", "221"),
    ("4.1.0", "3"),
    ("4.4.1.2.1", "220"),
    ("4.4.1.4.1", "138"),
    ("4.4.1.5.1", "23"),
    ("6.1.0", "0"),
];

#[tokio::test]
async fn a_card_is_followed_over_v2c_and_v3_and_its_silence_is_unreadable() {
    let card = Card::new();
    card.show(&ON_MAINS);
    let snmpd = card.start();
    let whole = "answered [OL] battery_charge_ratio=0.88 battery_runtime_seconds=1200 \
                 battery_volts=27.3 input_volts=221 input_frequency_hertz=49.9 output_volts=220 \
                 load_ratio=0.23 load_watts=138 temperature_celsius=31";
    for table in [card.table(""), card.v3("auth")] {
        let mut probe = probe(&table);
        let reading = until(&mut probe, |r| r.saw == Saw::Answered).await;
        assert_eq!(text(&reading), whole, "{table}");
        assert_eq!(text(&probe.ask().await), whole, "{table}");
        // On battery, low, with three alarms; most of what it measured is not there.
        card.show(&[
            ("2.1.0", "3"),
            ("2.4.0", "15"),
            ("4.1.0", "5"),
            ("6.1.0", "3"),
            ("6.2.1.2.1", ".1.3.6.1.2.1.33.1.6.3.2"),
            ("6.2.1.2.2", ".1.3.6.1.2.1.33.1.6.3.1"),
            ("6.2.1.2.3", ".1.3.6.1.2.1.33.1.6.3.23"),
            ("7.3.0", "1"),
        ]);
        let low = "answered [OB LB RB FSD] battery_charge_ratio=0.15";
        assert_eq!(text(&probe.ask().await), low, "{table}");
        card.show(&[("4.1.0", "3"), ("6.1.0", "1"), ("6.2.1.2.9", ".1.3.6.1.2.1.33.1.6.3.20")]);
        assert!(unreadable(&probe.ask().await).contains("lost the UPS"), "{table}");
        card.show(&[("2.1.0", "2")]);
        assert!(unreadable(&probe.ask().await).contains("does not say"), "{table}");
        card.show(&ON_MAINS);
    }
    let mut probe = probe(&card.v3("auth"));
    assert_eq!(text(&probe.ask().await), whole);
    snmpd.signal("STOP");
    unreadable(&probe.ask().await);
    snmpd.signal("CONT");
    until(&mut probe, |r| r.saw == Saw::Answered).await;
    snmpd.kill();
    unreadable(&probe.ask().await);
    // Another life of the card: its clock and its count of starts are others.
    let _snmpd = card.start();
    until(&mut probe, |r| r.saw == Saw::Answered).await;
}

#[tokio::test]
async fn a_wrong_community_or_password_is_unreadable() {
    let card = Card::new();
    card.show(&ON_MAINS);
    let _snmpd = card.start();
    until(&mut probe(&card.table("")), |r| r.saw == Saw::Answered).await;
    unreadable(&probe(&card.table(", community = \"secret\"")).ask().await);
    let wrong = probe(&card.v3("privacy")).ask().await;
    unreadable(&wrong);
    let unsigned = probe(&card.table(", user = \"monitor\"")).ask().await;
    unreadable(&unsigned);
}

#[tokio::test]
async fn devices_that_babble_are_never_believed() {
    type Rule = fn(&[u8]) -> Vec<u8>;
    let peers: [(&str, Rule); 5] = [
        ("nothing", |_| Vec::new()),
        ("echo", <[u8]>::to_vec),
        ("noise", |_| (0..=255).collect()),
        ("a length without end", |_| vec![0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 2, 1, 1]),
        ("half", |question| question[..question.len() / 2].to_vec()),
    ];
    for (what, rule) in peers {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
        let port = socket.local_addr().expect("its address").port();
        std::thread::spawn(move || {
            let mut packet = [0; 2048];
            while let Ok((length, from)) = socket.recv_from(&mut packet) {
                if socket.send_to(&rule(&packet[..length]), from).is_err() {
                    return;
                }
            }
        });
        let table = format!(
            "[[probe.ups]]\nname = \"power.ups\"\ntimeout = \"600ms\"\n\
             snmp = {{ target = \"127.0.0.1:{port}\" }}\n"
        );
        let mut probe = probe(&table);
        for _ in 0..2 {
            let reading = probe.ask().await;
            assert_eq!(reading.saw, Saw::Unreadable, "{what}: {}", text(&reading));
        }
    }
}
