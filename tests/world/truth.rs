//! What really happened, in whole seconds since 1970: values, and the few questions that plain
//! arithmetic answers. No word in here of agent, collector or judge, and nothing imported from
//! them: simulator and oracle both stand on this file.
//!
//! Every span is half open: `from` belongs to it, `to` does not. Lists of spans are sorted and
//! disjoint; they may abut. Things are named by their place in the lists of [`Truth`].

/// Seconds since 1970.
pub type Second = i64;

/// `from <= second < to`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Span {
    /// The first second.
    pub from: Second,
    /// The first second after it.
    pub to: Second,
}

/// All of it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Truth {
    /// From it the simulator draws its small delays, phases and identities.
    pub seed: u64,
    /// What is played. PCs that are on at its start have been so for long; their agents start in
    /// its first second. All troubles begin and end inside; delivery goes on for some hours after
    /// it, so that all evidence can arrive.
    pub span: Span,
    /// Seconds of the agents' cycle.
    pub cycle: i64,
    /// Offices; `via`, plans and acknowledgements name them by their place.
    pub offices: Vec<Office>,
    /// Providers' lines.
    pub lines: Vec<Line>,
    /// Mains supplies.
    pub mains: Vec<Mains>,
    /// The data center.
    pub center: Center,
    /// The collector.
    pub collector: Collector,
    /// Planned work.
    pub plans: Vec<Plan>,
    /// Acknowledgements.
    pub acks: Vec<Ack>,
}

/// One office.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Office {
    /// Its id.
    pub id: String,
    /// As people call it; empty: as its id.
    pub name: String,
    /// Its IANA zone, for what people read and the day of an outage's id; empty: UTC.
    pub zone: String,
    /// When it serves, as instants.
    pub open: Vec<Span>,
    /// How many stations must serve.
    pub stations_needed: usize,
    /// Its line, by place.
    pub line: usize,
    /// Its mains, by place.
    pub mains: usize,
    /// Whether the configuration names that mains (else nobody knows that it is shared).
    pub mains_named: bool,
    /// The office through which its tunnel runs: dead while that one's router does not run.
    pub via: Option<usize>,
    /// Its generator.
    pub generator: Option<Generator>,
    /// Its router.
    pub router: Router,
    /// The provider's box for this office: it runs so many seconds on its own battery after mains
    /// (not the generator) has gone. Absent: it does not care.
    pub provider_battery: Option<i64>,
    /// Its tunnel or route to the data center is broken.
    pub path_down: Vec<Span>,
    /// The data center's service does not answer this office alone; its tunnel does.
    pub shut_out: Vec<Span>,
    /// Its stations.
    pub stations: Vec<Station>,
    /// Seconds; what people are told, and how entries are grouped.
    pub open_after: i64,
    /// Seconds.
    pub close_after: i64,
    /// Seconds.
    pub merge_within: i64,
    /// Seconds.
    pub opening_grace: i64,
    /// Seconds.
    pub settle_after: i64,
}

/// A provider's line: nothing beyond the office's gateway answers while it is down.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Line {
    /// Its id.
    pub id: String,
    /// Broken.
    pub down: Vec<Span>,
}

/// A mains supply.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Mains {
    /// Its id.
    pub id: String,
    /// Cut.
    pub off: Vec<Span>,
}

/// The data center, for all offices at once.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Center {
    /// The service is down: its host answers ping and refuses the port.
    pub service_down: Vec<Span>,
    /// The service's host is silent; the other end of the tunnels answers.
    pub host_down: Vec<Span>,
    /// All of it is silent, the other end of the tunnels too.
    pub site_down: Vec<Span>,
}

/// A generator that feeds the whole office.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Generator {
    /// Feeds the office so many seconds after mains has gone; absent: never starts.
    pub starts_after: Option<i64>,
    /// Stops for good so many seconds after it began to feed (in each cut anew); absent: never.
    pub fuel_for: Option<i64>,
    /// Does not start in a cut that begins in one of these.
    pub refuses: Vec<Span>,
    /// Which stations ask it, by place.
    pub asked_by: Vec<usize>,
    /// It cannot be read (its Modbus is cut).
    pub unreadable: Vec<Span>,
}

/// The router or switch of an office.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Router {
    /// Seconds it runs on a UPS of its own after the office has lost supply; 0: dies at once.
    pub ups_for: i64,
    /// Seconds from power to passing traffic.
    pub starts_in: i64,
    /// Out of order.
    pub broken: Vec<Span>,
}

/// A PC with its agent.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Station {
    /// Its id, unique in its office.
    pub id: String,
    /// Its UPS.
    pub ups: Option<Ups>,
    /// Seconds from power (or being switched on) to the agent's first question.
    pub boots_in: i64,
    /// Off by somebody's hand, or by the system's own fault. Sorted, disjoint, not abutting.
    pub off: Vec<Off>,
    /// Only the agent is away, inside a boot.
    pub agent_off: Vec<AgentOff>,
    /// Its network cable is out.
    pub cable_out: Vec<Span>,
    /// It needs a scanner to serve.
    pub needs_device: bool,
    /// The scanner is absent.
    pub device_out: Vec<Span>,
    /// The device cannot be read.
    pub device_unreadable: Vec<Span>,
    /// The data center cannot be asked (no right to open a socket, no name).
    pub link_unreadable: Vec<Span>,
    /// At the next boot its system's log tells that power was lost.
    pub log_tells_power: bool,
    /// Its clock.
    pub clock: Clock,
    /// Its own way to the collector is cut, although everything else goes.
    pub uplink_cut: Vec<Span>,
    /// What happens to its reports and its spool.
    pub delivery: Delivery,
}

/// A UPS under one PC. Full again as soon as supply is back.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Ups {
    /// Seconds it carries the PC; 0: its battery is dead, and it does not know.
    pub holds: i64,
    /// Seconds left at which it says that it is low.
    pub low: i64,
    /// When low, it has the PC shut down in an orderly way (then the PC is off from that second).
    pub orders_shutdown: bool,
    /// A probe asks it.
    pub asked: bool,
    /// It cannot be read.
    pub unreadable: Vec<Span>,
}

/// The PC is off, asleep or hung, although it has power. In each, the PC does not run from `from`
/// until `to`; at `to` (or when power is there again, if later) it begins to boot, or wakes up.
#[derive(Clone, PartialEq, Debug)]
pub struct Off {
    /// From when to when.
    pub span: Span,
    /// How.
    pub how: How,
}

/// How a PC ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum How {
    /// Somebody shuts it down: last words `system`, a new boot afterwards.
    SwitchedOff,
    /// It restarts: the same, only short.
    Restarted,
    /// It sleeps: last words `sleep`, the boot goes on. If power goes meanwhile, a new boot.
    Asleep,
    /// It hangs, crashes, or somebody holds the button: no last words, a new boot.
    Crashed {
        /// The log of the next boot tells of a crash.
        logged: bool,
    },
    /// Nobody switches it on. Must begin in a second in which the PC has no power: it only
    /// lengthens that absence.
    NotSwitchedOn,
}

/// The agent alone is away.
#[derive(Clone, PartialEq, Debug)]
pub struct AgentOff {
    /// From when to when; the next run begins at `to` if the PC is on.
    pub span: Span,
    /// It left last words `agent`; else it crashed.
    pub words: bool,
}

/// The PC's clocks.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Clock {
    /// The time since boot runs fast by so many millionths.
    pub drift_ppm: i64,
    /// The wall clock is ahead by so many seconds.
    pub wall_ahead: i64,
    /// After a boot that followed a loss of power the wall clock starts here instead
    /// (1230768000 is 2009-01-01), until it is stepped.
    pub wall_after_cut: Option<Second>,
    /// In each boot with a reset clock, so many seconds after its beginning, the wall clock is
    /// stepped to what it would be without; absent: never.
    pub set_right_after: Option<i64>,
    /// At that second somebody moves the wall clock by so many seconds, for good.
    pub steps: Vec<(Second, i64)>,
}

/// Troubles of one station's reports and spool.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Delivery {
    /// Reports sent in these arrive and are committed; their answers are lost.
    pub acks_lost: Vec<Span>,
    /// Reports sent in these arrive so many seconds later; the agent has given up on them.
    pub delayed: Vec<(Span, i64)>,
    /// Rows made in the span, and still in the spool at the first start of the agent at or after
    /// its end, are damaged: a gap record stands for them.
    pub damaged: Vec<Span>,
    /// At the first start of the agent at or after such a second the whole spool is gone.
    pub spool_lost: Vec<Second>,
}

/// The collector.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Collector {
    /// Agents reach it through the tunnel and not merely over the line.
    pub behind_path: bool,
    /// It looks at the data center itself, over a line of its own.
    pub watches: bool,
    /// It does not run; it starts again at the end.
    pub away: Vec<Away>,
    /// Its own line is cut: its canary fails, no report arrives.
    pub cut: Vec<Span>,
}

/// The collector does not run.
#[derive(Clone, PartialEq, Debug)]
pub struct Away {
    /// From when to when.
    pub span: Span,
    /// It stopped in an orderly way.
    pub orderly: bool,
}

/// What planned work covers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// An office, by place.
    Office(usize),
    /// A line, by place.
    Line(usize),
    /// A mains, by place.
    Mains(usize),
    /// The data center.
    Center,
}

/// Planned work.
#[derive(Clone, PartialEq, Debug)]
pub struct Plan {
    /// What it covers.
    pub scope: Scope,
    /// From when to when.
    pub span: Span,
    /// When it was declared: before or after the fact.
    pub declared: Second,
}

/// Somebody acknowledges what is open then in that office, if anything is.
#[derive(Clone, PartialEq, Debug)]
pub struct Ack {
    /// Which, by place.
    pub office: usize,
    /// When.
    pub at: Second,
}

impl Span {
    /// Whether that second lies in it.
    #[must_use]
    pub fn has(self, at: Second) -> bool {
        self.from <= at && at < self.to
    }

    /// Whether some second lies in both.
    #[must_use]
    pub fn meets(self, other: Self) -> bool {
        self.from < other.to && other.from < self.to
    }
}

/// The span of a sorted list that holds that second.
#[must_use]
pub fn holding(spans: &[Span], at: Second) -> Option<Span> {
    let i = spans.partition_point(|s| s.to <= at);
    spans.get(i).copied().filter(|s| s.has(at))
}

/// Whether a sorted list of spans holds that second.
#[must_use]
pub fn within(spans: &[Span], at: Second) -> bool {
    holding(spans, at).is_some()
}

impl Truth {
    /// The cut of the office's mains that holds that second.
    #[must_use]
    pub fn cut(&self, office: usize, at: Second) -> Option<Span> {
        holding(&self.mains[self.offices[office].mains].off, at)
    }

    /// Whether the office's mains is off.
    #[must_use]
    pub fn mains_off(&self, office: usize, at: Second) -> bool {
        self.cut(office, at).is_some()
    }

    /// When the generator feeds in a cut, if it does.
    #[must_use]
    pub fn fed(&self, office: usize, cut: Span) -> Option<Span> {
        let generator = self.offices[office].generator.as_ref()?;
        let from = cut.from + generator.starts_after?;
        let to = generator.fuel_for.map_or(cut.to, |fuel| (from + fuel).min(cut.to));
        (from < to && !within(&generator.refuses, cut.from)).then_some(Span { from, to })
    }

    /// Whether the generator runs and feeds.
    #[must_use]
    pub fn generator_runs(&self, office: usize, at: Second) -> bool {
        self.cut(office, at).and_then(|cut| self.fed(office, cut)).is_some_and(|fed| fed.has(at))
    }

    /// Whether the office has supply, from mains or generator.
    #[must_use]
    pub fn supplied(&self, office: usize, at: Second) -> bool {
        !self.mains_off(office, at) || self.generator_runs(office, at)
    }

    /// The first second without supply of the stretch without it that holds that second.
    #[must_use]
    pub fn dark_since(&self, office: usize, at: Second) -> Option<Second> {
        let cut = self.cut(office, at)?;
        match self.fed(office, cut) {
            Some(fed) if fed.has(at) => None,
            Some(fed) if at >= fed.to => Some(fed.to),
            Some(_) | None => Some(cut.from),
        }
    }

    /// The first second with supply at or after that one.
    #[must_use]
    pub fn lit_from(&self, office: usize, at: Second) -> Second {
        let mut lit = at;
        while let Some(cut) = self.cut(office, lit) {
            match self.fed(office, cut) {
                Some(fed) if fed.has(lit) => break,
                Some(fed) if lit < fed.from => lit = fed.from,
                Some(_) | None => lit = cut.to,
            }
        }
        lit
    }

    /// Seconds that the PC runs without supply.
    #[must_use]
    pub fn pc_holds(&self, office: usize, station: usize) -> i64 {
        self.offices[office].stations[station]
            .ups
            .as_ref()
            .map_or(0, |ups| (ups.holds - if ups.orders_shutdown { ups.low } else { 0 }).max(0))
    }

    /// Whether the PC has power (from mains, generator or its UPS).
    #[must_use]
    pub fn pc_powered(&self, office: usize, station: usize, at: Second) -> bool {
        self.dark_since(office, at).is_none_or(|dark| at - dark < self.pc_holds(office, station))
    }

    /// The entry that keeps the PC off, asleep or hung, at that second.
    #[must_use]
    pub fn pc_off(&self, office: usize, station: usize, at: Second) -> Option<&Off> {
        let off = &self.offices[office].stations[station].off;
        off.get(off.partition_point(|o| o.span.to <= at)).filter(|o| o.span.has(at))
    }

    /// Whether the PC runs or boots: it has power and nothing keeps it off.
    #[must_use]
    pub fn pc_on(&self, office: usize, station: usize, at: Second) -> bool {
        self.pc_powered(office, station, at) && self.pc_off(office, station, at).is_none()
    }

    /// Whether the router has power.
    #[must_use]
    pub fn router_powered(&self, office: usize, at: Second) -> bool {
        let holds = self.offices[office].router.ups_for;
        self.dark_since(office, at).is_none_or(|dark| at - dark < holds)
    }

    /// Whether the router passes traffic: powered, started, not broken.
    #[must_use]
    pub fn router_runs(&self, office: usize, at: Second) -> bool {
        let router = &self.offices[office].router;
        let started = |second| self.router_powered(office, second);
        // It went down for want of power within the seconds that it needs to start.
        let fresh = (1..=router.starts_in).any(|back| !started(at - back));
        started(at) && !fresh && !within(&router.broken, at)
    }

    /// Whether the provider's box of that office has power.
    #[must_use]
    pub fn provider_powered(&self, office: usize, at: Second) -> bool {
        let Some(battery) = self.offices[office].provider_battery else { return true };
        self.cut(office, at).is_none_or(|cut| at - cut.from < battery)
    }

    /// Whether the line works for that office, from its router's far side outwards.
    #[must_use]
    pub fn line_works(&self, office: usize, at: Second) -> bool {
        !within(&self.lines[self.offices[office].line].down, at)
            && self.provider_powered(office, at)
    }

    /// Whether the tunnel itself is whole: its route, and the router of the office it runs through.
    #[must_use]
    pub fn path_whole(&self, office: usize, at: Second) -> bool {
        let whole = !within(&self.offices[office].path_down, at);
        whole && self.offices[office].via.is_none_or(|relay| self.router_runs(relay, at))
    }

    /// Whether a station reaches the office's gateway (asked of a PC that is on).
    #[must_use]
    pub fn reaches_gateway(&self, office: usize, station: usize, at: Second) -> bool {
        !within(&self.offices[office].stations[station].cable_out, at)
            && self.router_runs(office, at)
    }

    /// Whether it reaches something beyond the provider.
    #[must_use]
    pub fn reaches_outside(&self, office: usize, station: usize, at: Second) -> bool {
        self.reaches_gateway(office, station, at) && self.line_works(office, at)
    }

    /// Whether it reaches the other end of the tunnel.
    #[must_use]
    pub fn reaches_path(&self, office: usize, station: usize, at: Second) -> bool {
        self.reaches_outside(office, station, at)
            && self.path_whole(office, at)
            && !within(&self.center.site_down, at)
    }

    /// Whether the center is there, for whoever has a way to it.
    #[must_use]
    pub fn center_answers(&self, at: Second) -> bool {
        let center = &self.center;
        let down = [&center.site_down, &center.host_down, &center.service_down];
        !down.into_iter().any(|spans| within(spans, at))
    }

    /// Whether the service's host answers it.
    #[must_use]
    pub fn reaches_host(&self, office: usize, station: usize, at: Second) -> bool {
        self.reaches_path(office, station, at)
            && !within(&self.center.host_down, at)
            && !within(&self.offices[office].shut_out, at)
    }

    /// Whether the service answers it.
    #[must_use]
    pub fn reaches_service(&self, office: usize, station: usize, at: Second) -> bool {
        self.reaches_host(office, station, at) && !within(&self.center.service_down, at)
    }

    /// Whether the station can serve: on, booted, service reached, needed device there.
    /// A PC that boots does not serve yet: see [`Self::pc_up`].
    #[must_use]
    pub fn station_serves(&self, office: usize, station: usize, at: Second) -> bool {
        let this = &self.offices[office].stations[station];
        let device = !this.needs_device || !within(&this.device_out, at);
        self.pc_up(office, station, at) && device && self.reaches_service(office, station, at)
    }

    /// Whether the PC is on and has been for the time it boots in (it wakes from sleep at once).
    #[must_use]
    pub fn pc_up(&self, office: usize, station: usize, at: Second) -> bool {
        let boots_in = self.offices[office].stations[station].boots_in;
        self.pc_on(office, station, at)
            && (1..=boots_in).all(|back| {
                let second = at - back;
                self.pc_on(office, station, second) || self.sleeps(office, station, second)
            })
    }

    /// Whether the PC sleeps, with power.
    #[must_use]
    pub fn sleeps(&self, office: usize, station: usize, at: Second) -> bool {
        self.pc_powered(office, station, at)
            && self.pc_off(office, station, at).is_some_and(|off| off.how == How::Asleep)
    }

    /// Whether the office serves, whether it is open or not.
    #[must_use]
    pub fn serves(&self, office: usize, at: Second) -> bool {
        let all = 0..self.offices[office].stations.len();
        let serving = all.filter(|station| self.station_serves(office, *station, at)).count();
        serving >= self.offices[office].stations_needed
    }

    /// Whether the office is open to citizens.
    #[must_use]
    pub fn is_open(&self, office: usize, at: Second) -> bool {
        within(&self.offices[office].open, at)
    }

    /// Whether a report sent by that station then can reach the collector.
    #[must_use]
    pub fn reaches_collector(&self, office: usize, station: usize, at: Second) -> bool {
        let this = &self.offices[office].stations[station];
        let way = if self.collector.behind_path {
            self.reaches_path(office, station, at)
        } else {
            self.reaches_outside(office, station, at)
        };
        way && !within(&this.uplink_cut, at)
            && !within(&self.collector.cut, at)
            && !self.collector.away.iter().any(|away| away.span.has(at))
    }
}
