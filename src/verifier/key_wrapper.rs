//! Secrets at rest (V-16): activation keys are stored encrypted under a key that is kept elsewhere.

use std::fmt;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use hmac::{Hmac, Mac};
use rand::CryptoRng;
use sha2::{Digest, Sha256};

use crate::key::{Key, derive};
use camtoken_core::verifier::seal;

/// The bytes of a [`Seal`].
pub const SEAL_LEN: usize = seal::SEAL_LEN;

/// A MAC over a record, with the name of the key-encryption key that it comes from.
pub type Seal = [u8; SEAL_LEN];

/// Wraps keys for storage. It must answer at once, from memory: it is called on the threads of the runtime, in the middle of a step
/// that may run again. A key of a hardware module is fetched once, when the wrapper is made.
pub trait KeyWrapper: Send + Sync {
    /// Encrypts `key` so that only this wrapper opens it, and only for the same `context`.
    ///
    /// # Errors
    ///
    /// [`KeyWrapError::Unavailable`] when the source of the key-encryption key does not answer.
    fn wrap(&self, key: &Key, context: &[u8], rng: &mut dyn CryptoRng) -> Result<Vec<u8>, KeyWrapError>;

    /// Opens what [`KeyWrapper::wrap`] made.
    ///
    /// # Errors
    ///
    /// [`KeyWrapError::KeyEncryptionKey`] when it was made under a key that this wrapper does not have,
    /// [`KeyWrapError::Damaged`] when it was altered or belongs to another context.
    fn unwrap(&self, wrapped: &[u8], context: &[u8]) -> Result<Key, KeyWrapError>;

    /// Whether [`KeyWrapper::wrap`] would use the key-encryption key that this one was made under.
    fn is_current(&self, wrapped: &[u8]) -> bool;

    /// Computes a MAC over `parts`, one behind the other, under a key that comes from the newest key-encryption key and is used for
    /// nothing else. It is computed for each record that is read or written.
    ///
    /// # Errors
    ///
    /// As [`KeyWrapper::wrap`].
    fn seal(&self, parts: &[&[u8]]) -> Result<Seal, KeyWrapError>;

    /// Compares, in constant time, what [`KeyWrapper::seal`] gave for the same parts.
    ///
    /// # Errors
    ///
    /// [`KeyWrapError::KeyEncryptionKey`] when it was made under a key that this wrapper does not have,
    /// [`KeyWrapError::Damaged`] when it does not fit.
    fn check_seal(&self, seal: &Seal, parts: &[&[u8]]) -> Result<(), KeyWrapError>;
}

/// Why a stored key cannot be opened.
#[derive(Debug, Clone, Copy, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyWrapError {
    /// Made under another key-encryption key.
    #[error("a stored key was encrypted under a key-encryption key that is not here")]
    KeyEncryptionKey,
    /// Altered, or moved from another record.
    #[error("a stored key is damaged")]
    Damaged,
    /// No key-encryption key was given.
    #[error("no key-encryption key was given")]
    NoKey,
    /// A key-encryption key is too short to encrypt keys.
    #[error("a key-encryption key has {found} bytes, at least {least} needed", least = Key::LEN)]
    ShortKey {
        /// The bytes of the shortest one.
        found: usize,
    },
    /// All bytes of a key-encryption key are the same: a mistake, such as a file of zeros, and no secret.
    #[error("a key-encryption key has the same byte throughout; generate one at random")]
    UniformKey,
    /// The key-encryption key cannot be used now.
    #[error("the key-encryption key does not answer")]
    Unavailable,
}

/// A wrapper whose key-encryption keys are in this process: AES-256-GCM and HMAC-SHA256, the first wraps and seals, all of them
/// open and check.
///
/// A wrapped key is: 4 bytes that name the key-encryption key (the head of its SHA-256), 12 bytes nonce, ciphertext and
/// tag. The additional data is the name and the context. A seal is the same name and 32 bytes of the MAC.
pub struct LocalKeyWrapper(Vec<KeyEncryptionKey>);

/// One key-encryption key, made ready.
struct KeyEncryptionKey {
    name: [u8; 4],
    cipher: Aes256Gcm,
    mac: Hmac<Sha256>,
}

impl LocalKeyWrapper {
    /// Takes key-encryption keys of 32 bytes or more each, the newest first; the older ones still open what they wrapped.
    ///
    /// # Errors
    ///
    /// [`KeyWrapError::NoKey`] for no key at all, [`KeyWrapError::ShortKey`] when one has fewer than 32 bytes,
    /// [`KeyWrapError::UniformKey`] when the bytes of one are all the same.
    pub fn new(keys: &[Key]) -> Result<Self, KeyWrapError> {
        let shortest = keys.iter().map(|key| key.expose_bytes().len()).min().ok_or(KeyWrapError::NoKey)?;
        if shortest < Key::LEN {
            return Err(KeyWrapError::ShortKey { found: shortest });
        }
        if keys.iter().any(Key::is_uniform) {
            return Err(KeyWrapError::UniformKey);
        }
        Ok(Self(keys.iter().map(KeyEncryptionKey::new).collect()))
    }

    fn by_name(&self, name: &[u8; 4]) -> Result<&KeyEncryptionKey, KeyWrapError> {
        self.0.iter().find(|known| known.name == *name).ok_or(KeyWrapError::KeyEncryptionKey)
    }
}

impl KeyEncryptionKey {
    fn new(key: &Key) -> Self {
        let (wrapping, sealing) = (derive(key, b"camtoken/1 vault"), derive(key, b"camtoken/1 record seal"));
        let digest = Sha256::digest(wrapping.expose_bytes());
        Self {
            name: digest[..4].try_into().expect("four bytes"),
            cipher: Aes256Gcm::new_from_slice(wrapping.expose_bytes()).expect("a derived key has 32 bytes"),
            mac: Hmac::new_from_slice(sealing.expose_bytes()).expect("HMAC takes a key of any length"),
        }
    }

    fn mac(&self, parts: &[&[u8]]) -> Hmac<Sha256> {
        parts.iter().fold(self.mac.clone(), |mac, part| mac.chain_update(part))
    }
}

impl KeyWrapper for LocalKeyWrapper {
    fn wrap(&self, key: &Key, context: &[u8], rng: &mut dyn CryptoRng) -> Result<Vec<u8>, KeyWrapError> {
        let KeyEncryptionKey { name, cipher, .. } = &self.0[0];
        let mut nonce = [0; 12];
        rng.fill_bytes(&mut nonce);
        let aad = [name, context].concat();
        let ciphertext = cipher
            .encrypt(&Nonce::from(nonce), Payload { msg: key.expose_bytes(), aad: &aad })
            .expect("AES-GCM takes 64 GiB");
        Ok([name.as_slice(), &nonce, &ciphertext].concat())
    }

    fn unwrap(&self, wrapped: &[u8], context: &[u8]) -> Result<Key, KeyWrapError> {
        let (name, rest) = wrapped.split_first_chunk::<4>().ok_or(KeyWrapError::Damaged)?;
        let (nonce, ciphertext) = rest.split_first_chunk::<12>().ok_or(KeyWrapError::Damaged)?;
        let known = self.by_name(name)?;
        let aad = [name, context].concat();
        let key = known.cipher.decrypt(&Nonce::from(*nonce), Payload { msg: ciphertext, aad: &aad });
        key.map(Key::new).map_err(|_| KeyWrapError::Damaged)
    }

    fn is_current(&self, wrapped: &[u8]) -> bool {
        wrapped.starts_with(&self.0[0].name)
    }

    fn seal(&self, parts: &[&[u8]]) -> Result<Seal, KeyWrapError> {
        let current = &self.0[0];
        let mut seal = [0; SEAL_LEN];
        let (name, mac) = seal.split_at_mut(current.name.len());
        name.copy_from_slice(&current.name);
        mac.copy_from_slice(&current.mac(parts).finalize().into_bytes());
        Ok(seal)
    }

    fn check_seal(&self, seal: &Seal, parts: &[&[u8]]) -> Result<(), KeyWrapError> {
        let (name, mac) = seal.split_first_chunk::<4>().expect("a seal is longer");
        self.by_name(name)?.mac(parts).verify_slice(mac).map_err(|_| KeyWrapError::Damaged)
    }
}

impl fmt::Debug for LocalKeyWrapper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LocalKeyWrapper(_)")
    }
}

#[cfg(test)]
mod tests {
    use rand::rand_core::UnwrapErr;
    use rand::rngs::SysRng;

    use super::*;

    fn key(byte: u8) -> Key {
        Key::new((0..32).map(|place| place ^ byte).collect())
    }

    #[test]
    fn a_wrapped_key_opens_for_its_own_context_only() {
        let vault = LocalKeyWrapper::new(&[key(1)]).expect("a key of 32 bytes");
        let mut wrapped =
            vault.wrap(&Key::new(vec![7; 32]), b"row 1", &mut UnwrapErr(SysRng)).expect("a local wrapper answers");
        assert_eq!(vault.unwrap(&wrapped, b"row 1").expect("the same row").expose_bytes(), [7; 32]);
        assert_eq!(vault.unwrap(&wrapped, b"row 2").expect_err("another row"), KeyWrapError::Damaged);
        let last = wrapped.len() - 1;
        wrapped[last] ^= 1;
        assert_eq!(vault.unwrap(&wrapped, b"row 1").expect_err("altered"), KeyWrapError::Damaged);
        assert_eq!(vault.unwrap(&[], b"row 1").expect_err("nothing"), KeyWrapError::Damaged);
    }

    #[test]
    fn a_short_key_encrypts_no_keys() {
        let short = LocalKeyWrapper::new(&[key(1), Key::new(vec![1; 31])]);
        assert_eq!(short.expect_err("31 bytes"), KeyWrapError::ShortKey { found: 31 });
        assert_eq!(LocalKeyWrapper::new(&[]).expect_err("no key"), KeyWrapError::NoKey);
        assert!(LocalKeyWrapper::new(&[Key::new((0..33).collect())]).is_ok(), "a longer one does");
        for byte in [0, 1, 0xff] {
            let uniform = LocalKeyWrapper::new(&[key(1), Key::new(vec![byte; 32])]);
            assert_eq!(uniform.expect_err("no secret"), KeyWrapError::UniformKey);
        }
    }

    #[test]
    fn older_keys_open_and_no_longer_wrap() {
        let old = LocalKeyWrapper::new(&[key(1)]).expect("a key of 32 bytes");
        let new = LocalKeyWrapper::new(&[key(2), key(1)]).expect("keys of 32 bytes");
        let rng = &mut UnwrapErr(SysRng);
        let by_old = old.wrap(&key(7), b"", rng).expect("a local wrapper answers");
        let by_new = new.wrap(&key(7), b"", rng).expect("a local wrapper answers");
        assert!(new.unwrap(&by_old, b"").is_ok());
        assert_eq!(old.unwrap(&by_new, b"").expect_err("made under the new key"), KeyWrapError::KeyEncryptionKey);
    }

    #[test]
    fn a_seal_fits_its_own_parts_and_key_only() {
        let one = LocalKeyWrapper::new(&[key(1)]).expect("a key of 32 bytes");
        let seal = one.seal(&[b"row 1", b"record"]).expect("a local wrapper answers");
        assert_eq!(one.check_seal(&seal, &[b"row 1", b"record"]), Ok(()));
        assert_eq!(one.check_seal(&seal, &[b"row 2", b"record"]), Err(KeyWrapError::Damaged));
        for place in 0..seal.len() {
            let mut altered = seal;
            altered[place] ^= 1;
            assert!(one.check_seal(&altered, &[b"row 1", b"record"]).is_err(), "byte {place}");
        }
        let rotated = LocalKeyWrapper::new(&[key(2), key(1)]).expect("keys of 32 bytes");
        assert_eq!(rotated.check_seal(&seal, &[b"row 1", b"record"]), Ok(()), "an older key still checks");
        let newer = rotated.seal(&[b"row 1", b"record"]).expect("a local wrapper answers");
        assert_eq!(one.check_seal(&newer, &[b"row 1", b"record"]), Err(KeyWrapError::KeyEncryptionKey));
    }

    /// Computed by Python's `hmac` and the HKDF of `cryptography`.
    #[test]
    fn a_seal_is_hmac_sha256_under_a_derived_key() {
        let wrapper = LocalKeyWrapper::new(&[Key::new((0..32).collect())]).expect("a key of 32 bytes");
        let seal = wrapper.seal(&[b"a\x01\x02\x03\x04\x05\x06", &7_u64.to_be_bytes(), b"\x01\x80"]);
        let expected = "f0b42fed051c72703c162959726de36b99dabfabc2c4616b004e92c0556b72a99a16d66f";
        assert_eq!(base16ct::lower::encode_string(&seal.expect("a local wrapper answers")), expected);
    }

    /// Intermediate values of computations with keys are wiped as the keys are: each of these crates has a feature for it.
    #[test]
    fn what_holds_a_key_is_wiped() {
        fn wiped<T: zeroize::ZeroizeOnDrop>() {}
        wiped::<Aes256Gcm>();
        wiped::<aes::Aes256>();
        // An HMAC holds two states of its hash and nothing else.
        wiped::<Sha256>();
        wiped::<sha1::Sha1>();
        wiped::<cbc::Decryptor<aes::Aes256>>();
    }
}
