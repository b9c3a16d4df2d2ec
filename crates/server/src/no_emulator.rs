//! The replacement of the virtual tokens in a build without them: there are none, so every time is the verifier's own.

use std::future::Ready;

use camtoken::key::{ActivationId, TokenId};
use camtoken::time::Timestamp;
use camtoken::verifier::{Verifier, VerifierError};

/// There is none.
pub(super) enum Emulator {}

impl Emulator {
    pub fn time_of<S>(
        &self,
        _: &Verifier<S>,
        _: ActivationId,
        _: Timestamp,
    ) -> Ready<Result<Timestamp, VerifierError>> {
        match *self {}
    }

    pub fn time_of_token<S>(
        &self,
        _: &Verifier<S>,
        _: &TokenId,
        _: Timestamp,
    ) -> Ready<Result<Timestamp, VerifierError>> {
        match *self {}
    }
}
