//! One-time join codes and the end of credentials, as staff ask for them on the command line while
//! the collector may be running.

use anyhow::{Context as _, bail};
use siaga_decide::{At, StationKey};
use siaga_wire::JoinCode;

use crate::config::Config;
use crate::store::{agents, open_beside};
use crate::{tls, token};

/// The station, if the configuration names it.
///
/// # Errors
/// When it does not.
pub fn station(config: &Config, office: &str, station: &str) -> anyhow::Result<StationKey> {
    let key = StationKey { office: office.into(), station: station.into() };
    let Some(found) = config.offices.get(&key.office) else {
        bail!("the configuration names no office {office:?}");
    };
    if !found.stations.contains_key(&key.station) {
        bail!("office {office:?} has no station {station:?} in the configuration");
    }
    Ok(key)
}

/// Makes a code for that station, good once and for a day.
///
/// # Errors
/// When the collector was never started, or its database cannot be written.
pub fn code(config: &Config, station: &StationKey, now: At) -> anyhow::Result<JoinCode> {
    let pin = tls::pin(&config.data).context(
        "the collector has no certificates yet\nhint: start `siaga-collector serve` once",
    )?;
    let code = JoinCode { secret: token::random::<16>()?, pin };
    let conn = open_beside(&config.database())?;
    agents::add_code(&conn, now, &token::hash(&code.secret), station)?;
    Ok(code)
}

/// Ends the credentials of a station at once; answers how many.
///
/// # Errors
/// When the database cannot be written.
pub fn revoke(config: &Config, station: &StationKey, now: At) -> anyhow::Result<usize> {
    let conn = open_beside(&config.database())?;
    let tx = conn.unchecked_transaction()?;
    let ended = agents::revoke(&tx, now, station)?;
    tx.commit()?;
    Ok(ended)
}
