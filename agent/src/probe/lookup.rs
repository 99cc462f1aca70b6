//! Names to addresses, under a deadline. Where the resolver fails, the last address of this run is
//! asked instead: a cut link takes the resolver with it, and must not hide itself that way.

use std::net::IpAddr;
use std::time::Duration;

use tokio::net::lookup_host;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::target::Host;

/// Most addresses of a name that are used.
const ADDRESSES_MAX: usize = 4;

/// Addresses to ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Addresses {
    /// In the order of the resolver, at least one.
    pub(super) list: Vec<IpAddr>,
    /// The resolver failed now; these are the last it gave.
    pub(super) stale: bool,
}

/// A host and what its name last meant.
#[derive(Debug)]
pub(super) struct Lookup {
    host: Host,
    last: Vec<IpAddr>,
    /// A question that the system's resolver still holds: it cannot be cancelled, and a second
    /// one beside it would only pile up threads.
    pending: Option<JoinHandle<std::io::Result<Vec<IpAddr>>>>,
}

impl Lookup {
    pub(super) fn new(host: Host) -> Self {
        Self { host, last: Vec::new(), pending: None }
    }

    pub(super) fn host(&self) -> &Host {
        &self.host
    }

    /// The addresses, or why there are none.
    pub(super) async fn addresses(&mut self, deadline: Duration) -> Result<Addresses, String> {
        let name = match &self.host {
            Host::Address(address) => {
                return Ok(Addresses { list: vec![*address], stale: false });
            }
            Host::Name(name) => name.clone(),
        };
        let mut pending = match self.pending.take() {
            Some(pending) => pending,
            None => tokio::spawn(resolve(name.clone())),
        };
        let why = match timeout(deadline, &mut pending).await {
            Err(_) => {
                self.pending = Some(pending);
                format!("cannot resolve {name}: no answer within {deadline:?}")
            }
            Ok(Err(error)) => format!("cannot resolve {name}: {error}"),
            Ok(Ok(Err(error))) => format!("cannot resolve {name}: {error}"),
            Ok(Ok(Ok(list))) if list.is_empty() => {
                format!("cannot resolve {name}: it has no address")
            }
            Ok(Ok(Ok(list))) => {
                self.last.clone_from(&list);
                return Ok(Addresses { list, stale: false });
            }
        };
        if self.last.is_empty() {
            return Err(why);
        }
        Ok(Addresses { list: self.last.clone(), stale: true })
    }
}

async fn resolve(name: String) -> std::io::Result<Vec<IpAddr>> {
    let mut list = Vec::new();
    for found in lookup_host((name.as_str(), 0)).await? {
        if !list.contains(&found.ip()) && list.len() < ADDRESSES_MAX {
            list.push(found.ip());
        }
    }
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A host whose resolver is about to say that.
    fn answering(said: std::io::Result<Vec<IpAddr>>) -> Lookup {
        let mut lookup = Lookup::new(Host::Name("dc.example".into()));
        lookup.pending = Some(tokio::spawn(async move { said }));
        lookup
    }

    #[tokio::test]
    async fn a_name_that_no_longer_resolves_keeps_its_last_address() {
        let wait = Duration::from_secs(20);
        let known: IpAddr = "192.0.2.1".parse().unwrap();
        let found = answering(Ok(vec![known])).addresses(wait).await.unwrap();
        assert_eq!(found, Addresses { list: vec![known], stale: false });
        let failed = || Err(std::io::Error::other("no answer from DNS"));
        let why = answering(failed()).addresses(wait).await.unwrap_err();
        assert_eq!(why, "cannot resolve dc.example: no answer from DNS");
        assert!(answering(Ok(Vec::new())).addresses(wait).await.is_err());
        let mut lookup = answering(failed());
        lookup.last = vec![known];
        let found = lookup.addresses(wait).await.unwrap();
        assert_eq!(found, Addresses { list: vec![known], stale: true });
    }

    #[tokio::test]
    async fn a_hanging_resolver_is_asked_once() {
        let mut lookup = Lookup::new(Host::Name("nobody.invalid".into()));
        lookup.pending = Some(tokio::spawn(std::future::pending()));
        for _ in 0..2 {
            let why = lookup.addresses(Duration::from_millis(10)).await.unwrap_err();
            assert!(why.contains("no answer within"), "{why}");
            assert!(lookup.pending.is_some());
        }
    }
}
