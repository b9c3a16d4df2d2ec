//! The optional PIN that unlocks a token.

use alloc::string::String;
use core::fmt;
use core::ops::RangeInclusive;

use argon2::{Algorithm, Argon2, Params, Version};
use rand::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::typed;

/// A PIN as the token keeps it: Argon2id with a salt of its own (RFC 9106), and how often it was entered wrongly.
#[derive(Clone)]
pub struct Pin {
    pub(super) salt: [u8; Self::SALT],
    pub(super) hash: [u8; Self::HASH],
    pub(super) wrong: u8,
}

/// Why a PIN is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PinError {
    /// 5 to 8 digits.
    #[error("a PIN has 5 to 8 digits")]
    Form,
    /// One digit over and over, a run, or pairs: the first that a thief tries.
    #[error("a PIN cannot be one digit repeated, a run of digits, or repeated pairs")]
    Weak,
    /// Not this one.
    #[error("wrong PIN, {tries_left} tries are left")]
    Wrong {
        /// How many more may be wrong before the token locks.
        tries_left: u8,
    },
    /// Wrong too often, and only a reset of the token helps; or not entered yet.
    #[error("the token is locked")]
    Locked,
    /// Tokens of this profile have none.
    #[error("a token of this profile has no PIN")]
    Off,
}

impl Pin {
    /// After so many wrong entries in a row the token locks.
    pub const MAX_WRONG: u8 = 5;

    /// How many digits it may have.
    pub(super) const DIGITS: RangeInclusive<usize> = 5..=8;
    pub(super) const SALT: usize = 16;
    pub(super) const HASH: usize = 32;

    /// The digits of a PIN that a person typed ([`typed::digits`]), for a token that takes them one by one.
    ///
    /// # Errors
    ///
    /// [`PinError::Form`].
    pub fn typed(text: &str) -> Result<Zeroizing<String>, PinError> {
        typed::digits(text, Self::DIGITS).map_err(|_| PinError::Form)
    }

    /// Makes a new PIN, from digits as a person types them.
    ///
    /// # Errors
    ///
    /// [`PinError::Form`] or [`PinError::Weak`].
    pub fn new(typed: &str, rng: &mut impl CryptoRng) -> Result<Self, PinError> {
        let digits = Self::typed(typed)?;
        if is_weak(digits.as_bytes()) {
            return Err(PinError::Weak);
        }
        let mut salt = [0; Self::SALT];
        rng.fill_bytes(&mut salt);
        Ok(Self { salt, hash: hash(&digits, &salt), wrong: 0 })
    }

    /// Whether only a reset helps.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.wrong >= Self::MAX_WRONG
    }

    /// Checks an entry, as a person types it. The right PIN resets the count of wrong ones; what is no PIN at all is a wrong one.
    ///
    /// # Errors
    ///
    /// [`PinError::Wrong`], and [`PinError::Locked`] from the last try on, whatever is entered.
    pub fn check(&mut self, typed: &str) -> Result<(), PinError> {
        if self.is_locked() {
            return Err(PinError::Locked);
        }
        let digits = Self::typed(typed).unwrap_or_default();
        if bool::from(hash(&digits, &self.salt).ct_eq(&self.hash)) {
            self.wrong = 0;
            return Ok(());
        }
        self.wrong += 1;
        match Self::MAX_WRONG - self.wrong {
            0 => Err(PinError::Locked),
            tries_left => Err(PinError::Wrong { tries_left }),
        }
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(_)")
    }
}

/// Whether something has the form of a PIN.
pub(super) fn is_pin(digits: &str) -> bool {
    Pin::DIGITS.contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Digits whose steps are all 0, 1 or -1 (9 is followed by 0); `121212`; `112233`.
fn is_weak(digits: &[u8]) -> bool {
    let step = |pair: &[u8]| (10 + pair[1] - pair[0]) % 10;
    let first = step(digits);
    let is_run = matches!(first, 0 | 1 | 9) && digits.windows(2).all(|pair| step(pair) == first);
    let one_pair = digits.windows(3).all(|three| three[0] == three[2]);
    let doubled = digits.len().is_multiple_of(2) && digits.chunks(2).all(|pair| pair[0] == pair[1]);
    is_run || one_pair || doubled
}

fn hash(digits: &str, salt: &[u8]) -> [u8; Pin::HASH] {
    let mut out = [0; Pin::HASH];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT)
        .hash_password_into(digits.as_bytes(), salt, &mut out)
        .expect("a salt of 16 bytes and an output of 32 are within the limits");
    out
}

#[cfg(test)]
mod tests {
    use rand::rand_core::UnwrapErr;
    use rand::rngs::SysRng;

    use super::*;

    fn pin(digits: &str) -> Result<Pin, PinError> {
        Pin::new(digits, &mut UnwrapErr(SysRng))
    }

    #[test]
    fn a_pin_has_five_to_eight_digits() {
        for text in ["", "2580", "258025802", "2580a", "2580①", "25801.", "-25801"] {
            assert_eq!(pin(text).expect_err(text), PinError::Form, "{text:?}");
        }
        for text in ["25801", "258013", "2580139", "25801397", "２５８０１", " 25801", "25801\n", "258-013"] {
            assert!(pin(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn weak_pins_are_refused() {
        for text in ["11111", "00000000", "12345", "67890", "56789012", "54321", "10987", "12121", "909090", "112233"] {
            assert_eq!(pin(text).expect_err(text), PinError::Weak, "{text}");
        }
        for text in ["12346", "11112", "12131", "13579"] {
            assert!(pin(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn five_wrong_entries_lock_and_a_right_one_before_forgets_them() {
        let mut pin = pin("25801").expect("a good PIN");
        for tries_left in [4, 3, 2, 1] {
            assert_eq!(pin.check("25802"), Err(PinError::Wrong { tries_left }));
        }
        assert_eq!(pin.check("25801"), Ok(()));
        for tries_left in [4, 3, 2, 1] {
            assert_eq!(pin.check("2580"), Err(PinError::Wrong { tries_left }));
        }
        assert_eq!(pin.check(""), Err(PinError::Locked));
        assert_eq!(pin.check("25801"), Err(PinError::Locked), "the right one does not unlock any more");
    }

    #[test]
    fn a_pin_is_entered_as_it_is_typed_anywhere() {
        let mut pin = pin("258013").expect("a good PIN");
        for text in ["２５８０１３", " 258013\n", "258-013"] {
            assert_eq!(pin.check(text), Ok(()), "{text:?}");
        }
        for text in ["25801", "2580133", "25-80-13", "25801x"] {
            assert_eq!(pin.check(text), Err(PinError::Wrong { tries_left: 4 }), "{text:?}");
            assert_eq!(pin.check("258013"), Ok(()));
        }
    }

    #[test]
    fn one_pin_is_not_stored_twice_alike_and_prints_nothing() {
        let (one, two) = (pin("25801").expect("a good PIN"), pin("25801").expect("a good PIN"));
        assert_ne!(one.hash, two.hash);
        assert_eq!(format!("{one:?}"), "Pin(_)");
    }
}
