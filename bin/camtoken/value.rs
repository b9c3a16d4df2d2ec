//! Values of settings and arguments: how each kind is read, and how it is shown.

use std::path::{Path, PathBuf};

use camtoken::Timestamp;
use camtoken::language::Language;

/// A kind of value: how it is read, and how it is shown.
pub trait Value: Sized {
    /// What it accepts, for the error.
    const EXPECTED: &'static str;

    /// Reads it.
    fn read(text: &str) -> Result<Self, BadValue>;

    /// Shows it: string, number, boolean or null.
    fn json(&self) -> serde_json::Value;

    /// Whether a rejected text may be shown. A text that was put here by mistake may be a secret.
    const IS_SHOWN: bool = true;

    /// The value as a file in `dir` means it: a relative path starts there.
    fn beside(self, _dir: &Path) -> Self {
        self
    }
}

/// The text is no value of its kind; [`Value::EXPECTED`] says what would be.
#[derive(Debug, PartialEq, Eq)]
pub struct BadValue;

/// Reads an argument of the command line as the settings do.
///
/// # Errors
///
/// What was expected instead.
pub fn value<T: Value>(text: &str) -> Result<T, String> {
    T::read(text).map_err(|_| format!("expected {}", T::EXPECTED))
}

impl Value for bool {
    const EXPECTED: &'static str = "true|false";

    fn read(text: &str) -> Result<Self, BadValue> {
        text.parse().map_err(|_| BadValue)
    }

    fn json(&self) -> serde_json::Value {
        (*self).into()
    }
}

impl Value for Language {
    const EXPECTED: &'static str = "en|ja";

    fn read(text: &str) -> Result<Self, BadValue> {
        text.parse().map_err(|_| BadValue)
    }

    fn json(&self) -> serde_json::Value {
        self.as_str().into()
    }
}

impl Value for Timestamp {
    const EXPECTED: &'static str = "2026-11-21T03:04:05Z|SECONDS";

    fn read(text: &str) -> Result<Self, BadValue> {
        text.parse().map_err(|_| BadValue)
    }

    fn json(&self) -> serde_json::Value {
        self.to_string().into()
    }
}

impl Value for String {
    const EXPECTED: &'static str = "TEXT";

    fn read(text: &str) -> Result<Self, BadValue> {
        if text.is_empty() { Err(BadValue) } else { Ok(text.to_owned()) }
    }

    fn json(&self) -> serde_json::Value {
        self.as_str().into()
    }
}

impl Value for PathBuf {
    const EXPECTED: &'static str = "PATH";

    fn read(text: &str) -> Result<Self, BadValue> {
        if text.is_empty() { Err(BadValue) } else { Ok(text.into()) }
    }

    fn json(&self) -> serde_json::Value {
        self.to_string_lossy().into()
    }

    fn beside(self, dir: &Path) -> Self {
        dir.join(self)
    }
}

impl<T: Value> Value for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;
    const IS_SHOWN: bool = T::IS_SHOWN;

    fn read(text: &str) -> Result<Self, BadValue> {
        T::read(text).map(Some)
    }

    fn json(&self) -> serde_json::Value {
        self.as_ref().map_or(serde_json::Value::Null, T::json)
    }

    fn beside(self, dir: &Path) -> Self {
        self.map(|value| value.beside(dir))
    }
}
