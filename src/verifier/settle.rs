//! The decision: everything about a response is said by one function on values, whatever engine keeps the record.

use super::policy::Policy;
use super::record::{Credential, Ending, LastAttempt, Outcome, Record, State};
use super::verdict::{Accepted, Rejection, Verdict};
use crate::challenge::ChallengeId;
use crate::time::Timestamp;

/// A response that was compared, before anything is decided about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// A MAC over the caller's attempt ID, the challenge and the response: the same attempt again has the same tag, and
    /// nobody can put another response under it.
    pub tag: [u8; 16],
    /// What was answered, and whether rightly.
    pub answer: Answer,
}

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// A challenge.
    Challenge {
        /// Which one.
        id: ChallengeId,
        /// The response is the one that the key gives for the record's challenge.
        right: bool,
    },
    /// The clock.
    TimeBased {
        /// The time step whose password it is, if it is one of the window.
        step: Option<u64>,
    },
}

/// Decides about one attempt: the record as it is to be from now on, and what to say once that is durable.
///
/// It may run more than once for one attempt, when another request was faster; so it does nothing but compute.
/// The caller has checked that `now` is not behind the record's high-water mark.
pub fn settle(policy: &Policy, record: &Record, attempt: &Attempt, now: Timestamp) -> (Record, Verdict) {
    let mut next = record.clone();
    next.high_water = now.max(record.high_water);
    let now = next.high_water;

    if let Some(outcome) = repeated(record, &attempt.tag, now) {
        return (next, repeat(record, outcome));
    }
    if let Err(rejection) = may_answer(&mut next, &attempt.answer, now) {
        return (next, Verdict::Rejected(rejection));
    }

    let verdict = if is_right(&attempt.answer) {
        accept(&mut next, &attempt.answer);
        accepted(&next, true)
    } else {
        let (tries_left, suspended) = charge(policy, &mut next);
        Verdict::Rejected(Rejection::Wrong { tries_left, suspended })
    };
    let outcome = match &verdict {
        Verdict::Rejected(Rejection::Wrong { tries_left, suspended }) => {
            Outcome::Wrong { tries_left: *tries_left, suspended: *suspended }
        }
        _ => Outcome::Accepted,
    };
    next.last_attempt = Some(LastAttempt { tag: attempt.tag, outcome, at: now });
    (next, verdict)
}

/// What was said of this attempt before, if it is the one that was decided last. A request is repeated within the longest
/// life of a challenge or not at all: later the same attempt is a replay.
#[must_use]
pub(super) fn repeated(record: &Record, tag: &[u8; 16], now: Timestamp) -> Option<Outcome> {
    let last = record.last_attempt.as_ref().filter(|last| last.tag == *tag)?;
    (now.since(last.at) < Policy::MAX_LIFETIME).then_some(last.outcome)
}

/// The reasons to refuse, in the order of the specification, section 7. None of them is counted (V-6).
fn may_answer(record: &mut Record, answer: &Answer, now: Timestamp) -> Result<(), Rejection> {
    match record.state {
        State::Active => {}
        State::Revoked => return Err(Rejection::Revoked),
        State::Suspended => return Err(Rejection::Suspended),
        State::FirstCode(_) | State::SecondCode(_) | State::Reset => return Err(Rejection::NotActivated),
    }
    match (answer, &record.credential) {
        (Answer::TimeBased { step }, Credential::TimeBased { last_step, .. }) => match step {
            Some(step) if last_step.is_some_and(|last| *step <= last) => Err(Rejection::AlreadySettled),
            _ => Ok(()),
        },
        (Answer::Challenge { id, .. }, Credential::Camera { .. }) => {
            if let Some(past) = record.past.iter().find(|past| past.id == *id) {
                return Err(past.ending.rejection());
            }
            let issued = record.challenge.as_mut().filter(|issued| issued.id == *id).ok_or(Rejection::Unknown)?;
            if issued.ending.is_none() && now >= issued.expires_at {
                issued.ending = Some(Ending::Expired);
            }
            issued.ending.map_or(Ok(()), |ending| Err(ending.rejection()))
        }
        _ => Err(Rejection::Unknown),
    }
}

fn is_right(answer: &Answer) -> bool {
    match answer {
        Answer::Challenge { right, .. } => *right,
        Answer::TimeBased { step } => step.is_some(),
    }
}

fn accept(record: &mut Record, answer: &Answer) {
    record.failures = 0;
    record.signed = true;
    if let (Answer::TimeBased { step }, Credential::TimeBased { last_step, .. }) = (answer, &mut record.credential) {
        *last_step = *step;
    }
    if let Some(issued) = &mut record.challenge {
        issued.ending = Some(Ending::Accepted);
    }
}

/// Counts a wrong response; how many more may follow before something ends, and whether the activation is suspended now.
fn charge(policy: &Policy, record: &mut Record) -> (u8, bool) {
    record.failures = record.failures.saturating_add(1);
    let mut tries_left = policy.max_failures.saturating_sub(record.failures);
    if let Some(issued) = &mut record.challenge {
        issued.wrong = issued.wrong.saturating_add(1);
        let left = policy.max_attempts.saturating_sub(issued.wrong);
        if left == 0 {
            issued.ending = Some(Ending::Exhausted);
        }
        tries_left = tries_left.min(left);
    }
    let suspended = record.failures >= policy.max_failures;
    if suspended {
        record.state = State::Suspended;
    }
    (tries_left, suspended)
}

/// The same attempt gets the same answer, without a second charge.
fn repeat(record: &Record, outcome: Outcome) -> Verdict {
    match outcome {
        Outcome::Accepted => accepted(record, false),
        Outcome::Wrong { tries_left, suspended } => Verdict::Rejected(Rejection::Wrong { tries_left, suspended }),
    }
}

fn accepted(record: &Record, first: bool) -> Verdict {
    let issued = record.challenge.as_ref();
    Verdict::Accepted(Accepted {
        challenge: issued.map(|issued| issued.id),
        transaction: issued.map(|issued| issued.transaction.clone()),
        first,
    })
}
