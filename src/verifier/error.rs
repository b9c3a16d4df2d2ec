//! Why the verifier did not come to a verdict.

use camtoken_core::verifier::decision::Undecided;

use super::{ClockAhead, KeyWrapError, PolicyError, RecordError, Rejection};
use crate::key::TokenId;
use crate::store::StoreError;
use crate::transaction::{Operation, TransactionError};

/// Why a verifier could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// A number beyond its hard limit.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The bank's name.
    #[error("cannot be shown by a token: {0}")]
    Bank(#[from] TransactionError),
    /// Stored keys.
    #[error(transparent)]
    KeyWrapper(#[from] KeyWrapError),
}

/// Why nothing was decided.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifierError {
    /// The store failed. After [`StoreError::Unknown`], retry with the same attempt ID.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key of the activation cannot be opened.
    #[error(transparent)]
    KeyWrapper(#[from] KeyWrapError),
    /// The keys of the store were wrapped under another key-encryption key: [`Verifier::check_key`](super::Verifier::check_key).
    #[error("the key-encryption key is not the one of this store")]
    KeyMismatch,
    /// A record of the store cannot be read.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The clock is behind what the record has seen; a verifier does not decide by such a clock. Either the clock is wrong now:
    /// set it right. Or it was ahead when the record was last changed: [`Verifier::set_clock_back`](super::Verifier::set_clock_back).
    #[error("the clock is {seconds} s behind the last decision about this activation, or was ahead at that time")]
    ClockBehind {
        /// By how much.
        seconds: u64,
    },
    /// The clock is ahead of the time that has passed; an operator has to confirm it:
    /// [`Verifier::confirm_clock`](super::Verifier::confirm_clock).
    #[error(transparent)]
    ClockAhead(#[from] ClockAhead),
    /// Other requests changed the record again and again.
    #[error("too many requests for one activation at the same time")]
    Contention,
}

/// Why no challenge was issued.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IssueError {
    /// Nothing was decided.
    #[error(transparent)]
    Verifier(#[from] VerifierError),
    /// The activation gets no challenge: it is unknown, not finished, suspended, or revoked.
    #[error("no challenge: {0}")]
    Refused(Rejection),
    /// The operation belongs to a registration, which has codes of its own.
    #[error("operation {0} is not one that is issued")]
    Operation(Operation),
    /// The transaction came through a code: it does not have the fields that are bound and not displayed.
    #[error("the transaction has come through a code and is not whole")]
    NotWhole,
    /// The token was made for tests, and this verifier does not take those (V-20).
    #[error("token {0} was made for tests")]
    TestToken(TokenId),
    /// The attempt ID was used for another request: generate a new one.
    #[error("the attempt was another request")]
    OtherRequest,
    /// The request was answered before, and a newer challenge has superseded its challenge since.
    #[error("the challenge of this request was superseded by a newer one")]
    Superseded,
    /// The requested lifetime is zero or beyond the hard limit (V-2).
    #[error(transparent)]
    Policy(#[from] PolicyError),
}

impl From<Undecided> for VerifierError {
    fn from(undecided: Undecided) -> Self {
        match undecided {
            Undecided::ClockBehind { seconds } => Self::ClockBehind { seconds },
            Undecided::Record(error) => Self::Record(error),
        }
    }
}
