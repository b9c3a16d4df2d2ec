//! Moments, as the caller sees them. Nothing here asks a clock.

use core::time::Duration;

#[cfg(feature = "rfc3339")]
mod rfc3339;

#[cfg(feature = "rfc3339")]
#[cfg_attr(docsrs, doc(cfg(feature = "rfc3339")))]
pub use rfc3339::TimestampError;

/// Seconds since the Unix epoch, without leap seconds; never negative.
///
/// With the feature `rfc3339` it is read and written as text in UTC (`2026-11-21T03:04:05Z`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(u64);

/// 9999-12-31T23:59:59Z, which files write for "never".
const LAST: u64 = 253_402_300_799;

impl Timestamp {
    /// The moment `seconds` after the epoch; anything beyond the year 9999 is that year's last second. A number from outside
    /// is for [`Timestamp::try_from_unix`].
    #[must_use]
    pub const fn from_unix(seconds: u64) -> Self {
        Self(if seconds > LAST { LAST } else { seconds })
    }

    /// The moment `seconds` after the epoch, if it lies in the years 1970 to 9999: for a number from outside, such as a
    /// file.
    #[must_use]
    pub const fn try_from_unix(seconds: u64) -> Option<Self> {
        if seconds > LAST { None } else { Some(Self(seconds)) }
    }

    /// Whole seconds since the epoch.
    #[must_use]
    pub const fn as_unix(self) -> u64 {
        self.0
    }

    /// The moment `span` later (its fraction of a second is dropped).
    #[must_use]
    pub const fn plus(self, span: Duration) -> Self {
        Self::from_unix(self.0.saturating_add(span.as_secs()))
    }

    /// The time that has passed since `earlier`; zero if it lies in the future.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_secs(self.0.saturating_sub(earlier.0))
    }
}
