//! The challenge as carried by the picture: sealed by the verifier, opened by the token.
//!
//! The bytes are those of the specification, section 4. There are four kinds of code, each sealed with keys of its own:
//! [`seal`] and [`open`] for challenges and deletions, [`activation`] for the two codes of a registration.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use minicbor::{Decoder, Encoder};

use crate::challenge::{Challenge, ChallengeId};
use crate::key::{ActivationId, Key, TokenId, derive};
use crate::time::Timestamp;
use crate::transaction::{Domain, Operation, Transaction, TransactionError};

pub mod activation;
mod wire;

use wire::Envelope;

/// The text inside the 2D code: `CT1:` and base45 (RFC 9285). Its content is available only after [`open`] has checked it.
#[derive(Clone, PartialEq, Eq)]
pub struct ChallengeCode {
    text: String,
    envelope: Envelope,
}

/// Which key opens a code. It is readable without a key.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyName {
    /// A challenge for this activation.
    Signature(ActivationId),
    /// First code of a registration, for the token with this ID.
    Activation1(TokenId),
    /// Second code of a registration, for the token with this ID.
    Activation2(TokenId),
    /// Deletes this activation.
    Deletion(ActivationId),
}

const PREFIX: &str = "CT1:";

/// A text longer than any symbol holds (version 40, level L).
const MAX_TEXT: usize = 4296;

/// Seals a challenge for the token that holds the activation's `key`. For registrations see [`activation`].
///
/// # Panics
///
/// When the challenge belongs to a registration.
#[must_use]
pub fn seal(challenge: &Challenge, key: &Key) -> ChallengeCode {
    let key_name = match challenge.domain() {
        Domain::Signature => KeyName::Signature(challenge.activation),
        Domain::Deletion => KeyName::Deletion(challenge.activation),
        Domain::Activation1 | Domain::Activation2 => panic!("a registration has codes of its own"),
    };
    let mut payload = Encoder::new(Vec::new());
    payload.array(4).expect("a Vec takes every byte");
    encode_challenge(challenge, &mut payload);
    ChallengeCode::seal(key_name, challenge.id, &seal_key(key, challenge.domain()), &payload.into_writer())
}

/// Opens a code with the key of the activation that [`ChallengeCode::key_name`] names.
///
/// # Errors
///
/// [`OpenError::Seal`] when the code was made for another key or was altered, [`OpenError::Operation`] when the catalogue
/// has no such operation, [`OpenError::Content`] when the content is not of the specification, [`OpenError::Purpose`] for
/// a code of a registration. Nothing of the content is available in any case.
pub fn open(code: &ChallengeCode, key: &Key) -> Result<Challenge, OpenError> {
    let (activation, domain) = match code.key_name() {
        KeyName::Signature(activation) => (*activation, Domain::Signature),
        KeyName::Deletion(activation) => (*activation, Domain::Deletion),
        KeyName::Activation1(_) | KeyName::Activation2(_) => return Err(OpenError::Purpose),
    };
    let payload = code.open(&seal_key(key, domain))?;
    let mut from = Decoder::new(&payload);
    expect_array(&mut from, 4)?;
    let (expires_at, transaction) = decode_challenge(&mut from, domain)?;
    let challenge = Challenge { id: code.id(), activation, expires_at, transaction };

    let mut again = Encoder::new(Vec::new());
    again.array(4).expect("a Vec takes every byte");
    encode_challenge(&challenge, &mut again);
    expect_same(&again.into_writer(), &payload)?;
    Ok(challenge)
}

impl ChallengeCode {
    /// The text, as a symbol carries it in alphanumeric mode.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Which key opens it.
    #[must_use]
    pub fn key_name(&self) -> &KeyName {
        &self.envelope.key_name
    }

    /// Which challenge it carries. This is not authenticated before the seal is checked.
    #[must_use]
    pub fn id(&self) -> ChallengeId {
        self.envelope.id
    }

    fn seal(key_name: KeyName, id: ChallengeId, key: &Key, payload: &[u8]) -> Self {
        let aad = wire::additional_data(&key_name);
        let ciphertext = cipher(key)
            .encrypt(&Nonce::from(*id.as_bytes()), Payload { msg: payload, aad: &aad })
            .expect("AES-GCM takes 64 GiB");
        let envelope = Envelope { key_name, id, ciphertext };
        Self { text: format!("{PREFIX}{}", base45::encode(envelope.encode())), envelope }
    }

    fn open(&self, key: &Key) -> Result<Vec<u8>, OpenError> {
        let aad = wire::additional_data(&self.envelope.key_name);
        cipher(key)
            .decrypt(&Nonce::from(*self.id().as_bytes()), Payload { msg: &self.envelope.ciphertext, aad: &aad })
            .map_err(|_| OpenError::Seal)
    }
}

impl fmt::Display for ChallengeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for ChallengeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChallengeCode({:?}, {})", self.envelope.key_name, self.envelope.id)
    }
}

/// Reads the outside of a code; the inside needs a key.
impl FromStr for ChallengeCode {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let Some(body) = text.strip_prefix(PREFIX) else {
            return Err(if is_code(text) { ParseError::Version } else { ParseError::Foreign });
        };
        if text.len() > MAX_TEXT {
            return Err(ParseError::Form);
        }
        let bytes = base45::decode(body).map_err(|_| ParseError::Form)?;
        if base45::encode(&bytes) != body {
            return Err(ParseError::Form);
        }
        Ok(Self { text: text.to_owned(), envelope: Envelope::decode(&bytes)? })
    }
}

impl KeyName {
    /// The key identifier of RFC 9052: one byte for the domain, and the name of who holds the key.
    fn encode(&self) -> Vec<u8> {
        let (domain, name): (Domain, &[u8]) = match self {
            Self::Signature(activation) => (Domain::Signature, activation.as_bytes()),
            Self::Activation1(token) => (Domain::Activation1, token.as_str().as_bytes()),
            Self::Activation2(token) => (Domain::Activation2, token.as_str().as_bytes()),
            Self::Deletion(activation) => (Domain::Deletion, activation.as_bytes()),
        };
        [&[domain as u8], name].concat()
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (&domain, name) = bytes.split_first()?;
        let activation = || Some(ActivationId::from_bytes(name.try_into().ok()?));
        let token = || str::from_utf8(name).ok()?.parse().ok();
        Some(match domain {
            d if d == Domain::Signature as u8 => Self::Signature(activation()?),
            d if d == Domain::Activation1 as u8 => Self::Activation1(token()?),
            d if d == Domain::Activation2 as u8 => Self::Activation2(token()?),
            d if d == Domain::Deletion as u8 => Self::Deletion(activation()?),
            _ => return None,
        })
    }
}

/// Why a text is no code of this specification.
#[derive(Debug, Clone, Copy, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseError {
    /// The text of some other 2D code.
    #[error("not a camtoken code")]
    Foreign,
    /// A code of a later version.
    #[error("a camtoken code of an unknown version")]
    Version,
    /// It begins like a code, and is damaged.
    #[error("a damaged camtoken code")]
    Form,
}

/// Why a code does not open.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum OpenError {
    /// Sealed with another key, or altered since.
    #[error("the seal is wrong")]
    Seal,
    /// The seal is right, but the catalogue has no such operation.
    #[error("operation {code} is not in the catalogue")]
    Operation {
        /// The number.
        code: u64,
    },
    /// The seal is right, but the response suite cannot sign challenges.
    #[error("the response suite is not one that signs challenges")]
    Suite,
    /// The seal is right, but the content is not of the specification.
    #[error("the content is not of the specification")]
    Content,
    /// The code is of another kind than the function opens.
    #[error("a code of another kind")]
    Purpose,
}

impl From<TransactionError> for OpenError {
    fn from(_: TransactionError) -> Self {
        Self::Content
    }
}

/// Whether a text begins like a code of any version. It is then for a token, which may refuse it.
#[must_use]
pub fn is_code(text: &str) -> bool {
    let version = text.strip_prefix("CT").and_then(|rest| rest.split_once(':'));
    version.is_some_and(|(number, _)| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The code in a text that was pasted or piped: one line, with blanks around it. `None` if the text is no code.
#[must_use]
pub fn in_text(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| is_code(text) && !text.contains('\n'))
}

fn cipher(key: &Key) -> Aes256Gcm {
    Aes256Gcm::new_from_slice(key.expose_bytes()).expect("a derived key has 32 bytes")
}

fn seal_key(key: &Key, domain: Domain) -> Key {
    let label: &[u8] = match domain {
        Domain::Signature => b"camtoken/1 seal signature",
        Domain::Activation1 => b"camtoken/1 seal activation1",
        Domain::Activation2 => b"camtoken/1 seal activation2",
        Domain::Deletion => b"camtoken/1 seal deletion",
    };
    derive(key, label)
}

/// The four items that every payload starts with: the time of expiry, and the transaction's three.
fn encode_challenge(challenge: &Challenge, to: &mut Encoder<Vec<u8>>) {
    to.u64(challenge.expires_at.as_unix()).expect("a Vec takes every byte");
    challenge.transaction.encode(to);
}

fn decode_challenge(from: &mut Decoder<'_>, domain: Domain) -> Result<(Timestamp, Transaction), OpenError> {
    let content = |_| OpenError::Content;
    let expires_at = Timestamp::from_unix(from.u64().map_err(content)?);
    let code = from.u64().map_err(content)?;
    let operation = u8::try_from(code).ok().and_then(Operation::from_code).ok_or(OpenError::Operation { code })?;
    if operation.domain() != domain {
        return Err(OpenError::Content);
    }
    Ok((expires_at, Transaction::decode(operation, from)?))
}

fn expect_array(from: &mut Decoder<'_>, len: u64) -> Result<(), OpenError> {
    match from.array() {
        Ok(Some(found)) if found == len => Ok(()),
        _ => Err(OpenError::Content),
    }
}

/// One content has one spelling: what is read is written again and compared, so that trailing bytes, longer forms of a
/// number and text that is not canonical are all refused in one place.
fn expect_same(again: &[u8], payload: &[u8]) -> Result<(), OpenError> {
    if again == payload { Ok(()) } else { Err(OpenError::Content) }
}

impl ParseError {
    /// The class of the error, as the specification names it in section 4.6.
    #[must_use]
    pub const fn class(&self) -> &'static str {
        match self {
            Self::Foreign => "foreign",
            Self::Version => "version",
            Self::Form => "form",
        }
    }
}

impl OpenError {
    /// The class of the error, as the specification names it in section 4.6.
    #[must_use]
    pub const fn class(&self) -> &'static str {
        match self {
            Self::Seal => "seal",
            Self::Operation { .. } => "operation",
            Self::Suite => "suite",
            Self::Content => "content",
            Self::Purpose => "purpose",
        }
    }
}

#[cfg(test)]
mod tests;
