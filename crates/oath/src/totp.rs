//! TOTP, RFC 6238: a response from the time, which is HOTP with the number of a time step for a counter.

use core::num::NonZeroU32;

use super::{Digits, Found, Hash, Response, counters, hotp};
use crate::Key;
use crate::Timestamp;

/// The parameters that token and verifier share. The default is that of every authenticator app: SHA-1, 6 digits, 30 seconds.
///
/// # Examples
///
/// ```
/// use camtoken_oath::totp::Totp;
/// use camtoken_oath::{Key, Timestamp};
///
/// let (totp, key) = (Totp::default(), Key::new(b"12345678901234567890".to_vec()));
/// let now = Timestamp::from_unix(59);
/// let response = totp.respond(&key, now);
/// let used = totp.verify(&key, &response, now, 1, None);
/// assert_eq!(used, Some(1));
/// assert_eq!(totp.verify(&key, &response, now, 1, used), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totp {
    /// The hash under the HMAC.
    pub hash: Hash,
    /// The length of a response.
    pub digits: Digits,
    /// The length of a time step, `X`.
    pub step_secs: NonZeroU32,
    /// When step 0 begins, `T0`.
    pub t0: Timestamp,
}

impl Default for Totp {
    fn default() -> Self {
        Self {
            hash: Hash::Sha1,
            digits: Digits::SIX,
            step_secs: NonZeroU32::new(30).expect("30 is not 0"),
            t0: Timestamp::from_unix(0),
        }
    }
}

impl Totp {
    /// The time step that `now` lies in, `T` (section 4.2); 0 before `T0`.
    /// # Examples
    ///
    /// ```
    /// use camtoken_oath::{Timestamp, totp::Totp};
    ///
    /// assert_eq!(Totp::default().step(Timestamp::from_unix(1_111_111_109)), 0x23523EC);
    /// ```
    #[must_use]
    pub fn step(&self, now: Timestamp) -> u64 {
        now.since(self.t0).as_secs() / u64::from(self.step_secs.get())
    }

    /// Answers for the time step that `now` lies in.
    #[must_use]
    pub fn respond(&self, key: &Key, now: Timestamp) -> Response {
        hotp::respond(key, self.step(now), self.digits, self.hash)
    }

    /// Looks for the time step that gives `response`, at most `drift_steps` before or after that of `now`.
    ///
    /// Keep the step that is found and give it as `last_used_step` next time: that step and those before it are
    /// refused, so a response is good once (section 5.2). Should two steps have the same digits, the later is found,
    /// and the response is spent for both. The whole window is computed whatever is found.
    #[must_use]
    pub fn verify(
        &self,
        key: &Key,
        response: &Response,
        now: Timestamp,
        drift_steps: u32,
        last_used_step: Option<u64>,
    ) -> Option<u64> {
        let (step, drift) = (self.step(now), u64::from(drift_steps));
        let (from, to) = (step.saturating_sub(drift), step.saturating_add(drift));
        let mut found = Found::default();
        counters(self.hash, key, self.digits, from, to - from + 1, |from, computed| {
            found.keep_last(from, response.ct_matches(computed));
        });
        // The last match decides: when it is used, any earlier one is.
        found.into_option().filter(|&step| last_used_step.is_none_or(|used| step > used))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Key {
        Key::new(b"12345678901234567890".to_vec())
    }

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_unix(seconds)
    }

    #[test]
    fn a_response_is_good_within_the_drift_only() {
        let totp = Totp::default();
        let response = totp.respond(&key(), at(59));
        for (now, drift, step) in [
            (59, 0, Some(1)),
            (30, 0, Some(1)),
            (29, 0, None),
            (60, 0, None),
            (89, 1, Some(1)),
            (0, 1, Some(1)),
            (90, 1, None),
            (90, 2, Some(1)),
            (0, u32::from(u16::MAX), Some(1)),
        ] {
            assert_eq!(totp.verify(&key(), &response, at(now), drift, None), step, "{now} {drift}");
        }
    }

    #[test]
    fn a_used_step_is_refused() {
        let totp = Totp::default();
        let response = totp.respond(&key(), at(3000));
        let verify = |used| totp.verify(&key(), &response, at(3000), 1, used);
        assert_eq!(verify(None), Some(100));
        assert_eq!(verify(Some(99)), Some(100));
        assert_eq!(verify(Some(100)), None);
        assert_eq!(verify(Some(101)), None);
    }

    #[test]
    fn step_zero_can_be_used_up() {
        let totp = Totp::default();
        let response = totp.respond(&key(), at(0));
        assert_eq!(totp.verify(&key(), &response, at(0), 0, None), Some(0));
        assert_eq!(totp.verify(&key(), &response, at(0), 0, Some(0)), None);
    }

    #[test]
    fn steps_are_counted_from_t0() {
        let totp = Totp { t0: at(1000), step_secs: NonZeroU32::new(60).expect("not 0"), ..Totp::default() };
        for (now, step) in [(0, 0), (999, 0), (1059, 0), (1060, 1), (1000 + 60 * 7, 7)] {
            assert_eq!(totp.step(at(now)), step, "{now}");
        }
    }

    /// With 4 digits steps 5775 and 5776 both give 0630.
    #[test]
    fn a_response_of_two_steps_is_spent_for_both() {
        let totp = Totp { digits: Digits::try_from(4).expect("4 to 10"), ..Totp::default() };
        let response = Response::parse("0630", 4).expect("four digits");
        for step in [5775, 5776] {
            let verify = |used| totp.verify(&key(), &response, at(step * 30), 1, used);
            assert_eq!(verify(None), Some(5776));
            assert_eq!(verify(Some(5776)), None);
        }
    }
}
