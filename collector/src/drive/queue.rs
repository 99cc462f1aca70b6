//! What waits for the writer: bounded by number, taken whole, so that everything waiting shares
//! one commit.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A bounded queue between the tasks that ask and the one thread that writes.
pub(super) struct Queue<T> {
    inner: Mutex<Inner<T>>,
    filled: Condvar,
    most: usize,
}

struct Inner<T> {
    waiting: VecDeque<T>,
    closed: bool,
}

/// Why something was not put into the queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum NotTaken {
    /// Too much waits already.
    Full,
    /// The writer has stopped.
    Closed,
}

impl<T> Queue<T> {
    pub(super) fn new(most: usize) -> Self {
        let inner = Inner { waiting: VecDeque::new(), closed: false };
        Self { inner: Mutex::new(inner), filled: Condvar::new(), most }
    }

    fn lock(&self) -> MutexGuard<'_, Inner<T>> {
        // Nothing that holds the lock can leave the queue half changed.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn put(&self, item: T) -> Result<(), NotTaken> {
        let mut inner = self.lock();
        if inner.closed {
            return Err(NotTaken::Closed);
        }
        if inner.waiting.len() >= self.most {
            return Err(NotTaken::Full);
        }
        inner.waiting.push_back(item);
        if inner.waiting.len() == 1 {
            self.filled.notify_one();
        }
        Ok(())
    }

    /// Everything that waits, up to `most`, into `batch`; waits up to `patience` for the first.
    /// False once the queue is closed and empty.
    pub(super) fn take(&self, batch: &mut Vec<T>, most: usize, patience: Duration) -> bool {
        let mut inner = self.lock();
        if inner.waiting.is_empty() && !inner.closed && !patience.is_zero() {
            let woken = self.filled.wait_timeout_while(inner, patience, |inner| {
                inner.waiting.is_empty() && !inner.closed
            });
            inner = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        let n = inner.waiting.len().min(most);
        batch.extend(inner.waiting.drain(..n));
        !(inner.closed && inner.waiting.is_empty() && batch.is_empty())
    }

    /// Nothing more is taken in; what waits is still handed out.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.filled.notify_all();
    }

    /// Whether nothing more is taken in.
    pub(super) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// How much waits.
    pub(super) fn waiting(&self) -> usize {
        self.lock().waiting.len()
    }
}
