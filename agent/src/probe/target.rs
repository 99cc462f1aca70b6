//! Where a link probe points: its role, a host, a port. Text to checked value, nothing else.

use std::net::IpAddr;

use serde::Deserialize;
use toml::Spanned;

use super::setting::{Check, path};

/// What a link probe watches, nearest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The office's own router.
    Gateway,
    /// Something beyond the provider.
    Outside,
    /// The tunnel or route to the data center.
    Path,
    /// The data center's service.
    Datacenter,
}

impl Role {
    /// The word in the configuration and on the wire.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Outside => "outside",
            Self::Path => "path",
            Self::Datacenter => "datacenter",
        }
    }

    const ALL: [Self; 4] = [Self::Gateway, Self::Outside, Self::Path, Self::Datacenter];

    /// The role that a name says by itself, `link.path.vpn2`.
    fn of_name(name: &str) -> Option<Self> {
        let mut parts = name.split('.');
        (parts.next() == Some("link")).then_some(())?;
        let word = parts.next()?;
        Self::ALL.into_iter().find(|role| role.word() == word)
    }
}

/// A host as written: an address, or a name to resolve at each question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// An address.
    Address(IpAddr),
    /// A name.
    Name(String),
}

impl std::fmt::Display for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Name(name) => f.write_str(name),
        }
    }
}

/// A host as text, if it can be one.
pub(super) fn host(text: &str) -> Option<Host> {
    let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
    if let Ok(address) = bare.parse() {
        return Some(Host::Address(address));
    }
    let good = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let label = |l: &str| (1..=63).contains(&l.len()) && l.chars().all(good);
    let name = text.strip_suffix('.').unwrap_or(text);
    // A name made of digits alone would be a mistyped address.
    let letters = name.chars().any(|c| c.is_ascii_alphabetic());
    (name.len() <= 253 && letters && name.split('.').all(label))
        .then(|| Host::Name(text.to_owned()))
}

/// `host:port`, the port optional where there is a default.
pub(super) fn host_port(text: &str, default_port: Option<u16>) -> Option<(Host, u16)> {
    if let Some(port) = default_port
        && let Some(host) = host(text)
    {
        return Some((host, port));
    }
    let (name, port) = text.rsplit_once(':')?;
    if name.contains(':') && !name.starts_with('[') {
        return None;
    }
    let port = port.parse().ok().filter(|port| *port > 0)?;
    Some((host(name)?, port))
}

/// The role that goes into each row, where the name does not say it; problems where name and
/// role disagree, or a link has none.
pub(super) fn role(
    check: &mut Check<'_>,
    kind: &'static str,
    name: &Spanned<String>,
    role: Option<&Spanned<Role>>,
) -> Option<Role> {
    let of_name = Role::of_name(name.get_ref());
    let path = path(kind, name.get_ref(), "role");
    match (of_name, role) {
        (Some(of_name), Some(role)) if of_name != *role.get_ref() => {
            let what = format!("{:?} contradicts the name", role.get_ref().word());
            check.problem(role.span(), path, what, "leave role out, or change the name");
            None
        }
        (Some(_), _) => None,
        (None, Some(role)) => Some(*role.get_ref()),
        (None, None) => {
            if name.get_ref().split('.').next() == Some("link") {
                let hint = "role is gateway, outside, path or datacenter";
                check.problem(name.span(), path, "is missing, and the name does not say it", hint);
            }
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_addresses_or_names_with_ports() {
        let address = |t: &str| Host::Address(t.parse().unwrap());
        assert_eq!(host_port("10.30.0.10:443", None), Some((address("10.30.0.10"), 443)));
        assert_eq!(host_port("[fd00::1]:443", None), Some((address("fd00::1"), 443)));
        assert_eq!(host_port("fd00::1", Some(502)), Some((address("fd00::1"), 502)));
        assert_eq!(host_port("dc.example:1", None), Some((Host::Name("dc.example".into()), 1)));
        assert_eq!(host_port("genset", Some(502)), Some((Host::Name("genset".into()), 502)));
        for bad in ["", ":1", "a:", "a:0", "a:70000", "a b:1", "1.2.3:1", "fd00::1:1", "http://a:1"]
        {
            assert_eq!(host_port(bad, None), None, "{bad}");
        }
    }

    #[test]
    fn a_name_says_its_role() {
        assert_eq!(Role::of_name("link.path.vpn2"), Some(Role::Path));
        assert_eq!(Role::of_name("link.vpn"), None);
        assert_eq!(Role::of_name("gateway"), None);
    }
}
