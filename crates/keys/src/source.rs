//! The sources of a key-encryption key, as they are written in a setting. None of them has a secret in it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Where the key-encryption key is.
///
/// `file:PATH`, `env:NAME`, `systemd-creds:NAME`, `pkcs11:…` (RFC 7512) or `transit:URL`. `Display` gives back what was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeySource {
    /// The key is in a file.
    File(PathBuf),
    /// The key is in an environment variable.
    Env(String),
    /// The key is in a file that systemd gives, in `$CREDENTIALS_DIRECTORY`.
    SystemdCredential(String),
    /// A key of a PKCS#11 module opens the key.
    Pkcs11(Pkcs11Uri),
    /// A key of a Transit engine opens the key.
    Transit(TransitUri),
}

/// A key in a PKCS#11 module: RFC 7512, with the attributes that find one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pkcs11Uri {
    text: String,
    /// The token's label.
    pub token: Option<String>,
    /// The token's serial number.
    pub serial: Option<String>,
    /// The key's label.
    pub object: Option<String>,
    /// The key's ID.
    pub id: Option<Vec<u8>>,
    /// The library to load.
    pub module_path: PathBuf,
    /// The file with the PIN; without one there is no login.
    pub pin_file: Option<PathBuf>,
}

/// A key in a Transit engine: its address, and the file with the token that is sent there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransitUri {
    text: String,
    /// The server and all before the kind of request: `https://bao.example:8200/v1/transit`.
    pub mount: String,
    /// The name of the key.
    pub key: String,
    /// The file with the access token.
    pub token_file: PathBuf,
    /// The certificates that the server's chain may end in, PEM; without a file those of the system.
    pub ca_file: Option<PathBuf>,
}

/// Why a text is no source of a key-encryption key. The message never repeats the text: it may be a key by mistake.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// It begins like none of the sources.
    #[error("expected file:, env:, systemd-creds:, pkcs11: or transit:")]
    Kind,
    /// Something is missing.
    #[error("{part} is missing")]
    Missing {
        /// What is missing.
        part: &'static str,
    },
    /// A part has a value that it does not accept.
    #[error("{part} is not {expected}")]
    Value {
        /// The part.
        part: &'static str,
        /// What it accepts.
        expected: &'static str,
    },
    /// An attribute that no source has, or that occurs twice.
    #[error("unknown or repeated attribute {name:?}")]
    Attribute {
        /// Its name.
        name: String,
    },
    /// A PIN in the text: a setting is shown and logged.
    #[error("pin-value is not taken, put the PIN into a file and name it: pin-source=file:PATH")]
    PinValue,
    /// The token and the opened key would go over the network in the clear.
    #[error("http: is taken for this machine only (127.0.0.1, [::1], localhost), elsewhere https:")]
    Plaintext,
}

impl KeySource {
    /// Whether the key is wrapped, and a module opens it.
    #[must_use]
    pub const fn is_module(&self) -> bool {
        matches!(self, Self::Pkcs11(_) | Self::Transit(_))
    }

    /// The file with the secret that the module asks for: the PIN or the access token.
    #[must_use]
    pub fn credential_file(&self) -> Option<&Path> {
        match self {
            Self::Pkcs11(uri) => uri.pin_file.as_deref(),
            Self::Transit(uri) => Some(&uri.token_file),
            Self::File(_) | Self::Env(_) | Self::SystemdCredential(_) => None,
        }
    }

    /// The same source, meant by a file in `dir`: a relative path starts there.
    #[must_use]
    pub fn beside(self, dir: &Path) -> Self {
        match self {
            Self::File(path) => Self::File(dir.join(path)),
            other => other,
        }
    }
}

impl FromStr for KeySource {
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Self, SourceError> {
        let (kind, rest) = text.split_once(':').ok_or(SourceError::Kind)?;
        match kind {
            "file" if rest.is_empty() => Err(SourceError::Missing { part: "the path" }),
            "file" => Ok(Self::File(rest.into())),
            "env" => name(rest, "the variable").map(Self::Env),
            "systemd-creds" => name(rest, "the credential").map(Self::SystemdCredential),
            "pkcs11" => Pkcs11Uri::read(text, rest).map(Self::Pkcs11),
            "transit" => TransitUri::read(text, rest).map(Self::Transit),
            _ => Err(SourceError::Kind),
        }
    }
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::Env(name) => write!(f, "env:{name}"),
            Self::SystemdCredential(name) => write!(f, "systemd-creds:{name}"),
            Self::Pkcs11(uri) => f.write_str(&uri.text),
            Self::Transit(uri) => f.write_str(&uri.text),
        }
    }
}

impl Pkcs11Uri {
    fn read(text: &str, rest: &str) -> Result<Self, SourceError> {
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (mut token, mut serial, mut object, mut id) = (None, None, None, None);
        for (name, value) in attributes(path, ';')? {
            let place = match name {
                "token" => &mut token,
                "serial" => &mut serial,
                "object" => &mut object,
                "id" => {
                    set(name, &mut id, value)?;
                    continue;
                }
                "type" if value == b"secret-key" => continue,
                _ => return Err(SourceError::Attribute { name: name.to_owned() }),
            };
            set(name, place, utf8(value, "an attribute")?)?;
        }
        let (mut module_path, mut pin_file) = (None, None);
        for (name, value) in attributes(query, '&')? {
            match name {
                "module-path" => set(name, &mut module_path, absolute(value, "module-path")?)?,
                "pin-source" => {
                    let file = value.strip_prefix(b"file:").unwrap_or(&value);
                    let file = file.strip_prefix(b"//").unwrap_or(file);
                    set(name, &mut pin_file, absolute(file.to_vec(), "pin-source")?)?;
                }
                "pin-value" => return Err(SourceError::PinValue),
                _ => return Err(SourceError::Attribute { name: name.to_owned() }),
            }
        }
        if token.is_none() && serial.is_none() {
            return Err(SourceError::Missing { part: "token or serial" });
        }
        if object.is_none() && id.is_none() {
            return Err(SourceError::Missing { part: "object or id" });
        }
        let module_path = module_path.ok_or(SourceError::Missing { part: "module-path" })?;
        Ok(Self { text: text.to_owned(), token, serial, object, id, module_path, pin_file })
    }
}

impl TransitUri {
    fn read(text: &str, rest: &str) -> Result<Self, SourceError> {
        const KEY: SourceError =
            SourceError::Value { part: "the address", expected: "https://HOST:PORT/v1/MOUNT/keys/NAME" };
        let (url, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (mut token_file, mut ca_file) = (None, None);
        for (name, value) in attributes(query, '&')? {
            match name {
                "token-file" => set(name, &mut token_file, absolute(value, "token-file")?)?,
                "ca-file" => set(name, &mut ca_file, absolute(value, "ca-file")?)?,
                _ => return Err(SourceError::Attribute { name: name.to_owned() }),
            }
        }
        let (scheme, address) = url.split_once("://").ok_or(KEY)?;
        let (authority, path) = address.split_once('/').ok_or(KEY)?;
        let is_plain = |part: &str| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        let host = authority.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok());
        let host = host.map_or(authority, |(host, _)| host);
        let is_host = host.starts_with('[') && host.ends_with(']') || is_plain(host);
        let parts: Vec<&str> = path.split('/').collect();
        let is_dots = |part: &&str| part.bytes().all(|byte| byte == b'.');
        let ["v1", mount @ .., "keys", key] = parts.as_slice() else { return Err(KEY) };
        if mount.is_empty() || !is_host || !parts.iter().all(|part| is_plain(part) && !is_dots(part)) {
            return Err(KEY);
        }
        match scheme {
            "https" => {}
            "http" if is_this_machine(host) => {}
            "http" => return Err(SourceError::Plaintext),
            _ => return Err(KEY),
        }
        Ok(Self {
            text: text.to_owned(),
            mount: format!("{scheme}://{authority}/v1/{}", mount.join("/")),
            key: (*key).to_owned(),
            token_file: token_file.ok_or(SourceError::Missing { part: "token-file" })?,
            ca_file,
        })
    }
}

fn is_this_machine(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

/// A name without a path in it.
fn name(text: &str, part: &'static str) -> Result<String, SourceError> {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    match text {
        "" => Err(SourceError::Missing { part }),
        "." | ".." => Err(SourceError::Value { part, expected: "a name" }),
        text if text.bytes().all(is_name) => Ok(text.to_owned()),
        _ => Err(SourceError::Value { part, expected: "a name" }),
    }
}

/// Attributes with their values, percent-decoded.
fn attributes(text: &str, separator: char) -> Result<Vec<(&str, Vec<u8>)>, SourceError> {
    let pairs = text.split(separator).filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((name, decoded(value)?))
        })
        .collect()
}

fn decoded(text: &str) -> Result<Vec<u8>, SourceError> {
    const ERROR: SourceError = SourceError::Value { part: "a value", expected: "percent-encoded" };
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let Some((&first, behind)) = rest.split_first() {
        if first != b'%' {
            bytes.push(first);
            rest = behind;
            continue;
        }
        let (digits, behind) = behind.split_at_checked(2).ok_or(ERROR)?;
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok()).ok_or(ERROR);
        bytes.push(digit(digits[0])? << 4 | digit(digits[1])?);
        rest = behind;
    }
    Ok(bytes)
}

/// `text` as a value of RFC 7512: what is not allowed as it is, is percent-encoded.
#[cfg(feature = "pkcs11")]
pub(crate) fn encoded(bytes: &[u8]) -> String {
    let is_kept = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let one = |byte: &u8| if is_kept(*byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") };
    bytes.iter().map(one).collect()
}

fn set<T>(name: &str, place: &mut Option<T>, value: T) -> Result<(), SourceError> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(SourceError::Attribute { name: name.to_owned() }),
    }
}

fn utf8(bytes: Vec<u8>, part: &'static str) -> Result<String, SourceError> {
    match String::from_utf8(bytes) {
        Ok(text) if !text.is_empty() => Ok(text),
        _ => Err(SourceError::Value { part, expected: "a text" }),
    }
}

fn absolute(bytes: Vec<u8>, part: &'static str) -> Result<PathBuf, SourceError> {
    let path = PathBuf::from(utf8(bytes, part)?);
    if path.is_absolute() { Ok(path) } else { Err(SourceError::Value { part, expected: "an absolute path" }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<KeySource, SourceError> {
        let source = text.parse::<KeySource>();
        if let Ok(source) = &source {
            assert_eq!(source.to_string(), text);
        }
        source
    }

    #[test]
    fn simple_sources_are_read_and_written_alike() {
        assert_eq!(read("file:kek"), Ok(KeySource::File("kek".into())));
        assert_eq!(read("env:BANK_KEK"), Ok(KeySource::Env("BANK_KEK".to_owned())));
        assert_eq!(read("systemd-creds:bank.kek"), Ok(KeySource::SystemdCredential("bank.kek".to_owned())));
        for text in ["", "kek", "file:", "env:", "env:A=B", "systemd-creds:..", "systemd-creds:a/b", "FILE:kek"] {
            assert!(read(text).is_err(), "{text}");
        }
        let key = "5a01".repeat(16);
        assert!(!read(&key).expect_err("a key by mistake").to_string().contains("5a01"));
        let beside = read("file:kek").expect("a file").beside(Path::new("/etc/bank"));
        assert_eq!(beside, KeySource::File("/etc/bank/kek".into()));
    }

    #[test]
    fn a_pkcs11_uri_names_one_key() {
        let text = "pkcs11:token=Bank%20%E6%9E%B6;object=kek;id=%01%fF;type=secret-key?module-path=/usr/lib/p11.so&pin-source=file:/run/pin%3d1";
        let Ok(KeySource::Pkcs11(uri)) = read(text) else { panic!("it is right") };
        assert_eq!((uri.token.as_deref(), uri.object.as_deref()), (Some("Bank 架"), Some("kek")));
        assert_eq!((uri.id.as_deref(), uri.serial), (Some(&[1, 0xff][..]), None));
        assert_eq!((uri.module_path, uri.pin_file), ("/usr/lib/p11.so".into(), Some("/run/pin=1".into())));
        let Ok(KeySource::Pkcs11(uri)) = read("pkcs11:serial=1;id=1?module-path=/p&pin-source=file:///run/pin") else {
            panic!("it is right")
        };
        assert_eq!(uri.pin_file, Some("/run/pin".into()));
        for (text, error) in [
            ("pkcs11:object=kek?module-path=/p", SourceError::Missing { part: "token or serial" }),
            ("pkcs11:token=t?module-path=/p", SourceError::Missing { part: "object or id" }),
            ("pkcs11:token=t;object=k", SourceError::Missing { part: "module-path" }),
            ("pkcs11:token=t;object=k?module-path=/p&pin-value=1234", SourceError::PinValue),
            ("pkcs11:token=t;token=u;object=k?module-path=/p", SourceError::Attribute { name: "token".to_owned() }),
            ("pkcs11:token=t;object=k;colour=red?module-path=/p", SourceError::Attribute { name: "colour".to_owned() }),
            (
                "pkcs11:token=t;object=k?module-path=p11.so",
                SourceError::Value { part: "module-path", expected: "an absolute path" },
            ),
            (
                "pkcs11:token=t;object=k?module-path=/p&pin-source=|cat",
                SourceError::Value { part: "pin-source", expected: "an absolute path" },
            ),
            ("pkcs11:token=%4;object=k", SourceError::Value { part: "a value", expected: "percent-encoded" }),
            ("pkcs11:token=%zz;object=k", SourceError::Value { part: "a value", expected: "percent-encoded" }),
            ("pkcs11:token=%ff;object=k", SourceError::Value { part: "an attribute", expected: "a text" }),
        ] {
            assert_eq!(read(text), Err(error), "{text}");
        }
    }

    #[test]
    fn a_transit_key_is_reached_under_tls_or_on_this_machine() {
        let Ok(KeySource::Transit(uri)) =
            read("transit:https://bao.example:8200/v1/team/transit/keys/kek?token-file=/run/token&ca-file=/etc/ca.pem")
        else {
            panic!("it is right")
        };
        assert_eq!((&*uri.mount, &*uri.key), ("https://bao.example:8200/v1/team/transit", "kek"));
        assert_eq!((uri.token_file, uri.ca_file), ("/run/token".into(), Some("/etc/ca.pem".into())));
        for host in ["127.0.0.1:8200", "[::1]:8200", "localhost:8200", "127.0.0.1"] {
            assert!(read(&format!("transit:http://{host}/v1/transit/keys/kek?token-file=/t")).is_ok(), "{host}");
        }
        for host in ["bao.example:8200", "192.0.2.1", "localhost.example", "127.0.0.1.example", "[2001:db8::1]:1"] {
            let text = format!("transit:http://{host}/v1/transit/keys/kek?token-file=/t");
            assert_eq!(read(&text), Err(SourceError::Plaintext), "{host}");
        }
        for url in [
            "https://bao.example/v1/keys/kek",
            "https://bao.example/v1/transit/keys/",
            "https://bao.example/v1/transit/keys/a/b",
            "https://bao.example/v1/../transit/keys/kek",
            "https://user@bao.example/v1/transit/keys/kek",
            "https://bao.example/v1/transit/keys/k%2Fk",
            "https:///v1/transit/keys/kek",
            "ftp://bao.example/v1/transit/keys/kek",
            "bao.example/v1/transit/keys/kek",
        ] {
            assert!(read(&format!("transit:{url}?token-file=/t")).is_err(), "{url}");
        }
        let missing = read("transit:https://bao.example/v1/transit/keys/kek");
        assert_eq!(missing, Err(SourceError::Missing { part: "token-file" }));
    }
}
