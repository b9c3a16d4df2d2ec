//! The mails and letters of the bank. They are in an outbox that the demonstration shows.
//!
//! A mail is kept as the name of its text and the words in it, and is put into a language when it is read or sent.

use camtoken::Timestamp;
use camtoken::transaction::Operation;

use crate::books::{BooksError, Sheet};
use crate::domain::mail::{Mail, Unsent};
use crate::text::Text;

/// The words of a letter, in this order: the name of the word, and of its label.
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
    /// The rows of a letter beside its text: labels and values.
    #[must_use]
    pub fn facts(&self, t: Text) -> Vec<(String, String)> {
        let told = LETTER.iter().filter(|(name, _)| !self.word(name).is_empty());
        told.map(|(name, label)| (t.get(label), speak(t, name, self.word(name)))).collect()
    }

    /// Its subject.
    #[must_use]
    pub fn subject(&self, t: Text) -> String {
        t.get(&format!("{}-subject", self.text))
    }

    /// The text of a mail.
    #[must_use]
    pub fn body(&self, t: Text) -> String {
        let words: Vec<_> = self.words.iter().map(|(name, word)| (name.as_str(), speak(t, name, word))).collect();
        let words: Vec<_> = words.iter().map(|(name, word)| (*name, word.as_str())).collect();
        t.with(&format!("{}-body", self.text), &words)
    }
}

/// Puts a mail into the outbox, with the change that it reports.
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

/// A word; the bank's own names are in the reader's language.
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
