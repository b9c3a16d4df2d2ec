//! The decision logic: everything that is decided about an activation, as a pure function on values.
//!
//! [`settle`] takes the record and one [`Event`], and gives a [`Settlement`]: the new record, the answer, the entry for the
//! audit chain, and whether the record must be stored before the answer is given. No other code counts a wrong answer, refuses
//! for a reason in the record, or changes the state of an activation. The caller loads the record, compares the given answer
//! with the expected one, calls [`settle`] and stores the result:
//!
//! ```text
//! load ─> expected_… ─> unwrap the key, compute, compare ─> settle ─> store ─> answer
//! ```
//!
//! The functions `expected_…` say with which key and which challenge an answer is to be compared. They refuse nothing: if
//! there is nothing to compare with, [`settle`] gives the reason ([`Comparison::NothingExpected`]).
//!
//! | file | events |
//! | --- | --- |
//! | `registration` | the records of new activations; [`DeviceCodeAnswer`], [`Confirmation`] |
//! | `challenge` | [`ChallengeIssue`], [`Withdrawal`] |
//! | `response` | [`ChallengeResponse`], [`SettledQuery`] |
//! | `card` | [`QuestionIssue`] |
//! | `password` | [`GeneratorPassword`], [`Resynchronisation`] |
//! | `lifecycle` | [`Suspension`], [`Resumption`], [`Reset`], [`Revocation`], [`ValidityChange`], [`HandedOver`], [`Restoration`], [`ClockSetBack`] |
//! | `token` | the record of a token: its registration, its places, its revocation |
//! | `generator` | the record of a generator: its registration, who has it, its restoration |
//! | `damage` | the end of a record that cannot be read, or whose key does not open |

mod card;
mod challenge;
mod damage;
mod generator;
mod lifecycle;
mod password;
mod registration;
mod response;
#[cfg(test)]
mod tests;
mod token;

pub use card::QuestionIssue;
pub use challenge::{ChallengeIssue, IssueRefusal, Withdrawal, may_have_forgotten, open_challenge};
pub use damage::{Endable, end_damaged};
pub use generator::{
    GeneratorRefusal, assign_generator, register_generator, register_generator_again, restore_generator,
};
pub use lifecycle::{
    ClockSetBack, HandedOver, Reset, Restoration, Resumption, Revocation, SetBack, StateRefusal, Suspension,
    ValidityChange,
};
pub use password::{
    ExpectedPassword, GeneratorPassword, Resynchronisation, Window, expected_consecutive, expected_password,
};
pub use registration::{
    AwaitedChallenge, Confirmation, DeviceCodeAnswer, NewActivation, SecondCode, awaited_challenge, close_generator,
    close_place, enroll, enroll_generator, enroll_time_based, expected_confirmation, expected_device_code,
    registering_token,
};
pub use response::{ChallengeResponse, SettledQuery, expected_response};
pub use token::{
    MAX_USERS, NewUser, TokenRefusal, UserPlace, add_user, place, refuses_registration, refuses_use, register_token,
    register_token_again, revoke_token, validity,
};

use super::audit::{About, AuditEvent, AuditNote};
use super::policy::Policy;
use super::record::{LastAttempt, Outcome, Record, RecordError, StoredState};
use super::verdict::{Rejection, Step};
use crate::challenge::{Challenge, ResponseSuite};
use crate::time::Timestamp;

/// Something that happens to an activation.
///
/// Only this module implements it, because nothing else can make or read a [`Ruling`].
pub trait Event {
    /// The answer to the caller.
    type Answer;

    /// How the event uses the time.
    const CLOCK: Clock;

    /// The rules for this event. `record` has seen `now`, unless the event sets the time back.
    fn decide(&self, policy: &Policy, record: &mut Record, now: Timestamp) -> Ruling<Self::Answer>;
}

/// How an event depends on the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// The event accepts or opens something, so the clock must not be behind the latest time of the record.
    Decides,
    /// The event ends something, whatever the time, which is only noted. So a clock that was ahead once prevents no revocation.
    Notes,
    /// The event changes the latest time of the record: an operator sets it back.
    SetsBack,
}

/// The decision about one event.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "nothing of it is stored yet"]
pub struct Settlement<A, R = Record> {
    /// The new record.
    pub record: R,
    /// The answer. If `write` is set, it is given only after the record is stored.
    pub answer: A,
    /// The entry for the record's audit chain, to be stored with the record.
    pub audit: Option<AuditNote>,
    /// Whether the record has to be stored. It has to be for each change, and for each yes that is repeated: a read may
    /// see what a failover takes back, so a yes never rests on a read alone.
    pub write: bool,
}

/// The result of an event's rules, from which [`settle`] makes the [`Settlement`].
#[derive(Debug)]
pub struct Ruling<A> {
    answer: A,
    change: Change,
}

#[derive(Debug)]
enum Change {
    /// The record stays as it is.
    None,
    /// The record stays as it is, and is stored once more before the answer is given.
    Confirm,
    /// The record has changed. The entry of the audit chain names the challenge, where there is one.
    Audited(AuditEvent, Option<Challenge>),
}

/// Why nothing can be decided.
#[derive(Debug, Clone, Copy, thiserror::Error, PartialEq, Eq)]
pub enum Undecided {
    /// The clock is behind the latest time of the record by more than the policy tolerates.
    #[error("the clock is {seconds} s behind the last decision about this activation")]
    ClockBehind {
        /// By how much.
        seconds: u64,
    },
    /// The record has content that no valid record has.
    #[error(transparent)]
    Record(#[from] RecordError),
}

/// The data to compare an answer with.
#[derive(Debug)]
pub struct Expected<'r> {
    /// The activation's key, wrapped.
    pub key: &'r [u8],
    /// The suite of its responses.
    pub suite: ResponseSuite,
    /// The challenge. Without one no answer is right; the key still binds the attempt.
    pub challenge: Option<Challenge>,
}

/// How an answer compares with the expected one. `M` is the result of a match: `bool`, or for a generator's password its time
/// step or counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison<M = bool> {
    /// The record expects no such answer, so there was nothing to compare with.
    NothingExpected,
    /// The answer does not have the form of a response.
    Malformed {
        /// How many digits a response has.
        digits: u8,
    },
    /// They were compared.
    Made {
        /// A MAC over the caller's attempt ID, the question and the answer: the same attempt again has the same tag, and no
        /// other answer can be put under it.
        tag: [u8; 16],
        /// Whether the answer is the right one.
        matches: M,
    },
}

/// Decides about one event: the new record, and the answer to give once that is stored.
///
/// It only computes, so it may run again for the same event when another request was faster.
///
/// # Errors
///
/// [`Undecided::ClockBehind`] for an event that must not be decided by a clock that lies behind.
pub fn settle<E: Event>(
    policy: &Policy,
    mut record: Record,
    event: &E,
    now: Timestamp,
) -> Result<Settlement<E::Answer>, Undecided> {
    let now = trusted(policy, &record, E::CLOCK, now)?;
    if E::CLOCK != Clock::SetsBack {
        record.latest_time = now;
    }
    let Ruling { answer, change } = event.decide(policy, &mut record, now);
    let write = !matches!(change, Change::None);
    let audit = match change {
        Change::None | Change::Confirm => None,
        Change::Audited(event, challenge) => {
            Some(AuditNote { event, at: now, failures: record.failures, about: challenge.as_ref().map(About::of) })
        }
    };
    Ok(Settlement { record, answer, audit, write })
}

impl<A, R> Settlement<A, R> {
    /// The same with another answer.
    pub fn map<B>(self, change: impl FnOnce(A) -> B) -> Settlement<B, R> {
        let Self { record, answer, audit, write } = self;
        Settlement { record, answer: change(answer), audit, write }
    }
}

impl<T, N, R> Settlement<Step<T, N>, R> {
    /// The same with what `make` makes of the record and the answer, where the step is done.
    ///
    /// # Errors
    ///
    /// Those of `make`; nothing of the settlement may be stored then.
    pub fn try_map_done<U, E>(self, make: impl FnOnce(&R, T) -> Result<U, E>) -> Result<Settlement<Step<U, N>, R>, E> {
        let Self { record, answer, audit, write } = self;
        let answer = match answer {
            Step::Done(value) => Step::Done(make(&record, value)?),
            Step::Rejected(reason) => Step::Rejected(reason),
        };
        Ok(Settlement { record, answer, audit, write })
    }
}

impl<A> Ruling<A> {
    /// The same with another answer.
    fn map<B>(self, change: impl FnOnce(A) -> B) -> Ruling<B> {
        Ruling { answer: change(self.answer), change: self.change }
    }

    /// The record stays as it is.
    fn unchanged(answer: A) -> Self {
        Self { answer, change: Change::None }
    }

    /// The record stays as it is, and is stored once more: the answer is a yes, or repeats what was counted.
    fn confirmed(answer: A) -> Self {
        Self { answer, change: Change::Confirm }
    }

    /// The record has changed.
    fn changed(answer: A, event: AuditEvent, challenge: Option<Challenge>) -> Self {
        Self { answer, change: Change::Audited(event, challenge) }
    }
}

/// The time to decide by: never before what the record has seen.
fn trusted(policy: &Policy, record: &Record, clock: Clock, now: Timestamp) -> Result<Timestamp, Undecided> {
    let behind = record.latest_time.since(now);
    match clock {
        Clock::Decides if behind > policy.clock_tolerance => Err(Undecided::ClockBehind { seconds: behind.as_secs() }),
        Clock::Decides | Clock::Notes => Ok(now.max(record.latest_time)),
        Clock::SetsBack => Ok(now),
    }
}

/// The earlier answer to this attempt, if it is the one that was decided last. A request is repeated within the longest
/// life of a challenge or not at all: later the same attempt is a replay.
fn repeated(record: &Record, tag: &[u8; 16], now: Timestamp) -> Option<Outcome> {
    let last = record.last_attempt.as_ref().filter(|last| last.tag == *tag)?;
    (now.since(last.at) < Policy::MAX_LIFETIME).then_some(last.outcome)
}

/// Keeps the answer to this attempt, so that a retry gets the same one.
fn remember(record: &mut Record, tag: [u8; 16], outcome: Outcome, now: Timestamp) {
    record.last_attempt = Some(LastAttempt { tag, outcome, at: now });
}

/// Why an activation in this state is not asked and not answered.
fn not_active(record: &Record) -> Option<Rejection> {
    match record.state {
        StoredState::Active => None,
        StoredState::Suspended => Some(Rejection::Suspended),
        StoredState::Revoked => Some(Rejection::Revoked),
        StoredState::FirstCode(_) | StoredState::SecondCode(_) | StoredState::Reset => Some(Rejection::NotActivated),
    }
}

/// Why an activation is not answered now: its state, or its key.
fn not_usable(record: &Record, now: Timestamp) -> Option<Rejection> {
    not_active(record).or_else(|| record.credential.validity().check(now).err().map(Rejection::from))
}

fn expected<'r>(suite: &str, key: &'r [u8], challenge: Option<Challenge>) -> Result<Expected<'r>, Undecided> {
    let suite = suite.parse().map_err(|_| RecordError::Damaged)?;
    Ok(Expected { key, suite, challenge })
}
