//! The time that the verifier decides by, and whether it can be trusted.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::{MissedTickBehavior, interval};

use super::metrics::Metrics;
use super::problem::Problem;
use camtoken::store::Store;
use camtoken::time::Timestamp;
use camtoken::verifier::{ClockAhead, ClockGuard, ClockReading, Verifier, VerifierError};

/// Gives the time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Gives the time by both clocks of the machine.
pub type Reading = Arc<dyn Fn() -> ClockReading + Send + Sync>;

/// A clock that is watched: nothing is decided while it is ahead of the time that has passed.
#[derive(Clone)]
pub struct WatchedClock {
    /// The guard that [`Verifier::watch_clock`] returned at the start.
    pub guard: ClockGuard,
    /// Reads both clocks.
    pub reading: Reading,
}

/// How often a sound reading is stored, for the next start to compare with.
const EVERY: Duration = Duration::from_secs(60);

impl WatchedClock {
    fn now(&self) -> Result<Timestamp, ClockAhead> {
        let reading = (self.reading)();
        self.guard.check(reading).map(|()| reading.wall)
    }

    /// Stores a sound reading every minute, for ever.
    pub(super) async fn note<S: Store>(self, verifier: Arc<Verifier<S>>) {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // The first tick is at once, and that reading is stored already.
        ticks.tick().await;
        loop {
            ticks.tick().await;
            let reading = (self.reading)();
            match self.guard.check(reading) {
                Ok(()) => {
                    if let Err(error) = verifier.note_clock(reading).await {
                        tracing::warn!(%error, "the clock was not noted");
                    }
                }
                Err(error) => tracing::error!(%error, "the clock is ahead: nothing is decided"),
            }
        }
    }
}

/// The clock of the verifier's routes.
pub(super) enum BankClock {
    /// Trusted as it is.
    Plain(Clock),
    Watched(WatchedClock, Arc<Metrics>),
}

impl BankClock {
    /// The moment to decide by.
    ///
    /// # Errors
    ///
    /// CT-E040 while the clock is ahead.
    pub fn now(&self) -> Result<Timestamp, Problem> {
        match self {
            Self::Plain(clock) => Ok(clock()),
            Self::Watched(watched, metrics) => {
                let now = watched.now();
                let ahead = now.as_ref().err().map_or(0, |ahead| ahead.seconds);
                metrics.clock_ahead.set(i64::try_from(ahead).unwrap_or(i64::MAX));
                now.map_err(|ahead| VerifierError::from(ahead).into())
            }
        }
    }

    /// The moment to note where something is ended or shown, and nothing accepted: a clock that is ahead prevents no revocation,
    /// and leaves no trace in the record.
    pub fn noted(&self) -> Timestamp {
        match self {
            Self::Plain(clock) => clock(),
            Self::Watched(watched, _) => {
                let reading = (watched.reading)();
                watched.guard.check(reading).map_or_else(|_| watched.guard.expected(reading), |()| reading.wall)
            }
        }
    }
}

/// The system's clock; before 1970 it does not move.
pub(super) fn system_time() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_unix(since.as_secs())
}
