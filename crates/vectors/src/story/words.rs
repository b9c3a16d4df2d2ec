//! The words of one line.

use std::collections::VecDeque;

/// The words for a verb. A word that the verb has not read is an error at the end.
pub(super) struct Words(VecDeque<String>);

impl Words {
    /// Splits at spaces; in double quotes they are part of a word.
    pub fn split(line: &str) -> Result<Self, String> {
        let mut words = VecDeque::new();
        let (mut word, mut quoted, mut open) = (String::new(), false, false);
        for character in line.chars() {
            match character {
                '"' => (quoted, open) = (!quoted, true),
                ' ' if !quoted => {
                    if open {
                        words.push_back(std::mem::take(&mut word));
                    }
                    open = false;
                }
                _ => {
                    word.push(character);
                    open = true;
                }
            }
        }
        if quoted {
            return Err("a quotation mark is left open".to_owned());
        }
        if open {
            words.push_back(word);
        }
        Ok(Self(words))
    }

    /// The next word.
    pub fn next(&mut self, what: &str) -> Result<String, String> {
        self.0.pop_front().ok_or_else(|| format!("{what} is missing"))
    }

    /// Whether the next word is this one; if so, it is read.
    pub fn take(&mut self, word: &str) -> bool {
        let is_next = self.0.front().is_some_and(|next| next == word);
        if is_next {
            self.0.pop_front();
        }
        is_next
    }

    /// All `name=value` that come next.
    pub fn fields(&mut self) -> Vec<(String, String)> {
        let mut fields = Vec::new();
        while let Some((name, value)) = self.0.front().and_then(|word| word.split_once('=')) {
            fields.push((name.to_owned(), value.to_owned()));
            self.0.pop_front();
        }
        fields
    }

    /// Checks that no word is left.
    pub fn finish(self) -> Result<(), String> {
        match self.0.front() {
            Some(word) => Err(format!("{word:?} is not understood here")),
            None => Ok(()),
        }
    }
}
