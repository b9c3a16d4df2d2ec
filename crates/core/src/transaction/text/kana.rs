//! The spelling of kana fields: JIS X 0201, one byte a character.

use alloc::vec::Vec;

use super::{is_dash, is_space};

pub(super) const DAKUTEN: u8 = 0xDE;
pub(super) const HANDAKUTEN: u8 = 0xDF;

/// U+30A1 to U+30FA in half-width spelling; hiragana stand 0x60 below.
const KATAKANA: [&str; 90] = [
    "ｱ", "ｱ", "ｲ", "ｲ", "ｳ", "ｳ", "ｴ", "ｴ", "ｵ", "ｵ", // ァ-オ
    "ｶ", "ｶﾞ", "ｷ", "ｷﾞ", "ｸ", "ｸﾞ", "ｹ", "ｹﾞ", "ｺ", "ｺﾞ", // カ-ゴ
    "ｻ", "ｻﾞ", "ｼ", "ｼﾞ", "ｽ", "ｽﾞ", "ｾ", "ｾﾞ", "ｿ", "ｿﾞ", // サ-ゾ
    "ﾀ", "ﾀﾞ", "ﾁ", "ﾁﾞ", "ﾂ", "ﾂ", "ﾂﾞ", "ﾃ", "ﾃﾞ", "ﾄ", "ﾄﾞ", // タ-ド
    "ﾅ", "ﾆ", "ﾇ", "ﾈ", "ﾉ", // ナ-ノ
    "ﾊ", "ﾊﾞ", "ﾊﾟ", "ﾋ", "ﾋﾞ", "ﾋﾟ", "ﾌ", "ﾌﾞ", "ﾌﾟ", "ﾍ", "ﾍﾞ", "ﾍﾟ", "ﾎ", "ﾎﾞ", "ﾎﾟ", // ハ-ポ
    "ﾏ", "ﾐ", "ﾑ", "ﾒ", "ﾓ", "ﾔ", "ﾔ", "ﾕ", "ﾕ", "ﾖ", "ﾖ", // マ-ヨ
    "ﾗ", "ﾘ", "ﾙ", "ﾚ", "ﾛ", "ﾜ", "ﾜ", "ｲ", "ｴ", "ｦ", "ﾝ", // ラ-ン
    "ｳﾞ", "ｶ", "ｹ", "ﾜﾞ", "ｲﾞ", "ｴﾞ", "ｦﾞ", // ヴ-ヺ
];

/// The half-width small kana from U+FF67 on, as large ones.
const SMALL: [u8; 9] = [0xB1, 0xB2, 0xB3, 0xB4, 0xB5, 0xD4, 0xD5, 0xD6, 0xC2];

/// Appends a character in its kana-field spelling.
pub(super) fn push_jis(bytes: &mut Vec<u8>, character: char) -> Option<()> {
    match character {
        _ if is_space(character) => bytes.push(b' '),
        _ if is_dash(character) => bytes.push(b'-'),
        '\\' | '¥' | '￥' => bytes.push(b'\\'),
        'a'..='z' => bytes.push(character.to_ascii_uppercase() as u8),
        ' '..='~' if is_kana_byte(character as u8) => bytes.push(character as u8),
        '！'..='～' => push_jis(bytes, full_width_ascii(character))?,
        'ぁ'..='ゖ' => bytes.extend(KATAKANA[character as usize - 'ぁ' as usize].chars().map(half_width_byte)),
        'ァ'..='ヺ' => bytes.extend(KATAKANA[character as usize - 'ァ' as usize].chars().map(half_width_byte)),
        'ｧ'..='ｯ' => bytes.push(SMALL[character as usize - 'ｧ' as usize]),
        '｡'..='ﾟ' if is_kana_byte(half_width_byte(character)) => bytes.push(half_width_byte(character)),
        '「' => bytes.push(0xA2),
        '」' => bytes.push(0xA3),
        '\u{3099}' | '\u{309B}' => bytes.push(DAKUTEN),
        '\u{309A}' | '\u{309C}' => bytes.push(HANDAKUTEN),
        _ => return None,
    }
    Some(())
}

/// The characters of a kana field, in JIS X 0201.
pub(super) const fn is_kana_byte(byte: u8) -> bool {
    matches!(byte, b' ' | b'\'' | b'(' | b')' | b'+'..=b'/' | b'0'..=b'9' | b':' | b'?' | b'A'..=b'Z' | b'\\')
        || matches!(byte, 0xA2 | 0xA3 | 0xA6 | 0xB1..=0xDF)
}

/// The character of a byte of JIS X 0201, whose 5C is the yen sign.
pub(in crate::transaction) const fn jis_char(byte: u8) -> char {
    match byte {
        b'\\' => '¥',
        // U+FF61 to U+FF9F, in the order of the bytes from A1 on.
        0xA1..=0xDF => match char::from_u32(0xFF61 + (byte - 0xA1) as u32) {
            Some(character) => character,
            None => char::REPLACEMENT_CHARACTER,
        },
        _ => byte as char,
    }
}

/// The byte in JIS X 0201 of a character from U+FF61 to U+FF9F.
pub(in crate::transaction) const fn half_width_byte(character: char) -> u8 {
    (character as u32 - 0xFF61) as u8 + 0xA1
}

/// The ASCII character of which this one, from U+FF01 to U+FF5E, is the full-width form.
pub(super) const fn full_width_ascii(character: char) -> char {
    (character as u32 - 0xFEE0) as u8 as char
}
