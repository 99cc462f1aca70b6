//! Sends what waits in the outbox: claims under a lease, sends, marks it done or tries again, gives
//! up loudly. Whether, when, to whom and in what words was decided before; nothing here chooses.
//!
//! Each channel has its own task: one that hangs delays no other. A channel that fails again and
//! again is left alone for a while without using up the attempts of what waits for it. A crash
//! between sending and marking repeats one message at most once, with the same idempotency key.

mod http;
mod ntfy;
mod pace;
mod telegram;
mod text;
mod webhook;

use std::sync::Arc;
use std::time::Duration;

use siaga_decide::{At, ContactId};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::App;
use crate::config::{self, ChannelId, Config};
use crate::stop::Stop;
use crate::store::outbox::{self, Draft, Message, State};

pub use http::{Http, HttpError};
use pace::Breaker;

/// A whole attempt, from connecting to the last byte of the answer, ends after this.
const DEADLINE: Duration = Duration::from_secs(10);
/// Messages claimed together; sent one after another, so the lease must cover all of them.
const BATCH: u32 = 4;
/// Longer than a batch of attempts that all run into their deadline, marking included.
const LEASE_MS: i64 = 90_000;
/// The outbox is looked at this often even if nobody says that something was added.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Why a message was not sent. Never holds a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendError {
    /// What happened, for the page of messages that could not be sent.
    pub message: String,
    /// Trying again cannot help; somebody must mend something.
    pub permanent: bool,
    /// The channel asks to be left alone for so many milliseconds.
    pub retry_after_ms: Option<i64>,
}

impl SendError {
    fn passing(message: impl Into<String>) -> Self {
        Self { message: message.into(), permanent: false, retry_after_ms: None }
    }

    fn permanent(message: impl Into<String>) -> Self {
        Self { message: message.into(), permanent: true, retry_after_ms: None }
    }
}

impl From<HttpError> for SendError {
    fn from(error: HttpError) -> Self {
        Self { message: error.to_string(), permanent: error.is_permanent(), retry_after_ms: None }
    }
}

/// A way to reach people. Closed: a new kind is a new variant, and the compiler names the places.
#[derive(Debug)]
enum Channel {
    Telegram(telegram::Telegram),
    Ntfy(ntfy::Ntfy),
    Webhook(webhook::Webhook),
}

impl Channel {
    fn new(config: &config::Channel, public_url: &str) -> Self {
        match config {
            config::Channel::Telegram { token, api } => {
                Self::Telegram(telegram::Telegram { token: token.clone(), api: api.clone() })
            }
            config::Channel::Ntfy { url, token } => {
                Self::Ntfy(ntfy::Ntfy { url: url.clone(), token: token.clone() })
            }
            config::Channel::Webhook { url, secret } => Self::Webhook(webhook::Webhook {
                url: url.clone(),
                secret: secret.clone(),
                external_url: public_url.to_owned(),
            }),
        }
    }

    /// One attempt; answers what the provider calls the message.
    async fn send(
        &self,
        http: &Http,
        message: &Message,
        now: At,
    ) -> Result<Option<String>, SendError> {
        self.send_within(DEADLINE, http, message, now).await
    }

    async fn send_within(
        &self,
        deadline: Duration,
        http: &Http,
        message: &Message,
        now: At,
    ) -> Result<Option<String>, SendError> {
        let attempt = async {
            match self {
                Self::Telegram(channel) => channel.send(http, message, now).await,
                Self::Ntfy(channel) => channel.send(http, message, now).await,
                Self::Webhook(channel) => channel.send(http, message, now).await,
            }
        };
        match tokio::time::timeout(deadline, attempt).await {
            Ok(outcome) => outcome,
            Err(_) => Err(SendError::passing(format!("no answer within {} s", deadline.as_secs()))),
        }
    }

    /// The least pause between two messages that this kind of provider asks for.
    fn gap(&self) -> Duration {
        match self {
            // One message a second in a chat, thirty in all.
            Self::Telegram(_) => Duration::from_millis(1_050),
            Self::Ntfy(_) | Self::Webhook(_) => Duration::ZERO,
        }
    }
}

/// Sends until `stop`. What is being sent then is finished or left to its lease.
pub async fn run(app: Arc<App>, http: Http, stop: Stop) {
    let mut tasks = JoinSet::new();
    let wake = Arc::new(Notify::new());
    let public_url = app.config.public_url();
    for (id, channel) in &app.config.channels {
        let channel = Channel::new(channel, &public_url);
        let (app, http, wake) = (Arc::clone(&app), http.clone(), Arc::clone(&wake));
        tasks.spawn(serve(app, http, id.clone(), channel, wake, stop.clone()));
    }
    tasks.spawn(spread(Arc::clone(&app), Arc::clone(&wake), stop));
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended {
            tracing::error!(%error, "the sender of a channel ended; its messages wait for a restart");
        }
    }
}

/// The writer wakes one; everybody must look.
async fn spread(app: Arc<App>, wake: Arc<Notify>, mut stop: Stop) {
    let filled = app.handle.outbox_filled();
    loop {
        tokio::select! {
            () = stop.wait() => return,
            () = filled.notified() => wake.notify_waiters(),
        }
    }
}

async fn serve(
    app: Arc<App>,
    http: Http,
    id: ChannelId,
    channel: Channel,
    wake: Arc<Notify>,
    mut stop: Stop,
) {
    let mut breaker = Breaker::default();
    loop {
        let pause = breaker.pause().max(LOOK_EVERY);
        let notified = wake.notified();
        tokio::select! {
            () = stop.wait() => return,
            () = notified, if breaker.is_closed() => {}
            () = tokio::time::sleep(pause) => {}
        }
        while !stop.is_given() {
            let claimed = claim(&app, &id, if breaker.is_closed() { BATCH } else { 1 }).await;
            if claimed.is_empty() {
                break;
            }
            let mut claimed = claimed.into_iter();
            for message in claimed.by_ref() {
                deliver(&app, &http, &id, &channel, &message, &mut breaker).await;
                tokio::time::sleep(channel.gap()).await;
                if !breaker.is_closed() || stop.is_given() {
                    break;
                }
            }
            give_back(&app, &id, claimed.map(|m| m.id).collect()).await;
            if !breaker.is_closed() {
                break;
            }
        }
    }
}

/// What is due on that channel. Looks before it writes: most looks find nothing.
async fn claim(app: &App, id: &ChannelId, most: u32) -> Vec<Message> {
    let now = app.clock.now();
    match app.store.read(outbox::next_due).await {
        Ok(Some(due)) if due <= now => {}
        Ok(_) => return Vec::new(),
        Err(error) => {
            tracing::warn!(channel = %id, %error, "cannot look into the outbox; looking again soon");
            return Vec::new();
        }
    }
    let channel = id.to_string();
    let taken =
        app.handle.write(move |conn, now| outbox::claim(conn, now, &channel, LEASE_MS, most)).await;
    taken.unwrap_or_else(|error| {
        tracing::warn!(channel = %id, %error, "cannot claim messages; trying again soon");
        Vec::new()
    })
}

/// What was claimed and not tried is due as before. Where that cannot be stored its lease ends.
async fn give_back(app: &App, id: &ChannelId, untried: Vec<i64>) {
    if untried.is_empty() {
        return;
    }
    let given = app.handle.write(move |conn, now| outbox::give_back(conn, now, &untried)).await;
    if let Err(error) = given {
        tracing::warn!(channel = %id, %error, "messages not tried wait for the end of their lease");
    }
}

async fn deliver(
    app: &App,
    http: &Http,
    id: &ChannelId,
    channel: &Channel,
    message: &Message,
    breaker: &mut Breaker,
) {
    let outcome = channel.send(http, message, app.clock.now()).await;
    let number = message.id;
    let marked = match outcome {
        Ok(receipt) => {
            breaker.succeeded();
            mark(app, move |conn, now| {
                outbox::done(conn, now, number, receipt.as_deref()).map(|()| State::Done)
            })
            .await
        }
        Err(error) => {
            breaker.failed(&error);
            let pause = pace::pause_ms(message.tries, error.retry_after_ms);
            let failed = message.clone();
            let SendError { message: text, permanent, .. } = error.clone();
            let marked = mark(app, move |conn, now| {
                outbox::failed(conn, now, &failed, &text, pause, permanent)
            })
            .await;
            let (what, tries) = (&error.message, message.tries);
            tracing::warn!(channel = %id, message = number, tries, error = what, "not sent");
            marked
        }
    };
    match marked {
        Some(State::Parked) => tracing::error!(
            channel = %id, message = number, contact = message.draft.contact,
            "a message was given up; it stands on the staff page until somebody looks"
        ),
        Some(State::Done | State::Due | State::Leased) => {}
        None => tracing::error!(
            channel = %id, message = number,
            "the outcome cannot be stored; the message may be sent once more"
        ),
    }
}

/// Stores an outcome, again and again while the lease lasts: an outcome that is lost is a message
/// told twice.
async fn mark<F>(app: &App, f: F) -> Option<State>
where
    F: Fn(&rusqlite::Connection, At) -> crate::store::Result<State> + Clone + Send + 'static,
{
    for wait in [100, 400, 1_600, 5_000, 10_000] {
        match app.handle.write(f.clone()).await {
            Ok(state) => return Some(state),
            Err(crate::drive::Refused::Stopping) => return None,
            Err(error) => tracing::warn!(%error, "an outcome cannot be stored yet"),
        }
        tokio::time::sleep(Duration::from_millis(wait)).await;
    }
    None
}

/// How a test message went on one of a contact's channels.
#[derive(Clone, Debug)]
pub struct Tried {
    /// Which channel.
    pub channel: ChannelId,
    /// To which address on it.
    pub to: String,
    /// What the provider calls the message, where it says so.
    pub outcome: Result<Option<String>, SendError>,
}

/// Sends one test message to a contact over each of its channels, without the outbox. None where
/// there is no such contact.
pub async fn send_test(
    config: &Config,
    http: &Http,
    contact: &ContactId,
    now: At,
) -> Option<Vec<Tried>> {
    let person = config.contacts.get(contact)?;
    let (title, body) = text::test(person.language, &person.name);
    let public_url = config.public_url();
    let mut tried = Vec::new();
    for via in &person.via {
        let Some(channel) = config.channels.get(&via.channel) else { continue };
        let draft = Draft {
            subject: "test".to_owned(),
            change: "test".to_owned(),
            contact: contact.to_string(),
            channel: via.channel.to_string(),
            address: via.to.clone(),
            office: None,
            language: person.language.code().to_owned(),
            title: title.clone(),
            body: body.clone(),
            link: None,
        };
        let message = Message {
            id: 0,
            draft,
            made: now,
            state: State::Leased,
            tries: 1,
            error: None,
            done: None,
            due: now,
        };
        let outcome = Channel::new(channel, &public_url).send(http, &message, now).await;
        tried.push(Tried { channel: via.channel.clone(), to: via.to.clone(), outcome });
    }
    Some(tried)
}

#[cfg(test)]
mod peer;
#[cfg(test)]
mod tests;
