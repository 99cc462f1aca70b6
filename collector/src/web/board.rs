//! The public board of an office. Shows only what [`Public`] holds: state, reason in plain words,
//! since when, the staff's estimate, today's hours. No station, device, person, note, address or
//! number of an outage can get here, because there is no field for it.

use askama::Template;
use jiff::tz::TimeZone;
use siaga_decide::wording::duration;
use siaga_decide::{
    At, Calendar, Certainty, Forecast, Kind, OfficeState, OfficeView, Outage, Span,
};

use super::assets::{ASSETS, Assets};
use super::days::{cut, day_span, today};
use super::moment::Reader;
use super::page::{LanguageLink, Visitor};
use super::phrase;
use super::words::Words;
use crate::config::Language;

/// All that a citizen is told.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Public {
    pub(crate) office: String,
    pub(crate) state: PublicState,
    pub(crate) since: Option<At>,
    pub(crate) reason: Option<(Kind, Certainty)>,
    pub(crate) expected_back: Option<At>,
    pub(crate) hours_today: Vec<Span>,
    pub(crate) opens_next: Option<At>,
    /// How long outages of this cause went on, where enough of them are known.
    pub(crate) forecast: Option<Forecast>,
}

/// What the board says first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum PublicState {
    Running,
    Down,
    Checking,
    Closed,
}

/// What may be told to everybody of what is known.
pub(crate) fn public(
    name: &str,
    zone: &TimeZone,
    calendar: &Calendar,
    view: Option<&OfficeView>,
    open: Option<&Outage>,
    now: At,
) -> Public {
    let hours_today = day_span(today(zone, now), zone)
        .map(|day| calendar.open.iter().filter_map(|o| cut(*o, day)).collect())
        .unwrap_or_default();
    let state = match view {
        Some(v) if !v.open => PublicState::Closed,
        None => PublicState::Checking,
        Some(v) => match v.state {
            OfficeState::Down => PublicState::Down,
            OfficeState::Serving => PublicState::Running,
            OfficeState::Unobserved if open.is_some() => PublicState::Down,
            OfficeState::Unobserved => PublicState::Checking,
        },
    };
    let down = state == PublicState::Down;
    Public {
        office: name.to_owned(),
        state,
        since: match state {
            PublicState::Down => open.map(|o| o.from.lo).or(view.map(|v| v.since)),
            PublicState::Running => view.map(|v| v.since),
            PublicState::Checking | PublicState::Closed => None,
        },
        reason: view
            .filter(|_| down)
            .and_then(|v| v.cause.as_ref())
            .map(|c| (c.cause.kind, c.cause.certainty)),
        expected_back: open.filter(|_| down).and_then(|o| o.expected_back),
        hours_today,
        opens_next: calendar.next_opening(now),
        forecast: None,
    }
}

/// The board as a page.
#[derive(Template, Debug)]
#[template(path = "board.html")]
pub(crate) struct Board {
    w: &'static Words,
    language: Language,
    assets: &'static Assets,
    office: String,
    tone: &'static str,
    icon: &'static str,
    headline: &'static str,
    reason: String,
    hint: Option<&'static str>,
    facts: Vec<BoardFact>,
    date: String,
    updated: String,
    languages: Vec<LanguageLink>,
}

#[derive(Debug)]
struct BoardFact {
    name: &'static str,
    value: String,
    more: Option<String>,
    strong: bool,
}

/// Writes the board in the visitor's language.
pub(crate) fn board(visitor: &Visitor, zone: &TimeZone, public: &Public) -> Board {
    let (w, r) = (visitor.words(), visitor.reader(zone));
    let (tone, icon, headline) = match public.state {
        PublicState::Running => ("ok", "ok", w.board_running),
        PublicState::Down => ("down", "down", w.board_down),
        PublicState::Checking => ("unknown", "unknown", w.board_checking),
        PublicState::Closed => ("closed", "closed", w.board_closed),
    };
    let reason = match (public.state, public.reason) {
        (PublicState::Running, _) => w.board_running_reason.to_owned(),
        (PublicState::Checking, _) => w.board_checking_reason.to_owned(),
        (PublicState::Closed, _) => opens(&r, public),
        (PublicState::Down, Some((kind, certainty))) => phrase::public_reason(&r, kind, certainty),
        (PublicState::Down, None) => phrase::public_reason(&r, Kind::Silent, Certainty::Likely),
    };
    Board {
        w,
        language: visitor.language,
        assets: &ASSETS,
        office: phrase::clean(&public.office),
        tone,
        icon,
        headline,
        reason,
        hint: (public.state == PublicState::Down).then_some(w.board_down_hint),
        facts: facts(&r, w, public),
        date: r.weekday_date(r.civil(r.now).date()),
        updated: format!("{} {}", r.clock_seconds(r.now), r.zone_name(r.now)),
        languages: visitor.languages(),
    }
}

fn opens(r: &Reader, public: &Public) -> String {
    match public.opens_next {
        Some(at) => {
            let day = r.civil(at).date();
            format!(
                "{} {} {} {}",
                r.pick("Buka kembali", "Opens again on"),
                r.weekday_date(day),
                r.pick("pukul", "at"),
                r.clock(at)
            ) + " "
                + &r.zone_name(at)
        }
        None => r.pick("Di luar jam layanan.", "Outside service hours.").to_owned(),
    }
}

/// `08.00–12.00`, `13.00–16.00`; the end of the day is 24.00.
fn hours(r: &Reader, public: &Public) -> Vec<String> {
    let end = |at: At| match r.civil(at).time() == jiff::civil::Time::midnight() {
        true => r.pick("24.00", "24:00").to_owned(),
        false => r.clock(at),
    };
    public.hours_today.iter().map(|s| format!("{}–{}", r.clock(s.from), end(s.to))).collect()
}

fn facts(r: &Reader, w: &Words, public: &Public) -> Vec<BoardFact> {
    let mut facts = Vec::new();
    if let Some(at) = public.since.filter(|at| at.0 > 1_000_000_000_000) {
        facts.push(BoardFact {
            name: w.board_since,
            value: r.brief_in_zone(at),
            more: Some(duration(r.now - at, r.language.wording())),
            strong: false,
        });
    }
    if public.state == PublicState::Down {
        facts.push(match public.expected_back {
            Some(at) => BoardFact {
                name: w.board_estimate,
                value: r.brief_in_zone(at),
                more: Some(if at < r.now { w.board_overdue } else { w.board_by_staff }.to_owned()),
                strong: at >= r.now,
            },
            None => BoardFact {
                name: w.board_estimate,
                value: w.board_no_estimate.to_owned(),
                more: public.forecast.as_ref().map(|f| phrase::forecast(r, f, false)),
                strong: false,
            },
        });
    }
    let hours = hours(r, public);
    facts.push(BoardFact {
        name: w.board_hours,
        value: if hours.is_empty() { w.board_no_hours.to_owned() } else { hours.join(", ") },
        more: (!hours.is_empty()).then(|| r.zone_name(r.now)),
        strong: false,
    });
    facts
}
