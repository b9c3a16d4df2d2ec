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

/// The text inside the 2D code: `CT1:` and base45 (RFC 9285). It says nothing until [`open`] has checked it.
#[derive(Clone, PartialEq, Eq)]
pub struct ChallengeCode {
    text: String,
    envelope: Envelope,
}

/// Which key opens a code; it stands on the outside.
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

    /// Which challenge it carries. Checked by the seal only.
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
    /// It starts like a code, and is damaged.
    #[error("a damaged camtoken code")]
    Form,
}

/// Why a code says nothing.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum OpenError {
    /// Sealed with another key, or altered since.
    #[error("the seal is wrong")]
    Seal,
    /// Sealed right, and the catalogue has no such operation.
    #[error("operation {code} is not in the catalogue")]
    Operation {
        /// The number.
        code: u64,
    },
    /// Sealed right, and names a response suite that cannot sign challenges.
    #[error("the response suite is not one that signs challenges")]
    Suite,
    /// Sealed right, and not of the specification.
    #[error("the content is not of the specification")]
    Content,
    /// A code of another kind than the one that is opened.
    #[error("a code of another kind")]
    Purpose,
}

impl From<TransactionError> for OpenError {
    fn from(_: TransactionError) -> Self {
        Self::Content
    }
}

/// Tells whether a text begins as a code of some version does: it is for a token then, which may refuse it.
#[must_use]
pub fn is_code(text: &str) -> bool {
    let version = text.strip_prefix("CT").and_then(|rest| rest.split_once(':'));
    version.is_some_and(|(number, _)| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The code that a text is which somebody has pasted or piped: one line, with blanks around it.
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
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::transaction::samples;

    fn key() -> Key {
        Key::new((0..32).collect())
    }

    fn challenge(transaction: Transaction) -> Challenge {
        Challenge {
            id: ChallengeId::from_bytes([0x65; 12]),
            activation: ActivationId::from_bytes([1, 2, 3, 4, 5, 6]),
            expires_at: Timestamp::from_unix(1_795_230_180),
            transaction,
        }
    }

    /// What travels is all that the token has: the bound fields are gone, the question is the same.
    fn assert_same(opened: &Challenge, sealed: &Challenge) {
        assert_eq!(opened.question(), sealed.question());
        assert!(opened.transaction.displayed().eq(sealed.transaction.displayed()));
        assert_eq!(
            (opened.id, opened.activation, opened.expires_at),
            (sealed.id, sealed.activation, sealed.expires_at)
        );
        assert_eq!(opened.transaction.bound().count(), 0);
    }

    #[test]
    fn a_code_is_known_by_its_beginning() {
        assert_eq!(in_text(" CT1:ABC \n"), Some("CT1:ABC"));
        assert_eq!(in_text("CT12:"), Some("CT12:"));
        for text in ["", "CT:", "CTx:1", "ct1:ABC", "CT1", "http://CT1:", "CT1:A\nCT1:B"] {
            assert_eq!(in_text(text), None, "{text:?}");
        }
        assert!(is_code("CT2:ANOTHER VERSION") && !is_code(" CT1:ABC"), "a symbol is taken as it is");
    }

    #[test]
    fn every_operation_comes_back_as_it_was_sealed() {
        for transaction in samples::all() {
            let sealed = challenge(transaction);
            if matches!(sealed.domain(), Domain::Signature | Domain::Deletion) {
                let code = seal(&sealed, &key());
                let read: ChallengeCode = code.as_str().parse().expect("what seal makes is read");
                assert_eq!(read, code);
                assert_same(&open(&read, &key()).expect("the same key"), &sealed);
            }
        }
    }

    /// Requirements, section 8: version 10 at level M holds 311 alphanumeric characters; only long remittances need more,
    /// at the most version 13, which holds 483.
    #[test]
    fn full_length_fits_version_10_at_level_m() {
        for transaction in samples::all() {
            let operation = transaction.operation();
            if matches!(operation.domain(), Domain::Signature | Domain::Deletion) {
                let len = seal(&challenge(transaction), &key()).as_str().len();
                let most = if operation == Operation::Remittance { 483 } else { 311 };
                assert!(len <= most, "{operation}: {len} characters");
            }
        }
    }

    #[test]
    fn the_text_stays_in_the_alphanumeric_set() {
        for transaction in samples::all().filter(|transaction| transaction.operation().domain() == Domain::Signature) {
            let code = seal(&challenge(transaction), &key());
            let alphanumeric = |c: char| c.is_ascii_digit() || c.is_ascii_uppercase() || " $%*+-./:".contains(c);
            assert!(code.as_str().chars().all(alphanumeric));
        }
    }

    #[test]
    fn another_key_opens_nothing() {
        for transaction in samples::all().filter(|transaction| transaction.operation().domain() == Domain::Signature) {
            let code = seal(&challenge(transaction), &key());
            assert_eq!(open(&code, &Key::new(vec![7; 32])).expect_err("another key"), OpenError::Seal);
        }
    }

    #[test]
    fn an_altered_code_opens_nothing() {
        let code = seal(&challenge(samples::transfer()), &key());
        let text = code.as_str();
        for place in 0..text.len() {
            for replacement in ["0", "A", ":"] {
                let altered = format!("{}{replacement}{}", &text[..place], &text[place + 1..]);
                if altered == text {
                    continue;
                }
                match altered.parse::<ChallengeCode>() {
                    Ok(read) => {
                        assert!(matches!(open(&read, &key()), Err(OpenError::Seal | OpenError::Purpose)), "{place}")
                    }
                    Err(error) => {
                        assert!(matches!(error, ParseError::Form | ParseError::Foreign | ParseError::Version))
                    }
                }
            }
        }
        for cut in 0..text.len() {
            if let Ok(read) = text[..cut].parse::<ChallengeCode>() {
                assert_eq!(open(&read, &key()), Err(OpenError::Seal), "cut at {cut}");
            }
        }
    }

    #[test]
    fn only_the_one_spelling_of_an_envelope_is_taken() {
        let code = seal(&challenge(samples::transfer()), &key());
        let bytes = base45::decode(&code.as_str()[PREFIX.len()..]).expect("base45");
        let with = |bytes: &[u8]| format!("{PREFIX}{}", base45::encode(bytes)).parse::<ChallengeCode>();
        assert!(with(&bytes).is_ok());
        assert_eq!(with(&[&bytes[..], &[0]].concat()), Err(ParseError::Form), "trailing byte");
        assert_eq!(with(&bytes[1..]), Err(ParseError::Form), "without its tag");
        let mut longer = bytes.clone();
        longer.splice(0..1, [0xd8, 16]);
        assert_eq!(with(&longer), Err(ParseError::Form), "the tag in a longer form");
        assert_eq!(code.as_str().to_lowercase().parse::<ChallengeCode>(), Err(ParseError::Foreign));
        assert_eq!(format!("{} ", code.as_str()).parse::<ChallengeCode>(), Err(ParseError::Form));
    }

    #[test]
    fn other_texts_are_told_apart() {
        for text in ["", "https://example.com", "CT", "CTX:ABC", "ct1:ABC", "CT1"] {
            assert_eq!(text.parse::<ChallengeCode>(), Err(ParseError::Foreign), "{text}");
        }
        for text in ["CT2:ABC", "CT10:ABC", "CT0:"] {
            assert_eq!(text.parse::<ChallengeCode>(), Err(ParseError::Version), "{text}");
        }
        for text in ["CT1:", "CT1:A", "CT1:ABC", "CT1:abc", "CT1:::::::"] {
            assert_eq!(text.parse::<ChallengeCode>(), Err(ParseError::Form), "{text}");
        }
    }

    /// A sealed content that is no transaction is refused although its seal is right.
    #[test]
    fn sealed_content_outside_the_specification_is_refused() {
        let challenge = challenge(samples::transfer());
        let mut payload = Encoder::new(Vec::new());
        payload.array(4).expect("a Vec takes every byte");
        encode_challenge(&challenge, &mut payload);
        let payload = payload.into_writer();
        let open_payload = |payload: &[u8]| {
            let name = KeyName::Signature(challenge.activation);
            open(&ChallengeCode::seal(name, challenge.id, &seal_key(&key(), Domain::Signature), payload), &key())
        };
        assert!(open_payload(&payload).is_ok());
        assert_eq!(open_payload(&[&payload[..], &[0]].concat()), Err(OpenError::Content), "trailing byte");
        for cut in 0..payload.len() {
            assert!(open_payload(&payload[..cut]).is_err(), "cut at {cut}");
        }
        let with_operation = |code: &[u8]| {
            let mut altered = payload.clone();
            altered.splice(6..7, code.iter().copied());
            open_payload(&altered)
        };
        assert_eq!(payload[6], Operation::Transfer.entry().code);
        assert_eq!(with_operation(&[23]), Err(OpenError::Operation { code: 23 }));
        assert_eq!(with_operation(&[0x18, 200]), Err(OpenError::Operation { code: 200 }));
        assert_eq!(with_operation(&[0x18, 4]), Err(OpenError::Content), "a longer form of the number");
        assert_eq!(with_operation(&[0]), Err(OpenError::Content), "an operation of another domain");
        assert_eq!(with_operation(&[5]), Err(OpenError::Content), "an operation with other fields");
    }

    #[test]
    fn a_code_prints_no_content() {
        let printed = format!("{:?}", seal(&challenge(samples::transfer()), &key()));
        assert_eq!(printed, "ChallengeCode(Signature(ActivationId(010203040506)), 656565656565656565656565)");
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in "(CT1:)?[0-9A-Z $%*+./:-]{0,200}") {
            if let Ok(code) = text.parse::<ChallengeCode>() {
                prop_assert!(open(&code, &key()).is_err());
            }
        }

        #[test]
        fn sealed_bytes_never_panic(payload in proptest::collection::vec(any::<u8>(), 0..200)) {
            let name = KeyName::Signature(ActivationId::from_bytes([0; 6]));
            let code = ChallengeCode::seal(name, ChallengeId::from_bytes([0; 12]), &seal_key(&key(), Domain::Signature), &payload);
            prop_assert!(open(&code, &key()).is_err());
        }
    }
}
