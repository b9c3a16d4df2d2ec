//! The name of an attempt, by which a retry is recognised.

use std::fmt;
use std::str::FromStr;

use hmac::{Hmac, KeyInit, Mac};
use rand::CryptoRng;
use sha2::Sha256;

use crate::key::{IdError, Key, derive};

/// The caller's name for one attempt to answer: 16 bytes. A retry carries the same one, gets the same answer, and is not counted
/// twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptId([u8; 16]);

impl AttemptId {
    /// Generates a new one.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; 16];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// Takes the caller's own, such as a UUID.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its bytes, for a record.
    pub(super) const fn to_bytes(self) -> [u8; 16] {
        self.0
    }

    /// Binds the attempt to what was answered, so that one attempt ID cannot carry many guesses.
    pub(super) fn tag(self, key: &Key, question: &[u8], response: &str) -> [u8; 16] {
        let key = derive(key, b"camtoken/1 attempt");
        let mut mac = Hmac::<Sha256>::new_from_slice(key.expose_bytes()).expect("HMAC takes a key of any length");
        mac.update(&self.0);
        mac.update(&[u8::try_from(question.len()).expect("a short name")]);
        mac.update(question);
        mac.update(response.as_bytes());
        mac.finalize().into_bytes()[..16].try_into().expect("16 of 32 bytes")
    }
}

/// As a UUID is written.
impl fmt::Display for AttemptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = base16ct::lower::encode_string(&self.0);
        write!(f, "{}-{}-{}-{}-{}", &digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..])
    }
}

/// A UUID with its four hyphens, or its 32 hexadecimal digits without any.
impl FromStr for AttemptId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let is_hyphenated = text.len() == 36 && [8, 13, 18, 23].iter().all(|place| text.as_bytes()[*place] == b'-');
        let digits = if is_hyphenated { text.replace('-', "") } else { text.to_owned() };
        let mut bytes = [0; 16];
        let decoded = base16ct::mixed::decode(&digits, &mut bytes).map_err(|_| IdError::Attempt)?;
        if decoded.len() == 16 { Ok(Self(bytes)) } else { Err(IdError::Attempt) }
    }
}
