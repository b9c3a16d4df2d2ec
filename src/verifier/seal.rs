//! The seals of records: a MAC on each, under a key that comes from the key-encryption key. An attacker who can write to the
//! store, and to nothing else, cannot alter a record or put it in the place of another.
//!
//! The key-check value of a store says how far its sealing has come ([`Sealing`]). Older stores go on without seals until
//! [`Verifier::seal_records`] was run; new stores are sealed from the start.
//!
//! A key in a sealed store is wrapped for another context. So a record whose seal was cut off is not taken for a record of an
//! older store: its key does not open.

use std::sync::atomic::{AtomicU8, Ordering};

use camtoken_core::verifier::audit::{AuditEvent, AuditNote};
use camtoken_core::verifier::clock::ClockRecord;
use camtoken_core::verifier::decision::{Restoration, settle};
use camtoken_core::verifier::record::{self, GeneratorRecord, Record, RecordError, Stored, TokenRecord};
use camtoken_core::verifier::seal;
use rand::CryptoRng;

use super::audit::ChainEnd;

use super::enroll::token_context;
use super::generators::generator_context;
use super::key_wrapper::KeyWrapError;
use super::retry::{Tries, Try};
use super::{KeyWrapper, Policy, Verifier, VerifierError, context};
use crate::key::Key;
use crate::store::{Change, RecordId, Replaced, Revision, Store, Versioned};
use crate::time::Timestamp;

/// How far the sealing of a store has come. It only goes forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Sealing {
    /// Not yet looked up.
    Unknown,
    /// No record has a seal.
    Not,
    /// Records are written with a seal; those without are still read.
    Begun,
    /// A record without a seal is refused.
    Done,
}

/// The sealing as this verifier knows it.
pub(super) struct KnownSealing(AtomicU8);

/// The result of sealing the records of a store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SealReport {
    /// How many records had no seal, and have one now.
    pub sealed: u64,
    /// Records that are refused, with the reason. While there are any, records without a seal are still read.
    pub refused: Vec<(RecordId, String)>,
}

impl KnownSealing {
    pub fn new() -> Self {
        Self(AtomicU8::new(Sealing::Unknown as u8))
    }

    pub fn get(&self) -> Sealing {
        match self.0.load(Ordering::Acquire) {
            0 => Sealing::Unknown,
            1 => Sealing::Not,
            2 => Sealing::Begun,
            _ => Sealing::Done,
        }
    }

    pub fn raise(&self, to: Sealing) {
        self.0.fetch_max(to as u8, Ordering::AcqRel);
    }
}

impl<S: Store> Verifier<S> {
    /// How far the sealing of this store has come; looked up once, and again when the key is checked.
    pub(super) async fn sealing(&self) -> Result<Sealing, VerifierError> {
        match self.sealing.get() {
            Sealing::Unknown => match self.look_up_sealing().await {
                // Each record that such a key can read shows that by itself.
                Err(VerifierError::KeyMismatch) => Ok(Sealing::Not),
                found => found,
            },
            known => Ok(known),
        }
    }

    /// The bytes of a record whose seal fits, or that may have none. Whether it has one.
    pub(super) async fn opened<'a>(
        &self,
        id: &RecordId,
        found: &'a Versioned,
    ) -> Result<(&'a [u8], bool), VerifierError> {
        let (seal, record) = seal::split(&found.record)?;
        match seal {
            Some(seal) => check_seal(&*self.key_wrapper, id, found.revision, seal, record)?,
            None if self.sealing().await? == Sealing::Done => return Err(RecordError::Unsealed.into()),
            None => {}
        }
        // Another process may have begun to seal the records since.
        if seal.is_some() && self.sealing().await? < Sealing::Begun && self.look_up_sealing().await? < Sealing::Begun {
            return Err(RecordError::Unexpected.into());
        }
        Ok((record, seal.is_some()))
    }

    /// Reads a record whose seal fits, or that may have none.
    pub(super) async fn read<R: Stored>(&self, id: &RecordId, found: &Versioned) -> Result<R, VerifierError> {
        let (bytes, is_sealed) = self.opened(id, found).await?;
        let mut record: R = record::from_bytes(bytes)?;
        // While both kinds are read, a key shows which kind its record was when it was wrapped.
        if !is_sealed
            && self.sealing.get() == Sealing::Begun
            && let Some(wrapped) = record.wrapped_key()
        {
            match self.key_wrapper.unwrap(wrapped, &context_of(id)) {
                Err(KeyWrapError::Damaged) => return Err(RecordError::Unsealed.into()),
                opened => opened.map(drop)?,
            }
        }
        Ok(record)
    }

    /// The bytes of a record as they are stored at a revision.
    pub(super) fn to_bytes<R: Stored>(
        &self,
        id: &RecordId,
        revision: Revision,
        record: &R,
    ) -> Result<Vec<u8>, VerifierError> {
        if self.sealing.get() < Sealing::Begun {
            return Ok(record::to_bytes(record));
        }
        Ok(sealed_bytes(&*self.key_wrapper, id, revision, record)?)
    }

    /// Wraps a key for a record of this store.
    pub(super) fn wrap(&self, key: &Key, context: &[u8], rng: &mut impl CryptoRng) -> Result<Vec<u8>, VerifierError> {
        Ok(match self.sealing.get() {
            Sealing::Unknown | Sealing::Not => self.key_wrapper.wrap(key, context, rng)?,
            Sealing::Begun | Sealing::Done => self.key_wrapper.wrap(key, &sealed(context), rng)?,
        })
    }

    /// Opens a key of a record of this store.
    pub(super) fn unwrap(&self, wrapped: &[u8], context: &[u8]) -> Result<Key, KeyWrapError> {
        if self.sealing.get() < Sealing::Begun {
            return self.key_wrapper.unwrap(wrapped, context);
        }
        match self.key_wrapper.unwrap(wrapped, &sealed(context)) {
            // Wrapped before there were seals; the seal says that it belongs here.
            Err(KeyWrapError::Damaged) => self.key_wrapper.unwrap(wrapped, context),
            opened => opened,
        }
    }

    /// Gives every record of the store a seal, and re-wraps every key, while challenges are issued and answered. When all have
    /// one, a record without is refused. In a store that is sealed it changes nothing. The audit chain of the record `key-check`
    /// has an entry of it.
    ///
    /// An attacker who copied the store before can still put records of that time back; a new key-encryption key ends that
    /// ([`Verifier::rewrap`]).
    ///
    /// # Errors
    ///
    /// [`VerifierError`] when it could not finish; repeat it. A record that is refused is skipped, and the others get their seals.
    pub async fn seal_records(&self, now: Timestamp, rng: &mut impl CryptoRng) -> Result<SealReport, VerifierError> {
        let mut report = SealReport::default();
        if self.look_up_sealing().await? == Sealing::Done {
            return Ok(report);
        }
        self.note_sealing(Sealing::Begun, now, rng).await?;
        loop {
            let (mut sealed, mut after) = (0, None);
            report.refused.clear();
            while let Some(page) = self.page(&mut after).await? {
                for id in page {
                    match self.seal_record(&id, rng).await {
                        Ok(changed) => sealed += u64::from(changed),
                        Err(error @ (VerifierError::Record(_) | VerifierError::KeyWrapper(_))) => {
                            report.refused.push((id, error.to_string()));
                        }
                        Err(error) => return Err(error),
                    }
                }
            }
            report.sealed += sealed;
            // A verifier that has not noticed yet may have written one more.
            if sealed == 0 {
                break;
            }
        }
        if report.refused.is_empty() {
            self.note_sealing(Sealing::Done, now, rng).await?;
        }
        Ok(report)
    }

    /// Accepts a record as it is, whatever its seal says, and ends what is open in it: for an operator who has compared it with the
    /// bank's own records. Its history has to be whole and its key has to open. The audit chain of the record has an entry of it.
    ///
    /// # Errors
    ///
    /// [`VerifierError::Record`] when it cannot be read or its history was altered, [`VerifierError::KeyWrapper`] when its key is
    /// another record's: restore the record from a backup.
    pub async fn accept_record(
        &self,
        id: &RecordId,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<bool, VerifierError> {
        match id {
            RecordId::Activation(_) => {
                self.accept::<Record>(id, now, rng, |record| {
                    // No rule of a restoration depends on the policy.
                    let ended = settle(&Policy::default(), record, &Restoration, now)?.record;
                    let failures = ended.failures;
                    Ok((ended, failures))
                })
                .await
            }
            RecordId::Token(_) => self.accept::<TokenRecord>(id, now, rng, |record| Ok((record, 0))).await,
            RecordId::Generator(_) => self.accept::<GeneratorRecord>(id, now, rng, |record| Ok((record, 0))).await,
            RecordId::Clock => self.accept::<ClockRecord>(id, now, rng, |record| Ok((record, 0))).await,
            // It is no record of a customer: `seal_records` writes it again.
            RecordId::KeyCheck | RecordId::Ranges => Ok(false),
        }
    }

    async fn accept<R: Stored>(
        &self,
        id: &RecordId,
        now: Timestamp,
        rng: &mut impl CryptoRng,
        end: impl Fn(R) -> Result<(R, u8), VerifierError>,
    ) -> Result<bool, VerifierError> {
        let mut tries = Tries::new();
        self.sealing().await?;
        loop {
            tries.next().await?;
            let Some(found) = self.store.load(id).await? else { return Ok(false) };
            let mut record: R = record::from_bytes(seal::split(&found.record)?.1)?;
            let chain_end = record.chain().clone();
            if self.history(id, found.revision, &chain_end).await?.into_entries().is_err() {
                return Err(RecordError::Damaged.into());
            }
            let (mut record, failures) = end(record)?;
            if let Some(wrapped) = record.wrapped_key() {
                *wrapped = self.wrap(&self.unwrap(wrapped, &context_of(id))?, &context_of(id), rng)?;
            }
            let note = AuditNote { event: AuditEvent::SealAccepted, at: now, failures, about: None };
            let entry = record.chain().append(note, self.actor.as_deref());
            if let Try::Done(()) = self.swap(id, found.revision, &record, Some(entry)).await? {
                return Ok(true);
            }
        }
    }

    /// Gives one record its seal. Whether it had none.
    async fn seal_record(&self, id: &RecordId, rng: &mut impl CryptoRng) -> Result<bool, VerifierError> {
        let rewrapped = match id {
            RecordId::KeyCheck | RecordId::Ranges => return Ok(false),
            _ if self.is_sealed(id).await? => return Ok(false),
            RecordId::Activation(_) => self.rewrap_record::<Record>(id, rng).await,
            RecordId::Token(_) => self.rewrap_record::<TokenRecord>(id, rng).await,
            RecordId::Generator(_) => self.rewrap_record::<GeneratorRecord>(id, rng).await,
            RecordId::Clock => self.rewrap_record::<ClockRecord>(id, rng).await,
        };
        rewrapped.map(|_| true)
    }

    /// Whether a record has a seal, which fits.
    async fn is_sealed(&self, id: &RecordId) -> Result<bool, VerifierError> {
        match self.store.load(id).await? {
            Some(found) => Ok(self.opened(id, &found).await?.1),
            None => Ok(true),
        }
    }

    /// Writes a record again, with its key under the newest key-encryption key and for the present context. Whether the key was
    /// under an older one.
    pub(super) async fn rewrap_record<R: Stored>(
        &self,
        id: &RecordId,
        rng: &mut impl CryptoRng,
    ) -> Result<bool, VerifierError> {
        let context = context_of(id);
        let mut tries = Tries::new();
        loop {
            tries.next().await?;
            let Some(found) = self.store.load(id).await? else { return Ok(false) };
            let mut record: R = self.read(id, &found).await?;
            let mut is_older = false;
            if let Some(wrapped) = record.wrapped_key() {
                is_older = !self.key_wrapper.is_current(wrapped);
                if is_older || seal::split(&found.record)?.0.is_none() && self.sealing.get() >= Sealing::Begun {
                    *wrapped = self.wrap(&self.unwrap(wrapped, &context)?, &context, rng)?;
                }
            }
            if let Try::Done(()) = self.swap(id, found.revision, &record, None).await? {
                return Ok(is_older);
            }
        }
    }

    pub(super) async fn swap<R: Stored>(
        &self,
        id: &RecordId,
        revision: Revision,
        record: &R,
        audit: Option<Vec<u8>>,
    ) -> Result<Try<()>, VerifierError> {
        // Nothing is loaded before a new record is written, so its writer looks up whether it needs a seal.
        if revision == Revision::ABSENT && self.sealing.get() < Sealing::Begun {
            self.look_up_sealing().await?;
        }
        let change = Change { record: self.to_bytes(id, revision.next(), record)?, audit };
        Ok(match self.store.replace(id, revision, change).await? {
            Replaced::Yes(_) => Try::Done(()),
            Replaced::Conflict => Try::Overtaken,
        })
    }
}

/// Writes a record with its seal.
pub(super) fn sealed_bytes<R: record::Layout>(
    key_wrapper: &dyn KeyWrapper,
    id: &RecordId,
    revision: Revision,
    record: &R,
) -> Result<Vec<u8>, KeyWrapError> {
    seal::to_bytes(record, |bytes| key_wrapper.seal(&[&id.to_key(), &revision.as_u64().to_be_bytes(), bytes]))
}

/// Refuses a record that is not as it was written under this name and at this revision.
pub(super) fn check_seal(
    key_wrapper: &dyn KeyWrapper,
    id: &RecordId,
    revision: Revision,
    seal: &[u8; seal::SEAL_LEN],
    record: &[u8],
) -> Result<(), VerifierError> {
    match key_wrapper.check_seal(seal, &[&id.to_key(), &revision.as_u64().to_be_bytes(), record]) {
        Err(KeyWrapError::Damaged) => Err(RecordError::Seal.into()),
        checked => Ok(checked?),
    }
}

/// The context to which a key in a sealed store is bound.
pub(super) fn sealed(context: &[u8]) -> Vec<u8> {
    [b"sealed ", context].concat()
}

/// The context to which the key of a record is bound.
pub(super) fn context_of(id: &RecordId) -> Vec<u8> {
    match id {
        RecordId::Activation(activation) => context(*activation),
        RecordId::Token(token) => token_context(token),
        RecordId::Generator(generator) => generator_context(generator),
        RecordId::Clock | RecordId::KeyCheck | RecordId::Ranges => Vec::new(),
    }
}

/// The state of a store's sealing, as its key-check value has it.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(array)]
pub(super) struct SealingState {
    /// Whether a record without a seal is refused.
    #[n(0)]
    pub done: bool,
    /// The end of the audit chain of the key-check value.
    #[n(1)]
    pub chain_end: ChainEnd,
}
