//! Moments as text: RFC 3339.

use core::error::Error;
use core::fmt;
use core::str::FromStr;

use jiff::civil::{Date, DateTime, Time};

use super::Timestamp;

const EPOCH: Date = jiff::civil::date(1970, 1, 1);

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
        let moment = EPOCH.to_datetime(Time::midnight()).checked_add(seconds);
        write!(f, "{}Z", moment.expect("within the years 1970 to 9999"))
    }
}

/// RFC 3339 from 1970 to 9999; bare digits are read as seconds.
impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, TimestampError> {
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        let seconds = if is_number { text.parse().ok() } else { seconds_of(text.as_bytes()) };
        seconds.and_then(Self::try_from_unix).ok_or(TimestampError)
    }
}

/// The whole seconds of a `date-time` of RFC 3339, section 5.6, and of nothing else; `None` before 1970. The fraction is dropped.
/// There are no leap seconds here, so second 60 is refused.
fn seconds_of(text: &[u8]) -> Option<u64> {
    let (moment, rest) = text.split_at_checked(19)?;
    if !has_form(moment, b"0000-00-00T00:00:00") {
        return None;
    }
    let part = |start| i8::try_from(number(&moment[start..start + 2])).expect("two digits");
    let moment = DateTime::new(number(&moment[..4]), part(5), part(8), part(11), part(14), part(17), 0).ok()?;
    let since_epoch = moment.duration_since(EPOCH.to_datetime(Time::midnight())).as_secs();
    u64::try_from(since_epoch - offset_secs(without_fraction(rest)?)?).ok()
}

/// What stands behind the fraction of a second, if there is one.
fn without_fraction(rest: &[u8]) -> Option<&[u8]> {
    match rest.strip_prefix(b".") {
        Some(digits) => {
            let end = digits.iter().position(|byte| !byte.is_ascii_digit()).filter(|end| *end > 0)?;
            Some(&digits[end..])
        }
        None => Some(rest),
    }
}

/// How far a `time-offset` of RFC 3339 lies before UTC, in seconds; negative behind it.
fn offset_secs(zone: &[u8]) -> Option<i64> {
    match zone {
        b"Z" | b"z" => Some(0),
        [sign @ (b'+' | b'-'), zone @ ..] if has_form(zone, b"00:00") => {
            let (hours, minutes) = (i64::from(number(&zone[..2])), i64::from(number(&zone[3..])));
            let seconds = hours * 3600 + minutes * 60;
            (hours < 24 && minutes < 60).then_some(if *sign == b'-' { -seconds } else { seconds })
        }
        _ => None,
    }
}

/// Whether a text has a digit for each `0`, and the same characters elsewhere; letters of either case.
fn has_form(text: &[u8], form: &[u8]) -> bool {
    let fits = |(byte, like): (&u8, &u8)| match like {
        b'0' => byte.is_ascii_digit(),
        _ => byte.eq_ignore_ascii_case(like),
    };
    text.len() == form.len() && text.iter().zip(form).all(fits)
}

/// The number that at most four digits write.
fn number(digits: &[u8]) -> i16 {
    digits.iter().fold(0, |number, digit| number * 10 + i16::from(digit - b'0'))
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::super::LAST;
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

    /// The seconds are those of GNU `date`.
    #[test]
    fn a_moment_of_rfc_3339_is_read_in_every_form() {
        for (text, seconds) in [
            ("2026-11-21t03:04:05z", 1_795_230_245),
            ("2026-11-21T03:04:05.999Z", 1_795_230_245),
            ("2026-11-21T03:04:05.123456789012Z", 1_795_230_245),
            ("2026-11-21T12:04:05.5+09:00", 1_795_230_245),
            ("2026-11-21T03:04:05-00:00", 1_795_230_245),
            ("2026-11-21T03:04:05+23:59", 1_795_143_905),
            ("2026-11-21T03:04:05-23:59", 1_795_316_585),
            ("2024-02-29T00:00:00Z", 1_709_164_800),
            ("1969-12-31T23:59:00-00:01", 0),
            ("9999-12-31T23:59:59.9Z", LAST),
            ("9999-12-31T23:59:59+00:01", LAST - 60),
        ] {
            assert_eq!(text.parse(), Ok(Timestamp::from_unix(seconds)), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["", "-1", "+5", " 5", "1.5", "tomorrow", "253402300800", "18446744073709551616"] {
            assert_eq!(text.parse::<Timestamp>(), Err(TimestampError), "{text}");
        }
    }

    #[test]
    fn what_only_resembles_rfc_3339_is_refused() {
        for text in [
            "2026-11-21",
            "2026-11-21T03:04Z",
            "2026-11-21T03:04:05",
            "2026-11-21 03:04:05Z",
            "2026-11-21T03:04:05 Z",
            " 2026-11-21T03:04:05Z",
            "2026-11-21T03:04:05Z ",
            "2026-11-21T03:04:05.Z",
            "2026-11-21T03:04:05,5Z",
            "2026-11-21T03:04:05.5",
            "2026-11-21T03:04:05+09",
            "2026-11-21T03:04:05+0900",
            "2026-11-21T03:04:05+9:00",
            "2026-11-21T03:04:05+09:00:00",
            "2026-11-21T03:04:05+24:00",
            "2026-11-21T03:04:05+09:60",
            "2026-11-21T03:04:05\u{2212}09:00",
            "2026-11-21T03:04:05Z[UTC]",
            "20261121T030405Z",
            "+002026-11-21T03:04:05Z",
            "２026-11-21T03:04:05Z",
            "2026-13-01T00:00:00Z",
            "2026-02-29T00:00:00Z",
            "2026-11-21T24:00:00Z",
            "2026-11-21T03:60:05Z",
            "2026-11-21T03:04:60Z",
            "2016-12-31T23:59:60Z",
            "0000-00-00T00:00:00Z",
            "1969-12-31T23:59:59Z",
            "1969-12-31T23:59:59.5Z",
            "1970-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59-00:01",
        ] {
            assert_eq!(text.parse::<Timestamp>(), Err(TimestampError), "{text}");
        }
    }
}
