//! The stopwatch of the pace. Nothing that is played ever reads it.

/// Seconds this thread has spent on its core: other programs on the machine do not count.
pub(super) fn thread_seconds() -> f64 {
    let spent = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    #[expect(clippy::cast_precision_loss, reason = "minutes at most")]
    let (whole, part) = (spent.tv_sec as f64, spent.tv_nsec as f64);
    whole + part / 1e9
}
