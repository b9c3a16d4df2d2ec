//! The stored form of a question to a card.

use alloc::string::String;

use minicbor::{Decode, Encode};

use super::{ChallengeEnd, seconds};
use crate::time::Timestamp;

/// A question that was put to a card.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct CardQuestion {
    /// Its digits.
    #[n(0)]
    pub text: String,
    /// From then on no response is accepted.
    #[n(1)]
    #[cbor(with = "seconds")]
    pub expires_at: Timestamp,
    /// Wrong responses so far.
    #[n(2)]
    pub wrong_answers: u8,
    /// How it ended, if it did.
    #[n(3)]
    pub end: Option<ChallengeEnd>,
    /// The caller's name for the request that it was issued by.
    #[n(4)]
    #[cbor(with = "minicbor::bytes")]
    pub request: Option<[u8; 16]>,
}
