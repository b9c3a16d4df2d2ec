//! Registration (利用開始登録) and its repair: two codes, reset, revoke, resume.
//!
//! ```text
//! enroll ─> first code ··> token ··> device code ─> second ─> second code ··> token ··> response ─> confirm ─> active
//! ```
//!
//! Bank and token can come to disagree half-way. `reset` (初期化) repairs that as long as the activation has never signed;
//! `revoke` (失効) is final.

use camtoken_core::verifier::decision::{
    self, Confirmation, DeviceCodeAnswer, NewActivation, NewUser, Settlement, ValidityChange, settle,
};
use camtoken_core::verifier::origin::{Origin, Validity};
use camtoken_core::verifier::record::{Credential, TokenRecord};
use rand::CryptoRng;
use subtle::ConstantTimeEq;

mod error;
mod standing;
#[cfg(test)]
mod tests;

pub use error::EnrollError;
pub(super) use error::fits;
use error::unusable;

use super::retry::{Tries, Try, together};
use super::{AttemptId, Comparison, RecordError, Rejection, Step, Subscriber, Verifier, VerifierError, context};
use crate::challenge::{ChallengeId, DeviceCode, ResponseSuite};
use crate::code::ChallengeCode;
use crate::code::activation::{Grant, seal_first, seal_second};
use crate::key::{ActivationId, Key, TokenId};
use crate::oath::totp::Totp;
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
    /// The text of the picture.
    pub code: ChallengeCode,
}

/// A token as its maker delivers it.
#[derive(Debug)]
pub struct NewToken<'a> {
    /// What is printed on it.
    pub id: TokenId,
    /// The key that it has from the factory.
    pub device_key: &'a Key,
    /// Whether it was made for tests (V-20).
    pub test: bool,
    /// The other data of its maker.
    pub origin: Option<Origin>,
}

impl<S: Store> Verifier<S> {
    /// Registers a token with the device key that it has from the factory. Doing it again changes nothing.
    ///
    /// # Errors
    ///
    /// [`EnrollError::TestToken`] unless the policy accepts test keys, [`EnrollError::UnfitDeviceKey`] for a key of fewer
    /// than 16 bytes (RFC 4226, R6) or of the same byte throughout, [`EnrollError::TokenRevoked`] for an ID that was revoked, [`EnrollError::TokenExists`] when it is
    /// registered with another key.
    pub async fn register(
        &self,
        token: &TokenId,
        device_key: &Key,
        test: bool,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<(), EnrollError> {
        let token = NewToken { id: token.clone(), device_key, test, origin: None };
        self.register_all(vec![token], now, rng).await.pop().expect("one answer for one token")
    }

    /// Registers many tokens, which a store may write together, and gives for each the result of [`Verifier::register`].
    /// A registered token gets the dates of a later [`Origin`], also dates that have passed. A new token with such dates is
    /// [`EnrollError::OutOfValidity`].
    pub async fn register_all(
        &self,
        tokens: Vec<NewToken<'_>>,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Vec<Result<(), EnrollError>> {
        let mut registered = Vec::new();
        for token in tokens {
            let wrapped = self.wrapped(&token, rng);
            registered.push(async move { self.register_wrapped(token, wrapped?, now).await });
        }
        together(registered).await
    }

    /// The device key of a token that may be registered, wrapped.
    fn wrapped(&self, token: &NewToken<'_>, rng: &mut impl CryptoRng) -> Result<Vec<u8>, EnrollError> {
        if token.test && !self.policy.accept_test_keys {
            return Err(EnrollError::TestToken(token.id.clone()));
        }
        if !is_fit_secret(token.device_key) {
            return Err(EnrollError::UnfitDeviceKey(token.id.clone()));
        }
        Ok(self.wrap(token.device_key, &token_context(&token.id), rng)?)
    }

    async fn register_wrapped(
        &self,
        NewToken { id: token, device_key, test, origin }: NewToken<'_>,
        wrapped: Vec<u8>,
        now: Timestamp,
    ) -> Result<(), EnrollError> {
        let id = RecordId::Token(token.clone());
        let new = decision::register_token(wrapped, test, origin.clone(), now);
        let new = new.map_err(|refusal| unusable(&token, refusal));
        if let Ok(new) = &new
            && let Try::Done(()) = self.replace(&id, Revision::ABSENT, new.clone()).await?
        {
            return Ok(());
        }
        let mut tries = Tries::new();
        loop {
            tries.next().await?;
            let Some((revision, known)) = self.load::<TokenRecord>(&id).await? else {
                return new.map(|_| ()).and(Err(EnrollError::UnknownToken(token)));
            };
            if let Some(refusal) = decision::refuses_use(&known) {
                return Err(unusable(&token, refusal));
            }
            let known_key = self.device_key(&token, &known)?;
            let same_key = known_key.expose_bytes().ct_eq(device_key.expose_bytes()).into();
            let activations = known.activations.clone();
            let settlement = decision::register_token_again(known, same_key, origin.clone(), now);
            if let Step::Rejected(refusal) = settlement.answer {
                return Err(unusable(&token, refusal));
            }
            let change = ValidityChange { validity: decision::validity(&settlement.record) };
            if let Try::Done(_) = self.replace(&id, revision, settlement).await? {
                for activation in activations {
                    self.update(activation, |record| Ok(settle(&self.policy, record, &change, now)?)).await?;
                }
                return Ok(());
            }
        }
    }

    /// Gives the stored device key, to hand the token over to another verifier.
    ///
    /// # Errors
    ///
    /// [`EnrollError::TestToken`] for a token made for tests: the other verifier would not know it as one (V-20).
    /// [`EnrollError::UnknownToken`], [`EnrollError::TokenRevoked`], or that the key cannot be opened.
    pub async fn expose_device_key(&self, token: &TokenId) -> Result<Key, EnrollError> {
        let (_, record) = self.live_token(token).await?;
        if record.test {
            return Err(EnrollError::TestToken(token.clone()));
        }
        Ok(self.device_key(token, &record)?)
    }

    /// Whether the store has this device key for this token, and it was made for tests. The key of any other token is not opened.
    ///
    /// # Errors
    ///
    /// [`VerifierError`] when the record cannot be read or its key cannot be opened.
    pub async fn has_test_key(&self, token: &TokenId, device_key: &Key) -> Result<bool, VerifierError> {
        let known = self.load::<TokenRecord>(&RecordId::Token(token.clone())).await?;
        let Some((_, record)) = known.filter(|(_, record)| record.test && !record.device_key.is_empty()) else {
            return Ok(false);
        };
        let known_key = self.device_key(token, &record)?;
        Ok(known_key.expose_bytes().ct_eq(device_key.expose_bytes()).into())
    }

    /// Begins a registration: generates the activation ID and its key, and makes the first code.
    ///
    /// # Errors
    ///
    /// [`EnrollError`] when the token has no free slot, or cannot show the contract number, the user ID or the bank's name.
    pub async fn enroll(
        &self,
        token: &TokenId,
        subscriber: Subscriber,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Enrollment, EnrollError> {
        fits(&subscriber)?;
        let transaction = self.introduction(Operation::Activation1, &subscriber)?;
        let mut tries = Tries::new();
        loop {
            tries.next().await?;
            let Try::Done((activation, of_token)) = self.add_user(token, now, rng).await? else { continue };
            let key = self.wrap(&Key::generate(rng), &context(activation), rng)?;
            let new = NewActivation {
                activation,
                subscriber: subscriber.clone(),
                token: token.clone(),
                test: of_token.test,
                validity: of_token.validity,
                key,
                first: ChallengeId::generate(now, rng),
                transaction: transaction.clone(),
            };
            // The place may be closed meanwhile: the token is revoked, or another user needed it.
            let created = self.create(activation, decision::enroll(&self.policy, new, now)).await?;
            if let Try::Done(challenge) = created {
                self.renew_validity(activation, token, of_token.validity, now).await?;
                let code = seal_first(&challenge, token, &of_token.device_key);
                return Ok(Enrollment { activation, expires_at: challenge.expires_at, code });
            }
        }
    }

    /// Takes the device code that the token showed for the first code, and makes the second code for it alone. The same
    /// device code again gives the same second code. A retry with the same `attempt` gets the same answer, and is not
    /// counted twice.
    ///
    /// # Errors
    ///
    /// [`EnrollError`] when nothing was decided; retry with the same `attempt`. A wrong device code is
    /// [`Step::Rejected`], and the third one ends the registration.
    pub async fn second_code(
        &self,
        activation: ActivationId,
        device_code: &str,
        attempt: AttemptId,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Step<Enrollment>, EnrollError> {
        let Ok(answer) = DeviceCode::typed(device_code) else {
            return Ok(Step::Rejected(Rejection::Malformed { digits: DeviceCode::DIGITS }));
        };
        let Some(record) = self.record(activation).await? else { return Ok(Step::Rejected(Rejection::Unknown)) };
        let token = match decision::registering_token(&record) {
            Step::Done(token) => token.clone(),
            Step::Rejected(rejection) => return Ok(Step::Rejected(rejection)),
        };
        let device_key = self.registering_key(&token, now).await?;
        let transaction = self.introduction(Operation::Activation2, &record.subscriber)?;
        let second = ChallengeId::generate(now, rng);
        let nonce = answer.nonce();

        let step = self.update(activation, |record| {
            let expected = decision::expected_device_code(&self.policy, &record, activation, now)?;
            let (comparison, grant) = match expected {
                None => (Comparison::NothingExpected, None),
                Some(expected) => {
                    let grant = Grant { key: self.activation_key(activation, expected.key)?, suite: expected.suite };
                    let tag =
                        attempt.tag(&grant.key, format!("device code {nonce}").as_bytes(), answer.check().expose_str());
                    let first = expected.challenge;
                    let matches = first.is_some_and(|first| first.device_code(&device_key, nonce).ct_eq(&answer));
                    (Comparison::Made { tag, matches }, Some(grant))
                }
            };
            let transaction = transaction.clone();
            let event = DeviceCodeAnswer { activation, nonce, comparison, second, transaction };
            settle(&self.policy, record, &event, now)?.try_map_done(|_, made| {
                let grant = grant.expect("what was compared has a key");
                let code = seal_second(&made.challenge, &token, &device_key, made.binding, &grant);
                Ok(Enrollment { activation, expires_at: made.challenge.expires_at, code })
            })
        });
        Ok(step.await?.unwrap_or(Step::Rejected(Rejection::Unknown)))
    }

    /// The code of a registration once more, the first or the second, whichever is to be answered next.
    ///
    /// # Errors
    ///
    /// [`EnrollError`] when a record cannot be read, a key cannot be opened, or the token is revoked.
    pub async fn enrollment_code(
        &self,
        activation: ActivationId,
        now: Timestamp,
    ) -> Result<Option<Enrollment>, EnrollError> {
        let Some(record) = self.record(activation).await? else { return Ok(None) };
        let Credential::Camera { token, suite, key, .. } = &record.credential else { return Ok(None) };
        let Some(awaited) = decision::awaited_challenge(&record, activation, now) else { return Ok(None) };
        let device_key = self.registering_key(token, now).await?;
        let challenge = awaited.challenge;
        let code = match awaited.binding {
            None => seal_first(&challenge, token, &device_key),
            Some(binding) => {
                let grant = self.grant(activation, suite, key)?;
                seal_second(&challenge, token, &device_key, binding, &grant)
            }
        };
        Ok(Some(Enrollment { activation, expires_at: challenge.expires_at, code }))
    }

    /// Takes the token's response to the second code. From then on the activation signs. A retry with the same `attempt` gets the
    /// same answer, and is not counted twice. Another attempt gets [`Rejection::AlreadySettled`] once the registration is finished.
    ///
    /// # Errors
    ///
    /// [`EnrollError`] when nothing was decided; retry with the same `attempt`. A wrong response is
    /// [`Step::Rejected`], and the third one ends the registration.
    pub async fn confirm(
        &self,
        activation: ActivationId,
        response: &str,
        attempt: AttemptId,
        now: Timestamp,
    ) -> Result<Step<()>, EnrollError> {
        let step = self.update(activation, |record| {
            let expected = decision::expected_confirmation(&self.policy, &record, activation, now)?;
            let comparison = self.compare(activation, expected, response, attempt, b"confirm")?;
            Ok(settle(&self.policy, record, &Confirmation { activation, comparison }, now)?)
        });
        Ok(step.await?.unwrap_or(Step::Rejected(Rejection::Unknown)))
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
        let secret = otp_secret(rng);
        let mut tries = Tries::new();
        loop {
            tries.next().await?;
            let activation = ActivationId::generate(rng);
            let key = self.wrap(&secret, &context(activation), rng)?;
            let new = decision::enroll_time_based(subscriber.clone(), key, now);
            if let Try::Done(()) = self.create(activation, new).await? {
                return Ok((activation, secret));
            }
        }
    }

    /// Tries once to add a new activation to the token's record, before the activation itself exists.
    async fn add_user(
        &self,
        token: &TokenId,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<Try<(ActivationId, OfToken)>, EnrollError> {
        let (revision, record) = self.live_token(token).await?;
        self.takes_registrations(token, &record, now)?;
        let (test, validity) = (record.test, decision::validity(&record));
        let of_token = OfToken { device_key: self.device_key(token, &record)?, test, validity };
        let mut places = Vec::with_capacity(record.activations.len());
        for activation in &record.activations {
            places.push(decision::place(self.record(*activation).await?.as_ref()));
        }
        let activation = ActivationId::generate(rng);
        let added = match decision::add_user(record, &places, activation, now) {
            NewUser::Full => return Err(EnrollError::TokenFull { token: token.clone() }),
            NewUser::AfterClosing(reserved) => {
                for activation in reserved {
                    let _closed_or_taken = self.close(activation, token, now).await?;
                }
                return Ok(Try::Overtaken);
            }
            NewUser::Added(added) => *added,
        };
        // Another activation has the ID already.
        if self.record(activation).await?.is_some() {
            return Ok(Try::Overtaken);
        }
        let stored = self.replace(&RecordId::Token(token.clone()), revision, added).await?;
        Ok(stored.map(|()| (activation, of_token)))
    }

    /// Stores the record of a new activation, unless there is one.
    pub(super) async fn create<A>(
        &self,
        activation: ActivationId,
        new: Settlement<A>,
    ) -> Result<Try<A>, VerifierError> {
        self.replace(&RecordId::Activation(activation), Revision::ABSENT, new).await
    }

    /// Dates that came by a maker's file between the two writes of a registration could not reach an activation that did not exist.
    async fn renew_validity(
        &self,
        activation: ActivationId,
        token: &TokenId,
        known: Validity,
        now: Timestamp,
    ) -> Result<(), VerifierError> {
        let record = self.load::<TokenRecord>(&RecordId::Token(token.clone())).await?;
        let validity = record.map_or(known, |(_, record)| decision::validity(&record));
        if validity != known {
            let change = ValidityChange { validity };
            self.update(activation, |record| Ok(settle(&self.policy, record, &change, now)?)).await?;
        }
        Ok(())
    }

    /// The names that the token shows during a registration.
    fn introduction(&self, operation: Operation, subscriber: &Subscriber) -> Result<Transaction, TransactionError> {
        let contract = masked(&subscriber.contract);
        Transaction::new(operation, [("bank", &*self.bank), ("contract", &contract), ("user", &subscriber.user)])
    }

    async fn live_token(&self, token: &TokenId) -> Result<(Revision, TokenRecord), EnrollError> {
        let known = self.load::<TokenRecord>(&RecordId::Token(token.clone())).await?;
        let (revision, record) = known.ok_or_else(|| EnrollError::UnknownToken(token.clone()))?;
        decision::refuses_use(&record).map_or(Ok((revision, record)), |refusal| Err(unusable(token, refusal)))
    }

    /// Refuses a token that takes no registrations.
    fn takes_registrations(&self, token: &TokenId, record: &TokenRecord, now: Timestamp) -> Result<(), EnrollError> {
        let refusal = decision::refuses_registration(&self.policy, record, now);
        refusal.map_or(Ok(()), |refusal| Err(unusable(token, refusal)))
    }

    /// The device key of a token that takes registrations.
    async fn registering_key(&self, token: &TokenId, now: Timestamp) -> Result<Key, EnrollError> {
        let (_, record) = self.live_token(token).await?;
        self.takes_registrations(token, &record, now)?;
        Ok(self.device_key(token, &record)?)
    }

    fn device_key(&self, token: &TokenId, record: &TokenRecord) -> Result<Key, VerifierError> {
        Ok(self.unwrap(&record.device_key, &token_context(token))?)
    }

    fn grant(&self, activation: ActivationId, suite: &str, key: &[u8]) -> Result<Grant, VerifierError> {
        let suite: ResponseSuite = suite.parse().map_err(|_| RecordError::Damaged)?;
        Ok(Grant { key: self.activation_key(activation, key)?, suite })
    }
}

/// The part of a new activation that comes from its token.
struct OfToken {
    device_key: Key,
    test: bool,
    validity: Validity,
}

/// A secret as long as the hash value of what it is for, SHA-1 (RFC 6238, section 5.1): importers tell the hash by the length.
fn otp_secret(rng: &mut impl CryptoRng) -> Key {
    let mut bytes = vec![0; Totp::default().hash.output_len()];
    rng.fill_bytes(&mut bytes);
    Key::new(bytes)
}

/// The contract number as a token shows it: at most eight characters, of which only the last four are readable, and never more
/// than half.
fn masked(contract: &str) -> String {
    let len = contract.chars().count();
    let hidden = len - (len / 2).min(4);
    let told: String = contract.chars().skip(hidden).collect();
    format!("{}{told}", "*".repeat(hidden.min(4)))
}

/// The fewest bytes of a shared secret: RFC 4226, section 4, R6.
const LEAST_SECRET: usize = 16;

/// Whether a maker's secret may be one: long enough, and not one byte again and again.
pub(super) fn is_fit_secret(secret: &Key) -> bool {
    secret.expose_bytes().len() >= LEAST_SECRET && !secret.is_uniform()
}

pub(super) fn token_context(token: &TokenId) -> Vec<u8> {
    [b"token ", token.as_str().as_bytes()].concat()
}
