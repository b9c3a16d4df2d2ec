//! Portable symmetric key containers, RFC 6030: the files in which the seeds of tokens travel.
//!
//! Read and written: plain values, AES-CBC under a pre-shared key, and AES-CBC under a passphrase (PBKDF2), both with
//! the MAC that RFC 6030, section 6.1.1 asks for. Read only: values under AES key wrap (RFC 3394, RFC 5649). OCRA keys come as
//! cards carry them, with their suite in `AlgorithmParameters`.
//!
//! Not supported, and refused by name ([`PskcError::Unsupported`]): signed containers, RSA and other asymmetric keys,
//! Triple DES and Camellia, keys that a file only refers to, and the drafts that preceded the standard.
//!
//! A key is used through [`KeyPackage::key_for`], which asks its policy first.

mod cursor;
mod policy;
mod protect;
mod read;
mod write;
mod xml;

use std::fmt;

use rand::CryptoRng;
use secrecy::SecretString;

pub use self::policy::{KeyUsage, PinPolicy, PinUsageMode, Policy, PolicyError};
pub use self::xml::XmlError;
use crate::challenge::ResponseSuite;
use crate::key::{IdError, Key, TokenId};
use crate::time::Timestamp;

/// A file of key packages (`KeyContainer`).
#[derive(Debug, Default)]
pub struct Container {
    /// `Id`: what other documents call this one.
    pub id: Option<String>,
    /// The packages, in the order of the file.
    pub packages: Vec<KeyPackage>,
}

impl Container {
    /// The longest document that is read, in bytes: about ten thousand encrypted packages.
    pub const MAX_LEN: usize = xml::MAX_LEN;

    /// The most PBKDF2 rounds that a file may ask of its reader, a second or two of work.
    pub const MAX_ITERATIONS: u32 = protect::MAX_ITERATIONS;

    /// Reads a document and opens every value in it.
    ///
    /// With a `protection` other than [`Protection::None`] each secret must be encrypted: a plain one could have been
    /// put there by anyone.
    ///
    /// # Errors
    ///
    /// [`PskcError`], and nothing of the content, if one value of one package cannot be read or authenticated.
    pub fn read(xml: impl AsRef<[u8]>, protection: &Protection) -> Result<Self, PskcError> {
        read::read(xml.as_ref(), protection)
    }

    /// Writes a document, its secrets under `protection`; counters and times stay plain, as in the figures of the RFC.
    ///
    /// A document under [`Protection::None`] holds the secrets as they are, and is as secret as they are.
    ///
    /// # Errors
    ///
    /// [`PskcError`] for a text that XML cannot hold, a package that lacks its key ID, a policy that was not understood
    /// when it was read (to write it would drop its rule), and a pre-shared key that is not 16, 24 or 32 bytes long.
    pub fn write(&self, protection: &Protection, rng: &mut impl CryptoRng) -> Result<String, PskcError> {
        write::write(self, protection, rng)
    }
}

/// How the secrets of a container are protected.
#[derive(Debug)]
pub enum Protection {
    /// Not at all.
    None,
    /// By a key that both parties have: AES-CBC with 128, 192 or 256 bits, by the key's length, and HMAC.
    PreSharedKey {
        /// The key itself.
        key: Key,
        /// What the parties call it (`KeyName`). If both the file and the caller name it, the names must agree.
        name: Option<String>,
    },
    /// By a passphrase: PBKDF2, then as above. Written with 600,000 rounds of HMAC-SHA256 and AES-256.
    Passphrase(SecretString),
}

/// One device and the key in it (`KeyPackage`). A package that only describes a device has no `key_id`.
#[derive(Debug, Default)]
pub struct KeyPackage {
    /// The device that the key is for.
    pub device: DeviceInfo,
    /// The module within the device (`CryptoModuleInfo`).
    pub crypto_module_id: Option<String>,
    /// `Key/@Id`, unique for the issuer.
    pub key_id: Option<String>,
    /// What the key computes.
    pub algorithm: Option<Algorithm>,
    /// Who issued the key.
    pub issuer: Option<String>,
    /// The OCRASuite, exactly as written.
    pub suite: Option<String>,
    /// What the device takes.
    pub challenge_format: Option<ChallengeFormat>,
    /// What the device answers.
    pub response_format: Option<ResponseFormat>,
    /// A profile that both parties know, instead of parameters.
    pub key_profile_id: Option<String>,
    /// A master key from which the secret is derived, instead of the secret.
    pub key_reference: Option<String>,
    /// The name for people; the first, if a file has it in several languages.
    pub friendly_name: Option<String>,
    /// The next value of an event counter.
    pub counter: Option<u64>,
    /// The device's time, in time steps.
    pub time: Option<i64>,
    /// The length of a time step, in seconds.
    pub time_interval: Option<i64>,
    /// How far the device's clock is off, in time steps.
    pub time_drift: Option<i64>,
    /// Whose key it is, as a distinguished name.
    pub user_id: Option<String>,
    /// What may be done with the key.
    pub policy: Policy,
    secret: Option<Key>,
}

impl KeyPackage {
    /// A package with a key and nothing else said about it.
    #[must_use]
    pub fn new(key_id: impl Into<String>, algorithm: Algorithm, secret: Key) -> Self {
        Self { key_id: Some(key_id.into()), algorithm: Some(algorithm), secret: Some(secret), ..Self::default() }
    }

    /// The key, if it may be used for `usage` at the moment `now`.
    ///
    /// # Errors
    ///
    /// [`PolicyError`] with the first rule of the policy that forbids it; or the algorithm is for another usage (an
    /// OCRA key answers challenges, [`KeyUsage::ChallengeResponse`]); or the package brings no secret.
    pub fn key_for(&self, usage: KeyUsage, now: Timestamp) -> Result<&Key, PolicyError> {
        self.policy.permits(usage, now)?;
        if self.algorithm.as_ref().and_then(Algorithm::usage).is_some_and(|own| own != usage) {
            return Err(PolicyError::Usage { usage });
        }
        self.secret.as_ref().ok_or(PolicyError::NoSecret)
    }

    /// The device key of a camera token, and whose it is: an OCRA key of at least 16 bytes that may be used for challenge and
    /// response without further rules, of a device whose serial number is a token ID.
    ///
    /// # Errors
    ///
    /// What it is instead.
    pub fn device_key(&self, now: Timestamp) -> Result<(TokenId, &Key), NoDeviceKey> {
        if self.algorithm != Some(Algorithm::Ocra) {
            return Err(NoDeviceKey::Algorithm);
        }
        let key = self.key_for(KeyUsage::ChallengeResponse, now)?;
        // A rule that nobody keeps forbids the use (RFC 6030, section 5).
        if self.policy.number_of_transactions.is_some() {
            return Err(NoDeviceKey::Rule("NumberOfTransactions"));
        }
        let pin = self.policy.pin.as_ref().and_then(|pin| pin.usage_mode);
        if pin.is_some_and(|mode| mode != PinUsageMode::Local) {
            return Err(NoDeviceKey::Rule("PINPolicy/@PINUsageMode"));
        }
        if self.suite.as_ref().is_some_and(|suite| suite.parse::<ResponseSuite>().is_err()) {
            return Err(NoDeviceKey::Suite);
        }
        if key.expose_bytes().len() < LEAST_DEVICE_KEY {
            return Err(NoDeviceKey::Short);
        }
        let serial = self.device.serial.as_deref().ok_or(NoDeviceKey::NoSerial)?;
        Ok((serial.parse()?, key))
    }

    /// How it is called in a list: the serial number of its device, or its own ID.
    #[must_use]
    pub fn name(&self) -> &str {
        self.device.serial.as_deref().or(self.key_id.as_deref()).unwrap_or("?")
    }

    /// The key whatever its policy says, for passing the package on. To use it, ask [`KeyPackage::key_for`].
    #[must_use]
    pub fn expose_key(&self) -> Option<&Key> {
        self.secret.as_ref()
    }

    /// How many characters a response has.
    #[must_use]
    pub fn response_digits(&self) -> Option<u32> {
        self.response_format.map(|format| format.length)
    }
}

/// The device (`DeviceInfo`). Manufacturer and serial number together name it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeviceInfo {
    /// Who made it.
    pub manufacturer: Option<String>,
    /// What is printed on it.
    pub serial: Option<String>,
    /// The maker's name of the model.
    pub model: Option<String>,
    /// Tells devices of one serial number apart.
    pub issue_no: Option<String>,
    /// What the key is bound to, such as the number of a telephone.
    pub device_binding: Option<String>,
    /// When the device may be used first.
    pub start_date: Option<Timestamp>,
    /// When the device may be used last.
    pub expiry_date: Option<Timestamp>,
    /// Whose device it is, as a distinguished name.
    pub user_id: Option<String>,
}

/// What a key computes (`Key/@Algorithm`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Algorithm {
    /// Event-based one-time passwords, RFC 4226.
    Hotp,
    /// Time-based one-time passwords, RFC 6238.
    Totp,
    /// Challenge and response, RFC 6287.
    Ocra,
    /// The secret is a PIN, for another key.
    Pin,
    /// The URI of another algorithm.
    Other(String),
}

impl Algorithm {
    const PROFILES: [(Self, &'static str); 4] = [
        (Self::Hotp, "urn:ietf:params:xml:ns:keyprov:pskc:hotp"),
        (Self::Totp, "urn:ietf:params:xml:ns:keyprov:pskc:totp"),
        (Self::Ocra, "urn:ietf:params:xml:ns:keyprov:pskc:ocra"),
        (Self::Pin, "urn:ietf:params:xml:ns:keyprov:pskc:pin"),
    ];

    /// Takes the algorithm from its URI.
    #[must_use]
    pub fn from_uri(uri: &str) -> Self {
        let known = Self::PROFILES.into_iter().find(|(_, known)| *known == uri);
        known.map_or_else(|| Self::Other(uri.to_owned()), |(algorithm, _)| algorithm)
    }

    /// The algorithm's URI.
    #[must_use]
    pub fn uri(&self) -> &str {
        match self {
            Self::Other(uri) => uri,
            known => Self::PROFILES.iter().find(|(profile, _)| profile == known).expect("each has a profile").1,
        }
    }

    /// What keys of the algorithm are for, where the algorithm decides it.
    #[must_use]
    pub const fn usage(&self) -> Option<KeyUsage> {
        match self {
            Self::Hotp | Self::Totp => Some(KeyUsage::OneTimePassword),
            Self::Ocra => Some(KeyUsage::ChallengeResponse),
            Self::Pin | Self::Other(_) => None,
        }
    }
}

/// The challenges that a device takes (`ChallengeFormat`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChallengeFormat {
    /// Its characters.
    pub encoding: ValueFormat,
    /// The fewest characters.
    pub min: u32,
    /// The most characters.
    pub max: u32,
    /// Whether the device checks a Luhn digit at the end.
    pub check_digits: bool,
}

/// The responses that a device gives (`ResponseFormat`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResponseFormat {
    /// Its characters.
    pub encoding: ValueFormat,
    /// How many characters.
    pub length: u32,
    /// Whether the device appends a Luhn digit.
    pub check_digits: bool,
}

/// The characters of a challenge, a response or a PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words of RFC 6030, section 4.3.4")]
pub enum ValueFormat {
    Decimal,
    Hexadecimal,
    Alphanumeric,
    Base64,
    Binary,
}

impl Word for ValueFormat {
    const WORDS: &'static [(Self, &'static str)] = &[
        (Self::Decimal, "DECIMAL"),
        (Self::Hexadecimal, "HEXADECIMAL"),
        (Self::Alphanumeric, "ALPHANUMERIC"),
        (Self::Base64, "BASE64"),
        (Self::Binary, "BINARY"),
    ];
}

/// A value that the schema spells as one of a few words.
trait Word: Copy + PartialEq + 'static {
    const WORDS: &'static [(Self, &'static str)];

    fn from_word(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(_, known)| *known == word).map(|(value, _)| *value)
    }

    fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(value, _)| *value == self).expect("each value has its word").1
    }
}

/// Where in a document something is wrong: an element, and the serial number of the device it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The element, or `element/@attribute`.
    pub element: String,
    /// The device's serial number, if the place is in a package that has one.
    pub serial: Option<String>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.element)?;
        match &self.serial {
            Some(serial) => write!(f, " of device {serial:?}"),
            None => Ok(()),
        }
    }
}

/// Why a key package is not the device key of a camera token.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoDeviceKey {
    /// It is for another algorithm.
    #[error("not an OCRA key")]
    Algorithm,
    /// Its policy forbids the use, or the secret is missing.
    #[error("{0}")]
    Policy(#[from] PolicyError),
    /// Its policy has a rule that a verifier of camera tokens does not keep.
    #[error("{0} is not kept here")]
    Rule(&'static str),
    /// It is for a card or another device with a suite of its own.
    #[error("its OCRASuite is not one of a camera token")]
    Suite,
    /// It would be weaker than what it seals.
    #[error("a device key has at least {LEAST_DEVICE_KEY} bytes")]
    Short,
    /// It says of no device whose it is.
    #[error("no serial number")]
    NoSerial,
    /// The serial number is no token ID.
    #[error("SerialNo: {0}")]
    Serial(#[from] IdError),
}

/// A shorter key is no device key.
const LEAST_DEVICE_KEY: usize = 16;

/// Why a container cannot be read or written. No message holds a value of the document other than names.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
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
    /// A part that may stand once stands twice.
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
        /// What it should be.
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
    /// The document asks for another kind of protection than the caller has.
    #[error("{place} is protected by {needed}")]
    Protection {
        /// The part.
        place: Place,
        /// What would open it.
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
        /// What the cipher takes.
        expected: &'static str,
        /// How long the key is.
        found: usize,
    },
    /// PBKDF2 with no rounds, or with more than [`Container::MAX_ITERATIONS`].
    #[error("IterationCount {found} is not between 1 and {}", Container::MAX_ITERATIONS)]
    Iterations {
        /// The rounds asked for.
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

#[cfg(test)]
mod tests;
