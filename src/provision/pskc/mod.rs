//! Portable symmetric key containers, RFC 6030: the files in which the seeds of tokens travel.
//!
//! Read and written: plain values, AES-CBC under a pre-shared key, and AES-CBC under a passphrase (PBKDF2), both with
//! the MAC that RFC 6030, section 6.1.1 asks for. Read only: values under AES key wrap (RFC 3394, RFC 5649). OCRA keys come as
//! cards carry them, with their suite in `AlgorithmParameters`.
//!
//! Documents in UTF-8, UTF-16 and Shift_JIS are read, also with blanks before the XML declaration. Of a later minor version than 1.0
//! the known parts are read, as RFC 6030, section 1.2 requires; leading zeros of a version are ignored. The key of the MACs is in
//! the document, or the caller's, or the encryption key if `MACKeyReference` names that one.
//!
//! Not supported, and refused by name ([`PskcError::Unsupported`]): signed containers, RSA and other asymmetric keys,
//! Triple DES and Camellia, keys that a file only refers to, and the drafts that preceded the standard.
//!
//! A key is used through [`KeyPackage::key_for`], which asks its policy first.

mod cursor;
mod device;
mod error;
mod policy;
mod protect;
mod read;
mod words;
mod write;
mod xml;

pub use self::device::{ChallengeFormat, DeviceInfo, ResponseFormat};
pub use self::error::{NoDeviceKey, PackageName, Place, PskcError};
use self::words::Word;
pub use self::words::{Algorithm, ValueFormat};

use std::num::NonZeroU32;

use rand::CryptoRng;
use secrecy::SecretString;

pub use self::policy::{KeyUsage, PinPolicy, PinUsageMode, Policy, PolicyError};
pub use self::xml::XmlError;
use crate::challenge::ResponseSuite;
use crate::key::{GeneratorId, Key, TokenId};
use crate::oath::ocra::Suite;
use crate::oath::totp::Totp;
use crate::oath::{Digits, Hash};
use crate::time::Timestamp;
use crate::verifier::{CardSuite, DevicePin, Moving, Origin, Validity};

/// A file of key packages (`KeyContainer`).
#[derive(Debug, Default)]
pub struct Container {
    /// `Id`: what other documents call this one.
    pub id: Option<String>,
    /// The packages, in the order of the file.
    pub packages: Vec<KeyPackage>,
    /// The packages that could not be read, and why. They are not written again.
    pub unread: Vec<UnreadPackage>,
}

/// A package that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadPackage {
    /// Which one.
    pub package: PackageName,
    /// Why.
    pub error: PskcError,
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
    /// A package that cannot be read, or whose values do not open, is in [`Container::unread`]; the others are read, because each
    /// value has its own MAC. No MAC covers the rest of the document (serial numbers, dates, the list of packages).
    ///
    /// # Errors
    ///
    /// [`PskcError`] for a document that is no container, for a key or passphrase that does not open it, and for one of which
    /// no package can be read: why not the first.
    pub fn read(xml: impl AsRef<[u8]>, protection: &Protection) -> Result<Self, PskcError> {
        read::read(&xml::parse(xml.as_ref())?, protection)
    }

    /// Reads a document that is decoded already, as one that came in JSON is: the encoding that it declares was that of the file.
    ///
    /// # Errors
    ///
    /// As [`Container::read`].
    pub fn read_text(xml: &str, protection: &Protection) -> Result<Self, PskcError> {
        read::read(&xml::parse_text(xml)?, protection)
    }

    /// The name of each package that was read, with the package. One that was made here has its place in [`Container::packages`].
    pub fn named(&self) -> impl Iterator<Item = (PackageName, &KeyPackage)> {
        let numbered = (1..).zip(&self.packages);
        numbered.map(|(number, package)| (package.named(package.number.unwrap_or(number)), package))
    }

    /// Writes a document, its secrets under `protection`; counters and times stay plain, as in the figures of the RFC.
    ///
    /// A document under [`Protection::None`] has the secrets in clear, and is as secret as they are.
    ///
    /// # Errors
    ///
    /// [`PskcError`] for a text that XML cannot hold, a package that lacks its key ID, a policy that was not understood
    /// when it was read (to write it would drop its rule), and a pre-shared key that is not 16, 24 or 32 bytes long.
    pub fn write(&self, protection: &Protection, rng: &mut impl CryptoRng) -> Result<String, PskcError> {
        self.write_as(Form::Strong, protection, rng)
    }

    /// The same with a choice of algorithms, for a reader that knows few.
    ///
    /// # Errors
    ///
    /// As [`Container::write`]; a pre-shared key for [`Form::Compatible`] has 16 bytes.
    pub fn write_as(&self, form: Form, protection: &Protection, rng: &mut impl CryptoRng) -> Result<String, PskcError> {
        write::write(self, form, protection, rng)
    }
}

/// The algorithms that a document is written with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Form {
    /// AES of the key's length, HMAC-SHA256, and PBKDF2 with HMAC-SHA256 and AES-256.
    #[default]
    Strong,
    /// The algorithms that RFC 6030 recommends and every reader knows: AES-128-CBC, HMAC-SHA1, and PBKDF2 with HMAC-SHA1.
    Compatible,
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
        /// Its name between the parties (`KeyName`). If both the file and the caller name it, the names must agree.
        name: Option<String>,
        /// The MAC's key, of at least 16 bytes, where the parties have agreed on one. A file that brings its own is refused then. It
        /// is not used for writing.
        mac_key: Option<Key>,
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
    /// The algorithm of the key.
    pub algorithm: Option<Algorithm>,
    /// The issuer of the key.
    pub issuer: Option<String>,
    /// The OCRASuite, exactly as written.
    pub suite: Option<String>,
    /// The form of the device's challenges.
    pub challenge_format: Option<ChallengeFormat>,
    /// The form of the device's responses.
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
    /// The owner of the key, as a distinguished name.
    pub user_id: Option<String>,
    /// The rules for the use of the key.
    pub policy: Policy,
    secret: Option<Key>,
    /// Its place in the file that it was read from, from 1: it stays when others are taken out.
    number: Option<usize>,
}

/// Which packages count as device keys of camera tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taking {
    /// The digits of a response: a package with another number is not of such a token.
    pub digits: u8,
    /// Also those that name an OCRASuite, as the packages of cards do.
    pub suites_too: bool,
}

impl KeyPackage {
    /// `KeyProfileId` of a device key: the suite of its responses is agreed on at registration.
    pub const DEVICE_KEY_PROFILE: &str = "camtoken-device-key";

    /// A package with a key and no other data.
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

    /// The device key of a camera token, with the token ID: an OCRA key of at least 16 bytes that may be used for challenge and
    /// response without further rules, of a device whose serial number is a token ID.
    ///
    /// A package that names an OCRASuite is a card's: it is a device key only if its `KeyProfileId` is
    /// [`KeyPackage::DEVICE_KEY_PROFILE`], or the caller says so ([`Taking::suites_too`]). A key that is not valid yet may be
    /// imported; [`KeyPackage::origin`] has its dates.
    ///
    /// # Errors
    ///
    /// What the package is instead.
    pub fn device_key(&self, taking: Taking, now: Timestamp) -> Result<(TokenId, &Key), NoDeviceKey> {
        if self.algorithm != Some(Algorithm::Ocra) {
            return Err(NoDeviceKey::Algorithm);
        }
        let key = self.usable_key(KeyUsage::ChallengeResponse, now)?;
        let is_said = taking.suites_too || self.key_profile_id.as_deref() == Some(Self::DEVICE_KEY_PROFILE);
        match self.suite.as_ref().map(|suite| suite.parse::<ResponseSuite>()) {
            Some(Err(_)) => return Err(NoDeviceKey::Suite),
            Some(Ok(_)) if !is_said => return Err(NoDeviceKey::Card),
            _ => {}
        }
        if self.response_format.is_some_and(|format| format != ResponseFormat::decimal(taking.digits)) {
            return Err(NoDeviceKey::ResponseFormat { digits: taking.digits });
        }
        let serial = self.device.serial.as_deref().ok_or(NoDeviceKey::NoSerial)?;
        Ok((serial.parse()?, key))
    }

    /// The hash of a one-time password, which the suite names (RFC 6030, section 4.3.4): `HMAC-SHA256`, `SHA-256` and `sha256` are
    /// in use. SHA-1 without a suite; `None` for a suite that is no hash.
    #[must_use]
    pub fn otp_hash(&self) -> Option<Hash> {
        let Some(suite) = &self.suite else { return Some(Hash::Sha1) };
        let name = suite.to_ascii_uppercase();
        name.strip_prefix("HMAC-").unwrap_or(&name).replacen("SHA-", "SHA", 1).parse().ok()
    }

    /// The secret of a generator, with its serial number and its algorithm: a HOTP or TOTP key of at least 16 bytes that may be used
    /// for one-time passwords without further rules.
    ///
    /// # Errors
    ///
    /// What the package is instead.
    pub fn generator(&self, now: Timestamp) -> Result<(GeneratorId, &Key, Moving), NoDeviceKey> {
        self.generator_used_at(now, now)
    }

    /// The same, if it may be used at `at`.
    pub(in crate::provision) fn generator_used_at(
        &self,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<(GeneratorId, &Key, Moving), NoDeviceKey> {
        let is_time_based = match self.algorithm {
            Some(Algorithm::Hotp) => false,
            Some(Algorithm::Totp) => true,
            _ => return Err(NoDeviceKey::Algorithm),
        };
        let key = self.usable_key(KeyUsage::OneTimePassword, at)?;
        let hash = self.otp_hash().ok_or(NoDeviceKey::Hash)?;
        let digits = self.response_format.map_or(6, |format| format.length);
        let digits = u8::try_from(digits).ok().filter(|digits| (6..=10).contains(digits));
        let digits = digits
            .filter(|digits| self.response_format.is_none_or(|format| format == ResponseFormat::decimal(*digits)));
        let digits = digits.and_then(|digits| Digits::try_from(digits).ok()).ok_or(NoDeviceKey::Digits)?;
        let serial = self.device.serial.as_deref().ok_or(NoDeviceKey::NoSerial)?.parse()?;
        let moving = match is_time_based {
            true => {
                let step =
                    u32::try_from(self.time_interval.unwrap_or(30)).ok().filter(|step| (1..=3600).contains(step));
                let step_secs = step.and_then(NonZeroU32::new).ok_or(NoDeviceKey::Step)?;
                let drift = Some(self.time_drift.unwrap_or_default());
                let drift = drift.filter(|drift| (-Moving::MAX_DRIFT..=Moving::MAX_DRIFT).contains(drift));
                // RFC 6030, section 4.2: what the last successful authentication has established. Later than now it would lock the
                // generator out.
                let last = self.time.map(u64::try_from).transpose().map_err(|_| NoDeviceKey::Time)?;
                let latest =
                    Totp { step_secs, ..Totp::default() }.step(now).saturating_add_signed(Moving::MAX_DRIFT + 1);
                let last_step = Some(last).filter(|last| last.is_none_or(|last| last <= latest));
                Moving::Time {
                    hash,
                    digits,
                    step_secs,
                    drift: drift.ok_or(NoDeviceKey::Drift)?,
                    last_step: last_step.ok_or(NoDeviceKey::Time)?,
                }
            }
            false if hash != Hash::Sha1 => return Err(NoDeviceKey::Hash),
            false => Moving::event(digits, self.counter.unwrap_or_default()),
        };
        Ok((serial, key, moving))
    }

    /// The secret of a card, with its serial number and its suite: an OCRA key of at least 16 bytes with an OCRASuite, that may be used
    /// for challenge and response without further rules.
    ///
    /// # Errors
    ///
    /// What the package is instead.
    pub fn card(&self, now: Timestamp) -> Result<(GeneratorId, &Key, Moving), NoDeviceKey> {
        if self.algorithm != Some(Algorithm::Ocra) {
            return Err(NoDeviceKey::Algorithm);
        }
        let key = self.usable_key(KeyUsage::ChallengeResponse, now)?;
        let suite: Suite = self.suite.as_ref().and_then(|suite| suite.parse().ok()).ok_or(NoDeviceKey::Suite)?;
        if self.response_format.is_some_and(|format| format != ResponseFormat::decimal(suite.digits())) {
            return Err(NoDeviceKey::OtherDigits);
        }
        let question_len = self.challenge_format.map(|format| format.typed_len(&suite)).transpose()?;
        let suite = CardSuite::new(&suite, question_len)?;
        let serial = self.device.serial.as_deref().ok_or(NoDeviceKey::NoSerial)?.parse()?;
        Ok((serial, key, Moving::card(suite, self.counter.unwrap_or_default())))
    }

    /// The key of a token or generator, long enough and without a rule that a verifier cannot enforce. A key that is not valid yet
    /// may be imported, and is not used before its date.
    fn usable_key(&self, usage: KeyUsage, now: Timestamp) -> Result<&Key, NoDeviceKey> {
        let validity = self.origin()?.validity();
        let at = validity.start.map_or(now, |start| start.max(now));
        let key = self.key_for(usage, at)?;
        validity.check(at)?;
        // A rule that is not enforced forbids the use (RFC 6030, section 5).
        if self.policy.number_of_transactions.is_some() {
            return Err(NoDeviceKey::Rule("NumberOfTransactions"));
        }
        let pin = self.policy.pin.as_ref().and_then(|pin| pin.usage_mode);
        if pin.is_some_and(|mode| mode != PinUsageMode::Local) {
            return Err(NoDeviceKey::Rule("PINPolicy/@PINUsageMode"));
        }
        if key.expose_bytes().len() < LEAST_KEY {
            return Err(NoDeviceKey::Short);
        }
        Ok(key)
    }

    /// The data of the package that a verifier keeps beside the key.
    ///
    /// # Errors
    ///
    /// [`NoDeviceKey::Long`] for a text that no maker writes.
    pub fn origin(&self) -> Result<Origin, NoDeviceKey> {
        let short = |name, text: &Option<String>| match text {
            Some(text) if text.len() > LONGEST_TEXT => Err(NoDeviceKey::Long(name)),
            text => Ok(text.clone()),
        };
        let pin = self.policy.pin.as_ref().map(|pin| {
            Ok::<_, NoDeviceKey>(DevicePin {
                key_id: short("PINPolicy/@PINKeyId", &pin.key_id)?,
                max_failed_attempts: pin.max_failed_attempts,
                min_length: pin.min_length,
                max_length: pin.max_length,
                encoding: pin.encoding.map(|encoding| encoding.word().to_owned()),
            })
        });
        Ok(Origin {
            manufacturer: short("Manufacturer", &self.device.manufacturer)?,
            model: short("Model", &self.device.model)?,
            issue_no: short("IssueNo", &self.device.issue_no)?,
            key_id: short("Key/@Id", &self.key_id)?,
            issuer: short("Issuer", &self.issuer)?,
            device: Validity { start: self.device.start_date, end: self.device.expiry_date },
            key: Validity { start: self.policy.start_date, end: self.policy.expiry_date },
            pin: pin.transpose()?,
        })
    }

    /// The package of a device key as a verifier has it, to hand the token over to another. `digits` are those of the responses.
    #[must_use]
    pub fn of_token(token: &TokenId, device_key: Key, origin: Option<&Origin>, digits: u8) -> Self {
        let mut package = Self::of(token.as_str(), device_key, origin.cloned().unwrap_or_default());
        package.algorithm = Some(Algorithm::Ocra);
        package.key_profile_id = Some(Self::DEVICE_KEY_PROFILE.to_owned());
        package.challenge_format =
            Some(ChallengeFormat { encoding: ValueFormat::Hexadecimal, min: 64, max: 64, check_digits: false });
        package.response_format = Some(ResponseFormat::decimal(digits));
        package.policy.key_usage = vec![KeyUsage::ChallengeResponse];
        package
    }

    /// The package of a generator as a verifier has it, with its counter or time step.
    #[must_use]
    pub fn of_generator(generator: &GeneratorId, secret: Key, moving: Moving, origin: Origin) -> Self {
        let mut package = Self::of(generator.as_str(), secret, origin);
        let digits = match moving {
            Moving::Card { suite, next, .. } => {
                let (min, max) = (suite.question_len().into(), suite.question_len().into());
                package.algorithm = Some(Algorithm::Ocra);
                package.challenge_format =
                    Some(ChallengeFormat { encoding: ValueFormat::Decimal, min, max, check_digits: false });
                package.counter = suite.suite().counter().then_some(next);
                package.suite = Some(suite.as_str().to_owned());
                suite.digits()
            }
            Moving::Event { digits, next, .. } => {
                package.algorithm = Some(Algorithm::Hotp);
                package.counter = Some(next);
                digits
            }
            Moving::Time { hash, digits, step_secs, drift, last_step } => {
                package.algorithm = Some(Algorithm::Totp);
                package.suite = Some(hash).filter(|hash| *hash != Hash::Sha1).map(|hash| hash.to_string());
                package.time_interval = Some(step_secs.get().into());
                package.time_drift = Some(drift).filter(|drift| *drift != 0);
                package.time = last_step.and_then(|last| i64::try_from(last).ok());
                digits
            }
        };
        package.response_format = Some(ResponseFormat::decimal(digits.get()));
        package.policy.key_usage = package.algorithm.as_ref().and_then(Algorithm::usage).into_iter().collect();
        package
    }

    fn of(serial: &str, key: Key, origin: Origin) -> Self {
        let pin = origin.pin.map(|pin| PinPolicy {
            key_id: pin.key_id,
            usage_mode: Some(PinUsageMode::Local),
            max_failed_attempts: pin.max_failed_attempts,
            min_length: pin.min_length,
            max_length: pin.max_length,
            encoding: pin.encoding.as_deref().and_then(ValueFormat::from_word),
        });
        Self {
            device: DeviceInfo {
                manufacturer: origin.manufacturer,
                serial: Some(serial.to_owned()),
                model: origin.model,
                issue_no: origin.issue_no,
                start_date: origin.device.start,
                expiry_date: origin.device.end,
                ..DeviceInfo::default()
            },
            key_id: Some(origin.key_id.unwrap_or_else(|| serial.to_owned())),
            issuer: origin.issuer,
            policy: Policy { start_date: origin.key.start, expiry_date: origin.key.end, pin, ..Policy::default() },
            secret: Some(key),
            ..Self::default()
        }
    }

    fn named(&self, number: usize) -> PackageName {
        PackageName { number, serial: self.device.serial.clone(), key_id: self.key_id.clone() }
    }

    /// The key, whatever its policy says, for passing the package on. To use the key, call [`KeyPackage::key_for`].
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

/// A shorter key is no device key, and no secret of a generator (RFC 4226, section 4, R6).
const LEAST_KEY: usize = 16;

/// The part of a package's text that a verifier keeps.
const LONGEST_TEXT: usize = 256;

#[cfg(test)]
mod tests;
