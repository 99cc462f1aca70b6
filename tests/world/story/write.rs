//! From a truth to a story's text, such that reading gives the same truth back.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::hours;
use super::moment::{self, lasting};
use super::names::{all, short};
use super::switch::{MOMENTS, Names, On, SWITCHES};
use crate::world::truth::{Generator, Office, Plan, Scope, Second, Station, Truth};

/// Writes a script.
pub(super) fn write(truth: &Truth) -> String {
    let named = truth.offices.iter().find(|office| !office.zone.is_empty());
    let zone = named.map_or(Ok(TimeZone::UTC), |office| moment::zone(&office.zone));
    let zone = zone.unwrap_or(TimeZone::UTC);
    let mut out: Vec<String> = Vec::new();
    if let Some(office) = named {
        out.push(format!("zone {}", office.zone));
    }
    let day = moment::civil(truth.span.from, &zone).date();
    let last = moment::civil(truth.span.to, &zone).date();
    out.push(format!(
        "play {day} {} to {last} {}",
        moment::time(truth.span.from, day, &zone),
        moment::time(truth.span.to, last, &zone)
    ));
    out.push(format!("seed {}", truth.seed));
    out.push(format!("cycle {}", lasting(truth.cycle)));
    if truth.collector.behind_path {
        out.push("collector behind path".to_owned());
    }
    if truth.collector.watches {
        out.push("collector watches center".to_owned());
    }
    out.extend(truth.lines.iter().map(|line| format!("line {}", quoted(&line.id))));
    out.extend(truth.mains.iter().map(|mains| format!("mains {}", quoted(&mains.id))));
    for office in &truth.offices {
        out.push(office_line(truth, office));
        let own = moment::zone(&office.zone).unwrap_or_else(|_| zone.clone());
        let hours = hours::describe(&office.open, truth.span, &own);
        let week = hours::week_text(&hours.week);
        if !week.is_empty() {
            out.push(format!("  hours {week}"));
        }
        for (day, text) in &hours.days {
            out.push(format!("  day {day} {}", if text.is_empty() { "closed" } else { text }));
        }
        out.extend(office.stations.iter().map(station_line));
        if let Some(generator) = &office.generator {
            out.push(generator_line(office, generator));
        }
    }
    out.extend(events(truth, &zone));
    out.push(String::new());
    out.join("\n")
}

fn quoted(text: &str) -> String {
    let plain = !text.is_empty() && !text.contains(|c: char| c.is_whitespace() || c == '#');
    if plain { text.to_owned() } else { format!("\"{text}\"") }
}

/// A word and a duration, where it is not what a story leaves out.
fn unless(out: &mut String, word: &str, value: i64, usual: i64) {
    if value != usual {
        out.push_str(&format!(" {word} {}", lasting(value)));
    }
}

fn office_line(truth: &Truth, office: &Office) -> String {
    let mut out = format!("office {}", quoted(&office.id));
    if !office.name.is_empty() {
        out.push_str(&format!(" name {}", quoted(&office.name)));
    }
    if !office.zone.is_empty() {
        out.push_str(&format!(" zone {}", office.zone));
    }
    if let Some(line) = truth.lines.get(office.line).filter(|_| truth.lines.len() > 1) {
        out.push_str(&format!(" line {}", quoted(&line.id)));
    }
    if let Some(mains) = truth.mains.get(office.mains).filter(|_| truth.mains.len() > 1) {
        out.push_str(&format!(" mains {}", quoted(&mains.id)));
    }
    if office.mains_named {
        out.push_str(" mains-named");
    }
    if office.stations_needed != 1 {
        out.push_str(&format!(" needed {}", office.stations_needed));
    }
    if let Some(via) = office.via.and_then(|via| truth.offices.get(via)) {
        out.push_str(&format!(" via {}", quoted(&via.id)));
    }
    unless(&mut out, "router-ups", office.router.ups_for, 0);
    unless(&mut out, "router-starts", office.router.starts_in, 60);
    if let Some(battery) = office.provider_battery {
        out.push_str(&format!(" provider-battery {}", lasting(battery)));
    }
    unless(&mut out, "open-after", office.open_after, 60);
    unless(&mut out, "close-after", office.close_after, 60);
    unless(&mut out, "merge-within", office.merge_within, 300);
    unless(&mut out, "opening-grace", office.opening_grace, 600);
    unless(&mut out, "settle-after", office.settle_after, 14 * 86_400);
    out
}

fn station_line(station: &Station) -> String {
    let mut out = format!("  station {}", quoted(&station.id));
    unless(&mut out, "boots", station.boots_in, 60);
    if let Some(ups) = &station.ups {
        out.push_str(&format!(" ups {}", lasting(ups.holds)));
        unless(&mut out, "ups-low", ups.low, 120);
        if ups.orders_shutdown {
            out.push_str(" ups-orders-shutdown");
        }
        if !ups.asked {
            out.push_str(" ups-unasked");
        }
    }
    if station.needs_device {
        out.push_str(" needs-device");
    }
    if station.log_tells_power {
        out.push_str(" log-tells-power");
    }
    if station.clock.drift_ppm != 0 {
        out.push_str(&format!(" clock-drift {}ppm", station.clock.drift_ppm));
    }
    unless(&mut out, "clock-ahead", station.clock.wall_ahead, 0);
    if let Some(at) = station.clock.wall_after_cut {
        let day = moment::civil(at, &TimeZone::UTC).date();
        let time = moment::time(at, day, &TimeZone::UTC);
        out.push_str(&format!(" clock-after-cut {day} {time}"));
    }
    if let Some(after) = station.clock.set_right_after {
        out.push_str(&format!(" clock-set-after {}", lasting(after)));
    }
    out
}

fn generator_line(office: &Office, generator: &Generator) -> String {
    let mut out = "  generator".to_owned();
    if let Some(starts) = generator.starts_after {
        out.push_str(&format!(" starts {}", lasting(starts)));
    }
    if let Some(fuel) = generator.fuel_for {
        out.push_str(&format!(" fuel {}", lasting(fuel)));
    }
    for by in generator.asked_by.iter().filter_map(|by| office.stations.get(*by)) {
        out.push_str(&format!(" asked-by {}", quoted(&by.id)));
    }
    out
}

/// Everything that happens, in order; ends before beginnings.
fn events(truth: &Truth, zone: &TimeZone) -> Vec<String> {
    let mut found: Vec<(Second, bool, String)> = Vec::new();
    let with = |word: &str, name: &str, rest: String| {
        if name.is_empty() {
            format!("{word} {rest}")
        } else {
            format!("{word} {} {rest}", quoted(name))
        }
    };
    let counted = |counts: bool, words: &str, length: i64| {
        if counts { format!("{words} {}", lasting(length)) } else { words.to_owned() }
    };
    for switch in SWITCHES {
        for (on, _) in all(truth, switch.names) {
            let name = short(truth, switch.names, on);
            for (span, length) in (switch.read)(truth, on) {
                let open = counted(switch.counts, switch.open, length);
                found.push((span.from, true, with(switch.subject, &name, open)));
                if span.to != truth.span.to {
                    let close = with(switch.subject, &name, switch.close.to_owned());
                    found.push((span.to, false, close));
                }
            }
        }
    }
    for moment in MOMENTS {
        for (on, _) in all(truth, moment.names) {
            let name = short(truth, moment.names, on);
            for (at, length) in (moment.read)(truth, on) {
                let words = counted(moment.counts, moment.word, length);
                found.push((at, true, with(moment.subject, &name, words)));
            }
        }
    }
    for ack in &truth.acks {
        let name = short(truth, Names::Office, On::Office(ack.office));
        found.push((ack.at, true, format!("acknowledged {}", quoted(&name)).replace(" \"\"", "")));
    }
    for plan in &truth.plans {
        found.push((plan.declared, true, plan_text(truth, plan, zone)));
    }
    found.sort_by_key(|(at, begins, _)| (*at, *begins));
    let mut out = Vec::new();
    let mut today = None;
    for (at, _, text) in found {
        let day = moment::civil(at, zone).date();
        if today != Some(day) {
            out.push(format!("\n{day}"));
            today = Some(day);
        }
        out.push(format!("{} {text}", moment::time(at, day, zone)));
    }
    out
}

fn plan_text(truth: &Truth, plan: &Plan, zone: &TimeZone) -> String {
    let (word, names, on) = match plan.scope {
        Scope::Office(i) => ("office", Names::Office, On::Office(i)),
        Scope::Line(i) => ("line", Names::Line, On::Line(i)),
        Scope::Mains(i) => ("mains", Names::Mains, On::Mains(i)),
        Scope::Center => ("center", Names::Only, On::Only),
    };
    let name = short(truth, names, on);
    let name = if name.is_empty() { name } else { format!(" {}", quoted(&name)) };
    let mut today = moment::civil(plan.declared, zone).date();
    let mut time = |at: Second| {
        let day: Date = moment::civil(at, zone).date();
        let other = if day == today { String::new() } else { format!("{day} ") };
        today = day;
        format!("{other}{}", moment::time(at, day, zone))
    };
    let (from, to) = (time(plan.span.from), time(plan.span.to));
    format!("plan {word}{name} from {from} to {to}")
}
