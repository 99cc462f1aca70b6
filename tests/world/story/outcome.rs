//! What came of a story, for people: ledger, corrections, accounts, and the notices as the
//! supervisor reads them. Must never judge: it only writes down.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use siaga_decide::wording::{Language, Setting, Voice, message, why_sentence};
use siaga_decide::{
    Account, At, Case, Cause, Certainty, Decision, Notice, OfficeId, Outage, Setup, Span, When,
    Why, account,
};

use super::moment;
use crate::world::sim::Played;
use crate::world::truth::{self, Truth};

/// Everything.
#[must_use]
pub fn outcome(truth: &Truth, played: &Played) -> String {
    let teller = Teller { truth, played, setup: &played.setup };
    let mut out = vec!["ledger".to_owned()];
    let mut entries: Vec<&Outage> = played.entries.values().collect();
    entries.sort_by(|a, b| (a.from, &a.office).cmp(&(b.from, &b.office)));
    for entry in &entries {
        teller.entry(entry, &mut out);
    }
    if entries.is_empty() {
        out.push("  nothing".to_owned());
    }
    teller.corrections(&mut out);
    for id in played.setup.offices.keys() {
        teller.accounts(id, &mut out);
    }
    out.push("\nnotices".to_owned());
    for (at, notice) in &played.told {
        teller.notice(*at, notice, &mut out);
    }
    if played.told.is_empty() {
        out.push("  none".to_owned());
    }
    out.extend(
        played.ledger.problems.iter().map(|p| format!("problem {:?}: {}", p.station, p.what)),
    );
    out.extend(played.trouble.iter().map(|trouble| format!("trouble {trouble}")));
    out.push(String::new());
    out.join("\n")
}

struct Teller<'a> {
    truth: &'a Truth,
    played: &'a Played,
    setup: &'a Setup,
}

impl Teller<'_> {
    fn zone(&self, office: Option<&OfficeId>) -> TimeZone {
        let found = office.and_then(|id| self.setup.offices.get(id));
        let found = found.or_else(|| self.setup.offices.values().next());
        found.map_or(TimeZone::UTC, |office| office.zone.clone())
    }

    fn days(&self) -> bool {
        self.truth.span.to - self.truth.span.from > 86_400
    }

    /// `09:05:30`, with the day where the story has several, and the offset in an hour that comes
    /// twice.
    fn at(&self, at: At, zone: &TimeZone) -> String {
        let second = at.0.div_euclid(1_000);
        let civil = moment::civil(second, zone);
        let day = if self.days() { civil.strftime("%m-%d ").to_string() } else { String::new() };
        let time = civil.strftime("%H:%M:%S");
        let known = zone.to_ambiguous_timestamp(civil);
        if known.is_ambiguous() {
            let offset = zone.to_offset(jiff::Timestamp::from_second(second).unwrap_or_default());
            return format!("{day}{time}{offset}");
        }
        format!("{day}{time}")
    }

    fn when(&self, when: When, zone: &TimeZone) -> String {
        if when.lo.0.div_euclid(1_000) == when.hi.0.div_euclid(1_000) {
            self.at(when.hi, zone)
        } else {
            format!("[{} .. {}]", self.at(when.lo, zone), self.at(when.hi, zone))
        }
    }

    fn edges(&self, outage: &Outage, zone: &TimeZone) -> String {
        let to = outage.to.map_or("…".to_owned(), |to| self.when(to, zone));
        format!("{} to {to}", self.when(outage.from, zone))
    }

    fn entry(&self, outage: &Outage, out: &mut Vec<String>) {
        let zone = self.zone(Some(&outage.office));
        let mut line = format!(
            "{}  {}  downtime {}",
            outage.id,
            self.edges(outage, &zone),
            clock(outage.downtime_ms.div_euclid(1_000))
        );
        for (set, word) in [(outage.provisional, "PROVISIONAL"), (outage.void, "VOID")] {
            if set {
                line.push_str(&format!("  {word}"));
            }
        }
        if let Some(ack) = &outage.acknowledged {
            line.push_str(&format!("  acknowledged by {} {}", ack.by, self.at(ack.at, &zone)));
        }
        out.push(line);
        for charge in &outage.charges {
            let mut line = format!("  {}  {}", self.span(charge.span, &zone), cause(&charge.cause));
            for (set, word) in [(charge.planned, "planned"), (charge.guessed, "guessed")] {
                if set {
                    line.push_str(&format!(", {word}"));
                }
            }
            out.push(line);
            out.extend(self.evidence(&charge.cause.why, outage.from.lo, &zone));
        }
        let charged = |c: &Cause| {
            outage
                .charges
                .iter()
                .any(|charge| (charge.cause.kind, &charge.cause.thing) == (c.kind, &c.thing))
        };
        for seen in outage.timeline.iter().filter(|seen| !charged(&seen.cause)) {
            out.push(format!("  also {}  {}", self.span(seen.span, &zone), cause(&seen.cause)));
        }
    }

    fn evidence(&self, why: &[Why], day: At, zone: &TimeZone) -> Option<String> {
        let voice = Voice { language: Language::En, zone, setup: self.setup, day };
        let said: Vec<String> = why.iter().map(|why| why_sentence(why, voice)).collect();
        (!said.is_empty()).then(|| format!("      {}", said.join("; ")))
    }

    fn span(&self, span: Span, zone: &TimeZone) -> String {
        format!("{} – {}", self.at(span.from, zone), self.at(span.to, zone))
    }

    /// One line of what an entry says.
    fn brief(&self, outage: &Outage, zone: &TimeZone) -> String {
        let mut causes: Vec<String> = Vec::new();
        for charge in &outage.charges {
            let mut text = cause(&charge.cause);
            if charge.planned {
                text.push_str(", planned");
            }
            if causes.last() != Some(&text) {
                causes.push(text);
            }
        }
        let void = if outage.void { " void" } else { "" };
        format!("{} {}{void}", self.edges(outage, zone), causes.join(" then "))
    }

    fn corrections(&self, out: &mut Vec<String>) {
        let mut now: Vec<Outage> = Vec::new();
        let mut lines = Vec::new();
        for (at, decision) in &self.played.decisions {
            let to = match decision {
                Decision::Open(outage) | Decision::Close(outage) => outage,
                Decision::Correct { to, why, recorded } => {
                    let zone = self.zone(Some(&to.office));
                    let before = now.iter().find(|outage| outage.id == to.id);
                    if let Some(before) = before.filter(|_| *recorded) {
                        let (was, is) = (self.brief(before, &zone), self.brief(to, &zone));
                        let minute = At(at.0.div_euclid(60_000) * 60_000);
                        lines.push(format!("{}  {}: {was}", self.at(minute, &zone), to.id));
                        lines.push(format!("    → {is}"));
                        if let Some(why) = self.evidence(why, to.from.lo, &zone) {
                            lines.push(format!("    because {}", why.trim_start()));
                        }
                    }
                    to
                }
                Decision::Tell(_) => continue,
            };
            now.retain(|outage| outage.id != to.id);
            now.push(to.clone());
        }
        if !lines.is_empty() {
            out.push("\ncorrections".to_owned());
            out.append(&mut lines);
        }
    }

    /// The account of each day played on which the office serves.
    fn accounts(&self, id: &OfficeId, out: &mut Vec<String>) {
        let Some(office) = self.setup.offices.get(id) else { return };
        let Some(timeline) = self.played.ledger.offices.get(id) else { return };
        let entries: Vec<Outage> = self.played.entries.values().cloned().collect();
        let mut day = moment::civil(self.truth.span.from, &office.zone).date();
        let last = moment::civil(self.truth.span.to - 1, &office.zone).date();
        while day <= last {
            let next = day.tomorrow().unwrap_or(day);
            let begins = |day: Date| moment::second(day, "00:00", &office.zone).unwrap_or_default();
            // What was not played is nobody's account.
            let from = begins(day).max(self.truth.span.from);
            let to = begins(next).min(self.truth.span.to);
            let period = super::super::setup::span(truth::Span { from, to });
            let case = Case {
                office: id,
                timeline,
                outages: &entries,
                calendar: &office.calendar,
                zone: &office.zone,
                throughput: None,
                period,
                until: self.played.ended,
                settle_after_ms: office.settle_after_ms,
            };
            let account = account(&case);
            if account.service_seconds > 0 {
                out.push(format!("\naccount {id} {day}"));
                terms(&account, out);
            }
            if next == day {
                return;
            }
            day = next;
        }
    }

    fn notice(&self, at: At, notice: &Notice, out: &mut Vec<String>) {
        let setting =
            Setting { language: Language::Id, setup: self.setup, now: at, acknowledge_url: None };
        let office = match notice {
            Notice::Outage { outage, .. } => Some(&outage.office),
            Notice::Warning { office, .. } => office.as_ref(),
        };
        let message = message(notice, &setting);
        out.push(format!("{}  {}", self.at(at, &self.zone(office)), message.title));
        out.extend(message.long.lines().map(|line| format!("    {line}")));
    }
}

/// `link.provider/with_mains certain (line)`.
fn cause(cause: &Cause) -> String {
    let sub = cause.sub.map_or(String::new(), |sub| format!("/{}", sub.word()));
    let sure = match cause.certainty {
        Certainty::Certain => "certain",
        Certainty::Likely => "likely",
    };
    format!("{}{sub} {sure} ({:?})", cause.kind.word(), cause.thing)
}

/// `1:05:30`.
fn clock(seconds: i64) -> String {
    format!("{}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

fn terms(account: &Account, out: &mut Vec<String>) {
    out.push(format!(
        "  service {} = in service {} + down {} + planned {} + unobserved {}",
        clock(account.service_seconds),
        clock(account.in_service_seconds),
        clock(account.down_seconds()),
        clock(account.planned_seconds),
        clock(account.unobserved_seconds),
    ));
    for (kind, down) in &account.down {
        for (sub, seconds) in &down.by_sub {
            let sub = sub.map_or(String::new(), |sub| format!("/{}", sub.word()));
            out.push(format!("  down {}{sub} {}", kind.word(), clock(*seconds)));
        }
        if down.likely_seconds > 0 {
            out.push(format!("    of it only likely {}", clock(down.likely_seconds)));
        }
    }
    if account.possibly_down_seconds > 0 {
        out.push(format!("  possibly down {}", clock(account.possibly_down_seconds)));
    }
    for (saved_by, seconds) in &account.at_risk {
        out.push(format!("  saved by {saved_by:?} {}", clock(*seconds)));
    }
    if account.blips > 0 {
        out.push(format!("  blips {}", account.blips));
    }
    if !account.is_final {
        out.push("  provisional".to_owned());
    }
}
