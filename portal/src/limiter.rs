//! How often a caller may ask: so many at once, then one at a time (the generic cell rate algorithm, ITU-T I.371).
//!
//! It comes before all expensive work: a password's hash takes a core and 19 MiB. For each name it keeps one moment, at which
//! the debt of all requests is paid off. Its time is the time since the start, which cannot be set back.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// A limit for each name.
pub struct Limiter<K> {
    burst: u64,
    every: u64,
    paid_off: Mutex<HashMap<K, u64>>,
}

/// More names than this are not kept; the one that is paid off first makes room.
const MAX: usize = 20_000;

impl<K: Hash + Eq + Clone> Limiter<K> {
    /// `burst` at once, and then one `every` so long.
    #[must_use]
    pub fn new(burst: u32, every: Duration) -> Self {
        let every = u64::try_from(every.as_millis()).unwrap_or(u64::MAX).max(1);
        Self { burst: u64::from(burst.max(1)) * every, every, paid_off: Mutex::default() }
    }

    /// Counts one more at `now`, a time since the start that never goes back.
    ///
    /// # Errors
    ///
    /// How long to wait, when it is one too many; it is not counted then.
    pub fn ask(&self, name: &K, now: Duration) -> Result<(), Duration> {
        let now = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        let mut all = self.paid_off.lock().unwrap_or_else(PoisonError::into_inner);
        let paid_off = all.get(name).map_or(now, |known| (*known).max(now)).saturating_add(self.every);
        let debt = paid_off - now;
        if debt > self.burst {
            return Err(Duration::from_millis(debt - self.burst));
        }
        if all.len() >= MAX && !all.contains_key(name) {
            all.retain(|_, paid_off| *paid_off > now);
            if all.len() >= MAX
                && let Some(first) = all.iter().min_by_key(|(_, paid_off)| **paid_off).map(|(name, _)| name.clone())
            {
                all.remove(&first);
            }
        }
        all.insert(name.clone(), paid_off);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_burst_is_let_through_and_then_one_at_a_time() {
        let limiter = Limiter::new(3, Duration::from_secs(2));
        for _ in 0..3 {
            assert_eq!(limiter.ask(&"a", at(0)), Ok(()));
        }
        assert_eq!(limiter.ask(&"a", at(0)), Err(Duration::from_secs(2)));
        assert_eq!(limiter.ask(&"a", at(1)), Err(Duration::from_secs(1)), "asking too early costs nothing more");
        assert_eq!(limiter.ask(&"a", at(2)), Ok(()));
        assert!(limiter.ask(&"a", at(2)).is_err());
    }

    #[test]
    fn after_a_rest_the_whole_burst_is_there_and_no_more() {
        let limiter = Limiter::new(3, Duration::from_secs(2));
        for round in [0, 6, 1_000] {
            assert_eq!((0..9).filter(|_| limiter.ask(&"a", at(round)).is_ok()).count(), 3, "{round}");
        }
    }

    #[test]
    fn nobody_pays_for_somebody_else() {
        let limiter = Limiter::new(1, Duration::from_secs(60));
        assert_eq!(limiter.ask(&"a", at(0)), Ok(()));
        assert!(limiter.ask(&"a", at(0)).is_err());
        assert_eq!(limiter.ask(&"b", at(0)), Ok(()));
    }

    #[test]
    fn however_many_ask_few_are_kept_and_who_asked_most_stays() {
        let limiter = Limiter::new(5, Duration::from_secs(60));
        for _ in 0..5 {
            limiter.ask(&usize::MAX, at(0)).expect("a burst");
        }
        for name in 0..MAX + 50 {
            limiter.ask(&name, at(0)).expect("the first of each");
        }
        assert_eq!(limiter.paid_off.lock().expect("nobody panicked").len(), MAX);
        assert!(limiter.ask(&usize::MAX, at(0)).is_err());
    }
}
