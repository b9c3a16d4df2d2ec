//! The common part of stores behind a connection: `camtoken-postgres` and `camtoken-etcd`.
//!
//! Requests of all callers wait in one queue. Each connection takes the waiting requests, up to a group, and sends them
//! together: under load a commit carries many changes, and each is still replaced or not by itself. While a change of a record is
//! in flight, others of the same record wait for it here and not in the database. So there is no pool beside the queue: a free
//! connection takes the waiting requests.
//!
//! A request that was sent and not answered is [`StoreError::Unknown`], and its connection is dropped. Nothing is ever cancelled. A
//! request that was not sent, or was rolled back, is retried. An engine brings its [`Link`]: one connection, opened and checked.
//!
//! All of it runs on one thread of the store's own, so callers need no runtime.

mod failure;
mod queue;
mod recent;
pub mod tls;
mod tries;
mod worker;

use std::collections::{HashMap, HashSet};
// `tests/interleavings` builds the queue with shuttle's.
use std::sync;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use futures_channel::oneshot;
use tokio::task::LocalSet;

use camtoken::store::{Change, RecordId, Replaced, Revision, Store, StoreError, Versioned};

use queue::{Answer, Load, Question, Queue};
use worker::Shared;

pub use failure::Failed;
pub use queue::Swap;
pub use recent::Recent;
pub use tries::{Tries, on_a_thread};

/// One connection to a database that has passed every check. It is used for one thing at a time.
pub trait Link: Sized + 'static {
    /// The address of the database, and the durability that it must promise.
    type Place: Send + 'static;

    /// The error of the engine's client.
    type Fault: Into<Failed>;

    /// Connects, and refuses a server whose acknowledged changes are not durable.
    fn open(place: &Self::Place) -> impl Future<Output = Result<Self, Self::Fault>>;

    /// Whether the other end has disconnected; a request that is sent now does not arrive.
    fn is_closed(&self) -> bool;

    /// Checks the server once more if the last check was some time ago. It is called before each use.
    fn check(&mut self, place: &Self::Place) -> impl Future<Output = Result<(), Self::Fault>>;

    /// The existing records of these. No ID occurs twice.
    fn load(&self, ids: &[RecordId]) -> impl Future<Output = Result<HashMap<RecordId, Versioned>, Self::Fault>>;

    /// Replaces the records whose revision is as expected, and says which those are. All are about different records, in
    /// ascending order. Either all of them are first records, or none is.
    fn swap(&self, swaps: &[Swap]) -> impl Future<Output = Result<HashSet<RecordId>, Self::Fault>>;

    /// As [`Store::list`].
    fn list(&self, after: Option<&RecordId>, limit: usize) -> impl Future<Output = Result<Vec<RecordId>, Self::Fault>>;

    /// As [`Store::audit_page`].
    fn audit(
        &self,
        id: &RecordId,
        after: Revision,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<(Revision, Vec<u8>)>, Self::Fault>>;
}

/// How many requests go to a database at once.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections at most; they are opened when they are needed.
    pub connections: usize,
    /// Requests that are sent at once, at most.
    pub group: usize,
    /// Bytes of records and audit entries after which a group is full.
    pub group_len: usize,
    /// How long a request waits, at most, for each of these: a free connection, a new one.
    pub deadline: Duration,
    /// How long it waits for the answer.
    pub answer: Duration,
    /// How many of the records that were stored last are remembered.
    pub remembered: usize,
}

/// A store in a database behind its [`Link`]. Dropping it finishes the queued requests, and blocks for as long.
pub struct Remote {
    queue: Arc<Queue>,
    recent: Arc<Recent<Versioned>>,
    thread: Option<JoinHandle<()>>,
}

impl Remote {
    /// Opens the first connection on a thread of this name. Blocks until it is checked.
    ///
    /// # Errors
    ///
    /// Those of the link; [`StoreError::Unavailable`] when it cannot be opened within the deadline.
    pub fn open<L: Link>(name: &str, place: L::Place, limits: Limits) -> Result<Self, StoreError> {
        let queue = Arc::new(Queue::new(limits.group, limits.group_len));
        let recent = Arc::new(Recent::new(limits.remembered));
        let shared = Shared::<L> { place, limits, queue: Arc::clone(&queue), recent: Arc::clone(&recent) };
        let (opened, is_open) = mpsc::channel();
        let runtime = tries::runtime()?;
        let thread = thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || LocalSet::new().block_on(&runtime, worker::serve(shared, &opened)))?;
        let store = Self { queue, recent, thread: Some(thread) };
        match is_open.recv() {
            Ok(Ok(())) => Ok(store),
            Ok(Err(error)) => Err(error),
            Err(mpsc::RecvError) => Err(unavailable("the store's thread has ended".into())),
        }
    }

    async fn ask<T>(
        &self,
        push: impl FnOnce(Answer<T>) -> Result<(), StoreError>,
        unanswered: fn(String) -> StoreError,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        push(answer)?;
        answered.await.unwrap_or_else(|_| Err(unanswered("a connection's task has ended".into())))
    }
}

impl Store for Remote {
    async fn load(&self, id: &RecordId) -> Result<Option<Versioned>, StoreError> {
        let push = |answer| self.queue.load(Load { id: id.clone(), answer, since: Instant::now() });
        self.ask(push, unavailable).await
    }

    async fn replace(&self, id: &RecordId, expected: Revision, change: Change) -> Result<Replaced, StoreError> {
        change.check()?;
        let push = |answer| self.queue.swap(Swap { id: id.clone(), expected, change, answer, since: Instant::now() });
        self.ask(push, |reason| StoreError::Unknown { reason }).await
    }

    async fn list(&self, after: Option<&RecordId>, limit: usize) -> Result<Vec<RecordId>, StoreError> {
        let push = |answer| self.queue.ask(Question::List { after: after.cloned(), limit, answer });
        self.ask(push, unavailable).await
    }

    async fn audit_page(
        &self,
        id: &RecordId,
        after: Revision,
        limit: usize,
    ) -> Result<Vec<(Revision, Vec<u8>)>, StoreError> {
        let push = |answer| self.queue.ask(Question::Audit { id: id.clone(), after, limit, answer });
        self.ask(push, unavailable).await
    }

    fn recall(&self, id: &RecordId) -> Option<Versioned> {
        self.recent.get(id)
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        self.queue.close();
        if let Some(thread) = self.thread.take() {
            // A thread that has panicked has nothing left to finish.
            let _ = thread.join();
        }
    }
}

fn unavailable(reason: String) -> StoreError {
    StoreError::Unavailable { reason }
}
