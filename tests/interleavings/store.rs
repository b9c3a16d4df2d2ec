//! The commit queue and `block_on`, with a writer that counts.

#[path = "../../src/store/block_on.rs"]
#[allow(unfulfilled_lint_expectations, reason = "without that feature of the library")]
pub mod block_on;
#[path = "embedded.rs"]
mod embedded;

use camtoken::store::StoreError;
use shuttle::{thread, thread_local};

/// Locks that can be given a fault.
pub mod sync {
    use std::ops::{Deref, DerefMut};

    pub use shuttle::sync::atomic;
    pub use std::sync::{LockResult, PoisonError};

    thread_local! {
        /// Lets go of the lock for a moment before it waits: a wake-up in between is lost.
        pub static WAITS_LATE: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
    }

    pub struct Mutex<T>(shuttle::sync::Mutex<T>);

    pub struct MutexGuard<'m, T> {
        mutex: &'m Mutex<T>,
        guard: shuttle::sync::MutexGuard<'m, T>,
    }

    pub struct Condvar(shuttle::sync::Condvar);

    impl<T> Mutex<T> {
        pub fn new(value: T) -> Self {
            Self(shuttle::sync::Mutex::new(value))
        }

        pub fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
            let guard = self.0.lock().expect("no thread panics here");
            Ok(MutexGuard { mutex: self, guard })
        }
    }

    impl<T> Deref for MutexGuard<'_, T> {
        type Target = T;

        fn deref(&self) -> &T {
            &self.guard
        }
    }

    impl<T> DerefMut for MutexGuard<'_, T> {
        fn deref_mut(&mut self) -> &mut T {
            &mut self.guard
        }
    }

    impl Condvar {
        pub fn new() -> Self {
            Self(shuttle::sync::Condvar::new())
        }

        pub fn notify_one(&self) {
            self.0.notify_one();
        }

        pub fn wait_while<'m, T>(
            &self,
            mut held: MutexGuard<'m, T>,
            mut waits: impl FnMut(&mut T) -> bool,
        ) -> LockResult<MutexGuard<'m, T>> {
            let mutex = held.mutex;
            while waits(&mut held) {
                if WAITS_LATE.get() {
                    drop(held);
                    held = mutex.lock().unwrap_or_else(PoisonError::into_inner);
                }
                let guard = self.0.wait(held.guard).expect("no thread panics here");
                held = MutexGuard { mutex, guard };
            }
            Ok(held)
        }
    }
}

/// Time that goes on by being asked for: each order of the threads is the same when it is tried again.
pub mod time {
    use std::cell::Cell;
    use std::time::Duration;

    pub struct Instant(Cell<u32>);

    impl Instant {
        pub fn now() -> Self {
            Self(Cell::new(0))
        }

        pub fn elapsed(&self) -> Duration {
            self.0.set(self.0.get() + 1);
            Duration::from_micros(20) * self.0.get()
        }
    }
}
