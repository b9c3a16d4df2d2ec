//! The repair of damaged records: one that cannot be read, or whose key does not open, is ended for good.

use camtoken_core::verifier::clock::ClockRecord;
use camtoken_core::verifier::decision::{Endable, Revocation, Settlement, end_damaged, settle};
use camtoken_core::verifier::record::{self, Credential, GeneratorRecord, Record, RecordError, Stored, TokenRecord};
use camtoken_core::verifier::seal;

use super::key_wrapper::KeyWrapError;
use super::retry::{Tries, Try};
use super::seal::{context_of, sealed_bytes};
use super::{KeyWrapper, Verifier, VerifierError};
use crate::key::TokenId;
use crate::store::backup::Saved;
use crate::store::{RecordId, Revision, Store, Versioned};
use crate::time::Timestamp;

/// Whether there may be a key-encryption key that was not given. A record that names one is then not damaged: it needs that key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtherKeys {
    /// There may be one.
    MayExist,
    /// There is none, or it is lost for good.
    Lost,
}

/// The result of [`Verifier::end_damaged`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Damage {
    /// The store has no such record.
    NotFound,
    /// The record is sound, and stays as it is: revoke it in the usual way.
    Sound,
    /// The record was damaged, and is ended.
    Ended,
}

impl<S: Store> Verifier<S> {
    /// Ends a record that cannot be read, or whose key does not open. An activation and a token are revoked, and a token's
    /// activations with it; a generator is given to nobody again; the readings of the clocks begin anew. Sound records stay as
    /// they are. The audit chain of the record has an entry of it, and goes on after its last sound line. Call
    /// [`Verifier::check_key`] before.
    ///
    /// # Errors
    ///
    /// [`VerifierError::KeyMismatch`] when the key-encryption key is not the store's: then nothing is known to be damaged.
    /// [`VerifierError::KeyWrapper`] with [`KeyWrapError::KeyEncryptionKey`] when the record names another key-encryption key, unless
    /// `other_keys` are lost. [`VerifierError::Record`] with [`RecordError::Version`] for a record of a later version. [`VerifierError`] when it could not
    /// finish; repeat it.
    pub async fn end_damaged(
        &self,
        id: &RecordId,
        other_keys: OtherKeys,
        now: Timestamp,
    ) -> Result<Damage, VerifierError> {
        self.key_check_chain().await?.ok_or(VerifierError::KeyMismatch)?;
        match id {
            RecordId::Activation(_) => self.end::<Record>(id, other_keys, now).await,
            RecordId::Token(token) => {
                let damage = self.end::<TokenRecord>(id, other_keys, now).await?;
                let was_ended = damage == Damage::Sound
                    && self.load::<TokenRecord>(id).await?.is_some_and(|(_, known)| known.device_key.is_empty());
                if damage == Damage::Ended || was_ended {
                    self.revoke_users(token, now).await?;
                    return Ok(Damage::Ended);
                }
                Ok(damage)
            }
            RecordId::Generator(_) => self.end::<GeneratorRecord>(id, other_keys, now).await,
            RecordId::Clock => self.end::<ClockRecord>(id, other_keys, now).await,
            // Without it nothing can be told of the other records: it comes from a backup.
            RecordId::KeyCheck | RecordId::Ranges => Ok(Damage::Sound),
        }
    }

    async fn end<R: Endable>(
        &self,
        id: &RecordId,
        other_keys: OtherKeys,
        now: Timestamp,
    ) -> Result<Damage, VerifierError> {
        let mut tries = Tries::new();
        loop {
            tries.next().await?;
            let Some(found) = self.store.load(id).await? else { return Ok(Damage::NotFound) };
            if self.is_sound::<R>(id, &found, other_keys).await? {
                return Ok(Damage::Sound);
            }
            let lines = self.store.audit(id).await?;
            let ended = last_state::<R>(&found.record, &lines, now);
            if let Try::Done(()) = self.replace(id, found.revision, ended).await? {
                return Ok(Damage::Ended);
            }
        }
    }

    /// Whether a record can be read, and its key opens.
    async fn is_sound<R: Stored>(
        &self,
        id: &RecordId,
        found: &Versioned,
        other_keys: OtherKeys,
    ) -> Result<bool, VerifierError> {
        let checked = self.read::<R>(id, found).await.and_then(|mut record| match record.wrapped_key() {
            Some(wrapped) => Ok(self.unwrap(wrapped, &context_of(id)).map(drop)?),
            None => Ok(()),
        });
        match checked {
            Ok(()) => Ok(true),
            Err(error) if is_damage(&error, other_keys) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Revokes every activation of a token, by their own records: its list may be lost.
    async fn revoke_users(&self, token: &TokenId, now: Timestamp) -> Result<(), VerifierError> {
        let mut after = None;
        while let Some(page) = self.page(&mut after).await? {
            for id in page {
                let RecordId::Activation(activation) = id else { continue };
                match self.load::<Record>(&id).await {
                    Ok(Some((_, record))) if is_on(&record, token) => {
                        self.update(activation, |record| Ok(settle(&self.policy, record, &Revocation, now)?)).await?;
                    }
                    Ok(_) => {}
                    // What cannot be read signs nothing, and has its own repair.
                    Err(error) if is_damage(&error, OtherKeys::Lost) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(())
    }

    /// Whether [`restored`](super::restored) would take a saved record: for whoever writes a backup.
    ///
    /// # Errors
    ///
    /// As [`restored`](super::restored).
    pub fn check_saved(&self, saved: &Saved, now: Timestamp) -> Result<(), VerifierError> {
        super::restored(saved.clone(), &*self.key_wrapper, now).map(drop)
    }
}

/// As [`restored`](super::restored), and a damaged record is ended as [`Verifier::end_damaged`] does it. Whether it was damaged.
///
/// The key-check value is never ended, so a wrong key-encryption key ends nothing in a sealed store: take no record of a backup
/// before all have been read.
///
/// # Errors
///
/// As [`restored`](super::restored), but for damage.
pub fn restored_or_ended(
    saved: Saved,
    key_wrapper: &dyn KeyWrapper,
    other_keys: OtherKeys,
    now: Timestamp,
) -> Result<(Saved, bool), VerifierError> {
    match super::restored(saved.clone(), key_wrapper, now) {
        Ok(restored) => Ok((restored, false)),
        Err(error) if is_damage(&error, other_keys) => {
            let ended = match saved.id {
                RecordId::Activation(_) => ended::<Record>(saved, key_wrapper, now)?,
                RecordId::Token(_) => ended::<TokenRecord>(saved, key_wrapper, now)?,
                RecordId::Generator(_) => ended::<GeneratorRecord>(saved, key_wrapper, now)?,
                RecordId::Clock => ended::<ClockRecord>(saved, key_wrapper, now)?,
                RecordId::KeyCheck | RecordId::Ranges => return Err(error),
            };
            Ok((ended, true))
        }
        Err(error) => Err(error),
    }
}

fn ended<R: Endable>(mut saved: Saved, key_wrapper: &dyn KeyWrapper, now: Timestamp) -> Result<Saved, VerifierError> {
    let is_sealed = !matches!(seal::split(&saved.record), Ok((None, _)));
    let Settlement { mut record, audit, .. } = last_state::<R>(&saved.record, &saved.audit, now);
    saved.revision = saved.revision.next();
    if let Some(note) = audit {
        saved.audit.push((saved.revision, record.chain().append(note, None)));
    }
    saved.record = match is_sealed {
        true => sealed_bytes(key_wrapper, &saved.id, saved.revision, &record)?,
        false => record::to_bytes(&record),
    };
    Ok(saved)
}

fn last_state<R: Endable>(bytes: &[u8], lines: &[(Revision, Vec<u8>)], now: Timestamp) -> Settlement<(), R> {
    let left = seal::split(bytes).and_then(|(_, bytes)| record::from_bytes(bytes)).ok();
    end_damaged(left, lines.iter().map(|(_, line)| line.as_slice()), now)
}

fn is_on(record: &Record, token: &TokenId) -> bool {
    matches!(&record.credential, Credential::Camera { token: of, .. } if of == token)
}

/// Whether an error is about the record alone. A later version is none: another program may read it.
fn is_damage(error: &VerifierError, other_keys: OtherKeys) -> bool {
    match error {
        VerifierError::Record(error) => !matches!(error, RecordError::Version { .. }),
        VerifierError::KeyWrapper(KeyWrapError::Damaged) => true,
        VerifierError::KeyWrapper(KeyWrapError::KeyEncryptionKey) => other_keys == OtherKeys::Lost,
        _ => false,
    }
}
