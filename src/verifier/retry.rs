//! The retry rule of every step that loads a record, decides, and replaces it.

use std::future::poll_fn;
use std::task::Poll;

use super::VerifierError;

/// How often a step is tried when other requests are faster each time. A conflict means that another request got through, so
/// so many in a row are no bad luck.
const MAX_TRIES: usize = 10_000;

/// Counts the tries of one step.
pub(super) struct Tries(usize);

/// The result of one try.
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

/// How many futures are waited for at once: as many as the embedded store writes with one sync.
const TOGETHER: usize = 1024;

/// Waits for many futures at once, so that a store may write their changes together. The answers come in the same order.
pub(super) async fn together<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let (mut futures, mut answers) = (futures.into_iter(), Vec::new());
    while futures.len() > 0 {
        let mut group: Vec<_> = futures.by_ref().take(TOGETHER).map(|future| (Box::pin(future), None)).collect();
        poll_fn(|context| {
            let mut waits = false;
            for (future, answer) in group.iter_mut().filter(|(_, answer)| answer.is_none()) {
                match future.as_mut().poll(context) {
                    Poll::Ready(ready) => *answer = Some(ready),
                    Poll::Pending => waits = true,
                }
            }
            if waits { Poll::Pending } else { Poll::Ready(()) }
        })
        .await;
        answers.extend(group.into_iter().filter_map(|(_, answer)| answer));
    }
    answers
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
