//! Passwords of generators, by the time (RFC 6238), by a counter (RFC 4226) or to a question (RFC 6287), and their resynchronisation.

use core::num::NonZeroU32;

use super::card::{end_question, not_asked};
use super::response::{accept, count_wrong, refused, repeat};
use super::{AuditEvent, Clock, Comparison, Event, Ruling, Undecided, not_usable, remember, repeated, trusted};
use crate::key::Key;
use crate::time::Timestamp;
use crate::verifier::card::CardSuite;
use crate::verifier::moving::Moving;
use crate::verifier::policy::Policy;
use crate::verifier::record::{ChallengeEnd, Credential, Outcome, Record, RecordError};
use crate::verifier::verdict::{Rejection, Step, Verdict};
use camtoken_oath::totp::Totp;
use camtoken_oath::{Digits, Hash, Response, hotp, ocra};

/// A password of a generator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GeneratorPassword {
    /// The value of the window of [`ExpectedPassword`] whose password it is, if it is one: a time step or a counter.
    pub comparison: Comparison<Option<u64>>,
}

/// Consecutive passwords of a generator that is to be resynchronised (RFC 4226, section 7.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resynchronisation {
    /// The value of the last of them, if they are consecutive ones of the wider window.
    pub comparison: Comparison<Option<u64>>,
}

/// The data to compare a password with.
#[derive(Debug)]
pub struct ExpectedPassword<'r> {
    /// The generator's secret, wrapped.
    pub key: &'r [u8],
    /// The parameters of the computation.
    pub window: Window<'r>,
}

/// The values whose passwords are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window<'r> {
    /// Time steps around the one of the generator's clock.
    Time {
        /// The parameters of the generator.
        totp: Totp,
        /// The time of its clock.
        at: Timestamp,
        /// How many steps before and after.
        drift: u32,
    },
    /// Counters.
    Event {
        /// The digits of a password.
        digits: Digits,
        /// The first value.
        from: u64,
        /// How many follow it.
        more: u32,
    },
    /// Responses to a question.
    Card {
        /// The suite of the card.
        suite: CardSuite,
        /// The question.
        question: &'r str,
        /// The first value of the counter, if the suite has one.
        from: u64,
        /// How many follow it.
        more: u32,
    },
}

/// How many values of the counter are looked at behind the next one: presses of the button whose passwords were not sent.
const LOOK_AHEAD: u32 = 10;
/// How many to find a counter again by two passwords.
const FAR_AHEAD: u32 = 1000;
/// Time steps before and after the one of the generator's clock.
const DRIFT: u32 = 1;
/// How many ahead to find a clock again by two passwords: half an hour, with steps of 30 s.
const FAR_OFF: u32 = 60;
/// How many behind: ten minutes. A password that an attacker has seen longer ago finds nothing.
const FAR_BEHIND: i64 = 20;

/// With which secret and which values a password is to be compared. `None` if the activation has no generator.
///
/// # Errors
///
/// [`Undecided`]
pub fn expected_password<'r>(
    policy: &Policy,
    record: &'r Record,
    now: Timestamp,
) -> Result<Option<ExpectedPassword<'r>>, Undecided> {
    // The value that was used last is looked at, too: a password that is sent twice is refused as used, and not counted.
    let counters = |next: u64, is_used_told| match next.checked_sub(1).filter(|_| is_used_told) {
        Some(from) => (from, LOOK_AHEAD + 1),
        None => (next, LOOK_AHEAD),
    };
    expected(policy, record, now, DRIFT, counters)
}

/// The same for consecutive passwords: a wider window. A counter is looked for from `least` on, where the bank knows that it has come
/// so far. `None` also for a generator without a maker's file.
///
/// # Errors
///
/// [`Undecided`]
pub fn expected_consecutive<'r>(
    policy: &Policy,
    record: &'r Record,
    least: u64,
    now: Timestamp,
) -> Result<Option<ExpectedPassword<'r>>, Undecided> {
    // Its record has no place for how far its clock is off: it would be found, and its next password refused.
    if matches!(record.credential, Credential::TimeBased { .. }) {
        return Ok(None);
    }
    expected(policy, record, now, FAR_OFF, |next, _| (next.max(least), FAR_AHEAD))
}

fn expected<'r>(
    policy: &Policy,
    record: &'r Record,
    now: Timestamp,
    drift: u32,
    counters: impl FnOnce(u64, bool) -> (u64, u32),
) -> Result<Option<ExpectedPassword<'r>>, Undecided> {
    let now = trusted(policy, record, GeneratorPassword::CLOCK, now)?;
    let (key, window) = match &record.credential {
        Credential::Camera { .. } => return Ok(None),
        // The place of a generator that was closed before its activation existed.
        Credential::Generator { key, .. } if key.is_empty() => return Ok(None),
        Credential::TimeBased { key, .. } => (key, Window::Time { totp: Totp::default(), at: now, drift }),
        Credential::Generator { key, moving, question, .. } => match *moving {
            Moving::Event { digits, next, .. } => {
                let (from, more) = counters(next, true);
                (key, Window::Event { digits, from, more })
            }
            Moving::Card { suite, next, .. } => {
                let Some(question) = question.as_ref().map(|question| question.text.as_str()) else { return Ok(None) };
                // Only the card of another record could have been asked what this one does not take.
                suite.input(question, next).ok_or(RecordError::Damaged)?;
                let (from, more) = if suite.suite().counter() { counters(next, false) } else { (0, 0) };
                (key, Window::Card { suite, question, from, more })
            }
            Moving::Time { hash, digits, step_secs, drift: ahead, .. } => {
                let totp = totp(hash, digits, step_secs);
                let ahead = ahead.saturating_mul(totp.step_secs.get().into());
                let at = Timestamp::from_unix(now.as_unix().saturating_add_signed(ahead));
                (key, Window::Time { totp, at, drift })
            }
        },
    };
    Ok(Some(ExpectedPassword { key, window }))
}

impl Window<'_> {
    /// The digits of a password.
    #[must_use]
    pub fn digits(&self) -> Digits {
        match self {
            Self::Time { totp, .. } => totp.digits,
            Self::Event { digits, .. } => *digits,
            Self::Card { suite, .. } => suite.digits(),
        }
    }

    /// The value whose password this is.
    #[must_use]
    pub fn find(&self, key: &Key, response: &Response) -> Option<u64> {
        match *self {
            Self::Time { totp, at, drift } => totp.verify(key, response, at, drift, None),
            Self::Event { digits, from, more } => hotp::search(key, digits, Hash::Sha1, response, from, more),
            Self::Card { suite, question, from, more } => {
                let input = suite.input(question, from)?;
                match input.counter {
                    Some(_) => ocra::search_counter(&suite.suite(), key, &input, response, more).ok()?,
                    None => ocra::verify(&suite.suite(), key, &input, response).ok()?.then_some(0),
                }
            }
        }
    }

    /// The value of the last of them, if these are passwords of consecutive values. A card without a counter has none.
    #[must_use]
    pub fn find_consecutive(&self, key: &Key, responses: &[Response]) -> Option<u64> {
        let (hash, from, more) = match *self {
            Self::Time { totp, at, drift } => (totp.hash, totp.step(at).saturating_sub(drift.into()), 2 * drift),
            Self::Event { from, more, .. } => (Hash::Sha1, from, more),
            Self::Card { suite, question, from, more } => {
                return consecutive_of_card(key, suite, question, responses, from, more);
            }
        };
        hotp::resynchronise(key, self.digits(), hash, responses, from, more)
    }
}

/// The same for a card with a counter, whose user has typed the question twice.
fn consecutive_of_card(
    key: &Key,
    suite: CardSuite,
    question: &str,
    responses: &[Response],
    mut from: u64,
    mut more: u32,
) -> Option<u64> {
    let (ocra_suite, (first, rest)) = (suite.suite(), responses.split_first()?);
    let at = |counter| suite.input(question, counter).filter(|input| input.counter.is_some());
    loop {
        let found = ocra::search_counter(&ocra_suite, key, &at(from)?, first, more).ok()??;
        let follows = |(nth, response): (u64, &Response)| {
            let input = found.checked_add(nth).and_then(at);
            input.is_some_and(|input| ocra::verify(&ocra_suite, key, &input, response).unwrap_or(false))
        };
        if (1..).zip(rest).all(follows) {
            return found.checked_add(u64::try_from(rest.len()).ok()?);
        }
        // Another counter had the same digits.
        more = more.checked_sub(u32::try_from(found.checked_sub(from)?).ok()?)?.checked_sub(1)?;
        from = found.checked_add(1)?;
    }
}

impl Event for GeneratorPassword {
    type Answer = Verdict;

    const CLOCK: Clock = Clock::Decides;

    fn decide(&self, policy: &Policy, record: &mut Record, now: Timestamp) -> Ruling<Verdict> {
        let (tag, value) = match compared(record, self.comparison) {
            Ok(compared) => compared,
            Err(rejection) => return refused(rejection),
        };
        if let Some(outcome) = repeated(record, &tag, now) {
            return repeat(record, outcome);
        }
        if let Some(rejection) = not_usable(record, now) {
            return refused(rejection);
        }
        if matches!(&record.credential, Credential::Generator { moving, .. } if moving.needs_resynchronisation()) {
            return refused(Rejection::NeedsResynchronisation);
        }
        if let Some(rejection) = not_asked(&record.credential, now) {
            return not_answered(record, rejection).map(Verdict::Rejected);
        }
        let Some(value) = value else {
            return count_wrong(policy, record, tag, None, now).map(Verdict::Rejected);
        };
        if !spend(&mut record.credential, value) {
            return refused(Rejection::AlreadySettled);
        }
        // A password that comes a step late was probably typed late. One that comes early is of a fast clock.
        if let Some((drift, found)) = drift(&mut record.credential, value, now) {
            *drift = (*drift).max(found);
        }
        accept(record, tag, None, now)
    }
}

impl Event for Resynchronisation {
    type Answer = Step<()>;

    const CLOCK: Clock = Clock::Decides;

    fn decide(&self, policy: &Policy, record: &mut Record, now: Timestamp) -> Ruling<Step<()>> {
        let no = |rejection| Ruling::unchanged(Step::Rejected(rejection));
        let (tag, value) = match compared(record, self.comparison) {
            Ok(compared) => compared,
            Err(rejection) => return no(rejection),
        };
        match repeated(record, &tag, now) {
            None => {}
            Some(Outcome::Accepted) => return Ruling::confirmed(Step::Done(())),
            Some(Outcome::Wrong { tries_left, suspended }) => {
                return Ruling::confirmed(Step::Rejected(Rejection::Wrong { tries_left, suspended }));
            }
        }
        if let Some(rejection) = not_usable(record, now) {
            return no(rejection);
        }
        if let Some(rejection) = not_asked(&record.credential, now) {
            return not_answered(record, rejection).map(Step::Rejected);
        }
        let Some(value) = value.filter(|value| is_near(&record.credential, *value, now)) else {
            return count_wrong(policy, record, tag, None, now).map(Step::Rejected);
        };
        if !spend(&mut record.credential, value) {
            return no(Rejection::AlreadySettled);
        }
        if let Some((drift, found)) = drift(&mut record.credential, value, now) {
            *drift = found;
        }
        if let Credential::Generator {
            moving: Moving::Event { restored, .. } | Moving::Card { restored, .. }, ..
        } = &mut record.credential
        {
            *restored = false;
        }
        record.failures = 0;
        remember(record, tag, Outcome::Accepted, now);
        Ruling::changed(Step::Done(()), AuditEvent::Resynchronised, None)
    }
}

/// A question that is not answered any more. That its time was over is kept.
fn not_answered(record: &mut Record, rejection: Rejection) -> Ruling<Rejection> {
    match rejection == Rejection::Expired && end_question(&mut record.credential, ChallengeEnd::Expired) {
        true => Ruling::changed(rejection, AuditEvent::Expired, None),
        false => Ruling::unchanged(rejection),
    }
}

/// The tag of an answer and the value that it is of, if there is a generator.
fn compared(record: &Record, comparison: Comparison<Option<u64>>) -> Result<([u8; 16], Option<u64>), Rejection> {
    match (&record.credential, comparison) {
        (Credential::Camera { .. }, _) | (_, Comparison::NothingExpected) => Err(Rejection::Unknown),
        (_, Comparison::Malformed { digits }) => Err(Rejection::Malformed { digits }),
        (_, Comparison::Made { tag, matches }) => Ok((tag, matches)),
    }
}

/// Spends a value with all those before it. Whether it was still to be had.
fn spend(credential: &mut Credential, value: u64) -> bool {
    let last = match credential {
        Credential::Camera { .. } => return false,
        Credential::Generator { moving: Moving::Event { next, .. }, .. } => {
            // The last value of all has none after it, so nothing could say that it is used.
            let is_new = value >= *next && value < u64::MAX;
            *next = (*next).max(value.saturating_add(1));
            return is_new;
        }
        Credential::Generator { moving: Moving::Card { suite, next, .. }, .. } => {
            let is_new = !suite.suite().counter() || value >= *next && value < u64::MAX;
            if suite.suite().counter() {
                *next = (*next).max(value.saturating_add(1));
            }
            // A card is asked once: its response is right to no other question.
            return end_question(credential, ChallengeEnd::Accepted) && is_new;
        }
        Credential::TimeBased { last_step, .. }
        | Credential::Generator { moving: Moving::Time { last_step, .. }, .. } => last_step,
    };
    let is_new = last.is_none_or(|last| value > last);
    *last = (*last).max(Some(value));
    is_new
}

/// Whether a clock that shows this step may be one that has run away: not too far from ours, and less far behind than ahead of what was
/// known of it.
fn is_near(credential: &Credential, value: u64, now: Timestamp) -> bool {
    let Credential::Generator { moving: Moving::Time { hash, digits, step_secs, drift, .. }, .. } = credential else {
        return true;
    };
    let step = totp(*hash, *digits, *step_secs).step(now);
    let found = value.cast_signed().saturating_sub(step.cast_signed());
    found.saturating_abs() <= Moving::MAX_DRIFT && found >= drift.saturating_sub(FAR_BEHIND)
}

/// Where a maker's time-based generator keeps how far its clock is off, and how far that is by this step, within the bounds.
fn drift(credential: &mut Credential, value: u64, now: Timestamp) -> Option<(&mut i64, i64)> {
    let Credential::Generator { moving: Moving::Time { hash, digits, step_secs, drift, .. }, .. } = credential else {
        return None;
    };
    let step = totp(*hash, *digits, *step_secs).step(now);
    let found = value.cast_signed().saturating_sub(step.cast_signed());
    Some((drift, found.clamp(-Moving::MAX_DRIFT, Moving::MAX_DRIFT)))
}

/// The last time step whose password may have been accepted until `now`, however far the generator's clock was found to be off: a
/// backup does not know what was found since. A clock may be fast by one more.
pub(super) fn latest_step(credential: &Credential, now: Timestamp) -> Option<u64> {
    match credential {
        Credential::TimeBased { .. } => Some(latest_time_based(now)),
        Credential::Generator { moving, .. } => latest_of(moving, now),
        Credential::Camera { .. } => None,
    }
}

/// The same of a generator without a maker's file.
pub(super) fn latest_time_based(now: Timestamp) -> u64 {
    Totp::default().step(now).saturating_add(DRIFT.into())
}

fn latest_of(moving: &Moving, now: Timestamp) -> Option<u64> {
    let Moving::Time { hash, digits, step_secs, .. } = *moving else { return None };
    let step = totp(hash, digits, step_secs).step(now);
    Some(step.saturating_add_signed(Moving::MAX_DRIFT).saturating_add(DRIFT.into()))
}

/// Passwords of a restored backup may have been used since: passwords of the time until now are spent, and those of a counter are no
/// longer accepted one by one.
pub(super) fn restore(moving: &mut Moving, now: Timestamp) {
    let latest = latest_of(moving, now);
    match moving {
        Moving::Time { last_step, .. } => *last_step = (*last_step).max(latest),
        Moving::Event { restored, .. } => *restored = true,
        Moving::Card { suite, restored, .. } => *restored = suite.suite().counter(),
    }
}

/// Where a time-based generator keeps the last step that was accepted.
pub(super) fn last_step(credential: &mut Credential) -> Option<&mut Option<u64>> {
    match credential {
        Credential::TimeBased { last_step, .. }
        | Credential::Generator { moving: Moving::Time { last_step, .. }, .. } => Some(last_step),
        Credential::Camera { .. } | Credential::Generator { .. } => None,
    }
}

fn totp(hash: Hash, digits: Digits, step_secs: NonZeroU32) -> Totp {
    Totp { hash, digits, step_secs, ..Totp::default() }
}
