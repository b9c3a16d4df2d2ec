//! The verifier: it enrolls tokens, issues challenges, and settles each response once and only once.
//!
//! It keeps nothing itself. Every step loads a record, computes, and replaces the record if nobody was faster; the answer
//! is given after that is durable. So any number of verifiers may share one [`Store`](crate::store::Store).
//!
//! Time and randomness are arguments: the caller has the clock (V-18) and the generator.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use rand::CryptoRng;
use sha2::Sha256;

use crate::challenge::{Challenge, ChallengeId, ResponseSuite};
use crate::code::{self, ChallengeCode};
use crate::key::{ActivationId, IdError, Key, TokenId, derive};
use crate::oath::Response;
use crate::oath::totp::Totp;
use crate::store::{Change, RecordId, Replaced, Revision, Store, StoreError, Versioned};
use crate::time::Timestamp;
use crate::transaction::{Domain, Operation, Transaction, TransactionError};

pub mod audit;
mod enroll;
pub mod policy;
pub mod record;
pub mod settle;
mod upkeep;
pub mod vault;
pub mod verdict;

pub use enroll::{EnrollError, Enrollment, Step};
pub use policy::{Policy, PolicyError};
pub use record::{Credential, Record, State, Subscriber, TokenRecord};
pub use settle::{Answer, Attempt, settle};
pub use upkeep::{Fault, Finding, Inventory, restored};
pub use vault::{LocalVault, Vault, VaultError};
pub use verdict::{Accepted, Rejection, Verdict};

use audit::{About, AuditError, Entry, Event};
use record::{Ending, Issued, RecordError};

/// Builds challenges and checks responses, for all the tokens in one store.
pub struct Verifier<S> {
    store: S,
    vault: Box<dyn Vault>,
    policy: Policy,
    /// What the token shows as the bank's name when it is registered.
    bank: String,
    decoy: Decoy,
}

/// What is computed with when there is no activation to compute with.
struct Decoy {
    key: Vec<u8>,
    transaction: Transaction,
}

/// The decoy's key is wrapped for this name.
const DECOY: ActivationId = ActivationId::from_bytes([0; ActivationId::LEN]);

/// Names one issued challenge: its activation and its ID, 12 and 24 hex digits joined by a hyphen. It is no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChallengeRef {
    /// The activation that was asked.
    pub activation: ActivationId,
    /// The challenge.
    pub id: ChallengeId,
}

/// A challenge on its way to the token.
#[derive(Debug)]
pub struct IssuedChallenge {
    /// Its name, for [`Verifier::verify`].
    pub reference: ChallengeRef,
    /// From then on no response is accepted.
    pub expires_at: Timestamp,
    /// What the picture carries; draw it by [`qr::encode`](crate::qr::encode).
    pub code: ChallengeCode,
}

/// The caller's name for one attempt to answer: 16 bytes. A request that is sent again carries the same one, and gets the
/// same answer without a second charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptId([u8; 16]);

/// Why there is no verifier.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// A number beyond its hard limit.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The bank's name.
    #[error("cannot be shown by a token: {0}")]
    Bank(#[from] TransactionError),
    /// The vault.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// Why nothing was decided.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifierError {
    /// The store failed. After [`StoreError::Unknown`], ask again with the same attempt ID.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key of the activation cannot be had.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// A record of the store cannot be read.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The clock is behind what the record has seen; a verifier does not decide by such a clock.
    #[error("the clock is {seconds} s behind the last decision about this activation")]
    ClockBehind {
        /// By how much.
        seconds: u64,
    },
    /// Others changed the record again and again.
    #[error("too many requests for one activation at the same time")]
    Contention,
}

/// Why no challenge was issued.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IssueError {
    /// Nothing was decided.
    #[error(transparent)]
    Verifier(#[from] VerifierError),
    /// The activation cannot be asked: unknown, not finished, suspended, or revoked.
    #[error("no challenge: {0}")]
    Refused(Rejection),
    /// A registration has codes of its own.
    #[error("operation {0} is not one that is issued")]
    Operation(Operation),
    /// The transaction came through a code: the fields that are bound without being shown are not there.
    #[error("the transaction has come through a code and is not whole")]
    NotWhole,
    /// The token was made for tests, and this verifier does not take those (V-20).
    #[error("token {0} was made for tests")]
    TestToken(TokenId),
    /// The life asked for is zero or beyond the hard limit (V-2).
    #[error(transparent)]
    Policy(#[from] PolicyError),
}

/// How often a step is tried again when others are faster. Each conflict means that another request got through.
const MAX_CONFLICTS: usize = 100_000;

impl<S: Store> Verifier<S> {
    /// Puts a verifier together. `bank` is what tokens show at registration, at most 20 columns.
    ///
    /// # Errors
    ///
    /// [`SetupError`] when a number of the policy is beyond its hard limit, the bank's name cannot be shown, or the vault
    /// does not answer.
    pub fn new(
        store: S,
        vault: Box<dyn Vault>,
        policy: Policy,
        bank: &str,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, SetupError> {
        policy.check()?;
        let transaction = Transaction::new(Operation::Activation1, [("bank", bank), ("contract", "0"), ("user", "0")])?;
        let key = vault.wrap(&Key::generate(rng), &context(DECOY), rng)?;
        Ok(Self { store, vault, policy, bank: bank.to_owned(), decoy: Decoy { key, transaction } })
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

    /// Issues a challenge to an activation. It takes the place of the one before (V-8).
    ///
    /// # Errors
    ///
    /// [`IssueError::Refused`] when the activation cannot answer; the other [`IssueError`]s for what no activation is asked.
    pub async fn issue(
        &self,
        activation: ActivationId,
        transaction: Transaction,
        lifetime: Option<std::time::Duration>,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<IssuedChallenge, IssueError> {
        let operation = transaction.operation();
        if !matches!(operation.domain(), Domain::Signature | Domain::Deletion) {
            return Err(IssueError::Operation(operation));
        }
        let lifetime = lifetime.unwrap_or(self.policy.lifetime);
        Policy { lifetime, ..self.policy.clone() }.check()?;
        if !transaction.is_whole() {
            return Err(IssueError::NotWhole);
        }
        let id = ChallengeId::generate(now, rng);

        let update = self.update(activation, Clock::Decides(now), |record, now| {
            let key = match (&record.state, &record.credential) {
                (State::Active, Credential::Camera { token, test: true, .. }) if !self.policy.accept_test_keys => {
                    return Ok(Decision::Leave(Err(IssueError::TestToken(token.clone()))));
                }
                (State::Active, Credential::Camera { key, .. }) => self.vault.unwrap(key, &context(activation))?,
                _ => return Ok(Decision::Leave(Err(IssueError::Refused(refusal(record))))),
            };
            let expires_at = now.plus(lifetime);
            let challenge = Challenge { id, activation, expires_at, transaction: transaction.clone() };
            record.retire_challenge();
            record.challenge =
                Some(Issued { id, expires_at, transaction: transaction.clone(), wrong: 0, ending: None });
            let code = code::seal(&challenge, &key);
            let issued = IssuedChallenge { reference: ChallengeRef { activation, id }, expires_at, code };
            Ok(Decision::Replace(Ok(issued), Some((Event::Issued, Some(about(&challenge))))))
        });
        update.await?.unwrap_or(Err(IssueError::Refused(Rejection::Unknown)))
    }

    /// Checks a response to a challenge. The verdict is durable when it is given, and the response is accepted in one attempt
    /// alone: again in another, it is [`Rejection::AlreadySettled`] (V-7). The attempt itself is told the same as often as
    /// it asks, so what was accepted is executed under the challenge's name, once ([`Accepted`]).
    ///
    /// # Errors
    ///
    /// [`VerifierError`] when nothing could be decided. Ask again with the same `attempt`.
    pub async fn verify(
        &self,
        challenge: ChallengeRef,
        response: &str,
        attempt: AttemptId,
        now: Timestamp,
    ) -> Result<Verdict, VerifierError> {
        let update = self.update(challenge.activation, Clock::Decides(now), |record, now| {
            let (suite, key) = match &record.credential {
                Credential::Camera { test: true, .. } if !self.policy.accept_test_keys => {
                    return Ok(Decision::Leave(None));
                }
                // The place of a registration that its token's revocation has overtaken.
                Credential::Camera { key, .. } if key.is_empty() => {
                    return Ok(Decision::Leave(Some(Verdict::Rejected(refusal(record)))));
                }
                Credential::Camera { suite, key, .. } => (suite, key),
                Credential::TimeBased { .. } => return Ok(Decision::Leave(None)),
            };
            let suite: ResponseSuite = suite.parse().map_err(|_| RecordError::Damaged)?;
            let Ok(response) = Response::parse(response, suite.digits()) else {
                return Ok(Decision::Leave(Some(Verdict::Rejected(Rejection::Malformed))));
            };
            let key = self.vault.unwrap(key, &context(challenge.activation))?;
            let right = match &record.challenge {
                Some(issued) => issued.challenge(challenge.activation).respond(&key, &suite).ct_eq(&response),
                None => false,
            };
            let answer = Answer::Challenge { id: challenge.id, right };
            let attempt = Attempt { tag: attempt.tag(&key, challenge.id.as_bytes(), &response), answer };
            Ok(self.decide(record, challenge.activation, &attempt, now).map(Some))
        });
        Ok(update.await?.flatten().unwrap_or_else(|| self.unknown(challenge, response, attempt)))
    }

    /// What was accepted for a challenge: for a caller that lost the answer, and its attempt with it, before it had executed.
    /// Nothing unless it is the last challenge of its activation: a newer one may only be issued once this is asked.
    ///
    /// That it was accepted is confirmed by a write, as a repeated attempt is: a read may see what a failover takes back.
    ///
    /// # Errors
    ///
    /// [`VerifierError`] when nothing is known; ask again.
    pub async fn accepted(&self, challenge: ChallengeRef, now: Timestamp) -> Result<Option<Accepted>, VerifierError> {
        Ok(match self.settled(challenge, now).await? {
            Verdict::Accepted(accepted) => Some(accepted),
            Verdict::Rejected(_) => None,
        })
    }

    /// How a challenge was settled, by its name alone: as [`Verifier::accepted`], with the reason where there is nothing.
    /// [`Rejection::AlreadySettled`] says that it was accepted and that a newer one was issued since,
    /// [`Rejection::Unknown`] that nothing was accepted for it until now.
    ///
    /// # Errors
    ///
    /// As [`Verifier::accepted`].
    pub async fn settled(&self, challenge: ChallengeRef, now: Timestamp) -> Result<Verdict, VerifierError> {
        let update = self.update(challenge.activation, Clock::Decides(now), |record, now| {
            if matches!(record.credential, Credential::Camera { test: true, .. }) && !self.policy.accept_test_keys {
                return Ok(Decision::Leave(Verdict::Rejected(Rejection::Unknown)));
            }
            let issued = record.challenge.as_ref().filter(|issued| issued.id == challenge.id);
            let ending = match issued {
                Some(issued) => issued.ending.or((now >= issued.expires_at).then_some(Ending::Expired)),
                None => record.past.iter().find(|past| past.id == challenge.id).map(|past| past.ending),
            };
            Ok(match (issued, ending) {
                (Some(issued), Some(Ending::Accepted)) => {
                    let transaction = Some(issued.transaction.clone());
                    let accepted = Accepted { challenge: Some(issued.id), transaction, first: false };
                    Decision::Replace(Verdict::Accepted(accepted), None)
                }
                (_, ending) => Decision::Leave(Verdict::Rejected(ending.map_or(Rejection::Unknown, Ending::rejection))),
            })
        });
        Ok(update.await?.unwrap_or(Verdict::Rejected(Rejection::Unknown)))
    }

    /// The code of a challenge once more, as long as it may be answered: for a picture that is fetched by itself.
    ///
    /// # Errors
    ///
    /// [`VerifierError`] when the record or its key cannot be had.
    pub async fn code(&self, challenge: ChallengeRef, now: Timestamp) -> Result<Option<ChallengeCode>, VerifierError> {
        let Some(record) = self.record(challenge.activation).await? else { return Ok(None) };
        let (State::Active, Credential::Camera { key, test, .. }) = (&record.state, &record.credential) else {
            return Ok(None);
        };
        if *test && !self.policy.accept_test_keys {
            return Ok(None);
        }
        let open = |issued: &&Issued| issued.id == challenge.id && issued.ending.is_none() && now < issued.expires_at;
        let Some(issued) = record.challenge.as_ref().filter(open) else { return Ok(None) };
        let key = self.vault.unwrap(key, &context(challenge.activation))?;
        Ok(Some(code::seal(&issued.challenge(challenge.activation), &key)))
    }

    /// Withdraws a challenge that nobody has answered: from then on it counts as superseded. Whether there was one.
    ///
    /// # Errors
    ///
    /// [`VerifierError`] when nothing could be decided.
    pub async fn withdraw(&self, challenge: ChallengeRef, now: Timestamp) -> Result<bool, VerifierError> {
        let update = self.update(challenge.activation, Clock::Notes(now), |record, _| {
            let open = |issued: &&Issued| issued.id == challenge.id && issued.ending.is_none();
            let Some(issued) = record.challenge.as_ref().filter(open) else { return Ok(Decision::Leave(false)) };
            let about = about(&issued.challenge(challenge.activation));
            record.end_challenge();
            Ok(Decision::Replace(true, Some((Event::Withdrawn, Some(about)))))
        });
        Ok(update.await?.unwrap_or(false))
    }

    /// Checks a time-based password of an activation that has no camera token (RFC 6238). It is accepted once; it is never
    /// taken for the response to a challenge.
    ///
    /// # Errors
    ///
    /// As [`Verifier::verify`].
    pub async fn verify_time_based(
        &self,
        activation: ActivationId,
        response: &str,
        attempt: AttemptId,
        now: Timestamp,
    ) -> Result<Verdict, VerifierError> {
        let Ok(response) = Response::parse(response, Totp::default().digits.get()) else {
            return Ok(Verdict::Rejected(Rejection::Malformed));
        };
        let update = self.update(activation, Clock::Decides(now), |record, now| {
            let Credential::TimeBased { key, .. } = &record.credential else { return Ok(Decision::Leave(None)) };
            let key = self.vault.unwrap(key, &context(activation))?;
            let attempt = time_based(&key, &response, attempt, now);
            Ok(self.decide(record, activation, &attempt, now).map(Some))
        });
        Ok(update.await?.flatten().unwrap_or_else(|| self.unknown_time_based(&response, attempt, now)))
    }

    /// What the verifier knows of an activation.
    ///
    /// # Errors
    ///
    /// [`VerifierError::Store`] or [`VerifierError::Record`].
    pub async fn record(&self, activation: ActivationId) -> Result<Option<Record>, VerifierError> {
        Ok(self.load(&RecordId::Activation(activation)).await?.map(|(_, record)| record))
    }

    /// What happened to an activation, the oldest first, checked entry by entry (V-19). Of one that is not known, nothing did.
    ///
    /// A chain that was touched is an answer: the inner [`AuditError`] says where.
    ///
    /// # Errors
    ///
    /// [`VerifierError::Store`] or [`VerifierError::Record`].
    pub async fn audit(&self, activation: ActivationId) -> Result<Result<Vec<Entry>, AuditError>, VerifierError> {
        let id = RecordId::Activation(activation);
        match self.load::<Record>(&id).await? {
            Some((revision, record)) => self.history(&id, revision, &record.trail).await,
            None => Ok(Ok(Vec::new())),
        }
    }

    /// What the verifier knows of a token.
    ///
    /// # Errors
    ///
    /// [`VerifierError::Store`] or [`VerifierError::Record`].
    pub async fn token(&self, token: &TokenId) -> Result<Option<TokenRecord>, VerifierError> {
        Ok(self.load(&RecordId::Token(token.clone())).await?.map(|(_, record)| record))
    }

    fn decide(
        &self,
        record: &mut Record,
        activation: ActivationId,
        attempt: &Attempt,
        now: Timestamp,
    ) -> Decision<Verdict> {
        let (next, verdict) = settle(&self.policy, record, attempt, now);
        let expired =
            |record: &Record| record.challenge.as_ref().and_then(|issued| issued.ending) == Some(Ending::Expired);
        let event = match &verdict {
            Verdict::Accepted(accepted) if accepted.first => Some(Event::Accepted),
            Verdict::Accepted(_) => None,
            Verdict::Rejected(Rejection::Wrong { suspended: true, .. }) => Some(Event::Suspended),
            Verdict::Rejected(Rejection::Wrong { .. }) => Some(Event::Wrong),
            Verdict::Rejected(_) if expired(&next) && !expired(record) => Some(Event::Expired),
            Verdict::Rejected(_) => None,
        };
        // A repeated answer changes nothing and is written all the same: a yes rests on a write, never on a read.
        let repeated = settle::repeated(record, &attempt.tag, now).is_some();
        let event = if repeated { None } else { event };
        let write = event.is_some() || repeated;
        *record = next;
        let about = || record.challenge.as_ref().map(|issued| about(&issued.challenge(activation)));
        if write { Decision::Replace(verdict, event.map(|event| (event, about()))) } else { Decision::Leave(verdict) }
    }

    /// Does the work of a decision for an activation that does not exist, or is none of this kind, so that this does not
    /// show in time (V-15).
    fn unknown(&self, challenge: ChallengeRef, response: &str, attempt: AttemptId) -> Verdict {
        let Ok(response) = Response::parse(response, self.policy.suite.digits()) else {
            return Verdict::Rejected(Rejection::Malformed);
        };
        if let Ok(key) = self.vault.unwrap(&self.decoy.key, &context(DECOY)) {
            let asked = Challenge {
                id: challenge.id,
                activation: challenge.activation,
                expires_at: Timestamp::default(),
                transaction: self.decoy.transaction.clone(),
            };
            std::hint::black_box(asked.respond(&key, &self.policy.suite).ct_eq(&response));
            std::hint::black_box(attempt.tag(&key, challenge.id.as_bytes(), &response));
        }
        Verdict::Rejected(Rejection::Unknown)
    }

    /// As [`Verifier::unknown`], for a time-based password.
    fn unknown_time_based(&self, response: &Response, attempt: AttemptId, now: Timestamp) -> Verdict {
        if let Ok(key) = self.vault.unwrap(&self.decoy.key, &context(DECOY)) {
            std::hint::black_box(time_based(&key, response, attempt, now));
        }
        Verdict::Rejected(Rejection::Unknown)
    }

    /// Loads an activation's record, lets `step` change it, and replaces it; again from the start when another request was
    /// faster. `None` when there is no such record.
    async fn update<T>(
        &self,
        activation: ActivationId,
        clock: Clock,
        mut step: impl FnMut(&mut Record, Timestamp) -> Result<Decision<T>, VerifierError>,
    ) -> Result<Option<T>, VerifierError> {
        let id = RecordId::Activation(activation);
        let mut recalled = self.store.recall(&id);
        for _ in 0..MAX_CONFLICTS {
            let is_recalled = recalled.is_some();
            let found = match recalled.take() {
                Some(found) => Some(found),
                None => self.store.load(&id).await?,
            };
            let Some(found) = found else { return Ok(None) };
            let mut decide = || {
                let mut record: Record = record::from_bytes(&found.record)?;
                let now = self.trusted(clock, record.high_water)?;
                record.high_water = now;
                let decision = step(&mut record, now)?;
                Ok((record, now, decision))
            };
            match decide() {
                Ok((mut record, now, Decision::Replace(answer, event))) => {
                    let audit = event.map(|(event, about)| record.trail.append(event, now, record.failures, about));
                    if self.replace(&id, found.revision, &record, audit).await? {
                        return Ok(Some(answer));
                    }
                }
                // What was recalled may be stale, and only a replacement finds out.
                _ if is_recalled => {}
                Ok((_, _, Decision::Leave(answer))) => return Ok(Some(answer)),
                Err(error) => return Err(error),
            }
        }
        Err(VerifierError::Contention)
    }

    /// The time of a step: never before what the record has seen.
    fn trusted(&self, clock: Clock, high_water: Timestamp) -> Result<Timestamp, VerifierError> {
        match clock {
            Clock::Decides(now) if high_water.since(now) > self.policy.clock_tolerance => {
                Err(VerifierError::ClockBehind { seconds: high_water.since(now).as_secs() })
            }
            Clock::Decides(now) | Clock::Notes(now) => Ok(now.max(high_water)),
        }
    }

    async fn load<T>(&self, id: &RecordId) -> Result<Option<(Revision, T)>, VerifierError>
    where
        T: for<'b> minicbor::Decode<'b, ()>,
    {
        let Some(Versioned { revision, record }) = self.store.load(id).await? else { return Ok(None) };
        Ok(Some((revision, record::from_bytes(&record)?)))
    }

    async fn replace<T: minicbor::Encode<()>>(
        &self,
        id: &RecordId,
        revision: Revision,
        record: &T,
        audit: Option<Vec<u8>>,
    ) -> Result<bool, VerifierError> {
        let change = Change { record: record::to_bytes(record), audit };
        Ok(matches!(self.store.replace(id, revision, change).await?, Replaced::Yes(_)))
    }
}

/// What the time is to a step.
#[derive(Clone, Copy)]
enum Clock {
    /// Something is accepted or opened by it, so it must not be behind what the record has seen.
    Decides(Timestamp),
    /// Something is ended, whatever the time; it is only noted. A clock that was wrong once keeps nobody from that.
    Notes(Timestamp),
}

/// What a step makes of a record.
enum Decision<T> {
    /// Nothing is to be written.
    Leave(T),
    /// The record is to be replaced, and an event to be audited with it.
    Replace(T, Option<(Event, Option<About>)>),
}

impl<T> Decision<T> {
    fn map<U>(self, change: impl FnOnce(T) -> U) -> Decision<U> {
        match self {
            Self::Leave(answer) => Decision::Leave(change(answer)),
            Self::Replace(answer, event) => Decision::Replace(change(answer), event),
        }
    }
}

impl Issued {
    fn challenge(&self, activation: ActivationId) -> Challenge {
        Challenge { id: self.id, activation, expires_at: self.expires_at, transaction: self.transaction.clone() }
    }
}

impl AttemptId {
    /// Draws a new one.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; 16];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// Takes the caller's own, such as a UUID.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Binds the attempt to what was answered, so that one attempt ID cannot carry many guesses.
    fn tag(self, key: &Key, question: &[u8], response: &Response) -> [u8; 16] {
        let key = derive(key, b"camtoken/1 attempt");
        let mut mac = Hmac::<Sha256>::new_from_slice(key.expose_bytes()).expect("HMAC takes a key of any length");
        mac.update(&self.0);
        mac.update(&[u8::try_from(question.len()).expect("a short name")]);
        mac.update(question);
        mac.update(response.expose_str().as_bytes());
        mac.finalize().into_bytes()[..16].try_into().expect("16 of 32 bytes")
    }
}

/// As a UUID is written.
impl fmt::Display for AttemptId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = base16ct::lower::encode_string(&self.0);
        write!(f, "{}-{}-{}-{}-{}", &digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..])
    }
}

/// A UUID, or its 32 hexadecimal digits.
impl std::str::FromStr for AttemptId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let mut bytes = [0; 16];
        let digits = base16ct::mixed::decode(text.replace('-', ""), &mut bytes).map_err(|_| IdError::Attempt)?;
        if digits.len() == 16 { Ok(Self(bytes)) } else { Err(IdError::Attempt) }
    }
}

impl fmt::Display for ChallengeRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.activation, self.id)
    }
}

impl std::str::FromStr for ChallengeRef {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let (activation, id) = text.split_once('-').ok_or(IdError::Challenge)?;
        Ok(Self { activation: activation.parse()?, id: id.parse()? })
    }
}

impl<S> fmt::Debug for Verifier<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("policy", &self.policy).finish_non_exhaustive()
    }
}

/// Compares a password with those of its time and the steps beside it.
fn time_based(key: &Key, response: &Response, attempt: AttemptId, now: Timestamp) -> Attempt {
    let step = Totp::default().verify(key, response, now, 1, None);
    Attempt { tag: attempt.tag(key, b"time-based", response), answer: Answer::TimeBased { step } }
}

/// What a wrapped key of this activation is bound to.
fn context(activation: ActivationId) -> Vec<u8> {
    [b"activation ", activation.as_bytes().as_slice()].concat()
}

fn about(challenge: &Challenge) -> About {
    About {
        challenge: challenge.id.to_string(),
        operation: challenge.transaction.operation().to_string(),
        question: Some(base16ct::lower::encode_string(&challenge.question())),
    }
}

/// Why an activation that does not stand open cannot be asked.
fn refusal(record: &Record) -> Rejection {
    match record.state {
        State::Suspended => Rejection::Suspended,
        State::Revoked => Rejection::Revoked,
        State::FirstCode(_) | State::SecondCode(_) | State::Reset => Rejection::NotActivated,
        State::Active => Rejection::Unknown,
    }
}
