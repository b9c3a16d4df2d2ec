//! Challenges: issued, withdrawn, and shown once more.

use core::time::Duration;

use super::card::end_question;
use super::{AuditEvent, Clock, Event, Ruling, not_active, not_usable};
use crate::challenge::{Challenge, ChallengeRef};
use crate::key::{ActivationId, TokenId};
use crate::time::Timestamp;
use crate::transaction::Transaction;
use crate::verifier::policy::Policy;
use crate::verifier::record::{ChallengeEnd, Credential, Issued, PastChallenge, Record, RequestTag};
use crate::verifier::verdict::{Rejection, Step};

/// A challenge is to be issued. It supersedes the one before (V-8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChallengeIssue {
    /// Its name.
    pub challenge: ChallengeRef,
    /// The transaction to approve. It must have every field.
    pub transaction: Transaction,
    /// How long it may be answered.
    pub lifetime: Duration,
    /// The caller's name for the request: a retry gets the same challenge.
    pub request: Option<RequestTag>,
}

/// Why no challenge is issued to an activation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IssueRefusal {
    /// The activation cannot answer challenges.
    Rejected(Rejection),
    /// Its token was made for tests, and the policy does not take those (V-20).
    TestToken(TokenId),
    /// The name of the request was used for another request.
    OtherRequest,
    /// The challenge of this very request was superseded by a newer one.
    Superseded,
}

/// A challenge that has not been answered is to be withdrawn: from then on it counts as superseded. The answer is whether it
/// was open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Withdrawal {
    /// The challenge.
    pub challenge: ChallengeRef,
}

/// The challenge of this name, as long as it may be answered: for a code that is shown once more.
#[must_use]
pub fn open_challenge(policy: &Policy, record: &Record, challenge: ChallengeRef, now: Timestamp) -> Option<Challenge> {
    let Credential::Camera { test, .. } = record.credential else { return None };
    // Its response would be refused.
    if not_usable(record, now).is_some() || test && !policy.accept_test_keys {
        return None;
    }
    let is_open = |issued: &&Issued| issued.id == challenge.id && issued.end.is_none() && now < issued.expires_at;
    record.challenge.as_ref().filter(is_open).map(|issued| issued.challenge(challenge.activation))
}

impl Event for ChallengeIssue {
    type Answer = Step<Challenge, IssueRefusal>;

    const CLOCK: Clock = Clock::Decides;

    fn decide(&self, policy: &Policy, record: &mut Record, now: Timestamp) -> Ruling<Self::Answer> {
        let refusal = match (not_active(record), &record.credential) {
            (Some(rejection), _) => Some(IssueRefusal::Rejected(rejection)),
            (None, Credential::Camera { token, test: true, .. }) if !policy.accept_test_keys => {
                Some(IssueRefusal::TestToken(token.clone()))
            }
            (None, Credential::Camera { validity, .. }) => {
                validity.check(now).err().map(|reason| IssueRefusal::Rejected(reason.into()))
            }
            (None, Credential::TimeBased { .. } | Credential::Generator { .. }) => {
                Some(IssueRefusal::Rejected(Rejection::Unknown))
            }
        };
        if let Some(refusal) = refusal {
            return Ruling::unchanged(Step::Rejected(refusal));
        }
        let ChallengeRef { activation, id } = self.challenge;
        if let Some(answer) = self.repeated(record, activation, now) {
            return Ruling::confirmed(answer);
        }
        retire_challenge(record);
        let issued = Issued {
            id,
            expires_at: now.plus(self.lifetime),
            transaction: self.transaction.clone(),
            wrong_answers: 0,
            end: None,
            request: self.request,
        };
        let challenge = issued.challenge(activation);
        record.challenge = Some(issued);
        Ruling::changed(Step::Done(challenge.clone()), AuditEvent::Issued, Some(challenge))
    }
}

impl ChallengeIssue {
    /// The earlier answer to the same request. It is kept for as long as a challenge may be valid, at least; afterwards
    /// it is a new request.
    fn repeated(
        &self,
        record: &Record,
        activation: ActivationId,
        now: Timestamp,
    ) -> Option<Step<Challenge, IssueRefusal>> {
        let asked = self.request?;
        let same = |known: &RequestTag| known.name == asked.name;
        if let Some(past) = record.past.iter().filter_map(|past| past.request).find(same) {
            let refusal = if past == asked { IssueRefusal::Superseded } else { IssueRefusal::OtherRequest };
            return Some(Step::Rejected(refusal));
        }
        let last = record.challenge.as_ref().filter(|last| now < last.expires_at.plus(Policy::MAX_LIFETIME))?;
        let known = last.request.filter(same)?;
        Some(match known == asked {
            true => Step::Done(last.challenge(activation)),
            false => Step::Rejected(IssueRefusal::OtherRequest),
        })
    }
}

impl Event for Withdrawal {
    type Answer = bool;

    const CLOCK: Clock = Clock::Notes;

    fn decide(&self, _: &Policy, record: &mut Record, _: Timestamp) -> Ruling<bool> {
        let ChallengeRef { activation, id } = self.challenge;
        let is_open = |issued: &&Issued| issued.id == id && issued.end.is_none();
        let Some(issued) = record.challenge.as_ref().filter(is_open) else { return Ruling::unchanged(false) };
        let challenge = issued.challenge(activation);
        end_challenge(record);
        Ruling::changed(true, AuditEvent::Withdrawn, Some(challenge))
    }
}

/// How many past challenges a record remembers.
const PAST: usize = 4;

/// Whether a challenge that the record does not name may have been issued to it: it remembers as many as it can. The audit chain
/// names all of them.
#[must_use]
pub fn may_have_forgotten(record: &Record) -> bool {
    record.past.len() == PAST
}

/// Ends the current challenge for another reason than a newer one: it can no longer be answered. An accepted challenge stays, with
/// its attempt, until the next one is issued: the caller may not have executed it yet.
pub(super) fn end_challenge(record: &mut Record) {
    let is_accepted = |issued: &Issued| issued.end == Some(ChallengeEnd::Accepted);
    if !record.challenge.as_ref().is_some_and(is_accepted) {
        retire_challenge(record);
    }
    end_question(&mut record.credential, ChallengeEnd::Superseded);
}

/// Moves the current challenge to the past ones, ended as superseded unless it ended before. Its attempt is forgotten with
/// it: a later retry gets how that challenge ended, never the answer about a newer one.
fn retire_challenge(record: &mut Record) {
    record.last_attempt = None;
    if let Some(issued) = record.challenge.take() {
        let end = issued.end.unwrap_or(ChallengeEnd::Superseded);
        record.past.insert(0, PastChallenge { id: issued.id, end, request: issued.request });
        record.past.truncate(PAST);
    }
}

impl Issued {
    pub(super) fn challenge(&self, activation: ActivationId) -> Challenge {
        Challenge { id: self.id, activation, expires_at: self.expires_at, transaction: self.transaction.clone() }
    }
}
