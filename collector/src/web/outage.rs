//! The page of one outage: its causes with their evidence, its timeline, who was told and who
//! answered, and every correction of its ledger entry. Pure: from values to a page.

use askama::Template;
use siaga_decide::{At, Cause, Certainty, Correction, Kind, Outage};

use super::card::{Respond, respond};
use super::chart::{Lanes, lanes};
use super::moment::{Reader, iso};
use super::page::{Crumb, OfficeFacts, Shell, Visitor};
use super::phrase::{self, Badge, CauseLabel};
use super::staff::main_cause;
use super::words::Words;

/// The page.
#[derive(Template, Debug)]
#[template(path = "outage.html")]
pub(crate) struct OutagePage {
    w: &'static Words,
    shell: Shell,
    id: String,
    badge: Badge,
    tags: Vec<&'static str>,
    office_name: String,
    cause: CauseLabel,
    began: String,
    ended: String,
    lasted: String,
    downtime: String,
    respond: Option<Respond>,
    note_form: Option<Respond>,
    /// Causes that the staff can name instead: value and text.
    amend: Vec<(&'static str, &'static str)>,
    causes: Vec<CauseBlock>,
    lanes: Lanes,
    rows: Vec<TimelineRow>,
    log: Vec<LogLine>,
    corrections: Vec<CorrectionBlock>,
}

#[derive(Debug)]
struct CauseBlock {
    cause: CauseLabel,
    /// Only where it is certain: the cause's own words say that it is likely.
    certainty: Option<&'static str>,
    span: String,
    why: Vec<String>,
}

#[derive(Debug)]
struct TimelineRow {
    from: String,
    to: String,
    lasted: String,
    cause: CauseLabel,
    counted: &'static str,
    charged: bool,
}

/// Something that happened around the outage.
#[derive(Clone, Debug)]
pub(crate) struct LogLine {
    pub(crate) iso: String,
    pub(crate) when: String,
    pub(crate) text: String,
}

#[derive(Debug)]
struct CorrectionBlock {
    iso: String,
    when: String,
    changes: Vec<Change>,
    why: Vec<String>,
}

#[derive(Debug)]
struct Change {
    what: &'static str,
    before: String,
    after: String,
}

/// What happened around an outage beside what its entry says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Around {
    pub(crate) corrections: Vec<Correction>,
    /// Notes of the staff: when, who, what, until when.
    pub(crate) notes: Vec<StaffLine>,
    /// Messages: when made, to whom over what, what about, how it went.
    pub(crate) messages: Vec<MessageLine>,
}

/// A note of the staff.
#[derive(Clone, Debug)]
pub(crate) struct StaffLine {
    pub(crate) at: At,
    pub(crate) by: String,
    pub(crate) text: Option<String>,
    pub(crate) expected_back: Option<At>,
}

/// A message to somebody.
#[derive(Clone, Debug)]
pub(crate) struct MessageLine {
    pub(crate) at: At,
    pub(crate) to: String,
    pub(crate) channel: String,
    pub(crate) title: String,
    pub(crate) sent: Option<At>,
    pub(crate) error: Option<String>,
}

/// Builds the page.
pub(crate) fn outage(
    visitor: &Visitor,
    office: &OfficeFacts,
    outage: &Outage,
    around: &Around,
) -> OutagePage {
    let (w, r) = (visitor.words(), visitor.reader(&office.zone));
    let end = outage.to.map_or(r.now, |t| t.hi);
    let back = format!("/outages/{}", outage.id);
    let answer = respond(visitor, &r, outage, &back);
    let may_answer = visitor.user.as_ref().is_some_and(|u| u.may_answer);
    let mut shell = visitor.shell(&office.name, if outage.to.is_none() { 20 } else { 0 });
    shell.crumbs.push(Crumb { href: format!("/offices/{}", office.id), text: office.name.clone() });
    OutagePage {
        w,
        shell,
        id: outage.id.to_string(),
        badge: badge(&r, outage),
        tags: tags(&r, outage),
        office_name: office.name.clone(),
        cause: main_cause(visitor, &r, outage),
        began: format!("{} {}", r.when(outage.from), r.zone_name(outage.from.hi)),
        ended: outage.to.map_or_else(
            || r.pick("masih berlangsung", "still ongoing").to_owned(),
            |to| format!("{} {}", r.when(to), r.zone_name(to.hi)),
        ),
        lasted: r.lasting(end - outage.from.lo),
        downtime: r.sum(outage.downtime_ms),
        note_form: visitor.user.as_ref().filter(|u| u.may_respond).map(|_| answer.clone()),
        amend: Kind::ALL
            .into_iter()
            .filter(|kind| may_answer && *kind != Kind::Silent && !outage.void)
            .map(|kind| (kind.word(), phrase::kind(&r, kind)))
            .collect(),
        respond: outage.to.is_none().then_some(answer),
        causes: causes(&r, outage),
        lanes: lanes(&r, outage),
        rows: rows(&r, outage),
        log: log(&r, outage, around),
        corrections: corrections(&r, w, outage, &around.corrections),
    }
}

fn badge(r: &Reader, outage: &Outage) -> Badge {
    if outage.void {
        let word = r.pick("Ternyata tidak terjadi", "Found not to have happened").to_owned();
        Badge { icon: "unknown", tone: "unknown", word }
    } else if outage.to.is_some() {
        Badge { icon: "ok", tone: "ok", word: r.pick("Sudah pulih", "Over").to_owned() }
    } else {
        Badge {
            icon: "down",
            tone: "down",
            word: r.pick("Sedang berlangsung", "Ongoing").to_owned(),
        }
    }
}

fn tags(r: &Reader, outage: &Outage) -> Vec<&'static str> {
    let mut tags = Vec::new();
    if outage.provisional {
        tags.push(r.pick("sementara: baru berdasar tanpa kabar", "provisional: rests on silence"));
    }
    tags
}

/// Every cause once, with the span over which it was seen.
fn causes(r: &Reader, outage: &Outage) -> Vec<CauseBlock> {
    let mut seen: Vec<(&Cause, At, At)> = Vec::new();
    let all = outage
        .charges
        .iter()
        .map(|c| (&c.cause, c.span))
        .chain(outage.timeline.iter().map(|c| (&c.cause, c.span)));
    for (cause, span) in all {
        let same = |s: &&mut (&Cause, At, At)| {
            (s.0.kind, s.0.sub, &s.0.thing) == (cause.kind, cause.sub, &cause.thing)
        };
        match seen.iter_mut().find(same) {
            Some(known) => {
                known.1 = known.1.min(span.from);
                known.2 = known.2.max(span.to);
                if known.0.why.len() < cause.why.len() {
                    known.0 = cause;
                }
            }
            None => seen.push((cause, span.from, span.to)),
        }
    }
    seen.into_iter()
        .map(|(cause, from, to)| CauseBlock {
            cause: phrase::cause(r, cause),
            certainty: (cause.certainty == Certainty::Certain).then(|| r.pick("pasti", "certain")),
            span: format!("{} – {}", r.clock_seconds(from), r.clock_seconds(to)),
            why: cause.why.iter().map(|w| phrase::why(r, w)).collect(),
        })
        .collect()
}

fn rows(r: &Reader, outage: &Outage) -> Vec<TimelineRow> {
    let last = outage.charges.len().saturating_sub(1);
    let mut rows: Vec<(At, bool, TimelineRow)> = Vec::new();
    for (i, c) in outage.charges.iter().enumerate() {
        let open = outage.to.is_none() && i == last;
        let to = if open { c.span.to.max(r.now) } else { c.span.to };
        let row = TimelineRow {
            from: r.exact(c.span.from),
            to: if open { r.pick("sekarang", "now").to_owned() } else { r.exact(to) },
            lasted: r.lasting(to - c.span.from),
            cause: phrase::cause(r, &c.cause),
            counted: if c.planned {
                r.pick("terencana", "planned")
            } else {
                r.pick("dibebankan", "charged")
            },
            charged: true,
        };
        rows.push((c.span.from, false, row));
    }
    let charged_too = |seen: &siaga_decide::CauseSpan| {
        outage.charges.iter().any(|c| {
            c.cause.kind == seen.cause.kind
                && c.cause.thing == seen.cause.thing
                && c.span.from <= seen.span.from
                && c.span.to >= seen.span.to
        })
    };
    for c in outage.timeline.iter().filter(|c| !charged_too(c)) {
        let row = TimelineRow {
            from: r.exact(c.span.from),
            to: r.exact(c.span.to),
            lasted: r.lasting(c.span.to - c.span.from),
            cause: phrase::cause(r, &c.cause),
            counted: r.pick("terlihat", "seen"),
            charged: false,
        };
        rows.push((c.span.from, true, row));
    }
    rows.sort_by_key(|(at, seen, _)| (*at, *seen));
    rows.into_iter().map(|(_, _, row)| row).collect()
}

fn log(r: &Reader, outage: &Outage, around: &Around) -> Vec<LogLine> {
    let mut lines: Vec<(At, String)> = Vec::new();
    for (at, text) in [
        (outage.told.opened, r.pick("Gangguan diberitahukan", "Opening told")),
        (outage.told.cause, r.pick("Penyebab diberitahukan", "Cause told")),
        (outage.told.ended, r.pick("Akhir gangguan diberitahukan", "End told")),
    ] {
        lines.extend(at.map(|at| (at, text.to_owned())));
    }
    if let Some(a) = &outage.acknowledged {
        // What was said with it, and since, stands among the notes.
        let by = phrase::clean(a.by.as_str());
        lines.push((a.at, format!("{by} {}", r.pick("menangani", "is on it"))));
    }
    for note in &around.notes {
        let mut text = phrase::clean(&note.by);
        if let Some(said) = &note.text {
            text.push_str(": ");
            text.push_str(&phrase::clean(said));
        }
        if let Some(at) = note.expected_back {
            text.push_str(&format!(
                " · {} {}",
                r.pick("perkiraan pulih", "expected back"),
                r.brief_in_zone(at)
            ));
        }
        lines.push((note.at, text));
    }
    for m in &around.messages {
        lines.push((m.sent.unwrap_or(m.at), message(r, m)));
    }
    lines.sort_by_key(|(at, _)| *at);
    lines.into_iter().map(|(at, text)| LogLine { iso: iso(at), when: r.exact(at), text }).collect()
}

fn message(r: &Reader, m: &MessageLine) -> String {
    let (to, channel, title) =
        (phrase::clean(&m.to), phrase::clean(&m.channel), phrase::clean(&m.title));
    let head = match (m.sent, &m.error) {
        (Some(_), _) => r.pick("Terkirim ke", "Sent to"),
        (None, None) => r.pick("Menunggu dikirim ke", "Waiting to be sent to"),
        (None, Some(_)) => r.pick("Belum terkirim ke", "Not sent yet to"),
    };
    let error = match (m.sent, &m.error) {
        (None, Some(error)) => format!(" ({})", phrase::clean(error)),
        _ => String::new(),
    };
    format!("{head} {to} ({channel}): {title}{error}")
}

/// Each correction as what it changed: its entry before against the entry after it.
fn corrections(
    r: &Reader,
    w: &Words,
    outage: &Outage,
    corrections: &[Correction],
) -> Vec<CorrectionBlock> {
    let after = corrections.iter().skip(1).map(|c| &c.before).chain(std::iter::once(outage));
    corrections
        .iter()
        .zip(after)
        .map(|(c, after)| CorrectionBlock {
            iso: iso(c.at),
            when: r.exact(c.at),
            changes: changes(r, w, &c.before, after),
            why: c.why.iter().map(|y| phrase::why(r, y)).collect(),
        })
        .collect()
}

fn planned(outage: &Outage) -> i64 {
    let planned = outage.charges.iter().filter(|c| c.planned);
    planned.map(|c| c.span.to - c.span.from).sum()
}

fn changes(r: &Reader, w: &Words, before: &Outage, after: &Outage) -> Vec<Change> {
    let ended = |o: &Outage| {
        o.to.map_or_else(|| r.pick("berlangsung", "ongoing").to_owned(), |t| r.when(t))
    };
    let charged = |o: &Outage| {
        let mut texts: Vec<String> = Vec::new();
        for c in &o.charges {
            let text = phrase::cause(r, &c.cause).text;
            if texts.last() != Some(&text) {
                texts.push(text);
            }
        }
        texts.join(", ")
    };
    let known = |o: &Outage| {
        if o.void {
            r.pick("tidak terjadi", "did not happen")
        } else if o.provisional {
            r.pick("sementara", "provisional")
        } else {
            r.pick("tercatat", "recorded")
        }
        .to_owned()
    };
    [
        (w.state, known(before), known(after)),
        (w.began, r.when(before.from), r.when(after.from)),
        (w.ended, ended(before), ended(after)),
        (w.cause, charged(before), charged(after)),
        (w.downtime, r.sum(before.downtime_ms), r.sum(after.downtime_ms)),
        (w.planned, r.sum(planned(before)), r.sum(planned(after))),
    ]
    .into_iter()
    .filter(|(_, before, after)| before != after)
    .map(|(what, before, after)| Change { what, before, after })
    .collect()
}
