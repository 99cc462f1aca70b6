//! When a PC lives, sleeps and dies, and its agent with it: the truth as a list of things that
//! happen to one PC.

use siaga_wire::LastWords;

use super::chance::Chance;
use super::truth::{How, Second, Span, Truth};

/// Seconds after the end of the truth for which PCs live on.
pub const AFTER: i64 = 14 * 3_600;

/// One life of the operating system.
#[derive(Clone, Debug)]
pub struct Boot {
    /// Its identity.
    pub id: String,
    /// When its clock began, milliseconds.
    pub zero_ms: i64,
    /// It followed a loss of power.
    pub after_cut: bool,
    /// What the log of the system tells of the end of the boot in which the agent last ran, when
    /// that was, and which boot (by place).
    pub log: Option<(&'static str, Second, usize)>,
}

/// Something that happens to a PC.
#[derive(Clone, Debug)]
pub enum Event {
    /// The agent starts, in that boot.
    Start(usize),
    /// The loop wakes for no reason of its own.
    Nudge,
    /// The PC sleeps until that instant.
    Sleep(i64),
    /// The agent is told to stop.
    Stop(LastWords),
    /// The agent is gone.
    Gone,
}

/// The lives of one PC.
#[derive(Clone, Debug, Default)]
pub struct Lives {
    /// In order.
    pub boots: Vec<Boot>,
    /// In order of time, milliseconds.
    pub events: Vec<(i64, Event)>,
}

/// How a boot ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Words,
    Power,
    Crash { logged: bool },
}

/// What happens to that PC.
#[must_use]
pub fn lives(truth: &Truth, office: usize, station: usize, chance: &mut Chance) -> Lives {
    let this = &truth.offices[office].stations[station];
    let points = points(truth, office, station);
    let mut out = Lives::default();
    let mut open: Option<(Second, Vec<Span>)> = None;
    let (mut dark, mut log) = (false, None);
    for pair in points.windows(2) {
        let [a, b] = *pair else { continue };
        if truth.pc_on(office, station, a) {
            if open.is_none() {
                let begun = a == truth.span.from;
                let early = chance.between(600, 90_000) * 1000;
                let zero = a * 1000 + if begun { -early } else { chance.between(0, 900) };
                out.boots.push(Boot {
                    id: format!("{:016x}", chance.draw()),
                    zero_ms: zero,
                    after_cut: dark,
                    log,
                });
                open = Some((if begun { a } else { a + this.boots_in }, Vec::new()));
                (dark, log) = (false, None);
            }
            continue;
        }
        if truth.sleeps(office, station, a)
            && let Some((_, sleeps)) = &mut open
        {
            match sleeps.last_mut() {
                Some(last) if last.to == a => last.to = b,
                Some(_) | None => sleeps.push(Span { from: a, to: b }),
            }
            continue;
        }
        dark |= !truth.pc_powered(office, station, a);
        if let Some((from, sleeps)) = open.take() {
            let end = end(truth, office, station, a);
            let boot = out.boots.len() - 1;
            log = match end {
                // The agent never came up in it.
                _ if from >= a => out.boots.last().and_then(|b| b.log),
                End::Power if this.log_tells_power => Some(("power lost", a, boot)),
                End::Crash { logged: true } => Some(("crash", a, boot)),
                End::Power | End::Words | End::Crash { logged: false } => None,
            };
            live(
                truth,
                (office, station),
                (boot, Span { from, to: a }),
                &sleeps,
                end,
                chance,
                &mut out,
            );
        }
    }
    if let Some((from, sleeps)) = open {
        let to = truth.span.to + AFTER;
        let boot = out.boots.len() - 1;
        live(
            truth,
            (office, station),
            (boot, Span { from, to }),
            &sleeps,
            End::Power,
            chance,
            &mut out,
        );
    }
    out.events.sort_by_key(|(at, _)| *at);
    out
}

/// Seconds at which the PC may begin or cease to run.
fn points(truth: &Truth, office: usize, station: usize) -> Vec<Second> {
    let holds = truth.pc_holds(office, station);
    let mut out = vec![truth.span.from, truth.span.to + AFTER];
    for cut in &truth.mains[truth.offices[office].mains].off {
        out.extend([cut.from, cut.to, cut.from + holds]);
        if let Some(fed) = truth.fed(office, *cut) {
            out.extend([fed.from, fed.to, fed.to + holds]);
        }
    }
    let off = &truth.offices[office].stations[station].off;
    out.extend(off.iter().flat_map(|o| [o.span.from, o.span.to]));
    out.retain(|at| (truth.span.from..=truth.span.to + AFTER).contains(at));
    out.sort_unstable();
    out.dedup();
    out
}

fn end(truth: &Truth, office: usize, station: usize, at: Second) -> End {
    if truth.sleeps(office, station, at - 1) {
        return End::Power;
    }
    let off = truth.pc_off(office, station, at).filter(|off| off.span.from == at);
    match off.map(|off| off.how) {
        Some(How::SwitchedOff | How::Restarted | How::Asleep) => End::Words,
        Some(How::Crashed { logged }) => End::Crash { logged },
        Some(How::NotSwitchedOn) | None => {
            let ups = truth.offices[office].stations[station].ups.as_ref();
            if ups.is_some_and(|u| u.orders_shutdown && u.holds > 0) {
                End::Words
            } else {
                End::Power
            }
        }
    }
}

/// The lives of the agent inside one boot.
fn live(
    truth: &Truth,
    (office, station): (usize, usize),
    (boot, span): (usize, Span),
    sleeps: &[Span],
    end: End,
    chance: &mut Chance,
    out: &mut Lives,
) {
    let this = &truth.offices[office].stations[station];
    let mut from = span.from;
    let inside = |at: i64| (span.from..span.to).contains(&at);
    for (at, _) in this.clock.steps.iter().filter(|(at, _)| inside(*at)) {
        out.events.push((at * 1000 + chance.between(100, 4_900), Event::Nudge));
    }
    for sleep in sleeps {
        out.events.push((sleep.from * 1000 - chance.between(50, 4_900), Event::Nudge));
        out.events.push((sleep.from * 1000, Event::Sleep(sleep.to * 1000)));
    }
    for off in this.agent_off.iter().filter(|o| o.span.to > span.from && o.span.from < span.to) {
        if off.span.from > from {
            let stop = off.words.then_some(LastWords::Agent);
            run(boot, Span { from, to: off.span.from }, stop, chance, out);
        }
        from = from.max(off.span.to);
    }
    if from < span.to {
        let stop = (end == End::Words).then_some(LastWords::System);
        run(boot, Span { from, to: span.to }, stop, chance, out);
    }
}

fn run(boot: usize, span: Span, stop: Option<LastWords>, chance: &mut Chance, out: &mut Lives) {
    let from = span.from * 1000 + chance.between(0, 900);
    out.events.push((from, Event::Start(boot)));
    if let Some(words) = stop {
        let at = span.to * 1000 - chance.between(100, 1_500);
        out.events.push((at.max(from + 1), Event::Stop(words)));
    }
    out.events.push(((span.to * 1000).max(from + 2), Event::Gone));
}
