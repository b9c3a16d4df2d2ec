//! Waiting for a future on this thread, which does a store's pending work instead of sleeping.

use std::cell::RefCell;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use super::sync::atomic::{AtomicBool, Ordering};
use super::thread::{self, Thread};
use super::thread_local;

/// Work that waits in a store, and that a thread in [`block_on`] may do itself.
pub(super) trait PendingWork: Send + Sync {
    /// Does what waits first, if no other thread does.
    fn run(&self);

    /// Wakes the store's own thread, if something still waits.
    fn wake_worker(&self);
}

/// Runs a future to its end on this thread, which sleeps while there is nothing to do.
///
/// Any executor runs the futures of this library. This one is for callers that block anyway: their own thread writes and
/// syncs their requests to an `EmbeddedStore` (feature `embedded`) while no other thread does, which saves two changes of
/// thread. During that sync nothing else in the future makes progress, no timeout either. A future must not block on work
/// that another thread does with a part of it.
///
/// ```
/// use camtoken::store::{MemoryStore, Store, block_on};
///
/// let store = MemoryStore::new();
/// assert_eq!(block_on(store.load(&"token:KKK0000001".parse()?))?, None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let alarm = Arc::new(Alarm { thread: thread::current(), rang: AtomicBool::new(false) });
    let waker = Waker::from(Arc::clone(&alarm));
    let mut future = pin!(future);
    loop {
        let scope = Scope::enter(&waker);
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        scope.run();
        drop(scope);
        // The thread may have been unparked for something else, and parked by something else meanwhile.
        while !alarm.rang.swap(false, Ordering::Acquire) {
            thread::park();
        }
    }
}

/// Leaves work to this thread, if it polls the task of this waker in [`block_on`].
///
/// Returns false when the request belongs to another waker: that task may itself be blocked in here.
#[cfg_attr(not(feature = "embedded"), expect(dead_code, reason = "only the embedded store leaves work"))]
pub(super) fn offer<W: PendingWork + 'static>(work: &Arc<W>, task: &Waker) -> bool {
    OFFERED.with(|offered| match &mut *offered.borrow_mut() {
        Some(offered) if offered.task.will_wake(task) => {
            if !offered.work.iter().any(|other| Arc::as_ptr(other).addr() == Arc::as_ptr(work).addr()) {
                offered.work.push(Arc::clone(work) as Arc<dyn PendingWork>);
            }
            true
        }
        _ => false,
    })
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

thread_local! {
    /// The work that this thread does itself, while it polls in [`block_on`].
    static OFFERED: RefCell<Option<Offered>> = const { RefCell::new(None) };
}

/// The pending work of one task.
struct Offered {
    task: Waker,
    work: Vec<Arc<dyn PendingWork>>,
}

impl Drop for Offered {
    /// The stores' own threads do what was not done here.
    fn drop(&mut self) {
        self.work.iter().for_each(|work| work.wake_worker());
    }
}

/// While this lives, this thread does the pending work of its task.
struct Scope;

impl Scope {
    /// A [`block_on`] inside of another takes nothing over from it: the outer task may wait for what was asked there.
    fn enter(task: &Waker) -> Self {
        let offered = Offered { task: task.clone(), work: Vec::new() };
        drop(OFFERED.with(|place| place.replace(Some(offered))));
        Self
    }

    fn run(&self) {
        let next = |offered: &RefCell<Option<Offered>>| offered.borrow_mut().as_mut().and_then(|all| all.work.pop());
        while let Some(work) = OFFERED.with(next) {
            work.run();
        }
    }
}

impl Drop for Scope {
    fn drop(&mut self) {
        drop(OFFERED.with(RefCell::take));
    }
}
