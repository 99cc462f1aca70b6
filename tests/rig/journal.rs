//! What the collector has on its disk of what agents sent: every row of every report, as decoded
//! by the wire crate alone.

use std::collections::BTreeMap;

use rusqlite::Connection;
use serde_json::Value;
use siaga_wire::{Decoder, Report, Row};

/// A row's key: agent, run, number.
pub type Key = (String, String, u64);

/// What the journal holds.
#[derive(Debug, Default)]
pub struct Kept {
    /// Rows other than gaps, as JSON; one each, if all is well.
    pub rows: BTreeMap<Key, Vec<Value>>,
    /// Gap rows: agent, run, first, last, why.
    pub gaps: Vec<(String, String, u64, u64, String)>,
}

/// Reads the whole journal of reports.
///
/// # Panics
/// When it cannot be read, or a report in it is damaged.
#[must_use]
pub fn read(database: &Connection) -> Kept {
    let mut statement = database
        .prepare(
            "SELECT agents.id, journal.body FROM journal JOIN agents ON agents.no = agent_no \
             WHERE kind = 1 ORDER BY pos",
        )
        .expect("the journal");
    let reports = statement
        .query_map((), |row| Ok((row.get::<_, String>(0)?, row.get::<_, Vec<u8>>(1)?)))
        .expect("the journal's rows");
    let mut decoder = Decoder::new().expect("a decoder");
    let mut kept = Kept::default();
    for report in reports {
        let (agent, body) = report.expect("a row of the journal");
        let json = decoder.unpack(&body).expect("a packed report");
        let report: Report = serde_json::from_slice(json).expect("a report");
        for row in &report.rows {
            add(&mut kept, &agent, &report.run, row);
        }
    }
    kept
}

fn add(kept: &mut Kept, agent: &str, run: &str, row: &Row) {
    let (first, last) = row.range();
    if let Row::Gap(gap) = row {
        let why = gap.why.to_string();
        kept.gaps.push((agent.to_owned(), run.to_owned(), first, last, why));
        return;
    }
    let text = serde_json::to_value(row).expect("a row's JSON");
    for seq in first..=last {
        let key = (agent.to_owned(), run.to_owned(), seq);
        kept.rows.entry(key).or_default().push(text.clone());
    }
}

impl Kept {
    /// The runs of an agent with their newest numbers.
    #[must_use]
    pub fn runs(&self, agent: &str) -> BTreeMap<String, u64> {
        let mut runs = BTreeMap::new();
        for (_, run, seq) in self.rows.keys().filter(|(a, _, _)| a == agent) {
            let newest: &mut u64 = runs.entry(run.clone()).or_default();
            *newest = (*newest).max(*seq);
        }
        for (_, run, _, last, _) in self.gaps.iter().filter(|gap| gap.0 == agent) {
            let newest = runs.entry(run.clone()).or_default();
            *newest = (*newest).max(*last);
        }
        runs
    }

    /// Whether a gap row covers a number.
    #[must_use]
    pub fn in_gap(&self, agent: &str, run: &str, seq: u64) -> bool {
        self.gaps
            .iter()
            .any(|(a, r, first, last, _)| a == agent && r == run && (*first..=*last).contains(&seq))
    }
}
