//! What the collector itself sees: once a cycle it connects to targets that always answer, and to
//! the data center where it has a way there. When no target answers, silence of offices means
//! nothing; what it sees of the data center makes it a witness. Never judges; hands the answers to
//! `drive`.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::App;
use crate::drive::Look;
use crate::stop::Stop;

/// A target further away than this, or than a third of a cycle, is no target.
const DEADLINE: Duration = Duration::from_secs(5);

/// Looks until told to stop.
pub(crate) async fn watch(app: Arc<App>, mut stop: Stop) {
    let (canary, datacenter) = (&app.config.canary, &app.config.datacenter);
    if canary.is_empty() {
        return;
    }
    let cycle = Duration::from_millis(app.config.cycle_ms.unsigned_abs().max(1_000));
    let deadline = DEADLINE.min(cycle / 3);
    let mut clock = interval(cycle);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut before = (None, None);
    loop {
        tokio::select! {
            _ = clock.tick() => {}
            () = stop.wait() => return,
        }
        // The canary is asked after the data center, so that a cut in between is not taken for it.
        let reached = match datacenter.is_empty() {
            true => None,
            false => Some(one_answers(datacenter, deadline).await),
        };
        let ok = one_answers(canary, deadline).await;
        if before.0 != Some(ok) && !ok {
            tracing::warn!("no canary answers: this collector cannot see");
        }
        app.handle.looked(Look::Canary(ok));
        let said = reached.and_then(|reached| (reached || ok).then_some(reached));
        if before.1 != said && said == Some(false) {
            tracing::warn!("the data center does not answer this collector");
        }
        if reached.is_some() {
            app.handle.looked(Look::Datacenter(said));
        }
        before = (Some(ok), said);
    }
}

/// Whether at least one accepts a connection.
async fn one_answers(targets: &[String], deadline: Duration) -> bool {
    let mut tries = JoinSet::new();
    for target in targets {
        let target = target.clone();
        tries.spawn(async move {
            matches!(timeout(deadline, TcpStream::connect(target)).await, Ok(Ok(_)))
        });
    }
    while let Some(done) = tries.join_next().await {
        if matches!(done, Ok(true)) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_target_that_answers_is_enough() {
        let good = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (good_at, closed_at) = (good.local_addr().unwrap(), closed.local_addr().unwrap());
        drop(closed);
        assert!(one_answers(&[closed_at.to_string(), good_at.to_string()], DEADLINE).await);
        assert!(!one_answers(&[closed_at.to_string()], DEADLINE).await);
    }
}
