//! What must hold whatever was true: it needs no oracle.

use std::collections::BTreeMap;
use std::sync::Arc;

use siaga_decide::{
    At, Decision, Heard, Input, Inputs, Judge, Ledger, Life, Outage, OutageId, Row, ledger,
};

use super::chance::Chance;
use super::collector::collect;
use super::sim::Played;

/// All of them; one line for each that does not hold.
#[must_use]
pub fn check(seed: u64, played: &Played) -> Vec<String> {
    let mut out = played.trouble.clone();
    entries_are_the_ledgers(played, &mut out);
    entries_do_not_overlap(&played.ledger, &mut out);
    if !played.journal.is_empty() {
        replayed(played, &mut out);
        any_delivery(seed, played, &mut out);
    }
    out
}

/// What is stored equals what is rebuilt from the set of inputs.
fn entries_are_the_ledgers(played: &Played, out: &mut Vec<String>) {
    let key = |o: &Outage| (o.office.clone(), o.from, o.to);
    let mut stored: Vec<Outage> =
        played.entries.values().filter(|o| !o.void).map(Outage::for_comparison).collect();
    let mut true_ones: Vec<Outage> =
        played.ledger.entries.iter().filter(|o| !o.void).map(Outage::for_comparison).collect();
    stored.sort_by_key(key);
    true_ones.sort_by_key(key);
    let (a, b) = (difference(&stored, &true_ones), difference(&true_ones, &stored));
    out.extend(a.iter().take(5).map(|o| format!("stored, but not in the ledger: {}", short(o))));
    out.extend(b.iter().take(5).map(|o| format!("in the ledger, but not stored: {}", short(o))));
    for stored in a.iter().take(5) {
        let same = |o: &&&Outage| key(o) == key(stored) && o.charges.len() == stored.charges.len();
        out.extend(b.iter().find(same).map(|truly| apart(stored, truly)));
    }
}

/// The lines in which two entries differ that look alike in a line.
fn apart(stored: &Outage, truly: &Outage) -> String {
    let (stored, truly) = (format!("{stored:#?}"), format!("{truly:#?}"));
    let lines = |a: &str, b: &str| -> Vec<String> {
        let known: std::collections::BTreeSet<&str> = b.lines().collect();
        a.lines().filter(|l| !known.contains(l)).map(|l| l.trim().to_owned()).collect()
    };
    format!(
        "  only stored: {}; only in the ledger: {}",
        lines(&stored, &truly).join(" "),
        lines(&truly, &stored).join(" ")
    )
}

fn difference<'a>(a: &'a [Outage], b: &[Outage]) -> Vec<&'a Outage> {
    a.iter().filter(|x| !b.contains(x)).collect()
}

/// An entry in a line.
#[must_use]
pub fn short(outage: &Outage) -> String {
    use std::fmt::Write as _;
    let mut out = format!("{} {:?}..{:?}", outage.office, outage.from, outage.to);
    for c in &outage.charges {
        let sub = c.cause.sub.map_or("", siaga_decide::Sub::word);
        let guessed = if c.guessed { " guessed" } else { "" };
        let planned = if c.planned { " planned" } else { "" };
        let _ok = write!(
            out,
            "\n      {:?}..{:?} {}/{sub} {:?}{guessed}{planned}",
            c.span.from,
            c.span.to,
            c.cause.kind.word(),
            c.cause.certainty
        );
    }
    out
}

fn entries_do_not_overlap(ledger: &Ledger, out: &mut Vec<String>) {
    let mut by_office: BTreeMap<&siaga_decide::OfficeId, Vec<&Outage>> = BTreeMap::new();
    for entry in ledger.entries.iter().filter(|e| !e.void) {
        by_office.entry(&entry.office).or_default().push(entry);
    }
    for entries in by_office.values() {
        let mut spans: Vec<(siaga_decide::Span, &OutageId)> =
            entries.iter().flat_map(|e| e.charges.iter().map(move |c| (c.span, &e.id))).collect();
        spans.sort();
        for pair in spans.windows(2) {
            let [(a, x), (b, y)] = pair else { continue };
            if b.from < a.to {
                out.push(format!("charges overlap: {x} {a:?} and {y} {b:?}"));
            }
        }
    }
}

/// Feeds the inputs again in order of arrival.
#[must_use]
pub fn again(
    setup: &Arc<siaga_decide::Setup>,
    journal: &[(At, Input)],
    until: At,
) -> Vec<(At, Decision)> {
    let mut judge = Judge::new(Arc::clone(setup));
    let mut out = Vec::new();
    for (at, input) in journal {
        let limit = if let Input::Life(Life::Started { last_alive }) = input {
            last_alive.unwrap_or(At(i64::MIN)).min(*at)
        } else {
            *at
        };
        ticks(&mut judge, limit, &mut out);
        out.extend(judge.handle(*at, input.clone()).into_iter().map(|d| (*at, d)));
    }
    ticks(&mut judge, until, &mut out);
    out
}

fn ticks(judge: &mut Judge, upto: At, out: &mut Vec<(At, Decision)>) {
    while let Some(due) = judge.next_deadline().filter(|due| *due <= upto) {
        out.extend(judge.handle(due, Input::Tick).into_iter().map(|d| (due, d)));
        if judge.next_deadline().is_some_and(|next| next <= due) {
            break;
        }
    }
}

/// The same inputs in the same order: the same decisions. The play loaded its judge from memory at
/// each start of the collector; this one goes through.
fn replayed(played: &Played, out: &mut Vec<String>) {
    let again = again(&played.setup, &played.journal, played.ended);
    if again == played.decisions {
        return;
    }
    let first = again.iter().zip(&played.decisions).find(|(a, b)| a != b);
    let at = first.map(|(a, b)| (a.0, b.0));
    let (a, b) = (again.len(), played.decisions.len());
    out.push(format!("a replay decides otherwise, first at {at:?}; {a} decisions for {b}"));
}

/// Reports that may overtake one, mostly and seldom.
const NEAR: usize = 40;
const FAR: usize = 1_000;

/// Shuffled, doubled and split deliveries: the same ledger.
fn any_delivery(seed: u64, played: &Played, out: &mut Vec<String>) {
    let mut chance = Chance::new(seed ^ 0x7368_7566);
    let mut parts: Vec<(At, Heard)> = Vec::new();
    let mut inputs = Inputs {
        setups: played.inputs.setups.clone(),
        blind: played.inputs.blind.clone(),
        ..Inputs::default()
    };
    for (at, input) in &played.journal {
        let Input::Heard(heard) = input else {
            collect(&mut inputs, *at, input);
            continue;
        };
        parts.extend(split(*at, heard, &mut chance));
        if chance.percent(3) {
            parts.push((*at, heard.clone()));
        }
    }
    for i in (1..parts.len()).rev() {
        // Near in time mostly; seldom far, but never so far that more rows of a run have to wait
        // for one before them than the judge lets wait (16,384).
        let reach = if chance.percent(2) { i.min(FAR) } else { i.min(NEAR) };
        let j = i - chance.place(reach + 1);
        parts.swap(i, j);
    }
    for (at, heard) in parts {
        inputs.hear(at, heard);
    }
    let other = ledger(&inputs, played.ended);
    if other.entries != played.ledger.entries {
        let a = difference(&other.entries, &played.ledger.entries);
        let b = difference(&played.ledger.entries, &other.entries);
        let first = |list: &[&Outage]| list.first().map_or(String::new(), |o| short(o));
        out.push(format!(
            "another order of deliveries, another ledger: {} against {}",
            first(&a),
            first(&b)
        ));
    } else if other.offices != played.ledger.offices {
        out.push("another order of deliveries, other timelines".to_owned());
    }
}

fn split(at: At, heard: &Heard, chance: &mut Chance) -> Vec<(At, Heard)> {
    if heard.rows.len() < 2 || !chance.percent(20) {
        return vec![(at, heard.clone())];
    }
    let cut = 1 + chance.place(heard.rows.len() - 1);
    let part = |rows: &[Row]| (at, Heard { rows: rows.to_vec(), ..heard.clone() });
    vec![part(&heard.rows[..cut]), part(&heard.rows[cut..])]
}
