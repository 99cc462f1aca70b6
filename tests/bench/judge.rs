//! What judging costs, without disk and network: a hundred offices with two stations each, six
//! hours of cycles with cuts of link and mains among them, through `handle`.

use std::collections::BTreeMap;
use std::sync::Arc;

use siaga_decide::{
    Answer, At, Calendar, Decision, Heard, Input, Judge, Line, LineId, Mark, Office, OfficeId,
    ProbeName, Role, Saw, Setup, Span, Station as Place, StationId, StationKey, What,
};
use siaga_wire::{Report, Row};

use crate::figure::{Bar, Figures};
use crate::program::{instant, quantile};
use crate::traffic::Station;

const OFFICES: usize = 100;
const CYCLE_MS: i64 = 15_000;
const CYCLES: i64 = 6 * 240;
/// A Tuesday, 00:00 UTC.
const START: i64 = 1_795_478_400_000;

/// Measures `handle` on each report and `view` on the end.
pub(crate) fn measure(figures: &mut Figures) -> anyhow::Result<()> {
    let mut judge = Judge::new(Arc::new(setup()));
    let mut stations: Vec<(StationKey, Station)> = (0..2 * OFFICES).map(station).collect();
    let mut microseconds = Vec::new();
    let mut normal = Vec::new();
    let mut opened = 0_u32;
    let mut closed = 0_u32;
    for cycle in 0..CYCLES {
        for (number, (key, station)) in stations.iter_mut().enumerate() {
            let number = i64::try_from(number)?;
            // Each office loses its link for ten minutes once, in a cycle of its own.
            let since = cycle - 60 - number / 2 * 7;
            station.link = !(0..40).contains(&since);
            let arrived = At(START + cycle * CYCLE_MS + number * 50);
            let heard = heard(key, station.next(CYCLE_MS.unsigned_abs()));
            let start = thread_seconds();
            let mut decided = Vec::new();
            while let Some(deadline) = judge.next_deadline().filter(|d| *d <= arrived) {
                decided.extend(judge.handle(deadline, Input::Tick));
            }
            decided.extend(judge.handle(arrived, Input::Heard(heard)));
            let took = (thread_seconds() - start) * 1e6;
            microseconds.push(took);
            // Ten minutes after a cut its office is as it was.
            if !(0..80).contains(&since) {
                normal.push(took);
            }
            for decision in decided {
                match decision {
                    Decision::Open(_) => opened += 1,
                    Decision::Close(_) => closed += 1,
                    Decision::Correct { .. } | Decision::Tell(_) => {}
                }
            }
        }
        // As the drive does at its snapshots.
        if cycle % 20 == 0 {
            drop(judge.changed());
        }
    }
    let offices = u32::try_from(OFFICES)?;
    anyhow::ensure!(
        opened == offices && closed == offices,
        "{opened} outages opened and {closed} closed, {offices} were made"
    );
    figures.add("judge.handle", mean(&normal), "us/report", Bar::AtMost(15.0))?;
    figures.add("judge.handle_all", mean(&microseconds), "us/report", Bar::AtMost(20.0))?;
    microseconds.sort_by(f64::total_cmp);
    figures.add("judge.handle_p50", quantile(&microseconds, 0.5), "us", Bar::None)?;
    figures.add("judge.handle_p99", quantile(&microseconds, 0.99), "us", Bar::None)?;
    figures.add("judge.handle_p999", quantile(&microseconds, 0.999), "us", Bar::None)?;
    let start = instant();
    let view = judge.view(At(START + CYCLES * CYCLE_MS));
    let seen = start.elapsed().as_secs_f64() * 1e3;
    anyhow::ensure!(view.offices.len() == OFFICES, "the view has {} offices", view.offices.len());
    figures.add("judge.view", seen, "ms", Bar::None)
}

/// Seconds this thread has spent on its core: other programs on the machine do not count.
fn thread_seconds() -> f64 {
    let spent = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    #[expect(clippy::cast_precision_loss, reason = "a bench takes minutes")]
    let (whole, part) = (spent.tv_sec as f64, spent.tv_nsec as f64);
    whole + part / 1e9
}

fn mean(values: &[f64]) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a few hundred thousand")]
    let count = values.len().max(1) as f64;
    values.iter().sum::<f64>() / count
}

fn setup() -> Setup {
    let day = 86_400_000;
    let always = Span { from: At(START - day), to: At(START + 2 * day) };
    let mut setup = Setup { cycle_ms: CYCLE_MS, ..Setup::default() };
    for line in ["satu", "dua"] {
        setup.lines.insert(LineId::from(line), Line { provider: line.into() });
    }
    for number in 0..OFFICES {
        let place = || Place { needs: vec![ProbeName::from("link.datacenter")] };
        let office = Office {
            name: format!("Kantor {number}").into(),
            zone: jiff::tz::TimeZone::UTC,
            calendar: Calendar { open: vec![always], known: Some(always) },
            stations: ["pc-0", "pc-1"].map(|id| (StationId::from(id), place())).into(),
            stations_needed: 1,
            line: Some(LineId::from(if number % 2 == 0 { "satu" } else { "dua" })),
            mains: None,
            via: None,
            open_after_ms: 60_000,
            close_after_ms: 60_000,
            merge_within_ms: 300_000,
            opening_grace_ms: 600_000,
            settle_after_ms: 14 * day,
        };
        setup.offices.insert(OfficeId(format!("kantor-{number}").into()), office);
    }
    setup
}

fn station(number: usize) -> (StationKey, Station) {
    let key = StationKey {
        office: OfficeId(format!("kantor-{}", number / 2).into()),
        station: StationId(format!("pc-{}", number % 2).into()),
    };
    (key, Station::new(number as u64))
}

/// What `ingest` makes of a report.
fn heard(key: &StationKey, report: Report<'_>) -> Heard {
    Heard {
        station: key.clone(),
        boot: (&*report.boot).into(),
        run: (&*report.run).into(),
        now_ms: report.now_ms,
        wall: None,
        newest: report.newest,
        newest_of: None,
        rows: report.rows.iter().filter_map(row).collect(),
    }
}

fn row(row: &Row<'_>) -> Option<siaga_decide::Row> {
    let Row::Reading { seq, at_ms, reading, .. } = row else { return None };
    let mark = Mark { seq: *seq, at_ms: *at_ms, wall: None };
    let answered = reading.saw == siaga_wire::Saw::Answered;
    let saw = if answered { Saw::Answered } else { Saw::Timeout };
    let mut words: Vec<Arc<str>> = reading.words.iter().map(|w| Arc::from(&**w)).collect();
    words.sort();
    let roles: BTreeMap<&str, Role> = [
        ("link.gateway", Role::Gateway),
        ("link.outside", Role::Outside),
        ("link.path", Role::Path),
        ("link.datacenter", Role::Datacenter),
    ]
    .into();
    let role = roles.iter().find(|(name, _)| reading.probe.starts_with(**name)).map(|(_, r)| *r);
    let what = What {
        probe: (&*reading.probe).into(),
        role,
        answer: Answer { saw, words: words.into() },
        numbers: reading.values.0.iter().map(|(n, v)| (Arc::from(&**n), *v)).collect(),
    };
    Some(siaga_decide::Row::Reading(mark, what))
}
