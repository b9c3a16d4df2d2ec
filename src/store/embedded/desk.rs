//! Where requests wait, and who works on them.
//!
//! The writer lies on the desk while nobody works with it. The store's own thread takes it up when something waits, and keeps it
//! as long as several callers ask. But a thread that would only sleep in [`block_on`] takes up a free writer itself: that saves
//! two changes of thread, which cost a single caller a tenth of the disk's rate and more.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
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
/// [`EmbeddedStore`](super::EmbeddedStore) is written and synced by their own thread while nobody else writes. So for the time of
/// a sync nothing else in the future goes on, no timeout either. As everywhere, a future that is polled must not block on
/// what another thread does with a part of it.
///
/// ```
/// # use camtoken::store::{EmbeddedStore, Store, block_on};
/// # let dir = tempfile::tempdir()?;
/// let store = EmbeddedStore::open(dir.path(), std::time::Duration::ZERO)?;
/// assert_eq!(block_on(store.load(&"token:KKK0000001".parse()?))?, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let alarm = Arc::new(Alarm { thread: thread::current(), rang: AtomicBool::new(false) });
    let waker = Waker::from(Arc::clone(&alarm));
    let mut future = pin!(future);
    loop {
        let owed = Owed::begin(&waker);
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        owed.work();
        drop(owed);
        // The thread may have been unparked for something else, and parked by something else meanwhile.
        while !alarm.rang.swap(false, Ordering::Acquire) {
            thread::park();
        }
    }
}

/// Wakes a thread in [`block_on`].
struct Alarm {
    thread: Thread,
    rang: AtomicBool,
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.rang.store(true, Ordering::Release);
        self.thread.unpark();
    }
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

    /// Leaves a request of the task of this waker to whoever works next, and sees to it that somebody does.
    pub fn leave(self: &Arc<Self>, request: Request, task: &Waker) -> Result<(), StoreError> {
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
        if free && !Owed::add(self, task) {
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

    /// Works for one sync on the replacements that wait first, if nobody else does.
    fn help(&self) {
        let Some(mut hands) = self.take_up(self.state()) else { return };
        let group = group(&mut self.state().requests, |request| matches!(request, Request::Replace { .. }));
        if !group.is_empty() {
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

thread_local! {
    /// What this thread sees to itself: while it polls in [`block_on`].
    static OWED: RefCell<Option<Debt>> = const { RefCell::new(None) };
}

/// The desks where a task has left requests.
struct Debt {
    task: Waker,
    desks: Vec<Arc<Desk>>,
}

impl Drop for Debt {
    /// What was not seen to, the stores' own threads do.
    fn drop(&mut self) {
        self.desks.iter().for_each(|desk| desk.ring());
    }
}

/// While this lives, what its task leaves on desks is for this thread to see to.
struct Owed;

impl Owed {
    /// A [`block_on`] inside of another leaves nothing to that one: it may wait for what was asked there.
    fn begin(task: &Waker) -> Self {
        drop(OWED.replace(Some(Debt { task: task.clone(), desks: Vec::new() })));
        Self
    }

    /// Whether this thread sees to it: not if somebody else is to be woken, who may wait in here.
    fn add(desk: &Arc<Desk>, task: &Waker) -> bool {
        OWED.with_borrow_mut(|owed| match owed {
            Some(debt) if debt.task.will_wake(task) => {
                if !debt.desks.iter().any(|other| Arc::ptr_eq(other, desk)) {
                    debt.desks.push(Arc::clone(desk));
                }
                true
            }
            _ => false,
        })
    }

    /// Works where something was left.
    fn work(&self) {
        while let Some(desk) = OWED.with_borrow_mut(|owed| owed.as_mut().and_then(|debt| debt.desks.pop())) {
            desk.help();
        }
    }
}

impl Drop for Owed {
    fn drop(&mut self) {
        drop(OWED.take());
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::path::Path;

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
        let groups: Vec<_> = replay.frames.iter().map(Vec::len).collect();
        // The store's own thread may have come in between, having just begun.
        assert!(groups.iter().sum::<usize>() == 100 && groups.len() <= 3, "{groups:?}");
    }

    /// What a task has asked and does not wait for is written all the same, and so is what it waits for in another way.
    #[test]
    fn what_is_owed_is_done() {
        let dir = tempfile::tempdir().expect("there is room for temporary files");
        let store = open(dir.path());
        let ids: Vec<_> = (0..6).map(id).collect();
        let is_done = |number: usize| {
            let start = Instant::now();
            while pollster::block_on(store.load(&ids[number])) == Ok(None) {
                assert!(start.elapsed() < Duration::from_secs(20), "nobody has done it");
                thread::yield_now();
            }
        };
        let replace = |number: usize| Box::pin(store.replace(&ids[number], Revision::ABSENT, change()));
        let ask = |number| {
            let mut asked = Some(replace(number));
            poll_fn(move |context| {
                let is_asked = asked.as_mut().is_some_and(|asked| asked.as_mut().poll(context).is_pending());
                assert!(is_asked, "once, and it takes a while");
                Poll::Ready(asked.take())
            })
        };
        block_on(async { drop(ask(0).await) });
        is_done(0);
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            block_on(async {
                let _asked = ask(1).await;
                panic!("after it has asked");
            });
        }));
        assert!(panicked.is_err());
        is_done(1);
        let done = Ok(Replaced::Yes(Revision::ABSENT.next()));
        block_on(async {
            assert_eq!(pollster::block_on(replace(2)), done);
            assert_eq!(block_on(replace(3)), done);
            let asked = ask(4).await.expect("it was asked");
            assert_eq!(block_on(asked), done);
            let asked = ask(5).await.expect("it was asked");
            assert_eq!(block_on(async { pollster::block_on(asked) }), done);
        });
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
                // It is this thread's panic, if the store's own was not quicker.
                let replaced = catch_unwind(AssertUnwindSafe(|| block_on(replace())));
                assert!(matches!(replaced, Err(_) | Ok(Err(StoreError::Unknown { .. }))), "{replaced:?}");
            } else {
                assert!(matches!(pollster::block_on(replace()), Err(StoreError::Unknown { .. })));
            }
            // A thread that panics tells its callers before it has put up the sign.
            let start = Instant::now();
            while !matches!(pollster::block_on(replace()), Err(StoreError::Stopped { .. })) {
                assert!(start.elapsed() < Duration::from_secs(20), "it goes on");
            }
        }
    }
}
