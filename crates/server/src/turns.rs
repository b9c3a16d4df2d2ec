//! Turns for long work: reading an image, compiling rules, deriving a key from a passphrase.
//!
//! Such work is done on threads of its own, as many at a time as there are cores. Each caller has half of them at most, and a
//! caller's further work waits in the caller's own line. So others wait for one piece of work of each caller, and not for all
//! that a caller has sent.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::available_parallelism;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::places::{Holder, Share, Shares};
use super::problem::{Code, Problem};

/// The turns of all callers.
pub(super) struct Turns {
    most: usize,
    all: Arc<Semaphore>,
    lines: Mutex<HashMap<Option<Holder>, Weak<Semaphore>>>,
}

/// The sender of a request, if it can be identified: an extension of each request.
#[derive(Clone)]
pub(super) struct Caller {
    holder: Option<Holder>,
    turns: Arc<Turns>,
}

impl Turns {
    pub fn new() -> Arc<Self> {
        // With one core the system shares it between two threads.
        Self::at_once(available_parallelism().map_or(2, usize::from).max(2))
    }

    fn at_once(most: usize) -> Arc<Self> {
        Arc::new(Self { most, all: Arc::new(Semaphore::new(most)), lines: Mutex::default() })
    }

    fn line(&self, holder: &Option<Holder>) -> Arc<Semaphore> {
        // Callers that cannot be identified are many.
        let most = if holder.is_some() { self.most / 2 } else { self.most };
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(line) = lines.get(holder).and_then(Weak::upgrade) {
            return line;
        }
        lines.retain(|_, line| line.strong_count() > 0);
        let line = Arc::new(Semaphore::new(most));
        lines.insert(holder.clone(), Arc::downgrade(&line));
        line
    }
}

impl Caller {
    pub fn new(holder: Option<Holder>, turns: &Arc<Turns>) -> Self {
        Self { holder, turns: Arc::clone(turns) }
    }

    /// Of whose share this caller takes; `None` for one that cannot be identified.
    #[cfg(feature = "emulator")]
    pub fn holder(&self) -> Option<&Holder> {
        self.holder.as_ref()
    }

    /// One more of these for this caller.
    pub fn share(&self, shares: &Arc<Shares>) -> Result<Option<Share>, Code> {
        let holder = self.holder.clone();
        holder.map(|holder| shares.take(holder).ok_or(Code::Busy)).transpose()
    }

    /// Does long work when it is this caller's turn. Once begun it is done, also when the caller has left.
    pub async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        let line = self.turns.line(&self.holder);
        let own = line.acquire_owned().await.map_err(|_| Code::Internal)?;
        let turn = Arc::clone(&self.turns.all).acquire_owned().await.map_err(|_| Code::Internal)?;
        let done = spawn_blocking(move || {
            let _held = (own, turn);
            work()
        });
        Ok(done.await.map_err(|_| Code::Internal)?)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    fn caller(name: Option<&str>, turns: &Arc<Turns>) -> Caller {
        Caller::new(name.map(|name| Holder::Name(name.into())), turns)
    }

    fn run(test: impl Future<Output = ()>) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        runtime.expect("a runtime").block_on(test);
    }

    #[test]
    fn others_have_their_turn_while_one_caller_keeps_the_threads_busy() {
        run(async {
            let turns = Turns::at_once(4);
            let (end, ended) = mpsc::channel::<()>();
            let ended = Arc::new(Mutex::new(ended));
            let (greedy, honest) = (caller(Some("greedy"), &turns), caller(Some("honest"), &turns));
            let busy: Vec<_> = (0..20)
                .map(|_| {
                    let (greedy, ended) = (greedy.clone(), Arc::clone(&ended));
                    tokio::spawn(async move { greedy.work(move || drop(ended.lock().map(|ended| ended.recv()))).await })
                })
                .collect();
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            assert_eq!(turns.all.available_permits(), 2, "it has its half");
            assert_eq!(honest.work(|| 7).await.ok(), Some(7));
            drop(end);
            for one in busy {
                assert!(one.await.expect("no panic").is_ok());
            }
            assert_eq!(turns.all.available_permits(), 4);
        });
    }

    #[test]
    fn callers_that_cannot_be_told_apart_have_all_threads() {
        run(async {
            let turns = Turns::at_once(2);
            let (one, other) = (caller(None, &turns), caller(None, &turns));
            let (met, meets) = mpsc::channel();
            let first =
                tokio::spawn(async move { one.work(move || meets.recv_timeout(Duration::from_secs(20))).await });
            let second = other.work(move || met.send(())).await;
            assert!(matches!((first.await.expect("no panic"), second), (Ok(Ok(())), Ok(Ok(())))));
        });
    }

    #[test]
    fn work_that_panics_gives_its_turn_back() {
        run(async {
            let turns = Turns::at_once(2);
            let one = caller(Some("one"), &turns);
            for _ in 0..5 {
                assert!(one.work(|| panic!("in the reader")).await.is_err());
            }
            assert_eq!(one.work(|| 7).await.ok(), Some(7));
            caller(Some("another"), &turns).work(|| ()).await.expect("no panic");
            let lines = turns.lines.lock().expect("no panic");
            assert_eq!(lines.len(), 1, "nobody is remembered for good");
        });
    }
}
