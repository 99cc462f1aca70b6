//! The ups probe and a real apcupsd, whose own UPS is played by this test, and servers that lie.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use siaga_wire::Saw;
use tempfile::TempDir;

use super::evil::{Peer, drip, flood, hang, hang_up, refuses, request, say};
use super::process::{Running, free_port, listening};
use super::{probe, text, unreadable, until};

/// The program: the package excludes NUT's, so `tests/run` unpacks it instead.
fn program() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = std::env::var_os("SIAGA_TESTS_APCUPSD")
        .map_or_else(|| root.join("target/tests-apcupsd"), PathBuf::from);
    let program = folder.join("sbin/apcupsd");
    assert!(program.exists(), "no {}: tests/run unpacks it there", program.display());
    program
}

fn table(port: u16) -> String {
    format!(
        "[[probe.ups]]\nname = \"power.ups\"\napcupsd = \"127.0.0.1:{port}\"\ntimeout = \"1s\"\n"
    )
}

/// Another apcupsd, the one with the cable: the real one asks it (`UPSTYPE net`).
struct Master {
    peer: Peer,
    flags: Arc<Mutex<u32>>,
}

impl Master {
    fn new() -> Self {
        let flags = Arc::new(Mutex::new(0x0500_0008_u32));
        let said = Arc::clone(&flags);
        let peer = Peer::new(move |_, mut stream: TcpStream| {
            while request(&mut stream).is_some() {
                let flags = *said.lock().expect("the flags");
                let lines = format!(
                    "UPSNAME  : ups\nMODEL    : Smart-UPS\nUPSMODE  : Stand Alone\n\
                     LINEV    : 221.0 Volts\nLOADPCT  : 23.0 Percent\nBCHARGE  : 88.0 Percent\n\
                     TIMELEFT : 20.5 Minutes\nBATTV    : 27.3 Volts\nSTATFLAG : 0x{flags:08X}\n"
                );
                let mut answer = Vec::new();
                for line in lines.split_inclusive('\n') {
                    let length = u16::try_from(line.len()).expect("a short line");
                    answer.extend(length.to_be_bytes());
                    answer.extend(line.as_bytes());
                }
                answer.extend([0, 0]);
                if stream.write_all(&answer).is_err() {
                    return;
                }
            }
        });
        Self { peer, flags }
    }

    /// What the UPS is from now on, in bits of `STATFLAG`.
    fn show(&self, flags: u32) {
        *self.flags.lock().expect("the flags") = flags;
    }
}

/// Starts apcupsd in its own folder, where its scripts do nothing.
fn start(folder: &TempDir, master: &Master, port: u16) -> Running {
    let path = |name: &str| folder.path().join(name);
    let here = folder.path().display();
    let config = format!(
        "## apcupsd.conf v1.1 ##\nUPSNAME ups\nUPSCABLE ether\nUPSTYPE net\n\
         DEVICE 127.0.0.1:{}\nPOLLTIME 1\nLOCKFILE {here}\nSCRIPTDIR {here}\nPWRFAILDIR {here}\n\
         NOLOGINDIR {here}\nONBATTERYDELAY 0\nBATTERYLEVEL -1\nMINUTES -1\nTIMEOUT 0\n\
         KILLDELAY 0\nNETSERVER on\nNISIP 127.0.0.1\nNISPORT {port}\nEVENTSFILE {here}/events\n\
         UPSCLASS standalone\nUPSMODE disable\nSTATTIME 0\nLOGSTATS off\n",
        master.peer.port
    );
    std::fs::write(path("apcupsd.conf"), config).expect("a configuration");
    std::fs::write(path("apccontrol"), "#!/bin/sh\nexit 99\n").expect("a script");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(path("apccontrol"), mode).expect("a script");
    let log = path("apcupsd.log");
    let mut command = Command::new(program());
    command.arg("-b").arg("-f").arg(path("apcupsd.conf")).arg("-P").arg(path("pid"));
    let running = Running::start(&mut command, &log);
    listening(port, &log);
    running
}

#[tokio::test]
async fn a_ups_is_followed_through_a_real_apcupsd_and_its_loss_is_unreadable() {
    let (folder, master) = (tempfile::tempdir().expect("a folder"), Master::new());
    let port = free_port();
    let apcupsd = start(&folder, &master, port);
    let server = std::net::SocketAddr::from((std::net::Ipv4Addr::LOCALHOST, port));
    let patience = std::time::Duration::from_secs(20);
    assert_eq!(siaga_agent::probe::ups::apcupsd_answers(server, patience).await, Ok(()));
    let mut probe = probe(&table(port));
    // A slave is what apcupsd calls itself where it asks another.
    let on_mains = until(&mut probe, |r| r.words == ["OL", "SLAVE"]).await;
    assert_eq!(
        text(&on_mains),
        "answered [OL SLAVE] battery_charge_ratio=0.88 battery_runtime_seconds=1230 \
         battery_volts=27.3 input_volts=221 load_ratio=0.23"
    );
    master.show(0x0500_0010);
    until(&mut probe, |r| r.words == ["OB", "SLAVE"]).await;
    master.show(0x0500_002c);
    until(&mut probe, |r| r.words == ["BOOST", "OL", "OVER", "SLAVE"]).await;
    // The cable of the other one is pulled.
    master.show(0x0500_0100);
    let lost = until(&mut probe, |r| r.saw == Saw::Unreadable).await;
    assert!(unreadable(&lost).contains("COMMLOST"), "{}", text(&lost));
    master.show(0x0500_0008);
    until(&mut probe, |r| r.words == ["OL", "SLAVE"]).await;

    apcupsd.signal("STOP");
    assert!(unreadable(&probe.ask().await).contains("did not answer within"));
    apcupsd.signal("CONT");
    until(&mut probe, |r| r.saw == Saw::Answered).await;
    apcupsd.kill();
    assert!(unreadable(&probe.ask().await).contains("no connection to apcupsd"));
}

#[tokio::test]
async fn an_apcupsd_that_lies_is_never_believed() {
    let half = b"\x00\x13STATUS   : ONLINE \n".to_vec();
    let peers: Vec<(&str, Peer)> = vec![
        ("hangs", Peer::new(hang)),
        ("hangs up", Peer::new(hang_up)),
        ("drips", Peer::new(drip)),
        ("another protocol", Peer::new(say(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()))),
        ("upsd", Peer::new(say(b"ERR UNKNOWN-COMMAND\n".to_vec()))),
        ("noise", Peer::new(say((0..=255).collect()))),
        ("nothing", Peer::new(say(vec![0, 0]))),
        ("no end", Peer::new(flood(b"\x00\x02:\n"))),
        ("half an answer", Peer::new(say(half))),
        ("zeros", Peer::new(flood(b"\0"))),
    ];
    for (what, peer) in peers {
        refuses(what, &table(peer.port)).await;
    }
    let late = Peer::new(|_, mut stream: TcpStream| {
        let _ = stream.read(&mut [0; 16]);
        std::thread::sleep(std::time::Duration::from_millis(1_500));
        let _ = stream.write_all(b"\x00\x13STATUS   : ONLINE \n\x00\x00");
    });
    refuses("late", &table(late.port)).await;
}
