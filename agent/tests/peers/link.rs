//! The link probes on loopback and in namespaces: what answers, refuses, stays silent and cannot
//! be reached are different things.

use std::net::{Ipv4Addr, TcpListener};
use std::process::Command;

use siaga_wire::Saw;

use super::namespace::{Namespace, Seen};
use super::process::free_port;
use super::{probe, text};

#[tokio::test]
async fn a_tcp_port_answers_or_refuses() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a listener");
    let port = listener.local_addr().expect("its address").port();
    let table = |port: u16| {
        format!("[[probe.tcp]]\nname = \"link.datacenter\"\ntarget = \"127.0.0.1:{port}\"\n")
    };
    let mut open = probe(&table(port));
    let reading = open.ask().await;
    assert_eq!(reading.saw, Saw::Answered, "{}", text(&reading));
    assert!(reading.values.get("connect_seconds").is_some_and(|s| s >= 0.0));
    drop(listener);
    assert_eq!(open.ask().await.saw, Saw::Refused);
    assert_eq!(probe(&table(free_port())).ask().await.saw, Saw::Refused);
}

#[tokio::test]
async fn a_name_is_resolved() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a listener");
    let port = listener.local_addr().expect("its address").port();
    let mut tcp = probe(&format!(
        "[[probe.tcp]]\nname = \"vpn\"\nrole = \"path\"\ntarget = \"localhost:{port}\"\n"
    ));
    let reading = tcp.ask().await;
    assert_eq!(
        (reading.saw, reading.role.as_deref()),
        (Saw::Answered, Some("path")),
        "{}",
        text(&reading)
    );
}

/// A PC with a silent neighbourhood, an unreachable net and a router behind which nothing is.
struct Town {
    pc: Namespace,
    _router: Namespace,
}

impl Town {
    fn new() -> Self {
        let (pc, router) = (Namespace::new("pc"), Namespace::new("router"));
        pc.cable(("eth0", "10.91.0.2/24"), &router, ("lan", "10.91.0.1/24"));
        router.sh("echo 1 > /proc/sys/net/ipv4/ip_forward");
        router.ip("route add unreachable 10.92.0.0/24");
        router.ip("route add prohibit 10.93.0.0/24");
        // Swallowed: nobody answers there, nobody says so.
        router.ip("route add blackhole 10.94.0.0/24");
        pc.ip("route add default via 10.91.0.1");
        Self { pc, _router: router }
    }
}

fn pings(targets: &[(&str, &str)]) -> String {
    let table = |(name, target): &(&str, &str)| {
        format!(
            "[[probe.ping]]\nname = \"{name}\"\ntarget = \"{target}\"\ncount = 3\ntimeout = \"1500ms\"\n"
        )
    };
    targets.iter().map(table).collect()
}

#[track_caller]
fn one<'a>(seen: &'a [Seen], name: &str) -> &'a Seen {
    seen.iter().find(|one| one.probe == name).unwrap_or_else(|| panic!("no {name} in {seen:?}"))
}

#[track_caller]
fn lost(seen: &[Seen], name: &str, saw: Saw) {
    let one = one(seen, name);
    assert_eq!(one.saw, saw, "{one:?}");
    assert_eq!(
        (one.values.get("sent"), one.values.get("lost")),
        (Some(&3.0), Some(&3.0)),
        "{one:?}"
    );
    assert!(!one.values.contains_key("rtt_seconds"), "absent is not zero: {one:?}");
}

const TARGETS: [(&str, &str); 5] = [
    ("link.gateway", "auto"),
    ("link.outside", "10.94.0.9"),
    ("link.path", "10.92.0.9"),
    ("link.path.prohibited", "10.93.0.9"),
    ("link.path.neighbour", "10.91.0.77"),
];

#[test]
fn a_raw_socket_tells_silent_from_unreachable() {
    let town = Town::new();
    let seen = town.pc.probe(&pings(&TARGETS), &[]);
    let gateway = one(&seen, "link.gateway");
    assert_eq!(
        (gateway.saw, gateway.values.get("lost")),
        (Saw::Answered, Some(&0.0)),
        "{gateway:?}"
    );
    assert!(gateway.values["rtt_min_seconds"] <= gateway.values["rtt_max_seconds"]);
    assert!(gateway.values.contains_key("jitter_seconds") && gateway.words.is_empty());
    lost(&seen, "link.outside", Saw::Timeout);
    lost(&seen, "link.path", Saw::Unreachable);
    let why = |name: &str| one(&seen, name).why.clone().unwrap_or_default();
    assert_eq!(why("link.path"), "host unreachable, says 10.91.0.1");
    lost(&seen, "link.path.prohibited", Saw::Unreachable);
    assert_eq!(why("link.path.prohibited"), "prohibited, says 10.91.0.1");
}

/// Without privileges a datagram socket answers; without that permission too, it says what to do.
#[test]
fn without_privileges_ping_works_or_says_why_not() {
    let town = Town::new();
    let plain = [
        "setpriv",
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
        "--bounding-set=-all",
        "--inh-caps=-all",
    ];
    // The program lies where only its builder may look, so it is reached by an open file.
    let run = |town: &Town| {
        let folder = tempfile::tempdir().expect("a folder");
        let agent = folder.path().join("siaga-agent");
        std::fs::copy(env!("CARGO_BIN_EXE_siaga-agent"), &agent).expect("a copy");
        let config = folder.path().join("agent.toml");
        let head = "collector = \"http://127.0.0.1:1\"\ndata = \"unused\"\n";
        std::fs::write(&config, format!("{head}{}", pings(&TARGETS))).expect("a configuration");
        super::process::done(Command::new("chmod").args(["-R", "a+rX"]).arg(folder.path()));
        let mut command = town.pc.command(&plain);
        command.arg(&agent).args(["probe", "--json", "--config"]).arg(&config);
        super::namespace::seen(&super::process::done(&mut command).stdout)
    };
    town.pc.sh("echo '1 0' > /proc/sys/net/ipv4/ping_group_range");
    let closed = run(&town);
    let gateway = one(&closed, "link.gateway");
    assert_eq!(gateway.saw, Saw::Unreadable, "{gateway:?}");
    let why = gateway.why.as_deref().unwrap_or_default();
    assert!(why.contains("CAP_NET_RAW") && why.contains("tcp probe"), "{why}");
    assert!(gateway.values.is_empty(), "{gateway:?}");

    town.pc.sh("echo '0 2147483647' > /proc/sys/net/ipv4/ping_group_range");
    let open = run(&town);
    let gateway = one(&open, "link.gateway");
    assert_eq!(
        (gateway.saw, gateway.values.get("lost")),
        (Saw::Answered, Some(&0.0)),
        "{gateway:?}"
    );
    lost(&open, "link.outside", Saw::Timeout);
}

#[test]
fn a_pc_without_a_way_out_says_so() {
    let pc = Namespace::new("alone");
    let tables = pings(&TARGETS[..2])
        + "[[probe.tcp]]\nname = \"link.datacenter\"\ntarget = \"10.94.0.9:443\"\n";
    let seen = pc.probe(&tables, &[]);
    let gateway = one(&seen, "link.gateway");
    assert_eq!(gateway.saw, Saw::Unreachable);
    assert_eq!(gateway.why.as_deref(), Some("this PC has no default gateway"));
    lost(&seen, "link.outside", Saw::Unreachable);
    assert_eq!(one(&seen, "link.datacenter").saw, Saw::Unreachable);
}

#[test]
fn tcp_tells_silent_from_unreachable() {
    let town = Town::new();
    let tcp = |name: &str, target: &str| {
        format!("[[probe.tcp]]\nname = \"{name}\"\ntarget = \"{target}\"\ntimeout = \"1500ms\"\n")
    };
    let tables = tcp("link.datacenter", "10.94.0.9:443")
        + &tcp("link.path", "10.92.0.9:443")
        + &tcp("link.gateway", "10.91.0.1:443");
    let seen = town.pc.probe(&tables, &[]);
    assert_eq!(one(&seen, "link.datacenter").saw, Saw::Timeout);
    assert_eq!(one(&seen, "link.path").saw, Saw::Unreachable);
    assert_eq!(one(&seen, "link.gateway").saw, Saw::Refused);
}

/// A lossy line: every second echo is dropped.
#[test]
fn loss_is_counted() {
    let town = Town::new();
    town.pc.sh(
        "nft add table ip t && nft 'add chain ip t i { type filter hook input priority 0; }' && \
         nft add rule ip t i ip protocol icmp numgen inc mod 2 0 drop",
    );
    let table = "[[probe.ping]]\nname = \"link.gateway\"\ntarget = \"auto\"\ncount = 10\n";
    let seen = town.pc.probe(table, &[]);
    let gateway = one(&seen, "link.gateway");
    assert_eq!(gateway.saw, Saw::Answered);
    assert_eq!((gateway.values["sent"], gateway.values["lost"]), (10.0, 5.0), "{gateway:?}");
}
