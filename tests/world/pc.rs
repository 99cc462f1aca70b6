//! One PC: the agent's loop in virtual time, with the real schedule, uplink, watch of the clocks
//! and weighing of answers; only probes, disk and network are the world's. It jumps from one thing
//! to the next; nothing ticks.

use std::time::Duration;

use siaga_agent::change::{Answer, Weight, weigh};
use siaga_agent::clock::{Watch, wall_text};
use siaga_agent::schedule::{Due, Schedule};
use siaga_agent::spool::Content;
use siaga_agent::uplink::{Next, Outcome, Send, Uplink};
use siaga_wire::{LastWords, PreviousEnd, Reading, Report, Row, Saw, Start, VERSION, Values};

use super::ask::{Probe, ask, probes};
use super::chance::Chance;
use super::clock::Clocks;
use super::delivery::{Fate, Post};
use super::life::{Event, Lives, lives};
use super::spool::{Entry, Spool};
use super::truth::Truth;

/// The name under which sleep and steps of the clock are kept, as in the agent's loop.
const CLOCK_PROBE: &str = "host.clock";

/// A PC, off or on.
pub struct Pc {
    /// Its office, by place.
    pub office: usize,
    /// Its place there.
    pub station: usize,
    /// Its spool.
    pub spool: Spool,
    lives: Lives,
    next_event: usize,
    agent: Option<Agent>,
    runs: u64,
    damaged: usize,
    lost: usize,
    chance: Chance,
    probes: Vec<Probe>,
    cycle: Duration,
}

struct Asking {
    due: Due,
    /// When it was asked: milliseconds since the boot, wall clock, true.
    at: (u64, i64, i64),
    ends_ms: i64,
    reading: Reading<'static>,
}

struct Flight {
    send: Send,
    ends_ms: i64,
    committed: Option<Vec<(u64, u64)>>,
    rows: usize,
}

struct Agent {
    boot: String,
    clocks: Clocks,
    schedule: Schedule,
    answers: Vec<Option<Answer>>,
    asking: Vec<Asking>,
    entries: Vec<Entry>,
    entries_cycle: u64,
    watch: Watch,
    woke_ms: u64,
    uplink: Uplink,
    flight: Option<Flight>,
    leaving: bool,
    asleep_until: Option<i64>,
    wake_ms: i64,
}

impl Pc {
    /// That PC of the truth.
    #[must_use]
    pub fn new(truth: &Truth, office: usize, station: usize) -> Self {
        let place = u64::try_from(office * 64 + station).unwrap_or(0);
        let mut chance = Chance::new(truth.seed ^ (place + 1).wrapping_mul(0x9e37_79b9));
        Self {
            office,
            station,
            spool: Spool::default(),
            lives: lives(truth, office, station, &mut chance),
            next_event: 0,
            agent: None,
            runs: 0,
            damaged: 0,
            lost: 0,
            probes: probes(truth, office, station),
            cycle: Duration::from_secs(truth.cycle.unsigned_abs()),
            chance,
        }
    }

    /// When something happens next in it, milliseconds.
    #[must_use]
    pub fn next_ms(&self) -> i64 {
        let event = self.lives.events.get(self.next_event).map_or(i64::MAX, |(at, _)| *at);
        let agent = self.agent.as_ref().map_or(i64::MAX, |a| a.asleep_until.unwrap_or(a.wake_ms));
        event.min(agent)
    }

    /// Whether it runs and has nothing left to send.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.spool.is_empty()
            || (self.agent.is_none() && self.lives.events.get(self.next_event).is_none())
    }

    /// Does what is due at `now`; what it sends goes into `posts`.
    pub fn turn(&mut self, truth: &Truth, now: i64, posts: &mut Vec<Post>) {
        while let Some((at, event)) = self.lives.events.get(self.next_event).cloned()
            && at <= now
        {
            self.next_event += 1;
            self.happens(truth, now, event);
        }
        let (place, spool, chance) =
            ((self.office, self.station), &mut self.spool, &mut self.chance);
        let Some(agent) = self.agent.as_mut() else { return };
        if let Some(until) = agent.asleep_until {
            if now < until {
                return;
            }
            agent.wake_up(now, until);
        }
        let world = World { truth, place, probes: &self.probes };
        agent.turn(&world, now, spool, chance, posts);
    }

    fn happens(&mut self, truth: &Truth, now: i64, event: Event) {
        match event {
            Event::Start(boot) => self.start(truth, now, boot),
            Event::Nudge => {
                if let Some(agent) = &mut self.agent {
                    agent.wake_ms = now;
                }
            }
            Event::Sleep(until) => {
                if let Some(agent) = &mut self.agent {
                    agent.sleep(now, until);
                }
            }
            Event::Stop(words) => {
                if let Some(agent) = &mut self.agent {
                    agent.stop(now, words, &mut self.spool);
                }
            }
            Event::Gone => {
                if self.agent.take().is_some_and(|agent| agent.leaving) {
                    self.spool.settle();
                } else {
                    self.spool.crash();
                }
            }
        }
    }

    fn start(&mut self, truth: &Truth, now: i64, boot: usize) {
        let Some(boot) = self.lives.boots.get(boot).cloned() else { return };
        let this = &truth.offices[self.office].stations[self.station];
        let before = |to: i64| to * 1000 <= now;
        let mut missing = false;
        while let Some(at) = this.delivery.spool_lost.get(self.lost).filter(|at| before(**at)) {
            self.lost += 1;
            missing |= *at > truth.span.from;
        }
        if missing {
            self.spool.lose();
        }
        while let Some(span) = this.delivery.damaged.get(self.damaged).filter(|s| before(s.to)) {
            self.damaged += 1;
            self.spool.damage(*span);
        }
        let run = format!("{:016x}", self.chance.draw());
        let clocks = Clocks::new(&this.clock, boot.zero_ms, boot.after_cut);
        let sample = clocks.sample(now);
        let previous = self.spool.begin(&run, &boot.id);
        let previous_end = match &previous {
            Some(previous) if previous.ended => PreviousEnd::Orderly,
            Some(_) => PreviousEnd::Unclean,
            None if self.runs > 0 => PreviousEnd::Lost,
            None => PreviousEnd::First,
        };
        // Without its spool the agent does not know which boot to look for in the log.
        let other = previous.as_ref().is_some_and(|p| p.boot != boot.id);
        let log = boot.log.filter(|_| other);
        self.runs += 1;
        // Dated by the clock of the boot that ended.
        let ended = |at: i64, of: usize| {
            let of = self.lives.boots.get(of).unwrap_or(&boot);
            Clocks::new(&this.clock, of.zero_ms, of.after_cut).sample(at * 1000).wall_ms
        };
        let start = Start {
            previous_end,
            log: log.map(|(what, at, of)| format!("{what} at {}", wall_text(ended(at, of))).into()),
            previous: previous.map(|p| (p.run.into(), p.newest)),
        };
        let paces: Vec<_> = self.probes.iter().map(|p| p.pace(truth.cycle)).collect();
        let mut agent = Agent {
            boot: boot.id,
            schedule: Schedule::new(self.cycle, self.chance.draw(), sample.boot_ms, &paces),
            answers: vec![None; self.probes.len()],
            asking: Vec::new(),
            entries: Vec::new(),
            entries_cycle: 0,
            watch: Watch::new(sample),
            woke_ms: 0,
            uplink: Uplink::new(self.cycle, self.chance.draw()),
            flight: None,
            leaving: false,
            asleep_until: None,
            wake_ms: now,
            clocks,
        };
        agent.keep((sample.boot_ms, sample.wall_ms, now), Content::Start(start));
        agent.commit(&mut self.spool);
        self.agent = Some(agent);
    }
}

/// What an agent can see of the world.
struct World<'a> {
    truth: &'a Truth,
    place: (usize, usize),
    probes: &'a [Probe],
}

impl Agent {
    /// One or more rounds of the agent's loop, until nothing is due at `now` any more.
    fn turn(
        &mut self,
        world: &World,
        now: i64,
        spool: &mut Spool,
        chance: &mut Chance,
        posts: &mut Vec<Post>,
    ) {
        loop {
            self.notice(now, spool);
            if !self.leaving {
                self.ask_due(world, now, chance);
                let turned = self.entries_cycle != self.schedule.cycle_of(self.clocks.boot_ms(now));
                if !self.entries.is_empty() && (turned || self.schedule.is_idle()) {
                    self.commit(spool);
                }
            }
            let sends_ms = self.send_if_due(world, now, spool, chance, posts);
            let asked = self.asking.iter().map(|a| a.ends_ms).min().unwrap_or(i64::MAX);
            let flown = self.flight.as_ref().map_or(i64::MAX, |f| f.ends_ms);
            if asked <= now && asked <= flown {
                self.answered(world, now, spool);
                continue;
            }
            if flown <= now {
                self.pushed(now, spool);
                continue;
            }
            let next = if self.leaving {
                i64::MAX
            } else {
                self.clocks.when(self.schedule.next_ms(self.clocks.boot_ms(now)))
            };
            self.wake_ms = asked.min(flown).min(sends_ms).min(next).max(now + 1);
            return;
        }
    }

    fn notice(&mut self, now: i64, spool: &mut Spool) {
        let (last, sample) = (self.watch.last(), self.clocks.sample(now));
        let noticed = self.watch.notice(sample);
        if noticed.is_nothing() {
            return;
        }
        let mut values = Values::default();
        let mut words = Vec::new();
        if let Some(slept) = noticed.slept {
            self.woke_ms = sample.boot_ms;
            let at = (last.boot_ms, last.wall_ms, self.clocks.when(last.boot_ms));
            self.keep(at, Content::LastWords(LastWords::Sleep));
            values.push("suspended_seconds", slept.as_secs_f64());
            words.push("SUSPENDED".into());
        }
        if let Some(step_ms) = noticed.stepped_ms {
            #[expect(clippy::cast_precision_loss, reason = "a step is measured in seconds")]
            values.push("clock_step_seconds", step_ms as f64 / 1_000.0);
            words.push("STEPPED".into());
        }
        let probe = CLOCK_PROBE.into();
        let reading = Reading { probe, role: None, saw: Saw::Answered, why: None, words, values };
        self.keep((sample.boot_ms, sample.wall_ms, now), Content::Reading(reading));
        self.commit(spool);
    }

    fn ask_due(&mut self, world: &World, now: i64, chance: &mut Chance) {
        let sample = self.clocks.sample(now);
        for due in self.schedule.due(sample.boot_ms) {
            let Some(probe) = world.probes.get(due.probe) else { continue };
            let (reading, delay) =
                ask(world.truth, world.place, *probe, now.div_euclid(1000), chance);
            let at = (sample.boot_ms, sample.wall_ms, now);
            self.asking.push(Asking { due, at, ends_ms: now + delay.max(1), reading });
        }
    }

    /// The probe that ended first.
    fn answered(&mut self, world: &World, now: i64, spool: &mut Spool) {
        let first = self.asking.iter().enumerate().min_by_key(|(_, a)| a.ends_ms);
        let Some(first) = first.map(|(i, _)| i) else { return };
        let Asking { due, at, reading, .. } = self.asking.remove(first);
        self.schedule.finished(due.probe);
        if at.0 < self.woke_ms {
            return;
        }
        let name = world.probes.get(due.probe).map_or("", |p| p.name());
        let answer = Answer::of(&reading);
        let before = self.answers.get(due.probe).and_then(Option::as_ref);
        let weight = weigh(before, &answer, name);
        if let Some(slot) = self.answers.get_mut(due.probe) {
            *slot = Some(answer);
        }
        if due.keep || weight != Weight::Same {
            self.keep(at, Content::Reading(reading));
        }
        let now_ms = self.clocks.boot_ms(now);
        match weight {
            Weight::Same => return,
            Weight::Changed => {}
            Weight::LinkAnswers => self.uplink.hurry(now_ms),
            Weight::Power => self.uplink.urgent(now_ms),
        }
        self.commit(spool);
    }

    fn keep(&mut self, (at_ms, wall_ms, true_ms): (u64, i64, i64), content: Content) {
        if self.entries.is_empty() {
            self.entries_cycle = self.schedule.cycle_of(at_ms);
        }
        self.entries.push(Entry { at_ms, wall_ms, true_ms, content });
    }

    fn commit(&mut self, spool: &mut Spool) {
        let mut entries = std::mem::take(&mut self.entries);
        if entries.is_empty() {
            return;
        }
        entries.sort_by_key(|e| e.at_ms);
        if let Some((first, last)) = spool.commit(entries) {
            self.uplink.added(first, last);
        }
    }

    fn send_if_due(
        &mut self,
        world: &World,
        now: i64,
        spool: &Spool,
        chance: &mut Chance,
        posts: &mut Vec<Post>,
    ) -> i64 {
        if self.flight.is_some() || spool.is_empty() || (self.leaving && spool.newest().1) {
            return i64::MAX;
        }
        let sample = self.clocks.sample(now);
        let send = match self.uplink.next(sample.boot_ms, &spool.pending()) {
            Next::Send(send) => send,
            Next::Wait(until) => return self.clocks.when(until),
            Next::Nothing => return i64::MAX,
        };
        let kept = spool.read(&send.run, send.range.0, send.range.1, send.rows_most);
        if kept.is_empty() {
            self.uplink.answered(sample.boot_ms, &send, 0, &Outcome::Failed);
            return now + 1_000;
        }
        let present = send.boot == self.boot;
        let rows: Vec<Row<'static>> = kept
            .iter()
            .map(|kept| {
                let mut row = kept.row.clone();
                if !present {
                    date(&mut row, kept.wall_ms);
                }
                row
            })
            .collect();
        let times: Vec<i64> = kept.iter().map(|kept| kept.true_ms).collect();
        let report = Report {
            v: VERSION,
            boot: send.boot.clone().into(),
            run: send.run.clone().into(),
            newest: send.newest,
            now_ms: present.then_some(sample.boot_ms),
            wall: Some(wall_text(sample.wall_ms).into()),
            newest_of: send.newest_of.clone().map(|(run, seq)| (run.into(), seq)),
            rows,
        };
        let fate = Fate::of(world.truth, world.place, now, chance);
        let ranges: Vec<(u64, u64)> = report.rows.iter().map(Row::range).collect();
        let rows = report.rows.len();
        if let Some(arrives_ms) = fate.arrives_ms {
            posts.push(Post { arrives_ms, place: world.place, times, report });
        }
        let committed = fate.answered.then_some(ranges);
        self.flight = Some(Flight { send, ends_ms: fate.ends_ms, committed, rows });
        i64::MAX
    }

    fn pushed(&mut self, now: i64, spool: &mut Spool) {
        let Some(flight) = self.flight.take() else { return };
        let outcome = match &flight.committed {
            Some(ranges) => {
                spool.acknowledge(&flight.send.run, ranges);
                Outcome::Committed
            }
            None => Outcome::Failed,
        };
        self.uplink.answered(self.clocks.boot_ms(now), &flight.send, flight.rows, &outcome);
    }

    fn sleep(&mut self, now: i64, until: i64) {
        self.asleep_until = Some(until);
        self.clocks.slept(until - now);
    }

    /// What was under way when it fell asleep ends now, and a report failed.
    fn wake_up(&mut self, now: i64, until: i64) {
        self.asleep_until = None;
        for asking in &mut self.asking {
            asking.ends_ms = asking.ends_ms.max(until);
        }
        if let Some(flight) = &mut self.flight {
            flight.ends_ms = now + 20;
            flight.committed = None;
        }
    }

    fn stop(&mut self, now: i64, words: LastWords, spool: &mut Spool) {
        if self.asleep_until.is_some() {
            return;
        }
        let sample = self.clocks.sample(now);
        self.notice(now, spool);
        self.leaving = true;
        self.asking.clear();
        self.keep((sample.boot_ms, sample.wall_ms, now), Content::LastWords(words));
        self.commit(spool);
        self.uplink.urgent(sample.boot_ms);
        self.wake_ms = now;
    }
}

/// Rows of an earlier boot carry the PC's own clock.
fn date(row: &mut Row<'static>, wall_ms: i64) {
    match row {
        Row::Reading { wall, .. } | Row::Start { wall, .. } | Row::LastWords { wall, .. } => {
            *wall = Some(wall_text(wall_ms).into());
        }
        Row::Stretch { .. } | Row::Gap(_) | Row::Unknown { .. } => {}
    }
}
