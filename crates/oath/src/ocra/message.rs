//! The input of the computation (RFC 6287, section 5.1).

use core::ops::{Deref, DerefMut};

use super::{DataInput, InputError, Part, Question, QuestionError, Suite, question, suite};
use crate::{Key, Keyed, Tag};

impl Suite {
    pub(super) const fn asks_for(&self, part: Part) -> bool {
        match part {
            Part::Counter => self.counter(),
            Part::Pin => self.pin().is_some(),
            Part::Session => self.session().is_some(),
            Part::Time => self.time_step().is_some(),
        }
    }

    /// Where the values begin in a message: behind the suite and its zero byte.
    pub(super) fn data_start(&self) -> usize {
        self.as_str().len() + 1
    }
}

/// The input of the HMAC (section 5.1): suite, a zero byte, and the values that the suite requires, checked.
pub(super) struct Message<'a> {
    pub(super) suite: &'a Suite,
    pub(super) question: &'a Question,
    pub(super) input: &'a DataInput,
}

impl<'a> Message<'a> {
    pub(super) fn new(suite: &'a Suite, input: &'a DataInput) -> Result<Self, InputError> {
        Self::with_question(suite, &input.question, input)
    }

    pub(super) fn with_question(
        suite: &'a Suite,
        question: &'a Question,
        input: &'a DataInput,
    ) -> Result<Self, InputError> {
        for (part, given) in [
            (Part::Counter, input.counter.is_some()),
            (Part::Pin, input.pin.is_some()),
            (Part::Session, input.session.is_some()),
            (Part::Time, input.time.is_some()),
        ] {
            match (suite.asks_for(part), given) {
                (true, false) => return Err(InputError::Missing { part }),
                (false, true) => return Err(InputError::Superfluous { part }),
                _ => {}
            }
        }
        if question.format() != suite.question() {
            return Err(QuestionError::Format { expected: suite.question(), found: question.format() }.into());
        }
        if let (Some(hash), Some(pin)) = (suite.pin(), &input.pin) {
            let (expected, found) = (hash.output_len(), pin.expose_bytes().len());
            if expected != found {
                return Err(InputError::Pin { expected, found });
            }
        }
        if let (Some(max), Some(session)) = (suite.session(), &input.session) {
            let (max, found) = (usize::from(max), session.len());
            if found > max {
                return Err(InputError::Session { max, found });
            }
        }
        Ok(Self { suite, question, input })
    }

    pub(super) fn mac(&self, key: &Key) -> Tag {
        Keyed::new(self.suite.hash(), key).mac(&self.bytes())
    }

    pub(super) fn bytes(&self) -> Bytes {
        let mut bytes = Bytes::default();
        bytes.extend(self.suite.as_str().as_bytes());
        bytes.extend(&[0]);
        self.write_values(|value| bytes.extend(value));
        bytes
    }

    /// Everything behind the suite.
    pub(super) fn write_values(&self, mut write: impl FnMut(&[u8])) {
        if let Some(counter) = self.input.counter {
            write(&counter.to_be_bytes());
        }
        write(self.question.encoded());
        if let Some(pin) = &self.input.pin {
            write(pin.expose_bytes());
        }
        if let (Some(len), Some(session)) = (self.suite.session(), &self.input.session) {
            write(&[0; 512][..usize::from(len) - session.len()]);
            write(session);
        }
        if let Some(time) = self.input.time {
            write(&time.to_be_bytes());
        }
    }
}

/// A message; it may hold a PIN's hash, and is wiped when dropped.
pub(super) struct Bytes {
    pub(super) bytes: [u8; Self::MAX],
    pub(super) len: usize,
}

impl Bytes {
    /// The longest suite, its zero byte, C, Q, PSHA512, S512 and T.
    pub(super) const MAX: usize = suite::MAX_LEN + 1 + 8 + question::ENCODED_LEN + 64 + 512 + 8;

    pub(super) fn extend(&mut self, bytes: &[u8]) {
        self.bytes[self.len..self.len + bytes.len()].copy_from_slice(bytes);
        self.len += bytes.len();
    }
}

impl Default for Bytes {
    fn default() -> Self {
        Self { bytes: [0; Self::MAX], len: 0 }
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl DerefMut for Bytes {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[..self.len]
    }
}

impl Drop for Bytes {
    fn drop(&mut self) {
        self.bytes[..self.len].fill(0);
        zeroize::optimization_barrier(&self.bytes);
    }
}
