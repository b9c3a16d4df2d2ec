//! The question: what one party puts to the other, checked against the suite and laid out for the HMAC.

use alloc::boxed::Box;
use alloc::string::String;
use core::error::Error;
use core::fmt;

use camtoken_simd::{Field, PAD};
use rand::CryptoRng;
use rand::seq::IndexedRandom;

/// The bytes that every question takes in the data input, whatever its length.
pub(super) const ENCODED_LEN: usize = 128;

/// The letter after `Q`: which characters a question has and how they become bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum QuestionKind {
    /// `A`: letters and digits of ASCII, as bytes.
    Alphanumeric,
    /// `N`: decimal digits, as one number in hexadecimal. Different questions share their bytes:
    /// see [`Lint::NumericQuestion`](super::Lint::NumericQuestion).
    Numeric,
    /// `H`: hexadecimal digits of either case, two to a byte. Padded to the right with zeroes, so that `abc` and `abc0`
    /// are one question: give all of them at full length.
    Hexadecimal,
}

impl QuestionKind {
    /// The kind that a suite names by this letter.
    pub(super) const fn from_letter(letter: char) -> Option<Self> {
        match letter {
            'A' => Some(Self::Alphanumeric),
            'N' => Some(Self::Numeric),
            'H' => Some(Self::Hexadecimal),
            _ => None,
        }
    }

    const fn letter(self) -> char {
        match self {
            Self::Alphanumeric => 'A',
            Self::Numeric => 'N',
            Self::Hexadecimal => 'H',
        }
    }

    fn allows(self, character: char) -> bool {
        match self {
            Self::Alphanumeric => character.is_ascii_alphanumeric(),
            Self::Numeric => character.is_ascii_digit(),
            Self::Hexadecimal => character.is_ascii_hexdigit(),
        }
    }

    const fn alphabet(self) -> &'static [u8] {
        match self {
            Self::Alphanumeric => b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
            Self::Numeric => b"0123456789",
            Self::Hexadecimal => b"0123456789abcdef",
        }
    }
}

/// The form of a suite's questions: a kind and the most characters, written as `QN08`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct QuestionFormat {
    kind: QuestionKind,
    max_len: u8,
}

impl QuestionFormat {
    /// A format of the grammar: 4 to 64 characters.
    #[must_use]
    pub const fn new(kind: QuestionKind, max_len: u8) -> Option<Self> {
        if matches!(max_len, 4..=64) { Some(Self { kind, max_len }) } else { None }
    }

    /// Which characters.
    #[must_use]
    pub const fn kind(self) -> QuestionKind {
        self.kind
    }

    /// The most characters of one party's question.
    #[must_use]
    pub const fn max_len(self) -> u8 {
        self.max_len
    }
}

impl QuestionFormat {
    /// The bytes that one party's question may have; behind them are zeroes.
    pub(super) const fn encoded_len(self) -> usize {
        let characters = self.max_len as usize;
        match self.kind {
            QuestionKind::Alphanumeric => characters,
            QuestionKind::Hexadecimal => characters.div_ceil(2),
            // A decimal digit is less than 3.322 bits.
            QuestionKind::Numeric => (3322 * characters).div_ceil(8000),
        }
    }
}

impl fmt::Display for QuestionFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Q{}{:02}", self.kind.letter(), self.max_len)
    }
}

/// A question in the format of a suite: of one party, or of both joined. Its content stays out of logs.
#[derive(Clone)]
pub struct Question {
    format: QuestionFormat,
    text: Box<str>,
    encoded: Encoded,
}

/// With the pads that the kernels read over.
type Encoded = Field<{ ENCODED_LEN + 2 * PAD }>;

impl Question {
    /// Takes one party's question: 1 to [`QuestionFormat::max_len`] characters.
    ///
    /// # Errors
    ///
    /// A [`QuestionError`] when it is empty, too long or has a character that the format has not.
    pub fn new(format: QuestionFormat, text: &str) -> Result<Self, QuestionError> {
        Self::with_limit(format, text, format.max_len().into())
    }

    /// Takes the questions of both parties, joined already: up to twice the characters. See [`Question::join`].
    ///
    /// # Errors
    ///
    /// As [`Question::new`].
    pub fn joined(format: QuestionFormat, text: &str) -> Result<Self, QuestionError> {
        Self::with_limit(format, text, 2 * usize::from(format.max_len()))
    }

    /// Joins two questions as text: `self` of the other party first, then `ours` (RFC 6287, sections 7.2 and 7.3.2).
    ///
    /// # Errors
    ///
    /// [`QuestionError::Format`] when the two have different formats, [`QuestionError::Length`] when one of them was
    /// joined before.
    pub fn join(&self, ours: &Self) -> Result<Self, QuestionError> {
        if self.format != ours.format {
            return Err(QuestionError::Format { expected: self.format, found: ours.format });
        }
        let max = usize::from(self.format.max_len());
        match [self, ours].into_iter().find(|question| question.text.len() > max) {
            Some(long) => Err(QuestionError::Length { max, found: long.text.len() }),
            None => Self::joined(self.format, &[self.as_str(), ours.as_str()].concat()),
        }
    }

    /// Draws a question at full length.
    pub fn random(format: QuestionFormat, rng: &mut impl CryptoRng) -> Self {
        let alphabet = format.kind().alphabet();
        let text: String =
            (0..format.max_len()).map(|_| char::from(*alphabet.choose(rng).expect("no alphabet is empty"))).collect();
        Self::new(format, &text).expect("drawn from the format's own alphabet")
    }

    /// The format that it was checked against.
    #[must_use]
    pub const fn format(&self) -> QuestionFormat {
        self.format
    }

    /// The characters, as they were given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn encoded(&self) -> &[u8] {
        self.encoded.bytes()
    }

    pub(super) const fn padded(&self) -> &[u8] {
        self.encoded.padded()
    }

    /// Whether it is one party's, and so within the format's length.
    pub(super) fn is_single(&self) -> bool {
        self.text.len() <= usize::from(self.format.max_len)
    }

    fn with_limit(format: QuestionFormat, text: &str, max: usize) -> Result<Self, QuestionError> {
        if let Some(position) = text.chars().position(|character| !format.kind.allows(character)) {
            return Err(QuestionError::Character { format, position });
        }
        if text.is_empty() || text.len() > max {
            return Err(QuestionError::Length { max, found: text.len() });
        }
        Ok(Self { format, text: text.into(), encoded: encode(format.kind, text.as_bytes()) })
    }
}

impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Question({}, _)", self.format)
    }
}

/// Why a string is no question of the suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum QuestionError {
    /// It is empty or too long.
    Length {
        /// The most characters.
        max: usize,
        /// The characters given.
        found: usize,
    },
    /// A character is not of the format.
    Character {
        /// The format of the suite.
        format: QuestionFormat,
        /// The place of the character, from 0.
        position: usize,
    },
    /// It was made for another format.
    Format {
        /// The format of the suite, or of the other question.
        expected: QuestionFormat,
        /// The format of the question.
        found: QuestionFormat,
    },
}

impl fmt::Display for QuestionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { max, found } => write!(f, "a question of {found} characters, expected 1 to {max}"),
            Self::Character { format, position } => {
                write!(f, "character {} of the question does not belong in {format}", position + 1)
            }
            Self::Format { expected, found } => write!(f, "a question in the format {found}, expected {expected}"),
        }
    }
}

impl Error for QuestionError {}

/// Lays a question out in 128 bytes, zeroes to the right. The prose of the RFC leaves this to its code (appendix A).
fn encode(kind: QuestionKind, text: &[u8]) -> Encoded {
    let mut encoded = Encoded::ZERO;
    let bytes = encoded.bytes_mut();
    match kind {
        QuestionKind::Alphanumeric => bytes[..text.len()].copy_from_slice(text),
        QuestionKind::Hexadecimal => put_nibbles(text.iter().map(|&digit| nibble(digit)), bytes),
        QuestionKind::Numeric => put_nibbles(to_nibbles(text), bytes),
    }
    encoded
}

fn put_nibbles(nibbles: impl Iterator<Item = u8>, bytes: &mut [u8]) {
    for (place, nibble) in nibbles.enumerate() {
        bytes[place / 2] |= if place % 2 == 0 { nibble << 4 } else { nibble };
    }
}

/// The hexadecimal digits of a decimal number, most significant first, without leading zeroes.
fn to_nibbles(decimal: &[u8]) -> impl Iterator<Item = u8> {
    // 128 decimal digits are fewer than 426 bits: seven limbs, least significant first.
    let mut limbs = [0u64; 7];
    for &digit in decimal {
        let mut carry = u128::from(nibble(digit));
        for limb in &mut limbs {
            let product = u128::from(*limb) * 10 + carry;
            *limb = product as u64;
            carry = product >> 64;
        }
    }
    limbs
        .into_iter()
        .rev()
        .flat_map(|limb| (0..16).rev().map(move |place| (limb >> (4 * place)) as u8 & 15))
        .skip_while(|&nibble| nibble == 0)
}

/// The value of a character that is known to be a hexadecimal digit.
fn nibble(digit: u8) -> u8 {
    char::from(digit).to_digit(16).expect("checked by QuestionKind::allows") as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn format(kind: char, len: u8) -> QuestionFormat {
        QuestionFormat::new(QuestionKind::from_letter(kind).expect("A, N or H"), len).expect("4 to 64")
    }

    fn encoded(kind: char, text: &str) -> Vec<u8> {
        let question = Question::new(format(kind, 64), text).expect("a question");
        let bytes = question.encoded();
        let len = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
        bytes[..len].to_vec()
    }

    #[test]
    fn each_kind_has_its_bytes() {
        assert_eq!(encoded('A', "SIG10000"), b"SIG10000");
        assert_eq!(encoded('H', "0aBc"), [0x0a, 0xbc]);
        assert_eq!(encoded('H', "abc"), [0xab, 0xc0]);
        // 12345678 is bc614e, 4095 is fff, and 0 has no digit but zero.
        assert_eq!(encoded('N', "12345678"), [0xbc, 0x61, 0x4e]);
        assert_eq!(encoded('N', "4095"), [0xff, 0xf0]);
        assert_eq!(encoded('N', "00000000"), [0u8; 0]);
    }

    /// They do by the standard; [`super::super::Lint`] warns.
    #[test]
    fn numeric_questions_collide() {
        for text in ["16", "256", "00000016"] {
            assert_eq!(encoded('N', text), encoded('N', "1"), "{text}");
        }
        assert_eq!(encoded('H', "abc00000"), encoded('H', "abc"));
    }

    /// 10^64 - 1, computed with Python's integers.
    #[test]
    fn a_numeric_question_may_have_64_digits() {
        let expected =
            base16ct::lower::decode_vec("184f03e93ff9f4daa797ed6e38ed64bf6a1f00ffffffffffffffff").expect("54 digits");
        assert_eq!(encoded('N', &"9".repeat(64))[..], expected);
    }

    #[test]
    fn a_question_keeps_to_its_format() {
        let refuse = |kind, text: &str| Question::new(format(kind, 8), text).expect_err(text);
        for (kind, text, position) in [
            ('N', "1234567a", 7),
            ('N', "-1", 0),
            ('N', "+1", 0),
            ('N', "１２３", 0),
            ('N', "12 34", 2),
            ('H', "0x12", 1),
            ('H', "abcg", 3),
            ('A', "A-B", 1),
            ('A', "é", 0),
            ('A', "AB\0", 2),
            ('A', "ab\n", 2),
        ] {
            assert_eq!(refuse(kind, text), QuestionError::Character { format: format(kind, 8), position }, "{text:?}");
        }
        assert_eq!(refuse('N', ""), QuestionError::Length { max: 8, found: 0 });
        assert_eq!(refuse('A', "123456789"), QuestionError::Length { max: 8, found: 9 });
    }

    #[test]
    fn questions_are_joined_as_text() {
        let question = |text| Question::new(format('A', 8), text).expect("a question");
        let (client, server) = (question("CLI22220"), question("SRV11110"));
        let both = client.join(&server).expect("one format");
        assert_eq!(both.as_str(), "CLI22220SRV11110");
        assert_eq!(both.encoded(), Question::joined(format('A', 8), "CLI22220SRV11110").expect("16").encoded());
        assert_eq!(both.join(&server).err(), Some(QuestionError::Length { max: 8, found: 16 }));
        let other = Question::new(format('A', 9), "SRV").expect("a question");
        assert!(matches!(client.join(&other), Err(QuestionError::Format { .. })));
    }

    #[test]
    fn joined_questions_of_64_characters_fit() {
        for kind in ['A', 'N', 'H'] {
            let question = Question::new(format(kind, 64), &"9".repeat(64)).expect("64 digits");
            let joined = question.join(&question).expect("one format");
            assert_eq!(joined.as_str().len(), 128);
        }
        assert_eq!(Question::joined(format('A', 64), &"9".repeat(128)).expect("128").encoded(), [b'9'; 128]);
    }

    #[test]
    fn random_questions_have_full_length_and_differ() {
        let mut rng = rand::rand_core::UnwrapErr(rand::rngs::SysRng);
        for kind in ['A', 'N', 'H'] {
            let question = Question::random(format(kind, 64), &mut rng);
            assert_eq!(question.as_str().len(), 64);
            assert_ne!(question.as_str(), Question::random(format(kind, 64), &mut rng).as_str());
        }
    }

    #[test]
    fn debug_has_the_format_only() {
        let question = Question::new(format('N', 8), "12345678").expect("a question");
        assert_eq!(format!("{question:?}"), "Question(QN08, _)");
    }

    proptest! {
        #[test]
        fn numbers_become_hexadecimal_as_the_language_writes_it(number: u128, zeroes in 0usize..20) {
            let decimal = format!("{}{number}", "0".repeat(zeroes));
            let expected = if number == 0 { String::new() } else { format!("{number:x}") };
            let found: String = to_nibbles(decimal.as_bytes()).map(|nibble| format!("{nibble:x}")).collect();
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn no_question_panics(kind in "[ANH]", len in 4u8..=64, text in ".{0,140}") {
            let format = format(kind.chars().next().expect("one"), len);
            if let Ok(question) = Question::joined(format, &text) {
                prop_assert_eq!(question.as_str(), text);
            }
        }
    }
}
