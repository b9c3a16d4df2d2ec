//! Accounts for plain OCRA: cards, and the questions of privacyIDEA and others.

use camtoken_oath::Timestamp;
use camtoken_oath::ocra::{self, DataInput, PinHash, Question, Suite};
use sha1::{Digest as _, Sha1};
use sha2::{Sha256, Sha512};
use zeroize::Zeroizing;

use crate::refusal::Refusal;
use crate::secret::Secret;

/// A key with its OCRASuite.
#[derive(Debug)]
pub struct Ocra {
    /// The OCRASuite.
    pub suite: Suite,
    /// The key.
    pub secret: Secret,
    /// The counter of the next response, for suites that have one.
    pub counter: u64,
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OcraQuestion {
    /// OCRA's question, in the suite's format.
    pub question: String,
    /// The text that the question was made from, where the token made it.
    pub text: Option<String>,
    /// The session, for suites that have one.
    pub session: Option<Vec<u8>>,
}

/// The hash by which a text becomes a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum TextHash {
    Sha1,
    Sha256,
    Sha512,
}

impl TextHash {
    /// The hash that fills the question of a suite: 40 hexadecimal digits are SHA-1's, 64 are SHA-256's.
    ///
    /// # Errors
    ///
    /// [`Refusal::Malformed`] for a suite whose question is no hash.
    pub fn of_suite(suite: &Suite) -> Result<Self, Refusal> {
        match suite.question().max_len() {
            40 => Ok(Self::Sha1),
            64 => Ok(Self::Sha256),
            len => Err(Refusal::malformed(
                "ocra",
                "question",
                format!("the suite's {len} characters are no hash of a text"),
            )),
        }
    }
}

impl OcraQuestion {
    /// A question as it was typed or read.
    #[must_use]
    pub fn typed(question: &str) -> Self {
        Self { question: question.to_owned(), text: None, session: None }
    }

    /// The question that a text makes by its hash, in hexadecimal: as privacyIDEA's `hashchallenge` does it, and as it is typed into a
    /// DisplayTAN card with the suite `OCRA-1:HOTP-SHA1-8:QH40`.
    #[must_use]
    pub fn hashed(text: &str, hash: TextHash) -> Self {
        let bytes = text.as_bytes();
        let question = match hash {
            TextHash::Sha1 => base16ct::lower::encode_string(&Sha1::digest(bytes)),
            TextHash::Sha256 => base16ct::lower::encode_string(&Sha256::digest(bytes)),
            TextHash::Sha512 => base16ct::lower::encode_string(&Sha512::digest(bytes)),
        };
        Self { question, text: Some(text.to_owned()), session: None }
    }
}

impl Ocra {
    /// The response; the counter has moved on when it is given out. For suites with a PIN, the PIN is a part of the question.
    pub(crate) fn respond(
        &mut self,
        asked: &OcraQuestion,
        pin: Option<&str>,
        now: Timestamp,
    ) -> Result<Zeroizing<String>, Refusal> {
        let key = self.secret.reveal(pin)?;
        let wrong = |reason: &dyn ToString| Refusal::malformed("ocra", "question", reason.to_string());
        let question = Question::new(self.suite.question(), &asked.question).map_err(|error| wrong(&error))?;
        let mut input = DataInput::new(question);
        input.counter = self.suite.counter().then_some(self.counter);
        input.session = self.suite.session().map(|_| asked.session.clone().unwrap_or_default());
        input.time = self.suite.time_steps(now);
        if let Some(hash) = self.suite.pin() {
            input.pin = Some(PinHash::new(hash, pin.ok_or(crate::secret::PinError::Missing)?));
        }
        let response = ocra::respond(&self.suite, &key, &input).map_err(|error| wrong(&error))?;
        if self.suite.counter() {
            self.counter = self.counter.wrapping_add(1);
        }
        Ok(Zeroizing::new(response.expose_str().to_owned()))
    }

    pub(crate) fn wants_pin(&self) -> bool {
        self.suite.pin().is_some() || self.secret.is_hidden()
    }
}
