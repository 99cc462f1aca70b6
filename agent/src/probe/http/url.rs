//! The address of a page as the configuration writes it. Text to checked value, nothing else.

use std::net::Ipv6Addr;

use hyper::Uri;
use rustls::pki_types::ServerName;

use crate::probe::target::{Host, host_port};

/// Where to ask, and for what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Url {
    /// Whether TLS is used.
    pub(super) tls: bool,
    pub(super) host: Host,
    pub(super) port: u16,
    /// `Host` header: the port only where it is not the usual one.
    pub(super) authority: String,
    /// Path and query.
    pub(super) path: String,
}

impl Url {
    /// The name that the server's certificate must carry.
    pub(super) fn server_name(&self) -> Result<ServerName<'static>, String> {
        match &self.host {
            Host::Address(address) => Ok(ServerName::IpAddress((*address).into())),
            Host::Name(name) => ServerName::try_from(name.clone())
                .map_err(|_| format!("no certificate can carry the name {name:?}")),
        }
    }
}

/// `http[s]://host[:port][/path][?query]`; the error says what is wrong with it.
pub(super) fn url(text: &str) -> Result<Url, &'static str> {
    if text.contains('#') {
        return Err("has a fragment, which no server sees");
    }
    let uri: Uri = text.parse().map_err(|_| "is not an address")?;
    let tls = match uri.scheme_str() {
        Some("https") => true,
        Some("http") => false,
        Some(_) | None => return Err("does not begin with http:// or https://"),
    };
    let authority = uri.authority().ok_or("names no host")?;
    if authority.as_str().contains('@') {
        return Err("has a user name, which is not sent");
    }
    let usual = if tls { 443 } else { 80 };
    let bracketed = authority.host().strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    if bracketed.is_some_and(|inside| inside.parse::<Ipv6Addr>().is_err()) {
        return Err("names no host");
    }
    let bare = bracketed.unwrap_or(authority.host());
    let (host, port) = if authority.as_str().len() == authority.host().len() {
        host_port(bare, Some(usual)).ok_or("names no host")?
    } else {
        host_port(authority.as_str(), None).ok_or("has no usable port")?
    };
    let path = uri.path_and_query().map_or("/", |p| p.as_str());
    let shown = match &host {
        Host::Address(std::net::IpAddr::V6(address)) => format!("[{address}]"),
        Host::Address(_) | Host::Name(_) => host.to_string(),
    };
    let authority = if port == usual { shown } else { format!("{shown}:{port}") };
    Ok(Url { tls, host, port, authority, path: path.to_owned() })
}

/// Whether the target of a redirect lies at that host. A target without a host does.
pub(super) fn leads_to(location: &str, host: &Host) -> bool {
    let rest = match location.split_once("://") {
        Some((scheme, rest)) if scheme.bytes().all(|b| b.is_ascii_alphabetic()) => rest,
        Some(_) | None => match location.strip_prefix("//") {
            Some(rest) => rest,
            None => return true,
        },
    };
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or(rest);
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let named = match authority.strip_prefix('[').and_then(|a| a.split_once(']')) {
        Some((inside, _)) => inside,
        None => authority.split(':').next().unwrap_or(authority),
    };
    let bare = |name: &str| name.trim_end_matches('.').to_ascii_lowercase();
    match host {
        Host::Address(address) => named.parse().is_ok_and(|to: std::net::IpAddr| to == *address),
        Host::Name(name) => bare(named) == bare(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_pages_are_read() {
        let read = |text: &str| {
            let url = url(text).unwrap_or_else(|why| panic!("{text}: {why}"));
            format!("{} {} {} {} {}", url.tls, url.host, url.port, url.authority, url.path)
        };
        assert_eq!(read("https://dc.example"), "true dc.example 443 dc.example /");
        assert_eq!(
            read("http://dc.example:8080/a?b=c"),
            "false dc.example 8080 dc.example:8080 /a?b=c"
        );
        assert_eq!(read("https://10.0.0.1:443/x"), "true 10.0.0.1 443 10.0.0.1 /x");
        assert_eq!(read("http://[fd00::1]/"), "false fd00::1 80 [fd00::1] /");
        assert_eq!(read("https://[fd00::1]:8443"), "true fd00::1 8443 [fd00::1]:8443 /");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for bad in [
            "",
            "dc.example",
            "/health",
            "ftp://a/",
            "https://",
            "https:///x",
            "https://u:p@a/",
            "https://a:0/",
            "https://a:99999/",
            "https://a b/",
            "http://a/#x",
            "https://[zz]/",
        ] {
            assert!(url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_redirect_leads_home_or_elsewhere() {
        let name = Host::Name("dc.example".into());
        for home in [
            "/login",
            "login",
            "",
            "https://dc.example/x",
            "//DC.example.:444",
            "http://u@dc.example?x",
        ] {
            assert!(leads_to(home, &name), "{home}");
        }
        for away in [
            "http://login.provider.example/?to=https://dc.example/",
            "//dc.example.evil.example/",
            "https://dc.example@evil.example/",
            "http://10.0.0.1/",
            "//",
        ] {
            assert!(!leads_to(away, &name), "{away}");
        }
        let address = Host::Address("fd00::1".parse().unwrap());
        assert!(leads_to("https://[fd00:0::1]:8443/x", &address));
        assert!(!leads_to("https://[fd00::2]/x", &address));
    }
}
