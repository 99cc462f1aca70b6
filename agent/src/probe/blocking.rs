//! Questions to the operating system that may hang (a dead disk, a stuck USB device): asked on a
//! thread beside, at most one at a time, given up after a deadline. It cannot cancel one.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::timeout;

/// One kind of question.
#[derive(Debug)]
pub(super) struct Blocking<T> {
    hanging: Option<JoinHandle<T>>,
}

impl<T: Send + 'static> Blocking<T> {
    pub(super) fn new() -> Self {
        Self { hanging: None }
    }

    /// Asks; the error says that there was no answer in time, now or since an earlier question.
    pub(super) async fn ask(
        &mut self,
        deadline: Duration,
        question: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, String> {
        // An answer to an earlier question is old: it only says that the system is back.
        if self.hanging.as_ref().is_some_and(|hanging| !hanging.is_finished()) {
            return Err("the system still has not answered an earlier question".to_owned());
        }
        let mut asked = tokio::task::spawn_blocking(question);
        match timeout(deadline, &mut asked).await {
            Ok(Ok(answer)) => {
                self.hanging = None;
                Ok(answer)
            }
            Ok(Err(error)) => Err(format!("the question ended early: {error}")),
            Err(_) => {
                self.hanging = Some(asked);
                Err(format!("the system did not answer within {deadline:?}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_question_that_hangs_is_asked_once_and_forgotten_when_it_ends() {
        let (release, held) = mpsc::channel::<()>();
        let mut blocking = Blocking::new();
        let hang = move || held.recv().map_or(1, |()| 2);
        let soon = Duration::from_millis(20);
        assert!(blocking.ask(soon, hang).await.unwrap_err().contains("within 20ms"));
        assert!(blocking.ask(soon, || 3).await.unwrap_err().contains("still"));
        drop(release);
        let long = Duration::from_secs(20);
        while blocking.ask(long, || 4).await.is_err() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(blocking.ask(long, || 5).await, Ok(5));
        assert!(
            blocking
                .ask(long, || -> i32 { panic!("told") })
                .await
                .unwrap_err()
                .contains("ended early")
        );
    }
}
