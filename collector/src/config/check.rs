//! Raw file → checked [`Config`]; finds every problem before it answers.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use siaga_decide::LineId;
use toml::de::DeTable;

use super::walk::{Problems, Section, Text, nearest};
use super::{Config, Language, Line, Problem, contacts, durations, offices};

/// Reads and checks a file, and the files it names.
///
/// # Errors
/// Everything that is wrong, at once.
pub fn load(path: &Path) -> Result<Config, Vec<Problem>> {
    match std::fs::read_to_string(path) {
        Ok(text) => parse(path, &text),
        Err(error) => Err(vec![Problem {
            file: path.to_owned(),
            line: 1,
            column: 1,
            path: String::new(),
            what: format!("cannot be read: {error}"),
            hint: Some("name the configuration with --config FILE".to_owned()),
        }]),
    }
}

/// Checks a text as if it were that file; opens only the files that it names.
///
/// # Errors
/// Everything that is wrong, at once.
pub fn parse(path: &Path, text: &str) -> Result<Config, Vec<Problem>> {
    let problems = Problems::new(path, text);
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let at = error.span().map_or(0, |span| span.start);
        problems.add(at, "", error.message(), None);
    }
    if !errors.is_empty() {
        // What could not be parsed would only show up again as missing.
        return Err(problems.into_all());
    }
    let config = whole(path, &Section::top(&problems, table.get_ref()));
    let found = problems.into_all();
    match config {
        Some(config) if found.is_empty() => Ok(config),
        Some(_) | None => Err(found),
    }
}

fn whole(path: &Path, top: &Section) -> Option<Config> {
    let listen = address(top, "listen").unwrap_or(([0, 0, 0, 0], 8443).into());
    let plain_listen = address(top, "plain_listen");
    if let Some(plain) = plain_listen
        && !plain.ip().is_loopback()
    {
        let at = top.text("plain_listen").map_or(0, |t| t.at);
        top.problem(
            at,
            "plain_listen",
            format!("{} is not a loopback address: tokens would travel in the clear", plain.ip()),
            "use 127.0.0.1, and a reverse proxy on this machine".to_owned(),
        );
    }
    let names = names(top);
    let data = top.must_text("data", "a directory for database, keys and certificates");
    let language = language(top).unwrap_or_default();
    let cycle_ms = duration(top, "cycle", 1_000..=600_000).unwrap_or(15_000);
    let canary = targets(top, "canary", "10.20.0.1:443");
    let datacenter = targets(top, "datacenter", "10.10.0.2:443");
    if let Some(first) = datacenter.first().filter(|_| canary.is_empty()) {
        let what = "needs a canary: without one a cut of this collector's own line would look like \
                    an outage of the data center";
        top.problem(first.at, "datacenter", what, "add canary = [\"10.20.0.1:443\"]".to_owned());
    }
    let raw_days = top.number("raw_days", 1..3651).map_or(7, |(n, _)| n);
    let lines = lines(top);
    let line = top.text("own_line");
    if let Some(line) =
        line.as_ref().filter(|l| !lines.contains_key(&LineId::from(l.text.as_str())))
    {
        let what = format!("there is no [[line]] with the id {:?}", line.text);
        top.problem(
            line.at,
            "own_line",
            what,
            "leave it out if no office uses that line".to_owned(),
        );
    }
    let dir = path.parent().unwrap_or(Path::new(""));
    let offices = offices::read(top, dir, &lines, cycle_ms);
    let channels = contacts::channels(top, dir);
    let contacts = contacts::read(top, &offices, &channels, language);
    top.finish_here();
    Some(Config {
        path: path.to_owned(),
        listen,
        plain_listen,
        names,
        data: beside(dir, &data?.text),
        language,
        cycle_ms,
        canary: canary.into_iter().map(|t| t.text).collect(),
        datacenter: datacenter.into_iter().map(|t| t.text).collect(),
        line: line.map(|l| LineId::from(l.text.as_str())),
        raw_days,
        lines,
        offices,
        channels,
        contacts,
    })
}

/// A path as written means: relative to the configuration's directory.
pub(super) fn beside(dir: &Path, path: &str) -> PathBuf {
    dir.join(path)
}

fn address(top: &Section, key: &'static str) -> Option<SocketAddr> {
    let text = top.text(key)?;
    let parsed = text.text.parse();
    if parsed.is_err() {
        let what = format!("{:?} is not an address and port", text.text);
        top.problem(text.at, key, what, "like 0.0.0.0:8443 or [::]:8443".to_owned());
    }
    parsed.ok()
}

fn names(top: &Section) -> Vec<String> {
    let names = top.texts("names").unwrap_or_default();
    for name in &names {
        let ip = name.text.parse::<std::net::IpAddr>().is_ok();
        if !ip && rustls::pki_types::DnsName::try_from(name.text.as_str()).is_err() {
            let what = format!("{:?} is neither a DNS name nor an address", name.text);
            top.problem(name.at, "names", what, "leave out https:// and the port".to_owned());
        }
    }
    names.into_iter().map(|t| t.text).collect()
}

pub(super) fn language(section: &Section) -> Option<Language> {
    let text = section.text("language")?;
    let language = Language::from_code(&text.text);
    if language.is_none() {
        let what = format!("{:?} is not a language here", text.text);
        section.problem(text.at, "language", what, "\"id\" or \"en\"".to_owned());
    }
    language
}

/// Milliseconds, within bounds.
pub(super) fn duration(
    section: &Section,
    key: &'static str,
    bounds: std::ops::RangeInclusive<i64>,
) -> Option<i64> {
    let text = section.text(key)?;
    let Some(ms) = durations::read(&text.text) else {
        let what = format!("{:?} is not a duration", text.text);
        section.problem(text.at, key, what, "like 60s, 5m, 8h or 14d".to_owned());
        return None;
    };
    if !bounds.contains(&ms) {
        let (least, most) = (durations::show(*bounds.start()), durations::show(*bounds.end()));
        section.problem(text.at, key, format!("must be from {least} to {most}"), None);
        return None;
    }
    Some(ms)
}

fn is_host_port(text: &str) -> bool {
    text.rsplit_once(':').is_some_and(|(host, port)| {
        !host.is_empty() && port.parse::<u16>().is_ok_and(|port| port > 0)
    })
}

/// A list of `host:port`.
fn targets(top: &Section, key: &'static str, example: &str) -> Vec<Text> {
    let list = top.texts(key).unwrap_or_default();
    for target in list.iter().filter(|t| !is_host_port(&t.text)) {
        top.problem(target.at, key, "must be host:port", example.to_owned());
    }
    list
}

fn lines(top: &Section) -> BTreeMap<LineId, Line> {
    let mut lines = BTreeMap::new();
    for section in top.tables("line") {
        let id = id(&section, |id| lines.contains_key(&LineId::from(id)));
        let provider = section.must_text("provider", "who runs the line");
        if let (Some(id), Some(provider)) = (id, provider) {
            lines.insert(LineId::from(id.text.as_str()), Line { provider: provider.text.into() });
        }
        section.finish();
    }
    lines
}

/// An id: present, made of plain characters, not used twice.
pub(super) fn id(section: &Section, taken: impl Fn(&str) -> bool) -> Option<Text> {
    let id = section.must_text("id", "a short name of letters, digits and hyphens")?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !id.text.chars().all(plain) || id.text.len() > 64 {
        section.problem(
            id.at,
            "id",
            format!("{:?} cannot be an id: it appears in addresses and file names", id.text),
            "at most 64 letters, digits, hyphens, dots".to_owned(),
        );
        return None;
    }
    if taken(&id.text) {
        section.problem(id.at, "id", format!("{:?} is used twice", id.text), None);
        return None;
    }
    Some(id)
}

/// Notes a name that refers to nothing.
pub(super) fn no_such(section: &Section, key: &str, name: &Text, what: &str, known: &[&str]) {
    let hint = if known.is_empty() {
        format!("no [[{what}]] that can be read is in this file")
    } else {
        nearest(&name.text, known).unwrap_or_default()
    };
    section.problem(name.at, key, format!("there is no {what} {:?}", name.text), hint);
}

#[cfg(test)]
mod tests;
