//! Asks one probe under a deadline. A probe that hangs or panics delays and harms no other.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use siaga_wire::Reading;

use crate::clock::{self, Sample};
use crate::probe::Probe;
use crate::schedule::Due;

/// A probe ends by itself; this much later it is cut off.
const GRACE: Duration = Duration::from_secs(1);

/// A probe that has answered.
pub(super) struct Asked {
    pub(super) due: Due,
    /// When it was asked: what it saw, was so then.
    pub(super) at: Sample,
    pub(super) probe: Probe,
    pub(super) reading: Reading<'static>,
}

/// Asks it.
pub(super) async fn ask(mut probe: Probe, due: Due) -> Asked {
    let at = clock::sample();
    let deadline = probe.timeout() + GRACE;
    let reading = match tokio::time::timeout(deadline, unpanicked(probe.ask())).await {
        Ok(Some(reading)) => reading,
        Ok(None) => {
            tracing::error!(probe = probe.name(), "the probe panicked: this is a bug");
            Reading { why: Some("the probe has a bug".into()), ..probe.overdue() }
        }
        Err(_) => probe.overdue(),
    };
    Asked { due, at, probe, reading }
}

/// The future's value, or nothing if it panics.
async fn unpanicked<F: Future>(future: F) -> Option<F::Output>
where
    F::Output: Send,
{
    let mut future: Pin<Box<F>> = Box::pin(future);
    // After a panic the future is dropped, and the probe begins its next question anew.
    std::future::poll_fn(move |context| {
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(value)) => Poll::Ready(Some(value)),
            Err(_) => Poll::Ready(None),
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_becomes_nothing() {
        assert_eq!(unpanicked(async { 7 }).await, Some(7));
        async fn bug() -> u32 {
            tokio::task::yield_now().await;
            panic!("on purpose")
        }
        assert_eq!(unpanicked(bug()).await, None);
    }
}
