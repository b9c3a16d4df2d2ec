//! How the values in a record are written in CBOR.

use minicbor::{Decoder, Encoder};

use crate::challenge::ChallengeId;
use crate::key::ActivationId;
use crate::time::Timestamp;
use crate::transaction::Transaction;

type Written<W> = Result<(), minicbor::encode::Error<<W as minicbor::encode::Write>::Error>>;

type Read<T> = Result<T, minicbor::decode::Error>;

fn damaged(what: &'static str) -> minicbor::decode::Error {
    minicbor::decode::Error::message(what)
}

pub(in super::super) mod seconds {
    use super::{Decoder, Encoder, Read, Timestamp, Written};

    pub fn encode<C, W: minicbor::encode::Write>(value: &Timestamp, to: &mut Encoder<W>, _: &mut C) -> Written<W> {
        to.u64(value.as_unix()).map(|_| ())
    }

    pub fn decode<C>(from: &mut Decoder<'_>, _: &mut C) -> Read<Timestamp> {
        from.u64().map(Timestamp::from_unix)
    }
}

pub(super) mod challenge_id {
    use super::{ChallengeId, Decoder, Encoder, Read, Written, damaged};

    pub fn encode<C, W: minicbor::encode::Write>(value: &ChallengeId, to: &mut Encoder<W>, _: &mut C) -> Written<W> {
        to.bytes(value.as_bytes()).map(|_| ())
    }

    pub fn decode<C>(from: &mut Decoder<'_>, _: &mut C) -> Read<ChallengeId> {
        from.bytes()?.try_into().map(ChallengeId::from_bytes).map_err(|_| damaged("challenge ID"))
    }
}

pub(super) mod activation_ids {
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

pub(super) mod text {
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

pub(super) mod transaction {
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
