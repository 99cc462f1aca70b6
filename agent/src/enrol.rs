//! The one-time join code → this agent's own credential.
//!
//! The code pins the collector's private CA. The handshake checks the pin before the secret is
//! sent; there is no trust on first use.

use std::path::Path;

use anyhow::{Context as _, bail};
use hyper::StatusCode;
use siaga_wire::{EnrolRequest, Enrolled, JoinCode, Refusal};

use crate::config::Config;
use crate::credential::{self, Credential};
use crate::push::connection::Connection;
use crate::push::post_enrolment;
use crate::{platform, spool};

/// Obtains the credential and keeps it in the data directory, beside a new spool.
///
/// # Errors
/// When the collector cannot be reached, is not the pinned one, or refuses the code.
pub async fn join(code: &JoinCode, config: &Config) -> anyhow::Result<Credential> {
    platform::create_private_dir(&config.data)
        .with_context(|| format!("making the data directory {}", config.data.display()))?;
    // Before the code is spent: an agent that runs must not lose its credential under its feet.
    let guard = spool::Guard::new(&config.data)?;
    let mut connection = Connection::new(&config.collector, code.pin, None)?;
    let request = serde_json::to_vec(&EnrolRequest { code: code.secret_text() })?;
    let reply = post_enrolment(&mut connection, request).await?;
    if reply.status != StatusCode::CREATED {
        let said = serde_json::from_slice::<Refusal>(&reply.body).map(|r| r.error);
        match reply.status {
            StatusCode::FORBIDDEN => {
                bail!("the code was used before or has expired\nhint: ask for a new one")
            }
            status => bail!("the collector answered {status}: {}", said.unwrap_or_default()),
        }
    }
    let Enrolled { agent, office, station, token } =
        serde_json::from_slice(&reply.body).context("reading the collector's answer")?;
    let credential =
        Credential { agent, office, station, token, pin: code.pin, ca: connection.ca() };
    keep_spool(&config.data, &credential, config.spool.max_bytes, guard)?;
    credential::save(&config.data, &credential)?;
    Ok(credential)
}

/// Rows of another station must not be sent as this one's.
fn keep_spool(
    dir: &Path,
    new: &Credential,
    max_bytes: u64,
    guard: spool::Guard,
) -> anyhow::Result<()> {
    let same = match credential::load(dir) {
        Ok(old) => (old.office, old.station) == (new.office.clone(), new.station.clone()),
        Err(_) => false,
    };
    if !same && guard.set_aside()? {
        tracing::warn!("the spool of the station before was set aside");
    }
    guard.create(max_bytes).context("making the spool")
}
