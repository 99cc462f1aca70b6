//! Loopback ports that stay the same from one quickstart to the next, as long as they are free:
//! what was bookmarked or typed once keeps working.

use std::net::Ipv4Addr;
use std::path::Path;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

const FILE: &str = "ports.json";

/// The ports of the last time; absent ones were never chosen.
#[derive(Debug, Default, Clone, Copy, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Ports {
    /// Pages, over plain HTTP.
    pub pages: Option<u16>,
    /// Agents, over TLS.
    pub agents: Option<u16>,
    /// The phone's page and the stand-in's switch.
    pub phone: Option<u16>,
    /// The stand-in's service.
    pub service: Option<u16>,
    /// The stand-in's host.
    pub host: Option<u16>,
}

impl Ports {
    /// Those of the last time. A file that cannot be read only means other ports.
    pub(crate) fn last(data: &Path) -> Self {
        let text = std::fs::read_to_string(data.join(FILE)).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// Keeps them for the next time.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn keep(&self, data: &Path) -> anyhow::Result<()> {
        let file = data.join(FILE);
        let text = serde_json::to_string_pretty(self)?;
        std::fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))
    }
}

/// Listens on loopback, at that port if it is free, else at any.
///
/// # Errors
/// When no port is free.
pub(crate) async fn bind(wanted: Option<u16>) -> std::io::Result<TcpListener> {
    if let Some(port) = wanted
        && let Ok(listener) = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await
    {
        return Ok(listener);
    }
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_free_port_is_taken_again_and_a_busy_one_is_not_insisted_on() {
        let first = bind(None).await.unwrap();
        let port = first.local_addr().unwrap().port();
        assert_ne!(bind(Some(port)).await.unwrap().local_addr().unwrap().port(), port);
        drop(first);
        assert_eq!(bind(Some(port)).await.unwrap().local_addr().unwrap().port(), port);
    }

    #[test]
    fn ports_are_kept_and_a_damaged_file_is_only_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        Ports { pages: Some(4000), ..Ports::default() }.keep(dir.path()).unwrap();
        assert_eq!(Ports::last(dir.path()).pages, Some(4000));
        std::fs::write(dir.path().join(FILE), "{").unwrap();
        assert_eq!(Ports::last(dir.path()).pages, None);
    }
}
