//! The secret that one token and the verifier share, and the names of tokens, generators and activations.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec;
use core::fmt;
use core::str::FromStr;

use hkdf::Hkdf;
use rand::CryptoRng;
use sha2::Sha256;

pub use camtoken_oath::Key;

use crate::hex::hex_id;

/// Derives a key for one purpose from another: HKDF-SHA256 (RFC 5869) without salt, `info` = `label`, [`Key::LEN`] bytes.
///
/// Two labels give two keys of which neither says anything about the other (domain separation, V-13).
///
/// # Examples
///
/// ```
/// use camtoken_core::key::{Key, derive};
///
/// let root = Key::new(vec![7; 32]);
/// let (seal, response) = (derive(&root, b"example seal"), derive(&root, b"example response"));
/// assert_ne!(seal.expose_bytes(), response.expose_bytes());
/// ```
#[must_use]
pub fn derive(key: &Key, label: &[u8]) -> Key {
    let mut bytes = vec![0; Key::LEN];
    Hkdf::<Sha256>::new(None, key.expose_bytes())
        .expand(label, &mut bytes)
        .expect("HKDF-SHA256 gives up to 8160 bytes");
    Key::new(bytes)
}

/// The ID on the back of a token: 1 to 10 capital letters, digits or hyphens.
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

/// The serial number of a generator or a card: 1 to 32 letters, digits, hyphens, dots or underscores, as its maker writes it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GeneratorId(String);

impl GeneratorId {
    /// The most characters it may have.
    pub const MAX_LEN: usize = 32;

    /// The characters as they are printed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for GeneratorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for GeneratorId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
        if text.is_empty() || text.len() > Self::MAX_LEN || !text.bytes().all(allowed) {
            return Err(IdError::Generator);
        }
        Ok(Self(text.to_owned()))
    }
}

/// One user's use of one token: a key of its own, a counter of its own. Six random bytes, written as 12 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActivationId([u8; 6]);

hex_id!(ActivationId, 6, IdError::Activation);

impl ActivationId {
    /// Generates a new identifier. If the store has it already, the verifier generates another one.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; Self::LEN];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }
}

/// Why a string is no identifier.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdError {
    /// No token ID.
    #[error("not a token ID: expected 1 to 10 capital letters, digits or hyphens")]
    Token,
    /// No serial number of a generator.
    #[error("not a serial number: expected 1 to 32 letters, digits, hyphens, dots or underscores")]
    Generator,
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
    use crate::hex;

    /// RFC 5869, test case 3 (no salt): the label is the `info` of HKDF and the output its first 32 bytes.
    #[test]
    fn derivation_is_hkdf_sha256() {
        let key = Key::new(vec![0x0b; 22]);
        let expected: [u8; 32] =
            hex::parse("8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d").expect("64 digits");
        assert_eq!(derive(&key, b"").expose_bytes(), expected);
        assert_ne!(derive(&key, b"a").expose_bytes(), derive(&key, b"b").expose_bytes());
    }

    #[test]
    fn token_ids_are_what_is_printed() {
        assert_eq!("FEX0123456".parse::<TokenId>().expect("ten characters").to_string(), "FEX0123456");
        for text in ["", "fex0123456", "FEX01234567", "FEX 012345", "FEX*", "ＦＥＸ"] {
            assert_eq!(text.parse::<TokenId>(), Err(IdError::Token), "{text}");
        }
    }

    #[test]
    fn serial_numbers_of_generators_are_what_makers_print() {
        for text in ["2308701234567", "ZZ9000000004", "a-b_c.d", &"9".repeat(32)] {
            assert_eq!(text.parse::<GeneratorId>().expect("a serial number").to_string(), text);
        }
        for text in ["", "a b", "a/b", "１２", "a\0", &"9".repeat(33)] {
            assert_eq!(text.parse::<GeneratorId>(), Err(IdError::Generator), "{text}");
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
