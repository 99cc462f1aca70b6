//! The oracle's own table: which evidence reached the collector, and which cause that proves.
//! Stands on the truth and on a list of what was heard; knows nothing of how the judge weighs it.

use super::ground::{Absence, Ground, SWITCH_ON, idle_from};
use super::oracle::{Cause, Doing, Fault, Stretch, Sure, Thing, find, walk};
use super::truth::{How, Second, Span, within};

/// Rows of one run of a station that reached the collector in time to count, each within reach of
/// the one before it: from the second of the first to the second of the last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Heard {
    /// Of which office.
    pub office: usize,
    /// Of which station of it.
    pub station: usize,
    /// From its first row to its last.
    pub span: Span,
    /// Its boot answered at least once, so that its time is tied to the collector's.
    pub tied: bool,
}

/// Others on the same mains lost it with this one if within so many seconds.
const TOGETHER: i64 = 30;

/// What a probe asks is known after so many seconds.
const ANSWER: i64 = 6;

/// The evidence, by office and station.
pub struct Proof<'a> {
    ground: &'a Ground<'a>,
    heard: Vec<Vec<Vec<Heard>>>,
    gaps: Vec<Vec<Vec<Gap>>>,
}

/// Seconds of which no row of a station has come.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Gap {
    /// From its last row to its next.
    pub span: Span,
    /// Why, where evidence tells that it did not run; nothing where nobody can tell.
    pub why: Option<Fault>,
    /// From here on it is the PC's own fault: somebody saw that power was back.
    pub idle_from: Option<Second>,
}

/// The parts of a run between which its PC slept.
fn awake(whole: Heard, away: &[Absence]) -> Vec<Heard> {
    let mut out = vec![whole];
    for sleep in away.iter().filter(|a| a.sleeps && whole.span.has(a.span.from)) {
        let Some(last) = out.last_mut() else { break };
        let next = Heard { span: Span { from: sleep.span.to, ..last.span }, ..*last };
        last.span.to = sleep.span.from;
        out.push(next);
    }
    out
}

impl<'a> Proof<'a> {
    /// Weighs what was heard.
    #[must_use]
    pub fn new(ground: &'a Ground<'a>, all: &[Heard]) -> Self {
        let truth = ground.truth;
        let of = |o: usize, s: usize| {
            let mine = all.iter().filter(|h| (h.office, h.station) == (o, s));
            let mut list: Vec<Heard> = mine.flat_map(|h| awake(*h, &ground.away[o][s])).collect();
            list.sort_unstable();
            list
        };
        let heard = truth.offices.iter().enumerate();
        let heard = heard.map(|(o, x)| (0..x.stations.len()).map(|s| of(o, s)).collect()).collect();
        let mut out = Self { ground, heard, gaps: Vec::new() };
        out.gaps = (0..truth.offices.len())
            .map(|o| (0..truth.offices[o].stations.len()).map(|s| out.gaps_of(o, s)).collect())
            .collect();
        out
    }

    /// The gaps of a station.
    #[must_use]
    pub fn gaps(&self, office: usize, station: usize) -> &[Gap] {
        &self.gaps[office][station]
    }

    /// The rows of a station.
    #[must_use]
    pub fn heard(&self, office: usize, station: usize) -> &[Heard] {
        &self.heard[office][station]
    }

    /// In which boots of a station lie that never made contact: nobody can tell where in it.
    #[must_use]
    pub fn intervals(&self, office: usize, station: usize) -> Vec<Span> {
        let (heard, all) = (&self.heard[office][station], self.ground.truth.span);
        let untied = heard.iter().enumerate().filter(|(_, h)| !h.tied);
        untied
            .map(|(i, one)| {
                let before =
                    heard[..i].iter().rev().find(|h| h.tied).map_or(all.from, |h| h.span.to);
                let after = heard[i..].iter().find(|h| h.tied).map_or(all.to, |h| h.span.from);
                Span { from: before.min(one.span.from), to: after.max(one.span.to) }
            })
            .collect()
    }

    /// What can be said of an office.
    #[must_use]
    pub fn walk(&self, office: usize) -> Vec<Stretch> {
        walk(self.ground.truth, office, |station, at| self.doing(office, station, at))
    }

    fn covers(&self, office: usize, station: usize, at: Second) -> bool {
        find(&self.heard[office][station], at, |h| h.span).is_some()
            && find(&self.ground.away[office][station], at, |a| a.span).is_none()
    }

    fn gaps_of(&self, office: usize, station: usize) -> Vec<Gap> {
        let heard = &self.heard[office][station];
        let ends = heard.iter().map(|h| h.span.to);
        let nexts = heard.iter().skip(1).map(|h| h.span.from);
        let to = nexts.chain([self.ground.truth.span.to]);
        ends.zip(to).filter_map(|(from, to)| self.gap(office, station, Span { from, to })).collect()
    }

    fn gap(&self, office: usize, station: usize, span: Span) -> Option<Gap> {
        let truth = self.ground.truth;
        let this = &truth.offices[office].stations[station];
        if span.from >= span.to {
            return None;
        }
        let unknown = Some(Gap { span, why: None, idle_from: None });
        let within_gap = |a: &&Absence| a.span.from < span.to && a.span.to > span.from;
        let away: Vec<&Absence> =
            self.ground.away[office][station].iter().filter(within_gap).collect();
        let Some(first) = away.first() else { return unknown };
        let lone = |a: &super::truth::AgentOff| a.span.from < span.to && span.from <= a.span.to;
        // It ran in there, and what it wrote is gone; or nothing later has come.
        let ran = (span.from..span.to)
            .filter(|at| find(&self.ground.away[office][station], *at, |a| a.span).is_none());
        let lost = ran.count() > usize::try_from(5 * truth.cycle).unwrap_or(usize::MAX);
        let words =
            truth.pc_off(office, station, first.span.from).is_some_and(|off| match off.how {
                How::SwitchedOff | How::Restarted | How::Asleep => true,
                How::Crashed { .. } | How::NotSwitchedOn => false,
            });
        let open = span.to == truth.span.to && !words;
        // Without its spool it does not know what was before.
        let starts = self.ground.starts(office, station);
        let began = starts.filter(|at| *at <= span.from).last().unwrap_or(truth.span.from);
        // Last words that arrived at once are not in it.
        let said =
            words && super::delivery::arrives_at_once(truth, office, station, first.span.from - 1);
        let gone = !said
            && !away.iter().all(|a| a.sleeps)
            && this.delivery.spool_lost.iter().any(|at| began < *at && *at <= span.to);
        if lost || open || gone || this.agent_off.iter().any(lone) {
            return unknown;
        }
        let mut why = self.stop(office, station, first, words);
        // Who went orderly and is not heard again may be on and cut off by now.
        if words && span.to == truth.span.to {
            why.sure = Sure::Either;
        }
        let seen = |lit| self.mains_seen(office, station, lit);
        let off = Span { from: first.span.from, to: span.to };
        let idle = (why.cause == Cause::Power).then(|| idle_from(truth, office, off, seen));
        Some(Gap { span, why: Some(why), idle_from: idle.flatten() })
    }

    /// Why a PC stopped, by the first of these that anything shows.
    fn stop(&self, office: usize, station: usize, away: &Absence, words: bool) -> Fault {
        let truth = self.ground.truth;
        let (at, this) = (away.span.from, &truth.offices[office].stations[station]);
        let power = |sure| Fault { thing: Thing::Mains, cause: Cause::Power, sure, shared: false };
        let own =
            |sure| Fault { thing: Thing::Pc(station), cause: Cause::Station, sure, shared: false };
        let battery = this.ups.as_ref().is_some_and(|u| u.asked && !within(&u.unreadable, at - 20));
        let held = truth.dark_since(office, at - 1).is_some_and(|dark| at - dark > truth.cycle);
        let just = truth.dark_since(office, at - 1).is_some();
        let ordered = away.power && this.ups.as_ref().is_some_and(|u| u.orders_shutdown);
        let logged = away.power && this.log_tells_power && !ordered;
        let crash = truth.pc_off(office, station, at).map(|off| off.how);
        if battery && held {
            return power(Sure::Certain);
        }
        // The battery died before, or just as, it could be asked.
        if battery && just {
            return power(if logged { Sure::Certain } else { Sure::Either });
        }
        if logged {
            return power(Sure::Certain);
        }
        if words || ordered {
            return own(if ordered { Sure::Either } else { Sure::Certain });
        }
        if !away.power && crash == Some(How::Crashed { logged: true }) {
            return own(Sure::Certain);
        }
        let lost = self.others(office, station).any(|(o, s)| self.lost_mains(o, s, at));
        let stayed = self.others(office, station).any(|(o, s)| {
            (o == office || self.asked(o, s, at))
                && (at - truth.cycle..at + TOGETHER + 2 * truth.cycle).all(|t| self.covers(o, s, t))
        });
        match (away.power, lost, stayed) {
            (true, true, _) => power(Sure::Certain),
            (true, false, false) => power(Sure::Likely),
            (false, true, _) => power(Sure::Either),
            (true | false, false, true) => own(Sure::Either),
            (false, false, false) => power(Sure::Likely),
        }
    }

    /// Stations of the office, and of those that are known to share its mains.
    fn others(&self, office: usize, station: usize) -> impl Iterator<Item = (usize, usize)> {
        let offices = &self.ground.truth.offices;
        let this = &offices[office];
        let near = move |(o, x): &(usize, &super::truth::Office)| {
            let named = x.mains_named && this.mains_named;
            *o == office || (named && x.mains == this.mains)
        };
        let near = offices.iter().enumerate().filter(near);
        near.flat_map(|(o, x)| (0..x.stations.len()).map(move |s| (o, s)))
            .filter(move |other| *other != (office, station))
    }

    /// Whether the UPS of a station could be asked then.
    fn asked(&self, office: usize, station: usize, at: Second) -> bool {
        let ups = self.ground.truth.offices[office].stations[station].ups.as_ref();
        ups.is_some_and(|u| u.asked && !within(&u.unreadable, at))
            && self.covers(office, station, at)
    }

    /// Whether a station shows that it lost mains about then.
    fn lost_mains(&self, office: usize, station: usize, at: Second) -> bool {
        let truth = self.ground.truth;
        let dark = (at - TOGETHER..=at + TOGETHER)
            .any(|t| truth.dark_since(office, t) == Some(t) && self.asked(office, station, t + 6));
        let near = |a: &Absence| (a.span.from - at).abs() <= TOGETHER && !a.sleeps;
        let stops = self.ground.away[office][station].iter().filter(|a| near(a));
        dark || stops.into_iter().any(|a| truth.pc_off(office, station, a.span.from).is_none())
    }

    /// When somebody else of the office shows that there is power, in a stretch with it: by a UPS,
    /// or because a PC begins to boot.
    fn mains_seen(&self, office: usize, station: usize, lit: Span) -> Option<Second> {
        let stations = &self.ground.truth.offices[office].stations;
        let others = (0..stations.len()).filter(|s| *s != station);
        let shown = others.filter_map(|s| {
            let boots = self.ground.away[office][s].iter().filter(|a| !a.sleeps);
            let boots = boots.map(|a| a.span.to - stations[s].boots_in).filter(|at| lit.has(*at));
            let asked = self.asked(office, s, lit.from + 6).then_some(lit.from);
            boots.min().into_iter().chain(asked).min()
        });
        shown.min()
    }

    fn doing(&self, office: usize, station: usize, at: Second) -> Doing {
        let truth = self.ground.truth;
        if let Some(gap) = find(&self.gaps[office][station], at, |g| g.span) {
            let Some(mut why) = gap.why else { return Doing::Unknown };
            if gap.idle_from.is_some_and(|from| at >= from) {
                why = Fault { thing: Thing::Pc(station), cause: Cause::Station, ..why };
            }
            let idle = why.cause == Cause::Station && !truth.is_open(office, at);
            return Doing::Fails(if idle { Vec::new() } else { vec![why] });
        }
        if find(&self.heard[office][station], at, |h| h.span).is_none() {
            return Doing::Unknown;
        }
        let this = &truth.offices[office].stations[station];
        let mut faults = Vec::new();
        let device = this.needs_device && within(&this.device_out, at);
        let blind_device = this.needs_device && within(&this.device_unreadable, at);
        if device && !blind_device {
            let thing = Thing::Device(station);
            faults.push(Fault { thing, cause: Cause::Device, sure: Sure::Certain, shared: false });
        }
        let blind_link = within(&this.link_unreadable, at);
        if !blind_link {
            faults.extend(self.network(office, station, at));
        }
        match (faults.is_empty(), blind_link || blind_device) {
            (false, _) => Doing::Fails(faults),
            (true, true) => Doing::Unknown,
            (true, false) => Doing::Serves,
        }
    }

    /// What a station that runs shows of the network.
    fn network(&self, office: usize, station: usize, at: Second) -> Option<Fault> {
        let truth = self.ground.truth;
        let shared = |thing, cause, sure| Some(Fault { thing, cause, sure, shared: true });
        let all = || (0..truth.offices[office].stations.len()).filter(|s| *s != station);
        let cable = within(&truth.offices[office].stations[station].cable_out, at);
        let router = find(&self.ground.routers[office], at, |r| r.0);
        if cable && router.is_none() {
            let cabled = |s: usize| !within(&truth.offices[office].stations[s].cable_out, at);
            let elsewhere = all().any(|s| self.covers(office, s, at) && cabled(s));
            let (thing, cause) = if elsewhere {
                (Thing::Cable(station), Cause::Station)
            } else {
                (Thing::Router, Cause::Lan)
            };
            return Some(Fault { thing, cause, sure: Sure::Certain, shared: !elsewhere });
        }
        if let Some((span, power)) = router {
            let seen = all().chain([station]).any(|s| self.asked(office, s, span.from + 6));
            // A UPS is asked every five seconds; what is shorter it need not have seen.
            let short = truth.dark_since(office, span.from + 6).is_none();
            // A PC that has just come back from the same cut shows it too, where nobody saw it go.
            let watched = all().chain([station]).any(|s| self.covers(office, s, span.from));
            let back = self.gaps[office].iter().flatten().any(|g| {
                let cut = g.why.is_some_and(|w| w.cause == Cause::Power);
                cut && g.span.from <= span.from + TOGETHER && g.span.to > span.from
            });
            let back = (back && !watched) || self.dark_until(office, *span, at);
            // One that broke as mains went looks the same; and so does one that broke while nobody
            // was there to see, if mains goes as the first one comes.
            let near = TOGETHER + truth.cycle;
            let covered = |t: &Second| all().chain([station]).any(|s| self.covers(office, s, *t));
            let missed = (span.from..=at).find(covered).unwrap_or(at);
            let asked = |t: Second| all().chain([station]).any(|s| self.asked(office, s, t));
            let chance = (span.from - near..=missed + near).any(|t| {
                let since = truth.dark_since(office, t);
                since.is_some_and(|since| asked(t) && (since >= t - 6 || !asked(since + 6)))
            });
            // One that is back five minutes after mains, but for the distance of two readings.
            let lit = (span.from..span.to).rev().find(|t| truth.dark_since(office, *t).is_some());
            let late =
                lit.is_some_and(|lit| (span.to - lit - SWITCH_ON).abs() <= truth.cycle + ANSWER);
            return match (*power, seen, back || chance) {
                (true, true, _) if late => shared(Thing::Router, Cause::Lan, Sure::Either),
                (true, true, _) if short => shared(Thing::Router, Cause::Lan, Sure::Either),
                (true, true, _) => shared(Thing::Mains, Cause::Power, Sure::Certain),
                (true, false, true) | (false, _, true) => {
                    shared(Thing::Mains, Cause::Power, Sure::Either)
                }
                (true, false, false) | (false, _, false) => {
                    shared(Thing::Router, Cause::Lan, Sure::Certain)
                }
            };
        }
        let (thing, cause) = self.ground.cut_off(office, at)?;
        if thing == Thing::Line {
            return shared(thing, cause, Sure::Certain);
        }
        let relayed = truth.offices[office].via;
        let tunnel = within(&truth.offices[office].path_down, at)
            || within(&truth.center.site_down, at)
            || relayed.is_some_and(|r| find(&self.ground.routers[r], at, |x| x.0).is_some());
        if let Some(sure) = relayed.and_then(|r| self.powerless(r, at)) {
            return shared(Thing::Path, Cause::Path, sure);
        }
        let others = || (0..truth.offices.len()).filter(|o| *o != office);
        let line = truth.offices[office].line;
        let reached = others().any(|o| self.shows(o, at, |cut| cut.is_none()));
        let lost = others().filter(|o| truth.offices[*o].line != line).any(|o| {
            self.shows(o, at, |cut| matches!(cut, Some((Thing::Path | Thing::Center, _))))
        });
        let own = self.own_look(at);
        let (reached, lost) = match own {
            Some(Some(reaches)) => (reached || reaches, lost || !reaches),
            Some(None) | None => (reached, lost),
        };
        match (reached, lost, tunnel, own.is_none()) {
            (true, _, _, _) => shared(Thing::Path, Cause::Path, Sure::Certain),
            (false, true, _, _) => shared(Thing::Center, Cause::Center, Sure::Certain),
            (false, false, true, true) => shared(Thing::Path, Cause::Path, Sure::Either),
            (false, false, false, true) => shared(Thing::Center, Cause::Center, Sure::Either),
            (false, false, true, false) => shared(Thing::Path, Cause::Path, Sure::Likely),
            (false, false, false, false) => shared(Thing::Center, Cause::Center, Sure::Likely),
        }
    }

    /// Whether the collector itself reached the center, if it could tell; nothing about where it
    /// began or ceased to look.
    fn own_look(&self, at: Second) -> Option<Option<bool>> {
        let truth = self.ground.truth;
        let own = &truth.collector;
        if !own.watches {
            return Some(None);
        }
        let blind = || own.away.iter().map(|a| a.span).chain(own.cut.iter().copied());
        let near = 3 * truth.cycle + ANSWER;
        let edges = blind().flat_map(|s| [s.from, s.to]).chain([truth.span.from]);
        if edges.into_iter().any(|edge| (edge - at).abs() <= near) {
            return None;
        }
        let reaches = truth.center_answers(at);
        Some((!blind().any(|s| s.has(at))).then_some(reaches))
    }

    /// Whether all PCs were off for want of power in the midst of that, and one is back: the network
    /// still starts.
    fn dark_until(&self, office: usize, span: Span, at: Second) -> bool {
        let each = || 0..self.gaps[office].len();
        let dark = |before: Second| !each().any(|s| self.covers(office, s, before));
        each().flat_map(|s| &self.gaps[office][s]).any(|g| {
            let power = g.why.is_some_and(|w| w.cause == Cause::Power);
            power && span.has(g.span.to) && g.span.to <= at && dark(g.span.to - 1)
        })
    }

    /// Whether some station of an office shows that of the network.
    fn shows(
        &self,
        office: usize,
        at: Second,
        is: impl Fn(Option<(Thing, Cause)>) -> bool,
    ) -> bool {
        let stations = &self.ground.truth.offices[office].stations;
        let asks = |s: usize| {
            self.covers(office, s, at)
                && !within(&stations[s].link_unreadable, at)
                && !within(&stations[s].cable_out, at)
        };
        (0..stations.len()).any(asks) && is(self.ground.cut_off(office, at))
    }

    /// Whether evidence shows that an office was down for want of power, and how surely.
    fn powerless(&self, office: usize, at: Second) -> Option<Sure> {
        let this = &self.ground.truth.offices[office];
        let all: Vec<Doing> = (0..this.stations.len()).map(|s| self.doing(office, s, at)).collect();
        let failing = all.iter().filter(|d| matches!(d, Doing::Fails(_))).count();
        let faults = all.iter().flat_map(|d| match d {
            Doing::Fails(faults) => &faults[..],
            Doing::Serves | Doing::Unknown => &[],
        });
        // Where a boot may lie that nobody can place, the office may have run.
        let placed = (0..this.stations.len())
            .all(|s| !self.intervals(office, s).iter().any(|interval| interval.has(at)));
        let open = |f: &Fault| {
            if f.sure == Sure::Either || !placed { Sure::Either } else { Sure::Certain }
        };
        // A loss of mains that a UPS need not have seen may yet have been seen.
        let unseen = |f: &Fault| f.thing == Thing::Router && f.sure == Sure::Either;
        let dark = faults.filter(|f| f.cause == Cause::Power || unseen(f)).map(open).min();
        dark.filter(|_| this.stations.len() - failing < this.stations_needed)
    }
}
