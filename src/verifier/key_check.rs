//! Whether the key-encryption key is the one of the store, and how far the sealing of its records has come.
//!
//! A verifier with another key would start, refuse every enrolled user, and wrap new keys under a key that the next
//! start does not have. So the store has a key-check value: a constant, wrapped as the keys are. It is a record like the
//! others, so every kind of store and every backup has it.
//!
//! In a sealed store it has a seal itself, and the constant is wrapped for another context. So it cannot be turned back into a
//! value of a store without seals.

use minicbor::{Decode, Encode};
use rand::CryptoRng;

use super::key_wrapper::KeyWrapError;
use super::retry::Tries;
use super::seal::{Sealing, SealingState, check_seal, context_of, sealed, sealed_bytes};
use super::{Verifier, VerifierError};
use crate::key::Key;
use crate::store::{Change, RecordId, Replaced, Revision, Store, StoreError, Versioned};
use crate::time::Timestamp;
use camtoken_core::verifier::audit::{AuditEvent, AuditNote, ChainEnd};
use camtoken_core::verifier::clock::ClockRecord;
use camtoken_core::verifier::record::{self, GeneratorRecord, Layout, Record, RecordError, Stored, TokenRecord};
use camtoken_core::verifier::seal;

/// The constant that is wrapped. It is no secret.
const CONSTANT: &[u8; Key::LEN] = b"camtoken/1 key-encryption key ok";

/// The context to which it is bound.
const CONTEXT: &[u8] = b"key check";

/// The record of the key-check value.
#[derive(Encode, Decode)]
#[cbor(array)]
struct KeyCheck {
    /// [`CONSTANT`], wrapped.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    wrapped: Vec<u8>,
    /// None in an older store without seals.
    #[n(1)]
    sealing: Option<SealingState>,
}

impl Layout for KeyCheck {}

/// The content of a store's key-check value.
struct Known {
    revision: Revision,
    sealing: Sealing,
    chain_end: ChainEnd,
}

/// The evidence about the key in the records of a store without a key-check value.
enum Proof {
    /// There are no records, except perhaps the clock's.
    NoRecords,
    /// The key fits, as far as the records show.
    Fits,
}

impl<S: Store> Verifier<S> {
    /// Checks that the key-encryption key is the one of the store. Call it whenever a store is opened, before anything else.
    ///
    /// The first call for a store stores the key-check value. If the store has keys already, one of them must open first.
    /// While a key is rotated, with several key-encryption keys, any of them may be the one of the store. A store
    /// without records has a seal on each of its records from then on.
    ///
    /// # Errors
    ///
    /// [`VerifierError::KeyMismatch`] when it is another key: do not use this verifier. [`VerifierError::Record`] when the key-check
    /// value was altered. [`StoreError::Ranges`] for a member of a store of ranges. After any other error it is not known.
    pub async fn check_key(&self, rng: &mut impl CryptoRng) -> Result<(), VerifierError> {
        if self.store.load(&RecordId::Ranges).await?.is_some() {
            let reason = "this is one member: open the store of ranges that it belongs to".to_owned();
            return Err(StoreError::Ranges { reason }.into());
        }
        let mut tries = Tries::new();
        loop {
            tries.next().await?;
            if self.known().await?.is_some() {
                return Ok(());
            }
            let stored = match self.prove_key().await? {
                Proof::Fits => self.store_key_check(Revision::ABSENT, None, None, rng).await?,
                Proof::NoRecords => self.begin_sealed(rng).await?,
            };
            if stored {
                return self.look_up_sealing().await.map(drop);
            }
        }
    }

    /// Whether the store has a key-check value. Unlike [`Verifier::check_key`] it stores nothing.
    ///
    /// # Errors
    ///
    /// As [`Verifier::check_key`].
    pub async fn has_key_check(&self) -> Result<bool, VerifierError> {
        Ok(self.known().await?.is_some())
    }

    /// The revision of the key-check value and the end of its chain, if it fits.
    pub(super) async fn key_check_chain(&self) -> Result<Option<(Revision, ChainEnd)>, VerifierError> {
        Ok(self.known().await?.map(|known| (known.revision, known.chain_end)))
    }

    /// How far the sealing has come, as the store has it now.
    pub(super) async fn look_up_sealing(&self) -> Result<Sealing, VerifierError> {
        match self.known().await? {
            Some(known) => Ok(known.sealing),
            None if self.sealing.get() >= Sealing::Begun => Err(RecordError::Unsealed.into()),
            None => {
                self.sealing.raise(Sealing::Not);
                Ok(Sealing::Not)
            }
        }
    }

    /// Writes down how far the sealing has come, if the store does not know it yet.
    pub(super) async fn note_sealing(
        &self,
        to: Sealing,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<(), VerifierError> {
        let mut tries = Tries::new();
        loop {
            tries.next().await?;
            let known = self.known().await?;
            if known.as_ref().is_some_and(|known| known.sealing >= to) {
                return Ok(());
            }
            let (revision, mut chain_end) =
                known.map_or((Revision::ABSENT, ChainEnd::default()), |known| (known.revision, known.chain_end));
            let done = to == Sealing::Done;
            let event = if done { AuditEvent::Sealed } else { AuditEvent::SealingBegun };
            let note = AuditNote { event, at: now, failures: 0, about: None };
            let entry = chain_end.append(note, self.actor.as_deref());
            let state = Some(SealingState { done, chain_end });
            if self.store_key_check(revision, state, Some(entry), rng).await? {
                self.sealing.raise(to);
                return Ok(());
            }
        }
    }

    /// Wraps the key-check value under the newest key-encryption key, and writes it in any case, as is done with the keys.
    pub(super) async fn rewrap_key_check(&self, rng: &mut impl CryptoRng) -> Result<(), VerifierError> {
        let mut tries = Tries::new();
        loop {
            tries.next().await?;
            let (revision, state) = match self.known().await? {
                Some(Known { revision, sealing, chain_end }) => {
                    let state = SealingState { done: sealing == Sealing::Done, chain_end };
                    (revision, (sealing >= Sealing::Begun).then_some(state))
                }
                None => (Revision::ABSENT, None),
            };
            if self.store_key_check(revision, state, None, rng).await? {
                return Ok(());
            }
        }
    }

    /// Reads the key-check value, and notes how far the sealing has come. A value that goes behind what was seen before was put back.
    async fn known(&self) -> Result<Option<Known>, VerifierError> {
        let Some(found) = self.store.load(&RecordId::KeyCheck).await? else { return Ok(None) };
        let known = self.read_key_check(&found)?;
        if known.sealing < self.sealing.get() {
            return Err(RecordError::Unsealed.into());
        }
        self.sealing.raise(known.sealing);
        Ok(Some(known))
    }

    fn read_key_check(&self, found: &Versioned) -> Result<Known, VerifierError> {
        let (seal, bytes) = seal::split(&found.record)?;
        let check: KeyCheck = record::from_bytes(bytes)?;
        // First the constant: it distinguishes another key from altered bytes.
        let context = if seal.is_some() { sealed(CONTEXT) } else { CONTEXT.to_vec() };
        match self.key_wrapper.unwrap(&check.wrapped, &context) {
            Ok(constant) if constant.expose_bytes() == CONSTANT => {}
            Ok(_) | Err(KeyWrapError::KeyEncryptionKey | KeyWrapError::Damaged) => {
                return Err(VerifierError::KeyMismatch);
            }
            Err(error) => return Err(error.into()),
        }
        let Some(seal) = seal else {
            return Ok(Known { revision: found.revision, sealing: Sealing::Not, chain_end: ChainEnd::default() });
        };
        check_seal(&*self.key_wrapper, &RecordId::KeyCheck, found.revision, seal, bytes)?;
        let SealingState { done, chain_end } = check.sealing.ok_or(RecordError::Damaged)?;
        let sealing = if done { Sealing::Done } else { Sealing::Begun };
        Ok(Known { revision: found.revision, sealing, chain_end })
    }

    /// A new store. What the clock has put down there gets its seal before a record without one is refused.
    async fn begin_sealed(&self, rng: &mut impl CryptoRng) -> Result<bool, VerifierError> {
        let state = |done| Some(SealingState { done, chain_end: ChainEnd::default() });
        if self.store.load(&RecordId::Clock).await?.is_none() {
            return self.store_key_check(Revision::ABSENT, state(true), None, rng).await;
        }
        if !self.store_key_check(Revision::ABSENT, state(false), None, rng).await? {
            return Ok(false);
        }
        self.look_up_sealing().await?;
        self.rewrap_record::<ClockRecord>(&RecordId::Clock, rng).await?;
        self.store_key_check(Revision::ABSENT.next(), state(true), None, rng).await
    }

    /// Whether it was stored; if not, another process was faster.
    async fn store_key_check(
        &self,
        expected: Revision,
        sealing: Option<SealingState>,
        audit: Option<Vec<u8>>,
        rng: &mut impl CryptoRng,
    ) -> Result<bool, VerifierError> {
        let is_sealed = sealing.is_some();
        let context = if is_sealed { sealed(CONTEXT) } else { CONTEXT.to_vec() };
        let wrapped = self.key_wrapper.wrap(&Key::new(CONSTANT.to_vec()), &context, rng)?;
        let check = KeyCheck { wrapped, sealing };
        let record = match is_sealed {
            true => sealed_bytes(&*self.key_wrapper, &RecordId::KeyCheck, expected.next(), &check)?,
            false => record::to_bytes(&check),
        };
        let change = Change { record, audit };
        Ok(matches!(self.store.replace(&RecordId::KeyCheck, expected, change).await?, Replaced::Yes(_)))
    }

    /// Opens a key that the store has, the first that is whole. A store without keys proves nothing and takes any.
    async fn prove_key(&self) -> Result<Proof, VerifierError> {
        let (mut after, mut proof, mut found) = (None, Proof::NoRecords, false);
        while let Some(page) = self.page(&mut after).await? {
            for id in page {
                let opened = match &id {
                    RecordId::Activation(_) => self.open_key::<Record>(&id).await?,
                    RecordId::Token(_) => self.open_key::<TokenRecord>(&id).await?,
                    RecordId::Generator(_) => self.open_key::<GeneratorRecord>(&id).await?,
                    RecordId::Clock | RecordId::KeyCheck | RecordId::Ranges => continue,
                };
                proof = Proof::Fits;
                match opened {
                    None => {}
                    Some(Ok(_)) => return Ok(proof),
                    Some(Err(KeyWrapError::KeyEncryptionKey)) => return Err(VerifierError::KeyMismatch),
                    // One damaged key says nothing of the others.
                    Some(Err(KeyWrapError::Damaged)) => found = true,
                    Some(Err(error)) => return Err(error.into()),
                }
            }
        }
        if found { Err(VerifierError::KeyMismatch) } else { Ok(proof) }
    }

    /// Opens the key of a record. A record that cannot be read proves nothing; one with a seal should not be there.
    async fn open_key<R: Stored>(&self, id: &RecordId) -> Result<Option<Result<Key, KeyWrapError>>, VerifierError> {
        match self.load::<R>(id).await {
            Ok(Some((_, mut record))) => Ok(record.wrapped_key().map(|wrapped| self.unwrap(wrapped, &context_of(id)))),
            Err(error @ VerifierError::Record(RecordError::Unexpected | RecordError::Seal)) => Err(error),
            Ok(None) | Err(VerifierError::Record(_)) => Ok(None),
            Err(VerifierError::KeyWrapper(KeyWrapError::KeyEncryptionKey)) => Err(VerifierError::KeyMismatch),
            Err(error) => Err(error),
        }
    }
}
