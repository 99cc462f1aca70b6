//! What the staff say, and what becomes of charges, states and stored entries by it.

use super::*;
use crate::outage::Told;

fn at(minute: i64) -> At {
    At(minute * 60_000)
}

fn span(from: i64, to: i64) -> Span {
    Span::new(at(from), at(to))
}

fn charge(from: i64, to: i64, kind: Kind, thing: Thing) -> Charge {
    let cause = Cause { kind, sub: None, certainty: Certainty::Likely, thing, why: Vec::new() };
    Charge { span: span(from, to), cause, planned: false, guessed: false }
}

/// The line was dead from minute 10 to 20, and a scanner from 20 to 30.
fn charges() -> Vec<Charge> {
    let scanner = Thing::Device("pc1".into(), "device.scanner".into());
    vec![charge(10, 20, Kind::LinkProvider, Thing::Line), charge(20, 30, Kind::Device, scanner)]
}

fn entry() -> Outage {
    Outage {
        id: "palaran-1".into(),
        office: "palaran".into(),
        from: When { lo: at(9), hi: at(10) },
        to: Some(When { lo: at(30), hi: at(31) }),
        charges: charges(),
        timeline: vec![crate::outage::CauseSpan {
            span: span(10, 30),
            cause: charges().remove(0).cause,
        }],
        provisional: false,
        void: false,
        downtime_ms: 20 * 60_000,
        told: Told::default(),
        acknowledged: None,
        expected_back: None,
    }
}

fn said(what: Corrected) -> StaffCorrection {
    let entry = Some(Box::new(entry()));
    StaffCorrection {
        office: "palaran".into(),
        what,
        by: "sari".into(),
        why: "telpon".into(),
        entry,
    }
}

fn cause(from: i64, to: i64, kind: Kind) -> StaffCorrection {
    said(Corrected::Cause { span: span(from, to), kind, sub: Some(Sub::NoUps) })
}

fn edges(down: &[(i64, i64)], served: &[(i64, i64)]) -> StaffCorrection {
    let spans = |list: &[(i64, i64)]| list.iter().map(|(a, b)| span(*a, *b)).collect();
    let (down, served) = (spans(down), spans(served));
    said(Corrected::Edges { down, served, kind: Kind::LinkProvider, sub: None })
}

/// Charges as `10-20 link.provider`; a `!` where certain, `p` where planned.
fn plain(charges: &[Charge]) -> Vec<String> {
    let minute = |at: At| at.0 / 60_000;
    let line = |c: &Charge| {
        let sure = if c.cause.certainty == Certainty::Certain { "!" } else { "" };
        let planned = if c.planned { " p" } else { "" };
        let (from, to) = (minute(c.span.from), minute(c.span.to));
        format!("{from}-{to} {}{sure}{planned}", c.cause.kind.word())
    };
    charges.iter().map(line).collect()
}

fn corrected(by: &[&StaffCorrection]) -> Vec<Charge> {
    correct(charges(), by, Some(&"pc1".into()))
}

#[test]
fn a_cause_that_the_staff_name_holds_where_they_name_it_and_is_certain() {
    let made = corrected(&[&cause(15, 25, Kind::Power)]);
    assert_eq!(plain(&made), ["10-15 link.provider", "15-25 power!", "25-30 device"]);
    assert_eq!(made[1].cause.thing, Thing::Mains);
    assert_eq!(made[1].cause.sub, Some(Sub::NoUps));
    assert_eq!(made[1].cause.why, [Why::Staff { text: "sari: telpon".into() }]);
    assert_eq!(plain(&corrected(&[&cause(30, 40, Kind::Power)])), plain(&charges()));
    assert_eq!(plain(&corrected(&[&cause(0, 40, Kind::Power)])), ["10-30 power!"]);
}

#[test]
fn the_same_cause_said_again_names_the_same_thing() {
    let made = corrected(&[&cause(20, 30, Kind::Device)]);
    assert_eq!(made[1].cause.thing, Thing::Device("pc1".into(), "device.scanner".into()));
    let made = corrected(&[&cause(10, 20, Kind::Device)]);
    assert_eq!(made[0].cause.thing, Thing::Device("pc1".into(), "device".into()));
    let made = corrected(&[&cause(10, 20, Kind::Station)]);
    assert_eq!(made[0].cause.thing, Thing::Pc("pc1".into()));
}

#[test]
fn work_declared_after_the_fact_keeps_the_cause_and_says_who_once() {
    let planned = said(Corrected::Planned { span: span(15, 40) });
    let made = corrected(&[&planned, &planned]);
    assert_eq!(plain(&made), ["10-15 link.provider", "15-20 link.provider p", "20-30 device p"]);
    assert_eq!(made[0].cause.why, []);
    assert_eq!(made[2].cause.why, [planned.evidence()]);
}

#[test]
fn edges_that_the_staff_move_cut_and_add_charges() {
    let made = corrected(&[&edges(&[(5, 12), (40, 45)], &[(18, 25)])]);
    let expected =
        ["5-12 link.provider!", "12-18 link.provider", "25-30 device", "40-45 link.provider!"];
    assert_eq!(plain(&made), expected);
    // What they add is the thing that was at fault, where that cause was there.
    assert_eq!(made[0].cause.thing, Thing::Line);
    let scanner = Corrected::Edges {
        down: vec![span(30, 35)],
        served: Vec::new(),
        kind: Kind::Device,
        sub: None,
    };
    let made = corrected(&[&said(scanner)]);
    assert_eq!(made[2].cause.thing, Thing::Device("pc1".into(), "device.scanner".into()));
}

#[test]
fn a_correction_spans_all_that_it_speaks_of() {
    assert_eq!(cause(3, 8, Kind::Power).span(), Some(span(3, 8)));
    assert_eq!(edges(&[(40, 45), (5, 12)], &[(50, 55)]).span(), Some(span(5, 55)));
    assert_eq!(edges(&[], &[(50, 55)]).span(), Some(span(50, 55)));
    assert_eq!(edges(&[], &[]).span(), None);
    let calendar = said(Corrected::Calendar { month: Month { year: 2026, month: 11 } });
    assert_eq!(calendar.span(), None);
    assert_eq!(plain(&corrected(&[&calendar])), plain(&charges()));
    assert_eq!(calendar.outage(), Some(&"palaran-1".into()));
}

fn stretch(from: i64, to: i64, state: OfficeState) -> OfficeStretch {
    OfficeStretch { span: span(from, to), state, silence: state == OfficeState::Unobserved }
}

#[test]
fn the_office_was_down_or_served_where_the_staff_say_so() {
    use OfficeState::{Down, Serving, Unobserved};
    let states =
        || vec![stretch(0, 10, Serving), stretch(10, 30, Down), stretch(30, 40, Unobserved)];
    let made = |by: &[&StaffCorrection]| overrule(states(), by);
    let now = |from, to, state| OfficeStretch { silence: false, ..stretch(from, to, state) };
    assert_eq!(
        made(&[&edges(&[(5, 12), (33, 36)], &[(18, 25)])]),
        [
            stretch(0, 5, Serving),
            stretch(5, 18, Down),
            stretch(18, 25, Serving),
            stretch(25, 30, Down),
            stretch(30, 33, Unobserved),
            now(33, 36, Down),
            stretch(36, 40, Unobserved),
        ]
    );
    // The later word holds; what lies outside what was judged is left alone.
    let back = edges(&[(18, 25)], &[(60, 70)]);
    assert_eq!(made(&[&edges(&[], &[(18, 25)]), &back]), states());
    // A silence that was overruled is no silence, also where the state stays the same.
    assert_eq!(
        set(states(), span(30, 35), Unobserved)[2..],
        [now(30, 35, Unobserved), stretch(35, 40, Unobserved)]
    );
}

fn patched(by: &StaffCorrection, entry: &Outage) -> Outage {
    by.patch(entry, Some(&"pc1".into()), &[span(0, 25)])
}

#[test]
fn an_old_entry_is_corrected_as_it_was_stored() {
    let made = patched(&cause(15, 25, Kind::Power), &entry());
    assert_eq!(plain(&made.charges), ["10-15 link.provider", "15-25 power!", "25-30 device"]);
    assert_eq!((made.from, made.to), (entry().from, entry().to), "no edge was spoken of");
    assert_eq!(made.downtime_ms, 15 * 60_000, "up to closing");
    assert!(!made.provisional && !made.void && made.timeline.len() == 1);
}

#[test]
fn edges_of_an_old_entry_that_are_moved_are_exact() {
    let made = patched(&edges(&[(5, 12)], &[]), &entry());
    assert_eq!((made.from, made.to), (When::exact(at(5)), entry().to));
    assert_eq!(made.downtime_ms, 20 * 60_000);
    let made = patched(&edges(&[], &[(25, 40)]), &entry());
    assert_eq!((made.from, made.to), (entry().from, Some(When::exact(at(25)))));
    let lasting = Outage { to: None, ..entry() };
    assert_eq!(patched(&edges(&[], &[(25, 40)]), &lasting).to, None);
    assert_eq!(patched(&edges(&[(5, 12)], &[]), &lasting).to, None);
}

#[test]
fn an_old_entry_that_served_all_along_is_void() {
    let made = patched(&edges(&[], &[(0, 40)]), &entry());
    assert!(made.void && !made.provisional && made.charges.is_empty() && made.timeline.is_empty());
    assert_eq!((made.to, made.downtime_ms), (Some(made.from), 0));
}

#[test]
fn a_guess_that_the_staff_confirm_is_no_longer_provisional() {
    let mut guess = charge(10, 30, Kind::Silent, Thing::Pc("pc1".into()));
    guess.guessed = true;
    let entry = Outage { charges: vec![guess], provisional: true, ..entry() };
    assert!(!patched(&edges(&[(10, 20)], &[]), &entry).provisional);
    assert!(patched(&edges(&[], &[(10, 20)]), &entry).provisional, "the rest is still a guess");
}

#[test]
fn a_month_is_four_digits_a_dash_and_two() {
    let november = Month { year: 2026, month: 11 };
    assert_eq!(Month::parse("2026-11"), Some(november));
    assert_eq!(november.to_string(), "2026-11");
    assert_eq!(Month { year: 805, month: 3 }.to_string(), "0805-03");
    for text in
        ["2026-13", "2026-00", "26-11", "2026-1", "2026-+1", "+026-11", "2026/11", "2026-111"]
    {
        assert_eq!(Month::parse(text), None, "{text}");
    }
    assert_eq!(november.first_day(), Date::new(2026, 11, 1).ok());
}

#[test]
fn a_month_lasts_from_midnight_to_midnight_there() {
    let zone = TimeZone::get("Asia/Makassar").unwrap();
    let span = Month { year: 2026, month: 12 }.span(&zone).unwrap();
    let instant = |text: &str| At(text.parse::<jiff::Timestamp>().unwrap().as_millisecond());
    assert_eq!(span.from, instant("2026-11-30T16:00:00Z"));
    assert_eq!(span.to, instant("2026-12-31T16:00:00Z"));
}
