//! A TCP connection to the first of several addresses that takes it, or the outcome that says most
//! about the target. Sends nothing.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use siaga_wire::Saw;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::lookup::Addresses;
use crate::clock;

/// A connection, and how long it took to make.
#[derive(Debug)]
pub(super) struct Dialled {
    pub(super) stream: TcpStream,
    pub(super) seconds: f64,
}

/// Why there is no connection: what was seen, and the reason where this PC could not try.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoConnection {
    pub(super) saw: Saw,
    pub(super) why: Option<String>,
}

/// Tries the addresses one after the other, each with its share of the time left; the first that
/// connects wins.
pub(super) async fn dial(
    found: &Addresses,
    port: u16,
    left: Duration,
) -> Result<Dialled, NoConnection> {
    let share = left / u32::try_from(found.list.len().max(1)).unwrap_or(1);
    let mut best: Option<NoConnection> = None;
    for address in &found.list {
        let started = clock::instant();
        let tried = timeout(share, TcpStream::connect(SocketAddr::new(*address, port))).await;
        let failed = match tried.ok() {
            Some(Ok(stream)) => {
                return Ok(Dialled { stream, seconds: started.elapsed().as_secs_f64() });
            }
            Some(Err(error)) => parse(Some(&error)),
            None => parse(None),
        };
        if best.as_ref().is_none_or(|best| weight(failed.saw) > weight(best.saw)) {
            best = Some(failed);
        }
    }
    let nowhere = || "the name has no address".to_owned();
    Err(best.unwrap_or_else(|| NoConnection { saw: Saw::Unreadable, why: Some(nowhere()) }))
}

/// How much an outcome says about the target.
fn weight(saw: Saw) -> u8 {
    match saw {
        Saw::Unreadable | Saw::Error => 0,
        Saw::Timeout => 1,
        Saw::Unreachable => 2,
        Saw::Refused => 3,
        Saw::Answered => 4,
    }
}

/// What a failed try to connect means; `None` is the deadline.
fn parse(error: Option<&io::Error>) -> NoConnection {
    let Some(error) = error else { return NoConnection { saw: Saw::Timeout, why: None } };
    match super::network::saw_of(error) {
        Some(saw) => NoConnection { saw, why: None },
        None => {
            NoConnection { saw: Saw::Unreadable, why: Some(format!("cannot connect: {error}")) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_told_apart() {
        let saw = |kind| parse(Some(&io::Error::from(kind))).saw;
        assert_eq!(parse(None).saw, Saw::Timeout);
        assert_eq!(saw(io::ErrorKind::ConnectionRefused), Saw::Refused);
        assert_eq!(saw(io::ErrorKind::ConnectionReset), Saw::Refused);
        assert_eq!(saw(io::ErrorKind::TimedOut), Saw::Timeout);
        assert_eq!(saw(io::ErrorKind::HostUnreachable), Saw::Unreachable);
        assert_eq!(saw(io::ErrorKind::NetworkUnreachable), Saw::Unreachable);
        assert_eq!(saw(io::ErrorKind::PermissionDenied), Saw::Unreadable);
        assert_eq!(saw(io::ErrorKind::AddrNotAvailable), Saw::Unreadable);
    }
}
