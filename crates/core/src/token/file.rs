//! A device on disk: JSON `camtoken/token/1`, in clear for a test token, else encrypted under a passphrase.
//!
//! The file has the whole state of the device, with the screen's digits. So one process can press a button and another one can
//! read the screen. An encrypted file is AES-256-GCM under a key from Argon2id (RFC 9106), whose parameters are in the file and
//! are authenticated with it.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use argon2::{Algorithm, Argon2, Params, Version};
use base64ct::{Base64, Encoding};
use rand::CryptoRng;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::activation::{Activation, Introduction, Pending, Slots};
use super::device::stage::Stage;
use super::{Device, Faults, Pin, Profile, Token};
use crate::challenge::ChallengeId;
use crate::code::activation::Binding;
use crate::key::{Key, TokenId};
use crate::language::Language;
use crate::time::Timestamp;
use crate::transaction::{Operation, Transaction};

/// The name of the format, which every file starts with.
pub const SCHEMA: &str = "camtoken/token/1";

/// Why a text is no device, or a device no text.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// Not JSON, or not of this format. The text of the error has no content of the file.
    #[error("not a token file: line {line}, column {column}")]
    Form {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// Another format or a later version.
    #[error("unsupported format, expected \"camtoken/token/1\"")]
    Schema,
    /// A part with a value that is not possible.
    #[error("not a token file: {0} is wrong")]
    Part(&'static str),
    /// Larger than any token.
    #[error("larger than a token file can be")]
    TooLarge,
    /// A token that is not for tests is written under a passphrase only.
    #[error("only a test token may be written in clear")]
    NotTest,
    /// It is encrypted, and no passphrase was given.
    #[error("the token is encrypted, a passphrase is needed")]
    PassphraseMissing,
    /// It does not open.
    #[error("wrong passphrase, or the file was altered")]
    Passphrase,
    /// A passphrase that is none.
    #[error("the passphrase is empty")]
    PassphraseEmpty,
}

/// Writes a test token in clear.
///
/// # Errors
///
/// [`FileError::NotTest`]; use [`to_string_encrypted`] then.
pub fn to_string(device: &Device) -> Result<String, FileError> {
    if !device.token.test {
        return Err(FileError::NotTest);
    }
    let saved = Saved::of(device);
    let mut text = serde_json::to_string_pretty(&saved).expect("plain data");
    text.push('\n');
    Ok(text)
}

/// Writes any token, encrypted.
///
/// # Errors
///
/// [`FileError::PassphraseEmpty`].
pub fn to_string_encrypted(
    device: &Device,
    passphrase: &SecretString,
    rng: &mut impl CryptoRng,
) -> Result<String, FileError> {
    let mut salt = [0; 16];
    rng.fill_bytes(&mut salt);
    let mut nonce = [0; 12];
    rng.fill_bytes(&mut nonce);
    let kdf = Kdf {
        algorithm: ARGON2ID.to_owned(),
        memory_kib: MEMORY_KIB,
        passes: PASSES,
        lanes: 1,
        salt: Base64::encode_string(&salt),
    };
    let plain = plain(&Saved::of(device));
    let aad = kdf.additional_data();
    let ciphertext = kdf
        .cipher(passphrase)?
        .encrypt(&Nonce::from(nonce), Payload { msg: &plain, aad: &aad })
        .expect("AES-GCM takes 64 GiB");
    let sealed = Sealed {
        schema: SCHEMA.to_owned(),
        kdf,
        cipher: A256GCM.to_owned(),
        nonce: Base64::encode_string(&nonce),
        ciphertext: Base64::encode_string(&ciphertext),
    };
    let mut text = serde_json::to_string_pretty(&sealed).expect("plain data");
    text.push('\n');
    Ok(text)
}

/// The JSON, in a buffer with room for all of it, so that no half-written copy of a key is left behind by growing.
#[cfg(feature = "std")]
fn plain(saved: &Saved) -> Zeroizing<Vec<u8>> {
    let mut plain = Zeroizing::new(Vec::with_capacity(128 * 1024));
    serde_json::to_writer(&mut *plain, saved).expect("plain data");
    plain
}

/// The JSON. Without `std`, serde_json writes into a buffer of its own, which grows.
#[cfg(not(feature = "std"))]
fn plain(saved: &Saved) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(serde_json::to_vec(saved).expect("plain data"))
}

/// Reads a device, in clear or encrypted.
///
/// # Errors
///
/// [`FileError`] names what is wrong. An encrypted file gives [`FileError::PassphraseMissing`] without a passphrase.
pub fn from_str(text: &str, passphrase: Option<&SecretString>) -> Result<Device, FileError> {
    if text.len() > MAX_LEN {
        return Err(FileError::TooLarge);
    }
    let head: Head = serde_json::from_str(text)?;
    if head.schema != SCHEMA {
        return Err(FileError::Schema);
    }
    if head.kdf.is_none() {
        let saved: Saved = serde_json::from_str(text)?;
        return if saved.purpose == Purpose::Test { saved.into_device() } else { Err(FileError::NotTest) };
    }
    let sealed: Sealed = serde_json::from_str(text)?;
    let plain = sealed.open(passphrase.ok_or(FileError::PassphraseMissing)?)?;
    let saved: Saved = serde_json::from_slice(&plain)?;
    if saved.schema != SCHEMA {
        return Err(FileError::Schema);
    }
    saved.into_device()
}

/// Whether a text is that of an encrypted token. `false` for anything else.
#[must_use]
pub fn is_encrypted(text: &str) -> bool {
    serde_json::from_str::<Head>(text).is_ok_and(|head| head.schema == SCHEMA && head.kdf.is_some())
}

/// The most bytes of a token file; a full token has 20 kB.
pub const MAX_LEN: usize = 1 << 20;

const ARGON2ID: &str = "argon2id";
const A256GCM: &str = "A256GCM";

/// The second choice of RFC 9106, section 4, is 64 MiB and three passes.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;

/// The limits on the cost parameters of a file.
const MAX_MEMORY_KIB: u32 = 256 * 1024;
const MAX_PASSES: u32 = 16;
const MAX_LANES: u32 = 4;

/// No code has as many pages, and no list as many entries.
const MAX_PAGE: usize = 1000;

/// Enough of a file to know which kind it is.
#[derive(Deserialize)]
struct Head {
    schema: String,
    kdf: Option<serde::de::IgnoredAny>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Sealed {
    schema: String,
    kdf: Kdf,
    cipher: String,
    nonce: String,
    ciphertext: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Kdf {
    algorithm: String,
    memory_kib: u32,
    passes: u32,
    lanes: u32,
    salt: String,
}

impl Sealed {
    fn open(&self, passphrase: &SecretString) -> Result<Zeroizing<Vec<u8>>, FileError> {
        if self.cipher != A256GCM {
            return Err(FileError::Part("cipher"));
        }
        let nonce: [u8; 12] = bytes(&self.nonce).ok_or(FileError::Part("nonce"))?;
        let ciphertext = Base64::decode_vec(&self.ciphertext).map_err(|_| FileError::Part("ciphertext"))?;
        let plain = self
            .kdf
            .cipher(passphrase)?
            .decrypt(&Nonce::from(nonce), Payload { msg: &ciphertext, aad: &self.kdf.additional_data() });
        plain.map(Zeroizing::new).map_err(|_| FileError::Passphrase)
    }
}

impl Kdf {
    fn cipher(&self, passphrase: &SecretString) -> Result<Aes256Gcm, FileError> {
        if self.algorithm != ARGON2ID {
            return Err(FileError::Part("kdf.algorithm"));
        }
        let within = self.memory_kib <= MAX_MEMORY_KIB
            && (1..=MAX_PASSES).contains(&self.passes)
            && (1..=MAX_LANES).contains(&self.lanes)
            && self.memory_kib >= 8 * self.lanes;
        if !within {
            return Err(FileError::Part("kdf"));
        }
        if passphrase.expose_secret().is_empty() {
            return Err(FileError::PassphraseEmpty);
        }
        let salt: [u8; 16] = bytes(&self.salt).ok_or(FileError::Part("kdf.salt"))?;
        let params = Params::new(self.memory_kib, self.passes, self.lanes, None).map_err(|_| FileError::Part("kdf"))?;
        let mut key = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(passphrase.expose_secret().as_bytes(), &salt, key.as_mut_slice())
            .map_err(|_| FileError::Part("kdf"))?;
        Ok(Aes256Gcm::new_from_slice(key.as_slice()).expect("32 bytes"))
    }

    /// Everything outside the ciphertext, so that none of it can be changed.
    fn additional_data(&self) -> Vec<u8> {
        let Self { algorithm, memory_kib, passes, lanes, salt } = self;
        format!("{SCHEMA} {algorithm} {memory_kib} {passes} {lanes} {salt} {A256GCM}").into_bytes()
    }
}

fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    Base64::decode_vec(text).ok()?.try_into().ok()
}

/// The device as JSON. It has keys in it, so it is wiped field by field through [`Secret`].
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Saved {
    schema: String,
    purpose: Purpose,
    id: String,
    device_key: Secret,
    language: Language,
    #[serde(default, skip_serializing_if = "Profile::is_default")]
    profile: Profile,
    slots: Vec<Option<SavedActivation>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pending: Option<SavedPending>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pin: Option<SavedPin>,
    /// Accounts of other systems, in a form of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    accounts: Option<Secret>,
    #[serde(default)]
    faults: Faults,
    device: SavedDevice,
}

#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum Purpose {
    Test,
    Production,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SavedActivation {
    id: String,
    key: Secret,
    suite: String,
    bank: String,
    contract: String,
    user: String,
    answered: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SavedPending {
    activation: String,
    first: String,
    nonce: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SavedPin {
    salt: String,
    hash: String,
    wrong: u8,
}

/// The state that a real device would lose without power.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SavedDevice {
    stage: Stage,
    page: usize,
    since: u64,
    unlocked: bool,
}

/// Bytes of a key in base64, or another secret text; wiped when dropped.
struct Secret(Zeroizing<String>);

impl Secret {
    fn of(key: &Key) -> Self {
        Self(Zeroizing::new(Base64::encode_string(key.expose_bytes())))
    }

    fn key(&self) -> Option<Key> {
        let bytes = Base64::decode_vec(self.0.as_str()).ok()?;
        (bytes.len() == Key::LEN).then(|| Key::new(bytes))
    }
}

impl Serialize for Secret {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.0)
    }
}

impl<'d> Deserialize<'d> for Secret {
    fn deserialize<D: serde::Deserializer<'d>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(|text| Self(Zeroizing::new(text)))
    }
}

impl Saved {
    fn of(device: &Device) -> Self {
        let token = &device.token;
        let slots = token.slots.0.iter().map(|slot| slot.as_ref().map(SavedActivation::of)).collect();
        Self {
            schema: SCHEMA.to_owned(),
            purpose: if token.test { Purpose::Test } else { Purpose::Production },
            id: token.id.to_string(),
            device_key: Secret::of(&token.device_key),
            language: token.language,
            profile: token.profile,
            slots,
            pending: token.pending.map(|pending| SavedPending {
                activation: pending.activation.to_string(),
                first: pending.binding.first.to_string(),
                nonce: pending.binding.nonce.to_string(),
            }),
            pin: token.pin.as_ref().map(|pin| SavedPin {
                salt: Base64::encode_string(&pin.salt),
                hash: Base64::encode_string(&pin.hash),
                wrong: pin.wrong,
            }),
            accounts: token.accounts.clone().map(Secret),
            faults: token.faults.clone(),
            device: SavedDevice {
                stage: device.stage.clone(),
                page: device.page,
                since: device.since.as_unix(),
                unlocked: token.unlocked,
            },
        }
    }

    fn into_device(self) -> Result<Device, FileError> {
        let part = FileError::Part;
        let id: TokenId = self.id.parse().map_err(|_| part("id"))?;
        let device_key = self.device_key.key().ok_or(part("deviceKey"))?;
        let mut token = Token::new(id, device_key, self.purpose == Purpose::Test);
        token.language = self.language;
        token.faults = self.faults;
        token.profile = self.profile;
        token.slots = slots(self.slots)?;
        token.pending = self.pending.map(SavedPending::read).transpose()?;
        token.pin = self.pin.map(SavedPin::read).transpose()?;
        if token.pin.is_some() && !token.profile.takes_pin() {
            return Err(part("pin"));
        }
        token.accounts = self.accounts.map(|accounts| accounts.0);
        token.unlocked = self.device.unlocked && !matches!(self.device.stage, Stage::Off | Stage::Pin { .. });
        let SavedDevice { stage, page, since, .. } = self.device;
        if page > MAX_PAGE || !stage.is_sound() {
            return Err(part("device"));
        }
        Ok(Device { token, stage, page, since: Timestamp::from_unix(since) })
    }
}

impl SavedActivation {
    fn of(activation: &Activation) -> Self {
        let Introduction { bank, contract, user } = activation.user.clone();
        Self {
            id: activation.id.to_string(),
            key: Secret::of(&activation.key),
            suite: activation.suite.to_string(),
            bank,
            contract,
            user,
            answered: activation.answered.iter().map(ToString::to_string).collect(),
        }
    }

    fn read(self) -> Result<Activation, FileError> {
        let part = |_| FileError::Part("slots");
        // Texts of a file are shown like those of a code, so they have to follow the same rules.
        let fields = [("bank", &self.bank), ("contract", &self.contract), ("user", &self.user)];
        let transaction = Transaction::new(Operation::Activation2, fields).map_err(|_| FileError::Part("slots"))?;
        if self.answered.len() > Activation::MEMORY {
            return Err(FileError::Part("slots"));
        }
        Ok(Activation {
            id: self.id.parse().map_err(part)?,
            key: self.key.key().ok_or(FileError::Part("slots"))?,
            suite: self.suite.parse().map_err(|_| FileError::Part("slots"))?,
            user: Introduction::of(&transaction),
            answered: self
                .answered
                .iter()
                .map(|id| id.parse::<ChallengeId>())
                .collect::<Result<_, _>>()
                .map_err(part)?,
        })
    }
}

impl SavedPending {
    fn read(self) -> Result<Pending, FileError> {
        let part = |_| FileError::Part("pending");
        let nonce = self.nonce.parse().map_err(|_| FileError::Part("pending"))?;
        let first = self.first.parse().map_err(part)?;
        Ok(Pending { activation: self.activation.parse().map_err(part)?, binding: Binding { first, nonce } })
    }
}

impl SavedPin {
    fn read(self) -> Result<Pin, FileError> {
        let salt = bytes(&self.salt).ok_or(FileError::Part("pin"))?;
        let hash = bytes(&self.hash).ok_or(FileError::Part("pin"))?;
        Ok(Pin { salt, hash, wrong: self.wrong })
    }
}

fn slots(saved: Vec<Option<SavedActivation>>) -> Result<Slots, FileError> {
    let read = |slot: Option<SavedActivation>| slot.map(SavedActivation::read).transpose();
    let slots = saved.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
    if !(1..=Slots::COUNT).contains(&slots.len()) {
        return Err(FileError::Part("slots"));
    }
    let slots = Slots(slots);
    let twice = slots.taken().any(|(slot, known)| slots.find(known.id).is_some_and(|(first, _)| first != slot));
    if twice { Err(FileError::Part("slots")) } else { Ok(slots) }
}

impl From<serde_json::Error> for FileError {
    fn from(error: serde_json::Error) -> Self {
        Self::Form { line: error.line(), column: error.column() }
    }
}
