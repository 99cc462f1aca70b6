//! Notices two agents that use one credential: a run that was replaced by a newer one comes back
//! to life.

use std::collections::HashMap;

use siaga_decide::{Heard, RunId};

/// The runs that speak for the present, by agent.
#[derive(Debug, Default)]
pub(super) struct Clones(HashMap<i64, Alive>);

#[derive(Debug)]
struct Alive {
    run: RunId,
    before: Option<RunId>,
    told: bool,
}

impl Clones {
    /// Whether this report shows, for the first time, that two runs are alive at once.
    pub(super) fn shown_by(&mut self, agent_no: i64, heard: &Heard) -> bool {
        // A report of an older run says which is the newest, and rows of an older boot have no
        // present: both are a backlog.
        if heard.newest_of.is_some() || heard.now_ms.is_none() {
            return false;
        }
        let run = &heard.run;
        let alive = self.0.entry(agent_no).or_insert_with(|| Alive {
            run: run.clone(),
            before: None,
            told: false,
        });
        if alive.run == *run {
            return false;
        }
        let back = alive.before.as_ref() == Some(run);
        let before = std::mem::replace(&mut alive.run, run.clone());
        alive.before = Some(before);
        back && !std::mem::replace(&mut alive.told, true)
    }
}

#[cfg(test)]
mod tests {
    use siaga_decide::StationKey;

    use super::*;

    fn heard(run: &str, present: bool, newest_of: Option<&str>) -> Heard {
        Heard {
            station: StationKey { office: "palaran".into(), station: "pc-1".into() },
            boot: "boot".into(),
            run: run.into(),
            now_ms: present.then_some(5),
            wall: None,
            newest: 1,
            newest_of: newest_of.map(|run| (run.into(), 9)),
            rows: Vec::new(),
        }
    }

    #[test]
    fn restarts_and_backlogs_are_no_clones_but_a_run_that_comes_back_is() {
        let mut clones = Clones::default();
        let mut shown = |run, present, newest| clones.shown_by(7, &heard(run, present, newest));
        assert!(!shown("a", true, None));
        assert!(!shown("b", true, None), "a restart");
        assert!(!shown("a", true, Some("b")), "its backlog in the same boot");
        assert!(!shown("a", false, None), "its backlog of an older boot");
        assert!(!shown("b", true, None));
        assert!(shown("a", true, None), "both are alive");
        assert!(!shown("b", true, None), "told once");
        assert!(!clones.shown_by(8, &heard("a", true, None)), "another agent");
    }
}
