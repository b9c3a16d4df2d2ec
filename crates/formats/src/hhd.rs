//! chipTAN's challenges (HHD_UC 1.3 and 1.4 of Die Deutsche Kreditwirtschaft): read, shown, and drawn as flicker codes.
//!
//! Nothing here answers: the secret is in the customer's bank card, and the meaning of the start codes is not public. Sources:
//! hbci4java's `FlickerCode`, python-fints' `hhd`, and their tests.

use std::fmt::Write as _;
use std::str::FromStr;

/// A challenge: a start code, and up to three data elements.
///
/// ```
/// let challenge: camtoken_formats::hhd::Challenge = "0248A0120452019980812345678".parse()?;
/// assert_eq!((challenge.start_code(), challenge.elements()), ("2045201998", &["12345678".to_owned()][..]));
/// assert_eq!(challenge.flicker(), "0D85012045201998041234567855");
/// # Ok::<(), camtoken_formats::hhd::HhdError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    control: Vec<u8>,
    start_code: String,
    elements: Vec<String>,
}

/// Why a text is no challenge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HhdError {
    /// The length at the start is not that of the rest.
    #[error("the length of the HHD_UC challenge is wrong")]
    Length,
    /// A part is cut off, has another character than it may, or is too long.
    #[error("the {0} of the HHD_UC challenge is not valid")]
    Part(&'static str),
    /// The check digits of a flicker code.
    #[error("the check digits of the flicker code are wrong")]
    Check,
}

/// One moment of a flicker code: the clock's bar, and four bars of data, each light or not.
pub type Bars = [bool; 5];

/// In the first length: control bytes follow.
const CONTROL: u8 = 0x80;
/// In the length of an element: it is ASCII (HHD 1.4).
const ASCII: u8 = 0x40;
/// The bits of a length that are the length.
const LEN: u8 = 0x3f;

impl Challenge {
    /// The start code, digits.
    #[must_use]
    pub fn start_code(&self) -> &str {
        &self.start_code
    }

    /// The data elements: account, amount and so on, as the start code defines them.
    #[must_use]
    pub fn elements(&self) -> &[String] {
        &self.elements
    }

    /// Whether a text looks like a challenge: digits, and lengths that fit.
    pub(crate) fn is_named(text: &str) -> bool {
        text.contains("CHLGUC") || text.parse::<Self>().is_ok()
    }

    /// The flicker code, as hexadecimal digits.
    #[must_use]
    pub fn flicker(&self) -> String {
        let mut data = String::new();
        let mut checked = String::new();
        let start = bcd(&self.start_code);
        let control = if self.control.is_empty() { 0 } else { CONTROL };
        let _ = write!(data, "{:02X}", half(&start) | control);
        for byte in &self.control {
            let _ = write!(checked, "{byte:02X}");
        }
        checked.push_str(&start);
        data.push_str(&checked);
        for element in &self.elements {
            let (coded, flag) = self.coded(element);
            let _ = write!(data, "{:02X}{coded}", half(&coded) | flag);
            checked.push_str(&coded);
        }
        let payload = format!("{:02X}{data}", (data.len() + 2) / 2);
        let xor = nibbles(&payload).fold(0, |sum, nibble| sum ^ nibble);
        format!("{payload}{:X}{xor:X}", luhn(&checked))
    }

    /// Digits are packed two to a byte; else ASCII, which version 1.3 says by a `1` before one digit of length.
    fn coded(&self, element: &str) -> (String, u8) {
        if element.bytes().all(|byte| byte.is_ascii_digit()) {
            return (bcd(element), 0);
        }
        let flag = if self.control.is_empty() { 0x10 } else { ASCII };
        (base16ct::upper::encode_string(element.as_bytes()), flag)
    }

    /// The bars, one turn of them: a pattern to find the start, then each half byte twice, with the clock's bar light and dark.
    #[must_use]
    pub fn frames(&self) -> Vec<Bars> {
        let code = format!("0FFF{}", self.flicker());
        let mut frames = Vec::with_capacity(2 * code.len());
        let nibbles: Vec<_> = nibbles(&code).collect();
        for pair in nibbles.chunks(2) {
            for nibble in pair.iter().rev() {
                let bit = |place: u8| nibble >> place & 1 == 1;
                frames.extend([true, false].map(|clock| [clock, bit(0), bit(1), bit(2), bit(3)]));
            }
        }
        frames
    }

    /// Reads a flicker code back, and checks its check digits.
    ///
    /// # Errors
    ///
    /// An [`HhdError`].
    pub fn from_flicker(code: &str) -> Result<Self, HhdError> {
        let is_code = code.len() >= 6 && code.len().is_multiple_of(2) && code.bytes().all(|it| it.is_ascii_hexdigit());
        if !is_code {
            return Err(HhdError::Part("flicker code"));
        }
        let mut rest = &code[..code.len() - 2];
        let len = hex_byte(&mut rest, "length")?;
        if usize::from(len) != code.len() / 2 - 1 {
            return Err(HhdError::Length);
        }
        let start = hex_byte(&mut rest, "start code")?;
        let control = control_bytes(start, &mut rest)?;
        let version_14 = !control.is_empty();
        let start_code = take(&mut rest, 2 * usize::from(start & LEN), "start code")?;
        let start_code = start_code.trim_end_matches(['F', 'f']).to_owned();
        let mut elements = Vec::new();
        while !rest.is_empty() {
            let lde = hex_byte(&mut rest, "data element")?;
            let flag = if version_14 { ASCII } else { 0x10 };
            let len = if version_14 { lde & LEN } else { lde & 0x0f };
            let coded = take(&mut rest, 2 * usize::from(len), "data element")?;
            elements.push(if lde & flag == 0 {
                coded.trim_end_matches(['F', 'f']).to_owned()
            } else {
                let bytes = base16ct::mixed::decode_vec(coded).map_err(|_| HhdError::Part("data element"))?;
                String::from_utf8(bytes).map_err(|_| HhdError::Part("data element"))?
            });
        }
        let challenge = Self::new(control, start_code, elements)?;
        if challenge.flicker().eq_ignore_ascii_case(code) { Ok(challenge) } else { Err(HhdError::Check) }
    }

    fn new(control: Vec<u8>, start_code: String, elements: Vec<String>) -> Result<Self, HhdError> {
        if start_code.is_empty() || !start_code.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(HhdError::Part("start code"));
        }
        let longest = if control.is_empty() { 15 } else { usize::from(LEN) };
        let is_element = |element: &String| {
            let ascii = element.bytes().all(|byte| (b' '..=b'~').contains(&byte));
            ascii && !element.is_empty() && element.len() <= longest
        };
        if elements.len() > 3 || !elements.iter().all(is_element) {
            return Err(HhdError::Part("data element"));
        }
        Ok(Self { control, start_code, elements })
    }

    /// After the length: the start code with its length, and elements whose length has so many digits.
    fn read(mut rest: &str, len_digits: usize) -> Result<Self, HhdError> {
        let start = hex_byte(&mut rest, "start code")?;
        let control = control_bytes(start, &mut rest)?;
        let start_code = take(&mut rest, usize::from(start & LEN), "start code")?.to_owned();
        let mut elements = Vec::new();
        while !rest.is_empty() {
            let len = take(&mut rest, len_digits, "data element")?;
            let len: u8 = len.parse().map_err(|_| HhdError::Part("data element"))?;
            let element = take(&mut rest, usize::from(len & LEN), "data element")?;
            if !element.is_empty() {
                elements.push(element.to_owned());
            }
        }
        Self::new(control, start_code, elements)
    }
}

impl FromStr for Challenge {
    type Err = HhdError;

    /// Reads the challenge as FinTS carries it, by version 1.4, by 1.4 with the longer lengths of some banks, or by 1.3; also where it
    /// is in a text between `CHLGUC` and `CHLGTEXT`.
    fn from_str(text: &str) -> Result<Self, HhdError> {
        let plain: String = text.chars().filter(|it| !it.is_ascii_whitespace()).collect();
        let code = match plain.split_once("CHLGUC").map(|(_, rest)| rest) {
            Some(rest) => {
                let code = rest.split_once("CHLGTEXT").map_or(rest, |(code, _)| code);
                // Four digits of length come before it.
                code.get(4..).ok_or(HhdError::Length)?.to_owned()
            }
            None => plain,
        };
        if !code.is_ascii() || code.len() > 256 {
            return Err(HhdError::Length);
        }
        let forms = [(3, 2), (3, 3), (2, 2)];
        let read = forms.map(|(lc, lde)| {
            let mut rest = code.as_str();
            let len: usize = take(&mut rest, lc, "length")?.parse().map_err(|_| HhdError::Length)?;
            if len != rest.len() {
                return Err(HhdError::Length);
            }
            Self::read(rest, lde)
        });
        let first = read[0].clone();
        read.into_iter().find(Result::is_ok).unwrap_or(first)
    }
}

fn take<'a>(rest: &mut &'a str, len: usize, part: &'static str) -> Result<&'a str, HhdError> {
    let (taken, after) = rest.split_at_checked(len).ok_or(HhdError::Part(part))?;
    *rest = after;
    Ok(taken)
}

fn hex_byte(rest: &mut &str, part: &'static str) -> Result<u8, HhdError> {
    let digits = take(rest, 2, part)?;
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    u8::from_str_radix(digits, 16).ok().filter(|_| is_hex).ok_or(HhdError::Part(part))
}

/// Each says by its highest bit whether another follows; nine at most.
fn control_bytes(start: u8, rest: &mut &str) -> Result<Vec<u8>, HhdError> {
    let mut control = Vec::new();
    let mut more = start & CONTROL != 0;
    while more {
        if control.len() == 9 {
            return Err(HhdError::Part("control bytes"));
        }
        let byte = hex_byte(rest, "control bytes")?;
        more = byte & CONTROL != 0;
        control.push(byte);
    }
    Ok(control)
}

/// Digits, and one more half byte where their number is odd.
fn bcd(digits: &str) -> String {
    if digits.len().is_multiple_of(2) { digits.to_owned() } else { format!("{digits}F") }
}

/// The bytes that hexadecimal digits write.
fn half(digits: &str) -> u8 {
    u8::try_from(digits.len() / 2).expect("at most 63 bytes")
}

fn nibbles(digits: &str) -> impl Iterator<Item = u8> {
    digits.chars().map(|digit| u8::try_from(digit.to_digit(16).expect("hexadecimal")).expect("one digit"))
}

/// The check digit of Luhn, over half bytes: each second one twice, and of that the sum of its digits.
fn luhn(digits: &str) -> u8 {
    let sum: u32 = nibbles(digits)
        .enumerate()
        .map(|(place, nibble)| {
            let nibble = u32::from(nibble);
            if place % 2 == 0 { nibble } else { 2 * nibble / 10 + 2 * nibble % 10 }
        })
        .sum();
    u8::try_from((10 - sum % 10) % 10).expect("one digit")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The codes of hbci4java's `FlickerTest` and of FinTex's, with what they are drawn as there.
    const CODES: [(&str, &str); 5] = [
        ("039870110490631098765432100812345678041,00", "1784011049063F059876543210041234567844312C303019"),
        ("039870110418751012345678900812030000040,20", "1784011041875F051234567890041203000044302C323015"),
        ("0248A0120452019980812345678", "0D85012045201998041234567855"),
        (
            "...TAN-Nummer: CHLGUC 002624088715131306389726041,00CHLGTEXT0244 Sie h...",
            "0F04871513130338972614312C30303B",
        ),
        ("0248A01204520199808123F5678", "118501204520199848313233463536373875"),
    ];

    #[test]
    fn challenges_are_drawn_as_others_draw_them() {
        for (text, flicker) in CODES {
            let challenge: Challenge = text.parse().expect(text);
            assert_eq!(challenge.flicker(), flicker, "{text}");
            assert_eq!(Challenge::from_flicker(flicker), Ok(challenge));
        }
    }

    /// From hbci4java's `testRender1`, which compares what its renderer paints.
    #[test]
    fn the_bars_are_those_of_another_renderer() {
        let expected = "11111 01111 10000 00000 11111 01111 11111 01111 11011 01011 10000 00000 11010 01010 10001 00001 11000 \
            01000 10000 00000 10000 00000 10100 00100 11010 01010 10010 00010 10000 00000 10100 00100 11001 01001 11000 01000 \
            10001 00001 11001 01001 10010 00010 10000 00000 10100 00100 11000 01000 10010 00010 11100 01100 10110 00110 11010 \
            01010 10001 00001 11110 01110 11010 01010 11010 01010";
        let challenge: Challenge = CODES[2].0.parse().expect("a challenge");
        let frames: Vec<String> = challenge
            .frames()
            .iter()
            .map(|bars| bars.map(|light| if light { '1' } else { '0' }).iter().collect())
            .collect();
        assert_eq!(frames, expected.split_whitespace().collect::<Vec<_>>());
    }

    #[test]
    fn altered_flicker_codes_are_refused() {
        let code = CODES[0].1;
        for place in 0..code.len() {
            let mut altered = code.to_owned();
            let other = if &code[place..=place] == "0" { "1" } else { "0" };
            altered.replace_range(place..=place, other);
            assert!(Challenge::from_flicker(&altered).is_err(), "{altered}");
        }
    }

    proptest! {
        #[test]
        fn what_is_drawn_is_read_back(start in "[0-9]{1,12}", elements in prop::collection::vec("[0-9A-Z,]{1,30}", 0..4)) {
            let challenge = Challenge::new(vec![1], start, elements).expect("well formed");
            prop_assert_eq!(Challenge::from_flicker(&challenge.flicker()), Ok(challenge));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,60}", digits in "[0-9A-F]{0,60}") {
            let _ = (text.parse::<Challenge>(), digits.parse::<Challenge>());
            let _ = (Challenge::from_flicker(&text), Challenge::from_flicker(&digits));
        }
    }
}
