//! Maintenance of the records: a check of everything, what a restored backup must not bring back, re-wrapping of keys.

use rand::CryptoRng;

use super::audit::{AuditError, ChainEnd, History};
use super::enroll::token_context;
use super::generators::generator_context;
use super::key_wrapper::KeyWrapError;
use super::retry::{Tries, Try};
use super::seal::{Sealing, check_seal, sealed_bytes};
use super::{KeyWrapper, Policy, Verifier, VerifierError, context};
use crate::challenge::ResponseSuite;
use crate::key::{ActivationId, GeneratorId, TokenId};
use crate::store::backup::Saved;
use crate::store::{RecordId, Revision, Store, StoreError};
use crate::time::Timestamp;
use camtoken_core::verifier::clock::ClockRecord;
use camtoken_core::verifier::decision::{Restoration, Settlement, restore_generator, settle};
use camtoken_core::verifier::record::{
    self, Credential, GeneratorRecord, Record, RecordError, Stored, StoredState, TokenRecord,
};
use camtoken_core::verifier::seal;

/// The numbers of records in the store, and the faults that were found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inventory {
    /// How many activations there are, with those that ended.
    pub activations: u64,
    /// How many tokens.
    pub tokens: u64,
    /// How many generators that came from their makers.
    pub generators: u64,
    /// How many audit entries.
    pub entries: u64,
    /// The faults, in the order of the records.
    pub findings: Vec<StoreFinding>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreFinding {
    /// The record.
    pub record: RecordId,
    /// The fault.
    pub fault: RecordFault,
}

/// A fault of a record.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordFault {
    /// It cannot be read.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// Its history was altered.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// Its key cannot be opened.
    #[error(transparent)]
    Key(#[from] KeyWrapError),
    /// It is of a token that the store does not have.
    #[error("its token {0} is not in the books")]
    NoToken(TokenId),
    /// Its token does not list it: revoking the token would not end it.
    #[error("its token {0} does not list it")]
    Unlisted(TokenId),
    /// It goes on although its token is revoked: revoke the token once more.
    #[error("its token {0} is revoked, and it is not")]
    TokenRevoked(TokenId),
    /// It is older than its history: an older copy of it was put back.
    #[error("it is older than its history: an older copy was put back")]
    OlderThanHistory,
    /// Sealing the records was begun and not finished, so one without a seal is still read: [`Verifier::seal_records`].
    #[error("sealing the records has begun and is not finished")]
    SealingUnfinished,
    /// It was last changed at a time that is ahead of the clock, so nothing is decided about it until then:
    /// [`Verifier::set_clock_back`].
    #[error("it was last changed {seconds} s ahead of the clock")]
    AheadOfClock {
        /// By how much.
        seconds: u64,
    },
}

/// How many records are listed at once.
const PAGE: usize = 1024;

/// Ends what is open in a saved record, because it may have been answered since. An open challenge counts as superseded, a
/// registration between its codes as given up, and time-based passwords of before `now` as used. Of an event-based generator
/// only two consecutive passwords are accepted next ([`Verifier::resynchronise`]).
///
/// The record does not have revocations, suspensions and wrong responses since the backup: repeat the revocations and suspensions.
///
/// # Errors
///
/// [`VerifierError::Record`] when the record cannot be read or its seal does not fit, [`VerifierError::KeyWrapper`] when it was
/// sealed under another key-encryption key.
pub fn restored(mut saved: Saved, key_wrapper: &dyn KeyWrapper, now: Timestamp) -> Result<Saved, VerifierError> {
    let (seal, bytes) = seal::split(&saved.record)?;
    let is_sealed = seal.is_some();
    if let Some(seal) = seal {
        check_seal(key_wrapper, &saved.id, saved.revision, seal, bytes)?;
    }
    match saved.id {
        RecordId::Activation(_) => {
            let record: Record = record::from_bytes(bytes)?;
            // No rule of a restoration depends on the policy.
            let restored = settle(&Policy::default(), record, &Restoration, now);
            let restored = restored.expect("a restoration is decided by any clock");
            append(&mut saved, restored, is_sealed.then_some(key_wrapper))?;
        }
        RecordId::Generator(_) => {
            let record: GeneratorRecord = record::from_bytes(bytes)?;
            append(&mut saved, restore_generator(record, now), is_sealed.then_some(key_wrapper))?;
        }
        _ => {}
    }
    Ok(saved)
}

/// Unchanged records stay as they were saved: there is no answer that a write would have to confirm. A sealed record is sealed again.
fn append<R: Stored>(
    saved: &mut Saved,
    Settlement { mut record, audit, .. }: Settlement<bool, R>,
    key_wrapper: Option<&dyn KeyWrapper>,
) -> Result<(), VerifierError> {
    let Some(note) = audit else { return Ok(()) };
    let entry = record.chain().append(note, None);
    saved.revision = saved.revision.next();
    saved.record = match key_wrapper {
        Some(key_wrapper) => sealed_bytes(key_wrapper, &saved.id, saved.revision, &record)?,
        None => record::to_bytes(&record),
    };
    saved.audit.push((saved.revision, entry));
    Ok(())
}

impl<S: Store> Verifier<S> {
    /// Reads every record, its history and its key, and says what is wrong. Run it while no verifier writes to the store: about
    /// a registration that begins meanwhile it may say that its token does not list it.
    ///
    /// # Errors
    ///
    /// [`VerifierError::Store`] when the store itself fails.
    pub async fn check(&self, now: Timestamp) -> Result<Inventory, VerifierError> {
        let mut inventory = Inventory::default();
        let mut after = None;
        while let Some(page) = self.page(&mut after).await? {
            for id in page {
                let checked = match &id {
                    RecordId::KeyCheck => self.check_key_check(&id).await,
                    RecordId::Activation(activation) => {
                        inventory.activations += 1;
                        self.check_activation(*activation, &id, now).await
                    }
                    RecordId::Token(token) => {
                        inventory.tokens += 1;
                        self.check_token(token, &id).await
                    }
                    RecordId::Generator(generator) => {
                        inventory.generators += 1;
                        self.check_generator(generator, &id).await
                    }
                    RecordId::Clock => self.check_clock(&id).await,
                    RecordId::Ranges => Ok(0),
                };
                match checked {
                    Ok(entries) => inventory.entries += entries,
                    Err(CheckError::Fault(fault)) => inventory.findings.push(StoreFinding { record: id, fault }),
                    Err(CheckError::Verifier(error)) => return Err(error),
                }
            }
        }
        Ok(inventory)
    }

    /// Does in a store what [`restored`] does to a saved record, for a store that was restored by other means than a backup of
    /// camtoken. Call it before a challenge is issued. Says how many activations it changed.
    ///
    /// # Errors
    ///
    /// [`VerifierError`] when it could not finish; repeat it. A record that cannot be read is skipped, and the others are changed.
    pub async fn expire_open(&self, now: Timestamp) -> Result<u64, VerifierError> {
        let (mut voided, mut after, mut unreadable) = (0, None, None);
        while let Some(page) = self.page(&mut after).await? {
            for id in page {
                let changed = match id {
                    RecordId::Activation(activation) => {
                        let restored = |record| Ok(settle(&self.policy, record, &Restoration, now)?);
                        self.update(activation, restored).await.map(|changed| changed == Some(true))
                    }
                    RecordId::Generator(_) => self.expire_generator(&id, now).await.map(|()| false),
                    _ => continue,
                };
                match changed {
                    Ok(changed) => voided += u64::from(changed),
                    Err(VerifierError::Record(error)) => drop(unreadable.get_or_insert(error)),
                    Err(error) => return Err(error),
                }
            }
        }
        unreadable.map_or(Ok(voided), |error| Err(error.into()))
    }

    async fn expire_generator(&self, id: &RecordId, now: Timestamp) -> Result<(), VerifierError> {
        let mut tries = Tries::new();
        loop {
            tries.next().await?;
            let Some((revision, record)) = self.load::<GeneratorRecord>(id).await? else { return Ok(()) };
            if let Try::Done(_) = self.replace(id, revision, restore_generator(record, now)).await? {
                return Ok(());
            }
        }
    }

    /// Re-wraps every key that is wrapped under an older key-encryption key, and says how many. The key-check value is re-wrapped
    /// with them, and not counted. In a sealed store every record gets its seal under the newest key. When it returns, the older
    /// keys may be removed: every record was written, also those that needed no other key. Challenges are issued and answered
    /// meanwhile.
    ///
    /// # Errors
    ///
    /// [`VerifierError`] when it could not finish; repeat it.
    pub async fn rewrap(&self, rng: &mut impl CryptoRng) -> Result<u64, VerifierError> {
        let (mut wrapped, mut after) = (0, None);
        while let Some(page) = self.page(&mut after).await? {
            for id in page {
                wrapped += u64::from(match &id {
                    // The last one: when it is written, the older keys may be removed.
                    RecordId::KeyCheck | RecordId::Ranges => false,
                    RecordId::Activation(_) => self.rewrap_record::<Record>(&id, rng).await?,
                    RecordId::Token(_) => self.rewrap_record::<TokenRecord>(&id, rng).await?,
                    RecordId::Generator(_) => self.rewrap_record::<GeneratorRecord>(&id, rng).await?,
                    RecordId::Clock => self.rewrap_record::<ClockRecord>(&id, rng).await?,
                });
            }
        }
        self.rewrap_key_check(rng).await?;
        Ok(wrapped)
    }

    async fn check_key_check(&self, id: &RecordId) -> Result<u64, CheckError> {
        match self.key_check_chain().await {
            Ok(Some((revision, chain_end))) => {
                let entries = self.check_history(id, revision, &chain_end).await?;
                match self.sealing.get() {
                    Sealing::Begun => Err(RecordFault::SealingUnfinished.into()),
                    _ => Ok(entries),
                }
            }
            Ok(None) => Ok(0),
            Err(VerifierError::KeyMismatch) => Err(RecordFault::Key(KeyWrapError::KeyEncryptionKey).into()),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn page(&self, after: &mut Option<RecordId>) -> Result<Option<Vec<RecordId>>, VerifierError> {
        let page = self.store.list(after.as_ref(), PAGE).await?;
        *after = page.last().cloned();
        Ok(after.is_some().then_some(page))
    }

    /// How many audit entries an activation has, if nothing is wrong with it.
    async fn check_activation(
        &self,
        activation: ActivationId,
        id: &RecordId,
        now: Timestamp,
    ) -> Result<u64, CheckError> {
        let Some((revision, record)) = self.load::<Record>(id).await? else { return Ok(0) };
        let entries = self.check_history(id, revision, &record.chain_end).await?;
        let (key, token) = match &record.credential {
            // The place of a registration that its token's revocation has overtaken, or a record that was ended as damaged.
            credential if credential.key().is_empty() => return Ok(entries),
            Credential::Camera { suite, .. } if suite.parse::<ResponseSuite>().is_err() => {
                return Err(RecordFault::from(RecordError::Damaged).into());
            }
            Credential::Camera { key, token, .. } => (key, Some(token)),
            Credential::TimeBased { key, .. } | Credential::Generator { key, .. } => (key, None),
        };
        self.unwrap(key, &context(activation)).map_err(RecordFault::from)?;
        let ahead = record.latest_time.since(now);
        if ahead > self.policy.clock_tolerance {
            return Err(RecordFault::AheadOfClock { seconds: ahead.as_secs() }.into());
        }
        if let Some(token) = token.filter(|_| !matches!(record.state, StoredState::Revoked | StoredState::Reset)) {
            match self.load::<TokenRecord>(&RecordId::Token(token.clone())).await {
                Ok(None) => return Err(RecordFault::NoToken(token.clone()).into()),
                Ok(Some((_, known))) if !known.activations.contains(&activation) => {
                    return Err(RecordFault::Unlisted(token.clone()).into());
                }
                Ok(Some((_, known))) if known.revoked => return Err(RecordFault::TokenRevoked(token.clone()).into()),
                // That the token's own record cannot be read is said of the token.
                Ok(Some(_)) | Err(VerifierError::Record(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(entries)
    }

    /// How many audit entries a token has, if nothing is wrong with it.
    async fn check_token(&self, token: &TokenId, id: &RecordId) -> Result<u64, CheckError> {
        let Some((revision, mut record)) = self.load::<TokenRecord>(id).await? else { return Ok(0) };
        let entries = self.check_history(id, revision, &record.chain_end).await?;
        self.check_wrapped(record.wrapped_key(), &token_context(token))?;
        Ok(entries)
    }

    /// How many audit entries a generator has, if nothing is wrong with it.
    async fn check_generator(&self, generator: &GeneratorId, id: &RecordId) -> Result<u64, CheckError> {
        let Some((revision, mut record)) = self.load::<GeneratorRecord>(id).await? else { return Ok(0) };
        let entries = self.check_history(id, revision, &record.chain_end).await?;
        self.check_wrapped(record.wrapped_key(), &generator_context(generator))?;
        Ok(entries)
    }

    /// A record that was ended as damaged has no key.
    fn check_wrapped(&self, wrapped: Option<&mut Vec<u8>>, context: &[u8]) -> Result<(), RecordFault> {
        Ok(wrapped.map_or(Ok(()), |wrapped| self.unwrap(wrapped, context).map(drop))?)
    }

    /// How many audit entries the readings of the clocks have, if nothing is wrong with them.
    async fn check_clock(&self, id: &RecordId) -> Result<u64, CheckError> {
        let Some((revision, record)) = self.load::<ClockRecord>(id).await? else { return Ok(0) };
        self.check_history(id, revision, &record.chain_end).await
    }

    async fn check_history(&self, id: &RecordId, revision: Revision, chain_end: &ChainEnd) -> Result<u64, CheckError> {
        let history = self.history(id, revision, chain_end).await?;
        let entries = history.into_entries().map_err(RecordFault::from)?.len() as u64;
        if self.is_older_than_its_history(id, revision).await? {
            return Err(RecordFault::OlderThanHistory.into());
        }
        Ok(entries)
    }

    /// Whether a record has audit entries later than its revision, and is still at that revision: an older copy was put back.
    pub(super) async fn is_older_than_its_history(
        &self,
        id: &RecordId,
        revision: Revision,
    ) -> Result<bool, VerifierError> {
        Ok(!self.store.audit_page(id, revision, 1).await?.is_empty()
            && self.store.load(id).await?.is_some_and(|now| now.revision == revision))
    }

    /// The history of a record as of a revision of it: entries behind that one are of later changes.
    pub(super) async fn history(
        &self,
        id: &RecordId,
        revision: Revision,
        chain_end: &ChainEnd,
    ) -> Result<History, VerifierError> {
        let lines = self.store.audit(id).await?;
        let until = lines.iter().take_while(|(of, _)| *of <= revision);
        Ok(match chain_end.check(until.map(|(_, line)| line.as_slice())) {
            Ok(entries) => History::Whole(entries),
            Err(error) => History::Broken(error),
        })
    }
}

/// Why a record was not found to be sound.
enum CheckError {
    /// Something is wrong with it.
    Fault(RecordFault),
    /// It could not be checked.
    Verifier(VerifierError),
}

impl From<RecordFault> for CheckError {
    fn from(fault: RecordFault) -> Self {
        Self::Fault(fault)
    }
}

impl From<StoreError> for CheckError {
    fn from(error: StoreError) -> Self {
        Self::Verifier(error.into())
    }
}

/// A record that cannot be read is one that something is wrong with.
impl From<VerifierError> for CheckError {
    fn from(error: VerifierError) -> Self {
        match error {
            VerifierError::Record(error) => Self::Fault(error.into()),
            VerifierError::KeyWrapper(error @ KeyWrapError::KeyEncryptionKey) => Self::Fault(error.into()),
            error => Self::Verifier(error),
        }
    }
}
