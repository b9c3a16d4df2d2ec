//! The challenge, and the computations that both parties share.
//!
//! A response does not sign an image or a code. It signs the *question*: one SHA-256 over the whole content of the challenge.
//! So both parties compute the same question, however the challenge travelled, and no other challenge has it.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use minicbor::Encoder;
use rand::CryptoRng;
use sha2::{Digest, Sha256};

use crate::hex::hex_id;
use crate::key::{ActivationId, IdError, Key, derive};
use crate::time::Timestamp;
use crate::transaction::{Domain, Transaction};
use crate::typed;
use camtoken_oath::Response;
use camtoken_oath::ocra::{self, DataInput, Question, QuestionKind, Suite};

/// A request to one activation: approve this transaction, until that time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// Its name, never used twice under one key.
    pub id: ChallengeId,
    /// The activation that should answer.
    pub activation: ActivationId,
    /// From this moment on no response is accepted. A token without a clock cannot check it, but its response binds it.
    pub expires_at: Timestamp,
    /// The transaction to approve.
    pub transaction: Transaction,
}

/// The name of a challenge: 96 bits, written as 24 hex digits (V-9). The first 32 are the second of its creation, the other 64 are
/// random.
///
/// It is also the nonce of the seal. Because of the time it never repeats, even if a machine and its random generator are set
/// back to an earlier state.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChallengeId([u8; 12]);

/// The name of an issued challenge with its activation: their IDs, 12 and 24 hex digits, joined by a hyphen. It is no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChallengeRef {
    /// The activation that should answer.
    pub activation: ActivationId,
    /// The challenge.
    pub id: ChallengeId,
}

impl Challenge {
    /// The domain of its keys and responses.
    #[must_use]
    pub fn domain(&self) -> Domain {
        self.transaction.operation().domain()
    }

    /// SHA-256 over the content of the challenge (specification, section 5): deterministic CBOR, an array of the
    /// text `camtoken/1`, the domain, the challenge ID, the activation, the time of expiry, and the transaction's three
    /// items.
    #[must_use]
    pub fn question(&self) -> [u8; 32] {
        let mut to = Encoder::new(Vec::new());
        to.array(8)
            .and_then(|to| to.str("camtoken/1"))
            .and_then(|to| to.u8(self.domain() as u8))
            .and_then(|to| to.bytes(&self.id.0))
            .and_then(|to| to.bytes(self.activation.as_bytes()))
            .and_then(|to| to.u64(self.expires_at.as_unix()))
            .expect("a Vec takes every byte");
        self.transaction.encode(&mut to);
        Sha256::digest(to.into_writer()).into()
    }

    /// The response to this challenge by the holder of `key`: RFC 6287, one-way challenge-response.
    ///
    /// This is the one computation that makes and that checks a response.
    #[must_use]
    pub fn respond(&self, key: &Key, suite: &ResponseSuite) -> Response {
        suite.respond(&derive(key, b"camtoken/1 respond"), &self.question())
    }

    /// The token's answer to the first code of a registration: the number that it generated, and six digits that only the
    /// holder of its device key can compute from the challenge and that number.
    #[must_use]
    pub fn device_code(&self, device_key: &Key, nonce: DeviceNonce) -> DeviceCode {
        let mut hash = Sha256::new_with_prefix(self.question());
        hash.update(nonce.to_string());
        let check =
            ResponseSuite::device().respond(&derive(device_key, b"camtoken/1 device code"), &hash.finalize().into());
        DeviceCode { nonce, check }
    }
}

hex_id!(ChallengeId, 12, IdError::Challenge);

impl ChallengeId {
    /// Makes a new identifier.
    pub fn generate(now: Timestamp, rng: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; Self::LEN];
        rng.fill_bytes(&mut bytes);
        let seconds = u32::try_from(now.as_unix() & u64::from(u32::MAX)).expect("32 bits");
        bytes[..4].copy_from_slice(&seconds.to_be_bytes());
        Self(bytes)
    }

    /// When it was generated, until the year 2106: after that its 32 bits begin again at 0.
    #[must_use]
    pub fn generated_at(self) -> Timestamp {
        let [a, b, c, d, ..] = self.0;
        Timestamp::from_unix(u32::from_be_bytes([a, b, c, d]).into())
    }
}

impl fmt::Display for ChallengeRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.activation, self.id)
    }
}

impl FromStr for ChallengeRef {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let (activation, id) = text.split_once('-').ok_or(IdError::Challenge)?;
        Ok(Self { activation: activation.parse()?, id: id.parse()? })
    }
}

/// An OCRA suite fit to sign a challenge: it takes a question of at least 40 hexadecimal digits and nothing else, and
/// gives 6 to 10 digits (V-1, V-11).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseSuite(Suite);

/// Why an OCRA suite cannot sign challenges.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResponseSuiteError {
    /// Not a suite at all.
    #[error(transparent)]
    Suite(#[from] ocra::SuiteError),
    /// Digits.
    #[error("a response has 6 to 10 digits, the suite gives {found}")]
    Digits {
        /// How many the suite gives; 0 for the whole HMAC.
        found: u8,
    },
    /// Question.
    #[error("the question has to be QH40 to QH64, so that it can hold a hash")]
    Question,
    /// Other inputs.
    #[error("a counter, a PIN, a session or a time cannot be part of the suite")]
    OtherInput,
}

impl ResponseSuite {
    fn device() -> Self {
        "OCRA-1:HOTP-SHA256-6:QH64".parse().expect("fit to sign a challenge")
    }

    /// The suite.
    #[must_use]
    pub fn suite(&self) -> &Suite {
        &self.0
    }

    /// How many digits its responses have.
    #[must_use]
    pub fn digits(&self) -> u8 {
        self.0.digits()
    }

    fn respond(&self, key: &Key, hash: &[u8; 32]) -> Response {
        let mut digits = base16ct::lower::encode_string(hash);
        digits.make_ascii_uppercase();
        digits.truncate(usize::from(self.0.question().max_len()));
        let question = Question::new(self.0.question(), &digits).expect("40 to 64 hexadecimal digits");
        ocra::respond(&self.0, key, &DataInput::new(question)).expect("the suite takes a question only")
    }
}

/// `OCRA-1:HOTP-SHA256-8:QH64`
impl Default for ResponseSuite {
    fn default() -> Self {
        "OCRA-1:HOTP-SHA256-8:QH64".parse().expect("fit to sign a challenge")
    }
}

impl fmt::Display for ResponseSuite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for ResponseSuite {
    type Err = ResponseSuiteError;

    fn from_str(text: &str) -> Result<Self, ResponseSuiteError> {
        let suite: Suite = text.parse()?;
        if !(6..=10).contains(&suite.digits()) {
            return Err(ResponseSuiteError::Digits { found: suite.digits() });
        }
        if suite.question().kind() != QuestionKind::Hexadecimal || suite.question().max_len() < 40 {
            return Err(ResponseSuiteError::Question);
        }
        if suite.counter() || suite.pin().is_some() || suite.session().is_some() || suite.time_step().is_some() {
            return Err(ResponseSuiteError::OtherInput);
        }
        Ok(Self(suite))
    }
}

/// A random number of the token for one registration, so that the second code is good for this one alone: 6 digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceNonce(u32);

impl DeviceNonce {
    /// Generates a number.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self(u32::try_from(rng.next_u64() % 1_000_000).expect("six digits"))
    }
}

/// Six digits, with leading zeroes.
impl fmt::Display for DeviceNonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06}", self.0)
    }
}

impl FromStr for DeviceNonce {
    type Err = DeviceCodeError;

    fn from_str(text: &str) -> Result<Self, DeviceCodeError> {
        let six_digits = text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit());
        if six_digits { Ok(Self(text.parse().expect("six digits"))) } else { Err(DeviceCodeError) }
    }
}

/// The 12 digits that a person copies from the token into the bank's page between the two codes.
pub struct DeviceCode {
    nonce: DeviceNonce,
    check: Response,
}

/// A string is no device code.
#[derive(Debug, Clone, Copy, thiserror::Error, PartialEq, Eq)]
#[error("not a device code: expected 12 digits")]
pub struct DeviceCodeError;

impl DeviceCode {
    /// How many digits it has.
    pub const DIGITS: u8 = 12;

    /// Reads digits as a person types them ([`typed::digits`]).
    ///
    /// # Errors
    ///
    /// [`DeviceCodeError`] unless it is twelve digits.
    pub fn typed(text: &str) -> Result<Self, DeviceCodeError> {
        let digits = usize::from(Self::DIGITS);
        typed::digits(text, digits..=digits).map_err(|_| DeviceCodeError)?.parse()
    }

    /// The token's random number.
    #[must_use]
    pub fn nonce(&self) -> DeviceNonce {
        self.nonce
    }

    /// The six digits that prove it.
    #[must_use]
    pub fn check(&self) -> &Response {
        &self.check
    }

    /// Whether the two are the same, compared in constant time.
    #[must_use]
    pub fn ct_eq(&self, other: &Self) -> bool {
        self.nonce == other.nonce && self.check.ct_eq(&other.check)
    }

    /// The twelve digits.
    #[must_use]
    pub fn expose_digits(&self) -> String {
        format!("{}{}", self.nonce, self.check.expose_str())
    }
}

impl FromStr for DeviceCode {
    type Err = DeviceCodeError;

    fn from_str(text: &str) -> Result<Self, DeviceCodeError> {
        let (nonce, check) = text.split_at_checked(6).ok_or(DeviceCodeError)?;
        let check = Response::parse(check, 6).map_err(|_| DeviceCodeError)?;
        Ok(Self { nonce: nonce.parse()?, check })
    }
}

impl fmt::Debug for DeviceCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceCode(_)")
    }
}
