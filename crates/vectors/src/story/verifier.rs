//! The verifier of a story: camtoken's own, on any store.

use std::fmt;
use std::time::Duration;

use super::roles::{Accepted, Came, Ended, Enrolled, Issued, Manage, VerifierRole};
use crate::values::variant;
use camtoken::challenge::ChallengeRef;
use camtoken::key::{ActivationId, Key, TokenId};
use camtoken::seeded::Seeded;
use camtoken::store::{Store, block_on};
use camtoken::time::Timestamp;
use camtoken::transaction::Transaction;
use camtoken::verifier::{
    AttemptId, EnrollError, IssueError, LocalKeyWrapper, Policy, Rejection, Step, Subscriber, Verdict, Verifier,
    VerifierError,
};

/// A verifier that can be stopped and started again. `open` opens its store each time.
pub(crate) struct OurVerifier<S, F> {
    policy: Policy,
    bank: String,
    rng: Seeded,
    key_encryption_key: Key,
    open: F,
    /// `None` only while it is opened again.
    verifier: Option<Verifier<S>>,
}

impl<S: Store, F: FnMut() -> Result<S, String>> OurVerifier<S, F> {
    pub fn new(policy: Policy, bank: &str, seed: &str, open: F) -> Result<Self, Ended> {
        let mut rng = Seeded::new(&format!("{seed} verifier"));
        let key_encryption_key = Key::generate(&mut rng);
        let mut made = Self { policy, bank: bank.to_owned(), rng, key_encryption_key, open, verifier: None };
        made.restart()?;
        Ok(made)
    }

    fn parts(&mut self) -> (&Verifier<S>, &mut Seeded) {
        (self.verifier.as_ref().expect("only opening it again takes it away"), &mut self.rng)
    }
}

impl<S: Store, F: FnMut() -> Result<S, String>> VerifierRole for OurVerifier<S, F> {
    fn restart(&mut self) -> Result<(), Ended> {
        self.verifier = None;
        let store = (self.open)()?;
        let key = Key::new(self.key_encryption_key.expose_bytes().to_vec());
        let wrapper = Box::new(LocalKeyWrapper::new(&[key]).expect("a generated key has 32 bytes"));
        let verifier = Verifier::new(store, wrapper, self.policy.clone(), &self.bank, &mut self.rng);
        self.verifier = Some(verifier.map_err(|error| error.to_string())?);
        Ok(())
    }

    fn register(&mut self, id: &TokenId, device_key: &Key, test: bool, now: Timestamp) -> Came<()> {
        let (verifier, rng) = self.parts();
        Ok(block_on(verifier.register(id, device_key, test, now, rng)).map_err(|error| enroll_error(&error)))
    }

    fn enroll(&mut self, id: &TokenId, subscriber: Subscriber, now: Timestamp) -> Came<Enrolled> {
        let (verifier, rng) = self.parts();
        let enrolled = block_on(verifier.enroll(id, subscriber, now, rng));
        Ok(enrolled
            .map(|first| Enrolled { activation: first.activation, code: first.code.to_string() })
            .map_err(|error| enroll_error(&error)))
    }

    fn second(&mut self, activation: ActivationId, typed: &str, attempt: AttemptId, now: Timestamp) -> Came<String> {
        let (verifier, rng) = self.parts();
        let step = block_on(verifier.second_code(activation, typed, attempt, now, rng));
        Ok(taken(step).map(|second| second.code.to_string()))
    }

    fn confirm(&mut self, activation: ActivationId, typed: &str, attempt: AttemptId, now: Timestamp) -> Came<()> {
        Ok(taken(block_on(self.parts().0.confirm(activation, typed, attempt, now))))
    }

    fn generator(&mut self, subscriber: Subscriber, now: Timestamp) -> Came<(ActivationId, Key)> {
        let (verifier, rng) = self.parts();
        Ok(block_on(verifier.enroll_time_based(subscriber, now, rng)).map_err(|error| enroll_error(&error)))
    }

    fn issue(
        &mut self,
        activation: ActivationId,
        transaction: &Transaction,
        lifetime: Option<Duration>,
        now: Timestamp,
    ) -> Came<Issued> {
        let (verifier, rng) = self.parts();
        let issued = block_on(verifier.issue(activation, transaction.clone(), lifetime, now, rng));
        Ok(issued.map(|issued| Issued { challenge: issued.reference, code: issued.code.to_string() }).map_err(
            |error| match error {
                IssueError::Refused(rejection) => rejected(rejection),
                IssueError::Verifier(error) => error_named(&error),
                IssueError::Policy(error) => error_named(&error),
                error => error_named(&error),
            },
        ))
    }

    fn verify(&mut self, challenge: ChallengeRef, typed: &str, attempt: AttemptId, now: Timestamp) -> Came<Accepted> {
        Ok(verdict(block_on(self.parts().0.verify(challenge, typed, attempt, now))))
    }

    fn password(&mut self, activation: ActivationId, typed: &str, attempt: AttemptId, now: Timestamp) -> Came<bool> {
        let said = block_on(self.parts().0.verify_password(activation, typed, attempt, now));
        Ok(verdict(said).map(|accepted| accepted.first))
    }

    fn manage(&mut self, act: Manage, activation: ActivationId, now: Timestamp) -> Came<()> {
        let verifier = self.parts().0;
        let managed = match act {
            Manage::Reset => block_on(verifier.reset(activation, now)),
            Manage::Revoke => block_on(verifier.revoke(activation, now)),
            Manage::Resume => block_on(verifier.resume(activation, now)),
        };
        Ok(managed.map_err(|error| enroll_error(&error)))
    }

    fn revoke_token(&mut self, id: &TokenId, now: Timestamp) -> Came<()> {
        Ok(block_on(self.parts().0.revoke_token(id, now)).map_err(|error| enroll_error(&error)))
    }
}

fn taken<T>(step: Result<Step<T>, EnrollError>) -> Result<T, String> {
    match step {
        Ok(Step::Done(value)) => Ok(value),
        Ok(Step::Rejected(rejection)) => Err(rejected(rejection)),
        Err(error) => Err(enroll_error(&error)),
    }
}

fn verdict(verdict: Result<Verdict, VerifierError>) -> Result<Accepted, String> {
    match verdict {
        Ok(Verdict::Accepted(accepted)) => {
            Ok(Accepted { first: accepted.first(), transaction: accepted.transaction().cloned() })
        }
        Ok(Verdict::Rejected(rejection)) => Err(rejected(rejection)),
        Err(error) => Err(error_named(&error)),
    }
}

fn rejected(rejection: Rejection) -> String {
    match rejection {
        Rejection::Wrong { suspended: true, .. } => "rejected Wrong, suspended".to_owned(),
        Rejection::Wrong { tries_left, .. } => format!("rejected Wrong, {tries_left} left"),
        other => format!("rejected {}", other.name()),
    }
}

fn enroll_error(error: &EnrollError) -> String {
    match error {
        EnrollError::Verifier(error) => error_named(error),
        other => error_named(other),
    }
}

pub(super) fn error_named(error: &impl fmt::Debug) -> String {
    format!("error {}", variant(error))
}
