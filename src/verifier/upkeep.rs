//! Upkeep of the books: a check of everything, what a restored backup must not bring back, keys wrapped anew.

use rand::CryptoRng;

use super::audit::{AuditError, Event, Trail};
use super::enroll::token_context;
use super::record::{self, RecordError};
use super::vault::VaultError;
use super::{Clock, Credential, Decision, Record, State, TokenRecord, Verifier, VerifierError, context};
use crate::challenge::ResponseSuite;
use crate::key::{ActivationId, TokenId};
use crate::oath::totp::Totp;
use crate::store::backup::Saved;
use crate::store::{RecordId, Revision, Store};
use crate::time::Timestamp;

/// What the books hold, and what is wrong with them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inventory {
    /// How many activations there are, with those that ended.
    pub activations: u64,
    /// How many tokens.
    pub tokens: u64,
    /// How many audit entries.
    pub entries: u64,
    /// What is wrong, in the order of the records.
    pub findings: Vec<Finding>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// With which record.
    pub record: RecordId,
    /// What.
    pub fault: Fault,
}

/// What can be wrong with a record.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// It cannot be read.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// Its history was touched.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// Its key cannot be had.
    #[error(transparent)]
    Key(#[from] VaultError),
    /// It is of a token that the books do not have.
    #[error("its token {0} is not in the books")]
    NoToken(TokenId),
    /// It is of a token that does not know of it: revoking the token would not end it.
    #[error("its token {0} does not list it")]
    Unlisted(TokenId),
    /// It goes on although its token is revoked: revoke the token once more.
    #[error("its token {0} is revoked, and it is not")]
    TokenRevoked(TokenId),
}

/// How many records are listed at once.
const PAGE: usize = 1024;

/// Takes out of a saved record what must not come back with it: whatever was open to be answered may have been answered
/// since. An open challenge counts as superseded, a registration between its codes as given up, and time-based
/// passwords of before `now` as used.
///
/// What was revoked, suspended or counted since the backup is not known to it: that has to be done again.
///
/// # Errors
///
/// [`RecordError`] when the record cannot be read.
pub fn restored(mut saved: Saved, now: Timestamp) -> Result<Saved, RecordError> {
    if let RecordId::Activation(_) = saved.id {
        let mut record: Record = record::from_bytes(&saved.record)?;
        if void(&mut record, now) {
            let entry = record.trail.append(Event::Restored, record.high_water, record.failures, None);
            saved.revision = saved.revision.next();
            saved.record = record::to_bytes(&record);
            saved.audit.push((saved.revision, entry));
        }
    }
    Ok(saved)
}

impl<S: Store> Verifier<S> {
    /// Reads every record, its history and its key, and says what is wrong. Meant for books that nobody writes to
    /// meanwhile: of a registration that begins just then it may say that its token does not list it.
    ///
    /// # Errors
    ///
    /// [`VerifierError::Store`] when the store itself fails.
    pub async fn check(&self) -> Result<Inventory, VerifierError> {
        let mut inventory = Inventory::default();
        let mut after = None;
        while let Some(page) = self.page(&mut after).await? {
            for id in page {
                let checked = match &id {
                    RecordId::Activation(activation) => {
                        inventory.activations += 1;
                        self.check_activation(*activation, &id).await
                    }
                    RecordId::Token(token) => {
                        inventory.tokens += 1;
                        self.check_token(token, &id).await
                    }
                };
                match checked? {
                    Ok(entries) => inventory.entries += entries,
                    Err(fault) => inventory.findings.push(Finding { record: id, fault }),
                }
            }
        }
        Ok(inventory)
    }

    /// Does in a store what [`restored`] does to a saved record, for one that was put back by other means than a backup of
    /// ours: nothing may have been issued since. Says how many activations it changed.
    ///
    /// # Errors
    ///
    /// [`VerifierError`] when it could not finish; do it again. A record that cannot be read keeps no other from it.
    pub async fn void_open(&self, now: Timestamp) -> Result<u64, VerifierError> {
        let (mut voided, mut after, mut unreadable) = (0, None, None);
        while let Some(page) = self.page(&mut after).await? {
            for id in page {
                let RecordId::Activation(activation) = id else { continue };
                // Written also when nothing is open in it: that it is not rests on a write, never on a read.
                let update = self.update(activation, Clock::Notes(now), |record, now| {
                    let changed = void(record, now);
                    Ok(Decision::Replace(changed, changed.then_some((Event::Restored, None))))
                });
                match update.await {
                    Ok(changed) => voided += u64::from(changed == Some(true)),
                    Err(VerifierError::Record(error)) => drop(unreadable.get_or_insert(error)),
                    Err(error) => return Err(error),
                }
            }
        }
        unreadable.map_or(Ok(voided), |error| Err(error.into()))
    }

    /// Wraps every key that is wrapped under an older key-encryption key anew, and says how many. When it returns, the
    /// older ones may be taken away: every record was written, also those that needed no other key. Challenges are issued
    /// and answered meanwhile.
    ///
    /// # Errors
    ///
    /// [`VerifierError`] when it could not finish; do it again.
    pub async fn rewrap(&self, rng: &mut impl CryptoRng) -> Result<u64, VerifierError> {
        let (mut wrapped, mut after) = (0, None);
        while let Some(page) = self.page(&mut after).await? {
            for id in page {
                wrapped += u64::from(match &id {
                    RecordId::Activation(activation) => self.rewrap_activation(*activation, &id, rng).await?,
                    RecordId::Token(token) => self.rewrap_token(token, &id, rng).await?,
                });
            }
        }
        Ok(wrapped)
    }

    async fn page(&self, after: &mut Option<RecordId>) -> Result<Option<Vec<RecordId>>, VerifierError> {
        let page = self.store.list(after.as_ref(), PAGE).await?;
        *after = page.last().cloned();
        Ok(after.is_some().then_some(page))
    }

    async fn check_activation(
        &self,
        activation: ActivationId,
        id: &RecordId,
    ) -> Result<Result<u64, Fault>, VerifierError> {
        let (revision, record) = match self.load::<Record>(id).await {
            Ok(Some(found)) => found,
            Ok(None) => return Ok(Ok(0)),
            Err(VerifierError::Record(error)) => return Ok(Err(error.into())),
            Err(error) => return Err(error),
        };
        let entries = match self.history(id, revision, &record.trail).await? {
            Ok(entries) => entries.len() as u64,
            Err(error) => return Ok(Err(error.into())),
        };
        let (key, token) = match &record.credential {
            // The place of a registration that its token's revocation has overtaken.
            Credential::Camera { key, .. } if key.is_empty() => return Ok(Ok(entries)),
            Credential::Camera { suite, .. } if suite.parse::<ResponseSuite>().is_err() => {
                return Ok(Err(RecordError::Damaged.into()));
            }
            Credential::Camera { key, token, .. } => (key, Some(token)),
            Credential::TimeBased { key, .. } => (key, None),
        };
        if let Err(error) = self.vault.unwrap(key, &context(activation)) {
            return Ok(Err(error.into()));
        }
        if let Some(token) = token.filter(|_| !matches!(record.state, State::Revoked | State::Reset)) {
            match self.load::<TokenRecord>(&RecordId::Token(token.clone())).await {
                Ok(None) => return Ok(Err(Fault::NoToken(token.clone()))),
                Ok(Some((_, known))) if !known.activations.contains(&activation) => {
                    return Ok(Err(Fault::Unlisted(token.clone())));
                }
                Ok(Some((_, known))) if known.revoked => return Ok(Err(Fault::TokenRevoked(token.clone()))),
                // That the token's own record cannot be read is said of the token.
                Ok(Some(_)) | Err(VerifierError::Record(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Ok(entries))
    }

    async fn check_token(&self, token: &TokenId, id: &RecordId) -> Result<Result<u64, Fault>, VerifierError> {
        let (revision, record) = match self.load::<TokenRecord>(id).await {
            Ok(Some(found)) => found,
            Ok(None) => return Ok(Ok(0)),
            Err(VerifierError::Record(error)) => return Ok(Err(error.into())),
            Err(error) => return Err(error),
        };
        let history = self.history(id, revision, &record.trail).await?;
        let key = self.vault.unwrap(&record.device_key, &token_context(token));
        Ok(history.map_err(Fault::from).and_then(|entries| {
            key?;
            Ok(entries.len() as u64)
        }))
    }

    async fn rewrap_activation(
        &self,
        activation: ActivationId,
        id: &RecordId,
        rng: &mut impl CryptoRng,
    ) -> Result<bool, VerifierError> {
        let context = context(activation);
        loop {
            let Some((revision, mut record)) = self.load::<Record>(id).await? else { return Ok(false) };
            let (Credential::Camera { key, .. } | Credential::TimeBased { key, .. }) = &mut record.credential;
            if key.is_empty() {
                return Ok(false);
            }
            let is_older = !self.vault.is_current(key);
            if is_older {
                *key = self.vault.wrap(&self.vault.unwrap(key, &context)?, &context, rng)?;
            }
            if self.replace(id, revision, &record, None).await? {
                return Ok(is_older);
            }
        }
    }

    async fn rewrap_token(
        &self,
        token: &TokenId,
        id: &RecordId,
        rng: &mut impl CryptoRng,
    ) -> Result<bool, VerifierError> {
        let context = token_context(token);
        loop {
            let Some((revision, mut record)) = self.load::<TokenRecord>(id).await? else { return Ok(false) };
            let is_older = !self.vault.is_current(&record.device_key);
            if is_older {
                let key = self.vault.unwrap(&record.device_key, &context)?;
                record.device_key = self.vault.wrap(&key, &context, rng)?;
            }
            if self.replace(id, revision, &record, None).await? {
                return Ok(is_older);
            }
        }
    }

    /// The history of a record as of a revision of it: entries behind that one are of later changes.
    pub(super) async fn history(
        &self,
        id: &RecordId,
        revision: Revision,
        trail: &Trail,
    ) -> Result<Result<Vec<super::audit::Entry>, AuditError>, VerifierError> {
        let lines = self.store.audit(id).await?;
        let until = lines.iter().take_while(|(of, _)| *of <= revision);
        Ok(trail.check(until.map(|(_, line)| line.as_slice())))
    }
}

/// Ends whatever is open. Whether anything was.
fn void(record: &mut Record, now: Timestamp) -> bool {
    let mut changed = false;
    if record.challenge.as_ref().is_some_and(|issued| issued.ending.is_none()) {
        record.end_challenge();
        changed = true;
    }
    if matches!(record.state, State::FirstCode(_) | State::SecondCode(_)) {
        record.state = State::Reset;
        changed = true;
    }
    if let Credential::TimeBased { last_step, .. } = &mut record.credential {
        // The password of the next step is taken already now.
        let used = Some(Totp::default().step(now) + 1);
        changed |= *last_step < used;
        *last_step = used.max(*last_step);
    }
    if changed {
        record.high_water = record.high_water.max(now);
    }
    changed
}
