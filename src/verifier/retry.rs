//! The retry rule of every step that loads a record, decides, and replaces it.

use std::future::poll_fn;
use std::task::Poll;

use super::VerifierError;

/// How often a step is tried when other requests are faster each time. A conflict means that another request got through, so
/// so many in a row are no bad luck.
const MAX_TRIES: usize = 10_000;

/// Counts the tries of one step.
pub(super) struct Tries(usize);

/// What one try came to.
#[must_use]
pub(super) enum Try<T> {
    /// It is stored, or there was nothing to store.
    Done(T),
    /// Another request has changed the record meanwhile: load it and decide again.
    Overtaken,
}

impl Tries {
    pub fn new() -> Self {
        Self(0)
    }

    /// Begins the next try. Between two tries it lets the executor run other tasks.
    ///
    /// # Errors
    ///
    /// [`VerifierError::Contention`] after [`MAX_TRIES`].
    pub async fn next(&mut self) -> Result<(), VerifierError> {
        if self.0 >= MAX_TRIES {
            return Err(VerifierError::Contention);
        }
        if self.0 > 0 {
            yield_now().await;
        }
        self.0 += 1;
        Ok(())
    }
}

impl<T> Try<T> {
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Try<U> {
        match self {
            Self::Done(done) => Try::Done(change(done)),
            Self::Overtaken => Try::Overtaken,
        }
    }
}

/// Is pending once, and wakes its task at once.
async fn yield_now() {
    let mut is_first = true;
    poll_fn(|context| {
        if std::mem::take(&mut is_first) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(())
    })
    .await;
}
