//! `GET /metrics`: the present, the account of the running month, and what the collector counts
//! about itself, as Prometheus text. Takes figures from view and account; computes no judgement.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use prometheus::{GaugeVec, IntCounter, Opts, Registry, TextEncoder};
use siaga_decide::{At, Kind, OfficeId, OfficeState, ProbeView, Saw, StationState, View};

use super::site::Site;
use crate::drive::Meters;

/// A number that is older is not shown any more: a hole is honest, a flat line is not.
const STALE_MS: i64 = 150_000;
/// `GET /metrics`.
pub(crate) async fn scrape(State(site): State<Arc<Site>>) -> Response {
    match text(&site).await {
        Ok(text) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text)
            .into_response(),
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "metrics cannot be given");
            (StatusCode::SERVICE_UNAVAILABLE, "not now\n").into_response()
        }
    }
}

/// `GET /readyz`: ready once the store can be read.
pub(crate) async fn ready(State(site): State<Arc<Site>>) -> (StatusCode, String) {
    match site.app.store.read(crate::store::pulse::judged).await {
        Ok(_) => (StatusCode::OK, "ready\n".into()),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")),
    }
}

async fn text(site: &Arc<Site>) -> anyhow::Result<String> {
    let view = site.app.handle.view();
    let mut sheet = Sheet::default();
    present(&mut sheet, &view)?;
    probes(&mut sheet, &view, site.now())?;
    if let Some(known) = site.known_lately().await {
        month(&mut sheet, &known.months)?;
    }
    itself(&sheet, site.app.handle.meters(), &view)?;
    Ok(TextEncoder::new().encode_to_string(&sheet.registry.gather())?)
}

/// Gauges by name, made when they are first set.
#[derive(Default)]
struct Sheet {
    registry: Registry,
    gauges: BTreeMap<String, GaugeVec>,
}

impl Sheet {
    fn set(
        &mut self,
        name: &str,
        help: &str,
        labels: &[(&str, &str)],
        value: f64,
    ) -> anyhow::Result<()> {
        let gauge = match self.gauges.get(name) {
            Some(gauge) => gauge,
            None => {
                let names: Vec<&str> = labels.iter().map(|(name, _)| *name).collect();
                let gauge = GaugeVec::new(Opts::new(name, help), &names)?;
                self.registry.register(Box::new(gauge.clone()))?;
                self.gauges.entry(name.to_owned()).or_insert(gauge)
            }
        };
        let values: Vec<&str> = labels.iter().map(|(_, value)| *value).collect();
        gauge.get_metric_with_label_values(&values)?.set(value);
        Ok(())
    }
}

fn present(sheet: &mut Sheet, view: &View) -> anyhow::Result<()> {
    for (id, office) in &view.offices {
        let id = id.as_str();
        for state in OfficeState::ALL {
            let labels = [("office", id), ("state", state.word())];
            let value = f64::from(u8::from(office.state == state));
            sheet.set(
                "siaga_office_state",
                "1 for the state that the office is in.",
                &labels,
                value,
            )?;
        }
        let open = office.outage.is_some();
        let cause = office.cause.as_ref().map_or(Kind::Silent, |c| c.cause.kind);
        for kind in Kind::ALL {
            let labels = [("office", id), ("cause", kind.word())];
            let value = f64::from(u8::from(open && cause == kind));
            sheet.set(
                "siaga_outage_open",
                "Outages open now, by their present cause.",
                &labels,
                value,
            )?;
        }
        for (station, seen) in &office.stations {
            for state in StationState::ALL {
                let labels =
                    [("office", id), ("station", station.as_str()), ("state", state.word())];
                let value = f64::from(u8::from(seen.state == state));
                let help = "1 for the state that the station is in.";
                sheet.set("siaga_station_state", help, &labels, value)?;
            }
        }
    }
    Ok(())
}

fn probes(sheet: &mut Sheet, view: &View, now: At) -> anyhow::Result<()> {
    for (office, seen) in &view.offices {
        for (station, seen) in &seen.stations {
            for (name, probe) in &seen.probes {
                let labels = [
                    ("office", office.as_str()),
                    ("station", station.as_str()),
                    ("probe", name.as_str()),
                ];
                one_probe(sheet, name.as_str(), probe, &labels, now)?;
            }
        }
    }
    Ok(())
}

fn one_probe(
    sheet: &mut Sheet,
    name: &str,
    probe: &ProbeView,
    labels: &[(&str, &str); 3],
    now: At,
) -> anyhow::Result<()> {
    let answered = probe.answer.saw == Saw::Answered;
    if answered {
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of our time fit")]
        let seconds = probe.at.0 as f64 / 1e3;
        let help = "When the probe last answered.";
        sheet.set("siaga_probe_last_success_timestamp_seconds", help, labels, seconds)?;
    }
    if now - probe.at > STALE_MS {
        return Ok(());
    }
    let says = |word: &str| probe.answer.words.iter().any(|w| &**w == word);
    let number = |wanted: &str| probe.numbers.iter().find(|n| &*n.name == wanted).map(|n| n.last);
    let mut parts = name.split('.');
    let (family, member) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let layer = [labels[0], labels[1], labels[2], ("layer", member)];
    let (prefix, labels): (&str, &[(&str, &str)]) = match (family, member) {
        ("link", "gateway" | "outside" | "path" | "datacenter") => {
            // A service that refuses still proves that its host was reached.
            let reached = probe.answer.saw == Saw::Refused && member != "datacenter";
            let up = f64::from(u8::from(answered || reached));
            sheet.set("siaga_link_up", "1 if the newest reading is good.", &layer, up)?;
            if let (Some(sent), Some(lost)) = (number("sent"), number("lost"))
                && sent > 0.0
            {
                let help = "Lost share of the newest pings.";
                sheet.set("siaga_link_loss_ratio", help, &layer, lost / sent)?;
            }
            ("siaga_link_", &layer)
        }
        ("power", "ups") => {
            if answered {
                let battery = f64::from(u8::from(says("OB")));
                sheet.set("siaga_ups_on_battery", "1 on battery.", labels, battery)?;
            }
            ("siaga_ups_", labels)
        }
        ("power", "generator") => ("siaga_", labels),
        ("device", _) => ("siaga_", labels),
        ("host", _) => ("siaga_host_", labels),
        _ => return Ok(()),
    };
    for number in probe.numbers.iter() {
        if let Some(known) = known(prefix, &number.name) {
            sheet.set(
                &known,
                "The newest reading; the unit is in the name.",
                labels,
                number.last,
            )?;
        }
    }
    Ok(())
}

/// The metric of a number, where it has a unit in its name or is one of the known states; an agent
/// must not be able to invent metric names.
fn known(prefix: &str, number: &str) -> Option<String> {
    const UNITS: [&str; 9] = [
        "_seconds", "_bytes", "_ratio", "_celsius", "_volts", "_hertz", "_watts", "_pascals",
        "_rpm",
    ];
    const STATES: [&str; 3] = ["generator_running", "device_present", "load1"];
    let plain = number.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    let unit = UNITS.iter().any(|unit| number.ends_with(unit)) || STATES.contains(&number);
    let generator = prefix == "siaga_" && !number.starts_with("device_");
    let prefix = match number.strip_prefix("generator_") {
        None if generator => "siaga_generator_",
        _ => prefix,
    };
    (plain && unit && number.len() <= 40).then(|| format!("{prefix}{number}"))
}

#[expect(clippy::cast_precision_loss, reason = "seconds of a month fit")]
fn month(
    sheet: &mut Sheet,
    accounts: &BTreeMap<OfficeId, siaga_decide::Account>,
) -> anyhow::Result<()> {
    for (office, account) in accounts {
        let labels = [("office", office.as_str())];
        let terms = [
            (
                "siaga_service_seconds",
                "Service hours of the running month so far.",
                account.service_seconds,
            ),
            ("siaga_in_service_seconds", "Of them, served.", account.in_service_seconds),
            ("siaga_planned_seconds", "Of them, down by planned work.", account.planned_seconds),
            ("siaga_unobserved_seconds", "Of them, not known.", account.unobserved_seconds),
        ];
        for (name, help, seconds) in terms {
            sheet.set(name, help, &labels, seconds as f64)?;
        }
        for kind in Kind::ALL {
            let labels = [("office", office.as_str()), ("cause", kind.word())];
            let seconds = account.down.get(&kind).map_or(0, |down| down.seconds);
            let help = "Of them, lost, by cause.";
            sheet.set("siaga_downtime_seconds", help, &labels, seconds as f64)?;
        }
    }
    Ok(())
}

fn itself(sheet: &Sheet, meters: &Meters, view: &View) -> anyhow::Result<()> {
    use std::sync::atomic::Ordering::Relaxed;
    let counters = [
        ("siaga_collector_commits_total", "Commits that the disk took.", &meters.commits),
        ("siaga_collector_commits_failed_total", "Commits that failed.", &meters.commits_failed),
        ("siaga_collector_reports_total", "Reports committed.", &meters.reports),
        ("siaga_collector_rows_total", "Rows committed.", &meters.rows),
        ("siaga_collector_duplicates_total", "Reports whose rows were known.", &meters.duplicates),
        ("siaga_collector_refused_total", "Reports refused.", &meters.refused),
        ("siaga_collector_shed_total", "Reports sent away for later.", &meters.shed),
    ];
    for (name, help, value) in counters {
        let counter = IntCounter::new(name, help)?;
        counter.inc_by(value.load(Relaxed));
        sheet.registry.register(Box::new(counter))?;
    }
    let blind = prometheus::IntGauge::new("siaga_collector_blind", "1 while it cannot see.")?;
    blind.set(i64::from(view.blind_since.is_some()));
    sheet.registry.register(Box::new(blind))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::known;

    #[test]
    fn numbers_become_the_names_of_the_contract_and_nothing_else() {
        let name = |prefix, number| known(prefix, number);
        assert_eq!(name("siaga_link_", "rtt_seconds").unwrap(), "siaga_link_rtt_seconds");
        assert_eq!(name("siaga_", "generator_running").unwrap(), "siaga_generator_running");
        assert_eq!(name("siaga_", "run_seconds").unwrap(), "siaga_generator_run_seconds");
        assert_eq!(name("siaga_", "device_present").unwrap(), "siaga_device_present");
        assert_eq!(name("siaga_link_", "sent"), None);
        assert_eq!(name("siaga_host_", "x{}_seconds"), None);
    }
}
