//! What of this machine can be watched without being root or asking anybody: its gateway, a UPS
//! that upsd knows, its disks. Asks once, at the start, with the agent's own probes.

use std::net::Ipv4Addr;
use std::time::Duration;

use siaga_agent::probe::gateway::{DefaultRoute, default_route};
use siaga_agent::probe::ping;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// upsd answers on loopback at once, or it is not there.
const PATIENCE: Duration = Duration::from_secs(1);
/// A gateway without ICMP is asked for its name service, its page, its shell.
const GATEWAY_PORTS: [u16; 4] = [53, 80, 443, 22];

/// How the gateway can be watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Gateway {
    /// It answers ping.
    Ping(Ipv4Addr),
    /// It answers a TCP connection at this port; with the reason why ping is not used.
    Tcp(Ipv4Addr, u16, String),
    /// Not at all, and why.
    None(String),
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Machine {
    /// The router next to this machine.
    pub gateway: Gateway,
    /// The UPS that upsd on loopback names first.
    pub ups: Option<String>,
}

/// Looks.
pub(crate) async fn look() -> Machine {
    Machine { gateway: gateway().await, ups: ups().await }
}

async fn gateway() -> Gateway {
    let address = match default_route() {
        Ok(DefaultRoute::Via(address)) => address,
        Ok(DefaultRoute::Bare { interface }) => {
            return Gateway::None(format!("the default route over {interface} names no router"));
        }
        Ok(DefaultRoute::None) => {
            return Gateway::None("this machine has no default gateway".into());
        }
        Err(why) => return Gateway::None(why),
    };
    let no_ping = match ping::mode() {
        Ok(_) if answers_ping(address).await => return Gateway::Ping(address),
        Ok(_) => format!("{address} does not answer ping"),
        Err(why) => why,
    };
    for port in GATEWAY_PORTS {
        if matches!(timeout(PATIENCE, TcpStream::connect((address, port))).await, Ok(Ok(_))) {
            return Gateway::Tcp(address, port, no_ping);
        }
    }
    Gateway::None(format!("{no_ping}, and none of its usual ports is open"))
}

/// Asks with the agent's own probe, so that what is configured is what was tried.
async fn answers_ping(address: Ipv4Addr) -> bool {
    let text = format!(
        "collector = \"http://127.0.0.1:1\"\ndata = \".\"\n\
         [[probe.ping]]\nname = \"link.gateway\"\ntarget = \"{address}\"\ntimeout = \"1s\"\n"
    );
    let Ok(mut config) = siaga_agent::config::parse("gateway", &text) else { return false };
    match config.probes.first_mut() {
        Some(probe) => probe.ask().await.saw == siaga_wire::Saw::Answered,
        None => false,
    }
}

/// The first UPS of upsd on loopback (RFC 9271, LIST UPS).
async fn ups() -> Option<String> {
    let asking = async {
        let address = (Ipv4Addr::LOCALHOST, siaga_agent::probe::ups::PORT);
        let mut upsd = TcpStream::connect(address).await.ok()?;
        upsd.write_all(b"LIST UPS\n").await.ok()?;
        let mut said = Vec::new();
        let mut piece = [0; 1024];
        while said.len() < 16 * 1024 && !said.ends_with(b"END LIST UPS\n") {
            match upsd.read(&mut piece).await.ok()? {
                0 => break,
                n => said.extend_from_slice(piece.get(..n)?),
            }
        }
        first_ups(&String::from_utf8_lossy(&said))
    };
    timeout(PATIENCE, asking).await.ok().flatten()
}

fn first_ups(said: &str) -> Option<String> {
    let name = said.lines().find_map(|line| line.strip_prefix("UPS "))?.split(' ').next()?;
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    (!name.is_empty() && name.chars().all(good)).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_ups_is_found_and_rubbish_is_none() {
        let said = "BEGIN LIST UPS\nUPS kantor \"Ruang rekam\"\nUPS dua \"x\"\nEND LIST UPS\n";
        assert_eq!(first_ups(said), Some("kantor".into()));
        assert_eq!(first_ups("BEGIN LIST UPS\nEND LIST UPS\n"), None);
        assert_eq!(first_ups("ERR ACCESS-DENIED\n"), None);
        assert_eq!(first_ups("UPS a\"b \"x\"\n"), None);
    }
}
