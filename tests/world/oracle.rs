//! What was true, found by brute force: second by second over [`Truth`], with nothing of agent,
//! collector or judge. Says when an office served, what kept it from serving, and which one thing
//! that is charged to (design section 4.4). Never looks at what anybody heard: that is `proof.rs`.

use super::truth::{How, Scope, Second, Span, Truth, within};

/// What a down second can be charged to, in the order in which ties are broken.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Cause {
    /// Mains, UPS or generator.
    Power,
    /// The data center.
    Center,
    /// The office's own network.
    Lan,
    /// The provider's line.
    Provider,
    /// The tunnel or route.
    Path,
    /// A needed device.
    Device,
    /// A PC.
    Station,
}

/// What is at fault.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Thing {
    /// The office's mains with all that hangs on it.
    Mains,
    /// The data center.
    Center,
    /// The router.
    Router,
    /// The line.
    Line,
    /// The path.
    Path,
    /// The device of a station.
    Device(usize),
    /// A station's PC.
    Pc(usize),
    /// A station's cable.
    Cable(usize),
}

/// How sure it can be said.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Sure {
    /// It must be called certain.
    Certain,
    /// It may be called either.
    Either,
    /// It must be called likely.
    Likely,
}

/// One thing at fault.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Fault {
    /// Which.
    pub thing: Thing,
    /// What that counts as.
    pub cause: Cause,
    /// How sure that is.
    pub sure: Sure,
    /// It stands in the way of every station, whoever shows it: taking another thing away does
    /// not make a station serve.
    pub shared: bool,
}

/// What a station does in a second.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Doing {
    /// It serves.
    Serves,
    /// Nobody can tell.
    Unknown,
    /// It cannot serve because of these; none outside service hours, where a PC may be off.
    Fails(Vec<Fault>),
}

/// Seconds of an office in which nothing changes.
#[derive(Clone, PartialEq, Debug)]
pub struct Stretch {
    /// Which.
    pub span: Span,
    /// What its stations do.
    pub stations: Vec<Doing>,
    /// Enough of them serve.
    pub serves: bool,
    /// Enough of them certainly do not.
    pub down: bool,
    /// What a down second is charged to; nothing where nothing is at fault.
    pub charged: Option<Fault>,
    /// What else it may be charged to: it began about when that one did, and nobody can tell which
    /// was first.
    pub rival: Option<Cause>,
    /// Planned work covers something at fault.
    pub planned: bool,
    /// The office is open.
    pub open: bool,
}

/// A PC that is off, asleep or still boots.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Absence {
    /// Until its agent asks again.
    pub span: Span,
    /// It went for want of power.
    pub power: bool,
    /// From then on it is its own fault that it is off: it had had power for long enough.
    pub idle_from: Option<Second>,
    /// It slept and woke up in the same boot.
    pub sleeps: bool,
}

/// What follows from the truth second by second.
pub struct Ground<'a> {
    /// The truth.
    pub truth: &'a Truth,
    /// For each office and station, when it was away.
    pub away: Vec<Vec<Vec<Absence>>>,
    /// For each office, when its router was silent, and whether for want of power.
    pub routers: Vec<Vec<(Span, bool)>>,
}

/// A PC still off so long after power came back was not switched on: its own fault from then on.
pub const SWITCH_ON: i64 = 300;
/// A router that dies within this of the mains had no battery: what it lacks is power.
const TOGETHER: i64 = 30;
/// Of two that begin within a cycle and so many seconds nobody can tell which was first: one may be
/// dated from the reading before it, the other from the reading after it.
const RIVAL: i64 = 6;

impl<'a> Ground<'a> {
    /// Walks all PCs and routers.
    #[must_use]
    pub fn new(truth: &'a Truth) -> Self {
        let each = |office: usize| 0..truth.offices[office].stations.len();
        let away = (0..truth.offices.len())
            .map(|o| each(o).map(|s| absences(truth, o, s)).collect())
            .collect();
        let routers = (0..truth.offices.len()).map(|o| silent_routers(truth, o)).collect();
        Self { truth, away, routers }
    }

    /// What keeps a station from serving in truth, as far as anybody who stood there could tell:
    /// of the network the nearest thing that does not work.
    #[must_use]
    pub fn doing(&self, office: usize, station: usize, at: Second) -> Doing {
        if let Some(away) = find(&self.away[office][station], at, |a| a.span) {
            return self.absent(office, station, *away, at);
        }
        let fault = |thing, cause, shared| Fault { thing, cause, sure: Sure::Certain, shared };
        let mut faults = Vec::new();
        let this = &self.truth.offices[office].stations[station];
        if this.needs_device && within(&this.device_out, at) {
            faults.push(fault(Thing::Device(station), Cause::Device, false));
        }
        if within(&this.cable_out, at) {
            faults.push(fault(Thing::Cable(station), Cause::Station, false));
        } else if let Some((thing, cause)) = self.cut_off(office, at) {
            faults.push(fault(thing, cause, true));
        }
        if faults.is_empty() { Doing::Serves } else { Doing::Fails(faults) }
    }

    /// The nearest thing of the network that does not work.
    #[must_use]
    pub fn cut_off(&self, office: usize, at: Second) -> Option<(Thing, Cause)> {
        let (truth, center) = (self.truth, &self.truth.center);
        if let Some((_, power)) = find(&self.routers[office], at, |r| r.0) {
            return Some(if *power {
                (Thing::Mains, Cause::Power)
            } else {
                (Thing::Router, Cause::Lan)
            });
        }
        if !truth.line_works(office, at) {
            return Some((Thing::Line, Cause::Provider));
        }
        let relayed = truth.offices[office].via;
        let relay = relayed.is_some_and(|r| find(&self.routers[r], at, |x| x.0).is_some());
        if within(&truth.offices[office].path_down, at) || relay {
            return Some((Thing::Path, Cause::Path));
        }
        if within(&center.site_down, at) || within(&center.host_down, at) {
            return Some((Thing::Center, Cause::Center));
        }
        if within(&truth.offices[office].shut_out, at) {
            return Some((Thing::Path, Cause::Path));
        }
        within(&center.service_down, at).then_some((Thing::Center, Cause::Center))
    }

    fn absent(&self, office: usize, station: usize, away: Absence, at: Second) -> Doing {
        let (thing, cause) = if away.power && away.idle_from.is_none_or(|idle| at < idle) {
            (Thing::Mains, Cause::Power)
        } else {
            (Thing::Pc(station), Cause::Station)
        };
        let idle = cause == Cause::Station && !self.truth.is_open(office, at);
        let fault = Fault { thing, cause, sure: Sure::Certain, shared: false };
        Doing::Fails(if idle { Vec::new() } else { vec![fault] })
    }

    /// When the agent of a station started, in order.
    pub fn starts(&self, office: usize, station: usize) -> impl Iterator<Item = Second> {
        let away = &self.away[office][station];
        let boots = away.iter().filter(|a| !a.sleeps).map(|a| a.span.to);
        let agent = self.truth.offices[office].stations[station].agent_off.iter();
        let agent = agent.map(|a| a.span.to).filter(|at| find(away, *at, |a| a.span).is_none());
        let mut all: Vec<Second> = boots.chain(agent).collect();
        all.sort_unstable();
        all.into_iter()
    }

    /// What was true of an office.
    #[must_use]
    pub fn walk(&self, office: usize) -> Vec<Stretch> {
        walk(self.truth, office, |station, at| self.doing(office, station, at))
    }
}

/// Walks the seconds of an office, given what each of its stations does in each.
pub fn walk(
    truth: &Truth,
    office: usize,
    mut doing: impl FnMut(usize, Second) -> Doing,
) -> Vec<Stretch> {
    let this = &truth.offices[office];
    let mut out: Vec<Stretch> = Vec::new();
    let mut since: Vec<Since> = Vec::new();
    let near = truth.cycle + RIVAL;
    for at in truth.span.from..truth.span.to {
        let stations: Vec<Doing> = (0..this.stations.len()).map(|s| doing(s, at)).collect();
        let open = truth.is_open(office, at);
        let faults: Vec<Fault> = stations.iter().flat_map(faults_of).copied().collect();
        let planned = !faults.is_empty() && is_planned(truth, office, &faults, at);
        if let Some(last) = out.last_mut()
            && (last.open, last.planned) == (open, planned)
            && last.stations == stations
        {
            last.span.to = at + 1;
            continue;
        }
        let before = out.last().map_or(&[][..], |s| &s.stations);
        note(&mut since, before, &faults, at, 3 * truth.cycle);
        let count = |what: &Doing| stations.iter().filter(|s| *s == what).count();
        let serving = count(&Doing::Serves);
        let serves = serving >= this.stations_needed;
        let down = serving + count(&Doing::Unknown) < this.stations_needed;
        let charges = charge(&stations, this.stations_needed, &since, near).filter(|_| down);
        let (charged, rival) = (charges.map(|c| c.0), charges.and_then(|c| c.1));
        let span = Span { from: at, to: at + 1 };
        out.push(Stretch { span, stations, serves, down, charged, rival, planned, open });
    }
    out
}

fn faults_of(doing: &Doing) -> &[Fault] {
    match doing {
        Doing::Fails(faults) => faults,
        Doing::Serves | Doing::Unknown => &[],
    }
}

/// Since when a thing is at fault.
struct Since {
    thing: Thing,
    at: Second,
    /// The same, if what hid it for a moment is taken for a blip.
    earliest: Second,
    /// The last second in which it was.
    last: Second,
}

/// Notes what is at fault now, after stations did that up to now; forgets what has not been for
/// `blip` seconds.
fn note(since: &mut Vec<Since>, before: &[Doing], faults: &[Fault], at: Second, blip: i64) {
    for known in since.iter_mut() {
        if before.iter().flat_map(faults_of).any(|f| f.thing == known.thing) {
            known.last = at - 1;
        }
    }
    since.retain(|s| at - s.last <= blip);
    for fault in faults {
        match since.iter_mut().find(|s| s.thing == fault.thing) {
            Some(known) => {
                known.at = if known.last < at - 1 { at } else { known.at };
                known.last = at;
            }
            None => since.push(Since { thing: fault.thing, at, earliest: at, last: at }),
        }
    }
}

/// The one thing without which the office would serve, if exactly one; else the one that began
/// first, ties by cause; and the cause of another that began within `near` of it.
fn charge(
    stations: &[Doing],
    needed: usize,
    since: &[Since],
    near: i64,
) -> Option<(Fault, Option<Cause>)> {
    let all: Vec<Fault> = stations.iter().flat_map(faults_of).copied().collect();
    let dark = all.iter().any(|f| f.thing == Thing::Mains);
    let is_off = |f: &Fault| matches!(f.thing, Thing::Pc(_));
    let without = |thing: Thing| {
        let shared = all.iter().any(|f| f.shared && f.thing != thing);
        let serves = |s: &&Doing| match s {
            Doing::Serves => true,
            Doing::Unknown => false,
            Doing::Fails(f) => {
                // Without mains nobody could switch it on.
                let dark = dark && thing != Thing::Mains && f.iter().any(is_off);
                !f.is_empty() && !shared && !dark && f.iter().all(|f| f.thing == thing)
            }
        };
        stations.iter().filter(serves).count() >= needed
    };
    let mut alone: Vec<Thing> = all.iter().map(|f| f.thing).filter(|t| without(*t)).collect();
    alone.sort_unstable();
    alone.dedup();
    let began = |f: &Fault| since.iter().find(|s| s.thing == f.thing);
    let open_to = |f: &&Fault| alone.len() != 1 || alone.contains(&f.thing);
    let order = |f: &&Fault| (began(f).map(|s| s.at), f.cause, f.thing, f.sure);
    let first = all.iter().filter(open_to).min_by_key(order)?;
    // What one station leaves open stays open.
    let open = all.iter().find(|f| f.thing == first.thing && f.sure == Sure::Either);
    let known = began(first)?;
    let close = |f: &&Fault| began(f).is_some_and(|s| s.earliest <= known.at + near);
    let rivals = all.iter().filter(|f| f.thing != first.thing).filter(open_to).filter(close);
    Some((*open.unwrap_or(first), rivals.map(|f| f.cause).min()))
}

fn is_planned(truth: &Truth, office: usize, faults: &[Fault], at: Second) -> bool {
    let this = &truth.offices[office];
    truth.plans.iter().filter(|plan| plan.span.has(at)).any(|plan| {
        faults.iter().any(|fault| match (plan.scope, fault.cause) {
            (Scope::Office(o), Cause::Power | Cause::Lan | Cause::Device | Cause::Station) => {
                o == office
            }
            (Scope::Line(line), Cause::Provider | Cause::Path) => line == this.line,
            (Scope::Mains(mains), Cause::Power) => mains == this.mains && this.mains_named,
            (Scope::Center, Cause::Center) => true,
            (Scope::Office(_) | Scope::Line(_) | Scope::Mains(_) | Scope::Center, _) => false,
        })
    })
}

/// The item of a sorted list whose span holds that second.
pub fn find<T>(list: &[T], at: Second, span: impl Fn(&T) -> Span) -> Option<&T> {
    let i = list.partition_point(|item| span(item).to <= at);
    list.get(i).filter(|item| span(item).has(at))
}

fn absences(truth: &Truth, office: usize, station: usize) -> Vec<Absence> {
    let boots_in = truth.offices[office].stations[station].boots_in;
    let mut out: Vec<Absence> = Vec::new();
    let mut ready = boots_in;
    for at in truth.span.from..truth.span.to {
        let powered = truth.pc_powered(office, station, at);
        let off = truth.pc_off(office, station, at);
        let asleep = powered && off.is_some_and(|o| o.how == How::Asleep);
        let on = powered && off.is_none();
        let up = on && ready >= boots_in;
        ready = if on || asleep { ready + 1 } else { 0 };
        let after = at + 1;
        match out.last_mut().filter(|a| a.span.to == at) {
            Some(_) if up => {}
            Some(last) => {
                last.span.to = after;
                last.sleeps &= asleep;
            }
            None if up => {}
            None => {
                let span = Span { from: at, to: after };
                out.push(Absence { span, power: !powered, idle_from: None, sleeps: asleep });
            }
        }
    }
    for absence in out.iter_mut().filter(|a| a.power) {
        absence.idle_from = idle_from(truth, office, absence.span, |lit| Some(lit.from));
    }
    out
}

/// When a PC without power has had it again, and somebody has seen that it has, for as long as it
/// takes to switch it on; `shown` says when that is seen of a stretch with supply.
pub fn idle_from(
    truth: &Truth,
    office: usize,
    off: Span,
    shown: impl Fn(Span) -> Option<Second>,
) -> Option<Second> {
    let mut from = truth.lit_from(office, off.from);
    while from < off.to {
        let to = (from..off.to).find(|at| !truth.supplied(office, *at)).unwrap_or(off.to);
        let idle = shown(Span { from, to }).map(|at| at + SWITCH_ON);
        if idle.is_some_and(|at| at < to) {
            return idle;
        }
        from = truth.lit_from(office, to);
    }
    None
}

fn silent_routers(truth: &Truth, office: usize) -> Vec<(Span, bool)> {
    let router = &truth.offices[office].router;
    let mut out: Vec<(Span, bool)> = Vec::new();
    let (mut ready, mut lit) = (router.starts_in, truth.span.from);
    for at in truth.span.from..truth.span.to {
        let powered = truth.router_powered(office, at);
        let runs = powered && ready >= router.starts_in && !within(&router.broken, at);
        ready = if powered { ready + 1 } else { 0 };
        lit = if powered { lit } else { at + 1 };
        match out.last_mut().filter(|(s, _)| s.to == at) {
            Some(_) if runs => {}
            Some((span, power)) => {
                span.to = at + 1;
                *power &= at < lit + SWITCH_ON;
            }
            None if runs => {}
            None => {
                let power = !powered && router.ups_for <= TOGETHER;
                out.push((Span { from: at, to: at + 1 }, power));
            }
        }
    }
    out
}
