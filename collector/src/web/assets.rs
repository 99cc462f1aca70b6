//! The pages' own files: style sheet, refresh script, mark. Served under a name that holds their
//! hash, so that a browser may keep them for ever and never shows an old one. Nothing is loaded
//! from elsewhere.

use std::fmt::Write as _;
use std::sync::LazyLock;

use sha2::{Digest, Sha256};

/// Where each file is to be found.
#[derive(Debug)]
pub(crate) struct Assets {
    pub(crate) style: String,
    pub(crate) refresh: String,
    pub(crate) mark: String,
}

/// One file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asset {
    pub(crate) kind: &'static str,
    pub(crate) body: &'static str,
}

const STYLE: Asset =
    Asset { kind: "text/css; charset=utf-8", body: include_str!("../../assets/style.css") };
const REFRESH: Asset =
    Asset { kind: "text/javascript; charset=utf-8", body: include_str!("../../assets/refresh.js") };
const MARK: Asset = Asset { kind: "image/svg+xml", body: include_str!("../../assets/mark.svg") };

/// Their addresses.
pub(crate) static ASSETS: LazyLock<Assets> = LazyLock::new(|| Assets {
    style: address("style", "css", STYLE.body),
    refresh: address("refresh", "js", REFRESH.body),
    mark: address("mark", "svg", MARK.body),
});

fn address(stem: &str, end: &str, body: &str) -> String {
    let mut hash = String::new();
    for byte in Sha256::digest(body).iter().take(8) {
        // Writing to a string cannot fail.
        let _ = write!(hash, "{byte:02x}");
    }
    format!("/assets/{stem}-{hash}.{end}")
}

/// The file at that address; a file of another version is not there.
pub(crate) fn find(path: &str) -> Option<Asset> {
    let all = &*ASSETS;
    [(&all.style, STYLE), (&all.refresh, REFRESH), (&all.mark, MARK)]
        .into_iter()
        .find_map(|(at, asset)| (at == path).then_some(asset))
}
