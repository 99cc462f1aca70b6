//! Link: does a page answer as it should. Every layer below it is told apart: the connection, TLS
//! with the end of the certificates, the status, a redirect to another host, a text in the body. A
//! sign-in or quota page of the provider is an answer, but not that of the service: an `error`.
//! Asks with GET, follows nothing, sends no secret.

mod answer;
mod exchange;
mod trust;
mod url;

use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use serde::Deserialize;
use siaga_wire::{Reading, Saw};
use tokio::net::TcpStream;
use tokio::time::timeout_at;
use tokio_rustls::TlsConnector;
use toml::Spanned;

use self::answer::{Answer, Expect, compare};
use self::trust::{Dates, Trust, Witness};
use self::url::{Url, url};
use super::blocking::Blocking;
use super::dial::{NoConnection, dial};
use super::lookup::Lookup;
use super::reading::{empty, four_digits, printable, push_word};
use super::setting::{Check, RawTiming, Timing, path};
use super::target::{Role, role};
use crate::clock;

/// Longest reason, in letters.
const WHY_MAX: usize = 200;
/// Longest expected text, in bytes.
const BODY_TEXT_MAX: usize = 1024;

/// `[[probe.http]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The probe's name.
    pub name: Spanned<String>,
    /// What it watches, where the name does not say it.
    pub role: Option<Spanned<Role>>,
    /// `https://host[:port]/path`, or `http://`.
    pub url: Spanned<String>,
    /// Statuses that are right; every one from 200 to 399 if left out.
    pub status: Option<Spanned<Vec<u16>>>,
    /// Text that the first 64 KiB of the body must hold.
    pub body: Option<Spanned<String>>,
    /// File with the certificates (PEM) that are trusted instead of the system's.
    pub ca: Option<Spanned<String>>,
    /// Period; 60s: a TLS handshake costs about 5 KB on the line.
    pub every: Option<Spanned<String>>,
    /// Deadline over everything; 10s.
    pub timeout: Option<Spanned<String>>,
}

impl Config {
    pub(super) fn build(self, check: &mut Check<'_>) -> Option<Http> {
        let timing = check.timing(&RawTiming {
            kind: "http",
            name: &self.name,
            every: self.every.as_ref(),
            timeout: self.timeout.as_ref(),
            default_every: Duration::from_secs(60),
            default_timeout: Duration::from_secs(10),
        });
        let role = role(check, "http", &self.name, self.role.as_ref());
        let mut wrong = |at: std::ops::Range<usize>, key: &str, what: String, hint: &str| {
            check.problem(at, path("http", self.name.get_ref(), key), what, hint);
        };
        let url = match url(self.url.get_ref())
            .and_then(|url| url.server_name().map(|_| url).map_err(|_| "names no host"))
        {
            Ok(url) => Some(url),
            Err(what) => {
                let what = format!("{:?} {what}", self.url.get_ref());
                wrong(self.url.span(), "url", what, "such as https://dc.example/health");
                None
            }
        };
        if let Some(list) = &self.status
            && (list.get_ref().is_empty() || list.get_ref().iter().any(|s| !(100..600).contains(s)))
        {
            let what = format!("{:?} is no list of statuses", list.get_ref());
            wrong(list.span(), "status", what, "such as [200, 204]");
        }
        if let Some(text) = &self.body
            && (text.get_ref().is_empty() || text.get_ref().len() > BODY_TEXT_MAX)
        {
            let what = "is empty, or longer than 1024 letters".to_owned();
            wrong(text.span(), "body", what, "a few words that only the real page has");
        }
        let tls = self.ca.as_ref().map(|file| (file, Trust::file(file.get_ref().as_ref())));
        let client = match tls.map(|(file, trust)| (file, trust.and_then(Trust::client))) {
            None => None,
            Some((_, Ok(client))) => Some(client),
            Some((file, Err(why))) => {
                let what = format!("{:?} cannot be used: {why}", file.get_ref());
                wrong(file.span(), "ca", what, "a file with certificates in PEM");
                return None;
            }
        };
        let url = url?;
        let expect = Expect {
            host: url.host.clone(),
            status: self.status.map(Spanned::into_inner).unwrap_or_default(),
            body: self.body.map(Spanned::into_inner),
        };
        let lookup = Lookup::new(url.host.clone());
        Some(Http { timing: timing?, role, lookup, url, expect, client, system: Blocking::new() })
    }
}

type Client = (Arc<ClientConfig>, Arc<Witness>);

/// The probe.
#[derive(Debug)]
pub struct Http {
    pub(super) timing: Timing,
    pub(super) role: Option<Role>,
    lookup: Lookup,
    url: Url,
    expect: Expect,
    /// Made at the first question where it is the system that is trusted.
    client: Option<Client>,
    system: Blocking<Result<Trust, String>>,
}

/// Why there is no answer.
struct Failed {
    saw: Saw,
    word: Option<&'static str>,
    why: Option<String>,
}

impl Failed {
    fn new(saw: Saw, word: Option<&'static str>, why: String) -> Self {
        Self { saw, word, why: Some(why) }
    }
}

impl Http {
    pub(super) async fn query(&mut self) -> Reading<'static> {
        let mut reading = empty(&self.timing.name, Saw::Timeout);
        reading.role = self.role.map(|role| role.word().into());
        let deadline = clock::instant() + self.timing.timeout;
        let outcome = timeout_at(deadline, self.page(&mut reading)).await;
        let (saw, word, why) = match outcome {
            Ok(Ok(answer)) => {
                reading.values.push("http_status", f64::from(answer.status));
                compare(&self.expect, &answer)
            }
            Ok(Err(failed)) => (failed.saw, failed.word, failed.why),
            Err(_) => (Saw::Timeout, None, self.silent(&reading)),
        };
        reading.saw = saw;
        reading.why = why.map(|why| printable(&why, WHY_MAX).into());
        if let Some(word) = word {
            push_word(&mut reading.words, word);
        }
        reading
    }

    /// Which layer kept silent, as far as the values tell.
    fn silent(&self, reading: &Reading<'_>) -> Option<String> {
        reading.values.get("connect_seconds")?;
        let shaken = reading.values.get("tls_seconds").is_some();
        let layer = if self.url.tls && !shaken { "TLS" } else { "HTTP" };
        Some(format!("connected, but {layer} did not answer within {:?}", self.timing.timeout))
    }

    /// Asks for the page, layer by layer; leaves in `reading` what each of them said.
    async fn page(&mut self, reading: &mut Reading<'static>) -> Result<Answer, Failed> {
        let unreadable = |why| Failed::new(Saw::Unreadable, None, why);
        let client =
            if self.url.tls { Some(self.client().await.map_err(unreadable)?) } else { None };
        let started = clock::instant();
        let half = self.timing.timeout / 2;
        let found = self.lookup.addresses(half).await.map_err(unreadable)?;
        if found.stale {
            push_word(&mut reading.words, "name_not_resolved");
        }
        let left = self.timing.timeout.saturating_sub(started.elapsed());
        let dialled = dial(&found, self.url.port, left)
            .await
            .map_err(|NoConnection { saw, why }| Failed { saw, word: None, why })?;
        reading.values.push("connect_seconds", four_digits(dialled.seconds));
        match client {
            Some(client) => self.over_tls(dialled.stream, client, reading).await,
            None => self.ask(dialled.stream, reading).await,
        }
    }

    async fn over_tls(
        &self,
        stream: TcpStream,
        (config, witness): Client,
        reading: &mut Reading<'static>,
    ) -> Result<Answer, Failed> {
        let name = self.url.server_name();
        let name = name.map_err(|why| Failed::new(Saw::Unreadable, None, why))?;
        let started = clock::instant();
        witness.take();
        let shaken = TlsConnector::from(config).connect(name, stream).await;
        let dates = witness.take();
        if let Some(dates) = dates {
            #[expect(clippy::cast_precision_loss, reason = "seconds need 40 bits")]
            reading.values.push("tls_expiry_timestamp_seconds", dates.earliest as f64);
        }
        let stream = shaken.map_err(|error| {
            Failed::new(Saw::Error, Some(trust::word(&error)), format!("no TLS: {error}"))
        })?;
        reading.values.push("tls_seconds", four_digits(started.elapsed().as_secs_f64()));
        if let Some(word) = dates.map_or(Ok(None), in_time)? {
            push_word(&mut reading.words, word);
        }
        self.ask(stream, reading).await
    }

    async fn ask<S>(&self, stream: S, reading: &mut Reading<'static>) -> Result<Answer, Failed>
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Send + Unpin + 'static,
    {
        let started = clock::instant();
        let answer = exchange::get(stream, &self.url, self.expect.body.as_deref()).await;
        let answer = answer.map_err(|why| Failed::new(Saw::Error, Some("no_http"), why))?;
        reading.values.push("answer_seconds", four_digits(started.elapsed().as_secs_f64()));
        Ok(answer)
    }

    /// The client that trusts what the configuration says.
    async fn client(&mut self) -> Result<Client, String> {
        if let Some(client) = &self.client {
            return Ok(client.clone());
        }
        let trust = self.system.ask(self.timing.timeout / 2, Trust::system).await??;
        Ok(self.client.insert(trust.client()?).clone())
    }
}

/// Whether the server's own certificate is valid by this PC's clock. One that is not valid *yet*
/// shows a clock that is behind, which says nothing of the server.
fn in_time(dates: Dates) -> Result<Option<&'static str>, Failed> {
    if dates.now > dates.not_after {
        let ended = clock::wall_text(dates.not_after.saturating_mul(1_000));
        let why = format!("the certificate ended {ended}");
        return Err(Failed::new(Saw::Error, Some("certificate_expired"), why));
    }
    Ok((dates.now < dates.not_before).then_some("clock_before_certificate"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_that_has_ended_is_an_error_and_one_of_the_future_shows_the_clock() {
        let at = |now| in_time(Dates { not_before: 100, not_after: 200, earliest: 150, now });
        assert!(at(100).is_ok_and(|word| word.is_none()) && at(200).is_ok_and(|w| w.is_none()));
        assert!(at(99).is_ok_and(|word| word == Some("clock_before_certificate")));
        let ended = at(201).err().unwrap();
        assert_eq!((ended.saw, ended.word), (Saw::Error, Some("certificate_expired")));
        assert_eq!(ended.why.unwrap(), "the certificate ended 1970-01-01T00:03:20Z");
    }
}
