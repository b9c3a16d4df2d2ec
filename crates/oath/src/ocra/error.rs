//! The errors of the input.

use core::error::Error;
use core::fmt;

use super::QuestionError;

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
