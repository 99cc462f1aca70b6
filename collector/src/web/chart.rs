//! Small charts as server-side SVG: no script, no style attribute, colours by class only. A chart
//! always has its figures in words beside it.

use siaga_decide::{At, Cause, Kind, Outage, Span, Thing};

use super::days::{Day, availability};
use super::moment::Reader;
use super::phrase;

/// The row of days beside an office, one path for each colour.
#[derive(Clone, Debug)]
pub(crate) struct Spark {
    pub(crate) width: usize,
    pub(crate) height: i64,
    pub(crate) label: String,
    pub(crate) paths: Vec<SparkPath>,
}

#[derive(Clone, Debug)]
pub(crate) struct SparkPath {
    pub(crate) class: &'static str,
    pub(crate) d: String,
}

/// One coloured part of a chart.
#[derive(Clone, Debug)]
pub(crate) struct Rect {
    pub(crate) class: &'static str,
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) w: f64,
    pub(crate) h: f64,
    pub(crate) title: String,
}

const SLOT: usize = 8;
const BAR: f64 = 6.0;

/// The parts of one day from the bottom up: class and share of its service hours.
fn parts(day: &Day) -> Vec<(&'static str, i64)> {
    let mut parts: Vec<(&'static str, i64)> =
        Kind::ALL.iter().zip(day.down).map(|(kind, ms)| (phrase::class(*kind), ms)).collect();
    parts.push(("planned", day.planned));
    parts.push(("unobserved", day.unobserved));
    parts.retain(|(_, ms)| *ms > 0);
    parts
}

/// Heights that fill `height` exactly, where what is small stays visible.
fn stack(day: &Day, height: f64, least: f64) -> Vec<(&'static str, f64, f64)> {
    if day.service <= 0 {
        return vec![("closed", height - 2.0, 2.0)];
    }
    let mut top = height;
    let mut out = Vec::new();
    for (class, ms) in parts(day) {
        let h = (ms as f64 / day.service as f64 * height).max(least).min(top);
        top -= h;
        out.push((class, top, h));
    }
    if top > 0.0 && day.in_service > 0 {
        out.push(("service", 0.0, top));
    }
    out
}

/// The chart beside an office.
pub(crate) fn spark(r: &Reader, days: &[Day]) -> Spark {
    let height = 26;
    let mut paths: Vec<SparkPath> = Vec::new();
    for (i, day) in days.iter().enumerate() {
        for (class, y, h) in stack(day, height as f64, 2.0) {
            let d = format!("M{} {y:.1}h{BAR}v{h:.1}h-{BAR}z", i * SLOT);
            match paths.iter_mut().find(|p| p.class == class) {
                Some(path) => path.d.push_str(&d),
                None => paths.push(SparkPath { class, d }),
            }
        }
    }
    Spark { width: (days.len() * SLOT).max(SLOT), height, label: spark_label(r, days), paths }
}

fn spark_label(r: &Reader, days: &[Day]) -> String {
    let down = r.lasting(days.iter().map(Day::down_total).sum());
    let ratio = availability(days).map_or("–".to_owned(), |a| r.percent(a));
    match r.language {
        crate::config::Language::Indonesian => {
            format!("{} hari terakhir: tersedia {ratio}, terhenti {down}", days.len())
        }
        crate::config::Language::English => {
            format!("last {} days: available {ratio}, down {down}", days.len())
        }
    }
}

/// The large chart of one office.
#[derive(Clone, Debug)]
pub(crate) struct DayChart {
    pub(crate) width: usize,
    pub(crate) height: i64,
    pub(crate) label: String,
    pub(crate) rects: Vec<Rect>,
}

/// One column a day, with its figures as a tooltip.
pub(crate) fn day_chart(r: &Reader, days: &[Day]) -> DayChart {
    let height = 100;
    let mut rects = Vec::new();
    for (i, day) in days.iter().enumerate() {
        let title = day_title(r, day);
        for (class, y, h) in stack(day, height as f64, 2.0) {
            rects.push(Rect {
                class,
                x: (i * SLOT) as f64,
                y: round(y),
                w: BAR,
                h: round(h),
                title: title.clone(),
            });
        }
    }
    DayChart { width: (days.len() * SLOT).max(SLOT), height, label: spark_label(r, days), rects }
}

fn day_title(r: &Reader, day: &Day) -> String {
    let mut text = format!("{} · {}", r.weekday_date(day.date), r.sum(day.service));
    for (kind, ms) in Kind::ALL.iter().zip(day.down).filter(|(_, ms)| *ms > 0) {
        text.push_str(&format!(" · {} {}", phrase::kind(r, *kind), r.lasting(ms)));
    }
    for (ms, word) in [
        (day.planned, r.pick("terencana", "planned")),
        (day.unobserved, r.pick("tidak teramati", "unobserved")),
    ] {
        if ms > 0 {
            text.push_str(&format!(" · {word} {}", r.lasting(ms)));
        }
    }
    text
}

fn round(v: f64) -> f64 {
    (v * 10.0).round() / 10.0
}

/// The lanes of one outage: what was charged on top, every candidate below.
#[derive(Clone, Debug)]
pub(crate) struct Lanes {
    pub(crate) label: String,
    pub(crate) rows: Vec<Lane>,
    pub(crate) ticks: Vec<String>,
}

/// One thing over time.
#[derive(Clone, Debug)]
pub(crate) struct Lane {
    pub(crate) name: String,
    pub(crate) charged: bool,
    pub(crate) bars: Vec<Bar>,
}

#[derive(Clone, Debug)]
pub(crate) struct Bar {
    pub(crate) class: &'static str,
    pub(crate) x: f64,
    pub(crate) w: f64,
    pub(crate) title: String,
}

/// From the first candidate to the end, or to now.
fn range(r: &Reader, outage: &Outage) -> Span {
    let end = outage.to.map_or(r.now, |t| t.hi);
    let spans = outage.timeline.iter().map(|c| c.span).chain(outage.charges.iter().map(|c| c.span));
    spans.fold(Span { from: outage.from.lo, to: end }, |a, b| Span {
        from: a.from.min(b.from),
        to: a.to.max(b.to.min(r.now.max(end))),
    })
}

/// The lanes of an outage up to now.
pub(crate) fn lanes(r: &Reader, outage: &Outage) -> Lanes {
    let range = range(r, outage);
    let width = (range.to - range.from).max(1);
    let place =
        |at: At| round(((at - range.from) as f64 / width as f64 * 1_000.0).clamp(0.0, 1_000.0));
    let bar = |span: Span, cause: &Cause| {
        let x = place(span.from);
        let name = phrase::cause(r, cause).text;
        let (from, to) = (r.clock_seconds(span.from), r.clock_seconds(span.to));
        Bar {
            class: phrase::class(cause.kind),
            x,
            w: (place(span.to) - x).max(2.0),
            title: format!("{name}: {from} – {to}"),
        }
    };
    let last = outage.charges.len().saturating_sub(1);
    let charged = outage.charges.iter().enumerate().map(|(i, c)| {
        let open = outage.to.is_none() && i == last;
        let to = if open { c.span.to.max(r.now) } else { c.span.to };
        bar(Span { from: c.span.from, to }, &c.cause)
    });
    let mut rows = vec![Lane {
        name: r.pick("Dibebankan", "Charged").to_owned(),
        charged: true,
        bars: charged.collect(),
    }];
    let mut things: Vec<(&Thing, Kind)> = Vec::new();
    for candidate in &outage.timeline {
        let key = (&candidate.cause.thing, candidate.cause.kind);
        let lane = things.iter().position(|t| *t == key).unwrap_or_else(|| {
            things.push(key);
            let name = thing(r, &candidate.cause);
            rows.push(Lane { name, charged: false, bars: Vec::new() });
            things.len() - 1
        });
        if let Some(row) = rows.get_mut(lane + 1) {
            row.bars.push(bar(candidate.span, &candidate.cause));
        }
    }
    // Where minutes would stand twice, seconds tell them apart.
    let tick = |at| if width < 8 * 60_000 { r.clock_seconds(at) } else { r.clock(at) };
    let ticks = (0..=4).map(|i| tick(range.from + width / 4 * i)).collect();
    let label = r.pick("Penyebab sepanjang gangguan", "Causes over the outage").to_owned();
    Lanes { label, rows, ticks }
}

/// What is at fault, as the name of a lane.
fn thing(r: &Reader, cause: &Cause) -> String {
    let kind = phrase::kind(r, cause.kind);
    match &cause.thing {
        Thing::Device(station, _) | Thing::Pc(station) => format!("{kind} {station}"),
        Thing::Mains | Thing::Center | Thing::Router | Thing::Line | Thing::Path => kind.to_owned(),
    }
}
