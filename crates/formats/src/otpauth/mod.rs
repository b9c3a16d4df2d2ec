//! The URI that authenticator apps scan: `otpauth://totp/Issuer:account?secret=…`, for HOTP and TOTP.
//!
//! There is no standard for it; this is the form that Google Authenticator made common (its wiki page "Key URI Format"). It is
//! written in one way and read in all ways that sites write it:
//!
//! | as sites write it | read as |
//! | --- | --- |
//! | `OTPAUTH://TOTP/…?SECRET=…`, so that a symbol is smaller | names in either case |
//! | `issuer=`, `&issuer&`, the label `:alice` | no issuer |
//! | two issuers, one in the label and another in the parameter | the parameter's, as most apps read it |
//! | `ACME+Co:alice?…&issuer=ACME+Co` | a plus sign is a blank in parameters, and itself in the label |
//! | `secret=jbsw y3dp-ehpk 3pxp` | blanks, hyphens and padding are left out |
//! | `SHA-256`, `HmacSHA256` | `SHA256` |
//! | a line break after the URI | nothing |
//!
//! What apps disagree about in a way that changes the digits is refused: another encoder than decimal digits (`encoder=steam`, which
//! [`Steam`] reads), digits outside 6 to 8, HOTP without a counter, a parameter that occurs twice. The secret is base32
//! (RFC 4648).

mod migration;
mod steam;

use std::fmt::Write as _;
use std::str::FromStr;

use camtoken_oath::Key;
use zeroize::Zeroizing;

use crate::percent::{self, Plus};

pub use migration::{Migration, MigrationError};
pub use steam::Steam;

/// A key for one-time passwords, with all parameters of an authenticator app.
#[derive(Debug)]
pub struct OtpauthUri {
    /// Who issued the key.
    pub issuer: Option<String>,
    /// Whose key it is.
    pub account: String,
    /// The key.
    pub secret: Key,
    /// The hash under the HMAC.
    pub hash: OtpHash,
    /// How many digits a password has: 6 to 8.
    pub digits: u8,
    /// What moves the password on.
    pub moving: MovingFactor,
}

/// The hash under the HMAC of a one-time password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the names say it")]
pub enum OtpHash {
    #[default]
    Sha1,
    Sha256,
    Sha512,
}

/// What moves a password on to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MovingFactor {
    /// HOTP, RFC 4226: each use.
    Counter(u64),
    /// TOTP, RFC 6238: time, in steps of so many seconds.
    Period(u32),
}

impl OtpauthUri {
    /// The longest URI that is read, in bytes: more than a symbol can carry.
    pub const MAX_LEN: usize = 4296;

    /// Writes the URI, with the secret in it. Every parameter stands there, for apps with other defaults.
    ///
    /// # Errors
    ///
    /// [`OtpauthError`] if [`FromStr`] would not give back the same: an account or issuer that is empty or has a colon
    /// or a control character, digits outside 6 to 8, a period of zero, an empty key, or a URI too long to read.
    pub fn expose_uri(&self) -> Result<Zeroizing<String>, OtpauthError> {
        check_name(&self.account, "account")?;
        if !(6..=8).contains(&self.digits) {
            return Err(OtpauthError::Value { parameter: "digits" });
        }
        let kind = match self.moving {
            MovingFactor::Counter(_) => "hotp",
            MovingFactor::Period(0) => return Err(OtpauthError::Value { parameter: "period" }),
            MovingFactor::Period(_) => "totp",
        };
        // Room for all of it: a text that grows leaves copies behind.
        let mut uri = Zeroizing::new(String::with_capacity(3 * Self::MAX_LEN));
        let _ = write!(*uri, "otpauth://{kind}/");
        if let Some(issuer) = &self.issuer {
            check_name(issuer, "issuer")?;
            percent::encode(issuer, &mut uri);
            uri.push(':');
        }
        percent::encode(&self.account, &mut uri);
        uri.push_str("?secret=");
        if self.secret.expose_bytes().is_empty() {
            return Err(OtpauthError::Value { parameter: "secret" });
        }
        encode_base32(self.secret.expose_bytes(), &mut uri);
        if let Some(issuer) = &self.issuer {
            uri.push_str("&issuer=");
            percent::encode(issuer, &mut uri);
        }
        let _ = write!(*uri, "&algorithm={}&digits={}", self.hash.name(), self.digits);
        let _ = match self.moving {
            MovingFactor::Counter(counter) => write!(*uri, "&counter={counter}"),
            MovingFactor::Period(seconds) => write!(*uri, "&period={seconds}"),
        };
        if uri.len() > Self::MAX_LEN { Err(OtpauthError::TooLong) } else { Ok(uri) }
    }
}

impl FromStr for OtpauthUri {
    type Err = OtpauthError;

    /// Reads a URI. Parameters that are not known, such as pictures, are passed over; the others stand there once.
    fn from_str(uri: &str) -> Result<Self, OtpauthError> {
        let parts = Parts::parse(uri)?;
        let parameters = &parts.parameters;
        if parameters.text("encoder").is_some_and(|encoder| !encoder.is_empty()) {
            return Err(OtpauthError::Encoder);
        }
        let moving = if parts.kind.eq_ignore_ascii_case("hotp") {
            MovingFactor::Counter(parameters.number("counter")?.ok_or(OtpauthError::Missing { parameter: "counter" })?)
        } else if parts.kind.eq_ignore_ascii_case("totp") {
            let period = parameters.number("period")?.unwrap_or(30);
            let period = u32::try_from(period).ok().filter(|seconds| *seconds > 0);
            MovingFactor::Period(period.ok_or(OtpauthError::Value { parameter: "period" })?)
        } else {
            return Err(OtpauthError::Kind);
        };
        let digits = u8::try_from(parameters.number("digits")?.unwrap_or(6)).ok().filter(|it| (6..=8).contains(it));
        let digits = digits.ok_or(OtpauthError::Value { parameter: "digits" })?;
        let hash = parameters.text("algorithm").map(OtpHash::from_name).transpose()?.unwrap_or_default();
        let (secret, issuer, account) = (parts.secret()?, parts.issuer, parts.account);
        Ok(Self { issuer, account, secret, hash, digits, moving })
    }
}

/// What every URI of this form has: the kind, the two names, and the parameters.
struct Parts<'a> {
    kind: &'a str,
    issuer: Option<String>,
    account: String,
    parameters: Parameters,
}

impl<'a> Parts<'a> {
    fn parse(uri: &'a str) -> Result<Self, OtpauthError> {
        let uri = uri.trim();
        if uri.len() > OtpauthUri::MAX_LEN {
            return Err(OtpauthError::TooLong);
        }
        let (scheme, rest) = uri.split_once("://").ok_or(OtpauthError::Scheme)?;
        if !scheme.eq_ignore_ascii_case("otpauth") {
            return Err(OtpauthError::Scheme);
        }
        let rest = rest.split_once('#').map_or(rest, |(before, _)| before);
        let (path, query) = rest.split_once('?').ok_or(OtpauthError::Missing { parameter: "secret" })?;
        let (kind, label) = path.split_once('/').ok_or(OtpauthError::Missing { parameter: "label" })?;
        let parameters = Parameters::parse(query)?;
        let (issuer, account) = label_parts(label, parameters.text("issuer"))?;
        Ok(Self { kind, issuer, account, parameters })
    }

    fn secret(&self) -> Result<Key, OtpauthError> {
        let secret = self.parameters.text("secret").ok_or(OtpauthError::Missing { parameter: "secret" })?;
        decode_base32(secret).ok_or(OtpauthError::Value { parameter: "secret" })
    }
}

impl OtpHash {
    const NAMES: [(Self, &'static str); 3] = [(Self::Sha1, "SHA1"), (Self::Sha256, "SHA256"), (Self::Sha512, "SHA512")];

    fn from_name(name: &str) -> Result<Self, OtpauthError> {
        // `HmacSHA256`, `HMAC-SHA-256` and `sha_256` are one name.
        let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase();
        let plain = plain.strip_prefix("HMAC").unwrap_or(&plain);
        let known = Self::NAMES.into_iter().find(|(_, known)| plain.is_empty() && name.is_empty() || *known == plain);
        known.map(|(hash, _)| hash).ok_or_else(|| OtpauthError::Unsupported { algorithm: name.to_owned() })
    }

    /// The name in a URI: `SHA1`, `SHA256`, `SHA512`.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::NAMES.into_iter().find(|(hash, _)| *hash == self).expect("each has its name").1
    }
}

/// Why a URI is not read or written. No message holds anything of the secret.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum OtpauthError {
    /// The text does not start with `otpauth://`.
    #[error("not an otpauth URI")]
    Scheme,
    /// Neither `hotp` nor `totp`.
    #[error("the otpauth URI is neither for HOTP nor for TOTP")]
    Kind,
    /// More than [`OtpauthUri::MAX_LEN`] bytes.
    #[error("the otpauth URI has more than {} bytes", OtpauthUri::MAX_LEN)]
    TooLong,
    /// A percent sign without two hexadecimal digits, or what it encodes is no UTF-8.
    #[error("the otpauth URI has a wrong percent-encoding")]
    Percent,
    /// A part is missing.
    #[error("the otpauth URI has no {parameter}")]
    Missing {
        /// The part.
        parameter: &'static str,
    },
    /// A part stands twice.
    #[error("the otpauth URI has its {parameter} twice")]
    Repeated {
        /// The part.
        parameter: &'static str,
    },
    /// A part is not what it should be.
    #[error("the {parameter} of the otpauth URI is not valid")]
    Value {
        /// The part.
        parameter: &'static str,
    },
    /// A hash other than SHA-1, SHA-256 and SHA-512.
    #[error("the otpauth URI asks for {algorithm:?}, which is not supported")]
    Unsupported {
        /// The hash, as the URI has it.
        algorithm: String,
    },
    /// The passwords are not decimal digits: `encoder=steam` and the like.
    #[error("the otpauth URI asks for passwords that are not decimal digits")]
    Encoder,
}

/// The known parameters of a query, each at most once.
struct Parameters(Vec<(&'static str, Zeroizing<String>)>);

impl Parameters {
    const KNOWN: [&'static str; 7] = ["secret", "issuer", "algorithm", "digits", "period", "counter", "encoder"];

    fn parse(query: &str) -> Result<Self, OtpauthError> {
        let mut parameters = Self(Vec::new());
        for (name, value) in percent::parameters(query).ok_or(OtpauthError::Percent)? {
            let known = Self::KNOWN.into_iter().find(|known| known.eq_ignore_ascii_case(&name));
            let Some(parameter) = known else { continue };
            if parameters.text(parameter).is_some() {
                return Err(OtpauthError::Repeated { parameter });
            }
            parameters.0.push((parameter, value));
        }
        Ok(parameters)
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    fn number(&self, parameter: &'static str) -> Result<Option<u64>, OtpauthError> {
        let Some(text) = self.text(parameter) else { return Ok(None) };
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|_| digits);
        number.map(Some).ok_or(OtpauthError::Value { parameter })
    }
}

/// Issuer and account from `Issuer:account` or `account`; the colon may be encoded, spaces may follow it. An empty issuer is none,
/// and that of the parameter is the one that counts.
fn label_parts(label: &str, parameter: Option<&str>) -> Result<(Option<String>, String), OtpauthError> {
    let label = percent::decode(label, Plus::Plus).ok_or(OtpauthError::Percent)?;
    let (in_label, account) = match label.split_once(':') {
        Some((issuer, account)) => (Some(issuer), account),
        None => (None, label.as_str()),
    };
    let account = account.trim_start_matches(' ');
    check_name(account, "account")?;
    let named = |issuer: &&str| !issuer.trim().is_empty();
    let issuer = parameter.filter(named).or(in_label.filter(named));
    if let Some(issuer) = issuer {
        check_name(issuer, "issuer")?;
    }
    Ok((issuer.map(str::to_owned), account.to_owned()))
}

/// Neither issuer nor account may be empty, or have a colon, which would divide the label elsewhere.
fn check_name(name: &str, parameter: &'static str) -> Result<(), OtpauthError> {
    let starts_with_space = parameter == "account" && name.starts_with(' ');
    if name.is_empty() || starts_with_space || name.contains(|it: char| it == ':' || it.is_control()) {
        return Err(OtpauthError::Value { parameter });
    }
    Ok(())
}

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// RFC 4648, section 6, without padding.
fn encode_base32(bytes: &[u8], to: &mut String) {
    for chunk in bytes.chunks(5) {
        let mut group = [0; 8];
        group[3..3 + chunk.len()].copy_from_slice(chunk);
        let group = u64::from_be_bytes(group);
        let digits = (8 * chunk.len()).div_ceil(5);
        to.extend((0..digits).map(|place| char::from(BASE32[(group >> (35 - 5 * place)) as usize & 31])));
    }
}

/// Reads base32 as people write it: either case, with blanks and hyphens, with padding or without. Bits that are left over are
/// dropped, as other readers do: secrets are also drawn as characters. `None` if nothing is left.
#[must_use]
pub fn decode_base32(text: &str) -> Option<Key> {
    let text = text.trim_end_matches(|it: char| it == '=' || it.is_ascii_whitespace());
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    let (mut bits, mut held, mut digits) = (0_u32, 0, 0_usize);
    for byte in text.bytes().filter(|byte| *byte != b'-' && !byte.is_ascii_whitespace()) {
        let value = match byte.to_ascii_uppercase() {
            letter @ b'A'..=b'Z' => letter - b'A',
            digit @ b'2'..=b'7' => digit - b'2' + 26,
            _ => return None,
        };
        bits = bits << 5 | u32::from(value);
        held += 5;
        digits += 1;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held & 0xff) as u8);
        }
    }
    // No number of whole bytes ends so.
    if bytes.is_empty() || matches!(digits % 8, 1 | 3 | 6) { None } else { Some(Key::new(bytes.to_vec())) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let uri: OtpauthUri = "otpauth://totp/alice?secret=MZXW6YTBOI".parse().expect("a valid URI");
        assert!(format!("{uri:?}").contains("secret: Key(_)"));
    }

    #[test]
    fn what_would_not_read_back_is_not_written() {
        let write = |change: fn(&mut OtpauthUri)| {
            let mut uri: OtpauthUri = "otpauth://totp/a:b?secret=MZXW6YTBOI".parse().expect("a valid URI");
            change(&mut uri);
            uri.expose_uri().map(|_| ())
        };
        assert_eq!(write(|_| {}), Ok(()));
        assert_eq!(write(|uri| uri.account.clear()), Err(OtpauthError::Value { parameter: "account" }));
        assert_eq!(write(|uri| uri.account = " b".into()), Err(OtpauthError::Value { parameter: "account" }));
        assert_eq!(write(|uri| uri.account = "b:c".into()), Err(OtpauthError::Value { parameter: "account" }));
        assert_eq!(write(|uri| uri.issuer = Some(String::new())), Err(OtpauthError::Value { parameter: "issuer" }));
        assert_eq!(write(|uri| uri.digits = 10), Err(OtpauthError::Value { parameter: "digits" }));
        assert_eq!(write(|uri| uri.moving = MovingFactor::Period(0)), Err(OtpauthError::Value { parameter: "period" }));
        assert_eq!(write(|uri| uri.secret = Key::new(vec![])), Err(OtpauthError::Value { parameter: "secret" }));
        assert_eq!(write(|uri| uri.account = "あ".repeat(500)), Err(OtpauthError::TooLong));
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(
            issuer in prop::option::of("[^:\\pC]{1,20}"),
            account in "[^: \\pC][^:\\pC]{0,20}",
            secret in prop::collection::vec(any::<u8>(), 1..130),
            hash in prop::sample::select(vec![OtpHash::Sha1, OtpHash::Sha256, OtpHash::Sha512]),
            digits in 6..=8_u8,
            moving in prop_oneof![
                any::<u64>().prop_map(MovingFactor::Counter),
                (1..=u32::MAX).prop_map(MovingFactor::Period),
            ],
        ) {
            let uri = OtpauthUri { issuer, account, secret: Key::new(secret), hash, digits, moving };
            let read: OtpauthUri = uri.expose_uri().expect("valid parts").parse().expect("as written");
            prop_assert_eq!(format!("{read:?}"), format!("{uri:?}"));
            prop_assert_eq!(read.secret.expose_bytes(), uri.secret.expose_bytes());
        }

        #[test]
        fn altered_uris_never_panic(at in any::<prop::sample::Index>(), len in 0..4_usize, with in "\\PC{0,4}") {
            let uri = "otpauth://totp/%E9%8A%80:alice?secret=MZXW6YTBOI%3D&issuer=%E9%8A%80&digits=8&period=60";
            let at = at.index(uri.len());
            let altered = format!("{}{with}{}", &uri[..at], &uri[(at + len).min(uri.len())..]);
            if let Ok(read) = altered.parse::<OtpauthUri>() {
                let written = read.expose_uri().expect("it was read");
                prop_assert!(written.parse::<OtpauthUri>().is_ok());
            }
        }
    }
}
