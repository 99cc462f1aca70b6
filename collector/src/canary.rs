//! Whether the collector itself can see: once a cycle it connects to targets that always answer.
//! When none does, silence of offices means nothing. Never judges; hands the answer to `drive`.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::App;
use crate::stop::Stop;

/// A target further away than this is no target.
const DEADLINE: Duration = Duration::from_secs(5);

/// Looks until told to stop.
pub(crate) async fn watch(app: Arc<App>, mut stop: Stop) {
    if app.config.canary.is_empty() {
        return;
    }
    let cycle = Duration::from_millis(app.config.cycle_ms.unsigned_abs().max(1_000));
    let mut clock = interval(cycle);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut before = None;
    loop {
        tokio::select! {
            _ = clock.tick() => {}
            () = stop.wait() => return,
        }
        let ok = one_answers(&app.config.canary).await;
        if before != Some(ok) && !ok {
            tracing::warn!("no canary answers: this collector cannot see");
        }
        before = Some(ok);
        app.handle.canary(ok);
    }
}

/// Whether at least one accepts a connection.
async fn one_answers(targets: &[String]) -> bool {
    let mut tries = JoinSet::new();
    for target in targets {
        let target = target.clone();
        tries.spawn(async move {
            matches!(timeout(DEADLINE, TcpStream::connect(target)).await, Ok(Ok(_)))
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
        assert!(one_answers(&[closed_at.to_string(), good_at.to_string()]).await);
        assert!(!one_answers(&[closed_at.to_string()]).await);
    }
}
