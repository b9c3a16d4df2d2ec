//! A clock for tests: another clock, plus the time that a test has added.
//!
//! A file has how far that is, beside the database, so that neither the bank nor the verifier ever sees time go back.

use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use camtoken::Timestamp;

use crate::system::Clock;

/// Moves on what has a clock of its own, as the tokens of the demonstration have.
pub type Follow = Box<dyn Fn(Duration) -> Pin<Box<dyn Future<Output = io::Result<()>> + Send>> + Send + Sync>;

/// A clock that tests move on.
pub struct TestClock {
    base: Clock,
    ahead: Mutex<Duration>,
    file: PathBuf,
    follow: OnceLock<Follow>,
}

impl TestClock {
    /// The clock of the bank in this directory, ahead of `base` as far as it was moved before.
    ///
    /// # Errors
    ///
    /// That the file cannot be read, or says no number of seconds.
    pub fn open(dir: &Path, base: Clock) -> io::Result<Arc<Self>> {
        std::fs::create_dir_all(dir)?;
        let ahead = Mutex::new(Duration::from_secs(Self::ahead_in(dir)?));
        Ok(Arc::new(Self { base, ahead, file: file_in(dir), follow: OnceLock::new() }))
    }

    /// How many seconds the bank in this directory was moved ahead; none where it never had such a clock.
    ///
    /// # Errors
    ///
    /// As [`TestClock::open`].
    pub fn ahead_in(dir: &Path) -> io::Result<u64> {
        match std::fs::read_to_string(file_in(dir)) {
            Ok(text) => text.trim().parse().map_err(io::Error::other),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(error),
        }
    }

    /// How far it is ahead.
    pub fn ahead(&self) -> Duration {
        *self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        (self.base)().plus(self.ahead())
    }

    /// The same as the bank takes it.
    pub fn clock(self: &Arc<Self>) -> Clock {
        let clock = Arc::clone(self);
        Arc::new(move || clock.now())
    }

    /// The clocks that move with it.
    pub fn follow(&self, follow: Follow) {
        // The first one stays: there is one bank to a clock.
        let _ = self.follow.set(follow);
    }

    /// Moves it on, for good.
    ///
    /// # Errors
    ///
    /// That the file cannot be written: then nothing has moved.
    pub fn advance(&self, by: Duration) -> io::Result<()> {
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        let moved = ahead.saturating_add(by);
        std::fs::write(&self.file, moved.as_secs().to_string())?;
        *ahead = moved;
        Ok(())
    }

    /// Takes along what has a clock of its own.
    ///
    /// # Errors
    ///
    /// That it does not come along.
    pub async fn lead(&self, by: Duration) -> io::Result<()> {
        match self.follow.get() {
            Some(follow) => follow(by).await,
            None => Ok(()),
        }
    }
}

fn file_in(dir: &Path) -> PathBuf {
    dir.join("test-clock")
}
