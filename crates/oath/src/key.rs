//! The secret that a token and its verifier share.

use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use rand::CryptoRng;
use secrecy::{ExposeSecret, SecretSlice};

/// A secret shared by one token and the verifier: bytes of any length, wiped when dropped, never printed.
pub struct Key(SecretSlice<u8>);

impl Key {
    /// The length of a generated key, in bytes.
    pub const LEN: usize = 32;

    /// Takes the bytes over. A buffer that they were copied from is the caller's to wipe.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }

    /// Generates a key of [`Key::LEN`] bytes.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = vec![0; Self::LEN];
        rng.fill_bytes(&mut bytes);
        Self::new(bytes)
    }

    /// Whether all bytes are the same, as in a key of zeros: no generator gives such a key, a mistake does. So is an empty one.
    #[must_use]
    pub fn is_uniform(&self) -> bool {
        self.expose_bytes().windows(2).all(|pair| pair[0] == pair[1])
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

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    #[test]
    fn a_key_of_one_byte_again_and_again_is_uniform() {
        for bytes in [vec![], vec![7], vec![0; 32], vec![0xff; 64]] {
            assert!(Key::new(bytes).is_uniform());
        }
        let mut almost = vec![0; 32];
        almost[31] = 1;
        assert!(!Key::new(almost).is_uniform());
    }

    #[test]
    fn a_key_prints_nothing() {
        assert_eq!(format!("{:?}", Key::new(vec![0x31; 32])), "Key(_)");
    }
}
