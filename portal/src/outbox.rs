//! What the bank sends: mails and letters. Here they lie in an outbox that the demonstration shows.
//!
//! A mail is kept as the name of its text and the words in it, and is put into a language when it is read or sent.

use camtoken::Timestamp;
use camtoken::transaction::Operation;
use serde::{Deserialize, Serialize};

use crate::books::{BooksError, Sheet};
use crate::text::Text;

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
    /// What the mail server said, once it has decided.
    #[serde(default)]
    pub delivery: Option<Delivery>,
}

/// What a mail server decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Delivery {
    /// It has taken the mail.
    Taken,
    /// It has refused the mail for good, or nobody took it for days.
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

/// What a letter tells, in this order: the name of the word, and of its label.
const LETTER: &[(&str, &str)] = &[
    ("contract", "contract"),
    ("user", "user"),
    ("login-id", "login-id"),
    ("login", "login-password"),
    ("transaction", "transaction-password"),
    ("first", "first-otp"),
    ("until", "valid-until"),
    ("certificate", "certificate-password"),
    ("token", "serial"),
    ("account", "account-number"),
    ("pin", "inquiry-pin"),
    ("secret", "generator-secret"),
];

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

    /// What a letter tells beside its text: labels and what stands there.
    #[must_use]
    pub fn facts(&self, t: Text) -> Vec<(String, String)> {
        let told = LETTER.iter().filter(|(name, _)| !self.word(name).is_empty());
        told.map(|(name, label)| (t.get(label), speak(t, name, self.word(name)))).collect()
    }

    /// What it is about.
    #[must_use]
    pub fn subject(&self, t: Text) -> String {
        t.get(&format!("{}-subject", self.text))
    }

    /// What a mail says.
    #[must_use]
    pub fn body(&self, t: Text) -> String {
        let words: Vec<_> = self.words.iter().map(|(name, word)| (name.as_str(), speak(t, name, word))).collect();
        let words: Vec<_> = words.iter().map(|(name, word)| (*name, word.as_str())).collect();
        t.with(&format!("{}-body", self.text), &words)
    }
}

/// Puts a mail into the outbox, with the change that it tells of.
///
/// # Errors
///
/// [`BooksError`]
pub fn post(
    sheet: &mut Sheet<'_>,
    to: &str,
    text: &str,
    words: &[(&str, &str)],
    now: Timestamp,
) -> Result<(), BooksError> {
    let number = sheet.last::<Mail>()?.map_or(1, |last| last.number + 1);
    let words = words.iter().map(|(name, word)| ((*name).to_owned(), (*word).to_owned())).collect();
    let mail = Mail { number, at: now.as_unix(), to: to.to_owned(), text: text.to_owned(), words, delivery: None };
    if !mail.is_letter() {
        sheet.put(&Unsent { number, tries: 0, not_before: 0 });
    }
    sheet.put(&mail);
    Ok(())
}

/// A word, those that are names of ours in the reader's language.
fn speak(t: Text, name: &str, word: &str) -> String {
    match name {
        "credential" if ["first-otp", "otp", "inquiry-pin"].contains(&word) => t.get(word),
        "credential" => t.get(&format!("{word}-password")),
        "operation" => {
            word.parse::<Operation>().map_or_else(|_| word.to_owned(), |known| known.entry().label.text(t.0).to_owned())
        }
        "secret" => word.as_bytes().chunks(4).map(String::from_utf8_lossy).collect::<Vec<_>>().join(" "),
        "until" => word.parse().map_or_else(|_| word.to_owned(), |day| t.day(day)),
        _ => word.to_owned(),
    }
}
