//! What the verifier knows of one activation, and of one token, as its store keeps it. Not part of the public interface.
//!
//! A record is CBOR behind one version byte: 1, or 2 where it says something that a reader of version 1 would lose. It holds no
//! secret in the clear: keys are wrapped by the `KeyWrapper` of the crate `camtoken`.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use minicbor::{Decode, Decoder, Encode, Encoder};

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
    /// Whose it is.
    #[n(0)]
    pub subscriber: Subscriber,
    /// What one-time passwords it gives.
    #[n(1)]
    pub credential: Credential,
    /// Where it stands.
    #[n(2)]
    pub state: StoredState,
    /// Wrong responses in a row, over all challenges.
    #[n(3)]
    pub failures: u8,
    /// The one challenge that may be answered, or the last that could be.
    #[n(4)]
    pub challenge: Option<Issued>,
    /// How the challenges before it ended, newest first, so that a late response is told why it is refused.
    #[n(5)]
    pub past: Vec<PastChallenge>,
    /// The last attempt that was decided, so that a repeated request gets the same answer.
    #[n(6)]
    pub last_attempt: Option<LastAttempt>,
    /// The latest time that this record has seen; a clock set back opens nothing again.
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
        /// What it computes, and how far it has come.
        #[n(2)]
        moving: Moving,
        /// When its secret may be used.
        #[n(3)]
        validity: Validity,
    },
}

/// Where an activation stands.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub enum StoredState {
    /// Its first code is made; the device code is awaited.
    #[n(0)]
    FirstCode(#[n(0)] AwaitedCode),
    /// Its second code is made; the token's response to it is awaited.
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
    /// Its registration was given up or initialised; it may be begun again.
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
    /// What it shows.
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

/// What a second code answers.
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
    /// The number that the token drew.
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
    /// What is to be approved, and what is executed.
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

/// Names a request to issue a challenge, so that the same request gets the same challenge again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct RequestTag {
    /// The caller's name for it.
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    pub name: [u8; 16],
    /// The start of a SHA-256 over what is asked for.
    #[n(1)]
    #[cbor(with = "minicbor::bytes")]
    pub content: [u8; 16],
}

/// How a challenge ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum ChallengeEnd {
    /// Answered rightly.
    #[n(0)]
    Accepted,
    /// Too many wrong responses.
    #[n(1)]
    Exhausted,
    /// Its time was over.
    #[n(2)]
    Expired,
    /// A newer challenge took its place.
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
    /// What was said.
    #[n(1)]
    pub outcome: Outcome,
    /// When.
    #[n(2)]
    #[cbor(with = "seconds")]
    pub at: Timestamp,
}

/// What was said of an attempt.
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

/// A token as the bank keeps it: its device key and who uses it.
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
    /// Its activations; one that ended is left out as the next is put down.
    #[n(3)]
    #[cbor(with = "activation_ids")]
    pub activations: Vec<ActivationId>,
    /// The end of its audit chain.
    #[n(4)]
    pub chain_end: ChainEnd,
    /// What its maker's file says of it, if it came by one.
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
    /// What it computes, and how far it had come when it was delivered.
    #[n(1)]
    pub moving: Moving,
    /// The activation of its user, or of its last one: one ID, or none.
    #[n(2)]
    #[cbor(with = "activation_ids")]
    pub activation: Vec<ActivationId>,
    /// What its maker's file says of it.
    #[n(3)]
    pub origin: Origin,
    /// The end of its audit chain.
    #[n(4)]
    pub chain_end: ChainEnd,
}

impl Credential {
    /// The activation's key or the generator's secret, wrapped. Empty for a place of a token that was closed before its activation
    /// existed.
    #[must_use]
    pub fn key(&self) -> &[u8] {
        match self {
            Self::Camera { key, .. } | Self::TimeBased { key, .. } | Self::Generator { key, .. } => key,
        }
    }

    /// The same, for the key to be wrapped anew.
    pub fn key_mut(&mut self) -> &mut Vec<u8> {
        match self {
            Self::Camera { key, .. } | Self::TimeBased { key, .. } | Self::Generator { key, .. } => key,
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

/// What a store keeps, and in which version of the format it is written.
pub trait Layout: Encode<()> {
    /// 1, unless it says something that a reader of version 1 would lose: such a reader refuses it.
    fn version(&self) -> u8 {
        1
    }
}

/// A record with an audit chain, as stores keep them.
pub trait Stored: Layout + for<'b> Decode<'b, ()> {
    /// The end of its chain.
    fn chain(&mut self) -> &mut ChainEnd;

    /// The wrapped key in it, where it has one.
    fn wrapped_key(&mut self) -> Option<&mut Vec<u8>>;
}

impl Stored for Record {
    fn chain(&mut self) -> &mut ChainEnd {
        &mut self.chain_end
    }

    /// None for the place of a registration that its token's revocation has overtaken.
    fn wrapped_key(&mut self) -> Option<&mut Vec<u8>> {
        Some(self.credential.key_mut()).filter(|key| !key.is_empty())
    }
}

impl Stored for TokenRecord {
    fn chain(&mut self) -> &mut ChainEnd {
        &mut self.chain_end
    }

    fn wrapped_key(&mut self) -> Option<&mut Vec<u8>> {
        Some(&mut self.device_key)
    }
}

impl Stored for GeneratorRecord {
    fn chain(&mut self) -> &mut ChainEnd {
        &mut self.chain_end
    }

    fn wrapped_key(&mut self) -> Option<&mut Vec<u8>> {
        Some(&mut self.key)
    }
}

impl Layout for Record {
    fn version(&self) -> u8 {
        match &self.credential {
            Credential::Generator { .. } => 2,
            credential if credential.validity() != Validity::default() => 2,
            _ => 1,
        }
    }
}

impl Layout for TokenRecord {
    fn version(&self) -> u8 {
        if self.origin.is_some() { 2 } else { 1 }
    }
}

impl Layout for GeneratorRecord {
    fn version(&self) -> u8 {
        2
    }
}

impl ChallengeEnd {
    /// What a response to such a challenge is told.
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
    /// Its seal is not that of these bytes under this name: who can write to the store has altered it, or put it in another place.
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
const VERSION: u8 = 2;

/// Writes a record for the store.
#[must_use]
pub fn to_bytes<T: Layout>(record: &T) -> Vec<u8> {
    append(record, Vec::new())
}

/// Writes a record behind what is there already.
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
    if !(1..=VERSION).contains(&version) {
        return Err(RecordError::Version { found: version });
    }
    let mut from = Decoder::new(body);
    let record = from.decode().map_err(|_| RecordError::Damaged)?;
    if from.position() == body.len() { Ok(record) } else { Err(RecordError::Damaged) }
}

type Written<W> = Result<(), minicbor::encode::Error<<W as minicbor::encode::Write>::Error>>;
type Read<T> = Result<T, minicbor::decode::Error>;

fn damaged(what: &'static str) -> minicbor::decode::Error {
    minicbor::decode::Error::message(what)
}

pub(super) mod seconds {
    use super::{Decoder, Encoder, Read, Timestamp, Written};

    pub fn encode<C, W: minicbor::encode::Write>(value: &Timestamp, to: &mut Encoder<W>, _: &mut C) -> Written<W> {
        to.u64(value.as_unix()).map(|_| ())
    }

    pub fn decode<C>(from: &mut Decoder<'_>, _: &mut C) -> Read<Timestamp> {
        from.u64().map(Timestamp::from_unix)
    }
}

mod challenge_id {
    use super::{ChallengeId, Decoder, Encoder, Read, Written, damaged};

    pub fn encode<C, W: minicbor::encode::Write>(value: &ChallengeId, to: &mut Encoder<W>, _: &mut C) -> Written<W> {
        to.bytes(value.as_bytes()).map(|_| ())
    }

    pub fn decode<C>(from: &mut Decoder<'_>, _: &mut C) -> Read<ChallengeId> {
        from.bytes()?.try_into().map(ChallengeId::from_bytes).map_err(|_| damaged("challenge ID"))
    }
}

mod activation_ids {
    use alloc::vec::Vec;

    use super::{ActivationId, Decoder, Encoder, Read, Written, damaged};

    pub fn encode<C, W: minicbor::encode::Write>(value: &[ActivationId], to: &mut Encoder<W>, _: &mut C) -> Written<W> {
        to.bytes(&value.iter().flat_map(|id| *id.as_bytes()).collect::<Vec<_>>()).map(|_| ())
    }

    pub fn decode<C>(from: &mut Decoder<'_>, _: &mut C) -> Read<Vec<ActivationId>> {
        let (ids, rest) = from.bytes()?.as_chunks::<{ ActivationId::LEN }>();
        if rest.is_empty() {
            Ok(ids.iter().copied().map(ActivationId::from_bytes).collect())
        } else {
            Err(damaged("activation IDs"))
        }
    }
}

mod text {
    use alloc::string::ToString;
    use core::fmt::Display;
    use core::str::FromStr;

    use super::{Decoder, Encoder, Read, Written, damaged};

    pub fn encode<C, T: Display, W: minicbor::encode::Write>(value: &T, to: &mut Encoder<W>, _: &mut C) -> Written<W> {
        to.str(&value.to_string()).map(|_| ())
    }

    pub fn decode<C, T: FromStr>(from: &mut Decoder<'_>, _: &mut C) -> Read<T> {
        from.str()?.parse().map_err(|_| damaged("text"))
    }
}

mod transaction {
    use alloc::vec::Vec;

    use super::{Decoder, Encoder, Read, Transaction, Written, damaged};

    pub fn encode<C, W: minicbor::encode::Write>(value: &Transaction, to: &mut Encoder<W>, _: &mut C) -> Written<W> {
        let mut whole = Encoder::new(Vec::new());
        value.encode_whole(&mut whole);
        to.bytes(&whole.into_writer()).map(|_| ())
    }

    pub fn decode<C>(from: &mut Decoder<'_>, _: &mut C) -> Read<Transaction> {
        Transaction::decode_whole(&mut Decoder::new(from.bytes()?)).map_err(|_| damaged("transaction"))
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;
    use alloc::vec;
    use core::num::NonZeroU32;

    use camtoken_oath::{Digits, Hash};

    use super::*;

    const SUITE: &str = "OCRA-1:HOTP-SHA256-8:QH64";

    /// Version 1 as cbor2 writes it: the bytes of stores stay what they are.
    const TOKEN_1: &str =
        "0185430a0b0cf4f446000102030405820158200000000000000000000000000000000000000000000000000000000000000000";
    const RECORD_1: &str = "018a8262633165555345523082008466544f4b454e3178194f4352412d313a484f54502d5348413235362d383a51483634430a0b0cf482028000f680f61a6553f100f4820058200000000000000000000000000000000000000000000000000000000000000000";

    fn at(seconds: u64) -> Option<Timestamp> {
        Some(Timestamp::from_unix(seconds))
    }

    fn token(origin: Option<Origin>) -> TokenRecord {
        TokenRecord {
            device_key: vec![10, 11, 12],
            test: false,
            revoked: false,
            activations: vec![ActivationId::from_bytes([0, 1, 2, 3, 4, 5])],
            chain_end: ChainEnd { entries: 1, head: [0; 32] },
            origin,
        }
    }

    fn camera(validity: Validity) -> Record {
        let token = "TOKEN1".parse().expect("a token ID");
        record(Credential::Camera { token, suite: SUITE.to_string(), key: vec![10, 11, 12], test: false, validity })
    }

    fn record(credential: Credential) -> Record {
        Record {
            subscriber: Subscriber { contract: "c1".to_string(), user: "USER0".to_string() },
            credential,
            state: StoredState::Active,
            failures: 0,
            challenge: None,
            past: Vec::new(),
            last_attempt: None,
            latest_time: Timestamp::from_unix(1_700_000_000),
            signed: false,
            chain_end: ChainEnd::default(),
        }
    }

    #[test]
    fn a_record_without_dates_has_the_bytes_that_it_always_had() {
        assert_eq!(base16ct::lower::encode_string(&to_bytes(&token(None))), TOKEN_1);
        assert_eq!(from_bytes(&to_bytes(&token(None))), Ok(token(None)));
        let camera = camera(Validity::default());
        assert_eq!(base16ct::lower::encode_string(&to_bytes(&camera)), RECORD_1);
        assert_eq!(from_bytes(&to_bytes(&camera)), Ok(camera));
        let time_based = record(Credential::TimeBased { key: vec![1], last_step: Some(7) });
        assert_eq!(to_bytes(&time_based)[0], 1);
    }

    /// A reader of version 1 would pass the dates over and write the record again without them.
    #[test]
    fn what_an_older_reader_would_lose_is_of_version_2() {
        let validity = Validity { start: at(5), end: at(9) };
        let origin = Origin { manufacturer: Some("M".to_string()), key: validity, ..Origin::default() };
        let step_secs = NonZeroU32::new(60).expect("not 0");
        let moving = [
            Moving::event(Digits::SIX, u64::MAX),
            Moving::Time { hash: Hash::Sha256, digits: Digits::EIGHT, step_secs, drift: -3, last_step: None },
        ];
        let generators = moving.map(|moving| {
            let id = "2308701234567".parse().expect("a serial number");
            record(Credential::Generator { id, key: vec![1], moving, validity: Validity::default() })
        });
        for record in generators.into_iter().chain([camera(validity)]) {
            let bytes = to_bytes(&record);
            assert_eq!(bytes[0], 2);
            assert_eq!(from_bytes(&bytes), Ok(record));
        }
        let bytes = to_bytes(&token(Some(origin.clone())));
        assert_eq!((bytes[0], from_bytes(&bytes)), (2, Ok(token(Some(origin)))));
        let refused = from_bytes::<TokenRecord>(&[&[3], &bytes[1..]].concat());
        assert_eq!(refused, Err(RecordError::Version { found: 3 }));
    }
}
