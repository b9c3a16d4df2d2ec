//! The parts of every type of tests: its trait, its outcome, and how values are read and compared.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use camtoken::time::Timestamp;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error};

/// A type of tests.
pub(super) trait Tested {
    const NAME: &'static str;
    /// The fields of a group besides `type`, `source` and `tests`.
    type Group: DeserializeOwned;
    /// The fields of a test besides `tcId`, `comment`, `flags` and `result`.
    type Test: DeserializeOwned;

    fn run(group: &Self::Group, test: &Self::Test, about: &About<'_>) -> Outcome;
}

/// The fields of every test, and the folder in which the files are that it names.
pub(super) struct About<'a> {
    pub flags: &'a [String],
    pub folder: &'a Path,
}

/// The result of a test with camtoken's code.
pub(super) enum Outcome {
    /// The computed value is that of the test.
    Accepted,
    /// The value is refused, for the reason of the test if it names one.
    Refused(String),
    /// Right for no test: the value is refused for another reason, or accepted as another value.
    Wrong(String),
}

/// Why a time is refused.
pub(super) const BEYOND: &str = "a time beyond the year 9999";

/// Groups without fields of their own.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NoFields {}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted => f.write_str("accepted"),
            Self::Refused(why) | Self::Wrong(why) => f.write_str(why),
        }
    }
}

impl From<Result<(), Outcome>> for Outcome {
    fn from(compared: Result<(), Self>) -> Self {
        compared.map_or_else(|outcome| outcome, |()| Self::Accepted)
    }
}

/// A time as the seconds since 1970.
pub(super) struct Seconds(pub Timestamp);

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let seconds = u64::deserialize(from)?;
        Timestamp::try_from_unix(seconds).map(Self).ok_or_else(|| D::Error::custom(BEYOND))
    }
}

/// Any value that is read from text.
pub(super) struct Parsed<T>(pub T);

/// Bytes that are written in hexadecimal.
pub(super) struct HexBytes(pub Vec<u8>);

impl<'de> Deserialize<'de> for HexBytes {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let bytes = unhex(&String::deserialize(from)?);
        bytes.map(Self).ok_or_else(|| D::Error::custom("not hexadecimal"))
    }
}

impl<'de, T: FromStr<Err: fmt::Display>> Deserialize<'de> for Parsed<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.parse().map(Self).map_err(|error| D::Error::custom(format!("{text:?}: {error}")))
    }
}

/// Bytes from hexadecimal digits of either case.
pub(super) fn unhex(digits: &str) -> Option<Vec<u8>> {
    if !digits.len().is_multiple_of(2) || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).ok();
    (0..digits.len()).step_by(2).map(byte).collect()
}

/// Compares the computed value with that of the test.
pub(super) fn same<T: PartialEq + fmt::Debug>(what: &str, computed: T, expected: T) -> Result<(), Outcome> {
    if computed == expected {
        return Ok(());
    }
    Err(Outcome::Wrong(format!("{what}: expected {expected:?}, computed {computed:?}")))
}

/// Accepted if everything is the same.
pub(super) fn all(compared: impl IntoIterator<Item = Result<(), Outcome>>) -> Outcome {
    compared.into_iter().collect::<Result<(), _>>().into()
}

/// The name of an error's variant.
pub(super) fn variant(error: &impl fmt::Debug) -> String {
    let debug = format!("{error:?}");
    debug.split([' ', '(', '{']).next().unwrap_or_default().to_owned()
}
