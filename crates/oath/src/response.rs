//! Responses, which a token shows and a person types: dynamic truncation (RFC 4226, section 5.3) and the text of its result.

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use core::error::Error;
use core::fmt;

use secrecy::{ExposeSecret, SecretString};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use super::{Computed, Tag};

/// The text that answers: decimal digits, or a whole HMAC in hexadecimal. Wiped when dropped, never printed.
///
/// The length is agreed between the parties and leading zeroes count. A suite with 0 digits asks for no truncation: its
/// response is the HMAC, 40, 64 or 128 hexadecimal digits as the hash is SHA-1, SHA-256 or SHA-512.
///
/// Responses are compared by [`Response::ct_eq`] only.
pub struct Response(Text);

/// Digits stand in the value itself: of many responses each would else be a wait for memory of its own.
enum Text {
    Decimal(Decimal),
    Whole(SecretString),
}

/// Up to ten decimal digits and the number that they write.
struct Decimal {
    text: [u8; Digits::MAX as usize],
    len: u8,
    value: u64,
}

impl Response {
    /// Takes what was typed: exactly `digits` ASCII digits, nothing before, between or after.
    ///
    /// With `digits` = 0 it takes 40, 64 or 128 hexadecimal digits of either case and keeps them in lower case;
    /// [`Suite::parse_response`](super::ocra::Suite::parse_response) knows which of the three.
    ///
    /// # Errors
    ///
    /// A [`ResponseError`] that says what is wrong and nothing of the content.
    pub fn parse(text: &str, digits: u8) -> Result<Self, ResponseError> {
        let (lengths, is_digit): (&[usize], fn(&u8) -> bool) = match digits {
            0 => (&[40, 64, 128], u8::is_ascii_hexdigit),
            Digits::MIN..=Digits::MAX => (&[digits as usize], u8::is_ascii_digit),
            _ => return Err(DigitsError { found: digits }.into()),
        };
        if !text.as_bytes().iter().all(is_digit) {
            return Err(ResponseError::Character);
        }
        if !lengths.contains(&text.len()) {
            return Err(ResponseError::Length { digits, found: text.len() });
        }
        if digits == 0 {
            return Ok(Self(Text::Whole(text.to_ascii_lowercase().into())));
        }
        let mut decimal = Decimal::zero(digits);
        for (place, digit) in decimal.text.iter_mut().zip(text.bytes()) {
            *place = digit;
            decimal.value = 10 * decimal.value + u64::from(digit - b'0');
        }
        Ok(Self(Text::Decimal(decimal)))
    }

    /// Compares in a time that does not depend on the digits. Two lengths are never equal.
    #[must_use]
    pub fn ct_eq(&self, other: &Self) -> bool {
        self.expose_str().as_bytes().ct_eq(other.expose_str().as_bytes()).into()
    }

    /// The digits as they are typed. Every use of them can be found by this name.
    #[must_use]
    pub fn expose_str(&self) -> &str {
        match &self.0 {
            Text::Decimal(decimal) => str::from_utf8(decimal.digits()).expect("digits are ASCII"),
            Text::Whole(text) => text.expose_secret(),
        }
    }

    /// The digits as they are read aloud: `1234 5678`, `123 456`.
    #[must_use]
    pub fn expose_grouped(&self) -> String {
        let text = self.expose_str();
        let group = match text.len() {
            ..=5 | 10 => 5,
            6 | 9 => 3,
            _ => 4,
        };
        let mut grouped = String::with_capacity(text.len() + text.len() / group);
        for (index, digit) in text.chars().enumerate() {
            if index > 0 && index % group == 0 {
                grouped.push(' ');
            }
            grouped.push(digit);
        }
        grouped
    }

    pub(super) fn new(tag: &Tag, digits: Option<Digits>) -> Self {
        Self(match digits {
            Some(digits) => Text::Decimal(Decimal::new(tag, digits)),
            None => {
                let text = hexadecimal(tag);
                Text::Whole(str::from_utf8(&text[..2 * tag.len()]).expect("digits are ASCII").into())
            }
        })
    }

    /// Whether this is the response that `tag` makes; without an allocation.
    pub(super) fn ct_is(&self, tag: &Tag, digits: Option<Digits>) -> Choice {
        let text = self.expose_str().as_bytes();
        match digits {
            Some(digits) => text.ct_eq(Decimal::new(tag, digits).digits()),
            None => text.ct_eq(&hexadecimal(tag)[..2 * tag.len()]),
        }
    }

    /// Which of the computed responses are this one, the first in the lowest bit.
    pub(super) fn ct_matches(&self, computed: &Computed<'_>) -> u64 {
        match computed {
            Computed::Values(values, digits) => {
                let Some(own) = self.value(*digits) else { return 0 };
                // Both are numbers, so that nothing but arithmetic says whether they are the same.
                let same = |value: u32| {
                    let differs = value ^ own;
                    u64::from(!(differs | differs.wrapping_neg()) >> 31)
                };
                values.iter().enumerate().fold(0, |matches, (place, value)| matches | same(*value) << place)
            }
            Computed::Whole(tag, digits) => self.ct_is(tag, *digits).unwrap_u8().into(),
        }
    }

    /// The number that this response writes with so many digits; nothing when it has another number of them. One that
    /// no truncation gives, of 31 bits as it is, becomes another such.
    pub(super) fn value(&self, digits: Digits) -> Option<u32> {
        match &self.0 {
            Text::Decimal(decimal) if decimal.len == digits.0 => Some(u32::try_from(decimal.value).unwrap_or(u32::MAX)),
            _ => None,
        }
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Response(_)")
    }
}

/// Why a string is no response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResponseError {
    /// No response has that many digits.
    Digits(DigitsError),
    /// It is too short or too long.
    Length {
        /// The digits agreed; 0 for a whole HMAC.
        digits: u8,
        /// The characters given.
        found: usize,
    },
    /// Something in it is no digit.
    Character,
}

impl fmt::Display for ResponseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Digits(error) => error.fmt(f),
            Self::Length { digits, found } => {
                write!(f, "a response of {found} characters, expected {}", expected_length(*digits))
            }
            Self::Character => f.write_str("a response has digits only"),
        }
    }
}

impl From<DigitsError> for ResponseError {
    fn from(error: DigitsError) -> Self {
        Self::Digits(error)
    }
}

impl Error for ResponseError {}

fn expected_length(digits: u8) -> String {
    if digits == 0 { "40, 64 or 128".to_owned() } else { digits.to_string() }
}

/// How many decimal digits a truncated response has: 4 to 10.
///
/// RFC 4226 asks for 6 at least. Of 10 the first is only ever 0, 1 or 2 (RFC 6287, erratum 3730).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digits(u8);

impl Digits {
    /// The fewest.
    pub const MIN: u8 = 4;
    /// The most: 31 bits give no more.
    pub const MAX: u8 = 10;
    /// The format of most HOTP and TOTP tokens.
    pub const SIX: Self = Self(6);
    /// The format of camera tokens and of most OCRA cards.
    pub const EIGHT: Self = Self(8);

    /// The number itself.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for Digits {
    type Error = DigitsError;

    fn try_from(found: u8) -> Result<Self, DigitsError> {
        if (Self::MIN..=Self::MAX).contains(&found) { Ok(Self(found)) } else { Err(DigitsError { found }) }
    }
}

impl From<Digits> for u8 {
    fn from(digits: Digits) -> Self {
        digits.0
    }
}

impl fmt::Display for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A number of digits that no truncation gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct DigitsError {
    /// The number given.
    pub found: u8,
}

impl fmt::Display for DigitsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unsupported response length {}, expected 4 to 10 digits", self.found)
    }
}

impl Error for DigitsError {}

impl Decimal {
    const fn zero(len: u8) -> Self {
        Self { text: [0; Digits::MAX as usize], len, value: 0 }
    }

    fn new(tag: &Tag, digits: Digits) -> Self {
        let mut this = Self::zero(digits.0);
        let (mut rest, mut weight) = (u64::from(truncate(tag)), 1);
        for place in this.text[..usize::from(digits.0)].iter_mut().rev() {
            let digit = rest % 10;
            *place = b'0' + digit as u8;
            this.value += weight * digit;
            (rest, weight) = (rest / 10, 10 * weight);
        }
        this
    }

    fn digits(&self) -> &[u8] {
        &self.text[..usize::from(self.len)]
    }
}

impl Drop for Decimal {
    fn drop(&mut self) {
        (self.text, self.value) = Default::default();
        zeroize::optimization_barrier(self);
    }
}

/// The hexadecimal digits of a response without truncation; twice as many bytes are written as the tag has.
fn hexadecimal(tag: &Tag) -> Zeroizing<[u8; 128]> {
    let mut text = Zeroizing::new([0; 128]);
    for (pair, byte) in text.chunks_exact_mut(2).zip(tag.iter()) {
        pair[0] = hex_digit(byte >> 4);
        pair[1] = hex_digit(byte & 15);
    }
    text
}

/// Dynamic truncation (RFC 4226, section 5.3): 31 bits from where the last nibble points.
fn truncate(tag: &Tag) -> u32 {
    let offset = usize::from(tag[tag.len() - 1] & 15);
    let word = tag[offset..offset + 4].try_into().expect("four bytes");
    u32::from_be_bytes(word) & 0x7fff_ffff
}

/// A lower-case hexadecimal digit, without a branch or a table.
const fn hex_digit(nibble: u8) -> u8 {
    nibble + b'0' + (nibble > 9) as u8 * (b'a' - b'0' - 10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str, digits: u8) -> Option<ResponseError> {
        Response::parse(text, digits).err()
    }

    /// The example of RFC 4226, section 5.4.
    #[test]
    fn truncation_is_that_of_the_standard() {
        let tag =
            Tag::new(&base16ct::lower::decode_vec("1f8698690e02ca16618550ef7f19da8e945b555a").expect("40 digits"));
        assert_eq!(truncate(&tag), 0x50ef_7f19);
        assert_eq!(Response::new(&tag, Some(Digits::SIX)).expose_str(), "872921");
        assert_eq!(Response::new(&tag, Some(Digits(10))).expose_str(), "1357872921");
        assert_eq!(Response::new(&tag, None).expose_str(), "1f8698690e02ca16618550ef7f19da8e945b555a");
    }

    #[test]
    fn leading_zeroes_are_kept() {
        let tag = Tag::new(&[0; 20]);
        for digits in Digits::MIN..=Digits::MAX {
            let expected = "0".repeat(usize::from(digits));
            assert_eq!(Response::new(&tag, Some(Digits(digits))).expose_str(), expected);
        }
    }

    #[test]
    fn only_the_agreed_number_of_digits_is_a_response() {
        assert_eq!(parse("00012345", 8), None);
        assert_eq!(parse("0012345", 8), Some(ResponseError::Length { digits: 8, found: 7 }));
        assert_eq!(parse("000123456", 8), Some(ResponseError::Length { digits: 8, found: 9 }));
        assert_eq!(parse("", 8), Some(ResponseError::Length { digits: 8, found: 0 }));
        for text in [" 00012345", "00012345\n", "0001 2345", "+0012345", "0001234a", "１２３４５６７８", "00012345\0"]
        {
            assert_eq!(parse(text, 8), Some(ResponseError::Character), "{text:?}");
        }
        for digits in [1, 2, 3, 11, 255] {
            assert_eq!(parse("1234", digits), Some(ResponseError::Digits(DigitsError { found: digits })));
        }
    }

    #[test]
    fn without_truncation_a_response_is_a_whole_hmac() {
        for len in [40, 64, 128] {
            assert_eq!(parse(&"a".repeat(len), 0), None);
        }
        assert_eq!(parse("1234567", 0), Some(ResponseError::Length { digits: 0, found: 7 }));
        assert_eq!(parse(&"g".repeat(40), 0), Some(ResponseError::Character));
        let upper = Response::parse(&"AB".repeat(20), 0).expect("40 digits");
        assert!(upper.ct_eq(&Response::parse(&"ab".repeat(20), 0).expect("40 digits")));
    }

    #[test]
    fn responses_are_equal_when_every_digit_is() {
        let response = |text: &str| Response::parse(text, text.len() as u8).expect("digits");
        assert!(response("12345678").ct_eq(&response("12345678")));
        assert!(!response("12345678").ct_eq(&response("12345679")));
        assert!(!response("12345678").ct_eq(&response("02345678")));
        assert!(!response("012345").ct_eq(&response("12345")));
    }

    #[test]
    fn a_response_and_its_errors_print_nothing_of_it() {
        assert_eq!(format!("{:?}", Response::parse("12345678", 8).expect("eight")), "Response(_)");
        let error = Response::parse("1234567", 8).expect_err("seven");
        assert_eq!(error.to_string(), "a response of 7 characters, expected 8");
        assert!(!format!("{error:?}").contains("1234567"));
    }

    #[test]
    fn digits_are_grouped_for_reading() {
        for (text, grouped) in [
            ("1234", "1234"),
            ("12345", "12345"),
            ("123456", "123 456"),
            ("1234567", "1234 567"),
            ("12345678", "1234 5678"),
            ("123456789", "123 456 789"),
            ("1234567890", "12345 67890"),
        ] {
            let response = Response::parse(text, text.len() as u8).expect("digits");
            assert_eq!(response.expose_grouped(), grouped);
        }
    }

    proptest! {
        #[test]
        fn what_is_typed_never_panics(text in ".{0,140}", digits: u8) {
            if let Ok(response) = Response::parse(&text, digits) {
                prop_assert!(response.expose_str().eq_ignore_ascii_case(&text));
            }
        }
    }
}
