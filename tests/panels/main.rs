//! Writes the Grafana dashboards: `cargo run -p siaga-tests --bin dashboards`. The committed JSON
//! is what this program prints; `tests/dashboards.rs` checks that it is fresh.
#![forbid(unsafe_code)]

mod model;
mod overview;

use std::path::Path;

fn main() -> anyhow::Result<()> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../dashboards/siaga-overview.json");
    std::fs::write(&file, overview::text()?)?;
    Ok(())
}
