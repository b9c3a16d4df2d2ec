//! The bytes of a code: COSE_Encrypt0 (RFC 9052, section 5.2) in deterministic CBOR (RFC 8949, section 4.2).
//!
//! ```text
//! 16([ << {1: 3} >>, {4: key name, 5: challenge ID}, ciphertext with tag ])
//! ```
//!
//! Algorithm 3 is AES-256-GCM, header 4 the key identifier, header 5 the IV. The additional data of the seal is the
//! `Enc_structure` `["Encrypt0", << {1: 3} >>, key name]`.

use alloc::vec::Vec;

use minicbor::data::Tag;
use minicbor::{Decoder, Encoder};

use super::{KeyName, ParseError};
use crate::challenge::ChallengeId;

/// `{1: 3}`
const PROTECTED: [u8; 3] = [0xa1, 0x01, 0x03];

/// A sealed message with the parts that are readable without a key.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Envelope {
    pub key_name: KeyName,
    pub id: ChallengeId,
    /// With the tag of 16 bytes at its end.
    pub ciphertext: Vec<u8>,
}

impl Envelope {
    pub fn encode(&self) -> Vec<u8> {
        let mut to = Encoder::new(Vec::with_capacity(80 + self.ciphertext.len()));
        to.tag(Tag::new(16))
            .and_then(|to| to.array(3))
            .and_then(|to| to.bytes(&PROTECTED))
            .and_then(|to| to.map(2))
            .and_then(|to| to.u8(4))
            .and_then(|to| to.bytes(&self.key_name.encode()))
            .and_then(|to| to.u8(5))
            .and_then(|to| to.bytes(self.id.as_bytes()))
            .and_then(|to| to.bytes(&self.ciphertext))
            .expect("a Vec takes every byte");
        to.into_writer()
    }

    /// Accepts exactly the output of `encode`: no other order, length form or header, and nothing behind it.
    pub fn decode(bytes: &[u8]) -> Result<Self, ParseError> {
        let envelope = Self::read(&mut Decoder::new(bytes)).ok_or(ParseError::Form)?;
        if envelope.ciphertext.len() < 16 || envelope.encode() != bytes {
            return Err(ParseError::Form);
        }
        Ok(envelope)
    }

    /// The caller compares the bytes around the values.
    fn read(from: &mut Decoder<'_>) -> Option<Self> {
        from.tag().ok()?;
        from.array().ok()?;
        from.bytes().ok()?;
        from.map().ok()?;
        from.u8().ok()?;
        let key_name = KeyName::decode(from.bytes().ok()?)?;
        from.u8().ok()?;
        let id = ChallengeId::from_bytes(from.bytes().ok()?.try_into().ok()?);
        let ciphertext = from.bytes().ok()?.to_vec();
        Some(Self { key_name, id, ciphertext })
    }
}

/// The additional data of the seal (RFC 9052, section 5.3).
pub(super) fn additional_data(key_name: &KeyName) -> Vec<u8> {
    let mut to = Encoder::new(Vec::new());
    to.array(3)
        .and_then(|to| to.str("Encrypt0"))
        .and_then(|to| to.bytes(&PROTECTED))
        .and_then(|to| to.bytes(&key_name.encode()))
        .expect("a Vec takes every byte");
    to.into_writer()
}
