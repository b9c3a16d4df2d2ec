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
mod question;
mod suite;

use alloc::vec::Vec;
use core::error::Error;
use core::fmt;
use core::ops::{Deref, DerefMut};

use secrecy::{ExposeSecret, SecretSlice};

use super::{Found, Hash, Keyed, Response, Tag};
use crate::Key;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InputError {
    /// The suite, or a search, asks for a value that is not there.
    Missing {
        /// Which.
        part: Part,
    },
    /// A value is there that the suite does not ask for.
    Superfluous {
        /// Which.
        part: Part,
    },
    /// The suite asks for a value that the mode does not know.
    Mode {
        /// Which.
        part: Part,
    },
    /// The question was made for another suite, or the two of them cannot be joined.
    Question(QuestionError),
    /// The PIN was hashed with another hash.
    Pin {
        /// The bytes of the suite's hash.
        expected: usize,
        /// The bytes given.
        found: usize,
    },
    /// The session is longer than the suite allows.
    Session {
        /// The bytes that the suite has for it.
        max: usize,
        /// The bytes given.
        found: usize,
    },
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { part } => write!(f, "missing {part}"),
            Self::Superfluous { part } => write!(f, "superfluous {part}"),
            Self::Mode { part } => write!(f, "the mode knows no {part}"),
            Self::Question(error) => error.fmt(f),
            Self::Pin { expected, found } => write!(f, "a PIN hash of {found} bytes, expected {expected}"),
            Self::Session { max, found } => write!(f, "a session of {found} bytes, expected {max} at most"),
        }
    }
}

impl From<QuestionError> for InputError {
    fn from(error: QuestionError) -> Self {
        Self::Question(error)
    }
}

impl Error for InputError {}

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

    /// Where the values begin in a message: behind the suite and its zero byte.
    fn data_start(&self) -> usize {
        self.as_str().len() + 1
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
        Keyed::new(self.suite.hash(), key).mac(&self.bytes())
    }

    fn bytes(&self) -> Bytes {
        let mut bytes = Bytes::default();
        bytes.extend(self.suite.as_str().as_bytes());
        bytes.extend(&[0]);
        self.write_values(|value| bytes.extend(value));
        bytes
    }

    /// Everything behind the suite.
    fn write_values(&self, mut write: impl FnMut(&[u8])) {
        if let Some(counter) = self.input.counter {
            write(&counter.to_be_bytes());
        }
        write(self.question.encoded());
        if let Some(pin) = &self.input.pin {
            write(pin.expose_bytes());
        }
        if let (Some(len), Some(session)) = (self.suite.session(), &self.input.session) {
            write(&[0; 512][..usize::from(len) - session.len()]);
            write(session);
        }
        if let Some(time) = self.input.time {
            write(&time.to_be_bytes());
        }
    }
}

/// A message; it may hold a PIN's hash, and is wiped when dropped.
struct Bytes {
    bytes: [u8; Self::MAX],
    len: usize,
}

impl Bytes {
    /// The longest suite, its zero byte, C, Q, PSHA512, S512 and T.
    const MAX: usize = suite::MAX_LEN + 1 + 8 + question::ENCODED_LEN + 64 + 512 + 8;

    fn extend(&mut self, bytes: &[u8]) {
        self.bytes[self.len..self.len + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }
}

impl Default for Bytes {
    fn default() -> Self {
        Self { bytes: [0; Self::MAX], len: 0 }
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl DerefMut for Bytes {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[..self.len]
    }
}

impl Drop for Bytes {
    fn drop(&mut self) {
        self.bytes[..self.len].fill(0);
        zeroize::optimization_barrier(&self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;
    use proptest::prelude::*;

    fn key() -> Key {
        Key::new(b"12345678901234567890123456789012".to_vec())
    }

    fn suite(data_input: &str) -> Suite {
        format!("OCRA-1:HOTP-SHA256-8:{data_input}").parse().expect("a suite")
    }

    fn ask(suite: &Suite, text: &str) -> DataInput {
        DataInput::new(Question::new(suite.question(), text).expect("a question of the suite"))
    }

    fn error(suite: &Suite, input: &DataInput) -> InputError {
        respond(suite, &key(), input).expect_err("values that do not fit")
    }

    #[test]
    fn a_missing_value_is_named() {
        let suite = suite("C-QN08-PSHA1-S008-T1M");
        let mut input = ask(&suite, "1");
        for part in [Part::Counter, Part::Pin, Part::Session, Part::Time] {
            assert_eq!(error(&suite, &input), InputError::Missing { part });
            match part {
                Part::Counter => input.counter = Some(0),
                Part::Pin => input.pin = Some(PinHash::new(Hash::Sha1, "1234")),
                Part::Session => input.session = Some(Vec::new()),
                Part::Time => input.time = Some(0),
            }
        }
        assert!(respond(&suite, &key(), &input).is_ok(), "counter 0, step 0 and an empty session are values");
    }

    #[test]
    fn a_superfluous_value_is_named() {
        let suite = suite("QN08");
        let superfluous = |part, change: fn(&mut DataInput)| {
            let mut input = ask(&suite, "1");
            change(&mut input);
            assert_eq!(error(&suite, &input), InputError::Superfluous { part });
        };
        superfluous(Part::Counter, |input| input.counter = Some(0));
        superfluous(Part::Pin, |input| input.pin = Some(PinHash::new(Hash::Sha1, "")));
        superfluous(Part::Session, |input| input.session = Some(Vec::new()));
        superfluous(Part::Time, |input| input.time = Some(0));
    }

    #[test]
    fn a_value_of_the_wrong_form_is_named() {
        let pin = suite("QN08-PSHA256");
        let input = DataInput { pin: Some(PinHash::new(Hash::Sha1, "1234")), ..ask(&pin, "1") };
        assert_eq!(error(&pin, &input), InputError::Pin { expected: 32, found: 20 });

        let session = suite("QN08-S008");
        let input = DataInput { session: Some(vec![0; 9]), ..ask(&session, "1") };
        assert_eq!(error(&session, &input), InputError::Session { max: 8, found: 9 });

        let other = ask(&suite("QN09"), "1");
        assert!(matches!(error(&suite("QN08"), &other), InputError::Question(QuestionError::Format { .. })));
        assert!(PinHash::from_bytes(vec![0; 21]).is_none());
    }

    #[test]
    fn a_mode_refuses_what_it_does_not_know() {
        let (pin, session) = (suite("QA08-PSHA1"), suite("QA08-S008"));
        let with_pin = DataInput { pin: Some(PinHash::new(Hash::Sha1, "1234")), ..ask(&pin, "SRV11110") };
        let with_session = DataInput { session: Some(vec![1]), ..ask(&session, "SRV11110") };
        let client = Question::new(pin.question(), "CLI22220").expect("eight characters");
        let refused = |result: Result<Response, InputError>| result.expect_err("a part that the mode does not know");
        let (no_pin, no_session) = (InputError::Mode { part: Part::Pin }, InputError::Mode { part: Part::Session });
        assert_eq!(refused(mutual_server(&pin, &key(), &client, &with_pin)), no_pin);
        assert_eq!(refused(signature_server(&pin, &key(), &client, &with_pin)), no_pin);
        assert_eq!(refused(sign(&session, &key(), &with_session)), no_session);
        assert_eq!(refused(signature_server(&session, &key(), &client, &with_session)), no_session);
        assert_eq!(refused(signature_client(&session, &key(), &client, &with_session)), no_session);
        assert!(mutual_client(&pin, &key(), &client, &with_pin).is_ok());
        assert!(mutual_server(&session, &key(), &client, &with_session).is_ok());
    }

    /// A verifier once took any response to its challenge.
    #[test]
    fn only_the_right_response_is_right() {
        let suite = suite("QN08");
        let input = ask(&suite, "12345678");
        let right = respond(&suite, &key(), &input).expect("a question is all");
        assert_eq!(verify(&suite, &key(), &input, &right), Ok(true));
        for (place, digit) in (0..8).flat_map(|place| ('0'..='9').map(move |digit| (place, digit))) {
            let mut text = right.expose_str().to_owned();
            text.replace_range(place..=place, &digit.to_string());
            let same = text == right.expose_str();
            let response = suite.parse_response(&text).expect("eight digits");
            assert_eq!(verify(&suite, &key(), &input, &response), Ok(same), "{place} {digit}");
        }
        let other = respond(&suite, &Key::new(vec![0; 32]), &input).expect("a question is all");
        assert_eq!(verify(&suite, &key(), &input, &other), Ok(false));
        let short = Response::parse(&right.expose_str()[..7], 7).expect("seven digits");
        assert_eq!(verify(&suite, &key(), &input, &short), Ok(false));
    }

    /// RFC 6287, appendix C.1: `C-QN08-PSHA1`, question 12345678, counter 9.
    #[test]
    fn a_counter_is_found_within_the_window_only() {
        let suite = suite("C-QN08-PSHA1");
        let response = suite.parse_response("08522129").expect("eight digits");
        let search = |from, look_ahead| {
            let pin = Some(PinHash::new(Hash::Sha1, "1234"));
            let input = DataInput { counter: Some(from), pin, ..ask(&suite, "12345678") };
            search_counter(&suite, &key(), &input, &response, look_ahead).expect("values that fit")
        };
        assert_eq!(search(0, 9), Some(9));
        assert_eq!(search(0, 8), None);
        assert_eq!(search(9, 0), Some(9));
        assert_eq!(search(10, 1000), None);
        assert_eq!(search(u64::MAX, 10), Some(9), "2^64-1 is followed by 0");
    }

    /// RFC 6287, appendix C.1: `QN08-T1M`, question 00000000, at 2008-03-25T12:06Z, which is 1206446760.
    #[test]
    fn a_time_step_is_found_within_the_drift_only() {
        let suite: Suite = "OCRA-1:HOTP-SHA512-8:QN08-T1M".parse().expect("a suite");
        let key = Key::new(b"1234567890".repeat(7)[..64].to_vec());
        let response = suite.parse_response("95209754").expect("eight digits");
        let search = |secs, drift| {
            let time = suite.time_steps(Timestamp::from_unix(secs));
            let input = DataInput { time, ..ask(&suite, "00000000") };
            search_time(&suite, &key, &input, &response, drift).expect("values that fit")
        };
        assert_eq!(search(1_206_446_790, 0), Some(0x0132_d0b6));
        assert_eq!(search(1_206_446_939, 2), Some(0x0132_d0b6));
        assert_eq!(search(1_206_446_640, 2), Some(0x0132_d0b6));
        assert_eq!(search(1_206_446_940, 2), None);
        assert_eq!(search(60, 5), None, "there is no step before 0");
    }

    /// Steps 11282 and 11283 both give 8178.
    #[test]
    fn of_two_time_steps_the_later_counts() {
        let suite: Suite = "OCRA-1:HOTP-SHA256-4:QN08-T1M".parse().expect("a suite");
        let response = suite.parse_response("8178").expect("four digits");
        let input = DataInput { time: Some(11_282), ..ask(&suite, "12345678") };
        assert_eq!(verify(&suite, &key(), &input, &response), Ok(true));
        assert_eq!(search_time(&suite, &key(), &input, &response, 1), Ok(Some(11_283)));
    }

    #[test]
    fn nothing_is_searched_where_nothing_moves() {
        let suite = suite("QN08");
        let input = ask(&suite, "1");
        let response = suite.parse_response("00000000").expect("eight digits");
        let missing = |part| Err(InputError::Missing { part });
        assert_eq!(search_counter(&suite, &key(), &input, &response, 9), missing(Part::Counter));
        assert_eq!(search_time(&suite, &key(), &input, &response, 9), missing(Part::Time));
    }

    #[test]
    fn debug_and_errors_print_no_value() {
        let suite = suite("QN08-PSHA1-S004");
        let pin = PinHash::new(Hash::Sha1, "1234");
        assert_eq!(format!("{pin:?}"), "PinHash(_)");
        let input = DataInput { pin: Some(pin), session: Some(b"12345".to_vec()), ..ask(&suite, "12345678") };
        assert_eq!(format!("{input:?}"), "DataInput(_)");
        assert_eq!(error(&suite, &input).to_string(), "a session of 5 bytes, expected 4 at most");
    }

    proptest! {
        /// The token answers at one moment, the verifier asks at another: each finds the other by the standard's rules.
        #[test]
        fn what_one_party_computes_the_other_finds(
            bytes in prop::collection::vec(any::<u8>(), 0..200), counter: u64, behind in 0u64..20, text in "[0-9a-f]{1,40}",
        ) {
            let (suite, key) = (suite("C-QH40"), Key::new(bytes));
            let at = |counter| DataInput { counter: Some(counter), ..ask(&suite, &text) };
            let response = respond(&suite, &key, &at(counter)).expect("values that fit");
            prop_assert_eq!(verify(&suite, &key, &at(counter), &response), Ok(true));
            let found = search_counter(&suite, &key, &at(counter.wrapping_sub(behind)), &response, 20);
            prop_assert_eq!(found, Ok(Some(counter)));
        }
    }
}
