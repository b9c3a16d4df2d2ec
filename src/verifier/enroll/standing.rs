//! Changes of a registration's state: reset (初期化), suspend (一時停止), resume (利用再開), revoke (失効).

use camtoken_core::verifier::decision::{self, Event, Reset, Resumption, Revocation, StateRefusal, Suspension, settle};
use camtoken_core::verifier::record::TokenRecord;

use super::super::retry::{Tries, Try};
use super::{EnrollError, Step, Verifier, VerifierError};
use crate::key::{ActivationId, TokenId};
use crate::store::{RecordId, Store};
use crate::time::Timestamp;

impl<S: Store> Verifier<S> {
    /// Resets (初期化): gives up a registration that never signed, so that it can be begun again.
    ///
    /// # Errors
    ///
    /// [`EnrollError::HasSigned`] once it has given a right response, [`EnrollError::Revoked`] once it is revoked.
    pub async fn reset(&self, activation: ActivationId, now: Timestamp) -> Result<(), EnrollError> {
        self.change_state(activation, &Reset, now).await
    }

    /// Revokes (失効) one activation for good; other users of the same token go on. A response that was accepted before
    /// stays so, and can be asked for ([`Verifier::accepted`]).
    ///
    /// # Errors
    ///
    /// [`EnrollError::UnknownActivation`], or that nothing was decided. Revoking twice changes nothing.
    pub async fn revoke(&self, activation: ActivationId, now: Timestamp) -> Result<(), EnrollError> {
        self.change_state(activation, &Revocation, now).await
    }

    /// Suspends (一時停止) an activation: nothing is issued to it or accepted from it until it is resumed. Doing it again
    /// changes nothing.
    ///
    /// # Errors
    ///
    /// [`EnrollError::Revoked`], [`EnrollError::NotActive`] before the end of its registration,
    /// [`EnrollError::UnknownActivation`], or that nothing was decided.
    pub async fn suspend(&self, activation: ActivationId, now: Timestamp) -> Result<(), EnrollError> {
        self.change_state(activation, &Suspension, now).await
    }

    /// Resumes (利用再開) a suspended activation. Its challenge is not answered any more; a new one has to be issued.
    ///
    /// # Errors
    ///
    /// [`EnrollError::NotSuspended`], [`EnrollError::UnknownActivation`], or that nothing was decided.
    pub async fn resume(&self, activation: ActivationId, now: Timestamp) -> Result<(), EnrollError> {
        self.change_state(activation, &Resumption, now).await
    }

    /// Revokes a token for good, and every activation on it. When it returns, none of them is accepted any more. Should it
    /// fail half-way, do it again: one activation that cannot be revoked keeps no other from it.
    ///
    /// # Errors
    ///
    /// [`EnrollError::UnknownToken`], or that nothing was decided: of the token, or of the first of its activations that
    /// could not be revoked.
    pub async fn revoke_token(&self, token: &TokenId, now: Timestamp) -> Result<(), EnrollError> {
        let id = RecordId::Token(token.clone());
        let mut tries = Tries::new();
        let activations = loop {
            tries.next().await?;
            let Some((revision, record)) = self.load::<TokenRecord>(&id).await? else {
                return Err(EnrollError::UnknownToken(token.clone()));
            };
            let activations = record.activations.clone();
            let revoked = decision::revoke_token(record, now);
            if let Try::Done(()) = self.replace(&id, revision, revoked).await? {
                break activations;
            }
        };
        let mut outcome = Ok(());
        for activation in activations {
            outcome = outcome.and(self.revoke_place(activation, token, now).await);
        }
        outcome
    }

    /// Revokes an activation of a token, or closes its place before its registration begins.
    async fn revoke_place(&self, activation: ActivationId, token: &TokenId, now: Timestamp) -> Result<(), EnrollError> {
        let revoked = self.revoke(activation, now).await;
        let Err(EnrollError::UnknownActivation(_)) = revoked else { return revoked };
        match self.close(activation, token, now).await? {
            Try::Done(()) => Ok(()),
            Try::Overtaken => self.revoke(activation, now).await,
        }
    }

    /// Brings an activation into a state.
    async fn change_state(
        &self,
        activation: ActivationId,
        event: &impl Event<Answer = Step<(), StateRefusal>>,
        now: Timestamp,
    ) -> Result<(), EnrollError> {
        match self.update(activation, |record| Ok(settle(&self.policy, record, event, now)?)).await? {
            Some(Step::Done(())) => Ok(()),
            Some(Step::Rejected(StateRefusal::Revoked)) => Err(EnrollError::Revoked(activation)),
            Some(Step::Rejected(StateRefusal::HasSigned)) => Err(EnrollError::HasSigned(activation)),
            Some(Step::Rejected(StateRefusal::NotActive)) => Err(EnrollError::NotActive(activation)),
            Some(Step::Rejected(StateRefusal::NotSuspended)) => Err(EnrollError::NotSuspended(activation)),
            None => Err(EnrollError::UnknownActivation(activation)),
        }
    }

    /// Takes the place of an activation that does not exist yet, so that its registration cannot begin.
    pub(super) async fn close(
        &self,
        activation: ActivationId,
        token: &TokenId,
        now: Timestamp,
    ) -> Result<Try<()>, VerifierError> {
        self.create(activation, decision::close_place(&self.policy, token, now)).await
    }
}
