//! The sntp probe and a real chronyd, a PC whose clock is wrong, and servers that lie.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::process::Command;

use siaga_wire::Reading;

use super::namespace::seen;
use super::process::{Running, done, free_udp_port};
use super::{probe, text, unreadable, until};

fn table(port: u16) -> String {
    format!("[[probe.sntp]]\nname = \"clock\"\ntarget = \"127.0.0.1:{port}\"\ntimeout = \"1s\"\n")
}

/// A chronyd that serves this machine's own time and leaves its clock alone.
struct Chrony {
    folder: tempfile::TempDir,
    port: u16,
}

impl Chrony {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder"), port: free_udp_port() }
    }

    fn start(&self, more: &str) -> Running {
        let path = |name: &str| self.folder.path().join(name);
        let config = format!(
            "port {}\nbindaddress 127.0.0.1\nallow 127.0.0.1\ncmdport 0\n\
             bindcmdaddress /\npidfile {}\n{more}\n",
            self.port,
            path("pid").display()
        );
        std::fs::write(path("chrony.conf"), config).expect("a configuration");
        let mut command = Command::new("/usr/sbin/chronyd");
        command.args(["-x", "-d", "-u", "root", "-f"]).arg(path("chrony.conf"));
        Running::start(&mut command, &path("chronyd.log"))
    }
}

fn measured(reading: &Reading<'_>) -> bool {
    reading.values.get("clock_offset_seconds").is_some()
}

#[tokio::test]
async fn the_clock_is_compared_with_a_real_server_and_never_with_one_that_is_not_set() {
    let chrony = Chrony::new();
    let server = chrony.start("local stratum 8");
    let mut probe = probe(&table(chrony.port));
    let reading = until(&mut probe, measured).await;
    let offset = reading.values.get("clock_offset_seconds").expect("an offset");
    assert!(offset.abs() < 0.5, "{}", text(&reading));
    assert!(reading.values.get("rtt_seconds").is_some_and(|s| (0.0..1.0).contains(&s)));
    assert_eq!(reading.values.get("stratum"), Some(8.0));

    // The same server asked by a PC whose clock is five minutes behind.
    let config = chrony.folder.path().join("agent.toml");
    let head = "collector = \"http://127.0.0.1:1\"\ndata = \"unused\"\n";
    std::fs::write(&config, format!("{head}{}", table(chrony.port))).expect("a configuration");
    let mut late = Command::new("/usr/bin/faketime");
    late.args(["-f", "-300s", env!("CARGO_BIN_EXE_siaga-agent"), "probe", "--json", "--config"]);
    let late = seen(&done(late.arg(&config)).stdout);
    let behind = late[0].values["clock_offset_seconds"];
    assert!((behind - 300.0).abs() < 1.0, "{late:?}");

    server.signal("STOP");
    assert!(unreadable(&probe.ask().await).contains("did not answer within"));
    server.signal("CONT");
    until(&mut probe, measured).await;
    server.kill();
    assert!(unreadable(&probe.ask().await).contains("cannot ask"));
    // Without a source of time it says so, or says nothing; never a time.
    let _unset = chrony.start("");
    let reading = until(&mut probe, |r| {
        assert!(!measured(r), "{}", text(r));
        r.why.as_ref().is_some_and(|why| !why.contains("cannot ask"))
    })
    .await;
    unreadable(&reading);
}

/// A server that answers every question by rule.
fn server(rule: impl Fn(&[u8]) -> Vec<Vec<u8>> + Send + 'static) -> u16 {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
    let port = socket.local_addr().expect("its address").port();
    std::thread::spawn(move || {
        let mut packet = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut packet) {
            for answer in rule(&packet[..length]) {
                let to: SocketAddr = from;
                if socket.send_to(&answer, to).is_err() {
                    return;
                }
            }
        }
    });
    port
}

/// An answer with the question's cookie and that first byte, stratum and reference.
fn answer(question: &[u8], first: u8, stratum: u8, reference: &[u8; 4]) -> Vec<u8> {
    let mut packet = vec![0; 48];
    (packet[0], packet[1]) = (first, stratum);
    packet[12..16].copy_from_slice(reference);
    packet[24..32].copy_from_slice(&question[40..48]);
    packet[32..48].fill(0xee);
    packet
}

#[tokio::test]
async fn servers_that_lie_are_never_believed() {
    type Rule = Box<dyn Fn(&[u8]) -> Vec<Vec<u8>> + Send>;
    let peers: Vec<(&str, Rule, &str)> = vec![
        ("hangs", Box::new(|_| vec![]), "did not answer within"),
        ("echoes", Box::new(|q| vec![q.to_vec()]), "not an NTP server"),
        ("babbles", Box::new(|_| vec![b"HTTP/1.1 400\r\n\r\n".to_vec()]), "not NTP"),
        ("nothing", Box::new(|_| vec![vec![]]), "too short"),
        ("declines", Box::new(|q| vec![answer(q, 0xe4, 0, b"DENY")]), "declines: DENY"),
        ("is not set", Box::new(|q| vec![answer(q, 0xe4, 3, b"INIT")]), "not set"),
        (
            "answers others",
            Box::new(|q| vec![answer(&vec![1; q.len()], 0x24, 2, b"GPS\0"); 20]),
            "questions of others",
        ),
    ];
    for (what, rule, why) in peers {
        let mut probe = probe(&table(server(rule)));
        for _ in 0..2 {
            let reading = probe.ask().await;
            assert!(unreadable(&reading).contains(why), "{what}: {}", text(&reading));
        }
    }
}

#[tokio::test]
async fn a_forged_answer_before_the_real_one_is_passed_over() {
    let port = server(|q| {
        vec![answer(&vec![9; q.len()], 0x24, 2, b"GPS\0"), answer(q, 0x24, 2, b"GPS\0")]
    });
    let reading = probe(&table(port)).ask().await;
    assert!(measured(&reading), "{}", text(&reading));
}
