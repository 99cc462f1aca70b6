//! What an error of the network stack says about a target. Pure.

use std::io::{Error, ErrorKind};

use siaga_wire::Saw;

/// The answer that an error carries, or nothing where this PC could not ask at all.
pub(super) fn saw_of(error: &Error) -> Option<Saw> {
    let kind = error.kind();
    let table = [
        (ErrorKind::ConnectionRefused, Saw::Refused),
        (ErrorKind::ConnectionReset, Saw::Refused),
        (ErrorKind::ConnectionAborted, Saw::Refused),
        (ErrorKind::TimedOut, Saw::Timeout),
        (ErrorKind::HostUnreachable, Saw::Unreachable),
        (ErrorKind::NetworkUnreachable, Saw::Unreachable),
        (ErrorKind::NetworkDown, Saw::Unreachable),
    ];
    table.into_iter().find(|(k, _)| *k == kind).map(|(_, saw)| saw)
}
