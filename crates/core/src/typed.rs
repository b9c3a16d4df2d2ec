//! Digits as people type them: one folding for responses, device codes, passwords and PINs, whatever keyboard they come from.
//!
//! A person copies digits from one screen into another. A Japanese keyboard writes them in full width. Text that is copied
//! from a page has invisible blanks. Many write a hyphen where the token shows a gap. None of this changes the meaning;
//! anything else does. Specification, section 7.3.

use alloc::string::String;
use core::ops::RangeInclusive;

use zeroize::Zeroizing;

use crate::transaction::text::{is_dash, is_invisible};

/// A person typed something else than the digits that were asked for. It does not repeat what was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected {} digits", Count(*min, *max))]
pub struct NotDigits {
    /// How many there must be.
    pub min: usize,
    /// How many there may be.
    pub max: usize,
}

/// The digits that a person typed, as ASCII digits.
///
/// Full-width digits (`０`-`９`) are read as digits. Blanks do not count: spaces of every width, tabs, line ends, zero-width
/// and directional characters, soft hyphens, byte order marks. Between two digits there may be a hyphen or a dash of any
/// usual kind, also the prolonged sound mark that Japanese keyboards write in its place: one in up to ten digits, so in a
/// response, and two in more, so in a device code.
///
/// # Errors
///
/// [`NotDigits`] for any other character, another number of digits, or a hyphen elsewhere.
///
/// # Examples
///
/// ```
/// use camtoken_core::typed;
///
/// for typed in ["77088414", " 7708 8414\r\n", "７７０８　８４１４", "7708-8414", "7708ー8414"] {
///     assert_eq!(typed::digits(typed, 8..=8)?.as_str(), "77088414");
/// }
/// assert!(typed::digits("7708841", 8..=8).is_err());
/// # Ok::<(), typed::NotDigits>(())
/// ```
pub fn digits(typed: &str, lengths: RangeInclusive<usize>) -> Result<Zeroizing<String>, NotDigits> {
    let (min, max) = lengths.into_inner();
    let refused = NotDigits { min, max };
    // Never grows: a longer text would leave a copy behind.
    let mut digits = Zeroizing::new(String::with_capacity(max));
    let (mut hyphens, mut may_end) = (0, false);
    for character in typed.chars() {
        match character {
            _ if character.is_whitespace() || is_invisible(character) => {}
            _ if is_dash(character) && may_end => {
                hyphens += 1;
                may_end = false;
            }
            _ => match digit(character) {
                Some(digit) if digits.len() < max => {
                    digits.push(digit);
                    may_end = true;
                }
                _ => return Err(refused),
            },
        }
    }
    let is_right = may_end && digits.len() >= min && hyphens <= (digits.len() - 1) / 5;
    if is_right { Ok(digits) } else { Err(refused) }
}

fn digit(character: char) -> Option<char> {
    match character {
        '0'..='9' => Some(character),
        '０'..='９' => char::from_digit(u32::from(character) - u32::from('０'), 10),
        _ => None,
    }
}

/// `8`, or `5 to 8`.
struct Count(usize, usize);

impl core::fmt::Display for Count {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        if self.0 == self.1 { write!(f, "{}", self.0) } else { write!(f, "{} to {}", self.0, self.1) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// White_Space and Default_Ignorable_Code_Point of the Unicode Character Database, as far as they are no letters,
    /// fillers or selectors.
    const BLANKS: &str = "\t\n\u{B}\u{C}\r \u{85}\u{A0}\u{1680}\u{2000}\u{2001}\u{2002}\u{2003}\u{2004}\u{2005}\u{2006}\
        \u{2007}\u{2008}\u{2009}\u{200A}\u{2028}\u{2029}\u{202F}\u{205F}\u{3000}\u{AD}\u{61C}\u{180E}\u{200B}\u{200C}\
        \u{200D}\u{200E}\u{200F}\u{202A}\u{202B}\u{202C}\u{202D}\u{202E}\u{2060}\u{2061}\u{2062}\u{2063}\u{2064}\
        \u{2066}\u{2067}\u{2068}\u{2069}\u{FEFF}";

    const HYPHENS: &str = "-\u{2D7}\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}\u{2015}\u{2043}\u{207B}\u{2212}\u{2500}\u{30FC}\
        \u{FE58}\u{FE63}\u{FF0D}\u{FF70}";

    fn eight(typed: &str) -> Option<String> {
        digits(typed, 8..=8).ok().map(|digits| digits.as_str().into())
    }

    #[test]
    fn blanks_of_every_kind_do_not_count() {
        for blank in BLANKS.chars() {
            let typed = alloc::format!("{blank}7708{blank}{blank}8414{blank}");
            assert_eq!(eight(&typed).as_deref(), Some("77088414"), "U+{:04X}", u32::from(blank));
        }
    }

    #[test]
    fn one_hyphen_of_every_kind_stands_between_digits() {
        for hyphen in HYPHENS.chars() {
            let code = u32::from(hyphen);
            for good in ["7708-8414", "7708 - 8414", "7-7088414", "７７０８-８４１４"] {
                let typed = good.replace('-', &String::from(hyphen));
                assert_eq!(eight(&typed).as_deref(), Some("77088414"), "U+{code:04X} in {good}");
            }
            for bad in ["-77088414", "77088414-", "7708--8414", "7708- -8414", "77-08-8414", "-", "- 7708 8414"] {
                assert_eq!(eight(&bad.replace('-', &String::from(hyphen))), None, "U+{code:04X} in {bad}");
            }
        }
        let device_code = |typed| digits(typed, 12..=12).is_ok();
        assert!(device_code("1234-5678-9012") && device_code("123456-789012") && !device_code("12-34-56-789012"));
    }

    #[test]
    fn anything_else_is_no_digit() {
        for other in "aAｏOoIl①一¹²\u{660}\u{6F0}\u{966}𝟏.,+/:_'\"\0\u{1B}\u{7F}\u{FFFD}〇零ﾞ・~".chars()
        {
            for typed in ["7708X414", "X77088414", "77088414X", "7708X8414"] {
                assert_eq!(eight(&typed.replace('X', &String::from(other))), None, "{other:?} in {typed}");
            }
        }
        for typed in ["", " ", "\u{3000}", "7708841", "770884144", "0x770884", "1e10", "+7708841", "７７０８８４１４５"]
        {
            assert_eq!(eight(typed), None, "{typed:?}");
        }
        assert_eq!(eight(&"7".repeat(40_000)), None);
        assert_eq!(eight("03378889").as_deref(), Some("03378889"), "leading zeros count");
    }

    #[test]
    fn the_error_says_how_many_digits() {
        let said = |lengths| alloc::format!("{}", digits("x", lengths).expect_err("no digit"));
        assert_eq!(said(8..=8), "expected 8 digits");
        assert_eq!(said(5..=8), "expected 5 to 8 digits");
    }

    proptest! {
        #[test]
        fn what_is_read_is_digits_and_reads_as_itself(typed: String) {
            if let Ok(read) = digits(&typed, 0..=10) {
                prop_assert!(read.bytes().all(|byte| byte.is_ascii_digit()));
                let again = digits(&read, read.len()..=read.len()).expect("digits");
                prop_assert_eq!(again.as_str(), read.as_str());
            }
        }
    }
}
