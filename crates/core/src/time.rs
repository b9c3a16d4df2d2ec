//! Moments and days, as the caller sees them. Nothing here asks a clock.

use core::fmt;
use core::str::FromStr;

pub use camtoken_oath::{Timestamp, TimestampError};

const EPOCH: jiff::civil::Date = jiff::civil::date(1970, 1, 1);

/// A day of the calendar from 1970-01-01 to 9999-12-31, written `2026-11-24`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(jiff::civil::Date);

/// A string is no day of the calendar from 1970 to 9999.
#[derive(Debug, Clone, Copy, thiserror::Error, PartialEq, Eq)]
#[error("not a date: expected YYYY-MM-DD from 1970 on")]
pub struct DateError;

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

    /// The day so many days after 1970-01-01, which is its form in a code.
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
