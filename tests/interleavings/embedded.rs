//! A store of the real queue and a writer that counts instead of writing.

#[path = "../../src/store/embedded/commit_queue.rs"]
mod commit_queue;

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;

use futures_channel::oneshot;
use shuttle::thread;

use super::block_on::block_on;
use super::sync;
use crate::{fails_in_some_order, in_many_orders};
use commit_queue::CommitQueue;

/// What is asked of the writer: a replacement, which a waiting thread may do itself, or something else.
pub enum Request {
    Replace { number: usize, answer: oneshot::Sender<usize> },
    Other { answer: oneshot::Sender<usize> },
}

impl Request {
    pub fn len(&self) -> usize {
        // Two share a sync.
        3 << 20
    }
}

pub struct StoreWriter {
    pub shared: Arc<Shared>,
}

#[derive(Default)]
pub struct Shared {
    writing: AtomicUsize,
    done: AtomicUsize,
}

impl Shared {
    pub fn stop(&self, _: String) {}
}

impl StoreWriter {
    pub fn work(&mut self, group: Vec<Request>) {
        assert_eq!(self.shared.writing.fetch_add(1, Ordering::Relaxed), 0, "one thread writes at a time");
        assert!(!group.is_empty(), "there is something to write");
        // It takes a while, and the others go on.
        thread::yield_now();
        for request in group {
            self.shared.done.fetch_add(1, Ordering::Relaxed);
            let (number, answer) = match request {
                Request::Replace { number, answer } => (number, answer),
                Request::Other { answer } => (0, answer),
            };
            // Who has stopped waiting does not learn it.
            let _ = answer.send(number);
        }
        self.shared.writing.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A queue with its own thread, as the embedded store has it.
struct Store {
    queue: Arc<CommitQueue>,
    shared: Arc<Shared>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Store {
    fn open() -> Self {
        let shared = Arc::<Shared>::default();
        let queue = Arc::new(CommitQueue::new(StoreWriter { shared: Arc::clone(&shared) }));
        let served = Arc::clone(&queue);
        Self { queue, shared, thread: Some(thread::spawn(move || served.serve())) }
    }

    async fn ask(&self, request: impl FnOnce(oneshot::Sender<usize>) -> Request) -> usize {
        let (answer, answered) = oneshot::channel();
        let mut request = Some(request(answer));
        let submit = poll_fn(|context| match request.take() {
            Some(request) => Poll::Ready(self.queue.submit(request, context.waker())),
            None => Poll::Pending,
        });
        submit.await.expect("it is open, and not full");
        answered.await.expect("each request is answered")
    }

    async fn replace(&self, number: usize) {
        assert_eq!(self.ask(|answer| Request::Replace { number, answer }).await, number);
    }

    /// Closes it, and says how much was written.
    fn close(mut self) -> usize {
        self.queue.close();
        self.thread.take().expect("once").join().expect("no panic");
        self.shared.done.load(Ordering::Relaxed)
    }
}

/// Runs callers at the same time, each on a thread of its own, and closes the store once all are back.
fn callers(callers: impl IntoIterator<Item = fn(&Store)>) -> usize {
    let store = Arc::new(Store::open());
    let called: Vec<_> = callers
        .into_iter()
        .map(|caller| {
            let store = Arc::clone(&store);
            thread::spawn(move || caller(&store))
        })
        .collect();
    called.into_iter().for_each(|caller| caller.join().expect("no panic"));
    Arc::into_inner(store).expect("all are back").close()
}

/// Waits as another runtime does, which does no work of the store.
fn another_runtime<T>(future: impl Future<Output = T>) -> T {
    shuttle::future::block_on(future)
}

fn twice_by_itself(store: &Store) {
    block_on(store.replace(1));
    block_on(store.replace(2));
}

fn twice_in_another_runtime(store: &Store) {
    another_runtime(store.replace(3));
    another_runtime(store.replace(4));
}

fn something_else(store: &Store) {
    block_on(store.ask(|answer| Request::Other { answer }));
    block_on(store.replace(5));
}

/// Two requests of one task.
fn together(store: &Store) {
    block_on(async {
        let (mut one, mut other) = (pin!(store.replace(6)), pin!(store.replace(7)));
        let mut left = [true, true];
        poll_fn(|context| {
            left[0] = left[0] && one.as_mut().poll(context).is_pending();
            left[1] = left[1] && other.as_mut().poll(context).is_pending();
            if left == [false; 2] { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    });
}

/// Asks, and does not wait for the answer.
fn abandons(store: &Store) {
    block_on(async {
        let mut asked = pin!(store.replace(8));
        poll_fn(|context| {
            assert!(asked.as_mut().poll(context).is_pending());
            Poll::Ready(())
        })
        .await;
    });
}

/// What was asked in the outer wait is waited for in an inner one, which is that of another task.
fn waits_in_a_wait(store: &Store) {
    block_on(async {
        let mut asked = Box::pin(store.replace(9));
        poll_fn(|context| {
            assert!(asked.as_mut().poll(context).is_pending());
            Poll::Ready(())
        })
        .await;
        another_runtime(asked);
    });
}

#[test]
fn every_caller_is_answered_and_each_request_is_written_once() {
    in_many_orders(|| assert_eq!(callers([twice_by_itself as fn(&Store), twice_by_itself, twice_by_itself]), 6));
    in_many_orders(|| {
        assert_eq!(callers([twice_by_itself as fn(&Store), twice_in_another_runtime, something_else]), 6)
    });
    in_many_orders(|| assert_eq!(callers([together as fn(&Store), something_else, twice_in_another_runtime]), 6));
}

#[test]
fn nobody_is_forgotten_because_another_stopped_waiting() {
    in_many_orders(|| assert_eq!(callers([abandons as fn(&Store), twice_by_itself, twice_in_another_runtime]), 5));
    in_many_orders(|| assert_eq!(callers([waits_in_a_wait as fn(&Store), twice_by_itself, abandons]), 4));
    in_many_orders(|| assert_eq!(callers([abandons as fn(&Store)]), 1));
}

#[test]
fn a_lock_that_is_let_go_before_the_wait_is_found_out() {
    sync::WAITS_LATE.set(true);
    fails_in_some_order(|| assert_eq!(callers([twice_by_itself as fn(&Store), twice_in_another_runtime]), 4));
}
