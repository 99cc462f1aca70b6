//! A UPS whose network card speaks SNMP with the UPS-MIB (RFC 1628).

use siaga_wire::Reading;
use tokio::time::timeout_at;

use super::mib::{ALARMS_MAX, Card, alarm_column, objects};
use crate::clock;
use crate::probe::reading::unreadable;
use crate::probe::setting::Timing;
use crate::probe::snmp::Snmp;

/// Asks; whatever ends the question early drops the way to the card.
pub(super) async fn query(snmp: &mut Snmp, timing: &Timing) -> Reading<'static> {
    let deadline = clock::instant() + timing.timeout;
    match timeout_at(deadline, card(snmp, timing)).await {
        Ok(Ok(reading)) => reading,
        Ok(Err(why)) => unreadable(&timing.name, why),
        Err(_) => {
            let why = format!("the card did not answer within {:?}", timing.timeout);
            unreadable(&timing.name, why)
        }
    }
}

async fn card(snmp: &mut Snmp, timing: &Timing) -> Result<Reading<'static>, String> {
    let card = Card(snmp.get(&objects(), timing.timeout).await?);
    let alarms = if card.may_have_alarms() {
        snmp.column(&alarm_column(), ALARMS_MAX, timing.timeout).await?
    } else {
        Vec::new()
    };
    Ok(card.reading(&timing.name, &alarms))
}
