//! What the bank sends: mails and letters. Here they lie in an outbox that the demonstration shows.
//!
//! A mail is kept as the name of its text and the words in it, and is put into a language when it is read or sent.

use camtoken::Timestamp;
use serde::{Deserialize, Serialize};

use crate::books::{BooksError, Sheet};

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
}

impl Mail {
    /// Whether it goes by post.
    #[must_use]
    pub fn is_letter(&self) -> bool {
        self.text.starts_with("letter-")
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
    sheet.put(&Mail { number, at: now.as_unix(), to: to.to_owned(), text: text.to_owned(), words });
    Ok(())
}
