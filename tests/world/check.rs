//! Compares what the judge said with what was true, and with what the evidence could prove.
//! Reports every mismatch of a play, not the first. Never bends a tolerance to a result: each is a
//! constant with its reason.

use std::collections::BTreeMap;
use std::fmt;

use siaga_decide::{
    At, Calendar, Case, Certainty, Kind, Ledger, Notice, OfficeId, OfficeState, Outage, account,
};

use super::ground::Ground;
use super::oracle::{Cause, Stretch, Sure};
use super::proof::{Heard, Proof};
use super::truth::{Second, Span, Truth, within};

mod blind;
mod edges;
mod notices;
mod warnings;

/// A probe is asked once a cycle, and what comes of it is known within these seconds after: the
/// longest that the world lets an answer take, and the second that rounding may cost.
pub const ANSWER: i64 = 6;

/// A system's log that dates an end goes by the PC's own clock, which may be so many seconds off.
const LOGGED: i64 = 5;

/// What a play left behind, as far as it is checked.
pub struct Said<'a> {
    /// What the judge found true when all had arrived.
    pub ledger: &'a Ledger,
    /// What it told, and when.
    pub told: &'a [(At, Notice)],
    /// What reached the collector.
    pub heard: &'a [Heard],
    /// When reports reached it, by office and station.
    pub arrivals: &'a BTreeMap<(usize, usize), Vec<Second>>,
}

/// One thing that is not as it should be.
#[derive(Clone, PartialEq, Debug)]
pub struct Mismatch {
    /// In which office, by place.
    pub office: usize,
    /// Over which seconds.
    pub span: Span,
    /// What.
    pub what: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let (from, to) = (At(self.span.from * 1000), At(self.span.to * 1000));
        write!(f, "office {} {from:?}..{to:?}: {}", self.office, self.what)
    }
}

/// What a second is, by the oracle or by the judge.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Is {
    /// In service.
    Served,
    /// Down and nobody's fault: a PC that may be off.
    Idle,
    /// Not known.
    Unobserved,
    /// Down, charged to that, so surely; planned or not.
    Down(Cause, Sure, bool),
}

impl Is {
    fn cause(self) -> Option<Cause> {
        match self {
            Self::Down(cause, _, _) => Some(cause),
            Self::Served | Self::Idle | Self::Unobserved => None,
        }
    }
}

/// Seconds by what they were charged to in truth (row) and by the judge (column).
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Tally {
    /// True cause, what the judge charged (nothing: unobserved), whether surely; seconds.
    pub seconds: BTreeMap<(Cause, Option<Cause>, bool), i64>,
}

impl Tally {
    /// Adds another.
    pub fn add(&mut self, other: &Self) {
        for (key, seconds) in &other.seconds {
            *self.seconds.entry(*key).or_default() += seconds;
        }
    }

    /// Down seconds, and of them those whose verdict is only likely or none.
    #[must_use]
    pub fn unsure(&self) -> (i64, i64) {
        let all = self.seconds.values().sum();
        let unsure =
            self.seconds.iter().filter(|((_, charged, sure), _)| charged.is_none() || !sure);
        (all, unsure.map(|(_, seconds)| seconds).sum())
    }
}

/// Everything that is wrong, and how the down seconds were charged.
#[must_use]
pub fn compare(truth: &Truth, said: &Said) -> (Vec<Mismatch>, Tally) {
    let ground = Ground::new(truth);
    let proof = Proof::new(&ground, said.heard);
    let silences = blind::common_silences(truth, said);
    let mut out = Vec::new();
    let mut tally = Tally::default();
    for (office, this) in truth.offices.iter().enumerate() {
        let id = OfficeId::from(this.id.as_str());
        let (was, proven) = (ground.walk(office), proof.walk(office));
        let relay = this.via.map(|via| ground.walk(via)).unwrap_or_default();
        let mine: Vec<&Outage> = said.ledger.entries.iter().filter(|e| e.office == id).collect();
        let judged = judged(truth, said.ledger, &id, &mine);
        let expected = spread(truth, &proven);
        let (was, proven, relay) = (was.as_slice(), proven.as_slice(), relay.as_slice());
        let (judged, silences) = (judged.as_slice(), silences.as_slice());
        let view = View { ground: &ground, truth, office, was, proven, relay, judged, silences };
        let loose = loose(&view, &proof, &expected);
        seconds(&view, &expected, &loose, &mut out);
        count(&view, &mut tally);
        terms(&view, said.ledger, &id, &expected, &loose, &mut out);
        edges::check(&view, &mine, &loose, &mut out);
        notices::check(&view, said, &id, &loose, &mut out);
    }
    out.sort_by_key(|m| (m.office, m.span));
    (out, tally)
}

/// One office as it was, as it can be proven, and as it was judged.
pub(crate) struct View<'a> {
    pub(crate) ground: &'a Ground<'a>,
    pub(crate) truth: &'a Truth,
    pub(crate) office: usize,
    pub(crate) was: &'a [Stretch],
    pub(crate) proven: &'a [Stretch],
    /// Of the office through which it is reached, as that was.
    pub(crate) relay: &'a [Stretch],
    pub(crate) judged: &'a [Is],
    /// When most offices were silent that fell silent together.
    pub(crate) silences: &'a [Span],
}

impl View<'_> {
    pub(crate) fn place(&self, at: Second) -> Option<usize> {
        let from = self.truth.span.from;
        (at >= from && at < self.truth.span.to).then(|| usize::try_from(at - from).unwrap_or(0))
    }

    pub(crate) fn wrong(&self, span: Span, what: String) -> Mismatch {
        Mismatch { office: self.office, span, what }
    }
}

/// The oracle's word for the judge's.
#[must_use]
pub fn cause_of(kind: Kind) -> Option<Cause> {
    match kind {
        Kind::Power => Some(Cause::Power),
        Kind::Center => Some(Cause::Center),
        Kind::LinkLan => Some(Cause::Lan),
        Kind::LinkProvider => Some(Cause::Provider),
        Kind::LinkPath => Some(Cause::Path),
        Kind::Device => Some(Cause::Device),
        Kind::Station => Some(Cause::Station),
        Kind::Silent => None,
    }
}

/// What the oracle makes of a stretch.
#[must_use]
pub fn is(stretch: &Stretch) -> Is {
    match (stretch.serves, stretch.down, stretch.charged) {
        (true, _, _) => Is::Served,
        (false, true, Some(fault)) => Is::Down(fault.cause, fault.sure, stretch.planned),
        (false, true, None) => Is::Idle,
        (false, false, _) => Is::Unobserved,
    }
}

fn spread(truth: &Truth, stretches: &[Stretch]) -> Vec<Is> {
    each(truth, stretches, |s| Some(is(s)))
        .into_iter()
        .map(|i| i.unwrap_or(Is::Unobserved))
        .collect()
}

/// Something of every second, where there is a stretch.
fn each<T: Copy>(
    truth: &Truth,
    stretches: &[Stretch],
    of: impl Fn(&Stretch) -> Option<T>,
) -> Vec<Option<T>> {
    let mut out = vec![None; usize::try_from(truth.span.to - truth.span.from).unwrap_or(0)];
    for stretch in stretches {
        fill(&mut out, truth, stretch.span, of(stretch));
    }
    out
}

fn fill<T: Copy>(out: &mut [T], truth: &Truth, span: Span, what: T) {
    let place = |at: Second| {
        usize::try_from(at.clamp(truth.span.from, truth.span.to) - truth.span.from).unwrap_or(0)
    };
    out[place(span.from)..place(span.to).max(place(span.from))].fill(what);
}

/// The whole seconds whose first instant lies in a span of the judge's.
pub(crate) fn whole(span: siaga_decide::Span) -> Span {
    let up = |at: At| at.0.div_euclid(1000) + i64::from(at.0.rem_euclid(1000) > 0);
    Span { from: up(span.from), to: up(span.to) }
}

fn judged(truth: &Truth, ledger: &Ledger, id: &OfficeId, mine: &[&Outage]) -> Vec<Is> {
    let mut out = spread(truth, &[]);
    for (span, state) in ledger.offices.get(id).map_or(&[][..], |o| &o.states) {
        let what = match state {
            OfficeState::Serving => Is::Served,
            OfficeState::Down => Is::Idle,
            OfficeState::Unobserved => Is::Unobserved,
        };
        fill(&mut out, truth, whole(*span), what);
    }
    for charge in mine.iter().flat_map(|e| &e.charges).filter(|c| !c.guessed) {
        let Some(cause) = cause_of(charge.cause.kind) else { continue };
        let sure = match charge.cause.certainty {
            Certainty::Certain => Sure::Certain,
            Certainty::Likely => Sure::Likely,
        };
        fill(&mut out, truth, whole(charge.span), Is::Down(cause, sure, charge.planned));
    }
    out
}

/// Seconds that need not agree: within a period and an answer of a change, because between two
/// readings nobody can tell; two periods where what other offices saw decides, for their readings
/// lie between ours; and where a boot never made contact, whose place is an interval.
fn loose(view: &View, proof: &Proof, expected: &[Is]) -> Vec<bool> {
    let truth = view.truth;
    let mut out = vec![false; expected.len()];
    let mut mark = |span: Span| {
        for at in span.from.max(truth.span.from)..span.to.min(truth.span.to) {
            if let Some(place) = view.place(at) {
                out[place] = true;
            }
        }
    };
    let near = truth.cycle + ANSWER;
    for pair in view.proven.windows(2) {
        let [a, b] = pair else { continue };
        let crossed =
            |s: &Stretch| s.charged.is_some_and(|f| matches!(f.cause, Cause::Center | Cause::Path));
        let width = if crossed(a) || crossed(b) { 2 * truth.cycle + ANSWER } else { near };
        if a.stations != b.stations || a.planned != b.planned || a.open != b.open {
            mark(Span { from: a.span.to - width, to: a.span.to + width });
        }
    }
    // What the relay shows of its power, it shows between two of its own readings.
    for relay in view.relay {
        let width = 2 * truth.cycle + ANSWER;
        mark(Span { from: relay.span.to - width, to: relay.span.to + width });
    }
    for station in 0..truth.offices[view.office].stations.len() {
        let heard = proof.heard(view.office, station);
        mark(Span {
            from: truth.span.from,
            to: heard.first().map_or(truth.span.to, |h| h.span.from) + near,
        });
        for end in heard.iter().map(|h| h.span.to) {
            mark(Span { from: end, to: end + near + LOGGED });
        }
        for interval in proof.intervals(view.office, station) {
            mark(Span { from: interval.from - near, to: interval.to + near });
        }
    }
    out
}

/// Whether the judge may say so where the oracle says that; `was` is the truth.
fn agrees(expected: Is, judged: Is, was: Is) -> bool {
    match (expected, judged) {
        (Is::Down(cause, sure, planned), Is::Down(said, how, also)) => {
            let either = sure == Sure::Either;
            let truly = matches!(was, Is::Down(c, _, p) if c == said && p == also);
            (planned == also && cause == said && (either || sure == how)) || (either && truly)
        }
        (a, b) => a == b,
    }
}

/// Every second that is neither as the evidence proves nor excused.
fn seconds(view: &View, expected: &[Is], loose: &[bool], out: &mut Vec<Mismatch>) {
    let was = spread(view.truth, view.was);
    let rivals = each(view.truth, view.proven, |s| s.rival);
    let mut run: Option<(Span, Is, Is)> = None;
    for (place, at) in (view.truth.span.from..view.truth.span.to).enumerate() {
        let (want, got) = (expected[place], view.judged[place]);
        let rival = rivals[place].zip(got.cause()).is_some_and(|(a, b)| a == b);
        if loose[place] || rival || agrees(want, got, was[place]) {
            continue;
        }
        match &mut run {
            Some((span, w, g)) if (span.to, *w, *g) == (at, want, got) => span.to = at + 1,
            other => {
                out.extend(other.take().map(|r| differs(view, r)));
                run = Some((Span { from: at, to: at + 1 }, want, got));
            }
        }
    }
    out.extend(run.map(|r| differs(view, r)));
}

fn differs(view: &View, (span, want, got): (Span, Is, Is)) -> Mismatch {
    view.wrong(span, format!("proven {want:?}, judged {got:?}"))
}

/// How the truly down seconds of service hours were charged.
fn count(view: &View, tally: &mut Tally) {
    for stretch in view.was.iter().filter(|s| s.open) {
        let Is::Down(cause, _, _) = is(stretch) else { continue };
        for at in stretch.span.from..stretch.span.to {
            let Some(place) = view.place(at) else { continue };
            let key = match view.judged[place] {
                Is::Down(said, sure, _) => (cause, Some(said), sure == Sure::Certain),
                Is::Unobserved => (cause, None, false),
                // At the edges of an outage the reading before it still counts.
                Is::Served | Is::Idle => continue,
            };
            *tally.seconds.entry(key).or_default() += 1;
        }
    }
}

/// The account's terms: they add up, and each is what the oracle counts but for excused seconds.
fn terms(
    view: &View,
    ledger: &Ledger,
    id: &OfficeId,
    expected: &[Is],
    loose: &[bool],
    out: &mut Vec<Mismatch>,
) {
    let truth = view.truth;
    let this = &truth.offices[view.office];
    let Some(timeline) = ledger.offices.get(id) else {
        out.push(view.wrong(truth.span, "no timeline".to_owned()));
        return;
    };
    let ms = |s: Span| siaga_decide::Span::new(At(s.from * 1000), At(s.to * 1000));
    let open = this.open.iter().map(|s| ms(*s)).collect();
    let calendar = Calendar { open, known: Some(ms(truth.span)) };
    let case = Case {
        office: id,
        timeline,
        outages: &ledger.entries,
        calendar: &calendar,
        zone: &jiff::tz::TimeZone::UTC,
        throughput: None,
        period: ms(truth.span),
        until: At(truth.span.to * 1000),
        settle_after_ms: this.settle_after * 1000,
    };
    let got = account(&case);
    let sum =
        got.in_service_seconds + got.down_seconds() + got.planned_seconds + got.unobserved_seconds;
    let clip = |s: &Span| s.to.min(truth.span.to) - s.from.max(truth.span.from);
    let hours: i64 = this.open.iter().map(|s| clip(s).max(0)).sum();
    if sum != got.service_seconds || hours != got.service_seconds {
        out.push(view.wrong(truth.span, format!("terms add up to {sum}, open were {hours}")));
    }
    let mut want = [0i64; 4];
    let mut excused = 0;
    for (place, at) in (truth.span.from..truth.span.to).enumerate() {
        if !within(&this.open, at) {
            continue;
        }
        excused += i64::from(loose[place]);
        let term = match expected[place] {
            Is::Served => 0,
            Is::Down(_, _, false) => 1,
            Is::Down(_, _, true) => 2,
            Is::Unobserved | Is::Idle => 3,
        };
        want[term] += 1;
    }
    let terms =
        [got.in_service_seconds, got.down_seconds(), got.planned_seconds, got.unobserved_seconds];
    for ((name, want), got) in
        ["in service", "down", "planned", "unobserved"].iter().zip(want).zip(terms)
    {
        if (want - got).abs() > excused {
            let what = format!("account: {name} {got} s, should be {want} ± {excused}");
            out.push(view.wrong(truth.span, what));
        }
    }
}
