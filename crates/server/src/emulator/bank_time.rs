//! The verifier's time for what belongs to a session: the session's clock, as long as the session lives.
//!
//! Only a token that was made for tests can belong to one: the session has to hold it, with the device key that the verifier has. So
//! the time of a real token never comes from here, whatever its ID, and no session moves the time of another session's tokens. The
//! stored readings of the machine's clock ([`ClockGuard`](camtoken::verifier::ClockGuard)) are neither read nor written here.

use std::sync::Arc;

use super::Emulator;
use super::session::{Clock, Session};
use camtoken::key::{ActivationId, TokenId};
use camtoken::store::Store;
use camtoken::time::Timestamp;
use camtoken::verifier::{Verifier, VerifierError};

impl Emulator {
    /// The moment to decide by about an activation: its session's, else `usual`.
    ///
    /// An activation of a test token that has seen a later time is set back to it, for its session has ended, or its clock was moved back.
    /// Without that nothing could be decided about it until that time has come. What is open for the activation ends with it.
    pub async fn time_of<S: Store>(
        &self,
        verifier: &Verifier<S>,
        activation: ActivationId,
        usual: Timestamp,
    ) -> Result<Timestamp, VerifierError> {
        let Some(known) = verifier.activation(activation).await? else { return Ok(usual) };
        let Some(token) = known.token().filter(|_| known.is_test()) else { return Ok(usual) };
        let clock = self.clock_of(verifier, token, Some(activation)).await?;
        let now = clock.map_or(usual, |clock| clock.at(usual));
        if verifier.set_clock_back_for(activation, now).await? {
            tracing::info!(%activation, %now, "the time of a test activation was set back");
        }
        Ok(now)
    }

    /// The moment to decide by about a token: its session's, else `usual`.
    pub async fn time_of_token<S: Store>(
        &self,
        verifier: &Verifier<S>,
        token: &TokenId,
        usual: Timestamp,
    ) -> Result<Timestamp, VerifierError> {
        Ok(self.clock_of(verifier, token, None).await?.map_or(usual, |clock| clock.at(usual)))
    }

    /// The clock of the session that has a token. Of several that hold the same one, the session whose token knows the activation
    /// comes first, then the one that was opened last.
    async fn clock_of<S: Store>(
        &self,
        verifier: &Verifier<S>,
        token: &TokenId,
        activation: Option<ActivationId>,
    ) -> Result<Option<Clock>, VerifierError> {
        let mut holding = self.holding(token);
        if holding.len() > 1 {
            holding.sort_by_cached_key(|session| {
                let knows = activation.is_some_and(|activation| session.inside().knows(token, activation));
                (!knows, std::cmp::Reverse(session.opened))
            });
        }
        for session in holding {
            let Some(device_key) = session.inside().device_key(token) else { continue };
            if verifier.has_test_key(token, &device_key).await? {
                return Ok(Some(session.inside().clock));
            }
        }
        Ok(None)
    }

    /// The sessions that hold a token of this ID.
    fn holding(&self, token: &TokenId) -> Vec<Arc<Session>> {
        let now = std::time::Instant::now();
        let sessions = self.sessions();
        sessions.values().filter(|session| session.holds(token) && !session.is_over(now)).cloned().collect()
    }
}
