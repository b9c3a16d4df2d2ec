//! Generators that come from their maker by a file: registered, given to a customer, and resynchronised.
//!
//! They are for customers without a camera token, as those of [`Verifier::enroll_time_based`] are: what they show is a password,
//! accepted once, and never the response to a challenge.

use camtoken_core::verifier::decision::{
    self, Comparison, ExpectedPassword, GeneratorRefusal, HandedOver, Resynchronisation, ValidityChange,
    expected_consecutive, settle,
};
use camtoken_core::verifier::moving::Moving;
use camtoken_core::verifier::origin::{Origin, OutOfValidity};
use camtoken_core::verifier::record::{Credential, GeneratorRecord, StoredState};
use rand::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::enroll::{fits, is_fit_secret};
use super::retry::{Tries, Try, together};
use super::{AttemptId, EnrollError, Rejection, Step, Subscriber, Verifier, VerifierError, context, typed_response};
use crate::key::{ActivationId, GeneratorId, Key};
use crate::store::{RecordId, Revision, Store};
use crate::time::Timestamp;

/// A generator as its maker delivers it.
#[derive(Debug)]
pub struct NewGenerator<'a> {
    /// What is printed on it.
    pub id: GeneratorId,
    /// Its secret.
    pub secret: &'a Key,
    /// Its algorithm, and its counter or time step at present.
    pub moving: Moving,
    /// The maker's other data about it.
    pub origin: Origin,
}

/// A generator that is registered.
#[derive(Debug, Clone)]
pub struct RegisteredGenerator {
    id: GeneratorId,
    record: GeneratorRecord,
}

impl RegisteredGenerator {
    /// What is printed on it.
    #[must_use]
    pub fn id(&self) -> &GeneratorId {
        &self.id
    }

    /// The activation of its user, or of its last one.
    #[must_use]
    pub fn activation(&self) -> Option<ActivationId> {
        self.record.activation.first().copied()
    }

    /// Its algorithm, and its counter or time step when its user got it.
    #[must_use]
    pub fn moving(&self) -> Moving {
        self.record.moving
    }

    /// The maker's data about it.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.record.origin
    }
}

impl<S: Store> Verifier<S> {
    /// Registers generators, which a store may write together. A second registration changes only two things: the dates of the
    /// key, if the new [`Origin`] has others, and the counter or time step, if another verifier has used the generator since.
    ///
    /// It gives a result for each: [`EnrollError::UnfitSecret`] for a secret of fewer than 16 bytes (RFC 4226, R6) or of one repeated
    /// byte, [`EnrollError::GeneratorExists`] when the store has it with another secret or another algorithm, and
    /// [`EnrollError::OutOfValidity`] for a new one whose dates have passed.
    pub async fn register_generators(
        &self,
        generators: Vec<NewGenerator<'_>>,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Vec<Result<(), EnrollError>> {
        let mut registered = Vec::new();
        for new in generators {
            let wrapped = match is_fit_secret(new.secret) {
                true => self.wrap(new.secret, &generator_context(&new.id), rng).map_err(EnrollError::from),
                false => Err(EnrollError::UnfitSecret(new.id.clone())),
            };
            registered.push(async move { self.register_generator(new, wrapped?, now).await });
        }
        together(registered).await
    }

    async fn register_generator(
        &self,
        NewGenerator { id, secret, moving, origin }: NewGenerator<'_>,
        wrapped: Vec<u8>,
        now: Timestamp,
    ) -> Result<(), EnrollError> {
        let record_id = RecordId::Generator(id.clone());
        let new = decision::register_generator(wrapped, moving, origin.clone(), now);
        let new = new.map_err(|refusal| unfit(&id, refusal));
        if let Ok(new) = &new
            && let Try::Done(()) = self.replace(&record_id, Revision::ABSENT, new.clone()).await?
        {
            return Ok(());
        }
        let mut tries = Tries::new();
        loop {
            tries.next().await?;
            let Some((revision, known)) = self.load::<GeneratorRecord>(&record_id).await? else {
                return new.map(|_| ()).and(Err(EnrollError::UnknownGenerator(id)));
            };
            // One that was ended as damaged has no secret.
            if known.key.is_empty() {
                return Err(EnrollError::GeneratorExists(id));
            }
            let known_secret = self.generator_secret(&id, &known)?;
            let same_secret = known_secret.expose_bytes().ct_eq(secret.expose_bytes()).into();
            let again = decision::register_generator_again(known, same_secret, moving, origin.clone(), now);
            if let Step::Rejected(refusal) = again.answer {
                return Err(unfit(&id, refusal));
            }
            let record = again.record.clone();
            if let Try::Done(_) = self.replace(&record_id, revision, again).await? {
                return Ok(self.tell_holder(&record, now).await?);
            }
        }
    }

    /// Brings new dates of a generator's record to the activation of its user.
    async fn tell_holder(&self, record: &GeneratorRecord, now: Timestamp) -> Result<(), VerifierError> {
        let Some(holder) = record.activation.first().copied() else { return Ok(()) };
        let validity = ValidityChange { validity: record.origin.validity() };
        self.update(holder, |record| Ok(settle(&self.policy, record, &validity, now)?)).await?;
        let handed_over = HandedOver { moving: record.moving };
        self.update(holder, |record| Ok(settle(&self.policy, record, &handed_over, now)?)).await?;
        Ok(())
    }

    /// Gives a generator to a customer without a camera token. A generator whose activation has ended may be given to another
    /// customer: its counter goes on.
    ///
    /// # Errors
    ///
    /// [`EnrollError::UnknownGenerator`], [`EnrollError::GeneratorTaken`], [`EnrollError::OutOfValidity`],
    /// [`EnrollError::SubscriberForm`], or that nothing was decided.
    pub async fn enroll_generator(
        &self,
        generator: &GeneratorId,
        subscriber: Subscriber,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<ActivationId, EnrollError> {
        fits(&subscriber)?;
        let mut tries = Tries::new();
        loop {
            tries.next().await?;
            let (revision, record) = self.known_generator(generator).await?;
            let validity = record.origin.validity();
            validity.check(now).map_err(|reason| out_of_validity(generator, reason))?;
            let mut moving = record.moving;
            if let Some(holder) = record.activation.first().copied() {
                match self.record(holder).await? {
                    // Its registration was cut off: it can no longer begin.
                    None => {
                        let closed = decision::close_generator(generator, moving, now);
                        let _closed_or_taken = self.create(holder, closed).await?;
                        continue;
                    }
                    Some(known) if !matches!(known.state, StoredState::Revoked | StoredState::Reset) => {
                        return Err(EnrollError::GeneratorTaken(generator.clone()));
                    }
                    Some(known) => {
                        if let Credential::Generator { moving: until_now, .. } = known.credential {
                            moving = until_now;
                        }
                    }
                }
            }
            let activation = ActivationId::generate(rng);
            if self.record(activation).await?.is_some() {
                continue;
            }
            let secret = self.generator_secret(generator, &record)?;
            let key = self.wrap(&secret, &context(activation), rng)?;
            let assigned = decision::assign_generator(record, activation, moving, now);
            let record_id = RecordId::Generator(generator.clone());
            if let Try::Overtaken = self.replace(&record_id, revision, assigned).await? {
                continue;
            }
            let new = decision::enroll_generator(subscriber.clone(), generator.clone(), key, moving, validity, now);
            if let Try::Done(()) = self.create(activation, new).await? {
                // A change by a file between the two writes could not reach an activation that did not exist.
                let (_, record) = self.known_generator(generator).await?;
                self.tell_holder(&record, now).await?;
                return Ok(activation);
            }
        }
    }

    /// Resynchronises a generator by two consecutive passwords (RFC 4226, section 7.4). A counter is found up to a thousand presses
    /// ahead, a clock up to sixty steps ahead or twenty behind. Both passwords count as used; wrong ones count as a wrong password
    /// does. A counter is looked for from `least` on: 0, or a value that it has reached as the bank knows, for example after a
    /// restore of the store. A generator of [`Verifier::enroll_time_based`] is [`Rejection::Unknown`]: its record has no drift.
    ///
    /// # Errors
    ///
    /// As [`Verifier::verify`].
    pub async fn resynchronise(
        &self,
        activation: ActivationId,
        passwords: [&str; 2],
        least: u64,
        attempt: AttemptId,
        now: Timestamp,
    ) -> Result<Step<()>, VerifierError> {
        let update = self.update(activation, |record| {
            let comparison = match expected_consecutive(&self.policy, &record, least, now)? {
                None => Comparison::NothingExpected,
                Some(ExpectedPassword { key, window }) => {
                    let digits = window.digits().get();
                    match passwords.map(|typed| typed_response(typed, digits)) {
                        [Ok(one), Ok(two)] => {
                            let key = self.activation_key(activation, key)?;
                            let both = Zeroizing::new([one.expose_str(), two.expose_str()].concat());
                            let tag = attempt.tag(&key, b"resynchronise", &both);
                            Comparison::Made { tag, matches: window.find_consecutive(&key, &[one, two]) }
                        }
                        _ => Comparison::Malformed { digits },
                    }
                }
            };
            Ok(settle(&self.policy, record, &Resynchronisation { comparison }, now)?)
        });
        Ok(update.await?.unwrap_or(Step::Rejected(Rejection::Unknown)))
    }

    /// The status of a generator. `None` when it is not registered.
    ///
    /// # Errors
    ///
    /// As [`Verifier::activation`].
    pub async fn generator(&self, id: &GeneratorId) -> Result<Option<RegisteredGenerator>, VerifierError> {
        let found = self.load(&RecordId::Generator(id.clone())).await?;
        Ok(found.map(|(_, record)| RegisteredGenerator { id: id.clone(), record }))
    }

    /// Reads a generator's secret from the store, with its counter or time step, to hand it over to another verifier.
    ///
    /// # Errors
    ///
    /// [`EnrollError::UnknownGenerator`], [`EnrollError::NeedsResynchronisation`], or that the secret cannot be read.
    pub async fn expose_generator(&self, id: &GeneratorId) -> Result<(Key, Moving), EnrollError> {
        let (_, record) = self.known_generator(id).await?;
        let mut moving = record.moving;
        if let Some(holder) = record.activation.first()
            && let Some(Credential::Generator { moving: now, .. }) = self.record(*holder).await?.map(|it| it.credential)
        {
            moving = now;
        }
        // The other verifier would accept what was used here before the store was restored.
        if moving.needs_resynchronisation() {
            return Err(EnrollError::NeedsResynchronisation(id.clone()));
        }
        Ok((self.generator_secret(id, &record)?, moving))
    }

    async fn known_generator(&self, id: &GeneratorId) -> Result<(Revision, GeneratorRecord), EnrollError> {
        let known = self.load::<GeneratorRecord>(&RecordId::Generator(id.clone())).await?;
        let usable = known.filter(|(_, record)| !record.key.is_empty());
        usable.ok_or_else(|| EnrollError::UnknownGenerator(id.clone()))
    }

    fn generator_secret(&self, id: &GeneratorId, record: &GeneratorRecord) -> Result<Key, VerifierError> {
        Ok(self.unwrap(&record.key, &generator_context(id))?)
    }
}

fn unfit(id: &GeneratorId, refusal: GeneratorRefusal) -> EnrollError {
    match refusal {
        GeneratorRefusal::OtherSecret | GeneratorRefusal::OtherParameters => EnrollError::GeneratorExists(id.clone()),
        GeneratorRefusal::OutOfValidity(reason) => out_of_validity(id, reason),
    }
}

fn out_of_validity(id: &GeneratorId, reason: OutOfValidity) -> EnrollError {
    EnrollError::OutOfValidity { holder: format!("generator {id}"), reason }
}

pub(super) fn generator_context(id: &GeneratorId) -> Vec<u8> {
    [b"generator ", id.as_str().as_bytes()].concat()
}
