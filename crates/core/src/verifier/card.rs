//! Cards: generators that answer a question (OCRA, RFC 6287) with digits. They show no transaction.

use alloc::string::String;

use camtoken_oath::Digits;
use camtoken_oath::ocra::{DataInput, Question, QuestionFormat, QuestionKind, Suite};
use minicbor::{Decode, Decoder, Encode, Encoder};
use rand::CryptoRng;

/// The suite of a card, and the length of its questions.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CardSuite {
    text: [u8; Self::LONGEST],
    len: u8,
    question_len: u8,
}

/// Why a verifier cannot check the responses of a suite.
#[derive(Debug, Clone, Copy, thiserror::Error, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UnfitSuite {
    /// A PIN, a session or the time goes in: the verifier does not know the first two, and finds no clock of a card again.
    #[error("its OCRASuite has P, S or T; a card here has a question, with a counter or without")]
    Input,
    /// Fewer digits are guessed too easily.
    #[error("its OCRASuite has no 6 to 10 digits")]
    Digits,
    /// Shorter questions come again too soon.
    #[error("its questions have fewer than {} digits, or more than its OCRASuite allows", CardSuite::LEAST_QUESTION)]
    Question,
}

impl CardSuite {
    /// `OCRA-1:HOTP-SHA512-10:C-QA64` is the longest that is accepted.
    const LONGEST: usize = 28;

    /// The fewest digits of a question.
    pub const LEAST_QUESTION: u8 = 6;

    /// The digits of a question where the card's maker says nothing: people type them.
    const USUAL_QUESTION: u8 = 8;

    /// A suite whose questions have `question_len` decimal digits, which each format of a question has. Without a length: as many as
    /// the suite allows, at most 8.
    ///
    /// # Errors
    ///
    /// [`UnfitSuite`]
    pub fn new(suite: &Suite, question_len: Option<u8>) -> Result<Self, UnfitSuite> {
        if suite.pin().is_some() || suite.session().is_some() || suite.time_step().is_some() {
            return Err(UnfitSuite::Input);
        }
        if !(6..=10).contains(&suite.digits()) {
            return Err(UnfitSuite::Digits);
        }
        let most = suite.question().max_len();
        let question_len = question_len.unwrap_or(most.min(Self::USUAL_QUESTION));
        if !(Self::LEAST_QUESTION..=most).contains(&question_len) {
            return Err(UnfitSuite::Question);
        }
        let written = suite.as_str().as_bytes();
        let mut text = [0; Self::LONGEST];
        text.get_mut(..written.len()).ok_or(UnfitSuite::Input)?.copy_from_slice(written);
        let len = u8::try_from(written.len()).map_err(|_| UnfitSuite::Input)?;
        Ok(Self { text, len, question_len })
    }

    /// Its text, as the card's maker wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.text[..self.len.into()]).expect("the text of a suite")
    }

    /// The suite.
    #[must_use]
    pub fn suite(&self) -> Suite {
        self.as_str().parse().expect("it was a suite")
    }

    /// The decimal digits of a response.
    #[must_use]
    pub fn digits(&self) -> Digits {
        Digits::try_from(self.suite().digits()).expect("6 to 10")
    }

    /// The decimal digits of a question.
    #[must_use]
    pub const fn question_len(&self) -> u8 {
        self.question_len
    }

    /// The random digits of a question to any card: a card is shown as many of them as its suite has.
    #[must_use]
    pub(super) fn random_digits(rng: &mut impl CryptoRng) -> String {
        let longest = QuestionFormat::new(QuestionKind::Numeric, 64).expect("a format of the grammar");
        String::from(Question::random(longest, rng).as_str())
    }

    /// What the card computes with. `None` for a question that it does not take. A suite without a counter ignores that one.
    pub(super) fn input(&self, question: &str, counter: u64) -> Option<DataInput> {
        let suite = self.suite();
        let question = Question::new(suite.question(), question).ok()?;
        Some(DataInput { counter: suite.counter().then_some(counter), ..DataInput::new(question) })
    }
}

impl core::fmt::Debug for CardSuite {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "CardSuite({}, questions of {})", self.as_str(), self.question_len)
    }
}

impl<C> Encode<C> for CardSuite {
    fn encode<W: minicbor::encode::Write>(
        &self,
        to: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        to.array(2)?.str(self.as_str())?.u8(self.question_len).map(|_| ())
    }
}

impl<'b, C> Decode<'b, C> for CardSuite {
    fn decode(from: &mut Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        let damaged = || minicbor::decode::Error::message("suite of a card");
        if from.array()? != Some(2) {
            return Err(damaged());
        }
        let suite = from.str()?.parse().map_err(|_| damaged())?;
        Self::new(&suite, Some(from.u8()?)).map_err(|_| damaged())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_has_a_question_and_at_most_a_counter() {
        let fit = |text: &str, len| CardSuite::new(&text.parse().expect("a suite"), len);
        let is = |text: &str, len| fit(text, len).map(|suite| suite.question_len());
        assert_eq!(is("OCRA-1:HOTP-SHA1-6:QN08", None), Ok(8));
        assert_eq!(is("OCRA-1:HOTP-SHA512-10:C-QA64", Some(64)), Ok(64), "the longest");
        assert_eq!(is("OCRA-1:HOTP-SHA256-8:QH40", None), Ok(8));
        assert_eq!(is("OCRA-1:HOTP-SHA256-8:QH40", Some(41)), Err(UnfitSuite::Question));
        assert_eq!(is("OCRA-1:HOTP-SHA1-6:QN05", None), Err(UnfitSuite::Question));
        for digits in ["0", "4", "5"] {
            assert_eq!(is(&alloc::format!("OCRA-1:HOTP-SHA1-{digits}:QN08"), None), Err(UnfitSuite::Digits));
        }
        for more in ["PSHA1", "S064", "T1M"] {
            assert_eq!(is(&alloc::format!("OCRA-1:HOTP-SHA256-8:QN08-{more}"), None), Err(UnfitSuite::Input));
        }
    }

    /// The bytes are by cbor2.
    #[test]
    fn a_suite_is_kept_as_its_maker_wrote_it() {
        let suite = CardSuite::new(&"OCRA-1:HOTP-SHA1-6:QN8".parse().expect("a suite"), None).expect("fit");
        let bytes = minicbor::to_vec(suite).expect("a Vec takes every byte");
        assert_eq!(base16ct::lower::encode_string(&bytes), "82764f4352412d313a484f54502d534841312d363a514e3808");
        assert_eq!(minicbor::decode::<CardSuite>(&bytes).ok(), Some(suite));
        let none = base16ct::lower::decode_vec("82764f4352412d313a484f54502d534841312d363a514e3805").expect("digits");
        assert!(minicbor::decode::<CardSuite>(&none).is_err(), "questions of five digits");
    }
}
