//! Whether the key-encryption key is the one of the store.
//!
//! A verifier with another key would start, refuse everybody who is enrolled, and wrap new keys under a key that the next
//! start does not have. So the store holds a key-check value: a constant, wrapped as the keys are. It is a record like the
//! others, so every kind of store and every backup has it.

use minicbor::{Decode, Encode};
use rand::CryptoRng;

use super::enroll::token_context;
use super::generators::generator_context;
use super::key_wrapper::KeyWrapError;
use super::retry::Tries;
use super::{Verifier, VerifierError, context};
use crate::key::Key;
use crate::store::{Change, RecordId, Replaced, Revision, Store};
use camtoken_core::verifier::record::{self, GeneratorRecord, Layout, Record, TokenRecord};

/// What is wrapped. It is no secret.
const CONSTANT: &[u8; Key::LEN] = b"camtoken/1 key-encryption key ok";

/// What it is bound to.
const CONTEXT: &[u8] = b"key check";

/// The record of the key-check value.
#[derive(Encode, Decode)]
#[cbor(array)]
struct KeyCheck {
    /// [`CONSTANT`], wrapped.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    wrapped: Vec<u8>,
}

impl Layout for KeyCheck {}

impl<S: Store> Verifier<S> {
    /// Checks that the key-encryption key is the one of the store. Call it whenever a store is opened, before anything else.
    ///
    /// The first call for a store stores the key-check value. If the store has keys already, one of them must open first.
    /// While a key is rotated, with several key-encryption keys, any of them may be the one of the store.
    ///
    /// # Errors
    ///
    /// [`VerifierError::KeyMismatch`] when it is another key: use this verifier for nothing. Any other error: it is not known.
    pub async fn check_key(&self, rng: &mut impl CryptoRng) -> Result<(), VerifierError> {
        let mut tries = Tries::new();
        loop {
            tries.next().await?;
            if self.key_fits().await? {
                return Ok(());
            }
            self.prove_key().await?;
            if self.store_key_check(Revision::ABSENT, rng).await? {
                return Ok(());
            }
        }
    }

    /// Compares the key-check value. Whether there is one.
    pub(super) async fn key_fits(&self) -> Result<bool, VerifierError> {
        let Some((_, check)) = self.load::<KeyCheck>(&RecordId::KeyCheck).await? else { return Ok(false) };
        match self.key_wrapper.unwrap(&check.wrapped, CONTEXT) {
            Ok(constant) if constant.expose_bytes() == CONSTANT => Ok(true),
            Ok(_) | Err(KeyWrapError::KeyEncryptionKey | KeyWrapError::Damaged) => Err(VerifierError::KeyMismatch),
            Err(error) => Err(error.into()),
        }
    }

    /// Wraps the key-check value under the newest key-encryption key, and writes it in any case, as is done with the keys.
    pub(super) async fn rewrap_key_check(&self, rng: &mut impl CryptoRng) -> Result<(), VerifierError> {
        let mut tries = Tries::new();
        loop {
            tries.next().await?;
            let revision = match self.store.load(&RecordId::KeyCheck).await? {
                Some(found) => {
                    self.key_fits().await?;
                    found.revision
                }
                None => Revision::ABSENT,
            };
            if self.store_key_check(revision, rng).await? {
                return Ok(());
            }
        }
    }

    /// Whether it was stored; if not, another process was faster.
    async fn store_key_check(&self, expected: Revision, rng: &mut impl CryptoRng) -> Result<bool, VerifierError> {
        let wrapped = self.key_wrapper.wrap(&Key::new(CONSTANT.to_vec()), CONTEXT, rng)?;
        let change = Change { record: record::to_bytes(&KeyCheck { wrapped }), audit: None };
        Ok(matches!(self.store.replace(&RecordId::KeyCheck, expected, change).await?, Replaced::Yes(_)))
    }

    /// Opens a key that the store has, the first that is whole. A store without keys proves nothing and takes any.
    async fn prove_key(&self) -> Result<(), VerifierError> {
        let (mut after, mut found) = (None, false);
        while let Some(page) = self.page(&mut after).await? {
            for id in page {
                let opened = match &id {
                    RecordId::Activation(activation) => match self.load::<Record>(&id).await {
                        Ok(Some((_, record))) => {
                            let key = record.credential.key();
                            // The place of a registration that its token's revocation has overtaken has none.
                            (!key.is_empty()).then(|| self.key_wrapper.unwrap(key, &context(*activation)))
                        }
                        unread => unread_record(unread)?,
                    },
                    RecordId::Token(token) => match self.load::<TokenRecord>(&id).await {
                        Ok(Some((_, record))) => {
                            Some(self.key_wrapper.unwrap(&record.device_key, &token_context(token)))
                        }
                        unread => unread_record(unread)?,
                    },
                    RecordId::Generator(generator) => match self.load::<GeneratorRecord>(&id).await {
                        Ok(Some((_, record))) => {
                            Some(self.key_wrapper.unwrap(&record.key, &generator_context(generator)))
                        }
                        unread => unread_record(unread)?,
                    },
                    RecordId::Clock | RecordId::KeyCheck => None,
                };
                match opened {
                    None => {}
                    Some(Ok(_)) => return Ok(()),
                    Some(Err(KeyWrapError::KeyEncryptionKey)) => return Err(VerifierError::KeyMismatch),
                    // One damaged key says nothing of the others.
                    Some(Err(KeyWrapError::Damaged)) => found = true,
                    Some(Err(error)) => return Err(error.into()),
                }
            }
        }
        if found { Err(VerifierError::KeyMismatch) } else { Ok(()) }
    }
}

/// A record that cannot be read proves nothing; a store that fails is an error.
fn unread_record<T>(
    read: Result<Option<T>, VerifierError>,
) -> Result<Option<Result<Key, KeyWrapError>>, VerifierError> {
    match read {
        Ok(_) | Err(VerifierError::Record(_)) => Ok(None),
        Err(error) => Err(error),
    }
}
