//! Offices and stations: everything about them that a text can get wrong.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use jiff::tz::TimeZone;
use siaga_decide::{LineId, MainsId, OfficeId, ProbeName, StationId, Throughput};

use super::check::{beside, duration, id, no_such};
use super::walk::{Section, Text};
use super::{Line, Office, Problem, Station};
use crate::hours::{HolidayList, Hours, HoursError, load_holidays};

/// What is needed where `needs` is absent.
const NEEDS: &str = "link.datacenter";

pub(super) fn read(
    top: &Section,
    dir: &Path,
    lines: &BTreeMap<LineId, Line>,
    cycle_ms: i64,
) -> BTreeMap<OfficeId, Office> {
    let mut offices = BTreeMap::new();
    let mut relays: Vec<(Section, OfficeId, Text)> = Vec::new();
    let mut lists = Lists { dir, read: BTreeMap::new() };
    for section in top.tables("office") {
        let id = id(&section, |id| offices.contains_key(&OfficeId::from(id)));
        let via = section.text("via");
        let office = office(&section, lines, &mut lists, cycle_ms, via.as_ref());
        section.finish_here();
        let Some(id) = id else { continue };
        if id.text == "all" {
            let what = "\"all\" means every office together in accounts";
            section.problem(id.at, "id", what, "give it a name of its own".to_owned());
        }
        let id = OfficeId::from(id.text.as_str());
        if let Some(via) = via {
            relays.push((section, id.clone(), via));
        }
        if let Some(office) = office {
            offices.insert(id, office);
        }
    }
    check_relays(&offices, &relays);
    offices
}

fn office(
    section: &Section,
    lines: &BTreeMap<LineId, Line>,
    lists: &mut Lists,
    cycle_ms: i64,
    via: Option<&Text>,
) -> Option<Office> {
    let name = section.must_text("name", "as people call the office");
    let zone = zone(section);
    let hours = hours(section, zone.as_ref(), lists);
    let district = section.text("district").and_then(|district| {
        let empty = district.text.trim().is_empty();
        if empty {
            section.problem(district.at, "district", "is empty", "leave it out".to_owned());
        }
        (!empty).then(|| Arc::from(district.text.trim()))
    });
    let throughput = section.table("throughput").and_then(|section| throughput(&section));
    let stations = stations(section);
    let needed = section.number("stations_needed", 1..10_000);
    if let Some((needed, at)) = needed
        && needed as usize > stations.len()
    {
        let what = format!("{needed} must serve, but the office has {}", stations.len());
        section.problem(at, "stations_needed", what, None);
    }
    let line = section.text("line").map(|line| {
        let id = LineId::from(line.text.as_str());
        if !lines.contains_key(&id) {
            let known: Vec<&str> = lines.keys().map(LineId::as_str).collect();
            no_such(section, "line", &line, "line", &known);
        }
        id
    });
    let mains = section.text("mains").map(|m| MainsId::from(m.text.as_str()));
    const DAY: i64 = 86_400_000;
    let open_after_ms = duration(section, "open_after", 1_000..=DAY).unwrap_or(60_000);
    let close_after_ms = duration(section, "close_after", 0..=DAY).unwrap_or(60_000);
    let merge_within_ms = duration(section, "merge_within", 0..=DAY).unwrap_or(300_000);
    let opening_grace_ms = duration(section, "opening_grace", 0..=DAY).unwrap_or(600_000);
    let settle_after_ms = duration(section, "settle_after", DAY..=366 * DAY).unwrap_or(14 * DAY);
    Some(Office {
        name: name?.text.into(),
        district,
        throughput,
        zone: zone?,
        hours: Arc::new(hours?),
        stations,
        stations_needed: needed.map_or(1, |(n, _)| n as usize),
        line,
        mains,
        via: via.map(|via| OfficeId::from(via.text.as_str())),
        open_after_ms: open_after_ms.max(3 * cycle_ms),
        close_after_ms,
        merge_within_ms,
        opening_grace_ms,
        settle_after_ms,
    })
}

/// The pace of an office: how many people it records in an hour of service.
fn throughput(section: &Section) -> Option<Throughput> {
    let pace = |key: &'static str, hint: &str| {
        let (value, at) = section.decimal(key, hint)?;
        if value > 0.0 && value <= 1_000.0 {
            return Some((value, at));
        }
        section.problem(at, key, "must be above 0 and at most 1000", None);
        None
    };
    let least = pace("per_hour_min", "people recorded in an hour on a slow day, like 4");
    let most = pace("per_hour_max", "people recorded in an hour on a busy day, like 8");
    if let (Some((least, _)), Some((most, at))) = (least, most)
        && most < least
    {
        let what = format!("{most} is less than per_hour_min, {least}");
        section.problem(at, "per_hour_max", what, None);
    }
    let target = section.number("target_per_year", 1..10_000_001).map(|(n, _)| n);
    section.finish_here();
    Some(Throughput { per_hour_min: least?.0, per_hour_max: most?.0, target_per_year: target })
}

fn zone(section: &Section) -> Option<TimeZone> {
    let zone = section.must_text("zone", "Asia/Jakarta, Asia/Makassar or Asia/Jayapura")?;
    match TimeZone::get(&zone.text) {
        Ok(found) => Some(found),
        Err(_) => {
            section.problem(
                zone.at,
                "zone",
                format!("{:?} is not an IANA time zone", zone.text),
                "Asia/Jakarta (WIB), Asia/Makassar (WITA) or Asia/Jayapura (WIT)".to_owned(),
            );
            None
        }
    }
}

fn hours(section: &Section, zone: Option<&TimeZone>, lists: &mut Lists) -> Option<Hours> {
    let text = section.must_text("hours", "like Mo-Th 08:00-16:00; Fr 08:00-11:30; PH off");
    let mut days = Vec::new();
    let mut whole = true;
    for name in section.texts("holidays").unwrap_or_default() {
        match lists.get(section, &name) {
            Some(list) => days.push(list),
            None => whole = false,
        }
    }
    let joint_leave = section.flag("cuti_bersama").unwrap_or(true);
    let ramadan = section.text("hours_ramadan");
    let text = text?;
    let at_fault = |text: &Text, key: &'static str, error: HoursError| {
        // The text begins one character after its quote.
        let before = text.text.chars().take(error.column.saturating_sub(1));
        let byte: usize = before.map(char::len_utf8).sum();
        section.problem(text.at + 1 + byte, key, error.what, error.hint);
    };
    let usual = Hours::parse(&text.text, zone.unwrap_or(&TimeZone::UTC), &days, joint_leave)
        .map_err(|error| at_fault(&text, "hours", error))
        .ok()?;
    let hours = match ramadan {
        Some(ramadan) => usual
            .with_ramadan(&ramadan.text)
            .map_err(|error| at_fault(&ramadan, "hours_ramadan", error))
            .ok()?,
        None => usual,
    };
    whole.then_some(hours)
}

fn stations(section: &Section) -> BTreeMap<StationId, Station> {
    let mut stations = BTreeMap::new();
    for station in section.tables("station") {
        let id = id(&station, |id| stations.contains_key(&StationId::from(id)));
        let needs = match station.texts("needs") {
            None => vec![ProbeName::from(NEEDS)],
            Some(needs) => {
                for need in needs.iter().filter(|need| !is_probe_name(&need.text)) {
                    let what = format!("{:?} is not a probe's name", need.text);
                    station.problem(need.at, "needs", what, "like link.datacenter".to_owned());
                }
                needs.iter().map(|need| ProbeName::from(need.text.as_str())).collect()
            }
        };
        if let Some(id) = id {
            stations.insert(StationId::from(id.text.as_str()), Station { needs });
        }
        station.finish();
    }
    if stations.is_empty() {
        let hint = "add [[office.station]] with an id, one for each recording PC".to_owned();
        section.problem(section.at, "station", "the office has no station", hint);
    }
    stations
}

fn is_probe_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    name.len() <= 100 && name.split('.').all(|part| !part.is_empty() && part.chars().all(plain))
}

fn check_relays(offices: &BTreeMap<OfficeId, Office>, relays: &[(Section, OfficeId, Text)]) {
    let known: Vec<&str> = offices.keys().map(OfficeId::as_str).collect();
    for (section, office, via) in relays {
        if !offices.contains_key(&OfficeId::from(via.text.as_str())) {
            no_such(section, "via", via, "office", &known);
            continue;
        }
        let mut at = OfficeId::from(via.text.as_str());
        let mut steps = 0;
        while at != *office && steps <= offices.len() {
            let Some(next) = offices.get(&at).and_then(|o| o.via.clone()) else { break };
            at = next;
            steps += 1;
        }
        if at == *office {
            section.problem(
                via.at,
                "via",
                "the way through relays leads back to this office",
                None,
            );
        }
    }
}

/// Holiday lists, each read once.
struct Lists<'a> {
    dir: &'a Path,
    read: BTreeMap<String, Option<HolidayList>>,
}

impl Lists<'_> {
    fn get(&mut self, section: &Section, name: &Text) -> Option<HolidayList> {
        if let Some(known) = self.read.get(&name.text) {
            return known.clone();
        }
        let path = beside(self.dir, &name.text);
        let list = match std::fs::read_to_string(&path) {
            Err(error) => {
                let what = format!("cannot read {}: {error}", path.display());
                let hint = "name one list for each year, like holidays/id-2026.toml; a path begins \
                            at this file's folder";
                section.problem(name.at, "holidays", what, hint.to_owned());
                None
            }
            Ok(text) => match load_holidays(&path, &text) {
                Ok(list) => Some(list),
                Err(problems) => {
                    for p in problems {
                        section.problem_elsewhere(Problem {
                            file: path.clone(),
                            line: p.line,
                            column: p.column,
                            path: p.path,
                            what: p.what,
                            hint: Some(p.hint),
                        });
                    }
                    None
                }
            },
        };
        self.read.insert(name.text.clone(), list.clone());
        list
    }
}
