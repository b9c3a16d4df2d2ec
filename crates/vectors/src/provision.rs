//! Tests of key containers and otpauth URIs.

use std::fmt;
use std::fs;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::values::{About, NoFields, Outcome, Parsed, Tested, same, unhex, variant};
use camtoken::key::Key;
use camtoken::provision::otpauth::{MovingFactor, OtpHash};
use camtoken::provision::pskc::{Algorithm, KeyUsage};
use camtoken::provision::{Container, KeyPackage, OtpauthUri, Protection, PskcError};
use camtoken::time::Timestamp;

pub(super) enum Pskc {}
pub(super) enum Otpauth {}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PskcTest {
    file: String,
    #[serde(flatten)]
    opened_by: OpenedBy,
    at: Option<Parsed<Timestamp>>,
    #[serde(default)]
    keys: Vec<ExpectedKey>,
    #[serde(default)]
    unread: Vec<UnreadPackage>,
    #[serde(default)]
    faulty: Vec<usize>,
}

/// A package that is refused by itself.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UnreadPackage {
    package: usize,
    flag: String,
}

/// Members that a test does not name are not compared.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ExpectedKey {
    key_id: String,
    serial: Option<String>,
    manufacturer: Option<String>,
    issuer: Option<String>,
    algorithm: Option<String>,
    suite: Option<String>,
    response_digits: Option<u32>,
    counter: Option<u64>,
    time_interval: Option<i64>,
    secret: Option<String>,
    permits: Option<Vec<String>>,
}

/// 2026-01-01T00:00:00Z
const AT: Timestamp = Timestamp::from_unix(1_767_225_600);

impl Tested for Pskc {
    const NAME: &'static str = "Pskc";
    type Group = NoFields;
    type Test = PskcTest;

    fn run(_: &NoFields, test: &PskcTest, about: &About<'_>) -> Outcome {
        let xml = match fs::read(about.folder.join(&test.file)) {
            Ok(xml) => xml,
            Err(error) => return Outcome::Wrong(format!("{}: {error}", test.file)),
        };
        match test.opened_by.container(xml) {
            Ok(Ok(Container { unread, .. })) if test.unread.is_empty() && !unread.is_empty() => {
                let places: Vec<_> = unread.iter().map(|it| it.package.number).collect();
                if places != test.faulty {
                    return Outcome::Wrong(format!("unread packages {places:?}, expected {:?}", test.faulty));
                }
                refused(&unread[0].error, unread[0].error.to_string(), about.flags, cause)
            }
            Ok(Ok(container)) => test.says(&container).into(),
            Ok(Err(error)) => refused(&error, error.to_string(), about.flags, cause),
            Err(what) => Outcome::Wrong(what),
        }
    }
}

/// The secret that opens a container.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OpenedBy {
    pre_shared_key: Option<String>,
    key_name: Option<String>,
    mac_key: Option<String>,
    passphrase: Option<String>,
}

impl OpenedBy {
    /// Reads a container. The outer error is a mistake in the test.
    pub(super) fn container(&self, xml: Vec<u8>) -> Result<Result<Container, PskcError>, String> {
        let key = |name, digits: &str| unhex(digits).map(Key::new).ok_or(format!("{name} is not hexadecimal"));
        let protection = match (&self.pre_shared_key, &self.passphrase) {
            (None, None) => Protection::None,
            (None, Some(passphrase)) => Protection::Passphrase(passphrase.as_str().into()),
            (Some(digits), None) => Protection::PreSharedKey {
                key: key("preSharedKey", digits)?,
                name: self.key_name.clone(),
                mac_key: self.mac_key.as_deref().map(|digits| key("macKey", digits)).transpose()?,
            },
            (Some(_), Some(_)) => return Err("preSharedKey and passphrase are both given".to_owned()),
        };
        Ok(Container::read(xml, &protection))
    }
}

/// The members of a key package, by their names in a test.
pub(super) fn key(package: &KeyPackage, at: Timestamp) -> Value {
    let members = [
        ("keyId", package.key_id.as_deref().map(Value::from)),
        ("serial", package.device.serial.as_deref().map(Value::from)),
        ("manufacturer", package.device.manufacturer.as_deref().map(Value::from)),
        ("issuer", package.issuer.as_deref().map(Value::from)),
        ("algorithm", package.algorithm.as_ref().map(|algorithm| algorithm.uri().into())),
        ("suite", package.suite.as_deref().map(Value::from)),
        ("responseDigits", package.response_digits().map(Value::from)),
        ("counter", package.counter.map(Value::from)),
        ("timeInterval", package.time_interval.map(Value::from)),
        ("secret", package.expose_key().map(|key| base16ct::lower::encode_string(key.expose_bytes()).into())),
        ("permits", Some(permitted(package, at).into())),
    ];
    members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect::<Map<_, _>>().into()
}

fn permitted(package: &KeyPackage, at: Timestamp) -> Vec<String> {
    let permitted = USAGES.iter().filter(|(usage, _)| package.policy.permits(*usage, at).is_ok());
    permitted.map(|(_, word)| (*word).to_owned()).collect()
}

/// The members of a URI, by their names in a test.
pub(super) fn uri(uri: &OtpauthUri) -> Result<Value, String> {
    let written = uri.expose_uri().map_err(|error| format!("it is read and cannot be written: {error}"))?;
    let (counter, period) = factors(uri);
    let members = [
        ("account", Some(Value::from(uri.account.as_str()))),
        ("issuer", uri.issuer.as_deref().map(Value::from)),
        ("secret", Some(base16ct::lower::encode_string(uri.secret.expose_bytes()).into())),
        ("hash", Some(hash(uri).into())),
        ("digits", Some(uri.digits.into())),
        ("counter", counter.map(Value::from)),
        ("period", period.map(Value::from)),
        ("canonical", Some(written.as_str().into())),
    ];
    Ok(members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect::<Map<_, _>>().into())
}

fn hash(uri: &OtpauthUri) -> &'static str {
    match uri.hash {
        OtpHash::Sha1 => "SHA1",
        OtpHash::Sha256 => "SHA256",
        OtpHash::Sha512 => "SHA512",
    }
}

/// Counter and period: one of them.
fn factors(uri: &OtpauthUri) -> (Option<u64>, Option<u32>) {
    match uri.moving {
        MovingFactor::Counter(counter) => (Some(counter), None),
        MovingFactor::Period(seconds) => (None, Some(seconds)),
    }
}

impl PskcTest {
    fn says(&self, container: &Container) -> Result<(), Outcome> {
        same("number of keys", container.packages.len(), self.keys.len())?;
        let unread = container.unread.iter().map(|it| (it.package.number, variant(&it.error))).collect::<Vec<_>>();
        let expected = self.unread.iter().map(|it| (it.package, cause(&it.flag).to_owned())).collect();
        same("unread packages", unread, expected)?;
        let at = self.at.as_ref().map_or(AT, |at| at.0);
        container.packages.iter().zip(&self.keys).try_for_each(|(package, key)| key.is(package, at))
    }
}

impl ExpectedKey {
    fn is(&self, package: &KeyPackage, at: Timestamp) -> Result<(), Outcome> {
        let digits = |text: &str| text.to_ascii_lowercase();
        same("keyId", package.key_id.as_ref(), Some(&self.key_id))?;
        let secret = package.expose_key().map(|key| base16ct::lower::encode_string(key.expose_bytes()));
        same("secret", secret, self.secret.as_deref().map(digits))?;
        judged("serial", package.device.serial.as_ref(), self.serial.as_ref())?;
        judged("manufacturer", package.device.manufacturer.as_ref(), self.manufacturer.as_ref())?;
        judged("issuer", package.issuer.as_ref(), self.issuer.as_ref())?;
        judged("algorithm", package.algorithm.as_ref().map(Algorithm::uri), self.algorithm.as_deref())?;
        judged("suite", package.suite.as_ref(), self.suite.as_ref())?;
        judged("responseDigits", package.response_digits(), self.response_digits)?;
        judged("counter", package.counter, self.counter)?;
        judged("timeInterval", package.time_interval, self.time_interval)?;
        judged("permits", Some(permitted(package, at)), self.permits.clone())
    }
}

fn judged<T: PartialEq + fmt::Debug>(what: &str, found: Option<T>, expected: Option<T>) -> Result<(), Outcome> {
    if expected.is_none() { Ok(()) } else { same(what, found, expected) }
}

/// RFC 6030, section 5: the words of `KeyUsage`.
const USAGES: [(KeyUsage, &str); 11] = [
    (KeyUsage::OneTimePassword, "OTP"),
    (KeyUsage::ChallengeResponse, "CR"),
    (KeyUsage::Encrypt, "Encrypt"),
    (KeyUsage::Integrity, "Integrity"),
    (KeyUsage::Verify, "Verify"),
    (KeyUsage::Unlock, "Unlock"),
    (KeyUsage::Decrypt, "Decrypt"),
    (KeyUsage::KeyWrap, "KeyWrap"),
    (KeyUsage::Unwrap, "Unwrap"),
    (KeyUsage::Derive, "Derive"),
    (KeyUsage::Generate, "Generate"),
];

/// The error that a flag of an invalid container means.
fn cause(flag: &str) -> &str {
    match flag {
        "UnsupportedAlgorithm" | "UnsupportedMac" | "UnsupportedSignature" => "Unsupported",
        "TruncatedDocument" | "DocumentType" => "Xml",
        "EmptyMac" | "EmptyPassphrase" => "Authentication",
        "Version" => "NotAContainer",
        other => other,
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OtpauthTest {
    uri: String,
    account: Option<String>,
    issuer: Option<String>,
    secret: Option<String>,
    hash: Option<String>,
    digits: Option<u8>,
    period: Option<u32>,
    counter: Option<u64>,
    canonical: Option<String>,
}

impl Tested for Otpauth {
    const NAME: &'static str = "Otpauth";
    type Group = NoFields;
    type Test = OtpauthTest;

    fn run(_: &NoFields, test: &OtpauthTest, about: &About<'_>) -> Outcome {
        match test.uri.parse::<OtpauthUri>() {
            Ok(uri) => test.says(&uri).into(),
            Err(error) => refused(&error, error.to_string(), about.flags, |flag| flag),
        }
    }
}

impl OtpauthTest {
    fn says(&self, uri: &OtpauthUri) -> Result<(), Outcome> {
        let (counter, period) = factors(uri);
        let secret = base16ct::lower::encode_string(uri.secret.expose_bytes());
        same("account", Some(&uri.account), self.account.as_ref())?;
        same("issuer", uri.issuer.as_ref(), self.issuer.as_ref())?;
        same("secret", Some(secret), self.secret.as_deref().map(str::to_ascii_lowercase))?;
        same("hash", Some(hash(uri)), self.hash.as_deref())?;
        same("digits", Some(uri.digits), self.digits)?;
        same("counter", counter, self.counter)?;
        same("period", period, self.period)?;
        let unwritten = |error| Outcome::Wrong(format!("it is read and cannot be written: {error}"));
        let written = uri.expose_uri().map_err(unwritten)?;
        judged("canonical", Some(written.as_str()), self.canonical.as_deref())?;
        let again = written.parse::<OtpauthUri>().and_then(|again| again.expose_uri());
        same("canonical, read again", again.map_err(unwritten)?.as_str(), written.as_str())
    }
}

/// A refusal is right when a flag of the test means this error.
fn refused(error: &impl fmt::Debug, message: String, flags: &[String], cause: fn(&str) -> &str) -> Outcome {
    let name = variant(error);
    if flags.iter().any(|flag| cause(flag) == name) {
        return Outcome::Refused(message);
    }
    Outcome::Wrong(format!("refused as {name} ({message}), which is none of the flags {}", flags.join(", ")))
}
