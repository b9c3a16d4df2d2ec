//! Why an enrollment failed.

use camtoken_core::verifier::decision::{MAX_USERS, TokenRefusal};
use camtoken_core::verifier::origin::OutOfValidity;

use super::{Subscriber, VerifierError};
use crate::key::{ActivationId, GeneratorId, TokenId};
use crate::transaction::TransactionError;

/// Why nothing of a registration was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnrollError {
    /// Nothing was decided.
    #[error(transparent)]
    Verifier(#[from] VerifierError),
    /// The contract number, the user ID or the bank's name cannot be shown.
    #[error("cannot be shown by a token: {0}")]
    Subscriber(#[from] TransactionError),
    /// The contract number or the user ID is empty, too long, or has a control character.
    #[error("{part}: 1 to {most} characters, none of them a control character", most = Subscriber::MAX_LEN)]
    SubscriberForm {
        /// `contract` or `user`.
        part: &'static str,
    },
    /// The token is not registered.
    #[error("no token {0}")]
    UnknownToken(TokenId),
    /// The token is registered already, with another key.
    #[error("token {0} is registered already")]
    TokenExists(TokenId),
    /// The device key has fewer than 16 bytes, all its bytes are the same, or another token of the same file has it: a mistake of its
    /// maker.
    #[error(
        "the device key of token {0} cannot be one: fewer than 16 bytes, the same byte throughout, or the key of another token"
    )]
    UnfitDeviceKey(TokenId),
    /// The token is revoked, which is final.
    #[error("token {0} is revoked")]
    TokenRevoked(TokenId),
    /// The token was made for tests, and this verifier does not take those (V-20).
    #[error("token {0} was made for tests")]
    TestToken(TokenId),
    /// The key is outside the validity dates of its maker or issuer.
    #[error("the key of {holder} {reason}")]
    OutOfValidity {
        /// The token ID, or the serial number of the generator.
        holder: String,
        /// Why not.
        reason: OutOfValidity,
    },
    /// The secret of a generator has fewer than 16 bytes, the same byte throughout, or another generator of the same file has it.
    #[error(
        "the secret of generator {0} cannot be one: fewer than 16 bytes, the same byte throughout, or the secret of another"
    )]
    UnfitSecret(GeneratorId),
    /// The generator is not registered.
    #[error("no generator {0}")]
    UnknownGenerator(GeneratorId),
    /// The generator is registered already, with another secret, or as one that computes something else.
    #[error("generator {0} is registered already, with another secret or other parameters")]
    GeneratorExists(GeneratorId),
    /// The generator has a user.
    #[error("generator {0} has a user already")]
    GeneratorTaken(GeneratorId),
    /// The store was restored, and which passwords of the generator were used since is not known.
    #[error("generator {0} has to be resynchronised first")]
    NeedsResynchronisation(GeneratorId),
    /// All slots of the token are in use.
    #[error("token {token} has {places} users already", places = MAX_USERS)]
    TokenFull {
        /// The token.
        token: TokenId,
    },
    /// No such activation.
    #[error("no activation {0}")]
    UnknownActivation(ActivationId),
    /// It has signed before, so it can be revoked and not reset.
    #[error("activation {0} has signed before; it can only be revoked")]
    HasSigned(ActivationId),
    /// It is revoked, which is final.
    #[error("activation {0} is revoked")]
    Revoked(ActivationId),
    /// It is not suspended.
    #[error("activation {0} is not suspended")]
    NotSuspended(ActivationId),
    /// Its registration is not finished, or was given up.
    #[error("activation {0} does not sign yet")]
    NotActive(ActivationId),
}

pub(super) fn unusable(token: &TokenId, refusal: TokenRefusal) -> EnrollError {
    let token = token.clone();
    match refusal {
        TokenRefusal::Revoked => EnrollError::TokenRevoked(token),
        TokenRefusal::Test => EnrollError::TestToken(token),
        TokenRefusal::OtherKey => EnrollError::TokenExists(token),
        TokenRefusal::OutOfValidity(reason) => EnrollError::OutOfValidity { holder: format!("token {token}"), reason },
    }
}

pub(in super::super) fn fits(subscriber: &Subscriber) -> Result<(), EnrollError> {
    subscriber.unfit().map_or(Ok(()), |part| Err(EnrollError::SubscriberForm { part }))
}
