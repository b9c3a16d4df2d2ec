//! The group-commit queue: requests wait here, and one thread at a time holds the writer and works on them.
//!
//! The store's own thread takes the free writer when a request waits, and keeps it while several callers ask. A thread that
//! would only sleep in [`block_on`](crate::store::block_on) takes a free writer itself: that saves two changes of thread,
//! which cost a single caller a tenth of the disk's rate and more.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use super::Request;
use super::StoreWriter as Writer;
use crate::store::StoreError;
use crate::store::block_on::{PendingWork, offer};
use crate::store::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use crate::store::thread;
use crate::store::time::Instant;

/// Requests that may wait for the writer; one more is answered [`StoreError::Unavailable`] at once.
const QUEUE: usize = 16_384;

/// Requests that share one sync, at most, and bytes after which no more are added: far less than a file of the write-ahead log.
const GROUP: usize = 1024;
const GROUP_LEN: usize = 4 << 20;

/// How long the writer of several callers looks for the next request before it sleeps.
const AWAKE: Duration = Duration::from_micros(50);

pub(super) struct CommitQueue {
    state: Mutex<State>,
    /// Wakes the store's own thread: a request may wait.
    bell: Condvar,
}

struct State {
    requests: VecDeque<Request>,
    writer: WriterState,
    /// No request comes any more.
    closed: bool,
}

enum WriterState {
    Free(Box<Writer>),
    InUse,
    /// The store is closed, or the thread that used the writer has panicked.
    Lost,
}

impl CommitQueue {
    pub fn new(writer: Writer) -> Self {
        let state = State { requests: VecDeque::new(), writer: WriterState::Free(Box::new(writer)), closed: false };
        Self { state: Mutex::new(state), bell: Condvar::new() }
    }

    /// Queues a request of the task of this waker, and makes sure that a thread works on it.
    pub fn submit(self: &Arc<Self>, request: Request, task: &Waker) -> Result<(), StoreError> {
        let mut state = self.state();
        if let WriterState::Lost = state.writer {
            return Err(StoreError::Stopped { reason: "writer has ended".into() });
        }
        if state.requests.len() >= QUEUE {
            return Err(StoreError::Unavailable { reason: format!("{QUEUE} requests are waiting") });
        }
        state.requests.push_back(request);
        let free = matches!(state.writer, WriterState::Free(_));
        drop(state);
        if free && !offer(self, task) {
            self.bell.notify_one();
        }
        Ok(())
    }

    /// The loop of the store's own thread, until the queue is closed and empty.
    pub fn serve(&self) {
        loop {
            let waiting = |state: &mut State| match state.writer {
                WriterState::Free(_) => state.requests.is_empty() && !state.closed,
                WriterState::InUse => true,
                WriterState::Lost => false,
            };
            let state = self.bell.wait_while(self.state(), waiting).unwrap_or_else(PoisonError::into_inner);
            let ends = state.requests.is_empty();
            let Some(mut lease) = self.lease(state) else { return };
            if ends {
                return;
            }
            let mut company = false;
            while let Some(group) = lease.next(company) {
                company = group.len() > 1;
                lease.work(group);
            }
            lease.put_back();
        }
    }

    /// Lets the store's own thread end, once it has done what waits.
    pub fn close(&self) {
        self.state().closed = true;
        self.bell.notify_one();
    }

    fn lease(&self, mut state: MutexGuard<'_, State>) -> Option<WriterLease<'_>> {
        match std::mem::replace(&mut state.writer, WriterState::InUse) {
            WriterState::Free(writer) => Some(WriterLease { queue: self, writer: Some(writer) }),
            other => {
                state.writer = other;
                None
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PendingWork for CommitQueue {
    /// Works for one sync on the replacements that wait first.
    fn run(&self) {
        let Some(mut lease) = self.lease(self.state()) else { return };
        let group = group(&mut self.state().requests, |request| matches!(request, Request::Replace { .. }));
        if !group.is_empty() {
            lease.work(group);
        }
        lease.put_back();
        self.wake_worker();
    }

    fn wake_worker(&self) {
        let state = self.state();
        if state.closed || !state.requests.is_empty() {
            self.bell.notify_one();
        }
    }
}

/// The writer, held by one thread. Dropping it without [`WriterLease::put_back`] loses the writer for good. That is how a store
/// is closed. It also happens after a panic, when it is not known what was left undone.
struct WriterLease<'q> {
    queue: &'q CommitQueue,
    writer: Option<Box<Writer>>,
}

impl WriterLease<'_> {
    /// Takes the requests of the next group. With several callers, one that got its answer often sends the next request soon. So
    /// the writer stays awake for a moment, and yields the processor to other threads. For a single caller a writer that sleeps
    /// is faster.
    fn next(&self, company: bool) -> Option<Vec<Request>> {
        let since = Instant::now();
        loop {
            let mut state = self.queue.state();
            if !state.requests.is_empty() {
                return Some(group(&mut state.requests, |_| true));
            }
            drop(state);
            if !company || since.elapsed() >= AWAKE {
                return None;
            }
            thread::yield_now();
        }
    }

    fn work(&mut self, group: Vec<Request>) {
        self.writer.as_mut().expect("only put_back and drop take it").work(group);
    }

    fn put_back(mut self) {
        let writer = self.writer.take().expect("only put_back and drop take it");
        self.queue.state().writer = WriterState::Free(writer);
    }
}

impl Drop for WriterLease<'_> {
    fn drop(&mut self) {
        if let Some(writer) = self.writer.take() {
            let mut state = self.queue.state();
            state.writer = WriterState::Lost;
            let unanswered = std::mem::take(&mut state.requests);
            drop(state);
            writer.shared.stop("writer has ended".into());
            drop((unanswered, writer));
            self.queue.bell.notify_one();
        }
    }
}

/// Takes the first requests, as many of the wanted ones as may share a sync.
fn group(requests: &mut VecDeque<Request>, wanted: fn(&Request) -> bool) -> Vec<Request> {
    let mut len = 0;
    let taken_in = requests.iter().take(GROUP).take_while(|request| wanted(request)).take_while(|request| {
        let room = len <= GROUP_LEN;
        len += request.len();
        room
    });
    let count = taken_in.count();
    requests.drain(..count).collect()
}
