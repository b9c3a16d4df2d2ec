//! The OCRASuite: one line of text that names the algorithm and its inputs (RFC 6287, section 6).

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::{String, ToString};
use core::error::Error;
use core::fmt;
use core::str::FromStr;

use super::question::{QuestionFormat, QuestionKind};
use crate::Timestamp;
use crate::{Digits, Hash, Response, ResponseError};

/// An OCRASuite, such as `OCRA-1:HOTP-SHA256-8:C-QN08-PSHA1`.
///
/// The text is part of what is authenticated, so it is kept as it was given: `QN08` and `QN8`, `QN08` and `Q` mean the
/// same and give different responses.
///
/// ```text
/// suite     = "OCRA-1:HOTP-" hash "-" digits ":" ["C-"] question ["-" pin] ["-" session] ["-" time]
/// hash      = "SHA1" / "SHA256" / "SHA512"
/// digits    = "0" / "4" .. "10"                      ; 0: the whole HMAC
/// question  = "Q" [("A" / "N" / "H") length]         ; "04" .. "64", or "4" .. "9"; Q alone is QN08
/// pin       = "P" [hash]                             ; P alone is PSHA1
/// session   = "S" [length]                           ; "001" .. "512" bytes; S alone is S064
/// time      = "T" [step]                             ; "1" .. "59" and S or M, "1" .. "48" and H; T alone is T1M
/// ```
///
/// The grammar of the RFC can be read as allowing one of P, S and T; its section 7 and its code take any of them, in
/// this order, and so does this type.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Suite {
    text: Box<str>,
    hash: Hash,
    digits: Option<Digits>,
    counter: bool,
    question: QuestionFormat,
    pin: Option<Hash>,
    session: Option<u16>,
    time_step: Option<TimeStep>,
}

impl Suite {
    /// The text, exactly as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The hash under the HMAC; a key should be as long as its output (IC2).
    #[must_use]
    pub const fn hash(&self) -> Hash {
        self.hash
    }

    /// The decimal digits of a response, or 0 for a whole HMAC in hexadecimal.
    #[must_use]
    pub const fn digits(&self) -> u8 {
        match self.digits {
            Some(digits) => digits.get(),
            None => 0,
        }
    }

    /// Whether a counter goes in (`C`).
    #[must_use]
    pub const fn counter(&self) -> bool {
        self.counter
    }

    /// The form of the question (`Q`).
    #[must_use]
    pub const fn question(&self) -> QuestionFormat {
        self.question
    }

    /// The hash of the PIN, if one goes in (`P`).
    #[must_use]
    pub const fn pin(&self) -> Option<Hash> {
        self.pin
    }

    /// The bytes of session information, if any go in (`S`).
    #[must_use]
    pub const fn session(&self) -> Option<u16> {
        self.session
    }

    /// The time step, if the time goes in (`T`).
    #[must_use]
    pub const fn time_step(&self) -> Option<TimeStep> {
        self.time_step
    }

    /// The time as this suite counts it, for [`DataInput::time`](super::DataInput::time).
    #[must_use]
    pub fn time_steps(&self, now: Timestamp) -> Option<u64> {
        self.time_step.map(|step| step.steps(now))
    }

    /// Takes a response that was typed; see [`Response::parse`].
    ///
    /// # Errors
    ///
    /// As [`Response::parse`]; a whole HMAC must be one of this suite's hash.
    pub fn parse_response(&self, text: &str) -> Result<Response, ResponseError> {
        let response = Response::parse(text, self.digits())?;
        if self.digits.is_none() && text.len() != 2 * self.hash.output_len() {
            return Err(ResponseError::Length { digits: 0, found: text.len() });
        }
        Ok(response)
    }

    /// Whether the question is a number that goes in as it is, so that different questions share a response.
    #[must_use]
    pub fn is_raw_numeric(&self) -> bool {
        self.question.kind() == QuestionKind::Numeric
    }

    /// The weaknesses of this suite. None of them stops it from working.
    pub fn lints(&self) -> impl Iterator<Item = Lint> + use<> {
        let digits = self.digits();
        let short = self.question.max_len() < digits;
        [
            self.is_raw_numeric().then_some(Lint::NumericQuestion),
            short.then_some(Lint::ShortQuestion),
            matches!(digits, 4 | 5).then_some(Lint::FewDigits),
            (digits == 10).then_some(Lint::TenDigits),
        ]
        .into_iter()
        .flatten()
    }

    pub(super) const fn truncation(&self) -> Option<Digits> {
        self.digits
    }
}

impl fmt::Display for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl FromStr for Suite {
    type Err = SuiteError;

    fn from_str(text: &str) -> Result<Self, SuiteError> {
        if text.len() > MAX_LEN {
            return Err(SuiteError::Length { found: text.len() });
        }
        let mut thirds = text.split(':');
        let (Some(algorithm), Some(function), Some(data_input), None) =
            (thirds.next(), thirds.next(), thirds.next(), thirds.next())
        else {
            return Err(SuiteError::Parts { found: text.split(':').count() });
        };
        if algorithm != "OCRA-1" {
            return Err(SuiteError::Algorithm { found: algorithm.to_owned() });
        }
        let (hash, digits) = parse_function(function)?;

        let mut parts = data_input.split('-').peekable();
        let counter = parts.next_if_eq(&"C").is_some();
        let question = parts.next().unwrap_or_default();
        let question = parse_question(question).ok_or_else(|| SuiteError::Question { found: question.to_owned() })?;
        // Each letter is asked for once and in order: whatever is left over is a repetition, out of order or unknown.
        let mut part = |letter| parts.next_if(|part| part.starts_with(letter));
        let pin = part('P')
            .map(|part| parse_pin(part).ok_or_else(|| SuiteError::Pin { found: part.to_owned() }))
            .transpose()?;
        let session = part('S')
            .map(|part| parse_session(part).ok_or_else(|| SuiteError::Session { found: part.to_owned() }))
            .transpose()?;
        let time_step = part('T')
            .map(|part| parse_time_step(part).ok_or_else(|| SuiteError::Time { found: part.to_owned() }))
            .transpose()?;
        if let Some(part) = parts.next() {
            return Err(SuiteError::Superfluous { found: part.to_owned() });
        }
        Ok(Self { text: text.into(), hash, digits, counter, question, pin, session, time_step })
    }
}

/// How long one step of the time is (`T`): 1 to 59 seconds or minutes, or 1 to 48 hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TimeStep {
    secs: u32,
}

impl TimeStep {
    /// The step in seconds.
    #[must_use]
    pub const fn secs(self) -> u32 {
        self.secs
    }

    /// The whole steps since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn steps(self, now: Timestamp) -> u64 {
        now.as_unix() / u64::from(self.secs)
    }
}

/// A weakness of a suite that is nevertheless well formed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Lint {
    /// The digits of a `QN` question stand in hexadecimal and are padded to the right, so 1, 16 and 256 are one question.
    /// Hash what is signed to a `QH` of fixed length instead.
    NumericQuestion,
    /// The question has fewer characters than the response (RFC 6287, IC4).
    ShortQuestion,
    /// Fewer than the 6 digits that RFC 4226 asks for (R4).
    FewDigits,
    /// The first digit is only ever 0, 1 or 2 (erratum 3730).
    TenDigits,
}

impl fmt::Display for Lint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NumericQuestion => {
                f.write_str("numeric questions collide (1, 16 and 256 share a response): hash to a QH of fixed length")
            }
            Self::ShortQuestion => f.write_str("the question is shorter than the response"),
            Self::FewDigits => f.write_str("a response of fewer than 6 digits is guessed too easily"),
            Self::TenDigits => f.write_str("the first of 10 digits is only ever 0, 1 or 2"),
        }
    }
}

impl Error for Lint {}

/// Why a string is no OCRASuite. Each variant but the first two names the part that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SuiteError {
    /// It is longer than any suite.
    Length {
        /// The bytes given.
        found: usize,
    },
    /// It has not three parts separated by colons.
    Parts {
        /// The parts given.
        found: usize,
    },
    /// The first part is not `OCRA-1`.
    Algorithm {
        /// The part given.
        found: String,
    },
    /// The second part is not `HOTP-`, a hash and a number of digits.
    Function {
        /// The part given.
        found: String,
    },
    /// The hash of the second part is unknown.
    Hash {
        /// The name given.
        found: String,
    },
    /// The digits of the second part are neither 0 nor 4 to 10.
    Digits {
        /// The number given.
        found: String,
    },
    /// The question is missing or malformed.
    Question {
        /// The part given.
        found: String,
    },
    /// The PIN is malformed.
    Pin {
        /// The part given.
        found: String,
    },
    /// The session is malformed.
    Session {
        /// The part given.
        found: String,
    },
    /// The time step is malformed.
    Time {
        /// The part given.
        found: String,
    },
    /// A part is unknown, repeated or out of order.
    Superfluous {
        /// The part given.
        found: String,
    },
}

impl fmt::Display for SuiteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { found } => write!(f, "a suite of {found} bytes, expected 64 at most"),
            Self::Parts { found } => write!(f, "{found} parts separated by \":\", expected 3"),
            Self::Algorithm { found } => write!(f, "unsupported algorithm {found:?}, expected \"OCRA-1\""),
            Self::Function { found } => {
                write!(f, "unsupported function {found:?}, expected HOTP-, a hash and the digits")
            }
            Self::Hash { found } => write!(f, "unsupported hash {found:?}, expected SHA1, SHA256 or SHA512"),
            Self::Digits { found } => write!(f, "unsupported digits {found:?}, expected 0 or 4 to 10"),
            Self::Question { found } => {
                write!(f, "malformed question {found:?}, expected Q, or QA, QN or QH and 04 to 64")
            }
            Self::Pin { found } => write!(f, "malformed PIN {found:?}, expected P, PSHA1, PSHA256 or PSHA512"),
            Self::Session { found } => write!(f, "malformed session {found:?}, expected S, or S and 001 to 512"),
            Self::Time { found } => {
                write!(f, "malformed time step {found:?}, expected T, T1S to T59S, T1M to T59M or T1H to T48H")
            }
            Self::Superfluous { found } => {
                write!(f, "superfluous part {found:?}, expected C, Q, P, S and T once and in this order")
            }
        }
    }
}

impl Error for SuiteError {}

/// More than the longest suite, `OCRA-1:HOTP-SHA512-10:C-QA64-PSHA512-S512-T59M`.
pub(super) const MAX_LEN: usize = 64;

fn parse_function(text: &str) -> Result<(Hash, Option<Digits>), SuiteError> {
    let (hash, digits) = text
        .strip_prefix("HOTP-")
        .and_then(|rest| rest.split_once('-'))
        .ok_or_else(|| SuiteError::Function { found: text.to_owned() })?;
    let hash = hash.parse().map_err(|_| SuiteError::Hash { found: hash.to_owned() })?;
    let digits = match digits {
        "0" => None,
        _ => Some(
            parse_number(digits, 1..=2, 1)
                .and_then(|number| Digits::try_from(u8::try_from(number).ok()?).ok())
                .filter(|number| number.to_string() == digits)
                .ok_or_else(|| SuiteError::Digits { found: digits.to_owned() })?,
        ),
    };
    Ok((hash, digits))
}

fn parse_question(part: &str) -> Option<QuestionFormat> {
    let format = part.strip_prefix('Q')?;
    if format.is_empty() {
        return QuestionFormat::new(QuestionKind::Numeric, 8);
    }
    // Section 6.3 writes two digits, the example in section 6.4 one (QH8).
    let kind = QuestionKind::from_letter(format.chars().next()?)?;
    let len = parse_number(&format[1..], 1..=2, 4)?;
    QuestionFormat::new(kind, u8::try_from(len).ok()?)
}

fn parse_pin(part: &str) -> Option<Hash> {
    match part.strip_prefix('P')? {
        "" => Some(Hash::Sha1),
        hash => hash.parse().ok(),
    }
}

fn parse_session(part: &str) -> Option<u16> {
    match part.strip_prefix('S')? {
        "" => Some(64),
        len => parse_number(len, 3..=3, 1).filter(|&len| len <= 512),
    }
}

fn parse_time_step(part: &str) -> Option<TimeStep> {
    let step = part.strip_prefix('T')?;
    if step.is_empty() {
        return Some(TimeStep { secs: 60 });
    }
    let unit = step.chars().next_back()?;
    let (most, secs) = match unit {
        'S' => (59, 1),
        'M' => (59, 60),
        'H' => (48, 3600),
        _ => return None,
    };
    let count = &step[..step.len() - 1];
    if count.starts_with('0') {
        return None;
    }
    let count = parse_number(count, 1..=2, 1).filter(|&count| count <= most)?;
    Some(TimeStep { secs: u32::from(count) * secs })
}

/// Reads a number of `len` ASCII digits, no sign, and not below `least`.
fn parse_number(text: &str, len: core::ops::RangeInclusive<usize>, least: u16) -> Option<u16> {
    if !len.contains(&text.len()) || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|&number| number >= least)
}

#[cfg(test)]
mod tests;
