//! OCRA, RFC 6287: a response to a question.
//!
//! A [`Suite`] names the algorithm and the inputs; a [`DataInput`] has their values; [`respond`] computes. The RFC's four
//! modes are the same computation with other values. Each party's part has a function of its own, which refuses values that
//! the mode does not have.
//!
//! | mode (section) | verifier | token |
//! | --- | --- | --- |
//! | one-way challenge-response (7.1) | | [`one_way`] |
//! | mutual challenge-response (7.2) | [`mutual_server`] | [`mutual_client`] |
//! | plain signature (7.3.1) | | [`sign`] |
//! | signature with server authentication (7.3.2) | [`signature_server`] | [`signature_client`] |
//!
//! To check a response, compute it and compare by [`Response::ct_eq`]; [`verify`], [`search_counter`] and
//! [`search_time`] do both. In a signature without a counter or a time step, only the question prevents the replay of
//! an old response (IC9): never use the same question twice.
//!
//! Many responses by keys that stay (an audit replayed, a busy service's queue) are checked by a [`Checker`].
//!
//! # Examples
//!
//! ```
//! use camtoken_oath::Key;
//! use camtoken_oath::ocra::{self, DataInput, PinHash, Question, Suite};
//! use camtoken_oath::Hash;
//!
//! let suite: Suite = "OCRA-1:HOTP-SHA256-8:C-QN08-PSHA1".parse()?;
//! let key = Key::new(b"12345678901234567890123456789012".to_vec());
//! let question = Question::new(suite.question(), "12345678")?;
//! let pin = PinHash::new(Hash::Sha1, "1234");
//! let input = DataInput { counter: Some(0), pin: Some(pin), ..DataInput::new(question) };
//! assert_eq!(ocra::respond(&suite, &key, &input)?.expose_str(), "65347737");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod check;
mod error;
mod message;
mod question;
mod suite;

pub use self::error::{InputError, Part};
use alloc::vec::Vec;
use core::fmt;

use secrecy::{ExposeSecret, SecretSlice};

use super::{Found, Hash, Keyed, Response};
use crate::Key;
use message::Message;

pub use check::{Check, CheckError, Checker, KeyTable};
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
    /// The session data (`S`), in UTF-8; it is padded with zeroes to the left, as in the RFC's code.
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
/// # Examples
///
/// ```
/// use camtoken_oath::Key;
/// use camtoken_oath::ocra::{self, DataInput, Question, Suite};
///
/// let suite: Suite = "OCRA-1:HOTP-SHA1-6:QN08".parse()?;
/// let key = Key::new(b"12345678901234567890".to_vec());
/// let input = DataInput::new(Question::new(suite.question(), "11111111")?);
/// assert!(ocra::verify(&suite, &key, &input, &suite.parse_response("243178")?)?);
/// assert!(!ocra::verify(&suite, &key, &input, &suite.parse_response("243179")?)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
/// # Examples
///
/// ```
/// use camtoken_oath::Key;
/// use camtoken_oath::ocra::{self, DataInput, Question, Suite};
///
/// let suite: Suite = "OCRA-1:HOTP-SHA512-8:C-QN08".parse()?;
/// let key = Key::new(b"1234567890123456789012345678901234567890123456789012345678901234".to_vec());
/// let question = Question::new(suite.question(), "33333333")?;
/// let input = DataInput { counter: Some(0), ..DataInput::new(question) };
/// let typed = suite.parse_response("25341727")?;
/// assert_eq!(ocra::search_counter(&suite, &key, &input, &typed, 10)?, Some(3));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn search_counter(
    suite: &Suite,
    key: &Key,
    input: &DataInput,
    response: &Response,
    look_ahead: u32,
) -> Result<Option<u64>, InputError> {
    let mut bytes = Message::new(suite, input)?.bytes();
    let from = input.counter.ok_or(InputError::Missing { part: Part::Counter })?;
    let place = suite.data_start();
    let count = u64::from(look_ahead) + 1;
    let mut found = Found::default();
    Keyed::new(suite.hash(), key).window(&mut bytes, place, suite.truncation(), from, count, |from, computed| {
        found.keep_first(from, response.ct_matches(computed));
    });
    Ok(found.into_option())
}

/// Looks for the time step that gives `response`, at most `drift_steps` before or after that of `input`.
///
/// Unless the question is new each time, the caller has to refuse the step that was found last and those before it, as in
/// [`Totp::verify`](super::totp::Totp::verify). Should two steps have the same response, the later is found. The whole window is
/// computed whatever is found.
///
/// # Errors
///
/// As [`respond`].
/// # Examples
///
/// ```
/// use camtoken_oath::ocra::{self, DataInput, Question, Suite};
/// use camtoken_oath::{Key, Timestamp};
///
/// let suite: Suite = "OCRA-1:HOTP-SHA512-8:QN08-T1M".parse()?;
/// let key = Key::new(b"1234567890123456789012345678901234567890123456789012345678901234".to_vec());
/// let typed = suite.parse_response("95209754")?; // 25 March 2008, 12:06 UTC
/// let late = Timestamp::from_unix(0x132D0B6 * 60 + 90);
/// let question = Question::new(suite.question(), "00000000")?;
/// let input = DataInput { time: suite.time_steps(late), ..DataInput::new(question) };
/// assert_eq!(ocra::search_time(&suite, &key, &input, &typed, 1)?, Some(0x132D0B6));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn search_time(
    suite: &Suite,
    key: &Key,
    input: &DataInput,
    response: &Response,
    drift_steps: u32,
) -> Result<Option<u64>, InputError> {
    let mut bytes = Message::new(suite, input)?.bytes();
    let (time, drift) = (input.time.ok_or(InputError::Missing { part: Part::Time })?, u64::from(drift_steps));
    let (from, to) = (time.saturating_sub(drift), time.saturating_add(drift));
    let place = bytes.len() - 8;
    let mut found = Found::default();
    Keyed::new(suite.hash(), key).window(
        &mut bytes,
        place,
        suite.truncation(),
        from,
        to - from + 1,
        |from, computed| {
            found.keep_last(from, response.ct_matches(computed));
        },
    );
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
/// # Examples
///
/// Both parties, with the values of appendix C.2:
///
/// ```
/// use camtoken_oath::Key;
/// use camtoken_oath::ocra::{self, DataInput, Question, Suite};
///
/// let suite: Suite = "OCRA-1:HOTP-SHA256-8:QA08".parse()?;
/// let key = Key::new(b"12345678901234567890123456789012".to_vec());
/// let client = Question::new(suite.question(), "CLI22220")?;
/// let server = DataInput::new(Question::new(suite.question(), "SRV11110")?);
/// assert_eq!(ocra::mutual_server(&suite, &key, &client, &server)?.expose_str(), "28247970");
///
/// let client = DataInput::new(client);
/// assert_eq!(ocra::mutual_client(&suite, &key, &server.question, &client)?.expose_str(), "15510767");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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
/// # Examples
///
/// ```
/// use camtoken_oath::Key;
/// use camtoken_oath::ocra::{self, DataInput, Question, Suite};
///
/// let suite: Suite = "OCRA-1:HOTP-SHA256-8:QA08".parse()?;
/// let key = Key::new(b"12345678901234567890123456789012".to_vec());
/// let input = DataInput::new(Question::new(suite.question(), "SIG10000")?);
/// assert_eq!(ocra::sign(&suite, &key, &input)?.expose_str(), "53095496");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
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

#[cfg(test)]
mod tests;
