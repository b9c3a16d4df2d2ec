//! HOTP, RFC 4226: a response from a counter.

use alloc::vec;

use super::{Digits, Found, Hash, Response, counters};
use crate::Key;

/// Answers for one value of the counter (section 5.3). The RFC knows SHA-1 only; the others are as in RFC 6238.
///
/// # Examples
///
/// ```
/// use camtoken_oath::Key;
/// use camtoken_oath::{Digits, Hash, hotp};
///
/// let key = Key::new(b"12345678901234567890".to_vec());
/// assert_eq!(hotp::respond(&key, 0, Digits::SIX, Hash::Sha1).expose_str(), "755224");
/// ```
#[must_use]
pub fn respond(key: &Key, counter: u64, digits: Digits, hash: Hash) -> Response {
    Response::new(&hash.mac(key, &counter.to_be_bytes()), Some(digits))
}

/// Looks for the counter that gives `response`, from `from` to `from + look_ahead` (section 7.4); the earliest wins.
///
/// The verifier's next `from` is one more than what is found ([`next`]). The whole window is computed whatever is
/// found, so that the time says nothing. Every counter more is another chance to guess: keep the window small, and
/// limit attempts (section 7.3).
/// # Examples
///
/// A token that is two presses ahead (values of appendix D):
///
/// ```
/// use camtoken_oath::{Digits, Hash, Key, Response, hotp};
///
/// let key = Key::new(b"12345678901234567890".to_vec());
/// let typed = Response::parse("359152", 6)?;
/// let found = hotp::search(&key, Digits::SIX, Hash::Sha1, &typed, 0, 5);
/// assert_eq!(found, Some(2));
/// // The verifier keeps 3, and the same digits are not found again.
/// let next = hotp::next(2);
/// assert_eq!(hotp::search(&key, Digits::SIX, Hash::Sha1, &typed, next, 5), None);
/// # Ok::<(), camtoken_oath::ResponseError>(())
/// ```
#[must_use]
pub fn search(key: &Key, digits: Digits, hash: Hash, response: &Response, from: u64, look_ahead: u32) -> Option<u64> {
    resynchronise(key, digits, hash, core::slice::from_ref(response), from, look_ahead)
}

/// Looks for the counter from which consecutive values give all of `responses`: the token is far ahead (section 7.4).
///
/// The first of them may lie anywhere from `from` to `from + window`. What is found is the counter of the *last*
/// response, so that here too the verifier goes on with [`next`]. Two or three responses make a window of thousands as
/// hard to guess as one response a window of one; without any there is nothing to find.
/// # Examples
///
/// ```
/// use camtoken_oath::{Digits, Hash, Key, Response, hotp};
///
/// let key = Key::new(b"12345678901234567890".to_vec());
/// let typed = [Response::parse("399871", 6)?, Response::parse("520489", 6)?];
/// assert_eq!(hotp::resynchronise(&key, Digits::SIX, Hash::Sha1, &typed, 0, 1000), Some(9));
/// # Ok::<(), camtoken_oath::ResponseError>(())
/// ```
#[must_use]
pub fn resynchronise(
    key: &Key,
    digits: Digits,
    hash: Hash,
    responses: &[Response],
    from: u64,
    window: u32,
) -> Option<u64> {
    let more = u64::try_from(responses.len()).expect("a slice is shorter than 2^64").checked_sub(1)?;
    // Of each response whether the last counter told gave it, and those before it the responses before.
    let mut given = vec![0; responses.len()];
    let mut found = Found::default();
    let count = u64::from(window) + 1 + more;
    counters(hash, key, digits, from, count, |from, computed| {
        // A bit for each counter; the response before has to be one bit further down.
        let (mut before, mut matches) = (u64::MAX, 0);
        for (response, given) in responses.iter().zip(&mut given) {
            matches = response.ct_matches(computed) & before;
            before = matches << 1 | *given;
            *given = matches >> (computed.len() - 1) & 1;
        }
        found.keep_first(from, matches);
    });
    found.into_option()
}

/// The counter after this one; after 2^64-1 comes 0.
#[must_use]
pub const fn next(counter: u64) -> u64 {
    counter.wrapping_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Key {
        Key::new(b"12345678901234567890".to_vec())
    }

    fn six(text: &str) -> Response {
        Response::parse(text, 6).expect("six digits")
    }

    fn find(text: &str, from: u64, look_ahead: u32) -> Option<u64> {
        search(&key(), Digits::SIX, Hash::Sha1, &six(text), from, look_ahead)
    }

    /// RFC 4226, appendix D: 755224 is counter 0, 520489 counter 9.
    #[test]
    fn a_response_is_found_within_the_window_only() {
        assert_eq!(find("755224", 0, 0), Some(0));
        assert_eq!(find("755224", 1, 100), None);
        assert_eq!(find("520489", 0, 9), Some(9));
        assert_eq!(find("520489", 0, 8), None);
        assert_eq!(find("520489", 9, 0), Some(9));
    }

    #[test]
    fn a_response_of_another_length_is_never_found() {
        let eight = Response::parse("84755224", 8).expect("eight digits");
        assert_eq!(search(&key(), Digits::SIX, Hash::Sha1, &eight, 0, 10), None);
        assert_eq!(search(&key(), Digits::EIGHT, Hash::Sha1, &eight, 0, 10), Some(0));
    }

    #[test]
    fn the_counter_wraps() {
        let last = respond(&key(), u64::MAX, Digits::SIX, Hash::Sha1);
        assert_eq!(search(&key(), Digits::SIX, Hash::Sha1, &last, u64::MAX, 3), Some(u64::MAX));
        assert_eq!(find("287082", u64::MAX, 3), Some(1));
        assert_eq!(next(u64::MAX), 0);
        assert_eq!(resynchronise(&key(), Digits::SIX, Hash::Sha1, &[last, six("755224")], u64::MAX - 1, 5), Some(0));
    }

    #[test]
    fn resynchronisation_wants_consecutive_values() {
        let resynchronise = |texts: &[&str]| {
            let responses: Vec<_> = texts.iter().map(|text| six(text)).collect();
            resynchronise(&key(), Digits::SIX, Hash::Sha1, &responses, 0, 1000)
        };
        assert_eq!(resynchronise(&["254676", "287922", "162583"]), Some(7));
        // Windows are computed 64 counters at a time: those that lie in two of them are found too.
        for first in [61, 62, 63, 64, 126, 1000] {
            let at = |ahead| respond(&key(), first + ahead, Digits::SIX, Hash::Sha1);
            let found = super::resynchronise(&key(), Digits::SIX, Hash::Sha1, &[at(0), at(1), at(2)], 0, 1000);
            assert_eq!(found, Some(first + 2));
        }
        assert_eq!(resynchronise(&["254676", "162583"]), None);
        assert_eq!(resynchronise(&["287922", "254676"]), None);
        assert_eq!(resynchronise(&[]), None);
    }
}
