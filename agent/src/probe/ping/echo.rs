//! Sends echoes and collects what comes back, until a deadline. I/O only; meaning is in
//! `summary.rs`.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use siaga_wire::Saw;
use socket2::Type;
use surge_ping::{
    Client, Config, ICMP, IcmpPacket, PingIdentifier, PingSequence, Pinger, SurgeError,
};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::summary::Outcome;
use crate::clock;
use crate::probe::network::saw_of;

/// Payload bytes of one echo: 64 with the ICMP header, 84 on the wire, as `ping` does.
const PAYLOAD_BYTES: usize = 56;
/// Echoes are spread this far, so that one burst of loss does not take all.
const GAP_MAX: Duration = Duration::from_millis(200);

/// How this PC may send ICMP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A raw socket (administrator, `CAP_NET_RAW`): sees who reports a target unreachable.
    Raw,
    /// An ICMP datagram socket (`net.ipv4.ping_group_range`): sees echoes only, so an unreachable
    /// target looks silent.
    Datagram,
}

/// How this PC may send ICMP over IPv4.
///
/// # Errors
/// Why it may not, and what to do.
pub fn mode() -> Result<Mode, String> {
    let socket =
        |kind| socket2::Socket::new(socket2::Domain::IPV4, kind, Some(socket2::Protocol::ICMPV4));
    match socket(Type::RAW).or_else(|_| socket(Type::DGRAM)) {
        Ok(socket) => match socket.r#type() {
            Ok(Type::RAW) => Ok(Mode::Raw),
            Ok(_) => Ok(Mode::Datagram),
            Err(error) => Err(no_socket(&error)),
        },
        Err(error) => Err(no_socket(&error)),
    }
}

fn no_socket(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::PermissionDenied {
        return "no permission for ICMP: give the service CAP_NET_RAW, or open \
                net.ipv4.ping_group_range, or use a tcp probe"
            .to_owned();
    }
    format!("cannot open an ICMP socket: {error}")
}

/// Sends `count` echoes to `address`; one outcome each, in the order of sending.
///
/// # Errors
/// Why nothing could be sent at all.
pub(super) async fn all(
    address: IpAddr,
    count: u16,
    deadline: Instant,
) -> Result<Vec<Outcome>, String> {
    all_by(Type::RAW, address, count, deadline).await
}

async fn all_by(
    prefer: Type,
    address: IpAddr,
    count: u16,
    deadline: Instant,
) -> Result<Vec<Outcome>, String> {
    // A socket of its own for every question: late answers of the last one go nowhere, a permission
    // or an interface that changed is seen, and nothing wakes up in between.
    let client = Client::new(&config(prefer, address)).map_err(|error| no_socket(&error))?;
    let left = deadline.saturating_duration_since(clock::instant());
    let gap = GAP_MAX.min(left / 2 / u32::from(count.max(1)));
    let ident = PingIdentifier(identifier());
    let mut running = JoinSet::new();
    let mut next_at = clock::instant();
    for number in 0..count {
        sleep_until(next_at).await;
        next_at += gap;
        let pinger = client.pinger(address, ident).await;
        running.spawn(async move { (number, one(pinger, number, deadline).await) });
    }
    let mut outcomes = vec![Outcome::Silent; usize::from(count)];
    while let Some(done) = running.join_next().await {
        let (number, outcome) = done.map_err(|error| format!("an echo ended early: {error}"))?;
        if let Some(slot) = outcomes.get_mut(usize::from(number)) {
            *slot = outcome;
        }
    }
    Ok(outcomes)
}

fn config(prefer: Type, address: IpAddr) -> Config {
    let (kind, any) = match address {
        IpAddr::V4(_) => (ICMP::V4, IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
        IpAddr::V6(_) => (ICMP::V6, IpAddr::V6(Ipv6Addr::UNSPECIFIED)),
    };
    // Always bound: an unbound raw socket cannot receive on Windows.
    Config::builder().sock_type_hint(prefer).kind(kind).bind(SocketAddr::new(any, 0)).build()
}

/// Tells this question's answers from those of any other on this PC.
fn identifier() -> u16 {
    use std::sync::atomic::{AtomicU16, Ordering};
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let mut seed = [0; 2];
    // Without randomness two programs may share an identifier; the counter keeps ours apart.
    let seed = getrandom::fill(&mut seed).map_or(0, |()| u16::from_ne_bytes(seed));
    seed.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed))
}

async fn one(mut pinger: Pinger, number: u16, deadline: Instant) -> Outcome {
    let payload = [0x53; PAYLOAD_BYTES];
    // A router's redirect takes the place of the answer that follows it, so that echo is sent
    // once more under another number.
    for sequence in [number, number + 0x4000] {
        pinger.timeout(deadline.saturating_duration_since(clock::instant()));
        let outcome = match pinger.ping(PingSequence(sequence), &payload).await {
            Ok((packet, took)) => received(&packet, took),
            Err(SurgeError::Timeout { .. }) => Some(Outcome::Silent),
            Err(SurgeError::IOError(error)) => Some(not_sent(&error)),
            Err(error) => Some(Outcome::CouldNotSend(error.to_string())),
        };
        if let Some(outcome) = outcome {
            return outcome;
        }
    }
    Outcome::Silent
}

/// The meaning of a packet, or nothing where it is no answer.
fn received(packet: &IcmpPacket, took: Duration) -> Option<Outcome> {
    match packet {
        IcmpPacket::V4(packet) => {
            let from = IpAddr::V4(packet.get_source());
            v4(packet.get_icmp_type().0, packet.get_icmp_code().0, from, took)
        }
        IcmpPacket::V6(packet) => {
            let from = IpAddr::V6(packet.get_source());
            v6(packet.get_icmpv6_type().0, packet.get_icmpv6_code().0, from, took)
        }
    }
}

/// ICMP types and codes of RFC 792 and RFC 1812 5.2.7.1.
fn v4(kind: u8, code: u8, from: IpAddr, took: Duration) -> Option<Outcome> {
    let what = match (kind, code) {
        (0, _) => return Some(Outcome::Answered(took)),
        (3, 0 | 6 | 11) => "network unreachable",
        (3, 9 | 10 | 13) => "prohibited",
        (3, _) => "host unreachable",
        (11, _) => "loop on the way",
        _ => return None,
    };
    Some(Outcome::Unreachable { what, from: Some(from) })
}

/// ICMPv6 types and codes of RFC 4443.
fn v6(kind: u8, code: u8, from: IpAddr, took: Duration) -> Option<Outcome> {
    let what = match (kind, code) {
        (129, _) => return Some(Outcome::Answered(took)),
        (1, 0) => "network unreachable",
        (1, 1 | 5 | 6) => "prohibited",
        (1, _) => "host unreachable",
        (3, _) => "loop on the way",
        _ => return None,
    };
    Some(Outcome::Unreachable { what, from: Some(from) })
}

/// An echo that this PC's own network refused: without a way out it is lost, else not asked.
fn not_sent(error: &io::Error) -> Outcome {
    match saw_of(error) {
        Some(Saw::Unreachable) => {
            Outcome::Unreachable { what: "no way out of this PC", from: None }
        }
        _ => Outcome::CouldNotSend(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn loopback(prefer: Type) -> Result<Vec<Outcome>, String> {
        let deadline = clock::instant() + Duration::from_secs(5);
        all_by(prefer, "127.0.0.1".parse().unwrap(), 3, deadline).await
    }

    #[tokio::test]
    async fn loopback_answers_in_either_mode_that_is_permitted() {
        for prefer in [Type::RAW, Type::DGRAM] {
            match loopback(prefer).await {
                Ok(outcomes) => {
                    assert_eq!(outcomes.len(), 3);
                    let answered = |o: &Outcome| matches!(o, Outcome::Answered(_));
                    assert!(outcomes.iter().all(answered), "{prefer:?}: {outcomes:?}");
                }
                Err(why) => assert!(why.starts_with("no permission for ICMP"), "{why}"),
            }
        }
    }

    #[test]
    fn codes_are_told_apart_and_a_redirect_is_no_answer() {
        let from = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
        let what = |kind, code| match v4(kind, code, from, Duration::ZERO) {
            Some(Outcome::Unreachable { what, .. }) => what,
            other => panic!("{other:?}"),
        };
        assert_eq!(what(3, 0), "network unreachable");
        assert_eq!(what(3, 1), "host unreachable");
        assert_eq!(what(3, 13), "prohibited");
        assert_eq!(what(11, 0), "loop on the way");
        assert_eq!(v4(5, 1, from, Duration::ZERO), None);
        assert_eq!(v6(2, 0, from, Duration::ZERO), None);
        assert!(matches!(v6(1, 3, from, Duration::ZERO), Some(Outcome::Unreachable { .. })));
    }
}
