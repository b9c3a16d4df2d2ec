//! The file of wrapped keys: JSON with a version, the newest key first. Nothing in it is secret without the module.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::KeysError;

const FORMAT: &str = "camtoken kek 1";

/// Key-encryption keys that a module has wrapped, the newest first. `Display` writes the file that `FromStr` reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrappedKeys {
    format: String,
    /// The keys; there is at least one.
    keys: Vec<WrappedKey>,
}

/// One wrapped key, and the constant that was wrapped beside it: if that opens and the key does not, the key was altered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrappedKey {
    /// The key of the module that it was wrapped under, as a source names it.
    pub(crate) under: String,
    /// How: `aes-gcm`, `aes-kwp` or `transit`.
    pub(crate) by: String,
    /// The wrapped key.
    pub(crate) key: String,
    /// The wrapped constant.
    pub(crate) canary: String,
}

impl WrappedKeys {
    /// Keys of one file, the newest first.
    ///
    /// # Errors
    ///
    /// [`KeysError::Format`] for no keys at all.
    pub fn new(keys: Vec<WrappedKey>) -> Result<Self, KeysError> {
        match keys.is_empty() {
            true => Err(KeysError::Format { reason: "it has no keys".to_owned() }),
            false => Ok(Self { format: FORMAT.to_owned(), keys }),
        }
    }

    /// The keys, the newest first.
    #[must_use]
    pub fn keys(&self) -> &[WrappedKey] {
        &self.keys
    }

    /// The same keys behind a newer one.
    #[must_use]
    pub fn behind(self, newest: WrappedKey) -> Self {
        let mut keys = vec![newest];
        keys.extend(self.keys);
        Self { format: self.format, keys }
    }

    /// The same keys with a newer one in the second place. Every verifier with this file opens what is wrapped under it, and wraps
    /// nothing under it yet.
    #[must_use]
    pub fn before(mut self, next: WrappedKey) -> Self {
        self.keys.insert(1, next);
        self
    }

    /// The same keys with the second in the first place. `None` when there is only one.
    #[must_use]
    pub fn promoted(mut self) -> Option<Self> {
        if self.keys.len() < 2 {
            return None;
        }
        self.keys.swap(0, 1);
        Some(self)
    }
}

impl WrappedKey {
    /// The key of the module that it was wrapped under.
    #[must_use]
    pub fn under(&self) -> &str {
        &self.under
    }
}

impl FromStr for WrappedKeys {
    type Err = KeysError;

    /// # Errors
    ///
    /// [`KeysError::Format`] when it is another file, or one of another version.
    fn from_str(text: &str) -> Result<Self, KeysError> {
        let read: Self = serde_json::from_str(text).map_err(|error| KeysError::Format { reason: error.to_string() })?;
        if read.format != FORMAT {
            return Err(KeysError::Format { reason: format!("it is not of the format {FORMAT:?}") });
        }
        Self::new(read.keys)
    }
}

impl fmt::Display for WrappedKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = serde_json::to_string_pretty(self).map_err(|_| fmt::Error)?;
        writeln!(f, "{text}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> WrappedKey {
        let text = |part: &str| format!("{part} of {name}");
        WrappedKey { under: text("under"), by: text("by"), key: text("key"), canary: text("canary") }
    }

    #[test]
    fn a_file_is_read_as_it_was_written_the_newest_first() {
        let keys = WrappedKeys::new(vec![key("old")]).expect("one key").behind(key("new"));
        assert_eq!(keys.to_string().parse::<WrappedKeys>().expect("just written"), keys);
        assert_eq!(keys.keys()[0].under(), "under of new");
        let order = |keys: &WrappedKeys| keys.keys().iter().map(|key| key.under().to_owned()).collect::<Vec<_>>();
        let three = keys.clone().before(key("next"));
        assert_eq!(order(&three), ["under of new", "under of next", "under of old"]);
        assert_eq!(order(&three.promoted().expect("two or more")), ["under of next", "under of new", "under of old"]);
        assert_eq!(WrappedKeys::new(vec![key("old")]).expect("one key").promoted(), None);
        let text = keys.to_string();
        for other in [
            String::new(),
            text.replace("kek 1", "kek 2"),
            text.replace("\"canary\"", "\"extra\": 1, \"canary\""),
            "{\"format\": \"camtoken kek 1\", \"keys\": []}".to_owned(),
            "5a01".repeat(16),
        ] {
            assert!(matches!(other.parse::<WrappedKeys>(), Err(KeysError::Format { .. })), "{other}");
        }
    }
}
