//! Places in the text of a configuration file, and the one address that is written as text.
//! Never opens or resolves anything.

use std::fmt;
use std::net::IpAddr;

use super::Collector;
use crate::probe::Problem as Wrong;

/// One problem of a configuration, as people read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// The setting.
    pub path: String,
    /// What is wrong.
    pub what: String,
    /// What would be right.
    pub hint: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, path, what, hint } = self;
        write!(f, "{file}:{line}:{column}: {path}: {what}")?;
        match hint {
            Some(hint) => write!(f, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

/// Turns byte positions of one file into lines and columns.
pub(super) struct Place<'a> {
    file: &'a str,
    text: &'a str,
}

impl<'a> Place<'a> {
    pub(super) fn new(file: &'a str, text: &'a str) -> Self {
        Self { file, text }
    }

    pub(super) fn problem(&self, wrong: Wrong) -> Problem {
        let before = self.text.get(..wrong.span.start).unwrap_or("");
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Problem {
            file: self.file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before.get(line_start..).unwrap_or("").chars().count() + 1,
            path: wrong.path,
            what: wrong.what.replace('\n', "; "),
            hint: wrong.hint,
        }
    }
}

/// `https://host[:port][/]`.
pub(super) fn address(text: &str) -> Result<Collector, &'static str> {
    let (tls, rest) = if let Some(rest) = text.strip_prefix("https://") {
        (true, rest)
    } else if let Some(rest) = text.strip_prefix("http://") {
        (false, rest)
    } else {
        return Err("does not begin with https://");
    };
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    if rest.contains(|c: char| "/?#@".contains(c) || c.is_whitespace() || c.is_control()) {
        return Err("has more than a name and a port");
    }
    let (host, port) = if let Some(bracketed) = rest.strip_prefix('[') {
        let (host, port) = bracketed.split_once(']').ok_or("has no closing bracket")?;
        let port = match port.strip_prefix(':') {
            Some(port) => Some(port),
            None if port.is_empty() => None,
            None => return Err("has something behind the bracket"),
        };
        (host, port)
    } else {
        rest.split_once(':').map_or((rest, None), |(host, port)| (host, Some(port)))
    };
    let bracketed = rest.starts_with('[');
    let ipv6 = host.parse::<std::net::Ipv6Addr>().is_ok();
    if bracketed != ipv6 || rustls::pki_types::ServerName::try_from(host).is_err() {
        return Err("names no host");
    }
    let port = match port {
        Some(port) => port.parse().ok().filter(|p| *p != 0).ok_or("has no usable port")?,
        None if tls => 443,
        None => 80,
    };
    Ok(Collector { tls, host: host.to_owned(), port })
}

/// Whether that host is this machine itself. A name is trusted only if it is `localhost`.
pub(super) fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
