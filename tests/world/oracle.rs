//! The oracle, by brute force: second by second over [`Truth`], with nothing of agent, collector or
//! judge. Given what keeps each station from serving, in truth (`ground.rs`) or as evidence proves it
//! (`proof.rs`), it says when an office served and which one thing a down second is charged to
//! (design section 4.4).

use super::truth::{Scope, Second, Span, Truth};

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

/// Of two that begin within a cycle and so many seconds nobody can tell which was first: one may be
/// dated from the reading before it, the other from the reading after it.
const RIVAL: i64 = 6;

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
