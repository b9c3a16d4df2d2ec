//! Where the key of `camtoken oath` comes from: digits in a file, an `otpauth` URI, or a key package (PSKC).

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use base16ct::mixed;
use camtoken::oath::{Digits, Hash, Key};
use camtoken::provision::otpauth::{MovingFactor, OtpHash, OtpauthUri, decode_base32};
use camtoken::provision::pskc::{Algorithm, Container};
use zeroize::Zeroizing;

use super::misused;
use crate::bank::read_input;
use crate::context::Context;
use crate::failure::{Code, Failure};
use crate::verbs::enroll::ProtectionArgs;

/// `--key-file` alone is the key itself; beside `--pskc` it opens that file, as it does for `enroll import`.
#[derive(clap::Args)]
pub struct KeyArgs {
    #[command(flatten)]
    protection: ProtectionArgs,
    #[arg(long, short, requires = "key_file", conflicts_with_all = ["binary", "pskc"])]
    base32: bool,
    #[arg(long, requires = "key_file", conflicts_with = "pskc")]
    binary: bool,
    #[arg(long, value_name = "FILE|-", conflicts_with_all = ["key_file", "passphrase_file", "pskc"])]
    otpauth: Option<PathBuf>,
    #[arg(long, value_name = "FILE|-")]
    pskc: Option<PathBuf>,
    #[arg(long, value_name = "ID", requires = "pskc")]
    key_id: Option<String>,
}

/// A key, and what its file says about the values it gives.
pub struct KeySource {
    pub key: Key,
    pub hash: Option<Hash>,
    pub digits: Option<Digits>,
    pub counter: Option<u64>,
    pub step: Option<NonZeroU32>,
    pub suite: Option<String>,
}

/// The longest file of one key.
const KEY_MAX: usize = 16 * 1024;

impl KeyArgs {
    /// Reads the key.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, and one that is no key of that kind or does not allow the use.
    pub fn read(&self, algorithm: &Algorithm, context: &Context) -> Result<KeySource, Failure> {
        match (&self.pskc, &self.otpauth, &self.protection.key_file) {
            (Some(file), ..) => self.package(file, algorithm, context),
            (_, Some(file), _) => from_uri(file, algorithm),
            (.., Some(file)) => self.plain(file).map(KeySource::plain),
            _ => Err(misused("the key is missing: --key-file, --otpauth or --pskc")),
        }
    }

    fn plain(&self, file: &Path) -> Result<Key, Failure> {
        let bytes = read_input(file, KEY_MAX)?;
        if self.binary {
            return match bytes.is_empty() {
                true => Err(no_key(file, "it is empty")),
                false => Ok(Key::new(bytes.to_vec())),
            };
        }
        // People group the digits; no other characters are allowed between them.
        let mut digits = Zeroizing::new(Vec::with_capacity(bytes.len()));
        digits.extend(bytes.iter().filter(|byte| !byte.is_ascii_whitespace() && **byte != b'-'));
        let text = str::from_utf8(&digits).ok();
        let key = match self.base32 {
            true => text.and_then(decode_base32),
            false => text.and_then(|text| mixed::decode_vec(text).ok()).map(Key::new),
        };
        let form = if self.base32 { "base32" } else { "hexadecimal" };
        key.filter(|key| !key.expose_bytes().is_empty())
            .ok_or_else(|| no_key(file, format!("expected {form} digits (--base32 and --binary read other forms)")))
    }

    fn package(&self, file: &Path, algorithm: &Algorithm, context: &Context) -> Result<KeySource, Failure> {
        let bytes = read_input(file, Container::MAX_LEN)?;
        let container = self.protection.open(&bytes, context)?;
        let of_its_kind = || container.packages.iter().filter(|package| package.algorithm.as_ref() == Some(algorithm));
        let mut named = of_its_kind().filter(|package| match &self.key_id {
            Some(id) => [&package.key_id, &package.device.serial].into_iter().any(|name| name.as_ref() == Some(id)),
            None => true,
        });
        let (Some(package), None) = (named.next(), named.next()) else {
            let names: Vec<_> = of_its_kind()
                .filter_map(|package| package.key_id.as_deref().or(package.device.serial.as_deref()))
                .collect();
            let why = match (&names[..], container.unread.first()) {
                ([], Some(unread)) => unread.error.to_string(),
                ([], None) => format!("it has no key of {}", algorithm.uri()),
                _ => format!("--key-id has to name one of: {}", names.join(", ")),
            };
            return Err(no_key(file, why));
        };
        let usage = algorithm.usage().expect("each of the verbs has one");
        let key = package.key_for(usage, context.moment()?).map_err(|error| no_key(file, error))?;
        let is_ocra = *algorithm == Algorithm::Ocra;
        Ok(KeySource {
            key: Key::new(key.expose_bytes().to_vec()),
            hash: package.otp_hash().filter(|_| !is_ocra),
            digits: package
                .response_digits()
                .and_then(|digits| u8::try_from(digits).ok())
                .and_then(|it| it.try_into().ok()),
            counter: package.counter,
            step: package.time_interval.and_then(|secs| u32::try_from(secs).ok()).and_then(NonZeroU32::new),
            suite: package.suite.clone().filter(|_| is_ocra),
        })
    }
}

impl KeySource {
    fn plain(key: Key) -> Self {
        Self { key, hash: None, digits: None, counter: None, step: None, suite: None }
    }
}

fn from_uri(file: &Path, algorithm: &Algorithm) -> Result<KeySource, Failure> {
    let bytes = read_input(file, KEY_MAX)?;
    let text = str::from_utf8(&bytes).map_err(|error| no_key(file, error))?;
    let uri = OtpauthUri::from_str(text.trim()).map_err(|error| no_key(file, error))?;
    let (own, counter, step) = match uri.moving {
        MovingFactor::Counter(counter) => (Algorithm::Hotp, Some(counter), None),
        MovingFactor::Period(secs) => (Algorithm::Totp, None, NonZeroU32::new(secs)),
    };
    if own != *algorithm {
        let verb = if own == Algorithm::Hotp { "hotp" } else { "totp" };
        let (name, failure) = (file.display().to_string(), Failure::new(Code::KeyFile));
        return Err(failure.because_of("why-other-oath", &[("name", &name), ("verb", verb)]));
    }
    let hash = match uri.hash {
        OtpHash::Sha1 => Hash::Sha1,
        OtpHash::Sha256 => Hash::Sha256,
        OtpHash::Sha512 => Hash::Sha512,
    };
    let digits = uri.digits.try_into().ok();
    Ok(KeySource { hash: Some(hash), digits, counter, step, ..KeySource::plain(uri.secret) })
}

fn no_key(file: &Path, why: impl std::fmt::Display) -> Failure {
    Failure::new(Code::KeyFile).because(format!("{}: {why}", file.display()))
}
