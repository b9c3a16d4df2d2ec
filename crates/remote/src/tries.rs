//! How often a request is tried, and on which thread.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io;
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::time::{Instant, sleep};

use camtoken::store::StoreError;

use crate::Failed;

/// Counts the tries of a request whose failure changes nothing.
pub struct Tries {
    failed: u32,
    /// After this moment it is not retried.
    pub(crate) until: Instant,
}

impl Tries {
    const AGAIN: u32 = 5;

    /// Six tries at most, all of them begun within `deadline`.
    #[must_use]
    pub fn until(deadline: Duration) -> Self {
        Self { failed: 0, until: Instant::now() + deadline }
    }

    /// Waits for some milliseconds, each time twice as many, if it may be tried again.
    ///
    /// # Errors
    ///
    /// The failure itself, when it must not be retried: it may have changed something, or it was tried often enough.
    pub async fn again(&mut self, failed: Failed) -> Result<(), Failed> {
        self.failed += 1;
        let is_over = self.failed > Self::AGAIN || self.until <= Instant::now();
        if is_over || !matches!(failed, Failed::Again(_) | Failed::Unsent(_)) {
            return Err(failed);
        }
        // Those who were in each other's way do not meet again at the same moment.
        let apart = RandomState::new().build_hasher().finish() % 1000;
        let most = Duration::from_millis(5 << (self.failed - 1));
        sleep(most / 2 + most.mul_f64(apart as f64 / 2000.0)).await;
        Ok(())
    }
}

/// Uses a database from a thread of its own: the caller's may belong to a runtime, which must not start another.
///
/// # Errors
///
/// Those of the work; [`StoreError::Unavailable`] when it panics.
pub fn on_a_thread<T: Send, E: From<StoreError> + Send>(
    work: impl AsyncFnOnce() -> Result<T, E> + Send,
) -> Result<T, E> {
    let run = || -> Result<T, E> { runtime().map_err(StoreError::from)?.block_on(work()) };
    let done = thread::scope(|scope| scope.spawn(run).join());
    done.unwrap_or_else(|_| Err(StoreError::Unavailable { reason: "the thread has panicked".into() }.into()))
}

pub(crate) fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}
