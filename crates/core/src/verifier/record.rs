//! The records of activations, tokens and generators, as a store keeps them. Not part of the public interface.
//!
//! A record is CBOR behind one version byte: 1, or 2 where it says something that a reader of version 1 would lose, 4 where it is of
//! a card (3 is a sealed record). It holds no secret in the clear: keys are wrapped by the `KeyWrapper` of the crate `camtoken`.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use minicbor::{Decode, Decoder, Encode};

mod field;
mod question;
mod stored;
#[cfg(test)]
mod tests;

pub use question::CardQuestion;
pub use stored::{Layout, Stored};

pub(super) use field::seconds;
use field::{activation_ids, challenge_id, text, transaction};

use super::audit::ChainEnd;
use super::moving::Moving;
use super::origin::{Origin, Validity};
use super::subscriber::Subscriber;
use super::verdict::Rejection;
use crate::challenge::{ChallengeId, DeviceNonce};
use crate::key::{ActivationId, GeneratorId, TokenId};
use crate::time::Timestamp;
use crate::transaction::Transaction;

/// One user's use of one token.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(array)]
pub struct Record {
    /// The user.
    #[n(0)]
    pub subscriber: Subscriber,
    /// Its kind of one-time password, with the key.
    #[n(1)]
    pub credential: Credential,
    /// Its state.
    #[n(2)]
    pub state: StoredState,
    /// Wrong responses in a row, over all challenges.
    #[n(3)]
    pub failures: u8,
    /// The one challenge that may be answered, or the last that could be.
    #[n(4)]
    pub challenge: Option<Issued>,
    /// How the challenges before it ended, newest first, so that a late response gets the reason of its rejection.
    #[n(5)]
    pub past: Vec<PastChallenge>,
    /// The last attempt that was decided, so that a repeated request gets the same answer.
    #[n(6)]
    pub last_attempt: Option<LastAttempt>,
    /// The latest time of any event of this record: a clock that is set back makes nothing valid again.
    #[n(7)]
    #[cbor(with = "seconds")]
    pub latest_time: Timestamp,
    /// Whether it ever gave a right response.
    #[n(8)]
    pub signed: bool,
    /// The end of its audit chain.
    #[n(9)]
    pub chain_end: ChainEnd,
}

/// Which kind of one-time password an activation gives. One is never taken for the other.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub enum Credential {
    /// A camera token: responses to challenges.
    #[n(0)]
    Camera {
        /// The token.
        #[n(0)]
        #[cbor(with = "text")]
        token: TokenId,
        /// The response suite.
        #[n(1)]
        suite: String,
        /// The activation's key, wrapped.
        #[n(2)]
        #[cbor(with = "minicbor::bytes")]
        key: Vec<u8>,
        /// The token was made for tests (V-20).
        #[n(3)]
        test: bool,
        /// When its device key may be used, as the token's record had it.
        #[n(4)]
        validity: Validity,
    },
    /// A time-based generator, for customers without the token (RFC 6238).
    #[n(1)]
    TimeBased {
        /// The secret, wrapped.
        #[n(0)]
        #[cbor(with = "minicbor::bytes")]
        key: Vec<u8>,
        /// The last time step whose password was accepted.
        #[n(1)]
        last_step: Option<u64>,
    },
    /// A generator whose secret came from its maker.
    #[n(2)]
    Generator {
        /// Which one.
        #[n(0)]
        #[cbor(with = "text")]
        id: GeneratorId,
        /// The secret, wrapped.
        #[n(1)]
        #[cbor(with = "minicbor::bytes")]
        key: Vec<u8>,
        /// Its algorithm, and its counter or time step at present.
        #[n(2)]
        moving: Moving,
        /// When its secret may be used.
        #[n(3)]
        validity: Validity,
        /// The last question to it, if it is a card.
        #[n(4)]
        question: Option<CardQuestion>,
    },
}

/// The state of an activation.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub enum StoredState {
    /// Its first code was made. The next step is the device code.
    #[n(0)]
    FirstCode(#[n(0)] AwaitedCode),
    /// Its second code was made. The next step is the token's response to it.
    #[n(1)]
    SecondCode(#[n(0)] AwaitedCode),
    /// It signs.
    #[n(2)]
    Active,
    /// It took too many wrong responses, or the bank has suspended it; it waits to be resumed.
    #[n(3)]
    Suspended,
    /// Ended for good.
    #[n(4)]
    Revoked,
    /// Its registration was given up or reset; it may be begun again.
    #[n(5)]
    Reset,
}

/// A code of a registration that is to be answered.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(array)]
pub struct AwaitedCode {
    /// Its challenge.
    #[n(0)]
    #[cbor(with = "challenge_id")]
    pub id: ChallengeId,
    /// Until when.
    #[n(1)]
    #[cbor(with = "seconds")]
    pub expires_at: Timestamp,
    /// The fields that it shows.
    #[n(2)]
    #[cbor(with = "transaction")]
    pub transaction: Transaction,
    /// Wrong answers so far.
    #[n(3)]
    pub wrong_answers: u8,
    /// For the second code: the device code that it was sealed for.
    #[n(4)]
    pub sealed_for: Option<SealedFor>,
}

/// The device code that a second code was made for.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct SealedFor {
    /// The first code's challenge.
    #[n(0)]
    #[cbor(with = "challenge_id")]
    pub first: ChallengeId,
    /// When that one expired.
    #[n(1)]
    #[cbor(with = "seconds")]
    pub first_expires_at: Timestamp,
    /// The token's random number.
    #[n(2)]
    #[cbor(with = "text")]
    pub nonce: DeviceNonce,
}

/// A challenge that was issued.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(array)]
pub struct Issued {
    /// Its name.
    #[n(0)]
    #[cbor(with = "challenge_id")]
    pub id: ChallengeId,
    /// From then on no response is accepted.
    #[n(1)]
    #[cbor(with = "seconds")]
    pub expires_at: Timestamp,
    /// The transaction to approve, and to execute.
    #[n(2)]
    #[cbor(with = "transaction")]
    pub transaction: Transaction,
    /// Wrong responses so far.
    #[n(3)]
    pub wrong_answers: u8,
    /// How it ended, if it did.
    #[n(4)]
    pub end: Option<ChallengeEnd>,
    /// The request that it was issued by, where the caller gave it a name.
    #[n(5)]
    pub request: Option<RequestTag>,
}

/// Names a request to issue a challenge, so that a retry gets the same challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct RequestTag {
    /// The caller's name for it.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub name: [u8; 16],
    /// The first bytes of a SHA-256 over the request.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub content: [u8; 16],
}

/// How a challenge ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum ChallengeEnd {
    /// A right response was accepted.
    #[n(0)]
    Accepted,
    /// Too many wrong responses.
    #[n(1)]
    Exhausted,
    /// Its time was over.
    #[n(2)]
    Expired,
    /// A newer challenge was issued.
    #[n(3)]
    Superseded,
}

/// A challenge before the last.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct PastChallenge {
    /// Its name.
    #[n(0)]
    #[cbor(with = "challenge_id")]
    pub id: ChallengeId,
    /// How it ended.
    #[n(1)]
    pub end: ChallengeEnd,
    /// The request that it was issued by, where the caller gave it a name.
    #[n(2)]
    pub request: Option<RequestTag>,
}

/// The last attempt that was decided.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct LastAttempt {
    /// A MAC over the caller's attempt ID, the challenge and the response.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub tag: [u8; 16],
    /// The answer.
    #[n(1)]
    pub outcome: Outcome,
    /// When.
    #[n(2)]
    #[cbor(with = "seconds")]
    pub at: Timestamp,
}

/// The answer to an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum Outcome {
    /// Accepted.
    #[n(0)]
    Accepted,
    /// Wrong.
    #[n(1)]
    Wrong {
        /// As [`Rejection::Wrong`].
        #[n(0)]
        tries_left: u8,
        /// As [`Rejection::Wrong`].
        #[n(1)]
        suspended: bool,
    },
}

/// A token as the bank keeps it: its device key and its users.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct TokenRecord {
    /// The device key, wrapped.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub device_key: Vec<u8>,
    /// Made for tests (V-20).
    #[n(1)]
    pub test: bool,
    /// Revoked for good; the ID is never used again.
    #[n(2)]
    pub revoked: bool,
    /// Its activations; one that has ended is removed when the next one is added.
    #[n(3)]
    #[cbor(with = "activation_ids")]
    pub activations: Vec<ActivationId>,
    /// The end of its audit chain.
    #[n(4)]
    pub chain_end: ChainEnd,
    /// The data of its maker's file, if it came with one.
    #[n(5)]
    pub origin: Option<Origin>,
}

/// A generator that came from its maker, whether it has a user or not.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct GeneratorRecord {
    /// The secret, wrapped.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub key: Vec<u8>,
    /// Its algorithm, and its counter or time step when it was delivered.
    #[n(1)]
    pub moving: Moving,
    /// The activation of its user, or of its last one: one ID, or none.
    #[n(2)]
    #[cbor(with = "activation_ids")]
    pub activation: Vec<ActivationId>,
    /// The data of its maker's file.
    #[n(3)]
    pub origin: Origin,
    /// The end of its audit chain.
    #[n(4)]
    pub chain_end: ChainEnd,
}

impl Credential {
    /// The activation's key or the generator's secret, wrapped. Empty for a slot of a token that was closed before its activation
    /// existed.
    #[must_use]
    pub fn key(&self) -> &[u8] {
        match self {
            Self::Camera { key, .. } | Self::TimeBased { key, .. } | Self::Generator { key, .. } => key,
        }
    }

    /// The same, for a key that is to be re-wrapped.
    pub fn key_mut(&mut self) -> &mut Vec<u8> {
        match self {
            Self::Camera { key, .. } | Self::TimeBased { key, .. } | Self::Generator { key, .. } => key,
        }
    }

    /// The last question to a card.
    pub fn question_mut(&mut self) -> Option<&mut CardQuestion> {
        match self {
            Self::Generator { question, .. } => question.as_mut(),
            Self::Camera { .. } | Self::TimeBased { .. } => None,
        }
    }

    /// When the key may be used.
    #[must_use]
    pub fn validity(&self) -> Validity {
        match self {
            Self::Camera { validity, .. } | Self::Generator { validity, .. } => *validity,
            Self::TimeBased { .. } => Validity::default(),
        }
    }
}

impl ChallengeEnd {
    /// The answer to a response to such a challenge.
    pub fn rejection(self) -> Rejection {
        match self {
            Self::Accepted => Rejection::AlreadySettled,
            Self::Exhausted => Rejection::Exhausted,
            Self::Expired => Rejection::Expired,
            Self::Superseded => Rejection::Superseded,
        }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Camera { token, suite, .. } => write!(f, "Camera({token}, {suite})"),
            Self::TimeBased { .. } => f.write_str("TimeBased"),
            Self::Generator { id, moving, .. } => write!(f, "Generator({id}, {moving:?})"),
        }
    }
}

impl fmt::Debug for TokenRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenRecord")
            .field("revoked", &self.revoked)
            .field("activations", &self.activations)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for GeneratorRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GeneratorRecord")
            .field("moving", &self.moving)
            .field("activation", &self.activation)
            .finish_non_exhaustive()
    }
}

/// A record whose bytes cannot be read.
#[derive(Debug, Clone, Copy, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordError {
    /// Written by a later version of camtoken.
    #[error("a record of version {found}, this camtoken reads versions up to {VERSION}")]
    Version {
        /// The version.
        found: u8,
    },
    /// Not the bytes of a record.
    #[error("a damaged record")]
    Damaged,
    /// Its seal does not fit these bytes under this name: a writer of the store has altered it, or put it in another place.
    #[error("a record was altered or put in another place: its seal does not fit")]
    Seal,
    /// It has no seal, and the store says that all of its records have one.
    #[error("a record without a seal in a store of sealed records")]
    Unsealed,
    /// It has a seal, and the store says that none of its records has one: the store's key-check value was removed or put back.
    #[error("a sealed record in a store that says it has none")]
    Unexpected,
}

/// The latest version.
const VERSION: u8 = 4;

/// The first byte of a sealed record. A reader of before there were seals takes it for a later version, and refuses it.
pub(super) const SEALED: u8 = 3;

/// Writes a record for the store.
#[must_use]
pub fn to_bytes<T: Layout>(record: &T) -> Vec<u8> {
    append(record, Vec::new())
}

/// Appends a record to bytes.
pub(super) fn append<T: Layout>(record: &T, mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.push(record.version());
    minicbor::encode(record, &mut bytes).expect("a Vec takes every byte");
    bytes
}

/// Reads a record of the store.
///
/// # Errors
///
/// [`RecordError`] when the bytes are not those of a record of these versions.
pub fn from_bytes<'b, T: Decode<'b, ()>>(bytes: &'b [u8]) -> Result<T, RecordError> {
    let (&version, body) = bytes.split_first().ok_or(RecordError::Damaged)?;
    if !(1..=VERSION).contains(&version) || version == SEALED {
        return Err(RecordError::Version { found: version });
    }
    let mut from = Decoder::new(body);
    let record = from.decode().map_err(|_| RecordError::Damaged)?;
    if from.position() == body.len() { Ok(record) } else { Err(RecordError::Damaged) }
}
