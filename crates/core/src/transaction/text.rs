//! Canonical text: one spelling for what both parties sign, whatever the keyboard, the file or the page made of it.
//!
//! [`KanaText`] is what the kana fields of the Zengin system hold (payee, bank, branch, originator, EDI): characters of
//! JIS X 0201, one byte and one column each. [`DisplayText`] is any other text on a token's screen; kanji are allowed.
//! Nothing is dropped on the way: a character without a canonical form is an error that names it and its place.
//!
//! # Kana fields
//!
//! | written | becomes |
//! | --- | --- |
//! | space, no-break space, U+2000-200A, U+202F, U+205F, U+3000 | space; cut at both ends, kept inside |
//! | `a`-`z`, full-width Latin letters and digits | `A`-`Z`, `0`-`9` |
//! | hiragana, katakana, half-width katakana, small ones too | `ｱ`-`ﾝ`, `ｦ` |
//! | ガ, パ, ヴ, ヷ | `ｶﾞ`, `ﾊﾟ`, `ｳﾞ`, `ﾜﾞ`: two characters |
//! | ヰ, ヱ, ヮ, ヵ, ヶ | `ｲ`, `ｴ`, `ﾜ`, `ｶ`, `ｹ` |
//! | U+3099, U+309B and U+309A, U+309C | `ﾞ` and `ﾟ` |
//! | a hyphen, dash, minus, prolonged sound mark ([`is_dash`]) | `-` |
//! | `\`, `¥` and their full-width forms | `¥` (byte 5C) |
//! | `( ) . / , ' + : ?` and their full-width forms, `「」` | `( ) . / , ' + : ?`, `｢｣` |
//!
//! Published lists of the Zengin characters agree on kana, digits, capitals, space and `( ) - .`; they give `' + , / : ?`
//! as further characters, and `¥ ｢ ｣ ｦ` for EDI. All of these are taken, because a bank's own list may be narrower but
//! is not ours to guess. The middle dot, `､ ｡`, `&` and iteration marks are refused: banks replace them differently.
//!
//! # Other text
//!
//! | written | becomes |
//! | --- | --- |
//! | any space of the list above | space; cut at both ends, kept inside |
//! | full-width ASCII `！`-`｝` | ASCII |
//! | U+2010-2013, U+2043, U+2212, U+FE58, U+FE63 | `-` |
//! | U+2014; U+2016; U+301C; U+212B | U+2015; U+2225; U+FF5E; U+00C5 |
//! | kana and U+3099 or U+309A | the composed kana |
//! | a compatibility ideograph of Shift_JIS | its unified ideograph, as in NFC |
//!
//! Allowed characters: ASCII, Latin letters to U+024F and U+1E00-1EFF, Latin-1 signs, `•`, `€`, `™`, every kana,
//! every character of Shift_JIS with the extensions of Windows, and the ideographs of Unicode's first three blocks
//! (U+4E00, U+3400, U+20000). So controls, directional and zero-width characters, variation selectors, private use,
//! unassigned code points, right-to-left scripts, emoji and combining marks are all refused: a letter with an accent
//! comes composed or not at all. The result is in NFC. Letters of different scripts that look alike are not detected.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use encoding_rs::SHIFT_JIS;
use unicode_width::UnicodeWidthChar;

mod kana;
#[cfg(test)]
mod tests;

use kana::{DAKUTEN, HANDAKUTEN, full_width_ascii, is_kana_byte, push_jis};
pub(super) use kana::{half_width_byte, jis_char};

/// Text of a kana field, in canonical spelling: JIS X 0201, half-width.
///
/// `Display` gives the half-width text, which [`KanaText::canonical`] reads back unchanged.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct KanaText(Box<[u8]>);

/// Text that a token shows, in canonical spelling; kanji are allowed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct DisplayText(String);

/// The bytes of a [`DisplayText`] as they travel: for each text there is one form, and only that one is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wire {
    /// Shift_JIS: printable ASCII, half-width kana, and JIS X 0208 (lead bytes 81-84, 88-9F, E0-EA).
    Sjis(Vec<u8>),
    /// UTF-8: text with at least one other character.
    Utf8(String),
}

/// Why a text has no canonical form, or is not in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TextError {
    /// A character cannot stand in this kind of text.
    #[error("character {position} (U+{:04X}) cannot stand in this text", u32::from(*.found))]
    Character {
        /// Its place in the text as given, in characters, counted from 1.
        position: usize,
        /// The character.
        found: char,
    },
    /// A byte is no character of a kana field.
    #[error("byte {position} ({found:02X}) is no character of a kana field")]
    Byte {
        /// Its place, counted from 1.
        position: usize,
        /// The byte.
        found: u8,
    },
    /// The canonical text is too long.
    #[error("{found} half-width characters long, at most {max} are allowed")]
    TooLong {
        /// Half-width characters in the canonical text.
        found: usize,
        /// The most that are allowed.
        max: usize,
    },
    /// The bytes are no Shift_JIS.
    #[error("not Shift_JIS")]
    Encoding,
    /// Readable, but not spelled or encoded as it must be.
    #[error("not in canonical form")]
    NotCanonical,
}

impl KanaText {
    /// Brings text into the spelling of a kana field; `max` counts characters of the result.
    ///
    /// # Errors
    ///
    /// [`TextError::Character`] for what has no such spelling, [`TextError::TooLong`].
    ///
    /// # Examples
    ///
    /// ```
    /// use camtoken_core::transaction::text::KanaText;
    ///
    /// // Full width, small letters and composed sound marks become what a bank's file has.
    /// let payee = KanaText::canonical("ミホン ショウジ(カ", 48)?;
    /// assert_eq!(payee.to_string(), "ﾐﾎﾝ ｼﾖｳｼﾞ(ｶ");
    /// assert!(KanaText::canonical("見本", 48).is_err());
    /// # Ok::<(), camtoken_core::transaction::text::TextError>(())
    /// ```
    pub fn canonical(input: &str, max: usize) -> Result<Self, TextError> {
        let mut bytes = Vec::with_capacity(input.len());
        for (index, found) in input.chars().enumerate() {
            push_jis(&mut bytes, found).ok_or(TextError::Character { position: index + 1, found })?;
        }
        let bytes = bytes.trim_ascii();
        within(bytes.len(), max)?;
        Ok(Self(bytes.into()))
    }

    /// Reads the bytes of a canonical text, and only of such a one.
    ///
    /// # Errors
    ///
    /// [`TextError::Byte`] for a byte outside the set (small kana and lower case among them),
    /// [`TextError::NotCanonical`] for a space at either end, [`TextError::TooLong`].
    pub fn from_jis_bytes(bytes: &[u8], max: usize) -> Result<Self, TextError> {
        within(bytes.len(), max)?;
        if let Some(index) = bytes.iter().position(|byte| !is_kana_byte(*byte)) {
            return Err(TextError::Byte { position: index + 1, found: bytes[index] });
        }
        if bytes.trim_ascii() != bytes {
            return Err(TextError::NotCanonical);
        }
        Ok(Self(bytes.into()))
    }

    /// The text in JIS X 0201, one byte a character; Shift_JIS has the same bytes.
    #[must_use]
    pub fn as_jis_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Length in half-width characters; dakuten and handakuten count.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no character at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether anything of it can be read aloud: a kana, a letter or a digit.
    pub(super) fn has_letter_or_digit(&self) -> bool {
        self.0.iter().any(|byte| byte.is_ascii_alphanumeric() || matches!(byte, 0xA6 | 0xB1..=0xDD))
    }

    /// Whether it begins with a dakuten or handakuten, which belongs to a kana before it.
    pub(super) fn begins_with_sound_mark(&self) -> bool {
        matches!(self.0.first(), Some(&(DAKUTEN | HANDAKUTEN)))
    }
}

impl fmt::Display for KanaText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Through `pad`, so that a width in the format string works.
        f.pad(&self.0.iter().map(|byte| jis_char(*byte)).collect::<String>())
    }
}

impl fmt::Debug for KanaText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KanaText({:?})", self.to_string())
    }
}

impl DisplayText {
    /// Brings text into the one spelling that is shown and signed; `max_columns` counts as [`columns`] does.
    ///
    /// # Errors
    ///
    /// [`TextError::Character`] for what cannot be shown or has no composed form, [`TextError::TooLong`].
    pub fn canonical(input: &str, max_columns: usize) -> Result<Self, TextError> {
        let mut text = String::with_capacity(input.len());
        for (index, found) in input.chars().enumerate() {
            let character = match found {
                '\u{3099}' | '\u{309A}' => text.pop().and_then(|base| composed_kana(base, found)),
                _ => Some(fold(found)).filter(|folded| can_be_shown(*folded)),
            };
            text.push(character.ok_or(TextError::Character { position: index + 1, found })?);
        }
        let text = text.trim_matches(' ');
        within(columns(text), max_columns)?;
        Ok(Self(text.to_owned()))
    }

    /// Reads [`Wire::Sjis`] bytes of a canonical text, and only of such a one.
    ///
    /// # Errors
    ///
    /// As [`DisplayText::canonical`]; [`TextError::Encoding`] for bytes that are no Shift_JIS;
    /// [`TextError::NotCanonical`] for another spelling, or bytes outside the ranges of [`Wire::Sjis`].
    pub fn from_sjis(bytes: &[u8], max_columns: usize) -> Result<Self, TextError> {
        let (text, malformed) = SHIFT_JIS.decode_without_bom_handling(bytes);
        if malformed {
            return Err(TextError::Encoding);
        }
        let canonical = Self::canonical(&text, max_columns)?;
        match canonical.wire() {
            Wire::Sjis(expected) if expected == bytes => Ok(canonical),
            _ => Err(TextError::NotCanonical),
        }
    }

    /// Reads [`Wire::Utf8`] text that is canonical, and would not have fitted [`Wire::Sjis`].
    ///
    /// # Errors
    ///
    /// As [`DisplayText::canonical`]; [`TextError::NotCanonical`] for another spelling, or text that is written in
    /// Shift_JIS.
    pub fn from_utf8(text: &str, max_columns: usize) -> Result<Self, TextError> {
        let canonical = Self::canonical(text, max_columns)?;
        match canonical.wire() {
            Wire::Utf8(expected) if expected == text => Ok(canonical),
            _ => Err(TextError::NotCanonical),
        }
    }

    /// The one form in which this text travels.
    #[must_use]
    pub fn wire(&self) -> Wire {
        let mut bytes = Vec::with_capacity(self.0.len());
        for character in self.0.chars() {
            match character {
                ' '..='~' => bytes.push(character as u8),
                '｡'..='ﾟ' => bytes.push(half_width_byte(character)),
                _ => match sjis_pair(character) {
                    Some(pair @ [0x81..=0x84 | 0x88..=0x9F | 0xE0..=0xEA, _]) => bytes.extend(pair),
                    _ => return Wire::Utf8(self.0.clone()),
                },
            }
        }
        Wire::Sjis(bytes)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DisplayText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Width in half-width columns: ASCII and half-width kana 1, what Shift_JIS writes in two bytes 2, controls 0.
///
/// So Greek, Cyrillic and `①` are wide, as Japanese fonts draw them; for the rest the crate `unicode-width` decides
/// under its CJK rules: ideographs and ambiguous signs 2, letters with accents 1.
#[must_use]
pub fn columns(text: &str) -> usize {
    text.chars().map(character_columns).sum()
}

/// The text with spaces on the right, up to `width` columns; longer text stays as it is.
#[must_use]
pub fn pad_columns(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(columns(text));
    format!("{text}{:missing$}", "")
}

/// The text without what could steer a terminal or reorder a line: controls (ESC, line ends and tabs among them),
/// directional, zero-width and tag characters.
#[must_use]
pub fn terminal_safe(text: &str) -> String {
    text.chars().filter(|character| !character.is_control() && !is_invisible(*character)).collect()
}

/// Whether a character is read as a hyphen in a kana field.
#[must_use]
pub const fn is_dash(character: char) -> bool {
    matches!(
        character,
        '-' | '\u{02D7}'               // modifier letter minus
        | '\u{2010}'
            ..='\u{2015}'      // hyphens, figure, en, em dash, horizontal bar
        | '\u{2043}'                   // hyphen bullet
        | '\u{207B}' | '\u{208B}'      // raised and lowered minus
        | '\u{2212}'                   // minus
        | '\u{23AF}' | '\u{2500}' | '\u{2501}' // horizontal lines
        | '\u{2796}'                   // heavy minus
        | '\u{2E3A}' | '\u{2E3B}'      // long dashes
        | '\u{30FC}'                   // prolonged sound mark
        | '\u{FE58}' | '\u{FE63}'      // small forms
        | '\u{FF0D}' | '\u{FF70}' // full-width hyphen, half-width prolonged sound mark
    )
}

const fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\u{A0}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}')
}

fn within(found: usize, max: usize) -> Result<(), TextError> {
    if found > max { Err(TextError::TooLong { found, max }) } else { Ok(()) }
}

/// The compatibility ideographs of Shift_JIS that NFC replaces, with their replacement.
const COMPATIBILITY: [(char, char); 22] = [
    ('\u{F929}', '\u{6717}'),
    ('\u{F9DC}', '\u{9686}'),
    ('\u{FA10}', '\u{585A}'),
    ('\u{FA12}', '\u{6674}'),
    ('\u{FA15}', '\u{51DE}'),
    ('\u{FA16}', '\u{732A}'),
    ('\u{FA17}', '\u{76CA}'),
    ('\u{FA18}', '\u{793C}'),
    ('\u{FA19}', '\u{795E}'),
    ('\u{FA1A}', '\u{7965}'),
    ('\u{FA1B}', '\u{798F}'),
    ('\u{FA1C}', '\u{9756}'),
    ('\u{FA1D}', '\u{7CBE}'),
    ('\u{FA1E}', '\u{7FBD}'),
    ('\u{FA20}', '\u{8612}'),
    ('\u{FA22}', '\u{8AF8}'),
    ('\u{FA25}', '\u{9038}'),
    ('\u{FA26}', '\u{90FD}'),
    ('\u{FA2A}', '\u{98EF}'),
    ('\u{FA2B}', '\u{98FC}'),
    ('\u{FA2C}', '\u{9928}'),
    ('\u{FA2D}', '\u{9DB4}'),
];

fn fold(character: char) -> char {
    match character {
        _ if is_space(character) => ' ',
        '！'..='｝' => full_width_ascii(character),
        '\u{2010}'..='\u{2013}' | '\u{2043}' | '\u{2212}' | '\u{FE58}' | '\u{FE63}' => '-',
        // Where Unicode's and the Windows mapping of JIS X 0208 differ, the latter, which encoding_rs and cp932 share.
        '\u{2014}' => '\u{2015}',
        '\u{2016}' => '\u{2225}',
        '\u{301C}' => '\u{FF5E}',
        // NFC
        '\u{212B}' => '\u{C5}',
        '\u{F929}'..='\u{FA2D}' => match COMPATIBILITY.binary_search_by_key(&character, |pair| pair.0) {
            Ok(index) => COMPATIBILITY[index].1,
            Err(_) => character,
        },
        _ => character,
    }
}

/// Whether a folded character may stand in a [`DisplayText`].
fn can_be_shown(character: char) -> bool {
    match character {
        ' '..='~' | '｡'..='ﾟ' => true,
        '\u{A1}'..='\u{AC}' | '\u{AE}'..='\u{24F}' | '\u{1E00}'..='\u{1EFF}' => true,
        '•' | '€' | '™' | 'ぁ'..='ゖ' | 'ァ'..='ヺ' => true,
        '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{20000}'..='\u{2A6DF}' => true,
        _ => sjis_pair(character).is_some(),
    }
}

/// The character that NFC makes of a kana and a combining U+3099 (dakuten) or U+309A (handakuten).
fn composed_kana(base: char, mark: char) -> Option<char> {
    // Hiragana and katakana stand 0x60 apart, marks included.
    let (hiragana, shift) = match base {
        'ァ'..='ヾ' => (char::from_u32(base as u32 - 0x60)?, 0x60),
        _ => (base, 0),
    };
    let step = match (hiragana, mark) {
        ('は' | 'ひ' | 'ふ' | 'へ' | 'ほ', '\u{309A}') => 2,
        ('は' | 'ひ' | 'ふ' | 'へ' | 'ほ', _) => 1,
        (_, '\u{309A}') => return None,
        ('か' | 'き' | 'く' | 'け' | 'こ' | 'さ' | 'し' | 'す' | 'せ' | 'そ', _) => 1,
        ('た' | 'ち' | 'つ' | 'て' | 'と' | 'ゝ', _) => 1,
        ('う', _) => 'ゔ' as u32 - 'う' as u32,
        // ワ ヰ ヱ ヲ: only katakana have the composed forms ヷ ヸ ヹ ヺ.
        ('わ' | 'ゐ' | 'ゑ' | 'を', _) if shift != 0 => 'ヷ' as u32 - 'ワ' as u32,
        _ => return None,
    };
    char::from_u32(base as u32 + step)
}

/// The two bytes of a character in Shift_JIS, if they stand for it and nothing else.
fn sjis_pair(character: char) -> Option<[u8; 2]> {
    let mut utf8 = [0; 4];
    let utf8 = character.encode_utf8(&mut utf8);
    let (bytes, _, unmappable) = SHIFT_JIS.encode(utf8);
    let pair: [u8; 2] = bytes.as_ref().try_into().ok().filter(|_| !unmappable)?;
    let (text, _) = SHIFT_JIS.decode_without_bom_handling(&pair);
    (text == *utf8).then_some(pair)
}

fn character_columns(character: char) -> usize {
    match character {
        // Combining by property, but a column of its own in every Japanese font.
        'ﾞ' | 'ﾟ' => 1,
        ' '..='~' => 1,
        _ if sjis_pair(character).is_some() => 2,
        _ => character.width_cjk().unwrap_or(0),
    }
}

pub(crate) const fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}'
    )
}
