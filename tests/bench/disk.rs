//! What a month takes on disk: the collector's writer and judge over simulated days, its clock
//! moved by hand, with 20 stations that report every 15 s and lose their link every day.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use siaga_collector::clock::Clock;
use siaga_collector::drive::{self, Arrival, Handle};
use siaga_collector::store::agents::{self, Agent};
use siaga_collector::{config, ingest, store, token};
use siaga_decide::{At, StationKey};
use siaga_wire::Encoder;

use crate::figure::{Bar, Figures};
use crate::program::size_of;
use crate::traffic::Station;

const OFFICES: usize = 10;
const CYCLE_MS: i64 = 15_000;
const DAY_MS: i64 = 86_400_000;
const DAYS: i64 = 30;
/// 2026-11-01 00:00 UTC, a Sunday.
const START: At = At(1_793_491_200_000);

/// Simulates the days.
pub(crate) fn measure(figures: &mut Figures) -> anyhow::Result<()> {
    // Only sizes are wanted: a memory file system spares the disk a hundred thousand syncs.
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory)? } else { tempfile::tempdir()? };
    let sizes = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(days(folder.path()))?;
    let size = |day: usize| sizes.get(day - 1).copied().context("a day was not simulated");
    figures.add("disk.week", size(7)?, "MiB", Bar::None)?;
    figures.add("disk.month", size(30)?, "MiB", Bar::AtMost(300.0))
}

/// The size of the data directory after each day, in MiB.
async fn days(folder: &Path) -> anyhow::Result<Vec<f64>> {
    let config = Arc::new(configuration(folder)?);
    std::fs::create_dir_all(&config.data)?;
    let mut stations = enrol(&config)?;
    let (clock, hands) = Clock::manual(START);
    let running = drive::start(&config, &clock)?;
    let mut encoder = Encoder::new()?;
    let mut sizes = Vec::new();
    for day in 0..DAYS {
        for cycle in 0..DAY_MS / CYCLE_MS {
            hands.pass(CYCLE_MS);
            let mut waiting = Vec::new();
            for (number, (agent, station)) in stations.iter_mut().enumerate() {
                let number = i64::try_from(number)?;
                // Half an hour without link a day, and two hours without mains every third.
                station.link = !(0..120).contains(&(cycle - 1_400 - number / 2 * 90));
                station.mains = (day + number) % 3 != 0 || !(2_400..2_880).contains(&cycle);
                waiting.push(arrival(&mut encoder, agent, station)?);
            }
            all(&running.handle, waiting).await?;
        }
        #[expect(clippy::cast_precision_loss, reason = "a few hundred MiB")]
        sizes.push(size_of(&config.data)? as f64 / f64::from(1 << 20));
    }
    running.stop();
    Ok(sizes)
}

/// Everything at once, as one cycle of all offices arrives.
async fn all(handle: &Handle, waiting: Vec<Arrival>) -> anyhow::Result<()> {
    let tasks: Vec<_> = waiting
        .into_iter()
        .map(|arrival| {
            let handle = handle.clone();
            tokio::spawn(async move { handle.report(arrival).await })
        })
        .collect();
    for task in tasks {
        task.await?.context("a report was refused")?;
    }
    Ok(())
}

fn arrival(encoder: &mut Encoder, agent: &Agent, station: &mut Station) -> anyhow::Result<Arrival> {
    let report = station.next(CYCLE_MS.unsigned_abs());
    let heard = ingest::heard(&report, &agent.station).map_err(|e| anyhow::anyhow!("{e:?}"))?;
    let body = encoder.pack(&report)?.into();
    Ok(Arrival { agent: agent.clone(), body, packed: true, heard })
}

fn configuration(folder: &Path) -> anyhow::Result<config::Config> {
    let mut text = format!(
        "names = [\"localhost\"]\ndata = \"{}\"\n[[line]]\nid = \"satu\"\nprovider = \"Satu\"\n",
        folder.join("data").display()
    );
    for office in 0..OFFICES {
        text.push_str(&format!(
            "[[office]]\nid = \"kantor-{office}\"\nname = \"Kantor {office}\"\n\
             zone = \"Asia/Makassar\"\nhours = \"Mo-Fr 08:00-16:00\"\nline = \"satu\"\n\
             [[office.station]]\nid = \"pc-0\"\n[[office.station]]\nid = \"pc-1\"\n"
        ));
    }
    let problems = |problems: Vec<config::Problem>| {
        let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
        anyhow::anyhow!(texts.join("\n"))
    };
    config::parse(&folder.join("collector.toml"), &text).map_err(problems)
}

fn enrol(config: &config::Config) -> anyhow::Result<Vec<(Agent, Station)>> {
    let db = store::open_writer(&config.database())?;
    let mut enrolled = Vec::new();
    for number in 0..2 * OFFICES {
        let station = StationKey {
            office: format!("kantor-{}", number / 2).as_str().into(),
            station: format!("pc-{}", number % 2).as_str().into(),
        };
        let code = token::hash(&token::random::<16>()?);
        agents::add_code(&db, START, &code, &station)?;
        let secret = token::hash(token::new_token()?.as_bytes());
        let agent = agents::redeem(&db, START, &code, &format!("agent-{number}"), &secret)?;
        enrolled.push((agent.context("a fresh code was refused")?, Station::new(number as u64)));
    }
    Ok(enrolled)
}
