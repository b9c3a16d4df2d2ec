//! Questions to cards (OCRA, RFC 6287).

use std::time::Duration;

use camtoken_core::verifier::decision::{QuestionIssue, settle};
use rand::CryptoRng;

use super::{AttemptId, IssueError, Policy, Rejection, Step, Verifier};
use crate::key::ActivationId;
use crate::store::Store;
use crate::time::Timestamp;

/// A question that was put to a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedQuestion {
    /// The decimal digits that the user types into the card.
    pub question: String,
    /// From then on no response is accepted.
    pub expires_at: Timestamp,
}

impl<S: Store> Verifier<S> {
    /// Puts a random question to the card of an activation; the question before is superseded. [`Verifier::verify_password`] checks
    /// the response, once. A card shows no transaction, so its response says who answers, and nothing about what is done: use it
    /// where a time-based password is enough.
    ///
    /// Without a `lifetime` it is that of the policy. Under the same `attempt` a retry gets the same question, also from another
    /// process and after a crash, unless another question was issued since.
    ///
    /// # Errors
    ///
    /// [`IssueError::Refused`] when the activation has no card or cannot answer, [`IssueError::Policy`] for a lifetime of zero or
    /// beyond the limit, and that nothing was decided.
    pub async fn issue_question(
        &self,
        activation: ActivationId,
        lifetime: Option<Duration>,
        attempt: Option<AttemptId>,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<IssuedQuestion, IssueError> {
        let lifetime = lifetime.unwrap_or(self.policy.lifetime);
        Policy { lifetime, ..Policy::clone(&self.policy) }.check()?;
        let event = QuestionIssue::new(lifetime, attempt.map(|attempt| attempt.to_bytes()), rng);
        let update = self.update(activation, |record| Ok(settle(&self.policy, record, &event, now)?));
        match update.await? {
            Some(Step::Done(issued)) => Ok(IssuedQuestion { question: issued.text, expires_at: issued.expires_at }),
            Some(Step::Rejected(rejection)) => Err(IssueError::Refused(rejection)),
            None => Err(IssueError::Refused(Rejection::Unknown)),
        }
    }
}
