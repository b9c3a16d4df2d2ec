//! From the bytes of a symbol to its text.

use crate::{Symbol, SymbolText};

impl Symbol {
    /// Its text: by the character sets that it names, else in UTF-8, else in the one of Shift_JIS and ISO/IEC 8859-1 that is
    /// more likely.
    #[must_use]
    pub fn text(&self) -> SymbolText {
        of(&self.payload, self.named_text.as_deref())
    }
}

/// The text of the bytes; `named` is the text by their modes and character sets.
pub(super) fn of(payload: &[u8], named: Option<&str>) -> SymbolText {
    match named.map_or_else(|| str::from_utf8(payload), Ok) {
        Ok(text) => SymbolText::Sure(text.to_owned()),
        Err(_) => likely(payload).map_or(SymbolText::None, SymbolText::Likely),
    }
}

/// Characters in a row that are Japanese rather than Latin letters with accents.
const JAPANESE: usize = 3;

fn likely(bytes: &[u8]) -> Option<String> {
    // The standard's own set for bytes has no characters there.
    let may_be_latin = !bytes.iter().any(|byte| (0x80..0xa0).contains(byte));
    let shift_jis = encoding_rs::SHIFT_JIS.decode_without_bom_handling_and_without_replacement(bytes);
    let japanese = shift_jis.filter(|text| {
        is_printable(text) && (!may_be_latin || longest_foreign_run(text) >= JAPANESE || is_kana(bytes))
    });
    let latin = || may_be_latin.then(|| bytes.iter().map(|&byte| char::from(byte)).collect::<String>());
    japanese.map(Into::into).or_else(latin).filter(|text| is_printable(text))
}

/// Whether few half-width kana stand where Latin letters with accents and signs do not: two and more without a letter of ASCII beside
/// them, one that is all there is, or one with a parenthesis, as banks write what kind of company it is.
fn is_kana(bytes: &[u8]) -> bool {
    let is_foreign = |byte: &u8| !byte.is_ascii();
    let mut runs = bytes.chunk_by(|a, b| a.is_ascii() == b.is_ascii()).peekable();
    let mut before: &[u8] = &[];
    let mut kana = false;
    while let Some(run) = runs.next() {
        if run.iter().all(is_foreign) {
            let after = runs.peek().copied().unwrap_or_default();
            let (last, next) = (before.last().copied(), after.first().copied());
            let touches = last.is_some_and(|byte| byte.is_ascii_alphanumeric())
                || next.is_some_and(|byte| byte.is_ascii_alphanumeric());
            let alone = bytes.len() == 1 || last == Some(b'(') || next == Some(b')');
            // From the small letters on: below are signs of both.
            if touches || run.iter().any(|byte| !(0xa6..=0xdf).contains(byte)) || run.len() == 1 && !alone {
                return false;
            }
            kana = true;
        }
        before = run;
    }
    kana
}

fn longest_foreign_run(text: &str) -> usize {
    text.split(|letter: char| letter.is_ascii()).map(|run| run.chars().count()).max().unwrap_or(0)
}

/// Whether there are no control characters except those of lines, and no unassigned characters.
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
        for text in ["振込", "ｶ)ﾐﾎﾝ ｼﾖｳｶｲ", "口座番号 1234567", "お支払い", "ｶ)", "(ｶ", "ｱ", "ﾄﾞ", "ﾕ)1", "ｶﾅ 12"]
        {
            assert_eq!(likely(&japanese(text)).as_deref(), Some(text));
        }
        let latin = |text: &str| text.chars().map(|letter| letter as u8).collect::<Vec<u8>>();
        for text in
            ["25°C", "Straße", "Köln", "café crème", "élan", "Ångström", "¿Qué?", "£12 ½", "½ l", "20 °", "(é)", "± 3"]
        {
            assert_eq!(likely(&latin(text)).as_deref(), Some(text));
        }
        assert_eq!(likely(&[0x81, 0xff, 0x00]), None);
        assert_eq!(likely(&[0xff, 0x00, 0x01]), None, "control characters are no text");
    }
}
