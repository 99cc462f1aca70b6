//! What the system is asked at the start and at the end of a run, within a deadline: it may hang,
//! and it often has nothing to say.

use std::time::Duration;

use siaga_wire::{LastWords, PreviousEnd, Start};

use crate::config::StopMeans;
use crate::platform;
use crate::spool::Found;

/// The system gets this long to answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// What the first row of this run says of the one before.
pub(super) async fn start_row(found: Found, boot: &str) -> Start<'static> {
    let previous_end = match &found.previous {
        Some((_, _, true)) => PreviousEnd::Orderly,
        Some((_, _, false)) => PreviousEnd::Unclean,
        None if found.missing => PreviousEnd::Lost,
        None => PreviousEnd::First,
    };
    if found.lost_rows > 0 || found.quarantined > 0 || previous_end == PreviousEnd::Lost {
        tracing::error!(
            lost_rows = found.lost_rows,
            set_aside = found.quarantined,
            ?previous_end,
            "the spool was damaged"
        );
    }
    let other_boot = found.previous_boot.filter(|previous| previous != boot);
    let log = match other_boot {
        Some(boot) => system_says(move || platform::previous_end_log(&boot)).await,
        None => None,
    };
    Start {
        previous_end,
        log: log.map(Into::into),
        previous: found.previous.map(|(run, seq, _)| (run.into(), seq)),
    }
}

pub(super) async fn last_words(means: StopMeans) -> LastWords {
    let system = match means {
        StopMeans::System => Some(true),
        StopMeans::Agent => Some(false),
        StopMeans::Auto => system_says(platform::system_is_stopping).await,
    };
    if system == Some(true) { LastWords::System } else { LastWords::Agent }
}

/// Asks the system on a thread beside; it may hang.
async fn system_says<T: std::marker::Send + 'static>(
    question: impl FnOnce() -> Option<T> + std::marker::Send + 'static,
) -> Option<T> {
    let asked = tokio::task::spawn_blocking(question);
    tokio::time::timeout(PATIENCE, asked).await.ok()?.ok()?
}
