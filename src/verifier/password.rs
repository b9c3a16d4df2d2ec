//! Passwords of generators, by the time (RFC 6238), by a counter (RFC 4226) or to a question (RFC 6287).

use camtoken_core::verifier::decision::{
    Comparison, ExpectedPassword, GeneratorPassword, Window, expected_password, settle,
};

use super::{AttemptId, DECOY, Rejection, Verdict, Verifier, VerifierError, context, typed_response};
use crate::key::{ActivationId, Key};
use crate::oath::Response;
use crate::oath::totp::Totp;
use crate::store::Store;
use crate::time::Timestamp;

impl<S: Store> Verifier<S> {
    /// Checks a password of a generator, by the time (RFC 6238), by a counter (RFC 4226) or to the last question of
    /// [`Verifier::issue_question`] (RFC 6287), of an activation that has no camera token. It is accepted once, and never as the
    /// response to a challenge.
    ///
    /// # Errors
    ///
    /// As [`Verifier::verify`].
    pub async fn verify_password(
        &self,
        activation: ActivationId,
        password: &str,
        attempt: AttemptId,
        now: Timestamp,
    ) -> Result<Verdict, VerifierError> {
        let update = self.update(activation, |record| {
            let comparison = match expected_password(&self.policy, &record, now)? {
                None => Comparison::NothingExpected,
                Some(ExpectedPassword { key, window }) => {
                    let digits = window.digits().get();
                    match typed_response(password, digits) {
                        Ok(response) => {
                            compare_password(&self.activation_key(activation, key)?, &response, attempt, &window)
                        }
                        Err(_) => Comparison::Malformed { digits },
                    }
                }
            };
            let is_compared = comparison != Comparison::NothingExpected;
            let event = GeneratorPassword { comparison };
            Ok(settle(&self.policy, record, &event, now)?.map(|verdict| (verdict, is_compared)))
        });
        match update.await? {
            None | Some((Verdict::Rejected(Rejection::Unknown), false)) => {
                Ok(self.unknown_password(password, attempt, now))
            }
            Some((verdict, _)) => Ok(verdict),
        }
    }

    /// As [`Verifier::unknown`], for a generator's password.
    fn unknown_password(&self, password: &str, attempt: AttemptId, now: Timestamp) -> Verdict {
        let totp = Totp::default();
        let response = match typed_response(password, totp.digits.get()) {
            Ok(response) => response,
            Err(rejection) => return Verdict::Rejected(rejection),
        };
        if let Ok(key) = self.key_wrapper.unwrap(&self.decoy.key, &context(DECOY)) {
            let window = Window::Time { totp, at: now, drift: 1 };
            std::hint::black_box(compare_password(&key, &response, attempt, &window));
        }
        Verdict::Rejected(Rejection::Unknown)
    }
}

/// Compares a password with those of a window.
fn compare_password(
    key: &Key,
    response: &Response,
    attempt: AttemptId,
    window: &Window<'_>,
) -> Comparison<Option<u64>> {
    let name: &[u8] = match window {
        Window::Time { .. } => b"time-based",
        Window::Event { .. } => b"event-based",
        Window::Card { .. } => b"card",
    };
    let tag = attempt.tag(key, name, response.expose_str());
    Comparison::Made { tag, matches: window.find(key, response) }
}
