//! Responses to challenges, and the question how a challenge was settled.

use super::{AuditEvent, Clock, Comparison, Event, Expected, Ruling, Undecided};
use super::{expected, not_active, not_usable, remember, repeated, trusted};
use crate::challenge::{Challenge, ChallengeRef};
use crate::key::ActivationId;
use crate::time::Timestamp;
use crate::verifier::policy::Policy;
use crate::verifier::record::{ChallengeEnd, Credential, Issued, Outcome, Record, StoredState};
use crate::verifier::verdict::{Accepted, Rejection, Verdict};

/// A response to a challenge. The order of the reasons to refuse it is that of the specification, section 7.3.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChallengeResponse {
    /// The challenge that it answers.
    pub challenge: ChallengeRef,
    /// How it compares with the response to the challenge of [`expected_response`].
    pub comparison: Comparison,
}

/// The question how a challenge was settled, by its name alone: for a caller that has lost the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SettledQuery {
    /// The challenge.
    pub challenge: ChallengeRef,
}

/// The last challenge that was issued to this activation, to compare a response with. `None` if it answers no
/// challenges.
///
/// # Errors
///
/// [`Undecided`]
pub fn expected_response<'r>(
    policy: &Policy,
    record: &'r Record,
    activation: ActivationId,
    now: Timestamp,
) -> Result<Option<Expected<'r>>, Undecided> {
    trusted(policy, record, ChallengeResponse::CLOCK, now)?;
    let Ok((suite, key)) = answers_challenges(policy, record) else { return Ok(None) };
    let challenge = record.challenge.as_ref().map(|issued| issued.challenge(activation));
    expected(suite, key, challenge).map(Some)
}

impl Event for ChallengeResponse {
    type Answer = Verdict;

    const CLOCK: Clock = Clock::Decides;

    fn decide(&self, policy: &Policy, record: &mut Record, now: Timestamp) -> Ruling<Verdict> {
        if let Err(rejection) = answers_challenges(policy, record) {
            return refused(rejection);
        }
        let (tag, is_right) = match self.comparison {
            Comparison::NothingExpected => return refused(Rejection::Unknown),
            Comparison::Malformed { digits } => return refused(Rejection::Malformed { digits }),
            Comparison::Made { tag, matches } => (tag, matches),
        };
        if let Some(outcome) = repeated(record, &tag, now) {
            return repeat(record, outcome);
        }
        if let Some(rejection) = not_usable(record, now) {
            return refused(rejection);
        }
        let ChallengeRef { activation, id } = self.challenge;
        if let Some(past) = record.past.iter().find(|past| past.id == id) {
            return refused(past.end.rejection());
        }
        let Some(issued) = record.challenge.as_mut().filter(|issued| issued.id == id) else {
            return refused(Rejection::Unknown);
        };
        if let Some(ending) = issued.end {
            return refused(ending.rejection());
        }
        let challenge = issued.challenge(activation);
        if now >= issued.expires_at {
            issued.end = Some(ChallengeEnd::Expired);
            return Ruling::changed(Verdict::Rejected(Rejection::Expired), AuditEvent::Expired, Some(challenge));
        }
        if !is_right {
            return count_wrong(policy, record, tag, Some(challenge), now).map(Verdict::Rejected);
        }
        issued.end = Some(ChallengeEnd::Accepted);
        accept(record, tag, Some(challenge), now)
    }
}

impl Event for SettledQuery {
    type Answer = Verdict;

    const CLOCK: Clock = Clock::Decides;

    fn decide(&self, policy: &Policy, record: &mut Record, now: Timestamp) -> Ruling<Verdict> {
        if refuses_test_token(policy, record) {
            return refused(Rejection::Unknown);
        }
        let id = self.challenge.id;
        let ending = match record.challenge.as_ref().filter(|issued| issued.id == id) {
            Some(issued) if issued.end == Some(ChallengeEnd::Accepted) => {
                return Ruling::confirmed(accepted(record, false));
            }
            Some(issued) => issued.end.or((now >= issued.expires_at).then_some(ChallengeEnd::Expired)),
            None => record.past.iter().find(|past| past.id == id).map(|past| past.end),
        };
        refused(ending.map_or(Rejection::Unknown, ChallengeEnd::rejection))
    }
}

/// The suite and the wrapped key that responses to challenges are computed with, or why there are none.
fn answers_challenges<'r>(policy: &Policy, record: &'r Record) -> Result<(&'r str, &'r [u8]), Rejection> {
    if refuses_test_token(policy, record) {
        return Err(Rejection::Unknown);
    }
    match &record.credential {
        // The place of a registration that the revocation of its token has overtaken.
        Credential::Camera { key, .. } if key.is_empty() => Err(not_active(record).unwrap_or(Rejection::Unknown)),
        Credential::Camera { suite, key, .. } => Ok((suite, key)),
        Credential::TimeBased { .. } | Credential::Generator { .. } => Err(Rejection::Unknown),
    }
}

fn refuses_test_token(policy: &Policy, record: &Record) -> bool {
    matches!(record.credential, Credential::Camera { test: true, .. }) && !policy.accept_test_keys
}

/// A refusal that is not counted (V-6).
pub(super) fn refused(rejection: Rejection) -> Ruling<Verdict> {
    Ruling::unchanged(Verdict::Rejected(rejection))
}

pub(super) fn accept(
    record: &mut Record,
    tag: [u8; 16],
    challenge: Option<Challenge>,
    now: Timestamp,
) -> Ruling<Verdict> {
    record.failures = 0;
    record.signed = true;
    remember(record, tag, Outcome::Accepted, now);
    Ruling::changed(accepted(record, true), AuditEvent::Accepted, challenge)
}

/// Counts a wrong response. It ends the challenge, or suspends the activation, when it is the last one allowed.
pub(super) fn count_wrong(
    policy: &Policy,
    record: &mut Record,
    tag: [u8; 16],
    challenge: Option<Challenge>,
    now: Timestamp,
) -> Ruling<Rejection> {
    record.failures = record.failures.saturating_add(1);
    let mut tries_left = policy.max_failures.saturating_sub(record.failures);
    let asked = match (&mut record.challenge, record.credential.question_mut()) {
        (Some(issued), _) => Some((&mut issued.wrong_answers, &mut issued.end)),
        (None, question) => question.map(|question| (&mut question.wrong_answers, &mut question.end)),
    };
    if let Some((wrong_answers, end)) = asked {
        *wrong_answers = wrong_answers.saturating_add(1);
        let left = policy.max_attempts.saturating_sub(*wrong_answers);
        if left == 0 {
            *end = Some(ChallengeEnd::Exhausted);
        }
        tries_left = tries_left.min(left);
    }
    let suspended = record.failures >= policy.max_failures;
    if suspended {
        record.state = StoredState::Suspended;
    }
    remember(record, tag, Outcome::Wrong { tries_left, suspended }, now);
    let event = if suspended { AuditEvent::Suspended } else { AuditEvent::Wrong };
    Ruling::changed(Rejection::Wrong { tries_left, suspended }, event, challenge)
}

/// The same attempt gets the same answer, without a second charge.
pub(super) fn repeat(record: &Record, outcome: Outcome) -> Ruling<Verdict> {
    Ruling::confirmed(match outcome {
        Outcome::Accepted => accepted(record, false),
        Outcome::Wrong { tries_left, suspended } => Verdict::Rejected(Rejection::Wrong { tries_left, suspended }),
    })
}

fn accepted(record: &Record, first: bool) -> Verdict {
    let issued = record.challenge.as_ref();
    Verdict::Accepted(Accepted {
        challenge: issued.map(|issued: &Issued| issued.id),
        transaction: issued.map(|issued| issued.transaction.clone()),
        first,
    })
}
