//! Days in Japan. Japan has had one offset since 1951, so no time zone database is needed.

use std::time::Duration;

use camtoken::Timestamp;
use camtoken::time::Date;

const OFFSET: Duration = Duration::from_secs(9 * 3600);
const DAY: u64 = 24 * 3600;

/// How many days a first-OTP password is good for, counted from the day after the registration was completed.
pub const FIRST_OTP_DAYS: u32 = 90;

/// The day in Japan.
#[must_use]
pub fn day_in_japan(now: Timestamp) -> Date {
    let days = now.plus(OFFSET).as_unix() / DAY;
    let days = u32::try_from(days).expect("a timestamp ends with the year 9999");
    Date::from_days(days).expect("a timestamp ends with the year 9999")
}

/// The day so many days later; the last day of the calendar beyond that.
#[must_use]
pub fn days_later(day: Date, days: u32) -> Date {
    Date::from_days(day.days().saturating_add(days)).unwrap_or(day)
}

/// The last second of a day in Japan.
#[must_use]
pub fn end_of_day(day: Date) -> Timestamp {
    Timestamp::from_unix(((u64::from(day.days()) + 1) * DAY).saturating_sub(OFFSET.as_secs() + 1))
}

/// The last day on which a first-OTP password is taken: the first day does not count (Civil Code, article 140).
#[must_use]
pub fn first_otp_last_day(completed: Date) -> Date {
    days_later(completed, FIRST_OTP_DAYS)
}

/// The time of day in Japan, hours and minutes.
#[must_use]
pub fn time_in_japan(now: Timestamp) -> (u64, u64) {
    let seconds = now.plus(OFFSET).as_unix() % DAY;
    (seconds / 3600, seconds / 60 % 60)
}

/// A moment as people in Japan read it: `2026/11/24 09:05`.
#[must_use]
pub fn moment_in_japan(now: Timestamp) -> String {
    let (day, (hour, minute)) = (day_in_japan(now), time_in_japan(now));
    format!("{:04}/{:02}/{:02} {hour:02}:{minute:02}", day.year(), day.month(), day.day())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a moment")
    }

    #[test]
    fn the_day_begins_at_midnight_in_japan() {
        assert_eq!(day_in_japan(at("2026-11-21T14:59:59Z")).to_string(), "2026-11-21");
        assert_eq!(day_in_japan(at("2026-11-21T15:00:00Z")).to_string(), "2026-11-22");
        assert_eq!(moment_in_japan(at("2026-12-31T15:04:00Z")), "2027/01/01 00:04");
    }

    /// By hand: November has 30 days, December and January 31; 21 November + 9 + 31 + 31 + 19 = 19 February.
    #[test]
    fn the_ninetieth_day_is_the_last() {
        let completed = "2026-11-21".parse().expect("a day");
        assert_eq!(first_otp_last_day(completed).to_string(), "2027-02-19");
    }
}
