//! Moments as text: RFC 3339.

use core::error::Error;
use core::fmt;
use core::str::FromStr;

use super::{LAST, Timestamp};

const EPOCH: jiff::civil::Date = jiff::civil::date(1970, 1, 1);

/// A string is neither an RFC 3339 time from 1970 to 9999 nor a number of seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimestampError;

impl fmt::Display for TimestampError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a time: expected RFC 3339 (2026-11-21T03:04:05Z) or seconds since 1970")
    }
}

impl Error for TimestampError {}

/// RFC 3339 in UTC: `2026-11-21T03:04:05Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = jiff::SignedDuration::from_secs(i64::try_from(self.0).expect("at most LAST"));
        let moment = EPOCH.to_datetime(jiff::civil::Time::midnight()).checked_add(seconds);
        write!(f, "{}Z", moment.expect("within the years 1970 to 9999"))
    }
}

/// RFC 3339 from 1970 to 9999; bare digits are read as seconds.
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
