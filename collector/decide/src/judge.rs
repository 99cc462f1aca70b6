//! The judge: what to tell people from what is knowable now. Never decides what was true on its
//! own: it asks the same rules as `ledger.rs`, and keeps the difference to what it said before.

use std::sync::Arc;

use crate::evidence::Changed;
use crate::input::Input;
use crate::memory::{Memory, SetupVersion};
use crate::outage::Decision;
use crate::setup::Setup;
use crate::span::At;
use crate::view::View;

/// The judge. `handle` must be given instants that never go back; before any other input it must
/// be given every deadline that has passed, as `handle(deadline, Input::Tick)`.
#[derive(Clone, Debug)]
pub struct Judge {
    memory: Memory,
    changed: Changed,
}

impl Judge {
    /// A judge that has heard nothing yet.
    #[must_use]
    pub fn new(setup: Arc<Setup>) -> Self {
        let setups = vec![SetupVersion { from: At(i64::MIN), setup }];
        Self::load(Memory { setups, ..Memory::default() })
    }

    /// Goes on where `memory` was taken.
    #[must_use]
    pub fn load(memory: Memory) -> Self {
        Self { memory, changed: Changed::default() }
    }

    /// Everything needed to go on exactly here.
    #[must_use]
    pub fn memory(&self) -> Memory {
        self.memory.clone()
    }

    /// What is to be stored and told because of that input at that instant.
    pub fn handle(&mut self, now: At, input: Input) -> Vec<Decision> {
        let _ = (now, input);
        Vec::new()
    }

    /// When to hand in the next [`Input::Tick`].
    #[must_use]
    pub fn next_deadline(&self) -> Option<At> {
        None
    }

    /// The present.
    #[must_use]
    pub fn view(&self, now: At) -> View {
        View {
            at: now,
            offices: std::collections::BTreeMap::new(),
            blind_since: self.memory.life.blind_since,
        }
    }

    /// What changed in the evidence since the last call, to be stored for ever. To be called
    /// before every [`Judge::memory`], because a judge that is loaded starts with nothing changed.
    pub fn changed(&mut self) -> Changed {
        std::mem::take(&mut self.changed)
    }
}
