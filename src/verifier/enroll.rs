//! Registration (利用開始登録) and its repair: two codes, initialise, revoke, resume.
//!
//! ```text
//! enroll ─> first code ··> token ··> device code ─> second ─> second code ··> token ··> response ─> confirm ─> active
//! ```
//!
//! Bank and token can come to disagree half-way. `reset` (初期化) repairs that as long as the activation has never signed;
//! `revoke` (失効) is final.

use rand::CryptoRng;

use super::audit::{About, Event, Trail};
use super::record::{AwaitedCode, LastAttempt, Outcome, SealedFor};
use super::settle::repeated;
use super::{
    AttemptId, Clock, Credential, Decision, Record, Rejection, State, Subscriber, TokenRecord, Verifier, VerifierError,
    about, context,
};
use crate::challenge::{Challenge, ChallengeId, DeviceCode, ResponseSuite};
use crate::code::ChallengeCode;
use crate::code::activation::{Binding, Grant, seal_first, seal_second};
use crate::key::{ActivationId, Key, TokenId};
use crate::oath::Response;
use crate::store::{RecordId, Revision, Store};
use crate::time::Timestamp;
use crate::transaction::{Operation, Transaction, TransactionError};

/// A code of a registration on its way to the token.
#[derive(Debug)]
pub struct Enrollment {
    /// The activation that is being made; it names the registration from now on.
    pub activation: ActivationId,
    /// From then on the code is not answered any more.
    pub expires_at: Timestamp,
    /// What the picture carries.
    pub code: ChallengeCode,
}

/// What a step of a registration came to. A "no" is an answer.
#[derive(Debug)]
#[must_use = "a no is an answer, not an error"]
pub enum Step<T> {
    /// The step is done.
    Done(T),
    /// It is refused.
    Rejected(Rejection),
}

/// Why nothing of a registration was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnrollError {
    /// Nothing was decided.
    #[error(transparent)]
    Verifier(#[from] VerifierError),
    /// The contract number, the user ID or the bank's name cannot be shown.
    #[error("cannot be shown by a token: {0}")]
    Subscriber(#[from] TransactionError),
    /// The contract number or the user ID is empty, too long, or has a control character.
    #[error("{part}: 1 to {most} characters, none of them a control character", most = Subscriber::MAX_LEN)]
    SubscriberForm {
        /// `contract` or `user`.
        part: &'static str,
    },
    /// No such token in the books.
    #[error("no token {0}")]
    UnknownToken(TokenId),
    /// The token is in the books already, with another key.
    #[error("token {0} is registered already")]
    TokenExists(TokenId),
    /// The token is revoked, which is final.
    #[error("token {0} is revoked")]
    TokenRevoked(TokenId),
    /// The token was made for tests, and this verifier does not take those (V-20).
    #[error("token {0} was made for tests")]
    TestToken(TokenId),
    /// All places of the token are taken.
    #[error("token {token} has {places} users already", places = MAX_USERS)]
    TokenFull {
        /// The token.
        token: TokenId,
    },
    /// No such activation.
    #[error("no activation {0}")]
    UnknownActivation(ActivationId),
    /// It has signed before, so it can be revoked and not initialised.
    #[error("activation {0} has signed before; it can only be revoked")]
    HasSigned(ActivationId),
    /// It is revoked, which is final.
    #[error("activation {0} is revoked")]
    Revoked(ActivationId),
    /// It is not suspended.
    #[error("activation {0} is not suspended")]
    NotSuspended(ActivationId),
    /// Its registration is not finished, or was given up.
    #[error("activation {0} does not sign yet")]
    NotActive(ActivationId),
}

/// How many users may share one token.
pub const MAX_USERS: usize = 8;

impl<S: Store> Verifier<S> {
    /// Takes a token into the books, with the device key that it has from the factory. Doing it again changes nothing.
    ///
    /// # Errors
    ///
    /// [`EnrollError::TestToken`] unless the policy accepts test keys, [`EnrollError::TokenRevoked`] for an ID that was
    /// revoked, [`EnrollError::TokenExists`] when the books have another key.
    pub async fn register(
        &self,
        token: &TokenId,
        device_key: &Key,
        test: bool,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<(), EnrollError> {
        if test && !self.policy.accept_test_keys {
            return Err(EnrollError::TestToken(token.clone()));
        }
        let id = RecordId::Token(token.clone());
        let wrapped = self.vault.wrap(device_key, &token_context(token), rng).map_err(VerifierError::from)?;
        let mut trail = Trail::default();
        let audit = trail.append(Event::TokenRegistered, now, 0, None);
        let record = TokenRecord { device_key: wrapped, test, revoked: false, activations: Vec::new(), trail };
        if self.replace(&id, Revision::ABSENT, &record, Some(audit)).await? {
            return Ok(());
        }
        loop {
            let (revision, known) = self.live_token(token).await?;
            let known_key = self.device_key(token, &known)?;
            let same = subtle::ConstantTimeEq::ct_eq(known_key.expose_bytes(), device_key.expose_bytes());
            if !bool::from(same) {
                return Err(EnrollError::TokenExists(token.clone()));
            }
            // Written once more: a yes rests on a write, never on a read.
            if self.replace(&id, revision, &known, None).await? {
                return Ok(());
            }
        }
    }

    /// Gives the device key out of the books, to hand the token over to another verifier.
    ///
    /// # Errors
    ///
    /// [`EnrollError::TestToken`] for a token made for tests: elsewhere nobody would know (V-20).
    /// [`EnrollError::UnknownToken`], [`EnrollError::TokenRevoked`], or that the key cannot be had.
    pub async fn expose_device_key(&self, token: &TokenId) -> Result<Key, EnrollError> {
        let (_, record) = self.live_token(token).await?;
        if record.test {
            return Err(EnrollError::TestToken(token.clone()));
        }
        Ok(self.device_key(token, &record)?)
    }

    /// Begins a registration: draws the activation and its key, and makes the first code.
    ///
    /// # Errors
    ///
    /// [`EnrollError`] when the token cannot take another user, or what it would show is no text for it.
    pub async fn enroll(
        &self,
        token: &TokenId,
        subscriber: Subscriber,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Enrollment, EnrollError> {
        fits(&subscriber)?;
        let transaction = self.introduction(Operation::Activation1, &subscriber)?;
        let expires_at = now.plus(self.policy.first_code_lifetime);
        loop {
            let (place, activation) = self.add_user(token, now, rng).await?;
            let key = self.vault.wrap(&Key::generate(rng), &context(activation), rng).map_err(VerifierError::from)?;
            let id = ChallengeId::generate(now, rng);
            let challenge = Challenge { id, activation, expires_at, transaction: transaction.clone() };
            let suite = self.policy.suite.to_string();
            let credential = Credential::Camera { token: token.clone(), suite, key, test: place.test };
            let transaction = transaction.clone();
            let state = State::FirstCode(AwaitedCode { id, expires_at, transaction, wrong: 0, sealed_for: None });
            let record = Record::new(subscriber.clone(), credential, state, now);
            if self.create(activation, record, Event::Enrolled, Some(about(&challenge))).await? {
                return Ok(Enrollment {
                    activation,
                    expires_at,
                    code: seal_first(&challenge, token, &place.device_key),
                });
            }
            // The place was closed: the token is revoked, or somebody else needed it. Ask the token again.
        }
    }

    /// Takes the device code that the token showed for the first code, and makes the second code for it alone. The same
    /// device code again gives the same second code, and the same `attempt` the same answer without a second charge.
    ///
    /// # Errors
    ///
    /// [`EnrollError`] when nothing was decided; ask again with the same `attempt`. A wrong device code is
    /// [`Step::Rejected`], and the third one ends the registration.
    pub async fn second(
        &self,
        activation: ActivationId,
        device_code: &str,
        attempt: AttemptId,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Step<Enrollment>, EnrollError> {
        let Ok(answer) = device_code.parse::<DeviceCode>() else { return Ok(Step::Rejected(Rejection::Malformed)) };
        let Some(record) = self.record(activation).await? else { return Ok(Step::Rejected(Rejection::Unknown)) };
        let Credential::Camera { token, .. } = &record.credential else {
            return Ok(Step::Rejected(Rejection::Unknown));
        };
        let token = token.clone();
        let (_, known) = self.live_token(&token).await?;
        self.accepts(&token, &known)?;
        let device_key = self.device_key(&token, &known)?;
        let transaction = self.introduction(Operation::Activation2, &record.subscriber)?;
        let new_id = ChallengeId::generate(now, rng);

        let step = self.update(activation, Clock::Decides(now), |record, now| {
            let Credential::Camera { suite, key, .. } = &record.credential else {
                return Ok(Decision::Leave(Step::Rejected(Rejection::Unknown)));
            };
            // The place of a registration that its token's revocation has overtaken has no key.
            if record.state == State::Revoked || key.is_empty() {
                return Ok(Decision::Leave(Step::Rejected(Rejection::Revoked)));
            }
            let grant = self.grant(activation, suite, key)?;
            let tag = attempt.tag(&grant.key, format!("device code {}", answer.nonce()).as_bytes(), answer.check());
            if let Some(Outcome::Wrong { tries_left, suspended }) = repeated(record, &tag, now) {
                let again = Step::Rejected(Rejection::Wrong { tries_left, suspended });
                return Ok(Decision::Replace(again, None));
            }
            let (first, awaited) = match &record.state {
                State::FirstCode(awaited) => (awaited.challenge(activation), None),
                State::SecondCode(second) => match &second.sealed_for {
                    Some(sealed_for) => (sealed_for.first_challenge(activation, second), Some(second.clone())),
                    None => return Ok(Decision::Leave(Step::Rejected(Rejection::NotActivated))),
                },
                _ => return Ok(Decision::Leave(Step::Rejected(Rejection::NotActivated))),
            };
            if now >= first.expires_at {
                return Ok(Decision::Leave(Step::Rejected(Rejection::Expired)));
            }
            let right = first.device_code(&device_key, answer.nonce()).ct_eq(&answer);
            if !right {
                return Ok(self.wrong_answer(record, Event::DeviceCodeWrong, tag, now));
            }
            let (second, is_new) = match awaited {
                Some(second) if second.is_sealed_for(answer.nonce()) => (second, false),
                Some(_) => return Ok(Decision::Leave(Step::Rejected(Rejection::AlreadySettled))),
                None => {
                    let expires_at = now.plus(self.policy.second_code_lifetime);
                    let sealed_for =
                        SealedFor { first: first.id, first_expires_at: first.expires_at, nonce: answer.nonce() };
                    let transaction = transaction.clone();
                    (AwaitedCode { id: new_id, expires_at, transaction, wrong: 0, sealed_for: Some(sealed_for) }, true)
                }
            };
            let challenge = second.challenge(activation);
            let binding = Binding { first: first.id, nonce: answer.nonce() };
            let code = seal_second(&challenge, &token, &device_key, binding, &grant);
            let enrollment = Step::Done(Enrollment { activation, expires_at: second.expires_at, code });
            // A yes rests on a write, also when it is said again.
            if !is_new {
                return Ok(Decision::Replace(enrollment, None));
            }
            record.last_attempt = Some(LastAttempt { tag, outcome: Outcome::Accepted, at: now });
            record.state = State::SecondCode(second);
            Ok(Decision::Replace(enrollment, Some((Event::SecondCode, Some(about(&challenge))))))
        });
        Ok(step.await?.unwrap_or(Step::Rejected(Rejection::Unknown)))
    }

    /// The code of a registration once more, the first or the second, whichever is to be answered next.
    ///
    /// # Errors
    ///
    /// [`EnrollError`] when a record or a key cannot be had, or the token is revoked.
    pub async fn enrollment_code(
        &self,
        activation: ActivationId,
        now: Timestamp,
    ) -> Result<Option<Enrollment>, EnrollError> {
        let Some(record) = self.record(activation).await? else { return Ok(None) };
        let (State::FirstCode(awaited) | State::SecondCode(awaited)) = &record.state else { return Ok(None) };
        let Credential::Camera { token, suite, key, .. } = &record.credential else { return Ok(None) };
        if now >= awaited.expires_at {
            return Ok(None);
        }
        let (_, known) = self.live_token(token).await?;
        self.accepts(token, &known)?;
        let device_key = self.device_key(token, &known)?;
        let challenge = awaited.challenge(activation);
        let code = match &awaited.sealed_for {
            None => seal_first(&challenge, token, &device_key),
            Some(SealedFor { first, nonce, .. }) => {
                let grant = self.grant(activation, suite, key)?;
                seal_second(&challenge, token, &device_key, Binding { first: *first, nonce: *nonce }, &grant)
            }
        };
        Ok(Some(Enrollment { activation, expires_at: awaited.expires_at, code }))
    }

    /// Takes the token's response to the second code; the activation signs from then on. The same `attempt` gets the same
    /// answer, without a second charge; another one is told [`Rejection::AlreadySettled`] once the registration is finished.
    ///
    /// # Errors
    ///
    /// [`EnrollError`] when nothing was decided; ask again with the same `attempt`. A wrong response is
    /// [`Step::Rejected`], and the third one ends the registration.
    pub async fn confirm(
        &self,
        activation: ActivationId,
        response: &str,
        attempt: AttemptId,
        now: Timestamp,
    ) -> Result<Step<()>, EnrollError> {
        let step = self.update(activation, Clock::Decides(now), |record, now| {
            let Credential::Camera { suite, key, .. } = &record.credential else {
                return Ok(Decision::Leave(Step::Rejected(Rejection::Unknown)));
            };
            // The place of a registration that its token's revocation has overtaken has no key.
            if record.state == State::Revoked || key.is_empty() {
                return Ok(Decision::Leave(Step::Rejected(Rejection::Revoked)));
            }
            let grant = self.grant(activation, suite, key)?;
            let Ok(response) = Response::parse(response, grant.suite.digits()) else {
                return Ok(Decision::Leave(Step::Rejected(Rejection::Malformed)));
            };
            let tag = attempt.tag(&grant.key, b"confirm", &response);
            if let Some(outcome) = repeated(record, &tag, now) {
                return Ok(Decision::Replace(
                    match outcome {
                        Outcome::Accepted => Step::Done(()),
                        Outcome::Wrong { tries_left, suspended } => {
                            Step::Rejected(Rejection::Wrong { tries_left, suspended })
                        }
                    },
                    None,
                ));
            }
            let second = match &record.state {
                State::SecondCode(second) => second,
                State::Active | State::Suspended => {
                    return Ok(Decision::Leave(Step::Rejected(Rejection::AlreadySettled)));
                }
                _ => return Ok(Decision::Leave(Step::Rejected(Rejection::NotActivated))),
            };
            if now >= second.expires_at {
                return Ok(Decision::Leave(Step::Rejected(Rejection::Expired)));
            }
            let challenge = second.challenge(activation);
            if !challenge.respond(&grant.key, &grant.suite).ct_eq(&response) {
                return Ok(self.wrong_answer(record, Event::ConfirmationWrong, tag, now));
            }
            record.last_attempt = Some(LastAttempt { tag, outcome: Outcome::Accepted, at: now });
            record.state = State::Active;
            Ok(Decision::Replace(Step::Done(()), Some((Event::Activated, Some(about(&challenge))))))
        });
        Ok(step.await?.unwrap_or(Step::Rejected(Rejection::Unknown)))
    }

    /// Initialises (初期化): gives up a registration that never signed, so that it can be begun again.
    ///
    /// # Errors
    ///
    /// [`EnrollError::HasSigned`] once it has given a right response, [`EnrollError::Revoked`] once it is revoked.
    pub async fn reset(&self, activation: ActivationId, now: Timestamp) -> Result<(), EnrollError> {
        self.change_state(activation, Clock::Notes(now), |record| {
            if record.state == State::Revoked {
                return Err(EnrollError::Revoked(activation));
            }
            if record.signed {
                return Err(EnrollError::HasSigned(activation));
            }
            record.end_challenge();
            record.state = State::Reset;
            Ok(Some(Event::Reset))
        })
        .await
    }

    /// Revokes (失効) one activation for good; other users of the same token go on. A response that was accepted before
    /// stays so, and can be asked for ([`Verifier::accepted`]).
    ///
    /// # Errors
    ///
    /// [`EnrollError::UnknownActivation`], or that nothing was decided. Revoking twice changes nothing.
    pub async fn revoke(&self, activation: ActivationId, now: Timestamp) -> Result<(), EnrollError> {
        self.change_state(activation, Clock::Notes(now), |record| {
            if record.state == State::Revoked {
                return Ok(None);
            }
            record.end_challenge();
            record.state = State::Revoked;
            Ok(Some(Event::Revoked))
        })
        .await
    }

    /// Suspends (利用停止) an activation: nothing is issued to it or accepted from it until it is resumed. Doing it again
    /// changes nothing.
    ///
    /// # Errors
    ///
    /// [`EnrollError::Revoked`], [`EnrollError::NotActive`] before the end of its registration,
    /// [`EnrollError::UnknownActivation`], or that nothing was decided.
    pub async fn suspend(&self, activation: ActivationId, now: Timestamp) -> Result<(), EnrollError> {
        self.change_state(activation, Clock::Notes(now), |record| match record.state {
            State::Active => {
                record.state = State::Suspended;
                Ok(Some(Event::SuspendedByBank))
            }
            State::Suspended => Ok(None),
            State::Revoked => Err(EnrollError::Revoked(activation)),
            State::FirstCode(_) | State::SecondCode(_) | State::Reset => Err(EnrollError::NotActive(activation)),
        })
        .await
    }

    /// Resumes (利用再開) a suspended activation. Its challenge is not answered any more; a new one has to be issued.
    ///
    /// # Errors
    ///
    /// [`EnrollError::NotSuspended`], [`EnrollError::UnknownActivation`], or that nothing was decided.
    pub async fn resume(&self, activation: ActivationId, now: Timestamp) -> Result<(), EnrollError> {
        self.change_state(activation, Clock::Decides(now), |record| {
            if record.state != State::Suspended {
                return Err(EnrollError::NotSuspended(activation));
            }
            record.end_challenge();
            record.state = State::Active;
            record.failures = 0;
            Ok(Some(Event::Resumed))
        })
        .await
    }

    /// Revokes a token for good, and every activation on it. When it returns, none of them is accepted any more. Should it
    /// fail half-way, do it again: one activation that cannot be revoked keeps no other from it.
    ///
    /// # Errors
    ///
    /// [`EnrollError::UnknownToken`], or that nothing was decided: of the token, or of the first of its activations that
    /// could not be revoked.
    pub async fn revoke_token(&self, token: &TokenId, now: Timestamp) -> Result<(), EnrollError> {
        let id = RecordId::Token(token.clone());
        let activations = loop {
            let Some((revision, mut record)) = self.load::<TokenRecord>(&id).await? else {
                return Err(EnrollError::UnknownToken(token.clone()));
            };
            // Written also when it stands there: a yes rests on a write, never on a read.
            let is_new = !std::mem::replace(&mut record.revoked, true);
            let audit = is_new.then(|| record.trail.append(Event::TokenRevoked, now, 0, None));
            if self.replace(&id, revision, &record, audit).await? {
                break record.activations;
            }
        };
        let mut outcome = Ok(());
        for activation in activations {
            outcome = outcome.and(self.revoke_place(activation, token, now).await);
        }
        outcome
    }

    /// Revokes an activation of a token, or closes its place before its registration begins.
    async fn revoke_place(&self, activation: ActivationId, token: &TokenId, now: Timestamp) -> Result<(), EnrollError> {
        let revoked = self.revoke(activation, now).await;
        let Err(EnrollError::UnknownActivation(_)) = revoked else { return revoked };
        if self.close(activation, token, now).await? { Ok(()) } else { self.revoke(activation, now).await }
    }

    /// Gives a customer without a camera token a time-based generator (RFC 6238), and its secret for the generator.
    ///
    /// # Errors
    ///
    /// [`EnrollError::SubscriberForm`], or that nothing was decided.
    pub async fn enroll_time_based(
        &self,
        subscriber: Subscriber,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<(ActivationId, Key), EnrollError> {
        fits(&subscriber)?;
        let secret = Key::generate(rng);
        loop {
            let activation = ActivationId::generate(rng);
            let key = self.vault.wrap(&secret, &context(activation), rng).map_err(VerifierError::from)?;
            let credential = Credential::TimeBased { key, last_step: None };
            let record = Record::new(subscriber.clone(), credential, State::Active, now);
            if self.create(activation, record, Event::Activated, None).await? {
                return Ok((activation, secret));
            }
        }
    }

    /// Puts a new activation down in the token's record, before the activation itself exists: so that revoking the token
    /// finds it whatever happens in between.
    async fn add_user(
        &self,
        token: &TokenId,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<(Place, ActivationId), EnrollError> {
        loop {
            let (revision, mut record) = self.live_token(token).await?;
            self.accepts(token, &record)?;
            let place = Place { device_key: self.device_key(token, &record)?, test: record.test };
            let (mut live, mut unborn) = (Vec::new(), Vec::new());
            for activation in record.activations {
                match self.record(activation).await? {
                    Some(record) if matches!(record.state, State::Revoked | State::Reset) => {}
                    Some(_) => live.push(activation),
                    None => unborn.push(activation),
                }
            }
            if live.len() >= MAX_USERS {
                return Err(EnrollError::TokenFull { token: token.clone() });
            }
            // A place without an activation is about to be taken, or its registration was cut off; it is left alone as
            // long as there are others.
            if live.len() + unborn.len() >= MAX_USERS {
                for activation in unborn {
                    self.close(activation, token, now).await?;
                }
                continue;
            }
            live.extend(unborn);
            let activation = ActivationId::generate(rng);
            if self.record(activation).await?.is_some() {
                continue;
            }
            live.push(activation);
            record.activations = live;
            let audit = record.trail.append(Event::UserAdded, now, 0, None);
            if self.replace(&RecordId::Token(token.clone()), revision, &record, Some(audit)).await? {
                return Ok((place, activation));
            }
        }
    }

    /// Stores a new activation. Whether it was new.
    async fn create(
        &self,
        activation: ActivationId,
        mut record: Record,
        event: Event,
        about: Option<About>,
    ) -> Result<bool, VerifierError> {
        let audit = record.trail.append(event, record.high_water, 0, about);
        self.replace(&RecordId::Activation(activation), Revision::ABSENT, &record, Some(audit)).await
    }

    /// What the token shows during a registration.
    fn introduction(&self, operation: Operation, subscriber: &Subscriber) -> Result<Transaction, TransactionError> {
        let contract = masked(&subscriber.contract);
        Transaction::new(operation, [("bank", self.bank.as_str()), ("contract", &contract), ("user", &subscriber.user)])
    }

    async fn live_token(&self, token: &TokenId) -> Result<(Revision, TokenRecord), EnrollError> {
        let known = self.load::<TokenRecord>(&RecordId::Token(token.clone())).await?;
        let (revision, record) = known.ok_or_else(|| EnrollError::UnknownToken(token.clone()))?;
        if record.revoked {
            return Err(EnrollError::TokenRevoked(token.clone()));
        }
        Ok((revision, record))
    }

    fn device_key(&self, token: &TokenId, record: &TokenRecord) -> Result<Key, VerifierError> {
        Ok(self.vault.unwrap(&record.device_key, &token_context(token))?)
    }

    fn grant(&self, activation: ActivationId, suite: &str, key: &[u8]) -> Result<Grant, VerifierError> {
        let suite: ResponseSuite = suite.parse().map_err(|_| super::record::RecordError::Damaged)?;
        Ok(Grant { key: self.vault.unwrap(key, &context(activation))?, suite })
    }

    /// Counts a wrong answer to a code of a registration; the last one ends it.
    fn wrong_answer<T>(&self, record: &mut Record, event: Event, tag: [u8; 16], now: Timestamp) -> Decision<Step<T>> {
        let (State::FirstCode(awaited) | State::SecondCode(awaited)) = &mut record.state else {
            return Decision::Leave(Step::Rejected(Rejection::NotActivated));
        };
        awaited.wrong = awaited.wrong.saturating_add(1);
        let tries_left = self.policy.max_attempts.saturating_sub(awaited.wrong);
        if tries_left == 0 {
            record.state = State::Reset;
        }
        let outcome = Outcome::Wrong { tries_left, suspended: false };
        record.last_attempt = Some(LastAttempt { tag, outcome, at: now });
        Decision::Replace(Step::Rejected(Rejection::Wrong { tries_left, suspended: false }), Some((event, None)))
    }

    /// Brings an activation into a state. Without an event it was in it already, which is written once more: a yes rests
    /// on a write, never on a read.
    async fn change_state(
        &self,
        activation: ActivationId,
        clock: Clock,
        mut change: impl FnMut(&mut Record) -> Result<Option<Event>, EnrollError>,
    ) -> Result<(), EnrollError> {
        let done = self.update(activation, clock, |record, _| {
            Ok(match change(record) {
                Ok(event) => Decision::Replace(Ok(()), event.map(|event| (event, None))),
                Err(error) => Decision::Leave(Err(error)),
            })
        });
        done.await?.unwrap_or(Err(EnrollError::UnknownActivation(activation)))
    }

    /// Takes the place of an activation that does not exist yet, so that its registration cannot begin. Whether it did not.
    async fn close(&self, activation: ActivationId, token: &TokenId, now: Timestamp) -> Result<bool, VerifierError> {
        let nobody = Subscriber { contract: String::new(), user: String::new() };
        let suite = self.policy.suite.to_string();
        let credential = Credential::Camera { token: token.clone(), suite, key: Vec::new(), test: false };
        let record = Record::new(nobody, credential, State::Revoked, now);
        self.create(activation, record, Event::Revoked, None).await
    }

    /// Refuses a token that was made for tests, unless the policy takes those (V-20).
    fn accepts(&self, token: &TokenId, record: &TokenRecord) -> Result<(), EnrollError> {
        if record.test && !self.policy.accept_test_keys {
            return Err(EnrollError::TestToken(token.clone()));
        }
        Ok(())
    }
}

/// What a new activation has from its token.
struct Place {
    device_key: Key,
    test: bool,
}

impl AwaitedCode {
    fn challenge(&self, activation: ActivationId) -> Challenge {
        Challenge { id: self.id, activation, expires_at: self.expires_at, transaction: self.transaction.clone() }
    }

    fn is_sealed_for(&self, nonce: crate::challenge::DeviceNonce) -> bool {
        self.sealed_for.as_ref().is_some_and(|sealed_for| sealed_for.nonce == nonce)
    }
}

impl SealedFor {
    /// The first code's challenge: it shows what the second one shows.
    fn first_challenge(&self, activation: ActivationId, second: &AwaitedCode) -> Challenge {
        let transaction = second.transaction.with_operation(Operation::Activation1);
        Challenge { id: self.first, activation, expires_at: self.first_expires_at, transaction }
    }
}

fn fits(subscriber: &Subscriber) -> Result<(), EnrollError> {
    subscriber.unfit().map_or(Ok(()), |part| Err(EnrollError::SubscriberForm { part }))
}

/// The contract number as a token shows it: at most eight characters, of which only the last four are told, and never more
/// than half.
fn masked(contract: &str) -> String {
    let len = contract.chars().count();
    let hidden = len - (len / 2).min(4);
    let told: String = contract.chars().skip(hidden).collect();
    format!("{}{told}", "*".repeat(hidden.min(4)))
}

pub(super) fn token_context(token: &TokenId) -> Vec<u8> {
    [b"token ", token.as_str().as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contract_number_is_told_by_half_at_most() {
        for (contract, shown) in [
            ("1", "*"),
            ("12", "*2"),
            ("1234", "**34"),
            ("12345", "***45"),
            ("1234567", "****567"),
            ("1234567890", "****7890"),
        ] {
            assert_eq!(masked(contract), shown);
        }
    }
}
