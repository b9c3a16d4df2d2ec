//! The verifier: it enrolls tokens, issues challenges, and settles each response once and only once.
//!
//! It keeps nothing itself. Every step loads a record, computes, and replaces the record unless another request was faster. The
//! answer is given after that is durable. So any number of verifiers may share one [`Store`].
//!
//! Time and randomness are arguments: the caller has the clock (V-18) and the generator.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rand::CryptoRng;
use sha2::{Digest, Sha256};

use crate::challenge::{Challenge, ChallengeId};
use crate::code::{self, ChallengeCode};
use crate::key::{ActivationId, Key, TokenId};
use crate::oath::Response;
use crate::store::{RecordId, Revision, Store};
use crate::time::Timestamp;
use crate::transaction::{Domain, Operation, Transaction};
use crate::typed;

mod activation;
mod anchor;
mod attempt;
mod cards;
mod clock;
mod damage;
mod enroll;
mod error;
mod forgotten;
mod generators;
mod key_check;
pub mod key_wrapper;
mod password;
mod retry;
mod seal;
mod upkeep;

pub use camtoken_core::verifier::{audit, policy, verdict};

pub use activation::{Activation, ActivationState, ChallengeStatus, RegisteredToken};
pub use anchor::{AnchoredChain, AnchoredChainError, ChainFault, ChainReport};
pub use attempt::AttemptId;
pub use camtoken_core::challenge::ChallengeRef;
pub use camtoken_core::verifier::card::{CardSuite, UnfitSuite};
pub use camtoken_core::verifier::clock::{ClockAhead, ClockGuard, ClockLimits, ClockReading};
pub use camtoken_core::verifier::moving::Moving;
pub use camtoken_core::verifier::origin::{DevicePin, Origin, OutOfValidity, Validity};
pub use camtoken_core::verifier::record::RecordError;
pub use camtoken_core::verifier::subscriber::Subscriber;
pub use cards::IssuedQuestion;
pub use clock::ClockRepair;
pub use damage::{Damage, OtherKeys, restored_or_ended};
pub use enroll::{EnrollError, Enrollment, NewToken};
pub use error::{IssueError, SetupError, VerifierError};
pub use generators::{NewGenerator, RegisteredGenerator};
pub use key_wrapper::{KeyWrapError, KeyWrapper, LocalKeyWrapper, SEAL_LEN, Seal};
pub use policy::{Policy, PolicyError};
pub use seal::SealReport;
pub use upkeep::{Inventory, RecordFault, StoreFinding, restored};
pub use verdict::{Accepted, Rejection, Step, Verdict};

use audit::History;
use camtoken_core::verifier::decision::{
    ChallengeIssue, ChallengeResponse, Comparison, Expected, IssueRefusal, SettledQuery, Settlement, Withdrawal,
    expected_response, open_challenge, settle,
};
use camtoken_core::verifier::record::{Record, RequestTag, Stored};
use retry::{Tries, Try};
use seal::KnownSealing;

/// Builds challenges and checks responses, for all the tokens in one store.
pub struct Verifier<S> {
    store: Arc<S>,
    key_wrapper: Arc<dyn KeyWrapper>,
    policy: Arc<Policy>,
    /// The bank's name, as the token shows it at its registration.
    bank: Arc<str>,
    decoy: Arc<Decoy>,
    sealing: Arc<KnownSealing>,
    /// The caller's name: [`Verifier::acting_for`].
    actor: Option<Arc<str>>,
}

/// The key to compute with when there is no activation.
struct Decoy {
    key: Vec<u8>,
    transaction: Transaction,
}

/// The decoy's key is wrapped for this name.
const DECOY: ActivationId = ActivationId::from_bytes([0; ActivationId::LEN]);

/// A challenge on its way to the token.
#[derive(Debug)]
pub struct IssuedChallenge {
    /// Its name, for [`Verifier::verify`].
    pub reference: ChallengeRef,
    /// From then on no response is accepted.
    pub expires_at: Timestamp,
    /// The text of the picture; draw it with [`qr::encode`](crate::qr::encode).
    pub code: ChallengeCode,
}

impl<S: Store> Verifier<S> {
    /// Puts a verifier together. `bank` is what tokens show at registration, at most 20 columns.
    ///
    /// # Errors
    ///
    /// [`SetupError`] when a number of the policy is beyond its hard limit, the bank's name cannot be shown, or the key wrapper
    /// does not answer.
    pub fn new(
        store: S,
        key_wrapper: Box<dyn KeyWrapper>,
        policy: Policy,
        bank: &str,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, SetupError> {
        policy.check()?;
        let transaction = Transaction::new(Operation::Activation1, [("bank", bank), ("contract", "0"), ("user", "0")])?;
        let key = key_wrapper.wrap(&Key::generate(rng), &context(DECOY), rng)?;
        Ok(Self {
            store: Arc::new(store),
            key_wrapper: key_wrapper.into(),
            policy: Arc::new(policy),
            bank: bank.into(),
            decoy: Arc::new(Decoy { key, transaction }),
            sealing: Arc::new(KnownSealing::new()),
            actor: None,
        })
    }

    /// The same verifier, with `actor` in the audit entries of its changes: a short name of a caller, no secret.
    #[must_use]
    pub fn acting_for(&self, actor: Option<Arc<str>>) -> Self {
        Self {
            store: Arc::clone(&self.store),
            key_wrapper: Arc::clone(&self.key_wrapper),
            policy: Arc::clone(&self.policy),
            bank: Arc::clone(&self.bank),
            decoy: Arc::clone(&self.decoy),
            sealing: Arc::clone(&self.sealing),
            actor,
        }
    }

    /// The store.
    pub fn store(&self) -> &S {
        &self.store
    }

    /// The policy.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The bank's name, as tokens and generators show it.
    #[must_use]
    pub fn bank(&self) -> &str {
        &self.bank
    }

    /// Issues a challenge to an activation. It supersedes the one before (V-8).
    ///
    /// # Errors
    ///
    /// [`IssueError::Refused`] when the activation cannot answer; the other [`IssueError`]s for a transaction that cannot be issued.
    pub async fn issue(
        &self,
        activation: ActivationId,
        transaction: Transaction,
        lifetime: Option<Duration>,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<IssuedChallenge, IssueError> {
        self.issue_as(None, activation, transaction, lifetime, now, rng).await
    }

    /// As [`Verifier::issue`], with retries: under the same `attempt` a retry gets the same challenge, also from another process and
    /// after a crash. The record remembers a request for ten minutes at least, and the last five requests of an activation.
    ///
    /// # Errors
    ///
    /// Those of [`Verifier::issue`]; [`IssueError::OtherRequest`] when the attempt was used for another request,
    /// [`IssueError::Superseded`] when a newer challenge was issued since.
    ///
    /// # Examples
    ///
    /// ```
    /// # use camtoken::store::Store;
    /// use camtoken::key::ActivationId;
    /// use camtoken::verifier::{AttemptId, IssueError, IssuedChallenge};
    /// use camtoken::{Timestamp, Transaction, Verifier};
    ///
    /// /// `request` is the caller's UUID: it sends the same one again after a time-out.
    /// async fn handle<S: Store>(
    ///     verifier: &Verifier<S>,
    ///     request: [u8; 16],
    ///     activation: ActivationId,
    ///     transaction: Transaction,
    ///     now: Timestamp,
    ///     rng: &mut impl rand::CryptoRng,
    /// ) -> Result<IssuedChallenge, IssueError> {
    ///     verifier.issue_once(AttemptId::from_bytes(request), activation, transaction, None, now, rng).await
    /// }
    /// ```
    pub async fn issue_once(
        &self,
        attempt: AttemptId,
        activation: ActivationId,
        transaction: Transaction,
        lifetime: Option<Duration>,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<IssuedChallenge, IssueError> {
        self.issue_as(Some(attempt), activation, transaction, lifetime, now, rng).await
    }

    async fn issue_as(
        &self,
        attempt: Option<AttemptId>,
        activation: ActivationId,
        transaction: Transaction,
        lifetime: Option<Duration>,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<IssuedChallenge, IssueError> {
        let operation = transaction.operation();
        if !matches!(operation.domain(), Domain::Signature | Domain::Deletion) {
            return Err(IssueError::Operation(operation));
        }
        let lifetime = lifetime.unwrap_or(self.policy.lifetime);
        Policy { lifetime, ..Policy::clone(&self.policy) }.check()?;
        if !transaction.is_whole() {
            return Err(IssueError::NotWhole);
        }
        let challenge = ChallengeRef { activation, id: ChallengeId::generate(now, rng) };
        let request =
            attempt.map(|attempt| RequestTag { name: attempt.to_bytes(), content: content(&transaction, lifetime) });
        let event = ChallengeIssue { challenge, transaction, lifetime, request };
        let update = self.update(activation, |record| {
            settle(&self.policy, record, &event, now)?.try_map_done(|record, challenge| {
                let key = self.activation_key(activation, record.credential.key())?;
                Ok((challenge.id, challenge.expires_at, code::seal(&challenge, &key)))
            })
        });
        match update.await? {
            Some(Step::Done((id, expires_at, code))) => {
                Ok(IssuedChallenge { reference: ChallengeRef { activation, id }, expires_at, code })
            }
            Some(Step::Rejected(IssueRefusal::OtherRequest)) => Err(IssueError::OtherRequest),
            Some(Step::Rejected(IssueRefusal::Superseded)) => Err(IssueError::Superseded),
            Some(Step::Rejected(IssueRefusal::TestToken(token))) => Err(IssueError::TestToken(token)),
            Some(Step::Rejected(IssueRefusal::Rejected(rejection))) => Err(IssueError::Refused(rejection)),
            None => Err(IssueError::Refused(Rejection::Unknown)),
        }
    }

    /// Checks a response to a challenge, as it was typed ([`typed::digits`]). The verdict is durable when it is given. A response
    /// is accepted in one attempt alone; in another one it is [`Rejection::AlreadySettled`] (V-7). Every retry of an attempt gets
    /// the same answer. So execute what was accepted under the challenge's ID, once ([`Accepted`]). A challenge older than the
    /// last five of its activation is [`Rejection::Unknown`] here; [`Verifier::settled`] knows how it ended.
    ///
    /// # Errors
    ///
    /// [`VerifierError`] when nothing could be decided. Retry with the same `attempt`.
    pub async fn verify(
        &self,
        challenge: ChallengeRef,
        response: &str,
        attempt: AttemptId,
        now: Timestamp,
    ) -> Result<Verdict, VerifierError> {
        let ChallengeRef { activation, id } = challenge;
        let update = self.update(activation, |record| {
            let expected = expected_response(&self.policy, &record, activation, now)?;
            let is_compared = expected.is_some();
            let comparison = self.compare(activation, expected, response, attempt, id.as_bytes())?;
            let event = ChallengeResponse { challenge, comparison };
            Ok(settle(&self.policy, record, &event, now)?.map(|verdict| (verdict, is_compared)))
        });
        match update.await? {
            None | Some((Verdict::Rejected(Rejection::Unknown), false)) => {
                Ok(self.unknown(challenge, response, attempt))
            }
            Some((verdict, _)) => Ok(verdict),
        }
    }

    /// The transaction that was accepted for a challenge: for a caller that lost the answer and its attempt before it had executed.
    /// `None` unless it is the last challenge of its activation: issue a newer one only after this call.
    ///
    /// The acceptance is confirmed by a write, like a repeated attempt: a read may see what a failover takes back.
    ///
    /// # Errors
    ///
    /// [`VerifierError`] when nothing is known; retry.
    pub async fn accepted(&self, challenge: ChallengeRef, now: Timestamp) -> Result<Option<Accepted>, VerifierError> {
        Ok(match self.settled(challenge, now).await? {
            Verdict::Accepted(accepted) => Some(accepted),
            Verdict::Rejected(_) => None,
        })
    }

    /// How a challenge was settled, by its name alone: as [`Verifier::accepted`], with the reason if nothing can be executed.
    /// [`Rejection::AlreadySettled`] says that it was accepted, and that newer ones were issued since. A challenge that the record
    /// has forgotten is looked up in the audit chain. [`Rejection::Unknown`] says that nothing was accepted for it until now.
    ///
    /// # Errors
    ///
    /// As [`Verifier::accepted`].
    pub async fn settled(&self, challenge: ChallengeRef, now: Timestamp) -> Result<Verdict, VerifierError> {
        let event = SettledQuery { challenge };
        let update = self.update(challenge.activation, |record| Ok(settle(&self.policy, record, &event, now)?));
        match update.await? {
            Some(Verdict::Rejected(Rejection::Unknown)) => self.unless_forgotten(challenge).await,
            verdict => Ok(verdict.unwrap_or(Verdict::Rejected(Rejection::Unknown))),
        }
    }

    /// The code of a challenge once more, as long as it may be answered: for an image that is fetched by itself.
    ///
    /// # Errors
    ///
    /// [`VerifierError`] when the record cannot be read or its key cannot be opened.
    pub async fn code(&self, challenge: ChallengeRef, now: Timestamp) -> Result<Option<ChallengeCode>, VerifierError> {
        let Some(record) = self.record(challenge.activation).await? else { return Ok(None) };
        let Some(open) = open_challenge(&self.policy, &record, challenge, now) else { return Ok(None) };
        let key = self.activation_key(challenge.activation, record.credential.key())?;
        Ok(Some(code::seal(&open, &key)))
    }

    /// Withdraws an open challenge: from then on it counts as superseded. Whether there was one.
    ///
    /// # Errors
    ///
    /// [`VerifierError`] when nothing could be decided.
    pub async fn withdraw(&self, challenge: ChallengeRef, now: Timestamp) -> Result<bool, VerifierError> {
        let event = Withdrawal { challenge };
        let update = self.update(challenge.activation, |record| Ok(settle(&self.policy, record, &event, now)?));
        Ok(update.await?.unwrap_or(false))
    }

    /// The status of an activation. `None` when there is none of that name.
    ///
    /// # Errors
    ///
    /// [`VerifierError::Store`] when the store failed: try again. [`VerifierError::Record`] when the record cannot be read:
    /// restore it from a backup.
    pub async fn activation(&self, id: ActivationId) -> Result<Option<Activation>, VerifierError> {
        Ok(self.record(id).await?.map(|record| Activation::new(id, record)))
    }

    async fn record(&self, activation: ActivationId) -> Result<Option<Record>, VerifierError> {
        Ok(self.load(&RecordId::Activation(activation)).await?.map(|(_, record)| record))
    }

    /// The audit entries of an activation, the oldest first, checked entry by entry (V-19). Empty for an unknown activation.
    ///
    /// # Errors
    ///
    /// [`VerifierError::Store`] or [`VerifierError::Record`]. A chain that was altered is an answer: [`History::Broken`] says
    /// where.
    pub async fn audit(&self, activation: ActivationId) -> Result<History, VerifierError> {
        let id = RecordId::Activation(activation);
        match self.load::<Record>(&id).await? {
            Some((revision, record)) => self.history(&id, revision, &record.chain_end).await,
            None => Ok(History::Whole(Vec::new())),
        }
    }

    /// The status of a token. `None` when it is not registered.
    ///
    /// # Errors
    ///
    /// As [`Verifier::activation`].
    pub async fn token(&self, id: &TokenId) -> Result<Option<RegisteredToken>, VerifierError> {
        let found = self.load(&RecordId::Token(id.clone())).await?;
        Ok(found.map(|(_, record)| RegisteredToken::new(id.clone(), record)))
    }

    /// Compares a response with what its activation expects. `name` is what the attempt is bound to.
    fn compare(
        &self,
        activation: ActivationId,
        expected: Option<Expected>,
        response: &str,
        attempt: AttemptId,
        name: &[u8],
    ) -> Result<Comparison, VerifierError> {
        let Some(Expected { key, suite, challenge }) = expected else { return Ok(Comparison::NothingExpected) };
        let digits = suite.digits();
        let Ok(response) = typed_response(response, digits) else { return Ok(Comparison::Malformed { digits }) };
        let key = self.activation_key(activation, key)?;
        let matches = challenge.is_some_and(|challenge| challenge.respond(&key, &suite).ct_eq(&response));
        Ok(Comparison::Made { tag: attempt.tag(&key, name, response.expose_str()), matches })
    }

    fn activation_key(&self, activation: ActivationId, wrapped: &[u8]) -> Result<Key, VerifierError> {
        Ok(self.unwrap(wrapped, &context(activation))?)
    }

    /// Does the work of a decision for an activation that does not exist, or is none of this kind, so that this does not
    /// show in time (V-15).
    fn unknown(&self, challenge: ChallengeRef, response: &str, attempt: AttemptId) -> Verdict {
        let response = match typed_response(response, self.policy.suite.digits()) {
            Ok(response) => response,
            Err(rejection) => return Verdict::Rejected(rejection),
        };
        if let Ok(key) = self.key_wrapper.unwrap(&self.decoy.key, &context(DECOY)) {
            let asked = Challenge {
                id: challenge.id,
                activation: challenge.activation,
                expires_at: Timestamp::default(),
                transaction: self.decoy.transaction.clone(),
            };
            std::hint::black_box(asked.respond(&key, &self.policy.suite).ct_eq(&response));
            std::hint::black_box(attempt.tag(&key, challenge.id.as_bytes(), response.expose_str()));
        }
        Verdict::Rejected(Rejection::Unknown)
    }

    /// Loads an activation's record, lets `step` decide, and replaces it; again from the start when another request was
    /// faster. `None` when there is no such record.
    async fn update<A>(
        &self,
        activation: ActivationId,
        mut step: impl FnMut(Record) -> Result<Settlement<A>, VerifierError>,
    ) -> Result<Option<A>, VerifierError> {
        let id = RecordId::Activation(activation);
        let mut recalled = self.store.recall(&id);
        let mut tries = Tries::new();
        loop {
            tries.next().await?;
            let is_recalled = recalled.is_some();
            let found = match recalled.take() {
                Some(found) => Some(found),
                None => self.store.load(&id).await?,
            };
            let Some(found) = found else { return Ok(None) };
            let decided = self.read(&id, &found).await.and_then(&mut step);
            match decided {
                Ok(settlement) if settlement.write => {
                    if let Try::Done(answer) = self.replace(&id, found.revision, settlement).await? {
                        return Ok(Some(answer));
                    }
                }
                // The cached record may be stale, and only a replacement finds out.
                _ if is_recalled => {}
                Ok(settlement) => return Ok(Some(settlement.answer)),
                Err(error) => return Err(error),
            }
        }
    }

    async fn load<R: Stored>(&self, id: &RecordId) -> Result<Option<(Revision, R)>, VerifierError> {
        let Some(found) = self.store.load(id).await? else { return Ok(None) };
        Ok(Some((found.revision, self.read(id, &found).await?)))
    }

    /// Stores what was decided, with its entry for the audit chain, unless another request was faster.
    async fn replace<A, R: Stored>(
        &self,
        id: &RecordId,
        revision: Revision,
        settlement: Settlement<A, R>,
    ) -> Result<Try<A>, VerifierError> {
        let Settlement { mut record, answer, audit, .. } = settlement;
        let audit = audit.map(|note| record.chain().append(note, self.actor.as_deref()));
        Ok(self.swap(id, revision, &record, audit).await?.map(|()| answer))
    }
}

impl<S> fmt::Debug for Verifier<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("policy", &self.policy).finish_non_exhaustive()
    }
}

/// The response that a person typed.
fn typed_response(typed: &str, digits: u8) -> Result<Response, Rejection> {
    let len = usize::from(digits);
    let malformed = Rejection::Malformed { digits };
    let typed = typed::digits(typed, len..=len).map_err(|_| malformed)?;
    Response::parse(&typed, digits).map_err(|_| malformed)
}

/// The content of a request to issue, to distinguish the same request from another.
fn content(transaction: &Transaction, lifetime: Duration) -> [u8; 16] {
    let whole = Sha256::new_with_prefix(transaction.digest()).chain_update(lifetime.as_secs().to_be_bytes()).finalize();
    whole[..16].try_into().expect("16 of 32 bytes")
}

/// The context to which a wrapped key of this activation is bound.
fn context(activation: ActivationId) -> Vec<u8> {
    [b"activation ", activation.as_bytes().as_slice()].concat()
}
