//! What can change in a story, and the words for it: one row of a table for each.

use crate::world::truth::{AgentOff, Away, How, Off, Office, Second, Span, Station, Truth};

/// Whose switch it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum On {
    Mains(usize),
    Line(usize),
    Office(usize),
    Station(usize, usize),
    /// The one center, the one collector.
    Only,
}

/// What kind of thing a subject names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Names {
    Mains,
    Line,
    Office,
    Station,
    Only,
}

type Spans = Vec<(Span, i64)>;

/// One row: `mains off … mains on`.
pub(super) struct Switch {
    pub(super) subject: &'static str,
    pub(super) names: Names,
    pub(super) open: &'static str,
    pub(super) close: &'static str,
    /// A duration follows the opening words.
    pub(super) counts: bool,
    pub(super) read: fn(&Truth, On) -> Spans,
    pub(super) add: fn(&mut Truth, On, Span, i64),
}

fn plain(spans: &[Span]) -> Spans {
    spans.iter().map(|span| (*span, 0)).collect()
}

fn insert(spans: &mut Vec<Span>, span: Span) {
    let at = spans.partition_point(|s| *s <= span);
    spans.insert(at, span);
}

fn office(truth: &Truth, on: On) -> Option<&Office> {
    match on {
        On::Office(office) => truth.offices.get(office),
        On::Mains(_) | On::Line(_) | On::Station(..) | On::Only => None,
    }
}

fn office_mut(truth: &mut Truth, on: On) -> Option<&mut Office> {
    match on {
        On::Office(office) => truth.offices.get_mut(office),
        On::Mains(_) | On::Line(_) | On::Station(..) | On::Only => None,
    }
}

fn station(truth: &Truth, on: On) -> Option<&Station> {
    match on {
        On::Station(office, station) => truth.offices.get(office)?.stations.get(station),
        On::Mains(_) | On::Line(_) | On::Office(_) | On::Only => None,
    }
}

fn station_mut(truth: &mut Truth, on: On) -> Option<&mut Station> {
    match on {
        On::Station(office, station) => truth.offices.get_mut(office)?.stations.get_mut(station),
        On::Mains(_) | On::Line(_) | On::Office(_) | On::Only => None,
    }
}

macro_rules! row {
    ($subject:literal, $names:ident, $open:literal, $close:literal, $read:expr, $add:expr) => {
        Switch {
            subject: $subject,
            names: Names::$names,
            open: $open,
            close: $close,
            counts: false,
            read: $read,
            add: $add,
        }
    };
}

/// A list of spans of the one truth.
macro_rules! only {
    ($subject:literal, $open:literal, $close:literal, $($field:ident).+) => {
        row!($subject, Only, $open, $close, |t, _| plain(&t.$($field).+), |t, _, span, _| insert(
            &mut t.$($field).+,
            span
        ))
    };
}

/// A list of spans of an office.
macro_rules! of_office {
    ($subject:literal, $open:literal, $close:literal, $($field:ident).+) => {
        row!(
            $subject,
            Office,
            $open,
            $close,
            |t, on| office(t, on).map_or(Vec::new(), |o| plain(&o.$($field).+)),
            |t, on, span, _| if let Some(o) = office_mut(t, on) {
                insert(&mut o.$($field).+, span);
            }
        )
    };
}

/// A list of spans of an office's generator.
macro_rules! of_generator {
    ($open:literal, $close:literal, $field:ident) => {
        row!(
            "generator",
            Office,
            $open,
            $close,
            |t, on| {
                let generator = office(t, on).and_then(|o| o.generator.as_ref());
                generator.map_or(Vec::new(), |g| plain(&g.$field))
            },
            |t, on, span, _| if let Some(o) = office_mut(t, on) {
                insert(&mut o.generator.get_or_insert_default().$field, span);
            }
        )
    };
}

/// A list of spans of a station.
macro_rules! of_station {
    ($subject:literal, $open:literal, $close:literal, $($field:ident).+) => {
        row!(
            $subject,
            Station,
            $open,
            $close,
            |t, on| station(t, on).map_or(Vec::new(), |s| plain(&s.$($field).+)),
            |t, on, span, _| if let Some(s) = station_mut(t, on) {
                insert(&mut s.$($field).+, span);
            }
        )
    };
}

/// One way of a PC to be off.
macro_rules! pc {
    ($open:literal, $how:expr) => {
        row!(
            "pc",
            Station,
            $open,
            "on",
            |t, on| {
                let off = station(t, on).map_or(&[][..], |s| &s.off);
                off.iter().filter(|off| off.how == $how).map(|off| (off.span, 0)).collect()
            },
            |t, on, span, _| if let Some(s) = station_mut(t, on) {
                let at = s.off.partition_point(|off| off.span <= span);
                s.off.insert(at, Off { span, how: $how });
            }
        )
    };
}

/// One way of an agent to be away.
macro_rules! agent {
    ($open:literal, $words:literal) => {
        row!(
            "agent",
            Station,
            $open,
            "started",
            |t, on| {
                let off = station(t, on).map_or(&[][..], |s| &s.agent_off);
                off.iter().filter(|off| off.words == $words).map(|off| (off.span, 0)).collect()
            },
            |t, on, span, _| if let Some(s) = station_mut(t, on) {
                let at = s.agent_off.partition_point(|off| off.span <= span);
                s.agent_off.insert(at, AgentOff { span, words: $words });
            }
        )
    };
}

/// One way of the collector to be away.
macro_rules! collector {
    ($open:literal, $orderly:literal) => {
        row!(
            "collector",
            Only,
            $open,
            "started",
            |t, _| {
                let away = t.collector.away.iter().filter(|away| away.orderly == $orderly);
                away.map(|away| (away.span, 0)).collect()
            },
            |t, _, span, _| {
                let at = t.collector.away.partition_point(|away| away.span <= span);
                t.collector.away.insert(at, Away { span, orderly: $orderly });
            }
        )
    };
}

/// All of them. Of one subject, rows with the same closing words exclude each other.
pub(super) const SWITCHES: &[Switch] = &[
    row!(
        "mains",
        Mains,
        "off",
        "on",
        |t, on| match on {
            On::Mains(i) => t.mains.get(i).map_or(Vec::new(), |mains| plain(&mains.off)),
            On::Line(_) | On::Office(_) | On::Station(..) | On::Only => Vec::new(),
        },
        |t, on, span, _| if let On::Mains(i) = on
            && let Some(mains) = t.mains.get_mut(i)
        {
            insert(&mut mains.off, span);
        }
    ),
    row!(
        "line",
        Line,
        "down",
        "up",
        |t, on| match on {
            On::Line(i) => t.lines.get(i).map_or(Vec::new(), |line| plain(&line.down)),
            On::Mains(_) | On::Office(_) | On::Station(..) | On::Only => Vec::new(),
        },
        |t, on, span, _| if let On::Line(i) = on
            && let Some(line) = t.lines.get_mut(i)
        {
            insert(&mut line.down, span);
        }
    ),
    of_generator!("refuses", "willing", refuses),
    of_generator!("unreadable", "readable", unreadable),
    of_office!("router", "broken", "repaired", router.broken),
    of_office!("path", "down", "up", path_down),
    of_office!("access", "shut", "open", shut_out),
    only!("center", "refuses", "serves", center.service_down),
    only!("center", "silent", "answers", center.host_down),
    only!("center", "lost", "back", center.site_down),
    pc!("switched off", How::SwitchedOff),
    pc!("restarts", How::Restarted),
    pc!("asleep", How::Asleep),
    pc!("crashes", How::Crashed { logged: true }),
    pc!("hangs", How::Crashed { logged: false }),
    pc!("left off", How::NotSwitchedOn),
    agent!("stopped", true),
    agent!("crashed", false),
    of_station!("cable", "out", "in", cable_out),
    of_station!("device", "absent", "present", device_out),
    of_station!("device", "unreadable", "readable", device_unreadable),
    of_station!("service", "unreadable", "readable", link_unreadable),
    row!(
        "ups",
        Station,
        "unreadable",
        "readable",
        |t, on| {
            let ups = station(t, on).and_then(|s| s.ups.as_ref());
            ups.map_or(Vec::new(), |ups| plain(&ups.unreadable))
        },
        |t, on, span, _| if let Some(s) = station_mut(t, on) {
            insert(&mut s.ups.get_or_insert_default().unreadable, span);
        }
    ),
    of_station!("uplink", "cut", "mended", uplink_cut),
    of_station!("answers", "lost", "arrive", delivery.acks_lost),
    of_station!("spool", "damaged", "whole", delivery.damaged),
    Switch {
        subject: "reports",
        names: Names::Station,
        open: "late",
        close: "prompt",
        counts: true,
        read: |t, on| station(t, on).map_or(Vec::new(), |s| s.delivery.delayed.clone()),
        add: |t, on, span, late| {
            if let Some(s) = station_mut(t, on) {
                let at = s.delivery.delayed.partition_point(|(other, _)| *other <= span);
                s.delivery.delayed.insert(at, (span, late));
            }
        },
    },
    only!("collector", "cut", "reached", collector.cut),
    collector!("stopped", true),
    collector!("crashed", false),
];

/// One row for something that happens in one second: `spool loket-1 lost`.
pub(super) struct Moment {
    pub(super) subject: &'static str,
    pub(super) names: Names,
    pub(super) word: &'static str,
    /// A duration follows the word.
    pub(super) counts: bool,
    pub(super) read: fn(&Truth, On) -> Vec<(Second, i64)>,
    pub(super) add: fn(&mut Truth, On, Second, i64),
}

/// All of those.
pub(super) const MOMENTS: &[Moment] = &[
    Moment {
        subject: "spool",
        names: Names::Station,
        word: "lost",
        counts: false,
        read: |t, on| {
            let lost = station(t, on).map_or(&[][..], |s| &s.delivery.spool_lost);
            lost.iter().map(|at| (*at, 0)).collect()
        },
        add: |t, on, at, _| {
            if let Some(s) = station_mut(t, on) {
                s.delivery.spool_lost.push(at);
                s.delivery.spool_lost.sort_unstable();
            }
        },
    },
    Moment {
        subject: "clock",
        names: Names::Station,
        word: "stepped",
        counts: true,
        read: |t, on| station(t, on).map_or(Vec::new(), |s| s.clock.steps.clone()),
        add: |t, on, at, by| {
            if let Some(s) = station_mut(t, on) {
                s.clock.steps.push((at, by));
                s.clock.steps.sort_unstable();
            }
        },
    },
];
