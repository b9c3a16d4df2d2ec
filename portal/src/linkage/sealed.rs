//! Sealed rows: the state of the authorization server, readable only with the name of a row.
//!
//! A row is stored under the SHA-256 of its name, and sealed with a key that is derived from the name. So a code or a token on
//! disk opens only with the code or the token itself. The part that is needed to end a grant is in clear beside the seal.

use std::time::SystemTime;

use aes_gcm::aead::{Aead, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce};
use base16ct::lower;
use oauth_as::store::StorageError;
use rand::Rng as _;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::books::{BooksError, Row};
use crate::system::rng;

/// The length of a nonce of AES-GCM, in bytes.
const NONCE: usize = 12;

/// A row, sealed with its own name.
#[derive(Clone, Serialize, Deserialize)]
pub struct Kept {
    /// Server, kind and digest of the name.
    pub(super) key: String,
    sealed: Vec<u8>,
    /// The part in clear, beside the seal.
    pub(super) about: About,
}

/// The part in clear, beside the seal.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct About {
    /// The client ID.
    pub client: Option<String>,
    /// The linkage.
    pub subject: Option<String>,
    /// What is ended together: a family of tokens, or for a user code the key of its device.
    pub family: Option<String>,
    /// From then on it is good no more.
    pub until: Option<SystemTime>,
}

impl Kept {
    /// Seals a row with its name. `key` is that of [`key`].
    pub(super) fn new<T: Serialize>(key: String, name: &str, row: &T, about: About) -> Self {
        Self { key, sealed: seal(name, row), about }
    }

    /// Opens it with its name.
    ///
    /// # Errors
    ///
    /// Another name, or a row that was altered.
    pub(super) fn open<T: DeserializeOwned>(&self, name: &str) -> Result<T, StorageError> {
        let broken = || StorageError::from(BooksError::Row { kind: Self::KIND });
        let (nonce, sealed) = self.sealed.split_at_checked(NONCE).ok_or_else(broken)?;
        let nonce = Nonce::try_from(nonce).map_err(|_| broken())?;
        let opened = cipher(name).decrypt(&nonce, sealed).map_err(|_| broken())?;
        serde_json::from_slice(&opened).map_err(|_| broken())
    }
}

impl Row for Kept {
    const KIND: &'static str = "oauth";

    fn key(&self) -> String {
        self.key.clone()
    }
}

impl From<BooksError> for StorageError {
    fn from(error: BooksError) -> Self {
        Self::new(error.to_string())
    }
}

/// The key of a row: its server, its kind, and the SHA-256 of its name.
pub(super) fn key(server: &str, kind: &str, name: &str) -> String {
    format!("{server}/{kind}/{}", lower::encode_string(&Sha256::digest(name)))
}

fn seal<T: Serialize>(name: &str, row: &T) -> Vec<u8> {
    let mut nonce = [0; NONCE];
    rng().fill_bytes(&mut nonce);
    let row = serde_json::to_vec(row).expect("a row is plain data");
    let sealed = cipher(name).encrypt(&Nonce::from(nonce), row.as_slice()).expect("a row is not that long");
    [nonce.as_slice(), &sealed].concat()
}

/// The names of codes and tokens are random enough to make keys of; those of clients and barriers are no secrets.
fn cipher(name: &str) -> Aes256Gcm {
    let key = Sha256::new_with_prefix("kakuu central bank: row of ").chain_update(name).finalize();
    Aes256Gcm::new_from_slice(&key).expect("SHA-256 gives 32 bytes")
}
