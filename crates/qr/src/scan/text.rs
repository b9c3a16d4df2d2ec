//! From the bytes of a symbol to its text.

use crate::{Symbol, SymbolText};

impl Symbol {
    /// What it says: by the character sets that it names, else in UTF-8, else in the one of Shift_JIS and ISO/IEC 8859-1 that is
    /// more likely.
    #[must_use]
    pub fn text(&self) -> SymbolText {
        if let Some(text) = &self.named_text {
            return SymbolText::Sure(text.clone());
        }
        match str::from_utf8(&self.payload) {
            Ok(text) => SymbolText::Sure(text.to_owned()),
            Err(_) => likely(&self.payload).map_or(SymbolText::None, SymbolText::Likely),
        }
    }
}

/// Characters in a row that are Japanese rather than Latin letters with accents.
const JAPANESE: usize = 3;

fn likely(bytes: &[u8]) -> Option<String> {
    // The standard's own set for bytes has no characters there.
    let may_be_latin = !bytes.iter().any(|byte| (0x80..0xa0).contains(byte));
    let shift_jis = encoding_rs::SHIFT_JIS.decode_without_bom_handling_and_without_replacement(bytes);
    let japanese =
        shift_jis.filter(|text| is_printable(text) && (!may_be_latin || longest_foreign_run(text) >= JAPANESE));
    let latin = || may_be_latin.then(|| bytes.iter().map(|&byte| char::from(byte)).collect::<String>());
    japanese.map(Into::into).or_else(latin).filter(|text| is_printable(text))
}

fn longest_foreign_run(text: &str) -> usize {
    text.split(|letter: char| letter.is_ascii()).map(|run| run.chars().count()).max().unwrap_or(0)
}

/// Neither control characters but those of lines, nor what has no meaning of its own.
pub(super) fn is_printable(text: &str) -> bool {
    text.chars().all(|letter| match letter {
        '\t' | '\n' | '\r' => true,
        '\u{e000}'..='\u{f8ff}' | '\u{fffd}' => false,
        _ => !letter.is_control(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_japanese_or_latin_by_what_they_say() {
        let japanese = |text: &str| encoding_rs::SHIFT_JIS.encode(text).0.into_owned();
        for text in ["振込", "ｶ)ﾐﾎﾝ ｼﾖｳｶｲ", "口座番号 1234567", "お支払い"] {
            assert_eq!(likely(&japanese(text)).as_deref(), Some(text));
        }
        let latin = |text: &str| text.chars().map(|letter| letter as u8).collect::<Vec<u8>>();
        for text in ["25°C", "Straße", "Köln", "café crème", "élan", "Ångström", "¿Qué?", "£12 ½"] {
            assert_eq!(likely(&latin(text)).as_deref(), Some(text));
        }
        assert_eq!(likely(&[0x81, 0xff, 0x00]), None);
        assert_eq!(likely(&[0xff, 0x00, 0x01]), None, "control characters are no text");
    }
}
