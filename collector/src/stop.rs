//! The stop signal that every long task takes as an argument.

use tokio::sync::watch;

/// Tells everybody to stop. Dropping it says the same.
#[derive(Debug)]
pub struct Stopper(watch::Sender<bool>);

/// Hears it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<bool>);

/// A signal that has not been given yet.
#[must_use]
pub fn signal() -> (Stopper, Stop) {
    let (tell, hear) = watch::channel(false);
    (Stopper(tell), Stop(hear))
}

impl Stopper {
    /// Gives the signal.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

impl Stop {
    /// Waits for the signal.
    pub async fn wait(&mut self) {
        // An error means that the sender is gone, and with it whoever wanted this to run.
        let _gone = self.0.wait_for(|stop| *stop).await;
    }

    /// Whether it was given.
    #[must_use]
    pub fn is_given(&self) -> bool {
        *self.0.borrow() || self.0.has_changed().is_err()
    }
}
