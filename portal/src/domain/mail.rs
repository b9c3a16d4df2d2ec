//! Mails and letters of the bank. Each is kept as the name of its text and the words in it.

use serde::{Deserialize, Serialize};

/// A mail, or a letter.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Mail {
    /// Counts them, from 1.
    pub number: u64,
    /// Seconds since 1970.
    pub at: u64,
    /// An address, or for a letter the contract number.
    pub to: String,
    /// The name of its text, `mail-…` or `letter-…`.
    pub text: String,
    /// The words in the text.
    pub words: Vec<(String, String)>,
    /// The mail server's decision, once there is one.
    #[serde(default)]
    pub delivery: Option<Delivery>,
}

/// The decision of a mail server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Delivery {
    /// It has taken the mail.
    Taken,
    /// It has refused the mail for good, or no server accepted it for days.
    Undeliverable,
}

/// A mail that no server has taken yet.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Unsent {
    /// Which one.
    pub number: u64,
    /// How often it was tried.
    pub tries: u32,
    /// When to try again, seconds since 1970.
    pub not_before: u64,
}

impl Mail {
    /// Whether it goes by post.
    #[must_use]
    pub fn is_letter(&self) -> bool {
        self.text.starts_with("letter-")
    }

    /// A word in it; nothing when there is none.
    #[must_use]
    pub fn word(&self, name: &str) -> &str {
        self.words.iter().find(|(known, _)| known == name).map_or("", |(_, word)| word)
    }
}
