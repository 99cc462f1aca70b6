//! What rebuilding costs: a year of a city's stretches, made here in memory, through `ledger`, and
//! a month's account from what that finds. Ten offices with two stations and eight probes each,
//! every probe's answer changing once an hour; a link cut a day and a power cut a week per office,
//! and two of the PCs are shut down every night.

use std::collections::BTreeMap;
use std::sync::Arc;

use siaga_decide::{
    Anchor, Answer, At, Boot, BootId, Calendar, Case, Fact, Inputs, LastWords, Ledger, Line,
    LineId, MainsId, Mark, Number, Office, OfficeId, PreviousEnd, ProbeName, Rhythm, Role, Run,
    RunHead, RunId, Saw, Setup, SetupVersion, Span, Start, Station, StationEvidence, StationId,
    StationKey, account, ledger,
};

use crate::figure::{Bar, Figures};
use crate::program::instant;

const OFFICES: usize = 10;
const DAYS: i64 = 365;
const CYCLE_MS: i64 = 15_000;
const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;
/// Monday, 2025-01-06 00:00 in Makassar.
const START: At = At(1_736_092_800_000);
const PROBES: [&str; 8] = [
    "link.gateway",
    "link.outside",
    "link.path",
    "link.datacenter",
    "power.ups",
    "device.kamera",
    "device.sidik-jari",
    "host",
];

/// Measures `ledger` over the year and `account` over its months.
pub(crate) fn measure(figures: &mut Figures) -> anyhow::Result<()> {
    let (inputs, facts) = inputs();
    let until = START + DAYS * DAY_MS;
    let start = instant();
    let made = ledger(&inputs, until);
    let seconds = start.elapsed().as_secs_f64();
    let entries = u32::try_from(made.entries.len())?;
    // 365 cuts of the link and 52 of the mains for each office, less those that touch.
    anyhow::ensure!((3_500..5_000).contains(&entries), "a year of {entries} outages");
    anyhow::ensure!(made.problems.is_empty(), "{:?}", made.problems.first());
    figures.add("judge.year", seconds, "s", Bar::AtMost(10.0))?;
    figures.add("judge.year_stretches", f64::from(u32::try_from(facts)?), "", Bar::None)?;
    figures.add("judge.year_outages", f64::from(entries), "", Bar::None)?;
    let slowest = accounts(&inputs, &made, until)?;
    figures.add("judge.account", slowest, "ms", Bar::AtMost(20.0))
}

/// Milliseconds of the slowest month's account of any office.
fn accounts(inputs: &Inputs, made: &Ledger, until: At) -> anyhow::Result<f64> {
    let mut slowest = 0.0_f64;
    let setup = inputs.setups.first().map(|v| Arc::clone(&v.setup)).unwrap_or_default();
    for (id, office) in &setup.offices {
        let timeline = made.offices.get(id).ok_or_else(|| anyhow::anyhow!("{id} is missing"))?;
        for month in 0..12 {
            let from = START + month * 30 * DAY_MS;
            let case = Case {
                office: id,
                timeline,
                outages: &made.entries,
                calendar: &office.calendar,
                zone: &office.zone,
                throughput: None,
                period: Span { from, to: from + 30 * DAY_MS },
                until,
                settle_after_ms: office.settle_after_ms,
            };
            let start = instant();
            let account = account(&case);
            slowest = slowest.max(start.elapsed().as_secs_f64() * 1e3);
            let known = account.in_service_seconds
                + account.down_seconds()
                + account.planned_seconds
                + account.unobserved_seconds;
            anyhow::ensure!(account.service_seconds == known, "{id} does not add up");
            anyhow::ensure!(account.down_seconds() > 0, "{id} was never down");
        }
    }
    Ok(slowest)
}

/// The configuration: two lines, a mains supply for each two offices, the last one behind a relay.
fn setup() -> Setup {
    let mut setup = Setup { cycle_ms: CYCLE_MS, ..Setup::default() };
    for line in ["satu", "dua"] {
        setup.lines.insert(LineId::from(line), Line { provider: line.into() });
    }
    let weekdays = (0..DAYS).filter(|day| day % 7 < 5).flat_map(|day| {
        let at = |hour: i64| START + day * DAY_MS + hour * HOUR_MS;
        [Span { from: at(8), to: at(12) }, Span { from: at(13), to: at(16) }]
    });
    let known = Some(Span { from: START, to: START + DAYS * DAY_MS });
    let calendar = Calendar { open: weekdays.collect(), known };
    for number in 0..OFFICES {
        let station = || Station { needs: vec![ProbeName::from("link.datacenter")] };
        let office = Office {
            name: format!("Kantor {number}").into(),
            zone: jiff::tz::TimeZone::fixed(jiff::tz::offset(8)),
            calendar: calendar.clone(),
            stations: ["pc-0", "pc-1"].map(|id| (StationId::from(id), station())).into(),
            stations_needed: 1,
            line: Some(LineId::from(if number % 2 == 0 { "satu" } else { "dua" })),
            mains: Some(MainsId(format!("gardu-{}", number / 2).into())),
            via: (number == OFFICES - 1).then(|| office_id(0)),
            open_after_ms: MINUTE_MS,
            close_after_ms: MINUTE_MS,
            merge_within_ms: 5 * MINUTE_MS,
            opening_grace_ms: 10 * MINUTE_MS,
            settle_after_ms: 14 * DAY_MS,
        };
        setup.offices.insert(office_id(number), office);
    }
    setup
}

fn office_id(number: usize) -> OfficeId {
    OfficeId(format!("kantor-{number}").into())
}

/// The year's evidence, and how many stretches it is.
fn inputs() -> (Inputs, usize) {
    let setup = Arc::new(setup());
    let mut stations = BTreeMap::new();
    let mut facts = 0;
    for office in 0..OFFICES {
        for pc in 0..2 {
            let key = StationKey {
                office: office_id(office),
                station: StationId(format!("pc-{pc}").into()),
            };
            let evidence = station(&key, office, pc);
            facts += evidence.runs.values().map(|run| run.facts.len()).sum::<usize>();
            stations.insert(key, evidence);
        }
    }
    let setups = vec![SetupVersion { from: START, setup }];
    (Inputs { setups, stations, ..Inputs::default() }, facts)
}

/// When an office's mains is away: an hour on one weekday, later in the year at another time. The
/// two offices on one supply lose it together.
fn power_cuts(office: usize) -> Vec<Span> {
    let supply = i64::try_from(office / 2).unwrap_or(0);
    let weekly = (0..DAYS / 7).map(|week| {
        let from = START + (week * 7 + supply) * DAY_MS + (8 + week % 7) * HOUR_MS;
        Span { from: from + 7 * MINUTE_MS, to: from + 67 * MINUTE_MS }
    });
    weekly.collect()
}

/// When an office's link is cut: ten minutes a day, each day at another time.
fn link_cuts(office: usize) -> Vec<Span> {
    let number = i64::try_from(office).unwrap_or(0);
    let daily = (0..DAYS).map(|day| {
        let minute = (day * 97 + number * 31) % 600;
        let from = START + day * DAY_MS + 7 * HOUR_MS + minute * MINUTE_MS;
        Span { from, to: from + 10 * MINUTE_MS }
    });
    daily.collect()
}

/// When a PC runs, and whether it is shut down in order at the end.
fn lives(office: usize, pc: usize) -> Vec<(Span, bool)> {
    let mut lives = Vec::new();
    let cuts = power_cuts(office);
    // The UPS holds five minutes, and the PC is on again two minutes after the mains.
    let mut cut = |mut from: At, to: At, orderly: bool| {
        for cut in &cuts {
            if cut.from >= from && cut.from < to {
                lives.push((Span { from, to: cut.from + 5 * MINUTE_MS }, false));
                from = cut.to + 2 * MINUTE_MS;
            }
        }
        if from < to {
            lives.push((Span { from, to }, orderly));
        }
    };
    if pc == 0 || !office.is_multiple_of(5) {
        cut(START, START + DAYS * DAY_MS, false);
        return lives;
    }
    for day in 0..DAYS {
        let on = START + day * DAY_MS + 7 * HOUR_MS + 30 * MINUTE_MS;
        cut(on, START + day * DAY_MS + 17 * HOUR_MS, true);
    }
    lives
}

fn station(key: &StationKey, office: usize, pc: usize) -> StationEvidence {
    let mut out = StationEvidence::default();
    let (links, cuts) = (link_cuts(office), power_cuts(office));
    for (number, (life, orderly)) in lives(office, pc).into_iter().enumerate() {
        let boot = BootId(format!("boot-{number:04}").into());
        let id = RunId(format!("run-{number:04}").into());
        let anchor = Anchor { now_ms: 60_000, zero_ms: life.from.0 - 60_000 };
        out.boots.insert(boot.clone(), Boot { anchors: vec![anchor], ..Boot::default() });
        let run = run(key, &boot, &id, &Life { life, orderly, links: &links, cuts: &cuts });
        out.last_heard = Some(life.to);
        out.newest = Some((id.clone(), run.head.newest));
        out.runs.insert(id, run);
    }
    out
}

/// One life of a PC and what happens to its office.
struct Life<'a> {
    life: Span,
    orderly: bool,
    links: &'a [Span],
    cuts: &'a [Span],
}

/// The stretches of one run: a new one of each probe every hour, and where something is lost or
/// comes back. Every cycle has eight rows, after one row for the start.
fn run(key: &StationKey, boot: &BootId, id: &RunId, of: &Life) -> Run {
    let since = |at: At| u64::try_from(at - of.life.from + 60_000).unwrap_or(0);
    let mark = |cycle: i64, probe: u64| Mark {
        seq: 2 + 8 * cycle.unsigned_abs() + probe,
        at_ms: since(of.life.from + cycle * CYCLE_MS) + 200 * probe,
        wall: None,
    };
    let cycles = (of.life.to - of.life.from) / CYCLE_MS;
    let cycle_of = |at: At| ((at - of.life.from) / CYCLE_MS).clamp(0, cycles);
    let mut facts = Vec::new();
    let mut rhythms = BTreeMap::new();
    for (probe, name) in (0_u64..).zip(PROBES) {
        let link = name.starts_with("link.") && name != "link.gateway";
        let events = if link { of.links } else { &of.cuts[..0] };
        let events = if name == "power.ups" { of.cuts } else { events };
        let begun = events.partition_point(|e| e.to <= of.life.from);
        let inside = || events.iter().skip(begun).take_while(|e| e.from < of.life.to);
        let mut edges: Vec<i64> =
            inside().flat_map(|e| [cycle_of(e.from), cycle_of(e.to)]).collect();
        edges.extend((0..).map(|hour| hour * HOUR_MS / CYCLE_MS).take_while(|c| *c <= cycles));
        edges.push(cycles);
        edges.sort_unstable();
        edges.dedup();
        for pair in edges.windows(2) {
            let [first, next] = pair else { continue };
            let at = of.life.from + first * CYCLE_MS;
            let lost = inside().any(|e| e.from <= at && at < e.to);
            let odd = first / 240 % 2 == 1;
            facts.push(Fact {
                station: key.clone(),
                boot: boot.clone(),
                run: id.clone(),
                probe: ProbeName::from(name),
                role: role(name),
                first: mark(*first, probe),
                last: mark(next - 1, probe),
                count: u32::try_from(next - first).unwrap_or(1),
                answer: answer(name, lost, odd),
                numbers: numbers(name, lost, odd),
            });
        }
    }
    facts.sort_by_key(|f| f.first.seq);
    for (newest, fact) in facts.iter().enumerate() {
        rhythms.insert(fact.probe.clone(), Rhythm { period_ms: CYCLE_MS.unsigned_abs(), newest });
    }
    let begun = Mark { seq: 1, at_ms: 60_000, wall: None };
    let start = Start { previous_end: PreviousEnd::Orderly, log: None, previous: None };
    let end = Mark { seq: 2 + 8 * cycles.unsigned_abs(), at_ms: since(of.life.to), wall: None };
    let last = if of.orderly { end } else { facts.last().map_or(begun, |f| f.last) };
    let head = RunHead {
        boot: boot.clone(),
        start: Some((begun, start)),
        ends: if of.orderly { vec![(end, LastWords::System)] } else { Vec::new() },
        gaps: Vec::new(),
        covered: vec![(1, last.seq)],
        newest: last.seq,
        folded: last.seq,
        marks: Some((begun, last)),
        rhythms,
    };
    Run { head, facts, waiting: BTreeMap::new() }
}

fn role(name: &str) -> Option<Role> {
    match name {
        "link.gateway" => Some(Role::Gateway),
        "link.outside" => Some(Role::Outside),
        "link.path" => Some(Role::Path),
        "link.datacenter" => Some(Role::Datacenter),
        _ => None,
    }
}

fn answer(name: &str, lost: bool, odd: bool) -> Answer {
    let words: &[&str] = match (name, lost) {
        ("power.ups", true) => &["DISCHRG", "OB"],
        ("power.ups", false) => &["OL"],
        ("device.kamera" | "device.sidik-jari", _) if odd => &["busy"],
        _ => &[],
    };
    let saw = if lost && name.starts_with("link.") { Saw::Timeout } else { Saw::Answered };
    Answer { saw, words: words.iter().map(|word| Arc::from(*word)).collect() }
}

fn numbers(name: &str, lost: bool, odd: bool) -> Vec<Number> {
    let pick = |a: f64, b: f64| if odd { b } else { a };
    let values: Vec<(&str, f64)> = match name {
        "power.ups" => vec![("battery_charge_ratio", 0.97), ("load_ratio", pick(0.4, 0.6))],
        "host" => vec![("cpu_ratio", pick(0.3, 0.7)), ("memory_used_ratio", 0.5)],
        "device.kamera" | "device.sidik-jari" => vec![("device_present", 1.0)],
        _ if lost => vec![("lost", 4.0), ("sent", 4.0)],
        _ => vec![("lost", 0.0), ("rtt_seconds", pick(0.04, 0.06)), ("sent", 4.0)],
    };
    let number = |(name, value): (&str, f64)| Number {
        name: name.into(),
        least: value,
        last: value,
        most: value,
    };
    values.into_iter().map(number).collect()
}
