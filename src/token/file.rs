//! A device on disk: JSON `camtoken/token/1`, in clear for a test token, else encrypted under a passphrase.
//!
//! The file holds all that the device holds, the screen's digits included, so that one process can press a button and
//! another look at the screen. Encrypted it is AES-256-GCM under a key from Argon2id (RFC 9106), whose parameters stand in
//! the file and are authenticated with it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use rand::CryptoRng;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::activation::{Activation, Introduction, Pending, Slots};
use super::device::Stage;
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
    /// A part that cannot be what it says.
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
        salt: BASE64.encode(salt),
    };
    // Room for all of it, so that no half-written copy of a key is left behind by growing.
    let mut plain = Zeroizing::new(Vec::with_capacity(128 * 1024));
    serde_json::to_writer(&mut *plain, &Saved::of(device)).expect("plain data");
    let aad = kdf.additional_data();
    let ciphertext = kdf
        .cipher(passphrase)?
        .encrypt(&Nonce::from(nonce), Payload { msg: &plain, aad: &aad })
        .expect("AES-GCM takes 64 GiB");
    let sealed = Sealed {
        schema: SCHEMA.to_owned(),
        kdf,
        cipher: A256GCM.to_owned(),
        nonce: BASE64.encode(nonce),
        ciphertext: BASE64.encode(ciphertext),
    };
    let mut text = serde_json::to_string_pretty(&sealed).expect("plain data");
    text.push('\n');
    Ok(text)
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

/// Puts a text in the place of a file, for the owner alone. Whoever reads meets the old file or the new one, whole, also
/// after a crash.
///
/// # Errors
///
/// The operating system's. The old file is as it was then.
pub fn save(path: &Path, text: &str) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let name = path.file_name().ok_or(io::ErrorKind::InvalidFilename)?.to_string_lossy().into_owned();
    let (mut file, temporary) = create_beside(folder, &name)?;
    let written =
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).and_then(|()| fs::rename(&temporary, path));
    if let Err(error) = written {
        let _ = fs::remove_file(&temporary); // the first error is the one to tell
        return Err(error);
    }
    File::open(folder)?.sync_all()
}

/// Reads a file that is not larger than a token can be.
///
/// # Errors
///
/// The operating system's, and [`io::ErrorKind::FileTooLarge`].
pub fn load(path: &Path) -> io::Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::new());
    let limit = u64::try_from(MAX_LEN).expect("one megabyte") + 1;
    File::open(path)?.take(limit).read_to_string(&mut text)?;
    if text.len() > MAX_LEN { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(text) }
}

/// A full token has 20 kB.
const MAX_LEN: usize = 1 << 20;

const ARGON2ID: &str = "argon2id";
const A256GCM: &str = "A256GCM";

/// The second choice of RFC 9106, section 4, is 64 MiB and three passes.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;

/// What a file may ask of the machine that opens it.
const MAX_MEMORY_KIB: u32 = 256 * 1024;
const MAX_PASSES: u32 = 16;
const MAX_LANES: u32 = 4;

/// No code has as many pages, and no list as many entries.
const MAX_PAGE: usize = 1000;

fn create_beside(folder: &Path, name: &str) -> io::Result<(File, PathBuf)> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    loop {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let temporary = folder.join(format!(".{name}.{}-{number}.tmp", std::process::id()));
        match options.open(&temporary) {
            Ok(file) => return Ok((file, temporary)),
            // Left behind by a process that had the same number and was killed.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}

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
        let ciphertext = BASE64.decode(&self.ciphertext).map_err(|_| FileError::Part("ciphertext"))?;
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
    BASE64.decode(text).ok()?.try_into().ok()
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

/// What a device of flesh and blood would lose with its power.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SavedDevice {
    stage: Stage,
    page: usize,
    since: u64,
    unlocked: bool,
}

/// Bytes of a key in base64, wiped when dropped.
struct Secret(Zeroizing<String>);

impl Secret {
    fn of(key: &Key) -> Self {
        Self(Zeroizing::new(BASE64.encode(key.expose_bytes())))
    }

    fn key(&self) -> Option<Key> {
        let bytes = BASE64.decode(self.0.as_str()).ok()?;
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
                salt: BASE64.encode(pin.salt),
                hash: BASE64.encode(pin.hash),
                wrong: pin.wrong,
            }),
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
        // What stands in a file is shown as what came through a code: it has to be as fit for it.
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

#[cfg(test)]
mod tests {
    use rand::rand_core::UnwrapErr;
    use rand::rngs::SysRng;

    use super::super::tests::Story;
    use super::super::{Button, Refusal, State};
    use super::*;

    const NOW: Timestamp = super::super::tests::NOW;

    fn rng() -> UnwrapErr<SysRng> {
        UnwrapErr(SysRng)
    }

    fn passphrase(text: &str) -> SecretString {
        text.into()
    }

    /// A device in the middle of things: a user, a registration that waits, a PIN, a fault, digits on the screen.
    fn busy() -> Story {
        let (mut story, _) = Story::registered("YAMADA01");
        let token = story.device.token_mut();
        token.set_pin(Some(Pin::new("25801", &mut rng()).expect("a good PIN"))).expect("unlocked");
        token.language = Language::En;
        story.device.hold(Button::Center, NOW);
        story.device.token_mut().unlock("25801").expect("its PIN");
        story.device.stage = Stage::Home;
        let first = story.enroll("SATO02");
        story.device.scan(Ok(first.code.as_str()), NOW);
        story.leaf_through();
        story.device.token_mut().faults.next_scan = Some(Refusal::Unreadable { module_px: Some(1.5) });
        assert_eq!(story.device.state(NOW), State::Answered);
        story
    }

    fn json(device: &Device) -> serde_json::Value {
        serde_json::to_value(Saved::of(device)).expect("plain data")
    }

    #[test]
    fn a_test_token_in_clear_comes_back_as_it_was() {
        let device = busy().device;
        let text = to_string(&device).expect("a test token");
        assert!(text.contains(r#""schema": "camtoken/token/1""#) && text.contains(r#""purpose": "test""#));
        assert!(!is_encrypted(&text));
        let again = from_str(&text, None).expect("as written");
        assert_eq!(json(&again), json(&device));
        assert_eq!(again.screen(NOW), device.screen(NOW));
        assert!(!again.token().is_locked());
    }

    /// The last page of a file once made a number overflow, and digits that are none could steer a terminal.
    #[test]
    fn a_screen_that_no_token_shows_is_no_token() {
        let saved = json(&busy().device);
        let with = |name: &str, value: serde_json::Value| {
            let mut saved = saved.clone();
            saved["device"][name] = value;
            from_str(&saved.to_string(), None)
        };
        let response = |digits| serde_json::json!({ "response": { "owner": "", "title": "", "digits": digits } });
        let device_code = |digits| serde_json::json!({ "deviceCode": { "digits": digits } });
        let pin =
            |digits, choice| serde_json::json!({ "pin": { "digits": digits, "choice": choice, "triesLeft": null } });
        for (name, value) in [
            ("page", usize::MAX.into()),
            ("stage", response("1234\u{1b}[2J")),
            ("stage", response("")),
            ("stage", device_code("12345678901\n")),
            ("stage", pin("123456789", 0)),
            ("stage", pin("x", 0)),
            ("stage", pin("1", 11)),
        ] {
            let refused = with(name, value.clone());
            assert!(matches!(refused, Err(FileError::Part("device"))), "{name} {value}");
        }
        for stage in [response("12345678"), device_code("123456789012"), pin("12345678", 10), "menu".into()] {
            let mut device = with("stage", stage).expect("a screen that a token shows");
            for button in [Button::Left, Button::Center, Button::Right] {
                device.press(button, NOW, &mut rng());
                assert_eq!(device.screen(NOW).lit, device.state(NOW) != State::Off);
            }
        }
    }

    #[test]
    fn an_encrypted_token_comes_back_under_its_passphrase_only() {
        let mut device = busy().device;
        device.token.test = false;
        assert!(matches!(to_string(&device), Err(FileError::NotTest)));
        let text = to_string_encrypted(&device, &passphrase("correct horse"), &mut rng()).expect("a passphrase");
        assert!(is_encrypted(&text));
        for secret in ["YAMADA", "SATO", "FEX0123456", "deviceKey", "stage"] {
            assert!(!text.contains(secret), "{secret}");
        }
        let again = from_str(&text, Some(&passphrase("correct horse"))).expect("as written");
        assert_eq!(json(&again), json(&device));
        assert!(!again.token().is_test());
        assert!(matches!(from_str(&text, None), Err(FileError::PassphraseMissing)));
        assert!(matches!(from_str(&text, Some(&passphrase("correct h0rse"))), Err(FileError::Passphrase)));
        assert!(matches!(from_str(&text, Some(&passphrase(""))), Err(FileError::PassphraseEmpty)));
        let same = to_string_encrypted(&device, &passphrase("correct horse"), &mut rng()).expect("a passphrase");
        assert_ne!(same, text, "a salt and a nonce of its own each time");
    }

    #[test]
    fn what_surrounds_the_ciphertext_cannot_be_changed() {
        let device = Story::new().device;
        let text = to_string_encrypted(&device, &passphrase("p"), &mut rng()).expect("a passphrase");
        let with = |part: &str, value: serde_json::Value| {
            let mut json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
            *json.pointer_mut(part).expect("a part of the file") = value;
            from_str(&json.to_string(), Some(&passphrase("p"))).expect_err("altered")
        };
        let other_salt = BASE64.encode([9; 16]);
        assert!(matches!(with("/kdf/passes", 2.into()), FileError::Passphrase));
        assert!(matches!(with("/kdf/salt", other_salt.into()), FileError::Passphrase));
        assert!(matches!(with("/nonce", BASE64.encode([9; 12]).into()), FileError::Passphrase));
        assert!(matches!(with("/ciphertext", BASE64.encode([9; 100]).into()), FileError::Passphrase));
        assert!(matches!(with("/ciphertext", "".into()), FileError::Passphrase));
        assert!(matches!(with("/ciphertext", "!".into()), FileError::Part("ciphertext")));
        assert!(matches!(with("/nonce", "AA==".into()), FileError::Part("nonce")));
        assert!(matches!(with("/cipher", "none".into()), FileError::Part("cipher")));
        assert!(matches!(with("/kdf/algorithm", "argon2d".into()), FileError::Part("kdf.algorithm")));
        assert!(matches!(with("/kdf/salt", "AA==".into()), FileError::Part("kdf.salt")));
        assert!(matches!(with("/schema", "camtoken/token/2".into()), FileError::Schema));
        // Asked before any work: a file cannot make a machine run out of memory or time.
        for (part, value) in [
            ("/kdf/memoryKib", 256 * 1024 + 1),
            ("/kdf/memoryKib", 7),
            ("/kdf/passes", 0),
            ("/kdf/passes", 17),
            ("/kdf/lanes", 0),
            ("/kdf/lanes", 5),
        ] {
            assert!(matches!(with(part, value.into()), FileError::Part("kdf")), "{part} {value}");
        }
    }

    #[test]
    fn a_file_with_anything_else_in_it_is_refused() {
        let device = busy().device;
        let original = json(&device);
        let read = |json: &serde_json::Value| from_str(&json.to_string(), None);
        assert!(read(&original).is_ok());
        for part in ["", "/slots/0", "/pending", "/pin", "/faults", "/device", "/device/stage/deviceCode"] {
            let mut json = original.clone();
            let object = json.pointer_mut(part).and_then(|part| part.as_object_mut()).expect("a part of the file");
            object.insert("unknown".to_owned(), true.into());
            assert!(matches!(read(&json), Err(FileError::Form { .. })), "{part:?}");
        }
        let with = |part: &str, value: serde_json::Value| {
            let mut json = original.clone();
            *json.pointer_mut(part).expect("a part of the file") = value;
            read(&json).err().map(|error| error.to_string()).unwrap_or_default()
        };
        let wrong = |part: &str| format!("not a token file: {part} is wrong");
        assert_eq!(with("/schema", "camtoken/token/2".into()), FileError::Schema.to_string());
        assert_eq!(with("/purpose", "production".into()), FileError::NotTest.to_string());
        assert_eq!(with("/id", "fex".into()), wrong("id"));
        assert_eq!(with("/deviceKey", "AAAA".into()), wrong("deviceKey"));
        assert_eq!(with("/slots/0/key", "AAAA".into()), wrong("slots"));
        assert_eq!(with("/slots/0/user", "\u{202e}".into()), wrong("slots"));
        assert_eq!(with("/slots/0/suite", "OCRA-1:HOTP-SHA1-6:QN08".into()), wrong("slots"));
        assert_eq!(with("/slots/1", original["slots"][0].clone()), wrong("slots"));
        assert_eq!(with("/slots", serde_json::json!([])), wrong("slots"));
        assert_eq!(with("/slots", vec![serde_json::Value::Null; 9].into()), wrong("slots"));
        assert_eq!(with("/slots/0/answered", vec!["00".repeat(12); 65].into()), wrong("slots"));
        assert_eq!(with("/pending/nonce", "12345".into()), wrong("pending"));
        assert_eq!(with("/pin/hash", "".into()), wrong("pin"));
        assert!(matches!(from_str("", None), Err(FileError::Form { .. })));
        assert!(matches!(from_str("[]", None), Err(FileError::Form { .. })));
        assert!(matches!(from_str(&" ".repeat(MAX_LEN + 1), None), Err(FileError::TooLarge)));
    }

    #[test]
    fn how_a_token_was_made_is_kept() {
        let token = Token::generate("KKK0000001".parse().expect("a token ID"), true, &mut UnwrapErr(SysRng));
        let plain = Device::new(token);
        assert!(!to_string(&plain).expect("a test token").contains("profile"), "older readers know no profile");
        let token = plain.token.with_profile(Profile::Japan).with_slots(3).expect("three places");
        let text = to_string(&Device::new(token)).expect("a test token");
        let again = from_str(&text, None).expect("as written");
        assert_eq!((again.token.profile(), again.token.slots()), (Profile::Japan, 3));
        let pin = json(&busy().device)["pin"].clone();
        let mut with_pin: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        with_pin["pin"] = pin;
        assert!(matches!(from_str(&with_pin.to_string(), None), Err(FileError::Part("pin"))));
    }

    #[test]
    fn a_device_that_was_off_asks_for_its_pin_again() {
        let mut device = busy().device;
        device.hold(Button::Center, NOW);
        let mut again = from_str(&to_string(&device).expect("a test token"), None).expect("as written");
        assert!(again.token().is_locked());
        again.hold(Button::Center, NOW);
        assert_eq!(again.state(NOW), State::Pin);
    }

    #[test]
    fn errors_and_prints_say_nothing_of_a_key() {
        let device = busy().device;
        let text = to_string(&device).expect("a test token");
        let key = BASE64.encode(device.token.device_key.expose_bytes());
        assert!(text.contains(&key), "in clear it is there");
        let broken = text.replace("\"deviceKey\"", "\"devicekey\"");
        let error = from_str(&broken, None).expect_err("an unknown key");
        assert!(!format!("{error} {error:?}").contains(&key[..8]), "{error:?}");
    }

    #[test]
    fn a_saved_file_is_the_owners_alone_and_replaces_the_old_one_whole() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("test.camtoken.json");
        save(&path, "one").expect("a free disk");
        save(&path, "two").expect("a free disk");
        assert_eq!(load(&path).expect("a file").as_str(), "two");
        assert_eq!(fs::read_dir(dir.path()).expect("a folder").count(), 1, "nothing is left beside it");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).expect("a file").permissions().mode() & 0o777, 0o600);
        }
        fs::write(&path, " ".repeat(MAX_LEN + 1)).expect("a free disk");
        assert_eq!(load(&path).expect_err("too large").kind(), io::ErrorKind::FileTooLarge);
    }

    #[test]
    fn a_file_that_cannot_be_replaced_stays_and_leaves_nothing_beside_it() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("taken");
        fs::create_dir_all(path.join("inside")).expect("a free disk");
        assert!(save(&path, "text").is_err());
        assert!(path.join("inside").exists());
        assert_eq!(fs::read_dir(dir.path()).expect("a folder").count(), 1);
        assert!(save(&dir.path().join("no/such/folder"), "text").is_err());
        assert!(save(Path::new("/"), "text").is_err());
    }
}
