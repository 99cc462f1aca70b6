//! What was true of each station and router, second by second: what keeps it from serving, and
//! since when it is away. Never looks at what anybody heard: that is `proof.rs`.

use super::oracle::{Cause, Doing, Fault, Stretch, Sure, Thing, find, walk};
use super::truth::{How, Second, Span, Truth, within};

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
