//! A simulated agent: pushes rows over plain HTTP as a real one does, keeps what is not
//! acknowledged, and remembers what was.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use siaga_wire::{Answer, Encoder, Enrolled, JoinCode, Report};

use crate::rig::clock::{now_ms, uptime_ms};
use crate::rig::collector::plain;
use crate::rig::http::Client;
use crate::rig::net::Namespace;

/// No cycle waits longer for an answer; what was not acknowledged is sent again in the next.
const PATIENCE: Duration = Duration::from_secs(1);

/// A station's agent, simulated.
pub struct Pusher {
    place: Arc<Namespace>,
    client: Option<Client>,
    encoder: Encoder,
    bearer: String,
    boot: String,
    run: String,
    runs: u32,
    seq: u64,
    waiting: BTreeMap<u64, Value>,
    /// Rows of earlier runs that were never acknowledged.
    backlog: Vec<(String, u64, BTreeMap<u64, Value>)>,
    /// Every (run, seq) that the collector has acknowledged.
    pub acknowledged: BTreeSet<(String, u64)>,
    /// Every (run, seq) ever made.
    pub made: BTreeSet<(String, u64)>,
    /// The agent's id.
    pub agent: String,
}

impl Pusher {
    /// Enrols with a join code.
    ///
    /// # Panics
    /// When the code does not hold.
    #[must_use]
    pub fn enrol(place: &Arc<Namespace>, code: &str) -> Self {
        let secret = code.parse::<JoinCode>().expect("a join code").secret_text();
        let mut client = Client::connect(place, plain()).expect("the collector");
        let body = json!({ "code": secret }).to_string();
        let headers = [("content-type", "application/json")];
        let answer = client.ask("POST", "/api/v1/enrol", &headers, body.as_bytes()).expect("enrol");
        assert_eq!(answer.status, 201, "{}", answer.text());
        let enrolled: Enrolled = serde_json::from_slice(&answer.body).expect("a credential");
        let mut pusher = Self {
            place: Arc::clone(place),
            client: None,
            encoder: Encoder::new().expect("an encoder"),
            bearer: format!("Bearer {}", enrolled.token),
            boot: format!("boot-of-{}", enrolled.agent),
            run: String::new(),
            runs: 0,
            seq: 0,
            waiting: BTreeMap::new(),
            backlog: Vec::new(),
            acknowledged: BTreeSet::new(),
            made: BTreeSet::new(),
            agent: enrolled.agent,
        };
        pusher.begin_run("first", None);
        pusher
    }

    /// Its `Authorization` header.
    #[must_use]
    pub fn bearer(&self) -> &str {
        &self.bearer
    }

    fn begin_run(&mut self, previous_end: &str, previous: Option<(String, u64)>) {
        self.runs += 1;
        self.run = format!("{}-run-{}", self.agent, self.runs);
        self.seq = 0;
        let mut start = json!({ "previous_end": previous_end });
        if let Some((run, seq)) = previous {
            start["previous"] = json!([run, seq]);
        }
        self.row(json!({ "start": start }));
    }

    /// The agent process dies and comes back; what was not acknowledged is on its disk.
    pub fn restart(&mut self) {
        let rows = std::mem::take(&mut self.waiting);
        let (run, seq) = (self.run.clone(), self.seq);
        self.backlog.push((run.clone(), seq, rows));
        self.client = None;
        self.begin_run("unclean", Some((run, seq)));
    }

    /// Makes a row of these fields; it gets the next number and the present time.
    pub fn row(&mut self, mut fields: Value) {
        self.seq += 1;
        fields["seq"] = self.seq.into();
        fields["at_ms"] = uptime_ms().into();
        self.made.insert((self.run.clone(), self.seq));
        self.waiting.insert(self.seq, fields);
    }

    /// A reading of the data center's service. Its number is in the values, so that a row can be
    /// told from every other.
    pub fn see_datacenter(&mut self, answers: bool) {
        let mark = self.seq + 1;
        self.row(if answers {
            json!({"probe":"link.datacenter","role":"datacenter","saw":"answered",
                   "values":{"connect_seconds":0.01,"mark":mark}})
        } else {
            json!({"probe":"link.datacenter","role":"datacenter","saw":"timeout",
                   "values":{"mark":mark}})
        });
        for (probe, role) in [("link.gateway", "gateway"), ("link.outside", "outside")] {
            let mark = self.seq + 1;
            self.row(json!({"probe":probe,"role":role,"saw":"answered",
                            "values":{"sent":1,"lost":0,"rtt_seconds":0.002,"mark":mark}}));
        }
    }

    /// How many rows wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len() + self.backlog.iter().map(|(_, _, rows)| rows.len()).sum::<usize>()
    }

    /// Pushes what waits, live rows first; keeps what is not acknowledged. Says whether all was.
    pub fn push(&mut self) -> bool {
        let run = self.run.clone();
        let mut rows = std::mem::take(&mut self.waiting);
        let live = self.send(&run, self.seq, None, &mut rows);
        self.waiting = rows;
        if !live {
            return false;
        }
        let mut backlog = std::mem::take(&mut self.backlog);
        let newest = (run, self.seq);
        for (run, seq, rows) in &mut backlog {
            self.send(run, *seq, Some(newest.clone()), rows);
        }
        backlog.retain(|(_, _, rows)| !rows.is_empty());
        self.backlog = backlog;
        self.waiting() == 0
    }

    fn send(
        &mut self,
        run: &str,
        newest: u64,
        newest_of: Option<(String, u64)>,
        rows: &mut BTreeMap<u64, Value>,
    ) -> bool {
        while !rows.is_empty() {
            let part: Vec<Value> = rows.values().take(500).cloned().collect();
            let mut report = json!({"v":1,"boot":self.boot,"run":run,"newest":newest,
                                    "now_ms":uptime_ms(),"rows":part});
            if let Some((run, seq)) = &newest_of {
                report["newest_of"] = json!([run, seq]);
            }
            let Some(answer) = self.post(&report) else { return false };
            for (first, last) in answer.committed {
                let done: Vec<u64> = rows.range(first..=last).map(|(seq, _)| *seq).collect();
                for seq in done {
                    rows.remove(&seq);
                    self.acknowledged.insert((run.to_owned(), seq));
                }
            }
        }
        true
    }

    fn post(&mut self, report: &Value) -> Option<Answer> {
        let text = report.to_string();
        let typed: Report = serde_json::from_str(&text).expect("a report of the wire's shape");
        let body = self.encoder.pack(&typed).expect("packing");
        if self.client.is_none() {
            self.client = Client::connect_within(&self.place, plain(), PATIENCE).ok();
        }
        let headers = [
            ("authorization", self.bearer.as_str()),
            ("content-type", "application/json"),
            ("content-encoding", "zstd"),
        ];
        let answer = self.client.as_mut()?.ask("POST", "/api/v1/reports", &headers, &body);
        match answer {
            Ok(answer) if answer.status == 200 => serde_json::from_slice(&answer.body).ok(),
            Ok(answer) => {
                assert!([429, 503].contains(&answer.status), "{} {}", answer.status, answer.text());
                None
            }
            Err(_) => {
                self.client = None;
                None
            }
        }
    }
}

/// A stretch of time in which the truth was that the data center could not be reached.
#[derive(Debug, Clone, Copy)]
pub struct Trouble {
    /// Milliseconds since 1970.
    pub from_ms: i64,
    /// Milliseconds since 1970.
    pub to_ms: i64,
}

impl Trouble {
    /// Whether it holds now.
    #[must_use]
    pub fn is_now(&self) -> bool {
        (self.from_ms..self.to_ms).contains(&now_ms())
    }
}
