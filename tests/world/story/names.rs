//! Which thing a word in a story names, and the shortest word that names it.

use super::switch::{Names, On};
use crate::world::truth::Truth;

/// All things of a kind, each with its full name.
pub(super) fn all(truth: &Truth, names: Names) -> Vec<(On, String)> {
    let offices = truth.offices.iter().enumerate();
    match names {
        Names::Mains => {
            truth.mains.iter().enumerate().map(|(i, m)| (On::Mains(i), m.id.clone())).collect()
        }
        Names::Line => {
            truth.lines.iter().enumerate().map(|(i, l)| (On::Line(i), l.id.clone())).collect()
        }
        Names::Office => offices.map(|(i, o)| (On::Office(i), o.id.clone())).collect(),
        Names::Station => offices
            .flat_map(|(i, o)| {
                let stations = o.stations.iter().enumerate();
                stations.map(move |(j, s)| (On::Station(i, j), format!("{}/{}", o.id, s.id)))
            })
            .collect(),
        Names::Only => vec![(On::Only, String::new())],
    }
}

/// The one that a word names; the word may be empty where there is one only, and the office may be
/// left out where no other has a station of that name.
pub(super) fn find(truth: &Truth, names: Names, word: &str) -> Result<On, String> {
    let all = all(truth, names);
    let fits = |full: &str| {
        word.is_empty() || full == word || full.split_once('/').is_some_and(|(_, id)| id == word)
    };
    let mut found = all.iter().filter(|(_, full)| fits(full));
    match (found.next(), found.next()) {
        (Some((on, _)), None) => Ok(*on),
        (Some(_), Some(_)) | (None, _) => {
            let known: Vec<&str> = all.iter().map(|(_, full)| full.as_str()).collect();
            Err(format!("name one of {}", known.join(", ")))
        }
    }
}

/// The shortest word that [`find`] understands.
pub(super) fn short(truth: &Truth, names: Names, on: On) -> String {
    let full = all(truth, names).into_iter().find(|(other, _)| *other == on);
    let Some((_, full)) = full else { return String::new() };
    let id = full.split_once('/').map_or(full.as_str(), |(_, id)| id);
    let tries = ["", id];
    let found = tries.into_iter().find(|word| find(truth, names, word) == Ok(on));
    found.map_or(full.clone(), str::to_owned)
}
