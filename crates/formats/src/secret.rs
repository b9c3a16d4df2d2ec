//! An account's secret, as the token keeps it, and the PIN that hides it.

use std::fmt;

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use camtoken_oath::Key;
use rand::CryptoRng;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

/// A secret in clear, or hidden by a PIN.
///
/// A hidden secret has nothing to compare a PIN with: under another PIN it is another secret, whose digits are wrong, and only the
/// server sees that. tiqr does the same, for the same reason: an attacker with a copy of the token can only try PINs at the
/// server, and the server counts the tries.
/// The secret is masked by Argon2id (RFC 9106) of the PIN with a salt of its own, each mask used once.
///
/// That holds until an attacker also has one answer and its question: then a PIN of four digits is found in 10,000 tries.
pub struct Secret(Kept);

enum Kept {
    Clear(Key),
    Hidden { salt: [u8; Secret::SALT], masked: Key },
}

impl Secret {
    const SALT: usize = 16;

    /// Keeps the secret as it is.
    #[must_use]
    pub const fn clear(key: Key) -> Self {
        Self(Kept::Clear(key))
    }

    /// Hides the secret under a PIN.
    ///
    /// # Errors
    ///
    /// [`PinError::Form`] unless the PIN has 4 to 8 digits.
    pub fn hidden(key: &Key, pin: &str, rng: &mut impl CryptoRng) -> Result<Self, PinError> {
        let mut salt = [0; Self::SALT];
        rng.fill_bytes(&mut salt);
        Ok(Self(Kept::Hidden { salt, masked: mask(key, pin, &salt)? }))
    }

    pub(crate) fn check(&self) -> Result<(), (&'static str, &'static str)> {
        if self.len() == 0 { Err(("secret", "empty")) } else { Ok(()) }
    }

    /// How many bytes the secret has; that it is hidden does not change it.
    pub(crate) fn len(&self) -> usize {
        let (Kept::Clear(key) | Kept::Hidden { masked: key, .. }) = &self.0;
        key.expose_bytes().len()
    }

    /// Whether the secret is needed with a PIN.
    #[must_use]
    pub const fn is_hidden(&self) -> bool {
        matches!(self.0, Kept::Hidden { .. })
    }

    /// The secret. Under another PIN than the one that it was hidden with, another secret.
    ///
    /// # Errors
    ///
    /// [`PinError::Missing`] or [`PinError::Form`]. A PIN where none is needed is ignored.
    pub fn reveal(&self, pin: Option<&str>) -> Result<Key, PinError> {
        match &self.0 {
            Kept::Clear(key) => Ok(Key::new(key.expose_bytes().to_vec())),
            Kept::Hidden { salt, masked } => mask(masked, pin.ok_or(PinError::Missing)?, salt),
        }
    }
}

/// Masks, and takes the mask off again.
fn mask(key: &Key, pin: &str, salt: &[u8]) -> Result<Key, PinError> {
    if !(4..=8).contains(&pin.len()) || !pin.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(PinError::Form);
    }
    let mut bytes = Zeroizing::new(vec![0; key.expose_bytes().len().max(Params::MIN_OUTPUT_LEN)]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT)
        .hash_password_into(pin.as_bytes(), salt, &mut bytes)
        .expect("a salt of 16 bytes and an output of a key's length are within the limits");
    Ok(Key::new(key.expose_bytes().iter().zip(bytes.iter()).map(|(key, mask)| key ^ mask).collect()))
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_hidden() { "Secret(hidden by a PIN)" } else { "Secret(_)" })
    }
}

/// Why a PIN is not accepted. A wrong PIN is not noticed here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PinError {
    /// Not 4 to 8 digits.
    #[error("the PIN of an account has 4 to 8 digits")]
    Form,
    /// The account has a PIN, and none was given.
    #[error("the account needs its PIN")]
    Missing,
}

/// A secret as text, for the token's file; wiped when dropped.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SavedSecret {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    salt: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    masked: Option<String>,
}

impl SavedSecret {
    pub(crate) fn of(secret: &Secret) -> Self {
        match &secret.0 {
            Kept::Clear(key) => Self { key: Some(to_text(key.expose_bytes())), salt: None, masked: None },
            Kept::Hidden { salt, masked } => {
                Self { key: None, salt: Some(to_text(salt)), masked: Some(to_text(masked.expose_bytes())) }
            }
        }
    }

    pub(crate) fn into_secret(self) -> Option<Secret> {
        match (&self.key, &self.salt, &self.masked) {
            (Some(key), None, None) => Some(Secret::clear(Key::new(from_text(key)?))),
            (None, Some(salt), Some(masked)) => {
                let salt = from_text(salt)?.try_into().ok()?;
                Some(Secret(Kept::Hidden { salt, masked: Key::new(from_text(masked)?) }))
            }
            _ => None,
        }
    }
}

impl Drop for SavedSecret {
    fn drop(&mut self) {
        for text in [&mut self.key, &mut self.salt, &mut self.masked] {
            text.zeroize();
        }
    }
}

/// Bytes, as they are in the token's file: base64.
pub(crate) fn to_text(bytes: &[u8]) -> String {
    BASE64.encode(bytes)
}

/// Bytes from the token's file; none that are empty.
pub(crate) fn from_text(text: &str) -> Option<Vec<u8>> {
    BASE64.decode(text).ok().filter(|bytes| !bytes.is_empty())
}
