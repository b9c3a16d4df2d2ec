//! OCRA, RFC 6287: a response to a question.
//!
//! A [`Suite`] says what is computed over what; a [`DataInput`] has the values; [`respond`] computes. The RFC's four
//! modes are the same computation with other values: each party's part has a function of its own, which refuses what
//! the mode does not know.
//!
//! | mode (section) | verifier | token |
//! | --- | --- | --- |
//! | one-way challenge-response (7.1) | | [`one_way`] |
//! | mutual challenge-response (7.2) | [`mutual_server`] | [`mutual_client`] |
//! | plain signature (7.3.1) | | [`sign`] |
//! | signature with server authentication (7.3.2) | [`signature_server`] | [`signature_client`] |
//!
//! Whoever checks a response makes the same one and compares by [`Response::ct_eq`]; [`verify`], [`search_counter`] and
//! [`search_time`] do both. In a signature without a counter or a time step only the question keeps an old response
//! from being given again (IC9): never ask the same one twice.
//!
//! # Examples
//!
//! ```
//! use camtoken::Key;
//! use camtoken::oath::ocra::{self, DataInput, PinHash, Question, Suite};
//! use camtoken::oath::Hash;
//!
//! let suite: Suite = "OCRA-1:HOTP-SHA256-8:C-QN08-PSHA1".parse()?;
//! let key = Key::new(b"12345678901234567890123456789012".to_vec());
//! let question = Question::new(suite.question(), "12345678")?;
//! let pin = PinHash::new(Hash::Sha1, "1234");
//! let input = DataInput { counter: Some(0), pin: Some(pin), ..DataInput::new(question) };
//! assert_eq!(ocra::respond(&suite, &key, &input)?.expose_str(), "65347737");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod question;
mod suite;

use std::fmt;

use secrecy::{ExposeSecret, SecretSlice};

use super::{Found, Hash, Keyed, Response, Tag};
use crate::key::Key;

pub use question::{Question, QuestionError, QuestionFormat, QuestionKind};
pub use suite::{Lint, Suite, SuiteError, TimeStep};

/// The values that a response is computed from: the question, and just those others that the suite names.
pub struct DataInput {
    /// The question, or both parties' questions joined (`Q`).
    pub question: Question,
    /// The counter (`C`). A token counts up with each response, a verifier with each that is right; after 2^64-1
    /// comes 0.
    pub counter: Option<u64>,
    /// The hash of the PIN (`P`).
    pub pin: Option<PinHash>,
    /// What is known of the session (`S`), in UTF-8; it is padded with zeroes to the left, as in the RFC's code.
    pub session: Option<Vec<u8>>,
    /// The time in the suite's steps (`T`): [`Suite::time_steps`].
    pub time: Option<u64>,
}

impl DataInput {
    /// A question and nothing else.
    #[must_use]
    pub const fn new(question: Question) -> Self {
        Self { question, counter: None, pin: None, session: None, time: None }
    }
}

impl fmt::Debug for DataInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataInput(_)")
    }
}

/// The hash of a PIN or password. It can be searched for the PIN in no time, so it is kept as the secret that it is.
pub struct PinHash(SecretSlice<u8>);

impl PinHash {
    /// Hashes the UTF-8 bytes of a PIN with the suite's hash ([`Suite::pin`]).
    #[must_use]
    pub fn new(hash: Hash, pin: &str) -> Self {
        Self(hash.digest(pin.as_bytes()).to_vec().into())
    }

    /// Takes the hash of a PIN: 20, 32 or 64 bytes, else nothing.
    #[must_use]
    pub fn from_bytes(bytes: Vec<u8>) -> Option<Self> {
        let bytes = SecretSlice::from(bytes);
        let len = bytes.expose_secret().len();
        Hash::ALL.iter().any(|hash| hash.output_len() == len).then_some(Self(bytes))
    }

    fn expose_bytes(&self) -> &[u8] {
        self.0.expose_secret()
    }
}

impl fmt::Debug for PinHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PinHash(_)")
    }
}

/// Computes the response to `input`, in whatever mode (section 5).
///
/// # Errors
///
/// An [`InputError`] when a value is missing, superfluous, too long or not in the form that the suite asks for.
pub fn respond(suite: &Suite, key: &Key, input: &DataInput) -> Result<Response, InputError> {
    Ok(Response::new(&Message::new(suite, input)?.mac(key), suite.truncation()))
}

/// Whether `response` is the one to `input`; a response of another length is not.
///
/// # Errors
///
/// As [`respond`]: nothing was compared.
pub fn verify(suite: &Suite, key: &Key, input: &DataInput, response: &Response) -> Result<bool, InputError> {
    let tag = Message::new(suite, input)?.mac(key);
    Ok(response.ct_is(&tag, suite.truncation()).into())
}

/// Looks for the counter that gives `response`, from that of `input` on and `look_ahead` further; the earliest wins.
///
/// The verifier's next counter is one more than what is found. The whole window is computed whatever is found, so that
/// the time says nothing.
///
/// # Errors
///
/// As [`respond`].
pub fn search_counter(
    suite: &Suite,
    key: &Key,
    input: &DataInput,
    response: &Response,
    look_ahead: u32,
) -> Result<Option<u64>, InputError> {
    let message = Message::new(suite, input)?;
    let from = input.counter.ok_or(InputError::Missing { part: Part::Counter })?;
    let head = message.head(key);
    let mut found = Found::default();
    for counter in (0..=u64::from(look_ahead)).map(|ahead| from.wrapping_add(ahead)) {
        let tag = message.tail(message.middle(head.clone(), Some(counter)), input.time);
        found.keep_first(counter, response.ct_is(&tag, suite.truncation()));
    }
    Ok(found.into_option())
}

/// Looks for the time step that gives `response`, at most `drift_steps` before or after that of `input`.
///
/// What the verifier found last time it refuses, as in [`Totp::verify`](super::totp::Totp::verify), unless the question
/// is new each time. Should two steps have the same response, the later is found. The whole window is computed
/// whatever is found.
///
/// # Errors
///
/// As [`respond`].
pub fn search_time(
    suite: &Suite,
    key: &Key,
    input: &DataInput,
    response: &Response,
    drift_steps: u32,
) -> Result<Option<u64>, InputError> {
    let message = Message::new(suite, input)?;
    let (time, drift) = (input.time.ok_or(InputError::Missing { part: Part::Time })?, u64::from(drift_steps));
    let until_time = message.middle(message.head(key), input.counter);
    let mut found = Found::default();
    for time in time.saturating_sub(drift)..=time.saturating_add(drift) {
        let tag = message.tail(until_time.clone(), Some(time));
        found.keep_last(time, response.ct_is(&tag, suite.truncation()));
    }
    Ok(found.into_option())
}

/// One-way challenge-response (section 7.1): the token answers the verifier, from `[C] | QS | [P | S | T]`.
///
/// # Errors
///
/// As [`respond`].
pub fn one_way(suite: &Suite, key: &Key, input: &DataInput) -> Result<Response, InputError> {
    respond(suite, key, input)
}

/// Mutual challenge-response (section 7.2): the verifier answers first, from `[C] | QC | QS | [S | T]`.
///
/// `input` has the verifier's own question.
///
/// # Errors
///
/// As [`respond`]; [`InputError::Mode`] for a suite with a PIN; [`InputError::Question`] for questions of two formats.
pub fn mutual_server(
    suite: &Suite,
    key: &Key,
    client_question: &Question,
    input: &DataInput,
) -> Result<Response, InputError> {
    respond_without(&[Part::Pin], suite, key, Some(client_question), input)
}

/// Mutual challenge-response (section 7.2): the token, having checked the verifier's response, answers it from
/// `[C] | QS | QC | [P | S | T]`.
///
/// `input` has the token's own question.
///
/// # Errors
///
/// As [`respond`]; [`InputError::Question`] for questions of two formats.
pub fn mutual_client(
    suite: &Suite,
    key: &Key,
    server_question: &Question,
    input: &DataInput,
) -> Result<Response, InputError> {
    respond_without(&[], suite, key, Some(server_question), input)
}

/// Plain signature (section 7.3.1): the token signs the question, from `[C] | QS | [P | T]`.
///
/// # Errors
///
/// As [`respond`]; [`InputError::Mode`] for a suite with a session.
pub fn sign(suite: &Suite, key: &Key, input: &DataInput) -> Result<Response, InputError> {
    respond_without(&[Part::Session], suite, key, None, input)
}

/// Signature with server authentication (section 7.3.2): the verifier answers first, from `[C] | QC | QS | [T]`.
///
/// `input` has the verifier's own question: what is to be signed.
///
/// # Errors
///
/// As [`respond`]; [`InputError::Mode`] for a suite with a PIN or a session; [`InputError::Question`] for questions of
/// two formats.
pub fn signature_server(
    suite: &Suite,
    key: &Key,
    client_question: &Question,
    input: &DataInput,
) -> Result<Response, InputError> {
    respond_without(&[Part::Pin, Part::Session], suite, key, Some(client_question), input)
}

/// Signature with server authentication (section 7.3.2): the token, having checked the verifier's response, signs from
/// `[C] | QS | QC | [P | T]`.
///
/// `input` has the token's own question.
///
/// # Errors
///
/// As [`respond`]; [`InputError::Mode`] for a suite with a session; [`InputError::Question`] for questions of two
/// formats.
pub fn signature_client(
    suite: &Suite,
    key: &Key,
    server_question: &Question,
    input: &DataInput,
) -> Result<Response, InputError> {
    respond_without(&[Part::Session], suite, key, Some(server_question), input)
}

/// A value beside the question, by its letter in the suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Part {
    /// `C`
    Counter,
    /// `P`
    Pin,
    /// `S`
    Session,
    /// `T`
    Time,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Counter => "counter",
            Self::Pin => "PIN",
            Self::Session => "session",
            Self::Time => "time",
        })
    }
}

/// Why values do not fit a suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InputError {
    /// The suite, or a search, asks for a value that is not there.
    #[error("missing {part}")]
    Missing {
        /// Which.
        part: Part,
    },
    /// A value is there that the suite does not ask for.
    #[error("superfluous {part}")]
    Superfluous {
        /// Which.
        part: Part,
    },
    /// The suite asks for a value that the mode does not know.
    #[error("the mode knows no {part}")]
    Mode {
        /// Which.
        part: Part,
    },
    /// The question was made for another suite, or the two of them cannot be joined.
    #[error(transparent)]
    Question(#[from] QuestionError),
    /// The PIN was hashed with another hash.
    #[error("a PIN hash of {found} bytes, expected {expected}")]
    Pin {
        /// The bytes of the suite's hash.
        expected: usize,
        /// The bytes given.
        found: usize,
    },
    /// The session is longer than the suite allows.
    #[error("a session of {found} bytes, expected {max} at most")]
    Session {
        /// The bytes that the suite has for it.
        max: usize,
        /// The bytes given.
        found: usize,
    },
}

fn respond_without(
    unknown: &[Part],
    suite: &Suite,
    key: &Key,
    theirs: Option<&Question>,
    input: &DataInput,
) -> Result<Response, InputError> {
    for &part in unknown {
        if suite.asks_for(part) {
            return Err(InputError::Mode { part });
        }
    }
    let joined = theirs.map(|theirs| theirs.join(&input.question)).transpose()?;
    let message = Message::with_question(suite, joined.as_ref().unwrap_or(&input.question), input)?;
    Ok(Response::new(&message.mac(key), suite.truncation()))
}

impl Suite {
    const fn asks_for(&self, part: Part) -> bool {
        match part {
            Part::Counter => self.counter(),
            Part::Pin => self.pin().is_some(),
            Part::Session => self.session().is_some(),
            Part::Time => self.time_step().is_some(),
        }
    }
}

/// What goes into the HMAC (section 5.1): suite, a zero byte, and the values that the suite asks for, checked.
struct Message<'a> {
    suite: &'a Suite,
    question: &'a Question,
    input: &'a DataInput,
}

impl<'a> Message<'a> {
    fn new(suite: &'a Suite, input: &'a DataInput) -> Result<Self, InputError> {
        Self::with_question(suite, &input.question, input)
    }

    fn with_question(suite: &'a Suite, question: &'a Question, input: &'a DataInput) -> Result<Self, InputError> {
        for (part, given) in [
            (Part::Counter, input.counter.is_some()),
            (Part::Pin, input.pin.is_some()),
            (Part::Session, input.session.is_some()),
            (Part::Time, input.time.is_some()),
        ] {
            match (suite.asks_for(part), given) {
                (true, false) => return Err(InputError::Missing { part }),
                (false, true) => return Err(InputError::Superfluous { part }),
                _ => {}
            }
        }
        if question.format() != suite.question() {
            return Err(QuestionError::Format { expected: suite.question(), found: question.format() }.into());
        }
        if let (Some(hash), Some(pin)) = (suite.pin(), &input.pin) {
            let (expected, found) = (hash.output_len(), pin.expose_bytes().len());
            if expected != found {
                return Err(InputError::Pin { expected, found });
            }
        }
        if let (Some(max), Some(session)) = (suite.session(), &input.session) {
            let (max, found) = (usize::from(max), session.len());
            if found > max {
                return Err(InputError::Session { max, found });
            }
        }
        Ok(Self { suite, question, input })
    }

    fn mac(&self, key: &Key) -> Tag {
        self.tail(self.middle(self.head(key), self.input.counter), self.input.time)
    }

    /// Up to the counter.
    fn head(&self, key: &Key) -> Keyed {
        Keyed::new(self.suite.hash(), key).with(self.suite.as_str().as_bytes()).with(&[0])
    }

    /// From the counter up to the time.
    fn middle(&self, mut mac: Keyed, counter: Option<u64>) -> Keyed {
        if let Some(counter) = counter {
            mac = mac.with(&counter.to_be_bytes());
        }
        mac = mac.with(self.question.encoded());
        if let Some(pin) = &self.input.pin {
            mac = mac.with(pin.expose_bytes());
        }
        if let (Some(len), Some(session)) = (self.suite.session(), &self.input.session) {
            mac = mac.with(&[0; 512][..usize::from(len) - session.len()]).with(session);
        }
        mac
    }

    /// The time, if any, and the end.
    fn tail(&self, mac: Keyed, time: Option<u64>) -> Tag {
        match time {
            Some(time) => mac.with(&time.to_be_bytes()).finish(),
            None => mac.finish(),
        }
    }
}
