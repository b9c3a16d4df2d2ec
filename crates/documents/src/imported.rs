//! What came of a file of keys, as the documents of the command line and of the service say it.

use camtoken::provision;
use schemars::JsonSchema;
use serde::Serialize;

/// The tokens that were registered from a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Imported {
    /// The token IDs
    pub tokens: Vec<String>,
    /// What the file has beside, and why it was left alone
    pub skipped: Vec<Skipped>,
}

/// A key package, or a stored token, that was left alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Skipped {
    /// The serial number of the device, or the ID of the key
    pub name: String,
    /// Why
    pub why: String,
}

impl Imported {
    /// One token that was registered by itself.
    #[must_use]
    pub fn one(token: String) -> Self {
        Self { tokens: vec![token], skipped: Vec::new() }
    }

    /// Why each package was skipped, one line each.
    #[must_use]
    pub fn reasons(&self) -> String {
        let lines: Vec<_> = self.skipped.iter().map(|Skipped { name, why }| format!("{name}: {why}")).collect();
        lines.join("\n")
    }
}

impl Skipped {
    /// What was left alone, and why.
    #[must_use]
    pub fn new(name: String, why: String) -> Self {
        Self { name, why }
    }
}

impl From<provision::Imported> for Imported {
    fn from(imported: provision::Imported) -> Self {
        Self {
            tokens: imported.tokens.iter().map(ToString::to_string).collect(),
            skipped: imported.skipped.into_iter().map(|(name, why)| Skipped { name, why }).collect(),
        }
    }
}
