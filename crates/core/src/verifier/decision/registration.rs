//! Registration (利用開始登録): the records of new activations, the device code, and the confirmation.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{About, expected, remember, repeated, trusted};
use super::{AuditEvent, AuditNote, Clock, Comparison, Event, Expected, Ruling, Settlement, Undecided};
use crate::challenge::{Challenge, ChallengeId, DeviceNonce};
use crate::code::activation::Binding;
use crate::key::{ActivationId, GeneratorId, TokenId};
use crate::time::Timestamp;
use crate::transaction::{Operation, Transaction};
use crate::verifier::audit::ChainEnd;
use crate::verifier::moving::Moving;
use crate::verifier::origin::Validity;
use crate::verifier::policy::Policy;
use crate::verifier::record::{AwaitedCode, Credential, Outcome, Record, SealedFor, StoredState};
use crate::verifier::subscriber::Subscriber;
use crate::verifier::verdict::{Rejection, Step};

/// The data for the record of a new activation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewActivation {
    /// Its name.
    pub activation: ActivationId,
    /// Its user.
    pub subscriber: Subscriber,
    /// Its token.
    pub token: TokenId,
    /// Whether the token was made for tests (V-20).
    pub test: bool,
    /// When the token's device key may be used.
    pub validity: Validity,
    /// Its key, wrapped.
    pub key: Vec<u8>,
    /// The name of the first code's challenge.
    pub first: ChallengeId,
    /// The names that the token shows for the first code.
    pub transaction: Transaction,
}

/// The device code that the token showed for the first code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceCodeAnswer {
    /// The activation.
    pub activation: ActivationId,
    /// The number that the token drew, as the device code says it.
    pub nonce: DeviceNonce,
    /// How it compares with the device code to the challenge of [`expected_device_code`].
    pub comparison: Comparison,
    /// The name of the second code's challenge, if this makes one.
    pub second: ChallengeId,
    /// The names that the token shows for the second code.
    pub transaction: Transaction,
}

/// A second code that is to be made.
#[derive(Debug, Clone)]
pub struct SecondCode {
    /// Its challenge.
    pub challenge: Challenge,
    /// The device code that it is sealed for.
    pub binding: Binding,
}

/// The token's response to the second code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Confirmation {
    /// The activation.
    pub activation: ActivationId,
    /// How it compares with the response to the challenge of [`expected_confirmation`].
    pub comparison: Comparison,
}

/// The challenge of a registration that is to be answered next.
#[derive(Debug, Clone)]
pub struct AwaitedChallenge {
    /// The challenge.
    pub challenge: Challenge,
    /// For the second code, the device code that it is sealed for.
    pub binding: Option<Binding>,
}

/// Begins a registration: the record of a new activation whose first code is made. The answer is the first code's challenge.
pub fn enroll(policy: &Policy, new: NewActivation, now: Timestamp) -> Settlement<Challenge> {
    let NewActivation { activation, subscriber, token, test, validity, key, first, transaction } = new;
    let credential = Credential::Camera { token, suite: policy.suite.to_string(), key, test, validity };
    let expires_at = now.plus(policy.first_code_lifetime);
    let awaited = AwaitedCode { id: first, expires_at, transaction, wrong_answers: 0, sealed_for: None };
    let challenge = awaited.challenge(activation);
    let about = Some(About::of(&challenge));
    begin(subscriber, credential, StoredState::FirstCode(awaited), (AuditEvent::Enrolled, about), now)
        .map(|()| challenge)
}

/// The record of a new activation with a time-based generator, whose secret is wrapped in `key`.
pub fn enroll_time_based(subscriber: Subscriber, key: Vec<u8>, now: Timestamp) -> Settlement<()> {
    let credential = Credential::TimeBased { key, last_step: None };
    begin(subscriber, credential, StoredState::Active, (AuditEvent::Activated, None), now)
}

/// The record that closes a place of a token before its activation exists: its registration can no longer begin.
pub fn close_place(policy: &Policy, token: &TokenId, now: Timestamp) -> Settlement<()> {
    let subscriber = Subscriber { contract: String::new(), user: String::new() };
    let suite = policy.suite.to_string();
    let (token, validity) = (token.clone(), Validity::default());
    let credential = Credential::Camera { token, suite, key: Vec::new(), test: false, validity };
    begin(subscriber, credential, StoredState::Revoked, (AuditEvent::Revoked, None), now)
}

/// The token whose device key a device code is compared with.
pub fn registering_token(record: &Record) -> Step<&TokenId> {
    match &record.credential {
        Credential::Camera { token, .. } => Step::Done(token),
        Credential::TimeBased { .. } | Credential::Generator { .. } => Step::Rejected(Rejection::Unknown),
    }
}

/// The first code's challenge, to compare a device code with, if it is known. `None` if the activation takes no
/// device code at all.
///
/// # Errors
///
/// [`Undecided`]
pub fn expected_device_code<'r>(
    policy: &Policy,
    record: &'r Record,
    activation: ActivationId,
    now: Timestamp,
) -> Result<Option<Expected<'r>>, Undecided> {
    trusted(policy, record, DeviceCodeAnswer::CLOCK, now)?;
    let Ok((suite, key)) = registers(record) else { return Ok(None) };
    let challenge = match &record.state {
        StoredState::FirstCode(first) => Some(first.challenge(activation)),
        StoredState::SecondCode(second) => {
            second.sealed_for.as_ref().map(|sealed_for| sealed_for.first_challenge(activation, second))
        }
        _ => None,
    };
    expected(suite, key, challenge).map(Some)
}

/// The second code's challenge, to compare a confirmation with, if one is awaited. `None` if the activation takes
/// no confirmation at all.
///
/// # Errors
///
/// [`Undecided`]
pub fn expected_confirmation<'r>(
    policy: &Policy,
    record: &'r Record,
    activation: ActivationId,
    now: Timestamp,
) -> Result<Option<Expected<'r>>, Undecided> {
    trusted(policy, record, Confirmation::CLOCK, now)?;
    let Ok((suite, key)) = registers(record) else { return Ok(None) };
    let challenge = match &record.state {
        StoredState::SecondCode(second) => Some(second.challenge(activation)),
        _ => None,
    };
    expected(suite, key, challenge).map(Some)
}

/// The challenge of the code that is to be answered next, as long as it may be answered: for a code that is shown once more.
#[must_use]
pub fn awaited_challenge(record: &Record, activation: ActivationId, now: Timestamp) -> Option<AwaitedChallenge> {
    let (StoredState::FirstCode(awaited) | StoredState::SecondCode(awaited)) = &record.state else {
        return None;
    };
    let binding = awaited.sealed_for.as_ref().map(|sealed_for| sealed_for.binding());
    (now < awaited.expires_at).then(|| AwaitedChallenge { challenge: awaited.challenge(activation), binding })
}

impl Event for DeviceCodeAnswer {
    type Answer = Step<SecondCode>;

    const CLOCK: Clock = Clock::Decides;

    fn decide(&self, policy: &Policy, record: &mut Record, now: Timestamp) -> Ruling<Self::Answer> {
        let (tag, is_right) = match compared(record, self.comparison) {
            Ok(compared) => compared,
            Err(rejection) => return refused(rejection),
        };
        // A right device code that is repeated gets its second code below.
        if let Some(Outcome::Wrong { tries_left, suspended }) = repeated(record, &tag, now) {
            return Ruling::confirmed(Step::Rejected(Rejection::Wrong { tries_left, suspended }));
        }
        let (first, first_expires_at, second) = match &record.state {
            StoredState::FirstCode(first) => (first.id, first.expires_at, None),
            StoredState::SecondCode(second) => match &second.sealed_for {
                Some(sealed_for) => (sealed_for.first, sealed_for.first_expires_at, Some((second, sealed_for.nonce))),
                None => return refused(Rejection::NotActivated),
            },
            _ => return refused(Rejection::NotActivated),
        };
        if now >= first_expires_at {
            return refused(Rejection::Expired);
        }
        if !is_right {
            return count_wrong(policy, record, tag, AuditEvent::DeviceCodeWrong, now);
        }
        let binding = Binding { first, nonce: self.nonce };
        match second {
            Some((second, nonce)) if nonce == self.nonce => {
                let challenge = second.challenge(self.activation);
                Ruling::confirmed(Step::Done(SecondCode { challenge, binding }))
            }
            Some(_) => refused(Rejection::AlreadySettled),
            None => {
                let second = AwaitedCode {
                    id: self.second,
                    expires_at: now.plus(policy.second_code_lifetime),
                    transaction: self.transaction.clone(),
                    wrong_answers: 0,
                    sealed_for: Some(SealedFor { first, first_expires_at, nonce: self.nonce }),
                };
                let challenge = second.challenge(self.activation);
                remember(record, tag, Outcome::Accepted, now);
                record.state = StoredState::SecondCode(second);
                let made = SecondCode { challenge: challenge.clone(), binding };
                Ruling::changed(Step::Done(made), AuditEvent::SecondCode, Some(challenge))
            }
        }
    }
}

impl Event for Confirmation {
    type Answer = Step<()>;

    const CLOCK: Clock = Clock::Decides;

    fn decide(&self, policy: &Policy, record: &mut Record, now: Timestamp) -> Ruling<Step<()>> {
        let (tag, is_right) = match compared(record, self.comparison) {
            Ok(compared) => compared,
            Err(rejection) => return refused(rejection),
        };
        if let Some(outcome) = repeated(record, &tag, now) {
            return Ruling::confirmed(match outcome {
                Outcome::Accepted => Step::Done(()),
                Outcome::Wrong { tries_left, suspended } => Step::Rejected(Rejection::Wrong { tries_left, suspended }),
            });
        }
        let second = match &record.state {
            StoredState::SecondCode(second) => second,
            StoredState::Active | StoredState::Suspended => return refused(Rejection::AlreadySettled),
            _ => return refused(Rejection::NotActivated),
        };
        if let Err(reason) = record.credential.validity().check(now) {
            return refused(reason.into());
        }
        if now >= second.expires_at {
            return refused(Rejection::Expired);
        }
        if !is_right {
            return count_wrong(policy, record, tag, AuditEvent::ConfirmationWrong, now);
        }
        let challenge = second.challenge(self.activation);
        remember(record, tag, Outcome::Accepted, now);
        record.state = StoredState::Active;
        Ruling::changed(Step::Done(()), AuditEvent::Activated, Some(challenge))
    }
}

/// The record of a new activation with a generator, whose secret is wrapped in `key`.
pub fn enroll_generator(
    subscriber: Subscriber,
    id: GeneratorId,
    key: Vec<u8>,
    moving: Moving,
    validity: Validity,
    now: Timestamp,
) -> Settlement<()> {
    let credential = Credential::Generator { id, key, moving, validity, question: None };
    begin(subscriber, credential, StoredState::Active, (AuditEvent::Activated, None), now)
}

/// The record that closes the place of a generator before its activation exists.
pub fn close_generator(id: &GeneratorId, moving: Moving, now: Timestamp) -> Settlement<()> {
    let subscriber = Subscriber { contract: String::new(), user: String::new() };
    let (id, validity) = (id.clone(), Validity::default());
    let credential = Credential::Generator { id, key: Vec::new(), moving, validity, question: None };
    begin(subscriber, credential, StoredState::Revoked, (AuditEvent::Revoked, None), now)
}

/// The record of an activation that nothing has happened to but this event.
fn begin(
    subscriber: Subscriber,
    credential: Credential,
    state: StoredState,
    (event, about): (AuditEvent, Option<About>),
    now: Timestamp,
) -> Settlement<()> {
    let record = Record {
        subscriber,
        credential,
        state,
        failures: 0,
        challenge: None,
        past: Vec::new(),
        last_attempt: None,
        latest_time: now,
        signed: false,
        chain_end: ChainEnd::default(),
    };
    Settlement { record, answer: (), audit: Some(AuditNote { event, at: now, failures: 0, about }), write: true }
}

/// The suite and the wrapped key that answers of a registration are computed with, or why there are none.
fn registers(record: &Record) -> Result<(&str, &[u8]), Rejection> {
    match &record.credential {
        Credential::TimeBased { .. } | Credential::Generator { .. } => Err(Rejection::Unknown),
        // The place of a registration that the revocation of its token has overtaken has no key.
        Credential::Camera { key, .. } if record.state == StoredState::Revoked || key.is_empty() => {
            Err(Rejection::Revoked)
        }
        Credential::Camera { suite, key, .. } => Ok((suite, key)),
    }
}

/// The tag of an answer and whether it is right, unless there is a reason to refuse it unseen.
fn compared(record: &Record, comparison: Comparison) -> Result<([u8; 16], bool), Rejection> {
    registers(record)?;
    match comparison {
        Comparison::NothingExpected => Err(Rejection::NotActivated),
        Comparison::Malformed { digits } => Err(Rejection::Malformed { digits }),
        Comparison::Made { tag, matches } => Ok((tag, matches)),
    }
}

/// A refusal that is not counted.
fn refused<T>(rejection: Rejection) -> Ruling<Step<T>> {
    Ruling::unchanged(Step::Rejected(rejection))
}

/// Counts a wrong answer to a code of a registration; the last one allowed ends the registration.
fn count_wrong<T>(
    policy: &Policy,
    record: &mut Record,
    tag: [u8; 16],
    event: AuditEvent,
    now: Timestamp,
) -> Ruling<Step<T>> {
    let (StoredState::FirstCode(awaited) | StoredState::SecondCode(awaited)) = &mut record.state else {
        return refused(Rejection::NotActivated);
    };
    awaited.wrong_answers = awaited.wrong_answers.saturating_add(1);
    let tries_left = policy.max_attempts.saturating_sub(awaited.wrong_answers);
    if tries_left == 0 {
        record.state = StoredState::Reset;
    }
    remember(record, tag, Outcome::Wrong { tries_left, suspended: false }, now);
    Ruling::changed(Step::Rejected(Rejection::Wrong { tries_left, suspended: false }), event, None)
}

impl AwaitedCode {
    fn challenge(&self, activation: ActivationId) -> Challenge {
        Challenge { id: self.id, activation, expires_at: self.expires_at, transaction: self.transaction.clone() }
    }
}

impl SealedFor {
    /// The first code's challenge: it shows what the second one shows.
    fn first_challenge(&self, activation: ActivationId, second: &AwaitedCode) -> Challenge {
        let transaction = second.transaction.with_operation(Operation::Activation1);
        Challenge { id: self.first, activation, expires_at: self.first_expires_at, transaction }
    }

    fn binding(&self) -> Binding {
        Binding { first: self.first, nonce: self.nonce }
    }
}
