//! A small world: PCs with agents and spools, a collector with a judge, and a clock that jumps
//! from event to event. It knows what an agent does, and nothing about judging.

use std::collections::BTreeMap;
use std::sync::Arc;

use siaga_decide::*;

#[path = "world/print.rs"]
mod print;
pub use print::*;

pub const CYCLE: i64 = 15_000;
/// Midnight of Tuesday 24 November 2026 in Makassar.
pub const DAY: i64 = 1_795_449_600_000;

/// An instant of that day in the office's own time.
pub fn t(hour: i64, minute: i64, second: i64) -> At {
    At(DAY + ((hour * 60 + minute) * 60 + second) * 1000)
}

#[derive(Clone)]
pub struct Pc {
    pub key: StationKey,
    /// On when it runs, with the true instant of its boot.
    pub boot: Option<(BootId, At)>,
    pub agent: bool,
    pub ups: Option<(&'static str, f64)>,
    /// Whether it runs, and its fuel.
    pub generator: Option<(bool, f64)>,
    pub gateway: Saw,
    pub outside: Saw,
    pub path: Saw,
    pub datacenter: Saw,
    pub device: Option<bool>,
    /// Whether its pushes arrive.
    pub connected: bool,
    /// Its wall clock minus the truth.
    pub wall_ms: i64,
    pub phase: i64,
    /// Milliseconds between its questions.
    pub period: i64,
    /// What the system's log will say of the end of this boot.
    pub log: Option<String>,
    run: Option<RunId>,
    seq: u64,
    previous: Option<(RunId, u64)>,
    spool: Vec<Spooled>,
    runs: u32,
    boots: u32,
    ended_orderly: bool,
}

#[derive(Clone)]
struct Spooled {
    boot: BootId,
    run: RunId,
    row: Row,
}

pub struct World {
    pub judge: Judge,
    pub setup: Setup,
    pub now: At,
    pub pcs: BTreeMap<&'static str, Pc>,
    pub decisions: Vec<(At, Decision)>,
    pub heard: Vec<(At, Heard)>,
    pub life: Vec<(At, Life)>,
    pub plans: Vec<PlanEntry>,
    /// The collector runs.
    pub up: bool,
    /// Takes the judge through its memory after every input.
    pub reload: bool,
    /// Has everything judged anew each so many milliseconds, where it is set.
    pub asked_each_ms: Option<i64>,
    pub corrections: Vec<StaffCorrection>,
}

pub fn open_days() -> Calendar {
    let day = |d: i64| Span::new(t(d * 24 + 8, 0, 0), t(d * 24 + 16, 0, 0));
    let open = (-3..30).map(day).collect();
    Calendar { open, known: Some(Span::new(t(-72, 0, 0), t(720, 0, 0))) }
}

pub fn office(stations: &[&str]) -> Office {
    let station = |_: &&str| Station { needs: vec!["link.datacenter".into()] };
    Office {
        name: "Kantor".into(),
        zone: jiff::tz::TimeZone::get("Asia/Makassar").unwrap(),
        calendar: open_days(),
        stations: stations.iter().map(|s| (StationId::from(*s), station(s))).collect(),
        stations_needed: 1,
        line: None,
        mains: None,
        via: None,
        open_after_ms: 60_000,
        close_after_ms: 60_000,
        merge_within_ms: 300_000,
        opening_grace_ms: 600_000,
        settle_after_ms: 14 * 86_400_000,
    }
}

impl World {
    /// One office with one PC, running since half past seven.
    pub fn one() -> Self {
        Self::with(&[("palaran", &["pc1"])])
    }

    pub fn with(offices: &[(&'static str, &[&'static str])]) -> Self {
        let setup = Setup {
            offices: offices.iter().map(|(id, s)| (OfficeId::from(*id), office(s))).collect(),
            cycle_ms: CYCLE,
            ..Setup::default()
        };
        let mut world = Self::from(setup);
        for (o, stations) in offices {
            for s in *stations {
                world.add(o, s);
            }
        }
        world
    }

    pub fn from(setup: Setup) -> Self {
        Self {
            judge: Judge::new(Arc::new(setup.clone())),
            setup,
            now: t(7, 30, 0),
            pcs: BTreeMap::new(),
            decisions: Vec::new(),
            heard: Vec::new(),
            life: Vec::new(),
            plans: Vec::new(),
            up: true,
            reload: false,
            asked_each_ms: None,
            corrections: Vec::new(),
        }
    }

    /// A PC under the name `office/station`, which boots now.
    pub fn add(&mut self, office: &'static str, station: &'static str) {
        let name: &'static str = if self.setup.offices.len() == 1 { station } else { office };
        let n = i64::try_from(self.pcs.len()).unwrap();
        let pc = Pc {
            key: StationKey { office: office.into(), station: station.into() },
            boot: None,
            agent: false,
            ups: None,
            generator: None,
            gateway: Saw::Answered,
            outside: Saw::Answered,
            path: Saw::Answered,
            datacenter: Saw::Answered,
            device: None,
            connected: true,
            wall_ms: 0,
            phase: 2_000 + n * 4_700,
            period: CYCLE,
            log: None,
            run: None,
            seq: 0,
            previous: None,
            spool: Vec::new(),
            runs: 0,
            boots: 0,
            ended_orderly: false,
        };
        self.pcs.insert(name, pc);
        self.boot(name);
    }

    pub fn pc(&mut self, name: &str) -> &mut Pc {
        self.pcs.get_mut(name).unwrap()
    }

    pub fn input(&mut self, input: Input) {
        let at = self.now;
        self.input_at(at, input);
    }

    fn input_at(&mut self, at: At, input: Input) {
        if !self.up {
            return;
        }
        // What fell due while nobody was there is not made up for: the start says so first.
        let start = matches!(input, Input::Life(Life::Started { .. }));
        while let Some(due) = self.judge.next_deadline().filter(|d| *d <= at && !start) {
            let made = self.judge.handle(due, Input::Tick);
            self.decisions.extend(made.into_iter().map(|d| (due, d)));
            let again = self.judge.handle(due, Input::Tick);
            assert_eq!(again, Vec::new(), "a tick repeated says nothing");
            assert!(self.judge.next_deadline().is_none_or(|next| next > due), "moves on");
            self.pass_through_memory();
        }
        let made = self.judge.handle(at, input);
        self.decisions.extend(made.into_iter().map(|d| (at, d)));
        self.pass_through_memory();
    }

    fn pass_through_memory(&mut self) {
        if self.reload {
            self.judge = Judge::load(self.judge.memory());
        }
    }

    /// Lets time pass.
    pub fn to(&mut self, until: At) {
        while let Some((at, name)) = self.next_cycle().filter(|(at, _)| *at <= until) {
            self.ask_up_to(at);
            self.now = at;
            self.cycle(name);
        }
        self.ask_up_to(until);
        self.now = until;
        self.input(Input::Tick);
    }

    /// That the canary goes on answering changes nothing, and has everything judged.
    fn ask_up_to(&mut self, until: At) {
        let Some(each) = self.asked_each_ms else { return };
        let mut at = (self.now.0.div_euclid(each) + 1) * each;
        while at < until.0 {
            self.input_at(At(at), Input::Life(Life::Canary { ok: true }));
            at += each;
        }
    }

    fn next_cycle(&self) -> Option<(At, &'static str)> {
        let running = self.pcs.iter().filter(|(_, pc)| pc.agent && pc.boot.is_some());
        running
            .map(|(name, pc)| {
                let since = self.now - At(pc.phase);
                let next = since.div_euclid(pc.period) + 1;
                (At(next * pc.period + pc.phase), *name)
            })
            .min()
    }

    fn cycle(&mut self, name: &str) {
        let now = self.now;
        let pc = self.pc(name);
        let all = [
            ("link.gateway", pc.gateway.clone()),
            ("link.outside", pc.outside.clone()),
            ("link.path", pc.path.clone()),
            ("link.datacenter", pc.datacenter.clone()),
        ];
        for (i, (probe, saw)) in all.into_iter().enumerate() {
            let late = i64::try_from(i).unwrap() * 30;
            pc.row(now + late, |mark| Row::Reading(mark, what(probe, saw, &[], &[])));
        }
        if let Some((words, charge)) = pc.ups {
            let words: Vec<&str> = words.split(' ').collect();
            let numbers = [("battery_charge_ratio", charge)];
            let what = what("power.ups", Saw::Answered, &words, &numbers);
            pc.row(now + 150, |mark| Row::Reading(mark, what));
        }
        if let Some((runs, fuel)) = pc.generator {
            let runs = f64::from(u8::from(runs));
            let numbers = [("generator_fuel_ratio", fuel), ("generator_running", runs)];
            let what = what("power.generator", Saw::Answered, &[], &numbers);
            pc.row(now + 160, |mark| Row::Reading(mark, what));
        }
        if let Some(present) = pc.device {
            let numbers = [("device_present", f64::from(u8::from(present)))];
            let what = what("device.fingerprint", Saw::Answered, &[], &numbers);
            pc.row(now + 180, |mark| Row::Reading(mark, what));
        }
        self.push(name);
    }

    /// Pushes what the spool holds: what is new first, then the backlog, oldest first.
    pub fn push(&mut self, name: &str) {
        let now = self.now + 200;
        let up = self.up;
        let pc = self.pc(name);
        if !pc.connected || !up || pc.boot.is_none() || pc.run.is_none() {
            return;
        }
        let spool = std::mem::take(&mut pc.spool);
        let newest_run = pc.run.clone().unwrap();
        let (boot, zero) = pc.boot.clone().unwrap();
        let live = spool.len().saturating_sub(8);
        let mut parcels: Vec<Vec<Spooled>> = Vec::new();
        let (backlog, new) = spool.split_at(live);
        for row in new.iter().chain(backlog) {
            match parcels.last_mut() {
                Some(p) if p[0].run == row.run && p.len() < 100 => p.push(row.clone()),
                _ => parcels.push(vec![row.clone()]),
            }
        }
        let (key, seq) = (pc.key.clone(), pc.seq);
        let last_of = |run: &RunId| pc.previous.as_ref().filter(|(r, _)| r == run).map(|(_, s)| *s);
        let mut reports = Vec::new();
        for parcel in parcels {
            let first = &parcel[0];
            let present = first.boot == boot;
            let newest_here = parcel.iter().map(|r| r.row.range().1).max().unwrap();
            let newest = if first.run == newest_run {
                seq
            } else {
                last_of(&first.run).unwrap_or(newest_here)
            };
            reports.push(Heard {
                station: key.clone(),
                boot: first.boot.clone(),
                run: first.run.clone(),
                now_ms: present.then(|| u64::try_from(now - zero).unwrap()),
                wall: Some(now + pc.wall_ms),
                newest,
                newest_of: (first.run != newest_run).then(|| (newest_run.clone(), seq)),
                rows: parcel.iter().map(|r| r.row.clone()).collect(),
            });
        }
        for heard in reports {
            self.heard.push((now, heard.clone()));
            self.input_at(now, Input::Heard(heard));
        }
    }

    /// The PC starts, and its agent with it.
    pub fn boot(&mut self, name: &str) {
        let now = self.now;
        let pc = self.pc(name);
        pc.boots += 1;
        let id = BootId::from(format!("{:?}-boot{}", pc.key, pc.boots).as_str());
        pc.boot = Some((id, now - 40_000));
        self.start_agent(name);
    }

    pub fn start_agent(&mut self, name: &str) {
        let now = self.now;
        let pc = self.pc(name);
        pc.runs += 1;
        pc.agent = true;
        if let Some(run) = pc.run.take() {
            pc.previous = Some((run, pc.seq));
        }
        pc.run = Some(RunId::from(format!("{:?}-run{}", pc.key, pc.runs).as_str()));
        pc.seq = 0;
        let previous_end = match (&pc.previous, pc.ended_orderly) {
            (None, _) => PreviousEnd::First,
            (Some(_), true) => PreviousEnd::Orderly,
            (Some(_), false) => PreviousEnd::Unclean,
        };
        pc.ended_orderly = false;
        let log = pc.log.take().map(|text| text.as_str().into());
        let start = Start { previous_end, log, previous: pc.previous.clone() };
        pc.row(now, |mark| Row::Start(mark, start));
    }

    /// Last words, and an end of the PC or of the agent.
    pub fn stop(&mut self, name: &str, words: LastWords) {
        let now = self.now;
        let pc = self.pc(name);
        pc.row(now, |mark| Row::LastWords(mark, words));
        pc.ended_orderly = true;
        self.push(name);
        let pc = self.pc(name);
        pc.agent = false;
        if words != LastWords::Agent {
            pc.boot = None;
        }
    }

    /// The PC is gone without a word.
    pub fn die(&mut self, name: &str) {
        let pc = self.pc(name);
        pc.agent = false;
        pc.boot = None;
    }

    /// Only the agent is gone without a word.
    pub fn crash_agent(&mut self, name: &str) {
        self.pc(name).agent = false;
    }

    /// The collector is gone; what it had decided stays.
    pub fn collector_dies(&mut self) {
        self.up = false;
    }

    pub fn collector_starts(&mut self, last_alive: At) {
        self.up = true;
        let life = Life::Started { last_alive: Some(last_alive) };
        self.life.push((self.now, life));
        self.input(Input::Life(life));
    }

    pub fn tell_life(&mut self, life: Life) {
        self.life.push((self.now, life));
        self.input(Input::Life(life));
    }

    pub fn plan(&mut self, plan: Plan) {
        self.plans.push(PlanEntry { declared: self.now, plan: plan.clone() });
        self.input(Input::Planned(plan));
    }

    pub fn correct(&mut self, office: &str, what: Corrected, entry: Option<Outage>) {
        let (by, why) = ("sari".into(), "telpon".into());
        let entry = entry.map(Box::new);
        let said = StaffCorrection { office: office.into(), what, by, why, entry };
        self.corrections.push(said.clone());
        self.input(Input::Corrected(said));
    }

    pub fn inputs(&self) -> Inputs {
        let setups = vec![SetupVersion { from: At(i64::MIN), setup: Arc::new(self.setup.clone()) }];
        let mut inputs = Inputs {
            setups,
            plans: self.plans.clone(),
            corrections: self.corrections.clone(),
            life: self.life.clone(),
            blind: self.judge.memory().life.blind,
            ..Inputs::default()
        };
        for (at, heard) in &self.heard {
            inputs.hear(*at, heard.clone());
        }
        inputs
    }

    /// The ledger, which must equal what the judge has stored.
    pub fn ledger(&self) -> Ledger {
        let ledger = ledger(&self.inputs(), self.now);
        assert_eq!(self.stored(), plain(&ledger.entries), "what is stored is what was true");
        for entry in &ledger.entries {
            for pair in entry.charges.windows(2) {
                assert!(pair[0].span.to <= pair[1].span.from, "{entry:#?}");
            }
        }
        ledger
    }

    pub fn stored(&self) -> Vec<Outage> {
        let memory = self.judge.memory();
        let kept = memory.offices.values().flat_map(|o| &o.outages);
        let all: Vec<Outage> = kept.filter(|k| !k.outage.void).map(|k| k.outage.clone()).collect();
        plain(&all)
    }
}

impl Pc {
    pub fn cut(&mut self) {
        self.outside = Saw::Timeout;
        self.path = Saw::Timeout;
        self.datacenter = Saw::Timeout;
        self.connected = false;
    }

    pub fn repair(&mut self) {
        self.gateway = Saw::Answered;
        self.outside = Saw::Answered;
        self.path = Saw::Answered;
        self.datacenter = Saw::Answered;
        self.connected = true;
    }

    fn row(&mut self, at: At, make: impl FnOnce(Mark) -> Row) {
        let (Some((boot, zero)), Some(run)) = (self.boot.clone(), self.run.clone()) else { return };
        self.seq += 1;
        let at_ms = u64::try_from(at - zero).unwrap();
        let mark = Mark { seq: self.seq, at_ms, wall: Some(at + self.wall_ms) };
        self.spool.push(Spooled { boot, run, row: make(mark) });
    }
}

fn what(probe: &str, saw: Saw, words: &[&str], numbers: &[(&str, f64)]) -> What {
    let mut words: Vec<Arc<str>> = words.iter().map(|w| (*w).into()).collect();
    words.sort();
    What {
        probe: probe.into(),
        role: None,
        answer: Answer { saw, words: words.into() },
        numbers: numbers.iter().map(|(n, v)| ((*n).into(), *v)).collect(),
    }
}
