//! Moments and days, as the caller sees them. Nothing here asks a clock.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

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

/// A day of the calendar from 1970-01-01 to 9999-12-31, written `2026-11-24`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(jiff::civil::Date);

/// A string is no day of the calendar from 1970 to 9999.
#[derive(Debug, Clone, Copy, thiserror::Error, PartialEq, Eq)]
#[error("not a date: expected YYYY-MM-DD from 1970 on")]
pub struct DateError;

const EPOCH: jiff::civil::Date = jiff::civil::date(1970, 1, 1);

impl Date {
    /// The day with this year, month and day of the month.
    ///
    /// # Errors
    ///
    /// [`DateError`] when the calendar has no such day, or it lies before 1970.
    pub fn new(year: u16, month: u8, day: u8) -> Result<Self, DateError> {
        let parts = (i16::try_from(year), i8::try_from(month), i8::try_from(day));
        let (Ok(year), Ok(month), Ok(day)) = parts else { return Err(DateError) };
        let date = jiff::civil::Date::new(year, month, day).map_err(|_| DateError)?;
        if date < EPOCH { Err(DateError) } else { Ok(Self(date)) }
    }

    /// The day so many days after 1970-01-01, which is how it stands in a code.
    #[must_use]
    pub fn from_days(days: u32) -> Option<Self> {
        EPOCH.checked_add(jiff::Span::new().try_days(days).ok()?).ok().map(Self)
    }

    /// Days since 1970-01-01.
    #[must_use]
    pub fn days(self) -> u32 {
        let days = EPOCH.until(self.0).expect("two days of one calendar").get_days();
        u32::try_from(days).expect("not before 1970")
    }

    /// The year.
    #[must_use]
    pub fn year(self) -> u16 {
        self.0.year().unsigned_abs()
    }

    /// The month, 1 to 12.
    #[must_use]
    pub fn month(self) -> u8 {
        self.0.month().unsigned_abs()
    }

    /// The day of the month, 1 to 31.
    #[must_use]
    pub fn day(self) -> u8 {
        self.0.day().unsigned_abs()
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl FromStr for Date {
    type Err = DateError;

    fn from_str(text: &str) -> Result<Self, DateError> {
        let shape =
            |(place, byte): (usize, u8)| if matches!(place, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() };
        if text.len() != 10 || !text.bytes().enumerate().all(shape) {
            return Err(DateError);
        }
        let number = |part: &str| part.parse::<u16>().expect("digits");
        let small = |part: &str| part.parse::<u8>().expect("two digits");
        Self::new(number(&text[..4]), small(&text[5..7]), small(&text[8..]))
    }
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn days_count_from_1970_and_lead_back() {
        for (text, days) in
            [("1970-01-01", 0), ("2000-03-01", 11_017), ("2026-11-24", 20_781), ("9999-12-31", 2_932_896)]
        {
            let date: Date = text.parse().expect("a day of the calendar");
            assert_eq!(date.days(), days, "{text}");
            assert_eq!(Date::from_days(days), Some(date));
            assert_eq!(date.to_string(), text);
        }
        assert_eq!(Date::from_days(u32::MAX), None);
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in
            ["", "2026-02-29", "2026-13-01", "1969-12-31", "2026-1-1", "20261124", "２０２６-11-24", "2026-11-24Z"]
        {
            assert_eq!(text.parse::<Date>(), Err(DateError), "{text}");
        }
    }
}
