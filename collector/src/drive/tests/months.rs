//! Closing, late evidence, verdicts and corrections by staff, through the writer and back.

use siaga_decide::{Closing, Corrected, Kind, Month, Span, StaffCorrection, Why};

use super::*;
use crate::accounts::{self, Standing};
use crate::report::Period;
use crate::store::{months, orders};

const DAY_MS: i64 = 86_400_000;

impl Rig {
    fn ask<T>(&mut self, job: impl FnOnce(Reply<T>) -> Job) -> Result<T, Refused> {
        let (reply, mut answer) = oneshot::channel();
        self.handle.queue.put(job(reply)).unwrap();
        self.round();
        answer.try_recv().unwrap()
    }

    fn november(&mut self) -> Standing {
        // What the journal holds is read as facts from the next snapshot on.
        self.writer.snapshot();
        let (office, period) = november(&self.config);
        let now = self.writer.now;
        accounts::read(self.conn(), &self.config, now, &office, &period).unwrap().unwrap()
    }

    fn rejudged(&self) {
        let outcome = crate::rejudge::run(&self.config).unwrap();
        assert_eq!(outcome.differences, Vec::<String>::new());
    }
}

fn november(config: &Config) -> (siaga_decide::OfficeId, Period) {
    let zone = &config.offices.values().next().unwrap().zone;
    ("palaran".into(), Period::parse("2026-11", zone).unwrap())
}

/// A report now of rows that were made then.
fn late(rows: std::ops::RangeInclusive<u64>, newest: u64, now_ms: i64) -> String {
    let text = present("r", rows, "answered");
    let (head, _) = text.split_once("\"newest\"").unwrap();
    let (_, rows) = text.split_once("\"rows\"").unwrap();
    format!("{head}\"newest\":{newest},\"now_ms\":{now_ms},\"rows\"{rows}")
}

#[test]
fn issued_figures_stand_until_a_person_accepts_what_late_evidence_proposes() {
    let mut rig = Rig::new();
    let started = rig.writer.now;
    for n in 1..=4_u64 {
        rig.report(0, &present("r", n..=n, "answered"));
        rig.pass(15);
    }
    let zero = rig.writer.now.0 - 5 * 15_000;
    let open = rig.november();
    assert!(open.closed.is_none() && !open.account.is_final);
    let (_, period) = november(&rig.config);
    let too_early = accounts::closing(&open, &period, "kadis".into()).unwrap_err();
    assert_eq!(too_early, accounts::NotClosable::Provisional);
    // Long after the month nobody has said more.
    rig.hands.pass(40 * DAY_MS);
    rig.round();
    rig = rig.crash();
    let ready = rig.november();
    assert!(ready.account.is_final);
    assert!(ready.account.in_service_seconds <= open.account.in_service_seconds);
    assert!(ready.account.unobserved_seconds > 0, "silence is not observed");
    assert!(ready.account.unobserved_by_station.contains_key(&"pc-1".into()));
    let (closing, figures) = accounts::closing(&ready, &period, "kadis".into()).unwrap();
    let close =
        |closing: &Closing, reply| Job::Close(closing.clone(), figures.clone().into(), reply);
    rig.ask(|reply| close(&closing, reply)).unwrap();
    let again = rig.ask(|reply| close(&closing, reply)).unwrap_err();
    assert!(matches!(again, Refused::Overtaken(_)), "{again}");
    assert!(rig.november().proposal.is_none());
    // Rows of November arrive now.
    let now_ms = rig.writer.now.0 - zero;
    rig.report(0, &late(5..=400, 900, now_ms));
    let standing = rig.november();
    assert_eq!(standing.account, figures, "issued figures do not move");
    let proposed = standing.proposal.clone().unwrap();
    assert!(proposed.account.in_service_seconds > figures.in_service_seconds);
    rig.rejudged();
    // Refused: it is not proposed again.
    let stale = standing.clone();
    let verdict = |standing: Standing, id: &str, accepted| {
        accounts::verdict(standing, &period, id, accepted, "kadis".into(), "karena").unwrap()
    };
    let (said, about) = verdict(standing, &proposed.id, false);
    rig.ask(|reply| Job::Decide(said, about.into(), reply)).unwrap();
    let standing = rig.november();
    assert!(standing.proposal.is_none());
    assert_eq!(standing.account, figures);
    // More evidence proposes other figures; accepted, they are issued.
    rig.report(0, &late(401..=800, 900, now_ms + 1_000));
    let standing = rig.november();
    let more = standing.proposal.clone().unwrap();
    assert_ne!(more.id, proposed.id);
    let (said, about) = verdict(standing, &more.id, true);
    rig.ask(|reply| Job::Decide(said, about.into(), reply)).unwrap();
    let mut rig = rig.crash();
    let standing = rig.november();
    assert!(standing.proposal.is_none());
    assert_eq!(standing.account.in_service_seconds, more.account.in_service_seconds);
    let closed = standing.closed.unwrap();
    assert_eq!(closed.first, figures, "what was issued first is kept");
    let accepted: Vec<bool> = closed.verdicts.iter().map(|v| v.accepted).collect();
    assert_eq!(accepted, [false, true]);
    // A verdict on figures that are no longer the issued ones comes too late.
    let (said, about) = verdict(stale, &proposed.id, true);
    let late = rig.ask(|reply| Job::Decide(said, about.into(), reply)).unwrap_err();
    assert!(matches!(late, Refused::Overtaken(_)), "{late}");
    assert_eq!(months::all(rig.conn()).unwrap().len(), 1);
    assert!(rig.writer.now > started);
    rig.rejudged();
}

#[test]
fn a_month_is_closed_by_an_order_that_a_command_left() {
    let mut rig = Rig::new();
    rig.report(0, &present("r", 1..=1, "answered"));
    rig.hands.pass(60 * DAY_MS);
    rig.round();
    rig = rig.crash();
    let (_, period) = november(&rig.config);
    let ready = rig.november();
    let (closing, figures) = accounts::closing(&ready, &period, "kadis".into()).unwrap();
    let beside = crate::store::open_beside(&rig.config.database()).unwrap();
    // One that a broken program left must not stand in the way of anything.
    beside.execute("INSERT INTO orders (at_ms, body) VALUES (0, '{')", ()).unwrap();
    orders::leave(&beside, rig.writer.now, &closing, &figures).unwrap();
    // Somebody else orders the same: the first one counts.
    let second = Closing { by: "sekdis".into(), ..closing.clone() };
    orders::leave(&beside, rig.writer.now, &second, &figures).unwrap();
    assert!(rig.november().closed.is_none(), "nobody took it yet");
    rig.report(0, &present("r", 2..=2, "answered"));
    let standing = rig.november();
    let closed = standing.closed.unwrap();
    assert_eq!((closed.by.as_str(), closed.at), ("kadis", rig.writer.now));
    assert_eq!(closed.first, figures);
    assert!(orders::take(rig.conn()).unwrap().is_none());
    rig.rejudged();
}

/// An outage of eleven readings, and time after it.
fn after_an_outage() -> Rig {
    let mut rig = Rig::new();
    for n in 1..=30_u64 {
        let saw = if (6..=16).contains(&n) { "timeout" } else { "answered" };
        rig.report(0, &present("r", n..=n, saw));
        rig.report(1, &present("r", n..=n, saw));
        rig.pass(15);
    }
    rig
}

fn says(outage: &siaga_decide::Outage, what: Corrected) -> StaffCorrection {
    StaffCorrection {
        office: outage.office.clone(),
        what,
        by: "kadis".into(),
        why: "PLN mengaku".into(),
        entry: Some(Box::new(outage.clone())),
    }
}

#[test]
fn what_the_staff_correct_is_stored_told_why_and_judged_alike_again() {
    let mut rig = after_an_outage();
    let before = rig.outages().remove(0);
    let span = Span::new(before.from.lo, before.to.unwrap().hi);
    let cause = Corrected::Cause { span, kind: Kind::Power, sub: None };
    rig.ask(|reply| Job::Correct(says(&before, cause).into(), reply)).unwrap();
    rig.pass(2);
    let after = rig.outages().remove(0);
    assert_eq!(after.id, before.id);
    assert!(after.charges.iter().all(|c| c.cause.kind == Kind::Power), "{after:#?}");
    let why = &ledger::corrections(rig.conn(), after.id.as_str()).unwrap().pop().unwrap().why;
    assert!(why.contains(&Why::Staff { text: "kadis: PLN mengaku".into() }), "{why:?}");
    rig.rejudged();
    // It truly ended a minute later.
    let last = after.charges.last().unwrap().span.to;
    let longer = vec![Span::new(last, last + 60_000)];
    let edges = Corrected::Edges { down: longer, served: Vec::new(), kind: Kind::Power, sub: None };
    rig.ask(|reply| Job::Correct(says(&after, edges).into(), reply)).unwrap();
    let mut rig = rig.crash();
    rig.pass(2);
    let longer = rig.outages().remove(0);
    assert_eq!(longer.downtime_ms, after.downtime_ms + 60_000);
    rig.rejudged();
    // It was planned work.
    let planned = Corrected::Planned { span: Span::new(span.from, last + 60_000) };
    rig.ask(|reply| Job::Correct(says(&longer, planned).into(), reply)).unwrap();
    rig.pass(2);
    let planned = rig.outages().remove(0);
    assert_eq!(planned.downtime_ms, 0);
    assert!(planned.charges.iter().all(|c| c.planned));
    assert_eq!(rig.november().account.down_seconds(), 0);
    rig.rejudged();
    let gone = Month { year: 2026, month: 10 };
    let hours = Corrected::Calendar { month: gone };
    let said = StaffCorrection { entry: None, ..says(&planned, hours) };
    rig.ask(|reply| Job::Correct(said.into(), reply)).unwrap();
    rig.rejudged();
}

#[test]
fn an_outage_that_the_judge_has_forgotten_is_corrected_as_it_was_stored() {
    let mut rig = after_an_outage();
    let before = rig.outages().remove(0);
    // Sixteen days on, and both PCs still serve: what lies before is settled.
    rig.hands.pass(17 * DAY_MS);
    rig.round();
    for n in 0..6_u64 {
        let seq = 31 + n;
        let zero = rig.writer.now.0 - 1_795_000_000_000 + 15_000;
        for agent in [0, 1] {
            let at = format!("\"at_ms\":{}", seq * 15_000);
            let text = late(seq..=seq, seq, zero).replace(&at, &format!("\"at_ms\":{zero}"));
            rig.report(agent, &text);
        }
        rig.pass(15);
    }
    let settled = rig.writer.judge.memory().offices[&"palaran".into()].settled;
    assert!(settled.is_some_and(|at| at > before.from.lo), "{settled:?}");
    let span = Span::new(before.from.lo, before.to.unwrap().hi);
    let cause = Corrected::Cause { span, kind: Kind::Power, sub: None };
    rig.ask(|reply| Job::Correct(says(&before, cause).into(), reply)).unwrap();
    rig.pass(2);
    let after = rig.outages().remove(0);
    assert_eq!(after.id, before.id);
    assert!(after.charges.iter().all(|c| c.cause.kind == Kind::Power));
    rig.rejudged();
    rig.crash().rejudged();
}
