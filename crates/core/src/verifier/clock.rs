//! Whether the system's clock can be trusted. Nothing here asks a clock: readings are arguments.
//!
//! A record refuses a clock that is behind the latest time in it. With this rule alone, a clock that is ahead for a minute would
//! do lasting harm: every activation that it changes would be refused until that time has come. So a [`ClockGuard`] compares
//! the wall clock with the uptime. While the two disagree, nothing is decided until an operator confirms the clock.

use alloc::vec::Vec;
use core::time::Duration;

use minicbor::{Decode, Encode};

use super::audit::ChainEnd;
use super::record::{Layout, Stored, seconds};
use crate::time::Timestamp;

/// Both clocks of a machine at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct ClockReading {
    /// The wall clock, which a time server or an operator may set.
    #[n(0)]
    #[cbor(with = "seconds")]
    pub wall: Timestamp,
    /// Seconds since the machine was started, with those that it slept: `CLOCK_BOOTTIME`. It cannot be set.
    #[n(1)]
    pub uptime_secs: u64,
    /// Which start of which machine: Linux has it in `/proc/sys/kernel/random/boot_id`.
    #[n(2)]
    #[cbor(with = "minicbor::bytes")]
    pub boot: [u8; 16],
}

/// How far a wall clock may run ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockLimits {
    /// Beyond what the uptime explains, while the machine runs. Default: 5 minutes.
    pub step: Duration,
    /// Beyond the last reading that was stored, when the machine was restarted since: it is not known how long it was off.
    /// Default: 45 days.
    pub downtime: Duration,
}

/// The wall clock is further ahead than the time that has passed explains. Either it is wrong now, or it was wrong before and has
/// been set right: only an operator can decide which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the clock says {wall}, {seconds} s more than the time that has passed since {last}")]
#[non_exhaustive]
pub struct ClockAhead {
    /// The time of the wall clock.
    pub wall: Timestamp,
    /// The last reading that it is compared with.
    pub last: Timestamp,
    /// How far it is ahead, in seconds.
    pub seconds: u64,
}

/// Compares every reading with one that was trusted.
///
/// # Examples
///
/// ```
/// use camtoken_core::time::Timestamp;
/// use camtoken_core::verifier::clock::{ClockGuard, ClockLimits, ClockReading};
///
/// let reading = |wall, uptime_secs| ClockReading { wall: Timestamp::from_unix(wall), uptime_secs, boot: [1; 16] };
/// let guard = ClockGuard::new(&[], reading(1_795_230_000, 100), ClockLimits::default())?;
/// assert!(guard.check(reading(1_795_230_060, 160)).is_ok(), "a minute later");
/// assert!(guard.check(reading(1_795_316_460, 160)).is_err(), "the clock was set ahead by a day");
/// # Ok::<(), camtoken_core::verifier::clock::ClockAhead>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct ClockGuard {
    trusted: ClockReading,
    limits: ClockLimits,
}

/// The readings that a store keeps: the last one of each machine. Not part of the public interface.
#[derive(Debug, Clone, Default, PartialEq, Encode, Decode)]
#[cbor(array)]
#[doc(hidden)]
pub struct ClockRecord {
    /// The newest first, at most [`ClockRecord::MOST`].
    #[n(0)]
    pub readings: Vec<ClockReading>,
    /// The end of its audit chain: who confirmed a clock.
    #[n(1)]
    pub chain_end: ChainEnd,
}

impl Default for ClockLimits {
    fn default() -> Self {
        Self { step: Duration::from_secs(5 * 60), downtime: Duration::from_secs(45 * 24 * 60 * 60) }
    }
}

impl ClockReading {
    /// The time of the wall clock at `later` if it had not been set.
    fn expected(&self, later: &Self) -> Timestamp {
        let passed = if self.boot == later.boot { later.uptime_secs.saturating_sub(self.uptime_secs) } else { 0 };
        self.wall.plus(Duration::from_secs(passed))
    }
}

impl ClockGuard {
    /// Begins with `now`, if the `stored` readings explain it. Without stored readings it is trusted as it is.
    ///
    /// # Errors
    ///
    /// [`ClockAhead`] when it is ahead by more than [`ClockLimits::step`] of a reading since the same start of the machine, or by
    /// more than [`ClockLimits::downtime`] of the latest reading otherwise.
    pub fn new(stored: &[ClockReading], now: ClockReading, limits: ClockLimits) -> Result<Self, ClockAhead> {
        let same_boot = stored.iter().filter(|known| known.boot == now.boot && known.uptime_secs <= now.uptime_secs);
        let known = same_boot.max_by_key(|known| known.uptime_secs).map(|known| (known, limits.step));
        let known =
            known.or_else(|| stored.iter().max_by_key(|known| known.wall).map(|known| (known, limits.downtime)));
        let Some((known, limit)) = known else { return Ok(Self { trusted: now, limits }) };
        compare(known, now, limit)?;
        // A clock that lies behind now may be set right later: up to where it should be is no step ahead.
        Ok(Self { trusted: ClockReading { wall: now.wall.max(known.expected(&now)), ..now }, limits })
    }

    /// The time of the wall clock now if it had not been set: for entries that are only noted while the clock is in doubt.
    #[must_use]
    pub fn expected(&self, now: ClockReading) -> Timestamp {
        self.trusted.expected(&now)
    }

    /// Whether a reading is explained by the time that has passed.
    ///
    /// # Errors
    ///
    /// [`ClockAhead`] when it is ahead by more than [`ClockLimits::step`], and by more than a clock of ordinary quality gains.
    pub fn check(&self, now: ClockReading) -> Result<(), ClockAhead> {
        // 500 parts in a million, what a time server corrects by slewing.
        let gained = now.uptime_secs.saturating_sub(self.trusted.uptime_secs) / 2000;
        compare(&self.trusted, now, self.limits.step + Duration::from_secs(gained))
    }
}

fn compare(known: &ClockReading, now: ClockReading, limit: Duration) -> Result<(), ClockAhead> {
    let ahead = now.wall.since(known.expected(&now));
    if ahead <= limit { Ok(()) } else { Err(ClockAhead { wall: now.wall, last: known.wall, seconds: ahead.as_secs() }) }
}

impl ClockRecord {
    /// How many machines are remembered.
    pub const MOST: usize = 16;

    /// Adds a reading. It replaces the one of the same start of the machine.
    pub fn note(&mut self, now: ClockReading) {
        self.readings.retain(|known| known.boot != now.boot);
        self.readings.insert(0, now);
        self.readings.truncate(Self::MOST);
    }
}

impl Layout for ClockRecord {}

impl Stored for ClockRecord {
    fn chain(&mut self) -> &mut ChainEnd {
        &mut self.chain_end
    }

    fn wrapped_key(&mut self) -> Option<&mut Vec<u8>> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 24 * 60 * 60;
    const START: u64 = 1_795_230_000;

    fn reading(boot: u8, wall: u64, uptime_secs: u64) -> ClockReading {
        ClockReading { wall: Timestamp::from_unix(wall), uptime_secs, boot: [boot; 16] }
    }

    fn begin(stored: &[ClockReading], now: ClockReading) -> Result<ClockGuard, u64> {
        ClockGuard::new(stored, now, ClockLimits::default()).map_err(|ahead| ahead.seconds)
    }

    #[test]
    fn a_clock_that_was_set_ahead_since_the_last_reading_is_noticed() {
        let stored = [reading(1, START, 1000)];
        assert!(begin(&stored, reading(1, START + 600, 1600)).is_ok());
        assert!(begin(&stored, reading(1, START + 900, 1600)).is_ok(), "five minutes are tolerated");
        assert_eq!(begin(&stored, reading(1, START + 901, 1600)).err(), Some(301));
        assert_eq!(begin(&stored, reading(1, START + DAY, 1600)).err(), Some(DAY - 600));
    }

    #[test]
    fn after_a_new_start_only_a_long_gap_is_noticed() {
        let stored = [reading(1, START, 90_000), reading(2, START - 500 * DAY, 5)];
        assert!(begin(&stored, reading(3, START + 45 * DAY, 10)).is_ok());
        assert_eq!(begin(&stored, reading(3, START + 3650 * DAY, 10)).err(), Some(3650 * DAY));
    }

    #[test]
    fn a_machine_whose_uptime_went_back_is_another_start() {
        // A snapshot that was put back keeps its boot ID.
        assert!(begin(&[reading(1, START, 90_000)], reading(1, START + DAY, 100)).is_ok());
    }

    #[test]
    fn a_clock_that_is_behind_may_be_set_right() {
        let guard = begin(&[reading(1, START, 1000)], reading(2, 0, 10)).expect("behind is not ahead");
        assert!(guard.check(reading(2, START + 20, 40)).is_ok());
        assert!(guard.check(reading(2, START + DAY, 40)).is_err());
    }

    #[test]
    fn a_running_clock_may_gain_what_clocks_gain() {
        let guard = begin(&[], reading(1, START, 0)).expect("nothing to compare with");
        assert!(guard.check(reading(1, START + 1000 * DAY + 300 + 43_200, 1000 * DAY)).is_ok());
        assert!(guard.check(reading(1, START + 1000 * DAY + 300 + 43_201, 1000 * DAY)).is_err());
        assert!(guard.check(reading(1, START - DAY, 10)).is_ok(), "a clock behind is for the records to refuse");
    }

    #[test]
    fn a_store_remembers_the_last_reading_of_each_machine() {
        let mut record = ClockRecord::default();
        for boot in 0..20 {
            record.note(reading(boot, START, 1));
            record.note(reading(boot, START + 1, 2));
        }
        assert_eq!(record.readings.len(), ClockRecord::MOST);
        assert_eq!(record.readings[0], reading(19, START + 1, 2));
    }
}
