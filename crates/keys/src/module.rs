//! A module that opens wrapped keys: what is asked of each kind, and how long it may take.

use std::io;
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use camtoken::Key;
use rand::CryptoRng;
use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::source::KeySource;
use crate::wrapped::{WrappedKey, WrappedKeys};

/// How long a module may take for all that it is asked at once.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// What every wrapped text is bound to, where the module's algorithm binds to something.
pub(crate) const CONTEXT: &[u8] = b"camtoken/1 kek";

/// The constant beside each key. A key begins otherwise, so that neither stands for the other.
const CANARY: &[u8] = b"camtoken/1 kek canary";

/// Before the bytes of a key.
const KEY: &[u8] = b"camtoken/1 kek key ";

/// Why a module gave no key.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The source has no module, or this build does not speak with it.
    #[error("this build has no feature {feature}")]
    NotBuilt {
        /// The feature of cargo.
        feature: &'static str,
    },
    /// The key is not wrapped in this source.
    #[error("the source has no module")]
    NoModule,
    /// The module cannot be loaded or reached, or failed.
    #[error("{reason}")]
    Module {
        /// What it said.
        reason: String,
    },
    /// The module took no PIN or access token, or not this one.
    #[error("{reason}")]
    Credential {
        /// What it said.
        reason: String,
    },
    /// The engine is sealed: somebody has to unseal it.
    #[error("the engine is sealed")]
    Sealed,
    /// The module gave no answer in time.
    #[error("no answer within {} s", ANSWER_WITHIN.as_secs())]
    Silent,
    /// The module has no such token or key, or one that is not fit, or not the key that wrapped.
    #[error("{reason}")]
    UnknownKey {
        /// What was looked for.
        reason: String,
    },
    /// A wrapped key was altered.
    #[error("wrapped key {number} was altered")]
    Altered {
        /// Which, from 1.
        number: usize,
    },
    /// The file is no file of wrapped keys.
    #[error("{reason}")]
    Format {
        /// Why not.
        reason: String,
    },
}

/// What one connection with a module does. Texts come from a file that may have been altered.
pub(crate) trait Connection {
    /// The module's key as a source names it, and how it wraps.
    fn place(&self) -> (String, String);

    /// Wraps. A nonce is used once.
    fn wrap(&self, plain: &[u8], nonce: [u8; 12]) -> Result<String, KeysError>;

    /// Opens what was wrapped under the key that `at` names. `None` when the module says that it does not open.
    fn open(&self, at: &WrappedKey, text: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeysError>;

    /// The same under the newest version of the module's key, without showing it, where the module does so.
    fn renew(&self, at: &WrappedKey, text: &str) -> Result<Option<String>, KeysError>;
}

/// A module that wraps and opens key-encryption keys. It connects anew each time, and holds nothing open between.
pub struct KeyModule {
    source: KeySource,
    credential: Option<Arc<SecretString>>,
}

impl KeyModule {
    /// The module of a source, with its PIN or access token. Nothing is asked of it yet.
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
        let plain = Zeroizing::new([KEY, key.expose_bytes()].concat());
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
            numbered.map(|(before, key)| Ok(Key::new(open(module, key, before + 1)?[KEY.len()..].to_vec()))).collect()
        })
    }

    /// Wraps every key of a file under the newest version of the module's key, or under the key that the source names now.
    ///
    /// # Errors
    ///
    /// As [`KeyModule::open`]. The file that there is stays right.
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

    /// Connects, acts and disconnects, on a thread of its own: what hangs in a module's library cannot be ended, only left.
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

/// Opens one key, with its head. What does not open is told apart by the constant beside it.
fn open(module: &dyn Connection, wrapped: &WrappedKey, number: usize) -> Result<Zeroizing<Vec<u8>>, KeysError> {
    let key = module.open(wrapped, &wrapped.key)?.filter(|plain| plain.starts_with(KEY) && plain.len() > KEY.len());
    let canary = module.open(wrapped, &wrapped.canary)?.is_some_and(|plain| *plain == CANARY);
    match key {
        Some(plain) if canary => Ok(plain),
        None if !canary => {
            Err(KeysError::UnknownKey { reason: format!("{} did not wrap key {number}", wrapped.under) })
        }
        _ => Err(KeysError::Altered { number }),
    }
}
