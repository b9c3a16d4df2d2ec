//! Questions to cards. Their responses are passwords of a generator: `password` decides about them.

use alloc::string::String;
use core::time::Duration;

use rand::CryptoRng;

use super::{AuditEvent, Clock, Event, Ruling, not_usable};
use crate::time::Timestamp;
use crate::verifier::card::CardSuite;
use crate::verifier::moving::Moving;
use crate::verifier::policy::Policy;
use crate::verifier::record::{CardQuestion, ChallengeEnd, Credential, Record};
use crate::verifier::verdict::{Rejection, Step};

/// A question is to be put to a card. It supersedes the one before (V-8).
#[derive(Debug)]
pub struct QuestionIssue {
    digits: String,
    lifetime: Duration,
    request: Option<[u8; 16]>,
}

impl QuestionIssue {
    /// A random question. A retry by the same name gets the same one, unless another was issued since.
    pub fn new(lifetime: Duration, request: Option<[u8; 16]>, rng: &mut impl CryptoRng) -> Self {
        Self { digits: CardSuite::random_digits(rng), lifetime, request }
    }
}

impl Event for QuestionIssue {
    type Answer = Step<CardQuestion>;

    const CLOCK: Clock = Clock::Decides;

    fn decide(&self, _: &Policy, record: &mut Record, now: Timestamp) -> Ruling<Self::Answer> {
        let refusal = not_usable(record, now);
        let Credential::Generator { moving: Moving::Card { suite, .. }, question, .. } = &mut record.credential else {
            return Ruling::unchanged(Step::Rejected(Rejection::Unknown));
        };
        if let Some(rejection) = refusal {
            return Ruling::unchanged(Step::Rejected(rejection));
        }
        let same = |known: &&CardQuestion| {
            self.request.is_some() && known.request == self.request && now < known.expires_at.plus(Policy::MAX_LIFETIME)
        };
        if let Some(known) = question.as_ref().filter(same) {
            return Ruling::confirmed(Step::Done(known.clone()));
        }
        let issued = CardQuestion {
            text: self.digits.chars().take(suite.question_len().into()).collect(),
            expires_at: now.plus(self.lifetime),
            wrong_answers: 0,
            end: None,
            request: self.request,
        };
        *question = Some(issued.clone());
        Ruling::changed(Step::Done(issued), AuditEvent::Issued, None)
    }
}

/// Why the last question to a card may not be answered. `None` also for a generator that is asked none.
pub(super) fn not_asked(credential: &Credential, now: Timestamp) -> Option<Rejection> {
    let Credential::Generator { moving: Moving::Card { .. }, question, .. } = credential else { return None };
    let Some(question) = question else { return Some(Rejection::Unknown) };
    let end = question.end.or((now >= question.expires_at).then_some(ChallengeEnd::Expired))?;
    Some(end.rejection())
}

/// Ends the question that is open, if one is. Whether one was.
pub(super) fn end_question(credential: &mut Credential, end: ChallengeEnd) -> bool {
    let Some(question) = credential.question_mut().filter(|question| question.end.is_none()) else { return false };
    question.end = Some(end);
    true
}
