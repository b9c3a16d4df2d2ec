//! Where requests wait, and who works on them.
//!
//! The writer lies on the desk while nobody works with it. The store's own thread takes it up when something waits, and keeps it
//! as long as several callers ask. But who waits by [`block_on`] has nothing else to do, and takes up a free writer itself: that
//! saves two changes of thread, which cost a single caller a fifth of the disk's rate.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use super::writer::Writer;
use super::{HELD_BRIEFLY, Request};
use crate::store::StoreError;

/// Requests that may wait for the writer; one more is answered [`StoreError::Unavailable`] at once.
const QUEUE: usize = 16_384;

/// Requests that share one sync, at most, and bytes after which no more are taken in: far less than a file of the journal.
const GROUP: usize = 1024;
const GROUP_LEN: usize = 4 << 20;

/// How long the writer of several callers looks for the next request before it sleeps.
const AWAKE: Duration = Duration::from_micros(50);

/// Runs a future to its end on this thread, which sleeps while there is nothing to do.
///
/// Any executor runs the futures of this library. This one is for callers that block anyway: what they ask of an
/// [`EmbeddedStore`](super::EmbeddedStore) is written and synced by their own thread while nobody else writes.
///
/// ```
/// # use camtoken::store::{EmbeddedStore, Store, block_on};
/// # let dir = tempfile::tempdir()?;
/// let store = EmbeddedStore::open(dir.path(), std::time::Duration::ZERO)?;
/// assert_eq!(block_on(store.load(&"token:KKK0000001".parse()?))?, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    pollster::block_on(poll_fn(|context| {
        let owed = Owed::begin();
        let polled = future.as_mut().poll(context);
        if polled.is_pending() {
            owed.work();
        }
        polled
    }))
}

pub(super) struct Desk {
    state: Mutex<State>,
    /// Rings for the store's own thread: there may be something to take up.
    bell: Condvar,
}

struct State {
    requests: VecDeque<Request>,
    writer: Place,
    /// Nobody asks any more.
    closed: bool,
}

enum Place {
    Desk(Box<Writer>),
    Hands,
    /// The store is closed, or who worked with it has panicked.
    Gone,
}

impl Desk {
    pub fn new(writer: Writer) -> Self {
        let state = State { requests: VecDeque::new(), writer: Place::Desk(Box::new(writer)), closed: false };
        Self { state: Mutex::new(state), bell: Condvar::new() }
    }

    /// Leaves a request to whoever works next, and sees to it that somebody does.
    pub fn leave(self: &Arc<Self>, request: Request) -> Result<(), StoreError> {
        let mut state = self.state();
        if let Place::Gone = state.writer {
            return Err(StoreError::Stopped { reason: "writer has ended".into() });
        }
        if state.requests.len() >= QUEUE {
            return Err(StoreError::Unavailable { reason: format!("{QUEUE} requests are waiting") });
        }
        state.requests.push_back(request);
        let free = matches!(state.writer, Place::Desk(_));
        drop(state);
        if free && !Owed::add(self) {
            self.bell.notify_one();
        }
        Ok(())
    }

    /// What the store's own thread does, until the desk is closed and empty.
    pub fn serve(&self) {
        loop {
            let waiting = |state: &mut State| match state.writer {
                Place::Desk(_) => state.requests.is_empty() && !state.closed,
                Place::Hands => true,
                Place::Gone => false,
            };
            let state = self.bell.wait_while(self.state(), waiting).expect(HELD_BRIEFLY);
            let ends = state.requests.is_empty();
            let Some(mut hands) = self.take_up(state) else { return };
            if ends {
                return;
            }
            let mut company = false;
            while let Some(group) = hands.next(company) {
                company = group.len() > 1;
                hands.work(group);
            }
            hands.put_back();
        }
    }

    /// Works on what waits, if nobody else does, for one sync.
    fn help(&self) {
        let Some(mut hands) = self.take_up(self.state()) else { return };
        if let Some(group) = hands.next(false) {
            hands.work(group);
        }
        hands.put_back();
        self.ring();
    }

    /// Wakes the store's own thread if there is something for it.
    fn ring(&self) {
        let state = self.state();
        if state.closed || !state.requests.is_empty() {
            self.bell.notify_one();
        }
    }

    /// Lets the store's own thread end, once it has done what waits.
    pub fn close(&self) {
        self.state().closed = true;
        self.bell.notify_one();
    }

    fn take_up(&self, mut state: MutexGuard<'_, State>) -> Option<Hands<'_>> {
        match std::mem::replace(&mut state.writer, Place::Hands) {
            Place::Desk(writer) => Some(Hands { desk: self, writer: Some(writer) }),
            other => {
                state.writer = other;
                None
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect(HELD_BRIEFLY)
    }
}

/// The writer in somebody's hands. If they let it fall, nobody works with it any more: that is how a store is closed; and what a
/// panic has left undone is not known.
struct Hands<'d> {
    desk: &'d Desk,
    writer: Option<Box<Writer>>,
}

impl Hands<'_> {
    /// Takes the requests of the next group. Of several callers, who was just answered often asks again, and more come while
    /// the writer stays awake: others who want the processor get it. A single caller is sooner served by a writer that sleeps.
    fn next(&self, company: bool) -> Option<Vec<Request>> {
        let since = Instant::now();
        loop {
            let mut state = self.desk.state();
            if !state.requests.is_empty() {
                return Some(group(&mut state.requests));
            }
            drop(state);
            if !company || since.elapsed() >= AWAKE {
                return None;
            }
            thread::yield_now();
        }
    }

    fn work(&mut self, group: Vec<Request>) {
        self.writer.as_mut().expect("it is in hand").work(group);
    }

    fn put_back(mut self) {
        let writer = self.writer.take().expect("it is in hand");
        self.desk.state().writer = Place::Desk(writer);
    }
}

impl Drop for Hands<'_> {
    fn drop(&mut self) {
        if let Some(writer) = self.writer.take() {
            let mut state = self.desk.state();
            state.writer = Place::Gone;
            let unanswered = std::mem::take(&mut state.requests);
            drop(state);
            drop((unanswered, writer));
            self.desk.bell.notify_one();
        }
    }
}

fn group(requests: &mut VecDeque<Request>) -> Vec<Request> {
    let mut len = 0;
    let taken_in = requests.iter().take(GROUP).take_while(|request| {
        let room = len <= GROUP_LEN;
        len += request.len();
        room
    });
    let count = taken_in.count();
    requests.drain(..count).collect()
}

thread_local! {
    /// The desks where this thread has left requests that it sees to itself: while it polls in [`block_on`].
    static OWED: RefCell<Option<Vec<Arc<Desk>>>> = const { RefCell::new(None) };
}

/// While this lives, what this thread leaves on desks is its own to see to. What it has not when this is dropped, the stores'
/// own threads do.
struct Owed {
    /// Of a [`block_on`] around this one.
    before: Option<Vec<Arc<Desk>>>,
}

impl Owed {
    fn begin() -> Self {
        Self { before: OWED.replace(Some(Vec::new())) }
    }

    /// Whether this thread sees to it.
    fn add(desk: &Arc<Desk>) -> bool {
        OWED.with_borrow_mut(|owed| match owed {
            Some(desks) => {
                desks.push(Arc::clone(desk));
                true
            }
            None => false,
        })
    }

    fn work(&self) {
        while let Some(desk) = OWED.with_borrow_mut(|owed| owed.as_mut().and_then(Vec::pop)) {
            desk.help();
        }
    }
}

impl Drop for Owed {
    fn drop(&mut self) {
        for desk in OWED.replace(self.before.take()).into_iter().flatten() {
            desk.ring();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::path::Path;
    use std::task::{Poll, Waker};

    use super::super::EmbeddedStore;
    use super::super::journal::Journal;
    use super::*;
    use crate::store::{Change, RecordId, Replaced, Revision, Store};

    fn open(dir: &Path) -> EmbeddedStore {
        EmbeddedStore::open(dir, Duration::ZERO).expect("nobody else has it")
    }

    fn id(number: u64) -> RecordId {
        format!("token:T{number}").parse().expect("a record")
    }

    fn change() -> Change {
        Change { record: vec![7; 100], audit: None }
    }

    /// Who waits for many things at once lets all of them be asked before it writes.
    #[test]
    fn what_is_asked_together_shares_a_sync() {
        let dir = tempfile::tempdir().expect("there is room for temporary files");
        let store = open(dir.path());
        let ids: Vec<_> = (0..100).map(id).collect();
        let mut asked: Vec<_> = ids.iter().map(|id| Box::pin(store.replace(id, Revision::ABSENT, change()))).collect();
        block_on(poll_fn(|context| {
            asked.retain_mut(|one| match one.as_mut().poll(context) {
                Poll::Ready(replaced) => {
                    assert_eq!(replaced, Ok(Replaced::Yes(Revision::ABSENT.next())));
                    false
                }
                Poll::Pending => true,
            });
            if asked.is_empty() { Poll::Ready(()) } else { Poll::Pending }
        }));
        drop(asked);
        drop(store);
        let replay = Journal::replay(&dir.path().join("journal"), 0).expect("nothing is damaged");
        assert_eq!(replay.frames.iter().map(Vec::len).collect::<Vec<_>>(), [100]);
    }

    /// What a thread has asked and does not wait for is written all the same.
    #[test]
    fn what_is_owed_is_done() {
        let dir = tempfile::tempdir().expect("there is room for temporary files");
        let store = open(dir.path());
        let ask = |id: &RecordId| {
            let mut asked = Box::pin(store.replace(id, Revision::ABSENT, change()));
            assert!(asked.as_mut().poll(&mut std::task::Context::from_waker(Waker::noop())).is_pending());
        };
        let is_done = |number| {
            let start = Instant::now();
            while pollster::block_on(store.load(&id(number))) == Ok(None) {
                assert!(start.elapsed() < Duration::from_secs(20), "nobody has done it");
                thread::yield_now();
            }
        };
        block_on(async { ask(&id(0)) });
        is_done(0);
        block_on(async { block_on(async { ask(&id(1)) }) });
        is_done(1);
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            block_on(async {
                ask(&id(2));
                panic!("after it has asked");
            });
        }));
        assert!(panicked.is_err());
        is_done(2);
    }

    /// Whoever works with the writer when it panics, nobody waits for ever, and nothing more is written.
    #[test]
    fn a_panic_stops_the_store() {
        for helped in [false, true] {
            let dir = tempfile::tempdir().expect("there is room for temporary files");
            let store = open(dir.path());
            let poisoned = catch_unwind(AssertUnwindSafe(|| {
                let _held = store.shared.records.write();
                panic!("under the lock");
            }));
            assert!(poisoned.is_err());
            let id = id(0);
            let replace = || store.replace(&id, Revision::ABSENT, change());
            if helped {
                assert!(catch_unwind(AssertUnwindSafe(|| block_on(replace()))).is_err(), "it is this thread's panic");
            } else {
                assert!(matches!(pollster::block_on(replace()), Err(StoreError::Unknown { .. })));
            }
            assert!(matches!(pollster::block_on(replace()), Err(StoreError::Stopped { .. })));
        }
    }
}
