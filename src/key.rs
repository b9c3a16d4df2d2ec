//! The secret that one token and the verifier share, and the names of the things that hold it.

use std::fmt;
use std::str::FromStr;

use hkdf::Hkdf;
use rand::CryptoRng;
use secrecy::{ExposeSecret, SecretSlice};
use sha2::Sha256;

use crate::hex::hex_id;

/// A secret shared by one token and the verifier: bytes of any length, wiped when dropped, never printed.
///
/// Keys that camtoken makes have 32 bytes (requirement V-10); keys of other people's tokens are taken as they come.
pub struct Key(SecretSlice<u8>);

impl Key {
    /// The length of a key that camtoken makes, in bytes.
    pub const LEN: usize = 32;

    /// Takes the bytes over. A buffer that they were copied from is the caller's to wipe.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }

    /// Draws a new key of [`Key::LEN`] bytes.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = vec![0; Self::LEN];
        rng.fill_bytes(&mut bytes);
        Self::new(bytes)
    }

    /// Derives a key for one purpose: HKDF-SHA256 (RFC 5869) without salt, `info` = `label`, 32 bytes.
    ///
    /// Two labels give two keys of which neither says anything about the other (domain separation, V-13).
    #[must_use]
    pub fn derive(&self, label: &[u8]) -> Self {
        let mut bytes = vec![0; Self::LEN];
        Hkdf::<Sha256>::new(None, self.expose_bytes())
            .expand(label, &mut bytes)
            .expect("HKDF-SHA256 gives up to 8160 bytes");
        Self::new(bytes)
    }

    /// The secret itself. Every use of it can be found by this name.
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8] {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(_)")
    }
}

/// What is printed on the back of a token: 1 to 10 capital letters, digits or hyphens.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenId(String);

impl TokenId {
    /// The most characters a token ID may have.
    pub const MAX_LEN: usize = 10;

    /// The characters as they are printed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for TokenId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let allowed = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-';
        if text.is_empty() || text.len() > Self::MAX_LEN || !text.bytes().all(allowed) {
            return Err(IdError::Token);
        }
        Ok(Self(text.to_owned()))
    }
}

/// One user's use of one token: a key of its own, a counter of its own. Six random bytes, written as 12 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActivationId([u8; 6]);

hex_id!(ActivationId, 6, IdError::Activation);

impl ActivationId {
    /// Draws a new identifier. The verifier draws again should its store have it already.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; Self::LEN];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }
}

/// Why a string names nothing.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdError {
    /// No token ID.
    #[error("not a token ID: expected 1 to 10 capital letters, digits or hyphens")]
    Token,
    /// No activation ID.
    #[error("not an activation ID: expected 12 hexadecimal digits")]
    Activation,
    /// No challenge ID.
    #[error("not a challenge ID: expected 24 hexadecimal digits")]
    Challenge,
    /// No attempt ID.
    #[error("not an attempt ID: expected a UUID")]
    Attempt,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hex::parse_hex;

    #[test]
    fn a_key_prints_nothing() {
        assert_eq!(format!("{:?}", Key::new(vec![0x31; 32])), "Key(_)");
    }

    /// RFC 5869, test case 3 (no salt): the label is the `info` of HKDF and the output its first 32 bytes.
    #[test]
    fn derivation_is_hkdf_sha256() {
        let key = Key::new(vec![0x0b; 22]);
        let expected: [u8; 32] =
            parse_hex("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d").expect("64 digits");
        assert_eq!(key.derive(b"").expose_bytes(), expected);
        assert_ne!(key.derive(b"a").expose_bytes(), key.derive(b"b").expose_bytes());
    }

    #[test]
    fn token_ids_are_what_is_printed() {
        assert_eq!("FEX0123456".parse::<TokenId>().expect("ten characters").to_string(), "FEX0123456");
        for text in ["", "fex0123456", "FEX01234567", "FEX 012345", "FEX*", "ＦＥＸ"] {
            assert_eq!(text.parse::<TokenId>(), Err(IdError::Token), "{text}");
        }
    }

    #[test]
    fn activation_ids_are_twelve_hex_digits() {
        let id = ActivationId::from_bytes([0, 1, 0x7f, 0x80, 0xfe, 0xff]);
        assert_eq!(id.to_string(), "00017f80feff");
        assert_eq!("00017F80FEFF".parse(), Ok(id));
        for text in ["", "00017f80fef", "00017f80feff0", "00017f80fefg", "+0017f80feff"] {
            assert_eq!(text.parse::<ActivationId>(), Err(IdError::Activation), "{text}");
        }
    }
}
