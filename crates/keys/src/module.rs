//! A module that opens wrapped keys, and how long it may take.

use std::io;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;

use camtoken::Key;
use rand::CryptoRng;
use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::connection::Connection;
use crate::error::{ANSWER_WITHIN, KeysError};
use crate::source::KeySource;
use crate::wrapped::{WrappedKey, WrappedKeys};

/// The constant beside each key. A key begins differently, so that neither can replace the other. Both have whole blocks of eight
/// bytes, because SoftHSM leaves the padding of RFC 5649 in what it unwraps.
const CANARY: &[u8] = b"camtoken/1 kek canary   ";

/// Before a key, with its length in eight bytes behind.
const KEY: &[u8; 16] = b"camtoken/1 key  ";

/// A module that wraps and opens key-encryption keys. It connects for each call, and holds nothing open in between.
pub struct KeyModule {
    source: KeySource,
    credential: Option<Arc<SecretString>>,
}

impl KeyModule {
    /// The module of a source, with its PIN or access token. It is not called yet.
    ///
    /// # Errors
    ///
    /// [`KeysError::NoModule`] for a source that has none, [`KeysError::NotBuilt`].
    pub fn new(source: KeySource, credential: Option<SecretString>) -> Result<Self, KeysError> {
        match &source {
            KeySource::Pkcs11(_) if !cfg!(feature = "pkcs11") => Err(KeysError::NotBuilt { feature: "pkcs11" }),
            KeySource::Transit(_) if !cfg!(feature = "transit") => Err(KeysError::NotBuilt { feature: "transit" }),
            KeySource::Pkcs11(_) | KeySource::Transit(_) => Ok(Self { source, credential: credential.map(Arc::new) }),
            KeySource::File(_) | KeySource::Env(_) | KeySource::SystemdCredential(_) => Err(KeysError::NoModule),
        }
    }

    /// Wraps a key.
    ///
    /// # Errors
    ///
    /// [`KeysError`], but for [`KeysError::Altered`] and [`KeysError::Format`].
    pub fn wrap(&self, key: &Key, rng: &mut dyn CryptoRng) -> Result<WrappedKey, KeysError> {
        let plain = packed(key);
        let nonces = nonces(1, rng);
        self.ask(move |module| {
            let wrapped = wrap(module, &plain, nonces[0])?;
            // What cannot be opened again would be lost with the process.
            open(module, &wrapped, 1).map(|_| wrapped)
        })
    }

    /// Opens the keys of a file, the newest first.
    ///
    /// # Errors
    ///
    /// [`KeysError`]; [`KeysError::Altered`] when one of them was altered, [`KeysError::UnknownKey`] when the module's key is
    /// another one.
    pub fn open(&self, wrapped: &WrappedKeys) -> Result<Vec<Key>, KeysError> {
        let wrapped = wrapped.clone();
        self.ask(move |module| {
            let numbered = wrapped.keys().iter().enumerate();
            let opened = numbered.map(|(before, key)| {
                let plain = open(module, key, before + 1)?;
                unpacked(&plain).ok_or(KeysError::Altered { number: before + 1 })
            });
            opened.collect()
        })
    }

    /// Wraps every key of a file under the newest version of the module's key, or under the key that the source names now.
    ///
    /// # Errors
    ///
    /// As [`KeyModule::open`]. The existing file stays right.
    pub fn rewrap(&self, wrapped: &WrappedKeys, rng: &mut dyn CryptoRng) -> Result<WrappedKeys, KeysError> {
        let (wrapped, nonces) = (wrapped.clone(), nonces(wrapped.keys().len(), rng));
        self.ask(move |module| {
            let renewed = wrapped.keys().iter().zip(nonces).enumerate().map(|(before, (old, nonces))| {
                let plain = open(module, old, before + 1)?;
                let new = match (module.renew(old, &old.key)?, module.renew(old, &old.canary)?) {
                    (Some(key), Some(canary)) => {
                        let (under, by) = module.place();
                        WrappedKey { under, by, key, canary }
                    }
                    _ => wrap(module, &plain, nonces)?,
                };
                match open(module, &new, before + 1)? == plain {
                    true => Ok(new),
                    false => Err(KeysError::Altered { number: before + 1 }),
                }
            });
            WrappedKeys::new(renewed.collect::<Result<_, _>>()?)
        })
    }

    /// Connects, acts and disconnects, on a thread of its own: a thread that hangs in a module's library cannot be ended, only
    /// abandoned.
    fn ask<T: Send + 'static>(
        &self,
        act: impl FnOnce(&dyn Connection) -> Result<T, KeysError> + Send + 'static,
    ) -> Result<T, KeysError> {
        let (source, credential) = (self.source.clone(), self.credential.clone());
        let (answer, answered) = mpsc::channel();
        let failed = |error: io::Error| KeysError::Module { reason: error.to_string() };
        let thread = thread::Builder::new().name("key module".to_owned());
        let act = move || {
            let _ = answer.send(connect(&source, credential.as_deref()).and_then(|module| act(&*module)));
        };
        thread.spawn(act).map_err(failed)?;
        match answered.recv_timeout(ANSWER_WITHIN) {
            Ok(answer) => answer,
            Err(mpsc::RecvTimeoutError::Timeout) => Err(KeysError::Silent),
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                Err(KeysError::Module { reason: "the module's library panicked".to_owned() })
            }
        }
    }
}

fn connect(source: &KeySource, credential: Option<&SecretString>) -> Result<Box<dyn Connection>, KeysError> {
    match source {
        #[cfg(feature = "pkcs11")]
        KeySource::Pkcs11(uri) => Ok(Box::new(crate::pkcs11::Session::open(uri, credential)?)),
        #[cfg(feature = "transit")]
        KeySource::Transit(uri) => Ok(Box::new(crate::transit::Engine::open(uri, credential)?)),
        _ => {
            let _ = credential;
            Err(KeysError::NoModule)
        }
    }
}

/// Two nonces for each key: its own, and the constant's.
fn nonces(keys: usize, rng: &mut dyn CryptoRng) -> Vec<[[u8; 12]; 2]> {
    let mut nonces = vec![[[0; 12]; 2]; keys];
    nonces.iter_mut().flatten().for_each(|nonce| rng.fill_bytes(nonce));
    nonces
}

fn wrap(module: &dyn Connection, plain: &[u8], [first, second]: [[u8; 12]; 2]) -> Result<WrappedKey, KeysError> {
    let (under, by) = module.place();
    Ok(WrappedKey { under, by, key: module.wrap(plain, first)?, canary: module.wrap(CANARY, second)? })
}

/// Opens one key, with its head. If it does not open, the constant beside it tells an altered key from a wrong module.
fn open(module: &dyn Connection, wrapped: &WrappedKey, number: usize) -> Result<Zeroizing<Vec<u8>>, KeysError> {
    let key = module.open(wrapped, &wrapped.key)?.filter(|plain| unpacked(plain).is_some());
    let canary = module.open(wrapped, &wrapped.canary)?.is_some_and(|plain| *plain == CANARY);
    match key {
        Some(plain) if canary => Ok(plain),
        None if !canary => {
            Err(KeysError::UnknownKey { reason: format!("{} did not wrap key {number}", wrapped.under) })
        }
        _ => Err(KeysError::Altered { number }),
    }
}

/// A key as it is wrapped: head, length, the key, and zeros up to a whole block.
fn packed(key: &Key) -> Zeroizing<Vec<u8>> {
    let key = key.expose_bytes();
    let mut plain = Zeroizing::new(Vec::with_capacity(KEY.len() + 8 + key.len().next_multiple_of(8)));
    plain.extend_from_slice(KEY);
    plain.extend_from_slice(&(key.len() as u64).to_be_bytes());
    plain.extend_from_slice(key);
    let whole = plain.len().next_multiple_of(8);
    plain.resize(whole, 0);
    plain
}

fn unpacked(plain: &[u8]) -> Option<Key> {
    let (len, rest) = plain.strip_prefix(KEY)?.split_first_chunk::<8>()?;
    let (key, padding) = rest.split_at_checked(usize::try_from(u64::from_be_bytes(*len)).ok()?)?;
    let is_whole = !key.is_empty() && padding.len() < 8 && padding.iter().all(|byte| *byte == 0);
    is_whole.then(|| Key::new(key.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_any_length_comes_back_out_of_whole_blocks() {
        for len in [1, 7, 8, 32, 33, 64] {
            let key = Key::new((1..=len).collect());
            let plain = packed(&key);
            assert_eq!(plain.len() % 8, 0);
            assert_eq!(unpacked(&plain).expect("just packed").expose_bytes(), key.expose_bytes());
            assert!(unpacked(&plain[..plain.len() - 8]).is_none(), "cut off");
            assert!(unpacked(&[&plain[..], &[0; 8]].concat()).is_none(), "more than was packed");
        }
        assert_eq!(CANARY.len() % 8, 0);
        assert!(unpacked(CANARY).is_none());
    }
}
