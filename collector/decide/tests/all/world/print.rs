//! What happened, as short lines that a test can compare.

use siaga_decide::*;

use super::{DAY, World};

impl World {
    /// What people were told, as `12:03:04 opened silent`.
    pub fn told(&self) -> Vec<String> {
        let mut out = Vec::new();
        for (at, decision) in &self.decisions {
            let Decision::Tell(notice) = decision else { continue };
            let text = match notice {
                Notice::Outage { change, outage } => {
                    let what = outage.charges.iter().map(|c| c.cause.kind.word());
                    let mut what: Vec<&str> = what.collect();
                    what.dedup();
                    let what = if outage.void { "void".to_owned() } else { what.join("+") };
                    format!("{} {what}", change.word())
                }
                Notice::Warning { warning: Warning::AgentStopped { .. }, .. } => {
                    "agent stopped".into()
                }
                Notice::Warning { warning: Warning::CollectorBlind { .. }, .. } => "blind".into(),
            };
            out.push(format!("{} {text}", clock(*at)));
        }
        out
    }
}

/// Entries without what only the judge knows.
pub fn plain(entries: &[Outage]) -> Vec<Outage> {
    let mut out: Vec<Outage> = entries.iter().map(Outage::for_comparison).collect();
    out.sort_by(|a, b| (a.from, &a.office).cmp(&(b.from, &b.office)));
    out
}

/// `09:00:12` in the office's time, with the day before it where it is another.
pub fn clock(at: At) -> String {
    let seconds = (at.0 - DAY).div_euclid(1000);
    let (day, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let time = format!("{:02}:{:02}:{:02}", rest / 3600, rest / 60 % 60, rest % 60);
    if day == 0 { time } else { format!("{day}d{time}") }
}

/// An entry as `09:00:02-09:10:02 link.provider! 600`: one line per charge, a `!` where certain,
/// `?` where guessed, then the seconds of downtime.
pub fn lines(outage: &Outage) -> Vec<String> {
    let mut out = Vec::new();
    for c in &outage.charges {
        let sub = c.cause.sub.map_or(String::new(), |s| format!("/{}", s.word()));
        let sure = match c.cause.certainty {
            Certainty::Certain => "!",
            Certainty::Likely => "",
        };
        let guess = if c.guessed { "?" } else { "" };
        let planned = if c.planned { " planned" } else { "" };
        let kind = c.cause.kind.word();
        out.push(format!(
            "{}-{} {kind}{sub}{sure}{guess}{planned}",
            clock(c.span.from),
            clock(c.span.to)
        ));
    }
    out
}

pub fn all_lines(ledger: &Ledger) -> Vec<String> {
    ledger.entries.iter().flat_map(lines).collect()
}
