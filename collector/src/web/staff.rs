//! The staff page: offices worst first, what is wrong and why, recent outages, messages that could
//! not be sent. Pure: from values to a page.

use askama::Template;
use siaga_decide::wording::office_state_name;
use siaga_decide::{At, OfficeId, OfficeState, Outage};

use super::card::{Card, card};
use super::page::{OfficeFacts, Shell, Visitor};
use super::phrase::{self, CauseLabel};
use super::words::Words;
use crate::config::Language;

/// With so many offices every one shows its stations; beyond, only those that need somebody.
const ALL_EXPANDED: usize = 4;

/// The page.
#[derive(Template, Debug)]
#[template(path = "staff.html")]
pub(crate) struct StaffPage {
    w: &'static Words,
    shell: Shell,
    blind: Option<String>,
    tally: Vec<Tally>,
    offices: Vec<Card>,
    recent: Vec<OutageLine>,
    parked: Vec<ParkedLine>,
}

#[derive(Debug)]
struct Tally {
    tone: &'static str,
    icon: &'static str,
    count: usize,
    word: &'static str,
}

/// One line of a table of outages.
#[derive(Clone, Debug)]
pub(crate) struct OutageLine {
    pub(crate) href: String,
    pub(crate) office: String,
    pub(crate) began: String,
    pub(crate) ended: String,
    pub(crate) lasting: bool,
    pub(crate) lasted: String,
    pub(crate) downtime: String,
    pub(crate) cause: CauseLabel,
    pub(crate) who: String,
}

/// A message that was given up.
#[derive(Clone, Debug)]
pub(crate) struct ParkedLine {
    pub(crate) when: String,
    pub(crate) contact: String,
    pub(crate) channel: String,
    pub(crate) message: String,
    pub(crate) attempts: u32,
    pub(crate) error: String,
}

/// Builds the page.
pub(crate) fn staff(
    visitor: &Visitor,
    blind_since: Option<At>,
    offices: &[OfficeFacts],
    recent: &[Outage],
    parked: Vec<ParkedLine>,
) -> StaffPage {
    let w = visitor.words();
    let mut cards: Vec<Card> =
        offices.iter().map(|o| card(visitor, o, offices.len() <= ALL_EXPANDED)).collect();
    cards.sort_by(|a, b| a.rank.cmp(&b.rank).then_with(|| a.name.cmp(&b.name)));
    let r = visitor.reader(&visitor.zone);
    StaffPage {
        w,
        shell: visitor.shell(w.offices, 20),
        blind: blind_since.map(|at| {
            let since = r.since(at);
            match visitor.language {
                Language::Indonesian => format!(
                    "Server Siaga tidak bisa melihat kantor-kantor sejak {since}. Kantor yang \
                     tanpa kabar belum tentu terganggu."
                ),
                Language::English => format!(
                    "The collector cannot see the offices since {since}. Silence means nothing."
                ),
            }
        }),
        tally: tally(visitor, &cards),
        recent: recent.iter().map(|o| line(visitor, offices, o)).collect(),
        offices: cards,
        parked,
    }
}

fn tally(visitor: &Visitor, cards: &[Card]) -> Vec<Tally> {
    let r = visitor.reader(&visitor.zone);
    let count = |tone: &str| cards.iter().filter(|c| c.badge.tone == tone).count();
    let named = |state| office_state_name(state, visitor.language.wording());
    let of = |tone, icon, word| Tally { tone, icon, count: count(tone), word };
    vec![
        of("down", "down", named(OfficeState::Down)),
        of("unknown", "unknown", named(OfficeState::Unobserved)),
        of("risk", "risk", r.pick("berisiko", "at risk")),
        of("ok", "ok", named(OfficeState::Serving)),
        of("closed", "closed", r.pick("tutup", "closed")),
    ]
}

/// An outage as a line of a table, in the zone of its office.
pub(crate) fn line(visitor: &Visitor, offices: &[OfficeFacts], outage: &Outage) -> OutageLine {
    let office = offices.iter().find(|o| o.id == outage.office);
    let r = visitor.reader(office.map_or(&visitor.zone, |o| &o.zone));
    let end = outage.to.map_or(r.now, |t| t.hi);
    OutageLine {
        href: format!("/outages/{}", outage.id),
        office: office.map_or_else(|| office_id(&outage.office), |o| o.name.clone()),
        began: r.brief(outage.from.lo),
        ended: outage
            .to
            .map_or_else(|| r.pick("berlangsung", "ongoing").to_owned(), |t| r.brief(t.hi)),
        lasting: outage.to.is_none(),
        lasted: r.lasting(end - outage.from.lo),
        downtime: r.sum(outage.downtime_ms),
        cause: main_cause(visitor, &r, outage),
        who: outage
            .acknowledged
            .as_ref()
            .map_or("–".to_owned(), |a| phrase::clean(a.by.as_str())),
    }
}

fn office_id(id: &OfficeId) -> String {
    phrase::clean(id.as_str())
}

/// The cause charged with most of the outage; of an outage without charges the first candidate.
pub(crate) fn main_cause(
    visitor: &Visitor,
    r: &super::moment::Reader,
    outage: &Outage,
) -> CauseLabel {
    let open_end = outage.to.is_none().then_some(visitor.now);
    let longest = outage
        .charges
        .iter()
        .enumerate()
        .max_by_key(|(i, c)| {
            let last = i + 1 == outage.charges.len();
            let to =
                if last { open_end.map_or(c.span.to, |n| n.max(c.span.to)) } else { c.span.to };
            to - c.span.from
        })
        .map(|(_, c)| &c.cause)
        .or(outage.timeline.first().map(|c| &c.cause));
    longest.map_or_else(
        || CauseLabel {
            class: "silent",
            icon: "silent",
            text: r.pick("Belum diketahui", "Not known yet").to_owned(),
        },
        |c| phrase::cause(r, c),
    )
}
