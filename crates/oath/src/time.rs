//! Moments, as the caller sees them. Nothing here asks a clock.

use core::fmt;
use core::str::FromStr;
use core::time::Duration;

/// Seconds since the Unix epoch, without leap seconds; never negative.
///
/// Reads and writes RFC 3339 in UTC (`2026-11-21T03:04:05Z`); bare digits are read as seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(u64);

/// A string is neither an RFC 3339 time from 1970 to 9999 nor a number of seconds.
#[derive(Debug, Clone, Copy, thiserror::Error, PartialEq, Eq)]
#[error("not a time: expected RFC 3339 (2026-11-21T03:04:05Z) or seconds since 1970")]
pub struct TimestampError;

/// 9999-12-31T23:59:59Z, which files write for "never".
const LAST: u64 = 253_402_300_799;

impl Timestamp {
    /// The moment `seconds` after the epoch; anything beyond the year 9999 is that year's last second.
    #[must_use]
    pub const fn from_unix(seconds: u64) -> Self {
        Self(if seconds > LAST { LAST } else { seconds })
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

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = jiff::SignedDuration::from_secs(i64::try_from(self.0).expect("at most LAST"));
        let moment = EPOCH.to_datetime(jiff::civil::Time::midnight()).checked_add(seconds);
        write!(f, "{}Z", moment.expect("within the years 1970 to 9999"))
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, TimestampError> {
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        let seconds = match text {
            number if is_number => number.parse().map_err(|_| TimestampError)?,
            "9999-12-31T23:59:59Z" => LAST,
            _ => {
                let moment: jiff::Timestamp = text.parse().map_err(|_| TimestampError)?;
                u64::try_from(moment.as_second()).map_err(|_| TimestampError)?
            }
        };
        if seconds > LAST { Err(TimestampError) } else { Ok(Self(seconds)) }
    }
}

const EPOCH: jiff::civil::Date = jiff::civil::date(1970, 1, 1);

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn display_is_what_from_str_reads() {
        for seconds in [0, 1_206_446_760, 1_700_000_000, LAST] {
            let moment = Timestamp::from_unix(seconds);
            assert_eq!(moment.to_string().parse(), Ok(moment));
        }
        assert_eq!("2008-03-25T12:06:00Z".parse(), Ok(Timestamp::from_unix(1_206_446_760)));
        assert_eq!("1970-01-01T09:00:00+09:00".parse(), Ok(Timestamp::from_unix(0)));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["", "-1", "+5", " 5", "1969-12-31T23:59:59Z", "tomorrow", "253402300800", "2026-13-01T00:00:00Z"] {
            assert_eq!(text.parse::<Timestamp>(), Err(TimestampError), "{text}");
        }
    }
}
