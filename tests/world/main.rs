//! `world -- run|replay|pace|matrix|bugs`: the simulated world from the command line.
//! 0: all well, 1: something is not as it should be, 64: wrong usage.
#![forbid(unsafe_code)]

use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use clap::{Parser, Subcommand, ValueEnum};
use siaga_tests::world::check::{Tally, compare};
use siaga_tests::world::faults::{self, is_undamaged};
use siaga_tests::world::sim::{Played, play};
use siaga_tests::world::steady;
use siaga_tests::world::truth::Truth;
use siaga_tests::world::{bugs, matrix, pace};

#[derive(Parser)]
#[command(name = "world", version, about = "Offices, mains, PCs and clocks in virtual time")]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Plays many seeds and compares what was judged with what was true.
    Run {
        /// How many seeds; each week has one to four offices, each month three.
        #[arg(long, default_value_t = 200)]
        seeds: u64,
        /// Instead: as many seeds as have so many offices between them.
        #[arg(long, conflicts_with = "seeds")]
        offices: Option<usize>,
        /// The first of them.
        #[arg(long, default_value_t = 1)]
        from: u64,
        /// What is played.
        #[arg(long, default_value = "week")]
        kind: Kind,
        /// Of so many seeds one is also replayed and delivered in another order.
        #[arg(long, default_value_t = 8)]
        shuffle_each: u64,
    },
    /// Plays one seed and prints its story.
    Replay {
        /// Which.
        #[arg(long)]
        seed: u64,
        /// What is played.
        #[arg(long, default_value = "week")]
        kind: Kind,
    },
    /// Says how many seconds of one core an office-week takes.
    Pace,
    /// Puts each deliberate bug into a copy and expects the world to notice.
    Bugs,
    /// Prints which causes were charged to what.
    Matrix {
        /// How many seeds.
        #[arg(long, default_value_t = 200)]
        seeds: u64,
        /// What is played.
        #[arg(long, default_value = "week")]
        kind: Kind,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// One long day.
    Day,
    /// A week of one to four offices.
    Week,
    /// Thirty days across a month end.
    Month,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    fn truth(self, seed: u64) -> Truth {
        let kind = match self {
            Self::Day => faults::Kind::Day,
            Self::Week => faults::Kind::Week,
            Self::Month => faults::Kind::Month,
        };
        faults::truth(kind, seed)
    }
}

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            let _gone = error.print();
            return ExitCode::from(if error.use_stderr() { 64 } else { 0 });
        }
    };
    let mut out = std::io::stdout().lock();
    let well = match args.command {
        Command::Run { seeds, offices, from, kind, shuffle_each } => {
            let seeds = offices.map_or(seeds, |offices| seeds_with(kind, from, offices));
            let all = many(kind, from, seeds, shuffle_each);
            report(&mut out, kind, seeds, &all)
        }
        Command::Replay { seed, kind } => replay(&mut out, kind, seed),
        Command::Pace => pace::measure(&mut out),
        Command::Bugs => bugs::run(&mut out),
        Command::Matrix { seeds, kind } => {
            let all = many(kind, 1, seeds, u64::MAX);
            writeln!(out, "{}", matrix::table(&all.tally)).map(|()| true)
        }
    };
    match well {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) | Err(_) => ExitCode::from(1),
    }
}

/// What many plays showed.
#[derive(Default)]
struct All {
    tally: Tally,
    /// Of plays whose every spool arrives undamaged.
    undamaged: Tally,
    failed: Vec<(u64, Vec<String>)>,
    offices: usize,
    reports: usize,
    rows: usize,
}

/// How many seeds from that one on have so many offices between them.
fn seeds_with(kind: Kind, from: u64, offices: usize) -> u64 {
    let (mut seeds, mut found) = (0, 0);
    while found < offices {
        found += kind.truth(from + seeds).offices.len();
        seeds += 1;
    }
    seeds
}

fn many(kind: Kind, from: u64, seeds: u64, shuffle_each: u64) -> All {
    let next = AtomicU64::new(from);
    let all = Mutex::new(All::default());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= from.saturating_add(seeds) {
                        return;
                    }
                    let truth = kind.truth(seed);
                    // A month would not fit into memory twice.
                    let keep = kind != Kind::Month && seed.is_multiple_of(shuffle_each);
                    let played = play(&truth, keep);
                    let (wrong, tally) = judge(seed, &truth, &played);
                    let Ok(mut all) = all.lock() else { return };
                    if is_undamaged(&truth) {
                        all.undamaged.add(&tally);
                    }
                    all.tally.add(&tally);
                    all.offices += truth.offices.len();
                    all.reports += played.reports;
                    all.rows += played.rows;
                    if !wrong.is_empty() {
                        all.failed.push((seed, wrong));
                    }
                }
            });
        }
    });
    let mut all = all.into_inner().unwrap_or_default();
    all.failed.sort();
    all
}

fn judge(seed: u64, truth: &Truth, played: &Played) -> (Vec<String>, Tally) {
    let (mismatches, tally) = compare(truth, &played.said());
    let mut wrong = steady::check(seed, played);
    wrong.extend(mismatches.iter().map(ToString::to_string));
    (wrong, tally)
}

fn report(
    out: &mut impl std::io::Write,
    kind: Kind,
    seeds: u64,
    all: &All,
) -> std::io::Result<bool> {
    for (seed, wrong) in &all.failed {
        writeln!(
            out,
            "seed {seed}: {} mismatches; replay: world -- replay --seed {seed} --kind {}",
            wrong.len(),
            kind.word()
        )?;
        for line in wrong.iter().take(6) {
            writeln!(out, "  {line}")?;
        }
    }
    let (down, unsure) = all.undamaged.unsure();
    let share = permille(unsure, down);
    writeln!(
        out,
        "{seeds} seeds ({}) of {} offices, {} failed; {} reports, {} rows; with every spool undamaged {down} s down, {}.{} % of them likely or unobserved",
        kind.word(),
        all.offices,
        all.failed.len(),
        all.reports,
        all.rows,
        share / 10,
        share % 10,
    )?;
    Ok(all.failed.is_empty())
}

fn permille(part: i64, whole: i64) -> i64 {
    part * 1000 / whole.max(1)
}

fn replay(out: &mut impl std::io::Write, kind: Kind, seed: u64) -> std::io::Result<bool> {
    let truth = kind.truth(seed);
    writeln!(out, "{truth:#?}")?;
    let played = play(&truth, kind == Kind::Week);
    writeln!(out, "\nheard:")?;
    for heard in &played.heard {
        writeln!(out, "  {heard:?}")?;
    }
    writeln!(out, "\ntold:")?;
    for (at, notice) in &played.told {
        match notice {
            siaga_decide::Notice::Outage { change, outage } => {
                writeln!(out, "  {at:?} {} {}", change.word(), steady::short(outage))?;
            }
            siaga_decide::Notice::Warning { .. } => writeln!(out, "  {at:?} {notice:?}")?,
        }
    }
    writeln!(out, "\nledger:")?;
    for entry in &played.ledger.entries {
        writeln!(out, "  {}", steady::short(entry))?;
    }
    let (wrong, _) = judge(seed, &truth, &played);
    writeln!(out, "\n{} mismatches", wrong.len())?;
    for line in &wrong {
        writeln!(out, "  {line}")?;
    }
    Ok(wrong.is_empty())
}
