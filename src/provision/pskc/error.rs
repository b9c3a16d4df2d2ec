//! Why a container or a package of it is refused, and where.

use std::fmt;

use super::{Container, LEAST_KEY, LONGEST_TEXT, PolicyError, XmlError};
use crate::key::IdError;
use crate::verifier::{Moving, OutOfValidity, UnfitSuite};

/// How a message names one package of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PackageName {
    /// Its place in the file, from 1.
    pub number: usize,
    /// The serial number of its device.
    pub serial: Option<String>,
    /// The ID of its key.
    pub key_id: Option<String>,
}

/// Where in a document something is wrong: an element, and the package that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The element, or `element/@attribute`.
    pub element: String,
    /// The package, if the place is in one.
    pub package: Option<PackageName>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.element)?;
        match &self.package {
            Some(package) => write!(f, " of {package}"),
            None => Ok(()),
        }
    }
}

impl PackageName {
    /// The name that people know: the serial number of the device, or else the ID of the key.
    #[must_use]
    pub fn known(&self) -> Option<&str> {
        self.serial.as_deref().or(self.key_id.as_deref())
    }
}

/// `package 3 (device "FEX0000003")`
impl fmt::Display for PackageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "package {}", self.number)?;
        match (&self.serial, &self.key_id) {
            (Some(serial), _) => write!(f, " (device {serial:?})"),
            (None, Some(id)) => write!(f, " (key {id:?})"),
            (None, None) => Ok(()),
        }
    }
}

/// Why a key package is neither the device key of a camera token nor a generator that a verifier accepts. The name is of the first
/// kind; each variant is for either of them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoDeviceKey {
    /// It is for another algorithm.
    #[error("not an OCRA, HOTP or TOTP key")]
    Algorithm,
    /// Its policy forbids the use, or the secret is missing.
    #[error("{0}")]
    Policy(#[from] PolicyError),
    /// Its policy has a rule that a verifier cannot enforce.
    #[error("{0} is not kept here")]
    Rule(&'static str),
    /// The device or the key may never be used again.
    #[error("device and key: {0}")]
    Validity(#[from] OutOfValidity),
    /// It is for a card or another device with a suite of its own.
    #[error("its OCRASuite is not one of a camera token")]
    Suite,
    /// It names a suite that a camera token could have, as a card's package does.
    #[error("it names an OCRASuite, as cards do, and does not say that it is a device key")]
    Card,
    /// It is for a card whose responses a verifier cannot check.
    #[error("{0}")]
    UnfitSuite(#[from] UnfitSuite),
    /// The card takes no decimal digits as a question, or none without a check digit.
    #[error("its ChallengeFormat is not decimal digits without CheckDigits")]
    ChallengeFormat,
    /// The card's responses are not those of its suite.
    #[error("its ResponseFormat is not the decimal digits of its OCRASuite")]
    OtherDigits,
    /// Its device gives other responses than a camera token.
    #[error("its ResponseFormat is not that of a camera token here, {digits} decimal digits")]
    ResponseFormat {
        /// The digits of a response here.
        digits: u8,
    },
    /// A generator shows 6 to 10 decimal digits.
    #[error("its ResponseFormat is not 6 to 10 decimal digits")]
    Digits,
    /// A generator by the time uses SHA-1, SHA-256 or SHA-512, one by a counter SHA-1.
    #[error("its Suite is not the hash of a generator")]
    Hash,
    /// A time step lasts a second to an hour.
    #[error("its TimeInterval is not 1 to 3600 seconds")]
    Step,
    /// A verifier finds no clock that is farther off.
    #[error("its TimeDrift is more than {} time steps", Moving::MAX_DRIFT)]
    Drift,
    /// It would be refused until that time.
    #[error("its Time is no time step until now")]
    Time,
    /// It would be weaker than what it is for.
    #[error("a key has at least {LEAST_KEY} bytes")]
    Short,
    /// A text that no maker writes.
    #[error("{0} has more than {LONGEST_TEXT} bytes")]
    Long(&'static str),
    /// It has no serial number.
    #[error("no serial number")]
    NoSerial,
    /// The serial number is not a valid one.
    #[error("SerialNo: {0}")]
    Serial(#[from] IdError),
}

/// Why a container cannot be read or written. No message has a value of the document other than names.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum PskcError {
    /// No XML document, or one that is not read.
    #[error("{0}")]
    Xml(#[from] XmlError),
    /// The root is no `KeyContainer` of version 1.
    #[error("not a KeyContainer of RFC 6030, version 1")]
    NotAContainer,
    /// A part is missing.
    #[error("{place} is missing")]
    Missing {
        /// The part.
        place: Place,
    },
    /// A part that may occur once occurs twice.
    #[error("{place} is given more than once")]
    Repeated {
        /// The part.
        place: Place,
    },
    /// A part is there, and is not what it should be.
    #[error("{place} is not {expected}")]
    Malformed {
        /// The part.
        place: Place,
        /// The expected value.
        expected: &'static str,
    },
    /// A part needs an algorithm that is not supported.
    #[error("{place} uses {algorithm:?}, which is not supported")]
    Unsupported {
        /// The part.
        place: Place,
        /// The algorithm as the document names it.
        algorithm: String,
    },
    /// The document needs another kind of protection than the caller has.
    #[error("{place} is protected by {needed}")]
    Protection {
        /// The part.
        place: Place,
        /// The secret that would open it.
        needed: &'static str,
    },
    /// The document names another pre-shared key than the caller.
    #[error("the container is encrypted under the key {found:?}, not {expected:?}")]
    KeyName {
        /// The caller's name of the key.
        expected: String,
        /// The document's name.
        found: String,
    },
    /// A key of this length does not fit the cipher.
    #[error("{place} takes a key of {expected} bytes, not of {found}")]
    KeyLength {
        /// The part that is encrypted.
        place: Place,
        /// The lengths that the cipher accepts.
        expected: &'static str,
        /// How long the key is.
        found: usize,
    },
    /// PBKDF2 with no rounds, or with more than [`Container::MAX_ITERATIONS`].
    #[error("IterationCount {found} is not between 1 and {}", Container::MAX_ITERATIONS)]
    Iterations {
        /// The rounds in the document.
        found: u64,
    },
    /// A plain secret, where the caller expects an encrypted one.
    #[error("{place} is not encrypted")]
    NotEncrypted {
        /// The part.
        place: Place,
    },
    /// An encrypted value without a `ValueMAC`, though its cipher or a `MACMethod` asks for one.
    #[error("{place} is encrypted without a ValueMAC")]
    NotAuthenticated {
        /// The part.
        place: Place,
    },
    /// The wrong key or passphrase; or the value was altered.
    #[error("{place} does not open: another key or passphrase, or an altered value")]
    Authentication {
        /// The part.
        place: Place,
    },
    /// The package's policy was not understood; writing it would lift it.
    #[error("{place} has content that was not understood")]
    Policy {
        /// The part.
        place: Place,
    },
}

impl PskcError {
    /// Whether a value was altered since its maker wrote it, or is under another key.
    #[must_use]
    pub const fn is_unauthentic(&self) -> bool {
        matches!(self, Self::Authentication { .. } | Self::NotAuthenticated { .. } | Self::NotEncrypted { .. })
    }
}
