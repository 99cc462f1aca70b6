//! Reads what was written piece by piece, so that one piece that cannot be read hides no other.
//! Knows nothing of what a setting means.

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue, ValueDeserializer};

use crate::probe::{Problem as Wrong, RawProbes};

/// One value, or one problem.
pub(super) fn one<'de, T: Deserialize<'de>>(
    value: Spanned<DeValue<'de>>,
    path: &str,
    problems: &mut Vec<Wrong>,
) -> Option<T> {
    let span = value.span();
    match T::deserialize(ValueDeserializer::from(value)) {
        Ok(value) => Some(value),
        Err(error) => {
            problems.push(wrong_in(&error, path, span));
            None
        }
    }
}

/// The probes, each `[[probe.KIND]]` table by itself.
pub(super) fn probes<'de>(value: Spanned<DeValue<'de>>, problems: &mut Vec<Wrong>) -> RawProbes {
    let span = value.span();
    let mut all = RawProbes::default();
    let DeValue::Table(kinds) = value.into_inner() else {
        problems.push(Wrong {
            span,
            path: "probe".into(),
            what: "is not a group of tables".into(),
            hint: Some("write [[probe.ping]], [[probe.ups]], …".into()),
        });
        return all;
    };
    for (kind, value) in kinds {
        let path = format!("probe.{}", kind.get_ref());
        let span = value.span();
        let entries = match value.into_inner() {
            DeValue::Array(entries) => entries.into_iter().collect(),
            other @ (DeValue::String(_)
            | DeValue::Integer(_)
            | DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Table(_)) => vec![Spanned::new(span, other)],
        };
        for entry in entries {
            let read = |entry: Spanned<DeValue<'de>>| {
                let at = entry.span();
                let alone = DeValue::Array([entry].into_iter().collect());
                let table = DeTable::from_iter([(kind.clone(), Spanned::new(at.clone(), alone))]);
                let alone = Spanned::new(at, DeValue::Table(table));
                RawProbes::deserialize(ValueDeserializer::from(alone))
            };
            if let Some(one) = piecewise(entry, &path, problems, read) {
                let RawProbes { ping, tcp, http, ups, generator, device, command, sntp, host } =
                    one;
                all.ping.extend(ping);
                all.tcp.extend(tcp);
                all.http.extend(http);
                all.ups.extend(ups);
                all.generator.extend(generator);
                all.device.extend(device);
                all.command.extend(command);
                all.sntp.extend(sntp);
                all.host.extend(host);
            }
        }
    }
    all
}

/// Reads a table, or says everything that cannot be read in it: one setting after the other is
/// taken out, because the first would hide the rest. What is left then is not used, for it would
/// only bring follow-up problems.
fn piecewise<'de, T>(
    mut entry: Spanned<DeValue<'de>>,
    path: &str,
    problems: &mut Vec<Wrong>,
    read: impl Fn(Spanned<DeValue<'de>>) -> Result<T, toml::de::Error>,
) -> Option<T> {
    let mut is_whole = true;
    loop {
        let error = match read(entry.clone()) {
            Ok(value) => return is_whole.then_some(value),
            Err(error) => error,
        };
        let at = error.span().map(|span| span.start);
        let key = at.and_then(|at| key_at(&entry, at));
        // That a needed setting is missing is only true where none was taken out.
        if key.is_some() || is_whole {
            problems.push(wrong_in(&error, path, entry.span()));
        }
        is_whole = false;
        match (entry.get_mut(), key) {
            (DeValue::Table(table), Some(key)) => table.remove(&key),
            (_, _) => return None,
        };
    }
}

/// The setting of a table at a place in the file.
fn key_at<'de>(entry: &Spanned<DeValue<'de>>, at: usize) -> Option<Spanned<DeString<'de>>> {
    let DeValue::Table(table) = entry.get_ref() else { return None };
    let holds = |key: &Spanned<DeString>, value: &Spanned<DeValue>| {
        key.span().contains(&at) || value.span().contains(&at)
    };
    table.iter().find(|(key, value)| holds(key, value)).map(|(key, _)| key.clone())
}

/// What is wrong, at the whole value where the error has no place of its own.
fn wrong_in(error: &toml::de::Error, path: &str, whole: std::ops::Range<usize>) -> Wrong {
    let mut wrong = from_toml(error, path.to_owned());
    if error.span().is_none() {
        wrong.span = whole;
    }
    wrong
}

pub(super) fn from_toml(error: &toml::de::Error, path: String) -> Wrong {
    let path = if path.is_empty() { "file".to_owned() } else { path };
    Wrong { span: error.span().unwrap_or(0..0), path, what: error.message().to_owned(), hint: None }
}
