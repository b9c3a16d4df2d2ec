//! The kinds of values that the settings have, beside paths and plain texts.

use std::path::{Path, PathBuf};
use std::time::Duration;

use camtoken::transaction::Operation;

use crate::value::{BadValue, Value};

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Value for Color {
    const EXPECTED: &'static str = "auto|always|never";

    fn read(text: &str) -> Result<Self, BadValue> {
        match text {
            "auto" => Ok(Self::Auto),
            "always" => Ok(Self::Always),
            "never" => Ok(Self::Never),
            _ => Err(BadValue),
        }
    }

    fn json(&self) -> serde_json::Value {
        match self {
            Self::Auto => "auto",
            Self::Always => "always",
            Self::Never => "never",
        }
        .into()
    }
}

impl From<Color> for anstream::ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => Self::Auto,
            Color::Always => Self::Always,
            Color::Never => Self::Never,
        }
    }
}

/// Where the verifier keeps its records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Store {
    /// The embedded store.
    Directory(PathBuf),
    /// A server.
    Url(String),
}

impl Value for Store {
    const EXPECTED: &'static str = "DIR|URL";

    fn read(text: &str) -> Result<Self, BadValue> {
        match text {
            "" => Err(BadValue),
            url if url.contains("://") => Ok(Self::Url(url.to_owned())),
            dir => Ok(Self::Directory(dir.into())),
        }
    }

    /// A password in the URL is left out.
    fn json(&self) -> serde_json::Value {
        match self {
            Self::Directory(dir) => dir.to_string_lossy().into(),
            Self::Url(url) => without_password(url).into(),
        }
    }

    fn beside(self, dir: &Path) -> Self {
        match self {
            Self::Directory(path) => Self::Directory(path.beside(dir)),
            url @ Self::Url(_) => url,
        }
    }
}

impl Store {
    /// Where an embedded store is.
    pub fn directory(self) -> Option<PathBuf> {
        match self {
            Self::Directory(dir) => Some(dir),
            Self::Url(_) => None,
        }
    }

    /// Whether it is a URL with a password in it.
    pub fn has_password(&self) -> bool {
        matches!(self, Self::Url(url) if without_password(url) != *url)
    }
}

/// Where the key-encryption key is. The part after the kind is read when the key is needed; only then is a mistake in it reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KekSource(pub String);

impl Value for KekSource {
    const EXPECTED: &'static str = "file:PATH|env:NAME|systemd-creds:NAME|pkcs11:…|transit:https://…";
    const IS_SHOWN: bool = false;

    /// A PIN in it is refused, because settings are shown.
    fn read(text: &str) -> Result<Self, BadValue> {
        let kinds = ["file:", "env:", "systemd-creds:", "pkcs11:", "transit:"];
        let is_one = kinds.iter().any(|kind| text.len() > kind.len() && text.starts_with(kind));
        if is_one && !text.contains("pin-value") { Ok(Self(text.to_owned())) } else { Err(BadValue) }
    }

    fn json(&self) -> serde_json::Value {
        self.0.as_str().into()
    }

    fn beside(self, dir: &Path) -> Self {
        match self.0.strip_prefix("file:") {
            Some(path) => Self(format!("file:{}", dir.join(path).display())),
            None => self,
        }
    }
}

/// What guarantees that a change stays which the database has acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Its disk.
    Disk,
    /// A synchronous standby, too.
    Standby,
    /// The operator.
    Vouched,
}

impl Value for Durability {
    const EXPECTED: &'static str = "disk|standby|vouched";

    fn read(text: &str) -> Result<Self, BadValue> {
        match text {
            "disk" => Ok(Self::Disk),
            "standby" => Ok(Self::Standby),
            "vouched" => Ok(Self::Vouched),
            _ => Err(BadValue),
        }
    }

    fn json(&self) -> serde_json::Value {
        match self {
            Self::Disk => "disk",
            Self::Standby => "standby",
            Self::Vouched => "vouched",
        }
        .into()
    }
}

#[cfg(feature = "postgres")]
impl From<Durability> for camtoken_postgres::Durability {
    fn from(durability: Durability) -> Self {
        match durability {
            Durability::Disk => Self::Disk,
            Durability::Standby => Self::Standby,
            Durability::Vouched => Self::Vouched,
        }
    }
}

#[cfg(feature = "etcd")]
impl From<Durability> for camtoken_etcd::Durability {
    fn from(durability: Durability) -> Self {
        match durability {
            Durability::Disk => Self::Disk,
            Durability::Standby => Self::Standby,
            Durability::Vouched => Self::Vouched,
        }
    }
}

macro_rules! span_of_time {
    ($(#[$doc:meta])* $name:ident, $least:literal..=$most:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $name(pub(super) u64);

        impl $name {
            /// As a span of time.
            pub const fn duration(self) -> Duration {
                Duration::from_secs(self.0)
            }
        }

        impl Value for $name {
            const EXPECTED: &'static str = concat!($least, "s..", $most, "s");

            fn read(text: &str) -> Result<Self, BadValue> {
                let seconds = seconds(text)?;
                if ($least..=$most).contains(&seconds) { Ok(Self(seconds)) } else { Err(BadValue) }
            }

            fn json(&self) -> serde_json::Value {
                self.0.into()
            }
        }
    };
}

span_of_time! {
    /// How long a challenge is valid: `180`, `180s`, `3m`.
    Lifetime, 1..=600
}
span_of_time! {
    /// How long to wait for something.
    Wait, 0..=600
}
#[cfg(feature = "server")]
span_of_time! {
    /// How often something is done: `3600`, `1h`.
    Every, 60..=2678400
}

/// How long a picture may be searched: `500ms`, `2s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget(Duration);

impl Budget {
    /// As a span of time.
    pub const fn duration(self) -> Duration {
        self.0
    }
}

impl Value for Budget {
    const EXPECTED: &'static str = "10ms..600s";

    fn read(text: &str) -> Result<Self, BadValue> {
        let span: jiff::SignedDuration = text.parse().map_err(|_| BadValue)?;
        let span = Duration::try_from(span).map_err(|_| BadValue)?;
        let allowed = Duration::from_millis(10)..=Duration::from_secs(600);
        if allowed.contains(&span) { Ok(Self(span)) } else { Err(BadValue) }
    }

    fn json(&self) -> serde_json::Value {
        format!("{}ms", self.0.as_millis()).into()
    }
}

/// Whole seconds: `180`, `180s`, `3m`.
fn seconds(text: &str) -> Result<u64, BadValue> {
    if let Ok(seconds) = text.parse() {
        return Ok(seconds);
    }
    let span: jiff::SignedDuration = text.parse().map_err(|_| BadValue)?;
    Ok(Duration::try_from(span).map_err(|_| BadValue)?.as_secs())
}

/// A bank's name that every token can show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BankName(pub(super) String);

impl BankName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Value for BankName {
    const EXPECTED: &'static str = "1..20 columns of text";

    fn read(text: &str) -> Result<Self, BadValue> {
        let entry = Operation::Activation1.entry();
        let shown = entry.displayed().find(|field| field.name == "bank").expect("a registration names the bank");
        shown.parse(text).map(|name| Self(name.to_string())).map_err(|_| BadValue)
    }

    fn json(&self) -> serde_json::Value {
        self.0.as_str().into()
    }
}

macro_rules! small_number {
    ($(#[$doc:meta])* $name:ident, $least:literal..=$most:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $name(pub u8);

        impl Value for $name {
            const EXPECTED: &'static str = concat!($least, "..", $most);

            fn read(text: &str) -> Result<Self, BadValue> {
                match text.parse() {
                    Ok(number) if ($least..=$most).contains(&number) => Ok(Self(number)),
                    _ => Err(BadValue),
                }
            }

            fn json(&self) -> serde_json::Value {
                self.0.into()
            }
        }
    };
}

small_number! {
    /// How many digits a response has.
    Digits, 6..=10
}
small_number! {
    /// How many wrong responses are allowed.
    Attempts, 1..=10
}
small_number! {
    /// How many connections there may be.
    Connections, 1..=200
}

fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (place, query) = rest.split_once('?').map_or((rest, None), |(place, query)| (place, Some(query)));
    let (authority, path) = place.split_at(place.find('/').unwrap_or(place.len()));
    let authority = match authority.rsplit_once('@') {
        Some((user, host)) => format!("{}@{host}", user.split(':').next().unwrap_or_default()),
        None => authority.to_owned(),
    };
    let kept: Option<Vec<&str>> =
        query.map(|query| query.split('&').filter(|pair| !pair.starts_with("password=")).collect());
    let query =
        kept.filter(|pairs| !pairs.is_empty()).map_or_else(String::new, |pairs| format!("?{}", pairs.join("&")));
    format!("{scheme}://{authority}{path}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_of_a_store_is_not_shown() {
        let store =
            Store::read("postgres://camtoken:hunter:2@db@db.example:5432/bank?sslmode=verify-full").expect("a URL");
        assert_eq!(store.json(), "postgres://camtoken@db.example:5432/bank?sslmode=verify-full");
        assert!(store.has_password());
        for (url, shown) in [
            ("postgres:///bank?host=/run&password=hunter2", "postgres:///bank?host=/run"),
            ("postgres:///bank?password=hunter2", "postgres:///bank"),
            ("postgres://db.example?password=hunter2", "postgres://db.example"),
            ("postgres://db.example/bank?user=a@b", "postgres://db.example/bank?user=a@b"),
        ] {
            let store = Store::read(url).expect("a URL");
            assert_eq!((store.json(), store.has_password()), (shown.into(), shown != url));
        }
    }
}
