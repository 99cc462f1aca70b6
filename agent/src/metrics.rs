//! `GET /metrics` on loopback, off unless configured: what the probes saw, in Prometheus text.
//! Never listens on another address and never carries free text as a label.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use prometheus::{Encoder as _, GaugeVec, IntCounterVec, Opts, Registry, TextEncoder};
use siaga_wire::{Reading, Saw};
use tokio::net::TcpListener;

/// One slow reader may not hold a connection for ever.
const CONNECTION_DEADLINE: Duration = Duration::from_secs(10);

/// The numbers of this agent.
#[derive(Debug, Clone)]
pub struct Metrics(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    registry: Registry,
    gauges: BTreeMap<String, GaugeVec>,
    counters: BTreeMap<String, IntCounterVec>,
    /// Status words that each probe has shown: they are set to 0 when they go.
    words: BTreeMap<String, Vec<String>>,
}

impl Metrics {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(Inner {
            registry: Registry::new(),
            gauges: BTreeMap::new(),
            counters: BTreeMap::new(),
            words: BTreeMap::new(),
        })))
    }

    fn with<T>(&self, work: impl FnOnce(&mut Inner) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Enters what a probe of that kind saw.
    pub fn enter(&self, kind: &str, reading: &Reading<'_>, wall_ms: i64) {
        self.with(|inner| inner.enter(kind, reading, wall_ms));
    }

    /// Sets a number of the agent itself.
    pub fn set(&self, name: &str, value: f64) {
        self.with(|inner| {
            let name = format!("siaga_agent_{name}");
            if let Some(gauge) = inner.gauge(&name, &[]) {
                gauge.with_label_values::<&str>(&[]).set(value);
            }
        });
    }

    /// Counts something that the agent did.
    pub fn count(&self, name: &str, outcome: &str) {
        self.with(|inner| {
            let name = format!("siaga_agent_{name}_total");
            if let Some(counter) = inner.counter(&name, &["outcome"]) {
                counter.with_label_values(&[outcome]).inc();
            }
        });
    }

    /// All of them as text.
    ///
    /// # Errors
    /// When the encoder refuses one.
    pub fn text(&self) -> Result<Vec<u8>, prometheus::Error> {
        let families = self.with(|inner| inner.registry.gather());
        let mut text = Vec::new();
        TextEncoder::new().encode(&families, &mut text)?;
        Ok(text)
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

/// The part of a metric's name that says the kind.
fn family(kind: &str) -> &str {
    match kind {
        "ping" | "tcp" | "http" => "link",
        "sntp" => "clock",
        other => other,
    }
}

/// `siaga_ups_load_ratio`; a value that already says its kind says it once.
fn metric_name(family: &str, value: &str) -> String {
    if value.starts_with(family) {
        format!("siaga_{value}")
    } else {
        format!("siaga_{family}_{value}")
    }
}

impl Inner {
    fn enter(&mut self, kind: &str, reading: &Reading<'_>, wall_ms: i64) {
        let (family, probe) = (family(kind), reading.probe.as_ref());
        if family == "link" {
            self.set("siaga_link_up", probe, f64::from(u8::from(reading.saw == Saw::Answered)));
        }
        if reading.saw == Saw::Unreadable {
            return;
        }
        #[expect(clippy::cast_precision_loss, reason = "seconds need 32 bits")]
        self.set("siaga_probe_last_success_timestamp_seconds", probe, (wall_ms / 1_000) as f64);
        for (name, value) in &reading.values.0 {
            match name.as_ref() {
                "sent" | "lost" => {
                    let name = format!("siaga_link_probe_{name}_total");
                    if let Some(counter) = self.counter(&name, &["probe"]) {
                        #[expect(
                            clippy::cast_possible_truncation,
                            clippy::cast_sign_loss,
                            reason = "a small count"
                        )]
                        counter.with_label_values(&[probe]).inc_by(value.max(0.0) as u64);
                    }
                }
                name => self.set(&metric_name(family, name), probe, *value),
            }
        }
        self.enter_words(family, reading);
    }

    fn enter_words(&mut self, family: &str, reading: &Reading<'_>) {
        let mut known = self.words.remove(reading.probe.as_ref()).unwrap_or_default();
        for word in &reading.words {
            if !known.iter().any(|k| k == word) && known.len() < 64 {
                known.push(word.to_string());
            }
        }
        if let Some(gauge) = self.gauge(&format!("siaga_{family}_status"), &["probe", "status"]) {
            for word in &known {
                let shown = f64::from(u8::from(reading.words.iter().any(|w| w == word)));
                gauge.with_label_values(&[reading.probe.as_ref(), word.as_str()]).set(shown);
            }
        }
        self.words.insert(reading.probe.to_string(), known);
    }

    fn set(&mut self, name: &str, probe: &str, value: f64) {
        if let Some(gauge) = self.gauge(name, &["probe"]) {
            gauge.with_label_values(&[probe]).set(value);
        }
    }

    fn gauge(&mut self, name: &str, labels: &[&str]) -> Option<GaugeVec> {
        if let Some(gauge) = self.gauges.get(name) {
            return Some(gauge.clone());
        }
        let gauge = GaugeVec::new(Opts::new(name, help(name)), labels).ok()?;
        self.registry.register(Box::new(gauge.clone())).ok()?;
        self.gauges.insert(name.to_owned(), gauge.clone());
        Some(gauge)
    }

    fn counter(&mut self, name: &str, labels: &[&str]) -> Option<IntCounterVec> {
        if let Some(counter) = self.counters.get(name) {
            return Some(counter.clone());
        }
        let counter = IntCounterVec::new(Opts::new(name, help(name)), labels).ok()?;
        self.registry.register(Box::new(counter.clone())).ok()?;
        self.counters.insert(name.to_owned(), counter.clone());
        Some(counter)
    }
}

/// The name says it all; the format wants a sentence.
fn help(name: &str) -> String {
    name.trim_start_matches("siaga_").replace('_', " ")
}

/// Opens the port.
///
/// # Errors
/// When it is taken.
pub async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("listening on {address} for metrics"))
}

/// Answers until it is dropped.
pub async fn serve(listener: TcpListener, metrics: Metrics) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let metrics = metrics.clone();
                let answer = service_fn(move |request| {
                    let response = answer(&request, &metrics);
                    async move { Ok::<_, Infallible>(response) }
                });
                let connection = hyper::server::conn::http1::Builder::new()
                    .timer(TokioTimer::new())
                    .keep_alive(false)
                    .serve_connection(TokioIo::new(stream), answer);
                tokio::spawn(async move {
                    if let Ok(Err(error)) =
                        tokio::time::timeout(CONNECTION_DEADLINE, connection).await
                    {
                        tracing::debug!(%error, "a metrics connection ended");
                    }
                });
            }
            Err(error) => {
                tracing::warn!(%error, "accepting a metrics connection");
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

fn answer(request: &Request<Incoming>, metrics: &Metrics) -> Response<Full<Bytes>> {
    let (status, kind, body) = match (request.method(), request.uri().path()) {
        (&Method::GET, "/metrics") => match metrics.text() {
            Ok(text) => (StatusCode::OK, prometheus::TEXT_FORMAT, text),
            Err(error) => {
                (StatusCode::INTERNAL_SERVER_ERROR, "text/plain", error.to_string().into_bytes())
            }
        },
        _ => (StatusCode::NOT_FOUND, "text/plain", b"only GET /metrics is here\n".to_vec()),
    };
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(kind));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use siaga_wire::Values;

    fn reading(
        probe: &'static str,
        words: &[&'static str],
        values: &[(&'static str, f64)],
    ) -> Reading<'static> {
        let mut all = Values::default();
        values.iter().for_each(|(name, value)| all.push(*name, *value));
        let words = words.iter().map(|w| (*w).into()).collect();
        Reading {
            probe: probe.into(),
            role: None,
            saw: Saw::Answered,
            why: None,
            words,
            values: all,
        }
    }

    #[test]
    fn names_units_and_states_come_out_as_prometheus_wants_them() {
        let metrics = Metrics::new();
        let ping =
            reading("link.path", &[], &[("sent", 4.0), ("lost", 1.0), ("rtt_seconds", 0.031)]);
        metrics.enter("ping", &ping, 1_000);
        metrics.enter("ping", &ping, 2_000);
        metrics.enter("ups", &reading("power.ups", &["OL"], &[("load_ratio", 0.2)]), 3_000);
        metrics.enter("ups", &reading("power.ups", &["OB"], &[]), 4_000);
        metrics.enter(
            "generator",
            &reading("power.generator", &[], &[("generator_running", 1.0)]),
            4_000,
        );
        metrics.set("spool_bytes", 4096.0);
        metrics.count("reports", "committed");
        let text = String::from_utf8(metrics.text().unwrap()).unwrap();
        for line in [
            r#"siaga_link_probe_sent_total{probe="link.path"} 8"#,
            r#"siaga_link_probe_lost_total{probe="link.path"} 2"#,
            r#"siaga_link_rtt_seconds{probe="link.path"} 0.031"#,
            r#"siaga_link_up{probe="link.path"} 1"#,
            r#"siaga_ups_load_ratio{probe="power.ups"} 0.2"#,
            r#"siaga_ups_status{probe="power.ups",status="OL"} 0"#,
            r#"siaga_ups_status{probe="power.ups",status="OB"} 1"#,
            r#"siaga_generator_running{probe="power.generator"} 1"#,
            r#"siaga_probe_last_success_timestamp_seconds{probe="power.ups"} 4"#,
            "siaga_agent_spool_bytes 4096",
            r#"siaga_agent_reports_total{outcome="committed"} 1"#,
        ] {
            assert!(text.lines().any(|l| l == line), "{line}\n{text}");
        }
    }
}
