//! What came of a file of keys, as the documents of the command line and of the service say it.

use camtoken::provision;
use schemars::JsonSchema;
use serde::Serialize;

/// The tokens and generators that were registered from a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[non_exhaustive]
pub struct Imported {
    /// The token IDs
    pub tokens: Vec<String>,
    /// The serial numbers of the generators
    pub generators: Vec<String>,
    /// What the file has beside, and why it was left alone
    pub skipped: Vec<Skipped>,
}

/// A key package, or a stored token, that was left alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Skipped {
    /// The serial number of the device, or the ID of the key; a question mark where the file names neither
    pub name: String,
    /// The place of the package in the file, from 1
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package: Option<usize>,
    /// The ID of the key, where the file has one
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    /// Why
    pub why: String,
    /// Whether a value was altered on its way, or is under another key or none
    pub unauthentic: bool,
}

impl Imported {
    /// One token that was registered by itself.
    #[must_use]
    pub fn one(token: String) -> Self {
        Self { tokens: vec![token], ..Self::default() }
    }

    /// Why each package was skipped, one line each.
    #[must_use]
    pub fn reasons(&self) -> String {
        let lines: Vec<_> = self.skipped.iter().map(|it| format!("{}: {}", it.label(), it.why)).collect();
        lines.join("\n")
    }

    /// Whether nothing of the file was taken.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tokens.is_empty() && self.generators.is_empty()
    }

    /// Whether a value of the file was altered on its way, or is under another key or none.
    #[must_use]
    pub fn is_altered(&self) -> bool {
        self.skipped.iter().any(|skipped| skipped.unauthentic)
    }
}

impl Skipped {
    /// What was left alone, and why.
    #[must_use]
    pub fn new(name: String, why: String) -> Self {
        Self { name, package: None, key_id: None, why, unauthentic: false }
    }

    /// Place and name, as in `2 (FEX0000002)`; of a stored token, its name.
    #[must_use]
    pub fn label(&self) -> String {
        match self.package {
            Some(number) => format!("{number} ({})", self.name),
            None => self.name.clone(),
        }
    }
}

impl From<provision::Imported> for Imported {
    fn from(imported: provision::Imported) -> Self {
        Self {
            tokens: imported.tokens.iter().map(ToString::to_string).collect(),
            generators: imported.generators.iter().map(ToString::to_string).collect(),
            skipped: imported.skipped.into_iter().map(Skipped::from).collect(),
        }
    }
}

impl From<provision::Skipped> for Skipped {
    fn from(provision::Skipped { package, why, unauthentic, .. }: provision::Skipped) -> Self {
        let name = package.known().unwrap_or("?").to_owned();
        Self { name, package: Some(package.number), key_id: package.key_id, why, unauthentic }
    }
}
