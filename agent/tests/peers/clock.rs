//! The only reader of clocks in these tests.

use std::time::{Duration, Instant};

/// Long enough for a loaded machine; nothing waits for it that goes well.
const PATIENCE: Duration = Duration::from_secs(60);

/// A span that began when this was made.
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    /// Begins now.
    #[expect(clippy::disallowed_methods, reason = "the tests' one clock reader")]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// How long it has been.
    pub(crate) fn took(&self) -> Duration {
        self.0.elapsed()
    }

    /// Fails with what is still waited for once patience is over.
    #[track_caller]
    pub(crate) fn patience(&self, still: impl FnOnce() -> String) {
        assert!(self.took() < PATIENCE, "still {}", still());
    }
}
